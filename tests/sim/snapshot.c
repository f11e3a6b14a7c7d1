/* SPDX-License-Identifier: Apache-2.0 */
/* Going back is exact, states are told apart, and neither costs more than what changed. */
#include "chips.h"

#include <stdlib.h>

/* All that a state is, copied the slow way. */
struct whole {
    uint8_t cells[8192], meant[8192];
    uint16_t state[8192];
    uint32_t wear[512];
    struct sim_tear tears[64];
    uint32_t n_tears;
    struct sim_counts counts;
    struct sim_misuse misuse;
};

static void copy(struct whole *to, const struct sim_flash *s)
{
    uint32_t units = s->flash.size / s->flash.unit;

    memset(to, 0, sizeof *to);
    memcpy(to->cells, s->cells, s->flash.size);
    memcpy(to->state, s->state, units * sizeof *s->state);
    memcpy(to->wear, s->wear, s->n_blocks * sizeof *s->wear);
    for (uint32_t u = 0; u < units; u++) /* meant is meaningless but for torn units */
        if (s->state[u] && s->state[u] <= 0x7FFF)
            memcpy(to->meant + u * s->flash.unit, s->meant + u * s->flash.unit, s->flash.unit);
    assert_true(s->n_tears <= COUNT(to->tears));
    to->n_tears = s->n_tears;
    for (uint32_t t = 0; t < s->n_tears; t++)
        if (s->tears[t].units)
            to->tears[t] = s->tears[t];
    to->counts = s->counts;
    to->misuse = s->misuse;
}

static bool same_tear(const struct sim_tear *a, const struct sim_tear *b)
{
    return a->off == b->off && a->len == b->len && a->units == b->units && a->kind == b->kind &&
           a->spoiled == b->spoiled && a->fixed == b->fixed && a->boot == b->boot &&
           a->reading.shape == b->reading.shape && a->reading.seed == b->reading.seed;
}

static void is_exactly(const struct sim_flash *s, const struct whole *w)
{
    struct whole now;

    copy(&now, s);
    assert_memory_equal(now.cells, w->cells, sizeof now.cells);
    assert_memory_equal(now.state, w->state, sizeof now.state);
    assert_memory_equal(now.meant, w->meant, sizeof now.meant);
    assert_memory_equal(now.wear, w->wear, sizeof now.wear);
    assert_int_equal(now.n_tears, w->n_tears);
    for (uint32_t i = 0; i < now.n_tears; i++)
        assert_true(same_tear(&now.tears[i], &w->tears[i]));
    assert_memory_equal(&now.counts, &w->counts, sizeof now.counts);
    assert_int_equal(now.misuse.count, w->misuse.count);
    assert_string_equal(now.misuse.first, w->misuse.first);
}

/* A small generator for the tests' own choices. */
static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Some operation or other, now and then cut; misuse included. */
static void anything(struct sim_flash *s, struct sim_power *power, uint32_t *seed)
{
    uint8_t data[256], is[64];
    uint32_t unit = s->flash.unit;
    uint32_t off = next(seed) % (s->flash.size / unit) * unit;
    uint32_t len = (1 + next(seed) % (256 / unit)) * unit;
    struct bh_page page;
    struct act a;

    pattern(data, sizeof data, next(seed));
    assert_int_equal(bh_flash_page(&s->flash, off, &page), 0);
    len = off + len > s->flash.size ? s->flash.size - off : len;
    a = next(seed) % 3 ? (struct act){ &s->flash, SIM_PROGRAM, off, len, data, 0 }
                       : (struct act){ &s->flash, SIM_ERASE, page.off, page.len, NULL, 0 };
    power->cut = (struct sim_cut){ 0 };
    if (next(seed) % 4 == 0)
        power->cut = sim_cut_draw(*seed, 1, s->traits.ecc);
    (void)sim_power_run(power, act, &a);
    off = next(seed) % (s->flash.size - 64);
    if (next(seed) % 2) {
        int err = bh_flash_read(&s->flash, off, is, sizeof is);

        assert_true(err == BH_OK || err == BH_ERR_IO);
    }
}

