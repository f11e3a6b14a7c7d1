# SPDX-License-Identifier: Apache-2.0
"""Each format that is written, judged by the format's own tools and by reading it again."""
import json
import random
import re
import shutil
import subprocess

import jsonschema
import pytest
import yaml
from formats import (BUILD, EQUAL_SLOTS, MEMORY_X, PRODUCTS, SEED, STATIC, TARGET_H, TREE,
                     c_defines)

TOOL = BUILD / "cli" / "bulkhead"
needs_dtc = pytest.mark.skipif(not shutil.which("dtc"), reason="no dtc")
ALL = ("partitions-yml", "regions-yml", "pm-static", "pm-config-h", "pm-config", "pm-report", "dts",
       "target-h", "target-2018-h", "wolfboot-config", "memory-x", "mtdparts", "rp2350", "flash-layout-h",
       "layout", "json", "esp-csv", "esp-bin")
BASE = """/dts-v1/;
/ { #address-cells = <1>; #size-cells = <1>;
  flash0: flash@%x { compatible = "soc-nv-flash"; reg = <0x%x 0x%x>; #address-cells = <1>; #size-cells = <1>;
    partitions { #address-cells = <1>; #size-cells = <1>; x: partition@0 { reg = <0x0 0x10>; }; }; };
  flash1: flash@1000000 { compatible = "soc-nv-flash"; reg = <0x1000000 0x40000>; };
  mx25r64: nor@0 { reg = <0x0 0x1>; size = <0x4000000>; };
};
"""


def test_target_h(tool):
    text = tool.convert("lamp.layout.yml", "target-h").stdout
    assert c_defines(text, tool.folder) == {
        "WOLFBOOT_SECTOR_SIZE": 0x20000, "WOLFBOOT_PARTITION_SIZE": 0x20000,
        "WOLFBOOT_PARTITION_BOOT_ADDRESS": 0x08020000, "WOLFBOOT_PARTITION_UPDATE_ADDRESS": 0x08040000,
        "WOLFBOOT_PARTITION_SWAP_ADDRESS": 0x08060000}
    old = tool.convert("lamp.layout.yml", "target-2018-h").stdout
    assert c_defines(old, tool.folder)["FLASH_AREA_IMAGE_SCRATCH_OFFSET"] == 0x60000
    external = tool.convert("tracker.layout.yml", "target-h").stdout
    assert "#define PART_UPDATE_EXT\n" in external
    config = tool.convert("tracker.layout.yml", "wolfboot-config").stdout
    assert "WOLFBOOT_PARTITION_BOOT_ADDRESS?=0x00010000\n" in config and "PART_UPDATE_EXT?=1\n" in config


def test_losses(tool):
    """Item by item; with --lossless an error, and nothing is written."""
    said = tool.convert("lamp.layout.yml", "target-h").stderr
    for item in ("bootloader (32K)", "journal_a (16K)", "settings (64K)", "page sizes: one WOLFBOOT_SECTOR_SIZE only, 0x20000",
                 "the section 'boot:'"):
        assert f"lost: {item}" in said
    done = tool.convert("lamp.layout.yml", "target-h", "--lossless", "-o", "t.h", code=3)
    assert "lost: bootloader (32K)" in done.stderr and not (tool.folder / "t.h").exists()


def test_losses_on_the_way_in(tool):
    """What a file says and the model does not know is a loss, whatever is written."""
    tool.write("pm_static.yml", STATIC + "fs: {address: 0x100000, size: 0x1000, region: external_flash, "
               "affiliation: [disk], extra_params: {disk_name: SD}}\n")
    for to in ("pm-config-h", "json", "pm-static", "layout"):
        done = tool.convert("pm_static.yml", to)
        assert "lost: fs: affiliation, extra_params" in done.stderr
    tool.convert("pm_static.yml", "pm-static", "--lossless", code=3)


@needs_dtc
@pytest.mark.parametrize("reg, filled", [("<0x10000 0x20000>", True), ("<0x10000 0x1f000>", False),
                                         ("<0x11000 0x1f000>", False), ("<0x8000 0x20000>", False)])
def test_a_container_that_is_not_filled(tool, reg, filled):
    """It is where its parts are only if they fill it, one after the other; otherwise the parts are lost."""
    tree = TREE.replace("reg = <0x10000 0x20000>", f"reg = {reg}")
    tool.write("zephyr.dts", tree.replace("partition@10000", f"partition@{reg[3:].split()[0]}"))
    done = tool.convert("zephyr.dts", "layout")
    assert ("span: [slot0_s_partition, slot0_ns_partition]" in done.stdout) == filled
    assert ("slot0_ns_partition (" in done.stderr and "which it does not fill" in done.stderr) == (not filled)
    tool.write("own.layout.yml", done.stdout)
    assert tool.places("own.layout.yml")["slot0_partition"] == ("flash0", 0x8000, 0x30000)


