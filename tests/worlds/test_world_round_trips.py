# SPDX-License-Identifier: Apache-2.0
"""From each format to our own language and back: everything the format can say is as it was, on layouts
made at random. What comes back is read by this file, not by the tool."""
import csv
import json
import random
import re
import shutil
import subprocess

import pytest
import yaml
from formats import BUILD, EQUAL_SLOTS, MEMORY_X, SEED, TARGET_H, TREE, c_defines

PAGE, BATCH, BATCHES = 0x1000, 12, 5
WORDS = ("log", "nvs", "fs", "ota-data", "Certificates", "x")


def names(r, n, letters=True):
    """n different ones; letters: nothing but what C takes."""
    found = {}
    while len(found) < n:
        name = r.choice(WORDS) + (str(r.randrange(100)) if r.random() < 0.8 else "")
        found[name.replace("-", "_").lower() if letters else name] = None
    return list(found)


def back(tool, text, name, to, *words):
    """What a text is after it was a layout of ours. Nothing may be lost on the way there."""
    (tool.folder / name).write_text(text)
    tool.convert(name, "layout", "--lossless", "-o", "own.layout.yml", *words)
    tool("layout", "show", "own.layout.yml")
    return tool.convert("own.layout.yml", to, *words).stdout


# ---- Partition Manager ----

def static(r):
    at, entries, spans = 0, {}, {}

    def put(name, size, region="flash_primary"):
        nonlocal at
        entries[name] = {"address": at, "end_address": at + size, "region": region, "size": size}
        at += size
    put("mcuboot", PAGE * r.randrange(8, 20))
    slot = PAGE * r.randrange(4, 60)
    pad = r.choice((0, 0x200, 0x800))
    if pad:
        begin = at
        put("mcuboot_pad", pad)
        put("app", slot - pad)
        spans["mcuboot_primary"] = (begin, slot, ["mcuboot_pad", "app"])
    else:
        put("mcuboot_primary", slot)
    external = r.random() < 0.4
    if not external:
        put("mcuboot_secondary", slot)
    for name in names(r, r.randrange(0, 5)):
        put(name, PAGE * r.randrange(1, 9))
    if external:
        at = 0
        put("mcuboot_secondary", slot, "external_flash")
        for name in names(r, r.randrange(0, 3)):
            put("ext_" + name, PAGE * r.randrange(1, 300), "external_flash")
    for name, (begin, size, span) in spans.items():
        entries[name] = {"address": begin, "end_address": begin + size, "region": "flash_primary", "size": size,
                         "span": span}
    if r.random() < 0.5:
        entries["sram_primary"] = {"address": 0x20000000, "end_address": 0x20010000, "region": "sram_primary",
                                   "size": 0x10000}
    return entries


def hexadecimal(entries):
    return "".join(f"{name}: {{{', '.join(f'{k}: {hex(v) if isinstance(v, int) else json.dumps(v)}' for k, v in e.items())}}}\n"
                   for name, e in entries.items())


@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("to", ["pm-static", "partitions-yml"])
def test_partition_manager(tool, to, batch):
    r = random.Random(f"{SEED} pm {to} {batch}")
    for _ in range(BATCH):
        entries = static(r)
        came = yaml.safe_load(back(tool, hexadecimal(entries), "pm_static.yml", to))
        assert came == entries, hexadecimal(entries)


# ---- devicetree ----

