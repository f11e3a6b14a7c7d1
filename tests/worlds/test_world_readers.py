# SPDX-License-Identifier: Apache-2.0
"""Each format is told by its content and read; what is wrong in it is said, with its place."""
import json
import shutil
import subprocess

import pytest
from formats import EQUAL_SLOTS, MEMORY_X, STATIC, TARGET_H, TREE

needs_dtc = pytest.mark.skipif(not shutil.which("dtc"), reason="no dtc")


def test_pm_static(tool):
    assert tool.places(tool.write("pm_static.yml", STATIC))["mcuboot_secondary"] == (
        "flash_primary", 0x86000, 0x78000)
    shown = tool.shown("pm_static.yml")
    assert [d["name"] for d in shown["devices"]] == ["flash_primary", "external_flash"]
    assert {p["name"]: p["role"] for p in shown["partitions"] if p["role"]} == {
        "mcuboot": "bootloader", "mcuboot_primary": "primary", "mcuboot_secondary": "secondary"}
    assert next(p for p in shown["partitions"] if p["name"] == "app")["container"] == "mcuboot_primary"


def test_fragments_are_solved(tool):
    tool.write("pm.yml", "boot: {size: 0x8000, placement: {before: [app]}}\n")
    tool.write("more.yml", "nv: {size: 0x2000, placement: {before: [end]}}\n")
    said = tool("layout", "show", "pm.yml", code=2).stderr
    assert "has to be solved, and nothing says how large the flash is" in said and "--region" in said
    assert tool.places("pm.yml", "--region", "flash_primary=1M", "--with", "more.yml") == {
        "boot": ("flash_primary", 0, 0x8000), "app": ("flash_primary", 0x8000, 0xF6000),
        "nv": ("flash_primary", 0xFE000, 0x2000)}
    tool.write("pm_static.yml", "boot: {address: 0, size: 0xc000}\n")
    assert tool.places("pm.yml", "--region", "flash_primary=1M", "--static", "pm_static.yml") == {
        "boot": ("flash_primary", 0, 0xC000), "app": ("flash_primary", 0xC000, 0xF4000)}


def test_preprocessor(tool):
    tool.write("pm.yml", "#include <autoconf.h>\n#if CONFIG_LOG\nlog: {size: CONFIG_LOG_SIZE, placement: "
                         "{before: [end]}}\n#endif\n")
    tool.write("include/autoconf.h", "#define CONFIG_LOG 1\n#define CONFIG_LOG_SIZE 0x3000\n")
    said = tool("layout", "show", "--region", "flash_primary=1M", "pm.yml", code=3).stderr
    assert "pm.yml:1:1: error" in said and "which YAML takes for comments. Say --include DIR" in said
    assert tool.places("pm.yml", "--region", "flash_primary=1M", "-I", "include")["log"][1:] == (
        0xFD000, 0x3000)
    tool.write("pm.yml", "#include <nowhere.h>\n")
    said = tool("layout", "show", "--region", "flash_primary=1M", "-I", "include", "pm.yml", code=1).stderr
    assert "nowhere.h" in said


def test_target_h(tool):
    """Expressions, comments, lines that go on, CRLF, conditions."""
    (tool.folder / "target.h").write_bytes(TARGET_H.encode())
    assert tool.places("target.h") == {
        "primary": ("internal", 0x20000, 0x40000), "secondary": ("internal", 0x60000, 0x40000),
        "scratch": ("internal", 0xA0000, 0x20000)}
    device = tool.shown("target.h")["devices"][0]
    assert device["address"] == 0x08000000 and device["pages"] == [{"count": 6, "size": 0x20000}]


def test_target_h_on_its_chip(tool):
    (tool.folder / "target.h").write_bytes(TARGET_H.encode())
    device = tool.shown("target.h", "--flash-chip", "stm32f407xg")["devices"][0]
    assert device["pages"][0] == {"count": 4, "size": 0x4000} and device["size"] == 0x100000
    said = tool("layout", "show", "--flash-chip", "stm32f407xq", "target.h", code=3).stderr
    assert "there is no chip 'stm32f407xq'" in said


WRONG_TARGETS = {
    "#define WOLFBOOT_PARTITION_SIZE 1\n": "WOLFBOOT_SECTOR_SIZE is not there",
    "#define WOLFBOOT_PARTITION_SIZE (1 +\n#define WOLFBOOT_SECTOR_SIZE 0x1000\n":
        "target.h:1:1: error: WOLFBOOT_PARTITION_SIZE: '(1 +' has no value",
    "#define WOLFBOOT_PARTITION_SIZE 1/0\n#define WOLFBOOT_SECTOR_SIZE 0x1000\n": "has no value",
    "#define WOLFBOOT_PARTITION_SIZE A\n#define A B\n#define B A\n#define WOLFBOOT_SECTOR_SIZE 4\n":
        "'A' has no value",
    "#define WOLFBOOT_PARTITION_SIZE 0x1000\n#define WOLFBOOT_SECTOR_SIZE 0\n"
    "#define WOLFBOOT_PARTITION_BOOT_ADDRESS 0\n#define WOLFBOOT_PARTITION_UPDATE_ADDRESS 0\n":
        "WOLFBOOT_SECTOR_SIZE is 0x0",
    "#define WOLFBOOT_PARTITION_SIZE 0x1000\n#define WOLFBOOT_SECTOR_SIZE 0x1000\n"
    "#define WOLFBOOT_PARTITION_BOOT_ADDRESS 0x08001000\n"
    "#define WOLFBOOT_PARTITION_UPDATE_ADDRESS 0x07000000\n": "is before the flash",
}


