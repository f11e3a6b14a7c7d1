/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader's memory, safe against cuts inside any program or erase, again and again.
 *
 * A page is an array of words (one program unit, at least 4 bytes), only ever appended to. A mark
 * takes one word, a record a few, and every word is programmed by itself.
 *
 *     | announcement | twin | mark mark mark ... | announcement | twin | ack |   blank ...
 *       UPDATING 0     same   1    2    3          IDLE           same   same
 *
 * A state is stated as a pair with one sequence number: announcement, then twin. IDLE gets a third,
 * the ack. Copies are completed in order, in one power-up, so:
 *   - a readable twin, even one torn and unstable, proves that its announcement is complete;
 *   - a readable ack proves that its twin is complete.
 * The truth is the twin or ack of the highest number in both pages, and the marks that follow it
 * without a gap. Announcements decide nothing; they only push the number up. An announcement above
 * the truth is a ghost: its twin may come to be readable at another boot.
 *
 * Why it holds:
 *   1. An entry found at boot may be torn and read differently next time. So before anything is
 *      done because of it, the truth is stated again, completely, in this power-up (refresh). Only
 *      IDLE with its ack, and no ghost, may be acted upon (start the image) without writing.
 *   2. The first words written in a power-up skip one word after the last that is not blank, since
 *      the word after it may be torn and only look blank. So nothing is programmed over a torn word,
 *      but for the first of an announcement that a second cut in a row meets (docs/testing.md).
 *   3. Marks follow a pair completed in the same power-up, in steps that only go one way, so no
 *      left-over word can pass for one.
 *   4. The other page is taken into use after the truth was refreshed in this one: its number then
 *      beats everything readable, in both pages, and the other page is erased whatever it seems to
 *      hold. Erasing torn, it may show former entries again, all of lower numbers.
 *   5. A new page begins with the truth the old page already tells, or with a first UPDATING record
 *      before which nothing was touched. It never knows of progress the old page does not know. For
 *      this, room for a mark is made before the step it will mark.
 *   6. Everything but a refresh leaves RESERVE refreshes of room, so that cuts while a full page is
 *      left do not end in a page that cannot be refreshed.
 *   7. A page is read until so much of it is blank: entries leave one word between them, so a longer
 *      gap can only be that many torn statements in a row which were seen when the next one was
 *      written and are not seen now. What a torn erase brings back behind such a gap is older than
 *      the truth (4). So a boot reads what was written, however large the pages are. */
#include "entry.h"

#include "bulkhead/bytes.h"

#include <string.h>

#define RESERVE 4u

/* What stays free for refreshes; and how much blank ends a page. */
static uint32_t reserve(const struct bh_journal *j)
{
    return RESERVE * (j->word_len + 3u * j->entry_len);
}

/* A readable record: does it become the truth? */
static bool learn(struct bh_journal *j, uint32_t page, const uint8_t *entry)
{
    uint32_t seq = bh_entry_seq(entry);
    enum bh_part part = bh_entry_part(entry);

    /* Until there is a truth, the page to keep is the one with more to tell. */
    if (seq >= j->last_seq) {
        j->last_seq = seq;
        if (!j->found)
            j->page = page;
    }
    if (part == BH_PART_ANNOUNCEMENT || (j->found && seq < j->truth.seq))
        return false;
    bh_entry_decode(entry, j->n_pairs, &j->truth);
    j->found = true;
    j->page = page;
    j->settled = part == BH_PART_ACK && j->truth.state == BH_STATE_IDLE;
    return true;
}

/* A readable mark right after the truth or a mark that was followed. */
static bool follow(struct bh_journal *j, uint32_t k)
{
    bool onward = j->truth.state == BH_STATE_UPDATING ? k > j->truth.step
                                                      : k < j->truth.step;

    if (onward)
        j->truth.step = k;
    return onward;
}

/* Learn what a page tells, as far as it is written. Returns where that ends: after the last word
 * that is not blank. A record that was cut ends where it would have ended: its words may hold the
 * erased value. A word that cannot be read is neither blank nor an entry. */
static uint32_t read_page(struct bh_journal *j, uint32_t page)
{
    const struct bh_region *r = &j->pages[page];
    uint8_t erased = r->flash->erased;
    bool marks = false; /* may the word at off be a mark of the truth? */
    uint32_t end = 0, step;

    for (uint32_t off = 0; off < r->len && off <= end + reserve(j); off += step) {
        uint32_t n = bh_min(j->entry_len, r->len - off); /* bytes of entry that are known */
        uint8_t entry[BH_ENTRY_MAX];
        uint32_t k;

        step = j->word_len;
        if (bh_region_read(r, off, entry, n)) {
            n = step;
            if (bh_region_read(r, off, entry, n))
                memset(entry, (uint8_t)~erased, n);
        }
        if (bh_all(entry, erased, step)) {
            marks = false;
            if (bh_all(entry, erased, n))
                step = n;
        } else if (bh_entry_begins(entry) && bh_within(off, j->entry_len, r->len)) {
            end = off + j->entry_len;
            marks = false;
            if (n == j->entry_len && bh_entry_valid(entry, n, j->n_pairs)) {
                marks = learn(j, page, entry);
                step = n;
            }
        } else {
            marks = marks && bh_mark_decode(entry, &k) && follow(j, k);
            if (end < off + step)
                end = off + step;
        }
    }
    return end;
}

