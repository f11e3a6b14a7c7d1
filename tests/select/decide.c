/* SPDX-License-Identifier: Apache-2.0 */
/* The decision, row by row (docs/select.md), beside what ESP-IDF's bootloader would start, and for
 * every combination of facts. */
#include <string.h>

#include "bulkhead/select.h"
#include "host/table/otadata_choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define BLANK 0xFFFFFFFFu

enum {
    U = BH_APP_UNKNOWN,
    G = BH_APP_GOOD,
    B = BH_APP_BAD,
    R = BH_APP_UNREADABLE,
    A = BH_APP_ABSENT
};
enum { NEW, PENDING, VALID, INVALID, ABORTED, ODD = 6 };
#define UNDEFINED BH_OTA_UNDEFINED
#define FACTORY BH_ESP_FACTORY
#define TEST BH_ESP_TEST
#define NONE BH_ESP_NONE

static struct bh_ota_record record(uint32_t seq, uint32_t state)
{
    struct bh_ota_record r = { .seq = seq, .state = state, .crc = bh_ota_crc(seq) };

    memset(&r.note, 0xFF, sizeof r.note);
    if (seq == BLANK)
        memset(&r, 0xFF, sizeof r);
    return r;
}

/* ---- what a record amounts to: state by last mark ---- */

static void standing_by_state_and_mark(void **state)
{
    enum {
        NOT = BH_STANDS_NOT,
        YES = BH_STANDS,
        SND = BH_STANDS_SOUND,
        OVR = BH_STANDS_OVER,
        KEEP = BH_STANDS_KEEP,
        TRY = BH_STANDS_NEW,
        ON = BH_STANDS_TRIAL,
        END = BH_STANDS_END,
        UND = BH_STANDS_UNDEAD
    };
    static const uint32_t states[] = { NEW, PENDING, VALID, INVALID, ABORTED, UNDEFINED, ODD };
    static const uint8_t expected[][8] = {
        /* NEW  PEND VALID INVAL ABORT UNDEF ODD  torn record */
        { TRY, END, SND, OVR, OVR, YES, TRY, NOT },         /* no mark */
        { TRY, TRY, TRY, TRY, TRY, TRY, TRY, TRY },         /* BEGIN */
        { TRY, ON, SND, OVR, OVR, END, END, END },          /* STARTED, starts left */
        { TRY, UND, UND, OVR, OVR, UND, UND, UND },         /* OVER */
        { KEEP, KEEP, KEEP, KEEP, KEEP, KEEP, KEEP, KEEP }, /* KEPT */
    };
    /* The note of another state, or of its own; no mark, or any mark but KEPT. */
    static const uint8_t noted[][7] = {
        /* NEW  PEND VALID INVAL ABORT UNDEF ODD */
        { TRY, END, SND, OVR, OVR, END, END },   /* of PENDING_VERIFY */
        { TRY, END, SND, OVR, OVR, KEEP, KEEP }, /* of VALID */
        { TRY, END, SND, OVR, OVR, UND, UND },   /* of INVALID */
        { TRY, END, SND, OVR, OVR, UND, UND },   /* of ABORTED */
    };
    static const uint8_t vouched[][8] = {
        /* NEW  PEND VALID INVAL ABORT UNDEF ODD  torn record */
        { KEEP, KEEP, YES, KEEP, KEEP, KEEP, KEEP, KEEP }, /* VALID */
        { UND, UND, UND, NOT, NOT, UND, UND, NOT },        /* INVALID */
        { UND, UND, UND, NOT, NOT, UND, UND, NOT },        /* ABORTED */
    };
    struct bh_select_facts f = { .rollback = true, .trial_boots = 2 };

    (void)state;
    for (uint8_t m = 0; m < COUNT(expected); m++)
        for (unsigned s = 0; s < 8; s++) {
            f.records[1] = record(5, states[s % 7]);
            f.records[1].crc ^= s == 7;
            f.marks[1] = (struct bh_select_mark){ m, 1, 1, 5 };
            if (bh_select_standing(&f, 1) != (enum bh_select_standing)expected[m][s])
                fail_msg("mark %u, state column %u: %d", m, s, (int)bh_select_standing(&f, 1));
        }
    memset(&f.marks, 0, sizeof f.marks);
    for (uint32_t n = PENDING; n <= ABORTED; n++)
        for (unsigned s = 0; s < 7; s++) {
            f.records[1] = record(5, n);
            bh_ota_note(&f.records[1]);
            f.records[1].state = states[s];
            if (bh_select_standing(&f, 1) != (enum bh_select_standing)noted[n - PENDING][s])
                fail_msg("note %u, state column %u: %d", n, s, (int)bh_select_standing(&f, 1));
        }
    /* Where the check in the note fits, or Espressif's code confirmed, no mark is asked. */
    for (uint8_t m = BH_MARK_BEGIN; m <= BH_MARK_OVER; m++)
        for (uint32_t n = PENDING; n <= ABORTED; n++) {
            f.records[1] = record(5, n);
            bh_ota_note(&f.records[1]);
            if (n == PENDING)
                f.records[1].state = VALID;
            f.marks[1] = (struct bh_select_mark){ m, 1, 1, 5 };
            assert_int_equal(bh_select_standing(&f, 1), n <= VALID ? SND : OVR);
        }
    /* So it is where it rejected what was VALID. */
    for (uint8_t m = BH_MARK_BEGIN; m <= BH_MARK_KEPT; m++)
        for (uint32_t n = INVALID; n <= ABORTED; n++) {
            f.records[1] = record(5, VALID);
            bh_ota_note(&f.records[1]);
            f.records[1].state = n;
            f.marks[1] = (struct bh_select_mark){ m, 1, 1, 5 };
            assert_int_equal(bh_select_standing(&f, 1), OVR);
        }
    for (uint32_t n = VALID; n <= ABORTED; n++)
        for (uint8_t m = BH_MARK_NONE; m <= BH_MARK_KEPT; m++)
            for (unsigned s = 0; s < 8; s++) {
                f.records[1] = record(5, states[s % 7]);
                f.records[1].crc ^= s == 7;
                f.marks[1] = (struct bh_select_mark){ m, 1, 1, 5 };
                f.vouches[1] = (struct bh_select_vouch){ true, 5, n };
                if (bh_select_standing(&f, 1) != (enum bh_select_standing)vouched[n - VALID][s])
                    fail_msg("vouch %u, mark %u, state column %u: %d", n, m, s,
                             (int)bh_select_standing(&f, 1));
            }
    memset(&f.vouches, 0, sizeof f.vouches);
    f.marks[1] = (struct bh_select_mark){ BH_MARK_STARTED, 2, 1, 5 };
    f.records[1] = record(5, PENDING);
    assert_int_equal(bh_select_standing(&f, 1), END);
    f.marks[1].seq = 4; /* about an earlier record */
    f.records[1] = record(5, NEW);
    assert_int_equal(bh_select_standing(&f, 1), TRY);
    f.rollback = false; /* then only INVALID and ABORTED do not stand */
    for (unsigned s = 0; s < 7; s++) {
        f.records[1] = record(5, states[s]);
        assert_int_equal(bh_select_standing(&f, 1), s == 3 || s == 4 ? NOT : YES);
    }
    f.marks[1] =
        (struct bh_select_mark){ BH_MARK_OVER, 0, 1, 5 }; /* and what a mark says is over */
    for (unsigned s = 0; s < 7; s++) {
        f.records[1] = record(5, states[s]);
        assert_int_equal(bh_select_standing(&f, 1), states[s] == NEW   ? YES
                                                    : s == 3 || s == 4 ? NOT
                                                                       : UND);
    }
    f.marks[1].seq = 4;
    f.records[1] = record(5, VALID);
    assert_int_equal(bh_select_standing(&f, 1), YES);
    f.marks[1] = (struct bh_select_mark){ BH_MARK_OVER, 0, BH_SELECT_TRIAL_MAX, 5 };
    assert_int_equal(bh_select_standing(&f, 1), YES);
}

