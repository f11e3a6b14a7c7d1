/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/product.h - everything that makes a bootloader the bootloader of one product.
 *
 *     const struct bh_product product = {
 *         .name = "lamp", .pairs = &pair, .n_pairs = 1, .trial_boots = 1,
 *         .journal = { { &chip, 0x8000, 0x4000 }, { &chip, 0xC000, 0x4000 } },
 *         .plan = &bh_plan_swap,
 *         .policy = { .formats = formats, .hash = &bh_sha256, .keys = &key, .n_keys = 1 },
 *     };
 *
 * One const struct. What it does not name is not linked. */
#ifndef BULKHEAD_PRODUCT_H
#define BULKHEAD_PRODUCT_H

#include "bulkhead/journal.h"
#include "bulkhead/mailbox.h"
#include "bulkhead/plan.h"
#include "bulkhead/verify.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bh_product {
    const char *name;
    const struct bh_pair *pairs; /* pair 0 is the one that is started */
    uint8_t n_pairs;             /* 1 to BH_PAIRS_MAX; they change together or not at all */
    uint8_t trial_boots;         /* starts of an unconfirmed image before it is reverted; 1 to 255 */
    struct bh_region journal[2]; /* two runs of whole pages, of equal length */
    const struct bh_plan *plan;
    const struct bh_mailbox *mailbox; /* NULL: requests and confirms are journal entries */
    struct bh_policy policy;
};

/* Does the product hang together? Page borders, room in slots, spare and journal (for `cuts` power
 * cuts), overlaps. 0 or BH_ERR_PRODUCT with *what saying which constant and why. For tests and
 * tools; a bootloader's product is checked when it is built. */
BH_MUST_CHECK int bh_product_check(const struct bh_product *product, uint32_t cuts,
                                   const char **what);

#ifdef __cplusplus
}
#endif

#endif
