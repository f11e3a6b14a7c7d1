/* SPDX-License-Identifier: Apache-2.0 */
/* The system control space of a Cortex-M (0xE000E000): VTOR, and the reset in AIRCR. And registers
 * that do nothing. */
#include "inner.h"

#define VTOR 0xD08u
#define AIRCR 0xD0Cu
#define AIRCR_RESET 0x05FA0004u

uint32_t board_scs_read(struct board *b, uint32_t off)
{
    return off == VTOR ? b->vtor : 0;
}

void board_scs_write(struct board *b, uint32_t off, uint32_t value)
{
    if (off == VTOR) {
        b->vtor = value;
        b->started = value;
    }
    if (off == AIRCR && (value & 0xFFFF0004u) == AIRCR_RESET)
        board_want_reset(b);
}

uint32_t board_none_read(struct board *b, uint32_t off)
{
    (void)b, (void)off;
    return 0;
}

void board_none_write(struct board *b, uint32_t off, uint32_t value)
{
    (void)b, (void)off, (void)value;
}
