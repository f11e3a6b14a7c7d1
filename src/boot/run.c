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
#define READINGS_MAX 4

/* Verify the image in a view of a pair, to be run from primary, wherever it lies now. */
static bool good(struct bh_boot *b, const struct bh_product *product, uint32_t p,
                 const struct bh_view *view)
{
    const struct bh_pair *pair = &product->pairs[p];
    uint32_t floor = b->journal.truth.pair[p].floor;

    if (b->facts.primary == BH_LOOK_GOOD)
        b->facts.primary = BH_LOOK_UNKNOWN; /* b->verified is about to tell of another image */
    if (bh_verify(&product->policy, view, pair->image_max, floor, b->work, &b->verified) !=
        BH_VERDICT_GOOD)
        return false;
    if (!bh_image_runs_at(&b->verified.image, pair->primary.flash->base + pair->primary.off))
        b->verified.reason = BH_REASON_WRONG_SLOT;
    else if (product->policy.ids)
        b->verified.reason = product->policy.ids(pair, view, &b->verified);
    if (b->verified.reason == BH_REASON_NONE)
        return true;
    b->verified.verdict = BH_VERDICT_BAD;
    return false;
}

/* The pairs that an act moves. Bit i: pair i. */
static uint32_t in_motion(const struct bh_product *product, const struct bh_record *rec)
{
    uint32_t which = 0;

    for (uint32_t p = 0; p < product->n_pairs; p++)
        if (rec->pair[p].size_new)
            which |= 1u << p;
    return which;
}

/* What does the application wish? Read once from a mailbox, which nothing here changes unseen. */
static void read_mailbox(struct bh_boot *b, const struct bh_product *product)
{
    struct bh_wish wish;

    if (!product->mailbox)
        return;
    if (product->mailbox->read(product->pairs, product->n_pairs, &wish))
        b->reason = BH_REASON_SECONDARY_DEAD;
    b->wanted = wish.test | wish.permanent;
    b->facts.request = wish.permanent ? BH_REQUEST_PERMANENT
                       : wish.test    ? BH_REQUEST_TEST
                                      : BH_REQUEST_NONE;
    b->facts.confirmed = !(in_motion(product, &b->journal.truth) & ~wish.confirmed);
}

/* Bulkhead's own mailbox: the wish is the journal's truth. */
static void read_wish(struct bh_boot *b, const struct bh_product *product)
{
    const struct bh_record *truth = &b->journal.truth;

    if (product->mailbox)
        return;
    b->facts.request = BH_REQUEST_NONE;
    if (truth->state != BH_STATE_REQUESTED)
        return;
    b->facts.request = truth->permanent ? BH_REQUEST_PERMANENT : BH_REQUEST_TEST;
    b->wanted = in_motion(product, truth);
}

static void gather(struct bh_boot *b, const struct bh_product *product)
{
    const struct bh_record *truth = &b->journal.truth;
    struct bh_facts *f = &b->facts;

    read_wish(b, product);
    f->settled = b->journal.settled;
    f->state = truth->state;
    f->boots_left = truth->boots_left;
    f->refused = f->settled && truth->outcome == BH_OUTCOME_REFUSED && truth->reason == b->refusal;
    f->raise_floor = false;
    for (uint32_t p = 0; p < product->n_pairs; p++)
        if (b->size[p].floor > truth->pair[p].floor)
            f->raise_floor = true;
}

/* All primaries must verify: they run together. Pair 0 comes last: it is the one to start. */
static void check_primary(struct bh_boot *b, const struct bh_product *product)
{
    b->bad = 0;
    for (uint32_t p = product->n_pairs; p-- > 0;) {
        struct bh_view view = bh_pair_primary(&product->pairs[p]);

        if (good(b, product, p, &view)) {
            b->size[p].floor = b->verified.image.counter;
        } else {
            b->bad |= 1u << p;
            b->primary = b->verified.reason;
        }
    }
    b->facts.primary = b->bad ? BH_LOOK_BAD : BH_LOOK_GOOD;
}

/* Of the images that would run together: staged ones where they are wanted, installed ones. */
static enum bh_reason dependencies(struct bh_boot *b, const struct bh_product *product, uint32_t p)
{
    struct bh_view views[BH_PAIRS_MAX];

    for (uint32_t i = 0; i < product->n_pairs; i++)
        views[i] = b->wanted >> i & 1u ? bh_pair_staged(&product->pairs[i])
                                       : bh_pair_primary(&product->pairs[i]);
    return product->policy.dependencies(&product->policy, product->pairs, product->n_pairs, views, p,
                                        &b->verified);
}

/* Is the staged image of pair p acceptable by itself? Learns both sizes. */
static enum bh_reason check_one(struct bh_boot *b, const struct bh_product *product, uint32_t p)
{
    const struct bh_policy *policy = &product->policy;
    const struct bh_pair *pair = &product->pairs[p];
    struct bh_view staged = bh_pair_staged(pair);
    struct bh_view primary = bh_pair_primary(pair);
    const struct bh_image *new_image = &b->verified.image;
    struct bh_image old;

