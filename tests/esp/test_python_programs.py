# SPDX-License-Identifier: Apache-2.0
"""The Python files as programs, as ESP-IDF's build and its tests run them; and what scripts catch: the
types of exceptions, held to the original's own code."""

import io
import os
import random
import subprocess
import sys

import pytest
from conftest import BUILD, ROOT
from test_gen_esp32part import SINGLE_APP
from test_parttool import TABLE, make_flash, otadata, record

PACKAGE = BUILD / "python/bulkhead"
PROGRAMS = ["gen_esp32part", "parttool", "otatool", "check_sizes", "gen_empty_partition"]
sys.path.insert(0, str(BUILD / "python"))


def python(*words, cwd=None, stdin=b"", **env):
    done = subprocess.run([sys.executable, *map(str, words)], input=stdin, capture_output=True, cwd=cwd,
                          timeout=60, env={**os.environ, **env})
    return done.returncode, done.stdout, done.stderr


def as_file(name, *words, **more):
    return python(PACKAGE / f"{name}.py", *words, **more)


def as_module(name, *words, **more):
    return python("-m", f"bulkhead.{name}", *words, PYTHONPATH=str(BUILD / "python"), **more)


@pytest.fixture(params=[as_file, as_module])
def call(request):
    return request.param


@pytest.fixture
def folder(run, tmp_path):
    """A folder with things to work on, the same each time."""
    make_flash(tmp_path / "flash.bin", run, (record(1), b""))
    (tmp_path / "t.csv").write_bytes(TABLE)
    (tmp_path / "bad.csv").write_bytes(b"a,data,nvs,,4K,nonsense\n")
    (tmp_path / "app.bin").write_bytes(bytes(1000))
    (tmp_path / "big.bin").write_bytes(bytes(2 << 20))
    return tmp_path


FLASH = ["-p", "file:flash.bin"]
LINES = [
    ["gen_esp32part", "t.csv", "out.bin"], ["gen_esp32part", "-q", "t.csv", "out/deep/er.bin"],
    ["gen_esp32part", "bad.csv", "out.bin"], ["gen_esp32part", "t.csv"], ["gen_esp32part"],
    ["gen_esp32part", "--flash-size", "2MB", "t.csv", "out.bin"], ["gen_esp32part", "nowhere.csv"],
    ["gen_esp32part", "--help"], ["gen_esp32part", "-", "-"], ["gen_esp32part", "--what"],
    ["parttool", "-q", "-f", "t.csv", "get_partition_info", "-n", "nvs"],
    ["parttool", *FLASH, "read_partition", "-n", "nvs", "--output", "out.bin"],
    ["parttool", *FLASH, "write_partition", "-n", "nvs", "--input", "app.bin"],
    ["parttool", *FLASH, "write_partition", "-n", "phy_init", "--input", "app.bin"],
    ["parttool", *FLASH, "erase_partition", "-n", "none"], ["parttool"], ["parttool", "what"],
    ["parttool", "-q", *FLASH, "erase_partition", "-n", "none"],
    ["otatool", *FLASH, "read_otadata"], ["otatool", *FLASH, "switch_ota_partition", "--slot", "1"],
    ["otatool", *FLASH, "erase_otadata"], ["otatool"], ["otatool", *FLASH, "read_ota_partition"],
    ["check_sizes", "partition", "--type", "app", "t.csv", "app.bin"],
    ["check_sizes", "partition", "--type", "app", "t.csv", "big.bin"],
    ["check_sizes", "bootloader", "0x1000", "app.bin"], ["check_sizes"],
    ["gen_empty_partition", "0x1000", "out.bin"], ["gen_empty_partition", "16"], ["gen_empty_partition"],
]


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_same_as_the_program(call, run, folder, line):
    """Exit code, both streams and every file: what the program of that name gives."""
    before = contents(folder)
    expected = run(*line, cwd=folder, stdin=TABLE), contents(folder)
    for path in folder.rglob("*"):
        if path.is_file():
            path.unlink()
    for name, data in before.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    code, out, err = call(*line, cwd=folder, stdin=TABLE)
    name = line[0].encode()
    assert (code, out.replace(name + b".py", name), err.replace(name + b".py", name)) == expected[0]
    assert contents(folder) == expected[1]


