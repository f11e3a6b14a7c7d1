# SPDX-License-Identifier: Apache-2.0
"""One way to say a thing: the same rules for every command, asked of the tool's own help. A new command
is held to them without a line here."""
import re

import pytest

from conftest import ROOT, Tool
from test_cli_frame import commands

OPTION = re.compile(r"^ {2,6}(?:-(\w), )?--([a-z][a-z0-9-]*)(?: (\S+(?: [A-Z]+)?))?(?=  |$)", re.M)
OPERAND = re.compile(r"^  ([A-Z][A-Z.=|a-z]*) ", re.M)

# Where one name takes another kind of value in another command, and why.
OTHER_VALUES = {
    ("output", "FOLDER"): "the command writes several files",
    ("format", None): "choices: the forms of what the command writes",
    ("to", None): "choices: the languages that the command writes",
    ("image", None): "a slot's file; a core's image of Partition Manager's; a number of SMP's",
    ("slot", "N"): "SMP numbers its slots",
    ("scenario", None): "the explorer's names",
}
# Operands that are files to write, beside --output, as the tool that people come from has them.
OUTPUT_OPERANDS = {("image", "sign"): "OUTPUT", ("key", "new"): "FILE"}
# A word in an operand's or an option's help that tells what it is, and how it has to be called then.
KINDS = [
    (re.compile(r"sample's name"), {"LAYOUT"}),
    (re.compile(r"^(image of a whole flash|flash image file)", re.I), {"flash"}),
    (re.compile(r"^Binary of the bootloader"), {"bootloader"}),
]


class Help:
    """The tables of one command, as its help prints them."""

    def __init__(self, text):
        parts = {title: rows for title, rows in re.findall(r"^([A-Z][a-z ]+):\n(.*?)(?=^\S|\Z)", text,
                                                           re.M | re.S)}
        self.text = text
        self.options = {name: (letter, value or None) for letter, name, value in
                        OPTION.findall(parts.get("Options", ""))}
        self.operands = re.findall(r"^  (\S+)", parts.get("Operands", ""), re.M)
        self.told = {}
        for part in ("Options", "Operands"):
            for row in re.split(r"^(?=  \S|      --)", parts.get(part, ""), flags=re.M):
                name = OPTION.match(row) or re.match(r"  (\S+)", row)
                if name:
                    key = name[2] if name.re is OPTION else name[1]
                    self.told[key] = re.sub(r"\s+", " ", re.split(r" {2,}|\n", row.strip(), maxsplit=1)[-1])


@pytest.fixture(scope="module")
def helps():
    return {words: Help(Tool(ROOT)(*words, "--help").stdout) for words in commands()}


def test_the_help_is_understood(helps):
    """What the rules below look at is there."""
    sign = helps["image", "sign"]
    assert sign.options["layout"] == ("l", "LAYOUT") and sign.options["custom-tlv"][1] == "TYPE VALUE"
    assert sign.operands == ["INPUT", "OUTPUT"] and "sample's name" in sign.told["layout"]
    assert helps["boot", "run"].operands == ["LAYOUT"] and "sample's name" in helps["boot", "run"].told["LAYOUT"]
    assert sum(len(h.options) for h in helps.values()) > 400 and len(helps) > 60


def test_an_option_takes_one_kind_of_value(helps):
    """--chip CHIP in one command is not --chip NAME in another."""
    found = {}
    for words, help_ in helps.items():
        for name, (_, value) in help_.options.items():
            if (name, None) not in OTHER_VALUES and (name, value) not in OTHER_VALUES:
                found.setdefault(name, {}).setdefault(value, []).append(" ".join(words))
    choices = {n: v for n, v in found.items() if not all("|" in str(value) for value in v)}
    assert {n: v for n, v in choices.items() if len(v) > 1} == {}


def test_exceptions_are_needed(helps):
    values = {}
    for help_ in helps.values():
        for name, (_, value) in help_.options.items():
            values.setdefault(name, set()).add(value)
    for name, value in OTHER_VALUES:
        assert value is None and name in values or value in values.get(name, ()), (name, value)


def test_a_thing_has_one_name(helps):
    """What is told to be a layout, a dump, a bootloader is called so in every command."""
    wrong = [(" ".join(words), name) for words, help_ in helps.items() for name, told in help_.told.items()
             for kind, names in KINDS if kind.search(told) and name not in names
             and help_.options.get(name, ("", ""))[1] not in names]
    assert wrong == []


def test_a_product_is_named_by_its_layout(helps):
    for words, help_ in helps.items():
        assert "product" not in help_.options, words
        assert not {"PRODUCT", "BOARD"} & set(help_.operands), words
        assert help_.options.get("layout", ("l", "LAYOUT")) == ("l", "LAYOUT"), words
    for words, help_ in helps.items():
        if words[0] in ("boot", "board", "sim") and words[1] != "explain":
            assert help_.operands[0] == "LAYOUT", words


