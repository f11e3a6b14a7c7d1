/* SPDX-License-Identifier: Apache-2.0 */
/* Which application to start, and what to write before. Pure: no flash, no memory of its own. Every
 * row of the tables in docs/select.md is a row of tests/select/decide.c. */
#include "bulkhead/select.h"

/* ---- what a record amounts to ---- */

static bool said_no(uint32_t state)
{
    return state == BH_OTA_INVALID || state == BH_OTA_ABORTED;
}

/* Its state is final, but no vouch confirms that yet. */
static enum bh_select_standing final(uint32_t state)
{
    return state == BH_OTA_VALID ? BH_STANDS_SOUND : BH_STANDS_OVER;
}

/* A vouch confirms its state. If the record differs from the vouch, an erase of it was torn. */
static enum bh_select_standing vouched(const struct bh_ota_record *r,
                                       const struct bh_select_vouch *v)
{
    if (said_no(v->state))
        return said_no(r->state) ? BH_STANDS_NOT : BH_STANDS_UNDEAD;
    return r->state == BH_OTA_VALID ? BH_STANDS : BH_STANDS_KEEP;
}

/* No mark is about it: as ESP-IDF's bootloader reads it. A state that has no meaning is a torn one,
 * and so is a blank one beside the note of another: ESP-IDF starts them for good. */
static enum bh_select_standing unmarked(const struct bh_ota_record *r)
{
    uint32_t noted = bh_ota_noted(r);

    switch (r->state) {
    case BH_OTA_NEW: return BH_STANDS_NEW;
    case BH_OTA_VALID:
    case BH_OTA_INVALID:
    case BH_OTA_ABORTED: return final(r->state);
    case BH_OTA_PENDING_VERIFY: return BH_STANDS_END;
    default: break;
    }
    if (said_no(noted))
        return BH_STANDS_UNDEAD;
    if (noted == BH_OTA_PENDING_VERIFY)
        return BH_STANDS_END;
    if (noted == BH_OTA_VALID)
        return BH_STANDS_KEEP;
    return r->state == BH_OTA_UNDEFINED ? BH_STANDS : BH_STANDS_NEW;
}

/* The application was started. Only VALID to the bit confirms: PENDING_VERIFY cannot be torn into
 * it. */
static enum bh_select_standing in_trial(const struct bh_select_facts *f,
                                        const struct bh_ota_record *r, uint8_t starts)
{
    switch (r->state) {
    case BH_OTA_NEW: return BH_STANDS_NEW;
    case BH_OTA_VALID:
    case BH_OTA_INVALID:
    case BH_OTA_ABORTED: return final(r->state);
    case BH_OTA_PENDING_VERIFY: return starts < f->trial_boots ? BH_STANDS_TRIAL : BH_STANDS_END;
    default: return BH_STANDS_END;
    }
}

/* What is begun is begun again after a cut, but not for ever. */
static bool often(const struct bh_select_mark *m)
{
    return m->begun >= BH_SELECT_TRIAL_MAX;
}

/* The last mark is about it. */
static enum bh_select_standing marked(const struct bh_select_facts *f,
                                      const struct bh_ota_record *r, const struct bh_select_mark *m)
{
    switch (m->kind) {
    case BH_MARK_BEGIN: return often(m) ? BH_STANDS_END : BH_STANDS_NEW;
    case BH_MARK_STARTED: return in_trial(f, r, m->starts);
    case BH_MARK_OVER:
        return said_no(r->state)        ? BH_STANDS_OVER
               : r->state == BH_OTA_NEW ? BH_STANDS_NEW
               : often(m)               ? BH_STANDS_NOT
                                        : BH_STANDS_UNDEAD;
    default: return often(m) ? BH_STANDS : BH_STANDS_KEEP;
    }
}

/* It vouches for itself: the check in its note is that of its state, or Espressif's code, which
 * keeps the note, has confirmed a trial or rejected what was VALID. A confirm in the making may
 * have torn it. */
