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

#define OLD_IMAGE (BH_LOOK_GOOD | BH_PRIMARY_OLD)
#define NEW_IMAGE (BH_LOOK_GOOD | BH_PRIMARY_NEW)
#define OTHER_IMAGE (BH_LOOK_GOOD | BH_PRIMARY_OTHER)

#define NEW .state = BH_STATE_NONE
#define SETTLED .state = BH_STATE_IDLE, .settled = true
#define UNSETTLED .state = BH_STATE_IDLE
#define WISH .request = BH_REQUEST_TEST
#define TRIAL .state = BH_STATE_TRIAL
#define UPDATING .state = BH_STATE_UPDATING, .boots_left = 2
#define REVERTING .state = BH_STATE_REVERTING, .boots_left = 2
#define RESCUING .state = BH_STATE_RESCUING, .boots_left = 2, .rescues = true
#define SEEN .at_hand = true

/* clang-format off */
static const struct row rows[] = {
    { "no journal: look at primary", { NEW }, BH_ACT_CHECK_PRIMARY },
    { "no journal, primary good: begin one", { NEW, .primary = GOOD }, BH_ACT_SETTLE },
    { "no journal, primary good, a request: begin one first",
      { NEW, WISH, .primary = GOOD }, BH_ACT_SETTLE },
    { "no journal, primary bad: look for a copy", { NEW, .primary = BAD }, BH_ACT_CHECK_BACKUP },
    { "no journal, a copy is there", { NEW, .primary = BAD, .backup = GOOD }, BH_ACT_RESTORE },
    { "no journal, nothing at all", { NEW, .primary = BAD, .backup = BAD }, BH_ACT_RECOVER },
    { "no journal, primary bad, a rescue: search",
      { NEW, .primary = BAD, .rescues = true }, BH_ACT_SEARCH },
    { "no journal, found: state it first",
      { NEW, .primary = BAD, .rescues = true, .search = GOOD }, BH_ACT_BEGIN_RESCUE },
    { "no journal, nothing found",
      { NEW, .primary = BAD, .rescues = true, .search = BAD, .backup = GOOD }, BH_ACT_RECOVER },

    { "idle, a trial is asked for, no old image: is primary bad?",
      { SETTLED, WISH, .staged = GOOD, .bare = true }, BH_ACT_CHECK_PRIMARY },
    { "idle, the same, it is: look for the one that ran",
      { SETTLED, WISH, .staged = GOOD, .bare = true, .primary = BAD }, BH_ACT_CHECK_BACKUP },
    { "idle, the same, a rescue: search",
      { SETTLED, WISH, .staged = GOOD, .bare = true, .primary = BAD, .rescues = true },
      BH_ACT_SEARCH },
    { "idle, the same, it is there: restore it before the new one is looked at again",
      { SETTLED, WISH, .bare = true, .primary = BAD, .backup = GOOD }, BH_ACT_RESTORE },
    { "idle, the same, it is not: the new one",
      { SETTLED, WISH, .bare = true, .primary = BAD, .backup = BAD }, BH_ACT_CHECK_STAGED },
    { "idle, the same, looked at again",
      { SETTLED, WISH, .staged = GOOD, .bare = true, .primary = BAD, .backup = BAD },
      BH_ACT_BEGIN_UPDATE },
    { "idle, asked for good, no old image",
      { SETTLED, .request = BH_REQUEST_PERMANENT, .staged = GOOD, .bare = true },
      BH_ACT_BEGIN_UPDATE },

    { "no journal, an image on trial: go on with it",
      { NEW, .on_trial = 1, .primary = GOOD }, BH_ACT_ADOPT },
    { "no journal, an image on trial, and it is bad",
      { NEW, .on_trial = 1, .primary = BAD }, BH_ACT_CHECK_BACKUP },
    { "no journal, another's swap was interrupted, primary good",
      { NEW, .interrupted = 1, .primary = GOOD }, BH_ACT_ADOPT },
    { "no journal, another's swap was interrupted: its pieces are left alone",
      { NEW, .interrupted = 1, .primary = BAD, .backup = GOOD }, BH_ACT_RECOVER },
    { "the same, a rescue: it does not even search",
      { NEW, .interrupted = 1, .rescues = true, .primary = BAD, .search = GOOD }, BH_ACT_RECOVER },
    { "idle, primary bad, another's swap was interrupted",
      { SETTLED, .interrupted = 1, .primary = BAD, .backup = GOOD }, BH_ACT_RECOVER },

    { "idle, kept, and confirmed after all", { SETTLED, .kept = true, .confirmed = true },
      BH_ACT_CONFIRM },
    { "idle, kept", { SETTLED, .kept = true, .primary = GOOD, SEEN }, BH_ACT_START },
    { "idle, confirmed long ago", { SETTLED, .confirmed = true, .primary = GOOD, SEEN },
      BH_ACT_START },
    { "idle, not settled: settle", { UNSETTLED }, BH_ACT_SETTLE },
    { "idle: look at primary", { SETTLED }, BH_ACT_CHECK_PRIMARY },
    { "idle, primary good: start", { SETTLED, .primary = GOOD, SEEN }, BH_ACT_START },
    { "idle, primary good, but another image was verified since",
      { SETTLED, .primary = GOOD }, BH_ACT_CHECK_PRIMARY },
    { "idle, primary good, above what was recorded",
      { SETTLED, .primary = GOOD, .raise = true }, BH_ACT_RAISE_FLOOR },
    { "idle, primary bad", { SETTLED, .primary = BAD }, BH_ACT_CHECK_BACKUP },
    { "idle, primary bad, above what was recorded",
      { SETTLED, .primary = BAD, .raise = true }, BH_ACT_CHECK_BACKUP },
    { "idle, primary bad, copy good", { SETTLED, .primary = BAD, .backup = GOOD }, BH_ACT_RESTORE },
    { "idle, primary bad, copy bad", { SETTLED, .primary = BAD, .backup = BAD }, BH_ACT_RECOVER },
    { "idle, primary bad, the restore met a page that fails",
      { SETTLED, .primary = BAD, .backup = GOOD, .failed = true }, BH_ACT_RECOVER },

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

    { "updating, begun now: carry out", { UPDATING, .begun = true }, BH_ACT_UPDATE },
    { "updating, found: did somebody write primary?", { UPDATING }, BH_ACT_CHECK_PRIMARY },
    { "updating, half-way: go on", { UPDATING, .primary = BAD }, BH_ACT_UPDATE },
    { "updating, primary still old: go on", { UPDATING, .primary = OLD_IMAGE }, BH_ACT_UPDATE },
    { "updating, whatever is asked",
      { UPDATING, WISH, .primary = BAD, .confirmed = true }, BH_ACT_UPDATE },
    { "updating, found, a rescue: are the pieces whole?",
      { UPDATING, .rescues = true, .primary = BAD }, BH_ACT_CHECK_COMPOSITE },
    { "updating, found, they are",
      { UPDATING, .rescues = true, .primary = BAD, .composite = GOOD }, BH_ACT_UPDATE },
    { "updating, found, they are not",
      { UPDATING, .rescues = true, .primary = BAD, .composite = BAD }, BH_ACT_SEARCH },
    { "updating, somebody's image", { UPDATING, .primary = OTHER_IMAGE }, BH_ACT_REPLACE },
    { "updating a set, somebody's image in one: go on",
      { UPDATING, .primary = BAD | BH_PRIMARY_OTHER }, BH_ACT_UPDATE },
    { "updating a set, somebody's image in one, a rescue: the others follow",
      { UPDATING, .rescues = true, .primary = BAD | BH_PRIMARY_OTHER }, BH_ACT_SEARCH },
    { "updated: look at it", { UPDATING, .moved = true }, BH_ACT_CHECK_PRIMARY },
    { "updated: it is what was begun", { UPDATING, .moved = true, .primary = NEW_IMAGE },
      BH_ACT_FINISH },
    { "updated: it is something else", { UPDATING, .moved = true, .primary = OTHER_IMAGE },
      BH_ACT_CHECK_BACKUP },
    { "updated: it does not verify", { UPDATING, .moved = true, .primary = BAD },
      BH_ACT_CHECK_BACKUP },
    { "updated wrongly, the old image is whole",
      { UPDATING, .moved = true, .primary = BAD, .backup = GOOD }, BH_ACT_BEGIN_REVERT },
    { "updated wrongly, no old image: is there anything?",
      { UPDATING, .rescues = true, .moved = true, .primary = BAD, .backup = BAD }, BH_ACT_SEARCH },
    { "updated, and it is the old image", { UPDATING, .moved = true, .primary = OLD_IMAGE },
      BH_ACT_END_OLD },

    { "failed: look at primary", { UPDATING, .failed = true }, BH_ACT_CHECK_PRIMARY },
    { "failed, the old image is in place", { UPDATING, .failed = true, .primary = OLD_IMAGE },
      BH_ACT_END_OLD },
    { "failed half-way, no rescue, worn: one attempt less",
      { UPDATING, .failed = true, .worn = true, .primary = BAD }, BH_ACT_COUNT_FAILURE },
    { "failed half-way, counted",
      { UPDATING, .failed = true, .worn = true, .counted = true, .primary = BAD }, BH_ACT_RECOVER },
    { "revert failed, nothing worn, the new image can be started: not for ever",
      { REVERTING, .failed = true, .primary = NEW_IMAGE }, BH_ACT_COUNT_FAILURE },
    { "the same, counted",
      { REVERTING, .failed = true, .counted = true, .primary = NEW_IMAGE, SEEN }, BH_ACT_START },
    { "failed half-way, nothing worn: wait",
      { UPDATING, .failed = true, .primary = BAD }, BH_ACT_RECOVER },
    { "failed half-way, a rescue: search",
      { UPDATING, .rescues = true, .failed = true, .worn = true, .primary = BAD }, BH_ACT_SEARCH },
    { "failed half-way, found",
      { UPDATING, .rescues = true, .failed = true, .primary = BAD, .search = GOOD },
      BH_ACT_BEGIN_RESCUE },
    { "failed half-way, nothing found, worn",
      { UPDATING, .rescues = true, .failed = true, .worn = true, .primary = BAD, .search = BAD },
      BH_ACT_COUNT_FAILURE },
    { "no attempt left: look, write nothing", { .state = BH_STATE_UPDATING, .primary = BAD },
      BH_ACT_RECOVER },
    { "no attempt left, a rescue: search", { .state = BH_STATE_UPDATING, .rescues = true,
      .primary = BAD }, BH_ACT_SEARCH },
    { "no attempt left, a whole image: end it",
      { .state = BH_STATE_REVERTING, .primary = NEW_IMAGE }, BH_ACT_GIVE_UP },

    { "reverting, found: did somebody write primary?", { REVERTING }, BH_ACT_CHECK_PRIMARY },
    { "reverting: go on", { REVERTING, .primary = BAD }, BH_ACT_REVERT },
    { "reverting, begun now", { REVERTING, .begun = true, .rescues = true }, BH_ACT_REVERT },
    { "reverting, found, a rescue: are the pieces whole?",
      { REVERTING, .primary = BAD, .rescues = true }, BH_ACT_CHECK_COMPOSITE },
    { "reverting, found, they are",
      { REVERTING, .primary = BAD, .rescues = true, .composite = GOOD }, BH_ACT_REVERT },
    { "reverting, found, they are not",
      { REVERTING, .primary = BAD, .rescues = true, .composite = BAD }, BH_ACT_SEARCH },
    { "reverting, a confirm comes too late",
      { REVERTING, .primary = BAD, .confirmed = true }, BH_ACT_REVERT },
    { "reverting, somebody's image", { REVERTING, .primary = OTHER_IMAGE }, BH_ACT_REPLACE },
    { "reverted: look at it", { REVERTING, .moved = true }, BH_ACT_CHECK_PRIMARY },
    { "reverted", { REVERTING, .moved = true, .primary = OLD_IMAGE }, BH_ACT_END_OLD },
    { "reverted wrongly", { REVERTING, .rescues = true, .moved = true, .primary = BAD },
      BH_ACT_SEARCH },

    { "rescuing, found: look at primary", { RESCUING }, BH_ACT_CHECK_PRIMARY },
    { "rescuing, found: are the pieces whole?", { RESCUING, .primary = BAD },
      BH_ACT_CHECK_COMPOSITE },
    { "rescuing, they are", { RESCUING, .primary = BAD, .composite = GOOD }, BH_ACT_RESCUE },
    { "rescuing, they are no more", { RESCUING, .primary = BAD, .composite = BAD },
      BH_ACT_SEARCH },
    { "rescuing, they are no more, but it is done",
      { RESCUING, .primary = OLD_IMAGE, .composite = BAD }, BH_ACT_END_OLD },
    { "rescued the old image", { RESCUING, .moved = true, .primary = OLD_IMAGE }, BH_ACT_END_OLD },
    { "rescued the new image", { RESCUING, .to_new = true, .moved = true, .primary = NEW_IMAGE },
      BH_ACT_FINISH },
    { "rescued, and it does not verify", { RESCUING, .moved = true, .primary = BAD },
      BH_ACT_SEARCH },

    { "trial, confirmed: of what?", { TRIAL, .confirmed = true }, BH_ACT_CHECK_PRIMARY },
    { "trial, confirmed", { TRIAL, .confirmed = true, .primary = NEW_IMAGE }, BH_ACT_CONFIRM },
    { "trial, confirmed, then somebody's image",
      { TRIAL, .confirmed = true, .primary = OTHER_IMAGE }, BH_ACT_REPLACE },
    { "trial: look at primary", { TRIAL, .boots_left = 1 }, BH_ACT_CHECK_PRIMARY },
    { "trial, boots left: count this one", { TRIAL, .boots_left = 1, .primary = NEW_IMAGE },
      BH_ACT_COUNT_START },
    { "trial, neither confirmed nor on trial: it stays, as with MCUboot",
      { TRIAL, .boots_left = 1, .unclear = true, .primary = NEW_IMAGE }, BH_ACT_KEEP },
    { "trial, neither, but it does not verify",
      { TRIAL, .boots_left = 1, .unclear = true, .primary = BAD }, BH_ACT_CHECK_BACKUP },
    { "trial, neither, another image is asked for",
      { TRIAL, WISH, .unclear = true, .primary = NEW_IMAGE, .backup = BAD },
      BH_ACT_CHECK_STAGED },
    { "trial, neither, this start counted: start",
      { TRIAL, .started = true, .unclear = true, .primary = NEW_IMAGE, SEEN }, BH_ACT_START },
    { "trial over: is there a way back?", { TRIAL, .primary = NEW_IMAGE }, BH_ACT_CHECK_BACKUP },
    { "trial over, the old image is whole", { TRIAL, .primary = NEW_IMAGE, .backup = GOOD },
      BH_ACT_BEGIN_REVERT },
    { "trial over, a new request waits", { TRIAL, WISH, .primary = NEW_IMAGE, .backup = GOOD },
      BH_ACT_BEGIN_REVERT },
    { "trial over, no way back: look again at the next boots",
      { TRIAL, .primary = NEW_IMAGE, .backup = BAD }, BH_ACT_WAIT_FOR_BACKUP },
    { "trial over, no way back, a rescue: it may lie in pieces",
      { TRIAL, .rescues = true, .primary = NEW_IMAGE, .backup = BAD }, BH_ACT_SEARCH },
    { "trial over, found in pieces",
      { TRIAL, .rescues = true, .primary = NEW_IMAGE, .backup = BAD, .search = GOOD },
      BH_ACT_BEGIN_RESCUE },
    { "trial over, nowhere",
      { TRIAL, .rescues = true, .primary = NEW_IMAGE, .backup = BAD, .search = BAD },
      BH_ACT_WAIT_FOR_BACKUP },
    { "trial over, no way back, one look left",
      { TRIAL, .no_way_back = true, .boots_left = 1, .primary = NEW_IMAGE, .backup = BAD },
      BH_ACT_WAIT_FOR_BACKUP },
    { "trial over, no way back for good",
      { TRIAL, .no_way_back = true, .primary = NEW_IMAGE, .backup = BAD }, BH_ACT_KEEP },
    { "trial over, the way back is there again",
      { TRIAL, .no_way_back = true, .boots_left = 1, .primary = NEW_IMAGE, .backup = GOOD },
      BH_ACT_BEGIN_REVERT },
    { "trial, another image is asked for: is the way back gone?",
      { TRIAL, WISH, .boots_left = 1, .primary = NEW_IMAGE }, BH_ACT_CHECK_BACKUP },
    { "trial, another image is asked for, the way back is whole",
      { TRIAL, WISH, .boots_left = 1, .primary = NEW_IMAGE, .backup = GOOD }, BH_ACT_COUNT_START },
    { "trial, another image was staged over the way back: look at it",
      { TRIAL, WISH, .boots_left = 1, .primary = NEW_IMAGE, .backup = BAD }, BH_ACT_CHECK_STAGED },
    { "trial, another image was staged over the way back, good",
      { TRIAL, WISH, .boots_left = 1, .primary = NEW_IMAGE, .backup = BAD, .staged = GOOD },
      BH_ACT_BEGIN_UPDATE },
    { "trial, another image was staged over the way back, bad",
      { TRIAL, WISH, .boots_left = 1, .primary = NEW_IMAGE, .backup = BAD, .staged = BAD },
      BH_ACT_COUNT_START },
    { "trial over, both bad", { TRIAL, .backup = BAD, .primary = BAD }, BH_ACT_RECOVER },
    { "trial over, both bad, a rescue", { TRIAL, .rescues = true, .backup = BAD, .primary = BAD },
      BH_ACT_SEARCH },
    { "trial, counted, good", { TRIAL, .started = true, .primary = NEW_IMAGE, SEEN },
      BH_ACT_START },
    { "trial, does not verify", { TRIAL, .boots_left = 1, .primary = BAD }, BH_ACT_CHECK_BACKUP },
    { "trial, does not verify, a way back",
      { TRIAL, .boots_left = 1, .primary = BAD, .backup = GOOD }, BH_ACT_BEGIN_REVERT },
    { "trial, a person put the old image back", { TRIAL, .boots_left = 1, .primary = OLD_IMAGE },
      BH_ACT_END_OLD },
    { "trial, both images are the same",
      { TRIAL, .boots_left = 1, .primary = OLD_IMAGE | NEW_IMAGE }, BH_ACT_COUNT_START },
    { "trial, somebody's image", { TRIAL, .boots_left = 1, .primary = OTHER_IMAGE },
      BH_ACT_REPLACE },

    { "journal dead: look at primary", { SETTLED, .journal_dead = true }, BH_ACT_CHECK_PRIMARY },
    { "journal dead, primary good: start, request or not",
      { SETTLED, WISH, .journal_dead = true, .primary = GOOD, SEEN }, BH_ACT_START },
    { "journal dead, primary bad, idle",
      { SETTLED, .journal_dead = true, .primary = BAD }, BH_ACT_CHECK_BACKUP },
    { "journal dead, primary bad, in mid-update: the backup may be half of each",
      { UPDATING, .journal_dead = true, .primary = BAD }, BH_ACT_RECOVER },
    { "journal dead, in mid-update, a rescue: it needs no journal",
      { UPDATING, .rescues = true, .journal_dead = true, .primary = BAD }, BH_ACT_SEARCH },
    { "journal dead, found",
      { RESCUING, .begun = true, .journal_dead = true, .primary = BAD }, BH_ACT_RESCUE },
    { "journal dead, the old image is in place: say so if there is room",
      { UPDATING, .journal_dead = true, .primary = OLD_IMAGE, SEEN }, BH_ACT_END_OLD },
    { "journal dead, there was none",
      { UPDATING, .journal_dead = true, .counted = true, .primary = OLD_IMAGE, SEEN },
      BH_ACT_START },
    { "journal dead, a revert, the new image can be started: the old one first",
      { REVERTING, .rescues = true, .journal_dead = true, .primary = NEW_IMAGE, SEEN },
      BH_ACT_SEARCH },
    { "journal dead, a revert, the old one is nowhere",
      { REVERTING, .rescues = true, .journal_dead = true, .search = BAD,
        .primary = NEW_IMAGE, SEEN },
      BH_ACT_GIVE_UP },
    { "journal dead, a revert, said if there was room",
      { REVERTING, .journal_dead = true, .counted = true, .primary = NEW_IMAGE, SEEN },
      BH_ACT_START },
    { "journal dead, copied, and still bad",
      { RESCUING, .begun = true, .moved = true, .journal_dead = true, .primary = BAD },
      BH_ACT_RECOVER },
    { "journal dead, trial: start it, counted or not",
      { TRIAL, .journal_dead = true, .primary = NEW_IMAGE, SEEN }, BH_ACT_START },

    { "postponed, primary whole",
      { UPDATING, .failed = true, .later = true, .primary = OLD_IMAGE, SEEN }, BH_ACT_START },
    { "postponed half-way", { UPDATING, .failed = true, .later = true, .primary = BAD },
      BH_ACT_RECOVER },
    { "a former journal: look", { NEW, .locked = true }, BH_ACT_CHECK_PRIMARY },
    { "a former journal, primary good", { NEW, .locked = true, .primary = GOOD, SEEN },
      BH_ACT_START },
    { "a former journal, primary bad", { NEW, .locked = true, .primary = BAD, .backup = GOOD },
      BH_ACT_RECOVER },
    { "another layout in mid-act", { UPDATING, .locked = true, .primary = OLD_IMAGE },
      BH_ACT_RECOVER },
};
/* clang-format on */

