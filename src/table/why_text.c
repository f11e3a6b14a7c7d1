/* SPDX-License-Identifier: Apache-2.0 */
/* Texts for people. A bootloader that shows none does not link this file. */
#include "bulkhead/table.h"

const char *bh_table_why_text(enum bh_table_why why)
{
    switch (why) {
    case BH_TABLE_GOOD: return "nothing is wrong";
    case BH_TABLE_UNREADABLE: return "flash cannot be read there";
    case BH_TABLE_MAGIC: return "row is neither a partition nor the end";
    case BH_TABLE_NO_END: return "no end of the table within 96 rows";
    case BH_TABLE_SIZE: return "partition reaches beyond the end of the flash";
    case BH_TABLE_MD5:
        return "MD5 of the rows differs: table was changed or not completely written";
    case BH_TABLE_MD5_TWICE: return "two MD5 rows";
    case BH_TABLE_NO_MD5: return "no MD5 row: nothing would tell a damaged table";
    case BH_TABLE_AFTER_MD5: return "partition after the MD5 row: no digest covers it";
    case BH_TABLE_ALIGN: return "partition is empty, or does not begin and end on page borders";
    case BH_TABLE_OVERLAP: return "partition overlaps another, or the table";
    case BH_TABLE_LABEL: return "label is that of an earlier partition";
    }
    return "unknown to this version of Bulkhead";
}
