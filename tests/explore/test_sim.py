# SPDX-License-Identifier: Apache-2.0
"""bulkhead sim as a person uses it. BULKHEAD_BUILD names the build folder to test (build/host)."""
import json
import os
import pathlib
import re
import subprocess
import xml.etree.ElementTree

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


PARTS = ["cuts", "pairs", "unstable", "any", "lives", "pages", "hands", "whole-update", "whole-revert", "whole-lives"]


def test_a_layout_is_proven_and_reported(tmp_path):
    layout = ROOT / "products" / "nrf51.layout.yml"
    out, _ = sim("explore", layout, "--seconds", 12, "--cuts", 300, "--report", tmp_path / "new" / "report", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert list(dict.fromkeys(row["part"] for row in rows)) == PARTS
    assert not any(row["violation"] for row in rows)
    done = [row for row in rows if "skipped" not in row]
    assert all(row["states"] > 0 and row["boots"] > 0 for row in done)
    assert {row["scaled"] for row in done if row["part"].startswith("whole")} == {False}
    assert {row["scaled"] for row in done if not row["part"].startswith("whole")} == {True}
    singles = [row for row in done if row["part"] == "cuts"]
    assert {"confirm", "revert", "journal-half"} <= {row["scenario"] for row in singles}
    update = next(row for row in done if row["part"] == "whole-update")
    assert 0 < update["cuts"] and 0 <= update["covered"] <= 1
    # the page
    page = (tmp_path / "new" / "report" / "report.html").read_text()
    solved = json.loads(subprocess.run([str(TOOL), "layout", "show", "--json", str(layout)], capture_output=True,
                                       text=True, check=True).stdout)
    assert f"0x{solved['identity']:08x}" in page and "nrf51.layout.yml --seconds 12 --seed 1 --cuts 300" in page
    for law in ("starts", "whole", "owed", "told", "last-word", "rests", "gives-up"):
        assert f"<code>{law}</code>" in page
    assert f"{sum(row['cuts'] for row in rows):,}" in page and f"{sum(row['boots'] for row in rows):,}" in page
    assert page.count("<svg") == 1 and "not looked at: the product has no rescue part" in page
    assert not re.search(r"(?:src|href)=[\"']?(?!#)|@import|url\((?!#)|<script", page), "it loads something"
    # JUnit
    suites = xml.etree.ElementTree.parse(tmp_path / "new" / "report" / "junit.xml").getroot()
    cases = suites.findall("testsuite/testcase")
    assert [s.get("name") for s in suites] == PARTS and len(cases) == len(rows) == int(suites.get("tests"))
    assert int(suites.get("failures")) == 0 == len(suites.findall(".//failure"))
    assert len(suites.findall(".//skipped")) == sum("skipped" in row for row in rows)


def test_a_choice_by_otadata_is_proven_and_reported(tmp_path):
    layout = ROOT / "products" / "sifive_u_esp.layout.yml"
    out, _ = sim("explore", layout, "--seconds", 8, "--report", tmp_path / "r", "--json")
    rows = {row["part"]: row for row in map(json.loads, out.splitlines())}
    assert list(rows) == ["ours", "esp-idf", "in-turns", "unstable-ours", "unstable-esp-idf", "unstable-in-turns"]
    assert not any(row["violation"] or "skipped" in row for row in rows.values())
    done = [row for row in rows.values() if row["longest"]]
    assert done and all(row["longest"] >= 5 and row["cuts"] > 1000 and row["states"] > 1000 for row in done)
    assert all(row["complete"] == (row["longest"] >= 7) for row in rows.values())
    page = (tmp_path / "r" / "report.html").read_text()
    assert "No promise was broken" in page and f"{sum(row['cuts'] for row in rows.values()):,} power cuts" in page
    assert "2 slots, factory application; 1 start of a trial; program unit of 1 byte" in page
    assert not re.search(r"(?:src|href)=[\"']?(?!#)|@import|url\((?!#)|<script", page), "it loads something"
    cases = xml.etree.ElementTree.parse(tmp_path / "r" / "junit.xml").getroot().findall("testsuite/testcase")
    assert [c.get("name") for c in cases] == list(rows)


def variant(tmp_path, *changes):
    """The sample in which otadata chooses, with other words, where its key is."""
    text = (ROOT / "products" / "sifive_u_esp.layout.yml").read_text()
    for old, new in (("keys/", f"{ROOT}/products/keys/"), *changes):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "l.layout.yml").write_text(text)
    return tmp_path / "l.layout.yml"


