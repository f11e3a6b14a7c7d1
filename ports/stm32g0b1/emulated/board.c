/* SPDX-License-Identifier: Apache-2.0 */
/* STM32G0B1 as its reference manual RM0444 tells it: the flash controller (chapter 3), clocks
 * and resets of what is used here (chapter 5), GPIO A and USART2. Registers and bits: crate
 * stm32-metapac 21.0.0, flash_g0x1.rs and rcc_g0x1.rs, which are made of ST's own files. That
 * the pages of bank 2 are numbered from 256 on: Zephyr, drivers/flash/flash_stm32g0x.c. */
#include "sim/board/inner.h"
#include "sim/board/kinds.h"

#include "bulkhead/bytes.h"

#define KB 1024u

static const struct bh_page_run flash_runs[] = { { 256, 2 * KB } };
static const struct bh_flash flash = { .runs = flash_runs,
                                       .n_runs = 1,
                                       .unit = 8,
                                       .erased = 0xFF,
                                       .mapped = true,
                                       .size = 512 * KB,
                                       .base = 0x08000000 };

/* b->reg: ECCR and ECC2R are neighbours */
enum { LOCK, SR, CR, ACR, ECCR, ECC2R, BUSY, HALF, HALF_OFF, HALF_VALUE };

#define ACR_RESET 0x40600u
#define ACR_LATENCY 7u
#define SR_OPERR (1u << 1)
#define SR_PGAERR (1u << 5)
#define SR_SIZERR (1u << 6)
#define SR_PGSERR (1u << 7)
#define SR_CLEARED 0xC3FBu /* by writing 1 */
#define SR_BSY1 (1u << 16)
#define SR_BSY2 (1u << 17)
#define SR_CFGBSY (1u << 18)
#define CR_PG (1u << 0)
#define CR_PER (1u << 1)
#define CR_PNB(cr) ((cr) >> 3 & 0x3FFu)
#define CR_BKER(cr) ((cr) >> 13 & 1u)
#define CR_STRT (1u << 16)
#define CR_OPTLOCK (1u << 30)
#define CR_LOCK (1u << 31)
#define CR_RESET 0xC0000000u
#define ECCR_ECCD (1u << 31)

#define RCC 0x40021000u
#define RCC_PLLCFGR 0x0Cu
#define PLLREN (1u << 28)
#define GPIOA 0x50000000u
#define USART2 0x40004400u

#define BUSY_POLLS 3u
#define PAGE (2 * KB)
#define BANK_PAGES 128u
#define BANK2_FIRST 256u /* the number of its first page */
#define BANK_LEN (BANK_PAGES * PAGE)

static void chip_reset(struct board *b)
{
    b->reg[LOCK] = BOARD_LOCKED;
    b->reg[CR] = CR_RESET;
    b->reg[ACR] = ACR_RESET;
}

/* The PLL out of HSI16. */
static uint32_t pll_khz(struct board *b)
{
    uint32_t pll = *board_keep(b, RCC + RCC_PLLCFGR);
    uint32_t m = (pll >> 4 & 7u) + 1, n = pll >> 8 & 127u, r = (pll >> 29) + 1;

    return (pll & 3u) == 2 && (pll & PLLREN) && r > 1 ? 16000 / m * n / r : 0;
}

/* In range 1: 24, 48 and 64 MHz with 0, 1 and 2 wait states. */
static uint32_t most_khz(struct board *b)
{
    return bh_min(((b->reg[ACR] & ACR_LATENCY) + 1) * 24000, 64000);
}

static void key(struct board *b, uint32_t value)
{
    board_stm32_key(b, &b->reg[LOCK], value);
    b->reg[CR] = b->reg[LOCK] == BOARD_UNLOCKED ? b->reg[CR] & ~CR_LOCK : b->reg[CR] | CR_LOCK;
}

static void over(struct board *b, bool well)
{
    b->reg[BUSY] = BUSY_POLLS;
    b->reg[SR] |= well ? 0 : SR_OPERR;
}

/* The page that CR names; its number is one of the bank's that BKER names. */
static void erase(struct board *b, uint32_t cr)
{
    uint32_t first = CR_BKER(cr) ? BANK2_FIRST : 0, page = CR_PNB(cr) - first;

    if (page >= BANK_PAGES)
        b->reg[SR] |= SR_PGSERR;
    else
        over(b, board_erase(b, 0, CR_BKER(cr) * BANK_LEN + page * PAGE));
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
        erase(b, value);
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

/* Two bits of eight bytes are wrong: the ECC register of the bank records where. */
static void torn(struct board *b, uint32_t off)
{
    b->reg[ECCR + off / BANK_LEN] = ECCR_ECCD | (off / 8 & 0x3FFFu);
    board_nmi(b);
}

static uint32_t flash_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x00: return b->reg[ACR];
    case 0x10:
        if (b->reg[HALF])
            return b->reg[SR] | SR_CFGBSY;
        if (b->reg[BUSY] == 0)
            return b->reg[SR];
        b->reg[BUSY]--;
        return b->reg[SR] | SR_BSY1 | SR_BSY2 | SR_CFGBSY;
    case 0x14: return b->reg[CR];
    case 0x18: return b->reg[ECCR];
    case 0x1C: return b->reg[ECC2R];
    default: return 0;
    }
}

static void flash_write(struct board *b, uint32_t off, uint32_t value)
{
    switch (off) {
    case 0x00:
        b->reg[ACR] = value & 0x50F07u;
        board_stm32_pace(b);
        break;
    case 0x08: key(b, value); break;
    case 0x10: b->reg[SR] &= ~(value & SR_CLEARED); break;
    case 0x14: control(b, value); break;
    case 0x18:
    case 0x1C: b->reg[ECCR + (off - 0x18) / 4] &= ~(value & ECCR_ECCD); break;
    default: break;
    }
}

static const struct board_stm32 family = {
    .rcc = RCC,
    .cfgr = 0x08,
    .pllcfgr = RCC_PLLCFGR,
    .sw_mask = 7,
    .sw_pll = 2,
    .sws = 3,
    .ppre = 0x08,
    .ppre_shift = 12,
    .gpio = { GPIOA, 0x34, 0x24, 1u << 0 },
    .usart = { USART2, 0x3C, 0x2C, 1u << 17 },
    .pin = 2,
    .function = 1,
    .usart_new = true,
    .pll_khz = pll_khz,
    .most_khz = most_khz,
};

static const struct board_register at_reset[] = {
    { RCC, 0x500 },
    { RCC + RCC_PLLCFGR, 0x1000 },
    { GPIOA + 0x00, 0xEBFFFFFF },
    { GPIOA + 0x08, 0x0C000000 },
    { GPIOA + 0x0C, 0x24000000 },
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

const struct board_kind board_stm32g0b1 = {
    .name = "stm32g0b1",
    .cpu = &board_cortex_m0plus,
    .ram_addr = 0x20000000,
    .ram_len = 144 * 1024,
    .flash = { &flash },
    .khz = 16000,
    .lsi_khz = 34,
    .erase_ms = { 40 },
    .stalls = true,
    .peripherals = peripherals,
    .n_peripherals = BOARD_COUNT(peripherals),
    .at_reset = at_reset,
    .own = &family,
    .torn = torn,
    .store = store,
    .reset = chip_reset,
};
