"""Absolute deadlines in asyncio: the median lateness in microseconds, and by how many milliseconds asyncio.sleep in a loop drifts.

Usage: asyncio_deadlines.py PERIOD_IN_SECONDS COUNT
"""

import asyncio
import sys

period, count = float(sys.argv[1]), int(sys.argv[2])


async def main():
    loop, late, done = asyncio.get_running_loop(), [], asyncio.Event()
    start = loop.time()

    def fire(number):
        late.append(loop.time() - start - period * number)
        done.set() if number == count else loop.call_at(start + period * (number + 1), fire, number + 1)

    loop.call_at(start + period, fire, 1)
    await done.wait()
    begin = loop.time()
    for _ in range(count):
        await asyncio.sleep(period)
    print(sorted(late)[count // 2] * 1e6, (loop.time() - begin - period * count) * 1e3)


asyncio.run(main())
