/* SPDX-License-Identifier: Apache-2.0 */
/* The PLL of STM32L4 and STM32G0: RM0351 chapter 6, RM0444 chapter 5 (RCC). What differs between
 * them is data. */
#include "pll.h"

#include "lib/register.h"

#define RCC_CR REGISTER(0x40021000)
#define RCC_CFGR REGISTER(0x40021008)
#define RCC_PLLCFGR REGISTER(0x4002100C)
#define FLASH_ACR REGISTER(0x40022000)
#define USART2_CR1 REGISTER(0x40004400)
#define USART2_BRR REGISTER(0x4000440C)
#define USART2_ISR REGISTER(0x4000441C)

#define CR_PLLON (1u << 24)
#define CR_PLLRDY (1u << 25)
#define PLLCFGR_RESET 0x1000u
#define CR1_UE 1u
#define ISR_TC (1u << 6)
#define POLLS_MAX 100000u /* the PLL locks within 40 us */

static void await(volatile uint32_t *where, uint32_t mask, uint32_t value)
{
    for (uint32_t polls = POLLS_MAX; polls && (*where & mask) != value; polls--)
        ;
}

/* The rate is written while the console is off; the last character must be out. */
static void console_at(uint32_t hz)
{
    await(&USART2_ISR, ISR_TC, ISR_TC);
    USART2_CR1 &= ~CR1_UE;
    USART2_BRR = (hz + 115200 / 2) / 115200;
    USART2_CR1 |= CR1_UE;
}

void stm32_pll_raise(const struct stm32_pll *p)
{
    RCC_PLLCFGR = p->config;
    RCC_CR |= CR_PLLON;
    await(&RCC_CR, CR_PLLRDY, CR_PLLRDY);
    FLASH_ACR = p->acr;
    if (!(RCC_CR & CR_PLLRDY) || FLASH_ACR != p->acr) {
        stm32_pll_restore(p);
        return;
    }
    RCC_CFGR = p->sw;
    await(&RCC_CFGR, p->sws_mask, p->sws);
    if ((RCC_CFGR & p->sws_mask) == p->sws)
        console_at(p->hz);
    else
        stm32_pll_restore(p);
}

void stm32_pll_restore(const struct stm32_pll *p)
{
    console_at(p->hz_reset);
    RCC_CFGR = 0;
    await(&RCC_CFGR, p->sws_mask, 0);
    RCC_CR &= ~CR_PLLON;
    await(&RCC_CR, CR_PLLRDY, 0);
    RCC_PLLCFGR = PLLCFGR_RESET;
    FLASH_ACR = p->acr_reset;
}
