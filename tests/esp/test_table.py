# SPDX-License-Identifier: Apache-2.0
"""bulkhead table: what ESP-IDF's tools do not have."""

import json
import os
import random
import subprocess

import images
import pytest
from conftest import BUILD, ROOT
from test_gen_esp32part import BUILT_IN

CSV = """# my table
nvs,      data, nvs,     ,        0x6000,   # kept
otadata,  data, ota,     ,        8K
phy_init, data, phy,     ,        0x1000,

# apps
ota_0,    app,  ota_0,   ,        rest,
ota_1,    app,  ota_1,   ,        rest
store,    data, fat,     ,        10%
""".replace("   # kept", "")


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(CSV)
    return path


@pytest.fixture
def table(run):
    def call(*args, **more):
        code, out, err = run("bulkhead", "table", *args, **more)
        return code, out.decode(), err.decode()

    return call


def rows(table, *args):
    code, out, err = table("show", "--json", *args)
    assert code == 0, err
    return {row["name"]: row for row in json.loads(out)["partitions"]}


@pytest.mark.parametrize("size, share, tenth", [("2M", 0xD0000, 0x33000), ("4MB", 0x1B0000, 0x66000),
                                                ("0x800000", 0x380000, 0xCC000)])
def test_automatic_sizes(table, csv, size, share, tenth):
    t = rows(table, "--flash-size", size, csv)
    assert t["ota_0"]["size"] == t["ota_1"]["size"] == share
    assert t["store"]["size"] == tenth
    end = t["store"]["offset"] + tenth
    total = int(size.rstrip("MB"), 0) << (0 if size.startswith("0x") else 20)
    assert end <= total < end + 2 * 0x10000 + 0x10000


def test_automatic_sizes_need_a_flash(table, csv):
    code, _, err = table("show", csv)
    assert code == 3 and f"{csv}:7:35: error: size depends on" in err and "--flash-size" in err
    code, _, err = table("show", "--flash-size", "128K", csv)
    assert code == 3 and "nothing is left of the flash for 'ota_0'" in err


def test_several_sizes_of_one_source(table, csv, tmp_path):
    code, _, err = table("convert", csv, "--flash-size", "4MB", "--flash-size", "8MB", "-o", tmp_path / "t-%s.bin")
    assert code == 0, err
    assert rows(table, tmp_path / "t-4MB.bin")["ota_1"]["size"] == 0x1B0000
    assert rows(table, tmp_path / "t-8MB.bin")["ota_1"]["size"] == 0x380000
    code, _, err = table("convert", csv, "--flash-size", "4MB", "--flash-size", "8MB", "-o", tmp_path / "t.bin")
    assert code == 2 and "%s" in err


def test_all_problems_at_once(table):
    bad = b"a,foo,nvs,,4K\nb,data,nvs,x,,ro\n  c,app,,,1M,,what\n"
    code, out, _ = table("check", "-", stdin=bad)
    assert code == 3
    assert [line.split(" ")[2].split(":", 2)[1:] and line.split("input:")[1].split(" ")[0]
            for line in out.splitlines()] == ["1:3:", "2:12:", "2:14:", "2:15:", "3:9:", "3:3:"]


@pytest.mark.parametrize("text, rule", [
    ("f,app,factory,,1M\ng,app,factory,,1M", "app-twice"),
    ("o,data,ota,,8K\na,app,ota_0,,1M\nb,app,ota_2,,1M", "ota-gap"),
    ("a,app,ota_0,,1M\nb,app,ota_1,,1M", "otadata-missing"),
    ("f,app,factory,,1M\no,data,ota,,8K", "ota-missing"),
    ("o,data,ota,,8K\na,app,ota_0,,1M", "ota-single"),
    ("o,data,ota,,8K\na,app,ota_0,,1M\nb,app,ota_1,,2M", "ota-unequal"),
    ("n,data,nvs,,16K", "no-app"),
    ("f,app,factory,,1M,readonly", "readonly-app"),
    ("f,app,factory,,1M\nk,data,nvs_keys,,0x800", "nvs-keys-small"),
    ("f,app,factory,,1M\nk,data,fat,,0x1800", "size-unaligned"),
    ("f,app,factory,,1M\nk,data,fat,,0", "size-zero"),
    ("f,app,factory,,1M\nk,0xff,0,,4K", "type-any"),
    ("f,app,factory,,1M\nk,0x10,0,,4K", "type-reserved"),
    ("f,app,factory,,1M\nk,data,0x77,,4K", "subtype-unknown"),
    ("f,app,factory,,1M\n,data,fat,,4K", "label-empty"),
    ("f,app,factory,,1M\na\x07b,data,fat,,4K", "label-control"),
    ("f,app,factory,,1M\nseventeen_bytes__,data,fat,,4K", "label-long"),
    ("f,app,factory,0x1000000,1M", "app-high"),
    ("f,app,factory,,1M\nk,0x40,,,4K", "subtype-empty"),
    ("f,app,factory,,1M,,# comment", "extra-columns"),
    ("f,app,factory,,1M\nt,partition_table,primary,somewhere,", "field-ignored"),
    ("f,app,factory,,1M\nnvs,data,fat,,4K", "name-subtype"),
])
def test_what_the_original_lets_pass(table, text, rule):
    beside = ("-", "--waive", "gap")
    code, out, _ = table("check", "--json", *beside, stdin=text.encode())
    report = json.loads(out)
    assert code == 0 and [p["rule"] for p in report["problems"]] == [rule]
    assert table("check", "--strict", *beside, stdin=text.encode())[0] == 3
    code, out, _ = table("check", "--strict", "--waive", rule, *beside, stdin=text.encode())
    assert (code, out) == (0, "")


