/* SPDX-License-Identifier: Apache-2.0 */
/* Long lives, drawn from a seed. Nothing is taken for equal to anything else here, so this also
 * checks what the other ways rest on: that states with equal numbers have equal futures. */
#include "search.h"

#include "sim/inner.h"

#define ACTS 24u

struct dice {
    uint64_t seed;
};

static uint32_t roll(struct dice *d, uint32_t sides)
{
    d->seed = sim_mix(d->seed + 0x9E3779B97F4A7C15u);
    return (uint32_t)(d->seed >> 32) % sides;
}

static struct explore_act draw_act(struct search *x, struct dice *d, bool on)
{
    const struct spec *s = &x->spec;
    bool held = spec_any(s, SPEC_TRIAL) || (s->mailbox && spec_any(s, SPEC_CONFIRMED));
    struct explore_act act = { .kind = ACT_BOOT };

    if (!on || roll(d, 4) == 0)
        return act;
    if (held) {
        act.kind = spec_any(s, SPEC_TRIAL) && roll(d, 2) ? ACT_CONFIRM : ACT_BOOT;
    } else if (spec_staged(s) && spec_any(s, SPEC_IDLE) && roll(d, 4)) {
        act.kind = roll(d, 4) ? ACT_TEST : ACT_PERMANENT;
    } else if (spec_all(s, SPEC_IDLE) || roll(d, 4) == 0) {
        act.kind = ACT_STAGE;
        act.version =
            (uint8_t)(1 + (s->account[0].image + roll(d, EXPLORE_VERSIONS - 1)) % EXPLORE_VERSIONS);
    }
    return act;
}

/* Early operations as often as late ones, whatever the length of the act. */
static struct sim_cut draw_cut(struct search *x, struct dice *d)
{
    struct sim_cut cut = sim_cut_draw(d->seed ^ roll(d, 1u << 30), 1u << roll(d, 13), false);

    if (x->task->flash == EXPLORE_FIXED)
        cut.unstable = false;
    else
        cut.shape = SIM_MEANT;
    if (cut.when != SIM_CUT_TORN || cut.unstable) {
        cut.seed = 0;
        cut.pulse = cut.when == SIM_CUT_TORN ? cut.pulse % 64 : 0;
    } else {
        cut.seed %= 10000;
        cut.pulse %= 64;
    }
    return cut;
}

/* One act. Returns whether an image runs afterwards. */
static bool act_once(struct search *x, struct dice *d, bool on, bool may_cut)
{
    struct explore_act act = draw_act(x, d, on);
    struct sim_cut cut = may_cut && roll(d, 2) ? draw_cut(x, d) : (struct sim_cut){ .at = 0 };
    bool ended;

    x->n_trace++;
    x->m.n_given = 0;
    x->m.draw = x->task->flash == EXPLORE_LOOSE ? d->seed | 1 : 0;
    x->m.w.power.cut = cut;
    x->m.cuts++;
    ended = machine_perform(&x->m, act);
    if (ended)
        x->m.cuts--;
    x->m.w.power.cut.at = 0;
    search_note(x, act, ended ? NULL : &cut);
    if (x->m.broken)
        return false;
    if (ended)
        return search_judge(x, act, false);
    spec_cut(&x->spec, act);
    x->out->cuts++;
    return false;
}

static void one_life(struct search *x, uint64_t seed)
{
    struct dice d = { sim_mix(seed) };
    struct spec factory = x->spec;
    bool on = true;

    x->m.cuts = 0;
    for (unsigned i = 0; i < ACTS && !x->m.broken; i++)
        on = act_once(x, &d, on, x->task->cuts == EXPLORE_ANY || x->m.cuts < x->task->cuts);
    if (x->m.broken)
        search_report(x);
    search_count(x);
    x->n_trace = 0;
    x->spec = factory;
    machine_back(&x->m, 1);
}

void explore_random(struct search *x)
{
    for (uint64_t i = 0; i < x->task->lives && !x->stop; i++)
        if (i % x->task->n_shards == x->task->shard)
            one_life(x, x->task->seed + i);
}
