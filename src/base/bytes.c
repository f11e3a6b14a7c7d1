/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32 (IEEE 802.3), and whether bytes are blank. */
#include "bulkhead/bytes.h"

uint32_t bh_crc32(uint32_t crc, const void *data, size_t len)
{
    const uint8_t *p = data;

    crc = ~crc;
    while (len--) {
        crc ^= *p++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

/* Not inlined: called from many places, and a call is shorter. */
__attribute__((noinline)) bool bh_all(const void *data, uint8_t value, size_t len)
{
    const uint8_t *p = data;

    while (len--)
        if (*p++ != value)
            return false;
    return true;
}
