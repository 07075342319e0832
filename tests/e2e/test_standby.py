# SPDX-License-Identifier: GPL-3.0-or-later
"""A second controller takes over: when the first is killed, when it stands still, when its cable to the database is cut; and what was acknowledged stays.

The times of the promise (3 s; 5 s for a frozen one) are asserted with a margin for busy machines unless CC_STRICT=1; all are printed."""

import os
import signal
import statistics
import time
import unittest

from standby import Load, Pair
from zone import Node, eventually

MARGIN = 1.0 if os.environ.get("CC_STRICT") == "1" else 3.0
ROUNDS = int(os.environ.get("CC_ROUNDS", "2"))
measured = {}


def tearDownModule():
    for what, values in measured.items():
        print(f"standby_{what}_s {statistics.median(values):.2f} median of {len(values)}, worst {max(values):.2f}")


class Standby(unittest.TestCase):
    def setUp(self):
        self.context = Pair()
        self.pair = self.context.__enter__()
        self.addCleanup(self.leave)
        self.pair.start()

    def leave(self):
        failed = any(e is not None for _, e in getattr(getattr(self, "_outcome", None), "errors", []) or [])
        result = getattr(self._outcome, "result", None)
        failed = failed or (result is not None and any(t is self for t, _ in result.errors + result.failures))
        self.context.__exit__(RuntimeError if failed else None, None, None)

    def load(self, n=3):
        loads = [Load(self.pair, i) for i in range(n)]
        for w in loads:
            w.start()
        eventually("the load is under way", lambda: all(len(w.acknowledged) > 5 for w in loads))
        return loads

    def finish(self, loads):
        time.sleep(1)
        for w in loads:
            w.stop.set()
        for w in loads:
            w.join(30)
        self.assertGreater(Load.check(self.pair, loads), 10)

    def take_over(self, what, limit, hurt):
        """Hurts the active one and measures until the other has acknowledged something."""
        active = self.pair.active()
        other = self.pair.other(active)
        loads = self.load()
        began = time.monotonic()
        hurt(active)

        def served():
            return any(when > began and who == other.name for w in loads for when, who in list(w.times))
        eventually(f"the other serves ({what})", served, 30, 0.02)
        took = min(when for w in loads for when, who in list(w.times) if when > began and who == other.name) - began
        measured.setdefault(what, []).append(took)
        self.assertLess(took, limit * MARGIN, what)
        return active, other, loads

    def test_when_the_active_one_is_killed_the_other_serves_within_3_s(self):
        for _ in range(ROUNDS):
            active, other, loads = self.take_over("killed", 3, lambda c: c.daemon.kill(signal.SIGKILL))
            self.finish(loads)
            active.start()
            eventually("the killed one is a standby", active.is_standby)
            self.pair.wait_acquainted()

    def test_when_the_active_one_is_stopped_in_order_the_other_serves_at_once(self):
        active, other, loads = self.take_over("stopped", 3, lambda c: c.daemon.stop())
        self.finish(loads)

    def test_a_frozen_one_is_replaced_within_5_s_and_writes_nothing_when_it_wakes_up(self):
        for _ in range(ROUNDS):
            active, other, loads = self.take_over("frozen", 5, lambda c: c.daemon.process.send_signal(signal.SIGSTOP))
            took = [w.acknowledged for w in loads]
            term = self.pair.pg.query("SELECT term FROM zone")
            active.daemon.process.send_signal(signal.SIGCONT)
            woke = time.monotonic()
            # What it says from now on must be true: the loads ask it too, and compare with the database at the end.
            eventually("the woken one is a standby", active.is_standby)
            measured.setdefault("woken", []).append(time.monotonic() - woke)
            self.assertEqual(self.pair.pg.query("SELECT term FROM zone"), term)
            self.finish(loads)
            self.assertTrue(all(took))
            self.assertEqual([who for w in loads for when, who in w.times if when > woke and who == active.name], [])
            self.pair.wait_acquainted()

    def test_an_active_one_whose_cable_to_the_database_is_cut_is_replaced(self):
        for _ in range(ROUNDS):
            active, other, loads = self.take_over("cut_off", 5, lambda c: c.cable.cut())
            began = time.monotonic()
            eventually("the one that is cut off knows", lambda: not active.is_active(), 15)
            measured.setdefault("cut_off_known", []).append(time.monotonic() - began)
            eventually("and shows nothing old", lambda: active.answers("/v1/nodes") == 503, 20)
            active.cable.mend()
            eventually("the one that was cut off is a standby", active.is_standby, 30)
            self.finish(loads)
            self.pair.wait_acquainted()

    def test_a_standby_whose_cable_is_cut_disturbs_nobody_and_comes_back(self):
        active = self.pair.active()
        other = self.pair.other(active)
        loads = self.load()
        term = self.pair.pg.query("SELECT term FROM zone")
        other.cable.cut()
        time.sleep(8)
        other.cable.mend()
        eventually("it is a standby again", lambda: other.is_standby() and other.answers("/healthz") == 200, 30)
        time.sleep(4)
        self.assertEqual(self.pair.pg.query("SELECT term FROM zone"), term)
        self.finish(loads)
        self.assertTrue(active.is_active())

    def test_a_database_that_stands_still_for_a_while_changes_nothing(self):
        active = self.pair.active()
        loads = self.load()
        pids = [int(p) for (p,) in self.pair.pg.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'cc-controller'")]
        pids.append(self.pair.pg.daemon.pid)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(5)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        eventually("one of them serves", self.pair.active, 30)
        self.finish(loads)
        self.assertIsNotNone(active)

    def test_a_standby_older_than_the_database_never_takes_the_zone(self):
        active = self.pair.active()
        other = self.pair.other(active)
        self.pair.pg.query("INSERT INTO schema_migration VALUES ((SELECT max(version) + 1 FROM schema_migration), '9999_future', repeat('0', 64), 0)")
        eventually("it says so", lambda: other.said("schema_newer") > 0)
        active.daemon.kill(signal.SIGKILL)
        term = self.pair.pg.query("SELECT term FROM zone")
        time.sleep(4)
        self.assertTrue(other.is_standby())
        self.assertIn("older than the database", other.ask("GET", "/v1/nodes")[1]["detail"])
        self.assertEqual(self.pair.pg.query("SELECT term FROM zone"), term)
        self.assertEqual(self.pair.pg.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), [["0"]])
        self.pair.pg.query("DELETE FROM schema_migration WHERE name = '9999_future'")
        eventually("then it does", other.is_active)

    def add_node(self, name):
        token = self.pair.active().ask("POST", "/v1/invites", {"node_name": name})[1]["token"]
        node = Node(self.pair, name, driver="sim", settings={"offer_memory": "1GiB"})
        self.pair.nodes.append(node)
        node.join(token)
        node.start()
        eventually("the node reports", lambda: self.node(name)["state"] == "ready")
        return node

    def node(self, name):
        return self.pair.active().ask("GET", f"/v1/nodes/{name}")[1]

    def follows(self, node, what, hurt, limit):
        active = self.pair.active()
        other = self.pair.other(active)
        hurt(active)
        eventually("the other is active", other.is_active)
        began = time.monotonic()
        before = self.node(node.name)["last_seen"]
        eventually(f"the node reports to the other ({what})", lambda: self.node(node.name)["last_seen"] != before, 60, 0.05)
        measured.setdefault("node_follows_" + what, []).append(time.monotonic() - began)
        self.assertLess(measured["node_follows_" + what][-1], limit * MARGIN)
        return active

    def test_a_node_and_ccctl_find_the_other_controller_by_themselves(self):
        node = self.add_node("ada")
        member = self.pair.active().ask("POST", "/v1/members", {"name": "eva", "role": "admin"})[1]
        pin = self.pair.a.ask("GET", "/v1/status")[1]["controllers"][0]["pin"]
        env = {"CCCTL_CONTROLLER": f"127.0.0.1:{self.pair.a.port},127.0.0.1:{self.pair.b.port}", "CCCTL_PIN": pin, "CCCTL_TOKEN": member["token"]}
        r = self.pair.ccctl("node", "list", env=env)
        self.assertEqual(r.returncode, 0, r.stderr)
        killed = self.pair.active()
        killed.daemon.kill(signal.SIGKILL)
        # In the middle of the change: it waits for the other.
        began = time.monotonic()
        r = self.pair.ccctl("member", "add", "ida", env=env)
        measured.setdefault("ccctl_over_a_kill", []).append(time.monotonic() - began)
        self.assertEqual(r.returncode, 0, r.stderr)
        killed.start()
        eventually("the killed one is a standby", killed.is_standby)
        self.pair.wait_acquainted()
        eventually("the node is ready", lambda: self.node("ada")["state"] == "ready")
        stopped = self.follows(node, "killed", lambda c: c.daemon.kill(signal.SIGKILL), 4)
        stopped.start()
        eventually("the killed one is a standby", stopped.is_standby)
        self.pair.wait_acquainted()
        frozen = self.follows(node, "frozen", lambda c: c.daemon.process.send_signal(signal.SIGSTOP), 20)
        frozen.daemon.process.send_signal(signal.SIGCONT)
        eventually("the woken one is a standby", frozen.is_standby)
        self.assertEqual(self.node("ada")["state"], "ready")
        r = self.pair.ccctl("status", socket=frozen.socket)
        self.assertIn("is a standby", r.stdout + r.stderr)
        active = self.pair.other(frozen)
        eventually("the active one knows of its standby", lambda: "standby" in self.pair.ccctl("status", socket=active.socket).stdout)

    def test_a_node_that_joined_before_there_was_a_second_controller_learns_of_it(self):
        self.pair.b.daemon.stop()
        self.pair.pg.query("DELETE FROM controller WHERE addresses::text LIKE '%" + str(self.pair.b.port) + "%'")
        eventually("it is forgotten", lambda: len(self.pair.a.ask("GET", "/v1/status")[1]["controllers"]) == 1)
        node = self.add_node("ada")
        joined = os.path.join(node.agent_dir, "join.json")
        with open(joined) as f:
            self.assertNotIn(str(self.pair.b.port), f.read())
        self.pair.b.start()
        self.pair.wait_acquainted()

        def learnt():
            with open(joined) as f:
                return str(self.pair.b.port) in f.read()
        eventually("the node knows both", learnt)
        eventually("the node is there", lambda: self.node("ada")["state"] == "ready")
        self.follows(node, "learnt", lambda c: c.daemon.kill(signal.SIGKILL), 6)

    def test_a_standby_tells_about_itself_and_refuses_the_rest(self):
        other = self.pair.other(self.pair.active())
        self.assertEqual(other.answers("/healthz"), 200)
        status, problem = other.ask("GET", "/readyz")
        self.assertEqual((status, problem["code"]), (503, "standby"))
        status, problem = other.ask("POST", "/v1/members", {"name": "eva"})
        self.assertEqual((status, problem["code"]), (503, "standby"))


class WrongKey(unittest.TestCase):
    def test_a_controller_with_another_key_stays_out_and_says_what_to_copy(self):
        with Pair(share_key=False) as pair:
            pair.start()
            status, problem = pair.b.ask("GET", "/v1/nodes")
            self.assertEqual((status, problem["code"]), (503, "standby"))
            self.assertIn("copy identity.pem from", problem["detail"])
            pair.a.daemon.kill(signal.SIGKILL)
            time.sleep(3)
            self.assertTrue(pair.b.is_standby())
            pair.b.daemon.stop()
            with open(pair.b.config, "a") as f:
                f.write("new_key: yes\n")
            pair.b.start()
            eventually("it takes the zone when told to", pair.b.is_active)


if __name__ == "__main__":
    unittest.main()
