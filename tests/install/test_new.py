# SPDX-License-Identifier: Apache-2.0
"""bulkhead new: the way from an empty folder to a product that runs, of installed files alone."""
import json
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(command, folder, path, code=0):
    done = subprocess.run(command, shell=isinstance(command, str), cwd=folder, text=True, timeout=300,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}"})
    assert done.returncode == code, f"{command}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    there = tmp_path_factory.mktemp("install")
    run(["cmake", "--install", str(ROOT / "build/host"), "--prefix", str(there)], there, "/bin")
    return there / "bin"


def test_readme_your_product_in_ten_minutes(path, tmp_path):
    """Every command of that section, as it is written there."""
    text = (ROOT / "README.md").read_text()
    section = text[text.index("## Your product in ten minutes"):].split("```sh\n")[1].split("```")[0]
    lines = [line.split(" #")[0].strip() for line in section.splitlines() if line.strip()]
    assert len(lines) >= 8 and lines[1] == "cd lamp"
    said = run(lines[0], tmp_path, path)
    folder = tmp_path / "lamp"
    for line in lines[2:]:
        said += run(line, folder, path)
    assert "lamp.layout.yml: ok" in said and "lamp 1.0.0" in said and "clean" in said
    assert (folder / "keys/release.pem").stat().st_mode & 0o77 == 0
    run("git init -q && git add -A", folder, path)
    files = set(run("git ls-files", folder, path).split())
    assert {"keys/release.pub.pem", "main.c", "lamp.layout.yml", ".github/workflows/check.yml"} <= files
    assert "keys/release.pem" not in files and not any(f.endswith(".bin") for f in files)
    readme = (folder / "README.md").read_text()
    assert "0x08000000" in readme and "0x08020000" in readme and "openocd" in readme


def test_a_chip_without_a_sample_board(path, tmp_path):
    """Built of the table alone: checked, played with, explored."""
    run("bulkhead new tag --chip stm32g071xb", tmp_path, path)
    folder = tmp_path / "tag"
    assert not (folder / "CMakeLists.txt").exists() and "PORT_DIR" in (folder / "README.md").read_text()
    run("bulkhead layout check tag.layout.yml", folder, path)
    (folder / "app.bin").write_bytes(bytes(range(1, 251)) * 20)
    run("bulkhead image sign --layout tag.layout.yml -k keys/release.pem -v 1.0.0 --pad-header app.bin s.bin",
        folder, path)
    run("bulkhead boot install tag.layout.yml --flash chip.bin s.bin", folder, path)
    assert "starts    version 1.0.0" in run("bulkhead boot run tag.layout.yml --flash chip.bin", folder, path)
    said = run("bulkhead sim explore tag.layout.yml --scenario confirm --seconds 20", folder, path)
    assert "clean" in said and "BROKEN" not in said


def test_every_chip_that_can_be_served(path, tmp_path):
    """A layout without errors, or a reason. No third."""
    chips = json.loads(run("bulkhead layout chips --json", tmp_path, path))["chips"]
    made, small = 0, set()
    for chip in chips:
        words = ["bulkhead", "new", "x", "--dry-run", "--chip", chip["name"]]
        if chip["cannot"] or chip["jedec"] or chip["mapped"] is None:
            run(words, tmp_path, path, code=2)
            continue
        done = subprocess.run(words, cwd=tmp_path, text=True, capture_output=True, check=False,
                              env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}"})
        assert done.returncode in (0, 3), f"{chip['name']}: {done.stderr}"
        made += done.returncode == 0
        if done.returncode == 3:
            assert "no layout with two slots" in done.stderr
            small.add(chip["name"])
    assert made > 90
    assert small == SMALL
    assert not (tmp_path / "x").exists()


SMALL = {"stm32f042x6", "stm32f401xc", "stm32c031x6", "stm32h750xb", "stm32l031x6"}


@pytest.mark.parametrize("words, code, says", [
    ("lamp --chip stm32f407xq", 2, r"no chip is called 'stm32f407xq' \(did you mean 'stm32f407x[eg]'"),
    ("lamp --chip mx25r64", 2, "no processor that runs programs in its flash"),
    ("lamp --chip esp32", 2, "cannot serve esp32 yet: "),
    ("lamp --chip stm32f042x6", 3, "no layout with two slots was found for stm32f042x6"),
    ("la/mp --chip stm32f407xe", 2, "cannot be a product's name"),
    ("9lamp --chip stm32f407xe", 2, "cannot be a product's name"),
    ("there --chip stm32f407xe", 2, "there: exists already")])
def test_what_is_refused(path, tmp_path, words, code, says):
    (tmp_path / "there").mkdir()
    said = run(f"bulkhead new {words}", tmp_path, path, code=code)
    assert re.search(says, said), said
    assert [p.name for p in tmp_path.rglob("*")] == ["there"]
