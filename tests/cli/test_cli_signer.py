# SPDX-License-Identifier: Apache-2.0
"""Signatures made elsewhere: --signer COMMAND (tokens: test_cli_pkcs11.py); and images that follow a product.

To repeat one test: build/venv/bin/pytest tests/cli/test_cli_signer.py -k NAME
"""

import json
import os
import random
import subprocess
import sys

import pytest

BASE = ("-v", "1.2.3", "--pad-header", "app.bin")
# what signs a digest as it is with OpenSSL's own program
SIGN = {
    "ecdsa-p256": "openssl pkeyutl -sign -inkey {}",
    "ecdsa-p384": "openssl pkeyutl -sign -inkey {}",
    "rsa-2048": "openssl pkeyutl -sign -inkey {} -pkeyopt digest:sha256 -pkeyopt rsa_padding_mode:pss "
                "-pkeyopt rsa_pss_saltlen:32 -pkeyopt rsa_mgf1_md:sha256",
    "ed25519": "cat > d && openssl pkeyutl -sign -rawin -in d -inkey {} && rm d",
}


@pytest.fixture
def app(tool, seed=3):
    (tool.folder / "app.bin").write_bytes(random.Random(seed).randbytes(3000))
    return tool.folder / "app.bin"


@pytest.fixture
def public(tool, keys):
    def make(kind):
        path = tool.folder / f"{kind}.pub"
        tool("key", "export", keys[kind], "-o", path, "--force")
        return path

    return make


@pytest.mark.parametrize("kind", SIGN)
@pytest.mark.parametrize("form", ["{}", "{} | base64", "{} | base64 -w0"], ids=["raw", "base64", "one line"])
def test_signer(tool, keys, public, imgtool, app, kind, form):
    command = form.format(SIGN[kind].format(keys[kind])) if " && " not in SIGN[kind] else form.format(
        "(" + SIGN[kind].format(keys[kind]) + ")")
    tool("image", "sign", "-k", public(kind), "--signer", command, *BASE, "out.bin")
    imgtool("verify", "-k", keys[kind], tool.folder / "out.bin")
    tool("image", "sign", "-k", keys[kind], *BASE, "own.bin")
    own, out = ((tool.folder / n).read_bytes() for n in ("own.bin", "out.bin"))
    assert out[:3000 + 0x200] == own[:3000 + 0x200]
    if kind == "ed25519":
        assert out == own


def test_signer_prints_two_numbers(tool, keys, public, imgtool, app):
    """As PKCS#11 tokens do: r and s, 32 bytes each."""
    script = tool.folder / "hsm"
    script.write_text(f"""#!/usr/bin/env python3
import subprocess, sys
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
der = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", "{keys['ecdsa-p256']}"], input=sys.stdin.buffer.read(),
                     capture_output=True, check=True).stdout
r, s = decode_dss_signature(der)
sys.stdout.buffer.write(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
""")
    for form in ("{}", "{} | base64"):
        tool("image", "sign", "-k", public("ecdsa-p256"), "--signer", form.format(f"{sys.executable} hsm"), *BASE,
             "out.bin")
        imgtool("verify", "-k", keys["ecdsa-p256"], tool.folder / "out.bin")


def test_signer_gets_the_digest_or_the_image(tool, keys, public, app):
    sign = SIGN["ed25519"].format(keys["ed25519"]).replace("rm d", "mv d given")
    pub = public("ed25519")
    for words, length in (([], 32), (["--sha", "512"], 64), (["--pure"], 3000 + 0x200)):
        tool("image", "sign", "-k", pub, "--signer", sign, *words, *BASE, "out.bin")
        assert len((tool.folder / "given").read_bytes()) == length
        tool("image", "verify", "-k", pub, "out.bin")


def test_large_image_to_a_slow_signer(tool, keys, public):
    """More than a pipe holds goes in while nothing is read yet, and while much comes out."""
    (tool.folder / "app.bin").write_bytes(random.Random(1).randbytes(1 << 20))
    sign = "sleep 0.2; " + SIGN["ed25519"].format(keys["ed25519"])
    tool("image", "sign", "-k", public("ed25519"), "--signer", sign, "--pure", *BASE, "out.bin")
    tool("image", "verify", "-k", keys["ed25519"], "out.bin")


