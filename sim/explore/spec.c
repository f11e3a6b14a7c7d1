/* SPDX-License-Identifier: Apache-2.0 */
/* The rules, one act at a time:
 *
 *     mode       boot, completed                        boot, cut: also possible
 *     IDLE       same image, IDLE                       -
 *     ASKED      image refused: same image, REFUSED     the same, told already
 *                permanent: new image, CONFIRMED        done already
 *                otherwise: new image, TRIAL            in trial already, one start used up
 *     TRIAL n    same image, TRIAL n - 1                that start used up
 *     TRIAL 0    old image, REVERTED                    reverted already
 *     CONFIRMED  same image, CONFIRMED                  -
 *
 * An act of the application that is cut has happened or has not. */
#include "spec.h"

#include <stdio.h>
#include <string.h>

#include "sim/inner.h"

void spec_begin(struct spec *s, const struct spec_rules *rules)
{
    memset(s, 0, sizeof *s);
    s->trial_boots = rules->trial_boots;
    s->reverts = rules->reverts;
    s->downgrade = rules->downgrade;
    s->counters = rules->counters;
    s->mailbox = rules->mailbox;
    s->newer = rules->newer;
    s->unstable = rules->unstable;
    s->n = 1;
    s->account[0] =
        (struct spec_account){ .mode = SPEC_IDLE, .image = 1, .reason = BH_REASON_JOURNAL_NEW };
}

/* Accounts that grow out of the present ones. */
struct set {
    struct spec_account account[SPEC_ACCOUNTS_MAX];
    uint8_t n;
};

static void add(struct set *set, struct spec_account a)
{
    for (uint8_t i = 0; i < set->n; i++)
        if (memcmp(&set->account[i], &a, sizeof a) == 0)
            return;
    if (set->n == SPEC_ACCOUNTS_MAX)
        sim_die("the specification has more accounts of one state than it has room for");
    /* in order, so that equal sets have equal bytes */
    uint8_t at = set->n++;

    while (at && memcmp(&set->account[at - 1], &a, sizeof a) > 0) {
        set->account[at] = set->account[at - 1];
        at--;
    }
    set->account[at] = a;
}

static void become(struct spec *s, const struct set *set)
{
    memset(s->account, 0, sizeof s->account);
    memcpy(s->account, set->account, set->n * sizeof set->account[0]);
    s->n = set->n;
}

/* --- what a boot owes ---------------------------------------------------------------------- */

/* An account after a boot that had the time to do all of it. */
static struct spec_account booted(const struct spec *s, struct spec_account a)
{
    switch (a.mode) {
    case SPEC_ASKED:
        a.mode = SPEC_IDLE;
        a.doubt = 0;
        if (a.refusal) {
            a.outcome = BH_OUTCOME_REFUSED;
            a.reason = a.refusal;
            break;
        }
        a.old = a.image;
        a.image = a.staged;
        if (s->reverts)
            a.staged = 0; /* what lies there now is a part of the way back */
        a.outcome = BH_OUTCOME_NONE;
        a.reason = BH_REASON_NONE;
        if (a.permanent || !s->reverts) {
            a.outcome = BH_OUTCOME_CONFIRMED;
            a.old = 0;
        } else {
            a.mode = SPEC_TRIAL;
            a.left = (uint8_t)(s->trial_boots - 1);
        }
        break;
    case SPEC_TRIAL:
        if (a.left) {
            a.left--;
            break;
        }
        a.mode = SPEC_IDLE;
        a.doubt = 0;
        a.staged = a.image;
        a.image = a.old;
        a.old = 0;
        a.outcome = BH_OUTCOME_REVERTED;
        a.reason = BH_REASON_NOT_CONFIRMED;
        break;
    case SPEC_CONFIRMED:
        a.mode = SPEC_IDLE;
        a.doubt = 0;
        a.old = 0;
        a.outcome = BH_OUTCOME_CONFIRMED;
        break;
    default: break;
    }
    a.refusal = a.permanent = a.loose = a.moving = 0;
    return a;
}

/* A loose request or confirm that this boot could not read. */
static struct spec_account overlooked(struct spec_account a)
{
    if (a.mode == SPEC_ASKED)
        a.mode = SPEC_IDLE;
    else if (a.mode == SPEC_CONFIRMED)
        a.mode = SPEC_TRIAL;
    a.refusal = a.permanent = a.loose = a.moving = 0;
    return a;
}

