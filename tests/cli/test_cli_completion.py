# SPDX-License-Identifier: Apache-2.0
"""Completion: what the tool offers, and that real shells take it, at a terminal, without a word on
standard error.

To repeat one test: build/venv/bin/pytest tests/cli/test_cli_completion.py -k NAME
"""

import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest
from conftest import TOOL

BIN = str(TOOL.parent)


def offered(tool, *words):
    """(values, are files wanted)"""
    done = tool("complete", "--", *words)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    return [x.split("\t")[0] for x in lines if x != ":files"], ":files" in lines


def commands(tool):
    return re.findall(r"^  ([a-z]+) ([a-z-]+)  +\S", tool("help").stdout, re.MULTILINE)


def test_nouns_and_verbs(tool):
    listed = commands(tool)
    nouns = offered(tool, "")[0]
    assert set(nouns) == {n for n, _ in listed} | {"help", "completion", "new"} and len(set(nouns)) == len(nouns)
    for noun in {n for n, _ in listed}:
        assert offered(tool, noun, "") == ([v for n, v in listed if n == noun], False)
    assert offered(tool, "ke") == (["key"], False)
    assert offered(tool, "key", "n") == (["new"], False)
    assert offered(tool, "--v") == (["--version"], False)
    assert offered(tool, "nonsense", "") == ([], False)
    assert offered(tool, "nonsense", "verb", "") == ([], False)


def test_every_option_of_every_command(tool):
    for noun, verb in commands(tool):
        wanted = set(re.findall(r"^  (?:-., |    )(--[a-z0-9_-]+)", tool(noun, verb, "--help").stdout, re.MULTILINE))
        assert set(offered(tool, noun, verb, "--")[0]) == wanted, (noun, verb)


