# SPDX-License-Identifier: Apache-2.0
"""What ESP-IDF's otatool_example.py asks of otatool, call for call and in its order, found where it
looks for it: in $IDF_PATH. The module get_running_partition is there too, an example's own; here it is
what the test puts beside this file.

    otatool_calls.py --port PORT --binary FILE"""
import argparse
import os
import sys

from get_running_partition import get_running_partition
from parttool_calls import same


def runs(expected, port):
    running = get_running_partition(port)
    assert running == expected, f"{running} runs, and not {expected}"


def main():
    sys.path.append(os.path.expandvars(os.path.join("$IDF_PATH", "components", "app_update")))
    from otatool import OtatoolTarget

    parser = argparse.ArgumentParser()
    parser.add_argument("--port", "-p")
    parser.add_argument("--binary", "-b")
    args = parser.parse_args()

    target = OtatoolTarget(args.port)
    target.write_ota_partition(0, args.binary)
    target.write_ota_partition("ota_1", args.binary)
    target.read_ota_partition("ota_0", "app0.bin")
    target.read_ota_partition(1, "app1.bin")
    same("app0.bin", args.binary)
    same("app1.bin", args.binary)

    target.erase_otadata()
    runs("factory", args.port)
    for slot, expected in ((0, "ota_0"), (1, "ota_1"), ("ota_1", "ota_1"), (0, "ota_0"), ("ota_0", "ota_0")):
        target.switch_ota_partition(slot)
        runs(expected, args.port)
    target.erase_otadata()
    runs("factory", args.port)
    target.switch_ota_partition(1)
    runs("ota_1", args.port)
    print("to the end")


if __name__ == "__main__":
    main()
