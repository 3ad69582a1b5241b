#!/usr/bin/env python3
"""Records with `percuss --capture`, `percuss shell --capture` and `percussd --capture`, and has tshark, btmon and our decoder read it.

Usage: check-recordings.py [FOLDER]     FOLDER: the built programs; .build/debug

Needs tshark, btmon (bluez), dbus-daemon and python3-yaml.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DISSECTOR = ROOT / "protocol-spec/generated/percuss.lua"
ROUTINE = """percuss: 1
name: Recorded
steps:
  - {hold: 1s, speed: 1900 ppm, force: 60 N}
  - {ramp: 1s, speed: 1750..2000 ppm}
  - {rest: 1s}
"""
WARNING = 0x600000  # what Wireshark calls "warning"; malformed packets are errors, above it


def run(command, status=0, **options):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=120, cwd=ROOT, **options)
    if result.returncode != status:
        sys.exit(f"{' '.join(map(str, command))}: exit {result.returncode}, not {status}\n{result.stdout}{result.stderr}")
    return result.stdout


def record(percuss, percussd, folder):
    """The captures, by name."""
    routine = folder / "routine.yaml"
    routine.write_text(ROUTINE)
    files = {}

    def file(name):
        files[name] = folder / f"{name}.btsnoop"
        return files[name]

    for mode in ("uploaded", "streamed", "live"):
        run([percuss, "run", routine, "--virtual-time", "--mode", mode, "--loss", "0.1", "--capture", file(f"run-{mode}")])
    # Not 23: the Feature then fills its PDU, and tshark 4.0 takes the empty part that follows for malformed.
    run([percuss, "run", routine, "--virtual-time", "--mtu", "24", "--seed", "7", "--capture", file("run-mtu-24")])
    run([percuss, "set", "--speed", "1900ppm", "--for", "1s", "--capture", file("set-in-real-time")])
    run([percuss, "info", "--virtual-time", "--capture", file("info")])
    run([percuss, "capture", "record", file("record"), "--device", "sim:mini", "--virtual-time", "--for", "5s"])
    command = f"'{percuss}' run '{routine}' --mode live --tolerance 5s --no-progress --capture '{file('shell-central')}' && " \
        f"'{percuss}' info --capture '{file('shell-info')}'"
    run([percuss, "shell", "--capture", file("shell-device"), "--", "sh", "-c", command])
    daemon = subprocess.Popen(
        [percussd, "--emulate-bluez", "--devices", "2", "--capture", file("percussd")], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    address = daemon.stdout.readline().strip().split("=", 1)[1]
    environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address}
    for name in ("Percuss Elite 0001", "Percuss Elite 0002"):
        run([percuss, "info", "--device", name], env=environment)
    daemon.terminate()
    if daemon.wait(20) != 0:
        sys.exit(f"percussd ended with {daemon.returncode}")
    return files


def of_tshark(path):
    """How many frames the dissector has shown, and what Wireshark complains of."""
    lines = run([
        "tshark", "-X", f"lua_script:{DISSECTOR}", "-r", path, "-T", "fields", "-e", "frame.number", "-e", "frame.protocols", "-e",
        "_ws.expert.severity", "-e", "_ws.expert.message"]).splitlines()
    frames, complaints = 0, []
    for line in lines:
        number, protocols, severities, messages = line.split("\t")
        frames += ":percuss" in protocols
        if any(int(severity, 0) >= WARNING for severity in severities.split(",") if severity):
            complaints.append(f"record {number}: {messages}")
    return len(lines), frames, complaints


def of_btmon(path):
    """How many records btmon shows."""
    text = run(["btmon", "-r", path])
    if "Note: recorded by percuss" not in text:
        return 0
    return len(re.findall(r"^[<>=@] ", text, re.MULTILINE))


def said(percuss, path, connection=None):
    """The values of a capture, those from the central and those from the peripheral."""
    values = {True: [], False: []}
    for line in run([percuss, "capture", "decode", "--json", path]).splitlines():
        line = json.loads(line)
        # A link may end before a confirmation has arrived.
        if line["type"] == "problem" and not line["message"].endswith("got no answer"):
            sys.exit(f"{path.name}: {line['message']}")
        if line["type"] == "att_value" and connection in (None, line["connection"]):
            values[line["operation"].startswith("write")].append((line["operation"], line.get("characteristic"), line["bytes"]))
    return values


def differences(percuss, files):
    """Both ends of the live run: what the central has sent through the deadline thread's descriptor is among it."""
    central, device = said(percuss, files["shell-central"]), said(percuss, files["shell-device"], 1)
    for is_from_central in (True, False):
        sent, received = (central, device) if is_from_central else (device, central)
        name = "from the central" if is_from_central else "from the device"
        # The Battery Level is bluetoothd's business; what was on its way at the end has not arrived; two characteristics have no order between them.
        for characteristic in {value[1] for value in sent[is_from_central] + received[is_from_central]} - {"Battery Level", "Battery Level: Client Configuration"}:
            there = [value for value in sent[is_from_central] if value[1] == characteristic]
            here = [value for value in received[is_from_central] if value[1] == characteristic]
            if there[:len(here)] != here or len(there) - len(here) > 2:
                yield f"{characteristic} {name}: sent {len(there)}, received {len(here)}, and not the same"
    if not any(value[0] == "write_command" and value[1] == "Control Point" for value in central[True]):
        yield "no command of the live run is in the central's capture"


def main():
    programs = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".build/debug")
    percuss, percussd = ((ROOT / programs / name).resolve() for name in ("percuss", "percussd"))
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        files = record(percuss, percussd, pathlib.Path(folder))
        for name, path in files.items():
            records, frames, complaints = of_tshark(path)
            shown = of_btmon(path)
            print(f"{name}: {records} records, {frames} frames in tshark, {len(complaints)} complaints, {shown} records in btmon")
            failures += [f"{name}: tshark: {complaint}" for complaint in complaints[:5]]
            if frames == 0:
                failures.append(f"{name}: tshark shows no frame of ours")
            if shown < records:
                failures.append(f"{name}: btmon shows {shown} of {records} records")
        failures += differences(percuss, files)
        result = subprocess.run(
            [sys.executable, ROOT / "Tests/Tools/check-captures.py", percuss, *files.values()], check=False, timeout=300)
        if result.returncode != 0:
            failures.append("percuss capture decode and tshark do not agree")
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
