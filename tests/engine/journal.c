/* SPDX-License-Identifier: Apache-2.0 */
/* The journal by itself: entries as bytes, what is read back, turning, and hostile contents. */
#include "faulty.h"
#include "products.h"

#include "bulkhead/bytes.h"
#include "bulkhead/journal.h"
#include "sim/flash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const struct bh_page_run runs[] = { { 4, 2048 } };

/* A chip with two journal pages at its start. */
struct fixture {
    struct sim_flash chip;
    struct bh_region pages[2];
    uint8_t buffer[BH_WORK_MIN];
    struct bh_work work;
    struct bh_journal j;
};

static void begin(struct fixture *f, uint8_t unit, uint8_t erased)
{
    struct bh_flash geometry = {
        .runs = runs, .n_runs = 1, .unit = unit, .erased = erased, .size = 8192
    };
    struct sim_traits strict = { .name = "journal" };

    assert_int_equal(sim_flash_open(&f->chip, &geometry, &strict), 0);
    for (uint32_t i = 0; i < 2; i++)
        f->pages[i] = (struct bh_region){ &f->chip.flash, i * 2048, 2048 };
}

static void reopen(struct fixture *f)
{
    struct bh_journal_use use = { f->pages, &f->work, 7, 1 };

    f->work = (struct bh_work){ f->buffer, sizeof f->buffer };
    assert_int_equal(bh_journal_open(&f->j, &use, NULL), 0);
}

static void end(struct fixture *f)
{
    if (f->chip.misuse.count)
        fail_msg("%s", f->chip.misuse.first);
    sim_flash_close(&f->chip);
}

static const struct bh_record idle = { .state = BH_STATE_IDLE, .outcome = BH_OUTCOME_CONFIRMED };
static const struct bh_record updating = {
    .state = BH_STATE_UPDATING,
    .permanent = true,
    .pair = { { .size_old = 1000, .size_new = 2000, .floor = 7 } }
};

static void blank_has_no_truth(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 4, 0xFF);
    reopen(&f);
    assert_false(f.j.found);
    assert_false(f.j.settled);
    end(&f);
}

/* Every field comes back, on every unit and erased value. */
static void keeps_a_record(void **state)
{
    static const uint8_t units[] = { 1, 2, 4, 8, 16, 32 };

    (void)state;
    for (unsigned i = 0; i < 2 * sizeof units; i++) {
        struct fixture f;
        struct bh_record rec = {
            .state = BH_STATE_TRIAL,
            .outcome = BH_OUTCOME_REFUSED,
            .reason = BH_REASON_FLOOR,
            .boots_left = 9,
            .step = 0x1234,
            .permanent = true,
            .layout = 7,
            .to_new = 1,
            .final = 1,
            .left_alone = 1,
            .fault = 0x00050102,
            .pair = { { 1, 0x01020304, 0xFFFFFFFF, { 5, 6 }, { 7, 8 }, { 9, 10 } } }
        };

        begin(&f, units[i / 2], i % 2 ? 0x00 : 0xFF);
        reopen(&f);
        assert_int_equal(bh_journal_state(&f.j, &rec), 0);
        rec.seq = f.j.truth.seq;
        reopen(&f);
        assert_true(f.j.found);
        assert_false(f.j.settled);
        assert_false(f.j.refreshed);
        assert_memory_equal(&f.j.truth, &rec, sizeof rec);
        end(&f);
    }
}

static void idle_is_settled_by_its_ack(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 4, 0xFF);
    reopen(&f);
    assert_int_equal(bh_journal_state(&f.j, &idle), 0);
    assert_true(f.j.settled);
    reopen(&f);
    assert_true(f.j.settled);
    end(&f);
}

static void follows_marks(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 4, 0xFF);
    reopen(&f);
    assert_int_equal(bh_journal_turn(&f.j, &updating, 0), 0);
    for (uint16_t k = 1; k <= 20; k++) {
        assert_int_equal(bh_journal_refresh(&f.j), 0);
        assert_int_equal(bh_journal_mark(&f.j, k), 0);
    }
    reopen(&f);
    assert_int_equal(f.j.truth.step, 20);
    assert_int_equal(f.j.truth.pair[0].size_new, 2000);
    end(&f);
}

