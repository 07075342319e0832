# SPDX-License-Identifier: GPL-3.0-or-later
"""Disk limits: on a node where they hold, and on one where they are advice and everybody can see that."""

import glob
import os
import subprocess
import unittest

from zone import ZoneTestCase, program

BTRFS = ("--pool", "btrfs", "--pool-loop", "1GiB")


class DiskLimits(ZoneTestCase):
    @classmethod
    def furnish(cls):
        cls.zone.add_node("ada", priv_args=BTRFS)
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
