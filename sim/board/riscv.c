/* SPDX-License-Identifier: Apache-2.0 */
/* RV32IMAC in machine mode: reset begins at the start of flash, faults go to mtvec. */
#include "inner.h"

#include <unicorn/unicorn.h>

static void reset(struct board *b)
{
    board_set_register(b, UC_RISCV_REG_PC, b->kind->flash[0]->base);
}

static bool fault(struct board *b, uint32_t *handler)
{
    *handler = board_get_register(b, UC_RISCV_REG_MTVEC) & ~3u;
    return *handler != 0;
}

const struct board_cpu board_rv32imac = {
    UC_ARCH_RISCV, UC_MODE_RISCV32, UC_CPU_RISCV32_ANY, UC_RISCV_REG_PC, UC_RISCV_REG_RA, 0, reset,
    fault
};
