# SPDX-License-Identifier: Apache-2.0
"""bulkhead board run, as a person types it."""
import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host") / "cli" / "bulkhead"
FIRMWARE = ROOT / "build" / "firmware" / "stm32f407"
KEY = ROOT / "ports" / "keys" / "development-p256.pem"


def tool(*args, typed="", code=0):
    done = subprocess.run([str(a) for a in (TOOL, *args)], input=typed, capture_output=True,
                          text=True, timeout=120)
    assert done.returncode == code, f"{args}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture
def image(tmp_path):
    out = tmp_path / "one.bin"
    tool("image", "sign", "-q", "--key", KEY, "--version", "1.0.0", "--header-size", "0x200",
         "--pad-header", FIRMWARE / "app-1.0.0.bin", out)
    return out


@pytest.fixture
def chip(tmp_path, image):
    """A board that has been started once."""
    flash = tmp_path / "chip.bin"
    said = tool("board", "run", "stm32f407", "--flash", flash, "--bootloader",
                FIRMWARE / "boot.bin", "--primary", image)
    assert "app 1.0.0 on stm32f407" in said
    return flash


def test_console_and_state_are_kept(chip):
    said = tool("board", "run", "stm32f407", "--flash", chip, typed="s\nr\n")
    assert "state 00000001" in said
    assert said.count("app 1.0.0") == 2 and "1 resets" in said
    assert "verifies" in tool("boot", "status", "stm32f407", "--flash", chip)


def test_json_and_cuts(chip, image):
    run = ["board", "run", "stm32f407", "--flash", chip, "--json"]
    whole = json.loads(tool(*run))
    assert whole["end"] == "waits for input" and whole["operations"] == 0
    cut = json.loads(tool(*run, "--cut-instruction", "1000"))
    assert cut["end"] == "power cut" and cut["instructions"] == 999
    # a request makes the next boot write: cut it in its first operation
    tool("board", "run", "stm32f407", "--flash", chip, "--staged", image, typed="t\n")
    cut = json.loads(tool(*run, "--cut", "1:torn"))
    assert cut["end"] == "power cut" and cut["operations"] == 1 and cut["console"] == ""
    assert "app 1.0.0" in json.loads(tool(*run))["console"]


def test_a_board_that_loads_its_images(tmp_path):
    firmware = FIRMWARE.parent / "sifive_u"
    sign = ["image", "sign", "-q", "--key", KEY, "--version", "1.0.0", "--header-size", "0x200",
            "--pad-header", firmware / "app-1.0.0.bin", tmp_path / "one.bin"]
    run = ["board", "run", "sifive_u", "--flash", tmp_path / "nor.bin", "--bootloader",
           firmware / "boot.bin", "--primary", tmp_path / "one.bin"]
    tool(*sign)
    assert tool(*run).startswith("B 00 2d ")  # it says of no address that it belongs there
    tool(*sign, "--load-addr", "0x080e0000")
    assert tool(*run).startswith("B 00 2d ")  # it would lie over the bootloader
    tool(*sign, "--load-addr", "0x08000000")
    assert "app 1.0.0 on sifive_u" in tool(*run)


def test_no_bootloader(tmp_path):
    said = tool("board", "run", "stm32f407", "--flash", tmp_path / "empty.bin", code=4)
    assert "locked up" in said and "--bootloader" in said


