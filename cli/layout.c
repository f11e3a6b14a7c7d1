/* SPDX-License-Identifier: Apache-2.0 */
/* Load a layout and show its findings, as text or as JSON. */
#include "cli/layout.h"
#include "cli/product.h"
#include "cli/table.h"
#include "host/layout/sample.h"

#include <stdlib.h>
#include <string.h>

static bool takes(const struct cli *cli, const char *option)
{
    for (size_t i = 0; cli->command->options && cli->command->options[i].name; i++)
        if (strcmp(cli->command->options[i].name, option) == 0)
            return true;
    return false;
}

/* Values of an option that may be given more than once; the rest beyond WORLD_TEXTS_MAX is an
 * error. */
static int take_all(struct cli *cli, const char *option, const char **list, size_t *n)
{
    *n = cli_count(cli, option);
    if (*n > WORLD_TEXTS_MAX)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), NULL, "--%s more than %u times",
                        option, WORLD_TEXTS_MAX);
    for (size_t i = 0; i < *n; i++)
        list[i] = cli_nth(cli, option, i)[0];
    return HOST_OK;
}

static int world_options(struct cli *cli, struct world_options *o)
{
    o->fixed = cli_value(cli, "static");
    o->base = cli_value(cli, "base");
    o->chip = cli_value(cli, "flash-chip");
    if (cli_table_offset(cli, &o->table_off))
        return HOST_BAD_INPUT;
    if (take_all(cli, "with", o->more, &o->n_more) ||
        take_all(cli, "region", o->regions, &o->n_regions))
        return HOST_BAD_INPUT;
    return take_all(cli, "include", o->include, &o->n_include);
}

/* A file of another tool, where our own language is needed: say what it is. */
static int say_world(struct cli *cli, const char *path, int code)
{
    struct host_bytes bytes = { 0 };
    struct host_error ignored;
    const struct world_reader *r = NULL;

    if (strcmp(path, "-") != 0 && !host_read_file(path, &bytes, &ignored))
        r = world_recognise((const char *)bytes.data, bytes.len);
    host_bytes_free(&bytes);
    if (!r || !r->read || strcmp(r->name, "pm") == 0)
        return code;
    return cli_fail(
        cli, HOST_BAD_INPUT, host_in(path),
        "'bulkhead layout show' reads it, and 'layout convert --to layout' makes a layout of it.",
        "this is %s, and a layout is needed", r->title);
}

/* The file that an operand means: the sample's, if it is a sample's name and no file is called so.
 * Findings point to the path as long as the program runs; a command has two at most. */
static const char *path_of(const char *word)
{
    static char *paths[2];
    static size_t n;
    struct host_bytes bytes = { 0 };
    struct host_error ignored;

    if (cli_names_layout(word) || strcmp(word, "-") == 0 || n == sizeof paths / sizeof paths[0] ||
        !host_read_file(word, &bytes, &ignored)) {
        host_bytes_free(&bytes);
        return word;
    }
    paths[n] = layout_sample(word);
    return paths[n] ? paths[n++] : word;
}

int cli_layout_load(struct cli *cli, struct layout *l, const char *word, bool no_files)
{
    const char *path = path_of(word);
    struct layout_options options = { .no_files = no_files };
    struct world_options world = { .layout = &options };
    int code;

    if (takes(cli, "bootloader"))
        options.bootloader = cli_value(cli, "bootloader");
    if (!takes(cli, "region")) {
        code = layout_load(l, path, &options, &cli->error);
        if (code == HOST_BAD_LAYOUT)
            return say_world(cli, path, code);
    } else {
        code = world_options(cli, &world);
        if (code) {
            *l = (struct layout){ 0 };
            return code;
        }
        code = world_load(l, path, &world, &cli->error);
    }
    return code == HOST_OK || code == HOST_BAD_LAYOUT ? code : cli_error(cli);
}

/* The same for programs. */
static void finding_message(const struct layout_finding *f)
{
    static const char *const kinds[] = { "error", "warning", "remark" };
    struct host_error e;

    host_fail(&e, HOST_BAD_LAYOUT,
              f->at.file ? host_line(f->at.file, f->at.line, f->at.column) : host_nowhere(),
              f->remedy, "%s [%s]", f->text, f->rule);
    e.code = f->severity == LAYOUT_ERROR ? HOST_BAD_LAYOUT : HOST_OK;
    cli_json_message(kinds[f->severity], &e);
}

void cli_layout_finding(const struct cli *cli, FILE *out, const struct layout_finding *f)
{
    static const enum cli_color colors[] = { CLI_RED, CLI_YELLOW, CLI_CYAN };
    const char *word = layout_severity_name(f->severity);

    if (out == stderr && cli->json) {
        finding_message(f);
        return;
    }
    char *text = layout_finding_text(f);
    const char *at = strstr(text, word);

    if (out != stdout || !cli->color || !at)
        fprintf(out, "%s\n", text);
    else
        fprintf(out, "%.*s%s%s%s%s\n", (int)(at - text), text, cli_paint(cli, colors[f->severity]),
                word, cli_paint(cli, CLI_PLAIN), at + strlen(word));
    free(text);
}

