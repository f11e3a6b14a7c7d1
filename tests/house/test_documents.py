# SPDX-License-Identifier: Apache-2.0
"""What the documents point at is there: links, and paths of this repository between backticks."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOMS = "boot|cli|cmake|deps|docs|host|include|ports|python|sim|src|tests|tools"
DOCS = sorted(p.relative_to(ROOT) for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("doc", DOCS, ids=str)
def test_what_it_points_at_is_there(doc):
    text = (ROOT / doc).read_text()
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", text)
    paths = re.findall(rf"`((?:{ROOMS})/[\w./-]+)`", text)
    missing = [link for link in links if not (ROOT / doc.parent / link).exists()]
    # NAME, NOUN: to be filled in by the reader
    missing += [p for p in paths if not re.search("NAME|NOUN", p) and not (ROOT / p).exists()]
    assert missing == []


def test_commands_of_make_exist():
    makefile = (ROOT / "Makefile").read_text()
    known = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    for doc in DOCS:
        said = set(re.findall(r"(?:`|^    )make ([a-z0-9-]+)", (ROOT / doc).read_text(), re.MULTILINE))
        assert said <= known, doc


def test_make_help_lists_every_verb():
    makefile = (ROOT / "Makefile").read_text()
    said = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, text=True,
                          capture_output=True, check=True).stdout
    listed = re.findall(r"^make ?([a-z0-9-]*) +\S.*$", said, re.MULTILINE)
    presets = re.search(r"^PRESETS := (.*)$", makefile, re.MULTILINE)[1].split()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].replace("$(PRESETS)", "").split()
    assert sorted(listed) == sorted({"" if verb == "all" else verb for verb in phony + presets})


def test_every_verb_says_what_it_needs():
    """And every part that it needs is one of deps/packages.txt."""
    makefile = (ROOT / "Makefile").read_text()
    needs = dict(re.findall(r"^NEEDS_([a-z0-9-]+) := (.*)$", makefile, re.MULTILINE))
    verbs = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE)) - {"clean", "help"}
    assert set(needs) == verbs
    packages = re.sub("#.*", "", (ROOT / "deps/packages.txt").read_text())
    parts = {line.split()[1] for line in packages.splitlines() if line.strip()}
    said = {word for words in needs.values() for word in words.split() if "$" not in word}
    assert parts <= said | {"riscv", "arm"} and said <= parts | {"python"}


# Words at which a reader stops, and what to write instead.
WORDS = {
    "anew": "again",
    "behind": "after, under, in the background",
    "hence": "so",
    "leaves? out": "skips, removes, does not cover",
    "left out": "skipped, removed",
    "stands? for": "means",
}
STOPS = re.compile(rf"\b({'|'.join(WORDS)})\b")
MESSAGES = sorted(p.relative_to(ROOT) for room in ("cli", "host") for p in ROOT.glob(f"{room}/**/*.c"))


@pytest.mark.parametrize("doc", [doc for doc in DOCS if doc.name != "CHANGELOG.md"], ids=str)
def test_documents_use_plain_words(doc):
    assert STOPS.findall((ROOT / doc).read_text()) == [], WORDS


def test_messages_and_help_use_plain_words():
    said = {str(file): [text for text in re.findall(r'"(?:[^"\\\n]|\\.)*"', (ROOT / file).read_text())
                        if STOPS.search(text)] for file in MESSAGES}
    assert {file: texts for file, texts in said.items() if texts} == {}, WORDS
