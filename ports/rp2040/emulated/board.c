/* SPDX-License-Identifier: Apache-2.0 */
/* RP2040 as its datasheet tells it: the boot ROM's part before the program and its flash
 * functions (2.8), XIP through the SSI (4.10), resets (2.14), clocks, crystal and PLL (2.15 to
 * 2.18), UART0 (4.2), the watchdog (4.7) and the power-on state machine's word in that (2.13).
 * Registers: crate rp-pac 7.0.0, which is made of the maker's own description. The QSPI chip is
 * behind the ROM's functions; while they have the bus, the processor does not see flash. */
#include "sim/board/inner.h"
#include "sim/board/kinds.h"

#include "bulkhead/bytes.h"

#include <string.h>
#include <unicorn/unicorn.h>

#define KB 1024u

static const struct bh_page_run flash_runs[] = { { 512, 4 * KB } };
static const struct bh_flash flash = { .runs = flash_runs,
                                       .n_runs = 1,
                                       .unit = 1,
                                       .erased = 0xFF,
                                       .mapped = true,
                                       .size = 2048 * KB,
                                       .base = 0x10000000 };

/* b->reg: */
enum { BUS, FLUSHED, PLL_WAIT, XOSC_WAIT };
/* Who has the flash chip: the SSI for XIP; the ROM, connected; the ROM, out of XIP. */
enum { XIP, CONNECTED, DIRECT };

#define RAM 0x20000000u
#define RAM_LEN (264 * KB)
#define SECTOR (4 * KB)
#define PAGE 256u

/* --- registers with their aliases: XOR, set, clear ----------------------------------------- */

#define ALIASES 0x4000u

/* Where off, which may be an alias, is kept; what it will hold. */
static uint32_t *aliased(struct board *b, uint32_t base, uint32_t off, uint32_t value,
                         uint32_t *will)
{
    uint32_t *kept = board_keep(b, base + off % 0x1000);

    switch (off / 0x1000) {
    case 1: *will = *kept ^ value; break;
    case 2: *will = *kept | value; break;
    case 3: *will = *kept & ~value; break;
    default: *will = value; break;
    }
    return kept;
}

#define RESETS 0x4000C000u
#define RESET_IO_BANK0 (1u << 5)
#define RESET_PADS_BANK0 (1u << 8)
#define RESET_PLL_SYS (1u << 12)
#define RESET_UART0 (1u << 22)
#define CLOCKS 0x40008000u
#define CLK_REF_CTRL 0x30u
#define CLK_SYS_CTRL 0x3Cu
#define CLK_PERI_CTRL 0x48u
#define XOSC 0x40024000u
#define PLL_SYS 0x40028000u
#define IO_BANK0 0x40014000u
#define UART0 0x40034000u
#define PSM 0x40010000u
#define WATCHDOG 0x40058000u
#define SSI 0x18000000u
#define ROSC_KHZ 6000u
#define XOSC_KHZ 12000u
#define POLLS 4u

static uint32_t plain_read(struct board *b, uint32_t base, uint32_t off)
{
    return *board_keep(b, base + off % 0x1000);
}

/* --- clocks -------------------------------------------------------------------------------- */

static bool xosc_stable(struct board *b)
{
    return (*board_keep(b, XOSC) >> 12 & 0xFFFu) == 0xFAB && !b->reg[XOSC_WAIT];
}

static bool released(struct board *b, uint32_t which)
{
    return !(*board_keep(b, RESETS) & which);
}

/* All four of its parts are powered, and its divisors are within their ranges. */
static uint32_t pll_khz(struct board *b)
{
    uint32_t refdiv = *board_keep(b, PLL_SYS) & 63u, fbdiv = *board_keep(b, PLL_SYS + 8) & 0xFFFu;
    uint32_t prim = *board_keep(b, PLL_SYS + 0xC), pwr = *board_keep(b, PLL_SYS + 4);
    uint32_t d1 = prim >> 16 & 7u, d2 = prim >> 12 & 7u,
             vco = refdiv ? XOSC_KHZ / refdiv * fbdiv : 0;

    if (!released(b, RESET_PLL_SYS) || !xosc_stable(b) || (pwr & 0x29u) || vco < 750000 ||
        vco > 1600000 || !d1 || !d2 || b->reg[PLL_WAIT])
        return 0;
    return vco / d1 / d2;
}

