# SPDX-License-Identifier: Apache-2.0
"""What docs/testing.md says of planted mistakes, and of the law that has exceptions, is what the table
and the explorer's source say."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MUTANTS = ROOT / "tests/explore/mutants.py"
PAGE = (ROOT / "docs/testing.md").read_text()
MACHINE = (ROOT / "sim/explore/machine.c").read_text()


def mutants(*words):
    return subprocess.run([sys.executable, MUTANTS, *words], capture_output=True, text=True,
                          timeout=60)


def test_the_page_has_the_table():
    shown = PAGE[PAGE.index("<!-- mutants:"):PAGE.index("<!-- end -->")].split("\n", 1)[1]
    assert shown == mutants("table").stdout, \
        "docs/testing.md: put there what 'tests/explore/mutants.py table' prints"


def test_every_text_fits_its_source_once(tmp_path):
    lines = mutants("list").stdout.splitlines()
    assert len(lines) >= 70
    for line in lines:
        name, file, _, _, _ = line.split("|")
        made = mutants("make", name, tmp_path / "changed.c")
        assert made.returncode == 0, made.stderr
        assert (tmp_path / "changed.c").read_text() != (ROOT / file).read_text()


def test_products_to_try_first_are_in_the_selection():
    selection = (ROOT / "tests/explore/selection.c").read_text()
    known = {line.split("|")[0] for line in mutants("list").stdout.splitlines()}
    sys.path.insert(0, str(MUTANTS.parent))
    import mutants as table
    for product, names in table.SOONEST.items():
        assert f'"{product}"' in selection
        assert not set(names) - known
        assert not set(names) - set(table.SELECTION)


def test_only_a_test_that_fails_is_a_catch():
    assert mutants("caught", "true").returncode == 1
    assert mutants("caught", "false").returncode == 1  # no test of it failed
    assert mutants("caught", "/nonexistent").returncode == 1
    assert mutants("caught", "sh", "-c", "echo '[  FAILED  ] one' >&2; exit 1").returncode == 0
    assert mutants("caught", "sh", "-c", "kill -SEGV $$").returncode == 0


def test_the_law_clean_is_told_with_its_exceptions():
    row = re.search(r"^\| `clean` \| (.*) \|$", PAGE, re.M)[1]
    check = MACHINE[MACHINE.index("static bool first_copy"):MACHINE.index("machine_break(m, LAW_CLEAN")]
    for code, words in {
        "flash->unit < 16)": "where units have 16 bytes or more",
        "BH_PART_ANNOUNCEMENT)": "the first copy of a statement in the journal",
        "m->act.kind != ACT_BOOT && m->w.product.mailbox": "a request or confirm in a foreign mailbox",
        "in_shared(m, op)": "in a page that it shares with an image",
        "m->cuts <= 1": "lives with one cut",
        "memcmp(op->chip->meant": "nothing but what was meant there",
    }.items():
        assert code in check and words in row, (code, words)
    assert len(re.findall(r"\bfree\b", check)) == 2 and check.count("||") == 3, \
        "the law has another exception: docs/testing.md must tell of it"
