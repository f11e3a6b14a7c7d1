/* SPDX-License-Identifier: Apache-2.0 */
/* A faster clock by the PLL, and back to that of reset, for the STM32 families whose RCC is at
 * 0x40021000 with RCC_PLLCFGR, and whose console is USART2: L4, G0. */
#ifndef PORTS_STM32_PLL_H
#define PORTS_STM32_PLL_H

#include <stdint.h>

struct stm32_pll {
    uint32_t config;            /* RCC_PLLCFGR, with the output on */
    uint32_t sw, sws_mask, sws; /* RCC_CFGR: wanted, and told, for the PLL */
    uint32_t acr, acr_reset;    /* FLASH_ACR at this clock, and after reset */
    uint32_t hz, hz_reset;      /* the clock, for the console's rate */
};

/* A PLL that does not lock, and a switch that does not happen, leave the clock of reset. */
void stm32_pll_raise(const struct stm32_pll *p);
/* All registers as after reset; the console's rate with them. */
void stm32_pll_restore(const struct stm32_pll *p);

#endif
