#!/usr/bin/env python3
"""Plays scenarios with programs in both roles on the emulated bluetoothd: two adapters that hear each other, on a bus of their own.

    play.py PROGRAMS [SCENARIO...]      PROGRAMS: the folder with percuss and percussd; every scenario unless told which

A scenario is what it is in Tests/BlueZ, whose scenarios with strangers on both ends are played here as they are there, on the real bluetoothd.
What it leaves is in .build/roles/NAME: scenario.log, and a log for each program.
"""

import ctypes
import importlib
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "scenarios"), str(HERE.parent / "BlueZ/guest"), str(HERE.parent / "BlueZ/scenarios"), str(HERE.parent / "Bleak")]
import emulated  # noqa: E402
from emulated import ROOT  # noqa: E402
from stack import Failure  # noqa: E402

SCENARIOS = [
    "bleak_central",  # of Tests/BlueZ: Bleak against the GATT application in Python
    "bluetoothctl",  # of Tests/BlueZ: bluetoothctl in both roles
    "own_central",
    "adapter_mode",
    "theragun_adapter",
]


def play(name, programs):
    folder = ROOT / ".build/roles" / name.replace("_", "-")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    module = importlib.import_module(name)
    seconds = module.SCENARIO["seconds"]
    began = time.monotonic()
    sys.stdout.flush()
    status = None
    # The path of a socket has at most 107 bytes, that of this checkout may have more.
    with tempfile.TemporaryDirectory(prefix="percuss-roles-") as sockets:
        child = os.fork()
        if child == 0:
            os._exit(play_here(module, folder, programs, pathlib.Path(sockets)))
        while status is None and time.monotonic() - began < seconds:
            pid, raw = os.waitpid(child, os.WNOHANG)
            if pid:
                status = os.waitstatus_to_exitcode(raw)
            time.sleep(0.02)
        # Nothing of a scenario is left for the next one: all it started is in its session.
        try:
            os.killpg(child, signal.SIGKILL)
        except ProcessLookupError:
            pass
        if status is None:
            os.waitpid(child, 0)
    print(f"{'ok    ' if status == 0 else 'FAILED'} {name:16} {time.monotonic() - began:6.1f} s", flush=True)
    if status != 0:
        if status is None:
            print(f"  not done within {seconds} s")
        for log in sorted(folder.glob("*.log")):
            print(f"  -- the end of {log.relative_to(ROOT)}")
            print("  " + "\n  ".join(log.read_text(errors="replace").splitlines()[-25:]), flush=True)
    return status == 0


def play_here(module, folder, programs, sockets):
    """In the forked process, which leads a session of its own: the exit status."""
    os.setsid()
    # Whoever ends the player ends the scenario with all its programs.
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
    output = os.open(folder / "scenario.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    status = 0
    stack = emulated.EmulatedStack(folder, programs, sockets)
    try:
        stack.start()
        module.run(stack)
    except Failure as failure:
        print(f"FAILED: {failure}", flush=True)
        status = 1
    except BaseException:
        traceback.print_exc()
        status = 1
    try:
        stack.stop()
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def main(arguments):
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    programs = pathlib.Path(arguments[0]).resolve()
    for program in ("percuss", "percussd"):
        if not os.access(programs / program, os.X_OK):
            print(f"play.py: there is no {programs / program}; build it first", file=sys.stderr)
            return 2
    unknown = set(arguments[1:]) - set(SCENARIOS)
    if unknown:
        print(f"play.py: there is no scenario {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}", file=sys.stderr)
        return 2
    failed = sum(not play(name, programs) for name in arguments[1:] or SCENARIOS)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
