/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead part list|read|write|erase: partitions of a flash, by name. */
#include "cli/table.h"

#include <cjson/cJSON.h>
#include <string.h>

#define PARTITION_OPERAND                                                                          \
    {                                                                                              \
        "PARTITION", "Name of a partition", false, false                                           \
    }
#define IGNORE_READONLY                                                                            \
    {                                                                                              \
        "ignore-readonly", 0, NULL, "Change it even if the table says that it is read-only", NULL, \
            false, false                                                                           \
    }

static int list(struct cli *cli, const struct cli_part *p)
{
    cJSON *root = cli_has(cli, "json") ? cJSON_CreateObject() : NULL;
    cJSON *json = root ? cJSON_AddArrayToObject(root, "partitions") : NULL;

    for (size_t i = 0; i < p->table.n; i++) {
        const struct esp_row *row = &p->table.rows[i];
        char type[24], subtype[40], size[24];

        if (json) {
            cJSON_AddItemToArray(json, cli_row_json(row, &p->options));
            continue;
        }
        cli_type_text(row->type, type);
        cli_subtype_text(&p->options.names, row->type, row->subtype, subtype);
        cli_size_text(row->len, size);
        printf("%-16s  %-10s  %-10s  %10s  %6s%s%s\n", row->name, type, subtype,
               esp_hex((char[24]){ 0 }, row->off), size, row->encrypted ? "  encrypted" : "",
               row->readonly ? "  readonly" : "");
    }
    return root ? cli_json(cli, root) : HOST_OK;
}

static int run_list(struct cli *cli)
{
    struct cli_part p;
    int code = cli_part_open(cli, &p, HOST_TARGET_READ);

    if (code)
        return code;
    code = list(cli, &p);
    cli_part_close(&p);
    return code;
}

static int read_part(struct cli *cli, const struct cli_part *p)
{
    const struct esp_row *row = cli_part_find(cli, p, cli->operands[0]);
    struct host_bytes bytes;
    int code;

    if (!row)
        return HOST_BAD_INPUT;
    if (esp_part_read(row, &p->target, &bytes, &cli->error))
        return cli_error(cli);
    code = cli_write(cli, cli_value(cli, "output"), bytes.data, bytes.len, cli_has(cli, "force"));
    host_bytes_free(&bytes);
    return code;
}

static int run_read(struct cli *cli)
{
    struct cli_part p;
    int code = cli_part_open(cli, &p, HOST_TARGET_READ);

    if (code)
        return code;
    code = read_part(cli, &p);
    cli_part_close(&p);
    return code;
}

/* What was changed in memory becomes the flash, unless it is only to be tried. */
static int commit(struct cli *cli, struct cli_part *p, const char *what, const struct esp_row *row)
{
    bool dry = cli_has(cli, "dry-run");

    if (!dry && host_target_commit(&p->target, &cli->error))
        return cli_error(cli);
    cli_note(cli, "%s%s '%s' at %s", dry ? "would have " : "", what, row->name,
             esp_hex((char[24]){ 0 }, row->off));
    return HOST_OK;
}

static int write_part(struct cli *cli, struct cli_part *p)
{
    const struct esp_row *row = cli_part_find(cli, p, cli->operands[0]);
    struct host_bytes in;
    int code;

    if (!row)
        return HOST_BAD_INPUT;
    if (host_read_file(cli->operands[1], &in, &cli->error))
        return cli_error(cli);
    code = esp_part_write(&p->table, row, &p->target, in.data, in.len,
                          cli_has(cli, "ignore-readonly"), &cli->error);
    host_bytes_free(&in);
    return code ? cli_error(cli) : commit(cli, p, "written", row);
}

static int run_write(struct cli *cli)
{
    struct cli_part p;
    int code = cli_part_open(cli, &p, HOST_TARGET_CHANGE);

    if (code)
        return code;
    code = write_part(cli, &p);
    cli_part_close(&p);
    return code;
}

static int erase_part(struct cli *cli, struct cli_part *p)
{
    const struct esp_row *row = cli_part_find(cli, p, cli->operands[0]);

    if (!row)
        return HOST_BAD_INPUT;
    if (esp_part_erase(&p->table, row, &p->target, cli_has(cli, "ignore-readonly"), &cli->error))
        return cli_error(cli);
    return commit(cli, p, "erased", row);
}

static int run_erase(struct cli *cli)
{
    struct cli_part p;
    int code = cli_part_open(cli, &p, HOST_TARGET_CHANGE);

    if (code)
        return code;
    code = erase_part(cli, &p);
    cli_part_close(&p);
    return code;
}

const struct cli_command cmd_part_list = {
    .noun = "part",
    .verb = "list",
    .summary = "List the partitions of a flash",
    .options = (const struct cli_option[]){ CLI_PART_OPTIONS, CLI_JSON, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead part list --flash flash.bin", "by the table in it" }, { 0 } },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT) | CLI_EXITS(HOST_DEVICE),
    .run = run_list,
};

const struct cli_command cmd_part_read = {
    .noun = "part",
    .verb = "read",
    .summary = "Read a partition into a file",
    .operands = (const struct cli_operand[]){ PARTITION_OPERAND, { 0 } },
    .options = (const struct cli_option[]){ { "output", 'o', "FILE",
                                              "Where to; - is standard output", NULL, false, true },
                                            CLI_FORCE,
                                            CLI_DRY_RUN,
                                            CLI_PART_OPTIONS,
                                            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead part read nvs --flash flash.bin --output nvs.bin", "a copy of it" },
            { 0 } },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT) | CLI_EXITS(HOST_DEVICE),
    .run = run_read,
};

const struct cli_command cmd_part_write = {
    .noun = "part",
    .verb = "write",
    .summary = "Erase a partition and write a file into it",
    .description =
        "Everything is checked before anything is erased: that the file fits, that the "
        "partition overlaps no other and lies within the flash, that it is not read-only.",
    .operands = (const struct cli_operand[]){ PARTITION_OPERAND,
                                              { "FILE", "What to write", false, false },
                                              { 0 } },
    .options = (const struct cli_option[]){ IGNORE_READONLY, CLI_DRY_RUN, CLI_PART_OPTIONS, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead part write factory app.bin --flash flash.bin", "a new application" },
            { "bulkhead part write factory app.bin --port /dev/ttyUSB0 --baud 921600",
              "the same, in a chip" },
            { 0 } },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT) | CLI_EXITS(HOST_DEVICE),
    .run = run_write,
};

const struct cli_command cmd_part_erase = {
    .noun = "part",
    .verb = "erase",
    .summary = "Erase a partition",
    .operands = (const struct cli_operand[]){ PARTITION_OPERAND, { 0 } },
    .options = (const struct cli_option[]){ IGNORE_READONLY, CLI_DRY_RUN, CLI_PART_OPTIONS, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead part erase nvs --flash flash.bin", "settings are gone" }, { 0 } },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT) | CLI_EXITS(HOST_DEVICE),
    .run = run_erase,
};
