# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits of instances, changed while they run and enforced by the kernel; and what owners and admins say of a node."""

import glob
import json
import subprocess
import unittest

from zone import ZoneTestCase


def cgroup_file(node, id, v1, v2):
    """The value the kernel has, on either version."""
    paths = glob.glob(f"/sys/fs/cgroup/{v1.split('/')[0]}/**/{node.cgroup}/lxc.payload.{id}/{v1.split('/')[1]}", recursive=True)
    paths += glob.glob(f"/sys/fs/cgroup/**/{node.cgroup}/lxc.payload.{id}/{v2}", recursive=True) if not paths else []
    with open(paths[0]) as f:
        return f.read().split()[0]


def bandwidth(node, address):
    """What the kernel's firewall lets the address send and receive, bytes per second; nothing when it has no limit."""
    r = subprocess.run(["nft", "-j", "list", "table", "inet", f"cccaps_{node.bridge}"], capture_output=True, text=True)
    items = json.loads(r.stdout)["nftables"] if r.returncode == 0 else []
    limits = {i["limit"]["name"]: i["limit"] for i in items if "limit" in i}
    names = {i["map"]["name"]: dict(i["map"].get("elem", [])).get(address) for i in items if "map" in i}
    found = [limits[names[way]] for way in ("up4", "down4") if names.get(way)]
    assert all(f["rate_unit"] == "bytes" and f["inv"] for f in found), found
    return [f["rate"] for f in found]


class LimitsOfARunningInstance(ZoneTestCase):
    @classmethod
    def furnish(cls):
        cls.node = cls.zone.add_node("ada", settings={"offer_memory": "1GiB"})

    def tearDown(self):
        self.remove_instances()

    def limit(self, id, v1, v2):
        return cgroup_file(self.node, id, v1, v2)

    def test_new_limits_are_the_kernels_without_a_restart(self):
        zone = self.zone
        zone.ccctl("create", "hello", "--image", "busybox", "--memory", "64MiB", "--cpu", "1", "--label", "old=1")
        before = zone.instances()["hello"]
        zone.ccctl("exec", "hello", "--", "touch", "/run/mark")
        zone.ccctl("set", "hello", "--memory", "128MiB", "--cpu", "500m", "--pids", "77", "--label", "new=2", "--label", "old-")
        after = zone.instances()["hello"]
        self.assertEqual(after["labels"], {"new": "2"})
        self.assertNotIn("changing", after)
        self.assertEqual((after["started"], after["boot_sn"]), (before["started"], before["boot_sn"]))
        self.assertEqual(self.limit(after["id"], "memory/memory.limit_in_bytes", "memory.max"), str(128 << 20))
        self.assertEqual(self.limit(after["id"], "pids/pids.max", "pids.max"), "77")
        self.assertEqual(self.limit(after["id"], "cpu/cpu.cfs_quota_us", "cpu.max"), "50000")
        shares = self.limit(after["id"], "cpu/cpu.shares", "cpu.weight")
        self.assertIn(shares, ("512", "50"))
        if "swap-limit" in zone.json("node", "show", "ada")["features"]:
            self.assertIn(self.limit(after["id"], "memory/memory.memsw.limit_in_bytes", "memory.swap.max"), (str(128 << 20), "0"))
        self.assertEqual(zone.ccctl("exec", "hello", "--", "ls", "/run/mark"), "/run/mark\n")
        zone.ccctl("set", "hello", "--memory", "32MiB")
        self.assertEqual(self.limit(after["id"], "memory/memory.limit_in_bytes", "memory.max"), str(32 << 20))

    def test_bandwidth_is_limited_in_the_kernel_without_a_restart(self):
        zone = self.zone
        zone.ccctl("create", "hello", "--image", "busybox", "--bandwidth", "2Mbit")
        before = zone.instances()["hello"]
        self.assertEqual(before["bandwidth_kbit"], 2000)
        self.assertIn("2 Mbit/s", zone.ccctl("show", "hello"))
        # The rule of each way, for the address that the instance has: bytes per second.
        self.assertEqual(bandwidth(self.node, before["address"]), [250000, 250000])
        zone.ccctl("set", "hello", "--bandwidth", "8Mbit")
        self.assertEqual(bandwidth(self.node, before["address"]), [1000000, 1000000])
        zone.ccctl("set", "hello", "--bandwidth", "none")
        after = zone.instances()["hello"]
        self.assertEqual((after["started"], after["boot_sn"]), (before["started"], before["boot_sn"]))
        self.assertNotIn("bandwidth_kbit", after)
        self.assertEqual(bandwidth(self.node, before["address"]), [])

    def test_what_does_not_fit_is_refused_with_numbers(self):
        zone = self.zone
        zone.ccctl("create", "hello", "--image", "busybox", "--memory", "128MiB")
        inst = zone.instances()["hello"]
        # tail keeps what it read until its input ends.
        zone.ccctl("exec", "hello", "--", "sh", "-c",
                   "mkfifo /f; (tail -c 60000000 </f >/dev/null &); (exec 3>/f; dd if=/dev/zero bs=1M count=60 >&3 2>/dev/null; touch /full; sleep 100) "
                   ">/dev/null 2>&1 & until [ -e /full ]; do sleep 0.05; done")
        r = zone.run_ccctl("set", "hello", "--memory", "16MiB")
        self.assertEqual(r.returncode, 5, r.stderr)
        self.assertRegex(r.stderr, r"[0-9]+ MiB of memory are in use, and 16 MiB were asked for|uses [0-9]+ of its 128 MiB")
        self.assertEqual(self.limit(inst["id"], "memory/memory.limit_in_bytes", "memory.max"), str(128 << 20))
        self.assertIn(inst["id"], self.node.running())
        zone.ccctl("set", "hello", "--memory", "256MiB")
        self.assertEqual(self.limit(inst["id"], "memory/memory.limit_in_bytes", "memory.max"), str(256 << 20))
        self.assertEqual(zone.instances()["hello"]["reason"], "")
        r = zone.run_ccctl("set", "hello", "--memory", "64GiB")
        self.assertEqual(r.returncode, 5, r.stderr)
        self.assertRegex(r.stderr, r"memory_mib: the node 'ada' has room for [0-9]+ at most, 65536 were asked for")
        r = zone.run_ccctl("set", "hello", "--disk", "1MiB")
        self.assertIn("only grow", r.stderr)
        self.assertEqual(zone.run_ccctl("set", "nobody", "--pids", "9").returncode, 3)

    def test_a_stopped_instance_starts_with_its_new_limits(self):
        zone = self.zone
        zone.ccctl("create", "hello", "--image", "busybox", "--memory", "64MiB")
        zone.ccctl("stop", "hello")
        zone.ccctl("set", "hello", "--memory", "96MiB")
        zone.ccctl("start", "hello")
        self.assertEqual(self.limit(zone.instances()["hello"]["id"], "memory/memory.limit_in_bytes", "memory.max"), str(96 << 20))


if __name__ == "__main__":
    unittest.main(verbosity=2)