static uint32_t ref_khz(struct board *b)
{
    switch (*board_keep(b, CLOCKS + CLK_REF_CTRL) & 3u) {
    case 0: return ROSC_KHZ;
    case 2: return xosc_stable(b) ? XOSC_KHZ : 0;
    default: return 0;
    }
}

static uint32_t sys_khz(struct board *b)
{
    uint32_t ctrl = *board_keep(b, CLOCKS + CLK_SYS_CTRL);

    if (!(ctrl & 1u))
        return ref_khz(b);
    return ctrl >> 5 & 7u ? 0 : pll_khz(b);
}

/* Without a clock, and above 133 MHz, nothing is as it should be. */
static void clocked_anew(struct board *b)
{
    uint32_t khz = sys_khz(b);

    if (!khz || khz > 133000)
        board_stop(b, BOARD_LOCKUP);
    else
        board_clock(b, khz);
}

static uint32_t clocks_read(struct board *b, uint32_t off)
{
    switch (off % 0x1000) {
    case 0x38: return 1u << (*board_keep(b, CLOCKS + CLK_REF_CTRL) & 3u);
    case 0x44: return 1u << (*board_keep(b, CLOCKS + CLK_SYS_CTRL) & 1u);
    default: return plain_read(b, CLOCKS, off);
    }
}

static void clocks_write(struct board *b, uint32_t off, uint32_t value)
{
    uint32_t will, *kept = aliased(b, CLOCKS, off, value, &will);

    *kept = will;
    clocked_anew(b);
}

static uint32_t xosc_read(struct board *b, uint32_t off)
{
    uint32_t value = plain_read(b, XOSC, off);

    if (off % 0x1000 != 4)
        return value;
    if (b->reg[XOSC_WAIT])
        b->reg[XOSC_WAIT]--;
    return xosc_stable(b) ? 1u << 31 : 0;
}

static void xosc_write(struct board *b, uint32_t off, uint32_t value)
{
    uint32_t will, *kept = aliased(b, XOSC, off, value, &will);

    if (off % 0x1000 == 0 && will != *kept)
        b->reg[XOSC_WAIT] = POLLS;
    *kept = will;
    clocked_anew(b);
}

static uint32_t pll_read(struct board *b, uint32_t off)
{
    uint32_t value = plain_read(b, PLL_SYS, off);

    if (off % 0x1000)
        return value;
    if (b->reg[PLL_WAIT])
        b->reg[PLL_WAIT]--;
    return pll_khz(b) ? value | 1u << 31 : value;
}

static void pll_write(struct board *b, uint32_t off, uint32_t value)
{
    uint32_t will, *kept = aliased(b, PLL_SYS, off, value, &will);

    if (!released(b, RESET_PLL_SYS))
        return;
    if (off % 0x1000 != 0xC)
        b->reg[PLL_WAIT] = POLLS;
    *kept = will;
    clocked_anew(b);
}

/* --- resets -------------------------------------------------------------------------------- */

static uint32_t resets_read(struct board *b, uint32_t off)
{
    if (off % 0x1000 == 8)
        return ~*board_keep(b, RESETS) & 0x01FFFFFFu;
    return plain_read(b, RESETS, off);
}

static void resets_write(struct board *b, uint32_t off, uint32_t value)
{
    static const struct {
        uint32_t bit, addr;
    } of[] = { { RESET_IO_BANK0, IO_BANK0 }, { RESET_UART0, UART0 }, { RESET_PLL_SYS, PLL_SYS } };
    uint32_t will, *kept = aliased(b, RESETS, off, value, &will);

    *kept = will;
    for (uint32_t i = 0; i < BOARD_COUNT(of) && off % 0x1000 == 0; i++)
        if (will & of[i].bit)
            board_forget(b, of[i].addr, 0x1000);
    clocked_anew(b);
}

/* --- UART0 and its pins ---------------------------------------------------------------------- */