@needs_dtc
@pytest.mark.parametrize("form", ["mapped", "fixed"])
@pytest.mark.parametrize("product, base, size", [("lamp", 0x8000000, 0x80000), ("tracker", 0, 0x100000),
                                                 ("badge", 0x10000000, 0x400000)])
def test_overlays(tool, product, base, size, form):
    """dtc accepts the overlay over a board's tree; read again over it, nothing moved."""
    tool.convert(f"{product}.layout.yml", "dts", "--dts-form", form, "-o", "app.overlay")
    text = (tool.folder / "app.overlay").read_text()
    assert ("zephyr,mapped-partition" in text) == (form == "mapped") and "ranges;" in text
    assert "zephyr,code-partition = &slot0_partition" in text
    tool.write("board.dts", BASE % (base, base, size))
    done = tool("layout", "migrate", "--base", "board.dts", "--json", f"{product}.layout.yml", "app.overlay")
    rows = json.loads(done.stdout)["rows"]
    ours = [r for r in rows if r["change"] != "equal"]
    assert rows and all(r["old"]["device"] == "network" for r in ours), ours
    if product == "tracker":
        tool.convert("tracker.layout.yml", "dts", "--domain", "CPUNET", "-o", "net.overlay")
        net = (tool.folder / "net.overlay").read_text()
        assert "&flash1 {" in net and "b0n_partition: partition@0" in net and "partition@9000" in net


def test_partition_manager(tool):
    solved = yaml.safe_load(tool.convert("tracker.layout.yml", "partitions-yml").stdout)
    assert solved["mcuboot_primary"] == {"address": 0x10000, "end_address": 0xFC000, "region": "flash_primary",
                                         "size": 0xEC000, "span": ["mcuboot_pad", "mcuboot_primary_app"]}
    regions = yaml.safe_load(tool.convert("tracker.layout.yml", "regions-yml").stdout)
    assert regions["external_flash"]["device"] == "DT_CHOSEN(nordic_pm_ext_flash)"
    header = tool.convert("tracker.layout.yml", "pm-config-h").stdout
    assert "#define PM_ADDRESS 0x10200\n" in header and "#define PM_MCUBOOT_SECONDARY_SIZE 0xec000\n" in header
    assert "PM_APP_ADDRESS=0x10200\n" in tool.convert("tracker.layout.yml", "pm-config").stdout
    net = yaml.safe_load(tool.convert("tracker.layout.yml", "partitions-yml", "--domain", "CPUNET").stdout)
    assert net["b0n"]["address"] == 0x1000000 and "mcuboot" not in net
    said = tool.convert("tracker.layout.yml", "pm-config-h", "--image", "nobody", code=1).stderr
    assert "no partition is named as the image 'nobody'" in said
    # A slot that is no container gets the header's pad.
    lamp = yaml.safe_load(tool.convert("lamp.layout.yml", "partitions-yml").stdout)
    assert lamp["mcuboot_pad"]["size"] == 0x200 and lamp["mcuboot_primary"]["span"] == ["mcuboot_pad", "app"]


def test_memory_x_links(tool):
    """ld takes it, and the symbols have embassy's meaning: offsets from the start of the flash."""
    tool.convert("lamp.layout.yml", "memory-x", "-o", "memory.x")
    tool.write("t.ld", "INCLUDE memory.x\nSECTIONS { .text : { *(.text*) } > FLASH }\n")
    tool.write("t.c", "int main(void) { return 0; }\n")
    subprocess.run(["cc", "-c", "t.c"], cwd=tool.folder, check=True)
    subprocess.run(["ld", "-T", "t.ld", "-e", "main", "t.o", "-o", "t.elf"], cwd=tool.folder, check=True)
    symbols = dict(reversed(line.split()[::2]) for line in subprocess.run(
        ["nm", "t.elf"], cwd=tool.folder, check=True, text=True, capture_output=True).stdout.splitlines())
    assert int(symbols["__bootloader_active_start"], 16) == 0x20000
    assert int(symbols["__bootloader_dfu_end"], 16) == 0x60000
    assert int(symbols["main"], 16) == 0x08020000


def test_flash_layout_h(tool):
    values = c_defines(tool.convert("tracker.layout.yml", "flash-layout-h").stdout, tool.folder)
    assert values["FLASH_AREA_0_OFFSET"] == 0x10000 and values["FLASH_AREA_0_SIZE"] == 0xEC000
    assert values["FLASH_AREA_SETTINGS_STORAGE_OFFSET"] == 0xFC000 and values["FLASH_AREA_BL2_SIZE"] == 0xC000


