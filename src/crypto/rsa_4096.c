/* SPDX-License-Identifier: Apache-2.0 */
/* RSASSA-PSS with 4096 bits, SHA-256, MGF1-SHA-256 and a salt of 32 bytes: its own file, since a
 * longer message takes more stack. */
#include "rsa_pss.h"

static uint32_t verify(const struct bh_key *key, size_t len, const uint8_t *msg, size_t msg_len,
                       const uint8_t *sig, size_t sig_len)
{
    struct {
        uint8_t em[3 + 512];
        uint8_t expected[32 + 1];
    } x;

    return pss_verify(&bh_sha256, key, len, msg, msg_len, sig, sig_len, x.em, x.expected);
}

static uint32_t verify_4096(const struct bh_key *key, const uint8_t *msg, size_t msg_len,
                            const uint8_t *sig, size_t sig_len)
{
    return verify(key, 512, msg, msg_len, sig, sig_len);
}

const struct bh_signature_algo bh_rsa4096 = { BH_SIG_RSA4096, verify_4096 };
