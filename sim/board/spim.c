/* SPDX-License-Identifier: Apache-2.0 */
/* The nRF52840's SPIM0 and, of its GPIO, the pin that selects the NOR chip (P0.17). */
#include "inner.h"

/* b->reg, from 96 up: */
enum { END = 96, ENABLED, TX_PTR, TX_LEN, RX_PTR, RX_LEN, OUT };

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
        in = b->reg[OUT] & CS ? OVER_READ : board_nor_byte(b, CHIP, out);
        if (i < rx)
            board_dma_write(b, b->reg[RX_PTR] + i, &in, 1);
    }
    b->reg[END] = 1;
}

uint32_t board_spim_read(struct board *b, uint32_t off)
{
    return off == 0x118 ? b->reg[END] : 0;
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
    default: break;
    }
}

uint32_t board_gpio_read(struct board *b, uint32_t off)
{
    return off == 0x504 ? b->reg[OUT] : 0;
}

void board_gpio_write(struct board *b, uint32_t off, uint32_t value)
{
    uint32_t before = b->reg[OUT];

    if (off == 0x508)
        b->reg[OUT] |= value;
    if (off == 0x50C)
        b->reg[OUT] &= ~value;
    if ((before & CS) && !(b->reg[OUT] & CS))
        board_nor_select(&b->nor);
    if (!(before & CS) && (b->reg[OUT] & CS) && b->nor.selected)
        board_nor_deselect(b, CHIP);
}
