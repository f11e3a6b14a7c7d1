# SPDX-License-Identifier: Apache-2.0
"""300 whole products, drawn from a seed: devices, slot pairs, journal, other partitions. Each is solved
in processes of their own, with its keys in other orders, in another folder, with and without
randomised addresses: the result is the same to the byte. What comes out is what was asked for."""
import json
import random
import shutil
import subprocess

from layouts import BUILD, SEED

KB = 1024
COUNT = 300


def one(r):
    """A product: (devices, partitions, boot), each value a dict or a word, orders as a person writes them."""
    page = r.choice([2, 4, 4, 8]) * KB
    devices = {"internal": {"size": "2M", "pages": f"{page // KB}K", "unit": r.choice([1, 4, 8, 16, 32]), "mapped": "0x08000000"}}
    if r.random() < 0.6:
        devices["nor"] = {"size": "4M", "pages": f"{r.choice([4, 4, 16, 64])}K", "unit": r.choice([1, 4]), "mapped": "no",
                          "driver": "spi_nor"}
    outer = r.choice(list(devices))
    chunk = max(page, int(devices[outer]["pages"][:-1]) * KB)
    parts = [("bootloader", {"region": "internal", "size": f"{r.choice([32, 48, 64])}K"}),
             ("journal_a", {"region": "internal", "size": "auto"}), ("journal_b", {"region": "internal", "size": "auto"})]
    slots = {}
    for s in range(r.choice([1, 1, 2, 3])):
        n = r.randrange(2, 6) * chunk // KB
        slot = {"primary": f"primary_{s}", "secondary": f"secondary_{s}", "format": "mcuboot"}
        parts.append((f"primary_{s}", {"region": "internal", "size": f"{n}K", "placement": f"{{align: {{start: {chunk // KB}K}}}}"}))
        where = r.choice(["first of secondary", "last of secondary", f"spare_{s}"])
        slot["spare"] = where
        if where == f"spare_{s}":
            parts.append((where, {"region": outer, "size": f"{chunk // KB}K", "placement": f"{{align: {{start: {chunk // KB}K}}}}"}))
        parts.append((f"secondary_{s}", {"region": outer, "share_size": f"primary_{s}",
                                         "placement": f"{{align: {{start: {chunk // KB}K}}}}"}))
        slots[f"s{s}"] = slot
    for k in range(r.randrange(0, 8)):
        region = r.choice(list(devices))
        ask = {"region": region, "size": r.choice([f"{r.randrange(1, 6)} pages", f"{64 * r.randrange(1, 4)}K"])}
        if r.random() < 0.3:
            ask["placement"] = r.choice(["{before: end}", "{align: {start: 64K}}"])
        parts.append((f"data_{k}", ask))
    if r.random() < 0.5:
        parts.append(("remaining", {"region": r.choice(list(devices)), "size": "rest"}))
    boot = {"slots": slots, "journal": "[journal_a, journal_b]", "mailbox": r.choice(["none", "none", "mcuboot"]),
            "cuts": r.choice([1, 8, 16, 40]), "trial_boots": r.randrange(1, 5), "allow_unsigned": "yes"}
    return devices, parts, boot


def shuffled(r, items):
    items = list(items)
    r.shuffle(items)
    return items


def in_line(r, ask):
    return "{" + ", ".join(f"{k}: {v}" for k, v in shuffled(r, ask.items())) + "}"


def text_of(r, product):
    """The same product with all that has no order in another order: keys of maps, sections, devices,
    and partitions of different devices among each other."""
    devices, parts, boot = product
    queues = {d: [p for p in parts if p[1]["region"] == d] for d in devices}
    order = []
    while any(queues.values()):
        order.append(queues[r.choice([d for d in queues if queues[d]])].pop(0))
    sections = [
        "layout: 1\n", "product: made\n",
        "devices:\n" + "".join(f"  {n}: {in_line(r, d)}\n" for n, d in shuffled(r, devices.items())),
        "partitions:\n" + "".join(f"  {n}: {in_line(r, ask)}\n" for n, ask in order),
        "boot:\n" + "".join(shuffled(r, ["  slots:\n" + "".join(f"    {n}: {in_line(r, s)}\n" for n, s in boot["slots"].items()),
                                         *(f"  {k}: {v}\n" for k, v in boot.items() if k != "slots")]))]
    return "".join(shuffled(r, sections))


def run(words, folder):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 3), (words, done.stdout, done.stderr)
    return done.returncode, json.loads(done.stdout)


