#!/usr/bin/env python3
"""Plays the golden vectors to tshark with the generated dissectors, as ATT values in a btsnoop capture with its discovery.

Every field of every vector must have its value under its name, and nothing may be called wrong; every malformed value must be. Where the UUIDs
are short ones, which other products use too, a value without the right fixed bytes and checksum must be left alone.
Needs tshark and python3-yaml. Exits 0 when all is as it should be.
"""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ERROR = 0x00800000  # PI_ERROR of Wireshark


class Protocol:
    """A specification, with what of it is asked for by name."""

    def __init__(self, path):
        self.specification = specification = yaml.safe_load(path.read_text())
        self.prefix = specification["protocol"]
        self.dissector = ROOT / f"protocol-spec/generated/{path.stem}.lua"
        own = ROOT / "protocol-spec/vectors" / path.stem
        self.vectors = own if own.is_dir() else own.parent
        self.enumerations = {e["name"]: {v["name"]: v["value"] for v in e["values"]} for e in specification.get("enumerations", [])}
        self.flags = {s["name"]: {f["name"]: f["bit"] for f in s["flags"]} for s in specification.get("flag_sets", [])}
        self.records = {r["name"]: r["fields"] for r in specification.get("records", [])}
        self.messages = {m["name"]: m for m in specification["messages"]}

    def uuid(self, number):
        """Its bytes, the lowest first."""
        base = self.specification.get("uuid_base")
        text = base.replace("XXXX", f"{number:04x}").replace("-", "") if base else f"{number:04x}"
        return bytes.fromhex(text)[::-1]

    def disowns(self, error):
        """Whether a value with this mistake can be another product's."""
        return "uuid_base" not in self.specification and (
            error["reason"] == "checksum_mismatch" or error["reason"] == "unexpected_constant" and error["offset"] == 0
            or error["reason"] == "truncated" and error["offset"] < 3)

    def files(self):
        """The messages that have vectors, with them."""
        for path in sorted(self.vectors.glob("*.json")):
            content = json.loads(path.read_text())
            if content.get("message") in self.messages:
                yield content["message"], content


PROTOCOLS = {protocol.prefix: protocol for protocol in map(Protocol, sorted((ROOT / "protocol-spec").glob("*.yaml")))}
SCRIPTS = [word for protocol in PROTOCOLS.values() for word in ("-X", f"lua_script:{protocol.dissector}")]


class Capture:
    """A btsnoop file of HCI H4 packets on one LE connection, to a server that has the services of every protocol."""

    def __init__(self):
        self.records = []
        connection = bytes([0x3E, 19, 1, 0]) + struct.pack("<H", 0x40) + bytes(8) + struct.pack("<HHH", 24, 0, 200) + b"\0"
        self.records.append((b"\x04" + connection, 3))
        self.handles = {}
        handle = 0x10
        for protocol in PROTOCOLS.values():
            for service in protocol.specification["services"]:
                for characteristic in service["characteristics"]:
                    uuid = protocol.uuid(characteristic["uuid"])
                    self.att(struct.pack("<BHHH", 0x08, handle, 0xFFFF, 0x2803), sent=True)
                    self.att(struct.pack("<BBHBH", 0x09, 5 + len(uuid), handle, 0x3E, handle + 1) + uuid, sent=False)
                    for name in characteristic["values"]:
                        self.handles[protocol.prefix, name] = handle + 1
                    handle += 3

    def att(self, pdu, sent):
        packet = struct.pack("<HHHH", 0x2040, len(pdu) + 4, len(pdu), 4) + pdu
        self.records.append((b"\x02" + packet, 0 if sent else 1))
        return len(self.records)

    def value(self, protocol, message, value, backwards=False):
        """Returns the number of the frame; backwards it goes the way that its characteristic does not know."""
        sent = (protocol.messages[message]["direction"] == "central_to_peripheral") != backwards
        return self.att(struct.pack("<BH", 0x52 if sent else 0x1B, self.handles[protocol.prefix, message]) + value, sent)

    def write(self, path):
        with open(path, "wb") as file:
            file.write(b"btsnoop\0" + struct.pack(">II", 1, 1002))
            for number, (packet, direction) in enumerate(self.records):
                time = 0x00DCDDB30F2F8000 + number * 1000
                file.write(struct.pack(">IIIIq", len(packet), len(packet), direction, 0, time) + packet)


