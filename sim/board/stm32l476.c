/* SPDX-License-Identifier: Apache-2.0 */
/* STM32L476 as its reference manual RM0351 tells it: the flash controller (chapter 3) and USART2
 * (chapter 40). Clocks and pins are taken as set. Written from the manual, not from the driver. */
#include "inner.h"

#define KB 1024u

static const struct bh_page_run flash_runs[] = { { 512, 2 * KB } };
static const struct bh_flash flash = { .runs = flash_runs,
                                       .n_runs = 1,
                                       .unit = 8,
                                       .erased = 0xFF,
                                       .mapped = true,
                                       .size = 1024 * KB,
                                       .base = 0x08000000 };

/* b->reg: */
enum { LOCK, KEYS, SR, CR, ACR, BUSY, HALF, HALF_OFF, HALF_VALUE };

#define SR_EOP (1u << 0)
#define SR_OPERR (1u << 1)
#define SR_PROGERR (1u << 3)
#define SR_PGAERR (1u << 5)
#define SR_SIZERR (1u << 6)
#define SR_PGSERR (1u << 7)
#define SR_BSY (1u << 16)
#define CR_PG (1u << 0)
#define CR_PER (1u << 1)
#define CR_PNB(cr) ((cr) >> 3 & 0xFFu)
#define CR_BKER(cr) ((cr) >> 11 & 1u)
#define CR_STRT (1u << 16)
#define CR_LOCK (1u << 31)

#define UNLOCKED 0u
#define LOCKED 1u
#define LOCKED_UNTIL_RESET 2u
#define BUSY_POLLS 3u
#define PAGE 0x800u
#define BANK_PAGES 256u

static void chip_reset(struct board *b)
{
    b->reg[LOCK] = LOCKED;
    b->reg[CR] = CR_LOCK;
    b->reg[ACR] = 0x600;
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

static void control(struct board *b, uint32_t value)
{
    if (b->reg[LOCK] != UNLOCKED || b->reg[BUSY])
        return;
    b->reg[CR] = value & ~CR_STRT;
    b->reg[HALF] = 0;
    if (value & CR_LOCK)
        b->reg[LOCK] = LOCKED;
    else if ((value & CR_STRT) && (value & CR_PER) && !(value & CR_PG))
        over(b, board_erase(b, 0, (CR_BKER(value) * BANK_PAGES + CR_PNB(value)) * PAGE));
}

/* Eight bytes are programmed by two stores of a word, the lower one first. */
static bool store(struct board *b, uint32_t off, uint32_t size, uint32_t value)
{
    uint32_t both[2] = { b->reg[HALF_VALUE], value };

    if (b->reg[LOCK] != UNLOCKED || !(b->reg[CR] & CR_PG) || b->reg[BUSY])
        b->reg[SR] |= SR_PGSERR;
    else if (size != 4)
        b->reg[SR] |= SR_SIZERR;
    else if (!b->reg[HALF] && off % 8 == 0) {
        b->reg[HALF] = 1;
        b->reg[HALF_OFF] = off;
        b->reg[HALF_VALUE] = value;
    } else if (!b->reg[HALF] || off != b->reg[HALF_OFF] + 4) {
        b->reg[SR] |= SR_PGAERR;
        b->reg[HALF] = 0;
    } else {
        b->reg[HALF] = 0;
        over(b, board_program(b, 0, b->reg[HALF_OFF], both, sizeof both));
    }
    return true;
}

static uint32_t flash_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x00: return b->reg[ACR];
    case 0x10:
        if (b->reg[BUSY] == 0)
            return b->reg[SR];
        b->reg[BUSY]--;
        return b->reg[SR] | SR_BSY;
    case 0x14: return b->reg[CR];
    default: return 0;
    }
}

static void flash_write(struct board *b, uint32_t off, uint32_t value)
{
    switch (off) {
    case 0x00: b->reg[ACR] = value; break;
    case 0x08: key(b, value); break;
    case 0x10: b->reg[SR] &= ~(value & 0xC3FBu); break;
    case 0x14: control(b, value); break;
    default: break;
    }
}

/* The page of USART2 (0x40004400): always ready to send. */
static uint32_t usart_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x41C: return 0xC0u | (board_heard(b) ? 0x20u : 0u);
    case 0x424: return board_hear(b);
    default: return 0;
    }
}

static void usart_write(struct board *b, uint32_t off, uint32_t value)
{
    if (off == 0x428)
        board_say(b, (char)value);
}

static const struct board_peripheral peripherals[] = {
    { 0x40004000, 0x1000, usart_read, usart_write },
    { 0x40021000, 0x1000, board_none_read, board_none_write }, /* RCC */
    { 0x40022000, 0x1000, flash_read, flash_write },
    { 0x48000000, 0x1000, board_none_read, board_none_write }, /* GPIO */
    { 0xE000E000, 0x1000, board_scs_read, board_scs_write },
};

const struct board_kind board_stm32l476 = {
    .name = "stm32l476",
    .cpu = &board_cortex_m4,
    .ram_addr = 0x20000000,
    .ram_len = 96 * 1024,
    .flash = { &flash },
    .peripherals = peripherals,
    .n_peripherals = BOARD_COUNT(peripherals),
    .store = store,
    .reset = chip_reset,
};
