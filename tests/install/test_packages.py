# SPDX-License-Identifier: Apache-2.0
"""The Debian packages and the Python wheel: what is in them runs, away from this source folder."""
import email
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSION = re.search(r'define BH_VERSION_TEXT "(.*)"',
                    (ROOT / "include/bulkhead/version.h").read_text())[1]
NAMES = ["gen_esp32part", "parttool", "otatool", "check_sizes", "gen_empty_partition"]
DROPINS = [name + end for name in NAMES for end in ("", ".py")]
# What a person's Python or loader would take from elsewhere is not there.
ENV = {name: value for name, value in os.environ.items()
       if not name.startswith(("PYTHON", "LD_", "BULKHEAD_BUILD", "CMAKE_"))}
TABLE = "nvs,data,nvs,0x9000,0x4000\nfactory,app,factory,0x10000,1M\n"


def run(*command, code=0, **more):
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=ENV, **more)
    assert done.returncode == code, f"{command}\n{done.stdout}"
    return done.stdout


def try_programs(folder, work):
    """Each program that people type, in this folder."""
    assert run(folder / "bulkhead", "--version") == f"bulkhead {VERSION}\n"
    (work / "t.csv").write_text(TABLE)
    run(folder / "gen_esp32part.py", "-q", work / "t.csv", work / "t.bin")
    assert (work / "t.bin").read_bytes()[:2] == b"\xaa\x50"
    run(folder / "bulkhead", "table", "show", work / "t.bin")
    run(folder / "bulkhead", "key", "new", "--type", "ed25519", work / "k.pem")
    assert "ed25519" in run(folder / "bulkhead", "key", "show", work / "k.pem")
    assert run(folder / "bulkhead-imgtool", "version").strip()
    for name in DROPINS:
        assert "usage" in run(folder / name, "--help").lower()


# --- Debian ---------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def debs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deb")
    run(ROOT / "tools/build", "package")
    run("cpack", "-B", folder, cwd=ROOT / "build/package")
    return {path.name.split("_")[0]: path for path in folder.glob("*.deb")}


def field(deb, name):
    return run("dpkg-deb", "-f", deb, name).strip()


def test_debian_packages_say_what_they_are(debs):
    assert set(debs) == {"bulkhead", "libbulkhead-dev"}
    for name, deb in debs.items():
        assert field(deb, "Package") == name and field(deb, "Version") == VERSION
        assert all(len(line) <= 80 for line in field(deb, "Description").splitlines())
    # nothing that a bare machine lacks: dpkg -i is enough
    depends = {word.split()[0] for word in field(debs["bulkhead"], "Depends").split(", ")}
    assert "libc6" in depends and depends <= {"libc6", "zlib1g", "libzstd1"}
    assert "unicorn" not in field(debs["bulkhead"], "Depends"), "the GPL is not our licence"
    assert field(debs["bulkhead"], "Recommends") == "libunicorn2 | libunicorn2t64"
    assert field(debs["libbulkhead-dev"], "Depends") == ""


def test_debian_packages_share_no_file_and_take_no_name(debs):
    files = {name: {line.split()[5] for line in run("dpkg-deb", "-c", deb).splitlines()
                    if not line.startswith("d")} for name, deb in debs.items()}
    assert files["bulkhead"] & files["libbulkhead-dev"] == set()
    for name, listed in files.items():
        assert f"./usr/share/doc/{name}/copyright" in listed
    # mame-tools has a program of that name
    assert not {"./usr/bin/imgtool", "./usr/bin/imgtool.py"} & files["bulkhead"]


def test_debian_package_runs(debs, tmp_path):
    run("dpkg-deb", "-x", debs["bulkhead"], tmp_path)
    try_programs(tmp_path / "usr/bin", tmp_path)


