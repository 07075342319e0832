# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives go on where their transfer broke off: cut lines and killed programs, on the way in and on the way out; and what several instances need passes once."""

import hashlib
import os
import shutil
import subprocess
import unittest

import proxy
from zone import Zone, eventually, free_port, make_busybox, program

BYTES = 12 << 20
# What may pass twice at a cut: a TLS record, what curl holds, and talk that is not the archive.
SLACK = 512 << 10


def largest(folder):
    """Bytes of the largest file there, 0 without any."""
    sizes = [0]
    for name in os.listdir(folder):
        try:
            sizes.append(os.stat(os.path.join(folder, name)).st_size)
        except FileNotFoundError:
            pass  # it has become whole
    return max(sizes)


class Transfers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        port = free_port()
        cls.context = Zone(advertise=port)
        cls.zone = cls.context.__enter__()
        try:
            cls.zone.start()
            cls.up = proxy.unix(os.path.join(cls.zone.dir, "slow.sock"), cls.zone.socket, "up")
            cls.down = proxy.tcp(port, cls.zone.port, "down")
            cls.node = cls.zone.add_node("ada")
            cls.root = os.path.join(cls.zone.dir, "rootfs")
            make_busybox(cls.root)
        except BaseException:
            cls.context.__exit__(RuntimeError, None, None)
            raise

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__(None, None, None)

    def tearDown(self):
        for armed in (self.up, self.down):
            armed.arm([])
        for name in self.zone.instances():
            self.zone.ccctl("delete", name, "--yes")

    def archive(self, name):
        """A system that nothing compresses, and its hash."""
        with open(os.path.join(self.root, "ballast"), "wb") as f:
            f.write(os.urandom(BYTES))
        path = os.path.join(self.zone.dir, name + ".tar")
        subprocess.run(["tar", "cf", path, "-C", self.root, "."], check=True)
        with open(path, "rb") as f:
            return path, hashlib.sha256(f.read()).hexdigest()

    def landed(self, armed, folder, then=lambda: None):
        """What to do at a cut: the kernel holds megabytes between two programs, so it waits until what has passed is in the file. Then nothing passes twice."""
        def cut():
            eventually("what passed is written", lambda: largest(folder) > armed.total - SLACK // 2, 60)
            then()
        return cut

    def assert_passed_once(self, armed, path):
        self.assertEqual(armed.cuts, [])
        self.assertLess(armed.total, os.path.getsize(path) + SLACK)

    def send(self, name, cuts, then=lambda: None):
        path, sha256 = self.archive(name)
        tmp = os.path.join(self.zone.dir, "controller/images/tmp")
        self.up.arm(cuts, self.landed(self.up, tmp, then))
        r = subprocess.run([program("ccctl"), "--socket", os.path.join(self.zone.dir, "slow.sock"), "image", "import", name, path], capture_output=True, text=True,
                           timeout=200)
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertEqual({i["name"]: i["sha256"] for i in self.zone.json("image", "list")}[name], sha256)
        eventually("no part is left", lambda: os.listdir(tmp) == [])
        self.assert_passed_once(self.up, path)

    def restart_controller(self):
        self.zone.controller.kill()
        self.zone.controller.start()

    def test_an_import_goes_on_after_cuts(self):
        self.send("cut", [BYTES // 4, BYTES // 2, BYTES * 3 // 4])

    def test_an_import_goes_on_after_the_controller_was_killed(self):
        self.send("killed", [BYTES // 2], self.restart_controller)

    def test_what_changed_meanwhile_begins_anew(self):
        path, _ = self.archive("changed")
        self.up.arm([BYTES // 2], lambda: self.zone.controller.kill())
        sending = subprocess.Popen([program("ccctl"), "--socket", os.path.join(self.zone.dir, "slow.sock"), "image", "import", "changed", path],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually("the line is cut", lambda: self.up.cuts == [])
        sending.kill()
        sending.wait()
        self.zone.controller.start()
        self.zone.wait_ready()
        self.up.arm([])
        # Another file under the same name: what came of the first one is not part of it.
        path, sha256 = self.archive("changed")
        self.zone.ccctl("image", "import", "changed", path)
        self.assertEqual({i["name"]: i["sha256"] for i in self.zone.json("image", "list")}["changed"], sha256)
        # The first one waits for somebody to go on with it, for a day.
        tmp = os.path.join(self.zone.dir, "controller/images/tmp")
        self.assertEqual(len(os.listdir(tmp)), 1)
        shutil.rmtree(tmp)
        os.mkdir(tmp)
        self.restart_controller()
        self.zone.wait_ready()

    def fetch(self, name, cuts, then=lambda: None, instances=1):
        path, sha256 = self.archive(name)
        self.zone.ccctl("image", "import", name, path)
        images = os.path.join(self.node.agent_dir, "images")
        self.down.arm(cuts, self.landed(self.down, images, then))
        names = [f"{name}-{n}" for n in range(instances)]
        for each in names:
            self.zone.ccctl("create", each, "--image", name, "--no-wait")
        eventually("all run", lambda: all(self.zone.instances()[each]["state"] == "running" for each in names), 120)
        self.assert_passed_once(self.down, path)
        self.assertEqual(self.zone.ccctl("exec", names[0], "--", "wc", "-c", "/ballast").split()[0], str(BYTES))
        self.assertEqual([f for f in os.listdir(images) if f.endswith(".part")], [])
        return sha256

    def test_a_fetch_goes_on_after_cuts(self):
        self.fetch("line", [BYTES // 4, BYTES // 2])

    def test_a_fetch_goes_on_after_the_agent_was_killed(self):
        self.fetch("agent", [BYTES // 2], self.node.kill_agent)

    def test_a_fetch_goes_on_after_the_whole_node_was_killed(self):
        def restart():
            self.node.kill_priv()
            self.node.start()
        self.fetch("node", [BYTES // 2], restart)

    def test_a_fetch_goes_on_after_the_controller_was_killed(self):
        self.fetch("master", [BYTES // 2], self.restart_controller)

    def test_what_several_instances_need_is_fetched_and_unpacked_once(self):
        sha256 = self.fetch("shared", [], instances=3)
        with open(self.node.daemon.log) as f:
            log = f.read()
        for event in ("image_fetched", "image_unpacked"):
            self.assertEqual(log.count(f"event={event} sha256={sha256}"), 1, event)


if __name__ == "__main__":
    unittest.main(verbosity=2)