/* What is begun again and again, by a supply that breaks down each time, comes to an end. */
static void begun_often(void **state)
{
    static const struct {
        uint8_t mark;
        uint32_t state;
        enum bh_select_standing few, many;
    } rows[] = {
        { BH_MARK_BEGIN, NEW, BH_STANDS_NEW, BH_STANDS_END },
        { BH_MARK_BEGIN, BLANK, BH_STANDS_NEW, BH_STANDS_END },
        { BH_MARK_OVER, PENDING, BH_STANDS_UNDEAD, BH_STANDS_NOT },
        { BH_MARK_KEPT, PENDING, BH_STANDS_KEEP, BH_STANDS },
        { BH_MARK_KEPT, BLANK, BH_STANDS_KEEP, BH_STANDS },
    };
    struct bh_select_facts f = { .rollback = true, .trial_boots = 2 };

    (void)state;
    for (unsigned i = 0; i < COUNT(rows); i++) {
        f.records[1] = record(rows[i].state == BLANK ? BLANK : 5, rows[i].state);
        f.marks[1] = (struct bh_select_mark){ rows[i].mark, 0, BH_SELECT_TRIAL_MAX - 1, 5 };
        assert_int_equal(bh_select_standing(&f, 1), rows[i].few);
        f.marks[1].begun = BH_SELECT_TRIAL_MAX;
        assert_int_equal(bh_select_standing(&f, 1), rows[i].many);
    }
}

static void the_older_record(void **state)
{
    static const struct {
        uint32_t seq[2];
        int older;
    } rows_of[] = {
        { { BLANK, BLANK }, 0 }, { { 1, BLANK }, 1 }, { { BLANK, 1 }, 0 }, { { 1, 2 }, 0 },
        { { 2, 1 }, 1 },         { { 2, 2 }, 0 },     { { 9, 10 }, 0 },    { { 10, 9 }, 1 },
    };
    struct bh_select_facts f = { .rollback = true };

    (void)state;
    for (unsigned i = 0; i < COUNT(rows_of); i++) {
        f.records[0] = record(rows_of[i].seq[0], VALID);
        f.records[1] = record(rows_of[i].seq[1], VALID);
        assert_int_equal(bh_select_older(&f), rows_of[i].older);
    }
}

/* A choice that another one replaced becomes ABORTED, also if its sector vouches for what was there
 * before; one that was INVALID stays so. */
static void what_is_buried_says_no(void **state)
{
    static const uint32_t told[] = { VALID, INVALID, ABORTED };
    struct bh_select_decision d;

    (void)state;
    for (unsigned i = 0; i < COUNT(told); i++) {
        struct bh_select_facts f = { .rollback = true,
                                     .use_marks = true,
                                     .trial_boots = 1,
                                     .otadata = true,
                                     .n_slots = 3,
                                     .room = { 25, 25 } };

        f.records[0] = record(2, NEW);
        f.records[1] = record(3, NEW);
        f.vouches[0] = (struct bh_select_vouch){ true, 9, told[i] };
        bh_select_decide(&f, &d);
        assert_int_equal(d.act, BH_SELECT_END_TRIAL);
        assert_int_equal(d.copy, 0);
        assert_int_equal(d.state, told[i] == INVALID ? INVALID : ABORTED);
    }
}

