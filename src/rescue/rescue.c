/* SPDX-License-Identifier: Apache-2.0 */
/* When an act cannot go on: put one image together again.
 *
 * In the middle of a swap every chunk of the old image is in L or in P, and so is every chunk of
 * the new one until its page dies. After step k of the swap
 *
 *     old:  P[p] for p >= h, L[p]   for p < h      h = (k + 1) / 2, at most the chunks of the image
 *     new:  P[p] for p < g,  L[p+1] for p >= g     g = k / 2, the same
 *
 * An image in such pieces is read where it lies, and verified in full, before anything is erased.
 * Then the chunks that are not in P are copied there, in any order and without marks: their sources
 * are never written, so after a cut it is done again from the start.
 *
 * Of several pairs those before the one in motion have moved, those after it have not. */
#include "../boot/inner.h"

#include "bulkhead/bytes.h"

#include <string.h>

/* How much of the image of one pair is not where it would be without the update: cells of L in the
 * old image, chunks of P in the new one. */
struct cut {
    uint32_t pair;
    uint32_t to_new;
    uint32_t at;
};

static uint32_t chunks(const struct bh_pair *pair, uint32_t bytes)
{
    return (bytes + pair->chunk - 1) / pair->chunk;
}

/* Where step rec->step cuts pair p. */
static struct cut cut_at(const struct bh_product *product, const struct bh_record *rec, uint32_t p)
{
    const struct bh_plan *plan = product->plan;
    uint32_t before =
        BH_PAIRS == 1 ? 0 : bh_plan_steps(plan, product->pairs, (uint8_t)p, rec->pair);
    uint32_t k = rec->step > before ? rec->step - before : 0;
    uint32_t size = rec->to_new ? rec->pair[p].size_new : rec->pair[p].size_old;
    uint32_t at = rec->to_new ? k / plan->steps_per_chunk : (k + 1) / 2;

    return (struct cut){ p, rec->to_new, bh_min(at, chunks(&product->pairs[p], size)) };
}

/* Verify the image in its pieces. */
static bool good(struct bh_boot *b, const struct bh_product *product, const struct cut *c)
{
    const struct bh_pair *pair = &product->pairs[c->pair];
    uint32_t done = c->at * pair->chunk;
    struct bh_region head = bh_region_part(&pair->primary, 0, done);
    struct bh_view view = bh_pair_primary(pair);

    if (c->to_new)
        view = (struct bh_view){ &head, &pair->secondary, pair->staged_off + done, NULL, 0 };
    else if (c->at)
        view = (struct bh_view){ &pair->spare, &pair->secondary, pair->staged_off, &pair->primary,
                                 done };
    return bh_boot_good(b, product, c->pair, &view);
}

/* The chunks that are to be copied. */
static struct bh_refill refill(const struct bh_product *product, const struct bh_record *rec,
                               const struct cut *c)
{
    const struct bh_pair *pair = &product->pairs[c->pair];
    const struct bh_record_pair *size = &rec->pair[c->pair];

    if (c->to_new)
        return (struct bh_refill){ c->pair, c->at,          chunks(pair, size->size_new),
                                   1,       size->size_new, rec->fault };
    return (struct bh_refill){ c->pair, 0, c->at, 0, size->size_old, rec->fault };
}

/* Does it lead over a page that failed in writing, and has not the content that it needs? */
static bool blocked(struct bh_boot *b, const struct bh_product *product, const struct bh_refill *r)
{
    const struct bh_pair *pair = &product->pairs[r->pair];
    uint32_t i = bh_fault_index(r->worn), off = i * pair->chunk;
    struct bh_region p, l;

    if (r->worn != bh_fault(BH_FAULT_PRIMARY, true, r->pair, i) || i < r->from || i >= r->to)
        return false;
    p = bh_pair_p(pair, i);
    l = bh_pair_l(pair, i + r->first);
    return bh_region_compare(&p, &l, bh_min(pair->chunk, r->size - off), b->work) != BH_OK;
}

/* Whether this image can be put together, for every pair that takes part; with ran, only if it is
 * the image that ran. */
