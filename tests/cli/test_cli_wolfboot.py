# SPDX-License-Identifier: Apache-2.0
"""bulkhead image and key with wolfBoot's images: byte for byte beside wolfBoot's own sign tool, and every image that is
made by a reader that was written from docs/formats/image-wolfboot.md (tests/image/wolfboot_reader.py)."""
import json
import random
import re
import struct
import subprocess
import sys

import pytest

from conftest import ROOT, TOOL

sys.path.insert(0, str(ROOT / "tests" / "image"))
import wolfboot_reader as wolf  # noqa: E402

WOLF = ROOT / "tests" / "image" / "wolfboot"
FW = WOLF / "fw.bin"
ED, EC = WOLF / "keys/ed25519.key", WOLF / "keys/ecc256.key"

# (image of wolfBoot's tool, our options for the same)
SAME = [
    ("ed25519-sha256", ["-k", ED, "--ed25519", "--sha256"]),
    ("ed25519-sha384", ["-k", ED, "--sha384"]),
    ("ed25519-sha384", ["-k", ED, "--sha", "384"]),
    ("ed25519-sha3", ["-k", ED, "--sha3"]),
    ("ed25519-id2", ["-k", ED, "--id", "2"]),
    ("ed25519-self", ["-k", ED, "--wolfboot-update"]),
    ("ed25519-self", ["-k", ED, "--id", "0", "--header-size", "256"]),
    ("ed25519-custom", ["-k", ED, "--custom-tlv", "0x34", "4:0xA0B1C2D3", "--custom-tlv-string", "0x36", "hello",
                        "--custom-tlv-buffer", "0x38", "00112233"]),
    ("none-sha256", ["--no-sign"]),
]


def sign(tool, *words, out="out.bin", **kw):
    return tool("image", "sign", "--format", "wolfboot", "-v", "7", *words, FW, out, **kw)


@pytest.mark.parametrize("name, words", SAME, ids=lambda x: x if isinstance(x, str) else "")
def test_the_bytes_are_wolfboot_s(tool, name, words):
    sign(tool, "--no-ts", *words)
    assert (tool.folder / "out.bin").read_bytes() == (WOLF / f"{name}.bin").read_bytes()


def test_all_but_the_random_signature_is_wolfboot_s(tool):
    sign(tool, "--no-ts", "-k", EC, "--ecc256")
    ours, theirs = (tool.folder / "out.bin").read_bytes(), (WOLF / "ecc256-sha256.bin").read_bytes()
    assert ours[:0x70] + ours[0xb0:] == theirs[:0x70] + theirs[0xb0:]
    wolf.verify(wolf.read(ours, 256), EC.read_bytes()[:64])


KINDS = [("ed25519", [], 256), ("p256", [], 256), ("rsa-2048", [], 512), ("rsa-2048", ["--rsa2048enc"], 512),
         ("rsa-2048", ["--rsapss2048"], 512), ("rsa-3072", [], 512), ("rsa-3072", ["--rsa3072enc"], 512),
         ("rsa-3072", ["--rsapss3072"], 512)]


@pytest.mark.parametrize("form", ["pem", "wolfboot"])
@pytest.mark.parametrize("kind, words, header", KINDS, ids=lambda x: " ".join(x) if isinstance(x, list) else str(x))
def test_what_is_signed_verifies_by_the_second_reader_and_by_the_core(tool, kind, words, header, form):
    tool("key", "new", "-t", kind, "--format", form, "key")
    tool("key", "export", "--format", "wolfboot", "key", "-o", "pub.der")
    for sha in ("--sha256", "--sha384", "--sha3"):
        more = ["--custom-tlv-buffer", "0x100", "0102030405"] if header < 512 and sha == "--sha256" else []
        wide = 1024 if kind == "rsa-3072" and sha != "--sha256" else header
        sign(tool, "-k", "key", sha, *words, *more)
        image = (tool.folder / "out.bin").read_bytes()
        found = wolf.read(image, wide)
        assert found["version"] == 7 and found["part"] == 1 and found["payload"] == FW.read_bytes()
        if sha != "--sha3" or not any("pss" in word for word in words):
            wolf.verify(found, (tool.folder / "pub.der").read_bytes())
            for key in ("key", "pub.der"):
                assert "good" in tool("image", "verify", "-k", key, "out.bin").stdout
        broken = bytearray(image)
        broken[wide + 100] ^= 4
        (tool.folder / "broken.bin").write_bytes(broken)
        tool.refuses("image", "verify", "-k", "key", "broken.bin", code=5, says="digest differs")


