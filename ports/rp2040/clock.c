/* SPDX-License-Identifier: Apache-2.0 */
/* 125 MHz by the PLL out of the crystal, and back to the crystal. RP2040 datasheet, 2.15
 * (clocks) and 2.18 (PLL): 12 MHz * 125 / 6 / 2. A PLL that does not lock leaves the crystal's
 * clock. */
#include "port.h"

#include "rp2040.h"

#define PLL_CS REGISTER(0x40028000)
#define PLL_PWR REGISTER(0x40028004)
#define PLL_PWR_CLEAR REGISTER(0x40028004 + CLEAR)
#define PLL_FBDIV REGISTER(0x40028008)
#define PLL_PRIM REGISTER(0x4002800C)
#define CS_LOCK (1u << 31)
#define PWR_PD (1u << 0)
#define PWR_POSTDIVPD (1u << 3)
#define PWR_VCOPD (1u << 5)
#define POLLS_MAX 100000u

static void await(volatile uint32_t *where, uint32_t mask)
{
    for (uint32_t polls = POLLS_MAX; polls && (*where & mask) != mask; polls--)
        ;
}

/* The rate is taken over with a write to LCR_H (4.2.7.1); the last character must be out. */
static void console_at(uint32_t hz)
{
    for (uint32_t polls = POLLS_MAX; polls && (UART_FR & UART_BUSY); polls--)
        ;
    UART_RATE(hz);
    UART_LCR_H = 3u << 5;
}

void port_clock_raise(void)
{
    RESETS_CLEAR = RESET_PLL_SYS;
    await(&RESETS_DONE, RESET_PLL_SYS);
    PLL_CS = 1;
    PLL_FBDIV = 125;
    PLL_PWR_CLEAR = PWR_PD | PWR_VCOPD;
    await(&PLL_CS, CS_LOCK);
    PLL_PRIM = 6u << 16 | 2u << 12;
    PLL_PWR_CLEAR = PWR_POSTDIVPD;
    if (!(PLL_CS & CS_LOCK)) {
        port_clock_restore();
        return;
    }
    CLK_SYS_CTRL = 1;
    await(&CLK_SYS_SELECTED, 1u << 1);
    console_at(125000000);
}

void port_clock_restore(void)
{
    for (uint32_t polls = POLLS_MAX; polls && (UART_FR & UART_BUSY); polls--)
        ;
    CLK_SYS_CTRL = 0;
    await(&CLK_SYS_SELECTED, 1u << 0);
    RESETS_SET = RESET_PLL_SYS;
    console_at(12000000);
}