static bool vouches(const struct bh_ota_record *r, const struct bh_select_mark *m)
{
    uint32_t noted = bh_ota_noted(r);

    if (r->state == BH_OTA_VALID)
        return (noted == BH_OTA_VALID || noted == BH_OTA_PENDING_VERIFY) &&
               !(m->kind == BH_MARK_KEPT && m->seq == r->seq);
    return said_no(r->state) && (noted == r->state || noted == BH_OTA_VALID);
}

static enum bh_select_standing whole(const struct bh_select_facts *f, int copy)
{
    const struct bh_ota_record *r = &f->records[copy];
    const struct bh_select_mark *m = &f->marks[copy];
    const struct bh_select_vouch *v = &f->vouches[copy];

    if (v->is && v->seq == r->seq)
        return vouched(r, v);
    if (vouches(r, m))
        return final(r->state);
    return m->kind && m->seq == r->seq ? marked(f, r, m) : unmarked(r);
}

/* The record is torn or gone: only the cells show what it was. One that is over is written again
 * nevertheless: what reads as gone may read as a confirm at the next boot. If the sector cannot be
 * read, the cells are not enough once the application was started: it may have confirmed itself
 * since. */
static enum bh_select_standing torn(const struct bh_select_facts *f, int copy)
{
    const struct bh_select_mark *m = &f->marks[copy];
    const struct bh_select_vouch *v = &f->vouches[copy];

    if (v->is && !f->lost[copy])
        return v->state == BH_OTA_VALID ? BH_STANDS_KEEP : BH_STANDS_NOT;
    switch (m->kind) {
    case BH_MARK_BEGIN: return often(m) ? BH_STANDS_END : BH_STANDS_NEW;
    case BH_MARK_STARTED: return f->lost[copy] ? BH_STANDS_NOT : BH_STANDS_END;
    case BH_MARK_KEPT: return often(m) ? BH_STANDS : BH_STANDS_KEEP;
    case BH_MARK_OVER: return often(m) || f->lost[copy] ? BH_STANDS_NOT : BH_STANDS_UNDEAD;
    default: return BH_STANDS_NOT;
    }
}

/* Without rollback only the states that refuse an application have a meaning. */
static enum bh_select_standing without_rollback(const struct bh_select_facts *f, int copy)
{
    const struct bh_ota_record *r = &f->records[copy];
    const struct bh_select_mark *m = &f->marks[copy];
    const struct bh_select_vouch *v = &f->vouches[copy];
    bool about = v->is && v->seq == r->seq;
    bool ended = m->kind == BH_MARK_OVER && m->seq == r->seq && !often(m);

    if (!bh_ota_whole(r))
        return BH_STANDS_NOT;
    if (said_no(r->state))
        return f->use_marks && !about ? BH_STANDS_OVER : BH_STANDS_NOT;
    if ((about && said_no(v->state)) || (ended && r->state != BH_OTA_NEW))
        return BH_STANDS_UNDEAD;
    return BH_STANDS;
}

enum bh_select_standing bh_select_standing(const struct bh_select_facts *f, int copy)
{
    if (!f->rollback)
        return without_rollback(f, copy);
    return bh_ota_whole(&f->records[copy]) ? whole(f, copy) : torn(f, copy);
}

uint32_t bh_select_seq(const struct bh_select_facts *f, int copy)
{
    if (bh_ota_whole(&f->records[copy]))
        return f->records[copy].seq;
    return f->vouches[copy].is ? f->vouches[copy].seq : f->marks[copy].seq;
}

/* ---- the choice ---- */

uint32_t bh_select_next_seq(const struct bh_select_facts *f, int slot)
{
    uint32_t last = 0;

    for (int i = 0; i < 2; i++)
        if (bh_ota_whole(&f->records[i]) && f->records[i].seq > last)
            last = f->records[i].seq;
    return last == 0xFFFFFFFEu ? 0 : bh_ota_next_seq(last + 1, (uint32_t)slot, f->n_slots);
}

