/* SPDX-License-Identifier: Apache-2.0 */
/* Access to flash through a table: within the partition, and not against its read-only flag. */
#include "bulkhead/table.h"

int bh_partition_read(const struct bh_table *t, const struct bh_partition *p, uint32_t off,
                      void *buf, uint32_t len)
{
    struct bh_region r = bh_partition_region(t, p);

    return bh_region_read(&r, off, buf, len);
}

int bh_partition_write(const struct bh_table *t, const struct bh_partition *p, uint32_t off,
                       const void *buf, uint32_t len)
{
    struct bh_region r = bh_partition_region(t, p);

    if (p->flags & BH_PARTITION_READONLY)
        return BH_ERR_STATE;
    return bh_region_program(&r, off, buf, len);
}

int bh_partition_erase(const struct bh_table *t, const struct bh_partition *p, uint32_t off,
                       uint32_t len)
{
    struct bh_region r = bh_partition_region(t, p);

    if (p->flags & BH_PARTITION_READONLY)
        return BH_ERR_STATE;
    return bh_region_erase(&r, off, len);
}
