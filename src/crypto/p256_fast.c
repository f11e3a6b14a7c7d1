/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on P-256 (FIPS 186-5, SP 800-186), verification only, for cores whose multiplier gives 64
 * bits: 3 KB more flash than p256_small.c for a fifth of its time. Whatever is computed with is
 * public, so nothing here is about timing.
 *
 * A signature is good if x(R) = r modulo n, where R = z/s G + r/s Q, and z is the digest.
 *
 * Coordinates are in Montgomery's form (a * 2^256 modulo p) and Jacobian: (x : y : z) is the point
 * (x/z^2, y/z^3), and infinity if z is 0. The words of p are such that its part of a multiplication
 * is additions alone. Both scalars are written with digits 0, +-1, +-3, +-5, +-7, of which at least
 * three after each that is not 0 are (wNAF), and are worked off together from the top: 256
 * doublings, some 100 additions of an odd multiple of G or Q.
 *
 * Two points that are added may be equal, opposite, or infinity: whoever chooses r and s can bring
 * that about, so add() knows these cases.
 *
 * A skipped instruction leaves a wrong R. It helps only whoever knows R, or a multiple u1 of G
 * in it, before he chooses r and s. Hence the comparisons at the end, as in p256_small.c: u1 and
 * u2 are what z and r become when divided by s, and the loop came to its end. A point all zero
 * has the x of infinity, 0, which is no r. */
#include "common.h"
#include "p256.h"
#include "p256_field.h"

#include "bulkhead/alive.h"
#include "bulkhead/bytes.h"

#include <stdbool.h>
#include <string.h>

enum { ODD = 4, WINDOW = 4, DIGITS = BITS + 1 };

/* 1, 3, 5 and 7 times G: x and y. */
static const struct number multiples_of_g[ODD][2] = {
    { { { 0x18A9143Cu, 0x79E730D4u, 0x5FEDB601u, 0x75BA95FCu, 0x77622510u, 0x79FB732Bu, 0xA53755C6u,
          0x18905F76u } },
      { { 0xCE95560Au, 0xDDF25357u, 0xBA19E45Cu, 0x8B4AB8E4u, 0xDD21F325u, 0xD2E88688u, 0x25885D85u,
          0x8571FF18u } } },
    { { { 0x4EEBC127u, 0xFFAC3F90u, 0x087D81FBu, 0xB027F84Au, 0x87CBBC98u, 0x66AD77DDu, 0xB6FF747Eu,
          0x26936A3Fu } },
      { { 0xC983A7EBu, 0xB04C5C1Fu, 0x0861FE1Au, 0x583E47ADu, 0x1A2EE98Eu, 0x78820831u, 0xE587CC07u,
          0xD5F06A29u } } },
    { { { 0xC45C61F5u, 0xBE1B8AAEu, 0x94B9537Du, 0x90EC649Au, 0xD076C20Cu, 0x941CB5AAu, 0x890523C8u,
          0xC9079605u } },
      { { 0xE7BA4F10u, 0xEB309B4Au, 0xE5EB882Bu, 0x73C568EFu, 0x7E7A1F68u, 0x3540A987u, 0x2DD1E916u,
          0x73A076BBu } } },
    { { { 0xA0173B4Fu, 0x0746354Eu, 0xD23C00F7u, 0x2BD20213u, 0x0C23BB08u, 0xF43EAAB5u, 0xC3123E03u,
          0x13BA5119u } },
      { { 0x3F5B9D4Du, 0x2847D030u, 0x5DA67BDDu, 0x6742F2F2u, 0x77C94195u, 0xEF933BDCu, 0x6E240867u,
          0xEAEDD915u } } },
};

/* 1, b of the curve y^2 = x^3 - 3x + b, and 2^256, all in Montgomery's form. */
static const struct number one = { { 0x00000001u, 0x00000000u, 0x00000000u, 0xFFFFFFFFu,
                                     0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFEu, 0x00000000u } };
static const struct number curve_b = { { 0x29C4BDDFu, 0xD89CDF62u, 0x78843090u, 0xACF005CDu,
                                         0xF7212ED6u, 0xE5A220ABu, 0x04874834u, 0xDC30061Du } };
