# SPDX-License-Identifier: GPL-3.0-or-later
"""A network namespace that is some milliseconds away: two TUN devices, and a thread that carries packets between them, each way late by half of the delay."""

import fcntl
import heapq
import os
import select
import struct
import subprocess
import threading
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


def ip(*args):
    subprocess.run(["ip", *args], check=True, stdout=subprocess.DEVNULL)


class DelayedNamespace:
    """`here` and `there` are the addresses of this machine and of the namespace on the link; `command` is what programs there are started with."""

    def __init__(self, rtt_ms):
        self.rtt_ms = rtt_ms
        number = os.getpid() % 200
        self.name = f"ccdelay{os.getpid()}"
        self.here, self.there = f"10.211.{number}.1", f"10.211.{number}.2"
        self.command = ["nsenter", f"--net=/run/netns/{self.name}"]

    def open_tun(self, name):
        fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
        return fd

    def __enter__(self):
        near, far = f"ccn{os.getpid()}", f"ccf{os.getpid()}"
        ip("netns", "add", self.name)
        try:
            self.fds = [self.open_tun(near), self.open_tun(far)]
            ip("addr", "add", self.here, "peer", self.there, "dev", near)
            ip("link", "set", near, "up")
            ip("link", "set", far, "netns", self.name)
            ip("-n", self.name, "addr", "add", self.there, "peer", self.here, "dev", far)
            ip("-n", self.name, "link", "set", "lo", "up")
            ip("-n", self.name, "link", "set", far, "up")
            ip("-n", self.name, "route", "add", "default", "via", self.here)
        except BaseException:
            ip("netns", "del", self.name)
            raise
        self.stop_read, self.stop_write = os.pipe()
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *ignored):
        os.close(self.stop_write)
        self.thread.join()
        for fd in self.fds + [self.stop_read]:
            os.close(fd)
        ip("netns", "del", self.name)

    def carry(self):
        waiting, number = [], 0
        while True:
            left = max(0, waiting[0][0] - time.monotonic()) if waiting else None
            ready, _, _ = select.select(self.fds + [self.stop_read], [], [], left)
            if self.stop_read in ready:
                return
            for fd in ready:
                number += 1
                heapq.heappush(waiting, (time.monotonic() + self.rtt_ms / 2000, number, self.fds[fd == self.fds[0]], os.read(fd, 65536)))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, fd, packet = heapq.heappop(waiting)
                try:
                    os.write(fd, packet)
                except OSError:
                    pass  # lost on the way
