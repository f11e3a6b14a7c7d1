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
    struct bh_verified verified; /* the image looked at last */
    struct bh_work *work;
    struct bh_boot *out;
    uint32_t reason;       /* enum bh_reason: for out */
    struct bh_journal journal;
    struct bh_record next; /* what this act states in the journal, if it does */
    struct bh_facts facts;
    uint32_t wanted;       /* bit i: the application wishes the staged image of pair i installed */
    uint32_t refusal;      /* why staged is bad */
    uint32_t bad;          /* bit i: primary of pair i does not verify */
    uint32_t from_staged;  /* bit i: pair i is restored from its staged image */
    struct bh_record_pair size[BH_PAIRS_MAX]; /* learnt on the way, for next */
};

/* Verify the image in a view of a pair, to be run from primary, wherever it lies now. */
static bool good(struct run *r, const struct bh_product *product, uint32_t p,
                 const struct bh_view *view)
{
    const struct bh_pair *pair = &product->pairs[p];
    uint32_t floor = r->journal.truth.pair[p].floor;

    if (bh_verify(&product->policy, view, pair->image_max, floor, r->work, &r->verified) !=
        BH_VERDICT_GOOD)
        return false;
    if (bh_image_runs_at(&r->verified.image, pair->primary.flash->base + pair->primary.off))
        return true;
    r->verified.verdict = BH_VERDICT_BAD;
    r->verified.reason = BH_REASON_WRONG_SLOT;
    return false;
}

/* What does the application wish? Read once from a mailbox, which nothing here changes unseen. */
static void read_mailbox(struct run *r, const struct bh_product *product)
{
    struct bh_wish wish;

    if (!product->mailbox)
        return;
    if (product->mailbox->read(product, &r->journal.truth, &wish))
        r->reason = BH_REASON_SECONDARY_DEAD;
    r->facts.request = wish.request;
    r->facts.confirmed = wish.confirmed;
    r->wanted = wish.pairs;
}

/* Bulkhead's own mailbox: the wish is the journal's truth. */
static void read_journal(struct run *r, const struct bh_product *product)
{
    const struct bh_record *truth = &r->journal.truth;

    if (product->mailbox)
        return;
    r->facts.request = BH_REQUEST_NONE;
    if (truth->state != BH_STATE_REQUESTED)
        return;
    r->facts.request = truth->permanent ? BH_REQUEST_PERMANENT : BH_REQUEST_TEST;
    r->wanted = 0;
    for (uint32_t p = 0; p < product->n_pairs; p++)
        if (truth->pair[p].size_new)
            r->wanted |= 1u << p;
}

static void gather(struct run *r, const struct bh_product *product)
{
    const struct bh_record *truth = &r->journal.truth;
    struct bh_facts *f = &r->facts;

    read_journal(r, product);
    f->journal_found = r->journal.found;
    f->settled = r->journal.settled;
    f->state = truth->state;
    f->boots_left = truth->boots_left;
    f->refused = f->settled && truth->outcome == BH_OUTCOME_REFUSED && truth->reason == r->refusal;
    f->raise_floor = false;
    for (uint32_t p = 0; p < product->n_pairs; p++)
        if (r->size[p].floor > truth->pair[p].floor)
            f->raise_floor = true;
}

/* All primaries must verify: they run together. Pair 0 comes last: it is the one to start. */
static void check_primary(struct run *r, const struct bh_product *product)
{
    r->bad = 0;
    for (uint32_t p = product->n_pairs; p-- > 0;) {
        struct bh_view view = bh_pair_primary(&product->pairs[p]);

        if (good(r, product, p, &view)) {
            r->size[p].floor = r->verified.image.counter;
        } else {
            r->bad |= 1u << p;
            r->out->primary = r->verified.reason;
        }
    }
    r->facts.primary = r->bad ? BH_LOOK_BAD : BH_LOOK_GOOD;
    r->out->image = r->verified.image;
    r->out->verdict = r->verified.verdict;
}

/* Is the staged image of pair p acceptable by itself? Learns both sizes. */
static enum bh_reason check_one(struct run *r, const struct bh_product *product, uint32_t p)
{
    const struct bh_policy *policy = &product->policy;
    const struct bh_pair *pair = &product->pairs[p];
    struct bh_view staged = bh_pair_staged(pair);
    struct bh_view primary = bh_pair_primary(pair);
    const struct bh_image *new_image = &r->verified.image;
    struct bh_image old;

