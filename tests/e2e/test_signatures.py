# SPDX-License-Identifier: GPL-3.0-or-later
"""Signed images: a zone and an owner that want them refuse all others, and say what helps. Nodes are simulated."""

import os
import signal
import unittest

from api import request
from zone import CommandFailed, Zone, eventually, make_busybox

# Made by `minisign -G -W`.
KEYS = {
    "zone": ("RWRu1ePcu3nbRB3s8gFQmQTgzRP9bzEm28QGKG3/m9wIiw1Rsx3t55uv", "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAbtXj3Lt520Qi0uVj0mZoDGn/MsQG2UcYh5OIfhWLnNd+B60FaXozzh3s8gFQmQTgzRP9bzEm28QGKG3/m9wIiw1Rsx3t55uvAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    "owner": ("RWR8IYJycLwuctMeAka0spwR1HWTr2p8u9uKkH4nhIt28euch2CKIbPP", "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAfCGCcnC8LnI86zd2JvK5DETxtvhu+f73nshFqi34cYAOaMHZFla+v9MeAka0spwR1HWTr2p8u9uKkH4nhIt28euch2CKIbPPAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    "stranger": ("RWRBKqgNRF9jIQOBM4yd4zLf/2qSoJVkeSC51UXrx2tsMDrETPWKjq54", "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQSqoDURfYyF6smDSvYVxRrQtWIyDbWoG5/wfzpAbE3YljvmhS0vijgOBM4yd4zLf/2qSoJVkeSC51UXrx2tsMDrETPWKjq54AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
}


class SignedImages(unittest.TestCase):
    def setUp(self):
        settings = {"image_keys": f"[{KEYS['zone'][0]}, {KEYS['owner'][0]}]", "image_signatures": "required"}
        self.zone = self.enterContext(Zone(settings))
        self.zone.start()
        self.node = self.zone.add_node("ada", driver="sim")
        self.rootfs = os.path.join(self.zone.dir, "rootfs")
        make_busybox(self.rootfs)

    def key(self, name):
        path = os.path.join(self.zone.dir, name + ".key")
        with open(path, "w") as f:
            f.write(f"untrusted comment: minisign encrypted secret key\n{KEYS[name][1]}\n")
        return path

    def refused(self, part, *args):
        with self.assertRaises(CommandFailed) as caught:
            self.zone.ccctl(*args)
        self.assertIn(part, str(caught.exception))

    def patch(self, image, signatures):
        return request(self.zone.socket, "PATCH", "/v1/images/" + image, {"signatures": signatures}, headers={"If-Match": "*", "Content-Type": "application/merge-patch+json"})

    def state(self, name, state):
        eventually(f"{name} is {state}", lambda: self.zone.instances()[name]["state"] == state)

    def test_what_nobody_trusted_has_signed_runs_nowhere(self):
        zone = self.zone
        self.refused("this zone takes signed images only", "image", "import", "busybox", self.rootfs)
        self.refused("which is not trusted here", "image", "import", "busybox", self.rootfs, "--sign", self.key("stranger"))
        self.assertEqual(zone.json("image", "list"), [])
        zone.ccctl("image", "import", "busybox", self.rootfs, "--sign", self.key("zone"))
        image = zone.json("image", "show", "busybox")
        self.assertEqual(image["signed_by"], ["44DB79BBDCE3D56E"])
        self.assertEqual(zone.ccctl("image", "sign", "busybox", "--statement"),
                         f"communitycloud image 1\nsha256 {image['sha256']}\narch {image['arch']}\nbytes {image['bytes']}\n")
        zone.ccctl("create", "web", "--image", "busybox")
        # The owner wants a key of theirs.
        with open(self.node.config, "a") as f:
            f.write(f"image_keys: [{KEYS['owner'][0]}]\n")
        os.kill(self.node.agent_pid(), signal.SIGHUP)
        eventually("the agent has read it", lambda: "policy_changed" in "".join(self.node.daemon.tail(400)))
        self.refused("refused by the node's owner", "create", "two", "--image", "busybox")
        self.state("two", "failed")
        self.assertIn("44DB79BBDCE3D56E, which is not trusted here; here it needs one by the key 722EBC707282217C", zone.instances()["two"]["reason"])
        self.assertEqual(zone.instances()["web"]["state"], "running")
        zone.ccctl("image", "sign", "busybox", "--key", self.key("owner"))
        self.assertEqual(zone.json("image", "show", "busybox")["signed_by"], ["44DB79BBDCE3D56E", "722EBC707282217C"])
        zone.ccctl("start", "two")
        self.state("two", "running")
        # Forged, of another image, and none at all.
        good = zone.json("image", "show", "busybox")["signatures"]
        forged = good[0][:40] + ("A" if good[0][40] != "A" else "B") + good[0][41:]
        status, problem = self.patch("busybox", [forged])
        self.assertEqual((status, "does not fit" in problem["detail"]), (403, True), problem)
        status, problem = self.patch("busybox", ["RUR"])
        self.assertEqual((status, "no signature of minisign's" in problem["detail"]), (400, True), problem)
        with open(os.path.join(self.rootfs, "etc/another"), "w") as f:
            f.write("another")
        zone.ccctl("image", "import", "another", self.rootfs, "--sign", self.key("zone"))
        status, problem = self.patch("another", good)
        self.assertEqual((status, "does not fit" in problem["detail"]), (403, True), problem)
        self.assertEqual(self.patch("another", [])[0], 200)
        self.refused("of 'another': it is not signed", "create", "three", "--image", "another")


if __name__ == "__main__":
    unittest.main()
