# SPDX-License-Identifier: Apache-2.0
"""Habits of the house that a compiler does not check: see docs/contributing.md."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = [ROOT / name for name in subprocess.run(
    ["git", "ls-files", "-z"], cwd=ROOT, text=True, capture_output=True, check=True
).stdout.split("\0") if name and (ROOT / name).is_file()]
CORE = [f for f in FILES if f.is_relative_to(ROOT / "src") and f.suffix in (".c", ".h")
        and "shim" not in f.parts]  # src/crypto/shim: what third-party sources include
HEADERS = [f for f in FILES if f.is_relative_to(ROOT / "include")]

# Dependencies point one way. Each room of src/ with those whose headers it may include; a room may
# include its own. The public headers of a room are named after what is in them.
PUBLIC = {
    "base": "alive bytes error version",
    "flash": "flash pair stream spi_nor",
    "crypto": "hash key",
    "table": "table",
    "image": "image image_mcuboot image_espressif image_wolfboot",
    "journal": "journal",
    "verify": "verify",
    "plan": "plan",  # in src/update
    "mailbox": "mailbox mailbox_wolfboot otadata",
    "product": "product rules",
    "update": "update",
    "boot": "boot load select",
    "app": "app wolfboot",  # wolfboot: compat/
    "recovery": "recovery smp",
    "measure": "measure",
}
MAY = {
    "base": "",
    "flash": "base",
    "crypto": "base",
    "table": "base flash",
    "image": "base flash crypto",
    "journal": "base flash",
    "verify": "base flash crypto image",
    "plan": "base flash journal",
    "mailbox": "base flash journal table",
    "product": "base flash journal verify plan mailbox",
    "update": "base flash journal verify plan mailbox product",
    "boot": "base flash table image journal verify plan mailbox product update",
    "app": "base flash image journal verify plan mailbox product update boot",
    "recovery": "base flash journal verify plan mailbox product update boot app",
    "measure": "base flash crypto image journal verify plan mailbox product update boot",
}


def place(file):
    return str(file.relative_to(ROOT))


def found(pattern, files):
    """file:line: text, of every line that matches."""
    return [f"{place(file)}:{number}: {line.strip()}" for file in files
            for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1)
            if re.search(pattern, line)]


def bodies(file):
    """(line number, line) inside the functions of a C file: between braces in column 0."""
    inside = False
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if inside:
            yield number, line
        inside = line == "{" or (inside and not line.startswith("}"))


def test_the_files_are_there():
    assert len(CORE) > 20 and len(HEADERS) > 10


@pytest.mark.parametrize("room", MAY)
def test_a_room_looks_down_only(room):
    allowed = {header for name in [room, *MAY[room].split()] for header in PUBLIC[name].split()}
    headers = [h for h in HEADERS if h.stem in PUBLIC[room].split()]
    inside = [f for f in CORE if f.parent.name == room]
    assert headers
    up = [line for line in found(r'#include "bulkhead/', headers + inside)
          if re.search(r'#include "bulkhead/(?:compat/)?(\w+)\.h', line)[1] not in allowed]
    assert up == [], "an include that looks up or sideways; the table is in this file"


def test_every_public_header_belongs_to_a_room():
    named = {name for names in PUBLIC.values() for name in names.split()}
    assert {h.stem for h in HEADERS} - named == set()


def test_the_core_includes_no_library():
    system = found(r"#include <(?!(stdint|stddef|stdbool|string)\.h>)", CORE + HEADERS)
    assert [s for s in system if not s.startswith("src/crypto/")] == []


def test_no_condition_inside_a_function():
    inside = [f"{place(f)}:{n}: {line}" for f in CORE for n, line in bodies(f)
              if re.match(r"\s*#\s*(if|el|endif)", line)]
    assert inside == [], "choose by data, by link or by the product's table"


def test_every_file_names_its_licence():
    bare = {".json", ".svg", ".xml", ".txt", ".pem", ".csv", ".bin", ".md", ".hex", ".key", ".typed"}  # no comments, or prose
    assert [place(f) for f in FILES if f.suffix not in bare and f.name not in ("LICENSE", "NOTICE")
            and not {"corpus", "data", "golden", "wolfboot"} & set(f.parts)
            and not (f.suffix == ".in" and f.parent.name == "new")  # they become a person's own
            and "SPDX-License-Identifier: Apache-2.0" not in f.read_text(errors="replace")[:300]] == []


def test_no_path_of_a_machine():
    assert found(r"/(home|work|root|Users)/\w", FILES) == []


def test_every_script_can_be_run():
    assert [place(f) for f in FILES if f.read_bytes().startswith(b"#!")
            and not f.stat().st_mode & 0o100] == []


def test_every_link_in_a_document_leads_somewhere():
    broken = []
    for page in [f for f in FILES if f.suffix == ".md"]:
        for target in re.findall(r"\]\(([^)#\s:]+)(?:#[^)]*)?\)", page.read_text()):
            if not (page.parent / target).exists():
                broken.append(f"{place(page)}: {target}")
    assert broken == []


def test_no_two_test_files_have_one_name():
    """pytest imports them by that, and would skip the second."""
    names = [f.name for f in FILES if f.parts[len(ROOT.parts)] == "tests" and f.name.startswith("test_")
             and f.suffix == ".py"]
    assert len(names) > 30 and sorted({name for name in names if names.count(name) > 1}) == []


def test_every_source_says_what_it_is():
    """The line after the licence opens a comment."""
    sources = [f for f in FILES if f.suffix in (".c", ".h") and not {"shim", "corpus"} & {*f.parts}]
    silent = [place(f) for f in sources if not f.read_text().split("\n", 2)[1].startswith("/* ")]
    assert sources and silent == [], "these have no opening comment"
