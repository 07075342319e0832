# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP API over the controller's unix socket, for tests that need to see every status and choose their Idempotency-Keys."""

import http.client
import json
import socket

from schema import Schemas

_schemas = None


class Unreachable(Exception):
    """No answer: whether the request was carried out is unknown."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("controller", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def _check(path, timeout, *reply):
    """Every reply is checked against the document that the controller publishes; which is asked for once."""
    global _schemas
    if _schemas is None:
        try:
            connection = _UnixConnection(path, timeout)
            connection.request("GET", "/v1/openapi.json")
            _schemas = Schemas(json.loads(connection.getresponse().read()))
            connection.close()
        except (OSError, ValueError, http.client.HTTPException):
            return
    _schemas.check(*reply)


def request(path, method, target, body=None, key=None, timeout=30, headers=None):
    """(status, decoded JSON or None)."""
    connection = _UnixConnection(path, timeout)
    try:
        sent = dict(headers or {})
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        if key is not None:
            sent["Idempotency-Key"] = key
        data = json.dumps(body) if isinstance(body, (dict, list)) else body
        connection.request(method, target, data, sent)
        reply = connection.getresponse()
        text = reply.read()
        kind = reply.getheader("Content-Type", "")
        value = json.loads(text) if text and "json" in kind else None
        if not text or "json" in kind:
            _check(path, timeout, method, target, reply.status, kind, value)
        return reply.status, value
    except (OSError, http.client.HTTPException) as e:
        raise Unreachable(str(e)) from e
    finally:
        connection.close()
