#!/usr/bin/env python3
"""A dialogue with bluetoothctl, as a user at a terminal has it: scan, connect, list-attributes, read, write, notify.

On the bus of DBUS_SYSTEM_BUS_ADDRESS, with at least one virtual device there. Every wait has a bound; the whole dialogue is shown
when one is not met.
"""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

BOUND = 10.0
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|[\x01\x02\r]")


def uuid(number):
    return f"7e32{number:04x}-bf34-4597-a0b9-83277511650e"


class Unanswered(Exception):
    """bluetoothctl did not say what it should within the bound."""


class Terminal:
    """A program at a terminal of its own."""

    def __init__(self, *command):
        self.controller, inside = pty.openpty()
        # Wide enough that no line is wrapped, and not clever.
        environment = dict(os.environ, TERM="dumb", COLUMNS="400", LINES="50")
        self.process = subprocess.Popen(command, stdin=inside, stdout=inside, stderr=inside, env=environment, start_new_session=True)
        os.close(inside)
        self.said = ""
        self.heard = 0  # how much of it was looked at

    def say(self, line):
        os.write(self.controller, line.encode() + b"\n")

    def listen(self, deadline):
        ready, _, _ = select.select([self.controller], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            data = os.read(self.controller, 65536)
        except OSError:  # the program has ended
            return False
        self.said += ESCAPES.sub("", data.decode(errors="replace"))
        return bool(data)

    def hear(self, pattern, what, since=None):
        """What matches, from where the last match ended, or from an earlier place where the order of two things is open."""
        deadline = time.monotonic() + BOUND
        place = self.heard if since is None else since
        while True:
            match = re.compile(pattern, re.MULTILINE | re.DOTALL).search(self.said, place)
            if match:
                self.heard = max(self.heard, match.end())
                return match
            if not self.listen(deadline):
                raise Unanswered(f"no {what} within {BOUND:.0f} s (looked for {pattern!r})")

    def end(self):
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise Unanswered("bluetoothctl did not end by itself after quit") from None
        finally:
            os.close(self.controller)


def value(*numbers):
    """These bytes as bluetoothctl's hex dump shows the beginning of a value, in one line."""
    return r"\s+" + " ".join(f"{number:02x}" for number in numbers)


def dialogue(terminal):
    terminal.hear(r"Agent registered", "agent")
    terminal.say("list")
    terminal.hear(r"Controller [0-9A-F:]{17} .*\[default\]", "controller")
    terminal.say("show")
    terminal.hear(r"Powered: yes", "power of the controller")

    terminal.say("menu scan")
    terminal.hear(r"Menu scan", "menu")
    terminal.say(f"uuids {uuid(1)}")
    terminal.say("transport le")
    terminal.say("back")
    terminal.say("scan on")
    terminal.hear(r"Discovery started", "start of the discovery")
    address = terminal.hear(r"\[NEW\] Device ([0-9A-F:]{17}) Percuss", "device").group(1)
    terminal.say(f"info {address}")
    terminal.hear(rf"UUID: .*\({uuid(1)}\)", "UUID of the service in the advertisement")
    place = terminal.heard
    terminal.say(f"connect {address}")
    terminal.hear(r"Connection successful", "connection", since=place)
    terminal.hear(r"ServicesResolved: yes", "services", since=place)
    terminal.say("scan off")
    terminal.hear(r"Discovery stopped", "end of the discovery")

    terminal.say("menu gatt")
    terminal.hear(r"Menu gatt", "menu")
    terminal.say(f"list-attributes {address}")
    for number in range(1, 8):
        terminal.hear(uuid(number), f"attribute {uuid(number)}")

    terminal.say(f"select-attribute {uuid(2)}")
    terminal.say("read")
    terminal.hear(r"Attempting to read .*?" + value(0x01, 0x00), "value of Feature")  # version 1.0

    terminal.say(f"select-attribute {uuid(3)}")
    terminal.say("notify on")
    terminal.hear(r"Notify started", "indications of the Control Point")
    # request_control: a lease of 10 s, loss policy stop; the response names the lease.
    terminal.say('write "0x01 0x01 0x00 0x10 0x27 0x00"')
    terminal.hear(value(0x80, 0x01, 0x01, 0x01, 0x00, 0x10, 0x27), "response to request_control")

    terminal.say(f"select-attribute {uuid(4)}")
    terminal.say("notify on")
    terminal.hear(r"Notify started", "notifications of the telemetry")
    for _ in range(3):
        terminal.hear(r"\[CHG\] Attribute [^\n]* Value:\n[^\n]*  (?:[0-9a-f]{2} ){15}", "telemetry")
    terminal.say("notify off")
    terminal.hear(r"Notify stopped", "end of the notifications")

    terminal.say("back")
    terminal.say(f"disconnect {address}")
    terminal.hear(r"Successful disconnected|Connected: no", "disconnection")
    terminal.say("quit")
    return address


def main():
    terminal = Terminal("bluetoothctl")
    try:
        address = dialogue(terminal)
        terminal.end()
    except Unanswered as error:
        print(f"bluetoothctl: {error}; the whole dialogue:\n{terminal.said}", file=sys.stderr)
        return 1
    finally:
        if terminal.process.poll() is None:
            os.killpg(terminal.process.pid, signal.SIGKILL)
            terminal.process.wait()
    print(f"bluetoothctl: scan, connect, list-attributes, read, write and notify on {address}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
