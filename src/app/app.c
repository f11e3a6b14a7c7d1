/* SPDX-License-Identifier: Apache-2.0 */
/* What an application does to its own slots. It never touches what a revert needs: during an
 * update, a trial or a revert nothing can be staged or asked for.
 *
 * The last request counts. A set is requested by one statement in the journal, all or
 * nothing. A single pair is asked for in the mailbox, if the product has one and that has a place
 * for it: the requests in the journal and in the other pairs' mailboxes are removed before. */
#include "bulkhead/app.h"
#include "bulkhead/bytes.h"

#include <string.h>

/* Is the secondary slot free to be written? */
static bool quiet(const struct bh_journal *j)
{
    return !j->locked &&
           (!j->found || j->truth.state == BH_STATE_IDLE || j->truth.state == BH_STATE_REQUESTED);
}

static uint32_t all_pairs(const struct bh_product *product)
{
    return (1u << product->n_pairs) - 1u;
}

/* The journal, if the application may ask for something now. */
static int open_quiet(const struct bh_product *product, struct bh_work *work, struct bh_journal *j)
{
    int err = bh_product_journal(product, work, j);

    return err || quiet(j) ? err : BH_ERR_STATE;
}

static int state_idle(struct bh_journal *j)
{
    j->truth.state = BH_STATE_IDLE;
    return bh_journal_state(j, &j->truth);
}

int bh_app_status(const struct bh_product *product, struct bh_work *work, struct bh_app_status *out)
{
    struct bh_wish wish = { 0 };
    uint32_t moving, pairs;
    struct bh_journal j;
    int err = bh_product_journal(product, work, &j);

    memset(out, 0, sizeof *out);
    if (err)
        return err;
    out->journal_found = j.found;
    out->journal = (enum bh_reason)j.why;
    out->truth = j.truth;
    out->confirmed = quiet(&j) && j.truth.outcome != BH_OUTCOME_KEPT;
    if (product->mailbox)
        err = product->mailbox->read(product->pairs, product->n_pairs, &wish);
    moving = bh_product_moving(product, &j.truth);
    out->request = bh_product_asked(product, &j.truth, &wish, &pairs);
    if (product->mailbox && j.truth.state == BH_STATE_TRIAL)
        out->confirmed = !(moving & ~wish.confirmed);
    return err;
}

/* No request may be readable, now or later, while the staged image is not whole. In the journal
 * that takes a new statement even if it is idle already: a request that cuts left half-written may
 * be readable at the next boot, but it has a lower number than this. The number also distinguishes
 * one staging from the next. */
static int withdraw(const struct bh_product *product, struct bh_journal *j, uint32_t which)
{
    int err = state_idle(j);

    return err || !product->mailbox
               ? err
               : product->mailbox->clear(product->pairs, product->n_pairs, which);
}

int bh_stage_begin(struct bh_stage *s, const struct bh_product *product, uint8_t pair, uint32_t len,
                   struct bh_work *work)
{
    const struct bh_pair *to;
    struct bh_region room;
    struct bh_journal j;
    int err;

    s->left = UINT32_MAX; /* nothing can be written or ended until all of this went well */
    if (pair >= product->n_pairs || len == 0)
        return BH_ERR_RANGE;
    if (len > product->pairs[pair].image_max)
        return BH_ERR_TOO_BIG;
    err = open_quiet(product, work, &j);
    if (!err)
        err = withdraw(product, &j, 1u << pair);
    if (err)
        return err;
    to = &product->pairs[pair];
    room = bh_region_part(&to->secondary, to->staged_off, bh_round_up(to->image_max, to->chunk));
    err = bh_stream_open(&s->stream, &room, work);
    if (err)
        return err;
    s->product = product;
    s->work = work;
    s->seq = j.last_seq;
    s->left = len;
    return BH_OK;
}

int bh_stage_write(struct bh_stage *s, const void *data, uint32_t len)
{
    int err;

    if (s->left == UINT32_MAX)
        return BH_ERR_STATE;
    if (len > s->left)
        return BH_ERR_TOO_BIG;
    err = bh_stream_write(&s->stream, data, len);
    s->left = err ? UINT32_MAX : s->left - len; /* what failed cannot be made whole */
    return err;
}

int bh_stage_end(struct bh_stage *s)
{
    struct bh_journal j;
    int err = s->left ? BH_ERR_STATE : bh_stream_close(&s->stream);

    s->left = UINT32_MAX;
    if (!err)
        err = bh_product_journal(s->product, s->work, &j);
    return err || j.last_seq == s->seq ? err : BH_ERR_STATE; /* another one was begun since */
}

/* Is there something that could be an image, for each of these pairs? A slot that cannot be read is
 * an error: the request would be refused. */
