/* SPDX-License-Identifier: Apache-2.0 */
/* nRF52840 development kit, as ports/nrf52840 but for the external flash: the clock as it is after
 * reset (64 MHz), console on P0.06 and P0.08. */
#include "port.h"

#include "nrf/uart.h"
#include "product.h"

const struct bh_product *const port_product = &PRODUCT;

void port_init(void)
{
    nrf_uart_init(6, 8);
    port_flash_init();
}

uint32_t port_khz(void)
{
    return 64000;
}
