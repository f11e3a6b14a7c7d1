/* SPDX-License-Identifier: Apache-2.0 */
/* Which application to start, and what to write before. Pure: no flash, no memory of its own. Every
 * row of the tables in docs/select.md is a row of tests/select/decide.c. */
#include "bulkhead/select.h"

/* ---- what a record amounts to ---- */

static bool said_no(const struct bh_ota_record *r)
{
    return r->state == BH_OTA_INVALID || r->state == BH_OTA_ABORTED;
}

/* No mark is about it: as ESP-IDF's bootloader reads it. A state that has no meaning is a torn one:
 * ESP-IDF starts it for good, here it is on trial. */
static enum bh_select_standing unmarked(const struct bh_ota_record *r)
{
    switch (r->state) {
    case BH_OTA_VALID:
    case BH_OTA_UNDEFINED: return BH_STANDS;
    case BH_OTA_PENDING_VERIFY: return BH_STANDS_END;
    case BH_OTA_INVALID:
    case BH_OTA_ABORTED: return BH_STANDS_NOT;
    default: return BH_STANDS_NEW;
    }
}

/* The application was started. Only VALID to the bit confirms: PENDING_VERIFY cannot be torn into
 * it. */
static enum bh_select_standing in_trial(const struct bh_select_facts *f,
                                        const struct bh_ota_record *r, uint8_t starts)
{
    switch (r->state) {
    case BH_OTA_NEW: return BH_STANDS_NEW;
    case BH_OTA_VALID: return BH_STANDS_KEEP;
    case BH_OTA_INVALID:
    case BH_OTA_ABORTED: return BH_STANDS_NOT;
    case BH_OTA_PENDING_VERIFY: return starts < f->trial_boots ? BH_STANDS_TRIAL : BH_STANDS_END;
    default: return BH_STANDS_END;
    }
}

/* The record is whole. */
static enum bh_select_standing marked(const struct bh_select_facts *f,
                                      const struct bh_ota_record *r, const struct bh_select_mark *m)
{
    switch (m->kind) {
    case BH_MARK_BEGIN: return BH_STANDS_NEW;
    case BH_MARK_STARTED: return in_trial(f, r, m->starts);
    case BH_MARK_OVER:
        return said_no(r)               ? BH_STANDS_NOT
               : r->state == BH_OTA_NEW ? BH_STANDS_NEW
                                        : BH_STANDS_UNDEAD;
    case BH_MARK_KEPT: return BH_STANDS_KEEP;
    case BH_MARK_SETTLED:
        if (r->state == BH_OTA_VALID)
            return BH_STANDS;
        return said_no(r) ? BH_STANDS_NOT : r->state == BH_OTA_NEW ? BH_STANDS_NEW : BH_STANDS_KEEP;
    default: return unmarked(r);
    }
}

/* The record is torn or gone: only the marks are left to tell. */
static enum bh_select_standing from_mark(const struct bh_select_mark *m)
{
    switch (m->kind) {
    case BH_MARK_BEGIN: return BH_STANDS_NEW;
    case BH_MARK_STARTED: return BH_STANDS_END;
    case BH_MARK_KEPT:
    case BH_MARK_SETTLED: return BH_STANDS_KEEP;
    default: return BH_STANDS_NOT;
    }
}

enum bh_select_standing bh_select_standing(const struct bh_select_facts *f, int copy)
{
    const struct bh_ota_record *r = &f->records[copy];
    const struct bh_select_mark *m = &f->marks[copy];

    if (!f->rollback)
        return bh_ota_usable(r) ? BH_STANDS : BH_STANDS_NOT;
    if (!bh_ota_whole(r))
        return from_mark(m);
    return m->kind && m->seq == r->seq ? marked(f, r, m) : unmarked(r);
}

/* ---- the choice ---- */

/* Facts, and what follows from them at once. */
struct choice {
    const struct bh_select_facts *f;
    struct bh_select_decision *out;
    enum bh_select_standing stands[2];
    uint32_t seq[2];
    int top;  /* the record that counts: 0, 1, or -1 */
    int slot; /* the application it means, or BH_ESP_NONE */
};

