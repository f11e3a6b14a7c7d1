# SPDX-License-Identifier: Apache-2.0
"""parttool, otatool, check_sizes and gen_empty_partition on flash image files. Texts and exit codes
are those that ESP-IDF v6.0.2's scripts were seen to give, but where docs/compatibility-esp-idf.md
says otherwise."""

import struct
import zlib

import pytest

TABLE = b"""nvs,data,nvs,,0x4000
otadata,data,ota,,0x2000
phy_init,data,phy,,0x1000,readonly
factory,app,factory,,1M
ota_0,app,ota_0,,1M
ota_1,app,ota_1,,1M
keys,data,nvs_keys,,4K,encrypted
"""
SIZE = 4 << 20


def record(seq, state=0xFFFFFFFF):
    packed = struct.pack("<I", seq)
    return packed + b"\xff" * 20 + struct.pack("<II", state, zlib.crc32(packed, 0xFFFFFFFF))


def make_flash(path, run, records=(b"", b"")):
    code, table, err = run("gen_esp32part", "-q", "-", stdin=TABLE)
    assert code == 0, err
    flash = bytearray(b"\xff" * SIZE)
    flash[0x8000:0x8000 + len(table)] = table
    for i, r in enumerate(records):
        flash[0xD000 + i * 0x1000:][:len(r)] = b""
        flash[0xD000 + i * 0x1000:0xD000 + i * 0x1000 + len(r)] = r
    for i in range(0x10000, 0x10100):
        flash[i] = i & 0xFF
    path.write_bytes(flash)
    return path


@pytest.fixture
def flash(tmp_path, run):
    return make_flash(tmp_path / "flash.bin", run)


@pytest.fixture
def parttool(run, flash):
    return lambda *args, **more: run("parttool", "-p", f"file:{flash}", *args, **more)


@pytest.fixture
def otatool(run, flash):
    return lambda *args, **more: run("otatool.py", "--port", f"file:{flash}", *args, **more)


# ---- parttool ----

@pytest.mark.parametrize("args, line", [
    (["-n", "nvs"], "0x9000 0x4000"),
    (["--partition-name", "phy_init", "--info", "name", "type", "subtype", "readonly", "encrypted"],
     "phy_init 1 1 True False"),
    (["-t", "app", "-s", "factory"], "0x10000 0x100000"),
    (["--partition-type", "0", "--partition-subtype", "0x11", "--info", "name", "offset"],
     "ota_1 0x210000"),
    (["-d", "--info", "name", "size"], "factory 0x100000"),
    (["--partition-boot-default"], "0x10000 0x100000"),
    (["-t", "data", "-s", "nvs_keys", "--part_list", "--info", "name"], "keys"),
])
def test_get_partition_info(parttool, args, line):
    assert parttool("get_partition_info", *args) == (0, f"{line}\n".encode(), b"")


def test_info_needs_no_flash(run, tmp_path):
    (tmp_path / "t.csv").write_bytes(TABLE + b"nvs2,data,nvs,,0x3000")
    answer = run("parttool.py", "-q", "-f", tmp_path / "t.csv", "get_partition_info", "-t", "data",
                 "-s", "nvs", "--part_list", "--info", "name", "offset")
    assert answer == (0, b"nvs 0x9000 nvs2 0x311000\n", b"")
    code, out, _ = run("gen_esp32part", "-q", tmp_path / "t.csv", tmp_path / "t.bin")
    assert code == 0
    assert run("parttool", "-f", tmp_path / "t.bin", "get_partition_info", "-n", "nvs2")[1] == (
        b"0x311000 0x3000\n")


def test_extra_subtypes(run, tmp_path):
    (tmp_path / "t.csv").write_bytes(b"a,data,mine,,4K")
    answer = run("parttool", "-f", tmp_path / "t.csv", "get_partition_info", "-t", "data", "-s",
                 "mine", "--extra-partition-subtypes", "data,mine,0x99")
    assert answer == (0, b"0x9000 0x1000\n", b"")


def test_missing_partition_is_told(parttool):
    code, out, err = parttool("get_partition_info", "-n", "nothing")
    assert (code, out) == (1, b"") and b"Partition does not exist" in err


