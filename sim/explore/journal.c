/* SPDX-License-Identifier: Apache-2.0 */
/* What of the journal can still matter.
 *
 * Sequence numbers grow without end, so states would never come again if they were taken as bytes.
 * The engine only compares numbers and writes the highest plus one; so it is enough to know their
 * order. And it looks at the journal once per power-up, through bh_journal_open().
 *
 *   Nothing torn: what bh_journal_open() finds is all that anything depends on, as long as the page
 *   with the truth is never erased (a law of its own: last-word) and units after its end are blank
 *   (the simulator refuses to program others). The other page is erased before it is used, and what
 *   an interrupted erase lets reappear of it has lower numbers than the truth.
 *
 *   Torn units: they may be read as meant or as before, so both are parsed. The anchor is the
 *   highest twin without a torn unit. If nothing in the other page outdoes it in either view, that
 * page is forgotten until it is erased; so is everything before the anchor in its own page. The
 * rest is taken entry by entry, with ranks for numbers. Where last-word is not enforced, nothing is
 * forgotten. */
#include "machine.h"

#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "journal/entry.h"
#include "sim/inner.h"

enum kind { GARBAGE, MARK, RECORD, ACK }; /* RECORD: announcement or twin */

/* Something in a page that is not blank, in one of the two views. */
struct entry {
    uint8_t kind, part, page, view;
    bool torn; /* any unit of it */
    bool idle; /* RECORD: tells nothing that a journal begun again would not */
    uint32_t off;
    uint32_t seq;
    uint64_t what; /* contents but the number; for torn words, which tear */
};

struct tale {
    struct entry *entry;
    unsigned n, room;
    int anchor; /* index, -1: none */
    bool other_forgotten;
    uint32_t *seq; /* the numbers that matter, in order; as much room */
    unsigned n_seq;
    uint64_t bytes; /* of this journal */
};

static struct sim_flash *chip_of(const struct bh_region *r)
{
    return r->flash->context;
}

static bool journal_torn(const struct machine *m)
{
    for (int p = 0; p < 2; p++) {
        const struct bh_region *page = &m->w.product.journal[p];
        const struct sim_flash *chip = chip_of(page);

        for (uint32_t t = 0; t < chip->n_tears; t++)
            if (chip->tears[t].units && chip->tears[t].off < page->off + page->len &&
                page->off < chip->tears[t].off + chip->tears[t].len)
                return true;
    }
    return false;
}

static uint64_t bytes_hash(struct machine *m)
{
    const struct bh_region *page = m->w.product.journal;

    return sim_mix(sim_flash_hash_part(chip_of(&page[0]), page[0].off, page[0].len)) ^
           sim_flash_hash_part(chip_of(&page[1]), page[1].off, page[1].len);
}

static uint64_t record_hash(struct bh_record rec)
{
    uint64_t h = (uint64_t)rec.state | (uint64_t)rec.outcome << 8 | (uint64_t)rec.reason << 16 |
                 (uint64_t)rec.boots_left << 24 | (uint64_t)rec.permanent << 32 |
                 (uint64_t)rec.step << 40;

    for (unsigned p = 0; p < BH_PAIRS_MAX; p++) {
        h = sim_mix(h ^ rec.pair[p].size_old);
        h = sim_mix(h ^ rec.pair[p].size_new);
        h = sim_mix(h ^ rec.pair[p].floor);
        for (unsigned i = 0; i < BH_NAME_WORDS; i++)
            h = sim_mix(h ^ rec.pair[p].name_old[i] ^ (uint64_t)rec.pair[p].name_new[i] << 32);
        h = sim_mix(h ^ rec.pair[p].version[0] ^ (uint64_t)rec.pair[p].version[1] << 32);
    }
    return sim_mix(h ^ rec.fault ^ (uint64_t)rec.to_new << 32 ^ (uint64_t)rec.final << 33 ^
                   (uint64_t)rec.left_alone << 34);
}

/* --- nothing torn -------------------------------------------------------------------------- */

static struct bh_journal look(struct machine *m)
{
    struct bh_work work = { m->work, sizeof m->work };
    bool dark = m->w.power.dark;
    struct bh_journal j;
    int err;

    m->quiet = true;
    m->w.power.dark = false;
    err = bh_product_journal(&m->w.product, &work, &j);
    m->w.power.dark = dark;
    m->quiet = false;
    if (err)
        sim_die("the product's journal cannot be opened");
    return j;
}

static uint64_t plain_hash(struct machine *m)
{
    struct bh_journal j = look(m);
    uint64_t h;

    if (!j.found)
        return bytes_hash(m);
    h = record_hash(j.truth);
    h = sim_mix(h ^ j.next ^ (uint64_t)j.page << 32 ^ (uint64_t)j.settled << 33 ^
                (uint64_t)(j.last_seq != j.truth.seq) << 34);
    return h;
}

/* --- torn ---------------------------------------------------------------------------------- */

/* Which tear a word belongs to, 0: none. */
static uint64_t tear_of(const struct sim_flash *s, uint32_t off, uint32_t len)
{
    for (uint32_t u = off / s->flash.unit; u < (off + len) / s->flash.unit; u++)
        if (sim_unit_torn(s, u)) {
            const struct sim_tear *t = sim_unit_tear(s, u);

            return 1 + ((uint64_t)t->off << 34 | (uint64_t)t->len << 3 | (uint64_t)t->kind << 1 |
                        t->spoiled);
        }
    return 0;
}

/* A page as it was before the tears, or as it was meant. */
static void view_of(const struct sim_flash *s, const struct bh_region *page, uint8_t view,
                    uint8_t *out)
{
    uint32_t unit = s->flash.unit;

    memcpy(out, s->cells + page->off, page->len);
    for (uint32_t off = 0; view == 1 && off < page->len; off += unit)
        if (sim_unit_torn(s, (page->off + off) / unit))
            memcpy(out + off, s->meant + page->off + off, unit);
}

static void add_entry(struct tale *tale, const struct entry *e)
{
    if (tale->n == tale->room) {
        tale->room = tale->room ? 2 * tale->room : 256;
        tale->entry = sim_grow(tale->entry, tale->room, sizeof *tale->entry);
        tale->seq = sim_grow(tale->seq, tale->room, sizeof *tale->seq);
    }
    tale->entry[tale->n++] = *e;
}

static void parse(struct machine *m, uint8_t p, uint8_t view, struct tale *tale)
{
    const struct bh_region *page = &m->w.product.journal[p];
    const struct sim_flash *s = chip_of(page);
    uint32_t word_len = s->flash.unit > BH_MARK_LEN ? s->flash.unit : BH_MARK_LEN;
    uint32_t n_pairs = m->w.product.n_pairs, seal = 0; /* of the twin just before, 0: none */
    uint8_t *bytes = sim_grow(NULL, page->len, 1);
    uint32_t step;

    view_of(s, page, view, bytes);
    for (uint32_t off = 0; off < page->len; off += step) {
        struct entry e = { .page = p, .view = view, .off = off };
        uint64_t tear = tear_of(s, page->off + off, word_len);
        enum bh_part part = bh_entry_part(bytes + off);
        uint32_t len = part < BH_PART_NONE ? bh_entry_len(word_len, n_pairs, part) : 0;
        bool entry = len && page->len - off >= len &&
                     bh_entry_valid(bytes + off, len, part == BH_PART_ACK ? seal : 0);
        uint32_t k;

        step = word_len;
        seal = 0;
        if (bh_all(bytes + off, s->flash.erased, word_len) && !tear)
            continue;
        if (entry) {
            step = len;
            tear = tear_of(s, page->off + off, len);
            e.kind = part == BH_PART_ACK ? ACK : RECORD;
            e.part = (uint8_t)part;
            e.seq = part == BH_PART_ACK ? 0 : bh_entry_seq(bytes + off);
        }
        if (entry && part == BH_PART_TWIN) {
            struct bh_record rec;

            bh_entry_decode(bytes + off, &rec);
            e.idle = rec.state == BH_STATE_IDLE;
            e.what = record_hash(rec);
            seal = bh_entry_seal(bytes + off, len);
        } else if (entry) {
            e.what = 2;
        } else if (bh_mark_decode(bytes + off, &k)) {
            e.kind = MARK;
            e.what = k;
        } else if (bh_all(bytes + off, s->flash.erased, word_len)) {
            e.what = 1;
        }
        e.torn = tear;
        e.what = sim_mix(e.what ^ tear);
        add_entry(tale, &e);
    }
    free(bytes);
}

/* Could it become the truth, or a ghost, beside a certain twin with this number? */
static bool outdoes(const struct entry *e, uint32_t seq)
{
    if (e->kind != RECORD)
        return false;
    return e->part == BH_PART_ANNOUNCEMENT ? e->seq > seq : e->seq >= seq;
}

static void read_tale(struct machine *m, struct tale *tale)
{
    tale->n = 0;
    tale->anchor = -1;
    for (uint8_t p = 0; p < 2; p++)
        for (uint8_t view = 0; view < 2; view++)
            parse(m, p, view, tale);
    for (unsigned i = 0; !m->lenient && i < tale->n; i++) {
        const struct entry *e = &tale->entry[i];

        if (e->kind == RECORD && e->part != BH_PART_ANNOUNCEMENT && !e->torn &&
            (tale->anchor < 0 || e->seq > tale->entry[tale->anchor].seq))
            tale->anchor = (int)i;
    }
    tale->other_forgotten = tale->anchor >= 0;
    for (unsigned i = 0; tale->anchor >= 0 && i < tale->n; i++)
        if (tale->entry[i].page != tale->entry[tale->anchor].page &&
            outdoes(&tale->entry[i], tale->entry[tale->anchor].seq))
            tale->other_forgotten = false;
}

