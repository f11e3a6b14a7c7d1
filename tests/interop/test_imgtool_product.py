# SPDX-License-Identifier: Apache-2.0
"""A product as a Zephyr user has it, with images that the real imgtool makes by default: Ed25519 with
SHA-256, MCUboot's mailbox. It is signed, staged, asked for and booted, in the simulator; and what is
the largest image is the same to whoever signs, stages and boots."""
import json
import subprocess

import pytest

from conftest import BUILD, run

PAGE = 4096
HEAD = """layout: 1
product: zephyr
devices:
  chip: {chip: nrf52840}
partitions:
  bootloader: {size: 56K}
  journal_a:  {size: 4K}
  journal_b:  {size: 4K}
"""
TAIL = """  journal: [journal_a, journal_b]
  trial_boots: 1
  cuts: 4
  mailbox: mcuboot
  keys: [key.pub.pem]
"""
SLOT = "primary: slot0, secondary: slot1, format: mcuboot, header: 0x200"
# name: partitions, slot, plan; then where slot 1 is, how long the slots are, where an image is staged
LAYOUTS = {
    "offset": ("  slot0: {size: 64K}\n  slot1: {size: 68K}\n", f"{{{SLOT}, spare: first of secondary}}",
               "swap", 0x20000, 68, PAGE, 60),
    "scratch": ("  slot0: {size: 64K}\n  slot1: {size: 64K}\n  scratch: {size: 4K}\n",
                f"{{{SLOT}, spare: scratch}}", "swap", 0x20000, 64, 0, 60),
    "move": ("  slot0: {size: 64K}\n  slot1: {size: 64K}\n",
             f"{{{SLOT}, spare: page before trailer of secondary}}", "swap", 0x20000, 64, 0, 56),
    "overwrite": ("  slot0: {size: 64K}\n  slot1: {size: 64K}\n", f"{{{SLOT}}}", "overwrite", 0x20000,
                  64, 0, 60),
}
MAGIC = bytes.fromhex("77c295f360d2ef7f3552500f2cb67980")


class Device:
    """A device of such a product: its folder, its flash, the tool."""

    def __init__(self, folder, imgtool, layout="offset"):
        self.folder, self.imgtool = folder, imgtool
        partitions, slot, plan, self.slot1, size, self.staged, limit = LAYOUTS[layout]
        self.slot1_len, self.limit = size * 1024, limit * 1024
        for name in ("key", "other"):
            imgtool("keygen", "-k", folder / f"{name}.pem", "-t", "ed25519")
        self("key", "export", folder / "key.pem", "-o", folder / "key.pub.pem")
        self.layout = folder / "zephyr.layout.yml"
        self.layout.write_text(f"{HEAD}{partitions}boot:\n  slots:\n    app: {slot}\n  plan: {plan}\n{TAIL}")
        self("layout", "check", self.layout)

    def __call__(self, *words, **kw):
        return run(BUILD / "cli" / "bulkhead", *words, **kw)

    def boot(self, verb, *words, **kw):
        return self("boot", verb, self.layout, *words, "--flash", self.folder / "flash.bin", **kw)

    def sign(self, version, *options, length=20000, key="key", by="theirs"):
        """An image of exactly that length, as imgtool makes it if it is told nothing of hashes."""
        plain, image = self.folder / "plain.bin", self.folder / f"{version}.img"
        words = ["sign", "-k", self.folder / f"{key}.pem", "-v", version, "-H", "0x200",
                 "--pad-header", "-S", "0x40000", "--align", "4", *options, plain, image]
        payload = length - 0x200
        for _ in range(2):  # once to see what header and TLVs take
            plain.write_bytes(bytes(i * 7 % 251 for i in range(payload)))
            if by == "theirs":
                self.imgtool(*words)
            else:
                run(BUILD / "cli" / "imgtool", *words)
            payload -= len(image.read_bytes()) - length
        assert len(image.read_bytes()) == length
        return image

    def state(self):
        state = json.loads(self.boot("status", "--json"))
        state["reason"] = (state.get("journal_reason") or {}).get("name")
        return state

    def runs(self, version, **expected):
        assert version in self.boot("run")
        state = self.state()
        assert {name: state[name] for name in expected} == expected

    def poke(self, off, data):
        flash = bytearray((self.folder / "flash.bin").read_bytes())
        flash[off:off + len(data)] = data
        (self.folder / "flash.bin").write_bytes(flash)

    def upload(self, image):
        """As an application does that knows nothing of us: slot 1 erased, image, magic."""
        blank = b"\xff" * self.slot1_len
        self.poke(self.slot1, blank)
        self.poke(self.slot1 + self.staged, image)
        self.poke(self.slot1 + self.slot1_len - 16, MAGIC)


@pytest.mark.parametrize("by", ["theirs", "ours"])
def test_ed25519_with_sha256_as_imgtool_makes_it(tmp_path, imgtool, by):
    device = Device(tmp_path, imgtool)
    device.boot("install", device.sign("1.0.0", by=by))
    device.runs("1.0.0", state="idle")
    device.boot("stage", device.sign("2.0.0", by=by))
    device.boot("request", "test")
    device.runs("2.0.0", state="trial")
    device.boot("confirm")
    device.runs("2.0.0", state="idle", outcome="confirmed")