/* Marks beyond what a page holds: the truth moves to the other page, and none is lost. */
static void turns_when_full(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 4, 0xFF);
    reopen(&f);
    assert_int_equal(bh_journal_turn(&f.j, &updating, 0), 0);
    for (uint16_t k = 1; k <= 2000; k++) {
        assert_int_equal(bh_journal_refresh(&f.j), 0);
        assert_int_equal(bh_journal_mark(&f.j, k), 0);
        if (k % 37 == 0) {
            reopen(&f);
            assert_int_equal(f.j.truth.step, k);
        }
    }
    assert_true(f.chip.counts.erases > 4);
    end(&f);
}

/* A mark from before a gap, a mark that goes back, and words that are no mark end the run. */
static void ignores_stray_words(void **state)
{
    uint8_t word[4];
    struct fixture f;
    uint32_t at;

    (void)state;
    begin(&f, 4, 0xFF);
    reopen(&f);
    assert_int_equal(bh_journal_turn(&f.j, &updating, 0), 0);
    assert_int_equal(bh_journal_mark(&f.j, 5), 0);
    at = f.j.next;
    bh_store16(word, 4);
    bh_store16(word + 2, (uint16_t)~4u);
    sim_flash_fill(&f.chip, f.pages[f.j.page].off + at, word, 4);
    reopen(&f);
    assert_int_equal(f.j.truth.step, 5);
    bh_store16(word, 9);
    bh_store16(word + 2, (uint16_t)~9u);
    sim_flash_fill(&f.chip, f.pages[f.j.page].off + at + 4, word, 4);
    reopen(&f);
    assert_int_equal(f.j.truth.step, 5);
    assert_int_equal(f.j.next, at + 8);
    end(&f);
}

/* Any single bit of a record that reads wrong makes it no record. */
static void a_wrong_bit_is_seen(void **state)
{
    struct fixture f;
    uint8_t page[1024];
    uint32_t twin;

    (void)state;
    begin(&f, 4, 0xFF);
    reopen(&f);
    assert_int_equal(bh_journal_state(&f.j, &updating), 0);
    sim_flash_peek(&f.chip, f.pages[f.j.page].off, page, sizeof page);
    twin = f.j.next - f.j.entry_len;
    for (uint32_t bit = 0; bit < 8u * f.j.next; bit++) {
        uint8_t flipped = page[bit / 8] ^ (uint8_t)(1u << bit % 8);
        uint32_t off = f.pages[0].off + bit / 8;
        struct bh_journal was = f.j;

        sim_flash_fill(&f.chip, off, &flipped, 1);
        reopen(&f);
        assert_int_equal(f.j.found, bit / 8 < twin); /* without its announcement it still tells */
        sim_flash_fill(&f.chip, off, &page[bit / 8], 1);
        f.j = was;
    }
    end(&f);
}

/* Pages of noise, and read errors anywhere: no truth, no crash, and a record can be written. */
static void survives_noise(void **state)
{
    uint64_t x = 88172645463325252u;

    (void)state;
    for (int round = 0; round < 200; round++) {
        struct fixture f;
        uint8_t noise[4096];
        struct sim_fault fault = { (uint32_t)(round * 8), 4, true, false, false };

        begin(&f, 4, 0xFF);
        for (unsigned i = 0; i < sizeof noise; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            noise[i] = (uint8_t)x;
        }
        sim_flash_fill(&f.chip, 0, noise, sizeof noise);
        f.chip.faults = &fault;
        f.chip.n_faults = (uint32_t)round % 2;
        reopen(&f);
        assert_false(f.j.found);
        f.chip.n_faults = 0;
        assert_int_equal(bh_journal_state(&f.j, &idle), 0);
        reopen(&f);
        assert_true(f.j.settled);
        end(&f);
    }
}

/* A read error in one word costs that word, not what stands behind it. */
static void reads_around_a_fault(void **state)
{
    struct sim_fault fault = { 0, 4, true, false, false };
    struct fixture f;
    uint32_t next, first, looked_at;

    (void)state;
    begin(&f, 4, 0xFF);
    reopen(&f);
    assert_int_equal(bh_journal_state(&f.j, &updating), 0);
    first = f.j.next;
    assert_int_equal(bh_journal_state(&f.j, &idle), 0);
    next = f.j.next;
    looked_at = 4 * (4 + next - first);
    assert_true(next + looked_at < 1024);
    f.chip.faults = &fault;
    f.chip.n_faults = 1;
    for (fault.off = 0; fault.off < 1024; fault.off += 4) {
        bool hit = fault.off >= 2 * first - f.j.entry_len && fault.off < next;

        reopen(&f);
        assert_int_equal(f.j.settled, !hit);
        /* a word that cannot be read counts as used, and no other; far behind all that is written
         * nobody looks */
        if (fault.off < next || fault.off > next + looked_at)
            assert_int_equal(f.j.next, next);
        else
            assert_int_equal(f.j.next, fault.off + 4);
    }
    end(&f);
}

