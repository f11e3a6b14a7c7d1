/* SPDX-License-Identifier: Apache-2.0 */
/* Nucleo-H743ZI: the clock as it is after reset (HSI, 64 MHz), console on USART3 (PD8, PD9),
 * which the board's debugger hands on. Registers: RM0433, chapters 8 (RCC), 11 (GPIO) and 48
 * (USART). */
#include "port.h"

#include "lib/register.h"
#include "product.h"

#define RCC_AHB4ENR REGISTER(0x580244E0)
#define RCC_APB1LENR REGISTER(0x580244E8)
#define GPIOD_MODER REGISTER(0x58020C00)
#define GPIOD_AFRH REGISTER(0x58020C24)
#define USART3_CR1 REGISTER(0x40004800)
#define USART3_BRR REGISTER(0x4000480C)
#define USART3_ISR REGISTER(0x4000481C)
#define USART3_RDR REGISTER(0x40004824)
#define USART3_TDR REGISTER(0x40004828)

#define ISR_RXNE (1u << 5)
#define ISR_TXE (1u << 7)
#define POLLS_MAX 100000u /* a character takes 87 us, 5600 cycles */

const struct bh_product *const port_product = &PRODUCT;

void port_init(void)
{
    RCC_AHB4ENR |= 1u << 3;                             /* GPIOD */
    RCC_APB1LENR |= 1u << 18;                           /* USART3 */
    (void)RCC_APB1LENR;                                 /* the clock is there two cycles later */
    GPIOD_AFRH = (GPIOD_AFRH & ~0xFFu) | 0x77u;         /* PD8, PD9: function 7 */
    GPIOD_MODER = (GPIOD_MODER & ~0xF0000u) | 0xA0000u; /* PD8, PD9: alternate function */
    USART3_BRR = (64000000 + 115200 / 2) / 115200;
    USART3_CR1 = 1u << 3 | 1u << 2 | 1u << 0; /* TE, RE, UE */
}

void port_put(char c)
{
    for (uint32_t polls = POLLS_MAX; polls && !(USART3_ISR & ISR_TXE); polls--)
        ;
    USART3_TDR = (uint8_t)c;
}

int port_get(void)
{
    return USART3_ISR & ISR_RXNE ? (int)(USART3_RDR & 0xFF) : -1;
}

uint32_t port_khz(void)
{
    return 64000;
}
