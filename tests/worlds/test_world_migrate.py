# SPDX-License-Identifier: Apache-2.0
"""layout migrate: the proof that nothing moved, or what moved and what that does."""
import json
import shutil
import subprocess

import pytest
from formats import BUILD, EQUAL_SLOTS

pytestmark = pytest.mark.skipif(not shutil.which("dtc"), reason="no dtc")
KEPT = ["mcuboot", "mcuboot_primary", "mcuboot_secondary", "settings_storage", "assets"]


@pytest.fixture
def both(tool):
    """A static file, and the overlay that was made from it."""
    tool.write("pm_static.yml", EQUAL_SLOTS)
    tool.convert("pm_static.yml", "dts", "-o", "app.overlay")
    return tool


def test_one_command_with_its_proof(both):
    done = both("layout", "migrate", "--require-equal", "pm_static.yml", "app.overlay")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:5]] == KEPT and all(line.endswith(" equal") for line in lines[:5])
    assert lines[-1] == "Equal: all 5 places. No image has to be built again for them."
    first = lines[1].split()
    assert first == ["mcuboot_primary", "flash_primary", "0x0000c000", "0x78000", "=", "slot0_partition",
                     "flash0", "0x0000c000", "0x78000", "equal"]


# a change of the overlay: the row, the change, and what it does
CHANGES = {
    ("partition@c000 {", "partition@d000 {", "<0xc000 0x78000>", "<0xd000 0x77000>"):
        ("mcuboot_primary", "moved", "starts what is at the old address"),
    ("<0x84000 0x78000>", "<0x84000 0x77000>"): ("mcuboot_secondary", "resized", "The trailer is at the slot's end"),
    ("partition@fe000", "partition@ff000", "<0xfe000 0x2000>", "<0xff000 0x1000>"):
        ("settings_storage", "moved", "loses its settings"),
    ("slot1_partition: partition", "backup: partition", 'label = "image-1"', 'label = "x"'):
        ("mcuboot_secondary", "gone", "the update is never installed"),
    ("boot_partition: partition", "start: partition", 'label = "mcuboot"', 'label = "start"'):
        ("mcuboot", "gone", "no update over the air moves it"),
}


@pytest.mark.parametrize("change", CHANGES, ids=[CHANGES[c][0] + " " + CHANGES[c][1] for c in CHANGES])
def test_what_moved(both, change):
    text = (both.folder / "app.overlay").read_text()
    for old, new in zip(change[::2], change[1::2]):
        assert old in text
        text = text.replace(old, new).replace(f"&{old.split(':')[0]};", f"&{new.split(':')[0]};")
    both.write("app.overlay", text)
    done = both("layout", "migrate", "--require-equal", "--json", "pm_static.yml", "app.overlay", code=3)
    found = json.loads(done.stdout)
    name, kind, effect = CHANGES[change]
    row = next(r for r in found["rows"] if r.get("old", {}).get("name") == name)
    assert row["change"] == kind and effect in row["effect"]
    assert found["different"] >= 1 and found["equal"] + found["different"] == len(found["rows"])
    said = both("layout", "migrate", "pm_static.yml", "app.overlay").stdout
    assert "Not equal: " in said and "\nEqual" not in said and effect in said
    rows = json.loads(both("layout", "diff", "--json", "pm_static.yml", "app.overlay").stdout)["rows"]
    assert name in {r.get("old", {}).get("name") for r in rows} and all(r["change"] != "equal" for r in rows)


def test_a_row_without_its_other_side_is_never_equal(both):
    both.write("more.yml", EQUAL_SLOTS.replace("settings_storage: {address: 0xfe000, size: 0x2000}",
                                               "settings_storage: {address: 0xfe000, size: 0x1000}\n"
                                               "extra: {address: 0xff000, size: 0x1000}"))
    for a, b in (("pm_static.yml", "more.yml"), ("more.yml", "pm_static.yml")):
        said = both("layout", "migrate", "--require-equal", a, b, code=3).stdout
        assert "Not equal: 2 of 6 places" in said


def test_another_chip_is_another_place(both):
    """The same offset on the external flash is not the same place."""
    both.write("ext.yml", EQUAL_SLOTS.replace("mcuboot_secondary: {address: 0x84000, size: 0x78000}",
                                              "mcuboot_secondary: {address: 0x84000, size: 0x78000, region: external_flash}")
               .replace("assets: {address: 0x0, size: 0x100000,", "assets: {address: 0x100000, size: 0x100000,"))
    rows = json.loads(both("layout", "migrate", "--json", "pm_static.yml", "ext.yml").stdout)["rows"]
    assert next(r for r in rows if r["old"]["name"] == "mcuboot_secondary")["change"] == "moved"


