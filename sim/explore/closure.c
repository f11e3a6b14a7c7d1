/* SPDX-License-Identifier: Apache-2.0 */
/* All states there are. Breadth first, so the first trace that breaks a law is a shortest one.
 *
 * The application knows two images and stages the one that does not run. It may do at any time what
 * it is allowed to, or nothing; every act and every boot may be cut at every operation. Where torn
 * flash reads differently at every boot, it asks for version 2 on trial and for version 1 for good:
 * it does not change its mind about an image between two cuts. */
#include "search.h"

#include <stdlib.h>
#include <string.h>

#include "sim/inner.h"

/* A state, and how it came about. What it needs to be lived on from is freed after that. */
struct node {
    struct node_past {
        uint32_t parent; /* number + 1; 0: the factory */
        struct explore_step step;
    } past;
    struct sim_delta *delta[SIM_CHIPS_MAX];
    struct spec spec;
    uint8_t cuts;
    bool on; /* an image runs, and may act */
    unsigned depth;
};

struct closure {
    struct search *x;
    struct node *node;
    uint32_t n, max;
    uint32_t now; /* the node lived on from */
    struct explore_act act;
};

/* --- the list ------------------------------------------------------------------------------ */

static void trace_back(struct closure *c, uint32_t number)
{
    struct search *x = c->x;
    unsigned n = 0;

    for (uint32_t i = number; i; i = c->node[i - 1].past.parent)
        if (c->node[i - 1].past.step.act.kind != ACT_END)
            n++;
    x->n_trace = n;
    if (n >= EXPLORE_TRACE_MAX)
        sim_die("a trace longer than the explorer has room for");
    for (uint32_t i = number; i && n; i = c->node[i - 1].past.parent)
        x->trace[--n] = c->node[i - 1].past.step;
}

/* The state the flash is in now: is it new? */
static void arrive(struct closure *c, bool on, const struct sim_cut *cut)
{
    struct search *x = c->x;
    uint64_t cuts = x->task->cuts == EXPLORE_ANY ? 0 : x->m.cuts;
    struct node *node;

    if (x->stop || !seen_add(&x->seen, search_key(x, (uint64_t)on << 8 | cuts << 16)))
        return;
    if (c->n == c->max) {
        c->max = c->max ? 2 * c->max : 1024;
        c->node = sim_grow(c->node, c->max, sizeof *c->node);
    }
    node = &c->node[c->n++];
    memset(node, 0, sizeof *node);
    node->past.parent = c->n > 1 ? c->now + 1 : 0;
    if (c->n > 1) {
        x->n_trace = 1;
        search_note(x, c->act, cut);
        node->past.step = x->trace[0];
        node->depth = c->node[c->now].depth + 1;
    }
    for (uint8_t i = 0; i < x->m.w.n_chips; i++)
        node->delta[i] = sim_flash_delta(&x->m.w.chip[i]);
    node->spec = x->spec;
    node->cuts = x->m.cuts;
    node->on = on;
    x->n_trace = node->depth;
    search_count(x);
}

static void broken(struct closure *c, const struct sim_cut *cut)
{
    struct search *x = c->x;
    struct explore_step last;

    x->n_trace = 1;
    search_note(x, c->act, cut);
    last = x->trace[0];
    trace_back(c, c->now + 1);
    x->trace[x->n_trace++] = last;
    search_report(x);
}

/* --- living on ----------------------------------------------------------------------------- */

static bool mine(struct search *x)
{
    return x->m.cuts > 0 || x->first_cuts++ % x->task->n_shards == x->task->shard;
}

static bool may_cut(const struct search *x)
{
    return x->task->cuts == EXPLORE_ANY || x->m.cuts < x->task->cuts;
}

static void arrive_cut(struct closure *c, const struct sim_cut *cut)
{
    struct search *x = c->x;
    struct spec before = x->spec;

    spec_cut(&x->spec, c->act);
    x->out->cuts++;
    arrive(c, false, cut);
    x->spec = before;
}

