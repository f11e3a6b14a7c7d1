# SPDX-License-Identifier: Apache-2.0
"""Random command lines and hostile files, under the tool that clang built with ASan and UBSan: every
command and every drop-in ends with an exit code of its own, in time, with a word about what is wrong,
with JSON where that was asked for, and without a temporary file in the folder.

Most lines begin as one that works; then options, values and files are changed. A line that fails is
shown so that a shell repeats it in the folder of the test. BULKHEAD_SEED=N tries other lines,
BULKHEAD_LINES=N more of them (8 for each command)."""
import json
import os
import pathlib
import random
import re
import shlex
import shutil
import subprocess

import pytest

import exits

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build/sanitize/cli"
TOOL = BIN / "bulkhead"
SEED = int(os.environ.get("BULKHEAD_SEED", "1"))
LINES = int(os.environ.get("BULKHEAD_LINES", "8"))
CRASH = 99  # exit code of a sanitizer
ENV = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8",
       "ASAN_OPTIONS": f"detect_leaks=1:allocator_may_return_null=1:exitcode={CRASH}",
       "UBSAN_OPTIONS": f"halt_on_error=1:print_stacktrace=1:exitcode={CRASH}"}

if not TOOL.exists():
    pytest.skip("build/sanitize is not built: 'make sanitize' first", allow_module_level=True)

