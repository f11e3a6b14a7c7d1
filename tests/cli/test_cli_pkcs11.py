# SPDX-License-Identifier: Apache-2.0
"""Keys in a token (SoftHSM), made there and never to leave it: signing by a pkcs11: URI, which needs
OpenSSL's provider, and by --signer with OpenSC's program, which needs none.

To repeat one test: build/venv/bin/pytest tests/cli/test_cli_pkcs11.py -k NAME
"""

import json
import os
import pathlib
import random
import re
import shutil
import subprocess

import pytest

from conftest import TOOL

BASE = ("-v", "1.2.3", "--pad-header", "app.bin")
DROPIN = TOOL.with_name("imgtool")
MODULE = next(pathlib.Path("/usr/lib").glob("**/libsofthsm2.so"), None)
PROVIDER = next(pathlib.Path("/usr/lib").glob("**/ossl-modules/pkcs11.so"), None)
TOKEN = MODULE and shutil.which("softhsm2-util") and shutil.which("pkcs11-tool")

needs_token = pytest.mark.skipif(not TOKEN, reason="Debian's softhsm2 and opensc are not installed")
needs_provider = pytest.mark.skipif(
    not (TOKEN and PROVIDER), reason="OpenSSL has no provider for PKCS#11 here: Debian 12 has no package of "
                                     "it, Debian 13 has pkcs11-provider")


@pytest.fixture
def app(tool):
    (tool.folder / "app.bin").write_bytes(random.Random(3).randbytes(3000))
    return tool.folder / "app.bin"


class Hsm:
    """A token "t" with the PIN 1234."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "tokens").mkdir()
        (folder / "hsm.conf").write_text(f"directories.tokendir = {folder}/tokens\n")
        self.env = {"SOFTHSM2_CONF": str(folder / "hsm.conf"), "PKCS11_PROVIDER_MODULE": str(MODULE),
                    "OPENSSL_CONF": "/dev/null", "PIN": "1234", "WRONG": "4321"}
        self.run("softhsm2-util", "--init-token", "--free", "--label", "t", "--pin", "1234",
                 "--so-pin", "1234")

    def run(self, *words):
        done = subprocess.run([str(word) for word in words], env={**os.environ, **self.env}, text=True,
                              capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
        return done.stdout

    def tool(self, *words):
        return self.run("pkcs11-tool", "--module", MODULE, "--token-label", "t", "--login", "--pin", "1234",
                        *words)

    def make(self, label, number, kind="EC:prime256v1"):
        said = self.tool("--keypairgen", "--key-type", kind, "--label", label, "--id", number)
        assert "never extractable" in said
        return label


@pytest.fixture
def hsm(tmp_path_factory):
    return Hsm(tmp_path_factory.mktemp("hsm"))


def sign(tool, hsm, uri, *words, pin="env:PIN", **more):
    return tool("image", "sign", "-k", uri, *(("--passphrase", pin) if pin else ()), *words, *BASE,
                "out.bin", env=hsm.env, **more)


def refuses(tool, hsm, uri, says, *, pin="env:PIN", code=2, env=None):
    line = tool.refuses("image", "sign", "-k", uri, *(("--passphrase", pin) if pin else ()), *BASE, "out.bin",
                        env={**hsm.env, **(env or {})}, code=code, says=says)
    assert "4321" not in line and "1234" not in line
    return line


def test_no_provider_is_said(tool, app):
    env = {"OPENSSL_MODULES": str(tool.folder), "OPENSSL_CONF": "/dev/null", "PIN": "1"}
    tool.refuses("image", "sign", "-k", "pkcs11:object=x", *BASE, "o", code=1, env=env,
                 says=["OpenSSL has no provider for PKCS#11", "--signer"])


@pytest.mark.parametrize("uri, says", [
    ("pkcs11:tokn=t;object=root", "PKCS#11 has no attribute 'tokn'"),
    ("pkcs11:root", "PKCS#11 has no attribute 'root'"),
    ("pkcs11:;", "PKCS#11 has no attribute ''"),
    ("pkcs11:token=t?pin=1234", "PKCS#11 has no attribute 'pin'"),
    ("pkcs11:token=" + "t" * 600, "longer than 511 characters")])
def test_a_uri_that_is_none(tool, app, uri, says):
    """A provider ignores what it does not know, and would sign with whatever key is there."""
    line = tool.refuses("image", "sign", "-k", uri, *BASE, "o", says=says)
    assert "1234" not in line


@needs_provider
@pytest.mark.parametrize("kind", ["EC:prime256v1", "rsa:2048"])
def test_a_key_that_never_leaves_the_token(tool, hsm, imgtool, app, kind):
    hsm.make("root", "01", kind)
    hsm.make("other", "02", kind)
    for uri in ("pkcs11:token=t;object=root", "pkcs11:token=t;object=root;type=private",
                "pkcs11:id=%01", "pkcs11:token=t;object=root?pin-value=1234"):
        sign(tool, hsm, uri, pin=None if "pin-value" in uri else "env:PIN")
        tool("key", "export", "pkcs11:token=t;object=root", "--passphrase", "env:PIN", "-o", "root.pub",
             "--force", env=hsm.env)
        assert "good: signed by root.pub" in tool("image", "verify", "-k", "root.pub", "out.bin").stdout
        imgtool("verify", "-k", tool.folder / "root.pub", tool.folder / "out.bin")
        tool("key", "export", "pkcs11:token=t;object=other", "--passphrase", "env:PIN", "-o", "other.pub",
             "--force", env=hsm.env)
        tool("image", "verify", "-k", "other.pub", "out.bin", code=5)
    shown = json.loads(tool("key", "show", "--json", "pkcs11:token=t;object=root", "--passphrase",
                            "env:PIN", env=hsm.env).stdout)
    assert "private" in json.dumps(shown) and "BEGIN" not in json.dumps(shown)


def provider_version():
    """Of Debian's package, as numbers; it is asked only where the provider is."""
    said = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "pkcs11-provider"], text=True,
                          capture_output=True, check=False).stdout
    return [int(n) for n in re.findall(r"\d+", said)[:2]]


