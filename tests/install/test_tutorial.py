# SPDX-License-Identifier: Apache-2.0
"""docs/tutorial.md: every command is run, in its order, of installed files alone, and what it prints is
compared with the page. `python tests/install/test_tutorial.py FOLDER` writes the page: FOLDER is an
installation."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/tutorial.md"
SESSION = re.compile(r"```console\n(.*?)```", re.S)


def run(command, folder, prefix):
    """What a terminal shows. Exit codes are part of the page only where something is refused."""
    done = subprocess.run(command, shell=True, cwd=folder, text=True, stdin=subprocess.DEVNULL, timeout=600,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          env={**os.environ, "PATH": f"{prefix}/bin:{os.environ['PATH']}"})
    assert done.returncode in (0, 5) or "bulkhead: " in done.stdout, f"{command}\n{done.stdout}"
    return [line.rstrip() for line in done.stdout.splitlines()]


def begin(folder, prefix):
    """What README's ten minutes leave."""
    for command in ("bulkhead new lamp --chip stm32f407xe",
                    "cd lamp && cmake --preset release && cmake --build --preset release"):
        run(command, folder, prefix)
    return folder / "lamp"


def plain(lines):
    """Without what varies: sizes that hang on a signature's length, counts, times, ids of new keys."""
    text = "\n".join(lines)
    text = re.sub(r"\d+ (bytes|instructions|flash operations)", r"N \1", text)
    text = re.sub(r"id [0-9a-f]{64}", "id X", text)
    return re.sub(r"(lamp +confirm) .* (clean|\S+)$", r"\1 \2", text, flags=re.M).split("\n")


def steps(block):
    """(command, what it prints), for each."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        lines = part.rstrip("\n").split("\n")
        yield lines[0], [line.rstrip() for line in lines[1:]]


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    there = tmp_path_factory.mktemp("install")
    subprocess.run(["cmake", "--install", ROOT / "build/host", "--prefix", there], check=True,
                   stdout=subprocess.DEVNULL)
    return there


def test_the_page_is_what_happens(prefix, tmp_path):
    folder = begin(tmp_path, prefix)
    blocks = SESSION.findall(PAGE.read_text())
    assert len(blocks) >= 10
    for block in blocks:
        for command, wanted in steps(block):
            said = run(command, folder, prefix)
            assert plain(said) == plain(wanted), command


def renew(prefix, folder):
    lamp = begin(folder, prefix)

    def block(match):
        out = ""
        for command, _ in steps(match[1]):
            out += "".join(line + "\n" for line in [f"$ {command}", *run(command, lamp, prefix)])
        return f"```console\n{out}```"
    PAGE.write_text(SESSION.sub(block, PAGE.read_text()))


if __name__ == "__main__":
    import tempfile
    with tempfile.TemporaryDirectory() as temporary:
        renew(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(temporary))
