/* SPDX-License-Identifier: Apache-2.0 */
/* 64 MHz by the PLL out of the internal oscillator (HSI16), and back to that alone. Reference
 * manual RM0444, chapters 3 (flash: wait states, 3.3.4) and 5 (RCC). */
#include "port.h"
#include "stm32/pll.h"

static const struct stm32_pll pll = {
    .config = 1u << 29 | 1u << 28 | 8u << 8 | 2u, /* output R on; 16 MHz * 8 / 2 */
    .sw = 2u,
    .sws_mask = 7u << 3,
    .sws = 2u << 3,
    .acr = 0x40702u,       /* 2 wait states; prefetch, cache; the debugger's bit as it is */
    .acr_reset = 0x40600u, /* no wait state, cache */
    .hz = 64000000,
    .hz_reset = 16000000,
};

void port_clock_raise(void)
{
    stm32_pll_raise(&pll);
}

void port_clock_restore(void)
{
    stm32_pll_restore(&pll);
}
