# SPDX-License-Identifier: Apache-2.0
"""bulkhead new: the way from an empty folder to a product that runs, of installed files alone."""
import json
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(command, folder, path, code=0):
    done = subprocess.run(command, shell=isinstance(command, str), cwd=folder, text=True, timeout=300,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}"})
    assert done.returncode == code, f"{command}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    there = tmp_path_factory.mktemp("install")
    run(["cmake", "--install", str(ROOT / "build/host"), "--prefix", str(there)], there, "/bin")
    return there / "bin"


def test_readme_your_product_in_ten_minutes(path, tmp_path):
    """Every command of that section, as it is written there."""
    text = (ROOT / "README.md").read_text()
    section = text[text.index("## Your product in ten minutes"):].split("```sh\n")[1].split("```")[0]
    lines = [line.split(" #")[0].strip() for line in section.splitlines() if line.strip()]
    assert len(lines) >= 8 and lines[1] == "cd lamp"
    said = run(lines[0], tmp_path, path)
    folder = tmp_path / "lamp"
    for line in lines[2:]:
        said += run(line, folder, path)
    assert "lamp.layout.yml: ok" in said and "lamp 1.0.0" in said and "clean" in said
    assert (folder / "keys/release.pem").stat().st_mode & 0o77 == 0
    run("git init -q && git add -A", folder, path)
    files = set(run("git ls-files", folder, path).split())
    assert {"keys/release.pub.pem", "main.c", "lamp.layout.yml", ".github/workflows/check.yml",
            ".gitlab-ci.yml"} <= files
    assert "keys/release.pem" not in files and not any(f.endswith(".bin") for f in files)
    readme = (folder / "README.md").read_text()
    assert "0x08000000" in readme and "0x08020000" in readme and "openocd" in readme


def build(folder, path):
    run("cmake --preset release && cmake --build --preset release", folder, path)


def installed(path, folder, port):
    return (path.parent / f"share/bulkhead/firmware/ports/{port}" / folder).read_text()


def test_the_flash_file(path, tmp_path):
    """All in one, at the addresses of the layout: as bytes and as Intel hex."""
    run("bulkhead new lamp --chip stm32f407xe", tmp_path, path)
    folder = tmp_path / "lamp"
    build(folder, path)
    boot, app = ((folder / "build" / name).read_bytes() for name in ("boot.bin", "app.signed.bin"))
    whole = (folder / "build/flash/internal.bin").read_bytes()
    assert whole == boot + b"\xff" * (0x20000 - len(boot)) + app
    memory, high = {}, 0
    for line in (folder / "build/flash/internal.hex").read_text().split():
        record = bytes.fromhex(line[1:])
        assert line[0] == ":" and sum(record) % 256 == 0
        if record[3] == 4:
            high = int.from_bytes(record[4:6], "big") << 16
        elif record[3] == 0:
            at = high + int.from_bytes(record[1:3], "big")
            memory.update(zip(range(at, at + record[0]), record[4:-1]))
    for start, data in ((0x08000000, boot), (0x08020000, app)):
        assert bytes(memory[start + i] for i in range(len(data))) == data
    assert len(memory) <= len(boot) + len(app) + 64
    # without the private key, on a CI machine, everything else is built
    (folder / "keys/release.pem").rename(folder / "release.pem")
    run("rm -r build", folder, path)
    build(folder, path)
    assert (folder / "build/boot.bin").exists() and not (folder / "build/flash").exists()


# Of each processor that has no emulated board, one chip.
CHIPS = ["stm32g071xb", "stm32f103xe", "nrf5340-app", "lpc55s69", "gd32vf103xb"]


@pytest.mark.parametrize("chip", CHIPS)
def test_a_chip_without_a_port(path, tmp_path, chip):
    """Built of the table alone, and of a board whose functions are still to be filled in."""
    run(f"bulkhead new tag --chip {chip}", tmp_path, path)
    folder = tmp_path / "tag"
    readme = (folder / "README.md").read_text()
    assert "board/flash.c" in readme and "chapter" in readme and "@" not in readme
    run("bulkhead layout check tag.layout.yml", folder, path)
    build(folder, path)
    assert {"boot.bin", "check.bin", "app.signed.bin"} <= {p.name for p in (folder / "build").iterdir()}
    run("bulkhead boot install tag.layout.yml --flash chip.bin build/app.signed.bin", folder, path)
    assert "starts    version 1.0.0" in run("bulkhead boot run tag.layout.yml --flash chip.bin", folder, path)
    said = run("bulkhead sim explore tag.layout.yml --scenario confirm --seconds 5", folder, path)
    assert "BROKEN" not in said


def test_what_is_not_filled_in_is_an_error(path, tmp_path):
    """The driver as it is written, on a chip like its own, with a console: nothing pretends."""
    run("bulkhead new lamp --chip stm32f407xe", tmp_path, path)
    run("bulkhead new other --chip stm32f429xi", tmp_path, path)
    folder = tmp_path / "lamp"
    run("cp -r ../other/board board", folder, path)
    (folder / "board/port.c").write_text(installed(path, "port.c", "stm32f407"))
    lists = (folder / "CMakeLists.txt").read_text()
    (folder / "CMakeLists.txt").write_text(lists.replace("PORT stm32f407", "PORT_DIR board"))
    build(folder, path)
    board = "bulkhead board run lamp.layout.yml --flash chip.bin --bootloader build/"
    said = run(board + "check.bin --check", folder, path, code=4)
    assert "erase: FAILED at 0x00008000: erase answers 'flash device failed" in said
    run("bulkhead boot install lamp.layout.yml --force --flash chip.bin build/app.signed.bin", folder, path)
    said = run(board + "boot.bin", folder, path)
    assert "lamp 1.0.0" in said and " 0 flash operations" in said


