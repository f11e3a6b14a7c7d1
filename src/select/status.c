/* SPDX-License-Identifier: Apache-2.0 */
/* What otadata says, for people and for applications that show it. */
#include "records.h"

#include <string.h>

static uint8_t starts_left(const struct bh_select_facts *f, int copy, enum bh_select_standing s)
{
    if (s == BH_STANDS_NEW)
        return f->trial_boots;
    return s == BH_STANDS_TRIAL ? (uint8_t)(f->trial_boots - f->marks[copy].starts) : 0;
}

int bh_select_status(const struct bh_select *product, const struct bh_work *work,
                     struct bh_select_status *out)
{
    struct bh_select_place p;
    int err = bh_select_open(&p, product, work);

    memset(out, 0, sizeof *out);
    out->top = -1;
    out->index[0] = out->index[1] = BH_ESP_NONE;
    if (err)
        return err;
    out->facts = p.facts;
    for (int i = 0; p.facts.otadata && i < 2; i++) {
        struct bh_ota_record r = { .seq = bh_select_seq(&p.facts, i) };

        out->stands[i] = bh_select_standing(&p.facts, i);
        if (p.facts.n_slots && r.seq != 0)
            out->index[i] = (int)bh_ota_slot(&r, p.facts.n_slots);
    }
    out->top = bh_select_top(&p.facts);
    if (out->top >= 0 && p.facts.rollback)
        out->starts_left = starts_left(&p.facts, out->top, out->stands[out->top]);
    return BH_OK;
}
