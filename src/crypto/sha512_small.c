/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-384 and SHA-512 (FIPS 180-4), small: 2.3 KB less flash than the fast one, 1.3 times its time.
 * The other file after the same prototype is sha512_fast.c; the build links one of them. */
#include "common.h"

#include <string.h>

enum { BLOCK = 128, ROUNDS = 80, WORD = 8 };

/* What a struct bh_hash holds here. Words of the block are made of bytes as these come. */
struct state {
    uint64_t sum[8];
    uint64_t block[BLOCK / WORD];
    size_t len; /* bytes hashed so far */
};

_Static_assert(sizeof(struct state) <= sizeof((struct bh_hash *)0)->state, "room in bh_hash");

/* Fractions of the cube roots of the first 80 primes. */
static const uint64_t k[ROUNDS] = {
    0x428A2F98D728AE22u, 0x7137449123EF65CDu, 0xB5C0FBCFEC4D3B2Fu, 0xE9B5DBA58189DBBCu,
    0x3956C25BF348B538u, 0x59F111F1B605D019u, 0x923F82A4AF194F9Bu, 0xAB1C5ED5DA6D8118u,
    0xD807AA98A3030242u, 0x12835B0145706FBEu, 0x243185BE4EE4B28Cu, 0x550C7DC3D5FFB4E2u,
    0x72BE5D74F27B896Fu, 0x80DEB1FE3B1696B1u, 0x9BDC06A725C71235u, 0xC19BF174CF692694u,
    0xE49B69C19EF14AD2u, 0xEFBE4786384F25E3u, 0x0FC19DC68B8CD5B5u, 0x240CA1CC77AC9C65u,
    0x2DE92C6F592B0275u, 0x4A7484AA6EA6E483u, 0x5CB0A9DCBD41FBD4u, 0x76F988DA831153B5u,
    0x983E5152EE66DFABu, 0xA831C66D2DB43210u, 0xB00327C898FB213Fu, 0xBF597FC7BEEF0EE4u,
    0xC6E00BF33DA88FC2u, 0xD5A79147930AA725u, 0x06CA6351E003826Fu, 0x142929670A0E6E70u,
    0x27B70A8546D22FFCu, 0x2E1B21385C26C926u, 0x4D2C6DFC5AC42AEDu, 0x53380D139D95B3DFu,
    0x650A73548BAF63DEu, 0x766A0ABB3C77B2A8u, 0x81C2C92E47EDAEE6u, 0x92722C851482353Bu,
    0xA2BFE8A14CF10364u, 0xA81A664BBC423001u, 0xC24B8B70D0F89791u, 0xC76C51A30654BE30u,
    0xD192E819D6EF5218u, 0xD69906245565A910u, 0xF40E35855771202Au, 0x106AA07032BBD1B8u,
    0x19A4C116B8D2D0C8u, 0x1E376C085141AB53u, 0x2748774CDF8EEB99u, 0x34B0BCB5E19B48A8u,
    0x391C0CB3C5C95A63u, 0x4ED8AA4AE3418ACBu, 0x5B9CCA4F7763E373u, 0x682E6FF3D6B2B8A3u,
    0x748F82EE5DEFB2FCu, 0x78A5636F43172F60u, 0x84C87814A1F0AB72u, 0x8CC702081A6439ECu,
    0x90BEFFFA23631E28u, 0xA4506CEBDE82BDE9u, 0xBEF9A3F7B2C67915u, 0xC67178F2E372532Bu,
    0xCA273ECEEA26619Cu, 0xD186B8C721C0C207u, 0xEADA7DD6CDE0EB1Eu, 0xF57D4F7FEE6ED178u,
    0x06F067AA72176FBAu, 0x0A637DC5A2C898A6u, 0x113F9804BEF90DAEu, 0x1B710B35131C471Bu,
    0x28DB77F523047D84u, 0x32CAAB7B40C72493u, 0x3C9EBE0A15C9BEBCu, 0x431D67C49C100D4Cu,
    0x4CC5D4BECB3E42B6u, 0x597F299CFC657E2Au, 0x5FCB6FAB3AD6FAECu, 0x6C44198C4A475817u,
};

