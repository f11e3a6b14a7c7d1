/* SPDX-License-Identifier: Apache-2.0 */
/* What the backends of the seam share: big-endian numbers, and the comparison that makes
 * the token. */
#ifndef BULKHEAD_CRYPTO_COMMON_H
#define BULKHEAD_CRYPTO_COMMON_H

#include "bulkhead/bytes.h"
#include "bulkhead/hash.h"
#include "bulkhead/key.h"

#define SIGNATURE_BAD 0xA53CA5C3u /* BH_SIGNATURE_GOOD with every bit turned */

static inline uint32_t load_be32(const uint8_t p[4])
{
    return __builtin_bswap32(bh_load32(p));
}

static inline void store_be32(uint8_t p[4], uint32_t v)
{
    bh_store32(p, __builtin_bswap32(v));
}

/* A signature's score begins at SCORE(n) and grows by EQUAL for each of n bytes that are what they
 * should be: then it is BH_SIGNATURE_GOOD. It has to be counted up to, so no skipped instruction
 * makes it. No multiple of EQUAL up to 512 is a sum or difference of fewer than 6 powers of 2
 * (modulo 2^32), so no turned bits do either: two scores are always many bits apart. A byte that is
 * wrong makes the score 0, from which no 1024 equal bytes lead to within 5 powers of 2 of the good
 * one: otherwise a comparison that a turned bit makes too long could find what it lacks further on.
 * tests/crypto/ test_match.c shows all that. (And such a constant fits into one instruction on
 * ARM.) */
#define EQUAL 0x00670067u
#define SCORE(n) (BH_SIGNATURE_GOOD - (uint32_t)(n)*EQUAL)

/* The score after these len > 0 bytes. The scores of two comparisons form a chain: were they taken
 * apart, what the first one left in a register would do for the second one, if that were skipped. a
 * and b must not be a power of 2 apart: one turned bit of a would make it b. */
uint32_t bh_match(uint32_t score, const uint8_t *a, const uint8_t *b, size_t len);

#endif