# With a port whose driver knows a second chip, the port; with any other, a board of one's own. Small pages
# before large ones too.
SECOND = [("nrf52832", "PORT nrf52840_spim"), ("stm32l476xg", "PORT_DIR board"), ("stm32f407xe", "PORT_DIR board"),
          ("virt", "PORT_DIR board")]


@pytest.mark.parametrize("chip, port", SECOND)
def test_a_second_chip_beside_a_port(path, tmp_path, chip, port):
    run(f"bulkhead new tag --chip {chip} --nor w25q64", tmp_path, path)
    folder = tmp_path / "tag"
    assert f"set(port {port})" in (folder / "CMakeLists.txt").read_text()
    assert ("copy its" in (folder / "README.md").read_text()) == (port == "PORT_DIR board")
    run("bulkhead layout check tag.layout.yml", folder, path)
    build(folder, path)
    assert (folder / "build/boot.bin").stat().st_size > 4000


@pytest.mark.parametrize("chip, processor", [("nrf51822-xxaa", "cortex-m0"), ("virt", "rv32imac")])
def test_a_port_of_another_processor(path, tmp_path, chip, processor):
    """The emulated ones that are no Cortex-M4: built, installed, and run."""
    run(f"bulkhead new tag --chip {chip}", tmp_path, path)
    folder = tmp_path / "tag"
    assert f"/{processor}.cmake" in (folder / "CMakeLists.txt").read_text()
    build(folder, path)
    run("bulkhead boot install tag.layout.yml --flash chip.bin build/app.signed.bin", folder, path)
    said = run("bulkhead board run tag.layout.yml --bootloader build/boot.bin --flash chip.bin", folder, path)
    assert "tag 1.0.0" in said


def test_a_second_chip(path, tmp_path):
    run("bulkhead new tag --chip nrf52840 --nor mx25r64", tmp_path, path)
    folder = tmp_path / "tag"
    layout = (folder / "tag.layout.yml").read_text()
    assert "external: {chip: mx25r64" in layout and "region: external" in layout
    assert int(re.search(r"primary: +{size: (\d+)K", layout)[1]) > 900
    run("bulkhead layout check tag.layout.yml", folder, path)
    assert "--flash chip.bin --flash nor.bin" in (folder / "README.md").read_text()
    run("bulkhead new far --chip stm32h743xi --nor w25q64", tmp_path, path)
    assert "bh_spi_nor_ops" in (tmp_path / "far/board/external.c").read_text()
    build(tmp_path / "far", path)


def test_every_chip_that_can_be_served(path, tmp_path):
    """A layout without errors, or a reason. No third."""
    chips = json.loads(run("bulkhead layout chips --json", tmp_path, path))["chips"]
    made, small = 0, set()
    for chip in chips:
        words = ["bulkhead", "new", "x", "--dry-run", "--chip", chip["name"]]
        if chip["cannot"] or chip["jedec"] or chip["mapped"] is None:
            run(words, tmp_path, path, code=2)
            continue
        done = subprocess.run(words, cwd=tmp_path, text=True, capture_output=True, check=False,
                              env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}"})
        assert done.returncode in (0, 3), f"{chip['name']}: {done.stderr}"
        made += done.returncode == 0
        if done.returncode == 3:
            assert "no layout with two slots" in done.stderr
            small.add(chip["name"])
    assert made > 90
    assert small == SMALL
    assert not (tmp_path / "x").exists()


SMALL = {"stm32f042x6", "stm32f401xc", "stm32c031x6", "stm32h750xb", "stm32l031x6"}


@pytest.mark.parametrize("words, code, says", [
    ("lamp --chip stm32f407xq", 2, r"no chip is called 'stm32f407xq' \(did you mean 'stm32f407x[eg]'"),
    ("lamp --chip mx25r64", 2, "no processor that runs programs in its flash"),
    ("lamp --chip sifive_u", 2, "images of sifive_u run from RAM"),
    ("lamp --chip esp32", 2, "cannot serve esp32 yet: "),
    ("lamp --chip stm32f042x6", 3, "no layout with two slots was found for stm32f042x6"),
    ("lamp --chip nrf52840 --nor nrf52832", 2, "nrf52832 is no serial NOR chip"),
    ("lamp --chip nrf52840 --nor mx25r65", 2, r"no chip is called 'mx25r65' \(did you mean 'mx25r"),
    ("la/mp --chip stm32f407xe", 2, "cannot be a product's name"),
    ("9lamp --chip stm32f407xe", 2, "cannot be a product's name"),
    ("there --chip stm32f407xe", 2, "there: exists already")])
def test_what_is_refused(path, tmp_path, words, code, says):
    (tmp_path / "there").mkdir()
    said = run(f"bulkhead new {words}", tmp_path, path, code=code)
    assert re.search(says, said), said
    assert [p.name for p in tmp_path.rglob("*")] == ["there"]
