# SPDX-License-Identifier: Apache-2.0
"""Espressif's images: held to the real esptool and espsecure in both directions."""

import json
import random
import subprocess
import sys
from pathlib import Path

import images
import pytest

BIN = Path(sys.executable).parent


def tool(name, *args, fails=False):
    done = subprocess.run([str(BIN / name), *map(str, args)], capture_output=True, text=True,
                          timeout=120)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    for name, scheme in (("rsa", "rsa3072"), ("rsa2", "rsa3072"), ("ec", "ecdsa256"),
                         ("ec2", "ecdsa256")):
        tool("espsecure", "generate-signing-key", "--version", "2", "--scheme", scheme,
             folder / f"{name}.pem")
    return folder


@pytest.fixture
def image(run):
    def call(*args):
        code, out, err = run("bulkhead", "image", *args)
        return code, out.decode(), err.decode()

    return call


@pytest.fixture
def app(tmp_path):
    path = tmp_path / "app.bin"
    path.write_bytes(images.app())
    return path


def test_esptool_reads_our_test_image(app):
    said = tool("esptool", "--chip", "esp32c3", "image-info", app)
    assert "valid" in said and "invalid" not in said.lower()


def test_info(image, app):
    code, out, _ = image("info", "--json", app)
    info = json.loads(out)
    assert code == 0
    assert (info["chip"], info["version"], info["project"]) == ("ESP32-C3", "1.2.3", "project")
    assert info["checksum"] and info["digest"] and info["size"] == app.stat().st_size
    assert [s["load_address"] for s in info["segments"]] == [0x3C000020, 0x42010130]
    code, out, _ = image("info", app)
    assert code == 0 and "image for ESP32-C3" in out and "checksum        right" in out


def test_verify_unsigned(image, app):
    assert image("verify", app)[0] == 0
    app.write_bytes(images.app(digest=False))
    code, _, err = image("verify", app)
    assert code == 5 and "no digest" in err
    app.write_bytes(images.app(seed=0xEE))
    assert not json.loads(image("info", "--json", app)[1])["checksum"]
    assert "invalid" in tool("esptool", "--chip", "esp32c3", "image-info", app)


@pytest.mark.parametrize("key, other", [("rsa", "rsa2"), ("ec", "ec2")])
def test_theirs_verifies_here(image, app, keys, tmp_path, key, other):
    signed = tmp_path / "signed"
    tool("espsecure", "sign-data", "--version", "2", "--keyfile", keys / f"{key}.pem", "--output",
         signed, app)
    code, out, err = image("verify", "-k", keys / f"{key}.pem", signed)
    assert code == 0, err
    code, _, err = image("verify", "-k", keys / f"{other}.pem", signed)
    assert code == 5 and "no key of this product" in err
    code, _, err = image("verify", "-k", keys / f"{key}.pem", app)
    assert code == 5 and "not signed" in err
    digest = tmp_path / "digest"
    tool("espsecure", "digest-sbv2-public-key", "--keyfile", keys / f"{key}.pem", "--output", digest)
    info = json.loads(image("info", "--json", signed)[1])
    assert [s["key_digest"] for s in info["signatures"]] == [digest.read_bytes().hex()]


@pytest.mark.parametrize("key", ["rsa", "ec"])
def test_ours_verifies_there(image, app, keys, tmp_path, key):
    signed = tmp_path / "signed"
    assert image("sign-espressif", "-n", "-k", keys / f"{key}.pem", "-o", signed, app)[0] == 0
    assert not signed.exists()
    code, _, err = image("sign-espressif", "-k", keys / f"{key}.pem", "-o", signed, app)
    assert code == 0, err
    said = tool("espsecure", "verify-signature", "--version", "2", "--keyfile", keys / f"{key}.pem",
                signed)
    assert "verification successful" in said
    assert image("verify", "-k", keys / f"{key}.pem", signed)[0] == 0
    theirs = tmp_path / "theirs"
    tool("espsecure", "sign-data", "--version", "2", "--keyfile", keys / f"{key}.pem", "--output",
         theirs, app)
    a, b = signed.read_bytes(), theirs.read_bytes()
    start = 812 if key == "rsa" else 101  # up to the signature nothing is random
    at = len(a) - 4096
    assert len(a) == len(b) and a[:at + start] == b[:at + start]
    assert a[at + 1200:] == b[at + 1200:]


