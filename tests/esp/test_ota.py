# SPDX-License-Identifier: Apache-2.0
"""bulkhead part and bulkhead ota, on flash image files."""

import json

import images
import pytest
from test_parttool import make_flash, otadata, record

NEW, PENDING, VALID, INVALID, ABORTED = range(5)
SLOTS = {"factory": 0x10000, "ota_0": 0x110000, "ota_1": 0x210000}


@pytest.fixture
def device(run, tmp_path):
    """device(records, apps): a flash with these applications, and a caller of bulkhead for it."""

    def make(records=(b"", b""), apps=("factory", "ota_0", "ota_1"), **versions):
        path = make_flash(tmp_path / "flash.bin", run, records)
        data = bytearray(path.read_bytes())
        data[0x10000:0x10100] = b"\xff" * 0x100
        for name in apps:
            app = images.app(version="1.0", secure_version=versions.get(name, 0))
            data[SLOTS[name]:SLOTS[name] + len(app)] = app
        path.write_bytes(data)

        def call(noun, verb, *args):
            code, out, err = run("bulkhead", noun, verb, "--port", f"file:{path}", *args)
            return code, out.decode(), err.decode()

        call.path = path
        return call

    return make


def starts(device, *args):
    code, out, err = device("ota", "status", "--json", *args)
    status = json.loads(out)
    assert code == (5 if status["starts"] is None else 0), err
    return status["starts"]


@pytest.mark.parametrize("records, expected", [
    ((b"", b""), "factory"), ((record(1), b""), "ota_0"), ((record(1), record(2)), "ota_1"),
    ((record(3), record(2)), "ota_0"), ((record(1, VALID), record(2, ABORTED)), "ota_0"),
    ((record(1, INVALID), record(2, ABORTED)), "factory"),
    ((record(1)[:31] + b"\0", b""), "factory"),
])
def test_status_by_records(device, records, expected):
    assert starts(device(records)) == expected


@pytest.mark.parametrize("apps, expected", [
    (("ota_0", "factory"), "ota_0"), (("factory",), "factory"), (("ota_0",), "ota_0"), ((), None)])
def test_status_falls_back(device, apps, expected):
    assert starts(device((record(2), b""), apps)) == expected


def test_status_options(device):
    d = device((record(1, VALID), record(2, PENDING)))
    assert starts(d) == "ota_1" and starts(d, "--rollback") == "ota_0"
    assert starts(d, "--factory-reset-pin") == "factory" and starts(d, "--test-pin") is None
    d = device((record(1, VALID), record(2, VALID)), ota_1=1, ota_0=3, factory=3)
    assert starts(d, "--secure-version", "2") == "ota_0"
    assert starts(d, "--secure-version", "1") == "ota_1"


def test_status_tells_why(device):
    d = device((record(1, VALID), record(2, NEW)))
    before = d.path.read_bytes()
    code, out, _ = d("ota", "status", "--rollback")
    assert code == 0
    copies = ["copy 0  seq 1, ota_0, valid, counts", "copy 1  seq 2, ota_1, new, counts"]
    assert out.splitlines() == [*copies, "  a record that is final is vouched for",
                                "  first start of a new application: its trial begins",
                                "  ota_1 starts"]
    assert d.path.read_bytes() == before
    code, out, _ = d("ota", "status", "--rollback", "--esp-idf")
    assert code == 0
    assert out.splitlines() == [
        *copies, "  copy 1 counts",
        "  copy 1: first start of a new application; unless it confirms, the last",
        "  try ota_1", "  ota_1 starts"]


def test_status_tells_of_what_differs(device):
    """The record's application does not verify: ESP-IDF goes down from it, Bulkhead to the other
    record's."""
    d = device((record(2), record(3)), ("factory", "ota_1"))
    code, out, _ = d("ota", "status")
    assert code == 0 and out.splitlines()[2:] == [
        "  an application is refused: no image: erased flash, or no header magic",
        "  the record of an application that does not verify becomes invalid",
        "  chosen application does not verify: another one was started", "  ota_1 starts",
        "ESP-IDF's own bootloader would start factory: --esp-idf says why"]
    status = json.loads(d("ota", "status", "--json")[1])
    assert (status["starts"], status["esp_idf_starts"]) == ("ota_1", "factory")
    status = json.loads(d("ota", "status", "--json", "--esp-idf")[1])
    assert (status["starts"], status["esp_idf_starts"]) == ("factory", "factory")


