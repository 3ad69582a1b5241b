"""An integration test of an app that uses Bleak, against the virtual device: percuss shell -- pytest"""

import asyncio
import os

from bleak import BleakClient

CONTROL_POINT = "7e320003-bf34-4597-a0b9-83277511650e"
TELEMETRY = "7e320004-bf34-4597-a0b9-83277511650e"
# percuss frame encode request_control lease=2000 loss_policy=stop --sequence 1, and so on
TAKE_CONTROL = bytes.fromhex("01 01 00 d0 07 00")
SET_SPEED_1900 = bytes.fromhex("13 02 00 6c 07 f4 01")
STOP = bytes.fromhex("10 03 00")


async def drive():
    responses, speeds = [], []
    async with BleakClient(os.environ["PERCUSS_DEVICE"]) as client:
        await client.start_notify(CONTROL_POINT, lambda _, value: responses.append(bytes(value)))
        await client.start_notify(TELEMETRY, lambda _, value: speeds.append(int.from_bytes(value[6:8], "little")))
        await client.write_gatt_char(CONTROL_POINT, TAKE_CONTROL, response=True)
        await client.write_gatt_char(CONTROL_POINT, SET_SPEED_1900, response=True)
        await asyncio.sleep(1.5)
        await client.write_gatt_char(CONTROL_POINT, STOP, response=True)
        await asyncio.sleep(1.5)
    return responses, speeds


def test_the_motor_turns_and_stops():
    responses, speeds = asyncio.run(drive())
    assert [response[3] for response in responses] == [1, 1, 1], "each request succeeds"
    assert 1880 <= max(speeds) <= 1920
    assert speeds[-1] == 0