FULL = "n,data,nvs,,28K\nf,app,factory,,1M\n"  # up to 0x110000 without a gap
BOOT = ("--primary-bootloader-offset", "0x1000")
RECOVERY = ("--recovery-bootloader-offset", "0x110000")


@pytest.mark.parametrize("text, options, where, says", [
    (FULL + "d,data,fat,0x114000,4K", (), "3:12",
     "16384 bytes before 'd', 0x110000 to 0x114000, are in no partition. Leave its offset empty, or "
     "make what lies before it larger. [gap]"),
    (FULL, RECOVERY, None,
     "the recovery bootloader at 0x110000 is in no partition: anything may be written there. Add: "
     "recovery,bootloader,recovery,N/A,N/A [recovery-missing]"),
    (FULL, ("--anti-rollback",), "2:7",
     "'f' is never updated: once the eFuse is raised above its version it cannot start any more. Take "
     "it out; two OTA slots are what ESP-IDF supports then. [anti-rollback]"),
    ("n,data,nvs,,28K\nt,app,test,,1M", ("--anti-rollback",), "2:7", "'t' is never updated"),
    (FULL, ("--old-bootloader",), None,
     "a bootloader from before ESP-IDF v3.1 does not know the MD5 row, and refuses the whole table. Say "
     "--no-md5, and CONFIG_PARTITION_TABLE_MD5=n in ESP-IDF. [md5-unknown]"),
    ("n,data,nvs,,28K,encrypted\nf,app,factory,,1M\n", (), "1:17",
     "NVS refuses 'n' where flash encryption is on (ESP_ERR_NVS_WRONG_ENCRYPTION). Take the flag away"),
    (FULL + "sixteen_letters_,data,fat,,4K", (), "3:1",
     "the 16 bytes of 'sixteen_letters_' leave no room for an end"),
    ("n,data,nvs,,28K\na,app,ota_0,,1M\nb,app,ota_1,,1M", (), "2:7",
     "OTA slots, but no otadata: 'a' is started every time, and an update in another slot never. Add: "
     "otadata,data,ota,,0x2000 [otadata-missing]"),
    (FULL + "a,app,ota_0,,1M", (), "3:7", "OTA slots, but no otadata: 'f' is started every time"),
    ("o,data,ota,,8K\nn,data,nvs,,20K\na,app,ota_0,,1M", (), "3:7",
     "'a' is the only application: it cannot update itself, and otadata serves nothing"),
])
def test_places(table, text, options, where, says):
    code, out, _ = table("check", "-", *options, stdin=text.encode())
    place = f"standard input{':' + where if where else ''}: warning: "
    assert code == 0 and len(out.splitlines()) == 1 and out.startswith(place + says[:40]), out
    assert says in out
    rule = out.rsplit("[", 1)[1].rstrip("]\n")
    assert table("check", "-", *options, "-w", rule, stdin=text.encode())[:2] == (0, "")


NVS = "nvs,data,nvs,0x9000,0x5000\notadata,data,ota,0xe000,0x2000\n"


@pytest.mark.parametrize("text, options", [
    *[("\n".join(rows), ()) for rows in BUILT_IN.values()],
    # as Arduino's default and others lay out 4 MB
    (NVS + "app0,app,ota_0,0x10000,0x140000\napp1,app,ota_1,0x150000,0x140000\n"
     "spiffs,data,spiffs,0x290000,0x160000\ncoredump,data,coredump,0x3F0000,0x10000\n", ()),
    # what begins on a multiple of 64 KB leaves a gap that nobody can help
    ("nvs,data,nvs,,24K\nfactory,app,factory,,1M\nstore,data,fat,,6K\nmore,data,fat,,4K\n",
     ("-w", "size-unaligned")),
    ("nvs,data,nvs,0xd000,16K\nfactory,app,factory,0x20000,1M\n", ("-w", "gap")),
    # esp_secure_cert, with and without a subtype, as its documentation writes it
    ("esp_secure_cert,0x3F,,0xd000,0x2000,encrypted\nnvs,data,nvs,,0x4000\nfactory,app,factory,,1M\n", ("-w", "gap")),
    ("esp_secure_cert,0x3F,0x06,,0x2000\nnvs,data,nvs,,0x5000\nfactory,app,factory,,1M\n", ()),
    # a factory application that writes the one slot
    ("nvs,data,nvs,,0x4000\notadata,data,ota,,0x2000\nphy_init,data,phy,,0x1000\nfactory,app,factory,,512K\n"
     "ota_0,app,ota_0,,2M\n", ()),
    # one application, called ota_0
    ("nvs,data,nvs,,0x7000\napp,app,ota_0,,3M\n", ("-w", "name-type")),
    # beyond the 2 MB that ESP-IDF takes a flash to have
    ("nvs,data,nvs,,0x7000\nfactory,app,factory,,7M\nstore,data,fat,,8M\n", ()),
    ("nvs,data,nvs,,0x7000\nfactory,app,factory,,1M\n", ("--old-bootloader", "--no-md5")),
])
def test_tables_that_work_are_clean(table, text, options):
    """A warning is something to act on."""
    code, out, _ = table("check", "--strict", "-", *options, stdin=text.encode())
    assert (code, out) == (0, "")