int bh_select_older(const struct bh_select_facts *f)
{
    return bh_ota_whole(&f->records[0]) &&
           (!bh_ota_whole(&f->records[1]) || f->records[1].seq < f->records[0].seq);
}

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
    enum bh_select_standing s = c->stands[copy];

    return s == BH_STANDS || s == BH_STANDS_SOUND || s == BH_STANDS_KEEP;
}

/* Over, whatever its state is. */
static bool over(const struct choice *c, int copy)
{
    enum bh_select_standing s = c->stands[copy];

    return s == BH_STANDS_NOT || s == BH_STANDS_OVER || s == BH_STANDS_UNDEAD;
}

static bool all_read(const struct choice *c)
{
    return !c->f->lost[0] && !c->f->lost[1];
}

/* May a record be rewritten? Not if the sector for the marks about it cannot be read, and one that
 * cannot be read itself only if marks say what it was to become. */
static bool frozen(const struct choice *c, int copy)
{
    enum bh_select_standing s = c->stands[copy];

    return c->f->dead || c->f->lost[!copy] ||
           (c->f->lost[copy] && s != BH_STANDS_NEW && s != BH_STANDS_KEEP);
}

/* Was another one chosen over it before it was confirmed? */
static bool superseded(const struct choice *c, int copy)
{
    enum bh_select_standing s = c->stands[copy];

    return copy != c->top && (s == BH_STANDS_NEW || s == BH_STANDS_TRIAL || s == BH_STANDS_END);
}

/* Would this record be the choice if the other one were not? */
static bool next_in_line(const struct choice *c, int copy)
{
    enum bh_select_standing s = c->stands[copy];

    return stands(c, copy) || (!frozen(c, copy) && (s == BH_STANDS_NEW || s == BH_STANDS_TRIAL));
}

