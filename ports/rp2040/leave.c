/* SPDX-License-Identifier: Apache-2.0 */
/* Console, pins and clocks as after reset. The crystal is turned off last: until then it is the
 * clock. */
#include "port.h"

#include "rp2040.h"

#define XOSC_DISABLE (0xD1Eu << 12)
#define XOSC_STARTUP_RESET 0xC4u
#define POLLS_MAX 100000u

void port_leave(void)
{
    for (uint32_t polls = POLLS_MAX; polls && (UART_FR & UART_BUSY); polls--)
        ;
    RESETS_SET = RESET_CONSOLE;
    CLK_PERI_CTRL = 0;
    CLK_REF_CTRL = 0;
    for (uint32_t polls = POLLS_MAX; polls && !(CLK_REF_SELECTED & 1u); polls--)
        ;
    XOSC_CTRL = XOSC_DISABLE;
    XOSC_STARTUP = XOSC_STARTUP_RESET;
}