static void on_op(void *context, const struct machine_op *op)
{
    struct closure *c = context;
    struct search *x = c->x;
    struct machine_pause pause;
    struct sim_cut cut;

    if (x->stop || x->m.n_readings < x->m.n_given)
        return;
    machine_pause(&x->m, &pause);
    for (unsigned i = 0; !x->stop && search_cut(x, op, i, &cut); i++) {
        if (cut.at || !mine(x))
            continue;
        machine_tear(&x->m, op, &cut);
        cut.at = op->number;
        arrive_cut(c, &cut);
        machine_again(&x->m, &pause);
    }
    machine_resume(&x->m, &pause);
}

static void once(struct closure *c)
{
    struct search *x = c->x;
    bool boot = c->act.kind == ACT_BOOT;
    struct spec before = x->spec;
    uint8_t cuts = x->m.cuts;

    x->m.fork = may_cut(x) ? on_op : NULL;
    x->m.context = c;
    if (!machine_perform(&x->m, c->act)) {
        if (!x->stop)
            broken(c, NULL);
        return;
    }
    x->m.fork = NULL;
    if (x->stop)
        return;
    if (boot && may_cut(x) && x->m.w.power.ops && mine(x)) {
        const struct sim_cut cut = { .at = x->m.w.power.ops, .when = SIM_CUT_AFTER };

        x->m.cuts++;
        arrive_cut(c, &cut);
        x->m.cuts = cuts;
    }
    if (search_judge(x, c->act, false))
        arrive(c, true, NULL);
    else
        broken(c, NULL);
    x->spec = before;
}

static void load(struct closure *c)
{
    struct search *x = c->x;
    struct node *node = &c->node[c->now];

    for (uint8_t i = 0; i < x->m.w.n_chips; i++)
        sim_flash_apply(&x->m.w.chip[i], node->delta[i]);
    x->spec = node->spec;
    x->m.cuts = node->cuts;
}

static void perform(struct closure *c, uint8_t kind, uint8_t version)
{
    struct search *x = c->x;

    c->act = (struct explore_act){ .kind = kind, .version = version };
    x->m.n_given = 0;
    for (bool more = true; more && !x->stop;) {
        load(c);
        once(c);
        more = x->task->flash == EXPLORE_LOOSE && machine_next_readings(&x->m);
    }
}

/* What the application may do now. What it would only be refused changes nothing. */
static void application(struct closure *c)
{
    struct spec s = c->node[c->now].spec;
    bool loose = c->x->task->flash == EXPLORE_LOOSE;
    bool held = spec_any(&s, SPEC_TRIAL) || (s.mailbox && spec_any(&s, SPEC_CONFIRMED));

    if (!held)
        perform(c, ACT_STAGE, (uint8_t)(3 - s.account[0].image));
    if (!held && spec_staged(&s) && spec_any(&s, SPEC_IDLE)) {
        if (!loose || spec_staged(&s) % 2 == 0)
            perform(c, ACT_TEST, 0);
        if (!loose || spec_staged(&s) % 2)
            perform(c, ACT_PERMANENT, 0);
    }
    if (spec_any(&s, SPEC_TRIAL))
        perform(c, ACT_CONFIRM, 0);
}

void explore_closure(struct search *x)
{
    struct closure c = { .x = x };

    machine_symbols(&x->m);
    arrive(&c, true, NULL);
    for (c.now = 0; c.now < c.n && !x->stop; c.now++) {
        perform(&c, ACT_BOOT, 0);
        if (c.node[c.now].on)
            application(&c);
        for (uint8_t i = 0; i < SIM_CHIPS_MAX; i++) {
            free(c.node[c.now].delta[i]);
            c.node[c.now].delta[i] = NULL;
        }
    }
    for (uint32_t n = c.now; n < c.n; n++)
        for (uint8_t i = 0; i < SIM_CHIPS_MAX; i++)
            free(c.node[n].delta[i]);
    free(c.node);
}
