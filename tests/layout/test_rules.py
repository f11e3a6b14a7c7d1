# SPDX-License-Identifier: Apache-2.0
"""Every rule: a layout that breaks it and nothing else, what is said of it, and where.

A row is (rule, old text, new text, what the finding says, what stands at its place). The base layout
breaks none, so a row fails if its rule is taken out, and if another rule begins to fire."""
import json
import pathlib
import re

import pytest
from layouts import ROOT

BASE = """\
layout: 1
product: base
devices:
  internal: {size: 1M, pages: 4K, unit: 8, mapped: 0x08000000, vectors: 64}
  nor: {size: 2M, pages: 4K, unit: 1, mapped: no, driver: spi_nor}
partitions:
  bootloader: {size: 32K}
  journal_a: {size: 8K}
  journal_b: {size: 8K}
  primary: {size: 256K}
  scratch: {size: 4K}
  settings: {size: 16K}
  secondary: {region: nor, share_size: primary}
  assets: {region: nor, size: rest}
boot:
  slots:
    app: {primary: primary, secondary: secondary, spare: scratch, format: mcuboot, header: 0x200}
  journal: [journal_a, journal_b]
  plan: swap
  keys: [keys/release.pub.pem]
"""

SLOT = "{primary: primary, secondary: secondary, spare: scratch, format: mcuboot, header: 0x200}"
TWO = (SLOT + "\n    second: {primary: primary_2, secondary: secondary_2, spare: scratch_2, format: mcuboot}")
PARTS_2 = ("  settings: {size: 16K}\n  primary_2: {size: 64K}\n  scratch_2: {size: 4K}\n"
           "  secondary_2: {size: 64K}\n")

# Otadata chooses, and applications are loaded to RAM beside the bootloader's.
TAIL = BASE[BASE.index("partitions:"):]
RAM = ("unit: 8,", "unit: 8, ram: {address: 0x20000000, size: 64K},")
SELECT = """partitions:
  bootloader: {size: 32K}
  table: {at: 0x8000, size: 4K}
  otadata: {size: 8K, esp: {type: data, subtype: ota}}
  app: {at: 0x10000, size: 64K, esp: {type: app, subtype: ota_0}}
boot:
  plan: select
  table: table
  format: espressif
  chip: esp32c3
  load: [{address: 0x20000000, size: 32K}, {address: 0x20008000, size: 16K, execute: no}]
  keys: [keys/release.pub.pem]
"""


BOX = "mailbox: wolfboot"


def wolf(rule, box, form, text, at, *more):
    """A row: the layout with wolfBoot's images and perhaps its mailbox, on flash that it can use."""
    lines = "".join(f"\n  {line}" for line in (box, form) if line) or "\n  mailbox: none"
    return (rule, "plan: swap", "plan: swap" + lines, text, at, ("format: mcuboot, header: 0x200", "format: wolfboot"),
            ("unit: 8", "unit: 4"), (", vectors: 64", ""), *more)


def select(rule, old, new, text, at, *more):
    """A row: the layout in which otadata chooses, with one thing wrong."""
    assert old in SELECT, old
    return (rule, TAIL, SELECT.replace(old, new, 1), text, at, RAM, *more)


