/* SPDX-License-Identifier: Apache-2.0 */
/* The one loop that moves images: refresh, erase, copy, read back, mark.
 *
 * After a cut the loop is entered again with the step of the last readable mark. That step may have
 * been done already, or half, or even the next one may have begun to be marked: its source is whole
 * in every case, so it is done anew, and always with an erase, since what a cut left behind may
 * look right now and not later. */
#include "bulkhead/bytes.h"
#include "bulkhead/update.h"

/* One step. fresh: its destination was not touched by an earlier power-up, so a destination that
 * is as it should be needs no writing. */
static int carry_out(const struct bh_step *s, bool fresh, struct bh_work *work)
{
    int err;

    if (fresh && bh_region_compare(&s->dst, &s->src, s->len, work) == BH_OK)
        return BH_OK;
    /* a dead source must not cost the destination an erase at every boot */
    err = bh_region_read(&s->src, 0, work->buf, bh_min(s->len, BH_UNIT_MAX));
    if (!err)
        err = bh_region_erase(&s->dst, 0, s->dst.len);
    return err ? err : bh_region_copy(&s->dst, &s->src, s->len, work);
}

/* Go on from the step the journal tells to `end`: up is doing, down is undoing. */
static int walk(const struct bh_product *product, struct bh_journal *journal, uint32_t end,
                struct bh_work *work)
{
    const struct bh_record *truth = &journal->truth;
    bool fresh = false;
    int err = bh_journal_refresh(journal);

    while (!err && truth->step != end) {
        bool up = truth->step < end;
        uint32_t k = up ? truth->step : truth->step - 1u;
        struct bh_step s;

        bh_plan_step(product->plan, product->pairs, truth->pair, k, !up, &s);
        if (!s.idle) {
            err = carry_out(&s, fresh, work);
            fresh = true;
        }
        if (!err)
            err = bh_journal_mark(journal, up ? k + 1 : k);
        if (!err)
            err = bh_journal_refresh(journal);
    }
    return err;
}

int bh_update_run(const struct bh_product *product, struct bh_journal *journal,
                  struct bh_work *work)
{
    uint32_t steps = bh_plan_steps(product->plan, product->pairs, product->n_pairs,
                                   journal->truth.pair);

    return walk(product, journal, steps, work);
}

int bh_update_undo(const struct bh_product *product, struct bh_journal *journal,
                   struct bh_work *work)
{
    return walk(product, journal, 0, work);
}

int bh_update_restore(const struct bh_pair *pair, uint32_t first, uint32_t size,
                      struct bh_work *work)
{
    int err = BH_OK;

    for (uint32_t i = 0, off = 0; !err && off < pair->image_max; i++, off += pair->chunk) {
        struct bh_step s = { bh_pair_p(pair, i), bh_pair_l(pair, i + first),
                             off < size ? bh_min(pair->chunk, size - off) : 0, false };

        err = carry_out(&s, false, work);
    }
    return err;
}
