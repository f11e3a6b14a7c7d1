/* SPDX-License-Identifier: Apache-2.0 */
/* The sample product for RISC-V `virt`, in pages of 256 KB:
 *
 *     0x000000  bootloader   256 KB
 *     0x040000  journal      256 KB
 *     0x080000  journal      256 KB
 *     0x0C0000  primary      512 KB
 *     0x140000  secondary    768 KB; its first page is the spare
 */
#include "product.h"

#include "keys/development.h"

#define KB 1024u
#define PAGE (256 * KB)

const struct bh_page_run virt_runs[1] = { { 8, PAGE } };

static const struct bh_pair pairs[] = {
    {
        .name = "app",
        .primary = { &virt_flash, 0xC0000, 2 * PAGE },
        .secondary = { &virt_flash, 0x140000, 3 * PAGE },
        .spare = { &virt_flash, 0x140000, PAGE },
        .staged_off = PAGE,
        .chunk = PAGE,
        .image_max = 2 * PAGE,
    },
};

static const struct bh_image_format *const formats[] = { &bh_image_mcuboot, NULL };

const struct bh_product virt_product = {
    .name = "virt",
    .layout = 0xfeb83b20,
    .pairs = pairs,
    .n_pairs = 1,
    .trial_boots = 1,
    .bootloader = { &virt_flash, 0, PAGE },
    .journal = { { &virt_flash, 0x40000, PAGE }, { &virt_flash, 0x80000, PAGE } },
    .plan = &bh_plan_swap,
    .mailbox = NULL,
    .policy = { .formats = formats,
                .hash = &DEVELOPMENT_HASH,
                .keys = &development_key,
                .n_keys = 1 },
};