CASES = {
    "a choice": (["image", "sign", "--sha", "5"], ["512"], False),
    "all choices": (["key", "export", "--format", ""], ["pem", "der", "raw", "hash", "c", "imgtool-c", "wolfboot", "keystore",
                     "keystore-c"], False),
    "a choice after its letter": (["key", "new", "-t", "ed"], ["ed25519"], False),
    "a choice after letters": (["key", "new", "-qt", "ed"], ["ed25519"], False),
    "a choice in one word": (["image", "sign", "--sha=5"], ["--sha=512"], False),
    "a choice as bash splits it": (["image", "sign", "--sha", "=", "5"], ["512"], False),
    "all choices as bash splits it": (["image", "sign", "--align", "="], ["1", "2", "4", "8", "16", "32"], False),
    "a file": (["image", "sign", "--key", ""], [], True),
    "a number": (["image", "sign", "--header-size", ""], [], False),
    "the second value": (["image", "sign", "--custom-tlv", "0xa0", ""], [], False),
    "after both values": (["image", "sign", "--custom-tlv", "0xa0", "x", ""], [], True),
    "an operand that is a file": (["image", "info", ""], [], True),
    "one operand too many": (["image", "info", "a", ""], [], False),
    "an operand that is a choice": (["completion", ""], ["bash", "zsh", "fish"], False),
    "a product": (["boot", "run", ""], ["nrf51", "nrf52840", "nrf9160", "rp2040", "sifive_u", "sifive_u_esp", "stm32f407",
                                           "stm32f407_wolfboot", "stm32g0b1", "stm32h743", "stm32l476", "virt"], True),
    "a product's name": (["boot", "status", "nrf5"], ["nrf51", "nrf52840"], True),
    "a product as a value": (["image", "sign", "--layout", "stm32f"], ["stm32f407", "stm32f407_wolfboot"], True),
    "after a product": (["boot", "install", "stm32f407", ""], [], True),
    "a reason": (["boot", "explain", "journal-d"], ["journal-dead"], False),
    "help's noun": (["help", "ima"], ["image"], False),
    "help's verb": (["help", "image", "inf"], ["info"], False),
    "after --": (["image", "sign", "--", "-"], [], True),
    "what is given already": (["image", "verify", "--json", "--js"], [], False),
    "what may be given again": (["image", "verify", "--key", "x", "--ke"], ["--key"], False),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_offered(tool, name):
    words, values, files = CASES[name]
    assert offered(tool, *words) == (values, files)


def test_products_of_the_explorer_and_boards(tool):
    assert {"tiny1", "stm32f407"} <= set(offered(tool, "sim", "run", "")[0])
    boards = offered(tool, "board", "run", "")[0]
    assert boards == [] or {"stm32f407", "virt"} <= set(boards)


# ---- the shells ----

class Terminal:
    """A shell at a terminal of its own. Everything it writes there is kept: also its errors."""

    def __init__(self, argv, folder):
        pid, self.fd = pty.fork()
        if pid == 0:
            os.chdir(folder)
            os.environ.update(PATH=f"{BIN}:/usr/bin:/bin", TERM="dumb", PS1="$ ", HOME=str(folder), ZDOTDIR=str(folder))
            os.execvp(argv[0], argv)
        self.pid, self.text = pid, ""

    def until(self, wanted, seconds=20):
        end = time.monotonic() + seconds
        while wanted not in self.text:
            left = end - time.monotonic()
            assert left > 0, f"{wanted!r} did not come:\n{self.text}"
            if select.select([self.fd], [], [], left)[0]:
                self.text += os.read(self.fd, 4096).decode(errors="replace")
        return self.text

    def type(self, text):
        self.text = ""
        os.write(self.fd, text.encode())

    def tab(self, line, wanted):
        """After a Tab: the shell itself prints the words of its line, each in <>."""
        self.type(f"{line}\t\x01printf '<%s>' \n")
        return self.until("".join(f"<{w}>" for w in wanted.split()))

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


@pytest.fixture(params=["bash", "zsh"])
def shell(request, tmp_path):
    if not shutil.which(request.param):
        pytest.skip(f"no {request.param} here")
    argv = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i", "-V"]}[request.param]
    t = Terminal(argv, tmp_path)
    t.type(f'eval "$(bulkhead completion {request.param})"; echo rea""dy\n')
    said = t.until("ready")
    assert "not found" not in said and "error" not in said and "insecure" not in said, said
    yield t
    t.close()


TABS = {
    "ima": "image ",
    "image si": "image sign",
    "image verify --min": "image verify --min-counter ",
    "boot run stm32f": "boot run stm32f407 ",
    "image sign --layout nrf52": "image sign --layout nrf52840 ",
    "image sign --sha 51": "image sign --sha 512 ",
    "key new --type ed": "key new --type ed25519 ",
    "image info ./onl": "image info ./only.bin ",
    "completion fi": "completion fish ",
}


@pytest.mark.parametrize("typed", TABS)
def test_tab(shell, tmp_path, typed):
    """The line after a Tab, and nothing else: no error is written to the terminal."""
    (tmp_path / "only.bin").write_bytes(b"x")
    done = shell.tab(f"bulkhead {typed}", f"bulkhead {TABS[typed]}")
    for wrong in ("error", "not found", "bad ", "parse", "_bulkhead:", "command"):
        assert wrong not in done.lower(), done


@pytest.mark.skipif(not shutil.which("fish"), reason="no fish here")
@pytest.mark.parametrize("line,wanted", [
    ("bulkhead ", {"key", "image", "help", "completion"}), ("bulkhead ima", {"image"}),
    ("bulkhead key ", {"new", "show", "export"}), ("bulkhead image sign --sec", {"--security-counter"}),
    ("bulkhead boot run ", {"stm32f407", "nrf52840", "nrf51"}), ("bulkhead image sign --sha ", {"auto", "256", "384", "512"}),
    ("bulkhead image sign --sha=5", {"--sha=512"}), ("bulkhead image info on", {"only.bin"}), ("bulkhead nonsense ", set()),
])
def test_fish(tool, tmp_path, line, wanted):
    (tmp_path / "only.bin").write_bytes(b"x")
    script = tool("completion", "fish").stdout + f"\ncomplete -C '{line}'\n"
    done = subprocess.run(["fish", "--no-config"], input=script, text=True, capture_output=True, cwd=tmp_path,
                          env={"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(tmp_path), "TERM": "dumb"})
    assert done.stderr == ""
    found = {x.split("\t")[0] for x in done.stdout.splitlines()}
    assert wanted <= found and (wanted or not found), done.stdout


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_scripts_are_right(tool, name):
    script = tool("completion", name).stdout
    if not shutil.which(name):
        pytest.skip(f"no {name} here")
    done = subprocess.run([name, "-n", "/dev/stdin"], input=script, text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_zsh_as_an_installed_file(tool, tmp_path):
    """In a folder of $fpath, as packages put it."""
    if not shutil.which("zsh"):
        pytest.skip("no zsh here")
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "_bulkhead").write_text(tool("completion", "zsh").stdout)
    t = Terminal(["zsh", "-f", "-i", "-V"], tmp_path)
    t.type('fpath=($PWD/f $fpath); autoload -Uz compinit; compinit -i -D; echo rea""dy\n')
    t.until("ready")
    t.tab("bulkhead boot run stm32f", "bulkhead boot run stm32f407")
    t.close()
