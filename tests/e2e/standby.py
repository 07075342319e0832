# SPDX-License-Identifier: GPL-3.0-or-later
"""Two controllers on one PostgreSQL, each behind a cable that can be cut, and clients that ask the one that answers."""

import os
import shutil
import socket
import subprocess
import threading
import time

import proxy
from api import Unreachable, request
from zone import Daemon, Postgres, Zone, eventually, free_port, program


class Cable:
    """A TCP port that leads to another one. While it is cut nothing goes through and nobody is told, as with a pulled plug; new connections hang too."""

    def __init__(self, to_port):
        self.to_port = to_port
        self.open = threading.Event()
        self.open.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        self.open.clear()

    def mend(self):
        self.open.set()

    def _accept(self):
        while True:
            near, _ = self.listener.accept()
            threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near):
        self.open.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self.to_port))
        except OSError:
            near.close()
            return
        for a, b in ((near, far), (far, near)):
            threading.Thread(target=self._carry, args=(a, b), daemon=True).start()

    def _carry(self, a, b):
        try:
            while True:
                data = a.recv(65536)
                self.open.wait()
                if not data:
                    break
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Controller:
    """`lined`: others reach it through a proxy."""

    def __init__(self, zone, name, program_path=None, lined=False):
        self.zone, self.name = zone, name
        self.dir = os.path.join(zone.dir, name)
        os.makedirs(self.dir, exist_ok=True)
        self.cable = Cable(zone.pg.port)
        self.port = free_port()
        self.line = proxy.tcp(free_port(), self.port, "down") if lined else None
        self.advertised = self.line.listener.getsockname()[1] if lined else self.port
        self.socket = os.path.join(self.dir, "controller.sock")
        self.config = os.path.join(self.dir, "controller.yaml")
        values = {"zone": "village", "state_dir": os.path.join(self.dir, "state"),
                  "database": f'"host=127.0.0.1 port={self.cable.port} dbname=postgres user=postgres"',
                  "http_listen": f'"127.0.0.1:{self.port}"', "advertise": f'["127.0.0.1:{self.advertised}"]', "http_socket": self.socket,
                  "log_level": "debug", **zone.settings}
        self.configure(values)
        self.daemon = Daemon("cc-controller " + name, [program_path or program("cc-controller"), "--config", self.config],
                             os.path.join(self.dir, "log"))

    def configure(self, values):
        """Settings are taken up by the next start."""
        with open(self.config, "a") as f:
            for key, value in values.items():
                f.write(f"{key}: {value}\n")

    def start(self):
        self.daemon.start()
        return self

    def ask(self, method, target, body=None, key=None, timeout=2):
        return request(self.socket, method, target, body, key, timeout)

    def answers(self, path):
        try:
            return self.ask("GET", path)[0]
        except Unreachable:
            return None

    def is_active(self):
        return self.answers("/readyz") == 200

    def is_standby(self):
        try:
            status, problem = self.ask("GET", "/v1/nodes")
        except Unreachable:
            return False
        return status == 503 and problem["code"] == "standby"

    def said(self, text):
        with open(self.daemon.log, "rb") as f:
            return f.read().count(text.encode())


class Pair:
    """As much of a Zone as a Node needs, with two controllers. `share_key`: the second controller gets the first one's key, as docs/standby.md tells the admin to do. `acquaint`: they know
    each other's port."""

    def __init__(self, settings=None, share_key=True, lined=False, acquaint=True):
        import tempfile
        self.dir = tempfile.mkdtemp(prefix="cc-e2e-", dir="/tmp")
        os.chmod(self.dir, 0o755)
        self.settings = {"sync_wait": "2s", "node_lease": "10s", **(settings or {})}
        self.share_key = share_key
        self.agent_program = shutil.copy(program("cc-agent"), self.dir)
        self.nodes = []
        self.pg = Postgres(os.path.join(self.dir, "pg"), port=free_port()).start()
        self.a = Controller(self, "a", lined=lined)
        self.b = Controller(self, "b", lined=lined)
        # On two machines both have the same port.
        for c in (self.a, self.b) if acquaint else ():
            c.configure({"controller_ports": f"[{self.a.advertised}, {self.b.advertised}]"})

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        failed = kind is not None and issubclass(kind, Exception)
        try:
            for node in self.nodes:
                node.purge()
        finally:
            for c in (self.a, self.b):
                c.cable.mend()
                c.daemon.kill()
            for node in self.nodes:
                node.daemon.kill()
            self.pg.stop()
        if failed or os.environ.get("CC_KEEP"):
            for daemon in [self.a.daemon, self.b.daemon] + [n.daemon for n in self.nodes]:
                print(f"--- last lines of {daemon.name}\n{daemon.tail(40)}")
            print(f"everything is kept in {self.dir}")
        else:
            shutil.rmtree(self.dir, ignore_errors=True)

    def start(self):
        self.a.start()
        eventually("the first controller is active", self.a.is_active)
        if self.share_key:
            os.makedirs(os.path.join(self.b.dir, "state"), exist_ok=True)
            shutil.copy(os.path.join(self.a.dir, "state", "identity.pem"), os.path.join(self.b.dir, "state"))
        self.b.start()
        eventually("the second controller is a standby", self.b.is_standby)
        if self.share_key:
            self.wait_acquainted()
        return self

    def wait_acquainted(self):
        """The controllers look for each other every few seconds."""
        def known(c):
            return [x["state"] for x in c.ask("GET", "/v1/status")[1]["controllers"]] == ["active", "standby"]
        eventually("each controller knows the other", lambda: known(self.a) and known(self.b))

    def ccctl(self, *args, socket=None, env=None, timeout=60):
        where = ["--socket", socket] if socket else []
        return subprocess.run([program("ccctl"), *where, *args], capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL,
                              env={**os.environ, **(env or {})})

    def active(self):
        return next((c for c in (self.a, self.b) if c.is_active()), None)

    def other(self, c):
        return self.b if c is self.a else self.a


class Load(threading.Thread):
    """Adds members one after the other, asking whichever controller answers, each under one Idempotency-Key until there is an answer to it."""

    def __init__(self, pair, number):
        super().__init__(daemon=True)
        self.pair, self.number = pair, number
        self.stop = threading.Event()
        self.acknowledged = {}
        self.times = []  # when each was acknowledged
        self.error = None

    def run(self):
        n = 0
        try:
            while not self.stop.is_set():
                n += 1
                self.one(f"m{self.number}-{n}")
        except BaseException as e:
            self.error = e

    def one(self, name):
        turn = 0
        while True:
            c = (self.pair.a, self.pair.b)[(turn + self.number) % 2]
            turn += 1
            try:
                status, reply = c.ask("POST", "/v1/members", {"name": name}, name, timeout=1)
            except Unreachable:
                time.sleep(0.02)
                continue
            if status in (429, 503):
                time.sleep(0.02)
                continue
            # The reply shows a token that only the first answer can show again.
            if status not in (200, 201):
                raise AssertionError(f"{name}: {status} {reply}")
            self.acknowledged[name] = reply["id"]
            self.times.append((time.monotonic(), c.name))
            return

    @staticmethod
    def check(pair, loads):
        """Nothing acknowledged is lost, and each was carried out once."""
        rows = dict(reversed(r) for r in pair.pg.query("SELECT id, name FROM member"))
        total = 0
        for load in loads:
            assert load.error is None, load.error
            for name, ident in load.acknowledged.items():
                assert rows.get(name) == ident, f"{name} was acknowledged as {ident} and is {rows.get(name)}"
            total += len(load.acknowledged)
        return total