static enum bh_select_look look(const struct bh_select_facts *f, int index)
{
    return (enum bh_select_look)f->apps[index + 2];
}

static void act(struct choice *c, enum bh_select_act what, int index)
{
    c->out->act = what;
    c->out->index = index;
}

static void write(struct choice *c, enum bh_select_act what, int copy, uint32_t seq, uint32_t state)
{
    c->out->act = what;
    c->out->copy = copy;
    c->out->seq = seq;
    c->out->state = state;
}

static int slot_of(const struct choice *c, int copy)
{
    struct bh_ota_record r = { .seq = c->seq[copy] };

    return (int)bh_ota_slot(&r, c->f->n_slots);
}

static bool stands(const struct choice *c, int copy)
{
    return c->stands[copy] == BH_STANDS || c->stands[copy] == BH_STANDS_KEEP;
}

/* Would this record be the choice if the other one were not? */
static bool next_in_line(const struct choice *c, int copy)
{
    enum bh_select_standing s = c->stands[copy];

    return stands(c, copy) || (!c->f->dead && (s == BH_STANDS_NEW || s == BH_STANDS_TRIAL));
}

/* Was this application given up, with nothing since to say otherwise? */
static bool condemned(const struct choice *c, int index)
{
    bool is = false;

    for (int i = 0; c->f->otadata && c->f->n_slots && i < 2; i++) {
        if (slot_of(c, i) != index || !bh_ota_whole(&c->f->records[i]))
            continue;
        if (c->stands[i] != BH_STANDS_NOT && c->stands[i] != BH_STANDS_UNDEAD)
            return false;
        is = true;
    }
    return is;
}

/* The first of the candidates that is good, or not known yet; BH_ESP_NONE: none. */
static int first_of(const struct choice *c, const int *order, int n, int except, bool last_resort)
{
    for (int i = 0; i < n; i++) {
        enum bh_select_look seen = look(c->f, order[i]);

        if (order[i] != except && condemned(c, order[i]) == last_resort &&
            (seen == BH_APP_GOOD || seen == BH_APP_UNKNOWN))
            return order[i];
    }
    return BH_ESP_NONE;
}

/* What to start if not `except`: what the other record says, then ESP-IDF's order: from `first`
 * down to factory, from first + 1 up, test. What was given up comes last of all. */
static int instead(const struct choice *c, int first, int except)
{
    int order[1 + BH_SELECT_APPS];
    int n = 0, found;

    if (c->top >= 0 && next_in_line(c, !c->top))
        order[n++] = slot_of(c, !c->top);
    for (int i = first; i >= BH_ESP_FACTORY; i--)
        order[n++] = i;
    for (int i = first + 1; i < (int)BH_OTA_SLOTS_MAX; i++)
        order[n++] = i;
    order[n++] = BH_ESP_TEST;
    found = first_of(c, order, n, except, false);
    return found != BH_ESP_NONE ? found : first_of(c, order, n, except, true);
}

/* Look at it, or start it. */
static void check_or_start(struct choice *c, int index)
{
    act(c, look(c->f, index) == BH_APP_UNKNOWN ? BH_SELECT_CHECK : BH_SELECT_START, index);
}

/* A sequence number above all there are that means slot; 0: they have come to their end. */
static uint32_t next_seq(const struct choice *c, int slot)
{
    uint32_t last = 0;

    for (int i = 0; i < 2; i++)
        if (bh_ota_whole(&c->f->records[i]) && c->f->records[i].seq > last)
            last = c->f->records[i].seq;
    return last == 0xFFFFFFFEu ? 0 : bh_ota_next_seq(last + 1, (uint32_t)slot, c->f->n_slots);
}

/* May a fallback to this application become a record? */
static bool recordable(const struct choice *c, int index)
{
    return c->f->otadata && !c->f->dead && index >= 0 && index < c->f->n_slots;
}

