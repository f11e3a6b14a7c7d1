/* SPDX-License-Identifier: Apache-2.0 */
/* The application's side of select: what ESP-IDF does in esp_ota_ops.c, without ever erasing the
 * record that the next boot would need. */
#include "records.h"

#include "bulkhead/bytes.h"

/* The record that counts, as the bootloader weighs them; -1: none. */
static int top(const struct bh_select_facts *f)
{
    int best = -1;

    for (int i = 0; f->otadata && f->n_slots && i < 2; i++) {
        enum bh_select_standing s = bh_select_standing(f, i);

        if (s != BH_STANDS_NOT && s != BH_STANDS_UNDEAD &&
            (best < 0 || f->records[i].seq > f->records[best].seq))
            best = i;
    }
    return best;
}

static bool names(const struct bh_select_facts *f, int copy, int index)
{
    return bh_ota_slot(&f->records[copy], f->n_slots) == (uint32_t)index;
}

/* A decision of the application's, in the bootloader's words. */
static int perform(struct bh_select_place *p, enum bh_select_act act, int copy, uint32_t seq,
                   uint32_t state)
{
    struct bh_select_decision d = { .act = act, .copy = copy, .seq = seq, .state = state };
    int err = bh_records_perform(&p->records, &p->facts, &d);

    return err ? err : bh_records_read(&p->records, &p->facts);
}

/* Which record to write: not the one that the next boot needs if this is cut. A choice that was not
 * started yet is taken back by writing over it. */
static int victim(const struct bh_select_facts *f, int counts)
{
    if (counts < 0)
        return bh_ota_whole(&f->records[0]) &&
               (!bh_ota_whole(&f->records[1]) || f->records[1].seq < f->records[0].seq);
    if (bh_select_standing(f, counts) == BH_STANDS_NEW &&
        bh_select_standing(f, !counts) != BH_STANDS_NOT)
        return counts;
    return !counts;
}

static int choose(struct bh_select_place *p, int index)
{
    const struct bh_select_facts *f = &p->facts;
    int counts = top(f), copy = victim(f, counts), err;
    bool back = counts == copy && names(f, !counts, index);
    uint32_t last = 0, seq;

    if (counts >= 0 && names(f, counts, index))
        return BH_OK;
    for (int i = 0; i < 2; i++)
        if (bh_ota_whole(&f->records[i]) && f->records[i].seq > last)
            last = f->records[i].seq;
    seq = last == 0xFFFFFFFEu ? 0 : bh_ota_next_seq(last + 1, (uint32_t)index, f->n_slots);
    err = perform(p, BH_SELECT_RECORD, copy, seq ? seq : (uint32_t)index + 1,
                  !f->rollback ? BH_OTA_UNDEFINED
                  : back       ? BH_OTA_VALID
                               : BH_OTA_NEW);
    if (err || seq || counts < 0)
        return err;
    /* Numbers begin anew: the choice counts once the old one is gone. */
    return perform(p, BH_SELECT_RETIRE, !copy, p->facts.records[!copy].seq, BH_OTA_INVALID);
}

int bh_select_set_boot(const struct bh_select *product, int index,
                       const struct bh_select_inputs *inputs, struct bh_work *work,
                       enum bh_reason *why)
{
    struct bh_select_place p;
    struct bh_verified v;
    enum bh_select_look seen;
    int err = bh_select_open(&p, product, BH_SELECT_APPLICATION), counts;

    *why = BH_REASON_NONE;
    if (err)
        return err;
    counts = top(&p.facts);
    if (!p.facts.otadata || index < BH_ESP_FACTORY || index >= p.facts.n_slots)
        return BH_ERR_ABSENT;
    if (counts >= 0 && (bh_select_standing(&p.facts, counts) == BH_STANDS_TRIAL ||
                        bh_select_standing(&p.facts, counts) == BH_STANDS_END))
        return BH_ERR_STATE;
    seen = bh_select_verify(&p, product, index, inputs->floor, work, &v);
    *why = v.reason;
    if (seen != BH_APP_GOOD)
        return seen == BH_APP_ABSENT ? BH_ERR_ABSENT : BH_ERR_REFUSED;
    return index >= 0 ? choose(&p, index) : perform(&p, BH_SELECT_RESET, -1, 0, 0);
}

int bh_select_confirm(const struct bh_select *product)
{
    struct bh_select_place p;
    int err = bh_select_open(&p, product, BH_SELECT_APPLICATION), counts;

    if (err)
        return err;
    counts = top(&p.facts);
    if (counts < 0)
        return BH_ERR_ABSENT;
    switch (bh_select_standing(&p.facts, counts)) {
    case BH_STANDS: return BH_OK;
    case BH_STANDS_NEW: return BH_ERR_STATE;
    default: break;
    }
    return perform(&p, BH_SELECT_KEEP, counts,
                   bh_ota_whole(&p.facts.records[counts]) ? p.facts.records[counts].seq
                                                          : p.facts.marks[counts].seq,
                   BH_OTA_VALID);
}

/* Is there another application to go to? */
static bool another(const struct bh_select_place *p, const struct bh_select *product, int except,
                    uint32_t floor, struct bh_work *work)
{
    struct bh_verified v;

    for (int i = BH_ESP_TEST; i < (int)BH_OTA_SLOTS_MAX; i++)
        if (i != except && bh_select_verify(p, product, i, floor, work, &v) == BH_APP_GOOD)
            return true;
    return false;
}

int bh_select_reject(const struct bh_select *product, const struct bh_select_inputs *inputs,
                     struct bh_work *work)
{
    struct bh_select_place p;
    int err = bh_select_open(&p, product, BH_SELECT_APPLICATION), counts;

    if (err)
        return err;
    counts = top(&p.facts);
    if (counts < 0 || !bh_ota_whole(&p.facts.records[counts]))
        return BH_ERR_ABSENT;
    if (bh_select_standing(&p.facts, counts) == BH_STANDS_NEW)
        return BH_ERR_STATE;
    if (!another(&p, product, (int)bh_ota_slot(&p.facts.records[counts], p.facts.n_slots),
                 inputs->floor, work))
        return BH_ERR_REFUSED;
    return perform(&p, BH_SELECT_RETIRE, counts, p.facts.records[counts].seq, BH_OTA_INVALID);
}
