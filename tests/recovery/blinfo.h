/* SPDX-License-Identifier: Apache-2.0 */
/* A reader of a boot record, written from the rules that Zephyr documents for its bootloader
 * information and that MCUboot documents for shared data: a magic number and the length of all,
 * then entries of 16 bits of type (major in the upper four), 16 bits of length, and the value. */
#ifndef BULKHEAD_TESTS_RECOVERY_BLINFO_H
#define BULKHEAD_TESTS_RECOVERY_BLINFO_H

#include <stddef.h>
#include <stdint.h>

/* The value of an entry and its length; NULL: there is no such entry, or no record. */
static inline const uint8_t *blinfo_find(const uint8_t *area, size_t area_len, unsigned major,
                                         unsigned minor, size_t *len)
{
    size_t total, at = 4;

    if (area_len < 4 || area[0] != 0x16 || area[1] != 0x20)
        return NULL;
    total = (size_t)(area[2] | area[3] << 8);
    if (total > area_len)
        return NULL;
    while (at + 4 <= total) {
        unsigned type = (unsigned)(area[at] | area[at + 1] << 8);

        *len = (size_t)(area[at + 2] | area[at + 3] << 8);
        if (*len > total - at - 4)
            return NULL;
        if (type == (major << 12 | minor))
            return area + at + 4;
        at += 4 + *len;
    }
    return NULL;
}

#endif
