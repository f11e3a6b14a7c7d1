/* SPDX-License-Identifier: Apache-2.0 */
/* nRF52840 development kit: the clock as it is after reset (64 MHz), console on P0.06 and P0.08. */
#include "port.h"

#include "external.h"
#include "nrf/nvmc.h"
#include "nrf/uart.h"
#include "product.h"

const struct bh_flash nrf52840_flash = {
    .ops = &nrf_nvmc_ops,
    .runs = nrf52840_runs,
    .n_runs = sizeof nrf52840_runs / sizeof nrf52840_runs[0],
    .unit = NRF52840_FLASH_UNIT,
    .erased = 0xFF,
    .mapped = true,
    .size = NRF52840_FLASH_SIZE,
    .base = 0,
};

const struct bh_product *const port_product = &nrf52840_product;

void port_init(void)
{
    nrf_uart_init(6, 8);
    nrf52840_external_init();
}
