# SPDX-License-Identifier: Apache-2.0
"""300 layouts made at random: what holds of every solution, and that a solution, made static, is the
same solution again."""
import random

import pytest
import yaml
from worlds import SEED, solve

BATCH = 30
PAGE = 0x1000


def make(rng):
    """A layout in the language: partitions before and after the application, some aligned, some in
    containers, some that share sizes."""
    parts, names = {}, []
    for i in range(rng.randrange(1, 9)):
        name = f"p{i}"
        side = rng.choice(("before", "after"))
        border = {"before": ["end", "app"], "after": ["start", "app"]}[side]
        anchors = [rng.choice(names + border)] if names else [rng.choice(border)]
        if rng.random() < 0.3:
            anchors.insert(0, "nowhere")
        placement = {side: anchors}
        if rng.random() < 0.3:
            placement["align"] = {rng.choice(("start", "end")): rng.choice((0x400, PAGE, 0x2000))}
        part = {"placement": placement}
        if names and rng.random() < 0.15:
            part["share_size"] = [rng.choice(names)]
        else:
            part["size"] = rng.randrange(1, 0x40) * rng.choice((0x100, 0x400, PAGE))
        parts[name] = part
        names.append(name)
    if rng.random() < 0.3:
        parts["box"] = {"span": [rng.choice(names)]}
    if rng.random() < 0.2:
        parts[rng.choice(names)]["inside"] = ["store"]
        parts["store"] = {"span": []}
    return parts


def leaves(solution):
    return {n: k for n, k in solution.items() if "span" not in k and k["region"] == "flash_primary"}


def check_places(solution, size):
    """Side by side, from the first byte of the flash to the last."""
    at = 0
    for name, keys in sorted(leaves(solution).items(), key=lambda i: (i[1]["address"], i[1]["size"])):
        assert keys["address"] == at, name
        assert keys["end_address"] == at + keys["size"] and keys["size"] >= 0
        at += keys["size"]
    assert at == size


def check_wishes(solution, parts):
    for name, part in parts.items():
        keys = solution[name]
        align = part.get("placement", {}).get("align", {})
        if "start" in align:
            assert keys["address"] % align["start"] == 0, name
        if "end" in align and keys["address"] != 0:
            assert keys["end_address"] % align["end"] == 0, name
        if "size" in part and "share_size" not in part:
            assert keys["size"] == part["size"], name
        if "share_size" in part:
            assert keys["size"] == solution[part["share_size"][0]]["size"], name
        if "span" in keys:
            inside = [solution[m] for m in keys["span"]]
            assert keys["address"] == min(m["address"] for m in inside)
            assert keys["size"] == sum(m["size"] for m in inside)


def static_of(solution):
    kept = ("address", "size", "end_address", "region", "span")
    return yaml.safe_dump({n: {k: v for k, v in keys.items() if k in kept}
                           for n, keys in solution.items() if n != "sram_primary"})


@pytest.mark.parametrize("batch", range(10))
def test_layouts(batch, tmp_path):
    rng = random.Random(f"{SEED} {batch}")
    good = 0
    for _ in range(400):
        if good == BATCH:
            break
        parts = make(rng)
        text = yaml.safe_dump(parts, sort_keys=False)
        try:
            solution, _ = solve(tmp_path, text)
        except AssertionError as e:  # refused: it must say where
            assert "in_1.yml:" in str(e), text
            continue
        good += 1
        check_places(solution, 0x100000)
        check_wishes(solution, parts)
        again, _ = solve(tmp_path, text)
        assert again == solution
        fixed, said = solve(tmp_path, "{}", static=static_of(solution))
        assert said == ""
        assert ({n: (k["address"], k["size"]) for n, k in fixed.items()} ==
                {n: (k["address"], k["size"]) for n, k in solution.items()}), text
    assert good == BATCH
