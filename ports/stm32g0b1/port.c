/* SPDX-License-Identifier: Apache-2.0 */
/* Nucleo-G0B1RE: the clock as it is after reset (HSI16), console on USART2 (PA2, PA3). Registers:
 * RM0444, chapters 5 (RCC), 7 (GPIO) and 33 (USART). */
#include "port.h"

#include "lib/register.h"
#include "product.h"

#define RCC_CFGR REGISTER(0x40021008)
#define RCC_IOPENR REGISTER(0x40021034)
#define RCC_APBENR1 REGISTER(0x4002103C)
#define GPIOA_MODER REGISTER(0x50000000)
#define GPIOA_AFRL REGISTER(0x50000020)
#define USART2_CR1 REGISTER(0x40004400)
#define USART2_BRR REGISTER(0x4000440C)
#define USART2_ISR REGISTER(0x4000441C)
#define USART2_RDR REGISTER(0x40004424)
#define USART2_TDR REGISTER(0x40004428)

#define ISR_RXNE (1u << 5)
#define ISR_TXE (1u << 7)
#define POLLS_MAX 100000u /* a character takes 87 us, 1400 cycles */

const struct bh_product *const port_product = &PRODUCT;

void port_init(void)
{
    RCC_IOPENR |= 1u << 0;                          /* GPIOA */
    RCC_APBENR1 |= 1u << 17;                        /* USART2 */
    GPIOA_AFRL = (GPIOA_AFRL & ~0xFF00u) | 0x1100u; /* PA2, PA3: function 1 */
    GPIOA_MODER = (GPIOA_MODER & ~0xF0u) | 0xA0u;   /* PA2, PA3: alternate function */
    USART2_BRR = (16000000 + 115200 / 2) / 115200;
    USART2_CR1 = 1u << 3 | 1u << 2 | 1u << 0; /* TE, RE, UE */
}

void port_put(char c)
{
    for (uint32_t polls = POLLS_MAX; polls && !(USART2_ISR & ISR_TXE); polls--)
        ;
    USART2_TDR = (uint8_t)c;
}

int port_get(void)
{
    return USART2_ISR & ISR_RXNE ? (int)(USART2_RDR & 0xFF) : -1;
}

/* The PLL's, if `clock: fast` has switched to it. */
uint32_t port_khz(void)
{
    return (RCC_CFGR >> 3 & 7u) == 2 ? 64000 : 16000;
}
