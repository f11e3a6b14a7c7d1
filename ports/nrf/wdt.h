/* SPDX-License-Identifier: Apache-2.0 */
/* The watchdog of nRF51 and nRF52. */
#ifndef PORTS_NRF_WDT_H
#define PORTS_NRF_WDT_H

#include <stdint.h>

/* Start it, unless it runs already; then it keeps its time. Once started it runs until a reset. */
void nrf_wdt_start(uint32_t ms);
/* Feed it, by all reload registers that whoever started it wants written. */
void nrf_wdt_feed(void);

#endif
