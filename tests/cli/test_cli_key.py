# SPDX-License-Identifier: Apache-2.0
"""bulkhead key: judged by imgtool and by the cryptography package."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import stat
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALL = ("ed25519", "ecdsa-p256", "rsa-2048", "rsa-3072", "ecdsa-p384", "x25519")


def without_comment(text):
    return text.split("\n", 1)[1]


def public_der(path, name):
    """What the format hashes, from the judge."""
    key = serialization.load_pem_private_key(path.read_bytes(), None).public_key()
    form = (serialization.PublicFormat.PKCS1 if name.startswith("rsa")
            else serialization.PublicFormat.SubjectPublicKeyInfo)
    return key.public_bytes(serialization.Encoding.DER, form)


@pytest.mark.parametrize("name", ALL)
def test_new_key_is_what_others_read(tool, keys, imgtool, name):
    path = keys[name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    der = public_der(path, name)
    shown = json.loads(tool("key", "show", "--json", path).stdout)
    assert shown["type"] == name and shown["kind"] == "private"
    assert shown["id"] == hashlib.sha256(der).hexdigest()
    assert tool("key", "export", "--format", "hash", path).stdout.strip() == shown["id"]
    assert tool("key", "export", "--format", "der", path, text=False).stdout == der
    for bits in 256, 384, 512:
        digest = hashlib.new(f"sha{bits}", der).hexdigest()
        printed = tool("key", "export", "--format", "hash", "--sha", str(bits), path).stdout
        assert printed.strip() == digest[:64]
    ours = tool("key", "export", "--format", "imgtool-c", path).stdout
    assert without_comment(ours) == without_comment(imgtool("getpub", "-k", path).output)
    assert tool("key", "export", path).stdout == imgtool("getpub", "-e", "pem", "-k", path).output


@pytest.mark.parametrize("name", ALL)
def test_key_of_imgtool(tool, imgtool, name):
    path = tool.folder / "k.pem"
    imgtool("keygen", "-k", path, "-t", name)
    shown = json.loads(tool("key", "show", "--json", "k.pem").stdout)
    assert shown["type"] == name
    assert shown["id"] == hashlib.sha256(public_der(path, name)).hexdigest()


@pytest.mark.parametrize("name", ALL)
def test_every_form_is_the_same_key(tool, keys, name):
    key = serialization.load_pem_private_key(keys[name].read_bytes(), None)
    der, pem = serialization.Encoding.DER, serialization.Encoding.PEM
    plain, spki = serialization.NoEncryption(), serialization.PublicFormat.SubjectPublicKeyInfo
    pkcs8 = serialization.PrivateFormat.PKCS8
    forms = {"private.der": key.private_bytes(der, pkcs8, plain),
             "public.pem": key.public_key().public_bytes(pem, spki),
             "public.der": key.public_key().public_bytes(der, spki)}
    if "25519" not in name:
        old = serialization.PrivateFormat.TraditionalOpenSSL
        forms["old.pem"] = key.private_bytes(pem, old, plain)
    ids = {json.loads(tool("key", "show", "--json", keys[name]).stdout)["id"]}
    for file, content in forms.items():
        (tool.folder / file).write_bytes(content)
        shown = json.loads(tool("key", "show", "--json", file).stdout)
        assert shown["kind"] == ("public" if "public" in file else "private")
        ids.add(shown["id"])
    assert len(ids) == 1


@pytest.mark.parametrize("name", ("ed25519", "ecdsa-p256", "rsa-2048", "rsa-3072", "lms"))
def test_c_form_compiles_to_the_key(tool, keys, name):
    tool("key", "export", "--format", "c", "--name", "my.key", keys[name], "-o", "key.c")
    main = r"""
    #include <stdio.h>
    #include "bulkhead/key.h"
    extern const struct bh_key my_key;
    const struct bh_signature_algo bh_p256 = {BH_SIG_P256, 0}, bh_ed25519 = {BH_SIG_ED25519, 0},
        bh_rsa2048 = {BH_SIG_RSA2048, 0}, bh_rsa3072 = {BH_SIG_RSA3072, 0}, bh_lms = {BH_SIG_LMS, 0};
    int main(void)
    {
        printf("%d ", my_key.algo->id);
        for (int i = 0; i < 32; i++) printf("%02x", my_key.id[i]);
        printf(" ");
        for (int i = 0; i < my_key.len; i++) printf("%02x", my_key.bytes[i]);
    }"""
    (tool.folder / "main.c").write_text(main)
    subprocess.run(["gcc", "-Wall", "-Werror", f"-I{ROOT}/include", "main.c", "key.c", "-o", "main"],
                   cwd=tool.folder, check=True)
    algo, key_id, public = subprocess.run([tool.folder / "main"], capture_output=True, text=True,
                                          check=True).stdout.split()
    shown = json.loads(tool("key", "show", "--json", keys[name]).stdout)
    assert (key_id, public) == (shown["id"], shown["public"])
    assert int(algo) == {"ed25519": 0x24, "ecdsa-p256": 0x22, "rsa-2048": 0x20, "rsa-3072": 0x23,
                         "lms": 0xA0}[name]


def test_nothing_is_overwritten(tool):
    tool("key", "new", "-t", "ed25519", "k.pem")
    tool.refuses("key", "new", "-t", "ed25519", "k.pem", code=1, says=["k.pem: exists", "--force"])
    before = (tool.folder / "k.pem").read_bytes()
    os.chmod(tool.folder / "k.pem", 0o644)
    tool("key", "new", "-t", "ed25519", "--force", "k.pem")
    assert (tool.folder / "k.pem").read_bytes() != before


def test_passphrase(tool, keys):
    secret = {"SECRET": "open sesame"}
    tool("key", "new", "-t", "p256", "--passphrase", "env:SECRET", "k.pem", env=secret)
    assert b"ENCRYPTED" in (tool.folder / "k.pem").read_bytes()
    (tool.folder / "pass").write_text("open sesame\nsecond line\n")
    (tool.folder / "app").write_bytes(bytes(64))
    tool("key", "show", "--passphrase", "file:pass", "k.pem")
    tool("image", "sign", "-k", "k.pem", "--passphrase", "env:SECRET", "-v1", "--pad-header", "app",
         "image", env=secret)
    key = serialization.load_pem_private_key((tool.folder / "k.pem").read_bytes(), b"open sesame")
    assert key.curve.name == "secp256r1"
    for words, says in [
        ([], "protected by a passphrase, and there is no terminal"),
        (["--passphrase", "env:NOT_THERE"], "NOT_THERE is not set"),
        (["--passphrase", "file:nowhere"], "nowhere: cannot open"),
        (["--passphrase", "sesame"], "'sesame' is none of env:, file:, ask"),
        (["--passphrase", "env:WRONG"], "k.pem: cannot decrypt the key: the passphrase is wrong"),
        (["--passphrase", "env:EMPTY"], "has 0 bytes"),
    ]:
        line = tool.refuses("key", "show", "k.pem", *words, says=says,
                            env={"WRONG": "hello", "EMPTY": ""})
        assert "sesame" not in line or words[-1] == "sesame"
    tool.refuses("key", "new", "-t", "lms", "--passphrase", "env:SECRET", "l.pem", env=secret,
                 says="LMS key cannot have a passphrase")


def test_wrong_files(tool, keys):
    f = tool.folder
    (f / "empty").touch()
    (f / "random").write_bytes(bytes(range(1, 200)))
    (f / "cut.pem").write_bytes(keys["rsa-2048"].read_bytes()[:400])
    (f / "cert.pem").write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    (f / "ssh").write_text("ssh-ed25519 AAAAC3Nza someone@here\n")
    (f / "folder").mkdir()
    for curve, file in [("secp256k1", "k1.pem"), ("prime256v1", "good.pem")]:
        subprocess.run(["openssl", "ecparam", "-name", curve, "-genkey", "-out", file], cwd=f,
                       check=True)
    subprocess.run(["openssl", "genrsa", "-out", "rsa1024.pem", "1024"], cwd=f, check=True,
                   capture_output=True)
    tool("key", "show", "good.pem")  # with its curve's parameters before it
    for file, says in [
        ("empty", "file is empty"), ("random", "no key: neither PEM"),
        ("cut.pem", "no key can be read"), ("cert.pem", "is a certificate"), ("ssh", "OpenSSH key"),
        ("folder", "is a folder"), ("missing", "cannot open: No such file"),
        ("k1.pem", "unusable type: EC, 256 bits, curve secp256k1"),
        ("rsa1024.pem", "unusable type: RSA, 1024 bits"),
    ]:
        line = tool.refuses("key", "show", file, says=[file, says])
        tool.refuses("key", "export", file, "-o", "out", says=says)
        assert line.count(".") >= 2 or file == "folder", f"no advice: {line}"


def test_output_places(tool, keys):
    key = keys["ed25519"]
    (tool.folder / "folder").mkdir()
    tool.refuses("key", "new", "-t", "ed25519", "folder", says="folder: cannot write: is a folder")
    tool.refuses("key", "new", "-t", "ed25519", "nowhere/k", says="No such file or directory")
    tool.refuses("key", "new", "-t", "ed25519", "-", says="not written to standard output")
    tool.refuses("key", "export", key, "-o", "/proc/k", says="/proc/k: cannot write in this folder")
    tool("key", "export", key, "-o", "pub.pem")
    tool.refuses("key", "export", key, "-o", "pub.pem", code=1, says="--force")
    os.symlink("pub.pem", tool.folder / "link")
    tool("key", "export", "--format", "hash", "--force", key, "-o", "link")
    assert (tool.folder / "link").is_symlink()
    assert len((tool.folder / "pub.pem").read_text()) == 65
    assert {p.name for p in tool.folder.iterdir()} == {"folder", "pub.pem", "link"}


def test_core_has_no_algorithm_for_it(tool, keys):
    for name in ("ecdsa-p384", "x25519"):
        tool.refuses("key", "export", "--format", "c", keys[name], says=f"cannot verify {name}")


# ---- LMS: every signature uses up a leaf, and none is used twice ----

def leaf_of(image):
    """Number of the leaf in an image's LMS signature: u32 0, u32 q, big endian."""
    data = image.read_bytes()
    at = data.index(bytes([0xA0, 0x42])) + 4
    assert data[at:at + 4] == bytes(4)
    return int.from_bytes(data[at + 4:at + 8], "big")


