"""An app for Theraguns that uses Bleak, against a virtual one: percuss shell --config theragun.yaml -- pytest"""

import asyncio
import os

from bleak import BleakClient

NOTIFY = "0000ffe1-0000-1000-8000-00805f9b34fb"
WRITE = "0000ffe2-0000-1000-8000-00805f9b34fb"
SET_SPEED_2400 = bytes.fromhex("aa 70 01 03 09 60 03")  # in RPM
STATUS = bytes.fromhex("aa 10 10 00")
STOP = bytes.fromhex("aa 07 01 03 00 00 03")


async def drive():
    statuses = []
    async with BleakClient(os.environ["PERCUSS_DEVICE"]) as client:
        await client.start_notify(NOTIFY, lambda _, value: statuses.append(bytes(value)))
        await client.write_gatt_char(WRITE, SET_SPEED_2400, response=True)
        await asyncio.sleep(2)
        await client.write_gatt_char(WRITE, STATUS, response=True)
        await client.write_gatt_char(WRITE, STOP, response=True)
        await asyncio.sleep(1)
        await client.write_gatt_char(WRITE, STATUS, response=True)
        await asyncio.sleep(0.5)
    return statuses


def test_the_motor_turns_and_stops():
    running, resting = asyncio.run(drive())
    assert running[4] == 1 and 2390 <= int.from_bytes(running[13:15], "big") <= 2400
    assert resting[4] == 0 and int.from_bytes(resting[13:15], "big") == 0
