# SPDX-License-Identifier: Apache-2.0
"""gen_esp32part.py's own code as a judge: its classes, out of the package esp-idf-defs, which holds
them with the command line, the status messages and the warnings taken away. What that removed is
put back here from what the program (ESP-IDF v6.0.2) was seen to print."""

import io
import os

from esp_idf_defs import partitions as theirs

CRASH = "crash"  # the original ends in a traceback


def _texts(message):
    """Two messages that the package words in another way."""
    return (message
            .replace("bootloader offset is not provided", "bootloader offset is not defined. Please "
                     "use --primary-bootloader-offset")
            .replace("which does not fit in available flash size", "which does not fit in configured "
                     "flash size"))


def convert(data, offset=0x8000, primary=None, recovery=None, md5=True, secure=None,
            flash_size=None, verify=True, env=None):
    """(exit code, output, last message), or CRASH. data: the input file's bytes."""
    before = dict(os.environ)
    os.environ.update(env or {})
    try:
        table = binary = None
        if data[:2] == theirs.PartitionDefinition.MAGIC_BYTES:
            binary, table = True, theirs.PartitionTable.from_binary(data, md5)
        else:
            table, binary = theirs.PartitionTable.from_file(io.BytesIO(data), offset, primary,
                                                            recovery)
        if verify:
            table.verify(offset, secure)
        if flash_size:
            table.verify_size_fits(flash_size << 20)
        return 0, table.to_csv().encode() if binary else table.to_binary(md5), ""
    except theirs.InputError as error:
        message = _texts(str(error))
        if "Recovery" in message:
            message = message.replace("--primary", "--recovery")
        if message.startswith("Error at line"):
            message += "\nPlease check extra_partition_subtypes.inc file in build/config directory"
        if "flash size" in message:
            message += (" Change the flash size in menuconfig under the 'Serial Flasher Config' "
                        "menu.")
        return 2, b"", message
    except Exception:  # whatever it is: the program would print a traceback and exit with 1
        return CRASH
    finally:
        os.environ.clear()
        os.environ.update(before)