@pytest.fixture
def lms(tool):
    tool("key", "new", "-t", "lms", "--lms-height", "5", "--lms-width", "4", "lms.pem")
    (tool.folder / "app").write_bytes(bytes(range(64)))
    return tool


def sign(tool, out, **kw):
    return tool("image", "sign", "-q", "-k", "lms.pem", "-v1", "--pad-header", "app", out, **kw)


def test_lms_counts(lms):
    for i in range(32):
        sign(lms, f"i{i}")
        assert leaf_of(lms.folder / f"i{i}") == i
        left = json.loads(lms("key", "show", "--json", "lms.pem").stdout)["signatures_left"]
        assert left == 31 - i
    lms("image", "verify", "-k", "lms.pem", "i31")
    lms.refuses("image", "sign", "-k", "lms.pem", "-v1", "--pad-header", "app", "one-more", code=1,
                says="all 32 signatures of this LMS key are used")


def test_lms_signers_at_the_same_time(lms):
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda i: sign(lms, f"i{i}"), range(18)))
    leaves = sorted(leaf_of(lms.folder / f"i{i}") for i in range(18))
    assert leaves == list(range(18))


def test_lms_wastes_nothing(lms):
    """What fails for another reason uses no leaf; a dry run is not possible."""
    words = ("image", "sign", "-k", "lms.pem", "-v1", "--pad-header")
    lms.refuses(*words, "app", "nowhere/out", says="No such file")
    lms.refuses(*words, "missing", "out", says="cannot open")
    lms.refuses(*words, "-S", "0x240", "app", "out", says="exceed the slot")
    lms.refuses(*words, "--dry-run", "app", "out", says="would use up a signature")
    assert json.loads(lms("key", "show", "--json", "lms.pem").stdout)["signatures_left"] == 32


