# SPDX-License-Identifier: Apache-2.0
"""tools/mutate/run, on a library of one file with one test: what the test would notice is caught,
what it would not is listed, a mark is believed until it is stale or wrong. And the project's own
marks fit the sources as they are."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUN = ROOT / "tools/mutate/run"
sys.path.insert(0, str(ROOT / "tools/mutate"))
import mistakes  # noqa: E402

CMAKE = """
cmake_minimum_required(VERSION 3.25)
project(small C)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
enable_testing()
add_library(small STATIC src/small.c src/other.c src/seven.c)
add_executable(test_small test.c)
target_link_libraries(test_small PRIVATE small)
add_test(NAME small COMMAND test_small)
add_executable(bulkhead tool.c)
set_target_properties(bulkhead PROPERTIES RUNTIME_OUTPUT_DIRECTORY cli)
target_link_libraries(bulkhead PRIVATE small)
"""
# steps() is tested, but not that it stops; never() by nothing.
SMALL = """
#include "private.h"

int twice(int a)
{
    return a + a;
}

int steps(int n)
{
    int k = 0;

    while (k < n)
        k++;
    return k;
}

int never(int a)
{
    return a - LESS;
}
"""
# The test asks for other() alone: seven() comes out of the same archive.
OTHER = """#define NAMED(n) int named_##n(void) { return 4; }
int seven(void);
static int __attribute__((noinline)) one(void)
{
    return 1;
}
int other(void)
{
    return seven() + one();
}
NAMED(4)
"""
SEVEN = "int seven(void)\n{\n    return 7;\n}\n"
TEST = """
int twice(int a);
int steps(int n);
int other(void);
int named_4(void);

int main(void)
{
    return !(twice(3) == 6 && twice(0) == 0 && steps(1) == 1 && other() == 8 && named_4() == 4);
}
"""

# A program, and what only a Python test of it asks for.
TOOL = "int never(int a);\nint main(void)\n{\n    return never(8);\n}\n"
PYTHON = """import os, pathlib, subprocess
BUILD = pathlib.Path(__file__).parents[1] / os.environ.get("BULKHEAD_BUILD", "build/host")

def test_never():
    assert (BUILD / "libsmall.a").exists() and subprocess.run([BUILD / "cli/bulkhead"]).returncode == 7
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("small")
    (root / "src").mkdir()
    for name, text in {"CMakeLists.txt": CMAKE, "test.c": TEST, "src/small.c": SMALL,
                       "src/other.c": OTHER, "src/seven.c": SEVEN, "tool.c": TOOL,
                       "src/private.h": "#define LESS 1\n"}.items():
        (root / name).write_text(text)
    for command in (["cmake", "-G", "Ninja", "-B", "build/host"], ["cmake", "--build", "build/host"]):
        subprocess.run(command, cwd=root, check=True, capture_output=True)
    return root


def mutate(project, tmp_path, *more, marks="", code=0):
    (tmp_path / "marks").write_text(marks)
    made = subprocess.run([RUN, "--root", project, "--bound", "0", "--marks", tmp_path / "marks",
                           "--json", *more], capture_output=True, text=True, timeout=300,
                          env={**os.environ, "TMPDIR": str(tmp_path)})
    assert made.returncode == code, made.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["marks"]  # nothing is left
    return json.loads(made.stdout) if made.stdout.startswith("{") else made.stderr + made.stdout


@pytest.fixture(scope="module")
def whole(project, tmp_path_factory):
    """All the mistakes there are; and what lay in the project before and after that."""
    def state():
        return {p: p.read_bytes() for p in sorted(project.rglob("*")) if p.is_file()}

    before = state()
    result = mutate(project, tmp_path_factory.mktemp("whole"), "--at-least", "100", code=1)
    return result, before, state()


def kinds(result, function):
    return {(s["kind"], s["mistake"]) for s in result["survivors"] if s["function"] == function}


def test_what_the_test_notices_is_caught_and_the_rest_is_listed(whole):
    result, _, _ = whole
    assert result["whole"] and result["folders"]["src"]["caught"] >= 5
    assert not kinds(result, "twice") and not kinds(result, "other") and not kinds(result, "seven")
    assert result["sources"]["src/seven.c"]["caught"] >= 3
    # a function with attributes has a name, too; a test that asks for named_4() does not link with
    # named_5() in its place
    assert not kinds(result, "one") and not kinds(result, "__attribute__")
    assert result["sources"]["src/other.c"]["not_built"] >= 1
    # an endless loop is caught, another way to end it with the one number that is tried is not
    assert ("operator", "while (k > n)") not in kinds(result, "steps")
    assert ("operator", "k--;") not in kinds(result, "steps")
    never = [s for s in result["survivors"] if s["function"] == "never"]
    assert ("operator", "return a + LESS;") in kinds(result, "never")
    assert all(s["reached"] == [] for s in never)
    assert {(s["file"], s["line"], s["original"]) for s in never} == {
        ("src/small.c", SMALL[:SMALL.index("return a - LESS")].count("\n") + 1, "return a - LESS;")}


