/* SPDX-License-Identifier: Apache-2.0 */
/* CSV to rows. The grammar has no quotes, no escapes and no comments after a row; it is in
 * docs/formats/partition-table.md. */
#include "table.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct reader {
    struct esp_table *table;
    const struct esp_options *options;
    unsigned line;
    const char *start; /* of the line as it is in the file, or expanded */
    struct slice fields[ESP_FIELDS];
    struct slice rest; /* after the known columns */
};

/* Say where the problem is. */
static struct esp_problem *at(const struct reader *r, enum esp_field field,
                              struct esp_problem *problem)
{
    problem->row = true;
    problem->line = r->line;
    problem->column = (unsigned)(r->fields[field].at - r->start) + 1;
    return problem;
}

static const char columns[] = "A row is: Name, Type, SubType, Offset, Size, Flags.";

static struct esp_problems *problems(const struct reader *r)
{
    return &r->table->problems;
}

static char *keywords(const struct esp_names *names, int64_t type)
{
    char *out = esp_format("%s", "");
    const char *name;
    int64_t v;

    for (size_t i = 0; (name = esp_keyword(names, type, i, &v)) != NULL; i++) {
        char *next = esp_format("%s%s%s", out, i ? ", " : "", name);

        free(out);
        out = next;
    }
    return out;
}

/* The value of a keyword, written in any case. */
static bool keyword_value(const struct esp_names *names, int64_t type, struct slice s, int64_t *out)
{
    const char *name;

    for (size_t i = 0; (name = esp_keyword(names, type, i, out)) != NULL; i++)
        if (strlen(name) == s.len && strncasecmp(name, s.at, s.len) == 0)
            return true;
    return false;
}

static bool number(struct reader *r, enum esp_field f, int64_t *out)
{
    struct slice s = r->fields[f];
    size_t left;

    if (esp_size(s.at, s.len, out, &left))
        return true;
    at(r, f, esp_problem(problems(r), "number", "Invalid field value %.*s", (int)left, s.at))
        ->hint = "Write a number: 4096, 0x1000, 4K or 1M.";
    return false;
}

/* A keyword or a number. K and M are taken off a keyword as off a number, as the original does,
 * unless the keyword ends in that letter. */
static bool value(struct reader *r, enum esp_field f, int64_t type, int64_t *out)
{
    const struct esp_names *names = &r->options->names;
    struct slice s = r->fields[f];
    int64_t none, factor;
    size_t left;

    if (keyword_value(names, type, s, out) || esp_size(s.at, s.len, out, &left))
        return true;
    if (!esp_keyword(names, type, 0, &none))
        return number(r, f, out);
    if (keyword_value(names, type, (struct slice){ s.at, left }, out)) {
        char *one = esp_format("1%.*s", (int)(s.len - left), s.at + left);
        bool ok = esp_size(one, strlen(one), &factor, &left);

        free(one);
        *out *= factor;
        return ok;
    }
    char *known = keywords(names, type);
    at(r, f,
       esp_problem(problems(r), "keyword", "Value '%.*s' is not valid. Known keywords: %s",
                   (int)left, s.at, known));
    free(known);
    return false;
}

static bool type_of(struct reader *r, struct esp_row *row)
{
    if (r->fields[ESP_TYPE].len)
        return value(r, ESP_TYPE, -1, &row->type);
    at(r, ESP_TYPE, esp_problem(problems(r), "type-empty", "Field 'type' can't be left empty."))
        ->hint = columns;
    return false;
}

static bool subtype_of(struct reader *r, struct esp_row *row)
{
    if (r->fields[ESP_SUBTYPE].len)
        return value(r, ESP_SUBTYPE, row->type < 0 ? ESP_HUGE : row->type, &row->subtype);
    if (row->type == BH_TYPE_APP) {
        at(r, ESP_SUBTYPE,
           esp_problem(problems(r), "subtype-empty", "App partition cannot have an empty subtype"))
            ->hint = columns;
        return false;
    }
    row->subtype = 0x06;
    if (row->type != BH_TYPE_DATA && !esp_is_secure_cert(row))
        at(r, ESP_SUBTYPE,
           esp_advise(problems(r), "subtype-empty", "Write the subtype that is meant.",
                      "empty subtype of '%s' is taken for 0x06", row->name));
    return true;
}

