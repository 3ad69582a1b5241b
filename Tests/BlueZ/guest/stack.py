"""What a scenario has to do with: the bus, the radio, bluetoothd, and the programs that it starts, inside the guest.

Every program writes straight into a file of the scenario's folder, so that nothing is lost when something is killed, and no pipe can fill.
"""

import asyncio
import os
import pathlib
import re
import sys
import time
from signal import SIG_DFL, SIGINT, SIGKILL, SIGPIPE, SIGTERM
from signal import signal as set_handler

# What the two controllers of `btvirt -l2` answer to.
CENTRAL = "00:AA:01:00:00:00"
PERIPHERAL = "00:AA:01:01:00:01"

CONFIGURATIONS = {
    # One ATT bearer, and an answer to LE Read Remote Features as late as a controller of silicon gives it.
    "ordered": {"channels": 1, "delayed": True},
    # As bluetoothd comes: three EATT channels, on which bursts arrive reordered between two hosts of this kind.
    "eatt": {"channels": None, "delayed": True},
    # The first connection may stay without a Connected=true.
    "early": {"channels": 1, "delayed": False},
    # Both together.
    "stock": {"channels": None, "delayed": False},
}


class Failure(Exception):
    """What a scenario found to be wrong."""


def check(condition, text):
    if not condition:
        raise Failure(text)


def say(text):
    print(f"[{time.monotonic():9.3f}] {text}", flush=True)


