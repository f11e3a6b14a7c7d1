# SPDX-License-Identifier: Apache-2.0
"""The core as it stands in firmware: a few functions of <string.h>, no heap, no RAM of its own."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PREFIX = {"cortex-m4": "arm-none-eabi-", "cortex-m0": "arm-none-eabi-",
          "rv32imac": "riscv64-unknown-elf-"}
STRING = {"memcpy", "memmove", "memset", "memcmp", "strcmp"}


def objects(preset, tool, *options):
    archive = ROOT / "build" / preset / "libbulkhead.a"
    assert archive.exists(), f"'make {preset}' builds it"
    return subprocess.run([PREFIX[preset] + tool, *options, archive], text=True,
                          capture_output=True, check=True).stdout.splitlines()


@pytest.mark.parametrize("preset", PREFIX)
def test_nothing_is_needed_but_string_functions(preset):
    lines = [line.split() for line in objects(preset, "nm", "-g")]
    defined = {words[2] for words in lines if len(words) == 3}
    needed = {words[1] for words in lines if len(words) == 2 and words[0] == "U"}
    compiler = {name for name in needed if name.startswith("__")}  # 64-bit division and the like
    assert "bh_boot_run" in defined
    assert needed - defined - compiler <= STRING


@pytest.mark.parametrize("preset", PREFIX)
def test_nothing_is_written_outside_the_callers_memory(preset):
    rows = [line.split() for line in objects(preset, "size")[1:]]
    assert rows
    assert [row[5] for row in rows if row[1] != "0" or row[2] != "0"] == []


def calls(preset):
    """function -> functions it calls by name, over all of the core"""
    graphs = list((ROOT / "build" / preset / "CMakeFiles/bulkhead.dir/src").rglob("*.ci"))
    assert len(graphs) > 20, f"'make {preset}' builds it"
    graph = {}
    for caller, callee in re.findall(r'edge: { sourcename: "([^"]*)" targetname: "([^"]*)"',
                                     "".join(path.read_text() for path in graphs)):
        graph.setdefault(caller, set()).add(callee)
    return graph


@pytest.mark.parametrize("preset", PREFIX)
def test_no_function_calls_itself_however_far_around(preset):
    graph = calls(preset)
    done, circles = set(), []

    def walk(function, above):
        if function in above:
            circles.append([*above[above.index(function):], function])
        elif function not in done:
            for callee in graph.get(function, ()):
                walk(callee, [*above, function])
            done.add(function)

    for function in graph:
        walk(function, [])
    assert circles == []
