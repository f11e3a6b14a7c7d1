/* SPDX-License-Identifier: Apache-2.0 */
#include "glitch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

#include "sim/board/inner.h"

#define XPSR_T (1u << 24) /* the processor reads Thumb instructions, as it always must */
#define NOP 0xBF00u
#define WIDE_NOP 0x8000F3AFu
#define MEMBERS_MAX 5u     /* an IT and four */
#define PATIENCE 10000000u /* instructions beyond twice those of the run without a fault */

const char *glitch_end_text(enum glitch_end end)
{
    switch (end) {
    case GLITCH_SAME: return "no difference";
    case GLITCH_HELD: return "nothing started";
    case GLITCH_GOOD: return "good image started";
    case GLITCH_RESET: return "reset";
    case GLITCH_HANGS: return "hangs";
    case GLITCH_STRAYED: return "strayed into RAM";
    case GLITCH_STARTED: return "TAMPERED IMAGE STARTED";
    case GLITCH_ENDS: break;
    }
    return "unknown";
}

static void *must(void *memory)
{
    if (!memory) {
        fputs("glitch: out of memory\n", stderr);
        abort();
    }
    return memory;
}

/* --- flash of the two boards ------------------------------------------------------------- */

/* The chips of one board as those of the other are. */
static void copy_flash(struct board *to, const struct board *from)
{
    for (uint8_t i = 0; i < from->n_chips; i++) {
        uint32_t size = from->chip[i].flash.size;
        uint8_t *here = must(malloc(size)), *there = must(malloc(size));

        sim_flash_peek(&from->chip[i], 0, there, size);
        sim_flash_peek(&to->chip[i], 0, here, size);
        if (memcmp(here, there, size) != 0)
            sim_flash_fill(&to->chip[i], 0, there, size);
        free(here);
        free(there);
    }
    memcpy(to->mapped, from->mapped, from->chip[0].flash.size);
}

/* The swift board is where the exact one is, and can come back there. */
static void in_step(struct glitch *g)
{
    for (uint8_t i = 0; i < g->swift.n_chips; i++)
        sim_flash_forget(&g->swift.chip[i]);
    copy_flash(&g->swift, g->exact);
    for (uint8_t i = 0; i < g->swift.n_chips; i++)
        sim_flash_snapshot(&g->swift.chip[i]);
    g->swift_ops = g->swift.power.ops;
}

static void back_in_step(struct glitch *g)
{
    struct board *b = &g->swift;

    if (b->power.ops == g->swift_ops)
        return;
    for (uint8_t i = 0; i < b->n_chips; i++)
        sim_flash_restore(&b->chip[i], 1);
    sim_flash_peek(&b->chip[0], 0, b->mapped, b->chip[0].flash.size);
    b->power.ops = g->swift_ops;
}

/* --- instructions ------------------------------------------------------------------------ */

static uint32_t offset(const struct glitch *g, uint32_t addr)
{
    return addr - g->exact->kind->flash[0]->base;
}

static uint32_t half(const struct glitch *g, uint32_t addr)
{
    const uint8_t *p = g->exact->mapped + offset(g, addr);

    return (uint32_t)(p[0] | p[1] << 8);
}

static uint32_t width(const struct glitch *g, uint32_t addr)
{
    return half(g, addr) >> 11 >= 0x1D ? 4 : 2;
}

/* Instructions that can only be stepped over together: one, or an IT and those it rules. Member i
 * begins at addr + off[i], the last ends at addr + off[n]. */
static unsigned members(const struct glitch *g, uint32_t addr, uint32_t off[MEMBERS_MAX + 1])
{
    uint32_t op = half(g, addr);
    unsigned n = 1;

    if ((op & 0xFF00u) == 0xBF00u && op & 15u)
        for (n = 5; !(op & 1u); op >>= 1)
            n--;
    off[0] = 0;
    for (unsigned i = 0; i < n; i++)
        off[i + 1] = off[i] + width(g, addr + off[i]);
    return n;
}

/* Is there an instruction of the bootloader at addr? */
static bool in_code(const struct glitch *g, uint32_t addr)
{
    return offset(g, addr) < g->campaign->code_len;
}

static bool first_of_its_kind(struct glitch *g, uint32_t addr)
{
    uint32_t off[MEMBERS_MAX + 1];

    if (!in_code(g, addr) || (addr > g->block && addr < g->block_end))
        return false;
    g->block = addr;
    g->block_end = addr + off[members(g, addr, off)];
    return true;
}

static bool outside(void *context, uint32_t addr)
{
    struct glitch *g = context;

    if (g->entered)
        return addr <= g->group || addr >= g->group_end;
    g->entered = true;
    return false;
}

