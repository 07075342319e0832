# SPDX-License-Identifier: GPL-3.0-or-later
"""What the owner of a node and the zone's admins say of it, with real containers and a real database."""

import glob
import json
import os
import shlex
import shutil
import signal
import subprocess
import unittest

from zone import Zone, ZoneTestCase, eventually, program


class TheOwnersWord(ZoneTestCase):
    @classmethod
    def furnish(cls):
        cls.node = cls.zone.add_node("ada", settings={"offer_memory": "512MiB"})

    def setUp(self):
        self.zone.ccctl("create", "hello", "--image", "busybox", "--memory", "64MiB", "--cpu", "500m")
        self.id = self.zone.instances()["hello"]["id"]

    def tearDown(self):
        self.agent("resume")
        self.remove_instances()

    def run_agent(self, *args):
        return subprocess.run(self.node.as_agent + [self.zone.agent_program, *args, "--config", self.node.config], capture_output=True, text=True, cwd="/")

    def agent(self, *args):
        r = self.run_agent(*args)
        self.assertEqual(r.returncode, 0, r.stderr)
        return r.stdout

    def refused(self, *create):
        r = self.zone.run_ccctl("create", "more", "--image", "busybox", *create)
        self.assertNotEqual(r.returncode, 0)
        return r.stderr

    def test_status_tells_what_runs_for_whom_from_the_running_agent_and_without_it(self):
        status = json.loads(self.agent("status", "-o", "json"))
        live = status["running"][0]
        one = live["instances"][0]
        self.assertTrue(live["connected"])
        self.assertEqual((one["name"], one["member_name"], one["state"]), ("hello", "admin", "running"))
        self.assertGreater(one["used_memory_mib"] + one["cpu_usec"], 0)
        self.assertEqual((live["used_memory_mib"], live["used_cpu_millis"]), (64, 500))
        text = self.agent("status")
        self.assertRegex(text, r"\n  hello +admin +running +500m +[0-9]+/64 ")
        self.assertRegex(text, r"connected, last answer [0-9]+ s ago")
        self.assertIn("instances have users of their own", text)
        self.node.daemon.stop()
        try:
            text = self.agent("status")
            self.assertIn("agent        does not run", text)
            self.assertRegex(text, r"\n  hello +admin +running ")
            self.assertEqual(json.loads(self.agent("status", "-o", "json"))["running"], [])
            self.assertIn(self.id, self.node.running())
        finally:
            self.node.start()
            self.zone.wait_node("ada")

    def test_status_says_since_when_the_controller_is_away_and_why(self):
        self.zone.controller.stop()
        try:
            eventually("the agent noticed", lambda: "not reached, last answer" in self.agent("status"))
        finally:
            self.zone.start()
        eventually("it came back", lambda: ", connected, last answer" in self.agent("status"), 90)

    def test_status_of_a_hung_agent_is_from_its_disk(self):
        pid = self.node.agent_pid()
        os.kill(pid, signal.SIGSTOP)
        try:
            text = self.agent("status")
        finally:
            os.kill(pid, signal.SIGCONT)
        self.assertIn("does not answer", text)
        self.assertIn("hello", text)

    def test_pause_keeps_new_ones_out_and_stop_ends_what_runs(self):
        self.assertIn("runs on", self.agent("pause", "--for", "1h"))
        eventually("the zone knows", lambda: "paused" in self.zone.json("node", "show", "ada").get("closed", ""))
        self.assertIn("the owner paused the node until", self.refused("--node", "ada"))
        self.assertIn(self.id, self.node.running())
        self.agent("pause", "--stop")
        eventually("it was stopped", lambda: self.id not in self.node.running())
        eventually("status says why", lambda: "refused by the node's owner" in self.agent("status"))
        self.agent("resume")
        eventually("it runs again", lambda: self.id in self.node.running(), 60)

    def change_settings(self, **changes):
        with open(self.node.config) as f:
            lines = [line for line in f if line.split(":")[0] not in changes]
        with open(self.node.config, "w") as f:
            f.writelines(lines + [f"{key}: {value}\n" for key, value in changes.items() if value is not None])
        os.kill(self.node.agent_pid(), signal.SIGHUP)

    def test_hours_are_kept_on_the_node(self):
        # Local time of the node's programs is UTC here; the hours are those that are not now.
        hour = int(subprocess.run(["date", "-u", "+%H"], capture_output=True, text=True).stdout)
        closed = f'["{(hour + 3) % 24:02}:00-{(hour + 4) % 24:02}:00"]'
        self.change_settings(offer_hours=closed)
        try:
            eventually("the zone knows", lambda: "outside the hours" in self.zone.json("node", "show", "ada").get("closed", ""))
            self.assertIn("outside the hours that the owner offers", self.refused("--node", "ada"))
            self.assertIn(self.id, self.node.running())
            self.change_settings(outside_hours="stop")
            eventually("it was stopped", lambda: self.id not in self.node.running())
        finally:
            self.change_settings(offer_hours=None, outside_hours=None)
        eventually("it runs again", lambda: self.id in self.node.running(), 60)

    def test_what_the_owner_takes_back_is_refused_on_the_node_and_in_the_zone(self):
        self.change_settings(reserve_memory="1TiB")
        try:
            eventually("the offer is gone", lambda: self.zone.json("node", "show", "ada")["offer_memory_mib"] == 0)
            self.assertIn("memory", self.refused())
            self.assertIn(self.id, self.node.running())
            # The node itself refuses what is ordered nevertheless.
            self.zone.ccctl("stop", "hello")
            r = self.zone.run_ccctl("start", "hello", "--timeout", "10s")
            self.assertNotEqual(r.returncode, 0)
            self.assertIn("refused by the node's owner: memory 64 MiB", self.agent("status"))
        finally:
            self.change_settings(reserve_memory=None)
        eventually("the offer is back", lambda: self.zone.json("node", "show", "ada")["offer_memory_mib"] > 0)
        self.zone.ccctl("start", "hello")

    def test_an_admin_caps_and_drains_a_node(self):
        zone = self.zone
        zone.ccctl("node", "cap", "ada", "--memory", "128MiB", "--instances", "2")
        self.assertIn("memory", self.refused("--memory", "100MiB"))
        zone.ccctl("create", "small", "--image", "busybox", "--memory", "32MiB")
        self.assertIn("no room for one more instance", self.refused("--memory", "16MiB"))
        zone.ccctl("node", "cap", "ada", "--none")
        zone.ccctl("node", "drain", "ada", "--reason", "new disk on Monday")
        self.assertIn("new disk on Monday", self.refused("--node", "ada"))
        self.assertIn(self.id, self.node.running())
        r = zone.run_ccctl("node", "drain", "ada", "--wait", "--timeout", "1s")
        self.assertEqual(r.returncode, 7, r.stderr)
        zone.ccctl("node", "undrain", "ada")
        zone.ccctl("create", "more", "--image", "busybox", "--memory", "16MiB", "--node", "ada")
        for args, status in ((("cap", "ada", "--memory", "-1"), 2), (("cap", "nowhere", "--none"), 3), (("drain", "nowhere"), 3), (("undrain", "nowhere"), 3),
                             (("remove", "nowhere", "--yes"), 3), (("remove", "ada", "--yes"), 5), (("remove", "ada", "--force", "--yes"), 5)):
            with self.subTest(args=args):
                self.assertEqual(zone.run_ccctl("node", *args).returncode, status)


