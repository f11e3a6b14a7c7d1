# SPDX-License-Identifier: Apache-2.0
"""The core as it stands in firmware: a few functions of <string.h>, no heap, no RAM of its own.

The firmware presets optimise when linking, so their objects are not code yet. Here each file of the
core is compiled once more as its preset does it, but for that."""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PREFIX = {"cortex-m4": "arm-none-eabi-", "cortex-m0": "arm-none-eabi-",
          "rv32imac": "riscv64-unknown-elf-"}
STRING = {"memcpy", "memmove", "memset", "memcmp", "strcmp"}


def compile_plainly(entry, folder):
    words = shlex.split(entry["command"])
    name = re.sub(r"\W", "_", entry["file"])
    words[words.index("-o") + 1] = str(folder / f"{name}.o")
    subprocess.run([*words, "-fno-lto"], cwd=entry["directory"], check=True, capture_output=True)


@pytest.fixture(scope="session")
def core(tmp_path_factory, need):
    """core(preset) is a folder with the core's objects and call graphs."""
    folders = {}

    def build(preset):
        if preset in folders:
            return folders[preset]
        commands = ROOT / "build" / preset / "compile_commands.json"
        need(commands.relative_to(ROOT), f"make {preset}")
        entries = [e for e in json.loads(commands.read_text())
                   if re.search(r"CMakeFiles/bulkhead(_deps)?\.dir/", e["command"])]
        assert len(entries) > 20
        folder = folders[preset] = tmp_path_factory.mktemp(preset)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda entry: compile_plainly(entry, folder), entries))
        return folder

    return build


def objects(folder, preset, tool, *options):
    return subprocess.run([PREFIX[preset] + tool, *options, *sorted(folder.glob("*.o"))], text=True,
                          capture_output=True, check=True).stdout.splitlines()


@pytest.mark.parametrize("preset", PREFIX)
def test_nothing_is_needed_but_string_functions(core, preset):
    lines = [line.split() for line in objects(core(preset), preset, "nm", "-g")]
    defined = {words[2] for words in lines if len(words) == 3}
    needed = {words[1] for words in lines if len(words) == 2 and words[0] == "U"}
    compiler = {name for name in needed if name.startswith("__")}  # 64-bit division and the like
    assert "bh_boot_run" in defined
    assert [name for name in defined if not name.startswith("bh_")] == [], "an application's too"
    assert needed - defined - compiler <= STRING


@pytest.mark.parametrize("preset", PREFIX)
def test_nothing_is_written_outside_the_callers_memory(core, preset):
    rows = [line.split() for line in objects(core(preset), preset, "size")[1:]]
    assert rows
    assert [row[5] for row in rows if row[1] != "0" or row[2] != "0"] == []


def calls(folder):
    """function -> functions it calls by name, over all of the core"""
    graphs = [f for f in folder.glob("*.ci") if "_src_" in f.name]
    assert len(graphs) > 20
    graph = {}
    for caller, callee in re.findall(r'edge: { sourcename: "([^"]*)" targetname: "([^"]*)"',
                                     "".join(path.read_text() for path in graphs)):
        graph.setdefault(caller, set()).add(callee)
    return graph


@pytest.mark.parametrize("preset", PREFIX)
def test_no_function_calls_itself_however_far_around(core, preset):
    graph = calls(core(preset))
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
