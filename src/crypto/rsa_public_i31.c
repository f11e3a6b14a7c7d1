/* SPDX-License-Identifier: Apache-2.0 */
/* RSA's operation by BearSSL's 31-bit code: for cores whose multiplier gives 64 bits. */
#include "rsa_public.h"

#include "bulkhead/alive.h"

void bh_montymul_i31(uint32_t *d, const uint32_t *x, const uint32_t *y, const uint32_t *m,
                     uint32_t inverse);
void br_i31_montymul(uint32_t *d, const uint32_t *x, const uint32_t *y, const uint32_t *m,
                     uint32_t inverse);

/* BearSSL's own, compiled under another name (shim/montymul.h), which an exponentiation calls some
 * 20 times: between these calls it is not at work for too long. */
void br_i31_montymul(uint32_t *d, const uint32_t *x, const uint32_t *y, const uint32_t *m,
                     uint32_t inverse)
{
    bh_alive();
    bh_montymul_i31(d, x, y, m, inverse);
}

uint32_t bh_rsa_public(uint8_t *x, size_t len, const br_rsa_public_key *key)
{
    return br_rsa_i31_public(x, len, key);
}
