# SPDX-License-Identifier: GPL-3.0-or-later
"""Time from `ccctl create` to running, stop, delete, and launches per second with 8 in flight, against raw liblxc doing the same (launch_floor.c).

Ours and the floor take turns, so that a noisy machine troubles both. Medians. Incus joins in when bench/incus-peer runs this (`bench/run launch --incus`),
or where it is installed and has an image cc-busybox. Its client is compared with ours; its API without the client is told for completeness."""

import http.client
import json
import os
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "e2e"))

from zone import BUILD, Zone, make_busybox  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", 6))
PER_ROUND = 5
IN_FLIGHT = 8
BURST = 40


def figure(name, value, unit):
    print(f"{name} {value:.3f} {unit}", flush=True)


def timed(*args):
    start = time.perf_counter()
    subprocess.run(args, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000


def rate(names, *args):
    """Launches per second, IN_FLIGHT at a time. By xargs, which takes less of the two cores than Python would."""
    start = time.perf_counter()
    subprocess.run(["xargs", "-P", str(IN_FLIGHT), "-I", "{}", *args], check=True, input="\n".join(names), text=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return len(names) / (time.perf_counter() - start)


class Ours:
    def __init__(self, zone):
        self.ctl = (os.path.join(BUILD, "cli", "ccctl"), "--socket", zone.socket)
        self.times = {"start": [], "stop": [], "delete": []}
        self.rates = []

    def one_by_one(self, count):
        for i in range(count):
            self.times["start"].append(timed(*self.ctl, "create", f"b{i}", "--image", "busybox"))
            self.times["stop"].append(timed(*self.ctl, "stop", f"b{i}"))
            self.times["delete"].append(timed(*self.ctl, "delete", "--yes", f"b{i}"))

    def burst(self, count):
        names = [f"r{i}" for i in range(count)]
        self.rates.append(rate(names, *self.ctl, "create", "{}", "--image", "busybox", "--memory", "32MiB", "--disk", "32MiB"))
        for name in names:
            timed(*self.ctl, "delete", "--yes", name)


class Floor:
    def __init__(self, zone, node):
        self.dir = os.path.join(zone.dir, "floor")
        self.rootfs = os.path.join(self.dir, "rootfs")
        os.makedirs(self.dir)
        # As our own folder of instances (agent/driver/state_dir.c), so that the file system is no part of the difference.
        subprocess.run(["chattr", "+T", self.dir], check=False, stderr=subprocess.DEVNULL)
        make_busybox(self.rootfs)
        policy = os.path.join(node.dir, "priv", "seccomp")
        self.args = [os.path.join(BUILD, "bench", "bench_launch_floor"), self.rootfs, self.dir, node.bridge, node.prefix, policy]
        self.times = {"start": [], "stop": [], "delete": []}
        self.rates = []

    def run(self, count, in_flight):
        out = subprocess.run(self.args + [str(count), str(in_flight)], check=True, capture_output=True, text=True).stdout
        for line in out.splitlines():
            name, value = line.split()
            (self.rates if name == "rate" else self.times[name]).append(float(value))


class IncusApi(http.client.HTTPConnection):
    """Incus without its client: one connection that stays open."""

    def __init__(self, path):
        super().__init__("incus")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def call(self, method, path, body=None):
        self.request(method, path, json.dumps(body) if body is not None else None)
        answer = json.load(self.getresponse())
        if answer["type"] == "error":
            raise RuntimeError(f"Incus refuses {method} {path}: {answer['error']}")
        return answer

    def timed(self, method, path, body=None):
        """An operation in the background, and its end."""
        start = time.perf_counter()
        done = self.call("GET", self.call(method, path, body)["operation"] + "/wait")["metadata"]
        took = (time.perf_counter() - start) * 1000
        if done["status"] != "Success":
            raise RuntimeError(f"Incus fails at {method} {path}: {done['err']}")
        return took


class Incus:
    """The same small system under Incus; nothing happens where it is not there."""

    def __init__(self):
        self.ctl = shlex.split(os.environ.get("CC_INCUS", "incus"))
        self.times = {"launch": [], "stop": [], "delete": [], "rest_launch": [], "rest_stop": []}
        self.rates = []
        self.here = shutil.which(self.ctl[0]) is not None and subprocess.run(
            [*self.ctl, "image", "info", "cc-busybox"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
        if "CC_INCUS" in os.environ and not self.here:
            sys.exit("error: CC_INCUS does not call an Incus that has the image cc-busybox")
        if self.here:
            self.api = IncusApi(os.environ.get("CC_INCUS_SOCKET", "/var/lib/incus/unix.socket"))

    def one_by_one(self, count):
        for i in range(count if self.here else 0):
            name = f"cc-bench-{i}"
            self.times["launch"].append(timed(*self.ctl, "launch", "cc-busybox", name))
            self.times["stop"].append(timed(*self.ctl, "stop", "--force", name))
            self.times["delete"].append(timed(*self.ctl, "delete", name))
            body = {"name": name, "source": {"type": "image", "alias": "cc-busybox"}, "start": True}
            self.times["rest_launch"].append(self.api.timed("POST", "/1.0/instances", body))
            assert self.api.call("GET", f"/1.0/instances/{name}")["metadata"]["status"] == "Running"
            self.times["rest_stop"].append(self.api.timed("PUT", f"/1.0/instances/{name}/state", {"action": "stop", "force": True}))
            self.api.timed("DELETE", f"/1.0/instances/{name}")
        # What the kernel still takes down after Incus is not the next one's to wait for.
        time.sleep(0.5 if self.here else 0)

    def burst(self, count):
        if not self.here:
            return
        names = [f"cc-burst-{i}" for i in range(count)]
        self.rates.append(rate(names, *self.ctl, "launch", "cc-busybox", "{}"))
        timed(*self.ctl, "delete", "--force", *names)


def report(ours, floor, incus):
    mid = statistics.median
    for what, name in (("start", "launch"), ("stop", "stop"), ("delete", "delete")):
        figure(f"{name}_ms", mid(ours.times[what]), "ms")
        figure(f"{name}_floor_ms", mid(floor.times[what]), "ms")
        figure(f"{name}_over_floor", mid(ours.times[what]) / mid(floor.times[what]), "ratio")
    figure("launch_rate", mid(ours.rates), "1/s")
    figure("launch_rate_floor", mid(floor.rates), "1/s")
    figure("launch_rate_over_floor", mid(ours.rates) / mid(floor.rates), "ratio")
    if incus.here:
        for name, values in incus.times.items():
            figure(f"incus_{name}_ms", mid(values), "ms")
        figure("incus_rate", mid(incus.rates), "1/s")
        figure("incus_over_launch", mid(incus.times["launch"]) / mid(ours.times["start"]), "ratio")
        figure("incus_over_stop", mid(incus.times["stop"]) / mid(ours.times["stop"]), "ratio")
        figure("launch_rate_over_incus", mid(ours.rates) / mid(incus.rates), "ratio")


def main():
    if os.geteuid() != 0:
        sys.exit("error: containers need root; run it with sudo")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Zone({"log_level": "warning"}, durable=True) as zone:
        zone.start()
        zone.import_busybox()
        node = zone.add_node("ada", settings={"stop_grace": "0ms", "log_level": "warning", "machine_cpu_millis": 64000})
        # The bridge is there while an instance is; the floor's containers are on it too.
        zone.ccctl("create", "keeper", "--image", "busybox", "--memory", "32MiB", "--disk", "32MiB")
        ours, incus = Ours(zone), Incus()
        ours.one_by_one(2)
        floor = Floor(zone, node)
        floor.run(2, 1)
        incus.one_by_one(2)
        for times in (ours.times, floor.times, incus.times):
            for values in times.values():
                values.clear()
        for _ in range(ROUNDS):
            floor.run(PER_ROUND, 1)
            ours.one_by_one(PER_ROUND)
            incus.one_by_one(PER_ROUND)
        for _ in range(3):
            floor.run(BURST, IN_FLIGHT)
            ours.burst(BURST)
            incus.burst(BURST)
        report(ours, floor, incus)


if __name__ == "__main__":
    main()