/* That a choice is over is said eight times at most, for a supply that breaks down each time; what
 * else was said so often, or of another record, does not count. */
static void what_was_said_often_is_not_said_again(void **state)
{
    static const struct {
        uint8_t mark, begun;
        uint32_t seq, state;
        enum bh_select_act act;
    } rows_of[] = {
        { BH_MARK_OVER, BH_SELECT_TRIAL_MAX, 2, NEW, BH_SELECT_START },
        { BH_MARK_OVER, BH_SELECT_TRIAL_MAX - 1, 2, NEW, BH_SELECT_RETIRE },
        { BH_MARK_OVER, BH_SELECT_TRIAL_MAX, 5, NEW, BH_SELECT_RETIRE },
        { BH_MARK_KEPT, BH_SELECT_TRIAL_MAX, 2, UNDEFINED, BH_SELECT_RETIRE },
        { BH_MARK_NONE, BH_SELECT_TRIAL_MAX, 2, NEW, BH_SELECT_RETIRE },
    };
    struct bh_select_decision d;

    (void)state;
    for (unsigned i = 0; i < COUNT(rows_of); i++) {
        struct bh_select_facts f = { .rollback = true,
                                     .use_marks = true,
                                     .trial_boots = 1,
                                     .otadata = true,
                                     .n_slots = 3,
                                     .room = { 25, 25 } };

        memset(f.apps, A, sizeof f.apps);
        f.apps[1] = G;
        f.apps[3] = B;
        f.records[0] = record(BLANK, 0);
        f.records[1] = record(2, rows_of[i].state);
        f.marks[1] =
            (struct bh_select_mark){ rows_of[i].mark, 0, rows_of[i].begun, rows_of[i].seq };
        bh_select_decide(&f, &d);
        if (d.act != rows_of[i].act || (d.act == BH_SELECT_START && d.index != FACTORY))
            fail_msg("row %u: act %d, index %d", i, (int)d.act, d.index);
    }
}

/* A table without slots: records mean nothing, and nothing is written, whatever they say. */
static void without_slots(void **state)
{
    static const uint32_t states[] = { NEW, PENDING, VALID, INVALID, ABORTED, UNDEFINED, ODD };
    struct bh_select_decision d;

    (void)state;
    for (unsigned a = 0; a < COUNT(states); a++)
        for (unsigned b = 0; b < COUNT(states); b++)
            for (uint8_t mark = 0; mark <= BH_MARK_KEPT; mark++)
                for (uint8_t factory = U; factory <= A; factory++) {
                    struct bh_select_facts f = { .rollback = true,
                                                 .use_marks = true,
                                                 .trial_boots = 1,
                                                 .otadata = true,
                                                 .room = { 25, 25 } };

                    memset(f.apps, A, sizeof f.apps);
                    f.apps[1] = factory;
                    f.records[0] = record(1, states[a]);
                    f.records[1] = record(2, states[b]);
                    f.marks[1] = (struct bh_select_mark){ mark, 0, 1, 2 };
                    bh_select_decide(&f, &d);
                    assert_int_equal(d.act, factory == U   ? BH_SELECT_CHECK
                                            : factory == G ? BH_SELECT_START
                                                           : BH_SELECT_RECOVER);
                }
}

/* ---- what to do ---- */

struct row {
    const char *name;
    uint32_t seq[2], state[2];
    uint8_t mark[2], starts; /* about record 0 and 1 */
    uint8_t apps[5];         /* test, factory, ota_0, ota_1, ota_2 */
    const char
        *flags; /* r: no rollback; n: no otadata; d: dead; s: started; f, t: pins; L: low, F: full;
                * x: record 1 is torn; 0, 1: lost; V: nobody vouches; v: for record 1 */
    enum bh_select_act act;
    int index, copy;
    uint32_t write_seq, write_state;
    enum bh_reason reason;
};

