# SPDX-License-Identifier: GPL-3.0-or-later
"""How far nodes are: two beside the controller, and one behind a link of 60 ms."""

import json
import unittest

from delay import DelayedNamespace
from zone import Node, Zone, eventually, free_port

FAR_MS = 60


class ThreeNodes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.link = cls.enterClassContext(DelayedNamespace(FAR_MS))
        port = free_port()
        cls.zone = cls.enterClassContext(Zone({"http_listen": f'"0.0.0.0:{port}"', "advertise": f'["{cls.link.here}:{port}"]', "sync_wait": "1s", "sync_wait_idle": "1s"}))
        cls.zone.start()
        cls.zone.import_busybox()
        for name, address in (("ada", cls.link.here), ("bo", cls.link.here), ("far", cls.link.there)):
            node = Node(cls.zone, name, driver="sim", settings={"address": address})
            if name == "far":
                node.as_agent = cls.link.command + node.as_agent
                node.daemon.args = cls.link.command + node.daemon.args
            cls.zone.nodes.append(node)
            node.join().start()

    def ccctl_json(self, *args):
        return json.loads(self.zone.ccctl(*args, "-o", "json"))

    def distances(self, node):
        return {d["name"]: d for d in self.ccctl_json("node", "distance", node)}

    def test_the_way_to_the_controller_is_known(self):
        def both():
            far, ada = self.ccctl_json("node", "show", "far"), self.ccctl_json("node", "show", "ada")
            return far["rtt_us"] >= FAR_MS * 1000 and ada["rtt_us"] < FAR_MS * 500 and far["rtt_measured"]

        eventually("both are measured", both, 60)
        self.assertRegex(self.zone.ccctl("node", "show", "far"), r"RTT *[6-9][0-9] ms")

    def test_nodes_measure_each_other_and_the_far_one_is_farther(self):
        def measured():
            d = self.distances("ada")
            return d["bo"]["source"] == d["far"]["source"] == "measured" and d

        d = eventually("ada has measured both", measured, 90)
        self.assertGreaterEqual(d["far"]["rtt_us"], FAR_MS * 1000)
        self.assertLess(d["bo"]["rtt_us"], FAR_MS * 500)
        lines = self.zone.ccctl("node", "distance", "ada").splitlines()
        self.assertEqual([line.split()[0] for line in lines], ["NAME", "bo", "far"])
        self.assertEqual([line.split()[0] for line in self.zone.ccctl("node", "distance", "ada", "far").splitlines()], ["NAME", "far"])
        # The other way round it is the same.
        self.assertEqual(self.distances("far")["ada"]["rtt_us"], self.distances("ada")["far"]["rtt_us"])

    def test_instances_go_near_to_what_they_are_to_be_near_to(self):
        eventually("all are placed", lambda: all(d.get("estimate_us") for d in self.distances("far").values()), 90)
        eventually("the points are stored", lambda: self.zone.pg.query("SELECT count(*) FROM node WHERE pos_error IS NOT NULL") == [["3"]], 60)
        for name, where, nodes in (("one", "far", {"far"}), ("two", "ada", {"ada", "bo"}), ("three", "bo", {"ada", "bo"})):
            self.zone.ccctl("create", name, "--image", "busybox", "--near", where, "--within", "30ms", "--no-wait")
            self.assertIn(self.zone.instances()[name]["node_name"], nodes)
        self.zone.ccctl("node", "drain", "far")
        r = self.zone.run_ccctl("create", "four", "--image", "busybox", "--near", "far", "--within", "30ms", "--no-wait")
        self.zone.ccctl("node", "undrain", "far")
        self.assertEqual(r.returncode, 5, r.stderr)
        self.zone.ccctl("delete", "one", "two", "three", "--yes")

    def test_a_restart_begins_with_what_was_known(self):
        eventually("far is placed", lambda: self.distances("ada")["far"].get("estimate_us", 0) > FAR_MS * 500, 90)

        def stored():
            return self.zone.pg.query("SELECT count(*) FROM node WHERE pos_error IS NOT NULL") == [["3"]]

        eventually("the points are stored", stored, 60)
        for node in self.zone.nodes:
            node.daemon.stop()
        self.zone.controller.stop()
        self.zone.controller.start()
        self.zone.wait_ready()
        d = self.distances("ada")
        self.assertEqual(d["far"]["source"], "estimated")
        self.assertGreater(d["far"]["rtt_us"], FAR_MS * 500)
        for node in self.zone.nodes:
            node.daemon.start()

    def test_a_node_that_does_not_exist_is_said_to(self):
        r = self.zone.run_ccctl("node", "distance", "nobody")
        self.assertEqual(r.returncode, 3)
        r = self.zone.run_ccctl("node", "distance", "ada", "nobody")
        self.assertEqual(r.returncode, 3)
        self.assertIn("nobody", r.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
