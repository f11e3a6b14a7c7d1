/* SPDX-License-Identifier: Apache-2.0 */
/* What the image of a whole flash shows beside its table: bytes in no partition that are not
 * erased, and a bootloader that does not go with the table. */
#include "host/lint_flash.h"

#include "bulkhead/bytes.h"
#include "bulkhead/image_espressif.h"

#define SIGNATURE_V1 68 /* after the table, of Secure Boot V1 */

#define HEX(v) esp_hex((char[24]){ 0 }, v)

struct flash {
    struct esp_table *t;
    const struct esp_options *o;
    const struct bh_flash *flash;
};

/* ---- what is erased ---- */

/* The first byte from..to that is not erased, or to. */
static int64_t first_used(const struct bh_flash *flash, int64_t from, int64_t to)
{
    uint8_t buf[4096];

    for (; from < to; from += (int64_t)sizeof buf) {
        uint32_t n = bh_min((uint32_t)(to - from), sizeof buf);

        if (bh_flash_read(flash, (uint32_t)from, buf, n) != BH_OK)
            return from;
        for (uint32_t i = 0; i < n; i++)
            if (buf[i] != 0xFF)
                return from + i;
    }
    return to;
}

static void lint_erased(const struct flash *f, int64_t from, int64_t to, const char *where)
{
    int64_t size = f->flash->size, end = to < size ? to : size;
    int64_t used = from < end ? first_used(f->flash, from, end) : end;

    if (used < end)
        esp_advise(&f->t->problems, "padding",
                   "Erase it, or give it a partition: tools take it for free.",
                   "not erased, though in no partition: %s, %s to %s", where, HEX(from), HEX(to))
            ->column = (unsigned)used;
}

/* The next bytes in no row, from *from on: to *to. */
static bool next_gap(const struct esp_table *t, int64_t *from, int64_t *to)
{
    int64_t before;

    do {
        before = *from;
        for (size_t i = 0; i < t->n; i++)
            if (t->rows[i].off <= *from && t->rows[i].off + t->rows[i].len > *from)
                *from = t->rows[i].off + t->rows[i].len;
    } while (*from != before);
    for (size_t i = 0; i < t->n; i++)
        if (t->rows[i].off > *from && t->rows[i].off < *to)
            *to = t->rows[i].off;
    return *from < *to;
}

static void lint_gaps(const struct flash *f)
{
    int64_t sector = f->o->table_off, size = f->flash->size, to = size;
    int64_t after = sector + BH_TABLE_LEN + (f->o->secure == ESP_SECURE_V1 ? SIGNATURE_V1 : 0);

    lint_erased(f, after, sector + BH_TABLE_SECTOR, "rest of the partition table's sector");
    for (int64_t from = sector + BH_TABLE_SECTOR; next_gap(f->t, &from, &to); from = to, to = size)
        lint_erased(f, from, to, to < size ? "gap between partitions" : "after the last partition");
}

/* ---- the bootloader ---- */

struct loader {
    int64_t off;
    int64_t len;
    int64_t flash_size; /* by its header */
};

/* Where a chip's ROM looks for it. */
static int64_t rom_looks_at(uint16_t chip)
{
    switch (chip) {
    case 0x00: /* ESP32 */
    case 0x02: /* ESP32-S2 */ return 0x1000;
    case 0x12: /* ESP32-P4 */
    case 0x17: /* ESP32-C5 */
    case 0x1C: /* ESP32-H4 */
    case 0x20: /* ESP32-S31 */ return 0x2000;
    default: return 0;
    }
}

static bool loader_at(const struct flash *f, int64_t off, struct loader *out)
{
    struct bh_region region = { f->flash, (uint32_t)off, f->flash->size - (uint32_t)off };
    struct bh_view view = bh_view_of(&region);
    struct bh_image image;
    uint8_t head[4];

    if (off >= f->o->table_off || bh_region_read(&region, 0, head, sizeof head) != BH_OK ||
        bh_image_espressif.decode(&view, region.len, &image) != BH_REASON_NONE)
        return false;
    *out = (struct loader){ off, image.len,
                            (int64_t)1 << (20 + (head[BH_ESPRESSIF_OFF_SPI_SPEED] >> 4)) };
    return f->o->primary_bootloader == off || rom_looks_at((uint16_t)image.flags) == off;
}

static bool find_loader(const struct flash *f, struct loader *out)
{
    if (f->o->primary_bootloader != ESP_NOWHERE)
        return f->o->primary_bootloader >= 0 && loader_at(f, f->o->primary_bootloader, out);
    return loader_at(f, 0, out) || loader_at(f, 0x1000, out) || loader_at(f, 0x2000, out);
}

static void lint_loader(const struct flash *f, const struct loader *l)
{
    int64_t end = l->off + l->len, used = esp_flash_used(f->t);

    if (end > f->o->table_off)
        esp_advise(&f->t->problems, "bootloader-long",
                   "Make it smaller (less logging, -Os), or move the table up.",
                   "bootloader of %lld bytes at %s ends %lld bytes into the partition table",
                   (long long)l->len, HEX(l->off), (long long)(end - f->o->table_off))
            ->column = (unsigned)f->o->table_off;
    else
        lint_erased(f, end, f->o->table_off, "between bootloader and partition table");
    if (used > l->flash_size)
        esp_advise(&f->t->problems, "flash-header",
                   "Write the bootloader again with esptool's --flash_size.",
                   "the bootloader's header says %lld MB of flash, but partitions reach to %s: it "
                   "refuses the whole table",
                   (long long)(l->flash_size >> 20), HEX(used))
            ->column = (unsigned)(l->off + BH_ESPRESSIF_OFF_SPI_SPEED);
}

int64_t host_flash_size_told(const struct esp_options *o, const struct bh_flash *flash)
{
    struct flash f = { NULL, o, flash };
    struct loader loader;

    return find_loader(&f, &loader) ? loader.flash_size : 0;
}

void host_lint_flash(struct esp_table *t, const struct esp_options *o, const struct bh_flash *flash)
{
    struct flash f = { t, o, flash };
    struct loader loader;

    if (find_loader(&f, &loader))
        lint_loader(&f, &loader);
    lint_gaps(&f);
}
