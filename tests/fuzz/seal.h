/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a journal page, with every checksum made right: so what a fuzzer changes in a field is
 * read, and not thrown away for its CRC. */
#ifndef TESTS_FUZZ_SEAL_H
#define TESTS_FUZZ_SEAL_H

#include "bulkhead/bytes.h"
#include "journal/entry.h"

/* len bytes of one page of a journal on flash with this program unit. What begins with the tag of
 * an entry gets the checksum of one, if it fits. */
static inline void seal_entries(uint8_t *bytes, uint32_t len, uint32_t unit, uint32_t n_pairs)
{
    uint32_t word = unit > BH_MARK_LEN ? unit : BH_MARK_LEN, step, seal = 0;

    for (uint32_t off = 0; off + word <= len; off += step) {
        enum bh_part part = bh_entry_part(bytes + off);
        uint32_t pairs = n_pairs, n;

        step = word;
        if (part >= BH_PART_NONE)
            continue;
        if (part == BH_PART_TWIN && off + 16 <= len && bh_entry_pairs(bytes + off))
            pairs = bh_entry_pairs(bytes + off);
        n = bh_entry_len(word, pairs, part);
        if (n > len - off)
            continue;
        bh_store32(bytes + off + n - 4,
                   bh_crc32(part == BH_PART_ACK ? seal : 0, bytes + off, n - 4));
        seal = bh_entry_seal(bytes + off, n);
        step = n;
    }
}

#endif