WRONG = {
    "it fails": ("exit 3", 1, "exit code 3"),
    "it is not there": ("no-such-program-at-all", 1, "exit code 127"),
    "it is killed": ("kill -9 $$", 1, "signal 9"),
    "it prints nothing": ("cat > /dev/null", 1, "printed no signature"),
    "it prints no signature": ("echo hello", 1, "no signature by that key"),
    "it prints the digest": ("cat", 1, "printed 32 bytes that are no signature"),
    "it does not stop printing": ("yes", 1, "more than any signature"),
    "it never reads": ("printf x", 1, "no signature by that key"),
    "it closes its input": ("exec <&-; printf x", 1, "no signature by that key"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("pure", [[], ["--pure"]], ids=["digest", "pure"])
def test_wrong_signers(tool, public, name, pure):
    command, code, says = WRONG[name]
    (tool.folder / "app.bin").write_bytes(bytes(range(256)) * 1000)
    if name == "it prints the digest" and pure:
        says = "more than any signature"
    pub = public("ed25519")
    done = tool("image", "sign", "-k", pub, "--signer", command, *pure, *BASE, "out.bin", code=code)
    assert says in done.stderr
    assert not (tool.folder / "out.bin").exists()


def test_signature_of_another_key(tool, keys, public, app):
    tool("key", "new", "--type", "ecdsa-p256", "other.pem")
    pub = public("ecdsa-p256")
    tool.refuses("image", "sign", "-k", pub, "--signer", SIGN["ecdsa-p256"].format("other.pem"), *BASE, "out.bin",
                 code=1, says="Is --key the public part of its key")


def test_signer_needs_one_key(tool, keys, public, app):
    pub = public("ed25519")
    tool.refuses("image", "sign", "--signer", "cat", *BASE, "o", says="--key was given 0 times")
    tool.refuses("image", "sign", "-k", pub, "-k", pub, "--signer", "cat", *BASE, "o", says="given 2 times")
    tool.refuses("image", "sign", "-k", pub, "--signer", "cat", "-n", *BASE, "o", says="a dry run would have")
    tool.refuses("image", "sign", "-k", pub, *BASE, "o", says="or say --signer")
    tool("key", "export", keys["lms"], "-o", "lms.pub")
    tool.refuses("image", "sign", "-k", "lms.pub", "--signer", "cat", *BASE, "o", says="lms keys sign only with")


# ---- a product says its digest ----

def test_a_product_says_its_digest(tool, keys, app):
    """What sign makes, verify accepts and install accepts; what one refuses, all do."""
    for kind, sha in (("ed25519", 512), ("ecdsa-p256", 256), ("rsa-2048", 256)):
        key = keys[kind]
        said = json.loads(tool("image", "sign", "--layout", "stm32f407", "-k", key, *BASE, "good.bin", "--json").stdout)
        assert said["sha"] == sha
        said = json.loads(tool("image", "verify", "--layout", "stm32f407", "-k", key, "good.bin", "--json").stdout)
        assert (said["good"], said["sha"]) == (True, sha)
        tool("boot", "install", "stm32f407", "-k", key, "good.bin", "--flash", f"{kind}.flash")
        assert "starts" in tool("boot", "run", "stm32f407", "-k", key, "--flash", f"{kind}.flash").stdout


def test_an_image_with_another_digest_is_refused_everywhere(tool, keys, app):
    key = keys["ed25519"]
    tool("image", "sign", "-k", key, *BASE, "as-imgtool.bin")
    said = tool("image", "verify", "-k", key, "as-imgtool.bin").stdout
    assert "for bootloaders that compute SHA-256" in said and "sign with --layout" in said
    for words in (("image", "verify", "--layout", "stm32f407", "-k", key, "as-imgtool.bin"),
                  ("boot", "install", "stm32f407", "-k", key, "as-imgtool.bin", "--flash", "chip")):
        assert "carries no digest of the kind this product uses" in tool.refuses(*words, code=5)
    tool.refuses("image", "sign", "--layout", "stm32f407", "--sha", "256", "-k", key, *BASE, "o",
                 says="computes SHA-512, not SHA-256")
    tool.refuses("image", "sign", "--layout", "stm32f407", "-k", keys["ecdsa-p384"], *BASE, "o",
                 says="cannot verify signatures of type ecdsa-p384")
    tool.refuses("image", "sign", "--layout", "stm32f40", "-k", key, *BASE, "o", says="did you mean 'stm32f407'")


def test_sign_stage_and_boot_agree_on_the_size(tool, keys):
    """The longest image that sign makes for a product is the longest that boot takes."""
    key = keys["ed25519"]
    tool("image", "sign", "--layout", "stm32f407", "-k", key, "-v", "1", "--pad-header",
         write(tool, "small.bin", 100), "small")
    tool("boot", "install", "stm32f407", "-k", key, "small", "--flash", "chip")
    around = (tool.folder / "small").stat().st_size - 100
    for extra, good in ((0, True), (1, False)):
        app = write(tool, "large.bin", 128 * 1024 - around + extra)
        if good:
            tool("image", "sign", "--layout", "stm32f407", "-k", key, "-v", "1", "--pad-header", app, "large")
        else:
            tool.refuses("image", "sign", "--layout", "stm32f407", "-k", key, "-v", "1", "--pad-header", app, "large",
                         says="larger than the 131072 bytes that a slot of stm32f407 can take")
            tool("image", "sign", "--sha", "512", "-k", key, "-v", "1", "--pad-header", app, "large")
        tool("image", "verify", "--layout", "stm32f407", "-k", key, "large", code=0 if good else 5)
        tool("boot", "stage", "stm32f407", "large", "--flash", "chip", "-k", key, code=0 if good else 2)


def write(tool, name, n):
    (tool.folder / name).write_bytes(random.Random(n).randbytes(n))
    return name
