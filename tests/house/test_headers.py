# SPDX-License-Identifier: Apache-2.0
"""Headers hold what they promise: each compiles by itself, as C11 and as C++17; and the example at the
top of a header, public or private, compiles.

An example is the indented part of the first comment, unless that is a list of files. Words after a statement (after two spaces) and
from "..." on are remarks. What it takes for granted is declared here."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADERS = sorted((ROOT / "include/bulkhead").glob("*.h"))
WITHOUT = {"mailbox.h"}  # a seam for bootloaders: its functions are called by no one else
TRACKED = subprocess.run(["git", "ls-files", "*.h"], cwd=ROOT, text=True, capture_output=True,
                         check=True).stdout.split()
NOT_C = {"sim/explore/act.h": "the language of acts", "tests/crypto/vectors.h": "a file of vectors"}

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
         "select.h": "struct bh_select_inputs inputs;",
         "smp.h": "struct bh_smp_in in; uint8_t buffer[600]; extern uint8_t next_byte(void);"
                  "extern bh_put_fn put;",
         "measure.h": "extern struct bh_boot boot; extern struct bh_measure_more more;"
                      "uint8_t ram[256];",
         "recovery.h": "extern struct bh_boot boot; static struct bh_recovery r;"
                       "static struct bh_smp_server s; static uint8_t frame[512];"
                       "extern bh_put_fn put; extern int port_console_read(uint32_t ms);"}

# What the example of a private header takes for granted; its error goes to e, its path is path.
PRIVATE = {
    "cli/boot_line.h": "extern struct cli_boot_line line; extern char text[CLI_BOOT_LINE_TEXT];",
    "cli/device.h": "extern struct cli *cli;",
    "cli/product.h": "extern struct cli *cli;",
    "cli/dropin.h": "extern int argc; extern char **argv;",
    "cli/dropin_flash.h": "extern int argc; extern char **argv; extern const char usage[];"
                          "static const struct dropin_option options[1];"
                          "static const struct dropin_subcommand subcommands[1];"
                          "int prepare(struct dropin_run *, const struct dropin_subcommand *);",
    "cli/imgtool.h": "static const struct imgtool_option options[1];",
    "host/esptool.h": "extern uint8_t table[0xC00];",
    "host/ml_dsa.h": "extern uint8_t signature, *seed, *public_key;",
    "host/layout/assemble.h": "extern struct layout l; extern int code; extern struct host_bytes bytes;",
    "check/check.h": "extern const struct bh_product *port_product; extern struct bh_work work;"
                     "void port_put(char c);",
    "cli/new/templates.h": "#include <stddef.h>\nextern char *text;",
    "cli/sim_proof.h": "extern struct cli *cli; extern const struct bh_product *product;"
                       "extern int code; extern const char *folder;",
    "sim/board/prove.h": "extern const struct board_kind kind; extern const uint8_t *boot;"
                         "extern uint32_t len; extern struct prove_bytes one, two;",
    "sim/explore/scale.h": '#include "sim/explore/explore.h"\n'
                           "extern const struct bh_product *product; extern const char *why;"
                           "extern struct explore_task task;",
    "host/layout/fmt.h": "#include <stdlib.h>\n#include <string.h>\nextern const char *before;",
    "host/layout/write.h": "extern struct layout l; extern int code; extern size_t written;",
    "cli/pm_args.h": "extern int argc, code; extern char **argv;",
    "host/partition_manager/pm.h": "#include <stdio.h>\nextern const char *text; extern size_t len;"
                                   "void layout_begin(struct layout *l);",
    "host/partition_manager/value.h": "extern struct layout l; extern const char *text;"
                                      "extern size_t len;",
    "host/worlds/world.h": "extern struct world_writer_options options; extern struct world_losses losses;",
    "host/near.h": "extern const char *const table[];"
                   "const char *nth_key(size_t i, const void *context);",
    "host/picture/picture.h": "#include <stdlib.h>\nextern const struct bh_page_run runs[3];",
    "host/pkcs11.h": "extern struct evp_pkey_st *evp; extern bool is_private;",
    "host/reasons.h": "#include <stdio.h>\n",
    "host/signer.h": "extern struct host_key key; extern uint8_t digest[32], signature[64];"
                     "extern size_t len;",
    "host/ihex.h": "extern struct host_bytes text;",
    "host/layout/sample.h": "#include <stdlib.h>\n",
    "host/io.h": "extern const uint8_t *data; extern size_t len;",
    "host/keys.h": "extern uint8_t digest[32], signature[HOST_SIGNATURE_MAX]; extern size_t len;",
    "host/read_mcuboot.h": "extern struct host_bytes file;",
    "host/report.h": "extern size_t len;",
    "host/sign_mcuboot.h": "extern struct host_key key; extern struct host_bytes payload, image;"
                           "extern size_t used;",
    "host/table/table.h": "extern const uint8_t *bytes; extern size_t len;"
                          "extern uint8_t binary[BH_TABLE_LEN];",
    "host/target.h": "extern int code;",
    "host/uuid.h": "extern uint8_t vid[16], cid[16];",
    "ports/port.h": '#include "bulkhead/boot.h"\n'
                    "extern struct bh_work work; extern struct bh_boot boot;",
    "sim/board/board.h": "extern const uint8_t *bootloader; extern uint32_t len; extern int err;"
                         "extern enum board_end end;",
    "sim/explore/explore.h": "extern const struct bh_product *p; extern const char *why;",
    "sim/explore/machine.h": "extern struct machine m; extern const struct bh_product *product;"
                             "extern struct explore_act act; extern const char *why;"
                             "extern bool opened;",
    "sim/explore/spec.h": "extern struct spec s; extern struct explore_act act;"
                          "extern struct spec_seen seen; extern const char *wrong;",
    "sim/flash.h": "extern const struct bh_flash geometry; extern int product;"
                   "void boot(void *product);",
    "sim/world.h": 'extern const struct bh_product stm32f407_product;'
                   "extern const uint8_t *image, *next;"
                   "extern uint32_t len, next_len; extern int err;",
    "tests/board/glitch.h": '#include "tests/board/stand.h"\nextern struct glitch g;'
                            "extern struct stand stand; extern struct glitch_campaign campaign;",
    "tests/engine/faulty.h": "extern struct sim_flash chip; extern uint32_t off;",
    "cli/remote.h": "extern struct cli *cli; extern struct smp_client client;",
    "host/layout/events.h": "extern struct layout *l; extern const char *name, *text;"
                            "extern size_t len; extern void *context; extern bool whole;"
                            "bool take(void *context, const yaml_event_t *e);",
    "host/line.h": "extern uint8_t buf[64]; extern int n;",
    "host/picture/moves.h": "#include <stdlib.h>\nextern struct picture before, after;"
                            "extern struct picture_move moves[1]; extern size_t n;",
    "host/read_wolfboot.h": "#include <stdio.h>\nextern struct host_bytes file;",
    "host/sign_wolfboot.h": '#include "bulkhead/image_wolfboot.h"\n'
                            "extern struct host_key key; extern struct host_bytes payload, image;",
    "host/smp.h": "",
    "host/wolfboot_key.h": "extern struct host_bytes file; extern uint8_t der[HOST_WOLFBOOT_DER_MAX];"
                           "extern size_t len;",
    "ports/supply.h": "#define BOOT_BROWN_OUT_MV 2700\n"
                      "int flash_read(const struct bh_flash *, uint32_t, void *, uint32_t);"
                      "int flash_program(const struct bh_flash *, uint32_t, const void *, uint32_t);"
                      "int flash_erase(const struct bh_flash *, uint32_t, uint32_t);",
    "tests/image/build_image.h": "extern uint8_t id[32]; extern struct bh_view view;",
}


def example(path):
    """Lines of C in the opening comment, remarks taken out."""
    comment = re.search(r"/\*(?! SPDX).*?\*/", path.read_text(), re.DOTALL)
    block = re.search(r"(?:^ \*     .*\n?)+", comment[0] if comment else "", re.MULTILINE)
    lines = re.findall(r"^ \*     (.*?)(?: \*/)?$", block[0] if block else "", re.MULTILINE)
    if lines and re.match(r"\w+\.[ch]  ", lines[0]):
        return []
    return [re.sub(r"([;{)])  +\S.*", r"\1", re.sub(r"\.\.\.(?!\").*", "{ }", line))
            for line in lines]


def compile_it(tmp_path, source, *more, compiler=("gcc", "-std=c11"), suffix=".c"):
    name = f"example{suffix}"
    (tmp_path / name).write_text(source)
    done = subprocess.run([*compiler, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only",
                           f"-I{ROOT}/include", *more, name],
                          cwd=tmp_path, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr + source


def compile_example(tmp_path, source, *more):
    compile_it(tmp_path, source, "-Wno-unused", "-Wno-missing-field-initializers", *more)


@pytest.mark.parametrize("compiler", [("gcc", "-std=c11"), ("clang", "-std=c11"),
                                      ("g++", "-std=c++17"), ("clang++", "-std=c++17")],
                         ids=lambda command: command[0])
@pytest.mark.parametrize("path", HEADERS, ids=lambda p: p.name)
def test_header_needs_no_other_before_it(tmp_path, path, compiler):
    compile_it(tmp_path, f'#include "bulkhead/{path.name}"\n#include "bulkhead/{path.name}"\nextern int some;\n',
               "-Wconversion", "-Wno-unused-function", compiler=compiler,
               suffix=".cpp" if "++" in compiler[0] else ".c")


@pytest.mark.parametrize("path", HEADERS, ids=lambda p: p.name)
def test_its_functions_are_c_to_a_program_in_cplusplus(path):
    """What is declared is so within one extern "C" that begins after the last include."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    code = re.sub(r"^#.*(?:\\\n.*)*$", lambda m: m[0] if "__cplusplus" in m[0] else "", text,
                  flags=re.MULTILINE)
    declares = re.search(r"[;}]", re.sub(r"#ifdef __cplusplus\n(?:extern \"C\" {|})", "", code))
    if not declares:
        return
    begin, _, rest = code.partition('#ifdef __cplusplus\nextern "C" {\n')
    inside, _, end = rest.partition("#ifdef __cplusplus\n}\n")
    assert rest and not begin.strip() and not end.strip() and "__cplusplus" not in inside
    assert "#include" not in text.partition('extern "C"')[2]


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
    compile_example(tmp_path, f"{includes}{GIVEN}\n"
                              f"int example(void);\nint example(void)\n{{\n    {body}\n}}\n")


# Private headers whose opening comment has one.
WITH_EXAMPLE = [name for name in TRACKED if not name.startswith(("include/", "src/crypto/shim/"))
                and name not in NOT_C and example(ROOT / name)]


def test_what_is_declared_for_an_example_is_of_one():
    assert len(WITH_EXAMPLE) > 20 and set(PRIVATE) <= set(WITH_EXAMPLE)


@pytest.mark.parametrize("name", WITH_EXAMPLE)
def test_private_example_compiles(tmp_path, name):
    lines = example(ROOT / name)
    body = "\n".join(lines)
    if not re.match(r"static int \w+\(", body):  # it defines a function of its own otherwise
        body = ("int example(struct host_error *e, const char *path);\n"
                "int example(struct host_error *e, const char *path)\n"
                f"{{\n{{\n{body}\n}}\nreturn 0;\n}}\n")
    compile_example(tmp_path, f'#include "{name}"\n#include "host/report.h"\n{PRIVATE.get(name, "")}\n{body}',
                    f"-I{ROOT}", f"-I{ROOT}/ports", f"-I{ROOT / name}".rsplit("/", 1)[0])
