/* SPDX-License-Identifier: Apache-2.0 */
/* Arbitrary bytes in all of a device's flash: journal, slots, spare, trailers. Boots must end, write
 * nothing outside their own regions, never misuse the flash, and start only what verifies.
 *
 * The first byte chooses the mailbox and the health of the second chip; the rest is laid over the
 * flash: journal, primary slot, secondary slot. The corpus is what a life leaves behind at each of
 * its turns: tests/fuzz/make_corpus_boot.c makes it. */
#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "sim/image.h"
#include "sim/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define PAGE 512u

static const struct bh_page_run runs[] = { { 16, PAGE } };
static const struct bh_flash inside = {
    .runs = runs, .n_runs = 1, .unit = 4, .erased = 0xFF, .size = 16 * PAGE
};
static const struct bh_flash outside = {
    .runs = runs, .n_runs = 1, .unit = 1, .erased = 0xFF, .size = 16 * PAGE
};
static const struct bh_image_format *const formats[] = { &bh_image_mcuboot, NULL };
static const struct bh_pair pairs[] = { {
    .name = "app",
    .primary = { &inside, 8 * PAGE, 4 * PAGE },
    .secondary = { &outside, 0, 5 * PAGE },
    .spare = { &outside, 0, PAGE },
    .staged_off = PAGE,
    .chunk = PAGE,
    .image_max = 3 * PAGE,
} };

static void must(bool holds)
{
    if (!holds)
        abort();
}

static const uint8_t *lay(struct sim_flash *chip, const struct bh_region *r, const uint8_t *data,
                          const uint8_t *end)
{
    uint32_t n = (uint32_t)(end - data) < r->len ? (uint32_t)(end - data) : r->len;

    sim_flash_fill(chip, r->off, data, n);
    return data + n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct bh_product product = {
        .name = "fuzz", .layout = 1, .bootloader = { &inside, 15 * PAGE, PAGE }, .pairs = pairs, .n_pairs = 1, .trial_boots = 2,
        .journal = { { &inside, 0, 4 * PAGE }, { &inside, 4 * PAGE, 4 * PAGE } },
        .plan = &bh_plan_swap,
        .policy = { .formats = formats, .hash = &sim_quick_hash, .allow_unsigned = true },
    };
    const uint8_t *end = data + len;
    struct sim_world w;

    if (len < 1)
        return 0;
    product.mailbox = data[0] & 1 ? &bh_mailbox_mcuboot : NULL;
    must(sim_world_open(&w, &product, NULL) == BH_OK);
    w.chip[1].health = (enum sim_health)(data[0] >> 1 & 3);
    data = lay(&w.chip[0], &w.product.journal[0], data + 1, end);
    data = lay(&w.chip[0], &w.product.journal[1], data, end);
    data = lay(&w.chip[0], &w.pairs[0].primary, data, end);
    lay(&w.chip[1], &w.pairs[0].secondary, data, end);
    for (int boot = 0; boot < 4; boot++) {
        must(sim_world_boot(&w));
        must(!sim_world_misuse(&w));
        must((w.boot.action == BH_BOOT_START) == (w.boot.verified.verdict == BH_VERDICT_GOOD &&
                                                  (w.boot.trace >> BH_ACT_START & 1)));
        if (w.boot.action == BH_BOOT_START)
            must(bh_within(0, w.boot.verified.image.len, w.pairs[0].image_max));
    }
    must(sim_flash_wear(&w.chip[0], 12 * PAGE) == 0 &&
         sim_flash_wear(&w.chip[1], 5 * PAGE) == 0);
    sim_world_close(&w);
    return 0;
}