def test_a_new_product_builds_with_the_packages(debs, tmp_path):
    """Where they put their files, and with what the product's README names: no Python of deps/fetch's."""
    for deb in debs.values():
        run("dpkg-deb", "-x", deb, tmp_path)
    programs = tmp_path / "usr/bin"
    env = {**ENV, "PATH": f"{programs}:{no_python(tmp_path)}"}
    run(programs / "bulkhead", "new", "lamp", "--chip", "stm32f407xe", cwd=tmp_path)
    lamp = tmp_path / "lamp"
    readme = (lamp / "README.md").read_text()
    assert re.findall(r"apt install (.*)", readme) == [
        "cmake ninja-build gcc-arm-none-eabi libnewlib-arm-none-eabi libunicorn2"]
    for words in (["cmake", "--preset", "release"], ["cmake", "--build", "--preset", "release"]):
        done = subprocess.run(words, cwd=lamp, env=env, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    run(programs / "bulkhead", "boot", "install", "lamp.layout.yml", "--flash", "chip.bin",
        "build/app.signed.bin", cwd=lamp)
    assert "starts    version 1.0.0" in run(programs / "bulkhead", "boot", "run", "lamp.layout.yml", "--flash",
                                            "chip.bin", cwd=lamp)
    board = [programs / "bulkhead", "board", "run", "lamp.layout.yml", "--bootloader", "build/boot.bin", "--flash",
             "chip.bin"]
    assert "lamp 1.0.0" in run(*board, cwd=lamp)
    # the same on a machine without the library: its loader is given one of that name that is none
    (tmp_path / "libunicorn.so.2").write_text("")
    done = subprocess.run(board, cwd=lamp, env={**ENV, "LD_LIBRARY_PATH": str(tmp_path)}, text=True,
                          capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and "Debian's package is libunicorn2" in done.stderr


def no_python(folder):
    """A folder of links to what a machine has that is not Python."""
    path = folder / "path"
    path.mkdir()
    for place in ("/usr/bin", "/bin"):
        for program in pathlib.Path(place).iterdir():
            if not re.match(r"python|ccache|pip", program.name) and not (path / program.name).exists():
                (path / program.name).symlink_to(program)
    return path


# --- Python ---------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, ROOT / "tools/wheel", folder)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def venv(wheel, tmp_path_factory):
    """A new environment with the wheel and nothing else, and no network."""
    folder = tmp_path_factory.mktemp("venv")
    run(sys.executable, "-m", "venv", folder)
    run(folder / "bin/pip", "install", "--no-index", "--disable-pip-version-check", wheel)
    return folder


def test_wheel_says_what_it_is(wheel):
    with zipfile.ZipFile(wheel) as archive:
        inside = archive.namelist()
        info = f"bulkhead_flash-{VERSION}.dist-info"
        metadata = email.message_from_bytes(archive.read(f"{info}/METADATA"))
        tags = email.message_from_bytes(archive.read(f"{info}/WHEEL")).get_all("Tag")
    assert metadata["Version"] == VERSION and metadata["License-Expression"] == "Apache-2.0"
    assert f"{info}/licenses/NOTICE" in inside and f"{info}/licenses/LICENSE" in inside
    assert tags == ["-".join(wheel.stem.split("-")[2:])]
    assert not [name for name in inside if name.endswith((".c", ".h", ".txt", ".a"))]


def test_its_tag_is_true(wheel, tmp_path):
    """manylinux_2_N: no library but libc, and none of its symbols is newer than N."""
    named = re.search(r"manylinux_2_(\d+)_", wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    files = [path for path in tmp_path.rglob("*")
             if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"]
    assert len(files) > len(DROPINS)
    said = "".join(run("objdump", "-p", path) for path in files)
    libraries = set(re.findall(r"NEEDED +(\S+)", said))
    if named:
        assert {library.split(".so")[0] for library in libraries} <= {"libc", "libm", "ld-linux-x86-64"}
        assert max(map(int, re.findall(r"GLIBC_2\.(\d+)", said))) == int(named[1])
    else:
        assert "linux_" in wheel.name and len(libraries) > 1


def test_wheel_runs(venv, tmp_path):
    try_programs(venv / "bin", tmp_path)


def test_wheel_has_the_modules(venv, tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    for name in NAMES:
        assert "usage" in run(venv / "bin/python", "-m", f"bulkhead.{name}", "--help",
                              cwd=tmp_path).lower()
    assert run(venv / "bin/python", "-c",
               "from bulkhead.gen_esp32part import PartitionTable as P\n"
               "print([p.size for p in P.from_csv(open('t.csv').read())])",
               cwd=tmp_path) == "[16384, 1048576]\n"


def test_source_distribution_builds_the_same_wheel(wheel, tmp_path):
    """pip takes it where there is no wheel for a system."""
    tree = tmp_path / "tree"
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True,
                           text=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    run(sys.executable, "-c", "from scikit_build_core.build import build_sdist\n"
                              f"print(build_sdist({str(tmp_path)!r}))", cwd=tree)
    (sdist,) = tmp_path.glob("*.tar.gz")
    listed = run("tar", "tzf", sdist)
    for name in ("include/bulkhead/version.h", "deps/lock", "deps/fetch", "python/native.c",
                 "cmake/wheel.cmake", "LICENSE", "NOTICE"):
        assert f"bulkhead_flash-{VERSION}/{name}\n" in listed
    assert "/build/" not in listed