@pytest.mark.parametrize("args, code, text", [
    ([], 1, b"usage: parttool"),
    (["get_partition_info"], 1, b"Partition to operate on should be defined using --partition-name"),
    (["get_partition_info", "-t", "app"], 1,
     b"--partition-subtype should be defined when --partition-type is defined"),
    (["get_partition_info", "-n", "nvs", "-d"], 2, b"not allowed with"),
    (["get_partition_info", "-n", "nvs", "--info", "colour"], 2, b"invalid choice: 'colour'"),
    (["frobnicate"], 2, b"invalid choice: 'frobnicate'"),
    (["read_partition", "-n", "nvs"], 2, b"--output"),
    (["write_partition", "-n", "nvs"], 2, b"--input"),
    (["erase_partition", "-n", "nothing"], 1, b"Partition does not exist"),
    (["erase_partition", "-t", "data", "-s", "fat"], 1, b"Partition does not exist"),
    (["read_partition", "-n", "nvs", "--output", "/nowhere/x"], 1, b"/nowhere"),
    (["write_partition", "-n", "nvs", "--input", "/nowhere/x"], 1, b"/nowhere/x"),
])
def test_refusals_leave_the_flash(parttool, flash, args, code, text):
    before = flash.read_bytes()
    got, out, err = parttool(*args)
    assert got == code and text in out + err
    assert flash.read_bytes() == before


def test_quiet_failures_have_code_2(parttool, run, flash):
    assert run("parttool", "-q", "-p", f"file:{flash}", "erase_partition", "-n", "no")[0] == 2
    assert run("parttool", "-q", "-p", f"file:{flash}", "write_partition", "-n", "phy_init",
               "--input", flash)[0] == 1


def test_read(parttool, tmp_path, flash):
    code, out, err = parttool("read_partition", "-d", "--output", tmp_path / "app")
    assert (code, err) == (0, b"")
    assert out.decode() == (f"Read partition 'factory' contents from device at offset 0x10000 to "
                            f"file '{tmp_path / 'app'}'\n")
    assert (tmp_path / "app").read_bytes() == flash.read_bytes()[0x10000:0x110000]


def test_write_and_erase(parttool, tmp_path, flash):
    expected = bytearray(flash.read_bytes())
    (tmp_path / "in").write_bytes(b"new contents")
    code, out, err = parttool("write_partition", "-n", "factory", "--input", tmp_path / "in")
    assert (code, err) == (0, b"")
    assert out.decode() == f"Written contents of file '{tmp_path / 'in'}' at offset 0x10000\n"
    expected[0x10000:0x110000] = b"new contents".ljust(1 << 20, b"\xff")
    assert flash.read_bytes() == expected
    assert parttool("erase_partition", "-n", "factory") == (
        0, b"Erased partition 'factory' at offset 0x10000\n", b"")
    expected[0x10000:0x110000] = b"\xff" * (1 << 20)
    assert flash.read_bytes() == expected


@pytest.mark.parametrize("size", [0x1001, 2 << 20])
def test_too_big_leaves_the_flash(parttool, tmp_path, flash, size):
    before = flash.read_bytes()
    (tmp_path / "in").write_bytes(bytes(size))
    code, out, err = parttool("write_partition", "-n", "keys", "--input", tmp_path / "in")
    assert code == 1 and b"Input file size exceeds partition size" in err
    assert flash.read_bytes() == before


def test_readonly(parttool, tmp_path, flash):
    before = flash.read_bytes()
    (tmp_path / "in").write_bytes(b"phy")
    code, out, err = parttool("write_partition", "-n", "phy_init", "--input", tmp_path / "in")
    assert (code, err) == (1, b'"phy_init" partition is read-only, (use the --ignore-readonly flag '
                              b"to skip it)\n")
    code, _, err = parttool("erase_partition", "-n", "phy_init")
    assert code == 1 and b"read-only" in err
    assert flash.read_bytes() == before
    code, _, _ = parttool("write_partition", "-n", "phy_init", "--input", tmp_path / "in",
                          "--ignore-readonly")
    assert code == 0 and flash.read_bytes()[0xF000:0xF004] == b"phy\xff"


def test_overlap_is_not_written(run, flash, tmp_path):
    before = flash.read_bytes()
    (tmp_path / "t.csv").write_bytes(b"a,data,fat,0x9000,8K\n")
    code, table, _ = run("gen_esp32part", "-q", "--disable-md5sum", tmp_path / "t.csv")
    second = bytearray(table[:32])
    second[12:13] = b"b"
    second[4:8] = struct.pack("<I", 0xA000)
    (tmp_path / "t.bin").write_bytes(table[:32] + second + b"\xff" * 32)
    code, _, err = run("parttool", "-p", f"file:{flash}", "-f", tmp_path / "t.bin",
                       "erase_partition", "-n", "b")
    assert code == 1 and b"'b' overlaps 'a'" in err and flash.read_bytes() == before


def test_no_table(run, tmp_path):
    (tmp_path / "blank").write_bytes(b"\xff" * 0x10000)
    code, _, err = run("parttool", "-p", f"file:{tmp_path / 'blank'}", "get_partition_info", "-d")
    assert code == 1 and b"no partition table: the flash is erased there" in err
    code, _, err = run("parttool", "-p", "what", "get_partition_info", "-d")
    assert code == 1 and b"no such file, and not a serial port" in err


