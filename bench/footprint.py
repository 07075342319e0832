# SPDX-License-Identifier: GPL-3.0-or-later
"""What the programs take when nothing happens: memory (PSS, with RSS beside it) of both halves of an agent with 40 containers, of a container's monitor, of the
controller with 10, 1,000 and 10,000 instances; processor time and bytes on the wire, headers and acknowledgements included, of an idle node.

Run it where no other process of this project runs: PSS shares the pages of libraries among all that use them."""

import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "e2e"))

from measure import Wire, cpu_s, figure, memory_mb  # noqa: E402
from seed import seed  # noqa: E402
from zone import Zone  # noqa: E402

CONTAINERS = 40
CPU_SECONDS = int(os.environ.get("CPU_SECONDS", 60))
# Two of the long requests of an idle node, and all signs of life in between.
WIRE_SECONDS = int(os.environ.get("WIRE_SECONDS", 620))


def tell_memory(name, *pids):
    pss, rss = memory_mb(*pids)
    figure(f"{name}_pss_mb", pss, "MB")
    figure(f"{name}_rss_mb", rss, "MB")


def monitors(priv):
    out = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in out.splitlines() if "[lxc monitor]" in line and priv in line]


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
