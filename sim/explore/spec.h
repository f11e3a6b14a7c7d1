/* SPDX-License-Identifier: Apache-2.0 */
/* sim/explore/spec.h - what a device owes its owner, as an automaton that knows no flash.
 *
 *     spec_begin(&s, &(struct spec_rules){ .trial_boots = 1, .reverts = true });
 *     wrong = spec_done(&s, act, &seen);    the act came to its end, and this was seen
 *     spec_cut(&s, act);                    or the power was cut in it
 *
 * A cut leaves open whether the act that it interrupted counts. So the automaton holds a set of
 * accounts, each of which would explain what was seen so far. What is seen next may rule some out.
 * If none is left, the device did what it must not do. */
#ifndef BULKHEAD_EXPLORE_SPEC_H
#define BULKHEAD_EXPLORE_SPEC_H

#include "bulkhead/boot.h"
#include "sim/explore/act.h"

enum spec_mode {
    SPEC_IDLE,
    SPEC_ASKED,     /* a request is written; the next boot carries it out */
    SPEC_TRIAL,     /* the new image runs, unconfirmed */
    SPEC_CONFIRMED, /* the confirm is written; the next boot makes it so */
};

#define SPEC_ANY 0xFFu /* an outcome or reason that is not foretold */

/* One account of what is so. No padding: it is hashed. */
struct spec_account {
    uint8_t mode;
    uint8_t image;   /* version in the primary slots */
    uint8_t old;     /* TRIAL, CONFIRMED: version to go back to */
    uint8_t staged;  /* version staged whole; 0: nothing that may be counted on */
    uint8_t refusal; /* ASKED: why the staged image must be refused, SPEC_ANY, or 0 */
    uint8_t permanent;
    uint8_t left;    /* TRIAL: starts left before it is reverted */
    uint8_t outcome; /* what the journal shall tell when IDLE */
    uint8_t reason;
    uint8_t loose;   /* ASKED, CONFIRMED: perhaps not readable at this boot, but at a later one */
    uint8_t doubt;   /* a request or confirm outside the journal was torn: to repeat it is no cure */
    uint8_t moving;  /* ASKED, TRIAL 0: perhaps begun, and not at its end */
};

#define SPEC_ACCOUNTS_MAX 12u

struct spec {
    struct spec_account account[SPEC_ACCOUNTS_MAX];
    uint8_t n;
    uint8_t trial_boots;
    bool reverts;  /* has the plan a way back? */
    bool downgrade; /* may a lower version be installed? */
    bool counters;  /* is it the security counter that forbids it? */
    bool mailbox;  /* requests and confirms lie outside the journal */
    bool unstable; /* torn units may read differently at every boot */
    uint8_t cuts;  /* so far */
    uint8_t flaw;  /* of the staged image: enum bh_reason */
    bool other_down; /* the other chip does not answer now */
};

/* What was seen of an act that came to its end. */
struct spec_seen {
    int err;         /* of the application's act */
    uint8_t action;  /* of a boot: enum bh_boot_action */
    uint8_t image;   /* version in every primary slot; 0: not whole, or not the same */
    struct bh_record truth;
    uint8_t reason;  /* of the boot */
};

struct spec_rules {
    uint8_t trial_boots;
    bool reverts, downgrade, counters, mailbox, unstable;
};

void spec_begin(struct spec *s, const struct spec_rules *rules);
/* NULL, or what is wrong in words (static, until the next call). */
const char *spec_done(struct spec *s, struct explore_act act, const struct spec_seen *seen);
void spec_cut(struct spec *s, struct explore_act act);
uint64_t spec_hash(const struct spec *s);

/* Would any account have this version started by the next boot? */
bool spec_owes(const struct spec *s, uint8_t version);
/* May this be the rollback floor, where every image's counter is its version? */
bool spec_floor(const struct spec *s, uint32_t floor);
/* Is every account, or any, in this mode? */
bool spec_all(const struct spec *s, enum spec_mode mode);
bool spec_any(const struct spec *s, enum spec_mode mode);
/* Is this version staged whole, in every account? 0: nothing is. */
uint8_t spec_staged(const struct spec *s);

#endif