/* With --json a finding is a line of JSON, like every other error. */
static void say(const struct cli *cli, const struct layout_finding *f)
{
    bool error = f->severity == LAYOUT_ERROR;
    struct host_error e;

    if (!cli->json) {
        cli_layout_finding(cli, stderr, f);
        return;
    }
    host_fail(&e, error ? HOST_BAD_LAYOUT : HOST_OK,
              host_line(f->at.file, f->at.line, f->at.column), f->remedy, "%s", f->text);
    cli_json_message(error ? "error" : "warning", &e);
}

int cli_layout_good(struct cli *cli, struct layout *l, const char *path, bool no_files)
{
    int code = cli_layout_load(cli, l, path, no_files);

    if (code && code != HOST_BAD_LAYOUT)
        return code;
    fflush(stdout);
    for (size_t i = 0; i < l->n_findings; i++) {
        const struct layout_finding *f = &l->findings[i];

        if (f->severity == LAYOUT_ERROR || (f->severity == LAYOUT_WARNING && !cli->quiet))
            say(cli, f);
    }
    return code;
}

/* ---- the table ---- */

static const char *const roles[] = {
    [LAYOUT_PLAIN] = "",          [LAYOUT_BOOTLOADER] = "bootloader",
    [LAYOUT_PRIMARY] = "primary", [LAYOUT_SECONDARY] = "secondary",
    [LAYOUT_SPARE] = "spare",     [LAYOUT_JOURNAL] = "journal",
    [LAYOUT_TABLE] = "table",
};

static void size_column(uint32_t bytes, char out[16])
{
    if (bytes && bytes % (1u << 20) == 0)
        snprintf(out, 16, "%u MB", bytes >> 20);
    else if (bytes && bytes % 1024 == 0)
        snprintf(out, 16, "%u KB", bytes >> 10);
    else
        snprintf(out, 16, "%u B", bytes);
}

static void say_device(const struct cli *cli, const struct layout_device *d)
{
    char size[16];

    size_column(d->flash.size, size);
    printf("%s%s%s  %s%s%s, pages", cli_paint(cli, CLI_BOLD), d->name, cli_paint(cli, CLI_PLAIN),
           d->chip_name ? d->chip_name : "", d->chip_name ? ", " : "", size);
    for (uint8_t i = 0; i < d->flash.n_runs; i++) {
        const struct bh_page_run *r = &d->flash.runs[i];

        size_column(r->size, size);
        printf("%s %u x %s", i ? "," : "", r->count, size);
    }
    printf(", program unit %u", d->flash.unit);
    if (d->flash.mapped)
        printf(", at 0x%08x\n", d->flash.base);
    else
        printf(", not mapped\n");
}

static void say_free(const struct cli *cli, const struct layout_device *d, uint64_t from,
                     uint64_t to)
{
    char size[16];

    if (from >= to)
        return;
    size_column((uint32_t)(to - from), size);
    if (d->flash.mapped)
        printf("  %s0x%08llx ", cli_paint(cli, CLI_DIM), (unsigned long long)d->flash.base + from);
    else
        printf("  %s", cli_paint(cli, CLI_DIM));
    printf(" 0x%08llx  %8s  (free)%s\n", (unsigned long long)from, size, cli_paint(cli, CLI_PLAIN));
}

static void say_partition(const struct layout *l, const struct layout_partition *p)
{
    const struct layout_device *d = &l->devices[p->device];
    char size[16];

    size_column(p->size, size);
    if (d->flash.mapped)
        printf("  0x%08x ", d->flash.base + p->off);
    else
        printf("  ");
    printf(" 0x%08x  %8s  %*s%s", p->off, size, 2 * p->depth, "", p->name);
    if (p->role != LAYOUT_PLAIN)
        printf("  (%s%s%s)", roles[p->role], p->slot >= 0 ? " of " : "",
               p->slot >= 0 ? l->slots[p->slot].name : "");
    putchar('\n');
}

static void say_slot(const struct layout *l, const struct layout_slot *s)
{
    char chunk[16];

    size_column(s->chunk, chunk);
    printf("%s: images up to %u bytes, moved %s at a time", s->name, s->image_max, chunk);
    if (s->spare_kind != LAYOUT_SPARE_NONE)
        printf(", spare at 0x%x of %s", s->spare_off,
               l->devices[l->partitions[s->spare >= 0 ? s->spare : s->secondary].device].name);
    putchar('\n');
}

void cli_layout_table(const struct cli *cli, const struct layout *l)
{
    int *order = calloc(l->n_partitions + 1, sizeof *order);

    if (!order)
        abort();
    for (int i = 0; i < (int)l->n_devices; i++) {
        size_t n = layout_order(l, i, order);
        uint64_t end = 0;

        say_device(cli, &l->devices[i]);
        for (size_t k = 0; k < n; k++) {
            const struct layout_partition *p = &l->partitions[order[k]];

            say_free(cli, &l->devices[i], end, p->off);
            say_partition(l, p);
            end = (uint64_t)p->off + p->size > end && !p->container ? (uint64_t)p->off + p->size
                  : p->off > end                                    ? p->off
                                                                    : end;
        }
        say_free(cli, &l->devices[i], end, l->devices[i].flash.size);
    }
    for (size_t i = 0; i < l->n_slots; i++)
        say_slot(l, &l->slots[i]);
    free(order);
}
