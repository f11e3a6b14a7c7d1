/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on P-256 (FIPS 186-5, SP 800-186), verification only, small. Whatever is computed with is
 * public, so nothing here is about timing. Other files after the same prototype: p256_m.c,
 * p256_fast.c.
 *
 * A signature is good if x(R) = r modulo n, where R = z/s G + r/s Q, and z is the digest.
 *
 * Numbers are multiplied as Montgomery does, a * b / 2^256 modulo p or n, and never converted: the
 * words of a mean a / 2^256. That cancels in the ratios that points are made of, (x : y : z)
 * being the point (x/z, y/z), and in bh_p256_divide().
 *
 * Points are added by the complete formulas of Renes, Costello and Batina (Eurocrypt 2016,
 * algorithm 4), which hold for any two points: equal, opposite, or infinity, (0 : 1 : 0). So there
 * are no cases that a stranger could choose r and s for, and no doubling of its own.
 *
 * A skipped instruction leaves a wrong R. It helps only whoever knows R, or a multiple u1 of G in
 * it, before he chooses r and s. Hence the comparisons at the end: u1 and u2 are what z and r
 * become when divided by s, and the loop came to its end. A point all zero has the x of infinity,
 * 0, which is no r. */
#include "common.h"
#include "p256.h"
#include "p256_field.h"

#include "bulkhead/bytes.h"

#include <string.h>

/* The curve is y^2 = x^3 - 3x + b; this is b * 2^256, so that it means b. */
static const struct number curve_b = { { 0x29C4BDDFu, 0xD89CDF62u, 0x78843090u, 0xACF005CDu,
                                         0xF7212ED6u, 0xE5A220ABu, 0x04874834u, 0xDC30061Du } };
static const struct number *const one = &bh_p256_generator.z;

/* A formula is a list of steps: operation, result, two operands, a hexadecimal digit each. The
 * operands: registers, of which X, Y, Z are a point; or another point, (X2 : Y2 : Z2). MUL_B
 * multiplies by b. */
enum { X, Y, Z, D, E, F, W, REGISTERS, X2 = 8, Y2, Z2 };
enum { END, ADD, SUB, MUL, MUL_B };

#define STEP(operation, result, a, b) ((operation) << 12 | (result) << 8 | (a) << 4 | (b))

/* clang-format off */
/* The point that is added to is replaced by the sum. It may be added to itself: from where X, Y or
 * Z changes on, X2, Y2 or Z2 is not used any more. */
static const uint16_t addition[] = {
    /* D = X Y2 + X2 Y, E = Y Z2 + Y2 Z, F = X Z2 + X2 Z; X = X X2, Y = Y Y2, Z = Z Z2 */
    STEP(ADD, D, X, Y), STEP(ADD, W, X2, Y2), STEP(MUL, D, D, W),
    STEP(ADD, E, Y, Z), STEP(ADD, W, Y2, Z2), STEP(MUL, E, E, W),
    STEP(ADD, F, X, Z), STEP(ADD, W, X2, Z2), STEP(MUL, F, F, W),
    STEP(MUL, X, X, X2), STEP(MUL, Y, Y, Y2), STEP(MUL, Z, Z, Z2),
    STEP(SUB, D, D, X), STEP(SUB, D, D, Y),
    STEP(SUB, E, E, Y), STEP(SUB, E, E, Z),
    STEP(SUB, F, F, X), STEP(SUB, F, F, Z),
    /* W = 3 (F - b Z), F = 3 (b F - 3 Z - X), X = 3 (X - Z) */
    STEP(MUL_B, W, Z, 0), STEP(SUB, W, F, W),
    STEP(MUL_B, F, F, 0), STEP(SUB, F, F, Z), STEP(SUB, F, F, Z), STEP(SUB, F, F, Z),
    STEP(SUB, F, F, X), STEP(SUB, X, X, Z),
    STEP(ADD, Z, W, W), STEP(ADD, W, W, Z),
    STEP(ADD, Z, F, F), STEP(ADD, F, F, Z),
    STEP(ADD, Z, X, X), STEP(ADD, X, X, Z),
    /* Z = Y - W, Y = Y + W, the sum is (D Y - E F : Y Z + X F : E Z + D X) */
    STEP(SUB, Z, Y, W), STEP(ADD, Y, Y, W),
    STEP(MUL, W, E, F), STEP(MUL, F, X, F), STEP(MUL, X, D, X),
    STEP(MUL, D, D, Y), STEP(MUL, E, E, Z), STEP(MUL, Y, Y, Z),
    STEP(ADD, Z, E, X), STEP(SUB, X, D, W), STEP(ADD, Y, Y, F),
    END,
};

