/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead layout schema: JSON Schemas, for editors and programs. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "host/layout/write.h"

static int run(struct cli *cli)
{
    bool solved = cli->n_operands && strcmp(cli->operands[0], "solved") == 0;
    char *text = solved ? layout_json_schema() : layout_schema();

    fputs(text, stdout);
    free(text);
    return HOST_OK;
}

const struct cli_command cmd_layout_schema = {
    .noun = "layout",
    .verb = "schema",
    .summary = "Print the JSON Schema of layout files",
    .description =
        "Editors complete and check layout files by it: in VS Code, with the YAML extension, "
        "put '# yaml-language-server: $schema=layout.schema.json' into the first line.",
    .operands =
        (const struct cli_operand[]){ { "language|solved",
                                        "What of: the language (the default), or layout.json", true,
                                        false },
                                      { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead layout schema > layout.schema.json", "for an editor" },
            { 0 },
        },
    .run = run,
};
