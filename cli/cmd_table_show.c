/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead table show: the rows of a table, wherever it is. */
#include "cli/table.h"

#include <cjson/cJSON.h>
#include <string.h>

static void print_rows(const struct cli *cli, const struct cli_table *t)
{
    printf("%s%-16s  %-10s  %-10s  %10s  %10s  %6s  %s%s\n", cli_paint(cli, CLI_BOLD), "name",
           "type", "subtype", "offset", "size", "", "flags", cli_paint(cli, CLI_PLAIN));
    for (size_t i = 0; i < t->table.n; i++) {
        const struct esp_row *row = &t->table.rows[i];
        char type[24], subtype[40], size[24];

        cli_type_text(row->type, type);
        cli_subtype_text(&t->options.names, row->type, row->subtype, subtype);
        cli_size_text(row->len, size);
        printf("%-16s  %-10s  %-10s  %10s  %10s  %6s  %s%s%s\n", row->name, type, subtype,
               esp_hex((char[24]){ 0 }, row->off), esp_hex((char[24]){ 0 }, row->len), size,
               row->encrypted ? "encrypted" : "", row->encrypted && row->readonly ? ":" : "",
               row->readonly ? "readonly" : "");
    }
}

static int print_json(struct cli *cli, const struct cli_table *t)
{
    cJSON *json = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(json, "partitions");

    cJSON_AddStringToObject(json, "file", t->path);
    cJSON_AddStringToObject(json, "kind", t->flash ? "flash" : t->table.binary ? "binary" : "csv");
    cJSON_AddNumberToObject(json, "table_offset", (double)t->options.table_off);
    if (t->table.binary)
        cJSON_AddBoolToObject(json, "md5", t->table.had_md5);
    for (size_t i = 0; i < t->table.n; i++)
        cJSON_AddItemToArray(rows, cli_row_json(&t->table.rows[i], &t->options));
    return cli_json(cli, json);
}

static int run(struct cli *cli)
{
    struct cli_table t;
    int code = cli_table_open(cli, &t, cli->operands[0], true);

    if (code)
        return code;
    code = cli_table_errors(cli, &t);
    if (!code && cli_has(cli, "json"))
        code = print_json(cli, &t);
    else if (!code) {
        if (t.flash)
            cli_note(cli, "%s: partition table at 0x%x", t.path, (unsigned)t.found);
        print_rows(cli, &t);
    }
    cli_table_close(&t);
    return code;
}

const struct cli_command cmd_table_show = {
    .noun = "table",
    .verb = "show",
    .summary = "Show the partitions of a table",
    .description = "TABLE is a CSV as ESP-IDF reads it, a binary table, or an image of a whole "
                   "flash, in which the command finds the table.",
    .operands = (const struct cli_operand[]){ CLI_TABLE_OPERAND, { 0 } },
    .options =
        (const struct cli_option[]){ CLI_TABLE_OPTIONS, CLI_TABLE_FLASH_SIZE, CLI_JSON, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead table show partitions.csv", "what ends up where" },
            { "bulkhead table show --json flash.bin",
              "the table in a dump of a device, for programs" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .run = run,
};
