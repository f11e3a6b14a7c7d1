# SPDX-License-Identifier: Apache-2.0
"""C and C++ files are as "make format" leaves them."""
import fnmatch
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Patterns of files that are not yet in shape. A line is taken out of it, and none is put in.
LIST = ROOT / "tests/house/unformatted.txt"


def check(*files):
    return subprocess.run([ROOT / "tools/format", "--check", *files], cwd=ROOT, text=True,
                          capture_output=True)


def test_make_format_changes_nothing():
    done = check()
    assert done.returncode in (0, 1) and not done.stderr, done.stderr
    later = LIST.read_text().split() if LIST.exists() else []
    assert [name for name in done.stdout.split()
            if not any(fnmatch.fnmatch(name, pattern) for pattern in later)] == [], \
        "'make format' puts these into shape"


def test_it_finds_a_file_out_of_shape(tmp_path):
    bad = tmp_path / "bad.c"
    bad.write_text("int f(void){return 0;}\n")
    done = check(bad)
    assert done.returncode == 1 and done.stdout == f"{bad}\n"
    assert bad.read_text() == "int f(void){return 0;}\n"
