"""Reads what btmon writes: btsnoop, datalink 2001, the packets between kernel and controllers."""

import struct

COMMAND, EVENT = 2, 3
LE_CONNECTION_UPDATE = 0x2013  # Core Vol 4 Part E 7.8.18
LE_META = 0x3E
LE_CONNECTION_UPDATE_COMPLETE = 0x03  # 7.7.65.3
UNIT = 1250  # microseconds; intervals are counted in these


def packets(path):
    """(controller, kind, bytes) of each whole packet."""
    data = path.read_bytes()
    name, version, link = struct.unpack_from(">8sII", data)
    if (name, version, link) != (b"btsnoop\0", 1, 2001):
        raise ValueError(f"{path} is no btsnoop of datalink 2001")
    at = 16
    while at + 24 <= len(data):
        _, length, flags, _, _ = struct.unpack_from(">IIIIq", data, at)
        if at + 24 + length > len(data):
            return
        yield flags >> 16, flags & 0xFFFF, data[at + 24 : at + 24 + length]
        at += 24 + length


def connection_updates(path):
    """What was asked, (controller, shortest, longest), and what was granted, (controller, interval), all in microseconds."""
    asked, granted = [], []
    for controller, kind, packet in packets(path):
        if kind == COMMAND and struct.unpack_from("<H", packet)[0] == LE_CONNECTION_UPDATE:
            shortest, longest = struct.unpack_from("<HH", packet, 5)
            asked.append((controller, shortest * UNIT, longest * UNIT))
        elif kind == EVENT and packet[0] == LE_META and packet[2] == LE_CONNECTION_UPDATE_COMPLETE and packet[3] == 0:
            granted.append((controller, struct.unpack_from("<H", packet, 6)[0] * UNIT))
    return asked, granted
