/* SPDX-License-Identifier: Apache-2.0 */
/* ESP-IDF's partition tables in and out, by the code of host/table. A layout that has a table
 * itself is written by host/layout/write_esp.c; of any other, the table is made from roles. */
#define _GNU_SOURCE
#include "inner.h"

#include "host/layout/write.h"
#include "host/table/table.h"

#include <stdlib.h>
#include <string.h>

#define TABLE_ROOM 0x1000u /* the table's own page, right before the first partition */

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

/* In older versions of the tool the same mistake had other words, which people search for. */
static void say_as_before(struct layout *l, struct layout_finding *f, const char *text)
{
    const char *at = strstr(text, "Partition sets offset 0x");
    unsigned row, table;

    if (at && sscanf(at,
                     "Partition sets offset 0x%x. But partition table occupies the whole sector "
                     "0x%x",
                     &row, &table) == 2)
        consequence(
            l, f,
            "Older versions say: 'First partition offset 0x%x overlaps end of partition table 0x%x'.",
            row, table + TABLE_ROOM);
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
        say_as_before(l, f, p->text);
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

    if (options->table_off)
        o.table_off = options->table_off;
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

/* ---- out ---- */

/* Names of a table have 16 bytes: a slot has a shorter one. */
static const char *row_name(const struct layout_partition *p)
{
    bool fits = strlen(p->name) <= 16;

    return fits                             ? p->name
           : role_of(p) == LAYOUT_PRIMARY   ? "ota_0"
           : role_of(p) == LAYOUT_SECONDARY ? "ota_1"
                                            : p->name;
}

static void put_row(FILE *out, const struct layout_partition *p, size_t row)
{
    if (role_of(p) == LAYOUT_PRIMARY || role_of(p) == LAYOUT_SECONDARY)
        fprintf(out, "%s, app, ota_%d,", row_name(p), role_of(p) == LAYOUT_SECONDARY);
    else
        fprintf(out, "%s, 0x40, 0x%zx,", row_name(p), row);
    fprintf(out, " 0x%x, 0x%x,%s\n", p->off, p->size, p->dts.read_only ? " readonly" : "");
}

/* A table for a layout that has none: slots are applications, all else has a type of its own. */
static char *made_csv(const struct layout *l, uint32_t *table_off, struct world_losses *losses)
{
    struct world_item *items = calloc(l->n_partitions + 1, sizeof *items);
    char *text = NULL;
    size_t n, len, rows = 0;
    FILE *out = open_memstream(&text, &len);

    if (!items || !out)
        host_no_memory();
    n = world_items(l, items);
    *table_off = 0;
    for (size_t i = 0; i < n; i++) {
        const struct layout_partition *p = &l->partitions[items[i].partition];

        if (p->device || role_of(p) == LAYOUT_BOOTLOADER) {
            world_lost(losses, p->device ? "%s (%s): a table is of one flash" : "%s (%s)", p->name,
                       SIZE(p->size));
            continue;
        }
        if (rows == 0) {
            *table_off = p->off >= TABLE_ROOM ? p->off - TABLE_ROOM : 0;
            fprintf(
                out,
                "# %s: written by 'bulkhead layout convert --to esp-csv'; the table is at 0x%x.\n"
                "# Name, Type, SubType, Offset, Size, Flags\n",
                l->product, *table_off);
        }
        put_row(out, p, rows++);
    }
    fclose(out);
    free(items);
    return text;
}

static int first_problem(const struct layout *l, const struct esp_table *t, struct host_error *e)
{
    for (size_t i = 0; i < t->problems.n; i++)
        if (t->problems.list[i].severity == ESP_ERROR)
            return host_fail(e, HOST_BAD_LAYOUT, host_in(l->path), t->problems.list[i].hint,
                             "ESP-IDF's table: %s", t->problems.list[i].text);
    return host_fail(e, HOST_BAD_LAYOUT, host_in(l->path), "Name partitions in it.",
                     "ESP-IDF's table would have no row");
}

/* As write_esp(), for a layout without a table: the checks are those of gen_esp32part.py. */
static int make_esp(const struct layout *l, char **csv, uint8_t binary[BH_TABLE_LEN],
                    struct world_losses *losses, struct host_error *e)
{
    struct esp_options o = esp_defaults();
    struct esp_table t;
    uint32_t table_off;
    int code = HOST_OK;

    *csv = made_csv(l, &table_off, losses);
    o.table_off = table_off;
    o.flash_size = l->n_devices ? l->devices[0].flash.size : 0;
    esp_table_init(&t);
    if (!esp_read_csv(&t, &o, (const uint8_t *)*csv, strlen(*csv)) || t.n == 0 ||
        !esp_verify(&t, &o) || !esp_to_binary(&t, &o, binary))
        code = first_problem(l, &t, e);
    esp_table_free(&t);
    return code;
}

/* A row needs a type: what has none is lost, and so is what lies on other devices. */
static void lose_rows(const struct layout *l, struct world_losses *losses)
{
    for (size_t i = 0; i < l->n_partitions; i++) {
        const struct layout_partition *p = &l->partitions[i];

        if ((int)i == l->boot.table || (int)i == l->boot.bootloader)
            continue;
        if (p->device != l->partitions[l->boot.table].device)
            world_lost(losses, "%s is on %s, and an ESP-IDF table is of one flash", p->name,
                       l->devices[p->device].name);
        else if (!p->esp.type)
            world_lost(losses, "%s has no 'esp: {type, subtype}'", p->name);
    }
}

static int to_table(const struct layout *l, char **csv, uint8_t binary[BH_TABLE_LEN],
                    struct world_losses *losses, struct host_error *e)
{
    *csv = NULL;
    lose_boot(l, losses);
    if (!is_esp(l))
        return make_esp(l, csv, binary, losses, e);
    lose_rows(l, losses);
    return write_esp(l, csv, binary, e);
}

WRITER(write_esp_csv)
{
    uint8_t binary[BH_TABLE_LEN];
    char *csv;
    int code = to_table(l, &csv, binary, losses, e);

    (void)options;
    if (code == HOST_OK)
        fputs(csv, out);
    free(csv);
    return code;
}

WRITER(write_esp_bin)
{
    uint8_t binary[BH_TABLE_LEN];
    char *csv;
    int code = to_table(l, &csv, binary, losses, e);

    (void)options;
    if (code == HOST_OK)
        fwrite(binary, 1, sizeof binary, out);
    free(csv);
    return code;
}
