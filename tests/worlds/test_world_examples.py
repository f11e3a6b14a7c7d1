# SPDX-License-Identifier: Apache-2.0
"""Four products in every world: as data/ has them, and judged by each world's own tools."""
import csv
import json
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml
from formats import BUILD, PRODUCTS, c_defines

DATA = pathlib.Path(__file__).parent / "data"
needs_dtc = pytest.mark.skipif(not shutil.which("dtc"), reason="no dtc")
needs_ld = pytest.mark.skipif(not shutil.which("arm-none-eabi-ld"), reason="no arm-none-eabi-ld")
# The table of chips has no RAM for an ESP32, so no region of it.
NO_RAM = {"gateway"}


@pytest.fixture(params=PRODUCTS)
def product(request, tool):
    tool("layout", "build", "--foreign", "all", "-o", "out", f"{request.param}.layout.yml")
    return request.param, tool, tool.folder / "out"


def original(name, file):
    """A header has another name there: it is no source of ours."""
    return (DATA / name / (file + ".txt" * file.endswith(".h"))).read_text()


# ---- Partition Manager ----

@pytest.mark.parametrize("file", ["partitions.yml", "regions.yml"])
def test_partition_manager_data(product, file):
    name, _, out = product
    want = yaml.safe_load(original(name, file))
    if name in NO_RAM:
        del want["sram_primary"]
    assert yaml.safe_load((out / "partition-manager" / file).read_text()) == want


def test_partition_manager_network_core(tool):
    tool("layout", "build", "-o", "out", "tracker.layout.yml")
    for file in ("partitions_CPUNET.yml", "regions_CPUNET.yml"):
        assert (yaml.safe_load((tool.folder / "out/partition-manager" / file).read_text()) ==
                yaml.safe_load(original("tracker", file)))
    for image in ("app", "mcuboot", "ipc_radio"):
        file = f"{image}/pm_config.h"
        assert (tool.folder / "out/partition-manager" / file).read_text() == original("tracker", file)


def without_ram(text):
    """What an original's text says beside the RAM."""
    text = re.sub(r"\n  sram_primary \(.*?\n\n", "\n", text, flags=re.S)  # a box of the report
    return [line for line in text.splitlines() if "SRAM" not in line and "sram" not in line]


@pytest.mark.parametrize("file", ["app/pm_config.h", "report.txt"])
def test_partition_manager_texts(product, file):
    name, _, out = product
    ours, want = (out / "partition-manager" / file).read_text(), original(name, file)
    if name in NO_RAM:
        size = r'(ALL_BY_SIZE ".*?)( ?sram_primary)'
        assert without_ram(ours) == without_ram(re.sub(size, r"\1", want))
    else:
        assert ours == want


@pytest.mark.parametrize("name, file", [(n, "pm_static.yml") for n in PRODUCTS] +
                         [("tracker", "pm_static_CPUNET.yml")])
def test_static_files(tool, name, file):
    """Every entry of the original's; more than that are the application, ends, and RAM."""
    tool("layout", "build", "--foreign", "partition-manager", "-o", "out", f"{name}.layout.yml")
    ours = yaml.safe_load((tool.folder / "out/partition-manager" / file).read_text())
    want = yaml.safe_load(original(name, file))
    for key, entry in want.items():
        assert {k: v for k, v in ours[key].items() if k != "end_address"} == entry, key
    assert set(ours) - set(want) <= {"app", "sram_primary", "ipc_radio"}