static bool in_journal(const struct spec_account *a, const struct bh_record *truth)
{
    if (a->mode == SPEC_TRIAL)
        return truth->state == BH_STATE_TRIAL && truth->boots_left == a->left;
    return truth->state == BH_STATE_IDLE &&
           (a->outcome == SPEC_ANY || truth->outcome == a->outcome) &&
           (a->reason == SPEC_ANY || truth->reason == a->reason);
}

static bool seen_so(const struct spec_account *a, const struct spec_seen *seen)
{
    return seen->action == BH_BOOT_START && seen->image == a->image && in_journal(a, &seen->truth);
}

/* From two cuts on, the count of a start may be lost where torn units read differently at every
 * boot: see docs/testing.md. */
static void add_uncounted(const struct spec *s, struct set *next, struct spec_account a,
                          const struct spec_seen *seen)
{
    struct spec_account after = booted(s, a);

    if (s->unstable && s->cuts >= 2 && a.mode == SPEC_TRIAL && a.left && seen_so(&after, seen))
        add(next, a);
}

/* As may that a request was refused, which leaves the request taken away. */
static void add_forgotten(const struct spec *s, struct set *next, struct spec_account a,
                          const struct spec_seen *seen)
{
    if (!s->unstable || s->cuts < 2 || a.mode != SPEC_IDLE || a.outcome != BH_OUTCOME_REFUSED)
        return;
    a.outcome = (uint8_t)seen->truth.outcome;
    a.reason = (uint8_t)seen->truth.reason;
    if (seen_so(&a, seen))
        add(next, a);
}

/* The other chip does not answer. A request is refused, or waits if it cannot be read either; what
 * was begun waits, and what is whole is started; a trial that is over cannot be reverted now. */
static void boot_alone(const struct spec *s, struct set *next, struct spec_account a,
                       const struct spec_seen *seen)
{
    struct spec_account after = booted(s, a);
    bool started = seen->action == BH_BOOT_START;

    if (a.mode == SPEC_ASKED) {
        if (started && seen->image == a.image && seen->truth.outcome == BH_OUTCOME_REFUSED) {
            after = a;
            after.mode = SPEC_IDLE;
            after.refusal = after.permanent = after.loose = 0;
            after.outcome = BH_OUTCOME_REFUSED;
            after.reason = SPEC_ANY;
            add(next, after);
            return;
        }
        if (a.moving ? !started || seen->image : started && seen->image == a.image)
            add(next, a);
        return;
    }
    if (a.mode == SPEC_TRIAL && a.left == 0) {
        if (a.moving ? !started || seen->image : started && seen->image == a.image)
            add(next, a);
        return;
    }
    if (seen_so(&after, seen))
        add(next, after);
    add_uncounted(s, next, a, seen);
}

static void done_boot(const struct spec *s, struct set *next, struct spec_account a,
                      const struct spec_seen *seen)
{
    struct spec_account after = booted(s, a);

    if (s->other_down) {
        boot_alone(s, next, a, seen);
        return;
    }
    if (seen_so(&after, seen)) {
        if (after.outcome == SPEC_ANY && after.mode == SPEC_IDLE) {
            after.outcome = (uint8_t)seen->truth.outcome;
            after.reason = (uint8_t)seen->truth.reason;
        }
        add(next, after);
    }
    add_uncounted(s, next, a, seen);
    add_forgotten(s, next, a, seen);
    if (!a.loose)
        return;
    after = booted(s, overlooked(a));
    if (!seen_so(&after, seen))
        return;
    /* it may still be read later, if there is still something it would ask for */
    if (a.mode == SPEC_ASKED || after.mode == SPEC_TRIAL)
        a.left = after.left;
    else
        a = after;
    add(next, a);
    add(next, after);
}

static void cut_boot(const struct spec *s, struct set *next, struct spec_account a)
{
    add(next, booted(s, a));
    if (a.mode == SPEC_ASKED || (a.mode == SPEC_TRIAL && a.left == 0))
        a.moving = true;
    add(next, a);
    if (a.loose) {
        struct spec_account missed = booted(s, overlooked(a));

        add(next, missed);
        if (a.mode == SPEC_CONFIRMED && missed.mode == SPEC_TRIAL) {
            a.left = missed.left;
            add(next, a);
        }
    }
}

/* --- what the application may do ----------------------------------------------------------- */

/* During an update, a trial or a revert nothing can be staged or asked for. */
static int allowed(const struct spec *s, const struct spec_account *a, struct explore_act act)
{
    bool held = a->mode == SPEC_TRIAL || (a->mode == SPEC_CONFIRMED && s->mailbox);

    return act.kind != ACT_CONFIRM && held ? BH_ERR_STATE : BH_OK;
}

