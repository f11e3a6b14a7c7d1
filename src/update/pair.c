/* SPDX-License-Identifier: Apache-2.0 */
/* Where the chunks and the images of a slot pair are. */
#include "bulkhead/plan.h"

struct bh_region bh_pair_cell(const struct bh_pair *pair, struct bh_cell cell)
{
    const struct bh_region *slot = &pair->primary;
    uint32_t off = cell.number * pair->chunk;

    if (cell.backup) {
        slot = cell.number ? &pair->secondary : &pair->spare;
        off = cell.number ? off - pair->chunk + pair->staged_off : 0;
    }
    return bh_region_part(slot, off, pair->chunk);
}

struct bh_view bh_pair_primary(const struct bh_pair *pair)
{
    return bh_view_of(&pair->primary);
}

struct bh_view bh_pair_staged(const struct bh_pair *pair)
{
    return (struct bh_view){ NULL, &pair->secondary, pair->staged_off };
}

struct bh_view bh_pair_backup(const struct bh_pair *pair)
{
    return (struct bh_view){ &pair->spare, &pair->secondary, pair->staged_off };
}
