# SPDX-License-Identifier: Apache-2.0
"""The C library, one handle at a time."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import subprocess
import sys
from typing import Iterator

_c = ctypes.CDLL(os.path.join(os.path.dirname(os.path.abspath(__file__)), "_native.so"))

UNPLACED = NOWHERE = -(1 << 63)
TABLE_LENGTH = 0xC00
TABLE_OFFSET, PRIMARY_BOOTLOADER, RECOVERY_BOOTLOADER, MD5, SECURE = range(5)
ESPTOOL_PROGRAM, ESPTOOL_MAIN, ESPTOOL_READ, ESPTOOL_WRITE, ESPTOOL_ERASE = range(5)
TYPE, SUBTYPE, OFFSET, SIZE, ENCRYPTED, READONLY, LINE = range(7)

_handle, _text, _number, _count = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int64, ctypes.c_size_t
_SIGNATURES = {
    "new": (_handle, []),
    "free": (None, [_handle]),
    "set": (None, [_handle, ctypes.c_int, _number]),
    "extra_subtype": (ctypes.c_int, [_handle, _text]),
    "error": (_text, [_handle]),
    "warnings": (_text, [_handle]),
    "clear": (None, [_handle]),
    "is_binary": (ctypes.c_int, [_text, _count]),
    "read_csv": (ctypes.c_int, [_handle, _text, _count]),
    "read_rows": (ctypes.c_int, [_handle, _text, _count]),
    "read_binary": (ctypes.c_int, [_handle, _text, _count]),
    "add": (None, [_handle, _text, _number, _number, _number, _number, ctypes.c_int, ctypes.c_int]),
    "verify": (ctypes.c_int, [_handle]),
    "verify_size": (ctypes.c_int, [_handle, _number]),
    "to_binary": (ctypes.c_int, [_handle, _text]),
    "to_csv": (_text, [_handle, ctypes.c_int]),
    "row_to_csv": (_text, [_handle, _count, ctypes.c_int]),
    "count": (_count, [_handle]),
    "name": (_text, [_handle, _count]),
    "number": (_number, [_handle, _count, ctypes.c_int]),
    "keyword": (_text, [_handle, _number, _count, ctypes.POINTER(_number)]),
    "flash_open": (ctypes.c_int, [_handle, _text, ctypes.c_int]),
    "flash_close": (None, [_handle]),
    "esptool": (ctypes.c_int, [_handle, ctypes.c_int, _text]),
    "esptool_baud": (None, [_handle, _text]),
    "esptool_exit": (ctypes.c_int, [_handle]),
    "flash_read": (ctypes.c_int, [_handle, _number, _text, _count]),
    "part_write": (ctypes.c_int, [_handle, _count, _text, _count, ctypes.c_int]),
    "part_erase": (ctypes.c_int, [_handle, _count, ctypes.c_int]),
    "ota_slots": (ctypes.c_int, [_handle]),
    "ota_erase": (ctypes.c_int, [_handle]),
    "ota_switch": (ctypes.c_int, [_handle, ctypes.c_int]),
    "ota_record": (ctypes.c_int, [_handle, ctypes.c_int, ctypes.c_int,
                                  ctypes.POINTER(ctypes.c_uint32)]),
    "program": (ctypes.c_int, [_text, ctypes.c_int, ctypes.POINTER(_text), ctypes.POINTER(_text)]),
}
for _name, (_result, _arguments) in _SIGNATURES.items():
    _function = getattr(_c, "bhp_" + _name)
    _function.restype, _function.argtypes = _result, _arguments


class Failure(Exception):
    """What the library says that went wrong."""


class EsptoolError(subprocess.CalledProcessError, Failure):
    """esptool failed. What it printed is on standard error."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, ["esptool"])
        self._text = text

    def __str__(self) -> str:
        return self._text


def esptool() -> list[str]:
    """How esptool is started: as a module of this Python if it has it; empty: whatever is found."""
    return [sys.executable, "-m", "esptool"] if importlib.util.find_spec("esptool") else []


