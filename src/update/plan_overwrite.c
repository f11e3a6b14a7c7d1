/* SPDX-License-Identifier: Apache-2.0 */
/* The staged image over the primary one: step i is P[i] <- L[i+1]. Half the erases, no way back.
 * The source is never touched, so any step can be done anew at any time. */
#include "pair.h"

static void step(const struct bh_pair *pair, const struct bh_record_pair *size, uint32_t k,
                 struct bh_step *out)
{
    *out = (struct bh_step){ bh_pair_p(pair, k), bh_pair_l(pair, k + 1),
                             bh_pair_piece(pair, size->size_new, k) };
}

const struct bh_plan bh_plan_overwrite = { "overwrite", 1, step, NULL };
