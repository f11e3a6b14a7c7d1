# SPDX-License-Identifier: Apache-2.0
"""Programs that work on one file at a time: none undoes what another did, and none that is ended by a
signal leaves a temporary file."""

import fcntl
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from conftest import BUILD, ROOT
from test_parttool import otadata, record

SIZE = 1 << 20
SLOTS = 20


@pytest.fixture
def flash(run, tmp_path):
    """A flash of twenty partitions of one page."""
    csv = "otadata,data,ota,0xd000,8K\n" + "".join(f"p{i},data,fat,,4K\n" for i in range(SLOTS))
    csv += "ota_0,app,ota_0,,64K\nota_1,app,ota_1,,64K\n"
    code, table, err = run("gen_esp32part", "-q", "-", stdin=csv.encode())
    assert code == 0, err
    data = bytearray(b"\xff" * SIZE)
    data[0x8000:0x8000 + len(table)] = table
    path = tmp_path / "flash.bin"
    path.write_bytes(data)
    for i in range(SLOTS):
        (tmp_path / f"new{i}").write_bytes(b"%02d" % i)
    return path


def commands(kind, flash, i):
    new = flash.parent / f"new{i}"
    return {
        "part": [BUILD / "cli/bulkhead", "part", "write", f"p{i}", new, "--flash", flash],
        "parttool": [BUILD / "cli/parttool", "-p", f"file:{flash}", "write_partition", "-n", f"p{i}",
                     "--input", new],
        "python": [ROOT / "build/venv/bin/python", "-m", "bulkhead.parttool", "-p", f"file:{flash}",
                   "write_partition", "-n", f"p{i}", "--input", new],
    }[kind]


@pytest.mark.parametrize("kinds", [["part"], ["parttool"], ["part", "parttool", "python"]])
def test_no_write_is_lost(flash, kinds):
    """Each writes its own partition of one file; all are there afterwards."""
    running = [subprocess.Popen(commands(kinds[i % len(kinds)], flash, i), stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE,
                                env={**os.environ, "PYTHONPATH": str(BUILD / "python")})
               for i in range(SLOTS)]
    for one in running:
        _, err = one.communicate(timeout=60)
        assert one.returncode == 0, err
    data = flash.read_bytes()
    assert [data[0xF000 + 0x1000 * i:][:2] for i in range(SLOTS)] == [b"%02d" % i for i in range(SLOTS)]


def test_a_table_set_is_not_lost(run, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("".join(f"p{i},data,fat,,4K\n" for i in range(10)))
    running = [subprocess.Popen([BUILD / "cli/bulkhead", "table", "set", "-q", path, f"p{i}.size=8K"])
               for i in range(10)]
    assert [one.wait(timeout=60) for one in running] == [0] * 10
    assert path.read_text() == "".join(f"p{i},data,fat,,8K\n" for i in range(10))


def test_waits_for_the_lock_and_says_so(flash, run, tmp_path):
    with open(flash, "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        one = subprocess.Popen(commands("part", flash, 3), stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        assert one.poll() is None
        fcntl.flock(held, fcntl.LOCK_UN)
        assert one.wait(timeout=30) == 0
    assert flash.read_bytes()[0x12000:0x12002] == b"03"


def test_a_lock_that_stays_is_an_error(flash, run):
    with open(flash, "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        start = time.monotonic()
        code, _, err = run("bulkhead", "part", "erase", "p0", "--flash", flash)
        assert code == 1 and b"in use by another program" in err
        assert 8 < time.monotonic() - start < 30


def test_readers_do_not_keep_readers_out(flash, run):
    with open(flash, "rb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        assert run("bulkhead", "part", "list", "--flash", flash)[0] == 0


def test_a_file_renamed_over_it_is_the_one_that_is_changed(flash, run):
    """While it waits for the lock another program puts a new file there, as our own do."""
    with open(flash, "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        one = subprocess.Popen(commands("part", flash, 1), stderr=subprocess.DEVNULL)
        time.sleep(0.2)
        other = flash.with_name("other")
        other.write_bytes(flash.read_bytes()[:-4] + b"mark")
        os.rename(other, flash)
    assert one.wait(timeout=30) == 0
    data = flash.read_bytes()
    assert data.endswith(b"mark") and data[0x10000:0x10002] == b"01"


def test_python_lets_the_file_go(flash):
    """Also after an error, whose traceback still knows of everything."""
    sys.path.insert(0, str(BUILD / "python"))
    from bulkhead import otatool, parttool

    target = parttool.ParttoolTarget(f"file:{flash}")
    (flash.parent / "big").write_bytes(bytes(0x1001))
    try:
        target.write_partition(parttool.PartitionName("p0"), str(flash.parent / "big"))
    except Exception as error:
        kept = error
    start = time.monotonic()
    otatool.OtatoolTarget(f"file:{flash}").switch_ota_partition(1)
    assert time.monotonic() - start < 5 and "exceeds partition size" in str(kept)
    assert otadata(flash)[0] == record(2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_signals_leave_nothing(flash, seed, number):
    """At random moments of writing a large file: it is the old one or the new one, and alone."""
    folder = flash.parent
    data = bytearray(b"\xff" * (24 << 20))
    data[:SIZE] = flash.read_bytes()
    flash.write_bytes(data)
    files = sorted(folder.iterdir())
    numbers, ended = random.Random(seed), 0
    for i in range(40):
        one = subprocess.Popen(commands("part", flash, i % SLOTS), stderr=subprocess.DEVNULL,
                               preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
        time.sleep(numbers.uniform(0.002, 0.06))
        one.send_signal(number)
        ended += one.wait(timeout=30) == -number
        assert flash.stat().st_size == len(data)
        assert sorted(folder.iterdir()) == files
    assert ended > 5


def test_a_signal_takes_esptools_file_along(tmp_path):
    """esptool reads into a file of ours; the program is ended in the meantime."""
    fake = tmp_path / "fake"
    fake.write_text('#!/bin/sh\n[ "$1" = version ] && echo "esptool v5.1.0" && exit 0\n'
                    f'echo > {tmp_path}/reads\nexec sleep 60\n')
    fake.chmod(0o755)
    folder = tmp_path / "temporary"
    folder.mkdir()
    one = subprocess.Popen([BUILD / "cli/parttool", "-p", "COM3", "get_partition_info", "-d"],
                           stderr=subprocess.DEVNULL, start_new_session=True,
                           env={**os.environ, "BULKHEAD_ESPTOOL": str(fake), "TMPDIR": str(folder)})
    while not (tmp_path / "reads").exists():
        time.sleep(0.01)
    assert len(list(folder.iterdir())) == 1
    os.killpg(one.pid, signal.SIGTERM)
    assert one.wait(timeout=30) == -signal.SIGTERM
    assert list(folder.iterdir()) == []


def test_an_ignored_signal_stays_ignored(flash, seed):
    """As under nohup, at random moments of writing a large file: it is written."""
    flash.write_bytes(flash.read_bytes().ljust(24 << 20, b"\xff"))
    numbers = random.Random(seed)
    for i in range(SLOTS):
        one = subprocess.Popen(commands("part", flash, i), stderr=subprocess.DEVNULL,
                               preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        time.sleep(numbers.uniform(0.005, 0.05))
        one.send_signal(signal.SIGHUP)
        assert one.wait(timeout=30) == 0
