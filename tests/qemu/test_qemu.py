# SPDX-License-Identifier: Apache-2.0
"""The same binaries on stock QEMU: an independent judge of the ports and of our own board emulator.

microbit has QEMU's model of the nRF51's flash controller, virt its parallel NOR flash;
netduinoplus2 has the STM32F405's processor but no flash controller, so there a boot that writes
nothing is judged: verify, set VTOR, start. sifive_u has a serial NOR chip of 32 MB, an IS25WP256,
from which images are loaded to RAM.

Traps. QEMU keeps translated code of an application that the bootloader replaces in flash, and
microbit loads its file into flash again at every reset. So every boot is a new QEMU, and the flash is
carried from one to the next: a reset and a power cut in one. The serial NOR chip is written to its
file behind its back: all of it is there only if QEMU was asked to end."""
import contextlib
import json
import os
import pathlib
import re
import select
import shutil
import socket
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host")
FIRMWARE = ROOT / "build" / "firmware"
TOOL = BUILD / "cli" / "bulkhead"
KEY = ROOT / "ports" / "keys" / "development-p256.pem"
PATIENCE = 120  # seconds for one answer, on a loaded machine

TRIAL, REVERTED, CONFIRMED = "B 01 00 04 00", "B 01 00 01 02", "B 01 00 01 01"


