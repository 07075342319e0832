# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian that ccctl image build made: systemd comes up as init of an instance, gets its address, and ends by itself. CC_DEBIAN_IMAGE names an archive that
was built before, for machines without a mirror."""

import os
import subprocess
import sys
import time
import unittest

from zone import Zone, eventually

# Whoever boots systemd on an emulated processor waits.
BOOT_SECONDS = 240
GRACE = "120s"


class Debian(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = Zone()
        cls.zone = cls.context.__enter__()
        try:
            cls.zone.start()
            cls.node = cls.zone.add_node("ada", settings={"stop_grace": GRACE})
            archive = os.environ.get("CC_DEBIAN_IMAGE")
            if archive:
                cls.zone.ccctl("image", "import", "debian-12", archive, timeout=300)
            else:
                cls.zone.ccctl("image", "build", "debian:12", timeout=600)
        except BaseException:
            cls.context.__exit__(RuntimeError, None, None)
            raise

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__(None, None, None)

    def tearDown(self):
        if "box" not in self.zone.instances():
            return
        self.zone.ccctl("delete", "box", "--yes", timeout=300)

    def create(self):
        # The default limits must do for it.
        self.zone.ccctl("create", "box", "--image", "debian-12", timeout=BOOT_SECONDS)
        self.wait_up()

    def in_box(self, *args):
        return self.zone.run_ccctl("exec", "box", "--", *args)

    def wait_up(self):
        """systemctl waits itself once there is somebody to ask."""
        def asked():
            r = self.in_box("systemctl", "is-system-running", "--wait")
            return r.stdout.strip() not in ("", "offline") and r
        r = eventually("systemd answers", asked, BOOT_SECONDS, 0.5)
        failed = self.in_box("systemctl", "--failed", "--plain", "--no-legend").stdout
        self.assertEqual((r.stdout.strip(), failed), ("running", ""))

    def test_systemd_boots_serves_and_stops_by_itself(self):
        zone = self.zone
        self.create()
        inst = zone.instances()["box"]
        self.assertEqual(self.in_box("systemctl", "get-default").stdout.strip(), "graphical.target")
        self.assertEqual(self.in_box("systemctl", "is-active", "multi-user.target", "dbus", "systemd-journald", "systemd-logind").stdout.split(), ["active"] * 4)
        addresses = self.in_box("ip", "-4", "-o", "addr", "show", "dev", "eth0").stdout
        self.assertIn(inst["address"] + "/", addresses)
        self.assertIn("default via", self.in_box("ip", "route").stdout)
        self.assertEqual(self.in_box("hostname").stdout, "box\n")
        subprocess.run(["ping", "-c", "1", "-W", "5", inst["address"]], check=True, stdout=subprocess.DEVNULL)
        self.assertEqual(self.in_box("cat", "/proc/1/comm").stdout, "systemd\n")
        # A service of its own, in a cgroup of its own.
        r = self.in_box("systemd-run", "--wait", "--pipe", "--quiet", "cat", "/proc/self/cgroup")
        self.assertIn("/system.slice/run-", r.stdout, r.stderr)
        self.assertEqual(len(self.in_box("cat", "/etc/machine-id").stdout.strip()), 32)
        self.check_stop()

    def check_stop(self):
        # What it writes last is what only an orderly shutdown writes.
        self.in_box("systemd-run", "--quiet", "--unit=last", "--service-type=oneshot", "--remain-after-exit",
                    "--property=ExecStop=/bin/sh -c 'echo ended > /root/last'", "true")
        begin = time.monotonic()
        self.zone.ccctl("stop", "box", timeout=300)
        took = time.monotonic() - begin
        # The last words of systemd itself; who is killed has none.
        self.assertRegex(self.zone.ccctl("logs", "box", "--lines", "12"), "Halting system|Powering off")
        self.zone.ccctl("start", "box", timeout=BOOT_SECONDS)
        self.wait_up()
        self.assertEqual(self.in_box("cat", "/root/last").stdout, "ended\n")
        print(f"stopped in {took:.2f} s", file=sys.stderr)

    def test_two_instances_have_identities_of_their_own(self):
        self.create()
        self.zone.ccctl("create", "other", "--image", "debian-12", timeout=BOOT_SECONDS)
        try:
            read = lambda name: self.zone.ccctl("exec", name, "--", "cat", "/etc/machine-id").strip()  # noqa: E731
            eventually("the other one has an id", lambda: len(read("other")) == 32, BOOT_SECONDS)
            self.assertNotEqual(read("box"), read("other"))
        finally:
            self.zone.ccctl("delete", "other", "--yes", timeout=300)


if __name__ == "__main__":
    unittest.main(verbosity=2)
