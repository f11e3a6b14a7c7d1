/* SPDX-License-Identifier: Apache-2.0 */
/* What a well device does: hold, check, count, tell. */
#include "chips.h"

#include <stdio.h>

static void each_chip_is_open_erased(void **state)
{
    (void)state;
    for (size_t c = 0; c < COUNT(chips); c++) {
        struct sim_flash s;

        open_chip(&s, &chips[c], NULL);
        for (uint32_t off = 0; off < s.flash.size; off++) {
            uint8_t byte;

            assert_int_equal(bh_flash_read(&s.flash, off, &byte, 1), 0);
            assert_int_equal(byte, chips[c].erased);
        }
        sim_flash_close(&s);
    }
}

static void what_is_programmed_reads_back_until_its_page_is_erased(void **state)
{
    (void)state;
    for (size_t c = 0; c < COUNT(chips); c++) {
        struct sim_flash s;
        uint8_t data[8192], back[8192];
        struct bh_page page;
        uint32_t wear = 0;

        open_chip(&s, &chips[c], NULL);
        pattern(data, s.flash.size, 1);
        assert_int_equal(bh_flash_program(&s.flash, 0, data, s.flash.size), 0);
        page = last_page(&s.flash);
        assert_int_equal(bh_flash_erase(&s.flash, page.off, page.len), 0);
        memset(data + page.off, chips[c].erased, page.len);
        assert_int_equal(bh_flash_read(&s.flash, 0, back, s.flash.size), 0);
        assert_memory_equal(back, data, s.flash.size);
        for (uint32_t off = 0; off < s.flash.size; off += page.len) {
            assert_int_equal(bh_flash_page(&s.flash, off, &page), 0);
            wear += sim_flash_wear(&s, off);
            assert_int_equal(sim_flash_wear(&s, off), page.off + page.len == s.flash.size);
        }
        assert_int_equal(wear, 1);
        assert_int_equal(s.misuse.count, 0);
        sim_flash_close(&s);
    }
}

/* The geometry itself may be the device, as in a product that is compiled for chip and host. */
static struct sim_flash product_sim;
static const struct bh_flash product_flash = { .ops = &sim_flash_ops,
                                               .context = &product_sim,
                                               .runs = chip_mixed,
                                               .n_runs = 3,
                                               .unit = 4,
                                               .erased = 0xFF,
                                               .size = 6144 };

static void a_constant_device_may_stand_for_the_simulated_one(void **state)
{
    uint8_t word[4] = { 1, 2, 3, 4 }, back[4];

    (void)state;
    open_chip(&product_sim, &product_flash, NULL);
    assert_int_equal(bh_flash_program(&product_flash, 8, word, 4), 0);
    assert_int_equal(bh_flash_read(&product_sim.flash, 8, back, 4), 0);
    assert_memory_equal(back, word, 4);
    sim_flash_close(&product_sim);
}

/* Straight to the driver: the core would not let these through. */
static void misuse_is_refused_counted_and_told(void **state)
{
    static const struct {
        enum sim_kind kind;
        uint32_t off, len;
        const char *text;
    } cases[] = {
        { SIM_READ, 6140, 8,
          "flash: offset 0x17fc: read of 8 bytes as operation 0: "
          "outside the device" },
        { SIM_READ, UINT32_MAX, 2, "outside the device" },
        { SIM_PROGRAM, 6144, 4, "outside the device" },
        { SIM_PROGRAM, 4, UINT32_MAX - 3, "outside the device" },
        { SIM_PROGRAM, 2, 4, "not whole program units of 4" },
        { SIM_PROGRAM, 4, 6, "not whole program units of 4" },
        { SIM_PROGRAM, 4, 0, "not whole program units of 4" },
        { SIM_PROGRAM, 256, 16, "the unit at 0x104 was programmed since its page was erased" },
        { SIM_ERASE, 128, 256, "not whole pages" },
        { SIM_ERASE, 256, 128, "not whole pages" },
        { SIM_ERASE, 1024, 2048, "not whole pages" },
        { SIM_ERASE, 4096, 4096, "outside the device" },
        { SIM_ERASE, 256, 0, "not whole pages" },
    };
    struct sim_power power = { .seed = 1 };
    uint8_t data[16];

    (void)state;
    memset(data, 0x5A, sizeof data);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct bh_flash_ops *ops = &sim_flash_ops;
        uint8_t before[6144], after[6144], back[16];
        struct sim_flash s;
        int err;

        open_chip(&s, &chips[4], &power);
        sim_flash_fill(&s, 0x104, data, 4);
        sim_flash_peek(&s, 0, before, sizeof before);
        if (cases[i].kind == SIM_READ)
            err = ops->read(&s.flash, cases[i].off, back, cases[i].len);
        else if (cases[i].kind == SIM_PROGRAM)
            err = ops->program(&s.flash, cases[i].off, data, cases[i].len);
        else
            err = ops->erase(&s.flash, cases[i].off, cases[i].len);
        sim_flash_peek(&s, 0, after, sizeof after);
        assert_int_equal(err, BH_ERR_IO);
        assert_int_equal(s.misuse.count, 1);
        assert_non_null(strstr(s.misuse.first, cases[i].text));
        assert_memory_equal(before, after, sizeof before);
        assert_int_equal(s.counts.programs + s.counts.erases + s.counts.reads + power.ops, 0);
        sim_flash_close(&s);
    }
}

