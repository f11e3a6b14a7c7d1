# SPDX-License-Identifier: Apache-2.0
"""docs/coming-from.md: every line of its tables, left and right, runs as it is written there, in a folder with the
files that it names. A flash image stands in for a chip (PORT), OpenSSL for a remote signer (COMMAND)."""
import os
import pathlib
import random
import re
import shutil
import subprocess

import images
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host") / "cli"
PAGE = (ROOT / "docs/coming-from.md").read_text()
PROGRAMS = ("bulkhead", "gen_esp32part", "parttool", "otatool", "imgtool", "pm_to_dts")
CSV = """nvs,data,nvs,0x9000,0x6000
otadata,data,ota,,0x2000
phy,data,phy,,0x1000
factory,app,factory,,1M
ota_0,app,ota_0,,512K
ota_1,app,ota_1,,512K
"""
# Lines whose outcome here is not 0, and why.
OTHERWISE = {
    "imgtool keygen -k root.pem -t ecdsa-p256 -p": 1,  # it asks, and there is no terminal
    "bulkhead key new --type p256 --passphrase ask root.pem": 2,  # the same
    "bulkhead image sign -k 'pkcs11:token=release;object=root' -v 1.2.3 --pad-header app.bin -o out.bin": (1, 2)}
NEW = re.compile("keygen|key new|part read|read_partition")  # these do not replace the file that they make


def lines():
    """What is in backquotes in a table's first two columns and begins with a program of ours."""
    for row in PAGE.splitlines():
        for cell in row.split(" | ")[:2] if row.startswith("| ") else ():
            for line in re.findall(r"`([^`]+)`", cell):
                name = line.split()[0].removesuffix(".py")
                if name in PROGRAMS and " " in line:
                    yield line


def run(line, folder):
    return subprocess.run(line, shell=True, cwd=folder, text=True, capture_output=True, timeout=120, check=False,
                          start_new_session=True, stdin=subprocess.DEVNULL,
                          env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"})


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stock")
    (folder / "t.csv").write_text(CSV)
    (folder / "app.bin").write_bytes(images.app())
    (folder / "nvs.bin").write_bytes(random.Random(1).randbytes(0x6000))
    (folder / "pm.yml").write_text("mcuboot: {size: 0xC000, placement: {before: [app]}}\n")
    pm = ("partition_manager --input-files pm.yml --output-partitions partitions.yml --output-regions regions.yml "
          "--regions flash_primary --flash_primary-size 0x100000 --flash_primary-placement-strategy complex")
    for line in ("bulkhead table convert t.csv -o t.bin", "bulkhead table convert t.csv -o old.bin", pm,
                 "bulkhead table pack t.csv factory=app.bin ota_0=app.bin ota_1=app.bin --flash-size 4M -o esp.bin",
                 "bulkhead key new -t p256 root.pem", "bulkhead key export root.pem -o root.pub.pem",
                 "bulkhead key new -t ed25519 ed25519.pem", "bulkhead key new -t ed25519 --format wolfboot key.der",
                 "bulkhead ota switch 0 --trial --flash esp.bin",
                 "bulkhead image sign -k root.pem -v 1.0 --pad-header app.bin -o out.bin",
                 "bulkhead image sign --format wolfboot -k key.der -v 7 app.bin -o app_v7_signed.bin",
                 "bulkhead layout convert --to dts partitions.yml -o zephyr.dts"):
        done = run(line, folder)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    return folder


def test_the_page_has_its_lines():
    found = list(lines())
    assert len(found) > 50 and len(set(found)) > 45
    assert not [line for line in found if line.endswith("...")], "a line that cannot be typed"
    assert set(OTHERWISE) <= set(found)


@pytest.mark.parametrize("line", dict.fromkeys(lines()))
def test_a_line_runs_as_it_is_written(stock, tmp_path, line):
    folder = tmp_path / "work"
    shutil.copytree(stock, folder)
    made = re.search(r"(?:-k|-o|--output) (\S+)|(\S+)$", line)
    if NEW.search(line):
        for name in {made[1], line.split()[-1]} & {p.name for p in folder.iterdir()}:
            (folder / name).unlink()
    typed = line.replace("PORT", "file:esp.bin").replace("COMMAND", "'openssl pkeyutl -sign -inkey root.pem'")
    done = run(typed, folder)
    wanted = OTHERWISE.get(line, 0)
    assert done.returncode in (wanted if isinstance(wanted, tuple) else (wanted,)), f"{done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr
