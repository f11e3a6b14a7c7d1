/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead table set: change a CSV and leave comments and blanks as they are. */
#include "cli/table.h"

#include "host/near.h"
#include "host/system.h"
#include "host/table/edit.h"

#include <stdlib.h>
#include <string.h>

static const char *const field_names[ESP_FIELDS] = { "name",   "type", "subtype",
                                                     "offset", "size", "flags" };

/* "NAME.FIELD=VALUE" taken apart. */
struct edit {
    char *name;
    enum esp_field field;
    const char *value;
};

static const char *nth_field(size_t i, const void *context)
{
    (void)context;
    return i < ESP_FIELDS ? field_names[i] : NULL;
}

static int read_change(struct cli *cli, const char *text, struct edit *out)
{
    char field[32];
    const char *near;
    const char *equals = strchr(text, '='), *dot = equals;

    while (dot && dot > text && *dot != '.')
        dot--;
    if (!equals || dot == text)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "For instance: factory.size=2M.",
                        "'%s' is not NAME.FIELD=VALUE", text);
    for (int f = 0; f < ESP_FIELDS; f++)
        if (strlen(field_names[f]) == (size_t)(equals - dot - 1) &&
            strncmp(field_names[f], dot + 1, (size_t)(equals - dot - 1)) == 0) {
            *out = (struct edit){ esp_format("%.*s", (int)(dot - text), text), (enum esp_field)f,
                                  equals + 1 };
            return HOST_OK;
        }
    snprintf(field, sizeof field, "%.*s", (int)(equals - dot - 1), dot + 1);
    near = host_near(field, nth_field, NULL);
    return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                    "Fields are name, type, subtype, offset, size and flags.",
                    "'%s' is no field of a partition%s%s%s", field, near ? ": did you mean '" : "",
                    near ? near : "", near ? "'?" : "");
}

/* The line of a partition; 0 with the error shown. */
static unsigned line_of(struct cli *cli, const struct cli_table *t, const char *name)
{
    const struct esp_row *row = cli_row(cli, &t->table, t->path, name);

    return row ? row->line : 0;
}

/* Take a new text for the table's. */
static int take(struct cli *cli, struct cli_table *t, char *text, unsigned line)
{
    if (!text)
        return cli_fail(cli, HOST_BAD_INPUT, host_line(t->path, line, 1), "Edit it by hand.",
                        "the line takes something from the environment");
    free(t->bytes.data);
    t->bytes.data = (uint8_t *)text;
    t->bytes.len = strlen(text);
    cli_table_read(t);
    return HOST_OK;
}

static int change_one(struct cli *cli, struct cli_table *t, const char *text)
{
    struct edit c = { 0 };
    int code = read_change(cli, text, &c);

    if (code)
        return code;
    unsigned line = line_of(cli, t, c.name);
    free(c.name);
    if (!line)
        return HOST_BAD_INPUT;
    return take(cli, t, esp_edit_field((const char *)t->bytes.data, line, c.field, c.value), line);
}

static int remove_one(struct cli *cli, struct cli_table *t, const char *name)
{
    unsigned line = line_of(cli, t, name);

    return line ? take(cli, t, esp_edit_remove((const char *)t->bytes.data, line), line)
                : HOST_BAD_INPUT;
}

static int add_one(struct cli *cli, struct cli_table *t, const char *row)
{
    const char *after = cli_value(cli, "after");
    unsigned line = after ? line_of(cli, t, after) : 0;

    if (after && !line)
        return HOST_BAD_INPUT;
    return take(cli, t, esp_edit_insert((const char *)t->bytes.data, line, row), line);
}

/* The text changed as the command line says. An empty table can only be added to. */
static int edit(struct cli *cli, struct cli_table *t)
{
    int code = HOST_OK;

    if (t->table.n == 0 && !cli_has(cli, "add"))
        return cli_table_errors(cli, t);
    if (t->table.binary)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(t->path),
                        "Turn it into CSV first: bulkhead table convert.", "not a CSV");
    for (size_t i = 1; !code && i < cli->n_operands; i++)
        code = change_one(cli, t, cli->operands[i]);
    for (size_t i = 0; !code && i < cli_count(cli, "remove"); i++)
        code = remove_one(cli, t, cli_nth(cli, "remove", i)[0]);
    for (size_t i = 0; !code && i < cli_count(cli, "add"); i++)
        code = add_one(cli, t, cli_nth(cli, "add", i)[0]);
    if (code)
        return code;
    if (t->table.problems.errors == 0)
        esp_verify(&t->table, &t->options);
    if (t->table.problems.errors == 0 && t->options.flash_size)
        esp_verify_size(&t->table, t->options.flash_size);
    return cli_table_errors(cli, t);
}

static int change(struct cli *cli, const char *path)
{
    struct cli_table t;
    int code = cli_table_open(cli, &t, cli->operands[0], true);

    if (code)
        return code;
    code = edit(cli, &t);
    if (code == HOST_OK && !cli_has(cli, "dry-run")) {
        code = host_write_file(path, t.bytes.data, t.bytes.len, 0666, true, &cli->error);
        if (code)
            cli_error(cli);
        else if (strcmp(path, "-"))
            cli_note(cli, "wrote %s", path);
    } else if (code == HOST_OK) {
        fwrite(t.bytes.data, 1, t.bytes.len, stdout);
    }
    cli_table_close(&t);
    return code;
}

/* From reading the file to writing it, nobody else may change it. */
static int run(struct cli *cli)
{
    const char *output = cli_value(cli, "output");
    const char *path = output ? output : cli->operands[0];
    int lock, code = cli_lock(cli, path, &lock);

    if (!code)
        code = change(cli, path);
    host_unlock(lock);
    return code;
}

const struct cli_command cmd_table_set = {
    .noun = "table",
    .verb = "set",
    .summary = "Change a table's CSV, keeping its comments",
    .description = "The result is verified, and nothing is written if it is wrong.",
    .operands =
        (const struct cli_operand[]){ { "TABLE", "CSV file", false, false },
                                      { "NAME.FIELD=VALUE",
                                        "Field is name, type, subtype, offset, size or flags", true,
                                        true },
                                      { 0 } },
    .options =
        (const struct cli_option[]){
            { "add", 0, "ROW", "A new row, as a line of the file", NULL, true, false },
            { "after", 0, "NAME", "Where new rows go; at the end if not given", NULL, false,
              false },
            { "remove", 'r', "NAME", "Remove a partition", NULL, true, false },
            { "output", 'o', "FILE", "Write there instead of over TABLE", NULL, false, false },
            { "dry-run", 'n', NULL, "Print the new text instead of writing it", NULL, false,
              false },
            CLI_TABLE_OPTIONS,
            CLI_TABLE_FLASH_SIZE,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead table set partitions.csv factory.size=2M nvs.flags=encrypted",
              "two changes" },
            { "bulkhead table set partitions.csv --add 'log,data,fat,,64K' --after nvs",
              "a new one" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .run = run,
};
