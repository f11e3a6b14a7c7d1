# SPDX-License-Identifier: Apache-2.0
"""Where otadata chooses: the very bootloader, on the emulated board, with applications that Espressif's
own esptool made of their ELF files and espsecure signed, as nobody changed them."""
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import zlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host")
TOOL = BUILD / "cli" / "bulkhead"
JUDGE = BUILD / "tests" / "board" / "board_select"
BOARD = "sifive_u_esp"
LAYOUT = ROOT / "products" / f"{BOARD}.layout.yml"
FIRMWARE = ROOT / "build" / "firmware" / BOARD
KEY = ROOT / "ports" / "keys" / "development-p256.pem"
CUTS = os.environ.get("BOARD_CUTS", "3")
SKIPS = os.environ.get("BOARD_SKIPS", "30")
SEED = os.environ.get("BULKHEAD_SEED", "5")
BLOCK = 1216  # bytes of a signature block


def call(*args, typed="", code=0, timeout=300):
    done = subprocess.run([str(a) for a in args], input=typed, capture_output=True, text=True,
                          timeout=timeout)
    assert done.returncode == code, f"{args}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def make(folder, name, elf, *options, key=KEY):
    """An image by esptool, signed by espsecure."""
    plain, image = folder / f"{name}.plain", folder / f"{name}.bin"
    call(sys.executable, "-m", "esptool", "--chip", "esp32c3", "elf2image", "--elf-sha256-offset",
         "0xb0", *options, "-o", plain, elf)
    call(sys.executable, "-m", "espsecure", "sign-data", "--version", "2", "--keyfile", key,
         "--output", image, plain)
    return image


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    assert FIRMWARE.is_dir(), "build/firmware is missing: make firmware"
    folder = tmp_path_factory.mktemp("images")
    made = {v: make(folder, v, FIRMWARE / f"app-{v}.0.0.elf") for v in "12"}
    call(sys.executable, "-m", "espsecure", "generate-signing-key", "--version", "2", "--scheme",
         "ecdsa256", folder / "other.pem")
    made["other"] = make(folder, "other", FIRMWARE / "app-2.0.0.elf", key=folder / "other.pem")
    made["table"] = folder / "out" / "partitions.bin"
    call(TOOL, "layout", "build", LAYOUT, "-o", folder / "out", "--quiet")
    return made


class Board:
    def __init__(self, folder, images):
        self.flash = folder / "flash.bin"
        self.images = images
        self.folder = folder
        self.first = ["--bootloader", FIRMWARE / "boot.bin", "--put",
                      f"{images['table']}@partition_table"]

    def run(self, typed="", **put):
        """Power on with these files put to partitions first, type, switch off."""
        puts = [w for name, path in put.items() for w in ("--put", f"{path}@{name}")]
        first, self.first = self.first, []
        return call(TOOL, "board", "run", BOARD, "--flash", self.flash, *first, *puts, typed=typed)

    def ota(self, *words):
        return call(TOOL, "ota", *words, "--port", f"file:{self.flash}")

    def damaged(self, name, at):
        """An image with a bit turned."""
        data = bytearray(self.images[name].read_bytes())
        data[at] ^= 0x10
        path = self.folder / f"damaged-{name}-{at}.bin"
        path.write_bytes(data)
        return path


@pytest.fixture
def board(tmp_path, images):
    return Board(tmp_path, images)


@pytest.fixture(scope="session")
def chosen(tmp_path_factory, images):
    """The flash of a device whose application has just chosen the update in ota_0."""
    b = Board(tmp_path_factory.mktemp("chosen"), images)
    assert "app 1.0.0" in b.run("t\n", factory=images["1"], ota_0=images["2"])
    return b.flash


def test_the_table_is_what_gen_esp32part_makes(tmp_path, images):
    """From the CSV that the layout writes: ESP-IDF's program, here a copy of it from PyPI."""
    made = tmp_path / "table.bin"
    call(TOOL.with_name("gen_esp32part"), images["table"].with_suffix(".csv"), made)
    assert made.read_bytes() == images["table"].read_bytes()