static const struct row rows[] = {
    { "given up, nobody vouches, otadata is dead, no factory: another one",
      { 1, BLANK },
      { ABORTED, 0 },
      { 0 },
      0,
      { A, A, G, G, G },
      "dV",
      BH_SELECT_START,
      1,
      -1,
      0,
      0,
      0 },
    { "factory-reset pin, otadata is dead: what is chosen",
      { 1, 2 },
      { VALID, VALID },
      { 0 },
      0,
      { A, G, G, G, G },
      "fd",
      BH_SELECT_START,
      1,
      -1,
      0,
      0,
      0 },
    { "given up, nobody vouches, otadata is dead: the other one",
      { 1, 2 },
      { VALID, ABORTED },
      { 0 },
      0,
      { A, G, G, G, G },
      "dV",
      BH_SELECT_START,
      0,
      -1,
      0,
      0,
      0 },
    { "does not verify, beside a record that cannot be read: nothing is written",
      { 1, 2 },
      { VALID, VALID },
      { 0 },
      0,
      { A, G, G, B, G },
      "0",
      BH_SELECT_START,
      0,
      -1,
      0,
      0,
      BH_REASON_FELL_BACK },
    { "pin: factory reset",
      { 1, 2 },
      { VALID, VALID },
      { 0 },
      0,
      { U, U, U, U, U },
      "ft",
      BH_SELECT_RESET,
      NONE,
      -1,
      0,
      0,
      0 },
    { "pin: test",
      { 1, 2 },
      { VALID, VALID },
      { 0 },
      0,
      { U, G, G, G, G },
      "t",
      BH_SELECT_CHECK,
      TEST,
      -1,
      0,
      0,
      0 },
    { "pin: test good",
      { 1, 2 },
      { VALID, VALID },
      { 0 },
      0,
      { G, G, G, G, G },
      "t",
      BH_SELECT_START,
      TEST,
      -1,
      0,
      0,
      0 },
    { "pin: test or nothing",
      { 1, 2 },
      { VALID, VALID },
      { 0 },
      0,
      { B, G, G, G, G },
      "t",
      BH_SELECT_RECOVER,
      NONE,
      -1,
      0,
      0,
      0 },

    { "no otadata: factory first",
      { BLANK, BLANK },
      { 0 },
      { 0 },
      0,
      { U, U, U, U, U },
      "n",
      BH_SELECT_CHECK,
      FACTORY,
      -1,
      0,
      0,
      0 },
    { "no otadata: up from ota_0",
      { BLANK, BLANK },
      { 0 },
      { 0 },
      0,
      { U, B, G, G, G },
      "n",
      BH_SELECT_START,
      0,
      -1,
      0,
      0,
      0 },
    { "no otadata: test last",
      { BLANK, BLANK },
      { 0 },
      { 0 },
      0,
      { U, A, B, B, B },
      "n",
      BH_SELECT_CHECK,
      TEST,
      -1,
      0,
      0,
      0 },
    { "nothing at all",
      { BLANK, BLANK },
      { 0 },
      { 0 },
      0,
      { A, A, B, R, A },
      "",
      BH_SELECT_RECOVER,
      NONE,
      -1,
      0,
      0,
      0 },

    { "fresh: factory",
      { BLANK, BLANK },
      { 0 },
      { 0 },
      0,
      { A, G, U, U, U },
      "",
      BH_SELECT_START,
      FACTORY,
      -1,
      0,
      0,
      0 },
    { "fresh, no factory: recorded",
      { BLANK, BLANK },
      { 0 },
      { 0 },
      0,
      { A, A, G, U, U },
      "",
      BH_SELECT_RECORD,
      0,
      0,
      1,
      UNDEFINED,
      0 },
    { "factory unreadable: not recorded",
      { BLANK, BLANK },
      { 0 },
      { 0 },
      0,
      { A, R, G, U, U },
      "",
      BH_SELECT_START,
      0,
      -1,
      0,
      0,
      0 },
    { "given up ones come last",
      { 1, BLANK },
      { ABORTED, 0 },
      { 0 },
      0,
      { A, A, G, G, G },
      "",
      BH_SELECT_RECORD,
      1,
      1,
      2,
      UNDEFINED,
      0 },
    { "given up, and there is no other",
      { 1, BLANK },
      { ABORTED, 0 },
      { 0 },
      0,
      { A, A, G, B, A },
      "",
      BH_SELECT_START,
      0,
      -1,
      0,
      0,
      BH_REASON_NO_WAY_BACK },

    { "chosen, not looked at",
      { 1, 2 },
      { VALID, VALID },
      { 0 },
      0,
      { U, U, U, U, U },
      "",
      BH_SELECT_CHECK,
      1,
      -1,
      0,
      0,
      0 },
    { "chosen, good",
      { 1, 2 },
      { VALID, VALID },
      { 0 },
      0,
      { U, U, U, G, U },
      "",
      BH_SELECT_START,
      1,
      -1,
      0,
      0,
      0 },
    { "larger number in copy 0",
      { 4, 2 },
      { UNDEFINED, VALID },
      { 0 },
      0,
      { U, U, G, G, U },
      "",
      BH_SELECT_START,
      0,
      -1,
      0,
      0,
      0 },
    { "bad: what the other says, first",
      { 1, 2 },
      { VALID, VALID },
      { 0 },
      0,
      { U, U, U, B, U },
      "",
      BH_SELECT_CHECK,
      0,
      -1,
      0,
      0,
      BH_REASON_FELL_BACK },
    { "bad: retired for the other",
      { 1, 2 },
      { VALID, VALID },
      { 0 },
      0,
      { U, U, G, B, U },
      "",
      BH_SELECT_RETIRE,
      0,
      1,
      2,
      INVALID,
      BH_REASON_FELL_BACK },
    { "bad, no other: down",
      { BLANK, 3 },
      { 0, VALID },
      { 0 },
      0,
      { U, U, U, G, B },
      "",
      BH_SELECT_RECORD,
      1,
      0,
      5,
      UNDEFINED,
      BH_REASON_FELL_BACK },
    { "bad, no other: factory",
      { 1, BLANK },
      { VALID, 0 },
      { 0 },
      0,
      { U, G, B, G, G },
      "",
      BH_SELECT_RETIRE,
      FACTORY,
      0,
      1,
      INVALID,
      BH_REASON_FELL_BACK },
    { "bad, no other, no factory: up",
      { 1, BLANK },
      { VALID, 0 },
      { 0 },
      0,
      { U, A, B, G, G },
      "",
      BH_SELECT_RECORD,
      1,
      1,
      2,
      UNDEFINED,
      BH_REASON_FELL_BACK },
    { "unreadable: nothing recorded",
      { 1, 2 },
      { VALID, VALID },
      { 0 },
      0,
      { U, U, G, R, U },
      "",
      BH_SELECT_START,
      0,
      -1,
      0,
      0,
      BH_REASON_FELL_BACK },
    { "numbers at their end",
      { BLANK, 0xFFFFFFFE },
      { 0, VALID },
      { 0 },
      0,
      { A, A, G, B, B },
      "",
      BH_SELECT_RETIRE,
      0,
      1,
      0xFFFFFFFE,
      INVALID,
      BH_REASON_FELL_BACK },
    { "and begun again",
      { BLANK, 0xFFFFFFFE },
      { 0, INVALID },
      { 0 },
      0,
      { A, A, G, B, B },
      "",
      BH_SELECT_RECORD,
      0,
      0,
      1,
      UNDEFINED,
      0 },
    { "little room: move over",
      { 1, BLANK },
      { VALID, 0 },
      { 0 },
      0,
      { U, U, G, U, U },
      "L",
      BH_SELECT_RECORD,
      0,
      1,
      4,
      VALID,
      0 },
    { "torn beside it: cleared",
      { 1, 2 },
      { VALID, 99 },
      { 0 },
      0,
      { U, U, G, U, U },
      "x",
      BH_SELECT_CLEAR,
      NONE,
      1,
      0,
      0,
      0 },

    { "new: verify first",
      { 1, 2 },
      { VALID, NEW },
      { 0 },
      0,
      { U, U, U, U, U },
      "",
      BH_SELECT_CHECK,
      1,
      -1,
      0,
      0,
      0 },
    { "new, good: trial",
      { 1, 2 },
      { VALID, NEW },
      { 0 },
      0,
      { U, U, U, G, U },
      "",
      BH_SELECT_BEGIN_TRIAL,
      1,
      1,
      2,
      PENDING,
      0 },
    { "new, bad: retired",
      { 1, 2 },
      { VALID, NEW },
      { 0 },
      0,
      { U, U, G, B, U },
      "",
      BH_SELECT_RETIRE,
      0,
      1,
      2,
      INVALID,
      BH_REASON_FELL_BACK },
    { "new, without rollback",
      { 1, 2 },
      { VALID, NEW },
      { 0 },
      0,
      { U, U, U, G, U },
      "r",
      BH_SELECT_START,
      1,
      -1,
      0,
      0,
      0 },
    { "new, no room for marks",
      { 1, 2 },
      { VALID, NEW },
      { 0 },
      0,
      { U, U, U, G, U },
      "F",
      BH_SELECT_RECORD,
      1,
      1,
      4,
      VALID,
      BH_REASON_OTADATA_FULL },
    { "no record, and a sector that cannot be read: what is found is not recorded",
      { BLANK, BLANK },
      { 0, 0 },
      { 0 },
      0,
      { A, A, G, U, U },
      "1",
      BH_SELECT_START,
      0,
      -1,
      0,
      0,
      BH_REASON_NONE },
    { "choice is bad, cannot write: the other one",
      { 1, 2 },
      { VALID, VALID },
      { 0 },
      0,
      { U, U, G, B, U },
      "d",
      BH_SELECT_START,
      0,
      -1,
      0,
      0,
      BH_REASON_FELL_BACK },
    { "new, cannot write: the old one",
      { 1, 2 },
      { VALID, NEW },
      { 0 },
      0,
      { U, U, G, G, U },
      "d",
      BH_SELECT_START,
      0,
      -1,
      0,
      0,
      BH_REASON_NOT_CONFIRMED },
    { "trial, begun in this boot",
      { 1, 2 },
      { VALID, PENDING },
      { 0, BH_MARK_STARTED },
      2,
      { U, U, U, G, U },
      "s",
      BH_SELECT_START,
      1,
      -1,
      0,
      0,
      0 },
    { "trial, starts left",
      { 1, 2 },
      { VALID, PENDING },
      { 0, BH_MARK_STARTED },
      1,
      { U, U, U, G, U },
      "",
      BH_SELECT_COUNT_START,
      1,
      1,
      2,
      0,
      0 },
    { "trial, bad by now",
      { 1, 2 },
      { VALID, PENDING },
      { 0, BH_MARK_STARTED },
      1,
      { U, U, G, B, U },
      "",
      BH_SELECT_RETIRE,
      0,
      1,
      2,
      INVALID,
      BH_REASON_FELL_BACK },
    { "trial over: is there a way back?",
      { 1, 2 },
      { VALID, PENDING },
      { 0, BH_MARK_STARTED },
      2,
      { U, U, U, G, U },
      "",
      BH_SELECT_CHECK,
      0,
      -1,
      0,
      0,
      BH_REASON_NOT_CONFIRMED },
    { "trial over: back",
      { 1, 2 },
      { VALID, PENDING },
      { 0, BH_MARK_STARTED },
      2,
      { U, U, G, G, U },
      "",
      BH_SELECT_END_TRIAL,
      0,
      1,
      2,
      ABORTED,
      BH_REASON_NOT_CONFIRMED },
    { "trial over: to factory",
      { 1, BLANK },
      { PENDING, 0 },
      { 0 },
      0,
      { U, G, G, G, U },
      "",
      BH_SELECT_END_TRIAL,
      FACTORY,
      0,
      1,
      ABORTED,
      BH_REASON_NOT_CONFIRMED },
    { "trial over: no way back",
      { 1, BLANK },
      { PENDING, 0 },
      { 0 },
      0,
      { A, A, G, B, A },
      "",
      BH_SELECT_START,
      0,
      -1,
      0,
      0,
      BH_REASON_NO_WAY_BACK },
    { "confirmed",
      { 1, 2 },
      { VALID, VALID },
      { 0, BH_MARK_STARTED },
      1,
      { U, U, U, U, U },
      "",
      BH_SELECT_VOUCH,
      NONE,
      1,
      2,
      VALID,
      0 },
    { "confirmed, cannot write",
      { 1, 2 },
      { VALID, VALID },
      { 0, BH_MARK_STARTED },
      1,
      { U, U, U, G, U },
      "d",
      BH_SELECT_START,
      1,
      -1,
      0,
      0,
      0 },
    { "rejected",
      { 1, 2 },
      { VALID, INVALID },
      { 0 },
      0,
      { U, U, U, G, U },
      "",
      BH_SELECT_CHECK,
      0,
      -1,
      0,
      0,
      0 },
    { "over, and torn into life",
      { 1, 2 },
      { VALID, UNDEFINED },
      { 0, BH_MARK_OVER },
      1,
      { U, U, U, G, U },
      "",
      BH_SELECT_END_TRIAL,
      NONE,
      1,
      2,
      ABORTED,
      0 },
    { "over by ESP-IDF: vouched for",
      { 1, 2 },
      { VALID, INVALID },
      { 0 },
      0,
      { U, U, U, U, U },
      "v",
      BH_SELECT_VOUCH,
      NONE,
      1,
      2,
      INVALID,
      0 },
    { "trial that another choice replaced",
      { 2, 4 },
      { PENDING, NEW },
      { 0 },
      0,
      { U, U, U, U, U },
      "",
      BH_SELECT_END_TRIAL,
      NONE,
      0,
      2,
      ABORTED,
      0 },
    { "confirm that was cut",
      { 1, 2 },
      { VALID, PENDING },
      { 0, BH_MARK_KEPT },
      1,
      { U, U, U, U, U },
      "",
      BH_SELECT_KEEP,
      NONE,
      1,
      2,
      VALID,
      0 },
    { "VALID by ESP-IDF: vouched for",
      { 1, 2 },
      { VALID, VALID },
      { 0 },
      0,
      { U, U, U, U, U },
      "V",
      BH_SELECT_VOUCH,
      NONE,
      0,
      1,
      VALID,
      0 },
    { "choice that another one replaced",
      { 1, 2 },
      { NEW, NEW },
      { 0 },
      0,
      { U, U, U, U, U },
      "",
      BH_SELECT_END_TRIAL,
      NONE,
      0,
      1,
      ABORTED,
      0 },
    { "and not while a trial rests on marks beside it",
      { 1, 2 },
      { NEW, PENDING },
      { 0, BH_MARK_STARTED },
      1,
      { U, U, U, G, U },
      "",
      BH_SELECT_COUNT_START,
      1,
      1,
      2,
      0,
      0 },
    { "one sector lost: the other record starts",
      { 1, BLANK },
      { VALID, 0 },
      { 0 },
      0,
      { A, G, G, G, U },
      "1",
      BH_SELECT_START,
      0,
      -1,
      0,
      0,
      BH_REASON_OTADATA },
    { "one sector lost, the other new: nothing is written",
      { BLANK, 2 },
      { 0, NEW },
      { 0 },
      0,
      { A, G, G, G, U },
      "0",
      BH_SELECT_START,
      FACTORY,
      -1,
      0,
      0,
      BH_REASON_NOT_CONFIRMED },
    { "lost, and its marks say confirmed: written again",
      { BLANK, 1 },
      { 0, VALID },
      { BH_MARK_KEPT },
      0,
      { A, G, G, G, U },
      "0",
      BH_SELECT_KEEP,
      NONE,
      0,
      BLANK,
      VALID,
      0 },
    { "lost, and it was started: nothing is concluded",
      { 1, BLANK },
      { VALID, 0 },
      { 0, BH_MARK_STARTED },
      1,
      { A, G, G, G, U },
      "1",
      BH_SELECT_START,
      0,
      -1,
      0,
      0,
      BH_REASON_OTADATA },
    { "the choice and what was before it are bad: a third one gets a record",
      { 1, 2 },
      { VALID, VALID },
      { 0 },
      0,
      { A, A, B, B, G },
      "",
      BH_SELECT_RECORD,
      NONE,
      0,
      3,
      UNDEFINED,
      BH_REASON_FELL_BACK },
    { "the choice is bad, the other record means what starts: the choice is retired",
      { 1, 2 },
      { VALID, VALID },
      { 0 },
      0,
      { A, A, G, B, A },
      "",
      BH_SELECT_RETIRE,
      NONE,
      1,
      2,
      INVALID,
      BH_REASON_FELL_BACK },
    { "the choice is bad, and what starts has a record that is over: it gets another",
      { 3, 2 },
      { ABORTED, VALID },
      { 0 },
      0,
      { A, A, G, B, B },
      "",
      BH_SELECT_RECORD,
      NONE,
      0,
      4,
      UNDEFINED,
      BH_REASON_FELL_BACK },
    { "lost, and the other one is vouched for by nobody: nothing is written",
      { 1, BLANK },
      { VALID, 0 },
      { 0 },
      0,
      { A, A, G, A, A },
      "1V",
      BH_SELECT_START,
      0,
      -1,
      0,
      0,
      BH_REASON_OTADATA },
    { "lost, and the other one is over by its mark: nothing is written",
      { 1, BLANK },
      { PENDING, 0 },
      { BH_MARK_OVER },
      0,
      { A, G, G, A, A },
      "1",
      BH_SELECT_START,
      FACTORY,
      -1,
      0,
      0,
      0 },
    { "two trials: the end of one is the turn of the other",
      { 2, 3 },
      { PENDING, PENDING },
      { BH_MARK_STARTED, BH_MARK_STARTED },
      2,
      { A, G, G, G, G },
      "",
      BH_SELECT_END_TRIAL,
      NONE,
      1,
      3,
      ABORTED,
      BH_REASON_NOT_CONFIRMED },
    { "two trials: what the other one means is looked at first",
      { 2, 3 },
      { PENDING, PENDING },
      { BH_MARK_STARTED, BH_MARK_BEGIN },
      1,
      { A, U, U, U, U },
      "",
      BH_SELECT_CHECK,
      2,
      -1,
      0,
      0,
      0 },
    { "no room for a trial beside a record that is over: the choice is retired",
      { 1, 2 },
      { ABORTED, NEW },
      { 0 },
      0,
      { A, G, G, G, A },
      "F",
      BH_SELECT_RETIRE,
      NONE,
      1,
      2,
      INVALID,
      BH_REASON_OTADATA_FULL },
    { "the choice is bad, and the blank record means nothing: what starts gets it",
      { 2, BLANK },
      { VALID, 0 },
      { 0 },
      0,
      { A, A, G, B, A },
      "",
      BH_SELECT_RECORD,
      NONE,
      1,
      4,
      UNDEFINED,
      BH_REASON_FELL_BACK },
    { "the choice is bad: what record 1 gave up is not what comes first",
      { 1, 2 },
      { VALID, ABORTED },
      { 0 },
      0,
      { A, A, B, G, G },
      "",
      BH_SELECT_RECORD,
      NONE,
      1,
      3,
      UNDEFINED,
      BH_REASON_FELL_BACK },
    { "reset: what is over says so first",
      { 3, 2 },
      { ABORTED, VALID },
      { 0 },
      0,
      { U, U, U, U, U },
      "fV",
      BH_SELECT_VOUCH,
      NONE,
      0,
      3,
      ABORTED,
      0 },
};

