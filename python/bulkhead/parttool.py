# SPDX-License-Identifier: Apache-2.0
"""Partitions of a flash, with the classes and arguments of ESP-IDF's parttool module.

    from parttool import *
    target = ParttoolTarget("/dev/ttyUSB0")
    target.erase_partition(PartitionName("storage"))
    target.read_partition(PartitionType("data", "spiffs"), "spiffs.bin")
    target.write_partition(PartitionName("factory"), "factory.bin")
    print(target.get_partition_info(PARTITION_BOOT_DEFAULT).size)

port is a serial port, which the esptool of this Python works on; None: the one that it finds; or
"file:FLASH", an image of a flash. Everything is checked before anything is erased."""

from __future__ import annotations

import argparse  # noqa: F401 - scripts that import * from here rely on these modules
import contextlib
import io
import os
import re  # noqa: F401
import subprocess  # noqa: F401
import sys  # noqa: F401
import tempfile  # noqa: F401
from typing import Any, Iterator, Sequence

if __package__:
    from . import _library
    from . import gen_esp32part as gen
else:  # the folder of the package itself is on the path
    import _library  # type: ignore[no-redef]
    import gen_esp32part as gen  # type: ignore[no-redef]

COMPONENTS_PATH = os.path.expandvars(os.path.join("$IDF_PATH", "components"))
PARTITION_TABLE_OFFSET = 0x8000

quiet = False


def status(msg: str) -> None:
    """Print a message, unless ``quiet``."""
    if not quiet:
        print(msg)


class _PartitionId:
    """Which partition. All None: the one that is started by default."""

    def __init__(self, name: str | None = None, p_type: str | int | None = None,
                 subtype: str | int | None = None, part_list: Any = None) -> None:
        self.name = name
        self.type = p_type
        self.subtype = subtype
        self.part_list = part_list


class PartitionName(_PartitionId):
    """A partition by its name."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class PartitionType(_PartitionId):
    """The first partition of a type and subtype: keywords or numbers."""

    def __init__(self, p_type: str | int, subtype: str | int, part_list: Any = None) -> None:
        super().__init__(p_type=p_type, subtype=subtype, part_list=part_list)


PARTITION_BOOT_DEFAULT = _PartitionId()


def _expand(arguments: Sequence[str]) -> list[str]:
    """As esptool gets them: "k=v" is "--k v", "k" is "--k"."""
    expanded: list[str] = []
    for argument in arguments:
        name, equals, value = argument.rpartition("=")
        expanded += [f"--{name}", value] if equals else [f"--{argument}"]
    return expanded


class ParttoolTarget:
    """A flash and its table. The table is read at once: from partition_table_file, CSV or binary, or
    else out of the flash. Of the esptool arguments a file heeds one: it refuses "encrypt", for which
    the chip is needed.

    subprocess.CalledProcessError: esptool failed. InputError: the table is wrong."""

    def __init__(self, port: str | None = None, baud: int | None = None,
                 partition_table_offset: int = PARTITION_TABLE_OFFSET,
                 primary_bootloader_offset: int | None = None,
                 recovery_bootloader_offset: int | None = None,
                 partition_table_file: str | None = None, esptool_args: Sequence[str] = (),
                 esptool_write_args: Sequence[str] = (), esptool_read_args: Sequence[str] = (),
                 esptool_erase_args: Sequence[str] = ()) -> None:
        self.port = port
        self.baud = baud
        self._esptool = [list(a) for a in (esptool_args, esptool_read_args, esptool_write_args,
                                           esptool_erase_args)]
        self.esptool_args = _expand(esptool_args)
        self.esptool_write_args = _expand(esptool_write_args)
        self.esptool_read_args = _expand(esptool_read_args)
        self.esptool_erase_args = _expand(esptool_erase_args)
        gen.offset_part_table = partition_table_offset
        gen.primary_bootloader_offset = primary_bootloader_offset
        gen.recovery_bootloader_offset = recovery_bootloader_offset
        gen.quiet = True
        if partition_table_file:
            with open(partition_table_file, "rb") as f:
                self.partition_table, _ = gen.PartitionTable.from_file(f)
        else:
            with self._open() as h:
                data = h.flash_read(partition_table_offset, gen.MAX_PARTITION_LENGTH)
            self.partition_table, _ = gen.PartitionTable.from_file(io.BytesIO(data))

    @contextlib.contextmanager
    def _open(self, change: bool = False) -> Iterator[_library.Handle]:
        """The flash as it is now, and the table. What goes wrong is an Exception, as there."""
        h = gen._handle()
        try:
            h.set_esptool(self.baud, *self._esptool)
            h.open(None if self.port is None else str(self.port), change)
            for p in getattr(self, "partition_table", ()):
                p._add_to(h)
            yield h
        except _library.EsptoolError:
            raise
        except _library.Failure as failure:
            raise Exception(str(failure)) from None
        finally:
            h.close()

    def _row(self, partition: gen.PartitionDefinition) -> int:
        return next(i for i, p in enumerate(self.partition_table) if p is partition)

    def get_partition_info(self, partition_id: _PartitionId) -> Any:
        """The partition, or a list of all of the type if part_list is set.

        Raises Exception if there is none of that name, IndexError if none of that type, ValueError
        for a type that is neither keyword nor number."""
        if partition_id.name is not None:
            found = self.partition_table.find_by_name(partition_id.name)
        elif partition_id.type is not None and partition_id.subtype is not None:
            matches = list(self.partition_table.find_by_type(partition_id.type, partition_id.subtype))
            found = matches if partition_id.part_list else matches[0]
        else:
            found = self._boot_default()
        if found is None:
            raise Exception("Partition does not exist")
        return found

    def _boot_default(self) -> gen.PartitionDefinition | None:
        for subtype in ["factory"] + [f"ota_{i}" for i in range(16)]:
            for p in self.partition_table.find_by_type("app", subtype):
                return p
        return None

    def erase_partition(self, partition_id: _PartitionId) -> None:
        """Erase all of it. SystemExit if it is read-only."""
        p = self.get_partition_info(partition_id)
        self._refuse_readonly(p)
        with self._open(change=True) as h:
            h.call("part_erase", self._row(p), True)

    def read_partition(self, partition_id: _PartitionId, output: str) -> None:
        """Read all of it into a file."""
        p = self.get_partition_info(partition_id)
        with self._open() as h:
            data = h.flash_read(p.offset, p.size)
        with open(output, "wb") as f:
            f.write(data)

    def write_partition(self, partition_id: _PartitionId, input: str,
                        ignore_readonly: bool = False) -> None:
        """Erase it and write a file into it. SystemExit if it is read-only."""
        p = self.get_partition_info(partition_id)
        if not ignore_readonly:
            self._refuse_readonly(p)
        with open(input, "rb") as f:
            data = f.read()
        with self._open(change=True) as h:
            h.call("part_write", self._row(p), data, len(data), True)

    @staticmethod
    def _refuse_readonly(p: gen.PartitionDefinition) -> None:
        if p.readonly:
            raise SystemExit(f'"{p.name}" partition is read-only, (use the --ignore-readonly flag to '
                             "skip it)")


def main() -> None:
    """The program: parttool.py [options] {read_partition,...} ..."""
    _library.main("parttool")


if __name__ == "__main__":
    main()
