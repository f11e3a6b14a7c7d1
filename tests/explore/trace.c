/* SPDX-License-Identifier: Apache-2.0 */
/* Traces as text, lives that repeat, parts that add up, and a specification that notices. */
#include "sim/explore/explore.h"
#include "sim/explore/products.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void steps_survive_text(void **state)
{
    /* clang-format off */
    static const char *const steps[] = {
        "boot", "stage3", "stagebad2", "test", "permanent", "confirm", "dead", "well", "foreign",
        "boot@7:before", "boot@7:after", "boot[0,2,1]@12:loose", "stage2@3:mix:4:2",
        "test@1:butone:7:0", "boot[4]", "boot@4294967296:garbage:6:63",
        "boot!0:0.5632:worn", "boot[1]!12:1.256:spoilt@13:loose", "stage2.1", "test.0", "primary3",
        "primary4.half", "primary3.first.1", "staged5.last", "backup5.0", "forge8",
        "confirm!3:0.0:unreadable", "boot!7:3.4294967295:faded@9:before",
    };
    /* clang-format on */

    (void)state;
    for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct explore_step step;
        char text[EXPLORE_STEP_TEXT];

        assert_null(explore_step_read(steps[i], strlen(steps[i]), &step));
        explore_step_write(&step, text);
        assert_string_equal(text, steps[i]);
    }
}

static void wrong_steps_are_refused(void **state)
{
    /* clang-format off */
    static const char *const wrong[] = {
        "", "bot", "stage", "stage0", "stage99", "boot@", "boot@0:mix", "boot@3", "boot@3:what",
        "boot@3:mix:1", "boot[", "boot[1", "boot[1,]", "boot[256]", "boot@3:mix:1:2x", "boot2",
        "boot!", "boot!0", "boot!0:0", "boot!0:0.1", "boot!0:4.1:worn", "boot!0:0.1:sound",
        "boot!0:0.1:well", "boot.1", "boot.half", "stage2.half", "primary6", "primary3.", "forge9",
        "primary3.4", "primary3.quarter", "boot@3:mix!0:0.0:worn",
    };
    /* clang-format on */

    (void)state;
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct explore_step step;

        if (!explore_step_read(wrong[i], strlen(wrong[i]), &step))
            fail_msg("'%s' was taken for a step", wrong[i]);
    }
}

static struct explore_result run(const struct explore_task *task)
{
    struct explore_result r;
    const char *why;

    if (!explore_run(task, &r, &why))
        fail_msg("%s: %s", task->product->name, why);
    return r;
}

static struct explore_task lives(uint64_t seed)
{
    return (struct explore_task){ .product = explore_product_named("mail2"),
                                  .mode = EXPLORE_RANDOM,
                                  .cuts = 5,
                                  .seed = seed,
                                  .lives = 90,
                                  .n_shards = 1 };
}

static void a_seed_is_a_life(void **state)
{
    struct explore_task task = lives(7), other = lives(8);
    struct explore_result a = run(&task), b = run(&task), c = run(&other);

    (void)state;
    assert_false(a.violation);
    assert_true(a.cuts > 90);
    assert_int_equal(a.cuts, b.cuts);
    assert_int_equal(a.boots, b.boots);
    assert_int_not_equal(a.boots, c.boots);
}

static void parts_add_up(void **state)
{
    struct explore_task task = lives(1);
    struct explore_result whole = run(&task);
    uint64_t states = 0, cuts = 0;

    (void)state;
    task.n_shards = 4;
    for (task.shard = 0; task.shard < 4; task.shard++) {
        struct explore_result part = run(&task);

        states += part.states;
        cuts += part.cuts;
    }
    assert_int_equal(states, whole.states);
    assert_int_equal(cuts, whole.cuts);
}

static void processes_find_what_one_finds(void **state)
{
    struct explore_task task = lives(1);
    struct explore_result one = run(&task), many;
    const char *why;

    (void)state;
    assert_true(explore_run_jobs(&task, 3, &many, &why));
    assert_int_equal(many.states, one.states);
    assert_int_equal(many.cuts, one.cuts);
    assert_int_equal(many.violation, one.violation);
}

/* --- the specification --------------------------------------------------------------------- */

static struct spec fresh(void)
{
    const struct spec_rules rules = { .trial_boots = 1, .reverts = true };
    struct spec s;

