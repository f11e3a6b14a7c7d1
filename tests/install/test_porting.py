# SPDX-License-Identifier: Apache-2.0
"""A board of a stranger's, written from docs/porting.md: tests/install/stm32g071, outside the tree, of
installed files alone. It is built, checked, and explored in the simulator."""
import json
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BOARD = pathlib.Path(__file__).parent / "stm32g071"


def run(*command, cwd, code=0):
    done = subprocess.run([str(word) for word in command], cwd=cwd, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=600)
    assert done.returncode == code, f"{command}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The board's folder, with keys and what the build made; and the tool as it is installed."""
    folder = tmp_path_factory.mktemp("board")
    prefix = tmp_path_factory.mktemp("install")
    run("cmake", "--install", ROOT / "build/host", "--prefix", prefix, cwd=folder)
    shutil.copytree(BOARD, folder, dirs_exist_ok=True)
    (folder / "keys").mkdir()
    tool = prefix / "bin/bulkhead"
    run(tool, "key", "new", "--type", "p256", "keys/release.pem", cwd=folder)
    run(tool, "key", "export", "keys/release.pem", "-o", "keys/release.pub.pem", cwd=folder)
    run("cmake", "-G", "Ninja", "-B", "build", "-DCMAKE_BUILD_TYPE=MinSizeRel",
        "-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON", f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_TOOLCHAIN_FILE={prefix}/share/bulkhead/firmware/cmake/cortex-m0plus.cmake", cwd=folder)
    run("cmake", "--build", "build", cwd=folder)
    return folder, tool


def test_the_layout_is_good_and_the_bootloader_fits(built):
    folder, tool = built
    assert "ok, identity" in run(tool, "layout", "check", "board.layout.yml", "--bootloader", "build/boot.bin", cwd=folder)
    assert (folder / "build/app.signed.bin").stat().st_size > 0x200


def test_it_begins_with_its_vectors_and_ends_with_its_ram(built):
    """Stack at the end of 36 KB; reset within the bootloader; the NMI is the driver's."""
    folder, _ = built
    image = (folder / "build/boot.bin").read_bytes()
    stack, reset, nmi = (int.from_bytes(image[i:i + 4], "little") for i in (0, 4, 8))
    assert stack == 0x20000000 + 36 * 1024
    assert 0x08000000 < reset < 0x08000000 + len(image) and reset & 1
    names = run("arm-none-eabi-nm", "build/boot.elf", cwd=folder)
    assert int(re.search(r"(\w+) . cortex_m_nmi", names)[1], 16) == nmi & ~1
    app = (folder / "build/app.bin").read_bytes()
    solved = json.loads(run("sh", "-c", f"{built[1]} layout show board.layout.yml --json", cwd=folder))
    primary = next(p for p in solved["partitions"] if p["name"] == "primary")
    assert int.from_bytes(app[4:8], "little") - (0x08000000 + primary["offset"] + 0x200) < len(app)


def test_it_lives_and_is_explored_in_the_simulator(built):
    folder, tool = built
    flash = ["--flash", "chip.bin"]
    run(tool, "boot", "install", "board.layout.yml", *flash, "build/app.signed.bin", cwd=folder)
    assert "1.0.0" in run(tool, "boot", "run", "board.layout.yml", *flash, cwd=folder)
    said = run(tool, "sim", "explore", "board.layout.yml", "--scenario", "confirm", "--depth", "1", "--seconds", "60",
               "--json", cwd=folder)
    line = json.loads(said.splitlines()[-1])
    assert line["cuts"] > 100 and not line.get("violation") and not line.get("violations")
