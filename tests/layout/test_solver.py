# SPDX-License-Identifier: Apache-2.0
"""Where partitions come to lie: 300 generated layouts against a second solver, written from
docs/layout.md alone; each of the relations by itself; and that the order of what has no order does not
count."""
import random

import pytest
from layouts import SEED

KB = 1024
HEAD = "layout: 1\nproduct: x\ndevices:\n"


# ---- the second solver: slow, recursive, one page at a time ----

class Oracle:
    """Partitions are dicts: name, and of size (bytes, "rest"), like, at, after, before, parts."""

    def __init__(self, pages, parts):
        self.borders = [0]
        for count, size in pages:
            for _ in range(count):
                self.borders.append(self.borders[-1] + size)
        self.end = self.borders[-1]
        self.parts = {p["name"]: p for p in parts}
        self.leaves = [p for p in parts if "parts" not in p]

    def up(self, off):
        return next((b for b in self.borders if b >= off), off)

    def down(self, off):
        return max(b for b in self.borders if b <= off)

    def holder(self, name):
        return next((p["name"] for p in self.parts.values() if name in p.get("parts", ())), None)

    def size(self, name, rest):
        p = self.parts[name]
        if "parts" in p:
            return sum(self.size(q, rest) for q in p["parts"])
        if "like" in p:
            return self.size(p["like"], rest)
        return rest.get(name, 0) if p["size"] == "rest" else p["size"]

    def lines(self):
        """[(offset of a fixed place, the names before it, those from it on)]"""
        after, before, follows, roots = {}, {}, {}, [("start", 0)]
        last = "start"
        for p in self.leaves:
            name = p["name"]
            if "at" in p:
                roots.append((name, p["at"]))
                last = name
            elif "after" in p:
                after.setdefault(p["after"], []).append(name)
            elif "before" in p:
                before.setdefault(p["before"], []).append(name)
            else:
                follows[last] = name
                last = name
        roots.append(("end", self.end))

        def walk(name):
            out = []
            for b in reversed(before.get(name, [])):
                out += walk(b)
            out.append(name)
            for a in after.get(name, []):
                out += walk(a)
            return out + (walk(follows[name]) if name in follows else [])

        found = []
        for name, at in sorted(roots, key=lambda r: (r[1], r[0] == "end")):
            line = walk(name)
            i = line.index(name)
            found.append((at, line[:i], [n for n in line[i:] if n not in ("start", "end")]))
        return found

    def fill(self, gap, rest):
        """Places of a gap, or None: they do not fit."""
        start, limit, up, down = gap
        places, at = {}, start
        for name in up:
            holder = self.holder(name)
            if "at" not in self.parts[name] and (not holder or self.parts[holder]["parts"][0] == name):
                at = self.up(at)
            places[name] = at
            at += self.size(name, rest)
        top = limit
        for name in reversed(down):
            top = self.down(top - self.size(name, rest)) if top >= self.size(name, rest) else -1
            if top < 0:
                return None
            places[name] = top
        return places if at <= top else None

    def solve(self):
        lines = self.lines()
        places, rest = {}, {}
        for (at, _, up), (limit, down, _) in zip(lines, lines[1:]):
            gap = (at, limit, up, down)
            takes = [n for n in up + down if self.parts[n].get("size") == "rest"]
            if takes:
                found = None
                for border in reversed(self.borders):
                    for fixed in {self.size(self.holder(takes[0]) or takes[0], {takes[0]: 0})}:
                        tried = {**rest, takes[0]: border - fixed}
                        if border > fixed and found is None and self.fill(gap, tried):
                            found = tried
                if found is None:
                    return None
                rest = found
            filled = self.fill(gap, rest)
            if filled is None:
                return None
            places.update(filled)
        out = {n: (at, self.size(n, rest)) for n, at in places.items()}
        for p in self.parts.values():
            if "parts" in p:
                out[p["name"]] = (out[p["parts"][0]][0], self.size(p["name"], rest))
        return out


