# SPDX-License-Identifier: Apache-2.0
"""Partition Manager's programs as a build calls them, and its answers to 154 layouts."""
import json
import os
import pathlib
import re
import shlex
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host")
SEED = int(os.environ.get("BULKHEAD_SEED", "15"))
HERE = pathlib.Path(__file__).parent


def answers():
    """All cases, in order."""
    with open(HERE / "data" / "answers.jsonl", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def program(name, words, folder, code=None):
    """Run one of the programs in a folder; words: a text as typed, or a list."""
    words = shlex.split(words) if isinstance(words, str) else [str(w) for w in words]
    done = subprocess.run([str(BUILD / "cli" / name), *words], cwd=folder, text=True, timeout=60,
                          capture_output=True, stdin=subprocess.DEVNULL)
    assert done.returncode >= 0, f"{name} {words}\n{done.stderr}"
    if code is not None:
        assert done.returncode == code, f"{name} {words}\n{done.stdout}{done.stderr}"
    return done


def lay_out(case, folder):
    """The input files of a case."""
    for domain in case["domains"]:
        for name in [*domain["inputs"], *([domain["static"]] if domain["static"] else [])]:
            (folder / name).write_text(case["files"][name])


def solved(text):
    """partitions.yml as data: the order of names in spans does not count."""
    data = yaml.safe_load(text) or {}
    for keys in data.values():
        for key in ("span", "orig_span"):
            if key in keys:
                keys[key] = sorted(keys[key])
    return data


def spans_sorted(text):
    return re.sub(r'_SPAN="([^"]*)"', lambda m: '_SPAN="' + " ".join(sorted(m[1].split())) + '"', text)


REGIONS = ("--regions sram_primary flash_primary --sram_primary-size 0x40000 "
           "--sram_primary-base-address 0x20000000 --sram_primary-placement-strategy complex "
           "--sram_primary-dynamic-partition sram_primary --flash_primary-size {size:#x} "
           "--flash_primary-placement-strategy complex --flash_primary-device flash_controller")


def solve(folder, *texts, static=None, size=0x100000, more="", code=0):
    """Solve texts; (partitions.yml as data or None, what was said)."""
    names = []
    for i, text in enumerate(texts):
        names.append(f"in_{i + 1}.yml")
        (folder / names[-1]).write_text(text)
    words = (f"--input-files {' '.join(names)} --output-partitions partitions.yml "
             f"--output-regions regions.yml {REGIONS.format(size=size)} {more}")
    if static is not None:
        (folder / "pm_static.yml").write_text(static)
        words += " --static-config pm_static.yml"
    done = program("partition_manager", words, folder, code)
    return (solved((folder / "partitions.yml").read_text()) if code == 0 else None,
            done.stdout + done.stderr)
