/* SPDX-License-Identifier: Apache-2.0 */
/* A life of a journal: the first two bytes choose the flash, every three that follow are one act.
 *
 * Whatever stands in its pages, the journal opens, programs no unit twice, leaves its pages never,
 * tells nothing that cannot be, and what it says it has written is what is read back. Among the
 * acts are those of a hostile hand: it sets fields of a record as it likes and writes it with a
 * right checksum, wherever it likes. */
#include "bulkhead/bytes.h"
#include "bulkhead/product.h"
#include "sim/flash.h"
#include "tests/fuzz/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define PAGE 1024u
#define STEPS_MAX 256u /* what is possible here: no step beyond, no state unknown */

static const struct bh_page_run runs[] = { { 4, PAGE } };

struct life {
    struct sim_flash chip;
    struct bh_region pages[2]; /* the two in the middle */
    uint8_t buffer[BH_WORK_MIN];
    struct bh_work work;
    struct bh_journal j;
    struct bh_record hostile; /* under construction */
    uint8_t n_pairs;
};

static void demand(bool ok, const char *what, const struct life *l)
{
    if (ok)
        return;
    fprintf(stderr, "%s %s\n", what, l->chip.misuse.first);
    abort();
}

/* In the place of the core's. */
bool bh_product_possible(const struct bh_product *product, const struct bh_record *rec)
{
    (void)product;
    return rec->state - 1u < BH_STATE_LAST && rec->step <= STEPS_MAX;
}

static void open_journal(struct life *l, struct bh_journal *j)
{
    static const struct bh_product product;
    struct bh_journal_use use = { l->pages, &l->work, 7, l->n_pairs };

    l->work = (struct bh_work){ l->buffer, sizeof l->buffer };
    demand(bh_journal_open(j, &use, &product) == BH_OK, "does not open", l);
    demand(!j->found || j->truth.layout != use.layout || bh_product_possible(&product, &j->truth),
           "tells what cannot be", l);
}

/* Is this what another power-up would find? */
static void demand_truth(struct life *l, const struct bh_record *rec)
{
    struct bh_journal j;

    open_journal(l, &j);
    demand(j.found, "written, but not found", l);
    demand(j.truth.state == rec->state && j.truth.outcome == rec->outcome &&
               j.truth.reason == rec->reason && j.truth.boots_left == rec->boots_left &&
               j.truth.permanent == rec->permanent && j.truth.step == rec->step &&
               memcmp(j.truth.pair, rec->pair, l->n_pairs * sizeof rec->pair[0]) == 0,
           "read back otherwise", l);
}

static void state(struct life *l, uint8_t a, uint8_t b, bool in_a_new_page)
{
    struct bh_record rec = { .state = (uint8_t)(1 + a % 5),
                             .outcome = b % 5,
                             .reason = a,
                             .boots_left = b,
                             .step = a,
                             .permanent = b & 1,
                             .pair = {
                                 { .size_old = a, .size_new = b, .floor = a ^ 0xFFFFFFFFu } } };

    if ((in_a_new_page ? bh_journal_turn(&l->j, &rec, STEPS_MAX) : bh_journal_state(&l->j, &rec)) ==
        BH_OK)
        demand_truth(l, &rec);
}

/* The next step, as the update loop does it. */
static void mark(struct life *l)
{
    uint16_t k = (uint16_t)(l->j.truth.step + 1);

    if (!l->j.found || l->j.truth.layout != 7 || l->j.truth.state != BH_STATE_UPDATING ||
        k > STEPS_MAX || bh_journal_refresh(&l->j))
        return;
    if (bh_journal_mark(&l->j, k) == BH_OK)
        demand_truth(l, &l->j.truth);
    demand(l->j.truth.step == k, "another step", l);
}

/* Something else wrote there: other bytes, from anywhere in either page, but for blank flash in
 * use. */
static void spoil(struct life *l, uint8_t a, uint8_t b)
{
    uint8_t bytes[32];
    uint32_t off = PAGE + bh_min(a * 8u, 2 * PAGE - (uint32_t)sizeof bytes);

    if (off / PAGE == 1 + l->j.page && off % PAGE + sizeof bytes > l->j.next)
        return;
    sim_flash_peek(&l->chip, off, bytes, sizeof bytes);
    bytes[b % sizeof bytes] = (uint8_t)(bytes[b % sizeof bytes] ^ (1u << (b >> 5)));
    sim_flash_fill(&l->chip, off / 32 * 32, bytes, sizeof bytes);
    open_journal(l, &l->j);
}

/* One field of the hostile record: an extreme, or near what is true. A number about 2^31 away from
 * the others leaves them without an order: who can write that can write anything that
 * is possible. */
