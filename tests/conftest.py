# SPDX-License-Identifier: Apache-2.0
"""What the tests of each folder need to have been built. Where it is missing, they say which verb of
make is missing, and nothing else."""
import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
HOST = os.environ.get("BULKHEAD_BUILD", "build/host")
TOOL = (f"{HOST}/cli/bulkhead", "make host")
FIRMWARE = [("build/firmware/nrf52840/boot.bin", "make cortex-m4"),
            ("build/firmware/nrf51/boot.bin", "make cortex-m0"),
            ("build/firmware/virt/boot.bin", "make rv32imac")]

NEEDS = {
    "board": [TOOL, *FIRMWARE],
    "chips": [(f"{HOST}/host/chips/compile_chips", "make host")],
    "cli": [TOOL, *FIRMWARE],
    "esp": [TOOL],
    "explore": [TOOL],
    "house": [],
    "house/test_version.py": [TOOL],
    "image": [TOOL],
    "install": [TOOL],
    "interop": [TOOL, (f"{HOST}/tests/interop/judge_image", "make host")],
    "picture": [TOOL, (f"{HOST}/tests/picture/draw", "make host")],
    "qemu": [TOOL, *FIRMWARE],
    "recovery": [TOOL, *[(f"build/firmware/{board}/boot-smp.bin", f"make {cpu}") for board, cpu in
                         (("nrf52840", "cortex-m4"), ("nrf51", "cortex-m0"), ("virt", "rv32imac"))]],
    "select": [TOOL],
}


def must_be_there(path, verb):
    """Fail, in one line, if this file of the build folder is missing."""
    if not (ROOT / path).exists():
        pytest.fail(f"{path} is missing: run '{verb}' first", pytrace=False)


@pytest.fixture(scope="session")
def need():
    """need(path, verb), for what only some tests of a file need."""
    return must_be_there


def pytest_runtest_setup(item):
    test = item.path.relative_to(ROOT / "tests")
    for path, verb in NEEDS.get(str(test), NEEDS.get(test.parts[0], [TOOL])):
        must_be_there(path, verb)
