/* SPDX-License-Identifier: Apache-2.0 */
/* HSS/LMS (RFC 8554): hash-based signatures, safe from quantum computers. All its parameter sets:
 * SHA-256 with 32 bytes, Winternitz w = 1, 2, 4, 8, trees of height 5 to 25, 1 to 8 levels.
 *
 *     HSS signature = levels - 1, { LMS signature, LMS public key } for each level but the last,
 *                     LMS signature of the message
 *     LMS signature = q, LM-OTS signature, LMS type, path[height]
 *     LM-OTS signature = LM-OTS type, C, y[chains]
 *     LMS public key = LMS type, LM-OTS type, I, T[1]
 *
 * Each level's key signs the next level's key, the last one the message. Every one of them makes a
 * candidate for T[1] out of the signature, which must be the T[1] of the key. */
#include "common.h"

#include <stdbool.h>
#include <string.h>

enum { N = 32, LEVELS_MAX = 8, KEY = 56, KEY_OTS = 4, KEY_I = 8, KEY_ROOT = 24 };

/* Offsets in an LMS signature. */
enum { SIG_OTS = 4, SIG_C = 8, SIG_Y = 40 };

/* What is hashed with I and a number, told apart by two bytes (section 7.1). */
enum { D_PBLC = 0x8080, D_MESG = 0x8181, D_LEAF = 0x8282, D_INTR = 0x8383 };

/* What the types of a key stand for. */
struct shape {
    uint8_t w;      /* bits of a Winternitz digit */
    uint8_t height; /* of the tree */
    uint16_t chains;
    uint8_t shift; /* of the checksum, to the top of its 16 bits */
};

/* False for types that are not in RFC 8554. */
static bool shape_of(const uint8_t *key, struct shape *s)
{
    static const struct shape ots[] = {
        { 1, 0, 265, 7 }, { 2, 0, 133, 6 }, { 4, 0, 67, 4 }, { 8, 0, 34, 0 }
    };
    uint32_t tree_type = load_be32(key) - 5;
    uint32_t ots_type = load_be32(key + KEY_OTS) - 1;

    if (tree_type > 4 || ots_type > 3)
        return false;
    *s = ots[ots_type];
    s->height = (uint8_t)(5 * (tree_type + 1));
    return true;
}

/* Begins the hash of I || number || tag. */
static void begin(struct bh_hash *h, const uint8_t *key, uint32_t number, unsigned tag)
{
    uint8_t prefix[6];

    store_be32(prefix, number);
    prefix[4] = (uint8_t)(tag >> 8);
    prefix[5] = (uint8_t)tag;
    bh_hash_init(h, &bh_sha256);
    bh_hash_update(h, key + KEY_I, 16);
    bh_hash_update(h, prefix, sizeof prefix);
}

/* The i-th digit of w bits, from the top. */
static unsigned digit(const uint8_t *bytes, unsigned i, unsigned w)
{
    unsigned bit = i * w;

    return bytes[bit / 8] >> (8 - w - bit % 8) & ((1u << w) - 1);
}

/* Algorithm 4b: the candidate for the one-time key q, from its signature of msg. */
static void ots_candidate(const uint8_t *key, const struct shape *s, uint32_t q, const uint8_t *msg,
                          size_t msg_len, const uint8_t *sig, uint8_t out[N])
{
    unsigned top = (1u << s->w) - 1;
    unsigned sum = 0;
    uint8_t digits[N + 2];
    uint8_t step;
    struct bh_hash all, one;

    begin(&one, key, q, D_MESG);
    bh_hash_update(&one, sig + SIG_C, N);
    bh_hash_update(&one, msg, msg_len);
    bh_hash_final(&one, digits);
    for (unsigned i = 0; i < N * 8u / s->w; i++)
        sum += top - digit(digits, i, s->w);
    sum <<= s->shift;
    digits[N] = (uint8_t)(sum >> 8);
    digits[N + 1] = (uint8_t)sum;

    begin(&all, key, q, D_PBLC);
    for (unsigned i = 0; i < s->chains; i++) {
        memcpy(out, sig + SIG_Y + i * N, N);
        for (unsigned j = digit(digits, i, s->w); j < top; j++) {
            begin(&one, key, q, i);
            step = (uint8_t)j;
            bh_hash_update(&one, &step, 1);
            bh_hash_update(&one, out, N);
            bh_hash_final(&one, out);
        }
        bh_hash_update(&all, out, N);
    }
    bh_hash_final(&all, out);
}

/* Algorithm 6a: the candidate for T[1]. Returns its difference from that of the key. */
static uint32_t lms_difference(const uint8_t *key, const struct shape *s, const uint8_t *msg,
                               size_t msg_len, const uint8_t *sig)
{
    uint32_t q = load_be32(sig);
    uint32_t node = q + (1u << s->height);
    const uint8_t *path = sig + SIG_Y + (size_t)s->chains * N + 4;
    uint8_t t[N];
    struct bh_hash h;

    ots_candidate(key, s, q, msg, msg_len, sig, t);
    begin(&h, key, node, D_LEAF);
    bh_hash_update(&h, t, N);
    bh_hash_final(&h, t);
    for (; node > 1; node /= 2, path += N) {
        begin(&h, key, node / 2, D_INTR);
        bh_hash_update(&h, node & 1 ? path : t, N);
        bh_hash_update(&h, node & 1 ? t : path, N);
        bh_hash_final(&h, t);
    }
    return bh_difference(t, key + KEY_ROOT, N);
}

/* Bytes of the LMS signature that begins the len bytes at sig, and its shape; 0 if they are none by
 * such a key. */
static size_t lms_len(const uint8_t *key, struct shape *s, const uint8_t *sig, size_t len)
{
    size_t ots_end, end;

    if (!shape_of(key, s))
        return 0;
    ots_end = SIG_Y + (size_t)s->chains * N;
    end = ots_end + 4 + (size_t)s->height * N;
    if (len < end || load_be32(sig) >> s->height || memcmp(sig + SIG_OTS, key + KEY_OTS, 4) ||
        memcmp(sig + ots_end, key, 4))
        return 0;
    return end;
}

/* Section 6.3. */
static uint32_t verify(const struct bh_key *key, const uint8_t *msg, size_t msg_len,
                       const uint8_t *sig, size_t sig_len)
{
    const uint8_t *signer = key->bytes + 4;
    uint32_t difference = 0;
    uint32_t levels;
    struct shape s;
    size_t len;

    if (key->len != 4 + KEY || sig_len < 4)
        return SIGNATURE_BAD;
    levels = load_be32(key->bytes);
    if (levels == 0 || levels > LEVELS_MAX || load_be32(sig) != levels - 1)
        return SIGNATURE_BAD;
    sig += 4;
    sig_len -= 4;
    while (--levels) {
        len = lms_len(signer, &s, sig, sig_len);
        if (len == 0 || sig_len - len < KEY)
            return SIGNATURE_BAD;
        difference |= lms_difference(signer, &s, sig + len, KEY, sig);
        signer = sig + len;
        sig += len + KEY;
        sig_len -= len + KEY;
    }
    len = lms_len(signer, &s, sig, sig_len);
    if (len == 0 || len != sig_len)
        return SIGNATURE_BAD;
    difference |= lms_difference(signer, &s, msg, msg_len, sig);
    return BH_SIGNATURE_GOOD ^ (difference | levels);
}

const struct bh_signature_algo bh_lms = { BH_SIG_LMS, verify };
