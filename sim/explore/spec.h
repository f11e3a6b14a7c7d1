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
    uint8_t loose;  /* ASKED, CONFIRMED: perhaps not readable at this boot, but at a later one */
    uint8_t doubt;  /* a request or confirm outside the journal was torn: to repeat it is no cure */
    uint8_t moving; /* ASKED, TRIAL 0: perhaps begun, and not at its end */
};

#define SPEC_ACCOUNTS_MAX 12u

/* What is still owed after a page went bad or a hand wrote: see wake.c. Sets of images: bit i is
 * image i. No padding: it is hashed. */
struct spec_wake {
    uint8_t on;        /* something of that kind happened */
    uint8_t may;       /* may be started */
    uint8_t ever;      /* may be started if none of these is to be had: once staged, or once ran */
    uint8_t news;      /* may be told as new and unconfirmed */
    uint8_t olds;      /* may be told as what an act went back to */
    uint8_t confirmed; /* may be told as there for good */
    uint8_t hands;     /* written into primary by a hand */
    uint8_t lowest;    /* version confirmed last: nothing lower may start but what was to be had */
    uint8_t must;      /* image that a hand put there whole: the next boot starts it; 0: none */
    uint8_t firm;      /* image whose confirm returned 0: it stays while it is to be had; 0: none */
    uint8_t lone;      /* pairs whose primary alone a hand wrote */
    uint8_t staged;    /* image staged since */
    uint8_t runs;      /* did the last boot start something? */
    uint8_t rests;     /* did it write nothing? */
    uint8_t boots;     /* in a row, without an act of the application */
    uint8_t dark;      /* of these, that started nothing though something was to be had */
    uint8_t phase;     /* enum wake_phase */
    uint8_t touched;   /* times that a hand wrote */
    uint8_t dead;      /* did a page go bad? */
    uint8_t chip;      /* of that page */
    uint32_t off;
    uint8_t trial;    /* was the last start one of a trial? */
    uint8_t lost;     /* did the page lose what it held? */
    uint8_t unstaged; /* did the last staging fail? */
    uint8_t amnesic;  /* the journal is lost, and what was confirmed last with it */
    uint8_t laid;     /* images that a hand laid where one is staged, or into the backup */
    uint8_t floor;    /* rollback floor, if counters count: that of an image is its number */
    uint8_t ceiling;  /* it may already be this high */
    uint8_t unasked;  /* image staged that is not asked for, or not for certain; 0: none */
    uint8_t down;     /* did the other chip not answer once? */
    uint8_t unused[6];
    uint8_t handed; /* version that a hand wrote last into every primary, whole, if allowed */
};

struct spec {
    struct spec_account account[SPEC_ACCOUNTS_MAX];
    uint8_t n;
    uint8_t trial_boots;
    bool reverts;    /* has the plan a way back? */
    bool downgrade;  /* may a lower version be installed? */
    bool counters;   /* is it the security counter that forbids it? */
    bool mailbox;    /* requests and confirms lie outside the journal */
    bool newer;      /* only a higher version may be installed */
    bool unstable;   /* torn units may read differently at every boot */
    uint8_t cuts;    /* so far */
    uint8_t flaw;    /* of the staged image: enum bh_reason */
    bool other_down; /* the other chip does not answer now */
    struct spec_wake wake;
};

/* What was seen of an act that came to its end. */
struct spec_seen {
    int err;        /* of the application's act */
    uint8_t action; /* of a boot: enum bh_boot_action */
    uint8_t image;  /* version in every primary slot; 0: not whole, or not the same */
    struct bh_record truth;
    uint8_t reason; /* of the boot */
    /* in the wake of a page gone bad or of a hand: */
    uint8_t in[BH_PAIRS_MAX]; /* image in each primary, whatever comes after it; 0: none whole */
    uint8_t had, have;        /* images that could be put together, before and after the boot */
    uint8_t near;             /* of those before: whole in primary or in the backup */
    uint32_t writes;          /* programs and erases that were tried */
};

struct spec_rules {
    uint8_t trial_boots;
    bool reverts, downgrade, counters, mailbox, newer, unstable;
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
