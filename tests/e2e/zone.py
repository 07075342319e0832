# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole zone of the real programs in a directory of its own: PostgreSQL, cc-controller, nodes with cc-agent-priv and cc-agent, and ccctl.

Everything is started by this process and ended by pid, also when a test fails. Programs come from the build directory in CC_BUILD."""

import contextlib
import glob
import json
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from api import Unreachable, request

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("CC_BUILD", os.path.join(TOP, "build", "dev"))
AGENT_USER = "nobody"
STOP_GRACE = int(os.environ.get("CC_STOP_GRACE", "2"))  # seconds; slow machines need more


def program(name):
    folder = {"cc-controller": "controller", "ccctl": "cli"}.get(name, "agent")
    return os.path.join(BUILD, folder, name)


def eventually(what, check, seconds=30, step=0.05):
    """Waits until check() is true; fails with `what` and the last exception otherwise."""
    end = time.monotonic() + seconds
    last = None
    while True:
        try:
            result = check()
            if result:
                return result
            last = None
        except (AssertionError, CommandFailed, OSError, KeyError, IndexError, ValueError) as e:
            last = e
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}" + (f" ({last})" if last else ""))
        time.sleep(step)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class CommandFailed(Exception):
    def __init__(self, args, result):
        self.status = result.returncode
        self.stdout, self.stderr = result.stdout, result.stderr
        super().__init__(f"{' '.join(args)} exited with {result.returncode}: {result.stderr.strip()}")


class Daemon:
    """A program that is started, killed and started again; its output goes to a file."""

    def __init__(self, name, args, log, env=None):
        self.name, self.args, self.log, self.env = name, args, log, env
        self.process = None

    def start(self):
        assert self.process is None or self.process.poll() is not None, f"{self.name} runs already"
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                self.args, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, env={**os.environ, **(self.env or {})}
            )
        return self

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self, sig=signal.SIGKILL):
        if self.alive():
            self.process.send_signal(sig)
            self.process.wait(60)

    def stop(self):
        """As systemd would; returns the exit status, or None when it had ended before."""
        if not self.alive():
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} did not end within 60 s of SIGTERM")

    def tail(self, lines=30):
        with open(self.log, "rb") as f:
            return b"\n".join(f.read().splitlines()[-lines:]).decode(errors="replace")


class Postgres:
    """`durable`: as shipped. Without it, commits do not wait for the disk: a killed server still loses nothing, only a power cut would."""

    def __init__(self, folder, durable=False, port=None):
        self.dir = folder
        self.port = port  # of TCP on this machine; None: the socket alone
        self.socket = os.path.join(folder, "socket")
        os.makedirs(self.socket)
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        user = pwd.getpwnam("postgres")
        for path in (folder, self.socket):
            os.chown(path, user.pw_uid, user.pw_gid)
        self.conninfo = f"host={self.socket} port={port or 5432} dbname=postgres user=postgres"
        self.data = os.path.join(folder, "data")
        self.run = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        subprocess.run(
            self.run + [f"{self.bin}/initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            check=True, stdout=subprocess.DEVNULL, cwd="/")
        self.daemon = Daemon(
            "postgres",
            self.run + [f"{self.bin}/postgres", "-D", self.data, "-k", self.socket, "-c", f"listen_addresses={'127.0.0.1' if port else ''}", "-c", f"port={port or 5432}",
             "-c", f"fsync={'on' if durable else 'off'}"],
            os.path.join(folder, "log"))

    def start(self):
        # A killed server leaves its session processes behind for a moment; the new one refuses to start until they are gone.
        def up():
            if not self.daemon.alive():
                self.daemon.start()
                time.sleep(0.2)
            return subprocess.run([f"{self.bin}/pg_isready", "-q", "-h", self.socket, "-p", str(self.port or 5432)]).returncode == 0
        eventually("PostgreSQL accepts connections", up, 60)
        return self

    def kill(self):
        self.daemon.kill(signal.SIGKILL)

    def stop(self):
        if self.daemon.alive():
            self.daemon.process.send_signal(signal.SIGQUIT)
            self.daemon.process.wait(60)

    def query(self, sql):
        """Rows as lists of text."""
        out = subprocess.run([f"{self.bin}/psql", "-XAtq", "-F", "\t", "-d", self.conninfo, "-c", sql], check=True, capture_output=True, text=True)
        return [line.split("\t") for line in out.stdout.splitlines()]


class Node:
    """One ordinary node. Several live on this machine with different state directories, bridges, subnets, cgroups and ids."""

    count = 0

    def __init__(self, zone, name, driver="lxc", priv_args=(), settings=None):
        Node.count += 1
        self.zone, self.name, self.driver = zone, name, driver
        self.number = (os.getpid() * 7 + Node.count) % 200
        self.dir = os.path.join(zone.dir, "node-" + name)
        self.agent_dir = os.path.join(self.dir, "agent")
        os.makedirs(self.agent_dir)
        user = pwd.getpwnam(AGENT_USER)
        self.as_agent = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        os.chown(self.agent_dir, user.pw_uid, user.pw_gid)
        self.config = os.path.join(self.dir, "agent.yaml")
        with open(self.config, "w") as f:
            for key, value in {"state_dir": self.agent_dir, "log_level": "debug", "stop_grace": f"{STOP_GRACE}s", **(settings or {})}.items():
                f.write(f"{key}: {value}\n")
        self.bridge = f"cce{self.number}"
        # Two /25 networks of one /24: ours below, and room for a benchmark's own containers above.
        self.prefix = f"10.{100 + self.number // 100}.{self.number % 100}"
        self.cgroup = f"communitycloud-e2e/{os.getpid()}-{name}"
        args = [program("cc-agent-priv"), "--state-dir", os.path.join(self.dir, "priv"), "--driver", driver, "--user", AGENT_USER,
                "--agent", zone.agent_program, "--bridge", self.bridge, "--subnet", self.prefix + ".0/24",
                "--cgroup-dir", self.cgroup, "--id-base", str(65536 * (16384 + 300 * Node.count)), *priv_args, "--", "run", "--config", self.config]
        self.clock = os.path.join(self.dir, "clock")
        self.daemon = Daemon("cc-agent-priv of " + name, args, os.path.join(self.dir, "log"), {"CC_TEST_CLOCK_OFFSET_FILE": self.clock})

    def join(self, token=None):
        token = token or self.zone.ccctl("node", "invite", self.name, "-o", "name").strip()
        r = subprocess.run(self.as_agent + [self.zone.agent_program, "join", token, "--config", self.config], capture_output=True, text=True, cwd="/")
        if r.returncode != 0:
            raise CommandFailed(["cc-agent", "join"], r)
        return self

    def start(self):
        self.daemon.start()
        return self

    def agent_pid(self):
        """Of the unprivileged half, 0 while there is none."""
        out = subprocess.run(["pgrep", "-P", str(self.daemon.pid), "-x", "cc-agent"], capture_output=True, text=True).stdout.split()
        return int(out[0]) if out else 0

    def kill_agent(self):
        pid = self.agent_pid()
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill_priv(self):
        self.daemon.kill(signal.SIGKILL)

    def running(self):
        """Ids of containers whose init really runs, from the kernel's cgroups and not from anything the programs say."""
        found = set()
        for procs in glob.glob(f"/sys/fs/cgroup/pids/{self.cgroup}/**/cgroup.procs", recursive=True) + glob.glob(
                f"/sys/fs/cgroup/{self.cgroup}/**/cgroup.procs", recursive=True):
            folder = os.path.basename(os.path.dirname(procs))
            parts = [p for p in procs.split("/") if len(p) >= 36 and p.count("-") >= 4]
            try:
                with open(procs) as f:
                    busy = f.read().strip() != ""
            except OSError:
                continue
            if busy and parts and "monitor" not in folder:
                found.add(parts[0][-36:])
        return found

    def purge(self):
        """Ends the node's programs and removes what they made on this machine."""
        self.daemon.stop()
        flags = self.daemon.args[1:self.daemon.args.index("--")]
        with open(self.daemon.log, "ab") as log:
            subprocess.run([program("cc-agent-priv"), *flags, "--teardown"], stdout=log, stderr=log)


