# SPDX-License-Identifier: Apache-2.0
"""Layouts as a person meets them: files in; exit code, text and files out.

Run with the Python of build/venv. BULKHEAD_BUILD names the build folder to test (build/host);
BULKHEAD_SEED the seed of everything random."""
import json
import os
import pathlib
import subprocess

import exits

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host")
DATA = pathlib.Path(__file__).parent / "data"
SEED = int(os.environ.get("BULKHEAD_SEED", "10"))


class Tool:
    """tool(*words, code=0) runs bulkhead in a folder and checks the exit code."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, *words, code=0, stdin=None):
        done = subprocess.run([str(BUILD / "cli" / "bulkhead"), *map(str, words)], cwd=self.folder,
                              text=True, timeout=60, input=stdin, capture_output=True,
                              stdin=subprocess.DEVNULL if stdin is None else None)
        assert done.returncode == code, (
            f"bulkhead {' '.join(map(str, words))}\nexit code {done.returncode}, not {code}\n"
            f"{done.stdout}{done.stderr}")
        exits.check(BUILD / "cli" / "bulkhead", words, code)
        return done

    def write(self, text, name="x.layout.yml"):
        (self.folder / name).write_text(text)
        return name

    def findings(self, text, code=None, name="x.layout.yml", options=()):
        """What `layout check --json` finds in a text."""
        self.write(text, name)
        done = subprocess.run([str(BUILD / "cli" / "bulkhead"), "layout", "check", "--json", *options, name],
                              cwd=self.folder, text=True, timeout=60, capture_output=True)
        assert done.returncode in (0, 3), done.stderr
        if code is not None:
            assert done.returncode == code, done.stdout
        return json.loads(done.stdout)["findings"]

    def solved(self, text, name="x.layout.yml"):
        """What `layout show --json` says of a good text."""
        self.write(text, name)
        return json.loads(self("layout", "show", "--json", name).stdout)
