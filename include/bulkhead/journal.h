/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/journal.h - the bootloader's memory: append-only records and marks over two pages.
 *
 *     struct bh_journal j;
 *     err = bh_product_journal(&product, &work, &j);   the truth is in j.truth
 *     err = bh_journal_refresh(&j);                    before anything is done because of it
 *     err = bh_journal_mark(&j, k);                    "step k is done"
 *
 * The rules, and the reason for each, are above src/journal/journal.c. The bytes are in
 * docs/formats/journal.md. */
#ifndef BULKHEAD_JOURNAL_H
#define BULKHEAD_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "bulkhead/pair.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_JOURNAL_FORMAT 2u /* version of what is written: docs/formats/journal.md */

/* What is going on. On flash: numbers are never reused. */
enum bh_state {
    BH_STATE_NONE = 0,      /* no journal: a new device, or both pages lost; never on flash */
    BH_STATE_IDLE = 1,      /* nothing; outcome tells how the last update ended */
    BH_STATE_REQUESTED = 2, /* the application asks for staged images: of pairs with a size_new */
    BH_STATE_UPDATING = 3,  /* steps [0, step) are done */
    BH_STATE_TRIAL = 4,     /* the new image runs unconfirmed; boots_left more starts */
    BH_STATE_REVERTING = 5, /* steps [step, all) are undone */
    BH_STATE_RESCUING = 6,  /* an act stopped at step: one image is put together again */
};
#define BH_STATE_LAST BH_STATE_RESCUING

/* How the last update ended. On flash: numbers are never reused. */
enum bh_outcome {
    BH_OUTCOME_NONE = 0,
    BH_OUTCOME_CONFIRMED = 1, /* the new image is in place for good */
    BH_OUTCOME_REVERTED = 2,  /* the old image is back; reason tells why */
    BH_OUTCOME_REFUSED = 3,   /* the staged image was not installed; reason tells why */
    BH_OUTCOME_RESTORED = 4,  /* primary was bad and was restored from the backup */
    BH_OUTCOME_GIVEN_UP = 5,  /* the update could not be carried out; the old image is back */
    BH_OUTCOME_KEPT = 6, /* the new image was not confirmed, but there is no way back: it stays */
    BH_OUTCOME_REPLACED = 7,  /* somebody wrote another good image into primary; it stays */
    BH_OUTCOME_CANCELLED = 8, /* the application took its request back */
};
#define BH_OUTCOME_LAST BH_OUTCOME_CANCELLED

/* Which page failed last, in one word; 0: none. */
enum bh_fault_kind {
    BH_FAULT_NONE = 0,
    BH_FAULT_PRIMARY = 1, /* chunk index of a primary slot */
    BH_FAULT_BACKUP = 2,  /* cell L[index]: 0 is the spare */
    BH_FAULT_REQUEST = 3, /* the page of the mailbox with the request */
    BH_FAULT_CONFIRM = 4, /* the page of the mailbox with the confirm */
    BH_FAULT_JOURNAL = 5, /* journal page index, 0 or 1 */
};
#define BH_FAULT_LAST BH_FAULT_JOURNAL

/* wrote: it failed in erasing or programming, so it is dead as a destination. Otherwise it failed
 * in reading, which an erase may cure. */
static inline uint32_t bh_fault(enum bh_fault_kind kind, bool wrote, uint32_t pair, uint32_t index)
{
    return (uint32_t)kind | (uint32_t)wrote << 7 | pair << 8 | index << 16;
}

static inline enum bh_fault_kind bh_fault_kind(uint32_t fault)
{
    return (enum bh_fault_kind)(fault & 0x7Fu);
}

static inline bool bh_fault_wrote(uint32_t fault)
{
    return fault >> 7 & 1u;
}

static inline uint32_t bh_fault_pair(uint32_t fault)
{
    return fault >> 8 & 0xFFu;
}

static inline uint32_t bh_fault_index(uint32_t fault)
{
    return fault >> 16;
}

/* The name of an image: the first 8 bytes of its digest. All zero: none, or not known. */
#define BH_NAME_WORDS 2u

/* One slot pair's part of a record. Words, in the order in which they are on flash. */
struct bh_record_pair {
    uint32_t size_old; /* bytes of the image in primary when the update began; 0: none */
    uint32_t size_new; /* bytes of the staged image; 0: this pair is not part of the update */
    uint32_t floor;    /* rollback floor: lowest security counter that may be started */
    uint32_t name_old[BH_NAME_WORDS];
    uint32_t name_new[BH_NAME_WORDS];
    /* Version of the image confirmed last: major << 24 | minor << 16 | revision, then build. */
    uint32_t version[2];
};

/* A self-contained account of the state. In words, flags too: half the code of bytes on
 * the stack. */