static void knows_its_size(void **state)
{
    struct fixture f;
    uint32_t need = bh_journal_need(4, 1, 20, 0);

    (void)state;
    begin(&f, 4, 0xFF);
    reopen(&f);
    assert_in_range(need, 2 * 20 * 4, 2048);
    assert_int_equal(bh_journal_state(&f.j, &idle), 0);
    assert_int_equal(bh_journal_turn(&f.j, &updating, 0), 0);
    for (uint16_t k = 1; k <= 20; k++) {
        assert_int_equal(bh_journal_refresh(&f.j), 0);
        assert_int_equal(bh_journal_mark(&f.j, k), 0);
    }
    f.j.truth.state = BH_STATE_REVERTING;
    assert_int_equal(bh_journal_state(&f.j, &f.j.truth), 0);
    for (uint16_t k = 20; k-- > 0;) {
        assert_int_equal(bh_journal_refresh(&f.j), 0);
        assert_int_equal(bh_journal_mark(&f.j, k), 0);
    }
    assert_int_equal(bh_journal_state(&f.j, &idle), 0);
    assert_int_equal(f.chip.counts.erases, 2);
    assert_true(f.j.next <= need);
    end(&f);
}

/* --- driver errors, order, room ------------------------------------------------------------ */

/* Every word of a statement is read back: one that is wrong is told, or stated again elsewhere. */
static void every_word_is_read_back(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        struct fixture f;
        uint32_t first, words;

        begin(&f, 4, 0xFF);
        reopen(&f);
        assert_int_equal(bh_journal_turn(&f.j, &updating, 0), 0);
        first = f.pages[f.j.page].off + f.j.next;
        assert_int_equal(kind == 2 ? bh_journal_mark(&f.j, 1) : bh_journal_state(&f.j, &idle), 0);
        words = f.pages[f.j.page].off + f.j.next - first;
        end(&f);
        assert_true(words >= 4);
        for (uint32_t at = 0; at < words; at++) {
            uint32_t page;

            begin(&f, 4, 0xFF);
            reopen(&f);
            assert_int_equal(bh_journal_turn(&f.j, &updating, 0), 0);
            page = f.j.page;
            f.chip.flash.ops = &faulty_wrong;
            wrong_at = first + at;
            assert_int_equal(kind == 2   ? bh_journal_mark(&f.j, 1)
                             : kind == 1 ? bh_journal_turn(&f.j, &idle, 0)
                                         : bh_journal_state(&f.j, &idle),
                             0);
            wrong_at = UINT32_MAX;
            assert_int_equal(f.j.page, !page); /* on in the other half */
            reopen(&f);
            assert_int_equal(f.j.page, !page);
            assert_int_equal(f.j.truth.state, kind == 2 ? BH_STATE_UPDATING : BH_STATE_IDLE);
            assert_int_equal(f.j.truth.step, kind == 2);
            end(&f);
        }
    }
}

