/* SPDX-License-Identifier: Apache-2.0 */
/* Gather facts, ask what to do, do it, until an image can be started or nothing is left.
 *
 * Each act below changes the flash in one way, or learns one thing. The next round sees it in the
 * facts. A cut between two acts is harmless: the next power-up gathers the facts from flash. */
#include "inner.h"

#include "bulkhead/bytes.h"

#include <string.h>

/* No chain of decisions is longer; docs/boot.md has the longest. */
#define ACTS_MAX 32
#define READINGS_MAX 4

/* A function that asks whether the product names something, and calls another one if it does. It is
 * always inlined: then a link that optimises sees at each call that there is nothing to do. */
#define LINKED_BY_NAME inline __attribute__((always_inline))

/* --- looking at images --------------------------------------------------------------------- */

bool bh_boot_good(struct bh_boot *b, const struct bh_product *product, uint32_t p,
                  const struct bh_view *view)
{
    const struct bh_pair *pair = &product->pairs[bh_pair_index(p)];
    const struct bh_record_pair *record = &b->journal.truth.pair[bh_pair_index(p)];
    uint32_t floor = record->floor;

    b->facts.at_hand = false; /* b->verified is about to tell of another image */
    if (bh_verify(&product->policy, view, pair->image_max, floor, b->work, &b->verified) !=
        BH_VERDICT_GOOD)
        return false;
    /* The floor is read again from its source: a glitch may have changed the copy given above. */
    if (*(const volatile uint32_t *)&b->verified.image.counter < record->floor)
        b->verified.reason = BH_REASON_FLOOR;
    else if (!bh_image_runs_at(&b->verified.image, pair->primary.flash->base + pair->primary.off))
        b->verified.reason = BH_REASON_WRONG_SLOT;
    else if (product->policy.ids)
        b->verified.reason = product->policy.ids(pair, view, &b->verified);
    if (b->verified.reason == BH_REASON_NONE)
        return true;
    b->verified.verdict = BH_VERDICT_BAD;
    return false;
}

void bh_boot_name(const struct bh_boot *b, uint32_t name[BH_NAME_WORDS])
{
    name[0] = bh_load32(b->verified.digest);
    name[1] = bh_load32(b->verified.digest + 4);
}

/* A version as a record holds it. */
static void pack_version(const struct bh_version *v, uint32_t out[2])
{
    out[0] = (uint32_t)v->major << 24 | (uint32_t)v->minor << 16 | v->revision;
    out[1] = v->build;
}

/* Is a version older than `last`? Both as a record holds them. */
static bool older(const struct bh_policy *policy, const uint32_t version[2], const uint32_t last[2])
{
    return version[0] < last[0] ||
           (version[0] == last[0] && policy->compare_build && version[1] < last[1]);
}

/* Is a staged image's version too low to take the place of `last`? */
static bool too_low(const struct bh_policy *policy, const uint32_t version[2],
                    const uint32_t last[2])
{
    return older(policy, version, last) || (policy->only_newer && version[0] == last[0]);
}

uint32_t bh_boot_identity(const struct bh_boot *b, const struct bh_product *product, uint32_t p)
{
    const struct bh_record_pair *pair = &b->journal.truth.pair[bh_pair_index(p)];
    uint32_t name[BH_NAME_WORDS], version[2], bits = 0;

    pack_version(&b->verified.image.version, version);
    bh_boot_name(b, name);
    if (!memcmp(name, pair->name_old, sizeof name))
        bits |= BH_PRIMARY_OLD;
    if (!memcmp(name, pair->name_new, sizeof name))
        bits |= BH_PRIMARY_NEW;
    if (bits ||
        (!product->policy.allow_downgrade && older(&product->policy, version, pair->version)))
        return bits;
    return BH_PRIMARY_OTHER;
}

bool bh_boot_ran(const struct bh_boot *b, const struct bh_product *product, uint32_t p)
{
    const struct bh_record *truth = &b->journal.truth;
    uint32_t version[2];

    if (truth->outcome == BH_OUTCOME_KEPT || truth->outcome == BH_OUTCOME_CONFIRMED)
        return bh_boot_identity(b, product, p) & BH_PRIMARY_NEW;
    pack_version(&b->verified.image.version, version);
    return !memcmp(version, truth->pair[p].version, sizeof version);
}

bool bh_boot_restorable(const struct bh_boot *b, const struct bh_product *product, uint32_t p)
{
    const uint32_t *old = b->journal.truth.pair[bh_pair_index(p)].name_old;

    if (!bh_boot_identity(b, product, p))
        return false;
    return product->n_pairs == 1 || !(old[0] | old[1]) || bh_boot_ran(b, product, p);
}

/* --- what the application asks for --------------------------------------------------------- */