@pytest.mark.parametrize("name", PRODUCTS)
def test_static_files_are_what_they_are_for(tool, name):
    """partition_manager, given the static file and nothing else, puts everything where it was."""
    tool("layout", "build", "--foreign", "partition-manager", "-o", "out", f"{name}.layout.yml")
    folder = tool.folder / "out/partition-manager"
    regions = yaml.safe_load((folder / "regions.yml").read_text())
    tool.write("empty.yml", "")
    words = [str(BUILD / "cli/partition_manager"), "--input-files", "empty.yml",
             "--static-config", str(folder / "pm_static.yml"), "--output-partitions", "p.yml",
             "--output-regions", "r.yml", "--regions", *regions]
    for region, keys in regions.items():
        words += [f"--{region}-size", hex(keys["size"]), f"--{region}-base-address", hex(keys["base_address"]),
                  f"--{region}-placement-strategy", keys["placement_strategy"]]
        if keys["device"]:
            words += [f"--{region}-device", keys["device"]]
        if keys["dynamic_partition"]:
            words += [f"--{region}-dynamic-partition", keys["dynamic_partition"]]
    subprocess.run(words, cwd=tool.folder, check=True, timeout=60)
    again = yaml.safe_load((tool.folder / "p.yml").read_text())
    was = yaml.safe_load((folder / "partitions.yml").read_text())
    assert {n: (k["address"], k["size"]) for n, k in again.items()} == {
        n: (k["address"], k["size"]) for n, k in was.items()}


# ---- devicetree ----

def nodes(overlay):
    """{label: its lines} of an overlay's partitions, without comments."""
    found = re.findall(r"(\w+): (partition@\w+) \{\n(.*?)\n\t*\};", overlay, flags=re.S)
    return {label: (node, [line.strip() for line in body.splitlines()]) for label, node, body in found}


@pytest.mark.parametrize("name, ours, want", [(n, "app.overlay", "layout.overlay") for n in PRODUCTS] +
                         [("tracker", "CPUNET.overlay", "layout_cpunet.overlay")])
def test_overlays(tool, name, ours, want):
    tool("layout", "build", "-o", "out", f"{name}.layout.yml")
    overlay = (tool.folder / "out/zephyr" / ours).read_text()
    assert nodes(overlay) == nodes(original(name, want))
    for line in ("&flash0 {", "&flash1 {", "&mx25r64 {"):
        assert (line in overlay) == (line in original(name, want))


BASE = """/dts-v1/;
/ { #address-cells = <1>; #size-cells = <1>;
  flash0: flash@0 { compatible = "soc-nv-flash"; reg = <0x0 0x400000>; #address-cells = <1>; #size-cells = <1>;
    partitions { #address-cells = <1>; #size-cells = <1>; x: partition@0 { reg = <0x0 0x10>; }; }; };
  flash1: flash@1000000 { compatible = "soc-nv-flash"; reg = <0x1000000 0x40000>; #address-cells = <1>; #size-cells = <1>;
    partitions { #address-cells = <1>; #size-cells = <1>; y: partition@0 { reg = <0x0 0x10>; }; }; };
  mx25r64: nor@8000000 { reg = <0x8000000 0x1>; size = <0x4000000>; #address-cells = <1>; #size-cells = <1>;
    partitions { #address-cells = <1>; #size-cells = <1>; z: partition@0 { reg = <0x0 0x10>; }; }; };
};
"""


@needs_dtc
@pytest.mark.parametrize("name, file", [(n, "app") for n in PRODUCTS] + [("tracker", "CPUNET")])
def test_dtc_takes_the_overlays(tool, name, file):
    tool("layout", "build", "-o", "out", f"{name}.layout.yml")
    overlay = (tool.folder / f"out/zephyr/{file}.overlay").read_text()
    done = subprocess.run(["dtc", "-I", "dts", "-O", "dts", "-"], input=BASE + overlay, text=True,
                          capture_output=True, check=True)
    # What dtc warns of is in the base, whose nodes are bare.
    lines = [int(n) for n in re.findall(r"^<stdin>:(\d+)\.", done.stderr, flags=re.M)]
    assert all(n < len(BASE.splitlines()) for n in lines), done.stderr
    for label, (node, _) in nodes(overlay).items():
        assert f"{node} {{" in done.stdout, label


# ---- wolfBoot ----

def test_wolfboot(product):
    name, tool, out = product
    for file in ("target.h", "target-2018.h"):
        assert (c_defines((out / "wolfboot" / file).read_text(), tool.folder) ==
                c_defines(original(name, file), tool.folder))
    assert (out / "wolfboot/.config").read_text() == original(name, "wolfboot.config").rstrip("\n") + "\n"
    external = "#define PART_UPDATE_EXT"
    assert (external in (out / "wolfboot/target.h").read_text()) == (external in original(name, "target.h"))


# ---- ESP-IDF ----

