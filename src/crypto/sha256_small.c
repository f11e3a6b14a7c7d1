/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4), small: 0.8 KB less flash than the fast one, 1.6 times its time.
 * The other file after the same prototype is sha256_fast.c; the build links one of them. */
#include "common.h"

#include <string.h>

enum { BLOCK = 64, ROUNDS = 64, WORD = 4 };

/* What a struct bh_hash holds here. Words of the block are made of bytes as these come. */
struct state {
    uint32_t sum[8];
    uint32_t block[BLOCK / WORD];
    size_t len; /* bytes hashed so far */
};

_Static_assert(sizeof(struct state) <= sizeof((struct bh_hash *)0)->state, "room in bh_hash");

/* Fractions of the cube roots of the first 64 primes. */
static const uint32_t k[ROUNDS] = {
    0x428A2F98u, 0x71374491u, 0xB5C0FBCFu, 0xE9B5DBA5u, 0x3956C25Bu, 0x59F111F1u, 0x923F82A4u,
    0xAB1C5ED5u, 0xD807AA98u, 0x12835B01u, 0x243185BEu, 0x550C7DC3u, 0x72BE5D74u, 0x80DEB1FEu,
    0x9BDC06A7u, 0xC19BF174u, 0xE49B69C1u, 0xEFBE4786u, 0x0FC19DC6u, 0x240CA1CCu, 0x2DE92C6Fu,
    0x4A7484AAu, 0x5CB0A9DCu, 0x76F988DAu, 0x983E5152u, 0xA831C66Du, 0xB00327C8u, 0xBF597FC7u,
    0xC6E00BF3u, 0xD5A79147u, 0x06CA6351u, 0x14292967u, 0x27B70A85u, 0x2E1B2138u, 0x4D2C6DFCu,
    0x53380D13u, 0x650A7354u, 0x766A0ABBu, 0x81C2C92Eu, 0x92722C85u, 0xA2BFE8A1u, 0xA81A664Bu,
    0xC24B8B70u, 0xC76C51A3u, 0xD192E819u, 0xD6990624u, 0xF40E3585u, 0x106AA070u, 0x19A4C116u,
    0x1E376C08u, 0x2748774Cu, 0x34B0BCB5u, 0x391C0CB3u, 0x4ED8AA4Au, 0x5B9CCA4Fu, 0x682E6FF3u,
    0x748F82EEu, 0x78A5636Fu, 0x84C87814u, 0x8CC70208u, 0x90BEFFFAu, 0xA4506CEBu, 0xBEF9A3F7u,
    0xC67178F2u,
};

static uint32_t rotate(uint32_t v, unsigned n)
{
    return v >> n | v << (32 - n);
}

/* Mixes the block into the sum. Of the 64 words made of it, the last 16 are kept, in its place. */
static void mix(struct state *s)
{
    uint32_t *w = s->block;
    uint32_t a = s->sum[0], b = s->sum[1], c = s->sum[2], d = s->sum[3];
    uint32_t e = s->sum[4], f = s->sum[5], g = s->sum[6], h = s->sum[7];

    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t t = w[i % 16];

        if (i >= 16) {
            uint32_t other = w[(i + 1) % 16];

            t += w[(i + 9) % 16];
            t += rotate(other, 7) ^ rotate(other, 18) ^ other >> 3;
            other = w[(i + 14) % 16];
            t += rotate(other, 17) ^ rotate(other, 19) ^ other >> 10;
            w[i % 16] = t;
        }
        t += h + k[i] + (g ^ (e & (f ^ g)));
        t += rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
        h = g;
        g = f;
        f = e;
        e = d + t;
        t += (a & b) | (c & (a | b));
        t += rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
        d = c;
        c = b;
        b = a;
        a = t;
    }
    s->sum[0] += a;
    s->sum[1] += b;
    s->sum[2] += c;
    s->sum[3] += d;
    s->sum[4] += e;
    s->sum[5] += f;
    s->sum[6] += g;
    s->sum[7] += h;
}

static void update(struct bh_hash *hash, const void *data, size_t len)
{
    struct state *s = (struct state *)hash->state;
    const uint8_t *p = data;
    size_t at = s->len;

    s->len += len;
    while (len--) {
        uint32_t *w = &s->block[at++ % BLOCK / WORD];

        *w = *w << 8 | *p++;
        if (at % BLOCK == 0)
            mix(s);
    }
}

/* A bit 1, as few zeros as fill the block, and the number of bits in its last 8 bytes. */
static void final(struct bh_hash *hash, uint8_t *digest)
{
    struct state *s = (struct state *)hash->state;
    uint64_t bits = (uint64_t)s->len * 8;
    uint8_t pad = 0x80;

    for (; s->len % BLOCK != BLOCK - sizeof bits || pad; pad = 0)
        update(hash, &pad, 1);
    s->block[14] = (uint32_t)(bits >> 32);
    s->block[15] = (uint32_t)bits;
    mix(s);
    for (unsigned i = 0; i < 8; i++)
        store_be32(digest + WORD * i, s->sum[i]);
}

static void init(struct bh_hash *hash)
{
    static const uint32_t start[8] = {
        0x6A09E667u, 0xBB67AE85u, 0x3C6EF372u, 0xA54FF53Au,
        0x510E527Fu, 0x9B05688Cu, 0x1F83D9ABu, 0x5BE0CD19u,
    };
    struct state *s = (struct state *)hash->state;

    memcpy(s->sum, start, sizeof start);
    s->len = 0;
}

const struct bh_hash_algo bh_sha256 = { BH_HASH_SHA256, 32, init, update, final };
