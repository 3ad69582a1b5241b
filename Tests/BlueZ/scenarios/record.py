"""The conversation that an emulation is held to: every kind of call, every error, links ended from each side; its trace is what counts."""

import asyncio

import conversation

SCENARIO = {
    "configurations": ["ordered"], "others": ["eatt"],
    "seconds": 400,
    "trace": True,
    "preload": ["asyncio", "dbus_fast.aio", "dbus_fast.service"],
}


def run(stack):
    asyncio.run(conversation.main())
