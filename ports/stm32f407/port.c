/* SPDX-License-Identifier: Apache-2.0 */
/* STM32F4DISCOVERY: the clock as it is after reset (HSI, 16 MHz), console on USART2 (PA2, PA3). */
#include "port.h"

#include "lib/register.h"
#include "product.h"

#define RCC_AHB1ENR REGISTER(0x40023830)
#define RCC_APB1ENR REGISTER(0x40023840)
#define RCC_CFGR REGISTER(0x40023808)
#define GPIOA_MODER REGISTER(0x40020000)
#define GPIOA_AFRL REGISTER(0x40020020)
#define USART2_SR REGISTER(0x40004400)
#define USART2_DR REGISTER(0x40004404)
#define USART2_BRR REGISTER(0x40004408)
#define USART2_CR1 REGISTER(0x4000440C)

#define SR_RXNE (1u << 5)
#define SR_TXE (1u << 7)
#define CFGR_SWS (3u << 2)
#define CFGR_SWS_PLL (2u << 2)
#define POLLS_MAX 100000u /* a character takes 87 us, 1400 cycles */

const struct bh_product *const port_product = &PRODUCT;

void port_init(void)
{
    RCC_AHB1ENR |= 1u << 0;                         /* GPIOA */
    RCC_APB1ENR |= 1u << 17;                        /* USART2 */
    GPIOA_AFRL = (GPIOA_AFRL & ~0xFF00u) | 0x7700u; /* PA2, PA3: function 7 */
    GPIOA_MODER = (GPIOA_MODER & ~0xF0u) | 0xA0u;   /* PA2, PA3: alternate function */
    USART2_BRR = (16000000 + 115200 / 2) / 115200;
    USART2_CR1 = 1u << 13 | 1u << 3 | 1u << 2; /* UE, TE, RE */
}

void port_put(char c)
{
    for (uint32_t polls = POLLS_MAX; polls && !(USART2_SR & SR_TXE); polls--)
        ;
    USART2_DR = (uint8_t)c;
}

int port_get(void)
{
    return USART2_SR & SR_RXNE ? (int)(USART2_DR & 0xFF) : -1;
}

/* That of clock.c, or that of reset. */
uint32_t port_khz(void)
{
    return (RCC_CFGR & CFGR_SWS) == CFGR_SWS_PLL ? 168000 : 16000;
}