ROWS = [
    ("number", "layout: 1", "layout: 2", "layout: '2' is not 1", "2"),
    # ---- otadata chooses, and applications are loaded ----
    select("kind", "load: [", "load: [3, ", "load: a place in RAM is needed", "3"),
    select("load", "load: [{address: 0x20000000, size: 32K}, {address: 0x20008000, size: 16K, execute: no}]", "load: []",
           "boot: load names no place in RAM", "[]"),
    select("load", "{address: 0x20000000, size: 32K}", "{address: 0x20000000}", "boot: load needs address and size", "{"),
    select("limit", "load: [", "load: [" + ", ".join(f"{{address: {0x80000000 + i * 0x10000}, size: 64K}}" for i in range(8)) + ", ",
           "load: more than 8 places", "{address: 0x20000000"),
    select("load", "0x20000000, size: 32K", "0x20000002, size: 16K", "are no place for segments", "{"),
    select("load", "0x20000000, size: 32K", "0xFFFFC000, size: 16K", "are no place for segments", "{"),
    select("load", "{address: 0x20000000", "{address: 0x0FFF8000", "segments for 0x0fff8000 are padding", "{"),
    select("load", "address: 0x20008000", "address: 0x20007000", "0x20007000 to 0x20008000 is in two places for segments",
           "{address: 0x20007000"),
    select("load", "0x20000000, size: 32K}", "0x20000000, size: 32K, execute: no}", "code is executed in no place that segments go to", "load"),
    select("load", "size: 16K,", "size: 26K,", "beside the segments 6K of RAM are left for the bootloader, which takes 7K", "load"),
    ("load", TAIL, SELECT, "the RAM that the bootloader runs in is not known", "internal"),
    select("load", "format: espressif", "format: mcuboot", "only Espressif's images have segments to load", "load"),
    select("missing", "  bootloader: {", "  loader: {", "the bootloader itself has no partition", "boot:"),
    select("chip", "  chip: esp32c3\n", "", "the chip that applications are built for is missing", "boot:"),
    select("keys", "  keys: [keys/release.pub.pem]\n", "", "no public key is named", "boot:"),
    select("second-keys", "[keys/release.pub.pem]", "[{file: keys/release.pub.pem, second: yes}]",
           "plan 'select' demands one signature", "keys/release"),
    select("keys-unused", "  plan: select", "  plan: select\n  allow_unsigned: yes", "allow_unsigned is set, and keys are named",
           "[keys"),
    select("trial", "  plan: select", "  plan: select\n  rollback: yes\n  trial_boots: 9",
           "trial_boots: 9, and otadata has room for 8 starts", "boot:"),
    select("otadata", "otadata: {size: 8K", "otadata: {at: 0xc000, pages: 4K, size: 8K",
           "its two sectors of 4K cannot be erased by themselves: a page of internal has 16K", "otadata",
           ("{at: 0x8000, size: 4K}", "{at: 0x8000, pages: 4K, size: 4K}"), ("pages: 4K, unit: 8", "pages: 16K, unit: 8")),
    ("load", "plan: swap", "plan: swap\n  load: {address: 0x20000000, size: 32K}", "'load' here is for plan 'select'", "load"),
    ("chip", "plan: swap", "plan: swap\n  chip: esp32c3", "'chip' is for plan 'select'", "esp32c3"),
    ("name", TAIL, SELECT, "device 'select': this name is taken", "select", RAM,
     ("  internal: {", "  select: {")),
    # ---- the file ----
    ("yaml", "product: base", "product: [base", "this is no YAML", None),
    ("yaml", "  settings: {size: 16K}", "\tsettings: {size: 16K}", "this is no YAML: found character that cannot start", "\t"),
    ("yaml", "product: base", "product: base\n---\nx: 1", "a second document", "---"),
    ("yaml", "product: base", "[a]: base", "cannot be a key", "[a]"),
    ("yaml", BASE, "", "the file is empty", None),
    ("yaml", BASE, "- a\n", "a layout is a map", "- a"),
    ("alias", "product: base", "product: &x base", "an anchor (&) or a tag (!)", "&x"),
    ("alias", "product: base", "product: *x", "an alias (*)", "*x"),
    ("alias", "product: base", "product: !!str base", "an anchor (&) or a tag (!)", "!!str"),
    ("limit", "product: base", "product: " + 13 * "[", "more than 12 lists and maps", None),
    ("limit", "  nor:", "".join(f"  d{i}: {{size: 4K, pages: 4K, unit: 1, mapped: no}}\n" for i in range(15)) + "  nor:",
     "more than 16 devices", "nor:"),
    ("limit", "    app: " + SLOT, "".join(f"    s{i}: {SLOT}\n" for i in range(4)) + "    app: " + SLOT,
     "more than 4 slot pairs", "app:"),
    ("limit", "keys: [keys/release.pub.pem]", "keys: [" + 9 * "keys/release.pub.pem, " + "]", "keys: more than 8",
     "keys/release"),
    ("limit", "size: 1M, pages: 4K", "size: 4194304, pages: 2097152x2", "more than 1048576 pages", "2097152x2"),
    ("duplicate", "  settings: {size: 16K}", "  settings: {size: 16K}\n  settings: {size: 8K}",
     "key 'settings' is there a second time", "settings: {size: 8K}"),
    ("duplicate", "{size: 32K}", "{size: 32K, size: 32K}", "key 'size' is there a second time", "size: 32K}"),
    ("base", "product: base", "product: base\nbase: not-there.yml", "base file 'not-there.yml' cannot be read", "not-there"),
    ("base", "product: base", "product: base\nbase: x.layout.yml", "leads back to itself", "x.layout.yml"),
    # ---- keys and values ----
    ("missing", "layout: 1\n", "", "there is no 'layout:'", "product"),
    ("missing", "product: base\n", "", "there is no 'product:'", "layout"),
    ("missing", BASE[BASE.index("devices:"):BASE.index("partitions:")], "", "there is no 'devices:'", "layout"),
    ("missing", BASE[BASE.index("partitions:"):], "", "there is no 'partitions:'", "layout"),
    ("missing", BASE[BASE.index("partitions:"):], "partitions: {}\n", "partitions: there is none", "{}"),
    ("missing", "primary: primary, ", "", "app: it has no primary slot", "app:"),
    ("missing", ", format: mcuboot", "", "app: the format of its images is missing", "app:"),
    ("missing", "  slots:\n    app: " + SLOT + "\n", "", "boot: there is no slot pair", "boot:"),
    ("missing", "  journal: [journal_a, journal_b]\n", "", "boot: there is no journal", "boot:"),
    ("missing", "  bootloader: {", "  loader: {", "the bootloader itself has no partition", "boot:"),
    ("missing", BASE[BASE.index("  slots:"):], "  plan: select\n  allow_unsigned: yes\n", "needs the table's partition", "boot:"),
    ("unknown-key", "size: 32K", "sice: 32K", "a partition has no key 'sice'", "sice"),
    ("unknown-key", "product: base", "produkt: base\nproduct: base", "a layout has no key 'produkt'", "produkt"),
    ("unknown-key", "unit: 8,", "unit: 8, colour: red,", "a device has no key 'colour'", "colour"),
    ("unknown-name", "share_size: primary", "share_size: primari", "there is no partition 'primari'", "primari"),
    ("unknown-name", "share_size: primary", "share_size: 'qqqqqqqqqqqq'", "there is no partition 'qqqqqqqqqqqq'", "'qq"),
    ("unknown-name", "size: 1M, pages: 4K, unit: 8, mapped: 0x08000000, vectors: 64", "chip: qqqqqqqqqqqqqqqq",
     "there is no chip 'qqqqqqqqqqqqqqqq' in the table", "qqqq"),
    ("unknown-name", "region: nor, share", "region: nro, share", "there is no device 'nro'", "nro"),
    ("unknown-name", "spare: scratch", "spare: scrach", "there is no partition 'scrach'", "scrach"),
    ("unknown-name", "size: 1M, pages: 4K, unit: 8, mapped: 0x08000000, vectors: 64", "chip: stm32f4o7xe",
     "there is no chip 'stm32f4o7xe'", "stm32f4o7xe"),
    ("unknown-name", "[keys/release.pub.pem]", "[{file: keys/release.pub.pem, slots: [apq]}]",
     "there is no slot pair 'apq'", "apq"),
    ("name", "product: base", "product: 1base", "'1base' is no name of product", "1base"),
    ("name", "  settings: {", "  my-settings: {", "'my-settings' is no name of a partition", "my-settings"),
    ("name", "  settings: {", "  PRIMARY: {", "primary and PRIMARY differ in capitals only", "PRIMARY"),
    ("name", "    app: {", "    ../app: {", "'../app' is no name of a slot pair", "../app"),
    ("name", "    app: {", "    layout: {", "slot pair 'layout': this name is taken by boot.ld and layout.ld", "layout: {"),
    ("name", "    app: " + SLOT, "    app: " + TWO.replace("second:", "APP:"), "slot pair 'APP': this name is taken by one", "APP:",
     ("  settings: {size: 16K}\n", PARTS_2)),
    ("name", "  nor: {", "  product: {", "device 'product': this name is taken by what product.h defines", "product: {",
     ("region: nor, share", "region: product, share"), ("region: nor, size", "region: product, size")),
    ("name", "  nor: {", "  internal_runs: {", "device 'internal_runs': this name is taken", "internal_runs",
     ("region: nor, share", "region: internal_runs, share"), ("region: nor, size", "region: internal_runs, size")),
    ("name", "  nor: {", "  Internal: {", "device 'Internal': this name is taken by one", "Internal",
     ("region: nor, share", "region: Internal, share"), ("region: nor, size", "region: Internal, size")),
    ("kind", "size: 32K", "size: [32K]", "size: a number is needed, not a list or a map", "[32K]"),
    ("kind", "product: base", "product: {a: b}", "product: a map of keys is here", "{a: b}"),
    ("kind", "product: base", "product:", "product: nothing is written here", None),
    ("kind", "  settings: {size: 16K}", "  settings: 16K", "settings: keys are needed", "16K"),
    ("kind", "{size: 16K}", "{size: 16K, placement: {after: [{a: b}]}}", "after: a name is needed here", "{a: b}"),
    ("kind", "{size: 16K}", "{size: 16K, inside: {a: b}}", "inside: a name or a list of names is needed", "{a: b}"),
    ("kind", "share_size: primary", "share_size: {a: b}", "share_size: a name, or a list of names", "{a: b}"),
    ("kind", "share_size: primary", "share_size: [{a: b}]", "share_size: a name is needed here", "{a: b}"),
    ("kind", "share_size: primary", "share_size: ''", "share_size: nothing is written here", "''"),
    ("kind", "{size: 16K}", "{size: 16K, esp: {type: data, subtype: nvs, flags: encrypted}}", "flags: a list is needed",
     "encrypted"),
    ("choice", "{size: 16K}", "{size: 16K, esp: {type: data, subtype: nvs, flags: [hidden]}}", "there are encrypted and readonly",
     "hidden"),
    ("missing", BASE[BASE.index("devices:"):BASE.index("partitions:")], "devices: {}\n", "devices: there is none", "{}"),
    ("kind", "[keys/release.pub.pem]", "[[a]]", "keys: the file of a public key is needed here", "[a]"),
    ("kind", "spare: scratch", "spare: [scratch]", "spare: a single value is needed", "[scratch]"),
    ("kind", "[keys/release.pub.pem]", "{a: b}", "keys: a list of files is needed", "{a: b}"),
    ("number", "size: 32K", "size: big", "size: 'big' is text, and a number is needed", "big"),
    ("number", "size: 32K", "size: -32K", "size: -32K is negative", "-32K"),
    ("number", "size: 32K", "size: 0", "size: 0 is no size", "0}"),
    ("number", "size: 32K", "size: 32KB", "size: '32KB' is not a number", "32KB"),
    ("number", "size: 32K", "size: 010", "size: '010' is not a number", "010"),
    ("number", "size: 32K", "size: 99999999999", "size: 99999999999 is more than 4294967295", "99999999999"),
    ("number", "header: 0x200", "header: much", "header: 'much' is text, and a number is needed", "much"),
    ("number", "header: 0x200", "header: 5O", "header: '5O' is not a number", "5O"),
    ("number", "header: 0x200", "header: 0", "header: 0 is no size", "0}"),
    ("number", "plan: swap", 'plan: swap\n  trial_boots: "3"', "trial_boots: '3' is text", '"3"'),
    ("number", "plan: swap", "plan: swap\n  trial_boots: 256", "is not a number from 1 to 255", "256"),
    ("choice", "plan: swap", "plan: swop", "plan: 'swop' is none of swap, overwrite, select", "swop"),
    ("choice", "spare: scratch", "spare: second of secondary", "is not understood", "second of"),
    ("choice", "plan: swap", "plan: swap\n  allow_downgrade: maybe", "'maybe' is neither yes nor no", "maybe"),
    ("choice", "header: 0x200", "header: 0x200, class_id: lamp", "'lamp' is no UUID", "lamp"),
    ("size", "{size: 16K}", "{}", "settings: it has no size", "settings"),
    ("size", "{size: 16K}", "{size: 16K, share_size: scratch}", "'size' and 'share_size' both say", "share_size: scratch"),
    ("size", "{size: 16K}", "{size: auto}", "settings: nothing says how large it must be", "auto"),
    ("size", "{size: 16K}", "{share_size: [nothing?]}", "none of those it shares its size with is there", "[nothing?]"),
    # ---- devices ----
    ("device", "size: 2M, pages: 4K, unit: 1, mapped: no", "mapped: no", "nor: neither a chip nor a size", "nor:"),
    ("device", "size: 2M, pages: 4K, unit", "size: 2M, unit", "nor: its erase pages are missing", "nor:"),
    ("device", "pages: 4K, unit: 1,", "pages: 4K,", "nor: its program unit is missing", "nor:"),
    ("device", "unit: 1, mapped: no", "unit: 1, mapped: 0x08080000", "mapped at the same addresses", "nor:"),
    ("pages", "size: 2M, pages: 4K", "size: 2M, pages: 3x4K", "the pages are 12K together, and the device has 2M", "3x4K"),
    ("pages", "size: 2M, pages: 4K", "size: 2M, pages: some", "these pages cannot be read", "some"),
    ("pages", "size: 2M, pages: 4K, unit: 1, mapped: no, driver: spi_nor", "chip: stm32f407xe, size: 2M, mapped: no",
     "is not what stm32f407xe has", "2M"),
    ("unit", "unit: 8", "unit: 3", "a program unit is a power of two of bytes", "3,"),
    ("erased", "unit: 8,", "unit: 8, erased: 7,", "erased flash reads as 0xFF or as 0", "7,"),
    ("driver", ", driver: spi_nor", "", "nor: it is not mapped, and nothing says what drives it", "nor:"),
    ("chip", "size: 1M, pages: 4K, unit: 8, mapped: 0x08000000, vectors: 64", "chip: {cannot}", "the core cannot serve",
     "internal"),
    # ---- places ----
    ("pages", "{size: 16K}", "{size: 15K}", "settings: it ends at 0x50c00, inside a page of 4K", "15K"),
    ("pages", "size: 2M, pages: 4K, unit: 1, mapped: no, driver: spi_nor", "chip: esp32s3, size: 0x200800, mapped: no", "is not what esp32s3 has",
     "0x200800"),
    ("pages", "{size: 16K}", "{size: 16K, at: 0x60100}", "settings: it begins at 0x60100, inside a page of 4K", "0x60100"),
    ("pages", "{size: 16K}", "{size: 16K, pages: 32K}", "inside a page of 32K", "16K"),
    ("range", "{size: 16K}", "{size: 3M}", "settings: it ends at 0x34d000, and internal ends at 0x100000", "3M"),
    ("range", "{size: 16K}", "{size: 16K, at: 2M}", "settings: it ends at 0x204000", "16K"),
    ("range", "{size: 16K}", "{size: 16K, address: 0x1000}", "address 0x1000 is not on internal", "0x1000"),
    ("range", "{region: nor, size: rest}", "{region: nor, size: 4K, address: 0x1000}", "nor is not mapped", "0x1000"),
    ("overlap", "{size: 16K}", "{size: 16K, at: 0x4c000}", "settings (0x4c000 to 0x50000) and scratch (0x4c000 to 0x4d000) share 4K",
     "0x4c000"),
    ("rest", "{size: 16K}", "{size: rest}\n  more: {size: rest}", "settings and more both take the rest of one gap", "rest}"),
    ("rest", "{size: 16K}", "{size: 716K}\n  more: {size: rest}", "more: nothing is left for it", "rest}"),
    ("overlap", "{size: 16K}", "{size: 16K, at: 0x4a000}", "settings (0x4a000 to 0x4e000) and primary (0xc000 to 0x4c000) share 8K",
     None),
    ("kind", SLOT, "3", "app: keys are needed", "3"),
    ("placement", "{size: 16K}", "{size: 16K, at: 0x60000, placement: {before: end}}", "both say where it begins", "placement"),
    ("placement", "{size: 16K}", "{size: 16K, placement: {align: {start: 8K, end: 8K}}}", "cannot both be aligned", "8K}}"),
    ("placement", "{size: 16K}", "{size: 16K, placement: {after: assets}}", "settings is on internal, and assets", "assets"),
    ("placement", "{size: 16K}", "{size: 16K, placement: {after: scratch, before: end}}", "cannot be both after and before", "{after"),
    ("span", "{size: 16K}", "{size: 16K, inside: scratch}", "settings: scratch is no container", "scratch}"),
    ("span", "{size: 16K}", "{span: []}", "nothing lies in this container", "settings"),
    ("span", "{size: 16K}", "{span: [scratch, assets]}", "assets is on nor, and its container settings on internal", "assets"),
    ("span", "{size: 16K}", "{span: [journal_b, scratch]}", "its parts journal_b and scratch are not neighbours", "[journal_b"),
    ("span", "{size: 16K}", "{span: [scratch]}\n  other: {span: [scratch]}", "scratch lies in two containers", "scratch]}"),
    ("span", "{size: 16K}", "{span: [scratch], at: 0x60000}", "a container begins where its first part does", "at:"),
    ("cycle", "{size: 16K}", "{size: 16K, placement: {after: more}}\n  more: {size: 4K, placement: {after: settings}}",
     "in a circle: settings -> more -> settings", "{after: more"),
    ("cycle", "{size: 16K}", "{share_size: more}\n  more: {share_size: settings}", "settings -> more -> settings", "more}"),
    ("cycle", "{size: 16K}", "{span: [more]}\n  more: {span: [settings]}", "containers lie in each other", "["),
    ("cycle", "{region: nor, size: rest}",
     "{region: nor, size: rest}\n  p: {share_size: assets}\n  q: {size: rest}\n  r: {region: nor, share_size: q}",
     "cannot have a size yet: it depends on", None),
    ("cycle", "{region: nor, size: rest}",
     "{region: nor, size: rest}\n  known: {share_size: settings}\n  p: {share_size: assets}\n"
     "  q: {size: rest}\n  r: {region: nor, share_size: q}",
     "p cannot have a size yet: it depends on assets", None),
    # ---- files ----
    ("image", "{size: 16K}", "{size: 16K, image: large.bin}", "'large.bin' has 20000 bytes and the partition 16384", "large.bin"),
    ("image", "{size: 16K}", "{size: auto, image: none.bin}", "'none.bin' cannot be read", "none.bin"),
    ("image", "{size: 16K}", "{size: 16K, image: none.bin}", "'none.bin' is not there, or is empty", "none.bin"),
    ("keys", "keys/release.pub.pem", "keys/other.pem", "key 'keys/other.pem' is not there", "keys/other"),
    ("keys", "keys/release.pub.pem", "large.bin", "key 'large.bin' cannot be used", "large.bin"),
    ("keys", "keys/release.pub.pem", "p384.pem", "the bootloader cannot verify with ecdsa-p384", "p384.pem"),
    ("keys", "keys/release.pub.pem", "private.pem", "key 'private.pem' is a private key", "private.pem"),
    ("development-key", "keys/release.pub.pem", "development.pem", "is a development key, whose private half is published",
     "development"),
    ("bootloader", "{size: 32K}", "{size: 32K}", "the bootloader has 40000 bytes and its partition 32768", "32K"),
    # ---- what a bootloader demands ----
    ("role", "spare: scratch", "spare: journal_a", "journal_a is spare and journal at once", "[journal_a"),
    ("journal", "[journal_a, journal_b]", "[journal_a]", "journal: it is two partitions", "[journal_a]"),
    ("journal", "[journal_a, journal_b]", "[journal_a, journal_a]", "journal: both are 'journal_a'", "journal_a]"),
    ("execute", "primary: {size: 256K}", "primary: {region: nor, size: 256K}", "which the processor cannot execute from", "app:"),
    ("vectors", "header: 0x200", "header: 0x80", "header 128 puts the vector table at 0x0800c080", "0x80"),
    ("vectors", "size: 1M, pages: 4K, unit: 8, mapped: 0x08000000, vectors: 64",
     "size: 1M, pages: 256, unit: 8, mapped: 0x08000000, vectors: 128", "puts the vector table at 0x0800c300", "0x200",
     ("{size: 32K}", "{size: 0x8100}")),
    ("header", "header: 0x200", "header: 16", "header 16 is smaller than the format's own, 32", "16}",
     ("vectors: 64", "vectors: 4")),
    ("header", "header: 0x200", "header: 256K", "leaves nothing of the largest image", "256K"),
    ("esp-table", BASE[BASE.index("partitions:"):], "partitions:\n  table: {at: 0x8000, size: 4K}\n"
     "  app: {at: 0x14000, size: 64K, esp: {type: app, subtype: ota_0}}\n"
     "boot: {plan: select, table: table, format: espressif, allow_unsigned: yes}\n",
     "ESP-IDF's table: Partition app invalid: Offset 0x14000 is not aligned to 0x10000", "table"),
    ("load", "header: 0x200", "header: 0x200, load: {address: 0x20000000}", "load needs address and size", "{address"),
    ("ram", "unit: 8,", "unit: 8, ram: {size: 64K},", "internal: ram needs address and size", "{size: 64K}"),
    ("ram", "unit: 8,", "unit: 8, ram: {address: 0xFFFFF000, size: 64K},", "ram ends after the last address",
     "{address"),
    ("load", "header: 0x200", "header: 0x200, load: {address: 0x20000000, size: 64K}",
     "beside the images 0 of RAM are left for the bootloader, which takes 6K", "load:",
     ("unit: 8,", "unit: 8, ram: {address: 0x20000000, size: 64K},")),
    ("load", "header: 0x200", "header: 0x200, load: {address: 0x2000F000, size: 64K}",
     "0x2000f000 to 0x2001f000 is not within the RAM of internal (0x20000000, 64K)", "load:",
     ("unit: 8,", "unit: 8, ram: {address: 0x20000000, size: 64K},")),
    ("load", "header: 0x200", "header: 0x200, load: {address: 0x20000002, size: 64K}", "are no place for images", "load:"),
    ("load", "header: 0x200", "header: 0x20, load: {address: 0x20000000, size: 64K}",
     "only MCUboot's images are loaded to RAM", "load:", ("format: mcuboot", "format: espressif")),
    ("load", "app: " + SLOT, "app: " + TWO.replace("header: 0x200", "load: {address: 0x20000000, size: 64K}"),
     "second: its images go elsewhere than those of app", "second:", ("  settings: {size: 16K}\n", PARTS_2)),
    ("load", "unit: 8, mapped: 0x08000000", "unit: 8, mapped: no, driver: spi_nor, rom_copies_to: 0x20010000, "
     "ram: {address: 0x20000000, size: 256K}", "the mask ROM copies the bootloader to 0x20010000, into the RAM", "internal",
     ("header: 0x200", "header: 0x200, load: {address: 0x20000000, size: 64K}")),
    ("execute", "unit: 8, mapped: 0x08000000", "unit: 8, mapped: no, driver: spi_nor",
     "the bootloader is on internal, which the processor cannot execute from", "bootloader",
     ("header: 0x200", "header: 0x200, load: {address: 0x20000000, size: 64K}")),
    ("pure", "plan: swap", "plan: swap\n  pure: yes", "pure needs an Ed25519 key, and none is named", "yes"),
    ("pure", "  keys: [keys/release.pub.pem]", "  allow_unsigned: yes\n  pure: yes", "pure, and images need no signature",
     "yes"),
    ("pure", BASE[BASE.index("partitions:"):], "partitions:\n  table: {at: 0x8000, size: 4K}\n"
     "  app: {at: 0x10000, size: 64K, esp: {type: app, subtype: ota_0}}\n"
     "boot: {plan: select, table: table, format: espressif, allow_unsigned: yes, rescue: yes}\n",
     "rescue, and plan 'select' moves and verifies no image that way", "yes}"),
    ("name", "  nor: {", "  load_window: {", "device 'load_window': this name is taken", "load_window",
     ("region: nor, share", "region: load_window, share"), ("region: nor, size", "region: load_window, size")),
    ("mailbox", "plan: swap", "plan: swap\n  mailbox: otadata", "mailbox 'otadata' with images of mcuboot", "otadata"),
    ("mailbox", BASE[BASE.index("partitions:"):], "partitions:\n  table: {at: 0x8000, size: 4K}\n"
     "  app: {at: 0x10000, size: 64K, esp: {type: app, subtype: ota_0}}\n"
     "boot: {plan: select, table: table, format: espressif, mailbox: mcuboot, allow_unsigned: yes}\n",
     "plan 'select' reads otadata", "mcuboot"),
    ("mailbox", "plan: swap", "plan: swap\n  mailbox: otadata\n  format: espressif",
     "mailbox 'otadata' chooses between slots", "otadata",
     ("format: mcuboot, header: 0x200", "format: espressif"), (", vectors: 64", "")),
    ("digest", "plan: swap", "plan: swap\n  hash: sha512", "a key of type ecdsa-p256 signs SHA-256", "sha512"),
    ("digest", "plan: swap", "plan: swap\n  hash: sha384", "a key of type ed25519 signs SHA-256 or SHA-512", "sha384",
     ("keys/release.pub.pem", "ed25519.pem")),
    ("digest", "keys: [keys/release.pub.pem]", "hash: sha512\n  allow_unsigned: yes", "Espressif's images have SHA-256",
     "sha512", ("format: mcuboot, header: 0x200", "format: espressif"), (", vectors: 64", "")),
    ("key-format", "keys/release.pub.pem", "ed25519.pem", "Espressif's images are not signed with ed25519", "ed25519",
     ("format: mcuboot, header: 0x200", "format: espressif"), (", vectors: 64", "")),
    ("key-format", "    app: " + SLOT, "    app: " + TWO.replace("scratch_2, format: mcuboot", "scratch_2, format: espressif"),
     "for images of Espressif's and for others", "[keys", ("  settings: {size: 16K}\n", PARTS_2), (", vectors: 64", "")),
    ("not-yet", BASE[BASE.index("partitions:"):], "partitions:\n  table: {at: 0x8000, size: 4K}\n"
     "  app: {at: 0x10000, size: 64K, esp: {type: app, subtype: ota_0}}\n"
     "boot: {plan: select, table: table, format: espressif, recovery: smp, allow_unsigned: yes}\n",
     "recovery with plan 'select'", "smp"),
    ("choice", "plan: swap", "plan: swap\n  recovery: yes", "recovery: none, smp or xmodem is needed", "yes"),
    ("choice", "plan: swap", "plan: swap\n  recovery: [smp]", "recovery: none, smp or xmodem is needed", "[smp]"),
    ("kept-ram", "plan: swap", "plan: swap\n  recovery: {magic: 0x2000FFFE}", "are not whole words", "{magic", ("mapped: 0x08000000", "mapped: 0x08000000, ram: {address: 0x20000000, size: 64K}")),
    ("kept-ram", "plan: swap", "plan: swap\n  recovery: {magic: 0x20010000}", "is not within the RAM of internal", "{magic",
     ("mapped: 0x08000000", "mapped: 0x08000000, ram: {address: 0x20000000, size: 64K}")),
    ("kept-ram", "plan: swap", "plan: swap\n  boot_record: {address: 0x20008000, size: 256}",
     "is in the middle of the RAM of internal", "boot_record", ("mapped: 0x08000000", "mapped: 0x08000000, ram: {address: 0x20000000, size: 64K}")),
    ("kept-ram", "plan: swap", "plan: swap\n  boot_record: {address: 0x2000FF00, size: 256}\n"
     "  recovery: {magic: 0x2000FFF0}", "0x2000fff0 is in the boot record", "{magic", ("mapped: 0x08000000", "mapped: 0x08000000, ram: {address: 0x20000000, size: 64K}")),
    ("kept-ram", "plan: swap", "plan: swap\n  boot_record: {address: 0x20000000, size: 256}", "is where images are loaded",
     "boot_record", ("mapped: 0x08000000", "mapped: 0x08000000, ram: {address: 0x20000000, size: 64K}"), ("header: 0x200", "header: 0x200, load: {address: 0x20000000, size: 16K}")),
    ("boot-record", "plan: swap", "plan: swap\n  boot_record: {address: 0x2000FFF0, size: 16}", "16 bytes are too few",
     "boot_record", ("mapped: 0x08000000", "mapped: 0x08000000, ram: {address: 0x20000000, size: 64K}")),
    ("boot-record", "plan: swap", "plan: swap\n  boot_record: {address: 0x2000FF00}", "needs address and size", "{address",
     ("mapped: 0x08000000", "mapped: 0x08000000, ram: {address: 0x20000000, size: 64K}")),
    ("watchdog", "plan: swap", "plan: swap\n  watchdog: 1000", "how long an erase of internal takes is not known", "1000"),
    ("watchdog", "plan: swap", "plan: swap\n  watchdog: 339",
     "watchdog: 339 ms, and one erase of nor (mx25r64) takes up to 240 ms", "339",
     ("{size: 1M, pages: 4K, unit: 8, mapped: 0x08000000, vectors: 64}", "{chip: nrf52840}"),
     ("{size: 2M, pages: 4K, unit: 1, mapped: no, driver: spi_nor}", "{chip: mx25r64}")),
    ("not-yet", "[keys/release.pub.pem]", "[{file: keys/release.pub.pem, slots: [app]}]", "keys with slots of their own",
     "keys/release"),
    ("not-yet", BASE[BASE.index("partitions:"):], "partitions:\n  table: {at: 0x8000, size: 4K}\n"
     "  app: {at: 0x10000, size: 64K, esp: {type: app, subtype: ota_0}}\n"
     "boot: {plan: select, table: table, format: espressif, clock: fast, allow_unsigned: yes}\n",
     "watchdog, clock or hand_over with plan 'select'", "boot:"),
    *(("not-yet", BASE[BASE.index("partitions:"):], "partitions:\n  table: {at: 0x8000, size: 4K}\n"
       "  app: {at: 0x10000, size: 64K, esp: {type: app, subtype: ota_0}}\n"
       f"boot: {{plan: select, table: table, format: espressif, {word}, allow_unsigned: yes}}\n",
       "brown_out or protect with plan 'select'", "boot:") for word in ("protect: until_reset", "brown_out: 2700")),
    ("chunk", "header: 0x200}", "header: 0x200, chunk: 5000}", "chunk 0x1388 is no whole pages of primary and of secondary",
     "5000"),
    ("number", "header: 0x200}", "header: 0x200, chunk: 0}", "chunk: 0 is no size", "0}"),
    ("journal-size", "{size: 1M, pages: 4K, unit: 8,", "{size: 1M, pages: 512, unit: 512,",
     "app: each half of the journal takes 188K", "app:", ("journal_a: {size: 8K}", "journal_a: {size: auto}"),
     ("journal_b: {size: 8K}", "journal_b: {size: auto}")),
    ("journal-size", "{size: 1M, pages: 4K, unit: 8,", "{size: 600K, pages: 512, unit: 512,",
     "app: each half of the journal takes 1084K", "app:", ("journal_a: {size: 8K}", "journal_a: {size: auto}"),
     ("journal_b: {size: 8K}", "journal_b: {size: auto}"), ("region: nor, share_size: primary", "size: rest"),
     ("scratch: {size: 4K}", "scratch: {size: 512}")),
    ("journal-size", "{size: 1M, pages: 4K, unit: 8,", "{size: 1M, pages: 512, unit: 512,",
     "app: each half of the journal takes", "app:", ("journal_a: {size: 8K}", "journal_a: {size: auto}"),
     ("journal_b: {size: 8K}", "journal_b: {size: auto}"), ("primary: {size: 256K}", "primary: {size: 48K}")),
    ("rescue-pages", "plan: swap", "plan: swap\n  rescue: yes",
     "app: rescue, and one step moves 8K, which are several pages of primary", "yes", ("header: 0x200}",
     "header: 0x200, chunk: 8K}"), ("scratch: {size: 4K}", "scratch: {size: 8K}")),
    # wolfBoot's trailers
    wolf("choice", "", "wolfboot: {sector: 4K}", "wolfboot without its mailbox", "wolfboot:"),
    wolf("mailbox-unit", BOX, "", "cannot be written in units as large", "wolfboot\n", ("unit: 4", "unit: 8")),
    wolf("wolfboot-states", BOX, "wolfboot: {flags_invert: yes}", "is erased to 0xFF, and the states are those for 0x00", "wolfboot:"),
    wolf("wolfboot-states", BOX, "", "is erased to 0x00, and the states are those for 0xFF", None,
         ("unit: 4, mapped: 0x08000000", "unit: 4, erased: 0x00, mapped: 0x08000000")),
    wolf("wolfboot-shared", BOX, "", "trailer and image are in one page of secondary", None,
         ("primary: {size: 256K}", "primary: {size: 4K}")),
    wolf("wolfboot-once", BOX, "", "stm32f103xb programs a unit once between erases", "wolfboot",
         ("{size: 1M, pages: 4K, unit: 4, mapped: 0x08000000}", "{chip: stm32f103xb}"), ("size: 256K", "size: 16K")),
    wolf("wolfboot-skip", BOX, "wolfboot: {skip: 42}", "no whole units of 4", "wolfboot:"),
    wolf("wolfboot-skip", BOX, "wolfboot: {skip: 256K}", "primary has no 262144 bytes before its end", "wolfboot:"),
    wolf("wolfboot-sector", BOX, "wolfboot: {sector: 0x1001}", "is no whole pages at the end of primary", "wolfboot:"),
    wolf("wolfboot-sector", BOX, "wolfboot: {sector: 2K, flags_home: yes}", "is no whole pages at the end of primary", "wolfboot:"),
    wolf("wolfboot-size", BOX, "", "primary has 256K, and secondary has 260K", "260K",
         ("share_size: primary", "size: 260K")),
    wolf("wolfboot-spare", BOX, "", "an image is staged 0x1000 bytes into secondary", "first of",
         ("spare: scratch", "spare: first of secondary")),
    wolf("trailer-room", BOX, "", "an image reaches into the mailbox's page", "256K",
         ("spare: scratch", "spare: scratch, image_max: 256K")),
    ("header", "format: mcuboot, header: 0x200", "format: wolfboot, header: 300", "header 300 is no power of two", "300",
     (", vectors: 64", "")),
    ("header", "format: mcuboot, header: 0x200", "format: wolfboot, header: 128", "smaller than the format's own, 256", "128",
     (", vectors: 64", "")),
    ("digest", "keys: [keys/release.pub.pem]", "hash: sha512\n  allow_unsigned: yes", "wolfBoot's images have none", "sha512",
     ("format: mcuboot, header: 0x200", "format: wolfboot"), (", vectors: 64", "")),
    ("pure", "  keys: [keys/release.pub.pem]", "  keys: [ed25519.pem]\n  pure: yes", "wolfBoot's images are signed over",
     "yes", ("format: mcuboot, header: 0x200", "format: wolfboot"), (", vectors: 64", "")),
    ("choice", "format: mcuboot, header: 0x200", "format: wolfboot, vendor_id: example.com", "wolfBoot's images have no ids",
     "app:", (", vectors: 64", "")),
    ("header", "    app: " + SLOT, "    app: " + TWO.replace("format: mcuboot, header: 0x200", "format: wolfboot").replace(
        "scratch_2, format: mcuboot", "scratch_2, format: wolfboot, header: 512"), "header 512, and app has 256", "512",
     ("  settings: {size: 16K}\n", PARTS_2), (", vectors: 64", "")),
    ("counter", "plan: swap", "plan: swap\n  need_counter: yes", "wolfBoot's images have no security counter", "boot:",
     ("format: mcuboot, header: 0x200", "format: wolfboot"), (", vectors: 64", "")),
    ("key-format", "    app: " + SLOT, "    app: " + TWO.replace("scratch_2, format: mcuboot", "scratch_2, format: wolfboot"),
     "for wolfBoot's images and for others", "[keys", ("  settings: {size: 16K}\n", PARTS_2), (", vectors: 64", "")),
    ("spare", "plan: swap", "plan: swap\n  app_mcuboot: \"2.1\"", "stage images at the start of the secondary slot",
     "first of", ("spare: scratch", "spare: first of secondary")),
    ("unsigned", "keys: [keys/release.pub.pem]", "allow_unsigned: yes", "images need no signature", "boot:"),
    ("not-a-slot", "  settings: {", "  mcuboot_secondary_1: {", "mcuboot_secondary_1 is a partition, not a slot", "mcuboot_sec"),
    ("slot-unreadable", "plan: swap", "plan: swap\n  mailbox: mcuboot", "holds no image that an application can read",
     "scratch", ("header: 0x200", "header: 0x200, image_max: 128K")),
    # ---- the core's own rules ----
    ("pairs-overlap", "  settings: {size: 16K}\n", PARTS_2 + "  outer: {span: [primary]}\n", "two pairs share flash", None,
     ("app: " + SLOT, "app: " + TWO.replace("primary_2", "outer"))),
    ("pair-overlap", "{size: 16K}", "{size: 16K}\n  outer: {span: [primary]}", "primary and secondary slot overlap", None,
     ("secondary: secondary", "secondary: outer")),
    ("journal-overlap", "{size: 16K}", "{size: 16K}\n  outer: {span: [primary]}", "a slot or spare is on the journal's pages",
     None, ("[journal_a", "[outer")),
    ("bootloader-pages", "plan: swap", "plan: swap\n  bootloader: outer", "is on the bootloader's own pages", None,
     ("{size: 16K}", "{size: 16K}\n  outer: {span: [journal_a]}")),
    ("first-optional", "header: 0x200", "header: 0x200, optional: yes", "pair 0 is optional", "boot:"),
    ("keys", "  keys: [keys/release.pub.pem]\n", "", "no public key is named", "boot:"),
    ("keys-unused", "plan: swap", "plan: swap\n  allow_unsigned: yes", "allow_unsigned is set, and keys are named", "[keys"),
    ("chunk", "size: 2M, pages: 4K", "size: 2M, pages: 512K", "no run of whole pages is common", "app:",
     ("share_size: primary", "size: 512K")),
    ("chunk", "spare: scratch", "spare: first of secondary", "nothing is left for an image", "app:",
     ("primary: {size: 256K}", "primary: {size: 4K}")),
    ("primary-room", "header: 0x200", "header: 0x200, image_max: 512K", "the largest image does not fit the primary slot", "512K",
     ("share_size: primary", "size: 512K")),
    ("secondary-room", "share_size: primary", "size: 128K", "the largest image does not fit the secondary slot", "256K",
     ("header: 0x200", "header: 0x200, image_max: 256K")),
    ("trailer-room", "plan: swap", "plan: swap\n  mailbox: mcuboot", "an image reaches into the mailbox's page", "256K",
     ("header: 0x200", "header: 0x200, image_max: 256K")),
    ("trailer-spare", "plan: swap", "plan: swap\n  mailbox: mcuboot", "the spare is on the mailbox's page", "last of",
     ("spare: scratch", "spare: last of secondary")),
    ("spare-unused", "plan: swap", "plan: overwrite", "this plan uses no spare, and one is named", "scratch"),
    ("spare", ", spare: scratch", "", "the spare is not one chunk of whole pages", "app:"),
    ("spare", "scratch: {size: 4K}", "scratch: {size: 2K, pages: no}", "the spare is not one chunk of whole pages", "scratch,"),
    ("spare-room", "spare: scratch", "spare: last of secondary", "the spare is where an image is", "last of",
     ("header: 0x200", "header: 0x200, image_max: 256K")),
    ("slot-pages", "primary: {size: 256K}", "primary: {size: 250000, pages: no}",
     "a slot does not begin and end on page borders", "250000", ("share_size: primary", "size: 256K")),
    ("mailbox-unit", "plan: swap", "plan: swap\n  mailbox: mcuboot", "the mailbox's form cannot be written in units", "mcuboot\n",
     ("unit: 8", "unit: 64")),
    ("journal-room", "journal_a: {size: 8K}", "journal_a: {size: 4K}", "the journal has no room", "4K",
     ("journal_b: {size: 8K}", "journal_b: {size: 4K}")),
    ("journal-room", "plan: swap", "plan: swap\n  cuts: 900", "the journal has no room", "8K"),
    ("journal-pages", "journal_a: {size: 8K}", "journal_a: {size: 12K}", "not two runs of whole pages of equal length", "[journal"),
    ("journal-halves", "journal_b: {size: 8K}", "journal_b: {region: nor, size: 8K}", "are on two devices", "[journal"),
    ("steps", "size: 2M, pages: 4K", "size: 256M, pages: 4K", "more than 65535 steps", "boot:",
     ("primary: {size: 256K}", "primary: {size: 128M}"), ("size: 1M, pages: 4K", "size: 256M, pages: 4K")),
    ("bootloader", "bootloader: {size: 32K}", "bootloader: {size: 31K, pages: no}", "no run of whole pages", "31K"),
]




