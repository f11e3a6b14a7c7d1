# SPDX-License-Identifier: Apache-2.0
"""Every reason of the bootloader has a text, a cause and a remedy; the page and the command tell them.

To repeat one test: build/venv/bin/pytest tests/cli/test_cli_explain.py -k NAME
"""

import json
import re

import pytest
from conftest import ROOT

HEADER = (ROOT / "include/bulkhead/error.h").read_text()
ENUM = {name: int(n) for name, n in re.findall(r"\bBH_REASON_(\w+)\s*=\s*(\d+)", HEADER)}
JOURNAL = (ROOT / "include/bulkhead/journal.h").read_text()


def reasons(tool):
    return json.loads(tool("boot", "explain", "--all", "--json").stdout)["reasons"]


def test_every_reason_is_explained(tool):
    """One that is added to the enum and nowhere else fails here."""
    told = {r["name"]: r for r in reasons(tool)}
    assert {n.lower().replace("_", "-"): c for n, c in ENUM.items()} == {n: r["code"] for n, r in told.items()}
    assert [r["code"] for r in reasons(tool)] == sorted(ENUM.values())
    for r in told.values():
        assert "unknown" not in r["text"], f"{r['name']}: src/base/error_text.c has no text"
        for what in ("cause", "remedy"):
            assert re.fullmatch(r"[A-Z'].*[.?]", r[what]), f"{r['name']}: {what}: {r[what]!r}"
    for what in ("text", "cause"):
        assert len({r[what] for r in told.values()}) == len(told), f"two reasons have one {what}"


def test_the_page_is_what_the_command_prints(tool):
    assert (ROOT / "docs/reasons.md").read_text() == tool("boot", "explain", "--all").stdout, (
        "make it again: build/host/cli/bulkhead boot explain --all > docs/reasons.md")


def test_every_state_and_outcome_has_a_word(tool):
    page = tool("boot", "explain", "--all").stdout
    for prefix, head in (("STATE", "state of the journal"), ("OUTCOME", "how the last update ended")):
        numbers = {int(n) for n in re.findall(rf"\bBH_{prefix}_\w+\s*=\s*(\d+)", JOURNAL)}
        table = re.search(rf"\| code \| {head} \|\n\|---\|---\|\n((?:\|.*\n)+)", page)[1]
        assert {int(n, 16) for n in re.findall(r"^\| `(\w\w)` \|", table, re.MULTILINE)} == numbers


@pytest.mark.parametrize("what", ["45", "0x2d", "0x2D", "2d", "2D", "nothing-bootable", "NOTHING_BOOTABLE",
                                  "BH_REASON_NOTHING_BOOTABLE"])
def test_names_of_one_reason(tool, what):
    assert tool("boot", "explain", what).stdout.startswith("0x2d (45) nothing-bootable: no slot holds")
    assert [r["code"] for r in json.loads(tool("boot", "explain", what, "--json").stdout)["reasons"]] == [45]


LINES = {
    "B 00 2d 01 00": "recovery: no slot holds an image that verifies (0x2d); journal idle",
    "B 00 2d": "recovery: no slot holds an image that verifies (0x2d)",
    "B 01 00 04 00\n": "started; journal trial",
    " B 01 2c 01 02 ": "started: secondary slot cannot be read or written (0x2c); journal idle, last update reverted",
    "B 01 00 01 01 00 7f": "started; journal idle, last update confirmed",
    "B 00 fe ff ff": "recovery: unknown to this version of Bulkhead (0xfe); journal unknown, last update unknown",
}


@pytest.mark.parametrize("line", LINES)
def test_whole_lines(tool, line):
    said = tool("boot", "explain", line).stdout
    assert said.splitlines()[0] == LINES[line]
    code = int(line.split()[2], 16)
    facts = json.loads(tool("boot", "explain", line, "--json").stdout)
    assert facts["line"]["reason"]["code"] == code
    assert facts["line"]["action"] == ("start" if " 01 " in line[:6] else "recover")
    assert ("What to do" in said) == (code in ENUM.values() and code != 0)


@pytest.mark.parametrize("what", ["", "99", "0x1000", "flor", "B", "B 00", "B 02 00 00 00", "B 0 2d", "B 00 2d 01 0",
                                  "B 00 2d 01 00 x", "BB 00 2d 01 00", "B  00 2d", "b 00 2d 01 00", "-"])
def test_what_is_no_code(tool, what):
    tool.refuses("boot", "explain", what, says=["no reason", "--all' lists them"])


def test_one_or_all(tool):
    tool.refuses("boot", "explain", says="CODE is missing")
    tool.refuses("boot", "explain", "45", "--all", says="exclude each other")
    assert "did you mean 'floor'" in tool.refuses("boot", "explain", "flor")
