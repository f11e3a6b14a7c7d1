/* SPDX-License-Identifier: Apache-2.0 */
/* Raspberry Pi Pico: the crystal's 12 MHz, since the oscillator that runs after reset is not
 * good enough for a console; that is on UART0 (GPIO 0 and 1). RP2040 datasheet, 2.14 (resets),
 * 2.15 (clocks), 2.16 (crystal), 2.19 (GPIO) and 4.2 (UART). */
#include "port.h"

#include "rp2040.h"
#include "product.h"

#define XOSC_1_15MHZ 0xAA0u
#define XOSC_ENABLE (0xFABu << 12)
#define XOSC_DELAY 47u /* of 256 cycles: 1 ms at 12 MHz */
#define FUNCTION_UART 2u
#define POLLS_MAX 100000u /* a character takes 87 us, 1000 cycles; the crystal 1 ms */

const struct bh_product *const port_product = &PRODUCT;

static void await(volatile uint32_t *where, uint32_t mask)
{
    for (uint32_t polls = POLLS_MAX; polls && (*where & mask) != mask; polls--)
        ;
}

void port_init(void)
{
    XOSC_STARTUP = XOSC_DELAY;
    XOSC_CTRL = XOSC_ENABLE | XOSC_1_15MHZ;
    await(&XOSC_STATUS, XOSC_STABLE);
    CLK_REF_CTRL = CLK_REF_XOSC;
    await(&CLK_REF_SELECTED, 1u << CLK_REF_XOSC);
    CLK_PERI_CTRL = CLK_PERI_ENABLE; /* out of that of the processor */
    RESETS_CLEAR = RESET_CONSOLE;
    await(&RESETS_DONE, RESET_CONSOLE);
    UART_RATE(12000000);
    UART_LCR_H = 3u << 5;                  /* 8 bits; no FIFO */
    UART_CR = 1u << 9 | 1u << 8 | 1u << 0; /* RXE, TXE, UARTEN */
    GPIO_CTRL(0) = FUNCTION_UART;
    GPIO_CTRL(1) = FUNCTION_UART;
}

void port_put(char c)
{
    for (uint32_t polls = POLLS_MAX; polls && (UART_FR & UART_TXFF); polls--)
        ;
    UART_DR = (uint8_t)c;
}

int port_get(void)
{
    return UART_FR & UART_RXFE ? -1 : (int)(UART_DR & 0xFF);
}

/* The PLL's, if `clock: fast` has switched to it. */
uint32_t port_khz(void)
{
    return CLK_SYS_CTRL & 1u ? 125000 : 12000;
}
