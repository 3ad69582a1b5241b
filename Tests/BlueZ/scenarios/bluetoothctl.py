"""bluetoothctl in both roles: as the peripheral with its gatt menu, as the central that scans, connects, reads, writes and is notified."""

from stack import CENTRAL, PERIPHERAL, check

SCENARIO = {"configurations": ["ordered"], "others": ["eatt"], "seconds": 90, "trace": True}

SERVICE = "c0de0001-7065-7263-7573-73000000aaaa"
VALUE = "c0de0002-7065-7263-7573-73000000aaaa"


def run(stack):
    peripheral = stack.program("peripheral", "bluetoothctl", line_buffered=True)
    peripheral.expect("Agent registered")
    peripheral.tell(f"select {PERIPHERAL}")
    peripheral.tell(f"gatt.register-service {SERVICE}")
    peripheral.expect(r"Primary \(yes/no\)")
    peripheral.tell("yes")
    peripheral.tell(f"gatt.register-characteristic {VALUE} read,write,notify")
    peripheral.expect("Enter value")
    peripheral.tell("1 2 3")
    peripheral.tell("gatt.register-application")
    peripheral.expect("Application registered")
    peripheral.tell("advertise.name percuss-ctl")
    peripheral.tell("advertise on")
    peripheral.expect("Advertising object registered")

    central = stack.program("central", "bluetoothctl", line_buffered=True)
    central.expect("Agent registered")
    central.tell(f"select {CENTRAL}")
    central.tell("scan le")
    central.expect(f"Device {PERIPHERAL}")
    central.tell("scan off")
    central.expect("Discovery stopped")
    central.tell(f"connect {PERIPHERAL}")
    central.expect("Connection successful")
    central.expect("ServicesResolved: yes")
    central.tell(f"gatt.select-attribute {VALUE}")
    central.tell("gatt.read")
    central.expect(r"01 02 03")
    peripheral.expect("ReadValue")
    central.tell('gatt.write "0x0a 0x0b"')
    peripheral.expect(r"0a 0b")
    central.tell("gatt.notify on")
    central.expect("Notify started")
    # What is written to bluetoothctl's characteristic, it notifies.
    central.tell('gatt.write "0x21 0x22"')
    central.expect("Value:")
    central.expect("21 22")
    central.tell("gatt.notify off")
    central.expect("Notify stopped")
    central.tell(f"disconnect {PERIPHERAL}")
    central.expect("Successful disconnected")
    central.tell("quit")
    check(central.wait() == 0, "bluetoothctl as the central did not end with 0")
    peripheral.tell("quit")
    check(peripheral.wait() == 0, "bluetoothctl as the peripheral did not end with 0")
