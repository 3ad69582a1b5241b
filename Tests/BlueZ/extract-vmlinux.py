#!/usr/bin/env python3
"""Unpacks the kernel proper from a bzImage: QEMU then enters it at once, without a BIOS and without an emulated decompression.

Usage: extract-vmlinux.py VMLINUZ OUTPUT
The fields are those of the x86 boot protocol: setup_sects at 0x1f1, payload_offset at 0x248, payload_length at 0x24c.
"""

import lzma
import pathlib
import struct
import sys


def main():
    source, target = map(pathlib.Path, sys.argv[1:])
    image = source.read_bytes()
    if image[0x202:0x206] != b"HdrS":
        sys.exit(f"extract-vmlinux.py: {source} is no bzImage")
    sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (sectors + 1) * 512 + offset
    payload = image[start : start + length]
    if not payload.startswith(b"\xfd7zXZ"):
        sys.exit(f"extract-vmlinux.py: the kernel in {source} is not compressed with xz")
    # The length of the unpacked kernel follows the xz stream.
    kernel = lzma.LZMADecompressor().decompress(payload)
    if not kernel.startswith(b"\x7fELF"):
        sys.exit(f"extract-vmlinux.py: no ELF file in {source}")
    target.write_bytes(kernel)


if __name__ == "__main__":
    main()