# ---- generated layouts ----

def text_of(pages, parts):
    def body(p):
        keys = []
        if "parts" in p:
            keys.append(f"span: [{', '.join(p['parts'])}]")
        elif "like" in p:
            keys.append(f"share_size: {p['like']}")
        else:
            keys.append(f"size: {p['size']}")
        if "at" in p:
            keys.append(f"at: {p['at']:#x}")
        for word in ("after", "before"):
            if word in p:
                keys.append(f"placement: {{{word}: {p[word]}}}")
        if p.get("pages") == "no":
            keys.append("pages: no")
        return ", ".join(keys)

    runs = ", ".join(f"{n}x{s}" for n, s in pages)
    return (HEAD + f"  internal: {{pages: \"{runs}\", unit: 4}}\npartitions:\n"
            + "".join(f"  {p['name']}: {{{body(p)}}}\n" for p in parts))


def generated(r):
    page = r.choice([2 * KB, 4 * KB, 16 * KB])
    total = r.randrange(24, 200)
    pages = [(total, page)]
    parts, gap_has_rest, shared = [], False, None
    for i in range(r.randrange(1, 12)):
        p = {"name": f"p{i}", "size": page * r.randrange(1, 6)}
        others = [q["name"] for q in parts if "parts" not in q and not any(q["name"] in c.get("parts", ()) for c in parts)]
        kind = r.random()
        if kind < 0.12 and not gap_has_rest:
            p["size"] = "rest"
            gap_has_rest = True
            shared = p["name"]
        elif kind < 0.22 and shared:
            del p["size"]
            p["like"] = shared
        elif kind < 0.32 and others:
            p["after"] = r.choice(others + ["start"])
        elif kind < 0.42:
            p["before"] = r.choice([o for o in others if r.random() < 0.7] + ["end"])
        elif kind < 0.48 and not gap_has_rest:
            p["at"] = page * r.randrange(0, total)
        elif kind < 0.6 and not gap_has_rest:
            pad = {"name": f"pad{i}", "size": 512, "pages": "no"}
            code = {"name": f"code{i}", "size": page * r.randrange(1, 6) - 512}
            if r.random() < 0.4:
                code["size"] = "rest"
                gap_has_rest = True
                shared = f"all{i}"
            parts += [pad, code, {"name": f"all{i}", "parts": [f"pad{i}", f"code{i}"]}]
            continue
        parts.append(p)
    return pages, parts


def solved_places(tool, text):
    return {p["name"]: (p["offset"], p["size"]) for p in tool.solved(text)["partitions"]}


def test_300_generated_layouts_are_solved_as_a_second_solver_does(tool):
    r = random.Random(SEED)
    good = refused = 0
    while good < 300:
        pages, parts = generated(r)
        want = Oracle(pages, parts).solve()
        text = text_of(pages, parts)
        found = [f for f in tool.findings(text) if f["severity"] == "error"]
        if want is None or any(at + size > Oracle(pages, parts).end for at, size in want.values()):
            assert found, f"seed {SEED}:\n{text}"
            refused += 1
            continue
        assert not found, f"seed {SEED}:\n{text}{found}"
        assert solved_places(tool, text) == want, f"seed {SEED}:\n{text}"
        good += 1
    assert refused > 10


def test_what_has_no_order_may_be_written_in_any(tool):
    """Partitions with neighbours or places of their own, keys inside a partition, sections: shuffled."""
    r = random.Random(SEED + 1)
    for _ in range(40):
        page, n = 4 * KB, r.randrange(3, 10)
        chain = [f"c{i}" for i in range(n)]
        lines = [f"  {chain[0]}: {{size: {page}, placement: {{after: start}}}}\n"]
        for a, b in zip(chain, chain[1:]):
            keys = [f"size: {page * r.randrange(1, 4)}", f"placement: {{after: {a}}}"]
            r.shuffle(keys)
            lines.append(f"  {b}: {{{', '.join(keys)}}}\n")
        lines.append("  z: {at: 0x80000, size: 4K}\n")
        lines.append(f"  y: {{placement: {{before: z}}, share_size: {r.choice(chain)}}}\n")
        want = None
        for _ in range(3):
            r.shuffle(lines)
            text = ("partitions:\n" + "".join(lines) + "layout: 1\ndevices:\n  d: {unit: 4, pages: 4K, size: 1M}\n"
                    "product: x\n")
            got = solved_places(tool, text)
            assert want is None or got == want, f"seed {SEED}:\n{text}"
            want = got


