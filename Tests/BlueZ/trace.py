#!/usr/bin/env python3
"""Reads what `dbus-monitor --pcap` wrote and prints each message on a line: when, who, what, with which values.

Usage: trace.py [--no-times] [--all] FILE
The steps of guest/conversation.py are headings. The connections are called by what they do: bluez owns org.bluez, central asks for a scan or a connection, peripheral registers an
application. Without --all, what goes between the bus itself and its clients is left out, except NameOwnerChanged of org.bluez.
"""

import argparse
import re
import struct
import sys

KINDS = {1: "call", 2: "reply", 3: "error", 4: "signal"}
PATH, INTERFACE, MEMBER, ERROR, REPLY_TO, DESTINATION, SENDER, SIGNATURE = range(1, 9)


class Reader:
    """The values of one message, as the D-Bus specification marshals them."""

    def __init__(self, data, order):
        self.data, self.order, self.at = data, order, 0

    def align(self, size):
        self.at += -self.at % size

    def number(self, code, size):
        self.align(size)
        (value,) = struct.unpack_from(self.order + code, self.data, self.at)
        self.at += size
        return value

    def text(self, length):
        value = self.data[self.at : self.at + length].decode(errors="replace")
        self.at += length + 1
        return value

    def values(self, signature):
        found = []
        while signature:
            kind, signature = split(signature)
            found.append(self.value(kind))
        return found

    def value(self, kind):
        code = kind[0]
        if code in "ybnqiuxtdh":
            form, size = {"y": ("B", 1), "b": ("I", 4), "n": ("h", 2), "q": ("H", 2), "i": ("i", 4), "u": ("I", 4),
                          "x": ("q", 8), "t": ("Q", 8), "d": ("d", 8), "h": ("I", 4)}[code]
            number = self.number(form, size)
            return bool(number) if code == "b" else Descriptor() if code == "h" else number
        if code == "s":
            return self.text(self.number("I", 4))
        if code == "o":
            return Path(self.text(self.number("I", 4)))
        if code == "g":
            return self.text(self.number("B", 1))
        if code == "v":
            return self.value(self.text(self.number("B", 1)))
        if code == "a":
            length = self.number("I", 4)
            self.align(8 if kind[1] in "({xtd" else 4 if kind[1] in "asoiubh" else 2 if kind[1] in "nq" else 1)
            end = self.at + length
            if kind == "ay":
                self.at = end
                return bytes(self.data[end - length : end])
            items = []
            while self.at < end:
                items.append(self.value(kind[1:]))
            return dict(items) if kind[1] == "{" else items
        self.align(8)
        return tuple(self.values(kind[1:-1]))


class Path(str):
    pass


class Descriptor:
    pass


def split(signature):
    """The first complete type of a signature, and the rest."""
    end = 0
    while signature[end] == "a":
        end += 1
    depth = 0
    while True:
        depth += (signature[end] in "({") - (signature[end] in ")}")
        end += 1
        if depth == 0:
            return signature[:end], signature[end:]


class Message:
    def __init__(self, time, data):
        order = {ord("l"): "<", ord("B"): ">"}[data[0]]
        self.time, self.kind, self.flags = time, KINDS.get(data[1], "?"), data[2]
        reader = Reader(data, order)
        reader.at = 4
        _, self.serial = reader.number("I", 4), reader.number("I", 4)
        fields = dict(reader.value("a(yv)"))
        reader.align(8)
        body = Reader(data[reader.at :], order)
        self.path, self.interface, self.member = fields.get(PATH), fields.get(INTERFACE), fields.get(MEMBER)
        self.error, self.reply_to = fields.get(ERROR), fields.get(REPLY_TO)
        self.sender, self.destination = fields.get(SENDER, ""), fields.get(DESTINATION, "")
        self.arguments = body.values(fields.get(SIGNATURE, ""))


def messages(path):
    with open(path, "rb") as file:
        head = file.read(24)
        if len(head) < 24 or struct.unpack_from("<I", head)[0] != 0xA1B2C3D4 or struct.unpack_from("<I", head, 20)[0] != 231:
            sys.exit(f"trace.py: {path} is no capture of D-Bus messages")
        while len(record := file.read(16)) == 16:
            seconds, fraction, length, _ = struct.unpack("<IIII", record)
            data = file.read(length)
            if len(data) == length:
                yield Message(seconds + fraction / 1e6, data)


def show(value):
    if isinstance(value, bytes):
        return "[" + value.hex(" ") + "]"
    if isinstance(value, Descriptor):
        return "fd"
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, str):
        return '"' + value + '"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{short(str(key))}: {show(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(show, value)) + "]"
    return str(value)


def short(interface):
    return re.sub(r"^org\.(bluez|freedesktop\.DBus)\.", "", interface or "")


def names(trace):
    """Unique name to role."""
    roles = {}
    counts = {}
    bluez = set()
    for message in trace:
        if message.member == "NameOwnerChanged" and message.arguments[0] == "org.bluez":
            bluez |= {name for name in message.arguments[1:] if name}
        if message.kind == "call" and message.destination == "org.bluez":
            role = {"RegisterApplication": "peripheral", "StartDiscovery": "central", "Connect": "central"}.get(message.member)
            if role and message.sender not in roles:
                counts[role] = counts.get(role, 0) + 1
                roles[message.sender] = role + ("" if counts[role] == 1 else str(counts[role]))
    for message in trace:
        if message.kind == "call" and message.destination == "org.bluez" and message.sender not in roles:
            counts["client"] = counts.get("client", 0) + 1
            roles[message.sender] = f"client{counts['client']}"
        # Who answers a call to org.bluez owns it, also where the monitor came too late for the change of owner.
        if message.interface in ("org.bluez.Device1", "org.bluez.Adapter1") and message.kind == "signal":
            bluez.add(message.sender)
    calls = {}
    for message in trace:
        if message.kind == "call" and message.destination == "org.bluez":
            calls[message.sender, message.serial] = True
        if message.kind in ("reply", "error") and (message.destination, message.reply_to) in calls and message.sender != "org.freedesktop.DBus":
            bluez.add(message.sender)
    return roles | {name: "bluez" for name in bluez} | {"org.bluez": "bluez", "org.freedesktop.DBus": "bus"}


def lines(trace, with_times, everything):
    roles = names(trace)
    calls = {}
    began = trace[0].time if trace else 0
    for message in trace:
        who, whom = roles.get(message.sender, message.sender), roles.get(message.destination, message.destination) or "*"
        if message.kind == "call":
            calls[message.sender, message.serial] = message
        answered = calls.get((message.destination, message.reply_to)) if message.reply_to else None
        if not everything and "bus" in (who, whom):
            if message.member != "NameOwnerChanged" or message.arguments[0] != "org.bluez":
                continue
        if message.interface == "org.percuss.Test":
            yield f"== {message.arguments[0]}"
            continue
        of = answered or message
        what = f"{of.path} {short(of.interface)}.{of.member}" if of.member else "(of a call not seen)"
        arguments = ", ".join(map(show, message.arguments)).replace("\n", " ")
        extra = f" {message.error}" if message.error else ""
        time = f"{message.time - began:8.3f} " if with_times else ""
        yield f"{time}{who:10} > {whom:10} {message.kind:6} {what}{extra}({arguments})"


def main():
    parser = argparse.ArgumentParser(prog="trace.py")
    parser.add_argument("--no-times", action="store_true")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("file")
    options = parser.parse_args()
    for line in lines(list(messages(options.file)), not options.no_times, options.all):
        print(line)


if __name__ == "__main__":
    main()
