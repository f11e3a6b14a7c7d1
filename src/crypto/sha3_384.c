/* SPDX-License-Identifier: Apache-2.0 */
/* SHA3-384 (FIPS 202), small: one permutation, its constants made as it goes. */
#include "common.h"

#include <string.h>

enum { LANES = 25, ROUNDS = 24, DIGEST = 48, RATE = 200 - 2 * DIGEST };

/* What a struct bh_hash holds here. Bytes are XORed onto the lanes as they come. */
struct state {
    uint64_t lane[LANES]; /* x + 5 y */
    size_t at;            /* bytes of the open block, below RATE */
};

_Static_assert(sizeof(struct state) <= sizeof((struct bh_hash *)0)->state, "room in bh_hash");

static uint64_t rotate(uint64_t v, unsigned n)
{
    return n ? v << n | v >> (64 - n) : v;
}

/* Section 3.2.1: every column's parity onto its neighbours. */
static void theta(uint64_t *a)
{
    uint64_t c[5];

    for (unsigned x = 0; x < 5; x++)
        c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (unsigned i = 0; i < LANES; i++)
        a[i] ^= c[(i + 4) % 5] ^ rotate(c[(i + 1) % 5], 1);
}

/* Sections 3.2.2 and 3.2.3: lane (x, y) moves to (y, 2x + 3y), rotated by the next triangular
 * number; lane (0, 0) stays. */
static void rho_pi(uint64_t *a)
{
    unsigned x = 1, y = 0;
    uint64_t moved = a[1];

    for (unsigned t = 1; t <= ROUNDS; t++) {
        unsigned to = (2 * x + 3 * y) % 5;
        uint64_t there;

        x = y;
        y = to;
        there = a[x + 5 * y];
        a[x + 5 * y] = rotate(moved, t * (t + 1) / 2 % 64);
        moved = there;
    }
}

/* Section 3.2.4. */
static void chi(uint64_t *a)
{
    for (unsigned y = 0; y < LANES; y += 5) {
        uint64_t row[5];

        memcpy(row, a + y, sizeof row);
        for (unsigned x = 0; x < 5; x++)
            a[y + x] ^= ~row[(x + 1) % 5] & row[(x + 2) % 5];
    }
}

/* Section 3.2.5: bits 2^j - 1 of lane 0, out of a shift register of 8 bits. */
static void iota(uint64_t *a, uint8_t *lfsr)
{
    for (unsigned j = 0; j < 7; j++) {
        if (*lfsr & 1)
            a[0] ^= (uint64_t)1 << ((1u << j) - 1);
        *lfsr = (uint8_t)(*lfsr << 1 ^ (*lfsr & 0x80 ? 0x71 : 0));
    }
}

static void permute(uint64_t *a)
{
    uint8_t lfsr = 1;

    for (unsigned i = 0; i < ROUNDS; i++) {
        theta(a);
        rho_pi(a);
        chi(a);
        iota(a, &lfsr);
    }
}

static void flip(struct state *s, size_t at, uint8_t byte)
{
    s->lane[at / 8] ^= (uint64_t)byte << at % 8 * 8;
}

static void init(struct bh_hash *h)
{
    memset(h->state, 0, sizeof(struct state));
}

static void update(struct bh_hash *h, const void *data, size_t len)
{
    struct state *s = (struct state *)h->state;

    for (const uint8_t *p = data; len; len--) {
        flip(s, s->at, *p++);
        if (++s->at == RATE) {
            permute(s->lane);
            s->at = 0;
        }
    }
}

static void final(struct bh_hash *h, uint8_t *digest)
{
    struct state *s = (struct state *)h->state;

    flip(s, s->at, 0x06);
    flip(s, RATE - 1, 0x80);
    permute(s->lane);
    for (unsigned i = 0; i < DIGEST; i++)
        digest[i] = (uint8_t)(s->lane[i / 8] >> i % 8 * 8);
}

const struct bh_hash_algo bh_sha3_384 = { BH_HASH_SHA3_384, DIGEST, init, update, final };