def text_of(row, cannot="esp32c3"):
    text = BASE.replace(row[1], row[2], 1) if row[1] != BASE else row[2]
    assert text != BASE or row[0] == "bootloader", row
    for old, new in row[5:]:
        assert old in text, (row, old)
        text = text.replace(old, new, 1)
    return text.replace("{cannot}", cannot)


@pytest.fixture
def ready(with_key):
    (with_key.folder / "large.bin").write_bytes(b"x" * 20000)
    (with_key.folder / "boot.bin").write_bytes(b"x" * 40000)
    with_key("key", "new", "--type", "p384", "p384-private.pem")
    (with_key.folder / "p384.pem").write_text(with_key("key", "export", "p384-private.pem").stdout)
    with_key("key", "new", "--type", "p256", "private.pem")
    with_key("key", "new", "--type", "ed25519", "ed25519-private.pem")
    (with_key.folder / "ed25519.pem").write_text(with_key("key", "export", "ed25519-private.pem").stdout)
    (with_key.folder / "development.pem").write_bytes((ROOT / "ports/keys/development-p256.pem").read_bytes())
    return with_key


def test_wolfboots_mailbox_breaks_no_rule(ready):
    for form, more in (("", {}), ("wolfboot: {sector: 8K}", {}), ("wolfboot: {skip: 44}", {}), ("wolfboot: {flags_home: yes}", {}),
                       ("wolfboot: {flags_home: yes, flags_invert: yes}", {"unit: 4,": "unit: 4, erased: 0x00,"}),
                       ("wolfboot: {write_once: yes}", {"unit: 4,": "unit: 8,"})):
        text = text_of(wolf("none", BOX, form, "", None, *more.items()))
        assert ready.findings(text, code=0) == [], form


