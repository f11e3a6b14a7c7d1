# SPDX-License-Identifier: Apache-2.0
"""OTA partitions and otadata, with the classes and arguments of ESP-IDF's otatool module.

    from otatool import *
    target = OtatoolTarget("/dev/ttyUSB0")
    target.switch_ota_partition(0)
    target.write_ota_partition("ota_1", "app.bin")

A change of otadata leaves a bootable choice, wherever it is cut."""

from __future__ import annotations

import collections
import struct
from typing import Sequence

if __package__:
    from . import _library
    from . import parttool as _parttool
else:  # the folder of the package itself is on the path
    import _library  # type: ignore[no-redef]
    import parttool as _parttool  # type: ignore[no-redef]

PARTITION_TABLE_OFFSET = _parttool.PARTITION_TABLE_OFFSET
PartitionName = _parttool.PartitionName
PartitionType = _parttool.PartitionType
ParttoolTarget = _parttool.ParttoolTarget
SPI_FLASH_SEC_SIZE = 0x2000

quiet = False


def status(msg: str) -> None:
    """Print a message, unless ``quiet``."""
    if not quiet:
        print(msg)


class OtatoolTarget:
    """A flash with OTA partitions. spi_flash_sec_size: of both records of otadata together."""

    OTADATA_PARTITION = PartitionType("data", "ota")

    def __init__(self, port: str | None = None, baud: int | None = None,
                 partition_table_offset: int = PARTITION_TABLE_OFFSET,
                 partition_table_file: str | None = None,
                 spi_flash_sec_size: int = SPI_FLASH_SEC_SIZE, esptool_args: Sequence[str] = (),
                 esptool_write_args: Sequence[str] = (), esptool_read_args: Sequence[str] = (),
                 esptool_erase_args: Sequence[str] = ()) -> None:
        self.target = ParttoolTarget(
            port, baud, partition_table_offset, partition_table_file=partition_table_file,
            esptool_args=esptool_args, esptool_write_args=esptool_write_args,
            esptool_read_args=esptool_read_args, esptool_erase_args=esptool_erase_args)
        self.spi_flash_sec_size = spi_flash_sec_size
        partition = self.target.get_partition_info(self.OTADATA_PARTITION)
        with self.target._open() as h:
            self.otadata = h.flash_read(partition.offset, spi_flash_sec_size)

    def _get_otadata_info(self) -> list:
        """Two records: (seq, crc), as they were when this object was made."""
        info = collections.namedtuple("info", "seq crc")
        return [info(*(struct.unpack_from("<I", self.otadata, copy + at)[0] for at in (0, 28)))
                for copy in (0, self.spi_flash_sec_size // 2)]

    def _get_partition_id_from_ota_id(self, ota_id: int | str) -> _parttool._PartitionId:
        if isinstance(ota_id, int):
            return PartitionType("app", "ota_" + str(ota_id))
        return PartitionName(ota_id)

    def erase_otadata(self) -> None:
        """Both records: the factory application starts, or else ota_0."""
        with self.target._open(change=True) as h:
            h.call("ota_erase")

    def switch_ota_partition(self, ota_id: int | str) -> None:
        """Start another OTA application from now on: by slot or by partition name."""
        with self.target._open(change=True) as h:
            slots = h.ota_slots()
            if slots == 0:
                raise Exception("No ota app partitions found")
            partition = self.target.get_partition_info(self._get_partition_id_from_ota_id(ota_id))
            slot = partition.subtype - 0x10
            if partition.type != 0 or not 0 <= slot < slots:
                raise Exception("Partition to switch to not found")
            h.call("ota_switch", slot)

    def read_ota_partition(self, ota_id: int | str, output: str) -> None:
        """Read it into a file."""
        self.target.read_partition(self._get_partition_id_from_ota_id(ota_id), output)

    def write_ota_partition(self, ota_id: int | str, input_file: str) -> None:
        """Erase it and write a file into it."""
        self.target.write_partition(self._get_partition_id_from_ota_id(ota_id), input_file)

    def erase_ota_partition(self, ota_id: int | str) -> None:
        """Erase it."""
        self.target.erase_partition(self._get_partition_id_from_ota_id(ota_id))


def main() -> None:
    """The program: otatool.py [options] {read_otadata,...} ..."""
    _library.main("otatool")


if __name__ == "__main__":
    main()
