# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports of a node that lead to instances: asked for by ccctl, reached through the node."""

import socket
import unittest

from zone import ZoneTestCase, eventually, free_port


def answer(address, port):
    """What a web server says there; "" when there is none."""
    try:
        with socket.create_connection((address, port), 5) as s:
            s.sendall(b"GET /name HTTP/1.0\r\n\r\n")
            s.settimeout(5)
            got = b""
            while chunk := s.recv(4096):
                got += chunk
            return got.decode().rpartition("\r\n\r\n")[2].strip()
    except OSError:
        return ""


class PublishedPorts(ZoneTestCase):
    @classmethod
    def furnish(cls):
        cls.node = cls.zone.add_node("ada")

    def tearDown(self):
        self.remove_instances()

    def serve(self, name):
        self.zone.ccctl("exec", name, "--", "sh", "-c", f"mkdir -p /www && echo {name} >/www/name && httpd -p 80 -h /www")

    def test_a_port_is_published_changed_and_taken_away(self):
        zone, port, other = self.zone, free_port(), free_port()
        zone.ccctl("create", "web", "--image", "busybox", "--publish", f"{port}:80")
        self.serve("web")
        address = zone.json("node", "show", "ada")["address"]
        shown = zone.instances()["web"]
        self.assertEqual(shown["publish"], [{"node_port": port, "port": 80, "protocol": "tcp"}])
        self.assertEqual(shown["published"], [f"{address}:{port}->80/tcp"])
        self.assertIn(f"{address}:{port}->80/tcp", zone.ccctl("list", "-o", "wide"))
        self.assertEqual(answer(address, port), "web")
        zone.ccctl("publish", "web", f"{other}:80", f"{other}:53/udp")
        self.assertNotIn("changing", zone.instances()["web"])
        self.assertEqual(answer(address, other), "web")
        zone.ccctl("unpublish", "web", str(port))
        self.assertEqual(answer(address, port), "")
        self.assertEqual(answer(address, other), "web")
        # Through the death of both halves, and a restart.
        self.node.kill_priv()
        self.node.start()
        self.assertEqual(answer(address, other), "web")
        zone.ccctl("restart", "web")
        self.serve("web")
        self.assertEqual(answer(address, other), "web")
        zone.ccctl("stop", "web")
        eventually("the port is closed", lambda: answer(address, other) == "")
        zone.ccctl("delete", "--yes", "web")
        self.assertEqual(answer(address, other), "")

    def test_who_cannot_have_a_port_is_told_why(self):
        zone, port = self.zone, free_port()
        zone.ccctl("create", "web", "--image", "busybox", "--publish", f"{port}:80")
        r = zone.run_ccctl("create", "again", "--image", "busybox", "--node", "ada", "--publish", f"{port}:80")
        self.assertEqual(r.returncode, 5, r.stderr)
        self.assertIn(f"port {port}/tcp of the node 'ada' leads to the instance 'web' already", r.stderr)
        r = zone.run_ccctl("create", "again", "--image", "busybox", "--publish", f"{port}:80")
        self.assertIn("1 has the port taken", r.stderr)
        r = zone.run_ccctl("create", "again", "--image", "busybox", "--publish", "22:22")
        self.assertIn("lets no such port be published", r.stderr)
        with socket.socket() as s:
            s.bind(("0.0.0.0", 0))
            s.listen()
            taken = s.getsockname()[1]
            r = zone.run_ccctl("create", "again", "--image", "busybox", "--publish", f"{taken}:80")
            self.assertEqual(r.returncode, 1, r.stderr)
            self.assertIn(f"port {taken}/tcp cannot be published: a program of the node itself answers there", r.stderr)
            zone.ccctl("delete", "--yes", "again")
            r = zone.run_ccctl("publish", "web", f"{taken}:80")
            self.assertEqual(r.returncode, 5, r.stderr)
            self.assertIn(f"port {taken}/tcp cannot be published: a program of the node itself answers there", r.stderr)
        # It runs on; and what the program held is to be had when it is gone.
        self.assertEqual(zone.instances()["web"]["state"], "running")
        zone.ccctl("restart", "web")
        self.assertNotIn("changing", zone.instances()["web"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