static bool has(const struct row *r, char flag)
{
    return strchr(r->flags, flag) != NULL;
}

static void facts_of(const struct row *r, struct bh_select_facts *f)
{
    *f = (struct bh_select_facts){ .rollback = !has(r, 'r'),
                                   .use_marks = !has(r, 'r'),
                                   .trial_boots = 2,
                                   .lost = { has(r, '0'), has(r, '1') },
                                   .factory_reset = has(r, 'f'),
                                   .test_pin = has(r, 't'),
                                   .otadata = !has(r, 'n'),
                                   .dead = has(r, 'd'),
                                   .started = has(r, 's'),
                                   .n_slots = 3 };
    memset(f->apps, A, sizeof f->apps);
    memcpy(f->apps, r->apps, sizeof r->apps);
    for (int i = 0; i < 2; i++) {
        f->records[i] = record(r->seq[i], r->state[i]);
        f->marks[i] =
            (struct bh_select_mark){ r->mark[i], r->starts, 1, r->mark[i] ? r->seq[i] : 0 };
        f->vouches[i] =
            (struct bh_select_vouch){ !has(r, 'V') && !(has(r, 'v') && i) &&
                                          (r->state[i] == VALID || r->state[i] >= INVALID) &&
                                          r->state[i] < 5 && r->mark[i] == BH_MARK_NONE,
                                      r->seq[i], r->state[i] };
        f->room[i] = has(r, 'F') ? BH_SELECT_FULL - 1 : has(r, 'L') ? BH_SELECT_LOW - 1 : 25;
    }
    if (has(r, 'x'))
        f->records[1].crc ^= 1;
}

