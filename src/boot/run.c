/* SPDX-License-Identifier: Apache-2.0 */
/* Gather facts, ask what to do, do it, until an image can be started or nothing is left.
 *
 * Each act below changes the flash in one way, or learns one thing, and the facts say so the next
 * time round. Between two acts a cut is harmless: the next power-up gathers the facts from flash. */
#include "bulkhead/boot.h"
#include "bulkhead/bytes.h"
#include "bulkhead/update.h"

#include <string.h>

/* No chain of decisions is longer; docs/boot.md has the longest. */
#define ACTS_MAX 24

struct run {
    const struct bh_product *product;
    struct bh_work *work;
    struct bh_boot *out;
    struct bh_journal journal;
    struct bh_record next; /* what this act states in the journal, if it does */
    struct bh_facts facts;
    enum bh_reason refusal;                   /* why staged is bad */
    uint8_t wanted;                           /* bit i: pair i takes part in the request */
    uint8_t bad;                              /* bit i: primary of pair i does not verify */
    uint8_t from_staged;                      /* bit i: pair i is restored from its staged image */
    struct bh_record_pair size[BH_PAIRS_MAX]; /* learnt on the way, for next */
    struct bh_verified verified;              /* the image looked at last */
};

/* Verify the image in a view of a pair. */
static bool good(struct run *r, uint8_t p, const struct bh_view *view)
{
    const struct bh_pair *pair = &r->product->pairs[p];
    uint32_t floor = r->journal.truth.pair[p].floor;

    return bh_verify(&r->product->policy, view, pair->image_max, floor, r->work, &r->verified) ==
           BH_VERDICT_GOOD;
}

/* What does the mailbox ask? A mailbox that cannot be read asks nothing. */
static void ask_mailbox(struct run *r)
{
    const struct bh_mailbox *mailbox = r->product->mailbox;
    bool all = true;

    r->wanted = 0;
    r->facts.request = BH_REQUEST_NONE;
    r->facts.confirmed = false;
    for (uint8_t p = 0; p < r->product->n_pairs; p++) {
        const struct bh_pair *pair = &r->product->pairs[p];
        enum bh_request request = BH_REQUEST_NONE;
        bool confirmed = false;

        if (mailbox->request(pair, &request))
            r->out->reason = BH_REASON_SECONDARY_DEAD;
        if (request != BH_REQUEST_NONE)
            r->wanted |= (uint8_t)(1u << p);
        if (request > r->facts.request)
            r->facts.request = request;
        if (r->journal.truth.pair[p].size_new && (mailbox->confirmed(pair, &confirmed) || !confirmed))
            all = false;
    }
    r->facts.confirmed = all;
}

/* Our own mailbox: the request is the journal's truth. */
static void ask_journal(struct run *r)
{
    const struct bh_record *truth = &r->journal.truth;

    if (truth->state != BH_STATE_REQUESTED) {
        r->facts.request = BH_REQUEST_NONE;
        return;
    }
    r->facts.request = truth->permanent ? BH_REQUEST_PERMANENT : BH_REQUEST_TEST;
    r->wanted = 0;
    for (uint8_t p = 0; p < r->product->n_pairs; p++)
        if (truth->pair[p].size_new)
            r->wanted |= (uint8_t)(1u << p);
}

static void gather(struct run *r)
{
    const struct bh_record *truth = &r->journal.truth;
    struct bh_facts *f = &r->facts;

    if (!r->product->mailbox)
        ask_journal(r);
    f->journal_found = r->journal.found;
    f->settled = r->journal.settled;
    f->state = truth->state;
    f->boots_left = truth->boots_left;
    f->refused = f->settled && truth->outcome == BH_OUTCOME_REFUSED && truth->reason == r->refusal;
    f->raise_floor = false;
    for (uint8_t p = 0; p < r->product->n_pairs; p++)
        if (r->size[p].floor > truth->pair[p].floor)
            f->raise_floor = true;
}