def test_lms(tool):
    tool("key", "new", "-t", "lms", "--lms-height", "5", "key")
    tool("key", "export", "--format", "wolfboot", "key", "-o", "pub.der")
    sign(tool, "-k", "key", "--lms")
    assert "good" in tool("image", "verify", "-k", "pub.der", "out.bin").stdout
    before = json.loads(tool("key", "show", "--json", "key").stdout)["signatures_left"]
    tool.refuses("image", "sign", "--format", "wolfboot", "-v", "7", "-k", "key", "-H", "1024", FW, "out.bin",
                 says="do not fit into a header of 1024")
    assert json.loads(tool("key", "show", "--json", "key").stdout)["signatures_left"] == before


def test_a_signature_made_elsewhere(tool):
    tool("key", "export", "--format", "wolfboot", EC, "-o", "pub.der")
    sign(tool, "--no-ts", "-k", "pub.der", "--sha-only", out="digest.bin")
    assert (tool.folder / "digest.bin").read_bytes() == (WOLF / "fw_v7_digest.bin").read_bytes()
    theirs = (WOLF / "ecc256-sha256.bin").read_bytes()
    (tool.folder / "sig").write_bytes(theirs[0x70:0xb0])
    sign(tool, "--no-ts", "-k", "pub.der", "--manual-sign", "sig")
    assert (tool.folder / "out.bin").read_bytes() == theirs
    (tool.folder / "sig").write_bytes(theirs[0x70:0xaf] + b"\0")
    tool.refuses("image", "sign", "--format", "wolfboot", "-v", "7", "--no-ts", "-k", "pub.der", "--manual-sign", "sig",
                 FW, "out.bin", code=5, says="the signature is not one by this key")


WRONG = [
    (["-k", ED, "--header-size", "300"], "no power of two"),
    (["-k", ED, "--header-size", "128"], "no power of two"),
    (["-k", ED, "--header-size", "32K"], "no power of two"),
    (["-k", ED, "--custom-tlv-buffer", "0x40", "00" * 100], "do not fit into a header of 256"),
    (["-k", ED, "--ecc256"], "--ecc256, and the key is ed25519"),
    (["-k", ED, "--ed25519", "--lms"], "--ed25519 and --lms"),
    (["-k", ED, "-k", EC, "-k", EC], "two signatures at most"),
    (["-k", ED, "--no-sign"], "contradict each other"),
    ([], "neither a key nor --no-sign"),
    (["-k", ED, "--sha256", "--sha3"], "exclude each other"),
    (["-k", ED, "--sha", "512"], "no SHA-512"),
    (["-k", ED, "--id", "16"], "--id 16 is out of range"),
    (["-k", ED, "--id", "1", "--wolfboot-update"], "--id and --wolfboot-update"),
    (["-k", ED, "--custom-tlv", "0x20", "1:1"], "custom tag 0x0020 is not possible"),
    (["-k", ED, "--custom-tlv", "0x30ff", "1:1"], "custom tag 0x30ff is not possible"),
    (["-k", ED, "--custom-tlv", "0x40", "1:256"], "the value of custom tag 0x40 cannot be read"),
    (["-k", ED, "--custom-tlv", "0x40", "3:1"], "the value of custom tag 0x40 cannot be read"),
    (["-k", ED, "--custom-tlv-buffer", "0x40", "123"], "the value of custom tag 0x40 cannot be read"),
    (["-k", ED, "--custom-tlv-buffer", "0x40", "xy"], "the value of custom tag 0x40 cannot be read"),
    (["-k", ED, "--custom-tlv-string", "0x40", "a", "--custom-tlv", "0x40", "1:1"], "given twice"),
    (["-k", ED, "--pad-header"], "--pad-header is not for images in wolfBoot's format"),
    (["-k", ED, "--security-counter", "1"], "--security-counter is not for"),
    (["-k", ED, "--sha-only"], "a signature is made elsewhere"),
    (["-k", WOLF / "keys/ed25519.pub"], "cannot sign with a public key"),
]


