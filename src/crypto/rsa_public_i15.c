/* SPDX-License-Identifier: Apache-2.0 */
/* RSA's operation by BearSSL's 15-bit code: for cores whose multiplier gives 32 bits. */
#include "rsa_public.h"

uint32_t bh_rsa_public(uint8_t *x, size_t len, const br_rsa_public_key *key)
{
    return br_rsa_i15_public(x, len, key);
}