/* A field whose value is settled by the row's kind: what stands there is not looked at. */
static void not_looked_at(struct reader *r, enum esp_field f, const char *by)
{
    struct slice s = r->fields[f];
    int64_t v;
    size_t left;

    if (s.len && !esp_size(s.at, s.len, &v, &left) && !(s.len == 3 && !strncasecmp(s.at, "N/A", 3)))
        at(r, f,
           esp_advise(problems(r), "field-ignored", "Leave the field empty, or write N/A.",
                      "'%.*s' is ignored: %s", (int)s.len, s.at, by));
}

static bool bootloader_off(struct reader *r, struct esp_row *row, int64_t off, const char *which)
{
    row->off = off;
    row->placed = true;
    if (off != ESP_NOWHERE) {
        not_looked_at(r, ESP_OFFSET, "the bootloader's offset is an option");
        return true;
    }
    at(r, ESP_OFFSET,
       esp_problem(problems(r), "bootloader-offset",
                   "%s bootloader offset is not defined. Please use --%s-bootloader-offset",
                   *which == 'p' ? "Primary" : "Recovery", which));
    return false;
}

static bool off_of(struct reader *r, struct esp_row *row)
{
    if (esp_is(row, BH_TYPE_BOOTLOADER, 0))
        return bootloader_off(r, row, r->options->primary_bootloader, "primary");
    if (esp_is(row, BH_TYPE_BOOTLOADER, 2))
        return bootloader_off(r, row, r->options->recovery_bootloader, "recovery");
    if (esp_is(row, BH_TYPE_TABLE, BH_PRIMARY)) {
        not_looked_at(r, ESP_OFFSET, "the table's offset is an option");
        row->off = r->options->table_off;
        row->placed = true;
        return true;
    }
    row->placed = row->off_written = r->fields[ESP_OFFSET].len != 0;
    return !row->placed || number(r, ESP_OFFSET, &row->off);
}

/* "rest" or "25%", where these are understood. */
static bool autosize(struct reader *r, struct esp_row *row)
{
    struct slice s = r->fields[ESP_SIZE];
    int64_t percent;

    if (!r->options->autosize)
        return false;
    row->rest = s.len == 4 && strncasecmp(s.at, "rest", 4) == 0;
    if (row->rest)
        return true;
    if (!s.len || s.at[s.len - 1] != '%' || !esp_int(s.at, s.len - 1, &percent) || percent < 1 ||
        percent > 100)
        return false;
    row->percent = (uint8_t)percent;
    return true;
}

static bool len_of(struct reader *r, struct esp_row *row)
{
    const struct esp_options *o = r->options;

    if (row->type == BH_TYPE_BOOTLOADER) {
        if (o->primary_bootloader == ESP_NOWHERE)
            return bootloader_off(r, row, ESP_NOWHERE, "primary");
        not_looked_at(r, ESP_SIZE, "a bootloader reaches up to the table");
        row->len = o->table_off - o->primary_bootloader;
        return true;
    }
    if (row->type == BH_TYPE_TABLE) {
        not_looked_at(r, ESP_SIZE, "a table has one sector");
        row->len = BH_TABLE_SECTOR;
        return true;
    }
    if (autosize(r, row))
        return true;
    if (r->fields[ESP_SIZE].len)
        return number(r, ESP_SIZE, &row->len);
    at(r, ESP_SIZE, esp_problem(problems(r), "size-empty", "Size field can't be empty"))->hint =
        columns;
    return false;
}

static bool flags_of(struct reader *r, struct esp_row *row)
{
    struct slice s = r->fields[ESP_FLAGS];

    if (!s.len)
        return true;
    const char *end = s.at + s.len;
    for (const char *p = s.at, *colon; p <= end; p = colon + 1) {
        colon = memchr(p, ':', (size_t)(end - p));
        colon = colon ? colon : end;
        size_t n = (size_t)(colon - p);

        if (n == 9 && memcmp(p, "encrypted", n) == 0)
            row->encrypted = true;
        else if (n == 8 && memcmp(p, "readonly", n) == 0)
            row->readonly = true;
        else if (n) {
            at(r, ESP_FLAGS,
               esp_problem(problems(r), "flag", "CSV flag column contains unknown flag '%.*s'",
                           (int)n, p))
                ->hint = "Known flags: encrypted, readonly, joined by ':' without spaces.";
            return false;
        }
    }
    return true;
}