@pytest.mark.parametrize("words, says", WRONG, ids=lambda x: x if isinstance(x, str) else "")
def test_what_cannot_be_signed(tool, words, says):
    tool.refuses("image", "sign", "--format", "wolfboot", "-v", "7", *words, FW, "out.bin", says=says)


def test_options_of_one_format_are_refused_for_the_other(tool):
    tool.refuses("image", "sign", "-v", "1.0", "--pad-header", "--no-ts", FW, "out.bin", says="for images in wolfBoot's format")
    tool.refuses("image", "sign", "--format", "wolfboot", "-v", "1.0", "--no-sign", FW, "out.bin", says="one number")
    tool.refuses("image", "sign", "--format", "wolfboot", "-v", "7", "--no-sign", WOLF / "ed25519-ts.bin", "out.bin",
                 says="is an image already")


LAYOUT = """\
layout: 1
product: wolf
devices: {{internal: {{chip: stm32f407xg}}}}
partitions:
  bootloader: {{size: 32K}}
  journal_a:  {{size: 16K}}
  journal_b:  {{size: 16K}}
  data:       {{size: 64K}}
  primary:    {{size: 128K}}
  secondary:  {{share_size: primary}}
  scratch:    {{size: 128K}}
boot:
  slots:
    app: {{primary: primary, secondary: secondary, spare: scratch, format: wolfboot, header: 256, vectors: 48}}
  journal: [journal_a, journal_b]
  keys: [{key}]
"""


def vectors(seed, size=3000):
    return struct.pack("<IIII", 0x20001000, 0x08020201, 0x08020203, 0x08020205) + random.Random(seed).randbytes(size)


def test_images_of_wolfboot_s_own_tool_are_installed_updated_and_reverted(tool):
    """On wolfBoot's own layout of this board, with its own key files."""
    (tool.folder / "wolf.layout.yml").write_text(LAYOUT.format(key=WOLF / "keys/ed25519.pub"))
    tool("boot", "install", "wolf.layout.yml", "--flash", "f.bin", WOLF / "ed25519-sha256.bin")
    assert "starts    version 7" in tool("boot", "run", "wolf.layout.yml", "--flash", "f.bin").stdout
    (tool.folder / "app.bin").write_bytes(vectors(8))
    tool("image", "sign", "--layout", "wolf.layout.yml", "-k", ED, "-v", "8", "app.bin", "v8.bin")
    tool("boot", "stage", "wolf.layout.yml", "--flash", "f.bin", "v8.bin")
    tool("boot", "request", "wolf.layout.yml", "--flash", "f.bin", "test")
    assert "starts    version 8" in tool("boot", "run", "wolf.layout.yml", "--flash", "f.bin").stdout
    assert "starts    version 7" in tool("boot", "run", "wolf.layout.yml", "--flash", "f.bin").stdout


def test_the_layout_is_believed_and_not_contradicted(tool):
    (tool.folder / "wolf.layout.yml").write_text(LAYOUT.format(key=WOLF / "keys/ed25519.pub"))
    (tool.folder / "app.bin").write_bytes(vectors(9))
    base = ["image", "sign", "--layout", "wolf.layout.yml", "-v", "9"]
    tool.refuses(*base, "-k", ED, "-H", "512", "app.bin", "out.bin", says="--header-size 512 contradicts wolf.layout.yml")
    tool.refuses(*base, "-k", ED, "--sha384", "app.bin", "out.bin", says="computes another digest")
    tool.refuses(*base, "-k", EC, "app.bin", "out.bin", code=5, says="has no such key")
    tool.refuses(*base, "-k", ED, "--id", "3", "app.bin", "out.bin", code=5, says="image is for another partition")
    (tool.folder / "app.bin").write_bytes(bytes(0x20000))
    tool.refuses(*base, "-k", ED, "app.bin", "out.bin", says="larger than the")


