#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""openapi.py TEST SCHEMA: runs TEST (test_http_routes), which leaves this API's OpenAPI document and the replies of every route and role in a folder; then
checks the document against SCHEMA (OpenAPI's own, for 3.0) and each reply against the schema that the document publishes for it."""

import glob
import json
import os
import re
import subprocess
import sys
import tempfile

import jsonschema


def complain(what, errors):
    for e in errors:
        print(f"{what}: {'/'.join(map(str, e.absolute_path))}: {e.message[:300]}")
    return len(errors)


def check_document(doc, schema):
    bad = complain("openapi.json", list(jsonschema.Draft4Validator(schema).iter_errors(doc)))
    ids = [op["operationId"] for path in doc["paths"].values() for op in path.values()]
    if len(ids) != len(set(ids)):
        print("operation ids are not unique")
        bad += 1
    for ref in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(doc))):
        at = doc
        for step in ref.split("/"):
            at = at.get(step) if at is not None else None
        if at is None:
            print(f"#/{ref} leads nowhere")
            bad += 1
    return bad


def check_replies(doc, folder):
    bad = 0
    entities = set()
    for path in glob.glob(os.path.join(folder, "*.*.json")):
        name = os.path.basename(path).split(".")[0]
        entities.add(name)
        schema = {"$ref": f"#/components/schemas/{name}", "components": doc["components"]}
        with open(path, encoding="utf-8") as f:
            bad += complain(os.path.basename(path), list(jsonschema.Draft4Validator(schema).iter_errors(json.load(f))))
    print(f"replies of {len(entities)} entities were checked")
    if len(entities) < 15:
        print("too few: the check is broken")
        bad += 1
    return bad


def main():
    test, schema_path = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, open(schema_path, encoding="utf-8") as f:
        env = dict(os.environ, CC_HTTP_REPLIES=folder, CK_RUN_CASE="roles")
        subprocess.run([test], env=env, check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(folder, "openapi.json"), encoding="utf-8") as g:
            doc = json.load(g)
        return 1 if check_document(doc, json.load(f)) + check_replies(doc, folder) else 0


sys.exit(main())
