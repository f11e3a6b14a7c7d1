/* SPDX-License-Identifier: Apache-2.0 */
/* A scenario, cut everywhere.
 *
 * live() performs the next act once. At each of its operations on_op() tears that operation in
 * every form and lives on from there, within the act, to the scenario's end; then the flash is put
 * back and the act goes on as if nothing had happened. What was lived through is not lived through
 * again: the rest of a life depends on the state of the flash, the accounts of the specification,
 * the place in the scenario and the cuts that are still to come.
 *
 * After a cut the device boots; then the application does again what it was doing.
 *
 * A page goes bad in the middle of an act that goes on: so the act is performed again for each
 * page, each of its operations and each way to go bad, and cut in turn. A hand writes between two
 * acts, before a boot. What is owed after either is in wake.c. */
#include "search.h"

#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"

#include "sim/inner.h"

/* Where a life stands. */
struct place {
    struct search *x;
    unsigned at;                /* act of the scenario; the two after its end are boots */
    bool off;                   /* power was cut: it boots first */
    struct explore_act act;     /* that runs */
    struct explore_death death; /* in it; decay SOUND: none */
};

static void live(struct search *x, unsigned at, bool off);

static unsigned length(const struct explore_scenario *s)
{
    unsigned n = 0;

    while (n < EXPLORE_ACTS_MAX && s->act[n].kind != ACT_END)
        n++;
    return n;
}

/* A cut somewhere in an act. Environment acts have no operations of their own. */
static void live_on(struct place *p)
{
    struct search *x = p->x;
    bool boot = p->act.kind == ACT_BOOT;

    live(x, p->at, p->off || !boot);
}

static bool mine(struct search *x)
{
    if (x->m.cuts > 0 || x->spec.wake.on || x->spec.wake.touched)
        return true;
    return x->first_cuts++ % x->task->n_shards == x->task->shard;
}

static void cut_here(struct place *p, const struct machine_op *op, const struct sim_cut *how)
{
    struct search *x = p->x;
    struct spec before = x->spec;
    struct sim_cut cut = *how;

    cut.at = op->number;
    search_note(x, p->act, &cut);
    x->trace[x->n_trace - 1].death = p->death;
    machine_tear(&x->m, op, &cut);
    search_was_cut(x, p->act);
    x->out->cuts++;
    live_on(p);
    x->spec = before;
}

static void on_op(void *context, const struct machine_op *op)
{
    struct place *p = context;
    struct search *x = p->x;
    struct machine_pause pause;
    struct sim_cut cut;

    if (x->m.cuts == 0)
        x->ops++;
    if (x->stop || x->m.n_readings < x->m.n_given || x->m.death.decay)
        return; /* or: cut here already, with an earlier combination of readings, or before a death
                   that is still to come */
    machine_pause(&x->m, &pause);
    for (unsigned i = 0; !x->stop && search_cut(x, op, i, &cut); i++) {
        if (cut.at || !mine(x))
            continue;
        if (x->task->max_cuts && x->out->cuts >= x->task->max_cuts) {
            x->out->complete = false;
            x->stop = true;
            break;
        }
        cut_here(p, op, &cut);
        machine_again(&x->m, &pause);
    }
    machine_resume(&x->m, &pause);
    x->m.context = p;
}

/* The power goes after the last operation of a boot, before anything is started. */
static void cut_at_the_end(struct place *p)
{
    struct search *x = p->x;
    struct spec before = x->spec;
    struct sim_cut cut = { .at = x->m.w.power.ops, .when = SIM_CUT_AFTER };

    search_note(x, p->act, &cut);
    x->trace[x->n_trace - 1].death = p->death;
    search_was_cut(x, p->act);
    x->out->cuts++;
    x->m.cuts++;
    live_on(p);
    x->spec = before;
}

/* Is it still to be done, after the boot that followed a cut in it? */
static bool moot(const struct search *x, struct explore_act act)
{
    return (act.kind == ACT_TEST || act.kind == ACT_PERMANENT) && spec_staged(&x->spec) == 0;
}

