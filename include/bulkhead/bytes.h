/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/bytes.h - little-endian loads and stores, CRC-32, and range checks that cannot wrap.
 *
 *     uint32_t magic = bh_load32(header);
 *     if (!bh_within(off, len, size)) return BH_ERR_RANGE;
 */
#ifndef BULKHEAD_BYTES_H
#define BULKHEAD_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One load or store where the CPU can do it; the swap is folded away on little-endian CPUs. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BH_LE16(v) (v)
#define BH_LE32(v) (v)
#else
#define BH_LE16(v) __builtin_bswap16(v)
#define BH_LE32(v) __builtin_bswap32(v)
#endif

static inline uint16_t bh_load16(const uint8_t p[2])
{
    uint16_t v;

    __builtin_memcpy(&v, p, sizeof v);
    return BH_LE16(v);
}

static inline uint32_t bh_load32(const uint8_t p[4])
{
    uint32_t v;

    __builtin_memcpy(&v, p, sizeof v);
    return BH_LE32(v);
}

static inline void bh_store16(uint8_t p[2], uint16_t v)
{
    v = BH_LE16(v);
    __builtin_memcpy(p, &v, sizeof v);
}

static inline void bh_store32(uint8_t p[4], uint32_t v)
{
    v = BH_LE32(v);
    __builtin_memcpy(p, &v, sizeof v);
}

/* Do len bytes at off lie within size bytes? */
static inline bool bh_within(uint32_t off, uint32_t len, uint32_t size)
{
    return off <= size && len <= size - off;
}

static inline uint32_t bh_min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* v up to the next multiple of step (any step > 0). The caller knows that it cannot wrap. */
static inline uint32_t bh_round_up(uint32_t v, uint32_t step)
{
    return (v + step - 1) / step * step;
}

/* CRC-32 as in IEEE 802.3 and zlib (reflected 0xEDB88320, preset and final XOR 0xFFFFFFFF).
 * Start with crc = 0; feed the result back in to go on. Bitwise: no table, 40 bytes of code. */
uint32_t bh_crc32(uint32_t crc, const void *data, size_t len);

/* Are all len bytes equal to value? */
bool bh_all(const void *data, uint8_t value, size_t len);

#ifdef __cplusplus
}
#endif

#endif
