/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the journal of a product. One that an older bootloader wrote, or one of another layout
 * that is in the middle of an act, is not changed, because its owner may come back. One of
 * another layout that is at rest is begun again, and keeps floors and versions. */
#include "bulkhead/product.h"

#include <stddef.h>
#include <string.h>

static void judge(struct bh_journal *j, uint32_t n_pairs)
{
    struct bh_record *truth = &j->truth;
    bool other = j->found && truth->layout != j->use.layout;

    j->why = j->spoiled ? BH_REASON_JOURNAL_SPOILED : BH_REASON_NONE;
    if (!other) {
        j->locked = j->former && !j->found;
        if (j->locked)
            j->why = BH_REASON_JOURNAL_FORMER;
        return;
    }
    j->why = BH_REASON_LAYOUT_IN_USE;
    j->locked = truth->state > BH_STATE_REQUESTED;
    if (j->locked)
        return;
    j->why = BH_REASON_LAYOUT_CHANGED;
    j->found = j->settled = false;
    /* a name goes on to be that of an image; a size, a page or a pair means something else here,
     * and what is stated of it would not be possible when it is read */
    j->dead = BH_FAULT_NONE;
    memset(&truth->state, 0, offsetof(struct bh_record, pair) - offsetof(struct bh_record, state));
    for (uint32_t p = 0; p < bh_n_pairs(n_pairs); p++)
        truth->pair[p].size_old = truth->pair[p].size_new = 0;
}

int bh_product_journal(const struct bh_product *product, struct bh_work *work,
                       struct bh_journal *out)
{
    struct bh_journal_use use = { product->journal, work, product->layout, product->n_pairs };
    int err = bh_journal_open(out, &use, product);

    judge(out, product->n_pairs);
    return err;
}
