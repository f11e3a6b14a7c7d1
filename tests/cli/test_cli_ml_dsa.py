# SPDX-License-Identifier: Apache-2.0
"""ML-DSA keys and images. The package cryptography is one judge, and the verifier that was written
from FIPS 204 alone (tests/crypto/vectors/ml_dsa.py) another."""
import base64
import hashlib
import json
import pathlib
import re
import struct
import sys

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, utils

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/crypto/vectors"))
from ml_dsa import MlDsa  # noqa: E402

SETS = (44, 65, 87)
CLASS = {44: mldsa.MLDSA44PrivateKey, 65: mldsa.MLDSA65PrivateKey, 87: mldsa.MLDSA87PrivateKey}
SIGNATURE = {44: 2420, 65: 3309, 87: 4627}
SIGN = ("image", "sign", "-q", "-v1.2.3", "--pad-header")


@pytest.fixture(params=SETS)
def level(request, tool):
    """A parameter set, whose key is in key.pem and key.pub; and an application."""
    tool("key", "new", "-t", f"ml-dsa-{request.param}", "key.pem")
    tool("key", "export", "key.pem", "-o", "key.pub")
    (tool.folder / "app").write_bytes(bytes(range(256)) * 8)
    return request.param


def public(tool):
    return serialization.load_pem_public_key((tool.folder / "key.pub").read_bytes())


def tlvs(image):
    """(type, value) of the unprotected area."""
    header, payload = struct.unpack_from("<H", image, 8)[0], struct.unpack_from("<I", image, 12)[0]
    at = header + payload
    magic, length = struct.unpack_from("<HH", image, at)
    assert magic == 0x6907
    end, at = at + length, at + 4
    while at < end:
        kind, length = struct.unpack_from("<HH", image, at)
        yield kind, image[at + 4:at + 4 + length]
        at += 4 + length


def test_keys_are_those_of_others(tool, level):
    key = serialization.load_pem_private_key((tool.folder / "key.pem").read_bytes(), None)
    assert isinstance(key, CLASS[level])
    raw = key.public_key().public_bytes_raw()
    assert raw == public(tool).public_bytes_raw() == MlDsa(level).keys(key.private_bytes_raw())
    spki = key.public_key().public_bytes(serialization.Encoding.DER,
                                         serialization.PublicFormat.SubjectPublicKeyInfo)
    tool("key", "export", "key.pem", "--format", "der", "-o", "key.der")
    assert (tool.folder / "key.der").read_bytes() == spki
    for name in ("key.pem", "key.pub", "key.der"):
        shown = json.loads(tool("key", "show", "--json", name).stdout)
        assert (shown["type"], shown["public"]) == (f"ml-dsa-{level}", raw.hex())
        assert shown["kind"] == ("private" if name == "key.pem" else "public")
        assert shown["id"] == hashlib.sha256(spki).hexdigest()


def test_keys_of_others(tool, level):
    key = CLASS[level].generate()
    raw = key.public_key().public_bytes_raw()
    (tool.folder / "theirs.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    (tool.folder / "locked.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"open")))
    (tool.folder / "raw.pub").write_bytes(raw)  # as wolfBoot's keygen writes it
    secret = {"env": {"SECRET": "open"}}
    for name, more in (("theirs.pem", {}), ("locked.pem", secret), ("raw.pub", {})):
        words = ("--passphrase", "env:SECRET") if more else ()
        shown = json.loads(tool("key", "show", "--json", name, *words, **more).stdout)
        assert shown["public"] == raw.hex()
    tool.refuses("key", "show", "locked.pem", "--passphrase", "env:SECRET", env={"SECRET": "wrong"},
                 says="passphrase is wrong")


def test_a_passphrase(tool):
    secret = {"SECRET": "long and winding"}
    words = ("--passphrase", "env:SECRET")
    tool("key", "new", "-t", "ml-dsa-44", *words, "key.pem", env=secret)
    text = (tool.folder / "key.pem").read_bytes()
    assert b"ENCRYPTED" in text
    key = serialization.load_pem_private_key(text, b"long and winding")
    shown = json.loads(tool("key", "show", "--json", "key.pem", *words, env=secret).stdout)
    assert shown["public"] == key.public_key().public_bytes_raw().hex()


