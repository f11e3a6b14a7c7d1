/* SPDX-License-Identifier: Apache-2.0 */
/* Images that need each other in certain versions. Only products of several images name this, and
 * MCUboot's is the one format that can say it. */
#include "bulkhead/verify.h"

/* Will a pair have the version that is needed? */
static bool met(const struct bh_policy *policy, const struct bh_pair *pairs, uint32_t n,
                const struct bh_view *views, const struct bh_image_dependency *need)
{
    struct bh_image other;

    return need->pair < n &&
           bh_decode(policy, &views[need->pair], pairs[need->pair].image_max, &other) ==
               BH_REASON_NONE &&
           bh_version_compare(&other.version, &need->version, policy->compare_build) >= 0;
}

enum bh_reason bh_dependencies(const struct bh_policy *policy, const struct bh_pair *pairs,
                               uint32_t n, const struct bh_view *views, uint32_t pair,
                               const struct bh_verified *verified)
{
    struct bh_image_dependency need;
    int err;

    if (verified->format != &bh_image_mcuboot)
        return BH_REASON_NONE;
    for (unsigned i = 0; !(err = bh_mcuboot_dependency(&views[pair], &verified->image, i, &need));
         i++)
        if (!met(policy, pairs, n, views, &need))
            return BH_REASON_DEPENDENCY;
    return err == BH_ERR_ABSENT ? BH_REASON_NONE : BH_REASON_READ;
}
