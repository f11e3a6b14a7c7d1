/* SPDX-License-Identifier: Apache-2.0 */
/* Keccak (FIPS 202), small: one permutation, its constants made as it goes. */
#include "keccak.h"

#include <string.h>

enum { ROUNDS = 24 };

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
    for (unsigned i = 0; i < KECCAK_LANES; i++)
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
    for (unsigned y = 0; y < KECCAK_LANES; y += 5) {
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

void bh_keccak_absorb(struct keccak *s, size_t rate, const void *data, size_t len)
{
    for (const uint8_t *p = data; len; len--) {
        s->lane[s->at / 8] ^= (uint64_t)*p++ << s->at % 8 * 8;
        if (++s->at == rate) {
            permute(s->lane);
            s->at = 0;
        }
    }
}

/* The next byte to be given out is the first of a block that is still to be permuted. */
void bh_keccak_close(struct keccak *s, size_t rate, uint8_t suffix)
{
    s->lane[s->at / 8] ^= (uint64_t)suffix << s->at % 8 * 8;
    s->lane[(rate - 1) / 8] ^= (uint64_t)0x80 << (rate - 1) % 8 * 8;
    s->at = rate;
}

void bh_keccak_squeeze(struct keccak *s, size_t rate, uint8_t *out, size_t len)
{
    for (; len; len--) {
        if (s->at == rate) {
            permute(s->lane);
            s->at = 0;
        }
        *out++ = (uint8_t)(s->lane[s->at / 8] >> s->at % 8 * 8);
        s->at++;
    }
}
