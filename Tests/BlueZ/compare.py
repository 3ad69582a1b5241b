#!/usr/bin/env python3
"""Holds the trace of an emulation's conversation to those of bluetoothd's, and fails on every difference that is not known.

Usage: compare.py [--show] EMULATION.pcap BLUETOOTHD.pcap...

Each message becomes lines, one for each property or interface that it tells of, with the handles of the real objects replaced by UUIDs. Two conversations with
bluetoothd are never quite alike: what is in each of its traces must be in the emulation's, what is in none of them must not, and what comes in the same order in
each of them must come in that order. Order counts among the messages on one adapter, and among calls and replies everywhere; signals of the two adapters
race each other. known-differences.toml lists what differs, with the reason; an entry that fits nothing is told.
"""

import argparse
import collections
import gzip
import pathlib
import re
import sys
import tempfile
import tomllib

import trace

HERE = pathlib.Path(__file__).resolve().parent
ENTRIES = 10  # more known differences than these are too many
CENTRAL, PERIPHERAL = "00:AA:01:00:00:00", "00:AA:01:01:00:01"
NUMBERS_THAT_VARY = {"RSSI"}

Line = collections.namedtuple("Line", "text adapter place is_signal")


class Names:
    """Objects of org.bluez under names that do not depend on handles and on the order of adapters."""

    def __init__(self, messages):
        self.adapters, self.uuids, self.hosts = {}, {}, set()
        for message in messages:
            if message.member == "InterfacesAdded" and len(message.arguments) == 2:
                self.learn(*message.arguments)
            for value in message.arguments:
                if isinstance(value, dict):
                    for path, interfaces in value.items():
                        if isinstance(path, trace.Path) and isinstance(interfaces, dict):
                            self.learn(path, interfaces)

    def learn(self, path, interfaces):
        for interface, values in interfaces.items():
            if interface == "org.bluez.Adapter1" and "Address" in values:
                self.adapters[path] = {CENTRAL: "central", PERIPHERAL: "peripheral"}.get(values["Address"], "another")
                self.hosts.add(values.get("Name"))
            if interface.startswith("org.bluez.Gatt") and "UUID" in values:
                self.uuids[path] = short_uuid(values["UUID"])

    def adapter(self, text):
        match = re.search(r"/org/bluez/hci\d+", text or "")
        return self.adapters.get(match.group(0)) if match else None

    def path(self, path):
        match = re.fullmatch(r"(/org/bluez/hci\d+)(/dev_[0-9A-F_]{17})?(/service.*)?", path or "")
        if not match:
            return path or ""
        adapter, device, attribute = match.groups()
        name = self.adapters.get(adapter, adapter)
        if not device:
            return name
        name += "/device" if device[5:].replace("_", ":") in (CENTRAL, PERIPHERAL) else device
        parts = (attribute or "").split("/")[1:]
        for number, part in enumerate(parts):
            whole = f"{adapter}{device}/" + "/".join(parts[: number + 1])
            name += "/" + self.uuids.get(whole, part)
        return name

    def text(self, value):
        if isinstance(value, trace.Path):
            return self.path(value)
        if isinstance(value, str):
            return "the name of the host" if value in self.hosts else '"' + short_uuid(value.strip()) + '"'
        if isinstance(value, dict):
            return "{" + ", ".join(f"{trace.short(str(key))}: {self.text(value[key])}" for key in sorted(value)) + "}"
        if isinstance(value, (list, tuple)):
            texts = [self.text(item) for item in value]
            return "[" + ", ".join(sorted(texts) if value and all(map(is_uuid, value)) else texts) + "]"
        if isinstance(value, bytes):
            return f"[{value.hex(' ')}]" if len(value) <= 64 else f"[{len(value)} bytes]"
        return trace.show(value)


def is_uuid(text):
    return isinstance(text, str) and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text) is not None


def short_uuid(text):
    if is_uuid(text):
        return text[4:8]
    return text


def texts(message, of, names):
    """What a message tells, one line for each thing that it tells of."""
    arguments = message.arguments
    if message.member == "PropertiesChanged":
        interface, values, gone = arguments
        what = f"{names.path(message.path)} {trace.short(interface)}."
        return [f"{what}{name} = {property_text(name, values[name], names)}" for name in sorted(values)] + [f"{what}{name} is gone" for name in sorted(gone)]
    if message.member == "InterfacesAdded":
        return objects({arguments[0]: arguments[1]}, names, "is new: ")
    if message.member == "InterfacesRemoved":
        return [f"{names.path(arguments[0])} has no {trace.short(interface)}" for interface in sorted(arguments[1])]
    what = f"{names.path(of.path)} {trace.short(of.interface)}.{of.member}"
    if of.member == "GetManagedObjects" and message.kind == "reply":
        return [what] + objects(arguments[0], names, "is: ")
    shown = ", ".join(names.text(value) for value in arguments)
    if message.kind == "call":
        return [f"{what}({shown})"]
    return [f"{what} {'answers' if message.kind == 'reply' else message.error}({shown})"]


def objects(found, names, verb):
    return [line for path in sorted(found) for interface, values in sorted(found[path].items())
            for line in [f"{names.path(path)} {verb}{trace.short(interface)}"]
            + [f"{names.path(path)} {verb}{trace.short(interface)}.{name} = {property_text(name, values[name], names)}" for name in sorted(values)]]


def property_text(name, value, names):
    return "a number" if name in NUMBERS_THAT_VARY else names.text(value)


