/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/update.h - carry out a plan under the journal.
 *
 *     err = bh_update_run(&product, &journal, &work);
 *
 * The loop is the same for a first start and for going on after a cut: no resume code exists. */
#ifndef BULKHEAD_UPDATE_H
#define BULKHEAD_UPDATE_H

#include "bulkhead/product.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Do the steps that are left. The journal says UPDATING; its truth holds sizes and progress. */
BH_MUST_CHECK int bh_update_run(const struct bh_product *product, struct bh_journal *journal,
                                struct bh_work *work);
/* Undo the steps that are left. The journal says REVERTING. */
BH_MUST_CHECK int bh_update_undo(const struct bh_product *product, struct bh_journal *journal,
                                 struct bh_work *work);

/* Copy size bytes over primary from the cells L[first..], first 0 (backup) or 1 (staged); what lies
 * behind is left erased. Can be done anew at any time: the source is not touched. */
BH_MUST_CHECK int bh_update_restore(const struct bh_pair *pair, uint32_t first, uint32_t size,
                                    struct bh_work *work);

#ifdef __cplusplus
}
#endif

#endif
