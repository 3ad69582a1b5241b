"""Unmodified Bleak as the central against a GATT application in Python: read, write both ways, notifications, an error, reconnect."""

import asyncio

import gatt_server as server
from stack import PERIPHERAL, Failure, check, say

SCENARIO = {
    "configurations": ["eatt"], "others": ["ordered"],
    "seconds": 120,
    "trace": True,
    "preload": ["asyncio", "dbus_fast.aio", "dbus_fast.service", "bleak"],
}


def run(stack):
    peripheral = stack.program("peripheral", call=server.main)
    peripheral.expect("registered")
    asyncio.run(use(stack, peripheral))


async def use(stack, peripheral):
    from bleak import BleakClient, BleakScanner
    from bleak.exc import BleakError

    device = await BleakScanner.find_device_by_address(PERIPHERAL, timeout=20, bluez={"adapter": "hci0"})
    check(device is not None, "the scan did not find the peripheral")
    say(f"found {device}")
    for attempt in range(2):
        gone = asyncio.Event()
        async with BleakClient(device, disconnected_callback=lambda _: gone.set(), timeout=30, bluez={"adapter": "hci0"}) as client:
            say(f"connected, services: {[service.uuid for service in client.services]}")
            value = await client.read_gatt_char(server.READ)
            check(value == bytes(range(50)), f"read {value.hex()}")
            try:
                await client.write_gatt_char(server.READ, b"\x01", response=True)
                raise Failure("a write that the peripheral refuses was accepted")
            except BleakError as error:
                say(f"refused: {error}")
                check("0x81" in str(error), f"the refusal says {error}")

            heard = asyncio.Queue()
            await client.start_notify(server.NOTIFY, lambda _, value: heard.put_nowait(("notified", bytes(value))))
            await client.start_notify(server.INDICATE, lambda _, value: heard.put_nowait(("indicated", bytes(value))))
            await client.write_gatt_char(server.REQUEST, b"request", response=True)
            got = {await asyncio.wait_for(heard.get(), 10) for _ in range(2)}
            check(got == {("notified", b"request"), ("indicated", b"request")}, f"heard {got}")
            await client.write_gatt_char(server.COMMAND, b"command", response=False)
            got = await asyncio.wait_for(heard.get(), 10)
            check(got == ("notified", b"command"), f"heard {got}")
            burst = [bytes([number]) * 20 for number in range(100)]
            await asyncio.gather(*(client.write_gatt_char(server.COMMAND, value, response=False) for value in burst))
            got = [(await asyncio.wait_for(heard.get(), 10))[1] for _ in burst]
            check(sorted(got) == burst, "commands of the burst were lost")
            disorder = sum(a > b for a, b in zip(got, got[1:]))
            say(f"burst of {len(burst)} commands and notifications: {disorder} out of order")
            check(disorder == 0 or stack.channels != 1, f"{disorder} out of order on one bearer")
            await client.stop_notify(server.NOTIFY)
        await asyncio.wait_for(gone.wait(), 10)
        say(f"disconnected, round {attempt + 1}")