/* Does the header of a primary, which is not verified yet, show a counter above the floor? */
static bool unraised(struct bh_boot *b, const struct bh_product *product)
{
    for (uint32_t p = 0; p < product->n_pairs; p++) {
        struct bh_view primary = bh_pair_primary(&product->pairs[p]);
        struct bh_image *is = &b->verified.image; /* before an image was verified: it is free */

        if (!bh_decode(&product->policy, &primary, product->pairs[p].image_max, is) &&
            is->counter > b->journal.truth.pair[p].floor)
            return true;
    }
    return false;
}

static void read_mailbox(struct bh_boot *b, const struct bh_product *product)
{
    const struct bh_record *truth = &b->journal.truth;
    uint32_t moving = bh_product_moving(product, truth);
    struct bh_wish wish = { 0 };
    struct bh_facts *f = &b->facts;

    if (product->mailbox->read(product->pairs, product->n_pairs, &wish))
        b->reason = BH_REASON_SECONDARY_DEAD;
    f->confirmed = moving && !(moving & ~wish.confirmed);
    f->unclear = moving && !(moving & ~(wish.confirmed | wish.unclear));
    if (product->adopt && truth->state <= BH_STATE_REQUESTED) {
        f->on_trial = wish.on_trial;
        f->interrupted = wish.interrupted;
    }
    f->request = bh_product_asked(product, truth, &wish, &b->wanted);
}

/* Read requests from the mailbox; for products that adopt, also another bootloader's acts. The
 * journal is read when the facts are gathered. */
static LINKED_BY_NAME void read_wishes(struct bh_boot *b, const struct bh_product *product)
{
    b->facts.request = BH_REQUEST_NONE;
    if (product->mailbox)
        read_mailbox(b, product);
}

/* At rest the image in primary stays, unless it was kept because there was no other. Its counter
 * and version are then the least that later images must have. True if that is more than the record
 * has. */
static bool raise(const struct bh_boot *b, const struct bh_product *product, struct bh_record *rec)
{
    bool more = false;

    if (!(b->facts.primary & BH_LOOK_GOOD) || rec->outcome == BH_OUTCOME_KEPT ||
        rec->outcome == BH_OUTCOME_GIVEN_UP)
        return false;
    for (uint32_t p = 0; p < product->n_pairs; p++) {
        const uint32_t *is = b->seen[p].version;
        struct bh_record_pair *pair = &rec->pair[p];

        if (b->seen[p].floor > pair->floor) {
            pair->floor = b->seen[p].floor;
            more = true;
        }
        /* the first image, the one that was confirmed, or the one that took its place: what a
         * person programs at rest is started, and confirms nothing */
        if ((!(pair->version[0] | pair->version[1]) || rec->outcome == BH_OUTCOME_REPLACED ||
             (rec->outcome == BH_OUTCOME_CONFIRMED && b->seen[p].is & BH_PRIMARY_NEW)) &&
            (is[0] > pair->version[0] || (is[0] == pair->version[0] && is[1] > pair->version[1]))) {
            memcpy(pair->version, is, sizeof pair->version);
            more = true;
        }
    }
    return more;
}

static void gather(struct bh_boot *b, const struct bh_product *product)
{
    const struct bh_record *truth = &b->journal.truth;
    struct bh_facts *f = &b->facts;

    f->settled = b->journal.settled;
    f->state = truth->state;
    f->boots_left = truth->boots_left;
    f->to_new = product->rescue && truth->state == BH_STATE_RESCUING && truth->to_new;
    f->no_way_back = truth->reason == BH_REASON_NO_WAY_BACK;
    /* a restore that failed is not begun again */
    if (f->state <= BH_STATE_REQUESTED && !product->rescue && bh_fault_wrote(truth->fault) &&
        bh_fault_kind(truth->fault) == BH_FAULT_PRIMARY)
        f->failed = true;
    f->raise |= f->state <= BH_STATE_REQUESTED && raise(b, product, &b->next);
    f->kept = truth->outcome == BH_OUTCOME_KEPT;
    f->refused = f->settled && (f->kept || truth->outcome == BH_OUTCOME_REFUSED) &&
                 truth->reason == b->refusal;
    if (f->request == BH_REQUEST_NONE) { /* one in the journal stays until it is answered */
        b->wanted = f->state == BH_STATE_REQUESTED ? bh_product_moving(product, truth) : 0;
        if (b->wanted)
            f->request = truth->permanent ? BH_REQUEST_PERMANENT : BH_REQUEST_TEST;
    }
    if (f->request != BH_REQUEST_NONE && f->state <= BH_STATE_REQUESTED &&
        f->primary == BH_LOOK_UNKNOWN && f->staged == BH_LOOK_UNKNOWN)
        f->unraised = unraised(b, product);
}

