/* SPDX-License-Identifier: Apache-2.0 */
/* A life of a journal: the first two bytes choose the flash, every three that follow are one act.
 *
 * Whatever stands in its pages, the journal opens, programs no unit twice, leaves its pages never,
 * and what it says it has written is what is read back. */
#include "bulkhead/bytes.h"
#include "bulkhead/journal.h"
#include "sim/flash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define PAGE 1024u

static const struct bh_page_run runs[] = { { 4, PAGE } };

struct life {
    struct sim_flash chip;
    struct bh_region pages[2]; /* the two in the middle */
    uint8_t buffer[BH_WORK_MIN];
    struct bh_work work;
    struct bh_journal j;
    uint8_t n_pairs;
};

static void demand(bool ok, const char *what, const struct life *l)
{
    if (ok)
        return;
    fprintf(stderr, "%s %s\n", what, l->chip.misuse.first);
    abort();
}

static bool anything(const void *context, const struct bh_record *rec)
{
    (void)context, (void)rec;
    return true;
}

static void open_journal(struct life *l, struct bh_journal *j)
{
    struct bh_journal_use use = { l->pages, &l->work, 7, l->n_pairs, anything, NULL };

    l->work = (struct bh_work){ l->buffer, sizeof l->buffer };
    demand(bh_journal_open(j, &use) == BH_OK, "does not open", l);
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
    struct bh_record rec = { .state = (uint8_t)(1 + a % 5), .outcome = b % 5, .reason = a,
                             .boots_left = b, .step = a, .permanent = b & 1,
                             .pair = { { .size_old = a, .size_new = b, .floor = a ^ 0xFFFFFFFFu } } };

    if ((in_a_new_page ? bh_journal_turn : bh_journal_state)(&l->j, &rec) == BH_OK)
        demand_truth(l, &rec);
}

/* The next step, as the update loop does it. */
static void mark(struct life *l)
{
    uint16_t k = (uint16_t)(l->j.truth.step + 1);

    if (!l->j.found || l->j.truth.state != BH_STATE_UPDATING || k == 0 || bh_journal_refresh(&l->j))
        return;
    if (bh_journal_mark(&l->j, k) == BH_OK)
        demand_truth(l, &l->j.truth);
    demand(l->j.truth.step == k, "another step", l);
}

/* Something else wrote there: other bytes, from anywhere in either page. */
static void spoil(struct life *l, uint8_t a, uint8_t b)
{
    uint8_t bytes[32];
    uint32_t off = PAGE + bh_min(a * 8u, 2 * PAGE - (uint32_t)sizeof bytes);

    sim_flash_peek(&l->chip, off, bytes, sizeof bytes);
    bytes[b % sizeof bytes] = (uint8_t)(bytes[b % sizeof bytes] ^ (1u << (b >> 5)));
    sim_flash_fill(&l->chip, off / 32 * 32, bytes, sizeof bytes);
    open_journal(l, &l->j);
}

static void act(struct life *l, const uint8_t *d)
{
    struct bh_record rec = { 0 };

    switch (d[0] % 6) {
    case 0: state(l, d[1], d[2], false); break;
    case 1: state(l, d[1], d[2], true); break;
    case 2: mark(l); break;
    case 3: open_journal(l, &l->j); break;
    case 4: spoil(l, d[1], d[2]); break;
    default:
        rec = l->j.truth;
        if (l->j.found && bh_journal_refresh(&l->j) == BH_OK)
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

    if (len < 2 || len > 200)
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
