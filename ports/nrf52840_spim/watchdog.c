/* SPDX-License-Identifier: Apache-2.0 */
/* The watchdog, by the driver of all nRF51 and nRF52. */
#include "bulkhead/alive.h"
#include "nrf/wdt.h"
#include "port.h"

void port_watchdog_start(uint32_t ms)
{
    nrf_wdt_start(ms);
}

void bh_alive(void)
{
    nrf_wdt_feed();
}
