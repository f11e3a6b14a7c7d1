# SPDX-License-Identifier: Apache-2.0
"""Pictures to draw: four products, and made-up layouts. python pictures.py NAME writes one as draw
reads it."""
import random
import sys

DATA, BOOTLOADER, JOURNAL, TABLE, SLOT = range(5)
K, M = 1024, 1024 * 1024


class Picture:
    """Fields of draw's input; devices in order, parts with the device they are of."""

    def __init__(self, title):
        self.title, self.devices, self.findings = title, [], []

    def device(self, name, what, size, *runs):
        self.devices.append((name, what, size, runs, []))
        return self

    def part(self, name, off, size, kind=DATA, role="", slot=0, container=0, depth=0, used=-1):
        self.devices[-1][4].append((name, role, off, size, kind, slot, container, depth, used))
        return self

    def row(self, *parts):
        """Parts one after another from 0: (name, size, ...)."""
        off = 0
        for name, size, *rest in parts:
            if name:
                self.part(name, off, size, *rest)
            off += size
        return self

    def finding(self, severity, text, device=-1, part=-1, device2=-1, part2=-1):
        self.findings.append((severity, device, part, device2, part2, text))
        return self

    def text(self):
        lines = [("title", self.title)]
        for name, what, size, runs, parts in self.devices:
            lines.append(("device", name, what, size, *[n for run in runs for n in run]))
            lines += [("part", *part) for part in parts]
        lines += [("finding", *f) for f in self.findings]
        return "".join("\t".join(map(str, line)) + "\n" for line in lines)


def lamp():
    return Picture("lamp").device("internal", "stm32f407xe", 512 * K, (4, 16 * K), (1, 64 * K),
                                  (3, 128 * K)).row(
        ("bootloader", 32 * K, BOOTLOADER, "bootloader"), ("journal_a", 16 * K, JOURNAL, "journal"),
        ("journal_b", 16 * K, JOURNAL, "journal"), ("settings", 64 * K),
        ("primary", 128 * K, SLOT, "primary of app"), ("secondary", 128 * K, SLOT, "secondary of app"),
        ("scratch", 128 * K, SLOT, "spare of app"))


def tracker():
    p = Picture("tracker").device("internal", "nrf5340-app", 1 * M, (256, 4 * K))
    p.row(("mcuboot", 48 * K, BOOTLOADER, "bootloader"), ("journal_a", 8 * K, JOURNAL, "journal"),
          ("journal_b", 8 * K, JOURNAL, "journal"))
    p.part("mcuboot_primary", 0x10000, 0xec000, SLOT, "primary of app", container=1)
    p.part("mcuboot_pad", 0x10000, 512, SLOT, depth=1).part("app", 0x10200, 0xebe00, SLOT, depth=1)
    p.part("settings_storage", 0xfc000, 16 * K)
    p.device("net", "nrf5340-net", 256 * K, (128, 2 * K)).part("net_app", 0, 256 * K, SLOT,
                                                               "primary of net", 1)
    p.device("qspi", "mx25r64", 8 * M, (2048, 4 * K)).row(
        ("mcuboot_secondary", 944 * K, SLOT, "secondary of app"),
        ("mcuboot_secondary_1", 256 * K, SLOT, "secondary of net", 1), ("assets", 2 * M),
        ("external_flash", 8 * M - 2 * M - 1200 * K))
    return p


def gateway():
    return Picture("gateway").device("flash", "esp32", 4 * M, (1024, 4 * K)).row(
        ("bootloader", 32 * K, BOOTLOADER, "bootloader"), ("table", 4 * K, TABLE, "partition table"),
        ("nvs", 16 * K), ("otadata", 8 * K, JOURNAL, "records of choice"), ("phy_init", 4 * K),
        ("factory", 1 * M, SLOT, "factory of app"), ("ota_0", 1 * M, SLOT, "primary of app"),
        ("ota_1", 1 * M, SLOT, "secondary of app"), ("", 64 * K), ("storage", 896 * K))


def badge():
    return Picture("badge").device("internal", "rp2350", 4 * M, (1024, 4 * K)).row(
        ("bootloader", 64 * K, BOOTLOADER, "bootloader"), ("journal_a", 8 * K, JOURNAL, "journal"),
        ("journal_b", 8 * K, JOURNAL, "journal"), ("primary", 1 * M, SLOT, "primary of app"),
        ("secondary", 1028 * K, SLOT, "secondary of app"), ("settings", 64 * K), ("files", 1900 * K))


