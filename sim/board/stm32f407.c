/* SPDX-License-Identifier: Apache-2.0 */
/* STM32F407 as its reference manual RM0090 tells it: the flash controller (chapter 3), clocks and
 * resets of what is used here (chapter 7), GPIO A (chapter 8) and USART2 (chapter 30). Written from
 * the manual, not from the driver. */
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
enum { LOCK, KEYS, SR, CR, ACR, BUSY, PLL_WAIT };

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

#define RCC 0x40023800u
#define RCC_CR 0x00u
#define RCC_PLLCFGR 0x04u
#define RCC_CFGR 0x08u
#define RCC_AHB1RSTR 0x10u
#define RCC_APB1RSTR 0x20u
#define RCC_AHB1ENR 0x30u
#define RCC_APB1ENR 0x40u
#define RCC_PLLON (1u << 24)
#define RCC_PLLRDY (1u << 25)
#define PLL_POLLS 4u
#define GPIOA 0x40020000u
#define USART2 0x40004400u
#define USART2_BIT (1u << 17)

#define UNLOCKED 0u
#define LOCKED 1u
#define LOCKED_UNTIL_RESET 2u
#define BUSY_POLLS 3u

static void chip_reset(struct board *b)
{
    b->reg[LOCK] = LOCKED;
    b->reg[CR] = CR_LOCK;
}

/* By HSI, or by the PLL out of it. */
static uint32_t clock_khz(struct board *b)
{
    uint32_t pll = *board_keep(b, RCC + RCC_PLLCFGR);
    uint32_t m = pll & 63u, n = pll >> 6 & 511u, p = 2 * ((pll >> 16 & 3u) + 1);

    if ((*board_keep(b, RCC + RCC_CFGR) & 3u) != 2 || !m)
        return 16000;
    return 16000 / m * n / p;
}

/* A wait state for each 30 MHz, by table 10 at 2.7 to 3.6 V; 168 MHz at most. Faster than that,
 * what is read from flash is anything. */
static void check_latency(struct board *b)
{
    uint32_t khz = clock_khz(b);

    if (khz > ((b->reg[ACR] & 7u) + 1) * 30000 || khz > 168000)
        board_stop(b, BOARD_LOCKUP);
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
    b->reg[SR] |= well ? 0 : SR_OPERR; /* EOP is shown to those who enabled its interrupt */
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
    case 0x00:
        b->reg[ACR] = value & 0x1F0Fu;
        check_latency(b);
        break;
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

static uint32_t rcc_read(struct board *b, uint32_t off)
{
    uint32_t value = *board_keep(b, RCC + off);

    if (off == RCC_CR && (value & RCC_PLLON)) { /* it takes a while to lock */
        if (b->reg[PLL_WAIT])
            b->reg[PLL_WAIT]--;
        else
            value |= RCC_PLLRDY;
    }
    return off == RCC_CFGR ? value | (value & 3u) << 2 : value;
}

/* A switch to a PLL that is not ready does not happen. Its configuration is fixed while it is
 * on. */
static void rcc_write(struct board *b, uint32_t off, uint32_t value)
{
    uint32_t before = *board_keep(b, RCC + off), cr = *board_keep(b, RCC + RCC_CR);
    bool ready = (cr & RCC_PLLON) && !b->reg[PLL_WAIT];

    if ((off == RCC_PLLCFGR && (cr & RCC_PLLON)) || (off == RCC_CFGR && (value & 2u) && !ready))
        return;
    if (off == RCC_CR && (value & RCC_PLLON) && !(before & RCC_PLLON))
        b->reg[PLL_WAIT] = PLL_POLLS;
    if (off == RCC_CR)
        value &= ~RCC_PLLRDY;
    if (off == RCC_CFGR)
        value &= ~(3u << 2);
    *board_keep(b, RCC + off) = value;
    if (off == RCC_AHB1RSTR && (value & 1u))
        board_forget(b, GPIOA, 0x400);
    if (off == RCC_APB1RSTR && (value & USART2_BIT))
        board_forget(b, USART2, 0x400);
    board_clock(b, clock_khz(b));
    check_latency(b);
}

/* The page of RCC (0x40023800) and the flash controller (0x40023C00). */
static uint32_t system_read(struct board *b, uint32_t off)
{
    return off >= 0xC00 ? flash_read(b, off - 0xC00) : rcc_read(b, off - 0x800);
}

static void system_write(struct board *b, uint32_t off, uint32_t value)
{
    if (off >= 0xC00)
        flash_write(b, off - 0xC00, value);
    else
        rcc_write(b, off - 0x800, value);
}

/* The page of GPIO A: it takes nothing while it has no clock. */
static uint32_t gpio_read(struct board *b, uint32_t off)
{
    if (off == 0x10) /* what is not held low is pulled up */
        return ~(uint32_t)b->low_pins & 0xFFFFu;
    return *board_keep(b, GPIOA + off);
}

static void gpio_write(struct board *b, uint32_t off, uint32_t value)
{
    if (*board_keep(b, RCC + RCC_AHB1ENR) & 1u)
        *board_keep(b, GPIOA + off) = value;
}

/* The page of USART2 (0x40004400): always ready to send. */
static uint32_t usart_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x400: return 0xC0u | (board_heard(b) ? 0x20u : 0u);
    case 0x404: return board_hear(b);
    default: return *board_keep(b, USART2 - 0x400 + off);
    }
}

