#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""replies.py OPENAPI: the check of replies that tests of real programs make can fail: each forged reply must be noticed, and a right one must pass."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "e2e"))

from schema import SchemaError, Schemas  # noqa: E402

JSON, PROBLEM = "application/json", "application/problem+json"
VERSION = {"version": "1", "api": "v1", "zone": "hill"}
TROUBLE = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "no", "code": "not-found"}
RIGHT = [("GET", "/v1/version", 200, JSON, VERSION), ("GET", "/v1/instances/x?index=1", 404, PROBLEM, TROUBLE), ("DELETE", "/v1/tokens/x", 204, "", None)]
FORGED = [
    ("GET", "/v1/version", 200, JSON, {"version": "1"}),
    ("GET", "/v1/version", 200, JSON, {**VERSION, "api": 1}),
    ("GET", "/v1/version", 200, JSON, {**VERSION, "more": 1}),
    ("GET", "/v1/version", 200, JSON, None),
    ("GET", "/v1/version", 200, "text/plain", VERSION),
    ("GET", "/v1/instances/x", 404, PROBLEM, {"title": "no"}),
    ("GET", "/v1/instances/x", 404, JSON, TROUBLE),
]


def main():
    with open(sys.argv[1]) as f:
        schemas = Schemas(json.load(f))
    for reply in RIGHT:
        schemas.check(*reply)
    for reply in FORGED:
        try:
            schemas.check(*reply)
        except SchemaError:
            continue
        sys.exit(f"not noticed: {reply}")


if __name__ == "__main__":
    main()