static bool matters(const struct tale *tale, const struct entry *e)
{
    const struct entry *anchor;

    if (tale->anchor < 0)
        return true;
    anchor = &tale->entry[tale->anchor];
    return e->page == anchor->page ? e->off >= anchor->off : !tale->other_forgotten;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void rank_numbers(struct tale *tale)
{
    unsigned n = 0;

    tale->n_seq = 0;
    for (unsigned i = 0; i < tale->n; i++)
        if (tale->entry[i].kind == RECORD && matters(tale, &tale->entry[i]))
            tale->seq[n++] = tale->entry[i].seq;
    if (n)
        qsort(tale->seq, n, sizeof tale->seq[0], by_number);
    for (unsigned i = 0; i < n; i++)
        if (i == 0 || tale->seq[i] != tale->seq[i - 1])
            tale->seq[tale->n_seq++] = tale->seq[i];
}

/* How many different numbers that matter are lower? */
static unsigned rank(const struct tale *tale, uint32_t seq)
{
    unsigned n = 0;

    while (n < tale->n_seq && tale->seq[n] < seq)
        n++;
    return n;
}

/* The tale of the present journal; worked out again only if that changed. */
static const struct tale *tale_of(struct machine *m)
{
    uint64_t bytes = bytes_hash(m);

    if (!m->tale) {
        m->tale = sim_grow(NULL, 1, sizeof *m->tale);
        *m->tale = (struct tale){ .n = 0 };
    } else if (m->tale->bytes == bytes)
        return m->tale;
    m->tale->bytes = bytes;
    read_tale(m, m->tale);
    rank_numbers(m->tale);
    return m->tale;
}

void machine_forget_journal(struct machine *m)
{
    if (!m->tale)
        return;
    free(m->tale->entry);
    free(m->tale->seq);
    free(m->tale);
}

static uint64_t torn_hash(struct machine *m)
{
    const struct tale *tale = tale_of(m);
    uint64_t h = 0;

    for (unsigned i = 0; i < tale->n; i++) {
        const struct entry *e = &tale->entry[i];

        if (!matters(tale, e))
            continue;
        h = sim_mix(h ^ e->off ^ (uint64_t)e->page << 32 ^ (uint64_t)e->view << 33 ^
                    (uint64_t)e->kind << 34 ^ (uint64_t)e->part << 36);
        h = sim_mix(h ^ e->what);
        if (e->kind == RECORD)
            h = sim_mix(h ^ rank(tale, e->seq));
    }
    return h;
}

/* --- both ---------------------------------------------------------------------------------- */

uint64_t machine_journal_hash(struct machine *m)
{
    uint64_t bytes = bytes_hash(m), place = bytes % MACHINE_KNOWN;

    if (m->journal_known[place].bytes != bytes) {
        m->journal_known[place].bytes = bytes;
        m->journal_known[place].hash = journal_torn(m) ? torn_hash(m) : plain_hash(m);
    }
    return m->journal_known[place].hash;
}

static int page_at(const struct machine *m, const struct sim_flash *chip, uint32_t off)
{
    for (int p = 0; p < 2; p++) {
        const struct bh_region *page = &m->w.product.journal[p];

        if (page->flash == &chip->flash && off >= page->off && off - page->off < page->len)
            return p;
    }
    return -1;
}

bool machine_last_word(struct machine *m, const struct machine_op *op)
{
    int page = page_at(m, op->chip, op->off);
    const struct tale *tale;

    if (page < 0)
        return false;
    if (!journal_torn(m)) {
        struct bh_journal j = look(m);

        return j.found && j.page == (uint32_t)page;
    }
    tale = tale_of(m);
    if (tale->anchor >= 0 && tale->entry[tale->anchor].page == page)
        return true;
    for (unsigned i = 0; i < tale->n; i++) {
        const struct entry *e = &tale->entry[i];

        if (e->page == page && e->kind == RECORD && e->part != BH_PART_ANNOUNCEMENT &&
            (tale->anchor < 0 ? !e->idle : e->seq >= tale->entry[tale->anchor].seq))
            return true;
    }
    return false;
}

bool machine_forgotten(struct machine *m, const struct sim_flash *chip, const struct sim_tear *tear)
{
    int page = page_at(m, chip, tear->off);
    const struct entry *anchor;
    const struct tale *tale;

    if (page < 0)
        return false;
    tale = tale_of(m);
    if (tale->anchor < 0)
        return false;
    anchor = &tale->entry[tale->anchor];
    if (anchor->page == page)
        return tear->off + tear->len <= m->w.product.journal[page].off + anchor->off;
    return tale->other_forgotten;
}
