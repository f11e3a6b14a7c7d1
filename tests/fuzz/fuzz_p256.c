/* SPDX-License-Identifier: Apache-2.0 */
/* p256_small.c, p256_fast.c and p256-m must say the same of any key, digest and signature.
 *
 *     input = kind (1), digest, r, s, key: 32 bytes each, the key 64; bytes that are missing are 0
 *
 * Kind: odd if the key is a point x then y, even if it is a private key, so that there is a good
 * point after whatever the fuzzer makes of it. */
#include "common.h"
#include "p256.h"

#include <p256-m.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
/* bh_p256_verify() of p256_fast.c. */
uint32_t fast_p256_verify(const uint8_t sig[64], const uint8_t key[64], const uint8_t digest[32]);

struct input {
    uint8_t kind, digest[32], sig[64], key[64];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct input in = { 0 };
    uint8_t key[64];
    bool small, fast, judge;

    memcpy(&in, data, len < sizeof in ? len : sizeof in);
    memcpy(key, in.key, sizeof key);
    if (in.kind % 2 == 0 && p256_public_from_private(key, in.key) != P256_SUCCESS)
        return 0;
    small = bh_p256_verify(in.sig, key, in.digest) == BH_SIGNATURE_GOOD;
    fast = fast_p256_verify(in.sig, key, in.digest) == BH_SIGNATURE_GOOD;
    judge = p256_ecdsa_verify(in.sig, key, in.digest, 32) == P256_SUCCESS;
    if (small != judge || fast != judge)
        abort();
    return 0;
}
