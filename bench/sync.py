# SPDX-License-Identifier: GPL-3.0-or-later
"""One controller with thousands of simulated agents, each on a TLS connection of its own that is held open, as many instances as agents, of which 1 % change
(restart) per minute: the controller's processor time and memory, bytes on the wire, how long an order takes from its acknowledgement to the agent, and how long
until all agents listen again when the controller was killed. With what all of guifi.net's working nodes would take at the price per agent of the largest run.

A process may have so many open files, and that is the limit for agents: AGENTS="1000 10000 18200". SECONDS_EACH=20 for a first look."""

import math
import os
import random
import resource
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "e2e"))

from api import _UnixConnection  # noqa: E402
from measure import Wire, cpu_s, figure, memory_mb  # noqa: E402
from seed import seed  # noqa: E402
from swarm import Swarm, make_keys  # noqa: E402
from zone import Zone  # noqa: E402

GUIFI = 27710
# As long as a node that has nothing to say waits, so that each of them asks once again.
SECONDS = float(os.environ.get("SECONDS_EACH", 300))
SETTLE = 30  # the first wait of a node that has just come is short
PER_MINUTE = 0.01  # of all instances
DIALS_PER_S = 200
OTHER_FILES = 1800  # of the controller: what it keeps for everything but one connection of each agent
SECOND_CONNECTIONS = 600  # an agent has one for up to two minutes after a change


def sizes():
    if "AGENTS" in os.environ:
        return [int(n) for n in os.environ["AGENTS"].split()]
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - OTHER_FILES
    print(f"at most {most} agents: a process may have {most + OTHER_FILES} open files here", file=sys.stderr)
    return [n for n in (1000, 10000) if n < most] + [min(GUIFI, most)]


class Changer:
    """Restarts instances one at a time over a connection that stays open."""

    def __init__(self, zone):
        self.http = _UnixConnection(zone.socket, 60)
        self.acknowledged = {}
        self.ids = [row[0] for row in zone.pg.query("SELECT id FROM instance")]
        self.boots = dict.fromkeys(self.ids, 0)

    def change(self):
        instance = random.choice(self.ids)
        self.http.request("POST", f"/v1/instances/{instance}/restart", headers={"Content-Length": "0"})
        reply = self.http.getresponse()
        body = reply.read()
        if reply.status not in (200, 202):
            raise RuntimeError(f"{reply.status} {body}")
        self.boots[instance] += 1
        self.acknowledged[instance, self.boots[instance]] = time.monotonic_ns()

    def run(self, seconds):
        every = 60 / (PER_MINUTE * len(self.ids))
        start = time.monotonic()
        for i in range(math.ceil(seconds / every)):
            time.sleep(max(0, start + i * every - time.monotonic()))
            self.change()
        time.sleep(max(0, start + seconds - time.monotonic()))

    def delays_ms(self, swarm):
        return sorted((swarm.receipt(*key, 60) - at) / 1e6 for key, at in self.acknowledged.items())


def quantile(values, q):
    return values[min(len(values) - 1, math.ceil(q * len(values)) - 1)]


def measure(zone, swarm, agents, name):
    changer, wire = Changer(zone), Wire(zone.port)
    try:
        before, pids = (wire.bytes(), cpu_s(zone.controller.pid), cpu_s(*swarm.pids())), swarm.pids()
        start = time.monotonic()
        changer.run(SECONDS)
        took = time.monotonic() - start
        passed, used, used_by_agents = wire.bytes() - before[0], cpu_s(zone.controller.pid) - before[1], cpu_s(*pids) - before[2]
    finally:
        wire.close()
    delays = changer.delays_ms(swarm)
    pss, _ = memory_mb(zone.controller.pid)
    figure(f"agents{name}", agents, "agents")
    figure(f"controller_cpu_cores{name}", used / took, "cores")
    figure(f"controller_pss_mb{name}", pss, "MB")
    figure(f"bytes_per_node_hour{name}", passed / agents / took * 3600, "B")
    figure(f"order_p50_ms{name}", statistics.median(delays), "ms")
    figure(f"order_p99_ms{name}", quantile(delays, 0.99), "ms")
    figure(f"orders{name}", len(delays), "orders")
    figure(f"agents_cpu_cores{name}", used_by_agents / took, "cores")
    return used / took, pss


def restart(zone, swarm, name):
    """Killed, and started again at once; from then on."""
    failures = swarm.stat()["failures"]
    zone.controller.kill()
    start, cpu = time.monotonic(), zone.controller.start()
    zone.wait_ready()
    figure(f"ready_s{name}", time.monotonic() - start, "s")
    swarm.wait_listening(600)
    figure(f"all_back_s{name}", time.monotonic() - start, "s")
    figure(f"all_back_cpu_s{name}", cpu_s(cpu.pid), "s")
    figure(f"all_back_pss_mb{name}", memory_mb(zone.controller.pid)[0], "MB")
    figure(f"all_back_failures{name}", swarm.stat()["failures"] - failures, "dials")


def run(agents, keys, pins, name):
    limits = {"http_connections": agents + max(SECOND_CONNECTIONS, agents // 10 if agents <= 10000 else 0)}
    with Zone({"log_level": "warning", **limits}, durable=True) as zone:
        zone.start()
        seed(zone, agents, agents, pins)
        empty, _ = memory_mb(zone.controller.pid)
        figure(f"controller_alone_pss_mb{name}", empty, "MB")
        with Swarm(zone, keys, agents, DIALS_PER_S) as swarm:
            swarm.wait_listening(600)
            time.sleep(min(SETTLE, SECONDS))
            cores, pss = measure(zone, swarm, agents, name)
            restart(zone, swarm, name)
    figure(f"kb_per_agent{name}", (pss - empty) * 1000 / agents, "KB")
    return cores, pss


def main():
    todo = sizes()
    keys = os.path.join("/tmp", f"cc-bench-keys-{os.getpid()}")
    try:
        pins = make_keys(keys, todo[-1])
        for agents in todo:
            cores, pss = run(agents, keys, pins, "" if agents == todo[-1] else f"_{agents}")
        # Agents are added, the program itself is not: this is more than it will be.
        figure(f"controller_cpu_cores_{GUIFI}", cores * GUIFI / todo[-1], "cores")
        figure(f"controller_pss_mb_{GUIFI}", pss * GUIFI / todo[-1], "MB")
    finally:
        if os.path.exists(keys):
            os.unlink(keys)


if __name__ == "__main__":
    main()
