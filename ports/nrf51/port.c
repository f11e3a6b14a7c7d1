/* SPDX-License-Identifier: Apache-2.0 */
/* BBC micro:bit: the clock as it is after reset (16 MHz), console on P0.24 and P0.25 (over USB). */
#include "port.h"

#include "nrf/nvmc.h"
#include "nrf/uart.h"
#include "product.h"

const struct bh_flash nrf51_flash = {
    .ops = &nrf_nvmc_ops,
    .runs = nrf51_runs,
    .n_runs = sizeof nrf51_runs / sizeof nrf51_runs[0],
    .unit = NRF51_FLASH_UNIT,
    .erased = 0xFF,
    .mapped = true,
    .size = NRF51_FLASH_SIZE,
    .base = 0,
};

const struct bh_product *const port_product = &nrf51_product;

void port_init(void)
{
    nrf_uart_init(24, 25);
}
