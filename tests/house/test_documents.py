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
    presets = set(re.findall(r"^(?:HOST|FIRMWARE) := (.*)$", makefile, re.MULTILINE))
    known = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE)) | set(" ".join(presets).split())
    for doc in DOCS:
        said = set(re.findall(r"(?:`|^    )make ([a-z0-9-]+)", (ROOT / doc).read_text(), re.MULTILINE))
        assert said <= known, doc
