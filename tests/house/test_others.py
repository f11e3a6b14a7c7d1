# SPDX-License-Identifier: Apache-2.0
"""Figures of other projects: each that a page gives is on docs/others.md, which says how it was
counted, and each such page has a link to it."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/others.md"
NAME = re.compile(r"\b(MCUboot|wolfBoot|imgtool|gen_esp32part|Partition Manager)\b")
FIGURE = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w.]*\w)")
UNIT = r"(?:bytes?|KB|erases?|pages?|ms|s|times|cuts|runs|%|instructions)\b"
# Where a comparison may be; other pages name these projects for their formats and options.
PAGES = ["README.md", "DESIGN.md", "docs/budgets.md", "docs/testing.md", "docs/fault-injection.md",
         "docs/campaign.md", "docs/for-assessors.md", "docs/crypto.md", "docs/board.md"]


def rows(text):
    """The cells of every row of every table in Markdown, each with the head of its column."""
    head = None
    for line in text.splitlines():
        if not line.startswith("|"):
            head = None
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if head is None:
            head = cells
        elif not set(line) <= set("|-: "):
            yield list(zip(head, cells))


def without_version(text):
    return re.sub(r"\b(MCUboot|wolfBoot|imgtool) \d+\.\d+\b", r"\1", text)


def figures(text):
    """Every figure of another project in the text: in a column under its name, in a row that begins
    with it (also in plain text, as the demo prints), and before a unit in a sentence that names it."""
    found = set()
    for row in rows(text):
        first = row[0][1]
        for head, cell in row[1:]:
            if NAME.search(head) or (NAME.search(first) and "Bulkhead" not in head + first):
                found |= set(FIGURE.findall(without_version(cell)))
    for block in re.findall(r"```text\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            if re.match(r"(MCUboot|wolfBoot) ", line):
                found |= set(FIGURE.findall(without_version(line)))
    prose = " ".join(line for line in text.splitlines() if not line.startswith(("|", "```")))
    for sentence in re.split(r"(?<=[.;:]) ", without_version(prose)):
        if NAME.search(sentence) and "Bulkhead" not in sentence and "ours" not in sentence:
            found |= set(re.findall(rf"(?<![\w.,])(\d[\d,]*(?:\.\d+)?) {UNIT}", sentence))
    return found


def test_this_test_finds_figures():
    assert figures("| | MCUboot 2.4 | Bulkhead |\n|---|---|---|\n| RAM | 3,444 | 17 |\n") == {"3,444"}
    assert figures("| | RAM |\n|---|---|\n| wolfBoot 2.9 | 40 |\n| Bulkhead, MCUboot mailbox | 5 |\n") == {"40"}
    assert figures("```text\nMCUboot 2.4, move   350  351  3.02\nBulkhead, MCUboot  235\n```") == {
        "350", "351", "3.02"}
    assert figures("With MCUboot 2.4 it takes 6 erases. Ours 7 erases.") == {"6"}


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_of_others_is_on_the_page(name):
    text = (ROOT / name).read_text()
    found = figures(text)
    known = set(FIGURE.findall(without_version(PAGE.read_text())))
    assert found <= known, f"docs/others.md lacks {sorted(found - known)}: say there how to count it"
    if found:
        assert "others.md" in text


def test_no_other_page_compares():
    """A page that is not looked at above has no column of another project's figures."""
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        if str(path.relative_to(ROOT)) in [*PAGES, "docs/others.md"]:
            continue
        for row in rows(path.read_text()):
            assert not any(re.fullmatch(r"(MCUboot|wolfBoot) \d.*", head) for head, _ in row), path


def test_budgets_says_of_ours_what_its_first_table_says():
    first, beside = (ROOT / "docs/budgets.md").read_text().split("## Beside the others")
    cost = {row[1][1]: [cell for _, cell in row] for row in rows(first)
            if len(row) == 11 and row[0][1] == "stm32f407"}
    ours = {row[0][1]: row[-1][1].replace(",", "") for row in rows(beside)}
    assert ours["P-256"] == cost["p256"][2] and ours["Ed25519"] == cost["ed25519"][2]
    assert ours["LMS"] == cost["lms"][2]
    assert re.findall(r"\b\d{4}\b", ours["stack"]) == [cost["p256"][-1], cost["ed25519"][-1]]


def test_readme_says_of_ours_what_budgets_says():
    cost = {row[1][1]: row[2][1] for row in rows((ROOT / "docs/budgets.md").read_text())
            if len(row) == 11 and row[0][1] == "stm32f407"}
    ours = {row[0][1]: row[-1][1] for row in rows((ROOT / "README.md").read_text()) if row[-1][0] == "Bulkhead"}
    assert ours["P-256 bootloader for Cortex-M4, bytes of flash"].replace(",", "") == cost["p256"]


def test_the_page_says_what_it_must():
    text = PAGE.read_text()
    assert re.search(r"commit [0-9a-f]{8}\b", text) and "gcc 12.2" in text
    for section in text.split("\n## ")[2:]:
        if "| MCUboot" in section or "MCUboot 2.4" in section:
            assert re.search("[Tt]o count again|To see it|as built for", section), section.split("\n")[0]


def test_the_demo_has_no_figures_of_its_own():
    for line in (ROOT / "tools/demo").read_text().splitlines():
        assert not re.search(r"(MCUboot|wolfBoot) ?\d|wolfBoot.*\d\d|\d \w*erases", line), line


def test_nothing_of_theirs_is_here():
    """The page says so."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, text=True, capture_output=True, check=True).stdout
    assert not re.findall(r"^.*(?:bootutil|wolfboot/|tinycrypt).*\.c$", listed, re.MULTILINE)