CSV = """nvs,data,nvs,0x9000,0x6000
otadata,data,ota,,0x2000
phy,data,phy,,0x1000
ota_0,app,ota_0,,1M
ota_1,app,ota_1,,1M
store,data,spiffs,,0x10000
"""
PM = """mcuboot: {size: 0xC000, placement: {before: [app]}}
settings: {size: 0x2000, placement: {after: [app], before: [end], align: {start: 0x1000}}}
pad: {size: 0x200, placement: {after: [mcuboot]}}
both: {span: [pad, app]}
"""
# A line that works, for commands that need more than a file.
GOOD = {
    "boot status": "stm32f407 --flash dev.bin", "boot run": "stm32f407 --flash dev.bin",
    "boot stage": "stm32f407 --flash dev.bin two.bin", "boot request": "stm32f407 test --flash dev.bin",
    "boot confirm": "stm32f407 --flash dev.bin", "boot map": "stm32f407 --flash dev.bin",
    "boot install": "stm32f407 --flash new.bin one.bin", "boot explain": "0x2d",
    "image sign": "-k key.pem -v 1.0.0 --pad-header app.bin out.bin", "image verify": "-k pub.pem one.bin",
    "image info": "one.bin", "image sign-espressif": "-k rsa.pem app.bin -o out.bin",
    "table show": "t.csv", "table check": "t.csv", "table convert": "t.csv -o out.bin", "table map": "t.csv",
    "table diff": "t.csv t.bin", "table set": "t.csv nvs.size=4K", "table unpack": "--flash esp.bin -o parts",
    "table pack": "t.csv ota_0=app.bin --flash-size 4M -o out.bin", "table write": "t.csv --flash esp.bin",
    "part read": "nvs --flash esp.bin -o out.bin", "part write": "nvs app.bin --flash esp.bin",
    "part erase": "nvs --flash esp.bin", "part list": "--flash esp.bin",
    "ota status": "--flash esp.bin", "ota switch": "1 --flash esp.bin", "ota confirm": "--flash esp.bin",
    "ota invalidate": "--flash esp.bin", "ota erase": "--flash esp.bin",
    "sim run": "tiny1 confirm", "sim explore": "tiny1", "sim replay": "tiny1 stage2 test boot",
    "layout check": "lamp.yml", "layout show": "lamp.yml", "layout map": "lamp.yml", "layout fmt": "lamp.yml",
    "layout build": "lamp.yml -o parts", "layout assemble": "lamp.yml -o parts",
    "layout convert": "lamp.yml --to json", "layout pin": "parts.yml -o out.bin",
    "layout diff": "lamp.yml parts.yml", "layout migrate": "parts.yml lamp.yml", "layout chips": "nrf52840", "layout schema": "",
    "device list": "-p socket:no", "device info": "-p socket:no", "device upload": "-p socket:no one.bin",
    "device test": "-p socket:no", "device confirm": "-p socket:no", "device erase": "-p socket:no",
    "device reset": "-p socket:no", "device log": "-p socket:no --seconds 1",
    "key new": "--type ed25519 k.pem", "key export": "key.pem", "key show": "key.pem",
    "board run": "stm32f407 --flash dev.bin", "new": "mine --chip stm32f407xe", "help": "image sign",
    "board prove": "lamp.yml --bootloader random.bin --app one.bin --app two.bin", "completion": "bash",
}
BOUNDS = {"sim explore": "--seconds 1", "board prove": "--seconds 1", "board run": "--instructions 100000"}
PROGRAMS = {
    "gen_esp32part": ("t.csv out.bin", "--flash-size 4MB --disable-md5sum --no-verify --verify -q --secure v1 "
                      "v2 --offset 0x8000 --extra-partition-subtypes app,x,0x33 "
                      "--primary-bootloader-offset --recovery-bootloader-offset -h"),
    "parttool": ("--port file:esp.bin get_partition_info -n nvs", "-q -f t.csv -o 0x8000 -p file:esp.bin "
                 "read_partition write_partition erase_partition get_partition_info -n nvs -t data -s nvs -b "
                 "--output out.bin --input app.bin --info size offset --part_list --ignore-readonly "
                 "--esptool-args --esptool-write-args encrypt"),
    "otatool": ("--port file:esp.bin read_otadata", "-q -f t.csv -p file:esp.bin read_otadata erase_otadata "
                "switch_ota_partition read_ota_partition write_ota_partition erase_ota_partition --slot 0 1 "
                "--name ota_0 --output out.bin --input app.bin"),
    "check_sizes": ("--offset 0x8000 partition t.bin app.bin", "--target esp32 bootloader partition --type app "
                    "--offset 0x8000 0x1000 t.bin app.bin --allow_failures"),
    "gen_empty_partition": ("4096 out.bin", "0 -1 4096 99999999999"),
    "imgtool": ("sign -k key.pem -v 1.0 -H 512 --pad-header -S 0x40000 app.bin out.bin",
                "keygen getpub getpubhash getpriv keyinfo sign create verify dumpinfo version -k key.pem rsa.pem "
                "pub.pem -t ed25519 -e c rust pem raw -v 1.2.3 -H 512 -S 0x40000 --pad --pad-header --confirm "
                "-d (1,1.2.3) --align 8 -L -F --custom-tlv 0xa0 0x1122 --sha 512 --vector-to-sign digest "
                "payload --sig-out --fix-sig --fix-sig-pubkey -E --compression lzma2 disabled one.bin out.hex "
                "-x -R 0 --boot-record -s auto --hex-addr --non-bootable --vid --cid -o -p"),
    "partition_manager": (
        "--input-files pm.yml --output-partitions out.bin --output-regions r.yml --regions flash_primary "
        "--flash_primary-size 0x100000",
        "--input-files pm.yml parts.yml --static-config --output-partitions --output-regions --regions "
        "flash_primary external --external-size 0x800000 --flash_primary-base-address "
        "--flash_primary-placement-strategy start_to_end end_to_start complex --flash_primary-device x "
        "--flash_primary-dynamic-partition app"),
    "partition_manager_output": (
        "--input-partitions parts.yml --input-regions regions.yml --config-file out.bin",
        "--input-partitions --input-regions parts.yml regions.yml --images :app d:net --header-files h.h "
        "--config-file out.bin"),
    "partition_manager_report": ("--input parts.yml", "--input parts.yml regions.yml --quiet -q"),
}
ODD = ["-", "", "/dev/null", "/dev/full", "nope", "no/such/file", "file:esp.bin", "file:", "folder", "äö",
       "a" * 300, "x=y", "=", "nvs=app.bin", "*", "--"]
NUMBERS = ["0", "1", "2", "-1", "4K", "1M", "0x8000", "0x1000", "4294967295", "4294967296",
           "18446744073709551616", "9" * 30, "0x", "12z", "1e9", "07", "3", "512", "%d%s%n", "16M", "nan", " 1",
           "1.0.0", "1.2.3+4", "65536.1.1", "40:torn", "1:x", "99999:garbage"]
