# SPDX-License-Identifier: Apache-2.0
"""Every finding of `layout check --engine`: provoked, with the text that people search for."""
import pathlib
import re
import shutil
import subprocess
import sys

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


def slots(primary, secondary):
    return (f"mcuboot: {{address: 0, size: 0x8000}}\nmcuboot_primary: {{address: 0x8000, size: {primary:#x}}}\n"
            f"mcuboot_secondary: {{address: {0x8000 + primary:#x}, size: {secondary:#x}}}\n")


def dfu(size):
    return MEMORY_X.replace("LENGTH = 36K", f"LENGTH = {size}")


# what is checked, engine, words, severity, what is said
CASES = {
    "unequal slots": (STATIC, "mcuboot-overwrite", "error", "'Cannot upgrade: slots have non-compatible sectors'"),
    "unequal slots, by count": (STATIC, "mcuboot-scratch", "error", "'not a compatible amount of sectors'"),
    "sector count": (EXTERNAL, "mcuboot-move", "warning",
                     "'Failed reading sectors; BOOT_MAX_IMG_SECTORS=128 - too small?'. Set CONFIG_BOOT_MAX_IMG_SECTORS=228"),
    "sector count, begun in a page": (EXTERNAL.replace("0xc000, size: 0xe4000", "0xc800, size: 0xe4000"), "mcuboot-move",
                                      "warning", "Set CONFIG_BOOT_MAX_IMG_SECTORS=229"),
    "driver": (EXTERNAL, "mcuboot-move", "warning", "'Failed to open flash area ID 2 (image 0 slot 1): -2'"),
    "driver, linker": (EXTERNAL, "mcuboot-move", "warning", "undefined reference to '__device_dts_ord_..'"),
    "no scratch": (EQUAL_SLOTS, "mcuboot-scratch", "error", "there is no scratch area"),
    "scratch": (wolf(sector=0x2000).replace("PARTITION_SWAP", "PARTITION_SWAP"), "wolfboot", None, None),
    "trailer": ("mcuboot: {address: 0, size: 0x1000}\nmcuboot_primary: {address: 0x1000, size: 0x1000}\n"
                "mcuboot_secondary: {address: 0x2000, size: 0x1000}\n", "mcuboot-offset", "error",
                "'Image too large', or 'Not enough free space to run swap upgrade'"),
    "one page": ("mcuboot: {address: 0, size: 0x1000}\nmcuboot_primary: {address: 0x1000, size: 0x1000}\n"
                 "mcuboot_secondary: {address: 0x2000, size: 0x1000}\n", "mcuboot-move", "error",
                 "has one page of 0x1000 bytes, and this engine needs one more to move to"),
    "largest image": (EQUAL_SLOTS, "mcuboot-overwrite", "note", "the largest image for mcuboot_primary has 0x77fd8 bytes"),
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
    "overlap": ("a: {address: 0, size: 0x2000}\nb: {address: 0x1000, size: 0x2000}\n", None, "error", "a and b overlap by 0x1000"),
    "containment": ("a: {address: 0, size: 0x4000}\nb: {address: 0x1000, size: 0x1000}\n", None, "error", "b lies in a"),
    "containment, one begin": ("a: {address: 0, size: 0x4000}\nb: {address: 0, size: 0x1000}\n", None, "error", "b lies in a"),
    "containment, one end": ("a: {address: 0, size: 0x4000}\nb: {address: 0x3000, size: 0x1000}\n", None, "error", "b lies in a"),
    "containment, the other way": ("a: {address: 0x1000, size: 0x1000}\nb: {address: 0, size: 0x4000}\n", None, "error", "a lies in b"),
    "longer by two pages, offset": (slots(0x10000, 0x12000), "mcuboot-offset", "error", "'Cannot upgrade: slots have non-compatible sectors'"),
    "longer by three pages, move": (slots(0x13000, 0x10000), "mcuboot-move", "error", "'Cannot upgrade: slots have non-compatible sectors'"),
    "shorter, move": (slots(0x10000, 0x11000), "mcuboot-move", "error", "'Cannot upgrade: slots have non-compatible sectors'"),
    "identical": ("a: {address: 0, size: 0x4000}\nb: {address: 0, size: 0x4000}\n", None, "error", "a and b are the same place"),
    "outside": ("a: {address: 0x200000, size: 0x1000, region: flash_primary}\n//stm32f407xg", None, "error", "outside"),
    "end_address": ("a: {address: 0, size: 0x1000, end_address: 0x2000}\n", None, "error", "end_address"),
    "container against members": (STATIC.replace("0xc000, size: 0x7a000", "0xc000, size: 0x7b000"), None, "error",
                                  "mcuboot_primary"),
    "region's name": ("flash_primary: {address: 0, size: 0x1000}\n", None, "warning",
                      "'Found partition named flash_primary, this is the name of a region, and is a reserved name'"),
    "mixed pages, move": (wolf(sector=0x4000, size=0x20000, boot=0x0800C000, update=0x08040000, swap=0x08060000) +
                          "//stm32f407xg", "mcuboot-move", "error", "this engine moves equal pages"),
    "mixed pages, offset": (wolf(sector=0x4000, size=0x20000, boot=0x0800C000, update=0x08040000, swap=0x08060000) +
                            "//stm32f407xg", "mcuboot-offset", "error", "this engine moves equal pages"),
    "small scratch": (wolf(sector=0x4000, size=0x20000, boot=0x08020000, update=0x08040000, swap=0x08060000) +
                      "//stm32f407xg", "mcuboot-scratch", "error", "'not all sectors fit inside scratch'. Give it 0x20000 bytes."),
    "wolfBoot: one sector less": (wolf(sector=0x1000, size=0x1000, update=0x08020000, swap=0x08030000), None, "error",
                                  "primary has one sector: the flags at its end lie over the image"),
    "embassy": (dfu("32K"), None, "error", "'assertion failed: dfu.capacity() - active.capacity() >= page_size'. Give it 0x9000 bytes."),
}


