# SPDX-License-Identifier: Apache-2.0
"""A product outside the checkout, of installed files alone: its bootloader and applications are built
from a layout file, and run on the emulated board."""
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAMP = pathlib.Path(__file__).parent / "lamp"
LAYOUT = ROOT / "tests/layout/data/lamp.layout.yml"


def run(*command, code=0, **more):
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=300, **more)
    assert done.returncode == code, f"{command}\n{done.stdout}"
    return done.stdout


class Project:
    """A folder with a project in it, built with what is installed under prefix."""

    def __init__(self, prefix, folder):
        self.prefix, self.folder = prefix, folder
        shutil.copytree(LAMP, folder, dirs_exist_ok=True)
        shutil.copy(LAYOUT, folder)
        (folder / "keys").mkdir()
        self("key", "new", "--type", "p256", "keys/release.pem")
        self("key", "export", "keys/release.pem", "-o", "keys/release.pub.pem")

    def __call__(self, *words, code=0):
        return run(self.prefix / "bin/bulkhead", *words, cwd=self.folder, code=code)

    def change(self, old, new, name="CMakeLists.txt"):
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new))

    def configure(self, code=0):
        return run("cmake", "-G", "Ninja", "-B", "build", "-DCMAKE_BUILD_TYPE=MinSizeRel",
                   "-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON", f"-DCMAKE_PREFIX_PATH={self.prefix}",
                   f"-DCMAKE_TOOLCHAIN_FILE={self.prefix}/share/bulkhead/firmware/cmake/cortex-m4.cmake",
                   cwd=self.folder, code=code)

    def build(self, code=0):
        return run("cmake", "--build", "build", cwd=self.folder, code=code)


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """Installed in one place and then moved: nothing installed may know where it was."""
    there = tmp_path_factory.mktemp("install")
    run("cmake", "--install", ROOT / "build/host", "--prefix", there / "first")
    (there / "first").rename(there / "moved")
    return there / "moved"


@pytest.fixture
def project(prefix, tmp_path):
    return Project(prefix, tmp_path)


def life(project):
    """Install, update, confirm: on the board, with the binaries that were built."""
    project("boot", "install", "lamp.layout.yml", "--flash", "chip.bin", "build/lamp-1.0.0.signed.bin")
    board = ["board", "run", "lamp.layout.yml", "--flash", "chip.bin"]
    assert "lamp 1.0.0" in project(*board, "--bootloader", "build/lamp-boot.bin")
    project("boot", "stage", "lamp.layout.yml", "--flash", "chip.bin", "build/lamp-2.0.0.signed.bin")
    project("boot", "request", "lamp.layout.yml", "test", "--flash", "chip.bin")
    assert "lamp 2.0.0\nconfirmed" in project(*board)
    said = project(*board)
    assert "lamp 2.0.0" in said and "last update confirmed" in said


def test_a_product_of_its_own(project):
    assert str(ROOT) not in project.configure()
    project.build()
    life(project)
    # the same layout: nothing to do; a smaller slot: all is made again, and its limit holds
    assert "no work to do" in project.build()
    project.change("journal_b:  {size: 16K}", "journal_b:  {size: 17K}", "lamp.layout.yml")
    assert "journal_b: " in project.build(code=1)


def test_a_board_of_its_own(project):
    shutil.copytree(project.prefix / "share/bulkhead/firmware/ports/stm32f407", project.folder / "board")
    project.change("PORT stm32f407", "PORT_DIR board")
    project.configure()
    project.build()
    life(project)


@pytest.mark.parametrize("old, new, says", [
    ("PORT stm32f407 KEYS", "PORT stm32f408 KEYS", "there is no port 'stm32f408'. There are nrf51, nrf52840,"),
    ("PORT stm32f407 KEYS", "PORT stm32f407 PORT_DIR x KEYS", "Give one of them"),
    ("PORT stm32f407 KEYS", "PORT_DIR nothing KEYS", "there is no C file in"),
    ("KEYS keys/release.pub.pem", "KEYS keys/other.pem", "key keys/other.pem is not among the keys"),
    ("SLOT app", "SLOT radio", "has no slot 'radio'. It has app."),
    ("-boot LAYOUT lamp.layout.yml", "-boot", "write LAYOUT file"),
    ("COMPONENTS firmware", "COMPONENTS hardware", "there is no component 'hardware'")])
def test_what_is_wrong_is_said(project, old, new, says):
    project.change(old, new)
    assert says in " ".join(project.configure(code=1).split())


def test_a_wrong_layout_ends_the_build(project):
    project.change("share_size: primary", "share_size: primry", "lamp.layout.yml")
    said = project.configure(code=1)
    assert "lamp.layout.yml:16:" in said and "primry" in said
    project.change("share_size: primry", "share_size: primary", "lamp.layout.yml")
    project.change("internal:", "inner:", "lamp.layout.yml")
    assert "the device that the layout calls 'internal'" in " ".join(project.configure(code=1).split())


def test_without_a_key_nothing_is_signed(project):
    project.change("KEY keys/release.pem", "KEY keys/none.pem")
    assert "is not signed: there is no" in " ".join(project.configure().split())


def test_the_library_is_for_this_machine(project):
    project.change(" COMPONENTS firmware", "")
    assert "the library is for other pointers" in " ".join(project.configure(code=1).split())


def test_a_product_in_which_otadata_chooses(prefix, tmp_path):
    """The layout says so, and the same function builds another bootloader; with anti-rollback only for
    a port that keeps a floor."""
    tool = prefix / "bin/bulkhead"
    sample = (prefix / "share/bulkhead/products/sifive_u_esp.layout.yml").read_text()
    (tmp_path / "keys").mkdir()
    run(tool, "key", "new", "--type", "p256", "own.pem", cwd=tmp_path)
    run(tool, "key", "export", "own.pem", "-o", "keys/own.pub.pem", cwd=tmp_path)
    own = sample.replace("development-p256.pub.pem", "own.pub.pem")
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(board LANGUAGES C ASM)\n"
        "find_package(bulkhead REQUIRED COMPONENTS firmware)\n"
        "bulkhead_bootloader(boot LAYOUT own.layout.yml PORT ${PORT})\n")

    def configure(layout, port, code=0):
        (tmp_path / "own.layout.yml").write_text(layout)
        return run("cmake", "-G", "Ninja", "-B", "build", f"-DPORT={port}", "-DCMAKE_BUILD_TYPE=MinSizeRel",
                   "-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON", f"-DCMAKE_PREFIX_PATH={prefix}",
                   f"-DCMAKE_TOOLCHAIN_FILE={prefix}/share/bulkhead/firmware/cmake/rv32imac.cmake",
                   cwd=tmp_path, code=code)

    configure(own.replace("rollback: yes", "rollback: yes\n  anti_rollback: yes"), "sifive_u")
    run("cmake", "--build", "build", cwd=tmp_path)
    run(tool, "layout", "build", "own.layout.yml", "-o", "out", cwd=tmp_path)
    said = run(tool, "board", "run", "own.layout.yml", "--flash", "chip.bin", "--bootloader", "build/boot.bin",
               "--put", "out/partitions.bin@partition_table", cwd=tmp_path)
    assert "S 00 2d 9d 01" in said and "recovery: " in said
    no_load = own[:own.index("  load:")] + own[own.index("  keys:"):]
    assert "has no 'load:' in its section 'boot:'" in " ".join(configure(no_load, "sifive_u", code=1).split())
    floor = own.replace("rollback: yes", "rollback: yes\n  anti_rollback: yes")
    assert "the port has no inputs.c that keeps a floor" in " ".join(configure(floor, "virt", code=1).split())