/* Marks go one way: on in an update, back in a revert and in nothing else. */
static void marks_go_one_way(void **state)
{
    static const struct {
        enum bh_state state;
        uint16_t begin, then, next, told;
    } rows[] = {
        { BH_STATE_UPDATING, 3, 4, 5, 5 },  { BH_STATE_UPDATING, 3, 2, 4, 3 },
        { BH_STATE_UPDATING, 3, 3, 4, 3 },  { BH_STATE_UPDATING, 3, 6, 5, 6 },
        { BH_STATE_REVERTING, 9, 8, 7, 7 }, { BH_STATE_REVERTING, 9, 10, 8, 9 },
        { BH_STATE_REVERTING, 9, 9, 8, 9 }, { BH_STATE_REVERTING, 9, 4, 5, 4 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bh_record rec = updating;
        uint16_t mark[2] = { rows[i].then, rows[i].next };
        struct fixture f;

        begin(&f, 4, 0xFF);
        reopen(&f);
        rec.state = rows[i].state;
        rec.step = rows[i].begin;
        assert_int_equal(bh_journal_turn(&f.j, &rec, 0), 0);
        for (uint32_t k = 0; k < 2; k++) {
            uint8_t word[4];

            bh_store16(word, mark[k]);
            bh_store16(word + 2, (uint16_t)~mark[k]);
            sim_flash_fill(&f.chip, f.pages[f.j.page].off + f.j.next + 4 * k, word, 4);
        }
        reopen(&f);
        assert_int_equal(f.j.truth.step, rows[i].told);
        end(&f);
    }
}

/* Room is made before a step: after any refresh a mark and four refreshes fit. */
static void room_is_made_before_the_step(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 4, 0xFF);
    reopen(&f);
    assert_int_equal(bh_journal_turn(&f.j, &updating, 0), 0);
    for (uint16_t k = 1; k < 800; k++) {
        /* announcement 12 bytes, ack 8, and the word that a power-up skips */
        uint32_t refresh = 4 + 12 + f.j.entry_len + 8;

        assert_int_equal(bh_journal_refresh(&f.j), 0);
        assert_true(f.j.next + 4 + 4 * refresh <= 2048);
        assert_int_equal(bh_journal_mark(&f.j, k), 0);
        assert_int_equal(f.j.truth.step, k);
    }
    end(&f);
}

/* What the journal must hold is reckoned word by word: docs/formats/journal.md. */
static void need_is_reckoned(void **state)
{
    static const uint32_t units[] = { 1, 4, 8, 16, 32 };

    (void)state;
    for (unsigned u = 0; u < 5; u++)
        for (uint32_t pairs = 1; pairs <= 4; pairs++)
            for (uint32_t steps = 0; steps < 40; steps += 13)
                for (uint32_t cuts = 0; cuts < 9; cuts += 4) {
                    uint32_t word = units[u] < 4 ? 4 : units[u];
                    uint32_t refresh = word + bh_round_up(12, word) +
                                       bh_round_up(24 + 36 * pairs + 4, word) +
                                       bh_round_up(8, word);

                    /* nine statements, steps there and back, cuts, one more and the reserve */
                    assert_int_equal(bh_journal_need(units[u], pairs, steps, cuts),
                                     9 * refresh + 2 * steps * word + (cuts + 5) * refresh);
                }
}

/* Numbers are compared over all their bits: a page of many statements beside an older one. */
static void order_holds_over_many_numbers(void **state)
{
    static const struct bh_page_run large[] = { { 2, 0x8000 } };
    struct bh_flash geometry = {
        .runs = large, .n_runs = 1, .unit = 4, .erased = 0xFF, .size = 0x10000
    };
    struct sim_traits strict = { .name = "journal" };
    struct bh_record rec = idle;
    struct fixture f;

    (void)state;
    assert_int_equal(sim_flash_open(&f.chip, &geometry, &strict), 0);
    for (uint32_t i = 0; i < 2; i++)
        f.pages[i] = (struct bh_region){ &f.chip.flash, i * 0x8000, 0x8000 };
    reopen(&f);
    for (uint32_t n = 1; n < 1400; n++) {
        rec.pair[0].floor = n;
        assert_int_equal(bh_journal_state(&f.j, &rec), 0);
        if (n % 23 == 0) {
            reopen(&f);
            assert_int_equal(f.j.truth.pair[0].floor, n);
            assert_int_equal(f.j.truth.seq, f.j.last_seq);
            assert_true(f.j.settled);
        }
    }
    assert_true(f.chip.counts.erases >= 4);
    end(&f);
}

/* Constants that contradict each other are an error before anything is read. */
static void contradictions_are_refused(void **state)
{
    struct fixture f;
    struct bh_journal j;

    (void)state;
    begin(&f, 8, 0xFF);
    for (int i = 0; i < 8; i++) {
        struct bh_region pages[2] = { f.pages[0], f.pages[1] };
        struct bh_work work = { f.buffer, sizeof f.buffer };
        struct bh_journal_use use = { pages, &work, 7, 1 };
        /* the longest twin, of four pairs, and a word to read back into */
        uint32_t least = bh_round_up(24 + 4 * 36 + 4, 8) + 8;
        bool good = i == 0 || i == 6;

        switch (i) {
        case 1: use.n_pairs = 0; break;
        case 2: use.n_pairs = BH_PAIRS_MAX + 1; break;
        case 3: pages[1].len -= 8; break;
        case 4: pages[0].len = pages[1].len = 2044; break;
        case 5: work.len = least - 1; break;
        case 6: work.len = least; break;
        case 7: work.len = 0; break;
        default: break;
        }
        assert_int_equal(bh_journal_open(&j, &use, NULL), good ? BH_OK : BH_ERR_PRODUCT);
    }
    end(&f);
}

