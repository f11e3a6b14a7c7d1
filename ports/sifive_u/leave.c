/* SPDX-License-Identifier: Apache-2.0 */
/* The console and the bus of the flash as after reset. */
#include "port.h"

#include "lib/register.h"

#define UART(off) REGISTER(0x10010000u + (off))
#define TXCTRL UART(0x08)
#define RXCTRL UART(0x0C)
#define IP UART(0x14)
#define DIV UART(0x18)
#define DIV_RESET 0xFFFFu
#define ENABLE_AND_TELL (1u << 16 | 1u) /* IP tells when the queue is empty */
#define IP_TX 1u
#define POLLS_MAX 100000u
#define CHARACTER_LOOPS 3000u /* 87 us at 33.3 MHz, and a loop takes one cycle at least */

void port_leave(void)
{
    TXCTRL = ENABLE_AND_TELL;
    for (uint32_t polls = POLLS_MAX; polls && !(IP & IP_TX); polls--)
        ;
    for (volatile uint32_t loops = CHARACTER_LOOPS; loops; loops--)
        ; /* the last one is on its way */
    TXCTRL = 0;
    RXCTRL = 0;
    DIV = DIV_RESET;
    port_flash_leave();
}
