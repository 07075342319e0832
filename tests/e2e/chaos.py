# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of controller, agent, privileged half and PostgreSQL at random moments of a create/stop/start/delete load on real containers, while the clocks of
controller and nodes jump by up to two hours either way.

After the last kill everything is left alone until it is quiet, and then the promises of docs/architecture.md are checked:
I1 what was acknowledged exists, I2 nothing over what is granted, I5 one effect per Idempotency-Key, I6 containers = instances, I10 all came back.

chaos.py [--seed N] [--kills N] [--nodes N] [--driver lxc|sim] [--failover]. The seed decides who is killed, when, and what the load asks for."""

import argparse
import os
import random
import signal
import sys
import threading
import time

from api import Unreachable, request
from zone import Zone, eventually, jump_clock, seed

WORKERS = 4
QUIET_SECONDS = 120


class Violation(Exception):
    pass


class Worker(threading.Thread):
    """Asks for things one after the other and remembers what was acknowledged. No one else touches its names."""

    def __init__(self, zone, number, rng, stop):
        super().__init__(daemon=True)
        self.zone, self.number, self.rng, self.stop = zone, number, rng, stop
        self.alive = {}    # name -> (id, desired) of what was acknowledged and not deleted
        self.keys = {}     # Idempotency-Key -> (body, id)
        self.requests = 0
        self.count = 0
        self.turn = -1
        self.error = None

    def run(self):
        try:
            while not self.stop.is_set():
                self.one()
                time.sleep(self.rng.random() * 0.05)
        except BaseException as e:
            self.error = e

    def definite(self, method, target, body=None, key=None):
        """Asks again, with the same key, until the answer is one."""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            self.turn += 1
            sockets = self.zone.sockets()
            try:
                status, reply = request(sockets[self.turn % len(sockets)], method, target, body, key, timeout=10 if len(sockets) > 1 else 30)
            except Unreachable:
                time.sleep(0.02)
                continue
            if status in (429, 503):
                time.sleep(0.02)
                continue
            self.turn -= 1  # the next goes to the same one
            if status >= 500:
                raise Violation(f"I10: {method} {target} was answered {status} {reply}")
            self.requests += 1
            return status, reply
        raise Violation(f"I10: no answer within 120 s to {method} {target}")

    def one(self):
        choice = self.rng.random()
        if len(self.alive) < 3 or (choice < 0.4 and len(self.alive) < 8):
            self.create()
        elif choice < 0.6:
            self.act("stop", "stopped")
        elif choice < 0.8:
            self.act("start", "running")
        else:
            self.delete()

    def create(self):
        self.count += 1
        name, key = f"w{self.number}-{self.count}", f"create-{self.number}-{self.count}"
        body = {"name": name, "image": "busybox", "memory_mib": 16, "cpu_millis": 50, "disk_mib": 16}
        status, reply = self.definite("POST", "/v1/instances", body, key)
        # While nodes are away, what was deleted still fills them.
        if status == 409 and reply["code"] == "no-capacity":
            return time.sleep(0.2)
        if status != 201:
            raise Violation(f"creating {name}: {status} {reply}")
        self.alive[name] = (reply["id"], "running")
        self.keys[key] = (body, reply["id"])

    def act(self, verb, desired):
        name = self.rng.choice(sorted(self.alive))
        status, reply = self.definite("POST", f"/v1/instances/{name}/{verb}", key=f"{verb}-{self.number}-{self.requests}-{self.rng.random()}")
        if status not in (200, 202):
            raise Violation(f"{verb} {name}: {status} {reply}")
        self.alive[name] = (self.alive[name][0], desired)

    def delete(self):
        name = self.rng.choice(sorted(self.alive))
        status, reply = self.definite("DELETE", f"/v1/instances/{name}")
        if status not in (200, 202, 204, 404):
            raise Violation(f"deleting {name}: {status} {reply}")
        del self.alive[name]


class Killer:
    def __init__(self, zone, rng):
        self.zone, self.rng, self.kills, self.jumps = zone, rng, {}, 0

    def kill_one(self):
        zone, rng = self.zone, self.rng
        node = rng.choice(zone.nodes)
        pause = rng.random() * 0.5
        victim = rng.choice(("controller", "agent", "privileged half", "postgresql"))
        if rng.random() < 0.2:
            jump_clock(rng.choice([zone.clock, node.clock]), rng.uniform(-7200, 7200))
            self.jumps += 1
        self.kills[victim] = self.kills.get(victim, 0) + 1
        if victim == "controller" and zone.standby:
            self.hurt_one_of_two(pause)
        elif victim == "controller":
            zone.controller.kill()
            time.sleep(pause)
            zone.controller.start()
        elif victim == "agent":
            node.kill_agent()
        elif victim == "privileged half":
            node.kill_priv()
            time.sleep(pause)
            node.start()
        else:
            zone.pg.kill()
            time.sleep(pause)
            zone.pg.start()

    def hurt_one_of_two(self, pause):
        """Killed, or frozen for so long that the other takes over, or for less."""
        daemon = self.rng.choice((self.zone.controller, self.zone.standby))
        if self.rng.random() < 0.5:
            daemon.kill()
            time.sleep(pause)
            daemon.start()
            return
        daemon.process.send_signal(signal.SIGSTOP)
        time.sleep(self.rng.choice((1, 5)))
        daemon.process.send_signal(signal.SIGCONT)


def wanted(workers):
    return {name: what for w in workers for name, what in w.alive.items()}


def check_acknowledged(zone, workers):
    """I1, and that each is what was asked for last."""
    have = zone.instances()
    want = wanted(workers)
    missing = sorted(set(want) - set(have))
    extra = sorted(set(have) - set(want))
    assert not missing, f"I1: acknowledged and lost: {missing}"
    assert not extra, f"I6: neither asked for nor deleted: {extra}"
    for name, (ident, desired) in want.items():
        assert have[name]["id"] == ident, f"I5: {name} is {have[name]['id']}, acknowledged as {ident}"
        assert have[name]["state"] == desired, f"I1: {name} is {have[name]['state']} ({have[name]['reason']}), asked for {desired}"
    return True


def check_containers(zone, workers):
    """I6, from the kernel's point of view."""
    by_id = {i["id"]: i for i in zone.instances().values()}
    for node in zone.nodes:
        should = {i["id"] for i in by_id.values() if i["node_name"] == node.name and i["desired"] == "running"}
        runs = node.running()
        assert runs == should, f"I6: on {node.name} run {sorted(runs - should)} too many and {sorted(should - runs)} are missing"
    return True


