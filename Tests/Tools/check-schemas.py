#!/usr/bin/env python3
"""Checks that documents follow their JSON Schemas, and that a wrong one would not pass.

    check-schemas.py [SCHEMA DOCUMENT]...

Without arguments: the specification of the wire, and the configurations of percussd, good and bad. Needs Debian's python3-jsonschema and python3-yaml. Exits 0 when all is as it
should be.
"""

import copy
import json
import pathlib
import sys

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SPECIFICATION = ("protocol-spec/specification.schema.json", "protocol-spec/percuss.yaml")
OTHER_PROTOCOL = ("protocol-spec/specification.schema.json", "protocol-spec/theragun-gen4.yaml")
CONFIGURATION = "systemd/percussd.schema.json"
CONFIGURATIONS = [(CONFIGURATION, "systemd/percussd.yaml"), (CONFIGURATION, "systemd/adapter.yaml")]
BAD_CONFIGURATIONS = "Tests/PercussSimulatorTests/BadConfigurations"
# What only the program can find: sums, duplicates across devices, bytes of UTF-8, what holds between two values, what general YAML allows.
BEYOND_A_SCHEMA = {"too-many.yaml", "address-twice.yaml", "supervision.yaml", "anchor.yaml"}


def validator(path):
    schema = json.loads((ROOT / path).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def mistakes(good):
    """Copies of the specification with one mistake each."""

    def edit(name, change):
        bad = copy.deepcopy(good)
        change(bad)
        return name, bad

    message = lambda bad: bad["messages"][1]
    yield edit("an unknown key", lambda bad: bad.update(colour="red"))
    yield edit("no byte order", lambda bad: bad.pop("byte_order"))
    yield edit("a name in capitals", lambda bad: message(bad).update(name="Request"))
    yield edit("a direction that does not exist", lambda bad: message(bad).update(direction="up"))
    yield edit("a frame longer than an attribute", lambda bad: message(bad).update(maximum_length=513))
    yield edit("variants without otherwise", lambda bad: message(bad).pop("otherwise"))
    yield edit("a variant without when", lambda bad: message(bad)["variants"][0].pop("when"))
    yield edit("a range of one number", lambda bad: message(bad)["variants"][0]["fields"][0].update(range=[1]))
    yield edit("a range and a value", lambda bad: message(bad)["variants"][0]["fields"][0].update(value=1))
    yield edit("a field without doc", lambda bad: message(bad)["header"][0].pop("doc"))
    yield edit("an enumeration of a signed type", lambda bad: bad["enumerations"][0].update(type="i8"))
    yield edit("a UUID base without a gap", lambda bad: bad.update(uuid_base="7e320000-bf34-4597-a0b9-83277511650e"))


def mistakes_with_checksums(good):
    """The same of the specification of a protocol that has them."""

    def edit(name, change):
        bad = copy.deepcopy(good)
        change(bad["messages"][0]["header"][1])
        return name, bad

    yield edit("an unknown checksum", lambda field: field["checksum"].update(algorithm="xor8"))
    yield edit("a checksum of nothing in particular", lambda field: field["checksum"].pop("from"))
    yield edit("a checksum with a value", lambda field: field.update(value=1))
    yield edit("a checksum with a range", lambda field: field.update(range=[0, 1]))
    yield edit("an opaque number that is not said to be one", lambda field: field.update(opaque="yes"))


def accepted_configurations():
    """The bad configurations that the schema lets pass though it could tell."""
    checker = validator(CONFIGURATION)
    for path in sorted((ROOT / BAD_CONFIGURATIONS).iterdir()):
        if path.suffix == ".expected" or path.name in BEYOND_A_SCHEMA:
            continue
        try:
            if checker.is_valid(yaml.safe_load(path.read_bytes())):
                yield path.name
        except yaml.YAMLError:
            pass


def main(arguments):
    pairs = list(zip(arguments[::2], arguments[1::2])) or [SPECIFICATION, OTHER_PROTOCOL, *CONFIGURATIONS]
    failures = []
    if not arguments:
        failures += [f"{CONFIGURATION} accepts {name}" for name in accepted_configurations()]
    for schema, document in pairs:
        checker = validator(schema)
        content = yaml.safe_load((ROOT / document).read_text())
        for error in checker.iter_errors(content):
            failures.append(f"{document}: {'/'.join(map(str, error.path))}: {error.message}")
        if (schema, document) == SPECIFICATION:
            failures += [f"{schema} accepts {name}" for name, bad in mistakes(content) if checker.is_valid(bad)]
        if (schema, document) == OTHER_PROTOCOL:
            failures += [f"{schema} accepts {name}" for name, bad in mistakes_with_checksums(content) if checker.is_valid(bad)]
    for failure in failures:
        print(failure)
    print(f"{len(pairs)} documents checked, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
