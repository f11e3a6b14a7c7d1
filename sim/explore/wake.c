/* SPDX-License-Identifier: Apache-2.0 */
/* What is still owed after a page went bad or a hand wrote into flash.
 *
 * Then it is no longer settled beforehand which of the images runs in the end: that depends on what
 * is left. So the automaton of spec.h gives way to sets: images that may be started, and what may
 * be told of them. What is left is told by the oracle, which knows the flash and the images and
 * nothing else. From then on a life goes on with its scenario as long as something runs, then boots
 * until a boot writes nothing; then the application stages and asks again, and the device comes to
 * rest once more. The laws, in the order in which they are looked at:
 *
 *     starts, rescued   what is whole in primary is started; what can be put together is, if the
 *                       product has the part that does it
 *     whole             one image in all primaries, or those that a hand wrote
 *     rollback, owed    none that nobody asked for; what a hand wrote, what was confirmed
 *     told              state, outcome, reason, and the page that failed
 *     gives-up          within 12 boots one writes nothing, and the application can stage */
#include "search.h"

#include <string.h>

#include "bulkhead/bytes.h"

#define BOOTS_MAX 12u /* to rest; starts of a trial not counted */
#define DARK_MAX 3u   /* boots in a row that start nothing though something is to be had */

/* The epilogue, after the scenario. */
enum wake_phase { LIVING, STAGING, ASKING, SETTLING, OVER };

static uint8_t bit(uint8_t image)
{
    return (uint8_t)(image ? 1u << image : 0);
}

static bool in(uint8_t set, uint8_t image)
{
    return set >> image & 1;
}

/* Every set of what may be told. */
static void tell_anything(struct spec_wake *w, uint8_t image)
{
    w->may |= bit(image);
    w->news |= bit(image);
    w->olds |= bit(image);
    w->confirmed |= bit(image);
}

static void know(struct spec_wake *w, const struct spec *s, const struct spec_account *a)
{
    bool trial = a->mode == SPEC_TRIAL || a->mode == SPEC_CONFIRMED;
    uint8_t old = trial ? a->old : a->image;

    w->may |= bit(a->image) | bit(old);
    w->olds |= bit(old);
    if (trial)
        w->news |= bit(a->image);
    if (a->mode != SPEC_TRIAL)
        w->confirmed |= bit(a->image);
    if (a->mode == SPEC_ASKED && (!a->refusal || a->refusal == SPEC_ANY)) {
        w->may |= bit(a->staged);
        w->news |= bit(a->staged);
        if (a->permanent || !s->reverts)
            w->confirmed |= bit(a->staged);
    }
    if (explore_version_of(old) < w->lowest)
        w->lowest = explore_version_of(old);
    if (s->counters && old < w->ceiling)
        w->ceiling = old;
    w->staged = a->staged ? a->staged : w->staged;
}

/* An act of the application counts, or may count. */
static void count_act(struct spec_wake *w, const struct spec *s, struct explore_act act)
{
    uint8_t asked;

    switch (act.kind) {
    case ACT_STAGE:
        w->staged = act.version;
        w->ever |= bit(act.version);
        break;
    case ACT_TEST:
    case ACT_PERMANENT:
        asked = w->staged ? bit(w->staged) : w->ever; /* what an earlier act left there */
        w->unasked = 0;
        w->may |= asked;
        w->news |= asked;
        w->olds |= bit(w->runs);
        if (act.kind == ACT_PERMANENT || !s->reverts)
            w->confirmed |= asked;
        w->firm = 0;
        break;
    case ACT_CONFIRM: w->confirmed |= w->news; break;
    default: break;
    }
}

/* Does the other chip not answer from here on? */
static bool silences(struct explore_act act)
{
    return act.kind == ACT_DEAD || act.kind == ACT_ABSENT || act.kind == ACT_BABBLE;
}

/* Until a boot has begun another journal, nobody knows what was confirmed last. */
static void lose_journal(struct spec_wake *w)
{
    w->amnesic = true;
    w->lowest = w->floor = w->ceiling = 0;
}

/* Was the journal lost since the last boot that was not cut? */
static bool journal_lost(const struct search *x)
{
    bool lost = false;

    for (unsigned i = 0; i + 1 < x->n_trace; i++) {
        const struct explore_step *step = &x->trace[i];

        if (step->act.kind == ACT_FOREIGN || step->act.kind == ACT_HALF)
            lost = true;
        else if (step->act.kind == ACT_BOOT && !step->cut.at)
            lost = false;
    }
    return lost;
}

