# SPDX-License-Identifier: Apache-2.0
"""Does a binary fit its place? With the functions and the command line of ESP-IDF's check_sizes module.

    python check_sizes.py partition --type app partition-table.bin app.bin
    python check_sizes.py bootloader 0x1000 bootloader.bin"""

from __future__ import annotations

from typing import Any

if __package__:
    from . import _library
else:  # the folder of the package itself is on the path
    import _library  # type: ignore[no-redef]

allow_failures = False


def _path(file: Any) -> str:
    """Of a file by name, or an open one."""
    return str(getattr(file, "name", file))


def _check(*arguments: str) -> None:
    code = _library.program("check_sizes", ["check_sizes", *(["--allow_failures"] * allow_failures),
                                            *arguments])
    if code:
        raise SystemExit(code)


def check_bootloader(partition_table_offset: int, bootloader_offset: int, binary_file: Any) -> None:
    """SystemExit if it reaches into the partition table."""
    _check("--offset", str(partition_table_offset), "bootloader", str(bootloader_offset),
           _path(binary_file))


def check_partition(ptype: str, subtype: str | None, partition_table_file: Any,
                    bin_file: Any) -> None:
    """SystemExit if it fits no partition of the type."""
    _check("partition", "--type", str(ptype), *(["--subtype", str(subtype)] if subtype else []),
           _path(partition_table_file), _path(bin_file))


def main() -> None:
    """The program: check_sizes.py [options] {bootloader,partition} ..."""
    _library.main("check_sizes")


if __name__ == "__main__":
    main()
