/* SPDX-License-Identifier: Apache-2.0 */
/* Console and its pins as after reset: the RCC resets both, and takes their clocks away. */
#include "lib/register.h"
#include "port.h"

#define RCC_AHB1RSTR REGISTER(0x40023810)
#define RCC_APB1RSTR REGISTER(0x40023820)
#define RCC_AHB1ENR REGISTER(0x40023830)
#define RCC_APB1ENR REGISTER(0x40023840)
#define USART2_SR REGISTER(0x40004400)

#define GPIOA (1u << 0)
#define USART2 (1u << 17)
#define SR_TC (1u << 6)
#define POLLS_MAX 100000u

void port_leave(void)
{
    for (uint32_t polls = POLLS_MAX; polls && !(USART2_SR & SR_TC); polls--)
        ;
    RCC_APB1RSTR |= USART2;
    RCC_APB1RSTR &= ~USART2;
    RCC_AHB1RSTR |= GPIOA;
    RCC_AHB1RSTR &= ~GPIOA;
    RCC_APB1ENR &= ~USART2;
    RCC_AHB1ENR &= ~GPIOA;
}