/* --- acts that look ------------------------------------------------------------------------ */

/* Record the counter and version of a primary that verifies. */
static void learn_primary(struct bh_boot *b, uint32_t p, uint32_t is)
{
    b->seen[p].is = is;
    b->seen[p].floor = b->verified.image.counter;
    pack_version(&b->verified.image.version, b->seen[p].version);
}

/* Is there no image in a primary that need not have one? A page that cannot be read holds none if
 * the journal knows of none there. */
static bool absent(const struct bh_boot *b, const struct bh_product *product, uint32_t p)
{
    static const struct bh_record_pair unknown;
    uint32_t why = b->verified.reason;

    return product->pairs[p].optional &&
           (why == BH_REASON_NO_IMAGE ||
            (why == BH_REASON_READ &&
             !memcmp(&b->journal.truth.pair[p], &unknown, sizeof unknown)));
}

/* All primaries must verify: they run together. Pair 0 comes last: it is the one to start. In the
 * middle of an act each must be an image of that act, and all of one kind. */
static void check_primary(struct bh_boot *b, const struct bh_product *product)
{
    const struct bh_record *truth = &b->journal.truth;
    uint32_t moving = bh_product_moving(product, truth);
    uint32_t is = BH_PRIMARY_OLD | BH_PRIMARY_NEW | BH_PRIMARY_OTHER;

    b->bad = b->others = 0;
    for (uint32_t p = product->n_pairs; p-- > 0;) {
        struct bh_view view = bh_pair_primary(&product->pairs[p]);

        if (bh_boot_good(b, product, p, &view)) {
            uint32_t bits = bh_boot_identity(b, product, p);

            learn_primary(b, p, bits);
            if (!(moving >> p & 1u))
                continue;
            is &= bits;
            if (bits == BH_PRIMARY_OTHER)
                b->others |= 1u << p;
        } else if (!absent(b, product, p)) {
            b->bad |= 1u << p;
            b->primary = b->verified.reason;
        }
    }
    if (b->bad & moving || !is)
        is = BH_LOOK_BAD;
    b->facts.primary = is;
    if (!b->bad && is != BH_LOOK_BAD)
        b->facts.primary |= BH_LOOK_GOOD;
    if (truth->state <= BH_STATE_REQUESTED)
        b->facts.primary = b->bad ? BH_LOOK_BAD : BH_LOOK_GOOD;
    else if (b->others)
        b->facts.primary |= BH_PRIMARY_OTHER;
    b->facts.at_hand = !b->bad;
}

/* Would the images run together? For the pairs in `which` the staged images, or the backup; for the
 * others the installed ones. The dependencies of every image count, installed ones too. */
static enum bh_reason together(struct bh_boot *b, const struct bh_product *product, uint32_t which,
                               bool backup)
{
    const struct bh_policy *policy = &product->policy;
    struct bh_view views[BH_PAIRS];
    enum bh_reason why = BH_REASON_NONE;

    for (uint32_t p = 0; p < product->n_pairs; p++)
        views[p] = !(which >> p & 1u) ? bh_pair_primary(&product->pairs[p])
                   : backup           ? bh_pair_backup(&product->pairs[p])
                                      : bh_pair_staged(&product->pairs[p]);
    for (uint32_t p = 0; policy->dependencies && why == BH_REASON_NONE && p < product->n_pairs; p++)
        if (bh_boot_good(b, product, p, &views[p])) /* otherwise it will not run */
            why = policy->dependencies(policy, product->pairs, product->n_pairs, views, p,
                                       &b->verified);
    return why;
}

/* Is the staged image of pair p acceptable by itself? Learns sizes and names. */
static enum bh_reason check_one(struct bh_boot *b, const struct bh_product *product, uint32_t p)
{
    const struct bh_policy *policy = &product->policy;
    const struct bh_pair *pair = &product->pairs[p];
    struct bh_record_pair *next = &b->next.pair[p];
    struct bh_view staged = bh_pair_staged(pair);
    struct bh_view primary = bh_pair_primary(pair);
    struct bh_image *old = &b->verified.image; /* free once the staged one is not needed any more */
    uint32_t version[2], claim[2];
    bool lower, than_claim, good = bh_boot_good(b, product, p, &staged);

