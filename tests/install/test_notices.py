# SPDX-License-Identifier: Apache-2.0
"""Whose files "cmake --install" brings: our own say so in their first lines, and all others are of
projects that NOTICE and the bill of materials name with version and licence, whose text is there."""
import json
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BILL = json.loads((ROOT / "deps/sbom.cdx.json").read_text())["components"]
DEPS = "share/bulkhead/firmware/build/deps"
LICENCE_TEXT = {"MIT": "Permission is hereby granted, free of charge",
                "BSD-2-Clause": "Redistributions in binary form must reproduce",
                "Apache-2.0": "Apache License"}


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    there = tmp_path_factory.mktemp("install")
    done = subprocess.run(["cmake", "--install", ROOT / "build/host", "--prefix", there], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return there


def texts(folder):
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix in (".c", ".h", ".S", ".ld")]


def test_our_own_sources_say_that_they_are(prefix):
    """A file of somebody else's, put among ours, has no such line, or not ours."""
    ours = [path for path in texts(prefix) if DEPS not in str(path)]
    assert len(ours) > 150
    for path in ours:
        head = path.read_text(errors="replace")[:400]
        assert "SPDX-License-Identifier: Apache-2.0" in head and "Copyright" not in head, path


def test_the_sources_of_others_are_named(prefix):
    installed = {folder.name for folder in (prefix / DEPS).iterdir() if folder.is_dir()}
    named = {part["properties"][0]["value"].rpartition("/")[2]: part for part in BILL
             if "properties" in part}
    assert installed == set(named) and len(installed) >= 3
    assert all(part["properties"][0]["value"] == f"{DEPS}/{name}" for name, part in named.items())
    notice = (prefix / "share/bulkhead/firmware/NOTICE").read_text()
    group = notice.split(DEPS)[1].split("\nIn the programs")[0]
    rows = re.findall(r"^    ([A-Za-z]\S+) +(\S+) +([A-Za-z]+-?[\w.-]*) +Copyright", group, re.MULTILINE)
    assert {(name.lower(), version, licence) for name, version, licence in rows} == {
        (name, part["version"], part["licenses"][0]["license"]["id"]) for name, part in named.items()}


def test_their_licences_come_along(prefix):
    firmware = prefix / "share/bulkhead/firmware"
    for part in BILL:
        if "properties" not in part:
            continue
        folder = prefix / part["properties"][0]["value"]
        licence = part["licenses"][0]["license"]["id"]
        found = [*folder.glob("LICENSE*"), *([firmware / "LICENSE"] if licence == "Apache-2.0" else [])]
        assert any(LICENCE_TEXT[licence] in path.read_text() for path in found), part["name"]
    assert "Apache License" in (firmware / "LICENSE").read_text()


def test_their_sources_are_unchanged_and_no_more_than_is_compiled(prefix):
    for path in texts(prefix / DEPS):
        there = ROOT / "build/deps" / path.relative_to(prefix / DEPS)
        assert path.read_bytes() == there.read_bytes(), path
    assert {path.name for path in (prefix / DEPS / "bearssl").iterdir()} <= {
        "inc", "src", "LICENSE.txt", "README.txt", ".lock"}


def test_no_private_key_is_installed(prefix):
    """The samples' keys are published, and only good for samples."""
    for path in prefix.rglob("*"):
        if path.is_file() and path.suffix not in (".a",):
            assert b"PRIVATE KEY-----\n" not in path.read_bytes(), path