static unsigned next(const struct search *x, const struct place *p, unsigned len)
{
    if (x->spec.wake.on && !p->off)
        return wake_over(x) ? len + 2 : p->at >= len || !x->spec.wake.runs ? len : p->at + 1;
    if (p->off)
        return p->at < len && moot(x, x->task->scenario->act[p->at]) ? p->at + 1 : p->at;
    if (p->at == len && !spec_all(&x->spec, SPEC_IDLE))
        return len; /* until the trial is over */
    return p->at + 1;
}

/* False: a law is broken, and this life is over. */
static bool judge(struct place *p, unsigned len, bool idle)
{
    struct search *x = p->x;

    if (!search_judge(x, p->act, !p->off && p->at >= len)) {
        search_report(x);
        return false;
    }
    if (x->spec.wake.on)
        return true;
    if (!p->off && p->at == len + 1 && idle && x->m.w.power.ops && !x->m.n_readings) {
        machine_break(&x->m, LAW_RESTS, "%llu operations", (unsigned long long)x->m.w.power.ops);
        search_report(x);
        return false;
    }
    return true;
}

/* One act, with the readings that are prescribed, and what follows. */
static void once(struct place *p, unsigned len)
{
    struct search *x = p->x;
    bool idle = spec_all(&x->spec, SPEC_IDLE), ended, cuts = x->m.cuts < x->task->cuts;
    struct explore_act act = p->act;
    struct machine_pause pause;

    x->m.fork = cuts ? on_op : NULL;
    x->m.context = p;
    ended = search_perform(x, act, &p->death);
    x->m.fork = NULL;
    if (x->stop)
        return;
    search_note(x, act, NULL);
    x->trace[x->n_trace - 1].death = p->death;
    if (!ended || x->m.broken) {
        search_report(x);
        return;
    }
    machine_pause(&x->m, &pause);
    if (cuts && act.kind == ACT_BOOT && x->m.w.power.ops && mine(x)) {
        cut_at_the_end(p);
        machine_resume(&x->m, &pause);
        search_note(x, act, NULL);
        x->trace[x->n_trace - 1].death = p->death;
    }
    if (!x->stop && judge(p, len, idle) && !x->stop)
        live(x, next(x, p, len), false);
    machine_resume(&x->m, &pause);
}

/* --- pages that go bad --------------------------------------------------------------------- */

#define LOG_MAX 8192u

/* The acts's operations, and where they are, if nothing goes wrong. Returns how many. */
static uint32_t list_operations(struct place *p, struct machine_page *log)
{
    struct search *x = p->x;
    struct spec before = x->spec;
    uint32_t mark = machine_mark(&x->m), n;

    x->m.log = log;
    x->m.max_log = LOG_MAX;
    x->m.fork = NULL;
    (void)search_perform(x, p->act, NULL);
    x->m.log = NULL;
    n = (uint32_t)x->m.w.power.ops;
    machine_back(&x->m, mark);
    x->spec = before;
    return n < LOG_MAX ? n : LOG_MAX;
}

static bool in_journal(const struct machine *m, const struct sim_flash *chip, uint32_t off)
{
    for (int i = 0; i < 2; i++) {
        const struct bh_region *r = &m->w.product.journal[i];

        if (r->flash == &chip->flash && off >= r->off && off - r->off < r->len)
            return true;
    }
    return false;
}

/* A page that cannot be written is noticed when it is to be; one that cannot be read, or holds
 * garbage, may be looked at between any two operations. The journal is looked at as the
 * act begins. */
static bool worth_it(const struct place *p, const struct machine_page *log,
                     const struct bh_page *page, const struct explore_death *death)
{
    const struct sim_flash *chip = &p->x->m.w.chip[death->chip];
    bool touched = death->at && log[death->at - 1].chip == chip &&
                   log[death->at - 1].off - page->off < page->len;

    if (touched)
        return true;
    if (death->decay == SIM_WORN)
        return false;
    if (death->at == 0)
        return true;
    return !p->x->task->sparse && death->decay != SIM_SPOILT &&
           !in_journal(&p->x->m, chip, page->off);
}

static void die(struct place *p, unsigned len, const struct explore_death *death)
{
    struct search *x = p->x;
    struct spec before = x->spec;
    uint8_t cuts = x->m.cuts;
    uint32_t mark = machine_mark(&x->m);

    p->death = *death;
    once(p, len);
    p->death.decay = SIM_SOUND;
    x->m.cuts = cuts;
    machine_back(&x->m, mark);
    x->spec = before;
}