def test_wolfboots_library_in_a_slot_of_one_page(ready):
    """Its trigger would erase the image; that is said, and where a chip programs a unit once it is an error."""
    text = text_of(wolf("none", BOX, "", "", None))
    found = ready.findings(text.replace("primary: {size: 256K}", "primary: {size: 4K}"), code=0)
    assert [(f["severity"], f["rule"]) for f in found] == [("note", "wolfboot-shared")]
    chip = text.replace("{size: 1M, pages: 4K, unit: 4, mapped: 0x08000000}", "{chip: stm32f103xb}")
    assert chip != text
    found = ready.findings(chip.replace("size: 256K", "size: 16K"))
    assert {f["rule"] for f in found if f["severity"] == "error"} == {"wolfboot-once"}, found


def test_the_base_layout_breaks_no_rule(ready):
    assert ready.findings(BASE, code=0) == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}: {row[3][:40]}")
def test_a_broken_rule_is_told(ready, row):
    cannot = next(name for name in re.findall(r"^(\w+) .*cannot", ready("layout", "chips").stdout, re.M))
    text = text_of(row, cannot)
    options = ["--bootloader", "boot.bin"] if row[2] == "{size: 32K}" else []
    found = ready.findings(text, options=options)
    mine = [f for f in found if f["rule"] == row[0] and row[3] in f["text"]]
    assert mine, found
    others = [f for f in found if f["severity"] == "error" and f["rule"] != row[0]]
    assert others == [] or row[0] in ("unknown-key", "chip", "execute", "kind", "limit", "journal-overlap", "journal-size"), others
    if row[4] is not None:
        lines = text.splitlines(keepends=True)
        at = lines[mine[0]["line"] - 1][mine[0]["column"] - 1:]
        assert at.startswith(row[4]), at
    soft = row[0] in ("unsigned", "not-a-slot", "slot-unreadable", "development-key", "journal-size", "rescue-pages", "wolfboot-shared") or "is not there, or is empty" in row[3] or "private key" in row[3] or "takes is not known" in row[3]
    assert mine[0]["severity"] == ("error" if not soft else mine[0]["severity"])


