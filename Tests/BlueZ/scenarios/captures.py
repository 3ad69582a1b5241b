"""Records one btsnoop file for each thing that percuss and percussd do on the air; captures/ keeps most of them."""

import time
from signal import SIGKILL

from percuss import LONG_ROUTINE, ROUTINE, Rig
from stack import CENTRAL, PERIPHERAL, say, until

SCENARIO = {
    "configurations": ["ordered", "stock"],
    "seconds": 300,
    "by_name": True,
    "needs": ["percuss", "percussd"],
    "preload": ["asyncio", "dbus_fast.aio", "dbus_fast.service"],
}


def run(stack):
    rig = Rig(stack)
    rig.serve()

    def capture(name, action, anew=True):
        say(f"== {name}")
        if anew:
            # What bluetoothd knows of the device it does not ask again, and a capture without discovery has handles instead of names.
            stack.run("forget", "percuss", "pair", PERIPHERAL, "--remove", "--adapter", CENTRAL, seconds=60)
        path = stack.folder / f"{name}.btsnoop"
        recorder = stack.program(f"btmon-{name}", "btmon", "-w", str(path))
        # It begins with a note of each adapter.
        until("btmon", lambda: path.exists() and path.stat().st_size > 16)
        time.sleep(0.5)
        action()
        # A disconnect goes on for a while after percuss has ended.
        time.sleep(1)
        recorder.stop()

    def play(mode):
        return lambda: rig.percuss("run", rig.routine(ROUTINE), "--mode", mode, "--no-progress", "--tolerance", "5s", seconds=90)

    def killed():
        driving = rig.percuss_in_background("run", rig.routine(LONG_ROUTINE), "--mode", "live", "--tolerance", "5s")
        rig.moves()
        since = time.monotonic()
        driving.signal(SIGKILL)
        driving.wait()
        rig.rests(since)

    def reused():
        rig.percuss("set", "--speed", "1900ppm", "--for", "1s")

    capture("scan-and-info", lambda: (rig.percuss("scan", "--for", "3s"), rig.percuss("info")))
    capture("set", lambda: rig.percuss("set", "--speed", "1900ppm", "--for", "2s"))
    for mode in ("uploaded", "streamed", "live"):
        capture(mode, play(mode))
    capture("central-killed", killed)
    capture("link-kept", reused, anew=False)
    capture("pairing", lambda: rig.percuss("pair", PERIPHERAL))
    capture("encrypted", lambda: rig.percuss("info"), anew=False)
