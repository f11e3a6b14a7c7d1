# SPDX-License-Identifier: Apache-2.0
"""What is installed can be used: by pkg-config, by find_package, or from source."""
import hashlib
import os
import pathlib
import re
import subprocess
import zlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOST = ROOT / "build/host"
CONSUMER = pathlib.Path(__file__).parent / "consumer"
ABC = hashlib.sha256(b"abc").hexdigest() + "\n"
SAYS = f"{zlib.crc32(b'123456789'):08x} {ABC}"
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **more)
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """Installed in one place and then moved: nothing installed may know where it was."""
    there = tmp_path_factory.mktemp("install")
    run("cmake", "--install", HOST, "--prefix", there / "first")
    (there / "first").rename(there / "moved")
    return there / "moved"


def pkg_config(prefix, *options):
    found = next(prefix.glob("lib*/**/bulkhead.pc"))
    return run("pkg-config", *options, "bulkhead",
               env={**os.environ, "PKG_CONFIG_PATH": str(found.parent)}).split()


def test_pkg_config(prefix, tmp_path):
    run("cc", "-Wall", "-Wextra", "-Werror", *pkg_config(prefix, "--cflags"), CONSUMER / "consumer.c",
        "-o", tmp_path / "consumer", *pkg_config(prefix, "--libs"))
    assert run(tmp_path / "consumer") == SAYS


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_an_application_in_cplusplus(prefix, tmp_path, compiler):
    run(compiler, "-std=c++17", *STRICT, *pkg_config(prefix, "--cflags"), CONSUMER / "app.cpp",
        "-o", tmp_path / "app", *pkg_config(prefix, "--libs"))
    assert run(tmp_path / "app") == ABC


def declared():
    """The functions that the public headers declare and do not define."""
    names = []
    for path in sorted((ROOT / "include/bulkhead").glob("*.h")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        text = re.sub(r"^#.*(?:\\\n.*)*$", "", text, flags=re.MULTILINE).replace('extern "C" {', "")
        names += re.findall(r"^(?!static|typedef)[\w ]+[ *](bh_\w+)\([^{;]*\);", text, re.MULTILINE)
    return names


def test_every_function_links_from_cplusplus(prefix, tmp_path):
    """One without extern "C" would be another name to the linker."""
    names = declared()
    assert len(names) > 70 and {"bh_boot_run", "bh_region_read", "bh_stage_write"} < set(names)
    (tmp_path / "all.cpp").write_text(
        "".join(f"#include <bulkhead/{name}>\n" for name in headers())
        + "using any = void (*)();\n"
        + "volatile any all[] = {\n"
        + "".join(f"    reinterpret_cast<any>(&{name}),\n" for name in names)
        + "};\nint main() { return all[0] == nullptr; }\n")
    run("g++", "-std=c++17", *STRICT, "-Wno-cast-function-type", *pkg_config(prefix, "--cflags"),
        tmp_path / "all.cpp", "-o", tmp_path / "all", *pkg_config(prefix, "--libs"))
    run(tmp_path / "all")


def test_no_name_in_the_archive_can_be_the_applications(prefix):
    """Its own BearSSL, Monocypher or p256-m has the names that ours came with."""
    lines = run("nm", "-g", "--defined-only", next(prefix.rglob("libbulkhead.a"))).splitlines()
    names = {line.split()[2] for line in lines if len(line.split()) == 3}
    assert {"bh_boot_run", "bh_crypto_eddsa_check_equation", "bh_br_sha256_vtable"} < names
    assert [name for name in names if not name.startswith("bh_")] == []


def test_find_package(prefix, tmp_path):
    run("cmake", "-S", CONSUMER, "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", tmp_path)
    assert run(tmp_path / "consumer") == SAYS
    assert run(tmp_path / "app") == ABC


def test_add_subdirectory(tmp_path):
    run("cmake", "-S", CONSUMER, "-B", tmp_path, "-G", "Ninja", f"-DBULKHEAD={ROOT}",
        f"-DBULKHEAD_DEPS_DIR={ROOT / 'build/deps'}")
    rules = (tmp_path / "build.ninja").read_text()
    assert "-Wconversion" in rules and "-Werror" not in rules, "their compiler may warn of more"
    assert "cmocka" not in rules and "bulkhead_cli" not in rules, "the core and nothing else"
    run("cmake", "--build", tmp_path)
    assert run(tmp_path / "consumer") == SAYS
    assert run(tmp_path / "app") == ABC


def headers():
    return sorted(path.name for path in (ROOT / "include/bulkhead").glob("*.h"))


@pytest.mark.parametrize("header", headers())
def test_a_header_stands_alone(prefix, tmp_path, header):
    program = tmp_path / "one.c"
    program.write_text(f"#include <bulkhead/{header}>\n#include <bulkhead/{header}>\nint none;\n")
    run("cc", "-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-c", program,
        "-o", tmp_path / "one.o", *pkg_config(prefix, "--cflags"))


def test_nothing_installed_knows_the_source_folder(prefix):
    text = [path for path in prefix.rglob("*") if path.suffix in (".pc", ".cmake", ".h")]
    assert len(text) > len(headers())
    assert [path.name for path in text for folder in ("src", "include", "build")
            if f"{ROOT}/{folder}" in path.read_text()] == []


def test_the_tool_runs(prefix):
    assert run(prefix / "bin/bulkhead", "--version").split() == [
        "bulkhead", pkg_config(prefix, "--modversion")[0]]
