/* SPDX-License-Identifier: Apache-2.0 */
/* A device in the field, as MCUboot had it: two chips of 64 equal pages; on the first the
 * bootloader in its first 8 pages, then the journal's halves of 4 pages each, then the primary
 * slots. Included by one file of a test: inside = field_flash(runs, 4) is a chip, and
 * field_product(&inside, pairs, 1) the product on it. */
#ifndef BULKHEAD_TESTS_ENGINE_FIELD_H
#define BULKHEAD_TESTS_ENGINE_FIELD_H

#include "bulkhead/product.h"
#include "sim/image.h"

#define FIELD_PAGES 64u
#define FIELD_PRIMARY 16u /* page of the first primary slot */

/* run: { FIELD_PAGES, bytes of a page } */
static inline struct bh_flash field_flash(const struct bh_page_run *run, uint16_t unit)
{
    return (struct bh_flash){
        .runs = run, .n_runs = 1, .size = run->count * run->size, .erased = 0xFF, .unit = unit
    };
}

static inline struct bh_product field_product(const struct bh_flash *inside,
                                              const struct bh_pair *pairs, uint8_t n)
{
    static const struct bh_image_format *const formats[] = { &bh_image_mcuboot, NULL };
    uint32_t page = inside->runs->size;

    return (struct bh_product){
        .name = "field",
        .layout = 1,
        .pairs = pairs,
        .n_pairs = n,
        .trial_boots = 1,
        .bootloader = { inside, 0, 8 * page },
        .journal = { { inside, 8 * page, 4 * page }, { inside, 12 * page, 4 * page } },
        .plan = &bh_plan_swap,
        .mailbox = &bh_mailbox_mcuboot,
        .adopt = bh_adopt,
        .policy = { .formats = formats,
                    .hash = &sim_quick_hash,
                    .dependencies = n > 1 ? bh_dependencies : NULL,
                    .allow_unsigned = true },
    };
}

#endif
