"""percuss drives percussd's motor, then: bluetoothd ended, killed, adapters off, radio gone, either process killed. It stops, and all recovers."""

import time
from signal import SIGINT, SIGKILL, SIGTERM

from percuss import LEASE, LONG_ROUTINE, Rig
from stack import check, say

SCENARIO = {
    "configurations": ["stock"], "others": ["ordered"],
    "seconds": 600,
    "trace": True,
    "needs": ["percuss", "percussd"],
    "preload": ["asyncio", "dbus_fast.aio", "dbus_fast.service"],
}


def run(stack):
    rig = Rig(stack)
    rig.serve()

    def power(number, on):
        status, _ = stack.run("power", "btmgmt", "--index", str(number), "power", "on" if on else "off")
        check(status == 0, "btmgmt failed")

    def bluetoothd(number):
        stack.bluetoothd.signal(number)
        stack.bluetoothd.wait()

    def radio():
        stack.radio.signal(SIGKILL)
        stack.radio.wait()

    def user(number):
        driving.signal(number)

    by_hand = ("set", "--speed", "1900ppm", "--for", "60s")
    routine = rig.routine(LONG_ROUTINE)
    # An emulated machine is late; that must not end the run before its trouble does.
    uploaded, streamed, live = (("run", routine, "--mode", mode, "--tolerance", "5s") for mode in ("uploaded", "streamed", "live"))
    # What happens, what is driven meanwhile, how it ends, percuss's exit status, whether percussd is on the air all the time, the lease.
    troubles = {
        "bluetoothd ended": (by_hand, lambda: bluetoothd(SIGTERM), stack.start_bluetoothd, 75, False, LEASE),
        "bluetoothd killed": (uploaded, lambda: bluetoothd(SIGKILL), stack.start_bluetoothd, 75, False, LEASE),
        "the peripheral's adapter off": (by_hand, lambda: power(1, False), lambda: power(1, True), 75, False, LEASE),
        "the central's adapter off": (by_hand, lambda: power(0, False), lambda: power(0, True), 75, True, LEASE),
        "the radio gone": (live, radio, stack.start_radio, 75, False, LEASE),
        "interrupted by its user": (by_hand, lambda: user(SIGINT), lambda: None, 130, True, LEASE),
        "percuss killed": (by_hand, lambda: user(SIGKILL), lambda: None, -SIGKILL, True, LEASE),
        "percuss killed in an uploaded run": (uploaded, lambda: user(SIGKILL), lambda: None, -SIGKILL, True, LEASE),
        # One and a half look-aheads of 2 s, and 1 s.
        "percuss killed in a streamed run": (streamed, lambda: user(SIGKILL), lambda: None, -SIGKILL, True, 4.0),
        "percuss killed in a live run": (live, lambda: user(SIGKILL), lambda: None, -SIGKILL, True, LEASE),
    }
    for name, (command, begin, end, status, stays, lease) in troubles.items():
        say(f"== {name}")
        # Each also shows that the one before has been recovered from; after a kill, over the link that bluetoothd keeps.
        driving = rig.percuss_in_background(*command)
        rig.moves()
        rig.daemon.forget()
        since = time.monotonic()
        begin()
        ended(driving, status)
        rig.rests(since, lease)
        if not stays:
            rig.daemon.expect("not offered: ")
        end()
        if not stays:
            rig.offered()

    say("== percussd killed")
    driving = rig.percuss_in_background(*by_hand)
    rig.moves()
    rig.daemon.signal(SIGKILL)
    ended(driving, 75)
    rig.serve()
    rig.percuss("set", "--speed", "1900ppm", "--for", "1s")


def ended(driving, status):
    check(driving.wait(60) == status, f"percuss ended with {driving.status}, not {status}:\n{driving.output()}")
    said = " ".join(driving.output().split())
    say(f"percuss said: {said[-300:]}")
    check(status != 75 or "the connection ended" in said.lower(), "percuss does not say why")
