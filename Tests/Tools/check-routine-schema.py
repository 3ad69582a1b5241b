#!/usr/bin/env python3
"""Checks protocol-spec/routine.schema.json: every example passes it, every bad document fails it where a schema can tell.

Needs Debian's python3-jsonschema and python3-yaml. Exits 0 when all is as it should be.
"""

import json
import pathlib
import sys

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "protocol-spec" / "examples"
BAD = ROOT / "Tests" / "PercussRoutineTests" / "BadDocuments"

# What only the program can find: syntax that general YAML allows, sums, exact values, the limits of a device.
BEYOND_A_SCHEMA = {
    "alias.yaml", "directive.yaml", "tag.yaml", "duplicate-keys.yaml", "nested-too-deep.yaml",
    "pulse-period.yaml", "repeat-bomb.yaml", "too-long.yaml", "too-many-steps.yaml", "beyond-device.yaml",
    "surrogate.json", "forever.yaml",
}


class Loader(yaml.SafeLoader):
    """YAML 1.1 as editors read it, but without its dates: a quantity is a string either way."""


def load(path):
    text = path.read_bytes().decode("utf-8-sig")
    if path.suffix == ".json":
        return json.loads(text)
    return yaml.load(text, Loader)


def main():
    schema = json.loads((ROOT / "protocol-spec" / "routine.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    failures = []
    passed = refused = unreadable = beyond = 0

    for path in sorted(EXAMPLES.iterdir()):
        errors = list(validator.iter_errors(load(path)))
        if errors:
            failures.append(f"{path.name}: an example fails the schema: {errors[0].message}")
        passed += 1

    for path in sorted(BAD.iterdir()):
        if path.suffix == ".expected":
            continue
        try:
            document = load(path)
        except (yaml.YAMLError, ValueError, RecursionError):
            unreadable += 1
            continue
        try:
            is_valid = validator.is_valid(document)
        except RecursionError:  # a cyclic alias: general YAML reads it, no schema ever ends on it
            unreadable += 1
            continue
        if path.name in BEYOND_A_SCHEMA:
            beyond += 1
            if not is_valid:
                failures.append(f"{path.name}: the schema does find it; take it off the list in this script")
        elif is_valid:
            failures.append(f"{path.name}: a bad document passes the schema")
        else:
            refused += 1

    for failure in failures:
        print(failure, file=sys.stderr)
    print(
        f"routine schema: {passed} examples pass, {refused} bad documents are refused, "
        f"{unreadable} are not even YAML or JSON, {beyond} are beyond a schema"
    )
    return 1 if failures or passed == 0 or refused == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
