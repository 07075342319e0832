# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances go from one node to another, and nodes are drained: real containers on two nodes of this machine."""

import unittest

from zone import ZoneTestCase, eventually


class Moves(ZoneTestCase):
    @classmethod
    def furnish(cls):
        cls.ada = cls.zone.add_node("ada", settings={"address": "192.0.2.1"})
        cls.bo = cls.zone.add_node("bo", settings={"address": "192.0.2.2"})

    def tearDown(self):
        for node in ("ada", "bo"):
            self.zone.ccctl("node", "undrain", node, "--no-return")
        self.remove_instances()

    def create(self, name, *more):
        self.zone.ccctl("create", name, "--image", "busybox", "--memory", "32MiB", "--node", "ada", *more)
        return self.zone.instances()[name]["id"]

    def where(self, name):
        i = self.zone.json("show", name)
        return i["node_name"], i["state"], i.get("transfer")

    def await_at(self, name, node):
        eventually(f"{name} runs on {node} alone", lambda: self.where(name) == (node, "running", None), seconds=60)

    def test_a_stateless_one_starts_elsewhere_first_and_its_name_follows(self):
        web = self.create("web", "--stateless")
        # Another one stays and looks on: from its node the name leads to the other node.
        self.create("watch")
        self.zone.ccctl("move", "web", "--to", "bo")
        self.await_at("web", "bo")
        self.assertEqual(self.bo.running(), {web})
        eventually("nothing of it is left on ada", lambda: web not in self.ada.running())
        eventually("its name is bo's address",
                   lambda: "192.0.2.2" in self.zone.run_ccctl("exec", "watch", "--", "busybox", "nslookup", "-type=a", "web").stdout)
        r = self.zone.run_ccctl("move", "watch")
        self.assertEqual(r.returncode, 5, r.stderr)
        self.assertIn("ccctl set watch --stateless", r.stderr)
        self.assertEqual(self.where("watch"), ("ada", "running", None))

    def test_a_drain_shows_how_far_it_is_and_opening_brings_back(self):
        moving = {self.create(name, "--stateless") for name in ("a", "b", "c")}
        stays = self.create("db")
        r = self.zone.run_ccctl("node", "drain", "ada", "--reason", "new disk", "--wait", "--timeout", "60s", timeout=100)
        self.assertIn("stays: db: the files of the instance 'db' are on the node 'ada'", r.stderr)
        self.assertIn("1 instances left", r.stderr)
        self.assertEqual(self.bo.running(), moving)
        self.assertEqual(self.ada.running(), {stays})
        shown = self.zone.json("node", "show", "ada")
        self.assertEqual((shown["drained"], shown["draining"], shown["drain_moving"]), ("new disk", True, 0))
        self.assertEqual(len(shown["drain_stays"]), 1)
        self.zone.ccctl("set", "db", "--stateless")
        self.await_at("db", "bo")
        self.zone.ccctl("node", "undrain", "ada")
        for name in ("a", "b", "c", "db"):
            self.await_at(name, "ada")
        eventually("nothing is left on bo", lambda: self.bo.running() == set())

    def test_whoever_is_killed_meanwhile_it_arrives_and_runs_once(self):
        web = self.create("web", "--stateless")
        for kill in (self.bo.kill_agent, self.ada.kill_agent, self.zone.controller.kill):
            to, node = ("bo", self.bo) if self.where("web")[0] == "ada" else ("ada", self.ada)
            other = self.ada if node is self.bo else self.bo
            self.zone.ccctl("move", "web", "--to", to, "--no-wait")
            kill()
            if kill == self.zone.controller.kill:
                self.zone.controller.start()
                self.zone.wait_ready()
            self.await_at("web", to)
            self.assertEqual(node.running(), {web})
            eventually("it ended where it was", lambda: web not in other.running())

    def test_at_the_deadline_the_rest_is_stopped_if_asked_for(self):
        self.create("db")
        self.zone.ccctl("node", "drain", "ada", "--deadline", "1s", "--stop")
        eventually("db is stopped", lambda: self.where("db")[1] == "stopped")
        shown = self.zone.json("node", "show", "ada")
        self.assertNotIn("draining", shown)
        self.assertIn("drained", shown)


if __name__ == "__main__":
    unittest.main()
