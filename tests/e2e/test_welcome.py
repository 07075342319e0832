# SPDX-License-Identifier: GPL-3.0-or-later
"""The owner of a node sees what runs on it and says whose it may be; the member who is not let in is told so. Nodes are simulated."""

import os
import signal
import unittest

from api import request
from zone import ZoneTestCase, eventually


class TheOwnerOfANode(ZoneTestCase):
    @classmethod
    def furnish(cls):
        cls.tokens = {name: cls.zone.ccctl("member", "add", name, "-o", "name").strip() for name in ("ida", "bob")}
        token = cls.zone.ccctl("node", "invite", "ada", "--owner", "ida", "-o", "name").strip()
        cls.node = cls.zone.add_node("ada", driver="sim", token=token)
        cls.zone.add_node("bo", driver="sim")

    def ask(self, member, method, path, body=None, status=None):
        got, reply = request(self.zone.socket, method, path, body, headers={"Authorization": "Bearer " + self.tokens[member]})
        if status is not None:
            self.assertEqual(got, status, reply)
        return reply

    def tearDown(self):
        self.terms("")
        self.remove_instances()

    def terms(self, text):
        """The owner writes that into the node's configuration, and reloads it."""
        with open(self.node.config) as f:
            kept = [line for line in f if not line.startswith(("allow_members:", "deny_members:"))]
        with open(self.node.config, "w") as f:
            f.writelines(kept + [text])
        os.kill(self.node.agent_pid(), signal.SIGHUP)

    def state(self, name, state):
        eventually(f"{name} is {state}", lambda: self.zone.instances()[name]["state"] == state)

    def test_whom_they_do_not_let_in_is_told_so_and_what_runs_runs_on(self):
        zone = self.zone
        self.ask("bob", "POST", "/v1/instances", {"name": "guest", "image": "busybox", "node": "ada"}, 201)
        self.state("guest", "running")
        seen = self.ask("ida", "GET", "/v1/nodes/ada/instances", status=200)["items"]
        self.assertEqual([(g["name"], g["member_name"]) for g in seen], [("guest", "bob")])
        self.ask("bob", "GET", "/v1/nodes/ada/instances", status=403)
        self.terms("deny_members: [bob]\n")
        eventually("the zone knows", lambda: zone.json("node", "show", "ada").get("deny_members") == ["bob"])
        refused = self.ask("bob", "POST", "/v1/instances", {"name": "second", "image": "busybox", "node": "ada"}, 409)
        self.assertEqual(refused["code"], "no-capacity")
        self.assertIn("does not let this member in", refused["detail"])
        self.assertIn(("its owner does not let this member in", 1), [(f["reason"], f["nodes"]) for f in refused["fell"]])
        self.assertEqual(zone.instances()["guest"]["state"], "running")
        # Its owner ends it, and it does not come back.
        self.ask("ida", "POST", "/v1/nodes/ada/instances/guest/stop", status=202)
        self.state("guest", "stopped")
        self.ask("bob", "POST", "/v1/instances/guest/start", status=202)
        self.state("guest", "failed")
        self.assertEqual(zone.instances()["guest"]["reason"], "refused by the node's owner: instances of bob may not start here")
        self.terms("")
        self.state("guest", "running")

    def test_explain_says_which_nodes_do_not_let_the_member_in(self):
        zone = self.zone
        self.terms("allow_members: [eva]\n")
        eventually("the zone knows", lambda: zone.json("node", "show", "ada").get("allow_members") == ["eva"])
        self.ask("bob", "POST", "/v1/instances", {"name": "guest", "image": "busybox"}, 201)
        self.assertEqual(zone.instances()["guest"]["node_name"], "bo")
        self.assertIn("its owner does not let this member in", zone.ccctl("explain", "guest"))
        self.ask("ida", "POST", "/v1/instances", {"name": "own", "image": "busybox", "node": "ada"}, 201)
        self.state("own", "running")


if __name__ == "__main__":
    unittest.main()
