# SPDX-License-Identifier: Apache-2.0
"""The original's answers to 154 layouts: ours are the same, or docs/layout-differences.md names the
case and says why."""
import re

import pytest
import yaml
from worlds import ROOT, answers, lay_out, program, solved, spans_sorted

CASES = answers()

# Ours is an error where the original has an answer, hangs, or ends in a traceback; or it says more
# than the original does. Case: what ours must say.
ERRORS = {
    "039": "app is between them",
    "041": "cycle box -> box:",
    "042": "cycle x -> y -> x:",
    "043": "a is no container (it has a size, no span)",
    "044": "a has no placement",
    "055": "share_size cycle a -> b -> a:",
    "056": "share_size cycle a -> a:",
    "057": "share_size cycle a -> b -> a:",
    "069": "0x3000 and align start 0x2000 of b: neither divides the other",
    "075": "0x2000 would fit",
    "076": "app would have no room",
    "080": "in_1.yml:1:61: error: a: align start is no number: 'CONFIG_PAGE'",
    "081": "in_1.yml:1:61: error: a: align start is 0",
    "089": "0x100000 bytes too many in external_flash",
    "091": "unknown region extrenal_flash. Did you mean external_flash?",
    "101": "b lies in a, 0x2000-0x8000",
    "102": "a and b overlap by 0x1000",
    "103": "a and b are the same place",
    "104": "0x0 + 0x8000 is 0x8000, not 0x9000",
    "105": "box is 0x0-0xa000, its members cover 0x0-0x8000",
    "106": "pm_static.yml:1:1: error: a is static and has no size",
    "107": "outside flash_primary",
    "108": "boot is static, and a name in the static file is no anchor",
    "118": "unknown key sise. Did you mean size?",
    "124": "'0x1000 + 0x200' is text. YAML has no arithmetic and no numbers in quotes: write 0x1200",
    "134": "in_1.yml:1:1: error: a has neither size nor share_size",
    "135": "a has no placement",
    "137": "bot does not exist, and a has no other anchor. Did you mean boot?",
    "140": "cycle a -> b -> a:",
    "145": "in_2.yml:1:1: error: a differs from what in_1.yml:1:1 says of it",
    "146": "a is defined twice, lines 1 and 2",
    "147": "in_1.yml:1:11: error: a: size is no number: '0x1000' is text",
    "148": "size -4096 is below 0",
    "149": "0x20000 bytes too many in flash_primary",
    "151": "in_1.yml:1:1: error: in_1.yml is a list",
    "152": "in_1.yml:2:1: error: this is no YAML",
    "153": "Indent with blanks, not with tabs",
    "154": "cycle n -> m -> n:",
}
# The original's words, where it refuses too and ours adds nothing.
REFUSALS = {
    "066": "Invalid combination, can not have dynamic partition in front of app with alignment",
    "070": "Align config already present in b",
    "077": "'align' config is misplaced (should be part of 'placement').",
    "078": "'align_next' config is misplaced (should be part of 'placement').",
    "079": "Invalid alignment requirement {'start': 4096, 'end': 4096}",
    "093": "Found partition named external_flash, this is the name of a region, and is a reserved name",
    "099": "Gaps found (2):0x1000-0x3000 0x4000-0x100000 The most common solution",
    "110": "Incorrect amount of gaps found in static configuration for region 'external_flash'.",
    "111": "Incorrect amount of gaps found in static configuration for region 'external_flash'.",
    "136": "Found empty 'placement' property for partition 'a'",
    "138": 'Partition "a" was placed before start or after end.',
    "139": 'Partition "a" was placed before start or after end.',
    "141": "'one_of' was detected in one of the following",
    "142": "'one_of' must be the only key in its dict",
    "143": "'one_of' dict did not evaluate to any partition. Available partitions ",
    "144": "Found illegal dict inside list. Only 'one_of' dicts are allowed",
}
# The same layout, with a warning.
WARNINGS = {
    "038": "the placement of a container has no effect",
    "051": "size has no effect beside share_size",
    "082": "app: its keys have no effect: it always takes the rest",
    "090": "b: align has no effect in region external_flash",
    "150": "app has 0 bytes",
}
# Ours has a layout where the original has none: (name, address, size).
ACCEPTED = {
    "029": [("app", 0xC200, 0x50E00), ("mcuboot_primary", 0xC000, 0x51000),
            ("mcuboot_secondary", 0x5D000, 0x51000), ("golden", 0xAE000, 0x51000),
            ("EMPTY_0", 0xFF000, 0x1000)],
    "040": [("p", 0xFF000, 0x1000), ("q", 0xFE000, 0x1000), ("box", 0xFE000, 0x2000)],
    "050": [("app", 0, 0x80000), ("s1", 0x80000, 0x80000)],
    "058": [("blob", 0, 0x1000), ("copy", 0x1000, 0x1000)],
    "059": [("blob", 0, 0x1000), ("copy", 0x1000, 0x1000)],
    "072": [("b", 0x10000, 0x7F00), ("EMPTY_0", 0x17F00, 0x100), ("app", 0x18000, 0x78000)],
    "092": [("a", 0, 0x1000), ("b", 0, 0x2000)],
    "094": [("a", 0, 0x1000), ("box", 0, 0x1000)],
    "100": [("a", 0, 0x80000), ("b", 0x80000, 0x80000)],
}
OUTPUT_ERRORS = {"120": "Rename the container 'boot', and name the partition in it 'boot'."}


