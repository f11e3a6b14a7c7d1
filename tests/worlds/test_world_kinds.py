# SPDX-License-Identifier: Apache-2.0
"""Files as they come: with a mark in front, with other line ends, of another kind, or none at all."""
import shutil
import subprocess

import pytest
from formats import EQUAL_SLOTS, MEMORY_X, TARGET_H, TREE

needs_dtc = pytest.mark.skipif(not shutil.which("dtc"), reason="no dtc")
FILES = {"pm_static.yml": EQUAL_SLOTS, "target.h": TARGET_H.replace("\r", ""), "memory.x": MEMORY_X,
         "partitions.csv": "nvs, data, nvs, 0x9000, 0x6000,\nfactory, app, factory, , 1M,\n",
         "cmdline": "mtdparts=qspi:64k(boot)ro,1m(a)\n",
         "pt.json": '{"version": [1, 0], "unpartitioned": {"families": ["absolute"]}, "partitions": ['
                    '{"name": "a", "start": "64K", "size": "64K", "families": []}]}\n',
         "wolf.config": "WOLFBOOT_SECTOR_SIZE?=0x1000\nWOLFBOOT_PARTITION_SIZE?=0x20000\n"
                        "WOLFBOOT_PARTITION_BOOT_ADDRESS?=0x20000\nWOLFBOOT_PARTITION_UPDATE_ADDRESS?=0x40000\n"}


@pytest.mark.parametrize("name", FILES)
def test_marks_and_line_ends(tool, name):
    """The same places with UTF-8's mark and with CRLF; UTF-16 is named."""
    data = FILES[name].encode()
    (tool.folder / name).write_bytes(data)
    want = tool.places(name)
    assert want
    for change in (b"\xef\xbb\xbf" + data, data.replace(b"\n", b"\r\n")):
        (tool.folder / name).write_bytes(change)
        assert tool.places(name) == want
    for mark, how in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        (tool.folder / name).write_bytes(mark + data.decode().encode(how))
        said = tool("layout", "show", name, code=2)
        assert "this text is UTF-16. Save it as UTF-8." in said.stderr and not said.stdout


@needs_dtc
def test_mark_of_a_devicetree(tool):
    (tool.folder / "x.dts").write_bytes(b"\xef\xbb\xbf" + TREE.encode())
    assert len(tool.places("x.dts")) == 5


