/* SPDX-License-Identifier: Apache-2.0 */
/* RSA's one operation, which every RSA algorithm needs. */
#ifndef BULKHEAD_CRYPTO_RSA_PUBLIC_H
#define BULKHEAD_CRYPTO_RSA_PUBLIC_H

#include <bearssl_rsa.h>

#include "common.h"

/* x = x to the power e, mod n, in place. 0 if x >= n or n is even. Two files, one of which is
 * linked: rsa_public_i31.c, and rsa_public_i15.c for cores without a 32x32->64 bit multiplier. */
uint32_t bh_rsa_public(uint8_t *x, size_t len, const br_rsa_public_key *key);

/* The same by a bh_key's bytes: n, len bytes, then e, 4 bytes. 0 as well if the key is no good one:
 * e even or 1, or n shorter than it says. */
static inline uint32_t bh_rsa_decode(uint8_t *x, size_t len, const uint8_t *n)
{
    /* BearSSL's struct is not const, but it only reads. */
    uint8_t *bytes = (uint8_t *)(uintptr_t)n;
    br_rsa_public_key rsa = { bytes, len, bytes + len, 4 };
    uint32_t e = load_be32(n + len);

    if (!(n[0] & 0x80) || e < 3 || !(e & 1))
        return 0;
    return bh_rsa_public(x, len, &rsa);
}

#endif
