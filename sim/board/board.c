/* SPDX-License-Identifier: Apache-2.0 */
/* The processor, its memory, power and reset. A hook before every instruction counts it, ends the
 * run if it should end there, and brings the processor's view of the mapped flash up to date: what
 * the processor sees is a copy of what the flash reads.
 *
 * A stop by a peripheral takes effect before the next instruction. */
#include "inner.h"

#include "bulkhead/bytes.h"
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

#define PAGE 4096u
#define UNUSED_LEN 4096u /* no frame leaves so much of itself untouched */
#define IDLE_MAX 64u     /* polls of an empty console: the program waits */
#define RETAINED_MAX 4096u
#define PATIENCE_MS 1000u
#define RESETS_MAX 16u /* in one power-on, without anything said: a loop */

const struct board_kind *board_find(const char *name)
{
    for (size_t i = 0; board_kinds[i]; i++)
        if (strcmp(board_kinds[i]->name, name) == 0)
            return board_kinds[i];
    return NULL;
}

const char *board_end_text(enum board_end end)
{
    switch (end) {
    case BOARD_WAITS: return "waits for input";
    case BOARD_CUT: return "power cut";
    case BOARD_LOCKUP: return "locked up";
    case BOARD_LIMIT: return "instruction limit reached";
    case BOARD_MARK: return "mark reached";
    }
    return "unknown";
}

void board_stop(struct board *b, enum board_end end)
{
    if (!b->ended) {
        b->ended = true;
        b->end = end;
    }
    uc_emu_stop(b->uc);
}

void board_want_reset(struct board *b)
{
    b->reset_wanted = true;
    uc_emu_stop(b->uc);
}

/* --- flash ------------------------------------------------------------------------------- */

void board_stale(struct board *b, uint32_t off, uint32_t len)
{
    uint32_t end = off + len;

    if (b->stale_len) {
        uint32_t old_end = b->stale_off + b->stale_len;

        off = off < b->stale_off ? off : b->stale_off;
        end = end > old_end ? end : old_end;
    }
    b->stale_off = off;
    b->stale_len = end - off;
}

/* One unit that is or is not what the flash's ECC rejects. */
static void mark(struct board *b, uint32_t off, bool unreadable)
{
    uint32_t unit = b->kind->flash[0]->unit, i = off / unit;

    b->unreadable[i / 8] =
        (uint8_t)((b->unreadable[i / 8] & ~(1u << i % 8)) | (uint32_t)unreadable << i % 8);
    if (!unreadable)
        return;
    if (b->unreadable_from == b->unreadable_to) {
        b->unreadable_from = off;
        b->unreadable_to = off + unit;
    }
    b->unreadable_from = bh_min(b->unreadable_from, off);
    if (off + unit > b->unreadable_to)
        b->unreadable_to = off + unit;
}

/* Read a range of the mapped chip again. A read error is what the bus would make of it: zeros, and
 * where flash has ECC a signal to the processor that loads them. */
static void look_again(struct board *b, uint32_t off, uint32_t len)
{
    const struct bh_flash *f = &b->chip[0].flash;
    bool whole = bh_flash_read(f, off, b->mapped + off, len) == BH_OK;
    uint32_t end = off + len;

    if (!whole && !b->unreadable)
        memset(b->mapped + off, 0, len);
    for (off -= off % f->unit; b->unreadable && off < end; off += f->unit) {
        bool bad = !whole && bh_flash_read(f, off, b->mapped + off, f->unit);

        if (bad)
            memset(b->mapped + off, 0, f->unit);
        mark(b, off, bad);
    }
}

static bool done(struct board *b, uint8_t chip, uint32_t off, uint32_t len, int err)
{
    if (b->power.dark)
        board_stop(b, BOARD_CUT);
    else if (b->mapped && chip == 0)
        board_stale(b, off, len);
    b->idle = 0;
    return err == BH_OK;
}

bool board_program(struct board *b, uint8_t chip, uint32_t off, const void *data, uint32_t len)
{
    return done(b, chip, off, len, bh_flash_program(&b->chip[chip].flash, off, data, len));
}