def test_three_signatures(image, app, keys, tmp_path):
    one, two, three = (tmp_path / n for n in ("one", "two", "three"))
    assert image("sign-espressif", "-k", keys / "rsa.pem", "-o", one, app)[0] == 0
    tool("espsecure", "sign-data", "--version", "2", "--append-signatures", "--keyfile",
         keys / "rsa2.pem", "--output", two, one)
    assert image("sign-espressif", "--append", "-k", keys / "rsa.pem", "-o", three, two)[0] == 0
    assert len(json.loads(image("info", "--json", three)[1])["signatures"]) == 3
    for key in ("rsa", "rsa2"):
        assert image("verify", "-k", keys / f"{key}.pem", three)[0] == 0
        tool("espsecure", "verify-signature", "--version", "2", "--keyfile", keys / f"{key}.pem",
             three)
    code, _, err = image("sign-espressif", "--append", "-k", keys / "rsa.pem", "-o", tmp_path / "4",
                         three)
    assert code == 2 and "1 to 3 signatures fit" in err and not (tmp_path / "4").exists()
    code, _, err = image("sign-espressif", "--append", "-k", keys / "ec.pem", "-o", tmp_path / "4", one)
    assert code == 2 and "do not go together" in err
    assert image("sign-espressif", "-k", keys / "ec.pem", "-o", tmp_path / "5", two)[0] == 0
    assert len(json.loads(image("info", "--json", tmp_path / "5")[1])["signatures"]) == 1


@pytest.mark.parametrize("key", ["rsa", "ec"])
def test_one_bit(image, app, keys, tmp_path, seed, key):
    """Anywhere in image, digest, key or signature: refused, without a crash."""
    signed = tmp_path / "signed"
    assert image("sign-espressif", "-k", keys / f"{key}.pem", "-o", signed, app)[0] == 0
    good, rng = signed.read_bytes(), random.Random(f"{seed}/{key}")
    block = len(good) - 4096
    end = 1196 if key == "rsa" else 165
    for _ in range(150):
        at = rng.choice([rng.randrange(block), block + rng.randrange(end + 4)])
        if block + end <= at < block + 1196:
            continue
        bad = bytearray(good)
        bad[at] ^= 1 << rng.randrange(8)
        signed.write_bytes(bad)
        code, _, err = image("verify", "-k", keys / f"{key}.pem", signed)
        assert code == 5, f"offset {at}: {err}"


def test_cut_short(image, app, keys, tmp_path, seed):
    data, rng = app.read_bytes(), random.Random(seed)
    for _ in range(60):
        n = rng.randrange(1, len(data))
        app.write_bytes(data[:n])
        assert image("verify", app)[0] == 5
        assert image("info", app)[0] in (0, 2)


@pytest.mark.parametrize("patch", [(1, 17), (1, 255), (28, 255), (31, 1), (28, 2), (31, 0xFF)])
def test_structure(image, app, patch):
    data = bytearray(app.read_bytes())
    data[patch[0]] = patch[1]
    app.write_bytes(data)
    assert image("verify", app)[0] == 5


def test_sign_refuses(image, app, keys, tmp_path, run):
    out = tmp_path / "out"
    assert run("bulkhead", "key", "new", "--type", "ed25519", tmp_path / "ed.pem")[0] in (0, 2)
    for args, text in ((["-k", "/nowhere"], "/nowhere"), ([], "--key")):
        code, _, err = image("sign-espressif", *args, "-o", out, app)
        assert code in (1, 2) and text in err and not out.exists()
