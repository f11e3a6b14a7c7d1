# SPDX-License-Identifier: Apache-2.0
"""bulkhead image: byte for byte beside the real imgtool, and everything that can be wrong."""
import json
import os
import random
import re
import struct

import pytest

from conftest import TYPES

BASE = ("-v", "1.2.3+4", "-H", "0x200", "--pad-header")

# Options that mean the same to both tools, as written for both.
OPTIONS = [
    "", "--pad -S 0x4000", "--confirm -S 0x20000 --align 8", "--test -S 0x20000 --align 32",
    "--pad -S 0x20000 --align 4 --max-align 16 -M 256", "-s 7", "-s auto", "-s 0xffffffff",
    "--custom-tlv 0xa1 hello --custom-tlv 0x42ff 0x0102ff", "--vid example.com --cid blinky",
    "--vid 12345678-1234-5678-1234-567812345678 --cid 0123456789abcdef0123456789ABCDEF",
    "-F 0x8020000", "-L 0x20000000", "--non-bootable", "--boot-record APP -s 3", "--pure", "--sha 512",
    "-R 0 --pad -S 0x8000", "--public-key-format full", "--overwrite-only --confirm -S 0x8000",
    "--pure -s 9 --confirm -S 0x10000 --align 16",
]
# Options in which the tools differ in form: (imgtool's words, ours).
FORMS = [
    (["-d", "(1, 2.3.4+5)"], ["-d", "1:2.3.4+5"]),
    (["-d", "(1, 2.3.4+5),(2,1.0)"], ["-d", "(1, 2.3.4+5)", "-d", "(2,1.0)"]),
    (["-S", "131072", "--pad"], ["-S", "128K", "--pad"]),
]
CASES = [(o.split(), o.split()) for o in OPTIONS] + FORMS


@pytest.fixture
def app(tool):
    path = tool.folder / "app.bin"
    path.write_bytes(random.Random(1).randbytes(5003))
    return path


def ids(case):
    return " ".join(case) or "plain"


def imgtool_sign(imgtool, key, words, source, out):
    size = [] if "-S" in words else ["-S", "0x20000"]
    imgtool("sign", *(["-k", key] if key else []), *BASE, *words, *size, source, out)
    return out.read_bytes()


@pytest.mark.parametrize("theirs, ours", CASES, ids=ids)
def test_ed25519_is_byte_identical(tool, keys, imgtool, app, theirs, ours):
    key = keys["ed25519"]
    want = imgtool_sign(imgtool, key, theirs, app, tool.folder / "theirs")
    tool("image", "sign", "-k", key, *BASE, *ours, app, "ours")
    assert (tool.folder / "ours").read_bytes() == want


@pytest.mark.parametrize("sha", ["auto", "256", "384", "512"])
def test_without_key_is_byte_identical(tool, imgtool, app, sha):
    want = imgtool_sign(imgtool, None, ["--sha", sha, "-s", "1"], app, tool.folder / "theirs")
    tool("image", "sign", *BASE, "--sha", sha, "-s", "1", app, "ours")
    assert (tool.folder / "ours").read_bytes() == want


@pytest.mark.parametrize("name", [*TYPES, "ecdsa-p384"])
@pytest.mark.parametrize("theirs, ours", CASES[:3] + CASES[6:12] + CASES[14:15] + FORMS[:1], ids=ids)
def test_imgtool_verifies(tool, keys, imgtool, app, name, theirs, ours):
    """Random signatures: all but the signature is the same, and imgtool accepts it."""
    key = keys[name]
    want = imgtool_sign(imgtool, key, theirs, app, tool.folder / "theirs")
    tool("image", "sign", "-k", key, *BASE, *ours, app, "ours")
    have = (tool.folder / "ours").read_bytes()
    said = imgtool("verify", "-k", key, tool.folder / "ours").output
    assert "Image was correctly validated" in said and "1.2.3+4" in said
    signature = next(t for t in info(tool, "ours")["tlvs"] if t["name"] in
                     ("RSA2048", "RSA3072", "ECDSASIG", "ED25519"))
    payload_end = 0x200 + 5003
    first_tlvs = have[payload_end:signature["offset"]]
    lengths = slice(payload_end, payload_end + 4)
    if not info(tool, "ours")["protected_tlv_size"]:  # its length depends on the signature's
        assert have[payload_end + 4:signature["offset"]] == want[payload_end + 4:signature["offset"]]
    else:
        assert have[lengths] == want[lengths] and len(first_tlvs) > 40
    assert have[:payload_end] == want[:payload_end]


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("words", ["", "--confirm -S 0x20000 --align 32", "-s 5 --vid a.b",
                                   "--custom-tlv 0xa0 x -s auto"])