    if (!good(r, product, p, &staged))
        return r->verified.reason;
    r->size[p].size_new = new_image->len;
    r->size[p].size_old = 0;
    if (!bh_decode(policy, &primary, pair->image_max, &old)) {
        r->size[p].size_old = old.len;
        if (!policy->allow_downgrade &&
            bh_version_compare(&new_image->version, &old.version, policy->compare_build) < 0)
            return BH_REASON_DOWNGRADE;
    }
    return policy->dependencies ? policy->dependencies(product, r->wanted, &staged, &r->verified)
                                : BH_REASON_NONE;
}

static void check_staged(struct run *r, const struct bh_product *product)
{
    r->refusal = BH_REASON_NONE;
    for (uint32_t p = 0; p < product->n_pairs; p++) {
        r->size[p].size_new = 0;
        if (r->refusal == BH_REASON_NONE && r->wanted >> p & 1u)
            r->refusal = check_one(r, product, p);
    }
    r->facts.staged = r->refusal == BH_REASON_NONE ? BH_LOOK_GOOD : BH_LOOK_BAD;
}

/* During a trial: is the old image of every pair in it whole? Otherwise, for every primary that is
 * bad: the backup that a swap left, or else a staged image. */
static void check_backup(struct run *r, const struct bh_product *product)
{
    bool in_trial = r->facts.state == BH_STATE_TRIAL;

    r->facts.backup = BH_LOOK_GOOD;
    r->from_staged = 0;
    for (uint32_t p = 0; p < product->n_pairs; p++) {
        struct bh_view backup = bh_pair_backup(&product->pairs[p]);
        struct bh_view staged = bh_pair_staged(&product->pairs[p]);

        if (in_trial ? !r->journal.truth.pair[p].size_new : !(r->bad >> p & 1u))
            continue;
        if (!good(r, product, p, &backup)) {
            r->from_staged |= 1u << p;
            if (in_trial || !good(r, product, p, &staged))
                r->facts.backup = BH_LOOK_BAD;
        }
        r->size[p].size_old = r->verified.image.len;
    }
    if (in_trial && r->facts.backup == BH_LOOK_BAD)
        r->reason = BH_REASON_NO_WAY_BACK;
}

