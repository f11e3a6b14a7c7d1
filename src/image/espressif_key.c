/* SPDX-License-Identifier: Apache-2.0 */
/* The signatures of Secure Boot V2 are those of RSA and ECDSA with their bytes the other way round.
 * The key itself is as everywhere: big endian. */
#include "bulkhead/image_espressif.h"

static void reverse(const uint8_t *from, uint8_t *to, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[len - 1 - i] = from[i];
}

static uint32_t verify_rsa3072(const struct bh_key *key, const uint8_t *msg, size_t msg_len,
                               const uint8_t *sig, size_t sig_len)
{
    uint8_t big[BH_ESPRESSIF_RSA_LEN];

    if (sig_len != sizeof big)
        return ~BH_SIGNATURE_GOOD;
    reverse(sig, big, sizeof big);
    return bh_rsa3072.verify(key, msg, msg_len, big, sizeof big);
}

static uint32_t verify_p256(const struct bh_key *key, const uint8_t *msg, size_t msg_len,
                            const uint8_t *sig, size_t sig_len)
{
    uint8_t big[BH_ESPRESSIF_EC_LEN];

    if (sig_len != sizeof big)
        return ~BH_SIGNATURE_GOOD;
    reverse(sig, big, sizeof big / 2);
    reverse(sig + sizeof big / 2, big + sizeof big / 2, sizeof big / 2);
    return bh_p256.verify(key, msg, msg_len, big, sizeof big);
}

const struct bh_signature_algo bh_espressif_rsa3072 = { BH_SIG_RSA3072, verify_rsa3072 };
const struct bh_signature_algo bh_espressif_p256 = { BH_SIG_P256, verify_p256 };
