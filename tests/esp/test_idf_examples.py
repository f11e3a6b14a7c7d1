# SPDX-License-Identifier: Apache-2.0
"""ESP-IDF's example scripts for parttool and otatool, to their end. The scripts are not ours to have:
tests/esp/scripts makes their calls in their order, out of a tree of ESP-IDF in which "python -m
bulkhead.idf" put our modules in the place of the originals. On a flash image file, and on a chip: the
real esptool, 5 and 4, and a mock of the ROM loader at the other end of a pseudo-terminal."""

import os
import subprocess
import sys

import images
import pytest
from conftest import BUILD, ROOT
from test_serial import VENV, esptool, port  # noqa: F401 (fixtures)

SCRIPTS = ROOT / "tests/esp/scripts"
TABLE = """nvs,data,nvs,0x9000,0x4000
otadata,data,ota,0xd000,0x2000
phy_init,data,phy,0xf000,0x1000
factory,app,factory,0x10000,64K
ota_0,app,ota_0,0x20000,64K
ota_1,app,ota_1,0x30000,64K
storage,data,0x40,0x40000,16K
"""
# Where the original resets the board and reads what the application prints, ask what the bootloader
# would start, of all that it looks at.
RUNNING = """
import json, subprocess

def get_running_partition(port=None):
    name = port.removeprefix("file:")
    if name == port:
        name = "seen.bin"
        subprocess.run([{esptool!r}, "-p", port, "read-flash", "0x8000", "0x38000", name], check=True,
                       capture_output=True)
        with open(name, "rb") as f:
            flash = f.read()
        with open(name, "wb") as f:
            f.write((bytes(0x8000) + flash).ljust(4 << 20, bytes([255])))
    words = [{tool!r}, "ota", "status", "--json", "--flash", name]
    return json.loads(subprocess.check_output(words))["starts"]
"""


@pytest.fixture
def idf(tmp_path):
    """A tree of ESP-IDF after "python -m bulkhead.idf"."""
    folder = tmp_path / "esp-idf"
    for name in ("partition_table/gen_esp32part", "partition_table/parttool", "app_update/otatool",
                 "partition_table/gen_empty_partition", "partition_table/check_sizes"):
        path = folder / f"components/{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("raise SystemExit('the original was called')\n")
    subprocess.run([sys.executable, "-m", "bulkhead.idf", folder], check=True, capture_output=True,
                   env={**os.environ, "PYTHONPATH": str(BUILD / "python")})
    return folder


@pytest.fixture
def factory(run, tmp_path):
    """What is in flash before: a table, and an application in the factory partition."""
    code, table, err = run("gen_esp32part", "-q", "-", stdin=TABLE.encode())
    assert code == 0, err
    (tmp_path / "build.bin").write_bytes(images.app())
    flash = bytearray(b"\xff" * (4 << 20))
    flash[0x8000:0x8000 + len(table)] = table
    flash[0x10000:0x10000 + len(images.app())] = images.app()
    return flash


@pytest.fixture
def target(request, esptool, factory, tmp_path):  # noqa: F811
    """(port, environment) of a device with the factory's flash."""
    if request.param == "file":
        (tmp_path / "flash.bin").write_bytes(factory)
        return f"file:{tmp_path}/flash.bin", {}
    name = request.getfixturevalue("port")
    end = 0x10000 + len(images.app())
    (tmp_path / "put").write_bytes(factory[0x8000:end])
    subprocess.run([VENV / "esptool", "-p", name, "write-flash", "0x8000", tmp_path / "put"], check=True,
                   capture_output=True)
    return name, {"BULKHEAD_ESPTOOL": str(esptool)}


def on(*kinds):
    """The targets: a file, and a chip with each esptool."""
    return pytest.mark.parametrize(
        "target, esptool", [("file", 5)] + [("chip", version) for version in kinds],
        indirect=True, ids=["file"] + [f"esptool{version}" for version in kinds])


def play(name, target, idf, folder, *words):
    where, env = target
    done = subprocess.run([*words, SCRIPTS / name, "--port", where, "--binary", folder / "build.bin"],
                          cwd=folder, text=True, capture_output=True, timeout=300,
                          env={**os.environ, "PYTHONPATH": str(folder), "IDF_PATH": str(idf), **env})
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "the original was called" not in done.stdout + done.stderr
    return done.stdout


@on(5, 4)
def test_parttool_example(target, idf, tmp_path):
    said = play("parttool_calls.py", target, idf, tmp_path, sys.executable)
    assert said.splitlines()[-2:] == ["storage at 0x40000, 0x4000 bytes", "to the end"]
    assert (tmp_path / "read.bin").read_bytes() == b"\xff" * 0x4000


@on(5, 4)
def test_otatool_example(target, idf, tmp_path):
    (tmp_path / "get_running_partition.py").write_text(RUNNING.format(
        tool=str(BUILD / "cli/bulkhead"), esptool=str(VENV / "esptool")))
    assert play("otatool_calls.py", target, idf, tmp_path, sys.executable).endswith("to the end\n")


SHELL = """
set -e
parttool() { "$PYTHON" "$IDF_PATH/components/partition_table/parttool.py" -q --port="$PORT" "$@"; }
parttool read_partition --partition-type=app --partition-subtype=factory --output=app.bin
head -c "$(stat -c %s build.bin)" app.bin | cmp - build.bin
offset=$(parttool get_partition_info --partition-name=storage --info offset)
size=$(parttool get_partition_info --partition-name=storage --info size)
echo "storage at $offset, $size bytes"
head -c $((size)) /dev/urandom > write.bin
parttool write_partition --partition-name=storage --input=write.bin
parttool read_partition --partition-name=storage --output=read.bin
cmp read.bin write.bin
parttool erase_partition --partition-name=storage
parttool read_partition --partition-name=storage --output=read.bin
"$PYTHON" "$IDF_PATH/components/partition_table/gen_empty_partition.py" "$size" blank.bin
cmp read.bin blank.bin
echo "to the end"
"""


@on(5)
def test_parttool_example_of_the_shell(target, idf, tmp_path):
    """The same example is there as a shell script."""
    where, env = target
    done = subprocess.run(["sh", "-c", SHELL], cwd=tmp_path, text=True, capture_output=True, timeout=300,
                          env={**os.environ, "PYTHON": sys.executable, "IDF_PATH": str(idf),
                               "PORT": where, **env})
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stdout.splitlines()[-2:] == ["storage at 0x40000, 0x4000 bytes", "to the end"]
