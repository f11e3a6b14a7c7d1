/* SPDX-License-Identifier: Apache-2.0 */
/* Announcements, twins, acks and marks as bytes; format version 2.
 *
 *     announcement   tag, seq, checksum
 *     twin           tag, seq, four small numbers, step and flags, layout, fault, pairs, checksum
 *     ack            tag, checksum
 *
 * The tag is 'B' 'K' 'J', then the version and the part. The checksum is the CRC-32 of all bytes
 * before it; an ack's begins with its twin's checksum, so that it proves that twin and no other.
 *
 * A mark is dual-rail: a number and its complement. Of every pair of bits (i, i + 16) exactly one
 * is programmed, so a mark that was torn while being programmed reads as itself or as no mark.
 * A tag has such pairs with both bits programmed and with neither, so neither it nor a torn form of
 * it reads as a mark. The checksum is in the last word, which is programmed last: an entry cut
 * short is never valid. */
#include "entry.h"

#include "bulkhead/bytes.h"

#include <string.h>

#define MAGIC 0x4A4B42u
#define TAG (BH_JOURNAL_FORMAT << 28 | MAGIC)
#define PART_SHIFT 24

#define SEQ 4u
#define SMALL 8u
#define MORE 12u
#define LAYOUT 16u
#define FAULT 20u
#define PAIRS 24u
#define PAIR_LEN ((uint32_t)sizeof(struct bh_record_pair)) /* nine words */
#define CRC_LEN 4u

/* The word MORE: step in bits 0 to 15, then flags, then the number of pairs in the last byte. */
#define PERMANENT_BIT 16
#define TO_NEW_BIT 17
#define FINAL_BIT 18
#define LEFT_ALONE_BIT 20

/* Not inlined: called from many places, and a call is shorter. */
__attribute__((noinline)) enum bh_part bh_entry_part(const uint8_t *word)
{
    uint32_t tag = bh_load32(word), part = tag >> PART_SHIFT & 15u;

    if ((tag & 0xFFFFFFu) != MAGIC || part > BH_PART_ACK)
        return BH_PART_NONE;
    if (tag >> 28 == BH_JOURNAL_FORMAT)
        return (enum bh_part)part;
    return tag >> 28 == 1 ? BH_PART_FORMER : BH_PART_NONE;
}

uint32_t bh_entry_len(uint32_t word_len, uint32_t n_pairs, enum bh_part part)
{
    uint32_t body = part == BH_PART_ANNOUNCEMENT ? SMALL
                    : part == BH_PART_TWIN       ? PAIRS + PAIR_LEN * n_pairs
                                                 : SEQ;

    return bh_round_up(body + CRC_LEN, word_len);
}

uint32_t bh_entry_fault(const struct bh_journal *j, const struct bh_record *rec)
{
    return rec->fault ? rec->fault : j->dead;
}

uint32_t bh_entry_encode(uint8_t *buf, const struct bh_journal *j, const struct bh_record *rec,
                         enum bh_part part, uint32_t seal)
{
    uint32_t n_pairs = bh_n_pairs(j->use.n_pairs), len = bh_entry_len(j->word_len, n_pairs, part);
    const uint32_t *pair = &rec->pair[0].size_old;

    memset(buf, j->use.pages[0].flash->erased, len);
    bh_store32(buf, TAG | (uint32_t)part << PART_SHIFT);
    if (part != BH_PART_ACK)
        bh_store32(buf + SEQ, j->last_seq);
    if (part == BH_PART_TWIN) {
        bh_store32(buf + SMALL,
                   rec->state | rec->outcome << 8 | rec->reason << 16 | rec->boots_left << 24);
        bh_store32(buf + MORE, rec->step | rec->permanent << PERMANENT_BIT |
                                   rec->to_new << TO_NEW_BIT | rec->final << FINAL_BIT |
                                   rec->left_alone << LEFT_ALONE_BIT | n_pairs << 24);
        bh_store32(buf + LAYOUT, j->use.layout);
        bh_store32(buf + FAULT, bh_entry_fault(j, rec));
        for (uint32_t i = 0; i < PAIR_LEN * n_pairs; i += 4)
            bh_store32(buf + PAIRS + i, *pair++);
    }
    bh_store32(buf + len - CRC_LEN, bh_crc32(seal, buf, len - CRC_LEN));
    return len;
}

uint32_t bh_entry_pairs(const uint8_t *buf)
{
    uint32_t n = bh_load32(buf + MORE) >> 24;

    return n <= BH_PAIRS_MAX ? n : 0;
}

bool bh_entry_valid(const uint8_t *buf, uint32_t len, uint32_t seal)
{
    return bh_entry_seal(buf, len) == bh_crc32(seal, buf, len - CRC_LEN);
}

uint32_t bh_entry_seal(const uint8_t *buf, uint32_t len)
{
    return bh_load32(buf + len - CRC_LEN);
}

uint32_t bh_entry_seq(const uint8_t *buf)
{
    return bh_load32(buf + SEQ);
}

void bh_entry_decode(const uint8_t *buf, struct bh_record *rec)
{
    uint32_t small = bh_load32(buf + SMALL), more = bh_load32(buf + MORE);
    uint32_t pairs_len = PAIR_LEN * bh_n_pairs(bh_min(bh_entry_pairs(buf), BH_PAIRS));
    uint32_t *pair = &rec->pair[0].size_old;

    memset(rec, 0, sizeof *rec);
    rec->seq = bh_entry_seq(buf);
    rec->layout = bh_load32(buf + LAYOUT);
    rec->state = small & 0xFFu;
    rec->outcome = small >> 8 & 0xFFu;
    rec->reason = small >> 16 & 0xFFu;
    rec->boots_left = small >> 24;
    rec->step = more & 0xFFFFu;
    rec->permanent = more >> PERMANENT_BIT & 1u;
    rec->to_new = more >> TO_NEW_BIT & 1u;
    rec->final = more >> FINAL_BIT & 1u;
    rec->left_alone = more >> LEFT_ALONE_BIT & 15u;
    rec->fault = bh_load32(buf + FAULT);
    for (uint32_t i = 0; i < pairs_len; i += 4)
        *pair++ = bh_load32(buf + PAIRS + i);
}

void bh_mark_encode(uint8_t *buf, uint32_t word_len, uint8_t fill, uint32_t k)
{
    memset(buf, fill, word_len);
    bh_store32(buf, (k & 0xFFFFu) | ~k << 16);
}

bool bh_mark_decode(const uint8_t *buf, uint32_t *k)
{
    uint32_t word = bh_load32(buf);

    *k = word & 0xFFFFu;
    return (word >> 16 ^ *k) == 0xFFFFu;
}
