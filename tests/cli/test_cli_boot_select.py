# SPDX-License-Identifier: Apache-2.0
"""The boot commands of a product in which otadata chooses: a device is made, updated, tried, confirmed
and looked at, by words alone."""
import hashlib
import json
import struct

import pytest

from conftest import ROOT

PRODUCT = "sifive_u_esp"
KEY = ROOT / "ports/keys/development-p256.pem"
QUIET = ("--flash", "flash.bin", "--quiet")


def plain(version, secure_version=0, address=0x80000000, chip=5):
    """What esptool makes of an application for RAM."""
    descriptor = bytearray(256)
    struct.pack_into("<II", descriptor, 0, 0xABCD5432, secure_version)
    descriptor[16:16 + len(version)] = version.encode()
    segments = [(address, bytes(descriptor) + b"code" * 8), (0x80040000, b"data" * 8)]
    image = struct.pack("<BBBBIB3xHBHH4xB", 0xE9, 2, 2, 0x20, address + 256, 0xEE, chip, 0, 0, 99, 1)
    checksum = 0xEF
    for at, data in segments:
        image += struct.pack("<II", at, len(data)) + data
        for byte in data:
            checksum ^= byte
    image += bytes(15 - len(image) % 16) + bytes([checksum])
    return image + hashlib.sha256(image).digest()


@pytest.fixture
def device(tool):
    """A folder with signed images of versions 1 to 3, and a device with version 1."""
    for version in "123":
        (tool.folder / version).write_bytes(plain(f"{version}.0.0", int(version) - 1))
        tool("image", "sign-espressif", "-k", KEY, version, "-o", f"{version}.bin")
    tool("boot", "install", PRODUCT, "1.bin", "--flash", "flash.bin")
    return tool


def status(tool, *more):
    return json.loads(tool("boot", "status", PRODUCT, *QUIET, *more, "--json").stdout)


def starts(tool, *more, code=0):
    return tool("boot", "run", PRODUCT, *QUIET, *more, code=code).stdout


def update(tool, image, slot):
    said = tool("boot", "stage", PRODUCT, image, *QUIET).stdout
    assert f"in ota_{slot}; 'bulkhead ota switch {slot} --trial" in said
    tool("ota", "switch", slot, "--trial", *QUIET)


def test_a_new_device_starts_what_was_installed(device):
    said = device("boot", "status", PRODUCT, *QUIET).stdout
    assert "table     at 0x8000, 6 rows, good" in said
    assert "record 0  blank" in said and "record 1  blank" in said
    assert "factory   version 1.0.0, secure version 0, 8192 bytes, verifies" in said
    assert "ota_0     no image" in said and said.endswith("next boot starts factory\n")
    assert "starts    factory, version 1.0.0" in starts(device)


def test_two_updates(device):
    """The second goes to the other slot; status says at each step what the next boot then does."""
    update(device, "2.bin", 0)
    said = device("boot", "status", PRODUCT, *QUIET).stdout
    assert "record 0  seq 1, ota_0, new: chosen: its trial begins at the next boot" in said
    assert "trial     ota_0 has 1 of 1 starts left to confirm itself in" in said
    assert "next boot starts ota_0" in said
    before = (device.folder / "flash.bin").read_bytes()
    assert status(device)["starts"] == "ota_0" and status(device)["starts_left"] == 1
    assert (device.folder / "flash.bin").read_bytes() == before
    assert "began a trial" in starts(device)
    assert status(device)["starts"] == "factory"
    assert status(device)["reason"]["name"] == "not-confirmed"
    device("ota", "confirm", *QUIET)
    assert status(device)["starts"] == "ota_0"
    assert "starts    ota_0, version 2.0.0" in starts(device)
    update(device, "3.bin", 1)
    assert "starts    ota_1, version 3.0.0" in starts(device)
    said = starts(device)  # not confirmed
    assert "starts    ota_0, version 2.0.0" in said and "ended a trial" in said
    told = status(device)
    records = {r["application"]: r for r in told["records"]}
    assert records["ota_0"]["counts"] and records["ota_0"]["state"] == "valid"
    assert not records["ota_1"]["counts"] and records["ota_1"]["state"] == "aborted"
    assert records["ota_1"]["standing"] == "given up"
    assert [a["application"] for a in told["applications"]] == ["factory", "ota_0", "ota_1"]


def test_what_does_not_verify_is_told(device):
    update(device, "2.bin", 0)
    flash = bytearray((device.folder / "flash.bin").read_bytes())
    at = flash.index((device.folder / "2.bin").read_bytes()[:400])
    flash[at + 300] ^= 1
    (device.folder / "flash.bin").write_bytes(flash)
    told = status(device)
    assert told["starts"] == "factory" and told["refused"]["name"] == "digest"
    assert [a["good"] for a in told["applications"]] == [True, False, False]
    flash[0x8000] ^= 1
    (device.folder / "flash.bin").write_bytes(flash)
    told = status(device)
    assert not told["table_good"] and told["starts"] is None and told["applications"] == []
    assert "nothing: there is no table" in device("boot", "status", PRODUCT, *QUIET).stdout
    device("boot", "run", PRODUCT, *QUIET, code=5)
    device.refuses("boot", "stage", PRODUCT, "2.bin", *QUIET, code=4, says=["no partition table"])