def der(tag, body):
    length = len(body)
    size = bytes([length]) if length < 128 else b"\x82" + struct.pack(">H", length)
    return bytes([tag]) + size + body


def pkcs8(level, private):
    oid = bytes.fromhex("300b06096086480165030403") + bytes([0x11 + SETS.index(level)])
    return der(0x30, b"\2\1\0" + oid + der(4, private))


def pem(data, kind="PRIVATE KEY"):
    text = base64.b64encode(data).decode()
    return f"-----BEGIN {kind}-----\n" + "\n".join(re.findall(".{1,64}", text)) + f"\n-----END {kind}-----\n"


def test_forms_of_a_private_key(tool, level):
    """The seed alone, with what it expands to (as OpenSSL 3.5 writes it), or the latter alone."""
    own = MlDsa(level)
    seed = bytes(range(32))
    raw = own.keys(seed)
    bits = 3 if own.eta == 2 else 4

    def small(polys):
        return b"".join(_pack([(own.eta - x) % 8380417 for x in p], bits) for p in polys)

    high = hashlib.shake_256(raw).digest(64)
    low = b"".join(_pack([(4096 - x) % 8380417 for x in p], 13) for p in own.t0)
    expanded = raw[:32] + own.key + high + small(own.s1) + small(own.s2) + low
    both = der(0x30, der(4, seed) + der(4, expanded))
    for form in (der(0x80, seed), both):
        (tool.folder / "k.pem").write_text(pem(pkcs8(level, form)))
        assert json.loads(tool("key", "show", "--json", "k.pem").stdout)["public"] == raw.hex()
    other = bytes([expanded[-1] ^ 1])
    for form, says in ((der(4, expanded), "has no seed"),
                       (der(0x30, der(4, seed) + der(4, expanded[:-1] + other)), "contradicts itself"),
                       (der(0x80, seed[:-1]), "contradicts itself"),
                       (der(0x80, seed) + b"\0", "contradicts itself"), (b"", "contradicts itself"),
                       (both[:-1], "contradicts itself")):
        (tool.folder / "k.pem").write_text(pem(pkcs8(level, form)))
        tool.refuses("key", "show", "k.pem", says=says)


