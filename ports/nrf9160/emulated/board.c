/* SPDX-License-Identifier: Apache-2.0 */
/* nRF9160 as its product specification tells it, all in the secure state: NVMC, what the SPU says
 * of flash, UARTE0 by DMA, the watchdog, and of GPIO what is kept. Registers: crate nrf-pac 0.4.0,
 * chips/nrf9160/pac.rs, which is made of Nordic's own description. A page is erased by a store of
 * ones into it while erasing is enabled: crate embassy-nrf 0.11.0, nvmc.rs. */
#include "sim/board/inner.h"
#include "sim/board/kinds.h"

#define KB 1024u

static const struct bh_page_run flash_runs[] = { { 256, 4 * KB } };
static const struct bh_flash flash = { .runs = flash_runs,
                                       .n_runs = 1,
                                       .unit = 4,
                                       .erased = 0xFF,
                                       .mapped = true,
                                       .size = 1024 * KB,
                                       .base = 0 };

/* b->reg: */
enum {
    CONFIG,
    BUSY,
    ENABLED,
    ENDTX,
    ENDRX,
    RXTO,
    TXSTOPPED,
    LISTENS,
    TX_PTR,
    TX_LEN,
    RX_PTR,
    RX_LEN
};

enum { CONFIG_WRITE = 1, CONFIG_ERASE = 2 };

#define SPU 0x50003000u
#define UARTE 0x50008000u
#define GPIO 0x50842000u
#define BAUD_115200 0x01D60000u
#define NO_PIN 0xFFFFFFFFu
#define BUSY_POLLS 2u
#define PAGE (4 * KB)

static uint32_t nvmc_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x400:
        if (b->reg[BUSY] == 0)
            return 1;
        b->reg[BUSY]--;
        return 0;
    case 0x504: return b->reg[CONFIG];
    default: return 0;
    }
}

/* There is no register that erases a page. */
static void nvmc_write(struct board *b, uint32_t off, uint32_t value)
{
    if (off == 0x504)
        b->reg[CONFIG] = value & 7u;
}

/* --- SPU: what may be done with 32 regions of the flash ----------------------------------- */

#define REGION (32 * KB)
#define PERM(n) (SPU + 0x600u + 4u * (n))
#define PERM_WRITE (1u << 1)
#define PERM_LOCK (1u << 8)
#define PERM_RESET 0x17u /* secure; execute, write, read */

/* What is kept differs from what is read by what reset gives. */
static uint32_t spu_read(struct board *b, uint32_t off)
{
    uint32_t kept = *board_keep(b, SPU + off);

    return off - 0x600 < 32 * 4 ? kept ^ PERM_RESET : kept;
}

static void spu_write(struct board *b, uint32_t off, uint32_t value)
{
    if (off - 0x600 >= 32 * 4)
        *board_keep(b, SPU + off) = value;
    else if (!(spu_read(b, off) & PERM_LOCK))
        *board_keep(b, SPU + off) = value ^ PERM_RESET;
}

static bool may_write(struct board *b, uint32_t off)
{
    return spu_read(b, PERM(off / REGION) - SPU) & PERM_WRITE;
}

/* Whole words, written or erasing, as CONFIG says; the bus waits for an operation that goes on. */
static bool store(struct board *b, uint32_t off, uint32_t size, uint32_t value)
{
    if (size != 4 || off % 4 || !may_write(b, off))
        return false;
    if (b->reg[CONFIG] == CONFIG_WRITE)
        board_program(b, 0, off, &value, 4);
    else if (b->reg[CONFIG] == CONFIG_ERASE && value == UINT32_MAX)
        board_erase(b, 0, off - off % PAGE);
    else
        return false;
    b->reg[BUSY] = BUSY_POLLS;
    return true;
}

/* --- UARTE0 ------------------------------------------------------------------------------ */

static void send(struct board *b)
{
    bool pin = *board_keep(b, UARTE + 0x50C) != NO_PIN;
    uint8_t c;

    if (!b->reg[ENABLED])
        return;
    for (uint32_t i = 0; i < b->reg[TX_LEN]; i++)
        if (b->reg[TX_PTR] >= b->kind->ram_addr && board_dma_read(b, b->reg[TX_PTR] + i, &c, 1) &&
            pin)
            board_say(b, *board_keep(b, UARTE + 0x524) == BAUD_115200 ? (char)c : '?');
    b->reg[ENDTX] = 1;
}

