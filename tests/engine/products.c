/* SPDX-License-Identifier: Apache-2.0 */
/* The products' geometries, in small. */
#include "products.h"

#include "sim/small.h"

/* --- nRF52840-like: secondary on an external NOR, offset layout, MCUboot's mailbox ------------ */
FLASH(nrf, 64, 4 * KB, 4, 0xFF);
FLASH(nor, 64, 4 * KB, 1, 0xFF);
static const struct bh_pair nrf_pairs[] = { {
    .name = "app",
    .primary = { &nrf, 0x10000, 8 * 4 * KB },
    .secondary = { &nor, 0x8000, 9 * 4 * KB },
    .spare = { &nor, 0x8000, 4 * KB },
    .staged_off = 4 * KB,
    .chunk = 4 * KB,
    .image_max = 7 * 4 * KB,
} };
static const struct bh_product nrf_product = {
    .name = "nrf",
    BOOTLOADER(nrf),
    .pairs = nrf_pairs,
    .n_pairs = 1,
    .trial_boots = 1,
    .journal = { { &nrf, 0xC000, 4 * KB }, { &nrf, 0xD000, 4 * KB } },
    .plan = &bh_plan_swap,
    .mailbox = &bh_mailbox_mcuboot,
    .adopt = bh_adopt,
    .policy = QUICK_POLICY,
};

/* --- MCUboot's swap-using-offset layout, in one flash of 8-byte units, three trial boots ------ */
FLASH(offset_chip, 64, 2 * KB, 8, 0xFF);
static const struct bh_pair offset_pairs[] = { {
    .name = "app",
    .primary = { &offset_chip, 0x8000, 6 * 2 * KB },
    .secondary = { &offset_chip, 0xC000, 7 * 2 * KB },
    .spare = { &offset_chip, 0xC000, 2 * KB },
    .staged_off = 2 * KB,
    .chunk = 2 * KB,
    .image_max = 5 * 2 * KB,
} };
static const struct bh_product offset_product = {
    .name = "offset",
    BOOTLOADER(offset_chip),
    .pairs = offset_pairs,
    .n_pairs = 1,
    .trial_boots = 3,
    .journal = { { &offset_chip, 0, 2 * KB }, { &offset_chip, 2 * KB, 2 * KB } },
    .plan = &bh_plan_swap,
    .mailbox = &bh_mailbox_mcuboot,
    .adopt = bh_adopt,
    .policy = QUICK_POLICY,
};

/* --- pages of 1 KB inside, 16 KB outside; 16-byte units; erased to 0x00 inside ---------------- */
FLASH(fine, 128, 1 * KB, 16, 0x00);
FLASH(coarse, 8, 16 * KB, 32, 0xFF);
static const struct bh_pair ratio_pairs[] = { {
    .name = "app",
    .primary = { &fine, 32 * KB, 48 * KB },
    .secondary = { &coarse, 0, 48 * KB },
    .spare = { &coarse, 48 * KB, 16 * KB },
    .chunk = 16 * KB,
    .image_max = 40 * KB,
} };
static const struct bh_product ratio_product = {
    .name = "ratio",
    BOOTLOADER(fine),
    .pairs = ratio_pairs,
    .n_pairs = 1,
    .trial_boots = 1,
    .journal = { { &fine, 0, 4 * KB }, { &fine, 4 * KB, 4 * KB } },
    .plan = &bh_plan_swap,
    .policy = QUICK_POLICY,
};

/* --- two images that change together; 32-byte units ------------------------------------------ */
FLASH(twin_chip, 64, 4 * KB, 32, 0xFF);
static const struct bh_pair twin_pairs[] = {
    {
        .name = "app",
        .primary = { &twin_chip, 0x10000, 0x3000 },
        .secondary = { &twin_chip, 0x13000, 0x4000 },
        .spare = { &twin_chip, 0x13000, 0x1000 },
        .staged_off = 0x1000,
        .chunk = 0x1000,
        .image_max = 0x3000,
    },
    {
        .name = "net",
        .primary = { &twin_chip, 0x20000, 0x2000 },
        .secondary = { &twin_chip, 0x22000, 0x2000 },
        .spare = { &twin_chip, 0x24000, 0x1000 },
        .chunk = 0x1000,
        .image_max = 0x2000,
    },
};
static const struct bh_product twin_product = {
    .name = "twin",
    BOOTLOADER(twin_chip),
    .pairs = twin_pairs,
    .n_pairs = 2,
    .trial_boots = 1,
    .journal = { { &twin_chip, 0, 0x2000 }, { &twin_chip, 0x2000, 0x2000 } },
    .plan = &bh_plan_swap,
    .policy = { .formats = formats,
                .hash = &sim_quick_hash,
                .dependencies = bh_dependencies,
                .allow_unsigned = true },
};

/* --- overwrite: no way back ------------------------------------------------------------------- */
static const struct bh_pair over_pairs[] = { {
    .name = "app",
    .primary = { &nrf, 0x10000, 8 * 4 * KB },
    .secondary = { &nrf, 0x20000, 8 * 4 * KB },
    .chunk = 4 * KB,
    .image_max = 7 * 4 * KB,
} };
static const struct bh_product over_product = {
    .name = "over",
    BOOTLOADER(nrf),
    .pairs = over_pairs,
    .n_pairs = 1,
    .trial_boots = 1,
    .journal = { { &nrf, 0xC000, 4 * KB }, { &nrf, 0xD000, 4 * KB } },
    .plan = &bh_plan_overwrite,
    .policy = QUICK_POLICY,
};

const struct bh_product *const engine_products[] = { &nrf_product, &offset_product, &ratio_product,
                                                     &twin_product, &over_product };
const unsigned n_engine_products = sizeof engine_products / sizeof engine_products[0];