def steps(path):
    """Step to its lines, in order."""
    messages = read(path)
    names, roles = Names(messages), trace.names(messages)
    found = {"before": []}
    now, calls = "before", {}
    for place, message in enumerate(messages):
        who, whom = roles.get(message.sender, "?"), roles.get(message.destination, "?")
        if message.interface == "org.percuss.Test":
            now = message.arguments[0]
            found[now] = []
            continue
        if message.kind == "call":
            calls[message.sender, message.serial] = message
        of = calls.get((message.destination, message.reply_to)) if message.reply_to else message
        if "bus" in (who, whom) or of is None or not of.member or (message.kind == "signal" and who != "bluez"):
            continue
        # What bluetoothd did before anybody talked to it depends on when it found its adapters.
        if now == "before" and message.kind == "signal":
            continue
        whole = f"{of.path} {message.path} {' '.join(str(value) for value in message.arguments)}"
        adapter = names.adapter(whole) or ("peripheral" if (of.path or "").startswith("/org/example") else "both")
        speaker = "" if message.kind == "signal" else f"{who} > {whom} "
        found[now] += [Line(speaker + text, adapter, place, message.kind == "signal") for text in texts(message, of, names)]
    # After the end everything is taken down, each in its own way.
    return {step: numbered(lines) for step, lines in found.items() if step != "end"}


def numbered(lines):
    """The lines by their text; the second of equal ones gets a number."""
    counts, result = collections.Counter(), {}
    for line in lines:
        counts[line.text] += 1
        text = line.text if counts[line.text] == 1 else f"{line.text} #{counts[line.text]}"
        result[text] = line
    return result


def read(path):
    if not str(path).endswith(".gz"):
        return list(trace.messages(path))
    with tempfile.NamedTemporaryFile() as plain:
        plain.write(gzip.decompress(pathlib.Path(path).read_bytes()))
        plain.flush()
        return list(trace.messages(plain.name))


def differences(step, emulated, reals):
    """(kind, text, other) of each difference in a step."""
    always = set.intersection(*(set(real) for real in reals))
    ever = set.union(*(set(real) for real in reals))
    for text in sorted(always - set(emulated), key=lambda text: (reals[0][text].place, text)):
        yield "missing", text, ""
    for text in emulated:
        if text not in ever:
            yield "extra", text, ""
    common = [text for text in sorted(emulated, key=lambda text: emulated[text].place) if text in ever]
    for later, second in enumerate(common):
        for first in common[:later]:
            a, b = emulated[first], emulated[second]
            if a.place == b.place or not comparable(a, b):
                continue
            together = [real for real in reals if first in real and second in real]
            # Two recordings at least have to agree: one order may be chance.
            if len(together) > 1 and all(real[first].place > real[second].place for real in together):
                yield "order", second, first


def comparable(a, b):
    return a.adapter == b.adapter or "both" in (a.adapter, b.adapter) or not (a.is_signal or b.is_signal)


class Known:
    def __init__(self, path):
        self.entries = tomllib.loads(path.read_text()).get("difference", [])
        self.used = set()

    def explains(self, step, kind, text, other):
        for number, entry in enumerate(self.entries):
            if step not in entry.get("steps", [step]):
                continue
            patterns = entry.get(kind, [])
            if kind == "order":
                fits = any(re.fullmatch(first, text) and re.fullmatch(second, other) for first, second in patterns)
            else:
                fits = any(re.fullmatch(pattern, re.sub(r" #\d+$", "", text)) for pattern in patterns)
            if fits:
                self.used.add(number)
                return True
        return False

    def problems(self):
        if len(self.entries) > ENTRIES:
            yield f"known-differences.toml has {len(self.entries)} entries; {ENTRIES} are the most"
        for number, entry in enumerate(self.entries):
            if not entry.get("reason"):
                yield f"known-differences.toml: entry {number + 1} gives no reason"

    def unused(self):
        for number, entry in enumerate(self.entries):
            if number not in self.used:
                yield f"known-differences.toml: entry {number + 1} fits nothing any more, remove it: {entry.get('reason', '')}"


def main():
    parser = argparse.ArgumentParser(prog="compare.py")
    parser.add_argument("--show", action="store_true", help="only print the lines of the first trace")
    parser.add_argument("--known", type=pathlib.Path, default=HERE / "known-differences.toml")
    parser.add_argument("emulation")
    parser.add_argument("bluetoothd", nargs="*")
    options = parser.parse_args()
    emulation = steps(options.emulation)
    if options.show:
        for step, lines in emulation.items():
            print(f"== {step}")
            for text, line in lines.items():
                print(f"{line.place:5} {line.adapter:10} {text}")
        return 0
    reals = [steps(path) for path in options.bluetoothd]
    known, unknown, explained = Known(options.known), 0, 0
    names = list(dict.fromkeys(step for real in reals for step in real))
    for step in names:
        heading = False
        for kind, text, other in differences(step, emulation.get(step, {}), [real.get(step, {}) for real in reals]):
            if known.explains(step, kind, text, other):
                explained += 1
                continue
            unknown += 1
            if not heading:
                print(f"== {step}")
                heading = True
            print(f"  {kind}: {text}" + (f"\n    comes after: {other}" if kind == "order" else ""))
    problems = list(known.problems())
    for problem in problems + list(known.unused()):
        print(problem)
    lines = sum(len(lines) for lines in reals[0].values())
    print(f"{len(names)} steps, {lines} lines: {unknown} differences that are not known, {explained} that {len(known.entries)} entries explain")
    return 1 if unknown or problems else 0


if __name__ == "__main__":
    sys.exit(main())
