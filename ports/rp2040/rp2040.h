/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of the RP2040 that more than one file of this port touches. Addresses and bits:
 * RP2040 datasheet 2.1 (address map), 2.13 to 2.18, 4.2 and 4.7; and crate rp-pac 7.0.0, which
 * is made of the maker's own description. */
#ifndef PORTS_RP2040_H
#define PORTS_RP2040_H

#include "lib/register.h"

/* Writing ones there sets, or clears, these bits. */
#define SET 0x2000u
#define CLEAR 0x3000u

#define RESETS 0x4000C000u
#define RESETS_SET REGISTER(RESETS + SET)
#define RESETS_CLEAR REGISTER(RESETS + CLEAR)
#define RESETS_DONE REGISTER(RESETS + 0x8)
#define RESET_CONSOLE (1u << 22 | 1u << 8 | 1u << 5) /* UART0, PADS_BANK0, IO_BANK0 */
#define RESET_PLL_SYS (1u << 12)

#define CLK_REF_CTRL REGISTER(0x40008030)
#define CLK_REF_SELECTED REGISTER(0x40008038)
#define CLK_SYS_CTRL REGISTER(0x4000803C)
#define CLK_SYS_SELECTED REGISTER(0x40008044)
#define CLK_PERI_CTRL REGISTER(0x40008048)
#define CLK_REF_XOSC 2u
#define CLK_PERI_ENABLE (1u << 11)

#define XOSC_CTRL REGISTER(0x40024000)
#define XOSC_STATUS REGISTER(0x40024004)
#define XOSC_STARTUP REGISTER(0x4002400C)
#define XOSC_STABLE (1u << 31)

#define GPIO_CTRL(pin) REGISTER(0x40014004u + 8u * (pin))

#define UART_DR REGISTER(0x40034000)
#define UART_FR REGISTER(0x40034018)
#define UART_IBRD REGISTER(0x40034024)
#define UART_FBRD REGISTER(0x40034028)
#define UART_LCR_H REGISTER(0x4003402C)
#define UART_CR REGISTER(0x40034030)
#define UART_BUSY (1u << 3)
#define UART_RXFE (1u << 4)
#define UART_TXFF (1u << 5)

/* 115200 baud out of so many Hz: in 64ths of 16 clocks. */
#define UART_64THS(hz) (((hz)*4u + 115200 / 2) / 115200)
#define UART_RATE(hz)                                                                              \
    do {                                                                                           \
        UART_IBRD = UART_64THS(hz) / 64;                                                           \
        UART_FBRD = UART_64THS(hz) % 64;                                                           \
    } while (0)

#endif