def test_no_such_places(table):
    """The same options where all is as it should be."""
    text = FULL + "r,bootloader,recovery,,\n"
    for given, options in ((FULL, ("--flash-size", "4M", *BOOT)), (text, BOOT + RECOVERY),
                           (FULL.replace("f,app,factory", "x,data,fat"), ("--anti-rollback", "-w", "no-app")),
                           (FULL + "g,data,fat,,2M", ("--flash-size", "4M")),
                           ("b,bootloader,primary,,\nt,partition_table,primary,,\n" + FULL, BOOT)):
        assert table("check", "-", *options, stdin=given.encode())[:2] == (0, ""), given


def binary_of(run, text, *options):
    code, binary, err = run("gen_esp32part", "-q", "--disable-md5sum", *options, "-", stdin=text.encode())
    assert code == 0, err
    return bytearray(binary)


@pytest.mark.parametrize("change, options, place, says", [
    ((4, 0x2000), (*BOOT, "-w", "bootloader-overlap"), 4, "'b' is at 0x2000, but --primary-bootloader-offset says 0x1000. The chip's ROM "
                           "decides: 0, 0x1000 or 0x2000. [bootloader-elsewhere]"),
    ((8, 0x8000), (), 8, "'b' ends at 0x9000, 4096 bytes into the partition table at 0x8000. Make it end "
                         "where the table begins. [bootloader-overlap]"),
    ((8, 0x6000), (), 8, "4096 bytes between 'b' and the partition table, 0x7000 to 0x8000, are in no "
                         "partition. Make it end where the table begins. [bootloader-gap]"),
    ((36, 0x7000), (), 36, "'t' says that the table is at 0x7000, but it is at 0x8000. Say --offset if it "
                           "is there. [table-elsewhere]"),
    ((132, 0x111000), RECOVERY, 132,
     "'r' is at 0x111000, but --recovery-bootloader-offset says 0x110000. The address in the eFuse "
     "counts. [recovery-elsewhere]"),
    (None, (), 132, "the chip looks for 'r' where an eFuse says, which may not be 0x110000. Say "
                    "--recovery-bootloader-offset with the address in the eFuse. [recovery-unchecked]"),
])
def test_places_of_a_binary(table, run, change, options, place, says):
    text = "b,bootloader,primary,,\nt,partition_table,primary,,\n" + FULL + "r,bootloader,recovery,,"
    binary = binary_of(run, text, *BOOT, *RECOVERY)
    quiet = ("-w", "md5-missing", "-w", "overlap", "-w", "gap")
    assert table("check", "-", *BOOT, *RECOVERY, *quiet, stdin=bytes(binary))[:2] == (0, "")
    if change:
        binary[change[0]:change[0] + 4] = change[1].to_bytes(4, "little")
    if "recovery" not in says:
        quiet += ("-w", "recovery-unchecked")
    _, out, _ = table("check", "-", *options, *quiet, stdin=bytes(binary))
    found = [x for x in out.splitlines() if "warning" in x]
    assert found == [f"standard input:0x{place:x}: warning: {says}"]


def test_bytes_behind_the_end_of_a_table(table, run):
    binary = binary_of(run, FULL)
    assert table("check", "-", "-w", "md5-missing", stdin=bytes(binary))[:2] == (0, "")
    binary[0x123] = 0
    code, out, _ = table("check", "-", "-w", "md5-missing", stdin=bytes(binary))
    assert (code, out) == (0, "standard input:0x123: warning: not 0xff, though after the end of the "
                              "table. Write the table again. [padding]\n")


def test_a_good_table_is_silent(table):
    good = b"n,data,nvs,,20K\no,data,ota,,8K\nf,app,factory,,1M\na,app,ota_0,,1M\nb,app,ota_1,,1M"
    assert table("check", "--flash-size", "4M", "-", stdin=good)[:2] == (0, "")
    code, out, _ = table("check", "--flash-size", "2M", "-", stdin=good)
    assert code == 3 and "[flash-end]" in out
    code, out, _ = table("check", "--offset", "0x8100", "-", stdin=good)
    assert "[table-offset]" in out


def test_binary_problems_have_offsets(table, run):
    _, binary, _ = run("gen_esp32part", "-q", "-", stdin=b"f,app,factory,,1M")
    broken = bytearray(binary)
    broken[12] ^= 1
    code, out, _ = table("check", "-", stdin=bytes(broken))
    assert code == 3 and out.startswith("standard input:0x20: error: MD5 checksums don't match")
    after = binary[:64] + binary[:32] + b"\xff" * 64
    code, out, _ = table("check", "-", stdin=after)
    assert "[after-md5]" in out
    code, out, _ = table("check", "-", stdin=binary[:32] + b"\xff" * 32)
    assert code == 0 and "[md5-missing]" in out


def test_pack_find_unpack(table, csv, tmp_path):
    app, flash = tmp_path / "app", tmp_path / "flash.bin"
    app.write_bytes(b"\xe9application\x00" * 100)
    code, _, err = table("pack", csv, "--flash-size", "4M", "--offset", "0x10000", "-o", flash, f"ota_1={app}")
    assert code == 0, err
    assert flash.stat().st_size == 4 << 20
    t = rows(table, flash)  # found at 0x10000
    assert flash.read_bytes()[t["ota_1"]["offset"]:].startswith(app.read_bytes())
    code, _, err = table("unpack", "--dry-run", "--flash", flash, "-o", tmp_path / "parts")
    assert code == 0 and "would write" in err and not (tmp_path / "parts").exists()
    code, _, err = table("unpack", "--trim", "-f", flash, "-o", tmp_path / "parts")
    assert code == 0, err
    assert (tmp_path / "parts" / "ota_1.bin").read_bytes() == app.read_bytes()
    assert (tmp_path / "parts" / "store.bin").read_bytes() == b""
    assert rows(table, "--offset", "0x10000", tmp_path / "parts" / "partitions.csv").keys() == t.keys()
    before = flash.read_bytes()
    code, _, err = table("pack", csv, "--flash-size", "4M", "-o", flash)
    assert code != 0 and flash.read_bytes() == before  # without --force


