"""`percussd --adapter`, as a program, on the emulated adapter: found, driven, registered again after each restart of bluetoothd, ended."""

import json
import subprocess
from signal import SIGKILL, SIGTERM

from stack import PERIPHERAL, check, until

SCENARIO = {"seconds": 240}
ROUTINE = """
percuss: 1
name: Both roles
steps:
  - hold: 1s
    speed: 1900 ppm
  - rest: 500ms
"""


def run(stack):
    peripheral = stack.program("percussd", stack.percussd, "--adapter", "hci1", "--log-level", "debug")
    peripheral.expect("info ready", 60)
    scan(stack)
    status, output = percuss(stack, "info", "--device", PERIPHERAL)
    check(status == 0 and json.loads(output.splitlines()[-1])["simulated"] is True, f"info: {status}, {output}")
    drive(stack)
    routine = stack.folder / "routine.yaml"
    routine.write_text(ROUTINE)
    status, output = percuss(stack, "run", str(routine), "--mode", "uploaded", "--tolerance", "1s", "--device", PERIPHERAL)
    check(status == 0, f"run: {status}")
    report = json.loads(output.splitlines()[-1])
    check(report["outcome"] == "completed" and report["link"]["transport"] == "bluez", f"the report: {report}")

    for number in (SIGTERM, SIGKILL):
        # A motor that turns when bluetoothd goes: the client says so, the motor stops, and nothing resumes by itself.
        client = stack.program("driven", stack.percuss, "set", "--adapter", "hci0", "--device", PERIPHERAL, "--speed", "1900ppm", "--for", "60s", "--json")
        until("the motor to turn", lambda: speed(stack) > 1000, 30)
        peripheral.forget()
        stack.bluetoothd.signal(number)
        stack.bluetoothd.wait()
        check(client.wait(30) == 75, f"the client that drove ended with {client.status}")
        until("the motor to rest", lambda: speed(stack) == 0, 10)
        peripheral.expect("not offered: ", 10)
        stack.start_bluetoothd()
        peripheral.expect("offered on hci1", 30)
        check(speed(stack) == 0, "the motor turns again by itself")
        scan(stack)
        drive(stack)

    peripheral.signal(SIGTERM)
    check(peripheral.wait(20) == 0, f"percussd ended with {peripheral.status}")
    check("info ended" in peripheral.output(), "percussd did not say that it has ended")
    status, output = percuss(stack, "scan", "--all", "--for", "2s")
    check(status == 69, f"it is still advertised: {output}")


def percuss(stack, command, *arguments):
    return stack.run(f"percuss-{command}", stack.percuss, command, *arguments, "--adapter", "hci0", "--json", seconds=60)


def scan(stack):
    status, output = percuss(stack, "scan", "--for", "3s")
    check(status == 0, f"scan: {status}")
    found = [json.loads(line) for line in output.splitlines()][-1]
    check((found["address"], found["name"]) == (PERIPHERAL, "Percuss Elite 0001"), f"the scan found {found}")


def drive(stack):
    status, output = percuss(stack, "set", "--speed", "1900ppm", "--for", "1s", "--device", "Percuss Elite 0001")
    check(status == 0, f"set: {status}")
    speeds = [json.loads(line).get("speed_ppm") or 0 for line in output.splitlines()]
    check(max(speeds) > 1000, f"the motor did not turn: {speeds}")
    check(speed(stack) == 0, "the motor still turns")


def speed(stack):
    """What the motor really does, in percussions per minute, from the control interface."""
    device = "/org/percuss/simulator/dev_C8_2E_47_0A_11_02"
    command = ["busctl", f"--address={stack.address}", "--json=short", "get-property", "org.percuss.Simulator", device, "org.percuss.Simulator1.Device", "Speed"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30)
    check(answer.returncode == 0, f"the control interface: {answer.stderr}")
    return json.loads(answer.stdout)["data"]
