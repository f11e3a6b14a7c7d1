# SPDX-License-Identifier: Apache-2.0
"""Have a build use these programs in place of the originals: ESP-IDF's own, PlatformIO's, Arduino's.

    python -m bulkhead.idf              in $IDF_PATH
    python -m bulkhead.idf FOLDER       in another copy of ESP-IDF, in PlatformIO's package
                                        framework-espidf, or in a core of Arduino's
    python -m bulkhead.idf --undo [FOLDER]

Each original is renamed to NAME.py.original; in its place comes a file of a few lines that runs the
module of that name from this package."""

from __future__ import annotations

import argparse
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
PLACES = [os.path.join("components", "partition_table", name + ".py")
          for name in ("gen_esp32part", "parttool", "check_sizes", "gen_empty_partition")]
PLACES += [os.path.join("components", "app_update", "otatool.py"),
           os.path.join("tools", "gen_esp32part.py")]
MARK = "# Bulkhead's, in place of the original."
STUB = MARK + ''' To undo: python -m bulkhead.idf --undo
import sys

sys.path.insert(0, {folder!r})
try:
    with open({path!r}, encoding="utf-8") as _file:
        _text = _file.read()
except OSError as _error:
    sys.exit(
        f"{{_error.filename}}: {{_error.strerror}}: the Python package bulkhead-flash was here, and "
        "programs of it are in the place of ESP-IDF's. Install it again (pip install bulkhead-flash) "
        f"and run 'python -m bulkhead.idf FOLDER', or rename {{__file__}}.original to {{__file__}}.")
exec(compile(_text, {path!r}, "exec"))
'''


def _is_ours(path: str) -> bool:
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read(len(MARK)) == MARK


def link(folder: str) -> list[str]:
    """Put ours in place of the originals that are there; the places."""
    places = [os.path.join(folder, place) for place in PLACES]
    places = [place for place in places if os.path.isfile(place)]
    for place in places:
        stub = STUB.format(folder=FOLDER, path=os.path.join(FOLDER, os.path.basename(place)))
        if not _is_ours(place):
            os.replace(place, place + ".original")
        with open(place + ".new", "w", encoding="utf-8") as f:
            f.write(stub)
        os.replace(place + ".new", place)
    return places


def undo(folder: str) -> list[str]:
    """Put the originals back; the places."""
    places = [os.path.join(folder, place) for place in PLACES]
    places = [place for place in places if os.path.isfile(place + ".original")]
    for place in places:
        os.replace(place + ".original", place)
    return places


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser("python -m bulkhead.idf", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--undo", action="store_true", help="put the originals back")
    parser.add_argument("folder", nargs="?", default=os.environ.get("IDF_PATH"),
                        help="default: $IDF_PATH")
    a = parser.parse_args()
    if not a.folder:
        parser.error("no folder is named, and IDF_PATH is not set")
    places = undo(a.folder) if a.undo else link(a.folder)
    for place in places:
        print(f"{'put back' if a.undo else 'replaced'} {place}")
    if not places:
        sys.exit(f"{a.folder}: " + ("nothing to put back." if a.undo else
                 "neither ESP-IDF nor a core of Arduino's: it has none of " + ", ".join(PLACES) + "."))


if __name__ == "__main__":
    main()
