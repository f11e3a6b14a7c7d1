# SPDX-License-Identifier: Apache-2.0
"""Four products for four worlds: places to the byte, and every output."""
import base64
import json
import os
import re
import shutil
import subprocess

import pytest
from layouts import BUILD, DATA, ROOT
from test_rules import BASE, RAM, SELECT, TAIL

EXAMPLES = ["lamp", "gateway", "tracker", "badge"]
SWAPPED = ["lamp", "tracker", "badge"]


@pytest.fixture(params=EXAMPLES)
def example(request, with_key):
    shutil.copy(DATA / f"{request.param}.layout.yml", with_key.folder)
    return request.param, with_key


def built(name, tool, folder="out"):
    shutil.copy(DATA / f"{name}.layout.yml", tool.folder)
    tool("layout", "build", "-o", folder, f"{name}.layout.yml")
    return tool.folder / folder


def test_every_place_is_as_it_was_worked_out_by_hand(example):
    name, tool = example
    want = json.loads((DATA / f"{name}.solved.json").read_text())
    got = json.loads(tool("layout", "show", "--json", f"{name}.layout.yml").stdout)
    places = {p["name"]: p for p in got["partitions"]}
    assert places.keys() == want.keys()
    for part, place in want.items():
        assert places[part]["device"] == place["device"]
        assert places[part]["offset"] == int(place["offset"], 16), part
        assert places[part]["size"] == int(place["size"], 16), part
        address = place.get("address")
        assert places[part]["address"] == (address and int(address, 16)), part


def test_they_are_good(example):
    name, tool = example
    assert f"{name}.layout.yml: ok, identity " in tool("layout", "check", f"{name}.layout.yml").stdout


def test_the_seed_s_own_header_is_refused_unless_the_application_has_few_vectors(with_key):
    text = (DATA / "lamp.layout.yml").read_text()
    found = with_key.findings(text.replace("header: 0x200", "header: 256"), code=3)
    assert [f["rule"] for f in found] == ["vectors"]
    assert ("app: header 256 puts the vector table at 0x08020100; VTOR of stm32f407xe (98 vectors) "
            "needs a multiple of 512") == found[0]["text"]
    assert found[0]["remedy"].startswith("Use header: 512;")
    assert with_key.findings(text.replace("header: 0x200", "header: 256, vectors: 48"), code=0) == []


def test_a_journal_too_small_is_told_with_what_would_do(with_key):
    text = (DATA / "tracker.layout.yml").read_text()
    small = re.sub(r"(journal_[ab]: +)\{size: 8K\}", r"\1{size: 4K}", text)
    found = [f for f in with_key.findings(small, code=3) if f["severity"] == "error"]
    assert [f["rule"] for f in found] == ["journal-room"]
    assert "'size: auto' does it: 8K each." in found[0]["remedy"]
    auto = re.sub(r"(journal_[ab]: +)\{size: 8K\}", r"\1{size: auto}", text)
    sizes = {p["name"]: p["size"] for p in with_key.solved(auto)["partitions"]}
    assert sizes["journal_a"] == sizes["journal_b"] == 0x2000


# ---- outputs ----

def test_what_is_built_of_each(example):
    name, tool = example
    tool("layout", "build", "-o", "out", f"{name}.layout.yml")
    files = {p.name for p in (tool.folder / "out").iterdir() if p.is_file()}
    common = {"lost.txt", "layout.json", "layout.h", "layout.ld", "layout.cmake", "layout.txt", "layout.svg"}
    swap = {"product.c", "product.h", "boot.ld", "app.ld"}
    esp = {"partitions.csv", "partitions.bin"}
    assert files == common | (esp if name == "gateway" else swap)
    shown = tool("layout", "show", "--json", f"{name}.layout.yml").stdout
    assert (tool.folder / "out" / "layout.json").read_text() == shown


def test_a_second_build_writes_nothing(with_key):
    out = built("lamp", with_key)
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*")}
    done = with_key("layout", "build", "-o", "out", "lamp.layout.yml")
    assert "wrote 0 of" in done.stderr
    assert {p: p.stat().st_mtime_ns for p in out.rglob("*")} == before
    (out / "product.c").write_text("changed by hand")
    assert "wrote 1 of" in with_key("layout", "build", "-o", "out", "lamp.layout.yml").stderr


