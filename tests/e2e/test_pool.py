# SPDX-License-Identifier: GPL-3.0-or-later
"""Disk limits: on a node where they hold, and on one where they are advice and everybody can see that."""

import glob
import os
import subprocess
import unittest

from zone import ZoneTestCase, eventually, program

BTRFS = ("--pool", "btrfs", "--pool-loop", "1GiB")


class DiskLimits(ZoneTestCase):
    @classmethod
    def furnish(cls):
        cls.ada = cls.zone.add_node("ada", priv_args=BTRFS)
        cls.pool = os.path.join(cls.ada.dir, "priv", "btrfs")
        cls.zone.add_node("bea", priv_args=("--pool", "overlay"))

    def tearDown(self):
        self.remove_instances()

    def create(self, name, node, disk):
        self.zone.ccctl("create", name, "--image", "busybox", "--memory", "128MiB", "--disk", disk, "--node", node)

    def write(self, name, file, mib):
        """Whether a guest could write so much."""
        return self.zone.run_ccctl("exec", name, "--", "dd", "if=/dev/zero", "of=" + file, "bs=1M", f"count={mib}", "conv=fsync").returncode == 0

    def test_a_limit_holds_and_changes_at_once(self):
        zone = self.zone
        self.create("hello", "ada", "64MiB")
        self.assertFalse(self.write("hello", "/full", 100))
        zone.ccctl("exec", "hello", "--", "rm", "/full")
        self.assertTrue(self.write("hello", "/a", 40))
        zone.ccctl("set", "hello", "--disk", "192MiB")
        self.assertTrue(self.write("hello", "/b", 100))
        self.assertFalse(self.write("hello", "/c", 100))
        r = zone.run_ccctl("set", "hello", "--disk", "64MiB")
        self.assertEqual(r.returncode, 5, r.stderr)
        self.assertNotIn("changing", zone.instances()["hello"])
        self.assertNotIn("advisory", zone.ccctl("show", "hello"))
        self.assertRegex(zone.ccctl("show", "hello"), r"Disk +192 MiB\n")

    def in_pool(self, *command):
        """What a command prints where the pool is mounted, which only cc-agent-priv sees."""
        inside = ["nsenter", f"--mount=/proc/{self.ada.daemon.pid}/ns/mnt"]
        return subprocess.run(inside + list(command), check=True, capture_output=True, text=True).stdout

    def trees(self):
        """What the pool of ada holds: names of trees, and subvolumes that have a quota group."""
        found = self.in_pool("find", self.pool, "-mindepth", "2", "-inum", "256").split()
        shown = self.in_pool("btrfs", "qgroup", "show", "--raw", self.pool)
        groups = [line.split()[0] for line in shown.splitlines() if line.startswith("0/") and int(line.split()[0][2:]) >= 256]
        return sorted(os.path.relpath(f, self.pool) for f in found), groups

    def test_snapshots_and_volumes_have_limits_of_their_own_and_leave_nothing(self):
        zone = self.zone
        free = zone.json("node", "show", "ada")["used_disk_mib"]
        zone.ccctl("volume", "create", "data", "--size", "32MiB", "--node", "ada")
        zone.ccctl("create", "db", "--image", "busybox", "--memory", "128MiB", "--disk", "96MiB", "--node", "ada", "--volume", "data:/data")
        self.assertTrue(self.write("db", "/one", 40))
        self.assertTrue(self.write("db", "/data/kept", 16))
        # The volume is full at its size, the disk beside it is not.
        r = zone.run_ccctl("exec", "db", "--", "dd", "if=/dev/zero", "of=/data/full", "bs=1M", "count=40", "conv=fsync")
        self.assertIn("quota exceeded", r.stderr.lower())
        zone.ccctl("exec", "db", "--", "rm", "/data/full")
        zone.ccctl("snapshot", "create", "db", "before")
        snapshot = zone.json("snapshot", "list", "db")[0]
        self.assertGreaterEqual(snapshot["bytes"], 40 << 20)
        self.assertIn(snapshot["counted_mib"], range(40, 97))
        self.assertEqual(zone.json("node", "show", "ada")["used_disk_mib"], free + 32 + 96 + snapshot["counted_mib"])
        # What the snapshot keeps is not the instance's any more, and is there again after the restore, under the old limit.
        zone.ccctl("exec", "db", "--", "rm", "/one")
        self.assertTrue(self.write("db", "/two", 80))
        zone.ccctl("snapshot", "restore", "db", "before", "--restart")
        self.assertEqual(zone.ccctl("exec", "db", "--", "sh", "-c", "wc -c </one; ls /two 2>/dev/null; wc -c </data/kept").split(), [str(40 << 20), str(16 << 20)])
        self.assertFalse(self.write("db", "/three", 80))
        trees, groups = self.trees()
        self.assertEqual([t.split("/")[0] for t in trees], ["instances", "snapshots", "volumes"])
        self.assertGreaterEqual(len(groups), 3)
        zone.ccctl("delete", "db", "--yes")
        self.assertEqual(zone.ccctl("volume", "list", "-o", "name").split(), ["data"])
        zone.ccctl("volume", "delete", "data", "--yes")
        self.assertEqual(zone.json("node", "show", "ada")["used_disk_mib"], free)

        def nothing_left():
            # The kernel frees subvolumes with a commit, and the next removal takes the groups that were theirs.
            self.in_pool("btrfs", "filesystem", "sync", self.pool)
            zone.ccctl("volume", "create", "last", "--size", "1MiB", "--node", "ada")
            zone.ccctl("volume", "delete", "last", "--yes")
            trees, now = self.trees()
            return trees == [] and not set(groups) & set(now)
        eventually("subvolumes and their groups are gone", nothing_left, 120, 1)

    def test_a_limit_that_is_advice_is_called_so(self):
        zone = self.zone
        self.create("hello", "bea", "64MiB")
        self.assertTrue(self.write("hello", "/more", 80))
        self.assertRegex(zone.ccctl("show", "hello"), r"Disk +64 MiB \(advisory\)\n")
        self.assertIn("64 MiB (advisory)", zone.ccctl("list", "-o", "wide"))
        self.assertIs(zone.instances()["hello"]["disk_advisory"], True)

    def test_a_node_says_what_it_has(self):
        zone = self.zone
        ada, bea = (zone.json("node", "show", n) for n in ("ada", "bea"))
        self.assertTrue({"pool-btrfs", "disk-limit"} <= set(ada["features"]), ada["features"])
        self.assertIn("pool-overlay", bea["features"])
        self.assertNotIn("disk-limit", bea["features"])
        # The disk of a node whose pool is smaller than its disk is the pool.
        self.assertEqual(ada["disk_mib"], 1024)
        self.assertGreater(bea["disk_mib"], 1024)
        self.assertNotIn("advisory", zone.ccctl("node", "show", "ada"))
        self.assertRegex(zone.ccctl("node", "show", "bea"), r"Disk used .*\(advisory\)\n")


class APurge(ZoneTestCase):
    @classmethod
    def furnish(cls):
        cls.node = cls.zone.add_node("ada", priv_args=BTRFS)

    def test_nothing_is_left_of_a_pool(self):
        node = self.node
        self.zone.ccctl("create", "hello", "--image", "busybox", "--disk", "64MiB")
        self.assertTrue(os.path.exists(os.path.join(node.dir, "priv", "pool.btrfs")))
        node.daemon.stop()
        flags = node.daemon.args[1:node.daemon.args.index("--")]
        for _ in range(2):
            r = subprocess.run([program("cc-agent-priv"), *flags, "--purge"], capture_output=True, text=True)
            self.assertEqual((r.returncode, r.stderr), (0, ""))
            self.assertEqual(glob.glob(node.dir + "/priv*"), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
