/* SPDX-License-Identifier: Apache-2.0 */
/* Cortex-M: what reset and faults do, and of the system control space (0xE000E000) VTOR, and the
 * reset in AIRCR. And registers that do nothing. */
#include "inner.h"

#include <string.h>
#include <unicorn/unicorn.h>

#define VTOR 0xD08u
#define AIRCR 0xD0Cu
#define AIRCR_RESET 0x05FA0004u
#define HARD_FAULT 3u

/* The first two words of flash are stack pointer and start; the table is there until VTOR says
 * otherwise. */
static void reset(struct board *b)
{
    uint32_t vector[2];

    b->vtor = b->kind->flash[0]->base;
    memcpy(vector, b->mapped, sizeof vector);
    board_set_register(b, UC_ARM_REG_SP, vector[0]);
    board_set_register(b, UC_ARM_REG_PC, vector[1] | 1u);
}

/* Exceptions that nobody enabled end in HardFault. */
static bool fault(struct board *b, uint32_t *handler)
{
    return uc_mem_read(b->uc, b->vtor + HARD_FAULT * 4, handler, 4) == UC_ERR_OK;
}

static const int registers[] = {
    UC_ARM_REG_R0,  UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3,   UC_ARM_REG_R4,  UC_ARM_REG_R5,
    UC_ARM_REG_R6,  UC_ARM_REG_R7, UC_ARM_REG_R8, UC_ARM_REG_R9,   UC_ARM_REG_R10, UC_ARM_REG_R11,
    UC_ARM_REG_R12, UC_ARM_REG_SP, UC_ARM_REG_LR, UC_ARM_REG_XPSR, UC_ARM_REG_PC,
};

const struct board_cpu board_cortex_m4 = { UC_ARCH_ARM,
                                           UC_MODE_THUMB | UC_MODE_MCLASS,
                                           UC_CPU_ARM_CORTEX_M4,
                                           UC_ARM_REG_PC,
                                           UC_ARM_REG_LR,
                                           registers,
                                           BOARD_COUNT(registers),
                                           1,
                                           reset,
                                           fault };

const struct board_cpu board_cortex_m0 = { UC_ARCH_ARM,
                                           UC_MODE_THUMB | UC_MODE_MCLASS,
                                           UC_CPU_ARM_CORTEX_M0,
                                           UC_ARM_REG_PC,
                                           UC_ARM_REG_LR,
                                           registers,
                                           BOARD_COUNT(registers),
                                           1,
                                           reset,
                                           fault };

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