/* A confirm is a statement in the journal, so it is the end of the trial. */
static struct spec_account confirmed(const struct spec *s, struct spec_account a)
{
    if (a.mode != SPEC_TRIAL)
        return a;
    a.mode = SPEC_CONFIRMED;
    return booted(s, a);
}

static struct spec_account asked(const struct spec *s, struct spec_account a, bool permanent)
{
    a.mode = SPEC_ASKED;
    a.permanent = permanent;
    a.refusal = s->flaw;
    a.loose = a.doubt || (s->unstable && s->cuts >= 2);
    if (!a.refusal && !s->downgrade && a.staged < a.image + s->newer)
        a.refusal = s->counters ? BH_REASON_FLOOR : BH_REASON_DOWNGRADE;
    if (!a.staged)
        a.refusal = SPEC_ANY;
    return a;
}

static struct spec_account restaged(struct spec_account a, uint8_t version)
{
    a.mode = SPEC_IDLE;
    a.staged = version;
    a.refusal = a.permanent = a.loose = a.moving = 0;
    return a;
}

/* An account after an act that came to its end. */
static struct spec_account acted(const struct spec *s, struct spec_account a,
                                 struct explore_act act)
{
    if (allowed(s, &a, act))
        return a;
    switch (act.kind) {
    case ACT_STAGE:
    case ACT_STAGE_BAD: return restaged(a, act.version);
    case ACT_TEST: return asked(s, a, false);
    case ACT_PERMANENT: return asked(s, a, true);
    case ACT_CONFIRM: return confirmed(s, a);
    default: return a;
    }
}

/* MCUboot's form of a request has the kind beside the magic: one may be readable without the
 * other, and then a request for good is one for a trial. */
static void add_degraded(const struct spec *s, struct set *next, struct spec_account a)
{
    if (!s->mailbox || a.mode != SPEC_ASKED || !a.permanent)
        return;
    a.permanent = false;
    add(next, a);
}

/* What else an act that was cut may have come to. */
static void cut_act(const struct spec *s, struct set *next, struct spec_account a,
                    struct explore_act act)
{
    struct spec_account after = acted(s, a, act);
    bool loose = s->unstable && act.kind != ACT_CONFIRM && (s->mailbox || s->cuts >= 2);

    if (act.kind == ACT_STAGE || act.kind == ACT_STAGE_BAD) {
        if (allowed(s, &a, act)) {
            add(next, a);
            return;
        }
        after = restaged(a, 0);
        add(next, after);
        if (a.mode == SPEC_ASKED) {
            a.loose = loose;
            a.doubt = loose && s->mailbox;
            add(next, a);
            add_degraded(s, next, a);
        }
        return;
    }
    if (memcmp(&after, &a, sizeof a) == 0) {
        add(next, a);
        return;
    }
    a.doubt = after.doubt = s->unstable && s->mailbox && act.kind != ACT_CONFIRM;
    add(next, a);
    after.loose = loose && (after.mode == SPEC_ASKED || after.mode == SPEC_CONFIRMED);
    add(next, after);
    add_degraded(s, next, after);
}

/* --- both ---------------------------------------------------------------------------------- */

static const char *const modes[] = { "idle", "asked", "on trial", "confirmed" };

static const char *not_so(const struct spec *s, struct explore_act act,
                          const struct spec_seen *seen)
{
    static char text[320];
    const struct spec_account *a = &s->account[0];
    int n = 0;

    if (act.kind != ACT_BOOT) {
        snprintf(text, sizeof text, "the act returned %d, version %u being %s", seen->err, a->image,
                 modes[a->mode]);
        return text;
    }
    if (seen->action != BH_BOOT_START)
        n = snprintf(text, sizeof text, "nothing is started (reason %u)", seen->reason);
    else if (!seen->image)
        n = snprintf(text, sizeof text, "what is started is no whole image");
    else
        n = snprintf(text, sizeof text, "version %u is started", seen->image);
    n += snprintf(text + n, sizeof text - (size_t)n,
                  ", the journal tells state %u outcome %u reason %u boots left %u; before: ",
                  seen->truth.state, seen->truth.outcome, seen->truth.reason,
                  seen->truth.boots_left);
    for (uint8_t i = 0; i < s->n && n < 240; i++, a++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%sversion %u %s%s", i ? " or " : "",
                      a->image, modes[a->mode],
                      a->mode == SPEC_ASKED && a->refusal ? " (to be refused)" : "");
    return text;
}