bool board_erase(struct board *b, uint8_t chip, uint32_t off)
{
    const struct bh_flash *f = &b->chip[chip].flash;
    struct bh_page page;

    if (bh_flash_page(f, off, &page))
        return false;
    if (b->slow && b->kind->stalls && chip == 0)
        board_stall(b, b->kind->erase_ms[0]);
    return done(b, chip, page.off, page.len, bh_flash_erase(f, page.off, page.len));
}

/* --- console ----------------------------------------------------------------------------- */

void board_say(struct board *b, char c)
{
    if (b->n_said == BOARD_SAID_MAX) {
        b->n_said /= 2;
        memmove(b->said, b->said + BOARD_SAID_MAX - b->n_said, b->n_said);
    }
    b->said[b->n_said++] = c;
    b->said[b->n_said] = '\0';
    b->idle = 0;
    if (b->echo)
        b->echo(b->echo_context, c);
}

bool board_heard(struct board *b)
{
    if (b->at_typed < b->n_typed)
        return true;
    if (++b->idle < IDLE_MAX)
        return false;
    if (b->timed && b->waited_ms < b->patience_ms) {
        b->waited_ms++;
        b->idle = 0;
        board_stall(b, 1);
    } else {
        board_stop(b, BOARD_WAITS);
    }
    return false;
}

uint8_t board_hear(struct board *b)
{
    b->idle = 0;
    b->waited_ms = 0;
    b->timed = false;
    return b->at_typed < b->n_typed ? (uint8_t)b->typed[b->at_typed++] : 0;
}

void board_send(struct board *b, const void *data, uint32_t len)
{
    b->n_typed -= b->at_typed;
    memmove(b->typed, b->typed + b->at_typed, b->n_typed);
    b->at_typed = 0;
    if (len > BOARD_TYPED_MAX - b->n_typed)
        len = BOARD_TYPED_MAX - b->n_typed;
    memcpy(b->typed + b->n_typed, data, len);
    b->n_typed += len;
}

void board_type(struct board *b, const char *text)
{
    board_send(b, text, (uint32_t)strlen(text));
}

void board_hush(struct board *b)
{
    b->n_said = 0;
    b->said[0] = '\0';
}

/* --- the processor ----------------------------------------------------------------------- */

bool board_dma_read(struct board *b, uint32_t addr, void *buf, uint32_t len)
{
    return uc_mem_read(b->uc, addr, buf, len) == UC_ERR_OK;
}

bool board_dma_write(struct board *b, uint32_t addr, const void *buf, uint32_t len)
{
    uint32_t off = addr - b->kind->ram_addr;

    return off < b->kind->ram_len && len <= b->kind->ram_len - off &&
           uc_mem_write(b->uc, addr, buf, len) == UC_ERR_OK;
}

uint32_t board_get_register(struct board *b, int which)
{
    uint32_t value = 0;

    uc_reg_read(b->uc, which, &value);
    return value;
}

void board_set_register(struct board *b, int which, uint32_t value)
{
    uc_reg_write(b->uc, which, &value);
}

static void catch_up(struct board *b)
{
    if (b->stale_len) {
        look_again(b, b->stale_off, b->stale_len);
        b->stale_len = 0;
    }
}

/* Before every instruction. */
static void on_instruction(uc_engine *uc, uint64_t addr, uint32_t size, void *context)
{
    struct board *b = context;

    catch_up(b);
    if (b->ended || b->reset_wanted || b->nmi_wanted || b->fault_wanted) {
        uc_emu_stop(uc);
        return;
    }
    if (b->instructions >= b->watchdog.bite_at) {
        b->watchdog.bites++;
        board_want_reset(b);
        return;
    }
    if (b->watch && b->watch(b->watch_context, (uint32_t)addr)) {
        board_stop(b, BOARD_MARK);
        return;
    }
    if (b->cut_at && b->instructions + 1 == b->cut_at) {
        sim_power_off(&b->power);
        board_stop(b, BOARD_CUT);
        return;
    }
    if (b->limit && b->instructions >= b->limit) {
        board_stop(b, BOARD_LIMIT);
        return;
    }
    b->instructions += b->swift ? size / 2 : 1;
}

