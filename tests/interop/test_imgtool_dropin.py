# SPDX-License-Identifier: Apache-2.0
"""Our imgtool beside the real one: the same words, then exit code, output and files are compared.

The real one is what pip installs; what it does is the judge, not what its documents say. Where it
ends with a Python traceback ours has a message of its own, so only the exit code is compared there.

To repeat one test: build/venv/bin/pytest tests/interop/test_imgtool_dropin.py -k NAME
"""

import base64
import contextlib
import itertools
import os
import pathlib
import pty
import random
import re
import stat
import subprocess
import sys
import termios
import time

import pytest
from click.testing import CliRunner
from conftest import BUILD
from imgtool.main import imgtool

THEIRS = pathlib.Path(sys.executable).with_name("imgtool")
OURS = BUILD / "cli" / "imgtool"
TYPES = ["rsa-2048", "rsa-3072", "ecdsa-p256", "ecdsa-p384", "ed25519", "x25519"]
SIGNERS = TYPES[:5]
BASE = ["-v", "1.2.3+4", "-H", "0x200", "--pad-header", "-S", "0x8000"]


class Said:
    """What a program left: exit code, standard output and error, and the files it wrote."""

    def __init__(self, code, out, err, files):
        self.code, self.out, self.err, self.files = code, out, err, files

    @property
    def traceback(self):
        return self.err.startswith(b"Traceback")