WORDS = ["nvs", "ota_0", "otadata", "store", "stm32f407", "nrf52840", "virt", "lamp", "app", "confirm", "revert",
         "digest", "B 00 2d 01 00", "nvs.size=4K", "store.size=rest", "nvs.type=0x40", "all", "tiny1", "save1",
         "stage2", "boot", "test", "permanent", "ask", "env:PIN", "file:text", "esp32", "internal", "csv", "json"]


def run(words, folder, stdin=b""):
    return subprocess.run([os.fspath(word) for word in words], cwd=folder, env=ENV, input=stdin,
                          capture_output=True, timeout=300)


def commands():
    listed = run([TOOL, "help"], ROOT).stdout.decode()
    return [" ".join(pair) for pair in re.findall(r"^  ([a-z]+) ([a-z-]+)  ", listed, re.MULTILINE)]


def options_of(name):
    """[(option, what it takes)], from the tool's own help."""
    said = run([TOOL, *name.split(), "--help"], ROOT).stdout.decode()
    found = re.findall(r"^ +(?:-\w, )?--([a-z0-9-]+)(?: (\S.*?))?(?:  |$)", said, re.MULTILINE)
    return [(option, takes) for option, takes in found if option not in ("help", "jobs", "port")]


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    """Good files of every kind, and some that are no good."""
    folder = tmp_path_factory.mktemp("stock")
    chance = random.Random(SEED)
    for name, text in (("t.csv", CSV), ("pm.yml", PM), ("text", "hello\n" * 20), ("empty", "")):
        (folder / name).write_text(text)
    for name, data in (("app.bin", chance.randbytes(3000)), ("random.bin", chance.randbytes(8192)),
                       ("erased.bin", b"\xff" * 4096), ("zero.bin", bytes(65536))):
        (folder / name).write_bytes(data)
    (folder / "folder").mkdir()
    shutil.copy(ROOT / "ports/keys/development-p256.pem", folder / "key.pem")
    shutil.copy(ROOT / "docs/pictures/lamp.layout.yml", folder / "lamp.yml")
    shutil.copy(ROOT / "docs/pictures/lamp.pub.pem", folder)
    pm = "--input-files pm.yml --output-partitions parts.yml --output-regions regions.yml --regions "
    done = run([BIN / "partition_manager", *pm.split(), "flash_primary", "--flash_primary-size", "0x100000",
                "--flash_primary-placement-strategy", "complex"], folder)
    assert done.returncode == 0, done.stdout + done.stderr
    for line in ("table convert t.csv -o t.bin", "table pack t.csv --flash-size 4M -o esp.bin",
                 "key export key.pem -o pub.pem", "key new --type rsa-3072 rsa.pem",
                 "key new --type lms --lms-height 5 lms.pem",
                 "image sign -k key.pem -v 1.0.0 --pad-header app.bin one.bin",
                 "image sign -k key.pem -v 2.0.0 --pad-header app.bin two.bin",
                 "boot install stm32f407 --force --flash dev.bin one.bin"):
        done = run([TOOL, *line.split()], folder)
        assert done.returncode == 0, f"{line}\n{done.stderr.decode()}"
    return folder


def changed(chance, data):
    data = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 5, 30])):
        if not data:
            break
        at = chance.randrange(len(data))
        kind = chance.randrange(6)
        if kind == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[at] = chance.choice([0, 255, 0x7F, 0x80, 32, 10])
        elif kind == 2:
            del data[at:at + chance.randrange(1, 40)]
        elif kind == 3:
            data[at:at] = data[at:at + chance.randrange(1, 60)]
        elif kind == 4:
            data[at:at + 4] = chance.choice([b"\xff" * 4, bytes(4), b"\xff\xff\xff\x7f", b"\0\0\0\x80"])
        elif chance.random() < 0.3:
            del data[at:]
    return bytes(data)


