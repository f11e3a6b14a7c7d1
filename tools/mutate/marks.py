# SPDX-License-Identifier: Apache-2.0
"""Mistakes that change nothing: each is marked once, with the reason, in the file `marks`.

    src/flash/region.c, compare
    - while (len > 0) {
    + while (len != 0) {
    = a length is never negative

The file and function, the line as it is and as it would be (with single spaces), and why that makes
no difference. A mark is known by these texts, so it stays valid when lines move; a mark that fits
nothing any more is stale, and is reported."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    file: str
    function: str
    was: str
    new: str

    def text(self, why):
        return f"{self.file}, {self.function}\n- {self.was}\n+ {self.new}\n= {why}\n"


class Malformed(Exception):
    pass


def of(file, text, mistake):
    return Mark(file, mistake.function, *mistake.shown(text))


def read(path):
    """{Mark: reason}. Lines that begin with # say nothing; an empty line ends a mark."""
    marks, block = {}, []

    def close(line):
        if not block:
            return
        head, _, function = block[0].partition(", ")
        ways = [b[:2] for b in block[1:]]
        if not function and not block[0].endswith(",") or ways[:2] != ["- ", "+ "] or \
                len(ways) < 3 or set(ways[2:]) != {"= "}:
            raise Malformed(f"{path}:{line}: not a mark: 'FILE, FUNCTION', then a line each with "
                            "'- ' (as it is), '+ ' (the mistake) and '= ' (why it is the same)")
        mark = Mark(head.rstrip(","), function, block[1][2:], block[2][2:])
        if mark in marks:
            raise Malformed(f"{path}:{line}: marked twice: {block[1]}")
        marks[mark] = " ".join(b[2:] for b in block[3:])
        block.clear()

    lines = path.read_text().splitlines() if path.exists() else []
    for n, line in enumerate([*lines, ""], 1):
        if line.startswith("#"):
            continue
        if line.strip():
            block.append(line.rstrip())
        else:
            close(n)
    return marks
