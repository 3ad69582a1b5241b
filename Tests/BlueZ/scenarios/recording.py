"""percuss capture record beside btmon, percuss --capture and percussd --capture beside both: what each has recorded of the same conversation."""

import json
import time
from signal import SIGINT

import capture
from percuss import ROUTINE, Rig
from stack import check, say, until

SCENARIO = {
    "configurations": ["ordered"],
    "seconds": 240,
    "needs": ["percuss", "percussd"],
    "preload": ["asyncio", "dbus_fast.aio", "dbus_fast.service"],
}
NOTES = {12, 13}  # of bluetoothd, and our own


def run(stack):
    rig = Rig(stack)
    adapters, central, device = (stack.folder / f"{name}.btsnoop" for name in ("adapters", "central", "device"))
    rig.serve("--capture", str(device))
    # It waits where nothing comes, and says which adapter is missing.
    missing, text = stack.run("missing", "percuss", "capture", "record", str(stack.folder / "missing"), "--adapter", "hci7", "--for", "3s")
    check(missing == 69 and "no adapter hci7" in text, f"an adapter that is not there is {missing}: {text}")
    recording = stack.program("record", "percuss", "capture", "record", str(adapters), "--json")
    until("the recording", lambda: adapters.exists() and adapters.stat().st_size > 100)
    rig.percuss("run", rig.routine(ROUTINE), "--mode", "live", "--no-progress", "--tolerance", "5s", "--capture", str(central), "--report", str(stack.folder / "run.json"), seconds=90)
    # The disconnect goes on for a while.
    time.sleep(3)
    recording.signal(SIGINT)
    check(recording.wait(30) == 0, f"the recording ended with {recording.status}:\n{recording.output()}")
    told = json.loads([line for line in recording.output().splitlines() if line.startswith("{")][-1])
    beside_btmon(stack, adapters, told)
    rig.daemon.stop()
    both_ends(stack, adapters, central, device)


def beside_btmon(stack, adapters, told):
    """Between its first and its last packet it has what btmon has, and nothing else."""
    ours = [packet for packet in capture.packets(adapters) if packet[1] not in NOTES]
    # It begins with what there is, not with what happens.
    there = [packet for packet in ours if packet[1] in (0, 8, 10)]
    check({packet[0] for packet in there if packet[1] == 0} == {0, 1}, f"the adapters are told as {there}")
    # What happens at once, on two adapters or both ways, has no order that every listener sees alike.
    count = 0
    for lane in [(controller, kind) for controller in (0, 1) for kind in (2, 3, 4, 5)]:
        mine = [packet for packet in ours if packet[:2] == lane]
        theirs = [packet for packet in capture.packets(stack.folder / "capture.btsnoop") if packet[:2] == lane]
        check(any(theirs[at:at + len(mine)] == mine for at in range(len(theirs))), f"adapter {lane[0]}, kind {lane[1]}: {len(mine)} packets recorded are no part of btmon's {len(theirs)}")
        count += len(mine)
    check(told["type"] == "recording" and told["source"] == "monitor" and told["lost"] == 0, f"it tells {told}")
    say(f"{count} packets of both adapters, as btmon has them")


def values(stack, path, controller, tells_writes=True):
    """The values of our service, by characteristic, from the central and from the device. Without `tells_writes` requests and commands are one kind."""
    status, text = stack.run(f"decode-{path.stem}-{controller}", "percuss", "capture", "decode", "--json", str(path), seconds=60)
    check(status == 0, f"{path} cannot be decoded: {text}")
    result = {}
    for line in map(json.loads, text.splitlines()):
        # bluetoothd reads and subscribes by itself besides.
        if line["type"] != "att_value" or line["controller"] != controller or "characteristic" not in line or "Configuration" in line["characteristic"]:
            continue
        # bluetoothd sends notifications in PDUs for several; a link does not know in which they came.
        operation = "notification" if line["operation"] == "multiple_handle_value_notification" else line["operation"]
        if operation == "write_request" and not tells_writes:
            operation = "write_command"
        if operation in ("write_request", "write_command", "indication", "notification") and "frame" in line:
            result.setdefault((operation, line["characteristic"]), []).append(line["bytes"])
    return result


def both_ends(stack, adapters, central, device):
    """What percuss and percussd have recorded of their links is what went over the adapters, value by value."""
    for path, controller in ((central, 0), (device, 1)):
        # bluetoothd hands a server both kinds of writes through one socket, and does not say which is which.
        tells_writes = path == central
        own, all_of_it = values(stack, path, 0, tells_writes), values(stack, adapters, controller, tells_writes)
        for key in own.keys() | all_of_it.keys():
            there, here = all_of_it.get(key, []), own.get(key, [])
            # What came when a link was just about to begin or to end is bluetoothd's alone; and what percussd handed over then, bluetoothd may not have sent.
            surplus = 2 if path == device and key[0] == "notification" else 0
            begins = next((at for at in range(3) for cut in range(surplus + 1) if there[at:][:max(0, len(here) - cut)] == here[:max(0, len(here) - cut)]), None)
            check(begins is not None and -surplus <= len(there) - len(here) <= 3, f"{path.name}: {key}: {len(here)} recorded, {len(there)} on the adapter:\n{here}\n{there}")
        say(f"{path.name}: {sum(map(len, own.values()))} values, as on the adapter")
    # Where bluetoothd was too slow to give the descriptor, the timeline has sent every step, as a request.
    sender = json.loads((stack.folder / "run.json").read_text())["environment"]["sender"]
    say(f"the live steps were sent by: {sender}")
    by_thread = ("write_command", "Control Point") in values(stack, central, 0)
    check(by_thread == (sender != "timeline"), f"the live steps were sent by {sender}, and the central's recording {'has' if by_thread else 'lacks'} commands")