class Handle:
    """A table, its options, and perhaps a flash. Freed with the object."""

    def __init__(self) -> None:
        self._h = _c.bhp_new()
        if not self._h:
            raise MemoryError

    def __del__(self) -> None:
        if getattr(self, "_h", None):
            _c.bhp_free(self._h)
            self._h = None

    def call(self, name: str, *arguments: object) -> None:
        """A function that can fail: raises Failure with its text."""
        if getattr(_c, "bhp_" + name)(self._h, *arguments):
            text = _c.bhp_error(self._h).decode("utf-8", "replace")
            code = _c.bhp_esptool_exit(self._h)
            raise EsptoolError(code, text) if code else Failure(text)

    def set_esptool(self, baud: int | str | None, *arguments: list[str]) -> None:
        """How a serial port is worked on: arguments for every command, for read, write, erase."""
        for kind, words in enumerate([esptool(), *arguments]):
            for word in words:
                self.call("esptool", kind, word.encode())
        if baud is not None:
            _c.bhp_esptool_baud(self._h, str(baud).encode())

    def open(self, target: str | None, change: bool) -> None:
        """A flash image file, or a serial port; None: the one that esptool finds."""
        self.call("flash_open", None if target is None else os.fsencode(target), int(change))

    def close(self) -> None:
        """Let the flash go, and its lock."""
        _c.bhp_flash_close(self._h)

    def warnings(self) -> str:
        """What the last call warned of, a line each; empty if of nothing."""
        return _c.bhp_warnings(self._h).decode("utf-8", "replace")

    def set(self, option: int, value: int) -> None:
        _c.bhp_set(self._h, option, value)

    def clear(self) -> None:
        _c.bhp_clear(self._h)

    def add(self, name: str, *numbers: int) -> None:
        _c.bhp_add(self._h, name.encode(), *numbers)

    def rows(self) -> Iterator[tuple[str, list[int]]]:
        """Name, and the numbers from TYPE to LINE, of each row."""
        for i in range(_c.bhp_count(self._h)):
            yield (_c.bhp_name(self._h, i).decode(),
                   [_c.bhp_number(self._h, i, which) for which in range(7)])

    def to_binary(self) -> bytes:
        out = ctypes.create_string_buffer(TABLE_LENGTH)
        self.call("to_binary", out)
        return out.raw

    def to_csv(self, simple: bool) -> str:
        return _c.bhp_to_csv(self._h, simple).decode()

    def row_to_csv(self, simple: bool) -> str:
        return _c.bhp_row_to_csv(self._h, 0, simple).decode()

    def keywords(self, type_: int) -> dict[str, int]:
        """Keywords of a type's subtypes, or of the types themselves (type_ < 0), in ESP-IDF's order."""
        found: dict[str, int] = {}
        value = ctypes.c_int64()
        while True:
            name = _c.bhp_keyword(self._h, type_, len(found), ctypes.byref(value))
            if name is None:
                return found
            found[name.decode()] = value.value

    def flash_read(self, offset: int, length: int) -> bytes:
        out = ctypes.create_string_buffer(max(length, 1))
        self.call("flash_read", offset, out, length)
        return out.raw[:length]

    def ota_slots(self) -> int:
        return _c.bhp_ota_slots(self._h)

    def ota_record(self, copy: int, which: int) -> int:
        value = ctypes.c_uint32()
        self.call("ota_record", copy, which, ctypes.byref(value))
        return value.value


def is_binary(data: bytes) -> bool:
    """Does a file with these bytes hold a binary table?"""
    return bool(_c.bhp_is_binary(data, len(data)))


def program(name: str, argv: list[str]) -> int:
    """Run one of ESP-IDF's programs; its exit code. argv[0] is what it calls itself."""
    words = [os.fsencode(word) for word in argv]
    how = [os.fsencode(word) for word in esptool()] if name in ("parttool", "otatool") else []
    sys.stdout.flush()
    sys.stderr.flush()
    return _c.bhp_program(name.encode(), len(words), (_text * (len(words) + 1))(*words, None),
                          (_text * (len(how) + 1))(*how, None))


def main(name: str) -> None:
    """What main() of a module does: run the program with the words of the command line, and leave
    Python if it fails."""
    code = program(name, sys.argv)
    if code:
        sys.exit(code)
