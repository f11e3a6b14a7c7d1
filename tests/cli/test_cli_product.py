# SPDX-License-Identifier: Apache-2.0
"""A layout file wherever a command takes a product: boot, sim, board, image sign and verify."""
import json
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAMP = (ROOT / "tests/layout/data/lamp.layout.yml").read_text()
# Two devices, names that no sample has, a mailbox in the trailer.
TRACKER = """layout: 1
product: tracker
devices:
  chip: {chip: nrf52840}
  nor:  {chip: mx25r64}
partitions:
  bootloader: {size: 56K}
  journal_a:  {size: 8K}
  journal_b:  {size: 8K}
  radio:      {size: 64K}
  radio_new:  {region: nor, size: 68K}
  app:        {size: 256K}
  app_new:    {region: nor, size: 260K}
boot:
  slots:
    radio: {primary: radio, secondary: radio_new, spare: first of secondary, format: mcuboot,
            header: 0x200}
    app:   {primary: app, secondary: app_new, spare: first of secondary, format: mcuboot,
            header: 0x400}
  journal: [journal_a, journal_b]
  plan: swap
  trial_boots: 1
  hash: sha512
  mailbox: none
  keys: [keys/release.pub.pem]
"""


class Product:
    def __init__(self, tool, text, files, key="p256"):
        self.tool, self.files = tool, [w for f in files for w in ("--flash", f)]
        (tool.folder / "keys").mkdir()
        tool("key", "new", "--type", key, "keys/release.pem")
        tool("key", "export", "keys/release.pem", "-o", "keys/release.pub.pem")
        self.path = tool.folder / "my.layout.yml"
        self.path.write_text(text)

    def change(self, old, new):
        text = self.path.read_text()
        assert old in text
        self.path.write_text(text.replace(old, new))

    def words(self, size=5000, version="1.0.0", *more, key="keys/release.pem"):
        (self.tool.folder / "raw.bin").write_bytes(bytes(range(1, 251)) * (size // 250 + 1))
        with open(self.tool.folder / "raw.bin", "r+b") as f:
            f.truncate(size)
        return ["image", "sign", "--layout", "my.layout.yml", "--key", key, "-v", version,
                "--pad-header", "raw.bin", f"{version}.bin", *more]

    def boot(self, verb, *words, **kw):
        return self.tool("boot", verb, "my.layout.yml", *words, *self.files, **kw)


@pytest.fixture
def lamp(tool):
    return Product(tool, LAMP, ["chip.bin"])


@pytest.fixture
def tracker(tool):
    return Product(tool, TRACKER, ["chip.bin", "nor.bin"], "ed25519")


def test_life_of_a_layouts_product(lamp):
    lamp.tool(*lamp.words(5000, "1.0.0"))
    lamp.tool(*lamp.words(5000, "2.0.0"))
    lamp.boot("install", "1.0.0.bin")
    assert len((lamp.tool.folder / "chip.bin").read_bytes()) == 512 * 1024
    lamp.boot("stage", "2.0.0.bin")
    lamp.boot("request", "test")
    facts = json.loads(lamp.boot("run", "--json").stdout)
    assert (facts["version"], facts["state"]) == ("2.0.0+0", "trial")
    assert [f["device"] for f in facts["flash"]] == ["internal"]
    lamp.boot("confirm")
    assert json.loads(lamp.boot("run", "--json").stdout)["outcome"] == "confirmed"
    assert "journal" in lamp.boot("map").stdout


def test_devices_have_the_layouts_names(tracker):
    tracker.tool(*tracker.words(5000, "1.0.0", "--slot", "radio"))
    tracker.boot("install", "1.0.0.bin")
    facts = json.loads(tracker.boot("map", "--json").stdout)
    assert [d["device"] for d in facts["devices"]] == ["chip", "nor"]
    tracker.tool.refuses("boot", "status", "my.layout.yml", "--flash", "chip.bin",
                         says=["Give --flash twice: chip, then nor."])


@pytest.mark.parametrize("words", [
    ["boot", "status", "--flash", "chip.bin"], ["boot", "run", "--flash", "chip.bin"],
    ["boot", "install", "raw.bin", "--flash", "new.bin"],
    ["sim", "run", "revert"], ["sim", "explore", "--seconds", "1"], ["sim", "replay", "boot"],
    ["board", "run", "--flash", "new.bin"],
    ["image", "verify", "--layout"], ["image", "sign", "--layout"]], ids=lambda w: "-".join(w[:2]))
def test_a_layout_with_errors(lamp, words):
    tool = lamp.tool
    sign = lamp.words(5000, "1.0.0")
    tool(*sign)
    lamp.boot("install", "1.0.0.bin")
    lamp.change("secondary:  {share_size: primary}", "secondary:  {share_size: primry}")
    if words[0] == "image":
        words = sign if words[1] == "sign" else [*words, "my.layout.yml", "1.0.0.bin"]
    else:
        words = [*words[:2], "my.layout.yml", *words[2:]]
    before = {p: p.read_bytes() for p in tool.folder.rglob("*") if p.is_file()}
    done = tool(*words, code=3)
    assert "my.layout.yml:16:" in done.stderr and "primry" in done.stderr
    assert "the layout has" in done.stderr and "nothing was done" in done.stderr
    assert {p: p.read_bytes() for p in tool.folder.rglob("*") if p.is_file()} == before


def test_errors_of_a_layout_in_json(lamp):
    lamp.change("16K", "17K")
    done = lamp.tool("sim", "run", "my.layout.yml", "revert", "--json", code=3)
    lines = [json.loads(x) for x in done.stderr.splitlines()]
    assert len(lines) > 1 and all(x["kind"] == "error" for x in lines)


def test_words_that_are_no_layout(lamp):
    lamp.tool.refuses("sim", "run", "./none.yml", "revert", says="none.yml: cannot open")
    lamp.tool.refuses("boot", "status", "lamp", "--flash", "chip.bin",
                      says=["no product is called 'lamp'", "a layout file ends in .yml"])
    lamp.change("plan: swap", "plan: select")
    lamp.tool("sim", "run", "my.layout.yml", "revert", code=3)


def test_explore_and_its_replay_line(lamp):
    lamp.path = lamp.path.rename(lamp.tool.folder / "it's mine.yml")
    out = lamp.tool("sim", "explore", "it's mine.yml", "--scenario", "confirm", "--states",
                    "300").stdout
    assert out.splitlines()[1].split()[:2] == ["lamp", "confirm"] and "clean" in out
    out = lamp.tool("sim", "run", "it's mine.yml", "revert").stdout
    assert "version 1 starts" in out and "no law broken" in out


def test_a_product_that_needs_nothing(lamp):
    """The explorer's own products whose images depend on each other are known by themselves."""
    lamp.change("product: lamp", "product: needle")
    assert "no law broken" in lamp.tool("sim", "run", "my.layout.yml", "confirm").stdout


# ---- image sign --layout ----


def test_signing_takes_the_layouts_numbers(tracker):
    tracker.tool(*tracker.words(5000, "1.0.0", "--slot", "app"))
    facts = json.loads(tracker.tool("image", "info", "--json", "1.0.0.bin").stdout)
    assert facts["header_size"] == 0x400
    tracker.tool(*tracker.words(5000, "1.0.0", "--slot", "radio"))
    facts = json.loads(tracker.tool("image", "info", "--json", "1.0.0.bin").stdout)
    assert facts["header_size"] == 0x200
    signed = json.loads(tracker.tool(*tracker.words(5000, "1.0.0", "--slot", "radio", "--json")).stdout)
    assert signed["sha"] == 512
    padded = json.loads(tracker.tool(*tracker.words(5000, "1.0.0", "--slot", "radio", "--pad",
                                                    "--json")).stdout)
    assert padded["file_size"] == 64 * 1024
    tracker.tool("image", "verify", "--layout", "my.layout.yml", "--slot", "app", "1.0.0.bin")


def test_the_largest_image(lamp):
    """Signing accepts what the bootloader starts, to the byte, and not one more."""
    done = lamp.tool(*lamp.words(130000, "1.0.0", "--json"))
    overhead = json.loads(done.stdout)["image_size"] - 130000
    lamp.tool.refuses(*lamp.words(131072 - overhead + 4, "2.0.0"),
                      says=["is larger than the 131072 bytes"])
    lamp.tool(*lamp.words(131072 - overhead - 4, "3.0.0"))
    lamp.boot("install", "3.0.0.bin")
    assert json.loads(lamp.boot("run", "--json").stdout)["version"] == "3.0.0+0"


def test_signing_refuses_what_the_bootloader_would(lamp, keys):
    for code, says, words in [
            (5, "no such key for slot 'app'", lamp.words(key=keys["ecdsa-p256"])),
            (5, "no such key for slot 'app'", lamp.words(key=keys["ed25519"])),
            (2, "contradicts my.layout.yml", lamp.words(5000, "1.0.0", "-H", "0x400")),
            (2, "--sha 512 contradicts", lamp.words(5000, "1.0.0", "--sha", "512")),
            (2, "no slot 'radio'", lamp.words(5000, "1.0.0", "--slot", "radio")),
            (2, "--layout is given twice", lamp.words(5000, "1.0.0", "--layout", "stm32f407"))]:
        assert lamp.tool.refuses(*words, code=code, says=says)
    lamp.change("  keys:", "  need_counter: true\n  keys:")
    lamp.tool.refuses(*lamp.words(5000, "1.0.0"), code=5, says="would refuse the image")
    lamp.tool(*lamp.words(5000, "1.0.0", "-s", "1"))


def test_the_slot_must_be_said(tracker):
    tracker.tool.refuses(*tracker.words(), says=["has 2 slots", "radio, app"])
    words = [w for w in tracker.words(5000, "1.0.0", "--slot", "app")
             if w not in ("--layout", "my.layout.yml")]
    tracker.tool.refuses(*words, says="Say --layout FILE too.")


def test_a_published_key_is_told(lamp):
    lamp.tool(*lamp.words(5000, "1.0.0"))
    lamp.boot("install", "1.0.0.bin")
    assert "published" not in lamp.boot("status").stderr
    for name in ("development-p256", "development-ed25519", "development-rsa2048"):
        pem = ROOT / f"ports/keys/{name}.pem"
        lamp.tool("key", "export", pem, "-o", "keys/release.pub.pem",
                  "--force")
        assert "key 1 is a development key that is published" in lamp.boot("status").stderr
    lamp.tool("image", "sign", "-k", ROOT / "ports/keys/development-p256.pem", "-v", "1", "-H", "0x200",
              "--pad-header", "raw.bin", "dev.bin")
    lamp.tool("boot", "install", "stm32f407", "dev.bin", "--flash", "sample.bin")
    assert "published" in lamp.tool("boot", "status", "stm32f407", "--flash", "sample.bin").stderr