@needs_provider
@pytest.mark.parametrize("kind", ["ecdsa-p256", "rsa-2048", "ed25519"])
def test_a_key_that_openssl_made(tool, hsm, keys, app, kind):
    """Brought in from a file, as when a team moves its key into a token."""
    if kind == "ed25519" and [0] < provider_version() < [0, 4]:
        pytest.skip("pkcs11-provider 0.3, of Ubuntu 24.04, shows no Ed25519 key of a token")
    hsm.run("softhsm2-util", "--import", keys[kind], "--token", "t", "--label", kind, "--id", "10",
            "--pin", "1234")
    sign(tool, hsm, f"pkcs11:token=t;object={kind}")
    tool("image", "verify", "-k", keys[kind], "out.bin")


@needs_provider
def test_a_wrong_pin_is_said_and_tried_once(tool, hsm, app):
    hsm.make("root", "01")
    env = {"PKCS11_PROVIDER_DEBUG": f"file:{hsm.folder}/log,level:1"}
    line = refuses(tool, hsm, "pkcs11:token=t;object=root", "the token refuses the PIN", pin="env:WRONG", env=env)
    assert "lock after a few" in line
    assert (hsm.folder / "log").read_text().count("Calling C_Login\n") == 1
    refuses(tool, hsm, "pkcs11:token=t;object=root?pin-value=4321", "the token refuses the PIN", pin=None)
    refuses(tool, hsm, "pkcs11:token=t;object=root", "there is no terminal to ask", pin=None)
    refuses(tool, hsm, "pkcs11:token=t;object=root", "environment variable NOTHING is not set",
            pin="env:NOTHING")


@needs_provider
def test_no_such_object_and_no_such_token(tool, hsm, app):
    refuses(tool, hsm, "pkcs11:token=t;object=root", "the token holds no key that fits the URI")
    hsm.make("root", "01")
    refuses(tool, hsm, "pkcs11:token=t;object=rot", ["the token holds no key that fits the URI", "--list-objects"])
    refuses(tool, hsm, "pkcs11:token=t;id=%07", "the token holds no key that fits the URI")
    refuses(tool, hsm, "pkcs11:token=u;object=root", "there is no such token")
    tool.refuses("image", "sign", "-k", "pkcs11:token=t;object=root;type=public", "--passphrase", "env:PIN",
                 *BASE, "out.bin", env=hsm.env, says="cannot sign with a public key")


@needs_provider
def test_two_keys_that_fit(tool, hsm, app):
    hsm.make("twin", "01")
    hsm.make("twin", "02")
    hsm.make("root", "03")
    refuses(tool, hsm, "pkcs11:token=t;object=twin", ["2 different private keys fit the URI", "id="])
    refuses(tool, hsm, "pkcs11:token=t", "3 different private keys fit")
    refuses(tool, hsm, "pkcs11:token=t;object=twin;type=public", "2 different public keys fit")
    sign(tool, hsm, "pkcs11:token=t;object=twin;id=%02")


@needs_provider
def test_a_module_that_is_none(tool, hsm, app):
    refuses(tool, hsm, "pkcs11:token=t", ["has no module that works", "PKCS11_PROVIDER_MODULE"], code=1,
            env={"PKCS11_PROVIDER_MODULE": "/nowhere.so"})


@needs_token
@pytest.mark.parametrize("kind, mechanism", [
    ("EC:prime256v1", ["ECDSA"]),
    ("rsa:2048", ["RSA-PKCS-PSS", "--hash-algorithm", "SHA256", "--mgf", "MGF1-SHA256", "--salt-len", "32"])])
