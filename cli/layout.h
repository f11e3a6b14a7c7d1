/* SPDX-License-Identifier: Apache-2.0 */
/* cli/layout.h - what the commands of `layout` share. */
#ifndef CLI_LAYOUT_H
#define CLI_LAYOUT_H

#include "cli/cli.h"
#include "host/layout/layout.h"

#define CLI_LAYOUT_OPERAND                                                                         \
    {                                                                                              \
        "LAYOUT", "Layout file; - is standard input", false, false                                 \
    }
#define CLI_LAYOUT_BOOTLOADER                                                                      \
    {                                                                                              \
        "bootloader", 'b', "FILE", "Binary of the bootloader: it must fit its partition", NULL,    \
            false, false                                                                           \
    }

/* Read, solve, check. HOST_OK or HOST_BAD_LAYOUT: the findings are in *l, and nothing was said.
 * Otherwise the error is shown. layout_free() it always. */
int cli_layout_load(struct cli *cli, struct layout *l, const char *path, bool no_files);
/* The same for commands that need a good layout: its errors and warnings are shown on stderr. */
int cli_layout_good(struct cli *cli, struct layout *l, const char *path, bool no_files);

/* One finding on one line: coloured on stdout. */
void cli_layout_finding(const struct cli *cli, FILE *out, const struct layout_finding *f);
/* The table of a solved layout. */
void cli_layout_table(const struct cli *cli, const struct layout *l);

#endif