def test_core_verifies_both(tool, keys, imgtool, app, name, words):
    key = keys[name]
    tool("key", "export", key, "-o", "pub.pem")
    imgtool_sign(imgtool, key, words.split(), app, tool.folder / "theirs")
    tool("image", "sign", "-k", key, *BASE, *words.split(), app, "ours")
    for image in ("theirs", "ours"):
        for key_file in (key, "pub.pem"):
            said = json.loads(tool("image", "verify", "--json", "-k", key_file, image).stdout)
            assert said["good"] and said["version"] == "1.2.3+4" and said["reason"]["code"] == 0
        tool.refuses("image", "verify", "-k", keys["lms"], image, code=5,
                     says="refused: image is signed, but by no key")


@pytest.mark.parametrize("name, length", [("ecdsa-p256", 72), ("ecdsa-p384", 104)])
def test_pad_sig(tool, keys, imgtool, app, name, length):
    """Every image is equally long, as imgtool's are (whose P-384 signatures may lack one byte)."""
    key, sizes = keys[name], {False: set(), True: set()}
    theirs = imgtool_sign(imgtool, key, ["--pad-sig"], app, tool.folder / "theirs")
    for i in range(24):
        for pad in sizes:
            tool("image", "sign", "-k", key, *BASE, *["--pad-sig"] * pad, app, "ours")
            ours = (tool.folder / "ours").read_bytes()
            sizes[pad].add(len(ours))
        tlv = next(t for t in info(tool, "ours")["tlvs"] if t["name"] == "ECDSASIG")
        signature = ours[tlv["offset"] + 4:][:tlv["length"]]
        assert len(signature) == length and not any(signature[signature[1] + 2:])
        if name == "ecdsa-p256":
            assert ours[:tlv["offset"] + 4] == theirs[:tlv["offset"] + 4]
            tool("image", "verify", "-k", key, "ours")
        imgtool("verify", "-k", key, tool.folder / "ours")
    assert len(sizes[True]) == 1 and len(sizes[False]) > 1
    assert len(ours) - len(theirs) in ((0,) if length == 72 else (0, 1))


def test_pad_sig_is_ecdsa_only(tool, keys, imgtool, app):
    want = imgtool_sign(imgtool, keys["ed25519"], ["--pad-sig"], app, tool.folder / "theirs")
    tool("image", "sign", "-k", keys["ed25519"], *BASE, "--pad-sig", app, "ours")
    assert (tool.folder / "ours").read_bytes() == want


def test_pure_and_sha512(tool, keys, imgtool, app):
    for words in (["--pure"], ["--sha", "512"]):
        imgtool_sign(imgtool, keys["ed25519"], words, app, tool.folder / "theirs")
        tool("image", "verify", "-k", keys["ed25519"], "theirs")
        data = bytearray((tool.folder / "theirs").read_bytes())
        data[0x300] ^= 1
        (tool.folder / "bad").write_bytes(data)
        tool.refuses("image", "verify", "-k", keys["ed25519"], "bad", code=5, says="digest differs")


def test_an_image_for_ram(tool, keys, imgtool, app):
    imgtool_sign(imgtool, keys["ed25519"], ["-L", "0x20001000"], app, tool.folder / "image")
    tool("image", "verify", "-k", keys["ed25519"], "image")


