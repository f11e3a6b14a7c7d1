# SPDX-License-Identifier: Apache-2.0
"""The frame: help, man pages, completion, and what becomes of typing errors."""
import json
import os
import re
import shutil
import subprocess

import pytest

import exits
from conftest import TOOL, Tool


def commands():
    """[("key", "new"), ...]: all that the overview lists."""
    text = subprocess.run([TOOL, "help"], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^  ([a-z]+) ([a-z-]+)  +\S", text, re.MULTILINE)
    return found + [("help",), ("completion",), ("new",)]


def one_line(text):
    return " ".join(text.split())


def from_roff(text):
    """Sections of a man page: {"OPTIONS": [("-k, --key FILE", "Sign with ..."), ...]}"""
    text = text.replace("\\:", "").replace("\\-", "-").replace("\\e", "\\").replace("\\&", "")
    sections = {}
    for part in re.split(r"^\.SH ", text, flags=re.MULTILINE)[1:]:
        name, _, body = part.partition("\n")
        sections[name] = [
            (one_line(label), one_line(body))
            for label, body in re.findall(r"^\.TP\n\\fB(.*)\\fR\n((?:(?!\.[A-Z]).*\n?)*)", body,
                                          re.MULTILINE)]
    return sections


def test_commands_are_listed():
    assert {("key", "new"), ("image", "sign"), ("image", "verify"), ("image", "info")} <= set(
        commands())


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_help_equals_man(tool, words):
    help_text = one_line(tool(*words, "--help").stdout)
    assert help_text == one_line(tool("help", *words).stdout)
    man = from_roff(tool("man", *words).stdout)
    told = 0
    for section in ("OPERANDS", "OPTIONS", "EXAMPLES", "EXIT STATUS"):
        for label, text in man.get(section, []):
            assert f"{label} {text}" in help_text, section
            told += 1
    assert told >= 6  # --color, --quiet, --help, and three exit codes at least
    options = set(re.findall(r"--[a-z0-9_-]+(?= |,|\n)", tool(*words, "--help").stdout.split(
        "Options:")[1].split("\nExamples:")[0].split("\nExit codes:")[0]))
    in_man = {o for label, _ in man["OPTIONS"] for o in re.findall(r"--[a-z0-9_-]+", label)}
    assert in_man <= options


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_help_fits_a_terminal(tool, words):
    for line in tool(*words, "--help").stdout.splitlines():
        assert len(line) <= 80 or line.startswith(("  -", "      --", "  bulkhead", "Usage")), line


def test_man_is_good_roff(tool):
    if not shutil.which("man"):
        pytest.skip("no man here")
    for words in [(), *commands()]:
        page = tool("man", *words).stdout
        done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-"], input=page, text=True,
                              capture_output=True, timeout=60)
        assert done.returncode == 0 and done.stderr == ""


def test_man_pages_for_an_installation(tool):
    tool("man", "--all", ".")
    pages = {p.name: p.read_text() for p in tool.folder.iterdir()}
    assert set(pages) == {"bulkhead.1"} | {f"bulkhead-{'-'.join(w)}.1" for w in commands()}
    assert pages["bulkhead-image-sign.1"] == tool("man", "image", "sign").stdout
    for name in set(pages) - {"bulkhead.1"}:
        assert name.replace(".1", "(1)").replace("-", "\\-") in pages["bulkhead.1"]
    tool.refuses("man", "--all", "nowhere", says="nowhere/bulkhead.1: cannot write")


def test_a_letter_means_one_thing(tool):
    """In all commands, a letter is short for one option; an option has its letter everywhere."""
    options = re.compile(r"^ +(?:-(\w), | {4})--([a-z][a-z-]*)", re.M)
    of_letter, of_name = {}, {}
    for words in commands():
        for letter, name in options.findall(tool(*words, "--help").stdout):
            of_name.setdefault(name, set()).add(letter)
            if letter:
                of_letter.setdefault(letter, set()).add(name)
    assert of_letter["o"] == {"output"} and of_letter["f"] == {"flash"}
    assert {k: v for k, v in of_letter.items() if len(v) > 1} == {}
    assert {k: v for k, v in of_name.items() if len(v) > 1} == {}


def test_version(tool):
    assert re.fullmatch(r"bulkhead \d+\.\d+\.\d+\n", tool("--version").stdout)


