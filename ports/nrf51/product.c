/* SPDX-License-Identifier: Apache-2.0 */
/* The nRF51 sample product, 256 KB in pages of 1 KB:
 *
 *     0x00000  bootloader   28 KB
 *     0x07000  journal       4 KB
 *     0x08000  primary     109 KB
 *     0x23400  secondary   110 KB; its first page is the spare
 *     0x3EC00  (free)        1 KB
 *     0x3F000  journal       4 KB
 *
 * The slots are those of MCUboot's swap-using-offset: no page is lost to a scratch. */
#include "product.h"

#include "keys/development.h"

#define KB 1024u
#define PAGE KB
#define SLOT (109 * KB)

const struct bh_page_run nrf51_runs[1] = { { 256, PAGE } };

static const struct bh_pair pairs[] = {
    {
        .name = "app",
        .primary = { &nrf51_flash, 0x8000, SLOT },
        .secondary = { &nrf51_flash, 0x23400, SLOT + PAGE },
        .spare = { &nrf51_flash, 0x23400, PAGE },
        .staged_off = PAGE,
        .chunk = PAGE,
        .image_max = SLOT,
    },
};

static const struct bh_image_format *const formats[] = { &bh_image_mcuboot, NULL };

const struct bh_product nrf51_product = {
    .name = "nrf51",
    .layout = 0x2a3908d3,
    .pairs = pairs,
    .n_pairs = 1,
    .trial_boots = 1,
    .bootloader = { &nrf51_flash, 0, 28 * KB },
    .journal = { { &nrf51_flash, 0x7000, 4 * KB }, { &nrf51_flash, 0x3F000, 4 * KB } },
    .plan = &bh_plan_swap,
    .mailbox = NULL,
    .policy = { .formats = formats,
                .hash = &DEVELOPMENT_HASH,
                .keys = &development_key,
                .n_keys = 1 },
};