/* Before every run of instructions: first of all what nearly always is the case. */
static void on_run(uc_engine *uc, uint64_t addr, uint32_t size, void *context)
{
    struct board *b = context;
    bool calm = (uint32_t)addr - b->calm.addr < b->calm.len && addr != b->calm.but && !b->fresh;

    if (calm && !b->stale_len && !b->ended && !b->reset_wanted && !b->nmi_wanted &&
        !b->fault_wanted && (!b->limit || b->instructions < b->limit) &&
        b->instructions < b->watchdog.bite_at) {
        b->instructions += size / 2;
        return;
    }
    on_instruction(uc, addr, size, context);
    b->fresh = false;
}

static bool on_flash_store(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value,
                           void *context)
{
    struct board *b = context;
    uint32_t off = (uint32_t)addr - b->kind->flash[0]->base;

    (void)uc, (void)type;
    if (off >= b->kind->flash[0]->size || !board_may_write(b, (uint32_t)addr))
        return false;
    /* the emulator is about to change the bytes it sees: look again, whatever comes of it */
    off &= ~3u;
    board_stale(b, off, bh_min(8, b->kind->flash[0]->size - off));
    b->stored = true;
    return b->kind->store && b->kind->store(b, (uint32_t)addr - b->kind->flash[0]->base,
                                            (uint32_t)size, (uint32_t)value);
}

/* That someone asks for stores, if only for one byte, makes Unicorn look at each. Otherwise, from
 * version 2.1 on, what was let through once is not asked about again. */
static void on_no_store(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value,
                        void *context)
{
    (void)uc, (void)type, (void)addr, (void)size, (void)value, (void)context;
}

static void on_flash_load(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value,
                          void *context)
{
    struct board *b = context;
    uint32_t off = (uint32_t)addr - b->kind->flash[0]->base;

    (void)uc, (void)type, (void)size, (void)value;
    if (off < b->kind->flash[0]->size)
        b->kind->load(b, off);
}

/* Is it to see what it loads? */
static void on_torn_load(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value,
                         void *context)
{
    struct board *b = context;
    uint32_t unit = b->kind->flash[0]->unit, off = (uint32_t)addr - b->kind->flash[0]->base;
    uint32_t end = off + (uint32_t)size;

    (void)uc, (void)type, (void)value;
    for (off -= off % unit; off < end && off < b->kind->flash[0]->size; off += unit)
        if (b->unreadable[off / unit / 8] >> off / unit % 8 & 1u) {
            b->kind->torn(b, off);
            return;
        }
}

void board_nmi(struct board *b)
{
    b->nmi_wanted = !b->in_nmi;
    uc_emu_stop(b->uc);
}

void board_bus_fault(struct board *b)
{
    b->fault_wanted = true;
    uc_emu_stop(b->uc);
}

/* --- registers --------------------------------------------------------------------------- */

static uint32_t at_reset(const struct board *b, uint32_t addr)
{
    const struct board_register *r = b->kind->at_reset;

    while (r && r->addr && r->addr != addr)
        r++;
    return r ? r->value : 0;
}

uint32_t *board_keep(struct board *b, uint32_t addr)
{
    uint32_t i = 0;

    while (i < b->n_kept && b->kept[i].addr != addr)
        i++;
    if (i == BOARD_KEPT_MAX) { /* a program that a fault sent astray writes anywhere */
        b->beyond = (struct board_register){ addr, at_reset(b, addr) };
        return &b->beyond.value;
    }
    if (i == b->n_kept)
        b->kept[b->n_kept++] = (struct board_register){ addr, at_reset(b, addr) };
    return &b->kept[i].value;
}

void board_forget(struct board *b, uint32_t addr, uint32_t len)
{
    for (uint32_t i = 0; i < b->n_kept; i++)
        if (b->kept[i].addr - addr < len)
            b->kept[i].value = at_reset(b, b->kept[i].addr);
}

static void touch(struct board *b, uint32_t addr)
{
    for (uint32_t i = 0; i < b->n_touched; i++)
        if (b->touched[i] == addr)
            return;
    if (b->n_touched < BOARD_TOUCHED_MAX)
        b->touched[b->n_touched++] = addr;
}

