# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides are true: every command of docs/guide/*.md is typed into a shell in front of a real zone, and prints what the guide says.

A block of type console holds lines that begin with "$ " (going on after a backslash) and what they print; "..." stands for any text. Each guide is one shell session.
A line <!-- before: COMMAND --> is typed and not shown; a block of another type is only read."""

import glob
import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

from zone import TOP, ZoneTestCase, program

GUIDES = os.path.join(TOP, "docs", "guide")
PROMPT = "-- the guide goes on --"
FIRST_STATUS = re.compile(r"^" + PROMPT + r" (\d+)$", re.M)


class Step:
    def __init__(self, guide, line, command):
        self.where, self.command, self.expected = f"{guide}:{line}", command, None

    def matches(self, output):
        parts = [re.escape(p) for p in "\n".join(self.expected).strip().split("...")]
        return re.fullmatch(".*?".join(parts), output.strip(), re.S) is not None

    def says_nothing(self):
        return all(line in ("", "...") for line in self.expected)


def steps_of(path):
    """What a guide has its reader type, in order."""
    steps, inside, more = [], False, False
    with open(path) as f:
        for number, line in enumerate(f.read().splitlines(), 1):
            hidden = re.fullmatch(r"<!-- before: (.*) -->", line)
            if hidden:
                steps.append(Step(os.path.basename(path), number, hidden[1]))
            elif not inside:
                inside = line == "```console"
            elif line == "```":
                inside = more = False
            elif more:
                steps[-1].command += "\n" + line
                more = line.endswith("\\")
            elif line.startswith("$ "):
                steps.append(Step(os.path.basename(path), number, line[2:]))
                steps[-1].expected = []
                more = line.endswith("\\")
            else:
                steps[-1].expected.append(line)
    return steps


class Shell:
    def __init__(self, zone, node, home):
        tools = os.path.join(home, "bin")
        os.makedirs(tools)
        os.symlink(program("ccctl"), os.path.join(tools, "ccctl"))
        # The guide's machine has its configuration in /etc.
        with open(os.path.join(tools, "cc-agent"), "w") as f:
            f.write(f"#!/bin/sh\nexec {shlex.join(node.as_agent)} {zone.agent_program} \"$@\" --config {node.config}\n")
        os.chmod(os.path.join(tools, "cc-agent"), 0o755)
        env = {"HOME": home, "PATH": tools + ":" + os.environ["PATH"], "CCCTL_SOCKET": zone.socket, "LC_ALL": "C.UTF-8", "TZ": "UTC",
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
        self.bash = subprocess.Popen(["bash", "--norc"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, cwd=home)

    def type(self, command):
        """What it printed on both channels, and its exit status."""
        self.bash.stdin.write(f"{{ {command}\n}} </dev/null\ncc_status=$?; echo; echo '{PROMPT}' $cc_status\n")
        self.bash.stdin.flush()
        output = ""
        while not (end := FIRST_STATUS.search(output)):
            line = self.bash.stdout.readline()
            if not line:
                raise AssertionError(f"the shell ended in: {command}\n{output}")
            output += line
        return output[:end.start()].rstrip("\n"), int(end[1])

    def close(self):
        self.bash.stdin.close()
        self.bash.wait()
        self.bash.stdout.close()


class Guides(ZoneTestCase):
    def walk(self, name):
        path = os.path.join(GUIDES, name)
        with tempfile.TemporaryDirectory(prefix="cc-guide-") as home:
            shell = Shell(self.zone, self.node, home)
            try:
                for step in steps_of(path):
                    output, status = shell.type(step.command)
                    if os.environ.get("CC_GUIDE_SHOW"):
                        print(f"{step.where} [{status}] $ {step.command}\n{output}", file=sys.stderr)
                        continue
                    if step.expected is None:
                        self.assertEqual(status, 0, f"{step.where}: {step.command}\n{output}")
                    else:
                        # Of a step whose output does not matter, this is all that tells whether it worked.
                        self.assertTrue(status == 0 or not step.says_nothing(), f"{step.where}: {step.command}\n{output}")
                        self.assertTrue(step.matches(output), f"{step.where}: {step.command}\nprinted\n{output}\ninstead of\n" + "\n".join(step.expected))
            finally:
                shell.close()
        self.remove_instances()

    def test_every_guide_is_walked(self):
        for path in glob.glob(os.path.join(GUIDES, "*.md")):
            self.assertTrue(hasattr(self, "test_" + os.path.basename(path)[:-len(".md")]), path)

    def test_a_step_can_fail(self):
        step = Step("none", 1, "ls")
        step.expected = ["NAME ... ada", "...", "end"]
        self.assertTrue(step.matches("NAME  x  ada\nmore\nend"))
        self.assertFalse(step.matches("NAME  x  ben\nmore\nend"))
        self.assertFalse(step.says_nothing())
        step.expected = ["..."]
        self.assertTrue(step.says_nothing())

    def test_member(self):
        self.walk("member.md")

    def test_api(self):
        self.walk("api.md")

    def test_admin(self):
        self.walk("admin.md")

    def test_owner(self):
        self.walk("owner.md")


if __name__ == "__main__":
    unittest.main(verbosity=2)
