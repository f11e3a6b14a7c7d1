/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/journal.h - the bootloader's memory: append-only records and marks over two pages.
 *
 *     struct bh_journal j;
 *     err = bh_journal_open(&j, pages, n_pairs);   the truth is in j.truth
 *     err = bh_journal_refresh(&j);                       before anything is done because of it
 *     err = bh_journal_mark(&j, k);                       "step k is done"
 *
 * The rules, and why each is there, stand above src/journal/journal.c. */
#ifndef BULKHEAD_JOURNAL_H
#define BULKHEAD_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "bulkhead/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_JOURNAL_FORMAT 1u /* version of what is written: docs/formats/journal.md */
#define BH_PAIRS_MAX 4u

/* What is going on. On flash: numbers are never reused. */
enum bh_state {
    BH_STATE_NONE = 0,      /* no journal: a new device, or both pages lost; never on flash */
    BH_STATE_IDLE = 1,      /* nothing; outcome tells how the last update ended */
    BH_STATE_REQUESTED = 2, /* the application asks for the staged image */
    BH_STATE_UPDATING = 3,  /* steps [0, step) are done */
    BH_STATE_TRIAL = 4,     /* the new image runs unconfirmed; boots_left more starts */
    BH_STATE_REVERTING = 5, /* steps [step, all) are undone */
};

/* How the last update ended. On flash: numbers are never reused. */
enum bh_outcome {
    BH_OUTCOME_NONE = 0,
    BH_OUTCOME_CONFIRMED = 1, /* the new image is in place for good */
    BH_OUTCOME_REVERTED = 2,  /* the old image is back; reason tells why */
    BH_OUTCOME_REFUSED = 3,   /* the staged image was not installed; reason tells why */
    BH_OUTCOME_RESTORED = 4,  /* primary was bad and was restored from the backup */
};

/* One slot pair's part of a record. */
struct bh_record_pair {
    uint32_t size_old; /* bytes of the image in primary when the update began; 0: none */
    uint32_t size_new; /* bytes of the staged image; 0: this pair is not part of the update */
    uint32_t floor;    /* rollback floor: lowest security counter that may be started */
};

/* A self-contained account of the state. In words, flags too: half the code of bytes on the stack. */
struct bh_record {
    uint32_t seq;        /* higher is later, over both pages */
    uint32_t state;      /* enum bh_state */
    uint32_t outcome;    /* enum bh_outcome */
    uint32_t reason;     /* enum bh_reason */
    uint32_t boots_left; /* TRIAL: starts still allowed */
    uint32_t permanent;  /* no trial: confirmed as soon as it is in place */
    uint32_t step;       /* UPDATING, REVERTING */
    struct bh_record_pair pair[BH_PAIRS_MAX];
};

/* A journal in use. Owned by the caller; copy it to take a snapshot. */
struct bh_journal {
    const struct bh_region *pages; /* two, of equal length, each of whole flash pages */
    struct bh_record truth; /* what holds now; meaningless if !found */
    uint32_t next;          /* where the next entry goes, from the start of the page */
    uint32_t last_seq;      /* highest sequence number readable in any page */
    uint32_t entry_len;     /* bytes of a record on this flash */
    uint32_t word_len;      /* bytes of a mark on this flash */
    uint32_t n_pairs;
    uint32_t page;      /* 0 or 1: the page with the truth */
    uint32_t found;     /* is there a truth? */
    uint32_t settled;   /* IDLE, known to be stable: a boot may act on it without writing */
    uint32_t refreshed; /* the truth was written, completely, in this power-up */
};

/* Read both pages once, as far as they are written. BH_OK also when no truth is there (found = false): read errors are content
 * that is neither blank nor valid. */
BH_MUST_CHECK int bh_journal_open(struct bh_journal *j, const struct bh_region pages[2],
                                  uint32_t n_pairs);

/* Before anything is done because of the truth: state it again, completely, unless that was done in
 * this power-up already; and make room for one more mark. */
BH_MUST_CHECK int bh_journal_refresh(struct bh_journal *j);

/* State something new, in the same page if there is room. An IDLE record is settled afterwards. */
BH_MUST_CHECK int bh_journal_state(struct bh_journal *j, const struct bh_record *next);

/* State something new in a page erased for it: how an update begins. */
BH_MUST_CHECK int bh_journal_turn(struct bh_journal *j, const struct bh_record *next);

/* "Steps up to k are done" (or, reverting, "undone down to k"). Needs a refresh before the step. */
BH_MUST_CHECK int bh_journal_mark(struct bh_journal *j, uint32_t k);

/* Bytes that a journal page must have for an update of `steps` steps, its revert, and `cuts` power
 * cuts on the way, on flash with this program unit. */
uint32_t bh_journal_need(uint8_t unit, uint8_t n_pairs, uint32_t steps, uint32_t cuts);

#ifdef __cplusplus
}
#endif

#endif
