/* SPDX-License-Identifier: Apache-2.0 */
/* Console and its pins as after reset: the RCC resets both, and takes their clocks away. */
#include "lib/register.h"
#include "port.h"

#define RCC_AHB2RSTR REGISTER(0x4002102C)
#define RCC_APB1RSTR1 REGISTER(0x40021038)
#define RCC_AHB2ENR REGISTER(0x4002104C)
#define RCC_APB1ENR1 REGISTER(0x40021058)
#define USART2_ISR REGISTER(0x4000441C)

#define GPIOA (1u << 0)
#define USART2 (1u << 17)
#define ISR_TC (1u << 6)
#define POLLS_MAX 100000u

void port_leave(void)
{
    for (uint32_t polls = POLLS_MAX; polls && !(USART2_ISR & ISR_TC); polls--)
        ;
    RCC_APB1RSTR1 |= USART2;
    RCC_APB1RSTR1 &= ~USART2;
    RCC_AHB2RSTR |= GPIOA;
    RCC_AHB2RSTR &= ~GPIOA;
    RCC_APB1ENR1 &= ~USART2;
    RCC_AHB2ENR &= ~GPIOA;
}
