/* SPDX-License-Identifier: Apache-2.0 */
/* The comparison under every signature algorithm. */
#include "common.h"

uint32_t bh_match(uint32_t score, const uint8_t *a, const uint8_t *b, size_t len)
{
    do {
        score = *a++ == *b++ ? score + EQUAL : 0;
    } while (--len);
    return score;
}