def tree(r):
    """A whole tree: mapped or fixed partitions in the processor's flash, fixed ones on a serial NOR."""
    mapped, base, erase = r.random() < 0.5, r.choice((0, 0x8000000)), r.choice((0x800, 0x1000, 0x4000))
    want = {}

    def rows(labels, compatible, at=0):
        text = ""
        for label, name in labels:
            size = erase * r.randrange(1, 40)
            only = r.random() < 0.2
            want[label] = (name, at, size, only)
            text += (f'{label}: partition@{at:x} {{ {compatible}label = "{name}"; reg = <{at:#x} {size:#x}>; '
                     f'{"read-only; " if only else ""}}};\n')
            at += size + erase * (r.random() < 0.2)
        return text, at
    some = names(r, r.randrange(1, 6))
    first, end = rows([("boot_partition", "mcuboot"), ("slot0_partition", "image-0"), ("slot1_partition", "image-1")] +
                      [(f"{n}_part", n.replace("_", "-")) for n in some],
                      'compatible = "zephyr,mapped-partition"; ' if mapped else "")
    second, nor = rows([(f"nor_{n}", f"NOR {n}") for n in names(r, r.randrange(1, 4))], "")
    size = 1 << max(end, 0x10000).bit_length()
    kind = "ranges;" if mapped else 'compatible = "fixed-partitions";'
    text = f"""/dts-v1/;
/ {{ #address-cells = <1>; #size-cells = <1>;
  soc {{ #address-cells = <1>; #size-cells = <1>; ranges;
    controller@40022000 {{ #address-cells = <1>; #size-cells = <1>; reg = <0x40022000 0x400>; ranges;
      flash0: flash@{base:x} {{ compatible = "soc-nv-flash"; reg = <{base:#x} {size:#x}>; #address-cells = <1>;
        #size-cells = <1>; ranges = <0x0 {base:#x} {size:#x}>; erase-block-size = <{erase:#x}>; write-block-size = <4>;
        partitions {{ {kind} #address-cells = <1>; #size-cells = <1>;
{first}        }}; }}; }};
    spi@50000000 {{ #address-cells = <1>; #size-cells = <0>; reg = <0x50000000 0x1000>;
      mx25r64: nor@0 {{ compatible = "jedec,spi-nor"; reg = <0>; size = <{8 * (1 << max(nor, 0x10000).bit_length()):#x}>;
        erase-block-size = <{erase:#x}>;
        partitions {{ compatible = "fixed-partitions"; #address-cells = <1>; #size-cells = <1>;
{second}        }}; }}; }}; }}; }};
"""
    return text, want


def overlay(text):
    found = {}
    for label, at, body in re.findall(r"(\w+): partition@([0-9a-f]+) \{(.*?)\};", text, flags=re.S):
        reg = re.search(r"reg = <(0x[0-9a-f]+) (0x[0-9a-f]+)>", body)
        assert int(reg[1], 16) == int(at, 16)
        found[label] = (re.search(r'label = "(.*?)"', body)[1], int(at, 16), int(reg[2], 16), "read-only" in body)
    return found


@pytest.mark.skipif(not shutil.which("dtc"), reason="no dtc")
@pytest.mark.parametrize("batch", range(BATCHES))
def test_devicetree(tool, batch):
    r = random.Random(f"{SEED} dts {batch}")
    for _ in range(BATCH):
        text, want = tree(r)
        came = overlay(back(tool, text, "zephyr.dts", "dts"))
        name, at, size, _ = want["boot_partition"]
        want["boot_partition"] = (name, at, size, True)  # a bootloader is never written by the application
        assert came == want, text


# ---- ESP-IDF ----