static bool available(struct bh_boot *b, const struct bh_product *product, struct bh_record *rec,
                      bool ran)
{
    uint32_t want = rec->to_new ? BH_PRIMARY_NEW : BH_PRIMARY_OLD;
    bool rest = b->journal.truth.state <= BH_STATE_REQUESTED;

    if (!rec->to_new && !product->plan->reverts && rec->step)
        return false;
    for (uint32_t p = 0; p < product->n_pairs; p++) {
        struct bh_record_pair *pair = &rec->pair[p];
        struct cut c = cut_at(product, rec, p);
        struct bh_refill r = refill(product, rec, &c);

        if (!(bh_product_moving(product, rec) >> p & 1u))
            continue;
        if ((blocked(b, product, &r) || !good(b, product, &c) ||
             !(bh_boot_identity(b, product, p) & want) || (ran && !bh_boot_ran(b, product, p))))
            return false;
        if (rest) /* a request that was stated since has taken the place of the sizes */
            *(rec->to_new ? &pair->size_new : &pair->size_old) = b->verified.image.len;
    }
    return true;
}

/* Any step at which an image in this direction is whole. A step is tried if it cuts elsewhere than
 * the one before it. */
static bool any_step(struct bh_boot *b, const struct bh_product *product, uint32_t to_new, bool ran)
{
    struct bh_record *rec = &b->next;
    uint32_t steps = bh_plan_steps(product->plan, product->pairs, product->n_pairs, rec->pair);

    rec->to_new = to_new;
    for (rec->step = 0; rec->step <= steps; rec->step++)
        if ((product->plan->steps_per_chunk == 1 || rec->step % 2 != to_new || rec->step == 0) &&
            available(b, product, rec, ran))
            return true;
    return false;
}

/* In the middle of an act: the direction that does not make an unconfirmed image permanent first,
 * and the step the journal tells. A revert turns round only if the old image is nowhere. */
static bool search_act(struct bh_boot *b, const struct bh_product *product)
{
    const struct bh_record *truth = &b->journal.truth;
    struct bh_record *rec = &b->next;
    uint32_t state = truth->state;
    uint32_t first = state == BH_STATE_TRIAL || (state == BH_STATE_RESCUING && truth->to_new);

    if (state == BH_STATE_TRIAL && b->facts.primary & BH_PRIMARY_NEW)
        return any_step(b, product, 0, false); /* it is over: only the old image is looked for */
    if (b->others) {                           /* of a set: the others follow, the old ones first */
        rec->left_alone |= b->others;
        rec->final = true;
        first = 0;
    }
    rec->to_new = first;
    if (state == BH_STATE_TRIAL)
        rec->step = bh_plan_steps(product->plan, product->pairs, product->n_pairs, rec->pair);
    if (available(b, product, rec, false))
        return true;
    rec->to_new = !first;
    if (state != BH_STATE_REVERTING && available(b, product, rec, false))
        return true;
    return any_step(b, product, first, false) || any_step(b, product, !first, false);
}

/* One primary at rest that is bad. The record is made to tell of an update that ends with this
 * image, cut there. */
static bool found(struct bh_boot *b, const struct bh_product *product, struct cut *c, bool ran)
{
    struct bh_record *rec = &b->next;
    struct bh_record_pair *pair = &rec->pair[c->pair];
    struct bh_refill r;
    uint32_t n;

    if (!good(b, product, c) || !bh_boot_restorable(b, product, c->pair) ||
        (ran && !bh_boot_ran(b, product, c->pair)))
        return false;
    n = chunks(&product->pairs[c->pair], b->verified.image.len);
    c->at = bh_min(c->at, n);
    pair->size_old = pair->size_new = b->verified.image.len;
    bh_boot_name(b, c->to_new ? pair->name_new : pair->name_old);
    rec->to_new = rec->final = c->to_new;
    rec->step =
        c->to_new ? c->at * product->plan->steps_per_chunk : 2 * c->at - (c->at == n ? 0 : 1);
    r = refill(product, rec, c);
    return !blocked(b, product, &r);
}

/* The backup, the staged image, then every image in two pieces that an act may have left. What is
 * asked for on trial is no copy to restore: then, beside the image that ran, only the backup is. */
static bool search_pair(struct bh_boot *b, const struct bh_product *product, uint32_t p, bool ran)
{
    uint32_t all = chunks(&product->pairs[p], product->pairs[p].image_max);
    struct cut c = { p, 0, all };

    if (product->plan->reverts && found(b, product, &c, ran))
        return true;
    if (b->facts.bare && !ran)
        return false;
    c.to_new = 1;
    for (c.at = 0; c.at < all; c.at++)
        if (found(b, product, &c, ran))
            return true;
    c.to_new = 0;
    for (c.at = all; product->plan->reverts && --c.at > 0;)
        if (found(b, product, &c, ran))
            return true;
    return false;
}

