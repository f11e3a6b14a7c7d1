# SPDX-License-Identifier: Apache-2.0
"""docs/formats/smp.md and boot-record.md say what the headers say."""
import pathlib
import re

import wire

ROOT = pathlib.Path(__file__).resolve().parents[2]
SMP, RECORD = ((ROOT / "docs/formats" / name).read_text() for name in ("smp.md", "boot-record.md"))
SMP_H, MEASURE_H = ((ROOT / "include/bulkhead" / name).read_text() for name in ("smp.h", "measure.h"))


def test_types_of_the_boot_record():
    in_docs = {int(n, 16) for n in re.findall(r"^\| (0x[0-9A-F]{4})", RECORD, re.M)}
    in_code = {int(n, 16) for n in re.findall(r"BH_MEASURE_\w+ =\s+(0x[0-9A-F]{4})", MEASURE_H)}
    assert in_docs == in_code and len(in_code) == 14
    assert "0x2016" in RECORD and "BH_MEASURE_MAGIC 0x2016u" in MEASURE_H


def test_codes_of_smp():
    table = SMP[SMP.index("## Codes"):]
    in_docs = {int(n) for n in re.findall(r"^\| (\d+) \|", table, re.M)}
    codes = re.search(r"enum bh_smp_rc \{(.*?)\}", SMP_H, re.S)[1]
    in_code = {int(n) for n in re.findall(r"= (\d+)", codes)}
    assert in_docs == in_code - {11}  # denied: of others


def test_examples_of_smp():
    rows = re.findall(r"^\| `([0-9a-f ]+)`: [^|]+\| `([^`]+)` \|", SMP, re.M)
    assert len(rows) == 2
    for message, line in rows:
        assert wire.lines(bytes.fromhex(message)) == b"\x06\x09" + line.encode() + b"\n"