def test_esptool_arguments_are_read_over(parttool):
    assert parttool("--esptool-args", "before=no_reset", "after=x", "--baud", "9600",
                    "--esptool-erase-args", "force", "-q", "get_partition_info", "-d")[0] == 0


# ---- otatool ----

def test_read_otadata(run, tmp_path):
    flash = make_flash(tmp_path / "f", run, (record(2), b""))
    code, out, err = run("otatool", "-p", f"file:{flash}", "read_otadata")
    assert (code, err) == (0, b"")
    assert out == (b"             OTA_SEQ  \t  CRC      | \t  OTA_SEQ  \t   CRC     \n"
                   b"Firmware:  0x000002 \t0x55f63774 | \t0xffffffff \t 0xffffffff\n")


def otadata(flash):
    data = flash.read_bytes()
    return data[0xD000:0xD020], data[0xE000:0xE020]


BLANK = b"\xff" * 32


@pytest.mark.parametrize("records, slot, expected", [
    ((b"", b""), 0, (record(1), BLANK)),
    ((b"", b""), 1, (record(2), BLANK)),
    ((record(1), b""), 1, (record(1), record(2))),
    ((record(1), record(2)), 0, (record(3), record(2))),
    ((record(3), record(2)), 1, (record(3), record(4))),
    ((record(2), b""), 1, (record(2), BLANK)),
    ((record(4, 2), record(5, 4)), 0, (record(4, 2), record(7))),  # 5 was aborted: never again
    ((record(4, 2), record(5, 4)), 1, (record(4, 2), record(5, 4))),
    ((b"\x03" + record(3)[1:31] + b"\x00", record(2)), 0, (record(3), record(2))),
])
def test_switch(run, tmp_path, records, slot, expected):
    flash = make_flash(tmp_path / "f", run, records)
    before = flash.read_bytes()
    code, out, err = run("otatool", "-p", f"file:{flash}", "switch_ota_partition", "--slot", slot)
    assert (code, out, err) == (0, b"", b"")
    assert otadata(flash) == expected
    after = flash.read_bytes()
    assert after[:0xD000] + after[0xF000:] == before[:0xD000] + before[0xF000:]


def test_switch_by_name(otatool, flash):
    assert otatool("switch_ota_partition", "--name", "ota_1")[0] == 0
    assert otadata(flash) == (record(2), BLANK)


@pytest.mark.parametrize("args, code, text", [
    ([], 1, b"usage:"),
    (["switch_ota_partition"], 2, b"--slot --name"),
    (["switch_ota_partition", "--slot", "0", "--name", "ota_0"], 2, b"--slot --name"),
    (["switch_ota_partition", "--slot", "2"], 1, b"Partition does not exist"),
    (["switch_ota_partition", "--name", "nvs"], 1, b"Partition to switch to not found"),
    (["switch_ota_partition", "--slot", "x"], 2, b"invalid number"),
    (["write_ota_partition", "--slot", "0", "--input", "/nowhere"], 1, b"/nowhere"),
    (["write_ota_partition", "--slot", "0"], 2, b"--input"),
    (["erase_ota_partition", "--name", "none"], 1, b"Partition does not exist"),
])
def test_ota_refusals_leave_the_flash(otatool, flash, args, code, text):
    before = flash.read_bytes()
    got, out, err = otatool(*args)
    assert got == code and text in out + err and flash.read_bytes() == before


def test_ota_partitions(otatool, flash, tmp_path):
    (tmp_path / "app").write_bytes(b"application")
    assert otatool("write_ota_partition", "--slot", "1", "--input", tmp_path / "app") == (
        0, f"Written contents of file {tmp_path / 'app'} to ota partition\n".encode(), b"")
    assert otatool("read_ota_partition", "--name", "ota_1", "--output", tmp_path / "back") == (
        0, f"Read ota partition contents to file {tmp_path / 'back'}\n".encode(), b"")
    assert (tmp_path / "back").read_bytes() == b"application".ljust(1 << 20, b"\xff")
    assert otatool("erase_ota_partition", "--slot", "1") == (
        0, b"Erased contents of ota partition\n", b"")
    assert otatool("erase_otadata") == (0, b"Erased ota_data partition contents\n", b"")
    assert flash.read_bytes()[0x210000:0x310000] == b"\xff" * (1 << 20)


def test_table_file_is_used(run, flash, tmp_path):
    """The original ignores -f since v5.5."""
    (tmp_path / "t.csv").write_bytes(b"otadata,data,ota,0x20000,8K\na,app,ota_0,0x30000,64K\n")
    code, _, err = run("otatool", "-p", f"file:{flash}", "-f", tmp_path / "t.csv",
                       "switch_ota_partition", "--slot", "0")
    assert code == 0, err
    assert flash.read_bytes()[0x20000:0x20020] == record(1)