/* Nothing could be an image where it is staged; or a confirm while the image that runs is on its
 * way out: the act is refused, and nothing changes. */
static bool elsewhere(const struct spec_account *a, struct explore_act act, int err)
{
    return (err == BH_ERR_ABSENT && !a->staged &&
            (act.kind == ACT_TEST || act.kind == ACT_PERMANENT)) ||
           (err == BH_ERR_STATE && a->moving && act.kind == ACT_CONFIRM);
}

static void environment(struct spec *s, struct explore_act act)
{
    if (act.kind == ACT_WELL)
        s->other_down = false;
    else if (act.kind <= ACT_BABBLE)
        s->other_down = true;
    else if (act.kind == ACT_FORGE)
        (void)0; /* what cannot be true changes nothing */
    else         /* the journal's memory is gone; what runs is not */
        for (uint8_t i = 0; i < s->n; i++)
            s->account[i].outcome = s->account[i].reason = SPEC_ANY;
}

const char *spec_done(struct spec *s, struct explore_act act, const struct spec_seen *seen)
{
    struct set next = { .n = 0 };

    if (act.kind >= ACT_DEAD) {
        environment(s, act);
        return NULL;
    }
    if (act.kind == ACT_STAGE || act.kind == ACT_STAGE_BAD)
        s->flaw = act.kind == ACT_STAGE_BAD ? BH_REASON_DIGEST : 0;
    for (uint8_t i = 0; i < s->n; i++) {
        const struct spec_account *a = &s->account[i];

        if (act.kind == ACT_BOOT)
            done_boot(s, &next, *a, seen);
        else if (elsewhere(a, act, seen->err))
            add(&next, *a);
        else if (seen->err == allowed(s, a, act)) {
            struct spec_account after = acted(s, *a, act);

            add(&next, after);
            if (after.doubt && act.kind == ACT_PERMANENT)
                add_degraded(s, &next, after);
        }
    }
    if (next.n == 0)
        return not_so(s, act, seen);
    become(s, &next);
    return NULL;
}

void spec_cut(struct spec *s, struct explore_act act)
{
    struct set next = { .n = 0 };

    s->cuts = (uint8_t)(s->cuts + (s->cuts < UINT8_MAX));
    for (uint8_t i = 0; i < s->n; i++) {
        if (act.kind == ACT_BOOT)
            cut_boot(s, &next, s->account[i]);
        else
            cut_act(s, &next, s->account[i], act);
    }
    become(s, &next);
}

uint64_t spec_hash(const struct spec *s)
{
    uint64_t h = s->n | (uint64_t)s->flaw << 8 | (uint64_t)s->other_down << 16;

    for (uint8_t i = 0; i < s->n; i++) {
        uint64_t words[2] = { 0, 0 };

        memcpy(words, &s->account[i], sizeof s->account[i]);
        h = sim_mix(sim_mix(h ^ words[0]) ^ words[1]);
    }
    for (unsigned i = 0; s->wake.on && i < sizeof s->wake; i += 8) {
        uint64_t word;

        memcpy(&word, (const uint8_t *)&s->wake + i, sizeof word);
        h = sim_mix(h ^ word);
    }
    return h;
}

bool spec_owes(const struct spec *s, uint8_t version)
{
    bool owed = false;

    for (uint8_t i = 0; i < s->n; i++) {
        owed = owed || booted(s, s->account[i]).image == version;
        owed = owed || (s->account[i].loose && s->account[i].image == version);
    }
    return owed;
}

bool spec_floor(const struct spec *s, uint32_t floor)
{
    bool right = false;

    for (uint8_t i = 0; i < s->n; i++) {
        const struct spec_account *a = &s->account[i];

        right = right || floor == (a->old ? a->old : a->image);
    }
    return right;
}

bool spec_all(const struct spec *s, enum spec_mode mode)
{
    bool all = true;

    for (uint8_t i = 0; i < s->n; i++)
        all = all && s->account[i].mode == mode;
    return all;
}

bool spec_any(const struct spec *s, enum spec_mode mode)
{
    bool any = false;

    for (uint8_t i = 0; i < s->n; i++)
        any = any || s->account[i].mode == mode;
    return any;
}

uint8_t spec_staged(const struct spec *s)
{
    uint8_t staged = s->account[0].staged;

    for (uint8_t i = 1; i < s->n; i++)
        if (s->account[i].staged != staged)
            return 0;
    return staged;
}