def test_several_keys(tool, keys, app):
    names = ("lms", "ecdsa-p256", "ed25519", "rsa-2048")
    words = [w for n in names for w in ("-k", keys[n])]
    tool("image", "sign", *words, *BASE, app, "image")
    for name in names:
        said = json.loads(tool("image", "verify", "--json", "-k", keys[name], "image").stdout)
        assert said["key"] == str(keys[name])
    tool.refuses("image", "verify", "-k", keys["rsa-3072"], "image", code=5, says="by no key")
    shown = info(tool, "image")["tlvs"]
    assert [t["name"] for t in shown] == ["SHA256", "KEYHASH", "LMS", "KEYHASH", "ECDSASIG",
                                          "KEYHASH", "ED25519", "KEYHASH", "RSA2048"]


def test_every_kind_of_damage_has_its_reason(tool, keys, app):
    key = keys["ecdsa-p256"]
    tool("image", "sign", "-k", key, *BASE, "-s", "5", app, "image")
    good = (tool.folder / "image").read_bytes()
    tlvs = {t["name"]: t["offset"] + 4 for t in info(tool, "image")["tlvs"]}

    def damaged(at, *values):
        data = bytearray(good)
        data[at:at + len(values)] = bytes(values)
        (tool.folder / "bad").write_bytes(data)
        line = tool.refuses("image", "verify", "-k", key, "bad", code=5, says="bad: refused: ")
        said = tool("image", "verify", "--json", "-k", key, "bad", code=5)
        assert json.loads(said.stdout)["good"] is False and said.stderr == ""
        return json.loads(said.stdout)["reason"]["code"], line

    assert damaged(0, 0)[0] == 1  # magic
    assert damaged(8, 4, 0)[0] == 2  # header size
    assert damaged(12, 0xFF, 0xFF, 0xFF)[0] == 3  # payload size
    assert damaged(10, 1)[0] == 4  # protected TLV size
    assert damaged(16, 4)[0] == 5  # encrypted
    assert damaged(0x300, good[0x300] ^ 1)[0] == 7
    assert damaged(tlvs["SHA256"], good[tlvs["SHA256"]] ^ 1)[0] == 7
    assert damaged(tlvs["KEYHASH"], good[tlvs["KEYHASH"]] ^ 1)[0] == 9
    assert damaged(tlvs["ECDSASIG"] + 40, good[tlvs["ECDSASIG"] + 40] ^ 1)[0] == 10
    assert damaged(tlvs["SEC_CNT"], 99)[0] == 7
    tool("image", "verify", "-k", key, "--min-counter", "5", "image")
    tool.refuses("image", "verify", "-k", key, "--min-counter", "6", "image", code=5,
                 says=["security counter is below", "--security-counter"])
    tool.refuses("image", "verify", "-k", key, "-S", "4K", "image", code=5, says="does not fit")
    tool("image", "sign", *BASE, app, "unsigned")
    tool("image", "verify", "unsigned")
    tool.refuses("image", "verify", "-k", key, "unsigned", code=5, says="image is not signed")
    tool.refuses("image", "verify", "-k", keys["ecdsa-p384"], "image",
                 says="cannot verify ecdsa-p384")


def test_truncated_anywhere(tool, keys, app):
    """No length of file is taken for a good image or makes either command stumble."""
    tool("image", "sign", "-k", keys["ed25519"], *BASE, "-s", "1", app, "image")
    good = (tool.folder / "image").read_bytes()
    cuts = [1, 3, 4, 31, 32, 33, 0x200, 0x1FF, *range(0x200 + 5000, len(good), 3), len(good) - 1]
    for n in cuts:
        (tool.folder / "cut").write_bytes(good[:n])
        tool.refuses("image", "verify", "-k", keys["ed25519"], "cut", code=5, says="cut: refused")
        done = tool("image", "info", "cut", code=2)
        assert done.stderr.count("\n") == 1 and "cut: offset 0x" in done.stderr


# ---- info ----

def info(tool, image, code=0):
    return json.loads(tool("image", "info", "--json", image, code=code).stdout)


