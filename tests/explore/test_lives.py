# SPDX-License-Identifier: Apache-2.0
"""What docs/testing.md and docs/for-assessors.md claim: every life they show is lived through and ends
as they say, and the laws they name are the explorer's."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host") / "cli" / "bulkhead"
PAGE = (ROOT / "docs/testing.md").read_text()

# `stage2 test boot` (mail1), perhaps followed by how it ends
LIFE = re.compile(r"`((?:stage|half|foreign)[^`]*)` \((\w+)\)(?: ends with version (\d), (\w+)| breaks ([\w-]+))?")
LIVES = [m.groups() for m in LIFE.finditer(PAGE)]


def replay(product, steps, *options):
    done = subprocess.run([str(TOOL), "sim", "replay", product, *steps.split(), *options, "--json"], text=True,
                          capture_output=True, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


def test_there_are_lives():
    shown = re.findall(r"^\| `(?:stage\d|half |foreign )|: `stage|between: `stage|more: `stage|danger: `stage", PAGE, re.M)
    assert len(LIVES) >= 9 and len(LIVES) >= len(shown)


@pytest.mark.parametrize("steps, product, version, state, law", LIVES, ids=[f"{p}-{s}" for s, p, *_ in LIVES])
def test_a_life_ends_as_told(steps, product, version, state, law):
    code, told = replay(product, steps)
    if law:
        assert code == 1 and told["law"] == law
        return
    assert code == 0, told
    if version:
        last = told["steps"][-1]
        assert (last["version"], last["state"]) == (int(version), state)


def test_the_laws_are_the_explorers():
    source = (ROOT / "sim/explore/machine.c").read_text()
    named = re.findall(r'\[LAW_\w+\] = \{ "([\w-]+)"', source)
    assert named[0] == "none" and len(named) > 15
    table = PAGE[PAGE.index("## What is claimed"):PAGE.index("What is owed is decided")]
    assert re.findall(r"^\| `([\w-]+)` \|", table, re.M) == named[1:]
    assessors = (ROOT / "docs/for-assessors.md").read_text()
    assert f"{len(named) - 1} named laws" in assessors


COMMAND = re.compile(r"^\| `bulkhead (sim explore \w+ [^`]*)` \|", re.M)
FOUND = COMMAND.findall(PAGE[PAGE.index("these were found"):PAGE.index("On the way to it")])
OPEN = COMMAND.findall(PAGE[PAGE.index("Open, in the engine"):PAGE.index("With pages that go bad, and hands")]
                       if "Open, in the engine" in PAGE else "")


@pytest.mark.parametrize("line", FOUND)
def test_what_is_told_as_mended_is_mended(line):
    done = subprocess.run([str(TOOL), *line.split()], text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("line", OPEN)
def test_what_is_told_as_open_is_open(line):
    """What was mended is taken off the list, and into the selection."""
    done = subprocess.run([str(TOOL), *line.split()], text=True, capture_output=True, timeout=120)
    assert done.returncode == 1, f"{line}: mended? Then docs/testing.md must no longer tell of it"
    assert "broken" in done.stdout


def test_the_commands_shown_are_commands(tmp_path):
    shutil.copytree(ROOT / "products", tmp_path, dirs_exist_ok=True)
    (tmp_path / "stm32f407.layout.yml").rename(tmp_path / "lamp.layout.yml")
    block = PAGE[PAGE.index("## Use it"):]
    commands = [line for line in block.splitlines() if line.startswith("bulkhead sim ")]
    assert len(commands) >= 6
    for line in commands:
        words = re.split(r" {3,}", line)[0].split()[1:]
        if "closure" in words:
            words += ["--states", "2000"]
        if words[1:3] == ["explore", "lamp.layout.yml"]:  # shown without a bound
            words = [w for w in words if w not in ("--seconds", "0")] + ["--seconds", "5"]
            words = [w + "=0" if w == "--jobs" else w for w in words]
        done = subprocess.run([str(TOOL), *words], text=True, capture_output=True, timeout=120, cwd=tmp_path)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