static void row_by_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *r = &rows[i];
        struct bh_select_facts f;
        struct bh_select_decision d;
        bool writes;

        facts_of(r, &f);
        bh_select_decide(&f, &d);
        writes = d.act >= BH_SELECT_RESET;
        if (d.act != r->act || (!writes && d.index != r->index) ||
            (writes && (d.copy != r->copy || d.seq != r->write_seq || d.state != r->write_state)) ||
            d.reason != r->reason)
            fail_msg("%s: act %d, application %d, copy %d, seq %u, state %x, reason %d", r->name,
                     (int)d.act, d.index, d.copy, (unsigned)d.seq, (unsigned)d.state,
                     (int)d.reason);
    }
}

/* ---- a whole boot, on paper ---- */

/* What an act leaves behind when nothing is cut. */
static void carry_out(struct bh_select_facts *f, const struct bh_select_decision *d,
                      const uint8_t *truth)
{
    bool final = d->act != BH_SELECT_CLEAR && f->use_marks &&
                 (d->state == VALID || d->state == INVALID || d->state == ABORTED);
    uint8_t kind = d->act == BH_SELECT_KEEP                                      ? BH_MARK_KEPT
                   : d->act == BH_SELECT_END_TRIAL || d->act == BH_SELECT_RETIRE ? BH_MARK_OVER
                   : d->act == BH_SELECT_BEGIN_TRIAL || d->act == BH_SELECT_COUNT_START
                       ? BH_MARK_STARTED
                       : BH_MARK_NONE;

    if (d->act == BH_SELECT_CHECK) {
        f->apps[d->index + 2] = truth[d->index + 2];
        return;
    }
    if (d->act == BH_SELECT_RESET) {
        f->factory_reset = false;
        f->records[0] = f->records[1] = record(BLANK, 0);
        memset(f->marks, 0, sizeof f->marks);
        return;
    }
    f->started = kind == BH_MARK_STARTED;
    if (d->act != BH_SELECT_COUNT_START && d->act != BH_SELECT_VOUCH) {
        f->records[d->copy] = record(d->act == BH_SELECT_CLEAR ? BLANK : d->seq, d->state);
        f->marks[!d->copy] = (struct bh_select_mark){ 0 }; /* they were in this sector */
        f->vouches[d->copy] = (struct bh_select_vouch){ 0 };
    }
    if (final)
        f->vouches[d->copy] = (struct bh_select_vouch){ true, d->seq, d->state };
    if (f->use_marks && kind)
        f->marks[d->copy] =
            (struct bh_select_mark){ kind, (uint8_t)(f->marks[d->copy].starts + 1), 1, d->seq };
}

