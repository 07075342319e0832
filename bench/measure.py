# SPDX-License-Identifier: GPL-3.0-or-later
"""What processes take and what passes on the wire, from the kernel's own counters."""

import os
import re
import subprocess


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