def files(folder):
    return {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def process(program, folder, words, stdin):
    done = subprocess.run([program, *words], cwd=folder, input=stdin, capture_output=True, timeout=60,
                          start_new_session=True, env=dict(os.environ, COLUMNS="80"))
    return done.returncode, done.stdout, done.stderr


def in_this_process(folder, words, stdin):
    """The real one without the half second that starting it takes."""
    with contextlib.chdir(folder):
        done = CliRunner().invoke(imgtool, words, input=stdin, prog_name="imgtool", env={"COLUMNS": "80"})
    odd = done.exception and not isinstance(done.exception, SystemExit)
    return done.exit_code, done.stdout_bytes, b"Traceback" if odd else done.stderr_bytes


def run(program, folder, words, stdin=b""):
    before = files(folder)
    words = [str(w) for w in words]
    # getpriv keeps the standard output that there was when it was loaded
    if program == THEIRS and "getpriv" not in words:
        code, out, err = in_this_process(folder, words, stdin)
    else:
        code, out, err = process(program, folder, words, stdin)
    after = files(folder)
    written = {k: v for k, v in after.items() if before.get(k) != v}
    for name in written:
        if name in before:
            (folder / name).write_bytes(before[name])
        else:
            (folder / name).unlink()
    return Said(code, out, err, written)


class Both:
    """both(*words) runs both in one folder. Each finds it as it was."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, *words, stdin=b""):
        theirs, ours = (run(p, self.folder, words, stdin) for p in (THEIRS, OURS))
        self.words = " ".join(map(str, words))
        assert ours.code == theirs.code, self.differ("exit code", theirs, ours)
        if theirs.traceback:
            assert ours.err.startswith(b"imgtool: ") and ours.err.count(b"\n") == 1, ours.err
            assert not ours.files, "something was written although it failed"
            return ours
        return self.outputs(theirs, ours)

    def same(self, *words, stdin=b""):
        """All of it is the same."""
        theirs, ours = (run(p, self.folder, words, stdin) for p in (THEIRS, OURS))
        self.words = " ".join(map(str, words))
        for what in ("code", "out", "err", "files"):
            assert getattr(ours, what) == getattr(theirs, what), self.differ(what, theirs, ours)
        return ours

    def outputs(self, theirs, ours):
        assert ours.out == theirs.out, self.differ("output", theirs, ours)
        assert ours.files.keys() == theirs.files.keys(), self.differ("files", theirs, ours)
        return theirs, ours

    def differ(self, what, theirs, ours):
        return (f"imgtool {self.words}\n{what} differs\n--- theirs: {theirs.code}\n{theirs.out}\n{theirs.err}\n"
                f"{list(theirs.files)}\n--- ours: {ours.code}\n{ours.out}\n{ours.err}\n{list(ours.files)}")


@pytest.fixture(scope="session")
def stock(tmp_path_factory):
    """Key files and inputs, made once by the real one."""
    folder = tmp_path_factory.mktemp("stock")
    for kind in TYPES:
        subprocess.run([THEIRS, "keygen", "-k", f"{kind}.pem", "-t", kind], cwd=folder, check=True)
        subprocess.run([THEIRS, "getpub", "-k", f"{kind}.pem", "-e", "pem", "-o", f"{kind}.pub"], cwd=folder,
                       check=True)
    subprocess.run(["openssl", "pkcs8", "-topk8", "-in", "ed25519.pem", "-out", "locked.pem", "-passout", "pass:x"],
                   cwd=folder, check=True)
    subprocess.run(["openssl", "genrsa", "-out", "rsa-4096.pem", "4096"], cwd=folder, check=True,
                   capture_output=True)
    subprocess.run(["openssl", "ecparam", "-name", "secp256k1", "-genkey", "-noout", "-out", "k256.pem"],
                   cwd=folder, check=True)
    r = random.Random(7)
    (folder / "app.bin").write_bytes(r.randbytes(3001))
    (folder / "roomy.bin").write_bytes(bytes(0x200) + r.randbytes(700))
    (folder / "short.bin").write_bytes(bytes(100))
    (folder / "empty.bin").write_bytes(b"")
    (folder / "tlv.bin").write_bytes(r.randbytes(37))
    (folder / "no.pem").write_bytes(b"not a key\n")
    from intelhex import IntelHex
    for name, base in (("app.hex", 0x08020200), ("low.hex", 0x400), ("zero.hex", 0), ("border.hex", 0x1fff8)):
        h = IntelHex()
        h.frombytes(r.randbytes(700), offset=base)
        h.write_hex_file(str(folder / name))
    gap = IntelHex(str(folder / "app.hex"))
    gap.frombytes(b"after a gap", offset=0x08020200 + 5000)
    gap.write_hex_file(str(folder / "gap.hex"))
    (folder / "bad.hex").write_text(":0400000001020304F3\n:00000001FF\n")
    return folder


@pytest.fixture
def both(stock, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    for p in stock.iterdir():
        (folder / p.name).write_bytes(p.read_bytes())
    return Both(folder)


# ---- keys ----

@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("which", ["pem", "pub"])
def test_getpub(both, kind, which):
    key = f"{kind}.{which}"
    for encoding in ([], ["-l", "c"], ["-l", "rust"], *(["-e", e] for e in ("lang-c", "lang-rust", "pem", "raw"))):
        for output in ([], ["-o", "out"]):
            both.same("getpub", "-k", key, *encoding, *output)
    for suffix in ("", "_2", "x9_"):
        both.same("getpub", "-k", key, "--name-suffix", suffix)
        both.same("getpub", "-k", key, "-e", "lang-rust", "--name-suffix", suffix, "-o", "out")
        both.same("getpub", "-k", key, "-e", "raw", "--name-suffix", suffix)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("which", ["pem", "pub"])
def test_getpubhash(both, kind, which):
    for words in itertools.product(([], ["-e", "lang-c"], ["-e", "raw"]), ([], ["--name-suffix", "_a"]),
                                   ([], ["-o", "out"])):
        both.same("getpubhash", "-k", f"{kind}.{which}", *sum(words, []))


@pytest.mark.parametrize("kind", TYPES)
def test_getpriv(both, kind):
    for which, form, minimal in itertools.product(("pem", "pub"), ([], ["-f", "openssl"], ["-f", "pkcs8"]),
                                                  ([], ["--minimal"])):
        words = ["getpriv", "-k", f"{kind}.{which}", *form, *minimal]
        if kind == "ecdsa-p384" and which == "pem" and minimal:
            # it looks for a tag where P-256 has it, and finds it in one key of 256
            assert run(OURS, both.folder, words).code == 2
        else:
            both.same(*words)


def test_keyinfo(both):
    for kind, which, require in itertools.product(TYPES, ("pem", "pub"), ([], ["--require", "private"],
                                                                           ["--require", "public"])):
        both.same("keyinfo", "-k", f"{kind}.{which}", *require)
    both.same("keyinfo", "-k", "locked.pem")


@pytest.mark.parametrize("kind", TYPES)
def test_keygen(both, kind):
    """A key that either made, the other one reads; and neither a key nor a byte more is printed."""
    theirs, ours = both("keygen", "-k", "new.pem", "-t", kind)
    assert theirs.out == ours.out == b""
    for said in (theirs, ours):
        (both.folder / "new.pem").write_bytes(said.files[pathlib.Path("new.pem")])
        both.same("getpub", "-k", "new.pem")
        both.same("keyinfo", "-k", "new.pem", "--require", "private")


def test_keygen_asks_for_the_type(both):
    theirs, ours = (run(p, both.folder, ["keygen", "-k", "new.pem"], b"ed25519\n") for p in (THEIRS, OURS))
    assert ours.files.keys() == theirs.files.keys() and theirs.out.startswith(ours.out)
    assert b"PRIVATE KEY" in ours.files[pathlib.Path("new.pem")]
    said = both.same("keygen", "-k", "new.pem")
    assert said.code == 1


def at_a_terminal(folder, words, typed):
    """Exit code and what was on the terminal, where passphrases are asked for."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execv(OURS, [str(OURS), *words])
    said = b""
    for line in typed:
        while not said.endswith(b"phrase: "):
            said += os.read(fd, 1000)
        while termios.tcgetattr(fd)[3] & termios.ECHO:  # first it asks, then it stops the echo
            time.sleep(0.01)
        os.write(fd, line + b"\n")
        said += b"|"
    with contextlib.suppress(OSError):  # the end, on Linux
        while more := os.read(fd, 1000):
            said += more
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said


def test_passphrases(both):
    """Asked for at the terminal, twice for a new key, and never shown."""
    code, said = at_a_terminal(both.folder, ["keygen", "-k", "new.pem", "-t", "ed25519", "-p"], [b"s3cret", b"s3cret"])
    assert code == 0 and b"s3cret" not in said
    assert b"ENCRYPTED" in (both.folder / "new.pem").read_bytes()
    assert stat.S_IMODE((both.folder / "new.pem").stat().st_mode) == 0o600
    both.same("keyinfo", "-k", "new.pem")
    code, said = at_a_terminal(both.folder, ["getpub", "-k", "new.pem", "-o", "out"], [b"s3cret"])
    assert code == 0 and b"s3cret" not in said
    subprocess.run(["openssl", "pkey", "-in", "new.pem", "-passin", "pass:s3cret", "-pubout", "-out", "new.pub"],
                   cwd=both.folder, check=True)
    theirs = run(THEIRS, both.folder, ["getpub", "-k", "new.pub"])
    assert (both.folder / "out").read_bytes() == theirs.out
    code, said = at_a_terminal(both.folder, ["getpub", "-k", "new.pem"], [b"wrong"])
    assert code == 1 and b"passphrase is wrong" in said
    assert at_a_terminal(both.folder, ["keygen", "-k", "other", "-t", "ed25519", "-p"], [b"one", b"two"])[0] == 1
    assert not (both.folder / "other").exists()


# ---- sign ----

OPTIONS = {
    "none": [],
    "pad": ["--pad"],
    "confirm": ["--confirm"],
    "test": ["--test"],
    "test and confirm": ["--test", "--confirm"],
    "align 8": ["--align", "8", "--pad"],
    "align 16": ["--align", "16", "--pad"],
    "align 32": ["--align", "32", "--confirm"],
    "max-align 16": ["--align", "4", "--max-align", "16", "--confirm"],
    "max-align less than align": ["--align", "32", "--max-align", "8", "--confirm"],
    "sectors": ["-M", "7", "--pad"],
    "no sectors": ["-M", "0", "--pad"],
    "overwrite only": ["--overwrite-only", "--confirm"],
    "counter": ["-s", "77"],
    "counter in binary": ["-s", "0b101"],
    "counter from the version": ["-s", "AUTO"],
    "dependency": ["-d", "(1, 2.3.4+5)"],
    "dependencies": ["-d", "(1, 2.3.4+5), (0,1.0.0)(7,   9)"],
    "odd dependencies": ["-d", "((12 x, 2.3.4+5), 0"],
    "custom TLVs": ["--custom-tlv", "0x00a0", "text", "--custom-tlv", "0x42a0", "0x0badf00d", "--custom-tlv",
                    "0xfffe", "", "--custom-tlv", "161", "0x"],
    "custom TLV of a file": ["--custom-tlv-file", "0xa0", "tlv.bin", "--custom-tlv", "0xa1", "ü"],
    "boot record": ["--boot-record", "APP"],
    "boot record of 12": ["--boot-record", "ABCDEFGHIJKü"],
    "vendor": ["--vid", "example.com"],
    "vendor and class": ["--vid", "example.com", "--cid", "thing"],
    "literal ids": ["--vid", "12345678-1234-5678-1234-56781234abcd", "--cid", "12345678123456781234567812345678"],
    "ROM": ["-F", "0x20000"],
    "ROM 0": ["-F", "0", "-L", "0x20000000"],
    "RAM": ["-L", "0x20000000"],
    "not bootable": ["--non-bootable"],
    "full key": ["--public-key-format", "full"],
    "erased 0": ["-R", "0", "--pad"],
    "big endian": ["-e", "big", "-s", "1", "-d", "(1, 2.3.4+5)", "--custom-tlv", "0xa0", "x", "--align", "16", "--pad"],
    "little endian": ["-e", "little"],
    "no effect": ["--compression", "disabled", "--encrypt-keylen", "256", "--clear", "--save-enctlv", "--hmac-sha", "512"],
    "given twice": ["-s", "1", "-s", "2", "--align", "8", "--align", "4"],
    "other header": ["-H", "32"],
    "no slot": ["-S", "0"],
    "no slot, padded": ["-S", "-5", "--confirm"],
    "sha 256": ["--sha", "256"],
    "sha 384": ["--sha", "384"],
    "sha 512": ["--sha", "512"],
    "pure": ["--pure"],
    "padded signature": ["--pad-sig"],
    "digest to sign": ["--vector-to-sign", "digest"],
    "payload to sign": ["--vector-to-sign", "payload", "-s", "3"],
    "digest to sign, padded": ["--vector-to-sign", "digest", "--pad"],
    "version 0": ["-v", "0"],
    "highest version": ["-v", "255.255.65535+4294967295"],
    "everything": ["-s", "3", "-d", "(1, 2.3.4+5)", "--boot-record", "APP", "--vid", "example.com", "--cid", "thing",
                   "--custom-tlv", "0x00a0", "text", "--confirm", "--sig-out", "sig"],
}
KEYS = [None, *SIGNERS]


def before_signature(image, options):
    """Bytes up to the signature's value and its length, which differ from run to run for ECDSA and RSA."""
    big = "big" in options
    n = lambda at, size: int.from_bytes(image[at:at + size], "big" if big else "little")
    off = n(8, 2) + n(12, 4) + n(10, 2)
    end, off = off + n(off + 2, 2), off + 4
    last = off
    while off < end:
        last, off = off, off + 4 + n(off + 2, 2)
    return last, end


def same_image(kind, options, theirs, ours):
    """All but a random signature, and the length of the area it is in."""
    if kind in (None, "ed25519") or "--vector-to-sign" in options:
        assert ours == theirs
        return
    (last, end), (last_too, end_too) = before_signature(theirs, options), before_signature(ours, options)
    area = 2 + int.from_bytes(theirs[8:10], "big" if "big" in options else "little") + int.from_bytes(
        theirs[10:12], "big" if "big" in options else "little") + int.from_bytes(
        theirs[12:16], "big" if "big" in options else "little")
    assert last == last_too
    assert ours[:area] + ours[area + 2:last + 2] == theirs[:area] + theirs[area + 2:last + 2]
    assert abs(end - end_too) <= (10 if kind.startswith("ecdsa") else 0)
    if "-S" not in options:
        assert ours[end_too:].strip(b"\xff") == theirs[end:].strip(b"\xff") or "-R" in options
    assert len(ours) == len(theirs) or not any(x in options for x in ("--pad", "--confirm", "--test")) or "-S" in options


FORMS = [[], ["-f", "yaml"], ["-f", "json"], ["-s"], ["-o", "x"], ["-o", "x", "-f", "human"], ["-f", "json", "-o", "x"]]


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("name", OPTIONS)
def test_sign(both, kind, name):
    options = OPTIONS[name]
    key = ["-k", f"{kind}.pem"] if kind else []
    said = both("sign", *key, *BASE, *options, "app.bin", "out.bin")
    if not isinstance(said, tuple) or said[0].code:
        return
    theirs, ours = (x.files[pathlib.Path("out.bin")] for x in said)
    same_image(kind, options, theirs, ours)
    if "big" in options or "--vector-to-sign" in options:
        return
    for image in (theirs, ours):
        (both.folder / "out.bin").write_bytes(image)
        for key in ([], ["-k", f"{kind}.pem"] if kind else [], ["-k", "ed25519.pub"]):
            both.same("verify", *key, "out.bin")
        for form in FORMS if name in ("everything", "pure", "custom TLVs", "confirm") else [[]]:
            both.same("dumpinfo", *form, "out.bin")


INPUTS = {
    "room for the header": ["-H", "0x200", "roomy.bin"],
    "no room for the header": ["-H", "0x200", "app.bin"],
    "less than the header": ["-H", "0x200", "short.bin"],
    "nothing but the header": ["-H", "100", "short.bin"],
    "empty": ["-H", "32", "--pad-header", "empty.bin"],
    "hex": ["-H", "0x200", "--pad-header", "app.hex"],
    "hex far below": ["-H", "0x200", "--pad-header", "low.hex"],
    "hex at 0": ["-H", "0x200", "--pad-header", "zero.hex"],
    "hex without room": ["-H", "0x800", "--pad-header", "low.hex"],
    "hex across a border": ["-H", "0x80", "--pad-header", "border.hex"],
    "hex with a gap": ["-H", "0x200", "--pad-header", "gap.hex"],
    "bad hex": ["-H", "0x200", "--pad-header", "bad.hex"],
    "no file": ["-H", "0x200", "--pad-header", "nowhere.bin"],
}


PLACES = [[], ["-x", "0x1000"], ["--confirm", "--align", "8"], ["--test"], ["--pad"], ["--pad", "-x", "0"],
          ["--confirm", "--overwrite-only"], ["--confirm", "--align", "32", "-R", "0"]]
# every way to place a trailer with both forms of output; how a name tells the form, once each
OUTPUTS = [*itertools.product(["out.bin", "out.hex"], PLACES), ("out.HEX", ["--test"]), ("out.ihex", []), ("out", [])]


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("out,options", OUTPUTS, ids=[" ".join([o, *w]) for o, w in OUTPUTS])
def test_inputs_and_hex(both, name, out, options):
    *words, source = INPUTS[name]
    if name == "hex without room" and out.lower() == "out.hex" and "-x" not in options:
        # the original writes records with an address before 0, which nobody can read
        said = run(OURS, both.folder, ["sign", "-v", "1", "-S", "0x4000", *words, *options, source, out])
        assert said.code == 1 and b"before address 0" in said.err and not said.files
        return
    said = both("sign", "-k", "ed25519.pem", "-v", "1", "-S", "0x4000", *words, *options, source, out)
    if isinstance(said, tuple):
        assert said[0].files == said[1].files


def test_in_place(both):
    for name in ("app.bin", "app.hex"):
        both.same("sign", "-k", "ed25519.pem", *BASE, name, name)


def test_words_in_any_order(both):
    both.same("sign", "app.bin", "-k", "ed25519.pem", "-v1", "-H32", "--pad-header", "-S=0x8000", "out.bin")
    both.same("sign", "app.bin", "-ked25519.pem", "-v1", "-H32", "--pad-header", "--slot-size=0x8000", "--", "out.bin")
    both.same("create", "-k", "ed25519.pem", *BASE, "app.bin", "out.bin")
    both.same("sign", "-k", "", *BASE, "app.bin", "out.bin")


@pytest.mark.parametrize("kind", SIGNERS)
def test_signature_made_elsewhere(both, kind):
    """Out with a signature, back with it as fixed: the same image, and either one's."""
    for words in ([], ["--pad-sig"], ["--public-key-format", "full"], *([["--pure"]] if kind == "ed25519" else [])):
        (both.folder / "sig").unlink(missing_ok=True)
        theirs, ours = both("sign", "-k", f"{kind}.pem", *BASE, *words, "--sig-out", "sig", "app.bin", "out.bin")
        for said in (theirs, ours):
            (both.folder / "sig").write_bytes(said.files[pathlib.Path("sig")])
            fixed = ["--fix-sig", "sig", "--fix-sig-pubkey"]
            if words != ["--pure"]:
                again = both.same("sign", *fixed, f"{kind}.pub", *BASE, *words, "app.bin", "out.bin")
                assert again.files[pathlib.Path("out.bin")] == said.files[pathlib.Path("out.bin")]
            both("sign", *fixed, f"{kind}.pem", *BASE, *words, "app.bin", "out.bin")
            both("sign", *fixed, f"{kind}.pub", "--sha", "512", *BASE, "app.bin", "out.bin")
            both("sign", *fixed, f"{kind}.pub", "-k", f"{kind}.pem", *BASE, "app.bin", "out.bin")
            both("sign", *fixed, f"{kind}.pub", "--pure", *BASE, "app.bin", "out.bin")


def test_odd_fixed_signatures(both):
    words = ["sign", "--fix-sig", "sig", "--fix-sig-pubkey", "ed25519.pub", *BASE, "app.bin", "out.bin"]
    for text in (b"", b"QUJD", b"QU JD\n\n", b"QUI=", b"QUI", b"QQ==", b"QQ=", b"Q", b"Q===", b"!QUJ-D", b"====",
                 b"QUJDRA", b"QUJDRA==", b"\xff\x00QUJD", b"QUI=\n", b"QUI= !", b"QUI==", b"QQ=\n=", b"=QUJD",
                 b"QUJD=QUJD", b"QQ=A="):
        (both.folder / "sig").write_bytes(text)
        said = both(*words)
        assert not isinstance(said, tuple) or said[0].files == said[1].files, text
    # Digits after the end: what the original makes of them depends on its Python.
    for text in (b"QUI=QUJD", b"QUJDRA==QUJD", b"QUI=Q", b"QQ==\nQ"):
        (both.folder / "sig").write_bytes(text)
        said = run(OURS, both.folder, words)
        assert said.code == 1 and said.err.count(b"\n") == 1 and not said.files, text


def test_signed_in_steps_by_a_third_program(both):
    """Digest out, OpenSSL signs it, image together: what an HSM does."""
    both.same("sign", *BASE, "--vector-to-sign", "digest", "app.bin", "digest")
    said = run(OURS, both.folder, ["sign", *BASE, "--vector-to-sign", "digest", "app.bin", "digest"])
    (both.folder / "digest").write_bytes(said.files[pathlib.Path("digest")])
    sig = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", "ecdsa-p256.pem", "-in", "digest"],
                         cwd=both.folder, check=True, capture_output=True).stdout
    (both.folder / "sig").write_bytes(base64.b64encode(sig))
    said = both.same("sign", *BASE, "--fix-sig", "sig", "--fix-sig-pubkey", "ecdsa-p256.pub", "app.bin", "out.bin")
    (both.folder / "out.bin").write_bytes(said.files[pathlib.Path("out.bin")])
    assert both.same("verify", "-k", "ecdsa-p256.pub", "out.bin").code == 0