/* What starts in the end; fails if it takes more than a few changes. */
static int boots(struct bh_select_facts *f, const uint8_t *truth, unsigned *changes)
{
    struct bh_select_decision d;

    f->started = false;
    memset(f->apps, U, sizeof f->apps);
    *changes = 0;
    for (int i = 0; i < 40; i++) {
        bh_select_decide(f, &d);
        if (d.act == BH_SELECT_RECOVER)
            return NONE;
        if (d.act == BH_SELECT_START)
            return d.index;
        carry_out(f, &d, truth);
        *changes += d.act != BH_SELECT_CHECK;
    }
    fail_msg("no end of it: act %d", (int)d.act);
    return NONE;
}

static void esp_facts(const struct bh_select_facts *f, const uint8_t *truth, struct bh_esp_facts *e)
{
    *e = (struct bh_esp_facts){ .otadata = true, .app_count = 3, .rollback = f->rollback };
    memcpy(e->records, f->records, sizeof e->records);
    e->test = (struct bh_esp_app){ truth[0] != A, truth[0] == G, 0, false };
    e->factory = (struct bh_esp_app){ truth[1] != A, truth[1] == G, 0, false };
    for (int i = 0; i < 3; i++)
        e->ota[i] = (struct bh_esp_app){ truth[i + 2] != A, truth[i + 2] == G, 0, false };
}