static uint32_t io_read(struct board *b, uint32_t off)
{
    return plain_read(b, IO_BANK0, off);
}

static void io_write(struct board *b, uint32_t off, uint32_t value)
{
    uint32_t will, *kept = aliased(b, IO_BANK0, off, value, &will);

    if (released(b, RESET_IO_BANK0))
        *kept = will;
}

static bool uart_works(struct board *b)
{
    return released(b, RESET_UART0) && (*board_keep(b, CLOCKS + CLK_PERI_CTRL) & 1u << 11);
}

static void say(struct board *b, char c)
{
    uint32_t divisor = *board_keep(b, UART0 + 0x24) * 64 + *board_keep(b, UART0 + 0x28);
    uint32_t baud = divisor ? (uint32_t)((uint64_t)sys_khz(b) * 4000 / divisor) : 0;

    if ((*board_keep(b, UART0 + 0x30) & 0x101u) != 0x101 || !released(b, RESET_PADS_BANK0) ||
        (*board_keep(b, IO_BANK0 + 4) & 31u) != 2)
        return;
    board_say(b, baud - 112000 < 6400 && (*board_keep(b, UART0 + 0x2C) & 0x60u) == 0x60 ? c : '?');
}

static uint32_t uart_read(struct board *b, uint32_t off)
{
    switch (off % 0x1000) {
    case 0x00: return board_hear(b);
    case 0x18: return board_heard(b) ? 0x80 : 0x90; /* all is sent; is there one? */
    default: return plain_read(b, UART0, off);
    }
}

static void uart_write(struct board *b, uint32_t off, uint32_t value)
{
    uint32_t will, *kept = aliased(b, UART0, off, value, &will);

    if (!uart_works(b))
        return;
    if (off == 0)
        say(b, (char)value);
    else
        *kept = will;
}

/* --- the watchdog: it counts two for each tick (RP2040-E1) ----------------------------------- */

static void watchdog_aim(struct board *b, bool fed)
{
    bool resets =
        *board_keep(b, PSM + 8) & 1u << 15; /* the first processor is among what it resets */
    uint32_t tick = *board_keep(b, WATCHDOG + 0x2C), cycles = tick & 0x1FFu;
    uint64_t us = 0;

    if ((*board_keep(b, WATCHDOG) & 1u << 30) && resets && (tick & 1u << 9) && cycles)
        us = (uint64_t)(*board_keep(b, WATCHDOG + 4) & 0xFFFFFFu) * cycles * 1000 / ref_khz(b) / 2;
    if (fed || us == 0)
        board_watchdog_feed(b, us);
}

static uint32_t watchdog_read(struct board *b, uint32_t off)
{
    return plain_read(b, WATCHDOG, off);
}

static void watchdog_write(struct board *b, uint32_t off, uint32_t value)
{
    uint32_t will, *kept = aliased(b, WATCHDOG, off, value, &will);

    if (off % 0x1000 == 0 && (will >> 31)) {
        board_want_reset(b);
        return;
    }
    *kept = will;
    watchdog_aim(b, off % 0x1000 == 4 || off % 0x1000 == 0);
}

static uint32_t psm_read(struct board *b, uint32_t off)
{
    return plain_read(b, PSM, off);
}

static void psm_write(struct board *b, uint32_t off, uint32_t value)
{
    uint32_t will, *kept = aliased(b, PSM, off, value, &will);

    *kept = will;
}

/* --- the SSI: XIP by a plain read (03h), as a second stage sets it up ------------------------ */

static uint32_t ssi_read(struct board *b, uint32_t off)
{
    return off == 0x28 ? 6 : *board_keep(b, SSI + off); /* idle, nothing to send */
}

/* Frames of 32 bits, "EEPROM read", 24 address bits and a command of 8, all by one line; the
 * clock at most 50 MHz, and the divisor even. */