def test_a_chain_of_2000_is_solved(tool):
    names = [f"p{i}" for i in range(2000)]
    lines = [f"  {b}: {{size: 4K, placement: {{after: {a}}}}}\n" for a, b in zip(names, names[1:])]
    random.Random(SEED).shuffle(lines)
    text = HEAD + "  d: {size: 16M, pages: 4K, unit: 4}\npartitions:\n  p0: {size: 4K}\n" + "".join(lines)
    assert solved_places(tool, text) == {n: (4 * KB * i, 4 * KB) for i, n in enumerate(names)}


# ---- one relation at a time ----

UNEVEN = '  d: {pages: "4x16K, 64K, 3x128K", unit: 4, mapped: 0x08000000}\n  e: {size: 1M, pages: 4K, unit: 4, mapped: no}\n'

CASES = {
    "order is place": ("a: {size: 16K}\nb: {size: 32K}", {"a": (0, 16), "b": (16, 32)}),
    "at moves what follows": ("a: {size: 64K, at: 64K}\nb: {size: 128K}", {"a": (64, 64), "b": (128, 128)}),
    "address": ("a: {size: 16K, address: 0x08004000}", {"a": (16, 16)}),
    "pages are counted from where it begins": ("a: {size: 3 pages}\nb: {size: 2 pages}\nc: {size: 1 page}",
                                               {"a": (0, 48), "b": (48, 80), "c": (128, 128)}),
    "pages are counted down too": ("a: {size: 5 pages, placement: {before: end}}", {"a": (48, 464)}),
    "rest": ("a: {size: 64K}\nb: {size: rest}\nc: {size: 128K, placement: {before: end}}",
             {"a": (0, 64), "b": (64, 320), "c": (384, 128)}),
    "rest between places": ("a: {size: rest}\nb: {at: 128K, size: 128K}\nc: {size: rest}",
                            {"a": (0, 128), "b": (128, 128), "c": (256, 256)}),
    "rest is shared": ("a: {region: e, size: 16K}\nb: {region: e, size: rest}\nc: {region: e, share_size: b}",
                       {"a": (0, 16), "b": (16, 504), "c": (520, 504)}),
    "rest that does not divide": ("a: {region: e, size: 4K}\nb: {region: e, size: rest}\nc: {region: e, share_size: b}",
                                  {"a": (0, 4), "b": (4, 508), "c": (512, 508)}),
    "shared across devices": ("b: {region: e, share_size: a}\na: {size: rest}", {"a": (0, 512), "b": (0, 512)}),
    "first there is": ("a: {size: 16K}\nb: {share_size: [no?, a]}\nc: {size: 16K, placement: {after: [none?, a]}}",
                       {"a": (0, 16), "c": (16, 16), "b": (32, 16)}),
    "of several that are there, the first": (
        "a: {region: e, size: 16K}\nb: {region: e, size: 32K}\nc: {region: e, share_size: [a, b]}\n"
        "d: {region: e, size: 64K, placement: {after: [a, b]}}",
        {"a": (0, 16), "d": (16, 64), "b": (80, 32), "c": (112, 16)}),
    "one_of": ("a: {size: 16K}\nb: {share_size: {one_of: [no?, a]}}", {"a": (0, 16), "b": (16, 16)}),
    "after: the earlier is nearer": ("a: {size: 16K}\nb: {size: 16K, placement: {after: a}}\nc: {size: 16K, placement: {after: a}}",
                                     {"a": (0, 16), "b": (16, 16), "c": (32, 16)}),
    "before: the earlier is nearer": ("z: {region: e, at: 64K, size: 4K}\nb: {region: e, size: 4K, placement: {before: z}}\n"
                                      "c: {region: e, size: 4K, placement: {before: z}}",
                                      {"c": (56, 4), "b": (60, 4), "z": (64, 4)}),
    "align start": ("a: {region: e, size: 4K}\nb: {region: e, size: 4K, placement: {align: {start: 32K}}}",
                    {"a": (0, 4), "b": (32, 4)}),
    "align end": ("a: {region: e, size: 4K}\nb: {region: e, size: 12K, placement: {align: {end: 32K}}}",
                  {"a": (0, 4), "b": (20, 12)}),
    "align next": ("a: {region: e, size: 4K, placement: {align_next: 64K}}\nb: {region: e, size: 4K}",
                   {"a": (0, 4), "b": (64, 4)}),
    "align downwards": ("b: {region: e, size: 4K, placement: {before: end, align: {start: 64K}}}", {"b": (960, 4)}),
    "a container is where its parts are": ("all: {span: [a, b]}\na: {size: 0x200, pages: no}\nb: {size: 0x3e00}\nc: {size: 16K}",
                                           {"all": (0, 16), "a": (0, .5), "b": (.5, 15.5), "c": (16, 16)}),
    "inside": ("all: {span: [a]}\na: {size: 8K}\nb: {size: 8K, inside: all}", {"all": (0, 16), "a": (0, 8), "b": (8, 8)}),
    "after a container": ("c: {size: 16K, placement: {after: all}}\nall: {span: [a, b]}\na: {size: 8K}\nb: {size: 8K}",
                          {"all": (0, 16), "a": (0, 8), "b": (8, 8), "c": (16, 16)}),
    "rest inside a container": ("all: {span: [a, b]}\na: {size: 0x200, pages: no}\nb: {size: rest}\n"
                                "c: {size: 128K, placement: {before: end}}",
                                {"all": (0, 384), "a": (0, .5), "b": (.5, 383.5), "c": (384, 128)}),
    "rest before others in a container that is shared": (
        "all: {span: [a, b]}\na: {region: e, size: rest}\nb: {region: e, size: 8K}\nc: {region: e, share_size: all}",
        {"all": (0, 512), "a": (0, 504), "b": (504, 8), "c": (512, 512)}),
    "two of one rest in a container": (
        "all: {span: [a, b]}\na: {region: e, size: rest}\nb: {region: e, share_size: a}\nc: {region: e, share_size: all}",
        {"all": (0, 512), "a": (0, 256), "b": (256, 256), "c": (512, 512)}),
    "pages of its own": ("a: {region: e, size: 1K, pages: 1K}\nb: {region: e, size: 3K, pages: 1K}\nc: {region: e, size: 4K}",
                         {"a": (0, 1), "b": (1, 3), "c": (4, 4)}),
    "what follows a pad begins on a page": ("a: {region: e, size: 0x100, pages: no}\nb: {region: e, size: 4K}",
                                            {"a": (0, .25), "b": (4, 4)}),
}