def number(text):
    """Bytes of 4K, 2M, 0x200 or 12."""
    return int(text[:-1]) * {"K": 1 << 10, "M": 1 << 20}[text[-1]] if text[-1] in "KM" else int(text, 0)


def resized(text, line, size):
    """The partition of that line with another size."""
    lines = text.splitlines(keepends=True)
    assert "size: " in lines[line - 1], lines[line - 1]
    lines[line - 1] = re.sub(r"\bsize: [^,}]+", f"size: {size}", lines[line - 1], count=1)
    return "".join(lines)


def less(text, what, size, by):
    assert what in text
    return text.replace(what, what.replace(size, hex(number(size) - by)), 1)


def parts_of(text):
    return {m[1]: text[:m.start(1)].count("\n") + 1 for m in re.finditer(r"^  (\w+): \{", text, re.M)}


# What a remedy promises, and the layout that follows it: of each promise that has a number in it.
PROMISES = [
    (r"Use header: (\d+)", lambda text, f, n: [re.sub(r"header: \w+", f"header: {n}", text)]),
    (r"Write 'hash: (\w+)'", lambda text, f, n: [re.sub(r"hash: \w+", f"hash: {n}", text)]),
    (r"Make it (\w+)(?: or (\w+))?; 'pages: no'", lambda text, f, *n: [resized(text, f["line"], size) for size in n if size]),
    (r"Make it (\w+), or 'size: auto'", lambda text, f, n: [resized(text, f["line"], size) for size in (n, "auto")]),
    (r"Make the partition (\w+), or 'size: auto'", lambda text, f, n: [resized(text, f["line"], size) for size in (n, "auto")]),
    (r"Begin it at (\w+)(?: or (\w+))?", lambda text, f, *n: [re.sub(r"at: 0x60100", f"at: {at}", text) for at in n if at]),
    (r"Move (\w+) to (0x\w+)", lambda text, f, who, to: [re.sub(rf"({who}: .*?at: )\w+", rf"\g<1>{to}", text)]),
    (r"'watchdog: (\d+)' or more", lambda text, f, n: [re.sub(r"watchdog: \d+", f"watchdog: {n}", text)]),
    (r"'trial_boots: (\d+)' or less", lambda text, f, n: [re.sub(r"trial_boots: \d+", f"trial_boots: {n}", text)]),
    (r"^(\w+) is left for it", lambda text, f, n: [resized(text, f["line"], n)]),
    (r"make them smaller by (\w+)", lambda text, f, n: [resized(text, parts_of(text)["settings"], hex(
        number(re.search(r"settings: \{size: (\w+)", text)[1]) - number(n)))]),
    (r"Make the place smaller by (\w+)", lambda text, f, n: [less(text, "load: {address: 0x20000000, size: 64K", "64K", number(n))]),
    (r"Make the places smaller by (\w+)", lambda text, f, n: [less(text, "size: 26K", "26K", number(n))]),
    (r"there is room for (\w+)", lambda text, f, n: [re.sub(r"(0xfffff000, size: )\w+", rf"\g<1>{n}", text, flags=re.I)]),
    (r"'size: auto' does it: (\w+) each", lambda text, f, n: [
        resized(resized(text, parts_of(text)["journal_a"], size), parts_of(text)["journal_b"], size) for size in (n, "auto")]),
    (r"(\w+) would fit\.", lambda text, f, n: [re.sub(r"image_max: \w+", f"image_max: {n}", text)]),
]


