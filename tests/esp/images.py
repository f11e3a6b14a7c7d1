# SPDX-License-Identifier: Apache-2.0
"""Application images of Espressif's, made here byte by byte."""

import hashlib
import struct


def app(chip=5, version="1.2.3", secure_version=0, payload=b"code" * 100, digest=True, seed=0xEF):
    """An image for an ESP32-C3 (chip 5) with a descriptor and two segments."""
    descriptor = struct.pack("<II8x32s32s16s16s32s32s", 0xABCD5432, secure_version, version.encode(),
                             b"project", b"12:00:00", b"Jan  1 2026", b"v6.0.2", b"\x11" * 32)
    segments = [(0x3C000020, descriptor.ljust(256, b"\0") + b"rodata--"),
                (0x42010128 + 8, payload.ljust((len(payload) + 3) // 4 * 4, b"\0"))]
    image = struct.pack("<BBBBIB3xHBHH4xB", 0xE9, len(segments), 2, 0x20, 0x42010130, 0xEE, chip, 0, 0,
                        99, int(digest))
    checksum = seed
    for address, data in segments:
        image += struct.pack("<II", address, len(data)) + data
        for byte in data:
            checksum ^= byte
    image += bytes(15 - len(image) % 16) + bytes([checksum])
    return image + hashlib.sha256(image).digest() if digest else image
