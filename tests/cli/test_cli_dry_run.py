# SPDX-License-Identifier: Apache-2.0
"""--dry-run: what would be done is said, what is wrong is said as it would be, nothing is written."""
import json
import re

import pytest

from conftest import snapshot
from test_cli_boot import PRODUCTS, Device, start
from test_cli_frame import commands

SAY_WOULD = {
    ("boot", "confirm"), ("boot", "install"), ("boot", "request"), ("boot", "run"), ("boot", "stage"),
    ("boot", "map"), ("image", "sign"), ("image", "sign-espressif"), ("key", "export"), ("key", "new"),
    ("layout", "assemble"), ("layout", "build"), ("layout", "convert"), ("layout", "fmt"),
    ("layout", "map"), ("layout", "migrate"), ("layout", "pin"), ("new",),
    ("ota", "confirm"), ("ota", "erase"), ("ota", "invalidate"), ("ota", "switch"),
    ("part", "erase"), ("part", "read"), ("part", "write"), ("table", "convert"), ("table", "map"),
    ("table", "pack"), ("table", "set"), ("table", "unpack"), ("table", "write")}


def dry(tool, *words, says="would write"):
    """It says so and changes no file; the same without --dry-run changes one."""
    before = snapshot(tool.folder)
    done = tool(*words, "--dry-run")
    assert says in done.stderr + done.stdout
    assert snapshot(tool.folder) == before
    tool(*words)
    assert snapshot(tool.folder) != before


@pytest.fixture
def bench(tool, keys):
    """A folder with an application, an image of Espressif's kind, a CSV and a file in the way."""
    (tool.folder / "app").write_bytes(bytes(range(256)) * 8)
    (tool.folder / "esp").write_bytes(b"\xe9" + bytes(4095))
    (tool.folder / "t.csv").write_text("nvs,data,nvs,,0x6000\nfactory,app,factory,,1M\n")
    (tool.folder / "l.yml").write_text(
        "layout: 1\nproduct: x\ndevices:\n  d: {size: 1M, pages: 4K, unit: 4, mapped: 0}\n"
        "partitions:\n  a: {size: 32768}\n  b: {size: 4K}\n")
    (tool.folder / "pm.yml").write_text("a: {address: 0, size: 0x1000}\n")
    (tool.folder / "there").write_bytes(b"former")
    (tool.folder / "empty").write_bytes(b"")
    return tool


def test_which_commands_have_it(tool):
    have = {words for words in commands() if "--dry-run" in tool("help", *words).stdout}
    assert have == SAY_WOULD


RIGHT = [
    "key new -t ed25519 out", "key new -t p256 there --force", "key new -t lms --lms-height 5 out",
    "key export {ed25519} -o out", "key export {ed25519} --format c -o there --force",
    "image sign -v 1 --pad-header -k {p256} app out",
    "image sign-espressif -k {rsa} esp -o out", "image sign-espressif -k {p256} esp -o there --force",
    "table convert t.csv -o out.bin", "table pack t.csv --flash-size 4M factory=esp -o out",
    "layout build l.yml -o out", "layout assemble l.yml -o out --image a=app", "layout fmt -i l.yml",
    "layout convert l.yml --to json -o out", "layout pin pm.yml -o out", "layout migrate pm.yml pm.yml --svg out",
    "table map t.csv --flash-size 4M --svg out.svg", "table convert t.csv -o there --to binary"]
WRONG = [
    ("key new -t ed25519 there", 1, "there: exists already"),
    ("key new -t lms there", 1, "there: exists already"),
    ("key new -t ed25519 nowhere/out", 2, "nowhere/out"),
    ("key new -t ed25519 .", 2, "folder"),
    ("key new -t ed25519 -", 2, "Name a file"),
    ("key new -t ed25519 --passphrase env:NONE_SUCH out", 2, "NONE_SUCH"),
    ("key new -t lms --passphrase env:HOME out", 2, "Leave out --passphrase"),
    ("key new -t p256 --lms-height 5 out", 2, "are for LMS keys, not ecdsa-p256"),
    ("key export {ed25519} -o there", 1, "there: exists already"),
    ("key export there -o out", 2, "there"),
    ("key export {x25519} --format c -o out", 2, "cannot verify"),
    ("key export {ed25519} -o nowhere/out", 2, "nowhere/out"),
    ("image sign -v 1 --pad-header app nowhere/out", 2, "nowhere/out"),
    ("image sign -v 1 --pad-header -S 100 app out", 2, "exceed the slot"),
    ("image sign-espressif -k {rsa} esp -o there", 1, "there: exists already"),
    ("image sign-espressif -k {ed25519} esp -o out", 2, "ed25519"),
    ("image sign-espressif -k {rsa} none -o out", 2, "none"),
    ("image sign-espressif -k {rsa} empty -o out", 2, "file is empty"),
    ("layout build l.yml -o there", 1, "the folder cannot be made"),
    ("layout assemble l.yml -o out --image b=esp --image a=none", 2, "none"),
    ("layout assemble l.yml -o out", 2, "there is nothing to assemble"),
    ("layout fmt -i --set partitions.c.size=4K l.yml", 2, "there is no 'partitions.c.size'"),
    ("layout convert l.yml --to target-h -o out", 3, "no partition is the primary slot"),
    ("table convert t.csv -o nowhere/out", 2, "nowhere/out"),
    ("table pack t.csv --flash-size 4M -o there", 1, "there: exists already"),
    ("table pack t.csv --flash-size 4M factory=none -o out", 2, "none")]


