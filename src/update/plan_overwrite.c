/* SPDX-License-Identifier: Apache-2.0 */
/* The staged image over the primary one: step i is P[i] <- L[i+1]. Half the erases, no way back.
 * The source is never touched, so any step can be done again at any time. */
#include "bulkhead/plan.h"

static void move(uint32_t k, struct bh_move *out)
{
    *out = (struct bh_move){ k, k + 1, true };
}

const struct bh_plan bh_plan_overwrite = { "overwrite", false, false, 1, move };
