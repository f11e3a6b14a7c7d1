/* SPDX-License-Identifier: Apache-2.0 */
/* p256_small.c, or p256_fast.c, against p256-m: thousands of signatures, keys and digests, most
 * of them made of numbers near 0, n, p and 2^256, must be good for both or bad for both. What
 * ought to be good is made without a private key: for any R = u1 G + u2 Q, with r = x(R), the
 * signature (r, r/u2) is good for the digest u1 r/u2. That lets u1 and u2 be chosen. Everything
 * follows from the seed. */
#include "common.h"
#include "p256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <p256-m.h>

enum { RANDOM_CASES = 400, EDGES = 32 };

struct triple {
    uint8_t sig[64], key[64], digest[32];
};

static uint64_t seed;
static BN_CTX *ctx;
static EC_GROUP *group;
static const BIGNUM *n;
static BIGNUM *p, *edges[EDGES];
static unsigned n_edges;

static unsigned draw(unsigned limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % limit;
}

static BIGNUM *draw_number(void)
{
    uint8_t bytes[32];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)draw(256);
    return BN_bin2bn(bytes, sizeof bytes, NULL);
}

static void print(const char *name, const uint8_t *data, size_t len)
{
    print_message("%s = ", name);
    for (size_t i = 0; i < len; i++)
        print_message("%02x", data[i]);
    print_message("\n");
}

/* Both say the same of it; returns whether it is good. */
static bool agree(const struct triple *t)
{
    bool small = bh_p256_verify(t->sig, t->key, t->digest) == BH_SIGNATURE_GOOD;
    bool judge = p256_ecdsa_verify(t->sig, t->key, t->digest, 32) == P256_SUCCESS;

    if (small == judge)
        return small;
    print("key", t->key, sizeof t->key);
    print("msg", t->digest, sizeof t->digest);
    print("sig", t->sig, sizeof t->sig);
    fail_msg("p256-m finds it %s, and the file under test does not", judge ? "good" : "bad");
    return false;
}

static void put_point(uint8_t to[64], const EC_POINT *point)
{
    uint8_t bytes[65];

    assert_int_equal(
        EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, bytes, sizeof bytes, ctx),
        sizeof bytes);
    memcpy(to, bytes + 1, 64);
}

/* The signature with these u1 and u2 by the key d G. False if there is none: R is infinity, or r or
 * u2 is 0. */
static bool make(struct triple *t, const BIGNUM *d, const BIGNUM *u1, const BIGNUM *u2)
{
    EC_POINT *q = EC_POINT_new(group), *sum = EC_POINT_new(group);
    BIGNUM *r = BN_new(), *s = BN_new(), *z = BN_new();
    bool made;

    assert_int_equal(EC_POINT_mul(group, q, d, NULL, NULL, ctx), 1);
    assert_int_equal(EC_POINT_mul(group, sum, u1, q, u2, ctx), 1);
    made = !EC_POINT_is_at_infinity(group, q) && !EC_POINT_is_at_infinity(group, sum) &&
           BN_mod_inverse(s, u2, n, ctx);
    if (made) {
        assert_int_equal(EC_POINT_get_affine_coordinates(group, sum, r, NULL, ctx), 1);
        BN_nnmod(r, r, n, ctx);
        BN_mod_mul(s, r, s, n, ctx);
        BN_mod_mul(z, u1, s, n, ctx);
        made = !BN_is_zero(r);
        put_point(t->key, q);
        BN_bn2binpad(r, t->sig, 32);
        BN_bn2binpad(s, t->sig + 32, 32);
        BN_bn2binpad(z, t->digest, 32);
    }
    EC_POINT_free(q);
    EC_POINT_free(sum);
    BN_free(r);
    BN_free(s);
    BN_free(z);
    return made;
}

/* With one bit of it turned, it is no longer good. */
static void turn_bits(struct triple *t)
{
    uint8_t *bytes = (uint8_t *)t;

    for (unsigned i = 0; i < 3; i++) {
        unsigned at = draw(sizeof *t);
        uint8_t bit = (uint8_t)(1 << draw(8));

        bytes[at] ^= bit;
        assert_false(agree(t));
        bytes[at] ^= bit;
    }
}

