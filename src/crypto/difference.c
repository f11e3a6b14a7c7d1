/* SPDX-License-Identifier: Apache-2.0 */
#include "common.h"

uint32_t bh_difference(const uint8_t *a, const uint8_t *b, size_t len)
{
    uint32_t bits = 0;
    volatile size_t left = len; /* in memory: the compiler knows that it is 0 when the loop ends */

    do {
        left--;
        bits |= (uint32_t)(*a++ ^ *b++);
    } while (left);
    return bits * 0x01010101u | (uint32_t)left;
}
