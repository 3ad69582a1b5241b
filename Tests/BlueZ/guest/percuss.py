"""percussd on the peripheral's adapter and percuss on the central's, and the ground truth of the device between them."""

import asyncio
import pathlib
import time

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus
from stack import CENTRAL, PERIPHERAL, Failure, check, say

LEASE = 2.0  # seconds for which the device goes on without a sign of life, unless a run asks for another time
RAMP = 0.5  # seconds from full speed to rest when it stops by itself
BUSY = 3.0  # seconds: bluetoothd hands on a sign of life that much later where the machine has much else to do
FULL_SPEED = 1700
LONG_ROUTINE = """percuss: 1
name: Long
steps:
  - hold: 60s
    speed: 1900 ppm
"""
ROUTINE = """percuss: 1
name: Short
steps:
  - hold: 2s
    speed: 1900 ppm
  - ramp: 1s
    speed: 1900..2200 ppm
  - rest: 500ms
  - hold: 1s
    speed: 2000 ppm
"""


class Rig:
    def __init__(self, stack):
        self.stack = stack
        self.started = 0

    def serve(self, *arguments):
        self.daemon = self.stack.program("percussd", "percussd", "--adapter", PERIPHERAL, "--log-level", "debug", *arguments)
        self.offered()

    def offered(self):
        """Waits until percussd has its device on the air."""
        self.daemon.expect(r" offered on hci\d", 60)

    def percuss(self, *arguments, seconds=120, status=0):
        """Runs percuss against the device to its end; returns what it said."""
        self.started += 1
        got, output = self.stack.run(f"percuss-{self.started}-{arguments[0]}", "percuss", *arguments, *self.device(arguments[0]), seconds=seconds)
        check(got == status, f"percuss {arguments[0]} ended with {got}, not {status}:\n{output}")
        return output

    def routine(self, text):
        path = pathlib.Path(f"/tmp/routine-{len(text)}.yaml")
        path.write_text(text)
        return str(path)

    def percuss_in_background(self, *arguments):
        self.started += 1
        return self.stack.program(f"percuss-{self.started}-{arguments[0]}", "percuss", *arguments, *self.device(arguments[0]))

    @staticmethod
    def device(command):
        place = ["--adapter", CENTRAL]
        return place if command in ("scan", "devices", "pair") else [*place, "--device", PERIPHERAL, "--timeout", "60s"]

    # Ground truth

    def call(self, member, signature="", *arguments):
        async def ask():
            bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
            try:
                reply = await bus.call(Message(destination="org.percuss.Simulator", path="/org/percuss/simulator",
                                               interface="org.freedesktop.DBus.ObjectManager", member="GetManagedObjects"))
                path = next(path for path, interfaces in reply.body[0].items() if "org.percuss.Simulator1.Device" in interfaces)
                reply = await asyncio.wait_for(bus.call(Message(
                    destination="org.percuss.Simulator", path=path, interface="org.percuss.Simulator1.Device", member=member,
                    signature=signature, body=list(arguments))), 10)
                if reply.message_type == MessageType.ERROR:
                    raise Failure(f"{member}: {reply.error_name}: {reply.body}")
                return reply.body
            finally:
                bus.disconnect()

        return asyncio.run(ask())

    def speed(self):
        """What the motor really does, in percussions per minute."""
        return self.call("ReadTruth")[0][2] / 1000

    def moves(self, seconds=90):
        """Waits for the motor to turn at its full speed."""
        end = time.monotonic() + seconds
        while self.speed() < FULL_SPEED:
            check(time.monotonic() < end, f"the motor did not move within {seconds} s")
            time.sleep(0.05)

    def rests(self, since, lease=LEASE):
        """Waits for the motor to rest, and says how long after an instant it did."""
        bound = lease + RAMP + BUSY
        end = time.monotonic() + bound + 5
        while self.speed() > 0:
            check(time.monotonic() < end, "the motor still turns")
            time.sleep(0.05)
        samples, more, after = [], True, int(since * 1e9)
        while more:
            part, more, _ = self.call("ReadTrace", "tu", after, 1000)
            samples += part
            after = part[-1][0] if part else 0
        late = max((sample[0] / 1e9 - since for sample in samples if sample[2] > 0), default=0.0)
        say(f"the motor was last seen to turn {late:.2f} s after")
        check(late <= bound, f"the motor turned for another {late:.2f} s, and {bound} s are the most")
