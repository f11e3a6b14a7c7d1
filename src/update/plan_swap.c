/* SPDX-License-Identifier: Apache-2.0 */
/* P and L change places, one chunk after the other.
 *
 *     start     P: o0 o1 o2      L: --  n0  n1  n2     L[0] is the spare
 *     step 0    P: o0 o1 o2      L: o0  n0  n1  n2     erase L0, copy P0
 *     step 1    P: n0 o1 o2      L: o0  n0  n1  n2     erase P0, copy L1
 *     step 2    P: n0 o1 o2      L: o0  o1  n1  n2     erase L1, copy P1
 *     step 3    P: n0 n1 o2      L: o0  o1  n1  n2     erase P1, copy L2
 *     step 4    P: n0 n1 o2      L: o0  o1  o2  n2     erase L2, copy P2
 *     step 5    P: n0 n1 n2      L: o0  o1  o2  n2     erase P2, copy L3
 *
 * Invariant: before and during step k the source of step k is whole, and every chunk of both images
 * is in at least one place. So step k can be done again at any time until step k + 1 has begun,
 * whatever a cut left in its destination. */
#include "bulkhead/plan.h"

static void move(uint32_t k, struct bh_move *out)
{
    out->new_image = k % 2;
    out->p = k / 2;
    out->l = k / 2 + out->new_image;
}

const struct bh_plan bh_plan_swap = { "swap", true, true, 2, move };