def value(chance, takes, files):
    if "|" in takes and chance.random() < 0.8:
        return chance.choice(takes.split()[0].split("|"))
    if re.search("FILE|FOLDER|KEY|LAYOUT|PRODUCT", takes) and chance.random() < 0.7:
        return chance.choice(files + ["stm32f407"])
    return chance.choice(chance.choice([files, ODD, NUMBERS, WORDS]))


def line_of_tool(chance, name, options, files):
    words = GOOD.get(name, "").split() if chance.random() < 0.8 else [
        chance.choice(chance.choice([files, NUMBERS, WORDS])) for _ in range(chance.randrange(4))]
    for _ in range(chance.choice([0, 1, 1, 2, 3, 5])):
        if options:
            option, takes = chance.choice(options)
            parts = takes.split() if " " in takes and "|" not in takes else [takes] if takes else []
            at = chance.randrange(len(words) + 1)
            words[at:at] = [f"--{option}", *(value(chance, part, files) for part in parts)]
    if words and chance.random() < 0.3:
        words[chance.randrange(len(words))] = chance.choice(chance.choice([files, ODD, NUMBERS, WORDS]))
    if words and chance.random() < 0.1:
        del words[chance.randrange(len(words))]
    if ("json", "") in options and "--json" not in words and chance.random() < 0.4:
        words.append("--json")
    return [TOOL, *name.split(), *BOUNDS.get(name, "").split(), *words]


def line_of_program(chance, name, files):
    good, pieces = (text.split() for text in PROGRAMS[name])
    words = list(good) if chance.random() < 0.7 else []
    for _ in range(chance.randrange(6)):
        words.insert(chance.randrange(len(words) + 1),
                     chance.choice(chance.choice([pieces, pieces, files, NUMBERS, WORDS, ODD])))
    if words and chance.random() < 0.3:
        del words[chance.randrange(len(words))]
    return [BIN / name, *words]


def is_json(text):
    """One document, or one on each line."""
    for part in ([text], text.splitlines()):
        try:
            for one in part:
                json.loads(one)
            return True
        except ValueError:
            pass
    return False


def wrong(words, done, folder, before):
    """What is wrong with how it ended, or None."""
    said = done.stderr.decode(errors="replace")
    if done.returncode not in range(6) or re.search("Sanitizer|runtime error|Traceback|[Aa]ssert", said):
        return f"exit code {done.returncode}"
    if words[0] == TOOL:
        exits.check(TOOL, words[1:], done.returncode)
    if done.returncode and not said and not done.stdout:
        return "it failed without a word"
    if "--json" in words and words[0] == TOOL and "--" not in words:
        if not all(is_json(line) for line in said.splitlines()):
            return "standard error is not JSON"
        if done.returncode == 0 and done.stdout and "-" not in words and not is_json(done.stdout.decode()):
            return "standard output is not JSON"
    left = [name for name in set(os.listdir(folder)) - before if re.search(r"\.[A-Za-z0-9]{6}$", name)]
    return f"it left {left}" if left else None


def test_commands_and_their_options_are_found():
    assert set(GOOD) == {*commands(), "new", "help", "completion"}
    assert ("key", "FILE") in options_of("image sign") and ("json", "") in options_of("table show")


@pytest.mark.parametrize("name", [*GOOD, *PROGRAMS])
def test_no_line_crashes(stock, tmp_path, name):
    chance = random.Random(f"{SEED} {name}")
    options = [] if name in PROGRAMS else options_of(name)
    files = sorted(p.name for p in stock.iterdir())
    for i in range(LINES):
        folder = tmp_path / str(i)
        shutil.copytree(stock, folder)
        for file in files:
            if (folder / file).is_file() and chance.random() < 0.25:
                (folder / file).write_bytes(changed(chance, (folder / file).read_bytes()))
        words = (line_of_program(chance, name, files) if name in PROGRAMS else
                 line_of_tool(chance, name, options, files))
        before = set(os.listdir(folder))
        done = run(words, folder, chance.choice([b"", CSV.encode()]))
        fault = wrong(words, done, folder, before)
        assert not fault, (f"{fault}, seed {SEED}\n  to repeat: cd {folder}; {shlex.join(map(str, words))}\n"
                           f"{done.stderr.decode(errors='replace')[-3000:]}")
        shutil.rmtree(folder)