def table(r):
    at, rows = 0x9000, []
    for i, name in enumerate(names(r, r.randrange(1, 8))):
        kind = r.choice((("data", "nvs"), ("data", "phy"), ("data", "littlefs"), ("data", "0x42"), ("0x41", "0x7"),
                         ("app", "test"), ("app", f"ota_{i}")))
        if kind in {tuple(row[1:3]) for row in rows} and kind[0] == "app":
            continue
        if kind[0] == "app":
            at = -(-at // 0x10000) * 0x10000
        size = PAGE * r.randrange(3 if kind[1] == "nvs" else 1, 30)
        flags = r.choice(("", "", "encrypted", "readonly", "encrypted:readonly")) if kind[0] == "data" else ""
        rows.append([name[:15], *kind, hex(at), hex(size), flags])
        at += size + PAGE * (r.random() < 0.2)
    if any(row[2].startswith("ota_") for row in rows):
        rows.append(["otadata", "data", "ota", hex(at), "0x2000", ""])
    return rows


def csv_rows(text):
    lines = [line for line in text.splitlines() if line and line[0] != "#"]
    return [[cell.strip() for cell in row] for row in csv.reader(lines)]


@pytest.mark.parametrize("batch", range(BATCHES))
def test_esp_idf(tool, batch):
    r = random.Random(f"{SEED} csv {batch}")
    done = 0
    for _ in range(2 * BATCH):
        rows = table(r)
        text = "# Name, Type, SubType, Offset, Size, Flags\n" + "".join(", ".join(row) + "\n" for row in rows)
        (tool.folder / "t.csv").write_text(text)
        if "app" not in {row[1] for row in rows}:
            continue  # nothing that could be started: a product of ours is none
        tool.convert("t.csv", "layout", "-o", "own.layout.yml")
        wrong = {f["rule"] for f in tool.findings("own.layout.yml") if f["severity"] == "error"}
        if wrong:
            assert wrong <= {"select"}  # one application alone, say: there is no choice
            continue
        came = csv_rows(tool.convert("own.layout.yml", "esp-csv").stdout)
        assert came == sorted(rows, key=lambda row: int(row[3], 16)), text
        tool.convert("own.layout.yml", "esp-bin", "-o", "t.bin")
        tool("table", "convert", "--to", "binary", "-o", "direct.bin", "t.csv")
        made, direct = ((tool.folder / f).read_bytes() for f in ("t.bin", "direct.bin"))
        assert made == direct or sorted(rows, key=lambda row: int(row[3], 16)) != rows
        done += 1
    assert done >= BATCH // 3, f"{done} of {2 * BATCH} were products"


@pytest.mark.parametrize("batch", range(BATCHES))
def test_esp_idf_of_a_layout_without_a_table(tool, batch):
    """A table is made, and read again it has the same places."""
    r = random.Random(f"{SEED} made {batch}")
    done = 0
    for _ in range(2 * BATCH):
        entries = static(r)
        entries = {n: e for n, e in entries.items() if n != "sram_primary"}
        shift = 0x10000 - entries["mcuboot"]["size"]  # applications begin at 64 KB
        for name, e in entries.items():
            if e["region"] == "flash_primary" and name != "mcuboot":
                e["address"] += shift
                e["end_address"] += shift
        entries["mcuboot"].update(size=0x10000, end_address=0x10000)
        slots = [e for n, e in entries.items() if n in ("mcuboot_primary", "mcuboot_secondary") and
                 e["region"] == "flash_primary"]
        if any(e["address"] % 0x10000 for e in slots):
            continue
        tool.write("pm_static.yml", hexadecimal(entries))
        tool.convert("pm_static.yml", "esp-csv", "-o", "t.csv")
        came = tool.places("t.csv", "--offset", "0xf000")
        boxed = {"mcuboot_pad", "app"} if "mcuboot_pad" in entries else set()
        want = {{"mcuboot_secondary": "ota_1"}.get(n, n): ("internal", e["address"], e["size"]) for n, e in entries.items()
                if e["region"] == "flash_primary" and n not in boxed | {"mcuboot"}}
        assert {n: p for n, p in came.items() if n != "partition_table"} == want
        done += 1
    assert done


# ---- wolfBoot ----

@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("to", ["target-h", "target-2018-h", "wolfboot-config"])
def test_wolfboot(tool, to, batch):
    r = random.Random(f"{SEED} {to} {batch}")
    for _ in range(BATCH // 2):
        base, sector = r.choice((0, 0x8000000)), 0x1000 if to == "target-2018-h" else 1 << r.randrange(10, 18)
        size = sector * r.randrange(2, 30)
        boot = base + sector * r.randrange(1, 9)
        external = r.random() < 0.3 and to != "target-2018-h"
        update = sector * r.randrange(0, 3) if external else boot + size
        swap = boot + size if external else update + size
        if to == "target-2018-h":
            want = {"FLASH_AREA_IMAGE_0_OFFSET": boot - base, "FLASH_AREA_IMAGE_0_SIZE": size,
                    "FLASH_AREA_IMAGE_1_OFFSET": update - base, "FLASH_AREA_IMAGE_1_SIZE": size,
                    "FLASH_AREA_IMAGE_SCRATCH_OFFSET": swap - base, "FLASH_AREA_IMAGE_SCRATCH_SIZE": sector}
        else:
            want = {"WOLFBOOT_SECTOR_SIZE": sector, "WOLFBOOT_PARTITION_SIZE": size,
                    "WOLFBOOT_PARTITION_BOOT_ADDRESS": boot, "WOLFBOOT_PARTITION_UPDATE_ADDRESS": update,
                    "WOLFBOOT_PARTITION_SWAP_ADDRESS": swap}
        if to == "wolfboot-config":
            text = "".join(f"{k}?={v:#x}\n" for k, v in want.items()) + "EXT_FLASH?=1\nPART_UPDATE_EXT?=1\n" * external
            came = back(tool, text, "config", to)
            found = {k: int(v, 0) for k, v in re.findall(r"(\w+)\?=(\w+)", came)}
            assert found.pop("EXT_FLASH", 0) == found.pop("PART_UPDATE_EXT", 0) == external
        else:
            text = "".join(f"#define {k} {v:#x}\n" for k, v in want.items()) + "#define PART_UPDATE_EXT\n" * external
            came = back(tool, text, "target.h", to)
            found = c_defines(came, tool.folder)
            assert ("#define PART_UPDATE_EXT\n" in came) == external
        assert found == want, text


# ---- RP2350 ----

def pico(r):
    at, rows = 0, []
    for i, name in enumerate(names(r, r.randrange(1, 16))):
        size = 4 * r.randrange(1, 200)
        row = {"name": name, "id": r.randrange(1000) * 16 + i, "start": f"{at}K", "size": f"{size}K",
               "families": r.sample(["rp2350-arm-s", "rp2350-riscv", "data", "absolute", "0x1234abcd"], r.randrange(3)),
               "permissions": {w: r.choice(("r", "w", "rw", "")) for w in ("secure", "nonsecure", "bootloader")}}
        if i and r.random() < 0.3:
            row["link"] = [r.choice(("a", "owner")), r.randrange(i)]
        rows.append(row)
        at += size + 4 * (r.random() < 0.2)
    return {"version": [1, 0], "unpartitioned": {"families": ["absolute"], "permissions": {
        "secure": "rw", "nonsecure": "", "bootloader": "rw"}}, "partitions": rows}


@pytest.mark.parametrize("batch", range(BATCHES))
def test_picotool(tool, batch):
    r = random.Random(f"{SEED} pico {batch}")
    for _ in range(BATCH):
        want = pico(r)
        came = json.loads(back(tool, json.dumps(want), "pt.json", "rp2350"))
        assert came == want, json.dumps(want)


def test_zeros_are_values(tool):
    """An id of 0, and flash that is erased to 0x00."""
    want = json.loads(tool.convert("badge.layout.yml", "rp2350").stdout)
    assert want["partitions"][0]["id"] == 0
    assert json.loads(back(tool, json.dumps(want), "pt.json", "rp2350")) == want
    shown = tool.shown("badge.layout.yml")
    shown["devices"][0]["erased"] = 0
    tool.write("shown.json", json.dumps(shown))
    tool.convert("shown.json", "layout", "-o", "own.layout.yml")
    assert tool.shown("own.layout.yml")["devices"][0]["erased"] == 0


# ---- lossless means lossless ----

def geometry(shown):
    """Flash, as it is read: RAM that a form has beside it is no loss."""
    return sorted((d["size"], d["unit"], d["address"] if d["address"] is not None else -1,
                   [(p["count"], p["size"]) for p in d["pages"]])
                  for d in shown["devices"] if d["driver"] != "ram")


READ_BACK = {"layout": "r.layout.yml", "partitions-yml": "r.yml", "pm-static": "r2.yml", "dts": "r.dts",
             "target-h": "r.h", "target-2018-h": "r2.h", "wolfboot-config": "r.config", "memory-x": "r.x",
             "mtdparts": "r", "rp2350": "r.json", "esp-csv": "r.csv", "esp-bin": "r.bin", "json": "r2.json"}
SOURCES = {
    "pm_static.yml": EQUAL_SLOTS, "zephyr.dts": TREE, "target.h": TARGET_H, "memory.x": MEMORY_X,
    "cmdline": "mtdparts=qspi:64k(boot)ro,1m@0x20000(a),1m(b);nand:0x1000(x)\n",
    "partitions.csv": "nvs, data, nvs, 0x9000, 0x4000,\nota, data, ota, 0xd000, 0x2000,\n"
                      "ota_0, app, ota_0, 0x10000, 1M, encrypted\nota_1, app, ota_1, 0x110000, 1M,\n"
                      "fs, data, spiffs, 0x210000, 64K, readonly\n",
}


@pytest.mark.parametrize("to", READ_BACK)
@pytest.mark.parametrize("name", SOURCES)
def test_lossless_means_lossless(tool, name, to):
    """What --lossless lets through has the geometry, places and roles that it had; what it does not is
    said item by item, and nothing is written."""
    if shutil.which("dtc") is None and "dts" in (to, name[-3:]):
        pytest.skip("no dtc")
    (tool.folder / name).write_bytes(SOURCES[name].encode())
    out = READ_BACK[to]
    words = ["layout", "convert", "--lossless", "--to", to, "-o", out, name]
    done = subprocess.run([str(BUILD / "cli" / "bulkhead"), *words], cwd=tool.folder, text=True, timeout=60,
                          capture_output=True)
    assert done.returncode in (0, 3), done.stderr
    if done.returncode:
        assert not (tool.folder / out).exists() and done.stderr.startswith("bulkhead: ")
        return
    was, now = tool.shown(name), tool.shown(out)
    assert geometry(was) == geometry(now)
    tool("layout", "migrate", "--require-equal", name, out)


LOST = [  # from, to, what is told
    ("zephyr.dts", "pm-static", "boot_partition: that it is read-only"),
    ("zephyr.dts", "pm-static", "flash0: its pages, its program unit, 8, its size, 512K"),
    ("zephyr.dts", "dts", "flash0: its pages, its program unit, 8"),
    ("zephyr.dts", "dts", "mx25r64: its size, 8M"),
    ("target.h", "rp2350", "internal: its pages, its program unit, 4, where it is mapped, its size, 768K"),
    ("target.h", "target-2018-h", "page sizes"),
    ("cmdline", "pm-static", "boot: that it is read-only"),
    ("partitions.csv", "mtdparts", "ota_0: that it is the primary slot, its type, app/ota_0, that it is encrypted"),
    ("partitions.csv", "dts", "fs: that it is read-only, its type, data/spiffs"),
]


@pytest.mark.parametrize("name, to, what", LOST)
def test_what_is_lost_is_told(tool, name, to, what):
    if shutil.which("dtc") is None and "dts" in (to, name[-3:]):
        pytest.skip("no dtc")
    (tool.folder / name).write_bytes(SOURCES[name].encode())
    said = tool.convert(name, to, "--lossless", code=3).stderr
    assert f"{name}: lost: {what}.\n" in said
    assert f"lost: {what}\n" in tool.convert(name, to, "-o", "out").stderr


def test_words_of_picotool(tool):
    """Flags of its schema stay, false ones are left out; what a layout has no place for is told."""
    flags = ["no_reboot_on_uf2_download", "ab_non_bootable_owner_affinity", "ignored_during_arm_boot",
             "ignored_during_riscv_boot"]
    row = {"name": "a", "id": 7, "start": "64K", "size": "64K", "families": ["data"],
           "permissions": {"secure": "rw", "nonsecure": "r", "bootloader": ""}}
    table = {"version": [1, 0], "unpartitioned": {"families": ["absolute"], "permissions": {
        "secure": "rw", "nonsecure": "", "bootloader": "rw"}}, "partitions": [
            {**row, **dict.fromkeys(flags, True)}, {**row, "name": "b", "start": 0x10020000, flags[2]: False}]}
    text = back(tool, json.dumps(table, indent=1), "pt.json", "rp2350")
    rows = json.loads(text)["partitions"]
    assert rows[0] == table["partitions"][0] and rows[1] == {**row, "name": "b", "start": "128K"}
    for change, what in (({"x": 1, "y": True}, "a: x, y"), ({}, "unpartitioned: its families and permissions")):
        table["partitions"][0].update(change)
        if not change:
            table["unpartitioned"]["families"] = ["data"]
        tool.write("pt.json", json.dumps(table, indent=1))
        assert f"lost: {what}" in tool.convert("pt.json", "rp2350", "--lossless", code=3).stderr