    /* carried out, but the request could not be taken away; a swap leaves no image there */
    if (product->mailbox && bh_fault_kind(b->journal.truth.fault) == BH_FAULT_REQUEST &&
        (good ? (bh_boot_identity(b, product, p) & BH_PRIMARY_NEW) != 0
              : b->verified.reason == BH_REASON_NO_IMAGE))
        return BH_REASON_MAILBOX_PAGE;
    if (!good)
        return b->verified.reason;
    next->size_new = b->verified.image.len;
    bh_boot_name(b, next->name_new);
    next->size_old = 0;
    memset(next->name_old, 0, sizeof next->name_old);
    pack_version(&b->verified.image.version, version);
    lower = than_claim = too_low(policy, version, next->version);
    b->verified.verdict = BH_VERDICT_BAD; /* of what follows */
    if (!bh_decode(policy, &primary, pair->image_max, old)) {
        uint8_t digest[sizeof next->name_old];

        next->size_old = old->len;
        pack_version(&old->version, claim);
        than_claim = too_low(policy, version, claim);
        if (!bh_view_read(&primary, old->digest_off, digest, sizeof digest)) {
            next->name_old[0] = bh_load32(digest);
            next->name_old[1] = bh_load32(digest + 4);
        }
    }
    if (product->rescue && product->rescue->barred(b, product, p))
        return BH_REASON_PRIMARY_PAGE;
    /* what is in primary counts in place of what was confirmed last, if it is an image */
    if (lower != than_claim && bh_boot_good(b, product, p, &primary))
        lower = than_claim;
    return lower && !policy->allow_downgrade ? BH_REASON_DOWNGRADE : BH_REASON_NONE;
}

/* Is there an old image for every new one of this record? */
static bool way_back(const struct bh_product *product, const struct bh_record *rec)
{
    bool yes = true;

    for (uint32_t p = 0; p < product->n_pairs; p++)
        if (rec->pair[p].size_new && !rec->pair[p].size_old)
            yes = false;
    return yes;
}

static void check_staged(struct bh_boot *b, const struct bh_product *product)
{
    b->refusal = BH_REASON_NONE;
    for (uint32_t p = 0; p < product->n_pairs; p++) {
        b->next.pair[p].size_new = 0;
        if (b->refusal == BH_REASON_NONE && b->wanted >> p & 1u)
            b->refusal = check_one(b, product, p);
    }
    if (b->refusal == BH_REASON_NONE && product->n_pairs > 1)
        b->refusal = together(b, product, b->wanted, false);
    b->facts.staged = b->refusal == BH_REASON_NONE ? BH_LOOK_GOOD : BH_LOOK_BAD;
    if (product->mailbox && b->refusal == BH_REASON_MAILBOX_PAGE)
        b->facts.request = BH_REQUEST_NONE;
    b->facts.bare =
        b->refusal == BH_REASON_NONE && product->plan->reverts && !way_back(product, &b->next);
    if (b->refusal != BH_REASON_NONE)
        b->next = b->journal.truth;
}

/* In the middle of an act, or if a primary of a set is bad: is the old image of every pair in it
 * whole, where a swap left it? Otherwise, for every primary that is bad: the backup, or else a
 * staged image that is allowed, if it is not the one that is asked for. */
static void check_backup(struct bh_boot *b, const struct bh_product *product)
{
    uint32_t moving = bh_product_moving(product, &b->journal.truth);
    bool in_act = b->facts.state > BH_STATE_REQUESTED;
    bool as_set = in_act || (product->n_pairs > 1 && b->bad & moving && moving & (moving - 1u));
    uint32_t which = in_act ? moving : (b->bad |= as_set ? moving : 0);

    if (!in_act)
        b->next = b->journal.truth;
    b->facts.backup = BH_LOOK_GOOD;
    b->from_staged = 0;
    for (uint32_t p = 0; p < product->n_pairs; p++) {
        struct bh_view backup = bh_pair_backup(&product->pairs[p]);
        struct bh_view staged = bh_pair_staged(&product->pairs[p]);

        if (!(which >> p & 1u))
            continue;
        if (!product->plan->reverts || !bh_boot_good(b, product, p, &backup) ||
            !(as_set ? bh_boot_identity(b, product, p) & BH_PRIMARY_OLD
                     : bh_boot_restorable(b, product, p))) {
            b->from_staged |= 1u << p;
            if (as_set || b->facts.bare || !bh_boot_good(b, product, p, &staged) ||
                !bh_boot_restorable(b, product, p))
                b->facts.backup = BH_LOOK_BAD;
        }
        b->next.pair[p].size_old = in_act ? b->next.pair[p].size_old : b->verified.image.len;
    }
    if (product->n_pairs > 1 && b->facts.backup == BH_LOOK_GOOD &&
        together(b, product, which & ~b->from_staged, true))
        b->facts.backup = BH_LOOK_BAD;
    if (in_act && b->facts.backup == BH_LOOK_BAD)
        b->reason = BH_REASON_NO_WAY_BACK;
}

/* --- acts that write ----------------------------------------------------------------------- */

