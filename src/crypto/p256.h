/* SPDX-License-Identifier: Apache-2.0 */
/* P-256 inside of bh_p256. */
#ifndef BULKHEAD_CRYPTO_P256_H
#define BULKHEAD_CRYPTO_P256_H

#include <stdint.h>

/* BH_SIGNATURE_GOOD if sig, r then s, is a signature of the digest by the key, a point x then y;
 * all of them are 32 bytes, big endian. Three files, one of which is linked: p256_small.c,
 * p256_fast.c and p256_m.c. */
uint32_t bh_p256_verify(const uint8_t sig[64], const uint8_t key[64], const uint8_t digest[32]);

#endif