class Emulator:
    """One boot in QEMU, and its console."""

    def __init__(self, command):
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)

    def wait(self):
        """What the program says until it waits for input."""
        said, end = "", time.monotonic() + PATIENCE
        while not said.endswith("> "):
            assert time.monotonic() < end, f"no prompt within {PATIENCE} s, only:\n{said}"
            ready, _, _ = select.select([self.process.stdout], [], [], 1)
            piece = self.process.stdout.read() if ready else None
            assert piece != b"", f"QEMU ended, having said:\n{said}"
            said += (piece or b"").decode("latin-1")
        return said

    def type(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self.wait()

    def close(self):
        self.process.kill()
        self.process.wait()


class Board:
    """A board whose flash is carried from one QEMU to the next."""

    name = machine = None
    size = 0
    sign = ()  # what images for it need besides

    def __init__(self, folder):
        self.folder = folder
        self.flash = folder / "flash.bin"
        self.flash.write_bytes(b"\xff" * self.size)

    def put(self, off, path):
        data = bytearray(self.flash.read_bytes())
        new = pathlib.Path(path).read_bytes()
        data[off:off + len(new)] = new
        self.flash.write_bytes(data)

    def image(self, version):
        out = self.folder / f"{version}.bin"
        subprocess.run([TOOL, "image", "sign", "--quiet", "--key", KEY, "--version", version,
                        "--header-size", "0x200", "--pad-header", *self.sign,
                        FIRMWARE / self.name / f"app-{version}.bin", out], check=True, timeout=60)
        return out

    @contextlib.contextmanager
    def boot(self):
        """Power on. Gives the console and what was said; the flash is kept when it is over."""
        emulator = Emulator(self.command())
        try:
            yield emulator, emulator.wait()
            self.keep(emulator)
        finally:
            emulator.close()

    def keep(self, emulator):
        pass


class Virt(Board):
    name = "virt"
    size = 32 << 20  # one bank

    def command(self):
        return ["qemu-system-riscv32", "-M", "virt", "-bios", "none", "-display", "none",
                "-serial", "stdio", "-monitor", "none",
                "-drive", f"if=pflash,unit=0,format=raw,file={self.flash}"]

    def install(self):
        self.put(0, FIRMWARE / "virt" / "boot.bin")
        self.put(0xC0000, self.image("1.0.0"))
        self.put(0x180000, self.image("2.0.0"))


class Microbit(Board):
    name = "nrf51"
    size = 256 << 10

    def command(self):
        return ["qemu-system-arm", "-M", "microbit", "-display", "none", "-serial", "stdio",
                "-monitor", "none", "-qmp", f"unix:{self.folder}/qmp,server=on,wait=off",
                "-device", f"loader,file={self.flash},addr=0,force-raw=on"]

    def keep(self, emulator):
        """The flash is in QEMU's memory only: have it written to the file."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(PATIENCE)
            link.connect(f"{self.folder}/qmp")
            answers = link.makefile()
            answers.readline()  # the greeting
            for command in ({"execute": "qmp_capabilities"},
                            {"execute": "memsave", "arguments": {
                                "val": 0, "size": self.size, "filename": str(self.flash)}}):
                link.sendall(json.dumps(command).encode() + b"\n")
                answer = json.loads(answers.readline())
                assert "return" in answer, answer

    def install(self):
        self.put(0, FIRMWARE / "nrf51" / "boot.bin")
        self.put(0x8000, self.image("1.0.0"))
        self.put(0x23800, self.image("2.0.0"))


class SifiveU(Board):
    """MSEL 6: the mask ROM starts what is in the L2 LIM. QEMU puts it there itself."""
    name = "sifive_u"
    size = 32 << 20
    sign = ("--load-addr", "0x08000000")

    def command(self):
        return ["qemu-system-riscv32", "-M", "sifive_u,msel=6", "-display", "none",
                "-serial", "stdio", "-monitor", "none", "-bios", FIRMWARE / "sifive_u" / "boot.bin",
                "-drive", f"if=mtd,format=raw,file={self.flash}"]

    def keep(self, emulator):
        emulator.process.terminate()
        assert emulator.process.wait(PATIENCE) == 0

    def install(self):
        self.put(0x40000, self.image("1.0.0"))
        self.put(0xC1000, self.image("2.0.0"))


class SifiveUEsp(SifiveU):
    """The same with ESP-IDF's partition table and esptool's images: otadata chooses."""
    name = "sifive_u_esp"
    boot_name = "boot"
    more = ()

    def image(self, version):
        plain, out = self.folder / f"{version}.plain", self.folder / f"{version}.bin"
        run = [sys.executable, "-m"]
        subprocess.run([*run, "esptool", "--chip", "esp32c3", "elf2image", "--elf-sha256-offset", "0xb0",
                        "-o", plain, FIRMWARE / self.name / f"app-{version}.elf"], check=True,
                       stdout=subprocess.DEVNULL, timeout=60)
        subprocess.run([*run, "espsecure", "sign-data", "--version", "2", "--keyfile", KEY, "--output",
                        out, plain], check=True, stdout=subprocess.DEVNULL, timeout=60)
        return out

    def install(self):
        out = self.folder / "out"
        subprocess.run([TOOL, "layout", "build", ROOT / f"products/{self.name}.layout.yml", "-o", out,
                        "--quiet"], check=True, timeout=60)
        self.put(0x8000, out / "partitions.bin")
        self.put(0x10000, self.image("1.0.0"))

    def command(self):
        boot = FIRMWARE / self.name / f"{self.boot_name}.bin"
        return [boot if c == FIRMWARE / "sifive_u" / "boot.bin" else c for c in super().command()] + [
            *self.more]


def need(program):
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    assert FIRMWARE.is_dir(), "build/firmware is missing: make firmware"


@pytest.mark.parametrize("kind, program", [(Virt, "qemu-system-riscv32"),
                                           (SifiveU, "qemu-system-riscv32"),
                                           (Microbit, "qemu-system-arm")])
def test_life(kind, program, tmp_path):
    need(program)
    board = kind(tmp_path)
    board.install()
    with board.boot() as (console, said):
        assert "app 1.0.0" in said
        assert "ok" in console.type("t")
    with board.boot() as (console, said):
        assert TRIAL in said and "app 2.0.0" in said
        assert "state 00000004" in console.type("s")
    with board.boot() as (console, said):
        assert REVERTED in said and "app 1.0.0" in said
        assert "ok" in console.type("t")
    with board.boot() as (console, said):
        assert TRIAL in said and "app 2.0.0" in said
        assert "ok" in console.type("c")
    with board.boot() as (console, said):
        assert CONFIRMED in said and "app 2.0.0" in said


@pytest.mark.parametrize("set_boot, confirm", ["tc", "TC"], ids=["library", "esp-idf"])
def test_life_where_otadata_chooses(tmp_path, set_boot, confirm):
    """QEMU's processor runs what esptool made, from QEMU's DRAM, out of QEMU's IS25WP256."""
    need("qemu-system-riscv32")
    board = SifiveUEsp(tmp_path)
    board.install()
    board.put(0x200000, board.image("2.0.0"))
    size = (tmp_path / "2.0.0.bin").stat().st_size
    with board.boot() as (console, said):
        assert said.startswith("S 01 00 ff 00\napp 1.0.0 on sifive_u_esp")
        assert "ok" in console.type(f"f 200000 {size:x}")
        assert "ok" in console.type(set_boot)
    with board.boot() as (console, said):  # on trial
        assert "S 01 00 00 00\napp 2.0.0" in said
        assert "runs 00000000 seq 00000001 state 00000001" in console.type("s")
    with board.boot() as (console, said):  # not confirmed
        assert "S 01" in said and "app 1.0.0" in said
        assert "ok" in console.type(set_boot)
        said = console.type("r")
        assert "app 2.0.0" in said
        assert "ok" in console.type(confirm)
    with board.boot() as (console, said):
        assert "S 01 00 00 00\napp 2.0.0" in said
        assert "state 00000002" in console.type("s")
    data = bytearray(board.flash.read_bytes())
    data[0x51000] ^= 0x10  # a bit of its code
    board.flash.write_bytes(data)
    with board.boot() as (console, said):
        assert "S 01 3c ff 07\napp 1.0.0" in said


def test_anti_rollback_in_qemus_one_time_programmable_memory(tmp_path):
    """A confirmed start raises the floor, once, in QEMU's model of the FU540's OTP; then an application
    of a lower secure version does not start."""
    need("qemu-system-riscv32")
    otp = tmp_path / "otp.bin"
    otp.write_bytes(b"\xff" * 0x4000)
    word = slice(0x40, 0x44)
    board = SifiveUEsp(tmp_path)
    board.boot_name, board.more = "boot-floor", ("-drive", f"if=pflash,format=raw,file={otp}")
    board.install()
    board.put(0x50000, board.image("2.0.0"))
    with board.boot() as (console, said):
        assert "app 1.0.0" in said and "ok" in console.type("t")
    with board.boot() as (console, said):
        assert "app 2.0.0" in said and "ok" in console.type("c")
    assert otp.read_bytes()[word] == b"\xff\xff\xff\xff"
    for _ in range(2):
        with board.boot() as (console, said):
            assert "S 01 00 00 00\napp 2.0.0" in said
        assert otp.read_bytes()[word] == b"\xfe\xff\xff\xff"
    board.put(0x90000, tmp_path / "1.0.0.bin")
    with board.boot() as (console, said):
        assert "ok" in console.type("t")
    with board.boot() as (console, said):
        assert "S 01 3c 00 15\napp 2.0.0" in said


def test_chain_load_on_stm32f405(tmp_path):
    need("qemu-system-arm")
    board = Microbit(tmp_path)  # for its files only
    board.name = "stm32f407"
    flash = tmp_path / "stm32.bin"
    command = [TOOL, "board", "run", "stm32f407", "--flash", flash, "--quiet"]
    install = ["--bootloader", FIRMWARE / "stm32f407" / "boot.bin", "--primary",
               board.image("1.0.0")]
    ours = subprocess.run(command + install, stdin=subprocess.DEVNULL, capture_output=True,
                          check=True, timeout=PATIENCE).stdout.decode()
    again = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True,
                           timeout=PATIENCE).stdout.decode()
    assert "app 1.0.0" in ours and ours == again
    emulator = Emulator(["qemu-system-arm", "-M", "netduinoplus2", "-display", "none",
                         "-monitor", "none", "-serial", "null", "-serial", "stdio",
                         "-device", f"loader,file={flash},addr=0x08000000,force-raw=on"])
    try:
        assert emulator.wait() == ours
        assert "journal 00000001 state 00000001" in emulator.type("s")
    finally:
        emulator.close()