/* Over a group. False: the run is at its end. */
static bool step(struct glitch *g, uint32_t addr, uint32_t len)
{
    g->group = addr;
    g->group_end = addr + len;
    g->entered = false;
    g->exact->watch = outside;
    return board_run(g->exact) == BOARD_MARK;
}

/* Over a group, with the member at addr + at replaced. */
static bool step_without(struct glitch *g, uint32_t addr, uint32_t len, uint32_t at)
{
    uint32_t n = width(g, addr + at), nop = n == 4 ? WIDE_NOP : NOP;
    uint8_t *code = g->exact->mapped + offset(g, addr + at);
    uint8_t kept[4];
    bool more;

    memcpy(kept, code, n);
    memcpy(code, &nop, n);
    uc_ctl_remove_cache(g->exact->uc, addr, addr + len);
    more = step(g, addr, len);
    memcpy(g->exact->mapped + offset(g, addr + at), kept, n);
    uc_ctl_remove_cache(g->exact->uc, addr, addr + len);
    return more;
}

/* --- what comes of it -------------------------------------------------------------------- */

/* Is the swift board in a state that the run without a fault was in? What lies below the stack
 * pointer is of no interest, nor are, where a block begins, the flags. */
static bool converged(struct glitch *g)
{
    const struct board_state *there = &g->check;
    uint32_t ram = g->swift.kind->ram_addr, sp;
    struct board_state here = g->swift_state;

    board_save(&g->swift, &here);
    g->swift_state = here;
    sp = here.registers[BOARD_SP] - ram;
    return g->now.at < g->check_at && sp < g->swift.kind->ram_len &&
           memcmp(here.registers, there->registers, BOARD_FLAGS * sizeof here.registers[0]) == 0 &&
           memcmp(here.reg, there->reg, sizeof here.reg) == 0 &&
           memcmp(here.ram + sp, there->ram + sp, g->swift.kind->ram_len - sp) == 0;
}

/* Does the swift board leave the bootloader, or is known how it goes on? */
static bool arrived(void *context, uint32_t addr)
{
    struct glitch *g = context;
    uint32_t xpsr = 0;

    g->arrived_at = addr;
    g->converged = false;
    if (in_code(g, addr) && g->swift.power.ops == g->swift_ops) {
        if (g->swift.resets)
            return true;
        g->converged = addr == g->check_addr && converged(g);
        return g->converged;
    }
    if (in_code(g, addr))
        return false;
    /* an even address in a register or on the stack is no code: a fault, and its handler resets */
    uc_reg_read(g->swift.uc, UC_ARM_REG_XPSR, &xpsr);
    if (!(xpsr & XPSR_T))
        board_want_reset(&g->swift);
    return xpsr & XPSR_T;
}

static enum glitch_end judge(const struct glitch *g, enum board_end end)
{
    const struct glitch_campaign *c = g->campaign;
    const struct board *b = &g->swift;

    if (end == BOARD_WAITS)
        return GLITCH_HELD;
    if (end != BOARD_MARK)
        return GLITCH_HANGS;
    if (in_code(g, g->arrived_at))
        return g->converged ? GLITCH_SAME : GLITCH_RESET;
    if (offset(g, g->arrived_at) >= b->chip[0].flash.size)
        return GLITCH_STRAYED;
    if (c->bytes && offset(g, g->arrived_at) - c->slot_off < c->len &&
        memcmp(b->mapped + c->slot_off, c->bytes, c->len) == 0)
        return GLITCH_GOOD;
    return GLITCH_STARTED;
}

static void note(struct glitch *g, enum glitch_end end)
{
    g->ended[end]++;
    g->now.end = end;
    g->now.to = g->arrived_at;
    if (end >= GLITCH_STRAYED && g->n_bad < GLITCH_BAD_MAX)
        g->bad[g->n_bad++] = g->now;
}

/* The swift board with a new processor. */
static void renew(struct glitch *g, bool lax)
{
    g->swift.lax = lax;
    board_power_on(&g->swift);
    g->swift.power.ops = g->swift_ops;
}

static enum board_end go_on(struct glitch *g, const struct board_state *from, bool operated)
{
    struct board *b = &g->swift;

    board_load(b, from);
    if (operated) {
        copy_flash(b, g->exact);
        b->power.ops++;
    }
    b->instructions = 0;
    b->resets = 0;
    board_hush(b);
    return board_run(b);
}

