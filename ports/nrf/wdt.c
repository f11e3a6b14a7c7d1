/* SPDX-License-Identifier: Apache-2.0 */
/* The watchdog of nRF51, nRF52 and nRF91. Product specification, chapter WDT. Its clock, the 32
 * kHz RC oscillator if no other runs, starts with it. An application may have started it before
 * a reset that left it running, with another time and more than one reload register. */
#include "wdt.h"

#include "lib/register.h"

#define WDT(off) REGISTER(base + (off))
#define START WDT(0x000)
#define RUNSTATUS WDT(0x400)
#define CRV WDT(0x504)
#define RREN WDT(0x508)
#define CONFIG WDT(0x50C)
#define RR(n) WDT(0x600 + 4u * (n))

/* It runs while the processor sleeps, and pauses while a debugger halts it. */
#define CONFIG_SLEEP 1u
#define RELOAD 0x6E524635u
#define REGISTERS 8u

void nrf_wdt_feed(uintptr_t base)
{
    uint32_t wanted = RREN;

    for (uint32_t n = 0; n < REGISTERS; n++)
        if (wanted & 1u << n)
            RR(n) = RELOAD;
}

/* The RC oscillator runs at most 2 % faster than 32768 Hz. */
void nrf_wdt_start(uintptr_t base, uint32_t ms)
{
    if (RUNSTATUS)
        return;
    CONFIG = CONFIG_SLEEP;
    CRV = ms * 33 + ms / 2;
    RREN = 1;
    START = 1;
}