def test_nothing_is_written_of_a_bad_layout_or_into_a_bad_folder(with_key):
    with_key.write((DATA / "lamp.layout.yml").read_text().replace("16K", "17K"), "bad.yml")
    assert "[pages]" in with_key("layout", "build", "-o", "out", "bad.yml", code=3).stderr
    assert not (with_key.folder / "out").exists()
    shutil.copy(DATA / "lamp.layout.yml", with_key.folder)
    with_key("layout", "build", "-n", "-o", "out", "lamp.layout.yml")
    assert not (with_key.folder / "out").exists()
    (with_key.folder / "out").mkdir()
    (with_key.folder / "out" / "product.h").mkdir()
    before = set((with_key.folder / "out").iterdir())
    with_key("layout", "build", "-o", "out", "lamp.layout.yml", code=2)
    assert set((with_key.folder / "out").iterdir()) == before


PRINT = r"""
#include <stdio.h>
#include "product.h"
#include "layout.h"
%s
static void region(const char *what, const struct bh_region *r)
{
    printf("%%s %%u %%u %%u\n", what, r->flash ? r->flash->size : 0, r->off, r->len);
}
int main(void)
{
    const struct bh_product *p = &PRODUCT;
    printf("%%s %%u %%u %%u %%s %%d\n", p->name, (unsigned)p->layout, p->n_pairs, p->trial_boots, p->plan->name,
           p->mailbox != NULL);
    region("bootloader", &p->bootloader);
    region("journal", &p->journal[0]);
    region("journal", &p->journal[1]);
    for (int i = 0; i < p->n_pairs; i++) {
        const struct bh_pair *q = &p->pairs[i];
        region("primary", &q->primary);
        region("secondary", &q->secondary);
        region("spare", &q->spare);
        printf("%%s %%u %%u %%u\n", q->name, (unsigned)q->staged_off, (unsigned)q->chunk, (unsigned)q->image_max);
    }
    for (int i = 0; i < p->policy.n_keys; i++) {
        for (int k = 0; k < 32; k++) printf("%%02x", p->policy.keys[i].id[k]);
        printf(" %%u\n", p->policy.keys[i].len);
    }
    printf("rules %%u\n", (unsigned)bh_product_check(p, 16, NULL, NULL));
    printf("identity %%d\n", LAYOUT_IDENTITY == p->layout);
    return 0;
}
"""
OPS = """
static int io(const struct bh_flash *f, uint32_t o, void *b, uint32_t n) { (void)f, (void)o, (void)b, (void)n; return 0; }
static int pr(const struct bh_flash *f, uint32_t o, const void *b, uint32_t n) { (void)f, (void)o, (void)b, (void)n; return 0; }
static int er(const struct bh_flash *f, uint32_t o, uint32_t n) { (void)f, (void)o, (void)n; return 0; }
static const struct bh_flash_ops ops = { .read = io, .program = pr, .erase = er };
"""


def compiled(tool, out):
    """What a C program says of product.c, whose devices a port defines by the macros of product.h."""
    devices = re.findall(r"#define (PRODUCT_\w+)_GEOMETRY", (out / "product.h").read_text())
    port = "#include \"bulkhead/rules.h\"\n" + OPS + "".join(
        f"const struct bh_flash {d} = {{ .ops = &ops, {d}_GEOMETRY }};\n" for d in devices)
    (out / "main.c").write_text(PRINT % port)
    subprocess.run(["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/include", f"-I{out}",
                    out / "main.c", out / "product.c", BUILD / "libbulkhead.a", "-o", out / "main"],
                   check=True)
    return subprocess.run([out / "main"], text=True, capture_output=True, check=True).stdout.splitlines()


