# SPDX-License-Identifier: Apache-2.0
"""Small mistakes that a text of C may be given: each is one changed piece of it. Pure: text in,
mistakes out. It leans on what tests/house holds: formatted code, no #if inside a function."""
import re
from dataclasses import dataclass

TOKEN = re.compile(r"""
    (?P<space>\s+)
  | (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<directive>(?m:^)[ \t]*\#(?:\\\n|/\*.*?\*/|[^\n])*)
  | (?P<string>"(?:\\.|[^"\\])*")
  | (?P<char>'(?:\\.|[^'\\])*')
  | (?P<number>\d\w*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<op>->|\+\+|--|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[^\w\s])
""", re.S | re.X)
NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)$")
DEFINE = re.compile(r"[ \t]*#[ \t]*define[ \t]+\w+(?:\([^)]*\))?[ \t]")

# One operator for another. Of those that also exist with one operand only the others are meant.
SWAPS = {
    "==": ["!="], "!=": ["=="], "<": ["<=", ">"], "<=": ["<"], ">": [">=", "<"], ">=": [">"],
    "&&": ["||"], "||": ["&&"], "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["/"],
    "<<": [">>"], ">>": ["<<"], "&": ["|"], "|": ["&"], "^": ["|"], "++": ["--"], "--": ["++"],
    "+=": ["-="], "-=": ["+="], "|=": ["="], "&=": ["="], "^=": ["="], "<<=": [">>="],
    ">>=": ["<<="],
}
BINARY = set("+-*/%&|^<>") | {"<<", ">>"}
TYPES = set("const static struct enum union int unsigned signed long short char void bool volatile "
            "size_t uintptr_t uint8_t uint16_t uint32_t uint64_t int8_t int16_t int32_t "
            "int64_t".split())
KEYWORDS = set("if while for switch return sizeof case do else goto break continue default".split())


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    at: int

    @property
    def end(self):
        return self.at + len(self.text)


@dataclass(frozen=True)
class Mistake:
    """text[at:end] becomes new. function: where; empty outside of functions."""
    at: int
    end: int
    new: str
    kind: str
    function: str

    def plant(self, text):
        return text[:self.at] + self.new + text[self.end:]

    def line(self, text):
        return text.count("\n", 0, self.at) + 1

    def shown(self, text):
        """The lines it touches, before and after, with single spaces: what a mark is known by."""
        first = text.rfind("\n", 0, self.at) + 1
        last = text.find("\n", self.end)
        last = len(text) if last < 0 else last
        planted = self.plant(text)
        return (" ".join(text[first:last].split()),
                " ".join(planted[first:last + len(planted) - len(text)].split()))


def tokens(text):
    """All but spaces and comments."""
    return [Token(m.lastgroup, m[0], m.start()) for m in TOKEN.finditer(text)
            if m.lastgroup not in ("space", "comment")]


