/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes where a partition table is to be, as they are and with right MD5 rows: device and host
 * look at the same. What is good by the
 * strict rules is good by ESP-IDF's, has no overlaps, and is what the host reads. */
#include <stdlib.h>
#include <string.h>

#include "host/table/table.h"
#include "host/target.h"
#include "table/md5.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define SIZE (4u << 20)

static uint8_t bytes[BH_TABLE_LEN];

/* A flash of which only the table is kept. */
static int read_table(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    (void)f;
    if (off < BH_TABLE_OFF || off + len > BH_TABLE_OFF + sizeof bytes)
        return BH_ERR_IO;
    memcpy(buf, bytes + (off - BH_TABLE_OFF), len);
    return BH_OK;
}

static const struct bh_flash_ops ops = { .read = read_table, .program = NULL, .erase = NULL };
static const struct bh_page_run run = { SIZE / 0x1000, 0x1000 };
static const struct bh_flash flash = {
    .ops = &ops, .runs = &run, .n_runs = 1, .unit = 1, .erased = 0xFF, .size = SIZE
};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void look_at_rows(const struct bh_table *t)
{
    struct bh_partition p, same;
    uint8_t cursor = 0;

    while (bh_table_next(t, &cursor, &p) == BH_OK) {
        must(p.off <= SIZE && p.len <= SIZE - p.off);
        must(bh_table_find_label(t, p.label, &same) == BH_OK);
        must(strcmp(p.label, same.label) == 0);
    }
    must(cursor <= BH_TABLE_ROWS);
}

/* Each MD5 row says what the rows before it are. */
static void seal(void)
{
    struct bh_md5 md5, now;

    bh_md5_init(&md5);
    for (uint32_t at = 0; at < BH_TABLE_ROWS * BH_TABLE_ROW; at += BH_TABLE_ROW) {
        switch (bh_table_row(bytes + at)) {
        case BH_ROW_PARTITION: bh_md5_update(&md5, bytes + at, BH_TABLE_ROW); break;
        case BH_ROW_MD5:
            now = md5;
            bh_md5_final(&now, bytes + at + 16);
            break;
        default: return;
        }
    }
}

static void look(void)
{
    struct esp_options o = esp_defaults();
    struct bh_table_fault fault;
    struct bh_table strict, loose;
    struct esp_table t;

    bool good = bh_table_open(&strict, &flash, BH_TABLE_OFF, BH_TABLE_STRICT, &fault) == BH_OK;
    must(good == (fault.why == BH_TABLE_GOOD));
    bool passable =
        bh_table_open(&loose, &flash, BH_TABLE_OFF, BH_TABLE_ESPRESSIF, &fault) == BH_OK;
    must(passable || !good);
    if (passable)
        look_at_rows(&loose);

    esp_table_init(&t);
    bool read = esp_read_binary(&t, &o, bytes, sizeof bytes);
    if (read) {
        char *csv = esp_to_csv(&t, &o, false);

        esp_verify(&t, &o);
        esp_lint(&t, &o);
        free(csv);
    }
    if (good && read) {
        must(t.n + 1 == strict.rows);
        must(t.had_md5 && strict.md5);
    }
    esp_table_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    memset(bytes, 0xFF, sizeof bytes);
    memcpy(bytes, data, len < sizeof bytes ? len : sizeof bytes);
    look();
    seal();
    look();
    return 0;
}