static uint64_t rotate(uint64_t v, unsigned n)
{
    return v >> n | v << (64 - n);
}

/* Mixes the block into the sum. Of the 80 words made of it, the last 16 are kept, in its place. The
 * eight variables a to h are v[0] to v[7]; each round moves them up by moving v down. */
static void mix(struct state *s)
{
    uint64_t *w = s->block;
    uint64_t room[8 + 16];
    uint64_t *v = room + 16;

    memcpy(v, s->sum, sizeof s->sum);
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t t = w[i % 16];

        if (i >= 16) {
            uint64_t other = w[(i + 1) % 16];

            t += w[(i + 9) % 16];
            t += rotate(other, 1) ^ rotate(other, 8) ^ other >> 7;
            other = w[(i + 14) % 16];
            t += rotate(other, 19) ^ rotate(other, 61) ^ other >> 6;
            w[i % 16] = t;
        }
        if (v == room)
            v = memcpy(room + 16, room, sizeof s->sum);
        t += v[7] + k[i] + (v[6] ^ (v[4] & (v[5] ^ v[6])));
        t += rotate(v[4], 14) ^ rotate(v[4], 18) ^ rotate(v[4], 41);
        v[3] += t;
        t += (v[0] & v[1]) | (v[2] & (v[0] | v[1]));
        t += rotate(v[0], 28) ^ rotate(v[0], 34) ^ rotate(v[0], 39);
        *--v = t;
    }
    for (unsigned i = 0; i < 8; i++)
        s->sum[i] += v[i];
}

static void update(struct bh_hash *hash, const void *data, size_t len)
{
    struct state *s = (struct state *)hash->state;
    const uint8_t *p = data;
    size_t at = s->len;

    s->len += len;
    while (len--) {
        uint64_t *w = &s->block[at++ % BLOCK / WORD];

        *w = *w << 8 | *p++;
        if (at % BLOCK == 0)
            mix(s);
    }
}

/* A bit 1, as few zeros as fill the block, and the number of bits in its last 16 bytes. */
static void final(struct bh_hash *hash, uint8_t *digest)
{
    struct state *s = (struct state *)hash->state;
    uint64_t bits = (uint64_t)s->len * 8;
    uint8_t pad = 0x80;

    for (; s->len % BLOCK != BLOCK - 2 * WORD || pad; pad = 0)
        update(hash, &pad, 1);
    s->block[14] = 0;
    s->block[15] = bits;
    mix(s);
    for (unsigned i = 0; i < hash->algo->digest_len / WORD; i++) {
        store_be32(digest + WORD * i, (uint32_t)(s->sum[i] >> 32));
        store_be32(digest + WORD * i + 4, (uint32_t)s->sum[i]);
    }
}

static void init_384(struct bh_hash *hash)
{
    static const uint64_t start[8] = {
        0xCBBB9D5DC1059ED8u, 0x629A292A367CD507u, 0x9159015A3070DD17u, 0x152FECD8F70E5939u,
        0x67332667FFC00B31u, 0x8EB44A8768581511u, 0xDB0C2E0D64F98FA7u, 0x47B5481DBEFA4FA4u,
    };
    struct state *s = (struct state *)hash->state;

    memcpy(s->sum, start, sizeof start);
    s->len = 0;
}

static void init_512(struct bh_hash *hash)
{
    static const uint64_t start[8] = {
        0x6A09E667F3BCC908u, 0xBB67AE8584CAA73Bu, 0x3C6EF372FE94F82Bu, 0xA54FF53A5F1D36F1u,
        0x510E527FADE682D1u, 0x9B05688C2B3E6C1Fu, 0x1F83D9ABFB41BD6Bu, 0x5BE0CD19137E2179u,
    };
    struct state *s = (struct state *)hash->state;

    memcpy(s->sum, start, sizeof start);
    s->len = 0;
}

const struct bh_hash_algo bh_sha384 = { BH_HASH_SHA384, 48, init_384, update, final };
const struct bh_hash_algo bh_sha512 = { BH_HASH_SHA512, 64, init_512, update, final };