# Every row of the table, and the cases above and tests below that provoke it.
ROWS = {
    "overlap, containment, identical place": ["overlap", "containment", "containment, one begin", "containment, one end", "containment, the other way",
                                                 "identical"],
    "outside its device; unit address unlike reg; ranges missing; cells on the wrong node":
        ["outside", "test_world_readers.test_wrong_devicetree"],
    "two partitions in one erase page; start or end off a page, with the nearest borders":
        ["two in one page", "off a page", "end off a page", "test_devicetree"],
    "slots differ in size, pages or chunk": ["unequal slots", "unequal slots, by count", "longer by two pages, offset",
                                             "longer by three pages, move", "shorter, move", "test_pages_that_do_not_fit",
                                             "test_two_chips"],
    "sector count, with the number to set": ["sector count", "sector count, begun in a page"],
    "external partition without driver, without chosen node, in one image only": ["driver", "driver, linker"],
    "write units of the two devices": ["test_devicetree"],
    "image + header + TLVs + trailer + padding; largest image per slot and engine":
        ["trailer", "largest image", "test_largest_images", "test_tlvs_are_those_of_imgtool", "test_a_payload_must_fit"],
    "scratch below the largest page; swap-move or offset on one-page or mixed-page slots":
        ["no scratch", "small scratch", "one page", "mixed pages, move", "mixed pages, offset"],
    "ESP-IDF: table place, 64 KB apps, otadata of two pages": ["test_esp_idf"],
    "wolfBoot: bad layouts, flags over the image's last page": [n for n in CASES if n.startswith("wolfBoot")],
    "embassy: DFU one page longer": ["embassy"],
    "pm_static: end_address, container, devicetree names, region's name, gaps":
        ["end_address", "container against members", "devicetree's name", "region's name", "gap"],
}


