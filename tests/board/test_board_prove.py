# SPDX-License-Identifier: Apache-2.0
"""bulkhead board prove: a good bootloader is proven on every board, one that forgets something is not."""
import json
import os
import pathlib
import re
import subprocess
import xml.etree.ElementTree as xml

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host") / "cli" / "bulkhead"
FIRMWARE = ROOT / "build" / "firmware" / "stm32f407"
LAYOUT = ROOT / "products" / "stm32f407.layout.yml"
KEY = ROOT / "ports" / "keys" / "development-p256.pem"


def tool(*args, code=0):
    done = subprocess.run([str(a) for a in (TOOL, *args)], capture_output=True, text=True, timeout=900,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == code, f"{args}\n{done.stdout}{done.stderr}"
    return done.stdout if code == 0 else done.stdout + done.stderr


def sign_apps(folder, board="stm32f407", more=(0, 0)):
    """Two versions, signed for the sample's layout, with so many bytes more."""
    for version in (1, 2):
        data = (FIRMWARE.parent / board / f"app-{version}.0.0.bin").read_bytes()
        (folder / "raw").write_bytes(data + bytes(i * i % 251 for i in range(more[version - 1])))
        tool("image", "sign", "-q", "--layout", ROOT / f"products/{board}.layout.yml", "--key", KEY, "--version",
             f"{version}.0.0", "--pad-header", folder / "raw", folder / f"{version}.bin")
    return folder


@pytest.fixture(scope="module")
def apps(tmp_path_factory):
    return sign_apps(tmp_path_factory.mktemp("apps"))


def words(apps, *more, bootloader=FIRMWARE / "boot.bin", layout="stm32f407"):
    return ["board", "prove", layout, "--bootloader", bootloader, "--app", apps / "1.bin", "--app",
            apps / "2.bin", *more]


def test_the_samples_bootloader_is_proven(apps, tmp_path):
    said = json.loads(tool(*words(apps, "--cuts", "1", "--seed", "5", "--json", "-q", "--junit",
                                  tmp_path / "out.xml")))
    assert said["end"] == "proven" and said["schema"] == "board-prove-1"
    assert [(p["name"], p["cuts"]) for p in said["phases"]] == [("update", 1), ("confirm", 1), ("revert", 1)]
    # every unit of both slots was written twice, and the host did the same
    assert said["compared"] > 50000 and all(p["candidates"] > 10 for p in said["phases"])
    suite = xml.parse(tmp_path / "out.xml").getroot()
    assert [c.get("name") for c in suite] == ["life without cuts", "update", "confirm", "revert"]
    assert suite.get("failures") == "0" and not suite.findall("testcase/*")


def test_a_bound_is_kept_and_said(apps, tmp_path):
    said = tool(*words(apps, "--all", "--seconds", "1", "--junit", tmp_path / "out.xml"))
    assert "stopped by its bound of 1 seconds" in said and "proven" not in said
    assert xml.parse(tmp_path / "out.xml").findall("testcase/skipped")


BOARDS = [("stm32l476", "boot"), ("nrf52840", "boot"), ("nrf52840", "boot-spim"), ("nrf51", "boot"),
          ("virt", "boot"), ("sifive_u", "boot")]


@pytest.mark.parametrize("board, boot", BOARDS)
def test_every_emulated_board(board, boot, tmp_path):
    """One cut in each phase, with images that end within a program unit and have another number of pages."""
    sign_apps(tmp_path, board, (13, 9001))
    said = json.loads(tool(*words(tmp_path, "--cuts", "1", "--json", "-q", layout=board,
                                  bootloader=FIRMWARE.parent / board / f"{boot}.bin")))
    assert said["end"] == "proven" and [p["cuts"] for p in said["phases"]] == [1, 1, 1]
    # three starts of the life without a cut, and after a cut in the update at least three
    assert said["starts"] > 9 and said["compared"] > 500


# What a bootloader may do wrong, planted in the core's sources: file, old, new, what the proof says. The
# first is seen in a life without a cut, all others only after one: until then the act is in RAM. Where a
# step of an update is done twice, the new image is good all the same, and the old one is lost.
LOOP, DECIDE = "src/update/update.c", "src/boot/decide.c"
BEGIN = "    int err = BH_OK;\n\n    while (!err && truth->step != end) {\n"
FAULTS = {
    "it does not erase what it overwrites": (LOOP, "bh_region_erase(dst, 0, dst->len)", "BH_OK",
                                             ", without a cut: "),
    "it does not go on with what it began": (
        DECIDE, "!f->moved && f->primary == BH_LOOK_UNKNOWN)\n        return BH_ACT_CHECK_PRIMARY;",
        "!f->moved && f->primary == BH_LOOK_UNKNOWN)\n        return BH_ACT_RECOVER;", "power cut "),
    "it forgets its step in an update": (LOOP, BEGIN, "    journal->truth.step *= !up;\n" + BEGIN, "update, power cut "),
    "it does the last step again": (LOOP, BEGIN, "    journal->truth.step -= up && truth->step;\n" + BEGIN,
                                    "update, power cut "),
    "it takes the step in hand for done": (
        LOOP, BEGIN, "    journal->truth.step += up && truth->step && truth->step != end;\n" + BEGIN,
        "update, power cut "),
    "it confirms an update that was cut": ("src/boot/run.c", "bool trial = !(next->permanent",
                                           "bool trial = b->facts.begun && !(next->permanent", "update, power cut "),
    "it begins a revert again": (
        LOOP, BEGIN, "    if (!up)\n        journal->truth.step = bh_plan_steps(product->plan, product->pairs, "
        "product->n_pairs, truth->pair);\n" + BEGIN, "power cut "),
    "it takes a step of a revert for done": (LOOP, BEGIN, "    journal->truth.step -= !up && truth->step > 1 && "
                                             "truth->step < bh_plan_steps(product->plan, product->pairs, "
                                             "product->n_pairs, truth->pair);\n" + BEGIN, "power cut "),
}


class Workshop:
    """A bootloader's project; its core is built once, and again where a mistake is planted."""

    def __init__(self, folder):
        self.folder = folder
        self("--install", ROOT / "build/host", "--prefix", folder / "prefix")
        (folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(x LANGUAGES C ASM)\n"
            "find_package(bulkhead REQUIRED COMPONENTS firmware)\n"
            f"bulkhead_bootloader(boot LAYOUT {ROOT}/products/stm32l476.layout.yml PORT stm32l476)\n")
        self("-G", "Ninja", "-B", "build", "-DCMAKE_BUILD_TYPE=MinSizeRel",
             f"-DCMAKE_PREFIX_PATH={folder}/prefix",
             f"-DCMAKE_TOOLCHAIN_FILE={folder}/prefix/share/bulkhead/firmware/cmake/cortex-m4.cmake")

    def __call__(self, *more):
        done = subprocess.run(["cmake", *map(str, more)], cwd=self.folder, capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def with_mistake(self, file, old, new):
        source = self.folder / "prefix/share/bulkhead/firmware" / file
        text = source.read_text()
        assert text.count(old) == 1, f"{file} is another one now: plant the mistake as it is written there"
        source.write_text(text.replace(old, new))
        try:
            self("--build", "build")
        finally:
            source.write_text(text)
        return self.folder / "build/boot.bin"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    return Workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="module")
def l476_apps(tmp_path_factory):
    return sign_apps(tmp_path_factory.mktemp("l476"), "stm32l476")


@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_bootloader_is_caught(name, l476_apps, workshop):
    file, old, new, at = FAULTS[name]
    boot = workshop.with_mistake(file, old, new)
    said = tool(*words(l476_apps, "--cuts", "16", bootloader=boot, layout="stm32l476"), code=1)
    assert "broken: " in said and "bulkhead board prove stm32l476" in said and "--seed 1" in said and at in said


@pytest.mark.parametrize("change, code, says", [
    (lambda w: w[:-2], 2, "Give --app twice"),
    (lambda w: [*w, "--cuts", "0"], 2, "--cuts 0 proves nothing"),
    (lambda w: [*w, "--all", "--cuts", "3"], 2, "--all and --cuts both say how many"),
    (lambda w: [*w[:-1], w[-3]], 2, "both images are the same"),
    (lambda w: [*w[:-1], FIRMWARE / "boot.bin"], 5, "would refuse this image: no image"),
    (lambda w: [*w[:2], "virt", *w[3:]], 2, "the identity of virt"),
    (lambda w: [*w[:4], FIRMWARE / "app-1.0.0.bin", *w[5:]], 2, "do not fit the bootloader's partition"),
    (lambda w: [*w[:2], "nrf51", *w[3:]], 2, "is not in this bootloader"),
    (lambda w: [*w[:2], "avr", *w[3:]], 2, "no product is called 'avr'"),
    (lambda w: [*w, "--junit", w[4]], 2, "boot.bin"),
], ids=["one app", "no cuts", "all and some", "the same", "no image", "another layout", "no bootloader",
        "another board", "no board", "over its input"])
def test_what_is_wrong_is_said(change, code, says, apps):
    assert says in tool(*change(words(apps)), code=code)


def test_a_key_that_is_not_the_layouts(apps, tmp_path):
    tool("key", "new", "--type", "p256", tmp_path / "other.pem")
    tool("image", "sign", "-q", "--key", tmp_path / "other.pem", "--version", "2", "--header-size", "0x200",
         "--pad-header", FIRMWARE / "app-2.0.0.bin", tmp_path / "other.bin")
    assert "would refuse this image" in tool(*words(apps)[:-1], tmp_path / "other.bin", code=5)


def test_a_second_image_that_is_needed(apps, tmp_path):
    text = LAYOUT.read_text().replace("keys/", f"{ROOT}/products/keys/")
    text = text.replace("{size: 128K}\n\nboot", "{size: 128K}\n  a: {size: 128K}\n  b: {size: 128K}\n  c: {size: 128K}\n\nboot")
    text = text.replace("  journal: [", "    radio: {primary: a, secondary: b, spare: c, format: mcuboot}\n  journal: [")
    (tmp_path / "two.yml").write_text(text)
    assert "slot pair 'radio' needs an image too" in tool(*words(apps, layout=tmp_path / "two.yml"), code=2)


def test_a_chip_that_is_not_emulated(apps, tmp_path):
    text = LAYOUT.read_text().replace("stm32f407xg", "stm32f405xg").replace("keys/", f"{ROOT}/products/keys/")
    (tmp_path / "other.yml").write_text(text)
    said = tool(*words(apps, layout=tmp_path / "other.yml"), code=2)
    assert "no emulated board has the chip of device 'internal', stm32f405xg" in said
    assert re.search("Emulated are .*stm32f407,", said) and "'bulkhead sim explore'" in said
