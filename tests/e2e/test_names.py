# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances find each other by name, on their node and in the zone."""

import unittest

from zone import ZoneTestCase, eventually


class Names(ZoneTestCase):
    @classmethod
    def furnish(cls):
        cls.ada = cls.zone.add_node("ada")
        # Nobody has to reach it: what its instances resolve to is seen from ada's.
        cls.bo = cls.zone.add_node("bo", driver="sim", settings={"address": "192.0.2.66"})

    def tearDown(self):
        self.remove_instances()

    def look_up(self, inside, name):
        return self.zone.run_ccctl("exec", inside, "--", "busybox", "nslookup", "-type=a", name).stdout

    def await_name(self, inside, name, answer):
        eventually(f"{name} is {answer}", lambda: answer in self.look_up(inside, name))

    def test_names_are_zone_wide_and_follow_their_instances(self):
        zone = self.zone
        domain = zone.json("status")["zone"]
        zone.ccctl("create", "web", "--image", "busybox", "--node", "ada")
        zone.ccctl("create", "db", "--image", "busybox", "--node", "ada")
        address = zone.instances()["db"]["address"]
        self.assertEqual(zone.instances()["db"]["address6"][:2], "fd")
        self.await_name("web", "db", address)
        self.await_name("web", f"db.{domain}", address)
        zone.ccctl("create", "far", "--image", "busybox", "--node", "bo")
        self.await_name("web", "far", "192.0.2.66")
        self.await_name("web", f"far.{domain}", "192.0.2.66")
        self.assertIn("NXDOMAIN", self.look_up("web", f"nobody.{domain}"))
        # Nothing of it is lost with the programs, and the controller is not needed.
        zone.controller.kill()
        self.ada.kill_priv()
        self.ada.start()
        zone.controller.start()
        zone.wait_ready()
        self.await_name("web", "far", "192.0.2.66")
        self.await_name("web", "db", address)
        zone.ccctl("restart", "db")
        self.assertEqual(zone.instances()["db"]["address"], address)
        zone.ccctl("delete", "--yes", "far", "db")
        self.await_name("web", f"far.{domain}", "NXDOMAIN")
        self.await_name("web", f"db.{domain}", "NXDOMAIN")


if __name__ == "__main__":
    unittest.main()