/* All primaries must verify: they run together. Pair 0 comes last: it is the one to start. */
static void check_primary(struct run *r)
{
    r->bad = 0;
    for (uint8_t p = r->product->n_pairs; p-- > 0;) {
        struct bh_view view = bh_pair_primary(&r->product->pairs[p]);

        if (!good(r, p, &view)) {
            r->bad |= (uint8_t)(1u << p);
            r->out->primary = r->verified.reason;
        }
        r->size[p].floor = !(r->bad >> p & 1u) && r->verified.image.has_counter
                               ? r->verified.image.counter
                               : 0;
    }
    r->facts.primary = r->bad ? BH_LOOK_BAD : BH_LOOK_GOOD;
    r->out->image = r->verified.image;
    r->out->verdict = r->verified.verdict;
}

/* The image in a view of a pair, by its header alone. */
static bool decode(const struct run *r, uint8_t p, const struct bh_view *view,
                   struct bh_image *image)
{
    const struct bh_image_format *const *f = r->product->policy.formats;

    for (; *f; f++)
        if ((*f)->decode(view, r->product->pairs[p].image_max, image) == BH_REASON_NONE)
            return true;
    return false;
}

/* Is the staged image of pair p acceptable by itself? Learns both sizes. */
static enum bh_reason staged_alone(struct run *r, uint8_t p)
{
    const struct bh_policy *policy = &r->product->policy;
    struct bh_view staged = bh_pair_staged(&r->product->pairs[p]);
    struct bh_view primary = bh_pair_primary(&r->product->pairs[p]);
    struct bh_image old;

    if (!good(r, p, &staged))
        return r->verified.reason;
    r->size[p].size_new = r->verified.image.len;
    r->size[p].size_old = 0;
    if (!decode(r, p, &primary, &old))
        return BH_REASON_NONE;
    r->size[p].size_old = old.len;
    if (!policy->allow_downgrade &&
        bh_version_compare(&r->verified.image.version, &old.version, policy->compare_build) < 0)
        return BH_REASON_DOWNGRADE;
    return BH_REASON_NONE;
}

/* Will the other pair have the version that is needed, once this request is carried out? */
static bool met(const struct run *r, const struct bh_image_dependency *need)
{
    const struct bh_pair *pair = &r->product->pairs[need->pair];
    bool comes = r->wanted >> need->pair & 1u;
    struct bh_image other;
    struct bh_view view;

    if (need->pair >= r->product->n_pairs)
        return false;
    view = comes ? bh_pair_staged(pair) : bh_pair_primary(pair);
    return decode(r, need->pair, &view, &other) &&
           bh_version_compare(&other.version, &need->version, r->product->policy.compare_build) >= 0;
}

/* Does the image looked at last find the others in the versions it needs? */
static enum bh_reason dependencies(const struct run *r, const struct bh_view *view)
{
    const struct bh_image_format *format = r->verified.format;
    struct bh_image_dependency need;
    int err;

    if (!format->dependency)
        return BH_REASON_NONE;
    for (unsigned i = 0; !(err = format->dependency(view, &r->verified.image, i, &need)); i++)
        if (!met(r, &need))
            return BH_REASON_DEPENDENCY;
    return err == BH_ERR_ABSENT ? BH_REASON_NONE : BH_REASON_READ;
}

static void check_staged(struct run *r)
{
    r->facts.staged = BH_LOOK_GOOD;
    for (uint8_t p = 0; p < r->product->n_pairs; p++) {
        struct bh_view view = bh_pair_staged(&r->product->pairs[p]);

        r->size[p].size_new = 0;
        if (!(r->wanted >> p & 1u))
            continue;
        r->refusal = staged_alone(r, p);
        if (r->refusal == BH_REASON_NONE)
            r->refusal = dependencies(r, &view);
        if (r->refusal != BH_REASON_NONE) {
            r->facts.staged = BH_LOOK_BAD;
            return;
        }
    }
}