def test_status_with_another_table(device, tmp_path):
    """A table from a file stands in for the one in the flash: here, one where ota_1 is ota_0."""
    d = device((record(1), b""), ("ota_1",))
    assert starts(d) == "ota_1"  # what is left: the record's does not verify
    (tmp_path / "t.csv").write_text("otadata,data,ota,0xd000,0x2000\nb,app,ota_0,0x210000,1M\n")
    assert starts(d, "--table", tmp_path / "t.csv") == "ota_0"


@pytest.mark.parametrize("args, says", [
    (["--trial-boots", "0"], "out of range"), (["--trial-boots", "256"], "out of range"),
    (["--trial-boots", "x"], "is not a number"), (["--secure-version", "-1"], "is not a number"),
    (["--table", "TABLE", "--offset", "0x7fffffff"], "beyond the flash"), (["--table", "/"], "folder")])
def test_status_refuses(device, args, says, tmp_path):
    (tmp_path / "t.csv").write_text("a,app,factory,,1M\n")
    args = [tmp_path / "t.csv" if a == "TABLE" else a for a in args]
    code, out, err = device()("ota", "status", *args)
    assert code == 2 and out == "" and says in err


def bootloader(flash, megabytes, off=0):
    """An image where the chip's ROM looks (0 on an ESP32-C3), whose header tells a flash size."""
    data = bytearray(flash.read_bytes())
    app = bytearray(images.app(digest=False))
    app[3] = app[3] & 0xF | {1: 0, 2: 1, 4: 2, 8: 3, 16: 4}[megabytes] << 4
    data[off:off + len(app)] = app
    flash.write_bytes(data)


@pytest.mark.parametrize("megabytes, expected", [(1, None), (2, None), (4, "ota_0"), (16, "ota_0")])
def test_the_bootloader_checks_the_table_against_its_header(device, megabytes, expected):
    """The table reaches to 0x311000 of a dump of 4 MB: a header of 2 MB makes the chip reset for ever."""
    d = device((record(1), b""))
    bootloader(d.path, megabytes)
    assert starts(d, "--esp-idf") == expected
    code, out, _ = d("ota", "status", "--esp-idf")
    if expected is None:
        assert code == 5 and f"beyond the {megabytes} MB that the bootloader's header says" in out
        assert "the chip resets, again and again" in out
    assert json.loads(d("ota", "status", "--json")[1])["esp_idf_starts"] == expected


def test_a_partition_beyond_the_chip(device, run, tmp_path):
    """ota_1 of 8 MB on a chip of 4: by ESP-IDF's bootloader nothing starts."""
    (tmp_path / "t.csv").write_text("otadata,data,ota,0xd000,0x2000\nfactory,app,factory,0x10000,1M\n"
                                    "ota_0,app,ota_0,0x110000,1M\nota_1,app,ota_1,0x210000,0x800000\n")
    d = device((record(1), b""))
    code, out, _ = d("ota", "status", "--esp-idf", "--table", tmp_path / "t.csv")
    assert code == 5 and "row 3 of the partition table: partition reaches beyond" in out
    bootloader(d.path, 4)
    code, out, _ = d("ota", "status", "--esp-idf", "--table", tmp_path / "t.csv")
    assert code == 5 and "partition 3 of the table reaches beyond the 4 MB" in out


