/* SPDX-License-Identifier: Apache-2.0 */
/* The watchdog of nRF51, nRF52 and nRF91. base: its registers. */
#ifndef PORTS_NRF_WDT_H
#define PORTS_NRF_WDT_H

#include <stdint.h>

/* Start it, unless it runs already; then it keeps its time. Once started it runs until a reset. */
void nrf_wdt_start(uintptr_t base, uint32_t ms);
/* Feed it, by all reload registers that whoever started it wants written. */
void nrf_wdt_feed(uintptr_t base);

#endif
