/* SPDX-License-Identifier: Apache-2.0 */
/* nRF51 and nRF52840 as their product specifications tell it: NVMC and UART, and of the
 * nRF52840 the access control lists. */
#include "inner.h"

#define KB 1024u

/* b->reg: (qspi.c has those from 64 up) */
enum { CONFIG, BUSY, TXDRDY, UART_ON };

enum { CONFIG_READ = 0, CONFIG_WRITE = 1, CONFIG_ERASE = 2 };

#define UART 0x40002000u
#define SPIM 0x40003000u
#define QSPI 0x40029000u
#define ACL 0x4001E800u /* in the page of the NVMC */
#define ACL_LISTS 8u
#define ACL_NO_WRITE 2u
#define BUSY_POLLS 2u

/* Of access control list i: ADDR, SIZE or PERM. */
static uint32_t *list(struct board *b, uint32_t i, uint32_t which)
{
    return board_keep(b, ACL + 0x10 * i + 4 * which);
}

/* Is this byte of the flash in a list that nobody may write or erase? */
static bool denied(struct board *b, uint32_t off)
{
    for (uint32_t i = 0; i < ACL_LISTS; i++)
        if (*list(b, i, 2) & ACL_NO_WRITE && off - *list(b, i, 0) < *list(b, i, 1))
            return true;
    return false;
}

uint32_t board_nvmc_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x400:
        if (b->reg[BUSY] == 0)
            return 1;
        b->reg[BUSY]--;
        return 0;
    case 0x504: return b->reg[CONFIG];
    default: return 0;
    }
}

void board_nvmc_write(struct board *b, uint32_t off, uint32_t value)
{
    if (off == 0x504)
        b->reg[CONFIG] = value & 3u;
    if (off == 0x508 && b->reg[CONFIG] == CONFIG_ERASE) {
        if (denied(b, value)) {
            board_bus_fault(b);
            return;
        }
        board_erase(b, 0, value);
        b->reg[BUSY] = BUSY_POLLS;
    }
}

/* Whole words, and only if writing is enabled. */
bool board_nvmc_store(struct board *b, uint32_t off, uint32_t size, uint32_t value)
{
    if (b->reg[CONFIG] != CONFIG_WRITE || size != 4 || off % 4 || denied(b, off))
        return false;
    board_program(b, 0, off, &value, 4);
    b->reg[BUSY] = BUSY_POLLS;
    return true;
}

uint32_t board_nvmc_acl_read(struct board *b, uint32_t off)
{
    return off < 0x800 ? board_nvmc_read(b, off) : *board_keep(b, ACL + off - 0x800);
}

/* Each register of a list is written once between two resets, whatever it is written with: the
 * fourth word of the list, which the chip does not have, keeps which. */
void board_nvmc_acl_write(struct board *b, uint32_t off, uint32_t value)
{
    uint32_t bit = 1u << (off / 4 & 3u), *written;

    if (off < 0x800) {
        board_nvmc_write(b, off, value);
        return;
    }
    written = board_keep(b, ACL + (off - 0x800) / 16 * 16 + 12);
    if (*written & bit)
        return;
    *written |= bit;
    *board_keep(b, ACL + off - 0x800) = value;
}

uint32_t board_nrf_uart_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x108: return board_heard(b);
    case 0x11C: return b->reg[TXDRDY];
    case 0x518: return board_hear(b);
    case 0x500: return b->reg[UART_ON] ? 4 : 0;
    default: return *board_keep(b, UART + off);
    }
}

void board_nrf_uart_write(struct board *b, uint32_t off, uint32_t value)
{
    switch (off) {
    case 0x11C: b->reg[TXDRDY] = value; break;
    case 0x500: b->reg[UART_ON] = value == 4; break;
    case 0x51C:
        if (b->reg[UART_ON])
            board_say(b, (char)value);
        b->reg[TXDRDY] = 1;
        break;
    default:
        if (off >= 0x500) /* those below are tasks and events */
            *board_keep(b, UART + off) = value;
    }
}

const struct board_register board_nrf_at_reset[] = {
    { UART + 0x50C, 0xFFFFFFFF }, { UART + 0x514, 0xFFFFFFFF }, { UART + 0x524, 0x04000000 },
    { SPIM + 0x508, 0xFFFFFFFF }, { SPIM + 0x50C, 0xFFFFFFFF }, { SPIM + 0x510, 0xFFFFFFFF },
    { SPIM + 0x524, 0x04000000 }, { QSPI + 0x524, 0xFFFFFFFF }, { QSPI + 0x528, 0xFFFFFFFF },
    { QSPI + 0x530, 0xFFFFFFFF }, { QSPI + 0x534, 0xFFFFFFFF }, { QSPI + 0x538, 0xFFFFFFFF },
    { QSPI + 0x53C, 0xFFFFFFFF }, { QSPI + 0x600, 0x00040480 }, { 0, 0 },
};