static void restore_is_exact_however_deep(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 40; round++) {
        const struct bh_flash *geometry = &chips[round % COUNT(chips)];
        struct sim_power power = { .seed = round };
        struct whole *kept = calloc(6, sizeof *kept);
        uint64_t hash[6];
        uint32_t depth = 0, seed = round;
        struct sim_flash s;

        open_chip(&s, geometry, &power);
        s.traits.ecc = round & 1;
        for (unsigned step = 0; step < 300; step++) {
            unsigned what = next(&seed) % 12;

            if (what == 0 && depth < 6) {
                copy(&kept[depth], &s);
                hash[depth++] = sim_flash_hash(&s);
                assert_int_equal(sim_flash_snapshot(&s), depth);
            } else if (what == 1 && depth) {
                depth = 1 + next(&seed) % depth;
                sim_flash_restore(&s, depth);
                is_exactly(&s, &kept[depth - 1]);
                assert_int_equal(sim_flash_hash(&s), hash[depth - 1]);
            } else if (what == 2 && next(&seed) % 8 == 0) {
                sim_flash_forget(&s);
                depth = 0;
            } else {
                anything(&s, &power, &seed);
            }
        }
        sim_flash_close(&s);
        free(kept);
    }
}

static void a_delta_makes_its_state_again_from_any_other(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 24; round++) {
        struct sim_power power = { .seed = round };
        struct whole *kept = calloc(8, sizeof *kept);
        struct sim_delta *delta[8];
        uint64_t hash[8];
        uint32_t seed = round;
        struct sim_flash s;

        open_chip(&s, &chips[round % COUNT(chips)], &power);
        for (unsigned i = 0; i < 20; i++)
            anything(&s, &power, &seed);
        (void)sim_flash_snapshot(&s);
        for (unsigned d = 0; d < 8; d++) {
            for (unsigned i = 0; i < 1 + d; i++)
                anything(&s, &power, &seed);
            sim_power_off(&power);
            copy(&kept[d], &s);
            hash[d] = sim_flash_hash(&s);
            delta[d] = sim_flash_delta(&s);
        }
        for (unsigned i = 0; i < 40; i++) {
            unsigned d = next(&seed) % 8;

            if (i & 1)
                anything(&s, &power, &seed);
            sim_power_off(&power);
            sim_flash_apply(&s, delta[d]);
            assert_int_equal(sim_flash_hash(&s), hash[d]);
            assert_memory_equal(s.cells, kept[d].cells, s.flash.size);
            assert_memory_equal(s.state, kept[d].state, s.flash.size / s.flash.unit * 2);
            assert_memory_equal(s.wear, kept[d].wear, s.n_blocks * sizeof *s.wear);
        }
        for (unsigned d = 0; d < 8; d++)
            free(delta[d]);
        sim_flash_close(&s);
        free(kept);
    }
}

/* After a delta, the next boot chooses again how torn ranges read, be it of the same number. */
static struct sim_reading count(void *context, const struct sim_flash *flash,
                                const struct sim_tear *tear)
{
    (void)flash;
    (void)tear;
    return (struct sim_reading){ ++*(unsigned *)context & 1 ? SIM_MEANT : SIM_BEFORE, 0 };
}

static void after_a_delta_the_next_boot_asks_again(void **state)
{
    unsigned asked = 0;
    struct sim_power power = { .choose = count, .choose_context = &asked };
    uint8_t word[4] = { 1, 2, 3, 4 }, is[4];
    struct sim_power off;
    struct sim_delta *delta;
    struct sim_flash s;

    (void)state;
    open_chip(&s, &chips[2], &power);
    (void)sim_flash_snapshot(&s);
    cut_act(&power, &(struct act){ &s.flash, SIM_PROGRAM, 0, 4, word, 0 },
            (struct sim_cut){ .when = SIM_CUT_TORN, .unstable = true });
    off = power;
    sim_power_on(&power);
    assert_int_equal(bh_flash_read(&s.flash, 0, is, 4), 0);
    delta = sim_flash_delta(&s);
    for (unsigned i = 2; i < 5; i++) {
        power = off;
        sim_flash_apply(&s, delta);
        sim_power_on(&power);
        assert_int_equal(bh_flash_read(&s.flash, 0, is, 4), 0);
        assert_int_equal(asked, i);
        assert_int_equal(is[0], i & 1 ? 1 : 0xFF);
    }
    free(delta);
    sim_flash_close(&s);
}