def test_info_tells_what_imgtool_tells(tool, keys, imgtool, app):
    words = ["-s", "7", "--custom-tlv", "0xa1", "hello", "--confirm", "-S", "0x20000", "--align", "16",
             "-F", "0x8020000"]
    imgtool_sign(imgtool, keys["ed25519"], words, app, tool.folder / "image")
    theirs = json.loads(imgtool("dumpinfo", "-f", "json", tool.folder / "image").output)
    ours = info(tool, "image")
    header = theirs["header"]
    for mine, name in (("load_addr", "load_addr"), ("header_size", "hdr_size"), ("flags", "flags"),
                       ("protected_tlv_size", "protected_tlv_size"), ("payload_size", "img_size")):
        value = header[name]
        assert ours[mine] == (int(value, 0) if isinstance(value, str) else value), name
    assert ours["version"] == "1.2.3+4" and ours["flag_names"] == ["ROM_FIXED"]
    data = (tool.folder / "image").read_bytes()
    for tlv in ours["tlvs"]:
        at = tlv["offset"]
        assert struct.unpack_from("<HH", data, at) == (tlv["type"], tlv["length"])
        assert data[at + 4:at + 4 + tlv["length"]].hex() == tlv["data"]
    assert [(t["name"], t["protected"]) for t in ours["tlvs"]] == [
        ("SEC_CNT", True), ("VENDOR", True), ("SHA256", False), ("KEYHASH", False),
        ("ED25519", False)]
    assert [t.get("meaning") for t in ours["tlvs"]][:2] == ["7", '"hello"']
    assert ours["trailer"] == {"align": 16, "image_ok": "set", "copy_done": "erased",
                               "swap_info": "erased"}
    text = tool("image", "info", "image").stdout
    for word in ("1.2.3+4", "0x08020000", "ROM_FIXED", "SEC_CNT", '"hello"', "image_ok        set"):
        assert word in text


@pytest.mark.parametrize("words, trailer", [
    ("", None), ("--pad -S 0x4000", (8, "erased")), ("--test -S 0x4000 --align 4", (8, "erased")),
    ("--confirm -S 0x20000 --align 32", (32, "set"))])
def test_info_trailer(tool, app, words, trailer):
    tool("image", "sign", *BASE, *words.split(), app, "image")
    told = info(tool, "image").get("trailer")
    assert (told and (told["align"], told["image_ok"])) == trailer


def test_info_of_contradictions(tool, keys, app):
    """Shown as far as it makes sense, then what is wrong and where."""
    tool("image", "sign", "-k", keys["ed25519"], *BASE, "-s", "5", app, "image")
    good = (tool.folder / "image").read_bytes()
    at = {t["name"]: t["offset"] for t in info(tool, "image")["tlvs"]}
    end = 0x200 + 5003
    for off, value, where, says in [
        (8, 31, 8, "header says it is 31 bytes long"),
        (10, 99, end, "protected TLV area is 0xc bytes long, the header says 0x63"),
        (12, 0xFFFF, 12, "are longer than the file"),
        (end, 0x6909, end, "looked for magic 0x6908, found 0x6909"),
        (end + 2, 3, end, "TLV area says it is 3 bytes long"),
        (end + 2, 0xFFFF, end, "TLV area says it is 65535 bytes long"),
        (end + 2, 11, end + 4, "TLV SEC_CNT (0x0050) is 4 bytes long, but its area has 3 left"),
        (end + 2, 7, end + 4, "ends in the middle of an entry's head"),
        (at["SEC_CNT"] + 2, 5, at["SEC_CNT"], "TLV SEC_CNT (0x0050) is 5 bytes long"),
        (at["ED25519"] + 2, 0xFFFF, at["ED25519"], "is 65535 bytes long, but its area has 64 left"),
    ]:
        data = bytearray(good)
        struct.pack_into("<H", data, off, value)
        (tool.folder / "bad").write_bytes(data)
        tool.refuses("image", "info", "bad", says=[f"bad: offset {where:#x}: ", says])
        told = info(tool, "bad", code=2)
        assert told["version"] == "1.2.3+4" and says in told["problem"]


