"""A device over an unmodified Bleak: what is sent is kept, what is awaited has a bound."""

import asyncio

import wire
from bleak import BleakClient, BleakScanner

BOUND = 10.0


class Disagreement(Exception):
    """The device did something else than the specification says."""


def expect(found, wanted, what):
    if found != wanted:
        show = lambda value: value.hex(" ") if isinstance(value, (bytes, bytearray)) else value
        raise Disagreement(f"{what}: {show(found)}, expected {show(wanted)}")


async def find(count):
    """The first devices with our service that are heard; as many as asked for, in the order of their addresses."""
    heard = {}
    enough = asyncio.Event()

    def hear(device, advertisement):
        if wire.SERVICE in advertisement.service_uuids:
            heard[device.address] = device
            if len(heard) >= count:
                enough.set()

    async with BleakScanner(hear, service_uuids=[wire.SERVICE]):
        try:
            async with asyncio.timeout(BOUND):
                await enough.wait()
        except TimeoutError:
            raise Disagreement(f"{len(heard)} of {count} devices were heard within {BOUND:.0f} s") from None
    return [heard[address] for address in sorted(heard)][:count]


class Device:
    """A connected client with what arrived per characteristic."""

    def __init__(self, device):
        self.is_lost = asyncio.Event()
        self.client = BleakClient(device, disconnected_callback=lambda _: self.is_lost.set(), timeout=BOUND)
        self.arrived = {}
        self.news = asyncio.Condition()
        self.sequence = 0

    async def __aenter__(self):
        await self.client.connect()
        return self

    async def __aexit__(self, *error):
        await asyncio.wait_for(self.client.disconnect(), BOUND)

    async def read(self, characteristic):
        return bytes(await asyncio.wait_for(self.client.read_gatt_char(characteristic), BOUND))

    async def write(self, characteristic, value, response):
        await asyncio.wait_for(self.client.write_gatt_char(characteristic, value, response=response), BOUND)

    async def subscribe(self, characteristic, **options):
        values = self.arrived.setdefault(characteristic, [])

        async def tell():
            async with self.news:
                self.news.notify_all()

        tasks = set()

        def take(_, value):
            values.append(bytes(value))
            task = asyncio.get_running_loop().create_task(tell())
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        await asyncio.wait_for(self.client.start_notify(characteristic, take, **options), BOUND)

    async def wait_for(self, characteristic, condition, what, after=0):
        """The first value from place `after` on that meets the condition."""
        values = self.arrived[characteristic]

        def found():
            return next((value for value in values[after:] if condition(value)), None)

        try:
            async with asyncio.timeout(BOUND), self.news:
                await self.news.wait_for(lambda: found() is not None)
        except TimeoutError:
            last = ", ".join(value.hex(" ") for value in values[-5:]) or "nothing"
            raise Disagreement(f"no {what} within {BOUND:.0f} s; the last values were {last}") from None
        return found()

    async def ask(self, op_code, layout="", *parameters, quiet_before=None):
        """Writes a request and returns the whole response to it."""
        self.sequence = self.sequence % 255 + 1
        await self.write(wire.CONTROL_POINT, wire.request(op_code, self.sequence, layout, *parameters), response=True)
        head = bytes([0x80, op_code, self.sequence])
        return await self.wait_for(wire.CONTROL_POINT, lambda value: value[:3] == head, f"response to request {op_code:#04x}")

    async def succeed(self, state, op_code, layout="", parameters=(), answer_layout="", *answer):
        """Asks, and holds the answer to the bytes of a success."""
        found = await self.ask(op_code, layout, *parameters)
        expect(found, wire.response(op_code, self.sequence, wire.SUCCESS, state, answer_layout, *answer), f"response to {op_code:#04x}")
