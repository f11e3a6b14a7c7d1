/* SPDX-License-Identifier: Apache-2.0 */
/* A serial NOR chip, as JEDEC JESD216 and the data sheets of the MX25R and IS25LP families
 * tell it: one byte each way at a time between select and deselect. Reads wrap at the end of the
 * chip; a program wraps within its 256-byte page; program and erase need WREN before each. */
#include "inner.h"

#include <string.h>

enum {
    OP_PROGRAM = 0x02,
    OP_READ = 0x03,
    OP_WRDI = 0x04,
    OP_STATUS = 0x05,
    OP_WREN = 0x06,
    OP_READ_FAST = 0x0B,
    OP_PROGRAM4 = 0x12,
    OP_READ4 = 0x13,
    OP_ERASE_4K = 0x20,
    OP_ERASE4_4K = 0x21,
    OP_ERASE_32K = 0x52,
    OP_SFDP = 0x5A,
    OP_ID = 0x9F,
    OP_WAKE = 0xAB,
    OP_RESET_ENABLE = 0x66,
    OP_RESET = 0x99,
    OP_ENTER_4BYTE = 0xB7,
    OP_SLEEP = 0xB9,
    OP_ERASE_64K = 0xD8,
    OP_ERASE4_64K = 0xDC,
    OP_EXIT_4BYTE = 0xE9,
};

#define STATUS_WIP 1u
#define STATUS_WEL 2u
#define BUSY_POLLS 2u
#define PAGE 256u

/* Serial flash discoverable parameters: header, one parameter header, nine double words. */
static const uint8_t sfdp[] = {
    'S',  'F',  'D',  'P',  0x06, 0x01, 0x00, 0xFF, /* revision 1.6, one parameter header */
    0x00, 0x00, 0x01, 0x09, 0x10, 0x00, 0x00, 0xFF, /* basic table 1.0: 9 words at 0x10 */
    0xE5, 0x20, 0xF1, 0xFF,                         /* 4 KB erase by 0x20; 3-byte addresses */
    0xFF, 0xFF, 0xFF, 0xFF,                         /* density: filled in */
    0x44, 0xEB, 0x08, 0x6B, 0x08, 0x3B, 0x04, 0xBB, 0xEE, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0x00, 0xFF, 0xFF, 0xFF, 0x00, 0xFF, 0x0C, 0x20, 0x0F, 0x52, /* 4 KB 0x20, 32 KB 0x52 */
    0x10, 0xD8, 0x00, 0xFF,                                           /* 64 KB 0xD8 */
};

#define SFDP_WORDS 11u
#define SFDP_ADDRESS 0x12u
#define SFDP_DENSITY 0x14u
#define SFDP_ERASE 0x2Cu
#define SFDP_WORD16 0x4Cu

/* Byte n of the table. The density is the number of the last bit. */
static uint8_t sfdp_byte(const struct board_nor *nor, uint32_t n)
{
    uint32_t last_bit = nor->cells->flash.size * 8u - 1u;

    if (nor->no_sfdp)
        return 0xFF;
    if (nor->word16 && n == SFDP_WORDS)
        return 16;
    if (nor->word16 && n >= SFDP_WORD16 && n < SFDP_WORD16 + 4)
        return (uint8_t)(nor->word16 >> 8 * (n - SFDP_WORD16));
    if (n == SFDP_ADDRESS)
        return (uint8_t)(sfdp[n] | nor->addresses << 1);
    if (n >= SFDP_ERASE && n < SFDP_ERASE + 2 && nor->odd_erase)
        return n == SFDP_ERASE ? nor->odd_erase : 0x20;
    if (n >= sizeof sfdp)
        return 0xFF;
    if (n >= SFDP_DENSITY && n < SFDP_DENSITY + 4)
        return (uint8_t)(last_bit >> 8 * (n - SFDP_DENSITY));
    return sfdp[n];
}

/* Manufacturer, type, log2 of the size in bytes; again and again. */
static uint8_t id_byte(const struct board_nor *nor, uint32_t n)
{
    uint8_t log2 = 0;

    if (nor->zero_id)
        return 0;
    while (1u << (log2 + 1) <= nor->cells->flash.size)
        log2++;
    return n % 3 == 0 ? 0xC2 : n % 3 == 1 ? 0x28 : log2;
}

void board_nor_reset(struct board_nor *nor, struct sim_flash *cells)
{
    memset(nor, 0, sizeof *nor);
    nor->cells = cells;
}

void board_nor_select(struct board_nor *nor)
{
    nor->selected = true;
    nor->selections++;
    nor->n = 0;
    nor->addr = nor->clocks = nor->mode_bits = 0;
    memset(nor->given, 0, sizeof nor->given);
}