/* Was the act before this one a whole boot? Only a boot raises the floor, after a confirm. */
static bool raised(const struct search *x)
{
    unsigned i = x->n_trace > 1 ? x->n_trace - 1 : 0;

    while (i && (explore_act_of_hand(x->trace[i - 1].act) || x->trace[i - 1].act.kind == ACT_STAGE))
        i--;
    return i && x->trace[i - 1].act.kind == ACT_BOOT && !x->trace[i - 1].cut.at;
}

void wake_begin(struct search *x, struct explore_act act)
{
    struct spec *s = &x->spec;
    struct spec_wake *w = &s->wake;
    uint8_t touched = w->touched;

    if (w->on)
        return;
    memset(w, 0, sizeof *w);
    w->on = true;
    w->touched = touched;
    w->lowest = UINT8_MAX;
    w->ceiling = s->counters ? UINT8_MAX : 0;
    w->runs = s->account[0].image;
    for (uint8_t i = 0; i < s->n; i++)
        know(w, s, &s->account[i]);
    w->ever = bit(EXPLORE_FACTORY);
    for (unsigned i = 0; i < x->n_trace; i++) {
        if (x->trace[i].act.kind == ACT_STAGE)
            w->ever |= bit(x->trace[i].act.version);
        w->down |= silences(x->trace[i].act);
    }
    w->floor = raised(x) ? w->ceiling : 0;
    if (journal_lost(x))
        lose_journal(w);
    if (spec_any(s, SPEC_ASKED) && !spec_all(s, SPEC_ASKED))
        w->unasked = w->staged;
    count_act(w, s, act);
}

/* A page of the journal that lost its contents took the truth with it, or a later part of it: then
 * what was so before may be told again, and be acted upon. */
static void forget(struct spec_wake *w)
{
    for (uint8_t image = 1; image < EXPLORE_IMAGES; image++)
        if (in(w->may | w->ever, image))
            tell_anything(w, image);
}

void wake_death(struct search *x, struct explore_act act, const struct explore_death *death)
{
    struct spec_wake *w = &x->spec.wake;

    wake_begin(x, act);
    w->dead = true;
    w->chip = death->chip;
    w->off = death->off;
    w->lost = death->decay != SIM_WORN;
    if (!w->lost)
        return;
    for (int i = 0; i < 2; i++) {
        const struct bh_region *half = &x->m.w.product.journal[i];

        if (half->flash == &x->m.w.chip[death->chip].flash && death->off >= half->off &&
            death->off - half->off < half->len)
            forget(w);
    }
}

/* Of these images, which are older than the one confirmed last? */
static uint8_t lower(const struct spec_wake *w, uint8_t set)
{
    for (uint8_t image = 1; image < EXPLORE_IMAGES; image++)
        if (explore_version_of(image) >= w->lowest)
            set &= (uint8_t)~bit(image);
    return set;
}

/* Of these images, those that the rollback floor lets start. */
static uint8_t from(uint8_t floor, uint8_t set)
{
    return (uint8_t)(set >> floor << floor);
}

/* Is this image asked for, and not older than what is in primary? Then it may take its place, even
 * if a hand put that there and something newer was confirmed. */
static bool may_follow(const struct search *x, uint8_t image)
{
    for (uint8_t in_place = 1; in_place < EXPLORE_IMAGES; in_place++)
        if (oracle_runs(&x->m, 0, in_place))
            return in(x->spec.wake.news, image) &&
                   explore_version_of(image) >= explore_version_of(in_place);
    return false;
}

/* Images that may be put together where nothing better is left: none older than the one confirmed
 * last, unless it may be started and is whole in primary or the backup of it. What is older than an
 * image that a hand wrote need not be put together any more. */
uint8_t wake_wanted(const struct search *x)
{
    const struct spec_wake *w = &x->spec.wake;
    uint8_t wanted = w->may, old;

    if (w->lone) /* by halves: what belongs together is a matter of taste */
        return 0;
    old = lower(w, wanted);
    for (uint8_t image = 1; image < EXPLORE_IMAGES; image++)
        if (in(w->ever, image) && explore_version_of(image) >= w->lowest)
            wanted |= bit(image);
    wanted &= (uint8_t)~old;
    for (uint8_t image = 1; image < EXPLORE_IMAGES; image++) {
        if (explore_version_of(image) < w->handed)
            wanted &= (uint8_t)~bit(image);
        if (may_follow(x, image))
            wanted |= bit(image);
    }
    return from(w->floor, wanted | oracle_near(&x->m, old));
}

