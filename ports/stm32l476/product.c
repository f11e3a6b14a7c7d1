/* SPDX-License-Identifier: Apache-2.0 */
/* The STM32L476 sample product, 1 MB in pages of 2 KB:
 *
 *     0x00000  bootloader   32 KB
 *     0x08000  journal      12 KB
 *     0x0B000  journal      12 KB
 *     0x0E000  primary     482 KB
 *     0x86800  secondary   484 KB; its first page is the spare
 *     0xFF800  (free)        2 KB */
#include "product.h"

#include "keys/development.h"

#define KB 1024u
#define PAGE (2 * KB)
#define SLOT (482 * KB)

const struct bh_page_run stm32l476_runs[1] = { { 512, PAGE } };

static const struct bh_pair pairs[] = {
    {
        .name = "app",
        .primary = { &stm32l476_flash, 0xE000, SLOT },
        .secondary = { &stm32l476_flash, 0xE000 + SLOT, SLOT + PAGE },
        .spare = { &stm32l476_flash, 0xE000 + SLOT, PAGE },
        .staged_off = PAGE,
        .chunk = PAGE,
        .image_max = SLOT,
    },
};

static const struct bh_image_format *const formats[] = { &bh_image_mcuboot, NULL };

const struct bh_product stm32l476_product = {
    .name = "stm32l476",
    .layout = 0x168a353a,
    .pairs = pairs,
    .n_pairs = 1,
    .trial_boots = 1,
    .bootloader = { &stm32l476_flash, 0, 32 * KB },
    .journal = { { &stm32l476_flash, 0x8000, 12 * KB }, { &stm32l476_flash, 0xB000, 12 * KB } },
    .plan = &bh_plan_swap,
    .mailbox = NULL,
    .policy = { .formats = formats,
                .hash = &DEVELOPMENT_HASH,
                .keys = &development_key,
                .n_keys = 1 },
};
