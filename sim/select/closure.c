/* SPDX-License-Identifier: Apache-2.0 */
/* Every life of a device with otadata, up to a number of acts and of power cuts. States that were
 * met before are not gone through again.
 *
 * A model that knows nothing of records says what must start: what is confirmed, what is on
 * trial, and how often that was started. A cut leaves it open whether the act was done; the boots
 * that follow tell. No boot may start what no case explains:
 *   - a confirmed application is lost if another one starts without a choice;
 *   - one that was rejected or not confirmed is back if it starts without a choice;
 *   - an unconfirmed one gets exactly its starts, but for those that a cut in a boot has cost. */
#define _POSIX_C_SOURCE 200809L
#include "sim/select/closure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bulkhead/bytes.h"
#include "sim/inner.h"
#include "sim/select/device.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define NOTHING 0xFFFFFFFFu
#define NOBODY (-9)
#define CASES 12
#define SAMPLE 512u /* cuts, of which one in each form is compared */

/* ---- the model ---- */

/* One case of what may be true. */
struct truth {
    int8_t confirmed; /* BH_ESP_FACTORY, or a slot */
    int8_t pending;   /* chosen and not confirmed, or NOBODY */
    uint8_t starts;   /* that it had */
    uint8_t
        wavers; /* CHOICE: it was cut, and reads differently at each boot: one of them may take it.
                       * CONFIRMED, of Espressif's: as long as they see it */
};

enum { CHOICE = 1, CONFIRMED = 2 };

struct truths {
    uint8_t n;
    struct truth of[CASES];
};

static void add(struct truths *set, struct truth t)
{
    unsigned at = 0;

    if (t.pending == NOBODY)
        t.starts = t.wavers = 0;
    while (at < set->n && memcmp(&set->of[at], &t, sizeof t) < 0)
        at++;
    if (at < set->n && memcmp(&set->of[at], &t, sizeof t) == 0)
        return;
    if (set->n == CASES)
        sim_die("more cases than the model has room for");
    memmove(&set->of[at + 1], &set->of[at], (set->n - at) * sizeof t);
    set->of[at] = t;
    set->n++;
}

/* ---- a life ---- */

/* How an operation was cut: a form of the simulator's, or an erase, or a write of a record, that
 * did what is worst for what comes after. */
enum craft {
    PLAIN,
    SPARE_CELL,         /* erase: one cell is left */
    SPARE_RECORD,       /* erase: the record is left, without its state */
    SPARE_SEQ,          /* erase: sequence number and checksum are left */
    SPARE_ALL,          /* erase: all is left, but for the state */
    SPARE_ALL_BUT_NOTE, /* erase: all is left, but for state and note */
    SET_STATE,          /* erase: one bit of the state is set, all else is left */
};

struct form {
    enum craft craft;
    unsigned which; /* cell, or bit */
    struct sim_cut cut;
};

static const struct form forms[] = {
    { PLAIN, 0, { .when = SIM_CUT_BEFORE } },
    { PLAIN, 0, { .when = SIM_CUT_AFTER } },
    { PLAIN, 0, { .when = SIM_CUT_TORN, .shape = SIM_PREFIX, .seed = 7 } },
    { PLAIN, 0, { .when = SIM_CUT_TORN, .shape = SIM_SUFFIX, .seed = 1 } },
    { PLAIN, 0, { .when = SIM_CUT_TORN, .shape = SIM_MIX, .seed = 2 } },
    { PLAIN, 0, { .when = SIM_CUT_TORN, .shape = SIM_BEFORE_BUT_ONE, .seed = 6 } },
    { PLAIN, 0, { .when = SIM_CUT_TORN, .shape = SIM_MEANT_BUT_ONE, .seed = 24 } },
    { SPARE_RECORD, 0, { .when = SIM_CUT_AFTER } },
    { SPARE_SEQ, 0, { .when = SIM_CUT_AFTER } },
    { SPARE_ALL, 0, { .when = SIM_CUT_AFTER } },
    { SPARE_ALL_BUT_NOTE, 0, { .when = SIM_CUT_AFTER } },
    { SET_STATE, 0, { .when = SIM_CUT_AFTER } },
    { SET_STATE, 1, { .when = SIM_CUT_AFTER } },
    { SET_STATE, 2, { .when = SIM_CUT_AFTER } },
    { SPARE_CELL, 3, { .when = SIM_CUT_AFTER } },
    { SPARE_CELL, 4, { .when = SIM_CUT_AFTER } },
    { SPARE_CELL, 5, { .when = SIM_CUT_AFTER } },
    { SPARE_CELL, 6, { .when = SIM_CUT_AFTER } },
    { SPARE_CELL, 7, { .when = SIM_CUT_AFTER } },
    { SPARE_CELL, 8, { .when = SIM_CUT_AFTER } },
    { SPARE_CELL, 9, { .when = SIM_CUT_AFTER } },
    { SPARE_CELL, 10, { .when = SIM_CUT_AFTER } },
};

