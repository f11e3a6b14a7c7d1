/* SPDX-License-Identifier: Apache-2.0 */
/* STM32L476 as its reference manual RM0351 tells it: the flash controller (chapter 3), clocks and
 * resets of what is used here (chapter 6), GPIO A (chapter 8) and USART2 (chapter 40). Written from
 * the manual, not from the driver. */
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
enum { LOCK, KEYS, SR, CR, ACR, BUSY, HALF, HALF_OFF, HALF_VALUE, PLL_WAIT };

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

#define RCC 0x40021000u
#define RCC_CR 0x00u
#define RCC_CFGR 0x08u
#define RCC_PLLCFGR 0x0Cu
#define RCC_AHB2RSTR 0x2Cu
#define RCC_APB1RSTR1 0x38u
#define RCC_AHB2ENR 0x4Cu
#define RCC_APB1ENR1 0x58u
#define RCC_PLLON (1u << 24)
#define RCC_PLLRDY (1u << 25)
#define PLL_POLLS 4u
#define GPIOA 0x48000000u
#define USART2 0x40004400u
#define USART2_BIT (1u << 17)

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

/* By MSI, or by the PLL out of it. */
static uint32_t clock_khz(struct board *b)
{
    uint32_t pll = *board_keep(b, RCC + RCC_PLLCFGR);
    uint32_t m = (pll >> 4 & 7u) + 1, n = pll >> 8 & 127u, r = 2 * ((pll >> 25 & 3u) + 1);

    if ((*board_keep(b, RCC + RCC_CFGR) & 3u) != 3)
        return 4000;
    return (pll & 3u) == 1 && (pll & RCC_PLLON) ? 4000 / m * n / r : 0;
}

/* A wait state for each 16 MHz, by table 12 in range 1; 80 MHz at most, and some clock there
 * must be. Faster than that, what is read from flash is anything. */
static void check_latency(struct board *b)
{
    uint32_t khz = clock_khz(b);

    if (khz > ((b->reg[ACR] & 7u) + 1) * 16000 || khz > 80000 || !khz)
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
    case 0x00:
        b->reg[ACR] = value & 0x7F07u;
        check_latency(b);
        break;
    case 0x08: key(b, value); break;
    case 0x10: b->reg[SR] &= ~(value & 0xC3FBu); break;
    case 0x14: control(b, value); break;
    default: break;
    }
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

    if ((off == RCC_PLLCFGR && (cr & RCC_PLLON)) ||
        (off == RCC_CFGR && (value & 3u) == 3 && !ready))
        return;
    if (off == RCC_CR && (value & RCC_PLLON) && !(before & RCC_PLLON))
        b->reg[PLL_WAIT] = PLL_POLLS;
    if (off == RCC_CR)
        value &= ~RCC_PLLRDY;
    if (off == RCC_CFGR)
        value &= ~(3u << 2);
    *board_keep(b, RCC + off) = value;
    if (off == RCC_AHB2RSTR && (value & 1u))
        board_forget(b, GPIOA, 0x400);
    if (off == RCC_APB1RSTR1 && (value & USART2_BIT))
        board_forget(b, USART2, 0x400);
    board_clock(b, clock_khz(b));
    check_latency(b);
}

/* GPIO A: it takes nothing while it has no clock. */
static uint32_t gpio_read(struct board *b, uint32_t off)
{
    return *board_keep(b, GPIOA + off);
}

static void gpio_write(struct board *b, uint32_t off, uint32_t value)
{
    if (*board_keep(b, RCC + RCC_AHB2ENR) & 1u)
        *board_keep(b, GPIOA + off) = value;
}

/* The page of USART2 (0x40004400): always ready to send. */
static uint32_t usart_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x41C: return 0xC0u | (board_heard(b) ? 0x20u : 0u);
    case 0x424: return board_hear(b);
    default: return *board_keep(b, USART2 - 0x400 + off);
    }
}

/* 115200 baud, out of the clock of APB1, on a pin that is the console's; otherwise garbage, or
 * nothing. */
static void say(struct board *b, char c)
{
    uint32_t divided = *board_keep(b, RCC + RCC_CFGR) >> 8 & 7u;
    uint32_t khz = clock_khz(b) >> (divided & 4u ? (divided & 3u) + 1 : 0);
    uint32_t brr = *board_keep(b, USART2 + 0x0C);
    bool pin =
        (*board_keep(b, GPIOA) >> 4 & 3u) == 2 && (*board_keep(b, GPIOA + 0x20) >> 8 & 15u) == 7;

    if ((*board_keep(b, USART2) & 9u) == 9u && pin && brr)
        board_say(b, khz * 1000 / brr - 112000 < 6400 ? c : '?');
}

/* The rate is fixed while the console is on. */
static void usart_write(struct board *b, uint32_t off, uint32_t value)
{
    if (!(*board_keep(b, RCC + RCC_APB1ENR1) & USART2_BIT))
        return;
    if (off == 0x428)
        say(b, (char)value);
    else if (off != 0x40C || !(*board_keep(b, USART2) & 1u))
        *board_keep(b, USART2 - 0x400 + off) = value;
}

static const struct board_register at_reset[] = {
    { RCC + RCC_CR, 0x63 },       { RCC + RCC_PLLCFGR, 0x1000 }, { GPIOA + 0x00, 0xABFFFFFF },
    { GPIOA + 0x08, 0x0C000000 }, { GPIOA + 0x0C, 0x64000000 },  { 0, 0 },
};

static const struct board_peripheral peripherals[] = {
    { 0x40003000, 0x1000, board_iwdg_read, board_iwdg_write },
    { 0x40004000, 0x1000, usart_read, usart_write },
    { RCC, 0x1000, rcc_read, rcc_write },
    { 0x40022000, 0x1000, flash_read, flash_write },
    { GPIOA, 0x1000, gpio_read, gpio_write },
    { 0xE000E000, 0x1000, board_scs_read, board_scs_write },
};

const struct board_kind board_stm32l476 = {
    .name = "stm32l476",
    .cpu = &board_cortex_m4,
    .ram_addr = 0x20000000,
    .ram_len = 96 * 1024,
    .flash = { &flash },
    .khz = 4000,
    .lsi_khz = 34,
    .erase_ms = { 25 },
    .stalls = true,
    .peripherals = peripherals,
    .n_peripherals = BOARD_COUNT(peripherals),
    .at_reset = at_reset,
    .store = store,
    .reset = chip_reset,
};