/* Bytes of address that this opcode takes. */
static uint32_t addr_len(const struct board_nor *nor)
{
    switch (nor->opcode) {
    case OP_PROGRAM:
    case OP_READ:
    case OP_READ_FAST:
    case OP_ERASE_4K:
    case OP_ERASE_32K:
    case OP_ERASE_64K: return nor->wide ? 4 : 3;
    case OP_PROGRAM4:
    case OP_READ4:
    case OP_ERASE4_4K:
    case OP_ERASE4_64K: return 4;
    case OP_SFDP: return 3;
    default: return 0;
    }
}

static uint8_t cell(struct board_nor *nor, uint32_t off)
{
    uint8_t byte = 0xFF;

    if (bh_flash_read(&nor->cells->flash, off % nor->cells->flash.size, &byte, 1))
        return 0;
    return byte;
}

/* Is an operation under way? */
static bool busy(struct board *b)
{
    struct board_nor *nor = &b->nor;

    if (nor->busy && nor->busy_until && board_us(b) >= nor->busy_until)
        nor->busy = 0;
    return nor->busy != 0;
}

static uint8_t status(struct board *b)
{
    struct board_nor *nor = &b->nor;
    uint8_t s = nor->write_enabled ? STATUS_WEL : 0;

    if (busy(b)) {
        nor->busy -= nor->busy_until ? 0 : 1;
        s |= STATUS_WIP;
    }
    return s;
}

/* Byte n after opcode and address. */
static uint8_t data(struct board *b, uint32_t n, uint8_t in)
{
    struct board_nor *nor = &b->nor;
    uint32_t dummy = nor->opcode == OP_READ_FAST || nor->opcode == OP_SFDP;

    switch (nor->opcode) {
    case OP_STATUS: return status(b);
    case OP_ID: return id_byte(nor, n);
    case OP_WAKE: return 0x17;
    case OP_READ:
    case OP_READ4:
    case OP_READ_FAST: return n < dummy ? 0xFF : cell(nor, nor->addr + n - dummy);
    case OP_SFDP: return n < dummy ? 0xFF : sfdp_byte(nor, nor->addr + n - dummy);
    case OP_PROGRAM:
    case OP_PROGRAM4:
        nor->page[(nor->addr + n) % PAGE] = in;
        nor->given[(nor->addr + n) % PAGE] = true;
        return 0xFF;
    default: return 0xFF;
    }
}

/* A byte by one line to a chip that listens on more: each clock carries that line's bit, and
 * ones. Of an address without a command, what counts are the eight mode bits after it. Of QPI,
 * the command, which two clocks are. */
static void by_more_lines(struct board_nor *nor, uint8_t in)
{
    uint32_t lines = nor->continuous ? nor->continuous : 4;
    uint32_t addr_clocks = nor->continuous ? (nor->wide ? 32u : 24u) / lines : 0;

    for (uint32_t bit = 8; bit--; nor->clocks++)
        if (nor->clocks >= addr_clocks && nor->clocks < addr_clocks + 8 / lines)
            nor->mode_bits = nor->mode_bits << lines | (((1u << lines) - 2u) | (in >> bit & 1u));
}

/* Mode bits of Axh keep a chip reading without commands, others end that, if they have come.
 * Opcode FFh ends QPI, in the eight clocks that JESD216 gives it: this chip does not take more. */
static void leave_more_lines(struct board_nor *nor)
{
    uint32_t lines = nor->continuous ? nor->continuous : 4;
    uint32_t enough = 8 / lines + (nor->continuous ? (nor->wide ? 32u : 24u) / lines : 0);

    if (nor->clocks < enough)
        return;
    if (nor->continuous) {
        if ((nor->mode_bits >> 4 & 15u) != 0xA)
            nor->continuous = 0;
    } else if ((nor->mode_bits & 0xFFu) == 0xFF && nor->clocks == 8) {
        nor->qpi = false;
    }
}

uint8_t board_nor_byte(struct board *b, uint8_t chip, uint8_t in)
{
    struct board_nor *nor = &b->nor;
    uint32_t n = nor->n++, a;

    (void)chip;
    if (nor->cells->health != SIM_WELL || b->power.dark)
        return 0xFF; /* nobody drives the line */
    if (nor->qpi || nor->continuous) {
        by_more_lines(nor, in);
        return 0xFF;
    }
    if (n == 0) {
        nor->opcode = in;
        return 0xFF;
    }
    if ((nor->asleep && nor->opcode != OP_WAKE) || (busy(b) && nor->opcode != OP_STATUS))
        return 0xFF;
    a = addr_len(nor);
    if (n <= a) {
        nor->addr = nor->addr << 8 | in;
        return 0xFF;
    }
    return data(b, n - 1 - a, in);
}

