# SPDX-License-Identifier: Apache-2.0
"""The Python package: what scripts written for ESP-IDF's modules import and call."""

import hashlib
import io
import os
import subprocess
import sys

import pytest
from conftest import BUILD, ROOT
from test_gen_esp32part import SINGLE_APP
from test_parttool import make_flash, otadata, record

sys.path.insert(0, str(BUILD / "python"))


@pytest.fixture
def flash(run, tmp_path):
    return make_flash(tmp_path / "flash.bin", run)


def script(text, flash, folder=BUILD / "python" / "bulkhead"):
    """Run a script with that folder on its path; what it prints."""
    text = f"import sys; sys.path.append({str(folder)!r})\n" + text.replace("PORT", f"file:{flash}")
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60,
                          cwd=flash.parent)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_parttool_example_of_the_documentation(flash):
    """"Partition Tables", section Python API, but for names, which are those of this table."""
    (flash.parent / "factory.bin").write_bytes(b"new application")
    before = flash.read_bytes()
    out = script("""
from parttool import *

# Create a parttool.py target device connected on serial port
target = ParttoolTarget("PORT")

# Erase partition with name 'storage'
target.erase_partition(PartitionName("nvs"))

# Read partition with type 'data' and subtype 'spiffs' and save to file 'spiffs.bin'
target.read_partition(PartitionType("app", "factory"), "spiffs.bin")

# Write to partition 'factory' the contents of a file named 'factory.bin'
target.write_partition(PartitionName("factory"), "factory.bin")

# Print the size of default boot partition
storage = target.get_partition_info(PARTITION_BOOT_DEFAULT)
print(storage.size)
""", flash)
    assert out == "1048576\n"
    assert (flash.parent / "spiffs.bin").read_bytes() == before[0x10000:0x110000]
    assert flash.read_bytes()[0x10000:0x110000] == b"new application".ljust(1 << 20, b"\xff")


def test_otatool_example_of_the_documentation(flash):
    (flash.parent / "app.bin").write_bytes(b"new application")
    script("""
from otatool import *

# Create a target device
target_1 = OtatoolTarget("PORT")

# Erase otadata, resetting the device to factory app
target_1.erase_otadata()

# Erase contents of OTA application slot 0
target_1.erase_ota_partition(0)

# Switch boot partition to that of app slot 1
target_1.switch_ota_partition(1)

# Read OTA partition 'ota_3' and save contents to a file named 'ota_3.bin'
target_1.read_ota_partition("ota_1", "ota_3.bin")
target_1.write_ota_partition(0, "app.bin")
""", flash)
    assert otadata(flash) == (record(2), b"\xff" * 32)
    assert (flash.parent / "ota_3.bin").stat().st_size == 1 << 20
    assert flash.read_bytes()[0x110000:].startswith(b"new application")


def test_star_import(flash):
    names = script("from parttool import *\nprint(*sorted(globals()))", flash).split()
    assert {"ParttoolTarget", "PartitionName", "PartitionType", "PARTITION_BOOT_DEFAULT",
            "PARTITION_TABLE_OFFSET", "COMPONENTS_PATH", "gen", "quiet", "status", "main", "argparse",
            "os", "re", "subprocess", "sys", "tempfile"} <= set(names)
    names = script("from otatool import *\nprint(*sorted(globals()))", flash).split()
    assert {"OtatoolTarget", "SPI_FLASH_SEC_SIZE", "PARTITION_TABLE_OFFSET", "PartitionName",
            "PartitionType", "ParttoolTarget"} <= set(names)


def test_package_folder(flash):
    assert script("import bulkhead; sys.path.insert(0, bulkhead.FOLDER)\nimport gen_esp32part, parttool\n"
                  "print(parttool.gen is gen_esp32part)", flash, BUILD / "python") == "True\n"


@pytest.fixture
def gen():
    from bulkhead import gen_esp32part as module

    module.quiet, module.md5sum, module.secure = True, True, None
    module.offset_part_table = 0x8000
    module.primary_bootloader_offset = module.recovery_bootloader_offset = None
    return module


def test_table(gen):
    table, binary = gen.PartitionTable.from_file(io.BytesIO(SINGLE_APP))
    assert not binary and len(table) == 3
    assert hashlib.md5(table.to_binary()).hexdigest() == "5d61d196adc3dba01928f264eb169be7"
    again, binary = gen.PartitionTable.from_file(io.BytesIO(table.to_binary()))
    assert binary and again == table
    assert table["nvs"].offset == 0x9000 and table[0].name == "nvs"
    with pytest.raises(ValueError, match="No partition entry named 'x'"):
        table["x"]
    assert table.find_by_name("x") is None and table.find_by_name("nvs") is table[0]
    assert [p.name for p in table.find_by_type("app", "factory")] == ["factory"]
    assert [p.name for p in table.find_by_type(1, 2)] == ["nvs"]
    assert table.flash_size() == 0x110000
    table.verify()
    table.verify_size_fits(2 << 20)
    with pytest.raises(gen.InputError, match="does not fit in configured flash size 1MB"):
        table.verify_size_fits(1 << 20)
    assert gen.PartitionTable.from_csv(table.to_csv()) == table
    assert "0x6000" in table.to_csv(simple_formatting=True)


