#!/usr/bin/env python3
"""Compares what `percuss capture decode --json` says of captures with what tshark says, value by value and field by field.

Usage: check-captures.py [PERCUSS] [CAPTURE...]

Without captures all of captures/ are compared, and one with every golden vector that this script writes. Every ATT value must have the same record,
opcode, handle and bytes, and every field of a frame the same number; what one of them refuses the other must refuse too. Needs tshark and python3-yaml.
"""

import collections
import importlib.util
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
specification = importlib.util.spec_from_file_location("check_dissector", ROOT / "Tests/Tools/check-dissector.py")
dissector = importlib.util.module_from_spec(specification)
specification.loader.exec_module(dissector)
OPCODES = {
    "read_response": 0x0B, "read_blob_response": 0x0D, "write_request": 0x12, "prepare_write_request": 0x16, "notification": 0x1B,
    "indication": 0x1D, "multiple_handle_value_notification": 0x23, "write_command": 0x52,
}
RESPONSES = {"read_response", "read_blob_response"}
# Values of several attributes in one PDU, of which tshark tells the bytes in another way.
UNCOMPARED = {"read_by_type_response", "read_multiple_response", "read_multiple_variable_response", "prepared_value", "long_read_value"}


def field_names():
    for protocol in dissector.PROTOCOLS.values():
        for message in protocol.messages.values():
            groups = [message["header"]] + [variant["fields"] for variant in message.get("variants", [])]
            names = [""] + [f"{variant['name']}." for variant in message.get("variants", [])]
            for prefix, group in zip(names, groups):
                for field in group:
                    path = f"{protocol.prefix}.{message['name']}.{prefix}{field['name']}"
                    if field["type"] in protocol.records:
                        yield from (f"{path}.{inner['name']}" for inner in protocol.records[field["type"]])
                    else:
                        yield path


def run(command):
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if result.returncode != 0 or "Lua" in result.stderr:
        sys.exit(f"{command[0]} failed with {result.returncode}: {result.stderr}")
    return result.stdout


def of_percuss(program, capture):
    """By record: values as (opcode, handle, bytes), fields by name, refused frames; of every request the handle that was asked for; the frames themselves; and
    the records with a value whose characteristic the capture does not tell."""
    values, fields, refused = collections.defaultdict(list), collections.defaultdict(list), set()
    asked, frames, assumed = {}, collections.defaultdict(list), set()
    for line in run([program, "capture", "decode", "--json", capture]).splitlines():
        value = json.loads(line)
        if value["type"] != "att_value" or value["operation"] in UNCOMPARED:
            continue
        record = value["record"]
        # tshark takes connections of two adapters for one when they have the same handle, so a response's handle is that of its request's record.
        handle = value.get("request_record", 0) if value["operation"] in RESPONSES else value["handle"]
        values[record].append((OPCODES[value["operation"]], handle, bytes.fromhex(value["bytes"])))
        if value["operation"] in RESPONSES and handle:
            asked[handle] = value["handle"]
        if value.get("assumed"):
            assumed.add(record)
        if "refusal" in value:
            refused.add(record)
        if "frame" not in value:
            continue
        frame = value["frame"]
        protocol = dissector.PROTOCOLS[frame["protocol"].replace("-", "_")]
        frames[record].append((protocol, frame["message"], bytes.fromhex(value["bytes"])))
        header = {field["name"] for field in protocol.messages[frame["message"]]["header"]}
        for field in frame["fields"]:
            variant = "" if field["name"] in header else f"{frame['variant']}."
            name = f"{protocol.prefix}.{frame['message']}.{variant}{field['name']}"
            number = field.get("value")
            fields[record].append((name, bytes.fromhex(field["bytes"]) if number is None else number))
    return values, fields, refused, asked, frames, assumed


def number(pdu, place):
    return int.from_bytes(pdu[place:place + 2], "little")


def tshark_values(pdu):
    """What is in an ATT PDU, of which tshark has put the bytes together; None stands for the handle of a response."""
    opcode = pdu[0]
    if opcode in (0x0B, 0x0D):
        return [(opcode, None, pdu[1:])]
    if opcode == 0x16:
        return [(opcode, number(pdu, 1), pdu[5:])]
    if opcode != 0x23:
        return [(opcode, number(pdu, 1), pdu[3:])]
    values, place = [], 1
    while place < len(pdu):
        end = place + 4 + number(pdu, place + 2)
        values.append((opcode, number(pdu, place), pdu[place + 4:end]))
        place = end
    return values


