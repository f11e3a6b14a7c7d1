/* SPDX-License-Identifier: Apache-2.0 */
/* The journal of a product: whose is it? One by an older bootloader, or of another layout in the
 * middle of an act, is left as it is: its owner may come back. One of another layout at rest is
 * begun again; floors and versions go on to hold. */
#include "bulkhead/product.h"

#include <string.h>

static void judge(struct bh_journal *j)
{
    struct bh_record *truth = &j->truth;
    bool other = j->found && truth->layout != j->use.layout;

    j->why = j->spoiled ? BH_REASON_JOURNAL_SPOILED : BH_REASON_NONE;
    j->locked = other ? truth->state > BH_STATE_REQUESTED : j->former && !j->found;
    if (j->locked)
        j->why = other ? BH_REASON_LAYOUT_IN_USE : BH_REASON_JOURNAL_FORMER;
    if (!other || j->locked)
        return;
    j->why = BH_REASON_LAYOUT_CHANGED;
    j->found = j->settled = false;
    truth->state = BH_STATE_NONE;
    truth->outcome = truth->reason = truth->fault = 0;
    for (uint32_t p = 0; p < BH_PAIRS_MAX; p++) {
        struct bh_record_pair *pair = &truth->pair[p];

        memset(pair->name_old, 0, sizeof pair->name_old);
        memset(pair->name_new, 0, sizeof pair->name_new);
        pair->size_old = pair->size_new = 0;
    }
}

int bh_product_journal(const struct bh_product *product, struct bh_work *work,
                       struct bh_journal *out)
{
    struct bh_journal_use use = { product->journal,    work,   product->layout, product->n_pairs,
                                  bh_product_possible, product };
    int err = bh_journal_open(out, &use);

    judge(out);
    return err;
}
