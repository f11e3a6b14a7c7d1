/* SPDX-License-Identifier: Apache-2.0 */
#include "common.h"

uint32_t bh_match(const uint8_t *a, const uint8_t *b, size_t len)
{
    uint32_t score = 1;

    do {
        score += *a++ == *b++;
    } while (--len);
    return score;
}
