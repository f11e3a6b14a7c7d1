# SPDX-License-Identifier: Apache-2.0
"""Partition tables, with the classes, functions and command line of ESP-IDF's gen_esp32part module.

    python gen_esp32part.py partitions.csv partition-table.bin

The module's globals are options, as there: ``quiet``, ``md5sum``, ``secure``, ``offset_part_table``,
``primary_bootloader_offset``, ``recovery_bootloader_offset``."""

from __future__ import annotations

import codecs
import struct
import sys
from typing import BinaryIO, Iterable, Iterator

if __package__:
    from . import _library
else:  # the folder of the package itself is on the path
    import _library  # type: ignore[no-redef]

MAX_PARTITION_LENGTH = 0xC00
MD5_PARTITION_BEGIN = b"\xeb\xeb" + b"\xff" * 14
PARTITION_TABLE_SIZE = 0x1000
MIN_PARTITION_SUBTYPE_APP_OTA = 0x10
NUM_PARTITION_SUBTYPE_APP_OTA = 16
MIN_PARTITION_SUBTYPE_APP_TEE = 0x30
NUM_PARTITION_SUBTYPE_APP_TEE = 2
NVS_RW_MIN_PARTITION_SIZE = 0x3000
SECURE_NONE = None
SECURE_V1 = "v1"
SECURE_V2 = "v2"

APP_TYPE = 0x00
DATA_TYPE = 0x01
BOOTLOADER_TYPE = 0x02
PARTITION_TABLE_TYPE = 0x03
TYPES: dict[str, int] = _library.Handle().keywords(-1)
ALIGNMENT = {APP_TYPE: 0x10000, DATA_TYPE: 0x1000, BOOTLOADER_TYPE: 0x1000,
             PARTITION_TABLE_TYPE: 0x1000}
SUBTYPES: dict[int, dict[str, int]] = {t: _library.Handle().keywords(t) for t in range(4)}

quiet = False
md5sum = True
secure: str | None = SECURE_NONE
offset_part_table = 0
primary_bootloader_offset: int | None = None
recovery_bootloader_offset: int | None = None
_extra: list[str] = []


class InputError(RuntimeError):
    """Something is wrong with a table. The text is the one that gen_esp32part prints."""


class ValidationError(InputError):
    """A partition breaks a rule."""


class FieldError(InputError, struct.error):
    """A number does not fit its field. (The original raises struct.error.)"""


def status(msg: str) -> None:
    """Print a message on standard error, unless ``quiet``."""
    if not quiet:
        critical(msg)


def critical(msg: str) -> None:
    """Print a message on standard error."""
    sys.stderr.write(msg + "\n")


def _handle() -> _library.Handle:
    """A handle with the options of this module."""
    h = _library.Handle()
    h.set(_library.TABLE_OFFSET, offset_part_table)
    h.set(_library.PRIMARY_BOOTLOADER, _library.NOWHERE if primary_bootloader_offset is None
          else primary_bootloader_offset)
    h.set(_library.RECOVERY_BOOTLOADER, _library.NOWHERE if recovery_bootloader_offset is None
          else recovery_bootloader_offset)
    h.set(_library.MD5, int(md5sum))
    h.set(_library.SECURE, {None: 0, "v1": 1, "v2": 2}[secure])
    for triple in _extra:
        h.call("extra_subtype", triple.encode())
    return h


def _call(h: _library.Handle, name: str, *arguments: object) -> None:
    """Call; print warnings; raise what is wrong as this module's exceptions."""
    try:
        h.call(name, *arguments)
    except _library.Failure as failure:
        raise _error(str(failure)) from None
    finally:
        if h.warnings():
            critical(h.warnings())


def _error(text: str) -> InputError:
    """The exception that the original raises with such a text."""
    if not text.startswith("Partition ") or " invalid: " not in text:
        return InputError(text)
    return FieldError(text) if " is not within 0 and " in text else ValidationError(text)


def add_extra_subtypes(csv: Iterable[str]) -> None:
    """Make subtypes known: "type,name,value" each; the value is hexadecimal."""
    for triple in csv:
        h = _handle()
        _call(h, "extra_subtype", triple.encode())
        _extra.append(triple)
        SUBTYPES.update({t: h.keywords(t) for t in range(4)})


def get_ptype_as_int(ptype: int | str) -> int:
    """A type by keyword or number."""
    if isinstance(ptype, str):
        return TYPES[ptype] if ptype in TYPES else int(ptype, 0)
    return ptype


def get_subtype_as_int(ptype: int | str, subtype: int | str) -> int:
    """A subtype of a type by keyword or number."""
    names = SUBTYPES.get(get_ptype_as_int(ptype), {})
    if isinstance(subtype, str):
        return names[subtype] if subtype in names else int(subtype, 0)
    return subtype