static bool restore(struct run *r, const struct bh_product *product)
{
    int err = BH_OK;

    for (uint32_t p = 0; !err && p < product->n_pairs; p++)
        if (r->bad >> p & 1u)
            err = bh_update_restore(&product->pairs[p], r->from_staged >> p & 1u,
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
        r->reason = BH_REASON_SECONDARY_DEAD;
    r->facts.request = BH_REQUEST_NONE;
    r->facts.confirmed = false;
    r->facts.primary = BH_LOOK_UNKNOWN;
    r->facts.backup = BH_LOOK_UNKNOWN;
    return !err;
}

static void begin_update(struct run *r, const struct bh_product *product)
{
    bool way_back = product->plan->reverts;

    r->next.state = BH_STATE_UPDATING;
    r->next.outcome = BH_OUTCOME_NONE;
    r->next.reason = BH_REASON_NONE;
    r->next.step = 0;
    for (uint32_t p = 0; p < product->n_pairs; p++) {
        r->next.pair[p].size_new = r->size[p].size_new;
        r->next.pair[p].size_old = r->size[p].size_old;
        if (r->size[p].size_new && !r->size[p].size_old)
            way_back = false;
    }
    r->next.permanent = r->facts.request == BH_REQUEST_PERMANENT || !way_back;
}

static bool update(struct run *r, const struct bh_product *product)
{
    const struct bh_record *truth = &r->journal.truth;
    int err = bh_update_run(product, &r->journal, r->work);

    if (!err && product->mailbox)
        err = product->mailbox->installed(product, truth);
    r->facts.started = true;
    r->next.step = truth->step;
    r->next.outcome = BH_OUTCOME_CONFIRMED;
    if (!truth->permanent) {
        r->next.state = BH_STATE_TRIAL;
        r->next.outcome = BH_OUTCOME_NONE;
        r->next.boots_left = product->trial_boots - 1u;
    }
    return moved(r, err);
}

static void begin_revert(struct run *r, const struct bh_product *product)
{
    r->next.state = BH_STATE_REVERTING;
    r->next.reason = r->facts.primary == BH_LOOK_BAD ? BH_REASON_PRIMARY_BAD
                                                     : BH_REASON_NOT_CONFIRMED;
    r->next.step = bh_plan_steps(product->plan, product->pairs, product->n_pairs, r->next.pair);
}

static bool revert(struct run *r, const struct bh_product *product)
{
    int err = bh_update_undo(product, &r->journal, r->work);

    if (!err && product->mailbox)
        err = product->mailbox->reverted(product, &r->journal.truth);
    r->next.outcome = BH_OUTCOME_REVERTED;
    return moved(r, err);
}

static void raise_floor(struct run *r, const struct bh_product *product)
{
    for (uint32_t p = 0; p < product->n_pairs; p++)
        if (r->size[p].floor > r->next.pair[p].floor)
            r->next.pair[p].floor = r->size[p].floor;
}

/* Also if it fails, the request is not looked at again in this boot. */
static void clear_request(struct run *r, const struct bh_product *product)
{
    if (product->mailbox->clear(product, r->wanted))
        r->reason = BH_REASON_SECONDARY_DEAD;
    r->facts.request = BH_REQUEST_NONE;
}

/* Do it. True if r->next is to be stated in the journal; it is the truth, idle, until changed. */
static bool perform(struct run *r, const struct bh_product *product, enum bh_act act)
{
    struct bh_record *next = &r->next;

    *next = r->journal.truth;
    r->out->trace |= 1u << act;
    next->state = BH_STATE_IDLE;
    switch (act) {
    case BH_ACT_CHECK_PRIMARY: check_primary(r, product); return false;
    case BH_ACT_CHECK_STAGED: check_staged(r, product); return false;
    case BH_ACT_CHECK_BACKUP: check_backup(r, product); return false;
    case BH_ACT_CLEAR_REQUEST: clear_request(r, product); return false;
    case BH_ACT_UPDATE: return update(r, product);
    case BH_ACT_REVERT: return revert(r, product);
    case BH_ACT_RESTORE: return restore(r, product);
    case BH_ACT_SETTLE:
        if (!r->journal.found)
            next->reason = BH_REASON_JOURNAL_NEW;
        break;
    case BH_ACT_REFUSE:
        next->outcome = BH_OUTCOME_REFUSED;
        next->reason = r->refusal;
        break;
    case BH_ACT_BEGIN_UPDATE: begin_update(r, product); break;
    case BH_ACT_BEGIN_REVERT: begin_revert(r, product); break;
    case BH_ACT_COUNT_START:
        next->state = BH_STATE_TRIAL;
        next->boots_left--;
        r->facts.started = true;
        break;
    case BH_ACT_CONFIRM: next->outcome = BH_OUTCOME_CONFIRMED; break;
    case BH_ACT_RAISE_FLOOR: raise_floor(r, product); break;
    case BH_ACT_START:
    case BH_ACT_RECOVER: return false;
    }
    return true;
}

static void carry_out(struct run *r, const struct bh_product *product, enum bh_act act)
{
    if (!perform(r, product, act))
        return;
    if ((act == BH_ACT_BEGIN_UPDATE ? bh_journal_turn : bh_journal_state)(&r->journal, &r->next)) {
        r->facts.journal_dead = true;
        r->reason = BH_REASON_JOURNAL_DEAD;
    }
}

void bh_boot_run(const struct bh_product *product, struct bh_work *work, struct bh_boot *out)
{
    struct run r = { .work = work, .out = out };
    enum bh_act act = BH_ACT_RECOVER;

    memset(out, 0, sizeof *out);
    out->start = product->pairs[0].primary;
    if (bh_journal_open(&r.journal, product->journal, product->n_pairs)) {
        r.facts.journal_dead = true;
        r.reason = BH_REASON_PRODUCT;
    }
    read_mailbox(&r, product);
    for (int i = 0; i < ACTS_MAX; i++) {
        gather(&r, product);
        act = bh_boot_decide(&r.facts);
        carry_out(&r, product, act);
        if (act == BH_ACT_START || act == BH_ACT_RECOVER)
            break;
    }
    if (r.journal.found)
        out->truth = r.journal.truth;
    if (act == BH_ACT_START && out->verdict == BH_VERDICT_GOOD)
        out->action = BH_BOOT_START;
    else if (r.reason == BH_REASON_NONE)
        r.reason = BH_REASON_NOTHING_BOOTABLE;
    out->reason = (enum bh_reason)r.reason;
}
