/* SPDX-License-Identifier: Apache-2.0 */
/* Images whose vector table is where the processor cannot use it. A product names the function
 * of its alignment, so that no other is linked. */
#include "bulkhead/verify.h"

/* VTOR ignores the low bits of an address: the processor would read its vectors from before the
 * table. */
#define VECTORS(alignment)                                                                         \
    enum bh_reason bh_vectors_##alignment(const struct bh_pair *pair, const struct bh_view *view,  \
                                          const struct bh_verified *verified)                      \
    {                                                                                              \
        uint32_t at = pair->primary.flash->base + pair->primary.off + verified->image.entry_off;   \
                                                                                                   \
        (void)view;                                                                                \
        return at % alignment##u ? BH_REASON_VECTORS : BH_REASON_NONE;                             \
    }                                                                                              \
    enum bh_reason bh_vectors_##alignment##_and_ids(const struct bh_pair *pair,                    \
                                                    const struct bh_view *view,                    \
                                                    const struct bh_verified *verified)            \
    {                                                                                              \
        enum bh_reason why = bh_vectors_##alignment(pair, view, verified);                         \
                                                                                                   \
        return why ? why : bh_ids_mcuboot(pair, view, verified);                                   \
    }

VECTORS(128)
VECTORS(256)
VECTORS(512)
VECTORS(1024)
VECTORS(2048)
VECTORS(4096)