static void set_field(struct life *l, uint8_t field, uint8_t value)
{
    static const uint32_t extremes[] = { 0,          1,          2,         0xFF,       0x100,
                                         0x7FFF,     0xFFFF,     0x10000,   0x7FFFFFFF, 0x80000000,
                                         0x80000001, 0xFFFFFFFE, 0xFFFFFFFF };
    uint32_t v = value < 128 ? extremes[value % (sizeof extremes / sizeof extremes[0])]
                             : l->j.last_seq + value - 192u;

    switch (field % 10) {
    case 0: l->hostile.seq = l->j.last_seq + bh_min(v, 1u << 24); break;
    case 1: l->hostile.layout = value < 128 ? 7 : v; break;
    case 2: l->hostile.state = v & 0xFF; break;
    case 3: l->hostile.outcome = v & 0xFF; break;
    case 4: l->hostile.reason = v & 0xFF; break;
    case 5: l->hostile.boots_left = v & 0xFF; break;
    case 6: l->hostile.step = v & 0xFFFF; break;
    case 7: l->hostile.fault = v; break;
    case 8: l->hostile.pair[value % BH_PAIRS_MAX].size_new = v; break;
    default: l->hostile.seq = l->j.last_seq + 1; break;
    }
}

/* It is written, sealed: an announcement, a twin (of any number of pairs) or a twin with its ack.
 * Anywhere in the page that is not in use; in the other one as far as it is read: what is written
 * into blank flash beyond makes a later program fail, which is found by reading it back. */
static void forge(struct life *l, uint8_t where, uint8_t how)
{
    uint32_t unit = l->pages[0].flash->unit, word = unit > BH_MARK_LEN ? unit : BH_MARK_LEN;
    uint32_t pairs = how & 0x80 ? 1 + how % BH_PAIRS_MAX : l->n_pairs, n, seal;
    uint32_t page = where & 1,
             at = how & 0x40 ? where / 2u * word : l->j.next + (where / 2u % 3) * word;
    enum bh_part part = how & 1 ? BH_PART_TWIN : BH_PART_ANNOUNCEMENT;
    struct bh_journal j = l->j;
    uint8_t bytes[1024];

    if (!(how & 0x40))
        page = l->j.page;
    if (page == l->j.page && at > l->j.next + 2 * word)
        return; /* see spoil() */
    j.use.n_pairs = pairs;
    j.use.layout = l->hostile.layout;
    j.last_seq = l->hostile.seq;
    n = bh_entry_encode(bytes, &j, &l->hostile, part, 0);
    seal = bh_entry_seal(bytes, n);
    if ((how & 3) == 3)
        n += bh_entry_encode(bytes + n, &j, &l->hostile, BH_PART_ACK, seal);
    if (bh_within(at, n, PAGE))
        sim_flash_fill(&l->chip, l->pages[page].off + at, bytes, n);
    open_journal(l, &l->j);
}

static void act(struct life *l, const uint8_t *d)
{
    struct bh_record rec = { 0 };

    switch (d[0] % 8) {
    case 0: state(l, d[1], d[2], false); break;
    case 1: state(l, d[1], d[2], true); break;
    case 2: mark(l); break;
    case 3: open_journal(l, &l->j); break;
    case 4: spoil(l, d[1], d[2]); break;
    case 6: set_field(l, d[1], d[2]); break;
    case 7: forge(l, d[1], d[2]); break;
    default:
        rec = l->j.truth;
        if (l->j.found && rec.layout == 7 && bh_journal_refresh(&l->j) == BH_OK)
            demand_truth(l, &rec);
    }
    demand(l->chip.misuse.count == 0, "misuse of flash:", l);
    demand(sim_flash_wear(&l->chip, 0) == 0 && sim_flash_wear(&l->chip, 3 * PAGE) == 0,
           "another page was erased", l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct bh_flash geometry = { .runs = runs, .n_runs = 1, .size = 4 * PAGE };
    struct sim_traits strict = { .name = "journal" };
    struct life l = { 0 };

    if (len < 2 || len > 400)
        return 0;
    geometry.unit = (uint8_t)(1u << data[0] % 6);
    geometry.erased = data[0] & 0x80 ? 0x00 : 0xFF;
    l.n_pairs = (uint8_t)(1 + data[1] % BH_PAIRS_MAX);
    demand(sim_flash_open(&l.chip, &geometry, &strict) == 0, "no flash", &l);
    for (uint32_t i = 0; i < 2; i++)
        l.pages[i] = (struct bh_region){ &l.chip.flash, (1 + i) * PAGE, PAGE };
    open_journal(&l, &l.j);
    for (size_t i = 2; i + 3 <= len; i += 3)
        act(&l, data + i);
    sim_flash_close(&l.chip);
    return 0;
}