@pytest.mark.parametrize("args, code, text", [
    (["store=/nowhere"], 2, "/nowhere"), (["nothing=/dev/null"], 2, "no partition 'nothing'"),
    (["store"], 2, "NAME=FILE"), (["-b", "/dev/null"], 2, "--primary-bootloader-offset"),
])
def test_pack_refuses(table, csv, tmp_path, args, code, text):
    got, _, err = table("pack", csv, "--flash-size", "4M", "-o", tmp_path / "f", *args)
    assert got == code and text in err and not (tmp_path / "f").exists()
    (tmp_path / "big").write_bytes(bytes(1 << 20))
    got, _, err = table("pack", csv, "--flash-size", "4M", "-o", tmp_path / "f", f"store={tmp_path / 'big'}")
    assert got == 2 and "too large for 'store'" in err and not (tmp_path / "f").exists()


def test_set_keeps_everything_else(table, csv):
    code, _, err = table("set", csv, "--flash-size", "4M", "nvs.flags=encrypted", "store.size=20%",
                         "store.flags=readonly", "--remove", "phy_init", "--add",
                         "log,data,fat,,64K", "--after", "nvs")
    assert code == 0, err
    assert csv.read_text() == CSV.replace("0x6000,", "0x6000,encrypted\nlog,data,fat,,64K").replace(
        "10%", "20%,readonly").replace("phy_init, data, phy,     ,        0x1000,\n", "")


@pytest.mark.parametrize("change, text", [
    (["nvs.size=0x100000000"], "fit"), (["none.size=4K"], "no partition 'none'"),
    (["nvs.colour=red"], "'colour' is no field"), (["nvs.sise=4K"], "did you mean 'size'?"), (["nvs"], "NAME.FIELD=VALUE"),
    (["nvs.type=what"], "Value 'what' is not valid"), (["--remove", "none"], "no partition 'none'"),
    (["otadata.size=4K"], "otadata partition must have size"),
])
def test_set_refuses(table, csv, change, text):
    code, _, err = table("set", csv, "--flash-size", "4M", *change)
    assert code in (2, 3) and (text in err or "size-open" in err) and csv.read_text() == CSV


def test_diff(table, tmp_path):
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text("nvs,data,nvs,0x9000,16K\nlog,data,fat,0xd000,8K\nphy,data,phy,0xf000,4K\n"
                   "app,app,factory,0x10000,1M\nbig,data,fat,0x110000,1M\nkey,data,fat,,4K")
    new.write_text("nvs,data,nvs,0x9000,24K\nphy,data,phy,0xf000,4K\n"
                   "app,app,factory,0x10000,1M\nbig,data,fat,0x120000,1M\nnew,data,fat,,4K\n"
                   "key,data,fat,,4K,readonly")
    code, out, _ = table("diff", "--json", old, new)
    report = json.loads(out)
    assert code == 1
    assert {p["name"]: p["change"] for p in report["partitions"]} == {
        "nvs": "grown", "log": "removed", "phy": "same", "app": "same", "big": "moved",
        "key": "moved", "new": "added"}
    data = {p["name"]: p["data"] for p in report["partitions"]}
    assert "where 'log' was" in data["nvs"] and "stays" in data["phy"]
    steps = report["steps"]
    table_at = next(i for i, s in enumerate(steps) if "table write" in s)
    for i, s in enumerate(steps):
        assert (i < table_at) == ("part read" in s) or i == table_at
    assert {s.split()[-1] for s in steps if "part read" in s} == {"nvs", "log", "big", "key"}
    assert {s.split()[-2] for s in steps if "part write" in s} == {"nvs", "big", "key"}
    assert all("--port auto" in s for s in steps)
    _, out, _ = table("diff", "--json", "--port", "/dev/ttyUSB0", old, new)
    assert all("--port /dev/ttyUSB0" in s for s in json.loads(out)["steps"])
    assert table("diff", old, old)[0] == 0
    code, out, _ = table("diff", old, new)
    assert code == 1 and "steps, to be run in this order:" in out


def random_table(numbers, names):
    """Rows in flash order, with gaps here and there: (name, offset, size, flags)."""
    rows, off = [], 0x9000
    for name in numbers.sample(names, numbers.randrange(2, len(names))):
        off += 0x1000 * numbers.choice([0, 0, 0, 1, 3])
        size = 0x1000 * numbers.randrange(1, 6)
        rows.append((name, off, size, numbers.choice(["", "", "readonly", "encrypted"])))
        off += size
    return rows


