/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes and encodes one row of a partition table, which is 32 bytes. */
#include "bulkhead/bytes.h"
#include "bulkhead/table.h"

#include <string.h>

enum {
    MAGIC = 0x50AA,
    MAGIC_MD5 = 0xEBEB,
    AT_TYPE = 2,
    AT_SUBTYPE = 3,
    AT_OFF = 4,
    AT_LEN = 8,
    AT_LABEL = 12,
    AT_FLAGS = 28,
};

enum bh_table_row bh_table_row(const uint8_t row[32])
{
    switch (bh_load16(row)) {
    case MAGIC: return BH_ROW_PARTITION;
    case MAGIC_MD5: return BH_ROW_MD5;
    case 0xFFFF: return row[AT_TYPE] == 0xFF && row[AT_SUBTYPE] == 0xFF ? BH_ROW_END : BH_ROW_JUNK;
    default: return BH_ROW_JUNK;
    }
}

void bh_partition_decode(const uint8_t row[32], struct bh_partition *out)
{
    out->type = row[AT_TYPE];
    out->subtype = row[AT_SUBTYPE];
    out->off = bh_load32(row + AT_OFF);
    out->len = bh_load32(row + AT_LEN);
    out->flags = bh_load32(row + AT_FLAGS);
    memcpy(out->label, row + AT_LABEL, BH_LABEL_MAX);
    out->label[BH_LABEL_MAX] = 0;
}

void bh_partition_encode(const struct bh_partition *p, uint8_t row[32])
{
    size_t n = 0;

    memset(row, 0, BH_TABLE_ROW);
    while (n < BH_LABEL_MAX && p->label[n])
        n++;
    bh_store16(row, MAGIC);
    row[AT_TYPE] = p->type;
    row[AT_SUBTYPE] = p->subtype;
    bh_store32(row + AT_OFF, p->off);
    bh_store32(row + AT_LEN, p->len);
    memcpy(row + AT_LABEL, p->label, n);
    bh_store32(row + AT_FLAGS, p->flags);
}
