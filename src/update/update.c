/* SPDX-License-Identifier: Apache-2.0 */
/* The one loop that moves images: refresh, erase, copy, read back, mark.
 *
 * After a cut the loop is entered again with the step of the last readable mark. That step may have
 * been done already, or half, or even the next one may have begun to be marked: its source is whole
 * in every case, so it is done again. It always begins with an erase, since flash that a cut
 * left may read right now and wrong later. */
#include "bulkhead/bytes.h"
#include "bulkhead/update.h"

#include <string.h>

#define PROBE_LEN 64u /* bytes of a chunk, to see whether the rest is worth comparing */

/* One attempt. fresh: the destination was not touched by an earlier power-up, so a destination that
 * is as it should be needs no writing. */
static int attempt(const struct bh_step *s, bool fresh, struct bh_work *work,
                   struct bh_setback *back)
{
    const struct bh_region *dst = &s->end[BH_DST].at, *src = &s->end[BH_SRC].at;
    uint32_t n = bh_min(s->len, PROBE_LEN);
    int err = bh_region_read(src, 0, work->buf, n);

    if (err) /* a dead source must not cost the destination an erase at every boot */
        return err;
    if (fresh && bh_region_read(dst, 0, work->buf + n, n) == BH_OK &&
        memcmp(work->buf, work->buf + n, n) == 0 &&
        bh_region_compare(dst, src, s->len, work) == BH_OK)
        return BH_OK;
    err = bh_region_erase(dst, 0, dst->len);
    if (err)
        return err;
    back->worn = true;
    return bh_region_copy(dst, src, s->len, work);
}

/* Does the chip that a chunk is on give no answer? One page alone may be neither readable nor
 * writable: torn by a cut on flash with ECC, and worn. So others are read: the journal, or any
 * chunk of the slot (a scratch on a third chip is taken to answer: there an update begins, and is
 * given up before it changed anything). Returns how many bytes were read in vain; 0: it answers. */
static uint32_t silent(const struct bh_product *product, const struct bh_end *end)
{
    const struct bh_pair *pair = &product->pairs[bh_pair_index(bh_fault_pair(end->page))];
    const struct bh_flash *chip = end->at.flash;
    const struct bh_region *part =
        chip == pair->secondary.flash ? &pair->secondary : &pair->primary;
    uint32_t off = 0;

    if (chip == product->journal[0].flash)
        return 0;
    while (off < part->len && bh_region_blank(part, off, PROBE_LEN) == BH_ERR_IO)
        off += pair->chunk;
    return off < part->len ? 0 : off;
}

/* A step, tried twice. A failure after the end of an image is never a reason to stop. Otherwise the
 * page that failed is the source if it cannot be read, and the destination if it can. */
static int carry_out(const struct bh_step *s, bool fresh, struct bh_work *work,
                     struct bh_setback *back)
{
    const struct bh_end *src = &s->end[BH_SRC];
    int err;

    back->worn = false;
    err = attempt(s, fresh, work, back);
    if (err && !bh_flash_postponed(err))
        err = attempt(s, false, work, back);
    if (err == BH_OK || bh_flash_postponed(err))
        return err;
    if (s->len == 0)
        return BH_OK;
    back->fault = src->page;
    if (bh_region_compare(&src->at, &src->at, s->len, work) != BH_ERR_IO) {
        back->fault = s->end[BH_DST].page;
        back->worn = true;
    }
    return err;
}

/* Go on from the step in the journal: up is doing, down is undoing. */
int bh_update_run(const struct bh_product *product, struct bh_journal *journal,
                  struct bh_work *work, struct bh_setback *back)
{
    const struct bh_record *truth = &journal->truth;
    bool fresh = false, up = truth->state == BH_STATE_UPDATING;
    uint32_t end =
        up ? bh_plan_steps(product->plan, product->pairs, product->n_pairs, truth->pair) : 0;
    int err = BH_OK;

    while (!err && truth->step != end) {
        uint32_t k = up ? truth->step : truth->step - 1u;
        uint32_t silence = 0;
        struct bh_step s;

        bh_plan_step(product->plan, product->pairs, truth->pair, k, !up, &s);
        if (!fresh) { /* a chip that does not answer costs the journal nothing, boot after boot */
            back->fault = s.end[BH_SRC].page;
            err = bh_region_read(&s.end[BH_SRC].at, 0, work->buf, bh_min(s.len, PROBE_LEN));
            if (err)
                return err;
            back->fault = s.end[BH_DST].page;
            silence = s.len ? silent(product, &s.end[BH_DST]) : 0;
            if (silence > s.end[BH_DST].at.len) /* a single chunk is tested by writing it */
                return BH_ERR_IO;
            back->fault = BH_FAULT_NONE;
        }
        err = bh_journal_refresh(journal);
        if (!err && !s.idle) {
            err = carry_out(&s, fresh, work, back);
            fresh = true;
            if (silence) /* and reading has not worn it */
                back->worn = false;
        }
        if (!err)
            err = bh_journal_mark(journal, up ? k + 1 : k);
    }
    return err ? err : bh_journal_refresh(journal);
}

int bh_update_refill(const struct bh_product *product, const struct bh_refill *r,
                     struct bh_work *work, struct bh_setback *back)
{
    const struct bh_pair *pair = &product->pairs[r->pair];
    int err = BH_OK;

    for (uint32_t i = r->from; !err && i < r->to; i++) {
        uint32_t off = i * pair->chunk;
        struct bh_step s = {
            { { bh_pair_p(pair, i), bh_fault(BH_FAULT_PRIMARY, true, r->pair, i) },
              { bh_pair_l(pair, i + r->first),
                bh_fault(BH_FAULT_BACKUP, false, r->pair, i + r->first) } },
            off < r->size ? bh_min(pair->chunk, r->size - off) : 0,
            false,
        };

        err = carry_out(&s, s.len == 0 || s.end[BH_DST].page == r->worn, work, back);
    }
    return err;
}
