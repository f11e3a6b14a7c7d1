/* SPDX-License-Identifier: Apache-2.0 */
/* BBC micro:bit: the clock as it is after reset (16 MHz), console on P0.24 and P0.25 (over USB). */
#include "port.h"

#include "nrf/uart.h"
#include "product.h"

const struct bh_product *const port_product = &PRODUCT;

void port_init(void)
{
    nrf_uart_init(24, 25);
}

uint32_t port_khz(void)
{
    return 16000;
}
