# SPDX-License-Identifier: Apache-2.0
"""docs/formats/image-mcuboot.md says what include/bulkhead/image_mcuboot.h says, and its example is true."""

import hashlib
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOC = (ROOT / "docs/formats/image-mcuboot.md").read_text()
HEADER = (ROOT / "include/bulkhead/image_mcuboot.h").read_text()
CODE = {name: int(value, 0) for name, value in
        re.findall(r"^#define BH_MCUBOOT_(\w+) (0x[0-9A-Fa-f]+|\d+)u\b", HEADER, re.MULTILINE)}
# `NAME` 12, or `NAME` | 12
SAID = re.findall(r"`((?:OFF|F|TLV|MAGIC|HEADER|DEPENDENCY)\w*)`(?: \|)? (0x[0-9A-Fa-f]+|\d+)", DOC)


def test_every_number_in_the_page_is_the_code_s():
    assert len(SAID) > 40
    wrong = [(name, value) for name, value in SAID if CODE.get(name) != int(value, 0)]
    assert wrong == []


def test_every_number_of_the_code_is_in_the_page():
    assert sorted(set(CODE) - {name for name, _ in SAID}) == []


def example():
    lines = re.findall(r"^[0-9a-f]{8}: ((?:[0-9a-f]{2} ?)+)$", DOC, re.MULTILINE)
    return bytes.fromhex("".join(lines))


def test_the_example_is_an_image():
    image = example()
    size = int.from_bytes(image[CODE["OFF_IMG_SIZE"]:][:4], "little")
    hashed = CODE["HEADER_LEN"] + size + int.from_bytes(image[CODE["OFF_PROTECT_TLV_SIZE"]:][:2], "little")
    assert int.from_bytes(image[:4], "little") == CODE["MAGIC"]
    assert image[0x20:0x24] == b"code"
    assert image[0x34:0x38] == bytes([CODE["TLV_SHA256"], 0, 32, 0])
    assert image[0x38:] == hashlib.sha256(image[:hashed]).digest()


WOLF_DOC = (ROOT / "docs/formats/image-wolfboot.md").read_text()
WOLF_CODE = {name: int(value, 0) for name, value in re.findall(
    r"^#define BH_WOLFBOOT_(\w+) (0x[0-9A-Fa-f]+|\d+)u\b",
    (ROOT / "include/bulkhead/image_wolfboot.h").read_text(), re.MULTILINE)}
WOLF_SAID = re.findall(r"`((?:OFF|TLV|MAGIC|HEADER|PART|AUTH)\w*)`(?: \|)? (0x[0-9A-Fa-f]+|\d+)", WOLF_DOC)


def test_wolfboot_s_numbers_are_the_code_s():
    assert len(WOLF_SAID) > 40
    assert [(name, value) for name, value in WOLF_SAID if WOLF_CODE.get(name) != int(value, 0)] == []
    assert sorted(set(WOLF_CODE) - {name for name, _ in WOLF_SAID}) == []
