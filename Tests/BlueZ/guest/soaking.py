"""Lets bluez-soak (Tests/BlueZ/Soak) connect and write against percussd, and tells what it counted."""

import json

from stack import CENTRAL, PERIPHERAL, check, say


def soak(stack, cycles, writes, seconds):
    daemon = stack.program("percussd", "percussd", "--adapter", PERIPHERAL, "--log-level", "debug")
    daemon.expect(r" offered on hci\d", 60)
    status, output = stack.run("bluez-soak", "bluez-soak", CENTRAL, PERIPHERAL, str(cycles), str(writes), seconds=seconds)
    check(status == 0, f"bluez-soak ended with {status}:\n{output[-1500:]}")
    count = json.loads(output.splitlines()[-1])
    check(count["cycles"] == cycles and count["writes"] == writes, f"bluez-soak counted {count}")
    say(f"{cycles} connections in {count['connect_seconds']:.0f} s, the slowest in {count['slowest_connect_ms']} ms; {writes} writes in "
        f"{count['write_seconds']:.0f} s, the slowest answered in {count['slowest_write_ms']} ms; {count['missed_telemetry']} telemetry values missed")
