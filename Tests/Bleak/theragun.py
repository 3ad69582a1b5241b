#!/usr/bin/env python3
"""A conversation of an unmodified Bleak with a virtual Theragun, on the bus of DBUS_SYSTEM_BUS_ADDRESS, written from the public facts of its
protocol (protocol-spec/theragun-gen4.md) and from nothing else of this project: what is good, what is malformed, and a flood of both.

    theragun.py NAME MAXIMUM [ADAPTER]     the name that it advertises, and its highest speed in RPM

Exits 0 when every answer was what the page says, and what is malformed changed nothing.
"""

import asyncio
import random
import sys

from bleak import BleakScanner
from device import BOUND, Device, Disagreement, expect

SERVICE, NOTIFY, WRITE = (f"0000{number}-0000-1000-8000-00805f9b34fb" for number in ("ffe0", "ffe1", "ffe2"))
STATUS, VERSION = b"\xaa\x10\x10\x00", b"\xaa\x20\x20\x00"


def speed(rpm):
    rest = bytes([0x01, 0x03, rpm >> 8, rpm & 0xFF, 0x03])
    return bytes([0xAA, sum(rest) % 256]) + rest


async def find(name, **options):
    """By name and service together: others use the service too."""
    wanted = lambda _, advertisement: advertisement.local_name == name and SERVICE in advertisement.service_uuids
    device = await BleakScanner.find_device_by_filter(wanted, timeout=BOUND, **options)
    if device is None:
        raise Disagreement(f"no {name} was heard within {BOUND:.0f} s")
    return device


async def answer(device, request, response=True):
    before = len(device.arrived[NOTIFY])
    await device.write(WRITE, request, response)
    value = await device.wait_for(NOTIFY, lambda _: True, "answer", after=before)
    expect(value[:3], bytes([0xBB, sum(value[2:]) % 256, request[2]]), "start, checksum and kind of an answer")
    return value


async def status(device):
    """Whether it runs, and its speed in RPM."""
    value = await answer(device, STATUS)
    return value[4] == 1, int.from_bytes(value[13:15], "big")


async def reach(device, rpm):
    """Waits until the status tells that speed."""
    for _ in range(100):
        if await status(device) == (rpm > 0, rpm):
            return
        await asyncio.sleep(0.05)
    raise Disagreement(f"{rpm} RPM are not reached: {await status(device)}")


def malformed(maximum):
    good = speed(2400)
    yield from (good[:length] for length in range(len(good)))  # every prefix
    yield from (bytes([*good[:place], good[place] ^ 1, *good[place + 1:]]) for place in range(len(good)))  # every byte, one bit wrong
    yield good + b"\x00"
    yield STATUS + b"\x00"
    yield speed(maximum + 1)
    yield speed(0xFFFF)
    yield speed(0x6009)  # the bytes of 2400 swapped, with a checksum that does not notice
    yield bytes([0xAA, 0x30, 0x30, 0x00])  # a kind that nobody knows
    yield bytes([0x10, 0x01, 0x00])  # another family's stop


async def converse(name, maximum, **options):
    async with Device(await find(name, **options)) as device:
        service = device.client.services.get_service(SERVICE)
        found = {one.uuid: set(one.properties) for one in service.characteristics} if service else None
        expect(found, {NOTIFY: {"notify"}, WRITE: {"write", "write-without-response"}}, "its characteristics")
        await device.subscribe(NOTIFY)
        version = await answer(device, VERSION, response=False)
        expect(int.from_bytes(version[12:14], "big"), 100, "the version, 1.0.0")
        for rpm in (1000, maximum, 2000):
            await device.write(WRITE, speed(rpm), response=True)
            await reach(device, rpm)
        for value in malformed(maximum):
            await device.write(WRITE, value, response=True)
            expect(await status(device), (True, 2000), f"the status after {value.hex(' ')}")
        chance = random.Random(1)
        for _ in range(200):
            await device.write(WRITE, chance.randbytes(chance.randrange(1, 12)), response=False)
        await device.write(WRITE, speed(0), response=True)
        await reach(device, 0)
    print(f"a whole conversation with {name}")


def main(arguments):
    if len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    options = {"bluez": {"adapter": arguments[2]}} if len(arguments) == 3 else {}

    async def bounded():
        async with asyncio.timeout(12 * BOUND):
            await converse(arguments[0], int(arguments[1]), **options)

    try:
        asyncio.run(bounded())
    except Disagreement as error:
        print(f"bleak: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