static void ssi_write(struct board *b, uint32_t off, uint32_t value)
{
    uint32_t divisor;

    if (off != 8 && (*board_keep(b, SSI + 8) & 1u))
        return; /* it takes nothing while it is on */
    *board_keep(b, SSI + off) = value;
    if (off != 8)
        return;
    divisor = *board_keep(b, SSI + 0x14);
    board_hide(b, !(value & 1u) || *board_keep(b, SSI) != (31u << 16 | 3u << 8) ||
                      *board_keep(b, SSI + 0xF4) != (3u << 24 | 2u << 8 | 6u << 2) || divisor < 2 ||
                      divisor % 2 || 133000 / divisor > 50000);
    b->reg[BUS] = XIP;
}

/* --- the boot ROM ---------------------------------------------------------------------------- */

#define CALLS 0x4F000000u /* of the model alone: the ROM's functions store there */
enum { CONNECT, EXIT_XIP, ERASE, PROGRAM, FLUSH, ENTER_XIP, FUNCTIONS };

#define ROM_LEN 0x4000u
#define TABLE_AT 0x40u
#define LOOKUP_AT 0x80u
#define FUNCTION_AT(n) (0x100u + 16u * (n))
#define FUNCTION(n)                                                                                \
    [FUNCTION_AT(n) / 2] = 0x4B01, 0x6018 | (n) << 6, 0x4770, 0x46C0, CALLS & 0xFFFF, CALLS >> 16
#define ROW(n, a, b) [TABLE_AT / 2 + 2 * (n)] = (a) | (b) << 8, FUNCTION_AT(n) | 1

/* Two words that programs know, the table they lead to, what looks into it, and the functions. */
static const uint16_t rom[ROM_LEN / 2] __attribute__((aligned(4096))) = {
    [0x14 / 2] = TABLE_AT,
    [0x18 / 2] = LOOKUP_AT | 1,
    ROW(CONNECT, 'I', 'F'),
    ROW(EXIT_XIP, 'E', 'X'),
    ROW(ERASE, 'R', 'E'),
    ROW(PROGRAM, 'R', 'P'),
    ROW(FLUSH, 'F', 'C'),
    ROW(ENTER_XIP, 'C', 'X'),
    [LOOKUP_AT / 2] = 0x8802, /* 1: ldrh r2, [r0] */
    0x2A00,                   /*    cmp r2, #0 */
    0xD005,                   /*    beq 3f */
    0x428A,                   /*    cmp r2, r1 */
    0xD001,                   /*    beq 2f */
    0x3004,                   /*    adds r0, #4 */
    0xE7F8,                   /*    b 1b */
    0x8840,
    0x4770, /* 2: ldrh r0, [r0, #2]; bx lr */
    0x2000,
    0x4770, /* 3: movs r0, #0; bx lr */
    FUNCTION(CONNECT),
    FUNCTION(EXIT_XIP),
    FUNCTION(ERASE),
    FUNCTION(PROGRAM),
    FUNCTION(FLUSH),
    FUNCTION(ENTER_XIP),
};

static void range_erase(struct board *b, uint32_t off, uint32_t len)
{
    for (; off % SECTOR == 0 && len >= SECTOR && off < flash.size; off += SECTOR, len -= SECTOR)
        if (!board_erase(b, 0, off))
            return;
}

/* Whole pages. Ones change nothing in the chip: what is around the bytes that are meant. */
static void range_program(struct board *b, uint32_t off, uint32_t from, uint32_t len)
{
    uint8_t page[PAGE];

    for (; off % PAGE == 0 && len >= PAGE; off += PAGE, from += PAGE, len -= PAGE) {
        uint32_t first = 0, end = PAGE;

        if (from - RAM > RAM_LEN - PAGE || !board_dma_read(b, from, page, PAGE))
            memset(page, 0, PAGE); /* it reads flash that it does not see */
        while (first < PAGE && page[first] == 0xFF)
            first++;
        while (end > first && page[end - 1] == 0xFF)
            end--;
        if (first < end && !board_program(b, 0, off + first, page + first, end - first))
            return;
    }
}

