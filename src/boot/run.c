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
    struct bh_facts facts;
    enum bh_reason refusal;                  /* why staged is bad */
    uint8_t pairs;                           /* bit i: pair i takes part in the request */
    uint8_t backup_first;                    /* bit i: pair i is restored from its staged image */
    struct bh_record_pair size[BH_PAIRS_MAX]; /* for BEGIN_UPDATE, RESTORE, RAISE_FLOOR */
    struct bh_verified verified;             /* the image looked at last */
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

    r->pairs = 0;
    r->facts.request = BH_REQUEST_NONE;
    r->facts.confirmed = false;
    for (uint8_t p = 0; p < r->product->n_pairs; p++) {
        const struct bh_pair *pair = &r->product->pairs[p];
        enum bh_request request = BH_REQUEST_NONE;
        bool confirmed = false;

        if (mailbox->request(pair, &request))
            r->out->reason = BH_REASON_SECONDARY_DEAD;
        if (request != BH_REQUEST_NONE)
            r->pairs |= (uint8_t)(1u << p);
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
    r->pairs = 0;
    for (uint8_t p = 0; p < r->product->n_pairs; p++)
        if (truth->pair[p].size_new)
            r->pairs |= (uint8_t)(1u << p);
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

/* A write to the journal failed: no more of them in this boot. */
static void wrote(struct run *r, int err)
{
    if (err) {
        r->facts.journal_dead = true;
        r->out->reason = BH_REASON_JOURNAL_DEAD;
    }
}

/* The truth, with a new state and an explanation. */
static struct bh_record next_state(const struct run *r, enum bh_state state,
                                   enum bh_outcome outcome, enum bh_reason reason)
{
    struct bh_record rec = r->journal.truth;

    rec.state = (uint8_t)state;
    rec.outcome = (uint8_t)outcome;
    rec.reason = (uint8_t)reason;
    return rec;
}

static void write_state(struct run *r, enum bh_state state, enum bh_outcome outcome,
                        enum bh_reason reason)
{
    struct bh_record rec = next_state(r, state, outcome, reason);

    wrote(r, bh_journal_state(&r->journal, &rec));
}

/* All primaries must verify: they run together. */
static void check_primary(struct run *r)
{
    r->facts.primary = BH_LOOK_GOOD;
    for (uint8_t p = r->product->n_pairs; p-- > 0;) {
        struct bh_view view = bh_pair_primary(&r->product->pairs[p]);

        if (!good(r, p, &view)) {
            r->facts.primary = BH_LOOK_BAD;
            r->out->primary = r->verified.reason;
            return;
        }
        r->size[p].floor = r->verified.image.has_counter ? r->verified.image.counter : 0;
    }
    /* pair 0 was last: it is the one to start */
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
    bool comes = r->pairs >> need->pair & 1u;
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
        if (!(r->pairs >> p & 1u))
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
    r->backup_first = 0;
    for (uint8_t p = 0; p < r->product->n_pairs; p++) {
        const struct bh_pair *pair = &r->product->pairs[p];
        struct bh_view primary = bh_pair_primary(pair);
        struct bh_view backup = bh_pair_backup(pair);
        struct bh_view staged = bh_pair_staged(pair);

        r->size[p].size_old = 0;
        if (good(r, p, &primary))
            continue;
        if (!good(r, p, &backup)) {
            if (!good(r, p, &staged)) {
                r->facts.backup = BH_LOOK_BAD;
                return;
            }
            r->backup_first |= (uint8_t)(1u << p);
        }
        r->size[p].size_old = r->verified.image.len;
    }
}

static void restore(struct run *r)
{
    int err = BH_OK;

    for (uint8_t p = 0; !err && p < r->product->n_pairs; p++)
        err = bh_update_restore(&r->product->pairs[p], r->backup_first >> p & 1u,
                                r->size[p].size_old, r->work);
    r->facts.backup = BH_LOOK_BAD; /* tried: not again in this boot */
    r->facts.primary = BH_LOOK_UNKNOWN;
    if (!err && !r->facts.journal_dead)
        write_state(r, BH_STATE_IDLE, BH_OUTCOME_RESTORED, BH_REASON_PRIMARY_BAD);
}

/* An update or a revert met an error: go on at the next boot, start what can be started now. */
static void stuck(struct run *r)
{
    r->facts.stuck = true;
    r->out->reason = BH_REASON_SECONDARY_DEAD;
}

static void begin_update(struct run *r)
{
    struct bh_record rec = next_state(r, BH_STATE_UPDATING, BH_OUTCOME_NONE, BH_REASON_NONE);
    bool way_back = r->product->plan->undo != NULL;

    rec.step = 0;
    for (uint8_t p = 0; p < r->product->n_pairs; p++) {
        rec.pair[p].size_new = r->size[p].size_new;
        rec.pair[p].size_old = r->size[p].size_old;
        if (r->size[p].size_new && !r->size[p].size_old)
            way_back = false;
    }
    rec.permanent = r->facts.request == BH_REQUEST_PERMANENT || !way_back;
    wrote(r, bh_journal_turn(&r->journal, &rec));
}

static void update(struct run *r)
{
    const struct bh_product *product = r->product;
    struct bh_record rec;
    int err = bh_update_run(product, &r->journal, r->work);

    for (uint8_t p = 0; !err && product->mailbox && p < product->n_pairs; p++)
        if (r->journal.truth.pair[p].size_new)
            err = product->mailbox->installed(&product->pairs[p], p, &r->journal.truth.pair[p],
                                              r->journal.truth.permanent);
    if (err) {
        stuck(r);
        return;
    }
    rec = next_state(r, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
    if (!rec.permanent) {
        rec.state = BH_STATE_TRIAL;
        rec.outcome = BH_OUTCOME_NONE;
        rec.boots_left = (uint8_t)(product->trial_boots - 1);
    }
    wrote(r, bh_journal_state(&r->journal, &rec));
    r->facts.started = true;
    r->facts.request = BH_REQUEST_NONE;
    r->facts.confirmed = false;
    r->facts.primary = BH_LOOK_UNKNOWN;
}

static void count_start(struct run *r)
{
    struct bh_record rec = r->journal.truth;

    rec.boots_left--;
    wrote(r, bh_journal_state(&r->journal, &rec));
    r->facts.started = true;
}

static void begin_revert(struct run *r)
{
    enum bh_reason why = r->facts.primary == BH_LOOK_BAD ? BH_REASON_PRIMARY_BAD
                                                         : BH_REASON_NOT_CONFIRMED;
    struct bh_record rec = next_state(r, BH_STATE_REVERTING, BH_OUTCOME_NONE, why);

    rec.step = (uint16_t)bh_plan_steps(r->product->plan, r->product->pairs, r->product->n_pairs,
                                       rec.pair);
    wrote(r, bh_journal_state(&r->journal, &rec));
}

static void revert(struct run *r)
{
    const struct bh_product *product = r->product;
    int err = bh_update_undo(product, &r->journal, r->work);

    for (uint8_t p = 0; !err && product->mailbox && p < product->n_pairs; p++)
        if (r->journal.truth.pair[p].size_new)
            err = product->mailbox->reverted(&product->pairs[p], p);
    if (err) {
        stuck(r);
        return;
    }
    write_state(r, BH_STATE_IDLE, BH_OUTCOME_REVERTED, (enum bh_reason)r->journal.truth.reason);
    r->facts.request = BH_REQUEST_NONE;
    r->facts.primary = BH_LOOK_UNKNOWN;
}

static void raise_floor(struct run *r)
{
    struct bh_record rec = r->journal.truth;

    for (uint8_t p = 0; p < r->product->n_pairs; p++)
        if (r->size[p].floor > rec.pair[p].floor)
            rec.pair[p].floor = r->size[p].floor;
    wrote(r, bh_journal_state(&r->journal, &rec));
}

static void clear_request(struct run *r)
{
    for (uint8_t p = 0; p < r->product->n_pairs; p++)
        if (r->pairs >> p & 1u && r->product->mailbox->clear(&r->product->pairs[p]))
            r->out->reason = BH_REASON_SECONDARY_DEAD;
    r->facts.request = BH_REQUEST_NONE; /* also if that failed: it is not looked at again now */
}

static void settle(struct run *r)
{
    const struct bh_record *truth = &r->journal.truth;

    if (r->journal.found)
        write_state(r, BH_STATE_IDLE, (enum bh_outcome)truth->outcome,
                    (enum bh_reason)truth->reason);
    else
        write_state(r, BH_STATE_IDLE, BH_OUTCOME_NONE, BH_REASON_JOURNAL_NEW);
}

static void carry_out(struct run *r, enum bh_act act)
{
    switch (act) {
    case BH_ACT_CHECK_PRIMARY: check_primary(r); break;
    case BH_ACT_CHECK_STAGED: check_staged(r); break;
    case BH_ACT_CHECK_BACKUP: check_backup(r); break;
    case BH_ACT_SETTLE: settle(r); break;
    case BH_ACT_REFUSE:
        write_state(r, BH_STATE_IDLE, BH_OUTCOME_REFUSED, r->refusal);
        break;
    case BH_ACT_CLEAR_REQUEST: clear_request(r); break;
    case BH_ACT_BEGIN_UPDATE: begin_update(r); break;
    case BH_ACT_UPDATE: update(r); break;
    case BH_ACT_COUNT_START: count_start(r); break;
    case BH_ACT_CONFIRM:
        write_state(r, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
        break;
    case BH_ACT_RAISE_FLOOR: raise_floor(r); break;
    case BH_ACT_BEGIN_REVERT: begin_revert(r); break;
    case BH_ACT_REVERT: revert(r); break;
    case BH_ACT_RESTORE: restore(r); break;
    case BH_ACT_START:
    case BH_ACT_RECOVER: break;
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
