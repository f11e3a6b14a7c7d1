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

#define VERSION 1u
/* 'B' 'K' 'J', then the version and, in the low half of the byte, the part. */
#define FIRST_WORD (VERSION << 28 | 0x4A4B42u)
#define PART_SHIFT 24
#define FIXED_LEN 16u
#define PAIR_LEN 12u
#define CRC_LEN 4u
#define FLAG_PERMANENT 1u

uint32_t bh_entry_len(uint32_t word_len, uint32_t n_pairs)
{
    return bh_round_up(FIXED_LEN + PAIR_LEN * n_pairs + CRC_LEN, word_len);
}

void bh_entry_encode(uint8_t *buf, uint32_t len, uint8_t fill, uint32_t n_pairs,
                     const struct bh_record *rec, enum bh_part part)
{
    memset(buf, fill, len);
    bh_store32(buf, FIRST_WORD | (uint32_t)part << PART_SHIFT);
    bh_store32(buf + 4, rec->seq);
    buf[8] = (uint8_t)rec->state;
    buf[9] = (uint8_t)rec->outcome;
    buf[10] = (uint8_t)rec->reason;
    buf[11] = (uint8_t)rec->boots_left;
    bh_store16(buf + 12, (uint16_t)rec->step);
    buf[14] = rec->permanent ? FLAG_PERMANENT : 0;
    buf[15] = (uint8_t)n_pairs;
    for (uint32_t i = 0; i < n_pairs; i++) {
        uint8_t *p = buf + FIXED_LEN + PAIR_LEN * i;

        bh_store32(p, rec->pair[i].size_old);
        bh_store32(p + 4, rec->pair[i].size_new);
        bh_store32(p + 8, rec->pair[i].floor);
    }
    bh_store32(buf + len - CRC_LEN, bh_crc32(0, buf, len - CRC_LEN));
}

bool bh_entry_begins(const uint8_t *word)
{
    return (bh_load32(word) & ~(15u << PART_SHIFT)) == FIRST_WORD;
}

bool bh_entry_decode(const uint8_t *buf, uint32_t len, uint32_t n_pairs, struct bh_record *rec,
                     enum bh_part *part)
{
    if (!bh_entry_begins(buf) || buf[15] != n_pairs ||
        bh_load32(buf + len - CRC_LEN) != bh_crc32(0, buf, len - CRC_LEN))
        return false;
    memset(rec, 0, sizeof *rec);
    *part = (enum bh_part)(buf[3] & 3u);
    rec->seq = bh_load32(buf + 4);
    rec->state = buf[8];
    rec->outcome = buf[9];
    rec->reason = buf[10];
    rec->boots_left = buf[11];
    rec->step = bh_load16(buf + 12);
    rec->permanent = buf[14] & FLAG_PERMANENT;
    for (uint32_t i = 0; i < n_pairs; i++) {
        const uint8_t *p = buf + FIXED_LEN + PAIR_LEN * i;

        rec->pair[i].size_old = bh_load32(p);
        rec->pair[i].size_new = bh_load32(p + 4);
        rec->pair[i].floor = bh_load32(p + 8);
    }
    return true;
}

void bh_mark_encode(uint8_t *buf, uint32_t len, uint8_t fill, uint32_t k)
{
    memset(buf, fill, len);
    bh_store16(buf, (uint16_t)k);
    bh_store16(buf + 2, (uint16_t)~k);
}

bool bh_mark_decode(const uint8_t *buf, uint32_t *k)
{
    *k = bh_load16(buf);
    return (*k ^ bh_load16(buf + 2)) == 0xFFFF;
}
