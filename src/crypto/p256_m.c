/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on P-256 by p256-m: for hosts, and as the judge of p256_small.c. */
#include "common.h"
#include "p256.h"

#include <p256-m.h>

uint32_t bh_p256_verify(const uint8_t sig[64], const uint8_t key[64], const uint8_t digest[32])
{
    return p256_ecdsa_verify(sig, key, digest, 32) == P256_SUCCESS ? BH_SIGNATURE_GOOD
                                                                   : SIGNATURE_BAD;
}
