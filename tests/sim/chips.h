/* SPDX-License-Identifier: Apache-2.0 */
/* The chips that the simulator's tests run on, and short ways to use them. */
#ifndef TESTS_SIM_CHIPS_H
#define TESTS_SIM_CHIPS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/flash.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct bh_page_run chip_even[] = { { 8, 1024 } };
static const struct bh_page_run chip_mixed[] = { { 4, 256 }, { 1, 1024 }, { 2, 2048 } };
static const struct bh_page_run chip_odd[] = { { 3, 96 }, { 5, 160 } };

/* Every kind: units 1 to 32, both erased values, mixed pages, pages that are no power of two. */
static const struct bh_flash chips[] = {
    { .runs = chip_even, .n_runs = 1, .unit = 1, .erased = 0xFF, .size = 8192 },
    { .runs = chip_even, .n_runs = 1, .unit = 2, .erased = 0xFF, .size = 8192 },
    { .runs = chip_even, .n_runs = 1, .unit = 4, .erased = 0xFF, .size = 8192 },
    { .runs = chip_even, .n_runs = 1, .unit = 8, .erased = 0x00, .size = 8192 },
    { .runs = chip_mixed, .n_runs = 3, .unit = 4, .erased = 0xFF, .size = 6144 },
    { .runs = chip_mixed, .n_runs = 3, .unit = 16, .erased = 0x00, .size = 6144 },
    { .runs = chip_even, .n_runs = 1, .unit = 32, .erased = 0xFF, .size = 8192 },
    { .runs = chip_odd, .n_runs = 2, .unit = 32, .erased = 0xFF, .size = 1088 },
};

static inline void open_chip(struct sim_flash *s, const struct bh_flash *geometry,
                             struct sim_power *power)
{
    assert_int_equal(sim_flash_open(s, geometry, &(struct sim_traits){ .power = power }), 0);
}

/* Bytes that are never an erased value: each has ones and zeros. */
static inline void pattern(uint8_t *buf, uint32_t len, uint32_t seed)
{
    for (uint32_t i = 0; i < len; i++)
        buf[i] = (uint8_t)(1 + (i * 37 + seed * 101) % 251);
}

static inline struct bh_page last_page(const struct bh_flash *f)
{
    struct bh_page page;

    assert_int_equal(bh_flash_page(f, f->size - 1, &page), 0);
    return page;
}

/* One operation, as code that the power can be taken from. */
struct act {
    const struct bh_flash *flash;
    enum sim_kind kind;
    uint32_t off;
    uint32_t len;
    const void *data;
    int err;
};

static inline void act(void *context)
{
    struct act *a = context;

    a->err = a->kind == SIM_ERASE ? bh_flash_erase(a->flash, a->off, a->len)
                                  : bh_flash_program(a->flash, a->off, a->data, a->len);
}

/* Cut the first operation of a boot that does nothing else. */
static inline void cut_act(struct sim_power *power, struct act *a, struct sim_cut cut)
{
    cut.at = 1;
    power->cut = cut;
    assert_false(sim_power_run(power, act, a));
    assert_true(power->dark);
}

#endif