/* No record counts. What is found becomes one, if only factory does not come and go. */
static void without_record(struct choice *c)
{
    const struct bh_select_facts *f = c->f;
    int index = instead(c, BH_ESP_FACTORY, BH_ESP_NONE);
    int copy = bh_ota_whole(&f->records[0]) &&
               (!bh_ota_whole(&f->records[1]) || f->records[1].seq < f->records[0].seq);
    uint32_t seq;

    if (index == BH_ESP_NONE)
        return;
    check_or_start(c, index);
    if (c->out->act == BH_SELECT_CHECK)
        return;
    if (condemned(c, index)) {
        c->out->reason = BH_REASON_NO_WAY_BACK;
        return;
    }
    if (!recordable(c, index) || look(f, BH_ESP_FACTORY) == BH_APP_UNREADABLE)
        return;
    seq = next_seq(c, index);
    write(c, BH_SELECT_RECORD, copy, seq ? seq : (uint32_t)index + 1, BH_OTA_VALID);
}

/* The chosen application does not verify. */
static void fall_back(struct choice *c)
{
    int index = instead(c, c->slot, c->slot);
    uint32_t seq;

    if (index == BH_ESP_NONE)
        return;
    c->out->reason = BH_REASON_FELL_BACK;
    check_or_start(c, index);
    if (condemned(c, index))
        c->out->reason = BH_REASON_NO_WAY_BACK;
    if (c->out->act == BH_SELECT_CHECK || c->f->dead || condemned(c, index) ||
        look(c->f, c->slot) == BH_APP_UNREADABLE)
        return;
    seq = recordable(c, index) ? next_seq(c, index) : 0;
    if (seq && !(next_in_line(c, !c->top) && slot_of(c, !c->top) == index))
        write(c, BH_SELECT_RECORD, !c->top, seq, BH_OTA_VALID);
    else
        write(c, BH_SELECT_RETIRE, c->top, c->seq[c->top], BH_OTA_INVALID);
}

/* The trial is over, or cannot be accounted for: something else, or else this one again. */
static void give_up(struct choice *c)
{
    int index = instead(c, BH_ESP_FACTORY, c->slot);

    c->out->reason = BH_REASON_NOT_CONFIRMED;
    if (index == BH_ESP_NONE) {
        c->out->reason = BH_REASON_NO_WAY_BACK;
        if (look(c->f, c->slot) == BH_APP_UNKNOWN || look(c->f, c->slot) == BH_APP_GOOD)
            check_or_start(c, c->slot);
        return;
    }
    check_or_start(c, index);
    if (c->out->act == BH_SELECT_START && !c->f->dead)
        write(c, BH_SELECT_END_TRIAL, c->top, c->seq[c->top], BH_OTA_ABORTED);
}

/* The chosen application is good. */
static void go(struct choice *c)
{
    const struct bh_select_facts *f = c->f;
    int other = !c->top;

    act(c, BH_SELECT_START, c->slot);
    if (f->dead || f->started)
        return;
    switch (c->stands[c->top]) {
    case BH_STANDS_NEW:
        if (f->room[other] >= BH_SELECT_FULL || c->stands[other] == BH_STANDS_NOT)
            write(c, BH_SELECT_BEGIN_TRIAL, c->top, c->seq[c->top], BH_OTA_PENDING_VERIFY);
        else {
            c->out->reason = BH_REASON_OTADATA_FULL;
            write(c, BH_SELECT_RETIRE, c->top, c->seq[c->top], BH_OTA_INVALID);
        }
        break;
    case BH_STANDS_TRIAL: write(c, BH_SELECT_COUNT_START, c->top, c->seq[c->top], 0); break;
    default:
        if (f->rollback && f->room[c->top] < BH_SELECT_LOW && c->stands[other] == BH_STANDS_NOT &&
            next_seq(c, c->slot))
            write(c, BH_SELECT_RECORD, other, next_seq(c, c->slot), BH_OTA_VALID);
        break;
    }
}

