/* SPDX-License-Identifier: Apache-2.0 */
/* Where a program is, to go back there or to go on from there on another board. */
#include "inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

#define REGISTERS_MAX 33

void board_save(const struct board *b, struct board_state *state)
{
    const struct board_cpu *cpu = b->kind->cpu;
    void *to[REGISTERS_MAX];

    if (!state->ram)
        state->ram = malloc(b->kind->ram_len + b->kind->more_len);
    if (!state->ram) {
        fputs("board emulator: out of memory\n", stderr);
        abort();
    }
    memcpy(state->ram, b->ram, b->kind->ram_len);
    if (b->more)
        memcpy(state->ram + b->kind->ram_len, b->more, b->kind->more_len);
    for (int i = 0; i < cpu->n_registers; i++)
        to[i] = &state->registers[i];
    uc_reg_read_batch(b->uc, (int *)cpu->registers, to, cpu->n_registers);
    memcpy(state->reg, b->reg, sizeof state->reg);
    state->nor = b->nor;
    state->watchdog = b->watchdog;
    state->time = b->time;
    memcpy(state->kept, b->kept, sizeof state->kept);
    state->n_kept = b->n_kept;
    state->vtor = b->vtor;
    state->started = b->started;
    state->idle = b->idle;
    state->in_fault = b->in_fault;
    state->hidden = b->hidden;
}

void board_load(struct board *b, const struct board_state *state)
{
    const struct board_cpu *cpu = b->kind->cpu;
    uint32_t registers[REGISTERS_MAX];
    void *from[REGISTERS_MAX];
    struct sim_flash *cells = b->nor.cells;

    memcpy(b->ram, state->ram, b->kind->ram_len);
    if (b->more)
        memcpy(b->more, state->ram + b->kind->ram_len, b->kind->more_len);
    memcpy(registers, state->registers, sizeof registers);
    registers[cpu->n_registers - 1] |= cpu->thumb; /* pc, last of all */
    for (int i = 0; i < cpu->n_registers; i++)
        from[i] = &registers[i];
    uc_reg_write_batch(b->uc, (int *)cpu->registers, from, cpu->n_registers);
    memcpy(b->reg, state->reg, sizeof state->reg);
    board_guard(b);
    board_hide(b, state->hidden);
    b->nor = state->nor;
    b->nor.cells = cells;
    b->watchdog = state->watchdog;
    b->time = state->time;
    memcpy(b->kept, state->kept, sizeof b->kept);
    b->n_kept = state->n_kept;
    b->vtor = state->vtor;
    b->started = state->started;
    b->idle = state->idle;
    b->in_fault = state->in_fault;
}
