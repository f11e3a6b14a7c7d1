/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead layout convert: from a layout to other forms, and from ESP-IDF's table to a layout. What
 * a form cannot say is told, item by item. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/layout.h"
#include "cli/table.h"
#include "host/layout/write.h"

static bool is_table(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot && (strcmp(dot, ".csv") == 0 || strcmp(dot, ".bin") == 0);
}

static int write_out(struct cli *cli, const void *data, size_t len)
{
    return cli_write(cli, cli_value(cli, "output"), data, len, true);
}

/* ---- from a layout ---- */

/* A row needs a type: what has none is lost, and so is what lies on other devices. */
static void say_lost_rows(const struct cli *cli, const struct layout *l)
{
    for (size_t i = 0; i < l->n_partitions; i++) {
        const struct layout_partition *p = &l->partitions[i];

        if ((int)i == l->boot.table || (int)i == l->boot.bootloader)
            continue;
        if (p->device != l->partitions[l->boot.table].device)
            cli_warn(cli, "lost: %s is on %s, and an ESP-IDF table is of one flash", p->name,
                     l->devices[p->device].name);
        else if (!p->esp.type)
            cli_warn(cli, "lost: %s has no 'esp: {type, subtype}'", p->name);
    }
    if (l->boot.n_keys)
        cli_warn(cli, "lost: the section 'boot:' (keys, plan, trial boots)");
}

static int to_esp(struct cli *cli, const struct layout *l, bool csv_wanted)
{
    uint8_t binary[BH_TABLE_LEN];
    char *csv = NULL;
    int code;

    if (!is_esp(l))
        return cli_fail(cli, HOST_BAD_LAYOUT, host_in(l->path), "Write 'boot: {table: PARTITION}'.",
                        "no partition is ESP-IDF's table");
    if (write_esp(l, &csv, binary, &cli->error))
        return cli_error(cli);
    say_lost_rows(cli, l);
    code = csv_wanted ? write_out(cli, csv, strlen(csv)) : write_out(cli, binary, sizeof binary);
    free(csv);
    return code;
}

static int from_layout(struct cli *cli, const char *path, const char *to)
{
    struct layout l;
    int code = cli_layout_good(cli, &l, path, true);

    if (code == HOST_OK && strcmp(to, "json") == 0) {
        char *json = layout_json(&l);

        code = write_out(cli, json, strlen(json));
        free(json);
    } else if (code == HOST_OK && strcmp(to, "layout") == 0) {
        code = cli_fail(cli, HOST_BAD_INPUT, host_in(path), "Take --to json, esp-csv or esp-bin.",
                        "it is a layout already");
    } else if (code == HOST_OK) {
        code = to_esp(cli, &l, strcmp(to, "esp-csv") == 0);
    }
    layout_free(&l);
    return code;
}

/* ---- from a table ---- */

static bool is_name(const char *name)
{
    if (!isalpha((unsigned char)name[0]) && name[0] != '_')
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

static void put_row(FILE *out, const struct cli_table *t, const struct esp_row *row)
{
    char size[24], type[24], subtype[40];

    cli_size_text(row->len, size);
    cli_type_text(row->type, type);
    cli_subtype_text(&t->options.names, row->type, row->subtype, subtype);
    fprintf(out, "  %s: {at: 0x%llx, size: %s, esp: {type: %s, subtype: %s", row->name,
            (unsigned long long)row->off, size, type, subtype);
    if (row->encrypted || row->readonly)
        fprintf(out, ", flags: [%s%s%s]", row->encrypted ? "encrypted" : "",
                row->encrypted && row->readonly ? ", " : "", row->readonly ? "readonly" : "");
    fputs("}}\n", out);
}

static int put_table(struct cli *cli, FILE *out, const struct cli_table *t)
{
    char size[24];
    int64_t used = esp_flash_used(&t->table), flash = t->options.flash_size;

    for (size_t i = 0; i < t->table.n; i++)
        if (!is_name(t->table.rows[i].name))
            return cli_fail(cli, HOST_BAD_INPUT, host_in(t->path),
                            "Rename it: names in a layout are letters, digits and _.",
                            "partition '%s' has no name for a layout", t->table.rows[i].name);
    if (!flash) /* the smallest usual one that holds it */
        for (flash = 1 << 20; flash < used; flash *= 2)
            ;
    cli_size_text(flash, size);
    fprintf(out,
            "layout: 1\nproduct: %s\n\ndevices:\n  internal: {chip: %s, size: %s}\n\npartitions:\n"
            "  table: {at: 0x%llx, size: 4K}\n",
            cli_value(cli, "product"), cli_value(cli, "chip"), size,
            (unsigned long long)t->options.table_off);
    for (size_t i = 0; i < t->table.n; i++)
        if (!esp_in_own_place(&t->table.rows[i]))
            put_row(out, t, &t->table.rows[i]);
    fputs("\nboot:\n  plan: select\n  table: table\n  format: espressif\n"
          "  allow_unsigned: true             # or keys: [FILE]\n",
          out);
    return HOST_OK;
}

static int from_table(struct cli *cli, const char *path, const char *to)
{
    struct cli_table t;
    struct layout l;
    char *text;
    size_t len;
    FILE *out;
    int code;

    if (strcmp(to, "layout") != 0)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(path), "'bulkhead table convert' does that.",
                        "from a table there is --to layout only");
    code = cli_table_open_good(cli, &t, path, true);
    if (code)
        return code;
    out = open_memstream(&text, &len);
    if (!out)
        abort();
    code = put_table(cli, out, &t);
    fclose(out);
    cli_table_close(&t);
    if (code == HOST_OK) { /* what comes out is a layout */
        code = layout_load_text(&l, "the layout that was made", text, len,
                                &(struct layout_options){ .no_files = true }, &cli->error);
        for (size_t i = 0; i < l.n_findings; i++)
            if (l.findings[i].severity == LAYOUT_ERROR)
                cli_layout_finding(cli, stderr, &l.findings[i]);
        layout_free(&l);
        if (code == HOST_OK)
            code = write_out(cli, text, len);
    }
    free(text);
    return code;
}

static int run(struct cli *cli)
{
    const char *path = cli->operands[0], *to = cli_value(cli, "to");

    return is_table(path) ? from_table(cli, path, to) : from_layout(cli, path, to);
}

const struct cli_command cmd_layout_convert = {
    .noun = "layout",
    .verb = "convert",
    .summary = "Convert a layout to another form, or ESP-IDF's table to a layout",
    .description = "A layout becomes JSON or ESP-IDF's partition table; a table (by its ending, "
                   ".csv or .bin) becomes a layout. A warning names each item that the other form "
                   "cannot hold.",
    .operands = (const struct cli_operand[]){ { "FILE", "Layout or table", false, false }, { 0 } },
    .options =
        (const struct cli_option[]){
            { "to", 0, "json|esp-csv|esp-bin|layout", "Which form", NULL, false, true },
            { "output", 'o', "FILE", "Where to write; - is standard output", "-", false, false },
            CLI_TABLE_OPTIONS,
            CLI_TABLE_FLASH_SIZE,
            { "product", 0, "NAME", "layout: name of the product", "product", false, false },
            { "chip", 0, "NAME", "layout: the chip", "esp32", false, false },
            CLI_DRY_RUN,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead layout convert --to layout --chip esp32 -o gateway.layout.yml partitions.csv",
              "from ESP-IDF" },
            { "bulkhead layout convert --to esp-csv gateway.layout.yml", "and back" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .run = run,
};
