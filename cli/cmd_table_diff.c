/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead table diff: what changes from one table to another, what becomes of the data, and in
 * which order a device is brought from one to the other without losing any. */
#include "cli/table.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

enum kind { SAME, CHANGED, GROWN, SHRUNK, MOVED, ADDED, REMOVED };

static const char *const kind_names[] = { "same",  "changed", "grown",  "shrunk",
                                          "moved", "added",   "removed" };
static const enum cli_color kind_colors[] = { CLI_DIM,    CLI_YELLOW, CLI_GREEN, CLI_RED,
                                              CLI_YELLOW, CLI_GREEN,  CLI_RED };

static bool same_meaning(const struct esp_row *a, const struct esp_row *b)
{
    return esp_is(a, b->type, b->subtype) && a->encrypted == b->encrypted &&
           a->readonly == b->readonly && a->other_flags == b->other_flags;
}

static enum kind kind_of(const struct esp_row *old, const struct esp_row *new)
{
    if (!old)
        return ADDED;
    if (!new)
        return REMOVED;
    if (old->off != new->off)
        return MOVED;
    if (old->len != new->len)
        return old->len < new->len ? GROWN : SHRUNK;
    return same_meaning(old, new) ? SAME : CHANGED;
}

/* The first partition of another name whose flash a row takes; NULL: it was free. */
static const struct esp_row *taken_from(const struct esp_table *old, const struct esp_row *row)
{
    for (size_t i = 0; i < old->n; i++) {
        const struct esp_row *o = &old->rows[i];

        if (strcmp(o->name, row->name) && o->off < row->off + row->len &&
            row->off < o->off + o->len)
            return o;
    }
    return NULL;
}

/* What becomes of its data, as one sentence; free() it. */
static char *fate(const struct cli_table *old, const struct esp_row *was, const struct esp_row *is)
{
    const struct esp_row *other = is ? taken_from(&old->table, is) : NULL;

    switch (kind_of(was, is)) {
    case SAME: return esp_format("%s", "data stays");
    case CHANGED:
        return esp_format("%s", was->encrypted != is->encrypted
                                    ? "data stays, but its encryption changes: it is written again"
                                    : "data stays; it means something else now");
    case GROWN:
        return other ? esp_format("data stays; the new end, where '%s' was, is erased", other->name)
                     : esp_format("%s", "data stays; the new end is erased");
    case SHRUNK:
        return esp_format("data stays; its last 0x%llx bytes are cut off",
                          (unsigned long long)(was->len - is->len));
    case MOVED:
        return esp_format("data does not move by itself: read it before, write it after%s%s%s",
                          other ? "; it comes to lie where '" : "", other ? other->name : "",
                          other ? "' was" : "");
    case ADDED:
        return other ? esp_format("begins with what was in '%s': erase it", other->name)
                     : esp_format("%s", "was free flash: erase it");
    case REMOVED: return esp_format("%s", "data is lost to whatever takes its place");
    }
    return NULL;
}

static void place_text(const struct esp_row *row, char out[64])
{
    char off[24], len[24];

    snprintf(out, 64, "%s+%s", esp_hex(off, row->off), esp_hex(len, row->len));
}

static void print_one(const struct cli *cli, const struct cli_table *old, const struct esp_row *was,
                      const struct esp_row *is)
{
    enum kind kind = kind_of(was, is);
    char before[64] = "", after[64] = "", *what = fate(old, was, is);

    if (was)
        place_text(was, before);
    if (is)
        place_text(is, after);
    printf("%s%-8s%s %-16s  %-20s %s %-20s  %s\n", cli_paint(cli, kind_colors[kind]),
           kind_names[kind], cli_paint(cli, CLI_PLAIN), was ? was->name : is->name, before,
           was && is && kind != SAME ? "->" : "  ", kind == SAME ? "" : after, what);
    free(what);
}

static cJSON *one_json(const struct cli_table *old, const struct cli_table *new,
                       const struct esp_row *was, const struct esp_row *is)
{
    cJSON *json = cJSON_CreateObject();
    char *what = fate(old, was, is);

    cJSON_AddStringToObject(json, "name", was ? was->name : is->name);
    cJSON_AddStringToObject(json, "change", kind_names[kind_of(was, is)]);
    cJSON_AddStringToObject(json, "data", what);
    if (was)
        cJSON_AddItemToObject(json, "old", cli_row_json(was, &old->options));
    if (is)
        cJSON_AddItemToObject(json, "new", cli_row_json(is, &new->options));
    free(what);
    return json;
}

