# SPDX-License-Identifier: GPL-3.0-or-later
"""What a member is told of a placement and of a refusal, from the scheduler to the terminal, and after a restart. Nodes are simulated."""

import os
import signal
import unittest

from zone import ZoneTestCase, eventually


class Explain(ZoneTestCase):
    @classmethod
    def furnish(cls):
        for name, site in (("ada", "mill"), ("bo", "hill"), ("cleo", "hill")):
            node = cls.zone.add_node(name, driver="sim")
            with open(node.config, "a") as f:
                f.write(f"labels: {{site: {site}}}\n")
            os.kill(node.agent_pid(), signal.SIGHUP)
            eventually(f"{name} tells its labels", lambda: cls.zone.json("node", "show", name)["labels"] == {"site": site})

    def tearDown(self):
        self.remove_instances()

    def adds_up(self, record):
        self.assertEqual(record["considered"], record["feasible"] + sum(f["nodes"] for f in record["fell"]))

    def test_a_placement_says_who_was_compared(self):
        zone = self.zone
        zone.ccctl("create", "web", "--image", "busybox", "--constraint", "site=hill")
        said = zone.ccctl("explain", "web", "-o", "wide")
        self.assertIn("3 nodes were looked at, 2 could take it.\n  1 fell out: does not match the constraint\n", said)
        self.assertRegex(said, r"\nNODE +SCORE .*\n(bo|cleo) .*\n(bo|cleo) .*\nThe score is the sum of ")
        record = zone.json("explain", "web")
        self.adds_up(record)
        self.assertEqual(record["asked"][0]["constraint"], "site=hill")
        self.assertEqual(len(record["candidates"]), 2)

    def test_a_refusal_says_what_would_help_and_is_remembered(self):
        zone = self.zone
        refused = zone.run_ccctl("create", "big", "--image", "busybox", "--constraint", "site=hill", "--memory", "900GiB", "--explain")
        self.assertEqual(refused.returncode, 5)
        self.assertIn("  2 fell out: not enough memory\n  1 fell out: does not match the constraint\nIt would fit:\n  with at most ", refused.stdout)
        self.assertIn("ccctl: no node can take this: of 3 nodes, ", refused.stderr)
        both = zone.run_ccctl("create", "odd", "--image", "busybox", "--constraint", "site=moon", "--memory", "900GiB", "--dry-run", "--explain")
        self.assertRegex(both.stdout, r"No single change would help. (ada|bo|cleo) would take it with all of these:\n  without the constraint\n  with at most ")
        zone.controller.stop()
        zone.start()
        self.assertIn("big, asked for by ", zone.ccctl("explain", "--refused"))
        self.assertEqual(zone.ccctl("explain", "--refused", "big"), refused.stdout)
        records = zone.json("explain", "--refused")
        self.assertEqual([r["name"] for r in records], ["big"])
        self.adds_up(records[0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
