/* SPDX-License-Identifier: Apache-2.0 */
/* Drive the UART register by register, with a bound on each wait. */
#include "uart.h"

#include "lib/register.h"
#include "port.h"

#define UART(off) REGISTER(0x40002000 + (off))
#define STARTRX UART(0x000)
#define STOPRX UART(0x004)
#define STARTTX UART(0x008)
#define STOPTX UART(0x00C)
#define RXDRDY UART(0x108)
#define TXDRDY UART(0x11C)
#define ENABLE UART(0x500)
#define PSELTXD UART(0x50C)
#define PSELRXD UART(0x514)
#define RXD UART(0x518)
#define TXD UART(0x51C)
#define BAUDRATE UART(0x524)

#define NO_PIN 0xFFFFFFFFu
#define BAUDRATE_RESET 0x04000000u
#define POLLS_MAX 100000u /* a character takes 87 us, 5600 cycles at 64 MHz */

void nrf_uart_init(uint32_t tx_pin, uint32_t rx_pin)
{
    PSELTXD = tx_pin;
    PSELRXD = rx_pin;
    BAUDRATE = 0x01D7E000; /* 115200 */
    ENABLE = 4;
    STARTTX = 1;
    STARTRX = 1;
}

/* port_put() has waited for the last character to go out. */
void nrf_uart_leave(void)
{
    STOPTX = 1;
    STOPRX = 1;
    ENABLE = 0;
    PSELTXD = NO_PIN;
    PSELRXD = NO_PIN;
    BAUDRATE = BAUDRATE_RESET;
    TXDRDY = 0;
    RXDRDY = 0;
}

void port_put(char c)
{
    TXDRDY = 0;
    TXD = (uint8_t)c;
    for (uint32_t polls = POLLS_MAX; polls && !TXDRDY; polls--)
        ;
}

int port_get(void)
{
    if (!RXDRDY)
        return -1;
    RXDRDY = 0;
    return (int)(RXD & 0xFF);
}
