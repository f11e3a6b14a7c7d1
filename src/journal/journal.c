/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader's memory, safe against cuts inside any program or erase, again and again.
 *
 * A page is an array of words (one program unit, at least 4 bytes), only ever appended to. A mark
 * takes one word, an entry one or more, and every word is programmed by itself.
 *
 *     | announcement | twin | mark mark mark ... | announcement | twin | ack |   blank ...
 *       number         all    1    2    3          number         all    proof
 *
 * A state is stated as a pair with one sequence number: the announcement, which has no more than
 * that number, then the twin, which holds all. IDLE gets a third entry, the ack. They are completed
 * in order, in one power-up, so:
 *   - a readable twin, even one torn and unstable, proves that its announcement is complete;
 *   - a readable ack proves that its twin is complete.
 * The truth is the twin of the highest number in both pages, and the marks that follow it without a
 * gap. Announcements decide nothing; they only push the number up. An announcement above the truth
 * is a ghost: its twin may be readable at another boot.
 *
 * Why it holds:
 *   1. An entry found at boot may be torn and read differently next time. So before anything is
 *      done because of it, the truth is stated again, completely, in this power-up (refresh). Only
 *      IDLE with its ack, and no ghost, may be acted upon (start the image) without writing.
 *   2. The first words written in a power-up skip one word after the last that is not blank, since
 *      the word after it may be torn and only look blank. So nothing is programmed over a torn
 * word, but for the first of an announcement that a second cut in a row meets (docs/testing.md).
 *   3. Marks follow a pair completed in the same power-up, in steps that only go one way, so no
 *      left-over word can pass for one.
 *   4. The other page is taken into use after the truth was refreshed in this one: its number then
 *      beats everything readable, in both pages, and the other page is erased whatever it seems to
 *      hold. Erasing torn, it may show former entries again, all of lower numbers.
 *   5. A new page begins with the truth that the old page contains, or with a first UPDATING record
 *      before which nothing was touched. It never has progress that the old page does not have. For
 *      this, room for a mark is made before the step it will mark.
 *   6. Everything but a refresh leaves RESERVE refreshes of room, so that cuts while a full page is
 *      left do not end in a page that cannot be refreshed.
 *   7. Stop reading a page at the first blank gap that is longer than the reserve: entries leave
 * one word between them, so a longer gap can only be that many torn statements in a row which were
 *      read when the next one was written and are blank now. What a torn erase brings back after
 *      such a gap is older than the truth (4). So a boot reads only what was written, however
 *      large the pages are.
 *   8. A right checksum is not enough: a record or mark that cannot be true of
 * the product (possible()) is as if it were not there. */
#include "entry.h"

#include "bulkhead/bytes.h"

#include <string.h>

#define RESERVE 4u
#define SEQ_SPAN (1u << 24)

static uint32_t n_pairs(const struct bh_journal *j)
{
    return bh_n_pairs(j->use.n_pairs);
}

/* Bytes of one refresh: the word that a power-up skips, and the longest statement. */
static uint32_t refresh_len(uint32_t word_len, uint32_t pairs)
{
    uint32_t len = word_len;

    for (enum bh_part part = BH_PART_ANNOUNCEMENT; part <= BH_PART_ACK; part++)
        len += bh_entry_len(word_len, pairs, part);
    return len;
}

/* What stays free for refreshes; and how much blank ends a page. */
static uint32_t reserve(const struct bh_journal *j)
{
    return RESERVE * j->refresh_len;
}