GARBAGE = [
    (b"\xff" * 64, "erased flash"), (bytes(64), "nothing but zeros"),
    (b"\x7fELF" + bytes(range(60)), "objcopy -O binary"),
    (b"\xaa\x50\x01\x02" + bytes(range(60)), "partition table"),
    (b":10000000000102030405060708090A0B0C0D0E0F78\n", "give the file the ending .hex"),
    (b"\x3c\xb8\xf3\x96" + bytes(28), "first format"),
    (b"plain text, nothing more", "Is it a signed image"),
    (b"\x01" + bytes(0xFFF) + b"\x3d\xb8\xf3\x96", "there is one at 0x1000"),
    (struct.pack("<16I", 0x20020000, *[0x8020101] * 6, 0, 0, 0, 0, *[0x8020101] * 5),
     "bare binary"),
    (b"\x3d", "found 3d"),
]


@pytest.mark.parametrize("data, says", GARBAGE, ids=lambda x: x if isinstance(x, str) else "")
def test_info_on_garbage(tool, data, says):
    (tool.folder / "what").write_bytes(data)
    found = " ".join(f"{b:02x}" for b in data[:4])
    tool.refuses("image", "info", "what",
                 says=["what: offset 0x0: ", "looked for magic 3d b8 f3 96", f"found {found}", says])
    tool.refuses("image", "verify", "what", code=5, says="no image")


def test_wrong_files(tool, keys, app):
    (tool.folder / "empty").touch()
    (tool.folder / "folder").mkdir()
    for file, says in (("empty", "empty: file is empty"), ("folder", "folder: is a folder"),
                       ("missing", "missing: cannot open: No such file")):
        tool.refuses("image", "info", file, says=says)
        tool.refuses("image", "verify", file, says=says)
        tool.refuses("image", "sign", *BASE, file, "out", says=says)
        key_says = says.split(": ")[1]
        tool.refuses("image", "sign", "-k", file, *BASE, app, "out", says=key_says)
        tool.refuses("image", "verify", "-k", file, app, says=key_says)


# ---- sign: what is refused ----

WRONG = [
    ("-v 1.2.3.4", "version '1.2.3.4' cannot be read"), ("-v 01", "version '01'"),
    ("-v 256", "version '256'"), ("-v 1.2.65536", "version '1.2.65536'"),
    ("-v 1.2.3+4294967296", "version"), ("-v 1. ", "version"), ("-v", "option --version needs"),
    ("-v 1 -H 16", "header size 0x10 is out of range"),
    ("-v 1 -H 0x10000", "header size 0x10000 is out of range"),
    ("-v 1 -S 0x1000", "exceed the slot (0x1000) by"),
    ("-v 1 --pad", "Say --slot-size"), ("-v 1 --confirm", "Say --slot-size"),
    ("-v 1 --align 3", "'3' is none of 1|2|4|8|16|32"),
    ("-v 1 --align 32 --max-align 8", "--max-align 8 is less than --align 32"),
    ("-v 1 -F 0x1000 -L 0x2000", "both --rom-fixed and --load-addr"),
    ("-v 1 -d 1", "dependency '1' cannot be read"), ("-v 1 -d 256:1.0", "dependency"),
    ("-v 1 -d 1:1.x", "dependency"), ("-v 1 -d (1,1.0", "dependency"),
    ("-v 1 -s seven", "'seven' is not a number"), ("-v 1 -s 4294967296", "is not a number"),
    ("-v 1 --custom-tlv 0x10 ab", "custom TLV type 0x0010 is reserved"),
    ("-v 1 --custom-tlv 0xffff ab", "0xffff is reserved"),
    ("-v 1 --custom-tlv zz ab", "'zz' cannot be read"),
    ("-v 1 --custom-tlv 0xa0 0x123", "value of custom TLV 0xa0 cannot be read"),
    ("-v 1 --custom-tlv 0xa0 1 --custom-tlv 0x00A0 2", "0x00a0 is given twice"),
    ("-v 1 --cid blinky", "Say --vid too"), ("-v 1 --boot-record 1234567890123", "12 characters"),
    ("-v 1 --pure", "a pure signature needs a key"),
    ("-v 1 --pure -k {ecdsa-p256}", "pure signatures are Ed25519's"),
    ("-v 1 --pure --sha 512 -k {ed25519}", "Leave out --sha"),
    ("-v 1 --sha 512 -k {rsa-2048}", "rsa-2048 signs a SHA-256 digest, not SHA-512"),
    ("-v 1 --sha 384 -k {ed25519}", "Ed25519 images have SHA-256 or SHA-512"),
    ("-v 1 -k {ecdsa-p384} -k {ecdsa-p256}", "signs a SHA-256 digest, not SHA-384"),
    ("-v 1 -k {x25519}", "an x25519 key cannot sign"),
    ("-v 1 -x 0x100 -M 65537", "--max-sectors 65537 is out of range"),
    ("-v 1 -d 4294967297:1.0", "dependency '4294967297:1.0' cannot be read"),
    ("-v 1 --irqs -1", "--irqs: '-1' is not a number"), ("-v 1 --irqs 497", "496 at most"),
    ("-v 1 -S 0", "a slot of 0 bytes"), ("-v 1 --pad -S 4294967295", "more than 256 MiB"),
    ("-v 1" + " -k {rsa-3072}" * 155, "signatures of more than 65535 bytes"),
]