def get_partition_type(ptype: str) -> int:
    """A type by keyword; InputError for any other text."""
    if ptype not in TYPES:
        raise InputError("Invalid partition type")
    return TYPES[ptype]


def get_alignment_offset_for_type(ptype: int) -> int:
    """What the offset of a partition must be a multiple of."""
    return ALIGNMENT.get(ptype, ALIGNMENT[DATA_TYPE])


def get_alignment_size_for_type(ptype: int) -> int:
    """What its size must be a multiple of, with the secure boot of ``secure``."""
    if ptype != APP_TYPE:
        return 1
    return 0x10000 if secure == SECURE_V1 else 0x1000


def parse_int(v: str, keywords: dict[str, int] | None = None) -> int:
    """A number with K and M after it, or one of the keywords."""
    text, factor = v, 1
    while text and text[-1] in "kKmM":
        factor *= 1024 if text[-1] in "kK" else 1024 * 1024
        text = text[:-1]
    try:
        return int(text, 0) * factor
    except ValueError:
        pass
    for name in (v.lower(), text.lower()):
        if keywords and name in keywords:
            return keywords[name] * (factor if name != v.lower() else 1)
    if not keywords:
        raise InputError(f"Invalid field value {text}")
    raise InputError(f"Value '{text}' is not valid. Known keywords: {', '.join(keywords)}")


class PartitionDefinition:
    """A row of a table. offset None: not placed yet."""

    MAGIC_BYTES = b"\xaa\x50"
    FLAGS = {"encrypted": 0, "readonly": 1}

    def __init__(self) -> None:
        self.name = ""
        self.type: int | None = None
        self.subtype: int | None = None
        self.offset: int | None = None
        self.size: int | None = None
        self.encrypted = False
        self.readonly = False

    @classmethod
    def _from(cls, name: str, numbers: list[int]) -> PartitionDefinition:
        p = cls()
        p.name = name
        p.type, p.subtype, p.offset, p.size = numbers[:4]
        p.offset = None if p.offset == _library.UNPLACED else p.offset
        p.encrypted, p.readonly = bool(numbers[4]), bool(numbers[5])
        if numbers[_library.LINE]:
            p.line_no = numbers[_library.LINE]
        return p

    @classmethod
    def from_csv(cls, line: str, line_no: int) -> PartitionDefinition:
        """A row of CSV; its offset may stay open."""
        h = _handle()
        try:
            h.call("read_rows", *_with_length(line.strip().encode()))
        except _library.Failure as failure:
            text = str(failure).split("\n")[0].partition(": ")[2]
            raise InputError(text or str(failure)) from None
        p = cls._from(*next(h.rows()))
        p.line_no = line_no
        return p

    @classmethod
    def from_binary(cls, b: bytes) -> PartitionDefinition:
        """32 bytes."""
        if len(b) != 32:
            raise InputError("Partition definition length must be exactly 32 bytes. "
                             f"Got {len(b)} bytes.")
        h = _handle()
        _call(h, "read_binary", *_with_length(b + b"\xff" * 32))
        return cls._from(*next(h.rows()))

    def _add_to(self, h: _library.Handle) -> None:
        h.add(self.name, self.type or 0, self.subtype or 0,
              _library.UNPLACED if self.offset is None else self.offset, self.size or 0,
              int(self.encrypted), int(self.readonly))

    def get_flags_list(self) -> list[str]:
        """Names of the flags that are set."""
        return [flag for flag in self.FLAGS if getattr(self, flag)]

    def to_binary(self) -> bytes:
        """32 bytes."""
        h = _handle()
        self._add_to(h)
        return h.to_binary()[:32]

    def to_csv(self, simple_formatting: bool = False) -> str:
        """A line without its end."""
        h = _handle()
        self._add_to(h)
        return h.row_to_csv(simple_formatting)

    def verify(self) -> None:
        """Raises ValidationError if the row breaks a rule."""
        for field in ("type", "subtype", "offset", "size"):
            if getattr(self, field) is None:
                raise ValidationError(f"Partition {self.name} invalid: {field.capitalize()} field is "
                                      "not set")
        h = _handle()
        h.set(_library.TABLE_OFFSET, -PARTITION_TABLE_SIZE)  # the row alone: its place is free
        self._add_to(h)
        try:
            _call(h, "verify")
        except InputError as error:
            if isinstance(error, ValidationError) and " invalid: " in str(error):
                raise

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PartitionDefinition) and (
            (self.name, self.type, self.subtype, self.offset, self.size)
            == (other.name, other.type, other.subtype, other.offset, other.size))

    __hash__ = None  # type: ignore[assignment]

    def __lt__(self, other: PartitionDefinition) -> bool:
        return self.offset < other.offset  # type: ignore[operator]

    def __gt__(self, other: PartitionDefinition) -> bool:
        return self.offset > other.offset  # type: ignore[operator]

    def __le__(self, other: PartitionDefinition) -> bool:
        return self.offset <= other.offset  # type: ignore[operator]

    def __ge__(self, other: PartitionDefinition) -> bool:
        return self.offset >= other.offset  # type: ignore[operator]

    def __str__(self) -> str:
        return (f"Part '{self.name}' {self.type}/{self.subtype} @ "
                f"{'0x%x' % (self.offset or -1)} size {'0x%x' % (self.size or -1)}")

    def __repr__(self) -> str:
        def number(v: int | None) -> str:
            return "None" if v is None else "0x%x" % v

        return (f"PartitionDefinition('{self.name}', {number(self.type)}, {number(self.subtype or 0)}"
                f", {number(self.offset)}, {number(self.size)})")


