/* SPDX-License-Identifier: Apache-2.0 */
/* Does a payload begin with the vector table of a Cortex-M, and where may that lie? VTOR ignores
 * low address bits: a table of n entries must lie on a multiple of the next power of two of 4n
 * bytes, 128 at least (Armv7-M Architecture Reference Manual, B3.2.5). */
#include "bulkhead/bytes.h"
#include "host/sign_mcuboot.h"

enum { SYSTEM = 16, MOST = 256, NEARBY = 4 << 20 };

uint32_t host_vectors_align(unsigned entries)
{
    uint32_t align = 128;

    while (align < 4 * entries)
        align *= 2;
    return align;
}

/* Thumb code not far from the reset handler, or an empty entry. */
static bool is_handler(uint32_t entry, uint32_t reset)
{
    return entry == 0 || ((entry & 1) && entry - reset + NEARBY < 2u * NEARBY);
}

struct host_vectors host_vectors_find(const uint8_t *payload, size_t len)
{
    struct host_vectors none = { false, 0, 0 };

    if (len < 4 * SYSTEM)
        return none;
    uint32_t stack = bh_load32(payload), reset = bh_load32(payload + 4);
    bool in_ram = stack >= 0x10000000 && stack < 0x40000000 && stack % 4 == 0;
    if (!in_ram || !(reset & 1) || reset >= 0xA0000000)
        return none;
    for (unsigned i = 2; i < SYSTEM; i++) {
        bool reserved = i >= 7 && i <= 10; /* some chips keep a checksum here */

        if (!reserved && !is_handler(bh_load32(payload + 4 * i), reset))
            return none;
    }
    unsigned n = SYSTEM, last = SYSTEM;
    while (n < MOST && 4 * n + 4 <= len && is_handler(bh_load32(payload + 4 * n), reset)) {
        n++;
        if (bh_load32(payload + 4 * n - 4))
            last = n; /* zeros after the last handler are no entries */
    }
    return (struct host_vectors){ true, last, host_vectors_align(last) };
}
