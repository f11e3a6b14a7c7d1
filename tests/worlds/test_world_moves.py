# SPDX-License-Identifier: Apache-2.0
"""layout migrate --svg, judged by what is drawn: every box and every text is measured.

Texts say their length themselves (textLength), so a box around each is known whatever the font."""
import json
import random
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import pytest
from formats import SEED

SVG = "{http://www.w3.org/2000/svg}"
PAGE = 0x1000


def two_layouts(n, seed):
    """n places, and the same after some were moved, resized, taken away, and one added."""
    r = random.Random(f"{SEED} {n} {seed}")
    at, rows = 0, []
    names = ("log", "settings", "certificates_of_the_device_and_more", "x")
    for i, name in enumerate(["mcuboot", "mcuboot_primary", "mcuboot_secondary"] +
                             [f"{r.choice(names)}_{i}" for i in range(n - 4)]):
        size = PAGE * (12, 60, 60)[i] if i < 3 else PAGE * r.randrange(1, 6)
        rows.append([name, at, size, "flash_primary"])
        at += size
    rows.append(["assets", 0, 0x100000, "external_flash"])
    before, shift = [list(row) for row in rows], 0
    for row in rows[3:-1]:
        shift += PAGE * 2 * (r.random() < 0.15)
        row[1] += shift
        row[2] -= PAGE * (row[2] > PAGE and r.random() < 0.2)
    if n > 5:
        rows.pop(4)
    rows[-1][1] = 0x100000
    rows.append(["brand_new", 0x300000, 0x40000, "external_flash"])

    def text(list_):
        return "".join(f"{a}: {{address: {b:#x}, size: {c:#x}, region: {d}}}\n" for a, b, c, d in list_)
    return text(before), text(rows)


class Box:
    def __init__(self, x, y, width, height, what):
        self.x, self.y, self.right, self.bottom, self.what = x, y, x + width, y + height, what

    def overlaps(self, o):
        return self.x < o.right - .02 and o.x < self.right - .02 and self.y < o.bottom - .02 and o.y < self.bottom - .02

    def __repr__(self):
        return f"{self.what} {self.x:.1f},{self.y:.1f} to {self.right:.1f},{self.bottom:.1f}"


def boxes(root):
    texts = [Box(float(t.get("x")), float(t.get("y")) - float(t.get("font-size")) * .8,
                 float(t.get("textLength")), float(t.get("font-size")), t.text) for t in root.iter(SVG + "text")]
    rects = [(r, Box(*(float(r.get(k)) for k in ("x", "y", "width", "height")), r.get("class")))
             for r in root.iter(SVG + "rect") if r.get("x")]
    return texts, rects


def drawn(tool, before, after, *words):
    tool.write("before.yml", before)
    tool.write("after.yml", after)
    done = tool("layout", "migrate", "--json", "--svg", "m.svg", *words, "before.yml", "after.yml")
    return json.loads(done.stdout)["rows"], ET.fromstring((tool.folder / "m.svg").read_text())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n", [5, 24, 60])
