# SPDX-License-Identifier: Apache-2.0
"""A file of erased flash, with the function and the command line of ESP-IDF's module of this name.

    python gen_empty_partition.py SIZE [FILE]"""

from __future__ import annotations

import sys

if __package__:
    from . import _library
else:  # the folder of the package itself is on the path
    import _library  # type: ignore[no-redef]


def generate_blanked_file(size: int, output_path: str) -> None:
    """size bytes 0xff into a file; "-" is standard output."""
    if output_path == "-":
        sys.stdout.buffer.write(b"\xff" * size)
        sys.stdout.buffer.flush()
        return
    with open(output_path, "wb") as f:
        f.write(b"\xff" * size)


def main() -> None:
    """The program: gen_empty_partition.py SIZE [FILE]"""
    _library.main("gen_empty_partition")


if __name__ == "__main__":
    main()