static void die_in_region(struct place *p, unsigned len, const struct machine_page *log,
                          uint32_t n_ops, const struct bh_region *r)
{
    struct search *x = p->x;
    struct explore_death death = { .chip = 0 };
    struct bh_page page;

    if (!r->flash)
        return;
    death.chip = (uint8_t)((struct sim_flash *)r->flash->context - x->m.w.chip);
    for (uint32_t off = r->off; off < r->off + r->len && !bh_flash_page(r->flash, off, &page);
         off = page.off + page.len)
        for (uint32_t at = 0; at <= n_ops; at++)
            for (unsigned decay = SIM_WORN; decay < SIM_DECAYS && !x->stop; decay++) {
                death.at = at;
                death.off = page.off;
                death.decay = (uint8_t)decay;
                if (worth_it(p, log, &page, &death) && mine(x))
                    die(p, len, &death);
            }
}

static bool inside(const struct bh_region *a, const struct bh_region *b)
{
    return a->flash == b->flash && a->off >= b->off && a->off + a->len <= b->off + b->len;
}

static void die_everywhere(struct place *p, unsigned len)
{
    struct search *x = p->x;
    const struct bh_product *product = &x->m.w.product;
    struct machine_page *log;
    uint32_t n_ops;

    if (x->spec.wake.dead >= x->task->deaths || x->stop || explore_act_of_hand(p->act) ||
        x->task->flash != EXPLORE_FIXED)
        return;
    log = sim_grow(NULL, LOG_MAX, sizeof *log);
    n_ops = list_operations(p, log);
    for (int i = 0; i < 2; i++)
        die_in_region(p, len, log, n_ops, &product->journal[i]);
    for (uint8_t i = 0; i < product->n_pairs; i++) {
        const struct bh_pair *pair = &product->pairs[i];

        die_in_region(p, len, log, n_ops, &pair->primary);
        die_in_region(p, len, log, n_ops, &pair->secondary);
        if (!inside(&pair->spare, &pair->secondary))
            die_in_region(p, len, log, n_ops, &pair->spare);
    }
    free(log);
}

/* --- hands --------------------------------------------------------------------------------- */

static const struct explore_act hands[] = {
    { .kind = ACT_PRIMARY, .version = EXPLORE_LATER },
    { .kind = ACT_PRIMARY, .version = EXPLORE_SAME },
    { .kind = ACT_PRIMARY, .version = EXPLORE_FACTORY },
    { .kind = ACT_PRIMARY, .version = EXPLORE_LATER, .part = EXPLORE_PART_HALF },
    { .kind = ACT_PRIMARY, .version = EXPLORE_LATER, .pair = 1 },
    { .kind = ACT_PRIMARY, .version = EXPLORE_LATER, .pair = 2 },
    { .kind = ACT_STAGED, .version = EXPLORE_OLDER },
    { .kind = ACT_STAGED, .version = EXPLORE_OLDER, .part = EXPLORE_FIRST },
    { .kind = ACT_STAGED, .version = EXPLORE_OLDER, .part = EXPLORE_LAST },
    { .kind = ACT_BACKUP, .version = EXPLORE_OLDER },
    { .kind = ACT_BACKUP, .version = EXPLORE_OLDER, .part = EXPLORE_FIRST },
    { .kind = ACT_BACKUP, .version = EXPLORE_OLDER, .part = EXPLORE_LAST },
    { .kind = ACT_FORGE, .version = 1 },
    { .kind = ACT_FORGE, .version = 2 },
    { .kind = ACT_FORGE, .version = 3 },
    { .kind = ACT_FORGE, .version = 4 },
    { .kind = ACT_FORGE, .version = 5 },
    { .kind = ACT_FORGE, .version = 6 },
    { .kind = ACT_FORGE, .version = 7 },
    { .kind = ACT_FORGE, .version = 8 },
};

/* One of a set alone: only if the images do not depend on each other. */
static bool hand_fits(const struct machine *m, struct explore_act hand)
{
    bool set = m->used & (m->used - 1);

    if (hand.kind == ACT_BACKUP && !m->w.product.plan->needs_spare)
        return false;
    return !hand.pair || (set && !m->w.product.mailbox);
}