class Parser:
    """Reads a file's tokens once, from front to back, and notes where a mistake could be made."""

    def __init__(self, text):
        self.text = text
        self.all = tokens(text)
        self.found = []
        self.function = ""

    def note(self, at, end, new, kind):
        if self.text[at:end] != new:
            self.found.append(Mistake(at, end, new, kind, self.function))

    def source(self, first, last):
        """The text from one token to another."""
        return self.text[self.all[first].at:self.all[last].end]

    def closing(self, i):
        """Where the bracket that opens at token i closes."""
        pairs, depth = {"(": ")", "[": "]", "{": "}"}, 0
        opens, closes = self.all[i].text, pairs[self.all[i].text]
        while True:
            depth += (self.all[i].text == opens) - (self.all[i].text == closes)
            if depth == 0:
                return i
            i += 1

    def end_of(self, i, stops):
        """The first token from i on, outside of brackets opened since, that is one of stops."""
        while self.all[i].text not in stops:
            i = self.closing(i) + 1 if self.all[i].text in "([{" else i + 1
        return i

    # --- the file --------------------------------------------------------------------------------

    def file(self):
        i = 0
        while i < len(self.all):
            t = self.all[i]
            if t.kind == "directive":
                self.directive(t)
                i += 1
                continue
            j, name = i, ""
            while j < len(self.all) and self.all[j].text not in (";", "{"):
                if self.all[j].text == "(" and not name and self.all[j - 1].kind == "word" and \
                        self.all[j - 1].text != "__attribute__":
                    name = self.all[j - 1].text
                j = self.closing(j) + 1 if self.all[j].text in "([" else j + 1
            if j < len(self.all) and self.all[j].text == "{" and self.all[j - 1].text == ")":
                self.function = name
                i = self.statement(j)
                self.function = ""
            else: # a type or a table
                if j < len(self.all) and self.all[j].text == "{":
                    j = self.end_of(j, (";",))
                self.expression(i, min(j, len(self.all) - 1))
                i = j + 1
        return self.found

    def directive(self, t):
        head = DEFINE.match(t.text)
        if head:
            for part in tokens(t.text[head.end():]):
                self.number(Token(part.kind, part.text, t.at + head.end() + part.at))

    # --- statements: each returns the token after it ---------------------------------------------

    def statement(self, i):
        word = self.all[i].text
        if word == "{":
            i += 1
            while self.all[i].text != "}":
                i = self.statement(i)
            return i + 1
        if word in ("if", "while", "switch"):
            last = self.closing(i + 1)
            self.expression(i + 2, last)
            if word != "switch":
                self.negate(i + 2, last - 1)
            i = self.statement(last + 1)
            if word == "if" and self.all[i].text == "else":
                i = self.statement(i + 1)
            return i
        if word == "for":
            last = self.closing(i + 1)
            self.expression(i + 2, last)
            return self.statement(last + 1)
        if word == "do":
            i = self.statement(i + 1)
            last = self.closing(i + 1)
            self.expression(i + 2, last)
            self.negate(i + 2, last - 1)
            return last + 2
        if word in ("case", "default"):
            return self.end_of(i, (":",)) + 1
        end = self.end_of(i, (";",))
        if word == "return":
            self.expression(i + 1, end)
            self.answer(i + 1, end - 1)
        elif word in ("break", "continue"):
            self.note(self.all[i].at, self.all[i].end, "", "statement removed")
        elif word not in ("goto", ";"):
            self.expression(i, end)
            if not self.declares(i):
                self.note(self.all[i].at, self.all[end - 1].end, "", "statement removed")
        return end + 1

    def declares(self, i):
        return self.all[i].text in TYPES or (
            self.all[i].kind == "word" and self.all[i + 1].kind == "word")

    def negate(self, first, last):
        self.note(self.all[first].at, self.all[last].end, f"!({self.source(first, last)})",
                  "condition negated")

    def answer(self, first, last):
        if first > last:
            return
        said, at, end = self.source(first, last), self.all[first].at, self.all[last].end
        if said not in ("true", "false", "0", "BH_OK", "NULL"):
            self.note(at, end, "0", "answer 0")
        if said not in ("true", "false"):
            self.note(at, end, f"!({said})", "answer negated")

    # --- expressions: tokens from first up to, without, end --------------------------------------

    def expression(self, first, end):
        for i in range(first, end):
            t = self.all[i]
            if t.kind == "number":
                self.number(t)
            elif t.text in ("true", "false"):
                self.note(t.at, t.end, "false" if t.text == "true" else "true", "constant")
            elif t.text == "!":
                self.note(t.at, t.end, "", "negation removed")
            elif t.text == "~":
                self.note(t.at, t.end, "", "complement removed")
            elif t.kind == "op":
                self.operator(i, first, end)
            elif t.kind == "word" and t.text not in KEYWORDS and self.function and \
                    i + 1 < end and self.all[i + 1].text == "(":
                self.arguments(i + 1)

    def number(self, t):
        m = NUMBER.match(t.text) if t.kind == "number" else None
        if not m:
            return
        value = int(m[1], 8 if m[1].isdigit() and m[1] != "0" and m[1][0] == "0" else 0)
        form = "0x{:X}" if m[1][:2].lower() == "0x" else "{}"
        for other in (value + 1, value - 1):
            if 0 <= other < 1 << 64:
                self.note(t.at, t.end, form.format(other) + m[2], "constant off by one")

    def operator(self, i, first, end):
        t = self.all[i]
        if t.text not in SWAPS or i + 1 >= end and t.text not in ("++", "--"):
            return
        if t.text in BINARY and not (self.text[t.at - 1].isspace() and self.text[t.end].isspace()
                                     and self.all[i - 1].text not in ("(", ",", "=", "return")):
            return # one operand, or a part of a type
        for other in SWAPS[t.text]:
            self.note(t.at, t.end, other, "operator")
        if t.text in ("&&", "||"):
            self.halves(i, first, end)
        if t.text in ("&", "|") and i + 2 <= end and self.all[i + 1].kind in ("number", "word") and \
                self.all[i + 2].text not in ("(", "[", ".", "->"):
            self.note(self.all[i - 1].end, self.all[i + 1].end, "", "mask removed")

    def halves(self, i, first, end):
        """One side of a condition removed."""
        stops = ("&&", "||", "?", ":", ",", "=")
        depth, a = 0, i - 1
        while a >= first and not (depth == 0 and (self.all[a].text in stops or
                                                  self.all[a].text in ("(", "[", "{", "return"))):
            depth += (self.all[a].text in ")]}") - (self.all[a].text in "([{")
            a -= 1
        b = i + 1
        while b < end and self.all[b].text not in (*stops, ")", "]", "}", ";"):
            b = self.closing(b) + 1 if self.all[b].text in "([{" else b + 1
        self.note(self.all[a + 1].at, self.all[i + 1].at, "", "condition removed")
        self.note(self.all[i - 1].end, self.all[b - 1].end, "", "condition removed")

    def arguments(self, i):
        last, parts, a = self.closing(i), [], i + 1
        while a < last:
            b = a
            while b < last and self.all[b].text != ",":
                b = self.closing(b) + 1 if self.all[b].text in "([{" else b + 1
            parts.append((self.all[a].at, self.all[b - 1].end))
            a = b + 1
        for (a, b), (c, d) in zip(parts, parts[1:]):
            self.note(a, d, self.text[c:d] + self.text[b:c] + self.text[a:b], "arguments swapped")


def find(text):
    """Every mistake that this file could be given."""
    return Parser(text).file()