def test_something_is_written(call, folder):
    """Once it printed nothing, wrote nothing and exited with 0."""
    assert call("gen_esp32part", "t.csv", "out.bin", cwd=folder)[0] == 0
    assert (folder / "out.bin").stat().st_size == 0xC00


@pytest.mark.parametrize("link", [True, False])
def test_called_as_esp_idfs_own_tests_do(folder, link):
    """From a folder below, by a relative path, the warnings and errors in one stream; linked into a
    tree of ESP-IDF's, or copied with what they need."""
    idf = folder / "idf/components/partition_table"
    (idf / "test_host").mkdir(parents=True)
    for path in PACKAGE.iterdir():
        if path.suffix in (".py", ".so") and path.name != "__init__.py":
            (idf / path.name).symlink_to(path) if link else (idf / path.name).write_bytes(path.read_bytes())
    csv, binary = folder / "x.csv", folder / "x.bin"
    csv.write_bytes(TABLE)

    def call(*words):
        return subprocess.check_output([sys.executable, *map(str, words)], cwd=idf / "test_host",
                                       stderr=subprocess.STDOUT)

    out = call("../gen_esp32part.py", csv, binary)
    assert b"WARNING" not in out and binary.stat().st_size == 0xC00
    assert b"WARNING" not in call("../gen_esp32part.py", binary, csv)
    once = binary.read_bytes()
    call("../gen_esp32part.py", csv, binary)
    assert binary.read_bytes() == once
    answer = call("../parttool.py", "-q", "--partition-table-file", csv, "get_partition_info",
                  "--partition-type", "data", "--partition-subtype", "nvs", "--info", "offset")
    assert answer == b"0x9000\n"
    (folder / "data").write_bytes(bytes(100))
    assert b"Bootloader binary size 0x64 bytes" in call("../check_sizes.py", "--offset", "0x8000",
                                                        "bootloader", "0x1000", folder / "data")
    call("../gen_empty_partition.py", "4096", folder / "blank")
    assert (folder / "blank").read_bytes() == b"\xff" * 4096


def test_functions_of_the_small_modules(folder, capfd):
    from bulkhead import check_sizes, gen_empty_partition

    gen_empty_partition.generate_blanked_file(100, str(folder / "blank"))
    assert (folder / "blank").read_bytes() == b"\xff" * 100
    with open(folder / "t.csv") as table, open(folder / "app.bin") as app, open(folder / "big.bin") as big:
        check_sizes.check_partition("app", None, table, app)
        check_sizes.check_partition("app", "factory", table, app)
        with pytest.raises(SystemExit):
            check_sizes.check_partition("app", None, table, big)
        check_sizes.check_bootloader(0x8000, 0x1000, app)
        with pytest.raises(SystemExit):
            check_sizes.check_bootloader(0x8000, 0x1000, big)
    assert "Smallest app partition is 0x100000 bytes" in capfd.readouterr().out


def test_a_script_as_parttool_example_is(folder, run):
    """The calls that ESP-IDF's parttool_example and otatool_example make, in their order, on a flash."""
    (folder / "app.bin").write_bytes(os.urandom(3000))
    before = (folder / "flash.bin").read_bytes()
    code, _, err = python("-c", f"""
import os, sys
sys.path.append({str(PACKAGE)!r})
from parttool import PartitionName, PartitionType, ParttoolTarget
from gen_empty_partition import generate_blanked_file

def same(a, b):
    with open(a, "rb") as f, open(b, "rb") as g:
        a, b = f.read(), g.read()
    assert a[:len(b)] == b[:len(a)]

target = ParttoolTarget("file:flash.bin")
target.read_partition(PartitionType("app", "factory"), "app-back.bin")
keys = target.get_partition_info(PartitionName("keys"))
with open("write.bin", "wb") as f:
    f.write(os.urandom(keys.size))
target.write_partition(PartitionName("keys"), "write.bin")
target.read_partition(PartitionName("keys"), "read.bin")
same("write.bin", "read.bin")
target.erase_partition(PartitionName("keys"))
target.read_partition(PartitionName("keys"), "read.bin")
generate_blanked_file(keys.size, "blank.bin")
same("read.bin", "blank.bin")

from otatool import OtatoolTarget
target = OtatoolTarget("file:flash.bin")
target.write_ota_partition(0, "app.bin")
target.write_ota_partition("ota_1", "app.bin")
target.read_ota_partition("ota_0", "app0.bin")
target.read_ota_partition(1, "app1.bin")
same("app0.bin", "app.bin")
same("app1.bin", "app.bin")
target.erase_otadata()
for slot in (0, 1, "ota_1", 0, "ota_0"):
    target.switch_ota_partition(slot)
target.erase_otadata()
target.switch_ota_partition(1)
""", cwd=folder)
    assert code == 0, err
    assert (folder / "app-back.bin").read_bytes() == before[0x10000:0x110000]
    assert otadata(folder / "flash.bin") == (record(2), b"\xff" * 32)