WRONG = [
    ((), "Usage: bulkhead NOUN VERB"),
    (("key",), "key new"),
    (("kye", "new"), "did you mean 'key'"),
    (("image", "sing"), "did you mean 'sign'"),
    (("zebra",), "unknown command 'zebra'. See 'bulkhead help'"),
    (("image", "zebra"), "unknown verb 'zebra'. See 'bulkhead help image'"),
    (("key", "new", "--tpye", "x"), "unknown option --tpye: did you mean --type?"),
    (("key", "new", "--zebra"), "unknown option --zebra. See 'bulkhead key new --help'"),
    (("key", "new", "-Z"), "unknown option -Z"),
    (("key", "new", "--type"), "option --type needs"),
    (("key", "new", "--type", "dsa", "f"), "'dsa' is none of ed25519|"),
    (("key", "new", "--type", "ed25519|ecdsa-p256", "f"), "is none of ed25519|"),
    (("key", "new", "f"), "option --type is missing"),
    (("key", "new", "--type", "ed25519"), "the output file is missing. Say -o FILE."),
    (("key", "show"), "FILE is missing"),
    (("key", "new", "-t", "ed25519", "a", "b"), "'b' is one operand too many"),
    (("key", "new", "-t", "ed25519", "-t", "ed25519", "a"), "option --type is given twice"),
    (("key", "new", "--force=yes", "-t", "ed25519", "a"), "takes no value, but has 'yes'"),
    (("image", "sign", "-v", "1", "--custom-tlv", "0xa0"), "option --custom-tlv needs TYPE VALUE"),
    (("image", "sign", "-v", "1", "-S", "12z", "a", "b"), "'12z' is not a number"),
    (("image", "sign", "-v", "1", "-S", "4G", "a", "b"), "'4G' is not a number"),
    (("image", "sign", "-v", "1", "-S", "0x", "a", "b"), "'0x' is not a number"),
    (("image", "sign", "-v", "1", "-S", "4096M", "a", "b"), "'4096M' is not a number"),
    (("completion", "bahs"), "'bahs' is none of bash|zsh|fish: did you mean 'bash'?"),
    (("sign", "image"), "unknown command 'sign image': did you mean 'image sign'? The noun comes first."),
    (("run", "board", "x"), "did you mean 'board run'?"),
    (("sign",), "'sign' is a verb: did you mean 'image sign'?"),
    (("show", "zebra"), "'show' is a verb: did you mean 'key show', 'table show', 'layout show'?"),
    (("imgae", "sign"), "unknown command 'imgae': did you mean 'image'?"),
    (("images",), "did you mean 'image'?"),
    (("partition", "list"), "did you mean 'part'?"),
    (("Image", "sign"), "did you mean 'image'?"),
    (("help", "zebra"), "unknown command 'zebra'"),
    (("help", "imgae"), "unknown command 'imgae': did you mean 'image'?"),
    (("help", "image", "sing"), "unknown verb 'sing': did you mean 'sign'?"),
    (("help", "sign", "image"), "did you mean 'image sign'?"),
    (("man", "image"), "'image' alone has no page"),
    (("key", "new", "--type", "p265", "f"), "|x25519: did you mean 'p256'?"),
    (("--color", "never"), "unknown command '--color'. Options come after the verb"),
]


@pytest.mark.parametrize("words, says", WRONG, ids=lambda x: " ".join(x) if type(x) is tuple else "")
def test_wrong_usage(tool, words, says):
    done = tool(*words, code=2)
    assert says in done.stderr and done.stdout == ""


def test_option_forms(tool, keys):
    """--name=value, --name value, -nvalue, -n value, switches together, -- before operands."""
    key = keys["ed25519"]
    (tool.folder / "-app").write_bytes(bytes(range(64)))
    for i, words in enumerate([["--key=" + str(key), "--version=1"], ["-k", key, "-v", "1"],
                               [f"-k{key}", "-v1"]]):
        tool("image", "sign", *words, "--pad-header", "-q", "--", "-app", f"out{i}")
    outputs = {(tool.folder / f"out{i}").read_bytes() for i in range(3)}
    assert len(outputs) == 1


