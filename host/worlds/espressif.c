/* SPDX-License-Identifier: Apache-2.0 */
/* ESP-IDF's partition tables in, by the code of host/table. Out: host/layout/write_esp.c. */
#include "inner.h"

#include "host/table/table.h"

#include <string.h>

bool recognise_bin(const char *text, size_t len)
{
    /* A row, or the MD5 row: blank flash alone is no table. */
    return len >= 32 && ((uint8_t)text[0] == 0xAA || (uint8_t)text[0] == 0xEB) &&
           esp_is_binary((const uint8_t *)text, len);
}

/* Lines of fields between commas: the second is a type. */
bool recognise_csv(const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t end = at, comma;

        while (end < len && text[end] != '\n')
            end++;
        while (at < end && strchr(" \t\r", text[at]))
            at++;
        if (at == end || text[at] == '#') {
            at = end + 1;
            continue;
        }
        for (comma = at; comma < end && text[comma] != ','; comma++)
            if (strchr("{}[]:;=\"", text[comma]))
                return false;
        if (comma == end)
            return false;
        for (comma++; comma < end && text[comma] == ' ';)
            comma++;
        return end - comma > 3 &&
               (strncmp(text + comma, "app", 3) == 0 || strncmp(text + comma, "data", 4) == 0 ||
                strncmp(text + comma, "boot", 4) == 0 || strncmp(text + comma, "part", 4) == 0 ||
                (text[comma] >= '0' && text[comma] <= '9'));
    }
    return false;
}

static void say_problems(struct layout *l, const char *file, const struct esp_table *t)
{
    for (size_t i = 0; i < t->problems.n; i++) {
        const struct esp_problem *p = &t->problems.list[i];
        struct layout_mark at = { file, p->line ? p->line : 1, p->column ? p->column : 1, 0, 0 };
        struct layout_finding *f =
            finding(l, p->severity == ESP_ERROR ? LAYOUT_ERROR : LAYOUT_WARNING, "esp-idf", &at,
                    "%s", p->text);

        if (p->hint)
            remedy(l, f, "%s", p->hint);
    }
}

static void add_rows(struct build *b, const char *file, const struct esp_table *t,
                     const struct esp_options *o, int device)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct esp_row *row = &t->rows[i];
        struct layout_mark at = { file, row->line ? row->line : 1,
                                  row->column[0] ? row->column[0] : 1, 0, 0 };
        const char *type = esp_type_name(row->type);
        const char *subtype = esp_subtype_name(&o->names, row->type, row->subtype);
        struct arena *a = &b->l->inner->arena;
        int p;

        if (row->broken || !row->placed)
            continue;
        p = build_partition(b, row->name, device, row->off, row->len, &at);
        if (p < 0)
            continue;
        b->partitions[p].esp.type = type ? arena_text(a, type, strlen(type))
                                         : arena_format(a, "0x%02llx", (long long)row->type);
        b->partitions[p].esp.subtype = subtype
                                           ? arena_text(a, subtype, strlen(subtype))
                                           : arena_format(a, "0x%02llx", (long long)row->subtype);
        b->partitions[p].esp.encrypted = row->encrypted;
        b->partitions[p].esp.readonly = row->readonly;
        if (esp_is(row, 0, 0x10))
            b->partitions[p].role = LAYOUT_PRIMARY;
        if (esp_is(row, 0, 0x11))
            b->partitions[p].role = LAYOUT_SECONDARY;
    }
}

static int read_table(struct layout *l, const char *file, const char *text, size_t len, bool binary,
                      const struct world_options *options)
{
    struct build b = { .l = l };
    struct esp_options o = esp_defaults();
    struct esp_table t;
    int device = build_device(&b, "internal"), table;
    int64_t used, size = 1 << 20;

    esp_table_init(&t);
    if (binary)
        esp_read_binary(&t, &o, (const uint8_t *)text, len);
    else
        esp_read_csv(&t, &o, (const uint8_t *)text, len);
    if (t.problems.errors == 0)
        esp_verify(&t, &o);
    say_problems(l, file, &t);
    used = esp_flash_used(&t);
    while (size < used && size < INT64_C(1) << 31)
        size *= 2;
    if (options->chip)
        build_chip(&b, device, options->chip);
    else
        build_pages(&b, device, (uint64_t)size, 0x1000, 4);
    table = build_partition(&b, "partition_table", device, o.table_off, 0x1000, NULL);
    b.partitions[table].role = LAYOUT_TABLE;
    add_rows(&b, file, &t, &o, device);
    esp_table_free(&t);
    int code = build_end(&b);
    l->boot.table = 0;
    return code;
}

READER(read_csv)
{
    (void)e;
    return read_table(l, file, text, len, false, options);
}

READER(read_bin)
{
    (void)e;
    return read_table(l, file, text, len, true, options);
}
