/* SPDX-License-Identifier: Apache-2.0 */
/* Records and marks as bytes.
 *
 * A mark is dual-rail: a number and its complement. Of every pair of bits (i, i + 16) exactly one
 * is programmed, so a mark that was torn while being programmed reads as itself or as no mark.
 * The first word of a record has such pairs with both bits programmed and with neither, so neither
 * it nor a torn form of it reads as a mark. The checksum is in the last word, which is programmed
 * last: a record cut short is never valid. */
#include "entry.h"

#include "bulkhead/bytes.h"

#include <string.h>

/* 'B' 'K' 'J', then the version and, in the low half of the byte, the part. */
#define FIRST_WORD (BH_JOURNAL_FORMAT << 28 | 0x4A4B42u)
#define PART_SHIFT 24

/* Words: first, seq, and two of small numbers; then the pairs; then the checksum. */
#define SEQ 4u
#define SMALL 8u
#define MORE 12u
#define PAIRS 16u
#define PAIR_LEN ((uint32_t)sizeof(struct bh_record_pair)) /* three words */
#define CRC_LEN 4u

uint32_t bh_entry_len(uint32_t word_len, uint32_t n_pairs)
{
    return bh_round_up(PAIRS + PAIR_LEN * n_pairs + CRC_LEN, word_len);
}

void bh_entry_encode(uint8_t *buf, uint32_t len, uint8_t fill, uint32_t n_pairs,
                     const struct bh_record *rec, enum bh_part part)
{
    const uint32_t *pair = &rec->pair[0].size_old;

    memset(buf, fill, len);
    bh_store32(buf, FIRST_WORD | (uint32_t)part << PART_SHIFT);
    bh_store32(buf + SEQ, rec->seq);
    bh_store32(buf + SMALL,
               rec->state | rec->outcome << 8 | rec->reason << 16 | rec->boots_left << 24);
    bh_store32(buf + MORE, rec->step | rec->permanent << 16 | n_pairs << 24);
    for (uint32_t i = 0; i < PAIR_LEN * n_pairs; i += 4)
        bh_store32(buf + PAIRS + i, *pair++);
    bh_store32(buf + len - CRC_LEN, bh_crc32(0, buf, len - CRC_LEN));
}

bool bh_entry_begins(const uint8_t *word)
{
    return (bh_load32(word) & ~(15u << PART_SHIFT)) == FIRST_WORD;
}

bool bh_entry_valid(const uint8_t *buf, uint32_t len, uint32_t n_pairs)
{
    return bh_load32(buf + MORE) >> 24 == n_pairs &&
           bh_load32(buf + len - CRC_LEN) == bh_crc32(0, buf, len - CRC_LEN);
}

enum bh_part bh_entry_part(const uint8_t *buf)
{
    return (enum bh_part)(bh_load32(buf) >> PART_SHIFT & 3u);
}

uint32_t bh_entry_seq(const uint8_t *buf)
{
    return bh_load32(buf + SEQ);
}

void bh_entry_decode(const uint8_t *buf, uint32_t n_pairs, struct bh_record *rec)
{
    uint32_t small = bh_load32(buf + SMALL), more = bh_load32(buf + MORE);
    uint32_t *pair = &rec->pair[0].size_old;

    rec->seq = bh_entry_seq(buf);
    rec->state = small & 0xFFu;
    rec->outcome = small >> 8 & 0xFFu;
    rec->reason = small >> 16 & 0xFFu;
    rec->boots_left = small >> 24;
    rec->step = more & 0xFFFFu;
    rec->permanent = more >> 16 & 1u;
    for (uint32_t i = 0; i < PAIR_LEN * n_pairs; i += 4)
        *pair++ = bh_load32(buf + PAIRS + i);
}

void bh_mark_encode(uint8_t *buf, uint32_t len, uint8_t fill, uint32_t k)
{
    memset(buf, fill, len);
    bh_store32(buf, (k & 0xFFFFu) | ~k << 16);
}

bool bh_mark_decode(const uint8_t *buf, uint32_t *k)
{
    uint32_t word = bh_load32(buf);

    *k = word & 0xFFFFu;
    return (word >> 16 ^ *k) == 0xFFFFu;
}