int bh_journal_open(struct bh_journal *j, const struct bh_region pages[2], uint32_t n_pairs)
{
    uint32_t end[2];
    uint8_t unit = pages[0].flash->unit;

    memset(j, 0, sizeof *j);
    j->pages = pages;
    j->n_pairs = n_pairs;
    j->word_len = unit > BH_MARK_LEN ? unit : BH_MARK_LEN;
    j->entry_len = bh_entry_len(j->word_len, n_pairs);
    if (n_pairs == 0 || n_pairs > BH_PAIRS_MAX || pages[0].len != pages[1].len ||
        pages[0].len % j->word_len)
        return BH_ERR_PRODUCT;
    j->page = 1;
    end[0] = read_page(j, 0);
    end[1] = read_page(j, 1);
    j->settled = j->settled && j->last_seq == j->truth.seq;
    j->next = end[j->page];
    return BH_OK;
}

/* Program whole words at the end of the page, one by one, and read them back. */
static int put(struct bh_journal *j, const uint8_t *buf, uint32_t len)
{
    const struct bh_region *page = &j->pages[j->page];
    uint8_t back[BH_ENTRY_MAX];
    int err = BH_OK;

    for (uint32_t i = 0; !err && i < len; i += j->word_len)
        err = bh_region_program(page, j->next + i, buf + i, j->word_len);
    if (!err)
        err = bh_region_read(page, j->next, back, len);
    if (!err && memcmp(back, buf, len))
        err = BH_ERR_COMPARE;
    j->next += len;
    return err;
}

/* State rec at the end of the page: pair, or for IDLE pair and ack. BH_ERR_FULL, and nothing done,
 * if that would leave less than keep bytes. */
static int append(struct bh_journal *j, const struct bh_record *rec, uint32_t keep)
{
    enum bh_part last = rec->state == BH_STATE_IDLE ? BH_PART_ACK : BH_PART_TWIN;
    uint32_t start = j->next + (j->refreshed || j->next == 0 ? 0 : j->word_len);
    struct bh_record next = *rec;
    uint8_t buf[BH_ENTRY_MAX];

    if (!bh_within(start, (last + 1u) * j->entry_len + keep, j->pages[j->page].len))
        return BH_ERR_FULL;
    j->next = start;
    next.seq = j->last_seq + 1;
    for (enum bh_part part = BH_PART_ANNOUNCEMENT; part <= last; part++) {
        int err;

        bh_entry_encode(buf, j->entry_len, j->pages[j->page].flash->erased, j->n_pairs, &next,
                        part);
        err = put(j, buf, j->entry_len);
        if (err)
            return err;
    }
    j->truth = next;
    j->last_seq = next.seq;
    j->found = true;
    j->refreshed = true;
    j->settled = rec->state == BH_STATE_IDLE;
    return BH_OK;
}

/* Erase the other page, whatever it seems to hold, and go on there. */
static int turn(struct bh_journal *j, const struct bh_record *rec)
{
    uint32_t other = j->page ^ 1u;
    int err = bh_region_erase(&j->pages[other], 0, j->pages[other].len);

    if (err)
        return err;
    j->page = other;
    j->next = 0;
    return append(j, rec, 0);
}

/* The truth again, in this page. A page without room even for that is left as it is: the turn that
 * follows is then the one unguarded operation, and needs RESERVE cuts and a full page. */
static int restate(struct bh_journal *j)
{
    int err;

    if (j->refreshed || !j->found)
        return BH_OK;
    err = append(j, &j->truth, 0);
    return err == BH_ERR_FULL ? BH_OK : err;
}

int bh_journal_turn(struct bh_journal *j, const struct bh_record *next)
{
    int err = restate(j);

    return err ? err : turn(j, next);
}

int bh_journal_state(struct bh_journal *j, const struct bh_record *next)
{
    int err = j->found ? append(j, next, reserve(j)) : BH_ERR_FULL;

    return err == BH_ERR_FULL ? bh_journal_turn(j, next) : err;
}

int bh_journal_refresh(struct bh_journal *j)
{
    int err = restate(j);

    if (err)
        return err;
    if (bh_within(j->next, j->word_len + reserve(j), j->pages[j->page].len))
        return BH_OK;
    return turn(j, &j->truth);
}

int bh_journal_mark(struct bh_journal *j, uint32_t k)
{
    uint8_t buf[BH_UNIT_MAX];
    int err;

    if (!bh_within(j->next, j->word_len, j->pages[j->page].len))
        return BH_ERR_FULL;
    bh_mark_encode(buf, j->word_len, j->pages[j->page].flash->erased, k);
    err = put(j, buf, j->word_len);
    if (!err)
        j->truth.step = k;
    return err;
}

uint32_t bh_journal_need(uint8_t unit, uint8_t n_pairs, uint32_t steps, uint32_t cuts)
{
    uint32_t word = unit > BH_MARK_LEN ? unit : BH_MARK_LEN;
    uint32_t entry = bh_entry_len(word, n_pairs);
    uint32_t states = 2 + 2 + 2 + 3 + 2; /* UPDATING, TRIAL, REVERTING, IDLE, the next refresh */

    return states * entry + 2 * steps * word + (cuts + 1 + RESERVE) * (word + 3 * entry);
}
