# SPDX-License-Identifier: Apache-2.0
"""--json: every command's output has a published schema with a version, and what goes wrong is JSON too.

conftest.py holds every other run with --json in this folder against its schema as well.
To repeat one test: build/venv/bin/pytest tests/cli/test_cli_json.py -k NAME
"""

import json
import re
import subprocess

import jsonschema
import pytest
import schema
from conftest import ROOT, TOOL


# In a tool with the emulator alone; tests/board has them.
BOARD = {"board-run", "board-prove"}
# With a device at the other end of a line; tests/recovery has them.
REMOTE = {f"device-{verb}" for verb in "list info upload test confirm erase reset log".split()}


def commands(tool):
    """All that have --json, as "noun-verb"."""
    listed = re.findall(r"^  ([a-z]+) ([a-z-]+)  +\S", tool("help").stdout, re.MULTILINE)
    return {f"{n}-{v}" for n, v in listed if "--json" in tool(n, v, "--help").stdout}


def test_every_command_has_a_schema(tool):
    published = {p.stem for p in schema.FOLDER.glob("*.json")} - {"common", "message"}
    assert published - BOARD == commands(tool) - BOARD
    for name in published | {"message"}:
        one = schema.load(name)
        assert re.fullmatch(rf"{name}-\d+", one["properties"]["schema"]["const"]), name
        assert "schema" in one["required"] and one["title"] and one["description"]


def described(one, name):
    for key, value in one.get("properties", {}).items():
        if key != "schema":
            assert value.get("description") or "$ref" in value, f"{name}: {key} is not described"
        described(value, name)
    if "items" in one:
        described(one["items"], name)


def test_every_property_is_described():
    for path in schema.FOLDER.glob("*.json"):
        described(json.loads(path.read_text()), path.name)


def reasons(one, at=""):
    for key, value in one.get("properties", {}).items():
        if key == "reason" or key.endswith("_reason"):
            assert value["$ref"] == "common.json#/$defs/reason", f"{at}.{key}"
        reasons(value, f"{at}.{key}")
    if "items" in one:
        reasons(one["items"], f"{at}[]")


def test_a_reason_is_always_the_same_thing():
    for path in schema.FOLDER.glob("*.json"):
        reasons(json.loads(path.read_text()), path.stem)


LAYOUT = ROOT / "tests/layout/data/lamp.layout.yml"
CSV = "nvs,data,nvs,0x9000,0x4000\notadata,data,ota,0xd000,0x2000\nota_0,app,ota_0,0x10000,1M\nota_1,app,ota_1,,1M\n"


@pytest.fixture
def stage(tool, keys):
    """A folder with one of everything."""
    (tool.folder / "app").write_bytes(bytes(range(256)) * 8)
    (tool.folder / "t.csv").write_text(CSV)
    key = ("-k", keys["ed25519"])
    tool("image", "sign", *key, "-v", "1", "--pad-header", "--layout", "stm32f407", "app", "one")
    tool("image", "sign", *key, "-v", "2", "--pad-header", "--layout", "stm32f407", "app", "two")
    tool("boot", "install", "stm32f407", "one", "--flash", "chip", *key)
    flash = bytearray(b"\xff" * (4 << 20))
    (tool.folder / "keys").mkdir()
    tool("key", "export", keys["ecdsa-p256"], "-o", "keys/release.pub.pem")
    (tool.folder / "lamp.layout.yml").write_text(LAYOUT.read_text())
    tool("table", "convert", "t.csv", "--output", "t.bin")
    table = (tool.folder / "t.bin").read_bytes()
    flash[0x8000:0x8000 + len(table)] = table
    (tool.folder / "flash.bin").write_bytes(flash)
    return tool


def runs(keys):
    device = ("stm32f407", "--flash", "chip", "-k", keys["ed25519"])
    return {
        "key-new": ("--type", "ed25519", "new.pem"), "key-show": (keys["rsa-2048"],), "image-info": ("one",),
        "image-sign": ("-v", "1", "--pad-header", "app", "out"), "image-verify": ("-k", keys["ed25519"], "one"),
        "boot-run": device, "boot-status": device, "boot-stage": ("stm32f407", "two", *device[1:]),
        "boot-request": ("stm32f407", "test", *device[1:]), "boot-confirm": device, "boot-map": device, "boot-explain": ("--all",),
        "table-show": ("t.csv",), "table-check": ("--flash-size", "4M", "t.csv"), "table-diff": ("t.csv", "t.bin"),
        "table-map": ("--flash-size", "4M", "t.csv"), "part-list": ("--port", "file:flash.bin"), "ota-status": ("--port", "file:flash.bin"),
        "layout-chips": (), "layout-check": ("lamp.layout.yml",), "layout-show": ("lamp.layout.yml",),
        "layout-migrate": ("lamp.layout.yml", "lamp.layout.yml"), "layout-diff": ("lamp.layout.yml", "lamp.layout.yml"),
        "layout-build": ("-o", "built", "lamp.layout.yml"),
        "sim-run": ("tiny2", "revert"), "sim-replay": ("tiny2", "stage2", "test", "boot"),
        "sim-explore": ("tiny1", "--scenario", "confirm", "--depth", "1"),
    }