def test_sources_and_build_are_as_before(whole):
    _, before, after = whole
    told = {p for p in before.keys() | after.keys() if before.get(p) != after.get(p)}
    assert {p.name for p in told} <= {".ninja_deps", ".ninja_log", "LastTest.log", "mutate.json"}


def test_python_tests_of_the_tool_count(project, tmp_path):
    """With them what the unit test does not reach is caught; and with a mark they say that it is wrong."""
    (project / "tests").mkdir(exist_ok=True)
    (project / "tests/test_tool.py").write_text(PYTHON)
    (project / "build/venv").symlink_to(ROOT / "build/venv")
    try:
        result = mutate(project, tmp_path, "--files", "src/small.c", "--python", "tests")
        assert not kinds(result, "never") and result["sources"]["src/small.c"]["caught"] >= 8
        alone = mutate(project, tmp_path, "--files", "src/small.c", "--python", "tests/test_tool.py", "--without", "small")
        assert not kinds(alone, "never") and kinds(alone, "twice")
        assert "no Python tests there" in mutate(project, tmp_path, "--python", "src", code=1)
    finally:
        (project / "build/venv").unlink()


MARK = "src/small.c, never\n- return a - LESS;\n+ {}\n= nobody calls it\n"


def test_a_marked_mistake_is_not_planted(project, tmp_path):
    result = mutate(project, tmp_path, "--files", "src/small.c",
                    marks=MARK.format("return a + LESS;"))
    assert ("operator", "return a + LESS;") not in kinds(result, "never")
    assert ("answer 0", "return 0;") in kinds(result, "never")


def test_a_mark_that_fits_nothing_is_stale(project, tmp_path):
    result = mutate(project, tmp_path, "--bound", "3", marks=MARK.format("return a * LESS;"),
                    code=1)
    assert [m["new"] for m in result["stale_marks"]] == ["return a * LESS;"]
    said = mutate(project, tmp_path, "--check-marks", marks=MARK.format("return a % LESS;"), code=1)
    assert "a stale mark" in said and "return a % LESS;" in said


def test_a_mark_of_a_file_that_is_gone_is_stale(project, tmp_path):
    gone = MARK.replace("small.c", "gone.c").format("return 0;")
    assert "gone.c" in mutate(project, tmp_path, "--check-marks", marks=gone, code=1)


def test_a_mark_that_a_test_catches_is_wrong(project, tmp_path):
    wrong = "src/small.c, twice\n- return a + a;\n+ return a - a;\n= (not so)\n"
    result = mutate(project, tmp_path, "--marked", marks=wrong, code=1)
    assert [(m["new"], m["test"]) for m in result["wrong_marks"]] == [("return a - a;", "small")]


@pytest.mark.parametrize("marks", ["src/small.c, never\n- a\n+ b\n", "src/small.c\n+ b\n- a\n= c\n",
                                   MARK.format("b") + "\n" + MARK.format("b")])
def test_malformed_marks_are_named(project, tmp_path, marks):
    said = mutate(project, tmp_path, marks=marks, code=1)
    assert said.startswith("mutate: ") and "marks:" in said and "Traceback" not in said


def test_survivors_are_planted_again(project, tmp_path):
    """With a mark for one of them; the sum is that of a whole run."""
    first = mutate(project, tmp_path, "--files", "src/small.c")
    (tmp_path / "before").mkdir()
    (tmp_path / "before/first.json").write_text(json.dumps(first))
    made = subprocess.run([RUN, "--root", project, "--again", tmp_path / "before/first.json",
                           "--marks", tmp_path / "marks", "--json"], capture_output=True, text=True,
                          timeout=120)
    second = json.loads(made.stdout)
    assert second["folders"] == first["folders"]
    assert len(second["survivors"]) == len(first["survivors"])
    (tmp_path / "marks").write_text(MARK.format("return a + LESS;"))
    made = subprocess.run([RUN, "--root", project, "--again", tmp_path / "before/first.json",
                           "--marks", tmp_path / "marks", "--json"], capture_output=True, text=True,
                          timeout=120)
    assert json.loads(made.stdout)["folders"]["src"]["survived"] == \
        first["folders"]["src"]["survived"] - 1
    (tmp_path / "before/first.json").write_text("{}")
    made = subprocess.run([RUN, "--root", project, "--again", tmp_path / "before/first.json"],
                          capture_output=True, text=True, timeout=120)
    assert made.returncode == 1 and "not what --json writes" in made.stderr