def test_wrong_input_writes_nothing(tmp_path, image):
    flash, empty, huge = tmp_path / "chip.bin", tmp_path / "empty", tmp_path / "huge"
    empty.write_bytes(b"")
    huge.write_bytes(bytes(1024 * 1024 + 1))
    too_long = tmp_path / "too_long"
    too_long.write_bytes((FIRMWARE / "boot.bin").read_bytes().ljust(0x8001, b"\0"))
    run = ["board", "run", "stm32f407", "--flash", flash]
    said = tool("board", "run", "avr", "--flash", flash, code=2)
    assert "no product is called 'avr'" in said and ", stm32l476 and virt;" in said
    assert "--flash twice" in tool("board", "run", "nrf52840", "--flash", flash, code=2)
    assert "do not fit" in tool(*run, "--bootloader", huge, code=2)
    assert "do not fit" in tool(*run, "--bootloader", too_long, code=2)  # its journal is there
    assert "do not fit" in tool(*run, "--bootloader", empty, code=2)
    for put in ("x", "@0", f"{image}@", f"{image}@x", f"{image}@1:0", f"{image}@0x100000", f"{image}@-1"):
        assert "names no place in the flash" in tool(*run, "--put", put, code=2)
    assert "do not fit" in tool(*run, "--put", f"{image}@0xffff0", code=2)
    assert "runs nothing" in tool(*run, "--instructions", "0", code=2)
    assert "missing" in tool(*run, "--primary", tmp_path / "missing", code=2)
    assert "not understood" in tool(*run, "--cut", "x", code=2)
    assert not flash.exists()
    flash.write_bytes(bytes(100))
    assert "100" in tool(*run, "--primary", image, code=2)
    assert flash.read_bytes() == bytes(100)


def words(flash, *args, **kw):
    """What follows the bootloader's line."""
    done = subprocess.run([str(a) for a in (TOOL, "board", "run", "stm32f407", "--flash", flash, *args)],
                          capture_output=True, text=True, timeout=120, **kw)
    lines = done.stderr.splitlines()
    return [x for x in lines if x.startswith(("  started", "  recovery"))]


def test_the_line_in_words(tmp_path, chip):
    assert words(chip, input="") == ["  started; journal idle"]
    assert words(chip, input="r\nr\n") == 3 * ["  started; journal idle"]
    bad = tmp_path / "bad.bin"
    bad.write_bytes(bytes(1000))
    assert words(chip, "--primary", bad, input="")[0].startswith("  recovery: no slot holds an image that verifies (0x2d)")
    said = json.loads(tool("board", "run", "stm32f407", "--flash", chip, "--json"))
    assert said["boots"][0]["reason"] == {"code": 45, "name": "nothing-bootable",
                                          "text": "no slot holds an image that verifies"}
    assert said["boots"][0]["action"] == "recover"
    # nothing but the console is on standard output
    done = subprocess.run([TOOL, "board", "run", "stm32f407", "--flash", chip], input=b"", capture_output=True)
    assert done.stdout.startswith(b"B 00 2d") and done.stdout.count(b"\n") == 1


def test_that_a_journal_is_new_is_said_once(tmp_path, image):
    flash = tmp_path / "chip.bin"
    new = "no journal was found"
    tool("boot", "install", "stm32f407", image, "--flash", flash)
    assert new in tool("boot", "run", "stm32f407", "--flash", flash)
    for _ in range(2):
        assert new not in tool("boot", "run", "stm32f407", "--flash", flash)
        assert new not in tool("boot", "status", "stm32f407", "--flash", flash)
    said = json.loads(tool("boot", "status", "stm32f407", "--flash", flash, "--json", "-q"))
    assert said["journal_reason"]["name"] == "journal-new" and said["confirmed"] is True


