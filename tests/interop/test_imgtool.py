# SPDX-License-Identifier: Apache-2.0
"""Images made by the real imgtool, judged by the core.

To repeat one test: BULKHEAD_SEED=20 build/venv/bin/pytest tests/interop/test_imgtool.py -k NAME
"""

import hashlib
import json
import pathlib
import random
import re

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from intelhex import IntelHex

# enum bh_reason
NONE, NO_IMAGE, TOO_BIG, TLV, UNSUPPORTED, NO_DIGEST = 0, 1, 3, 4, 5, 6
DIGEST, NO_SIGNATURE, UNKNOWN_KEY, SIGNATURE, NOT_BOOTABLE, FLOOR, NO_COUNTER = 7, 8, 9, 10, 12, 21, 22

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEY_TYPES = ["rsa-2048", "rsa-3072", "ecdsa-p256", "ed25519"]
SLOT = 0x8000
PAYLOAD = 3000
FLIPS = 1000


def key_bytes(public):
    """A public key as struct bh_key wants it: algorithm, bytes, the DER form that is hashed."""
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    der = public.public_bytes(serialization.Encoding.DER, spki)
    if isinstance(public, rsa.RSAPublicKey):
        n = public.public_numbers()
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
        bits = public.key_size
        return f"rsa{bits}", n.n.to_bytes(bits // 8, "big") + n.e.to_bytes(4, "big"), der
    if isinstance(public, ec.EllipticCurvePublicKey):
        n = public.public_numbers()
        return "p256", n.x.to_bytes(48, "big")[16:] + n.y.to_bytes(48, "big")[16:], der
    assert isinstance(public, ed25519.Ed25519PublicKey)
    raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    return "ed25519", public.public_bytes(*raw), der


class Key:
    """A key file. What the core knows of it is worked out when a test asks."""

    def __init__(self, path):
        self.path = path

    def _public(self):
        return key_bytes(serialization.load_pem_private_key(self.path.read_bytes(), None).public_key())

    bytes = property(lambda self: self._public()[1])
    der = property(lambda self: self._public()[2])

    def option(self, hash_name="sha256"):
        """For judge_image. The id is as long as 32 bytes of the product's hash."""
        algo, raw, der = self._public()
        name = hashlib.new(hash_name, der).digest()[:32]
        return ["--hash", hash_name, "--key", f"{algo}:{name.hex()}:{raw.hex()}"]


@pytest.fixture(scope="session")
def keys(imgtool, tmp_path_factory):
    """keys(type, which): a key file, made once."""
    folder = tmp_path_factory.mktemp("keys")

    def make(kind, which=0):
        path = folder / f"{kind}-{which}.pem"
        if not path.exists():
            imgtool("keygen", "-k", path, "-t", kind)
        return Key(path)

    return make


@pytest.fixture
def sign(imgtool, tmp_path, seed):
    """sign(key, *options): a new image of seeded random bytes."""
    payload = tmp_path / "app.bin"
    payload.write_bytes(random.Random(seed).randbytes(PAYLOAD))

    def make(key, *options, source=payload, out="signed.bin", header=("-H", "0x200", "--pad-header")):
        path = tmp_path / out
        signer = ["-k", key.path] if key else []
        imgtool("sign", *signer, *header, "-S", SLOT, "--align", "4", "-v", "1.2.3+4", *options,
                source, path)
        return path

    return make


@pytest.fixture
def judge(judge_image):
    """judge(path, *options): what the core says, as a dict."""
    return lambda path, *options: json.loads(judge_image(*options, path))


OPTIONS = {
    "plain": [],
    "slot trailer": ["--pad"],
    "confirmed": ["--confirm"],
    "test": ["--test"],
    "align 1": ["--align", "1"],
    "align 8, max-align 8": ["--align", "8", "--max-align", "8"],
    "align 16, max-align 16": ["--align", "16", "--max-align", "16", "--pad"],
    "align 32, max-align 32": ["--align", "32", "--max-align", "32", "--confirm"],
    "overwrite only": ["--overwrite-only", "--pad"],
    "security counter": ["-s", "77"],
    "security counter from the version": ["-s", "auto"],
    "dependencies": ["-d", "(1, 2.3.4+5), (0, 1.0.0)"],
    "custom TLVs": ["--custom-tlv", "0x00a0", "text", "--custom-tlv", "0x42a0", "0x0badf00d"],
    "boot record": ["--boot-record", "APP"],
    "vendor and class": ["--vid", "example.com", "--cid", "thing"],
    "fixed address": ["--rom-fixed", "0x20000"],
    "whole public key": ["--public-key-format", "full"],
    "erased value 0": ["--erased-val", "0", "--pad"],
    "everything": ["-s", "3", "-d", "(1, 2.3.4+5)", "--boot-record", "APP", "--vid", "example.com",
                   "--cid", "thing", "--custom-tlv", "0x00a0", "text", "--confirm"],
}


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_every_key_type(sign, judge, keys, kind):
    said = judge(sign(keys(kind)), *keys(kind).option())
    assert said["reason"] == NONE, said
    assert said["version"] == "1.2.3+4"
    assert said["entry_off"] == 0x200
    assert said["payload_len"] == PAYLOAD
    assert said["pure"] == 0


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_every_option(sign, judge, keys, imgtool, options):
    key = keys("ecdsa-p256")
    path = sign(key, *options)
    said = judge(path, *key.option())
    assert said["reason"] == NONE, said
    imgtool("verify", "-k", key.path, path)
    assert said["digest"] == hashlib.sha256(path.read_bytes()[: said_hashed(path)]).hexdigest()
    assert said["fixed"] == ("--rom-fixed" in options)
    assert said["load_addr"] == (0x20000 if "--rom-fixed" in options else 0)
    assert said.get("counter") == {"77": 77, "auto": 0x01020003, "3": 3}.get(
        options[options.index("-s") + 1] if "-s" in options else None)
    wanted = []
    if "-d" in options:
        wanted = [[1, "2.3.4+5"], [0, "1.0.0+0"]][: options[options.index("-d") + 1].count("+") + 1]
        wanted = wanted if "1.0.0" in options[options.index("-d") + 1] else wanted[:1]
    assert said["dependencies"] == wanted


def said_hashed(path):
    """Bytes that the digest covers, from the header alone."""
    h = path.read_bytes()[:16]
    return (int.from_bytes(h[8:10], "little") + int.from_bytes(h[10:12], "little")
            + int.from_bytes(h[12:16], "little"))


def test_ecdsa_padded_signature(sign, judge, keys, imgtool, bulkhead, tmp_path):
    """Made by either tool the image is as long, and each other's judge takes it."""
    key = keys("ecdsa-p256")
    theirs, ours = sign(key, "--pad-sig"), tmp_path / "ours.bin"
    bulkhead("image", "sign", "-k", key.path, "-H", "0x200", "--pad-header", "-S", SLOT, "--align", "4", "-v",
             "1.2.3+4", "--pad-sig", tmp_path / "app.bin", ours)
    for path in (theirs, ours):
        said = judge(path, *key.option())
        assert said["reason"] == NONE, said
        imgtool("verify", "-k", key.path, path)
    assert ours.read_bytes()[:-72] == theirs.read_bytes()[:-72]
    assert len(ours.read_bytes()) == len(theirs.read_bytes())


@pytest.mark.parametrize("source", ["hex", "own header room", "empty payload"])
def test_other_inputs(sign, judge, keys, tmp_path, source):
    key = keys("ed25519")
    if source == "hex":
        ih = IntelHex()
        ih.frombytes(random.Random(1).randbytes(500), offset=0x08020200)
        path = tmp_path / "app.hex"
        ih.tofile(str(path), "hex")
        image = sign(key, source=path)
    elif source == "own header room":
        path = tmp_path / "app2.bin"
        path.write_bytes(bytes(0x400) + b"code" * 100)
        image = sign(key, source=path, header=("-H", "0x400"))
    else:
        path = tmp_path / "empty.bin"
        path.write_bytes(b"")
        image = sign(key, source=path)
    said = judge(image, *key.option())
    assert said["reason"] == NONE, said


@pytest.mark.parametrize("options,pure", [(["--pure"], 1), (["--sha", "512"], 0)], ids=["pure", "sha-512"])
def test_ed25519_with_sha512(sign, judge, keys, options, pure):
    key = keys("ed25519")
    path = sign(key, *options, "-s", "1")
    said = judge(path, *key.option("sha512"))
    assert (said["reason"], said["pure"]) == (NONE, pure), said
    assert judge(path, *key.option("sha256"))["reason"] == NO_DIGEST
    if pure:
        assert judge(path, *key.option("sha512"), "--no-pure")["reason"] == UNSUPPORTED


def test_one_of_several_keys(sign, judge, keys):
    own = keys("rsa-2048").option() + keys("ed25519").option() + keys("ecdsa-p256").option()
    said = judge(sign(keys("ecdsa-p256")), *own)
    assert (said["reason"], said["key"]) == (NONE, 2), said
    assert judge(sign(keys("ecdsa-p256", 1)), *own)["reason"] == UNKNOWN_KEY
    assert judge(sign(keys("rsa-3072")), *own)["reason"] == UNKNOWN_KEY


REFUSED = {
    "no signature": (None, [], NO_SIGNATURE),
    "not bootable": ("ecdsa-p256", ["--non-bootable"], NOT_BOOTABLE),
    "to run from RAM": ("ecdsa-p256", ["--load-addr", "0x20000000"], UNSUPPORTED),
    "compressed": ("ecdsa-p256", ["--compression", "lzma2"], UNSUPPORTED),
    "compressed, Arm Thumb": ("ecdsa-p256", ["--compression", "lzma2armthumb"], UNSUPPORTED),
    "big endian": ("ecdsa-p256", ["--endian", "big"], NO_IMAGE),
    "P-384": ("ecdsa-p384", [], NO_DIGEST),
}


@pytest.mark.parametrize("kind,options,why", REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_a_reason(sign, judge, keys, tmp_path, kind, options, why):
    source = tmp_path / "zeros.bin"
    source.write_bytes(bytes(PAYLOAD))  # so that compression is worth its while
    path = sign(kind and keys(kind), *options, source=source)
    said = judge(path, *keys("ecdsa-p256").option())
    assert said["reason"] == why, said


def test_p384_even_with_its_digest(sign, judge, keys):
    said = judge(sign(keys("ecdsa-p384")), *keys("ecdsa-p256").option("sha384"))
    assert said["reason"] == UNKNOWN_KEY, said


@pytest.mark.parametrize("kind,signer", [("x25519", "ed25519"), ("ecdsa-p256",) * 2, ("rsa-2048",) * 2])
@pytest.mark.parametrize("clear", [[], ["--clear"]], ids=["encrypted", "clear"])
def test_encrypted_is_refused(sign, judge, keys, imgtool, tmp_path, kind, signer, clear):
    public = tmp_path / "enc.pem"
    imgtool("getpub", "-k", keys(kind).path, "-e", "pem", "-o", public)
    signer = keys(signer, 1)
    said = judge(sign(signer, "-E", public, *clear), *signer.option())
    assert said["reason"] == UNSUPPORTED, said


def test_x25519_signs_nothing(sign, keys, tmp_path):
    """imgtool itself has no signature for such a key, so there is no image to refuse."""
    with pytest.raises(AssertionError, match="exit code"):
        sign(keys("x25519"))


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_wrong_key(sign, judge, keys, kind):
    path = sign(keys(kind, 1))
    assert judge(path, *keys(kind).option())["reason"] == UNKNOWN_KEY
    # a key that passes itself off under the signer's name
    algo, name, _ = keys(kind, 1).option()[-1].split(":")
    liar = ["--key", f"{algo}:{name}:{keys(kind).bytes.hex()}"]
    assert judge(path, *liar)["reason"] == SIGNATURE


def test_security_counter_and_floor(sign, judge, keys):
    key = keys("ed25519")
    path = sign(key, "-s", "7")
    assert judge(path, *key.option(), "--floor", "7", "--need-counter")["reason"] == NONE
    assert judge(path, *key.option(), "--floor", "8")["reason"] == FLOOR
    assert judge(sign(key), *key.option(), "--need-counter")["reason"] == NO_COUNTER


FLIPPED = {kind: (kind, "sha256", []) for kind in KEY_TYPES} | {
    "pure": ("ed25519", "sha512", ["--pure"]),
    "sha-512": ("ed25519", "sha512", ["--sha", "512"]),
    "padded signature": ("ecdsa-p256", "sha256", ["--pad-sig"]),
    "whole key": ("ecdsa-p256", "sha256", ["--public-key-format", "full"]),
    "everything": ("rsa-2048", "sha256", OPTIONS["everything"]),
}


def slack(image, key, hash_name, options):
    """(start, end) of bytes between the header's first and the last TLV's that may change. No
    signature can cover them, and nothing is believed because of them: they only help to find the key
    whose signature is then verified. A key is found by 32 bytes of its hash; a whole key in the image
    is not looked at."""
    name = hashlib.new(hash_name, key.der).digest()
    unread = key.der if "full" in options else name[32:]
    return (image.index(unread), image.index(unread) + len(unread)) if unread else (0, 0)


@pytest.mark.parametrize("kind,hash_name,options", FLIPPED.values(), ids=FLIPPED.keys())
def test_one_flipped_bit_is_refused(sign, judge, keys, seed, kind, hash_name, options):
    key = keys(kind)
    path = sign(key, *options)
    said = judge(path, *key.option(hash_name), "--flips", FLIPS, "--seed", seed)
    assert said["reason"] == NONE, said
    start, end = slack(path.read_bytes(), key, hash_name, options)
    assert [a for a in said["accepted"] if not start <= a[0] < end] == []
    assert bool(said["accepted"]) == (start < end), "slack that is none, or none that is"
    assert sum(said["refused"].values()) == FLIPS - len(said["accepted"])
    assert {TLV, DIGEST, SIGNATURE} <= {int(r) for r in said["refused"]}


def test_bytes_behind_the_image_do_not_count(sign, judge, keys):
    key = keys("ed25519")
    path = sign(key, "--pad")
    good = judge(path, *key.option())
    image = bytearray(path.read_bytes())
    assert len(image) == SLOT > good["len"]
    image[good["len"]:] = bytes(b ^ 0x55 for b in image[good["len"]:])
    path.write_bytes(image)
    assert judge(path, *key.option()) == good


def test_cut_short_anywhere(sign, judge, keys):
    """A file that was not all received, and a slot that is too small for the image."""
    key = keys("ed25519")
    path = sign(key, "-s", "1")
    whole = path.read_bytes()
    lengths = [0, 1, 4, 31, 32, 33, 0x200, 0x200 + PAYLOAD, len(whole) - 100, len(whole) - 1]
    for n in lengths:
        path.write_bytes(whole[:n])
        assert judge(path, *key.option())["reason"] == (NO_IMAGE if n < 32 else TOO_BIG), n
        path.write_bytes(whole)
        assert judge(path, *key.option(), "--limit", n)["reason"] == (NO_IMAGE if n < 32 else TOO_BIG), n
    assert judge(path, *key.option(), "--limit", len(whole))["reason"] == NONE


def test_garbage(judge, keys, tmp_path, seed):
    path = tmp_path / "garbage"
    for content in (b"", b"\0" * 5000, b"\xff" * 5000, random.Random(seed).randbytes(5000)):
        path.write_bytes(content)
        assert judge(path, *keys("ed25519").option())["reason"] == NO_IMAGE


def test_the_example_in_the_docs(judge, tmp_path):
    page = (ROOT / "docs/formats/image-mcuboot.md").read_text()
    lines = re.findall(r"^[0-9a-f]{8}: ((?:[0-9a-f]{2} ?)+)$", page, re.MULTILINE)
    path = tmp_path / "example.bin"
    path.write_bytes(bytes.fromhex("".join(lines)))
    said = judge(path)
    assert (said["reason"], said["version"], said["counter"]) == (NONE, "1.2.3+4", 7)
    assert said["len"] == path.stat().st_size


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_the_tool_agrees(sign, bulkhead, keys, kind):
    key = keys(kind)
    path = sign(key, "-s", "7")
    bulkhead("image", "verify", "--key", key.path, path)
    bulkhead("image", "verify", "--key", keys(kind, 1).path, path, fails=True)
