# SPDX-License-Identifier: Apache-2.0
"""The tool as a person uses it: words in; exit code, text and files out.

Run with the Python of build/venv. BULKHEAD_BUILD names the build folder to test (build/host)."""
import json
import os
import pathlib
import subprocess

import pytest

import exits
from schema import check_run

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host") / "cli" / "bulkhead"

TYPES = ("ed25519", "ecdsa-p256", "rsa-2048", "rsa-3072")


class Tool:
    """tool(*words, code=0) runs bulkhead there and checks the exit code."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, *words, code=0, env=None, text=True, **kw):
        done = subprocess.run([str(TOOL), *map(str, words)], cwd=self.folder, text=text, timeout=120,
                              env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kw)
        assert done.returncode == code, (
            f"bulkhead {' '.join(map(str, words))}\nexit code {done.returncode}, not {code}\n"
            f"{done.stdout}{done.stderr}")
        exits.check(TOOL, words, code)
        if "--json" in words and text:
            check_run(words, done.stdout, done.stderr)
        return done

    def refuses(self, *words, code=2, says=(), **kw):
        """It fails with this code, one line that says these things, and changes no file."""
        before = snapshot(self.folder)
        done = self(*words, code=code, **kw)
        if "--json" in words:
            done.stderr = "".join(f"bulkhead: {json.loads(x)['message']}\n" for x in done.stderr.splitlines()
                                  if json.loads(x)["kind"] == "error")
        lines = [x for x in done.stderr.splitlines() if not x.startswith("bulkhead: warning:")]
        assert len(lines) == 1 and lines[0].startswith("bulkhead: "), done.stderr
        for text in [says] if isinstance(says, str) else says:
            assert text in lines[0], f"{text!r} is not in: {lines[0]}"
        assert snapshot(self.folder) == before
        return lines[0]


def snapshot(folder):
    return {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def tool(tmp_path):
    return Tool(tmp_path)


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    """A private key file of each type, by name."""
    folder = tmp_path_factory.mktemp("keys")
    for name in (*TYPES, "ecdsa-p384", "x25519"):
        Tool(folder)("key", "new", "--type", name, f"{name}.pem")
    Tool(folder)("key", "new", "--type", "lms", "--lms-height", "5", "--lms-width", "4", "lms.pem")
    return {p.stem: p for p in folder.glob("*.pem")}


@pytest.fixture(scope="session")
def imgtool():
    """imgtool(*words): the real one, in this process; its exit code and output."""
    from click.testing import CliRunner
    from imgtool.main import imgtool as program

    def run(*words, code=0):
        done = CliRunner().invoke(program, [str(w) for w in words])
        assert done.exit_code == code, f"imgtool {' '.join(map(str, words))}\n{done.output}"
        return done

    return run
