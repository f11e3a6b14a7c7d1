/* SPDX-License-Identifier: Apache-2.0 */
/* A board as one product has it: its flash in the geometry that the product's layout gives it. */
#include "inner.h"

#include "sim/world.h"

/* Does this device work as the emulated chip does? It may be smaller or larger: the chip comes in
 * several sizes. */
static bool works_as(const struct bh_flash *device, const struct bh_flash *chip)
{
    return device->unit == chip->unit && device->erased == chip->erased &&
           device->mapped == chip->mapped && (!device->mapped || device->base == chip->base);
}

enum board_fit board_fit(struct board_kind *out, const struct board_kind *model,
                         const struct bh_product *product, const struct bh_flash **wrong)
{
    const struct bh_flash *devices[SIM_CHIPS_MAX];
    uint8_t all = sim_world_devices(product, devices), n = 1;

    *out = *model;
    out->product = product;
    out->flash[0] = *wrong = product->bootloader.flash;
    for (uint8_t i = 0; i < all; i++) {
        if (devices[i] == out->flash[0])
            continue;
        *wrong = devices[i];
        if (n == BOARD_CHIPS_MAX || !model->flash[n])
            return BOARD_NO_CHIP;
        out->flash[n++] = devices[i];
    }
    for (uint8_t i = 0; i < n; i++) {
        *wrong = out->flash[i];
        if (!works_as(*wrong, model->flash[i]))
            return BOARD_OTHER_CHIP;
    }
    *wrong = NULL;
    return BOARD_FITS;
}
