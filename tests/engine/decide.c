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
    bool rescues; /* the product names a rescue */
};

/* Products as far as it matters. */
static const struct bh_product plain = { .mailbox = &bh_mailbox_mcuboot };
static const struct bh_product rescued = { .mailbox = &bh_mailbox_mcuboot, .rescue = &bh_rescue };

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
#define RESCUING .state = BH_STATE_RESCUING, .boots_left = 2
#define SEEN .at_hand = true

/* clang-format off */
static const struct row rows[] = {
    { "no journal: look at primary", { NEW }, BH_ACT_CHECK_PRIMARY, false },
    { "no journal, primary good: begin one", { NEW, .primary = GOOD }, BH_ACT_SETTLE, false },
    { "no journal, primary good, a request: begin one first",
      { NEW, WISH, .primary = GOOD }, BH_ACT_SETTLE, false },
    { "no journal, primary bad: look for a copy", { NEW, .primary = BAD }, BH_ACT_CHECK_BACKUP, false },
    { "no journal, a copy is there", { NEW, .primary = BAD, .backup = GOOD }, BH_ACT_RESTORE, false },
    { "no journal, nothing at all", { NEW, .primary = BAD, .backup = BAD }, BH_ACT_RECOVER, false },
    { "no journal, primary bad, a rescue: search",
      { NEW, .primary = BAD }, BH_ACT_SEARCH, true },
    { "no journal, found: state it first",
      { NEW, .primary = BAD, .search = GOOD }, BH_ACT_BEGIN_RESCUE, true },
    { "no journal, nothing found",
      { NEW, .primary = BAD, .search = BAD, .backup = GOOD }, BH_ACT_RECOVER, true },

    { "idle, a trial is asked for, no old image: is primary bad?",
      { SETTLED, WISH, .staged = GOOD, .bare = true }, BH_ACT_CHECK_PRIMARY, false },
    { "idle, the same, it is: look for the one that ran",
      { SETTLED, WISH, .staged = GOOD, .bare = true, .primary = BAD }, BH_ACT_CHECK_BACKUP, false },
    { "idle, the same, a rescue: search",
      { SETTLED, WISH, .staged = GOOD, .bare = true, .primary = BAD },
      BH_ACT_SEARCH, true },
    { "idle, the same, it is there: restore it before the new one is looked at again",
      { SETTLED, WISH, .bare = true, .primary = BAD, .backup = GOOD }, BH_ACT_RESTORE, false },
    { "idle, the same, it is not: the new one",
      { SETTLED, WISH, .bare = true, .primary = BAD, .backup = BAD }, BH_ACT_CHECK_STAGED, false },
    { "idle, the same, looked at again",
      { SETTLED, WISH, .staged = GOOD, .bare = true, .primary = BAD, .backup = BAD },
      BH_ACT_BEGIN_UPDATE, false },
    { "idle, asked for good, no old image",
      { SETTLED, .request = BH_REQUEST_PERMANENT, .staged = GOOD, .bare = true },
      BH_ACT_BEGIN_UPDATE, false },

    { "no journal, an image on trial: go on with it",
      { NEW, .on_trial = 1, .primary = GOOD }, BH_ACT_ADOPT, false },
    { "no journal, an image on trial, and it is bad",
      { NEW, .on_trial = 1, .primary = BAD }, BH_ACT_CHECK_BACKUP, false },
    { "no journal, another's swap was interrupted, primary good",
      { NEW, .interrupted = 1, .primary = GOOD }, BH_ACT_ADOPT, false },
    { "no journal, another's swap was interrupted: its pieces are left alone",
      { NEW, .interrupted = 1, .primary = BAD, .backup = GOOD }, BH_ACT_RECOVER, false },
    { "the same, a rescue: it does not even search",
      { NEW, .interrupted = 1, .primary = BAD, .search = GOOD }, BH_ACT_RECOVER, true },
    { "idle, primary bad, another's swap was interrupted",
      { SETTLED, .interrupted = 1, .primary = BAD, .backup = GOOD }, BH_ACT_RECOVER, false },

    { "idle, kept, and confirmed after all", { SETTLED, .kept = true, .confirmed = true },
      BH_ACT_CONFIRM, false },
    { "idle, kept", { SETTLED, .kept = true, .primary = GOOD, SEEN }, BH_ACT_START, false },
    { "idle, confirmed long ago", { SETTLED, .confirmed = true, .primary = GOOD, SEEN },
      BH_ACT_START, false },
    { "idle, not settled: settle", { UNSETTLED }, BH_ACT_SETTLE, false },
    { "idle: look at primary", { SETTLED }, BH_ACT_CHECK_PRIMARY, false },
    { "idle, primary good: start", { SETTLED, .primary = GOOD, SEEN }, BH_ACT_START, false },
    { "idle, primary good, but another image was verified since",
      { SETTLED, .primary = GOOD }, BH_ACT_CHECK_PRIMARY, false },
    { "idle, primary good, above what was recorded",
      { SETTLED, .primary = GOOD, .raise = true }, BH_ACT_RAISE_FLOOR, false },
    { "idle, primary bad", { SETTLED, .primary = BAD }, BH_ACT_CHECK_BACKUP, false },
    { "idle, primary bad, above what was recorded",
      { SETTLED, .primary = BAD, .raise = true }, BH_ACT_CHECK_BACKUP, false },
    { "idle, primary bad, copy good", { SETTLED, .primary = BAD, .backup = GOOD }, BH_ACT_RESTORE, false },
    { "idle, primary bad, copy bad", { SETTLED, .primary = BAD, .backup = BAD }, BH_ACT_RECOVER, false },
    { "idle, primary bad, the restore met a page that fails",
      { SETTLED, .primary = BAD, .backup = GOOD, .failed = true }, BH_ACT_RECOVER, false },

    { "request: look at it", { SETTLED, WISH }, BH_ACT_CHECK_STAGED, false },
    { "request, not settled: look at it all the same", { UNSETTLED, WISH }, BH_ACT_CHECK_STAGED, false },
    { "request, staged good", { SETTLED, WISH, .staged = GOOD }, BH_ACT_BEGIN_UPDATE, false },
    { "request, staged bad", { SETTLED, WISH, .staged = BAD }, BH_ACT_REFUSE, false },
    { "request, staged bad, refused already",
      { SETTLED, WISH, .staged = BAD, .refused = true }, BH_ACT_CLEAR_REQUEST, false },
    { "request in the journal",
      { .state = BH_STATE_REQUESTED, WISH }, BH_ACT_CHECK_STAGED, false },
    { "request in the journal, staged bad",
      { .state = BH_STATE_REQUESTED, WISH, .staged = BAD }, BH_ACT_REFUSE, false },

    { "updating, begun now: carry out", { UPDATING, .begun = true }, BH_ACT_UPDATE, false },
    { "updating, found: did somebody write primary?", { UPDATING }, BH_ACT_CHECK_PRIMARY, false },
    { "updating, half-way: go on", { UPDATING, .primary = BAD }, BH_ACT_UPDATE, false },
    { "updating, primary still old: go on", { UPDATING, .primary = OLD_IMAGE }, BH_ACT_UPDATE, false },
    { "updating, whatever is asked",
      { UPDATING, WISH, .primary = BAD, .confirmed = true }, BH_ACT_UPDATE, false },
    { "updating, found, a rescue: are the pieces whole?",
      { UPDATING, .primary = BAD }, BH_ACT_CHECK_COMPOSITE, true },
    { "updating, found, they are",
      { UPDATING, .primary = BAD, .composite = GOOD }, BH_ACT_UPDATE, true },
    { "updating, found, they are not",
      { UPDATING, .primary = BAD, .composite = BAD }, BH_ACT_SEARCH, true },
    { "updating, somebody's image", { UPDATING, .primary = OTHER_IMAGE }, BH_ACT_REPLACE, false },
    { "updating a set, somebody's image in one: go on",
      { UPDATING, .primary = BAD | BH_PRIMARY_OTHER }, BH_ACT_UPDATE, false },
    { "updating a set, somebody's image in one, a rescue: the others follow",
      { UPDATING, .primary = BAD | BH_PRIMARY_OTHER }, BH_ACT_SEARCH, true },
    { "updated: look at it", { UPDATING, .moved = true }, BH_ACT_CHECK_PRIMARY, false },
    { "updated: it is what was begun", { UPDATING, .moved = true, .primary = NEW_IMAGE },
      BH_ACT_FINISH, false },
    { "updated: it is something else", { UPDATING, .moved = true, .primary = OTHER_IMAGE },
      BH_ACT_CHECK_BACKUP, false },
    { "updated: it does not verify", { UPDATING, .moved = true, .primary = BAD },
      BH_ACT_CHECK_BACKUP, false },
    { "updated wrongly, the old image is whole",
      { UPDATING, .moved = true, .primary = BAD, .backup = GOOD }, BH_ACT_BEGIN_REVERT, false },
    { "updated wrongly, no old image: is there anything?",
      { UPDATING, .moved = true, .primary = BAD, .backup = BAD }, BH_ACT_SEARCH, true },
    { "updated, and it is the old image", { UPDATING, .moved = true, .primary = OLD_IMAGE },
      BH_ACT_END_OLD, false },

    { "failed: look at primary", { UPDATING, .failed = true }, BH_ACT_CHECK_PRIMARY, false },
    { "failed, the old image is in place", { UPDATING, .failed = true, .primary = OLD_IMAGE },
      BH_ACT_END_OLD, false },
    { "failed half-way, no rescue, worn: one attempt less",
      { UPDATING, .failed = true, .worn = true, .primary = BAD }, BH_ACT_COUNT_FAILURE, false },
    { "failed half-way, counted",
      { UPDATING, .failed = true, .worn = true, .counted = true, .primary = BAD },
      BH_ACT_RECOVER, false },
    { "revert failed, nothing worn, the new image can be started: not for ever",
      { REVERTING, .failed = true, .primary = NEW_IMAGE }, BH_ACT_COUNT_FAILURE, false },
    { "the same, counted",
      { REVERTING, .failed = true, .counted = true, .primary = NEW_IMAGE, SEEN },
      BH_ACT_START, false },
    { "failed half-way, nothing worn: wait",
      { UPDATING, .failed = true, .primary = BAD }, BH_ACT_RECOVER, false },
    { "failed half-way, a rescue: search",
      { UPDATING, .failed = true, .worn = true, .primary = BAD }, BH_ACT_SEARCH, true },
    { "failed half-way, found",
      { UPDATING, .failed = true, .primary = BAD, .search = GOOD },
      BH_ACT_BEGIN_RESCUE, true },
    { "failed half-way, nothing found, worn",
      { UPDATING, .failed = true, .worn = true, .primary = BAD, .search = BAD },
      BH_ACT_COUNT_FAILURE, true },
    { "no attempt left: look, write nothing", { .state = BH_STATE_UPDATING, .primary = BAD },
      BH_ACT_RECOVER, false },
    { "no attempt left, a rescue: search", { .state = BH_STATE_UPDATING,
      .primary = BAD }, BH_ACT_SEARCH, true },
    { "no attempt left, a whole image: end it",
      { .state = BH_STATE_REVERTING, .primary = NEW_IMAGE }, BH_ACT_GIVE_UP, false },

    { "reverting, found: did somebody write primary?", { REVERTING }, BH_ACT_CHECK_PRIMARY, false },
    { "reverting: go on", { REVERTING, .primary = BAD }, BH_ACT_REVERT, false },
    { "reverting, begun now", { REVERTING, .begun = true }, BH_ACT_REVERT, true },
    { "reverting, found, a rescue: are the pieces whole?",
      { REVERTING, .primary = BAD }, BH_ACT_CHECK_COMPOSITE, true },
    { "reverting, found, they are",
      { REVERTING, .primary = BAD, .composite = GOOD }, BH_ACT_REVERT, true },
    { "reverting, found, they are not",
      { REVERTING, .primary = BAD, .composite = BAD }, BH_ACT_SEARCH, true },
    { "reverting, a confirm comes too late",
      { REVERTING, .primary = BAD, .confirmed = true }, BH_ACT_REVERT, false },
    { "reverting, somebody's image", { REVERTING, .primary = OTHER_IMAGE }, BH_ACT_REPLACE, false },
    { "reverted: look at it", { REVERTING, .moved = true }, BH_ACT_CHECK_PRIMARY, false },
    { "reverted", { REVERTING, .moved = true, .primary = OLD_IMAGE }, BH_ACT_END_OLD, false },
    { "reverted wrongly", { REVERTING, .moved = true, .primary = BAD },
      BH_ACT_SEARCH, true },

    { "rescuing, found: look at primary", { RESCUING }, BH_ACT_CHECK_PRIMARY, true },
    { "rescuing, found: are the pieces whole?", { RESCUING, .primary = BAD },
      BH_ACT_CHECK_COMPOSITE, true },
    { "rescuing, they are", { RESCUING, .primary = BAD, .composite = GOOD }, BH_ACT_RESCUE, true },
    { "rescuing, they are no more", { RESCUING, .primary = BAD, .composite = BAD },
      BH_ACT_SEARCH, true },
    { "rescuing, they are no more, but it is done",
      { RESCUING, .primary = OLD_IMAGE, .composite = BAD }, BH_ACT_END_OLD, true },
    { "rescued the old image", { RESCUING, .moved = true, .primary = OLD_IMAGE }, BH_ACT_END_OLD, true },
    { "rescued the new image", { RESCUING, .to_new = true, .moved = true, .primary = NEW_IMAGE },
      BH_ACT_FINISH, true },
    { "rescued, and it does not verify", { RESCUING, .moved = true, .primary = BAD },
      BH_ACT_SEARCH, true },

    { "trial, confirmed: of what?", { TRIAL, .confirmed = true }, BH_ACT_CHECK_PRIMARY, false },
    { "trial, confirmed", { TRIAL, .confirmed = true, .primary = NEW_IMAGE }, BH_ACT_CONFIRM, false },
    { "trial, confirmed, then somebody's image",
      { TRIAL, .confirmed = true, .primary = OTHER_IMAGE }, BH_ACT_REPLACE, false },
    { "trial: look at primary", { TRIAL, .boots_left = 1 }, BH_ACT_CHECK_PRIMARY, false },
    { "trial, boots left: count this one", { TRIAL, .boots_left = 1, .primary = NEW_IMAGE },
      BH_ACT_COUNT_START, false },
    { "trial, neither confirmed nor on trial: it stays, as with MCUboot",
      { TRIAL, .boots_left = 1, .unclear = true, .primary = NEW_IMAGE }, BH_ACT_KEEP, false },
    { "trial, neither, but it does not verify",
      { TRIAL, .boots_left = 1, .unclear = true, .primary = BAD }, BH_ACT_CHECK_BACKUP, false },
    { "trial, neither, another image is asked for",
      { TRIAL, WISH, .unclear = true, .primary = NEW_IMAGE, .backup = BAD },
      BH_ACT_CHECK_STAGED, false },
    { "trial, neither, this start counted: start",
      { TRIAL, .started = true, .unclear = true, .primary = NEW_IMAGE, SEEN },
      BH_ACT_START, false },
    { "trial over: is there a way back?", { TRIAL, .primary = NEW_IMAGE }, BH_ACT_CHECK_BACKUP, false },
    { "trial over, the old image is whole", { TRIAL, .primary = NEW_IMAGE, .backup = GOOD },
      BH_ACT_BEGIN_REVERT, false },
    { "trial over, a new request waits", { TRIAL, WISH, .primary = NEW_IMAGE, .backup = GOOD },
      BH_ACT_BEGIN_REVERT, false },
    { "trial over, no way back: look again at the next boots",
      { TRIAL, .primary = NEW_IMAGE, .backup = BAD }, BH_ACT_WAIT_FOR_BACKUP, false },
    { "trial over, no way back, a rescue: it may lie in pieces",
      { TRIAL, .primary = NEW_IMAGE, .backup = BAD }, BH_ACT_SEARCH, true },
    { "trial over, found in pieces",
      { TRIAL, .primary = NEW_IMAGE, .backup = BAD, .search = GOOD },
      BH_ACT_BEGIN_RESCUE, true },
    { "trial over, nowhere",
      { TRIAL, .primary = NEW_IMAGE, .backup = BAD, .search = BAD },
      BH_ACT_WAIT_FOR_BACKUP, true },
    { "trial over, no way back, one look left",
      { TRIAL, .no_way_back = true, .boots_left = 1, .primary = NEW_IMAGE, .backup = BAD },
      BH_ACT_WAIT_FOR_BACKUP, false },
    { "trial over, no way back for good",
      { TRIAL, .no_way_back = true, .primary = NEW_IMAGE, .backup = BAD }, BH_ACT_KEEP, false },
    { "trial over, the way back is there again",
      { TRIAL, .no_way_back = true, .boots_left = 1, .primary = NEW_IMAGE, .backup = GOOD },
      BH_ACT_BEGIN_REVERT, false },
    { "trial, another image is asked for: is the way back gone?",
      { TRIAL, WISH, .boots_left = 1, .primary = NEW_IMAGE }, BH_ACT_CHECK_BACKUP, false },
    { "trial, another image is asked for, the way back is whole",
      { TRIAL, WISH, .boots_left = 1, .primary = NEW_IMAGE, .backup = GOOD },
      BH_ACT_COUNT_START, false },
    { "trial, another image was staged over the way back: look at it",
      { TRIAL, WISH, .boots_left = 1, .primary = NEW_IMAGE, .backup = BAD },
      BH_ACT_CHECK_STAGED, false },
    { "trial, another image was staged over the way back, good",
      { TRIAL, WISH, .boots_left = 1, .primary = NEW_IMAGE, .backup = BAD, .staged = GOOD },
      BH_ACT_BEGIN_UPDATE, false },
    { "trial, another image was staged over the way back, bad",
      { TRIAL, WISH, .boots_left = 1, .primary = NEW_IMAGE, .backup = BAD, .staged = BAD },
      BH_ACT_COUNT_START, false },
    { "trial over, both bad", { TRIAL, .backup = BAD, .primary = BAD }, BH_ACT_RECOVER, false },
    { "trial over, both bad, a rescue", { TRIAL, .backup = BAD, .primary = BAD },
      BH_ACT_SEARCH, true },
    { "trial, counted, good", { TRIAL, .started = true, .primary = NEW_IMAGE, SEEN },
      BH_ACT_START, false },
    { "trial, does not verify", { TRIAL, .boots_left = 1, .primary = BAD }, BH_ACT_CHECK_BACKUP, false },
    { "trial, does not verify, a way back",
      { TRIAL, .boots_left = 1, .primary = BAD, .backup = GOOD }, BH_ACT_BEGIN_REVERT, false },
    { "trial, a person put the old image back", { TRIAL, .boots_left = 1, .primary = OLD_IMAGE },
      BH_ACT_END_OLD, false },
    { "trial, both images are the same",
      { TRIAL, .boots_left = 1, .primary = OLD_IMAGE | NEW_IMAGE }, BH_ACT_COUNT_START, false },
    { "trial, somebody's image", { TRIAL, .boots_left = 1, .primary = OTHER_IMAGE },
      BH_ACT_REPLACE, false },

    { "rescuing, no attempt is left, but an image was found and stated: put it together",
      { .state = BH_STATE_RESCUING, .begun = true }, BH_ACT_RESCUE, true },
    { "rescuing, the same, it failed: tell the page",
      { .state = BH_STATE_RESCUING, .begun = true, .failed = true, .worn = true, .primary = BAD,
        .search = BAD }, BH_ACT_COUNT_FAILURE, true },
    { "rescuing, the same, told",
      { .state = BH_STATE_RESCUING, .begun = true, .failed = true, .worn = true, .counted = true,
        .primary = BAD, .search = BAD }, BH_ACT_RECOVER, true },
    { "journal dead: look at primary", { SETTLED, .journal_dead = true }, BH_ACT_CHECK_PRIMARY, false },
    { "journal dead, primary good: start, request or not",
      { SETTLED, WISH, .journal_dead = true, .primary = GOOD, SEEN }, BH_ACT_START, false },
    { "journal dead, primary bad, idle",
      { SETTLED, .journal_dead = true, .primary = BAD }, BH_ACT_CHECK_BACKUP, false },
    { "journal dead, primary bad, in mid-update: the backup may be half of each",
      { UPDATING, .journal_dead = true, .primary = BAD }, BH_ACT_RECOVER, false },
    { "journal dead, in mid-update, a rescue: it needs no journal",
      { UPDATING, .journal_dead = true, .primary = BAD }, BH_ACT_SEARCH, true },
    { "journal dead, found",
      { RESCUING, .begun = true, .journal_dead = true, .primary = BAD }, BH_ACT_RESCUE, true },
    { "journal dead, one that was begun in another power-up: what it copies is verified first",
      { RESCUING, .journal_dead = true, .primary = BAD }, BH_ACT_SEARCH, true },
    { "journal dead, the old image is in place: say so if there is room",
      { UPDATING, .journal_dead = true, .primary = OLD_IMAGE, SEEN }, BH_ACT_END_OLD, false },
    { "journal dead, there was none",
      { UPDATING, .journal_dead = true, .counted = true, .primary = OLD_IMAGE, SEEN },
      BH_ACT_START, false },
    { "journal dead, a revert, the new image can be started: the old one first",
      { REVERTING, .journal_dead = true, .primary = NEW_IMAGE, SEEN },
      BH_ACT_SEARCH, true },
    { "journal dead, a revert, the old one is nowhere",
      { REVERTING, .journal_dead = true, .search = BAD,
        .primary = NEW_IMAGE, SEEN },
      BH_ACT_GIVE_UP, true },
    { "journal dead, a revert, said if there was room",
      { REVERTING, .journal_dead = true, .counted = true, .primary = NEW_IMAGE, SEEN },
      BH_ACT_START, false },
    { "journal dead, copied, and still bad",
      { RESCUING, .begun = true, .moved = true, .journal_dead = true, .primary = BAD },
      BH_ACT_RECOVER, true },
    { "journal dead, trial: start it, counted or not",
      { TRIAL, .journal_dead = true, .primary = NEW_IMAGE, SEEN }, BH_ACT_START, false },
    { "journal dead in an act that is accounted for: what is whole is started, and nothing tried",
      { UPDATING, .journal_dead = true, .counted = true, .primary = OTHER_IMAGE, SEEN },
      BH_ACT_START, true },

    { "postponed, primary whole",
      { UPDATING, .failed = true, .later = true, .primary = OLD_IMAGE, SEEN },
      BH_ACT_START, false },
    { "postponed half-way", { UPDATING, .failed = true, .later = true, .primary = BAD },
      BH_ACT_RECOVER, false },
    { "a former journal: look", { NEW, .locked = true }, BH_ACT_CHECK_PRIMARY, false },
    { "a former journal, primary good", { NEW, .locked = true, .primary = GOOD, SEEN },
      BH_ACT_START, false },
    { "a former journal, primary bad", { NEW, .locked = true, .primary = BAD, .backup = GOOD },
      BH_ACT_RECOVER, false },
    { "another layout in mid-act", { UPDATING, .locked = true, .primary = OLD_IMAGE },
      BH_ACT_RECOVER, false },
};
/* clang-format on */

static void every_row(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum bh_act act = bh_boot_decide(&rows[i].facts, rows[i].rescues ? &rescued : &plain);

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
        bool rescues;

        /* who has no rescue has nothing found by it, and no record of one is possible */
        rescues = bits >> 16 & 1 || f.state == BH_STATE_RESCUING;
        f.search = rescues ? f.search : UNKNOWN;
        act = bh_boot_decide(&f, rescues ? &rescued : &plain);
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
            assert_true(rescues);
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
