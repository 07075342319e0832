# SPDX-License-Identifier: GPL-3.0-or-later
"""Decisions per second of the scheduler in memory; then durable placements per second: creates through the API by many clients, each answered when it is committed,
while simulated agents take the orders and report them as done. Against one session of the same PostgreSQL that inserts the same rows in transactions of the same
size. The two take turns; medians."""

import os
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "e2e"))

from seed import seed  # noqa: E402
from swarm import Swarm, make_keys  # noqa: E402
from zone import BUILD, Zone  # noqa: E402

AGENTS = 1000
CLIENTS = int(os.environ.get("CLIENTS", 256))
ROUNDS = int(os.environ.get("ROUNDS", 3))
SECONDS = os.environ.get("SECONDS_EACH", "3")  # a caller's Idempotency-Keys are bounded


def load(what, where, n):
    out = subprocess.run([os.path.join(BUILD, "bench", "bench_api_load"), what, where, str(n), SECONDS], check=True, stdout=subprocess.PIPE, text=True).stdout
    return float(out)


def commits(zone):
    return int(zone.pg.query("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")[0][0])


def durable(zone, keys, pins):
    """(creates per second, creates per transaction, those with reports of agents among them; orders per second that agents took)"""
    seed(zone, AGENTS, 0, pins)
    with Swarm(zone, keys, AGENTS, 0) as swarm:
        swarm.wait_listening(300)
        before = commits(zone)
        rate = load("create", zone.socket, CLIENTS)
        orders = swarm.stat()["orders"]
        return rate, rate * float(SECONDS) / max(1, commits(zone) - before), orders / float(SECONDS)


def show_refusal():
    """What a member is told in a zone like all of guifi.net, to be read."""
    export = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "shared", "data", "guifi")
    where = os.environ.get("CC_GUIFI_DIR", export)
    what = where if os.path.isdir(where) else "27710"
    subprocess.run([os.path.join(BUILD, "bench", "bench_refusal"), what], check=True, stdout=sys.stderr)


def main():
    sys.stdout.flush()
    show_refusal()
    subprocess.run([os.path.join(BUILD, "bench", "bench_placement"), *sys.argv[1:]], check=True)
    ours, floor, batches, orders = [], [], [], []
    with Zone({"log_level": "warning", "node_lease": "1h", "http_connections": 4 * AGENTS}, durable=True) as zone:
        zone.start()
        keys = os.path.join(zone.dir, "keys")
        pins = make_keys(keys, AGENTS)
        for _ in range(ROUNDS):
            for values, value in zip((ours, batches, orders), durable(zone, keys, pins)):
                values.append(value)
            seed(zone, AGENTS, 0, pins)
            floor.append(load("batch", zone.pg.conninfo, max(1, round(statistics.median(batches)))))
    print(f"durable_per_s {statistics.median(ours):.0f} 1/s")
    print(f"durable_floor {statistics.median(floor):.0f} 1/s")
    print(f"durable_over_floor {statistics.median(ours) / statistics.median(floor):.3f} ratio")
    print(f"durable_batch {statistics.median(batches):.0f} creates")
    print(f"durable_orders_per_s {statistics.median(orders):.0f} 1/s")


if __name__ == "__main__":
    main()