def test_definition(gen):
    p = gen.PartitionDefinition.from_csv("a, data, fat, , 4K, encrypted", 7)
    assert (p.name, p.type, p.subtype, p.offset, p.size, p.line_no) == ("a", 1, 0x81, None, 4096, 7)
    assert p.encrypted and not p.readonly and p.get_flags_list() == ["encrypted"]
    with pytest.raises(gen.ValidationError, match="Offset field is not set"):
        p.verify()
    p.offset = 0x9001
    with pytest.raises(gen.ValidationError, match="Offset 0x9001 is not aligned to 0x1000"):
        p.verify()
    p.offset = 0x9000
    p.verify()
    assert gen.PartitionDefinition.from_binary(p.to_binary()) == p
    assert p.to_csv() == "a,data,fat,0x9000,4K,encrypted"
    assert str(p) == "Part 'a' 1/129 @ 0x9000 size 0x1000"
    assert repr(p) == "PartitionDefinition('a', 0x1, 0x81, 0x9000, 0x1000)"
    with pytest.raises(gen.InputError, match="Value 'fatt' is not valid. Known keywords: ota, phy"):
        gen.PartitionDefinition.from_csv("a,data,fatt,,4K", 1)
    with pytest.raises(gen.InputError, match="must be exactly 32 bytes. Got 3 bytes"):
        gen.PartitionDefinition.from_binary(b"abc")


@pytest.mark.parametrize("csv, text", [
    ("a,data,fat,,x", "Error at line 1: Invalid field value x\nPlease check"),
    ("a,app,factory,0x9000,1M", "Offset 0x9000 is not aligned to 0x10000"),
    ("a,data,fat,,4K\na,data,fat,,4K", "Partition names must be unique"),
    ("a,data,fat,0x8000,4K", "CSV Error at line 1: Partitions overlap"),
    ("b,bootloader,primary,,", "Primary bootloader offset is not defined"),
])
def test_errors(gen, csv, text, capsys):
    with pytest.raises(gen.InputError) as error:
        gen.PartitionTable.from_csv(csv).verify()
    assert text in str(error.value)


def test_warning(gen, capsys):
    gen.PartitionTable.from_csv("app,data,fat,,4K").verify()
    assert "WARNING: Partition has name 'app'" in capsys.readouterr().err


def test_same_numbers_as_the_original(gen):
    from esp_idf_defs import partitions as theirs

    assert gen.TYPES == theirs.TYPES and gen.SUBTYPES == theirs.SUBTYPES
    assert gen.ALIGNMENT == theirs.ALIGNMENT
    for t in (0, 1, 2, 3, 0x40):
        assert gen.get_alignment_offset_for_type(t) == theirs.get_alignment_offset_for_type(t)
        for secure in (None, "v1", "v2"):
            gen.secure = secure
            assert gen.get_alignment_size_for_type(t) == theirs.get_alignment_size_for_type(t, secure)
    assert gen.get_partition_type("app") == 0 and gen.get_partition_type("bootloader") == 2
    with pytest.raises(gen.InputError, match="Invalid partition type"):
        gen.get_partition_type("what")
    for text in ("4K", "1M", "0x10", "1KK", "0b11", "-4K", "1_000"):
        assert gen.parse_int(text) == theirs.parse_int(text)


def test_target(flash, run):
    from bulkhead import parttool

    t = parttool.ParttoolTarget(f"file:{flash}", esptool_args=["before=no_reset", "x"])
    assert t.esptool_args == ["--before", "no_reset", "--x"]
    # 0 is a type and a subtype: the original took it for "nothing", and so for the boot default
    assert t.get_partition_info(parttool.PartitionType(0, 0x11)).name == "ota_1"
    assert t.get_partition_info(parttool.PartitionType("data", 0)).name == "otadata"
    several = t.get_partition_info(parttool.PartitionType("data", "nvs", part_list=True))
    assert [p.name for p in several] == ["nvs"]
    with pytest.raises(Exception, match="Partition does not exist"):
        t.get_partition_info(parttool.PartitionName("x"))
    with pytest.raises(IndexError):
        t.get_partition_info(parttool.PartitionType("data", "fat"))
    with pytest.raises(ValueError):
        t.get_partition_info(parttool.PartitionType("data", "what"))


def test_nothing_is_erased_by_a_wrong_call(flash, tmp_path):
    from bulkhead import parttool

    before = flash.read_bytes()
    t = parttool.ParttoolTarget(f"file:{flash}")
    (tmp_path / "big").write_bytes(bytes(0x1001))
    for name, path, kind in (("keys", "big", Exception), ("keys", "missing", FileNotFoundError),
                             ("phy_init", "big", SystemExit), ("none", "big", Exception)):
        with pytest.raises(kind):
            t.write_partition(parttool.PartitionName(name), str(tmp_path / path))
    with pytest.raises(SystemExit):
        t.erase_partition(parttool.PartitionName("phy_init"))
    assert flash.read_bytes() == before


def test_table_file(flash, tmp_path):
    from bulkhead import otatool, parttool

    (tmp_path / "t.csv").write_text("otadata,data,ota,0x20000,8K\na,app,ota_0,0x30000,64K\n")
    t = otatool.OtatoolTarget(f"file:{flash}", partition_table_file=str(tmp_path / "t.csv"))
    t.switch_ota_partition("a")
    assert flash.read_bytes()[0x20000:0x20020] == record(1)
    assert t._get_otadata_info()[0].seq == 0xFFFFFFFF  # read once, by the constructor
    with pytest.raises(Exception, match="no such file, and not a serial port"):
        parttool.ParttoolTarget("what")
