/* SPDX-License-Identifier: Apache-2.0 */
/* STM32H743 as its reference manual RM0433 tells it: the flash controllers of both banks
 * (chapter 4), clocks and resets of what is used here (chapter 8), GPIO D and USART3. Registers
 * and bits: crate stm32-metapac 21.0.0, flash_h7.rs and rcc_h7rm0433.rs, which are made of ST's
 * own files. Caches and the PLL are not modelled. */
#include "sim/board/inner.h"
#include "sim/board/kinds.h"

#include <unicorn/unicorn.h>

#define KB 1024u
#define UNIT 32u

static const struct bh_page_run flash_runs[] = { { 16, 128 * KB } };
static const struct bh_flash flash = { .runs = flash_runs,
                                       .n_runs = 1,
                                       .unit = UNIT,
                                       .erased = 0xFF,
                                       .mapped = true,
                                       .size = 2048 * KB,
                                       .base = 0x08000000 };

/* b->reg: the registers of one bank; those of bank 2 follow after as many. WORD: the eight words
 * that wait to be programmed, WORDS: how many are there, AT: where the first one goes. */
enum { LOCK, CR, SR, BUSY, WORDS, AT, WORD, BANK_REGS = WORD + 8, ACR = 2 * BANK_REGS };
#define R(bank, which) b->reg[(bank)*BANK_REGS + (which)]

#define CR_LOCK (1u << 0)
#define CR_PG (1u << 1)
#define CR_SER (1u << 2)
#define CR_FW (1u << 6)
#define CR_START (1u << 7)
#define CR_SNB(cr) ((cr) >> 8 & 7u)
#define SR_WBNE (1u << 1)
#define SR_QW (1u << 2)
#define SR_PGSERR (1u << 18)
#define SR_STRBERR (1u << 19)
#define SR_INCERR (1u << 21)
#define SR_OPERR (1u << 22)
#define SR_DBECCERR (1u << 26)
#define SR_CLEARED 0x1FEF0000u /* by CCR */

#define RCC 0x58024400u
#define PWR 0x58024800u
#define GPIOD 0x58020C00u
#define USART3 0x40004800u
#define CCR 0xE000ED14u
#define CCR_BFHFNMIGN (1u << 8)
#define BUSY_POLLS 3u
#define BANK_LEN (1024 * KB)
#define SECTOR (128 * KB)

static void chip_reset(struct board *b)
{
    for (uint32_t bank = 0; bank < 2; bank++) {
        R(bank, LOCK) = BOARD_LOCKED;
        R(bank, CR) = 0x31;
    }
    b->reg[ACR] = 0x37;
}

static void over(struct board *b, uint32_t bank, bool well)
{
    R(bank, BUSY) = BUSY_POLLS;
    R(bank, SR) |= well ? 0 : SR_OPERR;
}

static void control(struct board *b, uint32_t bank, uint32_t value)
{
    if (R(bank, LOCK) != BOARD_UNLOCKED || R(bank, BUSY))
        return;
    R(bank, CR) = value & ~(CR_START | CR_FW);
    if (value & CR_LOCK) {
        R(bank, LOCK) = BOARD_LOCKED;
        R(bank, WORDS) = 0;
    } else if ((value & CR_START) && (value & CR_SER) && !(value & CR_PG)) {
        over(b, bank, board_erase(b, 0, bank * BANK_LEN + CR_SNB(value) * SECTOR));
    }
}

/* Words go to a buffer of 32 bytes; with the last one they are programmed. They must be of the same
 * 32 bytes, one after the other. */
static bool store(struct board *b, uint32_t off, uint32_t size, uint32_t value)
{
    uint32_t bank = off / BANK_LEN, n = R(bank, WORDS);

    if (R(bank, LOCK) != BOARD_UNLOCKED || !(R(bank, CR) & CR_PG) || R(bank, BUSY)) {
        R(bank, SR) |= SR_PGSERR;
        return true;
    }
    if (size != 4 || off % 4) {
        R(bank, SR) |= SR_STRBERR;
        return true;
    }
    if (n ? off != R(bank, AT) + n * 4 : off % UNIT) {
        R(bank, SR) |= SR_INCERR;
        R(bank, WORDS) = 0;
        return true;
    }
    if (n == 0)
        R(bank, AT) = off;
    R(bank, WORD + n) = value;
    R(bank, WORDS) = ++n;
    if (n == UNIT / 4) {
        R(bank, WORDS) = 0;
        over(b, bank, board_program(b, 0, R(bank, AT), &R(bank, WORD), UNIT));
    }
    return true;
}

/* Two bits of 32 bytes are wrong: a flag in the bank's status, and an error on the bus, which is a
 * fault, if the program has not said that it looks at the flag: with BFHFNMIGN at the priority of
 * FAULTMASK (ARMv7-M, B3.2.8). */
