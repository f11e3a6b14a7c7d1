# SPDX-License-Identifier: Apache-2.0
"""Every finding of `layout check --engine`: provoked, with the text that people search for."""
import re
import shutil

import pytest
from formats import EQUAL_SLOTS, MEMORY_X, STATIC, TREE

EXTERNAL = """\
mcuboot: {address: 0x0, size: 0xc000}
mcuboot_primary: {address: 0xc000, size: 0xe4000}
mcuboot_secondary: {address: 0x0, size: 0xe4000, region: external_flash}
"""


def wolf(sector=0x1000, size=0x20000, boot=0x08010000, update=0x08030000, swap=0x08050000):
    return (f"#define WOLFBOOT_SECTOR_SIZE {sector:#x}\n#define WOLFBOOT_PARTITION_SIZE {size:#x}\n"
            f"#define WOLFBOOT_PARTITION_BOOT_ADDRESS {boot:#x}\n#define WOLFBOOT_PARTITION_UPDATE_ADDRESS {update:#x}\n"
            f"#define WOLFBOOT_PARTITION_SWAP_ADDRESS {swap:#x}\n")


def dfu(size):
    return MEMORY_X.replace("LENGTH = 36K", f"LENGTH = {size}")


# what is checked, engine, words, severity, what is said
CASES = {
    "unequal slots": (STATIC, "mcuboot-overwrite", "error", "'Cannot upgrade: slots have non-compatible sectors'"),
    "unequal slots, by count": (STATIC, "mcuboot-scratch", "error", "'not a compatible amount of sectors'"),
    "sector count": (EXTERNAL, "mcuboot-move", "warning",
                     "'Failed reading sectors; BOOT_MAX_IMG_SECTORS=128 - too small?'. Set CONFIG_BOOT_MAX_IMG_SECTORS=228"),
    "driver": (EXTERNAL, "mcuboot-move", "warning", "'Failed to open flash area ID 2 (image 0 slot 1): -2'"),
    "driver, linker": (EXTERNAL, "mcuboot-move", "warning", "undefined reference to '__device_dts_ord_..'"),
    "no scratch": (EQUAL_SLOTS, "mcuboot-scratch", "error", "there is no scratch area"),
    "scratch": (wolf(sector=0x2000).replace("PARTITION_SWAP", "PARTITION_SWAP"), "wolfboot", None, None),
    "trailer": ("mcuboot: {address: 0, size: 0x1000}\nmcuboot_primary: {address: 0x1000, size: 0x1000}\n"
                "mcuboot_secondary: {address: 0x2000, size: 0x1000}\n", "mcuboot-overwrite", "error",
                "'Image too large', or 'Not enough free space to run swap upgrade'"),
    "one page": ("mcuboot: {address: 0, size: 0x1000}\nmcuboot_primary: {address: 0x1000, size: 0x1000}\n"
                 "mcuboot_secondary: {address: 0x2000, size: 0x1000}\n", "mcuboot-move", "error",
                 "has one page of 0x1000 bytes, and this engine needs one more to move to"),
    "largest image": (EQUAL_SLOTS, "mcuboot-overwrite", "note", "the largest image for mcuboot_primary has 0x77000 bytes"),
    "off a page": ("a: {address: 0x100, size: 0xf00}\n", None, "error",
                   "a begins at 0x100, which is no page border. The nearest borders are 0x0 and 0x1000."),
    "end off a page": ("a: {address: 0, size: 0x1100}\n", None, "error",
                       "'area size 0x1100 not divisible by sector size 0x1000'. The nearest borders are 0x1000 and 0x2000."),
    "two in one page": ("a: {address: 0, size: 0x1100}\nb: {address: 0x1100, size: 0xf00}\n", None, "error",
                        "a and b share the erase page 0x1000-0x2000"),
    "gap": (EQUAL_SLOTS.replace("EMPTY_0", "EMPTY_9").replace("0xfc000, size: 0x2000", "0xfc000, size: 0x1000"), None,
            "warning", "'Incorrect amount of gaps found in static configuration'. Fill it: 'bulkhead layout pin' does."),
    "devicetree's name": ("image_0: {address: 0, size: 0x1000}\n", None, "warning", "image_0 is a devicetree's name"),
    "wolfBoot: BOOT off a sector": (wolf(boot=0x08010100), None, "error", "primary begins at 0x10100, which is no page border"),
    "wolfBoot: UPDATE off a sector": (wolf(update=0x08030100, swap=0x08060000), None, "error", "secondary begins at 0x30100"),
    "wolfBoot: SWAP off a sector": (wolf(swap=0x08051234), None, "error", "scratch begins at 0x51234"),
    "wolfBoot: size": (wolf(size=0x1F123), None, "error", "primary ends at 0x2f123"),
    "wolfBoot: UPDATE beyond": (wolf(update=0x08200000) + "//stm32f407xg", None, "error", "secondary: 0x200000-0x220000 is outside internal"),
    "wolfBoot: SWAP beyond": (wolf(swap=0x08300000) + "//stm32f407xg", None, "error", "scratch: 0x300000-0x301000 is outside internal"),
    "wolfBoot: SWAP in the bootloader": (wolf(swap=0x08000000), None, "error", "scratch begins before primary, where the bootloader is"),
    "wolfBoot: UPDATE in the bootloader": (wolf(boot=0x08030000, update=0x08000000), None, "error",
                                           "secondary begins before primary, where the bootloader is"),
    "wolfBoot: sectors of the chip": (wolf(boot=0x08021000, update=0x08041000, swap=0x08061000) + "//stm32f407xg", None,
                                      "error", "primary begins at 0x21000, which is no page border"),
    "wolfBoot: flags": (wolf(sector=0x100, size=0x40000, update=0x08050000, swap=0x08090000), None, "error",
                        "1024 sector flags take 0x205 bytes, and a sector has 0x100"),
    "wolfBoot: sector size": (wolf(sector=0x1001, size=0x20020, boot=0x08010010, update=0x08030030, swap=0x08050050),
                              None, "error", "WOLFBOOT_SECTOR_SIZE 0x1001 is no power of two"),
    "wolfBoot: one sector": (wolf(sector=0x20000, boot=0x08020000, update=0x08040000, swap=0x08060000), None, "error",
                             "primary has one sector: the flags at its end lie over the image"),
    "embassy": (dfu("32K"), None, "error", "'assertion failed: dfu.capacity() - active.capacity() >= page_size'. Give it 0x9000 bytes."),
}


