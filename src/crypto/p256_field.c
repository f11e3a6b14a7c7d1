/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic under p256_small.c. Whatever is computed with is public, so nothing here is about
 * timing. */
#include "p256_field.h"

#include "bulkhead/alive.h"

const struct modulus bh_p256_p = { { { 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0x00000000u,
                                       0x00000000u, 0x00000000u, 0x00000001u, 0xFFFFFFFFu } },
                                   0x00000001u };
const struct modulus bh_p256_n = { { { 0xFC632551u, 0xF3B9CAC2u, 0xA7179E84u, 0xBCE6FAADu,
                                       0xFFFFFFFFu, 0xFFFFFFFFu, 0x00000000u, 0xFFFFFFFFu } },
                                   0xEE00BC4Fu };
const struct point bh_p256_generator = {
    { { 0xD898C296u, 0xF4A13945u, 0x2DEB33A0u, 0x77037D81u, 0x63A440F2u, 0xF8BCE6E5u, 0xE12C4247u,
        0x6B17D1F2u } },
    { { 0x37BF51F5u, 0xCBB64068u, 0x6B315ECEu, 0x2BCE3357u, 0x7C0F9E16u, 0x8EE7EB4Au, 0xFE1A7F9Bu,
        0x4FE342E2u } },
    { { 1 } },
};

uint32_t bh_p256_add(struct number *r, const struct number *a, const struct number *b,
                     uint32_t flip)
{
    uint64_t c = flip & 1;

    for (unsigned i = 0; i < WORDS; i++) {
        c += (uint64_t)a->w[i] + (b->w[i] ^ flip);
        r->w[i] = (uint32_t)c;
        c >>= 32;
    }
    return (uint32_t)c;
}

void bh_p256_subtract(struct number *r, const struct number *a, uint32_t top,
                      const struct number *b, const struct modulus *m)
{
    if ((bh_p256_add(r, a, b, ~0u) | top) == 0)
        (void)bh_p256_add(r, r, &m->m, 0);
}

void bh_p256_multiply(struct number *r, const struct number *a, const struct number *b,
                      const struct modulus *m)
{
    struct number t = { { 0 } };
    uint32_t top = 0;

    bh_alive(); /* of all that takes long here this is called most often */
    for (unsigned i = 0; i < WORDS; i++) {
        uint32_t x = a->w[i];
        uint64_t c = (uint64_t)x * b->w[0] + t.w[0];
        uint32_t y = (uint32_t)c * m->inverse; /* makes the lowest word 0, and off it goes */
        uint64_t d = (uint64_t)y * m->m.w[0] + (uint32_t)c;

        for (unsigned j = 1; j < WORDS; j++) {
            c = (c >> 32) + t.w[j] + (uint64_t)x * b->w[j];
            d = (d >> 32) + (uint32_t)c + (uint64_t)y * m->m.w[j];
            t.w[j - 1] = (uint32_t)d;
        }
        c = (c >> 32) + (d >> 32) + top;
        t.w[WORDS - 1] = (uint32_t)c;
        top = (uint32_t)(c >> 32);
    }
    bh_p256_subtract(r, &t, top, &m->m, m);
}

/* b to the power m - 2 is 1/b (Fermat). */
void bh_p256_divide(struct number *a, const struct number *b, const struct modulus *m)
{
    struct number power = *b;

    for (unsigned i = BITS - 1; i--;) {
        uint32_t exponent = m->m.w[i / 32] - (i < 32 ? 2 : 0);

        bh_p256_multiply(&power, &power, &power, m);
        if (exponent >> i % 32 & 1)
            bh_p256_multiply(&power, &power, b, m);
    }
    bh_p256_multiply(a, a, &power, m);
    bh_p256_multiply(a, a, &bh_p256_generator.z, m);
}
