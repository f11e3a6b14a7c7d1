/* SPDX-License-Identifier: Apache-2.0 */
/* The watchdog, by the driver of all Nordic chips. */
#include "bulkhead/alive.h"
#include "nrf/wdt.h"
#include "port.h"

#define WDT 0x40010000u

void port_watchdog_start(uint32_t ms)
{
    nrf_wdt_start(WDT, ms);
}

void bh_alive(void)
{
    nrf_wdt_feed(WDT);
}
