/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic under p256_small.c, one function at a time, against OpenSSL's: random numbers, and
 * numbers near 0, m and 2^256 or with words of zeros or ones, each with each. A carry that is lost
 * once in 2^32 times hides from signatures; among these numbers it does not. */
#include "p256_field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

enum { EDGES = 64, RANDOM_CASES = 2000 };

static uint64_t seed;
static BN_CTX *ctx;
static BIGNUM *end, *modulus[2]; /* 2^256; p, n */
static const struct modulus *const ours[2] = { &bh_p256_p, &bh_p256_n };
static struct number edges[EDGES];
static unsigned n_edges;

static uint32_t draw(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 32);
}

/* Words that are random, all zeros or all ones. */
static struct number draw_number(void)
{
    struct number r;

    for (unsigned i = 0; i < WORDS; i++)
        r.w[i] = draw() % 4 ? draw() : 0u - (draw() & 1u);
    return r;
}

static BIGNUM *big(const struct number *a)
{
    BIGNUM *r = BN_new();

    for (unsigned i = WORDS; i--;) {
        BN_lshift(r, r, 32);
        BN_add_word(r, a->w[i]);
    }
    return r;
}

static struct number small(const BIGNUM *a)
{
    uint8_t bytes[4 * WORDS];
    struct number r;

    assert_int_equal(BN_bn2lebinpad(a, bytes, sizeof bytes), sizeof bytes);
    for (unsigned i = 0; i < WORDS; i++)
        r.w[i] = (uint32_t)bytes[4 * i] | (uint32_t)bytes[4 * i + 1] << 8 |
                 (uint32_t)bytes[4 * i + 2] << 16 | (uint32_t)bytes[4 * i + 3] << 24;
    return r;
}

static void expect(const char *what, const struct number *a, const struct number *b,
                   const struct number *is, const BIGNUM *should)
{
    struct number right = small(should);

    if (memcmp(is, &right, sizeof right) == 0)
        return;
    for (unsigned i = WORDS; i--;)
        print_message("word %u: a %08x b %08x is %08x, should be %08x\n", i, a->w[i], b->w[i],
                      is->w[i], right.w[i]);
    fail_msg("%s", what);
}

static int below(const struct number *a, unsigned m)
{
    BIGNUM *A = big(a);
    int is = BN_cmp(A, modulus[m]) < 0;

    BN_free(A);
    return is;
}

/* --- each function for one pair of numbers ----------------------------------------------- */

static void check_add(const struct number *a, const struct number *b)
{
    BIGNUM *A = big(a), *B = big(b), *sum = BN_new();
    struct number r, alias = *a;
    uint32_t carry = bh_p256_add(&r, a, b, 0);

    BN_add(sum, A, B);
    assert_int_equal(carry, BN_is_bit_set(sum, 256));
    BN_nnmod(sum, sum, end, ctx);
    expect("a + b", a, b, &r, sum);
    (void)bh_p256_add(&alias, &alias, b, 0);
    expect("a += b", a, b, &alias, sum);

    carry = bh_p256_add(&r, a, b, ~0u);
    assert_int_equal(carry, BN_cmp(A, B) >= 0);
    BN_sub(sum, A, B);
    BN_nnmod(sum, sum, end, ctx);
    expect("a - b", a, b, &r, sum);
    alias = *b;
    (void)bh_p256_add(&alias, a, &alias, ~0u);
    expect("b = a - b", a, b, &alias, sum);
    BN_free(A);
    BN_free(B);
    BN_free(sum);
}

/* Of numbers below m, difference and sum (the sum is what top is for). */
static void check_subtract(const struct number *a, const struct number *b, unsigned m)
{
    BIGNUM *A = big(a), *B = big(b), *right = BN_new();
    struct number r;
    uint32_t top;

    BN_mod_sub(right, A, B, modulus[m], ctx);
    bh_p256_subtract(&r, a, 0, b, ours[m]);
    expect("a - b modulo m", a, b, &r, right);
    BN_mod_add(right, A, B, modulus[m], ctx);
    top = bh_p256_add(&r, a, b, 0);
    bh_p256_subtract(&r, &r, top, &ours[m]->m, ours[m]);
    expect("a + b modulo m", a, b, &r, right);
    BN_free(A);
    BN_free(B);
    BN_free(right);
}

/* One of the two is below m. */
static void check_multiply(const struct number *a, const struct number *b, unsigned m)
{
    BIGNUM *A = big(a), *B = big(b), *right = BN_new(), *inverse = BN_new();
    struct number r;

    BN_mod_inverse(inverse, end, modulus[m], ctx);
    BN_mod_mul(right, A, B, modulus[m], ctx);
    BN_mod_mul(right, right, inverse, modulus[m], ctx);
    bh_p256_multiply(&r, a, b, ours[m]);
    expect("a * b / 2^256", a, b, &r, right);
    r = *b;
    bh_p256_multiply(&r, a, &r, ours[m]);
    expect("b = a * b / 2^256", a, b, &r, right);
    BN_free(A);
    BN_free(B);
    BN_free(right);
    BN_free(inverse);
}

