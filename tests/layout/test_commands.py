# SPDX-License-Identifier: Apache-2.0
"""The commands of `layout` beside check: fmt, assemble, convert, show, schema."""
import json
import re
import shutil
import struct
import subprocess
import sys

import pytest
from layouts import BUILD, DATA, ROOT

FMT = """\
# head
layout: 1  \t
product: x # the product
devices: {d: {size: 1048576, pages: "4K", unit: 4, mapped: 0x08000000}} 

partitions:   # in order
  a: {size: 0x8000, at: 65536}   # kept: 65536
  b: {size: 1000, pages: no}

  c: {size: rest,
      placement: {after: b}}   \n\n
"""

SHAPED = """\
# head
layout: 1
product: x # the product
devices: {d: {size: 1M, pages: "4K", unit: 4, mapped: 0x08000000}}

partitions:   # in order
  a: {size: 32K, at: 0x10000}   # kept: 65536
  b: {size: 1000, pages: no}

  c: {size: rest,
      placement: {after: b}}
"""


def test_fmt_changes_values_and_ends_of_lines_alone(tool):
    tool.write(FMT)
    assert tool("layout", "fmt", "x.layout.yml").stdout == SHAPED
    tool("layout", "fmt", "--check", "x.layout.yml", code=1)
    assert (tool.folder / "x.layout.yml").read_text() == FMT
    places = tool.solved(FMT)
    tool("layout", "fmt", "-i", "x.layout.yml")
    assert (tool.folder / "x.layout.yml").read_text() == SHAPED
    tool("layout", "fmt", "--check", "x.layout.yml")
    assert tool.solved(SHAPED) == places


def test_fmt_sets_values_and_nothing_else(tool):
    tool.write(SHAPED)
    out = tool("layout", "fmt", "--set", "partitions.a.at=0x20000", "--set", "product=y", "x.layout.yml").stdout
    assert out == SHAPED.replace("at: 0x10000", "at: 0x20000").replace("product: x", "product: y")
    for bad, code in (("partitions.a.attt=3", 2), ("partitions.a=3", 2), ("partitions.a.at", 2), ("=3", 2), ("x=", 2),
                      ("partitions.a.at=1, size: 4K", 2), ("partitions.a.at={", 3), ("partitions.a.at=# 3", 3)):
        tool("layout", "fmt", "-i", "--set", bad, "x.layout.yml", code=code)
        assert (tool.folder / "x.layout.yml").read_text() == SHAPED, bad


def test_fmt_keeps_umlauts_and_windows_line_ends_in_place(tool):
    text = "# Größe: Übersicht\r\nlayout: 1\r\nproduct: x   # ä\r\npartitions: {ä: {size: 4096}, b: {size: 8192}} # ß\r\n"
    (tool.folder / "x.layout.yml").write_bytes(text.encode())
    tool("layout", "fmt", "-i", "x.layout.yml")
    got = (tool.folder / "x.layout.yml").read_bytes().decode()
    assert got == text.replace("4096", "4K").replace("8192", "8K")


def test_fmt_refuses_what_is_no_yaml(tool):
    tool.write("layout: [1")
    assert "this is no YAML" in tool("layout", "fmt", "x.layout.yml", code=3).stderr


# ---- assemble ----

@pytest.fixture
def lamp(with_key):
    """The lamp's layout with a private key, a bootloader of 1000 bytes and a signed application."""
    with_key("key", "new", "--type", "p256", "private.pem")
    (with_key.folder / "keys" / "release.pub.pem").write_text(with_key("key", "export", "private.pem").stdout)
    shutil.copy(DATA / "lamp.layout.yml", with_key.folder)
    (with_key.folder / "boot.bin").write_bytes(bytes(range(250)) * 4)
    (with_key.folder / "app.bin").write_bytes(b"application " * 100)
    with_key("image", "sign", "-k", "private.pem", "-v", "1.2.3", "-H", "0x200", "--pad-header", "app.bin", "app.signed.bin")
    return with_key


def assembled(tool, *more, code=0):
    return tool("layout", "assemble", "-o", "out", "--bootloader", "boot.bin", "--image", "app=app.signed.bin", *more,
                "lamp.layout.yml", code=code)


def test_assemble_puts_everything_in_its_place(lamp):
    assembled(lamp)
    boot, app = ((lamp.folder / n).read_bytes() for n in ("boot.bin", "app.signed.bin"))
    flash = (lamp.folder / "out" / "internal.bin").read_bytes()
    assert flash == boot + b"\xff" * (0x20000 - len(boot)) + app
    assembled(lamp, "--format", "hex")
    lines = (lamp.folder / "out" / "internal.hex").read_text().split()
    memory, high = {}, 0
    for line in lines:
        raw = bytes.fromhex(line[1:])
        assert sum(raw) % 256 == 0
        if raw[3] == 4:
            high = int.from_bytes(raw[4:6], "big") << 16
        elif raw[3] == 0:
            memory.update(enumerate(raw[4:-1], high + int.from_bytes(raw[1:3], "big")))
    want = {**dict(enumerate(boot, 0x08000000)), **dict(enumerate(app, 0x08020000))}
    assert memory == want