# ---- exceptions ----

@pytest.fixture
def gen():
    from bulkhead import gen_esp32part as module

    module.quiet, module.md5sum, module.secure = True, True, None
    module.offset_part_table = 0x8000
    module.primary_bootloader_offset = module.recovery_bootloader_offset = None
    return module


def outcome(function):
    """What a call comes to: None, or the names of the classes that would catch what it raises."""
    try:
        function()
    except Exception as error:
        return {c.__name__ for c in type(error).__mro__}, type(error).__name__, str(error)
    return None, None, ""


BAD = ["a,data,nvs,,x", "a,data,nvs,,", "a,app,,,1M", "a,,nvs,,4K", "a,data,what,,4K", "a,data,nvs,0x8000,4K",
       "a,data,nvs,,4K\nb,data,nvs,0x9000,4K", "a,data,nvs,,4K,flag", "a,app,factory,0x11000,1M",
       "a,app,factory,,1M\nb,app,factory,0x20000,64K", "a,data,nvs,,4K\na,data,nvs,,12K", "a,data,ota,,4K",
       "a,data,ota,,8K\nb,data,ota,,8K", "a,data,nvs,,4K", "a,data,coredump,,4K,readonly", "$UNSET,data,nvs,,4K",
       "a,300,1,,4K", "a,1,300,,4K", "a,data,fat,,0x100000000", "a,data,fat,0xfffff000,0x2000",
       "a,app,factory,,4097", "b,bootloader,primary,,", "".join(f"r{i},data,fat,,4K\n" for i in range(95)),
       "a,data,fat,,-0x100", "a,-1,1,,4K"]


def both(gen, ours, theirs, what):
    """Ours is caught by whatever catches the original's own class."""
    mine, _, _ = outcome(ours)
    _, name, _ = outcome(theirs)
    assert (mine is None) == (name is None) and (name is None or name in mine), (what, mine, name)


@pytest.mark.parametrize("csv", BAD)
def test_exceptions_of_csv(gen, csv):
    from esp_idf_defs import partitions as theirs

    def use(module, **offset):
        table = module.PartitionTable.from_csv(csv, **offset)
        table.verify(*([0x8000] if offset else []))
        table.to_binary()

    both(gen, lambda: use(gen), lambda: use(theirs, partition_table_offset=0x8000), csv)


def test_exceptions_of_mutated_tables(gen, seed):
    """Tables in both forms with a few bytes changed, read, verified and written."""
    from esp_idf_defs import partitions as theirs

    numbers = random.Random(seed)
    binary = gen.PartitionTable.from_csv(TABLE.decode()).to_binary()
    for i in range(1500):
        data = bytearray(binary[:32 * 9] if i % 2 else TABLE)
        for _ in range(numbers.randrange(1, 4)):
            at = numbers.randrange(len(data))
            data[at] = numbers.choice([numbers.randrange(256), ord(numbers.choice("0,xKM-\n"))])

        def use(module, verify):
            table, _ = module.PartitionTable.from_file(io.BytesIO(bytes(data)))
            table.verify(*verify)
            table.to_binary()

        if data[:2] in (b"\xeb\xeb", b"\xff\xff"):
            continue  # ours knows these for binary tables
        mine, _, text = outcome(lambda: use(gen, []))
        name = outcome(lambda: use(theirs, [0x8000]))[1]
        if name is None and "cut at 16 bytes" in text:
            continue  # the original could not read its own output
        if name == "ZeroDivisionError" or name == "TypeError":
            continue  # a defect there
        assert (mine is None) == (name is None) and (name is None or name in mine), (bytes(data), mine, name)


