/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead table convert: CSV to binary and back, for one flash size or several. */
#include "cli/table.h"

#include <stdlib.h>
#include <string.h>

/* By --to, or by the end of the file name, or the other of CSV and binary. */
static bool wants_csv(const struct cli *cli, const struct cli_table *t)
{
    const char *to = cli_value(cli, "to"), *path = cli_value(cli, "output");
    size_t len = path ? strlen(path) : 0;

    if (to)
        return strcmp(to, "csv") == 0;
    if (len > 4 && (strcmp(path + len - 4, ".csv") == 0 || strcmp(path + len - 4, ".bin") == 0))
        return path[len - 3] == 'c';
    return t->table.binary;
}

/* "out-%s.bin" for a flash of "4MB": out-4MB.bin. */
static char *path_for(const char *pattern, const char *size)
{
    const char *mark = strstr(pattern, "%s");

    return mark ? esp_format("%.*s%s%s", (int)(mark - pattern), pattern, size, mark + 2)
                : esp_format("%s", pattern);
}

static int write_one(struct cli *cli, struct cli_table *t, const char *path)
{
    uint8_t binary[BH_TABLE_LEN];
    char *csv = NULL;
    int code;

    if (wants_csv(cli, t))
        csv = esp_to_csv(&t->table, &t->options, cli_has(cli, "numbers"));
    else if (!esp_to_binary(&t->table, &t->options, binary))
        return cli_table_errors(cli, t);
    code = cli_write(cli, path, csv ? (const uint8_t *)csv : binary,
                     csv ? strlen(csv) : sizeof binary, true);
    free(csv);
    return code;
}

/* Read it for one size of flash, check it, write it. */
static int convert(struct cli *cli, struct cli_table *t, const char *size)
{
    const char *pattern = cli_value(cli, "output");
    int code;

    if (size) {
        if (!cli_flash_size(size, &t->options.flash_size))
            return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Write it as 4M, 4MB or 0x400000.",
                            "option --flash-size: '%s' is not a size", size);
        cli_table_read(t);
    }
    if (t->table.problems.errors == 0 && !cli_has(cli, "no-verify"))
        esp_verify(&t->table, &t->options);
    if (t->table.problems.errors == 0 && t->options.flash_size)
        esp_verify_size(&t->table, t->options.flash_size);
    code = cli_table_errors(cli, t);
    if (code)
        return code;
    char *path = path_for(pattern, size ? size : "");
    code = write_one(cli, t, path);
    free(path);
    return code;
}

static int run(struct cli *cli)
{
    size_t sizes = cli_count(cli, "flash-size");
    struct cli_table t;
    int code;

    if (sizes > 1 && !strstr(cli_value(cli, "output"), "%s"))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                        "Put %s where the size is to be: --output table-%s.bin.",
                        "several flash sizes would be written to one file");
    code = cli_table_open(cli, &t, cli->operands[0], false);
    if (code)
        return code;
    if (sizes == 0)
        code = convert(cli, &t, NULL);
    for (size_t i = 0; i < sizes && code == HOST_OK; i++)
        code = convert(cli, &t, cli_nth(cli, "flash-size", i)[0]);
    cli_table_close(&t);
    return code;
}

const struct cli_command cmd_table_convert = {
    .noun = "table",
    .verb = "convert",
    .summary = "Turn a CSV into a binary table, or back",
    .description = "ESP-IDF's format is extended: the size of a partition may be 'rest', which is "
                   "what remains of the flash (in equal parts if several partitions have it), or "
                   "a percentage like '25%'. Then the size of the flash must be given; several "
                   "sizes make several tables from one source.",
    .operands = (const struct cli_operand[]){ CLI_TABLE_OPERAND, { 0 } },
    .options =
        (const struct cli_option[]){
            { "output", 'o', "FILE", "Where to; - is standard output; %s becomes the flash size",
              "-", false, false },
            { "to", 0, "csv|binary", "What to write, if the name of the output does not say it",
              NULL, false, false },
            { "flash-size", 0, "SIZE", "Size of the flash: 4M, 4MB or 0x400000", NULL, true,
              false },
            { "numbers", 0, NULL, "CSV with numbers only", NULL, false, false },
            { "no-verify", 0, NULL, "Do not verify the table", NULL, false, false },
            CLI_DRY_RUN,
            CLI_TABLE_OPTIONS,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead table convert partitions.csv -o partitions.bin", "as gen_esp32part does" },
            { "bulkhead table convert flash.bin", "the CSV of a device" },
            { "bulkhead table convert t.csv --flash-size 4MB --flash-size 8MB -o t-%s.bin",
              "two products of one source" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .run = run,
};
