/* SPDX-License-Identifier: Apache-2.0 */
/* Keccak (FIPS 202): the one permutation under SHA3-384 and under the two SHAKEs of ML-DSA. A
 * sponge is begun by zeroing it, absorbs bytes in any pieces, is closed once, and then gives
 * bytes. */
#ifndef BULKHEAD_CRYPTO_KECCAK_H
#define BULKHEAD_CRYPTO_KECCAK_H

#include <stddef.h>
#include <stdint.h>

enum { KECCAK_LANES = 25 };

/* What is appended to a message before its padding: FIPS 202, sections 6.1 and 6.2. */
enum { KECCAK_SHA3 = 0x06, KECCAK_SHAKE = 0x1F };

struct keccak {
    uint64_t lane[KECCAK_LANES]; /* x + 5 y */
    size_t at;                   /* bytes of the open block that are absorbed or given out */
};

/* rate: bytes of a block, the same in all three calls; 200 - 2 * strength in bytes. */
void bh_keccak_absorb(struct keccak *s, size_t rate, const void *data, size_t len);
void bh_keccak_close(struct keccak *s, size_t rate, uint8_t suffix);
void bh_keccak_squeeze(struct keccak *s, size_t rate, uint8_t *out, size_t len);

#endif