def test_undecodable_text(gen):
    for data in (b"a,data,nvs,,4K\xff", b"\xff\xfea", b"\xfe\xff\xd8"):
        with pytest.raises(UnicodeDecodeError):
            gen.PartitionTable.from_file(io.BytesIO(data))
    table = gen.PartitionTable.from_csv(SINGLE_APP.decode()).to_binary()
    with pytest.raises(UnicodeDecodeError):
        gen.PartitionTable.from_binary(table[:12] + b"\xff" + table[13:])


# ---- in the place of the originals ----

@pytest.fixture
def idf(tmp_path):
    """A tree with ESP-IDF's scripts in their places; each says that it is the original."""
    for name in ("components/partition_table/gen_esp32part.py", "components/partition_table/parttool.py",
                 "components/partition_table/check_sizes.py", "components/app_update/otatool.py",
                 "components/partition_table/gen_empty_partition.py"):
        path = tmp_path / "esp-idf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("print('the original')\n")
    return tmp_path / "esp-idf"


def replace(*words, **env):
    return python("-m", "bulkhead.idf", *words, PYTHONPATH=str(BUILD / "python"), **env)


def test_a_build_uses_ours_and_the_originals_come_back(idf, folder):
    table = idf / "components/partition_table"
    for _ in range(2):  # the second time nothing is lost
        code, out, err = replace(IDF_PATH=str(idf))
        assert code == 0 and out.count(b"replaced") == 5, err
    # as components/partition_table/CMakeLists.txt and project_include.cmake call them
    assert python(table / "gen_esp32part.py", "-q", "--offset", "0x8000", "--flash-size", "4MB", "--",
                  "t.csv", "out.bin", cwd=folder) == (0, b"", b"")
    assert (folder / "out.bin").stat().st_size == 0xC00
    assert b"factory,app,factory,0x10000,1M" in python(table / "gen_esp32part.py", "-q", "--offset",
                                                       "0x8000", "out.bin", cwd=folder)[1]
    assert python(table / "parttool.py", "-q", "--partition-table-offset", "0x8000",
                  "--partition-table-file", "t.csv", "get_partition_info", "--partition-boot-default",
                  "--info", "offset", cwd=folder) == (0, b"0x10000\n", b"")
    assert python(table / "check_sizes.py", "--offset", "0x8000", "partition", "--type", "app", "out.bin",
                  "app.bin", cwd=folder)[0] == 0
    # and as scripts import them, options of the module included
    code, out, err = python("-c", f"""
import sys
sys.path.append({str(table)!r})
sys.path.append({str(idf / 'components/app_update')!r})
import gen_esp32part, otatool, parttool
gen_esp32part.quiet, gen_esp32part.offset_part_table = True, 0x10000
print(hex(gen_esp32part.PartitionTable.from_csv("a,data,nvs,,12K")[0].offset))
print(otatool.OtatoolTarget("file:flash.bin")._get_otadata_info()[0].seq)
""", cwd=folder)
    assert (code, out) == (0, b"0x11000\n1\n"), err
    assert replace("--undo", idf)[1].count(b"put back") == 5
    assert python(table / "parttool.py")[1] == b"the original\n"
    assert sorted(p.name for p in table.iterdir() if p.name != "__pycache__") == [
        "check_sizes.py", "gen_empty_partition.py", "gen_esp32part.py", "parttool.py"]


def test_arduino_and_wrong_folders(tmp_path, folder):
    core = tmp_path / "esp32/tools"
    core.mkdir(parents=True)
    (core / "gen_esp32part.py").write_text("print('the original')\n")
    assert replace(core.parent)[0] == 0
    assert python(core / "gen_esp32part.py", "-q", "t.csv", "out.bin", cwd=folder)[0] == 0
    assert (folder / "out.bin").stat().st_size == 0xC00
    code, _, err = replace(tmp_path / "nothing")
    assert code == 1 and b"neither ESP-IDF nor a core of Arduino's" in err
    assert replace("--undo", tmp_path)[0] == 1
    assert replace(IDF_PATH="")[0] == 2
