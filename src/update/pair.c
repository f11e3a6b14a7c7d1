/* SPDX-License-Identifier: Apache-2.0 */
/* Where the chunks of a slot pair are. */
#include "pair.h"

struct bh_region bh_pair_p(const struct bh_pair *pair, uint32_t i)
{
    return bh_region_part(&pair->primary, i * pair->chunk, pair->chunk);
}

struct bh_region bh_pair_l(const struct bh_pair *pair, uint32_t i)
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
    struct bh_region staged = bh_region_part(&pair->secondary, pair->staged_off,
                                             pair->secondary.len - pair->staged_off);

    return bh_view_of(&staged);
}

struct bh_view bh_pair_backup(const struct bh_pair *pair)
{
    return (struct bh_view){ pair->spare, bh_pair_staged(pair).head };
}
