# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated agents (bench_swarm) on a zone whose nodes were seeded with their keys."""

import os
import subprocess
import threading
import time

from zone import BUILD

PROGRAM = os.path.join(BUILD, "bench", "bench_swarm")
PROCESS_MAX = 9000  # two connections each, and a process may have few more open files


def make_keys(path, n):
    """Pins of n new key pairs, which lie in the file."""
    return subprocess.run([PROGRAM, "keys", path, str(n)], check=True, stdout=subprocess.PIPE, text=True).stdout.split()


class Swarm:
    def __init__(self, zone, keys, nodes, per_second):
        """Agents of the nodes n1, n2, ...; so many of them begin per second."""
        rows = zone.pg.query("SELECT n.name, n.id, string_agg(i.id::text, ' ') FROM node n LEFT JOIN instance i ON i.node = n.id GROUP BY n.id")
        lines = {name: f"{node} {instances}\n" for name, node, instances in rows}
        self.processes, self.received, self.lock = [], {}, threading.Lock()
        self.stats = threading.Condition(self.lock)
        self.answers = []
        shares = -(-nodes // PROCESS_MAX)
        for k in range(shares):
            first, end = nodes * k // shares, nodes * (k + 1) // shares
            path = os.path.join(zone.dir, f"agents-{k}")
            with open(path, "w") as f:
                f.writelines(lines[f"n{i + 1}"] for i in range(first, end))
            p = subprocess.Popen([PROGRAM, "run", keys, str(first), path, str(zone.port), str(max(1, per_second // shares) if per_second else 0)],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
            self.processes.append(p)
            threading.Thread(target=self.read, args=(p,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for p in self.processes:
            p.stdin.close()
            p.wait()

    def read(self, process):
        for line in process.stdout:
            words = line.split()
            with self.lock:
                if words[0] == "got":
                    self.received.setdefault(words[1], []).append((int(words[2]), int(words[3])))
                else:
                    self.answers.append([int(w) for w in words[1:]])
                    self.stats.notify()

    def stat(self):
        """Sums over all: agents, listening, dials, failures, talks, orders."""
        with self.lock:
            self.answers = []
        for p in self.processes:
            p.stdin.write("\n")
            p.stdin.flush()
        with self.lock:
            def over():
                return len(self.answers) == len(self.processes) or any(p.poll() is not None for p in self.processes)
            if not self.stats.wait_for(over, 60) or len(self.answers) < len(self.processes):
                raise RuntimeError("simulated agents do not answer")
            return dict(zip(("agents", "listening", "dials", "failures", "talks", "orders"), map(sum, zip(*self.answers))))

    def pids(self):
        return [p.pid for p in self.processes]

    def wait_listening(self, seconds):
        """Seconds until all listen."""
        start = time.monotonic()
        while True:
            s = self.stat()
            if s["listening"] == s["agents"]:
                return time.monotonic() - start
            if time.monotonic() - start > seconds:
                raise RuntimeError(f"not all agents listen within {seconds} s: {s}")
            time.sleep(0.1)

    def receipt(self, instance, boot_sn, seconds):
        """When the order came, or a later one in its place, CLOCK_MONOTONIC in ns."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self.lock:
                came = [at for sn, at in self.received.get(instance, ()) if sn >= boot_sn]
            if came:
                return min(came)
            time.sleep(0.01)
        raise RuntimeError(f"the order for {instance} did not come within {seconds} s")
