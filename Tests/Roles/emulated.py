"""The emulated bluetoothd as a stack for scenarios: a bus, two adapters on one air, and the programs that a scenario starts.

Takes the place of the stack in Tests/BlueZ/guest, which has the real bluetoothd.
"""

import os
import pathlib
import sys

import stack

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# As many as `btvirt -l2` has, with its addresses, and the ATT_MTU that two hosts of this kind agree on. Without the control interface, whose name
# a percussd with an adapter owns on the same bus.
CONFIGURATION = f"""
percussd: 1
control: false
adapters: ["{stack.CENTRAL}", "{stack.PERIPHERAL}"]
devices: []
radio: {{mtu: 517}}
"""


class EmulatedStack(stack.Stack):
    def __init__(self, folder, programs, sockets):
        super().__init__(folder, "ordered")
        self.percuss, self.percussd = str(programs / "percuss"), str(programs / "percussd")
        self.socket = sockets / "bus"
        self.address = os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={self.socket}"

    def start(self):
        (self.folder / "emulation.yaml").write_text(CONFIGURATION)
        self.bus = self.program("dbus-daemon", "dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={self.address}")
        stack.until("the bus", self.socket.exists)
        self.start_bluetoothd()

    def start_bluetoothd(self):
        self.bluetoothd = self.program(
            "bluetoothd", self.percussd, "--emulate-bluez", "--bus", self.address, "--config", str(self.folder / "emulation.yaml"))
        self.bluetoothd.expect("DBUS_SYSTEM_BUS_ADDRESS=", 60)

    def program(self, name, *argv, call=None, environment=None, line_buffered=False, to=None):
        if line_buffered:
            argv = ("stdbuf", "-oL", *argv)
        return super().program(name, *argv, call=call, environment=environment, to=to)

    def python(self, name, file, *arguments):
        """A Python program, with what scenarios may import."""
        environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
        return self.program(name, sys.executable, str(pathlib.Path(file)), *arguments, environment=environment)
