/* SPDX-License-Identifier: Apache-2.0 */
/* From a plan's moves to steps: which pair, which flash, how many bytes. */
#include "bulkhead/bytes.h"
#include "bulkhead/plan.h"

/* Steps of one pair: as many chunks as the larger of its two images takes. */
static uint32_t pair_steps(const struct bh_plan *plan, const struct bh_pair *pair,
                           const struct bh_record_pair *size)
{
    uint32_t bytes = size->size_new > size->size_old ? size->size_new : size->size_old;

    if (size->size_new == 0)
        return 0;
    return plan->steps_per_chunk * ((bytes + pair->chunk - 1) / pair->chunk);
}

uint32_t bh_plan_steps(const struct bh_plan *plan, const struct bh_pair *pairs, uint8_t n,
                       const struct bh_record_pair *sizes)
{
    uint32_t sum = 0;

    for (uint32_t p = 0; p < bh_min(n, BH_PAIRS); p++)
        sum += pair_steps(plan, &pairs[p], &sizes[p]);
    return sum;
}

void bh_plan_step(const struct bh_plan *plan, const struct bh_pair *pair,
                  const struct bh_record_pair *size, uint32_t k, bool undo, struct bh_step *out)
{
    struct bh_move move;
    uint32_t bytes, off, p = 0;
    bool to_p;

    for (uint32_t n; BH_PAIRS > 1 && k >= (n = pair_steps(plan, pair, size)); pair++, size++, p++)
        k -= n;
    plan->move(k, &move);
    to_p = move.new_image != undo;
    out->end[!to_p] =
        (struct bh_end){ bh_pair_p(pair, move.p), bh_fault(BH_FAULT_PRIMARY, to_p, p, move.p) };
    out->end[to_p] =
        (struct bh_end){ bh_pair_l(pair, move.l), bh_fault(BH_FAULT_BACKUP, !to_p, p, move.l) };
    bytes = move.new_image ? size->size_new : size->size_old;
    off = move.p * pair->chunk;
    out->len = off < bytes ? bh_min(pair->chunk, bytes - off) : 0;
    /* After an image, primary is erased; the backup side stays as it is. */
    out->idle = !to_p && out->len == 0;
}
