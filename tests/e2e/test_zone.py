# SPDX-License-Identifier: GPL-3.0-or-later
"""The walking skeleton: create, commit, sync, container, list; stop, start, restart, exec, delete."""

import subprocess
import unittest

from zone import ZoneTestCase, eventually


class AZoneOfOneNode(ZoneTestCase):
    def tearDown(self):
        self.remove_instances()

    def test_an_instance_goes_through_its_whole_life(self):
        zone, node = self.zone, self.node
        zone.ccctl("create", "hello", "--image", "busybox", "--memory", "64MiB")
        inst = zone.instances()["hello"]
        self.assertEqual(inst["state"], "running")
        self.assertEqual(inst["node_name"], "ada")
        self.assertIn(inst["id"], node.running())
        self.assertEqual(zone.ccctl("exec", "hello", "--", "hostname").strip(), "hello")
        subprocess.run(["ping", "-c", "1", "-W", "2", inst["address"]], check=True, stdout=subprocess.DEVNULL)
        zone.ccctl("restart", "hello")
        self.assertEqual(zone.instances()["hello"]["state"], "running")
        zone.ccctl("stop", "hello")
        self.assertEqual(zone.instances()["hello"]["state"], "stopped")
        self.assertNotIn(inst["id"], node.running())
        zone.ccctl("start", "hello")
        self.assertIn(inst["id"], node.running())
        zone.ccctl("delete", "hello", "--yes")
        self.assertNotIn("hello", zone.instances())
        eventually("the container is gone", lambda: inst["id"] not in node.running())

    def test_exec_carries_input_output_and_status(self):
        self.zone.ccctl("create", "box", "--image", "busybox")
        r = self.zone.run_ccctl("exec", "box", "--", "sh", "-c", "cat; echo oops >&2; exit 7", input="in and out\n")
        self.assertEqual((r.stdout, r.stderr, r.returncode), ("in and out\n", "oops\n", 7))
        big = self.zone.run_ccctl("exec", "box", "--", "dd", "if=/dev/zero", "bs=1024", "count=8192")
        self.assertEqual(len(big.stdout), 8192 * 1024)
        r = self.zone.run_ccctl("exec", "box", "--", "/no/such/program")
        self.assertEqual((r.stderr, r.returncode), ("no program '/no/such/program' in the instance\n", 127))

    def test_writes_of_one_instance_are_not_seen_by_another_and_survive_a_stop(self):
        self.zone.ccctl("create", "one", "--image", "busybox")
        self.zone.ccctl("create", "two", "--image", "busybox")
        self.zone.ccctl("exec", "one", "--", "sh", "-c", "echo mine > /root/file")
        self.assertNotEqual(self.zone.run_ccctl("exec", "two", "--", "cat", "/root/file").returncode, 0)
        self.zone.ccctl("stop", "one")
        self.zone.ccctl("start", "one")
        self.assertEqual(self.zone.ccctl("exec", "one", "--", "cat", "/root/file"), "mine\n")

    def test_refusals_say_what_to_do(self):
        zone = self.zone
        zone.ccctl("create", "hello", "--image", "busybox")
        for args, status, words in (
            (("create", "hello", "--image", "busybox"), 5, "already"),
            (("create", "other", "--image", "nothing"), 3, "no image 'nothing'"),
            (("create", "Not_A_Label", "--image", "busybox"), 2, "DNS label"),
            (("create", "big", "--image", "busybox", "--memory", "900GiB"), 5, "memory"),
            (("create", "far", "--image", "busybox", "--node", "nowhere"), 3, "no node 'nowhere'"),
            (("show", "nobody"), 3, "nobody"),
            (("exec", "nobody", "--", "true"), 3, "nobody"),
            (("image", "delete", "--yes", "busybox"), 5, "used by"),
            (("frobnicate",), 2, "frobnicate"),
        ):
            with self.subTest(args=args):
                r = zone.run_ccctl(*args)
                self.assertEqual(r.returncode, status, r.stderr)
                self.assertIn(words, r.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