/* Has what was asked for come? A byte at a time is enough here. */
static uint32_t received(struct board *b)
{
    uint8_t c;

    if (!b->reg[ENDRX] && b->reg[LISTENS] && b->reg[RX_LEN] && board_heard(b)) {
        c = board_hear(b);
        board_dma_write(b, b->reg[RX_PTR], &c, 1);
        b->reg[ENDRX] = 1;
        b->reg[LISTENS] = 0;
    }
    return b->reg[ENDRX];
}

static uint32_t uarte_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x110: return received(b);
    case 0x120: return b->reg[ENDTX];
    case 0x144: return b->reg[RXTO];
    case 0x158: return b->reg[TXSTOPPED];
    case 0x500: return b->reg[ENABLED] ? 8 : 0;
    case 0x534: return b->reg[RX_PTR];
    case 0x538: return b->reg[RX_LEN];
    case 0x544: return b->reg[TX_PTR];
    case 0x548: return b->reg[TX_LEN];
    default: return off < 0x500 ? 0 : *board_keep(b, UARTE + off);
    }
}

static void uarte_write(struct board *b, uint32_t off, uint32_t value)
{
    switch (off) {
    case 0x000: b->reg[LISTENS] = value & b->reg[ENABLED]; break;
    case 0x004:
        b->reg[LISTENS] = 0;
        b->reg[RXTO] = 1;
        break;
    case 0x008: send(b); break;
    case 0x00C: b->reg[TXSTOPPED] = 1; break;
    case 0x110: b->reg[ENDRX] = value; break;
    case 0x120: b->reg[ENDTX] = value; break;
    case 0x144: b->reg[RXTO] = value; break;
    case 0x158: b->reg[TXSTOPPED] = value; break;
    case 0x500: b->reg[ENABLED] = value == 8; break;
    case 0x534: b->reg[RX_PTR] = value; break;
    case 0x538: b->reg[RX_LEN] = value & 0x1FFFu; break;
    case 0x544: b->reg[TX_PTR] = value; break;
    case 0x548: b->reg[TX_LEN] = value & 0x1FFFu; break;
    default:
        if (off >= 0x500) /* those below are tasks and events */
            *board_keep(b, UARTE + off) = value;
    }
}

/* --- GPIO: OUT and DIR by their registers that set and clear ------------------------------- */

static uint32_t gpio_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x508:
    case 0x50C: off = 0x504; break; /* OUTSET, OUTCLR read OUT */
    case 0x518:
    case 0x51C: off = 0x514; break;
    default: break;
    }
    return *board_keep(b, GPIO + off);
}

static void gpio_write(struct board *b, uint32_t off, uint32_t value)
{
    switch (off) {
    case 0x508:
    case 0x518: *board_keep(b, GPIO + off - 4) |= value; break;
    case 0x50C:
    case 0x51C: *board_keep(b, GPIO + off - 8) &= ~value; break;
    default: *board_keep(b, GPIO + off) = value;
    }
}

static const struct board_register at_reset[] = {
    { UARTE + 0x50C, NO_PIN },
    { UARTE + 0x514, NO_PIN },
    { UARTE + 0x524, 0x04000000 },
    { 0, 0 },
};

static const struct board_peripheral peripherals[] = {
    { SPU, 0x1000, spu_read, spu_write },
    { UARTE, 0x1000, uarte_read, uarte_write },
    { 0x50018000, 0x1000, board_wdt_read, board_wdt_write },
    { 0x50039000, 0x1000, nvmc_read, nvmc_write },
    { GPIO, 0x1000, gpio_read, gpio_write },
    { 0xE000E000, 0x1000, board_scs_read, board_scs_write },
};

const struct board_kind board_nrf9160 = {
    .name = "nrf9160",
    .cpu = &board_cortex_m33,
    .ram_addr = 0x20000000,
    .ram_len = 256 * 1024,
    .flash = { &flash },
    .khz = 64000,
    .lsi_khz = 34, /* 32.768 and 2 % */
    .erase_ms = { 90 },
    .stalls = true,
    .peripherals = peripherals,
    .n_peripherals = BOARD_COUNT(peripherals),
    .at_reset = at_reset,
    .store = store,
};
