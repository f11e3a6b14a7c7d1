/* SPDX-License-Identifier: Apache-2.0 */
/* Console and its pins as after reset: the RCC resets both, and takes their clocks away. RM0433,
 * chapter 8. */
#include "lib/register.h"
#include "port.h"

#define RCC_AHB4RSTR REGISTER(0x58024488)
#define RCC_APB1LRSTR REGISTER(0x58024490)
#define RCC_AHB4ENR REGISTER(0x580244E0)
#define RCC_APB1LENR REGISTER(0x580244E8)
#define USART3_ISR REGISTER(0x4000481C)

#define GPIOD (1u << 3)
#define USART3 (1u << 18)
#define ISR_TC (1u << 6)
#define POLLS_MAX 100000u

void port_leave(void)
{
    for (uint32_t polls = POLLS_MAX; polls && !(USART3_ISR & ISR_TC); polls--)
        ;
    RCC_APB1LRSTR |= USART3;
    RCC_APB1LRSTR &= ~USART3;
    RCC_AHB4RSTR |= GPIOD;
    RCC_AHB4RSTR &= ~GPIOD;
    RCC_APB1LENR &= ~USART3;
    RCC_AHB4ENR &= ~GPIOD;
}