@pytest.mark.skipif("sanitize" in str(BUILD), reason="the library wants its sanitizer's run time")
@pytest.mark.parametrize("name", SWAPPED)
def test_product_c_is_the_solved_layout(with_key, name):
    out = built(name, with_key)
    solved = json.loads((out / "layout.json").read_text())
    sizes = {d["name"]: d["size"] for d in solved["devices"]}
    place = {p["name"]: f"{sizes[p['device']]} {p['offset']} {p['size']}" for p in solved["partitions"]}
    boot, slot = solved["boot"], solved["slots"][0]
    spare = slot["spare"]
    key = with_key("key", "show", "--json", "keys/release.pub.pem").stdout
    assert compiled(with_key, out) == [
        f"{name} {solved['identity']} 1 {boot['trial_boots']} swap {int(boot['mailbox'] != 'none')}",
        f"bootloader {place[boot['bootloader']]}",
        f"journal {place[boot['journal'][0]]}", f"journal {place[boot['journal'][1]]}",
        f"primary {place[slot['primary']]}", f"secondary {place[slot['secondary']]}",
        f"spare {sizes[spare['device']]} {spare['offset']} {spare['size']}",
        f"app {slot['staged_offset']} {slot['chunk']} {slot['image_max']}",
        f"{json.loads(key)['id']} 64", "rules 0", "identity 1"]


@pytest.mark.parametrize("name", SWAPPED)
def test_the_linker_takes_the_scripts(with_key, name):
    out = built(name, with_key)
    solved = json.loads((out / "layout.json").read_text())
    (out / "a.s").write_text(".text\n.globl _start\n_start: .long 0\n")
    subprocess.run(["arm-none-eabi-as", "-o", out / "a.o", out / "a.s"], check=True)
    for script, at in (("boot.ld", solved["boot"]["bootloader"]), ("app.ld", None)):
        (out / "whole.ld").write_text(f"INCLUDE {script}\nINCLUDE layout.ld\n"
                                      "SECTIONS { .text : { *(.text) } > FLASH }\n")
        subprocess.run(["arm-none-eabi-ld", "-T", "whole.ld", "-o", "a.elf", "a.o"], cwd=out, check=True)
        symbols = dict(reversed(line.split(" A ")) for line in subprocess.run(
            ["arm-none-eabi-nm", "a.elf"], cwd=out, text=True, capture_output=True, check=True
        ).stdout.splitlines() if " A " in line)
        for p in solved["partitions"]:
            assert int(symbols[f"__bh_{p['name']}_offset"], 16) == p["offset"]
            assert int(symbols[f"__bh_{p['name']}_size"], 16) == p["size"]
            if p["address"] is not None:
                assert int(symbols[f"__bh_{p['name']}_address"], 16) == p["address"]
        start = subprocess.run(["arm-none-eabi-nm", "a.elf"], cwd=out, text=True, capture_output=True,
                               check=True).stdout
        address = int(re.search(r"(\w+) T _start", start)[1], 16)
        slot = solved["slots"][0]
        places = {p["name"]: p for p in solved["partitions"]}
        want = places[at]["address"] if at else places[slot["primary"]]["address"] + slot["header"]
        assert address == want, script


@pytest.mark.parametrize("name", EXAMPLES)
def test_cmake_and_c_take_what_is_for_them(with_key, name):
    out = built(name, with_key)
    solved = json.loads((out / "layout.json").read_text())
    (out / "show.cmake").write_text('include(layout.cmake)\nmessage("${BULKHEAD_PRODUCT} ${BULKHEAD_KEYS} '
                                    '${BULKHEAD_SLOTS} ${BULKHEAD_SLOT_app_IMAGE_MAX}")\n')
    done = subprocess.run(["cmake", "-P", "show.cmake"], cwd=out, text=True, capture_output=True, check=True)
    slots = solved["slots"]
    want = f"{name} keys/release.pub.pem " + (f"app {slots[0]['image_max']:#x}" if slots else " ")
    assert done.stderr.rstrip("\n") == want.rstrip("\n")
    lines = [f'_Static_assert(LAYOUT_{p["name"].upper()}_OFFSET == {p["offset"]}u && '
             f'LAYOUT_{p["name"].upper()}_SIZE == {p["size"]}u, "");' for p in solved["partitions"]]
    (out / "c.c").write_text('#include "layout.h"\n' + "\n".join(lines) + "\n")
    subprocess.run(["gcc", "-fsyntax-only", "-Wall", "-Werror", out / "c.c"], check=True)


