# SPDX-License-Identifier: GPL-3.0-or-later
"""Wishes of the place of an instance, from ccctl to the database and back. Nodes are simulated."""

import os
import signal
import unittest

from zone import ZoneTestCase, eventually


class Wishes(ZoneTestCase):
    @classmethod
    def furnish(cls):
        for name, site in (("ada", "mill"), ("bo", "hill")):
            node = cls.zone.add_node(name, driver="sim")
            with open(node.config, "a") as f:
                f.write(f"labels: {{site: {site}}}\n")
            os.kill(node.agent_pid(), signal.SIGHUP)
            eventually(f"{name} tells its labels", lambda: cls.zone.json("node", "show", name)["labels"] == {"site": site})

    def tearDown(self):
        self.remove_instances()

    def node_of(self, name):
        return self.zone.instances()[name]["node_name"]

    def test_labels_spread_and_nearness(self):
        zone = self.zone
        zone.ccctl("create", "one", "--image", "busybox", "--constraint", "site in (hill,moon)")
        self.assertEqual(self.node_of("one"), "bo")
        zone.ccctl("create", "two", "--image", "busybox", "--spread", "node:1,site", "--affinity", "site=hill")
        self.assertEqual(self.node_of("two"), "ada")
        refused = zone.run_ccctl("create", "three", "--image", "busybox", "--spread", "node:1")
        self.assertEqual(refused.returncode, 5)
        self.assertIn("2 have as many of its like as may be together; it would fit without the limit of its like (2 nodes)", refused.stderr)
        zone.ccctl("create", "four", "--image", "busybox", "--near", "bo", "--within", "20ms", "--label", "app=x")
        self.assertEqual(zone.json("show", "four")["near"], "bo")
        refused = zone.run_ccctl("create", "five", "--image", "busybox", "--constraint", "site=moon", "--dry-run")
        self.assertIn("it would fit without the constraint (2 nodes)", refused.stderr)

    def test_wishes_outlive_the_controller(self):
        zone = self.zone
        zone.ccctl("create", "one", "--image", "busybox", "--constraint", "site=mill", "--spread", "site", "--affinity", "x", "--near", "ada", "--within", "1s")
        zone.controller.stop()
        zone.start()
        for node in ("ada", "bo"):
            zone.wait_node(node)
        one = zone.json("show", "one")
        self.assertEqual([one[k] for k in ("constraint", "spread", "affinity", "near", "within_ms")], ["site=mill", "site", "x", "ada", 1000])
        zone.ccctl("create", "two", "--image", "busybox", "--constraint", "site=mill")
        self.assertEqual(self.node_of("two"), "ada")


if __name__ == "__main__":
    unittest.main()
