# SPDX-License-Identifier: GPL-3.0-or-later
"""exec, console and logs through a real zone: terminals, slow readers, and the death of each program on the way."""

import os
import pty
import signal
import subprocess
import time
import unittest

from zone import ZoneTestCase, eventually, program

# What a stream may cost a program on its way, beyond what it had before: its bounded buffers, with what the C library keeps of them.
ROOM_KB = 8192
# AddressSanitizer keeps what was freed, and ccctl counts from nothing. A program that held on to the gigabyte would need 1048576.
ROOM_SANITIZED_KB = 65536
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
with open(program("ccctl"), "rb") as f:
    SANITIZED = b"__asan_init" in f.read()


def rss_kb(pid, field="VmRSS"):
    with open(f"/proc/{pid}/status") as f:
        # Nothing of one that has just ended.
        return next((int(line.split()[1]) for line in f if line.startswith(field)), 0)


class Streams(ZoneTestCase):
    @classmethod
    def furnish(cls):
        super().furnish()
        cls.zone.ccctl("create", "box", "--image", "busybox", "--memory", "64MiB")

    def begin(self, *args, **how):
        how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
        process = subprocess.Popen([program("ccctl"), "--socket", self.zone.socket, *args], **how)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def sleepers(self, seconds):
        words = f"sleep\0{seconds}\0"
        found = self.zone.ccctl("exec", "box", "--", "sh", "-c", "for p in /proc/[0-9]*; do cat $p/cmdline; echo; done 2>/dev/null")
        return found.count(words)

    def test_a_terminal_inside_is_the_instances_own(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        process = self.begin("exec", "box", "--", "sh", "-c", "tty; stty size; exit 3", stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        text = b""
        try:
            while chunk := os.read(ours, 4096):
                text += chunk
        except OSError:
            pass
        self.assertEqual(process.wait(30), 3)
        self.assertRegex(text.decode(), r"^/dev/pts/\d+\r\n")

    def test_a_client_that_dies_takes_its_program_along(self):
        process = self.begin("exec", "box", "--", "sleep", "701")
        eventually("it runs", lambda: self.sleepers(701) == 1)
        process.kill()
        eventually("it is gone", lambda: self.sleepers(701) == 0)

    def test_a_gigabyte_to_a_slow_reader_costs_nobody_memory(self):
        pids = {"cc-controller": self.zone.controller.pid, "cc-agent": self.node.agent_pid(), "cc-agent-priv": self.node.daemon.pid}
        before = {name: rss_kb(pid) for name, pid in pids.items()}
        process = self.begin("exec", "box", "--", "dd", "if=/dev/zero", "bs=65536", "count=16384")
        total, largest = 0, dict.fromkeys([*pids, "ccctl"], 0)
        while chunk := process.stdout.read(1 << 20):
            total += len(chunk)
            if total < 20 << 20:
                time.sleep(0.02)
            if total % (64 << 20) == 0 or total < 20 << 20:
                for name, pid in pids.items():
                    largest[name] = max(largest[name], rss_kb(pid) - before[name])
                largest["ccctl"] = max(largest["ccctl"], rss_kb(process.pid))
        self.assertEqual((total, process.wait(30)), (1 << 30, 0))
        print("grew by kB:", largest, end=" ", flush=True)
        for name, kb in largest.items():
            self.assertLess(kb, ROOM_SANITIZED_KB if SANITIZED else 2 * ROOM_KB if name == "ccctl" else ROOM_KB, name)

    def test_an_instance_that_stops_ends_its_programs(self):
        self.zone.ccctl("create", "short", "--image", "busybox")
        process = self.begin("exec", "short", "--", "sleep", "702")
        follower = self.begin("logs", "-f", "short")
        eventually("it runs", lambda: "sleep" in self.zone.ccctl("exec", "short", "--", "ps"))
        self.zone.ccctl("stop", "short")
        # Asked to end by its init, or killed with it.
        self.assertIn(process.wait(30), (128 + signal.SIGTERM, 128 + signal.SIGKILL))
        self.assertEqual(follower.wait(30), 0)
        refused = self.zone.run_ccctl("exec", "short", "--", "true")
        self.assertEqual(refused.returncode, 5, refused.stderr)

    def test_logs_tell_what_init_said_after_a_stop_and_a_restart_of_the_agent(self):
        self.zone.ccctl("create", "talk", "--image", "busybox")
        self.zone.ccctl("exec", "talk", "--", "sh", "-c", "for i in 1 2 3; do echo word $i >/dev/console; done; sleep 0.3")
        self.assertIn("word 3", self.zone.ccctl("logs", "talk", "--lines", "1"))
        self.zone.ccctl("stop", "talk")
        self.node.kill_agent()
        eventually("the agent is back", lambda: "word 1" in self.zone.ccctl("logs", "talk"))
        self.assertEqual(self.zone.run_ccctl("logs", "nobody").returncode, 3)

    def test_a_console_is_for_one_at_a_time(self):
        first = self.begin("console", "box", stdin=subprocess.PIPE)

        def second_is_refused():
            second = self.begin("console", "box", stdin=subprocess.PIPE)
            try:
                return second.wait(2) == 5
            except subprocess.TimeoutExpired:
                self.end(second)
                return False

        time.sleep(1)
        eventually("the second is refused", second_is_refused)
        first.send_signal(signal.SIGINT)
        self.assertEqual(first.wait(30), 0)

    def test_the_death_of_a_program_on_the_way_ends_it(self):
        for number, (what, kill) in enumerate((("agent", self.node.kill_agent), ("priv", self.kill_priv), ("controller", self.kill_controller))):
            with self.subTest(what=what):
                process = self.begin("exec", "box", "--", "sleep", str(710 + number))
                eventually("it runs", lambda n=number: self.sleepers(710 + n) == 1)
                kill()
                self.assertEqual(process.wait(60), 6, what)
                eventually("it is gone", lambda n=number: self.sleepers(710 + n) == 0, seconds=60)

    def kill_priv(self):
        self.node.kill_priv()
        self.node.start()
        self.zone.wait_node("ada")

    def kill_controller(self):
        self.zone.controller.kill()
        self.zone.start()
        self.zone.wait_node("ada")


if __name__ == "__main__":
    unittest.main(verbosity=2)
