/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts strike exactly where they are told to, once, on every device of the supply. */
#include "chips.h"

/* Code under test: six operations on two devices, and what it got to. */
struct job {
    struct sim_flash *near, *far;
    unsigned reached;
};

static void job(void *context)
{
    struct job *j = context;
    uint8_t data[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, back[8];

    for (unsigned i = 0; i < 2; i++) {
        struct sim_flash *s = i ? j->far : j->near;

        assert_int_equal(bh_flash_erase(&s->flash, 0, 1024), 0);
        j->reached++;
        assert_int_equal(bh_flash_program(&s->flash, 0, data, 8), 0);
        j->reached++;
        assert_int_equal(bh_flash_read(&s->flash, 0, back, 8), 0);
        assert_memory_equal(back, data, 8);
        assert_int_equal(bh_flash_program(&s->flash, 16, data, 8), 0);
        j->reached++;
    }
}

static void a_cut_strikes_its_operation_and_no_other(void **state)
{
    (void)state;
    for (uint64_t at = 0; at <= 8; at++)
        for (unsigned when = SIM_CUT_BEFORE; when <= SIM_CUT_AFTER; when++) {
            struct sim_power power = { .seed = 1 };
            struct sim_flash near, far;
            struct job j = { &near, &far, 0 };
            bool strikes = at >= 1 && at <= 6, ended;
            uint8_t byte;

            open_chip(&near, &chips[2], &power);
            open_chip(&far, &chips[3], &power);
            power.cut = (struct sim_cut){ .at = at, .when = (enum sim_when)when };
            ended = sim_power_run(&power, job, &j);
            assert_int_equal(ended, !strikes);
            assert_int_equal(power.dark, strikes);
            assert_int_equal(j.reached, strikes ? at - 1 : 6);
            assert_int_equal(power.ops, strikes ? at : 6);
            assert_int_equal(near.counts.programs + near.counts.erases + far.counts.programs +
                                 far.counts.erases,
                             strikes ? at - (when == SIM_CUT_BEFORE) : 6);
            if (strikes) {
                assert_int_equal(bh_flash_read(&near.flash, 0, &byte, 1), BH_ERR_IO);
                assert_int_equal(bh_flash_erase(&far.flash, 0, 1024), BH_ERR_IO);
                assert_int_equal(power.ops, at);
                assert_int_equal(power.cut.at, 0);
            }
            j.reached = 0; /* the cut is used up */
            power.cut.at = 0;
            assert_true(sim_power_run(&power, job, &j));
            assert_int_equal(j.reached, 6);
            assert_int_equal(power.boots, 2);
            assert_int_equal(near.misuse.count + far.misuse.count, 0);
            sim_flash_close(&near);
            sim_flash_close(&far);
        }
}

static void outside_a_run_a_cut_is_an_error_and_darkness(void **state)
{
    struct sim_power power = { .seed = 1 };
    struct sim_flash s;
    uint8_t word[4] = { 1, 2, 3, 4 }, back[4];

    (void)state;
    open_chip(&s, &chips[2], &power);
    sim_power_on(&power);
    power.cut = (struct sim_cut){ .at = 2, .when = SIM_CUT_AFTER };
    assert_int_equal(bh_flash_program(&s.flash, 0, word, 4), 0);
    assert_int_equal(bh_flash_program(&s.flash, 4, word, 4), BH_ERR_IO);
    assert_true(power.dark);
    assert_int_equal(bh_flash_program(&s.flash, 8, word, 4), BH_ERR_IO);
    sim_power_on(&power);
    assert_int_equal(bh_flash_read(&s.flash, 4, back, 4), 0);
    assert_memory_equal(back, word, 4);
    assert_int_equal(bh_flash_program(&s.flash, 8, word, 4), 0);
    sim_power_off(&power);
    assert_int_equal(bh_flash_read(&s.flash, 4, back, 4), BH_ERR_IO);
    assert_int_equal(s.misuse.count, 0);
    sim_flash_close(&s);
}

/* A dead chip has no operations that a cut could meet; one that babbles has. */
static void sick_devices_and_cuts(void **state)
{
    struct sim_power power = { .seed = 1 };
    struct sim_flash s;
    uint8_t word[4] = { 0 }, before[8192], after[8192];

    (void)state;
    open_chip(&s, &chips[2], &power);
    sim_flash_peek(&s, 0, before, sizeof before);
    s.health = SIM_DEAD;
    power.cut = (struct sim_cut){ .at = 1, .when = SIM_CUT_TORN, .shape = SIM_MIX };
    assert_int_equal(bh_flash_program(&s.flash, 0, word, 4), BH_ERR_IO);
    assert_false(power.dark);
    s.health = SIM_ABSENT;
    assert_int_equal(bh_flash_program(&s.flash, 0, word, 4), BH_ERR_IO);
    assert_true(power.dark);
    sim_flash_peek(&s, 0, after, sizeof after);
    assert_memory_equal(before, after, sizeof before);
    sim_flash_close(&s);
}

static void drawn_cuts_reach_everything_and_repeat(void **state)
{
    bool when[3] = { false }, shape[SIM_SHAPES] = { false }, at[8] = { false };
    bool loose[2] = { false };

    (void)state;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct sim_cut cut = sim_cut_draw(seed, 7, seed & 1),
                       same = sim_cut_draw(seed, 7, seed & 1);

        assert_true(cut.at == same.at && cut.when == same.when && cut.shape == same.shape &&
                    cut.seed == same.seed && cut.pulse == same.pulse &&
                    cut.unstable == same.unstable);
        assert_true(cut.at >= 1 && cut.at <= 7);
        assert_true(cut.shape != SIM_FAULT || (seed & 1));
        when[cut.when] = at[cut.at] = loose[cut.unstable] = true;
        if (cut.when == SIM_CUT_TORN)
            shape[cut.shape] = true;
    }
    for (unsigned i = 0; i < SIM_SHAPES; i++)
        assert_true(shape[i] && strcmp(sim_shape_text((enum sim_shape)i), "unknown") != 0);
    for (unsigned i = 0; i < 3; i++)
        assert_true(when[i] && sim_when_text((enum sim_when)i));
    for (unsigned i = 1; i < 8; i++)
        assert_true(at[i]);
    assert_true(loose[0] && loose[1]);
    assert_int_equal(sim_cut_draw(1, 0, false).at, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_strikes_its_operation_and_no_other),
        cmocka_unit_test(outside_a_run_a_cut_is_an_error_and_darkness),
        cmocka_unit_test(sick_devices_and_cuts),
        cmocka_unit_test(drawn_cuts_reach_everything_and_repeat),
    };

    return cmocka_run_group_tests_name("sim power", tests, NULL, NULL);
}
