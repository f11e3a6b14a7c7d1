# SPDX-License-Identifier: Apache-2.0
"""A product of the nRF5340 from Partition Manager's fragments to a device that updates: solved, checked,
drawn, exported, and its bootloader and updates in the simulator."""
import json
import random
import re
import shlex
import shutil

import pytest
from formats import ROOT, SEED

FRAGMENTS = """\
mcuboot: {size: 0xc000, placement: {before: [journal_a]}}
journal_a: {size: 0x2000, placement: {before: [journal_b]}}
journal_b: {size: 0x2000, placement: {before: [mcuboot_primary]}}
mcuboot_pad: {size: 0x200, placement: {before: [mcuboot_primary_app]}}
mcuboot_primary: {span: [mcuboot_pad, mcuboot_primary_app]}
mcuboot_primary_app: {span: [app]}
mcuboot_secondary: {share_size: [mcuboot_primary], region: external_flash}
"""
STORAGE = "settings_storage: {size: 0x4000, placement: {before: [end], align: {start: 0x1000}}}\n"
BOOT = """
boot:
  slots:
    app: {primary: mcuboot_primary, secondary: mcuboot_secondary, spare: first of secondary,
          format: mcuboot, header: 0x200}
  journal: [journal_a, journal_b]
  plan: swap
  trial_boots: 1
  mailbox: mcuboot
  keys: [release.pub.pem]
"""
REGIONS = ["--region", "flash_primary=1M", "--region", "external_flash=8M", "--with", "storage.yml"]


@pytest.fixture
def product(tool):
    tool.write("pm.yml", FRAGMENTS)
    tool.write("storage.yml", STORAGE)
    return tool


def test_solved_checked_drawn_exported(product):
    places = product.places("pm.yml", *REGIONS)
    assert places["mcuboot_primary"] == ("flash_primary", 0x10000, 0xEC000)
    assert places["mcuboot_secondary"] == ("external_flash", 0, 0xEC000)
    found = product.findings("pm.yml", *REGIONS, "--engine", "mcuboot-move")
    assert {f["rule"] for f in found if f["severity"] != "note"} == {"sector-count", "driver"}
    assert any(f.get("remedy", "").startswith("Set CONFIG_BOOT_MAX_IMG_SECTORS=236") for f in found)
    product("layout", "map", "pm.yml", *REGIONS, "--svg", "flash.svg")
    assert "mcuboot_secondary" in (product.folder / "flash.svg").read_text()
    product.convert("pm.yml", "partitions-yml", *REGIONS, "-o", "partitions.yml")
    product("layout", "pin", "partitions.yml", "-o", "pm_static.yml")
    product("layout", "migrate", "--require-equal", "partitions.yml", "pm_static.yml")
    if shutil.which("dtc"):
        product.convert("pm_static.yml", "dts", "-o", "app.overlay")
        product("layout", "migrate", "--require-equal", "partitions.yml", "app.overlay")


def test_its_product_updates(product):
    """The same places as a layout of ours, with 'boot:', in the simulator: an update and a revert."""
    text = product.convert("pm.yml", "layout", *REGIONS, "--flash-chip", "nrf5340-app").stdout
    product.write("p.layout.yml", text + BOOT)
    product("key", "new", "-t", "p256", "k.pem")
    product("key", "export", "k.pem", "-o", "release.pub.pem")
    product("layout", "check", "p.layout.yml")
    product.convert("pm.yml", "partitions-yml", *REGIONS, "-o", "partitions.yml")
    product("layout", "migrate", "--require-equal", "partitions.yml", "p.layout.yml")
    done = product("sim", "run", "p.layout.yml", "--scaled", "confirm").stdout
    assert "version 2 starts; the journal says idle, last update confirmed" in done and "no law broken" in done
    assert "no law broken" in product("sim", "run", "p.layout.yml", "--scaled", "revert").stdout


