/* SPDX-License-Identifier: Apache-2.0 */
/* RSASSA-PSS (RFC 8017 section 9.1.2) with one hash throughout, also in MGF1, and a salt as long as
 * a digest, over BearSSL's modular exponentiation.
 *
 * EM is masked DB || H || 0xBC, DB is 0...0 || 0x01 || salt, H is HASH(8 zeros || digest || salt).
 *
 * Two files use it, with SHA-256 and with SHA-384, so that no product links both. */
#ifndef BULKHEAD_CRYPTO_RSA_PSS_H
#define BULKHEAD_CRYPTO_RSA_PSS_H

#include "common.h"
#include "rsa_public.h"

#include <string.h>

enum { PSS_TRAILER = 0xBC, PSS_DIGEST_MAX = 48 };

/* XORs MGF1(seed) onto buf. */
static inline void pss_mask(const struct bh_hash_algo *hash, uint8_t *buf, size_t len,
                            const uint8_t *seed)
{
    uint8_t block[PSS_DIGEST_MAX];
    uint8_t counter[4] = { 0 };
    struct bh_hash h;

    for (size_t i = 0; i < len; i++) {
        if (i % hash->digest_len == 0) {
            counter[3] = (uint8_t)(i / hash->digest_len);
            bh_hash_init(&h, hash);
            bh_hash_update(&h, seed, hash->digest_len);
            bh_hash_update(&h, counter, sizeof counter);
            bh_hash_final(&h, block);
        }
        buf[i] ^= block[i % hash->digest_len];
    }
}

/* Is em, len bytes, an encoding of digest? The score. Before em are three bytes of 0: a zero is
 * what equals the byte three before it, and the first ones look there. expected: room for a digest
 * and one byte. The modulus has all of its 8 * len bits, so the encoded message has one fewer: its
 * top bit must be 0. */
static inline uint32_t pss_match(const struct bh_hash_algo *hash, uint8_t *em, size_t len,
                                 uint8_t *expected, const uint8_t *digest)
{
    static const uint8_t zeros[8];
    size_t db_len = len - hash->digest_len - 1;
    uint8_t *salt = em + db_len - hash->digest_len;
    uint8_t *h = em + db_len;
    uint8_t top = em[0] & 0x80;
    uint32_t score = SCORE(len - hash->digest_len); /* all but the salt */
    struct bh_hash again;

    pss_mask(hash, em, db_len, h);
    em[0] = top | (em[0] & 0x7F);
    salt[-1] ^= 0x01;
    score = bh_match(score, em - 3, em, db_len - hash->digest_len);

    bh_hash_init(&again, hash);
    bh_hash_update(&again, zeros, sizeof zeros);
    bh_hash_update(&again, digest, hash->digest_len);
    bh_hash_update(&again, salt, hash->digest_len);
    bh_hash_final(&again, expected);
    expected[hash->digest_len] = PSS_TRAILER;
    return bh_match(score, expected, h, hash->digest_len + 1u);
}

/* Is sig one by key, of len bytes, over msg? em: room for three bytes of 0, then the encoded
 * message; expected: as above. */
static inline uint32_t pss_verify(const struct bh_hash_algo *hash, const struct bh_key *key,
                                  size_t len, const uint8_t *msg, size_t msg_len,
                                  const uint8_t *sig, size_t sig_len, uint8_t *room,
                                  uint8_t *expected)
{
    uint8_t *em = room + 3;

    if (key->len != len + 4 || msg_len != hash->digest_len || sig_len != len)
        return SIGNATURE_BAD;
    memset(room, 0, 3);
    memcpy(em, sig, len);
    if (!bh_rsa_decode(em, len, key->bytes))
        return SIGNATURE_BAD;
    return pss_match(hash, em, len, expected, msg);
}

#endif