static const struct number to_form = { { 0x00000003u, 0x00000000u, 0xFFFFFFFFu, 0xFFFFFFFBu,
                                         0xFFFFFFFEu, 0xFFFFFFFFu, 0xFFFFFFFDu, 0x00000004u } };
static const struct number *const plain_one = &bh_p256_generator.z;

/* r + top * 2^256, which is below 2p, modulo p. Most numbers are below p, and their top word
 * tells. */
static void reduce(struct number *r, uint32_t top)
{
    if (top || r->w[WORDS - 1] == bh_p256_p.m.w[WORDS - 1])
        bh_p256_subtract(r, r, top, &bh_p256_p.m, &bh_p256_p);
}

/* r = a * b / 2^256 modulo p. Of each word y that is to go, y * p is added: y times
 * 2^256 - 2^224 + 2^192 + 2^96 - 1. */
static void multiply(struct number *r, const struct number *a, const struct number *b)
{
    uint32_t t0 = 0, t1 = 0, t2 = 0, t3 = 0, t4 = 0, t5 = 0, t6 = 0, t7 = 0, t8 = 0;

    for (unsigned i = 0; i < WORDS; i++) {
        uint32_t x = a->w[i];
        uint64_t c;
        int64_t d;

/* a word of x * b, added to what is there and to the carry */
#define MULTIPLY(word, to)                                                                         \
    c = (uint64_t)x * b->w[word] + to + (uint32_t)(c >> 32);                                       \
    to = (uint32_t)c
        c = 0;
        MULTIPLY(0, t0);
        MULTIPLY(1, t1);
        MULTIPLY(2, t2);
        MULTIPLY(3, t3);
        MULTIPLY(4, t4);
        MULTIPLY(5, t5);
        MULTIPLY(6, t6);
        MULTIPLY(7, t7);
#undef MULTIPLY
        c = (c >> 32) + t8; /* up to 33 bits */
        x = t0;
        t0 = t1;
        t1 = t2;
        d = (int64_t)c;
        c = (uint64_t)t3 + x;
        t2 = (uint32_t)c;
        c = (c >> 32) + t4;
        t3 = (uint32_t)c;
        c = (c >> 32) + t5;
        t4 = (uint32_t)c;
        c = (c >> 32) + t6 + x;
        t5 = (uint32_t)c;
        c = (c >> 32) + t7 - x; /* may be below 0 */
        t6 = (uint32_t)c;
        d += ((int64_t)c >> 32) + x;
        t7 = (uint32_t)d;
        t8 = (uint32_t)(d >> 32);
    }
    *r = (struct number){ { t0, t1, t2, t3, t4, t5, t6, t7 } };
    reduce(r, t8);
}

static void square(struct number *r, const struct number *a)
{
    multiply(r, a, a);
}

static void subtract(struct number *r, const struct number *a, const struct number *b)
{
    bh_p256_subtract(r, a, 0, b, &bh_p256_p);
}

static void add_numbers(struct number *r, const struct number *a, const struct number *b)
{
    reduce(r, bh_p256_add(r, a, b, 0));
}

static void twice(struct number *r)
{
    add_numbers(r, r, r);
}

static bool is_zero(const struct number *a)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < WORDS; i++)
        bits |= a->w[i];
    return bits == 0;
}

/* p = 2p, where a = -3: gamma = y^2, beta = x gamma, alpha = 3 (x - z^2)(x + z^2),
 * x' = alpha^2 - 8 beta, z' = 2 y z, y' = alpha (4 beta - x') - 8 gamma^2. Infinity stays. */
