# SPDX-License-Identifier: Apache-2.0
"""The MPU guard of each architecture, on QEMU's machines: with it nothing in RAM is executed until the
application is started, and no store reaches the bootloader's own pages. QEMU has no Cortex-M0+: that guard is
compiled, and its writes are those of ARMv7-M."""
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PORTS = ROOT / "ports"
MEMORY = """MEMORY { FLASH (rx) : ORIGIN = %s, LENGTH = %s  RAM (rwx) : ORIGIN = %s, LENGTH = 0x8000 }
INCLUDE %s
SECTIONS { .text : { *(.vectors) *(.text*) *(.rodata*) } > FLASH .bss : { *(.bss*) } > RAM }
"""
# processor, machine, where its program and its RAM are, guard
MACHINES = [("cortex-m3", "mps2-an385", "0", "0x20000000", "v7"), ("cortex-m4", "mps2-an386", "0", "0x20000000", "v7"),
            ("cortex-m7", "mps2-an500", "0", "0x20000000", "v7"),
            ("cortex-m33", "mps2-an505", "0x10000000", "0x38000000", "v8")]


pytestmark = pytest.mark.skipif(not shutil.which("qemu-system-arm") or not shutil.which("arm-none-eabi-gcc"),
                                reason="no QEMU or no compiler here")


def run(cpu, machine, flash, ram, guard, folder, store=0, flash_len="0x8000"):
    script = PORTS / "cortex-m" / ("mpu_v8.ld" if guard == "v8" else "mpu.ld")
    (folder / "try.ld").write_text(MEMORY % (flash, flash_len, ram, script))
    source = folder / f"guard_{guard}.c"
    if not source.exists():
        shutil.copy(PORTS / f"cortex-m/{source.name}", source)
    subprocess.run(["arm-none-eabi-gcc", f"-mcpu={cpu}", "-mthumb", "-Os", "-nostdlib", f"-DRAM_BASE={ram}u",
                    f"-DFLASH_BASE={flash}u", f"-DFLASH_LEN={flash_len}u", f"-DSTORE={store}",
                    f"-I{PORTS}", f"-I{PORTS}/cortex-m", f"-I{ROOT}/include",
                    ROOT / "tests/install/guard/main.c", source, "-T", "try.ld", "-o", "try.elf"],
                   cwd=folder, check=True)
    return subprocess.run(["qemu-system-arm", "-M", machine, "-nographic", "-semihosting", "-kernel", "try.elf"],
                          cwd=folder, capture_output=True, text=True, timeout=60, check=False,
                          stdin=subprocess.DEVNULL).stderr


@pytest.mark.parametrize("machine", MACHINES, ids=[m[0] for m in MACHINES])
def test_nothing_in_ram_runs_until_the_application_does(machine, tmp_path):
    assert run(*machine, tmp_path) == "runs, fault, started\n"


# a power of 2, some eighths of one, and (ARMv7-M) neither: then the pages stay writable
LENGTHS = {"0x8000": "fault, started", "0x7000": "fault, started", "0x5000": "fault, started",
           "0x4800": "goes on all the same"}


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("machine", MACHINES, ids=[m[0] for m in MACHINES])
def test_no_store_reaches_the_bootloader(machine, length, tmp_path):
    expected = "fault, started" if machine[4] == "v8" else LENGTHS[length]
    assert run(*machine, tmp_path, 1, length) == f"runs, {expected}\n"


@pytest.mark.parametrize("machine", MACHINES[2:], ids=[m[0] for m in MACHINES[2:]])
def test_a_guard_that_is_off_is_seen(machine, tmp_path):
    guard = machine[4]
    text = (PORTS / f"cortex-m/guard_{guard}.c").read_text()
    assert text.count("MPU_CTRL = CTRL_ENABLE | ") == 1
    (tmp_path / f"guard_{guard}.c").write_text(text.replace("MPU_CTRL = CTRL_ENABLE | ", "MPU_CTRL = "))
    assert run(*machine, tmp_path) == "runs, goes on all the same\n"
    assert run(*machine, tmp_path, 1) == "runs, goes on all the same\n"