def test_the_table_of_esp_idf(with_key):
    out = built("gateway", with_key)
    rows = [line for line in (out / "partitions.csv").read_text().splitlines() if line[0] != "#"]
    want = (DATA / "gateway.partitions.csv").read_text().splitlines()[1:]
    assert [r.rstrip(", ") for r in rows] == [w.rstrip(", ") for w in want]
    shown = with_key("table", "show", "--json", out / "partitions.bin")
    assert '"nvs_key"' in shown.stdout
    with_key("table", "check", "--flash-size", "4M", out / "partitions.bin", code=0)


def test_the_schemas_are_json_and_say_what_is_there(example):
    name, tool = example
    language = json.loads(tool("layout", "schema").stdout)
    check(language, language["$defs"], simple_yaml(tool.folder / f"{name}.layout.yml"))
    solved = json.loads((ROOT / "docs" / "json" / "layout-show.json").read_text())
    check(solved, {}, json.loads(tool("layout", "show", "--json", f"{name}.layout.yml").stdout))


def test_the_schema_refuses_what_the_reader_refuses(tool):
    language = json.loads(tool("layout", "schema").stdout)
    good = {"layout": 1, "product": "x", "partitions": {"a": {"size": "32K"}}}
    check(language, language["$defs"], good)
    for bad in ({**good, "sizes": 3}, {**good, "layout": 2}, {**good, "product": "a-b"}, {"product": "x"},
                {**good, "partitions": {"a": {"size": "32KB"}}}, {**good, "partitions": {"a": {"sise": 3}}},
                {**good, "boot": {"trial_boots": 0}}, {**good, "boot": {"plan": "swop"}},
                {**good, "boot": {"keys": [3]}}):
        with pytest.raises(AssertionError):
            check(language, language["$defs"], bad)


def simple_yaml(path):
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load(path.read_text())


def check(schema, defs, value, where="$"):
    """As much of JSON Schema as ours use; anything else in a schema is an error."""
    known = {"$schema", "$ref", "title", "description", "type", "properties", "additionalProperties", "required",
             "items", "enum", "const", "pattern", "minimum", "maximum", "minItems", "maxItems", "anyOf", "allOf",
             "$defs"}
    if schema is True:
        return
    assert schema is not False, f"{where}: not allowed"
    assert set(schema) <= known, set(schema) - known
    types = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "null": type(None),
             "boolean": bool}
    if "$ref" in schema:
        check(defs[schema["$ref"].removeprefix("#/$defs/")], defs, value, where)
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        assert any(isinstance(value, types[n]) and (n == "boolean" or not isinstance(value, bool)) for n in names), (
            f"{where}: {value!r} is no {names}")
    if "enum" in schema:
        assert any(value == e and type(value) is type(e) for e in schema["enum"]), f"{where}: {value!r}"
    if "const" in schema:
        assert value == schema["const"], where
    if "pattern" in schema and isinstance(value, str):
        assert re.search(schema["pattern"], value), f"{where}: {value!r}"
    if isinstance(value, int):
        assert schema.get("minimum", value) <= value <= schema.get("maximum", value), f"{where}: {value}"
    for each in schema.get("allOf", []):
        check(each, defs, value, where)
    if "anyOf" in schema:
        fits = 0
        for each in schema["anyOf"]:
            try:
                check(each, defs, value, where)
                fits += 1
            except AssertionError:
                pass
        assert fits, f"{where}: {value!r}"
    if isinstance(value, list):
        assert schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)), where
        for i, each in enumerate(value):
            check(schema.get("items", True), defs, each, f"{where}[{i}]")
    if isinstance(value, dict):
        assert set(schema.get("required", [])) <= set(value), f"{where}: {set(schema['required']) - set(value)}"
        for key, each in value.items():
            inner = schema.get("properties", {}).get(key, schema.get("additionalProperties", True))
            check(inner, defs, each, f"{where}.{key}")


LOADED = """MEMORY
{
    LOAD0 (%s) : ORIGIN = 0x%08x, LENGTH = 0x%x
    LOAD1 (%s) : ORIGIN = 0x%08x, LENGTH = 0x%x
}
REGION_ALIAS("CODE", LOAD%d)
REGION_ALIAS("DATA", LOAD%d)
"""


