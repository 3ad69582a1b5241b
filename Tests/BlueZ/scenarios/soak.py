"""Connections and writes without end: 100 cycles of connect and disconnect, 10,000 writes, each answered by an indication; nothing hangs or is lost."""

import soaking

SCENARIO = {"configurations": ["ordered", "stock"], "seconds": 2400, "by_name": True, "needs": ["bluez-soak", "percussd"]}


def run(stack):
    soaking.soak(stack, cycles=100, writes=10_000, seconds=2300)