def test_every_row_is_provoked():
    """No case is of no row, and what a row names is there."""
    named = {n for names in ROWS.values() for n in names}
    assert set(CASES) - named <= {"scratch"}
    for name in named - set(CASES):
        module, _, test = name.rpartition(".")
        assert hasattr(__import__(module or __name__), test), name


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
    for name, text, words in (("pm_static.yml", slots(0x10000, 0x11000), ["--engine", "mcuboot-offset"]),
                              ("pm_static.yml", slots(0x11000, 0x10000), ["--engine", "mcuboot-move"]),
                              ("pm_static.yml", slots(0x12000, 0x10000), ["--engine", "mcuboot-move"]),
                              ("pm_static.yml", EQUAL_SLOTS, ["--engine", "mcuboot-overwrite"]),
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
        "partition@8000 {", "partition@7c00 {").replace("<0x8000 0x30000>", "<0x7c00 0x30000>").replace(
        "ranges = <0x0 0x8000", "ranges = <0x0 0x7c00").replace(
        "erase-block-size = <0x800>", "erase-block-size = <0x10000>")
    found = tool.findings(tool.write("zephyr.dts", tree), "--engine", "mcuboot-move")
    assert any(f["rule"] == "one-page" and "share the erase page 0x0-0x10000" in f["text"] for f in found), found
    nor = tool.findings(tool.write("zephyr.dts", TREE.replace("write-block-size = <8>", "write-block-size = <4>").replace(
        "size = <0x4000000>;", "size = <0x4000000>; write-block-size = <16>;")), "--engine", "mcuboot-move")
    assert any("'slot write sizes are not compatible'" in f["text"] for f in nor)


@pytest.mark.skipif(not shutil.which("dtc"), reason="no dtc")
def test_pages_that_do_not_fit(tool):
    """Slots of one size, on chips whose pages do not divide each other."""
    tree = TREE.replace("erase-block-size = <0x800>", "erase-block-size = <0x3000>").replace(
        "size = <0x4000000>;", "size = <0x4000000>; erase-block-size = <0x2000>;")
    found = tool.findings(tool.write("zephyr.dts", tree), "--engine", "mcuboot-scratch")
    assert any("pages of 0x3000 and 0x2000 do not divide each other: 'Cannot upgrade: slots have non-compatible "
               "sectors'" in f["text"] for f in found), found


# ---- image + header + TLVs + trailer ----

def payloads(found):
    """(largest image, {algorithm: largest payload}) that a note tells."""
    text = next(f["text"] for f in found if f["rule"] == "largest-image")
    most = int(re.search(r"has (0x[0-9a-f]+) bytes", text)[1], 16)
    return most, {name: int(n, 16) for n, name in re.findall(r"(0x[0-9a-f]+) ([a-z0-9-]+)",
                                                             text.split("may have: ")[1])}


# Slots of 0x78000 bytes in pages of 4 KB, unit 4: by hand, from MCUboot's boot_trailer_sz() and
# app_max_size(). 120 sectors: its table has 128.
LARGEST = {"mcuboot-overwrite": 0x78000 - 40, "mcuboot-scratch": 0x78000 - (128 * 3 * 4 + 4 * 8 + 16),
           "mcuboot-move": 0x78000 - 0x1000 - 0x1000, "mcuboot-offset": 0x78000 - 0x1000 - 0x1000}


@pytest.mark.parametrize("engine", LARGEST)
def test_largest_images(tool, engine):
    most, each = payloads(tool.findings(tool.write("pm_static.yml", EQUAL_SLOTS), "--engine", engine))
    assert most == LARGEST[engine]
    assert set(each) == {"p256", "ed25519", "rsa-2048", "rsa-3072"}
    # Header, two areas' worth of TLVs: SHA-256, the key's hash, the signature.
    for name, signature in (("p256", 72), ("ed25519", 64), ("rsa-2048", 256), ("rsa-3072", 384)):
        assert each[name] == most - 0x200 - (4 + 36 + 36 + 4 + signature)


