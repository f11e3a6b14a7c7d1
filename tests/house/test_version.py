# SPDX-License-Identifier: Apache-2.0
"""One version, written down in include/bulkhead/version.h and the same wherever else it is said."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADER = (ROOT / "include/bulkhead/version.h").read_text()
VERSION = re.search(r'^#define BH_VERSION_TEXT "(.*)"$', HEADER, re.MULTILINE)[1]

# Where else it is written, by a person or by the build.
ELSEWHERE = [
    ("CHANGELOG.md", r"^## (\S+?)(?:,|$)"),
    ("build/host/CMakeCache.txt", r"^CMAKE_PROJECT_VERSION:STATIC=(.*)$"),
    ("build/host/bulkhead.pc", r"^Version: (.*)$"),
]


def test_the_numbers_are_those_of_the_text():
    numbers = [re.search(rf"^#define BH_VERSION_{part} (\d+)$", HEADER, re.MULTILINE)[1]
               for part in ("MAJOR", "MINOR", "PATCH")]
    assert ".".join(numbers) == VERSION


@pytest.mark.parametrize("name,pattern", ELSEWHERE, ids=[name for name, _ in ELSEWHERE])
def test_it_is_the_same_elsewhere(name, pattern):
    assert re.search(pattern, (ROOT / name).read_text(), re.MULTILINE)[1] == VERSION


def test_the_tool_says_it():
    said = subprocess.run([ROOT / "build/host/cli/bulkhead", "--version"], text=True,
                          capture_output=True, check=True).stdout
    assert said == f"bulkhead {VERSION}\n"


def test_it_can_be_compared_in_the_preprocessor(tmp_path):
    (tmp_path / "now.c").write_text(
        "#include <bulkhead/version.h>\n"
        f"#if BH_VERSION != BH_VERSION_OF({VERSION.replace('.', ', ')})\n#error not equal\n#endif\n"
        "#if BH_VERSION_OF(1, 0, 0) <= BH_VERSION_OF(0, 255, 255)\n#error not ordered\n#endif\n")
    subprocess.run(["gcc", "-fsyntax-only", f"-I{ROOT}/include", "now.c"], cwd=tmp_path, check=True)


def test_formats_have_the_numbers_of_their_pages():
    page = (ROOT / "docs/releases.md").read_text()
    rows = re.findall(r"^\| .* \| (\d+) \| `(BH_\w+_FORMAT)` \| \[(\S+)\]", page, re.MULTILINE)
    assert rows
    headers = "".join(path.read_text() for path in (ROOT / "include/bulkhead").glob("*.h"))
    assert {name for _, name, _ in rows} == set(re.findall(r"#define (BH_\w+_FORMAT)", headers))
    for number, name, there in rows:
        assert re.search(rf"#define {name} (\d+)u", headers)[1] == number
        assert f"version {number}" in (ROOT / "docs/formats" / there).read_text()
