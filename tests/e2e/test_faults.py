# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong gets a clear error, and nothing is lost: database away, controller and agent killed, bad tokens, bad images, bad settings."""

import contextlib
import io
import os
import signal
import subprocess
import tarfile
import time
import unittest

from api import Unreachable, request
from zone import CommandFailed, Node, ZoneTestCase, eventually, make_busybox, program


@contextlib.contextmanager
def no_link(port):
    """As when the node has lost its power: nothing goes to a TCP port of this machine or comes from it, and nobody is told."""
    table = f"cc_test_{os.getpid()}"
    subprocess.run(["nft", f"add table inet {table}; add chain inet {table} in {{ type filter hook input priority 0; }};"
                    f"add rule inet {table} in tcp dport {port} drop; add rule inet {table} in tcp sport {port} drop"], check=True)
    try:
        yield
    finally:
        subprocess.run(["nft", f"delete table inet {table}"], check=True)


class Faults(ZoneTestCase):
    settings = {"node_lease": "5s", "sync_wait": "2s"}

    def tearDown(self):
        self.remove_instances()

    def state(self, name):
        return self.zone.instances()[name]["state"]

    @staticmethod
    def inits(ident):
        """The pids, as this machine counts, of what an instance's monitor started."""
        def pgrep(*args):
            return subprocess.run(["pgrep", *args], capture_output=True, text=True).stdout.split()
        return [int(pid) for monitor in pgrep("-f", f"\\[lxc monitor\\].*{ident}") for pid in pgrep("-P", monitor)]

    def test_without_a_database_reads_go_on_and_changes_are_refused_until_it_is_back(self):
        zone = self.zone
        zone.ccctl("create", "before", "--image", "busybox")
        zone.pg.kill()
        try:
            eventually("the controller notices", lambda: zone.json("status")["database"] != "ok")
            r = zone.run_ccctl("create", "during", "--image", "busybox")
            self.assertEqual(r.returncode, 6, r.stderr)
            self.assertIn("database", r.stderr)
            self.assertEqual(list(zone.instances()), ["before"])
            r = zone.run_ccctl("exec", "before", "--", "true")
            self.assertEqual(r.returncode, 6, r.stderr)
            self.assertIn("database", r.stderr)
            self.assertIn(zone.instances()["before"]["id"], self.node.running())
        finally:
            zone.pg.start()
        eventually("changes are taken again", lambda: zone.run_ccctl("create", "after", "--image", "busybox").returncode == 0)
        self.assertEqual(self.state("before"), "running")
        self.assertEqual(zone.ccctl("exec", "before", "--", "echo", "alive"), "alive\n")

    def test_a_create_that_was_committed_but_not_answered_has_its_effect_once(self):
        zone = self.zone
        body = {"name": "once", "image": "busybox"}
        zone.arm("committed")
        with self.assertRaises(Unreachable):
            request(zone.socket, "POST", "/v1/instances", body, "the-key")
        eventually("the controller was killed", lambda: not zone.controller.alive())
        zone.start()
        status = 503  # as long as it has no session with the database; "try again" is kept to
        while status == 503:
            status, reply = request(zone.socket, "POST", "/v1/instances", body, "the-key")
        self.assertIn(status, (200, 201))
        self.assertEqual(zone.pg.query("SELECT count(*) FROM instance"), [["1"]])
        self.assertEqual(zone.instances()["once"]["id"], reply["id"])
        status, problem = request(zone.socket, "POST", "/v1/instances", {**body, "name": "other"}, "the-key")
        self.assertEqual((status, problem["code"]), (422, "key-reused"))
        eventually("it runs", lambda: self.state("once") == "running")

    def test_an_agent_that_goes_in_the_middle_of_a_create_finishes_it_when_it_is_back(self):
        zone, node = self.zone, self.node
        node.kill_priv()
        zone.ccctl("create", "late", "--image", "busybox", "--no-wait")
        time.sleep(0.5)
        self.assertEqual(self.state("late"), "assigned")
        node.start()
        eventually("it runs", lambda: self.state("late") == "running")
        self.assertIn(zone.instances()["late"]["id"], node.running())

    def test_a_silent_node_is_said_to_be_silent_and_its_instance_runs_on(self):
        zone, node = self.zone, self.node
        zone.ccctl("create", "hello", "--image", "busybox")
        ident = zone.instances()["hello"]["id"]
        # It has nothing to say for minutes; that its machine acknowledges packets counts.
        quiet = time.monotonic()
        while time.monotonic() < quiet + 7:
            self.assertEqual(zone.json("node", "show", "ada")["state"], "ready")
            time.sleep(0.5)
        with no_link(zone.port):
            zone.wait_node("ada", "silent")
            self.assertEqual(self.state("hello"), "unreachable")
            self.assertIn(ident, node.running())
            r = zone.run_ccctl("create", "second", "--image", "busybox")
            self.assertEqual(r.returncode, 5)
            self.assertIn("silent", r.stderr)
        eventually("it is seen to run", lambda: self.state("hello") == "running")

    def test_after_a_reboot_without_a_controller_what_should_run_runs(self):
        zone, node = self.zone, self.node
        zone.ccctl("create", "kept", "--image", "busybox")
        ident = zone.instances()["kept"]["id"]
        zone.controller.kill()
        try:
            node.kill_priv()
            for pid in self.inits(ident):
                os.kill(pid, signal.SIGKILL)
            eventually("the container is dead", lambda: ident not in node.running())
            node.start()
            eventually("it runs again without a controller", lambda: ident in node.running())
        finally:
            zone.start()
        eventually("the controller sees it run", lambda: self.state("kept") == "running")

    def test_an_instance_whose_init_ends_is_started_again(self):
        zone, node = self.zone, self.node
        zone.ccctl("create", "crash", "--image", "busybox")
        ident = zone.instances()["crash"]["id"]
        init = self.inits(ident)[0]
        os.kill(init, signal.SIGKILL)
        eventually("it is started again", lambda: any(pid != init for pid in self.inits(ident)) and self.state("crash") == "running")
        self.assertIn(ident, node.running())

    def test_tokens_that_are_expired_used_forged_or_damaged_say_so(self):
        zone = self.zone
        short = zone.ccctl("node", "invite", "bo", "--expires", "1s", "-o", "name").strip()
        good = zone.ccctl("node", "invite", "cy", "-o", "name").strip()
        Node(zone, "cy").join(good)
        time.sleep(1.1)
        for name, token, words in (
            ("bo", short, "expired"),
            ("dora", good, "used"),
            ("dora", good[:-4], "damaged"),
            ("dora", "nonsense", "token"),
        ):
            with self.subTest(words=words):
                node = Node(zone, f"{name}{words}")
                with self.assertRaises(CommandFailed) as caught:
                    node.join(token)
                self.assertIn(words, caught.exception.stderr)
                self.assertNotEqual(caught.exception.status, 0)

    def test_images_that_are_none_are_refused(self):
        zone = self.zone
        text = os.path.join(zone.dir, "text")
        with open(text, "w") as f:
            f.write("this is no archive\n" * 100)
        rootfs = os.path.join(zone.dir, "whole")
        make_busybox(rootfs)
        whole = os.path.join(zone.dir, "whole.tar.gz")
        subprocess.run(["tar", "-C", rootfs, "-czf", whole, "."], check=True)
        cut = os.path.join(zone.dir, "cut.tar.gz")
        with open(whole, "rb") as f, open(cut, "wb") as g:
            g.write(f.read()[:200000])
        for path, words in ((text, "archive"), (cut, "truncated"), (os.path.join(zone.dir, "missing"), "there is no file")):
            with self.subTest(path=path):
                r = zone.run_ccctl("image", "import", "bad", path)
                self.assertNotEqual(r.returncode, 0)
                self.assertIn(words, r.stderr)
        with open(whole, "rb") as f:
            status, problem = request(zone.socket, "POST", "/v1/images?name=bad&arch=amd64&sha256=" + "0" * 64, f.read(),
                                      headers={"Content-Type": "application/octet-stream"})
        self.assertEqual(status, 400, problem)
        self.assertNotIn("bad", [i["name"] for i in zone.json("image", "list")])

    def test_a_hostile_image_fails_on_the_node_with_its_reason(self):
        zone = self.zone
        evil = io.BytesIO()
        with tarfile.open(fileobj=evil, mode="w") as tar:
            info = tarfile.TarInfo("../../etc/evil")
            info.size = 4
            tar.addfile(info, io.BytesIO(b"evil"))
        status, _ = request(zone.socket, "POST", "/v1/images?name=evil&arch=amd64", evil.getvalue(), headers={"Content-Type": "application/octet-stream"})
        self.assertEqual(status, 201)
        r = zone.run_ccctl("create", "victim", "--image", "evil")
        self.assertNotEqual(r.returncode, 0)
        self.assertEqual(self.state("victim"), "failed")
        self.assertIn("..", zone.instances()["victim"]["reason"])
        self.assertIn("..", r.stderr)

    def test_an_address_that_is_taken_is_named(self):
        zone = self.zone
        zone.pg.query("CREATE DATABASE second")
        config = os.path.join(zone.dir, "second.yaml")
        state = os.path.join(zone.dir, "second")
        os.makedirs(state)
        with open(config, "w") as f:
            f.write(f'zone: second\nstate_dir: {state}\ndatabase: "{zone.pg.conninfo.replace("dbname=postgres", "dbname=second")}"\n'
                    f'http_listen: "127.0.0.1:{zone.port}"\nhttp_socket: {state}/socket\n')
        r = subprocess.run([program("cc-controller"), "--config", config], capture_output=True, text=True, timeout=60)
        self.assertNotEqual(r.returncode, 0)
        self.assertIn(str(zone.port), r.stderr)
        self.assertIn("in use", r.stderr)

    def test_a_second_controller_on_the_same_database_waits(self):
        config = os.path.join(self.zone.dir, "twin.yaml")
        with open(self.zone.config) as f, open(config, "w") as g:
            g.write(f.read().replace(f":{self.zone.port}\"\nhttp_socket", ":0\"\nhttp_socket").replace("controller.sock", "twin.sock"))
        twin = subprocess.Popen([program("cc-controller"), "--config", config], stderr=subprocess.PIPE, text=True)
        try:
            said = next(line for line in twin.stderr if "event=confin" not in line)
            self.assertIn("zone_held", said)
            self.assertIn("another controller", said)
            self.assertIsNone(twin.poll())
        finally:
            twin.terminate()
            self.assertEqual(twin.wait(60), 0)
            twin.stderr.close()

    def test_mistakes_in_settings_name_file_line_key_and_range(self):
        config = os.path.join(self.zone.dir, "bad.yaml")
        for text, words in (
            ("zone: village\nhttp_thread: 3\n", ["bad.yaml:2", "http_thread", "http_threads"]),
            ("http_threads: 1000\n", ["bad.yaml:1", "http_threads", "64"]),
            ("node_lease: soon\n", ["bad.yaml:1", "node_lease"]),
            ("zone: [\n", ["bad.yaml"]),
            ("zone: a\nzone: b\n", ["bad.yaml:2", "zone"]),
        ):
            with self.subTest(text=text):
                with open(config, "w") as f:
                    f.write(text)
                r = subprocess.run([program("cc-controller"), "--config", config, "--check-config"], capture_output=True, text=True)
                self.assertEqual(r.returncode, 2)
                for word in words:
                    self.assertIn(word, r.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
