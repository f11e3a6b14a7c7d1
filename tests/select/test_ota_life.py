# SPDX-License-Identifier: Apache-2.0
"""What 'bulkhead ota' writes to a flash image file, and says of it, beside what a bootloader with
select does with that flash: the same application starts, step by step."""

import itertools
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import zlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host")
SEED = int(os.environ.get("BULKHEAD_SEED", "5"))
TABLE = b"""otadata,data,ota,0x9000,0x2000
factory,app,factory,0x10000,64K
ota_0,app,ota_0,,64K
ota_1,app,ota_1,,64K
"""
PLACES = {"factory": 0x10000, "ota_0": 0x20000, "ota_1": 0x30000}
OTADATA = slice(0x9000, 0xB000)


@pytest.fixture(scope="module")
def app():
    sys.path.append(str(ROOT / "tests" / "esp"))
    import images
    return images.app()


class Device:
    def __init__(self, folder, app, rollback):
        self.path = folder / "flash.bin"
        self.rollback = rollback
        (folder / "table.csv").write_bytes(TABLE)
        self.call("table", "convert", folder / "table.csv", "-o", folder / "table.bin")
        flash = bytearray(b"\xff" * 0x40000)
        table = (folder / "table.bin").read_bytes()
        flash[0x8000:0x8000 + len(table)] = table
        for place in PLACES.values():
            flash[place:place + len(app)] = app
        self.path.write_bytes(flash)

    def call(self, *args):
        done = subprocess.run([BUILD / "cli" / "bulkhead", *map(str, args)], capture_output=True,
                              text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def ota(self, verb, *args):
        return self.call("ota", verb, "--port", f"file:{self.path}", *args)

    def says(self):
        """What 'ota status' says would start."""
        code, out, err = self.ota("status", "--json", *(["--rollback"] if self.rollback else []))
        assert code in (0, 5), err
        return json.loads(out)["starts"]

    def boots(self):
        """What a device starts; it leaves its marks in the flash."""
        before = self.path.read_bytes()
        out = subprocess.run([BUILD / "tests" / "select" / "select_boot_file", self.path,
                              *(["rollback"] if self.rollback else [])], capture_output=True,
                             text=True, timeout=60, check=True).stdout.strip()
        after = self.path.read_bytes()
        assert after[:0x9000] + after[0xB000:] == before[:0x9000] + before[0xB000:]
        return None if out == "nothing" else out

    def damage(self, name):
        flash = bytearray(self.path.read_bytes())
        flash[PLACES[name] + 100] ^= 1
        self.path.write_bytes(flash)


@pytest.mark.parametrize("end, then", [("confirm", "ota_1"), ("invalidate", "ota_0"), (None, "ota_0")])
def test_trial(tmp_path, app, end, then):
    d = Device(tmp_path, app, True)
    for args, starts in (((0, "--trial"), "ota_0"), ((), None), ((1, "--trial"), "ota_1")):
        assert (d.ota("switch", *args) if args else d.ota("confirm"))[0] == 0
        if starts:
            assert d.says() == d.boots() == starts
    if end:
        assert d.ota(end)[0] == 0
    assert d.says() == d.boots() == then
    assert d.says() == d.boots() == then


def test_fallback_and_erase(tmp_path, app):
    d = Device(tmp_path, app, False)
    assert d.says() == d.boots() == "factory"
    assert d.ota("switch", 0)[0] == 0 and d.ota("switch", 1)[0] == 0
    assert d.says() == d.boots() == "ota_1"
    d.damage("ota_1")
    assert d.says() == d.boots() == "ota_0"
    assert d.says() == "ota_0"
    assert d.ota("erase")[0] == 0
    assert d.says() == d.boots() == "factory"
    d.damage("factory")
    d.damage("ota_0")
    assert d.says() is None and d.boots() is None


def record(seq, state):
    return struct.pack("<I20xII", seq, state, zlib.crc32(struct.pack("<I", seq), 0xFFFFFFFF)) if seq else (
        b"\xff" * 32)


@pytest.mark.parametrize("rollback", [False, True], ids=["fixed", "rollback"])
@pytest.mark.parametrize("seqs", [(1, 2), (0, 1)], ids=str)
@pytest.mark.parametrize("bad", [(), ("ota_1",)], ids="-".join)
def test_every_pair_of_states(tmp_path, app, rollback, seqs, bad):
    """What the tool foretells of each otadata there can be is what the device then does, also at the
    boot after that, with the marks of the first."""
    d = Device(tmp_path, app, rollback)
    for name in bad:
        d.damage(name)
    flash = d.path.read_bytes()
    for states in itertools.product((0, 1, 2, 3, 4, 0xFFFFFFFF), repeat=2):
        if (states[0] and not seqs[0]) or (states[1] and not seqs[1]):
            continue
        copies = [record(seq, state).ljust(0x1000, b"\xff") for seq, state in zip(seqs, states)]
        d.path.write_bytes(flash[:0x9000] + b"".join(copies) + flash[0xB000:])
        for _ in range(2):
            assert d.says() == d.boots() is not None, (seqs, states)


def test_any_life(tmp_path, app):
    """Random verbs and boots: the tool foretells every boot."""
    random.seed(SEED)
    for rollback in (True, False):
        d = Device(tmp_path, app, rollback)
        story = []
        for _ in range(40):
            verb = random.choice(["switch 0", "switch 1", "switch 0 --trial", "switch 1 --trial",
                                  "confirm", "invalidate", "erase", "boot", "boot"])
            story.append(verb)
            if verb != "boot":
                code, _, err = d.ota(*verb.split())
                assert code in (0, 1), (SEED, story, err)
            told = d.says()
            assert told == d.boots(), (SEED, story)
