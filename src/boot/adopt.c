/* SPDX-License-Identifier: Apache-2.0 */
/* There is no journal. The mailbox shows what another bootloader did, or what was going on when our
 * journal was lost. Linked if the product names it. */
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
static bool adopt_all(struct bh_boot *b, const struct bh_product *product)
{
    for (uint32_t p = 0; p < product->n_pairs; p++)
        if (b->facts.on_trial >> p & 1u && !adopt_pair(b, product, p))
            return false;
    return product->plan->reverts;
}

/* A trial goes on if there is a way back. Otherwise, and after a swap that was interrupted, what is
 * in primary is kept: nobody confirmed it. */
void bh_adopt(struct bh_boot *b, const struct bh_product *product)
{
    struct bh_record *next = &b->next;

    *next = b->journal.truth; /* nobody confirmed it: no floor and no version is raised */
    next->state = BH_STATE_IDLE;
    next->outcome = BH_OUTCOME_KEPT;
    next->reason = b->reason =
        b->facts.interrupted ? BH_REASON_FOREIGN_SWAP : BH_REASON_NO_WAY_BACK;
    if (!b->facts.interrupted && adopt_all(b, product)) {
        next->state = BH_STATE_TRIAL;
        next->outcome = BH_OUTCOME_NONE;
        next->reason = b->reason = b->journal.why ? b->journal.why : BH_REASON_JOURNAL_NEW;
        next->boots_left = product->trial_boots - 1u;
        b->facts.started = true;
    }
    b->facts.primary = BH_LOOK_UNKNOWN; /* it may have a name now */
}