def test_resets_of_sifive_u(tmp_path):
    """Here nothing runs from flash, so one QEMU will do: the program resets the board by itself."""
    need("qemu-system-riscv32")
    board = SifiveU(tmp_path)
    board.put(0x40000, board.image("1.0.0"))
    board.put(0x200000, board.image("2.0.0"))
    size = (tmp_path / "2.0.0.bin").stat().st_size
    with board.boot() as (console, said):
        assert "app 1.0.0" in said
        assert "ok" in console.type(f"f 200000 {size:x}")
        assert "ok" in console.type("t")
        said = console.type("r")
        assert TRIAL in said and "app 2.0.0" in said
        said = console.type("x")
        assert REVERTED in said and "app 1.0.0" in said


def test_sifive_u_loads_no_image_over_its_bootloader():
    """The window is a number in C, the bootloader's RAM one in its linker script."""
    need("riscv64-unknown-elf-nm")
    layout = (ROOT / "products/sifive_u.layout.yml").read_text()
    number = {name: (int(address, 0), size) for name, address, size in
              re.findall(r"(ram|load): {address: (0x[0-9A-F]+), size: (\w+)}", layout)}
    ram_base, load_base = number["ram"][0], number["load"][0]
    assert number["ram"][1] == "1M" and load_base == ram_base
    window_end, ram_end = load_base + int(number["load"][1], 0), ram_base + (1 << 20)
    bootloaders = list((FIRMWARE / "sifive_u").glob("boot*.elf"))
    assert bootloaders
    for elf in bootloaders:
        listed = subprocess.run(["riscv64-unknown-elf-nm", elf], text=True, capture_output=True,
                                check=True, timeout=60).stdout
        symbol = {name: int(value, 16) for value, _, name in map(str.split, listed.splitlines())}
        assert symbol["ld_run_start"] >= window_end
        assert symbol["ld_stack_top"] <= ram_end