    spec_begin(&s, &rules);
    return s;
}

static struct spec_seen started(uint8_t image, uint8_t state, uint8_t outcome, uint8_t reason)
{
    struct spec_seen seen = { .action = BH_BOOT_START, .image = image };

    seen.truth.state = state;
    seen.truth.outcome = outcome;
    seen.truth.reason = reason;
    return seen;
}

static const struct spec_seen returned; /* 0 */
static const struct explore_act boot = { .kind = ACT_BOOT },
                                stage = { .kind = ACT_STAGE, .version = 2 },
                                test = { .kind = ACT_TEST }, confirm = { .kind = ACT_CONFIRM };

static struct spec on_trial(void)
{
    struct spec_seen trial = started(2, BH_STATE_TRIAL, 0, 0);
    struct spec s = fresh();

    assert_null(spec_done(&s, stage, &returned));
    assert_null(spec_done(&s, test, &returned));
    assert_null(spec_done(&s, boot, &trial));
    return s;
}

static void unconfirmed_must_go(void **state)
{
    struct spec_seen kept = started(2, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, 0);
    struct spec_seen gone = started(1, BH_STATE_IDLE, BH_OUTCOME_REVERTED, BH_REASON_NOT_CONFIRMED);
    struct spec_seen lie = started(1, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, 0);
    struct spec s = on_trial();

    (void)state;
    assert_non_null(spec_done(&s, boot, &kept));
    s = on_trial();
    assert_non_null(spec_done(&s, boot, &lie));
    s = on_trial();
    assert_null(spec_done(&s, boot, &gone));
}

static void confirmed_must_stay(void **state)
{
    struct spec_seen kept = started(2, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, 0);
    struct spec_seen gone = started(1, BH_STATE_IDLE, BH_OUTCOME_REVERTED, BH_REASON_NOT_CONFIRMED);
    struct spec s = on_trial();

    (void)state;
    assert_null(spec_done(&s, confirm, &returned));
    assert_non_null(spec_done(&s, boot, &gone));
    s = on_trial();
    assert_null(spec_done(&s, confirm, &returned));
    assert_null(spec_done(&s, boot, &kept));
}

/* A confirm that was cut may count or not; what was seen once holds from then on. */
static void a_cut_leaves_it_open_only_until_it_is_seen(void **state)
{
    struct spec_seen kept = started(2, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, 0);
    struct spec_seen gone = started(1, BH_STATE_IDLE, BH_OUTCOME_REVERTED, BH_REASON_NOT_CONFIRMED);
    struct spec s = on_trial(), t;

    (void)state;
    spec_cut(&s, confirm);
    t = s;
    assert_null(spec_done(&t, boot, &gone));
    assert_non_null(spec_done(&t, boot, &kept));
    t = s;
    assert_null(spec_done(&t, boot, &kept));
    assert_non_null(spec_done(&t, boot, &gone));
}

static void nothing_is_installed_unasked(void **state)
{
    struct spec_seen trial = started(2, BH_STATE_TRIAL, 0, 0);
    struct spec_seen none = { .action = BH_BOOT_RECOVER };
    struct spec s = fresh();

    (void)state;
    assert_null(spec_done(&s, stage, &returned));
    assert_non_null(spec_done(&s, boot, &trial));
    s = fresh();
    assert_non_null(spec_done(&s, boot, &none));
}

static void the_way_back_is_not_staged_over(void **state)
{
    struct spec_seen refused = { .err = BH_ERR_STATE };
    struct spec s = on_trial();

    (void)state;
    assert_non_null(spec_done(&s, stage, &returned));
    s = on_trial();
    assert_null(spec_done(&s, stage, &refused));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_survive_text),
        cmocka_unit_test(wrong_steps_are_refused),
        cmocka_unit_test(a_seed_is_a_life),
        cmocka_unit_test(parts_add_up),
        cmocka_unit_test(processes_find_what_one_finds),
        cmocka_unit_test(unconfirmed_must_go),
        cmocka_unit_test(confirmed_must_stay),
        cmocka_unit_test(a_cut_leaves_it_open_only_until_it_is_seen),
        cmocka_unit_test(nothing_is_installed_unasked),
        cmocka_unit_test(the_way_back_is_not_staged_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