bool board_register(struct board *b, uint32_t addr, uint32_t *value)
{
    for (uint8_t i = 0; i < b->kind->n_peripherals; i++) {
        const struct board_peripheral *p = &b->kind->peripherals[i];

        if (addr - p->addr >= p->len)
            continue;
        *value = p->read(b, addr - p->addr);
        return true;
    }
    return false;
}

static uint64_t on_read(uc_engine *uc, uint64_t off, unsigned size, void *context)
{
    const struct board_window *w = context;

    (void)uc, (void)size;
    catch_up(w->b);
    return w->p->read(w->b, (uint32_t)off);
}

static void on_write(uc_engine *uc, uint64_t off, unsigned size, uint64_t value, void *context)
{
    const struct board_window *w = context;

    (void)uc, (void)size;
    touch(w->b, w->p->addr + (uint32_t)off);
    w->p->write(w->b, (uint32_t)off, (uint32_t)value);
}

/* Word i of the noise that fills RAM at reset. */
static uint32_t noise(const struct board *b, uint32_t i)
{
    uint64_t x = (b->power.seed + 1) * 0x9E3779B97F4A7C15u + i;

    x = (x ^ x >> 31) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 29) * 0x94D049BB133111EBu;
    return (uint32_t)(x >> 32);
}

uint32_t board_stack_used(const struct board *b)
{
    uint32_t n = b->kind->ram_len / 4, run = 0, i = n;

    while (i > 0 && run < UNUSED_LEN / 4) {
        uint32_t word;

        memcpy(&word, b->ram + --i * 4, 4);
        run = word == noise(b, i) ? run + 1 : 0;
    }
    return (n - i - run) * 4;
}

bool board_emulator(void)
{
    unsigned int major = 0, minor = 0;

    return uc_version(&major, &minor) != 0;
}

static void check(uc_err err, const char *what)
{
    if (err == UC_ERR_OK)
        return;
    fprintf(stderr, "board emulator: %s: %s\n", what, uc_strerror(err));
    abort();
}

/* A new processor, connected to everything. */
static void connect(struct board *b)
{
    const struct board_kind *kind = b->kind;
    const struct bh_flash *flash = kind->flash[0];
    uc_hook hook;

    if (b->uc)
        uc_close(b->uc);
    check(uc_open((uc_arch)kind->cpu->arch, (uc_mode)kind->cpu->mode, &b->uc), "open");
    check(uc_ctl_set_cpu_model(b->uc, kind->cpu->model), "processor");
    if (b->mapped)
        check(
            uc_mem_map_ptr(b->uc, flash->base, flash->size, UC_PROT_READ | UC_PROT_EXEC, b->mapped),
            "flash");
    check(uc_mem_map_ptr(b->uc, kind->ram_addr, kind->ram_len, UC_PROT_ALL, b->ram), "RAM");
    if (kind->rom_len)
        check(uc_mem_map_ptr(b->uc, kind->rom_addr, kind->rom_len, UC_PROT_READ | UC_PROT_EXEC,
                             (void *)(uintptr_t)kind->rom),
              "ROM");
    if (b->more)
        check(uc_mem_map_ptr(b->uc, kind->more_addr, kind->more_len, UC_PROT_ALL, b->more), "RAM");
    for (uint8_t i = 0; i < kind->n_peripherals; i++) {
        const struct board_peripheral *p = &kind->peripherals[i];

        b->window[i] = (struct board_window){ b, p };
        check(uc_mmio_map(b->uc, p->addr, p->len, on_read, &b->window[i], on_write, &b->window[i]),
              "peripheral");
    }
    check(b->swift ? uc_hook_add(b->uc, &hook, UC_HOOK_BLOCK, (void *)on_run, b, 1, 0)
                   : uc_hook_add(b->uc, &hook, UC_HOOK_CODE, (void *)on_instruction, b, 1, 0),
          "hook");
    check(uc_hook_add(b->uc, &hook, UC_HOOK_MEM_WRITE_PROT, (void *)on_flash_store, b, 1, 0),
          "hook");
    if (!b->lax)
        check(uc_hook_add(b->uc, &hook, UC_HOOK_MEM_WRITE, (void *)on_no_store, b, 0, 0), "hook");
    if (kind->load)
        check(uc_hook_add(b->uc, &hook, UC_HOOK_MEM_READ, (void *)on_flash_load, b, flash->base,
                          flash->base + flash->size - 1),
              "hook");
    if (b->unreadable && b->unreadable_from < b->unreadable_to)
        check(uc_hook_add(b->uc, &hook, UC_HOOK_MEM_READ, (void *)on_torn_load, b,
                          flash->base + b->unreadable_from, flash->base + b->unreadable_to - 1),
              "hook");
}