/* From where the exact board was when saved; operated: its flash is no longer what it was. */
static void follow(struct glitch *g, const struct board_state *from, bool operated)
{
    enum board_end end = go_on(g, from, operated);
    bool doubtful = g->swift.lax && g->swift.stored;

    if (doubtful) {
        back_in_step(g);
        renew(g, false);
        end = go_on(g, from, operated);
    }
    note(g, judge(g, end));
    back_in_step(g);
    if (doubtful)
        renew(g, true);
}

/* --- faults ------------------------------------------------------------------------------ */

static bool same(const struct glitch *g, const struct board_state *a, const struct board_state *b)
{
    return memcmp(a->registers, b->registers, sizeof a->registers) == 0 &&
           memcmp(a->reg, b->reg, sizeof a->reg) == 0 &&
           memcmp(a->ram, b->ram, g->exact->kind->ram_len) == 0 && a->vtor == b->vtor &&
           a->nor.selected == b->nor.selected && a->nor.n == b->nor.n;
}

static uint64_t draw(const struct glitch *g, uint64_t x)
{
    x = (x + g->campaign->seed) * 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 31) * 0xBF58476D1CE4E5B9u;
    return x ^ x >> 29;
}

static void second_fault(struct glitch *g);

/* The exact board's flash as it was before some operations: as the swift one's. */
static void undo(struct glitch *g, uint64_t ops)
{
    if (g->exact->power.ops == ops)
        return;
    copy_flash(g->exact, &g->swift);
    g->exact->power.ops = ops;
}

/* The member at addr + at of a group was left out. more: the run goes on; unchanged: the state the
 * run without this fault is in now. */
static void judge_fault(struct glitch *g, unsigned level, bool more, bool operated, bool comparable)
{
    struct board *x = g->exact;

    g->faults++;
    if (!more) {
        note(g, x->end == BOARD_WAITS ? GLITCH_HELD : GLITCH_HANGS);
        return;
    }
    board_save(x, &g->aside[level]);
    if (comparable && !operated && same(g, &g->aside[level], &g->after[level]))
        note(g, GLITCH_SAME);
    else if (level == 0 && g->campaign->window && !operated)
        second_fault(g);
    else
        follow(g, &g->aside[level], operated);
}

/* Leave out each member of the group at addr, one at a time. level 0: first faults, 1: second ones.
 * The exact board ends up behind the group, without this fault. False: the run is at its end. */
static bool attack(struct glitch *g, uint32_t addr, unsigned level)
{
    struct board *x = g->exact;
    uint32_t off[MEMBERS_MAX + 1];
    unsigned n = members(g, addr, off);
    uint64_t ops = x->power.ops, at = x->instructions, next;
    bool more, operates;

    board_save(x, &g->before[level]);
    more = step(g, addr, off[n]);
    next = x->instructions;
    operates = x->power.ops != ops;
    board_save(x, &g->after[level]);
    undo(g, ops);
    for (unsigned i = 0; i < n; i++) {
        if (level == 1 && g->pairs++ % g->campaign->sparse)
            continue;
        if (level == 0)
            g->now = (struct glitch_bad){ addr + off[i], 0, at + 1, GLITCH_SAME, 0 };
        else
            g->now.second = addr + off[i];
        board_load(x, &g->before[level]);
        judge_fault(g, level, step_without(g, addr, off[n], off[i]), x->power.ops != ops,
                    more && !operates);
        undo(g, ops);
    }
    board_load(x, &g->after[level]);
    if (operates && level == 0) { /* those operations again, for good */
        board_load(x, &g->before[level]);
        more = step(g, addr, off[n]);
        in_step(g);
    }
    x->instructions = next;
    return more && !(operates && level == 1);
}

/* The exact board has just left out the first instruction: on from there, with a second fault at
 * each place. */
static void second_fault(struct glitch *g)
{
    for (uint32_t i = 0; i < g->campaign->window; i++) {
        uint32_t pc = 0;

        uc_reg_read(g->exact->uc, UC_ARM_REG_PC, &pc);
        if (!in_code(g, pc) || !attack(g, pc, 1))
            return;
    }
}

/* --- the run without a fault ------------------------------------------------------------- */

static bool count(void *context, uint32_t addr)
{
    struct glitch *g = context;

    if (first_of_its_kind(g, addr) && g->total[offset(g, addr) / 2]++ == 0)
        g->places++;
    return !in_code(g, addr);
}

