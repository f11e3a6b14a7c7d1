/* SPDX-License-Identifier: Apache-2.0 */
/* A board as one product has it: its flash in the geometry that the product's layout gives it. */
#include "inner.h"

#include "sim/world.h"

/* Does this device work as the emulated chip does? It may be smaller or larger: the chip comes in
 * several sizes. A serial NOR chip programs bytes: the unit is what its product makes of them. */
static bool works_as(const struct bh_flash *device, const struct bh_flash *chip, uint32_t burst)
{
    return (device->unit == chip->unit || (!chip->mapped && device->unit <= burst)) &&
           device->erased == chip->erased && device->mapped == chip->mapped &&
           (!device->mapped || device->base == chip->base);
}

enum board_fit board_fit_devices(struct board_kind *out, const struct board_kind *model,
                                 const struct bh_flash *const *devices, uint8_t n,
                                 const struct bh_flash **wrong)
{
    *out = *model;
    for (uint8_t i = 0; i < n; i++) {
        *wrong = devices[i];
        if (i == BOARD_CHIPS_MAX || !model->flash[i])
            return BOARD_NO_CHIP;
        out->flash[i] = devices[i];
    }
    for (uint8_t i = 0; i < n; i++) {
        *wrong = devices[i];
        if (!works_as(devices[i], model->flash[i], model->burst[i]))
            return BOARD_OTHER_CHIP;
    }
    *wrong = NULL;
    return BOARD_FITS;
}

enum board_fit board_fit(struct board_kind *out, const struct board_kind *model,
                         const struct bh_product *product, const struct bh_flash **wrong)
{
    const struct bh_flash *all[SIM_CHIPS_MAX], *devices[SIM_CHIPS_MAX + 1];
    uint8_t n_all = sim_world_devices(product, all), n = 1;
    enum board_fit fit;

    devices[0] = product->bootloader.flash;
    for (uint8_t i = 0; i < n_all; i++)
        if (all[i] != devices[0])
            devices[n++] = all[i];
    fit = board_fit_devices(out, model, devices, n, wrong);
    out->product = product;
    return fit;
}