static void make_noise(const struct board *b, uint8_t *ram, uint32_t len, uint32_t first)
{
    for (uint32_t i = 0; i < len / 4; i++) {
        uint32_t word = noise(b, first + i);

        memcpy(ram + i * 4, &word, 4);
    }
}

/* RAM is noise, but for what is retained over a reset by the program itself. */
static void reset_ram(struct board *b, bool cold)
{
    uint32_t off = b->retained.addr - b->kind->ram_addr;
    uint8_t kept[RETAINED_MAX];
    bool keep = !cold && b->retained.len <= sizeof kept &&
                bh_within(off, b->retained.len, b->kind->ram_len);

    if (keep)
        memcpy(kept, b->ram + off, b->retained.len);
    make_noise(b, b->ram, b->kind->ram_len, 0);
    if (keep)
        memcpy(b->ram + off, kept, b->retained.len);
}

static void reset(struct board *b, bool cold)
{
    reset_ram(b, cold);
    if (b->more)
        make_noise(b, b->more, b->kind->more_len, b->kind->ram_len / 4);
    b->unreadable_from = b->unreadable_to = 0;
    if (b->mapped)
        look_again(b, 0, b->chip[0].flash.size);
    b->stale_len = 0;
    b->reset_wanted = false;
    b->in_fault = b->nmi_wanted = b->in_nmi = b->fault_wanted = false;
    b->fresh = true;
    b->started = 0;
    memset(b->reg, 0, sizeof b->reg);
    b->n_kept = b->n_touched = 0;
    b->timed = false;
    b->waited_ms = 0;
    b->tick_us = 0;
    board_watchdog_reset(b);
    b->guarded = b->hidden = false;
    b->ram_runs = 0;
    b->runs = b->kind->flash[0]->size;
    if (b->kind->reset)
        b->kind->reset(b);
    connect(b);
    b->kind->cpu->reset(b);
    if (b->kind->boot)
        b->kind->boot(b);
}

void board_power_on(struct board *b)
{
    sim_power_on(&b->power);
    b->instructions = 0;
    b->resets = 0;
    b->faults = 0;
    b->stored = false;
    b->watchdog = (struct board_watchdog){ 0 };
    b->time = (struct board_time){ 0 };
    b->n_typed = b->at_typed = 0;
    for (uint8_t i = 0; i < b->n_chips; i++)
        if (!b->kind->flash[i]->mapped)
            board_nor_reset(&b->nor, &b->chip[i]);
    reset(b, true);
}

/* The same place on a new processor: after an exception of its own (a jump to an even address, say)
 * Unicorn's has more of them in whatever it runs next. */
static void replace(struct board *b)
{
    struct board_state state = { .ram = NULL };
    bool hidden = b->hidden;

    board_save(b, &state);
    connect(b);
    b->guarded = b->hidden = false;
    b->ram_runs = 0;
    b->runs = b->kind->flash[0]->size;
    board_hide(b, hidden);
    board_load(b, &state);
    free(state.ram);
}

/* A fault goes to its handler; one within that is a lockup. */
static void fault(struct board *b)
{
    uint32_t handler = 0;

    b->faults++;
    if (b->in_fault || !b->kind->cpu->fault(b, &handler)) {
        board_stop(b, BOARD_LOCKUP);
        return;
    }
    b->in_fault = true;
    board_set_register(b, b->kind->cpu->pc, handler | b->kind->cpu->thumb);
}