def test_a_sample_says_its_format_as_its_file_does(tool):
    (tool.folder / "app.bin").write_bytes(vectors(9))
    key = ROOT / "ports/keys/development-p256.pem"
    done = tool("image", "sign", "--layout", "stm32f407_wolfboot", "-k", key, "-v", "9", "app.bin", "-o", "out.bin")
    assert "an image of version 9 in wolfBoot's format" in done.stdout + done.stderr
    done = tool("image", "sign", "--layout", "no_such", "-k", key, "-v", "9", "app.bin", "-o", "out2.bin", code=2)
    assert done.stderr.count("no product is called 'no_such'") == 1


def test_every_image_can_be_looked_at(tool):
    for image in sorted(WOLF.glob("*.bin")):
        if image.stem.startswith(("fw", "enc-aes", "enc-chacha")) and image.stem != "enc-chacha-plain":
            continue
        said = tool("image", "info", image).stdout
        shown = json.loads(tool("image", "info", "--json", image).stdout)
        assert "wolfBoot image" in said and "version         7" in said
        assert shown["format"] == "wolfboot" and shown["version_number"] == 7
        name = image.stem.split("-")[0]
        if name not in ("hybrid", "enc", "mldsa44", "none"):
            assert shown["algorithm"] == name.replace("enc", "")


@pytest.mark.parametrize("name", ["ed448-sha256", "ecc384-sha384", "ecc521-sha384", "xmss-sha256"])
def test_what_has_no_verifier_is_named(tool, name):
    algorithm = name.split("-")[0]
    tool.refuses("image", "verify", WOLF / f"{name}.bin", code=5, says=["cannot verify", algorithm])
    assert f"no verifier for {algorithm}" in tool("image", "info", WOLF / f"{name}.bin").stdout


def test_the_header_is_not_guessed(tool):
    slot = (WOLF / "ed25519-sha256.bin").read_bytes().ljust(4096, b"\xff")
    (tool.folder / "slot.bin").write_bytes(slot)
    tool.refuses("image", "verify", "-k", ED, "slot.bin", says="the length of the header is nowhere in the image")
    assert "good" in tool("image", "verify", "-k", ED, "-H", "256", "slot.bin").stdout
    assert "good" not in tool("image", "verify", "-k", ED, "-H", "512", "slot.bin", code=5).stdout
    tool("image", "info", "slot.bin", code=2)
    assert "key hint" in tool("image", "info", "-H", "256", "slot.bin").stdout
    tool.refuses("image", "verify", "-H", "257", "slot.bin", says="no power of two")


def test_no_image_names_what_is_there_instead(tool, imgtool):
    (tool.folder / "bare.bin").write_bytes(struct.pack("<20I", 0x20001000, *[0x08020201] * 19) + bytes(200))
    (tool.folder / "blank.bin").write_bytes(b"\xff" * 512)
    (tool.folder / "elf.bin").write_bytes(b"\x7fELF" + bytes(60))
    tool.refuses("image", "verify", "bare.bin", code=5, says="begins with a vector table")
    tool.refuses("image", "verify", "blank.bin", code=5, says="erased flash")
    tool.refuses("image", "verify", "elf.bin", code=5, says="an ELF file")
    tool.refuses("image", "verify", "--layout", "stm32f407", WOLF / "ed25519-sha256.bin", code=5,
                 says=["no image", "This is an image in wolfBoot's format."])
    tool.refuses("boot", "install", "stm32f407", "--flash", "f.bin", WOLF / "ed25519-sha256.bin", code=5,
                 says=["no image", "This is an image in wolfBoot's format."])
    tool("boot", "install", "stm32f407", "--any-image", "--flash", "f.bin", WOLF / "ed25519-sha256.bin")
    assert "header magic. This is an image in wolfBoot's format." in tool("boot", "status", "stm32f407", "--flash", "f.bin").stdout


@pytest.mark.parametrize("kind, size", [("ed25519", 64), ("p256", 96)])
def test_private_keys_in_wolfboot_s_form(tool, kind, size):
    tool("key", "new", "-t", kind, "--format", "wolfboot", "key")
    assert (tool.folder / "key").stat().st_size == size
    assert (tool.folder / "key").stat().st_mode & 0o777 == 0o600
    shown = json.loads(tool("key", "show", "--json", "key").stdout)
    assert shown["kind"] == "private"
    for form in ("wolfboot", "keystore"):
        tool("key", "export", "--format", form, "key", "-o", form)
        public = json.loads(tool("key", "show", "--json", form).stdout)
        assert (public["kind"], public["id"]) == ("public", shown["id"])


