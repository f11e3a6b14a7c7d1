# SPDX-License-Identifier: Apache-2.0
"""What `layout check` accepts can be signed for and is started: every type of key, digest, format and
mailbox together. What cannot be signed is refused by a rule, before anything is made."""
import itertools
import struct
import sys

import pytest
from layouts import ROOT, Tool

sys.path.insert(0, str(ROOT / "tests" / "esp"))
import images  # noqa: E402

LAYOUT = """\
layout: 1
product: pairs
devices:
  internal: {{size: 1M, pages: 4K, unit: 8, mapped: 0x08000000}}
partitions:
  bootloader: {{size: 64K}}
  journal_a: {{size: auto}}
  journal_b: {{size: auto}}
  primary: {{size: 256K}}
  secondary: {{share_size: primary}}
boot:
  slots:
    app: {{primary: primary, secondary: secondary, spare: first of secondary, format: {format}}}
  journal: [journal_a, journal_b]
  mailbox: {mailbox}
  hash: {digest}
  {keys}
"""

KEYS = {"p256": ["-t", "p256"], "ed25519": ["-t", "ed25519"], "rsa-2048": ["-t", "rsa-2048"],
        "rsa-3072": ["-t", "rsa-3072"], "p384": ["-t", "p384"],
        "lms8": ["-t", "lms", "--lms-height", "5"],
        "lms1": ["-t", "lms", "--lms-height", "5", "--lms-width", "1"], "none": None}
DIGESTS = ("sha256", "sha384", "sha512")
FORMATS = ("mcuboot", "espressif", "wolfboot")
MAILBOXES = ("none", "mcuboot", "wolfboot", "otadata")
ALL = list(itertools.product(KEYS, DIGESTS, FORMATS, MAILBOXES))

# What is signed in the field, written down a second time: (keys, digests) of a format.
SIGNED = {
    "mcuboot": {("p256", "sha256"), ("rsa-2048", "sha256"), ("rsa-3072", "sha256"), ("lms8", "sha256"),
                ("lms1", "sha256"), ("ed25519", "sha256"), ("ed25519", "sha512"), ("none", "sha256"),
                ("none", "sha384"), ("none", "sha512")},
    "espressif": {("p256", "sha256"), ("rsa-3072", "sha256"), ("none", "sha256")},
    "wolfboot": {(key, digest) for key in ("p256", "ed25519", "rsa-2048", "rsa-3072", "lms8", "none")
                 for digest in ("sha256", "sha384")},  # a signature by lms1 is as long as its header may be
}


HEADERS = {("wolfboot", "rsa-2048"): ", header: 512", ("wolfboot", "rsa-3072"): ", header: 1024",
           ("wolfboot", "lms8"): ", header: 8192", ("wolfboot", "lms1"): ", header: 8192"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    tool = Tool(tmp_path_factory.mktemp("keys"))
    for name, words in KEYS.items():
        if words:
            tool("key", "new", *words, f"{name}.pem")
            (tool.folder / f"{name}.pub.pem").write_text(tool("key", "export", f"{name}.pem").stdout)
    (tool.folder / "app.bin").write_bytes(struct.pack("<II", 0x20001000, 0x08000401) + bytes(range(256)) * 40)
    (tool.folder / "esp.bin").write_bytes(images.app(digest=True))
    return tool


def accepted(tool, key, digest, form, mailbox):
    said = f"keys: [{key}.pub.pem]" if KEYS[key] else "allow_unsigned: yes"
    text = LAYOUT
    if mailbox == "wolfboot":  # an image at the start of the slot, and no two values in a unit
        text = text.replace("unit: 8", "unit: 4").replace("spare: first of secondary", "spare: scratch")
        text = text.replace("boot:\n", "  scratch: {{size: 4K}}\nboot:\n")
    name = f"{key}-{digest}-{form}-{mailbox}.layout.yml"
    found = tool.findings(text.format(format=form + HEADERS.get((form, key), ""), mailbox=mailbox, digest=digest, keys=said), name=name)
    return name, [f["rule"] for f in found if f["severity"] == "error"]


@pytest.mark.parametrize("form", FORMATS)
def test_what_check_accepts_is_what_can_be_signed(keys, form):
    for key, digest, mailbox in itertools.product(KEYS, DIGESTS, MAILBOXES):
        _, errors = accepted(keys, key, digest, form, mailbox)
        may = (key, digest) in SIGNED[form] and mailbox in ("none", {"espressif": "none"}.get(form, form))
        assert (errors == []) == may, (key, digest, form, mailbox, errors)
        if (key, digest) not in SIGNED[form] and mailbox == "none":
            assert set(errors) & {"digest", "key-format", "keys", "header"}, (key, digest, form, errors)


@pytest.mark.parametrize("mailbox", ("none", "mcuboot", "wolfboot"))
@pytest.mark.parametrize("form, key, digest", [(form, *pair) for form in FORMATS for pair in sorted(SIGNED[form])])
def test_what_is_accepted_is_signed_installed_and_started(keys, form, key, digest, mailbox):
    if mailbox not in ("none", form):
        return  # refused by the test above
    name, errors = accepted(keys, key, digest, form, mailbox)
    assert errors == []
    out, flash = f"{name}.signed", f"{name}.flash"
    key_words = ["--key", f"{key}.pem"] if KEYS[key] else []
    if form == "mcuboot":
        keys("image", "sign", "--layout", name, "--version", "1.2.3", "--pad-header", *key_words, "app.bin", out)
    elif form == "wolfboot":
        words = key_words or ["--no-sign"]
        keys("image", "sign", "--layout", name, "--version", "16908291", *words, "app.bin", out)  # 0x01020003
    elif key_words:
        keys("image", "sign-espressif", *key_words, "esp.bin", "-o", out)
    else:
        out = "esp.bin"
    keys("boot", "install", name, "--flash", flash, out)
    said = keys("boot", "run", name, "--flash", flash).stdout
    assert said.startswith("starts    version " + ("16908291" if form == "wolfboot" else "1.2.3")), said
    # and one changed byte is refused, unless nothing but a digest protects it, which sees it as well
    image = bytearray((keys.folder / out).read_bytes())
    image[-1 if form == "wolfboot" else 0x180] ^= 1  # wolfBoot: not the fill of its header
    (keys.folder / "bad.bin").write_bytes(image)
    keys("boot", "install", name, "--flash", flash, "bad.bin", "--force", code=5)