def rows(text):
    return [[cell.strip() for cell in row] for row in csv.reader(text.splitlines()) if row and row[0][:1] != "#"]


# The prototype named the primary slot as the application, ours as the partition.
NAMES = {"tracker": {"app": "mcuboot_primary"}}


@pytest.mark.parametrize("name, table", [("gateway", 0x8000), ("lamp", 0x7000), ("tracker", 0xB000)])
def test_tables(tool, name, table):
    """Row by row, and taken by the code of ESP-IDF, which makes the same binary of it."""
    from esp_idf_defs.partitions import PartitionTable
    text = tool.convert(f"{name}.layout.yml", "esp-csv").stdout
    names = NAMES.get(name, {})
    assert rows(text) == [[names.get(r[0], r[0]), *r[1:]] for r in rows(original(name, "partitions.csv"))]
    theirs = PartitionTable.from_csv(text, partition_table_offset=table)
    theirs.verify()
    tool.convert(f"{name}.layout.yml", "esp-bin", "-o", "t.bin")
    made = (tool.folder / "t.bin").read_bytes()
    assert made[:len(theirs) * 32] == theirs.to_binary()[:len(theirs) * 32] and len(made) == 0xC00


def test_a_table_that_cannot_be(tool):
    said = tool.convert("badge.layout.yml", "esp-csv", code=3).stderr
    assert "Partition primary invalid: Offset 0x14000 is not aligned to 0x10000" in said


# ---- RP2350, linkers ----

def test_picotool(tool):
    assert json.loads(tool.convert("badge.layout.yml", "rp2350").stdout) == json.loads(original("badge", "pt.json"))


@pytest.mark.skipif(not shutil.which("picotool"), reason="no picotool (Debian 13 has it)")
def test_picotool_takes_it(tool):
    tool.convert("badge.layout.yml", "rp2350", "-o", "pt.json")
    subprocess.run(["picotool", "partition", "create", "pt.json", "pt.bin"], cwd=tool.folder, check=True)
    assert (tool.folder / "pt.bin").stat().st_size


@needs_ld
@pytest.mark.parametrize("name", [p for p in PRODUCTS if p != "gateway"])
def test_ld_takes_the_scripts(tool, name):
    """Each memory with a section in it, and the symbols where the layout has the partitions."""
    tool("layout", "build", "-o", "out", f"{name}.layout.yml")
    places = {p["name"]: p for p in tool.shown(f"{name}.layout.yml")["partitions"]}
    tool.write("t.s", ".text\n.global start\nstart: .word 1\n")
    subprocess.run(["arm-none-eabi-as", "t.s", "-o", "t.o"], cwd=tool.folder, check=True)
    for script in ("boot.ld", "app.ld", "embassy/memory.x"):
        tool.write("t.ld", f"INCLUDE out/{script}\nINCLUDE out/layout.ld\n"
                   "SECTIONS { .text : { *(.text*) } > FLASH }\n")
        subprocess.run(["arm-none-eabi-ld", "-T", "t.ld", "-e", "start", "t.o", "-o", "t.elf"],
                       cwd=tool.folder, check=True)
        symbols = dict(reversed(line.split()[::2]) for line in subprocess.run(
            ["arm-none-eabi-nm", "t.elf"], cwd=tool.folder, check=True, text=True,
            capture_output=True).stdout.splitlines())
        for part, place in places.items():
            assert int(symbols[f"__bh_{part}_offset"], 16) == place["offset"]
            assert int(symbols[f"__bh_{part}_size"], 16) == place["size"]
    assert int(symbols["__bootloader_active_start"], 16) == next(
        p["offset"] for p in places.values() if p["role"] == "primary")


@needs_ld
def test_ld_takes_the_symbols_of_a_table(tool):
    tool("layout", "build", "-o", "out", "gateway.layout.yml")
    tool.write("t.s", ".word __bh_ota_1_offset\n")
    subprocess.run(["arm-none-eabi-as", "t.s", "-o", "t.o"], cwd=tool.folder, check=True)
    subprocess.run(["arm-none-eabi-ld", "-T", "out/layout.ld", "t.o", "-o", "t.elf"], cwd=tool.folder,
                   check=True)
