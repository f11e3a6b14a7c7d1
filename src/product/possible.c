/* SPDX-License-Identifier: Apache-2.0 */
/* Can a record be true of the product? A checksum only tells that it was written as it is. A record
 * by a hostile hand, or of a bootloader with other slots, may name a step outside every slot or an
 * image larger than its slot. Every field is looked at here, so that nobody else has to. */
#include "bulkhead/product.h"

#define TRIES_MAX 2u /* starts or attempts that a record may tell of, besides those of a trial */

static bool sizes_fit(const struct bh_product *product, const struct bh_record *rec)
{
    for (uint32_t p = 0; p < product->n_pairs; p++)
        if (rec->pair[p].size_old > product->pairs[p].image_max ||
            rec->pair[p].size_new > product->pairs[p].image_max)
            return false;
    return true;
}

static bool fault_fits(const struct bh_product *product, uint32_t fault)
{
    uint32_t pair = bh_fault_pair(fault), index = bh_fault_index(fault);
    uint32_t last;

    if (fault == BH_FAULT_NONE)
        return true;
    if (bh_fault_kind(fault) == BH_FAULT_JOURNAL)
        return pair == 0 && index < 2;
    if (bh_fault_kind(fault) > BH_FAULT_LAST || bh_fault_kind(fault) == BH_FAULT_NONE ||
        pair >= product->n_pairs)
        return false;
    last = product->pairs[pair].image_max / product->pairs[pair].chunk + 1;
    return index <= last;
}

bool bh_product_possible(const void *context, const struct bh_record *rec)
{
    const struct bh_product *product = context;
    uint32_t steps, moving = 0;

    if (rec->state - 1u >= BH_STATE_LAST || rec->outcome > BH_OUTCOME_LAST ||
        rec->left_alone >> product->n_pairs || !sizes_fit(product, rec) ||
        !fault_fits(product, rec->fault))
        return false;
    if (rec->state == BH_STATE_IDLE)
        return true;
    for (uint32_t p = 0; p < product->n_pairs; p++)
        moving |= rec->pair[p].size_new;
    if (rec->state == BH_STATE_REQUESTED)
        return moving;
    steps = bh_plan_steps(product->plan, product->pairs, product->n_pairs, rec->pair);
    if (rec->boots_left > (rec->state == BH_STATE_TRIAL && product->trial_boots > TRIES_MAX
                               ? product->trial_boots
                               : TRIES_MAX))
        return false;
    if (rec->state == BH_STATE_REVERTING && !product->plan->reverts)
        return false;
    if (rec->state == BH_STATE_RESCUING)
        return product->rescue && rec->step <= steps;
    return moving && rec->step <= steps;
}