void wake_hand(struct search *x, struct explore_act act)
{
    struct spec *s = &x->spec;
    struct spec_wake *w = &s->wake;
    bool fresh = !w->on, asked = spec_any(s, SPEC_ASKED),
         idle = spec_any(s, SPEC_IDLE) || spec_any(s, SPEC_CONFIRMED), known;

    wake_begin(x, (struct explore_act){ .kind = ACT_BOOT });
    w->rests = w->boots = 0;
    if (act.kind == ACT_PRIMARY)
        w->must = w->firm = w->handed = 0; /* written over */
    if (act.kind == ACT_STAGED || act.kind == ACT_BACKUP)
        w->laid |= bit(act.version);
    if (act.kind != ACT_PRIMARY || act.part != EXPLORE_WHOLE)
        return;
    if (!act.pair && act.version < w->ceiling)
        return;
    known = in(w->may | w->ever, act.version);
    w->may |= bit(act.version);
    w->hands |= bit(act.version);
    if (!act.pair && explore_version_of(act.version) >= w->lowest)
        w->handed = explore_version_of(act.version);
    if (act.pair) {
        w->lone |= bit(act.pair);
        tell_anything(w, act.version);
    } else if (!known && !asked && fresh && explore_version_of(act.version) >= w->lowest) {
        w->must = act.version;
    }
    if (idle || asked || !fresh || known)
        tell_anything(w, act.version);
}

void wake_cut(struct search *x, struct explore_act act)
{
    struct spec_wake *w = &x->spec.wake;
    uint8_t was;

    w->rests = 0;
    was = w->staged;
    count_act(w, &x->spec, act);
    if (act.kind == ACT_STAGE)
        w->unasked = was;
    else if (act.kind == ACT_TEST || act.kind == ACT_PERMANENT)
        w->unasked = w->staged;
    if (w->phase == ASKING && act.kind == ACT_TEST)
        w->phase = SETTLING; /* asked, perhaps */
}

/* --- judging a boot ------------------------------------------------------------------------ */

struct verdict {
    enum explore_law law;
    const char *wrong; /* NULL: nothing */
};

#define FINE ((struct verdict){ LAW_NONE, NULL })
#define WRONG(name, text) ((struct verdict){ LAW_##name, text })

static bool in_every_primary(const struct search *x, uint8_t set)
{
    const struct machine *m = &x->m;

    for (uint8_t p = 0; p < m->w.product.n_pairs; p++)
        if (m->used >> p & 1 &&
            (!m->seen.in[p] || !in(set, m->seen.in[p]) || m->seen.in[p] != m->seen.in[0]))
            return false;
    return true;
}

/* Images of sets. What is staged and was not asked for is not known to belong together. */
static uint8_t belong_together(const struct spec_wake *w)
{
    uint8_t sets = w->olds | w->confirmed;

    for (uint8_t image = 1; image < EXPLORE_IMAGES; image++)
        if (in(w->news, image) && explore_version_of(image) >= w->lowest)
            sets |= bit(image);
    return sets;
}

static struct verdict not_started(struct search *x)
{
    struct spec_wake *w = &x->spec.wake;
    const struct spec_seen *seen = &x->m.seen;
    uint8_t have;

    w->runs = 0;
    if (seen->reason == BH_REASON_NONE)
        return WRONG(TOLD, "nothing is started, and no reason is given");
    if (in_every_primary(x, from(w->ceiling, w->may)))
        return WRONG(STARTS, "nothing is started, though an allowed image is whole in primary");
    have = from(w->ceiling, seen->have);
    if (x->m.used & (x->m.used - 1))
        have &= belong_together(w) & (uint8_t) ~(bit(w->unasked) & ~seen->near);
    w->dark = have ? (uint8_t)(w->dark + 1) : 0;
    if (x->m.product.rescue && have && (w->rests || w->dark > DARK_MAX))
        return WRONG(RESCUED, "nothing is started, though an allowed image can be put together");
    return FINE;
}

/* One of the images in primary. */
static struct verdict one_started(struct search *x, uint8_t image)
{
    struct spec_wake *w = &x->spec.wake;
    uint8_t ever = (uint8_t)(w->ever | (w->amnesic ? w->laid : 0));