def test_a_staged_image_begins_behind_a_spare_that_comes_first(lamp):
    shutil.copy(DATA / "badge.layout.yml", lamp.folder)
    lamp("layout", "assemble", "-o", "out", "--image", "secondary=app.signed.bin", "badge.layout.yml")
    app = (lamp.folder / "app.signed.bin").read_bytes()
    assert (lamp.folder / "out" / "internal.bin").read_bytes() == b"\xff" * 0x115000 + app


def test_uf2_blocks_are_whole_and_in_order(lamp):
    (lamp.folder / "odd.bin").write_bytes(b"odd" * 100)
    lamp.write((DATA / "lamp.layout.yml").read_text().replace("settings:   {size: 64K}", "settings:   {size: 64K, image: odd.bin}"),
               "lamp.layout.yml")
    assembled(lamp, "--format", "uf2", "--family", "stm32f4")
    blocks = (lamp.folder / "out" / "internal.uf2").read_bytes()
    assert len(blocks) % 512 == 0
    memory = {}
    for i in range(len(blocks) // 512):
        block = blocks[512 * i:512 * i + 512]
        first, second, flags, address, n, number, total, family = struct.unpack("<8I", block[:32])
        assert (first, second, flags, n, family) == (0x0A324655, 0x9E5D5157, 0x2000, 256, 0x57755a57)
        assert (number, total) == (i, len(blocks) // 512) and block[508:] == struct.pack("<I", 0x0AB16F30)
        assert address % 256 == 0 and address not in memory
        memory.update(enumerate(block[32:288], address))
    for at, name in ((0x08000000, "boot.bin"), (0x08010000, "odd.bin"), (0x08020000, "app.signed.bin")):
        data = (lamp.folder / name).read_bytes()
        assert bytes(memory[at + k] for k in range(len(data))) == data
    assembled(lamp, "--format", "uf2", code=2)
    assembled(lamp, "--format", "uf2", "--family", "nothing", code=2)


def test_uf2_families_of_partitions_are_kept(with_key):
    shutil.copy(DATA / "badge.layout.yml", with_key.folder)
    (with_key.folder / "boot.bin").write_bytes(b"boot")
    words = ["layout", "assemble", "-o", "out", "--bootloader", "boot.bin", "--format", "uf2", "badge.layout.yml", "--family"]
    with_key(*words, "rp2350-arm-s")
    assert "does not accept blocks of family 0xe48bff58" in with_key(*words, "data", code=3).stderr


def test_assemble_refuses_before_it_writes(lamp):
    bad = {
        "huge.bin": b"x" * 40000, "empty.bin": b"", "unsigned.bin": b"\x3d\xb8\xf3\x96" + bytes(2000),
    }
    for name, data in bad.items():
        (lamp.folder / name).write_bytes(data)
    broken = bytearray((lamp.folder / "app.signed.bin").read_bytes())
    broken[0x300] ^= 1
    (lamp.folder / "broken.bin").write_bytes(broken)
    words = ["layout", "assemble", "-o", "out", "lamp.layout.yml"]
    for more, code, says in (
            ([], 2, "there is nothing to assemble"),
            (["--bootloader", "huge.bin"], 3, "the bootloader has 40000 bytes"),
            (["--image", "journal_a=huge.bin"], 3, "40000 bytes do not fit journal_a, which has 16384"),
            (["--image", "settings=empty.bin"], 2, "the file is empty"),
            (["--image", "settings=none.bin"], 2, "none.bin"),
            (["--image", "nothing=boot.bin"], 2, "there is no partition and no slot pair 'nothing'"),
            (["--image", "boot.bin"], 2, "is not NAME=FILE"),
            (["--image", "settings=boot.bin", "--image", "settings=boot.bin"], 2, "has a file already"),
            (["--image", "app=broken.bin"], 5, "would not start it"),
            (["--image", "app=unsigned.bin"], 5, "would not start it"),
            (["--image", "secondary=broken.bin"], 5, "would not start it")):
        assert says in lamp(*words, *more, code=code).stderr, more
        assert not (lamp.folder / "out").exists()
    lamp(*words, "--image", "app=broken.bin", "--no-verify")
    lamp("key", "new", "--type", "p256", "other.pem")
    lamp("image", "sign", "-k", "other.pem", "-v", "1.2.3", "-H", "0x200", "--pad-header", "app.bin", "other.bin")
    assert "would not start it" in lamp(*words, "--image", "app=other.bin", code=5).stderr


def test_a_hex_file_must_begin_where_its_partition_does(lamp):
    lamp("image", "sign", "-k", "private.pem", "-v", "1.2.3", "-H", "0x200", "--pad-header", "--hex-addr", "0", "app.bin", "app.hex")
    words = ["layout", "assemble", "-o", "out", "lamp.layout.yml", "--image"]
    assert "begins at 0x0, and primary at 0x8020000" in lamp(*words, "app=app.hex", code=3).stderr


@pytest.mark.parametrize("kind", ["p256", "ed25519", "rsa-2048", "rsa-3072", "lms"])
def test_an_application_that_fills_its_memory_can_be_signed_for_its_slot(with_key, kind):
    """What app.ld gives is so much that header and signature fit too, and not much less."""
    with_key("key", "new", "--type", kind, *(["--lms-height", "5"] if kind == "lms" else []), "private.key")
    with_key("key", "export", "-o", "keys/release.pub.pem", "--force", "private.key")
    shutil.copy(DATA / "lamp.layout.yml", with_key.folder)
    with_key("layout", "build", "-o", "out", "lamp.layout.yml")
    room = int(re.search(r"LENGTH = (0x\w+)", (with_key.folder / "out" / "app.ld").read_text())[1], 16)
    image_max = json.loads((with_key.folder / "out" / "layout.json").read_text())["slots"][0]["image_max"]
    (with_key.folder / "app.bin").write_bytes(bytes([1]) * room)
    with_key("image", "sign", "-k", "private.key", "-v", "1.2.3", "-H", "0x200", "--pad-header", "-s", "7", "--vid", "example.com",
             "--cid", "lamp", "--boot-record", "app", "-d", "1:1.0.0", "app.bin", "app.signed.bin")
    size = (with_key.folder / "app.signed.bin").stat().st_size
    assert image_max - 512 <= size <= image_max


@pytest.mark.parametrize("height, width", [(5, 1), (5, 2), (5, 4), (5, 8), (10, 1)])
def test_a_signature_is_as_long_as_the_layout_says(with_key, height, width):
    """LMS: told of a header that has no room for it, and as it is in an image that was signed."""
    with_key("key", "new", "--type", "lms", "--lms-height", str(height), "--lms-width", str(width), "private.key")
    with_key("key", "export", "-o", "keys/release.pub.pem", "--force", "private.key")
    (with_key.folder / "app.bin").write_bytes(bytes([1]) * 600)
    with_key("image", "sign", "-k", "private.key", "-v", "1", "--pad-header", "-o", "signed", "app.bin")
    tlvs = json.loads(with_key("image", "info", "--json", "signed").stdout)["tlvs"]
    length = max(tlv["length"] for tlv in tlvs)
    text = (DATA / "lamp.layout.yml").read_text().replace("format: mcuboot", "format: wolfboot")
    with_key.write(re.sub(r"header: \w+", "header: 0x200", text))
    said = with_key("layout", "check", "x.layout.yml", code=3).stdout
    assert f"has no room for a signature of {length} bytes" in said


# ---- convert ----

def test_a_table_becomes_a_layout_and_a_table_again(tool):
    shutil.copy(DATA / "gateway.partitions.csv", tool.folder / "in.csv")
    tool("layout", "convert", "--to", "layout", "--flash-size", "4M", "--name", "gateway", "--output", "g.layout.yml", "in.csv")
    tool("layout", "check", "g.layout.yml")
    back = tool("layout", "convert", "--to", "esp-csv", "g.layout.yml").stdout
    rows = [line for line in back.splitlines() if not line.startswith("#")]
    assert rows == (DATA / "gateway.partitions.csv").read_text().splitlines()[1:]
    tool("table", "convert", "--to", "binary", "--output", "direct.bin", "in.csv")
    tool("layout", "convert", "--to", "esp-bin", "--output", "g.bin", "g.layout.yml")
    assert (tool.folder / "g.bin").read_bytes() == (tool.folder / "direct.bin").read_bytes()
    tool("layout", "convert", "--to", "layout", "--output", "again.layout.yml", "g.bin")
    assert tool("layout", "convert", "--to", "esp-csv", "again.layout.yml").stdout.splitlines()[1:] == back.splitlines()[1:]


def test_what_a_table_cannot_say_is_told(with_key):
    shutil.copy(DATA / "gateway.layout.yml", with_key.folder)
    lost = with_key("layout", "convert", "--to", "esp-csv", "gateway.layout.yml").stderr
    assert "lost: the section 'boot:'" in lost
    text = (DATA / "gateway.layout.yml").read_text().replace(", esp: {type: data, subtype: littlefs}", "")
    with_key.write(text, "g.yml")
    assert "lost: storage has no 'esp: {type, subtype}'" in with_key("layout", "convert", "--to", "esp-csv", "g.yml").stderr
    shutil.copy(DATA / "badge.layout.yml", with_key.folder)
    said = with_key("layout", "convert", "--to", "esp-csv", "badge.layout.yml", code=3).stderr
    assert "Partition primary invalid: Offset 0x14000 is not aligned to 0x10000" in said


def test_json_is_that_of_show(with_key):
    shutil.copy(DATA / "tracker.layout.yml", with_key.folder)
    assert (with_key("layout", "convert", "--to", "json", "tracker.layout.yml").stdout
            == with_key("layout", "show", "--json", "tracker.layout.yml").stdout)


# ---- show ----

def test_show_says_all_places_and_what_is_free(with_key):
    shutil.copy(DATA / "gateway.layout.yml", with_key.folder)
    table = with_key("layout", "show", "gateway.layout.yml").stdout
    assert re.search(r"0x00000000 +4 KB  \(free\)", table)
    assert re.search(r"0x00311000 +956 KB  storage", table)


def test_a_layout_may_come_from_standard_input(tool):
    text = (DATA / "badge.layout.yml").read_text()
    assert "files" in tool("layout", "show", "-", stdin=text).stdout
    assert "standard input:12:" in tool("layout", "show", "-", stdin=text.replace("64K, rp", "63K, rp"), code=3).stderr


TWO_SLOTS = """\
layout: 1
product: two
devices:
  internal: {size: 512K, pages: 4K, unit: 4, mapped: 0x08000000}
partitions:
  bootloader: {size: 32K}
  journal_a: {size: auto}
  journal_b: {size: auto}
  app_1: {size: 64K, at: 0x20000}
  app_2: {size: 68K}
  radio_1: {size: 8K}
  radio_2: {size: 12K}
boot:
  slots:
    app: {primary: app_1, secondary: app_2, spare: first of secondary, header: 0x200}
    radio: {primary: radio_1, secondary: radio_2, spare: first of secondary, header: 0x200}
  format: mcuboot
  journal: [journal_a, journal_b]
  keys: [a.pub.pem, b.pub.pem]
"""


def test_an_image_is_verified_by_the_layouts_rules(tool):
    for name in "abc":
        tool("key", "new", "--type", "p256", f"{name}.pem")
        tool("key", "export", f"{name}.pem", "-o", f"{name}.pub.pem")
    tool.write(TWO_SLOTS)
    (tool.folder / "app.bin").write_bytes(bytes(range(256)) * 40)
    sign = ["image", "sign", "-q", "--version", "1", "--header-size", "0x200", "--pad-header", "app.bin"]
    tool("image", "sign", "-q", "--layout", "x.layout.yml", "--slot", "app", "--key", "b.pem", "--version", "1",
         "--pad-header", "app.bin", "app.signed.bin")
    verify = ["image", "verify", "--layout", "x.layout.yml"]
    said = tool(*verify, "--slot", "app", "app.signed.bin").stdout
    assert "signed by b.pub.pem, a key of x.layout.yml\n" in said and "no key was given" not in said
    said = json.loads(tool(*verify, "--slot", "app", "--json", "app.signed.bin").stdout)
    assert said["good"] and said["key"] == "b.pub.pem"
    assert "which one is the image for? Say '--slot app' or '--slot radio'." in tool(*verify, "app.signed.bin",
                                                                                    code=2).stderr
    assert "has no slot 'ap'" in tool(*verify, "--slot", "ap", "app.signed.bin", code=2).stderr
    assert "Say --layout" in tool("image", "verify", "--slot", "app", "app.signed.bin", code=2).stderr
    # the size of the slot that is named; a key of no layout; an address of the other slot
    assert "does not fit" in tool(*verify, "--slot", "radio", "app.signed.bin", code=5).stderr
    tool(*sign, "other.bin", "--key", "c.pem")
    assert "by no key of this product" in tool(*verify, "--slot", "app", "other.bin", code=5).stderr
    for address, code in (("0x08020000", 0), ("0x08030000", 5)):
        tool(*sign, "fixed.bin", "--key", "a.pem", "--rom-fixed", address)
        said = tool(*verify, "--slot", "app", "fixed.bin", code=code)
        assert code == 0 or "was built for another address" in said.stderr, said.stderr
        assert json.loads(tool(*verify, "--slot", "app", "--json", "fixed.bin", code=code).stdout)["good"] == (not code)
