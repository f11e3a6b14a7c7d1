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
    huge.write_bytes(bytes(0x8001))
    run = ["board", "run", "stm32f407", "--flash", flash]
    said = tool("board", "run", "avr", "--flash", flash, code=2)
    assert "no board is called 'avr'" in said and ", virt and sifive_u." in said
    assert "--flash twice" in tool("board", "run", "nrf52840", "--flash", flash, code=2)
    assert "do not fit" in tool(*run, "--bootloader", huge, code=2)
    assert "do not fit" in tool(*run, "--bootloader", empty, code=2)
    assert "missing" in tool(*run, "--primary", tmp_path / "missing", code=2)
    assert "not understood" in tool(*run, "--cut", "x", code=2)
    assert not flash.exists()
    flash.write_bytes(bytes(100))
    assert "100" in tool(*run, "--primary", image, code=2)
    assert flash.read_bytes() == bytes(100)