def test_end_to_end(product):
    """All of it in one: fragments are solved, checked, drawn, pinned, exported and proven; of the same places
    the product is made, built, and put on its two chips; it boots, is updated from the external one, loses
    power on the way, is confirmed, and reverts what is not."""
    product("layout", "map", "pm.yml", *REGIONS, "--svg", "flash.svg")
    found = product.findings("pm.yml", *REGIONS, "--engine", "mcuboot-move")
    assert not [f for f in found if f["severity"] == "error"]
    product.convert("pm.yml", "partitions-yml", *REGIONS, "-o", "partitions.yml")
    product.convert("pm.yml", "regions-yml", *REGIONS, "-o", "regions.yml")
    product("layout", "pin", "partitions.yml", "--regions", "regions.yml", "-o", "pm_static.yml")
    text = product.convert("pm_static.yml", "layout", *REGIONS[:4], "--flash-chip", "nrf5340-app").stdout
    product.write("p.layout.yml", text + BOOT)
    product("key", "new", "-t", "p256", "k.pem")
    product("key", "export", "k.pem", "-o", "release.pub.pem")
    product("layout", "build", "-o", "out", "p.layout.yml")
    proofs = ["out/partition-manager/pm_static.yml", "p.layout.yml"]
    if shutil.which("dtc"):
        proofs.append("out/zephyr/app.overlay")
    for new in proofs:
        said = product("layout", "migrate", "--require-equal", "partitions.yml", new).stdout
        assert "Equal: all 6 places." in said
    header = (product.folder / "out/partition-manager/app/pm_config.h").read_text()
    assert "#define PM_MCUBOOT_SECONDARY_ADDRESS 0x0\n" in header and "#define PM_MCUBOOT_PRIMARY_SIZE 0xec000\n" in header

    r = random.Random(SEED)
    for version in (1, 2, 3):
        (product.folder / f"{version}.bin").write_bytes(
            (0x20040000).to_bytes(4, "little") + (0x10401).to_bytes(4, "little") + r.randbytes(150_000 + 1000 * version))
        product("image", "sign", "-k", "k.pem", "--layout", "p.layout.yml", "--pad-header", "-v", f"{version}.0.0",
                f"{version}.bin", f"{version}.signed")
    chips = ["--flash", "internal.bin", "--flash", "external.bin"]

    def boots(version, outcome):
        told = json.loads(product("boot", "run", "p.layout.yml", *chips, "--json").stdout)
        assert (told["action"], told["version"], told["outcome"]) == ("start", f"{version}.0.0+0", outcome), told

    product("boot", "install", "p.layout.yml", *chips, "1.signed")
    assert [(product.folder / f"{c}.bin").stat().st_size for c in ("internal", "external")] == [1 << 20, 8 << 20]
    boots(1, "none")
    product("boot", "stage", "p.layout.yml", *chips, "2.signed")
    assert (product.folder / "external.bin").read_bytes().count(b"\xff") < (8 << 20) - 140_000
    product("boot", "request", "p.layout.yml", "test", *chips)
    for cut in (40, 90, 7):
        assert json.loads(product("boot", "run", "p.layout.yml", *chips, "--json", "--cut", f"{cut}:torn").stdout)["cut"]
    boots(2, "none")
    product("boot", "confirm", "p.layout.yml", *chips)
    boots(2, "confirmed")
    product("boot", "stage", "p.layout.yml", *chips, "3.signed")
    product("boot", "request", "p.layout.yml", "test", *chips)
    boots(3, "none")
    boots(2, "reverted")  # nobody confirmed it
    assert "no law broken" in product("sim", "run", "p.layout.yml", "--scaled", "confirm").stdout


def test_the_page(tool):
    """docs/boot-max-img-sectors.md: its commands are run, in their order, on the files that it shows."""
    page = (ROOT / "docs/boot-max-img-sectors.md").read_text()
    fragments, boot = re.findall(r"```yaml\n(.*?)```", page, flags=re.S)
    tool.write("pm.yml", fragments)
    said = ""
    for line in re.findall(r"^    \$ (.*)", page, flags=re.M):
        if line == "cat boot.yml >> p.layout.yml":
            tool.write("p.layout.yml", (tool.folder / "p.layout.yml").read_text() + "\n" + boot)
            continue
        program, *words = shlex.split(line)
        assert program == "bulkhead"
        done = tool(*words)
        said += done.stdout + done.stderr
    # What it prints on the page is what is printed.
    for text in ("a slot has 236 sectors: 'Failed reading sectors; BOOT_MAX_IMG_SECTORS=128 - too small?'. Set "
                 "CONFIG_BOOT_MAX_IMG_SECTORS=236. Bulkhead's bootloader has no such limit. [sector-count]",
                 "mcuboot_secondary is on external_flash, and nothing names its driver"):
        assert text in said and text in re.sub(r"\s+", " ", page)
    assert "no law broken" in said
