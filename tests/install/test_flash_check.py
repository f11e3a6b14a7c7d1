# SPDX-License-Identifier: Apache-2.0
"""bulkhead_flash_check(): on every emulated board the port's driver passes, and on a copy of one with
one mistake in it, the test that is made for that mistake fails. From installed files alone."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PORTS = sorted(p.parent.name for p in ROOT.glob("ports/*/port.c"))
CPU = {"nrf51": "cortex-m0", "virt": "rv32imac", "sifive_u": "rv32imac"}

PROJECT = """cmake_minimum_required(VERSION 3.25)
project(check LANGUAGES C ASM)
find_package(bulkhead REQUIRED COMPONENTS firmware)
"""


def run(*command, code=0, **more):
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=300, **more)
    assert done.returncode == code, f"{command}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    there = tmp_path_factory.mktemp("install")
    run("cmake", "--install", ROOT / "build/host", "--prefix", there)
    return there


def build(prefix, folder, cpu, targets):
    (folder / "CMakeLists.txt").write_text(PROJECT + "".join(targets))
    run("cmake", "-G", "Ninja", "-B", "build", "-DCMAKE_BUILD_TYPE=MinSizeRel", f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_TOOLCHAIN_FILE={prefix}/share/bulkhead/firmware/cmake/{cpu}.cmake", cwd=folder)
    run("cmake", "--build", "build", cwd=folder)


def sample(folder, name):
    """The sample's layout, with its key where the copy looks for it."""
    text = (ROOT / f"products/{name.removesuffix('_spim')}.layout.yml").read_text()
    text = text.replace("[keys/", f"[{ROOT}/products/keys/")
    (folder / "sample.layout.yml").write_text(text)
    return 2 if "\n  external:" in text else 1


@pytest.mark.parametrize("port", PORTS)
def test_the_drivers_of_the_ports(prefix, tmp_path, port):
    chips = sample(tmp_path, port)
    build(prefix, tmp_path, CPU.get(port, "cortex-m4"),
          [f"bulkhead_flash_check(check LAYOUT sample.layout.yml PORT {port})\n"])
    flash = [word for i in range(chips) for word in ("--flash", f"chip{i}.bin")]
    said = run(prefix / "bin/bulkhead", "board", "run", "sample.layout.yml", *flash, "--bootloader",
               "build/check.bin", "--check", cwd=tmp_path)
    assert f"flash check: {12 * chips} tests, all passed" in said and "FAILED" not in said


PROGRAM = "        REGISTER(f->base + off + i) = bh_load32(p + i);\n"
UNLOCK = "    flash->cr = CR_SER"
# name: what is replaced, by what, the test that fails, what it says
MISTAKES = {
    "the next page": ("return 4 + off / 0x20000", "return 5 + off / 0x20000",
                      "erase", "not erased after erase"),
    "nothing is erased": ("    flash->cr |= CR_STRT;\n", "", "erase", "not erased after erase"),
    "the neighbour too": (UNLOCK, "    flash->cr = CR_SER | CR_PSIZE_32 | CR_SNB(sector_at(off) % 7 + 1);\n"
                          "    flash->cr |= CR_STRT;\n    (void)finish();\n" + UNLOCK,
                          "erase beside full pages", "changed, and was not to be"),
    "somebody else's page": (UNLOCK, "    flash->cr = CR_SER | CR_PSIZE_32 | CR_SNB(4);\n    flash->cr |= CR_STRT;\n"
                             "    (void)finish();\n" + UNLOCK, "everything else as before", "have changed"),
    "the last unit": ("i < len;", "i < (len > WORD ? len - WORD : len);",
                      "program whole pages", "not what was programmed"),
    "every second unit": (PROGRAM, "        if (i % 8 == 0)\n    " + PROGRAM,
                          "program whole pages", "not what was programmed"),
    "success for nothing": (PROGRAM, "", "program unit by unit", "not what was programmed"),
    "a wrap at the border": (PROGRAM, "        REGISTER(f->base + (off & ~0x3FFFu) + (off + i & 0x3FFFu)) = "
                             "bh_load32(p + i);\n", "program across a page's border", "FAILED"),
    "memory by the word": ("    const uint8_t *p = buf;",
                           "    const uint8_t *p = (const uint8_t *)((uintptr_t)buf & ~(uintptr_t)3);",
                           "program from any address", "not what was programmed"),
    "a byte after": ("flash_map(f, off), len)", "flash_map(f, off) + (off + len < f->size), len)",
                      "program unit by unit", "not what was programmed"),
    "too much is read": ("flash_map(f, off), len)", "flash_map(f, off), (len + 3) & ~3u)",
                         "read any place and length", "more bytes than were asked for"),
    "bits upside down": ("    return BH_OK;\n}\n\nstatic int flash_program",
                         "    for (uint32_t i = 0; i < len; i++)\n        ((uint8_t *)buf)[i] ^= 0xFF;\n"
                         "    return BH_OK;\n}\n\nstatic int flash_program",
                         "erase", "reads 0x00 and not 0xff"),
    "blank() lies": ("static const struct bh_flash_ops ops = { .read",
                     "static int yes(const struct bh_flash *f, uint32_t off, uint32_t len)\n"
                     "{ (void)f, (void)off, (void)len; return BH_OK; }\n"
                     "static const struct bh_flash_ops ops = { .blank = yes, .read",
                     "blank pages", "does not see a programmed unit"),
    "an error that stays": ("    flash->sr = SR_ERRORS;\n", "", "program a unit twice", "program answers"),
    "interrupts off": ("    flash->cr = CR_PG", '    __asm__ volatile("cpsid i");\n    flash->cr = CR_PG',
                       "interrupts as before", "left interrupts otherwise"),
    "a wait without end": ("while (flash->sr & SR_BSY) {", "while (polls) {", "erase", "waits without end"),
    "a fault": ("flash_map(f, off), len)", "flash_map(f, off) + 0x50000000, len)", "read everything else", "faults"),
}


def test_each_mistake_is_named(prefix, tmp_path):
    sample(tmp_path, "stm32f407")
    (tmp_path / "theirs.bin").write_bytes(b"\x00" * 64)
    port = prefix / "share/bulkhead/firmware/ports/stm32f407"
    targets = []
    for i, (old, new, _, _) in enumerate(MISTAKES.values()):
        folder = tmp_path / f"port{i}"
        folder.mkdir()
        source = (port / "flash.c").read_text()
        assert source.count(old) == 1, old
        (folder / "flash.c").write_text(source.replace(old, new))
        (folder / "port.c").write_text((port / "port.c").read_text())
        targets.append(f"bulkhead_flash_check(check{i} LAYOUT sample.layout.yml PORT_DIR port{i})\n")
    build(prefix, tmp_path, "cortex-m4", targets)
    for i, (name, (_, _, test, says)) in enumerate(MISTAKES.items()):
        said = run(prefix / "bin/bulkhead", "board", "run", "sample.layout.yml", "--flash", f"chip{i}.bin",
                   "--bootloader", f"build/check{i}.bin", "--put", "theirs.bin@0x10000", "--check",
                   "--instructions", "250000000", cwd=tmp_path, code=4)
        if says in ("faults", "waits without end"):
            assert f"in '  {test}: ' the driver {says}" in said, f"{name}\n{said}"
            continue
        line = re.search(f"^  {test}: (.*)$", said, re.M)
        assert line and line[1].startswith("FAILED") and says in line[1], f"{name}\n{said}"
        assert "the flash check did not pass" in said