/* The same state by two ways, or on two devices, has one hash; and one that was only looked at. */
static void the_hash_is_of_the_state_not_of_the_way(void **state)
{
    static const struct sim_cut loose = { .when = SIM_CUT_TORN, .unstable = true };
    struct sim_power power = { .seed = 1 };
    uint8_t a[4] = { 1, 2, 3, 4 }, b[4] = { 5, 6, 7, 8 }, is[4];
    struct sim_flash s, t;

    (void)state;
    open_chip(&s, &chips[2], &power);
    open_chip(&t, &chips[2], &power);
    assert_int_equal(sim_flash_hash(&s), sim_flash_hash(&t));
    assert_int_equal(bh_flash_program(&s.flash, 0, a, 4), 0);
    (void)sim_flash_hash(&s);
    assert_int_equal(bh_flash_program(&s.flash, 4000, b, 4), 0);
    assert_int_equal(bh_flash_program(&t.flash, 1024, b, 4), 0);
    assert_int_equal(bh_flash_program(&t.flash, 4000, b, 4), 0);
    assert_int_equal(bh_flash_program(&t.flash, 0, a, 4), 0);
    assert_int_not_equal(sim_flash_hash(&s), sim_flash_hash(&t));
    assert_int_equal(bh_flash_erase(&t.flash, 1024, 1024), 0);
    assert_int_equal(sim_flash_hash(&s), sim_flash_hash(&t));

    /* A tear that came and went elsewhere. */
    cut_act(&power, &(struct act){ &s.flash, SIM_PROGRAM, 1024, 4, a, 0 }, loose);
    sim_power_on(&power);
    assert_int_equal(bh_flash_program(&s.flash, 4004, a, 4), 0);
    assert_int_equal(bh_flash_program(&t.flash, 4004, a, 4), 0);
    assert_int_not_equal(sim_flash_hash(&s), sim_flash_hash(&t));
    assert_int_equal(bh_flash_erase(&s.flash, 1024, 1024), 0);
    assert_int_equal(sim_flash_hash(&s), sim_flash_hash(&t));

    /* Tears in another order, and so in other places of the list. */
    cut_act(&power, &(struct act){ &s.flash, SIM_PROGRAM, 64, 4, a, 0 }, loose);
    cut_act(&power, &(struct act){ &s.flash, SIM_PROGRAM, 96, 4, a, 0 }, loose);
    cut_act(&power, &(struct act){ &t.flash, SIM_PROGRAM, 96, 4, a, 0 }, loose);
    assert_int_not_equal(sim_flash_hash(&s), sim_flash_hash(&t));
    cut_act(&power, &(struct act){ &t.flash, SIM_PROGRAM, 64, 4, a, 0 }, loose);
    assert_int_equal(sim_flash_hash(&s), sim_flash_hash(&t));
    sim_power_on(&power);
    assert_int_equal(bh_flash_read(&s.flash, 64, is, 4), 0);
    assert_int_equal(sim_flash_hash(&s), sim_flash_hash(&t));
    sim_flash_close(&s);
    sim_flash_close(&t);
}

/* Back at a snapshot before which nobody had asked for the hash. */
static void the_hash_is_right_after_a_restore(void **state)
{
    uint8_t a[4] = { 1, 2, 3, 4 };
    struct sim_flash s, t;

    (void)state;
    open_chip(&s, &chips[2], NULL);
    open_chip(&t, &chips[2], NULL);
    assert_int_equal(bh_flash_program(&s.flash, 0, a, 4), 0);
    assert_int_equal(bh_flash_program(&t.flash, 0, a, 4), 0);
    (void)sim_flash_snapshot(&s);
    assert_int_equal(bh_flash_program(&s.flash, 4, a, 4), 0);
    assert_int_not_equal(sim_flash_hash(&s), sim_flash_hash(&t));
    sim_flash_restore(&s, 1);
    assert_int_equal(sim_flash_hash(&s), sim_flash_hash(&t));
    sim_flash_close(&s);
    sim_flash_close(&t);
}

