# SPDX-License-Identifier: Apache-2.0
"""bulkhead sim as a person uses it. BULKHEAD_BUILD names the build folder to test (build/host)."""
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host") / "cli" / "bulkhead"


def sim(*words, code=0):
    done = subprocess.run([str(TOOL), "sim", *map(str, words)], text=True, timeout=120,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == code, f"sim {words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout, done.stderr


def test_scenarios_are_listed_and_shown():
    listed, _ = sim("run", "tiny2")
    assert "revert" in listed
    shown, _ = sim("run", "tiny2", "revert")
    assert "version 2 starts; the journal says trial" in shown
    assert "version 1 starts; the journal says idle, last update reverted" in shown
    assert "no law broken" in shown


def test_explore_finds_nothing_and_counts():
    out, _ = sim("explore", "tiny2", "--scenario", "confirm", "--json")
    result = json.loads(out)
    assert result["complete"] and not result["violation"]
    assert result["cuts"] > 200 and result["states"] > 200


def test_parts_together_cut_as_often_as_the_whole():
    whole = json.loads(sim("explore", "tiny2", "--scenario", "revert", "--json")[0])
    parts = [json.loads(sim("explore", "tiny2", "--scenario", "revert", "--json", "--shard", f"{i}/3")[0])
             for i in (1, 2, 3)]
    assert sum(part["cuts"] for part in parts) == whole["cuts"]


def test_replay_shows_the_cut_and_what_followed(tmp_path):
    out, _ = sim("replay", "tiny2", "stage2", "test", "boot@12:mix:3:0", "boot", "--dump",
                 tmp_path / "flash.bin")
    assert "<- power cut" in out and "version 2 starts" in out
    assert (tmp_path / "flash.bin").stat().st_size == 32 * 256
    steps = json.loads(sim("replay", "tiny2", "stage2", "test", "boot@12:mix:3:0", "--json")[0])["steps"]
    assert steps[2]["operations"][-1]["cut"]


def test_a_broken_law_is_exit_code_1():
    # what no journal can help: a chip that answers 0xFF, without an error, in the middle of an update
    for operation in range(12, 40):
        words = ["sim", "replay", "mail2", "stage2", "test", f"boot@{operation}:before", "absent", "boot",
                 "well", "boot"]
        done = subprocess.run([str(TOOL), *words], text=True, capture_output=True, timeout=60)
        assert done.returncode in (0, 1), done.stderr
        if done.returncode == 1:
            assert "broken" in done.stdout
            return
    raise AssertionError("no operation of the update breaks a law, which cannot be")


def test_pages_gone_bad_and_hands_are_part_of_a_trace():
    out, _ = sim("replay", "tiny2", "boot!0:0.0:worn", "primary3.half", "boot")
    assert "the page at 0x0 of chip 0 can no longer be written" in out
    assert "somebody programs image 3 into primary, only the first half of it" in out
    assert "nothing starts" in out
    counted = json.loads(sim("explore", "over", "--scenario", "permanent", "--depth", "0", "--hands", "1",
                             "--json")[0])
    assert counted["hands"] > 50 and not counted["violation"]


def test_that_a_journal_was_begun_is_said_in_the_boot_that_began_it():
    said, _ = sim("replay", "tiny2", "boot", "foreign", "boot", "boot", "boot")
    boots = [line for line in said.splitlines() if "starts" in line]
    assert ["a new one was begun" in line for line in boots] == [False, True, False, False]


def test_wrong_words_are_exit_code_2():
    for words in (["explore", "tiny"], ["explore", "tiny2", "--scenario", "comfirm"],
                  ["explore", "tiny2", "--shard", "4/3"], ["explore", "tiny2", "--depth", "300"],
                  ["explore", "tiny2", "--scenario", "dead"], ["replay", "tiny2", "bot"],
                  ["explore", "tiny2", "--mode", "random", "--scenario", "confirm"]):
        _, error = sim(*words, code=2)
        assert error.startswith("bulkhead: ") and error.count("\n") == 1
    assert "did you mean 'confirm'" in sim("explore", "tiny2", "--scenario", "comfirm", code=2)[1]
