# SPDX-License-Identifier: Apache-2.0
"""The table of chips, compiled: what contradicts itself is refused with line and column."""
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host")
TABLE = (ROOT / "host/chips/chips.txt").read_text()

GOOD = """\
tool flasher    flasher {} FILE
family one
  source   a data sheet, section 3
  core     cortex-m4
  vectors  98
  unit     4
  erased   0xFF
  at       0x08000000
  ram      0x20000000
  twice    no
  ecc      no
  blank    readable
  erase    40
  port     stm32f407
  chip first  | 512K | 4x16K, 64K, 3x128K | 128K | FIRST | 1st? uno* | flasher =
  chip second |  64K | 64x1K |  8K | - |
  nor third | ef4018 | 16M | 4096x4K | drei | core - | vectors 0 | at no | ram no | port -
  nor fourth | c22817 | 8M | 2048x4K | | core - | vectors 0 | at no | ram no | port -
"""


def compile_chips(folder, text):
    source, out = folder / "chips.txt", folder / "table.c"
    source.write_text(text)
    done = subprocess.run([BUILD / "host/chips/compile_chips", source, ROOT / "ports", out],
                          capture_output=True, text=True, timeout=60)
    return done, out


def test_the_good_one_and_the_real_one_compile(tmp_path):
    for text in (GOOD, TABLE):
        done, out = compile_chips(tmp_path, text)
        assert done.returncode == 0, done.stderr
        c = subprocess.run(["cc", "-fsyntax-only", "-Wall", "-Werror", f"-I{ROOT}",
                            f"-I{ROOT}/include", out], capture_output=True, text=True)
        assert c.returncode == 0, c.stderr


# What is changed in GOOD: (from, to, the word at which the error points, what it says).
MISTAKES = {
    "pages do not add up": ("4x16K, 64K, 3x128K", "4x16K, 64K, 2x128K", "4x16K",
                            "the pages add up to 393216 bytes, the size is 524288"),
    "a page that is no number": ("3x128K", "3xbig", "3xbig", "wanted COUNTxSIZE"),
    "no pages at all": ("| 64x1K |", "| 0x1K |", "0x1K", "wanted COUNTxSIZE"),
    "a size too large": ("512K |", "5000M |", "5000M", "is no number"),
    "unit of three": ("unit     4", "unit     3", "3", "no power of two"),
    "unit beyond the core": ("unit     4", "unit     1024", "1024", "at most 512 bytes"),
    "page no multiple of the unit": ("64x1K", "65536x1", "65536x1", "not made of units"),
    "erased byte beyond the core": ("0xFF", "0x39", "0x39", "the core knows 0xFF and 0x00"),
    "unknown core": ("cortex-m4", "cortex-m5", "cortex-m5", "no bootloader is built for"),
    "vectors without VTOR": ("cortex-m4", "cortex-m0", "98", "has no VTOR"),
    "VTOR without vectors": ("vectors  98", "vectors  0", "0", "16 vectors and its interrupts"),
    "a port that is not there": ("stm32f407", "stm32f999", "stm32f999", "no folder in ports/"),
    "a port outside": ("port     stm32f407", "port     ../ports", "../ports", "no folder in ports/"),
    "a board without a port": ("port -", "port - | board virt", "virt", "a board without a port"),
    "no source": ("  source   a data sheet, section 3\n", "", "first", 'says "source"'),
    "a source that is none": ("a data sheet, section 3", "trust me", "trust me", "is no source"),
    "two rows of one name": ("chip second", "chip first", "first", "is also"),
    "a pattern that takes another's name": ("chip second", "chip unobtainium", "unobtainium", "is also"),
    "other name of two": ("drei", "1ST?", "1ST?", "is also"),
    "capitals in a name": ("chip second", "chip Second", "Second", "lower case letters"),
    "a key that is none": ("twice    no", "thrice   no", "thrice", "neither a key nor a tool"),
    "a key twice": ("ecc      no", "unit      2", "unit", "is written twice"),
    "a key without a value": ("ecc      no", "ecc", "ecc", "has no value"),
    "a word that is none": ("blank    readable", "blank    maybe", "maybe", "only readable or faults"),
    "a JEDEC id too short": ("ef4018", "ef401", "ef401", "six hexadecimal digits"),
    "a JEDEC id of two": ("c22817", "ef4018", "ef4018", "has the JEDEC id of third"),
    "too many other names": ("drei", " ".join(f"n{i}" for i in range(13)), "n12", "more than 12 other names"),
    "a family without a name": ("family one", "family", "family", "has no name"),
    "a tool named as a key": ("tool flasher", "tool source", "source", "its name is taken"),
    "RAM without an address": ("ram      0x20000000", "ram      no", "128K", "a size and no address"),
    "RAM of no size": ("128K | FIRST", "0 | FIRST", "0", "is no RAM"),
    "flash beyond 4 GB": ("0x08000000", "0xFFFFF000", "0xFFFFF000", "does not end below 4 GB"),
    "a tool without a hole": ("flasher {} FILE", "flasher FILE", "flasher FILE", "has no {}"),
    "a tool without a part": ("8K | - |", "8K | - | | flasher =", "=", "knows it by its part"),
    "a row before a family": ("tool flasher", "chip flasher", "chip", "before the first family"),
    "a row without a part": ("| - |\n", "\n", "second", "no part"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_where_it_is(tmp_path, mistake):
    old, new, word, says = MISTAKES[mistake]
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    done, out = compile_chips(tmp_path, text)
    assert done.returncode == 1 and not out.exists()
    errors = [x for x in done.stderr.splitlines() if says in x]
    assert errors, done.stderr
    where = re.match(rf"{re.escape(str(tmp_path))}/chips\.txt:(\d+):(\d+): error: ", errors[0])
    assert where, errors[0]
    line = text.splitlines()[int(where[1]) - 1]
    assert line[int(where[2]) - 1:].startswith(word), (line, errors[0])


def test_all_mistakes_are_told_at_once(tmp_path):
    text = GOOD.replace("3x128K", "2x128K").replace("64x1K", "63x1K").replace("drei", "second")
    done, _ = compile_chips(tmp_path, text)
    assert done.stderr.count(": error: ") >= 3 and "nothing written" in done.stderr


def test_a_file_that_is_not_there_is_said(tmp_path):
    done = subprocess.run([BUILD / "host/chips/compile_chips", tmp_path / "no", ROOT / "ports",
                           tmp_path / "out.c"], capture_output=True, text=True)
    assert done.returncode == 2 and "No such file" in done.stderr