static void check_divide(const struct number *a, const struct number *b, unsigned m)
{
    BIGNUM *A = big(a), *B = big(b), *right = BN_new();
    struct number r = *a;

    if (BN_is_zero(B))
        BN_zero(right);
    else
        BN_mod_mul(right, A, BN_mod_inverse(B, B, modulus[m], ctx), modulus[m], ctx);
    bh_p256_divide(&r, b, ours[m]);
    expect("a / b", a, b, &r, right);
    BN_free(A);
    BN_free(B);
    BN_free(right);
}

/* --- all of them ------------------------------------------------------------------------- */

static void check(const struct number *a, const struct number *b)
{
    check_add(a, b);
    for (unsigned m = 0; m < 2; m++) {
        if (below(a, m) && below(b, m))
            check_subtract(a, b, m);
        if (below(a, m) || below(b, m))
            check_multiply(a, b, m);
    }
}

static void test_random(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RANDOM_CASES; i++) {
        struct number a = draw_number(), b = draw_number();

        check(&a, &b);
        for (unsigned m = 0; m < 2; m++)
            if (i < 40 && below(&b, m))
                check_divide(&a, &b, m);
    }
}

static void test_edges(void **state)
{
    (void)state;
    assert_true(n_edges > 40);
    for (unsigned i = 0; i < n_edges; i++) {
        for (unsigned j = 0; j < n_edges; j++)
            check(&edges[i], &edges[j]);
        for (unsigned m = 0; m < 2; m++)
            if (below(&edges[i], m))
                check_divide(&edges[(i * 7 + 3) % n_edges], &edges[i], m);
    }
}

/* p, n, the generator and -1/m are those of the standard, as OpenSSL has them. */
static void test_constants(void **state)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *x = BN_new(), *y = BN_new(), *z = BN_new();
    const struct number none = { { 0 } };

    (void)state;
    EC_POINT_get_affine_coordinates(group, EC_GROUP_get0_generator(group), x, y, ctx);
    BN_one(z);
    expect("p", &none, &none, &bh_p256_p.m, modulus[0]);
    expect("n", &none, &none, &bh_p256_n.m, modulus[1]);
    expect("x of the generator", &none, &none, &bh_p256_generator.x, x);
    expect("y of the generator", &none, &none, &bh_p256_generator.y, y);
    expect("z of the generator", &none, &none, &bh_p256_generator.z, z);
    for (unsigned m = 0; m < 2; m++)
        assert_int_equal(ours[m]->inverse * ours[m]->m.w[0], 0xFFFFFFFFu);
    BN_free(x);
    BN_free(y);
    BN_free(z);
    EC_GROUP_free(group);
}

static void edge(const BIGNUM *base, int away)
{
    BIGNUM *e = BN_dup(base);

    if (away < 0)
        BN_sub_word(e, (BN_ULONG)-away);
    else
        BN_add_word(e, (BN_ULONG)away);
    assert_true(n_edges < EDGES);
    edges[n_edges++] = small(e);
    BN_free(e);
}

static int set_up(void **state)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *zero = BN_new(), *bit = BN_new();

    (void)state;
    ctx = BN_CTX_new();
    end = BN_new();
    BN_set_bit(end, 256);
    modulus[0] = BN_new();
    EC_GROUP_get_curve(group, modulus[0], NULL, NULL, ctx);
    modulus[1] = BN_dup(EC_GROUP_get0_order(group));
    for (int away = 0; away < 4; away++)
        edge(zero, away);
    for (int away = -3; away < 4; away++) {
        edge(modulus[0], away);
        edge(modulus[1], away);
    }
    for (int away = -4; away < 0; away++)
        edge(end, away);
    for (int at = 32; at < 256;
         at += 32) { /* one word more, or less, and all words below it ones */
        BN_zero(bit);
        BN_set_bit(bit, at);
        edge(bit, 0);
        edge(bit, -1);
        BN_sub(bit, modulus[at % 64 ? 0 : 1], bit);
        edge(bit, 0);
    }
    BN_free(zero);
    BN_free(bit);
    EC_GROUP_free(group);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    BN_free(end);
    BN_free(modulus[0]);
    BN_free(modulus[1]);
    BN_CTX_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_edges),
    };
    const char *text = getenv("BULKHEAD_SEED");

    seed = text ? strtoull(text, NULL, 0) : 256;
    printf("BULKHEAD_SEED=%llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