/* A hand writes between two acts; the step of the trace that p would take is the hand's. */
static void by_every_hand(const struct place *p)
{
    struct search *x = p->x;
    struct spec before = x->spec;
    uint32_t mark;

    if (x->spec.wake.touched >= x->task->hands || x->stop || p->act.kind != ACT_BOOT)
        return;
    mark = machine_mark(&x->m);
    for (unsigned i = 0; i < sizeof hands / sizeof hands[0] && !x->stop; i++) {
        if (!hand_fits(&x->m, hands[i]) || !mine(x))
            continue;
        x->m.fork = NULL;
        (void)search_perform(x, hands[i], NULL);
        search_note(x, hands[i], NULL);
        (void)search_judge(x, hands[i], false);
        live(x, p->at, p->off);
        machine_back(&x->m, mark);
        x->spec = before;
    }
}

/* --- a life -------------------------------------------------------------------------------- */

/* The act at this place of the scenario. */
static struct explore_act act_at(const struct search *x, unsigned at, bool off, unsigned len)
{
    struct explore_act boot = { .kind = ACT_BOOT };
    struct explore_act act = at < len ? x->task->scenario->act[at] : boot;

    if (off)
        return boot;
    return x->spec.wake.on ? wake_act(x, act, at >= len) : act;
}

static void live(struct search *x, unsigned at, bool off)
{
    unsigned len = length(x->task->scenario);
    struct place p = { x, at, off, act_at(x, at, off, len), { .decay = SIM_SOUND } };
    struct spec before = x->spec;
    enum sim_health health[SIM_CHIPS_MAX];
    uint64_t place = at | (uint64_t)off << 8 | (uint64_t)x->m.cuts << 16;
    uint32_t mark;

    if (x->stop || at > len + 1)
        return;
    if (!seen_add(&x->seen, search_key(x, place | (uint64_t)x->spec.wake.touched << 24)))
        return;
    if (x->n_trace == EXPLORE_TRACE_MAX)
        sim_die("a trace longer than the explorer has room for");
    x->n_trace++;
    search_count(x);
    mark = machine_mark(&x->m);
    x->m.n_given = 0;
    for (uint8_t i = 0; i < SIM_CHIPS_MAX; i++)
        health[i] = x->m.w.chip[i].health;
    by_every_hand(&p);
    for (bool more = true; more && !x->stop;) {
        uint8_t cuts = x->m.cuts;

        once(&p, len);
        more = x->task->flash == EXPLORE_LOOSE && machine_next_readings(&x->m);
        x->m.cuts = cuts;
        machine_back(&x->m, mark);
        for (uint8_t i = 0; i < SIM_CHIPS_MAX; i++)
            x->m.w.chip[i].health = health[i];
        x->spec = before;
    }
    die_everywhere(&p, len);
    x->n_trace--;
}

/* The operations of the scenario and of the boots after it, if the power is never cut: how far a
 * sweep is, is told by them. 0 where pages go bad or hands write: most of the work is elsewhere. */
static uint64_t count_operations(struct search *x)
{
    const struct explore_scenario *s = x->task->scenario;
    struct explore_act boot = { .kind = ACT_BOOT };
    unsigned len = length(s);
    uint32_t mark = machine_mark(&x->m);
    struct spec before = x->spec;
    enum sim_health health[SIM_CHIPS_MAX];
    uint64_t n = 0, boots = x->m.boots;

    if (x->task->deaths || x->task->hands || !x->task->cuts)
        return 0;
    for (uint8_t i = 0; i < SIM_CHIPS_MAX; i++)
        health[i] = x->m.w.chip[i].health;
    for (unsigned i = 0; i < len + 2; i++) {
        (void)search_perform(x, i < len ? s->act[i] : boot, NULL);
        n += x->m.w.power.ops;
    }
    machine_back(&x->m, mark);
    for (uint8_t i = 0; i < SIM_CHIPS_MAX; i++)
        x->m.w.chip[i].health = health[i];
    x->m.broken = LAW_NONE; /* what breaks without a cut, breaks again in live() */
    x->m.escaped = false;
    x->m.boots = boots;
    x->spec = before;
    return n;
}

void explore_sweep(struct search *x)
{
    x->ops_all = count_operations(x);
    live(x, 0, false);
}
