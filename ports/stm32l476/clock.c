/* SPDX-License-Identifier: Apache-2.0 */
/* 80 MHz by the PLL out of the internal oscillator (MSI, 4 MHz), and back to that alone. Reference
 * manual RM0351, chapters 3 (flash: wait states, caches), 5 (PWR: range 1 is that of reset) and 6
 * (RCC). */
#include "port.h"
#include "stm32/pll.h"

static const struct stm32_pll pll = {
    .config = 1u << 24 | 40u << 8 | 1u, /* output R on; 4 MHz * 40 / 2 */
    .sw = 3u,
    .sws_mask = 3u << 2,
    .sws = 3u << 2,
    .acr = 0x704u,       /* 4 wait states; prefetch, both caches */
    .acr_reset = 0x600u, /* no wait state, both caches */
    .hz = 80000000,
    .hz_reset = 4000000,
};

void port_clock_raise(void)
{
    stm32_pll_raise(&pll);
}

void port_clock_restore(void)
{
    stm32_pll_restore(&pll);
}