class Program:
    """A program of the scenario; its output is in NAME.log of the scenario's folder."""

    def __init__(self, folder, name, argv=None, call=None, environment=None, line_buffered=False, to=None):
        self.name = name
        self.log = folder / (to or f"{name}.log")
        self.status = None
        self._read = 0
        inside, self._stdin = os.pipe()
        os.set_inheritable(inside, True)
        environment = {**os.environ, **(environment or {})}
        if line_buffered:
            environment |= {"LD_PRELOAD": "/rig/libstdbuf.so", "_STDBUF_O": "L"}
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                output = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
                os.dup2(inside, 0)
                os.dup2(output, 1)
                os.dup2(output, 2)
                os.closerange(3, 256)
                for number in (SIGINT, SIGTERM, SIGPIPE):
                    set_handler(number, SIG_DFL)
                if argv:
                    os.execvpe(argv[0], argv, environment)
                call()
                sys.stdout.flush()
                os._exit(0)
            except BaseException as error:  # the child never returns into the parent's code
                os.write(2, f"{name}: {type(error).__name__}: {error}\n".encode())
                os._exit(70)
        os.close(inside)

    def output(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tell(self, line):
        """One line to its standard input."""
        say(f"{self.name} < {line}")
        os.write(self._stdin, (line + "\n").encode())

    def close_input(self):
        os.close(self._stdin)

    def _found(self, pattern):
        text = self.output()
        match = re.compile(pattern).search(text, self._read)
        if match:
            self._read = match.end()
            say(f"{self.name} > {match.group(0).strip()}")
        return match

    def _missed(self, pattern, seconds):
        tail = "\n".join(self.output()[self._read :].splitlines()[-15:])
        state = f"it ended with {self.status}" if self.ended() else "it still runs"
        return Failure(f"{self.name} did not say {pattern!r} within {seconds} s ({state}); it said:\n{tail}")

    def expect(self, pattern, seconds=20):
        """Waits for a text in what it said since the last match, and returns the match."""
        end = time.monotonic() + seconds
        while not (match := self._found(pattern)):
            if time.monotonic() > end or (self.ended() and not (match := self._found(pattern))):
                raise self._missed(pattern, seconds)
            if match:
                break
            time.sleep(0.01)
        return match

    async def expected(self, pattern, seconds=20):
        """`expect` that lets the event loop run."""
        end = time.monotonic() + seconds
        while not (match := self._found(pattern)):
            if time.monotonic() > end:
                raise self._missed(pattern, seconds)
            await asyncio.sleep(0.01)
        return match

    def forget(self):
        """What it said until now is no answer to what comes next."""
        self._read = len(self.output())

    def ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def signal(self, number):
        if not self.ended():
            os.kill(self.pid, number)

    def wait(self, seconds=20):
        """Its exit status; negative: the signal that ended it."""
        end = time.monotonic() + seconds
        while not self.ended():
            if time.monotonic() > end:
                raise Failure(f"{self.name} did not end within {seconds} s; it said:\n" + self.output()[-1500:])
            time.sleep(0.01)
        return self.status

    def stop(self, number=SIGTERM, seconds=5):
        self.signal(number)
        try:
            return self.wait(seconds)
        except Failure:
            self.signal(SIGKILL)
            return self.wait(seconds)


class Stack:
    """A bus, a radio of two controllers and a bluetoothd, as new."""

    def __init__(self, folder, configuration, trace=False):
        self.folder = pathlib.Path(folder)
        self.channels = CONFIGURATIONS[configuration]["channels"]
        self.delayed = CONFIGURATIONS[configuration]["delayed"]
        self.trace = trace
        self.started = []
        self._restarts = {}

    def program(self, name, *argv, call=None, environment=None, line_buffered=False, to=None):
        """Starts a program, or a Python function in a process of its own."""
        self._restarts[name] = self._restarts.get(name, 0) + 1
        if self._restarts[name] > 1:
            name = f"{name}-{self._restarts[name]}"
        program = Program(self.folder, name, argv, call, environment, line_buffered, to)
        self.started.append(program)
        return program

    def run(self, name, *argv, seconds=30, environment=None):
        """Runs a program to its end; returns (status, output)."""
        program = self.program(name, *argv, environment=environment)
        program.close_input()
        say(f"{name}: {' '.join(argv)}")
        status = program.wait(seconds)
        say(f"{name}: ended with {status}")
        return status, program.output()

    def start(self):
        pathlib.Path("/etc/bluetooth/main.conf").write_text(
            "[Policy]\nAutoEnable=true\n" + (f"[GATT]\nChannels={self.channels}\n" if self.channels else ""))
        self.bus = self.program("dbus-daemon", "dbus-daemon", "--system", "--nofork", "--nopidfile")
        until("the system bus", lambda: pathlib.Path("/run/dbus/system_bus_socket").exists())
        if self.trace:
            self.monitor = self.program("dbus", "dbus-monitor", "--system", "--pcap", to="dbus.pcap")
        self.capture = self.program("btmon", "btmon", "-w", str(self.folder / "capture.btsnoop"))
        self.start_radio()
        self.start_bluetoothd()

    def start_radio(self):
        preload = {"LD_PRELOAD": "/rig/btvirt-timing.so"} | ({"DELAY_REMOTE_FEATURES": "1"} if self.delayed else {})
        self.radio = self.program("btvirt", "btvirt", "-L", "-l2", environment=preload)
        until("two controllers", lambda: controllers() == 2)

    def start_bluetoothd(self, wait=True):
        self.bluetoothd = self.program("bluetoothd", "/usr/libexec/bluetooth/bluetoothd", "-n", "-d")
        if wait:
            self.wait_powered()

    def wait_powered(self, since=0):
        """Until both adapters are powered, by the log of bluetoothd after byte `since` of it."""
        until("both adapters to be powered",
              lambda: len(set(re.findall(r"adapter (\S+) has been enabled", self.bluetoothd.output()[since:]))) == 2)

    def stop(self):
        for program in reversed(self.started):
            if not program.ended():
                program.stop(SIGTERM, 5)


def controllers():
    folder = pathlib.Path("/sys/class/bluetooth")
    return sum(1 for entry in folder.iterdir() if ":" not in entry.name) if folder.exists() else 0


def until(what, condition, seconds=20):
    """Waits for a condition, looking every 10 ms."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"waited {seconds} s in vain for {what}")
        time.sleep(0.01)