/* 115200 baud, out of the clock of APB1, on a pin that is the console's; otherwise garbage, or
 * nothing. */
static void say(struct board *b, char c)
{
    uint32_t divided = *board_keep(b, RCC + RCC_CFGR) >> 10 & 7u;
    uint32_t khz = clock_khz(b) >> (divided & 4u ? (divided & 3u) + 1 : 0);
    uint32_t brr = *board_keep(b, USART2 + 0x08);
    bool pin =
        (*board_keep(b, GPIOA) >> 4 & 3u) == 2 && (*board_keep(b, GPIOA + 0x20) >> 8 & 15u) == 7;

    if ((*board_keep(b, USART2 + 0x0C) & 0x2008u) == 0x2008u && pin && brr)
        board_say(b, khz * 1000 / brr - 112000 < 6400 ? c : '?');
}

static void usart_write(struct board *b, uint32_t off, uint32_t value)
{
    if (!(*board_keep(b, RCC + RCC_APB1ENR) & USART2_BIT))
        return;
    if (off == 0x404)
        say(b, (char)value);
    else
        *board_keep(b, USART2 - 0x400 + off) = value;
}

static const struct board_register at_reset[] = {
    { RCC + RCC_CR, 0x83 },
    { RCC + RCC_PLLCFGR, 0x24003010 },
    { RCC + RCC_AHB1ENR, 0x100000 },
    { GPIOA + 0x00, 0xA8000000 },
    { GPIOA + 0x08, 0x0C000000 },
    { GPIOA + 0x0C, 0x64000000 },
    { 0, 0 },
};

static const struct board_peripheral peripherals[] = {
    { 0x40003000, 0x1000, board_iwdg_read, board_iwdg_write },
    { 0x40004000, 0x1000, usart_read, usart_write },
    { GPIOA, 0x1000, gpio_read, gpio_write },
    { 0x40023000, 0x1000, system_read, system_write },
    { 0xE000E000, 0x1000, board_scs_read, board_scs_write },
};

const struct board_kind board_stm32f407 = {
    .name = "stm32f407",
    .cpu = &board_cortex_m4,
    .ram_addr = 0x20000000,
    .ram_len = 128 * 1024,
    .flash = { &flash },
    .khz = 16000,
    .lsi_khz = 47,
    .erase_ms = { 4000 },
    .stalls = true,
    .peripherals = peripherals,
    .n_peripherals = BOARD_COUNT(peripherals),
    .at_reset = at_reset,
    .store = store,
    .reset = chip_reset,
};
