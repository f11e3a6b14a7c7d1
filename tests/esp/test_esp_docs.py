# SPDX-License-Identifier: Apache-2.0
"""The pages about ESP-IDF's formats say what the headers and the code say."""

import re

import pytest
from conftest import ROOT
from test_gen_esp32part import BUILT_IN  # noqa: F401 - the same table of examples
from test_parttool import record

PAGES = {
    "partition-table": ("table", "BH_", r"^(TABLE_(OFF|SECTOR|LEN|ROW|ROWS)|LABEL_MAX|PARTITION_\w+)$"),
    "otadata": ("otadata", "BH_", r"^(OTADATA_\w+|OTA_(SLOTS_MAX|NOTE_MAGIC|NEW|PENDING_VERIFY|VALID|INVALID|"
                                  r"ABORTED|UNDEFINED))$"),
    "image-espressif": ("image_espressif", "BH_ESPRESSIF_", r"^\w+$"),
}


def code(name, prefix):
    text = (ROOT / "include/bulkhead" / f"{name}.h").read_text()
    found = re.findall(rf"^(?:#define|   ) {prefix}(\w+)(?: =)? (0x[0-9A-Fa-f]+|\d+)u?,?\b", text,
                       re.MULTILINE)
    return {name: int(value, 0) for name, value in found}


def hex_dump(text):
    lines = re.findall(r"^[0-9a-f]{8}: ((?:[0-9a-f]{2} ?)+)$", text, re.MULTILINE)
    return bytes.fromhex("".join(lines))


@pytest.mark.parametrize("page", PAGES)
def test_numbers(page):
    header, prefix, which = PAGES[page]
    text = (ROOT / "docs/formats" / f"{page}.md").read_text()
    in_code = {n: v for n, v in code(header, prefix).items() if re.match(which, n)}
    in_page = {n: int(v, 0) for n, v in
               re.findall(r"`([A-Z][A-Z0-9_]+)`(?: \|)? (0x[0-9A-Fa-f]+|\d+)", text)}
    assert len(in_code) >= 8 and in_page == in_code


def test_example_table(run):
    text = (ROOT / "docs/formats/partition-table.md").read_text()
    code_, out, _ = run("gen_esp32part", "-q", "-", stdin=b"nvs,data,nvs,,0x6000")
    assert hex_dump(text) == out[:96]


def test_example_record():
    assert hex_dump((ROOT / "docs/formats/otadata.md").read_text()) == record(1)


def test_every_warning_is_on_the_page():
    text = (ROOT / "docs/compatibility-esp-idf.md").read_text()
    table = text.split("| rule | what |")[1]
    in_page = set(re.findall(r"`([a-z0-9-]+)`", table))
    source = "".join(p.read_text() for p in (ROOT / "host").rglob("*.c"))
    in_code = set(re.findall(r'esp_advise\(\s*[^,]+,\s*"([a-z0-9-]+)"', source))
    assert in_page == in_code


def commands(page):
    """What a page shows of the tool: noun, verb, and the options of each line in code."""
    for line in re.findall(r"`(bulkhead [^`]*)`", (ROOT / "docs" / page).read_text()):
        words = line.split()
        if len(words) > 2 and re.fullmatch("[a-z]+", words[1]) and re.fullmatch("[a-z]+", words[2]):
            yield words[1], words[2], tuple(w for w in words[3:] if re.fullmatch("--?[A-Za-z][a-z-]*", w))


@pytest.mark.parametrize("page", ["coming-from.md", "compatibility-esp-idf.md"])
def test_commands_and_options_are_there(run, page):
    found = set(commands(page))
    assert len(found) >= (10 if page == "coming-from.md" else 3)
    for noun, verb, options in found:
        code, text, _ = run("bulkhead", noun, verb, "--help")
        assert code == 0, (noun, verb)
        for option in options:
            assert re.search(rf"(^|[ ,]){option}\b", text.decode(), re.MULTILINE), (noun, verb, option)


def test_every_warning_is_on_the_page():
    """Names in brackets, of the code and of the page, are the same."""
    code_names = set()
    for path in [*(ROOT / "host/table").glob("*.c"), ROOT / "host/lint_flash.c"]:
        code_names |= set(re.findall(r'esp_advise\([^"]*"([a-z0-9-]+)"', path.read_text()))
    text = (ROOT / "docs/compatibility-esp-idf.md").read_text().partition("## Warnings of")[2]
    on_page = {n for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for n in re.findall("`([^`]*)`", row)}
    assert code_names == on_page
