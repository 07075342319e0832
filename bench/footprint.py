# SPDX-License-Identifier: GPL-3.0-or-later
"""What the programs take when nothing happens: memory (PSS, with RSS beside it) of both halves of an agent with 40 containers, of a container's monitor, of the
controller with 10, 1,000 and 10,000 instances; processor time and bytes on the wire, headers and acknowledgements included, of an idle node.

Run it where no other process of this project runs: PSS shares the pages of libraries among all that use them."""

import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "e2e"))

from seed import seed  # noqa: E402
from zone import Zone  # noqa: E402

CONTAINERS = 40
CPU_SECONDS = int(os.environ.get("CPU_SECONDS", 60))
# Two of the long requests of an idle node, and all signs of life in between.
WIRE_SECONDS = int(os.environ.get("WIRE_SECONDS", 620))


def figure(name, value, unit):
    print(f"{name} {value:.3f} {unit}", flush=True)


def memory_mb(*pids):
    """(PSS, RSS) in MB of all of them together."""
    total = {"Pss": 0, "Rss": 0}
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup") as f:
            for key, kb in re.findall(r"^(Pss|Rss):\s+(\d+) kB", f.read(), re.M):
                total[key] += int(kb)
    return total["Pss"] / 1000, total["Rss"] / 1000


def tell_memory(name, *pids):
    pss, rss = memory_mb(*pids)
    figure(f"{name}_pss_mb", pss, "MB")
    figure(f"{name}_rss_mb", rss, "MB")


def cpu_s(*pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/schedstat") as f:
            total += int(f.read().split()[0])
        for task in os.listdir(f"/proc/{pid}/task"):
            if task != str(pid):
                with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                    total += int(f.read().split()[0])
    return total / 1e9


def monitors(priv):
    out = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in out.splitlines() if "[lxc monitor]" in line and priv in line]


class Wire:
    """Bytes of IP packets from and to a TCP port on loopback, by a counter of nftables."""

    def __init__(self, port):
        self.table = f"cc_bench_{os.getpid()}"
        self.nft(f"add table inet {self.table}; add chain inet {self.table} out {{ type filter hook output priority 0; }};"
                 f"add rule inet {self.table} out tcp dport {port} counter; add rule inet {self.table} out tcp sport {port} counter")

    def nft(self, command):
        return subprocess.run(["nft", command], check=True, capture_output=True, text=True).stdout

    def bytes(self):
        return sum(map(int, re.findall(r"bytes (\d+)", self.nft(f"list table inet {self.table}"))))

    def close(self):
        self.nft(f"delete table inet {self.table}")


def idle(zone, node):
    agent, priv, controller = node.agent_pid(), node.daemon.pid, zone.controller.pid
    before = cpu_s(agent, priv), cpu_s(controller)
    time.sleep(CPU_SECONDS)
    figure("agent_idle_cpu_percent", (cpu_s(agent, priv) - before[0]) / CPU_SECONDS * 100, "%")
    figure("controller_idle_cpu_percent", (cpu_s(controller) - before[1]) / CPU_SECONDS * 100, "%")
    wire = Wire(zone.port)
    try:
        time.sleep(WIRE_SECONDS)
        figure("idle_kb_per_hour", wire.bytes() / 1000 / WIRE_SECONDS * 3600, "KB/h")
    finally:
        wire.close()


def main():
    with Zone({"log_level": "notice"}, durable=True) as zone:
        zone.start()
        zone.import_busybox()
        node = zone.add_node("ada", settings={"log_level": "notice", "machine_cpu_millis": 64000, "machine_memory": "64GiB", "machine_disk": "640GiB"})
        for i in range(CONTAINERS):
            zone.ccctl("create", f"f{i}", "--image", "busybox")
        time.sleep(5)
        tell_memory("agent", node.agent_pid(), node.daemon.pid)
        found = monitors(os.path.join(node.dir, "priv"))
        assert len(found) == CONTAINERS, found
        pss, rss = memory_mb(*found)
        figure("monitor_pss_mb", pss / CONTAINERS, "MB")
        figure("monitor_rss_mb", rss / CONTAINERS, "MB")
        tell_memory("controller", zone.controller.pid)
        idle(zone, node)
    with Zone({"log_level": "warning", "node_lease": "1h"}) as zone:
        zone.start()
        for instances in (1000, 10000):
            seed(zone, 20, instances)
            for _ in range(20):
                zone.ccctl("status")
            tell_memory(f"controller_{instances}", zone.controller.pid)


if __name__ == "__main__":
    main()
