# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks replies against the OpenAPI document that the controller publishes. A reply that does not fit is a bug of the controller: SchemaError."""

import re

import jsonschema


class SchemaError(AssertionError):
    pass


class Schemas:
    def __init__(self, document):
        self.components = document["components"]
        self.operations = []
        self.validators = {}
        for path, methods in document["paths"].items():
            pattern = re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)) + "$")
            for method, operation in methods.items():
                self.operations.append((method.upper(), pattern, operation))

    def _responses(self, method, target):
        path = target.split("?")[0]
        for known, pattern, operation in self.operations:
            if known == method and pattern.match(path):
                return operation["responses"]
        return None

    def _validator(self, response, kind):
        response = self.components["responses"]["problem"] if "$ref" in response else response
        schema = response.get("content", {}).get(kind, {}).get("schema")
        if schema is None:
            return None
        key = str(schema)
        if key not in self.validators:
            self.validators[key] = jsonschema.Draft4Validator(dict(schema, components=self.components))
        return self.validators[key]

    def check(self, method, target, status, kind, value):
        responses = self._responses(method, target)
        if responses is None:
            return
        response = responses.get(str(status), responses["default"])
        if value is None:
            if response.get("content") and status not in (204, 304):
                raise SchemaError(f"{method} {target}: {status} without a body")
            return
        validator = self._validator(response, kind.split(";")[0])
        if validator is None:
            raise SchemaError(f"{method} {target}: {status} as '{kind}' is not in the document")
        for error in validator.iter_errors(value):
            where = "/".join(map(str, error.absolute_path))
            raise SchemaError(f"{method} {target}: {status}: {where}: {error.message[:300]}")