def by_adapter(path, folder):
    """A btsnoop capture of the Linux monitor in one file for each adapter, with the numbers that the records had: tshark takes equal connection handles
    and channels of two adapters for one."""
    content = pathlib.Path(path).read_bytes()
    if content[:16] != b"btsnoop\0" + struct.pack(">II", 1, 2001):
        return [(path, None)]
    files, place, record = {}, 16, 0
    while place < len(content):
        _, length, flags = struct.unpack_from(">III", content, place)
        record += 1
        parts, numbers = files.setdefault(flags >> 16, ([content[:16]], []))
        parts.append(content[place:place + 24 + length])
        numbers.append(record)
        place += 24 + length
    result = []
    for adapter, (parts, numbers) in files.items():
        name = f"{folder}/{adapter}.btsnoop"
        pathlib.Path(name).write_bytes(b"".join(parts))
        result.append((name, numbers))
    return result


def of_tshark(capture, names):
    """The same, of every record the ATT PDUs, and the records whose values tshark has given to no dissector."""
    results = ({}, {}, set(), {}, set())
    with tempfile.TemporaryDirectory() as folder:
        for path, numbers in by_adapter(capture, folder):
            old = (lambda record: numbers[record - 1]) if numbers else (lambda record: record)
            values, fields, refused, pdus, unseen = of_tshark_alone(path, names)
            for whole, part in ((results[0], values), (results[1], fields), (results[3], pdus)):
                whole.update({old(record): content for record, content in part.items()})
            results[2].update(map(old, refused))
            results[4].update(map(old, unseen))
    return results


def of_tshark_alone(capture, names):
    base = ["tshark", *dissector.SCRIPTS, "-r", capture]
    pdus = collections.defaultdict(list)
    packets = json.loads(run(base + ["-Y", "btatt", "-T", "json", "-x", "--no-duplicate-keys", "-J", "frame btatt"]))
    for packet in packets:
        layers = packet["_source"]["layers"]
        raw = layers["btatt_raw"]
        record = int(layers["frame"]["frame.number"])
        pdus[record] += [bytes.fromhex(part[0]) for part in (raw if isinstance(raw[0], list) else [raw])]
    # tshark 4.0 does not know what travels on PSM 0x27, and puts no SDUs together there: that is done here, of its L2CAP PDUs.
    # Neither does it give the values of several attributes in one notification to a dissector.
    unseen = {record for record, parts in pdus.items() if any(pdu[0] == 0x23 for pdu in parts)}
    channels = {}
    for packet in json.loads(run(base + ["-Y", "btl2cap.cid >= 0x40 && !btatt", "-T", "json", "-x", "--no-duplicate-keys", "-J", "frame bthci_acl"])):
        layers = packet["_source"]["layers"]
        raw = layers["btl2cap_raw"]
        data = layers["bthci_acl_raw"]
        pdu = bytes.fromhex((raw[-1] if isinstance(raw[0], list) else raw)[0])
        channel = number(pdu, 2)
        if channel < 0x40 or len(pdu) != number(pdu, 0) + 4:
            continue
        # A host's first fragments have other flags than a controller's.
        key = (channel, int(data[0][2:4], 16) >> 4 == 0)
        whole = channels.pop(key, b"") + pdu[4:]
        if len(whole) < number(whole, 0) + 2:
            channels[key] = whole
        else:
            pdus[int(layers["frame"]["frame.number"])].append(whole[2:])
            unseen.add(int(layers["frame"]["frame.number"]))
    values, fields, refused = collections.defaultdict(list), collections.defaultdict(list), set()
    for record, parts in pdus.items():
        for pdu in parts:
            if pdu[0] in OPCODES.values():
                values[record] += tshark_values(pdu)
    command = base + ["-Y", "btatt", "-T", "fields"]
    for name in ["frame.number", "frame.protocols", "_ws.expert.severity", *names]:
        command += ["-e", name]
    for line in run(command).split("\n")[:-1]:
        record, protocols, severity, *cells = line.split("\t")
        record = int(record)
        if not any(f":{prefix}" in protocols for prefix in dissector.PROTOCOLS):
            continue
        if any(int(s, 0) >= dissector.ERROR for s in severity.split(",") if s):
            refused.add(record)
        for name, cell in zip(names, cells):
            for text in filter(None, cell.split(",")):
                fields[record].append((name, bytes.fromhex(text.replace(":", "")) if name in BYTES else int(text, 0)))
    return values, fields, refused, pdus, unseen