@pytest.mark.parametrize("text", WRONG_TARGETS)
def test_wrong_target_h(tool, text):
    said = tool("layout", "show", tool.write("target.h", text), code=3).stderr
    assert WRONG_TARGETS[text] in said and "target.h:" in said


def test_target_2018(tool):
    tool.write("target.h", "#define FLASH_AREA_IMAGE_0_OFFSET\t0x20000\n#define FLASH_AREA_IMAGE_0_SIZE 0x20000\n"
                           "#define FLASH_AREA_IMAGE_1_OFFSET 0x40000\n#define FLASH_AREA_IMAGE_1_SIZE 0x20000\n")
    assert tool.places("target.h") == {"primary": ("internal", 0x20000, 0x20000),
                                       "secondary": ("internal", 0x40000, 0x20000)}


def test_wolfboot_config(tool):
    tool.write(".config", "ARCH?=ARM # comment\nexport WOLFBOOT_SECTOR_SIZE=0x1000\nWOLFBOOT_PARTITION_SIZE?=0x8000\n"
                          "WOLFBOOT_PARTITION_BOOT_ADDRESS?=0x10000\nWOLFBOOT_PARTITION_UPDATE_ADDRESS := 0x0\n"
                          "EXT_FLASH?=1\nPART_UPDATE_EXT?=1\nPART_SWAP_EXT?=0\nWOLFBOOT_PARTITION_SWAP_ADDRESS?=0x20000\n")
    assert tool.places(".config") == {
        "primary": ("internal", 0x10000, 0x8000), "secondary": ("external", 0, 0x8000),
        "scratch": ("internal", 0x20000, 0x1000)}


def test_memory_x(tool):
    assert tool.places(tool.write("memory.x", MEMORY_X)) == {
        "FLASH": ("internal", 0, 24 << 10), "BOOTLOADER_STATE": ("internal", 0x6000, 4 << 10),
        "ACTIVE": ("internal", 0x8000, 32 << 10), "DFU": ("internal", 0x10000, 36 << 10)}
    said = tool("layout", "show", tool.write("memory.x", MEMORY_X.replace("(ACTIVE) + LENGTH", "(NOBODY) + LENGTH")),
                code=3).stderr
    assert "memory.x:" in said and "it names something that has no value here" in said


def test_mtdparts(tool):
    tool.write("cmdline", "mtdparts=qspi:64k(boot)ro,1m@0x20000(a),1m(b),-(fs);nand:0x1000(x)\n")
    said = tool("layout", "show", "cmdline", code=3).stderr
    assert "nothing says how large the device is: say --region NAME=SIZE" in said
    assert tool.places("cmdline", "--region", "qspi=8M") == {
        "boot": ("qspi", 0, 0x10000), "a": ("qspi", 0x20000, 0x100000), "b": ("qspi", 0x120000, 0x100000),
        "fs": ("qspi", 0x220000, 0x5E0000), "x": ("nand", 0, 0x1000)}
    said = tool("layout", "show", tool.write("cmdline", "mtdparts=qspi:64k(boot,1m(a)\n"), code=3).stderr
    assert "cmdline:1:" in said and "mtdparts" in said


def test_rp2350(tool):
    text = json.dumps({"version": [1, 0], "unpartitioned": {"families": ["absolute"]}, "partitions": [
        {"name": "A", "id": 0, "start": "64K", "size": "1M", "families": ["rp2350-arm-s"],
         "permissions": {"secure": "rw", "nonsecure": "", "bootloader": "rw"}},
        {"name": "B", "id": 1, "size": "1M", "families": ["rp2350-arm-s"], "link": ["a", 0],
         "permissions": {"secure": "rw", "nonsecure": "", "bootloader": "rw"}}]}, indent="\t")
    assert tool.places(tool.write("pt.json", text)) == {
        "A": ("internal", 0x10000, 0x100000), "B": ("internal", 0x110000, 0x100000)}
    said = tool("layout", "show", tool.write("pt.json", text.replace('"64K"', '"65K"')), code=3).stderr
    assert "no whole sectors" in said and "pt.json:" in said


def test_esp_idf(tool):
    tool.write("partitions.csv", "# Name, Type, SubType, Offset, Size, Flags\nnvs, data, nvs, 0x9000, 0x6000,\n"
                                 "factory, app, factory, , 1M,\n")
    assert tool.places("partitions.csv")["factory"] == ("internal", 0x10000, 0x100000)
    tool("table", "convert", "partitions.csv", "-o", "partitions.bin")
    assert tool.places("partitions.bin") == tool.places("partitions.csv")


