/* SPDX-License-Identifier: Apache-2.0 */
/* There is no journal. The mailbox shows another bootloader's trial or swap. Its way back is not
 * where ours would be. So no trial goes on: the image in primary is kept, under its name, so that a
 * confirm of the application's counts when it comes. Linked if the product names it. */
#include "inner.h"

void bh_adopt_kept(struct bh_boot *b, const struct bh_product *product)
{
    struct bh_record *next = &b->next;

    *next = b->journal.truth; /* nobody confirmed it: no floor and no version is raised */
    for (uint32_t p = 0; p < product->n_pairs; p++) {
        struct bh_view primary = bh_pair_primary(&product->pairs[p]);

        if ((b->facts.on_trial | b->facts.interrupted) >> p & 1u &&
            bh_boot_good(b, product, p, &primary)) {
            next->pair[p].size_new = b->verified.image.len;
            bh_boot_name(b, next->pair[p].name_new);
        }
    }
    next->state = BH_STATE_IDLE;
    next->outcome = BH_OUTCOME_KEPT;
    next->reason = b->reason =
        b->facts.interrupted ? BH_REASON_FOREIGN_SWAP : BH_REASON_NO_WAY_BACK;
    b->facts.primary = BH_LOOK_UNKNOWN; /* it has a name now */
}
