/* SPDX-License-Identifier: Apache-2.0 */
/* Checks whether a record can be true of the product. Its checksum only proves that it was
 * written as it is. A record that an attacker wrote, or a bootloader with other slots, may name
 * a step outside every slot, or an image larger than its slot. Every field is checked here, so
 * no other code has to. */
#include "bulkhead/product.h"

#define TRIES_MAX 2u /* starts or attempts that a record may tell of, besides those of a trial */

static bool fault_fits(const struct bh_product *product, uint32_t fault)
{
    uint32_t pair = bh_fault_pair(fault), index = bh_fault_index(fault);

    if (fault == BH_FAULT_NONE)
        return true;
    if (bh_fault_kind(fault) == BH_FAULT_JOURNAL)
        return pair == 0 && index < 2;
    return bh_fault_kind(fault) - 1u < BH_FAULT_LAST && pair < bh_n_pairs(product->n_pairs) &&
           index <= product->pairs[pair].image_max / product->pairs[pair].chunk + 1;
}

bool bh_product_possible(const struct bh_product *product, const struct bh_record *rec)
{
    uint32_t moving = 0, tries = TRIES_MAX, n_pairs = bh_n_pairs(product->n_pairs);

    for (uint32_t p = 0; p < n_pairs; p++) {
        const struct bh_record_pair *pair = &rec->pair[p];

        if (pair->size_old > product->pairs[p].image_max ||
            pair->size_new > product->pairs[p].image_max)
            return false;
        moving |= pair->size_new;
    }
    if (rec->state - 1u >= BH_STATE_LAST || rec->outcome > BH_OUTCOME_LAST ||
        rec->left_alone >> n_pairs || !fault_fits(product, rec->fault))
        return false;
    if (rec->state == BH_STATE_IDLE)
        return true;
    if (rec->state == BH_STATE_RESCUING)
        moving = product->rescue != NULL;
    if (rec->state == BH_STATE_REVERTING && !product->plan->reverts)
        return false;
    if (rec->state == BH_STATE_TRIAL && product->trial_boots > tries)
        tries = product->trial_boots;
    if (rec->state == BH_STATE_REQUESTED)
        return moving;
    return moving && rec->boots_left <= tries &&
           rec->step <= bh_plan_steps(product->plan, product->pairs, product->n_pairs, rec->pair);
}
