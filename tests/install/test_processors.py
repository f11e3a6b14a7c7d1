# SPDX-License-Identifier: Apache-2.0
"""Every processor of docs/porting.md: the core, its start-up code and a board of an own chip compile for
it without a warning, and link."""
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CPUS = re.search(r"set\(BULKHEAD_CPUS (.*)\)", (ROOT / "cmake/firmware.cmake").read_text())[1].split()

LAYOUT = """\
layout: 1
product: some
devices:
  internal: {size: 256K, pages: 2K, unit: 8, mapped: 0x08000000, ram: {address: 0x20000000, size: 64K}}
partitions:
  bootloader: {size: 32K}
  journal_a:  {size: auto}
  journal_b:  {size: auto}
  primary:    {size: 64K}
  secondary:  {size: 66K}
boot:
  slots:
    app: {primary: primary, secondary: secondary, spare: first of secondary, format: mcuboot}
  journal: [journal_a, journal_b]
  keys: [%s]
"""

PORT = """\
#include "port.h"
#include "product.h"
static int none(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    (void)f, (void)off, (void)buf, (void)len;
    return BH_ERR_IO;
}
static int program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    (void)f, (void)off, (void)buf, (void)len;
    return BH_ERR_IO;
}
static int erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    (void)f, (void)off, (void)len;
    return BH_ERR_IO;
}
static const struct bh_flash_ops ops = { .read = none, .program = program, .erase = erase };
const struct bh_flash PRODUCT_INTERNAL = { .ops = &ops, PRODUCT_INTERNAL_GEOMETRY };
const struct bh_product *const port_product = &PRODUCT;
void port_init(void) {}
void port_put(char c) { (void)c; }
int port_get(void) { return -1; }
"""
RESET = "void port_reset(void) { for (;;) ; }\n"  # Cortex-M has one

CMAKE = """\
cmake_minimum_required(VERSION 3.25)
project(some LANGUAGES C ASM)
find_package(bulkhead REQUIRED COMPONENTS firmware)
bulkhead_bootloader(boot LAYOUT some.layout.yml PORT_DIR board)
bulkhead_application(app LAYOUT some.layout.yml SLOT app PORT_DIR board SOURCES main.c)
foreach(target bulkhead bulkhead_drivers boot app)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wconversion -Wundef -Werror)
endforeach()
"""


def run(*command, cwd):
    done = subprocess.run([str(word) for word in command], cwd=cwd, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=600)
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    there = tmp_path_factory.mktemp("install")
    run("cmake", "--install", ROOT / "build/host", "--prefix", there, cwd=there)
    return there


def test_each_has_a_toolchain_file_and_is_documented():
    page = (ROOT / "docs/porting.md").read_text()
    assert len(CPUS) == 8
    for cpu in CPUS:
        assert f"BULKHEAD_CPU {cpu})" in (ROOT / f"cmake/{cpu}.cmake").read_text()
        assert f"`{cpu}.cmake`" in page


@pytest.mark.parametrize("cpu", CPUS)
def test_it_compiles_without_a_warning_and_links(cpu, prefix, tmp_path):
    shared = "cortex-m.cmake" if cpu.startswith("cortex") else "riscv.cmake"
    compiler = re.search(r"CMAKE_C_COMPILER (\S+)\)", (ROOT / "cmake" / shared).read_text())[1]
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler} here")
    (tmp_path / "some.layout.yml").write_text(LAYOUT % (ROOT / "products/keys/development-p256.pub.pem"))
    (tmp_path / "board").mkdir()
    (tmp_path / "board/port.c").write_text(PORT + (RESET if cpu.startswith("rv") else ""))
    (tmp_path / "main.c").write_text('#include "port.h"\nvoid port_main(void) { port_init(); for (;;) ; }\n')
    (tmp_path / "CMakeLists.txt").write_text(CMAKE)
    run("cmake", "-G", "Ninja", "-B", "build", "-DCMAKE_BUILD_TYPE=MinSizeRel", f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_TOOLCHAIN_FILE={prefix}/share/bulkhead/firmware/cmake/{cpu}.cmake", cwd=tmp_path)
    assert "warning" not in run("cmake", "--build", "build", cwd=tmp_path).lower()
    image = (tmp_path / "build/boot.bin").read_bytes()
    assert 4096 < len(image) <= 32 * 1024
    if cpu.startswith("cortex"): # the stack's top, and reset
        assert image[:4] == (0x20010000).to_bytes(4, "little") and image[4] & 1
