/* SPDX-License-Identifier: Apache-2.0 */
/* A scenario, cut everywhere.
 *
 * live() performs the next act once. At each of its operations on_op() tears that operation in every
 * form and lives on from there, within the act, to the scenario's end; then the flash is put back
 * and the act goes on as if nothing had happened. What was lived through is not lived through
 * again: the rest of a life depends on the state of the flash, the accounts of the specification,
 * the place in the scenario and the cuts that are still to come.
 *
 * After a cut the device boots; then the application does again what it was doing. */
#include "search.h"

#include <string.h>

#include "sim/inner.h"

/* Where a life stands. */
struct place {
    struct search *x;
    unsigned at; /* act of the scenario; the two behind its end are boots */
    bool off;    /* power was cut: it boots first */
    struct explore_act act; /* that runs */
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
    if (x->m.cuts > 0)
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
    machine_tear(&x->m, op, &cut);
    spec_cut(&x->spec, p->act);
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

    if (x->stop || x->m.n_readings < x->m.n_given)
        return; /* or: cut here already, with an earlier combination of readings */
    machine_pause(&x->m, &pause);
    for (unsigned i = 0; !x->stop && search_cut(x, op, i, &cut); i++) {
        if (cut.at || !mine(x))
            continue;
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
    spec_cut(&x->spec, p->act);
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
    if (p->off)
        return p->at < len && moot(x, x->task->scenario->act[p->at]) ? p->at + 1 : p->at;
    if (p->at == len && !spec_all(&x->spec, SPEC_IDLE))
        return len; /* until the trial is over */
    return p->at + 1;
}

static void judge(struct place *p, unsigned len, bool idle)
{
    struct search *x = p->x;

    if (!search_judge(x, p->act)) {
        search_report(x);
        return;
    }
    if (!p->off && p->at == len + 1 && idle && x->m.w.power.ops && !x->m.n_readings) {
        machine_break(&x->m, LAW_RESTS, "%llu operations",
                      (unsigned long long)x->m.w.power.ops);
        search_report(x);
    }
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
    ended = machine_perform(&x->m, act);
    x->m.fork = NULL;
    if (x->stop)
        return;
    search_note(x, act, NULL);
    if (!ended || x->m.broken) {
        search_report(x);
        return;
    }
    machine_pause(&x->m, &pause);
    if (cuts && act.kind == ACT_BOOT && x->m.w.power.ops && mine(x)) {
        cut_at_the_end(p);
        machine_resume(&x->m, &pause);
        search_note(x, act, NULL);
    }
    if (!x->stop)
        judge(p, len, idle);
    if (!x->stop)
        live(x, next(x, p, len), false);
    machine_resume(&x->m, &pause);
}

static void live(struct search *x, unsigned at, bool off)
{
    unsigned len = length(x->task->scenario);
    struct place p = { x, at, off, { ACT_BOOT, 0 } };
    struct spec before = x->spec;
    enum sim_health health[SIM_CHIPS_MAX];
    uint32_t mark;

    if (x->stop || at > len + 1)
        return;
    if (!seen_add(&x->seen, search_key(x, at | (uint64_t)off << 8 | (uint64_t)x->m.cuts << 16)))
        return;
    if (x->n_trace == EXPLORE_TRACE_MAX)
        sim_die("a trace longer than the explorer has room for");
    x->n_trace++;
    search_count(x);
    if (!off && at < len)
        p.act = x->task->scenario->act[at];
    mark = machine_mark(&x->m);
    x->m.n_given = 0;
    for (uint8_t i = 0; i < SIM_CHIPS_MAX; i++)
        health[i] = x->m.w.chip[i].health;
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
    x->n_trace--;
}

void explore_sweep(struct search *x)
{
    live(x, 0, false);
}
