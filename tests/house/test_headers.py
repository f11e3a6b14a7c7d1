# SPDX-License-Identifier: Apache-2.0
"""The example at the top of each public header compiles, and each header compiles by itself.

An example is the indented part of the first comment. Words behind a statement (after two spaces) and
from "..." on are remarks. What it takes for granted is declared here."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADERS = sorted((ROOT / "include/bulkhead").glob("*.h"))
WITHOUT = {"mailbox.h"}  # a seam for bootloaders: its functions are called by no one else

GIVEN = r"""
extern const struct bh_flash chip;
extern const struct bh_region slot, region, pages[2];
extern const struct bh_product product;
extern const struct bh_policy policy;
extern const struct bh_pair pair, pairs[BH_PAIRS_MAX];
bh_report_fn report;
extern const struct bh_image_format *const formats[];
extern const struct bh_key key;
extern const struct bh_record_pair sizes[BH_PAIRS_MAX];
extern const struct bh_spi_bus bus;
extern const struct bh_page_run runs[1];
extern const struct bh_view view;
extern struct bh_work work;
extern struct bh_journal journal;
extern struct bh_image image;
extern uint8_t header[512], buf[64], sig[72];
extern const uint8_t *data, *digest, *piece;
extern uint32_t off, len, size, image_len, limit, piece_len, n, sig_len, n_slots, k;
extern uint8_t n_pairs;
bool receive(const uint8_t *piece, uint32_t *n);
void reset(void);
void jump(uint32_t address);
"""
LOCAL = {"stream.h": "struct bh_stream s;", "verify.h": "uint32_t floor = 0;",
         "select.h": "struct bh_select_inputs inputs;"}


def example(path):
    """Lines of C, remarks taken out."""
    comment = re.search(r"/\* bulkhead/.*?\*/", path.read_text(), re.DOTALL)[0]
    lines = re.findall(r"^ \*     (.*)$", comment, re.MULTILINE)
    return [re.sub(r"([;{])  +\S.*", r"\1", re.sub(r"\.\.\..*", "{ }", line)) for line in lines]


def compile_c(tmp_path, source):
    (tmp_path / "example.c").write_text(source)
    done = subprocess.run(["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-Wno-unused-variable",
                           "-Wno-unused-but-set-variable", "-fsyntax-only", f"-I{ROOT}/include",
                           "example.c"], cwd=tmp_path, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr + source


@pytest.mark.parametrize("path", HEADERS, ids=lambda p: p.name)
def test_header_needs_no_other_before_it(tmp_path, path):
    compile_c(tmp_path, f'#include "bulkhead/{path.name}"\n#include "bulkhead/{path.name}"\n')


@pytest.mark.parametrize("path", HEADERS, ids=lambda p: p.name)
def test_example_compiles(tmp_path, path):
    lines = example(path)
    if path.name in WITHOUT:
        assert lines == []
        return
    assert lines, f"{path.name} begins without an example"
    includes = "".join(f'#include "bulkhead/{p.name}"\n' for p in HEADERS)
    err = "" if any("int err" in line for line in lines) else "int err = 0;"
    body = "\n    ".join([LOCAL.get(path.name, ""), err, *lines, "return err;"])
    compile_c(tmp_path, f"{includes}{GIVEN}\nint example(void);\nint example(void)\n{{\n    {body}\n}}\n")
