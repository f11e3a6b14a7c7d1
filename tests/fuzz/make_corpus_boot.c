/* SPDX-License-Identifier: Apache-2.0 */
/* The corpus of fuzz_boot: the flash of a small device at each turn of its life, with either
 * mailbox.
 *
 *     cc -Iinclude -I. tests/fuzz/make_corpus_boot.c build/host/sim/libbulkhead_sim.a \
 *         build/host/libbulkhead.a -o /tmp/make && /tmp/make tests/fuzz/corpus/boot */
#include <stdio.h>
#include <stdlib.h>

#include "sim/image.h"
#include "sim/world.h"

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

static void dump(struct sim_world *w, const char *folder, int mailbox, const char *turn)
{
    uint8_t buf[8 * PAGE];
    char path[256];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s-%s", folder, mailbox ? "mcuboot" : "own", turn);
    f = fopen(path, "wb");
    if (!f)
        exit(1);
    fputc(mailbox, f);
    sim_flash_peek(&w->chip[0], 0, buf, 8 * PAGE);
    fwrite(buf, 1, 8 * PAGE, f);
    sim_flash_peek(&w->chip[0], 8 * PAGE, buf, 4 * PAGE);
    fwrite(buf, 1, 4 * PAGE, f);
    sim_flash_peek(&w->chip[1], 0, buf, 5 * PAGE);
    fwrite(buf, 1, 5 * PAGE, f);
    fclose(f);
}

int main(int argc, char **argv)
{
    uint8_t old[3 * PAGE - 100], new[2 * PAGE + 300];

    if (argc != 2)
        return 2;
    sim_image_make(old, sizeof old, 1, 3);
    sim_image_make(new, sizeof new, 2, 4);
    for (int mailbox = 0; mailbox < 2; mailbox++) {
        struct bh_product product = {
            .name = "fuzz",
            .layout = 1,
            .bootloader = { &inside, 15 * PAGE, PAGE },
            .pairs = pairs,
            .n_pairs = 1,
            .trial_boots = 2,
            .journal = { { &inside, 0, 4 * PAGE }, { &inside, 4 * PAGE, 4 * PAGE } },
            .plan = &bh_plan_swap,
            .mailbox = mailbox ? &bh_mailbox_mcuboot : NULL,
            .policy = { .formats = formats, .hash = &sim_quick_hash, .allow_unsigned = true },
        };
        struct sim_world w;

        if (sim_world_open(&w, &product, NULL))
            return 1;
        sim_world_install(&w, 0, old, sizeof old);
        dump(&w, argv[1], mailbox, "new");
        (void)sim_world_boot(&w);
        dump(&w, argv[1], mailbox, "idle");
        (void)sim_world_stage(&w, 0, new, sizeof new);
        (void)sim_world_request(&w, 1, BH_REQUEST_TEST);
        dump(&w, argv[1], mailbox, "requested");
        w.power.cut = (struct sim_cut){ .at = 50, .when = SIM_CUT_BEFORE };
        (void)sim_world_boot(&w);
        dump(&w, argv[1], mailbox, "updating");
        (void)sim_world_boot(&w);
        dump(&w, argv[1], mailbox, "trial");
        (void)sim_world_boot(&w);
        w.power.cut = (struct sim_cut){ .at = 40, .when = SIM_CUT_BEFORE };
        (void)sim_world_boot(&w);
        dump(&w, argv[1], mailbox, "reverting");
        (void)sim_world_boot(&w);
        dump(&w, argv[1], mailbox, "reverted");
        sim_world_close(&w);
    }
    return 0;
}
