/* SPDX-License-Identifier: Apache-2.0 */
/* STM32F407 as its reference manual RM0090 tells it: the flash controller (chapter 3), clocks and
 * resets of what is used here (chapter 7), GPIO A (chapter 8) and USART2 (chapter 30). Written from
 * the manual, not from the driver. */
#include "sim/board/inner.h"
#include "sim/board/kinds.h"

#include "bulkhead/bytes.h"

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
enum { LOCK, SR, CR, ACR, BUSY };

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
#define RCC_PLLCFGR 0x04u
#define GPIOA 0x40020000u
#define USART2 0x40004400u
#define PWR 0x40007000u

#define BUSY_POLLS 3u

static void chip_reset(struct board *b)
{
    b->reg[LOCK] = BOARD_LOCKED;
    b->reg[CR] = CR_LOCK;
}

/* The PLL out of HSI. */
static uint32_t pll_khz(struct board *b)
{
    uint32_t pll = *board_keep(b, RCC + RCC_PLLCFGR);
    uint32_t m = pll & 63u, n = pll >> 6 & 511u, p = 2 * ((pll >> 16 & 3u) + 1);

    return m ? 16000 / m * n / p : 0;
}

/* A wait state for each 30 MHz, by table 10 at 2.7 to 3.6 V; 168 MHz at most. */
static uint32_t most_khz(struct board *b)
{
    return bh_min(((b->reg[ACR] & 7u) + 1) * 30000, 168000);
}

static void key(struct board *b, uint32_t value)
{
    board_stm32_key(b, &b->reg[LOCK], value);
    b->reg[CR] = b->reg[LOCK] == BOARD_UNLOCKED ? b->reg[CR] & ~CR_LOCK : CR_LOCK;
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
    if (b->reg[LOCK] != BOARD_UNLOCKED)
        return;
    b->reg[CR] = value & ~CR_STRT;
    if (value & CR_LOCK)
        b->reg[LOCK] = BOARD_LOCKED;
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
        board_stm32_pace(b);
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
    if (b->reg[LOCK] != BOARD_UNLOCKED || !(b->reg[CR] & CR_PG) || b->reg[BUSY])
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
    return off >= 0xC00 ? flash_read(b, off - 0xC00) : board_stm32_rcc_read(b, off - 0x800);
}

static void system_write(struct board *b, uint32_t off, uint32_t value)
{
    if (off >= 0xC00)
        flash_write(b, off - 0xC00, value);
    else
        board_stm32_rcc_write(b, off - 0x800, value);
}

static const uint16_t thresholds[8] = { 2000, 2100, 2300, 2500, 2600, 2700, 2800, 2900 };

static const struct board_stm32 family = {
    .pwr = PWR,
    .pwr_pvdo = 1u << 2,
    .pwr_clock = { PWR, 0x40, 0x20, 1u << 28 },
    .thresholds = thresholds,
    .rcc = RCC,
    .cfgr = 0x08,
    .pllcfgr = RCC_PLLCFGR,
    .sw_mask = 3,
    .sw_pll = 2,
    .sws = 2,
    .ppre = 0x08,
    .ppre_shift = 10,
    .gpio = { GPIOA, 0x30, 0x10, 1u << 0 },
    .usart = { USART2, 0x40, 0x20, 1u << 17 },
    .pin = 2,
    .function = 7,
    .pll_khz = pll_khz,
    .most_khz = most_khz,
};

static const struct board_register at_reset[] = {
    { RCC, 0x83 },
    { RCC + RCC_PLLCFGR, 0x24003010 },
    { RCC + 0x30, 0x100000 },
    { PWR, 0xC000 },
    { GPIOA + 0x00, 0xA8000000 },
    { GPIOA + 0x08, 0x0C000000 },
    { GPIOA + 0x0C, 0x64000000 },
    { 0, 0 },
};

static const struct board_peripheral peripherals[] = {
    { 0x40003000, 0x1000, board_iwdg_read, board_iwdg_write },
    { 0x40004000, 0x1000, board_stm32_usart_read, board_stm32_usart_write },
    { PWR, 0x1000, board_stm32_pwr_read, board_stm32_pwr_write },
    { GPIOA, 0x1000, board_stm32_gpio_read, board_stm32_gpio_write },
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
    .own = &family,
    .store = store,
    .reset = chip_reset,
};
