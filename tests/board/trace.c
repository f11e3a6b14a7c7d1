/* SPDX-License-Identifier: Apache-2.0 */
/* The host's simulation is about the real thing: for an update and a revert, the bootloader's
 * binary on the board programs and erases the same flash, unit by unit, in the same order and with
 * the same bytes, as the core in the simulated world of sim/world.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/world.h"
#include "sim/board/kinds.h"
#include "stand.h"

/* One unit programmed, or one page erased. */
struct operation {
    const struct bh_flash *chip; /* the product's name for it */
    enum sim_kind kind;
    uint32_t off;
    uint32_t value; /* the unit's bytes; all units here have four */
};

struct trace {
    struct operation *op;
    size_t n, room;
    /* which device of the product a simulated one is */
    const struct sim_flash *sim[BOARD_CHIPS_MAX];
    const struct bh_flash *chip[BOARD_CHIPS_MAX];
};

static void add(struct trace *t, const struct bh_flash *chip, enum sim_kind kind, uint32_t off,
                uint32_t value)
{
    if (t->n == t->room) {
        t->room = t->room ? t->room * 2 : 4096;
        t->op = realloc(t->op, t->room * sizeof t->op[0]);
        assert_non_null(t->op);
    }
    t->op[t->n++] = (struct operation){ chip, kind, off, value };
}

static void watch(void *context, const struct sim_event *event)
{
    struct trace *t = context;
    const struct bh_flash *chip = event->flash == t->sim[0] ? t->chip[0] : t->chip[1];

    if (event->kind == SIM_ERASE)
        add(t, chip, SIM_ERASE, event->off, 0);
    for (uint32_t i = 0; event->kind == SIM_PROGRAM && i < event->len; i += 4) {
        uint32_t value;

        memcpy(&value, (const uint8_t *)event->data + i, 4);
        add(t, chip, SIM_PROGRAM, event->off + i, value);
    }
}

/* First start, request, update, revert: in the simulated world. */
static void in_world(struct trace *t, const struct stand *s)
{
    const struct board_kind *kind = s->board.kind;
    const struct sim_traits traits = { .watch = watch, .watch_context = t };
    struct sim_world w;

    if (sim_world_open(&w, kind->product, &traits))
        fail_msg("%s: %s", kind->name, w.why);
    for (uint8_t i = 0; i < w.n_chips; i++) {
        t->sim[i] = &w.chip[i];
        t->chip[i] = w.stands_for[i];
    }
    sim_world_install(&w, 0, s->image[1].data, (uint32_t)s->image[1].len);
    for (uint8_t i = 0; i < w.n_chips; i++) {
        uint32_t off = kind->product->pairs[0].secondary.off + kind->product->pairs[0].staged_off;

        if (w.stands_for[i] == kind->product->pairs[0].secondary.flash)
            sim_flash_fill(&w.chip[i], off, s->image[2].data, (uint32_t)s->image[2].len);
    }
    assert_true(sim_world_boot(&w));
    assert_true(sim_world_request(&w, 1, BH_REQUEST_TEST));
    assert_true(sim_world_boot(&w));
    assert_int_equal(w.boot.journal.truth.state, BH_STATE_TRIAL);
    assert_true(sim_world_boot(&w));
    assert_int_equal(w.boot.journal.truth.outcome, BH_OUTCOME_REVERTED);
    sim_world_close(&w);
}

/* The same on the board. */
static void on_board(struct trace *t, struct stand *s)
{
    for (uint8_t i = 0; i < s->board.n_chips; i++) {
        s->board.chip[i].traits.watch = watch;
        s->board.chip[i].traits.watch_context = t;
        t->sim[i] = &s->board.chip[i];
        t->chip[i] = s->board.kind->flash[i];
    }
    stand_stage(s, &s->image[2]);
    stand_boot(s);
    stand_type(s, "t\n");
    stand_type(s, "r\n");
    stand_expect(s, "app 2.0.0");
    stand_type(s, "r\n");
    stand_expect(s, "app 1.0.0");
}

static bool equal(const struct operation *a, const struct operation *b)
{
    return a->chip == b->chip && a->kind == b->kind && a->off == b->off && a->value == b->value;
}

static void same_as(const struct board_kind *kind, const char *product)
{
    static struct stand stand;
    struct trace board = { 0 }, world = { 0 };

    stand_open_as(&stand, kind, product, "boot");
    in_world(&world, &stand);
    on_board(&board, &stand);
    assert_true(world.n > 1000);
    for (size_t i = 0; i < world.n && i < board.n; i++)
        if (!equal(&world.op[i], &board.op[i]))
            fail_msg("%s: operation %zu: host %d at 0x%x, %08x; board %d at 0x%x, %08x", kind->name,
                     i, (int)world.op[i].kind, world.op[i].off, world.op[i].value,
                     (int)board.op[i].kind, board.op[i].off, board.op[i].value);
    assert_int_equal(board.n, world.n);
    free(board.op);
    free(world.op);
    stand_close(&stand);
}

static void same(const struct board_kind *kind)
{
    same_as(kind, kind->name);
}

/* With wolfBoot's images, and its trailers in the page of the image. */
static void same_with_wolfboot(void **state)
{
    (void)state;
    same_as(&board_stm32f407, "stm32f407_wolfboot");
}

static void same_on_stm32f407(void **state)
{
    (void)state;
    same(&board_stm32f407);
}

static void same_on_nrf52840(void **state)
{
    (void)state;
    same(&board_nrf52840);
}

static void same_on_nrf51(void **state)
{
    (void)state;
    same(&board_nrf51);
}

static void same_on_sifive_u(void **state)
{
    (void)state;
    same(&board_sifive_u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_on_stm32f407), cmocka_unit_test(same_with_wolfboot),
        cmocka_unit_test(same_on_nrf52840),  cmocka_unit_test(same_on_nrf51),
        cmocka_unit_test(same_on_sifive_u),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
