# SPDX-License-Identifier: Apache-2.0
"""The tool as a person calls it on layouts of other tools."""
import json
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host")
SEED = int(os.environ.get("BULKHEAD_SEED", "15"))
EXAMPLES = ROOT / "tests/layout/data"
PRODUCTS = ("lamp", "tracker", "badge", "gateway")


class Tool:
    """tool(*words, code=0) runs bulkhead in a folder and checks the exit code."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, *words, code=0):
        done = subprocess.run([str(BUILD / "cli" / "bulkhead"), *map(str, words)], cwd=self.folder,
                              text=True, timeout=60, capture_output=True, stdin=subprocess.DEVNULL)
        assert done.returncode == code, (f"bulkhead {' '.join(map(str, words))}\nexit code "
                                         f"{done.returncode}, not {code}\n{done.stdout}{done.stderr}")
        return done

    def write(self, name, text):
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)
        return name

    def shown(self, name, *words):
        return json.loads(self("layout", "show", "--json", *words, name).stdout)

    def places(self, name, *words):
        """{name: (device, offset, size)} of what is shown."""
        return {p["name"]: (p["device"], p["offset"], p["size"])
                for p in self.shown(name, *words)["partitions"]}

    def convert(self, name, to, *words, code=0):
        return self("layout", "convert", "--to", to, *words, name, code=code)

    def findings(self, name, *words):
        done = subprocess.run([str(BUILD / "cli" / "bulkhead"), "layout", "check", "--json",
                               *map(str, words), name], cwd=self.folder, text=True, timeout=60,
                              capture_output=True)
        assert done.returncode in (0, 3), done.stderr
        return json.loads(done.stdout)["findings"]


def c_defines(text, folder):
    """Values of a header's macros, as a C compiler has them."""
    names = sorted(set(re.findall(r"#define (\w+)[ \t]+\S", text)))
    lines = [f'printf("{n} %lld\\n", (long long)({n}));' for n in names if not n.endswith("_EXT")]
    (folder / "t.c").write_text(f'#include <stdio.h>\n#include "t.h"\nint main(void) {{ {" ".join(lines)} return 0; }}\n')
    (folder / "t.h").write_text(text)
    subprocess.run(["cc", "-Wall", "-Werror", "t.c", "-o", "t"], cwd=folder, check=True)
    out = subprocess.run(["./t"], cwd=folder, check=True, text=True, capture_output=True).stdout
    return {n: int(v) for n, v in (line.split() for line in out.splitlines())}


STATIC = """\
mcuboot: {address: 0x0, size: 0xc000}
mcuboot_pad: {address: 0xc000, size: 0x200}
app: {address: 0xc200, size: 0x79e00}
mcuboot_primary: {address: 0xc000, size: 0x7a000, span: [mcuboot_pad, app]}
mcuboot_secondary: {address: 0x86000, size: 0x78000}
EMPTY_0: {address: 0xfe000, size: 0x0}
settings_storage: {address: 0xfe000, size: 0x2000}
assets: {address: 0x0, size: 0x100000, region: external_flash}
"""
EQUAL_SLOTS = STATIC.replace("size: 0x78000", "size: 0x78000").replace("0x79e00", "0x77e00").replace(
    "0xc000, size: 0x7a000", "0xc000, size: 0x78000").replace("0x86000, size: 0x78000",
                                                               "0x84000, size: 0x78000").replace(
    "EMPTY_0: {address: 0xfe000, size: 0x0}", "EMPTY_0: {address: 0xfc000, size: 0x2000}")
TARGET_H = """\
/* a board */\r
#ifndef H_TARGETS_TARGET_\r
#define H_TARGETS_TARGET_\r
#define K(x) ((x) * 1024) // no constant\r
#define SECTOR (0x20 * 1024)\r
#define WOLFBOOT_SECTOR_SIZE (SECTOR * 4) /* 128 KB\r
 on two lines */\r
#define WOLFBOOT_PARTITION_SIZE (WOLFBOOT_SECTOR_SIZE << 1)\r
#define WOLFBOOT_PARTITION_BOOT_ADDRESS (0x08000000UL + WOLFBOOT_SECTOR_SIZE)\r
#define WOLFBOOT_PARTITION_UPDATE_ADDRESS \\\r
    (WOLFBOOT_PARTITION_BOOT_ADDRESS + WOLFBOOT_PARTITION_SIZE)\r
#ifdef NOT_HERE\r
#define WOLFBOOT_PARTITION_SWAP_ADDRESS 0x1\r
#else\r
#define WOLFBOOT_PARTITION_SWAP_ADDRESS (0x80A0000)\r
#endif\r
#endif\r
"""
MEMORY_X = """\
MEMORY
{
  /* embassy's bootloader */
  FLASH             : ORIGIN = 0x08000000, LENGTH = 24K
  BOOTLOADER_STATE  : ORIGIN = 0x08006000, LENGTH = 4K
  ACTIVE            : ORIGIN = 0x08008000, LENGTH = 32K
  DFU               : ORIGIN = ORIGIN(ACTIVE) + LENGTH(ACTIVE), LENGTH = 36K
  RAM         (rwx) : ORIGIN = 0x20000000, LENGTH = 16K
}
"""
TREE = """\
/dts-v1/;
/ {
	#address-cells = <1>;
	#size-cells = <1>;
	chosen { zephyr,code-partition = &slot0_partition; };
	soc {
		#address-cells = <1>;
		#size-cells = <1>;
		controller@40022000 {
			#address-cells = <1>;
			#size-cells = <1>;
			reg = <0x40022000 0x400>;
			flash0: flash@8000000 {
				compatible = "soc-nv-flash";
				reg = <0x08000000 0x80000>;
				erase-block-size = <0x800>;
				write-block-size = <8>;
				partitions {
					compatible = "fixed-partitions";
					#address-cells = <1>;
					#size-cells = <1>;
					boot_partition: partition@0 { label = "mcuboot"; reg = <0x0 0x8000>; read-only; };
					slot0_partition: partition@8000 {
						compatible = "fixed-subpartitions";
						label = "image-0";
						reg = <0x8000 0x30000>;
						ranges = <0x0 0x8000 0x30000>;
						#address-cells = <1>;
						#size-cells = <1>;
						slot0_s_partition: partition@0 { label = "image-0-secure"; reg = <0x0 0x10000>; };
						slot0_ns_partition: partition@10000 { label = "image-0-nonsecure"; reg = <0x10000 0x20000>; };
					};
					old: partition@38000 { label = "old"; reg = <0x38000 0x800>; status = "disabled"; };
				};
			};
		};
		spi@50000000 {
			#address-cells = <1>;
			#size-cells = <0>;
			reg = <0x50000000 0x1000>;
			mx25r64: nor@0 {
				compatible = "jedec,spi-nor";
				reg = <0>;
				size = <0x4000000>;
				partitions {
					compatible = "fixed-partitions";
					#address-cells = <1>;
					#size-cells = <1>;
					slot1_partition: partition@0 { label = "image-1"; reg = <0x0 0x30000>; };
				};
			};
		};
	};
};
"""