/* Numbers of two records are close to each other, or one of them is a forgery. */
static void far_numbers_are_forgeries(void **state)
{
    static const struct {
        uint32_t by;
        bool believed;
    } rows[] = { { 1, true },         { 200, true },
                 { 1u << 23, true },  { (1u << 24) - 1, true },
                 { 1u << 24, false }, { 5u << 23, false },
                 { 1u << 31, false }, { 0u - (1u << 25), false } };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int turned = 0; turned < 2; turned++) {
            struct bh_record rec = idle;
            struct fixture f;

            begin(&f, 4, 0xFF);
            reopen(&f);
            rec.pair[0].floor = 1;
            assert_int_equal(bh_journal_state(&f.j, &rec), 0);
            f.j.last_seq += rows[i].by - 1;
            if (turned) /* a turn skips as many numbers as a page has bytes */
                f.j.last_seq -= f.pages[0].len;
            rec.pair[0].floor = 2;
            /* the next one in the same page, or in the other, which may be read first */
            assert_int_equal(turned ? bh_journal_turn(&f.j, &rec, 0) : bh_journal_state(&f.j, &rec),
                             0);
            reopen(&f);
            if (!turned || rows[i].believed) {
                assert_int_equal(f.j.truth.pair[0].floor, rows[i].believed ? 2 : 1);
                assert_int_equal(f.j.spoiled, !rows[i].believed);
            } else {
                assert_true(f.j.spoiled); /* one of them is not believed */
            }
            end(&f);
        }
}

/* The order holds where the numbers begin again at 0. */
static void numbers_begin_again(void **state)
{
    struct bh_record rec = idle;
    struct fixture f;

    (void)state;
    begin(&f, 4, 0xFF);
    reopen(&f);
    f.j.last_seq = 0xFFFFFFF0u;
    for (uint32_t n = 1; n < 80; n++) {
        rec.pair[0].floor = n;
        assert_int_equal(bh_journal_state(&f.j, &rec), 0);
        reopen(&f);
        assert_int_equal(f.j.truth.pair[0].floor, n);
        assert_int_equal(f.j.truth.seq, f.j.last_seq);
        assert_true(f.j.truth.seq - 0xFFFFFFF0u >= n);
        assert_true(f.j.settled);
        assert_false(f.j.spoiled);
    }
    end(&f);
}

/* A half that cannot be erased is named by what is stated next, and is not tried again before
 * something else is to begin. An act begins in the other half only if all of it fits there; one
 * that is under way goes on in what is left of it, and so does its end. */
static void lives_in_one_half(void **state)
{
    struct sim_fault fault = { 0, 4, false, false, true };
    struct bh_record next = updating;
    struct fixture f;
    uint32_t at, was;
    uint16_t k;

    (void)state;
    begin(&f, 4, 0xFF);
    reopen(&f);
    assert_int_equal(bh_journal_state(&f.j, &idle), 0);
    fault.off = f.pages[f.j.page ^ 1].off;
    f.chip.faults = &fault;
    f.chip.n_faults = 1;
    was = f.j.page;
    at = f.j.next;
    assert_int_equal(bh_journal_turn(&f.j, &updating, 200), BH_ERR_FULL);
    assert_int_equal(f.j.next, at);
    assert_int_equal(f.j.truth.state, BH_STATE_IDLE);
    assert_int_equal(bh_journal_turn(&f.j, &updating, 20), 0);
    assert_int_equal(f.j.page, was);
    assert_int_equal(f.j.truth.fault, bh_fault(BH_FAULT_JOURNAL, true, 0, was ^ 1));
    reopen(&f);
    assert_int_equal(f.j.truth.fault, bh_fault(BH_FAULT_JOURNAL, true, 0, was ^ 1));
    f.chip.n_faults = 0; /* it would work again, but nobody tries */
    for (k = 1; k < 1000; k++) {
        if (bh_journal_refresh(&f.j))
            break;
        assert_int_equal(bh_journal_mark(&f.j, k), 0);
    }
    assert_true(f.j.next + f.j.word_len + f.j.refresh_len > 2048); /* the reserve is used up */
    assert_int_equal(f.j.page, was);
    reopen(&f);
    assert_int_equal(f.j.truth.step, k - 1);
    next.state = BH_STATE_REQUESTED;
    assert_int_equal(bh_journal_state(&f.j, &next), BH_ERR_FULL);
    assert_int_equal(bh_journal_state(&f.j, &idle), 0);
    assert_int_equal(f.j.page, was);
    reopen(&f);
    assert_true(f.j.settled);
    assert_int_equal(bh_journal_turn(&f.j, &updating, 200), 0); /* something new: tried again */
    assert_int_equal(f.j.page, was ^ 1);
    assert_int_equal(f.j.truth.fault, BH_FAULT_NONE);
    end(&f);
}