def test_what_a_remedy_says_is_enough(ready):
    """With the number that a remedy names the same thing is not found again."""
    kept = dict.fromkeys((promise[0] for promise in PROMISES), 0)
    cannot = next(name for name in re.findall(r"^(\w+) .*cannot", ready("layout", "chips").stdout, re.M))
    for row in ROWS:
        text = text_of(row, cannot)
        options = ["--bootloader", "boot.bin"] if row[2] == "{size: 32K}" else []
        for f in ready.findings(text, options=options):
            for promise, follow in PROMISES:
                said = re.search(promise, f.get("remedy", ""))
                if f["rule"] != row[0] or not said:
                    continue
                for better in follow(text, f, *said.groups()):
                    assert better != text, (promise, f)
                    again = [g for g in ready.findings(better, options=options)
                             if g["rule"] == f["rule"] and g["line"] == f["line"]]
                    assert not again, f"{f['text']}. {f['remedy']}\n{better}\n{again}"
                    kept[promise] += 1
    assert all(kept.values()), kept


# The other place that a finding names, as "file:line:column", beside its own: what is written there. A row
# that is not here names none.
OTHERS = {
    "0x20007000 to 0x20008000 is in two places for segments": "{address: 0x20000000",
    "this is no YAML": "[base",
    "this is no YAML: found character that cannot start": "\tsettings",
    "key 'settings' is there a second time": "settings: {size: 16K",
    "key 'size' is there a second time": "size: 32K, size",
    "primary and PRIMARY differ in capitals only": "primary: {size",
    "'size' and 'share_size' both say": "size: 16K",
    "mapped at the same addresses": "internal: {",
    "settings (0x4c000 to 0x50000) and scratch (0x4c000 to 0x4d000) share 4K": "scratch: {size",
    "settings and more both take the rest of one gap": "rest}",
    "settings (0x4a000 to 0x4e000) and primary (0xc000 to 0x4c000) share 8K": "primary: {size",
    "both say where it begins": "at: 0x60000",
    "settings is on internal, and assets": "assets: {region",
    "settings: scratch is no container": "scratch: {size",
    "assets is on nor, and its container settings on internal": "settings: {span",
    "its parts journal_b and scratch are not neighbours": "scratch: {size",
    "scratch lies in two containers": "[scratch]}",
    "cannot have a size yet: it depends on": "rest}",
    "p cannot have a size yet: it depends on assets": "rest}",
    "'large.bin' has 20000 bytes and the partition 16384": "16K, image: large.bin",
    "journal_a is spare and journal at once": "journal_a, format",
    "which the processor cannot execute from": "primary: {region",
    "mailbox 'otadata' with images of mcuboot": "app: {primary",
    "a key of type ecdsa-p256 signs SHA-256": "keys/release.pub.pem",
    "a key of type ed25519 signs SHA-256 or SHA-512": "ed25519.pem",
    "two pairs share flash": "outer: {span",
    "primary and secondary slot overlap": "outer: {span",
    "a slot or spare is on the journal's pages": "outer: {span",
    "is on the bootloader's own pages": "outer: {span",
    "not two runs of whole pages of equal length": "journal_b: {size",
    "are on two devices": "journal_b: {region",
    "primary has 256K, and secondary has 260K": "256K}",
}


