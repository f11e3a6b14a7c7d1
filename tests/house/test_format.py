# SPDX-License-Identifier: Apache-2.0
"""C and C++ files are as "make format" leaves them."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMIT = 100  # columns; ColumnLimit of .clang-format


def check(*files):
    return subprocess.run([ROOT / "tools/format", "--check", *files], cwd=ROOT, text=True,
                          capture_output=True)


def test_make_format_changes_nothing():
    done = check()
    assert done.returncode in (0, 1) and not done.stderr, done.stderr
    assert done.stdout.split() == [], "'make format' puts these into shape"


def test_lines_are_short():
    """clang-format breaks code and leaves comments and strings alone. A string may be longer: a
    message is found by a search only if it is whole."""
    names = subprocess.run(["git", "ls-files", "*.[ch]", "*.cpp"], cwd=ROOT, text=True,
                           capture_output=True, check=True).stdout.split()
    long = [f"{name}:{n}" for name in names
            for n, line in enumerate((ROOT / name).read_text().splitlines(), 1)
            if len(line) > LIMIT and '"' not in line]
    assert names and long == [], f"these lines are longer than {LIMIT} columns"


def test_it_finds_a_file_out_of_shape(tmp_path):
    bad = tmp_path / "bad.c"
    bad.write_text("int f(void){return 0;}\n")
    done = check(bad)
    assert done.returncode == 1 and done.stdout == f"{bad}\n"
    assert bad.read_text() == "int f(void){return 0;}\n"