/* Is there a choice that another one replaced before it was tried? ESP-IDF tries it when the later
 * one has failed; here it is over. */
static bool superseded(const struct bh_esp_facts *e)
{
    const struct bh_ota_record *r = e->records;
    int low = r[0].seq >= r[1].seq;

    return e->rollback && bh_ota_whole(&r[0]) && bh_ota_whole(&r[1]) && r[low].state == NEW &&
           r[!low].state == PENDING;
}

/* Did ESP-IDF's bootloader take another way than the record's, or is its record one that we read in
 * another way? Then it may start something else. */
static bool may_differ(const struct bh_esp_choice *c, const struct bh_esp_facts *e)
{
    bool differ = false;

    for (unsigned i = 0; i < c->n_events; i++)
        if (c->events[i].event == BH_ESP_BAD_IMAGE || c->events[i].event == BH_ESP_DEFAULT_OTA_0 ||
            c->events[i].event == BH_ESP_ABSENT)
            differ = true;
    for (int i = 0; i < 2; i++)
        if (e->records[i].state == ODD)
            differ = true;
    return differ || superseded(e);
}

/* Every pair of states in every order, every set of applications that verify. */
static void every_combination(void **state)
{
    static const uint32_t states[] = { NEW, PENDING, VALID, INVALID, ABORTED, UNDEFINED, ODD };
    static const uint32_t seqs[][2] = { { 1, 2 },
                                        { 5, 3 },
                                        { 4, 4 },
                                        { BLANK, 3 },
                                        { 2, BLANK },
                                        { BLANK, BLANK },
                                        { 0xFFFFFFFD, 0xFFFFFFFE } };
    unsigned same = 0, all = 0, changes, most = 0;

    (void)state;
    for (unsigned n = 0; n < COUNT(seqs) * 49 * 2 * 162; n++) {
        const uint32_t *seq = seqs[n % COUNT(seqs)];
        unsigned rest = n / COUNT(seqs), apps = rest / 98;
        struct bh_select_facts f = { .rollback = rest / 49 % 2,
                                     .use_marks = rest / 49 % 2,
                                     .trial_boots = 1,
                                     .otadata = true,
                                     .n_slots = 3,
                                     .room = { 25, 25 } };
        uint8_t truth[BH_SELECT_APPS];
        struct bh_esp_facts e;
        struct bh_esp_choice c;
        int index, later;
        bool any = false;

        memset(truth, A, sizeof truth);
        truth[0] = apps % 2 ? G : A;
        for (unsigned i = 1, a = apps / 2; i < 5; i++, a /= 3)
            truth[i] = (uint8_t)(G + a % 3 + (a % 3 == 2));
        f.records[0] = record(seq[0], states[rest % 7]);
        f.records[1] = record(seq[1], states[rest / 7 % 7]);
        for (int i = 0; i < 5; i++)
            any = any || truth[i] == G;
        esp_facts(&f, truth, &e);
        bh_esp_choose(&e, &c);
        index = boots(&f, truth, &changes);
        most = changes > most ? changes : most;
        all++;
        same += index == c.index;
        if (any ? index == NONE || truth[index + 2] != G : index != NONE)
            fail_msg("%u: starts %d", n, index);
        if (index != c.index && !may_differ(&c, &e))
            fail_msg("%u: starts %d, ESP-IDF %d", n, index, c.index);
        /* It comes to rest: at the latest the third boot from here writes nothing. */
        (void)boots(&f, truth, &changes);
        later = boots(&f, truth, &changes);
        assert_int_equal(boots(&f, truth, &changes), later);
        assert_int_equal(changes, 0);
    }
    print_message("%u of %u as ESP-IDF; at most %u changes in a boot\n", same, all, most);
    assert_true(most <= 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standing_by_state_and_mark),
        cmocka_unit_test(begun_often),
        cmocka_unit_test(the_older_record),
        cmocka_unit_test(what_is_buried_says_no),
        cmocka_unit_test(what_was_said_often_is_not_said_again),
        cmocka_unit_test(without_slots),
        cmocka_unit_test(row_by_row),
        cmocka_unit_test(every_combination),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