static void every_row(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum bh_act act = bh_boot_decide(&rows[i].facts);

        if (act != rows[i].act)
            fail_msg("row %u (%s): act %d, expected %d", i, rows[i].what, act, rows[i].act);
    }
}

static uint32_t draw(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Whatever the facts, the answer is an act. START needs a primary that may be started and was
 * verified last, an update a staged image that is good, and a journal that is not ours is never
 * written. */
static void never_starts_unverified(void **state)
{
    static const uint8_t states[] = { 0, 1, 2, 3, 4, 5, 6, 77, 255 };
    static const uint8_t primaries[] = {
        UNKNOWN,   BAD,       BAD | BH_PRIMARY_OTHER, GOOD,
        OLD_IMAGE, NEW_IMAGE, OLD_IMAGE | NEW_IMAGE,  OTHER_IMAGE
    };
    uint32_t seed = 1, acts = 0;

    (void)state;
    for (unsigned i = 0; i < 2000000; i++) {
        uint32_t bits = draw(&seed), looks = draw(&seed);
        struct bh_facts f = {
            .journal_dead = bits & 1,
            .locked = (bits & 6) == 6,
            .later = (bits & 24) == 24,
            .settled = bits >> 5 & 1,
            .no_way_back = bits >> 6 & 1,
            .to_new = bits >> 7 & 1,
            .begun = bits >> 8 & 1,
            .moved = bits >> 9 & 1,
            .failed = bits >> 10 & 1,
            .worn = bits >> 11 & 1,
            .started = bits >> 12 & 1,
            .raise = bits >> 13 & 1,
            .confirmed = bits >> 14 & 1,
            .refused = bits >> 15 & 1,
            .rescues = bits >> 16 & 1,
            .at_hand = bits >> 17 & 1,
            .counted = bits >> 20 & 1,
            .bare = bits >> 21 & 1,
            .kept = bits >> 23 & 1,
            .unclear = bits >> 22 & 1,
            .interrupted = looks >> 18 & 1,
            .on_trial = looks >> 17 & 1,
            .boots_left = bits >> 18 & 3,
            .request = looks >> 16 & 1,
            .state = states[looks % 9],
            .primary = primaries[looks >> 4 & 7],
            .staged = looks / 9 % 3,
            .backup = looks / 27 % 3,
            .composite = looks / 81 % 3,
            .search = looks / 243 % 3,
        };
        enum bh_act act;

        /* who has no rescue has nothing found by it, and no record of one is possible */
        f.rescues |= f.state == BH_STATE_RESCUING;
        f.search = f.rescues ? f.search : UNKNOWN;
        act = bh_boot_decide(&f);
        assert_in_range(act, BH_ACT_RECOVER, BH_ACTS - 1);
        acts |= 1u << act;
        if (act == BH_ACT_START && !(f.primary & GOOD && f.at_hand))
            fail_msg("draw %u: started unverified", i);
        if (act == BH_ACT_BEGIN_UPDATE)
            assert_int_equal(f.staged, GOOD);
        if (f.interrupted && f.state <= BH_STATE_REQUESTED)
            assert_true(act != BH_ACT_RESTORE && act != BH_ACT_BEGIN_RESCUE);
        if (f.locked || f.later)
            assert_true(act == BH_ACT_START || act == BH_ACT_RECOVER ||
                        act == BH_ACT_CHECK_PRIMARY);
        if (act == BH_ACT_SEARCH || act == BH_ACT_CHECK_COMPOSITE || act == BH_ACT_RESCUE ||
            act == BH_ACT_BEGIN_RESCUE)
            assert_true(f.rescues);
    }
    assert_int_equal(acts, (1u << BH_ACTS) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(never_starts_unverified),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
