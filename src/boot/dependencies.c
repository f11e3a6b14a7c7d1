/* SPDX-License-Identifier: Apache-2.0 */
/* Images that need each other in certain versions. Only products of several images name this, and
 * MCUboot's is the one format that can say it. */
#include "bulkhead/product.h"

/* Will a pair have the version that is needed, once the staged images of `pairs` are in place? */
static bool met(const struct bh_product *product, uint32_t pairs,
                const struct bh_image_dependency *need)
{
    const struct bh_policy *policy = &product->policy;
    const struct bh_pair *pair;
    struct bh_image other;
    struct bh_view view;

    if (need->pair >= product->n_pairs)
        return false;
    pair = &product->pairs[need->pair];
    view = pairs >> need->pair & 1u ? bh_pair_staged(pair) : bh_pair_primary(pair);
    return bh_decode(policy, &view, pair->image_max, &other) == BH_REASON_NONE &&
           bh_version_compare(&other.version, &need->version, policy->compare_build) >= 0;
}

enum bh_reason bh_dependencies(const struct bh_product *product, uint32_t pairs,
                               const struct bh_view *view, const struct bh_verified *verified)
{
    struct bh_image_dependency need;
    int err;

    if (verified->format != &bh_image_mcuboot)
        return BH_REASON_NONE;
    for (unsigned i = 0; !(err = bh_mcuboot_dependency(view, &verified->image, i, &need)); i++)
        if (!met(product, pairs, &need))
            return BH_REASON_DEPENDENCY;
    return err == BH_ERR_ABSENT ? BH_REASON_NONE : BH_REASON_READ;
}
