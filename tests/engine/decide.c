/* SPDX-License-Identifier: Apache-2.0 */
/* The decision table, row by row: what is known, what is done next. docs/boot.md shows it. */
#include "bulkhead/boot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define UNKNOWN BH_LOOK_UNKNOWN
#define GOOD BH_LOOK_GOOD
#define BAD BH_LOOK_BAD

struct row {
    const char *what;
    struct bh_facts facts;
    enum bh_act act;
};

#define NEW .state = BH_STATE_NONE
#define SETTLED .state = BH_STATE_IDLE, .settled = true
#define UNSETTLED .state = BH_STATE_IDLE
#define WISH .request = BH_REQUEST_TEST
#define TRIAL .state = BH_STATE_TRIAL

static const struct row rows[] = {
    { "no journal: look at primary", { NEW }, BH_ACT_CHECK_PRIMARY },
    { "no journal, primary good: begin one", { NEW, .primary = GOOD }, BH_ACT_SETTLE },
    { "no journal, primary good, a request: begin one first",
      { NEW, WISH, .primary = GOOD }, BH_ACT_SETTLE },
    { "no journal, primary bad: look for a copy", { NEW, .primary = BAD }, BH_ACT_CHECK_BACKUP },
    { "no journal, a copy is there", { NEW, .primary = BAD, .backup = GOOD }, BH_ACT_RESTORE },
    { "no journal, nothing at all", { NEW, .primary = BAD, .backup = BAD }, BH_ACT_RECOVER },

    { "idle, not settled: settle", { UNSETTLED }, BH_ACT_SETTLE },
    { "idle: look at primary", { SETTLED }, BH_ACT_CHECK_PRIMARY },
    { "idle, primary good: start", { SETTLED, .primary = GOOD }, BH_ACT_START },
    { "idle, primary good, counter above the floor",
      { SETTLED, .primary = GOOD, .raise_floor = true }, BH_ACT_RAISE_FLOOR },
    { "idle, primary bad", { SETTLED, .primary = BAD }, BH_ACT_CHECK_BACKUP },
    { "idle, primary bad, counter above the floor",
      { SETTLED, .primary = BAD, .raise_floor = true }, BH_ACT_CHECK_BACKUP },
    { "idle, primary bad, copy good", { SETTLED, .primary = BAD, .backup = GOOD }, BH_ACT_RESTORE },
    { "idle, primary bad, copy bad", { SETTLED, .primary = BAD, .backup = BAD }, BH_ACT_RECOVER },

    { "request: look at it", { SETTLED, WISH }, BH_ACT_CHECK_STAGED },
    { "request, not settled: look at it all the same", { UNSETTLED, WISH }, BH_ACT_CHECK_STAGED },
    { "request, staged good", { SETTLED, WISH, .staged = GOOD }, BH_ACT_BEGIN_UPDATE },
    { "request, staged bad", { SETTLED, WISH, .staged = BAD }, BH_ACT_REFUSE },
    { "request, staged bad, refused already",
      { SETTLED, WISH, .staged = BAD, .refused = true }, BH_ACT_CLEAR_REQUEST },
    { "request in the journal",
      { .state = BH_STATE_REQUESTED, WISH }, BH_ACT_CHECK_STAGED },
    { "request in the journal, staged bad",
      { .state = BH_STATE_REQUESTED, WISH, .staged = BAD }, BH_ACT_REFUSE },

    { "updating: go on", { .state = BH_STATE_UPDATING }, BH_ACT_UPDATE },
    { "updating, whatever is asked",
      { .state = BH_STATE_UPDATING, WISH, .confirmed = true },
      BH_ACT_UPDATE },
    { "reverting: go on", { .state = BH_STATE_REVERTING }, BH_ACT_REVERT },
    { "reverting, a confirm comes too late",
      { .state = BH_STATE_REVERTING, .confirmed = true }, BH_ACT_REVERT },

    { "trial, confirmed", { TRIAL, .confirmed = true }, BH_ACT_CONFIRM },
    { "trial, boots left: count this one", { TRIAL, .boots_left = 1 }, BH_ACT_COUNT_START },
    { "trial over: is there a way back?", { TRIAL }, BH_ACT_CHECK_BACKUP },
    { "trial over, the old image is whole", { TRIAL, .backup = GOOD }, BH_ACT_BEGIN_REVERT },
    { "trial over, a new request waits", { TRIAL, WISH, .backup = GOOD }, BH_ACT_BEGIN_REVERT },
    { "trial over, no way back: look at primary", { TRIAL, .backup = BAD }, BH_ACT_CHECK_PRIMARY },
    { "trial over, no way back, primary good", { TRIAL, .backup = BAD, .primary = GOOD },
      BH_ACT_START },
    { "trial over, both bad", { TRIAL, .backup = BAD, .primary = BAD }, BH_ACT_RECOVER },
    { "trial, counted: look at primary", { TRIAL, .started = true }, BH_ACT_CHECK_PRIMARY },
    { "trial, counted, good", { TRIAL, .started = true, .primary = GOOD }, BH_ACT_START },
    { "trial, counted, does not verify",
      { TRIAL, .started = true, .boots_left = 1, .primary = BAD }, BH_ACT_CHECK_BACKUP },
    { "trial, counted, does not verify, a way back",
      { TRIAL, .started = true, .boots_left = 1, .primary = BAD, .backup = GOOD },
      BH_ACT_BEGIN_REVERT },

    { "journal dead: look at primary", { SETTLED, .journal_dead = true }, BH_ACT_CHECK_PRIMARY },
    { "journal dead, primary good: start, request or not",
      { SETTLED, WISH, .journal_dead = true, .primary = GOOD }, BH_ACT_START },
    { "journal dead, primary bad, idle",
      { SETTLED, .journal_dead = true, .primary = BAD }, BH_ACT_CHECK_BACKUP },
    { "journal dead, primary bad, in mid-update: the backup may be half of each",
      { .state = BH_STATE_UPDATING, .journal_dead = true, .primary = BAD },
      BH_ACT_RECOVER },
    { "journal dead, trial: start it, counted or not",
      { TRIAL, .journal_dead = true, .primary = GOOD }, BH_ACT_START },
    { "update stuck, primary still whole",
      { .state = BH_STATE_UPDATING, .stuck = true, .primary = GOOD },
      BH_ACT_START },
    { "update stuck, primary half-way",
      { .state = BH_STATE_UPDATING, .stuck = true, .primary = BAD },
      BH_ACT_RECOVER },
    { "revert stuck, not looked yet",
      { .state = BH_STATE_REVERTING, .stuck = true }, BH_ACT_CHECK_PRIMARY },
};