def test_key_files_of_wolfboot_s_own_tools(tool):
    for name in ("ed25519", "rsa2048"):
        tool("key", "export", "--format", "keystore", WOLF / f"keys/{name}.pub", "-o", "store", "--force")
        assert (tool.folder / "store").read_bytes() == (WOLF / f"keys/{name}-keystore.der").read_bytes()
    for name in ("ed25519", "ecc256", "rsa2048", "rsa3072", "rsapss2048", "lms"):
        tool("key", "export", "--format", "wolfboot", WOLF / f"keys/{name}.pub", "-o", "raw", "--force")
        assert (tool.folder / "raw").read_bytes() == (WOLF / f"keys/{name}.pub").read_bytes()


def test_keys_that_contradict_themselves(tool):
    def refused(data, says):
        (tool.folder / "key").write_bytes(data)
        tool.refuses("key", "show", "key", says=says)

    store = (WOLF / "keys/ed25519-keystore.der").read_bytes()
    refused(ED.read_bytes()[:63] + b"\0", "no key")  # neither a pair nor a point
    refused(EC.read_bytes()[:95] + b"\0", "no key")
    refused(store[:12] + bytes(4), "as keygen writes it for ECC-521")
    refused(store[:12] + struct.pack("<I", 33) + store[16:], "should have a key of 33 bytes")
    refused(store + store, "several keys")
    refused(store[:8] + struct.pack("<I", 0xFFFFFFFD) + store[12:], "may not sign applications")
    refused(store[:4] + struct.pack("<I", 10) + store[8:], "algorithm 0xa")
    refused(b"\0" * 32, "anyone can sign")
    refused(b"\0" * 60, "no key")


def test_keystore_c_is_compiled_and_tells_the_key(tool):
    (tool.folder / "wolfboot").mkdir()
    (tool.folder / "wolfboot/wolfboot.h").write_text("")
    (tool.folder / "keystore.h").write_text(
        "struct keystore_slot { uint32_t slot_id, key_type, part_id_mask, pubkey_size; uint8_t pubkey[576]; };\n"
        "int keystore_num_pubkeys(void); uint8_t *keystore_get_buffer(int); int keystore_get_size(int);\n"
        "uint32_t keystore_get_mask(int); uint32_t keystore_get_key_type(int);\n")
    for name, kind in (("ed25519", 1), ("ecc256", 2), ("rsa2048", 3), ("rsa3072", 8), ("lms", 9)):
        tool("key", "export", "--format", "keystore-c", WOLF / f"keys/{name}.pub", "-o", "keystore.c", "--force")
        (tool.folder / "main.c").write_text(
            "#include <stdint.h>\n#include <stdio.h>\n#include \"keystore.h\"\nint main(void) {\n"
            "  fwrite(keystore_get_buffer(0), 1, keystore_get_size(0), stdout);\n"
            "  return keystore_num_pubkeys() != 1 || keystore_get_buffer(1) || keystore_get_size(-1) != -1 ||\n"
            f"    keystore_get_mask(0) != 0xFFFFFFFF || keystore_get_key_type(0) != {kind};\n}}\n")
        subprocess.run(["gcc", "-Wall", "-Wextra", "-Werror", "-I.", "keystore.c", "main.c", "-o", "main"], cwd=tool.folder,
                       check=True)
        told = subprocess.run(["./main"], cwd=tool.folder, check=True, capture_output=True).stdout
        assert told == (WOLF / f"keys/{name}.pub").read_bytes()


