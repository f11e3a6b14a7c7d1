/* SPDX-License-Identifier: Apache-2.0 */
/* Inject one fault: stop at its place, change an instruction, a register or the flags, and judge
 * what follows. */
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
#define REGISTERS 15u      /* r0 to r12, sp, lr */
#define KEPT 64u           /* more bytes of code than a fault changes, or a group has after it */
#define PATIENCE 10000000u /* instructions beyond twice those of the run without a fault */

const char *glitch_end_text(enum glitch_end end)
{
    switch (end) {
    case GLITCH_SAME: return "no difference";
    case GLITCH_HELD: return "nothing started";
    case GLITCH_GOOD: return "good image started";
    case GLITCH_RESET: return "reset";
    case GLITCH_HANGS: return "hangs";
    case GLITCH_VOID: return "jumps into the void";
    case GLITCH_INSIDE: return "jumps into the image";
    case GLITCH_STRAYED: return "strayed into RAM";
    case GLITCH_STARTED: return "TAMPERED IMAGE STARTED";
    case GLITCH_ENDS: break;
    }
    return "unknown";
}

const char *glitch_kind_text(enum glitch_kind kind)
{
    switch (kind) {
    case GLITCH_SKIP: return "skipped instruction";
    case GLITCH_SKIP_2: return "2 skipped instructions";
    case GLITCH_SKIP_3: return "3 skipped instructions";
    case GLITCH_SKIP_4: return "4 skipped instructions";
    case GLITCH_WORD: return "bit of an instruction";
    case GLITCH_REGISTER: return "bit of a register";
    case GLITCH_CONDITION: return "inverted condition";
    case GLITCH_LOAD: return "load of 0 or all ones";
    case GLITCH_PC: return "bit of the program counter";
    case GLITCH_KINDS: break;
    }
    return "unknown";
}

