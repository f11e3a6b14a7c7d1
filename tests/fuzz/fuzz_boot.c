/* SPDX-License-Identifier: Apache-2.0 */
/* Arbitrary bytes in all of a device's flash: journal, slots, spare, trailers. Boots must end,
 * write nothing outside their own regions, never misuse the flash, and start only what verifies; so
 * must an application that stages and asks afterwards.
 *
 * The first byte chooses: bit 0 the mailbox, bits 1 and 2 the health of the second chip, bit 3 that
 * the checksums of the journal are made right, so that its fields are read whatever they are, bit 4
 * a second pair, bit 5 that this one is optional, bit 6 the rescue part. The rest is laid over the
 * flash: journal, primary and secondary slot of each pair. The corpus is what a life leaves
 * at each of its turns: tests/fuzz/make_corpus_boot.c makes it. */
#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "sim/image.h"
#include "sim/world.h"
#include "tests/fuzz/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define PAGE 512u
#define JOURNAL (4 * PAGE)

static const struct bh_page_run runs[] = { { 24, PAGE } };
static const struct bh_flash inside = {
    .runs = runs, .n_runs = 1, .unit = 4, .erased = 0xFF, .size = 24 * PAGE
};
static const struct bh_flash outside = {
    .runs = runs, .n_runs = 1, .unit = 1, .erased = 0xFF, .size = 24 * PAGE
};
static const struct bh_image_format *const formats[] = { &bh_image_mcuboot, NULL };
/* Page 12 inside and page 5 outside are between the pairs and belong to nobody. */
static const struct bh_pair app = {
    .name = "app",
    .primary = { &inside, 8 * PAGE, 4 * PAGE },
    .secondary = { &outside, 0, 5 * PAGE },
    .spare = { &outside, 0, PAGE },
    .staged_off = PAGE,
    .chunk = PAGE,
    .image_max = 3 * PAGE,
};
static const struct bh_pair net = {
    .name = "net",
    .primary = { &inside, 16 * PAGE, 3 * PAGE },
    .secondary = { &outside, 8 * PAGE, 4 * PAGE },
    .spare = { &outside, 8 * PAGE, PAGE },
    .staged_off = PAGE,
    .chunk = PAGE,
    .image_max = 2 * PAGE,
};

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

static void seal(struct sim_world *w)
{
    uint8_t bytes[JOURNAL];

    for (int i = 0; i < 2; i++) {
        const struct bh_region *half = &w->product.journal[i];

        sim_flash_peek(&w->chip[0], half->off, bytes, JOURNAL);
        seal_entries(bytes, JOURNAL, inside.unit, w->product.n_pairs);
        sim_flash_fill(&w->chip[0], half->off, bytes, JOURNAL);
    }
}

static void check(struct sim_world *w)
{
    must(!sim_world_misuse(w));
    must(sim_flash_wear(&w->chip[0], 12 * PAGE) == 0);
    must(sim_flash_wear(&w->chip[0], 15 * PAGE) == 0);
    must(sim_flash_wear(&w->chip[1], 5 * PAGE) == 0);
}

static void boot(struct sim_world *w)
{
    must(sim_world_boot(w));
    check(w);
    must((w->boot.action == BH_BOOT_START) ==
         (w->boot.verified.verdict == BH_VERDICT_GOOD && (w->boot.trace >> BH_ACT_START & 1)));
    if (w->boot.action == BH_BOOT_START)
        must(bh_within(0, w->boot.verified.image.len, w->pairs[0].image_max));
    if (w->boot.journal.found && w->boot.journal.truth.layout == w->product.layout)
        must(bh_product_possible(&w->product, &w->boot.journal.truth));
}

/* An application on whatever that left. It may be refused; it may break nothing. */
static void use(struct sim_world *w)
{
    uint8_t image[2 * PAGE - 100];
    struct bh_app_status status;

    sim_image_make(image, sizeof image, 200, 9);
    must(bh_app_status(&w->product, &w->work, &status) <= 0);
    must(sim_world_confirm(w));
    must(sim_world_stage(w, 0, image, sizeof image));
    if (w->err == BH_OK)
        must(sim_world_request(w, 1, BH_REQUEST_PERMANENT));
    check(w);
    boot(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct bh_pair pairs[] = { app, net };
    struct bh_product product = {
        .name = "fuzz",
        .layout = 1,
        .bootloader = { &inside, 15 * PAGE, PAGE },
        .pairs = pairs,
        .n_pairs = 1,
        .trial_boots = 2,
        .journal = { { &inside, 0, JOURNAL }, { &inside, JOURNAL, JOURNAL } },
        .plan = &bh_plan_swap,
        .policy = { .formats = formats,
                    .hash = &sim_quick_hash,
                    .dependencies = bh_dependencies,
                    .allow_unsigned = true },
    };
    const uint8_t *end = data + len;
    struct sim_world w;
    uint8_t choice;

    if (len < 1)
        return 0;
    choice = *data++;
    product.mailbox = choice & 1 ? &bh_mailbox_mcuboot : NULL;
    product.n_pairs = choice & 16 ? 2 : 1;
    pairs[1].optional = choice & 32;
    product.rescue = choice & 64 ? &bh_rescue : NULL;
    product.adopt = product.mailbox ? bh_adopt : NULL;
    must(sim_world_open(&w, &product, NULL) == BH_OK);
    w.chip[1].health = (enum sim_health)(choice >> 1 & 3);
    data = lay(&w.chip[0], &w.product.journal[0], data, end);
    data = lay(&w.chip[0], &w.product.journal[1], data, end);
    for (uint8_t p = 0; p < product.n_pairs; p++) {
        data = lay(&w.chip[0], &w.pairs[p].primary, data, end);
        data = lay(&w.chip[1], &w.pairs[p].secondary, data, end);
    }
    if (choice & 8)
        seal(&w);
    for (int i = 0; i < 4; i++)
        boot(&w);
    use(&w);
    sim_world_close(&w);
    return 0;
}