/* Where the long computation is, and the windows for pairs. */
static bool find_windows(void *context, uint32_t addr)
{
    struct glitch *g = context;
    uint64_t at = g->exact->instructions + 1;
    uint32_t n = in_code(g, addr) ? g->total[offset(g, addr) / 2] : 0;

    if (n >= g->busy) {
        g->busy_at = g->busy_at ? g->busy_at : at;
        g->window_at[0] = at;
    }
    /* a block begins where control did not come from the instruction before */
    if (!g->busy_at && n == 1 && addr - g->last_addr > 4) {
        g->check_addr = addr;
        g->check_at = at;
    }
    g->last_addr = addr;
    if (g->exact->idle == 0)
        g->window_at[1] = at > g->campaign->window ? at - g->campaign->window : 0;
    return !in_code(g, addr);
}

static bool at_check(void *context, uint32_t addr)
{
    struct glitch *g = context;

    (void)addr;
    return g->exact->instructions + 1 == g->check_at;
}

static bool chosen(struct glitch *g, uint32_t addr, uint64_t at)
{
    uint32_t i = ++g->seen[offset(g, addr) / 2], n = g->total[offset(g, addr) / 2];

    if (at > g->busy_at && at <= g->window_at[0] && draw(g, addr) % g->campaign->sparse)
        return false;
    if (i > n) /* the console is asked more often than without a fault */
        return false;
    return n <= g->campaign->all || i == 1 || i == n ||
           draw(g, (uint64_t)addr << 32 | i) % n < g->campaign->drawn;
}

static bool choose(void *context, uint32_t addr)
{
    struct glitch *g = context;
    uint64_t at = g->exact->instructions + 1;

    if (!in_code(g, addr))
        return true;
    if (!first_of_its_kind(g, addr))
        return false;
    if (g->campaign->window)
        return at - g->window_at[0] < g->campaign->window ||
               at - g->window_at[1] < g->campaign->window;
    return chosen(g, addr, at);
}

/* Power on with the flash as it was given. */
static void again(struct glitch *g, bool (*watch)(void *, uint32_t))
{
    struct board *x = g->exact;

    for (uint8_t i = 0; i < x->n_chips; i++)
        sim_flash_restore(&x->chip[i], 1);
    x->watch_context = g;
    x->watch = watch;
    g->block = g->block_end = 0;
    board_power_on(x);
}

/* How often the instruction that is executed most is. */
static uint32_t most(const struct glitch *g)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < g->campaign->code_len / 2; i++)
        n = g->total[i] > n ? g->total[i] : n;
    return n;
}

void glitch_run(struct glitch *g)
{
    struct board *x = g->exact;

    again(g, count);
    board_run(x);
    g->instructions = x->instructions;
    g->busy = g->campaign->busy ? g->campaign->busy : most(g) / 2;
    if (x->stored) /* so will most runs, which would be done twice if lax */
        renew(g, false);
    g->swift.limit = 2 * g->instructions + PATIENCE;
    again(g, find_windows);
    board_run(x);
    again(g, at_check);
    if (board_run(x) == BOARD_MARK)
        board_save(x, &g->check);
    else
        g->check_addr = 0;
    g->swift.calm.but = g->check_addr;
    again(g, choose);
    in_step(g);
    for (bool more = true; more && board_run(x) == BOARD_MARK; x->watch = choose) {
        uint32_t pc = 0;

        uc_reg_read(x->uc, UC_ARM_REG_PC, &pc);
        more = in_code(g, pc) && attack(g, pc, 0);
    }
}

void glitch_open(struct glitch *g, struct board *exact, const struct glitch_campaign *campaign)
{
    size_t halves = exact->kind->flash[0]->size / 2;

    memset(g, 0, sizeof *g);
    g->exact = exact;
    exact->swift = false;
    g->campaign = campaign;
    g->total = must(calloc(halves, sizeof *g->total));
    g->seen = must(calloc(halves, sizeof *g->seen));
    if (board_open(&g->swift, exact->kind, NULL)) {
        fprintf(stderr, "glitch: %s\n", g->swift.why);
        abort();
    }
    for (uint8_t i = 0; i < exact->n_chips; i++)
        sim_flash_snapshot(&exact->chip[i]);
    copy_flash(&g->swift, exact);
    g->swift.swift = true;
    g->swift.watch = arrived;
    g->swift.watch_context = g;
    g->swift.calm.addr = exact->kind->flash[0]->base;
    g->swift.calm.len = campaign->code_len;
    renew(g, true);
}

void glitch_close(struct glitch *g)
{
    for (int level = 0; level < 2; level++) {
        free(g->before[level].ram);
        free(g->after[level].ram);
        free(g->aside[level].ram);
    }
    free(g->check.ram);
    free(g->swift_state.ram);
    free(g->total);
    free(g->seen);
    board_close(&g->swift);
}