/* ---- the order of steps ---- */

/* Command lines, to be run as they are. The flash is where the options say; or else it is OLD, if
 * that is a flash image; or else the chip that esptool finds. */
struct steps {
    cJSON *list;          /* NULL: printed */
    char *before, *after; /* the end of a line, before and after the new table is there */
};

static void step(const struct steps *s, char *line)
{
    if (s->list)
        cJSON_AddItemToArray(s->list, cJSON_CreateString(line));
    else
        printf("  %s\n", line);
    free(line);
}

/* A word for a shell; free() it. */
static char *quoted(const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=+,-";
    char *out, *to;

    if (*word && strspn(word, plain) == strlen(word))
        return esp_format("%s", word);
    out = to = esp_format("''%*s", (int)(4 * strlen(word)), "");
    *to++ = '\'';
    for (; *word; word++) {
        if (*word == '\'')
            to += sprintf(to, "'\\'");
        *to++ = *word;
    }
    *to++ = '\'';
    *to = 0;
    return out;
}

/* The file that holds a partition's data in between: no folder, and an end that part read likes. */
static char *file_of(const struct esp_row *row)
{
    char *name = esp_format("%s.bin", *row->name ? row->name : "_"), *word;

    for (char *c = name; *c; c++)
        if (*c == '/' || (unsigned char)*c < ' ' || (c == name && *c == '-'))
            *c = '_';
    word = quoted(name);
    free(name);
    return word;
}

/* A name as the first operand; free() it. One that looks like an option comes after "--". */
static char *operand(const struct esp_row *row)
{
    char *word = quoted(row->name), *out = esp_format("%s%s", *row->name == '-' ? "-- " : "", word);

    free(word);
    return out;
}

static void step_read(const struct steps *s, const struct esp_row *row)
{
    char *name = operand(row), *file = file_of(row);

    step(s, esp_format("bulkhead part read%s --output %s %s", s->before, file, name));
    free(name);
    free(file);
}

static const char *ignore_readonly(const struct esp_row *row)
{
    return row->readonly ? " --ignore-readonly" : "";
}

/* What was read, or as much of it as there is room for. */
static void step_write(const struct steps *s, const struct esp_row *was, const struct esp_row *is)
{
    char *name = operand(is), *file = file_of(is);

    if (was->len > is->len)
        step(s, esp_format("head -c %lld %s | bulkhead part write%s%s %s -", (long long)is->len,
                           file, s->after, ignore_readonly(is), name));
    else
        step(s, esp_format("bulkhead part write%s%s %s %s", s->after, ignore_readonly(is), name,
                           file));
    free(name);
    free(file);
}

static void step_erase(const struct steps *s, const struct esp_row *row)
{
    char *name = operand(row);

    step(s, esp_format("bulkhead part erase%s%s %s", s->after, ignore_readonly(row), name));
    free(name);
}

static void step_table(const struct steps *s, const struct cli_table *old,
                       const struct cli_table *new)
{
    char *path = quoted(new->path);
    bool moves = old->options.table_off != new->options.table_off;

    if (moves)
        step(s, esp_format("# first write a bootloader that looks for the table at %s",
                           esp_hex((char[24]){ 0 }, new->options.table_off)));
    step(s, esp_format("bulkhead table write%s %s", s->after, path));
    free(path);
}

/* Is its data to be read before, and written after? Of a partition that grew, so that the new end
 * is erased; of one that shrank in its place nothing needs to be written. */
static bool must_be_carried(const struct esp_row *was, const struct esp_row *is)
{
    enum kind kind = kind_of(was, is);

    return kind == MOVED || kind == GROWN || (kind == CHANGED && was->encrypted != is->encrypted);
}

/* First everything is read, then the table is written, then what changed places is written. A cut
 * before the table: the old one with all its data. After it: the files are there to go on with. */
static void steps(const struct steps *s, const struct cli_table *old, const struct cli_table *new)
{
    for (size_t i = 0; i < old->table.n; i++) {
        const struct esp_row *was = &old->table.rows[i], *is = esp_by_name(&new->table, was->name);

        if (!esp_in_own_place(was) &&
            (must_be_carried(was, is) || !is || kind_of(was, is) == SHRUNK))
            step_read(s, was);
    }
    step_table(s, old, new);
    for (size_t i = 0; i < new->table.n; i++) {
        const struct esp_row *is = &new->table.rows[i], *was = esp_by_name(&old->table, is->name);

        if (esp_in_own_place(is))
            continue;
        if (must_be_carried(was, is))
            step_write(s, was, is);
        else if (kind_of(was, is) == ADDED)
            step_erase(s, is);
    }
}