def test_hostile_images_and_keys_end_in_one_line(tool):
    """Cut short, grown, with random bytes: one line and no file, whatever it is."""
    draw = random.Random(16)
    good = (WOLF / "ed25519-custom.bin").read_bytes()
    for _ in range(60):
        data = bytearray(good)
        for _ in range(draw.choice([1, 1, 2, 8])):
            data[draw.choice([draw.randrange(4, 0xd0), draw.randrange(4, len(data))])] = draw.choice([0, 1, 0xFF, 0xFE, draw.randrange(256)])
        (tool.folder / "image").write_bytes(data[:draw.choice([len(data), draw.randrange(1, len(data))])])
        for words in (["image", "info"], ["image", "info", "-H", "256"], ["image", "verify", "-k", ED]):
            done = subprocess.run([TOOL, *map(str, words), "image"],
                                  cwd=tool.folder, capture_output=True, timeout=20)
            assert done.returncode in (0, 2, 5), (bytes(data), words, done.stderr)
            assert done.stderr.count(b"\n") <= 1
    for _ in range(60):
        (tool.folder / "key").write_bytes(draw.randbytes(draw.choice([16, 32, 48, 60, 64, 96, 336])))
        done = subprocess.run([TOOL, "key", "show", "key"], cwd=tool.folder, capture_output=True, timeout=20)
        assert done.returncode in (0, 2), done.stderr


def test_every_bit_of_what_is_made_here_counts(tool):
    sign(tool, "-k", ED)
    image = (tool.folder / "out.bin").read_bytes()
    found = wolf.read(image, 256)
    end = image.index(found[0x20]) + 64
    draw = random.Random(7)
    for _ in range(40):
        at = draw.choice([draw.randrange(end), draw.randrange(256, len(image))])
        data = bytearray(image)
        data[at] ^= 1 << draw.randrange(8)
        (tool.folder / "image").write_bytes(data)
        tool("image", "verify", "-k", ED, "-H", "256", "image", code=5)


WOLFN = """\
layout: 1
product: wolfn
devices: {internal: {size: 512K, pages: 4K, unit: 4, mapped: 0x08000000}}
partitions:
  bootloader: {size: 32K}
  journal_a:  {size: 4K}
  journal_b:  {size: 4K}
  primary:    {size: %s}
  secondary:  {share_size: primary}
  scratch:    {size: 4K}
boot:
  slots:
    app: {primary: primary, secondary: secondary, spare: scratch, format: wolfboot, header: 256}
  journal: [journal_a, journal_b]
  allow_unsigned: yes
"""


@pytest.mark.parametrize("size", ["4K", "8K", "12K"])
def test_the_explorer_cuts_updates_of_wolfboot_s_images(tool, size):
    """One, two and three pages in each slot, as wolfBoot's layouts have them."""
    (tool.folder / "wolfn.layout.yml").write_text(WOLFN % size)
    for scenario in ("confirm", "revert", "invalid", "downgrade"):
        said = tool("sim", "explore", "wolfn.layout.yml", "--mode", "sweep", "--scenario", scenario).stdout
        found = re.search(rf"wolfn +{scenario} +\d+ +(\d+) .* clean$", said, re.M)
        assert found and int(found[1]) > 100, said
    tool("sim", "run", "wolfn.layout.yml", "--scaled", "revert")
    tool.refuses("sim", "explore", "wolfn.layout.yml", "--mode", "sweep", "--scenario", "floor",
                 says="images with a security counter, and wolfBoot's have none")
    tool.refuses("sim", "run", "wolfn.layout.yml", "counter", says="images with a security counter")


EXTERNAL = """\
layout: 1
product: wolfn
devices:
  internal: {size: 512K, pages: 4K, unit: 4, mapped: 0x08000000}
  nor: {size: 1M, pages: 4K, unit: 1, mapped: no, driver: spi_nor}
partitions:
  bootloader: {size: 32K}
  journal_a:  {size: 4K}
  journal_b:  {size: 4K}
  primary:    {size: 12K}
  secondary:  {region: nor, size: 12K}
  scratch:    {region: %s, size: 4K}
boot:
  slots:
    app: {primary: primary, secondary: secondary, spare: scratch, format: wolfboot, header: 256}
  journal: [journal_a, journal_b]
  allow_unsigned: yes
"""


@pytest.mark.parametrize("scratch", ["nor", "internal"], ids=["update and swap", "update alone"])
def test_the_explorer_cuts_updates_from_external_flash(tool, scratch):
    (tool.folder / "wolfn.layout.yml").write_text(EXTERNAL % scratch)
    for scenario in ("confirm", "revert", "dead", "absent"):
        said = tool("sim", "explore", "wolfn.layout.yml", "--mode", "sweep", "--scenario", scenario).stdout
        assert re.search(rf"wolfn +{scenario} +\d+ +\d+ .* clean$", said, re.M), said


