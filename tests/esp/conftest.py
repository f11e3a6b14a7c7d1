# SPDX-License-Identifier: Apache-2.0
"""Shared by the tests of the ESP-IDF tools: our programs by the names of ESP-IDF's.

BULKHEAD_BUILD names the build folder to test, build/host if it is not set; BULKHEAD_SEED the seed of
everything random."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host")
SEED = int(os.environ.get("BULKHEAD_SEED", "5"))


def pytest_report_header():
    return f"BULKHEAD_BUILD={BUILD} BULKHEAD_SEED={SEED}"


@pytest.fixture(scope="session")
def seed():
    return SEED


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    """program(NAME): the path of our tool under another name."""
    folder = tmp_path_factory.mktemp("bin")

    def link(name):
        path = folder / name
        if not path.is_symlink():
            path.symlink_to(BUILD / "cli" / name.removesuffix(".py"))
        return str(path)

    return link


@pytest.fixture(scope="session")
def run(program):
    """run(NAME, *args, stdin=b"", env={}): (exit code, standard output, standard error), as bytes."""

    def call(name, *args, stdin=b"", env=None, cwd=None):
        done = subprocess.run([program(name), *map(str, args)], input=stdin, capture_output=True,
                              timeout=60, cwd=cwd, env={**os.environ, **(env or {})})
        assert done.returncode >= 0, f"{name} {args} died of signal {-done.returncode}"
        return done.returncode, done.stdout, done.stderr

    return call