RP2350 = {  # of picotool's schema: what a table of ours has
    "type": "object", "required": ["version", "unpartitioned", "partitions"], "additionalProperties": False,
    "properties": {
        "version": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
        "unpartitioned": {"type": "object", "required": ["families", "permissions"]},
        "partitions": {"type": "array", "maxItems": 16, "items": {
            "type": "object", "additionalProperties": False, "required": ["start", "size", "families", "permissions"],
            "properties": {
                "name": {"type": "string", "maxLength": 127}, "id": {"type": "integer"},
                "start": {"type": "string", "pattern": r"^\d+[kK]$"}, "size": {"type": "string", "pattern": r"^\d+[kK]$"},
                "families": {"type": "array", "items": {"type": "string"}}, "link": {"type": "array"},
                "permissions": {"type": "object", "required": ["secure", "nonsecure", "bootloader"],
                                "additionalProperties": {"enum": ["r", "w", "rw", ""]}}}}}}}


def test_rp2350(tool):
    table = json.loads(tool.convert("badge.layout.yml", "rp2350").stdout)
    jsonschema.validate(table, RP2350)
    assert [(p["name"], p["id"], p["start"], p["size"]) for p in table["partitions"]] == [
        ("bootloader", 0, "0K", "64K"), ("primary", 1, "80K", "1024K"), ("secondary", 18, "1104K", "1028K"),
        ("settings", 19, "2132K", "64K"), ("files", 2, "2196K", "1900K")]
    assert table["partitions"][0]["families"] == ["rp2350-arm-s"]
    tool.write("odd.layout.yml", (tool.folder / "lamp.layout.yml").read_text())
    said = tool.convert(tool.write("pm_static.yml", "a: {address: 0, size: 0x200}\n"), "rp2350", code=3).stderr
    assert "a is no whole number of sectors" in said


def test_names_that_collide(tool):
    tool.write("x.layout.yml", (tool.folder / "lamp.layout.yml").read_text().replace(
        "  settings:   {size: 64K}", "  settings:   {size: 32K}\n  storage:    {size: 32K, dts: {label: storage_partition}, pages: no}")
        .replace("settings:   {size: 32K}", "settings:   {size: 32K, pages: no}"))
    said = tool.convert("x.layout.yml", "dts", code=3).stderr
    assert "settings and storage would both be storage_partition in a devicetree" in said


# ---- round trips ----

@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("to", ["partitions-yml", "pm-static", "json", "mtdparts", "layout"])
def test_round_trip(tool, product, to):
    """Out and in again: every place is equal."""
    if product == "gateway" and to in ("partitions-yml", "pm-static"):
        pytest.skip("Partition Manager has no flash that is not mapped but the external one")
    if to == "layout":
        tool.convert(f"{product}.layout.yml", "pm-static", "-o", "x.yml")
        tool.convert("x.yml", "layout", "-o", "out.layout.yml")
        rows = json.loads(tool("layout", "migrate", "--json", "x.yml", "out.layout.yml").stdout)
    else:
        tool.convert(f"{product}.layout.yml", to, "-o", "out.txt")
        rows = json.loads(tool("layout", "migrate", "--json", f"{product}.layout.yml", "out.txt").stdout)
    off = [r for r in rows["rows"] if r["change"] != "equal" and r.get("old", {}).get("device") != "network"]
    if to == "mtdparts":  # it has no addresses: the offsets are compared
        off = [r for r in off if r["change"] in ("gone", "resized")]
    assert rows["rows"] and off == []


def a_layout(rng):
    """A static file with slots, in whole pages, and what else there is room for."""
    page, at, lines = 0x1000, 0, []

    def put(name, size, region="flash_primary"):
        nonlocal at
        lines.append(f"{name}: {{address: {at:#x}, size: {size:#x}, region: {region}}}")
        at += size
    put("mcuboot", page * rng.randrange(8, 20))
    slot = page * rng.randrange(4, 60)
    put("mcuboot_primary", slot)
    put("mcuboot_secondary", slot)
    for i in range(rng.randrange(0, 4)):
        put(rng.choice(("settings_storage", "nvs", "log", "fs")) + ("" if i == 0 else str(i)), page * rng.randrange(1, 9))
    if rng.random() < 0.5:
        put("mcuboot_scratch", page * rng.randrange(1, 5))
    return "\n".join(lines) + "\n"


WAYS = {"pm-static": (), "json": (), "partitions-yml": (), "dts": (), "rp2350": (),
        "target-h": (), "wolfboot-config": ()}


