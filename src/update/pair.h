/* SPDX-License-Identifier: Apache-2.0 */
/* The cells of a pair by number: P[0..N-1] in primary, L[0..N] on the backup side. */
#ifndef BULKHEAD_UPDATE_PAIR_H
#define BULKHEAD_UPDATE_PAIR_H

#include "bulkhead/bytes.h"
#include "bulkhead/plan.h"

struct bh_region bh_pair_p(const struct bh_pair *pair, uint32_t i);
struct bh_region bh_pair_l(const struct bh_pair *pair, uint32_t i);

/* Chunks that size bytes take. */
static inline uint32_t bh_pair_chunks(const struct bh_pair *pair, uint32_t size)
{
    return (size + pair->chunk - 1) / pair->chunk;
}

/* How many of size bytes lie in chunk i. */
static inline uint32_t bh_pair_piece(const struct bh_pair *pair, uint32_t size, uint32_t i)
{
    return i < bh_pair_chunks(pair, size) ? bh_min(pair->chunk, size - i * pair->chunk) : 0;
}

#endif