@pytest.mark.parametrize("load, says", [
    ("[{address: 0x20000000, size: 32K}, {address: 0x20008000, size: 16K, execute: no}]",
     LOADED % ("rwx", 0x20000000, 0x8000, "rw", 0x20008000, 0x4000, 0, 1)),
    ("[{address: 0x20008000, size: 16K, execute: no}, {address: 0x20000000, size: 32K}]",
     LOADED % ("rw", 0x20008000, 0x4000, "rwx", 0x20000000, 0x8000, 1, 0)),
    ("[{address: 0x20000000, size: 16K}, {address: 0x20008000, size: 16K}]",
     LOADED % ("rwx", 0x20000000, 0x4000, "rwx", 0x20008000, 0x4000, 0, 0)),
], ids=["code and data", "data and code", "both for code"])
def test_the_memory_of_an_application_that_is_loaded(with_key, load, says):
    text = BASE.replace(TAIL, SELECT).replace(*RAM)
    with_key.write(re.sub(r"load: .*", f"load: {load}", text))
    with_key("layout", "build", "x.layout.yml", "-o", "out")
    script = with_key.folder / "out/loaded.ld"
    assert script.read_text().split("*/\n")[1] == says
    assert "esptool --chip esp32c3 elf2image APP.elf" in script.read_text()
    (with_key.folder / "use.ld").write_text(
        "INCLUDE out/loaded.ld\nSECTIONS { .text : { *(.text*) } > CODE .data : { *(.data*) *(.bss*) } > DATA }\n")
    (with_key.folder / "a.c").write_text("int a = 1; int f(void) { return a; }\n")
    subprocess.run(["arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m0", "-nostdlib", "-Wl,-e,f", "-T", "use.ld", "a.c",
                    "-o", "a"], cwd=with_key.folder, check=True)


def test_names_of_the_greatest_length(with_key):
    """64 letters: in C, in CMake and in linker scripts they are whole; 65 are refused."""
    name = "p" + "q" * 62 + "z"
    text = BASE.replace("product: base", f"product: {name}").replace("settings", name.replace("p", "s"))
    with_key.write(text)
    with_key("layout", "build", "x.layout.yml", "-o", "out")
    header = (with_key.folder / "out/layout.h").read_text()
    assert re.search(rf"\b{name.upper().replace('P', 'S')}_OFFSET\b|_{name.upper().replace('P', 'S')}_OFFSET\b", header)
    assert f"{name}_product" in (with_key.folder / "out/product.c").read_text()
    assert f"__bh_{name.replace('p', 's')}_size" in (with_key.folder / "out/layout.ld").read_text()
    found = with_key.findings(text.replace(name, name + "z"), code=3)
    assert {f["rule"] for f in found} == {"name"}


def test_the_memory_of_an_image_that_is_copied_to_ram(with_key):
    """From the image on to the end of RAM: the bootloader's memory is the application's by then."""
    text = BASE.replace("mapped: 0x08000000, vectors: 64", "mapped: no, driver: spi_nor, rom_copies_to: 0x20010000, "
                        "ram: {address: 0x20000000, size: 256K}").replace(
                            "header: 0x200", "header: 0x200, load: {address: 0x20010000, size: 64K}")
    with_key.write(text)
    with_key("layout", "build", "x.layout.yml", "-o", "out")
    script = (with_key.folder / "out/app.ld").read_text().split("*/\n")[1]
    assert script == ("MEMORY\n{\n    RAM (rwx) : ORIGIN = 0x20010200, LENGTH = 0x2fe00\n}\n"
                      'REGION_ALIAS("FLASH", RAM)\n')


def test_product_c_of_a_layout_in_which_otadata_chooses(with_key):
    """It compiles, and has the key's 64 bytes: a point without the 4 before it."""
    with_key.write(BASE.replace(TAIL, SELECT).replace(*RAM))
    with_key("layout", "build", "x.layout.yml", "-o", "out")
    subprocess.run(["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-I", ROOT / "include", "-I", "out", "-c",
                    "out/product.c", "-o", "product.o"], cwd=with_key.folder, check=True)
    text = (with_key.folder / "out/product.c").read_text()
    der = base64.b64decode("".join((with_key.folder / "keys/release.pub.pem").read_text().splitlines()[1:-1]))
    key = re.search(r"key_0\[64\] = \{(.*?)\}", text, re.S)[1]
    assert bytes(int(byte, 16) for byte in re.findall(r"0x\w\w", key)) == der[-64:]
    assert "n_keys = 1," in text and "allow_unsigned" not in text
