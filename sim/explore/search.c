/* SPDX-License-Identifier: Apache-2.0 */
/* The cuts and the pages' deaths that a search tries at each operation, and its clock. */
#define _POSIX_C_SOURCE 200809L
#include "search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/inner.h"

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- cuts ---------------------------------------------------------------------------------- */

/* What is fixed may be anything: nothing done, all done, the first or last part, some bits of it,
 * one unit too much or too little, garbage. A program of several units may be cut in each; the
 * first, the middle and the last stand for all. */
static const struct sim_cut fixed_program[] = {
    { .when = SIM_CUT_BEFORE },
    { .when = SIM_CUT_TORN, .shape = SIM_MEANT },
    { .when = SIM_CUT_TORN, .shape = SIM_MIX, .seed = 3 },
    { .when = SIM_CUT_TORN, .shape = SIM_MIX, .seed = 4 },
    { .when = SIM_CUT_TORN, .shape = SIM_MIX, .seed = 5 },
    { .when = SIM_CUT_TORN, .shape = SIM_GARBAGE, .seed = 6 },
};
static const struct sim_cut fixed_erase[] = {
    { .when = SIM_CUT_BEFORE },
    { .when = SIM_CUT_TORN, .shape = SIM_BLANK },
    { .when = SIM_CUT_TORN, .shape = SIM_MIX, .seed = 3 },
    { .when = SIM_CUT_TORN, .shape = SIM_MIX, .seed = 4 },
    { .when = SIM_CUT_TORN, .shape = SIM_MIX, .seed = 5 },
    { .when = SIM_CUT_TORN, .shape = SIM_PREFIX, .seed = 1 },
    { .when = SIM_CUT_TORN, .shape = SIM_SUFFIX, .seed = 1 },
    { .when = SIM_CUT_TORN, .shape = SIM_BEFORE_BUT_ONE },
    { .when = SIM_CUT_TORN, .shape = SIM_MEANT_BUT_ONE },
    { .when = SIM_CUT_TORN, .shape = SIM_GARBAGE, .seed = 6 },
};
#define N(list) (sizeof(list) / sizeof(list)[0])

static uint32_t pulses(const struct machine_op *op)
{
    uint32_t burst = op->chip->traits.burst;

    return op->kind == SIM_ERASE ? 1 : (op->off + op->len - 1) / burst - op->off / burst + 1;
}

/* Shapes that take a place: at the start, the middle and the end of the page. */
static bool placed(enum sim_shape shape)
{
    return shape == SIM_PREFIX || shape == SIM_SUFFIX || shape == SIM_BEFORE_BUT_ONE ||
           shape == SIM_MEANT_BUT_ONE;
}

static bool fixed_cut(const struct machine_op *op, unsigned i, struct sim_cut *cut)
{
    bool erase = op->kind == SIM_ERASE;
    size_t n = erase ? N(fixed_erase) : N(fixed_program);
    uint32_t units = sim_units(op->chip, op->len), where = (uint32_t)(i / n);
    uint32_t choices = erase ? 3 : pulses(op) > 3 ? 3 : pulses(op);
    uint32_t last = erase ? units - 1 : pulses(op) - 1;

    if (where >= choices)
        return false;
    *cut = erase ? fixed_erase[i % n] : fixed_program[i % n];
    where = choices == 1 ? 0 : where * last / (choices - 1);
    if (!erase)
        cut->pulse = where;
    else if (placed(cut->shape))
        cut->seed += where;
    return true;
}

static bool loose_cut(const struct machine_op *op, unsigned i, struct sim_cut *cut)
{
    uint32_t n = pulses(op), choices = n > 3 ? 3 : n;

    if (i > choices)
        return false;
    *cut = (struct sim_cut){ .when = i ? SIM_CUT_TORN : SIM_CUT_BEFORE,
                             .shape = SIM_MEANT,
                             .unstable = i > 0 };
    cut->pulse = i > 1 ? (i - 1) * (n - 1) / (choices - 1) : 0;
    return true;
}

/* Is this cut the same as an earlier one of the list? */
static bool repeats(const struct machine_op *op, unsigned i, const struct sim_cut *cut)
{
    bool erase = op->kind == SIM_ERASE;
    size_t n = erase ? N(fixed_erase) : N(fixed_program);

    if (i < n)
        return false;
    return erase ? !placed(cut->shape) : cut->when != SIM_CUT_TORN && cut->pulse > 0;
}

/* A selection cuts before an operation, and leaves a mixture of bits; an erase may also
 * look done. */
static bool spared(const struct search *x, const struct machine_op *op, unsigned i)
{
    return x->task->sparse && i != 0 && i != 3 && !(op->kind == SIM_ERASE && i == 1);
}

bool search_cut(const struct search *x, const struct machine_op *op, unsigned i,
                struct sim_cut *cut)
{
    bool more = x->task->flash == EXPLORE_LOOSE ? loose_cut(op, i, cut) : fixed_cut(op, i, cut);

    cut->at = 0;
    if (more && x->task->flash == EXPLORE_FIXED && (repeats(op, i, cut) || spared(x, op, i)))
        cut->at = UINT64_MAX; /* skip it */
    return more;
}