def test_largest_images_elsewhere(tool):
    """Sector counts beyond MCUboot's usual 128, larger units, wolfBoot's header, embassy."""
    most, _ = payloads(tool.findings(tool.write("pm_static.yml", EXTERNAL), "--engine", "mcuboot-scratch"))
    assert most == 0xE4000 - (228 * 3 * 4 + 48)
    # 250 sectors of 1 KB: swap-using-offset's one field more goes beyond the second of them.
    odd = wolf(sector=0x400, size=0x3E800, update=0x0804E800, swap=0x0808D000)
    most, _ = payloads(tool.findings(tool.write("target.h", odd), "--engine", "mcuboot-offset"))
    assert most == 0x3E800 - 3 * 0x400 - 0x400
    most, each = payloads(tool.findings(tool.write("target.h", wolf())))
    assert most == 0x20000 - 0x1000 and each["rsa-2048"] == most - 512 and each["ed25519"] == most - 256
    note = next(f["text"] for f in tool.findings(tool.write("memory.x", dfu("36K"))) if f["rule"] == "largest-image")
    assert note.endswith("has 0x8000 bytes; beyond that the linker's 'will not fit in region'")  # all of it a payload's
    if shutil.which("dtc"):
        tree = TREE.replace("write-block-size = <8>", "write-block-size = <32>")
        most, _ = payloads(tool.findings(tool.write("zephyr.dts", tree), "--engine", "mcuboot-scratch"))
        assert most == 0x30000 - (128 * 3 * 32 + 4 * 32 + 32)


IMGTOOL = pathlib.Path(sys.executable).with_name("imgtool")
SIGNED = {  # words, arguments of imgtool, type of the key
    "p256": ("p256", ["--pad-sig"]), "ed25519": ("ed25519", []), "rsa-2048": ("rsa-2048", []),
    "rsa-3072": ("rsa-3072", []), "ed25519-pure": ("ed25519", ["--pure"]),
    "p256 whole-key": ("p256", ["--pad-sig", "--public-key-format", "full"]),
    "rsa-2048 whole-key": ("rsa-2048", ["--public-key-format", "full"]),
    "ed25519 dependency": ("ed25519", ["-d", "(1, 1.2.3+0)"]),
    "ed25519 counter": ("ed25519", ["-s", "1"]),
    "ed25519 boot-record": ("ed25519", ["--boot-record", "NSPE_APP_012"]),
    "ed25519 uuid": ("ed25519", ["--vid", "example.com", "--cid", "lamp"]),
    "rsa-3072 whole-key dependency counter boot-record uuid": ("rsa-3072", [
        "--public-key-format", "full", "-d", "(1, 1.2.3+0)", "-s", "1", "--boot-record", "NSPE_APP_012",
        "--vid", "example.com", "--cid", "lamp"]),
}


@pytest.mark.parametrize("words", SIGNED)
def test_tlvs_are_those_of_imgtool(tool, words):
    """A real image, signed by imgtool with a payload of the size that is told, has the size that is
    told; imgtool's own sum of slot and trailer takes it, and not a byte more."""
    kind, more = SIGNED[words]
    signed = [w for word in words.split() for w in ("--signed", word)]
    most, each = payloads(tool.findings(tool.write("pm_static.yml", EQUAL_SLOTS), "--engine", "mcuboot-scratch",
                                        *signed))
    payload = each[words.split()[0]]
    tool("key", "new", "--type", kind, "key.pem")

    def imgtool(size):
        (tool.folder / "in.bin").write_bytes(b"x" * size)
        return subprocess.run([IMGTOOL, "sign", "-k", "key.pem", "-v", "255.255.65535",
                               "-H", "0x200", "--pad-header", "-S", "0x78000", "--align", "4", "-M", "128", *more,
                               "in.bin", "out.bin"], cwd=tool.folder, text=True, capture_output=True, timeout=60)
    done = imgtool(payload)
    if done.returncode and "no such option" in done.stderr.lower():
        pytest.skip("this imgtool has not all of it: " + done.stderr.splitlines()[-1])
    assert done.returncode == 0, done.stderr
    assert (tool.folder / "out.bin").stat().st_size == most
    assert "exceeds requested size" in imgtool(payload + 1).stderr


