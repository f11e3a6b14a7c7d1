# SPDX-License-Identifier: Apache-2.0
"""layout build: what a layout is in every other world, in a folder for each."""
import json
import re
import shutil

import pytest
from formats import EQUAL_SLOTS, EXAMPLES, PRODUCTS

OWN = {"lamp": {"zephyr", "wolfboot", "embassy", "tf-m", "linux"},
       "tracker": {"partition-manager", "zephyr", "wolfboot", "embassy", "tf-m", "linux"},
       "badge": {"zephyr", "wolfboot", "embassy", "tf-m", "rp2350", "linux"},
       "gateway": {"zephyr", "linux"}}
WRITERS = {"zephyr/app.overlay": "dts", "wolfboot/target.h": "target-h", "wolfboot/target-2018.h": "target-2018-h",
           "wolfboot/.config": "wolfboot-config", "embassy/memory.x": "memory-x", "tf-m/flash_layout.h": "flash-layout-h",
           "rp2350/pt.json": "rp2350", "linux/mtdparts": "mtdparts",
           "partition-manager/partitions.yml": "partitions-yml", "partition-manager/regions.yml": "regions-yml",
           "partition-manager/pm_static.yml": "pm-static", "partition-manager/pm.config": "pm-config",
           "partition-manager/app/pm_config.h": "pm-config-h", "partition-manager/report.txt": "pm-report"}
FIRST = {"zephyr/app.overlay", "wolfboot/target.h", "embassy/memory.x", "rp2350/pt.json", "linux/mtdparts",
         "partition-manager/partitions.yml"}


def folders(out):
    return {p.name for p in out.iterdir() if p.is_dir()}


def build(tool, name, *words, code=0, out="out"):
    done = tool("layout", "build", "-o", out, *words, f"{name}.layout.yml", code=code)
    return done, tool.folder / out


@pytest.mark.parametrize("name", PRODUCTS)
def test_what_fits_a_product(tool, name):
    """Each file is what convert writes; lost.txt has what convert would tell, each once."""
    done, out = build(tool, name)
    assert folders(out) == OWN[name] and "skipped" not in done.stderr
    lost = (out / "lost.txt").read_text().splitlines()
    assert len(lost) == len(set(lost)) and {line.split(":")[0] for line in lost} == OWN[name]
    for file, writer in WRITERS.items():
        folder = file.split("/")[0]
        if folder not in OWN[name]:
            continue
        converted = tool.convert(f"{name}.layout.yml", writer)
        assert (out / file).read_text() == converted.stdout, file
        for line in converted.stderr.splitlines():
            # What the world's first file says, another of its files need not say.
            beside = file not in FIRST and re.search(r": (its|that it is|where it is) ", line)
            if "of domain CPUNET, which has" not in line and not beside:
                assert f"{folder}: {line.split('lost: ', 1)[1]}" in lost
    again, _ = build(tool, name)
    assert "wrote 0 of" in again.stderr


def test_each_core_has_files_of_its_own(tool):
    _, out = build(tool, "tracker", "--foreign", "partition-manager", "--foreign", "zephyr")
    assert folders(out) == {"partition-manager", "zephyr"}
    assert {p.relative_to(out).as_posix() for p in out.rglob("*CPUNET*")} == {
        "zephyr/CPUNET.overlay", "partition-manager/partitions_CPUNET.yml", "partition-manager/regions_CPUNET.yml",
        "partition-manager/pm_static_CPUNET.yml", "partition-manager/pm_CPUNET.config"}
    assert {p.parent.name for p in out.rglob("pm_config.h")} == {"app", "mcuboot", "ipc_radio"}


def test_words_of_foreign(tool):
    _, out = build(tool, "lamp", "--foreign", "none")
    assert folders(out) == set()
    _, out = build(tool, "gateway", "--foreign", "all", out="all")
    assert folders(out) == {"partition-manager", "zephyr", "wolfboot", "tf-m", "rp2350", "linux"}
    assert "did you mean 'zephyr'?" in build(tool, "lamp", "--foreign", "zephir", code=2, out="no")[0].stderr
    assert "none, and another one" in build(tool, "lamp", "--foreign", "none", "--foreign", "zephyr", code=2,
                                            out="no")[0].stderr
    assert not (tool.folder / "no").exists()


COLLIDES = ("  settings:   {size: 64K}", "  settings:   {size: 32K, pages: no}\n"
            "  storage:    {size: 32K, dts: {label: storage_partition}, pages: no}")


def test_a_world_that_cannot_say_it(tool):
    """It is skipped by name, and none of its files is written; asked for, it is an error and nothing
    is written."""
    tool.write("x.layout.yml", (tool.folder / "lamp.layout.yml").read_text().replace(*COLLIDES))
    done, out = build(tool, "x")
    assert folders(out) == OWN["lamp"] - {"zephyr"}
    assert "skipped: zephyr/: x.layout.yml: settings and storage would both be storage_partition" in done.stderr
    told = json.loads(build(tool, "x", "--json")[0].stdout)
    worlds = {w["name"]: w for w in told["foreign"]}
    assert "storage_partition" in worlds["zephyr"]["skipped"] and worlds["wolfboot"]["lost"] > 3
    assert sorted(told["files"]) == sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
    said = build(tool, "x", "--foreign", "zephyr", code=3, out="no")[0].stderr
    assert "storage_partition" in said and not (tool.folder / "no").exists()


def test_no_name_leads_out_of_the_folder(tool):
    """Names that become names of files are names, not paths."""
    text = (EXAMPLES / "tracker.layout.yml").read_text()
    for old, new in (("{size: 48K}", "{size: 48K, pm: ../../x}"), ("domain: CPUNET", "domain: ../CPUNET"),
                     ("{size: 48K}", "{size: 48K, pm: a/b}")):
        assert old in text
        tool.write("x.layout.yml", text.replace(old, new, 1))
        said = build(tool, "x", code=3)[0].stderr
        assert "letters, digits and _" in said, said
        assert not list(tool.folder.rglob("pm_config.h")) and not (tool.folder / "out").exists()


def test_nothing_is_left_of_a_build_that_fails(tool):
    out = tool.folder / "out"
    (out / "zephyr" / "app.overlay").mkdir(parents=True)
    build(tool, "lamp", code=2)
    assert {p.relative_to(out).as_posix() for p in out.rglob("*")} == {"zephyr", "zephyr/app.overlay"}
    shutil.rmtree(out)
    done, _ = build(tool, "lamp", "-n")
    assert not out.exists() and "would write out/zephyr/app.overlay, " in done.stderr


def test_one_identity(tool):
    """A layout without 'boot:' has roles by names where worlds meet, and the same identity everywhere."""
    tool.write("pm_static.yml", EQUAL_SLOTS)
    tool.convert("pm_static.yml", "layout", "-o", "x.layout.yml")
    built = json.loads(build(tool, "x", "--json")[0].stdout)["identity"]
    assert f"identity {built:08x}" in tool("layout", "check", "x.layout.yml").stdout
    assert {p["role"] for p in tool.shown("x.layout.yml")["partitions"]} >= {"bootloader", "primary", "secondary"}