/* The image that ran, wherever it is; then any that is allowed. */
static bool search_rest(struct bh_boot *b, const struct bh_product *product)
{
    struct bh_record *rec = &b->next;
    uint32_t bad = 0;

    while (BH_PAIRS > 1 && !(b->bad >> bad & 1u))
        bad++;
    for (uint32_t p = 0; p < product->n_pairs; p++)
        if (p != bad)
            rec->pair[p].size_new = 0;
    rec->left_alone = 0;
    return search_pair(b, product, bad, true) || search_pair(b, product, bad, false);
}

/* A set at rest of which a primary is bad: it is restored as a whole, or not at all. The images
 * that ran come first. */
static bool search_set(struct bh_boot *b, const struct bh_product *product)
{
    bool found_one;

    b->next.left_alone = 0;
    found_one =
        any_step(b, product, 1, true) || any_step(b, product, 0, true) ||
        (!b->facts.bare && (any_step(b, product, 0, false) || any_step(b, product, 1, false)));
    b->next.final = b->next.to_new;
    return found_one;
}

static bool search(struct bh_boot *b, const struct bh_product *product)
{
    const struct bh_record *truth = &b->journal.truth;
    struct bh_record *rec = &b->next;
    bool rest = truth->state <= BH_STATE_REQUESTED;
    bool going_on = truth->state == BH_STATE_RESCUING;
    uint32_t moving;

    *rec = *truth;
    if (b->back.fault)
        rec->fault = b->back.fault;
    moving = bh_product_moving(product, rec);
    if (!(!rest                                            ? search_act
          : product->n_pairs > 1 && moving & (moving - 1u) ? search_set
                                                           : search_rest)(b, product)) {
        *rec = *truth;
        return false;
    }
    rec->state = BH_STATE_RESCUING;
    rec->boots_left = going_on ? rec->boots_left - (rec->boots_left > 0) : BH_TRIES;
    if (rest || !going_on) {
        rec->outcome = rest                                               ? BH_OUTCOME_RESTORED
                       : b->others                                        ? BH_OUTCOME_REPLACED
                       : truth->state >= BH_STATE_TRIAL || !b->back.fault ? BH_OUTCOME_REVERTED
                                                                          : BH_OUTCOME_GIVEN_UP;
        rec->reason = rest                                 ? BH_REASON_PRIMARY_BAD
                      : b->others                          ? BH_REASON_REPLACED
                      : truth->state == BH_STATE_REVERTING ? rec->reason
                      : truth->state == BH_STATE_TRIAL
                          ? (b->facts.primary & BH_PRIMARY_NEW ? BH_REASON_NOT_CONFIRMED
                                                               : BH_REASON_PRIMARY_BAD)
                      : !b->back.fault ? BH_REASON_STAGED_CHANGED
                      : b->reason      ? b->reason
                                       : BH_REASON_CANNOT_GO_ON;
    }
    return true;
}

static bool whole(struct bh_boot *b, const struct bh_product *product)
{
    struct bh_record *rec = &b->next;
    bool yes;

    rec->to_new = b->facts.to_new || rec->state == BH_STATE_UPDATING;
    yes = available(b, product, rec, false);
    *rec = b->journal.truth;
    return yes;
}

static int copy(struct bh_boot *b, const struct bh_product *product)
{
    const struct bh_record *rec = &b->journal.truth;
    int err = b->facts.journal_dead ? BH_OK : bh_journal_refresh(&b->journal);

    for (uint32_t p = 0; !err && p < product->n_pairs; p++) {
        struct cut c = cut_at(product, rec, p);
        struct bh_refill r = refill(product, rec, &c);

        if (bh_product_moving(product, rec) >> p & 1u)
            err = bh_update_refill(product, &r, b->work, &b->back);
    }
    return err;
}

static bool barred(struct bh_boot *b, const struct bh_product *product, uint32_t p)
{
    uint32_t size = b->next.pair[p].size_new;
    struct bh_refill r = { p, 0, chunks(&product->pairs[p], size), 1, size, b->next.fault };

    return !product->plan->reverts && blocked(b, product, &r);
}

const struct bh_rescue bh_rescue = { search, whole, copy, barred };
