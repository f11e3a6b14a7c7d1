/* SPDX-License-Identifier: Apache-2.0 */
/* Gather facts, ask what to do, do it, until an application can be started or nothing is left. */
#include "records.h"

#include "bulkhead/bytes.h"

#include <string.h>

/* No chain of changes is longer than six (docs/select.md). Should flash that lies make one, it is
 * written no more in this boot; and each application is looked at once. A change erases two sectors
 * at most, so a boot erases eight at most. */
#define CHANGES_MAX 8u
#define ERASES_MAX 6u
#define ACTS_MAX (CHANGES_MAX + BH_SELECT_APPS + 2u)

struct run {
    const struct bh_select *product;
    const struct bh_select_inputs *inputs;
    struct bh_work *work;
    struct bh_select_boot *out;
    struct bh_select_place place;
    struct bh_verified verified;
    int looked; /* the application that verified is about */
    unsigned changes;
};

static uint8_t subtype(int index)
{
    return index == BH_ESP_FACTORY ? BH_APP_FACTORY
           : index == BH_ESP_TEST  ? BH_APP_TEST
                                   : (uint8_t)(BH_APP_OTA + index);
}

int bh_select_find(const struct bh_select_place *p, int index, struct bh_partition *out)
{
    int err = bh_table_find(&p->table, BH_TYPE_APP, subtype(index), 0, out);

    return !err && out->len == 0 ? BH_ERR_ABSENT : err;
}

enum bh_select_look bh_select_verify(const struct bh_select_place *p,
                                     const struct bh_select *product, int index,
                                     const struct bh_select_inputs *inputs, struct bh_work *work,
                                     struct bh_verified *v)
{
    uint32_t floor = inputs->anti_rollback ? inputs->floor : 0;
    struct bh_partition part;
    struct bh_region region;
    struct bh_view view;
    int err = bh_select_find(p, index, &part);

    memset(v, 0, sizeof *v);
    v->reason = BH_REASON_NO_IMAGE;
    if (err)
        return err == BH_ERR_ABSENT ? BH_APP_ABSENT : BH_APP_UNREADABLE;
    region = bh_partition_region(&p->table, &part);
    view = bh_view_of(&region);
    if (bh_verify(&product->policy, &view, region.len, floor, work, v) == BH_VERDICT_GOOD) {
        v->reason = bh_espressif_fits(product->chip, inputs->revision, &view, region.len, work);
        if (v->reason == BH_REASON_NONE && product->loads)
            v->reason = bh_espressif_loads(product->chip, &view, region.len);
        if (v->reason == BH_REASON_NONE)
            return BH_APP_GOOD;
        v->verdict = BH_VERDICT_BAD;
    }
    return v->reason == BH_REASON_READ ? BH_APP_UNREADABLE : BH_APP_BAD;
}

int bh_select_check(const struct bh_select *p, const struct bh_work *work)
{
    const struct bh_policy *policy = &p->policy;
    bool unsigned_only = policy->allow_unsigned && policy->n_keys == 0;
    bool signed_only = !policy->allow_unsigned && policy->keys && policy->n_keys > 0;

    if (!p->flash || !p->chip || (p->loads && !p->chip->windows) || p->rules > BH_TABLE_STRICT ||
        !bh_within(p->table_off, BH_TABLE_LEN, p->flash->size))
        return BH_ERR_PRODUCT;
    if (p->trial_boots > BH_SELECT_TRIAL_MAX || (p->rollback && p->trial_boots == 0))
        return BH_ERR_PRODUCT;
    if (!policy->formats || !policy->formats[0] || !policy->hash || unsigned_only == signed_only)
        return BH_ERR_PRODUCT;
    return work && work->buf && work->len >= BH_WORK_MIN ? BH_OK : BH_ERR_PRODUCT;
}

int bh_select_open(struct bh_select_place *p, const struct bh_select *product,
                   const struct bh_work *work)
{
    struct bh_select_facts *f = &p->facts;
    struct bh_partition part;

    memset(p, 0, sizeof *p);
    if (bh_select_check(product, work))
        return BH_ERR_PRODUCT;
    f->rollback = product->rollback;
    f->trial_boots = product->trial_boots;
    if (bh_table_open(&p->table, product->flash, product->table_off, product->rules, NULL))
        return BH_ERR_REFUSED;
    while (f->n_slots < BH_OTA_SLOTS_MAX && bh_select_find(p, f->n_slots, &part) == BH_OK)
        f->n_slots++;
    f->otadata = bh_records_open(&p->records, &p->table, product->rollback) == BH_OK;
    if (f->otadata)
        bh_records_read(&p->records, f);
    return BH_OK;
}

