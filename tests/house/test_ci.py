# SPDX-License-Identifier: Apache-2.0
"""The hosted CI files call .ci/run and verbs of make, in bare containers of the systems that the
documents name, and nothing else."""
import pathlib
import re

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
GITHUB = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
GITLAB = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
SYSTEMS = ["debian:12", "debian:13"]
INSTALL = "apt-get update && apt-get install -y --no-install-recommends make git ca-certificates"


def github(job):
    return [step["run"] for step in GITHUB["jobs"][job]["steps"] if "run" in step]


def gitlab(job):
    return GITLAB["default"]["before_script"] + GITLAB[job]["script"]


def test_both_run_the_same_on_every_system():
    assert GITHUB["jobs"]["test"]["strategy"]["matrix"]["system"] == SYSTEMS
    assert GITLAB["test"]["parallel"]["matrix"] == [{"SYSTEM": SYSTEMS}]
    assert "Debian 12 or 13" in (ROOT / "docs/contributing.md").read_text()


@pytest.mark.parametrize("jobs", [github, gitlab], ids=lambda f: f.__name__)
def test_jobs_call_what_a_person_calls(jobs):
    assert jobs("test")[0] == INSTALL and jobs("test")[-1] == ".ci/run"
    assert jobs("packages")[0] == INSTALL and jobs("packages")[-1] == "make deb wheel"
    for command in jobs("test") + jobs("packages"):
        assert re.match(r"apt-get|git config|\.ci/run$|make ", command), command


def test_no_job_waits_for_ever():
    assert all("timeout-minutes" in job for job in GITHUB["jobs"].values())
    assert all("timeout" in GITLAB[job] for job in ("test", "packages"))