static void a_part_has_a_hash_of_its_own(void **state)
{
    uint8_t a[4] = { 1, 2, 3, 4 };
    uint64_t first, second;
    struct sim_flash s;

    (void)state;
    open_chip(&s, &chips[2], NULL);
    first = sim_flash_hash_part(&s, 0, 1024);
    second = sim_flash_hash_part(&s, 1024, 7168);
    assert_int_equal(first ^ second, sim_flash_hash(&s));
    assert_int_equal(bh_flash_program(&s.flash, 2048, a, 4), 0);
    assert_int_equal(sim_flash_hash_part(&s, 0, 1024), first);
    assert_int_not_equal(sim_flash_hash_part(&s, 1024, 7168), second);
    sim_flash_close(&s);
}

/* All that makes a difference to what may come has a hash of its own. */
static void different_states_have_different_hashes(void **state)
{
    uint8_t a[4] = { 1, 2, 3, 4 }, b[4] = { 1, 2, 3, 5 }, blank[4] = { 0xFF, 0xFF, 0xFF, 0xFF };
    struct sim_cut cut = { .when = SIM_CUT_TORN, .unstable = true };
    struct sim_power power = { .seed = 1 };
    uint64_t hash[9];
    struct sim_flash s;

    (void)state;
    open_chip(&s, &chips[2], &power);
    s.traits.ecc = true;
    hash[0] = sim_flash_hash(&s);
    (void)sim_flash_snapshot(&s);
    for (unsigned i = 1; i < COUNT(hash); i++) {
        struct act p = { &s.flash, SIM_PROGRAM, 8, 4, a, 0 };

        p.data = i == 2 || i == 5 ? b : i == 3 ? blank : a;
        p.off = i == 4 ? 1024 + 8 : 8; /* the same in another block */
        cut.unstable = i != 7;
        cut.shape = i == 7 ? SIM_FAULT : SIM_MEANT;
        sim_power_on(&power);
        if (i <= 4)
            act(&p);
        else
            cut_act(&power, &p, cut);
        if (i == 8) { /* torn twice: the second time over the first */
            cut_act(&power, &(struct act){ &s.flash, SIM_ERASE, 0, 1024, NULL, 0 }, cut);
        }
        hash[i] = sim_flash_hash(&s);
        for (unsigned k = 0; k < i; k++)
            assert_int_not_equal(hash[i], hash[k]);
        sim_flash_restore(&s, 1);
        assert_int_equal(sim_flash_hash(&s), hash[0]);
    }
    sim_flash_close(&s);
}

/* One word changed on a large chip costs some hundred bytes, not the chip. */
static void the_cost_is_what_changed(void **state)
{
    static const struct bh_page_run runs[] = { { 2048, 4096 } };
    const struct bh_flash large = {
        .runs = runs, .n_runs = 1, .unit = 4, .erased = 0xFF, .size = 8u << 20
    };
    uint8_t word[4] = { 1, 2, 3, 4 };
    struct sim_delta *delta;
    struct sim_flash s;
    size_t size;

    (void)state;
    open_chip(&s, &large, NULL);
    (void)sim_flash_snapshot(&s);
    delta = sim_flash_delta(&s);
    assert_true(sim_delta_size(delta) < 64);
    free(delta);
    assert_int_equal(bh_flash_program(&s.flash, 5u << 20, word, 4), 0);
    delta = sim_flash_delta(&s);
    assert_true(sim_delta_size(delta) < 2048);
    size = sim_delta_size(delta);
    free(delta);
    (void)sim_flash_snapshot(&s);
    assert_int_equal(bh_flash_program(&s.flash, (5u << 20) + 4, word, 4), 0);
    delta = sim_flash_delta(&s);
    assert_int_equal(sim_delta_size(delta), size); /* the same block, once */
    free(delta);
    sim_flash_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(restore_is_exact_however_deep),
        cmocka_unit_test(a_delta_makes_its_state_again_from_any_other),
        cmocka_unit_test(after_a_delta_the_next_boot_asks_again),
        cmocka_unit_test(the_hash_is_of_the_state_not_of_the_way),
        cmocka_unit_test(the_hash_is_right_after_a_restore),
        cmocka_unit_test(a_part_has_a_hash_of_its_own),
        cmocka_unit_test(different_states_have_different_hashes),
        cmocka_unit_test(the_cost_is_what_changed),
    };

    return cmocka_run_group_tests_name("sim snapshot", tests, NULL, NULL);
}
