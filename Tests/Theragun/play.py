#!/usr/bin/env python3
"""Plays routines on virtual Theraguns over the emulated BlueZ, each on a device of its own and all at once, in real time.

    play.py PERCUSS FOLDER ROUTINE...     in `percuss shell`, with as many devices as routines; the reports go into the folder

A routine must come to its end with every step in time, and the motor must have done what it says: the ground truth of each device is read from the control
interface and held against the plan. Exits 0 when all did.
"""

import asyncio
import json
import os
import pathlib
import subprocess
import sys

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

# Of the motor for one percussion, as the user of the program states it; and those of the simulated body, see Sources/percussd/README.md.
RPM_PER_PPM = 1.5
SIMULATED_RPM_PER_PPM = 3616 / 2400
TOLERANCE_MS = 500


class Disagreement(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Disagreement(what)


async def trace(bus, address):
    """What the motor did, as (instant in us, speed in PPM, setpoint in PPM); oldest first."""
    path = "/org/percuss/simulator/dev_" + address.replace(":", "_")
    after, samples, more = 0, [], True
    while more:
        answer = await bus.call(Message(
            destination="org.percuss.Simulator", path=path, interface="org.percuss.Simulator1.Device", member="ReadTrace", signature="tu",
            body=[after, 5000]))
        expect(answer.message_type != MessageType.ERROR, f"the control interface: {answer.body}")
        part, more, _ = answer.body
        samples += [(sample[0] / 1000, sample[2] / 1000, sample[3] / 1000) for sample in part]
        after = part[-1][0] if part else 0
    return samples


def check_report(report):
    outcome = report["outcome"], report["reason"]["code"]
    expect(outcome == ("completed", "completed"), f"it ended {outcome}: {report['reason']['message']}")
    expect(report["rest"]["verified"] is True, "the motor was not seen at rest")
    expect(report["device"]["dialect"]["name"] == "theragun-gen4", f"the dialect: {report['device']}")
    expect(report["link"]["transport"] == "bluez" and report["mode"] == "live", "it did not play live over BlueZ")
    expect(report["steps"] and all(step["actual_us"] is not None for step in report["steps"]), "a step has no actual instant")


def check_truth(report, samples):
    """Where a speed is held for three seconds or more, the motor must have had it but for the first two and a half."""
    expect(samples[-1][1] == 0, "the motor turns")
    first = next(step for step in report["steps"] if step["speed_from_ppm"] > 0)
    begin = next((at for at, _, setpoint in samples if setpoint > 0), None)
    expect(begin is not None, "the motor never turned")
    held = 0
    for step in report["steps"]:
        if step["kind"] not in ("hold", "rest") or step["duration_us"] < 3_000_000:
            continue
        start = begin + step["actual_us"] - first["actual_us"]
        wanted = step["speed_from_ppm"] * RPM_PER_PPM / SIMULATED_RPM_PER_PPM
        # A sample is there for every change, and stands until the next one.
        inside = [speed for at, speed, _ in samples if start + 2_500_000 <= at <= start + step["duration_us"] - 200_000]
        before = next((speed for at, speed, _ in reversed(samples) if at < start + 2_500_000), 0)
        for speed in [before, *inside]:
            expect(abs(speed - wanted) <= 2, f"step {step['index']} ({step['path']}): {speed:.0f} PPM in place of {wanted:.0f}")
        held += 1
    return held


async def play(bus, percuss, folder, routine, address):
    name = pathlib.Path(routine).stem
    report_file, log_file = folder / f"{name}.json", folder / f"{name}.log"
    with log_file.open("wb") as log:
        # A routine is an hour at most, and knows its end.
        process = await asyncio.create_subprocess_exec(
            percuss, "run", routine, "--device", address, "--mode", "live", "--without-force", "--rpm-per-ppm", str(RPM_PER_PPM),
            "--confirm", "yes", "--tolerance", f"{TOLERANCE_MS}ms", "--timeout", "60s", "--no-picture", "--report", str(report_file),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        status = await process.wait()
    try:
        expect(report_file.exists(), f"exit status {status}, and no report: {log_file.read_text()[-500:]}")
        report = json.loads(report_file.read_text())
        check_report(report)
        expect(status == 0, f"exit status {status}")
        held = check_truth(report, await trace(bus, address))
        lateness = report["lateness"]
        print(
            f"ok     {name:26} {report['end_us'] / 1e6:7.1f} s, {len(report['steps']):3} steps, late at most {lateness['max_us'] / 1000:.1f} ms "
            f"(p50 {lateness['p50_us'] / 1000:.2f}), {held} speeds held as planned", flush=True)
        return True
    except Disagreement as error:
        print(f"FAILED {name}: {error}; see {log_file} and {report_file}", flush=True)
        return False


async def main(percuss, folder, routines):
    addresses = os.environ["PERCUSS_DEVICES"].split()
    expect(len(addresses) == len(routines), f"{len(routines)} routines and {len(addresses)} devices")
    bus = await MessageBus(bus_address=os.environ["DBUS_SYSTEM_BUS_ADDRESS"]).connect()
    results = await asyncio.gather(*(play(bus, percuss, folder, *pair) for pair in zip(routines, addresses)))
    bus.disconnect()
    return 0 if all(results) else 1


if __name__ == "__main__":
    if len(sys.argv) < 4:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(asyncio.run(main(sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:])))
