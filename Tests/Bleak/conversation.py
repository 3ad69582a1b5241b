#!/usr/bin/env python3
"""Conversations of an unmodified Bleak with virtual devices, on the bus of DBUS_SYSTEM_BUS_ADDRESS.

    conversation.py repeat COUNT      scan, connect, read, write, indication, telemetry, upload, play, disconnect; again and again
    conversation.py two-devices       two clients at once, each on a device of its own
    conversation.py one-device        two clients at once on one device

Exits 0 when every answer was, byte for byte, what protocol-spec/README.md says.
"""

import asyncio
import struct
import sys
import time

import wire
from device import BOUND, Device, Disagreement, expect, find

SPEED = 1900


async def set_up(device):
    """Connected: what the device is, and its indications and notifications."""
    service = device.client.services.get_service(wire.SERVICE)
    if service is None:
        raise Disagreement("the device has no Percuss Service")
    found = {characteristic.uuid: set(characteristic.properties) for characteristic in service.characteristics}
    expect(found, wire.PROPERTIES, "characteristics of the Percuss Service")
    feature = await device.read(wire.FEATURE)
    expect(len(feature), 22, "length of Feature")
    expect(feature[:2], b"\x01\x00", "version in Feature")
    minimum, maximum = struct.unpack_from("<HH", feature, 10)
    if not minimum <= SPEED <= maximum:
        raise Disagreement(f"{SPEED} PPM is not within {minimum} to {maximum}")
    expect(await device.read(wire.FEATURE), feature, "Feature, read again")
    for characteristic in (wire.CONTROL_POINT, wire.EVENT, wire.TELEMETRY, wire.ROUTINE_DATA):
        await device.subscribe(characteristic)


async def telemetry(device, count, condition=lambda _: True, what="telemetry"):
    """That many further values of telemetry without a gap, the last of which meets the condition."""
    values = device.arrived[wire.TELEMETRY]
    # The radio drops what a machine that was held up sends all at once: a gap may be that once, but not again and again.
    for is_last_try in (False, False, True):
        start = len(values)
        await device.wait_for(
            wire.TELEMETRY, lambda value: len(values) >= start + count and condition(wire.Telemetry(value)), what, after=start)
        frames = [wire.Telemetry(value) for value in values[start:]]
        gap = next(((one, after) for one, after in zip(frames, frames[1:]) if after.counter != (one.counter + 1) % 256), None)
        if gap is None:
            return frames[-1]
        if is_last_try:
            raise Disagreement(f"counter of the telemetry: {gap[1].counter} after {gap[0].counter}, for the third time")


async def upload(device, slot, routine):
    answer = await device.ask(wire.ROUTINE_BEGIN, "BII", slot, len(routine), wire.crc32(routine))
    expect(answer[3], wire.SUCCESS, "result of routine_begin")
    transfer, offset, window = struct.unpack_from("<BIH", answer, 5)
    expect((offset, window), (0, 1024), "next_offset and window of a new upload")
    for offset in range(0, len(routine), 14):  # as many as ATT_MTU 23 allows
        await device.write(wire.ROUTINE_DATA, wire.chunk(transfer, offset, routine[offset:offset + 14]), response=False)
    credit = struct.pack("<BBIH", 0x81, transfer, len(routine), window)
    await device.wait_for(wire.ROUTINE_DATA, lambda value: value == credit, "credit for the last byte")
    await device.succeed(wire.IDLE, wire.ROUTINE_COMMIT, "B", (transfer,), "B", slot)
    await device.succeed(wire.IDLE, wire.ROUTINE_QUERY, "B", (slot,), "BBIII", slot, 1, len(routine), wire.crc32(routine), 0)


