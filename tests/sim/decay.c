/* SPDX-License-Identifier: Apache-2.0 */
/* Pages that go bad: each way fails what it says and nothing else; snapshots, deltas and hashes
 * know of it; and a blind device cannot read what is blank. */
#include "chips.h"

#include <stdlib.h>

struct scene {
    struct sim_power power;
    struct sim_flash s;
    struct bh_page page; /* in the middle, half full */
    uint8_t held[2048];
};

static void set(struct scene *x, const struct bh_flash *geometry)
{
    memset(x, 0, sizeof *x);
    open_chip(&x->s, geometry, &x->power);
    sim_power_on(&x->power);
    assert_int_equal(bh_flash_page(geometry, geometry->size / 2, &x->page), 0);
    memset(x->held, geometry->erased, sizeof x->held);
    pattern(x->held, x->page.len / 2 / geometry->unit * geometry->unit, 3);
    sim_flash_fill(&x->s, x->page.off, x->held, x->page.len);
}

static int program_rest(struct scene *x)
{
    uint32_t unit = x->s.flash.unit, from = x->page.len - unit;
    uint8_t data[BH_UNIT_MAX];

    pattern(data, unit, 4);
    return bh_flash_program(&x->s.flash, x->page.off + from, data, unit);
}

static void each_decay_fails_what_it_says(void **state)
{
    static const struct {
        enum sim_decay decay;
        bool reads, programs, erases, reads_after, same;
    } cases[] = {
        { SIM_WORN, true, false, false, true, true },
        { SIM_SPOILT, true, false, false, true, false },
        { SIM_UNREADABLE, false, true, true, false, false },
        { SIM_FADED, false, true, true, true, false },
    };

    (void)state;
    for (size_t c = 0; c < COUNT(chips); c++)
        for (size_t i = 0; i < COUNT(cases); i++) {
            struct scene *x = malloc(sizeof *x);
            uint8_t back[2048];
            const struct bh_flash *f = &x->s.flash;

            set(x, &chips[c]);
            sim_flash_decay(&x->s, x->page.off + 1, cases[i].decay);
            assert_int_equal(bh_flash_read(f, x->page.off, back, 1) == 0, cases[i].reads);
            assert_int_equal(program_rest(x) == 0, cases[i].programs);
            assert_int_equal(bh_flash_erase(f, x->page.off, x->page.len) == 0, cases[i].erases);
            assert_int_equal(bh_flash_read(f, x->page.off, back, x->page.len) == 0,
                             cases[i].reads_after);
            if (cases[i].decay == SIM_WORN || cases[i].decay == SIM_SPOILT)
                assert_int_equal(memcmp(back, x->held, x->page.len) == 0, cases[i].same);
            /* its neighbours are well */
            assert_int_equal(bh_flash_read(f, x->page.off - 1, back, 1), 0);
            assert_int_equal(bh_flash_read(f, x->page.off + x->page.len, back, 1), 0);
            assert_int_equal(x->s.misuse.count, 0);
            sim_flash_close(&x->s);
            free(x);
        }
}

/* Only a whole erase makes a faded page readable. */
static void a_torn_erase_cures_nothing(void **state)
{
    struct scene *x = malloc(sizeof *x);
    uint8_t byte;

    (void)state;
    set(x, &chips[2]);
    sim_flash_decay(&x->s, x->page.off, SIM_FADED);
    x->power.cut = (struct sim_cut){ .at = 1, .when = SIM_CUT_TORN, .shape = SIM_MEANT };
    assert_int_equal(bh_flash_erase(&x->s.flash, x->page.off, x->page.len), BH_ERR_IO);
    sim_power_on(&x->power);
    assert_int_equal(bh_flash_read(&x->s.flash, x->page.off, &byte, 1), BH_ERR_IO);
    assert_int_equal(bh_flash_erase(&x->s.flash, x->page.off, x->page.len), 0);
    assert_int_equal(bh_flash_read(&x->s.flash, x->page.off, &byte, 1), 0);
    sim_flash_close(&x->s);
    free(x);
}

static void snapshots_deltas_and_hashes_know_of_it(void **state)
{
    struct scene *x = malloc(sizeof *x);
    struct sim_delta *delta;
    uint64_t well, ill;
    uint32_t here;
    uint8_t byte;

    (void)state;
    set(x, &chips[2]);
    here = sim_flash_snapshot(&x->s);
    well = sim_flash_hash(&x->s);
    sim_flash_decay(&x->s, x->page.off, SIM_UNREADABLE);
    ill = sim_flash_hash(&x->s);
    assert_true(ill != well);
    delta = sim_flash_delta(&x->s);
    sim_flash_restore(&x->s, here);
    assert_true(sim_flash_hash(&x->s) == well);
    assert_int_equal(bh_flash_read(&x->s.flash, x->page.off, &byte, 1), 0);
    sim_flash_apply(&x->s, delta);
    assert_true(sim_flash_hash(&x->s) == ill);
    assert_int_equal(bh_flash_read(&x->s.flash, x->page.off, &byte, 1), BH_ERR_IO);
    sim_flash_decay(&x->s, x->page.off, SIM_FADED);
    assert_true(sim_flash_hash(&x->s) != ill);
    sim_flash_decay(&x->s, x->page.off, SIM_SOUND);
    assert_true(sim_flash_hash(&x->s) == well);
    free(delta);
    sim_flash_close(&x->s);
    free(x);
}

static void a_blind_device_reads_what_is_programmed_and_tells_what_is_blank(void **state)
{
    struct bh_flash geometry = chips[3];
    struct sim_flash s;
    uint8_t word[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, back[16];

    (void)state;
    geometry.ops = &sim_flash_blind_ops;
    open_chip(&s, &geometry, NULL);
    assert_int_equal(bh_flash_read(&s.flash, 0, back, 1), BH_ERR_IO);
    assert_int_equal(bh_flash_blank(&s.flash, 0, 1024), 0);
    assert_int_equal(bh_flash_program(&s.flash, 8, word, 8), 0);
    assert_int_equal(bh_flash_read(&s.flash, 8, back, 8), 0);
    assert_memory_equal(back, word, 8);
    assert_int_equal(bh_flash_read(&s.flash, 7, back, 2), BH_ERR_IO);
    assert_int_equal(bh_flash_blank(&s.flash, 0, 8), 0);
    assert_int_equal(bh_flash_blank(&s.flash, 0, 9), BH_ERR_COMPARE);
    assert_int_equal(s.misuse.count, 0);
    sim_flash_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_decay_fails_what_it_says),
        cmocka_unit_test(a_torn_erase_cures_nothing),
        cmocka_unit_test(snapshots_deltas_and_hashes_know_of_it),
        cmocka_unit_test(a_blind_device_reads_what_is_programmed_and_tells_what_is_blank),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