uint64_t glitch_ended(const struct glitch *g, enum glitch_end end)
{
    uint64_t n = 0;

    for (unsigned kind = 0; kind < GLITCH_KINDS; kind++)
        n += g->ended[kind][end];
    return n;
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

/* --- what can go wrong ------------------------------------------------------------------- */

/* One fault: of which kind, and which of them. */
struct fault {
    enum glitch_kind kind;
    uint32_t detail;
};

static uint32_t word(const struct glitch *g, uint32_t addr)
{
    return width(g, addr) == 4 ? half(g, addr) << 16 | half(g, addr + 2) : half(g, addr);
}

/* The registers that the load at addr fills but the program counter, a bit each; 0: it is
 * no load. */
static uint32_t loaded(const struct glitch *g, uint32_t addr)
{
    uint32_t op = word(g, addr), rt = 1u << (op >> 12 & 15u);

    if (width(g, addr) == 2) {
        if (op >> 11 == 9 || op >> 11 == 0x13) /* literal, from the stack */
            return 1u << (op >> 8 & 7u);
        if (op >> 12 == 5)
            return (op >> 9 & 7u) >= 3 ? 1u << (op & 7u) : 0;
        if (op >> 11 == 0x0D || op >> 11 == 0x0F || op >> 11 == 0x11)
            return 1u << (op & 7u);
        return op >> 9 == 0x5E || op >> 11 == 0x19 ? op & 0xFFu : 0; /* POP, LDM */
    }
    if (op >> 25 == 0x7C && op >> 20 & 1u) /* LDR, LDRB, LDRH, signed or not */
        return rt & 0x5FFFu;
    if (op >> 25 != 0x74 || !(op >> 20 & 1u))
        return 0;
    if (!(op >> 22 & 1u))
        return op & 0x5FFFu; /* LDM */
    return (op >> 21 & 1u) || (op >> 24 & 1u) ? (rt | 1u << (op >> 8 & 15u)) & 0x5FFFu
                                              : 0; /* LDRD */
}

/* What to turn in the instruction at addr so that its condition is the opposite; 0: it has none. */
static uint32_t inversion(const struct glitch *g, uint32_t addr)
{
    uint32_t op = word(g, addr), mask = op & 15u;

    if (width(g, addr) == 4)
        return op >> 27 == 0x1E && (op >> 12 & 5u) == 0 && (op & 0x8000u) && (op >> 22 & 15u) < 14
                   ? 1u << 22
                   : 0;
    if (op >> 12 == 0xD && (op >> 8 & 15u) < 14)
        return 1u << 8;
    if (op >> 12 == 0xB && (op >> 8 & 5u) == 1) /* CBZ, CBNZ */
        return 1u << 11;
    if (op >> 8 == 0xBF &&
        mask) /* the others of the block have the lowest bit of their condition */
        return 1u << 4 | (15u & ~(mask ^ (mask - 1)));
    return 0;
}

/* How many faults of this kind there are in the instruction at addr. first: it begins a group. */
static uint32_t choices(const struct glitch *g, enum glitch_kind kind, uint32_t addr, bool first)
{
    switch (kind) {
    case GLITCH_WORD: return width(g, addr) * 8;
    case GLITCH_REGISTER: return first ? (uint32_t)__builtin_popcount(g->registers) * 32 : 0;
    case GLITCH_PC: return first ? 31 : 0;
    case GLITCH_CONDITION: return inversion(g, addr) ? 1 : 0;
    case GLITCH_LOAD: return first ? (uint32_t)__builtin_popcount(loaded(g, addr)) * 2 : 0;
    default: return 1;
    }
}

/* The number of the n-th bit that is set. */
static uint32_t nth(uint32_t set, uint32_t n)
{
    while (n--)
        set &= set - 1;
    return (uint32_t)__builtin_ctz(set);
}

/* The choice-th of them. */
static uint32_t detail(const struct glitch *g, enum glitch_kind kind, uint32_t addr,
                       uint32_t choice)
{
    uint32_t set = loaded(g, addr);

    if (kind == GLITCH_PC)
        return choice + 1; /* bit 0 is none of the address */
    if (kind == GLITCH_REGISTER)
        return nth(g->registers, choice / 32) * 32 + choice % 32;
    return kind == GLITCH_LOAD ? nth(set, choice / 2) * 2 + choice % 2 : choice;
}

/* Change the code at addr as the fault does. Returns how many bytes from addr on it may have
 * changed. */
static uint32_t change_code(struct glitch *g, uint32_t addr, const struct fault *f)
{
    uint32_t n = width(g, addr),
             turned = f->kind == GLITCH_WORD ? 1u << f->detail : inversion(g, addr);
    uint32_t end = addr;

    if (f->kind == GLITCH_WORD || f->kind == GLITCH_CONDITION) {
        uint32_t changed = word(g, addr) ^ turned;
        uint32_t halves = n == 4 ? changed >> 16 | changed << 16 : changed;

        memcpy(g->exact->mapped + offset(g, addr), &halves, n);
        return n;
    }
    for (unsigned left = (unsigned)(f->kind - GLITCH_SKIP) + 1; left; left--) {
        uint32_t len = width(g, end), nop = len == 4 ? WIDE_NOP : NOP;

        memcpy(g->exact->mapped + offset(g, end), &nop, len);
        end += len;
    }
    return end - addr;
}

static void turn_register(struct glitch *g, unsigned which, uint32_t bits)
{
    int id = g->exact->kind->cpu->registers[which];

    board_set_register(g->exact, id, board_get_register(g->exact, id) ^ bits);
}

/* Where the group that begins at addr ends, at least at end, with what is in memory now: an IT that
 * begins in it goes on to the end of its block. */
static uint32_t group_end(const struct glitch *g, uint32_t addr, uint32_t end)
{
    uint32_t off[MEMBERS_MAX + 1];

    while (addr < end)
        addr += off[members(g, addr, off)];
    return addr;
}

/* Over the group at addr, of len bytes, with a fault in the member at addr + at. False: the run is
 * at its end. */
static bool step_with(struct glitch *g, uint32_t addr, uint32_t len, uint32_t at,
                      const struct fault *f)
{
    struct board *x = g->exact;
    uint8_t *code = x->mapped + offset(g, addr), kept[KEPT];
    uint32_t end = addr + len, changed;
    bool more;

    switch (f->kind) {
    case GLITCH_REGISTER: turn_register(g, f->detail / 32, 1u << f->detail % 32); break;
    case GLITCH_PC:
        board_set_register(x, x->kind->cpu->pc, (addr ^ 1u << f->detail) | 1u);
        return true;
    case GLITCH_LOAD: break;
    default:
        memcpy(kept, code, sizeof kept);
        changed = change_code(g, addr + at, f);
        end = group_end(g, addr, end > addr + at + changed ? end : addr + at + changed);
        uc_ctl_remove_cache(x->uc, addr, addr + KEPT);
        more = step(g, addr, end - addr);
        memcpy(x->mapped + offset(g, addr), kept, sizeof kept);
        uc_ctl_remove_cache(x->uc, addr, addr + KEPT);
        return more;
    }
    more = step(g, addr, len);
    if (f->kind == GLITCH_LOAD)
        board_set_register(x, x->kind->cpu->registers[f->detail / 2], f->detail % 2 ? ~0u : 0u);
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
    if (g->arrived_at == c->entry)
        return GLITCH_STARTED;
    return g->arrived_at - c->image_addr < c->image_len ? GLITCH_INSIDE : GLITCH_VOID;
}

static void note(struct glitch *g, enum glitch_end end)
{
    g->ended[g->now.kind][end]++;
    g->now.end = end;
    g->now.to = g->arrived_at;
    if (end >= GLITCH_INSIDE && g->n_bad < GLITCH_BAD_MAX)
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

/* Which registers does the group at addr read? Those that, turned all over, make another difference
 * than that they are. g->before and g->after are the states around it. */
static uint32_t registers_read(struct glitch *g, uint32_t addr, uint32_t len)
{
    struct board *x = g->exact;
    uint32_t read = 0;

    for (unsigned r = 0; r < REGISTERS; r++) {
        uint64_t ops = x->power.ops;
        struct board_state *end = &g->aside[0];
        bool more;

        board_load(x, &g->before[0]);
        turn_register(g, r, ~0u);
        more = step(g, addr, len);
        board_save(x, end);
        undo(g, ops);
        if (end->registers[r] == ~g->after[0].registers[r])
            end->registers[r] = g->after[0].registers[r];
        if (!more || !same(g, end, &g->after[0]))
            read |= 1u << r;
    }
    return read;
}

/* A fault has struck. more: the run goes on; comparable: the state that the run without this fault
 * is in now is known. */
static void judge_fault(struct glitch *g, unsigned level, bool more, bool operated, bool comparable)
{
    struct board *x = g->exact;

    g->faults[g->now.kind]++;
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

/* Is this one drawn? */
static bool drawn(const struct glitch *g, const struct fault *f, uint32_t addr, uint64_t at)
{
    uint64_t bound = g->campaign->bound, possible = g->possible[f->kind];

    return bound == 0 || bound >= possible ||
           draw(g, draw(g, (uint64_t)addr << 32 | f->detail << 4 | f->kind) ^ at) % possible <
               bound;
}

/* One fault in the member at addr + at of the group of len bytes. */
static void strike(struct glitch *g, uint32_t addr, uint32_t len, uint32_t at,
                   const struct fault *f, unsigned level, bool comparable)
{
    struct board *x = g->exact;
    uint64_t ops = x->power.ops;
    bool more;

    if (level == 0) {
        g->now.first = addr + at;
        g->now.kind = f->kind;
        g->now.detail = f->detail;
        g->now.second = 0;
    } else {
        g->now.second = addr + at;
    }
    board_load(x, &g->before[level]);
    more = step_with(g, addr, len, at, f);
    judge_fault(g, level, more, x->power.ops != ops, comparable && f->kind != GLITCH_PC);
    undo(g, ops);
}

/* Every fault of one kind in the member at addr + at. */
static void strike_all(struct glitch *g, uint32_t addr, uint32_t len, uint32_t at,
                       enum glitch_kind kind, unsigned level, bool comparable)
{
    uint64_t when = g->now.at;
    uint32_t n = choices(g, kind, addr + at, at == 0);

    if (g->counting) {
        g->possible[kind] += n;
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        struct fault f = { kind, detail(g, kind, addr + at, i) };

        if (level == 1 ? g->pairs++ % g->campaign->sparse == 0 : drawn(g, &f, addr + at, when))
            strike(g, addr, len, at, &f, level, comparable);
    }
}

/* Faults in each member of the group at addr, one at a time. level 0: first faults, 1: second ones.
 * The exact board ends up after the group, without this fault. False: the run is at its end. */
static bool attack(struct glitch *g, uint32_t addr, unsigned level)
{
    struct board *x = g->exact;
    uint32_t off[MEMBERS_MAX + 1], kinds = level ? 0 : g->campaign->kinds;
    unsigned n = members(g, addr, off);
    uint64_t ops = x->power.ops, at = x->instructions, next;
    bool more, operates;

    g->registers = (1u << REGISTERS) - 1;
    if (g->counting && !g->campaign->read_only) {
        for (unsigned i = 0; i < n; i++)
            for (unsigned kind = 0; kind < GLITCH_KINDS; kind++)
                g->possible[kind] += choices(g, (enum glitch_kind)kind, addr + off[i], i == 0);
        return step(g, addr, off[n]);
    }
    board_save(x, &g->before[level]);
    more = step(g, addr, off[n]);
    next = x->instructions;
    operates = x->power.ops != ops;
    board_save(x, &g->after[level]);
    undo(g, ops);
    if (level == 0 && g->campaign->read_only)
        g->registers = registers_read(g, addr, off[n]);
    if (level == 0)
        g->now.at = at + 1;
    for (unsigned i = 0; i < n; i++)
        for (unsigned kind = 0; kind < GLITCH_KINDS; kind++)
            if ((kinds ? kinds : 1u << GLITCH_SKIP) >> kind & 1u)
                strike_all(g, addr, off[n], off[i], (enum glitch_kind)kind, level,
                           more && !operates);
    board_load(x, &g->after[level]);
    if (operates && level == 0) { /* those operations again, for good */
        board_load(x, &g->before[level]);
        more = step(g, addr, off[n]);
        in_step(g);
    }
    x->instructions = next;
    return more && !(operates && level == 1);
}

/* The exact board has just skipped the first instruction: on from there, with a second fault at
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

    if (at > g->busy_at && at <= g->window_at[0] && n > g->campaign->rare &&
        draw(g, addr) % g->campaign->sparse)
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
    if (!first_of_its_kind(g, addr) ||
        (g->campaign->only && addr - g->campaign->only >= g->campaign->only_len))
        return false;
    if (g->campaign->window)
        return at - g->window_at[0] < g->campaign->window ||
               at - g->window_at[1] < g->campaign->window;
    if (g->campaign->places) {
        if (at <= g->window_at[0] || at < g->next_at || g->n_places == g->campaign->places)
            return false;
        g->next_at = at + g->campaign->stride;
        g->n_places++;
        return true;
    }
    return chosen(g, addr, at) && !(g->campaign->late && at <= g->window_at[0]);
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

static void at_all_places(struct glitch *g)
{
    struct board *x = g->exact;

    g->next_at = g->n_places = 0;
    memset(g->seen, 0, g->exact->kind->flash[0]->size / 2 * sizeof *g->seen);
    again(g, choose);
    in_step(g);
    for (bool more = true; more && board_run(x) == BOARD_MARK; x->watch = choose) {
        uint32_t pc = 0;

        uc_reg_read(x->uc, UC_ARM_REG_PC, &pc);
        more = in_code(g, pc) && attack(g, pc, 0);
    }
    if (x->end == BOARD_WAITS ||
        (x->end == BOARD_MARK && g->campaign->bytes &&
         !in_code(g, board_get_register(x, x->kind->cpu->pc)))) /* a good image is started */
        return;
    fprintf(stderr,
            "glitch: the run without a fault ends so at 0x%x after a %s at 0x%x, detail %u: %s\n",
            (unsigned)board_get_register(x, x->kind->cpu->pc), glitch_kind_text(g->now.kind),
            (unsigned)g->now.first, (unsigned)g->now.detail, board_end_text(x->end));
    abort();
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
    g->counting = true;
    if (g->campaign->bound)
        at_all_places(g);
    g->counting = false;
    at_all_places(g);
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
