/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead layout schema: the language as a JSON Schema, for editors. */
#include <stdlib.h>

#include "cli/cli.h"
#include "host/layout/write.h"

static int run(struct cli *cli)
{
    char *text = layout_schema();

    (void)cli;
    fputs(text, stdout);
    free(text);
    return HOST_OK;
}

const struct cli_command cmd_layout_schema = {
    .noun = "layout",
    .verb = "schema",
    .summary = "Print the JSON Schema of layout files",
    .description = "Editors complete and check layout files with it: in VS Code, with the YAML "
                   "extension, put '# yaml-language-server: $schema=layout.schema.json' into the "
                   "first line.",
    .examples =
        (const struct cli_example[]){
            { "bulkhead layout schema > layout.schema.json", "for an editor" },
            { 0 },
        },
    .run = run,
};
