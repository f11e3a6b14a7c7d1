/* SPDX-License-Identifier: Apache-2.0 */
/* Where a program is, to go back there or to go on from there on another board. */
#include "sim/board/board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

#define REGISTERS 17

static const int names[REGISTERS] = {
    UC_ARM_REG_R0,  UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3,   UC_ARM_REG_R4,  UC_ARM_REG_R5,
    UC_ARM_REG_R6,  UC_ARM_REG_R7, UC_ARM_REG_R8, UC_ARM_REG_R9,   UC_ARM_REG_R10, UC_ARM_REG_R11,
    UC_ARM_REG_R12, UC_ARM_REG_SP, UC_ARM_REG_LR, UC_ARM_REG_XPSR, UC_ARM_REG_PC,
};

void board_save(const struct board *b, struct board_state *state)
{
    void *to[REGISTERS];

    if (!state->ram)
        state->ram = malloc(b->kind->ram_len);
    if (!state->ram) {
        fputs("board emulator: out of memory\n", stderr);
        abort();
    }
    memcpy(state->ram, b->ram, b->kind->ram_len);
    for (int i = 0; i < REGISTERS; i++)
        to[i] = &state->registers[i];
    uc_reg_read_batch(b->uc, (int *)names, to, REGISTERS);
    memcpy(state->reg, b->reg, sizeof state->reg);
    state->nor = b->nor;
    state->vtor = b->vtor;
    state->started = b->started;
    state->idle = b->idle;
    state->in_fault = b->in_fault;
}

void board_load(struct board *b, const struct board_state *state)
{
    uint32_t registers[REGISTERS];
    void *from[REGISTERS];
    struct sim_flash *cells = b->nor.cells;

    memcpy(b->ram, state->ram, b->kind->ram_len);
    memcpy(registers, state->registers, sizeof registers);
    registers[REGISTERS - 1] |= b->kind->cpu->thumb; /* pc, last of all */
    for (int i = 0; i < REGISTERS; i++)
        from[i] = &registers[i];
    uc_reg_write_batch(b->uc, (int *)names, from, REGISTERS);
    memcpy(b->reg, state->reg, sizeof state->reg);
    b->nor = state->nor;
    b->nor.cells = cells;
    b->vtor = state->vtor;
    b->started = state->started;
    b->idle = state->idle;
    b->in_fault = state->in_fault;
}