/* Does the board postpone it? Then nothing is written any more in this boot, and nothing is stated:
 * the next boot finds what a cut would have left. */
static __attribute__((noinline)) bool postponed(struct bh_boot *b, int err)
{
    if (!bh_flash_postponed(err))
        return false;
    b->facts.later = true;
    b->facts.primary = BH_LOOK_UNKNOWN;
    b->reason = BH_REASON_LATER;
    return true;
}

/* Copies were made, or could not be. The page that failed is recorded; if there is none, the
 * journal could not be written. */
static void moved(struct bh_boot *b, int err)
{
    static const uint8_t reasons[] = { [BH_FAULT_NONE] = BH_REASON_JOURNAL_DEAD,
                                       [BH_FAULT_PRIMARY] = BH_REASON_PRIMARY_PAGE,
                                       [BH_FAULT_BACKUP] = BH_REASON_BACKUP_PAGE };
    struct bh_facts *f = &b->facts;

    if (postponed(b, err))
        return;
    f->primary = BH_LOOK_UNKNOWN;
    f->backup = BH_LOOK_UNKNOWN;
    f->search = BH_LOOK_UNKNOWN;
    f->confirmed = false;
    f->request = BH_REQUEST_NONE;
    f->moved = err == BH_OK;
    if (err == BH_OK)
        return;
    f->failed = b->back.fault != BH_FAULT_NONE;
    f->worn = b->back.worn;
    b->reason = reasons[bh_fault_kind(b->back.fault)];
    f->journal_dead |= b->back.fault == BH_FAULT_NONE;
}

static void begin_update(struct bh_boot *b, const struct bh_product *product)
{
    struct bh_record *next = &b->next;

    b->facts.interrupted = 0; /* from here on what another bootloader left is written over */
    next->state = BH_STATE_UPDATING;
    next->outcome = BH_OUTCOME_NONE;
    next->reason = BH_REASON_NONE;
    next->step = next->fault = next->left_alone = next->to_new = next->final = 0;
    next->boots_left = BH_TRIES;
    next->permanent =
        b->facts.request == BH_REQUEST_PERMANENT || b->facts.bare || !product->plan->reverts;
}

static void begin_revert(struct bh_boot *b, const struct bh_product *product)
{
    struct bh_record *next = &b->next;

    next->reason = next->state == BH_STATE_UPDATING  ? BH_REASON_STAGED_CHANGED
                   : b->facts.primary == BH_LOOK_BAD ? BH_REASON_PRIMARY_BAD
                                                     : BH_REASON_NOT_CONFIRMED;
    next->state = BH_STATE_REVERTING;
    next->boots_left = BH_TRIES;
    next->step = bh_plan_steps(product->plan, product->pairs, product->n_pairs, next->pair);
}

/* May the mailbox be written? Only because of what was stated in this power-up; and not where
 * nothing can be stated, since it would be worn at each boot. */
static bool stated(struct bh_boot *b, const struct bh_product *product)
{
    int err = BH_OK;

    if (!product->mailbox)
        return false;
    if (b->journal.found && !b->journal.refreshed && !b->facts.journal_dead)
        err = bh_journal_refresh(&b->journal);
    if (err && !postponed(b, err))
        b->facts.journal_dead = true;
    return !err && !b->facts.journal_dead;
}

static bool settle_mailbox(struct bh_boot *b, const struct bh_product *product, enum bh_settled how)
{
    const struct bh_mailbox *mailbox = product->mailbox;
    uint32_t which = bh_product_moving(product, &b->journal.truth);
    bool confirms = true;

    for (uint32_t p = 0; p < product->n_pairs; p++) {
        uint32_t kind = BH_FAULT_CONFIRM;
        int err = BH_OK;

        if (which >> p & 1u && stated(b, product))
            err = mailbox->settle(product->pairs, product->n_pairs, 1u << p, how);
        if (!err || postponed(b, err))
            continue;
        if (mailbox->clear(product->pairs, product->n_pairs, 1u << p))
            kind = BH_FAULT_REQUEST;
        else
            confirms = false;
        b->next.fault = bh_fault(kind, true, p, 0);
        b->next.reason = b->reason = BH_REASON_MAILBOX_PAGE;
    }
    return confirms;
}

/* Write into the mailbox how the act ended. False if its page for the confirm fails: then an old
 * confirm may be read, and there can be no trial. */
static LINKED_BY_NAME bool settle(struct bh_boot *b, const struct bh_product *product,
                                  enum bh_settled how)
{
    return !product->mailbox || settle_mailbox(b, product, how);
}

