/* SPDX-License-Identifier: Apache-2.0 */
/* Keys whose private half nobody knows: with a digest of 0 the key drops out of the equation, and
 * R = 5 B with S = 5 is right for every key that is accepted at all. */
#include "bulkhead/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { POINT = 32 };

static uint32_t verify(const uint8_t point[POINT])
{
    static const uint8_t sig[64] = { /* 5 B */
                                     0xED, 0xC8, 0x76, 0xD6, 0x83, 0x1F, 0xD2, 0x10, 0x5D, 0x0B,
                                     0x43, 0x89, 0xCA, 0x2E, 0x28, 0x31, 0x66, 0x46, 0x92, 0x89,
                                     0x14, 0x6E, 0x2C, 0xE0, 0x6F, 0xAE, 0xFE, 0x98, 0xB2, 0x25,
                                     0x48, 0xDF,
                                     /* 5 */
                                     5
    };
    static const uint8_t digest[64];
    struct bh_key key = { &bh_ed25519, { 0 }, point, POINT };

    return bh_ed25519_verify_prehashed(&key, digest, sig, sizeof sig);
}

/* y below 19 has a second form, y + p, which is still below 2^255. These y are on the curve, and
 * their points are not of small order. */
static void test_second_form(void **state)
{
    static const uint8_t ys[] = { 3, 4, 5, 6, 9, 10, 14, 15, 16, 18 };
    uint8_t point[POINT];

    (void)state;
    for (size_t i = 0; i < sizeof ys; i++) {
        for (unsigned sign = 0; sign < 2; sign++) {
            memset(point, 0, sizeof point);
            point[0] = ys[i];
            point[31] = (uint8_t)(sign << 7);
            assert_int_equal(verify(point), BH_SIGNATURE_GOOD);

            memset(point, 0xFF, sizeof point);
            point[0] = (uint8_t)(0xED + ys[i]);
            point[31] = (uint8_t)(0x7F | sign << 7);
            assert_int_not_equal(verify(point), BH_SIGNATURE_GOOD);
        }
    }
}

/* Near p and still canonical: every byte of the comparison counts. */
static void test_close_to_the_second_form(void **state)
{
    unsigned good = 0;
    uint8_t point[POINT];

    (void)state;
    for (unsigned byte = 1; byte < 32; byte++) {
        for (unsigned bit = 0; bit < (byte == 31 ? 7 : 8); bit++) {
            memset(point, 0xFF, sizeof point);
            point[31] = 0x7F;
            point[byte] ^= (uint8_t)(1 << bit);
            good += verify(point) == BH_SIGNATURE_GOOD;
        }
    }
    assert_int_equal(good, 116); /* of 247: the others are not on the curve */
}

/* x = 0 has no sign: y is 1 or p - 1. With a digest of 0 and S = 0 such an R is right for every
 * key; and without x = 0 the sign bit is just a bit of R. */
static void test_zero_without_a_sign(void **state)
{
    static const uint8_t point[POINT] = { 3 }, digest[64];
    struct bh_key key = { &bh_ed25519, { 0 }, point, POINT };
    uint8_t sig[64];

    (void)state;
    for (unsigned minus = 0; minus < 2; minus++) {
        memset(sig, 0, sizeof sig);
        memset(sig, minus ? 0xFF : 0, POINT);
        sig[0] = minus ? 0xEC : 1;
        sig[31] &= 0x7F;
        assert_int_equal(bh_ed25519_verify_prehashed(&key, digest, sig, sizeof sig),
                         BH_SIGNATURE_GOOD);
        sig[31] |= 0x80;
        assert_int_not_equal(bh_ed25519_verify_prehashed(&key, digest, sig, sizeof sig),
                             BH_SIGNATURE_GOOD);
    }
    for (unsigned sign = 0; sign < 2; sign++) { /* y = 0: of order 4, x is not 0 */
        memset(sig, 0, sizeof sig);
        sig[31] = (uint8_t)(sign << 7);
        assert_int_equal(bh_ed25519_verify_prehashed(&key, digest, sig, sizeof sig),
                         BH_SIGNATURE_GOOD);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_second_form),
        cmocka_unit_test(test_close_to_the_second_form),
        cmocka_unit_test(test_zero_without_a_sign),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
