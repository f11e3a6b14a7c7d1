/* SPDX-License-Identifier: Apache-2.0 */
/* Labels: none over another, in order, inside, and each where it wants to be if it can. */
#include "host/picture/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#define N 64

static bool is(double a, double b)
{
    return fabs(a - b) < 1e-6;
}

static void alone(void **state)
{
    double want[] = { 50, 100, 3, 250 }, at[4];

    (void)state;
    picture_place(want, at, 2, 10, 0, 200);
    assert_true(is(at[0], 50) && is(at[1], 100));
    picture_place(want + 2, at, 2, 10, 0, 200); /* pushed inside */
    assert_true(is(at[0], 5) && is(at[1], 195));
    picture_place(want, at, 0, 10, 0, 200);
}

static void together(void **state)
{
    double want[] = { 100, 100, 100 }, at[3];

    (void)state;
    picture_place(want, at, 3, 10, 0, 200); /* around where all want to be */
    assert_true(is(at[0], 90) && is(at[1], 100) && is(at[2], 110));
    picture_place(want, at, 3, 10, 98, 200);
    assert_true(is(at[0], 103) && is(at[1], 113) && is(at[2], 123));
}

/* Any at all: never over each other, never out of order, never outside while there is room. */
static void any(void **state)
{
    unsigned long seed = 20261130;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        double want[N], at[N], last = 0;
        size_t n = 1 + (size_t)round % N;

        for (size_t i = 0; i < n; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            last += (double)(seed >> 40) / (1 << 20);
            want[i] = last;
        }
        picture_place(want, at, n, 16, 20, 20 + 16.0 * N);
        for (size_t i = 0; i < n; i++) {
            assert_true(at[i] >= 28 - 1e-6 && at[i] <= 20 + 16.0 * N - 8 + 1e-6);
            if (i)
                assert_true(at[i] - at[i - 1] >= 16 - 1e-6);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alone),
        cmocka_unit_test(together),
        cmocka_unit_test(any),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
