/* SPDX-License-Identifier: Apache-2.0 */
/* What an application does to its own slots. It never touches what a revert needs: during an
 * update, a trial or a revert nothing can be staged or asked for. */
#include "bulkhead/app.h"
#include "bulkhead/bytes.h"

#include <string.h>

/* Is the secondary slot free to be written? */
static bool quiet(const struct bh_journal *j)
{
    return !j->found || j->truth.state == BH_STATE_IDLE || j->truth.state == BH_STATE_REQUESTED;
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

int bh_app_status(const struct bh_product *product, struct bh_work *work, struct bh_app_status *out)
{
    struct bh_wish wish;
    struct bh_journal j;
    int err = bh_product_journal(product, work, &j);

    memset(out, 0, sizeof *out);
    if (err)
        return err;
    out->journal_found = j.found;
    out->truth = j.truth;
    out->confirmed = quiet(&j);
    if (product->mailbox) {
        err = product->mailbox->read(product->pairs, product->n_pairs, &wish);
        out->request = wish.permanent ? BH_REQUEST_PERMANENT
                       : wish.test    ? BH_REQUEST_TEST
                                      : BH_REQUEST_NONE;
        if (j.truth.state == BH_STATE_TRIAL)
            out->confirmed = !(in_motion(product, &j.truth) & ~wish.confirmed);
    } else if (j.truth.state == BH_STATE_REQUESTED) {
        out->request = j.truth.permanent ? BH_REQUEST_PERMANENT : BH_REQUEST_TEST;
    }
    return err;
}

/* No request may be readable, now or later, while the staged image is not whole. In the journal
 * that takes a new statement even if it says idle already: a request that cuts left half-written
 * may be readable at the next boot, but not above this. */
static int withdraw(const struct bh_product *product, struct bh_journal *j, uint8_t pair)
{
    struct bh_record idle = j->truth;

    if (product->mailbox)
        return product->mailbox->clear(product->pairs, product->n_pairs, 1u << pair);
    idle.state = BH_STATE_IDLE;
    return bh_journal_state(j, &idle);
}

int bh_stage_begin(struct bh_stage *s, const struct bh_product *product, uint8_t pair, uint32_t len,
                   struct bh_work *work)
{
    const struct bh_pair *to;
    struct bh_region room;
    struct bh_journal j;
    int err = bh_product_journal(product, work, &j);

    if (err)
        return err;
    if (pair >= product->n_pairs)
        return BH_ERR_RANGE;
    if (len > product->pairs[pair].image_max)
        return BH_ERR_TOO_BIG;
    if (!quiet(&j))
        return BH_ERR_STATE;
    err = withdraw(product, &j, pair);
    if (err)
        return err;
    to = &product->pairs[pair];
    room = bh_region_part(&to->secondary, to->staged_off, bh_round_up(to->image_max, to->chunk));
    s->left = len;
    return bh_stream_open(&s->stream, &room, work);
}

int bh_stage_write(struct bh_stage *s, const void *data, uint32_t len)
{
    int err;

    if (len > s->left)
        return BH_ERR_TOO_BIG;
    err = bh_stream_write(&s->stream, data, len);
    if (!err)
        s->left -= len;
    return err;
}

int bh_stage_end(struct bh_stage *s)
{
    return s->left ? BH_ERR_STATE : bh_stream_close(&s->stream);
}

int bh_app_request(const struct bh_product *product, struct bh_work *work, uint8_t pairs,
                   enum bh_request request)
{
    struct bh_record rec;
    struct bh_journal j;
    int err = bh_product_journal(product, work, &j);

    if (err)
        return err;
    if (pairs == 0 || pairs >> product->n_pairs || request == BH_REQUEST_NONE)
        return BH_ERR_RANGE;
    if (!quiet(&j))
        return BH_ERR_STATE;
    if (product->mailbox) {
        for (uint32_t p = 0; !err && p < product->n_pairs; p++)
            if (pairs >> p & 1u)
                err = product->mailbox->ask(product->pairs, p, request);
        return err;
    }
    rec = j.truth;
    rec.state = BH_STATE_REQUESTED;
    rec.permanent = request == BH_REQUEST_PERMANENT;
    for (uint8_t p = 0; p < product->n_pairs; p++)
        rec.pair[p].size_new = pairs >> p & 1u; /* the bootloader puts the size here */
    return bh_journal_state(&j, &rec);
}

int bh_app_confirm(const struct bh_product *product, struct bh_work *work)
{
    struct bh_record rec;
    struct bh_journal j;
    int err = bh_product_journal(product, work, &j);

    /* nothing to confirm; but a confirm that a cut left torn is not relied upon, it is stated again */
    if (err || (j.truth.state != BH_STATE_TRIAL && (j.settled || j.truth.state != BH_STATE_IDLE)))
        return err;
    if (product->mailbox)
        return j.truth.state == BH_STATE_TRIAL
                   ? product->mailbox->confirm(product->pairs, product->n_pairs,
                                               in_motion(product, &j.truth))
                   : BH_OK;
    rec = j.truth;
    if (rec.state == BH_STATE_TRIAL) {
        rec.outcome = BH_OUTCOME_CONFIRMED;
        rec.reason = BH_REASON_NONE;
    }
    rec.state = BH_STATE_IDLE;
    return bh_journal_state(&j, &rec);
}