@pytest.mark.parametrize("set_boot, confirm, reject", ["tcn", "TCN"], ids=["library", "esp-idf"])
def test_a_life(board, images, set_boot, confirm, reject):
    """First start, an update written by the application, not confirmed and left again, confirmed,
    the next one rejected; what the application would do by Bulkhead's library or as ESP-IDF's."""
    begin = "B\n" if set_boot == "T" else ""
    said = board.run("s\n", factory=images["1"])
    assert "S 01 00 ff 00\napp 1.0.0" in said and "started factory" in said and "runs ffffffff" in said
    # the application finds the update in a free region of the flash, and writes it to ota_0
    length = images["2"].stat().st_size
    said = board.run(f"{begin}f 200000 {length:x}\n{set_boot}\nr\ns\n", **{"0x200000": images["2"]})
    assert said.count("ok\n") == 3 + bool(begin)
    assert "S 01 00 00 00\napp 2.0.0" in said and "runs 00000000 seq 00000001 state 00000001" in said
    # not confirmed: the factory application again, and it stays
    for _ in range(2):
        said = board.run()
        assert "S 01" in said and "app 1.0.0" in said and "app 2.0.0" not in said
    assert "aborted" in board.ota("status", "--rollback")
    # chosen again, and confirmed: it stays
    said = board.run(f"{begin}{set_boot}\nr\n{confirm}\nr\ns\n")
    assert said.count("app 2.0.0") == 2 and "state 00000002" in said
    assert "app 2.0.0" in board.run()
    # the next update goes to ota_1, and rejects itself
    length = images["1"].stat().st_size
    said = board.run(f"{begin}f 200000 {length:x}\n{set_boot}\nr\n{reject}\nr\n", **{"0x200000": images["1"]})
    assert "S 01 00 01 00\napp 1.0.0" in said
    assert said.rstrip().splitlines()[-1].startswith("waits")
    assert "app 2.0.0" in said.split("app 1.0.0")[1]
    assert "app 2.0.0" in board.run()


def test_an_update_over_the_console(board, images):
    """As it comes in from outside, 64 bytes at a time."""
    data = images["2"].read_bytes()
    board.run(factory=images["1"])
    done = subprocess.run([TOOL, "board", "run", BOARD, "--flash", board.flash],
                          input=f"l {len(data):x}\n".encode() + data + b"t\nr\ns\n",
                          capture_output=True, timeout=300)
    assert done.returncode == 0, done
    assert b"app 2.0.0" in done.stdout and b"runs 00000000" in done.stdout


def test_boot_run_does_what_the_binary_does(board, chosen, images):
    """The same choice, and the same bytes in flash after it: with an update that is good, one that is
    not, and none."""
    here = board.folder / "here.bin"
    for bad in (None, board.damaged("2", 0x1000)):
        shutil.copy(chosen, board.flash)
        board.first = []
        if bad:
            data = bytearray(board.flash.read_bytes())
            data[0x50000:0x50000 + bad.stat().st_size] = bad.read_bytes()
            board.flash.write_bytes(data)
        for _ in range(2):
            shutil.copy(board.flash, here)
            said = json.loads(call(TOOL, "boot", "run", BOARD, "--flash", here, "--json"))
            lines = [line for line in board.run().splitlines() if line.startswith("S ")]
            index = {"factory": "ff", "ota_0": "00"}[said["application"]]
            assert lines == [f"S 01 {said['reason']['code']:02x} {index} {said['refused']['code']:02x}"]
            assert here.read_bytes() == board.flash.read_bytes()


