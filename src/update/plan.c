/* SPDX-License-Identifier: Apache-2.0 */
/* A plan over several pairs is one longer list of steps. */
#include "pair.h"

/* Steps of one pair: as many chunks as the larger of its two images takes. */
static uint32_t pair_steps(const struct bh_plan *plan, const struct bh_pair *pair,
                           const struct bh_record_pair *size)
{
    uint32_t bytes = size->size_new > size->size_old ? size->size_new : size->size_old;

    return size->size_new ? plan->steps_per_chunk * bh_pair_chunks(pair, bytes) : 0;
}

uint32_t bh_plan_steps(const struct bh_plan *plan, const struct bh_pair *pairs, uint8_t n,
                       const struct bh_record_pair *sizes)
{
    uint32_t sum = 0;

    for (uint8_t p = 0; p < n; p++)
        sum += pair_steps(plan, &pairs[p], &sizes[p]);
    return sum;
}

/* Which pair does step k belong to? *k becomes the step within that pair. */
static uint8_t find(const struct bh_plan *plan, const struct bh_pair *pairs,
                    const struct bh_record_pair *sizes, uint32_t *k)
{
    uint8_t p = 0;

    for (uint32_t n; *k >= (n = pair_steps(plan, &pairs[p], &sizes[p])); p++)
        *k -= n;
    return p;
}

void bh_plan_step(const struct bh_plan *plan, const struct bh_pair *pairs,
                  const struct bh_record_pair *sizes, uint32_t k, struct bh_step *out)
{
    uint8_t p = find(plan, pairs, sizes, &k);

    plan->step(&pairs[p], &sizes[p], k, out);
}

void bh_plan_undo(const struct bh_plan *plan, const struct bh_pair *pairs,
                  const struct bh_record_pair *sizes, uint32_t k, struct bh_step *out)
{
    uint8_t p = find(plan, pairs, sizes, &k);

    plan->undo(&pairs[p], &sizes[p], k, out);
}