def _pack(values, bits):
    number = sum(value << bits * i for i, value in enumerate(values))
    return number.to_bytes(bits * len(values) // 8, "little")


def test_no_public_key_of_another_length(tool, level):
    good = (tool.folder / "key.pub").read_text()
    data = base64.b64decode("".join(good.splitlines()[1:-1]))
    raw = data[22:]
    head = data[4:17]
    for key in (raw[:-1], raw + b"\0", b""):
        (tool.folder / "bad.pem").write_text(
            pem(der(0x30, head + der(3, b"\0" + key)), "PUBLIC KEY"))
        tool.refuses("key", "show", "bad.pem", says="contradicts itself")


def test_images_of_mcuboots_format(tool, level):
    tool(*SIGN, "-k", "key.pem", "app", "a")
    tool(*SIGN, "-k", "key.pem", "app", "b")
    image = (tool.folder / "a").read_bytes()
    entries = dict(tlvs(image))
    kind = 0x42A1 + SETS.index(level)
    assert list(entries) == [0x10, 0x01, kind] and len(entries[kind]) == SIGNATURE[level]
    public(tool).verify(entries[kind], entries[0x10])
    assert MlDsa(level).verify(public(tool).public_bytes_raw(), entries[0x10], entries[kind])
    assert image != (tool.folder / "b").read_bytes()  # hedged: random bytes are in it
    for name in ("a", "b"):
        assert f"ml-dsa-{level}" in tool("image", "verify", "-k", "key.pub", name).stdout
    assert f"ML_DSA_{level}" in tool("image", "info", "a").stdout
    tool("key", "new", "-t", f"ml-dsa-{level}", "other.pem")
    tool.refuses("image", "verify", "-k", "other.pem", "a", code=5, says="key")
    for at in (image.index(entries[kind]) + 40, len(image) - 1, image.index(entries[0x10]), 300):
        (tool.folder / "bad").write_bytes(image[:at] + bytes([image[at] ^ 4]) + image[at + 1:])
        tool("image", "verify", "-k", "key.pub", "bad", code=5)


def test_images_of_wolfboots_format(tool, level):
    header = 16384 if level == 87 else 8192
    tool("image", "sign", "-q", "--format", "wolfboot", "--ml_dsa", "-k", "key.pem", "-v7", "app", "a")
    image = (tool.folder / "a").read_bytes()
    assert len(image) == header + 2048
    raw = public(tool).public_bytes_raw()
    digest_at = image.index(struct.pack("<HH", 3, 32), 8) + 4
    at = image.index(struct.pack("<HH", 0x20, SIGNATURE[level])) + 4
    digest = hashlib.sha256(image[:digest_at - 4] + image[header:]).digest()
    assert image[digest_at:digest_at + 32] == digest
    assert hashlib.sha256(raw).digest() in image[:digest_at]
    public(tool).verify(image[at:at + SIGNATURE[level]], digest)
    assert "good" in tool("image", "verify", "-k", "key.pub", "-H", header, "a").stdout
    tool("image", "verify", "-k", "key.pub", "-H", header // 2, "a", code=5)


def test_the_image_of_wolfboots_own_tool(tool):
    images = ROOT / "tests/image/wolfboot"
    said = tool("image", "verify", "-k", images / "keys/ml_dsa.pub", images / "mldsa44-sha256.bin").stdout
    assert "ml-dsa-44" in said


def test_wrong_words(tool, level):
    tool("key", "new", "-t", "p256", "p256.pem")
    tool.refuses("image", "sign", "--format", "wolfboot", "--ml_dsa", "-k", "p256.pem", "-v1", "app", "a",
                 says="--ml_dsa, and the key is ecdsa-p256")
    tool.refuses("image", "sign", "--format", "wolfboot", "-H", "2048", "-k", "key.pem", "-v1", "app", "a",
                 says="do not fit into a header")
    tool.refuses("image", "sign", "-k", "key.pub", "-v1", "--pad-header", "app", "a", says="public key")
    tool.refuses("image", "sign", "--sha", "512", "-k", "key.pem", "-v1", "--pad-header", "app", "a",
                 says="SHA-256")
    tool.refuses("key", "new", "-t", f"ml-dsa-{level}", "--format", "wolfboot", "k", says="wolfBoot's form")


# ---- two signatures ----

@pytest.fixture
def pair(tool):
    """A product that demands P-256 and ML-DSA-44; sign(NAME, KEY...) makes an image."""
    for name, kind in (("p", "p256"), ("p2", "p256"), ("m", "ml-dsa-44"), ("m2", "ml-dsa-44")):
        tool("key", "new", "-q", "-t", kind, f"{name}.pem")
        tool("key", "export", "-q", f"{name}.pem", "-o", f"{name}.pub.pem")
    (tool.folder / "app").write_bytes(bytes(range(256)) * 4)
    layout(tool, "[p.pub.pem, {file: m.pub.pem, second: yes}]")

    def sign(name, *keys):
        words = [word for key in keys for word in ("-k", f"{key}.pem")]
        tool(*SIGN, "-H", "0x200", *words, "app", name)
        return (tool.folder / name).read_bytes()

    tool.sign = sign
    return tool


def layout(tool, keys, more=""):
    (tool.folder / "both.yml").write_text(
        f"layout: 1\nbase: {ROOT}/products/stm32f407.layout.yml\nboot:\n{more}  keys: {keys}\n")


def reason(tool, name):
    said = json.loads(tool("image", "verify", "--json", "--layout", "both.yml", name, code=5).stdout)
    return said["reason"]["name"]


def test_both_signatures_must_hold(pair):
    good = pair.sign("good", "p", "m")
    assert "good" in pair("image", "verify", "--layout", "both.yml", "good").stdout
    for keys, why in ((("p",), "no-second"), (("m",), "unknown-key"),
                      (("m", "p"), "no-second"), (("p2", "m"), "unknown-key"),
                      (("p", "m2"), "second-key"), (("p", "p"), "second-key"),
                      (("m", "m"), "unknown-key"), ((), "no-signature")):
        pair.sign("bad", *keys)
        assert reason(pair, "bad") == why, keys
    entries = list(tlvs(good))
    at = {kind: good.rindex(value) for kind, value in entries if kind > 0x1F}
    for kind, why in ((0x22, "signature"), (0x42A1, "second-signature")):
        for byte in (8, 60):
            bad = bytearray(good)
            bad[at[kind] + byte] ^= 1
            (pair.folder / "bad").write_bytes(bad)
            assert reason(pair, "bad") == why
    # names of keys: another one's for the second signature; the first one's
    names = [good.index(value) for kind, value in entries if kind == 1] + [0]
    bad = bytearray(good)
    bad[names[1]] ^= 1
    (pair.folder / "bad").write_bytes(bad)
    assert reason(pair, "bad") == "second-key"
    bad[names[0]] ^= 1
    (pair.folder / "bad").write_bytes(bad)
    assert reason(pair, "bad") == "unknown-key"


def test_any_key_of_each_kind_will_do(pair):
    layout(pair, "[{file: m.pub.pem, second: yes}, p.pub.pem, p2.pub.pem, {file: m2.pub.pem, second: yes}]")
    for first in ("p", "p2"):
        for second in ("m", "m2"):
            pair.sign("good", first, second)
            said = pair("image", "verify", "--layout", "both.yml", "good").stdout
            assert f"signed by {first}.pub.pem" in said
    pair.sign("bad", "p", "p2")
    assert reason(pair, "bad") == "second-key"
    pair.sign("good", "m", "p", "m2")  # what is before the first good one does not count
    assert "good" in pair("image", "verify", "--layout", "both.yml", "good").stdout


def test_one_signature_stays_enough(pair):
    layout(pair, "[p.pub.pem, m.pub.pem]")
    for keys in (("p",), ("m",), ("p", "m"), ("p2", "m")):
        pair.sign("good", *keys)
        assert "good" in pair("image", "verify", "--layout", "both.yml", "good").stdout


def product_c(tool):
    tool("layout", "build", "-q", "--foreign", "none", "-o", "made", "both.yml")
    return (tool.folder / "made/product.c").read_text()


def test_layouts_of_two_signatures(pair):
    """Both kinds are there, or none is; the product's C says so."""
    layout(pair, "[{file: m.pub.pem, second: yes}]")
    said = pair("layout", "check", "both.yml", code=3)
    assert "second-keys" in said.stdout + said.stderr
    layout(pair, "[{file: m.pub.pem, second: yes}, p.pub.pem]")
    text = product_c(pair)
    assert ".n_second = 1" in text and ".second = bh_second_mcuboot" in text
    assert text.index("&bh_p256") < text.index("&bh_ml_dsa_44")
    layout(pair, "[p.pub.pem, m.pub.pem]")
    assert "second" not in product_c(pair).split(".policy")[1]


def test_signing_for_a_product_that_demands_two(pair):
    words = ("image", "sign", "-q", "-v1", "--pad-header", "--layout", "both.yml")
    for keys, says in ((("p",), "demands a second signature"), (("m",), "has no such key"),
                       (("p", "m2"), "demands a second signature"), (("p2", "m"), "has no such key")):
        given = [word for key in keys for word in ("-k", f"{key}.pem")]
        pair.refuses(*words, *given, "app", "out", code=5, says=says)
    pair(*words, "-k", "p.pem", "-k", "m.pem", "app", "out")
    assert "good" in pair("image", "verify", "--layout", "both.yml", "out").stdout


WOLFBOOT = ("  slots:\n    app: {primary: primary, secondary: secondary, spare: scratch, format: wolfboot, "
            "header: 8192}\n")


def test_hybrid_images_of_wolfboots_format(pair):
    """Their own tool's image, entry by entry; and the order of the keys counts."""
    layout(pair, "[m.pub.pem, {file: p.pub.pem, second: yes}]", WOLFBOOT)
    words = ("image", "sign", "-q", "--format", "wolfboot", "--no-ts", "-v7")
    theirs = (ROOT / "tests/image/wolfboot/hybrid-mldsa44-ecc256.bin").read_bytes()
    (pair.folder / "fw").write_bytes(theirs[8192:])
    pair(*words, "--ml_dsa", "--ecc256", "-k", "m.pem", "-k", "p.pem", "fw", "out")
    ours = (pair.folder / "out").read_bytes()
    assert len(ours) == len(theirs) and ours[8192:] == theirs[8192:]
    for begin, end in ((0, 0x20), (0x40, 0x50), (0x70, 0x78), (0x98, 0xA0), (0xA14, 0xA18), (0xA58, 8192)):
        assert ours[begin:end] == theirs[begin:end], hex(begin)
    digest = hashlib.sha256(ours[:0x74] + ours[8192:]).digest()
    assert ours[0x78:0x98] == digest
    load = serialization.load_pem_public_key
    load((pair.folder / "m.pub.pem").read_bytes()).verify(ours[0xA0:0xA14], digest)
    p256 = load((pair.folder / "p.pub.pem").read_bytes())
    r, s = (int.from_bytes(ours[at:at + 32], "big") for at in (0xA18, 0xA38))
    p256.verify(utils.encode_dss_signature(r, s), digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    assert "good" in pair("image", "verify", "--layout", "both.yml", "out").stdout
    pair(*words, "-k", "p.pem", "-k", "m.pem", "fw", "swapped")
    assert reason(pair, "swapped") == "unknown-key"
    pair.refuses(*words, "-k", "m.pem", "-k", "p.pub.pem", "fw", "no", says="cannot sign")
    pair.refuses(*words, "-k", "m.pem", "-k", "p.pem", "-k", "p.pem", "fw", "no", says="two signatures at most")
    pair.refuses(*words, "-H", "2048", "-k", "m.pem", "-k", "p.pem", "fw", "no", says="do not fit")
    pair.refuses(*words, "--sha-only", "-k", "m.pem", "-k", "p.pem", "fw", "no", says="not signed elsewhere")


def test_hybrid_images_of_wolfboots_own_tool(tool):
    images = ROOT / "tests/image/wolfboot"
    slots = WOLFBOOT
    first, second = images / "keys/ml_dsa.pub", images / "keys/ecc256.pub"
    layout(tool, f"[{first}, {{file: {second}, second: yes}}]", slots)
    good = (images / "hybrid-mldsa44-ecc256.bin").read_bytes()
    (tool.folder / "image").write_bytes(good)
    assert "good" in tool("image", "verify", "--layout", "both.yml", "image").stdout
    assert reason(tool, images / "mldsa44-sha256.bin") == "no-second"
    for at, why in ((0x0A0 + 9, "signature"), (0xA18 + 9, "second-signature"), (0xA14, "no-second"),
                    (0x50, "digest"), (0x48, "digest"), (0x2100, "digest")):
        bad = bytearray(good)
        bad[at] ^= 1
        (tool.folder / "bad").write_bytes(bad)
        assert reason(tool, "bad") == why, hex(at)
    layout(tool, f"[{second}, {{file: {first}, second: yes}}]", slots)  # the keys in the other order
    assert reason(tool, "image") == "unknown-key"
    tool("key", "new", "-q", "-t", "p256", "other.pem")
    layout(tool, f"[{first}, {{file: other.pem, second: yes}}]", slots)
    assert reason(tool, "image") == "second-key"