static void test_random(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RANDOM_CASES; i++) {
        BIGNUM *d = draw_number(), *u1 = draw_number(), *u2 = draw_number();
        struct triple t;

        assert_true(make(&t, d, u1, u2));
        assert_true(agree(&t));
        turn_bits(&t);
        BN_free(d);
        BN_free(u1);
        BN_free(u2);
    }
}

/* Keys that are small multiples of G, or of -G, with small u1 and u2, or u1 and u2 near n: sums on
 * the way meet, are opposite, or infinity. */
static void test_meeting_points(void **state)
{
    enum { AWAY = 6 };
    BIGNUM *d = BN_new(), *u1 = BN_new(), *u2 = BN_new();
    BIGNUM *const numbers[] = { d, u1, u2 };
    unsigned good = 0;

    (void)state;
    for (unsigned i = 0; i < 8 * AWAY * AWAY * AWAY; i++) {
        unsigned rest = i;
        struct triple t;

        for (unsigned j = 0; j < 3; j++) {
            BN_set_word(numbers[j], rest / 2 % AWAY);
            if (rest % 2)
                BN_sub(numbers[j], n, numbers[j]);
            rest /= 2 * AWAY;
        }
        if (make(&t, d, u1, u2)) {
            assert_true(agree(&t));
            good++;
        }
    }
    assert_true(good > 1000);
    BN_free(d);
    BN_free(u1);
    BN_free(u2);
}

/* r, s, the digest and the coordinates of the key from numbers near 0, n, p and 2^256, and with
 * words of zeros or ones; the others as they were in a good signature. */
static void test_edges(void **state)
{
    BIGNUM *two = BN_new();
    struct triple good, t;

    (void)state;
    BN_set_word(two, 2);
    assert_true(make(&good, two, edges[7], edges[9]));
    for (unsigned field = 0; field < 5; field++) {
        for (unsigned i = 0; i < n_edges; i++) {
            t = good;
            BN_bn2binpad(edges[i], (uint8_t *)&t + 32 * field, 32);
            agree(&t);
        }
    }
    for (unsigned i = 0; i < n_edges * n_edges; i++) {
        t = good;
        BN_bn2binpad(edges[i / n_edges], t.sig, 32);
        BN_bn2binpad(edges[i % n_edges], t.sig + 32, 32);
        agree(&t);
        memset(t.digest, 0, sizeof t.digest);
        agree(&t);
    }
    for (unsigned i = 0; i < 300; i++) {
        if (make(&t, edges[draw(n_edges)], edges[draw(n_edges)], edges[draw(n_edges)]))
            assert_true(agree(&t));
    }
    BN_free(two);
}

/* Keys with such an x, 0 among them; u1 = 0 and any u2; and what the digest is modulo n. With x + p
 * instead of x nothing else would be wrong with the key. */
static void test_edge_points(void **state)
{
    unsigned points = 0;

    (void)state;
    for (unsigned i = 0; i < 2 * n_edges; i++) {
        EC_POINT *q = EC_POINT_new(group), *sum = EC_POINT_new(group);
        BIGNUM *u2 = draw_number(), *r = BN_new(), *s = BN_new();
        struct triple t = { 0 };

        if (BN_cmp(edges[i / 2], p) < 0 &&
            EC_POINT_set_compressed_coordinates(group, q, edges[i / 2], i % 2, ctx) == 1) {
            put_point(t.key, q);
            EC_POINT_mul(group, sum, NULL, q, u2, ctx);
            EC_POINT_get_affine_coordinates(group, sum, r, NULL, ctx);
            BN_nnmod(r, r, n, ctx);
            BN_mod_inverse(s, u2, n, ctx);
            BN_mod_mul(s, r, s, n, ctx);
            BN_bn2binpad(r, t.sig, 32);
            BN_bn2binpad(s, t.sig + 32, 32);
            assert_true(agree(&t));
            BN_bn2binpad(n, t.digest, 32);
            assert_true(agree(&t));
            turn_bits(&t);
            if (BN_add(r, edges[i / 2], p) && BN_num_bits(r) <= 256) {
                BN_bn2binpad(r, t.key, 32);
                assert_false(agree(&t));
            }
            points++;
        }
        EC_POINT_free(q);
        EC_POINT_free(sum);
        BN_free(u2);
        BN_free(r);
        BN_free(s);
    }
    assert_true(points >= 20);
}