class APurgedNode(unittest.TestCase):
    """Each test has a zone of its own, for nothing is left of the node."""

    def setUp(self):
        self.zone = Zone(ADeadNode.settings)
        self.addCleanup(lambda: self.zone.__exit__(None, None, None))
        self.zone.start()
        self.zone.import_busybox()
        self.node = self.zone.add_node("ada")
        for name in ("one", "two", "three"):
            self.zone.ccctl("create", name, "--image", "busybox")

    def purge(self, *flags, popen=False):
        args = self.node.daemon.args
        command = [self.zone.agent_program, "purge", "--config", self.node.config, *flags, "--", *args[1:args.index("--agent")],
                   *args[args.index("--agent") + 2:args.index("--")]]
        env = {**os.environ, "PATH": os.path.dirname(program("cc-agent-priv")) + ":" + os.environ["PATH"]}
        if popen:
            return subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        return subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)

    def expect_nothing_left(self):
        node = self.node
        self.assertEqual(node.running(), set())
        self.assertFalse(os.path.exists(node.agent_dir), glob.glob(node.agent_dir + "/**", recursive=True))
        self.assertFalse(os.path.exists(os.path.join(node.dir, "priv")), glob.glob(node.dir + "/priv/**"))
        self.assertNotEqual(subprocess.run(["ip", "link", "show", node.bridge], capture_output=True).returncode, 0)
        self.assertNotIn(node.bridge, subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True).stdout)
        self.assertEqual(glob.glob(f"/sys/fs/cgroup/**/{node.cgroup}", recursive=True), [])

    def test_nothing_is_left_and_the_zone_knows(self):
        r = self.purge("--yes")
        self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
        self.assertIn("zone village was told that node ada leaves", r.stdout)
        self.assertIn("nothing is left of the node", r.stdout)
        self.expect_nothing_left()
        self.assertEqual(self.zone.json("node", "list"), [])
        for inst in self.zone.instances().values():
            self.assertEqual(inst["state"], "failed")
            self.assertIn("purged by its owner", inst["reason"])
        again = self.purge("--yes")
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
        self.expect_nothing_left()
        self.node.daemon.process.wait(30)
        # The machine may join again.
        os.makedirs(self.node.agent_dir)
        shutil.chown(self.node.agent_dir, "nobody")
        self.node.join()
        self.node.start()
        self.zone.wait_node("ada")
        self.zone.ccctl("create", "four", "--image", "busybox")

    def test_without_a_controller_it_says_who_has_to_be_told(self):
        self.zone.controller.stop()
        r = self.purge("--yes")
        self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
        self.assertIn("ccctl node remove --force ada", r.stdout)
        self.expect_nothing_left()
        self.zone.start()
        self.zone.wait_node("ada", "silent")
        self.zone.ccctl("node", "remove", "--force", "--yes", "ada")

    def test_killed_in_the_middle_it_is_repeated(self):
        for wait in (lambda: not os.path.exists(os.path.join(self.node.agent_dir, "join.json")), lambda: len(self.node.running()) < 3):
            p = self.purge("--yes", popen=True)
            while p.poll() is None and not wait():
                pass
            os.killpg(p.pid, signal.SIGKILL)
            p.communicate()
        r = self.purge("--yes")
        self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
        self.expect_nothing_left()

    def test_it_asks_and_does_nothing_without_an_answer(self):
        r = self.purge()
        self.assertEqual(r.returncode, 2)
        self.assertIn("give --yes to purge", r.stderr)
        self.assertEqual(len(self.node.running()), 3)
        # On a terminal it names the node and its zone.
        line = " ".join(shlex.quote(a) for a in [self.zone.agent_program, "purge", "--config", self.node.config, "--", "--state-dir", "/nonexistent"])
        asked = subprocess.run(["script", "-qec", line, "/dev/null"], input="n\n", capture_output=True, text=True, timeout=60)
        self.assertIn("Purge node ada of zone village? Its 3 instances are deleted with their disks", asked.stdout)
        self.assertIn("nothing was purged", asked.stdout)
        self.assertEqual(asked.returncode, 1)
        self.assertEqual(len(self.node.running()), 3)


