/* SPDX-License-Identifier: Apache-2.0 */
/* The nRF52840 sample product, as on the development kit: 1 MB on the chip, 8 MB of serial NOR.
 *
 *     on the chip, pages of 4 KB           on the serial NOR, pages of 4 KB
 *     0x00000  bootloader   56 KB          0x00000  secondary   520 KB; its first page is the
 *     0x0E000  journal       4 KB                               spare, its last the trailer
 *     0x0F000  journal       4 KB          0x82000  (free)
 *     0x10000  primary     516 KB, trailer in its last page
 *     0x91000  (free)
 *
 * The application is one built with the nRF Connect SDK: it asks and confirms in MCUboot's trailer.
 * The slots are those of MCUboot's swap-using-offset, so that it reads in both what it expects. */
#include "product.h"

#include "keys/development.h"

#define KB 1024u
#define PAGE (4 * KB)
#define IMAGE (512 * KB)

const struct bh_page_run nrf52840_runs[1] = { { 256, PAGE } };
const struct bh_page_run nrf52840_external_runs[1] = { { 2048, PAGE } };

static const struct bh_pair pairs[] = {
    {
        .name = "app",
        .primary = { &nrf52840_flash, 0x10000, IMAGE + PAGE },
        .secondary = { &nrf52840_external_flash, 0, PAGE + IMAGE + PAGE },
        .spare = { &nrf52840_external_flash, 0, PAGE },
        .staged_off = PAGE,
        .chunk = PAGE,
        .image_max = IMAGE,
    },
};

static const struct bh_image_format *const formats[] = { &bh_image_mcuboot, NULL };

const struct bh_product nrf52840_product = {
    .name = "nrf52840",
    .layout = 0x52840001,
    .pairs = pairs,
    .n_pairs = 1,
    .trial_boots = 1,
    .bootloader = { &nrf52840_flash, 0, 56 * KB },
    .journal = { { &nrf52840_flash, 0xE000, PAGE }, { &nrf52840_flash, 0xF000, PAGE } },
    .plan = &bh_plan_swap,
    .mailbox = &bh_mailbox_mcuboot,
    .adopt = bh_adopt,
    .policy = { .formats = formats,
                .hash = &DEVELOPMENT_HASH,
                .keys = &development_key,
                .n_keys = 1 },
};
