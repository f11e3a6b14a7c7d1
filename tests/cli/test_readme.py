# SPDX-License-Identifier: Apache-2.0
"""What the README shows of the demo is what the demo prints. (Image sizes vary by a byte or two: an
ECDSA signature has no fixed length.)"""
import pathlib
import re
import subprocess

import pytest
from conftest import ROOT, TOOL

FIRMWARE = ROOT / "build/firmware"


def plain(text):
    return [re.sub(r"\d+,\d+ bytes", "N bytes", line).rstrip() for line in text.splitlines()]


@pytest.mark.skipif(not (FIRMWARE / "nrf52840").exists(), reason="make firmware was not run")
def test_readme_shows_the_demo():
    readme = (ROOT / "README.md").read_text()
    blocks = re.findall(r"```text\n(.*?)```", readme, re.S)
    done = subprocess.run([ROOT / "tools/demo", TOOL, FIRMWARE], text=True, capture_output=True,
                          timeout=120, check=True)
    printed = plain(done.stdout)
    assert len(blocks) >= 2
    for block in blocks:
        lines = plain(block)
        start = printed.index(lines[0])
        assert printed[start:start + len(lines)] == lines
