# SPDX-License-Identifier: Apache-2.0
"""The images of wolfBoot's own tool by a reader written from docs/formats/image-wolfboot.md: if the page is wrong
somewhere, one of them does not verify."""

import pathlib

import pytest
import wolfboot_reader as wolf

HERE = pathlib.Path(__file__).resolve().parent / "wolfboot"
HEADERS = {"rsa2048": 512, "rsa2048enc": 512, "rsa3072-sha256": 512, "rsa3072-sha384": 1024, "rsa4096": 1024,
           "rsapss2048": 512, "rsapss3072": 1024, "rsapss4096": 1024}
IMAGES = ["ed25519-sha256", "ed25519-sha384", "ed25519-sha3", "ed25519-ts", "ed25519-custom", "ed25519-id2",
          "ed25519-self", "ecc256-sha256", "ecc256-sha3", "rsa2048-sha256", "rsa2048enc-sha256", "rsa3072-sha256",
          "rsa3072-sha384", "rsa4096-sha256", "rsapss2048-sha256", "rsapss3072-sha384", "rsapss4096-sha256"]


def header_of(name):
    return next((size for stem, size in HEADERS.items() if name.startswith(stem + "-") or name == stem), 256)


@pytest.mark.parametrize("name", IMAGES)
def test_the_page_s_reader_verifies_what_wolfboot_signed(name):
    image = (HERE / f"{name}.bin").read_bytes()
    key = (HERE / "keys" / f"{name.split('-')[0].replace('enc', '')}.pub").read_bytes()
    found = wolf.read(image, header_of(name))
    wolf.verify(found, key)
    assert found["version"] == 7
    assert found["payload"] == (HERE / "fw.bin").read_bytes()
    broken = bytearray(image)
    broken[-1] ^= 1
    with pytest.raises(wolf.Wrong):
        wolf.read(bytes(broken), header_of(name))


def test_custom_entries_are_found():
    found = wolf.read((HERE / "ed25519-custom.bin").read_bytes(), 256)
    assert [found[0x34], found[0x36], found[0x38]] == [bytes.fromhex("d3c2b1a0"), b"hello", bytes.fromhex("00112233")]


def test_the_page_s_dump_is_that_image():
    page = (HERE.parents[2] / "docs/formats/image-wolfboot.md").read_text()
    dump = [line.split(": ")[1] for line in page.splitlines() if line[:5] == "00000" and ": " in line]
    assert bytes.fromhex("".join(dump)) == (HERE / "ed25519-sha256.bin").read_bytes()[:256]
