# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots and volumes: what is kept, what comes back, what outlives an instance; and the death of programs in the middle."""

import glob
import os
import subprocess
import unittest

from zone import ZoneTestCase, eventually, program


class SnapshotsAndVolumes(ZoneTestCase):
    def tearDown(self):
        self.remove_instances()
        for v in self.zone.json("volume", "list"):
            self.zone.ccctl("volume", "delete", v["name"], "--yes")

    def sh(self, name, command):
        return self.zone.ccctl("exec", name, "--", "sh", "-c", command)

    def snapshots(self, name):
        return {s["name"]: s for s in self.zone.json("snapshot", "list", name)}

    def volumes(self):
        return {v["name"]: v for v in self.zone.json("volume", "list")}

    def trees(self, kind):
        return glob.glob(os.path.join(self.node.dir, "priv", kind, "*"))

    def refused(self, status, words, *args):
        r = self.zone.run_ccctl(*args)
        self.assertEqual(r.returncode, status, f"{args}: {r.stderr}")
        self.assertIn(words, r.stderr)

    def test_a_snapshot_brings_a_file_back(self):
        zone = self.zone
        zone.ccctl("create", "db", "--image", "busybox")
        self.sh("db", "echo one >/root/file")
        zone.ccctl("snapshot", "create", "db")
        zone.ccctl("snapshot", "create", "db", "second")
        self.assertEqual(sorted(self.snapshots("db")), ["second", "snap0"])
        first = self.snapshots("db")["snap0"]
        self.assertEqual((first["state"], first["instance_name"]), ("ready", "db"))
        self.assertGreater(first["bytes"], 0)
        self.sh("db", "echo two >/root/file; echo x >/root/new")
        self.refused(5, "ccctl stop db", "snapshot", "restore", "db", "snap0")
        zone.ccctl("stop", "db")
        zone.ccctl("snapshot", "restore", "db", "snap0")
        self.assertEqual(zone.instances()["db"]["state"], "stopped")
        zone.ccctl("start", "db")
        self.assertEqual(self.sh("db", "cat /root/file; ls /root"), "one\nfile\n")
        # While it runs: stopped, restored, started.
        self.sh("db", "echo three >/root/file")
        zone.ccctl("snapshot", "restore", "db", "second", "--restart")
        inst = zone.instances()["db"]
        self.assertEqual((inst["state"], inst["restore_sn"]), ("running", 2))
        self.assertNotIn("restore", inst)
        self.assertEqual(self.sh("db", "cat /root/file"), "one\n")
        zone.ccctl("snapshot", "delete", "db", "snap0", "--yes")
        self.assertEqual(list(self.snapshots("db")), ["second"])
        zone.ccctl("delete", "db", "--yes")
        eventually("its snapshots went with it", lambda: not self.trees("snapshots"))

    def test_snapshots_are_refused_with_words(self):
        zone = self.zone
        zone.ccctl("create", "web", "--image", "busybox")
        zone.ccctl("snapshot", "create", "web", "one")
        self.refused(5, "already", "snapshot", "create", "web", "one")
        self.refused(2, "DNS label", "snapshot", "create", "web", "No_Label")
        self.refused(3, "no instance 'wbe'", "snapshot", "create", "wbe")
        self.refused(3, "no snapshot 'two'", "snapshot", "restore", "web", "two")
        self.refused(3, "no snapshot 'two'", "snapshot", "delete", "web", "two", "--yes")
        self.refused(2, "--yes", "snapshot", "delete", "web", "one")

    def test_a_volume_survives_its_instance_and_serves_the_next(self):
        zone = self.zone
        zone.ccctl("volume", "create", "data", "--size", "64MiB")
        self.assertEqual(self.volumes()["data"]["state"], "unplaced")
        free = zone.json("node", "show", "ada")["used_disk_mib"]
        zone.ccctl("create", "one", "--image", "busybox", "--volume", "data:/srv/data")
        v = self.volumes()["data"]
        self.assertEqual((v["state"], v["node_name"], v["used_by"]), ("ready", "ada", ["one"]))
        self.assertEqual(zone.json("node", "show", "ada")["used_disk_mib"], free + 1024 + 64)
        self.assertEqual(zone.json("show", "one")["volumes"], [{"volume": "data", "path": "/srv/data", "read_only": False}])
        self.sh("one", "echo kept >/srv/data/file; mkdir /srv/data/d")
        self.refused(5, "used by the instance 'one'", "volume", "delete", "data", "--yes")
        self.refused(5, "used by the instance 'one'", "create", "two", "--image", "busybox", "--volume", "data:/data")
        zone.ccctl("restart", "one")
        self.assertEqual(self.sh("one", "cat /srv/data/file"), "kept\n")
        zone.ccctl("delete", "one", "--yes")
        self.assertEqual(self.volumes()["data"]["used_by"], [])
        zone.ccctl("create", "other", "--image", "busybox")  # has the ids that were one's
        zone.ccctl("create", "two", "--image", "busybox", "--volume", "data:/data")
        self.assertIn("the volume 'data' is on ada", zone.ccctl("explain", "two"))
        self.assertEqual(self.sh("two", "cat /data/file; stat -c %u /data/file; echo more >>/data/file; cat /data/file"), "kept\n0\nkept\nmore\n")
        zone.ccctl("volume", "grow", "data", "--size", "128MiB")
        self.assertEqual(self.volumes()["data"]["size_mib"], 128)
        zone.ccctl("delete", "two", "--yes")
        for name in ("r1", "r2"):
            zone.ccctl("create", name, "--image", "busybox", "--volume", "data:/data:ro")
            self.assertEqual(self.sh(name, "cat /data/file; echo no >/data/file || echo refused"), "kept\nmore\nrefused\n")
        for name in ("r1", "r2"):
            zone.ccctl("delete", name, "--yes")
        zone.ccctl("volume", "delete", "data", "--yes")
        self.assertEqual(self.trees("volumes"), [])
        zone.ccctl("delete", "other", "--yes")
        self.assertEqual(zone.json("node", "show", "ada")["used_disk_mib"], free)

    def test_a_symlink_in_the_instance_leads_nowhere_outside(self):
        zone = self.zone
        zone.ccctl("volume", "create", "data", "--size", "64MiB", "--node", "ada")
        self.assertEqual(self.volumes()["data"]["state"], "ready")
        # An image whose /data leads out of it.
        rootfs = os.path.join(zone.dir, "rootfs-busybox")
        copy = os.path.join(zone.dir, "rootfs-link")
        subprocess.run(["cp", "-a", rootfs, copy], check=True)
        os.symlink(zone.dir, os.path.join(copy, "data"))
        os.makedirs(copy + zone.dir)
        zone.ccctl("image", "import", "link", copy)
        before = sorted(os.listdir(zone.dir))
        zone.ccctl("create", "hello", "--image", "link", "--volume", "data:/data")
        self.sh("hello", f"echo inside >/data/file; cat {zone.dir}/file")
        self.assertEqual(sorted(os.listdir(zone.dir)), before)
        self.assertEqual(len(glob.glob(os.path.join(self.node.dir, "priv", "volumes", "*", "data", "file"))), 1)

    def test_volumes_are_refused_with_words(self):
        zone = self.zone
        zone.ccctl("volume", "create", "data", "--size", "1MiB")
        for status, words, args in (
            (5, "already", ("volume", "create", "data", "--size", "1MiB")),
            (2, "--size", ("volume", "create", "other")),
            (2, "out of range", ("volume", "create", "other", "--size", "0")),
            (5, "room for", ("volume", "create", "other", "--size", "900TiB", "--node", "ada")),
            (3, "no node 'nowhere'", ("volume", "create", "other", "--size", "1MiB", "--node", "nowhere")),
            (2, "not NAME:/PATH", ("create", "x", "--image", "busybox", "--volume", "data")),
            (2, "not NAME:/PATH", ("create", "x", "--image", "busybox", "--volume", "data:relative")),
            (2, "whole file system", ("create", "x", "--image", "busybox", "--volume", "data:/")),
            (2, "not plain", ("create", "x", "--image", "busybox", "--volume", "data:/a/../b")),
            (2, "kernel's own", ("create", "x", "--image", "busybox", "--volume", "data:/proc/x")),
            (3, "no volume 'dtaa'; did you mean 'data'", ("create", "x", "--image", "busybox", "--volume", "dtaa:/data")),
            (2, "twice", ("create", "x", "--image", "busybox", "--volume", "data:/a", "--volume", "data:/b")),
            (3, "no volume", ("volume", "show", "nothing")),
            (3, "no volume", ("volume", "delete", "nothing", "--yes")),
        ):
            with self.subTest(args=args):
                self.refused(status, words, *args)
        self.assertNotIn("x", zone.instances())

    def kill_while(self, what, kill):
        """Starts a ccctl command, kills when the node has begun to copy; the command goes on and has to succeed."""
        half = os.path.join(self.node.dir, "priv")
        p = subprocess.Popen([program("ccctl"), "--socket", self.zone.socket, *what], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        seen = False
        while p.poll() is None and not seen:
            seen = bool(glob.glob(f"{half}/snapshots/*/*.new") + glob.glob(f"{half}/instances/*.new"))
        kill()
        if not self.node.daemon.alive():
            self.node.start()
        out, err = p.communicate(timeout=120)
        self.assertTrue(seen, f"the command was over before anything could be killed: {err}")
        return p.returncode, err

    def test_programs_die_in_the_middle(self):
        zone = self.zone
        # Where the node's disk is in memory, what it holds counts.
        zone.ccctl("create", "db", "--image", "busybox", "--memory", "512MiB")
        fill = ("dd if=/dev/zero of=/large bs=1M count=128 2>/dev/null; mkdir -p /many; i=0; while test $i -lt 100; do echo one >/many/$i; i=$((i+1)); done; "
                "echo one >/root/file")
        self.sh("db", fill)
        for n, kill in enumerate((self.node.kill_agent, self.node.kill_priv)):
            with self.subTest(kill=kill.__name__):
                status, err = self.kill_while(("snapshot", "create", "db", f"s{n}"), kill)
                self.assertEqual(status, 0, err)
                self.assertEqual(self.snapshots("db")[f"s{n}"]["state"], "ready")
                self.assertEqual(self.sh("db", "echo on"), "on\n")
        for n, kill in enumerate((self.node.kill_agent, self.node.kill_priv)):
            with self.subTest(restore=kill.__name__):
                self.sh("db", "echo two >/root/file; rm -r /many; echo x >/root/new")
                zone.ccctl("stop", "db")
                status, err = self.kill_while(("snapshot", "restore", "db", f"s{n}"), kill)
                self.assertEqual(status, 0, err)
                zone.ccctl("start", "db")
                self.assertEqual(self.sh("db", "cat /root/file; ls /many | wc -l; ls /root"), "one\n100\nfile\n")
                # Once, and no more.
                self.sh("db", "echo later >/root/file")
                zone.ccctl("restart", "db")
                self.assertEqual(self.sh("db", "cat /root/file"), "later\n")
        self.assertEqual(glob.glob(os.path.join(self.node.dir, "priv", "*", "*.new")), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
