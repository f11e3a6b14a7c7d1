# SPDX-License-Identifier: Apache-2.0
"""Builds the wheel (PEP 517) with the C compiler and nothing else: the package's modules, and the
library behind them made of the C files that python/CMakeLists.txt names too."""

import base64
import glob
import hashlib
import os
import subprocess
import sysconfig
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
NAME, VERSION = "bulkhead_flash", "0.1.0"
SOURCES = ["src/base/*.c", "src/flash/*.c", "src/table/*.c", "src/mailbox/otadata*.c",
           "host/table/*.c", "host/esptool.c", "host/io.c", "host/report.c", "host/system_posix.c",
           "host/target*.c", "cli/dropin_*.c", "python/native.c"]


def _compile(target):
    files = sorted(f for pattern in SOURCES for f in glob.glob(os.path.join(ROOT, pattern))
                   if os.path.basename(f) != "dropin_main.c")
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O2", "-std=gnu11",
                    "-fvisibility=hidden", "-s", f"-I{ROOT}", f"-I{ROOT}/include", "-o", target,
                    *files], check=True)


def _record(name, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}\n"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    tag = "py3-none-" + sysconfig.get_platform().replace("-", "_").replace(".", "_")
    info = f"{NAME}-{VERSION}.dist-info"
    files = {}
    for path in sorted(glob.glob(os.path.join(HERE, "bulkhead", "*"))):
        if path.endswith((".py", ".typed")):
            with open(path, "rb") as f:
                files["bulkhead/" + os.path.basename(path)] = f.read()
    with tempfile.TemporaryDirectory() as folder:
        library = os.path.join(folder, "_native.so")
        _compile(library)
        with open(library, "rb") as f:
            files["bulkhead/_native.so"] = f.read()
    files[f"{info}/METADATA"] = (
        "Metadata-Version: 2.1\nName: bulkhead-flash\n"
        f"Version: {VERSION}\nLicense: Apache-2.0\nRequires-Python: >=3.9\n").encode()
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: bulkhead\nRoot-Is-Purelib: false\nTag: {tag}\n").encode()
    record = "".join(_record(name, data) for name, data in files.items())
    files[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    wheel = f"{NAME}-{VERSION}-{tag}.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            out.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return wheel


def build_sdist(sdist_directory, config_settings=None):
    raise NotImplementedError("the C files lie outside this folder: build a wheel in the source tree")