def test_where_otadata_chooses_what_is_not_explored_is_said(tmp_path):
    coarse = variant(tmp_path, ("unit: 1", "unit: 4"), ("trial_boots: 1", "trial_boots: 2"))
    said, _ = sim("explore", coarse, "--seconds", 3)
    assert said.count("not looked at: ESP-IDF writes flash") == 4 and "No promise was broken" in said
    for what, change in (("without rollback", ("rollback: yes", "rollback: no")),
                         ("need two slots", ("  ota_1: ", "  #"))):
        _, error = sim("explore", variant(tmp_path, change), "--seconds", 1, code=3)
        assert what in error and error.count("\n") == 1
    for words in (("--depth", 2), ("--mode", "closure"), ("--jobs", 2), ("--scaled",)):
        _, error = sim("explore", "sifive_u_esp", *words, code=2)
        assert "for products that move images" in error
    _, error = sim("run", "sifive_u_esp", code=2)
    assert "'bulkhead sim explore' cuts its power" in error


def test_a_bound_leaves_cuts_out_all_over_and_says_so():
    layout = ROOT / "products" / "nrf51.layout.yml"
    rows = [json.loads(line) for line in
            sim("explore", layout, "--seconds", 8, "--cuts", 64, "--json")[0].splitlines()]
    bounded = [row for row in rows if row["part"] in ("whole-update", "whole-revert")]
    assert all(not row["complete"] and row["covered"] < 1 for row in bounded)
    said, _ = sim("explore", layout, "--seconds", 8, "--cuts", 64)
    assert "% of the cuts, then its time was over" in said and "stopped by their time" in said


def test_a_small_product_is_proven_as_it_is(tmp_path):
    rows = [json.loads(line) for line in sim("explore", "over", "--mode", "proof", "--seconds", 8, "--json")[0].splitlines()]
    assert not any(row["scaled"] for row in rows)
    assert all("skipped" in row for row in rows if row["part"].startswith("whole"))


def test_a_broken_law_is_in_the_report(tmp_path):
    """An open one (docs/testing.md): the request is found while primary is bad, and a hand wrote."""
    words = ["sim", "explore", "saveblind", "--mode", "proof", "--seconds", "20", "--report", str(tmp_path / "r")]
    done = subprocess.run([str(TOOL), *words], text=True, capture_output=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    page = (tmp_path / "r" / "report.html").read_text()
    suites = xml.etree.ElementTree.parse(tmp_path / "r" / "junit.xml").getroot()
    broken = suites.findall(".//failure")
    assert (done.returncode == 1) == bool(broken) == ("A law was broken" in page)
    for failure in broken:
        assert failure.text.startswith("bulkhead sim replay saveblind ")
        assert failure.text.strip().replace("'", "&#39;") in page or failure.text.strip() in page


def test_the_product_scaled_down_can_be_replayed():
    said, _ = sim("run", "nrf52840", "confirm", "--scaled")
    assert "version 2 starts" in said and said.count("erase") < 40
    said, _ = sim("replay", "nrf52840", "stage2", "test", "boot@9:mix:3:0", "boot", "--scaled")
    assert "<- power cut" in said
    assert "cannot be" not in said
    _, error = sim("explore", "nrf52840", "--report", "x", "--depth", "1", code=2)
    assert "asks for a part of it" in error


def test_wrong_words_are_exit_code_2():
    for words in (["explore", "tiny"], ["explore", "tiny2", "--scenario", "comfirm"],
                  ["explore", "tiny2", "--shard", "4/3"], ["explore", "tiny2", "--depth", "300"],
                  ["explore", "tiny2", "--scenario", "dead"], ["replay", "tiny2", "bot"],
                  ["explore", "tiny2", "--mode", "random", "--scenario", "confirm"],
                  ["explore", "tiny2", "--mode", "proof", "--scenario", "confirm"],
                  ["explore", "tiny2", "--mode", "closure", "--report", "x"]):
        _, error = sim(*words, code=2)
        assert error.startswith("bulkhead: ") and error.count("\n") == 1
    assert "did you mean 'confirm'" in sim("explore", "tiny2", "--scenario", "comfirm", code=2)[1]


def test_what_cannot_be_explored_is_said():
    for words in (["explore", "nrf52840", "--mode", "closure", "--depth", "any"],
                  ["replay", "tiny2", "stage2", "test", "boot!3:0.99999999:worn"], ["replay", "tiny2", "boot!0:3.0:worn"]):
        _, error = sim(*words, code=3)
        assert "too many chunks" in error or "on none of its devices" in error
    few = json.loads(sim("explore", "tiny2", "--scenario", "revert", "--cuts", 100, "--json")[0])
    assert few["cuts"] == 100 and not few["complete"]
