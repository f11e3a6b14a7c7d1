# SPDX-License-Identifier: Apache-2.0
"""docs/other-builds.md: its fragments are those of the tool's layouts, and each is tried: with Make as it
is, of Cargo, PlatformIO and Zephyr what is underneath (ld, an SCons environment, dtc)."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/other-builds.md").read_text()
FILES = {name: text for _, name, text in re.findall(r"```(\w+) (\S+)\n(.*?)```", PAGE, re.S)}

APP = r"""
#define REGISTER(a) (*(volatile unsigned *)(a))
extern void reset(void);
__attribute__((section(".vectors"), used)) static void *const vectors[] = { (void *)0x20008000, (void *)reset };
static volatile unsigned started = 7;
void reset(void)
{
    for (const char *p = "made by hand\n"; *p; p++)
        REGISTER(0x40004404) = (unsigned)*p;
    for (;;)
        started = REGISTER(0x40004400);
}
"""


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    there = tmp_path_factory.mktemp("install")
    subprocess.run(["cmake", "--install", ROOT / "build/host", "--prefix", there], check=True,
                   stdout=subprocess.DEVNULL)
    return there


@pytest.fixture
def folder(prefix, tmp_path):
    """A folder with the keys and the layout of a lamp."""
    run("bulkhead new lamp --chip stm32f407xe", tmp_path, prefix)
    return tmp_path / "lamp"


def run(command, folder, prefix):
    done = subprocess.run(command, shell=True, cwd=folder, text=True, stdin=subprocess.DEVNULL, timeout=300,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          env={**os.environ, "PATH": f"{prefix}/bin:{os.environ['PATH']}"})
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def put(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(FILES[name])


def starts(folder, prefix, layout="lamp"):
    run(f"bulkhead boot install {layout}.layout.yml --flash chip.bin app.signed.bin", folder, prefix)
    return run(f"bulkhead boot run {layout}.layout.yml --flash chip.bin", folder, prefix)


def test_make(folder, prefix):
    put(folder, "Makefile", "sections.ld")
    (folder / "app.c").write_text(APP)
    run("make", folder, prefix)
    assert "starts    version 1.2.3 at 0x08020200" in starts(folder, prefix)
    # and on the board, under the bootloader that the folder's own CMake builds
    run("cmake --preset release && cmake --build --preset release", folder, prefix)
    said = run("bulkhead board run lamp.layout.yml --flash chip.bin --bootloader build/boot.bin", folder, prefix)
    assert "made by hand" in said


def test_the_line_in_the_linker_script_signs(folder, prefix):
    (folder / "APP.bin").write_bytes(bytes(range(1, 251)) * 20)
    run("bulkhead layout build lamp.layout.yml -o layout", folder, prefix)
    head = (folder / "layout/app.ld").read_text().split("*/")[0]
    line = re.sub(r"\\\n \* +", "", head[head.index("bulkhead image sign"):])
    run(line.replace("PRIVATE.pem", "keys/release.pem"), folder, prefix)
    shutil.copy(folder / "APP.signed.bin", folder / "app.signed.bin")
    assert "starts    version 1.2.3" in starts(folder, prefix)


def test_cargo(folder, prefix):
    """memory.x as cortex-m-rt takes it: FLASH and RAM, and a vector table at FLASH's start."""
    run(FILES["memory.x"], folder, prefix)
    (folder / "link.x").write_text('INCLUDE memory.x\nENTRY(reset)\nSECTIONS { .vector_table ORIGIN(FLASH) : '
                                   '{ KEEP(*(.vectors)) } > FLASH .text : { *(.text*) } > FLASH '
                                   '.data : { *(.data*) } > RAM AT > FLASH }')
    (folder / "app.c").write_text(APP)
    run("arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -Os -ffreestanding -nostdlib -Tlink.x app.c -o app", folder, prefix)
    sign = FILES["sign"].splitlines()
    assert sign[0] == "cargo build --release"
    run(sign[1].replace("target/thumbv7em-none-eabi/release/app", "app"), folder, prefix)
    run(sign[2], folder, prefix)
    assert "starts    version 1.2.3 at 0x08020200" in starts(folder, prefix)
    assert 'target = "thumbv7em-none-eabi"' in FILES[".cargo/config.toml"]