/* With u1 = 0 and u2 = 1, R is the key as it stands, whether it is on the curve or not. */
static void test_off_the_curve(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        BIGNUM *d = draw_number(), *zero = BN_new();
        struct triple t;

        assert_true(make(&t, d, zero, BN_value_one()));
        assert_true(agree(&t));
        t.key[32 + draw(32)] ^= (uint8_t)(1 << draw(8));
        assert_false(agree(&t));
        BN_free(d);
        BN_free(zero);
    }
}

/* R has a chosen x, among them those from n on, whose r is x - n: the key is what makes it so. */
static void test_edge_results(void **state)
{
    unsigned above = 0;
    BIGNUM *x = BN_new(), *r = BN_new(), *inverse = BN_new(), *minus = BN_new();

    (void)state;
    BN_sub(minus, n, BN_value_one());
    for (unsigned i = 0; i < 200; i++) {
        EC_POINT *q = EC_POINT_new(group), *part = EC_POINT_new(group);
        BIGNUM *s = draw_number(), *z = draw_number();
        struct triple t;

        BN_set_word(x, i % 100);
        BN_add(x, x, i < 100 ? n : BN_value_one());
        BN_nnmod(r, x, n, ctx);
        if (EC_POINT_set_compressed_coordinates(group, q, x, 0, ctx) == 1 && !BN_is_zero(r)) {
            /* Q = (s R - z G) / r */
            BN_mod_inverse(inverse, r, n, ctx);
            EC_POINT_mul(group, q, NULL, q, s, ctx);
            EC_POINT_mul(group, part, z, NULL, NULL, ctx);
            EC_POINT_invert(group, part, ctx);
            EC_POINT_add(group, q, q, part, ctx);
            EC_POINT_mul(group, q, NULL, q, inverse, ctx);
            put_point(t.key, q);
            BN_bn2binpad(r, t.sig, 32);
            BN_bn2binpad(s, t.sig + 32, 32);
            BN_bn2binpad(z, t.digest, 32);
            assert_true(agree(&t));
            BN_bn2binpad(x, t.sig, 32);
            assert_int_equal(agree(&t), i >= 100);
            above += i < 100;
        }
        EC_POINT_free(q);
        EC_POINT_free(part);
        BN_free(s);
        BN_free(z);
    }
    assert_true(above > 20);
    BN_free(x);
    BN_free(r);
    BN_free(inverse);
    BN_free(minus);
}

static void edge(const BIGNUM *base, int away)
{
    BIGNUM *e = BN_dup(base);

    if (away < 0)
        BN_sub_word(e, (BN_ULONG)-away);
    else
        BN_add_word(e, (BN_ULONG)away);
    assert_true(n_edges < EDGES);
    edges[n_edges++] = e;
}

static int set_up(void **state)
{
    BIGNUM *zero = BN_new(), *end = BN_new();

    (void)state;
    ctx = BN_CTX_new();
    group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    n = EC_GROUP_get0_order(group);
    p = BN_new();
    EC_GROUP_get_curve(group, p, NULL, NULL, ctx);
    BN_set_bit(end, 256);
    for (int away = 0; away < 7; away++)
        edge(zero, away);
    for (int away = -3; away < 4; away++) {
        edge(n, away);
        edge(p, away);
    }
    for (int away = -3; away < 0; away++)
        edge(end, away);
    BN_clear(end);
    for (int bit = 32; bit < 256; bit += 64) { /* and each other word ones, or zeros */
        BN_set_bit(end, bit);
        edge(end, 0);
        edge(end, -1);
    }
    BN_free(zero);
    BN_free(end);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    while (n_edges)
        BN_free(edges[--n_edges]);
    BN_free(p);
    EC_GROUP_free(group);
    BN_CTX_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),        cmocka_unit_test(test_meeting_points),
        cmocka_unit_test(test_edges),         cmocka_unit_test(test_edge_points),
        cmocka_unit_test(test_off_the_curve), cmocka_unit_test(test_edge_results),
    };
    const char *text = getenv("BULKHEAD_SEED");

    seed = text ? strtoull(text, NULL, 0) : 256;
    printf("BULKHEAD_SEED=%llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