def test_nothing_to_compare(both):
    both.write("ram.yml", "x_sram: {address: 0x20000000, size: 0x1000}\n")
    assert "there is nothing to compare" in both("layout", "migrate", "ram.yml", "ram.yml", code=2).stderr


def test_pm_to_dts(tool):
    """The program: an overlay for each core of a build folder, each of which is equal."""
    build = tool.folder / "build"
    build.mkdir()
    tool.convert("tracker.layout.yml", "partitions-yml", "-o", "build/partitions.yml")
    tool.convert("tracker.layout.yml", "partitions-yml", "--domain", "CPUNET", "-o", "build/partitions_CPUNET.yml")

    def run(*words, code=0):
        done = subprocess.run([str(BUILD / "cli" / "pm_to_dts"), *words], cwd=tool.folder, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        assert done.returncode == code, done.stderr
        return done

    assert run("--build-dir", "build", "--output-dir", "out").stdout == "out/app.overlay\nout/CPUNET.overlay\n"
    for name, overlay in (("partitions.yml", "app"), ("partitions_CPUNET.yml", "CPUNET")):
        tool("layout", "migrate", "--require-equal", f"build/{name}", f"out/{overlay}.overlay")
    run("--input", "build/partitions.yml", "--output-dir", "fixed", "--fixed")
    assert "zephyr,mapped-partition" not in (tool.folder / "fixed/app.overlay").read_text()
    assert "cannot open" in run("--build-dir", "nowhere", "--output-dir", "none", code=1).stderr
    assert not (tool.folder / "none").exists()
    assert "unrecognized arguments: --what" in run("--what", code=2).stderr


def test_the_network_core(tool):
    """b0n and its application: another flash, told apart by its address."""
    tool.convert("tracker.layout.yml", "partitions-yml", "--domain", "CPUNET", "-o", "partitions_CPUNET.yml")
    tool.convert("tracker.layout.yml", "dts", "--domain", "CPUNET", "-o", "net.overlay")
    rows = json.loads(tool("layout", "migrate", "--json", "--require-equal", "partitions_CPUNET.yml",
                           "net.overlay").stdout)["rows"]
    assert [r["old"]["address"] for r in rows] == [0x1000000, 0x1008800, 0x1009000]


def test_each_core_s_slot_is_its_own(tool):
    """Both cores have a slot0. The network core's file has one alone: it is the network core's."""
    tool.convert("tracker.layout.yml", "dts", "--domain", "CPUNET", "-o", "net.overlay")
    tool.write("board.dts", "/dts-v1/;\n/ { #address-cells = <1>; #size-cells = <1>;\n"
               "flash1: flash@1000000 { reg = <0x1000000 0x40000>; #address-cells = <1>; #size-cells = <1>; }; };\n")
    done = tool("layout", "migrate", "--json", "--base", "board.dts", "tracker.layout.yml", "net.overlay")
    rows = {r["old"]["name"]: r for r in json.loads(done.stdout)["rows"] if "old" in r}
    assert rows["ipc_radio"]["change"] == "equal" and rows["ipc_radio"]["new"]["name"] == "slot0_partition"
    assert rows["mcuboot_primary"]["change"] == "gone"


def test_another_name_for_the_same_place(tool):
    """What nobody gives a meaning is matched by where it is; two such in one place are not one row."""
    tool.write("a.yml", EQUAL_SLOTS + "log: {address: 0x100000, size: 0x2000, region: external_flash}\n")
    tool.write("b.yml", EQUAL_SLOTS + "diary: {address: 0x100000, size: 0x2000, region: external_flash}\n")
    rows = json.loads(tool("layout", "migrate", "--json", "--require-equal", "a.yml", "b.yml").stdout)["rows"]
    assert ("log", "diary") in [(r["old"]["name"], r["new"]["name"]) for r in rows]
    # Where the place is another, they are two things.
    tool.write("b.yml", EQUAL_SLOTS + "diary: {address: 0x102000, size: 0x2000, region: external_flash}\n")
    rows = json.loads(tool("layout", "migrate", "--json", "--require-equal", "a.yml", "b.yml", code=3).stdout)["rows"]
    assert [r["change"] for r in rows if r["change"] != "equal"] == ["gone", "new"]


def test_pm_to_dts_as_nordic_has_it(tool):
    """A build folder alone: names of the board, printed overlays, and the words of what is missing."""
    def run(*words, code=0):
        done = subprocess.run([str(BUILD / "cli" / "pm_to_dts.py"), *words], cwd=tool.folder, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        assert done.returncode == code, done.stderr
        return done.stdout

    assert run(code=1) == "Missing input folder\n"
    assert run("build", code=1) == "Not a folder\n"
    (tool.folder / "build/zephyr").mkdir(parents=True)
    assert run("build", code=1) == "Partition manager output not found\n"
    tool.convert("tracker.layout.yml", "partitions-yml", "-o", "build/partitions.yml")
    assert run("build", code=1) == "Sysbuild build file not found\n"
    lines = ['SB_CONFIG_SOC_SERIES="nrf54lx"', 'SB_CONFIG_BOARD="dk"', 'SB_CONFIG_BOARD_QUALIFIERS="nrf54l15/cpuapp"']
    for n, what in enumerate(("", " - board not found", " - board qualifiers not found")):
        tool.write("build/zephyr/.config", "# x\n" + "\n".join(lines[:n]) + "\n")
        assert run("build", code=1) == f"Invalid sysbuild build configuration{what}\n"
    tool.write("build/zephyr/.config", "# x\n" + "\n".join(lines) + "\n")
    assert not list(tool.folder.glob("*.overlay"))
    text = run("build", "whatever")
    assert text == (tool.folder / "dk_nrf54l15_cpuapp.overlay").read_text() and "&cpuapp_rram {" in text
    tool.write("build/zephyr/.config", "# x\n" + "\n".join(lines).replace("nrf54lx", "nrf53") + "\n")
    tool.convert("tracker.layout.yml", "partitions-yml", "--domain", "CPUNET", "-o", "build/partitions_CPUNET.yml")
    text = run("build")
    app, net = ((tool.folder / f"dk_nrf54l15_cpuapp{end}.overlay").read_text() for end in ("", "_cpunet"))
    assert text == f"{app}**CPUNET**:\n\n{net}" and "&flash0 {" in app
    assert "bl_storage: provision_partition: partition@8800" in net
    for name, overlay in (("partitions.yml", ""), ("partitions_CPUNET.yml", "_cpunet")):
        tool("layout", "migrate", "--require-equal", f"build/{name}", f"dk_nrf54l15_cpuapp{overlay}.overlay")


# Of sdk-nrf's scripts/pm_to_dts.py, v0.06: Partition Manager's name, the label, the property.
NAMES = """\
mcuboot boot_partition mcuboot
factory_data factory_data_partition factory-data
settings_storage storage_partition storage
mcuboot_secondary slot1_partition image-1
mcuboot_primary_1 slot2_partition image-2
mcuboot_secondary_1 slot3_partition image-3
mcuboot_primary_2 slot4_partition image-4
mcuboot_secondary_2 slot5_partition image-5
mcuboot_primary_3 slot6_partition image-6
mcuboot_secondary_3 slot7_partition image-7
mcuboot_primary_4 slot8_partition image-8
mcuboot_secondary_4 slot9_partition image-9
mcuboot_primary_5 slot10_partition image-10
mcuboot_secondary_5 slot11_partition image-11
b0n b0n_partition b0n
b0 b0_partition b0
provision provision_partition b0-provision-data
s0_image s0_partition b0-image-0
s1_image s1_partition b0-image-1
tfm_storage tfm_storage_partition tfm-storage
tfm_its tfm_its_partition tfm-its
tfm_otp_nv_counters tfm_otp_partition tfm-otp
tfm_ps tfm_ps_partition tfm-ps
my_own_data my_own_data my-own-data
"""


def test_names_are_nordic_s(tool):
    rows = [line.split() for line in NAMES.splitlines()]
    tool.write("partitions.yml", "".join(f"{pm}: {{address: {i * 0x1000:#x}, size: 0x1000}}\n"
                                         for i, (pm, _, _) in enumerate(rows)))
    text = tool.convert("partitions.yml", "dts").stdout
    for i, (_, label, name) in enumerate(rows):
        assert f"{label}: partition@{i * 0x1000:x} {{" in text and f'label = "{name}";' in text
    tool.write("x.overlay", text)
    tool("layout", "migrate", "--require-equal", "partitions.yml", "x.overlay")