enum board_end board_run(struct board *b)
{
    uint32_t quiet_resets = 0;

    b->ended = false;
    b->idle = 0;
    b->waited_ms = 0;
    if (b->power.dark)
        board_stop(b, BOARD_CUT);
    while (!b->ended) {
        uint64_t before = b->instructions;
        uint32_t said = b->n_said;
        uint32_t pc = board_get_register(b, b->kind->cpu->pc) | b->kind->cpu->thumb;
        uc_err err = uc_emu_start(b->uc, pc, 0xFFFFFFFEu, 0, 0);

        if (b->ended)
            break;
        if (b->reset_wanted) {
            quiet_resets = b->n_said == said ? quiet_resets + 1 : 0;
            if (quiet_resets > RESETS_MAX)
                board_stop(b, BOARD_LOCKUP);
            b->resets++;
            reset(b, false);
        } else if (b->in_nmi && board_nmi_over(b)) {
            b->in_nmi = false;
        } else if (b->nmi_wanted) {
            b->nmi_wanted = false;
            b->in_nmi = true;
            board_nmi_begin(b);
        } else if (b->fault_wanted) {
            b->fault_wanted = false;
            fault(b);
        } else if (err || b->instructions == before) {
            if (err == UC_ERR_EXCEPTION)
                replace(b);
            fault(b);
        }
    }
    if (b->end == BOARD_CUT) {
        sim_power_off(&b->power);
        b->cut_at = 0;
    }
    return b->end;
}

/* --- open and close ---------------------------------------------------------------------- */

int board_open(struct board *b, const struct board_kind *kind, const struct sim_traits *traits)
{
    return board_open_files(b, kind, traits, NULL, SIM_FILE_CREATE);
}

int board_open_files(struct board *b, const struct board_kind *kind,
                     const struct sim_traits *traits, const char *const *paths, enum sim_file how)
{
    memset(b, 0, sizeof *b);
    b->kind = kind;
    memset(b->fuse, 0xFF, sizeof b->fuse);
    b->patience_ms = PATIENCE_MS;
    for (uint8_t i = 0; i < BOARD_CHIPS_MAX && kind->flash[i]; i++) {
        struct sim_traits t = { .name = i ? "external" : "internal" };
        int err;

        if (traits)
            t = *traits;
        t.power = &b->power;
        t.burst = kind->burst[i];
        t.ecc |= kind->torn && i == 0;
        if (!traits && kind->flash[i]->unit == 1 && kind->burst[i] > 1)
            t.again = SIM_AGAIN_CLEAR; /* NOR flash: bytes are cleared further, one by one */
        if (kind->product && sim_world_shared(kind->product))
            t.again = SIM_AGAIN_CLEAR;
        err = paths ? sim_flash_open_file(&b->chip[i], kind->flash[i], &t, paths[i], how)
                    : sim_flash_open(&b->chip[i], kind->flash[i], &t);
        b->n_chips++;
        b->why = b->chip[i].text;
        if (err)
            return err;
    }
    if (kind->flash[0]->mapped)
        b->mapped = aligned_alloc(PAGE, kind->flash[0]->size);
    if (kind->torn)
        b->unreadable = calloc(kind->flash[0]->size / kind->flash[0]->unit / 8 + 1, 1);
    b->ram = aligned_alloc(PAGE, kind->ram_len);
    if (kind->more_len)
        b->more = aligned_alloc(PAGE, kind->more_len);
    b->why = b->ram && (b->more || !kind->more_len) && (b->unreadable || !kind->torn) &&
                     (b->mapped || !kind->flash[0]->mapped)
                 ? NULL
                 : "out of memory";
    sim_power_off(&b->power);
    return b->why ? BH_ERR_ABSENT : BH_OK;
}

void board_close(struct board *b)
{
    if (b->uc)
        uc_close(b->uc);
    for (uint8_t i = 0; i < b->n_chips; i++)
        sim_flash_close(&b->chip[i]);
    free(b->mapped);
    free(b->unreadable);
    free(b->ram);
    free(b->more);
}
