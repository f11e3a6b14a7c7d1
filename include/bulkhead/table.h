/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/table.h - the Espressif partition table, as it lies in flash.
 *
 *     struct bh_table table;
 *     struct bh_partition nvs;
 *     err = bh_table_open(&table, &chip, BH_TABLE_OFF, BH_TABLE_STRICT, NULL);
 *     if (!err) err = bh_table_find_label(&table, "nvs", &nvs);
 *     if (!err) err = bh_partition_read(&table, &nvs, 0, buf, sizeof buf);
 *
 * The table stays in flash: nothing is cached, a row is decoded when it is asked for. What the
 * bytes mean is in docs/formats/partition-table.md. */
#ifndef BULKHEAD_TABLE_H
#define BULKHEAD_TABLE_H

#include "bulkhead/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_TABLE_OFF 0x8000u    /* where a table is unless a project says otherwise */
#define BH_TABLE_SECTOR 0x1000u /* flash that belongs to it */
#define BH_TABLE_LEN 0xC00u     /* bytes of rows; a signature may follow */
#define BH_TABLE_ROW 32u        /* bytes per row */
#define BH_TABLE_ROWS 96u       /* rows, MD5 and end included */
#define BH_LABEL_MAX 16u        /* bytes of a label; there is no 0 after one of 16 */

enum bh_partition_type {
    BH_TYPE_APP = 0x00,
    BH_TYPE_DATA = 0x01,
    BH_TYPE_BOOTLOADER = 0x02,
    BH_TYPE_TABLE = 0x03,
    BH_TYPE_ANY = 0xFF, /* in a search only */
};

/* The subtypes that code acts upon. */
enum bh_partition_subtype {
    BH_APP_FACTORY = 0x00,
    BH_APP_OTA = 0x10, /* ota_0; ota_15 is 0x1F */
    BH_APP_TEST = 0x20,
    BH_DATA_OTA = 0x00,
    BH_DATA_NVS = 0x02,
    BH_DATA_COREDUMP = 0x03,
    BH_DATA_NVS_KEYS = 0x04,
    BH_DATA_TEE_OTA = 0x90,
    BH_PRIMARY = 0x00, /* of a bootloader or a table */
    BH_SUBTYPE_ANY = 0xFF,
};

#define BH_PARTITION_ENCRYPTED 1u
#define BH_PARTITION_READONLY 2u

struct bh_partition {
    uint8_t type, subtype;
    uint32_t off; /* from the start of the device */
    uint32_t len;
    uint32_t flags; /* all bits, known or not */
    char label[BH_LABEL_MAX + 1];
};

/* What 32 bytes are. */
enum bh_table_row { BH_ROW_PARTITION, BH_ROW_MD5, BH_ROW_END, BH_ROW_JUNK };
enum bh_table_row bh_table_row(const uint8_t row[32]);
void bh_partition_decode(const uint8_t row[32], struct bh_partition *out);
void bh_partition_encode(const struct bh_partition *p, uint8_t row[32]);

/* How much a table must be: as much as ESP-IDF's bootloader demands, or free of everything that
 * would make two readers of it disagree. */
enum bh_table_rules { BH_TABLE_ESPRESSIF, BH_TABLE_STRICT };

enum bh_table_why {
    BH_TABLE_GOOD = 0,
    BH_TABLE_UNREADABLE, /* the flash, or a table offset beyond its end */
    BH_TABLE_MAGIC,      /* a row that is neither partition, MD5 nor end; an end in row 0 */
    BH_TABLE_NO_END,
    BH_TABLE_SIZE, /* a partition reaches beyond the device */
    BH_TABLE_MD5,  /* the digest of the rows is another */
    BH_TABLE_MD5_TWICE,
    /* strict only */
    BH_TABLE_NO_MD5,
    BH_TABLE_AFTER_MD5, /* a partition that no digest covers */
    BH_TABLE_ALIGN,     /* not on a page, an app not on 64 KiB, or no pages at all */
    BH_TABLE_OVERLAP,   /* with another partition, or with the table itself */
    BH_TABLE_LABEL,     /* two partitions of one label */
};

struct bh_table_fault {
    enum bh_table_why why;
    uint8_t row,
        other; /* where; other: the earlier row it collides with, or BH_TABLE_ROWS: the table */
};

struct bh_table {
    const struct bh_flash *flash;
    uint32_t off; /* of row 0 */
    uint8_t rows; /* rows before the end, an MD5 row included */
    bool md5;     /* there is an MD5 row, and it is right */
};

/* Look at a table. fault (or NULL) says what is wrong with it. BH_ERR_IO: flash cannot be read;
 * BH_ERR_ABSENT: the place is erased; BH_ERR_REFUSED: anything else in fault. */
BH_MUST_CHECK int bh_table_open(struct bh_table *t, const struct bh_flash *flash, uint32_t off,
                                enum bh_table_rules rules, struct bh_table_fault *fault);
/* One English sentence for a fault; never NULL. Not linked unless used. */
const char *bh_table_why_text(enum bh_table_why why);

/* The next partition: start with *cursor = 0. BH_ERR_ABSENT after the last. */
BH_MUST_CHECK int bh_table_next(const struct bh_table *t, uint8_t *cursor,
                                struct bh_partition *out);
/* BH_ERR_ABSENT if there is none. */
BH_MUST_CHECK int bh_table_find_label(const struct bh_table *t, const char *label,
                                      struct bh_partition *out);
/* The index-th of a type and subtype, in table order; BH_TYPE_ANY and BH_SUBTYPE_ANY match all. */
BH_MUST_CHECK int bh_table_find(const struct bh_table *t, uint8_t type, uint8_t subtype,
                                unsigned index, struct bh_partition *out);

/* off is relative to the partition. BH_ERR_RANGE beyond its end; BH_ERR_STATE: it is read-only. */
BH_MUST_CHECK int bh_partition_read(const struct bh_table *t, const struct bh_partition *p,
                                    uint32_t off, void *buf, uint32_t len);
BH_MUST_CHECK int bh_partition_write(const struct bh_table *t, const struct bh_partition *p,
                                     uint32_t off, const void *buf, uint32_t len);
BH_MUST_CHECK int bh_partition_erase(const struct bh_table *t, const struct bh_partition *p,
                                     uint32_t off, uint32_t len);
/* The partition as a region, whoever writes to it: no read-only check. */
static inline struct bh_region bh_partition_region(const struct bh_table *t,
                                                   const struct bh_partition *p)
{
    struct bh_region region = { t->flash, p->off, p->len };

    return region;
}

#ifdef __cplusplus
}
#endif

#endif