/* Is sequence number a later than b? They are close to each other, so this holds modulo 2^32. */
static bool later(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

/* Can this be true of the product? Of a record for another layout only the state is used. */
static bool possible(struct bh_journal *j, const struct bh_product *product,
                     const struct bh_record *rec, uint32_t pairs)
{
    bool yes = rec->layout == j->use.layout
                   ? pairs == n_pairs(j) && (!product || bh_product_possible(product, rec))
                   : rec->state - 1u < BH_STATE_LAST;

    if (!yes)
        j->spoiled = true;
    return yes;
}

/* Two records that are both still in flash are not further apart: it is a forgery, and numbers
 * compare in no order over such a distance. */
static bool near(struct bh_journal *j, uint32_t seq)
{
    bool yes = !j->any || seq - j->last_seq + SEQ_SPAN < 2 * SEQ_SPAN;

    if (!yes)
        j->spoiled = true;
    return yes;
}

/* A readable number. Until there is a truth, the page to keep is the one with the higher number.
 * False if it is a forgery. */
static bool see(struct bh_journal *j, uint32_t page, uint32_t seq)
{
    if (!near(j, seq))
        return false;
    if (j->any && later(j->last_seq, seq))
        return true;
    j->any = true;
    j->last_seq = seq;
    if (!j->found)
        j->page = page;
    return true;
}

/* A readable twin: does it become the truth? */
static bool learn(struct bh_journal *j, const struct bh_product *product, uint32_t page,
                  const uint8_t *twin, uint32_t pairs)
{
    struct bh_record rec;

    bh_entry_decode(twin, &rec);
    if (!possible(j, product, &rec, pairs) || !see(j, page, rec.seq))
        return false;
    if (j->found && later(j->truth.seq, rec.seq))
        return false;
    if (pairs != n_pairs(j))
        memset(rec.pair, 0, sizeof rec.pair); /* what was pair i there may be another one here */
    j->truth = rec;
    j->found = true;
    j->page = page;
    j->settled = false;
    return true;
}

/* A readable mark right after the truth or a mark that was followed. */
static bool follow(struct bh_journal *j, const struct bh_product *product, uint32_t k)
{
    uint32_t was = j->truth.step;
    bool onward = j->truth.state == BH_STATE_UPDATING ? k > was : k < was;

    j->truth.step = k;
    if (onward && possible(j, product, &j->truth, n_pairs(j)))
        return true;
    j->truth.step = was;
    return false;
}

/* Read n bytes at off. What cannot be read is blank if the driver knows that it is; otherwise it is
 * neither blank nor an entry. */
static void read_at(struct bh_journal *j, uint32_t p, uint32_t off, uint8_t *buf, uint32_t n)
{
    const struct bh_region *page = &j->use.pages[p];

    if (!bh_region_read(page, off, buf, n))
        return;
    memset(buf, page->flash->erased, n);
    if (bh_region_blank(page, off, n)) {
        memset(buf, ~page->flash->erased, n);
        j->unread = true;
    }
}

/* A page being read. */
struct reading {
    uint32_t page;
    bool marks;    /* may the next word be a mark of the truth? */
    bool twin;     /* was the truth's twin the last thing read? Then its ack may follow */
    uint32_t seal; /* that twin's checksum */
};

/* Learn from an entry whose first word was read. Returns its length, or that of the word if it is
 * not valid. */
static uint32_t read_entry(struct bh_journal *j, const struct bh_product *product,
                           struct reading *r, uint32_t off, enum bh_part part)
{
    const struct bh_region *page = &j->use.pages[r->page];
    uint8_t *entry = j->use.work->buf;
    uint32_t pairs = n_pairs(j), len = bh_entry_len(j->word_len, pairs, part);
    bool acks = part == BH_PART_ACK && r->twin;

    r->marks = r->twin = false;
    for (bool again = false;; again = true) {
        if (pairs == 0 || !bh_within(off, len, page->len))
            return j->word_len;
        read_at(j, r->page, off, entry, len);
        if (again || part != BH_PART_TWIN || bh_entry_pairs(entry) == pairs)
            break;
        pairs = bh_entry_pairs(entry); /* of another layout */
        len = bh_entry_len(j->word_len, pairs, part);
    }
    if (!bh_entry_valid(entry, len, acks ? r->seal : 0))
        return j->word_len;
    if (part == BH_PART_ANNOUNCEMENT) {
        (void)see(j, r->page, bh_entry_seq(entry));
    } else if (part == BH_PART_TWIN) {
        r->marks = r->twin = learn(j, product, r->page, entry, pairs);
        r->seal = bh_entry_seal(entry, len);
    } else if (acks && j->truth.state == BH_STATE_IDLE) {
        j->settled = true;
    }
    return len;
}

/* Read a page as far as it is written. Returns where that ends: after the last word
 * that is not blank. An entry that was cut ends where it would have ended: its words may hold the
 * erased value. */
static uint32_t read_page(struct bh_journal *j, const struct bh_product *product, uint32_t page)
{
    const struct bh_region *region = &j->use.pages[page];
    uint8_t *word = j->use.work->buf;
    struct reading r = { page, false, false, 0 };
    uint32_t end = 0, step;

    for (uint32_t off = 0; off < region->len && off <= end + reserve(j); off += step) {
        enum bh_part part;
        uint32_t k;

        step = j->word_len;
        read_at(j, page, off, word, step);
        part = bh_entry_part(word);
        if (part < BH_PART_NONE) {
            end = off + bh_entry_len(step, n_pairs(j), part);
            step = read_entry(j, product, &r, off, part);
            if (end < off + step)
                end = off + step; /* of another number of pairs */
        } else {
            j->former |= part == BH_PART_FORMER;
            r.marks = r.marks && bh_mark_decode(word, &k) && follow(j, product, k);
            r.twin = false;
            if (!bh_all(word, region->flash->erased, step) && end < off + step)
                end = off + step;
        }
    }
    return end;
}

int bh_journal_open(struct bh_journal *j, const struct bh_journal_use *use,
                    const struct bh_product *product)
{
    uint32_t unit = use->pages[0].flash->unit;
    uint32_t end[2];

    memset(j, 0, sizeof *j);
    j->use = *use;
    j->word_len = unit > BH_MARK_LEN ? unit : BH_MARK_LEN;
    j->refresh_len = refresh_len(j->word_len, n_pairs(j));
    if (use->n_pairs == 0 || use->n_pairs > BH_PAIRS || use->pages[0].len != use->pages[1].len ||
        use->pages[0].len % j->word_len ||
        use->work->len < bh_entry_len(j->word_len, BH_PAIRS_MAX, BH_PART_TWIN) + j->word_len)
        return BH_ERR_PRODUCT;
    j->page = 1;
    end[0] = read_page(j, product, 0);
    end[1] = read_page(j, product, 1);
    j->settled = j->settled && j->last_seq == j->truth.seq;
    j->next = end[j->page];
    if (bh_fault_kind(j->truth.fault) == BH_FAULT_JOURNAL)
        j->dead = j->truth.fault;
    return BH_OK;
}

/* BH_ERR_LATER if the board has postponed something. */
static int deferred(const struct bh_journal *j)
{
    return BH_FLASH_BEFORE ? j->later : BH_OK;
}

/* Remember it if the board postpones. */
static int postponed(struct bh_journal *j, int err)
{
    if (bh_flash_postponed(err))
        j->later = err;
    return err;
}

/* Program whole words, which the memory lent holds, at the end of the page, one by one, and read
 * them back. Once the board has postponed something, nothing is written any more. */
static int put(struct bh_journal *j, uint32_t len)
{
    const struct bh_region *page = &j->use.pages[j->page];
    uint8_t *word = j->use.work->buf, *back = word + len;
    uint32_t end = j->next + len;
    int err = deferred(j);

    for (; !err && word < back; j->next += j->word_len, word += j->word_len) {
        err = bh_region_program(page, j->next, word, j->word_len);
        if (!err)
            err = bh_region_read(page, j->next, back, j->word_len);
        if (!err && memcmp(back, word, j->word_len))
            err = BH_ERR_COMPARE;
    }
    j->next = end;
    return postponed(j, err);
}

/* Both pages are of one length. */
static bool room(const struct bh_journal *j, uint32_t len)
{
    return bh_within(j->next, len, j->use.pages[0].len);
}

/* State rec at the end of the page: pair, or for IDLE pair and ack. BH_ERR_FULL, and nothing done,
 * if that would leave less than keep bytes. */
static int append(struct bh_journal *j, const struct bh_record *rec, uint32_t keep)
{
    uint8_t *entry = j->use.work->buf;
    enum bh_part last = rec->state == BH_STATE_IDLE ? BH_PART_ACK : BH_PART_TWIN;
    uint32_t len, seal = 0;

    if (!room(j, j->refresh_len + keep))
        return BH_ERR_FULL;
    j->next += j->refreshed || j->next == 0 ? 0 : j->word_len;
    j->last_seq++; /* used up, whatever comes of it */
    for (enum bh_part part = BH_PART_ANNOUNCEMENT; part <= last; part++) {
        int err;

        len = bh_entry_encode(entry, j, rec, part, seal);
        seal = part == BH_PART_TWIN ? bh_entry_seal(entry, len) : 0;
        err = put(j, len);
        if (err)
            return err;
    }
    if (rec != &j->truth)
        j->truth = *rec;
    j->truth.seq = j->last_seq;
    j->truth.layout = j->use.layout;
    j->truth.fault = bh_entry_fault(j, rec);
    j->any = j->found = j->refreshed = true;
    j->settled = rec->state == BH_STATE_IDLE;
    return BH_OK;
}

/* Erase the other page, whatever it seems to hold, and go on there; or stay, if that fails. Then it
 * is worn: the next statement records that, and it is not tried again before the next update. */
static int turn(struct bh_journal *j, const struct bh_record *rec)
{
    uint32_t other = j->page ^ 1u, next = j->next;
    uint32_t fault = bh_fault(BH_FAULT_JOURNAL, true, 0, other);
    int err = deferred(j);

    if (j->dead == fault)
        return BH_ERR_IO;
    if (!err)
        err = postponed(j, bh_region_erase(&j->use.pages[other], 0, j->use.pages[other].len));
    /* What cannot be read now may tell later, and of more than the truth: go beyond all of it. */
    j->last_seq += j->use.pages[0].len;
    if (!err) {
        j->page = other;
        j->next = 0;
        err = append(j, rec, 0);
    }
    if (err) {
        j->page = other ^ 1u;
        j->next = next;
        j->dead = deferred(j) ? j->dead : fault;
    }
    return err;
}

/* The truth again, in this page. A page without room for that and one statement more is left as it
 * is: if the other page is worn, that statement can still end the act. The turn that follows is
 * then the one unguarded operation, and needs RESERVE - 1 cuts and a full page. */
static int restate(struct bh_journal *j)
{
    int err;

    if (j->refreshed || !j->found)
        return BH_OK;
    err = append(j, &j->truth, j->refresh_len);
    return err == BH_ERR_FULL ? BH_OK : err;
}

/* State it in the other page. If this page is worn, the truth moves first; if the other is, this
 * one serves on, as long as keep bytes are left. */
static int move(struct bh_journal *j, const struct bh_record *next, uint32_t keep)
{
    int err = restate(j);

    if (err)
        err = turn(j, &j->truth);
    else if (turn(j, next) == BH_OK)
        return BH_OK;
    return err ? err : append(j, next, keep);
}

/* An act is begun in a page without another one to turn to only if it can end there: the marks of
 * its steps there and back, four statements on the way, and then the reserve. */
int bh_journal_turn(struct bh_journal *j, const struct bh_record *next, uint32_t steps)
{
    j->dead = 0;
    return move(j, next, 2 * (steps * j->word_len + reserve(j)));
}

/* The reserve is for turns. If there are none any more, it is for what ends an act, and not for
 * a request, which begins one. Without any truth either page will do. */
int bh_journal_state(struct bh_journal *j, const struct bh_record *next)
{
    uint32_t keep = reserve(j);
    int err;

    if (j->found && append(j, next, keep) == BH_OK)
        return BH_OK;
    if (next->state != BH_STATE_REQUESTED)
        keep = 0;
    err = move(j, next, keep);
    if (err && !j->found) {
        j->page ^= 1u;
        j->next = j->use.pages[0].len;
        err = move(j, next, keep);
    }
    return err;
}

int bh_journal_refresh(struct bh_journal *j)
{
    int err = restate(j);

    if (!err && room(j, j->word_len + reserve(j)))
        return BH_OK;
    err = turn(j, &j->truth);
    /* what is left serves for marks, up to the statement that ends the act */
    return j->refreshed && room(j, j->word_len + j->refresh_len) ? BH_OK : err;
}

static int put_mark(struct bh_journal *j, uint32_t k)
{
    bh_mark_encode(j->use.work->buf, j->word_len, j->use.pages[0].flash->erased, k);
    return put(j, j->word_len);
}

int bh_journal_mark(struct bh_journal *j, uint32_t k)
{
    int err = put_mark(j, k);

    if (err) { /* no room, or a page that is worn: on in the other */
        err = turn(j, &j->truth);
        if (!err)
            err = put_mark(j, k);
    }
    if (!err)
        j->truth.step = k;
    return err;
}

uint32_t bh_journal_need(uint32_t unit, uint32_t pairs, uint32_t steps, uint32_t cuts)
{
    uint32_t word = unit > BH_MARK_LEN ? unit : BH_MARK_LEN;
    uint32_t refresh = refresh_len(word, pairs);
    /* UPDATING, TRIAL, REVERTING, IDLE, the next refresh; RESCUING, its two failures, a
     * trial kept */
    uint32_t states = 9;

    return states * refresh + 2 * steps * word + (cuts + 1 + RESERVE) * refresh;
}
