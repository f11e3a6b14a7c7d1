/* SPDX-License-Identifier: Apache-2.0 */
/* A pin with its pull-up: 32 * port + pin, so P1.02 is 34. nRF52840 Product Specification, GPIO. */
#include "lib/register.h"
#include "port.h"

#define PORT(pin) (0x50000000u + 0x300u * ((pin) >> 5))
#define IN(pin) REGISTER(PORT(pin) + 0x510)
#define PIN_CNF(pin) REGISTER(PORT(pin) + 0x700 + 4 * ((pin)&31u))
#define INPUT_PULLUP (3u << 2)
#define RESET_VALUE 2u
#define SETTLE 640u /* polls until a line that was low is up: 10 us and more */

bool port_pin_low(uint32_t pin)
{
    bool low = true;

    PIN_CNF(pin) = INPUT_PULLUP;
    for (uint32_t polls = SETTLE; polls && low; polls--)
        low = !(IN(pin) >> (pin & 31u) & 1u);
    PIN_CNF(pin) = RESET_VALUE;
    return low;
}