/* --- judging ------------------------------------------------------------------------------- */

static enum explore_law law_of(const struct search *x, struct explore_act act)
{
    const struct spec_seen *seen = &x->m.seen;

    if (act.kind != ACT_BOOT)
        return LAW_ANSWER;
    if (seen->action != BH_BOOT_START)
        return LAW_STARTS;
    if (!seen->image)
        return LAW_WHOLE;
    return spec_owes(&x->spec, seen->image) ? LAW_TOLD : LAW_OWED;
}

static void judge_floor(struct search *x)
{
    const struct bh_record *truth = &x->m.seen.truth;
    bool counters = x->task->scenario && x->task->scenario->counters;

    for (uint8_t p = 0; counters && p < x->m.w.product.n_pairs; p++)
        if (x->m.used >> p & 1 && !spec_floor(&x->spec, truth->pair[p].floor))
            machine_break(&x->m, LAW_FLOOR, "the floor is %u", truth->pair[p].floor);
}

bool search_perform(struct search *x, struct explore_act act, const struct explore_death *death)
{
    struct spec_wake *w = &x->spec.wake;

    x->m.death = (struct explore_death){ .decay = SIM_SOUND };
    if (death && death->decay) {
        wake_death(x, act, death);
        x->m.death = *death;
        x->out->deaths++;
    }
    x->m.disturbed = w->on;
    x->m.wanted = w->on ? wake_wanted(x) : 0;
    return machine_perform(&x->m, act);
}

void search_was_cut(struct search *x, struct explore_act act)
{
    if (x->spec.wake.on)
        wake_cut(x, act);
    else
        spec_cut(&x->spec, act);
}

bool search_judge(struct search *x, struct explore_act act, bool scenario_over)
{
    enum explore_law law = law_of(x, act);
    const char *wrong;

    if (explore_act_of_hand(act)) {
        x->spec.wake.touched++;
        x->out->hands++;
        if (act.kind != ACT_FORGE)
            wake_hand(x, act);
        return true;
    }
    if (x->spec.wake.on)
        return wake_judge(x, act, scenario_over);
    wrong = spec_done(&x->spec, act, &x->m.seen);
    if (wrong)
        machine_break(&x->m, law, "%s", wrong);
    else if (act.kind == ACT_BOOT && !x->spec.other_down)
        judge_floor(x);
    return !x->m.broken;
}

void search_note(struct search *x, struct explore_act act, const struct sim_cut *cut)
{
    struct explore_step *step = &x->trace[x->n_trace - 1];

    *step = (struct explore_step){ .act = act, .n_readings = x->m.n_readings };
    memcpy(step->reading, x->m.reading, x->m.n_readings);
    if (cut)
        step->cut = *cut;
}

/* A number for the law and for what was wrong, without the figures. */
static uint64_t way_broken(const struct machine *m)
{
    uint64_t h = (uint64_t)m->broken;

    for (const char *p = m->how; *p && *p != '('; p++)
        if (*p < '0' || *p > '9')
            h = sim_mix(h ^ (uint8_t)*p);
    return h;
}

void search_report(struct search *x)
{
    struct explore_result *out = x->out;
    bool first = !out->violation;

    x->stop = !x->task->found;
    if (first || (x->task->found && seen_add(&x->ways, way_broken(&x->m)))) {
        out->violation = true;
        out->law = x->m.broken;
        snprintf(out->how, sizeof out->how, "%s", x->m.how);
        memcpy(out->trace, x->trace, x->n_trace * sizeof x->trace[0]);
        out->n_trace = x->n_trace;
        if (x->task->found)
            x->task->found(x->task->found_context, x->task, out);
        seen_add(&x->ways, way_broken(&x->m));
    }
    if (x->stop)
        return;
    x->m.broken = LAW_NONE;
    x->m.escaped = false;
}

static double search_done(const struct search *x)
{
    if (!x->ops_all)
        return -1;
    return x->ops < x->ops_all ? (double)x->ops / (double)x->ops_all : 1;
}

void search_count(struct search *x)
{
    struct explore_result *out = x->out;
    double t;

    out->states++;
    if (x->n_trace > out->depth)
        out->depth = x->n_trace;
    if (out->states % 256 && x->task->mode != EXPLORE_RANDOM)
        return;
    t = now();
    if ((x->task->max_states && out->states >= x->task->max_states) ||
        (x->task->max_cuts && out->cuts >= x->task->max_cuts) ||
        (x->task->max_seconds > 0 && t - x->began > x->task->max_seconds)) {
        out->complete = false;
        x->stop = true;
    }
    if (x->task->progress && t - x->told > 0.2) {
        struct explore_progress p = { .states = out->states,
                                      .cuts = out->cuts,
                                      .depth = x->n_trace,
                                      .seconds = t - x->began,
                                      .done = search_done(x) };

        x->told = t;
        x->task->progress(x->task->context, &p);
    }
}