def test_lms_damaged(lms):
    good = (lms.folder / "lms.pem").read_text()
    lines = good.splitlines(keepends=True)
    for damaged in (good.replace(lines[3], lines[3][::-1].strip() + "\n"),
                    "".join(lines[:-2] + lines[-1:]),
                    good.replace("QkhM", "QkhN")):
        (lms.folder / "bad.pem").write_text(damaged)
        lms.refuses("key", "show", "bad.pem", says="LMS private key is damaged")


def test_lms_public_form(lms):
    lms("key", "export", "lms.pem", "-o", "pub.pem")
    private, public = (json.loads(lms("key", "show", "--json", f).stdout)
                       for f in ("lms.pem", "pub.pem"))
    assert public["kind"] == "public" and "signatures_left" not in public
    assert public["id"] == private["id"]
    assert private["id"] == hashlib.sha256(bytes.fromhex(private["public"])).hexdigest()
    der = subprocess.run(["openssl", "asn1parse", "-in", "pub.pem"], cwd=lms.folder, text=True,
                         capture_output=True, check=True).stdout
    assert "hss-lms" in der or "1.2.840.113549.1.9.16.3.17" in der
    lms.refuses("image", "sign", "-k", "pub.pem", "-v1", "--pad-header", "app", "out",
                says="cannot sign with a public key")