static void clear_mailbox(struct bh_boot *b, const struct bh_product *product, uint32_t which)
{
    const struct bh_mailbox *mailbox = product->mailbox;

    for (uint32_t p = 0; p < product->n_pairs; p++) {
        uint32_t fault = bh_fault(BH_FAULT_REQUEST, true, p, 0);
        int err = BH_OK;

        if (which >> p & 1u && b->journal.truth.fault != fault && stated(b, product))
            err = mailbox->clear(product->pairs, product->n_pairs, 1u << p);
        if (err && !postponed(b, err)) {
            b->next.fault = fault;
            b->reason = BH_REASON_MAILBOX_PAGE;
        }
    }
}

/* Also if it fails, the request is not looked at again in this boot. */
static LINKED_BY_NAME void clear_request(struct bh_boot *b, const struct bh_product *product,
                                         uint32_t which)
{
    if (product->mailbox)
        clear_mailbox(b, product, which);
    b->facts.request = BH_REQUEST_NONE;
}

/* Without a rescue: the backup, or the staged image, over each primary that is bad. One that fails
 * is stated with its page, and not tried again. */
static void restore(struct bh_boot *b, const struct bh_product *product)
{
    int err = BH_OK;

    for (uint32_t p = 0; !err && p < product->n_pairs; p++) {
        const struct bh_pair *pair = &product->pairs[p];
        struct bh_refill r = { p,
                               0,
                               bh_round_up(pair->image_max, pair->chunk) / pair->chunk,
                               b->from_staged >> p & 1u,
                               b->next.pair[p].size_old,
                               0 };

        if (b->bad >> p & 1u)
            err = bh_update_refill(product, &r, b->work, &b->back);
    }
    moved(b, err);
    b->facts.backup = BH_LOOK_BAD; /* tried: not again in this boot */
    b->next.reason = BH_REASON_PRIMARY_BAD;
    if (err) {
        b->next.reason = b->reason;
        b->next.fault = b->back.fault;
    } else {
        b->next.outcome = BH_OUTCOME_RESTORED;
        /* or what is in primary now would be swapped with itself */
        clear_request(b, product, b->wanted & b->from_staged);
    }
}

/* The new image is in place. */
static bool finish(struct bh_boot *b, const struct bh_product *product)
{
    struct bh_record *next = &b->next;
    bool rescued = product->rescue && next->state == BH_STATE_RESCUING;
    bool trial = !(next->permanent || next->final);

    if (!settle(b, product, trial ? BH_SETTLED_TRIAL : BH_SETTLED_PERMANENT) && trial) {
        b->facts.primary = BH_LOOK_BAD; /* as good as not installed */
        b->back.fault = next->fault;
        return false;
    }
    next->state = BH_STATE_IDLE;
    if (product->rescue && b->back.fault)
        next->fault = b->back.fault;
    if (next->outcome != BH_OUTCOME_RESTORED && next->outcome != BH_OUTCOME_REPLACED)
        next->outcome = BH_OUTCOME_CONFIRMED; /* as was asked, though a page failed */
    if (!trial) {
        b->facts.staged = BH_LOOK_UNKNOWN;
        read_wishes(b, product); /* others may be asked for on trial */
        return true;
    }
    b->facts.started = true;
    next->state = BH_STATE_TRIAL;
    next->outcome = BH_OUTCOME_NONE;
    next->boots_left = product->trial_boots - 1u;
    for (uint32_t p = 0; rescued && p < product->n_pairs; p++)
        memset(next->pair[p].name_old, 0, sizeof next->pair[p].name_old); /* no way back */
    return true;
}

/* The old image is in place: the end of a revert, of a rescue, or of an update that
 * went nowhere. */
static void end_old(struct bh_boot *b, const struct bh_product *product)
{
    struct bh_record *next = &b->next;

    if ((product->rescue && next->state == BH_STATE_RESCUING) || next->state == BH_STATE_UPDATING) {
        clear_request(b, product, bh_product_moving(product, next));
        if (next->state == BH_STATE_UPDATING) {
            next->fault = b->back.fault ? b->back.fault : next->fault;
            next->outcome = next->fault ? BH_OUTCOME_GIVEN_UP : BH_OUTCOME_REVERTED;
            next->reason = b->reason ? b->reason : BH_REASON_STAGED_CHANGED;
        }
    } else {
        if (next->state == BH_STATE_TRIAL)
            next->reason = BH_REASON_NOT_CONFIRMED;
        next->outcome = BH_OUTCOME_REVERTED;
        (void)settle(b, product, BH_SETTLED_REVERTED);
    }
    next->state = BH_STATE_IDLE;
    b->facts.counted = true; /* if it cannot be stated, that is not tried again */
}

