# SPDX-License-Identifier: GPL-3.0-or-later
"""Time from `ccctl create` to running, stop, delete, and launches per second with 8 in flight, against raw liblxc doing the same (launch_floor.c).

Ours and the floor take turns, so that a noisy machine troubles both. Medians. Incus joins in where it is installed and initialised."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

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
        start = time.perf_counter()
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            list(pool.map(lambda n: timed(*self.ctl, "create", n, "--image", "busybox", "--memory", "32MiB", "--cpu", "50m", "--disk", "32MiB"), names))
        self.rates.append(count / (time.perf_counter() - start))
        for name in names:
            timed(*self.ctl, "delete", "--yes", name)


class Floor:
    def __init__(self, zone, bridge, prefix):
        self.dir = os.path.join(zone.dir, "floor")
        self.rootfs = os.path.join(self.dir, "rootfs")
        os.makedirs(self.dir)
        make_busybox(self.rootfs)
        self.args = [os.path.join(BUILD, "bench", "bench_launch_floor"), self.rootfs, self.dir, bridge, prefix]
        self.times = {"start": [], "stop": [], "delete": []}
        self.rates = []

    def run(self, count, in_flight):
        out = subprocess.run(self.args + [str(count), str(in_flight)], check=True, capture_output=True, text=True).stdout
        for line in out.splitlines():
            name, value = line.split()
            (self.rates if name == "rate" else self.times[name]).append(float(value))


class Incus:
    """`incus launch` of the same small system; None of it where Incus is not there."""

    def __init__(self):
        self.launch, self.stop = [], []
        self.here = shutil.which("incus") is not None and subprocess.run(
            ["incus", "image", "info", "cc-busybox"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def one_by_one(self, count):
        for i in range(count if self.here else 0):
            self.launch.append(timed("incus", "launch", "cc-busybox", f"cc-bench-{i}"))
            self.stop.append(timed("incus", "stop", "--force", f"cc-bench-{i}"))
            timed("incus", "delete", f"cc-bench-{i}")


def report(ours, floor, incus):
    mid = statistics.median
    for what, name in (("start", "launch"), ("stop", "stop"), ("delete", "delete")):
        figure(f"{name}_ms", mid(ours.times[what]), "ms")
        figure(f"{name}_floor_ms", mid(floor.times[what]), "ms")
        figure(f"{name}_over_floor", mid(ours.times[what]) / mid(floor.times[what]), "ratio")
    figure("launch_rate", mid(ours.rates), "1/s")
    figure("launch_rate_floor", mid(floor.rates), "1/s")
    figure("launch_rate_over_floor", mid(ours.rates) / mid(floor.rates), "ratio")
    if incus.launch:
        figure("incus_launch_ms", mid(incus.launch), "ms")
        figure("incus_stop_ms", mid(incus.stop), "ms")
        figure("incus_over_launch", mid(incus.launch) / mid(ours.times["start"]), "ratio")


def main():
    if os.geteuid() != 0:
        sys.exit("error: containers need root; run it with sudo")
    with Zone({"log_level": "warning"}) as zone:
        zone.start()
        zone.import_busybox()
        node = zone.add_node("ada", settings={"stop_grace": "0ms", "log_level": "warning"})
        ours, incus = Ours(zone), Incus()
        ours.one_by_one(2)
        floor = Floor(zone, node.bridge, node.prefix)
        floor.run(2, 1)
        for times in (ours.times, floor.times):
            for values in times.values():
                values.clear()
        for _ in range(ROUNDS):
            floor.run(PER_ROUND, 1)
            ours.one_by_one(PER_ROUND)
            incus.one_by_one(PER_ROUND)
        for _ in range(3):
            floor.run(BURST, IN_FLIGHT)
            ours.burst(BURST)
        report(ours, floor, incus)


if __name__ == "__main__":
    main()