@pytest.mark.parametrize("name", CASES)
def test_one_relation(tool, name):
    body, want = CASES[name]
    text = HEAD + UNEVEN + "partitions:\n" + "".join(f"  {line}\n" for line in body.splitlines())
    got = solved_places(tool, text)
    assert {n: (at / KB, size / KB) for n, (at, size) in got.items()} == want, text


# ---- journals that are as large as they must be ----

JOURNAL = """\
layout: 1
product: x
devices:
  d: {size: 1M, pages: 4K, unit: UNIT, mapped: 0}
partitions:
  bootloader: {size: 32K}
  journal_a: {size: auto}
  journal_b: {size: auto}
  primary: {size: rest}
  secondary: {share_size: primary}
boot:
  slots:
    app: {primary: primary, secondary: secondary, spare: last of secondary, format: mcuboot, vectors: 48}
  journal: [journal_a, journal_b]
  cuts: CUTS
  allow_unsigned: true
"""


@pytest.mark.parametrize("unit", [1, 8, 32])
@pytest.mark.parametrize("cuts", [1, 16, 64])
def test_an_automatic_journal_is_as_large_as_it_must_be_and_no_larger(tool, unit, cuts):
    text = JOURNAL.replace("UNIT", str(unit)).replace("CUTS", str(cuts))
    solved = tool.solved(text)
    size = {p["name"]: p["size"] for p in solved["partitions"]}
    assert size["journal_a"] == size["journal_b"]
    assert size["primary"] == size["secondary"]
    assert 32 * KB + 2 * size["journal_a"] + 2 * size["primary"] in (1024 * KB, 1020 * KB)
    if size["journal_a"] > 4 * KB:
        smaller = text.replace("size: auto", f"size: {size['journal_a'] - 4 * KB}")
        found = tool.findings(smaller, code=3)
        assert "journal-room" in [f["rule"] for f in found]


