/* SPDX-License-Identifier: Apache-2.0 */
/* Order of versions, with and without the build number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bulkhead/image.h"

/* From oldest to newest; only the build number tells the last two of a kind apart. */
static const struct bh_version rising[] = {
    { 0, 0, 0, 0 },          { 0, 0, 1, 0 },
    { 0, 0, 255, 0 },        { 0, 0, 256, 0 },
    { 0, 0, 65535, 0 },      { 0, 1, 0, 0 },
    { 0, 255, 9, 0 },        { 1, 0, 0, 0 },
    { 1, 0, 0, 1 },          { 127, 0, 0, 0 },
    { 128, 0, 0, 0 },        { 255, 0, 0, 0 },
    { 255, 0, 0, 1u << 31 }, { 255, 0, 0, UINT32_MAX },
    { 255, 255, 65535, 0 },
};
#define N (sizeof rising / sizeof rising[0])

static int sign(int v)
{
    return (v > 0) - (v < 0);
}

static void orders_with_build(void **state)
{
    (void)state;
    for (size_t a = 0; a < N; a++)
        for (size_t b = 0; b < N; b++)
            assert_int_equal(sign(bh_version_compare(&rising[a], &rising[b], true)),
                             (a > b) - (a < b));
}

static void ignores_build_unless_told(void **state)
{
    (void)state;
    assert_int_equal(bh_version_compare(&rising[7], &rising[8], false), 0);
    assert_int_equal(bh_version_compare(&rising[13], &rising[11], false), 0);
    assert_true(bh_version_compare(&rising[13], &rising[14], false) < 0);
    assert_true(bh_version_compare(&rising[8], &rising[6], false) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_with_build),
        cmocka_unit_test(ignores_build_unless_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