/* No truth in either half, and one cannot be erased: the other begins. */
static void begins_in_the_half_that_works(void **state)
{
    (void)state;
    for (uint32_t dead = 0; dead < 2; dead++) {
        struct sim_fault fault = { 0, 4, false, false, true };
        uint8_t foreign[1024];
        struct fixture f;

        begin(&f, 4, 0xFF);
        memset(foreign, 0x5A, sizeof foreign);
        for (unsigned i = 0; i < 2; i++)
            sim_flash_fill(&f.chip, f.pages[i].off, foreign, sizeof foreign);
        fault.off = f.pages[dead].off;
        f.chip.faults = &fault;
        f.chip.n_faults = 1;
        reopen(&f);
        assert_int_equal(bh_journal_state(&f.j, &idle), 0);
        reopen(&f);
        assert_true(f.j.settled);
        assert_int_equal(f.j.page, dead ^ 1);
        end(&f);
    }
}

/* A record of another layout, which may have another number of pairs, is seen for what it is. What
 * comes next goes where it ends, or where one of our own would end, if it were torn. */
static void a_record_of_other_pairs_is_seen(void **state)
{
    (void)state;
    for (uint32_t wrote = 1; wrote <= BH_PAIRS_MAX; wrote++)
        for (uint32_t reads = 1; reads <= BH_PAIRS_MAX; reads++)
            for (int act = 0; act < 2; act++) {
                struct bh_record rec = act ? updating : idle;
                struct fixture f;
                struct bh_journal_use use = { f.pages, &f.work, 8, wrote };
                uint32_t next;

                begin(&f, 4, 0xFF);
                f.work = (struct bh_work){ f.buffer, sizeof f.buffer };
                assert_int_equal(bh_journal_open(&f.j, &use, NULL), 0);
                rec.pair[0].floor = 77;
                assert_int_equal(bh_journal_state(&f.j, &rec), 0);
                next = f.j.next;
                use.layout = 7;
                use.n_pairs = reads;
                assert_int_equal(bh_journal_open(&f.j, &use, NULL), 0);
                assert_true(f.j.found);
                assert_false(f.j.spoiled);
                assert_int_equal(f.j.truth.layout, 8);
                assert_int_equal(f.j.truth.state, rec.state);
                /* what was pair i there may be another one here */
                assert_int_equal(f.j.truth.pair[0].floor, wrote == reads ? 77 : 0);
                assert_true(f.j.next >= next);
                assert_int_equal(bh_journal_state(&f.j, &idle), 0);
                assert_int_equal(bh_journal_open(&f.j, &use, NULL), 0);
                assert_int_equal(f.j.truth.layout, 7);
                assert_true(f.j.settled);
                end(&f);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blank_has_no_truth),
        cmocka_unit_test(keeps_a_record),
        cmocka_unit_test(idle_is_settled_by_its_ack),
        cmocka_unit_test(follows_marks),
        cmocka_unit_test(turns_when_full),
        cmocka_unit_test(ignores_stray_words),
        cmocka_unit_test(a_wrong_bit_is_seen),
        cmocka_unit_test(survives_noise),
        cmocka_unit_test(reads_around_a_fault),
        cmocka_unit_test(knows_its_size),
        cmocka_unit_test(lives_in_one_half),
        cmocka_unit_test(begins_in_the_half_that_works),
        cmocka_unit_test(every_word_is_read_back),
        cmocka_unit_test(marks_go_one_way),
        cmocka_unit_test(room_is_made_before_the_step),
        cmocka_unit_test(need_is_reckoned),
        cmocka_unit_test(order_holds_over_many_numbers),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(far_numbers_are_forgeries),
        cmocka_unit_test(numbers_begin_again),
        cmocka_unit_test(a_record_of_other_pairs_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