/* Damage that reads differently at each boot: any of `readings`. */
static const struct form loose[] = {
    { PLAIN, 0, { .when = SIM_CUT_BEFORE } },
    { PLAIN, 0, { .when = SIM_CUT_AFTER } },
    { PLAIN, 0, { .when = SIM_CUT_TORN, .shape = SIM_MEANT, .unstable = true } },
};

static const struct sim_reading readings[] = {
    { SIM_BEFORE, 0 }, { SIM_MEANT, 0 },           { SIM_MIX, 5 },
    { SIM_BLANK, 0 },  { SIM_BEFORE_BUT_ONE, 24 }, { SIM_MEANT_BUT_ONE, 3 },
};

struct step {
    enum device_act act;
    uint64_t op; /* cut in it; 0: not */
    struct form form;
    unsigned reading;
    int came; /* what started, or what was returned */
};

struct life {
    struct device d;
    const struct closure *how;
    struct closure_result *out;
    jmp_buf stop; /* something is broken, or the time is over */
    double until; /* 0: no bound */
    struct truths truths;
    int running; /* NOBODY: the power was cut, or nothing was booted yet */
    bool chose;  /* since the last boot: then a boot comes, or another choice of ours */
    unsigned depth, cuts, reading;
    struct step steps[CLOSURE_ACTS_MAX];
    uint64_t *seen; /* a set of states, and how much was left to do in them */
    uint8_t *left;
    size_t room, used;
    uint64_t erases; /* before the last act */
};

static struct sim_reading reads_as(void *context, const struct sim_flash *flash,
                                   const struct sim_tear *tear)
{
    const struct life *l = context;

    (void)flash;
    (void)tear;
    return readings[l->reading];
}

static const char *act_text(enum device_act act)
{
    static const char *const texts[] = {
        [SET_BOOT] = "set_boot",       [CONFIRM] = "confirm",
        [REJECT] = "reject",           [ESP_SET_BOOT] = "ESP set_boot",
        [ESP_CONFIRM] = "ESP confirm", [ESP_REJECT] = "ESP reject",
        [ESP_BEGIN] = "ESP begin",     [BOOT] = "boot",
    };

    return texts[act];
}

/* One more piece of the life, as text. */
__attribute__((format(printf, 2, 3))) static void say(struct life *l, const char *format, ...)
{
    size_t used = strlen(l->out->how);
    va_list args;

    va_start(args, format);
    vsnprintf(l->out->how + used, sizeof l->out->how - used, format, args);
    va_end(args);
}