def test_a_long_header_is_explored_scaled_down(tool):
    (tool.folder / "wolfn.layout.yml").write_text((WOLFN % "96K").replace("header: 256", "header: 8192"))
    for scaled in ([], ["--scaled"]):
        assert "no law broken" in tool("sim", "run", "wolfn.layout.yml", *scaled, "revert").stdout


def test_the_explorer_needs_room_for_the_header(tool):
    text = (WOLFN % "12K").replace("header: 256", "header: 8192")
    (tool.folder / "wolfn.layout.yml").write_text(text)
    tool.refuses("sim", "run", "wolfn.layout.yml", "confirm", code=3, says="too small for images with such a header")


TRAILERS = """layout: 1
product: trailers
devices:
  internal: {size: 256K, pages: 4K, unit: 4, mapped: 0x08000000}
partitions:
  bootloader: {size: 32K}
  journal_a: {size: 8K}
  journal_b: {size: 8K}
  boot: {size: 32K}
  update: {share_size: boot}
  swap: {size: 4K}
boot:
  slots:
    app: {primary: boot, secondary: update, spare: swap, format: wolfboot}
  journal: [journal_a, journal_b]
  mailbox: wolfboot
  wolfboot: {flags_home: %s}
  allow_unsigned: yes
"""
BOOT_END, UPDATE_END = 0xC000 + 0x8000, 0xC000 + 0x10000


@pytest.mark.parametrize("home", ("no", "yes"))
def test_status_tells_of_the_trailers_and_of_wolfboots_next_step(tool, home):
    """State and flags as wolfBoot leaves them: what they are, and what it would do."""
    (tool.folder / "t.layout.yml").write_text(TRAILERS % home)
    update_end = BOOT_END - 8 if home == "yes" else UPDATE_END
    for boot, update, flags, says, then in (
            (None, None, b"", "BOOT no state, UPDATE no state", "start the image in BOOT"),
            (0x00, None, b"", "BOOT SUCCESS, UPDATE no state", "start the image in BOOT"),
            (0xFF, 0xFF, b"", "BOOT NEW, UPDATE NEW", "start the image in BOOT"),
            (0x10, None, b"", "BOOT TESTING, UPDATE no state", "roll back"),
            (0x00, 0x70, b"", "BOOT SUCCESS, UPDATE UPDATING", "install the image in UPDATE"),
            (0x00, 0x70, b"\xf7", "BOOT SUCCESS, UPDATE UPDATING, 0 sectors moved", "swap at sector 0"),
            (0x00, 0x70, b"\x30", "BOOT SUCCESS, UPDATE UPDATING, 1 sector moved", "swap at sector 1"),
            (0x00, 0x70, b"\x00\xf0", "BOOT SUCCESS, UPDATE UPDATING, 3 sectors moved", "swap at sector 3"),
            (0x10, 0x30, b"", "BOOT TESTING, UPDATE FINAL_FLAGS", "finish the last step"),
            (0x55, None, b"", "BOOT 0x55, which is no state, UPDATE no state", "start the image in BOOT")):
        chip = bytearray(b"\xff" * 0x40000)
        for end, state in ((BOOT_END, boot), (update_end, update)):
            if state is not None:
                chip[end - 5:end] = bytes([state]) + b"BOOT"
        chip[update_end - 5 - len(flags):update_end - 5] = flags[::-1]
        (tool.folder / "chip.bin").write_bytes(chip)
        said = tool("boot", "status", "t.layout.yml", "--flash", "chip.bin").stdout
        assert f"trailers  {says}\n" in said and re.search(f"^wolfBoot  would .*{then}", said, re.M), (said, says, then)
        assert (tool.folder / "chip.bin").read_bytes() == chip


def test_status_warns_of_one_sector_per_partition(tool):
    chip = bytearray(b"\xff" * 0x100000)
    chip[0x60000 - 5:0x60000] = b"\x70BOOT"
    (tool.folder / "chip.bin").write_bytes(chip)
    said = tool("boot", "status", "stm32f407_wolfboot", "--flash", "chip.bin").stdout
    assert "erases the partitions and wolfBoot itself" in said
    assert "trailers" not in tool("boot", "status", "stm32f407", "--flash", "chip.bin").stdout
