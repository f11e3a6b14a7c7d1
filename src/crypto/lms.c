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

#include "bulkhead/alive.h"

#include <stdbool.h>
#include <string.h>

enum { N = 32, LEVELS_MAX = 8, KEY = 56, KEY_OTS = 4, KEY_I = 8, KEY_ROOT = 24 };

/* Offsets in an LMS signature. */
enum { SIG_OTS = 4, SIG_C = 8, SIG_Y = 40 };

/* What is hashed with I and a number, told apart by two bytes (section 7.1). */
enum { D_PBLC = 0x8080, D_MESG = 0x8181, D_LEAF = 0x8282, D_INTR = 0x8383 };

/* What the types of a key mean. */
struct shape {
    uint32_t log_w;  /* a Winternitz digit has 1 << log_w bits */
    uint32_t height; /* of the tree */
    uint32_t chains; /* of a one-time signature: a digit each of the digest, and of its checksum */
};

/* All that is hashed: I || number || tag || data. Only bytes, so nothing is between them. */
struct input {
    uint8_t i[16], number[4], tag[2], data[2 * N];
};

enum { PREFIX = offsetof(struct input, data) };

/* Begins the hash with the first len bytes of the data. */
static void begin(struct bh_hash *h, struct input *in, uint32_t tag, size_t len)
{
    in->tag[0] = (uint8_t)(tag >> 8);
    in->tag[1] = (uint8_t)tag;
    bh_sha256.init(h);
    bh_sha256.update(h, in, PREFIX + len);
}

/* Puts the hash at out, which may be in the data. */
static void hash(struct input *in, uint32_t tag, size_t len, uint8_t *out)
{
    struct bh_hash h;

    begin(&h, in, tag, len);
    bh_sha256.final(&h, out);
}

/* Algorithm 4b: makes of the message and its one-time signature the candidate for its key. */
static void ots_candidate(struct input *in, const struct shape *s, const uint8_t *msg,
                          size_t msg_len, const uint8_t *sig)
{
    uint32_t w = 1u << s->log_w;
    uint32_t top = (1u << w) - 1;
    uint32_t sum = 0;
    uint8_t digits[N + 2];
    struct bh_hash h;

    memcpy(in->number, sig, 4);
    memcpy(in->data, sig + SIG_C, N);
    begin(&h, in, D_MESG, N);
    bh_sha256.update(&h, msg, msg_len);
    bh_sha256.final(&h, digits);

    begin(&h, in, D_PBLC, 0);
    for (uint32_t i = 0; i < s->chains; i++) {
        uint32_t bit = i << s->log_w;
        uint32_t digit;

        if (bit == N * 8) { /* the digits of the digest are summed: the checksum, from the top */
            sum <<= 8 - w;
            digits[N] = (uint8_t)(sum >> 8);
            digits[N + 1] = (uint8_t)sum;
        }
        digit = digits[bit / 8] >> (8 - w - bit % 8) & top;
        sum += top - digit;
        memcpy(in->data + 1, sig + SIG_Y + i * N, N);
        for (; digit < top; digit++) {
            bh_alive();
            in->data[0] = (uint8_t)digit;
            hash(in, i, 1 + N, in->data + 1);
        }
        bh_sha256.update(&h, in->data + 1, N);
    }
    bh_sha256.final(&h, in->data);
}

/* Algorithm 6a: makes the candidate for T[1]. Returns the score after comparing it with that of the
 * key. */
static uint32_t lms_match(uint32_t score, const uint8_t *key, const struct shape *s,
                          const uint8_t *msg, size_t msg_len, const uint8_t *sig)
{
    uint32_t node = load_be32(sig) + (1u << s->height);
    const uint8_t *path = sig + SIG_Y + 4 + s->chains * N;
    uint32_t tag = D_LEAF;
    struct input in;

    memcpy(in.i, key + KEY_I, sizeof in.i);
    ots_candidate(&in, s, msg, msg_len, sig);
    for (;;) { /* to where it is when hashed together with its sibling: odd nodes are right ones */
        store_be32(in.number, node);
        hash(&in, tag, tag == D_LEAF ? N : 2 * N, in.data + (node & 1) * N);
        if (node == 1)
            return bh_match(score, in.data + N, key + KEY_ROOT, N);
        memcpy(in.data + (~node & 1) * N, path, N);
        path += N;
        node /= 2;
        tag = D_INTR;
    }
}

/* Bytes of the LMS signature that begins the len bytes at sig, and its shape; 0 if they are none by
 * such a key, or its types are not in RFC 8554. */
static size_t lms_len(const uint8_t *key, struct shape *s, const uint8_t *sig, size_t len)
{
    size_t ots_end, end;

    s->log_w = load_be32(key + KEY_OTS) - 1;
    s->height = load_be32(key) - 4;
    if (s->log_w > 3 || s->height - 1 > 4)
        return 0;
    s->height *= 5;
    s->chains = ((N + 1) * 8u >> s->log_w) + 1;
    ots_end = SIG_Y + s->chains * N;
    end = ots_end + 4 + s->height * N;
    if (len < end || load_be32(sig) >> s->height || memcmp(sig + SIG_OTS, key + KEY_OTS, 4) ||
        memcmp(sig + ots_end, key, 4))
        return 0;
    return end;
}

/* Section 6.3. Leaving the loop too early or too late cannot help: a message is not a
 * public key. */
static uint32_t verify(const struct bh_key *key, const uint8_t *msg, size_t msg_len,
                       const uint8_t *sig, size_t sig_len)
{
    const uint8_t *signer = key->bytes + 4;
    const uint8_t *end = sig + sig_len;
    const uint8_t *next;
    uint32_t levels, score;
    struct shape s;

    if (key->len != 4 + KEY || sig_len < 4)
        return SIGNATURE_BAD;
    levels = load_be32(key->bytes);
    if (levels - 1 >= LEVELS_MAX || load_be32(sig) != levels - 1)
        return SIGNATURE_BAD;
    score = SCORE(levels * N);
    for (sig += 4;; sig = next + KEY) {
        size_t len = lms_len(signer, &s, sig, (size_t)(end - sig));

        if (len == 0)
            return SIGNATURE_BAD;
        next = sig + len;
        if (--levels == 0)
            break;
        if (end - next < KEY)
            return SIGNATURE_BAD;
        score = lms_match(score, signer, &s, next, KEY, sig);
        signer = next;
    }
    if (next != end)
        return SIGNATURE_BAD;
    return lms_match(score, signer, &s, msg, msg_len, sig);
}

const struct bh_signature_algo bh_lms = { BH_SIG_LMS, verify };
