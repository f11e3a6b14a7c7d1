/* SPDX-License-Identifier: Apache-2.0 */
/* RV32IMAC in machine mode: reset begins at the start of flash, or if that is not mapped, of RAM,
 * where a mask ROM put a program; faults go to mtvec. */
#include "inner.h"

#include <unicorn/unicorn.h>

static const int registers[] = {
    UC_RISCV_REG_X1,  UC_RISCV_REG_X2,    UC_RISCV_REG_X3,  UC_RISCV_REG_X4,  UC_RISCV_REG_X5,
    UC_RISCV_REG_X6,  UC_RISCV_REG_X7,    UC_RISCV_REG_X8,  UC_RISCV_REG_X9,  UC_RISCV_REG_X10,
    UC_RISCV_REG_X11, UC_RISCV_REG_X12,   UC_RISCV_REG_X13, UC_RISCV_REG_X14, UC_RISCV_REG_X15,
    UC_RISCV_REG_X16, UC_RISCV_REG_X17,   UC_RISCV_REG_X18, UC_RISCV_REG_X19, UC_RISCV_REG_X20,
    UC_RISCV_REG_X21, UC_RISCV_REG_X22,   UC_RISCV_REG_X23, UC_RISCV_REG_X24, UC_RISCV_REG_X25,
    UC_RISCV_REG_X26, UC_RISCV_REG_X27,   UC_RISCV_REG_X28, UC_RISCV_REG_X29, UC_RISCV_REG_X30,
    UC_RISCV_REG_X31, UC_RISCV_REG_MTVEC, UC_RISCV_REG_PC,
};

static void reset(struct board *b)
{
    const struct board_kind *kind = b->kind;

    board_set_register(b, UC_RISCV_REG_PC,
                       kind->flash[0]->mapped ? kind->flash[0]->base : kind->ram_addr);
}

static bool fault(struct board *b, uint32_t *handler)
{
    *handler = board_get_register(b, UC_RISCV_REG_MTVEC) & ~3u;
    return *handler != 0;
}

uint32_t board_clint_read(struct board *b, uint32_t off)
{
    uint64_t mtime = board_us(b) * b->kind->mtime_khz / 1000;

    b->timed = b->timed || off == 0xFF8;
    return off == 0xFF8 ? (uint32_t)mtime : off == 0xFFC ? (uint32_t)(mtime >> 32) : 0;
}

const struct board_cpu board_rv32imac = {
    .arch = UC_ARCH_RISCV,
    .mode = UC_MODE_RISCV32,
    .model = UC_CPU_RISCV32_ANY,
    .pc = UC_RISCV_REG_PC,
    .link = UC_RISCV_REG_RA,
    .registers = registers,
    .n_registers = BOARD_COUNT(registers),
    .thumb = 0,
    .reset = reset,
    .fault = fault,
};
