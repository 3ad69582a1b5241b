"""bluetoothd ended and killed, the radio unplugged, each while connected and notified; what the bus says of it, and that all of it comes back."""

import asyncio
from signal import SIGKILL, SIGTERM

import gatt_server
from conversation import ADAPTER, CHARACTERISTIC, DEVICE, Conversation
from stack import check

SCENARIO = {
    "configurations": ["ordered"],
    "seconds": 180,
    "trace": True,
    "preload": ["asyncio", "dbus_fast.aio", "dbus_fast.service"],
}


def run(stack):
    asyncio.run(trouble(stack))


async def trouble(stack):
    await connected("connect", stack)

    async def bluetoothd_ended(c):
        stack.bluetoothd.signal(SIGTERM)
        stack.bluetoothd.wait()
        await c.quiet()
        stack.start_bluetoothd()

    async def bluetoothd_killed(c):
        stack.bluetoothd.signal(SIGKILL)
        stack.bluetoothd.wait()
        await c.quiet()
        stack.start_bluetoothd()

    async def radio_gone(c):
        stack.radio.signal(SIGKILL)
        stack.radio.wait()
        await c.until(c.adapter, ADAPTER, "Address", None)
        await c.quiet()
        stack.start_radio()
        await c.until(c.adapter, ADAPTER, "Powered", True)
        await c.until(c.other, ADAPTER, "Powered", True)

    for trouble in (bluetoothd_ended, bluetoothd_killed, radio_gone):
        await connected(trouble.__name__.replace("_", " "), stack, trouble)


async def connected(name, stack, trouble=None):
    """Registers, connects, is notified; then the trouble; then everything again from the start, as far as the next trouble."""
    c = Conversation()
    await c.open()
    await c.step(f"before: {name}")
    await c.server.register()
    await c.discover()
    await c.on_device("Connect")
    # A bluetoothd that was just started may take a link for connected that the kernel is about to end: then once more.
    if not await c.until(c.device, DEVICE, "ServicesResolved", True, seconds=5):
        await c.connect()
    check(c.property(c.device, DEVICE, "Connected"), "not connected")
    await c.on(gatt_server.NOTIFY, "StartNotify")
    await c.write(gatt_server.COMMAND, b"here", "command")
    check(await c.until(c.characteristic(gatt_server.NOTIFY), CHARACTERISTIC, "Value", b"here"), "not notified")
    await c.step(name)
    if trouble:
        await trouble(c)
        await c.quiet()
    else:
        await c.on_device("Disconnect")
        await c.on_adapter("RemoveDevice", "o", c.device)
    c.server.bus.disconnect()
    c.bus.disconnect()
