/* SPDX-License-Identifier: Apache-2.0 */
/* The entries as bytes. The table of offsets is in docs/formats/journal.md.
 *
 * A state is stated by two or three entries: the announcement, the twin (which holds all of it)
 * and, for IDLE, the ack. What each proves when it is readable is said in journal.c. */
#ifndef BULKHEAD_JOURNAL_ENTRY_H
#define BULKHEAD_JOURNAL_ENTRY_H

#include "bulkhead/journal.h"

#define BH_MARK_LEN 4u /* before padding to a word */

/* Which part of a statement begins here, by the first word of an entry. */
enum bh_part {
    BH_PART_ANNOUNCEMENT = 0,
    BH_PART_TWIN = 1,
    BH_PART_ACK = 2,
    BH_PART_NONE = 3,   /* no entry, or none of this version */
    BH_PART_FORMER = 4, /* an entry of a former format version */
};
enum bh_part bh_entry_part(const uint8_t *word);

/* Bytes of an entry, in whole words. n_pairs matters to twins only. */
uint32_t bh_entry_len(uint32_t word_len, uint32_t n_pairs, enum bh_part part);

/* The page that a statement of rec names: one of its own, or else the journal's dead one. */
uint32_t bh_entry_fault(const struct bh_journal *j, const struct bh_record *rec);
/* One part of the statement of rec into buf; returns its length. Its number is j->last_seq, its
 * layout and pairs are those of j->use. seal: bh_entry_seal() of the twin if this is its ack,
 * otherwise 0. */
uint32_t bh_entry_encode(uint8_t *buf, const struct bh_journal *j, const struct bh_record *rec,
                         enum bh_part part, uint32_t seal);
/* Number of pairs in a twin, which decides how long it is; 0: an impossible number. */
uint32_t bh_entry_pairs(const uint8_t *buf);
/* Is every byte as it was meant? seal as above. */
bool bh_entry_valid(const uint8_t *buf, uint32_t len, uint32_t seal);
/* The checksum at an entry's end. */
uint32_t bh_entry_seal(const uint8_t *buf, uint32_t len);
/* Of a valid announcement or twin. */
uint32_t bh_entry_seq(const uint8_t *buf);
/* Of a valid twin. Pairs that are not in it are zero; those above BH_PAIRS are skipped. */
void bh_entry_decode(const uint8_t *buf, struct bh_record *rec);

void bh_mark_encode(uint8_t *buf, uint32_t word_len, uint8_t fill, uint32_t k);
bool bh_mark_decode(const uint8_t *buf, uint32_t *k);

#endif