static void check(struct run *r, int index)
{
    enum bh_select_look seen =
        bh_select_verify(&r->place, r->product, index, r->inputs, r->work, &r->verified);

    r->looked = index;
    r->place.facts.apps[index + 2] = (uint8_t)seen;
    if (r->out->refused == BH_REASON_NONE && (seen == BH_APP_BAD || seen == BH_APP_UNREADABLE))
        r->out->refused = r->verified.reason;
}

/* Carry out, and read again what it has come to. */
static void change(struct run *r, const struct bh_select_decision *d)
{
    struct bh_select_facts *f = &r->place.facts;
    int err = bh_records_perform(&r->place.records, f, d);

    bh_records_read(&r->place.records, f);
    if (d->act == BH_SELECT_RESET)
        f->factory_reset = false;
    if (err || ++r->changes == CHANGES_MAX || r->place.records.erases > ERASES_MAX) {
        f->dead = true;
        r->out->reason = BH_REASON_OTADATA_DEAD;
    } else if (d->act == BH_SELECT_BEGIN_TRIAL || d->act == BH_SELECT_COUNT_START) {
        f->started = true;
    }
}

/* A start of an application that is confirmed raises the floor to what it is: one that a record
 * says is VALID, and no trial, no fallback. */
static void raise_floor(struct run *r, int index)
{
    const struct bh_select_facts *f = &r->place.facts;
    const struct bh_image *image = &r->verified.image;
    int top = bh_select_top(f);
    enum bh_select_standing s;

    if (!r->inputs->anti_rollback || index < 0 || image->counter <= r->inputs->floor || top < 0)
        return;
    s = bh_select_standing(f, top);
    if (bh_ota_whole(&f->records[top]) && f->records[top].state == BH_OTA_VALID &&
        (s == BH_STANDS || s == BH_STANDS_SOUND) &&
        bh_ota_slot(&f->records[top], f->n_slots) == (uint32_t)index)
        r->out->raise_floor = image->counter;
}

/* Others may have been looked at since it was: then it is verified once more. */
static void start(struct run *r, int index)
{
    struct bh_select_boot *out = r->out;

    if (r->looked != index)
        check(r, index);
    if (r->verified.verdict != BH_VERDICT_GOOD || bh_select_find(&r->place, index, &out->start))
        return;
    out->index = index;
    out->image = r->verified.image;
    out->verdict = r->verified.verdict;
    raise_floor(r, index);
    out->action = BH_BOOT_START;
}

static void decide_and_do(struct run *r)
{
    struct bh_select_decision d;

    for (unsigned i = 0; i < ACTS_MAX; i++) {
        bh_select_decide(&r->place.facts, &d);
        r->out->trace |= 1u << d.act;
        if (d.reason != BH_REASON_NONE)
            r->out->reason = d.reason;
        if (d.act == BH_SELECT_RECOVER)
            return;
        if (d.act == BH_SELECT_START) {
            start(r, d.index);
            return;
        }
        if (d.act == BH_SELECT_CHECK)
            check(r, d.index);
        else
            change(r, &d);
    }
}

void bh_select_run(const struct bh_select *product, const struct bh_select_inputs *inputs,
                   struct bh_work *work, struct bh_select_boot *out)
{
    struct run r = {
        .product = product, .inputs = inputs, .work = work, .out = out, .looked = BH_ESP_NONE
    };

    int err;

    memset(out, 0, sizeof *out);
    out->index = BH_ESP_NONE;
    err = bh_select_open(&r.place, product, work);
    if (err) {
        out->reason = err == BH_ERR_PRODUCT ? BH_REASON_PRODUCT : BH_REASON_TABLE;
        return;
    }
    r.place.records.counts = true;
    r.place.facts.factory_reset = inputs->factory_reset;
    r.place.facts.test_pin = inputs->test_pin && !inputs->factory_reset;
    if (!r.place.facts.otadata || r.place.facts.lost[0] || r.place.facts.lost[1])
        out->reason = BH_REASON_OTADATA;
    decide_and_do(&r);
    if (out->action != BH_BOOT_START)
        out->reason = BH_REASON_NOTHING_BOOTABLE;
}
