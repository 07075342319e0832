# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that run code of somebody else (common/confine_escape.c) and get nowhere; and the same without fences, which shows what the attempts are worth."""

import ctypes
import glob
import os
import re
import shutil
import socket
import sys
import tempfile

from zone import Node, Zone, eventually, program

SANITIZED = b"__asan_init" in open(program("ccctl"), "rb").read()
LANDLOCK = ctypes.CDLL(None).syscall(444, None, 0, 1)

# What each fence holds, and the error that tells which one it was.
FILES = {name: {"EACCES"} for name in ("read_shadow", "read_foreign", "list_foreign", "write_foreign", "make_file")}
PORTS = {name: {"EACCES"} for name in ("dial_foreign", "listen_foreign")}
CALLS = {name: {"EPERM"} for name in (
    "make_link", "start_process", "enter_user_namespace", "leave_network", "leave_users", "join_namespace", "trace_parent", "read_parent", "signal_parent",
    "mount_over", "raw_socket", "packet_socket", "load_bpf", "ask_keyring", "make_userfaultfd", "set_up_io_uring", "load_module", "load_kernel",
    "make_memory_file", "forge_input")}
EXEC = {"exec": {"EPERM", "EACCES"}}  # both fences hold it
# Open to root without fences, on every kernel that we know.
FREE = {"read_shadow", "read_foreign", "list_foreign", "write_foreign", "make_file", "make_link", "start_process", "leave_network", "join_namespace",
        "trace_parent", "read_parent", "signal_parent", "mount_over", "raw_socket", "packet_socket", "dial_foreign", "listen_foreign", "make_memory_file",
        "exec"}
# To an ordinary user.
FREE_TO_ALL = {"read_foreign", "list_foreign", "start_process", "dial_foreign", "listen_foreign", "make_memory_file", "exec"}


class Trap:
    """A folder that no program has business in, and a port that none has business with."""

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="cc-escape-", dir="/tmp")
        os.chmod(self.dir, 0o755)
        os.mkdir(os.path.join(self.dir, "mount"))
        with open(os.path.join(self.dir, "secret"), "w") as f:
            f.write("not yours\n")
        os.chmod(os.path.join(self.dir, "secret"), 0o644)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.env = {"CC_TEST_ESCAPE": self.dir, "CC_TEST_ESCAPE_PORT": str(self.listener.getsockname()[1])}
        return self

    def __exit__(self, *_):
        self.listener.close()
        shutil.rmtree(self.dir)


def outcomes(text):
    return dict(re.findall(r"^escape (?:thread|main) (\w+): (\w+)$", text, re.M))


def expect_caught(who, text):
    got = outcomes(text)
    want = dict(EXEC)
    if LANDLOCK > 0:
        want |= FILES
    if LANDLOCK >= 4:
        want |= PORTS
    if not SANITIZED:
        want |= CALLS
    wrong = {name: got.get(name) for name, errors in want.items() if got.get(name) not in errors}
    assert not wrong, f"{who} got away: {wrong}\n{text[-3000:]}"
    print(f"{who}: {len(want)} attempts caught")


def expect_free(who, text, free):
    got = outcomes(text)
    wrong = {name: got.get(name) for name in free if got.get(name) != "ok"}
    assert not wrong, f"the control run of {who} is worth nothing: {wrong}\n{text[-3000:]}"
    print(f"{who} without fences: {len(free)} attempts succeeded")


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def expect_every_thread_fenced(pid):
    threads = glob.glob(f"/proc/{pid}/task/*/status")
    assert threads
    for path in threads:
        status = read(path)
        assert "NoNewPrivs:\t1" in status, path
        assert SANITIZED or "Seccomp:\t2" in status, path


def tried_all(log):
    eventually("everything was tried", lambda: re.search("^escape (done|main exec: ok)", read(log), re.M))
    return read(log)


def fenced(trap):
    with Zone() as zone:
        zone.controller.env |= trap.env
        zone.start()
        text = tried_all(zone.controller.log)
        expect_caught("cc-controller", text)
        expect_every_thread_fenced(zone.controller.pid)
        assert "event=confined" in text or "event=confine_failed" in text, text
        assert zone.json("status")["fences"] in text

        node = Node(zone, "ada", driver="sim")
        zone.nodes.append(node)
        node.join()
        node.daemon.env |= trap.env
        node.start()
        expect_caught("cc-agent", tried_all(node.daemon.log))
        zone.wait_node("ada")
        expect_every_thread_fenced(node.agent_pid())

        # What changes the machine itself, gone from the half with rights: modules, raw memory, another kernel, the clock, the log, raw packets.
        bounds = int(re.search(r"^CapBnd:\s+(\w+)", read(f"/proc/{node.daemon.pid}/status"), re.M).group(1), 16)
        assert bounds & sum(1 << cap for cap in (13, 16, 17, 22, 25, 33, 34)) == 0, hex(bounds)

        r = zone.run_ccctl("status", env=trap.env)
        assert r.returncode == 0, r.stderr
        expect_caught("ccctl", r.stderr)


def unfenced(trap):
    env = {**trap.env, "CC_TEST_CONFINE": "off"}
    with Zone() as zone:
        expect_free("ccctl", zone.run_ccctl("status", env=env).stderr, FREE)
        zone.start()
        node = Node(zone, "ada", driver="sim")
        zone.nodes.append(node)
        node.join()
        node.daemon.env |= env
        node.start()
        expect_free("cc-agent", tried_all(node.daemon.log), FREE_TO_ALL)
        zone.controller.stop()
        zone.controller.env |= env
        zone.controller.start()
        expect_free("cc-controller", tried_all(zone.controller.log), FREE)


def main():
    if LANDLOCK <= 0 and SANITIZED:
        print("SKIP: neither Landlock in this kernel nor seccomp in this build")
        sys.exit(77)
    print(f"landlock {LANDLOCK}, seccomp {'off in this build' if SANITIZED else 'on'}")
    with Trap() as trap:
        fenced(trap)
    with Trap() as trap:
        unfenced(trap)


if __name__ == "__main__":
    main()
