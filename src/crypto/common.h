/* SPDX-License-Identifier: Apache-2.0 */
/* What the backends of the seam share: big-endian numbers, and the comparison that makes the token. */
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

/* How many of the len > 0 bytes are the same, plus 1: MATCH(len) if all are. The token is the good one
 * less MATCH(len), plus this. It has to be counted up to, so no instruction that is left out makes it:
 * were it the good one XOR a difference, that XOR could be left out. */
#define MATCH(len) (1u + (len))
uint32_t bh_match(const uint8_t *a, const uint8_t *b, size_t len);

#endif
