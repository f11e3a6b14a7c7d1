# SPDX-License-Identifier: Apache-2.0
"""Chips on serial ports: our programs, the real esptool (its latest version, and 4) and a mock of the
chip's ROM loader (esp32-mock-bootloader) at the other end of a pseudo-terminal. What the mock cannot do
(encrypt, TCP reads with the stub) is held to the command line that esptool would get."""

import json
import os
import shlex
import stat
import subprocess

import images
import pytest
from conftest import BUILD, ROOT
from test_parttool import TABLE, record

VENV = ROOT / "build/venv/bin"
ESPTOOL4 = ROOT / "build/esptool4"


# Two clocks of the mock that a busy machine runs into: it gives an esptool that reads 50 ms for an
# answer, and three seconds after a write it begins a new session, even in the midst of the next read.
MOCK = """
from esp32_mock_bootloader import cli, server
server._CLIENT_RECV_TIMEOUT, server._FLASH_END_IDLE_SEC = 20.0, 1e9
cli.main()
"""


def script(path, text):
    path.write_text("#!/bin/sh\n" + text + "\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture(params=[5, 4])
def esptool(request, tmp_path):
    """A program that is esptool of this major version, and notes how it is called."""
    if request.param == 4 and not (ESPTOOL4 / "esptool").is_dir():
        pytest.skip("esptool 4 is not in build/esptool4: tools/setup puts it there")
    where = f"PYTHONPATH={shlex.quote(str(ESPTOOL4))} " if request.param == 4 else ""
    return script(tmp_path / "esptool-of-tests",
                  f'echo "$*" >> {tmp_path}/calls\n{where}exec {VENV}/python -m esptool "$@"')


@pytest.fixture
def port(tmp_path):
    """A serial port with a chip at its other end, of 4 MB of flash."""
    mock = subprocess.Popen([VENV / "python", "-c", MOCK, "run", "--pty", "--chip", "esp32c3",
                             "--timeout", "300"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            text=True, env={**os.environ, "TMPDIR": str(tmp_path),
                                            "ESP32_MOCK_BOOTLOADER_STATE_DIR": str(tmp_path / "state")})
    line = mock.stdout.readline().strip()
    assert line.startswith("/dev/"), line
    yield line
    mock.terminate()
    mock.wait()
    mock.stdout.close()


@pytest.fixture
def chip(run, port, esptool, tmp_path):
    """chip(PROGRAM, *args): a program on that port. .flash(off, len): what is in the chip."""

    def call(name, *args, flags=("--esptool-args", "before=default_reset", "-p")):
        return run(name, *flags, port, *args, env={"BULKHEAD_ESPTOOL": str(esptool)})

    def flash(off, length):
        subprocess.run([VENV / "esptool", "-p", port, "read-flash", str(off), str(length),
                        tmp_path / "seen"], check=True, capture_output=True)
        return (tmp_path / "seen").read_bytes()

    def write(off, data):
        (tmp_path / "put").write_bytes(data)
        subprocess.run([VENV / "esptool", "-p", port, "write-flash", str(off), tmp_path / "put"],
                       check=True, capture_output=True)

    call.flash, call.write, call.port = flash, write, port
    call.calls = lambda: [shlex.split(c) for c in (tmp_path / "calls").read_text().splitlines()]
    table = run("gen_esp32part", "-q", "-", stdin=TABLE.replace(b",1M", b",64K"))[1]
    write(0x8000, table)
    write(0xD000, record(1).ljust(0x1000, b"\xff") + b"\xff" * 0x1000)
    return call


def test_parttool_reads_writes_and_erases(chip, tmp_path):
    chip.write(0x9000, bytes(range(256)) * 64)
    code, out, err = chip("parttool", "read_partition", "-n", "nvs", "--output", tmp_path / "nvs")
    assert code == 0, err
    assert out == (b"Read partition 'nvs' contents from device at offset 0x9000 to file "
                   b"'%s/nvs'\n" % str(tmp_path).encode())
    assert b"Running " in err  # what esptool prints is not on standard output
    assert (tmp_path / "nvs").read_bytes() == bytes(range(256)) * 64
    (tmp_path / "new").write_bytes(b"settings" * 10)
    assert chip("parttool", "write_partition", "-n", "nvs", "--input", tmp_path / "new")[0] == 0
    assert chip.flash(0x9000, 0x4000) == (b"settings" * 10).ljust(0x4000, b"\xff")
    assert chip("parttool", "erase_partition", "-n", "nvs")[0] == 0
    assert chip.flash(0x9000, 0x4000) == b"\xff" * 0x4000
    assert chip("parttool", "get_partition_info", "-n", "nvs")[:2] == (0, b"0x9000 0x4000\n")


def test_parttool_checks_before_it_touches_the_chip(chip, tmp_path):
    (tmp_path / "big").write_bytes(bytes(0x4001))
    for args in (["-n", "nvs", "--input", tmp_path / "big"], ["-n", "nvs", "--input", "/nowhere"],
                 ["-n", "phy_init", "--input", tmp_path / "big"], ["-n", "none", "--input", "x"]):
        assert chip("parttool", "write_partition", *args)[0] == 1
    assert {word for call in chip.calls() for word in call} & {
        "write-flash", "write_flash", "erase-region", "erase_region"} == set()


def test_otatool(chip, tmp_path):
    code, out, err = chip("otatool", "read_otadata")
    assert code == 0 and b"0x000001 \t0x4743989a | \t0xffffffff" in out, err
    assert chip("otatool", "switch_ota_partition", "--slot", "1")[0] == 0
    assert chip.flash(0xD000, 32) == record(1) and chip.flash(0xE000, 32) == record(2)
    app = images.app()
    (tmp_path / "app").write_bytes(app)
    assert chip("otatool", "write_ota_partition", "--name", "ota_1", "--input", tmp_path / "app")[0] == 0
    assert chip("otatool", "read_ota_partition", "--slot", "1", "--output", tmp_path / "back")[0] == 0
    assert (tmp_path / "back").read_bytes() == app.ljust(1 << 16, b"\xff")
    assert chip("otatool", "erase_ota_partition", "--slot", "1")[0] == 0
    assert chip.flash(0x30000, 0x1000) == b"\xff" * 0x1000
    assert chip("otatool", "erase_otadata")[0] == 0
    assert chip.flash(0xD000, 0x2000) == b"\xff" * 0x2000


def test_bulkhead_part_and_ota(chip, run, esptool, tmp_path):
    chip.write(0x10000, images.app())
    chip.write(0x20000, images.app())

    def bulkhead(*args):
        return run("bulkhead", *args, "--port", chip.port, env={"BULKHEAD_ESPTOOL": str(esptool)})

    code, out, err = bulkhead("part", "list", "--json")
    assert code == 0 and [p["name"] for p in json.loads(out)["partitions"]][:2] == ["nvs", "otadata"], err
    (tmp_path / "new").write_bytes(b"settings")
    assert bulkhead("part", "write", "nvs", tmp_path / "new", "-q")[:2] == (0, b"")
    assert chip.flash(0x9000, 0x2000) == b"settings".ljust(0x2000, b"\xff")
    before = len(chip.calls())
    assert bulkhead("part", "erase", "nvs", "--dry-run")[0] == 0
    assert all(c[0] == "version" or "read" in " ".join(c) for c in chip.calls()[before:])
    before = len(chip.calls())
    code, out, err = bulkhead("ota", "status", "--json", "--esp-idf")
    assert code == 0 and json.loads(out)["starts"] == "ota_0", err
    assert len(chip.calls()) - before < 12  # it does not ask for every few bytes
    assert bulkhead("ota", "switch", "1", "--force")[0] == 0
    assert chip.flash(0xE000, 32) == record(2)
    assert bulkhead("ota", "confirm")[0] == 0
    assert chip.flash(0xD000, 32) == record(3, 2) or chip.flash(0xE000, 32)[24] == 2


def test_python(chip, tmp_path):
    """With the esptool that this Python has."""
    (tmp_path / "new").write_bytes(b"settings")
    text = f"""
import subprocess, sys
from bulkhead.otatool import *
target = ParttoolTarget({chip.port!r}, 115200)
target.write_partition(PartitionName("nvs"), {str(tmp_path / "new")!r})
target.read_partition(PartitionName("nvs"), {str(tmp_path / "back")!r})
OtatoolTarget({chip.port!r}).switch_ota_partition(1)
try:
    ParttoolTarget("/dev/nothing")
except subprocess.CalledProcessError as error:
    print(error.returncode > 0, str(error).startswith("esptool failed"))
"""
    done = subprocess.run([VENV / "python", "-c", text], capture_output=True, text=True, timeout=100,
                          env={**os.environ, "PYTHONPATH": str(BUILD / "python")})
    assert done.returncode == 0, done.stderr
    assert done.stdout == "True True\n"
    assert (tmp_path / "back").read_bytes() == b"settings".ljust(0x4000, b"\xff")
    assert chip.flash(0xE000, 32) == record(2)


# ---- command lines, without a chip ----

FAKE = """
if [ "$1" = version ]; then echo "esptool %s"; exit 0; fi
echo "$@" >> %s/calls
for word; do
    if [ "$before" = read-flash ] || [ "$before" = read_flash ]; then reads=1; fi
    before=$word
    case $word in *bulkhead.*) file=$word;; esac
done
case "$* " in *" 32768 "*) content=%s/table;; *) content=%s/blank;; esac
[ -z "$reads" ] || cp $content "$file"
[ -n "$reads" ] || [ -z "$file" ] || cp "$file" %s/written
"""


@pytest.fixture(params=["v5.1.0", "v4.8.1"])
def fake(request, run, tmp_path):
    """An esptool that only notes its command line; each read gets the table's page."""
    table = run("gen_esp32part", "-q", "-", stdin=TABLE)[1]
    (tmp_path / "table").write_bytes(table.ljust(0x1000, b"\xff"))
    (tmp_path / "blank").write_bytes(b"\xff" * 0x1000)
    path = script(tmp_path / "fake-esptool",
                  FAKE % (request.param, *[tmp_path] * 4))

    def call(name, *args):
        (tmp_path / "calls").write_text("")
        code, out, err = run(name, *args, env={"BULKHEAD_ESPTOOL": str(path)})
        calls = [c.split() for c in (tmp_path / "calls").read_text().splitlines()]
        return code, err.decode(), [[w if "bulkhead." not in w else "FILE" for w in c] for c in calls]

    call.dashed = request.param[1] == "5"
    return call


def spelled(fake, name):
    return name if fake.dashed else name.replace("-", "_")


PORTS = ["/dev/ttyUSB0", "COM3", "socket://127.0.0.1:9876", "rfc2217://127.0.0.1:4000?ign_set_control"]


@pytest.mark.parametrize("port", PORTS)
def test_command_lines(fake, tmp_path, port):
    (tmp_path / "new").write_bytes(b"settings")
    code, err, calls = fake("parttool", "-p", port, "-b", "921600", "--esptool-args", "before=no_reset",
                            "trace", "--esptool-write-args", "encrypt", "force",
                            "--esptool-read-args", "no-progress", "--esptool-erase-args", "force", "-q",
                            "write_partition", "-n", "nvs", "--input", tmp_path / "new")
    main = ["--before", "no_reset", "--trace", "--port", port, "--baud", "921600"]
    assert code == 0, err
    assert calls == [
        [*main, spelled(fake, "read-flash"), "32768", "4096", "FILE", "--no-progress"],
        [*main, spelled(fake, "erase-region"), "36864", "16384", "--force"],
        [*main, spelled(fake, "write-flash"), "36864", "FILE", "--encrypt", "--force"]]
    assert (tmp_path / "written").read_bytes() == b"settings"


def test_otadata_is_one_write_of_a_page(fake, tmp_path):
    """The page is erased by it, so esptool is not called for that, nor for what the erase undoes."""
    page = bytearray(b"\xff" * 0x1000)
    page[:32] = record(1)
    code, err, calls = fake("otatool", "-p", "COM3", "--esptool-write-args", "encrypt", "-q",
                            "switch_ota_partition", "--slot", "0")
    assert code == 0, err
    writes = [c for c in calls if "read" not in c[2]]
    assert writes == [["--port", "COM3", spelled(fake, "write-flash"), "53248", "FILE", "--encrypt"]]
    assert (tmp_path / "written").read_bytes() == bytes(page)


def test_no_port_is_left_to_esptool(fake):
    assert fake("parttool", "get_partition_info", "-n", "nvs")[2] == [
        [spelled(fake, "read-flash"), "32768", "4096", "FILE"]]
    code, err, calls = fake("bulkhead", "part", "list", "--port", "auto")
    assert code == 0 and calls == [[spelled(fake, "read-flash"), "32768", "4096", "FILE"]], err


def test_bulkhead_passes_arguments_on(fake, tmp_path):
    (tmp_path / "new").write_bytes(b"settings")
    code, err, calls = fake("bulkhead", "part", "write", "nvs", tmp_path / "new", "-p", "COM3", "--baud",
                            "9600", "--esptool-args", "chip=esp32c3", "--esptool-write-args", "encrypt")
    assert code == 0, err
    assert calls[-1] == ["--chip", "esp32c3", "--port", "COM3", "--baud", "9600",
                         spelled(fake, "write-flash"), "36864", "FILE", "--encrypt"]


def test_temporary_files_go_away(fake, run, tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    (tmp_path / "new").write_bytes(b"settings")
    assert fake("parttool", "write_partition", "-n", "nvs", "--input", tmp_path / "new")[0] == 0
    assert list(folder.iterdir()) == []


def test_esptool_that_fails(run, tmp_path):
    path = script(tmp_path / "e", '[ "$1" = version ] && echo "esptool v5.1.0" && exit 0\n'
                  'echo "no chip there"\nexit 3')
    env = {"BULKHEAD_ESPTOOL": str(path)}
    code, out, err = run("parttool", "-p", "COM3", "erase_partition", "-n", "nvs", env=env)
    assert code == 1 and b"no chip there" in err and b"esptool failed with exit code 3" in err
    assert run("parttool", "-q", "-p", "COM3", "erase_partition", "-n", "nvs", env=env)[0] == 2
    code, out, err = run("bulkhead", "part", "list", "-q", "-p", "COM3", env=env)
    assert code == 4 and b"no chip there" in err and b"esptool failed with exit code 3" in err


def test_without_esptool(run, tmp_path):
    """It says what to install. A file needs none."""
    env = {"PATH": str(tmp_path), "BULKHEAD_ESPTOOL": ""}
    for program in (["parttool", "-p", "COM3", "erase_partition", "-n", "nvs"],
                    ["bulkhead", "part", "list", "-p", "COM3"]):
        code, _, err = run(*program, env=env)
        assert code == 1 and b"no esptool was found" in err and b"pip install esptool" in err
    code, _, err = run("parttool", "-p", "COM3", "get_partition_info", "-d",
                       env={"BULKHEAD_ESPTOOL": "/bin/true"})
    assert code == 1 and b"/bin/true does not answer as esptool does" in err


def test_a_file_refuses_to_be_encrypted(run, tmp_path):
    from test_parttool import make_flash

    flash = make_flash(tmp_path / "flash.bin", run)
    before = flash.read_bytes()
    (tmp_path / "new").write_bytes(b"settings")
    port = ["-p", f"file:{flash}"]
    for program in (["parttool", *port, "--esptool-write-args", "encrypt", "-q", "write_partition", "-n",
                     "nvs", "--input", tmp_path / "new"],
                    ["otatool", *port, "--esptool-write-args", "encrypt", "-q", "switch_ota_partition",
                     "--slot", "1"],
                    ["bulkhead", "part", "write", "nvs", tmp_path / "new", "--flash", flash,
                     "--esptool-write-args", "encrypt"]):
        code, _, err = run(*program)
        assert code == 2 and b"needs the chip, which alone has the key" in err
    assert flash.read_bytes() == before
    assert run("parttool", *port, "--esptool-write-args", "encrypt", "-q", "erase_partition", "-n",
               "nvs")[0] == 0  # erasing encrypts nothing