class Zone:
    def __init__(self, settings=None, advertise=None, durable=False):
        self.dir = tempfile.mkdtemp(prefix="cc-e2e-", dir="/tmp")
        os.chmod(self.dir, 0o755)
        self.nodes = []
        # It runs as another user, who may not be able to walk to the build directory.
        self.agent_program = shutil.copy(program("cc-agent"), self.dir)
        self.pg = Postgres(os.path.join(self.dir, "pg"), durable).start()
        self.port = free_port()
        self.socket = os.path.join(self.dir, "controller.sock")
        self.config = os.path.join(self.dir, "controller.yaml")
        state = os.path.join(self.dir, "controller")
        os.makedirs(state)
        values = {"zone": "village", "state_dir": state, "database": f'"{self.pg.conninfo}"', "http_listen": f'"127.0.0.1:{self.port}"',
                  "http_socket": self.socket, "advertise": f'["127.0.0.1:{advertise or self.port}"]', "log_level": "debug", **(settings or {})}
        with open(self.config, "w") as f:
            for key, value in values.items():
                f.write(f"{key}: {value}\n")
        self.values = values
        self.standby = None  # a second controller, and its socket
        self.standby_socket = os.path.join(self.dir, "standby.sock")
        self.clock = os.path.join(self.dir, "clock")
        self.faults = os.path.join(self.dir, "faults")
        os.makedirs(self.faults)
        self.controller = Daemon("cc-controller", [program("cc-controller"), "--config", self.config], os.path.join(self.dir, "controller.log"),
                                 {"CC_TEST_FAULT_DIR": self.faults, "CC_TEST_CLOCK_OFFSET_FILE": self.clock})

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        # Not when somebody ends it.
        failed = kind is not None and issubclass(kind, Exception)
        try:
            for node in self.nodes:
                node.purge()
            self.controller.stop()
        finally:
            self.controller.kill()
            if self.standby:
                self.standby.kill()
            for node in self.nodes:
                node.daemon.kill()
            self.pg.stop()
        if failed or os.environ.get("CC_KEEP"):
            for daemon in [self.controller] + [self.standby] * (self.standby is not None) + [n.daemon for n in self.nodes]:
                print(f"--- last lines of {daemon.name}\n{daemon.tail()}", file=sys.stderr)
            print(f"everything is kept in {self.dir}", file=sys.stderr)
        else:
            shutil.rmtree(self.dir, ignore_errors=True)

    def start(self):
        self.controller.start()
        self.wait_ready()
        return self

    def add_standby(self):
        """A second controller with the zone's key and the same folder of images; before the first node joins."""
        state, config = os.path.join(self.dir, "standby"), os.path.join(self.dir, "standby.yaml")
        os.makedirs(state)
        shutil.copy(os.path.join(self.values["state_dir"], "identity.pem"), state)
        os.symlink(os.path.join(self.values["state_dir"], "images"), os.path.join(state, "images"))
        port = free_port()
        with open(config, "w") as f:
            for key, value in {**self.values, "state_dir": state, "http_socket": self.standby_socket, "http_listen": f'"127.0.0.1:{port}"',
                               "advertise": f'["127.0.0.1:{port}"]'}.items():
                f.write(f"{key}: {value}\n")
        self.standby = Daemon("cc-controller standby", [program("cc-controller"), "--config", config], os.path.join(self.dir, "standby.log"),
                              {"CC_TEST_CLOCK_OFFSET_FILE": self.clock}).start()

    def sockets(self):
        return [self.socket, self.standby_socket] if self.standby else [self.socket]

    def active_socket(self):
        """Where the zone is served; the first while nowhere."""
        for path in self.sockets() if self.standby else []:
            try:
                if request(path, "GET", "/readyz", timeout=2)[0] == 200:
                    return path
            except Unreachable:
                pass
        return self.socket

    def wait_ready(self, seconds=60):
        def ready():
            assert self.controller.alive(), "the controller ended:\n" + self.controller.tail()
            return self.run_ccctl("status").returncode == 0
        eventually("the controller answers", ready, seconds)

    def add_node(self, name, token=None, **how):
        node = Node(self, name, **how)
        self.nodes.append(node)
        node.join(token)
        node.start()
        self.wait_node(name)
        return node

    def wait_node(self, name, state="ready"):
        eventually(f"node {name} is {state}", lambda: self.json("node", "show", name)["state"] == state)

    def run_ccctl(self, *args, input=None, timeout=120, env=None):
        return subprocess.run([program("ccctl"), "--socket", self.active_socket(), *args], capture_output=True, text=True, input=input, timeout=timeout,
                              env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL if input is None else None)

    def ccctl(self, *args, **how):
        r = self.run_ccctl(*args, **how)
        if r.returncode != 0:
            raise CommandFailed(["ccctl", *args], r)
        return r.stdout

    def json(self, *args):
        return json.loads(self.ccctl(*args, "-o", "json"))

    def arm(self, fault):
        """The controller ends as by kill -9 the next time it comes to this cc_fault_point."""
        open(os.path.join(self.faults, fault), "w").close()

    def instances(self):
        return {i["name"]: i for i in self.json("list")}

    def import_busybox(self, name="busybox"):
        rootfs = os.path.join(self.dir, "rootfs-" + name)
        make_busybox(rootfs)
        self.ccctl("image", "import", name, rootfs)


