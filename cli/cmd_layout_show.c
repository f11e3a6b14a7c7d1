/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead layout show: what lies where, for people and for programs. */
#include <stdlib.h>

#include "cli/layout.h"
#include "host/layout/write.h"

static int run(struct cli *cli)
{
    struct layout l;
    int code = cli_layout_good(cli, &l, cli->operands[0], true);

    if (code == HOST_OK && cli_has(cli, "json")) {
        char *json = layout_json(&l);

        fputs(json, stdout);
        free(json);
    } else if (code == HOST_OK) {
        cli_layout_table(cli, &l);
    }
    layout_free(&l);
    return code;
}

const struct cli_command cmd_layout_show = {
    .noun = "layout",
    .verb = "show",
    .summary = "Show what lies where",
    .description = "The table of a layout: devices, partitions with addresses, offsets and sizes, "
                   "what is free, and slot pairs. Files that the layout names are not opened: "
                   "'layout check' reads those.\n\n"
                   "The content tells a file of another tool, which is read too: Partition "
                   "Manager (pm.yml, pm_static.yml, partitions.yml), devicetree (source, overlay, "
                   "blob), wolfBoot (target.h, .config), ESP-IDF (CSV, binary), picotool's JSON, "
                   "memory.x, mtdparts, and JSON of this command.",
    .operands = (const struct cli_operand[]){ CLI_LAYOUT_OPERAND, { 0 } },
    .options = (const struct cli_option[]){ CLI_WORLD_OPTIONS, CLI_JSON, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead layout show lamp.layout.yml", "the table" },
            { "bulkhead layout show --json lamp.layout.yml", "for a program" },
            { "bulkhead layout show pm_static.yml", "what another tool laid out" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .run = run,
};