    if (!good(b, product, p, &staged))
        return b->verified.reason;
    b->size[p].size_new = new_image->len;
    b->size[p].size_old = 0;
    if (!bh_decode(policy, &primary, pair->image_max, &old)) {
        b->size[p].size_old = old.len;
        if (!policy->allow_downgrade &&
            bh_version_compare(&new_image->version, &old.version, policy->compare_build) < 0)
            return BH_REASON_DOWNGRADE;
    }
    return policy->dependencies ? dependencies(b, product, p) : BH_REASON_NONE;
}

static void check_staged(struct bh_boot *b, const struct bh_product *product)
{
    b->refusal = BH_REASON_NONE;
    for (uint32_t p = 0; p < product->n_pairs; p++) {
        b->size[p].size_new = 0;
        if (b->refusal == BH_REASON_NONE && b->wanted >> p & 1u)
            b->refusal = check_one(b, product, p);
    }
    b->facts.staged = b->refusal == BH_REASON_NONE ? BH_LOOK_GOOD : BH_LOOK_BAD;
}

/* During a trial: is the old image of every pair in it whole? Otherwise, for every primary that is
 * bad: the backup that a swap left, or else a staged image. */
static void check_backup(struct bh_boot *b, const struct bh_product *product)
{
    bool in_trial = b->facts.state == BH_STATE_TRIAL;

    b->facts.backup = BH_LOOK_GOOD;
    b->from_staged = 0;
    for (uint32_t p = 0; p < product->n_pairs; p++) {
        struct bh_view backup = bh_pair_backup(&product->pairs[p]);
        struct bh_view staged = bh_pair_staged(&product->pairs[p]);

        if (in_trial ? !b->journal.truth.pair[p].size_new : !(b->bad >> p & 1u))
            continue;
        if (!product->plan->needs_spare || !good(b, product, p, &backup)) {
            b->from_staged |= 1u << p;
            if (in_trial || !good(b, product, p, &staged))
                b->facts.backup = BH_LOOK_BAD;
        }
        b->size[p].size_old = b->verified.image.len;
    }
    if (in_trial && b->facts.backup == BH_LOOK_BAD)
        b->reason = BH_REASON_NO_WAY_BACK;
}

static bool restore(struct bh_boot *b, const struct bh_product *product)
{
    int err = BH_OK;

    for (uint32_t p = 0; !err && p < product->n_pairs; p++)
        if (b->bad >> p & 1u)
            err = bh_update_restore(&product->pairs[p], b->from_staged >> p & 1u,
                                    b->size[p].size_old, b->work);
    b->facts.backup = BH_LOOK_BAD; /* tried: not again in this boot */
    b->facts.primary = BH_LOOK_UNKNOWN;
    b->next.outcome = BH_OUTCOME_RESTORED;
    b->next.reason = BH_REASON_PRIMARY_BAD;
    return !err && !b->facts.journal_dead;
}

/* An update or a revert is at its end, or met an error: then it goes on at the next boot, and what
 * can be started is started now. */
static bool moved(struct bh_boot *b, int err)
{
    b->facts.stuck = err != BH_OK;
    if (err)
        b->reason = BH_REASON_SECONDARY_DEAD;
    b->facts.request = BH_REQUEST_NONE;
    b->facts.confirmed = false;
    b->facts.primary = BH_LOOK_UNKNOWN;
    b->facts.backup = BH_LOOK_UNKNOWN;
    return !err;
}

static void begin_update(struct bh_boot *b, const struct bh_product *product)
{
    bool way_back = product->plan->reverts;

    b->next.state = BH_STATE_UPDATING;
    b->next.outcome = BH_OUTCOME_NONE;
    b->next.reason = BH_REASON_NONE;
    b->next.step = 0;
    for (uint32_t p = 0; p < product->n_pairs; p++) {
        b->next.pair[p].size_new = b->size[p].size_new;
        b->next.pair[p].size_old = b->size[p].size_old;
        if (b->size[p].size_new && !b->size[p].size_old)
            way_back = false;
    }
    b->next.permanent = b->facts.request == BH_REQUEST_PERMANENT || !way_back;
}

static bool update(struct bh_boot *b, const struct bh_product *product)
{
    const struct bh_record *truth = &b->journal.truth;
    int err = bh_update_run(product, &b->journal, b->work);

    if (!err && product->mailbox)
        err = product->mailbox->settle(product->pairs, product->n_pairs, in_motion(product, truth),
                                       truth->permanent ? BH_SETTLED_PERMANENT
                                                        : BH_SETTLED_TRIAL);
    b->facts.started = true;
    b->next.step = truth->step;
    b->next.outcome = BH_OUTCOME_CONFIRMED;
    if (!truth->permanent) {
        b->next.state = BH_STATE_TRIAL;
        b->next.outcome = BH_OUTCOME_NONE;
        b->next.boots_left = product->trial_boots - 1u;
    }
    return moved(b, err);
}

