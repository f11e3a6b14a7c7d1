/* SPDX-License-Identifier: Apache-2.0 */
/* The flash on the chip; and the device 'external' of the layout, a serial NOR flash on SPIM0,
 * by the core's own driver: for boards that have such a chip on any four pins. */
#include "nrf/nvmc.h"
#include "nrf/spim.h"
#include "port.h"
#include "product.h"

const struct bh_flash PRODUCT_INTERNAL = { .ops = &nrf_nvmc_ops, PRODUCT_INTERNAL_GEOMETRY };

static struct bh_spi_nor nor = { .bus = &nrf_spim_bus };

const struct bh_flash PRODUCT_EXTERNAL = { .ops = &bh_spi_nor_ops,
                                           .context = &nor,
                                           PRODUCT_EXTERNAL_GEOMETRY };

void port_flash_init(void)
{
    nrf_spim_init();
    if (bh_spi_nor_open(&PRODUCT_EXTERNAL))
        return; /* the device knows: every operation fails */
}

void port_flash_leave(void)
{
    nrf_spim_leave();
}