static void every_row(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum bh_act act = bh_boot_decide(&rows[i].facts);

        if (act != rows[i].act)
            fail_msg("row %u (%s): act %d, expected %d", i, rows[i].what, act, rows[i].act);
    }
}

/* Whatever the facts, the answer is an act, and START needs a primary that was found good. */
static void never_starts_unverified(void **state)
{
    static const uint8_t states[] = { 0, 1, 2, 3, 4, 5, 6, 77, 255 };

    (void)state;
    for (unsigned bits = 0; bits < 1u << 9; bits++)
        for (unsigned s = 0; s < sizeof states; s++)
            for (unsigned looks = 0; looks < 27; looks++) {
                struct bh_facts f = {
                    .journal_dead = bits & 1, .settled = bits & 2, .started = bits & 4,
                    .raise_floor = bits & 8, .confirmed = bits & 16, .refused = bits & 32,
                    .stuck = bits & 64, .boots_left = bits & 128 ? 3 : 0,
                    .request = (enum bh_request)(bits >> 8 & 1), .state = states[s],
                    .primary = (enum bh_look)(looks % 3), .staged = (enum bh_look)(looks / 3 % 3),
                    .backup = (enum bh_look)(looks / 9),
                };
                enum bh_act act = bh_boot_decide(&f);

                assert_in_range(act, BH_ACT_RECOVER, BH_ACT_RESTORE);
                if (act == BH_ACT_START)
                    assert_int_equal(f.primary, GOOD);
                if (act == BH_ACT_BEGIN_UPDATE)
                    assert_int_equal(f.staged, GOOD);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(never_starts_unverified),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
