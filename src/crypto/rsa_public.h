/* SPDX-License-Identifier: Apache-2.0 */
/* RSA's one operation, which bh_rsa2048 and bh_rsa3072 need. */
#ifndef BULKHEAD_CRYPTO_RSA_PUBLIC_H
#define BULKHEAD_CRYPTO_RSA_PUBLIC_H

#include <bearssl_rsa.h>

/* x = x to the power e, mod n, in place. 0 if x >= n or n is even. Two files, one of which is
 * linked: rsa_public_i31.c, and rsa_public_i15.c for cores without a 32x32->64 bit multiplier. */
uint32_t bh_rsa_public(uint8_t *x, size_t len, const br_rsa_public_key *key);

#endif
