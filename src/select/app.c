/* SPDX-License-Identifier: Apache-2.0 */
/* The application's side of select: what ESP-IDF does in esp_ota_ops.c, without ever erasing the
 * record that the next boot would need. */
#include "records.h"

#include "bulkhead/bytes.h"

static enum bh_select_standing standing(const struct bh_select_place *p, int copy)
{
    return bh_select_standing(&p->facts, copy);
}

static bool stands(const struct bh_select_place *p, int copy)
{
    enum bh_select_standing s = standing(p, copy);

    return s == BH_STANDS || s == BH_STANDS_SOUND || s == BH_STANDS_KEEP;
}

static int slot_of(const struct bh_select_facts *f, int copy)
{
    struct bh_ota_record r = { .seq = bh_select_seq(f, copy) };

    return (int)bh_ota_slot(&r, f->n_slots);
}

static bool names(const struct bh_select_facts *f, int copy, int index)
{
    return slot_of(f, copy) == index;
}

/* A decision of the application's, in the bootloader's words. */
static int perform(struct bh_select_place *p, enum bh_select_act act, int copy, uint32_t seq,
                   uint32_t state)
{
    struct bh_select_decision d = { .act = act, .copy = copy, .seq = seq, .state = state };
    int err = bh_records_perform(&p->records, &p->facts, &d);

    bh_records_read(&p->records, &p->facts);
    return err;
}

/* Is the choice on trial? Without room for a mark it has no more starts, and its end may never be
 * written. */
static bool on_trial(const struct bh_select_place *p, int copy)
{
    enum bh_select_standing s = standing(p, copy);

    return (s == BH_STANDS_TRIAL || s == BH_STANDS_END) && p->facts.room[!copy] >= BH_SELECT_ONE;
}

/* Which record to write: not the one that the next boot needs if this is cut. A choice that was not
 * started yet, or one that is over, is taken back by writing over it. */
static int victim(const struct bh_select_place *p, int counts)
{
    if (counts < 0)
        return bh_select_older(&p->facts);
    return !stands(p, counts) && stands(p, !counts) ? counts : !counts;
}

/* Sequence numbers have come to their end: the record that counts begins with its slot's first one
 * again. It goes to the other sector, and counts there once the old one is gone, which names the
 * same slot. */
static int renumber(struct bh_select_place *p, int counts)
{
    const struct bh_ota_record *r = &p->facts.records[counts > 0];
    int err = BH_OK;

    if (counts >= 0)
        err = perform(p, BH_SELECT_RECORD, !counts, bh_ota_slot(r, p->facts.n_slots) + 1, r->state);
    else
        err = perform(p, BH_SELECT_CLEAR, 1, 0, 0);
    return err ? err : perform(p, BH_SELECT_CLEAR, counts > 0, 0, 0);
}

/* Marks fill the sector of a record that stands: those of a new choice have no room there. */
static bool cramped(const struct bh_select_place *p, int copy)
{
    const struct bh_select_facts *f = &p->facts;

    return f->use_marks && stands(p, copy) && bh_ota_whole(&f->records[copy]) &&
           f->room[copy] < BH_SELECT_LOW;
}

/* It goes to the other sector, and counts there. */
static int move(struct bh_select_place *p, int from)
{
    const struct bh_select_facts *f = &p->facts;
    uint32_t state = f->records[from].state == BH_OTA_VALID ? BH_OTA_VALID : BH_OTA_UNDEFINED;

    return perform(p, BH_SELECT_RECORD, !from, bh_select_next_seq(f, slot_of(f, from)), state);
}

/* A choice that boots broke down over: it is made again, and has all its erases again. */
static bool worn_out(const struct bh_select_place *p, int copy)
{
    return standing(p, copy) == BH_STANDS_NEW && p->records.tally[copy] > 0;
}

/* Only a mark shows that the choice was confirmed: write it into the record before the mark is
 * erased. */
static int settle(struct bh_select_place *p, int counts)
{
    if (counts < 0 || standing(p, counts) != BH_STANDS_KEEP)
        return BH_OK;
    return perform(p, BH_SELECT_KEEP, counts, bh_select_seq(&p->facts, counts), BH_OTA_VALID);
}

