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
#include "bulkhead/update.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is known of an image so far. */
enum bh_look { BH_LOOK_UNKNOWN = 0, BH_LOOK_BAD = 1, BH_LOOK_GOOD = 2 };

/* What is known of primary: GOOD if it may be started, and then, in the middle of an act, which
 * image it is. More than one bit if the old and the new image are the same. */
#define BH_PRIMARY_OLD 4u
#define BH_PRIMARY_NEW 8u
#define BH_PRIMARY_OTHER 16u /* somebody wrote it; its version is allowed */

/* All that a decision rests on. Flags are words, 0 or 1: half the code of bytes on the stack. */
struct bh_facts {
    uint32_t journal_dead; /* a write to it failed in this boot, in both halves */
    uint32_t locked;       /* the journal is not ours to write */
    uint32_t later;        /* the board postpones writing */
    uint32_t settled;      /* the truth is IDLE and stable */
    uint32_t state;        /* enum bh_state */
    uint32_t kept;         /* the last act ended with an unconfirmed image */
    uint32_t boots_left;   /* TRIAL: starts; other acts: failures still answered by an attempt */
    uint32_t no_way_back;  /* TRIAL: it is over, but the old image was not whole */
    uint32_t to_new;       /* RESCUING: the new image is put together */
    uint32_t begun;        /* the act was stated in this boot, after all it rests on was verified */
    uint32_t moved;        /* the act's steps, or copies, are done */
    uint32_t failed;       /* they met a page that fails */
    uint32_t worn;         /* and another attempt would wear the flash */
    uint32_t counted;      /* that attempt is accounted for in the journal */
    uint32_t started;      /* this boot's start is accounted for in the journal */
    uint32_t raise;        /* primary is verified; its counter or version is above the recorded */
    uint32_t unraised;     /* a request is at hand, and primary tells of a higher counter */
    uint32_t confirmed;    /* the mailbox confirms */
    uint32_t unclear;      /* the mailbox neither confirms nor tells of a trial */
    uint32_t on_trial;     /* NONE: bit i: the mailbox tells that primary of pair i is on trial */
    uint32_t interrupted;  /* bit i: another bootloader's swap of pair i was interrupted */
    uint32_t refused;      /* the request at hand was refused, and the journal says so */
    uint32_t request;      /* enum bh_request */
    uint32_t bare;         /* staged is good, and there is no image in primary to go back to */
    uint32_t primary;      /* enum bh_look, and BH_PRIMARY_ bits */
    uint32_t at_hand;      /* what was verified last is primary, so that it can be started */
    uint32_t staged, backup; /* enum bh_look */
    uint32_t composite; /* enum bh_look: the image that the act at hand leads to, in its pieces */
    uint32_t search;    /* enum bh_look: any image that can be put together */
};

/* What to do next. After each but START and RECOVER the facts are gathered again. */
enum bh_act {
    BH_ACT_RECOVER = 0,   /* nothing can be started */
    BH_ACT_START,         /* start primary */
    BH_ACT_CHECK_PRIMARY, /* verify, to know */
    BH_ACT_CHECK_STAGED,
    BH_ACT_CHECK_BACKUP,
    BH_ACT_SETTLE,        /* write the truth again, as settled */
    BH_ACT_ADOPT,         /* write what another bootloader left: TRIAL, or IDLE, kept */
    BH_ACT_REFUSE,        /* write IDLE, refused, with the reason */
    BH_ACT_CLEAR_REQUEST, /* take the refused request out of the mailbox */
    BH_ACT_BEGIN_UPDATE,  /* write UPDATING, step 0 */
    BH_ACT_UPDATE,        /* carry out the steps left */
    BH_ACT_COUNT_START,   /* write TRIAL with one start less */
    BH_ACT_CONFIRM,       /* write IDLE, confirmed */
    BH_ACT_RAISE_FLOOR,   /* write IDLE with the floor and the last confirmed version raised */
    BH_ACT_BEGIN_REVERT,  /* write REVERTING */
    BH_ACT_REVERT,        /* undo the steps left */
    BH_ACT_RESTORE,       /* copy the backup, or the staged image, over primary */
    BH_ACT_FINISH,        /* the new image is in place: write TRIAL or IDLE */
    BH_ACT_END_OLD,       /* the old image is in place: write IDLE */
    BH_ACT_REPLACE,       /* somebody else's image is in place: write IDLE, replaced */
    BH_ACT_GIVE_UP, /* write IDLE, given up: primary can be started, though not as was meant */
    BH_ACT_KEEP,    /* write IDLE, kept */
    BH_ACT_WAIT_FOR_BACKUP, /* write TRIAL: over, and the way back is looked for once more */
    BH_ACT_COUNT_FAILURE,   /* write the same act with one attempt less, and the page that failed */
    BH_ACT_CHECK_COMPOSITE, /* verify the pieces from which the act goes on */
    BH_ACT_SEARCH,          /* look for an image that can be put together */
    BH_ACT_BEGIN_RESCUE,    /* write RESCUING */
    BH_ACT_RESCUE,          /* put it together */
    BH_ACTS
};