def test_our_json(tool):
    tool.write("x.json", tool("layout", "show", "--json", "lamp.layout.yml").stdout)
    assert tool.places("x.json") == tool.places("lamp.layout.yml")
    assert tool.shown("x.json")["devices"] == [
        {**d, "chip": None, "port": None} for d in tool.shown("lamp.layout.yml")["devices"]]


@needs_dtc
def test_devicetree(tool):
    tool.write("zephyr.dts", TREE)
    want = {"boot_partition": ("flash0", 0, 0x8000), "slot0_partition": ("flash0", 0x8000, 0x30000),
            "slot0_s_partition": ("flash0", 0x8000, 0x10000),
            "slot0_ns_partition": ("flash0", 0x18000, 0x20000), "slot1_partition": ("mx25r64", 0, 0x30000)}
    assert tool.places("zephyr.dts") == want
    flash, nor = tool.shown("zephyr.dts")["devices"]
    assert flash["address"] == 0x08000000 and flash["pages"] == [{"count": 256, "size": 0x800}] and flash["unit"] == 8
    assert nor["address"] is None and nor["size"] == 0x800000
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", "zephyr.dtb", "zephyr.dts"],
                   cwd=tool.folder, check=True)
    # A blob of Zephyr's has no labels: names come from the label property.
    assert set(tool.places("zephyr.dtb")) == {"mcuboot", "image_0", "image_0_secure", "image_0_nonsecure", "image_1"}
    blob = (tool.folder / "zephyr.dtb").read_bytes()
    (tool.folder / "cut.dtb").write_bytes(blob[:-20])
    assert "this devicetree blob is broken" in tool("layout", "show", "cut.dtb", code=2).stderr


@needs_dtc
def test_overlay(tool):
    """Over its base, and alone."""
    overlay = ('&mx25r64 {\n\t/delete-node/ partitions;\n\tpartitions {\n\t\tcompatible = "fixed-partitions";\n'
               '\t\t#address-cells = <1>;\n\t\t#size-cells = <1>;\n'
               '\t\tslot1_partition: partition@1000 { label = "image-1"; reg = <0x1000 0x31000>; };\n\t};\n};\n')
    tool.write("zephyr.dts", TREE)
    tool.write("app.overlay", overlay)
    assert tool.places("app.overlay", "--base", "zephyr.dts")["slot1_partition"] == ("mx25r64", 0x1000, 0x31000)
    assert tool.places("app.overlay") == {"slot1_partition": ("mx25r64", 0x1000, 0x31000)}
    said = tool("layout", "show", "--base", "app.overlay", "app.overlay", code=2).stderr
    assert "dtc cannot read it" in said


WRONG_TREES = {
    ("partition@8000 {", "partition@9000 {"): "unit address and first address in 'reg' (0x8000) don't match for",
    ("reg = <0x8000 0x30000>;", "reg = <0x8000 0x80000>;"): "is outside flash0, which has 0x80000 bytes",
    ("reg = <0x10000 0x20000>;", "reg = <0x10000>;"): "has no reg of one address and one size",
    ('{ label = "mcuboot"; reg', '{ compatible = "zephyr,mapped-partition"; label = "mcuboot"; reg'):
        "'ranges;' is missing in the node above it: its address becomes an offset",
}


@needs_dtc
@pytest.mark.parametrize("change", WRONG_TREES, ids=range(len(WRONG_TREES)))
def test_wrong_devicetree(tool, change):
    assert change[0] in TREE
    said = tool("layout", "show", tool.write("x.dts", TREE.replace(*change)), code=3).stderr
    assert WRONG_TREES[change] in said


def test_what_is_none(tool):
    """A file of another kind is named where our own language is needed; nothing is an empty table."""
    (tool.folder / "target.h").write_bytes(TARGET_H.encode())
    said = tool("layout", "build", "target.h", "-o", "x", code=2).stderr
    assert "this is a wolfBoot target.h, and a layout is needed. 'bulkhead layout show' reads it" in said
    for name, text in (("empty", ""), ("blank.yml", "{}\n"), ("text", "hello there\n"), ("zero", "\0\0\0\0")):
        done = tool("layout", "show", tool.write(name, text), code=2 if name in ("blank.yml", "zero") else 3)
        assert done.stdout == "" and name in done.stderr


def test_static_files_are_checked(tool):
    """What Partition Manager passes over."""
    for change, text in {
        ("size: 0xc000}", "size: 0xc000, end_address: 0xd000}"): "0x0 + 0xc000 is 0xc000, not 0xd000",
        ("size: 0x79e00", "size: 0x7ae00"): "app and mcuboot_secondary overlap by 0x1000",
        ("0xc000, size: 0x7a000", "0xc000, size: 0x7b000"):
            "mcuboot_primary is 0xc000-0x87000, its members cover 0xc000-0x86000",
    }.items():
        assert change[0] in STATIC
        said = tool("layout", "show", tool.write("pm_static.yml", STATIC.replace(*change)), code=3).stderr
        assert text in said and "pm_static.yml:" in said
    assert tool.places(tool.write("pm_static.yml", EQUAL_SLOTS))