    if (in(w->may, image))
        return FINE;
    if (explore_version_of(image) < w->lowest && !in(ever, image))
        return WRONG(ROLLBACK, "an image is started that is older than the one confirmed last");
    /* what was whole before this boot may have gone bad in it */
    if (!in(ever, image) || (!x->m.died && x->m.seen.near & w->may))
        return WRONG(OWED, "an image is started that nobody asked for");
    tell_anything(w, image); /* nothing better was to be had */
    return FINE;
}

static struct verdict which_started(struct search *x)
{
    struct spec_wake *w = &x->spec.wake;
    const struct machine *m = &x->m;
    uint8_t first = m->seen.in[0];

    for (uint8_t p = 0; p < m->w.product.n_pairs; p++) {
        struct verdict v;

        if (!(m->used >> p & 1))
            continue;
        if (!m->seen.in[p] && m->died)
            return FINE; /* in this very boot, perhaps after it was verified */
        if (!m->seen.in[p])
            return WRONG(WHOLE, "what is started is no whole image");
        if (m->seen.in[p] != first && !w->lone)
            return WRONG(WHOLE, "images of different sets are started together");
        v = one_started(x, m->seen.in[p]);
        if (v.wrong)
            return v;
    }
    if (w->must && first != w->must)
        return WRONG(OWED, "what was written into primary by a hand is not what is started");
    if (w->firm && first != w->firm && in(m->product.rescue ? m->seen.had : m->seen.near, w->firm))
        return WRONG(OWED, "an image whose confirm was answered with 0 is gone");
    if (w->must) {
        w->may = bit(w->must);
        w->lowest = explore_version_of(w->must);
        w->must = w->firm = 0;
        w->olds |= w->may;
    }
    return FINE;
}

/* Is the page that the journal names the one that went bad? */
static bool names_the_page(const struct search *x, uint32_t fault)
{
    const struct spec_wake *w = &x->spec.wake;
    const struct bh_product *product = &x->m.w.product;
    const struct bh_pair *pair = &product->pairs[bh_fault_pair(fault)];
    struct bh_region r;

    if (bh_fault_pair(fault) >= product->n_pairs)
        return false;
    if (w->touched && !bh_fault_wrote(fault) && x->m.w.chip[0].traits.blind)
        return true; /* where a hand left it blank, and blank pages cannot be read */
    switch (bh_fault_kind(fault)) {
    case BH_FAULT_PRIMARY: r = bh_pair_p(pair, bh_fault_index(fault)); break;
    case BH_FAULT_BACKUP: r = bh_pair_l(pair, bh_fault_index(fault)); break;
    case BH_FAULT_REQUEST: /* of a mailbox that has no place in secondary, in primary */
        r = product->mailbox->trailer(pair, &pair->secondary) ? pair->secondary : pair->primary;
        break;
    case BH_FAULT_CONFIRM: r = pair->primary; break;
    case BH_FAULT_JOURNAL: r = product->journal[bh_fault_index(fault) & 1]; break;
    default: return false;
    }
    if (w->down && r.flash == product->pairs[0].secondary.flash &&
        r.flash != product->pairs[0].primary.flash)
        return true;
    return w->dead && r.flash == &x->m.w.chip[w->chip].flash && w->off >= r.off &&
           w->off - r.off < r.len;
}

static bool by_hand_in_primary(const struct search *x)
{
    bool any = false;

    for (uint8_t p = 0; p < x->m.w.product.n_pairs; p++)
        any = any || in(x->spec.wake.hands, x->m.seen.in[p]);
    return any;
}

/* Did a page of primary lose what it held? */
static bool primary_lost(const struct search *x)
{
    const struct spec_wake *w = &x->spec.wake;

    for (uint8_t p = 0; w->dead && w->lost && p < x->m.w.product.n_pairs; p++) {
        const struct bh_region *r = &x->m.w.pairs[p].primary;

        if (r->flash == &x->m.w.chip[w->chip].flash && w->off >= r->off && w->off - r->off < r->len)
            return true;
    }
    return false;
}

/* tried: did the boot before this one start an image on trial? */
static struct verdict told(const struct search *x, bool tried)
{
    const struct spec_wake *w = &x->spec.wake;
    const struct bh_record *truth = &x->m.seen.truth;
    uint8_t image = x->m.seen.in[0];
    /* then none is tried; what was whole before this boot may have gone bad in it */
    bool no_way_back =
        !(w->olds & x->m.seen.near & (uint8_t)~bit(image)) || (x->m.died && primary_lost(x));
    bool reasoned = truth->outcome != BH_OUTCOME_NONE && truth->outcome != BH_OUTCOME_CONFIRMED;

