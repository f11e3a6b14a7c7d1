/* SPDX-License-Identifier: Apache-2.0 */
/* sim/explore/scale.h - a product scaled down: the same to the engine, small enough to be explored
 * with every pair of cuts, and with flash that reads differently at every boot.
 *
 *     struct explore_scaled *s = explore_scale(product, &explore_scale_usual, &why);
 *     if (s) task.product = &s->product, task.work_len = s->work_len;
 *     explore_scale_free(s);
 *
 * docs/testing.md, "A large product, scaled down", has the rule and argues for it; in short:
 *   chunks    of each run of chunks with equal pages the first, the last, and `between` of those
 *             between stay;
 *   pages     the borders of pages inside a chunk stay where they are in proportion; more than four
 *             equal pages of a chunk become four;
 *   devices   how many there are, program unit, erased value, blank pages that cannot be read, and
 *             the order of what lies on them stay;
 *   slots     where the spare is, where images are staged, and that there are pages after the
 *             chunks stay; of those at most two;
 *   journal   two halves of at most two pages, as small as the core's own rule allows;
 *   memory    the core is lent so little that a chunk takes several copies, if it did. */
#ifndef BULKHEAD_EXPLORE_SCALE_H
#define BULKHEAD_EXPLORE_SCALE_H

#include "bulkhead/product.h"
#include "sim/world.h"

#define EXPLORE_KEPT_MAX 16u  /* chunks of a pair that stay */
#define EXPLORE_RUNS_MAX 160u /* runs of pages of a scaled device */

struct explore_scale {
    unsigned between; /* chunks that stay between the first and the last of a run */
    uint32_t page;    /* bytes of the smallest page, at least; a power of two, 256 or more */
};
extern const struct explore_scale explore_scale_usual;

struct explore_scaled {
    struct bh_product product;
    uint32_t work_len; /* bytes to lend to the core */
    uint32_t chunks;   /* of all pairs together: as they were, and as they are */
    uint32_t kept;
    struct bh_pair pairs[BH_PAIRS_MAX];
    struct bh_flash flash[SIM_CHIPS_MAX];
    struct bh_page_run runs[SIM_CHIPS_MAX][EXPLORE_RUNS_MAX];
};

/* NULL: *why says why not. The product's names are not copied: it must outlive the result. */
struct explore_scaled *explore_scale(const struct bh_product *product,
                                     const struct explore_scale *how, const char **why);
void explore_scale_free(struct explore_scaled *s);

/* Does it have more chunks, or larger pages, than the explorer's thorough parts have time for? */
bool explore_is_large(const struct bh_product *product);

#endif
