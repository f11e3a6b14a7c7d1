/* SPDX-License-Identifier: Apache-2.0 */
/* What an update and a revert cost in page erases and bytes, on slots of 4 KB pages that are filled
 * to 90 % and on the STM32F407's single pages. Run by tests/bench/costs; images have nothing in
 * common, so no chunk is skipped. */
#include "bulkhead/bytes.h"
#include "sim/image.h"
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KB 1024u
#define PAGE (4 * KB)
#define CHIP (2048 * KB)

static const struct bh_image_format *const formats[] = { &bh_image_mcuboot, NULL };
static const struct bh_page_run pages_4k[] = { { CHIP / PAGE, PAGE } };
static const struct bh_flash chip = {
    .runs = pages_4k, .n_runs = 1, .unit = 4, .erased = 0xFF, .size = CHIP
};
static const struct bh_page_run f407_runs[] = { { 4, 16 * KB }, { 1, 64 * KB }, { 7, 128 * KB } };
static const struct bh_flash f407 = {
    .runs = f407_runs, .n_runs = 3, .unit = 4, .erased = 0xFF, .size = 1024 * KB
};

struct layout {
    const char *name;
    const struct bh_flash *flash;
    uint32_t bootloader, bootloader_len;
    uint32_t journal, journal_len;
    struct bh_pair pair;
    const struct bh_mailbox *mailbox;
    uint32_t image; /* bytes of both images */
};

/* MCUboot's swap-using-offset, a trailer page in each slot. */
/* clang-format off */
#define OFFSET(slot)                                                                       \
    { .primary = { &chip, 16 * PAGE, (slot) + PAGE },                                      \
      .secondary = { &chip, 17 * PAGE + (slot), PAGE + (slot) + PAGE },                    \
      .spare = { &chip, 17 * PAGE + (slot), PAGE }, .staged_off = PAGE, .chunk = PAGE,     \
      .image_max = (slot) }

static const struct layout layouts[] = {
    { "128 KB slots, own mailbox", &chip, 8 * PAGE, 8 * PAGE, 0, PAGE, OFFSET(128 * KB), NULL, 128 * KB * 9 / 10 },
    { "128 KB slots, MCUboot's mailbox", &chip, 8 * PAGE, 8 * PAGE, 0, PAGE, OFFSET(128 * KB), &bh_mailbox_mcuboot,
      128 * KB * 9 / 10 },
    { "512 KB slots, own mailbox", &chip, 8 * PAGE, 8 * PAGE, 0, PAGE, OFFSET(512 * KB), NULL, 512 * KB * 9 / 10 },
    { "512 KB slots, MCUboot's mailbox", &chip, 8 * PAGE, 8 * PAGE, 0, PAGE, OFFSET(512 * KB), &bh_mailbox_mcuboot,
      512 * KB * 9 / 10 },
    { "STM32F407, 128 KB pages", &f407, 0, 0x8000, 0x8000, 0x4000,
      { .primary = { &f407, 0x20000, 0x20000 }, .secondary = { &f407, 0x40000, 0x20000 },
        .spare = { &f407, 0x60000, 0x20000 }, .chunk = 0x20000, .image_max = 0x20000 },
      NULL, 0x20000 * 9 / 10 },
};
/* clang-format on */

static void clear_counts(struct sim_world *w)
{
    memset(&w->chip[0].counts, 0, sizeof w->chip[0].counts);
    for (uint32_t off = 0; off < w->chip[0].flash.size; off += w->chip[0].block)
        w->chip[0].wear[off / w->chip[0].block] = 0;
}

static uint32_t hottest(const struct sim_world *w)
{
    uint32_t most = 0;
    struct bh_page page;

    for (uint32_t off = 0; bh_flash_page(&w->chip[0].flash, off, &page) == BH_OK; off += page.len)
        if (sim_flash_wear(&w->chip[0], off) > most)
            most = sim_flash_wear(&w->chip[0], off);
    return most;
}

static void measure(struct sim_world *w, const struct layout *l, const char *way, int version)
{
    clear_counts(w);
    if (!sim_world_boot(w) || w->boot.action != BH_BOOT_START ||
        w->boot.verified.image.version.major != version) {
        fprintf(stderr, "%s: version %d did not start\n", l->name, version);
        exit(1);
    }
    printf("%-33s %-7s %5u %8u %8u %8.3f %8u %8u\n", way[0] == 'u' ? l->name : "", way,
           bh_round_up(l->image, l->pair.chunk) / l->pair.chunk, (unsigned)w->chip[0].counts.erases,
           (unsigned)w->chip[0].counts.programmed_bytes,
           (double)w->chip[0].counts.programmed_bytes / l->image, hottest(w),
           (unsigned)w->chip[0].counts.read_bytes);
}

static void run(const struct layout *l)
{
    struct bh_product product = {
        .name = l->name,
        .layout = 1,
        .bootloader = { l->flash, l->bootloader, l->bootloader_len },
        .pairs = &l->pair,
        .n_pairs = 1,
        .trial_boots = 1,
        .journal = { { l->flash, l->journal, l->journal_len },
                     { l->flash, l->journal + l->journal_len, l->journal_len } },
        .plan = &bh_plan_swap,
        .mailbox = l->mailbox,
        .policy = { .formats = formats, .hash = &sim_quick_hash, .allow_unsigned = true },
    };
    uint8_t *old = malloc(l->image), *new = malloc(l->image);
    struct sim_world w;

    if (!old || !new || sim_world_open(&w, &product, NULL)) {
        fprintf(stderr, "%s: %s\n", l->name, old && new ? w.why : "out of memory");
        exit(1);
    }
    sim_image_make(old, l->image, 1, 0);
    sim_image_make(new, l->image, 2, 0);
    sim_world_install(&w, 0, old, l->image);
    if (!sim_world_boot(&w) || !sim_world_stage(&w, 0, new, l->image) || w.err ||
        !sim_world_request(&w, 1, BH_REQUEST_TEST) || w.err) {
        fprintf(stderr, "%s: cannot stage\n", l->name);
        exit(1);
    }
    measure(&w, l, "update", 2);
    measure(&w, l, "revert", 1);
    sim_world_close(&w);
    free(old);
    free(new);
}

int main(void)
{
    printf("%-33s %-7s %5s %8s %8s %8s %8s %8s\n", "images of 90 % of the slot", "", "N", "erases",
           "bytes", "/ image", "hottest", "read");
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        run(&layouts[i]);
    return 0;
}