def test_pins(device):
    """Factory-reset forgets the choice; test starts the test application, of which there is none."""
    update(device, "2.bin", 0)
    starts(device)
    device("ota", "confirm", *QUIET)
    assert "nothing was started" in starts(device, "--test-pin", "--dry-run", code=5)
    assert status(device, "--factory-reset-pin")["starts"] == "factory"
    assert "starts    ota_0" in starts(device)
    said = starts(device, "--factory-reset-pin")
    assert "starts    factory" in said and "erased otadata" in said
    assert "starts    factory" in starts(device)
    device.refuses("boot", "run", "stm32f407", "--flash", "flash.bin", "--test-pin", says=["--test-pin", "select"])


def test_fuses(device):
    """With anti_rollback the floor is the board's, and an option here."""
    device.refuses("boot", "run", PRODUCT, *QUIET, "--secure-version", 1, says=["anti_rollback"])
    text = (ROOT / "products" / f"{PRODUCT}.layout.yml").read_text()
    text = text.replace("keys/", f"{ROOT}/products/keys/").replace("rollback: yes", "rollback: yes\n  anti_rollback: yes")
    layout = device.folder / "floor.layout.yml"
    layout.write_text(text)

    def run(verb, *more, code=0):
        return device("boot", verb, layout, *QUIET, *more, code=code).stdout

    assert "floor     0: a flash image has no fuses" in run("status")
    update(device, "3.bin", 0)
    assert "starts    ota_0" in run("run")
    device("ota", "confirm", *QUIET)
    assert "the secure version becomes 2" in run("run")
    said = run("status", "--secure-version", 2)
    assert "floor     2\n" in said and "factory   version 1.0.0, secure version 0, 8192 bytes: " in said
    assert "starts    ota_0" in run("run", "--secure-version", 2)
    assert "nothing was started" in run("run", "--secure-version", 3, code=5)


def test_install_refuses_what_would_not_start(device):
    here = ("boot", "install", PRODUCT)
    (device.folder / "low").write_bytes(plain("9.0.0", address=0x20000000))
    (device.folder / "chip").write_bytes(plain("9.0.0", chip=13))
    for name in ("low", "chip"):
        device("image", "sign-espressif", "-k", KEY, name, "-o", f"{name}.bin")
    (device.folder / "large").write_bytes(bytes(300 << 10))
    device.refuses(*here, "1", "--flash", "new.bin", code=5, says=["not signed", "--any-image"])
    device.refuses(*here, "low.bin", "--flash", "new.bin", code=5, says=["another address", "load:"])
    device.refuses(*here, "chip.bin", "--flash", "new.bin", code=5, says=["another chip", "load:"])
    device.refuses(*here, "large", "--flash", "new.bin", says=["262144 bytes of 'factory'"])
    device.refuses(*here, "2.bin", "--flash", "flash.bin", says=["there is a device already", "--force"])
    device.refuses(*here, "1", "--flash", "flash.bin", "--force", code=5, says=["not signed"])
    device.refuses(*here, "2.bin", "--flash", "nowhere/flash.bin")
    device("boot", "install", PRODUCT, "2.bin", "--flash", "new.bin", "--dry-run")
    assert not (device.folder / "new.bin").exists()
    device("boot", "install", PRODUCT, "1", "--flash", "new.bin", "--any-image")
    device("boot", "install", PRODUCT, "2.bin", "--flash", "new.bin", "--force")
    assert "starts    factory, version 2.0.0" in device("boot", "run", PRODUCT, "--flash", "new.bin").stdout


def test_stage_can_be_cut_and_tried(device):
    before = (device.folder / "flash.bin").read_bytes()
    told = json.loads(device("boot", "stage", PRODUCT, "2.bin", *QUIET, "--dry-run", "--json").stdout)
    assert told["application"] == "ota_0" and not told["written"] and told["bytes"] == 8192
    assert (device.folder / "flash.bin").read_bytes() == before
    told = json.loads(device("boot", "stage", PRODUCT, "2.bin", *QUIET, "--cut", "70", "--json").stdout)
    assert told["cut"] and (device.folder / "flash.bin").read_bytes() != before
    assert status(device)["starts"] == "factory"
    (device.folder / "large").write_bytes(bytes(300 << 10))
    device.refuses("boot", "stage", PRODUCT, "large", *QUIET, says=["larger than the 262144 bytes of 'ota_0'"])
    device.refuses("boot", "request", PRODUCT, "test", *QUIET, says=["'bulkhead ota switch'"])
    device.refuses("boot", "status", PRODUCT, *QUIET, "--flash", "2", says=["one flash device"])
    device.refuses("boot", "status", PRODUCT, *QUIET, "-k", KEY, says=["--key"])
    device.refuses("boot", "status", PRODUCT, "--flash", "none", says=["boot install"])