def test_platformio(folder, prefix, monkeypatch):
    """sign.py, called as SCons calls it after the .bin was made: the signed image is in its place. An
    upload takes that file, whatever the upload tool's command line looks like."""
    actions = {}

    class Environment:
        AddPostAction = staticmethod(actions.__setitem__)
    env = Environment()
    exec(FILES["sign.py"], {"Import": lambda name: None, "env": env})  # pylint: disable=exec-used
    sign = actions.pop("$BUILD_DIR/${PROGNAME}.bin")
    assert not actions
    plain = bytes(range(1, 251)) * 20
    (folder / "firmware.bin").write_bytes(plain)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", f"{prefix}/bin:{os.environ['PATH']}")
    (folder / "keys/release.pem").rename(folder / "key")
    assert sign(["firmware.bin"], ["firmware.elf"], env) != 0
    assert (folder / "firmware.bin").read_bytes() == plain
    (folder / "key").rename(folder / "keys/release.pem")
    assert sign(["firmware.bin"], ["firmware.elf"], env) == 0
    (folder / "firmware.bin").rename(folder / "app.signed.bin")
    assert "starts    version 1.2.3" in starts(folder, prefix)
    run("bulkhead layout build lamp.layout.yml -o layout", folder, prefix)
    origin = re.search(r"LAYOUT_PRIMARY_ADDRESS (\w+)", (folder / "layout/layout.h").read_text())[1]
    assert int(re.search(r"offset_address = (\w+)", FILES["platformio.ini"])[1], 16) == int(origin.rstrip("uU"), 16)


STOCK = """/dts-v1/;
/ { #address-cells = <1>; #size-cells = <1>;
    flash0: flash@0 { reg = <0 0x100000>; partitions { compatible = "fixed-partitions";
        #address-cells = <1>; #size-cells = <1>;
        boot_partition: partition@0 { label = "mcuboot"; reg = <0x00000000 0x0000c000>; };
        slot0_partition: partition@c000 { label = "image-0"; reg = <0x0000c000 0x00076000>; };
        slot1_partition: partition@82000 { label = "image-1"; reg = <0x00082000 0x00076000>; };
        storage_partition: partition@f8000 { label = "storage"; reg = <0x000f8000 0x00008000>; }; }; }; };
"""


def test_zephyr(folder, prefix):
    """The overlay on the stock board's partitions is the layout's; a zephyr.bin is signed and started."""
    put(folder, "dk.layout.yml")
    overlay = FILES["boards/nrf52840dk_nrf52840.overlay"]
    partitions = {p["name"]: (p["offset"], p["size"])
                  for p in json.loads(run("bulkhead layout show --json dk.layout.yml", folder, prefix))["partitions"]}
    regions = {"partition@0": "bootloader", "partition@a000": "journal_a", "partition@b000": "journal_b",
               "partition@c000": "primary", "partition@82000": "secondary", "partition@f8000": "storage"}
    (folder / "board.dts").write_text(STOCK + overlay)
    tree = run("dtc -q -I dts -O dts board.dts", folder, prefix)
    for node, name in regions.items():
        off, size = re.search(rf"{node} {{[^}}]*?reg = <(\w+) (\w+)>", tree).groups()
        assert (int(off, 0), int(size, 0)) == partitions[name], name
    (folder / "build/zephyr").mkdir(parents=True)
    (folder / "build/zephyr/zephyr.bin").write_bytes(bytes(0x200) + bytes(range(1, 251)) * 40)
    assert "CONFIG_ROM_START_OFFSET=0x200" in FILES["prj.conf"]
    run(FILES["zephyr-sign"], folder, prefix)
    assert "starts    version 1.2.3 at 0x0000c200" in starts(folder, prefix, "dk")
    # by imgtool's name, as Zephyr's build calls it
    run("imgtool sign --version 1.2.4 --align 4 --header-size 0x200 --slot-size 0x76000 --key keys/release.pem "
        "build/zephyr/zephyr.bin two.bin", folder, prefix)
    run("bulkhead boot stage dk.layout.yml --flash chip.bin two.bin", folder, prefix)
    run("bulkhead boot request dk.layout.yml test --flash chip.bin", folder, prefix)
    assert "starts    version 1.2.4" in run("bulkhead boot run dk.layout.yml --flash chip.bin", folder, prefix)


def test_esp_idf(folder, prefix):
    shutil.copy(ROOT / "tests/layout/data/gateway.layout.yml", folder)
    run(FILES["esp"], folder, prefix)
    assert "layout/partitions.csv" in FILES["sdkconfig.defaults"]
    assert (folder / "partitions.bin").read_bytes() == (folder / "layout/partitions.bin").read_bytes()


def test_every_fragment_is_tried():
    assert set(FILES) == {"Makefile", "sections.ld", "memory.x", ".cargo/config.toml", "sign", "platformio.ini",
                          "sign.py", "dk.layout.yml", "boards/nrf52840dk_nrf52840.overlay", "prj.conf", "zephyr-sign",
                          "sysbuild.conf", "sdkconfig.defaults", "esp"}