def test_what_writes_a_file_says_where_with_o(helps):
    """-o, --output; a picture or a report beside what is printed has its own name."""
    for words, help_ in helps.items():
        if "output" in help_.options:
            assert help_.options["output"][0] == "o" and help_.options["output"][1] in ("FILE", "FOLDER"), words
        outputs = {"OUTPUT", "FOLDER"} & set(help_.operands)
        assert outputs <= {OUTPUT_OPERANDS.get(words)}, words
        if "force" in help_.options and "Replace the output file" in help_.told["force"]:
            assert {"output", "dump"} & set(help_.options), words
    for words, operand in OUTPUT_OPERANDS.items():
        assert "output" in helps[words].options and "The same as --output" in helps[words].told[operand]


def test_a_key_comes_with_its_passphrase(helps):
    for words, help_ in helps.items():
        if "key" in help_.options:
            assert help_.options["key"] == ("k", "FILE") and "passphrase" in help_.options, words
        if "passphrase" in help_.options:
            assert help_.options["passphrase"][1] == "SOURCE", words


def test_flash_and_port(helps):
    for words, help_ in helps.items():
        assert help_.options.get("flash", ("f", "FILE")) == ("f", "FILE"), words
        assert help_.options.get("port", ("p", "PORT")) == ("p", "PORT"), words


def test_what_reads_a_table_or_a_layout_can_find_it_wrong(helps):
    """Exit code 3 is in the help of each: `part read --table` ended with it and did not name it."""
    silent = [" ".join(words) for words, help_ in helps.items()
              if {"TABLE", "LAYOUT", "OLD"} & set(help_.operands) or {"table", "layout"} & set(help_.options)
              if not re.search(r"^  3  ", help_.text, re.M)]
    assert silent == []


# ---- and what they do ----

def test_a_former_name_says_the_new_one(tool):
    tool.refuses("image", "verify", "--product", "stm32f407", "x", says="did you mean --layout?")
    tool.refuses("image", "sign", "--product=x", "-v", "1", "a", "b", says="did you mean --layout?")
    tool.refuses("layout", "convert", "--product", "x", "--to", "layout", "a", says="did you mean --name?")


@pytest.mark.parametrize("words, operand", OUTPUT_OPERANDS.items(), ids=lambda x: "-".join(x))
def test_the_operand_is_the_option(tool, words, operand):
    (tool.folder / "app").write_bytes(bytes(range(64)))
    line = {"sign": ["-v", "1", "--pad-header", "app"], "new": ["-t", "ed25519"]}[words[1]]
    tool(*words, *line, "one")
    tool(*words, *line, "-o", "two")
    one, two = ((tool.folder / name).read_bytes() for name in ("one", "two"))
    assert one == two if words[1] == "sign" else len(one) == len(two)
    tool.refuses(*words, *line, "three", "-o", "four", says="'three' and --output four are two output files")
    tool.refuses(*words, *line, says="the output file is missing. Say -o FILE.")


def test_a_samples_name_is_short_for_its_file(tool):
    file = ROOT / "products/stm32f407.layout.yml"
    for words in (("layout", "show"), ("layout", "map"), ("layout", "check")):
        assert tool(*words, "stm32f407").stdout == tool(*words, file).stdout
    assert (tool("layout", "diff", "stm32f407", "nrf52840").stdout ==
            tool("layout", "diff", file, ROOT / "products/nrf52840.layout.yml").stdout)
    tool.refuses("layout", "show", "stm32f40", says="stm32f40: cannot open")
    tool.refuses("layout", "fmt", "-i", "stm32f407", says="stm32f407: cannot open")  # a sample is not edited
    (tool.folder / "nrf52840").write_text("layout: 1\nproduct: mine\ndevices: {}\npartitions: {}\n")
    assert "nrf52840:" in tool("layout", "check", "nrf52840", code=3).stdout  # a file is not passed over


def test_the_layout_is_not_written_over(tool):
    (tool.folder / "app").write_bytes(bytes(range(64)))
    (tool.folder / "x.yml").write_text(UNSIGNED)
    for words in (["app", "x.yml"], ["app", "-o", "x.yml"]):
        tool.refuses("image", "sign", "-v", "1", "--pad-header", "--layout", "x.yml", *words,
                     says="the output would replace an input")
    tool("image", "sign", "-v", "1", "--pad-header", "--layout", "x.yml", "app", "-o", "app.signed")


UNSIGNED = """layout: 1
product: x
devices:
  internal: {chip: stm32f407xe}
partitions:
  bootloader: {size: 32K}
  journal_a: {size: auto}
  journal_b: {size: auto}
  app_1: {at: 0x20000, size: 128K}
  app_2: {size: 128K}
  scratch: {size: 128K}
boot:
  slots:
    app: {primary: app_1, secondary: app_2, spare: scratch, header: 0x200}
  format: mcuboot
  journal: [journal_a, journal_b]
  allow_unsigned: true
"""