def test_public_key_does_not_replace_the_private_one(tool):
    tool("key", "new", "-t", "ed25519", "k.pem")
    os.symlink("k.pem", tool.folder / "link.pem")
    for output in ("k.pem", "link.pem", "./k.pem"):
        tool.refuses("key", "export", "k.pem", "-o", output, "--force",
                     says=[f"{output}: the public key would replace the private one"])
    tool("key", "export", "k.pem", "-o", "public.pem")
    tool.refuses("key", "export", "public.pem", "-o", "public.pem", "--force",
                 says=["public.pem: the output would replace an input"])


def rsa_public(modulus, exponent):
    """SubjectPublicKeyInfo by hand: no library makes these."""
    def item(tag, data):
        size = len(data)
        return bytes([tag]) + (bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")) + data

    def number(x):
        return item(2, x.to_bytes(x.bit_length() // 8 + 1, "big"))

    algorithm = item(0x30, bytes.fromhex("06092a864886f70d0101010500"))
    key = item(0x30, number(modulus) + number(exponent))
    return item(0x30, algorithm + item(3, b"\0" + key))


def test_keys_that_are_no_protection(tool, keys):
    p = 2**255 - 19
    eighth = int.from_bytes(bytes.fromhex(
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little")
    for y in (0, 1, p - 1, p, p + 1, eighth, p - eighth):
        for sign in (0, 1 << 255):
            (tool.folder / "k").write_bytes(bytes.fromhex("302a300506032b6570032100")
                                            + (y | sign).to_bytes(32, "little"))
            tool.refuses("key", "show", "k", says="k: anyone can sign for this Ed25519 key")
    n = serialization.load_pem_private_key(keys["rsa-2048"].read_bytes(),
                                           None).public_key().public_numbers().n
    for modulus, exponent, says in ((n, 1, "3 or more"), (n, 0, "3 or more"), (n, 65536, "odd"),
                                    (n - 1, 65537, "modulus is even"),
                                    (n, 2**32 + 1, "exponent above 32 bits")):
        (tool.folder / "k").write_bytes(rsa_public(modulus, exponent))
        tool.refuses("key", "export", "--format", "c", "k", says=["k: ", says])
    (tool.folder / "k").write_bytes(rsa_public(n, 3))
    tool("key", "show", "k")


def test_points_in_other_forms(tool, keys):
    der = public_der(keys["ecdsa-p256"], "ecdsa-p256")
    hybrid = bytearray(der)
    hybrid[26] = 6 + (der[-1] & 1)
    (tool.folder / "k").write_bytes(hybrid)
    tool.refuses("key", "show", "k", says=["k: ", "compressed or hybrid form"])