def by_name(solved):
    """What was solved, without the orders that the text has."""
    return {**{key: solved[key] for key in ("product", "identity")},
            "devices": sorted(solved["devices"], key=lambda d: d["name"]),
            "partitions": sorted(solved["partitions"], key=lambda p: p["name"]),
            "slots": solved["slots"], "boot": solved["boot"]}


def said(found):
    return sorted((f["rule"], f["severity"], f["text"]) for f in found["findings"])


def pages_of(devices, name):
    return int(devices[name]["pages"][:-1]) * KB


def check(product, solved):
    devices, parts, boot = product
    size = {"internal": 2048 * KB, "nor": 4096 * KB}
    at = {p["name"]: p for p in solved["partitions"]}
    assert sorted(at) == sorted(n for n, _ in parts)
    for device in devices:
        end = 0
        for p in sorted((p for p in at.values() if p["device"] == device), key=lambda p: p["offset"]):
            assert p["offset"] >= end and p["size"] > 0, "two share a byte"
            end = p["offset"] + p["size"]
            assert p["offset"] % pages_of(devices, device) == 0 == end % pages_of(devices, device), "page borders"
        assert end <= size[device]
    for name, ask in parts:
        p, page = at[name], pages_of(devices, ask["region"])
        assert p["device"] == ask["region"]
        asked = str(ask.get("size", ""))
        if asked.endswith("K"):
            assert p["size"] == int(asked[:-1]) * KB
        elif "pages" in asked:
            assert p["size"] == int(asked.split()[0]) * page
        elif "share_size" in ask:
            assert p["size"] == at[ask["share_size"]]["size"]
        if "start: " in ask.get("placement", ""):
            assert p["offset"] % (int(ask["placement"].split("start: ")[1].split("K")[0]) * KB) == 0
        if "before: end" in ask.get("placement", ""):
            assert all(q["offset"] > p["offset"] or q["offset"] + q["size"] <= p["offset"] for q in at.values()
                       if q["device"] == p["device"] and q is not p)
    assert at["journal_a"]["size"] == at["journal_b"]["size"]
    for slot in solved["slots"]:
        primary, secondary, spare = at[slot["primary"]], at[slot["secondary"]], slot["spare"]
        assert 0 < slot["image_max"] <= primary["size"]
        assert slot["chunk"] % pages_of(devices, primary["device"]) == 0 == slot["chunk"] % pages_of(devices, secondary["device"])
        cells = -(-slot["image_max"] // slot["chunk"]) * slot["chunk"]
        assert cells <= primary["size"] and slot["staged_offset"] + cells <= secondary["size"]
        first = secondary["offset"] + slot["staged_offset"]
        assert spare["size"] == slot["chunk"]
        assert spare["device"] != secondary["device"] or spare["offset"] + spare["size"] <= first or spare["offset"] >= first + cells


def test_300_generated_products_are_solved_identically_and_as_asked(tool):
    r = random.Random(SEED + 300)
    other = tool.folder / "elsewhere"
    other.mkdir()
    fixed = ["setarch", "-R"] if shutil.which("setarch") else []
    program, good, journals = str(BUILD / "cli" / "bulkhead"), 0, 0
    for number in range(COUNT):
        product = one(r)
        text = text_of(r, product)
        name = tool.write(text)
        code, found = run([program, "layout", "check", "--json", name], tool.folder)
        again = text_of(r, product)
        (other / f"{number}.layout.yml").write_text(again)
        told = run([*fixed, program, "layout", "check", "--json", f"{number}.layout.yml"], other)
        assert (told[0], said(told[1])) == (code, said(found)), f"seed {SEED}, {number}:\n{text}\n{again}"
        if code:
            continue
        good += 1
        words = ["layout", "show", "--json"]
        solved = run([program, *words, name], tool.folder)[1]
        for folder, file, before in ((tool.folder, name, fixed), (other, f"{number}.layout.yml", [])):
            assert by_name(run([*before, program, *words, file], folder)[1]) == by_name(solved), f"seed {SEED}:\n{text}\n{again}"
        check(product, solved)
        # the journal is no larger than it must be: a page less is too little
        size = next(p["size"] for p in solved["partitions"] if p["name"] == "journal_a")
        page = pages_of(product[0], "internal")
        if number % 10 == 0 and size > page:
            journals += 1
            smaller = tool.findings(text.replace("size: auto", f"size: {size - page}"), code=3, name="smaller.layout.yml")
            assert "journal-room" in [f["rule"] for f in smaller]
    assert good > COUNT // 2 and journals > 5, (good, journals)
