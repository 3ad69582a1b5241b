"""The frames that the conversations here need, written from protocol-spec/README.md and from nothing else of this project."""

import struct
import zlib


def uuid(number):
    return f"7e32{number:04x}-bf34-4597-a0b9-83277511650e"


SERVICE, FEATURE, CONTROL_POINT, TELEMETRY, EVENT, ROUTINE_DATA, CLOCK = map(uuid, range(1, 8))

# Section 2, and what BlueZ calls the properties.
PROPERTIES = {
    FEATURE: {"read"},
    CONTROL_POINT: {"write", "write-without-response", "indicate"},
    TELEMETRY: {"notify"},
    EVENT: {"read", "notify"},
    ROUTINE_DATA: {"write-without-response", "notify"},
    CLOCK: {"write-without-response", "notify"},
}

SUCCESS, CONTROL_REQUIRED, OUT_OF_RANGE = 0x01, 0x06, 0x04
IDLE, MANUAL, ROUTINE, STOPPING = 0, 1, 3, 7
STATE_CHANGED, STEP_ENTERED, ROUTINE_ENDED = 1, 2, 3
REQUEST_CONTROL, RELEASE_CONTROL, STOP, SET_SPEED = 0x01, 0x02, 0x10, 0x13
ROUTINE_BEGIN, ROUTINE_COMMIT, ROUTINE_QUERY, ROUTINE_START, SET_TELEMETRY = 0x20, 0x21, 0x23, 0x24, 0x40


def request(op_code, sequence, layout="", *parameters):
    return struct.pack("<BBB" + layout, op_code, sequence, 0, *parameters)


def response(op_code, sequence, result, state, layout="", *parameters):
    return struct.pack("<BBBBB" + layout, 0x80, op_code, sequence, result, state, *parameters)


def hold(speed, milliseconds):
    return struct.pack("<BHHHI", 1, 0, speed, speed, milliseconds)


def ramp(first, last, milliseconds):
    return struct.pack("<BHHHI", 2, 0, first, last, milliseconds)


def routine(*segments):
    return struct.pack("<BBH", 1, 0, len(segments)) + b"".join(segments)


def crc32(value):
    return zlib.crc32(value)


def chunk(transfer, offset, payload):
    return struct.pack("<BBI", 1, transfer, offset) + payload


class Telemetry:
    def __init__(self, value):
        if len(value) < 20:
            raise ValueError(f"telemetry of {len(value)} bytes: {value.hex(' ')}")
        (self.counter, self.state, self.time, self.speed, self.target, self.force, self.temperature, self.battery, self.step,
         self.remaining, self.faults) = struct.unpack_from("<BBIHHHhBHHB", value)