/* An act that ends with whatever is in primary. */
static __attribute__((noinline)) void leave(struct bh_boot *b, const struct bh_product *product,
                                            enum bh_outcome outcome, enum bh_reason reason)
{
    clear_request(b, product, bh_product_moving(product, &b->next));
    b->next.state = BH_STATE_IDLE;
    b->next.outcome = outcome;
    b->next.reason = reason;
    b->facts.counted = true; /* if it cannot be stated, that is not tried again */
}

static void count_failure(struct bh_boot *b, const struct bh_product *product)
{
    b->next.boots_left -= !product->rescue || b->next.boots_left;
    b->next.fault = b->back.fault;
    b->next.reason = b->reason;
    b->facts.moved = false;
    b->facts.failed = b->facts.counted = true;
}

static void wait_for_backup(struct bh_boot *b)
{
    b->next.boots_left = b->facts.no_way_back ? b->next.boots_left - 1u : BH_TRIES;
    b->next.reason = BH_REASON_NO_WAY_BACK;
    b->facts.started = true;
}

/* Acts of products that name a rescue. */
static bool perform_rescue(struct bh_boot *b, const struct bh_product *product, enum bh_act act)
{
    const struct bh_rescue *rescue = product->rescue;
    struct bh_facts *f = &b->facts;

    switch (act) {
    case BH_ACT_CHECK_COMPOSITE:
        f->composite = rescue->whole(b, product) ? BH_LOOK_GOOD : BH_LOOK_BAD;
        return false;
    case BH_ACT_SEARCH:
        f->search = rescue->search(b, product) ? BH_LOOK_GOOD : BH_LOOK_BAD;
        f->staged = BH_LOOK_UNKNOWN;
        return false;
    case BH_ACT_RESCUE: moved(b, rescue->copy(b, product)); return false;
    case BH_ACT_BEGIN_RESCUE: b->next.state = BH_STATE_RESCUING; return true;
    default: return false;
    }
}

/* Do it. True if b->next is to be stated in the journal. */
static bool perform(struct bh_boot *b, const struct bh_product *product, enum bh_act act)
{
    struct bh_record *next = &b->next;
    struct bh_facts *f = &b->facts;
    int err;

    b->trace |= 1u << act;
    switch (act) {
    case BH_ACT_CHECK_PRIMARY: check_primary(b, product); return false;
    case BH_ACT_CHECK_STAGED: check_staged(b, product); return false;
    case BH_ACT_CHECK_BACKUP:
        check_backup(b, product);
        f->staged = BH_LOOK_UNKNOWN; /* b->next does not tell of it any more */
        return false;
    case BH_ACT_UPDATE:
    case BH_ACT_REVERT:
        err = bh_update_run(product, &b->journal, b->work, &b->back);
        next->step = b->journal.truth.step;
        moved(b, err);
        return false;
    case BH_ACT_RESTORE: restore(b, product); break;
    case BH_ACT_CLEAR_REQUEST:
        clear_request(b, product, b->wanted & ~f->interrupted);
        return next->fault != b->journal.truth.fault;
    case BH_ACT_SETTLE:
        if (!b->journal.found)
            next->reason = b->journal.why ? b->journal.why : BH_REASON_JOURNAL_NEW;
        next->state = BH_STATE_IDLE;
        break;
    case BH_ACT_ADOPT:
        if (product->adopt)
            product->adopt(b, product);
        break;
    case BH_ACT_REFUSE:
        if (next->state == BH_STATE_REQUESTED)
            f->request = BH_REQUEST_NONE;
        next->state = BH_STATE_IDLE;
        if (!f->kept) /* what runs is as unconfirmed as before */
            next->outcome = BH_OUTCOME_REFUSED;
        next->reason = b->refusal;
        break;
    case BH_ACT_BEGIN_UPDATE: begin_update(b, product); break;
    case BH_ACT_BEGIN_REVERT: begin_revert(b, product); break;
    case BH_ACT_COUNT_START:
        next->boots_left--;
        f->started = true;
        break;
    case BH_ACT_WAIT_FOR_BACKUP: wait_for_backup(b); break;
    case BH_ACT_CONFIRM:
        next->state = BH_STATE_IDLE;
        next->outcome = BH_OUTCOME_CONFIRMED;
        next->reason = BH_REASON_NONE;
        break;
    case BH_ACT_FINISH: return finish(b, product);
    case BH_ACT_END_OLD: end_old(b, product); break;
    case BH_ACT_REPLACE: leave(b, product, BH_OUTCOME_REPLACED, BH_REASON_REPLACED); break;
    case BH_ACT_GIVE_UP:
        leave(b, product, f->primary & BH_PRIMARY_NEW ? BH_OUTCOME_KEPT : BH_OUTCOME_GIVEN_UP,
              b->reason ? b->reason : next->reason);
        break;
    case BH_ACT_KEEP:
        leave(b, product, BH_OUTCOME_KEPT,
              f->no_way_back ? BH_REASON_NO_WAY_BACK : BH_REASON_MAILBOX_UNCLEAR);
        break;
    case BH_ACT_COUNT_FAILURE: count_failure(b, product); break;
    case BH_ACT_RAISE_FLOOR: break; /* b->next has it already */
    default: return product->rescue && perform_rescue(b, product, act);
    }
    return true;
}

