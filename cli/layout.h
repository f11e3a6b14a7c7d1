/* SPDX-License-Identifier: Apache-2.0 */
/* cli/layout.h - what the commands of `layout` share. */
#ifndef CLI_LAYOUT_H
#define CLI_LAYOUT_H

#include "cli/cli.h"
#include "host/layout/layout.h"
#include "host/worlds/world.h"

#define CLI_LAYOUT_OPERAND                                                                         \
    {                                                                                              \
        "LAYOUT", "Layout file, - for standard input, or a sample's name", false, false            \
    }
#define CLI_LAYOUT_BOOTLOADER                                                                      \
    {                                                                                              \
        "bootloader", 'b', "FILE", "Binary of the bootloader: it must fit its partition", NULL,    \
            false, false                                                                           \
    }

/* clang-format off */
/* What a file of another tool does not say by itself. */
#define CLI_WORLD_OPTIONS \
    CLI_WORLD_OPTIONS_BUT_TABLE, \
    { "offset", 0, "N", "ESP-IDF: offset of the table in flash", "0x8000", false, false }
/* The same for a command that has CLI_TABLE_OPTIONS, too. */
#define CLI_WORLD_OPTIONS_BUT_TABLE \
    { "with", 0, "FILE", "Partition Manager: a further pm.yml, in order", NULL, true, false }, \
    { "static", 0, "FILE", "Partition Manager: its static file", NULL, false, false }, \
    { "region", 0, "NAME=SIZE", "Size of a region or device that the file does not say; " \
      "NAME=SIZE@BASE: and its address", NULL, true, false }, \
    { "include", 'I', "FOLDER", "Partition Manager: run the C preprocessor, with headers from here", \
      NULL, true, false }, \
    { "base", 0, "FILE", "Devicetree: source that an overlay lies over", NULL, false, false }, \
    { "flash-chip", 0, "CHIP", "Chip whose flash it is, from 'layout chips': its real pages", \
      NULL, false, false }
/* clang-format on */

/* Read, solve, check; with CLI_WORLD_OPTIONS in the command's table every format of host/worlds,
 * without them our own language. path may be a sample's name. HOST_OK or HOST_BAD_LAYOUT: the
 * findings are in *l, and nothing was said. Otherwise the error is shown. layout_free() it
 * always. */
int cli_layout_load(struct cli *cli, struct layout *l, const char *path, bool no_files);
/* The same for commands that need a good layout: its errors and warnings are shown on stderr. */
int cli_layout_good(struct cli *cli, struct layout *l, const char *path, bool no_files);

/* One finding on one line: coloured on stdout. */
void cli_layout_finding(const struct cli *cli, FILE *out, const struct layout_finding *f);
/* The table of a solved layout. */
void cli_layout_table(const struct cli *cli, const struct layout *l);

#endif
