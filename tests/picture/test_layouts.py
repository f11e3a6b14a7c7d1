# SPDX-License-Identifier: Apache-2.0
"""Pictures of layouts: the four products of tests/layout, and 100 that nobody would write, drawn by
the tool from their files and measured as test_picture.py measures."""
import json
import os
import pathlib
import random
import subprocess

import pytest
import test_picture as judge

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host") / "cli/bulkhead"
PRODUCTS = sorted((ROOT / "tests/layout/data").glob("*.layout.yml"))
SEED = int(os.environ.get("BULKHEAD_SEED", "10"))


def run(*words, **kw):
    return subprocess.run([TOOL, *map(str, words)], capture_output=True, text=True, timeout=60, **kw)


def look(drawn):
    """All that can be said of a drawing without knowing what it is of."""
    case = None, drawn
    judge.test_no_label_is_over_another(case)
    judge.test_every_text_is_on_the_page(case)
    judge.test_labels_inside_are_inside_their_box_and_those_outside_touch_none(case)
    judge.test_leaders_do_not_cross_and_begin_at_their_part(case)
    judge.test_parts_of_one_lane_do_not_overlap(case)
    judge.test_ticks_never_run_together(case)


@pytest.mark.parametrize("layout", PRODUCTS, ids=lambda p: p.name.split(".")[0])
def test_the_four_products(layout):
    done = run("layout", "map", layout, "--svg", "-")
    assert done.returncode in (0, 3), done.stderr
    drawn = judge.Drawn(done.stdout)
    look(drawn)
    solved = json.loads((layout.parent / layout.name.replace(".layout.yml", ".solved.json")).read_text())
    names = list(dict.fromkeys(p["device"] for p in solved.values()))
    boxes = {(r.find("{*}title").text.split(":")[0]): r for r in drawn.parts + drawn.containers}
    for name, place in solved.items():
        box = boxes[name]
        assert int(box.get("data-offset")) == int(place["offset"], 0), name
        assert int(box.get("data-size")) == int(place["size"], 0), name
    assert len({r.get("data-device") for r in drawn.parts}) == len(names)


def random_layout(r, n):
    chip = r.choice(("stm32f407xe", "nrf52840", "stm32h743xi", "rp2350", "stm32l031x6", "lpc55s69", "ra6m5"))
    lines = ["layout: 1", f"product: p{n}", "devices:", f"  a: {{chip: {chip}}}",
             f"  b: {{chip: {r.choice(('mx25r64', 'w25q128', 'gd25q16'))}}}", "partitions:"]
    for i in range(r.randint(1, 30)):
        where = r.choice(("", "", ", region: b", ", pages: no", f", at: {r.randrange(1 << 20)}"))
        lines.append(f"  {r.choice(('p', 'log', 'a_name_that_is_quite_long'))}_{i}: "
                     f"{{size: {r.choice(('4K', '16K', '3 pages', '100', '1M'))}{where}}}")
    return "\n".join(lines) + "\n"


def test_layouts_that_nobody_would_write(tmp_path):
    r, drawn = random.Random(SEED), 0
    for n in range(100):
        text = random_layout(r, n)
        (tmp_path / "l.yml").write_text(text)
        done = run("layout", "map", "l.yml", "--svg", "-", cwd=tmp_path)
        assert done.returncode in (0, 3), f"seed {SEED}, layout {n}:\n{text}{done.stderr}"
        if done.stdout:
            drawn += 1
            look(judge.Drawn(done.stdout))
    assert drawn > 20, f"seed {SEED}: only {drawn} had places"
