/* SPDX-License-Identifier: Apache-2.0 */
/* The score of a signature: what it is made of lies many bits apart, and every byte counts. */
#include "common.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { BYTES_MAX = 512, APART = 6, APART_FROM_0 = 5 };

/* The fewest powers of 2 that v is a sum or difference of, modulo 2^32 (the non-adjacent form; v
 * and -v need the same). */
static unsigned weight(uint32_t v)
{
    unsigned n = 0;
    uint32_t negative = 0u - v;
    uint64_t rest = v > negative ? negative : v;

    for (; rest; rest >>= 1)
        if (rest & 1) {
            rest += (rest & 3) == 3 ? 1 : (uint64_t)-1;
            n++;
        }
    return n;
}

static void test_weight(void **state)
{
    (void)state;
    assert_int_equal(weight(0), 0);
    assert_int_equal(weight(32), 1);
    assert_int_equal(weight(0x7FFFFFFF), 2);
    assert_int_equal(weight(0xFFFFFFFF), 1);
    assert_int_equal(weight(0x55555555), 16);
}

/* A score that lacks bytes, or has too many, is no good one with fewer than six bits turned, at
 * whichever step they are turned; nor is one that began at 0 again; nor is the constant for bad. */
static void test_scores_are_far_apart(void **state)
{
    (void)state;
    for (uint32_t i = 1; i < BYTES_MAX; i++)
        if (weight(i * EQUAL) < APART)
            fail_msg("%u bytes are only %u powers of 2", i, weight(i * EQUAL));
    assert_int_equal(__builtin_popcount(BH_SIGNATURE_GOOD ^ SIGNATURE_BAD), 32);
    for (uint32_t i = 0; i <= 2 * BYTES_MAX; i++)
        assert_true(weight(BH_SIGNATURE_GOOD - i * EQUAL) >= APART_FROM_0);
}

/* All that a signature is compared with: a byte more or less, anywhere, and it is not good. */
static void test_every_byte_counts(void **state)
{
    uint8_t a[BYTES_MAX + 1], b[BYTES_MAX + 1];

    (void)state;
    for (size_t len = 1; len <= BYTES_MAX; len += len < 40 ? 1 : 45) {
        for (size_t i = 0; i <= len; i++)
            a[i] = b[i] = (uint8_t)(i * 7);
        b[len] ^= 1;
        assert_int_equal(bh_match(SCORE(len), a, b, len), BH_SIGNATURE_GOOD);
        for (size_t i = 0; i < len; i++) {
            b[i] ^= (uint8_t)(1 << i % 8);
            assert_int_equal(bh_match(SCORE(len), a, b, len), (len - 1 - i) * EQUAL);
            b[i] = a[i];
        }
    }
}

/* A fault made the score the good one before anything was compared, as gcc 14 has it in a register
 * for one instruction: what follows must still find every byte equal. Nothing else that a score can
 * be at that moment is good after a wrong byte either. */
static void test_a_good_score_does_not_survive_a_wrong_byte(void **state)
{
    uint8_t a[BYTES_MAX], b[BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < BYTES_MAX; i++)
        a[i] = b[i] = (uint8_t)(i * 11);
    for (size_t len = 1; len <= BYTES_MAX; len += len < 40 ? 1 : 45) {
        assert_int_not_equal(bh_match(BH_SIGNATURE_GOOD, a, b, len), BH_SIGNATURE_GOOD);
        for (size_t i = 0; i < len; i++) {
            b[i] ^= 0x80;
            for (uint32_t k = 0; k <= BYTES_MAX; k++)
                assert_true(weight(BH_SIGNATURE_GOOD - bh_match(SCORE(k), a, b, len)) >=
                            APART_FROM_0);
            b[i] ^= 0x80;
        }
    }
}

static void test_chain(void **state)
{
    static const uint8_t a[] = "bulkhead", b[] = "bulkhead", c[] = "bulwarks";
    uint32_t half = bh_match(SCORE(16), a, b, 8);

    (void)state;
    assert_int_equal(half, SCORE(8));
    assert_int_equal(bh_match(half, a, b, 8), BH_SIGNATURE_GOOD);
    assert_int_equal(bh_match(half, a, c, 8), 0);
    assert_int_equal(bh_match(half, a, c, 3), SCORE(5)); /* "bul" */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weight),
        cmocka_unit_test(test_scores_are_far_apart),
        cmocka_unit_test(test_every_byte_counts),
        cmocka_unit_test(test_a_good_score_does_not_survive_a_wrong_byte),
        cmocka_unit_test(test_chain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
