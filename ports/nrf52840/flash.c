/* SPDX-License-Identifier: Apache-2.0 */
/* The flash on the chip; and the serial NOR flash of the development kit, if the layout has a
 * device 'external', through the QSPI peripheral. */
#include "nrf/nvmc.h"
#include "nrf/qspi.h"
#include "port.h"
#include "product.h"

const struct bh_flash PRODUCT_INTERNAL = { .ops = &nrf_nvmc_ops, PRODUCT_INTERNAL_GEOMETRY };

#ifdef PRODUCT_EXTERNAL
const struct bh_flash PRODUCT_EXTERNAL = { .ops = &nrf_qspi_ops, PRODUCT_EXTERNAL_GEOMETRY };

void port_flash_init(void)
{
    nrf_qspi_init();
}

void port_flash_leave(void)
{
    nrf_qspi_leave();
}
#else
void port_flash_init(void)
{
}

void port_flash_leave(void)
{
}
#endif