def test_the_other_place_that_a_finding_names(ready):
    cannot = next(name for name in re.findall(r"^(\w+) .*cannot", ready("layout", "chips").stdout, re.M))
    told = set()
    for row in ROWS:
        text = text_of(row, cannot)
        options = ["--bootloader", "boot.bin"] if row[2] == "{size: 32K}" else []
        for f in ready.findings(text, options=options):
            if f["rule"] == row[0] and row[3] in f["text"] and "other" in f:
                line = text.split("\n")[f["other"]["line"] - 1]
                there = line[f["other"]["column"] - 1:]
                assert there.startswith(OTHERS.get(row[3], "nothing")), (f, there)
                told.add(row[3])
    assert told == set(OTHERS)


def calls_of(source, names="FAULT|finding"):
    """(line, string literals joined as the compiler joins them) of each call that makes a finding."""
    for call in re.finditer(rf"\b(?:{names})\(", source):
        depth, end, quoted = 1, call.end(), False
        while depth:
            c = source[end]
            if quoted:
                end += c == "\\"
                quoted = c != '"'
            else:
                quoted = c == '"'
                depth += (c in "([{") - (c in ")]}")
            end += 1
        runs = re.findall(r'((?:"(?:[^"\\]|\\.)*"\s*)+)', source[call.end():end - 1])
        yield (source[:call.start()].count("\n") + 1,
               ["".join(re.findall(r'"((?:[^"\\]|\\.)*)"', run)) for run in runs])


def pattern(format_text):
    """A printf format as a regular expression."""
    parts = re.split(r"%[.0-9]*(?:ll|z)?[sudxXc]", format_text.replace('\\"', '"'))
    return re.compile(".*".join(re.escape(part) for part in parts), re.S)


# Findings that a row of this table cannot bring about, and the test that does.
ELSEWHERE = {
    "%zu more errors and warnings are not shown": "test_hostile_files_are_refused",
    "more than %u keys and values": "test_hostile_files_are_refused",
    "a layout has 4 MB at most, and this file has %zu bytes": "test_files_that_are_too_large",
    "base file '%s' is larger than 4 MB": "test_files_that_are_too_large",
    "more than %u files are based on each other": "test_many_base_files",
    "a text with a NUL in it": "test_hostile_files_are_refused",
}


