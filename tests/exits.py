# SPDX-License-Identifier: Apache-2.0
"""Every run of the tool in the tests of tests/cli and tests/layout ends with an exit code that the
command's --help names: a code that a person cannot look up is a fault of the help or of the command."""
import functools
import re
import subprocess


@functools.lru_cache(maxsize=None)
def named(tool, command):
    """{code: what its help says of it} of a command, as words of a tuple; None if there is none."""
    done = subprocess.run([tool, *command, "--help"], text=True, capture_output=True, timeout=60,
                          stdin=subprocess.DEVNULL, check=False)
    usage = re.search(r"^Usage: bulkhead ([a-z0-9 -]+?)(?= \[| -| [A-Z]|$)", done.stdout, re.M)
    listed = done.stdout.split("\nExit codes:\n")[1:]
    if done.returncode or not usage or usage[1].split() != list(command) or not listed:
        return None
    return {int(code): " ".join(text.split())
            for code, text in re.findall(r"^  (\d)  (.*(?:\n {5}.*)*)", listed[0], re.M)}


def check(tool, words, code):
    """Assert that the help of the command that these words name has this exit code."""
    words = [str(w) for w in words]
    for n in (2, 1):
        if len(words) >= n and all(re.fullmatch("[a-z][a-z0-9-]*", w) for w in words[:n]):
            codes = named(str(tool), tuple(words[:n]))
            if codes is not None:
                assert code in codes, (f"bulkhead {' '.join(words)}\nexit code {code} is not in its "
                                       f"help, which has {sorted(codes)}")
                return