# ---- what is wrong ----

SIGN = ["sign", *BASE]
WRONG = [
    [], ["--bogus"], ["-x"], ["bogus"], ["zzzzzz"], ["keygen"], ["keygen", "-t", "x"], ["keygen", "-t", "rsa-2048"],
    ["keygen", "-k", "nowhere/x", "-t", "ed25519"], ["keygen", "-k", "x", "-t", "ed25519", "--password=3"],
    ["getpub"], ["getpub", "-k"], ["getpub", "-k", "nowhere"], ["getpub", "-k", "no.pem"], ["getpub", "-k", "empty.bin"],
    ["getpub", "-k", "rsa-4096.pem"], ["getpub", "-k", "k256.pem"], ["getpub", "-k", "."],
    ["getpub", "-k", "ed25519.pem", "-e", "lang-c", "-l", "c"], ["getpub", "-k", "ed25519.pem", "-e", "rust"],
    ["getpub", "-k", "ed25519.pem", "--name-suffix", "a-b"], ["getpub", "-k", "ed25519.pem", "-e", "pem", "--name-suffix", "a"],
    ["getpub", "-k", "ed25519.pem", "extra"], ["getpub", "-k", "ed25519.pem", "extra", "more"],
    ["getpub", "-k", "ed25519.pem", "-q"], ["getpub", "-k", "ed25519.pem", "-o", "nowhere/x"],
    ["getpubhash"], ["getpubhash", "-k", "ed25519.pem", "-e", "pem"],
    ["getpubhash", "-k", "ed25519.pem", "-e", "raw", "--name-suffix", "a"],
    ["getpriv"], ["getpriv", "-k", "ed25519.pem", "-f", "foo"], ["keyinfo"], ["keyinfo", "-k", "no.pem"],
    ["keyinfo", "-k", "ed25519.pem", "--require", "x"], ["version", "x"], ["version", "--bogus"],
    ["verify"], ["verify", "nowhere"], ["verify", "-k", "nowhere", "app.bin"], ["verify", "app.bin"],
    ["verify", "short.bin"], ["verify", "empty.bin"], ["verify", "-k", "ed25519.pem", "app.bin", "x"], ["verify", "bad.hex"],
    ["dumpinfo"], ["dumpinfo", "nowhere"], ["dumpinfo", "-f", "xml", "app.bin"], ["dumpinfo", "empty.bin"],
    ["dumpinfo", "tlv.bin"], ["dumpinfo", "bad.hex"],
    ["sign"], ["sign", "app.bin"], ["sign", "app.bin", "out"], ["sign", "-v", "1", "app.bin", "out"],
    ["sign", "-v", "1", "-H", "32", "app.bin", "out"], ["sign", "-S", "0x1000", "app.bin", "out", "-H", "32"],
    [*SIGN, "app.bin", "out", "more"], [*SIGN, "-k", "nowhere", "app.bin", "out"], [*SIGN, "-k", "ed25519.pub", "app.bin", "out"],
    [*SIGN, "-k", "x25519.pem", "app.bin", "out"], [*SIGN, "-k", "x25519.pem", "--vector-to-sign", "digest", "app.bin", "out"],
    [*SIGN, "-v", "1.x", "app.bin", "out"], [*SIGN, "-v", "01", "app.bin", "out"], [*SIGN, "-v", "1.2.3.4", "app.bin", "out"],
    [*SIGN, "-v", "", "app.bin", "out"], [*SIGN, "-v", "256", "app.bin", "out"], [*SIGN, "-v", "1+2", "app.bin", "out"],
    [*SIGN, "-H", "5", "app.bin", "out"], [*SIGN, "-H", "x", "app.bin", "out"], [*SIGN, "-H", "65536", "app.bin", "out"],
    [*SIGN, "-S", "x", "app.bin", "out"], [*SIGN, "-S", "0x800", "app.bin", "out"], [*SIGN, "-S", "010", "app.bin", "out"],
    [*SIGN, "-M", "x", "app.bin", "out"], [*SIGN, "-M", "0x10", "app.bin", "out"], [*SIGN, "-M", "100000", "app.bin", "out"],
    [*SIGN, "--align", "3", "app.bin", "out"], [*SIGN, "--max-align", "4", "app.bin", "out"],
    [*SIGN, "-R", "1", "app.bin", "out"], [*SIGN, "-R", "0xFF", "app.bin", "out"],
    [*SIGN, "-s", "a", "app.bin", "out"], [*SIGN, "-s", "-1", "app.bin", "out"], [*SIGN, "-s", "0x100000000", "app.bin", "out"],
    [*SIGN, "-d", "foo", "app.bin", "out"], [*SIGN, "-d", "(1, 2", "app.bin", "out"], [*SIGN, "-d", "(1, 1.2.3.4)", "app.bin", "out"],
    [*SIGN, "-d", "(300, 1)", "app.bin", "out"], [*SIGN, "-d", "(1, 300)", "app.bin", "out"], [*SIGN, "-d", "", "app.bin", "out"],
    [*SIGN, "-L", "1", "-F", "1", "app.bin", "out"], [*SIGN, "-L", "-1", "app.bin", "out"], [*SIGN, "-L", "0x100000000", "app.bin", "out"],
    [*SIGN, "--custom-tlv", "1"], [*SIGN, "--custom-tlv", "0x10", "x", "app.bin", "out"],
    [*SIGN, "--custom-tlv", "0xa0", "0x1", "app.bin", "out"], [*SIGN, "--custom-tlv", "0xa0", "0xgg", "app.bin", "out"],
    [*SIGN, "--custom-tlv", "x", "x", "app.bin", "out"], [*SIGN, "--custom-tlv", "0xa0", "x", "--custom-tlv", "160", "y", "app.bin", "out"],
    [*SIGN, "--custom-tlv-file", "0xa0", "nowhere", "app.bin", "out"], [*SIGN, "--custom-tlv", "0xffff", "x", "app.bin", "out"],
    [*SIGN, "--custom-tlv", "0xa0", "x" * 66000, "app.bin", "out"],
    [*SIGN, "--custom-tlv", "0xa0", "x" * 40000, "--custom-tlv", "0xa1", "x" * 40000, "app.bin", "out"],
    [*SIGN, "--boot-record", "abcdefghijklm", "app.bin", "out"], [*SIGN, "--cid", "thing", "app.bin", "out"],
    [*SIGN, "--vid", "a\tb", "app.bin", "out"],
    [*SIGN, "--fix-sig", "tlv.bin", "app.bin", "out"], [*SIGN, "--fix-sig", "nowhere", "--fix-sig-pubkey", "ed25519.pub", "app.bin", "out"],
    [*SIGN, "--fix-sig-pubkey", "ed25519.pub", "app.bin", "out"],
    [*SIGN, "--pure", "--sha", "512", "app.bin", "out"], [*SIGN, "--sha", "1", "app.bin", "out"],
    [*SIGN, "app.bin", "out.hex"], [*SIGN, "-x", "z", "app.bin", "out.hex"], [*SIGN, "app.bin", "nowhere/out"],
    [*SIGN, "--public-key-format", "x", "app.bin", "out"], [*SIGN, "--vector-to-sign", "x", "app.bin", "out"],
    [*SIGN, "--endian", "x", "app.bin", "out"], [*SIGN, "--hmac-sha", "x", "app.bin", "out"],
    [*SIGN, "--encrypt-keylen", "x", "app.bin", "out"], [*SIGN, "--compression", "x", "app.bin", "out"],
]
@pytest.mark.parametrize("words", WRONG, ids=lambda w: " ".join(w)[:60])
def test_wrong(both, words):
    theirs, ours = (run(p, both.folder, words) for p in (THEIRS, OURS))
    both.words = " ".join(words)
    assert ours.code == theirs.code, both.differ("exit code", theirs, ours)
    if theirs.traceback:
        assert ours.err.startswith(b"imgtool: ") and ours.err.count(b"\n") == 1, ours.err
    elif b"Commands:" not in theirs.err and b"{TLV" not in theirs.err:
        assert ours.err == theirs.err, both.differ("error", theirs, ours)
    assert ours.out == theirs.out
    assert ours.files == theirs.files or theirs.traceback
    if ours.code:
        assert not ours.files, "something was written although it failed"


