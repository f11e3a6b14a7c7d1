# SPDX-License-Identifier: Apache-2.0
"""docs/formats/journal.md and the pages of the mailboxes say what the code writes."""
import re
import struct
import zlib

from conftest import ROOT
from test_cli_boot import Device

JOURNAL = (ROOT / "docs/formats/journal.md").read_text()
MAILBOX = (ROOT / "docs/formats/mailbox-mcuboot.md").read_text()
HEADERS = "".join((ROOT / "include/bulkhead" / name).read_text() for name in ("journal.h", "mailbox.h"))


def test_the_journals_example_is_what_a_first_boot_writes(tool, keys):
    device = Device(tool, keys, "stm32f407")
    device("install", "1.0.0.bin")
    device("run")
    flash = (tool.folder / "chip.bin").read_bytes()
    lines = re.findall(r"^([0-9a-f]{8}): ((?:[0-9a-f]{4} ?){8})", JOURNAL, re.M)
    assert len(lines) == 6
    for offset, words in lines:
        at = int(offset, 16)
        assert flash[at:at + 16] == bytes.fromhex(words.replace(" ", "")), offset
    announcement, twin, ack = flash[0x8000:][:12], flash[0x800C:][:64], flash[0x804C:][:8]
    for part, entry in enumerate((announcement, twin, ack)):
        assert entry[:4] == b"BKJ" + bytes([0x20 | part])
    for entry in (announcement, twin):
        assert struct.unpack("<I", entry[4:8]) == (0x4001,)
        assert struct.unpack("<I", entry[-4:])[0] == zlib.crc32(entry[:-4])
    assert twin[8:11] == bytes([1, 0, 42]) and twin[15] == 1
    assert struct.unpack("<I", ack[-4:])[0] == zlib.crc32(ack[:-4], zlib.crc32(twin[:-4]))


def test_the_journals_numbers_are_the_headers():
    for kind, row in (("STATE", "state"), ("OUTCOME", "outcome of the last update")):
        listed = re.search(rf"\| {row}: ([^|]+)\|", JOURNAL)[1]
        in_docs = {name.strip(): int(n) for n, name in re.findall(r"(\d) ([a-z ]+)", listed)}
        on_flash = rf"BH_{kind}_(\w+) = (\d),(?!.*never on flash)"
        in_code = {name.lower().replace('_', ' '): int(n) for name, n in re.findall(on_flash, HEADERS)}
        assert in_docs == in_code


def fields(a):
    """The offsets that the page gives for this alignment, by field."""
    column = {8: 1, 16: 2, 32: 3}[a]
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in MAILBOX.splitlines()
            if re.match(r"\| (magic|image_ok|copy_done|swap_info) \|", line)]
    return {row[0]: int(row[column]) for row in rows}


def test_the_mailboxs_fields_are_where_the_page_says(tool, keys):
    device = Device(tool, keys, "nrf52840")
    device("install", "1.0.0.bin")
    device("run")
    device("stage", "2.0.0.bin")
    device("request", "test")
    primary_end, secondary_end = 0x10000 + 516 * 1024, 520 * 1024
    magic = bytes.fromhex(re.search(r"Magic for A = 8: `([0-9a-f ]+)`", MAILBOX)[1])
    at = fields(8)

    def trailer(name, end):
        data = (tool.folder / name).read_bytes()
        return {f: data[end + off:end + off + (16 if f == "magic" else 1)] for f, off in at.items()}

    asked = trailer("nor.bin", secondary_end)
    assert asked == {"magic": magic, "image_ok": b"\xff", "copy_done": b"\xff", "swap_info": b"\x02"}
    device("run")
    tried = trailer("chip.bin", primary_end)
    assert tried == {"magic": magic, "image_ok": b"\xff", "copy_done": b"\x01", "swap_info": b"\x02"}
    device("confirm")
    assert trailer("chip.bin", primary_end)["image_ok"] == b"\x01"


def test_the_mailboxs_fields_are_in_line():
    for a in (8, 16, 32):
        at = fields(a)
        block = max(16, a)
        assert at == {"magic": -16, "image_ok": -block - a, "copy_done": -block - 2 * a,
                      "swap_info": -block - 3 * a}


def test_the_states_of_wolfboots_trailer_are_the_headers():
    page = (ROOT / "docs/formats/mailbox-wolfboot.md").read_text()
    header = (ROOT / "include/bulkhead/mailbox_wolfboot.h").read_text()
    said = {name: (int(value, 0), int(inverted, 0)) for name, value, inverted in
            re.findall(r"^\| `(\w+)` \| (0x[0-9A-F]{2}) \| (0x[0-9A-F]{2}) \|", page, re.M)}
    code = {name: int(value, 0) for name, value in
            re.findall(r"BH_WOLFBOOT_(\w+) = (0x[0-9A-F]{2}),", header)}
    assert len(said) == 5
    assert {name: value for name, (value, _) in said.items()} == code
    odd = {name for name, (value, inverted) in said.items() if value ^ inverted != 0xFF}
    assert odd == {"FINAL_FLAGS"} and said["FINAL_FLAGS"][1] == 0xBF
