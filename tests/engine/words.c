/* SPDX-License-Identifier: Apache-2.0 */
/* Every reason and error has a sentence of its own, and no other number has one. */
#include "bulkhead/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* The numbers of bulkhead/error.h, and those that will never be there: a byte of all ones is what
 * erased flash says. */
static bool must_have(int n)
{
    return (n >= 0 && n <= 13) || (n >= 20 && n <= 24) || (n >= 40 && n <= 64);
}

static bool must_not_have(int n)
{
    return n < 0 || n >= 250;
}

static bool is_error(int n)
{
    return n <= 0 && n >= BH_ERR_LATER;
}

static bool is_no_error(int n)
{
    return n > 0 || n < -200;
}

static const char *reason(int n)
{
    return bh_reason_text((enum bh_reason)n);
}

static void check(const char *(*text)(int n), bool (*has)(int n), bool (*has_not)(int n))
{
    const char *unknown = text(-1000);

    assert_non_null(strstr(unknown, "unknown"));
    for (int n = -256; n <= 255; n++) {
        bool known = strcmp(text(n), unknown) != 0;

        assert_true(known || !has(n));
        assert_true(!known || !has_not(n));
        for (int other = -256; known && other < n; other++)
            assert_string_not_equal(text(n), text(other));
    }
}

static void reasons(void **state)
{
    (void)state;
    check(reason, must_have, must_not_have);
}

static void errors(void **state)
{
    (void)state;
    check(bh_error_text, is_error, is_no_error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons),
        cmocka_unit_test(errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