struct bh_record {
    uint32_t seq;        /* a later record has the higher number, over both pages, modulo 2^32 */
    uint32_t layout;     /* identity of the layout it was written for: bh_product.layout */
    uint32_t state;      /* enum bh_state */
    uint32_t outcome;    /* enum bh_outcome */
    uint32_t reason;     /* enum bh_reason */
    uint32_t boots_left; /* TRIAL: starts still allowed. Other acts: failures still answered by
                            another attempt */
    uint32_t step;       /* UPDATING, REVERTING; RESCUING: the step at which the act ended */
    uint32_t permanent;  /* no trial: confirmed as soon as it is in place */
    uint32_t to_new;     /* RESCUING: the new image is put together; 0: the old one */
    uint32_t final;      /* RESCUING to the new image: no trial after it */
    uint32_t left_alone; /* RESCUING: bit i: pair i is not touched */
    uint32_t fault;      /* the page that failed last: bh_fault() */
    struct bh_record_pair pair[BH_PAIRS];
};

struct bh_product;

/* What a journal is used for. All of it is constant, and outlives the journal. */
struct bh_journal_use {
    const struct bh_region *pages; /* two, of equal length, each of whole flash pages */
    struct bh_work *work;          /* lent: entries are built and read here */
    uint32_t layout;
    uint32_t n_pairs;
};

/* Can a record be true of the product? Every field is looked at. It is asked of every record and
 * mark that is read; one that cannot be true is as if it were not there, and spoiled is set. In
 * src/product, and called by name: then a link that optimises sees which product it is. */
bool bh_product_possible(const struct bh_product *product, const struct bh_record *rec);

/* A journal in use. Owned by the caller; copy it to take a snapshot. */
struct bh_journal {
    struct bh_journal_use use;
    uint32_t next;        /* where the next entry goes, from the start of the page */
    uint32_t last_seq;    /* highest sequence number readable in any page */
    uint32_t word_len;    /* bytes of a mark on this flash */
    uint32_t page;        /* 0 or 1: the page with the truth */
    uint32_t any;         /* is there a readable record at all? */
    uint32_t found;       /* is there a truth? */
    uint32_t settled;     /* IDLE, known to be stable: a boot may act on it without writing */
    uint32_t refreshed;   /* the truth was written, completely, in this power-up */
    uint32_t spoiled;     /* a record or mark with a right checksum told what cannot be */
    uint32_t former;      /* a record of an older format version is there: nothing may be written */
    uint32_t unread;      /* a part could not be read: it may be readable later */
    uint32_t refresh_len; /* bytes of the longest statement, and of the word skipped before it */
    int later;            /* BH_ERR_LATER: the board has postponed something, nothing is written */
    uint32_t dead;        /* bh_fault() of a page that cannot be written any more, or 0 */
    uint32_t locked;      /* nothing may be written; why tells the reason: bh_product_journal() */
    uint32_t why;         /* enum bh_reason: what was noteworthy when it was read */
    /* What holds now; meaningless if !found. layout may be another one. Last, since a word further
     * than 124 bytes from the start takes a longer instruction to reach. */
    struct bh_record truth;
};

/* Read both pages once, as far as they are written. Records that are not possible are left out,
 * unless product is NULL. BH_OK also when no truth is there (found = 0): read errors are content
 * that is neither blank nor valid. BH_ERR_PRODUCT: impossible use. */
BH_MUST_CHECK int bh_journal_open(struct bh_journal *j, const struct bh_journal_use *use,
                                  const struct bh_product *product);

/* Before anything is done because of the truth: state it again, completely, unless that was done in
 * this power-up already; and make room for one more mark. */
BH_MUST_CHECK int bh_journal_refresh(struct bh_journal *j);

/* State something new, in the same page if there is room. An IDLE record is settled afterwards. */
BH_MUST_CHECK int bh_journal_state(struct bh_journal *j, const struct bh_record *next);

/* State something new in a page erased for it: how an update of so many steps begins. If that page
 * is worn, it is stated in this one, provided that there is room for the whole act:
 * otherwise BH_ERR_FULL. */
BH_MUST_CHECK int bh_journal_turn(struct bh_journal *j, const struct bh_record *next,
                                  uint32_t steps);

/* "Steps up to k are done" (or, reverting, "undone down to k"). Needs a refresh before the step. */
BH_MUST_CHECK int bh_journal_mark(struct bh_journal *j, uint32_t k);

/* Bytes that a journal page must have for an update of `steps` steps, its revert or rescue, and
 * `cuts` power cuts on the way, on flash with this program unit. */
uint32_t bh_journal_need(uint32_t unit, uint32_t pairs, uint32_t steps, uint32_t cuts);

#ifdef __cplusplus
}
#endif

#endif