def many(n, seed=1):
    """n partitions on one to four devices, large and small, with gaps."""
    r = random.Random(seed * 1000 + n)
    p = Picture(f"{n} partitions")
    left = n
    for d in range(r.randint(1, 4) if n > 3 else 1):
        count = left if d == 3 else r.randint(0, left)
        page = r.choice((512, 4 * K, 16 * K))
        sizes = [page * r.choice((1, 1, 1, 2, 4, 16, 64, 200)) for _ in range(count)]
        gaps = [page * r.choice((0, 0, 0, 1, 30)) for _ in range(count + 1)]
        total = max(sum(sizes) + sum(gaps), 8 * page)
        p.device(f"flash{d}", r.choice(("", "w25q64", "stm32h743xi")), total, (total // page, page))
        off = gaps[0]
        for i, size in enumerate(sizes):
            kind = r.choice((DATA, DATA, BOOTLOADER, JOURNAL, TABLE, SLOT, SLOT))
            p.part(f"{r.choice(('log', 'settings', 'primary_image', 'x', 'certificates_of_device'))}_{i}",
                   off, size, kind, f"primary of app{i % 9}" if kind == SLOT else "", i % 9)
            off += size + gaps[i + 1]
        left -= count
        if not left:
            break
    for i, (name, what, size, runs, parts) in enumerate(p.devices):
        if left:
            off = size
            for k in range(left):
                parts.append((f"more_{k}", "", off, 4 * K, DATA, 0, 0, 0, -1))
                off += 4 * K
            p.devices[i] = (name, what, off, ((off // 512, 512),), parts)
            break
    return p


def wrong():
    """What check finds wrong: overlaps, too large, off the pages; drawn where it is."""
    p = Picture("wrong").device("internal", "stm32f407xe", 512 * K, (4, 16 * K), (1, 64 * K),
                                (3, 128 * K))
    p.part("bootloader", 0, 40 * K, BOOTLOADER, "bootloader")
    p.part("journal_a", 32 * K, 16 * K, JOURNAL, "journal")
    p.part("journal_b", 48 * K, 16 * K, JOURNAL, "journal")
    p.part("primary", 128 * K, 128 * K, SLOT, "primary of app")
    p.part("secondary", 0x3F000, 132 * K, SLOT, "secondary of app")
    p.part("files", 400 * K, 160 * K)
    p.finding(0, "overlap: bootloader ends at 0xa000 (40 KB) and journal_a begins at 0x8000. The most "
              "that fits is 32 KB", 0, 0, 0, 1)
    p.finding(0, "pages: secondary begins at 0x3f000, in the middle of the page 0x20000 to 0x40000. The "
              "next border is 0x40000", 0, 4)
    p.finding(0, "overlap: primary and secondary share 0x3f000 to 0x40000", 0, 3, 0, 4)
    p.finding(1, "files ends 48 KB beyond the device. On the device nothing of it could be written", 0, 5)
    p.finding(2, "keys: release.pub.pem is the published development key", 0)
    p.finding(1, "the layout has no partition for settings")
    return p


def nested():
    """Containers in containers, one too small for its name."""
    p = Picture("nested").device("d", "", 1 * M, (256, 4 * K))
    p.part("outer", 0, 800 * K, SLOT, "primary of app", container=1)
    p.part("inner", 64 * K, 700 * K, SLOT, container=1, depth=1)
    p.part("innermost_that_is_too_small", 64 * K, 40 * K, container=1, depth=2)
    p.part("head", 0, 64 * K, depth=1).part("pad", 64 * K, 40 * K, depth=3)
    p.part("rest", 104 * K, 660 * K, depth=2).part("tail", 764 * K, 36 * K, depth=1)
    p.finding(1, "too small", 0, 3).finding(0, "late", 0, 5)
    return p


def long():
    """Large boxes whose names or badges need more room than they have."""
    p = Picture("long").device("d" * 60, "w" * 80, 1 * M, (16, 64 * K))
    p.part("a_name_that_is_far_too_long_for_its_box", 0, 256 * K, SLOT, "primary of " + "a" * 60)
    p.part("just_as_long_as_fits_in__", 256 * K, 256 * K, SLOT, "secondary of " + "b" * 60, used=100 * K)
    p.part("and_with_badges_it_does_", 512 * K, 256 * K, used=256 * K)
    p.part("all_findings", 768 * K, 256 * K)
    for i in range(12):
        p.finding(i % 3, f"finding {i}", 0, 2, 0, 3).finding(1, f"of the device {i}", 0)
    p.device("e" * 60, "", 64 * K, (1, 64 * K)).finding(0, "alone", 1)
    return p.device("next", "", 64 * K, (1, 64 * K))


def shuffled():
    """wrong(), its parts in another order: the numbers of findings follow."""
    p, order = wrong(), [3, 5, 0, 4, 2, 1]
    name, what, size, runs, parts = p.devices[0]
    p.devices[0] = (name, what, size, runs, [parts[i] for i in order])
    p.findings = [(f[0], f[1], order.index(f[2]) if f[2] >= 0 else -1, f[3],
                   order.index(f[4]) if f[4] >= 0 else -1, f[5]) for f in p.findings]
    return p


def tiny():
    """Pages of a byte, four thousand million of them."""
    return Picture("tiny").device("d", "", 4095 * M, (4095 * M, 1)).part("p", 0, 2000 * M).device(
        "e", "", 4095 * M, (4095 * M - 4, 1), (1, 4))


HOSTILE = ['</text><script>alert(1)</script>', '"><svg onload=x>', "&amp;&lt;&#x41;", "a\x01b\x1b[31mred",
           "\u202eesrever", "ÄÖÜ_日本語の名前_emoji", "x" * 300, "'single' \"double\"", "--><!--", "]]>", " "]


def hostile():
    p = Picture(HOSTILE[0]).device(HOSTILE[1], HOSTILE[4], 1 * M, (256, 4 * K))
    off = 0
    for name in HOSTILE:
        p.part(name, off, 64 * K, SLOT, name, 1).part(name + "2", off + 64 * K, 4 * K)
        off += 68 * K
    for name in HOSTILE:
        p.finding(0, name, 0, 1)
    return p


ALL = {"lamp": lamp, "tracker": tracker, "gateway": gateway, "badge": badge, "wrong": wrong, "nested": nested, "long": long, "tiny": tiny,
       "hostile": hostile, "24": lambda: many(24), "60": lambda: many(60),
       "empty": lambda: Picture("empty").device("d", "", 4096, (1, 4096)), "nothing": lambda: Picture("nothing")}

if __name__ == "__main__":
    sys.stdout.write(ALL[sys.argv[1]]().text())
