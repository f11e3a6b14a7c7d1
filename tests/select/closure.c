/* SPDX-License-Identifier: Apache-2.0 */
/* Every life of a device with otadata (sim/select/closure.h): two updates in a row, by our
 * application, by ESP-IDF's and by both in turns, on units of 1 to 32, stable and unstable, with
 * every single cut and every pair. */
#include "sim/select/closure.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

struct config {
    struct closure how; /* acts: in every run of the tests */
    unsigned deep;      /* acts with BULKHEAD_DEEP=1 (docs/testing.md): some minutes */
    char part;          /* of the tests: they are run by themselves */
};

#define OURS .ours = true
#define THEIRS .theirs = true
#define IN_TURNS .ours = true, .theirs = true
#define UNSTABLE .unstable = true
#define LIVES(text, of_unit, starts, n, ...)                                                       \
    {                                                                                              \
        .name = text, .unit = of_unit, .trial_boots = starts, .acts = n, .cuts = 2, .slots = 3,    \
        .factory = true, __VA_ARGS__                                                               \
    }

static const struct config configs[] = {
    { LIVES("ours, unit 1", 1, 1, 7, OURS), 9, 's' },
    { LIVES("ours, unit 1, two starts", 1, 2, 6, OURS), 8, 's' },
    { LIVES("ESP-IDF's", 1, 1, 7, THEIRS), 9, 's' },
    { LIVES("in turns", 1, 1, 6, IN_TURNS), 8, 's' },
    { LIVES("in turns, two starts", 1, 2, 5, IN_TURNS), 7, 'q' },
    { LIVES("ours, unit 2", 2, 1, 5, OURS), 9, 'q' },
    { LIVES("ours, unit 4", 4, 1, 5, OURS), 9, 'q' },
    { LIVES("ours, unit 8", 8, 1, 6, OURS), 9, 'q' },
    { LIVES("ours, unit 16", 16, 1, 6, OURS), 9, 'q' },
    { LIVES("ours, unit 32", 32, 1, 7, OURS), 9, 's' },
    { LIVES("unstable, ours, unit 1", 1, 1, 7, OURS, UNSTABLE), 8, 'u' },
    { LIVES("unstable, ours, unit 4", 4, 1, 6, OURS, UNSTABLE), 8, 'u' },
    { LIVES("unstable, ours, unit 16", 16, 1, 7, OURS, UNSTABLE), 8, 'u' },
    { LIVES("unstable, ours, two starts", 1, 2, 6, OURS, UNSTABLE), 7, 'u' },
    { LIVES("unstable, ESP-IDF's", 1, 1, 6, THEIRS, UNSTABLE), 7, 'u' },
    { LIVES("unstable, in turns", 1, 1, 5, IN_TURNS, UNSTABLE), 7, 'u' },
};

static void explore(const struct closure *how)
{
    static struct closure_result r;

    closure_explore(how, &r);
    print_message("%s: %" PRIu64 " acts, %" PRIu64 " cuts, %" PRIu64 " states\n", how->name, r.acts,
                  r.cuts, r.states);
    if (r.broken)
        fail_msg("%s: %s", how->name, r.how);
    assert_true(r.complete && r.cuts > 100 && r.compared > 10);
}

static void closure(void **state)
{
    bool deep = getenv("BULKHEAD_DEEP") != NULL;
    const char *part = *state;

    for (unsigned i = 0; i < COUNT(configs); i++) {
        struct closure how = configs[i].how;

        how.acts = deep ? configs[i].deep : how.acts;
        if (!part || *part == configs[i].part)
            explore(&how);
    }
}

/* test_select_closure [quick | stable | unstable]; without a word: all */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_prestate(closure,
                                                                  argc > 1 ? argv[1] : NULL) };

    if (argc > 1 && (!*argv[1] || !strchr("qsu", *argv[1]))) {
        fprintf(stderr, "usage: %s [quick | stable | unstable]\n", argv[0]);
        return 2;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
