/* SPDX-License-Identifier: Apache-2.0 */
/* 64 MHz by the PLL out of the internal oscillator (HSI16), and back to that alone. Reference
 * manual RM0444, chapters 3 (flash: wait states, 3.3.4) and 5 (RCC). A PLL that does not lock,
 * and a switch that does not happen, leave the clock of reset. */
#include "lib/register.h"
#include "port.h"

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
#define PLLCFGR_64 (1u << 29 | 1u << 28 | 8u << 8 | 2u) /* output R on; 16 MHz * 8 / 2 */
#define CFGR_SW_PLL 2u
#define CFGR_SWS (7u << 3)
#define CFGR_SWS_PLL (2u << 3)
#define ACR_RESET 0x40600u
#define ACR_FAST 0x40702u /* 2 wait states; prefetch, cache; the debugger's bit as it is */
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

void port_clock_raise(void)
{
    RCC_PLLCFGR = PLLCFGR_64;
    RCC_CR |= CR_PLLON;
    await(&RCC_CR, CR_PLLRDY, CR_PLLRDY);
    FLASH_ACR = ACR_FAST;
    if (!(RCC_CR & CR_PLLRDY) || FLASH_ACR != ACR_FAST) {
        port_clock_restore();
        return;
    }
    RCC_CFGR = CFGR_SW_PLL;
    await(&RCC_CFGR, CFGR_SWS, CFGR_SWS_PLL);
    if ((RCC_CFGR & CFGR_SWS) == CFGR_SWS_PLL)
        console_at(64000000);
    else
        port_clock_restore();
}

void port_clock_restore(void)
{
    console_at(16000000);
    RCC_CFGR = 0;
    await(&RCC_CFGR, CFGR_SWS, 0);
    RCC_CR &= ~CR_PLLON;
    await(&RCC_CR, CR_PLLRDY, 0);
    RCC_PLLCFGR = PLLCFGR_RESET;
    FLASH_ACR = ACR_RESET;
}