def test_every_finding_in_the_sources_is_brought_about(ready):
    """A check that no layout of this table breaks is a check that nobody would miss."""
    cannot = next(name for name in re.findall(r"^(\w+) .*cannot", ready("layout", "chips").stdout, re.M))
    seen = [(f["rule"], f["text"]) for row in ROWS
            for f in ready.findings(text_of(row, cannot),
                                    options=["--bootloader", "boot.bin"] if row[2] == "{size: 32K}" else [])]
    missing, counted = [], 0
    for path in sorted((ROOT / "host" / "layout").glob("*.c")):
        if path.name in ("finding.c", "rules_product.c"):  # the first makes them, the second has the core's own
            continue
        for line, texts in calls_of(path.read_text()):
            rule, first, *arguments = [*texts, ""] if len(texts) < 2 else texts
            for text in arguments if first == "%s" else [first]:
                counted += 1
                if text in ELSEWHERE:
                    assert f"def {ELSEWHERE[text]}(" in pathlib.Path(__file__).read_text()
                elif not any(r == rule and pattern(text).fullmatch(t) for r, t in seen):
                    missing.append(f"{path.name}:{line}: [{rule}] {text}")
    assert counted > 110
    assert not missing, "\n".join(missing)


def test_every_remedy_in_the_sources_is_given(ready):
    """Word by word: no argument is missing, and no two have changed places."""
    cannot = next(name for name in re.findall(r"^(\w+) .*cannot", ready("layout", "chips").stdout, re.M))
    given = {f.get(part, "") for row in ROWS for part in ("remedy", "consequence")
             for f in ready.findings(text_of(row, cannot),
                                     options=["--bootloader", "boot.bin"] if row[2] == "{size: 32K}" else [])}
    missing, counted = [], 0
    for path in sorted((ROOT / "host" / "layout").glob("*.c")):
        if path.name in ("finding.c", "rules_product.c"):
            continue
        findings = {text for _, texts in calls_of(path.read_text()) for text in texts}
        for line, texts in calls_of(path.read_text(), "remedy|consequence"):
            texts = [text for text in texts if " " in text and text not in findings]
            counted += len(texts)
            missing += [f"{path.name}:{line}: {text}" for text in texts if not any(pattern(text).fullmatch(g) for g in given)]
    assert counted > 100
    assert not missing, "\n".join(missing)


def test_every_rule_of_the_sources_has_a_row():
    sources = "".join(p.read_text() for p in (ROOT / "host" / "layout").glob("*.c"))
    mine = set(re.findall(r'(?:FAULT\(\w+(?:->l)?,\s*|finding\(l, LAYOUT_\w+, )"([a-z-]+)"', sources))
    assert len(mine) > 30
    core = set(re.findall(r'\] = \{ "([a-z-]+)",', (ROOT / "src/product/rule_text.c").read_text()))
    assert len(core) > 25
    # What no layout can break: the reader or boot.c sees to it.
    never = {"pairs", "plan", "layout", "trial", "formats", "hash", "dependencies", "ids", "device-size", "device-unit",
             "device-erased", "chunk-pages"}
    assert core & never == never
    assert (mine | core - never) - {row[0] for row in ROWS} == set()


def test_everything_is_told_in_one_run(ready):
    text = (BASE.replace("size: 32K", "size: 31K").replace("share_size: primary", "share_size: primari")
            .replace("{size: 16K}", "{size: 16K, colour: red}").replace("header: 0x200", "header: 0x80"))
    assert [f["rule"] for f in ready.findings(text, code=3)] == ["pages", "unknown-key", "unknown-name", "vectors"]


UNEVEN = """layout: 1
product: uneven
devices:
  internal: {size: 512K, pages: "4x16K, 64K, 3x128K", unit: 4, mapped: 0x08000000}
partitions:
  first: {SIZE}
  second: {size: 16K}
  third: {size: 64K}
  fourth: {size: 128K, at: 0x20000}
  fifth: {size: 100K}
  last: {size: 128K, placement: {before: end}}
"""


@pytest.mark.parametrize("size", ["size: 48KB", "size: -48K", "size: 0", "size: yes", "siez: 48K", "share_size: nothing"])
def test_the_place_of_what_follows_a_size_that_is_not_known_is_not_judged(ready, size):
    """It would be told to end inside of a page where it will not be. What does not follow it is judged."""
    found = ready.findings(UNEVEN.replace("SIZE", size), code=3)
    assert {f["line"] for f in found} == {6, 10}, found
    assert [f["rule"] for f in found if f["line"] == 10] == ["pages"]
    assert ready.findings(UNEVEN.replace("SIZE", "size: 48K").replace("100K", "128K"), code=0) == []


def test_two_partitions_in_one_place_are_told_by_their_names(ready):
    """And once: the core's rules find the same region twice, and named the first of both two times."""
    text = BASE.replace("journal_b: {size: 8K}", "journal_b: {size: 8K, at: 0x8000}").replace(
        "primary: {size: 256K}", "primary: {size: 256K, at: 0xc000}")
    found = ready.findings(text, code=3)
    assert [f["rule"] for f in found] == ["overlap"]
    assert all(name in found[0]["text"] for name in ("journal_a", "journal_b"))


def test_findings_come_in_the_order_of_the_file(ready):
    found = ready.findings(BASE.replace("size", "sise"), code=3)
    places = [(f["line"], f["column"]) for f in found]
    assert places == sorted(places) and len(places) > 8


def test_what_is_near_is_suggested(ready):
    for old, new, says in (("share_size: primary", "share_size: primry", "'primary'"), ("size: 32K", "siez: 32K", "'size'"),
                           ("plan: swap", "plan: swp", "'swap'"), ("region: nor, share", "region: nr, share", "'nor'")):
        found = ready.findings(BASE.replace(old, new, 1), code=3)
        assert any(says in f.get("remedy", "") and "Did you mean" in f["remedy"] for f in found), found


@pytest.mark.parametrize("key", sorted((ROOT / "ports" / "keys").glob("development-*")), ids=lambda key: key.name)
def test_every_development_key_is_known(ready, key):
    (ready.folder / "development.pem").write_bytes(key.read_bytes())
    assert [f["rule"] for f in ready.findings(BASE.replace("keys/release.pub.pem", "development.pem"), code=0)] == ["development-key"]


def test_strict_waive_and_quiet(ready):
    text = BASE.replace("keys: [keys/release.pub.pem]", "allow_unsigned: yes")
    assert [f["severity"] for f in ready.findings(text, code=0)] == ["warning"]
    ready.findings(text, code=3, options=["--strict"])
    assert ready.findings(text, code=0, options=["--strict", "--waive", "unsigned"]) == []


def test_hostile_files_are_refused(ready):
    deep = "layout: 1\n" + "x: " + "[" * 5000
    assert [f["rule"] for f in ready.findings(deep, code=3)] == ["limit"]
    many = "layout: 1\npartitions:\n" + "".join(f"  p{i}: {{}}\n" for i in range(210_000))
    assert "limit" in [f["rule"] for f in ready.findings(many, code=3)]
    wrong = "layout: 1\nproduct: x\ndevices: {a: {size: 4K, pages: 4K, unit: 1}}\npartitions:\n" + "".join(
        f"  p{i}: {{sise: 1}}\n" for i in range(1000))
    found = ready.findings(wrong, code=3)
    assert len(found) == 201 and "more errors and warnings are not shown" in found[0]["text"] + found[-1]["text"]
    for junk, code in ((b"\xff\xfe\x00", 2), (b"\x00" * 100, 2), (b"layout: 1\n\xff\n", 3),
                       (b"a: b\r\n\tc: d", 3)):
        (ready.folder / "junk.yml").write_bytes(junk)
        ready("layout", "check", "junk.yml", code=code)
    ready("layout", "check", "nothing.yml", code=2)
    ready("layout", "check", ".", code=2)


def test_files_that_are_too_large(ready):
    (ready.folder / "large.yml").write_bytes(BASE.encode() + b"#" * (5 << 20))
    assert "a layout has 4 MB at most" in ready("layout", "check", "large.yml", code=2).stderr
    assert "a layout has 4 MB at most" in ready("layout", "fmt", "large.yml", code=3).stderr
    found = ready.findings(BASE.replace("product: base", "product: base\nbase: large.yml"), code=3)
    assert [f["rule"] for f in found] == ["limit"] and "is larger than 4 MB" in found[0]["text"]


def test_many_base_files(ready):
    for i in range(10):
        (ready.folder / f"b{i}.yml").write_text(f"layout: 1\nbase: b{i + 1}.yml\n")
    found = ready.findings(BASE.replace("product: base", "product: base\nbase: b0.yml"), code=3)
    assert "limit" in [f["rule"] for f in found]
    assert any("more than 8 files are based on each other" in f["text"] for f in found), found
