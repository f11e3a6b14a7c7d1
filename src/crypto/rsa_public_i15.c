/* SPDX-License-Identifier: Apache-2.0 */
/* RSA's operation by BearSSL's 15-bit code: for cores whose multiplier gives 32 bits. */
#include "rsa_public.h"

#include "bulkhead/alive.h"

void bh_montymul_i15(uint16_t *d, const uint16_t *x, const uint16_t *y, const uint16_t *m,
                     uint16_t inverse);
void br_i15_montymul(uint16_t *d, const uint16_t *x, const uint16_t *y, const uint16_t *m,
                     uint16_t inverse);

/* BearSSL's own, compiled under another name (shim/montymul.h), which an exponentiation calls some
 * 20 times: between these calls it is not at work for too long. */
void br_i15_montymul(uint16_t *d, const uint16_t *x, const uint16_t *y, const uint16_t *m,
                     uint16_t inverse)
{
    bh_alive();
    bh_montymul_i15(d, x, y, m, inverse);
}

uint32_t bh_rsa_public(uint8_t *x, size_t len, const br_rsa_public_key *key)
{
    return br_rsa_i15_public(x, len, key);
}
