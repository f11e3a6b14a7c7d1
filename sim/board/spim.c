/* SPDX-License-Identifier: Apache-2.0 */
/* The nRF52840's SPIM0 and, of its GPIO, the pin that selects the NOR chip (P0.17). */
#include "inner.h"

/* b->reg, from 96 up: */
enum { END = 96, ENABLED, TX_PTR, TX_LEN, RX_PTR, RX_LEN, OUT, DIR };

#define SPIM 0x40003000u
#define CHIP 1u
#define CS (1u << 17)
#define OVER_READ 0xFFu

static void transfer(struct board *b)
{
    uint32_t tx = b->reg[TX_LEN], rx = b->reg[RX_LEN];

    for (uint32_t i = 0; i < tx || i < rx; i++) {
        uint8_t out = OVER_READ, in;

        if (i < tx && b->reg[TX_PTR] >= b->kind->ram_addr)
            board_dma_read(b, b->reg[TX_PTR] + i, &out, 1);
        in = b->nor.selected ? board_nor_byte(b, CHIP, out) : OVER_READ;
        if (i < rx)
            board_dma_write(b, b->reg[RX_PTR] + i, &in, 1);
    }
    b->reg[END] = 1;
}

uint32_t board_spim_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x118: return b->reg[END];
    case 0x500: return b->reg[ENABLED] ? 7 : 0;
    case 0x534: return b->reg[RX_PTR];
    case 0x538: return b->reg[RX_LEN];
    case 0x544: return b->reg[TX_PTR];
    case 0x548: return b->reg[TX_LEN];
    default: return *board_keep(b, SPIM + off);
    }
}

void board_spim_write(struct board *b, uint32_t off, uint32_t value)
{
    switch (off) {
    case 0x010:
        if (b->reg[ENABLED])
            transfer(b);
        break;
    case 0x118: b->reg[END] = value; break;
    case 0x500: b->reg[ENABLED] = value == 7; break;
    case 0x534: b->reg[RX_PTR] = value; break;
    case 0x538: b->reg[RX_LEN] = value & 0xFFFFu; break;
    case 0x544: b->reg[TX_PTR] = value; break;
    case 0x548: b->reg[TX_LEN] = value & 0xFFFFu; break;
    default:
        if (off >= 0x500) /* those below are tasks and events */
            *board_keep(b, SPIM + off) = value;
    }
}

uint32_t board_gpio_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x504: return b->reg[OUT];
    case 0x510: return ~(uint32_t)b->low_pins;
    case 0x810: return ~(uint32_t)(b->low_pins >> 32);
    case 0x514: return b->reg[DIR];
    default: return 0;
    }
}

/* The chip is selected while the pin is driven low. */
static bool selecting(const struct board *b)
{
    return (b->reg[DIR] & CS) && !(b->reg[OUT] & CS);
}

void board_gpio_write(struct board *b, uint32_t off, uint32_t value)
{
    bool before = selecting(b);

    switch (off) {
    case 0x508: b->reg[OUT] |= value; break;
    case 0x50C: b->reg[OUT] &= ~value; break;
    case 0x518: b->reg[DIR] |= value; break;
    case 0x51C: b->reg[DIR] &= ~value; break;
    default: break;
    }
    if (!before && selecting(b))
        board_nor_select(&b->nor);
    if (before && !selecting(b) && b->nor.selected)
        board_nor_deselect(b, CHIP);
}
