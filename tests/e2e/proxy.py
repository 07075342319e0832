# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands between a client and a server, counts what passes, and cuts the line where a test wants it."""

import socket
import threading


class Proxy:
    """`counted`: "up" from the client to the server, or "down". At each byte of `cuts` (of all that passed so far), `then` is called and the connection that
    carried it is closed."""

    def __init__(self, listener, dial, counted):
        self.listener, self.dial, self.counted = listener, dial, counted
        self.total, self.cuts, self.then = 0, [], None
        self.lock = threading.Lock()
        listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def arm(self, cuts, then=lambda: None):
        with self.lock:
            self.total, self.cuts, self.then = 0, list(cuts), then

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = self.dial()
            except OSError:
                client.close()
                continue
            threading.Thread(target=self.carry, args=(client, server), daemon=True).start()

    def carry(self, client, server):
        with client, server:
            back = threading.Thread(target=self.copy, args=(self.counted == "down", server, client), daemon=True)
            back.start()
            self.copy(self.counted == "up", client, server)
            back.join()

    def is_cut(self, n):
        with self.lock:
            self.total += n
            if not self.cuts or self.total < self.cuts[0]:
                return False
            # In this order: a cut that is over has done all that was to be done.
            self.then()
            self.cuts.pop(0)
            return True

    def copy(self, counted, a, b):
        try:
            while data := a.recv(16384):
                b.sendall(data)
                if counted and self.is_cut(len(data)):
                    break
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def unix(path, to, counted):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)

    def dial():
        s = socket.socket(socket.AF_UNIX)
        s.connect(to)
        return s
    return Proxy(listener, dial, counted)


def tcp(port, to, counted):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return Proxy(listener, lambda: socket.create_connection(("127.0.0.1", to)), counted)