static void begin_revert(struct bh_boot *b, const struct bh_product *product)
{
    b->next.state = BH_STATE_REVERTING;
    b->next.reason = b->facts.primary == BH_LOOK_BAD ? BH_REASON_PRIMARY_BAD
                                                     : BH_REASON_NOT_CONFIRMED;
    b->next.step = bh_plan_steps(product->plan, product->pairs, product->n_pairs, b->next.pair);
}

static bool revert(struct bh_boot *b, const struct bh_product *product)
{
    int err = bh_update_undo(product, &b->journal, b->work);

    if (!err && product->mailbox)
        err = product->mailbox->settle(product->pairs, product->n_pairs,
                                       in_motion(product, &b->journal.truth), BH_SETTLED_REVERTED);
    b->next.outcome = BH_OUTCOME_REVERTED;
    return moved(b, err);
}

static void raise_floor(struct bh_boot *b, const struct bh_product *product)
{
    for (uint32_t p = 0; p < product->n_pairs; p++)
        if (b->size[p].floor > b->next.pair[p].floor)
            b->next.pair[p].floor = b->size[p].floor;
}

/* Also if it fails, the request is not looked at again in this boot. */
static void clear_request(struct bh_boot *b, const struct bh_product *product)
{
    if (product->mailbox->clear(product->pairs, product->n_pairs, b->wanted))
        b->reason = BH_REASON_SECONDARY_DEAD;
    b->facts.request = BH_REQUEST_NONE;
}

/* Do it. True if b->next is to be stated in the journal; it is the truth, idle, until changed. */
static bool perform(struct bh_boot *b, const struct bh_product *product, enum bh_act act)
{
    struct bh_record *next = &b->next;

    *next = b->journal.truth;
    b->trace |= 1u << act;
    next->state = BH_STATE_IDLE;
    switch (act) {
    case BH_ACT_CHECK_PRIMARY: check_primary(b, product); return false;
    case BH_ACT_CHECK_STAGED: check_staged(b, product); return false;
    case BH_ACT_CHECK_BACKUP: check_backup(b, product); return false;
    case BH_ACT_CLEAR_REQUEST: clear_request(b, product); return false;
    case BH_ACT_UPDATE: return update(b, product);
    case BH_ACT_REVERT: return revert(b, product);
    case BH_ACT_RESTORE: return restore(b, product);
    case BH_ACT_SETTLE:
        if (!b->journal.found)
            next->reason = BH_REASON_JOURNAL_NEW;
        break;
    case BH_ACT_REFUSE:
        next->outcome = BH_OUTCOME_REFUSED;
        next->reason = b->refusal;
        break;
    case BH_ACT_BEGIN_UPDATE: begin_update(b, product); break;
    case BH_ACT_BEGIN_REVERT: begin_revert(b, product); break;
    case BH_ACT_COUNT_START:
        next->state = BH_STATE_TRIAL;
        next->boots_left--;
        b->facts.started = true;
        break;
    case BH_ACT_CONFIRM: next->outcome = BH_OUTCOME_CONFIRMED; break;
    case BH_ACT_RAISE_FLOOR: raise_floor(b, product); break;
    case BH_ACT_START:
    case BH_ACT_RECOVER: return false;
    }
    return true;
}

static void carry_out(struct bh_boot *b, const struct bh_product *product, enum bh_act act)
{
    if (!perform(b, product, act))
        return;
    if ((act == BH_ACT_BEGIN_UPDATE ? bh_journal_turn : bh_journal_state)(&b->journal, &b->next)) {
        b->facts.journal_dead = true;
        b->reason = BH_REASON_JOURNAL_DEAD;
    }
}

/* The journal, read until two readings agree: what is left out in one, so that an older image passes
 * for new enough, is not left out in both. Words that a cut left torn may never agree. */
static int read_journal(struct bh_boot *b, const struct bh_product *product)
{
    uint32_t was, is = 0;
    int err, tries = READINGS_MAX;

    do {
        was = is;
        err = bh_product_journal(product, b->work, &b->journal);
        is = bh_crc32(0, &b->journal, sizeof b->journal);
    } while (is != was && --tries);
    return err;
}

void bh_boot_run(const struct bh_product *product, struct bh_work *work, struct bh_boot *b)
{
    enum bh_act act = BH_ACT_RECOVER;

    memset(b, 0, sizeof *b);
    b->work = work;
    b->start = product->pairs[0].primary;
    if (read_journal(b, product)) {
        b->facts.journal_dead = true;
        b->reason = BH_REASON_PRODUCT;
    }
    read_mailbox(b, product);
    for (int i = 0; i < ACTS_MAX; i++) {
        gather(b, product);
        act = bh_boot_decide(&b->facts);
        carry_out(b, product, act);
        if (act == BH_ACT_START || act == BH_ACT_RECOVER)
            break;
    }
    if (act == BH_ACT_START && b->verified.verdict == BH_VERDICT_GOOD)
        b->action = BH_BOOT_START;
    else if (b->reason == BH_REASON_NONE)
        b->reason = BH_REASON_NOTHING_BOOTABLE;
}