# ---- base files ----

def test_a_base_is_overridden_key_by_key(tool):
    (tool.folder / "lib").mkdir()
    tool.write(HEAD + "  d: {size: 1M, pages: 4K, unit: 4}\npartitions:\n  a: {size: 4K}\n  b: {share_size: a}\n  c: {size: 8K}\n",
               "lib/base.yml")
    got = solved_places(tool, "base: lib/base.yml\nproduct: y\npartitions:\n  b: {size: 12K}\n  d: {size: 4K}\n")
    assert got == {"a": (0, 4096), "b": (4096, 12288), "c": (16384, 8192), "d": (24576, 4096)}
    found = tool.findings("base: lib/base.yml\npartitions:\n  c: {size: 9K}\n", code=3)
    assert [(f["rule"], f["file"], f["line"]) for f in found] == [("pages", "x.layout.yml", 3)]
    tool.write("base: base.yml\npartitions:\n  c: {size: 5K}\n", "lib/middle.yml")
    found = tool.findings("base: lib/middle.yml\n", code=3)
    assert [(f["rule"], f["file"], f["line"]) for f in found] == [("pages", "lib/middle.yml", 3)]
    found = tool.findings("base: lib/base.yml\npartitions:\n  b: {size: 4K, share_size: a}\n", code=3)
    assert [f["rule"] for f in found] == ["size"]


# ---- identity ----

IDENTITY = JOURNAL.replace("UNIT", "8").replace("CUTS", "16").replace("primary: {size: rest}", "primary: {size: 256K}").replace(
    "size: auto", "size: 16K") + ""


def identity(tool, text):
    return tool.solved(text)["identity"]


def test_the_identity_hangs_on_what_the_journal_hangs_on_and_on_nothing_else(tool):
    first = identity(tool, IDENTITY)
    assert first not in (0, 1)
    same = [("product: x", "product: y"), ("  secondary: {share_size: primary}",
                                           "  secondary: {share_size: primary}\n  settings: {size: 64K}"),
            ("app: {", "main: {"), ("mapped: 0}", "mapped: 0, vectors: 60}"), ("size: 32K", "size: 0x8000"),
            ("allow_unsigned: true", "allow_unsigned: true\n  trial_boots: 3")]
    for old, new in same:
        assert identity(tool, IDENTITY.replace(old, new)) == first, new
    other = [("size: 1M", "size: 2M"), ("unit: 8", "unit: 16"), ("mapped: 0}", "mapped: 0x08000000}"),
             ("size: 32K", "size: 36K"), ("size: 256K", "size: 252K"), ("size: 16K", "size: 20K"),
             ("spare: last of", "spare: first of"), ("unit: 8", "unit: 8, erased: 0"),
             ("format: mcuboot", "format: mcuboot, image_max: 128K")]
    seen = {first}
    for old, new in other:
        changed = identity(tool, IDENTITY.replace(old, new))
        assert changed not in seen, new
        seen.add(changed)
