/* SPDX-License-Identifier: Apache-2.0 */
/* The two kinds of entry as bytes. The table of offsets is in docs/formats/journal.md. */
#ifndef BULKHEAD_JOURNAL_ENTRY_H
#define BULKHEAD_JOURNAL_ENTRY_H

#include "bulkhead/journal.h"

#define BH_MARK_LEN 4u      /* before padding to a word */
#define BH_ENTRY_MAX 96u    /* four pairs, in words of 32 bytes */

/* A state is stated two or three times, all with one sequence number. What each copy proves when
 * it is readable is said in journal.c. */
enum bh_part { BH_PART_ANNOUNCEMENT = 0, BH_PART_TWIN = 1, BH_PART_ACK = 2 };

/* Bytes of a record, in whole words. */
uint32_t bh_entry_len(uint32_t word_len, uint32_t n_pairs);

void bh_entry_encode(uint8_t *buf, uint32_t len, uint8_t fill, uint32_t n_pairs,
                     const struct bh_record *rec, enum bh_part part);
/* Does a word begin a record? Cheap; says nothing of the rest. */
bool bh_entry_begins(const uint8_t *word);
/* Of bytes that begin a record: is every one of them as it was meant, for so many pairs? */
bool bh_entry_valid(const uint8_t *buf, uint32_t len, uint32_t n_pairs);
/* Of a valid record. */
enum bh_part bh_entry_part(const uint8_t *buf);
uint32_t bh_entry_seq(const uint8_t *buf);
/* Fields of pairs from n_pairs on are left as they are. */
void bh_entry_decode(const uint8_t *buf, uint32_t n_pairs, struct bh_record *rec);

void bh_mark_encode(uint8_t *buf, uint32_t len, uint8_t fill, uint32_t k);
bool bh_mark_decode(const uint8_t *buf, uint32_t *k);

#endif
