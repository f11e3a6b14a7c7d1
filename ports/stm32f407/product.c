/* SPDX-License-Identifier: Apache-2.0 */
/* The STM32F407 sample product, in the layout of wolfBoot's sample for that board:
 *
 *     0x00000  bootloader   two 16 KB pages
 *     0x08000  journal      16 KB page
 *     0x0C000  journal      16 KB page
 *     0x10000  (free)       64 KB page
 *     0x20000  primary      128 KB page
 *     0x40000  secondary    128 KB page
 *     0x60000  scratch      128 KB page
 *     0x80000  (free)       four 128 KB pages
 *
 * One chunk per slot: with the scratch as spare, an update moves two pages, a revert two more. */
#include "product.h"

#include "keys/development.h"

#define KB 1024u
#define SLOT (128 * KB)

const struct bh_page_run stm32f407_runs[3] = { { 4, 16 * KB }, { 1, 64 * KB }, { 7, 128 * KB } };

static const struct bh_pair pairs[] = {
    {
        .name = "app",
        .primary = { &stm32f407_flash, 0x20000, SLOT },
        .secondary = { &stm32f407_flash, 0x40000, SLOT },
        .spare = { &stm32f407_flash, 0x60000, SLOT },
        .staged_off = 0,
        .chunk = SLOT,
        .image_max = SLOT,
    },
};

static const struct bh_image_format *const formats[] = { &bh_image_mcuboot, NULL };

const struct bh_product stm32f407_product = {
    .name = "stm32f407",
    .layout = 0x516d2909,
    .pairs = pairs,
    .n_pairs = 1,
    .trial_boots = 1,
    .bootloader = { &stm32f407_flash, 0, 32 * KB },
    .journal = { { &stm32f407_flash, 0x8000, 16 * KB }, { &stm32f407_flash, 0xC000, 16 * KB } },
    .plan = &bh_plan_swap,
    .mailbox = NULL,
    .policy = { .formats = formats,
                .hash = &DEVELOPMENT_HASH,
                .keys = &development_key,
                .n_keys = 1 },
};
