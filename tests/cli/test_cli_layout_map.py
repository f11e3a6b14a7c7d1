# SPDX-License-Identifier: Apache-2.0
"""bulkhead layout map: in the terminal, as SVG, as a page; good layouts and wrong ones."""
import os
import pty
import re
import subprocess
import xml.etree.ElementTree as ET

import pytest

from conftest import ROOT, TOOL

LAMP = """\
layout: 1
product: lamp
devices:
  internal: {chip: stm32f407xe}
  qspi: {chip: mx25r64}
partitions:
  bootloader: {size: 32K}
  journal_a:  {size: 16K}
  journal_b:  {size: 16K}
  settings:   {size: 64K}
  primary:    {size: 128K}
  secondary:  {share_size: primary}
  scratch:    {size: 64K, pages: no}
  assets:     {region: qspi, size: 1M}
"""


@pytest.fixture
def lamp(tool):
    (tool.folder / "lamp.yml").write_text(LAMP)
    return tool


def boxes(svg):
    return {r.find("{*}title").text.split(":")[0]: r for r in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}rect")
            if r.get("class", "").startswith("bh-part")}


def test_in_the_terminal(lamp):
    out = lamp("layout", "map", "lamp.yml", env={"COLUMNS": "80"}).stdout
    assert "\x1b" not in out
    assert "|aaaabbccddddddddeeeeeeeeeeeeeeeeffffffffffffffffgggggggg////////|" in out
    for name in ("bootloader", "settings", "secondary", "assets", "internal  512 KB, stm32f407xe", "qspi  8 MB, mx25r64"):
        assert name in out
    assert re.search(r"^/ 0x70000 +64 KB free$", out, re.M)


def test_forty_columns_are_enough(lamp):
    for words in ((), ("--columns", "40")):
        out = lamp("layout", "map", "lamp.yml", *words, env={"COLUMNS": "40"}).stdout
        assert max(map(len, out.splitlines())) <= 40 and "scratch" in out
    lamp.refuses("layout", "map", "lamp.yml", "--columns", "19", says="from 20 to 10000")
    lamp.refuses("layout", "map", "lamp.yml", "--columns", "wide", says="wide")


def run_on_a_terminal(folder, *words, **env):
    """Its output on a terminal, escapes and all."""
    ours, theirs = pty.openpty()
    done = subprocess.Popen([TOOL, *words], cwd=folder, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL,
                            env={**{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, "TERM": "xterm", **env})
    os.close(theirs)
    out = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.close(ours)
    assert done.wait(60) == 0
    return out.decode().replace("\r\n", "\n")


def test_colours_only_where_they_are_wanted(lamp):
    colored = run_on_a_terminal(lamp.folder, "layout", "map", "lamp.yml", COLUMNS="80")
    plain = lamp("layout", "map", "lamp.yml", env={"COLUMNS": "80"}).stdout
    assert "\x1b[" in colored and re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain
    assert run_on_a_terminal(lamp.folder, "layout", "map", "lamp.yml", COLUMNS="80", NO_COLOR="1") == plain


def test_as_files(lamp):
    lamp("layout", "map", "lamp.yml", "--svg", "lamp.svg", "--html", "lamp.html")
    svg, html = ((lamp.folder / f"lamp.{x}").read_text() for x in ("svg", "html"))
    assert svg in html and html.startswith("<!doctype html>")
    assert set(boxes(svg)) == set(re.findall(r"^  (\w+): +\{(?!chip)", LAMP, re.M))
    assert lamp("layout", "map", "lamp.yml", "--svg", "-").stdout == svg
    lamp("layout", "map", "lamp.yml", "--svg", "lamp.svg")  # a drawing is replaced
    assert (lamp.folder / "lamp.svg").read_text() == svg


def test_both_files_or_none(lamp):
    lamp.refuses("layout", "map", "lamp.yml", "--svg", "new.svg", "--html", "nowhere/new.html", says="nowhere")
    lamp.refuses("layout", "map", "lamp.yml", "--svg", "nowhere/new.svg", "--html", "new.html", says="nowhere")
    lamp.refuses("layout", "map", "lamp.yml", "--svg", "one", "--html", "one", says="name one file")
    lamp.refuses("layout", "map", "lamp.yml", "--svg", "lamp.yml", says="would replace an input")
    lamp.refuses("layout", "map", "lamp.yml", "--html", "./lamp.yml", says="would replace an input")
    lamp("layout", "map", "lamp.yml", "--svg", "new.svg", "--html", "new.html", "--dry-run")
    assert sorted(p.name for p in lamp.folder.iterdir()) == ["lamp.yml"]


def test_what_is_wrong_is_drawn_where_it_is(lamp):
    (lamp.folder / "wrong.yml").write_text(LAMP.replace("settings:   {size: 64K}", "settings:   {at: 0xC000, size: 64K, pages: no}"))
    done = lamp("layout", "map", "wrong.yml", "--svg", "wrong.svg", code=3)
    frames = {r.get("data-part") for r in ET.parse(lamp.folder / "wrong.svg").iter("{http://www.w3.org/2000/svg}rect")
              if r.get("class") == "bh-frame bh-error" and r.get("data-device") == "0"}
    parts = boxes((lamp.folder / "wrong.svg").read_text())
    assert {parts["settings"].get("data-part"), parts["journal_b"].get("data-part")} <= frames
    assert parts["bootloader"].get("data-part") not in frames
    assert "wrote wrong.svg" in done.stderr
    out = lamp("layout", "map", "wrong.yml", code=3).stdout
    assert re.search(r"journal_b.*\n  error: (.*\n.*)?settings", out) or re.search(r"settings.*\n  error: .*journal_b", out)


def test_without_places_there_is_no_picture(lamp):
    (lamp.folder / "none.yml").write_text(LAMP.replace("share_size: primary", "share_size: nobody"))
    done = lamp("layout", "map", "none.yml", "--svg", "none.svg", code=3)
    assert "nobody" in done.stderr and "nothing can be drawn" in done.stderr
    assert not (lamp.folder / "none.svg").exists()
    lamp.refuses("layout", "map", "no-such.yml", says="no-such.yml")


def test_hostile_texts_are_texts(lamp):
    evil = "</text><script>alert(1)</script>"
    (lamp.folder / "evil.yml").write_text(LAMP.replace("settings:   {size: 64K}", f"settings:   {{size: 64K, '{evil}': 1}}"))
    lamp("layout", "map", "evil.yml", "--svg", "evil.svg", "--html", "evil.html", code=3)
    for file in ("evil.svg", "evil.html"):
        text = (lamp.folder / file).read_text()
        assert "<script" not in text and "&lt;script&gt;" in text


def test_the_picture_in_the_documents_is_what_the_tool_draws(tool):
    folder = ROOT / "docs/pictures"
    assert tool("layout", "map", folder / "lamp.layout.yml", "--svg", "-").stdout == (folder / "lamp.svg").read_text()
    page = (ROOT / "docs/pictures.md").read_text()
    assert tool("layout", "map", folder / "lamp.layout.yml", "--columns", "80").stdout in page