static int choose(struct bh_select_place *p, int index)
{
    const struct bh_select_facts *f = &p->facts;
    int counts = bh_select_top(f), copy, err = BH_OK;
    uint32_t state = f->rollback ? BH_OTA_NEW : BH_OTA_UNDEFINED;

    if (counts >= 0 && names(f, counts, index) && !worn_out(p, counts))
        return BH_OK;
    err = settle(p, counts);
    if (err)
        return err;
    copy = victim(p, counts);
    if (cramped(p, !copy) && bh_select_next_seq(f, slot_of(f, !copy))) {
        err = move(p, !copy);
        if (err)
            return err;
        counts = bh_select_top(f);
        copy = victim(p, counts);
    }
    if (copy == counts && names(f, !counts, index))
        state = f->records[!counts].state == BH_OTA_VALID ? BH_OTA_VALID : BH_OTA_UNDEFINED;
    if (!bh_select_next_seq(f, index)) {
        if (copy == counts)
            err = perform(p, BH_SELECT_CLEAR, counts, 0, 0);
        if (!err && !bh_select_next_seq(f, index))
            err = renumber(p, bh_select_top(f));
        if (err)
            return err;
        counts = bh_select_top(f);
        if (counts >= 0 && names(f, counts, index))
            return BH_OK;
        copy = victim(p, counts);
    }
    return perform(p, BH_SELECT_RECORD, copy, bh_select_next_seq(f, index), state);
}

/* Factory: no record counts any more. A record that is over is written as final before the other
 * one is erased, which may have marks about it. */
static int forget(struct bh_select_place *p)
{
    int err = BH_OK;

    for (int i = 0; !err && i < 2; i++) {
        uint32_t seq = bh_select_seq(&p->facts, i);

        if (standing(p, i) == BH_STANDS_OVER)
            err = perform(p, BH_SELECT_VOUCH, i, seq, p->facts.records[i].state);
        else if (standing(p, i) == BH_STANDS_UNDEAD)
            err = perform(p, BH_SELECT_END_TRIAL, i, seq, BH_OTA_ABORTED);
    }
    return err && err != BH_ERR_FULL ? err : perform(p, BH_SELECT_RESET, -1, 0, 0);
}

int bh_select_set_boot(const struct bh_select *product, int index,
                       const struct bh_select_inputs *inputs, struct bh_work *work,
                       enum bh_reason *why)
{
    struct bh_select_place p;
    struct bh_verified v;
    enum bh_select_look seen;
    int err = bh_select_open(&p, product, work), counts;

    *why = BH_REASON_NONE;
    if (err)
        return err;
    counts = bh_select_top(&p.facts);
    if (!p.facts.otadata || index < BH_ESP_FACTORY || index >= p.facts.n_slots)
        return BH_ERR_ABSENT;
    if (counts >= 0 && on_trial(&p, counts))
        return BH_ERR_STATE;
    seen = bh_select_verify(&p, product, index, inputs, work, &v);
    *why = v.reason;
    if (seen != BH_APP_GOOD)
        return seen == BH_APP_ABSENT ? BH_ERR_ABSENT : BH_ERR_REFUSED;
    return index >= 0 ? choose(&p, index) : forget(&p);
}

/* The record that counts, if it is that of the running application, and it was started by it. */
static int own(struct bh_select_place *p, int running, int *counts)
{
    *counts = bh_select_top(&p->facts);
    if (*counts < 0)
        return BH_ERR_ABSENT;
    if (!names(&p->facts, *counts, running) || standing(p, *counts) == BH_STANDS_NEW)
        return BH_ERR_STATE;
    return BH_OK;
}

int bh_select_confirm(const struct bh_select *product, int running, struct bh_work *work)
{
    struct bh_select_place p;
    int err = bh_select_open(&p, product, work), counts;
    bool valid;

    if (!err)
        err = own(&p, running, &counts);
    if (err)
        return err;
    valid = p.facts.records[counts].state == BH_OTA_VALID || !p.facts.rollback;
    if (valid && standing(&p, counts) != BH_STANDS_KEEP)
        return BH_OK;
    return perform(&p, BH_SELECT_KEEP, counts, bh_select_seq(&p.facts, counts), BH_OTA_VALID);
}

/* Is there another application to go to? */
static bool another(const struct bh_select_place *p, const struct bh_select *product, int except,
                    const struct bh_select_inputs *inputs, struct bh_work *work)
{
    struct bh_verified v;

    for (int i = BH_ESP_TEST; i < (int)BH_OTA_SLOTS_MAX; i++)
        if (i != except && bh_select_verify(p, product, i, inputs, work, &v) == BH_APP_GOOD)
            return true;
    return false;
}

int bh_select_reject(const struct bh_select *product, int running,
                     const struct bh_select_inputs *inputs, struct bh_work *work)
{
    struct bh_select_place p;
    int err = bh_select_open(&p, product, work), counts;

    if (!err)
        err = own(&p, running, &counts);
    if (err)
        return err;
    if (!another(&p, product, running, inputs, work))
        return BH_ERR_REFUSED;
    return perform(&p, BH_SELECT_RETIRE, counts, bh_select_seq(&p.facts, counts), BH_OTA_INVALID);
}