def test_suggestions(both):
    """Its words are its own, but both suggest."""
    for words, meant in ((["sig"], b"sign"), (["getpub", "--ke", "x"], b"--key")):
        theirs, ours = (run(p, both.folder, words) for p in (THEIRS, OURS))
        assert ours.code == theirs.code == 2
        assert meant in ours.err and meant in theirs.err


def test_help(both):
    for command in ("create", "dumpinfo", "getpriv", "getpub", "getpubhash", "keygen", "keyinfo", "sign", "verify", "version"):
        for word in ("-h", "--help"):
            theirs, ours = (run(p, both.folder, [command, word]) for p in (THEIRS, OURS))
            assert ours.code == theirs.code == 0
            assert ours.out.splitlines()[0] == theirs.out.splitlines()[0]
            names = lambda said: set(re.findall(rb"^  (?:-., )?(--[a-z-]+)", said.out, re.MULTILINE))
            assert names(ours) == names(theirs)
            assert all(len(line) <= 80 for line in ours.out.splitlines())
    for word in ("-h", "--help"):
        theirs, ours = (run(p, both.folder, [word]) for p in (THEIRS, OURS))
        assert ours.code == 0
        commands = lambda said: [x.split()[0] for x in said.out.partition(b"Commands:\n")[2].splitlines()]
        assert commands(ours) == commands(theirs)


