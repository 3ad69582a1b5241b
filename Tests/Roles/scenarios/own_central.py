"""Our own central with a GATT application that shares no code with it: found by `percuss scan`, then connected, read, written and heard."""

import re

import gatt_server
from emulated import ROOT
from stack import PERIPHERAL, check

SCENARIO = {"seconds": 240}


def run(stack):
    peripheral = stack.python("peripheral", gatt_server.__file__)
    peripheral.expect("registered", 60)

    status, output = stack.run("scan", stack.percuss, "scan", "--all", "--for", "3s", "--adapter", "hci0", "--json")
    check(status == 0 and f'"address":"{PERIPHERAL}"' in output and '"name":"percuss-python"' in output, f"the scan: {status}, {output}")
    status, output = stack.run("foreign-scan", stack.percuss, "scan", "--for", "2s", "--adapter", "hci0")
    check(status == 69, "a device without our service was taken for one of ours")

    tests = stack.program(
        "tests", "swift", "test", "--package-path", str(ROOT), "--skip-build", "--filter", "ForeignApplicationTests",
        environment={"PERCUSS_FOREIGN_PERIPHERAL": PERIPHERAL})
    status = tests.wait(180)
    # A test that is skipped passes.
    check(status == 0 and re.search(r"Test run with 1 test .*passed", tests.output()), "the tests of our own central failed; see tests.log")
    for sign in ("read 0002", "written 0003 [0-9a-f]", "written 0004", "notify on 0005", "notify on 0006", "confirmed 0006", "notify off 0005"):
        check(re.search(sign, peripheral.output()), f"the application has not seen: {sign}")