def test_nothing_covers_anything(tool, n, seed):
    rows, root = drawn(tool, *two_layouts(n, seed))
    width, height = float(root.get("width")), float(root.get("height"))
    texts, rects = boxes(root)
    for i, a in enumerate(texts):
        assert a.x >= 0 and a.y >= 0 and a.right <= width and a.bottom <= height, a
        assert not [b for b in texts[:i] if a.overlaps(b)], a
        assert not [b for _, b in rects if a.overlaps(b)], a
    # To scale, each side in its bar.
    bars = {(r.get("data-side"), r.get("data-device")): (int(r.get("data-size")), b) for r, b in rects
            if "bh-bar" in r.get("class")}
    parts = [(r, b) for r, b in rects if "bh-part" in r.get("class")]
    for r, b in parts:
        size, bar = bars[r.get("data-side"), r.get("data-device")]
        scale = (bar.bottom - bar.y) / size
        assert abs(b.y - bar.y - scale * int(r.get("data-offset"))) < 0.02
        assert abs(b.bottom - b.y - scale * int(r.get("data-size"))) < 0.02
    sides = [[r for r in rows if key in r] for key in ("old", "new")]
    assert [sum(p.get("data-side") == str(side) for p, _ in parts) for side in (0, 1)] == [len(s) for s in sides]
    # An arrow from middle to middle for each row of two sides.
    places = [(b.x, (b.y + b.bottom) / 2) for _, b in parts]

    def is_place(x, y):
        return any(abs(x - a) < 0.02 and abs(y - b) < 0.02 for a, b in places)
    arrows = [a for a in root.iter(SVG + "path") if "bh-arrow" in a.get("class")]
    assert len(arrows) == sum("old" in r and "new" in r for r in rows)
    for arrow in arrows:
        x, y, *_, to, end = map(float, re.findall(r"-?[\d.]+", arrow.get("d"))[:8])
        assert is_place(x - 113, y) and is_place(to + 4, end)
        change = rows[int(arrow.get("data-move"))]["change"]
        assert ("bh-line" in arrow.get("class")) == (change == "equal")
        if change == "equal":
            assert y == end
    words = [t.text for t in root.iter(SVG + "text") if "bh-word" in t.get("class")]
    for word in ("moved", "resized", "gone", "new"):
        assert words.count(word) == sum((r["change"] == word) * (("old" in r) + ("new" in r)) for r in rows)
    # What a change does is said once, with all that it is of.
    said = " ".join(t.text for t in root.iter(SVG + "text") if "bh-effect" in t.get("class"))
    for effect in {r["effect"] for r in rows if "effect" in r}:
        assert said.count(effect) == 1
    for r in rows:
        if r["change"] != "equal":
            assert f"{(r.get('old') or r['new'])['name']} is {r['change']}" in said


def test_equal_ones(tool):
    before, _ = two_layouts(24, 1)
    rows, root = drawn(tool, before, before)
    text = " ".join(t.text for t in root.iter(SVG + "text"))
    assert f"equal: all {len(rows)} places" in text and "not equal" not in text
    assert not [t for t in root.iter(SVG + "text") if "bh-word" in t.get("class")]


def test_names_are_only_text(tool):
    """Names of another tool's file can be anything; and dark screens get dark colours."""
    table = {"version": [1, 0], "unpartitioned": {"families": [], "permissions": {}}, "partitions": [
        {"name": name, "start": f"{64 * i}K", "size": "64K", "families": [], "permissions": {}}
        for i, name in enumerate(("<b>&amp;", "a\" onload=\"x", "]]>", "ü" * 40))]}
    tool.write("t.json", json.dumps(table))
    tool("layout", "migrate", "--svg", "m.svg", "t.json", "t.json")
    text = (tool.folder / "m.svg").read_text()
    names = [t.text for t in ET.fromstring(text).iter(SVG + "text")]
    assert "<b>&amp;" in names and "]]>" in names and "prefers-color-scheme:dark" in text


def test_where_it_is_written(tool):
    before, after = two_layouts(5, 0)
    tool.write("a.yml", before)
    tool.write("b.yml", after)
    done = tool("layout", "migrate", "--svg", "-", "a.yml", "b.yml")
    ET.fromstring(done.stdout)  # and nothing else is there
    assert tool("layout", "migrate", "--svg", "-", "--require-equal", "a.yml", "b.yml", code=3).stdout == done.stdout
    assert "would write m.svg" in tool("layout", "migrate", "-n", "--svg", "m.svg", "a.yml", "b.yml").stderr
    assert not (tool.folder / "m.svg").exists()
    tool("layout", "migrate", "--svg", "no/m.svg", "a.yml", "b.yml", code=2)
    tool("layout", "migrate", "--svg", "b.yml", "a.yml", "b.yml", code=2)
    assert (tool.folder / "b.yml").read_text() == after


@pytest.mark.skipif(not shutil.which("rsvg-convert"), reason="no rsvg-convert")
def test_a_reader_of_svg_takes_it(tool):
    drawn(tool, *two_layouts(24, 0))
    subprocess.run(["rsvg-convert", "m.svg", "-o", "m.png"], cwd=tool.folder, check=True)
    assert (tool.folder / "m.png").stat().st_size > 1000
