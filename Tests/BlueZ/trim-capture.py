#!/usr/bin/env python3
"""Copies a capture of btmon without the log lines of bluetoothd in it, and with its first packet at 1970-01-01 00:00.

Usage: trim-capture.py FROM.btsnoop TO.btsnoop
"""

import struct
import sys

LOGGING = {12, 13}  # system notes, user logging
START = 0x00DCDDB30F2F8000  # 1970-01-01 in the microseconds of btsnoop


def main():
    source, target = sys.argv[1:]
    data = open(source, "rb").read()
    if data[:16] != b"btsnoop\0" + struct.pack(">II", 1, 2001):
        sys.exit(f"trim-capture.py: {source} is no btsnoop of datalink 2001")
    at, first, kept = 16, None, [data[:16]]
    while at + 24 <= len(data):
        original, length, flags, drops, time = struct.unpack_from(">IIIIq", data, at)
        packet = data[at + 24 : at + 24 + length]
        at += 24 + length
        if len(packet) < length or flags & 0xFFFF in LOGGING:
            continue
        first = time if first is None else first
        kept.append(struct.pack(">IIIIq", original, length, flags, drops, START + time - first) + packet)
    with open(target, "wb") as file:
        file.write(b"".join(kept))
    print(f"{target}: {len(kept) - 1} packets, {sum(map(len, kept))} bytes")


if __name__ == "__main__":
    main()