/* An act is in the journal: what it relies on was verified in this power-up. */
static void begin(struct bh_boot *b)
{
    b->facts.begun = true;
    b->facts.primary = BH_LOOK_UNKNOWN; /* it is what the act is about */
    b->facts.moved = b->facts.failed = false;
    b->facts.composite = BH_LOOK_UNKNOWN;
}

static void carry_out(struct bh_boot *b, const struct bh_product *product, enum bh_act act)
{
    struct bh_facts *f = &b->facts;
    int err;

    if (!perform(b, product, act))
        return;
    if (BH_FLASH_BEFORE && f->later)
        err = BH_ERR_LATER;
    else if (act == BH_ACT_BEGIN_UPDATE)
        err = bh_journal_turn(
            &b->journal, &b->next,
            bh_plan_steps(product->plan, product->pairs, product->n_pairs, b->next.pair));
    else
        err = bh_journal_state(&b->journal, &b->next);
    if (err && !postponed(b, err)) {
        b->facts.journal_dead = true;
        b->reason = BH_REASON_JOURNAL_DEAD;
        if (product->rescue && act == BH_ACT_BEGIN_RESCUE) /* it can be done without */
            b->journal.truth = b->next;
        if (act == BH_ACT_BEGIN_UPDATE) { /* there may be room to record that it is not begun */
            f->journal_dead = false;
            f->staged = BH_LOOK_BAD;
            b->refusal = BH_REASON_JOURNAL_DEAD;
            b->next = b->journal.truth;
            return;
        }
    }
    if (act == BH_ACT_BEGIN_UPDATE || act == BH_ACT_BEGIN_REVERT ||
        (product->rescue && act == BH_ACT_BEGIN_RESCUE))
        begin(b);
    b->next = b->journal.truth;
    b->facts.raise = false;
}

/* Read the journal until two readings agree. A glitch that skips instructions in one reading, so
 * that an older image seems new enough, does not skip them in both. Words that a cut left torn may
 * never agree. A glitch that jumps out of here does not pass the end of this function, and whoever
 * starts an image checks that the end was passed. */
static int read_journal(struct bh_boot *b, const struct bh_product *product)
{
    uint32_t was, is = 0;
    int err, tries = READINGS_MAX;

    do {
        was = is;
        err = bh_product_journal(product, b->work, &b->journal);
        is = bh_crc32(0, &b->journal, sizeof b->journal);
    } while (is != was && --tries);
    b->read = BH_BOOT_READ;
    return err;
}

/* The zero value refuses: nothing is assumed for a field that a product does not set. The other
 * rules were checked when it was built: bulkhead/rules.h. */
static bool complete(const struct bh_product *product)
{
    const struct bh_policy *policy = &product->policy;
    bool keys = policy->keys && policy->n_keys;

    return product->pairs && product->n_pairs - 1u < BH_PAIRS && product->plan && policy->formats &&
           policy->hash && (keys || (policy->allow_unsigned && !policy->n_keys));
}

void bh_boot_run(const struct bh_product *product, struct bh_work *work, struct bh_boot *b)
{
    enum bh_act act = BH_ACT_RECOVER;

    memset(b, 0, sizeof *b);
    b->work = work;
    if (!complete(product)) {
        b->reason = BH_REASON_PRODUCT;
        return;
    }
    b->start = product->pairs[0].primary;
    b->facts.journal_dead = read_journal(b, product) != BH_OK;
    b->facts.locked = b->journal.locked;
    b->reason = b->facts.journal_dead ? BH_REASON_PRODUCT : b->journal.why;
    b->next = b->journal.truth;
    read_wishes(b, product);
    for (int i = 0; i < ACTS_MAX; i++) {
        gather(b, product);
        act = bh_boot_decide(&b->facts, product);
        carry_out(b, product, act);
        if (act == BH_ACT_START || act == BH_ACT_RECOVER)
            break;
    }
    if (act == BH_ACT_START && b->verified.verdict == BH_VERDICT_GOOD)
        b->action = BH_BOOT_START;
    else if (product->adopt && b->facts.interrupted)
        b->reason = BH_REASON_FOREIGN_SWAP;
    else if (b->reason == BH_REASON_NONE)
        b->reason = BH_REASON_NOTHING_BOOTABLE;
}
