# SPDX-License-Identifier: GPL-3.0-or-later
"""ccctl cp through a real zone: what arrives, what is refused, hostile instances, and the death of each program on the way."""

import glob
import hashlib
import os
import pty
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from zone import Zone, eventually, program

ROOM_KB = 8192

# AddressSanitizer keeps what was freed; that is no memory of ours.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1:thread_local_quarantine_size_kb=64"


def rss_kb(pid):
    with open(f"/proc/{pid}/status") as f:
        return next((int(line.split()[1]) for line in f if line.startswith("VmRSS")), 0)


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else hashlib.sha256(f.read()).hexdigest()


class Copy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = Zone()
        cls.zone = cls.context.__enter__()
        try:
            cls.zone.start()
            cls.zone.import_busybox()
            cls.node = cls.zone.add_node("ada")
            cls.zone.ccctl("create", "box", "--image", "busybox", "--memory", "512MiB", "--pids", "64")
        except BaseException:
            cls.context.__exit__(RuntimeError, None, None)
            raise

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__(None, None, None)

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="cc-copy-", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.sh("rm -rf /t && mkdir /t")

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, data=b"x"):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(os.fsencode(self.path(name)), "wb") as f:
            f.write(data)
        return self.path(name)

    def sh(self, line, name="box"):
        return self.zone.ccctl("exec", name, "--", "sh", "-c", line)

    def cp(self, *args, **how):
        return self.zone.run_ccctl("cp", *args, **how)

    def good(self, *args):
        r = self.cp(*args)
        self.assertEqual((r.returncode, r.stderr), (0, ""))

    def bad(self, status, text, *args, **how):
        r = self.cp(*args, **how)
        self.assertEqual(r.returncode, status, r.stderr)
        self.assertIn(text, r.stderr)

    def begin(self, *args, **how):
        how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
        process = subprocess.Popen([program("ccctl"), "--socket", self.zone.socket, *args], **how)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe and not pipe.closed:
                pipe.close()

    def helpers(self, name="box"):
        """Processes inside that copy."""
        return self.zone.ccctl("exec", name, "--", "sh", "-c", "cat /proc/[0-9]*/comm").split().count("cc-agent-priv")

    def test_a_tree_goes_in_and_comes_back_as_it_was(self):
        self.write("src/deep/er/file", os.urandom(300000))
        self.write("src/empty", b"")
        self.write("src/two\nlines")
        self.write("src/zwölf €")
        self.write("src/" + "n" * 255)
        with open(os.fsencode(self.path("src")) + b"/latin\xe4", "wb") as f:
            f.write(b"1")
        os.symlink("deep/er/file", self.path("src/link"))
        os.link(self.path("src/deep/er/file"), self.path("src/deep/same"))
        os.truncate(self.write("src/holes"), 200 << 20)
        os.chmod(self.path("src/deep"), 0o750)
        os.utime(self.path("src/empty"), ns=(10**18, 10**18 + 123456789))
        os.utime(self.path("src/deep/er"), (10**9, 10**9))
        self.good(self.path("src"), "box:/t")
        self.assertEqual(self.sh("cd /t/src; stat -c '%a %u:%g' deep empty; stat -c %h deep/er/file"), "750 0:0\n644 0:0\n2\n")
        self.assertLess(int(self.sh("du -k /t/src/holes | cut -f1")), 1024)
        self.good("box:/t/src", self.path("back"))
        look = "find . -printf '%P|%y|%m|%T@|%l|%n\\n' | LC_ALL=C sort"
        self.assertEqual(subprocess.check_output(look, shell=True, cwd=self.path("src")), subprocess.check_output(look, shell=True, cwd=self.path("back")))
        subprocess.run(["diff", "-r", "--no-dereference", self.path("src"), self.path("back")], check=True)
        self.assertLess(os.stat(self.path("back/holes")).st_blocks, 2048)

    def test_a_hundred_megabytes_both_ways(self):
        data = self.write("big", os.urandom(1 << 20) * 130)
        self.good(data, "box:/t/big")
        self.assertEqual(self.sh("sha256sum </t/big").split()[0], sha256(data))
        self.good("box:/t/big", self.path("back"))
        self.assertEqual(sha256(self.path("back")), sha256(data))
        self.sh("rm /t/big")

    def test_targets_are_understood_as_by_cp(self):
        self.write("a", b"1")
        self.write("b", b"2")
        self.write("d/x", b"3")
        self.good(self.path("a"), "box:/t/new")
        self.good(self.path("a"), self.path("b"), self.path("d"), "box:/t")
        self.good(self.path("d"), "box:/t/named")
        self.good(self.path("d") + "/.", "box:/t/content")
        self.good(self.path("d") + "/.", "box:/t")
        self.good(self.path("a"), "box:t/relative")
        self.good(self.path("a"), "box:/../../t/above")
        self.assertEqual(self.sh("cd /t; cat new a b d/x named/x content/x x relative above"), "112333311"[:9])
        os.makedirs(self.path("out"))
        self.good("box:/t/a", "box:/t/d", self.path("out"))
        self.good("box:/t/d/.", self.path("out/content"))
        self.good("box:/t/d/..", self.path("out/up"))
        self.good("box:/../../../t/a", self.path("out/up"))
        self.assertEqual(sorted(os.listdir(self.path("out"))), ["a", "content", "d", "up"])
        self.assertIn("named", os.listdir(self.path("out/up")))
        self.bad(3, "there is no directory", self.path("a"), "box:/t/no/where")
        self.bad(3, "there is no directory", self.path("a"), "box:/t/no/")
        self.bad(3, "there is no directory", self.path("a"), self.path("b"), "box:/t/no")
        self.bad(3, "there is no '/t/no'", "box:/t/no", self.path("x"))
        self.bad(3, "there is no", self.path("no"), "box:/t")
        self.bad(5, "ot a directory", self.path("a"), "box:/t/a/")
        self.bad(5, "is a directory there", self.write("d2/d"), "box:/t")
        self.bad(2, "of one and the same", "box:/t/a", "other:/t/b")
        self.bad(2, "of one and the same", self.path("a"), self.path("b"))
        self.bad(2, "path is missing", self.path("a"), "box:")
        self.bad(2, "name is missing", self.path("a"), ":/t")
        self.bad(2, "two sources", "box:/t/a", "box:/t/named/../a", self.path("out"))
        self.bad(3, "did you mean 'box'", self.path("a"), "bxo:/t")

    def test_tar_streams_on_stdin_and_stdout(self):
        self.write("d/x", b"3")
        tar = subprocess.check_output(["tar", "c", "-C", self.dir, "d"])
        process = self.begin("cp", "-", "box:/t", stdin=subprocess.PIPE)
        self.assertEqual(process.communicate(tar), (b"", b""))
        self.assertEqual((process.returncode, self.sh("cat /t/d/x")), (0, "3"))
        out = self.begin("cp", "box:/t/d", "-").communicate()[0]
        self.assertEqual(subprocess.run(["tar", "xO", "d/x"], input=out, capture_output=True).stdout, b"3")
        for wrong, text in ((tar[:1024], b"cut"), (b"nonsense" * 200, b"no tar stream"), (b"", b"no tar stream"), (tar[:700], b"cut")):
            process = self.begin("cp", "-", "box:/t", stdin=subprocess.PIPE)
            _, said = process.communicate(wrong)
            self.assertEqual(process.returncode, 2, said)
            self.assertIn(text, said)
        two = subprocess.run(f"{program('ccctl')} --socket {self.zone.socket} cp box:/t/d - | {program('ccctl')} --socket {self.zone.socket} cp - box:/t/d", shell=True)
        self.assertEqual((two.returncode, self.sh("cat /t/d/d/x")), (0, "3"))
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        refused = self.begin("cp", "box:/t/d", "-", stdout=theirs)
        os.close(theirs)
        self.assertEqual((refused.wait(30), b"terminal" in refused.stderr.read()), (2, True))

    def test_owners_are_kept_on_demand(self):
        os.chown(self.write("f"), 1000, 100)
        os.chmod(self.path("f"), 0o4755)
        self.good(self.path("f"), "box:/t/plain")
        self.good("-a", self.path("f"), "box:/t/kept")
        self.assertEqual(self.sh("stat -c '%u:%g %a' /t/plain /t/kept"), "0:0 755\n1000:100 4755\n")
        self.good("box:/t/kept", self.path("plain"))
        self.good("-a", "box:/t/kept", self.path("kept"))
        looks = [os.stat(self.path(name)) for name in ("plain", "kept")]
        self.assertEqual([(s.st_uid, s.st_gid, s.st_mode & 0o7777) for s in looks], [(0, 0, 0o755), (1000, 100, 0o4755)])
        os.chown(self.write("far"), 200000, 0)
        r = self.cp("-a", self.path("far"), "box:/t/far")
        self.assertNotEqual(r.returncode, 0)
        self.assertEqual(self.sh("ls -A /t"), "kept\nplain\n")

    def test_special_files_are_left_out_with_a_word(self):
        self.write("d/file")
        os.mkfifo(self.path("d/pipe"))
        os.mknod(self.path("d/null"), 0o600 | 0o020000, os.makedev(1, 3))
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(self.path("d/socket"))
            r = self.cp(self.path("d"), "box:/t")
            self.bad(2, "is a socket", self.path("d/socket"), "box:/t")
        self.assertEqual(r.returncode, 0, r.stderr)
        for word in ("pipe': it is a FIFO", "null': it is a device", "socket': it is a socket"):
            self.assertIn(word, r.stderr)
        self.assertEqual(self.sh("ls /t/d"), "file\n")
        self.bad(2, "is a FIFO", self.path("d/pipe"), "box:/t")
        self.bad(2, "is a device", "box:/dev/null", self.path("x"))
        self.sh("mkfifo /t/d/pipe; printf '\\033[31m' >/t/d/name; mkfifo \"$(printf '/t/d/red\\033[31m\\nccctl: lie')\"")
        r = self.cp("box:/t/d", self.path("back"))
        self.assertEqual(r.returncode, 0)
        self.assertNotIn("\033", r.stderr)
        self.assertEqual(sorted(os.listdir(self.path("back"))), ["file", "name"])
        # The kernel's own files say that they are empty, and are then.
        self.good("box:/proc/version", self.path("version"))

    def test_files_that_may_not_be_written_or_read(self):
        self.write("f")
        self.sh("mkdir /t/ro && mount -t tmpfs -o ro none /t/ro")
        self.bad(4, "Read-only", self.path("f"), "box:/t/ro")
        self.sh("umount /t/ro")
        self.write("d/etc/motd")
        self.sh("mkdir /t/d && ln -s /etc /t/d/etc")
        self.bad(5, "is no directory", self.path("d"), "box:/t")
        self.assertEqual(self.zone.run_ccctl("exec", "box", "--", "test", "-e", "/etc/motd").returncode, 1)
        # Who asks over the network is another user, here nobody.
        token = self.zone.ccctl("member", "add", "nadia", "-o", "name").strip()
        env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "CCCTL_TOKEN": token}
        # Who may not be able to walk to the build directory.
        parts = os.path.join(self.zone.dir, "nobodys")
        os.mkdir(parts)
        for part in [program("ccctl"), *glob.glob(os.path.join(os.path.dirname(program("ccctl")), "*.so"))]:
            shutil.copy(part, parts)
        nobody = lambda *args: subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", os.path.join(parts, "ccctl"), "--controller", f"127.0.0.1:{self.zone.port}", *args],
                                              capture_output=True, text=True, env=env, cwd="/")
        os.chmod(self.dir, 0o755)
        self.assertEqual(nobody("cp", self.path("f"), "box:/t").returncode, 3, "another member's instance does not exist")
        r = nobody("create", "hers", "--image", "busybox")
        self.assertEqual(r.returncode, 0, r.stderr)
        os.chmod(self.write("mixed/secret"), 0o600)
        self.write("mixed/open")
        r = nobody("cp", self.path("mixed"), "hers:/t")
        self.assertEqual((r.returncode, "secret': Permission denied" in r.stderr), (1, True), r.stderr)
        self.assertEqual(self.sh("ls /t", "hers"), "open\n")
        r = nobody("cp", "hers:/t", self.path("not-mine"))
        self.assertEqual((r.returncode, "Permission denied" in r.stderr), (4, True), r.stderr)
        self.zone.ccctl("delete", "--yes", "hers")

    def test_a_full_disk_inside_is_said(self):
        self.sh("mkdir /t/small && mount -t tmpfs -o size=1m none /t/small")
        self.write("big", os.urandom(3 << 20))
        self.bad(5, "No space left", self.path("big"), "box:/t/small/big")
        self.assertEqual(self.sh("ls -A /t/small; umount /t/small"), "")

    def test_a_full_disk_here_is_said(self):
        os.makedirs(self.path("small"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", self.path("small")], check=True)
        self.addCleanup(subprocess.run, ["umount", self.path("small")], check=True)
        self.sh("head -c 3000000 /dev/urandom >/t/big")
        self.bad(5, "No space left", "box:/t/big", self.path("small"))
        self.assertEqual(os.listdir(self.path("small")), [])

    def test_a_stopped_instance_has_to_run(self):
        self.zone.ccctl("create", "off", "--image", "busybox")
        self.zone.ccctl("stop", "off")
        self.bad(5, "start it first", "box:/t".replace("box", "off"), self.path("x"))
        self.bad(5, "start it first", self.write("f"), "off:/t")
        self.zone.ccctl("delete", "--yes", "off")

    def test_a_guest_that_swaps_directories_for_links_reaches_nothing_of_the_host(self):
        canary = tempfile.mkdtemp(prefix="cc-canary-", dir="/etc")
        self.addCleanup(shutil.rmtree, canary)
        with open(os.path.join(canary, "file"), "w") as f:
            f.write("the host's")
        inside = canary.lstrip("/")
        # The same name inside, so that who follows the link within the instance finds the guest's own.
        self.sh(f"mkdir -p /{inside} && echo guest >/{inside}/file && mkdir -p /t/d /t/real && for i in $(seq 50); do echo mine >/t/real/f$i; done")
        racer = self.begin("exec", "box", "--", "sh", "-c",
                           f"while :; do rm -rf /t/d; ln -s /{inside} /t/d; rm -f /t/d; ln -s /proc/1/root/{inside} /t/d; rm -f /t/d; cp -r /t/real /t/d; done")
        for i in range(50):
            self.write(f"d/f{i}", b"sent")
        self.write("d/file", b"sent")
        outcomes = set()
        for i in range(30):
            outcomes.add(self.cp(self.path("d"), "box:/t").returncode)
            self.assertIn(self.cp("box:/t/d/.", self.path("back")).returncode, (0, 1, 3, 4, 5))
            self.cp("-L", "box:/t/d", self.path("back2"))
        racer.kill()
        self.assertTrue(outcomes <= {0, 1, 3, 4, 5}, outcomes)
        self.assertEqual(os.listdir(canary), ["file"])
        with open(os.path.join(canary, "file")) as f:
            self.assertEqual(f.read(), "the host's")
        found = subprocess.run(["grep", "-rl", "the host's", self.dir], capture_output=True, text=True).stdout
        self.assertEqual(found, "")

    def test_the_process_inside_cannot_be_looked_into_and_counts_as_the_guests(self):
        process = self.begin("cp", "-", "box:/t", stdin=subprocess.PIPE)
        eventually("it is there", lambda: self.helpers() == 1)
        said = self.sh("for p in /proc/[0-9]*; do [ \"$(cat $p/comm 2>/dev/null)\" = cc-agent-priv ] || continue; cat $p/maps $p/environ $p/auxv; ls $p/fd/; readlink $p/exe $p/cwd;"
                       " dd if=$p/mem bs=1 count=1; grep -E '^(NoNewPrivs|Uid|Cap(Eff|Bnd))' $p/status; kill -0 ${p#/proc/} && echo counted; done 2>/dev/null; true")
        self.assertIn("NoNewPrivs:\t1", said)
        self.assertIn("Uid:\t0\t0\t0\t0", said)
        self.assertIn("counted", said)
        for word in ("/lib", "/usr", "PATH=", "pipe:", "socket:"):
            self.assertNotIn(word, said)
        process.stdin.close()
        self.assertEqual(process.wait(30), 2)
        pids = [self.begin("cp", "-", "box:/t", stdin=subprocess.PIPE) for _ in range(3)]
        eventually("they are there", lambda: self.helpers() == 3)
        for p in pids:
            p.stdin.close()

    def test_limits_of_the_instance_hold_for_the_copy(self):
        self.zone.ccctl("create", "tight", "--image", "busybox", "--pids", "8")
        fit = 0
        while self.begin("exec", "tight", "--", "sh", "-c", "echo ready; exec sleep 731").stdout.readline():
            fit += 1
        self.assertLess(fit, 8)
        self.bad(5, "no room for another process", self.write("f"), "tight:/f")
        self.zone.ccctl("delete", "--yes", "tight")

    def test_a_slow_reader_costs_nobody_memory(self):
        self.sh("truncate -s 400M /t/zeros 2>/dev/null || dd if=/dev/zero of=/t/zeros bs=1M count=1 seek=399 2>/dev/null; head -c 60000000 /dev/urandom >/t/noise")
        pids = {"cc-controller": self.zone.controller.pid, "cc-agent": self.node.agent_pid(), "cc-agent-priv": self.node.daemon.pid}
        before = {name: rss_kb(pid) for name, pid in pids.items()}
        process = self.begin("cp", "box:/t/noise", "-")
        largest = dict.fromkeys([*pids, "ccctl"], 0)
        total = 0
        while chunk := process.stdout.read(1 << 20):
            total += len(chunk)
            if total < 30 << 20:
                time.sleep(0.02)
            for name, pid in pids.items():
                largest[name] = max(largest[name], rss_kb(pid) - before[name])
            largest["ccctl"] = max(largest["ccctl"], rss_kb(process.pid))
        self.assertEqual(process.wait(30), 0)
        self.assertGreater(total, 60000000)
        print("grew by kB:", largest, end=" ", flush=True)
        for name, kb in largest.items():
            self.assertLess(kb, ROOM_KB + (24576 if name == "ccctl" else 0), name)

    def half_sent(self, target="box:/t"):
        """A copy into the instance with the first half of a file on its way."""
        tar = subprocess.check_output(["tar", "c", "-C", self.dir, "whole", "half"])
        process = self.begin("cp", "-", target, stdin=subprocess.PIPE)
        process.stdin.write(tar[:4 << 20])
        process.stdin.flush()
        name, folder = target.split(":")
        eventually("half of it is there", lambda: "ccctl-copy" in self.sh(f"ls -A {folder}", name) and "whole" in self.sh(f"ls {folder}", name))
        return process

    def test_the_death_of_a_program_on_the_way_leaves_no_half_file(self):
        self.write("whole", os.urandom(1 << 20))
        self.write("half", os.urandom(8 << 20))
        for what, kill in (("ccctl", None), ("agent", self.node.kill_agent), ("controller", self.kill_controller)):
            with self.subTest(what=what):
                process = self.half_sent()
                process.kill() if kill is None else kill()
                self.assertIn(process.wait(60), (-signal.SIGKILL, 6))
                eventually("nothing half is left", lambda: self.sh("ls -A /t") == "whole\n", 60)
                eventually("nobody is left", lambda: self.helpers() == 0)
                self.sh("rm /t/whole")
        process = self.half_sent()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(30), 130)
        eventually("nothing half is left", lambda: self.sh("ls -A /t") == "whole\n")

    def kill_controller(self):
        self.zone.controller.kill()
        self.zone.start()
        self.zone.wait_node("ada")

    def test_a_copy_out_that_breaks_off_leaves_no_half_file(self):
        self.sh("echo 1 >/t/a; dd if=/dev/zero of=/t/b bs=1M count=60 2>/dev/null; head -c 30000000 /dev/urandom >>/t/b")
        for what, kill, status in (("agent", self.node.kill_agent, 6), ("ccctl", None, 128 + signal.SIGTERM)):
            with self.subTest(what=what):
                target = self.path("out-" + what)
                os.makedirs(target)
                process = self.begin("cp", "box:/t/.", target)
                eventually("it has begun", lambda: any("ccctl-copy" in name for name in os.listdir(target)) or process.poll() is not None, step=0.001)
                process.terminate() if kill is None else kill()
                code = process.wait(60)
                if code == 0:
                    self.skipTest("too fast to be cut")
                self.assertEqual(code, status)
                self.assertFalse([name for name in os.listdir(target) if "ccctl-copy" in name])
                self.assertNotEqual(sorted(os.listdir(target)), ["a", "b"])
        self.zone.wait_node("ada")

    def test_an_export_becomes_an_instance_again(self):
        """Of one that runs and of the same one stopped; with its limits, labels, owners and what the image brought and the instance took away."""
        self.zone.ccctl("create", "trip", "--image", "busybox", "--memory", "96MiB", "--pids", "77", "--label", "app=shop", "--label", "note=two \"words\"")
        self.sh("mkdir -p /srv/d && echo kept >/srv/d/file && chown 1000:100 /srv/d/file && chmod 4755 /srv/d/file && ln -s /etc /srv/way && ln /srv/d/file /srv/d/same && rm /etc/inittab.x"
                " 2>/dev/null; rm -r /var; mkfifo /srv/pipe; echo mounted >/dev/shm/x 2>/dev/null; truncate -s 50M /srv/holes; printf x >\"$(printf '/srv/new\\nline')\"", "trip")
        for state in ("running", "stopped"):
            with self.subTest(state=state):
                if state == "stopped":
                    self.zone.ccctl("stop", "trip")
                archive = self.path(state + ".tar.zst")
                said = self.zone.run_ccctl("export", "trip", archive)
                self.assertEqual(said.returncode, 0, said.stderr)
                self.assertEqual(os.listdir(self.dir).count(state + ".tar.zst.part"), 0)
                names = subprocess.check_output(["tar", "--zstd", "-tf", archive], text=True).splitlines()
                self.assertEqual(names[:2], ["metadata.yaml", "instance.json"])
                self.assertIn("rootfs/srv/d/file", names)
                self.assertEqual([n for n in names if n.startswith(("rootfs/proc", "rootfs/dev", "rootfs/var"))], ["rootfs/proc/", "rootfs/dev/"])
                copy = "copy-" + state
                made = self.zone.run_ccctl("import", archive, copy)
                self.assertEqual(made.returncode, 0, made.stderr)
                inst = self.zone.json("show", copy)
                self.assertEqual((inst["state"], inst["memory_mib"], inst["pids"], inst["labels"]), ("running", 96, 77, {"app": "shop", "note": 'two "words"'}))
                self.assertEqual(self.sh("cat /srv/d/file; stat -c '%u:%g %a %h' /srv/d/file; readlink /srv/way; stat -c %F /srv/pipe; cat /srv/new*; test -e /var || echo gone", copy),
                                 "kept\n1000:100 4755 2\n/etc\nfifo\nxgone\n")
                again = self.zone.run_ccctl("import", archive, copy)
                self.assertEqual((again.returncode, "already" in again.stderr), (5, True), again.stderr)
                taken = self.zone.run_ccctl("export", "trip", archive)
                self.assertEqual((taken.returncode, "is there already" in taken.stderr), (5, True), taken.stderr)
                self.zone.ccctl("delete", "--yes", copy)
        self.zone.ccctl("start", "trip")
        self.assertEqual(self.sh("cat /srv/d/file", "trip"), "kept\n")
        self.zone.ccctl("delete", "--yes", "trip")

    def test_what_is_no_export_is_refused(self):
        good = self.path("good.tar.zst")
        self.zone.ccctl("export", "box", good)
        with open(good, "rb") as f:
            whole = f.read()
        cut = self.write("cut.tar.zst", whole[:len(whole) // 2])
        for path, text in ((cut, "truncated"), (self.write("text", b"hello" * 1000), "no export"), (self.write("empty", b""), "no export"), (self.dir, "no export"),
                           (self.path("missing"), "no file")):
            r = self.zone.run_ccctl("import", path, "never")
            self.assertEqual((r.returncode, text in r.stderr), (2, True), r.stderr)
        os.makedirs(self.path("odd/rootfs"))
        self.write("odd/instance.json", b'{"name":"Bad Name","image":"x"}')
        subprocess.run(["tar", "cf", self.path("odd.tar"), "-C", self.path("odd"), "instance.json", "rootfs"], check=True)
        r = self.zone.run_ccctl("import", self.path("odd.tar"))
        self.assertEqual((r.returncode, "instance.json" in r.stderr), (2, True), r.stderr)
        self.assertNotIn("never", self.zone.instances())
        self.assertEqual(self.zone.run_ccctl("export", "nobody", self.path("x")).returncode, 3)
        self.assertEqual(sorted(n for n in os.listdir(self.dir) if n.startswith("x")), [])

    def test_an_instance_that_stops_ends_its_copies(self):
        self.zone.ccctl("create", "short", "--image", "busybox")
        self.write("whole", os.urandom(1 << 20))
        self.write("half", os.urandom(8 << 20))
        self.sh("mkdir /t", "short")
        process = self.half_sent("short:/t")
        self.zone.ccctl("stop", "short")
        self.assertEqual(process.wait(60), 5)
        self.assertIn(b"ended early", process.stderr.read())
        self.zone.ccctl("delete", "--yes", "short")


if __name__ == "__main__":
    unittest.main(verbosity=2)
