/* SPDX-License-Identifier: Apache-2.0 */
/* The nRF52840's QSPI peripheral, with the NOR chip behind it: tasks with DMA, and custom
 * instructions of up to 9 bytes. It sends WREN before a write or an erase, and splits a write at
 * program pages; it does not wait for the chip to finish. */
#include "inner.h"

#include "bulkhead/bytes.h"

/* b->reg, from 64 up: */
enum {
    READY = 64,
    ENABLED,
    ACTIVE,
    READ_SRC,
    READ_DST,
    READ_CNT,
    WRITE_DST,
    WRITE_SRC,
    WRITE_CNT,
    ERASE_PTR,
    ERASE_LEN,
    CINSTRCONF,
    CINSTRDAT0,
    CINSTRDAT1
};

#define QSPI 0x40029000u
#define CHIP 1u
#define PAGE 256u

static uint8_t byte(struct board *b, uint8_t in)
{
    return board_nor_byte(b, CHIP, in);
}

static void address(struct board *b, uint8_t opcode, uint32_t addr)
{
    board_nor_select(&b->nor);
    byte(b, opcode);
    byte(b, (uint8_t)(addr >> 16));
    byte(b, (uint8_t)(addr >> 8));
    byte(b, (uint8_t)addr);
}

static void write_enable(struct board *b)
{
    board_nor_select(&b->nor);
    byte(b, 0x06);
    board_nor_deselect(b, CHIP);
}

/* DMA is in whole words on both sides. */
static bool aligned(uint32_t a, uint32_t b, uint32_t c)
{
    return ((a | b | c) & 3u) == 0 && c != 0;
}

static void read(struct board *b)
{
    if (!aligned(b->reg[READ_SRC], b->reg[READ_DST], b->reg[READ_CNT]))
        return;
    address(b, 0x03, b->reg[READ_SRC]);
    for (uint32_t i = 0, n; i < b->reg[READ_CNT]; i += n) {
        uint8_t in[PAGE];

        n = bh_min(b->reg[READ_CNT] - i, PAGE);
        board_nor_bytes(b, CHIP, in, n);
        board_dma_write(b, b->reg[READ_DST] + i, in, n);
    }
    board_nor_deselect(b, CHIP);
}

/* The source is RAM: flash cannot be reached by this DMA. */
static void write(struct board *b)
{
    uint32_t dst = b->reg[WRITE_DST], src = b->reg[WRITE_SRC], left = b->reg[WRITE_CNT];

    if (!aligned(dst, src, left) || src < b->kind->ram_addr)
        return;
    while (left) {
        uint32_t n = PAGE - dst % PAGE < left ? PAGE - dst % PAGE : left;

        write_enable(b);
        address(b, 0x02, dst);
        for (uint32_t i = 0; i < n; i++) {
            uint8_t out = 0;

            board_dma_read(b, src + i, &out, 1);
            byte(b, out);
        }
        board_nor_deselect(b, CHIP);
        dst += n;
        src += n;
        left -= n;
    }
}

static void erase(struct board *b)
{
    static const uint8_t opcode[2] = { 0x20, 0xD8 };

    if (b->reg[ERASE_LEN] > 1)
        return;
    write_enable(b);
    address(b, opcode[b->reg[ERASE_LEN]], b->reg[ERASE_PTR]);
    board_nor_deselect(b, CHIP);
}

static void custom(struct board *b, uint32_t conf)
{
    uint32_t len = conf >> 8 & 0xFu;

    board_nor_select(&b->nor);
    byte(b, (uint8_t)conf);
    for (uint32_t i = 1; i < len && i <= 8; i++) {
        uint32_t *word = &b->reg[i <= 4 ? CINSTRDAT0 : CINSTRDAT1], shift = (i - 1) % 4 * 8;
        uint8_t in = byte(b, (uint8_t)(*word >> shift));

        *word = (*word & ~(0xFFu << shift)) | (uint32_t)in << shift;
    }
    board_nor_deselect(b, CHIP);
}

/* A task or a custom instruction, if the peripheral is up; READY follows. */
static void task(struct board *b, void (*what)(struct board *b))
{
    if (!b->reg[ENABLED] || !b->reg[ACTIVE])
        return;
    what(b);
    b->reg[READY] = 1;
}

static uint32_t *plain(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x100: return &b->reg[READY];
    case 0x500: return &b->reg[ENABLED];
    case 0x504: return &b->reg[READ_SRC];
    case 0x508: return &b->reg[READ_DST];
    case 0x50C: return &b->reg[READ_CNT];
    case 0x510: return &b->reg[WRITE_DST];
    case 0x514: return &b->reg[WRITE_SRC];
    case 0x518: return &b->reg[WRITE_CNT];
    case 0x51C: return &b->reg[ERASE_PTR];
    case 0x520: return &b->reg[ERASE_LEN];
    case 0x638: return &b->reg[CINSTRDAT0];
    case 0x63C: return &b->reg[CINSTRDAT1];
    default: return NULL;
    }
}

uint32_t board_qspi_read(struct board *b, uint32_t off)
{
    const uint32_t *reg = plain(b, off);

    return reg ? *reg : *board_keep(b, QSPI + off);
}

void board_qspi_write(struct board *b, uint32_t off, uint32_t value)
{
    uint32_t *reg = plain(b, off);

    if (reg)
        *reg = value;
    switch (off) {
    case 0x000:
        b->reg[ACTIVE] = b->reg[ENABLED];
        b->reg[READY] = b->reg[ENABLED];
        break;
    case 0x010: b->reg[ACTIVE] = 0; break;
    case 0x004: task(b, read); break;
    case 0x008: task(b, write); break;
    case 0x00C: task(b, erase); break;
    case 0x634:
        if (b->reg[ENABLED] && b->reg[ACTIVE]) {
            custom(b, value);
            b->reg[READY] = 1;
        }
        break;
    default:
        if (!reg && off >= 0x500) /* those below are tasks and events */
            *board_keep(b, QSPI + off) = value;
    }
}
