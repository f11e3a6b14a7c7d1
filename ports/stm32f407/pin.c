/* SPDX-License-Identifier: Apache-2.0 */
/* A pin with its pull-up: 16 * port + pin, so PC13 is 45; not 2, 3 (the console), 13 and 14 (the
 * debugger). RM0090, chapters 7 (RCC) and 8 (GPIO). */
#include "lib/register.h"
#include "port.h"

#define RCC_AHB1ENR REGISTER(0x40023830)
#define GPIO(pin, off) REGISTER(0x40020000u + 0x400u * ((pin) >> 4) + (off))
#define PUPDR(pin) GPIO(pin, 0x0C)
#define IDR(pin) GPIO(pin, 0x10)
#define UP 1u
#define SETTLE 160u /* polls until a line that was low is up: 10 us and more */

/* As an input without pull-up it is after reset; so is the port's clock. */
bool port_pin_low(uint32_t pin)
{
    uint32_t clocks = RCC_AHB1ENR, shift = 2 * (pin & 15u);
    bool low = true;

    RCC_AHB1ENR = clocks | 1u << (pin >> 4);
    PUPDR(pin) |= UP << shift;
    for (uint32_t polls = SETTLE; polls && low; polls--)
        low = !(IDR(pin) >> (pin & 15u) & 1u);
    PUPDR(pin) &= ~(3u << shift);
    RCC_AHB1ENR = clocks;
    return low;
}