def test_switch_and_confirm(device):
    d = device((record(1, VALID), b""))
    assert d("ota", "switch", "1", "--trial")[0] == 0
    assert otadata(d.path) == (record(1, VALID), record(2, NEW))
    assert d("ota", "switch", "ota_1", "--trial")[0] == 0  # nothing to do
    assert otadata(d.path) == (record(1, VALID), record(2, NEW))
    assert d("ota", "confirm")[0] == 0
    first, second = otadata(d.path)
    assert first == record(1, VALID)
    # the state that is final has a check in bytes that ESP-IDF keeps and does not read
    assert second[:4] + second[24:] == record(2, VALID)[:4] + record(2, VALID)[24:]
    assert second[4:12] != b"\xff" * 8 and second[12:24] == b"\xff" * 12
    assert d("ota", "invalidate")[0] == 0 and starts(d) == "ota_0"
    code, _, said = d("ota", "switch", "1", "--dry-run")
    assert code == 0 and said == "would have switched to ota_1\n" and starts(d) == "ota_0"
    assert d("ota", "switch", "1")[0] == 0 and starts(d) == "ota_1"
    assert otadata(d.path) == (record(1, VALID), record(4))
    assert d("ota", "erase")[0] == 0 and otadata(d.path) == (b"\xff" * 32,) * 2
    code, _, err = d("ota", "confirm")
    assert code == 1 and "no record in otadata counts" in err


def test_switch_to_nothing(device):
    d = device((record(1), b""), ("ota_0",))
    before = d.path.read_bytes()
    code, _, err = d("ota", "switch", "1")
    assert code == 5 and "no application in slot 1 verifies" in err
    assert d("ota", "switch", "2")[0] == 2 and d("ota", "switch", "factory")[0] == 2
    assert d.path.read_bytes() == before
    assert d("ota", "switch", "1", "--force")[0] == 0 and d.path.read_bytes() != before


def test_part(device, tmp_path):
    d = device()
    code, out, _ = d("part", "list", "--json")
    assert code == 0 and [r["name"] for r in json.loads(out)["partitions"]] == [
        "nvs", "otadata", "phy_init", "factory", "ota_0", "ota_1", "keys"]
    (tmp_path / "in").write_bytes(b"hello")
    before = d.path.read_bytes()
    assert d("part", "write", "nvs", tmp_path / "in", "--dry-run")[0] == 0
    assert d.path.read_bytes() == before
    assert d("part", "write", "nvs", tmp_path / "in")[0] == 0
    assert d("part", "read", "nvs", "-o", tmp_path / "out")[0] == 0
    assert (tmp_path / "out").read_bytes() == b"hello".ljust(0x4000, b"\xff")
    assert d("part", "erase", "nvs")[0] == 0 and d.path.read_bytes() == before


@pytest.mark.parametrize("args, code, text", [
    (["write", "nvs", "/nowhere"], 2, "/nowhere"), (["write", "nv", "/dev/null"], 2, "'nvs'"),
    (["erase", "phy_init"], 1, "read-only"), (["erase", "none_at_all"], 2, "no partition"),
    (["write", "keys", "BIG"], 1, "exceeds"), (["read", "nvs"], 2, "--output")])
def test_part_refuses(device, tmp_path, args, code, text):
    d = device()
    before = d.path.read_bytes()
    (tmp_path / "big").write_bytes(bytes(0x1001))
    got, _, err = d("part", *[tmp_path / "big" if a == "BIG" else a for a in args])
    assert got == code and text in err and d.path.read_bytes() == before


def test_no_otadata(run, tmp_path):
    _, table, _ = run("gen_esp32part", "-q", "-", stdin=b"f,app,factory,0x10000,64K")
    flash = bytearray(b"\xff" * 0x20000)
    flash[0x8000:0x8000 + len(table)] = table
    (tmp_path / "f").write_bytes(flash)
    code, _, err = run("bulkhead", "ota", "switch", "0", "-p", f"file:{tmp_path / 'f'}")
    assert code == 3 and b"no otadata partition" in err
    code, out, _ = run("bulkhead", "ota", "status", "-p", f"file:{tmp_path / 'f'}")
    assert code == 5 and b"nothing can be started: recovery" in out
    code, out, _ = run("bulkhead", "ota", "status", "--esp-idf", "-p", f"file:{tmp_path / 'f'}")
    assert code == 5 and b"no otadata partition: factory first" in out