/* For every primary that is bad: the backup a swap left, or else a staged image. */
static void check_backup(struct run *r)
{
    r->facts.backup = BH_LOOK_GOOD;
    r->from_staged = 0;
    for (uint8_t p = 0; p < r->product->n_pairs; p++) {
        struct bh_view backup = bh_pair_backup(&r->product->pairs[p]);
        struct bh_view staged = bh_pair_staged(&r->product->pairs[p]);

        if (!(r->bad >> p & 1u))
            continue;
        if (!good(r, p, &backup)) {
            r->from_staged |= (uint8_t)(1u << p);
            if (!good(r, p, &staged))
                r->facts.backup = BH_LOOK_BAD;
        }
        r->size[p].size_old = r->verified.image.len;
    }
}

static bool restore(struct run *r)
{
    int err = BH_OK;

    for (uint8_t p = 0; !err && p < r->product->n_pairs; p++)
        if (r->bad >> p & 1u)
            err = bh_update_restore(&r->product->pairs[p], r->from_staged >> p & 1u,
                                    r->size[p].size_old, r->work);
    r->facts.backup = BH_LOOK_BAD; /* tried: not again in this boot */
    r->facts.primary = BH_LOOK_UNKNOWN;
    r->next.outcome = BH_OUTCOME_RESTORED;
    r->next.reason = BH_REASON_PRIMARY_BAD;
    return !err && !r->facts.journal_dead;
}

/* An update or a revert is at its end, or met an error: then it goes on at the next boot, and what
 * can be started is started now. */
static bool moved(struct run *r, int err)
{
    r->facts.stuck = err != BH_OK;
    if (err)
        r->out->reason = BH_REASON_SECONDARY_DEAD;
    r->facts.request = BH_REQUEST_NONE;
    r->facts.confirmed = false;
    r->facts.primary = BH_LOOK_UNKNOWN;
    return !err;
}

static void begin_update(struct run *r)
{
    bool way_back = r->product->plan->reverts;

    r->next.state = BH_STATE_UPDATING;
    r->next.outcome = BH_OUTCOME_NONE;
    r->next.reason = BH_REASON_NONE;
    r->next.step = 0;
    for (uint8_t p = 0; p < r->product->n_pairs; p++) {
        r->next.pair[p].size_new = r->size[p].size_new;
        r->next.pair[p].size_old = r->size[p].size_old;
        if (r->size[p].size_new && !r->size[p].size_old)
            way_back = false;
    }
    r->next.permanent = r->facts.request == BH_REQUEST_PERMANENT || !way_back;
}

static bool update(struct run *r)
{
    const struct bh_product *product = r->product;
    const struct bh_record *truth = &r->journal.truth;
    int err = bh_update_run(product, &r->journal, r->work);

    for (uint8_t p = 0; !err && product->mailbox && p < product->n_pairs; p++)
        if (truth->pair[p].size_new)
            err = product->mailbox->installed(&product->pairs[p], p, &truth->pair[p],
                                              truth->permanent);
    r->facts.started = true;
    r->next.step = truth->step;
    r->next.outcome = BH_OUTCOME_CONFIRMED;
    if (!truth->permanent) {
        r->next.state = BH_STATE_TRIAL;
        r->next.outcome = BH_OUTCOME_NONE;
        r->next.boots_left = (uint8_t)(product->trial_boots - 1);
    }
    return moved(r, err);
}

static void begin_revert(struct run *r)
{
    r->next.state = BH_STATE_REVERTING;
    r->next.reason = r->facts.primary == BH_LOOK_BAD ? BH_REASON_PRIMARY_BAD
                                                     : BH_REASON_NOT_CONFIRMED;
    r->next.step = (uint16_t)bh_plan_steps(r->product->plan, r->product->pairs,
                                           r->product->n_pairs, r->next.pair);
}

static bool revert(struct run *r)
{
    const struct bh_product *product = r->product;
    int err = bh_update_undo(product, &r->journal, r->work);

    for (uint8_t p = 0; !err && product->mailbox && p < product->n_pairs; p++)
        if (r->journal.truth.pair[p].size_new)
            err = product->mailbox->reverted(&product->pairs[p], p);
    r->next.outcome = BH_OUTCOME_REVERTED;
    return moved(r, err);
}

