# SPDX-License-Identifier: Apache-2.0
"""bulkhead board prove: a good bootloader is proven, one that forgets something is not."""
import json
import os
import pathlib
import shutil
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


@pytest.fixture(scope="module")
def apps(tmp_path_factory):
    """Two versions, signed for the layout."""
    folder = tmp_path_factory.mktemp("apps")
    for version in "12":
        tool("image", "sign", "-q", "--layout", LAYOUT, "--key", KEY, "--version", f"{version}.0.0",
             "--pad-header", FIRMWARE / f"app-{version}.0.0.bin", folder / f"{version}.bin")
    return folder


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


# What a bootloader may forget. Each is planted in the core's sources; the first is seen in a life
# without a cut, the second only after one: until then the act is in RAM.
FORGETS = {
    "to erase what it overwrites": ("src/update/update.c", "bh_region_erase(dst, 0, dst->len)", "BH_OK",
                                    ", without a cut: "),
    "to go on with what it began": (
        "src/boot/decide.c", "!f->moved && f->primary == BH_LOOK_UNKNOWN)\n        return BH_ACT_CHECK_PRIMARY;",
        "!f->moved && f->primary == BH_LOOK_UNKNOWN)\n        return BH_ACT_RECOVER;", "power cut "),
}


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    there = tmp_path_factory.mktemp("install")
    subprocess.run(["cmake", "--install", ROOT / "build/host", "--prefix", there], check=True, capture_output=True)
    return there


@pytest.mark.parametrize("name", FORGETS)
def test_a_bootloader_that_forgets_is_caught(name, apps, prefix, tmp_path):
    file, old, new, at = FORGETS[name]
    shutil.copytree(prefix, tmp_path / "prefix", symlinks=True)
    source = tmp_path / "prefix/share/bulkhead/firmware" / file
    text = source.read_text()
    assert text.count(old) == 1, f"{file} is another one now: plant the mistake as it is written there"
    source.write_text(text.replace(old, new))
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(x LANGUAGES C ASM)\n"
        "find_package(bulkhead REQUIRED COMPONENTS firmware)\n"
        f"bulkhead_bootloader(boot LAYOUT {LAYOUT} PORT stm32f407)\n")
    for step in (["-G", "Ninja", "-B", "build", "-DCMAKE_BUILD_TYPE=MinSizeRel",
                  f"-DCMAKE_PREFIX_PATH={tmp_path}/prefix",
                  f"-DCMAKE_TOOLCHAIN_FILE={tmp_path}/prefix/share/bulkhead/firmware/cmake/cortex-m4.cmake"],
                 ["--build", "build"]):
        done = subprocess.run(["cmake", *step], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    said = tool(*words(apps, "--cuts", "12", bootloader=tmp_path / "build/boot.bin"), code=1)
    assert "broken: " in said and "bulkhead board prove stm32f407" in said and "--seed 1" in said and at in said


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
    assert "Emulated are stm32f407," in said and "'bulkhead sim explore'" in said