static void double_point(struct point *p)
{
    struct number alpha, beta, gamma, d;

    square(&d, &p->z);
    subtract(&alpha, &p->x, &d);
    add_numbers(&d, &p->x, &d);
    multiply(&d, &alpha, &d);
    add_numbers(&alpha, &d, &d);
    add_numbers(&alpha, &alpha, &d);
    square(&gamma, &p->y);
    multiply(&beta, &p->x, &gamma);
    twice(&beta);
    twice(&beta);
    multiply(&p->z, &p->y, &p->z);
    twice(&p->z);
    square(&p->x, &alpha);
    subtract(&p->x, &p->x, &beta);
    subtract(&p->x, &p->x, &beta);
    subtract(&d, &beta, &p->x);
    multiply(&p->y, &alpha, &d);
    square(&gamma, &gamma);
    twice(&gamma);
    twice(&gamma);
    twice(&gamma);
    subtract(&p->y, &p->y, &gamma);
}

/* p = p + q, which is not infinity: u = x z'^2, s = y z'^3, h and v their differences,
 * x'' = v^2 - h^3 - 2 u h^2, y'' = v (u h^2 - x'') - s h^3, z'' = z z' h. */
static void add_point(struct point *p, const struct number *x, const struct number *y,
                      const struct number *z)
{
    struct number u, s, h, v, w;

    if (is_zero(&p->z)) {
        *p = (struct point){ *x, *y, *z };
        return;
    }
    square(&w, z);
    multiply(&u, &p->x, &w);
    multiply(&w, &w, z);
    multiply(&s, &p->y, &w);
    square(&w, &p->z);
    multiply(&h, x, &w);
    multiply(&w, &w, &p->z);
    multiply(&v, y, &w);
    subtract(&h, &h, &u);
    subtract(&v, &v, &s);
    if (is_zero(&h) && is_zero(&v)) {
        double_point(p);
        return;
    }
    multiply(&p->z, &p->z, z);
    multiply(&p->z, &p->z, &h); /* 0, infinity, if they are opposite */
    square(&w, &h);
    multiply(&u, &u, &w);
    multiply(&h, &h, &w);
    multiply(&s, &s, &h);
    square(&p->x, &v);
    subtract(&p->x, &p->x, &h);
    subtract(&p->x, &p->x, &u);
    subtract(&p->x, &p->x, &u);
    subtract(&u, &u, &p->x);
    multiply(&p->y, &v, &u);
    subtract(&p->y, &p->y, &s);
}

/* Add digit times the point whose odd multiples these are. */
static void add_digit(struct point *p, int digit, const struct number *x, const struct number *y,
                      const struct number *z)
{
    struct number negative;

    if (digit < 0) {
        subtract(&negative, &bh_p256_p.m, y); /* y is not 0: no point has order 2 */
        y = &negative;
    }
    add_point(p, x, y, z);
}

static uint32_t bit(const struct number *k, unsigned i)
{
    return i < BITS ? k->w[i / 32] >> i % 32 & 1u : 0;
}

/* The digits of k, from the lowest. */
static void write_digits(int8_t digits[DIGITS], const struct number *k)
{
    uint32_t carry = 0;

    memset(digits, 0, DIGITS);
    for (unsigned i = 0; i < DIGITS; i++) {
        uint32_t window = carry;

        if (bit(k, i) == carry)
            continue;
        for (unsigned j = 0; j < WINDOW; j++)
            window += bit(k, i + j) << j;
        carry = window >> (WINDOW - 1);
        digits[i] = (int8_t)((int)window - (int)(carry << WINDOW));
        i += WINDOW - 1;
    }
}

/* power = b to the power m - 2 as bh_p256_multiply() reckons: then a * power / 2^512 is a/b. */
static void invert(struct number *power, const struct number *b, const struct modulus *m)
{
    *power = *b;
    for (unsigned i = BITS - 1; i--;) {
        uint32_t exponent = m->m.w[i / 32] - (i < 32 ? 2 : 0);

        bh_p256_multiply(power, power, power, m);
        if (exponent >> i % 32 & 1)
            bh_p256_multiply(power, power, b, m);
    }
}

/* The same modulo p of a number in Montgomery's form: 1/b in that form. */
static void invert_coordinate(struct number *power, const struct number *b)
{
    *power = *b;
    for (unsigned i = BITS - 1; i--;) {
        uint32_t exponent = bh_p256_p.m.w[i / 32] - (i < 32 ? 2 : 0);

        bh_alive();
        square(power, power);
        if (exponent >> i % 32 & 1)
            multiply(power, power, b);
    }
}

