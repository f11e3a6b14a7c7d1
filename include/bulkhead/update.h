/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/update.h - carry out a plan under the journal.
 *
 *     struct bh_setback back = { 0 };
 *     err = bh_update_run(&product, &journal, &work, &back);
 *     if (err) ...back.fault names the page
 *
 * The loop is the same for a first start and for going on after a cut: no resume code exists. */
#ifndef BULKHEAD_UPDATE_H
#define BULKHEAD_UPDATE_H

#include "bulkhead/product.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Why moving images came to a stop. */
struct bh_setback {
    uint32_t fault; /* bh_fault(); BH_FAULT_NONE: the journal could not be written */
    uint32_t worn;  /* a page was erased, or failed though its chip answers: each attempt wears */
};

/* Do the steps that are left, or, if the journal says REVERTING and not UPDATING, undo them; its
 * truth holds sizes and progress. A step that fails is tried twice. BH_ERR_LATER: the board
 * postpones, nothing has failed. */
BH_MUST_CHECK int bh_update_run(const struct bh_product *product, struct bh_journal *journal,
                                struct bh_work *work, struct bh_setback *back);

/* Chunks of a primary slot that are to be copied back from the backup side. */
struct bh_refill {
    uint32_t pair;     /* index */
    uint32_t from, to; /* chunks P[from] to P[to - 1] */
    uint32_t first;    /* P[i] comes from L[i + first]: 0 backup, 1 staged */
    uint32_t size;     /* bytes of the image; what is after them is left erased */
    uint32_t worn;     /* bh_fault() of a page that failed in writing: left alone if it is right */
};
/* Can be done again at any time: the source is not touched. */
BH_MUST_CHECK int bh_update_refill(const struct bh_product *product, const struct bh_refill *refill,
                                   struct bh_work *work, struct bh_setback *back);

#ifdef __cplusplus
}
#endif

#endif
