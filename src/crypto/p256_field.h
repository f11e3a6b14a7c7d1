/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers modulo p or n, for P-256 (SP 800-186). */
#ifndef BULKHEAD_CRYPTO_P256_FIELD_H
#define BULKHEAD_CRYPTO_P256_FIELD_H

#include "common.h"

#include <stdint.h>

enum { WORDS = 8, BITS = 256 };

/* The least significant word first. */
struct number {
    uint32_t w[WORDS];
};

struct modulus {
    struct number m;
    uint32_t inverse; /* of -m, modulo 2^32 */
};

/* (x : y : z) is the point (x/z, y/z). */
struct point {
    struct number x, y, z;
};

/* p is what coordinates are taken modulo, n the order of the generator. */
extern const struct modulus bh_p256_p, bh_p256_n;
extern const struct point bh_p256_generator;

/* In all of these the result may be one of the operands. */

/* r = a + b, or a - b if flip is all ones. Returns the carry; of a - b, 1 if it is not below 0. */
uint32_t bh_p256_add(struct number *r, const struct number *a, const struct number *b,
                     uint32_t flip);

/* r = a + top * 2^256 - b, plus m if that is below 0. */
void bh_p256_subtract(struct number *r, const struct number *a, uint32_t top,
                      const struct number *b, const struct modulus *m);

/* r = a * b / 2^256 modulo m (Montgomery). One of a and b must be below m; r is. */
void bh_p256_multiply(struct number *r, const struct number *a, const struct number *b,
                      const struct modulus *m);

/* a = a / b modulo m, as plain numbers; 0 if b is 0. b must be below m and no other than a. */
void bh_p256_divide(struct number *a, const struct number *b, const struct modulus *m);

/* Reads count numbers, each of 32 bytes, big-endian. Returns 0 if all are below m. */
static inline uint32_t bh_p256_load(struct number *r, unsigned count, const uint8_t *bytes,
                                    const struct modulus *m)
{
    struct number difference;
    uint32_t over = 0;

    for (; count--; r++) {
        for (unsigned i = WORDS; i--; bytes += 4)
            r->w[i] = load_be32(bytes);
        over |= bh_p256_add(&difference, r, &m->m, ~0u);
    }
    return over;
}

#endif