def run(case, folder):
    """(all of what the solver said, worst exit code)"""
    lay_out(case, folder)
    done = [program("partition_manager", d["arguments"], folder) for d in case["domains"]]
    return "".join(d.stdout + d.stderr for d in done), max(d.returncode for d in done)


def compare_solver(case, folder):
    for domain in case["domains"]:
        end = f"_{domain['domain']}.yml" if domain["domain"] else ".yml"
        ours = (folder / f"partitions{end}").read_text()
        assert solved(ours) == solved(case["files"][f"partitions{end}"])
        assert (yaml.safe_load((folder / f"regions{end}").read_text()) ==
                yaml.safe_load(case["files"][f"regions{end}"]))


def compare_outputs(case, folder):
    for header in case["headers"]:
        (folder / header).parent.mkdir(exist_ok=True)
    done = program("partition_manager_output", case["output_arguments"], folder, 0)
    assert done.stdout == case["files"].get("output_stdout.txt", "")
    for header in case["headers"]:
        assert (folder / header).read_bytes().decode() == case["files"][header]
    solutions = sorted(f for f in case["files"] if f.startswith("partitions"))
    for name in solutions:
        end = name[len("partitions"):-len(".yml")]
        program("partition_manager_output", ["--input-partitions", name, "--input-regions",
                                             f"regions{end}.yml", "--config-file", f"pm{end}.config"],
                folder, 0)
        assert (spans_sorted((folder / f"pm{end}.config").read_text()) ==
                spans_sorted(case["files"][f"pm{end}.config"]))
    done = program("partition_manager_report", ["--input", *solutions], folder, 0)
    assert done.stdout == case["files"]["report.txt"]


@pytest.mark.parametrize("case", CASES, ids=[c["case"] for c in CASES])
def test_answer(case, tmp_path):
    number = case["case"][:3]
    said, code = run(case, tmp_path)
    if number in ERRORS or number in REFUSALS:
        assert code == 1
        assert ERRORS.get(number, REFUSALS.get(number)) in said
        assert "Partition manager failed: " in said
        assert not (tmp_path / "partitions.yml").exists()
        return
    assert code == 0, said
    if number in ACCEPTED:
        ours = solved((tmp_path / "partitions.yml").read_text())
        for name, address, size in ACCEPTED[number]:
            assert (ours[name]["address"], ours[name]["size"]) == (address, size)
        return
    assert all(d["exit"] == 0 for d in case["domains"])
    compare_solver(case, tmp_path)
    if number in OUTPUT_ERRORS:
        (tmp_path / "boot").mkdir()
        done = program("partition_manager_output", case["output_arguments"], tmp_path, 1)
        assert OUTPUT_ERRORS[number] in done.stderr and not list((tmp_path / "boot").iterdir())
        return
    compare_outputs(case, tmp_path)
    if number in WARNINGS:
        assert "warning: " in said and WARNINGS[number] in said
    else:
        assert said == ""


def test_full_flash_without_an_application(tmp_path):
    """Case 100: nobody names app, so there is none; who names it hears that it has no room."""
    case = next(c for c in CASES if c["case"].startswith("100"))
    run(case, tmp_path)
    assert "app" not in solved((tmp_path / "partitions.yml").read_text())
    case["files"]["in_1.yml"] = "app: {}\n"
    said, code = run(case, tmp_path)
    assert code == 1 and "app has 0 bytes: the static file fills flash_primary" in said


def test_every_difference_is_in_the_document():
    """A row for each case whose answer is not the original's; and no row without one."""
    text = (ROOT / "docs" / "layout-differences.md").read_text()
    rows = set(re.findall(r"\d{3}", "\n".join(
        line.split("|")[-2] for line in text.splitlines() if line.startswith("| "))))
    refused = {c["case"][:3] for c in CASES if any(d["exit"] == 1 for d in c["domains"])}
    assert rows == (set(ERRORS) | set(WARNINGS) | set(ACCEPTED) | set(OUTPUT_ERRORS))
    assert set(REFUSALS) <= refused
