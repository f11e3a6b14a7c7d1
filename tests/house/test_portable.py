# SPDX-License-Identifier: Apache-2.0
"""What needs more of the operating system than files is in one file, so that another system is one
more file beside it: host/system.h says what it has to offer."""
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
ONE = "host/system_posix.c"
LINES = "host/line_posix.c"  # and serial lines, behind host/line.h
FILES = subprocess.run(["git", "ls-files", "host/*.[ch]", "cli/*.[ch]", "sim/*.[ch]", "python/*.[ch]",
                        "ports/*.[ch]", "include/*.h", "src/*.[ch]"], cwd=ROOT, text=True,
                       capture_output=True, check=True).stdout.split()

# Processes, locks, and signals beyond what C has.
CALLS = ("fork vfork posix_spawn posix_spawnp execv execve execvp execl execlp popen system waitpid "
         "pipe pipe2 poll flock lockf sigaction sigprocmask kill").split()
HEADERS = "sys/file.h sys/wait.h spawn.h poll.h sys/select.h sys/ioctl.h termios.h".split()


def without_comments(name):
    return re.sub(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"", '""', (ROOT / name).read_text(), flags=re.DOTALL)


def found(text):
    calls = re.findall(rf"(?<![\w.>])({'|'.join(CALLS)})\(", text)
    return calls + [header for header in HEADERS if f"#include <{header}>" in text]


def test_the_one_file_has_them():
    assert {"flock", "fork", "posix_spawn", "waitpid", "sigaction"} <= set(
        found(without_comments(ONE)))


def test_no_other_file_has_one():
    others = {name: found(without_comments(name)) for name in FILES if name not in (ONE, LINES)}
    assert len(others) > 150
    assert {name: words for name, words in others.items() if words} == {}