/* On the curve, W = Y2^2 Z2 is D = X2^3 - 3 X2 Z2^2 + b Z2^3. */
static const uint16_t sides[] = {
    STEP(MUL, W, Z2, Z2), STEP(MUL, D, X2, X2),
    STEP(SUB, D, D, W), STEP(SUB, D, D, W), STEP(SUB, D, D, W), STEP(MUL, D, D, X2),
    STEP(MUL, W, W, Z2), STEP(MUL_B, W, W, 0), STEP(ADD, D, D, W),
    STEP(MUL, W, Y2, Y2), STEP(MUL, W, W, Z2),
    END,
};
/* clang-format on */

/* Carries out a formula on the registers, and the point that is (X2 : Y2 : Z2). */
static void run(const uint16_t *step, struct number *reg, const struct point *point)
{
    for (; *step != END; step++) {
        struct number *r = reg + (*step >> 8 & 7);
        const struct number *a = (*step & 0x80 ? &point->x : reg) + (*step >> 4 & 7);
        const struct number *b = (*step & 0x08 ? &point->x : reg) + (*step & 7);
        uint32_t operation = *step >> 12;
        uint32_t top = 0;

        if (operation >= MUL) {
            bh_p256_multiply(r, a, operation == MUL ? b : &curve_b, &bh_p256_p);
            continue;
        }
        if (operation == ADD) {
            top = bh_p256_add(r, a, b, 0);
            a = r;
            b = &bh_p256_p.m;
        }
        bh_p256_subtract(r, a, top, b, &bh_p256_p);
    }
}

/* The score after comparing a * b with c modulo n. a and c are lost. */
static uint32_t compare(uint32_t score, struct number *a, struct number *c, const struct number *b)
{
    bh_p256_multiply(a, a, b, &bh_p256_n);
    bh_p256_multiply(c, c, one, &bh_p256_n);
    return bh_match(score, (const uint8_t *)a, (const uint8_t *)c, sizeof *a);
}

uint32_t bh_p256_verify(const uint8_t sig[64], const uint8_t key[64], const uint8_t digest[32])
{
    /* In this order no two numbers that are compared are a power of 2 apart (bh_match()). */
    struct {
        struct number reg[REGISTERS], u2, s, u1;
        struct point q;
    } v;
    uint32_t score = SCORE(3 * sizeof(struct number));
    volatile uint32_t left = BITS; /* in memory, or the compiler would know it to be 0 at the end */

    memset(&v, 0, sizeof v);
    v.reg[Y].w[0] = 1;
    v.q.z.w[0] = 1;
    if (bh_p256_load(&v.q.x, 2, key, &bh_p256_p) | bh_p256_load(&v.u2, 2, sig, &bh_p256_n))
        return SIGNATURE_BAD;
    /* any 256 bits: bh_p256_divide() and compare() make it modulo n */
    (void)bh_p256_load(&v.u1, 1, digest, &bh_p256_n);
    bh_p256_divide(&v.u1, &v.s, &bh_p256_n);
    bh_p256_divide(&v.u2, &v.s, &bh_p256_n);
    if (bh_all(&v.u2, 0, sizeof v.u2))
        return SIGNATURE_BAD;
    run(sides, v.reg, &v.q);
    score = bh_match(score, (const uint8_t *)&v.reg[D], (const uint8_t *)&v.reg[W], sizeof v.s);
    do {
        uint32_t word = --left / 32, bit = 1u << left % 32;

        run(addition, v.reg, (const struct point *)v.reg);
        if (v.u1.w[word] & bit)
            run(addition, v.reg, &bh_p256_generator);
        if (v.u2.w[word] & bit)
            run(addition, v.reg, &v.q);
    } while (left);
    bh_p256_divide(&v.reg[X], &v.reg[Z], &bh_p256_p);
    (void)bh_p256_load(&v.reg[E], 1, digest, &bh_p256_n);
    score = compare(score - left, &v.u1, &v.reg[E], &v.s);
    return compare(score, &v.u2, &v.reg[X], &v.s);
}