static int staged(const struct bh_product *product, uint32_t pairs)
{
    struct bh_image image;

    for (uint32_t p = 0; p < product->n_pairs; p++) {
        struct bh_view view = bh_pair_staged(&product->pairs[p]);
        enum bh_reason why = BH_REASON_NONE;

        if (pairs >> p & 1u)
            why = bh_decode(&product->policy, &view, product->pairs[p].image_max, &image);
        if (why == BH_REASON_NO_IMAGE || why == BH_REASON_READ)
            return why == BH_REASON_READ ? BH_ERR_IO : BH_ERR_ABSENT;
    }
    return BH_OK;
}

/* Of one pair, in the mailbox. */
static int ask(const struct bh_product *product, uint32_t pairs, enum bh_request request)
{
    uint32_t p = 0;

    while (!(pairs >> p & 1u))
        p++;
    return product->mailbox->ask(product->pairs, p, request);
}

int bh_app_request(const struct bh_product *product, struct bh_work *work, uint8_t pairs,
                   enum bh_request request)
{
    bool set = !product->mailbox || pairs & (pairs - 1u);
    struct bh_journal j;
    int err;

    if (pairs == 0 || pairs >> product->n_pairs || request == BH_REQUEST_NONE)
        return BH_ERR_RANGE;
    err = open_quiet(product, work, &j);
    if (!err)
        err = staged(product, pairs);
    if (!err && product->mailbox && j.truth.state == BH_STATE_REQUESTED)
        err = state_idle(&j);
    if (!err && product->mailbox)
        err = product->mailbox->clear(product->pairs, product->n_pairs,
                                      set ? all_pairs(product) : all_pairs(product) & ~pairs);
    if (err)
        return err;
    if (!set) {
        err = ask(product, pairs, request);
        if (err != BH_ERR_ABSENT)
            return err;
        err = product->mailbox->clear(product->pairs, product->n_pairs, pairs);
        if (err)
            return err;
    }
    j.truth.state = BH_STATE_REQUESTED;
    j.truth.permanent = request == BH_REQUEST_PERMANENT;
    for (uint8_t p = 0; p < product->n_pairs; p++)
        j.truth.pair[p].size_new = pairs >> p & 1u; /* the bootloader puts the size here */
    return bh_journal_state(&j, &j.truth);
}

int bh_app_cancel(const struct bh_product *product, struct bh_work *work)
{
    struct bh_app_status status;
    struct bh_journal j;
    int err = bh_app_status(product, work, &status);

    if (!err)
        err = open_quiet(product, work, &j);
    if (!err && status.request == BH_REQUEST_NONE)
        err = BH_ERR_ABSENT;
    if (err)
        return err;
    if (j.truth.outcome != BH_OUTCOME_KEPT) /* the running image is as unconfirmed as before */
        j.truth.outcome = BH_OUTCOME_CANCELLED;
    j.truth.reason = BH_REASON_CANCELLED;
    return withdraw(product, &j, all_pairs(product));
}

/* Without a journal nothing can be recorded: one that cannot be read now may contain a trial at the
 * next boot, when its chip answers again. */
int bh_app_confirm(const struct bh_product *product, struct bh_work *work)
{
    struct bh_journal j;
    int err = bh_product_journal(product, work, &j);
    bool trial = !err && j.truth.state == BH_STATE_TRIAL;
    bool idle = !err && j.truth.state == BH_STATE_IDLE;
    bool unconfirmed = trial || (idle && j.truth.outcome == BH_OUTCOME_KEPT);

    if (err)
        return err;
    if (j.locked || (!trial && !quiet(&j)))
        return BH_ERR_STATE;
    if (!j.found)
        return j.unread ? BH_ERR_IO : BH_ERR_ABSENT;
    if (unconfirmed) {
        j.truth.outcome = BH_OUTCOME_CONFIRMED;
        j.truth.reason = BH_REASON_NONE;
    }
    /* A confirm that a cut left torn is not relied on: it is written again. */
    if (unconfirmed || (idle && !j.settled))
        err = state_idle(&j);
    if (err || !product->mailbox || j.truth.outcome != BH_OUTCOME_CONFIRMED ||
        j.truth.state != BH_STATE_IDLE)
        return err;
    return product->mailbox->confirm(product->pairs, product->n_pairs,
                                     bh_product_moving(product, &j.truth));
}

/* Not a state of its own: idle, with this as the reason. A bootloader that does not know it starts
 * the image as usual. */
int bh_app_recover(const struct bh_product *product, struct bh_work *work)
{
    struct bh_journal j;
    int err = open_quiet(product, work, &j);

    if (!err && j.found && j.truth.state != BH_STATE_IDLE)
        err = BH_ERR_STATE;
    if (err)
        return err;
    j.truth.reason = BH_REASON_RECOVERY;
    return state_idle(&j);
}