def test_boot_run_without_changes(board, chosen):
    shutil.copy(chosen, board.flash)
    before = board.flash.read_bytes()
    said = call(TOOL, "boot", "run", BOARD, "--flash", board.flash, "--dry-run")
    assert "starts    ota_0, version 2.0.0" in said and "began a trial" in said
    assert board.flash.read_bytes() == before
    said = call(TOOL, "boot", "run", BOARD, "--flash", board.flash, "--cut", "2:torn")
    assert "power cut at operation 2" in said and board.flash.read_bytes() != before
    board.flash.write_bytes(b"\xff" * len(before))
    said = call(TOOL, "boot", "run", BOARD, "--flash", board.flash, code=5)
    assert "recovery" in said and "partition table" in said


@pytest.mark.parametrize("words", [["boot", "confirm"], ["sim", "run"], ["board", "prove"]], ids=" ".join)
def test_commands_about_slot_pairs_say_that_there_is_none(words, tmp_path, images):
    more = {"prove": ["--bootloader", images["1"], "--app", images["1"], "--app", images["2"]]}
    flash = [] if words[0] != "boot" else ["--flash", tmp_path / "x.bin"]
    said = call(TOOL, *words, LAYOUT, *flash, *more.get(words[1], []), code=2)
    assert "there is no slot pair" in said and "'bulkhead ota switch'" in said
    assert not (tmp_path / "x.bin").exists()


def resign(path, out, images):
    """Made by somebody without the key: the block names the product's key, and its checksum is
    right; the signature is by another one."""
    data = bytearray(path.read_bytes())
    sector = len(data) - 0x1000
    real = images["1"].read_bytes()
    data[sector + 36:sector + 101] = real[len(real) - 0x1000 + 36:len(real) - 0x1000 + 101]
    data[sector + 1196:sector + 1200] = struct.pack("<I", zlib.crc32(data[sector:sector + 1196]))
    out.write_bytes(data)
    return out


@pytest.mark.parametrize("what, reason", [
    ("another key", 0x09), ("a bit of code", 0x07), ("a bit of data", 0x07), ("the entry", 0x07),
    ("a load address", 0x07), ("the chip", 0x07), ("a signature without the key", 0x0a),
    ("no signature", 0x08), ("nothing", 0x01)])
def test_a_hostile_image_is_refused(board, images, chosen, what, reason):
    """With its reason on the console; what was there before starts, and then stays."""
    def unsigned():
        path = board.folder / "unsigned.bin"
        data = images["2"].with_suffix(".plain").read_bytes()
        path.write_bytes(data.ljust(images["2"].stat().st_size, b"\xff"))
        return path

    bad = {"another key": lambda: images["other"],
           "a bit of code": lambda: board.damaged("2", 0x1000),
           "a bit of data": lambda: board.damaged("2", 0x4340),
           "the entry": lambda: board.damaged("2", 5),
           "a load address": lambda: board.damaged("2", 26),
           "the chip": lambda: board.damaged("2", 12),
           "a signature without the key": lambda: resign(images["other"], board.folder / "bad.bin", images),
           "no signature": unsigned,
           "nothing": lambda: board.damaged("2", 0)}[what]()
    shutil.copy(chosen, board.flash)
    board.first = []
    said = board.run(ota_0=bad)
    assert f"S 01 3c ff {reason:02x}\napp 1.0.0" in said, said
    assert "refused before: " in said and "app 2.0.0" not in said
    said = board.run(ota_0=images["2"])
    assert "app 1.0.0" in said and "app 2.0.0" not in said


def test_nothing_starts_where_nothing_verifies(board, images):
    bad = board.damaged("2", 0x1000)
    said = board.run(ota_0=bad, factory=bad, ota_1=images["other"])
    assert "S 00 2d 9d 07" in said and "recovery: " in said and "app " not in said, said


@pytest.mark.parametrize("option", ["another chip", "a later revision"])
def test_an_image_for_another_chip_is_refused(board, images, tmp_path, option):
    """By esptool, and signed by the right key."""
    elf = FIRMWARE / "app-2.0.0.elf"
    if option == "another chip":
        plain = tmp_path / "x.plain"
        call(sys.executable, "-m", "esptool", "--chip", "esp32c6", "elf2image", "-o", plain, elf)
        bad, reason = tmp_path / "x.bin", 0x19
        call(sys.executable, "-m", "espsecure", "sign-data", "--version", "2", "--keyfile", KEY,
             "--output", bad, plain)
    else:
        bad, reason = make(tmp_path, "x", elf, "--min-rev-full", "100"), 0x1a
    said = board.run(factory=bad)
    assert f"S 00 2d 9d {reason:02x}" in said


