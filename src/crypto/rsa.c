/* SPDX-License-Identifier: Apache-2.0 */
/* RSASSA-PSS (RFC 8017 section 9.1.2) with SHA-256, MGF1-SHA-256 and a salt of 32 bytes, over
 * BearSSL's modular exponentiation.
 *
 *     EM = masked DB || H || 0xBC      DB = 0...0 || 0x01 || salt
 *     H  = SHA-256(8 zeros || digest || salt)
 */
#include "common.h"
#include "rsa_public.h"

#include <string.h>

enum { HASH = 32, SALT = 32, EXPONENT = 4, LARGEST = 384, TRAILER = 0xBC };

/* XORs MGF1(seed) onto buf. */
static void mask(uint8_t *buf, size_t len, const uint8_t seed[HASH])
{
    uint8_t block[HASH];
    uint8_t counter[4] = { 0 };
    struct bh_hash h;

    for (size_t i = 0; i < len; i++) {
        if (i % HASH == 0) {
            counter[3] = (uint8_t)(i / HASH);
            bh_hash_init(&h, &bh_sha256);
            bh_hash_update(&h, seed, HASH);
            bh_hash_update(&h, counter, sizeof counter);
            bh_hash_final(&h, block);
        }
        buf[i] ^= block[i % HASH];
    }
}

/* Is em, len bytes, an encoding of digest? The token. The modulus has all of its 8 * len bits, so
 * the encoded message has one fewer: its top bit must be 0. */
static uint32_t pss(uint8_t *em, size_t len, const uint8_t digest[HASH])
{
    static const uint8_t zeros[8];
    size_t db_len = len - HASH - 1;
    uint8_t *salt = em + db_len - SALT;
    uint8_t *h = em + db_len;
    uint8_t expected[HASH];
    uint8_t wrong = em[0] & 0x80;
    struct bh_hash again;

    mask(em, db_len, h);
    em[0] &= 0x7F;
    for (uint8_t *p = em; p < salt - 1; p++)
        wrong |= *p;
    wrong |= salt[-1] ^ 0x01;
    wrong |= em[len - 1] ^ TRAILER;

    bh_hash_init(&again, &bh_sha256);
    bh_hash_update(&again, zeros, sizeof zeros);
    bh_hash_update(&again, digest, HASH);
    bh_hash_update(&again, salt, SALT);
    bh_hash_final(&again, expected);
    return (BH_SIGNATURE_GOOD - MATCH(HASH) + bh_match(expected, h, HASH)) ^ wrong * 0x01010101u;
}

static uint32_t verify(const struct bh_key *key, size_t len, const uint8_t *msg, size_t msg_len,
                       const uint8_t *sig, size_t sig_len)
{
    uint8_t em[LARGEST];
    /* BearSSL's struct is not const, but it only reads. */
    uint8_t *n = (uint8_t *)(uintptr_t)key->bytes;
    br_rsa_public_key rsa = { n, len, n + len, EXPONENT };
    uint32_t e;

    if (key->len != len + EXPONENT || msg_len != HASH || sig_len != len)
        return SIGNATURE_BAD;
    e = load_be32(n + len);
    if (!(n[0] & 0x80) || e < 3 || !(e & 1))
        return SIGNATURE_BAD;
    memcpy(em, sig, len);
    if (!bh_rsa_public(em, len, &rsa))
        return SIGNATURE_BAD;
    return pss(em, len, msg);
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
