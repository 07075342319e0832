# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's API without nodes: durable creates per second with 1, 8 and 64 clients against one transaction per create in the same PostgreSQL, reads per
second, and a list of 500 instances. Ours and the floor take turns; medians."""

import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "e2e"))

from seed import seed  # noqa: E402
from zone import BUILD, Zone  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", 3))
SECONDS = os.environ.get("SECONDS_EACH", "3")
LOAD = os.path.join(BUILD, "bench", "bench_api_load")


def load(what, where, clients):
    return float(subprocess.run([LOAD, what, where, str(clients), SECONDS], check=True, stdout=subprocess.PIPE, text=True).stdout)


def median_ms(times, *args):
    took = []
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run(args, check=True, stdout=subprocess.DEVNULL)
        took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took)


def main():
    with Zone({"log_level": "warning", "node_lease": "1h"}, durable=True) as zone:
        zone.start()
        for clients in (1, 8, 64):
            ours, floor = [], []
            for _ in range(ROUNDS):
                seed(zone, 20, 500)
                floor.append(load("floor", zone.pg.conninfo, clients))
                seed(zone, 20, 500)
                ours.append(load("create", zone.socket, clients))
            print(f"creates_per_s_{clients} {statistics.median(ours):.0f} 1/s")
            print(f"create_floor_{clients} {statistics.median(floor):.0f} 1/s")
            print(f"create_over_floor_{clients} {statistics.median(ours) / statistics.median(floor):.3f} ratio", flush=True)
        seed(zone, 20, 500)
        print(f"reads_per_s {statistics.median(load('read', zone.socket, 64) for _ in range(ROUNDS)):.0f} 1/s")
        print(f"lists_500_per_s {statistics.median(load('list', zone.socket, 8) for _ in range(ROUNDS)):.0f} 1/s")
        ccctl = os.path.join(BUILD, "cli", "ccctl")
        print(f"list_500_api_ms {1000 / statistics.median(load('list', zone.socket, 1) for _ in range(ROUNDS)):.2f} ms")
        print(f"list_500_cli_ms {median_ms(30, ccctl, '--socket', zone.socket, 'list'):.2f} ms")


if __name__ == "__main__":
    main()