# ---- check_sizes ----

@pytest.fixture
def binary(tmp_path):
    def make(size):
        path = tmp_path / "app.bin"
        path.write_bytes(bytes(size))
        return path

    return make


def test_bootloader_size(run, binary):
    assert run("check_sizes", "bootloader", "0x1000", binary(0x6400)) == (
        0, b"Bootloader binary size 0x6400 bytes. 0xc00 bytes (11%) free.\n", b"")
    code, out, err = run("check_sizes", "--offset", "0x8000", "bootloader", "0x1000", binary(0x7001))
    assert (code, out) == (1, b"")
    assert err == (b"Error: Bootloader binary size 0x7001 bytes is too large for partition table "
                   b"offset 0x8000. Bootloader binary can be maximum 0x7000 (28672) bytes unless the "
                   b"partition table offset is increased in the Partition Table section of the "
                   b"project configuration menu.\n")


@pytest.mark.parametrize("size, args, code, out, err", [
    (0x80000, ["--type", "app"], 0, "app.bin binary size 0x80000 bytes. Smallest app partition is "
     "0x100000 bytes. 0x80000 bytes (50%) free.\n", ""),
    (0xFF000, ["--type", "app", "--subtype", "ota_0"], 0, "app.bin binary size 0xff000 bytes. "
     "Smallest app (ota_0) partition is 0x100000 bytes. 0x1000 bytes (0%) free.\nWarning: The "
     "smallest app (ota_0) partition is nearly full (0% free space left)!\n", ""),
    (0x100001, ["--type", "app", "--subtype", "factory"], 1, "", "Error: app (factory) partition is "
     "too small for binary app.bin size 0x100001:\n  - Part 'factory' 0/0 @ 0x10000 size 0x100000 "
     "(overflow 0x1)\n"),
    (0x100001, ["--type", "0"], 1, "", "Error: All 0 partitions are too small for binary app.bin "
     "size 0x100001:\n  - Part 'factory' 0/0 @ 0x10000 size 0x100000 (overflow 0x1)\n  - Part "
     "'ota_0' 0/16 @ 0x110000 size 0x100000 (overflow 0x1)\n  - Part 'ota_1' 0/17 @ 0x210000 size "
     "0x100000 (overflow 0x1)\n"),
    (0x3000, ["--type", "data"], 0, "Warning: 3/4 data partitions are too small for binary app.bin "
     "size 0x3000:\n  - Part 'otadata' 1/0 @ 0xd000 size 0x2000 (overflow 0x1000)\n  - Part "
     "'phy_init' 1/1 @ 0xf000 size 0x1000 (overflow 0x2000)\n  - Part 'keys' 1/4 @ 0x310000 size "
     "0x1000 (overflow 0x2000)\n", ""),
    (1, ["--type", "data", "--subtype", "fat"], 0, "WARNING: Partition table does not contain any "
     "partitions matching data (fat)\n", ""),
])
def test_partition_size(run, tmp_path, binary, size, args, code, out, err):
    (tmp_path / "t.csv").write_bytes(TABLE)
    assert run("check_sizes", "partition", *args, tmp_path / "t.csv", binary(size)) == (
        code, out.encode(), err.encode())


def test_allow_failures(run, tmp_path, binary):
    (tmp_path / "t.csv").write_bytes(TABLE)
    for option in ("--allow_failures", "--allow-failures"):
        code, out, err = run("check_sizes", option, "partition", "--type", "app",
                             tmp_path / "t.csv", binary(2 << 20))
        assert (code, err) == (0, b"") and out.startswith(b"Warning: All app partitions are")


@pytest.mark.parametrize("part, free", [(25, 2), (75, 8), (125, 12), (5, 0), (15, 2)])
def test_percent_rounds_to_even(run, binary, part, free):
    """1000 bytes of room; 2.5, 7.5, 12.5 per cent free."""
    code, out, _ = run("check_sizes", "-o", "1000", "bootloader", "0", binary(1000 - part))
    assert f"({free}%) free".encode() in out


# ---- gen_empty_partition ----

def test_empty_partition(run, tmp_path):
    assert run("gen_empty_partition", "0x2000", tmp_path / "e") == (0, b"", b"")
    assert (tmp_path / "e").read_bytes() == b"\xff" * 0x2000
    assert run("gen_empty_partition", "3") == (0, b"\xff\xff\xff", b"")
    assert run("gen_empty_partition.py", "0", tmp_path / "none") == (0, b"", b"")
    assert not (tmp_path / "none").exists()
    assert run("gen_empty_partition", "x")[0] == 2
