/* SPDX-License-Identifier: Apache-2.0 */
/* STM32L476 as its reference manual RM0351 tells it: the flash controller (chapter 3), clocks and
 * resets of what is used here (chapter 6), GPIO A (chapter 8) and USART2 (chapter 40). Written from
 * the manual, not from the driver. */
#include "sim/board/inner.h"
#include "sim/board/kinds.h"

#include "bulkhead/bytes.h"

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
enum { LOCK, SR, CR, ACR, ECCR, BUSY, HALF, HALF_OFF, HALF_VALUE };

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
#define CR_OPTLOCK (1u << 30)
#define CR_LOCK (1u << 31)

#define ECCR_ECCD (1u << 31)

#define RCC 0x40021000u
#define RCC_PLLCFGR 0x0Cu
#define RCC_PLLREN (1u << 24)
#define GPIOA 0x48000000u
#define USART2 0x40004400u

#define BUSY_POLLS 3u
#define PAGE 0x800u
#define BANK_PAGES 256u

static void chip_reset(struct board *b)
{
    b->reg[LOCK] = BOARD_LOCKED;
    b->reg[CR] = CR_LOCK | CR_OPTLOCK;
    b->reg[ACR] = 0x600;
}

/* The PLL out of MSI. */
static uint32_t pll_khz(struct board *b)
{
    uint32_t pll = *board_keep(b, RCC + RCC_PLLCFGR);
    uint32_t m = (pll >> 4 & 7u) + 1, n = pll >> 8 & 127u, r = 2 * ((pll >> 25 & 3u) + 1);

    return (pll & 3u) == 1 && (pll & RCC_PLLREN) ? 4000 / m * n / r : 0;
}

/* A wait state for each 16 MHz, by table 12 in range 1; 80 MHz at most. */
static uint32_t most_khz(struct board *b)
{
    return bh_min(((b->reg[ACR] & 7u) + 1) * 16000, 80000);
}

static void key(struct board *b, uint32_t value)
{
    board_stm32_key(b, &b->reg[LOCK], value);
    b->reg[CR] = b->reg[LOCK] == BOARD_UNLOCKED ? b->reg[CR] & ~CR_LOCK : b->reg[CR] | CR_LOCK;
}

static void over(struct board *b, bool well)
{
    b->reg[BUSY] = BUSY_POLLS;
    b->reg[SR] |= well ? 0 : SR_OPERR; /* EOP is shown to those who enabled its interrupt */
}

static void control(struct board *b, uint32_t value)
{
    if (b->reg[LOCK] != BOARD_UNLOCKED || b->reg[BUSY])
        return;
    b->reg[CR] = (value & ~CR_STRT) | CR_OPTLOCK; /* which nothing here unlocks */
    b->reg[HALF] = 0;
    if (value & CR_LOCK)
        b->reg[LOCK] = BOARD_LOCKED;
    else if ((value & CR_STRT) && (value & CR_PER) && !(value & CR_PG))
        over(b, board_erase(b, 0, (CR_BKER(value) * BANK_PAGES + CR_PNB(value)) * PAGE));
}

/* Eight bytes are programmed by two stores of a word, the lower one first. */
static bool store(struct board *b, uint32_t off, uint32_t size, uint32_t value)
{
    uint32_t both[2] = { b->reg[HALF_VALUE], value };

    if (b->reg[LOCK] != BOARD_UNLOCKED || !(b->reg[CR] & CR_PG) || b->reg[BUSY])
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
    case 0x18: return b->reg[ECCR];
    default: return 0;
    }
}

static void flash_write(struct board *b, uint32_t off, uint32_t value)
{
    switch (off) {
    case 0x00:
        b->reg[ACR] = value & 0x7F07u;
        board_stm32_pace(b);
        break;
    case 0x08: key(b, value); break;
    case 0x10: b->reg[SR] &= ~(value & 0xC3FBu); break;
    case 0x14: control(b, value); break;
    case 0x18: b->reg[ECCR] &= ~(value & ECCR_ECCD); break;
    default: break;
    }
}

/* Two bits of eight bytes are wrong. */
static void torn(struct board *b, uint32_t off)
{
    b->reg[ECCR] = ECCR_ECCD | (off / 8 & 0x7FFFFu);
    board_nmi(b);
}

static const struct board_stm32 family = {
    .rcc = RCC,
    .cfgr = 0x08,
    .pllcfgr = RCC_PLLCFGR,
    .sw_mask = 3,
    .sw_pll = 3,
    .sws = 2,
    .ppre = 0x08,
    .ppre_shift = 8,
    .gpio = { GPIOA, 0x4C, 0x2C, 1u << 0 },
    .usart = { USART2, 0x58, 0x38, 1u << 17 },
    .pin = 2,
    .function = 7,
    .usart_new = true,
    .pll_khz = pll_khz,
    .most_khz = most_khz,
};

static const struct board_register at_reset[] = {
    { RCC, 0x63 },
    { RCC + RCC_PLLCFGR, 0x1000 },
    { GPIOA + 0x00, 0xABFFFFFF },
    { GPIOA + 0x08, 0x0C000000 },
    { GPIOA + 0x0C, 0x64000000 },
    { 0, 0 },
};

static const struct board_peripheral peripherals[] = {
    { 0x40003000, 0x1000, board_iwdg_read, board_iwdg_write },
    { 0x40004000, 0x1000, board_stm32_usart_read, board_stm32_usart_write },
    { RCC, 0x1000, board_stm32_rcc_read, board_stm32_rcc_write },
    { 0x40022000, 0x1000, flash_read, flash_write },
    { GPIOA, 0x1000, board_stm32_gpio_read, board_stm32_gpio_write },
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
    .own = &family,
    .torn = torn,
    .store = store,
    .reset = chip_reset,
};