def check_books(zone):
    """I2 for all that is granted, counted anew by the database."""
    for what, count in (("cpu_millis", "sum(i.cpu_millis)"), ("memory_mib", "sum(i.memory_mib)"), ("disk_mib", "sum(i.disk_mib)"), ("instances", "count(i.id)")):
        for name, used, granted, counted in zone.pg.query(
                f"SELECT n.name, n.used_{what}, n.granted_{what}, coalesce({count}, 0) FROM node n LEFT JOIN instance i ON i.node = n.id GROUP BY n.id"):
            if used != counted or int(used) > int(granted):
                raise Violation(f"I2: {name} uses {used} of {granted} {what} by its row, {counted} by its instances")


def check_keys(zone, workers):
    """I5: the same request under the same key gives the same instance, or says that it was deleted since."""
    for w in workers:
        for key, (body, ident) in w.keys.items():
            status, reply = request(zone.active_socket(), "POST", "/v1/instances", body, key)
            if status == 410 and body["name"] not in w.alive:
                continue
            if status not in (200, 201) or reply["id"] != ident:
                raise Violation(f"I5: {key} made {ident} and now says {status} {reply}")


def check_processes(zone):
    if not zone.controller.alive() or (zone.standby and not zone.standby.alive()) or not zone.pg.daemon.alive() or any(not n.daemon.alive() or not n.agent_pid() for n in zone.nodes):
        raise Violation("I10: a process did not come back")


def run(args, zone):
    rng = random.Random(args.seed)
    stop = threading.Event()
    zone.start()
    if args.failover:
        zone.add_standby()
    zone.import_busybox()
    for i in range(args.nodes):
        zone.add_node(f"node{i}", driver=args.driver, settings={"offer_memory": "4GiB"})
    workers = [Worker(zone, i, random.Random(rng.random()), stop) for i in range(WORKERS)]
    killer = Killer(zone, rng)
    for w in workers:
        w.start()
    began = time.monotonic()
    for _ in range(args.kills):
        time.sleep(rng.random() * 0.8)
        killer.kill_one()
    stop.set()
    for w in workers:
        w.join(150)
        if w.error:
            raise w.error
    loaded = time.monotonic() - began
    zone.wait_ready()
    quiet = time.monotonic()
    eventually("everything is as it was asked for", lambda: check_acknowledged(zone, workers), QUIET_SECONDS, 0.2)
    eventually("the containers are those of the instances", lambda: check_containers(zone, workers), QUIET_SECONDS, 0.2)
    converged = time.monotonic() - quiet
    check_processes(zone)
    check_books(zone)
    check_keys(zone, workers)
    for victim, n in sorted(killer.kills.items()):
        print(f"kills_{victim.replace(' ', '_')} {n} count")
    print(f"kills {args.kills} count\nclock_jumps {killer.jumps} count\nrequests {sum(w.requests for w in workers)} count\nload_s {loaded:.1f} s\nconverge_s {converged:.1f} s")
    print(f"instances {len(wanted(workers))} count\nviolations 0 count")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--seed", type=int)
    p.add_argument("--kills", type=int, default=20)
    p.add_argument("--nodes", type=int, default=2)
    p.add_argument("--driver", default="lxc")
    p.add_argument("--failover", action="store_true", help="with a second controller; either is killed or frozen")
    args = p.parse_args()
    if args.seed is not None:
        os.environ["CC_SEED"] = str(args.seed)
    args.seed = seed()
    try:
        with Zone() as zone:
            run(args, zone)
    except (Violation, AssertionError) as e:
        print(f"violation: {e}\nreplay with --seed {args.seed} --kills {args.kills}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
