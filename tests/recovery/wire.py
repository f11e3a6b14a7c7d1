# SPDX-License-Identifier: Apache-2.0
"""SMP over a line, in Python: written from MCUmgr's description, with cbor2 and nothing of ours."""
import base64
import struct

import cbor2


def crc16(data):
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


def message(op, group, command, payload=None, seq=0, version=1):
    body = b"" if payload is None else cbor2.dumps(payload)
    return struct.pack(">BBHHBB", version << 3 | op, 0, len(body), group, seq, command) + body


def lines(data):
    packet = struct.pack(">H", len(data) + 2) + data + struct.pack(">H", crc16(data))
    text = base64.b64encode(packet)
    return b"".join((b"\x04\x14" if i else b"\x06\x09") + text[i:i + 124] + b"\n"
                    for i in range(0, len(text), 124))


class Packets:
    """Messages out of what comes over a line."""

    def __init__(self):
        self.line, self.packet = b"", None

    def feed(self, data):
        out = []
        for byte in data:
            if byte != 0x0A:
                self.line += bytes([byte])
                continue
            line, self.line = self.line, b""
            assert len(line) < 127 or line[:1] not in (b"\x06", b"\x04"), "a line of 127 bytes or more"
            if line[:2] == b"\x06\x09":
                self.packet = base64.b64decode(line[2:])
            elif line[:2] == b"\x04\x14" and self.packet is not None:
                self.packet += base64.b64decode(line[2:])
            else:
                continue
            if len(self.packet) >= 2 and len(self.packet) == 2 + struct.unpack(">H", self.packet[:2])[0]:
                data, crc = self.packet[2:-2], struct.unpack(">H", self.packet[-2:])[0]
                assert crc16(data) == crc
                out.append((data[:8], cbor2.loads(data[8:]) if data[8:] else {}))
                self.packet = None
        return out