@pytest.mark.parametrize("which", range(25))
def test_the_steps_of_a_diff_run_as_printed(table, run, tmp_path, seed, which):
    """In a shell, on a flash with data in every partition: what stayed, moved, grew or shrank keeps its
    data, as much as there is room for; what is new is erased; the table is the new one."""
    numbers = random.Random(seed * 1000 + which)
    names = ["nvs1", "b c", "it's", "log", "-dash", "$HOME", "x/y", "end"]
    old, new = random_table(numbers, names), random_table(numbers, names)
    flash = bytearray(b"\xff" * 0x40000)
    before = {}
    for name, off, size, _ in old:
        before[name] = numbers.randbytes(size)
        flash[off:off + size] = before[name]
    for rows, path in ((old, "old.csv"), (new, "new.csv")):
        (tmp_path / path).write_text("".join(f"{n},data,fat,{o},{s},{f}\n" for n, o, s, f in rows))
    code, binary, err = run("gen_esp32part", "-q", tmp_path / "old.csv", "-")
    assert code == 0, err
    flash[0x8000:0x8C00] = binary
    (tmp_path / "flash.bin").write_bytes(flash)
    code, out, _ = table("diff", "flash.bin", "new.csv", cwd=tmp_path)
    steps = out.partition("in this order:\n")[2]
    assert code == (1 if steps else 0)
    done = subprocess.run(["sh", "-e"], input=steps, capture_output=True, text=True, cwd=tmp_path,
                          env={**os.environ, "PATH": f"{BUILD / 'cli'}:{os.environ['PATH']}"})
    assert done.returncode == 0, (steps, done.stderr)
    after = (tmp_path / "flash.bin").read_bytes()
    assert after[0x8000:0x8C00] == run("gen_esp32part", "-q", tmp_path / "new.csv", "-")[1]
    for name, off, size, _ in new:
        assert after[off:off + size] == before.get(name, b"")[:size].ljust(size, b"\xff"), (name, steps)
    assert table("diff", "flash.bin", "new.csv", cwd=tmp_path)[0] == 0


def test_write_a_table(table, run, tmp_path):
    (tmp_path / "t.csv").write_text(FULL)
    (tmp_path / "bad.csv").write_text("a,data,nvs,,4K\n")
    (tmp_path / "big.csv").write_text(FULL + "g,data,fat,,8M\n")
    flash = tmp_path / "flash.bin"
    flash.write_bytes(bytes(0x200000))
    before = flash.read_bytes()
    assert table("write", tmp_path / "bad.csv", "--flash", flash)[0] == 3
    assert table("write", tmp_path / "big.csv", "--flash", flash)[0] == 3
    assert table("write", tmp_path / "t.csv", "--flash", flash, "--offset", "0x1234")[0] == 2
    assert table("write", tmp_path / "t.csv", "--flash", flash, "--offset", "0x10000000")[0] == 2
    assert table("write", tmp_path / "t.csv", "--flash", flash, "--dry-run")[0] == 0
    assert flash.read_bytes() == before
    assert table("write", tmp_path / "t.csv", "--flash", flash)[0] == 0
    after = flash.read_bytes()
    binary = run("gen_esp32part", "-q", tmp_path / "t.csv", "-")[1]
    assert after == before[:0x8000] + binary.ljust(0x1000, b"\xff") + before[0x9000:]
    # where the table is found it is replaced
    flash.write_bytes(b"\xff" * 0xE000 + binary.ljust(0x1000, b"\xff") + b"\xff" * (0x200000 - 0xF000))
    (tmp_path / "t.csv").write_text("n,data,nvs,,0x8000\nf,app,factory,,1M\n")
    assert table("write", tmp_path / "t.csv", "--flash", flash)[0] == 0
    assert flash.read_bytes()[0xE000:0xE010] != binary[:16] and flash.read_bytes()[0x8000] == 0xFF


def test_map(table, csv, tmp_path):
    code, out, _ = table("map", "--flash-size", "4M", csv)
    lines = out.splitlines()
    assert code == 0 and lines[0] == "flash of 4M, one character is 64K"
    assert len(lines[1]) == 66 and lines[1].count("f") == lines[1].count("g") == 27
    code, out, _ = table("map", "--json", "--flash-size", "4M", csv)
    at = 0
    for piece in json.loads(out)["map"]:  # without a hole
        assert piece["offset"] == at
        at += piece["size"]
    assert at == 4 << 20
    code, out, _ = table("map", "--svg", "-", "--flash-size", "4M", csv)
    assert code == 0 and out.startswith("<svg") and out.rstrip().endswith("</svg>")
    import xml.etree.ElementTree as xml
    drawn = [r for r in xml.fromstring(out).iter("{http://www.w3.org/2000/svg}rect")
             if r.get("class", "").startswith("bh-part")]
    offs = {p["offset"]: p["size"] for p in json.loads(table("map", "--json", "--flash-size", "4M", csv)[1])["map"] if p["name"]}
    assert {int(r.get("data-offset")): int(r.get("data-size")) for r in drawn} == offs


def test_map_shows_how_full(table, csv, tmp_path):
    flash = tmp_path / "f"
    (tmp_path / "half").write_bytes(bytes(0xD8000))
    assert table("pack", csv, "--flash-size", "4M", "-o", flash, f"ota_0={tmp_path / 'half'}")[0] == 0
    code, out, _ = table("map", flash)
    assert "ota_0             [##########          ]  50%" in out
    assert "\x1b" not in out and "\x1b" in table("map", "--color", "always", flash)[1]


@pytest.mark.parametrize("args", [["show"], ["show", "/nowhere"], ["show", "/"], ["frob"],
                                  ["convert", "-", "--flash-size", "4X"], ["check", "-", "--secure", "v9"]])
def test_usage(table, args):
    code, out, err = table(*args, stdin=b"a,data,fat,,4K")
    assert code in (1, 2) and out == "" and err.startswith("bulkhead: ")


def test_garbage(table):
    for data in (b"\x00" * 0x4000, b"\xff" * 0x4000, b"\xaa\x50", b"\xe9" * 0x1000, bytes(range(256))):
        code, out, err = table("show", "-", stdin=data)
        assert code in (2, 3) and out == "" and ": " in err


# ---- the image of a whole flash ----

