# SPDX-License-Identifier: GPL-3.0-or-later
"""`ccctl exec NAME -- true` against liblxc's attach in the same container, in turns; medians. And bytes per second through an exec's output, against the same
program through a pipe. And bytes per second of `ccctl cp` of one file over TLS, into and out of the container, against `cp` of the same file on the same file
system; COPY_MB=1024 for the gigabyte of the issue, whose ratio the default comes close to. `cp_relay`: the same file through a bare relay that speaks TLS to
both sides, which is what any design with a controller in between costs."""

import json
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "e2e"))

from zone import BUILD, Zone  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", 100))
MEGABYTES = 256
COPY_MB = int(os.environ.get("COPY_MB", 512))
COPY_ROUNDS = 5


def timed(*args):
    start = time.perf_counter()
    subprocess.run(args, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000


def copies(zone):
    """In turns: the machine is as busy for one as for the others."""
    token = zone.ccctl("member", "add", "cara", "-o", "name").strip()
    env = {**os.environ, "CCCTL_TOKEN": token, "CCCTL_CONTROLLER": f"127.0.0.1:{zone.port}"}
    ccctl = os.path.join(BUILD, "cli", "ccctl")
    source, target = os.path.join(zone.dir, "source"), os.path.join(zone.dir, "target")
    subprocess.run(["dd", "if=/dev/urandom", f"of={source}", "bs=1M", f"count={COPY_MB}"], check=True, stderr=subprocess.DEVNULL)
    relay = [os.path.join(BUILD, "bench", "bench_relay_floor"), os.path.join(zone.dir, "relay.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=relay", "-keyout", relay[1], "-out", f"{relay[1]}.cert"],
                   check=True, stderr=subprocess.DEVNULL)
    with open(relay[1], "a") as key, open(f"{relay[1]}.cert") as certificate:
        key.write(certificate.read())
    subprocess.run([ccctl, "create", "c", "--image", "busybox", "--memory", "256MiB"], check=True, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def rate(*args):
        if os.path.exists(target):
            os.unlink(target)
        os.sync()
        start = time.perf_counter()
        subprocess.run(args, check=True, env=env, stdin=subprocess.DEVNULL)
        return COPY_MB / (time.perf_counter() - start)

    rates = {"cp_in": [], "cp_out": [], "cp_relay": [], "cp_floor": []}
    for i in range(COPY_ROUNDS + 1):
        subprocess.run([ccctl, "exec", "c", "--", "rm", "-f", "/file"], check=True, env=env, stdin=subprocess.DEVNULL)
        took = {"cp_in": rate(ccctl, "cp", source, "c:/file"), "cp_out": rate(ccctl, "cp", "c:/file", target),
                "cp_relay": rate(*relay, source, target), "cp_floor": rate("cp", source, target)}
        for name, value in took.items():
            if i > 0:
                rates[name].append(value)
    mid = {name: statistics.median(values) for name, values in rates.items()}
    for name, value in mid.items():
        print(f"{name}_mb_per_s {value:.1f} MB/s")
    print(f"cp_over_floor {mid['cp_in'] / mid['cp_floor']:.3f} ratio")
    print(f"cp_out_over_floor {mid['cp_out'] / mid['cp_floor']:.3f} ratio")
    print(f"cp_relay_over_floor {mid['cp_relay'] / mid['cp_floor']:.3f} ratio")
    print(f"cp_over_relay {mid['cp_in'] / mid['cp_relay']:.3f} ratio", flush=True)


def main():
    with Zone({"log_level": "warning"}, durable=True) as zone:
        zone.start()
        zone.import_busybox()
        node = zone.add_node("ada", settings={"log_level": "warning"})
        zone.ccctl("create", "e", "--image", "busybox", "--memory", "256MiB")
        ident = json.loads(zone.ccctl("show", "e", "-o", "json"))["id"]
        ours = [os.path.join(BUILD, "cli", "ccctl"), "--socket", zone.socket, "exec", "e", "--"]
        floor = [os.path.join(BUILD, "bench", "bench_exec_floor"), os.path.join(node.dir, "priv", "lxc"), ident]
        times = {"exec": [], "exec_floor": []}
        for i in range(ROUNDS + 5):
            took = timed(*ours, "/bin/true"), timed(*floor, "/bin/true")
            if i >= 5:
                times["exec"].append(took[0])
                times["exec_floor"].append(took[1])
        mid = {name: statistics.median(values) for name, values in times.items()}
        for name, value in mid.items():
            print(f"{name}_ms {value:.3f} ms")
        print(f"exec_over_floor {mid['exec'] / mid['exec_floor']:.3f} ratio", flush=True)
        copies(zone)
        copy = ["/bin/dd", "if=/dev/zero", "bs=1M", f"count={MEGABYTES}"]
        rates = {name: statistics.median(MEGABYTES / timed(*args, *copy) * 1000 for _ in range(5)) for name, args in (("output", ours), ("output_floor", floor))}
        for name, value in rates.items():
            print(f"exec_{name}_mb_per_s {value:.1f} MB/s")


if __name__ == "__main__":
    main()
