/* SPDX-License-Identifier: Apache-2.0 */
/* RSASSA-PSS with SHA-384, MGF1-SHA-384 and a salt of 48 bytes, as wolfBoot's images with SHA-384
 * have it. */
#include "rsa_pss.h"

static uint32_t verify(const struct bh_key *key, size_t len, const uint8_t *msg, size_t msg_len,
                       const uint8_t *sig, size_t sig_len)
{
    struct {
        uint8_t em[3 + 512];
        uint8_t expected[48 + 1];
    } x;

    return pss_verify(&bh_sha384, key, len, msg, msg_len, sig, sig_len, x.em, x.expected);
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

static uint32_t verify_4096(const struct bh_key *key, const uint8_t *msg, size_t msg_len,
                            const uint8_t *sig, size_t sig_len)
{
    return verify(key, 512, msg, msg_len, sig, sig_len);
}

const struct bh_signature_algo bh_rsa2048_sha384 = { BH_SIG_RSA2048, verify_2048 };
const struct bh_signature_algo bh_rsa3072_sha384 = { BH_SIG_RSA3072, verify_3072 };
const struct bh_signature_algo bh_rsa4096_sha384 = { BH_SIG_RSA4096, verify_4096 };
