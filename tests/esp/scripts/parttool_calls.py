# SPDX-License-Identifier: Apache-2.0
"""What ESP-IDF's parttool_example.py asks of parttool and gen_empty_partition, call for call and in its
order, found where it looks for them: in $IDF_PATH.

    parttool_calls.py --port PORT --binary FILE"""
import argparse
import os
import sys


def same(one, other):
    """The shorter file is how the longer one begins."""
    with open(one, "rb") as f, open(other, "rb") as g:
        a, b = f.read(), g.read()
    length = min(len(a), len(b))
    assert length and a[:length] == b[:length], f"{one} and {other} differ"


def main():
    sys.path.append(os.path.expandvars(os.path.join("$IDF_PATH", "components", "partition_table")))
    from gen_empty_partition import generate_blanked_file
    from parttool import PartitionName, PartitionType, ParttoolTarget

    parser = argparse.ArgumentParser()
    parser.add_argument("--port", "-p")
    parser.add_argument("--binary", "-b")
    args = parser.parse_args()

    target = ParttoolTarget(args.port)
    target.read_partition(PartitionType("app", "factory"), "app.bin")
    same(args.binary, "app.bin")

    storage = PartitionName("storage")
    info = target.get_partition_info(storage)
    print("storage at 0x{:x}, 0x{:x} bytes".format(info.offset, info.size))
    with open("write.bin", "wb") as f:
        f.write(os.urandom(info.size))
    target.write_partition(storage, "write.bin")
    target.read_partition(storage, "read.bin")
    same("write.bin", "read.bin")

    target.erase_partition(storage)
    target.read_partition(storage, "read.bin")
    generate_blanked_file(info.size, "blank.bin")
    same("read.bin", "blank.bin")
    print("to the end")


if __name__ == "__main__":
    main()
