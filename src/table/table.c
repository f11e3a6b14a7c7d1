/* SPDX-License-Identifier: Apache-2.0 */
/* Checks and reads a partition table in flash. No row is trusted. */
#include "bulkhead/bytes.h"
#include "bulkhead/table.h"
#include "md5.h"

#include <string.h>

#define APP_ALIGN 0x10000u /* an MMU page of the ESP32 */

static int read_row(const struct bh_table *t, unsigned index, uint8_t row[32])
{
    return bh_flash_read(t->flash, t->off + index * BH_TABLE_ROW, row, BH_TABLE_ROW);
}

/* The scan over all rows, up to the end row: what is checked on the way. */
struct scan {
    struct bh_md5 md5;
    enum bh_table_rules rules;
    bool seen_md5;
};

static enum bh_table_why check_md5(struct scan *s, const uint8_t row[32])
{
    uint8_t digest[16];
    struct bh_md5 copy = s->md5;

    if (s->seen_md5)
        return BH_TABLE_MD5_TWICE;
    s->seen_md5 = true;
    bh_md5_final(&copy, digest);
    return memcmp(digest, row + 16, sizeof digest) ? BH_TABLE_MD5 : BH_TABLE_GOOD;
}

static enum bh_table_why check_partition(struct scan *s, const struct bh_table *t,
                                         const uint8_t row[32])
{
    struct bh_partition p;

    bh_md5_update(&s->md5, row, BH_TABLE_ROW);
    bh_partition_decode(row, &p);
    if (!bh_within(p.off, p.len, t->flash->size))
        return BH_TABLE_SIZE;
    return s->rules == BH_TABLE_STRICT && s->seen_md5 ? BH_TABLE_AFTER_MD5 : BH_TABLE_GOOD;
}

/* Count the rows into t. */
static enum bh_table_why scan_rows(struct scan *s, struct bh_table *t)
{
    uint8_t row[BH_TABLE_ROW];

    for (t->rows = 0; t->rows < BH_TABLE_ROWS; t->rows++) {
        enum bh_table_why why = BH_TABLE_GOOD;

        if (read_row(t, t->rows, row))
            return BH_TABLE_UNREADABLE;
        switch (bh_table_row(row)) {
        case BH_ROW_END: return t->rows ? BH_TABLE_GOOD : BH_TABLE_MAGIC;
        case BH_ROW_JUNK: return BH_TABLE_MAGIC;
        case BH_ROW_MD5: why = check_md5(s, row); break;
        case BH_ROW_PARTITION: why = check_partition(s, t, row); break;
        }
        if (why)
            return why;
    }
    return BH_TABLE_NO_END;
}

static bool overlap(uint32_t a, uint32_t a_len, uint32_t b, uint32_t b_len)
{
    return a < b ? b - a < a_len : a - b < b_len;
}

/* Rows that may describe flash before the table's end: that of the bootloader, and the table's
 * own. */
static bool is_own_place(const struct bh_partition *p)
{
    return (p->type == BH_TYPE_BOOTLOADER || p->type == BH_TYPE_TABLE) && p->subtype == BH_PRIMARY;
}

static enum bh_table_why check_alone(const struct bh_table *t, const struct bh_partition *p)
{
    uint32_t step = p->type == BH_TYPE_APP ? APP_ALIGN : BH_TABLE_SECTOR;

    if (p->len == 0 || p->off % step || !bh_flash_whole_pages(t->flash, p->off, p->len))
        return BH_TABLE_ALIGN;
    if (!is_own_place(p) && overlap(p->off, p->len, t->off, BH_TABLE_SECTOR))
        return BH_TABLE_OVERLAP;
    return BH_TABLE_GOOD;
}

/* A bootloader has no strcmp(): the core asks for four functions of <string.h>. */
static bool same_label(const char *a, const char *b)
{
    for (; *a && *a == *b; a++)
        b++;
    return *a == *b;
}

static enum bh_table_why check_pair(const struct bh_partition *a, const struct bh_partition *b)
{
    if (overlap(a->off, a->len, b->off, b->len))
        return BH_TABLE_OVERLAP;
    return same_label(a->label, b->label) ? BH_TABLE_LABEL : BH_TABLE_GOOD;
}

/* Each row by itself, and against each earlier one: at most 95 * 94 / 2 pairs. */
static enum bh_table_why check_strictly(const struct bh_table *t, struct bh_table_fault *fault)
{
    struct bh_partition p, earlier;
    uint8_t i = 0, j;

    while (bh_table_next(t, &i, &p) == BH_OK) {
        enum bh_table_why why = check_alone(t, &p);

        fault->row = (uint8_t)(i - 1);
        fault->other = BH_TABLE_ROWS;
        for (j = 0; !why && bh_table_next(t, &j, &earlier) == BH_OK && j < i;) {
            fault->other = (uint8_t)(j - 1);
            why = check_pair(&p, &earlier);
        }
        if (why)
            return why;
    }
    fault->row = t->rows;
    return t->md5 ? BH_TABLE_GOOD : BH_TABLE_NO_MD5;
}

/* Row 0 is the end row: tell erased flash from a broken table. */
static bool erased(const struct bh_table *t)
{
    uint8_t row[BH_TABLE_ROW];

    return t->rows == 0 && read_row(t, 0, row) == BH_OK && bh_all(row, 0xFF, sizeof row);
}

int bh_table_open(struct bh_table *t, const struct bh_flash *flash, uint32_t off,
                  enum bh_table_rules rules, struct bh_table_fault *fault)
{
    struct bh_table_fault local;
    struct scan s = { .rules = rules };

    if (!fault)
        fault = &local;
    *t = (struct bh_table){ .flash = flash, .off = off };
    *fault = (struct bh_table_fault){ .why = BH_TABLE_UNREADABLE };
    if (!bh_within(off, BH_TABLE_LEN, flash->size))
        return BH_ERR_RANGE;
    bh_md5_init(&s.md5);
    fault->why = scan_rows(&s, t);
    fault->row = t->rows;
    t->md5 = s.seen_md5;
    if (!fault->why && rules == BH_TABLE_STRICT)
        fault->why = check_strictly(t, fault);
    if (!fault->why)
        return BH_OK;
    if (fault->why == BH_TABLE_UNREADABLE)
        return BH_ERR_IO;
    return erased(t) ? BH_ERR_ABSENT : BH_ERR_REFUSED;
}

int bh_table_next(const struct bh_table *t, uint8_t *cursor, struct bh_partition *out)
{
    uint8_t row[BH_TABLE_ROW];

    while (*cursor < t->rows) {
        int err = read_row(t, *cursor, row);

        if (err)
            return err;
        ++*cursor;
        if (bh_table_row(row) == BH_ROW_PARTITION) {
            bh_partition_decode(row, out);
            return BH_OK;
        }
    }
    return BH_ERR_ABSENT;
}

int bh_table_find_label(const struct bh_table *t, const char *label, struct bh_partition *out)
{
    uint8_t cursor = 0;
    int err;

    while ((err = bh_table_next(t, &cursor, out)) == BH_OK)
        if (same_label(out->label, label))
            return BH_OK;
    return err;
}

int bh_table_find(const struct bh_table *t, uint8_t type, uint8_t subtype, unsigned index,
                  struct bh_partition *out)
{
    uint8_t cursor = 0;
    int err;

    while ((err = bh_table_next(t, &cursor, out)) == BH_OK) {
        bool match = (type == BH_TYPE_ANY || type == out->type) &&
                     (subtype == BH_SUBTYPE_ANY || subtype == out->subtype);

        if (match && index-- == 0)
            return BH_OK;
    }
    return err;
}