static void torn(struct board *b, uint32_t off)
{
    R(off / BANK_LEN, SR) |= SR_DBECCERR;
    if (!(*board_keep(b, CCR) & CCR_BFHFNMIGN) ||
        !(board_get_register(b, UC_ARM_REG_FAULTMASK) & 1u))
        board_bus_fault(b);
}

static uint32_t status(struct board *b, uint32_t bank)
{
    uint32_t value = R(bank, SR) | (R(bank, WORDS) ? SR_WBNE : 0);

    if (R(bank, BUSY) == 0)
        return value;
    R(bank, BUSY)--;
    return value | SR_QW | 1u;
}

static uint32_t flash_read(struct board *b, uint32_t off)
{
    uint32_t bank = off / 0x100;

    if (off == 0x00 || off == 0x100)
        return b->reg[ACR];
    if (bank > 1)
        return 0;
    switch (off % 0x100) {
    case 0x0C: return R(bank, CR);
    case 0x10: return status(b, bank);
    default: return 0;
    }
}

static void flash_write(struct board *b, uint32_t off, uint32_t value)
{
    uint32_t bank = off / 0x100;

    if (off == 0x00 || off == 0x100)
        b->reg[ACR] = value & 0x37u;
    if (bank > 1)
        return;
    switch (off % 0x100) {
    case 0x04:
        board_stm32_key(b, &R(bank, LOCK), value);
        R(bank, CR) = (R(bank, CR) & ~CR_LOCK) | (R(bank, LOCK) != BOARD_UNLOCKED);
        break;
    case 0x0C: control(b, bank, value); break;
    case 0x14: R(bank, SR) &= ~(value & SR_CLEARED); break;
    default: break;
    }
}

/* RCC begins in the middle of its page, and so do PWR, in the same one, and IWDG1. */
static uint32_t rcc_read(struct board *b, uint32_t off)
{
    if (off >= 0x800)
        return board_stm32_pwr_read(b, off - 0x800);
    return off >= 0x400 && off < 0x800 ? board_stm32_rcc_read(b, off - 0x400) : 0;
}

static void rcc_write(struct board *b, uint32_t off, uint32_t value)
{
    if (off >= 0x400 && off < 0x800)
        board_stm32_rcc_write(b, off - 0x400, value);
    else if (off >= 0x800)
        board_stm32_pwr_write(b, off - 0x800, value);
}

static uint32_t iwdg_read(struct board *b, uint32_t off)
{
    return off >= 0x800 ? board_iwdg_read(b, off - 0x800) : 0;
}

static void iwdg_write(struct board *b, uint32_t off, uint32_t value)
{
    if (off >= 0x800)
        board_iwdg_write(b, off - 0x800, value);
}

/* VPVD0 to VPVD6, falling edge; 7 is a pin's. */
static const uint16_t thresholds[8] = { 1950, 2100, 2250, 2400, 2550, 2700, 2850, 0 };

static const struct board_stm32 family = {
    .pwr = PWR,
    .pwr_pvdo = 1u << 4,
    .thresholds = thresholds,
    .rcc = RCC,
    .cfgr = 0x10,
    .sw_mask = 7,
    .sw_pll = 3,
    .sws = 3,
    .ppre = 0x1C, /* D2CFGR */
    .ppre_shift = 4,
    .gpio = { GPIOD, 0xE0, 0x88, 1u << 3 },
    .usart = { USART3, 0xE8, 0x90, 1u << 18 },
    .pin = 8,
    .function = 7,
    .usart_new = true,
};

static const struct board_register at_reset[] = {
    { RCC, 0x83 }, { GPIOD, 0xFFFFFFFF }, { PWR, 0xF000C000 }, { CCR, 0x40200 }, { 0, 0 },
};

static const struct board_peripheral peripherals[] = {
    { 0x40004000, 0x1000, board_stm32_usart_read, board_stm32_usart_write },
    { 0x52002000, 0x1000, flash_read, flash_write },
    { 0x58004000, 0x1000, iwdg_read, iwdg_write },
    { 0x58020000, 0x1000, board_stm32_gpio_read, board_stm32_gpio_write },
    { 0x58024000, 0x1000, rcc_read, rcc_write },
    { 0xE000E000, 0x1000, board_scs_read, board_scs_write },
};

const struct board_kind board_stm32h743 = {
    .name = "stm32h743",
    .cpu = &board_cortex_m7,
    .ram_addr = 0x24000000,
    .ram_len = 512 * 1024,
    .flash = { &flash },
    .khz = 64000,
    .lsi_khz = 34,
    .erase_ms = { 4000 },
    .stalls = true,
    .peripherals = peripherals,
    .n_peripherals = BOARD_COUNT(peripherals),
    .at_reset = at_reset,
    .own = &family,
    .torn = torn,
    .store = store,
    .reset = chip_reset,
};
