#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""completion.py CCCTL SHELL: what the real shell offers; names come from a ccctl that knows two instances."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

CCCTL, SHELL = os.path.abspath(sys.argv[1]), sys.argv[2]
# A line up to the cursor, what must be offered, and what must not.
CASES = (
    ("ccctl ", ("create", "list", "image", "status"), ("drain", "--memory")),
    ("ccctl cre", ("create",), ("list",)),
    ("ccctl image ", ("import", "list", "delete", "alias"), ("create", "drain", "add")),
    ("ccctl image alias ", ("add", "remove"), ("import", "drain")),
    ("ccctl show ", ("hello", "web"), ("create",)),
    ("ccctl stop hel", ("hello",), ("web",)),
    ("ccctl create x --on-disconnect ", ("keep", "stop"), ("hello",)),
    ("ccctl create x --image bus", ("busybox",), ("hello",)),
    ("ccctl list --out", ("--output",), ("--memory",)),
    ("ccctl list -o ", ("json", "yaml"), ("hello",)),
    ("ccctl set --memory 1GiB we", ("web",), ("hello",)),
    ("ccctl completion ", ("bash", "zsh", "fish"), ("hello",)),
)


def bash(line, script):
    words = line.split(" ")
    code = f"source {script}; COMP_WORDS=({' '.join(repr(w) for w in words)}); COMP_CWORD={len(words) - 1}; _ccctl; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    return subprocess.run(["bash", "--norc", "-c", code], capture_output=True, text=True, check=True).stdout.split()


def fish(line, script):
    r = subprocess.run(["fish", "--no-config", "-c", f"source {script}; complete -C {line!r}"], capture_output=True, text=True)
    assert r.returncode == 0 and r.stderr == "", r.stderr
    return [row.split("\t")[0] for row in r.stdout.splitlines()]


class Zsh:
    """An interactive zsh on a terminal of its own, because completion works nowhere else."""

    def __init__(self, script):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # All on one page.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 500, 500, 0, 0))
            os.environ.update(TERM="dumb", PROMPT_EOL_MARK="")
            os.execvp("zsh", ["zsh", "-f", "-i"])
        self.text = ""
        folder = os.path.dirname(script)
        self.send(f"PS1='@@ ' LISTMAX=10000 COLUMNS=500 LINES=500; unsetopt beep; zstyle ':completion:*' list-prompt ''; fpath=({folder} $fpath); "
                  f"autoload -Uz compinit && compinit -u -D; source {script}; print rea''dy\n")
        self.until("ready\r\n.*@@ ")

    def send(self, text):
        os.write(self.fd, text.encode())

    def until(self, pattern, seconds=60):
        end = time.monotonic() + seconds
        while not re.search(pattern, self.text, re.S):
            if time.monotonic() > end:
                raise AssertionError(f"zsh did not show {pattern!r}: {self.text[-2000:]!r}")
            if select.select([self.fd], [], [], 0.2)[0]:
                self.text += os.read(self.fd, 65536).decode(errors="replace")
        found, self.text = self.text, ""
        return found

    def complete(self, line):
        # Listed (^D) and then shown as text that ends with a mark, so that it is known when all has come.
        self.send(line + "\x04")
        self.send("\x15print en''ded\n")
        return re.split(r"[\s]+", self.until("ended\r\n.*@@ ").replace("\r", " "))

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def main():
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "ccctl"), "w") as f:
            f.write(f'#!/bin/sh\ncase "$*" in\n"list -o name") printf "hello\\nweb\\n" ;;\n"image list -o name") echo busybox ;;\n'
                    f'*" -o name") ;;\n*) exec {CCCTL} "$@" ;;\nesac\n')
        os.chmod(os.path.join(folder, "ccctl"), 0o755)
        os.environ["PATH"] = folder + ":" + os.environ["PATH"]
        os.environ["HOME"] = folder
        script = os.path.join(folder, "completion." + SHELL)
        with open(script, "w") as f:
            subprocess.run([CCCTL, "completion", SHELL], stdout=f, check=True)
        zsh = Zsh(script) if SHELL == "zsh" else None
        ask = zsh.complete if zsh else lambda line: {"bash": bash, "fish": fish}[SHELL](line, script)
        try:
            for line, offered, hidden in CASES:
                got = ask(line)
                for word in offered:
                    assert word in got, f"'{line}' does not offer {word}: {got}"
                for word in hidden:
                    assert word not in got, f"'{line}' offers {word}: {got}"
        finally:
            if zsh:
                zsh.close()


main()