    if (truth->fault && !names_the_page(x, truth->fault))
        return WRONG(TOLD, "the journal names a page that did not fail");
    if (!image)
        return FINE; /* its page went bad in this very boot */
    if (truth->state == BH_STATE_TRIAL && !in(w->news, image))
        return WRONG(TOLD, "an image is told to be on trial that is not new");
    if (truth->state != BH_STATE_IDLE)
        return FINE;
    if (reasoned && truth->reason == BH_REASON_NONE)
        return WRONG(TOLD, "an act did not end well, and no reason is told");
    switch (truth->outcome) {
    case BH_OUTCOME_CONFIRMED:
        return in(w->confirmed, image) || (no_way_back && !tried)
                   ? FINE
                   : WRONG(TOLD, "told as confirmed, and it is not");
    case BH_OUTCOME_REVERTED:
    case BH_OUTCOME_GIVEN_UP:
        return in(w->olds, image) ? FINE
                                  : WRONG(TOLD, "told as gone back, and it is the new image");
    case BH_OUTCOME_KEPT:
        return in(w->news, image) ? FINE : WRONG(TOLD, "told as kept, and it is not the new image");
    case BH_OUTCOME_REPLACED:
        return by_hand_in_primary(x) ? FINE : WRONG(TOLD, "told as replaced, and nobody did");
    default: return FINE;
    }
}

/* A boot wrote nothing: so will the next. What it has come to must be good enough to stay. */
static struct verdict at_rest(const struct search *x)
{
    const struct spec_wake *w = &x->spec.wake;
    const struct spec_seen *seen = &x->m.seen;
    uint8_t image = seen->in[0], can = x->m.product.rescue ? seen->have : w->dead ? 0 : seen->near;
    uint8_t old = w->olds & can & (uint8_t)~bit(image);

    if (!w->runs)
        return FINE;
    if (primary_lost(x))
        old = 0; /* then its copy may be whole, but only with luck: what was begun goes on */
    if (in(w->news, image) && !in(w->confirmed | w->olds | w->hands, image) && old)
        return WRONG(OWED, "an unconfirmed image stays, though the old one can be put together");
    if (x->m.product.rescue && seen->truth.state != BH_STATE_IDLE &&
        seen->truth.state != BH_STATE_TRIAL && x->m.seen.reason != BH_REASON_JOURNAL_DEAD)
        return WRONG(GIVES_UP, "an image runs, and the act that cannot go on is not ended");
    return FINE;
}

/* An image that runs at rest is there to stay: what is told as confirmed, or as having taken the
 * place of an act's images, is the least that is to follow, and so is the counter of any. */
static void learn_least(struct spec_wake *w, const struct spec_seen *seen, bool counters)
{
    const struct bh_record *truth = &seen->truth;
    uint8_t version = explore_version_of(w->runs);

    if (truth->state != BH_STATE_IDLE)
        return;
    if (w->amnesic || truth->outcome == BH_OUTCOME_REPLACED ||
        (truth->outcome == BH_OUTCOME_CONFIRMED && !in(w->hands, w->runs)))
        w->lowest = w->lowest > version ? w->lowest : version;
    for (uint8_t p = 0; counters && p < BH_PAIRS_MAX; p++)
        if (truth->outcome != BH_OUTCOME_KEPT && truth->outcome != BH_OUTCOME_GIVEN_UP &&
            seen->in[p] > w->floor)
            w->floor = w->ceiling = seen->in[p];
    w->amnesic = false;
}

/* What starts is not below the floor that the journal tells. */
static struct verdict floor_kept(const struct search *x)
{
    const struct spec_seen *seen = &x->m.seen;

    for (uint8_t p = 0; x->spec.counters && p < x->m.w.product.n_pairs; p++)
        if (seen->in[p] && seen->in[p] < seen->truth.pair[p].floor)
            return WRONG(ROLLBACK, "an image is started whose counter is below the floor");
    return FINE;
}

static struct verdict boot(struct search *x)
{
    struct spec_wake *w = &x->spec.wake;
    const struct spec_seen *seen = &x->m.seen;
    bool started = seen->action == BH_BOOT_START, tried = w->trial;
    struct verdict v;