@pytest.mark.parametrize("name", CASES)
def test_finding(tool, name):
    text, engine, severity, said = CASES[name]
    kind = ("target.h" if "WOLFBOOT" in text else "memory.x" if "MEMORY" in text else
            "t.csv" if text.startswith("nvs,") else "pm_static.yml")
    chip = re.search(r"//(\w+)", text)
    words = [*(["--engine", engine] if engine else []), *(["--flash-chip", chip[1]] if chip else [])]
    found = tool.findings(tool.write(kind, text.split("//")[0]), *words)
    if severity is None:
        assert not [f for f in found if f["severity"] == "error" and f["rule"] in ("scratch", "table-place")]
        return
    fits = [f for f in found if f["severity"] == severity and
            said in ". ".join(f[k].rstrip(".") + ("." if k == "remedy" else "") for k in ("text", "remedy") if k in f)]
    assert fits, [(f["severity"], f["text"], f.get("remedy")) for f in found]
    assert fits[0]["file"] == kind and fits[0]["line"] >= 1


def test_good_ones_are_good(tool):
    """The rules find nothing in what is right."""
    for name, text, words in (("pm_static.yml", EQUAL_SLOTS, ["--engine", "mcuboot-overwrite"]),
                              ("target.h", wolf(), []), ("memory.x", dfu("36K"), [])):
        found = tool.findings(tool.write(name, text), *words)
        assert [f for f in found if f["severity"] == "error"] == [], name


def test_the_file_says_whose_rules(tool):
    rules = {f["rule"] for f in tool.findings(tool.write("memory.x", dfu("32K")))}
    assert "dfu-size" in rules
    assert "dfu-size" not in {f["rule"] for f in tool.findings("memory.x", "--engine", "wolfboot")}
    done = tool("layout", "check", "--engine", "wolfbot", "memory.x", code=2)
    assert "unknown engine 'wolfbot'" in done.stderr


def test_esp_idf(tool):
    """On a layout of another world: applications at 64 KB, the table's own place."""
    text = EQUAL_SLOTS.replace("address: 0xc000, size: 0x78000", "address: 0xc000, size: 0x78000")
    found = tool.findings(tool.write("pm_static.yml", text), "--engine", "esp-idf")
    assert any("'Partition mcuboot_primary invalid: Offset 0xc000 is not aligned to 0x10000'" in f["text"]
               for f in found)
    tool.write("t.csv", "nvs, data, nvs, 0x9000, 0x6000,\notadata, data, ota, , 0x3000,\n")
    assert any("otadata has 0x3000 bytes" in f["text"] or "otadata" in f["text"]
               for f in tool.findings("t.csv") if f["severity"] == "error")


@pytest.mark.skipif(not shutil.which("dtc"), reason="no dtc")
def test_devicetree(tool):
    """nucleo_f410rb's case: two partitions in one erase page, and Zephyr says nothing."""
    tree = TREE.replace("reg = <0x0 0x8000>; read-only", "reg = <0x0 0x7c00>; read-only").replace(
        "partition@8000 {", "partition@7c00 {").replace("reg = <0x8000 0x30000>", "reg = <0x7c00 0x30000>").replace(
        "erase-block-size = <0x800>", "erase-block-size = <0x10000>")
    found = tool.findings(tool.write("zephyr.dts", tree), "--engine", "mcuboot-move")
    assert any(f["rule"] == "one-page" and "share the erase page 0x0-0x10000" in f["text"] for f in found), found
    nor = tool.findings(tool.write("zephyr.dts", TREE.replace("write-block-size = <8>", "write-block-size = <4>").replace(
        "size = <0x4000000>;", "size = <0x4000000>; write-block-size = <16>;")), "--engine", "mcuboot-move")
    assert any("'slot write sizes are not compatible'" in f["text"] for f in nor)
