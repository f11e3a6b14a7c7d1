/* SPDX-License-Identifier: Apache-2.0 */
/* A trial that another bootloader began, or that was going on when the journal was lost. Linked if
 * the product names it. */
#include "inner.h"

/* The image on trial, and its way back where a swap of ours leaves it, as does MCUboot's
 * swap-using-offset: both whole, the old one allowed. A revert needs sizes and names. */
static bool adopt_pair(struct bh_boot *b, const struct bh_product *product, uint32_t p)
{
    struct bh_view backup = bh_pair_backup(&product->pairs[p]);
    struct bh_view primary = bh_pair_primary(&product->pairs[p]);
    struct bh_record_pair *next = &b->next.pair[p];

    if (!bh_boot_good(b, product, p, &backup) || !bh_boot_restorable(b, product, p))
        return false;
    next->size_old = b->verified.image.len;
    bh_boot_name(b, next->name_old);
    if (!bh_boot_good(b, product, p, &primary))
        return false;
    next->size_new = b->verified.image.len;
    bh_boot_name(b, next->name_new);
    return true;
}

/* All pairs on trial, or none. What they need of each other is asked when it comes to a revert. */
bool bh_adopt(struct bh_boot *b, const struct bh_product *product)
{
    for (uint32_t p = 0; p < product->n_pairs; p++)
        if (b->facts.on_trial >> p & 1u && !adopt_pair(b, product, p))
            return false;
    return product->plan->reverts;
}