@pytest.mark.parametrize("batch", range(5))
@pytest.mark.parametrize("to", WAYS)
def test_random_round_trips(tool, to, batch):
    """What a format can say comes back as it was: everything, or the slots for wolfBoot's."""
    if to == "dts" and not shutil.which("dtc"):
        pytest.skip("no dtc")
    rng = random.Random(f"{SEED} {to} {batch}")
    for _ in range(4):
        tool.write("a.yml", a_layout(rng))
        tool.convert("a.yml", to, *WAYS[to], "-o", "b.txt")
        text = (tool.folder / "b.txt").read_text()
        rows = json.loads(tool("layout", "migrate", "--json", "a.yml", "b.txt").stdout)["rows"]
        for row in rows:
            if to in ("target-h", "wolfboot-config") and not re.search("primary|secondary", row["old"]["name"]):
                continue
            if to == "rp2350":  # it begins at its own address
                assert row["old"]["size"] == row["new"]["size"], text
                assert row["old"]["address"] + 0x10000000 == row["new"]["address"], text
            else:
                assert row["change"] == "equal", (row, text)
        again = tool.convert("b.txt", to).stdout
        assert again.replace("product", "") == text.replace("product", "") or to in ("dts", "pm-static"), text


@pytest.mark.parametrize("to", ALL)
def test_every_writer_takes_every_reader(tool, to):
    """No crash, and an exit code that says what is wrong."""
    (tool.folder / "target.h").write_bytes(TARGET_H.encode())
    inputs = [tool.write("pm_static.yml", EQUAL_SLOTS), tool.write("memory.x", MEMORY_X), "target.h",
              tool.write("mtd", "mtdparts=a:64k(x),64k(y)\n"), "badge.layout.yml", "gateway.layout.yml"]
    if shutil.which("dtc"):
        inputs.append(tool.write("zephyr.dts", TREE))
    for name in inputs:
        words = ["layout", "convert", "--to", to, "-o", "out", name]
        done = subprocess.run([str(TOOL), *words], cwd=tool.folder, text=True, capture_output=True,
                              timeout=60)
        assert done.returncode in (0, 1, 2, 3), done.stderr
        assert done.returncode == 0 or "bulkhead: " in done.stderr
        assert (done.returncode == 0) == (tool.folder / "out").exists()
        (tool.folder / "out").unlink(missing_ok=True)


def test_pin(tool):
    tool.write("partitions.yml", STATIC.replace("EMPTY_0: {address: 0xfe000, size: 0x0}\n", "").replace(
        "address: 0x86000, size: 0x78000", "address: 0x88000, size: 0x70000"))
    done = tool("layout", "pin", "partitions.yml", "-o", "pm_static.yml")
    assert "2 gaps filled" in done.stderr
    pinned = yaml.safe_load((tool.folder / "pm_static.yml").read_text())
    assert pinned["EMPTY_0"] == {"address": 0x86000, "end_address": 0x88000, "region": "flash_primary", "size": 0x2000}
    assert pinned["EMPTY_1"]["address"] == 0xF8000
    rows = json.loads(tool("layout", "diff", "--json", "partitions.yml", "pm_static.yml").stdout)
    assert rows["rows"] == [] and rows["equal"] == 5
    wrong = tool.write("wrong.yml", STATIC.replace("0xc000, size: 0x200", "0xc000, size: 0x400"))
    said = tool("layout", "pin", wrong, "-o", "other.yml", code=3).stderr
    assert "overlap" in said and not (tool.folder / "other.yml").exists()


def test_names_of_mtdparts(tool):
    """What ends a name there becomes '_': told, and an error if two become one."""
    tool.write("p.csv", "a b,data,nvs,0x9000,0x3000\na(c),data,nvs,0xc000,0x3000\n")
    said = tool.convert("p.csv", "mtdparts", "-o", "out").stderr
    assert "lost: the name 'a b': it is a_b in mtdparts" in said and "lost: the name 'a(c)': it is a_c_ in mtdparts" in said
    assert set(tool.places("out")) == {"partition_table", "a_b", "a_c_"}
    tool.write("p.csv", "a b,data,nvs,0x9000,0x3000\na_b,data,nvs,0xc000,0x3000\n")
    said = tool.convert("p.csv", "mtdparts", code=3).stderr
    assert "a b and a_b would both be a_b in mtdparts. Write another name for one of them." in said


def test_names_that_differ_in_capitals(tool):
    """Macros are in capitals: two such names would be one."""
    tool.write("pm.yml", "app: {address: 0, size: 0x1000}\nlog: {address: 0x1000, size: 0x1000}\nLOG: {address: 0x2000, size: 0x1000}\n")
    for to, what in (("pm-config-h", "log and LOG would have the same macros in pm_config.h"),
                     ("pm-config", "log and LOG would have the same macros in pm_config.h"),
                     ("flash-layout-h", "would both be LOG in flash_layout.h"),
                     ("layout", "log and LOG differ in capitals only, and would have the same macros")):
        said = tool.convert("pm.yml", to, code=3)
        assert what in said.stderr and not said.stdout
    assert "partition@2000" in tool.convert("pm.yml", "dts").stdout
