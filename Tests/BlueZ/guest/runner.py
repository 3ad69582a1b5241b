"""Plays the scenarios of /rig/plan.json, each from a clean stack, and leaves what they said in /results.

Runs as root in the guest. A scenario is a module with `run(stack)`; it is played in a forked process, so what this one has
imported need not be imported again: importing is slow here.
"""

import importlib
import json
import os
import pathlib
import shutil
import signal
import sys
import time
import traceback

sys.path[:0] = ["/rig", "/rig/scenarios"]
from stack import Failure, Stack, controllers  # noqa: E402

RESULTS = pathlib.Path("/results")


def play(entry):
    name = f"{entry['scenario']}@{entry['configuration']}"
    folder = pathlib.Path("/tmp/scenario")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os._exit(play_here(entry, folder))
    status = None
    while status is None and time.monotonic() - began < entry["seconds"]:
        pid, raw = os.waitpid(child, os.WNOHANG)
        if pid:
            status = os.waitstatus_to_exitcode(raw)
        time.sleep(0.02)
    verdict = {0: "ok", 1: "failed", None: f"not done within {entry['seconds']} s"}.get(status, f"ended with {status}")
    clean_up()
    with open(folder / "kernel.log", "wb") as log:
        os.system("dmesg -c > /tmp/dmesg")
        log.write(pathlib.Path("/tmp/dmesg").read_bytes())
    target = RESULTS / name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target, copy_function=shutil.copyfile)
    report = {"verdict": verdict, "seconds": round(time.monotonic() - began, 2)}
    (target / "verdict.json").write_text(json.dumps(report))
    print(f"{'ok    ' if status == 0 else 'FAILED'} {name:44} {report['seconds']:6.1f} s" + ("" if status in (0, 1) else f"  {verdict}"), flush=True)
    return status == 0


def play_here(entry, folder):
    """In the forked process: the exit status."""
    output = os.open(folder / "scenario.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.setsid()
    status = 0
    stack = None
    try:
        module = importlib.import_module(entry["scenario"].replace("-", "_"))
        stack = Stack(folder, entry["configuration"], trace=module.SCENARIO.get("trace", False))
        stack.start()
        module.run(stack)
    except Failure as failure:
        print(f"FAILED: {failure}", flush=True)
        status = 1
    except BaseException:
        traceback.print_exc()
        status = 1
    try:
        if stack:
            stack.stop()
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def clean_up():
    """Nothing of a scenario is left for the next: no process but the first and this one, no controller, no bond."""
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        pass
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        if controllers() == 0:
            break
        time.sleep(0.01)
    for folder in ("/var/lib/bluetooth", "/run/dbus"):
        for entry in pathlib.Path(folder).iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def main():
    plan = json.loads(pathlib.Path("/rig/plan.json").read_text())
    for module in plan["preload"]:
        importlib.import_module(module)
    print(f"guest: ready after {float(open('/proc/uptime').read().split()[0]):.1f} s", flush=True)
    failed = sum(not play(entry) for entry in plan["entries"])
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