def leaves(protocol, name, value):
    """Name and number (bytes for a payload) of every field in the JSON of a vector."""
    message = protocol.messages[name]
    header = {f["name"]: f for f in message["header"]}
    variants = {v["name"]: v["fields"] for v in message.get("variants", [])}
    for key, content in value.items():
        if key in header:
            yield from leaf(protocol, f"{protocol.prefix}.{name}.{key}", header[key], content)
        else:
            for field in variants[key]:
                if "value" not in field:
                    yield from leaf(protocol, f"{protocol.prefix}.{name}.{key}.{field['name']}", field, content[field["name"]])


def leaf(protocol, path, field, content):
    kind = field["type"]
    if kind in protocol.records:
        for inner in protocol.records[kind]:
            yield from leaf(protocol, f"{path}.{inner['name']}", inner, content[inner["name"]])
    elif kind in protocol.enumerations:
        yield path, protocol.enumerations[kind].get(content, content)
    elif kind in protocol.flags:
        flags = protocol.flags[kind]
        bits = [flags[n] if n in flags else int(n.removeprefix("bit_")) for n in content]
        yield path, sum(1 << bit for bit in bits)
    elif kind == "bytes":
        yield path, bytes.fromhex(content)
    else:
        yield path, int(content)


def dissect(capture, names):
    """Of every frame the values of the named fields, whether an error is reported, and the protocols that have claimed it."""
    with tempfile.NamedTemporaryFile(suffix=".btsnoop") as file:
        capture.write(file.name)
        command = ["tshark", *SCRIPTS, "-r", file.name, "-T", "fields"]
        for name in ["frame.protocols", "_ws.expert.severity", *names]:
            command += ["-e", name]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    if run.returncode != 0 or "Lua" in run.stderr:
        sys.exit(f"tshark failed: {run.stderr}")
    frames = {}
    for number, line in enumerate(run.stdout.split("\n")[:-1], start=1):
        protocols, severity, *values = line.split("\t")
        wrong = any(int(s, 0) >= ERROR for s in severity.split(",") if s)
        claimed = {prefix for prefix in PROTOCOLS if any(p.startswith(prefix) for p in protocols.split(":"))}
        frames[number] = dict(zip(names, values)), wrong, claimed
    return frames


def main():
    capture = Capture()
    good, bad, others = [], [], []
    for protocol in PROTOCOLS.values():
        for message, content in protocol.files():
            for vector in content["vectors"]:
                frame = capture.value(protocol, message, bytes.fromhex(vector["bytes"]))
                good.append((f"{message}: {vector['name']}", frame, dict(leaves(protocol, message, vector["value"]))))
                if "uuid_base" not in protocol.specification:
                    frame = capture.value(protocol, message, bytes.fromhex(vector["bytes"]), backwards=True)
                    others.append((f"{message} backwards: {vector['name']}", frame))
            for vector in content.get("malformed", []):
                value = bytes.fromhex(vector["bytes"])
                if value:  # Wireshark has no dissector look at nothing.
                    whose = others if protocol.disowns(vector["error"]) else bad
                    whose.append((f"{message}: {vector['name']}", capture.value(protocol, message, value)))

    names = sorted({name for _, _, fields in good for name in fields})
    frames = dissect(capture, names)
    failures = []
    for title, number, fields in good:
        values, wrong, _ = frames[number]
        if wrong:
            failures.append(f"{title}: reported as wrong")
        for name, expected in fields.items():
            text = values[name]
            found = bytes.fromhex(text.replace(":", "")) if isinstance(expected, bytes) else int(text or "-1", 0)
            if found != expected:
                failures.append(f"{title}: {name} is {text or 'missing'}, not {expected}")
    failures += [f"{title}: not reported as wrong" for title, number in bad if not frames[number][1]]
    failures += [f"{title}: claimed, though it can be another product's" for title, number in others if frames[number][2]]
    for failure in failures:
        print(failure)
    print(f"{len(good)} vectors with {len(names)} fields, {len(bad)} malformed ones and {len(others)} that can be another product's dissected, "
          f"{len(failures)} failures")
    return 1 if failures or not good or not bad or not others else 0


if __name__ == "__main__":
    sys.exit(main())