def test_a_run_can_be_bounded(tmp_path, image):
    run = ["board", "run", "stm32f407", "--flash", tmp_path / "chip.bin", "--bootloader", FIRMWARE / "boot.bin",
           "--primary", image, "--json"]
    whole = json.loads(tool(*run))["instructions"]
    for most in (1, 1000, whole // 2):
        said = json.loads(tool(*run, "--instructions", most))
        assert said["instructions"] <= most and said["end"] != "waits for input"
    assert json.loads(tool(*run, "--instructions", whole + 10_000_000))["end"] == "waits for input"


def test_somebody_elses_layout(tmp_path, image):
    """A bootloader that has no slot at the sample's addresses: nothing is written there."""
    other, flash = tmp_path / "other.bin", tmp_path / "chip.bin"
    other.write_bytes(bytes(range(256)) * 1024)  # longer than the sample's bootloader may be
    run = ["board", "run", "stm32f407", "--flash", flash]
    for option in ("--primary", "--staged"):
        said = tool(*run, "--bootloader", other, option, image, code=2)
        assert "this bootloader has no slot there" in said and "--put FILE@OFFSET" in said
        assert not flash.exists()
    tool(*run, "--bootloader", other, "--put", f"{image}@0x50000", "--instructions", "100", code=4)
    made = flash.read_bytes()
    assert made[:0x40000] == other.read_bytes()
    assert made[0x50000:].startswith(image.read_bytes())
    assert made[0x40000:0x50000] == b"\xff" * 0x10000
    # and what is in the flash counts, if none is given
    assert "has no slot there" in tool(*run, "--primary", image, code=2)
    assert flash.read_bytes() == made


def test_ed25519_as_the_docs_say(tmp_path):
    """Signed for the product it starts; signed as imgtool does it is refused, by all."""
    key = ROOT / "ports" / "keys" / "development-ed25519.pem"
    sign = ["image", "sign", "--key", key, "--version", "1.0.0", "--pad-header", FIRMWARE / "app-1.0.0.bin",
            tmp_path / "one.bin"]
    run = ["board", "run", "stm32f407", "--flash", tmp_path / "chip.bin", "--bootloader", FIRMWARE / "boot-ed25519.bin",
           "--primary", tmp_path / "one.bin"]
    verify = ["image", "verify", "--layout", "stm32f407", "--key", key, tmp_path / "one.bin"]
    tool(*sign, "--layout", "stm32f407")
    tool(*verify)
    assert "app 1.0.0 on stm32f407" in tool(*run)
    tool(*sign)
    tool(*verify, code=5)
    assert "B 00 2d" in tool(*run)


def test_without_the_emulators_library(tmp_path):
    """It is loaded when a board is run, and may be missing: a copy of the tool looks for another name.
    What emulates nothing needs none."""
    program = TOOL.read_bytes()
    if b"libunicorn.so." not in program:
        pytest.skip("the tool is linked with Unicorn here")
    copy = tmp_path / "bulkhead"
    copy.write_bytes(program.replace(b"libunicorn.so.", b"libunicorx.so."))
    copy.chmod(0o755)
    done = subprocess.run([copy, "board", "run", ROOT / "products/stm32f407.layout.yml", "--flash", tmp_path / "chip.bin"],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and "Unicorn, a library that is not on this machine" in done.stderr
    assert not (tmp_path / "chip.bin").exists()
    assert subprocess.run([copy, "help"], capture_output=True).returncode == 0


# ---- the samples, as layouts ----


def test_a_layout_runs_as_its_sample_does(tmp_path, image):
    """The same binaries on the same board: by the sample's name, and by its layout file."""
    ends = []
    for product in ("stm32f407", ROOT / "products/stm32f407.layout.yml"):
        flash = tmp_path / f"{len(ends)}.bin"
        said = json.loads(tool("board", "run", product, "--flash", flash, "--bootloader",
                               FIRMWARE / "boot.bin", "--primary", image, "--json"))
        ends.append((said["console"], said["instructions"], flash.read_bytes()))
    assert ends[0] == ends[1] and "1.0.0" in ends[0][0]


def test_a_layout_whose_chip_is_not_emulated(tmp_path):
    layout = (ROOT / "products/stm32f407.layout.yml").read_text()
    layout = layout.replace("keys/", f"{ROOT}/products/keys/")
    (tmp_path / "other.yml").write_text(layout.replace("stm32f407xg", "stm32f405xg"))
    said = tool("board", "run", tmp_path / "other.yml", "--flash", tmp_path / "chip.bin", code=2)
    assert "other.yml:8:3: no emulated board has the chip of device 'internal', stm32f405xg" in said
    (tmp_path / "other.yml").write_text(layout.replace("{chip: stm32f407xg}", "{chip: stm32f407xg, unit: 8}"))
    said = tool("board", "run", tmp_path / "other.yml", "--flash", tmp_path / "chip.bin", code=2)
    assert "device 'internal' has other units" in said
    assert not (tmp_path / "chip.bin").exists()
