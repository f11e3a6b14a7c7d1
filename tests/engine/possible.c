/* SPDX-License-Identifier: Apache-2.0 */
/* What a record may tell of a product, field by field: the last value that can be true, and the
 * first that cannot. */
#include "products.h"

#include "bulkhead/boot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* Two pairs, of three and of two chunks: ten steps. */
static struct bh_product product;

static bool possible(const struct bh_record *rec)
{
    return bh_product_possible(&product, rec);
}

static struct bh_record good(enum bh_state state)
{
    struct bh_record rec = { .state = state, .boots_left = 1, .step = 3 };

    for (uint32_t p = 0; p < 2; p++)
        rec.pair[p].size_old = rec.pair[p].size_new = product.pairs[p].image_max;
    return rec;
}

static int setup(void **state)
{
    (void)state;
    product = *engine_products[3];
    product.rescue = &bh_rescue;
    return 0;
}

static void states(void **state)
{
    struct bh_record rec = good(BH_STATE_IDLE);

    (void)state;
    for (uint32_t s = 0; s < 256; s++) {
        rec.state = s;
        assert_int_equal(possible(&rec), s >= BH_STATE_IDLE && s <= BH_STATE_LAST);
    }
}

/* In every state. */
static void outcomes_sizes_and_pairs(void **state)
{
    (void)state;
    for (uint32_t s = BH_STATE_IDLE; s <= BH_STATE_LAST; s++) {
        struct bh_record rec = good((enum bh_state)s);

        assert_true(possible(&rec));
        for (uint32_t outcome = 0; outcome < 256; outcome++) {
            rec.outcome = outcome;
            assert_int_equal(possible(&rec), outcome <= BH_OUTCOME_LAST);
        }
        rec = good((enum bh_state)s);
        for (uint32_t alone = 0; alone < 16; alone++) {
            rec.left_alone = alone;
            assert_int_equal(possible(&rec), alone < 4);
        }
        for (uint32_t p = 0; p < 2; p++)
            for (int new = 0; new < 2; new ++) {
                uint32_t *size;

                rec = good((enum bh_state)s);
                size = new ? &rec.pair[p].size_new : &rec.pair[p].size_old;
                *size = product.pairs[p].image_max + 1;
                assert_false(possible(&rec));
                *size = UINT32_MAX;
                assert_false(possible(&rec));
                *size = 0;
                rec.step = 0;
                assert_true(possible(&rec));
            }
    }
}

static void faults(void **state)
{
    struct bh_record rec = good(BH_STATE_IDLE);

    (void)state;
    for (uint32_t kind = 0; kind < 16; kind++)
        for (uint32_t pair = 0; pair < 5; pair++)
            for (uint32_t index = 0; index < 9; index++)
                for (int wrote = 0; wrote < 2; wrote++) {
                    bool can = kind == BH_FAULT_JOURNAL
                                   ? pair == 0 && index < 2
                                   : kind != BH_FAULT_NONE && kind <= BH_FAULT_LAST && pair < 2 &&
                                         index <= (pair ? 3u : 4u);

                    rec.fault = bh_fault((enum bh_fault_kind)kind, wrote, pair, index);
                    if (rec.fault == 0)
                        can = true; /* none */
                    if (possible(&rec) != can)
                        fail_msg("fault 0x%x", rec.fault);
                }
}

/* Of what moves. A record at rest may tell anything else: nobody acts upon it. */
static void steps_and_attempts(void **state)
{
    (void)state;
    for (uint32_t s = BH_STATE_IDLE; s <= BH_STATE_LAST; s++) {
        bool acts = s >= BH_STATE_UPDATING;
        struct bh_record rec = good((enum bh_state)s);

        for (uint32_t step = 0; step < 20; step++) {
            rec.step = step;
            assert_int_equal(possible(&rec), !acts || step <= 10);
        }
        rec = good((enum bh_state)s);
        for (uint32_t left = 0; left < 8; left++) {
            rec.boots_left = left;
            product.trial_boots = 5;
            assert_int_equal(possible(&rec), !acts || left <= (s == BH_STATE_TRIAL ? 5 : 2));
            product.trial_boots = 1; /* a trial that is over may be looked at three times */
            assert_int_equal(possible(&rec), !acts || left <= 2);
        }
        /* one pair moves, or none */
        for (uint32_t p = 0; p < 2; p++) {
            rec = good((enum bh_state)s);
            rec.step = 0;
            rec.pair[p].size_new = 0;
            assert_true(possible(&rec));
            rec.step = p ? 7 : 5;
            assert_int_equal(possible(&rec), !acts); /* beyond the steps of the other */
            rec.step = 0;
            rec.pair[!p].size_new = 0;
            assert_int_equal(possible(&rec), s == BH_STATE_IDLE || s == BH_STATE_RESCUING);
        }
    }
}

static void what_the_product_has_not(void **state)
{
    struct bh_record rec = good(BH_STATE_RESCUING);

    (void)state;
    assert_true(possible(&rec));
    product.rescue = NULL;
    assert_false(possible(&rec));
    rec = good(BH_STATE_REVERTING);
    assert_true(possible(&rec));
    product.plan = &bh_plan_overwrite;
    assert_false(possible(&rec));
    rec = good(BH_STATE_UPDATING);
    assert_true(possible(&rec));
    rec.step = 6; /* one step for each chunk: five */
    assert_false(possible(&rec));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(states, setup),
        cmocka_unit_test_setup(outcomes_sizes_and_pairs, setup),
        cmocka_unit_test_setup(faults, setup),
        cmocka_unit_test_setup(steps_and_attempts, setup),
        cmocka_unit_test_setup(what_the_product_has_not, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
