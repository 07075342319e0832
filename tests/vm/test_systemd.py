# SPDX-License-Identifier: GPL-3.0-or-later
"""cc-agent-priv as a unit of systemd on pure cgroup v2: where instances are, that their limits are the kernel's, and that neither restarts of the unit nor
systemd's own work on the tree reaches them. Changes the machine's systemd, so it runs only in a guest made for tests."""

import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from zone import TOP, Daemon, Node, ZoneTestCase, eventually  # noqa: E402

ROOT = "/sys/fs/cgroup"


def systemctl(*args):
    return subprocess.run(["systemctl", *args], check=True, capture_output=True, text=True).stdout.strip()


def read(*parts):
    with open(os.path.join(ROOT, *parts)) as f:
        return f.read().strip()


class Unit(Daemon):
    """The same program as a service."""

    def __init__(self, daemon, properties):
        super().__init__(daemon.name, daemon.args, daemon.log)
        self.unit = f"cc-test-{os.getpid()}.service"
        self.file = os.path.join("/run/systemd/system", self.unit)
        lines = ["[Service]", "Type=exec", f"StandardOutput=append:{self.log}", f"StandardError=append:{self.log}", *properties]
        with open(self.file, "w") as f:
            f.write("\n".join([*lines, "ExecStart=" + " ".join(self.args), ""]))
        systemctl("daemon-reload")

    def start(self):
        systemctl("start", self.unit)
        return self

    @property
    def pid(self):
        return int(systemctl("show", "-P", "MainPID", self.unit))

    def alive(self):
        return self.pid != 0

    def kill(self, sig=9):
        if self.alive():
            systemctl("kill", "--kill-who=main", f"--signal={int(sig)}", self.unit)
            eventually("the unit has ended", lambda: not self.alive())

    def stop(self):
        systemctl("stop", self.unit)
        subprocess.run(["systemctl", "reset-failed", self.unit], capture_output=True)


class UnderSystemd:
    properties = ()

    @classmethod
    def furnish(cls):
        cls.node = Node(cls.zone, "ada")
        cls.node.daemon = Unit(cls.node.daemon, cls.properties)
        cls.zone.nodes.append(cls.node)
        cls.node.join().start()
        cls.zone.wait_node("ada")

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        os.unlink(cls.node.daemon.file)
        systemctl("daemon-reload")

    def tearDown(self):
        self.remove_instances()

    def create(self, name):
        self.zone.ccctl("create", name, "--image", "busybox", "--memory", "64MiB")
        return os.path.join(self.node.cgroup, "lxc.payload." + self.zone.instances()[name]["id"])

    def init(self, payload):
        return min(int(pid) for pid in read(payload, "cgroup.procs").split())

    def check_limits(self, payload):
        self.assertEqual(read(payload, "memory.max"), str(64 << 20))
        self.assertEqual(read(payload, "memory.swap.max"), "0")
        self.assertRegex(read(payload, "cpu.max"), r"^[0-9]+ 100000$")
        self.assertRegex(read(payload, "pids.max"), r"^[0-9]+$")
        # They hold: 100 MiB do not fit.
        box = payload.split("lxc.payload.")[1]
        name = next(n for n, i in self.zone.instances().items() if i["id"] == box)
        self.assertEqual(self.zone.run_ccctl("exec", name, "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=100M", "count=1").returncode, 137)

    def test_limits_are_the_kernels_and_processes_are_in_leaves_only(self):
        payload = self.create("hello")
        self.check_limits(payload)
        self.assertGreater(int(read(payload, "memory.current")), 0)
        for inner in (self.node.cgroup, os.path.dirname(self.node.cgroup)):
            self.assertEqual(read(inner, "cgroup.procs"), "")
            self.assertLessEqual({"cpu", "memory", "pids"}, set(read(inner, "cgroup.subtree_control").split()))

    def test_restarts_and_crashes_of_the_unit_touch_no_instance(self):
        payload = self.create("hello")
        init = self.init(payload)
        for disturb in (lambda: systemctl("restart", self.node.daemon.unit), self.node.daemon.kill,
                        lambda: (systemctl("stop", self.node.daemon.unit), self.assertEqual(self.init(payload), init))):
            disturb()
            if not self.node.daemon.alive():
                self.node.daemon.start()
            eventually("the instance answers", lambda: self.zone.ccctl("exec", "hello", "--", "hostname").strip() == "hello", 60)
            self.assertEqual(self.init(payload), init)
        self.check_limits(payload)

    def test_systemd_does_not_take_the_controllers_away(self):
        payload = self.create("hello")
        # A unit that needs a controller switches it on for all units beside it, and off again with its end.
        subprocess.run(["systemd-run", "--quiet", "--wait", "-p", "CPUWeight=50", "-p", "MemoryMax=64M", "-p", "IOWeight=50", "true"], check=True)
        systemctl("daemon-reload")
        systemctl("daemon-reexec")
        subprocess.run(["systemd-run", "--quiet", "--wait", "true"], check=True)
        self.assertLessEqual({"cpu", "memory", "pids"}, set(read("cgroup.subtree_control").split()))
        self.check_limits(payload)
        self.check_limits(self.create("second"))


class AnOrdinaryUnit(UnderSystemd, ZoneTestCase):
    pass


class AUnitWithDelegation(UnderSystemd, ZoneTestCase):
    properties = ("Delegate=yes",)


class OurUnit(UnderSystemd, ZoneTestCase):
    """With all that the packages' unit restricts; what it starts, and when, is left out."""

    with open(os.path.join(TOP, "deploy/debian/communitycloud-agent.cc-agent.service")) as f:
        properties = [line for line in f.read().split("[Service]")[1].split("[Install]")[0].splitlines()
                      if not re.match(r"#|$|Type=|ExecStart=|EnvironmentFile=|Restart", line)]


if __name__ == "__main__":
    unittest.main(verbosity=2)
