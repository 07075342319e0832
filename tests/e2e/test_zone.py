# SPDX-License-Identifier: GPL-3.0-or-later
"""The walking skeleton: create, commit, sync, container, list; stop, start, restart, exec, delete."""

import hashlib
import json
import os
import subprocess
import time
import unittest

from zone import STOP_GRACE, ZoneTestCase, eventually, make_busybox


class AZoneOfOneNode(ZoneTestCase):
    def tearDown(self):
        self.remove_instances()

    def test_an_instance_goes_through_its_whole_life(self):
        zone, node = self.zone, self.node
        zone.ccctl("create", "hello", "--image", "busybox", "--memory", "64MiB")
        inst = zone.instances()["hello"]
        self.assertEqual(inst["state"], "running")
        self.assertEqual(inst["node_name"], "ada")
        self.assertIn(inst["id"], node.running())
        self.assertEqual(zone.ccctl("exec", "hello", "--", "hostname").strip(), "hello")
        subprocess.run(["ping", "-c", "1", "-W", "2", inst["address"]], check=True, stdout=subprocess.DEVNULL)
        zone.ccctl("restart", "hello")
        self.assertEqual(zone.instances()["hello"]["state"], "running")
        zone.ccctl("stop", "hello")
        self.assertEqual(zone.instances()["hello"]["state"], "stopped")
        self.assertNotIn(inst["id"], node.running())
        zone.ccctl("start", "hello")
        self.assertIn(inst["id"], node.running())
        zone.ccctl("delete", "hello", "--yes")
        self.assertNotIn("hello", zone.instances())
        eventually("the container is gone", lambda: inst["id"] not in node.running())

    def test_exec_carries_input_output_and_status(self):
        self.zone.ccctl("create", "box", "--image", "busybox")
        r = self.zone.run_ccctl("exec", "box", "--", "sh", "-c", "cat; echo oops >&2; exit 7", input="in and out\n")
        self.assertEqual((r.stdout, r.stderr, r.returncode), ("in and out\n", "oops\n", 7))
        big = self.zone.run_ccctl("exec", "box", "--", "dd", "if=/dev/zero", "bs=1024", "count=8192")
        self.assertEqual(len(big.stdout), 8192 * 1024)
        r = self.zone.run_ccctl("exec", "box", "--", "/no/such/program")
        self.assertEqual((r.stderr, r.returncode), ("no program '/no/such/program' in the instance\n", 127))

    def test_writes_of_one_instance_are_not_seen_by_another_and_survive_a_stop(self):
        self.zone.ccctl("create", "one", "--image", "busybox")
        self.zone.ccctl("create", "two", "--image", "busybox")
        self.zone.ccctl("exec", "one", "--", "sh", "-c", "echo mine > /root/file")
        self.assertNotEqual(self.zone.run_ccctl("exec", "two", "--", "cat", "/root/file").returncode, 0)
        self.zone.ccctl("stop", "one")
        self.zone.ccctl("start", "one")
        self.assertEqual(self.zone.ccctl("exec", "one", "--", "cat", "/root/file"), "mine\n")

    def test_an_image_for_a_single_program_runs_it(self):
        """An OCI image as an application has one: no init, but what to run."""
        layout = os.path.join(self.zone.dir, "oci")
        rootfs = os.path.join(self.zone.dir, "oci-rootfs")
        make_busybox(rootfs)
        os.unlink(os.path.join(rootfs, "sbin/init"))
        os.makedirs(os.path.join(rootfs, "srv"))
        blobs = os.path.join(layout, "blobs/sha256")
        os.makedirs(blobs)

        def blob(data):
            digest = hashlib.sha256(data).hexdigest()
            with open(os.path.join(blobs, digest), "wb") as f:
                f.write(data)
            return {"mediaType": "x", "digest": "sha256:" + digest, "size": len(data)}
        layer = blob(subprocess.run(["tar", "c", "-C", rootfs, "."], check=True, capture_output=True).stdout)
        # It says what it was given and what it was told at the end.
        program = """trap 'echo "$WHAT" >/srv/ended; exit 0' TERM; pwd >where; while :; do sleep 0.1; done"""
        config = blob(json.dumps({"architecture": "amd64", "os": "linux", "config": {
            "Entrypoint": ["/bin/sh", "-c"], "Cmd": [program], "Env": ["WHAT=it's over"], "WorkingDir": "/srv"}}).encode())
        manifest = blob(json.dumps({"schemaVersion": 2, "config": config, "layers": [layer]}).encode())
        for name, content in (("index.json", {"schemaVersion": 2, "manifests": [manifest]}), ("oci-layout", {"imageLayoutVersion": "1.0.0"})):
            with open(os.path.join(layout, name), "w") as f:
                json.dump(content, f)
        self.zone.ccctl("image", "import", "app", layout)
        self.zone.ccctl("create", "app", "--image", "app")
        eventually("it runs where it was told", lambda: self.zone.ccctl("exec", "app", "--", "cat", "/srv/where") == "/srv\n")
        began = time.monotonic()
        self.zone.ccctl("stop", "app")
        self.assertLess(time.monotonic() - began, 4 * STOP_GRACE, "the program did not hear of the stop")
        copy = os.path.join(self.zone.dir, "app.tar")
        self.zone.ccctl("export", "app", copy)
        self.assertEqual(subprocess.run(["tar", "xOf", copy, "rootfs/srv/ended"], capture_output=True, text=True).stdout, "it's over\n")

    def test_refusals_say_what_to_do(self):
        zone = self.zone
        zone.ccctl("create", "hello", "--image", "busybox")
        for args, status, words in (
            (("create", "hello", "--image", "busybox"), 5, "already"),
            (("create", "other", "--image", "nothing"), 3, "no image 'nothing'"),
            (("create", "Not_A_Label", "--image", "busybox"), 2, "DNS label"),
            (("create", "big", "--image", "busybox", "--memory", "900GiB"), 5, "memory"),
            (("create", "far", "--image", "busybox", "--node", "nowhere"), 3, "no node 'nowhere'"),
            (("show", "nobody"), 3, "nobody"),
            (("exec", "nobody", "--", "true"), 3, "nobody"),
            (("image", "delete", "--yes", "busybox"), 5, "used by"),
            (("frobnicate",), 2, "frobnicate"),
        ):
            with self.subTest(args=args):
                r = zone.run_ccctl(*args)
                self.assertEqual(r.returncode, status, r.stderr)
                self.assertIn(words, r.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