static void only_the_first_misuse_is_kept_in_words(void **state)
{
    struct sim_flash s;
    uint8_t word[4] = { 0 };
    char first[SIM_TEXT];

    (void)state;
    open_chip(&s, &chips[4], NULL);
    assert_int_equal(sim_flash_ops.program(&s.flash, 1, word, 4), BH_ERR_IO);
    memcpy(first, s.misuse.first, sizeof first);
    assert_int_equal(sim_flash_ops.erase(&s.flash, 1, 4), BH_ERR_IO);
    assert_int_equal(s.misuse.count, 2);
    assert_string_equal(s.misuse.first, first);
    sim_flash_close(&s);
}

static void programming_again_is_ruled_by_the_trait(void **state)
{
    static const struct {
        enum sim_again again;
        uint8_t erased, first, second;
        bool allowed;
    } cases[] = {
        { SIM_AGAIN_NEVER, 0xFF, 0x5A, 0x5A, false }, { SIM_AGAIN_NEVER, 0xFF, 0xFF, 0x5A, false },
        { SIM_AGAIN_NEVER, 0x00, 0x00, 0x5A, false }, { SIM_AGAIN_SAME, 0xFF, 0x5A, 0x5A, true },
        { SIM_AGAIN_SAME, 0xFF, 0x5A, 0x58, false },  { SIM_AGAIN_CLEAR, 0xFF, 0x5A, 0x58, true },
        { SIM_AGAIN_CLEAR, 0xFF, 0x5A, 0x5B, false }, { SIM_AGAIN_CLEAR, 0x00, 0x5A, 0x5B, true },
        { SIM_AGAIN_CLEAR, 0x00, 0x5A, 0x58, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim_traits traits = { .again = cases[i].again };
        struct bh_flash geometry = chips[4];
        struct sim_flash s;
        uint8_t word[4], back[4];
        int err;

        geometry.erased = cases[i].erased;
        assert_int_equal(sim_flash_open(&s, &geometry, &traits), 0);
        memset(word, cases[i].first, 4);
        assert_int_equal(bh_flash_program(&s.flash, 0, word, 4), 0);
        memset(word, cases[i].second, 4);
        err = bh_flash_program(&s.flash, 0, word, 4);
        assert_int_equal(err, cases[i].allowed ? BH_OK : BH_ERR_IO);
        assert_int_equal(s.misuse.count, !cases[i].allowed);
        assert_int_equal(bh_flash_read(&s.flash, 0, back, 4), 0);
        assert_int_equal(back[3], cases[i].allowed ? cases[i].second : cases[i].first);
        sim_flash_close(&s);
    }
}

static void counters_are_exact(void **state)
{
    struct sim_power power = { .seed = 1 };
    struct sim_flash s;
    uint8_t data[64] = { 0 };

    (void)state;
    open_chip(&s, &chips[4], &power);
    assert_int_equal(bh_flash_program(&s.flash, 0, data, 64), 0);
    assert_int_equal(bh_flash_program(&s.flash, 512, data, 4), 0);
    assert_int_equal(bh_flash_erase(&s.flash, 0, 2048), 0); /* 4 pages of 256, 1 of 1024 */
    assert_int_equal(bh_flash_read(&s.flash, 3, data, 5), 0);
    assert_int_equal(s.counts.programs, 2);
    assert_int_equal(s.counts.programmed_bytes, 68);
    assert_int_equal(s.counts.erases, 5);
    assert_int_equal(s.counts.erased_bytes, 2048);
    assert_int_equal(s.counts.reads, 1);
    assert_int_equal(s.counts.read_bytes, 5);
    assert_int_equal(power.ops, 7);
    assert_int_equal(sim_flash_wear(&s, 300), 1);
    assert_int_equal(sim_flash_wear(&s, 2048), 0);
    sim_flash_close(&s);
}

/* Watched operations as text, one letter and the place each. */
static void write_down(void *context, const struct sim_event *e)
{
    char *log = context;
    size_t used = strlen(log);

    snprintf(log + used, 400 - used, "%llu%c%u+%u%s%s ", (unsigned long long)e->op, "rpe"[e->kind],
             e -> off, e -> len, e -> err ? "!" : "", e->cut ? "x" : "");
    if (e->kind == SIM_PROGRAM)
        assert_int_equal(*(const uint8_t *)e->data, 7);
    assert_int_equal(e->data == NULL, e->kind == SIM_ERASE);
}

static void the_watcher_hears_of_every_operation(void **state)
{
    struct sim_power power = { .seed = 1 };
    char log[400] = "";
    struct sim_traits traits = { .power = &power, .watch = write_down, .watch_context = log };
    struct sim_flash s;
    uint8_t word[4] = { 7 };

    (void)state;
    assert_int_equal(sim_flash_open(&s, &chips[4], &traits), 0);
    assert_int_equal(bh_flash_program(&s.flash, 4, word, 4), 0);
    assert_int_equal(bh_flash_program(&s.flash, 4, word, 4), BH_ERR_IO);
    assert_int_equal(bh_flash_erase(&s.flash, 0, 512), 0);
    assert_int_equal(bh_flash_read(&s.flash, 2, word, 3), 0);
    word[0] = 7;
    power.cut = (struct sim_cut){ .at = 4, .when = SIM_CUT_AFTER };
    assert_int_equal(bh_flash_program(&s.flash, 8, word, 4), BH_ERR_IO);
    assert_int_equal(bh_flash_program(&s.flash, 12, word, 4), BH_ERR_IO);
    assert_string_equal(log, "1p4+4 0p4+4! 2e0+256 3e256+256 0r2+3 4p8+4!x ");
    sim_flash_close(&s);
}

static void sick_devices_do_as_declared(void **state)
{
    struct sim_flash s;
    uint8_t word[4] = { 1, 2, 3, 4 }, back[4], other[4];

    (void)state;
    open_chip(&s, &chips[3], NULL);
    assert_int_equal(bh_flash_program(&s.flash, 0, (uint8_t[8]){ 1, 2, 3, 4 }, 8), 0);

    s.health = SIM_DEAD;
    assert_int_equal(bh_flash_read(&s.flash, 0, back, 4), BH_ERR_IO);
    assert_int_equal(bh_flash_program(&s.flash, 8, (uint8_t[8]){ 1 }, 8), BH_ERR_IO);
    assert_int_equal(bh_flash_erase(&s.flash, 0, 1024), BH_ERR_IO);

    s.health = SIM_ABSENT;
    assert_int_equal(bh_flash_erase(&s.flash, 0, 1024), 0);
    assert_int_equal(bh_flash_read(&s.flash, 0, back, 4), 0);
    assert_memory_equal(back, "\xFF\xFF\xFF\xFF", 4);

    s.health = SIM_BABBLE;
    assert_int_equal(bh_flash_program(&s.flash, 0, (uint8_t[8]){ 9 }, 8), 0);
    assert_int_equal(bh_flash_read(&s.flash, 0, back, 4), 0);
    assert_int_equal(bh_flash_read(&s.flash, 0, other, 4), 0);
    assert_memory_not_equal(back, other, 4);

    s.health = SIM_WELL;
    assert_int_equal(bh_flash_read(&s.flash, 0, back, 4), 0);
    assert_memory_equal(back, word, 4);
    assert_int_equal(s.misuse.count, 0);
    sim_flash_close(&s);
}

static void bad_spots_fail_where_and_as_declared(void **state)
{
    static const struct sim_fault faults[] = {
        { .off = 100, .len = 4, .read = true },
        { .off = 512, .len = 1, .program = true, .erase = true },
    };
    struct sim_flash s;
    uint8_t data[64] = { 0 };

    (void)state;
    open_chip(&s, &chips[4], NULL);
    s.faults = faults;
    s.n_faults = COUNT(faults);
    assert_int_equal(bh_flash_read(&s.flash, 36, data, 64), 0);
    assert_int_equal(bh_flash_read(&s.flash, 37, data, 64), BH_ERR_IO);
    assert_int_equal(bh_flash_read(&s.flash, 103, data, 1), BH_ERR_IO);
    assert_int_equal(bh_flash_read(&s.flash, 104, data, 64), 0);
    assert_int_equal(bh_flash_program(&s.flash, 100, data, 4), 0);
    assert_int_equal(bh_flash_program(&s.flash, 508, data, 4), 0);
    assert_int_equal(bh_flash_program(&s.flash, 512, data, 4), BH_ERR_IO);
    assert_int_equal(bh_flash_erase(&s.flash, 256, 512), BH_ERR_IO);
    assert_int_equal(sim_flash_wear(&s, 256), 1);
    assert_int_equal(sim_flash_wear(&s, 512), 0);
    assert_int_equal(s.misuse.count, 0);
    sim_flash_close(&s);
}

static void impossible_geometries_are_refused_with_the_reason(void **state)
{
    static const struct {
        struct bh_flash geometry;
        uint32_t burst;
        const char *text;
    } cases[] = {
        { { .runs = chip_even, .n_runs = 1, .unit = 3, .erased = 0xFF, .size = 8192 }, 0, "unit" },
        { { .runs = chip_even, .n_runs = 1, .unit = 1024, .erased = 0xFF, .size = 8192 },
          0,
          "unit" },
        { { .runs = chip_even, .n_runs = 1, .unit = 4, .erased = 0xAA, .size = 8192 },
          0,
          "erased" },
        { { .runs = chip_even, .n_runs = 1, .unit = 4, .erased = 0xFF, .size = 4096 }, 0, "size" },
        { { .runs = chip_even, .n_runs = 0, .unit = 4, .erased = 0xFF, .size = 0 }, 0, "size" },
        { { .runs = chip_odd, .n_runs = 2, .unit = 4, .erased = 0xFF, .size = 1088 }, 6, "burst" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim_traits traits = { .burst = cases[i].burst };
        struct sim_flash s;

        assert_int_equal(sim_flash_open(&s, &cases[i].geometry, &traits), BH_ERR_PRODUCT);
        assert_non_null(strstr(s.text, cases[i].text));
        sim_flash_close(&s); /* harmless */
    }
}

static void fill_and_blank_are_beside_the_rules(void **state)
{
    struct sim_flash s;
    uint8_t data[7], back[12];

    (void)state;
    open_chip(&s, &chips[4], NULL);
    pattern(data, sizeof data, 3);
    sim_flash_fill(&s, 5, data, sizeof data);
    sim_flash_fill(&s, 5, data, sizeof data);
    assert_int_equal(bh_flash_read(&s.flash, 0, back, 12), 0);
    assert_memory_equal(back, "\xFF\xFF\xFF\xFF\xFF", 5);
    assert_memory_equal(back + 5, data, 7);
    assert_int_equal(bh_flash_program(&s.flash, 0, data, 4), 0);
    assert_int_equal(bh_flash_program(&s.flash, 4, data, 4), BH_ERR_IO);
    assert_int_equal(bh_flash_program(&s.flash, 12, data, 4), 0);
    assert_int_equal(s.counts.programs, 2);
    assert_int_equal(bh_flash_erase(&s.flash, 0, 256), 0);
    sim_flash_blank(&s);
    assert_int_equal(sim_flash_wear(&s, 0), 0);
    assert_int_equal(bh_flash_program(&s.flash, 4, data, 4), 0);
    sim_flash_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_chip_is_open_erased),
        cmocka_unit_test(what_is_programmed_reads_back_until_its_page_is_erased),
        cmocka_unit_test(a_constant_device_may_stand_for_the_simulated_one),
        cmocka_unit_test(misuse_is_refused_counted_and_told),
        cmocka_unit_test(only_the_first_misuse_is_kept_in_words),
        cmocka_unit_test(programming_again_is_ruled_by_the_trait),
        cmocka_unit_test(counters_are_exact),
        cmocka_unit_test(the_watcher_hears_of_every_operation),
        cmocka_unit_test(sick_devices_do_as_declared),
        cmocka_unit_test(bad_spots_fail_where_and_as_declared),
        cmocka_unit_test(impossible_geometries_are_refused_with_the_reason),
        cmocka_unit_test(fill_and_blank_are_beside_the_rules),
    };

    return cmocka_run_group_tests_name("sim model", tests, NULL, NULL);
}