/* Is the next byte one of the cells? Then where? */
static bool reading(struct board *b, uint32_t *off)
{
    const struct board_nor *nor = &b->nor;
    uint32_t begun = 1 + addr_len(nor);

    if ((nor->opcode != OP_READ && nor->opcode != OP_READ4) || nor->n < begun || busy(b) ||
        nor->asleep || nor->cells->health != SIM_WELL || b->power.dark)
        return false;
    *off = (nor->addr + nor->n - begun) % nor->cells->flash.size;
    return true;
}

void board_nor_bytes(struct board *b, uint8_t chip, uint8_t *in, uint32_t len)
{
    const struct bh_flash *cells = &b->nor.cells->flash;

    for (uint32_t off = 0, n; len; in += n, len -= n) {
        n = 1;
        if (reading(b, &off) && len <= cells->size - off &&
            bh_flash_read(cells, off, in, len) == BH_OK) {
            n = len;
            b->nor.n += n;
        } else {
            *in = board_nor_byte(b, chip, 0xFF);
        }
    }
}

/* The bytes given, in runs of whole units; what is not given stays as it is. */
static void program(struct board *b, uint8_t chip)
{
    struct board_nor *nor = &b->nor;
    uint32_t page = nor->addr / PAGE * PAGE % nor->cells->flash.size;
    uint32_t unit = nor->cells->flash.unit;

    for (uint32_t i = 0; i < PAGE; i++)
        if (!nor->given[i])
            nor->page[i] = 0xFF;
    for (uint32_t i = 0, end; i < PAGE; i = end) {
        end = i + unit;
        if (!memchr(nor->given + i, true, unit))
            continue;
        while (end < PAGE && memchr(nor->given + end, true, unit))
            end += unit;
        board_program(b, chip, page + i, nor->page + i, end - i);
    }
}

static void erase(struct board *b, uint8_t chip, uint32_t len)
{
    struct board_nor *nor = &b->nor;
    uint32_t off = nor->addr / len * len % nor->cells->flash.size;

    nor->erases++;
    if (b->slow)
        nor->busy_until = board_us(b) + b->kind->erase_ms[chip] * (uint64_t)1000;
    if (nor->cells != &b->chip[chip]) { /* a chip of a test's own */
        if (bh_flash_erase(&nor->cells->flash, off, len))
            nor->busy = 0xFFFFFFFF;
        return;
    }
    for (uint32_t end = off + len; off < end && !b->power.dark; off += 4096)
        board_erase(b, chip, off);
}

/* What an opcode does, it does when the chip is deselected. */
static void carry_out(struct board *b, uint8_t chip)
{
    struct board_nor *nor = &b->nor;

    switch (nor->opcode) {
    case OP_WREN: nor->write_enabled = true; return;
    case OP_WRDI: nor->write_enabled = false; return;
    case OP_SLEEP: nor->asleep = true; return;
    case OP_ENTER_4BYTE:
        nor->wide = !nor->no_b7 && !(nor->wants_wren && !nor->write_enabled);
        return;
    case OP_EXIT_4BYTE: nor->wide = false; return;
    case OP_RESET_ENABLE: nor->reset_enabled = true; return;
    case OP_RESET:
        if (nor->reset_enabled && !nor->no_reset)
            nor->wide = nor->write_enabled = false;
        nor->reset_enabled = false;
        return;
    case OP_PROGRAM:
    case OP_PROGRAM4:
    case OP_ERASE_4K:
    case OP_ERASE4_4K:
    case OP_ERASE_32K:
    case OP_ERASE_64K:
    case OP_ERASE4_64K: break;
    default: return;
    }
    if (!nor->write_enabled || nor->n <= addr_len(nor))
        return;
    nor->write_enabled = false;
    if (nor->protected)
        return;
    nor->busy = BUSY_POLLS;
    nor->busy_until = 0;
    switch (nor->opcode) {
    case OP_ERASE_4K:
    case OP_ERASE4_4K: erase(b, chip, 0x1000); break;
    case OP_ERASE_32K: erase(b, chip, 0x8000); break;
    case OP_ERASE_64K:
    case OP_ERASE4_64K: erase(b, chip, 0x10000); break;
    default: program(b, chip); break;
    }
}

void board_nor_deselect(struct board *b, uint8_t chip)
{
    struct board_nor *nor = &b->nor;

    nor->selected = false;
    if (nor->n == 0 || nor->cells->health != SIM_WELL || b->power.dark)
        return;
    if (nor->qpi || nor->continuous) {
        if (!busy(b))
            leave_more_lines(nor);
        return;
    }
    if (nor->opcode == OP_WAKE)
        nor->asleep = false;
    else if (!nor->asleep && !busy(b))
        carry_out(b, chip);
}