def test_output_that_cannot_be_written(tool):
    with open("/dev/full", "w") as full:
        done = subprocess.run([TOOL, "help"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "standard output: cannot write" in done.stderr


def test_colour_only_where_wanted(tool, keys):
    (tool.folder / "app").write_bytes(bytes(range(64)))
    tool("image", "sign", "-v", "1", "--pad-header", "app", "image")
    info = ("image", "info", "image")
    assert "\033[" not in tool(*info).stdout
    assert "\033[" in tool(*info, "--color=always").stdout
    script = shutil.which("script")
    if script:  # a real terminal
        def on_terminal(**env):
            return subprocess.run([script, "-qec", f"{TOOL} image info image", "/dev/null"],
                                  cwd=tool.folder, capture_output=True, text=True,
                                  env={"PATH": "/usr/bin:/bin", "TERM": "xterm", **env}).stdout
        assert "\033[" in on_terminal()
        assert "\033[" not in on_terminal(NO_COLOR="1")
        assert "\033[" not in on_terminal(TERM="dumb")


def test_letters_together(tool):
    """More options than words; and help asked for among other letters."""
    assert "Usage: bulkhead image sign" in tool("image", "sign", "-nqh").stdout
    assert "Usage: bulkhead key export" in tool("key", "export", "-nqh").stdout


def test_names_that_are_no_text(tool, keys):
    """JSON is UTF-8 whatever a file is called."""
    folder = os.fsencode(tool.folder)
    for name in (b"\xff", b"\xc3\xa9\xc3", b"\xe2\x82\xac", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf"):
        with open(folder + b"/" + name, "wb") as f:
            f.write(keys["ed25519"].read_bytes())
        done = subprocess.run([os.fsencode(TOOL), b"key", b"show", b"--json", name], cwd=folder,
                              capture_output=True, check=True)
        # Python's decoder follows the same practice but may split bad bytes differently
        assert json.loads(done.stdout)["file"].replace("\ufffd", "") == name.decode(errors="ignore")


def test_long_names_leave_room_for_the_reason(tool):
    for length in (300, 5000):
        tool.refuses("key", "show", "x" * length, code=1, says=["x: cannot open: File name too long"])


def closed(command, *streams):
    """Run it with these streams closed, not merely ignored."""
    def close():
        for fd in streams:
            os.close(fd)
    return subprocess.run([str(TOOL), *map(str, command)], preexec_fn=close, capture_output=True,
                          timeout=60)


def test_closed_streams_are_not_written_into_files(tool, keys):
    """A file that is opened gets the lowest free number, and that may be standard error's."""
    (tool.folder / "app").write_bytes(bytes(600))
    signed, flash = tool.folder / "signed", tool.folder / "flash"
    tool("image", "sign", "-k", keys["ed25519"], "-v1", "--layout", "stm32f407", "--pad-header", "app", "signed")
    tool("boot", "install", "stm32f407", "signed", "--flash", "flash", "-k", keys["ed25519"])
    before = flash.read_bytes()
    words = ["boot", "run", "stm32f407", "--flash", flash, "-k", keys["ed25519"]]
    assert closed([*words, "--cut", "1:before"], 2).returncode == 0
    assert flash.read_bytes() == before
    assert closed([*words, "--cut", "1:before", "--json"], 1, 2).returncode == 1
    assert flash.read_bytes() == before
    assert closed(["key", "show", keys["ed25519"]], 1).stderr == (
        b"bulkhead: standard output: cannot write.\n")


# What an exit code means here, where it is not what it means in other commands.
MEANINGS = [
    ("table diff a.csv a.csv", 0, "the tables are the same"),
    ("table diff a.csv b.csv", 1, "the tables differ"),
    ("layout fmt --check neat.yml", 0, "the file has this form"),
    ("layout fmt --check untidy.yml", 1, "the file would change"),
    ("layout migrate --require-equal neat.yml moved.yml", 3, "a place differs"),
    ("layout check neat.yml", 0, "done"),
    ("table check a.csv --flash-size 1M", 3, "partitions contradict each other or the device"),
    ("ota status --flash empty.bin", 3, "partitions contradict each other or the device"),
    ("boot run stm32f407 --flash empty.bin", 5, "nothing could be started"),
    ("image verify --layout bad.yml a.csv", 3, "partitions contradict each other or the device"),
    ("image sign --layout bad.yml -v 1.0.0 a.csv x.bin", 3, "partitions contradict each other or the device"),
    ("boot status bad.yml --flash empty.bin", 3, "partitions contradict each other or the device"),
    ("board run bad.yml --flash empty.bin", 3, "partitions contradict each other or the device"),
    ("sim replay tiny2 --torn fixed boot", 0, "done"),
]
NEAT = """layout: 1
product: neat
devices:
  internal: {size: 64K, pages: 4K, unit: 4, mapped: 0}
partitions:
  data: {size: 8K}
  other: {size: 8K}
"""


@pytest.mark.parametrize("line, code, means", MEANINGS, ids=[m[0] for m in MEANINGS])
def test_an_exit_code_means_what_the_help_says(tool, line, code, means):
    files = {"a.csv": "nvs,data,nvs,0x9000,0x6000\nfactory,app,factory,0x10000,1M\n",
             "b.csv": "nvs,data,nvs,0x9000,0x5000\nfactory,app,factory,0x10000,1M\n",
             "neat.yml": NEAT, "untidy.yml": NEAT.replace("8K", "0x2000"),
             "moved.yml": NEAT.replace("8K", "12K"), "bad.yml": NEAT.replace("8K", "48K")}
    for name, text in files.items():
        (tool.folder / name).write_text(text)
    (tool.folder / "empty.bin").write_bytes(b"\xff" * (1 << 20))
    tool(*line.split(), code=code)
    assert means in exits.named(str(TOOL), tuple(line.split()[:2]))[code]