def test_by_a_command(tool, hsm, imgtool, app, kind, mechanism):
    """--signer, with the line of host/signer.h. No provider is needed."""
    hsm.make("root", "01", kind)
    hsm.tool("--read-object", "--type", "pubkey", "--id", "01", "--output-file", tool.folder / "root.der")
    line = " ".join(["pkcs11-tool", "--module", str(MODULE), "--token-label", "t", "--login", "--pin", "env:PIN",
                     "--sign", "--id", "01", "--mechanism", *mechanism])
    tool("image", "sign", "-k", "root.der", "--signer", line, *BASE, "out.bin", env=hsm.env)
    tool("image", "verify", "-k", "root.der", "out.bin")
    tool("key", "export", "root.der", "-o", "root.pub")
    imgtool("verify", "-k", tool.folder / "root.pub", tool.folder / "out.bin")
    line = line.replace("env:PIN", "env:WRONG")
    tool("image", "sign", "-k", "root.der", "--signer", line, *BASE, "bad.bin", env=hsm.env, code=1)
    assert not (tool.folder / "bad.bin").exists()


# ---- by imgtool's name: a URI where it has a file of a key ----

def dropin(tool, env, *words, code=0):
    done = subprocess.run([DROPIN, *map(str, words)], cwd=tool.folder, text=True, capture_output=True, timeout=60,
                          stdin=subprocess.DEVNULL, check=False, env={**os.environ, **env})
    assert done.returncode == code, f"imgtool {words}\n{done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr and "1234" not in done.stderr and "4321" not in done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("words", [
    ("sign", "-k", "pkcs11:object=x", "-v", "1", "-H", "512", "--pad-header", "-S", "0x8000", "app.bin", "o"),
    ("getpub", "-k", "pkcs11:object=x"), ("getpriv", "-k", "pkcs11:object=x"), ("keyinfo", "-k", "pkcs11:object=x"),
    ("getpubhash", "-k", "pkcs11:object=x"), ("verify", "-k", "pkcs11:object=x", "app.bin")], ids=lambda w: w[0])
def test_imgtool_takes_a_uri_for_one(tool, app, words):
    """It is not a file that is missing."""
    env = {"OPENSSL_MODULES": str(tool.folder), "OPENSSL_CONF": "/dev/null"}
    assert "OpenSSL has no provider for PKCS#11" in dropin(tool, env, *words, code=1)
    assert [p.name for p in tool.folder.iterdir()] == ["app.bin"]


@needs_provider
@pytest.mark.parametrize("kind", ["EC:prime256v1", "rsa:2048"])
def test_imgtool_signs_with_a_token(tool, hsm, imgtool, app, kind):
    """Our imgtool makes the image and gives the public key; the real one verifies with it."""
    hsm.make("root", "01", kind)
    hsm.make("other", "02", kind)
    uri = "pkcs11:token=t;object=root?pin-value=1234"
    sign_words = ("-v", "1.2.3", "-H", "0x200", "--pad-header", "-S", "0x8000", "app.bin")
    dropin(tool, hsm.env, "sign", "-k", uri, *sign_words, "out.bin")
    dropin(tool, hsm.env, "getpub", "-k", uri, "-e", "pem", "-o", "root.pub")
    dropin(tool, hsm.env, "getpub", "-k", uri.replace("root", "other"), "-e", "pem", "-o", "other.pub")
    imgtool("verify", "-k", tool.folder / "root.pub", tool.folder / "out.bin")
    assert imgtool("verify", "-k", tool.folder / "other.pub", tool.folder / "out.bin", code=1)
    dropin(tool, hsm.env, "verify", "-k", uri, "out.bin")
    assert dropin(tool, hsm.env, "keyinfo", "-k", uri) == "private\n"
    dropin(tool, hsm.env, "getpubhash", "-k", uri, "-e", "raw", "-o", "hash")
    assert len((tool.folder / "hash").read_bytes()) == 32


@needs_provider
def test_imgtool_and_a_token_that_refuses(tool, hsm, app):
    hsm.make("root", "01")
    sign_words = ("-v", "1.2.3", "-H", "0x200", "--pad-header", "-S", "0x8000", "app.bin", "out.bin")
    for uri, says in (("pkcs11:token=t;object=root?pin-value=4321", "the token refuses the PIN"),
                      ("pkcs11:token=t;object=rot?pin-value=1234", "holds no key that fits the URI"),
                      ("pkcs11:token=t;object=root", "there is no terminal to ask")):
        assert says in dropin(tool, hsm.env, "sign", "-k", uri, *sign_words, code=1)
    dropin(tool, hsm.env, "getpriv", "-k", "pkcs11:token=t;object=root?pin-value=1234", code=1)  # it stays there
    assert not (tool.folder / "out.bin").exists()
