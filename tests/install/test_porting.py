# SPDX-License-Identifier: Apache-2.0
"""Boards of a stranger's, written from docs/porting.md, outside the tree, of installed files alone:
tests/install/stm32g071 is built, checked, and explored in the simulator; tests/install/mps2 lives on QEMU."""
import json
import pathlib
import re
import shutil
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BOARDS = pathlib.Path(__file__).parent
PAGE = (ROOT / "docs/porting.md").read_text()


def run(*command, cwd, code=0):
    done = subprocess.run([str(word) for word in command], cwd=cwd, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=600)
    assert done.returncode == code, f"{command}\n{done.stdout}"
    return done.stdout


def build(folder, prefix, cpu, *more):
    run("cmake", "-G", "Ninja", "-B", "build", "-DCMAKE_BUILD_TYPE=MinSizeRel",
        "-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON", f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_TOOLCHAIN_FILE={prefix}/share/bulkhead/firmware/cmake/{cpu}.cmake", *more, cwd=folder)
    run("cmake", "--build", "build", cwd=folder)


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    there = tmp_path_factory.mktemp("install")
    run("cmake", "--install", ROOT / "build/host", "--prefix", there, cwd=there)
    return there


def make(board, prefix, folder, cpu):
    """The board's folder, with keys and what the build made; and the tool as it is installed."""
    shutil.copytree(BOARDS / board, folder, dirs_exist_ok=True)
    (folder / "keys").mkdir()
    tool = prefix / "bin/bulkhead"
    for line in re.findall(r"^    bulkhead (key .*)$", PAGE, re.M):
        run(tool, *line.split(), cwd=folder)
    build(folder, prefix, cpu)
    return folder, tool


@pytest.fixture(scope="module")
def built(prefix, tmp_path_factory):
    return make("stm32g071", prefix, tmp_path_factory.mktemp("board"), "cortex-m0plus")


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


# ---- on QEMU ----

@pytest.fixture(scope="module")
def mps2(prefix, tmp_path_factory):
    if not shutil.which("qemu-system-arm"):
        pytest.skip("no qemu-system-arm here")
    return make("mps2", prefix, tmp_path_factory.mktemp("mps2"), "cortex-m3")


def lives(folder, flash, until):
    """Start the machine with this flash, wait until the console has said this, and keep its flash."""
    said = folder / "console.txt"
    said.unlink(missing_ok=True)
    machine = subprocess.Popen(
        ["qemu-system-arm", "-M", "mps2-an385", "-display", "none", "-serial", f"file:{said}", "-monitor", "stdio",
         "-device", f"loader,file={flash},addr=0x0,force-raw=on"], cwd=folder, text=True, stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while until not in (text := said.read_text(errors="replace") if said.exists() else ""):
            assert time.monotonic() < end and machine.poll() is None, text
            time.sleep(0.02)
        machine.communicate(f"stop\npmemsave 0 0x100000 {flash}\nquit\n", timeout=60)
    finally:
        machine.kill()
        machine.wait()
    return text


def test_the_flash_driver_of_the_page_passes_its_check(mps2):
    folder, _ = mps2
    (folder / "check.bin").write_bytes((folder / "build/check.bin").read_bytes().ljust(1 << 20, b"\xff"))
    assert "tests, all passed" in lives(folder, "check.bin", "passed\n")


def test_it_is_updated_on_an_emulated_machine(mps2, prefix):
    folder, tool = mps2
    flash = ["--flash", "chip.bin"]
    run(tool, "boot", "install", "board.layout.yml", *flash, "build/app.signed.bin", cwd=folder)
    chip = bytearray((folder / "chip.bin").read_bytes())
    boot = (folder / "build/boot.bin").read_bytes()
    chip[:len(boot)] = boot
    (folder / "chip.bin").write_bytes(chip)
    assert "B 01 00 01 00" in lives(folder, "chip.bin", "confirmed\n")
    build(folder, prefix, "cortex-m3", "-Dversion=1.1.0")
    run(tool, "boot", "stage", "board.layout.yml", *flash, "build/app.signed.bin", cwd=folder)
    run(tool, "boot", "request", "board.layout.yml", "test", *flash, cwd=folder)
    assert "B 01 00 04 00" in lives(folder, "chip.bin", "confirmed\n")
    status = run(tool, "boot", "status", "board.layout.yml", *flash, cwd=folder)
    assert "idle, last update: confirmed" in status and "primary   version 1.1.0" in status
    assert "B 01 00 01 01" in lives(folder, "chip.bin", "confirmed\n")


def test_the_page_has_the_text_of_the_driver():
    """What a reader copies is what was built: all of its code but the bodies."""
    blocks = re.findall(r"```c\n(.*?)```", PAGE, re.S)
    assert len(blocks) == 3
    sources = [(BOARDS / "mps2" / name).read_text() for name in ("my-board/flash.c", "my-board/port.c", "main.c")]
    for block, source in zip(blocks, sources):
        block, source = (re.sub(r" */\*.*?\*/", "", text, flags=re.S) for text in (block, source))
        for piece in re.split(r"\n\n|;\n(?! )", block):
            if piece.strip():
                assert " ".join(piece.split()).rstrip(";") in " ".join(source.split()), piece