def test_spi_nor_on_sifive_u(tmp_path):
    need("qemu-system-riscv32")
    chip = tmp_path / "nor.bin"
    chip.write_bytes(b"bulkhead".ljust(32 << 20, b"\xff"))
    emulator = Emulator(["qemu-system-riscv32", "-M", "sifive_u,msel=6", "-display", "none",
                         "-serial", "stdio", "-monitor", "none",
                         "-bios", FIRMWARE / "sifive_u" / "check-nor.elf",
                         "-drive", f"if=mtd,format=raw,file={chip}"])
    try:
        said = emulator.wait()
    finally:
        emulator.close()
    assert "FAILED" not in said
    assert said.count("ok ") == 8, said



def relay(folder):
    """A microbit with the bootloader, and tests/qemu/relay.S as its application."""
    need("qemu-system-arm")
    need("arm-none-eabi-gcc")
    board = Microbit(folder)
    source = pathlib.Path(__file__).with_name("relay.S")
    elf, plain, image = (folder / f"relay.{end}" for end in ("elf", "bin", "img"))
    subprocess.run(["arm-none-eabi-gcc", "-nostdlib", "-Wl,-Ttext=0x82C0", "-Wl,-e,0x82C0",
                    "-Wl,--section-start=.vectors=0x8200", source, "-o", elf], check=True, timeout=60)
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", elf, plain], check=True, timeout=60)
    subprocess.run([TOOL, "image", "sign", "--quiet", "--key", KEY, "--version", "1.0.0",
                    "--header-size", "0x200", "--pad-header", plain, image], check=True, timeout=60)
    board.put(0, FIRMWARE / "nrf51" / "boot.bin")
    board.put(0x8000, image)
    return board


def test_a_cortex_m0_s_exceptions_reach_the_application(tmp_path):
    """Its vector table is the bootloader's, at address 0. Every exception but reset goes on, NMI and
    HardFault too, with the registers as they were."""
    interrupts = "".join(chr(ord("a") + n) for n in range(32))
    with relay(tmp_path).boot() as (_, said):
        assert said.splitlines()[-1] == f"SPTN{interrupts}H> "


def test_a_fault_of_a_cortex_m0_s_bootloader_reaches_nobody(tmp_path):
    """The application's handlers are not run before it was verified: the board resets."""
    board = relay(tmp_path)
    listed = subprocess.run(["arm-none-eabi-nm", FIRMWARE / "nrf51" / "boot.elf"], text=True,
                            capture_output=True, check=True, timeout=60).stdout
    where = int(re.search(r"^([0-9a-f]+) [tT] bh_flash_read$", listed, re.M)[1], 16) & ~1
    data = bytearray(board.flash.read_bytes())
    data[where:where + 2] = b"\x00\xde"  # an undefined instruction, where the console works already
    board.flash.write_bytes(data)
    emulator = Emulator(board.command())
    try:
        time.sleep(3)
        said = emulator.process.stdout.read()
        assert emulator.process.poll() is None and not said
    finally:
        emulator.close()