@pytest.mark.parametrize("words, says", WRONG, ids=lambda x: x[:60])
def test_sign_refuses(tool, keys, app, words, says):
    words = words.format(**keys).split() if "{" in words else words.split()
    tool.refuses("image", "sign", "--pad-header", app, "out", *words, says=says)


def test_sign_refuses_inputs(tool, keys, app):
    f = tool.folder
    tool("image", "sign", *BASE, app, "image")
    (f / "room").write_bytes(bytes(0x200))
    (f / "elf").write_bytes(b"\x7fELF" + bytes(100))
    tool.refuses("image", "sign", *BASE, "image", "out", says="is an image already")
    tool.refuses("image", "sign", "-v1", app, "out", says=["does not begin with 0x200 zero bytes",
                                                           "--pad-header"])
    tool.refuses("image", "sign", "-v1", "room", "out", says="room: input has no payload")
    os.symlink(app, f / "link")
    for place in (app, "link"):
        tool.refuses("image", "sign", *BASE, app, place, says="the image would replace its input")
    tool.refuses("image", "sign", *BASE, "elf", "out", says="objcopy -O binary")
    tool.refuses("image", "sign", *BASE, app, "nowhere/out", says="nowhere/out: cannot write")
    (f / "d").mkdir()
    tool.refuses("image", "sign", *BASE, app, "d", says="d: cannot write: is a folder")


@pytest.mark.parametrize("words", ["", "--align 8", "--align 32 -M 16", "--max-align 16",
                                   "--overwrite-only", "--overwrite-only --max-align 32"])
def test_fits_to_the_byte_as_imgtool_says(tool, keys, imgtool, app, words):
    """The smallest slot that one accepts is the smallest that the other accepts."""
    options = ("-k", keys["ed25519"], *BASE, *words.split())
    tool("image", "sign", *options, app, "bare")
    trailer = re.search(r"trailer \(0x([0-9a-f]+)\)", tool.refuses(
        "image", "sign", *options, "-S", "1", app, "out", says="exceed the slot (0x1) by"))[1]
    size = (tool.folder / "bare").stat().st_size + int(trailer, 16)
    imgtool("sign", *options, "--confirm", "-S", size, app, tool.folder / "theirs")
    tool("image", "sign", *options, "--confirm", "-S", size, app, "ours")
    assert (tool.folder / "ours").read_bytes() == (tool.folder / "theirs").read_bytes()
    imgtool("sign", *options, "-S", size - 1, app, tool.folder / "theirs", code=2)
    tool.refuses("image", "sign", *options, "-S", size - 1, app, "out", says="by 1 bytes")


def test_sign_over_what_was_there(tool, keys, app):
    """The output is replaced at once, and its permissions stay; a failure leaves it alone."""
    (tool.folder / "out").write_bytes(b"former")
    os.chmod(tool.folder / "out", 0o640)
    tool.refuses("image", "sign", *BASE, "-S", "0x100", app, "out", says="exceed the slot")
    tool("image", "sign", *BASE, app, "out")
    assert (tool.folder / "out").stat().st_mode & 0o777 == 0o640
    assert {p.name for p in tool.folder.iterdir()} == {"app.bin", "out"}


