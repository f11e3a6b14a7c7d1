/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead layout diff: the places that differ between two layouts. */
#include "cli/layout_rows.h"

static int run(struct cli *cli)
{
    struct cli_rows r;
    int code = cli_rows_load(cli, &r);

    if (code == HOST_OK)
        code = cli_rows_print(cli, &r, false);
    if (code == HOST_OK && r.n == r.n_equal && !cli_has(cli, "json"))
        cli_note(cli, "no place differs");
    cli_rows_free(&r);
    return code;
}

const struct cli_command cmd_layout_diff = {
    .noun = "layout",
    .verb = "diff",
    .summary = "Show the places that differ between two layouts",
    .description =
        "Between any two formats that 'layout show' reads. 'layout migrate' shows all places, "
        "and has an exit code for a difference.",
    .operands = (const struct cli_operand[]){ { "OLD", "Layout in any format", false, false },
                                              { "NEW", "Layout in any format", false, false },
                                              { 0 } },
    .options = (const struct cli_option[]){ CLI_WORLD_OPTIONS, CLI_JSON, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead layout diff pm_static.yml lamp.layout.yml",
              "what another tool has elsewhere" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .run = run,
};