def test_a_payload_must_fit(tool):
    tool.write("pm_static.yml", EQUAL_SLOTS)
    words = ("--engine", "mcuboot-overwrite", "--signed", "rsa-2048", "--signed", "counter")
    _, each = payloads(tool.findings("pm_static.yml", *words))
    most = each["rsa-2048"]
    assert not [f for f in tool.findings("pm_static.yml", *words, "--payload", most) if f["severity"] == "error"]
    found = tool.findings("pm_static.yml", *words, "--payload", most + 5)
    assert [f["rule"] for f in found if f["severity"] == "error"] == ["image-room"]
    said = next(f for f in found if f["rule"] == "image-room")
    assert "'Image too large', or 'Not enough free space to run swap upgrade'" in said["text"]
    assert "Make both slots 0x5 bytes larger" in said["remedy"]
    assert "did you mean 'whole-key'?" in tool("layout", "check", "--signed", "whole_key", "pm_static.yml", code=2).stderr


@pytest.mark.skipif(not shutil.which("dtc"), reason="no dtc")
def test_two_chips(tool):
    """Pages and units of both slots' chips count, not the first one's alone."""
    def rules(engine, nor, flash="", scratch=""):
        tree = TREE.replace("erase-block-size = <0x800>;", flash or "erase-block-size = <0x1000>;").replace(
            "size = <0x4000000>;", f"size = <0x4000000>; {nor}").replace("old: partition@38000", f"{scratch} old: partition@38000")
        return {f["rule"]: f for f in tool.findings(tool.write("zephyr.dts", tree), "--engine", engine)}
    # 0x30000 bytes: 48 sectors of 4 KB, and 192 of 1 KB on the other chip.
    assert rules("mcuboot-move", "erase-block-size = <0x400>;")["sector-count"]["remedy"].startswith(
        "Set CONFIG_BOOT_MAX_IMG_SECTORS=192")
    assert "sector-count" not in rules("mcuboot-move", "erase-block-size = <0x1000>;")
    # Both slots are moved by the larger page.
    assert "has 0x28000 bytes" in rules("mcuboot-move", "erase-block-size = <0x4000>;")["largest-image"]["text"]
    assert "write-unit" not in rules("mcuboot-move", "write-block-size = <8>;")
    assert "write-unit" not in rules("mcuboot-move", "write-block-size = <4>;")
    assert "write-unit" in rules("mcuboot-move", "write-block-size = <16>;")
    scratch = 'scratch_partition: partition@40000 { label = "image-scratch"; reg = <0x40000 0x4000>; };'
    assert "scratch" not in rules("mcuboot-scratch", "erase-block-size = <0x4000>;", scratch=scratch)
    assert "Give it 0x8000 bytes" in rules("mcuboot-scratch", "erase-block-size = <0x8000>;", scratch=scratch)["scratch"]["remedy"]


def test_the_table_s_place(tool):
    """A row over the table: in the tool's words of today, and in those of older versions."""
    tool.write("t.csv", "nvs, data, nvs, 0x9000, 0x6000,\nfactory, app, factory, 0x10000, 1M,\n")
    assert not [f for f in tool.findings("t.csv") if f["severity"] == "error"]
    said = tool("layout", "check", "--offset", "0x9000", "t.csv", code=3)
    assert "But partition table occupies the whole sector 0x9000. Use a free offset 0xa000 or higher." in said.stdout + said.stderr
    assert "'First partition offset 0x9000 overlaps end of partition table 0xa000'" in said.stdout + said.stderr