/* " --flash FILE" or " --port PORT", and where the table is if it is elsewhere than usual. */
static char *where_of(struct cli *cli, const struct cli_table *old, int64_t table_off)
{
    const char *port = cli_value(cli, "port"), *flash = cli_value(cli, "flash");
    const char *file = flash ? flash : !port && old->flash ? old->path : NULL;
    char *word = quoted(file ? host_target_path(file) : port ? port : "auto"), *where;

    where = esp_format(" --%s %s%s%s", file ? "flash" : "port", word,
                       table_off == BH_TABLE_OFF ? "" : " --offset ",
                       table_off == BH_TABLE_OFF ? "" : esp_hex((char[24]){ 0 }, table_off));
    free(word);
    return where;
}

static bool anything_to_do(const struct cli_table *old, const struct cli_table *new)
{
    for (size_t i = 0; i < old->table.n; i++)
        if (kind_of(&old->table.rows[i], esp_by_name(&new->table, old->table.rows[i].name)) != SAME)
            return true;
    return new->table.n != old->table.n || old->options.table_off != new->options.table_off;
}

static int compare(struct cli *cli, const struct cli_table *old, const struct cli_table *new)
{
    cJSON *json = cli_has(cli, "json") ? cJSON_CreateObject() : NULL;
    cJSON *list = json ? cJSON_AddArrayToObject(json, "partitions") : NULL;
    bool differ = anything_to_do(old, new);

    for (size_t i = 0; i < old->table.n + new->table.n; i++) {
        bool first = i < old->table.n;
        const struct esp_row *row =
            first ? &old->table.rows[i] : &new->table.rows[i - old->table.n];
        const struct esp_row *was = first ? row : esp_by_name(&old->table, row->name);
        const struct esp_row *is = first ? esp_by_name(&new->table, row->name) : row;

        if (!first && was)
            continue;
        if (json)
            cJSON_AddItemToArray(list, one_json(old, new, was, is));
        else
            print_one(cli, old, was, is);
    }
    if (differ && !json)
        puts("\nsteps, to be run in this order:");
    if (differ) {
        struct steps s = { json ? cJSON_AddArrayToObject(json, "steps") : NULL,
                           where_of(cli, old, old->options.table_off),
                           where_of(cli, old, new->options.table_off) };

        steps(&s, old, new);
        free(s.before);
        free(s.after);
    }
    if (json)
        cli_json(cli, json);
    return differ ? HOST_FAILED : HOST_OK;
}

static int run(struct cli *cli)
{
    struct cli_table old, new;
    int code = cli_table_open_good(cli, &old, cli->operands[0], true);

    if (code)
        return code;
    code = cli_table_open_good(cli, &new, cli->operands[1], true);
    if (!code) {
        code = compare(cli, &old, &new);
        cli_table_close(&new);
    }
    cli_table_close(&old);
    return code;
}

const struct cli_command cmd_table_diff = {
    .noun = "table",
    .verb = "diff",
    .summary = "Compare two tables: what becomes of the data, and how to get there",
    .description = "The steps are command lines that can be run as they are printed. The data of "
                   "a partition that moves is read into a file before the new table is written, "
                   "and written back after. If it also shrinks, as much is written back as there "
                   "is room for.\n\nExit code 0 if they mean the same, 1 if they differ.",
    .operands =
        (const struct cli_operand[]){
            { "OLD", "The table that is in the device: CSV, binary or flash image", false, false },
            { "NEW", "The one that is to be", false, false },
            { 0 } },
    .options =
        (const struct cli_option[]){
            { "flash", 'f', "FILE", "The flash image that the steps are for; OLD if that is one",
              NULL, false, false },
            { "port", 'p', "PORT", "The serial port that they are for; auto if not given", NULL,
              false, false },
            CLI_TABLE_OPTIONS,
            CLI_TABLE_FLASH_SIZE,
            CLI_JSON,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead table diff flash.bin partitions.csv",
              "before a new table goes into a device" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .says = CLI_SAYS(
        [HOST_OK] = "the tables are the same",
        [HOST_FAILED] =
            "the tables differ, or something could not be done: a file, memory or permission"),
    .run = run,
};
