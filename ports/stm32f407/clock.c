/* SPDX-License-Identifier: Apache-2.0 */
/* 168 MHz by the PLL out of the internal oscillator (HSI), and back to that alone. Reference manual
 * RM0090, chapters 3 (flash: wait states, caches) and 7 (RCC). A PLL that does not lock, and a
 * switch that does not happen, leave the clock of reset. */
#include "lib/register.h"
#include "port.h"

#define RCC_CR REGISTER(0x40023800)
#define RCC_PLLCFGR REGISTER(0x40023804)
#define RCC_CFGR REGISTER(0x40023808)
#define FLASH_ACR REGISTER(0x40023C00)
#define USART2_SR REGISTER(0x40004400)
#define USART2_BRR REGISTER(0x40004408)

#define CR_PLLON (1u << 24)
#define CR_PLLRDY (1u << 25)
#define PLLCFGR_RESET 0x24003010u
#define PLLCFGR_168 (7u << 24 | 168u << 6 | 8u) /* 16 MHz / 8 * 168 / 2 */
#define CFGR_SW_PLL 2u
#define CFGR_SWS (3u << 2)
#define CFGR_SWS_PLL (2u << 2)
#define CFGR_BUSES (5u << 10 | 4u << 13) /* APB1: a quarter, 42 MHz; APB2: half, 84 MHz */
#define ACR_FAST 0x705u                  /* 5 wait states; prefetch, both caches */
#define ACR_EMPTY 0x1800u                /* caches that are off forget what they hold */
#define SR_TC (1u << 6)
#define POLLS_MAX 100000u /* the PLL locks within 300 us */

static void await(volatile uint32_t *where, uint32_t mask, uint32_t value)
{
    for (uint32_t polls = POLLS_MAX; polls && (*where & mask) != value; polls--)
        ;
}

void port_clock_raise(void)
{
    RCC_PLLCFGR = PLLCFGR_168;
    RCC_CR |= CR_PLLON;
    await(&RCC_CR, CR_PLLRDY, CR_PLLRDY);
    FLASH_ACR = ACR_FAST;
    if (!(RCC_CR & CR_PLLRDY) || FLASH_ACR != ACR_FAST) {
        port_clock_restore();
        return;
    }
    RCC_CFGR = CFGR_BUSES | CFGR_SW_PLL;
    await(&RCC_CFGR, CFGR_SWS, CFGR_SWS_PLL);
    if ((RCC_CFGR & CFGR_SWS) == CFGR_SWS_PLL)
        USART2_BRR = (42000000 + 115200 / 2) / 115200;
    else
        port_clock_restore();
}

/* The last character must be out: it would be garbled. */
void port_clock_restore(void)
{
    await(&USART2_SR, SR_TC, SR_TC);
    RCC_CFGR = 0;
    await(&RCC_CFGR, CFGR_SWS, 0);
    RCC_CR &= ~CR_PLLON;
    await(&RCC_CR, CR_PLLRDY, 0);
    RCC_PLLCFGR = PLLCFGR_RESET;
    FLASH_ACR = 0;
    FLASH_ACR = ACR_EMPTY;
    FLASH_ACR = 0;
    USART2_BRR = (16000000 + 115200 / 2) / 115200;
}
