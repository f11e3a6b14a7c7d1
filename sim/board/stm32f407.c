/* SPDX-License-Identifier: Apache-2.0 */
/* STM32F407 as its reference manual RM0090 tells it: the flash controller (chapter 3) and USART2
 * (chapter 30). Clocks and pins are taken as set. Written from the manual, not from the driver. */
#include "inner.h"

#define KB 1024u
#define UNIT 4u

/* Table 5: sectors 0 to 11. */
static const struct bh_page_run flash_runs[] = { { 4, 16 * KB }, { 1, 64 * KB }, { 7, 128 * KB } };
static const struct bh_flash flash = { .runs = flash_runs,
                                       .n_runs = 3,
                                       .unit = UNIT,
                                       .erased = 0xFF,
                                       .mapped = true,
                                       .size = 1024 * KB,
                                       .base = 0x08000000 };

/* b->reg: */
enum { LOCK, KEYS, SR, CR, ACR, BUSY };

#define SR_EOP (1u << 0)
#define SR_WRPERR (1u << 4)
#define SR_PGAERR (1u << 5)
#define SR_PGPERR (1u << 6)
#define SR_PGSERR (1u << 7)
#define SR_OPERR (1u << 1)
#define SR_BSY (1u << 16)
#define CR_PG (1u << 0)
#define CR_SER (1u << 1)
#define CR_SNB(cr) ((cr) >> 3 & 0x1Fu)
#define CR_PSIZE(cr) ((cr) >> 8 & 3u)
#define CR_STRT (1u << 16)
#define CR_LOCK (1u << 31)

#define UNLOCKED 0u
#define LOCKED 1u
#define LOCKED_UNTIL_RESET 2u
#define BUSY_POLLS 3u

static void chip_reset(struct board *b)
{
    b->reg[LOCK] = LOCKED;
    b->reg[CR] = CR_LOCK;
}

/* Two keys in the right order; anything else locks until reset. */
static void key(struct board *b, uint32_t value)
{
    static const uint32_t keys[2] = { 0x45670123, 0xCDEF89AB };

    if (b->reg[LOCK] != LOCKED || value != keys[b->reg[KEYS]]) {
        b->reg[LOCK] = LOCKED_UNTIL_RESET;
        b->reg[CR] = CR_LOCK;
    } else if (++b->reg[KEYS] == 2) {
        b->reg[LOCK] = UNLOCKED;
        b->reg[KEYS] = 0;
        b->reg[CR] &= ~CR_LOCK;
    }
}

static void over(struct board *b, bool well)
{
    b->reg[BUSY] = BUSY_POLLS;
    b->reg[SR] |= well ? SR_EOP : SR_OPERR;
}

static void erase(struct board *b)
{
    uint32_t sector = CR_SNB(b->reg[CR]), off = 0;
    const struct bh_page_run *run = flash_runs;

    if (sector > 11) {
        b->reg[SR] |= SR_PGSERR;
        return;
    }
    for (; sector >= run->count; run++) {
        sector -= run->count;
        off += run->count * run->size;
    }
    off += sector * run->size;
    over(b, board_erase(b, 0, off));
}

static void control(struct board *b, uint32_t value)
{
    if (b->reg[LOCK] != UNLOCKED)
        return;
    b->reg[CR] = value & ~CR_STRT;
    if (value & CR_LOCK)
        b->reg[LOCK] = LOCKED;
    else if ((value & CR_STRT) && (value & CR_SER) && !(value & CR_PG))
        erase(b);
}

static uint32_t flash_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x00: return b->reg[ACR];
    case 0x0C:
        if (b->reg[BUSY] == 0)
            return b->reg[SR];
        b->reg[BUSY]--;
        return b->reg[SR] | SR_BSY;
    case 0x10: return b->reg[CR];
    default: return 0;
    }
}

static void flash_write(struct board *b, uint32_t off, uint32_t value)
{
    switch (off) {
    case 0x00: b->reg[ACR] = value; break;
    case 0x04: key(b, value); break;
    case 0x0C: b->reg[SR] &= ~(value & 0xF3u); break;
    case 0x10: control(b, value); break;
    default: break;
    }
}

/* A store is a program operation if PG is set and its width is the one chosen. */
static bool store(struct board *b, uint32_t off, uint32_t size, uint32_t value)
{
    if (b->reg[LOCK] != UNLOCKED || !(b->reg[CR] & CR_PG) || b->reg[BUSY])
        b->reg[SR] |= SR_PGSERR;
    else if (size != 1u << CR_PSIZE(b->reg[CR]) || size != UNIT)
        b->reg[SR] |= SR_PGPERR;
    else if (off % size)
        b->reg[SR] |= SR_PGAERR;
    else
        over(b, board_program(b, 0, off, &value, size));
    return true;
}

/* The page of RCC (0x40023800) and the flash controller (0x40023C00). */
static uint32_t system_read(struct board *b, uint32_t off)
{
    return off >= 0xC00 ? flash_read(b, off - 0xC00) : 0;
}

static void system_write(struct board *b, uint32_t off, uint32_t value)
{
    if (off >= 0xC00)
        flash_write(b, off - 0xC00, value);
}

/* The page of USART2 (0x40004400): always ready to send. */
static uint32_t usart_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x400: return 0xC0u | (board_heard(b) ? 0x20u : 0u);
    case 0x404: return board_hear(b);
    default: return 0;
    }
}

static void usart_write(struct board *b, uint32_t off, uint32_t value)
{
    if (off == 0x404)
        board_say(b, (char)value);
}

static const struct board_peripheral peripherals[] = {
    { 0x40004000, 0x1000, usart_read, usart_write },
    { 0x40020000, 0x1000, board_none_read, board_none_write }, /* GPIO */
    { 0x40023000, 0x1000, system_read, system_write },
    { 0xE000E000, 0x1000, board_scs_read, board_scs_write },
};

const struct board_kind board_stm32f407 = {
    .name = "stm32f407",
    .cpu = &board_cortex_m4,
    .ram_addr = 0x20000000,
    .ram_len = 128 * 1024,
    .flash = { &flash },
    .peripherals = peripherals,
    .n_peripherals = BOARD_COUNT(peripherals),
    .store = store,
    .reset = chip_reset,
};