FOREIGN = {
    "elf": (b"\x7fELF\2\1\1\0", "an ELF program"),
    "uf2": (b"UF2\nWQ]\x9e", "a UF2 file"),
    "gz": (b"\x1f\x8b\x08\0", "a gzip archive"),
    "zip": (b"PK\3\4abcd", "a zip archive"),
    "png": (b"\x89PNG\r\n\x1a\n", "a picture"),
    "pem": (b"-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n", "a key or a certificate"),
    "wolf": (b"WOLF\1\0\0\0", "a wolfBoot image"),
    "mcuboot": (b"\x3d\xb8\xf3\x96\0\0\0\0", "an MCUboot image"),
    "esp": (b"\xe9\1\0\0", "an Espressif image"),
    "hex": (b":020000040800F2\n:00000001FF\n", "an Intel HEX file"),
    "bin": (b"abc\0def\0", "a binary file"),
    "header": (b"#ifndef X_H\n#define X_H\n#endif\n", "a C header without wolfBoot's partitions"),
    "kconfig": (b"CONFIG_FOO=y\n", "a .config of Kconfig"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_of_another_kind_is_named(tool, name):
    data, title = FOREIGN[name]
    (tool.folder / name).write_bytes(data)
    for command in ("show", "check", "map"):
        said = tool("layout", command, name, code=2)
        assert f"{name}: this is {title}, and no layout" in said.stderr and not said.stdout


def test_what_is_yaml_is_partition_manager_s(tool):
    """A map of any form; what is no partition in it is named, not the size of a flash."""
    place = "{address: 0, size: 0x1000}"
    for text in (f"%YAML 1.1\n---\nmcuboot: {place}\n", f"? mcuboot\n: {place}\n", f'"mcuboot": {place}\n',
                 f"'mcuboot': {place}\n", f"# a\n\n--- # b\nmcuboot: {place}\n"):
        assert tool.places(tool.write("x.yml", text)) == {"mcuboot": ("flash_primary", 0, 0x1000)}
    for text, what in (("all: x\n\tcc\n", "no YAML"), ("all: x\n", "all: not a map of keys"),
                       ('{"a": 1}\n', "a: not a map of keys"), ("a b: {address: 0, size: 1}\n", "is no name")):
        assert what in tool("layout", "show", tool.write("x.yml", text), code=3).stderr
    said = tool("layout", "show", tool.write("regions.yml", tool.convert("tracker.layout.yml", "regions-yml").stdout), code=2)
    assert "this is a regions.yml of Partition Manager" in said.stderr


def test_pin_takes_partitions_yml(tool):
    """Anything else is named, and nothing is written."""
    tool.write("empty", "")
    (tool.folder / "elf").write_bytes(b"\x7fELF\2\1\1\0")
    tool.write("t.h", FILES["target.h"])
    for name, what in (("empty", "an empty file"), ("elf", "something else"), ("t.h", "a wolfBoot target.h"),
                       ("lamp.layout.yml", "a layout")):
        said = tool("layout", "pin", "-o", "out.yml", name, code=2).stderr
        assert f"{name}: this is {what}, and a partitions.yml of Partition Manager is needed" in said
    assert not (tool.folder / "out.yml").exists()


ANCHORS = ["[5]", "[[x]]", "[~]", "[?x]", "[{x: y}]", "[app, 5]", "[true]"]


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("anchors", ANCHORS)
def test_anchors_are_names(tool, anchors, side):
    tool.write("pm.yml", f"a: {{size: 0x1000, placement: {{{side}: {anchors}}}}}\n")
    said = tool("layout", "show", "--region", "flash_primary=1M", "pm.yml", code=3).stderr
    assert f"a: {side} has something in it that is no name. Write {side}: [NAME, NAME]." in said


def test_keys_of_placement(tool):
    tool.write("pm.yml", "a: {size: 0x1000, placement: {befor: [app], after: [app], x: 1}}\n")
    said = tool("layout", "show", "--region", "flash_primary=1M", "pm.yml", code=3).stderr
    assert "a: unknown key befor. Did you mean before?" in said and "a: unknown key x. Take it away" in said


def test_yaml_that_is_refused_says_what_to_do(tool):
    for text, what in (("a: {size: !!int 5}\n", "a tag (!). Write the value without it."),
                       ("a: {address: 0, size: 1}\n---\nb: {address: 1, size: 1}\n",
                        "a second document begins. Put it in a file of its own."),
                       ("a: &a {span: *a}\n", "*a contains itself. Write the names."),
                       ("a: {size: 1}\nb:\n  <<: 5\n", "a merge key (<<). Write the keys again.")):
        assert what in tool("layout", "show", "--region", "flash_primary=1M", tool.write("x.yml", text), code=3).stderr


# ---- devicetree ----

def flash(inside, properties="", base=0, controller=""):
    return ("/dts-v1/;\n/ { #address-cells = <1>; #size-cells = <1>; soc { #address-cells = <1>; #size-cells = <1>;\n"
            f"c: controller@40000000 {{ #address-cells = <1>; #size-cells = <1>; reg = <0x40000000 0x100>; {controller}\n"
            f'f: flash@{base:x} {{ compatible = "soc-nv-flash"; reg = <{base:#x} 0x100000>; {properties}\n'
            f"partitions {{ {inside} }}; }}; }}; }}; }};\n")


CELLS = "#address-cells = <1>; #size-cells = <1>;"
MAPPED = 'a: partition@0 { compatible = "zephyr,mapped-partition"; label = "a"; reg = <0 0x1000>; };'
WRONG = {
    "three cells": (flash('#address-cells = <3>; #size-cells = <1>; a: partition@0 { reg = <0 0 0 0x1000>; };'),
                    "has no reg of one address and one size"),
    "flash": (flash(f"ranges; {CELLS} {MAPPED}", base=0x8000000, controller="ranges;"),
              "'ranges;' is missing in the flash node: its address becomes an offset"),
    "controller": (flash(f"ranges; {CELLS} {MAPPED}", "ranges = <0 0x8000000 0x100000>;", 0x8000000),
                   "'ranges;' is missing in the flash controller: its address becomes an offset"),
    "group": (flash(f"{CELLS} {MAPPED}"), "'ranges;' is missing in the node above it"),
    "part": (flash(f'{CELLS} a: partition@1000 {{ compatible = "fixed-subpartitions"; reg = <0x1000 0x2000>; '
                   f'ranges = <0 0x5000 0x2000>; {CELLS} b: partition@0 {{ reg = <0 0x1000>; }}; }};'),
             "ranges leads to 0x5000, and reg begins at 0x1000. Write ranges = <0x0 0x1000 SIZE>."),
}


@needs_dtc
@pytest.mark.parametrize("name", WRONG)
def test_ranges_and_cells(tool, name):
    text, what = WRONG[name]
    assert what in tool("layout", "show", tool.write("x.dts", text), code=3).stderr


@needs_dtc
def test_ranges_that_are_there(tool):
    """All of them, and none beside the group's where addresses are offsets anyway."""
    for text in (flash(f"ranges; {CELLS} {MAPPED}", "ranges = <0 0x8000000 0x100000>;", 0x8000000, "ranges;"),
                 flash(f"ranges; {CELLS} {MAPPED}")):
        assert tool.places(tool.write("x.dts", text)) == {"a": ("f", 0, 0x1000)}


@needs_dtc
def test_geometry_that_is_none(tool):
    text = flash(f"{CELLS} a: partition@0 {{ reg = <0 0x1000>; }};", "erase-block-size = <0>; write-block-size = <3>;")
    said = tool("layout", "show", tool.write("x.dts", text)).stderr
    assert "erase-block-size 0x0 is no size of a page: 4 KB are taken" in said
    assert "write-block-size 3 is no program unit: 1 is taken" in said


@needs_dtc
def test_a_blob_without_labels_is_the_same_tree(tool):
    """zephyr.dtb has no labels: what its nodes are is in a property."""
    tool.write("zephyr.dts", TREE)
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", "zephyr.dtb", "zephyr.dts"], cwd=tool.folder, check=True)
    for a, b in (("zephyr.dts", "zephyr.dtb"), ("zephyr.dtb", "zephyr.dts")):
        assert tool("layout", "migrate", "--require-equal", a, b).stdout.endswith(
            "Equal: all 5 places. No image has to be built again for them.\n")
    roles = {p["name"]: p["role"] for p in tool.shown("zephyr.dtb")["partitions"]}
    assert (roles["mcuboot"], roles["image_0"], roles["image_1"]) == ("bootloader", "primary", "secondary")


@needs_dtc
def test_two_labels(tool):
    """Nordic's provisioning data has two; the one with a meaning is its name, in any order."""
    for labels in ("bl_storage: provision_partition", "provision_partition: zz"):
        text = flash(f'{CELLS} {labels}: partition@0 {{ label = "b0-provision-data"; reg = <0 0x1000>; }};')
        assert tool.places(tool.write("x.dts", text)) == {"provision_partition": ("f", 0, 0x1000)}


# ---- further pairs ----

def test_every_pair_is_checked(tool):
    """MCUboot's second to sixth pair, too; but not a primary in the nRF5340's ram_flash."""
    def text(n, size, region="flash_primary"):
        return (EQUAL_SLOTS + f"mcuboot_primary_{n}: {{address: 0x100000, size: 0x10000, region: {region}}}\n"
                f"mcuboot_secondary_{n}: {{address: 0x110000, size: {size:#x}}}\n")

    for n in range(1, 6):
        found = tool.findings(tool.write("pm_static.yml", text(n, 0x8000)), "--engine", "mcuboot-scratch")
        assert any(f"mcuboot_secondary_{n}" in f["text"] or "slots 0x10000 and 0x8000 differ" in f["text"]
                   for f in found if f["severity"] == "error"), n
        found = tool.findings(tool.write("pm_static.yml", text(n, 0x10000)), "--engine", "mcuboot-overwrite")
        assert not any("differ" in f["text"] for f in found)
    found = tool.findings(tool.write("pm_static.yml", text(1, 0x8000, "ram_flash")), "--engine", "mcuboot-overwrite")
    assert not any("differ" in f["text"] for f in found)


# ---- memory.x ----

def test_forms_of_the_linker(tool):
    """Short keys, areas of one's own in the flash, RAM beside it; and what is no area."""
    text = ("MEMORY\n{\n  FLASH (rx) : org = 0x08000000, len = 64K\n  NOTES : o = 0x08010000, l = 4K,\n"
            "  RAM : ORIGIN = 0x20000000, LENGTH = 8K\n  CCMRAM : org = 0x10000000, len = 4K\n%s}\n")
    want = {"FLASH": ("internal", 0, 0x10000), "NOTES": ("internal", 0x10000, 0x1000)}
    assert tool.places(tool.write("memory.x", text % "")) == want
    tool.write("memory.x", text % "  XIP : org = 0x90000000, len = 4K\n")
    assert "memory.x:7:3: warning: XIP is neither in the flash nor RAM: it is passed over" in tool("layout", "show", "memory.x").stderr
    assert tool.places("memory.x") == want
    for wrong, what in (("MEMORY {}\n", "MEMORY has no area. Write NAME : ORIGIN = ADDRESS, LENGTH = SIZE."),
                        ("MEMORY { A : ORIGIN = 0, LENGTH = -4K }\n", "A: its size is below 0"),
                        ("MEMORY { A : ORIGIN = 0 }\n", "'LENGTH = ' is missing"),
                        ("MEMORY { A : orig = 0, LENGTH = 1 }\n", "'ORIGIN = ' is missing"),
                        ("MEMORY {\n" + "".join(f"A{i} : org = {i}K, len = 1K\n" for i in range(65)) + "}\n",
                         "more than 64 areas of MEMORY. Take away those that are no partitions.")):
        assert what in tool("layout", "show", tool.write("memory.x", wrong), code=3).stderr


def test_numbers_that_are_too_large(tool):
    """A suffix behind a large number, in each of the languages that have one."""
    for text in ("mtdparts=a:999999999999g(x)\n", "mtdparts=a:1g@9999999999m(x)\n", "mtdparts=a:99999999999999999999(x)\n",
                 "MEMORY { A : ORIGIN = 0, LENGTH = 99999999999999M }\n",
                 "#define WOLFBOOT_SECTOR_SIZE 4096\n#define WOLFBOOT_PARTITION_SIZE (1 << 62)\n"
                 "#define WOLFBOOT_PARTITION_BOOT_ADDRESS 9999999999999999999\n#define WOLFBOOT_PARTITION_UPDATE_ADDRESS 0\n",
                 '{"partitions": [{"size": "99999999999999999999M"}], "unpartitioned": {}}\n'):
        done = tool("layout", "show", tool.write("x", text), code=3)
        assert "x:" in done.stderr and not done.stdout
