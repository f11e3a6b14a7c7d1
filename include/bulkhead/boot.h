/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/boot.h - what happens at a boot: decide (pure), then do.
 *
 *     struct bh_boot b;
 *     bh_boot_run(&product, &work, &b);
 *     if (b.action == BH_BOOT_START)
 *         jump(b.start.flash->base + b.start.off + b.verified.image.entry_off);
 */
#ifndef BULKHEAD_BOOT_H
#define BULKHEAD_BOOT_H

#include "bulkhead/product.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is known of an image so far. */
enum bh_look { BH_LOOK_UNKNOWN = 0, BH_LOOK_GOOD = 1, BH_LOOK_BAD = 2 };

/* All that a decision rests on. Flags are words, 0 or 1: half the code of bytes on the stack. */
struct bh_facts {
    uint32_t journal_dead;  /* a write to it failed in this boot */
    uint32_t settled;       /* the truth is IDLE and stable */
    uint32_t state;         /* enum bh_state */
    uint32_t outcome;       /* enum bh_outcome */
    uint32_t boots_left;
    uint32_t started;       /* this boot's start is accounted for in the journal */
    uint32_t raise_floor;   /* primary is verified and its counter is above the floor */
    uint32_t confirmed;     /* the mailbox confirms */
    uint32_t refused;       /* the request at hand was refused, and the journal says so */
    uint32_t stuck;         /* the update or revert met a flash error in this boot */
    uint32_t request;       /* enum bh_request */
    uint32_t primary, staged, backup; /* enum bh_look */
};

/* What to do next. After each but START and RECOVER the facts are gathered again. */
enum bh_act {
    BH_ACT_RECOVER = 0,     /* nothing can be started */
    BH_ACT_START,           /* start primary */
    BH_ACT_CHECK_PRIMARY,   /* verify, to know */
    BH_ACT_CHECK_STAGED,
    BH_ACT_CHECK_BACKUP,
    BH_ACT_SETTLE,          /* write the truth again, as settled */
    BH_ACT_REFUSE,          /* write IDLE, refused, with the reason */
    BH_ACT_CLEAR_REQUEST,   /* take the refused request out of the mailbox */
    BH_ACT_BEGIN_UPDATE,    /* write UPDATING, step 0 */
    BH_ACT_UPDATE,          /* carry out the steps left; then write TRIAL or IDLE */
    BH_ACT_COUNT_START,     /* write TRIAL with one start less */
    BH_ACT_CONFIRM,         /* write IDLE, confirmed */
    BH_ACT_RAISE_FLOOR,     /* write IDLE with the floor raised */
    BH_ACT_BEGIN_REVERT,    /* write REVERTING */
    BH_ACT_REVERT,          /* undo the steps left; then write IDLE, reverted */
    BH_ACT_RESTORE,         /* copy the backup, or the staged image, over primary */
};

/* Pure. Never fails, whatever the facts. */
enum bh_act bh_boot_decide(const struct bh_facts *facts);

enum bh_boot_action { BH_BOOT_RECOVER = 0, BH_BOOT_START = 1 };

/* A boot: what it came to, then what it knows on the way there. */
struct bh_boot {
    /* START: the image that starts, and BH_VERDICT_GOOD; compare that again just before the jump. */
    struct bh_verified verified;
    enum bh_boot_action action;
    uint32_t reason;  /* enum bh_reason: why RECOVER, or what was noteworthy; NONE: nothing */
    uint32_t primary; /* enum bh_reason: why primary does not verify; NONE: it does, or was not asked */
    uint32_t trace;   /* bit n: enum bh_act n was done */
    struct bh_region start; /* START: the primary slot of pair 0 */
    struct bh_journal journal; /* its truth is what holds now; all zero if there is none */

    struct bh_facts facts;
    struct bh_record next; /* what this act states in the journal, if it does */
    struct bh_work *work;
    uint32_t wanted;       /* bit i: the application wishes the staged image of pair i installed */
    uint32_t refusal;      /* enum bh_reason: why staged is bad */
    uint32_t bad;          /* bit i: primary of pair i does not verify */
    uint32_t from_staged;  /* bit i: pair i is restored from its staged image */
    struct bh_record_pair size[BH_PAIRS_MAX]; /* learnt on the way, for next */
};

/* Gather facts, decide, do, until there is something to start or nothing left to try. Always
 * returns; never writes outside slots, spare, mailbox and journal of the product. */
void bh_boot_run(const struct bh_product *product, struct bh_work *work, struct bh_boot *out);

#ifdef __cplusplus
}
#endif

#endif