def test_dry_run(tool, keys, app):
    said = json.loads(tool("image", "sign", "-k", keys["ed25519"], *BASE, "--dry-run", "--json", app,
                           "out").stdout)
    assert said["written"] is False and said["signatures"] == 1
    assert not (tool.folder / "out").exists()
    tool("image", "sign", "-k", keys["ed25519"], *BASE, app, "out")
    assert (tool.folder / "out").stat().st_size == said["image_size"]


def test_standard_input_and_output(tool, keys, app):
    tool("image", "sign", "-k", keys["ed25519"], *BASE, app, "out")
    piped = tool("image", "sign", "-q", "-k", keys["ed25519"], *BASE, app, "-", text=False).stdout
    assert piped == (tool.folder / "out").read_bytes()


# ---- Intel HEX ----

def test_hex_in_and_out_as_imgtool(tool, keys, imgtool, app):
    from intelhex import IntelHex
    source = IntelHex()
    source.frombytes(app.read_bytes(), offset=0x801FF87 + 0x200)  # a record would cross a 64 KB border
    source.puts(0x8025000, b"far")  # after a gap
    source.write_hex_file(str(tool.folder / "app.hex"))
    key = keys["ed25519"]
    for words in (["-S", "0x20000"], ["--confirm", "-S", "0x20000", "--align", "8"]):
        imgtool("sign", "-k", key, *BASE, *words, tool.folder / "app.hex", tool.folder / "theirs.hex")
        tool("image", "sign", "-k", key, *BASE, *words, "app.hex", "ours.hex")
        theirs, ours = (IntelHex(str(tool.folder / f"{w}.hex")) for w in ("theirs", "ours"))
        assert ours.todict() == {**theirs.todict(), "start_addr": None} or \
            ours.todict() == theirs.todict()
        tool("image", "verify", "-k", key, "ours.hex")
    tool("image", "sign", "-k", key, *BASE, "-x", "0x8000000", app, "moved.hex")
    assert IntelHex(str(tool.folder / "moved.hex")).minaddr() == 0x8000000
    tool.refuses("image", "sign", *BASE, app, "o.hex", says="Say --hex-addr")


HEX = [
    (":0400000001020304F2\n", "x.hex:2: not Intel HEX: the end record is missing"),
    ("hello\n", "x.hex:1: not Intel HEX: a line does not begin with ':'"),
    (":0400000001020304F3\n:00000001FF\n", "x.hex:1: not Intel HEX: checksum is wrong"),
    (":0400000001020304F2\n:04000200AABBCCDDEC\n:00000001FF\n", "x.hex:2: not Intel HEX: two records"),
    (":040000000102\n", "a record is cut short"), (":00000001FF\n", "no data in it"),
    (":0400000001020304F2\n:00000001FF\n:00000001FF\n", "x.hex:3: not Intel HEX: something is after"),
    (":0000000AF6\n:00000001FF\n", "a type or length that does not exist"),
    (":0100000001FE\n:020000042000DA\n:0100000001FE\n:00000001FF\n", "more than 64 MiB apart"),
]


@pytest.mark.parametrize("text, says", HEX, ids=lambda x: x if " " in x else "")
def test_wrong_hex(tool, text, says):
    (tool.folder / "x.hex").write_text(text)
    tool.refuses("image", "sign", *BASE, "x.hex", "out", says=says)


# ---- the vector table ----