BYTES = {"percuss.routine_data.chunk.payload"}


def compare(program, capture, names, title, again=None):
    """The differences. Frames that no dissector of tshark's has seen are added to `again`."""
    ours, theirs = of_percuss(program, capture), of_tshark(capture, names)
    failures = []
    for request, handle in ours[3].items():
        if not any(pdu[0] in (0x0A, 0x0C) and number(pdu, 1) == handle for pdu in theirs[3].get(request, [])):
            failures.append(f"{title}: record {request} is no request for handle {handle}")
    for values in ours[0].values():
        values[:] = [(opcode, None if opcode in (0x0B, 0x0D) else handle, value) for opcode, handle, value in values]
    for record in sorted(ours[0].keys() | theirs[0].keys()):
        if ours[0].get(record) != theirs[0].get(record):
            failures.append(f"{title}: record {record}: values {ours[0].get(record)}, tshark has {theirs[0].get(record)}")
    # Where tshark does not know what is at a handle (another adapter, or another time, has asked for it), it shows the value to no dissector either.
    unseen = theirs[4] | ours[5] | {record for record in ours[4] if record not in theirs[1] and record not in theirs[2]}
    if again is None:
        failures += [f"{title}: record {record}: tshark shows its frame to no dissector" for record in sorted(unseen & ours[4].keys())]
    else:
        again += [frame for record in sorted(unseen) for frame in ours[4].get(record, [])]
    for record in sorted((ours[2] ^ theirs[2]) - unseen):
        failures.append(f"{title}: record {record}: refused by {'percuss' if record in ours[2] else 'tshark'} only")
    # What a refused frame has before its mistake is told by tshark alone.
    for record in sorted((ours[1].keys() | theirs[1].keys()) - ours[2] - unseen):
        if sorted(ours[1].get(record, []), key=str) != sorted(theirs[1].get(record, []), key=str):
            difference = sorted(set(ours[1].get(record, [])) ^ set(theirs[1].get(record, [])), key=str)
            failures.append(f"{title}: record {record}: fields differ: {difference}")
    count = sum(len(v) for v in ours[0].values())
    print(f"{title}: {count} values, {sum(len(f) for f in ours[1].values())} fields, {len(ours[2])} refused, "
          f"frames of {len(unseen & ours[4].keys())} records shown to no dissector, {len(failures)} failures")
    if count == 0:
        failures.append(f"{title}: no values")
    return failures


def vectors(path):
    """A capture with every golden vector, good and malformed."""
    capture = dissector.Capture()
    for protocol in dissector.PROTOCOLS.values():
        for message, content in protocol.files():
            for vector in content["vectors"] + content.get("malformed", []):
                if vector["bytes"]:  # Wireshark has no dissector look at nothing.
                    capture.value(protocol, message, bytes.fromhex(vector["bytes"]))
    capture.write(path)


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / ".build/debug/percuss")
    names = sorted(field_names())
    failures, again = [], []
    captures = [pathlib.Path(name) for name in sys.argv[2:]]
    for capture in captures or sorted(p for p in (ROOT / "captures").iterdir() if p.suffix in {".btsnoop", ".pcap", ".pcapng"}):
        failures += compare(program, str(capture), names, capture.name, again)
    with tempfile.TemporaryDirectory() as folder:
        if again:
            path = f"{folder}/again.btsnoop"
            capture = dissector.Capture()
            for protocol, message, value in again:
                capture.value(protocol, message, value)
            capture.write(path)
            failures += compare(program, path, names, "those of them that tshark has shown no dissector, in notifications of one value")
        if not captures:
            path = f"{folder}/vectors.btsnoop"
            vectors(path)
            failures += compare(program, path, names, "every golden vector")
    for failure in failures[:20]:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
