# SPDX-License-Identifier: Apache-2.0
"""Products on parts that no sample board has: program units of 128 and of 512 bytes, blank pages that cannot be
read, memory without erase. Each is swept here in its small form; `bulkhead sim explore FILE --seconds 0` proves all
that is claimed, in its own size, too."""
import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host") / "cli" / "bulkhead"
PARTS = sorted((ROOT / "tests/explore/parts").glob("*.layout.yml"))


@pytest.mark.parametrize("scenario", ["confirm", "revert", "again", "second"])
@pytest.mark.parametrize("torn", ["fixed", "loose"])
@pytest.mark.parametrize("layout", PARTS, ids=[p.name.split(".")[0] for p in PARTS])
def test_no_law_is_broken(layout, torn, scenario):
    done = subprocess.run([str(TOOL), "sim", "explore", str(layout), "--mode", "sweep", "--scaled", "--torn", torn,
                           "--scenario", scenario, "--json"], text=True, capture_output=True, check=False,
                          timeout=300, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["complete"] and not told["violation"] and told["cuts"] > 100
