/* SPDX-License-Identifier: Apache-2.0 */
/* RSASSA-PSS with SHA-256, MGF1-SHA-256 and a salt of 32 bytes. */
#include "rsa_pss.h"

static uint32_t verify(const struct bh_key *key, size_t len, const uint8_t *msg, size_t msg_len,
                       const uint8_t *sig, size_t sig_len)
{
    struct {
        uint8_t em[3 + 384];
        uint8_t expected[32 + 1];
    } x;

    return pss_verify(&bh_sha256, key, len, msg, msg_len, sig, sig_len, x.em, x.expected);
}

static uint32_t verify_2048(const struct bh_key *key, const uint8_t *msg, size_t msg_len,
                            const uint8_t *sig, size_t sig_len)
{
    return verify(key, 256, msg, msg_len, sig, sig_len);
}

static uint32_t verify_3072(const struct bh_key *key, const uint8_t *msg, size_t msg_len,
                            const uint8_t *sig, size_t sig_len)
{
    return verify(key, 384, msg, msg_len, sig, sig_len);
}

const struct bh_signature_algo bh_rsa2048 = { BH_SIG_RSA2048, verify_2048 };
const struct bh_signature_algo bh_rsa3072 = { BH_SIG_RSA3072, verify_3072 };