uint64_t search_key(struct search *x, uint64_t more)
{
    return sim_mix(machine_hash(&x->m) ^ sim_mix(spec_hash(&x->spec) ^ sim_mix(more)));
}

/* --- beginning and end --------------------------------------------------------------------- */

bool explore_can_close(const struct bh_product *product)
{
    for (uint8_t i = 0; i < product->n_pairs; i++) {
        const struct bh_pair *pair = &product->pairs[i];

        if ((pair->image_max + pair->chunk - 1) / pair->chunk > MACHINE_CHUNKS || pair->chunk % 8)
            return false;
    }
    return true;
}

/* Is each page that goes bad in a trace one of a device? */
static bool deaths_fit(const struct machine *m, const struct explore_step *trace, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const struct explore_death *d = &trace[i].death;

        if (d->decay && (d->chip >= m->w.n_chips || d->off >= m->w.chip[d->chip].flash.size))
            return false;
    }
    return true;
}

static bool begin(struct search *x, const struct explore_task *task, struct explore_result *out,
                  const char **why)
{
    bool counters = task->scenario && task->scenario->counters;
    struct spec_rules rules;

    memset(x, 0, sizeof *x);
    memset(out, 0, sizeof *out);
    out->complete = true;
    x->task = task;
    x->out = out;
    x->began = now();
    if (!machine_open(&x->m, task->product, task->flash, counters, why)) {
        machine_close(&x->m);
        return false;
    }
    rules = (struct spec_rules){ .trial_boots = x->m.w.product.trial_boots,
                                 .reverts = x->m.w.product.plan->reverts,
                                 .downgrade = task->mode != EXPLORE_SWEEP,
                                 .counters = counters,
                                 .mailbox = x->m.w.product.mailbox,
                                 .newer = x->m.w.product.policy.only_newer,
                                 .unstable = task->flash == EXPLORE_LOOSE };
    x->m.w.product.policy.allow_downgrade = rules.downgrade;
    x->m.lenient = task->lenient;
    if (task->work_len && task->work_len < x->m.w.work.len)
        x->m.w.work.len = task->work_len;
    spec_begin(&x->spec, &rules);
    machine_mark(&x->m);
    return true;
}

static void end(struct search *x)
{
    x->out->boots = x->m.boots;
    x->out->seconds = now() - x->began;
    seen_free(&x->seen);
    seen_free(&x->ways);
    machine_close(&x->m);
}

bool explore_run(const struct explore_task *task, struct explore_result *out, const char **why)
{
    struct search *x = sim_grow(NULL, 1, sizeof *x);
    bool begun;

    if (task->mode == EXPLORE_CLOSURE && !explore_can_close(task->product)) {
        *why = "its slots have too many chunks to close all states";
        free(x);
        return false;
    }
    begun = begin(x, task, out, why);
    if (begun) {
        switch (task->mode) {
        case EXPLORE_SWEEP: explore_sweep(x); break;
        case EXPLORE_CLOSURE: explore_closure(x); break;
        case EXPLORE_RANDOM: explore_random(x); break;
        }
        end(x);
    }
    free(x);
    return begun;
}

/* --- replay -------------------------------------------------------------------------------- */

static void replay_step(struct search *x, const struct explore_step *step)
{
    struct machine *m = &x->m;
    bool ended;

    memcpy(m->reading, step->reading, sizeof m->reading);
    m->n_given = step->n_readings;
    m->w.power.cut = step->cut;
    m->cuts = (uint8_t)(m->cuts + (step->cut.at != 0));
    ended = search_perform(x, step->act, &step->death);
    m->w.power.cut.at = 0;
    if (m->broken)
        return;
    if (ended && !step->cut.at)
        search_judge(x, step->act, true);
    else
        search_was_cut(x, step->act);
}

static void pass_on(void *context, const struct sim_event *event)
{
    struct machine *m = context;
    const struct explore_audience *audience = m->context;

    if (!m->quiet && audience && audience->event)
        audience->event(audience->context, event);
}

bool explore_replay(const struct explore_task *task, const struct explore_step *trace, unsigned n,
                    const struct explore_audience *audience, struct explore_result *out,
                    const char **why)
{
    static const struct explore_audience nobody;
    struct search *x = sim_grow(NULL, 1, sizeof *x);
    bool begun = begin(x, task, out, why);

    if (begun && !deaths_fit(&x->m, trace, n)) {
        *why = "a page that goes bad in the trace is on none of its devices";
        end(x);
        free(x);
        return false;
    }
    if (!audience)
        audience = &nobody;
    x->m.context = (void *)audience;
    for (uint8_t i = 0; begun && i < x->m.w.n_chips; i++)
        x->m.w.chip[i].traits.watch = pass_on;
    for (unsigned i = 0; begun && i < n && !x->stop; i++) {
        x->trace[x->n_trace++] = trace[i];
        if (audience->begin)
            audience->begin(audience->context, &trace[i]);
        replay_step(x, &trace[i]);
        if (x->m.broken)
            search_report(x);
        if (audience->end)
            audience->end(audience->context, &x->m, &trace[i]);
    }
    if (begun)
        end(x);
    free(x);
    return begun;
}