def test_version(both):
    both.same("version")


def test_not_yet(both):
    """By name, and nothing is written."""
    for words, name in ((["-E", "x25519.pub"], b"encryption"), (["--compression", "lzma2"], b"compression")):
        said = run(OURS, both.folder, [*SIGN, *words, "app.bin", "out"])
        assert said.code == 2 and name in said.err and not said.files


# ---- images that are none, or half of one ----

def test_damaged_images(both, seed):
    """Cut short and changed at random: both say the same of each, and neither runs away."""
    r = random.Random(seed)
    images = []
    for words in (["-k", "ed25519.pem", "-s", "1", "--confirm"], ["-k", "ecdsa-p256.pem"], ["-k", "ed25519.pem", "--pure"],
                  ["-k", "rsa-2048.pem", "--align", "32", "--pad"]):
        said = run(THEIRS, both.folder, ["sign", "-v", "1", "-H", "32", "--pad-header", "-S", "0x8000", *words,
                                         "short.bin", "out"])
        images.append((words[1], said.files[pathlib.Path("out")]))
    for _ in range(25):
        key, image = r.choice(images)
        data = bytearray(image)
        if r.random() < 0.3:
            data = data[:r.randrange(len(data))]
        for _ in range(r.randrange(3)):
            if data:
                at = r.choice([r.randrange(min(len(data), 40)), r.randrange(len(data))])
                data[at] ^= 1 << r.randrange(8)
        if data and r.random() < 0.3:
            data[-1 - r.randrange(min(16, len(data)))] ^= 4
        (both.folder / "bad.bin").write_bytes(data)
        both("verify", "-k", key, "bad.bin")
        both("verify", "bad.bin")
        both("dumpinfo", "-f", r.choice(["human", "yaml", "json"]), "bad.bin")


