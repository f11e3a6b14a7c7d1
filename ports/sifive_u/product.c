/* SPDX-License-Identifier: Apache-2.0 */
/* The sample product for the FU540, in pages of 4 KB:
 *
 *     serial NOR                                    L2 LIM, at 0x08000000
 *     0x000000  bootloader  128 KB                  0x00000  image, 896 KB
 *     0x020000  journal       4 KB                  0xE0000  the bootloader, 128 KB
 *     0x021000  journal       4 KB
 *     0x040000  primary     512 KB
 *     0x0C0000  secondary   516 KB; its first page is the spare
 *
 * The mask ROM copies the bootloader to where the image goes; it moves itself out of the way. */
#include "product.h"

#include "bulkhead/load.h"
#include "keys/development.h"

#define KB 1024u
#define PAGE (4 * KB)
#define SLOT (512 * KB)

const struct bh_page_run sifive_u_runs[1] = { { SIFIVE_U_FLASH_SIZE / PAGE, PAGE } };

static const struct bh_flash ram = {
    .ops = &bh_ram_ops,
    .context = (void *)(uintptr_t)SIFIVE_U_RAM_BASE,
    .unit = 1,
    .mapped = true,
    .size = SIFIVE_U_WINDOW_LEN,
    .base = SIFIVE_U_RAM_BASE,
};

const struct bh_region sifive_u_window = { &ram, 0, SIFIVE_U_WINDOW_LEN };

static enum bh_reason decode(const struct bh_view *view, uint32_t limit, struct bh_image *image)
{
    return bh_load_decode(&sifive_u_window, view, limit, image);
}

static const struct bh_image_format loaded = { "mcuboot", decode, bh_load_signature };
static const struct bh_image_format *const formats[] = { &loaded, NULL };

static const struct bh_pair pairs[] = {
    {
        .name = "app",
        .primary = { &sifive_u_flash, 0x40000, SLOT },
        .secondary = { &sifive_u_flash, 0xC0000, PAGE + SLOT },
        .spare = { &sifive_u_flash, 0xC0000, PAGE },
        .staged_off = PAGE,
        .chunk = PAGE,
        .image_max = SLOT,
    },
};

const struct bh_product sifive_u_product = {
    .name = "sifive_u",
    .layout = 0x5f11583b,
    .pairs = pairs,
    .n_pairs = 1,
    .trial_boots = 1,
    .bootloader = { &sifive_u_flash, 0, 128 * KB },
    .journal = { { &sifive_u_flash, 0x20000, PAGE }, { &sifive_u_flash, 0x21000, PAGE } },
    .plan = &bh_plan_swap,
    .mailbox = NULL,
    .policy = { .formats = formats,
                .hash = &DEVELOPMENT_HASH,
                .keys = &development_key,
                .n_keys = 1 },
};
