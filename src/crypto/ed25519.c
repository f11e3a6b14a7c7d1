/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 (RFC 8032) by Monocypher, which refuses S >= L and points off the curve. It checks the
 * equation times the cofactor 8; on top of it, keys of small order and points whose y is not below
 * p are refused here. */
#include "common.h"

#include "bulkhead/alive.h"

#include <monocypher.h>
#include <stdbool.h>
#include <string.h>

enum { POINT = 32, SIGNATURE = 64, TIMES = 2 };

/* A point is its y below p = 2^255 - 19, little endian, and the sign of x in the top bit. x is 0 if
 * y is 1 or p - 1, and 0 has no sign. */
static bool canonical(const uint8_t point[POINT])
{
    uint8_t sign = point[31] >> 7;
    uint8_t ones = point[31] | 0x80, zeros = point[31] & 0x7F;

    for (unsigned i = 1; i < 31; i++) {
        ones &= point[i];
        zeros |= point[i];
    }
    if (ones == 0xFF)
        return point[0] < 0xED - sign;
    return !sign || zeros || point[0] != 1;
}

/* Would anything verify with this key? R = neutral element, S = 0 and a hash of 1 make a good
 * signature if 8 times the key is the neutral element. They are put where the digest will be: on
 * the stack they take less flash than as a constant, and once is enough. */
static bool small_order(const uint8_t key[POINT], uint8_t room[SIGNATURE])
{
    memset(room, 0, SIGNATURE);
    room[0] = 1;
    return crypto_eddsa_check_equation(room, key, room) == 0;
}

/* A signature under examination. In memory: or the compiler would ask once. */
struct asked {
    const uint8_t *volatile sig;
    volatile uint32_t score;
    volatile unsigned left;
    uint8_t h[SIGNATURE]; /* the digest; before that what small_order() needs */
};

/* The digest of R || key || message modulo L. Its own function, so that hash and reduction are off
 * the stack before the curve comes on. */
__attribute__((noinline)) static void hash(struct asked *a, const uint8_t key[POINT],
                                           const uint8_t *msg, size_t msg_len)
{
    struct bh_hash all;
    uint8_t digest[64];

    bh_hash_init(&all, &bh_sha512);
    bh_hash_update(&all, a->sig, POINT);
    bh_hash_update(&all, key, POINT);
    bh_hash_update(&all, msg, msg_len);
    bh_hash_final(&all, digest);
    crypto_eddsa_reduce(a->h, digest);
}

/* digest: of R || key || message if it is known, or else NULL. Hash and equation are asked twice.
 * Monocypher makes the equation's answer of one subtraction in the end, and whoever leaves that out
 * is told that it holds. And whoever leaves R out of the hash has S = r + H(key || message) a of
 * anybody who chooses R to fit: no key is needed for that. */
static uint32_t check(const struct bh_key *key, const uint8_t *digest, const uint8_t *msg,
                      size_t msg_len, const uint8_t *sig, size_t sig_len)
{
    struct asked a;

    a.sig = sig;
    a.score = SCORE(TIMES);
    if (key->len != POINT || sig_len != SIGNATURE)
        return SIGNATURE_BAD;
    if (!canonical(key->bytes) || !canonical(sig) || small_order(key->bytes, a.h))
        return SIGNATURE_BAD;
    for (a.left = TIMES; a.left; a.left--) {
        bh_alive();
        if (digest)
            crypto_eddsa_reduce(a.h, digest);
        else
            hash(&a, key->bytes, msg, msg_len);
        a.score += ((uint32_t)crypto_eddsa_check_equation(a.sig, key->bytes, a.h) + 1) * EQUAL;
    }
    return a.score;
}

uint32_t bh_ed25519_verify_prehashed(const struct bh_key *key, const uint8_t digest[64],
                                     const uint8_t *sig, size_t sig_len)
{
    return check(key, digest, NULL, 0, sig, sig_len);
}

static uint32_t verify(const struct bh_key *key, const uint8_t *msg, size_t msg_len,
                       const uint8_t *sig, size_t sig_len)
{
    return check(key, NULL, msg, msg_len, sig, sig_len);
}

const struct bh_signature_algo bh_ed25519 = { BH_SIG_ED25519, verify };