static void divide_by(struct number *a, const struct number *power)
{
    bh_p256_multiply(a, a, power, &bh_p256_n);
    bh_p256_multiply(a, a, plain_one, &bh_p256_n);
}

/* The score after comparing a * b with c modulo n. a and c are lost. */
static uint32_t compare(uint32_t score, struct number *a, struct number *c, const struct number *b)
{
    bh_p256_multiply(a, a, b, &bh_p256_n);
    bh_p256_multiply(c, c, plain_one, &bh_p256_n);
    return bh_match(score, (const uint8_t *)a, (const uint8_t *)c, sizeof *a);
}

/* y^2 and x^3 - 3x + b. */
static void sides(struct number *left, struct number *right, const struct point *q)
{
    square(left, &q->y);
    square(right, &q->x);
    subtract(right, right, &one);
    subtract(right, right, &one);
    subtract(right, right, &one);
    multiply(right, right, &q->x);
    add_numbers(right, right, &curve_b);
}

/* Q's odd multiples: 1, 3, 5, 7. q[0] is Q. */
static void multiples(struct point q[ODD])
{
    struct point two = q[0];

    double_point(&two);
    for (unsigned i = 1; i < ODD; i++) {
        q[i] = q[i - 1];
        add_point(&q[i], &two.x, &two.y, &two.z);
    }
}

uint32_t bh_p256_verify(const uint8_t sig[64], const uint8_t key[64], const uint8_t digest[32])
{
    /* In this order no two numbers that are compared are a power of 2 apart (bh_match()). */
    struct {
        struct point r;
        struct number left, right, u2, s, u1;
        struct point q[ODD];
        int8_t digits[2][DIGITS];
    } v;
    uint32_t score = SCORE(3 * sizeof(struct number));
    volatile uint32_t left =
        DIGITS; /* in memory, or the compiler would know it to be 0 at the end */

    memset(&v, 0, sizeof v);
    if (bh_p256_load(&v.q[0].x, 2, key, &bh_p256_p) | bh_p256_load(&v.u2, 2, sig, &bh_p256_n))
        return SIGNATURE_BAD;
    /* any 256 bits: divide_by() and compare() make it modulo n */
    (void)bh_p256_load(&v.u1, 1, digest, &bh_p256_n);
    invert(&v.left, &v.s, &bh_p256_n);
    divide_by(&v.u1, &v.left);
    divide_by(&v.u2, &v.left);
    if (bh_all(&v.u2, 0, sizeof v.u2))
        return SIGNATURE_BAD;
    multiply(&v.q[0].x, &v.q[0].x, &to_form);
    multiply(&v.q[0].y, &v.q[0].y, &to_form);
    v.q[0].z = one;
    sides(&v.left, &v.right, &v.q[0]);
    score = bh_match(score, (const uint8_t *)&v.left, (const uint8_t *)&v.right, sizeof v.left);
    multiples(v.q);
    write_digits(v.digits[0], &v.u1);
    write_digits(v.digits[1], &v.u2);
    do {
        uint32_t i = --left;
        int g = v.digits[0][i], q = v.digits[1][i];
        const struct number *of_g = multiples_of_g[(g < 0 ? -g : g) / 2];
        const struct point *of_q = &v.q[(q < 0 ? -q : q) / 2];

        bh_alive();
        double_point(&v.r);
        if (g)
            add_digit(&v.r, g, &of_g[0], &of_g[1], &one);
        if (q)
            add_digit(&v.r, q, &of_q->x, &of_q->y, &of_q->z);
    } while (left);
    /* x / z^2, and out of Montgomery's form */
    invert_coordinate(&v.left, &v.r.z);
    square(&v.left, &v.left);
    multiply(&v.r.x, &v.r.x, &v.left);
    multiply(&v.r.x, &v.r.x, plain_one);
    (void)bh_p256_load(&v.right, 1, digest, &bh_p256_n);
    score = compare(score - left, &v.u1, &v.right, &v.s);
    return compare(score, &v.u2, &v.r.x, &v.s);
}
