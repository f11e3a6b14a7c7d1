/* SPDX-License-Identifier: Apache-2.0 */
/* The nRF52840 sample product, as on the development kit: 1 MB on the chip, 8 MB of serial NOR.
 *
 *     on the chip, pages of 4 KB           on the serial NOR, pages of 4 KB
 *     0x00000  bootloader   56 KB          0x00000  secondary   516 KB; its last page is
 *     0x0E000  journal       4 KB                               trailer, then spare
 *     0x0F000  journal       4 KB          0x81000  (free)
 *     0x10000  primary     516 KB, trailer in its last page
 *     0x91000  (free)
 *
 * The application is one built with the nRF Connect SDK: it asks and confirms in MCUboot's trailer.
 * When the first step overwrites the spare, the request in it is in the journal already. */
#include "product.h"

#include "keys/development.h"

#define KB 1024u
#define PAGE (4 * KB)
#define SLOT (512 * KB + PAGE)

const struct bh_page_run nrf52840_runs[1] = { { 256, PAGE } };
const struct bh_page_run nrf52840_external_runs[1] = { { 2048, PAGE } };

static const struct bh_pair pairs[] = {
    {
        .name = "app",
        .primary = { &nrf52840_flash, 0x10000, SLOT },
        .secondary = { &nrf52840_external_flash, 0, SLOT },
        .spare = { &nrf52840_external_flash, SLOT - PAGE, PAGE },
        .staged_off = 0,
        .chunk = PAGE,
        .image_max = SLOT - PAGE,
    },
};

static const struct bh_image_format *const formats[] = { &bh_image_mcuboot, NULL };

const struct bh_product nrf52840_product = {
    .name = "nrf52840",
    .pairs = pairs,
    .n_pairs = 1,
    .trial_boots = 1,
    .journal = { { &nrf52840_flash, 0xE000, PAGE }, { &nrf52840_flash, 0xF000, PAGE } },
    .plan = &bh_plan_swap,
    .mailbox = &bh_mailbox_mcuboot,
    .policy = { .formats = formats,
                .hash = &DEVELOPMENT_HASH,
                .keys = &development_key,
                .n_keys = 1 },
};
