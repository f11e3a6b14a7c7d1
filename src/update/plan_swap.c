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
 * Step 2i is L[i] <- P[i], step 2i + 1 is P[i] <- L[i+1]. Invariant: before and during step k the
 * source of step k is whole, and every chunk of both images is in at least one place. So step k can
 * be done anew at any time until step k + 1 has begun, whatever a cut left in its destination. */
#include "pair.h"

/* Copy the part of an image that lies in chunk i, if there is one. */
static void backup_side(struct bh_step *s, struct bh_region dst, struct bh_region src, uint32_t len)
{
    *s = (struct bh_step){ dst, src, len };
    if (len == 0) /* nothing to keep: L[i] stays as it is */
        s->dst.len = 0;
}

static void step(const struct bh_pair *pair, const struct bh_record_pair *size, uint32_t k,
                 struct bh_step *out)
{
    uint32_t i = k / 2;

    if (k % 2 == 0)
        backup_side(out, bh_pair_l(pair, i), bh_pair_p(pair, i),
                    bh_pair_piece(pair, size->size_old, i));
    else
        *out = (struct bh_step){ bh_pair_p(pair, i), bh_pair_l(pair, i + 1),
                                 bh_pair_piece(pair, size->size_new, i) };
}

static void undo(const struct bh_pair *pair, const struct bh_record_pair *size, uint32_t k,
                 struct bh_step *out)
{
    uint32_t i = k / 2;

    if (k % 2 == 0)
        *out = (struct bh_step){ bh_pair_p(pair, i), bh_pair_l(pair, i),
                                 bh_pair_piece(pair, size->size_old, i) };
    else
        backup_side(out, bh_pair_l(pair, i + 1), bh_pair_p(pair, i),
                    bh_pair_piece(pair, size->size_new, i));
}

const struct bh_plan bh_plan_swap = { "swap", 2, step, undo };
