# SPDX-License-Identifier: Apache-2.0
"""Shared by the tests against other people's tools: where those tools and ours are.

Run with the Python of build/venv, which tools/setup makes. BULKHEAD_BUILD names the build folder to
test, build/host if it is not set; BULKHEAD_SEED the seed of everything random.
"""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host")
SEED = int(os.environ.get("BULKHEAD_SEED", "20"))


def pytest_report_header():
    return f"BULKHEAD_BUILD={BUILD} BULKHEAD_SEED={SEED}"


def run(*args, fails=False):
    """Run a program; its output. A failure that is not announced shows all the program said."""
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=120)
    assert (done.returncode != 0) == fails, (
        f"{' '.join(map(str, args))}\nexit code {done.returncode}\n{done.stdout}{done.stderr}"
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def seed():
    return SEED


@pytest.fixture(scope="session")
def imgtool():
    """imgtool(*args): the real one, from the same environment as this Python."""
    program = pathlib.Path(sys.executable).with_name("imgtool")
    return lambda *args, **kw: run(program, *args, **kw)


@pytest.fixture(scope="session")
def bulkhead():
    """bulkhead(*args): the tool that was built."""
    return lambda *args, **kw: run(BUILD / "cli" / "bulkhead", *args, **kw)


@pytest.fixture(scope="session")
def judge_image():
    """judge_image(*args): the core's opinion on an image file, see judge_image.c."""
    return lambda *args, **kw: run(BUILD / "tests" / "interop" / "judge_image", *args, **kw)