static void split(struct reader *r, struct slice line)
{
    const char *p = line.at, *end = line.at + line.len;

    for (int f = 0; f < ESP_FIELDS; f++) {
        const char *comma = p ? memchr(p, ',', (size_t)(end - p)) : NULL;

        r->fields[f] = (struct slice){ p ? p : end, p ? (size_t)((comma ? comma : end) - p) : 0 };
        if (p)
            r->fields[f] = text_strip(r->fields[f]);
        p = comma ? comma + 1 : NULL;
    }
    r->rest = p ? text_strip((struct slice){ p, (size_t)(end - p) }) : (struct slice){ 0 };
}

static void read_row(struct reader *r, struct slice line)
{
    struct esp_row *row = esp_table_add(r->table);

    split(r, line);
    row->line = r->line;
    for (int f = 0; f < ESP_FIELDS; f++)
        row->column[f] = (unsigned)(r->fields[f].at - r->start) + 1;
    row->name = esp_format("%.*s", (int)r->fields[ESP_NAME].len, r->fields[ESP_NAME].at);
    row->broken = !type_of(r, row) || !subtype_of(r, row);
    /* The rest is looked at even so: people want all mistakes at once. */
    bool off = off_of(r, row), len = len_of(r, row), flags = flags_of(r, row);
    row->broken = row->broken || !off || !len || !flags;
    if (r->rest.len && strspn(r->rest.at, ", \t") < r->rest.len)
        at(r, ESP_NAME,
           esp_advise(problems(r), "extra-columns",
                      "Comments need a line of their own, beginning with '#'.",
                      "'%.*s' after the flags is ignored", (int)r->rest.len, r->rest.at));
}

static bool is_name_start(char c)
{
    return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* A variable that is not set is an error only where the line begins with it. */
static bool begins_with_variable(struct reader *r, struct slice line)
{
    size_t n = 1;

    if (line.len < 2 || line.at[0] != '$' || !is_name_start(line.at[1]))
        return false;
    while (n < line.len && (is_name_start(line.at[n]) || (line.at[n] >= '0' && line.at[n] <= '9')))
        n++;
    struct esp_problem *p =
        esp_problem(problems(r), "variable", "unknown variable '%.*s'", (int)n - 1, line.at + 1);
    p->line = r->line;
    p->column = 1;
    p->hint = "Set it in the environment.";
    return true;
}

static void read_line(struct reader *r, struct slice line)
{
    char *expanded = NULL;

    if (memchr(line.at, '$', line.len)) {
        expanded = text_expand(line, &line.len);
        line.at = expanded;
    }
    r->start = line.at;
    if (!begins_with_variable(r, line)) {
        line = text_strip(line);
        if (line.len && line.at[0] != '#')
            read_row(r, line);
    }
    free(expanded);
}

bool esp_read_rows(struct esp_table *t, const struct esp_options *o, const uint8_t *data,
                   size_t len)
{
    struct reader r = { .table = t, .options = o };
    struct slice line;
    size_t text_len, bad;
    char *text = text_decode(data, len, &text_len, &bad);

    if (!text) {
        esp_refuse(
            &t->problems, "encoding",
            "A binary table begins with aa 50; a CSV is UTF-8 text, or UTF-16 or UTF-32 with "
            "a byte order mark.",
            "neither a binary table nor text: the byte at offset 0x%zx cannot be read", bad);
        return false;
    }
    for (const char *cursor = text; text_line(&cursor, text + text_len, &line);) {
        r.line++;
        read_line(&r, line);
    }
    free(text);
    return t->problems.errors == 0;
}

bool esp_read_csv(struct esp_table *t, const struct esp_options *o, const uint8_t *data, size_t len)
{
    return esp_read_rows(t, o, data, len) && esp_place(t, o);
}