/* Was this application given up, and not chosen again since? */
static bool condemned(const struct choice *c, int index)
{
    bool is = false;

    for (int i = 0; c->f->otadata && c->f->n_slots && i < 2; i++) {
        if (slot_of(c, i) != index || !bh_ota_whole(&c->f->records[i]))
            continue;
        if (!over(c, i))
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

/* What to start if not `except`: the other record's application, then ESP-IDF's order: from `first`
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

/* May a fallback to this application become a record? */
static bool recordable(const struct choice *c, int index)
{
    return c->f->otadata && !c->f->dead && all_read(c) && index >= 0 && index < c->f->n_slots;
}

/* No record counts. What is found becomes one, if only factory does not come and go. Nobody has
 * confirmed it, so it is not VALID. */
static void without_record(struct choice *c)
{
    const struct bh_select_facts *f = c->f;
    int index = instead(c, BH_ESP_FACTORY, BH_ESP_NONE);
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
    seq = bh_select_next_seq(f, index);
    write(c, BH_SELECT_RECORD, bh_select_older(f), seq ? seq : (uint32_t)index + 1,
          BH_OTA_UNDEFINED);
}

/* Was it said often enough that the choice is over? */
static bool retired_often(const struct choice *c)
{
    const struct bh_select_mark *m = &c->f->marks[c->top];

    return m->kind == BH_MARK_OVER && m->seq == c->seq[c->top] && often(m);
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
    if (c->out->act == BH_SELECT_CHECK || c->f->dead || !all_read(c) || condemned(c, index) ||
        look(c->f, c->slot) == BH_APP_UNREADABLE || retired_often(c))
        return;
    seq = recordable(c, index) ? bh_select_next_seq(c->f, index) : 0;
    if (seq && !(next_in_line(c, !c->top) && slot_of(c, !c->top) == index))
        write(c, BH_SELECT_RECORD, !c->top, seq, BH_OTA_UNDEFINED);
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
    if (c->out->act == BH_SELECT_START && !frozen(c, c->top))
        write(c, BH_SELECT_END_TRIAL, c->top, c->seq[c->top], BH_OTA_ABORTED);
}

/* Is a mark about the record that counts in the way of writing the other one? BEGIN is not, if the
 * record still is the choice as it was made. */
static bool has_marks(const struct choice *c)
{
    const struct bh_ota_record *r = &c->f->records[c->top];
    const struct bh_select_mark *m = &c->f->marks[c->top];
    bool untouched = bh_ota_whole(r) && r->state == BH_OTA_NEW;

    return m->kind != BH_MARK_NONE && m->seq == c->seq[c->top] &&
           !(m->kind == BH_MARK_BEGIN && untouched);
}

/* The choice in one record goes to the other one, whose sector is empty. */
static bool move(struct choice *c, int from)
{
    const struct bh_select_facts *f = c->f;
    uint32_t seq = bh_select_next_seq(f, slot_of(c, from));
    uint32_t state = f->records[from].state == BH_OTA_VALID ? BH_OTA_VALID : BH_OTA_UNDEFINED;

    if (seq)
        write(c, BH_SELECT_RECORD, !from, seq, state);
    return seq != 0;
}

/* The chosen application is good, and new. If only a mark is left of the choice, in a page that may
 * be torn, or beside a record that is to be laid to rest, it is made a record again first. */
static void try_it(struct choice *c)
{
    int other = !c->top;
    const struct bh_ota_record *r = &c->f->records[c->top];
    bool erased = !bh_ota_whole(&c->f->records[other]);
    bool made = bh_ota_whole(r) && r->state == BH_OTA_NEW;

    if (!made && (erased || superseded(c, other))) {
        write(c, BH_SELECT_RECORD, c->top, c->seq[c->top], BH_OTA_NEW);
        return;
    }
    if (erased || c->f->room[other] >= BH_SELECT_FULL) {
        write(c, BH_SELECT_BEGIN_TRIAL, c->top, c->seq[c->top], BH_OTA_PENDING_VERIFY);
        return;
    }
    c->out->reason = BH_REASON_OTADATA_FULL;
    if (!stands(c, other) || !move(c, other))
        write(c, BH_SELECT_RETIRE, c->top, c->seq[c->top], BH_OTA_INVALID);
}

/* The marks of trials that failed fill the sector of the record that counts. */
static void move_over(struct choice *c)
{
    const struct bh_select_facts *f = c->f;

    if (f->use_marks && all_read(c) && f->room[c->top] < BH_SELECT_LOW && over(c, !c->top))
        (void)move(c, c->top);
}

/* The chosen application is good. */
static void go(struct choice *c)
{
    act(c, BH_SELECT_START, c->slot);
    if (c->f->dead || c->f->started)
        return;
    switch (c->stands[c->top]) {
    case BH_STANDS_NEW: try_it(c); break;
    case BH_STANDS_TRIAL:
        if (c->f->room[!c->top] >= BH_SELECT_ONE)
            write(c, BH_SELECT_COUNT_START, c->top, c->seq[c->top], 0);
        else
            write(c, BH_SELECT_END_TRIAL, c->top, c->seq[c->top], BH_OTA_ABORTED);
        break;
    default: move_over(c); break;
    }
}

static void by_record(struct choice *c)
{
    enum bh_select_standing s = c->stands[c->top];
    bool unaccountable = frozen(c, c->top) && !stands(c, c->top);

    if (!all_read(c))
        c->out->reason = BH_REASON_OTADATA;
    if (!c->f->started && (s == BH_STANDS_END || unaccountable)) {
        give_up(c);
        return;
    }
    switch (look(c->f, c->slot)) {
    case BH_APP_UNKNOWN: act(c, BH_SELECT_CHECK, c->slot); break;
    case BH_APP_GOOD: go(c); break;
    default: fall_back(c); break;
    }
}

/* Which records count, and which of them comes first. */
static void weigh(struct choice *c)
{
    for (int i = 0; i < 2; i++) {
        c->stands[i] = bh_select_standing(c->f, i);
        c->seq[i] = bh_select_seq(c->f, i);
    }
    c->top = bh_select_top(c->f);
    c->slot = c->top < 0 ? BH_ESP_NONE : slot_of(c, c->top);
}

int bh_select_top(const struct bh_select_facts *f)
{
    int top = -1;

    for (int i = 0; f->otadata && f->n_slots && i < 2; i++) {
        enum bh_select_standing s = bh_select_standing(f, i);

        if (s != BH_STANDS_NOT && s != BH_STANDS_OVER && s != BH_STANDS_UNDEAD &&
            (top < 0 || bh_select_seq(f, i) > bh_select_seq(f, top)))
            top = i;
    }
    return top;
}

/* A record that is final, and for which nobody vouches. */
static bool vouch(struct choice *c)
{
    for (int i = 0; i < 2; i++)
        if ((c->stands[i] == BH_STANDS_SOUND || c->stands[i] == BH_STANDS_OVER) &&
            c->f->room[i] >= BH_SELECT_ONE) {
            write(c, BH_SELECT_VOUCH, i, c->seq[i], c->f->records[i].state);
            return true;
        }
    return false;
}

/* The choice was confirmed, and its record does not show it, or not for certain. */
static bool keep(struct choice *c)
{
    if (c->top < 0 || c->stands[c->top] != BH_STANDS_KEEP || frozen(c, c->top))
        return false;
    write(c, BH_SELECT_KEEP, c->top, c->seq[c->top], BH_OTA_VALID);
    return true;
}

/* The sector of this record may be erased: no trial rests on marks in it. */
static bool idle(const struct choice *c, int copy)
{
    return !frozen(c, copy) && (c->top < 0 || c->top == copy || stands(c, c->top) || !has_marks(c));
}

/* A record that must be written as final before anything else: one that is over and does not show
 * it, or that of an application that another one was chosen over before it was confirmed. */
static bool bury(struct choice *c)
{
    for (int i = 0; i < 2; i++) {
        enum bh_select_standing s = c->stands[i];
        uint32_t told = c->f->vouches[i].state;

        if (!idle(c, i) || !(s == BH_STANDS_UNDEAD || superseded(c, i)))
            continue;
        write(c, BH_SELECT_END_TRIAL, i, c->seq[i],
              c->f->vouches[i].is && said_no(told) ? told : BH_OTA_ABORTED);
        return true;
    }
    return false;
}

/* The other record is neither whole nor blank, or was not when it was erased. */
static bool remains(const struct choice *c, int copy)
{
    const struct bh_ota_record *r = &c->f->records[copy];

    return !bh_ota_whole(r) &&
           ((r->seq & r->state & r->crc) != 0xFFFFFFFFu || c->f->vouches[copy].is);
}

static bool clear(struct choice *c)
{
    if (c->top < 0 || c->stands[c->top] != BH_STANDS || frozen(c, !c->top) || !remains(c, !c->top))
        return false;
    write(c, BH_SELECT_CLEAR, !c->top, 0, 0);
    return true;
}

/* What is to be put in order first, whatever starts. */
static bool tidy(struct choice *c)
{
    return all_read(c) && !c->f->dead && (vouch(c) || bury(c) || clear(c));
}

void bh_select_decide(const struct bh_select_facts *f, struct bh_select_decision *out)
{
    struct choice c = { .f = f, .out = out, .top = -1, .slot = BH_ESP_NONE };

    *out =
        (struct bh_select_decision){ .act = BH_SELECT_RECOVER, .index = BH_ESP_NONE, .copy = -1 };
    if (f->test_pin && !f->factory_reset) {
        if (look(f, BH_ESP_TEST) == BH_APP_GOOD || look(f, BH_ESP_TEST) == BH_APP_UNKNOWN)
            check_or_start(&c, BH_ESP_TEST);
        return;
    }
    if (f->otadata && f->n_slots)
        weigh(&c);
    if (f->factory_reset && f->otadata && !f->dead) {
        if (!tidy(&c))
            out->act = BH_SELECT_RESET;
        return;
    }
    if (keep(&c) || tidy(&c))
        return;
    if (c.top >= 0)
        by_record(&c);
    else
        without_record(&c);
}
