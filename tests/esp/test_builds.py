# SPDX-License-Identifier: Apache-2.0
"""Builds that call the partition tools, after "python -m bulkhead.idf": ESP-IDF's by CMake and Ninja,
PlatformIO's and Arduino's by the commands that theirs make (platform-espressif32's
builder/frameworks/espidf.py and the core's platform.txt). The builds are not ours to have; idf_build/
makes ESP-IDF's calls."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from conftest import BUILD, ROOT

TABLE = """nvs,data,nvs,,0x4000
otadata,data,ota,,0x2000
phy_init,data,phy,,0x1000
factory,app,factory,,1M
ota_0,app,ota_0,,1M
mine,app,my_app,,64K
logs,data,my_data,,4K
"""
PLAIN = "".join(line + "\n" for line in TABLE.splitlines() if "my_" not in line)
# A build has a Python of its own, in which our package is not.
PYTHON = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable
ENV = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def run(*command, code=0, **more):
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True, timeout=120,
                          **{"env": ENV, **more})
    assert done.returncode == code, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def tree(folder, *names):
    """A copy of a framework with the originals in these places, after the one line."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("raise SystemExit('the original was called')\n")
    run(sys.executable, "-m", "bulkhead.idf", folder, env={**ENV, "PYTHONPATH": str(BUILD / "python")})
    return folder


def esp_idf(folder):
    return tree(folder, "components/app_update/otatool.py", *(
        f"components/partition_table/{name}.py"
        for name in ("gen_esp32part", "parttool", "check_sizes", "gen_empty_partition")))


@pytest.fixture
def project(tmp_path):
    (tmp_path / "a project").mkdir()
    (tmp_path / "a project/partitions.csv").write_text(TABLE)
    return tmp_path / "a project"


def configure(idf, project, code=0):
    return run("cmake", "-G", "Ninja", "-S", ROOT / "tests/esp/idf_build", "-B", project / "build",
               f"-DIDF_PATH={idf}", f"-DPYTHON={PYTHON}", f"-DPARTITION_CSV={project}/partitions.csv",
               code=code)


def test_idf_py_build(tmp_path, project):
    idf = esp_idf(tmp_path / "esp-idf")
    (project / "partitions.csv").write_text(PLAIN)
    configure(idf, project)
    assert (project / "build/found.txt").read_text() == "0x10000 0xd000 0x2000 '0xf000'\n"
    said = run("ninja", "-C", project / "build")
    binary = (project / "build/partition_table/partition-table.bin").read_bytes()
    assert len(binary) == 0xC00 and binary[:2] == b"\xaa\x50" and b"\xeb\xeb" in binary
    assert "factory,app,factory,0x10000,1M" in said  # the contents are shown
    assert (project / "build/ota_data_initial.bin").read_bytes() == b"\xff" * 0x2000
    assert "app.bin binary size 0xe bytes. Smallest app partition is 0x100000 bytes" in said
    assert "Bootloader binary size 0xc bytes. 0x6ff4 bytes (100%) free." in said
    assert "no work to do" in run("ninja", "-C", project / "build", "partition_table/partition-table.bin")

    # a change of the table is seen, its own subtypes too, though parttool was not told of them
    (project / "partitions.csv").write_text(PLAIN.replace("ota_0,app,ota_0,,1M", "ota_0,app,ota_0,,64K")
                                            + "mine,app,0x21,,64K\n")
    said = run("ninja", "-C", project / "build")
    assert "mine,app,my_app,0x120000,64K" in said and "Smallest app partition is 0x10000" in said


def test_a_wrong_table_stops_the_build(tmp_path, project):
    idf = esp_idf(tmp_path / "esp-idf")
    (project / "partitions.csv").write_text(PLAIN)
    configure(idf, project)
    (project / "partitions.csv").write_text(PLAIN + "big,app,ota_1,,8M\n")
    done = subprocess.run(["ninja", "-C", str(project / "build")], text=True, capture_output=True, env=ENV,
                          check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0 and "Traceback" not in said
    assert "does not fit in configured flash size 4MB" in said
    assert not (project / "build/partition_table/partition-table.bin").exists()


def test_platformio(tmp_path, project):
    """Framework espidf: parttool with its options after the command, and a blank partition."""
    here = esp_idf(tmp_path / "framework-espidf") / "components/partition_table"
    (project / "partitions.csv").write_text(PLAIN)
    ask = [PYTHON, here / "parttool.py", "-q", "--partition-table-offset", "0x8000",
           "--partition-table-file", project / "partitions.csv", "get_partition_info", "--info", "size",
           "offset"]
    assert run(*ask, "--partition-boot-default") == "0x100000 0x10000\n"
    assert run(*ask, "--partition-type", "data", "--partition-subtype", "ota") == "0x2000 0xd000\n"
    run(PYTHON, here / "gen_empty_partition.py", "0x2000", project / "ota_data_initial.bin")
    assert (project / "ota_data_initial.bin").read_bytes() == b"\xff" * 0x2000
    run(PYTHON, here / "gen_esp32part.py", "-q", "--offset", "0x8000", "--flash-size", "4MB",
        project / "partitions.csv", project / "partitions.bin")
    assert (project / "partitions.bin").stat().st_size == 0xC00


@pytest.mark.parametrize("name", ["framework-arduinoespressif32", "esp32/hardware/esp32/3.3.0"])
def test_arduino(tmp_path, project, name):
    """The core by itself and as PlatformIO's package: both have tools/gen_esp32part.py."""
    core = tree(tmp_path / name, "tools/gen_esp32part.py")
    (project / "partitions.csv").write_text(PLAIN)
    run(PYTHON, core / "tools/gen_esp32part.py", "-q", project / "partitions.csv",
        project / "sketch.ino.partitions.bin")
    assert (project / "sketch.ino.partitions.bin").stat().st_size == 0xC00


def test_the_package_is_gone(tmp_path, project):
    """It was removed after the line, or the environment it was in."""
    package = tmp_path / "venv/bulkhead"
    shutil.copytree(BUILD / "python/bulkhead", package)
    core = tmp_path / "core"
    (core / "tools").mkdir(parents=True)
    (core / "tools/gen_esp32part.py").write_text("print('the original')\n")
    run(sys.executable, "-m", "bulkhead.idf", core, env={**ENV, "PYTHONPATH": str(package.parent)})
    shutil.rmtree(package)
    done = subprocess.run([PYTHON, str(core / "tools/gen_esp32part.py"), "-q", "a", "b"], text=True,
                          capture_output=True, env=ENV, check=False)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert str(package / "gen_esp32part.py") in done.stderr and "pip install bulkhead-flash" in done.stderr
    assert f"rename {core}/tools/gen_esp32part.py.original to {core}/tools/gen_esp32part.py" in done.stderr


def test_the_documented_lines_are_these():
    text = (pathlib.Path(ROOT) / "docs/compatibility-esp-idf.md").read_text()
    assert "framework-espidf`" in text and "framework-arduinoespressif32`" in text
    assert "tools.gen_esp32part.cmd.windows" in text