NAMES = ["a b", "1", "12", "a: b", "a:", "#q", "a#b", "a #b", "true", "No", "null", "~", "1.5", "2020-01-01", "0x10",
         "1_000", "12:30", ".5", "+1", "é", "€", "🙂", "a\tb", "a\nb", "a'b", 'a"b', "a\\b", "-x", "- a", "[a", "{", "a,b",
         "!", "&x", "*x", "a ", " a", "%a", "@a", "y", "=", "<<", "?", "? a", "\x1b", "\x7f"]


def test_names_of_files_in_yaml_and_json(both):
    """Read back by a YAML reader and a JSON reader, each is what it was."""
    import json

    import yaml
    made = run(THEIRS, both.folder, ["sign", *BASE, "app.bin", "out"]).files[pathlib.Path("out")]
    for name in NAMES:
        (both.folder / name).write_bytes(made)
        said = run(OURS, both.folder, ["dumpinfo", "-f", "yaml", "--", name])
        theirs = run(THEIRS, both.folder, ["dumpinfo", "-f", "yaml", "--", name])
        assert yaml.load(said.out, yaml.Loader) == yaml.load(theirs.out, yaml.Loader), name
        assert yaml.load(said.out, yaml.Loader)["filename"] == name
        both.same("dumpinfo", "-f", "json", "--", name)
        assert json.loads(run(OURS, both.folder, ["dumpinfo", "-f", "json", "--", name]).out)["filename"] == name
        (both.folder / name).unlink()