static void by_record(struct choice *c)
{
    enum bh_select_standing s = c->stands[c->top];
    bool unaccountable = c->f->dead && !c->f->started;

    if (s == BH_STANDS_KEEP && !c->f->dead) {
        write(c, BH_SELECT_KEEP, c->top, c->seq[c->top], BH_OTA_VALID);
        return;
    }
    if (!c->f->started && (s == BH_STANDS_END || (unaccountable && !stands(c, c->top)))) {
        give_up(c);
        return;
    }
    switch (look(c->f, c->slot)) {
    case BH_APP_UNKNOWN: act(c, BH_SELECT_CHECK, c->slot); break;
    case BH_APP_GOOD: go(c); break;
    default: fall_back(c); break;
    }
}

/* What stands, and on top of what. */
static void weigh(struct choice *c)
{
    c->top = -1;
    for (int i = 0; i < 2; i++) {
        const struct bh_ota_record *r = &c->f->records[i];

        c->stands[i] = bh_select_standing(c->f, i);
        c->seq[i] = bh_ota_whole(r) ? r->seq : c->f->marks[i].seq;
        if (c->stands[i] != BH_STANDS_NOT && c->stands[i] != BH_STANDS_UNDEAD &&
            (c->top < 0 || c->seq[i] > c->seq[c->top]))
            c->top = i;
    }
    c->slot = c->top < 0 ? BH_ESP_NONE : slot_of(c, c->top);
}

/* It says that it is over, and would count if a torn erase took that away: there is no mark to
 * tell. (To write it anew takes the marks about the other one, which are of no use if that one
 * stands.) */
static bool could_rise(const struct choice *c, int copy)
{
    const struct bh_select_mark *m = &c->f->marks[copy];

    return c->f->rollback && c->top == !copy && c->stands[!copy] == BH_STANDS &&
           c->stands[copy] == BH_STANDS_NOT && bh_ota_whole(&c->f->records[copy]) &&
           c->seq[copy] > c->seq[!copy] && (m->kind == BH_MARK_NONE || m->seq != c->seq[copy]) &&
           c->f->room[!copy] >= BH_SELECT_FULL;
}

/* A record that is to be laid to rest before anything else: one that is over and does not say so,
 * or says so without a mark, or the trial of an application that another one was chosen over. */
static bool bury(struct choice *c)
{
    for (int i = 0; i < 2 && !c->f->dead; i++)
        if (c->stands[i] == BH_STANDS_UNDEAD || (c->stands[i] == BH_STANDS_END && i != c->top) ||
            could_rise(c, i)) {
            write(c, BH_SELECT_END_TRIAL, i, c->seq[i],
                  c->stands[i] == BH_STANDS_NOT ? c->f->records[i].state : BH_OTA_ABORTED);
            return true;
        }
    return false;
}

/* The other record is neither whole nor blank. Its sector can go: no trial rests on marks in it. */
static bool torn(const struct choice *c, int copy)
{
    const struct bh_ota_record *r = &c->f->records[copy];

    return c->top == !copy && c->stands[!copy] == BH_STANDS && c->stands[copy] == BH_STANDS_NOT &&
           !bh_ota_whole(r) && (r->seq & r->state & r->crc) != 0xFFFFFFFFu;
}

static bool clear(struct choice *c)
{
    if (c->top < 0 || c->f->dead || !torn(c, !c->top))
        return false;
    c->out->act = BH_SELECT_CLEAR;
    c->out->copy = !c->top;
    return true;
}

void bh_select_decide(const struct bh_select_facts *f, struct bh_select_decision *out)
{
    struct choice c = { .f = f, .out = out, .top = -1, .slot = BH_ESP_NONE };

    *out =
        (struct bh_select_decision){ .act = BH_SELECT_RECOVER, .index = BH_ESP_NONE, .copy = -1 };
    if (f->factory_reset && f->otadata && !f->dead) {
        out->act = BH_SELECT_RESET;
        return;
    }
    if (f->test_pin && !f->factory_reset) {
        if (look(f, BH_ESP_TEST) == BH_APP_GOOD || look(f, BH_ESP_TEST) == BH_APP_UNKNOWN)
            check_or_start(&c, BH_ESP_TEST);
        return;
    }
    if (f->otadata && f->n_slots)
        weigh(&c);
    if (bury(&c) || clear(&c))
        return;
    if (c.top >= 0)
        by_record(&c);
    else
        without_record(&c);
}
