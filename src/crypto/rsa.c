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

/* An encoded message, and what belongs beside it for bh_match(). */
struct encoded {
    uint8_t zeros[3]; /* a zero is what equals the byte three before it: the first ones look here */
    uint8_t em[LARGEST];
    uint8_t expected[HASH + 1];
};

/* Is x->em, len bytes, an encoding of digest? The score. The modulus has all of its 8 * len bits,
 * so the encoded message has one fewer: its top bit must be 0. */
static uint32_t pss(struct encoded *x, size_t len, const uint8_t digest[HASH])
{
    static const uint8_t zeros[8];
    size_t db_len = len - HASH - 1;
    uint8_t *salt = x->em + db_len - SALT;
    uint8_t *h = x->em + db_len;
    uint8_t top = x->em[0] & 0x80;
    uint32_t score = SCORE(len - HASH); /* all but the salt */
    struct bh_hash again;

    mask(x->em, db_len, h);
    x->em[0] = top | (x->em[0] & 0x7F);
    salt[-1] ^= 0x01;
    score = bh_match(score, x->zeros, x->em, db_len - SALT);

    bh_hash_init(&again, &bh_sha256);
    bh_hash_update(&again, zeros, sizeof zeros);
    bh_hash_update(&again, digest, HASH);
    bh_hash_update(&again, salt, SALT);
    bh_hash_final(&again, x->expected);
    x->expected[HASH] = TRAILER;
    return bh_match(score, x->expected, h, sizeof x->expected);
}

static uint32_t verify(const struct bh_key *key, size_t len, const uint8_t *msg, size_t msg_len,
                       const uint8_t *sig, size_t sig_len)
{
    struct encoded x;
    /* BearSSL's struct is not const, but it only reads. */
    uint8_t *n = (uint8_t *)(uintptr_t)key->bytes;
    br_rsa_public_key rsa = { n, len, n + len, EXPONENT };
    uint32_t e;

    if (key->len != len + EXPONENT || msg_len != HASH || sig_len != len)
        return SIGNATURE_BAD;
    e = load_be32(n + len);
    if (!(n[0] & 0x80) || e < 3 || !(e & 1))
        return SIGNATURE_BAD;
    memset(x.zeros, 0, sizeof x.zeros);
    memcpy(x.em, sig, len);
    if (!bh_rsa_public(x.em, len, &rsa))
        return SIGNATURE_BAD;
    return pss(&x, len, msg);
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