def link(folder, name, code, data, entry="_start"):
    """A program that says nothing, linked to these addresses."""
    source, elf = folder / f"{name}.S", folder / f"{name}.elf"
    source.write_text('.globl _start, elsewhere\n.text\n.zero 256\n_start: j _start\n'
                      '.data\nelsewhere: .word 0xa001, 2\n')
    call("riscv64-unknown-elf-gcc", "-march=rv32imac", "-mabi=ilp32", "-nostdlib", f"-Wl,-Ttext={code:#x}",
         f"-Wl,-Tdata={data:#x}", f"-Wl,-e,{entry}", "-Wl,--no-warn-rwx-segments", source, "-o", elf)
    return elf


@pytest.mark.parametrize("what, code, data, entry, good", [
    ("where they belong", 0x80000000, 0x80040000, "_start", True),
    ("last bytes of the windows", 0x8003FEF0, 0x8007FFF8, "_start", True),
    ("the bootloader's own RAM", 0x80000000, 0x08020000, "_start", True),  # padding: not loaded
    ("behind the window", 0x80000000, 0x8007FFFC, "_start", False),
    ("from code into data", 0x8003FFF8, 0x80040800, "_start", False),
    ("the UART", 0x80000000, 0x10010000, "_start", False),
    ("the end of memory", 0x80000000, 0xFFFFFFF8, "_start", False),
    ("entry in data", 0x80000000, 0x80040000, "elsewhere", False)])
def test_segments_go_only_where_they_may(board, images, tmp_path, what, code, data, entry, good):
    """Signed by the right key, all of them: who signs makes mistakes, too."""
    bad = make(tmp_path, "segments", link(tmp_path, "segments", code, data, entry))
    said = call(TOOL, "board", "run", BOARD, "--flash", board.flash, *board.first, "--put",
                f"{bad}@factory", "--instructions", "60000000")
    if good:
        assert "S 01 00 ff 00\n" in said
    else:
        assert "S 00 2d 9d 0d" in said


def test_every_flash_operation_and_ram_are_the_hosts(images):
    said = call(JUDGE, "trace", images["1"], images["2"])
    assert "PASSED" in said


def test_power_cuts(images):
    said = call(JUDGE, "cuts", images["1"], images["2"], CUTS, SEED, timeout=3600)
    assert said.count(f"{CUTS} cuts") == 5, said


def test_anti_rollback_in_one_time_programmable_memory(images):
    assert "PASSED" in call(JUDGE, "floor", images["1"], images["2"])


def test_pins_choose(images):
    call(JUDGE, "pins", images["1"], images["2"])


def test_the_fault_injection_sees_a_start_where_there_is_one(board, images):
    """Without the check, the very image that no skipped instruction starts does start: if the bootloader's
    answers about it are forged, and both of them, in flash and in RAM."""
    said = call(JUDGE, "control", resign(images["other"], board.folder / "bad.bin", images))
    assert "both of 2 answers forged: it starts" in said and "control: 1 started" in said


@pytest.mark.parametrize("what, places", [("damaged", "late"), ("signature", SKIPS)])
def test_no_skipped_instruction_starts_a_bad_image(board, images, what, places):
    """At every place near the end, or drawn from all there are."""
    if what == "damaged":
        bad = board.damaged("1", 0x1000)
    else:
        bad = resign(images["other"], board.folder / "bad.bin", images)
    said = call(JUDGE, "skips", bad, places, *([SEED] if places == SKIPS else []), timeout=3600)
    n = int(re.search(r"(\d+) skipped, 0 started", said)[1])
    assert n > 500 if places == "late" else n == int(SKIPS)