/* A function of the ROM is called: its arguments are in registers. */
static void call(struct board *b, uint32_t off, uint32_t value)
{
    uint32_t r0 = board_get_register(b, UC_ARM_REG_R0), r1 = board_get_register(b, UC_ARM_REG_R1);
    uint32_t r2 = board_get_register(b, UC_ARM_REG_R2);

    (void)value;
    switch (off / 4) {
    case CONNECT:
        b->reg[BUS] = CONNECTED;
        board_hide(b, true);
        break;
    case EXIT_XIP: b->reg[BUS] = b->reg[BUS] == CONNECTED ? DIRECT : b->reg[BUS]; break;
    case ERASE:
    case PROGRAM:
        b->reg[FLUSHED] = 0;
        if (b->reg[BUS] != DIRECT)
            break;
        if (off / 4 == ERASE)
            range_erase(b, r0, r1);
        else
            range_program(b, r0, r1, r2);
        break;
    case FLUSH: b->reg[FLUSHED] = 1; break;
    case ENTER_XIP: /* the cache has what was there before, unless it was flushed */
        b->reg[BUS] = XIP;
        board_hide(b, !b->reg[FLUSHED]);
        break;
    default: break;
    }
}

#define STAGE_LEN 252u
#define STAGE_AT (RAM + RAM_LEN - 256)

/* The second stage vouches for itself: a CRC-32, most significant bit first, all ones before,
 * nothing after. */
static bool stage_is_good(const uint8_t *stage)
{
    uint32_t crc = 0xFFFFFFFF;

    for (uint32_t i = 0; i < STAGE_LEN; i++) {
        crc ^= (uint32_t)stage[i] << 24;
        for (uint32_t bit = 0; bit < 8; bit++)
            crc = crc << 1 ^ (crc >> 31 ? 0x04C11DB7u : 0);
    }
    return crc == bh_load32(stage + STAGE_LEN);
}

/* From flash to the end of RAM, checked, and started there. Otherwise it waits for USB. */
static void boot(struct board *b)
{
    memcpy(b->ram + RAM_LEN - 256, b->mapped, 256);
    board_hide(b, true);
    if (!stage_is_good(b->mapped)) {
        board_stop(b, BOARD_LOCKUP);
        return;
    }
    board_set_register(b, UC_ARM_REG_SP, STAGE_AT);
    board_set_register(b, UC_ARM_REG_LR, 0);
    board_set_register(b, UC_ARM_REG_PC, STAGE_AT | 1u);
}

static const struct board_register at_reset[] = {
    { RESETS, 0x01FFFFFF },
    { IO_BANK0 + 4, 0x1F },
    { IO_BANK0 + 12, 0x1F },
    { XOSC + 0xC, 0xC4 },
    { UART0 + 0x30, 0x300 },
    { PLL_SYS, 1 },
    { PLL_SYS + 4, 0x2D },
    { PLL_SYS + 12, 0x77000 },
    { WATCHDOG, 0x07000000 },
    { WATCHDOG + 0x2C, 0x200 },
    { 0, 0 },
};

static const struct board_peripheral peripherals[] = {
    { SSI, 0x1000, ssi_read, ssi_write },
    { CLOCKS, ALIASES, clocks_read, clocks_write },
    { RESETS, ALIASES, resets_read, resets_write },
    { PSM, ALIASES, psm_read, psm_write },
    { IO_BANK0, ALIASES, io_read, io_write },
    { XOSC, ALIASES, xosc_read, xosc_write },
    { PLL_SYS, ALIASES, pll_read, pll_write },
    { UART0, ALIASES, uart_read, uart_write },
    { WATCHDOG, ALIASES, watchdog_read, watchdog_write },
    { CALLS, 0x1000, board_none_read, call },
    { 0xE000E000, 0x1000, board_scs_read, board_scs_write },
};

const struct board_kind board_rp2040 = {
    .name = "rp2040",
    .cpu = &board_cortex_m0plus,
    .ram_addr = RAM,
    .ram_len = RAM_LEN,
    .rom = rom,
    .rom_addr = 0,
    .rom_len = ROM_LEN,
    .flash = { &flash },
    .burst = { PAGE },
    .khz = ROSC_KHZ,
    .lsi_khz = 1, /* the watchdog's is the reference clock: here it only says that there is one */
    .erase_ms = { 400 },
    .stalls = true,
    .peripherals = peripherals,
    .n_peripherals = BOARD_COUNT(peripherals),
    .at_reset = at_reset,
    .boot = boot,
};
