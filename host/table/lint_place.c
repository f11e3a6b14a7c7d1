/* SPDX-License-Identifier: Apache-2.0 */
/* What ESP-IDF's tools let pass of where partitions lie: gaps between them, bootloaders that are
 * not where the chip looks, the end of the flash. */
#include "lint.h"

#define RECOVERY 2 /* subtype of a bootloader */

/* "0x1000" within one call. */
#define HEX(v) esp_hex((char[24]){ 0 }, v)

static const struct esp_row *find(const struct esp_table *t, int64_t type, int64_t subtype)
{
    for (size_t i = 0; i < t->n; i++)
        if (!t->rows[i].broken && esp_is(&t->rows[i], type, subtype))
            return &t->rows[i];
    return NULL;
}

static const struct esp_row *last_row(const struct esp_table *t)
{
    const struct esp_row *last = NULL;

    for (size_t i = 0; i < t->n; i++)
        if (!t->rows[i].broken && (!last || t->rows[i].off > last->off))
            last = &t->rows[i];
    return last;
}

/* ---- gaps ---- */

/* Where that ends which lies before a row: the table's sector, or another row. */
static int64_t end_before(const struct esp_table *t, const struct esp_options *o,
                          const struct esp_row *row)
{
    int64_t end = o->table_off + BH_TABLE_SECTOR;

    for (size_t i = 0; i < t->n; i++) {
        const struct esp_row *other = &t->rows[i];

        if (!other->broken && other->off < row->off && other->off + other->len > end)
            end = other->off + other->len;
    }
    return end;
}

static void lint_gap(struct esp_table *t, const struct esp_options *o, const struct esp_row *row)
{
    int64_t end = end_before(t, o, row), gap = row->off - end, step = esp_align(row->type);

    if (gap <= 0 || esp_in_own_place(row))
        return;
    if (gap < step)
        return; /* it begins where it must: nothing can be done about that */
    esp_at(row, ESP_OFFSET,
           esp_advise(&t->problems, "gap",
                      "Leave its offset empty, or make what lies before it larger.",
                      "%lld bytes before '%s', %s to %s, are in no partition", (long long)gap,
                      row->name, HEX(end), HEX(row->off)));
}

/* ---- what lies before the table, and recovery ---- */

/* Only a binary table can say these: of a CSV, both rows are what the options make them. */
static void lint_before_table(struct esp_table *t, const struct esp_options *o)
{
    const struct esp_row *boot = find(t, BH_TYPE_BOOTLOADER, BH_PRIMARY);
    const struct esp_row *table = find(t, BH_TYPE_TABLE, BH_PRIMARY);
    int64_t end = boot ? boot->off + boot->len : o->table_off;

    if (table && table->off != o->table_off)
        esp_at(table, ESP_OFFSET,
               esp_advise(&t->problems, "table-elsewhere", "Say --offset if it is there.",
                          "'%s' says that the table is at %s, but it is at %s", table->name,
                          HEX(table->off), HEX(o->table_off)));
    if (boot && o->primary_bootloader != ESP_NOWHERE && boot->off != o->primary_bootloader)
        esp_at(boot, ESP_OFFSET,
               esp_advise(&t->problems, "bootloader-elsewhere",
                          "The chip's ROM decides: 0, 0x1000 or 0x2000.",
                          "'%s' is at %s, but --primary-bootloader-offset says %s", boot->name,
                          HEX(boot->off), HEX(o->primary_bootloader)));
    if (end > o->table_off)
        esp_at(boot, ESP_SIZE,
               esp_advise(&t->problems, "bootloader-overlap", "Make it end where the table begins.",
                          "'%s' ends at %s, %lld bytes into the partition table at %s", boot->name,
                          HEX(end), (long long)(end - o->table_off), HEX(o->table_off)));
    else if (end < o->table_off)
        esp_at(boot, ESP_SIZE,
               esp_advise(&t->problems, "bootloader-gap", "Make it end where the table begins.",
                          "%lld bytes between '%s' and the partition table, %s to %s, are in no "
                          "partition",
                          (long long)(o->table_off - end), boot->name, HEX(end),
                          HEX(o->table_off)));
}

/* The ROM takes its address from an eFuse; the table plays no role for it. */
static void lint_recovery(struct esp_table *t, const struct esp_options *o)
{
    const struct esp_row *row = find(t, BH_TYPE_BOOTLOADER, RECOVERY);

    if (o->recovery_bootloader == ESP_NOWHERE) {
        if (row)
            esp_at(row, ESP_OFFSET,
                   esp_advise(&t->problems, "recovery-unchecked",
                              "Say --recovery-bootloader-offset with the address in the eFuse.",
                              "the chip looks for '%s' where an eFuse says, which may not be %s",
                              row->name, HEX(row->off)));
    } else if (!row) {
        esp_advise(
            &t->problems, "recovery-missing", "Add: recovery,bootloader,recovery,N/A,N/A",
            "the recovery bootloader at %s is in no partition: anything may be written there",
            HEX(o->recovery_bootloader));
    } else if (row->off != o->recovery_bootloader) {
        esp_at(row, ESP_OFFSET,
               esp_advise(&t->problems, "recovery-elsewhere", "The address in the eFuse counts.",
                          "'%s' is at %s, but --recovery-bootloader-offset says %s", row->name,
                          HEX(row->off), HEX(o->recovery_bootloader)));
    }
}

/* ---- the end of the flash ---- */

static void lint_end(struct esp_table *t, const struct esp_options *o)
{
    const struct esp_row *last = last_row(t);
    int64_t end = last ? last->off + last->len : 0;

    if (o->flash_size && end > o->flash_size)
        esp_at(last, ESP_SIZE,
               esp_refuse(&t->problems, "flash-end", NULL,
                          "'%s' ends at %s, beyond the end of the flash at %s", last->name,
                          HEX(end), HEX(o->flash_size)));
}

void esp_lint_place(struct esp_table *t, const struct esp_options *o)
{
    if (o->table_off % 0x1000 || o->table_off < 0)
        esp_advise(&t->problems, "table-offset", "Use a multiple of 0x1000.",
                   "table offset %s is not at the start of a page", HEX(o->table_off));
    for (size_t i = 0; i < t->n; i++)
        if (!t->rows[i].broken)
            lint_gap(t, o, &t->rows[i]);
    lint_before_table(t, o);
    lint_recovery(t, o);
    lint_end(t, o);
}