    w->boots++;
    w->rests = seen->writes == 0;
    if (started) {
        w->dark = 0;
        w->runs = seen->in[0];
        w->trial = seen->truth.state == BH_STATE_TRIAL;
    }
    v = started ? which_started(x) : not_started(x);
    if (!v.wrong && started)
        v = told(x, tried);
    if (!v.wrong && started)
        v = floor_kept(x);
    if (!v.wrong && started)
        learn_least(w, seen, x->spec.counters);
    if (!v.wrong && started && seen->truth.outcome == BH_OUTCOME_REFUSED) {
        w->unasked = w->staged;
        if (w->runs != w->staged)
            w->news &= (uint8_t)~bit(w->staged);
    }
    if (!v.wrong && w->rests)
        v = at_rest(x);
    if (!v.wrong && !w->rests && w->boots > BOOTS_MAX + x->m.w.product.trial_boots)
        v = WRONG(GIVES_UP, "twelve boots in a row have written something");
    return v;
}

/* --- judging the application's acts -------------------------------------------------------- */

static struct verdict answer(struct search *x, struct explore_act act)
{
    struct spec_wake *w = &x->spec.wake;
    int err = x->m.seen.err;

    w->boots = w->rests = 0;
    if (act.kind == ACT_FOREIGN || act.kind == ACT_HALF)
        lose_journal(w);
    w->down |= silences(act);
    count_act(w, &x->spec, act);
    if (act.kind == ACT_STAGE) /* then it asks for nothing: a part of the set is not there */
        w->unstaged = err != BH_OK;
    if (act.kind == ACT_CONFIRM && !err && w->trial) {
        w->firm = w->runs;
        w->trial = false;
    }
    if (!(w->phase == STAGING && act.kind == ACT_STAGE) &&
        !(w->phase == ASKING && act.kind == ACT_TEST))
        return FINE;
    if (err == BH_ERR_STATE)
        return WRONG(GIVES_UP, "a boot wrote nothing, an image runs, and it cannot stage another");
    if (err && !w->dead)
        return WRONG(GIVES_UP, "no page is bad, and staging or asking fails");
    w->phase = err ? OVER : (uint8_t)(w->phase + 1);
    return FINE;
}

/* After a boot: what comes next? */
static void move_on(struct spec_wake *w, bool scenario_over)
{
    if (!scenario_over || !w->rests)
        return;
    if (w->phase == LIVING)
        w->phase = w->runs ? STAGING : OVER;
    else if (w->phase == SETTLING)
        w->phase = OVER;
}

bool wake_judge(struct search *x, struct explore_act act, bool scenario_over)
{
    struct spec_wake *w = &x->spec.wake;
    struct verdict v = act.kind == ACT_BOOT ? boot(x) : answer(x, act);
    const struct bh_record *truth = &x->m.seen.truth;

    if (v.wrong)
        machine_break(
            &x->m, v.law,
            "%s (in primary: image %u, state %u, outcome %u, reason %u, fault 0x%x; may be "
            "started: 0x%x, to be had: 0x%x)",
            v.wrong, x->m.seen.in[0], truth->state, truth->outcome, truth->reason, truth->fault,
            w->may, x->m.seen.have);
    else if (act.kind == ACT_BOOT)
        move_on(w, scenario_over);
    return !x->m.broken;
}

static bool all_well(const struct machine *m)
{
    bool well = true;

    for (uint8_t i = 0; i < m->w.n_chips; i++)
        well = well && m->w.chip[i].health == SIM_WELL;
    return well;
}

struct explore_act wake_act(const struct search *x, struct explore_act scenario, bool scenario_over)
{
    const struct spec_wake *w = &x->spec.wake;
    const struct explore_act boots = { .kind = ACT_BOOT };

    if (!scenario_over) {
        bool asks = scenario.kind == ACT_TEST || scenario.kind == ACT_PERMANENT;

        return w->runs && !(asks && w->unstaged) ? scenario : boots;
    }
    if (w->phase == STAGING && !all_well(&x->m))
        return (struct explore_act){ .kind = ACT_WELL };
    if (w->phase == STAGING)
        return (struct explore_act){ .kind = ACT_STAGE, .version = EXPLORE_LATER };
    if (w->phase == ASKING)
        return (struct explore_act){ .kind = ACT_TEST };
    return boots;
}

bool wake_over(const struct search *x)
{
    return x->spec.wake.phase == OVER;
}
