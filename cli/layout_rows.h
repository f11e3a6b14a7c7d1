/* SPDX-License-Identifier: Apache-2.0 */
/* cli/layout_rows.h - two layouts beside each other, for `layout migrate` and `layout diff`. */
#ifndef CLI_LAYOUT_ROWS_H
#define CLI_LAYOUT_ROWS_H

#include "cli/layout.h"

struct cli_rows {
    struct layout old, new;
    struct world_row *list;
    size_t n, n_equal;
};

/* Read both operands and compare them. HOST_OK, or what is wrong was said. cli_rows_free() it
 * always. */
int cli_rows_load(struct cli *cli, struct cli_rows *r);
void cli_rows_free(struct cli_rows *r);
/* Rows as a table, or as JSON with the summary; all: those that are equal, too. HOST_OK or
 * HOST_FAILED. */
int cli_rows_print(struct cli *cli, const struct cli_rows *r, bool all);

#endif
