"""The Bleak client of the benchmarks: an unmodified Bleak against the stand-in of mock_bluez.c.

Takes a command a line on its standard input, answers each with a line of numbers, and ends with the input:
    call COUNT     -> processor time of this process per write with response, in microseconds; the median time of one
    notify COUNT   -> notifications per second, delivered to the callback from the descriptor of AcquireNotify
"""

import asyncio
import statistics
import sys
import time

from bleak import BleakClient

ADDRESS = "C0:FF:EE:00:00:01"
REQUEST, SOURCE, FLOOD = (f"7e32{number}-bf34-4597-a0b9-83277511650e" for number in ("0102", "0106", "0108"))


async def call(client, count):
    value = bytes(20)
    samples = []
    began = time.process_time()
    for _ in range(count):
        start = time.perf_counter()
        await client.write_gatt_char(REQUEST, value, response=True)
        samples.append(time.perf_counter() - start)
    processor = (time.process_time() - began) / count
    return processor * 1e6, statistics.median(samples) * 1e6


async def notify(client, count):
    done = asyncio.Event()
    received = 0

    def take(_, value):
        nonlocal received
        received += 1
        if received == count:
            done.set()

    await client.start_notify(SOURCE, take, bluez={"use_start_notify": False})
    began = time.perf_counter()
    await client.write_gatt_char(FLOOD, count.to_bytes(4, "little"), response=True)
    async with asyncio.timeout(60):
        await done.wait()
    took = time.perf_counter() - began
    await client.stop_notify(SOURCE)
    return (count / took,)


async def main():
    commands = {"call": call, "notify": notify}
    async with BleakClient(ADDRESS, timeout=20) as client:
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            name, count = line.split()
            print(*await commands[name](client, int(count)), flush=True)


asyncio.run(main())
