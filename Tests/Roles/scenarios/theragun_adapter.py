"""`percussd --adapter` with a virtual Theragun on the emulated adapter, and an unmodified Bleak that drives it in the protocol of that family."""

import json
import subprocess
from signal import SIGTERM

import theragun
from stack import PERIPHERAL, check

SCENARIO = {"seconds": 240}


def run(stack):
    configuration = stack.folder / "theragun.yaml"
    configuration.write_text("percussd: 1\ndevices: [{model: theragun-prime, link_loss: stops}]\n")
    peripheral = stack.program("percussd", stack.percussd, "--adapter", "hci1", "--config", str(configuration))
    peripheral.expect("info ready", 60)
    client = stack.python("client", theragun.__file__, "Prime", "3584", "hci0")
    check(client.wait(180) == 0, f"the client ended with {client.status}: {client.output()}")
    check("a whole conversation with Prime" in client.output(), "the client did not say that it was through")
    # Every malformed write of the conversation was counted, and told with its reason.
    ignored = peripheral.output().count("write ignored by the device")
    check(ignored > 20, f"{ignored} writes were told to be ignored")
    counted = reading(stack, "IgnoredWrites")
    check(counted == ignored, f"{counted} ignored writes are counted, and {ignored} were told")
    check(reading(stack, "Speed") == 0, "the motor turns")
    peripheral.signal(SIGTERM)
    check(peripheral.wait(20) == 0, f"percussd ended with {peripheral.status}")


def reading(stack, name):
    """A property of the device on the control interface."""
    device = "/org/percuss/simulator/dev_C8_2E_47_0A_11_02"
    command = ["busctl", f"--address={stack.address}", "--json=short", "get-property", "org.percuss.Simulator", device, "org.percuss.Simulator1.Device", name]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30)
    check(answer.returncode == 0, f"the control interface: {answer.stderr}")
    return json.loads(answer.stdout)["data"]