def test_the_same_seed_is_the_same_sample_and_every_file_is_in_it(project, tmp_path):
    def listed(seed):
        return mutate(project, tmp_path, "--list", "--bound", "6", "--seed", seed).splitlines()

    assert listed("1") == listed("1")
    assert len({tuple(listed(str(seed))) for seed in range(5)}) > 1
    assert {line.split(":")[0] for line in listed("1")} == {
        "src/small.c", "src/other.c", "src/seven.c"}


def test_a_folder_that_catches_enough_is_exit_code_0(project, tmp_path):
    mutate(project, tmp_path, "--at-least", "100", "--files", "src/other.c")


def test_a_test_that_fails_without_a_mistake_is_named(project, tmp_path):
    build = tmp_path / "build"
    (tmp_path / "src").mkdir()
    for name in ("CMakeLists.txt", "tool.c", "src/small.c", "src/other.c", "src/seven.c",
                 "src/private.h"):
        (tmp_path / name).write_text((project / name).read_text())
    (tmp_path / "test.c").write_text("int main(void)\n{\n    return 3;\n}\n")
    for command in (["cmake", "-G", "Ninja", "-B", build], ["cmake", "--build", build]):
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    made = subprocess.run([RUN, "--root", tmp_path, "--build", build], capture_output=True,
                          text=True, timeout=120)
    assert made.returncode == 1 and "'small' fails without any mistake" in made.stderr


@pytest.mark.parametrize("arguments, says", [
    (["--files", "src/none.c"], "no file fits src/none.c"),
    (["--build", "/nonexistent"], "Build it first: make host"),
    (["--jobs", "0"], "--jobs 1 or more"),
])
def test_what_cannot_be_done_is_said(project, tmp_path, arguments, says):
    made = subprocess.run([RUN, "--root", project, *arguments], capture_output=True, text=True,
                          timeout=60)
    assert made.returncode and says in made.stderr and "Traceback" not in made.stderr


def test_stopped_it_leaves_nothing_and_tells_what_it_knows(project, tmp_path):
    """The test itself never ends with this mistake: so it is stopped in the middle of it."""
    child = subprocess.Popen([RUN, "--root", project, "--bound", "0"], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True,
                             env={**os.environ, "TMPDIR": str(tmp_path)})
    until = time.monotonic() + 60
    while not list(tmp_path.glob("mutate.*/job.*/mistake.o")):
        assert child.poll() is None and time.monotonic() < until
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    said, told = child.communicate(timeout=60)
    assert child.returncode == 1 and "stopped" in told and "folder" in said
    assert "Traceback" not in told and list(tmp_path.iterdir()) == []


def planted(text):
    return {m.plant(text) for m in mistakes.find(text)}


@pytest.mark.parametrize("body, made", [
    ("return a == b;", ["return a != b;", "return 0;", "return !(a == b);"]),
    ("return a << 2;", ["return a >> 2;", "return a << 3;", "return a << 1;"]),
    ("return a & 0xFu;", ["return a;", "return a | 0xFu;", "return a & 0x10u;"]),
    ("if (a && b < 3) a++;", ["if (a || b < 3) a++;", "if (a) a++;", "if (b < 3) a++;",
                              "if (!(a && b < 3)) a++;", "if (a && b <= 3) a++;",
                              "if (a && b < 3) ;"]),
    ("g(a, h(b), 1);", ["g(h(b), a, 1);", "g(a, 1, h(b));", ";"]),
    ("while (a) { if (b) break; a = !b; }", ["while (a) { if (b) ; a = !b; }",
                                             "while (a) { if (b) break; a = b; }"]),
    ("do a--; while (b);", ["do a--; while (!(b));", "do a++; while (b);"]),
    ("for (int i = 0; i < a; i++) f(i);", ["for (int i = 1; i < a; i++) f(i);",
                                           "for (int i = 0; i <= a; i++) f(i);"]),
])
def test_the_mistakes_there_are(body, made):
    frame = "static int f(int a, int b)\n{{\n    {}\n}}\n"
    missing = [m for m in made if frame.format(m) not in planted(frame.format(body))]
    assert not missing


@pytest.mark.parametrize("text", [
    "/* a == b && 1 */\n", "// a = 1;\n", "static int f(const char *p);\n",
    "static void f(void)\n{\n    g(\"1 + 1 == 2\", '3');\n}\n", "#include <a-1.h>\n",
])
def test_no_mistake_in_comments_strings_or_types(text):
    assert all(m.kind in ("statement removed", "arguments swapped") for m in mistakes.find(text))


def test_the_parser_reads_every_source_of_the_core():
    for path in (ROOT / "src").rglob("*.c"):
        text = path.read_text()
        found = mistakes.find(text)
        assert found or path.name == "alive.c", path  # its one function is empty
        assert all(m.plant(text) != text for m in found)


def test_the_projects_marks_fit_the_sources():
    made = subprocess.run([RUN, "--check-marks"], capture_output=True, text=True, timeout=60)
    assert made.returncode == 0, made.stdout + made.stderr