def line(text, keys):
    return text.format(ed25519=keys["ed25519"], p256=keys["ecdsa-p256"], rsa=keys["rsa-3072"],
                       x25519=keys["x25519"]).split()


@pytest.mark.parametrize("text", RIGHT)
def test_right(bench, keys, text):
    dry(bench, *line(text, keys))


@pytest.mark.parametrize("text, code, says", WRONG, ids=[w[0] for w in WRONG])
def test_wrong_is_refused_as_without(bench, keys, text, code, says):
    words = line(text, keys)
    assert bench.refuses(*words, "--dry-run", code=code, says=says) == bench.refuses(
        *words, code=code, says=says)


def test_key_new_in_json(tool):
    said = json.loads(tool("key", "new", "-t", "p256", "k.pem", "--dry-run", "--json").stdout)
    assert said == {"schema": "key-new-1", "file": "k.pem", "written": False, "type": "ecdsa-p256"}
    assert json.loads(tool("key", "new", "-t", "p256", "k.pem", "--json").stdout)["written"] is True


# ---- a device: the act is played on a copy, so that what is said is what would be ----

@pytest.fixture(params=PRODUCTS)
def device(request, tool, keys):
    return Device(tool, keys, request.param)


def foretold(device, verb, *words, says):
    """A dry run tells, in words and as JSON, what the act then does to the flash."""
    before = snapshot(device.tool.folder)
    done = device(verb, *words, "--dry-run")
    assert says in done.stdout + done.stderr
    told = None
    if verb != "install":
        told = device.facts(verb, *words, "--dry-run")
        assert told.pop("written") is False
    assert snapshot(device.tool.folder) == before
    if verb == "install":
        device(verb, *words)
    else:
        did = device.facts(verb, *words)
        assert did.pop("written") is True and did == told
    assert snapshot(device.tool.folder) != before


def test_life_foretold(device):
    foretold(device, "install", "1.0.0.bin", says="would have erased all flash")
    device("run")
    foretold(device, "stage", "2.0.0.bin", says="would have staged")
    foretold(device, "request", "test", says="would have requested")
    foretold(device, "run", says="dry run: the flash is as it was")
    foretold(device, "confirm", says="would have confirmed")
    assert start(device.facts("run")) == ("2.0.0", "idle", "confirmed")


def test_device_refusals_are_the_same(device):
    """Also what only the act itself finds out."""
    def same(*words, **kw):
        assert device.tool.refuses("boot", *words, "--dry-run", **kw) == device.tool.refuses(
            "boot", *words, **kw)

    name, tool = device.product, device.tool
    (tool.folder / "large").write_bytes(b"\0" * 0x100001)
    (tool.folder / "noise").write_bytes(b"\x55" * 5000)
    same("install", name, "noise", *device.words, code=5, says="--any-image")
    same("install", name, "1.0.0.bin", *device.words, "--flash", "a", "--flash", "b", says="--flash")
    for verb in (["stage", name, "2.0.0.bin"], ["request", name, "test"], ["confirm", name]):
        same(*verb, *device.words, says="boot install")
    device("install", "1.0.0.bin")
    same("install", name, "2.0.0.bin", *device.words, says="there is a device already")
    device("run")
    same("stage", name, "large", *device.words, says="is larger than")
    device("stage", "2.0.0.bin")
    device("request", "test")
    device("run")
    same("stage", name, "1.0.0.bin", *device.words, code=1, says="not possible now")
    same("request", name, "test", *device.words, code=1, says="not possible now")


def test_install_where_nothing_can_be_made(tool, keys):
    device = Device(tool, keys, "stm32f407")
    said = tool.refuses("boot", "install", "stm32f407", "1.0.0.bin", "--key", device.key, "--flash",
                        "nowhere/f", "--dry-run", code=2, says="nowhere/f")
    assert re.search(r"No such file|Check the path", said)


def test_install_over_a_device(tool, keys):
    device = Device(tool, keys, "stm32f407")
    device("install", "1.0.0.bin")
    before = snapshot(tool.folder)
    device("install", "2.0.0.bin", "--force", "--dry-run")
    assert snapshot(tool.folder) == before
