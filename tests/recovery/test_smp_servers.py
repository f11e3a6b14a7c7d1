# SPDX-License-Identifier: Apache-2.0
"""The tool as a client of servers that are not ours: one written from what Zephyr documents of its
image management (codes in "err", a "match" at the end, maps of either form, keys nobody knows), and
servers that break the rules in every way that can be thought of. To repeat one:
build/venv/bin/pytest tests/recovery/test_smp_servers.py -k NAME"""
import hashlib
import json
import os
import pathlib
import socket
import subprocess
import threading

import cbor2
import pytest

import wire

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host") / "cli" / "bulkhead"
IMAGE = (0x96F3B83D).to_bytes(4, "little") + bytes(range(256)) * 20


def endless(value):
    """CBOR with maps and arrays of no definite length, as some encoders make them."""
    if isinstance(value, dict):
        return b"\xbf" + b"".join(cbor2.dumps(k) + endless(v) for k, v in value.items()) + b"\xff"
    if isinstance(value, list):
        return b"\x9f" + b"".join(map(endless, value)) + b"\xff"
    return cbor2.dumps(value)


class Zephyr:
    """img_mgmt and os_mgmt, as far as a client of an update asks."""

    buf_size, encode, noise = 384, staticmethod(cbor2.dumps), b""

    def __init__(self, folder):
        self.path = folder / "socket"
        self.slots = {0: {"version": "1.0.0", "hash": bytes(32), "active": True, "confirmed": True, "bootable": True}}
        self.data, self.off, self.seen, self.lose = b"", 0, [], 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(1)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            packets = wire.Packets()
            with connection:
                while data := connection.recv(4096):
                    for header, payload in packets.feed(data):
                        answer = self.answer(header, payload)
                        if answer is not None:
                            connection.sendall(answer)

    def answer(self, header, payload):
        op, group, command = header[0] & 7, int.from_bytes(header[4:6], "big"), header[7]
        self.seen.append((op, group, command, payload))
        assert len(cbor2.dumps(payload)) + 8 <= self.buf_size - 4
        if self.lose:
            self.lose -= 1
            return None
        body = self.encode(self.handle(op, group, command, payload))
        out = bytes([header[0] + 1, 0]) + len(body).to_bytes(2, "big") + header[4:8] + body
        return self.noise + wire.lines(out)

    def error(self, rc, group=1):
        return {"err": {"group": group, "rc": rc}}

    def handle(self, op, group, command, payload):
        if (group, command) == (0, 0):
            return {"r": payload["d"]}
        if (group, command) == (0, 6):
            return {"buf_size": self.buf_size, "buf_count": 4}
        if (group, command) == (0, 8):
            return {"bootloader": "MCUboot"}
        if (group, command) == (0, 5):
            return {}
        if (group, command, op) == (1, 0, 0):
            return self.states()
        if (group, command, op) == (1, 0, 2):
            return self.set_state(payload)
        if (group, command) == (1, 1):
            return self.upload(payload)
        if (group, command) == (1, 5):
            self.slots.pop(1, None)
            return {}
        return {"rc": 8}

    def states(self):
        return {"images": [{"slot": n, "unknown": [1, {"x": {}}], **s} for n, s in sorted(self.slots.items())],
                "splitStatus": 0}

    def set_state(self, payload):
        wanted = payload.get("hash")
        for state in self.slots.values():
            if wanted is None or state["hash"] == wanted:
                state["pending"], state["permanent"] = True, payload.get("confirm", False)
                return self.states()
        return self.error(8)

    def upload(self, payload):
        if payload["off"] == 0:
            if "len" not in payload:
                return self.error(21)
            if payload["len"] > 100000:
                return self.error(30)
            self.data, self.sha, self.len = b"", payload.get("sha"), payload["len"]
        if payload["off"] == len(self.data):
            self.data += payload["data"]
        reply = {"off": len(self.data)}
        if len(self.data) == self.len:
            reply["match"] = hashlib.sha256(self.data).digest() == self.sha
            self.slots[1] = {"version": "2.0.0", "hash": hashlib.sha256(self.data).digest()}
        return reply


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "app.bin"
    path.write_bytes(IMAGE)
    return path


