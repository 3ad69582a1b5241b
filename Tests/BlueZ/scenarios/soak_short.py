"""The first of the soak: 3 cycles of connect and disconnect, 100 writes."""

import soaking

SCENARIO = {"configurations": ["stock", "early"], "seconds": 180, "needs": ["bluez-soak", "percussd"]}


def run(stack):
    soaking.soak(stack, cycles=3, writes=100, seconds=160)