def flash_image(run, text=FULL, bootloader=b"", at=0, size=4 << 20):
    _, table, _ = run("gen_esp32part", "-q", "-", stdin=text.encode())
    flash = bytearray(b"\xff" * size)
    flash[at:at + len(bootloader)] = bootloader
    flash[0x8000:0x8000 + len(table)] = table
    return flash


def loader(chip=5, mb=4, size=400):
    """A bootloader is an image like any other; its header says how large the flash is."""
    image = bytearray(images.app(chip=chip, payload=b"boot" * (size // 4), digest=False))
    image[3] = (mb.bit_length() - 1) << 4
    return bytes(image)


@pytest.mark.parametrize("off, place", [
    (0x8C00, "rest of the partition table's sector, 0x8c00 to 0x9000"),
    (0x8FFF, "rest of the partition table's sector, 0x8c00 to 0x9000"),
    (0x110000, "gap between partitions, 0x110000 to 0x114000"),
    (0x113FFF, "gap between partitions, 0x110000 to 0x114000"),
    (0x115000, "after the last partition, 0x115000 to 0x400000"),
    (0x3FFFFF, "after the last partition, 0x115000 to 0x400000")])
def test_bytes_in_no_partition(table, run, tmp_path, off, place):
    flash = flash_image(run, FULL + "d,data,fat,0x114000,4K")
    flash[0x9000:0x110000] = bytes(0x107000)  # in partitions: anything
    flash[0x114000:0x115000] = bytes(0x1000)
    path = tmp_path / "flash"
    path.write_bytes(flash)
    assert table("check", path, "-w", "gap")[:2] == (0, "")
    flash[off] = 0x7F
    path.write_bytes(flash)
    assert table("check", path, "-w", "gap")[:2] == (
        0, f"{path}:0x{off:x}: warning: not erased, though in no partition: {place}. Erase it, or give it "
           "a partition: tools take it for free. [padding]\n")
    assert table("check", path, "-w", "gap", "-w", "padding")[:2] == (0, "")


def test_signature_of_secure_boot_v1_is_no_padding(table, run, tmp_path):
    flash = flash_image(run)
    flash[0x8C00:0x8C00 + 68] = bytes(68)
    (tmp_path / "flash").write_bytes(flash)
    assert table("check", tmp_path / "flash", "--secure", "v1")[:2] == (0, "")
    assert "[padding]" in table("check", tmp_path / "flash")[1]


@pytest.mark.parametrize("chip, at", [(5, 0), (9, 0), (0, 0x1000), (2, 0x1000), (0x12, 0x2000)])
def test_bootloader_in_a_flash(table, run, tmp_path, chip, at):
    path = tmp_path / "flash"

    def check(*args, code=0, **options):
        path.write_bytes(flash_image(run, bootloader=loader(chip, **options), at=at))
        got, out, err = table("check", path, *args)
        assert got == code, err
        return out

    assert check() == "" and check(mb=2) == ""
    assert check(mb=1) == (
        f"{path}:0x{at + 3:x}: warning: the bootloader's header says 1 MB of flash, but partitions reach "
        "to 0x110000: it refuses the whole table. Write the bootloader again with esptool's --flash_size. "
        "[flash-header]\n")
    whole = len(loader(chip, size=0))
    room = 0x8000 - at - whole
    assert check(size=room) == ""
    assert check("-w", "padding", size=room + 0x1000) == (
        f"{path}:0x8000: warning: bootloader of {0x9000 - at} bytes at 0x{at:x} ends 4096 bytes into the "
        "partition table. Make it smaller (less logging, -Os), or move the table up. [bootloader-long]\n")
    flash = flash_image(run, bootloader=loader(chip), at=at)
    flash[0x7FFF] = 0
    path.write_bytes(flash)
    assert table("check", path)[1].startswith(
        f"{path}:0x7fff: warning: not erased, though in no partition: between bootloader and")


def test_what_is_no_bootloader_of_the_chip(table, run, tmp_path):
    """An ESP32's at 0 is started by nothing: no word about it, unless the option says so."""
    path = tmp_path / "flash"
    path.write_bytes(flash_image(run, bootloader=loader(0, mb=1), at=0))
    assert table("check", path)[:2] == (0, "")
    assert "[flash-header]" in table("check", path, "--primary-bootloader-offset", "0")[1]


def test_places_in_a_flash_are_those_of_the_file(table, run, tmp_path):
    path = tmp_path / "flash"
    path.write_bytes(flash_image(run, FULL + "k,data,0x77,,4K"))
    code, out, _ = table("check", path, "--json")
    assert [(p["rule"], p["offset"]) for p in json.loads(out)["problems"]] == [
        ("subtype-unknown", 0x8000 + 2 * 32 + 3)]


def test_a_table_at_the_very_end(table, run, tmp_path):
    """Its sector ends where the flash does, or would end after it."""
    _, binary, _ = run("gen_esp32part", "-q", "-", stdin=FULL.encode())
    for off in (0x3FF000, 0x3FF400):
        flash = bytearray(b"\xff" * 0x400000)
        flash[off:off + len(binary)] = binary
        (tmp_path / "flash").write_bytes(flash)
        code, out, err = table("check", tmp_path / "flash", "--offset", hex(off), "-w", "table-offset")
        assert code == 3 and "is below" in out and "[padding]" not in out, out


# ---- mistakes of people ----

def test_a_csv_of_one_word(table):
    code, out, _ = table("check", "-", stdin=b"hello")
    row = ". A row is: Name, Type, SubType, Offset, Size, Flags. "
    assert code == 3 and out == (
        f"standard input:1:6: error: Field 'type' can't be left empty{row}[type-empty]\n"
        f"standard input:1:6: error: Size field can't be empty{row}[size-empty]\n")


@pytest.mark.parametrize("what, says", [
    (b"", b"the partition table is empty"), (b"# nothing\n", b"the partition table is empty"),
    (b"\xff" * 0xC00, b"the flash is erased there"), (b"\xff" * 0x10000, b"the flash is erased there"),
    (bytes.fromhex("ebeb" + "ff" * 14 + "d41d8cd98f00b204e9800998ecf8427e" + "ff" * 32),
     b"the partition table is empty")])
def test_an_empty_or_erased_table_is_an_error_of_every_command(table, run, tmp_path, what, says):
    (tmp_path / "t").write_bytes(what)
    (tmp_path / "good").write_text(FULL)
    for words in (["show", "t"], ["check", "t"], ["convert", "t"], ["convert", "t", "-o", "out"],
                  ["map", "t"], ["diff", "t", "good"], ["diff", "good", "t"],
                  ["pack", "t", "--flash-size", "4M", "-o", "out"], ["unpack", "--flash", "t", "-o", "out"],
                  ["set", "t", "nvs.size=4K"], ["set", "t", "--remove", "nvs"]):
        code, out, err = table(*words, cwd=tmp_path)
        assert code == 3 and says.decode() in out + err and "warning:" not in out + err, (words, err)
    assert not (tmp_path / "out").exists()


def test_an_empty_csv_can_be_added_to(table, tmp_path):
    (tmp_path / "t").write_text("# mine\n")
    assert table("set", "t", "--add", "nvs,data,nvs,,0x6000", cwd=tmp_path)[0] == 0
    assert (tmp_path / "t").read_text() == "# mine\nnvs,data,nvs,,0x6000\n"


@pytest.mark.parametrize("flash", [True, False])
def test_a_flash_without_a_table_is_an_error_of_part_and_ota(run, tmp_path, flash):
    path, where = tmp_path / "flash.bin", []
    path.write_bytes(b"\xff" * 0x10000)
    if not flash:
        (tmp_path / "t.csv").write_text("# nothing\n")
        where = ["--table", tmp_path / "t.csv"]
    (tmp_path / "x").write_bytes(b"x")
    for words in (["part", "list"], ["part", "read", "a", "-o", "o"], ["part", "write", "a", "x"],
                  ["part", "erase", "a"], ["ota", "status"], ["ota", "switch", "0"], ["ota", "confirm"],
                  ["ota", "invalidate"], ["ota", "erase"]):
        code, out, err = run("bulkhead", *words, "--flash", path, *where, cwd=tmp_path)
        assert code == 3 and out == b"" and (b"erased" if flash else b"is empty") in err, (words, err)


def test_a_table_that_looks_encrypted_is_told(table, run, tmp_path, seed):
    path = tmp_path / "flash.bin"
    path.write_bytes(random.Random(seed).randbytes(0x20000))
    for words in (["table", "show", path], ["part", "list", "--flash", path],
                  ["ota", "status", "--flash", path], ["ota", "status", "--esp-idf", "--flash", path]):
        code, _, err = run("bulkhead", *words)
        assert code == 2 and b"Is the flash encrypted?" in err, err
    path.write_bytes(bytes(0x20000))
    assert b"encrypted" not in run("bulkhead", "part", "list", "--flash", path)[2]


@pytest.mark.parametrize("args, says", [
    (["check", "-", "--offset", "-5"], "--offset: 0x-5 is not in any flash"),
    (["check", "-", "--offset", "0x100000000"], "is not in any flash"), (["show", ""], "a file is empty"),
    (["pack", "-", "--flash-size", "900M", "-o", "x"], "flash of 0x38400000 bytes is too large. 256M at most")])
def test_words_that_cannot_be_meant(table, args, says):
    code, out, err = table(*args, stdin=FULL.encode())
    assert code == 2 and out == "" and says in err


def test_pack_tells_both_sizes(table, tmp_path):
    (tmp_path / "big").write_bytes(bytes(0x7001))
    _, _, err = table("pack", "-", "--flash-size", "4M", "-o", tmp_path / "f", f"n={tmp_path / 'big'}",
                      stdin=FULL.encode())
    assert "too large for 'n': 0x7001 bytes for its 0x7000. Make" in err


def test_targets(run, tmp_path):
    flash, empty = tmp_path / "flash", tmp_path / "empty"
    flash.write_bytes(flash_image(run, "nvs,data,nvs,,28K"))
    empty.write_bytes(b"")
    for target, says in (("what", "no such file, and not a serial port"),
                         ("file:", "no file is named"), (f"file:{empty}", "file is empty")):
        code, out, err = run("bulkhead", "part", "list", "-p", target)
        assert code == 2 and out == b"" and says in err.decode(), err
    lists = [run("bulkhead", "part", "list", *where) for where in (
        ["--flash", flash], ["--flash", f"file:{flash}"], ["-p", flash], ["-p", f"file:{flash}"])]
    assert lists[0][0] == 0 and b"nvs" in lists[0][1] and all(one == lists[0] for one in lists)
    for where, says in (([], "no flash is named"), (["--flash", flash, "-p", flash], "two flashes"),
                        (["--flash", "/dev/null"], "a serial port will not do here")):
        code, _, err = run("bulkhead", "part", "list", *where)
        assert code == 2 and says in err.decode(), err
    code, _, err = run("bulkhead", "part", "erase", "NVS", "-p", f"file:{flash}")
    assert code == 2 and b"did you mean 'nvs'" in err


KEY = ROOT / "ports/keys/development-p256.pem"


@pytest.mark.parametrize("words, text", [
    (["bulkhead", "table", "convert", "t.csv"], False), (["gen_esp32part", "-q", "t.csv"], False),
    (["bulkhead", "table", "convert", "t.csv", "-o", "-"], False),
    (["bulkhead", "table", "pack", "t.csv", "--flash-size", "2M", "-o", "-"], False),
    (["bulkhead", "part", "read", "n", "--flash", "flash.bin", "-o", "-"], False),
    (["gen_empty_partition", "4096"], False), (["bulkhead", "table", "convert", "t.csv", "--to", "csv"], True),
    (["gen_esp32part", "-q", "t.bin"], True), (["bulkhead", "table", "set", "t.csv", "n.size=24K", "-n"], True),
    (["bulkhead", "image", "sign", "-v", "1.0.0", "--pad-header", "t.bin", "-"], False),
    (["bulkhead", "image", "sign", "-v", "1.0.0", "--pad-header", "-n", "t.bin", "-"], False),
    (["bulkhead", "key", "export", "--format", "der", KEY], False),
    (["bulkhead", "key", "export", "--format", "raw", KEY], False),
    (["parttool", "-q", "-p", "file:flash.bin", "read_partition", "-n", "n", "--output", "/dev/stdout"], False),
])
def test_binary_data_is_not_for_a_terminal(run, program, tmp_path, words, text):
    """Text is."""
    (tmp_path / "t.csv").write_text(FULL)
    (tmp_path / "flash.bin").write_bytes(flash_image(run, FULL))
    assert run("gen_esp32part", "-q", tmp_path / "t.csv", tmp_path / "t.bin")[0] == 0
    master, slave = os.openpty()
    done = subprocess.run([program(words[0]), *words[1:]], stdout=slave, stderr=subprocess.PIPE, text=True,
                          cwd=tmp_path)
    os.close(slave)
    try:
        shown = os.read(master, 65536)
    except OSError:  # nobody has the other end open, and nothing was written
        shown = b""
    os.close(master)
    if text:
        assert done.returncode == 0 and b",0x9000," in shown or b"24K" in shown
    else:
        assert done.returncode in (1, 2) and "binary data is not for a terminal" in done.stderr
        assert shown == b""


@pytest.mark.parametrize("words", [
    ["bulkhead", "table", "convert", "t.csv", "-o", "t.csv"], ["gen_esp32part", "-q", "t.csv", "t.csv"],
    ["bulkhead", "table", "convert", "t.csv", "-o", "link"], ["gen_esp32part", "-q", "t.csv", "link"],
    ["bulkhead", "table", "pack", "t.csv", "n=new", "--flash-size", "2M", "--force", "-o", "new"],
    ["bulkhead", "table", "pack", "t.csv", "n=new", "--flash-size", "2M", "--force", "-o", "t.csv"],
    ["bulkhead", "table", "pack", "t.csv", "--bootloader", "new", "--primary-bootloader-offset", "0", "--flash-size", "2M", "--force", "-o",
     "new"],
    ["bulkhead", "table", "map", "t.csv", "--svg", "t.csv"],
    ["bulkhead", "table", "unpack", "--flash", "n.bin", "-o", ".", "--force"],
    ["bulkhead", "part", "read", "n", "--flash", "flash.bin", "--force", "-o", "flash.bin"],
    ["bulkhead", "part", "read", "n", "-p", "file:flash.bin", "--force", "-o", "flash.bin"],
    ["bulkhead", "part", "read", "n", "--flash", "flash.bin", "--table", "t.csv", "--force", "-o", "t.csv"],
    ["parttool", "-p", "file:flash.bin", "read_partition", "-n", "n", "--output", "flash.bin"],
    ["parttool", "-p", "file:flash.bin", "-f", "t.csv", "read_partition", "-n", "n", "--output", "t.csv"],
    ["otatool", "-p", "file:ota.bin", "read_ota_partition", "--slot", "0", "--output", "ota.bin"],
], ids=" ".join)
def test_an_output_that_is_an_input_is_refused(run, tmp_path, words):
    (tmp_path / "t.csv").write_text(FULL)
    (tmp_path / "link").symlink_to("t.csv")
    (tmp_path / "new").write_bytes(b"new")
    image = flash_image(run, FULL)
    (tmp_path / "flash.bin").write_bytes(image)
    (tmp_path / "n.bin").write_bytes(image)
    (tmp_path / "ota.bin").write_bytes(flash_image(run, "o,data,ota,,8K\na,app,ota_0,,1M\n"))
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    code, _, err = run(*words, cwd=tmp_path)
    assert code in (1, 2) and b"would replace" in err, err
    after = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert {n: after[n] for n in before} == before


def test_near_names(table, run, tmp_path):
    (tmp_path / "t.csv").write_text("nvs,data,nvs,,28K\nfactory,app,factory,,1M\n")
    for words in (["set", "t.csv", "NVS.size=24K"], ["set", "t.csv", "--remove", "nsv"],
                  ["set", "t.csv", "--add", "x,data,fat,,4K", "--after", "mvs"],
                  ["pack", "t.csv", "nv=t.csv", "--flash-size", "2M", "-o", "x"]):
        code, _, err = table(*words, cwd=tmp_path)
        assert code == 2 and "did you mean 'nvs'" in err, err
    code, _, err = table("set", "t.csv", "something.size=4K", cwd=tmp_path)
    assert code == 2 and "no partition 'something'" in err and "did you mean" not in err