def firmware(irqs, base=0x8020200, size=8192):
    """A Cortex-M binary: vector table, then something that is no handler."""
    reset = base + 4 * (16 + irqs) + 0x101 | 1
    words = [0x20020000, *[reset] * 6, 0, 0, 0, 0, reset, reset, 0, reset, reset, *[reset] * irqs]
    return struct.pack(f"<{len(words)}I", *words) + bytes([0x10, 0xB5, 0x00, 0x20]) * (size // 4)


@pytest.mark.parametrize("irqs, header, wants", [
    (82, 0x100, 0x200), (82, 0x200, None), (82, 0x400, None), (82, 0x300, 0x200), (16, 0x80, 0x200),
    (16, 0x20, 0x200), (48, 0x100, 0x200), (0, 0x80, 0x200), (0, 0x200, None), (49, 0x100, 0x200),
    (113, 0x200, 0x400), (240, 0x400, None), (240, 0x200, 0x400)])
def test_vector_table(tool, irqs, header, wants):
    """STM32F407 has 82 interrupts: a header of 0x100 puts its table where VTOR cannot point, however
    many of them the application uses."""
    (tool.folder / "app").write_bytes(firmware(irqs))
    done = tool("image", "sign", "-v1", "--pad-header", "-H", hex(header), "app", "image")
    warned = "warning: app: payload begins with a vector table" in done.stderr
    assert warned == (wants is not None), done.stderr
    if wants:
        assert f"multiple of {wants:#x}," in done.stderr and "Say --header-size" in done.stderr
    told = info(tool, "image")["vector_table"]
    least = max(128, 1 << (4 * (16 + irqs) - 1).bit_length())  # info goes by what is in use
    assert told["entries"] == 16 + irqs and told["aligned"] == (header % least == 0)
    quiet = tool("image", "sign", "-q", "-v1", "--pad-header", "-H", hex(header), "app", "image")
    assert quiet.stderr == ""


def test_vector_table_by_number_of_interrupts(tool):
    (tool.folder / "app").write_bytes(firmware(82))
    words = ("image", "sign", "-v1", "--pad-header", "-H", "0x100", "app", "image")
    assert "warning" not in tool(*words, "--irqs", "32").stderr
    assert "98 entries" in tool(*words, "--irqs", "82").stderr


def test_a_vector_table_that_was_told_of_and_is_not_there(tool):
    for payload in (b"x" * 4096, bytes(4096), b"short", firmware(32)[4:]):
        (tool.folder / "app").write_bytes(payload)
        words = ("image", "sign", "-v1", "--pad-header", "-H", "0x200", "app", "image")
        assert "none is found where the payload begins" in tool(*words, "--irqs", "32").stderr
        assert "warning" not in tool(*words).stderr
    (tool.folder / "app").write_bytes(firmware(32))
    assert "warning" not in tool(*words, "--irqs", "32").stderr


def test_vector_table_of_a_chip(tool):
    """What the chip demands, whatever is in use; a chip without VTOR demands nothing."""
    (tool.folder / "app").write_bytes(firmware(2))
    words = ("image", "sign", "-v1", "--pad-header", "-H", "0x100", "app", "image")
    for chip, warns in (("STM32F407VET6", True), ("nrf52840", False), ("nrf51822-xxaa", False)):
        said = tool(*words, "--chip", chip).stderr
        assert ("98 entries on stm32f407xe" in said) == ("warning" in said) == warns, said
    assert "98 entries on stm32f407xe" in tool(*words, "--layout", "stm32f407").stderr
    assert "warning" not in tool(*words, "--layout", "nrf52840").stderr
    assert "16 interrupts demands more" in tool(*words).stderr
    tool.refuses(*words, "--chip", "stm32f407zz9", says=["no chip is called 'stm32f407zz9'", "layout chips"])


def test_no_vector_table_no_warning(tool, app):
    assert "warning" not in tool("image", "sign", "-v1", "--pad-header", "-H", "0x20", app,
                                 "image").stderr


def test_most_signatures_that_fit(tool, keys, app):
    """154 of 424 bytes, beside the digest; one more is refused above."""
    tool("image", "sign", *["-k", keys["rsa-3072"]] * 154, *BASE, app, "image")
    tool("image", "verify", "-k", keys["rsa-3072"], "image")


def test_image_does_not_replace_a_key(tool, keys, app):
    for verb, name, words in (("sign", "ed25519", [*BASE, app, "key.pem"]),
                              ("sign-espressif", "rsa-3072", [app, "-o", "key.pem", "--force"])):
        (tool.folder / "key.pem").write_bytes(keys[name].read_bytes())
        tool.refuses("image", verb, "-k", "key.pem", *words,
                     says="key.pem: the image would replace the key")
