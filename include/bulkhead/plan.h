/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/plan.h - what an update does to the flash, as a pure function of the step's number.
 *
 *     struct bh_step s;
 *     for (uint32_t k = 0; k < bh_plan_steps(&bh_plan_swap, pairs, n, sizes); k++) {
 *         bh_plan_step(&bh_plan_swap, pairs, sizes, k, false, &s);
 *         if (!s.idle) ...erase s.end[BH_DST].at, copy s.len bytes of s.end[BH_SRC].at there
 *     }
 *
 * A step's source is destroyed by the following step at the earliest. To undo a step is to copy
 * back; undoing the steps from the last to the first reverts. */
#ifndef BULKHEAD_PLAN_H
#define BULKHEAD_PLAN_H

#include "bulkhead/journal.h"
#include "bulkhead/pair.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What step k of one pair is about: the chunks P[p] and L[l]. A piece of the new image goes from L
 * to P, a piece of the old one from P to L; undoing it is the other way round. */
struct bh_move {
    uint32_t p, l;
    bool new_image;
};

struct bh_plan {
    const char *name;
    bool reverts;     /* can steps be undone? if not, there is no trial */
    bool needs_spare; /* does it use bh_pair.spare? if not, none may be named */
    uint8_t steps_per_chunk;
    void (*move)(uint32_t k, struct bh_move *out);
};

/* Where a step copies to, or from. */
struct bh_end {
    struct bh_region at; /* one chunk */
    uint32_t page;       /* bh_fault() if it cannot be written, or cannot be read */
};
enum { BH_DST = 0, BH_SRC = 1 };

/* A step, ready to be carried out. */
struct bh_step {
    struct bh_end end[2]; /* BH_DST, BH_SRC */
    uint32_t len;         /* bytes to copy, the rest of the destination stays erased */
    bool idle;            /* nothing is to be done */
};

extern const struct bh_plan bh_plan_swap;      /* P and L change places; 2N erases each way */
extern const struct bh_plan bh_plan_overwrite; /* L over P; N erases, no way back */

/* All steps of an update: those of the first pair, then those of the second, and so on. Pairs of
 * size_new 0 have none. */
uint32_t bh_plan_steps(const struct bh_plan *plan, const struct bh_pair *pairs, uint8_t n,
                       const struct bh_record_pair *sizes);
/* Step k < bh_plan_steps(), or its undoing. */
void bh_plan_step(const struct bh_plan *plan, const struct bh_pair *pairs,
                  const struct bh_record_pair *sizes, uint32_t k, bool undo, struct bh_step *out);

#ifdef __cplusplus
}
#endif

#endif
