/* SPDX-License-Identifier: Apache-2.0 */
/* The RISC-V board `virt`: a 16550, a device that resets, and parallel NOR flash with Intel's
 * command set, two chips side by side. From a command until READ_ARRAY a read of the flash gives
 * the chips' status. */
#include "sim/board/inner.h"
#include "sim/board/kinds.h"

#define KB 1024u

static const struct bh_page_run flash_runs[] = { { 8, 256 * KB } };
static const struct bh_flash flash = { .runs = flash_runs,
                                       .n_runs = 1,
                                       .unit = 4,
                                       .erased = 0xFF,
                                       .mapped = true,
                                       .size = 2048 * KB,
                                       .base = 0x20000000 };

#include <string.h>

/* b->reg: */
enum { MODE, STATUS, SETUP_AT, BUSY };

enum mode { ARRAY, SHOW_STATUS, WANT_DATA, WANT_CONFIRM };

#define BOTH(x) ((x)*0x00010001u)
#define READY 0x80u
#define ERASE_FAILED 0x20u
#define PROGRAM_FAILED 0x10u
#define BUSY_POLLS 3u

static void over(struct board *b, bool well, uint32_t why_not)
{
    b->reg[MODE] = SHOW_STATUS;
    b->reg[BUSY] = BUSY_POLLS;
    if (!well)
        b->reg[STATUS] |= why_not;
}

static void command(struct board *b, uint32_t off, uint32_t value)
{
    b->reg[SETUP_AT] = off;
    switch (value) {
    case BOTH(0x40u):
    case BOTH(0x10u): b->reg[MODE] = WANT_DATA; break;
    case BOTH(0x20u): b->reg[MODE] = WANT_CONFIRM; break;
    case BOTH(0x50u):
        b->reg[STATUS] = 0;
        b->reg[MODE] = SHOW_STATUS;
        break;
    case BOTH(0x70u): b->reg[MODE] = SHOW_STATUS; break;
    case BOTH(0xFFu): b->reg[MODE] = ARRAY; break;
    default: break; /* the chips ignore it */
    }
}

static bool store(struct board *b, uint32_t off, uint32_t size, uint32_t value)
{
    if (size != 4 || off % 4)
        return true;
    switch ((enum mode)b->reg[MODE]) {
    case WANT_DATA:
        over(b, off == b->reg[SETUP_AT] && board_program(b, 0, off, &value, 4), PROGRAM_FAILED);
        break;
    case WANT_CONFIRM: over(b, value == BOTH(0xD0u) && board_erase(b, 0, off), ERASE_FAILED); break;
    default: command(b, off, value); break;
    }
    return true;
}

static void load(struct board *b, uint32_t off)
{
    uint32_t status = BOTH(b->reg[STATUS]);

    if (b->reg[MODE] == ARRAY)
        return;
    if (b->reg[BUSY])
        b->reg[BUSY]--;
    else
        status |= BOTH(READY);
    off &= ~3u;
    memcpy(b->mapped + off, &status, 4);
    board_stale(b, off, 4);
}

static uint32_t uart_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0: return board_hear(b);
    case 5: return 0x60u | (board_heard(b) ? 1u : 0u);
    default: return 0;
    }
}

static void uart_write(struct board *b, uint32_t off, uint32_t value)
{
    if (off == 0)
        board_say(b, (char)value);
}

static void test_write(struct board *b, uint32_t off, uint32_t value)
{
    if (off == 0 && value == 0x7777)
        board_want_reset(b);
}

static const struct board_peripheral peripherals[] = {
    { 0x00100000, 0x1000, board_none_read, test_write },
    { 0x0200B000, 0x1000, board_clint_read, board_none_write },
    { 0x10000000, 0x1000, uart_read, uart_write },
};

const struct board_kind board_virt = {
    .name = "virt",
    .cpu = &board_rv32imac,
    .ram_addr = 0x80000000,
    .ram_len = 1024 * 1024,
    .flash = { &flash },
    .khz = 1000000,
    .mtime_khz = 10000,
    .peripherals = peripherals,
    .n_peripherals = BOARD_COUNT(peripherals),
    .store = store,
    .load = load,
};