static void raise_floor(struct run *r)
{
    for (uint8_t p = 0; p < r->product->n_pairs; p++)
        if (r->size[p].floor > r->next.pair[p].floor)
            r->next.pair[p].floor = r->size[p].floor;
}

static void clear_request(struct run *r)
{
    for (uint8_t p = 0; p < r->product->n_pairs; p++)
        if (r->wanted >> p & 1u && r->product->mailbox->clear(&r->product->pairs[p]))
            r->out->reason = BH_REASON_SECONDARY_DEAD;
    r->facts.request = BH_REQUEST_NONE; /* also if that failed: it is not looked at again now */
}

/* Do it. True if r->next is to be stated in the journal; it is the truth, idle, until changed. */
static bool perform(struct run *r, enum bh_act act)
{
    struct bh_record *next = &r->next;

    *next = r->journal.truth;
    next->state = BH_STATE_IDLE;
    switch (act) {
    case BH_ACT_CHECK_PRIMARY: check_primary(r); return false;
    case BH_ACT_CHECK_STAGED: check_staged(r); return false;
    case BH_ACT_CHECK_BACKUP: check_backup(r); return false;
    case BH_ACT_CLEAR_REQUEST: clear_request(r); return false;
    case BH_ACT_UPDATE: return update(r);
    case BH_ACT_REVERT: return revert(r);
    case BH_ACT_RESTORE: return restore(r);
    case BH_ACT_SETTLE:
        if (!r->journal.found)
            next->reason = BH_REASON_JOURNAL_NEW;
        break;
    case BH_ACT_REFUSE:
        next->outcome = BH_OUTCOME_REFUSED;
        next->reason = (uint8_t)r->refusal;
        break;
    case BH_ACT_BEGIN_UPDATE: begin_update(r); break;
    case BH_ACT_BEGIN_REVERT: begin_revert(r); break;
    case BH_ACT_COUNT_START:
        next->state = BH_STATE_TRIAL;
        next->boots_left--;
        r->facts.started = true;
        break;
    case BH_ACT_CONFIRM: next->outcome = BH_OUTCOME_CONFIRMED; break;
    case BH_ACT_RAISE_FLOOR: raise_floor(r); break;
    case BH_ACT_START:
    case BH_ACT_RECOVER: return false;
    }
    return true;
}

static void carry_out(struct run *r, enum bh_act act)
{
    if (!perform(r, act))
        return;
    if ((act == BH_ACT_BEGIN_UPDATE ? bh_journal_turn : bh_journal_state)(&r->journal, &r->next)) {
        r->facts.journal_dead = true;
        r->out->reason = BH_REASON_JOURNAL_DEAD;
    }
}

void bh_boot_run(const struct bh_product *product, struct bh_work *work, struct bh_boot *out)
{
    struct run r = { .product = product, .work = work, .out = out };
    enum bh_act act = BH_ACT_RECOVER;

    memset(out, 0, sizeof *out);
    out->start = product->pairs[0].primary;
    if (bh_journal_open(&r.journal, product->journal, product->n_pairs, work)) {
        r.facts.journal_dead = true;
        out->reason = BH_REASON_PRODUCT;
    }
    if (product->mailbox)
        ask_mailbox(&r);
    for (int i = 0; i < ACTS_MAX; i++) {
        gather(&r);
        act = bh_boot_decide(&r.facts);
        out->trace |= 1u << act;
        if (act == BH_ACT_START || act == BH_ACT_RECOVER)
            break;
        carry_out(&r, act);
    }
    if (r.journal.found)
        out->truth = r.journal.truth;
    if (act == BH_ACT_START && out->verdict == BH_VERDICT_GOOD)
        out->action = BH_BOOT_START;
    else if (out->reason == BH_REASON_NONE)
        out->reason = BH_REASON_NOTHING_BOOTABLE;
}
