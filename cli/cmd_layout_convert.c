/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead layout convert: from any format of a layout to any other. What a form cannot say is
 * told, item by item. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/layout.h"
#include "cli/table.h"
#include "host/layout/inner.h"
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

static int tell_losses(struct cli *cli, const struct layout *l, const struct world_losses *losses)
{
    for (size_t i = 0; i < losses->n; i++)
        if (cli_has(cli, "lossless"))
            cli_fail(cli, HOST_BAD_LAYOUT, host_in(l->path), NULL, "lost: %s", losses->list[i]);
        else
            cli_warn(cli, "lost: %s", losses->list[i]);
    return losses->n && cli_has(cli, "lossless") ? HOST_BAD_LAYOUT : HOST_OK;
}

/* What was lost when the file was read. */
static void add_unsaid(const struct layout *l, struct world_losses *losses)
{
    if (l->unsaid)
        world_lost(losses, "%s", l->unsaid);
    for (size_t i = 0; i < l->n_partitions; i++)
        if (l->partitions[i].unsaid)
            world_lost(losses, "%s: %s", l->partitions[i].name, l->partitions[i].unsaid);
}

static int to_json(struct cli *cli, const struct layout *l)
{
    struct world_losses losses = { 0 };
    char *json = layout_json(l);
    int code;

    add_unsaid(l, &losses);
    code = tell_losses(cli, l, &losses);
    if (code == HOST_OK)
        code = write_out(cli, json, strlen(json));
    world_losses_free(&losses);
    free(json);
    return code;
}

/* By the table of writers. */
static int to_world(struct cli *cli, const struct layout *l, const struct world_writer *w)
{
    struct world_writer_options options = {
        .dts_fixed = strcmp(cli_value(cli, "dts-form"), "fixed") == 0,
        .domain = cli_value(cli, "domain"),
        .image = cli_value(cli, "image"),
    };
    struct world_losses losses = { 0 };
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    int code;

    if (!out)
        abort();
    code = w->write(out, l, &options, &losses, &cli->error);
    fclose(out);
    add_unsaid(l, &losses);
    if (code == HOST_OK)
        world_read_back(l, text, len, &losses);
    if (code)
        code = cli_error(cli);
    else
        code = tell_losses(cli, l, &losses);
    if (code == HOST_OK)
        code = write_out(cli, text, len);
    world_losses_free(&losses);
    free(text);
    return code;
}

static int from_layout(struct cli *cli, const char *path, const char *to)
{
    const struct world_writer *w = world_find_writer(to);
    struct layout l;
    int code = cli_layout_good(cli, &l, path, true);

    if (code == HOST_OK && w) {
        code = to_world(cli, &l, w);
    } else if (code == HOST_OK) {
        code = to_json(cli, &l);
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
            cli_value(cli, "name"), cli_value(cli, "chip"), size,
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

static const char *nth_format(size_t i, const void *context)
{
    (void)context;
    return i == 0 ? "json" : world_writers[i - 1].name;
}

/* Is there such a format? HOST_OK, or the error is shown. */
static int check_format(struct cli *cli, const char *to)
{
    const char *near;

    for (size_t i = 0; nth_format(i, NULL); i++)
        if (strcmp(nth_format(i, NULL), to) == 0)
            return HOST_OK;
    near = host_near(to, nth_format, NULL);
    return cli_fail(
        cli, HOST_BAD_INPUT, host_nowhere(), "'bulkhead layout convert --help' lists them.",
        near ? "--to: unknown format '%s': did you mean '%s'?" : "--to: unknown format '%s'", to,
        near);
}

static int run(struct cli *cli)
{
    const char *path = cli->operands[0], *to = cli_value(cli, "to");

    if (check_format(cli, to))
        return HOST_BAD_INPUT;
    return is_table(path) && strcmp(to, "layout") == 0 ? from_table(cli, path, to)
                                                       : from_layout(cli, path, to);
}

const struct cli_command cmd_layout_convert = {
    .noun = "layout",
    .verb = "convert",
    .summary = "Convert a layout to the form of another tool, or from it",
    .description =
        "From our own language and from every format that 'layout show' reads: to Partition Manager's "
        "files, an overlay for Zephyr, wolfBoot's target.h and .config, memory.x with embassy's symbols, "
        "mtdparts, picotool's JSON, TF-M's flash_layout.h, ESP-IDF's table, JSON, or our own language. "
        "Names come from roles; two partitions with one name are an error. What the other form cannot say "
        "is told as a warning for each item, and with --lossless is an error.",
    .operands =
        (const struct cli_operand[]){ { "FILE", "Layout in any format", false, false }, { 0 } },
    .options =
        (const struct cli_option[]){
            { "to", 0, "FORMAT",
              "json, layout, esp-csv, esp-bin; Partition Manager: partitions-yml, regions-yml, "
              "pm-static, pm-config-h, pm-config, pm-report; dts; wolfBoot: target-h, target-2018-h, "
              "wolfboot-config; memory-x; mtdparts; rp2350; flash-layout-h",
              NULL, false, true },
            { "output", 'o', "FILE", "Where to write; - is standard output", "-", false, false },
            { "lossless", 0, NULL, "What cannot be carried is an error", NULL, false, false },
            { "dts-form", 0, "mapped|fixed",
              "dts: mapped partitions, or fixed-partitions for Zephyr before "
              "4.4",
              "mapped", false, false },
            { "domain", 0, "NAME", "dts, Partition Manager: of this core, such as CPUNET", NULL,
              false, false },
            { "image", 0, "NAME", "pm-config-h: whose header; without it the application's", NULL,
              false, false },
            CLI_WORLD_OPTIONS_BUT_TABLE,
            CLI_TABLE_OPTIONS,
            CLI_TABLE_FLASH_SIZE,
            { "name", 0, "NAME", "layout: name of the product", "product", false, false },
            { "chip", 0, "CHIP", "layout: the chip", "esp32", false, false },
            CLI_DRY_RUN,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead layout convert --to layout --chip esp32 -o gateway.layout.yml partitions.csv",
              "from ESP-IDF" },
            { "bulkhead layout convert --to esp-csv gateway.layout.yml", "and back" },
            { "bulkhead layout convert --to dts pm_static.yml -o app.overlay", "to devicetree" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .says = CLI_SAYS(
        [HOST_BAD_LAYOUT] =
            "with --lossless: something is lost; or partitions contradict each other or the device"),
    .run = run,
};