def device(server, *words, code=0):
    done = subprocess.run([str(w) for w in (TOOL, "device", *words, "--port", f"socket:{server.path}", "--timeout", "300")],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("how", ["plain", "endless", "noise", "lossy"])
def test_an_update_of_an_application(tmp_path, image, how):
    server = Zephyr(tmp_path)
    server.encode = endless if how == "endless" else cbor2.dumps
    server.noise = b"[00:01] <inf> log: text\r\n" if how == "noise" else b""
    assert "MCUboot" in device(server, "info") and "384" not in device(server, "list")
    server.lose = 3 if how == "lossy" else 0
    assert "uploaded 5124 bytes" in device(server, "upload", image)
    assert server.data == IMAGE
    listed = json.loads(device(server, "list", "--json"))
    assert [(i["slot"], i["flags"]) for i in listed["images"]] == [(0, ["bootable", "confirmed", "active"]), (1, [])]
    digest = hashlib.sha256(IMAGE).hexdigest()
    assert "pending  permanent" in device(server, "confirm", digest)
    assert "permanent" not in device(server, "test", digest)
    device(server, "erase")
    device(server, "reset")
    assert server.seen[-1][:3] == (2, 0, 5)


def test_an_upload_that_does_all(tmp_path, image):
    server = Zephyr(tmp_path)
    device(server, "upload", image, "--image", "0", "--test", "--reset")
    first = next(p for op, group, command, p in server.seen if (group, command) == (1, 1))
    assert first["image"] == 0 and first["len"] == len(IMAGE) and first["sha"] == hashlib.sha256(IMAGE).digest()
    assert [s[1:3] for s in server.seen[-2:]] == [(1, 0), (0, 5)]


def test_errors_are_told(tmp_path, image):
    server = Zephyr(tmp_path)
    big = tmp_path / "big.bin"
    big.write_bytes(IMAGE * 30)
    assert "image is too large (group 1, rc 30)" in device(server, "upload", big, code=4)
    assert "(group 1, rc 8)" in device(server, "test", "00" * 31 + "01", code=4)
    server.handle = lambda *_: {"rc": 6}
    said = device(server, "upload", image, code=4)
    assert "not allowed in the present state (rc 6)" in said and "way back" in said


def test_what_arrives_is_compared(tmp_path, image):
    server = Zephyr(tmp_path)
    upload = server.upload
    server.upload = lambda payload: {**upload(payload), "match": False}
    assert "what arrived at the device is not what was sent" in device(server, "upload", image, code=5)


@pytest.mark.parametrize("off", [0, 1 << 31, 5000000000, -1, "x", None])
def test_an_upload_that_does_not_go_on(tmp_path, image, off):
    """A server that tells nonsense of the offset is no endless loop."""
    server = Zephyr(tmp_path)
    server.upload = lambda payload: {"rc": 0} if off is None else {"off": off}
    assert "does not go on" in device(server, "upload", image, code=4)


@pytest.mark.parametrize("body", [b"", b"\xa1", b"\xa1\x66images", b"\xa1\x66images\x9f", b"\xa1\x66images\x9b" + b"\xff" * 8,
                                  b"\xa1\x66images\x81\xa1\x64slot", b"\xff", b"\x9f" * 2000, b"\xa1\x62rc\x1b" + b"\xff" * 8,
                                  b"\xa1\x66images\x81\xa1\x67version\x78\x40" + b"\x1b[2J" * 16,
                                  b"\xa1\x66images\x81\xa1\x64hash\x58\xff" + b"x" * 255])
def test_answers_that_are_nonsense(tmp_path, body):
    """No crash, no hang, and nothing that a terminal would act upon."""
    server = Zephyr(tmp_path)
    server.encode = lambda value: body
    done = subprocess.run([str(TOOL), "device", "list", "--port", f"socket:{server.path}", "--timeout", "200"],
                          capture_output=True, timeout=60)
    assert done.returncode in (0, 4) and b"\x1b" not in done.stdout + done.stderr


def test_nobody_answers(tmp_path):
    server = Zephyr(tmp_path)
    server.lose = 1000
    assert "does not answer" in device(server, "list", code=4)