REFUSED = {
    "another hash": (["--sha", "512"], "key", None, "no-digest"),
    "another key": ([], "other", None, "unknown-key"),
    "a changed byte": ([], "key", 5000, "digest"),
    "a changed signature": ([], "key", -1, "signature"),
    "pure": (["--pure"], "key", None, "no-digest"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(tmp_path, imgtool, name):
    options, key, flip, reason = REFUSED[name]
    device = Device(tmp_path, imgtool)
    device.boot("install", device.sign("1.0.0"))
    device.runs("1.0.0", state="idle")
    image = bytearray(device.sign("2.0.0", *options, key=key).read_bytes())
    if flip is not None:
        image[flip] ^= 1
    device.upload(image)
    device.runs("1.0.0", state="idle", outcome="refused", reason=reason)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_largest_image_is_one_for_all(tmp_path, imgtool, layout):
    """Who signs for the layout, who stages and who boots agree to the byte, and it is what MCUboot's
    mode has room for in such slots: whole pages beside the trailer's, and the one it moves in."""
    device = Device(tmp_path, imgtool, layout)
    most = device.limit
    device.boot("install", device.sign("1.0.0"))
    device.runs("1.0.0", state="idle")
    largest, larger = device.sign("2.0.0", length=most), device.sign("3.0.0", length=most + 1)
    plain = device.folder / "plain.bin"

    def sign(version, excess, **kw):
        plain.write_bytes(bytes(i * 7 % 251 for i in range(most - 0x200 - overhead + excess)))
        return device("image", "sign", "--layout", device.layout, "-k", device.folder / "key.pem", "-v",
                      version, "--pad-header", plain, device.folder / "ours.img", **kw)

    overhead = most - 0x200 - int.from_bytes(largest.read_bytes()[12:16], "little")
    sign("2.0.0", 0)
    assert (device.folder / "ours.img").read_bytes()[:32] == largest.read_bytes()[:32]
    assert len((device.folder / "ours.img").read_bytes()) == most
    assert "larger" in sign("3.0.0", 1, fails=True)

    device.boot("stage", largest, "--dry-run")
    before = (device.folder / "flash.bin").read_bytes()
    assert "larger" in device.boot("stage", larger, fails=True)
    assert (device.folder / "flash.bin").read_bytes() == before

    device.upload(larger.read_bytes())
    device.runs("1.0.0", outcome="refused", reason="too-big")
    device.boot("stage", largest)
    device.boot("request", "permanent")
    device.runs("2.0.0", outcome="confirmed")


IDS = {
    "its own": (["--vid", "example.com", "--cid", "thing"], True),
    "its own, in full": (["--vid", "cfbff0d1-9375-5685-968c-48ce8b15ae17", "--cid", "thing"], True),
    "none": ([], False),
    "another vendor": (["--vid", "example.org", "--cid", "thing"], False),
    "another class": (["--vid", "example.com", "--cid", "things"], False),
    "no class": (["--vid", "example.com"], False),
}


@pytest.mark.parametrize("name", IDS)
def test_vendor_and_class(tmp_path, imgtool, name):
    """A product that demands ids takes no image without them, and none of another device."""
    device = Device(tmp_path, imgtool)
    text = device.layout.read_text().replace("header: 0x200", "header: 0x200, vendor_id: example.com, "
                                             "class_id: thing")
    device.layout.write_text(text)
    device.boot("install", device.sign("1.0.0", *IDS["its own"][0]))
    device.runs("1.0.0", state="idle")
    options, taken = IDS[name]
    device.upload(device.sign("2.0.0", *options).read_bytes())
    if taken:
        device.runs("2.0.0", state="trial")
    else:
        device.runs("1.0.0", outcome="refused", reason="product-id")
    # nor is it started where it lies in the primary slot
    device.boot("install", "--force", device.folder / "2.0.0.img")
    assert ("2.0.0" in device.boot("run", fails=not taken)) == taken


def test_an_overwritten_device_is_at_rest(tmp_path, imgtool):
    """With MCUboot's mailbox and no spare: installed once, not at every boot, and not on trial."""
    device = Device(tmp_path, imgtool, "overwrite")
    device.boot("install", device.sign("1.0.0"))
    device.runs("1.0.0", state="idle")
    device.upload(device.sign("2.0.0").read_bytes())
    device.runs("2.0.0", state="idle", outcome="confirmed")
    for _ in range(2):
        before = (device.folder / "flash.bin").read_bytes()
        device.runs("2.0.0", state="idle", outcome="confirmed")
        assert (device.folder / "flash.bin").read_bytes() == before


def test_an_overwriting_layout_names_no_spare(tmp_path, imgtool):
    device = Device(tmp_path, imgtool, "overwrite")
    text = device.layout.read_text().replace("header: 0x200", "header: 0x200, spare: first of secondary")
    device.layout.write_text(text)
    done = subprocess.run([BUILD / "cli" / "bulkhead", "layout", "check", device.layout], text=True,
                          capture_output=True, timeout=60)
    assert done.returncode == 3 and "[spare-unused]" in done.stdout + done.stderr
