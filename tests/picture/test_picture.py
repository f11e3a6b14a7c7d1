# SPDX-License-Identifier: Apache-2.0
"""Pictures of flash, judged by what is drawn: the SVG is parsed, every box and every text measured.

Texts say their length themselves (textLength), so a box around each is known whatever the font."""
import os
import pathlib
import re
import subprocess
import unicodedata
import xml.etree.ElementTree as ET

import pictures
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DRAW = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host") / "tests/picture/draw"
SVG = "{http://www.w3.org/2000/svg}"
GOLDEN = pathlib.Path(__file__).with_name("golden")
EPS = 0.02

CASES = {**pictures.ALL, **{f"many-{n}-{seed}": lambda n=n, seed=seed: pictures.many(n, seed)
                            for n in (1, 5, 24, 60, 130) for seed in range(2, 8)}}


def draw(picture, *how):
    done = subprocess.run([DRAW, *map(str, how)], input=picture.text().encode(), capture_output=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


class Box:
    def __init__(self, x, y, width, height, what=""):
        self.x, self.y, self.width, self.height, self.what = x, y, width, height, what

    right = property(lambda b: b.x + b.width)
    bottom = property(lambda b: b.y + b.height)

    def overlaps(self, other):
        return (self.x < other.right - EPS and other.x < self.right - EPS and
                self.y < other.bottom - EPS and other.y < self.bottom - EPS)

    def inside(self, other):
        return (self.x >= other.x - EPS and self.right <= other.right + EPS and
                self.y >= other.y - EPS and self.bottom <= other.bottom + EPS)

    def __repr__(self):
        return f"{self.what} at {self.x:.1f},{self.y:.1f} {self.width:.1f}x{self.height:.1f}"


def classes(element):
    return element.get("class", "").split()


def rectangle(element):
    return Box(*(float(element.get(k, 0)) for k in ("x", "y", "width", "height")), element.get("class"))


class Drawn:
    """The SVG's pieces by what they are; texts and badges with the part they belong to."""

    def __init__(self, svg):
        self.root = ET.fromstring(svg)
        self.page = Box(0, 0, *map(float, self.root.get("viewBox").split()[2:]))
        self.texts, self.badges, self.groups = [], [], {}
        for kind in ("part", "container", "bar", "gap"):
            setattr(self, kind + "s", [r for r in self.root.iter(SVG + "rect") if f"bh-{kind}" in classes(r)])
        self.leads = [x for x in self.root.iter(SVG + "path") if "bh-lead" in classes(x)]
        self.walk(self.root, None, None)

    def walk(self, element, owner, turned):
        for child in element:
            own, turn = owner, turned
            if child.tag == SVG + "g" and child.get("data-part"):
                own = (next(c for c in classes(child)), int(child.get("data-device")), int(child.get("data-part")))
                turn = child.get("transform")
            if child.tag == SVG + "text":
                self.texts.append((self.text_box(child, turn), own, child))
            elif child.tag == SVG + "rect" and "bh-badge" in classes(child):
                self.badges.append((rectangle(child), own))
            self.walk(child, own, turn)

    @staticmethod
    def text_box(element, turned):
        x, y, size, width = (float(element.get(k)) for k in ("x", "y", "font-size", "textLength"))
        if turned:
            dx, dy = map(float, re.match(r"translate\((\S+) (\S+)\) rotate\(-90\)", turned).groups())
            return Box(dx - size * .8, dy - width, size, width, element.text)
        return Box(x, y - size * .8, width, size, element.text)


@pytest.fixture(scope="module", params=CASES)
def case(request):
    picture = CASES[request.param]()
    return picture, Drawn(draw(picture, "svg"))


def test_no_label_is_over_another(case):
    _, drawn = case
    boxes = sorted((b for b, _, e in drawn.texts if "bh-number" not in classes(e)), key=lambda b: b.y)
    boxes += [b for b, _ in drawn.badges]
    boxes.sort(key=lambda b: b.y)
    for i, a in enumerate(boxes):
        for b in boxes[i + 1:]:
            if b.y > a.bottom:
                break
            assert not a.overlaps(b), f"{a} is over {b}"


def test_every_text_is_on_the_page(case):
    _, drawn = case
    for box, _, _ in drawn.texts:
        assert box.inside(drawn.page), box
    for box, _ in drawn.badges:
        assert box.inside(drawn.page), box


def parts_of(drawn):
    return {(int(r.get("data-device")), int(r.get("data-part"))): rectangle(r)
            for r in drawn.parts + drawn.containers}


def test_labels_inside_are_inside_their_box_and_those_outside_touch_none(case):
    _, drawn = case
    boxes = parts_of(drawn)
    bars = [rectangle(b) for b in drawn.bars]
    for box, owner, element in [*drawn.texts, *((b, o, None) for b, o in drawn.badges)]:
        if owner and owner[0] in ("bh-inside", "bh-strip"):
            assert box.inside(boxes[owner[1:]]), f"{box} is not in its box {boxes[owner[1:]]}"
        elif element is None or "bh-free" not in classes(element):
            for bar in bars:
                assert not box.overlaps(bar), f"{box} is over a bar"
            for other in boxes.values():
                assert not box.overlaps(other), f"{box} is over {other}"


def test_each_part_has_one_label_and_each_label_outside_a_leader(case):
    picture, drawn = case
    labelled = [o[1:] for _, o, e in drawn.texts
                if o and ("bh-ink" in classes(e)) and "bh-number" not in classes(e)]
    wanted = [(d, p) for d, device in enumerate(picture.devices) for p, part in enumerate(device[4]) if part[0]]
    assert sorted(set(labelled)) == sorted(labelled) == wanted
    outside = {o[1:] for _, o, _ in drawn.texts if o and o[0] == "bh-outside"}
    assert {(int(x.get("data-device")), int(x.get("data-part"))) for x in drawn.leads} == outside


def test_leaders_do_not_cross_and_begin_at_their_part(case):
    _, drawn = case
    boxes, last = parts_of(drawn), {}
    for lead in drawn.leads:
        device, part = int(lead.get("data-device")), int(lead.get("data-part"))
        x, y, _, _, end, _ = map(float, re.match(r"M(\S+) (\S+)H(\S+)L(\S+) (\S+)H(\S+)$", lead.get("d")).groups())
        box = boxes[device, part]
        assert abs(x - box.right) < EPS and box.y - EPS <= y <= box.bottom + EPS
        if device in last:
            assert y >= last[device][0] - EPS and end > last[device][1], "leaders cross"
        last[device] = y, end


def test_it_is_to_scale(case):
    picture, drawn = case
    for d, (name, _, size, _, parts) in enumerate(picture.devices):
        bar = rectangle(next(b for b in drawn.bars if int(b.get("data-device")) == d))
        scale = bar.height / size
        for r in drawn.parts + drawn.gaps:
            if r.get("data-device") != str(d):
                continue
            off, length = int(r.get("data-offset")), int(r.get("data-size"))
            assert abs(float(r.get("y")) - bar.y - off * scale) < EPS
            assert abs(float(r.get("height")) - length * scale) < EPS
        shown = {(int(r.get("data-offset")), int(r.get("data-size"))) for r in drawn.parts + drawn.containers
                 if r.get("data-device") == str(d)}
        assert shown == {(p[2], p[3]) for p in parts}


def test_parts_and_gaps_cover_the_device(case):
    picture, drawn = case
    for d, (_, _, size, _, _) in enumerate(picture.devices):
        spans = sorted((int(r.get("data-offset")), int(r.get("data-size"))) for r in drawn.parts + drawn.gaps
                       if r.get("data-device") == str(d))
        end = 0
        for off, length in spans:
            assert off <= end, f"nothing is drawn from {end:#x} to {off:#x}"
            end = max(end, off + length)
        assert end >= size


def test_parts_of_one_lane_do_not_overlap(case):
    _, drawn = case
    boxes = list(parts_of(drawn).values())
    for i, a in enumerate(boxes):
        for b in boxes[i + 1:]:
            assert not a.overlaps(b), f"{a} is over {b}"


def test_slots_of_a_pair_have_one_colour_and_pairs_differ(case):
    picture, drawn = case
    colors = {}
    for r in drawn.parts:
        part = picture.devices[int(r.get("data-device"))][4][int(r.get("data-part"))]
        if part[4] == pictures.SLOT:
            colors.setdefault(part[5], set()).add(r.get("fill"))
    assert all(len(c) == 1 for c in colors.values())
    few = [next(iter(c)) for k, c in colors.items() if k < 8]
    assert len(few) == len(set(few))


def test_every_page_border_is_ticked_where_there_is_room():
    drawn = Drawn(draw(pictures.lamp(), "svg"))
    bar = rectangle(drawn.bars[0])
    path = next(x for x in drawn.root.iter(SVG + "path") if "bh-tick" in classes(x)).get("d")
    ticks = [float(y) for y in re.findall(r"M\S+ (\S+?)h", path)]
    borders = [16, 32, 48, 64, 128, 256, 384]
    assert len(ticks) == len(borders)
    for tick, border in zip(ticks, borders):
        assert abs(tick - bar.y - bar.height * border / 512) < EPS


def test_ticks_never_run_together(case):
    _, drawn = case
    for path in (x for x in drawn.root.iter(SVG + "path") if "bh-tick" in classes(x)):
        ticks = [float(y) for y in re.findall(r"M\S+ (\S+?)h", path.get("d"))]
        inner = [b - a for a, b in zip(ticks, ticks[1:])]
        assert all(step >= 2.5 for step in inner), min(inner)


def test_findings_are_drawn_at_their_parts_and_listed():
    drawn = Drawn(draw(pictures.wrong(), "svg"))
    numbers = {}
    for box, owner, element in drawn.texts:
        if "bh-number" in classes(element) and owner:
            numbers.setdefault(owner[2], []).append(element.text)
    assert numbers == {0: ["1"], 1: ["1"], 3: ["3"], 4: ["2", "3"], 5: ["4"]}
    listed = " ".join(e.text for _, _, e in drawn.texts if "bh-finding" in classes(e))
    for _, _, _, _, _, text in pictures.wrong().findings:
        assert text in listed
    frames = [r for r in drawn.root.iter(SVG + "rect") if "bh-frame" in classes(r)]
    assert {int(r.get("data-part")): classes(r)[1] for r in frames} == {
        0: "bh-error", 1: "bh-error", 3: "bh-error", 4: "bh-error", 5: "bh-warning"}
    boxes = parts_of(drawn)
    for r in frames:
        assert rectangle(r).inside(boxes[0, int(r.get("data-part"))])
    assert any("bh-end" in classes(x) for x in drawn.root.iter(SVG + "path"))


def test_the_order_of_parts_does_not_matter():
    for how in (("svg",), ("html",), ("text", 80)):
        assert draw(pictures.shuffled(), *how) == draw(pictures.wrong(), *how)


def test_hostile_names_are_text():
    for how in ("svg", "html"):
        text = draw(pictures.hostile(), how)
        assert "<script" not in text and "<svg onload" not in text and "\x1b" not in text and "\u202e" not in text
        assert text.count("<svg") == 1 and "&lt;/text&gt;&lt;script&gt;alert(1)" in text
        for c in text:
            assert c == "\n" or unicodedata.category(c) != "Cc", hex(ord(c))
    allowed = {"svg", "title", "style", "defs", "pattern", "path", "rect", "text", "g"}
    assert {e.tag.removeprefix(SVG) for e in Drawn(draw(pictures.hostile(), "svg")).root.iter()} == allowed
    plain = draw(pictures.hostile(), "text", 80)
    assert all(c == "\n" or unicodedata.category(c) != "Cc" for c in plain)


def test_bytes_that_are_no_text_do_no_harm():
    data = pictures.hostile().text().encode().replace(b"esrever", b"\xff\xc0\xaf\xed\xa0\x80\xf8\xe4")
    for how in ("svg", "html", "text"):
        done = subprocess.run([DRAW, how], input=data, capture_output=True)
        assert done.returncode == 0
        if how == "svg":
            ET.fromstring(done.stdout)


def test_light_dark_and_paper():
    svg = draw(pictures.lamp(), "svg")
    assert "@media screen and (prefers-color-scheme:dark)" in svg
    styles = set(re.findall(r"\.(bh-[a-z0-9]+)\{", svg))
    used = {c for e in Drawn(svg).root.iter() for c in classes(e)}
    shapes = {c for e in Drawn(svg).root.iter() if e.get("fill") not in (None, "none") or e.get("stroke")
              for c in classes(e)}
    assert {c for c in used if re.fullmatch(r"bh-[ks]\d|bh-ink|bh-dim|bh-paper|bh-line", c)} <= styles
    assert shapes
    html = draw(pictures.lamp(), "html")
    assert "@media print" in html and "prefers-color-scheme:dark" in html


def test_the_page_names_everything_and_loads_nothing():
    html = draw(pictures.wrong(), "html")
    assert not re.search(r"(src|href)=|url\(http|@import", html)
    for _, _, _, _, parts in pictures.wrong().devices:
        for part in parts:
            assert f"<td>{part[0]}</td>" in html and f"0x{part[2]:06x}" in html
    assert html.count("<li>") == len(pictures.wrong().findings) and ">free<" in html


@pytest.mark.parametrize("name", ["lamp", "tracker", "wrong"])
@pytest.mark.parametrize("columns", [40, 80])
def test_in_a_terminal(name, columns, request):
    """golden/NAME.COLUMNS is what it prints; draw it again with
    draw text COLUMNS after looking at it."""
    golden = GOLDEN / f"{name}.{columns}"
    assert draw(pictures.ALL[name](), "text", columns) == golden.read_text()


@pytest.mark.parametrize("columns", [20, 40, 64, 200])
def test_a_terminal_of_any_width(case, columns):
    picture, _ = case
    text = draw(picture, "text", columns)
    for line in text.splitlines():
        width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
        assert width <= max(columns, 40), line
    for _, _, _, _, parts in picture.devices:
        assert text.count("\n") >= len(parts)
    assert re.sub(r"\x1b\[[0-9;]*m", "", draw(picture, "color", columns)) == text


def test_the_strip_is_to_scale():
    for name in ("lamp", "badge", "gateway"):
        picture = pictures.ALL[name]()
        _, _, size, _, parts = picture.devices[0]
        strip = re.search(r"^\|(.*)\|$", draw(picture, "text", 80), re.M)[1]
        step = size / len(strip)
        for c, letter in enumerate(strip):
            here = [i for i, p in enumerate(parts) if p[2] <= (c + .5) * step < p[2] + p[3]]
            assert letter == ("abcdefghijklmnopqrstuvwxyz"[here[0]] if here else "/")


@pytest.mark.parametrize("columns", (40, 80))
def test_names_that_are_cut_can_still_be_told_apart(columns):
    """They differ at their ends more often than in the middle, so the middle goes."""
    names = [f"settings_with_a_rather_long_name_of_the_application_{i}" for i in range(30)]
    picture = pictures.Picture("long").device("internal", "", 1024 * 1024, (256, 4096)).row(*((n, 4096) for n in names))
    lines = draw(picture, "text", columns).splitlines()
    assert all(len(line) <= columns for line in lines)
    shown = [line.split()[-1] for line in lines if "KB settings" in line]
    assert len(set(shown)) == 30 and all(s.endswith(f"_{i}") and s.startswith("settings") for i, s in enumerate(shown))
    texts = ["".join(t.itertext()) for _, _, t in Drawn(draw(picture, "svg")).texts]
    cut = [t for t in texts if t.startswith("settings") and "\u2026" in t]
    assert len(set(cut)) == len(cut) == 30 and all(re.search(r"_\d+$", t) for t in cut)


def test_a_cut_name_never_takes_more_columns():
    for name in ("\u6f22\u5b57" * 30, "a" + "\u6f22" * 50 + "b", "x" * 300, "\u00e9" * 80):
        picture = pictures.Picture("wide").device("d", "", 65536, (16, 4096)).row((name, 4096))
        for columns in range(30, 70, 3):
            for line in draw(picture, "text", columns).splitlines():
                assert sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) <= columns, line
