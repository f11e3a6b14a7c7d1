/* SPDX-License-Identifier: Apache-2.0 */
/* There is no journal, and the mailbox tells of another bootloader's trial or swap. Its way back is
 * not where ours would be, so no trial goes on: what is in primary is kept. Linked if the product
 * names it, or bh_adopt, which begins with this. */
#include "inner.h"

void bh_adopt_kept(struct bh_boot *b, const struct bh_product *product)
{
    struct bh_record *next = &b->next;

    (void)product;
    *next = b->journal.truth; /* nobody confirmed it: no floor and no version is raised */
    next->state = BH_STATE_IDLE;
    next->outcome = BH_OUTCOME_KEPT;
    next->reason = b->reason =
        b->facts.interrupted ? BH_REASON_FOREIGN_SWAP : BH_REASON_NO_WAY_BACK;
    b->facts.primary = BH_LOOK_UNKNOWN; /* it may have a name now */
}
