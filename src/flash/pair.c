/* SPDX-License-Identifier: Apache-2.0 */
/* Where the chunks and the images of a slot pair are. */
#include "bulkhead/pair.h"

struct bh_region bh_pair_p(const struct bh_pair *pair, uint32_t i)
{
    return bh_region_part(&pair->primary, i * pair->chunk, pair->chunk);
}

/* Not inlined: called from many places, and a call is shorter. */
__attribute__((noinline)) struct bh_region bh_pair_l(const struct bh_pair *pair, uint32_t i)
{
    if (i == 0)
        return pair->spare;
    return bh_region_part(&pair->secondary, pair->staged_off + (i - 1) * pair->chunk, pair->chunk);
}

struct bh_view bh_pair_primary(const struct bh_pair *pair)
{
    return bh_view_of(&pair->primary);
}

struct bh_view bh_pair_staged(const struct bh_pair *pair)
{
    return (struct bh_view){ NULL, &pair->secondary, pair->staged_off, NULL, 0 };
}

struct bh_view bh_pair_backup(const struct bh_pair *pair)
{
    return (struct bh_view){ &pair->spare, &pair->secondary, pair->staged_off, NULL, 0 };
}