class ADeadNode(ZoneTestCase):
    settings = {"node_lease": "4s", "sync_wait": "1s"}

    def test_it_is_removed_by_force_and_its_instances_fail_for_that_reason(self):
        zone, node = self.zone, self.node
        zone.ccctl("create", "hello", "--image", "busybox")
        id = zone.instances()["hello"]["id"]
        node.kill_priv()
        zone.wait_node("ada", "silent")
        r = zone.run_ccctl("node", "remove", "ada", "--yes")
        self.assertEqual(r.returncode, 5)
        self.assertIn("--force", r.stderr)
        zone.ccctl("node", "remove", "ada", "--force", "--yes")
        inst = zone.instances()["hello"]
        self.assertEqual(inst["state"], "failed")
        self.assertIn("its node 'ada' was removed from the zone", inst["reason"])
        self.assertNotIn("node", inst)
        self.assertEqual(zone.run_ccctl("start", "hello").returncode, 5)
        self.assertEqual(zone.pg.query("SELECT count(*) FROM node"), [["0"]])
        # It comes back, and is nobody: what ran runs on, and nothing that it says counts.
        node.start()
        eventually("it was refused", lambda: "an admin removed the node" in node.daemon.tail(200))
        self.assertIn(id, node.running())
        self.assertEqual(zone.instances()["hello"]["state"], "failed")
        zone.ccctl("delete", "hello", "--yes")
        self.assertEqual(zone.instances(), {})


if __name__ == "__main__":
    unittest.main(verbosity=2)