def test_every_command_prints_what_its_schema_says(stage, keys, tmp_path):
    """Each is checked by tool() itself; here, that each ran, and said what it is."""
    told = runs(keys)
    assert set(told) == commands(stage) - BOARD - REMOTE
    for name, words in told.items():
        done = subprocess.run([str(w) for w in (TOOL, *name.split("-", 1), *words, "--json")], cwd=stage.folder,
                              capture_output=True, text=True, timeout=120)
        schema.check_run(name.split("-", 1), done.stdout, done.stderr)
        documents = list(schema.documents(done.stdout))
        assert documents, f"{name}: {done.stderr}"
        for one in documents:
            assert next(iter(one)) == "schema" and one["schema"] == schema.load(name)["properties"]["schema"]["const"]


def messages(done):
    return [json.loads(line) for line in done.stderr.splitlines()]


ERRORS = {
    "no such file": (("image", "info", "nowhere"), 2, "nowhere", "cannot open", "Check the path."),
    "an offset": (("image", "info", "app"), 2, "app: offset 0x0", "not an MCUboot image", None),
    "a line and column": (("table", "show", "bad.csv"), 3, "bad.csv:1:", "", None),
    "a layout": (("layout", "build", LAYOUT, "-o", "x"), 3, str(LAYOUT), "keys/release.pub.pem", "Its name is relative"),
    "wrong usage": (("image", "sign", "--nonsense"), 2, None, "nonsense", None),
    "no such verb": (("image", "sing"), 2, None, "did you mean 'sign'?", "See 'bulkhead help image'"),
    "no such noun": (("sign", "image"), 2, None, "did you mean 'image sign'?", "The noun comes first."),
    "one operand too many": (("image", "info", "one", "two"), 2, None, "one operand too many", None),
    "a device that is not there": (("boot", "run", "stm32f407", "--flash", "none"), 2, None, "", None),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_json(stage, name):
    words, code, where, message, hint = ERRORS[name]
    (stage.folder / "bad.csv").write_text("nvs,data\n")
    plain = stage(*words, code=code)
    done = subprocess.run([str(w) for w in (TOOL, *words, "--json")], cwd=stage.folder, capture_output=True, text=True)
    assert done.returncode == code and done.stdout == ""
    said = messages(done)
    assert said
    for one in said:
        schema.check(one, schema.load("message"))
        assert one["kind"] == "error" and one["code"] == code
    first = said[0]
    assert (where is None and "where" not in first) or first["where"].startswith(where), first
    assert message in first["message"]
    assert hint is None or first["hint"].startswith(hint)
    # the same words as without --json
    for part in ("message", "hint"):
        assert re.sub(r" \[[a-z-]+\]", "", first.get(part, "")).rstrip(".") in plain.stderr


def test_a_result_and_an_error(stage, keys):
    """What can be said of a broken image is a document; that it is broken is an error beside it."""
    data = (stage.folder / "one").read_bytes()
    (stage.folder / "short").write_bytes(data[:-10])
    done = stage("image", "info", "short", "--json", code=2)
    assert json.loads(done.stdout)["problem"] and messages(done)[-1]["kind"] == "error"
    done = stage("image", "verify", "-k", keys["ed25519"], "short", "--json", code=5)
    assert json.loads(done.stdout)["reason"]["name"] == "too-big"


def test_warnings_and_remarks(stage):
    """They are JSON too, and --quiet silences them."""
    vectors = b"".join(n.to_bytes(4, "little") for n in [0x20010000] + [0x08020401] * 97) + bytes(100)
    (stage.folder / "v").write_bytes(vectors)
    words = ("image", "sign", "-v", "1", "--pad-header", "-H", "0x100", "v", "out", "--json")
    done = stage(*words)
    assert [m["kind"] for m in messages(done)] == ["warning"] and "0x200" in messages(done)[0]["message"]
    assert stage(*words, "-q").stderr == ""


def test_behind_two_dashes_it_is_a_name(stage):
    done = subprocess.run([TOOL, "image", "info", "--", "--json"], cwd=stage.folder, capture_output=True, text=True)
    assert done.stderr.startswith("bulkhead: --json: cannot open")


def test_schemas_are_right_json_schema():
    """By the word of the specification's own validator."""
    for path in schema.FOLDER.glob("*.json"):
        jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text()))


def test_the_page_says_where_they_are():
    assert "docs/json" in (ROOT / "docs/cli.md").read_text() or "(json)" in (ROOT / "docs/cli.md").read_text()
