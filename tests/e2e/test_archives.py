# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives of images get from one controller of a zone to the other by themselves: whole, or not at all, whatever is killed, cut or damaged meanwhile."""

import hashlib
import os
import shutil
import signal
import subprocess
import unittest

from standby import Pair
from zone import Node, eventually, make_busybox

BYTES = 12 << 20


class Archives(unittest.TestCase):
    acquaint = True

    def setUp(self):
        self.context = Pair(lined=True, acquaint=self.acquaint)
        self.pair = self.context.__enter__()
        self.addCleanup(self.leave)
        self.pair.start()
        self.a, self.b = self.pair.a, self.pair.b

    def leave(self):
        failed = any(t is self for t, _ in self._outcome.result.errors + self._outcome.result.failures)
        self.context.__exit__(RuntimeError if failed else None, None, None)

    def archive(self, name, size=BYTES):
        root = os.path.join(self.pair.dir, "rootfs")
        if not os.path.isdir(root):
            make_busybox(root)
        with open(os.path.join(root, "ballast"), "wb") as f:
            f.write(os.urandom(size))
        path = os.path.join(self.pair.dir, name + ".tar")
        subprocess.run(["tar", "cf", path, "-C", root, "."], check=True)
        with open(path, "rb") as f:
            return path, hashlib.sha256(f.read()).hexdigest()

    def send(self, name, to, size=BYTES):
        path, sha256 = self.archive(name, size)
        r = self.pair.ccctl("image", "import", name, path, socket=to.socket)
        self.assertEqual(r.returncode, 0, r.stderr)
        return sha256

    def folder(self, c):
        return os.path.join(c.dir, "state/images")

    def place(self, c, sha256):
        return os.path.join(self.folder(c), "sha256", sha256)

    def has(self, c, sha256):
        """What is in its place is whole."""
        try:
            with open(self.place(c, sha256), "rb") as f:
                self.assertEqual(hashlib.sha256(f.read()).hexdigest(), sha256)
        except FileNotFoundError:
            return False
        return True

    def status(self, c):
        """What a volunteer reads."""
        r = self.pair.ccctl("status", socket=c.socket)
        return r.stdout + r.stderr

    def missing(self, c):
        return c.ask("GET", "/v1/status")[1]["images_missing"]

    def parts(self, c):
        return os.listdir(os.path.join(self.folder(c), "tmp"))

    def take_over(self, by):
        other = self.pair.other(by)
        other.daemon.kill(signal.SIGKILL)
        eventually("the other is active", by.is_active)

    def run_on_a_node(self, c, image):
        token = c.ask("POST", "/v1/invites", {"node_name": "ada"})[1]["token"]
        node = Node(self.pair, "ada", driver="sim", settings={"offer_memory": "1GiB"})
        self.pair.nodes.append(node)
        node.join(token)
        node.start()
        eventually("the node reports", lambda: c.ask("GET", "/v1/nodes/ada")[1]["state"] == "ready")
        r = self.pair.ccctl("create", "web", "--image", image, "--timeout", "60s", socket=c.socket, timeout=90)
        self.assertEqual(r.returncode, 0, r.stderr + r.stdout)

    def test_what_one_took_in_serves_from_the_other_when_the_first_is_gone(self):
        sha256 = self.send("box", self.a)
        eventually("the standby has it", lambda: self.has(self.b, sha256))
        eventually("and misses nothing", lambda: self.missing(self.b) == 0)
        self.assertEqual(self.parts(self.b), [])
        self.assertEqual(oct(os.stat(self.place(self.b, sha256)).st_mode & 0o007), "0o0")
        self.take_over(self.b)
        shutil.rmtree(self.folder(self.a))
        self.assertNotIn("archives", self.status(self.b))
        self.run_on_a_node(self.b, "box")

    def test_an_active_one_fetches_what_it_missed_from_its_standby(self):
        self.b.daemon.kill(signal.SIGKILL)
        sha256 = self.send("box", self.a)
        self.a.daemon.kill(signal.SIGKILL)
        self.b.start()
        eventually("it is active", self.b.is_active)
        eventually("it says what is missing", lambda: "no controller that is there has it" in self.status(self.b))
        self.assertIn("box:", self.status(self.b))
        self.assertFalse(self.has(self.b, sha256))
        self.a.start()
        eventually("the first one is its standby", self.a.is_standby)
        eventually("it has it", lambda: self.has(self.b, sha256), 90)
        self.run_on_a_node(self.b, "box")

    def test_it_goes_on_where_a_killed_one_was(self):
        def kill():
            self.b.daemon.kill(signal.SIGKILL)
        self.a.line.arm([BYTES // 2], kill)
        sha256 = self.send("box", self.a)
        eventually("the standby is killed half way", lambda: self.a.line.cuts == [])
        self.assertEqual(len(self.parts(self.b)), 1)
        self.assertFalse(self.has(self.b, sha256))
        part = os.path.getsize(os.path.join(self.folder(self.b), "tmp", self.parts(self.b)[0]))
        self.assertGreater(part, 0)
        self.a.line.arm([])
        self.b.start()
        eventually("it has it", lambda: self.has(self.b, sha256))
        # With what TLS adds.
        self.assertLess(self.a.line.total, os.path.getsize(self.place(self.b, sha256)) - part + 1024 * 1024)

    def test_it_goes_on_after_cuts(self):
        self.a.line.arm([BYTES // 4, BYTES // 2])
        sha256 = self.send("box", self.a)
        eventually("it has it", lambda: self.has(self.b, sha256), 90)
        self.assertEqual(self.a.line.cuts, [])

    def test_what_was_damaged_on_its_way_is_fetched_anew(self):
        def kill():
            self.b.daemon.kill(signal.SIGKILL)
        self.a.line.arm([BYTES // 2], kill)
        sha256 = self.send("box", self.a)
        eventually("the standby is killed half way", lambda: self.a.line.cuts == [])
        part = os.path.join(self.folder(self.b), "tmp", self.parts(self.b)[0])
        with open(part, "r+b") as f:
            f.seek(BYTES // 5)
            f.write(b"damaged")
        self.b.start()
        eventually("it says so", lambda: self.b.said("event=archive_missing") > 0)
        eventually("it has it all the same", lambda: self.has(self.b, sha256), 60)
        self.assertEqual(self.parts(self.b), [])

    def test_what_is_damaged_where_it_lies_is_never_taken(self):
        self.b.daemon.kill(signal.SIGKILL)
        sha256 = self.send("box", self.a)
        with open(self.place(self.a, sha256), "r+b") as f:
            f.seek(BYTES // 3)
            good = f.read(7)
            f.seek(BYTES // 3)
            f.write(b"damaged")
        self.b.start()
        eventually("its status says so", lambda: "sent is damaged" in self.status(self.b))
        self.assertFalse(self.has(self.b, sha256))
        self.assertEqual(self.parts(self.b), [])
        with open(self.place(self.a, sha256), "r+b") as f:
            f.seek(BYTES // 3)
            f.write(good)
        eventually("it has it", lambda: self.has(self.b, sha256), 90)

    def test_several_images_of_one_archive_are_copied_once(self):
        self.b.daemon.kill(signal.SIGKILL)
        sha256 = self.send("one", self.a, 1 << 20)
        r = self.pair.ccctl("image", "import", "two", os.path.join(self.pair.dir, "one.tar"), socket=self.a.socket)
        self.assertEqual(r.returncode, 0, r.stderr)
        other = self.send("three", self.a, 1 << 20)
        self.b.start()
        eventually("it has both archives", lambda: self.has(self.b, sha256) and self.has(self.b, other))
        self.assertEqual(self.b.said("event=image_fetched"), 2)


class Unacquainted(Archives):
    """A controller dials no other ports than those it knew when it started."""
    acquaint = False

    def test_it_says_which_setting_is_missing(self):
        sha256 = self.send("box", self.a, 1 << 20)
        eventually("its status says so", lambda: f"may not dial port {self.a.advertised}" in self.status(self.b))
        self.assertIn("controller_ports", self.status(self.b))
        self.assertFalse(self.has(self.b, sha256))
        self.b.configure({"controller_ports": f"[{self.a.advertised}]"})
        self.b.daemon.kill(signal.SIGKILL)
        self.b.start()
        eventually("it has it", lambda: self.has(self.b, sha256))


for name in [n for n in dir(Archives) if n.startswith("test_")]:
    setattr(Unacquainted, name, None)

if __name__ == "__main__":
    unittest.main()