class PartitionTable(list):  # of PartitionDefinition
    """A table: a list of rows in file order."""

    @classmethod
    def _from(cls, h: _library.Handle) -> PartitionTable:
        table = cls()
        table.extend(PartitionDefinition._from(name, numbers) for name, numbers in h.rows())
        return table

    @classmethod
    def from_file(cls, f: BinaryIO) -> tuple[PartitionTable, bool]:
        """A CSV or binary file; and was it binary?"""
        data = f.read()
        if _library.is_binary(data):
            status("Parsing binary partition input...")
            return cls.from_binary(data), True
        status("Parsing CSV input...")
        data.decode(_encoding(data))  # raises UnicodeDecodeError, as the original does
        h = _handle()
        _call(h, "read_csv", *_with_length(data))
        return cls._from(h), False

    @classmethod
    def from_csv(cls, csv_contents: str) -> PartitionTable:
        """The text of a CSV file; all rows are placed."""
        h = _handle()
        _call(h, "read_csv", *_with_length(csv_contents.encode()))
        return cls._from(h)

    @classmethod
    def from_binary(cls, b: bytes) -> PartitionTable:
        """The bytes of a table, up to its end row at least."""
        h = _handle()
        try:
            _call(h, "read_binary", *_with_length(b))
        except InputError as error:
            if "is not UTF-8 text" in str(error):
                for row in range(0, len(b), 32):  # raises UnicodeDecodeError, as the original does
                    b[row + 12:row + 28].partition(b"\0")[0].decode()
            raise
        return cls._from(h)

    def _handle(self) -> _library.Handle:
        h = _handle()
        for p in self:
            p._add_to(h)
        return h

    def __getitem__(self, item):  # type: ignore[no-untyped-def]
        if not isinstance(item, str):
            return super().__getitem__(item)
        for p in self:
            if p.name == item:
                return p
        raise ValueError(f"No partition entry named '{item}'")

    def find_by_type(self, ptype: int | str, subtype: int | str) -> Iterator[PartitionDefinition]:
        """Partitions of a type and subtype, each a keyword or a number."""
        t, s = get_ptype_as_int(ptype), get_subtype_as_int(ptype, subtype)
        return (p for p in self if p.type == t and p.subtype == s)

    def find_by_name(self, name: str) -> PartitionDefinition | None:
        """The partition of that name."""
        return next((p for p in self if p.name == name), None)

    def verify(self) -> None:
        """Raises InputError at the first rule that is broken."""
        for p in self:
            p_unset = [f for f in ("type", "subtype", "offset", "size") if getattr(p, f) is None]
            if p_unset:
                p.verify()
        _call(self._handle(), "verify")

    def verify_size_fits(self, flash_size_bytes: int) -> None:
        """Raises InputError if the table needs more flash than that."""
        _call(self._handle(), "verify_size", flash_size_bytes)

    def flash_size(self) -> int:
        """Where the partition with the highest offset ends."""
        last = max(self, key=lambda p: p.offset, default=None)
        return last.offset + last.size if last else 0

    def to_binary(self) -> bytes:
        """3072 bytes."""
        h = self._handle()
        try:
            return h.to_binary()
        except _library.Failure as failure:
            raise _error(str(failure)) from None

    def to_csv(self, simple_formatting: bool = False) -> str:
        """Canonical CSV."""
        return self._handle().to_csv(simple_formatting)


def _encoding(data: bytes) -> str:
    """Of a CSV, by its byte order mark."""
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"),
                           (codecs.BOM_UTF16_BE, "utf-16"), (codecs.BOM_UTF32_BE, "utf-32")):
        if data.startswith(mark):
            return encoding
    return "utf-8"


def _with_length(data: bytes) -> tuple[bytes, int]:
    return data, len(data)


def main() -> None:
    """The program: gen_esp32part.py [options] INPUT [OUTPUT]"""
    _library.main("gen_esp32part")


if __name__ == "__main__":
    main()