/* Pure. Never fails, whatever the facts. Of the product only this counts: does it name a rescue,
 * and a mailbox? */
enum bh_act bh_boot_decide(const struct bh_facts *facts, const struct bh_product *product);

enum bh_boot_action { BH_BOOT_RECOVER = 0, BH_BOOT_START = 1 };

#define BH_BOOT_READ 0x96C3A53Cu

/* A boot: what is known on the way, then what it came to. What is used most comes first: a word
 * further than 124 bytes from the start takes a longer instruction to reach. */
struct bh_boot {
    struct bh_facts facts;
    uint32_t reason;        /* enum bh_reason: why RECOVER, or what was noteworthy; NONE: nothing */
    uint32_t refusal;       /* enum bh_reason: why staged is bad */
    struct bh_setback back; /* the page that failed last in this boot */
    uint32_t wanted;        /* bit i: the application wishes the staged image of pair i installed */
    uint32_t bad;           /* bit i: primary of pair i does not verify */
    uint32_t others;        /* bit i: primary of pair i, in an act, is somebody else's image */
    uint32_t from_staged;   /* bit i: pair i is restored from its staged image */
    uint32_t
        primary; /* enum bh_reason: why primary does not verify; NONE: it does, or was not asked */
    uint32_t trace; /* bit n: enum bh_act n was done */
    uint32_t read;  /* BH_BOOT_READ: the journal was read to its end; compare it before the jump */
    enum bh_boot_action action;
    struct bh_work *work;
    struct bh_region start; /* START: the primary slot of pair 0 */
    struct {
        uint32_t is, floor, version[2];
    } seen[BH_PAIRS];      /* of primaries that verify */
    struct bh_record next; /* the truth, and what was learnt for the next statement */
    /* START: the image that starts, and BH_VERDICT_GOOD; compare that again just before
     * the jump. */
    struct bh_verified verified;
    struct bh_journal journal; /* its truth is what holds now; all zero if there is none */
};

/* Gather facts, decide, do, until there is something to start or nothing left to try. Always
 * returns; never writes outside slots, spare, mailbox and journal of the product. */
void bh_boot_run(const struct bh_product *product, struct bh_work *work, struct bh_boot *out);

/* How an act that cannot go on is answered. Named by a product: .rescue = &bh_rescue. */
struct bh_rescue {
    /* Is there an image that can be put together? b->next then tells of it, as RESCUING. */
    bool (*search)(struct bh_boot *b, const struct bh_product *product);
    /* Are the pieces whole that the act of the truth leads to? */
    bool (*whole)(struct bh_boot *b, const struct bh_product *product);
    /* Put together what the truth tells of. */
    int (*copy)(struct bh_boot *b, const struct bh_product *product);
    /* Would the staged image of pair p, of which b->next tells, need other content in a page that
     * failed in writing, and is there no way back? */
    bool (*barred)(struct bh_boot *b, const struct bh_product *product, uint32_t p);
};

#ifdef __cplusplus
}
#endif

#endif
