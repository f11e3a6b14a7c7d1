/* SPDX-License-Identifier: Apache-2.0 */
/* Offsets and sizes that were left open. Rows are placed in file order, each after the one before;
 * a share of what is left ("rest") is the largest with which all rows still fit. */
#include "table.h"

#include <string.h>

/* As the original asks it: does the row say the same as the first? */
static bool is_first(const struct esp_table *t, const struct esp_row *row)
{
    const struct esp_row *first = &t->rows[0];

    return esp_is(row, first->type, first->subtype) && row->off == first->off &&
           row->len == first->len && strcmp(row->name, first->name) == 0;
}

static void overlaps(struct esp_table *t, const struct esp_options *o, const struct esp_row *row,
                     int64_t end)
{
    const char *off = esp_hex((char[24]){ 0 }, row->off), *free = esp_hex((char[24]){ 0 }, end);
    struct esp_problem *p;

    if (is_first(t, row))
        p = esp_problem(&t->problems, "order",
                        "CSV Error at line %u: Partitions overlap. Partition sets offset %s. But "
                        "partition table occupies the whole sector %s. Use a free offset %s or "
                        "higher.",
                        row->line, off, esp_hex((char[24]){ 0 }, o->table_off), free);
    else
        p = esp_problem(&t->problems, "order",
                        "CSV Error at line %u: Partitions overlap. Partition sets offset %s. "
                        "Previous partition ends %s",
                        row->line, off, free);
    esp_at(row, ESP_OFFSET, p)->hint =
        "Rows are placed in file order: write them by ascending offset, or leave offsets empty.";
}

static int64_t round_up(int64_t v, int64_t step)
{
    int64_t over = (v % step + step) % step;

    return over ? v + step - over : v;
}

/* Where a row begins that has end before it, and how long it is if a share of the rest is this. */
static int64_t off_behind(const struct esp_row *row, int64_t end)
{
    return row->placed ? row->off : round_up(end, esp_align(row->type));
}

static int64_t len_at(const struct esp_row *row, int64_t off, int64_t share, int64_t flash_size)
{
    int64_t step = esp_align(row->type);

    if (row->rest)
        return share / step * step;
    if (row->percent)
        return flash_size * row->percent / 100 / step * step;
    return row->len < 0 ? -row->len - off : row->len;
}

/* Where a row ends; far away is as good as any. */
static int64_t end_of(int64_t off, int64_t len)
{
    return off + len < ESP_HUGE ? off + len : ESP_HUGE;
}

/* Do all rows fit, with this share? */
static bool fits(const struct esp_table *t, const struct esp_options *o, int64_t share)
{
    int64_t end = o->table_off + BH_TABLE_SECTOR;

    for (size_t i = 0; i < t->n; i++) {
        const struct esp_row *row = &t->rows[i];

        if (esp_in_own_place(row))
            continue;
        int64_t off = off_behind(row, end);

        if (off < end)
            return false;
        end = end_of(off, len_at(row, off, share, o->flash_size));
    }
    return end <= o->flash_size;
}

/* The largest share that fits, by halving; at least a page. */
static int64_t largest_share(const struct esp_table *t, const struct esp_options *o)
{
    int64_t low = 0, high = o->flash_size / 0x1000 + 1; /* pages: low fits, high does not */

    if (!fits(t, o, 0x1000))
        return 0;
    while (high - low > 1) {
        int64_t middle = (low + high) / 2;

        if (fits(t, o, middle * 0x1000))
            low = middle;
        else
            high = middle;
    }
    return low * 0x1000;
}

/* The first row whose size is to be found, or NULL. */
static const struct esp_row *first_open(const struct esp_table *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->rows[i].rest || t->rows[i].percent)
            return &t->rows[i];
    return NULL;
}

/* 0: no row takes a share. Negative: one does, and cannot. */
static int64_t find_share(struct esp_table *t, const struct esp_options *o)
{
    const struct esp_row *row = first_open(t);
    int64_t share;

    if (!row)
        return 0;
    if (!o->flash_size) {
        esp_at(row, ESP_SIZE,
               esp_refuse(&t->problems, "size-open", "Give --flash-size.",
                          "size depends on the size of the flash"));
        return -1;
    }
    share = largest_share(t, o);
    for (size_t i = 0; i < t->n; i++) {
        row = &t->rows[i];
        if (row->rest && share / esp_align(row->type) == 0) {
            esp_at(row, ESP_SIZE,
                   esp_refuse(&t->problems, "size-open",
                              "Make other partitions smaller, or the flash larger.",
                              "nothing is left of the flash for '%s'", row->name));
            return -1;
        }
    }
    return share;
}

bool esp_place(struct esp_table *t, const struct esp_options *o)
{
    int64_t end = o->table_off + BH_TABLE_SECTOR, share = find_share(t, o);
    size_t before = t->problems.errors;

    if (share < 0)
        return false;
    for (size_t i = 0; i < t->n; i++) {
        struct esp_row *row = &t->rows[i];

        if (esp_in_own_place(row))
            continue;
        if (row->placed && row->off < end)
            overlaps(t, o, row, end);
        row->off = off_behind(row, end);
        row->placed = true;
        row->len = len_at(row, row->off, share, o->flash_size);
        end = end_of(row->off, row->len);
    }
    return t->problems.errors == before;
}
