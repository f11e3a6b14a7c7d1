/* SPDX-License-Identifier: Apache-2.0 */
/* What port_init() turned on is off again. */
#include "port.h"

#include "nrf/uart.h"

void port_leave(void)
{
    port_flash_leave();
    nrf_uart_leave();
}