async def play(device, slot):
    """Starts the stored routine, sees its first step and its motor, stops it."""
    answer = await device.ask(wire.ROUTINE_START, "BQI", slot, 0, 0)
    expect(answer[:5], wire.response(wire.ROUTINE_START, device.sequence, wire.SUCCESS, wire.ROUTINE), "response to routine_start")
    (start,) = struct.unpack_from("<Q", answer, 5)
    entered = await device.wait_for(wire.EVENT, lambda value: value[0] == wire.STEP_ENTERED, "step_entered")
    step, planned, actual = struct.unpack_from("<HQQ", entered, 2)
    expect((step, planned), (0, start), "step and planned instant of step_entered")
    if not planned <= actual <= planned + 1000:
        raise Disagreement(f"step 0 was entered {actual - planned} us after its instant")
    await telemetry(device, 1, lambda frame: frame.state == wire.ROUTINE and frame.speed > 0, "telemetry of a turning motor")
    await device.succeed(wire.STOPPING, wire.STOP)
    await telemetry(device, 1, lambda frame: frame.state == wire.IDLE and frame.speed == 0, "telemetry of a motor at rest")
    ended = await device.wait_for(wire.EVENT, lambda value: value[0] == wire.ROUTINE_ENDED, "routine_ended")
    expect(ended[4], 1, "cause of routine_ended")


async def converse(target, number):
    async with Device(target) as device:
        await set_up(device)
        await device.succeed(wire.IDLE, wire.REQUEST_CONTROL, "HB", (10_000, 0), "H", 10_000)
        await device.succeed(wire.IDLE, wire.SET_TELEMETRY, "H", (50,))
        await telemetry(device, 3)
        # A routine of its own for each time: one that is stored already would not be uploaded.
        routine = wire.routine(wire.hold(SPEED, 20_000 + number), wire.ramp(SPEED, 2100, 5_000), wire.hold(2100, 10_000))
        await upload(device, number % 2, routine)
        await play(device, number % 2)
        await device.succeed(wire.IDLE, wire.RELEASE_CONTROL)
    if device.client.is_connected:
        raise Disagreement("the client is still connected after disconnect")


async def repeat(count):
    slowest = 0.0
    for number in range(count):
        began = time.monotonic()
        try:
            async with asyncio.timeout(6 * BOUND):
                (target,) = await find(1)
                await converse(target, number)
        except Exception as error:
            raise Disagreement(f"conversation {number + 1} of {count}: {error or type(error).__name__}") from error
        slowest = max(slowest, time.monotonic() - began)
    print(f"{count} conversations in a row, the slowest took {slowest:.1f} s")


async def two_devices():
    targets = await find(2)
    async with asyncio.timeout(6 * BOUND):
        await asyncio.gather(*(converse(target, number) for number, target in enumerate(targets)))
    print(f"two clients at once, on {targets[0].address} and {targets[1].address}")


async def one_device():
    """Two programs on one host share the link of that host: for the device they are one central."""
    (target,) = await find(1)
    async with asyncio.timeout(6 * BOUND):
        async with Device(target) as first:
            second = Device(target)
            await second.client.connect()
            await asyncio.gather(set_up(first), set_up(second))
            # One central, one row of sequence numbers: the two take turns.
            await first.succeed(wire.IDLE, wire.REQUEST_CONTROL, "HB", (10_000, 0), "H", 10_000)
            second.sequence = first.sequence
            await second.succeed(wire.MANUAL, wire.SET_SPEED, "HH", (SPEED, 0))
            await asyncio.gather(*(
                telemetry(device, 3, lambda frame: frame.speed > 0, "telemetry of a turning motor") for device in (first, second)))
            first.sequence = second.sequence
            await first.succeed(wire.STOPPING, wire.STOP)
        # BlueZ counts no references: the first client's disconnect ends the second one's connection too.
        async with asyncio.timeout(BOUND):
            await second.is_lost.wait()
        await second.client.disconnect()
    print(f"two clients at once on {target.address}")


def main(arguments):
    match arguments:
        case ["repeat", count]:
            conversation = repeat(int(count))
        case ["two-devices"]:
            conversation = two_devices()
        case ["one-device"]:
            conversation = one_device()
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    try:
        asyncio.run(conversation)
    except Disagreement as error:
        print(f"bleak: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
