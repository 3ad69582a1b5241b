#!/usr/bin/env python3
"""Plays the golden vectors to tshark with the generated dissector, as ATT values in a btsnoop capture with its discovery.

Every field of every vector must have its value under its name, and nothing may be called wrong; every malformed value must be.
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
SPECIFICATION = yaml.safe_load((ROOT / "protocol-spec/percuss.yaml").read_text())
PREFIX = SPECIFICATION["protocol"]
ENUMERATIONS = {e["name"]: {v["name"]: v["value"] for v in e["values"]} for e in SPECIFICATION["enumerations"]}
FLAGS = {s["name"]: {f["name"]: f["bit"] for f in s["flags"]} for s in SPECIFICATION["flag_sets"]}
RECORDS = {r["name"]: r["fields"] for r in SPECIFICATION["records"]}
MESSAGES = {m["name"]: m for m in SPECIFICATION["messages"]}
ERROR = 0x00800000  # PI_ERROR of Wireshark


class Capture:
    """A btsnoop file of HCI H4 packets on one LE connection."""

    def __init__(self):
        self.records = []
        connection = bytes([0x3E, 19, 1, 0]) + struct.pack("<H", 0x40) + bytes(8) + struct.pack("<HHH", 24, 0, 200) + b"\0"
        self.records.append((b"\x04" + connection, 3))
        self.handles = {}
        handle = 0x10
        for service in SPECIFICATION["services"]:
            for characteristic in service["characteristics"]:
                uuid = bytes.fromhex(SPECIFICATION["uuid_base"].replace("XXXX", f"{characteristic['uuid']:04x}").replace("-", ""))
                self.att(struct.pack("<BHHH", 0x08, handle, 0xFFFF, 0x2803), sent=True)
                self.att(struct.pack("<BBHBH", 0x09, 21, handle, 0x3E, handle + 1) + uuid[::-1], sent=False)
                for name in characteristic["values"]:
                    self.handles[name] = handle + 1
                handle += 3

    def att(self, pdu, sent):
        packet = struct.pack("<HHHH", 0x2040, len(pdu) + 4, len(pdu), 4) + pdu
        self.records.append((b"\x02" + packet, 0 if sent else 1))
        return len(self.records)

    def value(self, message, value):
        """Returns the number of the frame."""
        sent = MESSAGES[message]["direction"] == "central_to_peripheral"
        return self.att(struct.pack("<BH", 0x52 if sent else 0x1B, self.handles[message]) + value, sent)

    def write(self, path):
        with open(path, "wb") as file:
            file.write(b"btsnoop\0" + struct.pack(">II", 1, 1002))
            for number, (packet, direction) in enumerate(self.records):
                time = 0x00DCDDB30F2F8000 + number * 1000
                file.write(struct.pack(">IIIIq", len(packet), len(packet), direction, 0, time) + packet)


def leaves(message, value):
    """Name and number (bytes for a payload) of every field in the JSON of a vector."""
    header = {f["name"]: f for f in message["header"]}
    variants = {v["name"]: v["fields"] for v in message.get("variants", [])}
    for key, content in value.items():
        if key in header:
            yield from leaf(f"{PREFIX}.{message['name']}.{key}", header[key], content)
        else:
            for field in variants[key]:
                yield from leaf(f"{PREFIX}.{message['name']}.{key}.{field['name']}", field, content[field["name"]])


def leaf(path, field, content):
    kind = field["type"]
    if kind in RECORDS:
        for inner in RECORDS[kind]:
            yield from leaf(f"{path}.{inner['name']}", inner, content[inner["name"]])
    elif kind in ENUMERATIONS:
        yield path, ENUMERATIONS[kind].get(content, content)
    elif kind in FLAGS:
        bits = [FLAGS[kind][n] if n in FLAGS[kind] else int(n.removeprefix("bit_")) for n in content]
        yield path, sum(1 << bit for bit in bits)
    elif kind == "bytes":
        yield path, bytes.fromhex(content)
    else:
        yield path, int(content)


def dissect(capture, names):
    """Of every frame the values of the named fields, and whether an error is reported."""
    with tempfile.NamedTemporaryFile(suffix=".btsnoop") as file:
        capture.write(file.name)
        command = ["tshark", "-X", f"lua_script:{ROOT}/protocol-spec/generated/{PREFIX}.lua", "-r", file.name, "-T", "fields"]
        for name in ["_ws.expert.severity", *names]:
            command += ["-e", name]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    if run.returncode != 0 or "Lua" in run.stderr:
        sys.exit(f"tshark failed: {run.stderr}")
    frames = {}
    for number, line in enumerate(run.stdout.split("\n")[:-1], start=1):
        severity, *values = line.split("\t")
        wrong = any(int(s, 0) >= ERROR for s in severity.split(",") if s)
        frames[number] = dict(zip(names, values)), wrong
    return frames


def main():
    capture = Capture()
    good, bad = [], []
    for path in sorted((ROOT / "protocol-spec/vectors").glob("*.json")):
        content = json.loads(path.read_text())
        message = content.get("message")
        if message not in MESSAGES:
            continue
        for vector in content["vectors"]:
            frame = capture.value(message, bytes.fromhex(vector["bytes"]))
            good.append((f"{message}: {vector['name']}", frame, dict(leaves(MESSAGES[message], vector["value"]))))
        for vector in content.get("malformed", []):
            value = bytes.fromhex(vector["bytes"])
            if value:  # Wireshark has no dissector look at nothing.
                bad.append((f"{message}: {vector['name']}", capture.value(message, value)))

    names = sorted({name for _, _, fields in good for name in fields})
    frames = dissect(capture, names)
    failures = []
    for title, number, fields in good:
        values, wrong = frames[number]
        if wrong:
            failures.append(f"{title}: reported as wrong")
        for name, expected in fields.items():
            text = values[name]
            found = bytes.fromhex(text.replace(":", "")) if isinstance(expected, bytes) else int(text or "-1", 0)
            if found != expected:
                failures.append(f"{title}: {name} is {text or 'missing'}, not {expected}")
    failures += [f"{title}: not reported as wrong" for title, number in bad if not frames[number][1]]
    for failure in failures:
        print(failure)
    print(f"{len(good)} vectors with {len(names)} fields and {len(bad)} malformed ones dissected, {len(failures)} failures")
    return 1 if failures or not good or not bad else 0


if __name__ == "__main__":
    sys.exit(main())
