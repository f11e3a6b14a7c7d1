# SPDX-License-Identifier: Apache-2.0
"""docs/layout.md: its examples run, its messages are those of the tool, its tables are complete."""
import json
import re
import struct
import subprocess
import zlib

import pytest
from layouts import BUILD, ROOT
from test_rules import ROWS, ready, text_of  # noqa: F401 (a fixture)

PAGE = (ROOT / "docs" / "layout.md").read_text()
FILES = re.findall(r"```yaml (\S+)\n(.*?)```", PAGE, re.S)
SESSIONS = re.findall(r"```console\n\$ bulkhead (.*?)\n(.*?)```", PAGE, re.S)
SOURCES = "".join(p.read_text() for p in sorted((ROOT / "host" / "layout").glob("*.c")))


@pytest.fixture
def written(with_key):
    for name, text in FILES:
        with_key.write(text, name)
    return with_key


def test_the_page_has_examples():
    assert len(FILES) == 4 and len(SESSIONS) == 2


@pytest.mark.parametrize("name", [n for n, _ in FILES if n != "wrong.layout.yml"])
def test_the_layouts_are_good(written, name):
    assert "error" not in written("layout", "check", name).stdout


@pytest.mark.parametrize("command,output", SESSIONS, ids=[c for c, _ in SESSIONS])
def test_the_commands_say_what_the_page_says(written, command, output):
    done = subprocess.run([str(BUILD / "cli" / "bulkhead"), *command.split()], cwd=written.folder, text=True,
                          capture_output=True)
    said = done.stdout.splitlines()
    # A message may be folded on the page; of a table the beginning will do.
    wanted = " ".join(output.split())
    assert wanted and " ".join(" ".join(said).split()).startswith(wanted), done.stdout


def rules_on_the_page():
    part = PAGE[PAGE.index("## Findings"):PAGE.index("## What differs")]
    rows = re.findall(r"^\| `([a-z-]+)` \| `(.+?)`", part, re.M)
    others = re.findall(r"`([a-z-]+)`", part[part.index("The rest are"):])
    return rows, others


def test_every_rule_is_on_the_page():
    rows, others = rules_on_the_page()
    tested = {row[0] for row in ROWS}
    assert {r for r, _ in rows} | set(others) == tested


@pytest.mark.parametrize("rule,text", rules_on_the_page()[0], ids=[r for r, _ in rules_on_the_page()[0]])
def test_every_message_of_the_page_is_one_of_the_tool(ready, rule, text):  # noqa: F811
    rows = [row for row in ROWS if row[0] == rule and (row[3] in text or text in row[3])]
    assert rows, "no row of test_rules.py has this message"
    cannot = next(name for name in re.findall(r"^(\w+) .*cannot", ready("layout", "chips").stdout, re.M))
    options = ["--bootloader", "boot.bin"] if rows[0][2] == "{size: 32K}" else []
    found = ready.findings(text_of(rows[0], cannot), options=options)
    assert any(f["rule"] == rule and text in f["text"] for f in found), found


def keys_of(table):
    body = re.search(rf"fields_{table}\[\] = \{{(.*?)\n\}};", SOURCES, re.S)[1]
    return set(re.findall(r'(?:PLAIN|CHOICE|INTEGER|MAP|MAPS|OWN)\(\s*"(\w+)"', body))


def test_every_key_is_on_the_page():
    for table in ("top", "device", "partition", "placement", "align", "slot", "boot", "wolfboot"):
        keys = keys_of(table)
        assert keys, table
        for key in keys:
            assert re.search(rf"`[^`]*\b{key}\b[^`]*`", PAGE), f"{table}: {key}"


def test_the_identity_is_what_the_page_says(written):
    solved = json.loads(written("layout", "show", "--json", "tracker.layout.yml").stdout)
    places = {p["name"]: p for p in solved["partitions"]}
    devices = {d["name"]: d for d in solved["devices"]}
    met, out = [], b""

    def region(device, off, length):
        nonlocal out
        if device in met:
            out += bytes([met.index(device)])
        else:
            out += bytes([len(met)])
            met.append(device)
            d = devices[device]
            for run in d["pages"]:
                out += struct.pack("<II", run["count"], run["size"])
            out += struct.pack("<IIBBI", 0, d["unit"], d["erased"], d["address"] is not None, d["address"] or 0)
        out += struct.pack("<II", off, length)

    def partition(name):
        nonlocal out
        out += b"\1"
        region(places[name]["device"], places[name]["offset"], places[name]["size"])

    out += bytes([1, 0])
    partition(solved["boot"]["bootloader"])
    out += bytes([len(solved["slots"])])
    for slot in solved["slots"]:
        partition(slot["primary"])
        partition(slot["secondary"])
        out += b"\1"
        region(slot["spare"]["device"], slot["spare"]["offset"], slot["spare"]["size"])
        out += struct.pack("<III", slot["staged_offset"], slot["chunk"], slot["image_max"])
    for name in solved["boot"]["journal"]:
        partition(name)
    assert zlib.crc32(out) == solved["identity"]


def test_every_file_that_is_written_is_on_the_page(written):
    written("layout", "build", "-o", "out", "lamp.layout.yml")
    for file in (written.folder / "out").iterdir():
        name = file.name + "/" * file.is_dir()
        assert f"`{name}`" in PAGE or file.name == "app.ld" and "`SLOT.ld`" in PAGE, file.name