_Noreturn static void blame(struct life *l, const char *wrong)
{
    struct bh_ota_record r[2];

    say(l, "%s\n", wrong);
    for (unsigned i = 0; i < l->depth; i++) {
        const struct step *s = &l->steps[i];

        say(l, "  %s", act_text(s->act));
        if (s->op)
            say(l, ", cut in operation %u: %s %s (%u), craft %d (%u)\n", (unsigned)s->op,
                sim_when_text(s->form.cut.when), sim_shape_text(s->form.cut.shape),
                (unsigned)s->form.cut.seed, (int)s->form.craft, s->form.which);
        else
            say(l, ": %d%s\n", s->came, s->reading ? " (reads otherwise)" : "");
    }
    device_read_records(&l->d, r);
    say(l, "  records: %u state %x, %u state %x\n", (unsigned)r[0].seq, (unsigned)r[0].state,
        (unsigned)r[1].seq, (unsigned)r[1].state);
    for (unsigned i = 0; i < l->truths.n; i++)
        say(l, "  may be: %d confirmed, %d pending after %u starts%s\n", l->truths.of[i].confirmed,
            l->truths.of[i].pending, l->truths.of[i].starts,
            l->truths.of[i].wavers ? ", wavering" : "");
    l->out->broken = true;
    longjmp(l->stop, 1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- what an act makes of the cases ---- */

/* The cases after an act that was done; for a boot: those that start `index`. */
static void done(const struct life *l, enum device_act act, int index, struct truth t,
                 struct truths *out)
{
    bool on_trial = t.pending != NOBODY && t.starts < l->how->trial_boots;
    bool seen = t.wavers == CONFIRMED && t.pending == l->running && act != BOOT;
    int starts = on_trial ? t.pending : t.confirmed;

    if (seen) {
        t.confirmed = t.pending;
        t.pending = NOBODY;
    }
    switch (act) {
    case BOOT:
        if (t.wavers == CHOICE && index == t.confirmed)
            break;
        if (t.wavers == CONFIRMED && index == t.pending)
            break;
        if (index != starts)
            return;
        t.wavers = 0;
        if (on_trial)
            t.starts++;
        else
            t.pending = NOBODY;
        break;
    case SET_BOOT:
    case ESP_SET_BOOT:
        t.pending = t.confirmed == l->d.target ? NOBODY : (int8_t)l->d.target;
        t.starts = t.wavers = 0;
        break;
    case CONFIRM:
    case ESP_CONFIRM:
        if (t.pending == l->running) {
            t.confirmed = t.pending;
            t.pending = NOBODY;
        }
        break;
    case REJECT:
    case ESP_REJECT:
        if (t.pending == l->running)
            t.pending = NOBODY;
        break;
    case ESP_BEGIN: break;
    }
    add(out, t);
}

/* The cases after one that was cut: it was done or not, and what docs/select.md says of Espressif's
 * own writes. */
static void half_done(const struct life *l, enum device_act act, struct truth t, struct truths *out)
{
    bool on_trial = t.pending != NOBODY && t.starts < l->how->trial_boots;
    struct truth u = t;

    add(out, t);
    switch (act) {
    case BOOT:
        if (on_trial)
            u.starts++;
        else
            u.pending = NOBODY;
        add(out, u);
        if (l->how->unstable && on_trial && t.starts == 0) {
            t.wavers = CHOICE;
            add(out, t);
        }
        break;
    case ESP_SET_BOOT: /* torn, it may be a choice without a trial */
        add(out, (struct truth){ (int8_t)l->d.target, NOBODY, 0, 0 });
        /* fall through */
    case SET_BOOT:
        if (l->chose) /* what was never started may be taken back, and no more */
            add(out, (struct truth){ t.confirmed, NOBODY, 0, 0 });
        u.pending = t.confirmed == l->d.target ? NOBODY : (int8_t)l->d.target;
        u.starts = 0;
        u.wavers = l->how->unstable ? CHOICE : 0;
        add(out, u);
        break;
    case ESP_CONFIRM: /* torn, the trial is over */
        if (l->how->unstable && t.pending == l->running)
            add(out, (struct truth){ t.confirmed, t.pending, l->how->trial_boots, CONFIRMED });
        u.pending = NOBODY;
        add(out, u);
        done(l, act, 0, t, out);
        break;
    default: done(l, act, 0, t, out); break;
    }
}

static void tell(struct life *l, enum device_act act, bool ended, int index)
{
    struct truths after = { .n = 0 };

    for (unsigned i = 0; i < l->truths.n; i++)
        if (ended)
            done(l, act, index, l->truths.of[i], &after);
        else
            half_done(l, act, l->truths.of[i], &after);
    if (after.n == 0)
        blame(l, "what started is explained by no case");
    l->truths = after;
}

/* ---- one act ---- */

/* What an erase that was cut has left of a sector. */
static void leave(struct life *l, const struct form *f, const uint8_t before[BH_OTADATA_COPY],
                  uint32_t off)
{
    uint8_t record[BH_OTADATA_RECORD], state;

    memcpy(record, before, sizeof record);
    state = record[24];
    memset(record + 24, 0xFF, 4);
    if (f->craft == SPARE_SEQ || f->craft == SPARE_ALL_BUT_NOTE)
        memset(record + 4, 0xFF, 20);
    if (f->craft == SET_STATE) {
        memcpy(record + 24, before + 24, 4);
        record[24] = (uint8_t)(state | 1u << f->which);
    }
    if (f->craft == SPARE_CELL) {
        sim_flash_fill(&l->d.chip, off + f->which * 32, before + f->which * 32, 32);
        return;
    }
    sim_flash_fill(&l->d.chip, off, record, sizeof record);
    if (f->craft >= SPARE_ALL)
        for (uint32_t at = 32; at < 32 * 16; at += 32)
            if (!bh_all(before + at, 0xFF, 32))
                sim_flash_fill(&l->d.chip, off + at, before + at, 32);
}

static bool is_final(const struct life *l)
{
    return l->depth == l->how->acts;
}

static void check(struct life *l, uint64_t erases)
{
    if (l->d.strayed)
        blame(l, "wrote outside of otadata");
    if (l->d.chip.misuse.count)
        blame(l, l->d.chip.misuse.first);
    if (l->d.chip.counts.erases - erases > 8)
        blame(l, "more than eight erases in one boot");
}

/* What the application chooses: another one than it is; and another one yet, if it has chosen since
 * the last boot and there is a third. */
static int target(const struct life *l)
{
    int first = l->running == 0 ? 1 : 0;

    return !l->chose ? first : l->how->slots > 2 ? 2 : !first;
}

/* Do it; false if it was cut. */
static bool perform(struct life *l, struct step s)
{
    uint64_t erases = l->d.chip.counts.erases;
    bool ended;

    l->erases = erases;
    l->d.target = target(l);
    l->d.power.cut = s.form.cut;
    l->d.power.cut.at = s.op;
    l->reading = s.reading;
    ended = device_perform(&l->d, s.act);
    l->d.power.cut.at = 0;
    l->out->acts++;
    l->out->boots += s.act == BOOT;
    l->out->cuts += !ended;
    if (l->until > 0 && l->out->acts % 256 == 0 && now() > l->until)
        longjmp(l->stop, 1);
    s.came = s.act != BOOT ? l->d.err
             : l->d.boot.action == BH_BOOT_START && l->d.boot.verdict == BH_VERDICT_GOOD
                 ? l->d.boot.index
                 : BH_ESP_NONE;
    if (ended)
        s.op = 0;
    l->steps[l->depth++] = s;
    check(l, erases);
    if (ended && s.act != BOOT && s.came != BH_OK)
        blame(l, "an application's act failed");
    if (!ended && s.op == 0)
        blame(l, "the power went by itself");
    return ended;
}

/* ---- all of them ---- */

static uint64_t state_now(struct life *l)
{
    uint64_t h = sim_flash_hash(&l->d.chip);

    for (unsigned i = 0; i < l->truths.n; i++)
        h = sim_mix(h ^ ((uint64_t)(uint8_t)l->truths.of[i].confirmed << 24 |
                         (uint64_t)(uint8_t)l->truths.of[i].pending << 16 |
                         (uint64_t)l->truths.of[i].wavers << 8 | l->truths.of[i].starts));
    h = sim_mix(h ^ ((uint64_t)(uint8_t)l->running << 24 | l->cuts << 8 | l->chose));
    return l->d.chip.n_tears ? sim_mix(h ^ l->reading) : h;
}

static void remember(struct life *l, uint64_t h, uint8_t left);

static void grow(struct life *l)
{
    uint64_t *seen = l->seen;
    uint8_t *left = l->left;
    size_t room = l->room;

    l->room = room ? room * 4 : 1 << 16;
    l->used = 0;
    l->seen = calloc(l->room, sizeof *l->seen);
    l->left = calloc(l->room, 1);
    if (!l->seen || !l->left)
        sim_die("out of memory");
    for (size_t i = 0; i < room; i++)
        if (left[i])
            remember(l, seen[i], left[i]);
    free(seen);
    free(left);
}

static size_t find(const struct life *l, uint64_t h)
{
    size_t at = h & (l->room - 1);

    while (l->left[at] && l->seen[at] != h)
        at = (at + 1) & (l->room - 1);
    return at;
}

static void remember(struct life *l, uint64_t h, uint8_t left)
{
    size_t at;

    if (l->used * 2 >= l->room)
        grow(l);
    at = find(l, h);
    l->used += !l->left[at];
    l->seen[at] = h;
    l->left[at] = left;
}

/* Was it met before, with as much left to do? */
static bool known(struct life *l)
{
    uint64_t h = state_now(l);
    uint8_t left = (uint8_t)(l->how->acts - l->depth + 1);

    if (l->room && l->left[find(l, h)] >= left)
        return true;
    remember(l, h, left);
    return false;
}

static bool on_trial(const struct life *l)
{
    struct bh_ota_record r[2];
    int active;

    device_read_records(&l->d, r);
    active = bh_ota_active(r);
    return active >= 0 && r[active].state == BH_OTA_PENDING_VERIFY &&
           (int)bh_ota_slot(&r[active], l->how->slots) == l->running;
}

/* Would an application do this now? */
static bool apt(const struct life *l, enum device_act act)
{
    bool trial = l->running != NOBODY && on_trial(l);

    if (act == BOOT)
        return true;
    if (l->running == NOBODY || (act <= REJECT ? !l->how->ours : !l->how->theirs))
        return false;
    if (act == CONFIRM || act == REJECT || act == ESP_CONFIRM || act == ESP_REJECT)
        return trial;
    /* With units above 1 a choice that is taken back may, torn twice, have one start more. */
    return !trial && (!l->chose || (act == SET_BOOT && (!l->how->unstable || l->how->unit == 1)));
}

static void live(struct life *l);

/* The state before an act, to come back to. */
struct here {
    uint32_t snapshot;
    struct sim_power power;
    struct bh_select_boot boot;
    struct truths truths;
    int running;
    bool chose;
    unsigned depth, cuts, reading;
    int target;
    uint64_t erases;
    struct device_strike struck;
};

static struct here look_around(struct life *l)
{
    return (struct here){ sim_flash_snapshot(&l->d.chip),
                          l->d.power,
                          l->d.boot,
                          l->truths,
                          l->running,
                          l->chose,
                          l->depth,
                          l->cuts,
                          l->reading,
                          l->d.target,
                          l->erases,
                          l->d.struck };
}

static void go_back(struct life *l, const struct here *h)
{
    sim_flash_restore(&l->d.chip, h->snapshot);
    l->d.power = h->power;
    l->d.boot = h->boot;
    l->truths = h->truths;
    l->running = h->running;
    l->chose = h->chose;
    l->depth = h->depth;
    l->cuts = h->cuts;
    l->reading = h->reading;
    l->d.target = h->target;
    l->erases = h->erases;
    l->d.struck = h->struck;
}

static void whole_act(struct life *l, struct step s)
{
    perform(l, s);
    tell(l, s.act, true, l->steps[l->depth - 1].came);
    if (s.act == BOOT) {
        l->running = l->steps[l->depth - 1].came;
        l->chose = false;
    } else if (s.act == SET_BOOT || s.act == ESP_SET_BOOT || s.act == REJECT ||
               s.act == ESP_REJECT) {
        l->chose = true;
    }
    live(l);
}

static void do_again(void *context)
{
    struct life *l = context;
    const struct device_strike *o = &l->d.struck;
    char text[80];
    const struct bh_flash *flash = &l->d.chip.flash;
    int err = o->kind == SIM_ERASE ? bh_flash_erase(flash, o->off, o->len)
                                   : bh_flash_program(flash, o->off, o->data, o->len);

    snprintf(text, sizeof text, "an operation that is to be cut came to its end: %d", err);
    blame(l, text);
}

/* The operation before which the power went is cut in another way. All that was done until then is
 * as it was, so only the operation is done again. */
static void strike(struct life *l, const struct form *f)
{
    l->d.power.boots--; /* it is the same one */
    l->d.power.cut = f->cut;
    l->d.power.cut.at = 1;
    (void)sim_power_run(&l->d.power, do_again, l);
    l->steps[l->depth - 1].form = *f;
    l->out->cuts++;
    check(l, l->erases);
}

/* Is it as if the whole act was done again, and cut? It is done, for a few. */
static void compare(struct life *l, const struct here *h, struct step s, uint64_t hash)
{
    go_back(l, h);
    if (perform(l, s) || sim_flash_hash(&l->d.chip) != hash)
        blame(l, "an operation that is done again is not what the act does");
    l->out->compared++;
}

/* Cut in operation s.op, in all forms. False if there is no such operation. */
static bool cut_act(struct life *l, const struct here *h, struct step s)
{
    const struct form *all = l->how->unstable ? loose : forms;
    unsigned n = l->how->unstable ? COUNT(loose) : COUNT(forms);
    unsigned sample = (unsigned)(l->out->cuts % SAMPLE);
    uint8_t before[BH_OTADATA_COPY];
    struct here dark;
    uint64_t hash = 0;

    go_back(l, h);
    s.form = all[0]; /* the power goes before it */
    if (perform(l, s))
        return false;
    sim_flash_peek(&l->d.chip, l->d.struck.off & ~0xFFFu, before, sizeof before);
    dark = look_around(l);
    for (unsigned f = 0; f < n; f++) {
        if (all[f].craft && dark.struck.kind != SIM_ERASE)
            continue;
        if (all[f].craft == SPARE_CELL && bh_all(before + all[f].which * 32, 0xFF, 32))
            continue;
        go_back(l, &dark);
        if (f > 0)
            strike(l, &all[f]);
        if (f == sample)
            hash = sim_flash_hash(&l->d.chip);
        if (all[f].craft)
            leave(l, &all[f], before, dark.struck.off);
        tell(l, s.act, false, 0);
        l->running = NOBODY;
        l->cuts++;
        live(l);
    }
    if (hash) {
        s.form = all[sample];
        compare(l, h, s, hash);
    }
    return true;
}

/* Everything that can come now. */
static void live(struct life *l)
{
    static const enum device_act acts[] = { BOOT,         SET_BOOT,    CONFIRM,    REJECT,
                                            ESP_SET_BOOT, ESP_CONFIRM, ESP_REJECT, ESP_BEGIN };
    struct here h;

    if (is_final(l) || known(l))
        return;
    h = look_around(l);
    for (unsigned a = 0; a < COUNT(acts); a++) {
        unsigned n = acts[a] == BOOT && l->d.chip.n_tears ? COUNT(readings) : 1;

        if (!apt(l, acts[a]))
            continue;
        for (unsigned r = 0; r < n; r++) {
            struct step s = { .act = acts[a], .reading = acts[a] == BOOT ? r : h.reading };

            whole_act(l, s);
            for (s.op = 1; h.cuts < l->how->cuts && cut_act(l, &h, s); s.op++)
                continue;
            go_back(l, &h);
        }
    }
}

static const struct {
    int confirmed;
    uint32_t seq[2], state[2];
} beginnings[] = {
    { 0, { 1, NOTHING }, { BH_OTA_VALID, 0 } },
    { BH_ESP_FACTORY, { NOTHING, NOTHING }, { 0 } },
    { 1, { 3, 2 }, { BH_OTA_ABORTED, BH_OTA_VALID } }, /* copy 0 is over, and has the larger */
};

/* Returns false if it was stopped. */
static bool from(struct life *l, unsigned beginning)
{
    const struct closure *how = l->how;
    int confirmed = beginnings[beginning].confirmed;
    struct truth t = { (int8_t)confirmed, NOBODY, 0, 0 };

    if (confirmed == BH_ESP_FACTORY && !how->factory)
        t.confirmed = 0; /* the first that verifies */
    l->running = NOBODY;
    device_open_slots(&l->d, how->unit, how->slots, how->factory);
    l->d.product.rollback = true;
    l->d.product.trial_boots = how->trial_boots;
    device_records(&l->d, beginnings[beginning].seq[0], beginnings[beginning].state[0],
                   beginnings[beginning].seq[1], beginnings[beginning].state[1]);
    l->d.power.choose = reads_as;
    l->d.power.choose_context = l;
    add(&l->truths, t);
    if (setjmp(l->stop))
        return false;
    live(l);
    return true;
}

void closure_explore(const struct closure *how, struct closure_result *out)
{
    double began = now();

    memset(out, 0, sizeof *out);
    out->complete = true;
    for (unsigned b = 0; out->complete && b < COUNT(beginnings); b++) {
        struct life *l = sim_grow(NULL, 1, sizeof *l);

        memset(l, 0, sizeof *l);
        l->how = how;
        l->out = out;
        l->until = how->max_seconds > 0 ? began + how->max_seconds : 0;
        if (!from(l, b))
            out->complete = false;
        out->states += l->used;
        free(l->seen);
        free(l->left);
        device_close(&l->d);
        free(l);
    }
    out->seconds = now() - began;
}