class ZoneTestCase(unittest.TestCase):
    """One zone for all tests of a class, with an image and a node."""
    settings = None

    @classmethod
    def setUpClass(cls):
        cls.context = Zone(cls.settings)
        cls.zone = cls.context.__enter__()
        try:
            cls.zone.start()
            cls.zone.import_busybox()
            cls.furnish()
        except BaseException:
            cls.context.__exit__(RuntimeError, None, None)
            raise

    @classmethod
    def furnish(cls):
        cls.node = cls.zone.add_node("ada")

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__(None, None, None)

    def remove_instances(self):
        for name in self.zone.instances():
            try:
                self.zone.ccctl("delete", name, "--yes")
            except CommandFailed:
                if name in self.zone.instances():
                    raise


def make_busybox(rootfs):
    """A directory with a small system: busybox-static and an inittab."""
    for folder in ("bin", "sbin", "etc", "proc", "sys", "dev", "tmp", "root", "var", "usr/bin", "usr/sbin", "run"):
        os.makedirs(os.path.join(rootfs, folder), exist_ok=True)
    shutil.copy("/bin/busybox", os.path.join(rootfs, "bin/busybox"))
    for applet in subprocess.run(["/bin/busybox", "--list"], check=True, capture_output=True, text=True).stdout.split():
        path = os.path.join(rootfs, "bin", applet)
        if not os.path.lexists(path):
            os.symlink("busybox", path)
    os.symlink("../bin/busybox", os.path.join(rootfs, "sbin/init"))
    with open(os.path.join(rootfs, "etc/inittab"), "w") as f:
        f.write("::sysinit:/bin/true\n::respawn:/bin/sleep 100000\n::shutdown:/bin/true\n")
    with open(os.path.join(rootfs, "etc/passwd"), "w") as f:
        f.write("root:x:0:0:root:/root:/bin/sh\n")
    with open(os.path.join(rootfs, "etc/group"), "w") as f:
        f.write("root:x:0:\n")


def jump_clock(path, seconds):
    """Test builds of the programs that were given this file add the offset to the wall clock; the machine's clock stays as it is."""
    with open(path + ".new", "w") as f:
        f.write(str(int(seconds * 1000)))
    os.rename(path + ".new", path)


def seed():
    """The seed of a random test, printed first; CC_SEED replays."""
    value = int(os.environ.get("CC_SEED") or random.SystemRandom().randrange(1 << 31))
    print(f"CC_SEED={value}", flush=True)
    return value
