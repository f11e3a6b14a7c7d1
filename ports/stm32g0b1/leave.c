/* SPDX-License-Identifier: Apache-2.0 */
/* Console and its pins as after reset: the RCC resets both, and takes their clocks away. */
#include "lib/register.h"
#include "port.h"

#define RCC_IOPRSTR REGISTER(0x40021024)
#define RCC_APBRSTR1 REGISTER(0x4002102C)
#define RCC_IOPENR REGISTER(0x40021034)
#define RCC_APBENR1 REGISTER(0x4002103C)
#define USART2_ISR REGISTER(0x4000441C)

#define GPIOA (1u << 0)
#define USART2 (1u << 17)
#define ISR_TC (1u << 6)
#define POLLS_MAX 100000u

void port_leave(void)
{
    for (uint32_t polls = POLLS_MAX; polls && !(USART2_ISR & ISR_TC); polls--)
        ;
    RCC_APBRSTR1 |= USART2;
    RCC_APBRSTR1 &= ~USART2;
    RCC_IOPRSTR |= GPIOA;
    RCC_IOPRSTR &= ~GPIOA;
    RCC_APBENR1 &= ~USART2;
    RCC_IOPENR &= ~GPIOA;
}
