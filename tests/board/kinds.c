/* SPDX-License-Identifier: Apache-2.0 */
/* The emulated boards and the table of chips were written from the same manuals by themselves: they
 * say the same of every chip that is emulated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host/chips/chips.h"
#include "sim/board/board.h"

static void same(const struct chip *c, const struct bh_flash *f)
{
    print_message("%s\n", c->name);
    assert_int_equal(c->size, f->size);
    assert_int_equal(c->unit, f->unit);
    assert_int_equal(c->erased, f->erased);
    assert_int_equal(c->mapped, f->mapped);
    assert_int_equal(c->base, f->base);
    assert_int_equal(c->n_runs, f->n_runs);
    for (size_t i = 0; i < f->n_runs; i++) {
        assert_int_equal(c->runs[i].count, f->runs[i].count);
        assert_int_equal(c->runs[i].size, f->runs[i].size);
    }
}

/* The chip that an emulated board has: the first row of those that name the board which is as
 * large. */
static const struct chip *chip_of(const struct board_kind *kind)
{
    for (size_t i = 0; chip_at(i); i++) {
        const struct chip *c = chip_at(i);

        if (c->board && strcmp(c->board, kind->name) == 0 && c->size == kind->flash[0]->size)
            return c;
    }
    fail_msg("no chip of the table is on the board %s", kind->name);
    return NULL;
}

static void each_board_is_its_chip(void **state)
{
    (void)state;
    for (size_t i = 0; board_kinds[i]; i++) {
        const struct board_kind *kind = board_kinds[i];
        const struct chip *c = chip_of(kind);

        assert_ptr_equal(board_find(kind->name), kind);
        same(c, kind->flash[0]);
        assert_int_equal(c->erase_ms, kind->erase_ms[0]);
        assert_string_equal(c->port, kind->name);
        assert_int_equal(c->ecc == CHIP_YES, kind->torn != NULL);
    }
    assert_null(board_find("none"));
    same(chip_find("mx25r64"), board_find("nrf52840")->flash[1]);
    assert_int_equal(chip_find("mx25r64")->erase_ms, board_find("nrf52840")->erase_ms[1]);
}

/* Every other row that names a board is a chip that works as the board's. */
static void rows_that_name_a_board_fit_it(void **state)
{
    (void)state;
    for (size_t i = 0; chip_at(i); i++) {
        const struct chip *c = chip_at(i);
        const struct board_kind *kind = c->board ? board_find(c->board) : NULL;

        if (!c->board)
            continue;
        assert_non_null(kind);
        assert_int_equal(c->unit, kind->flash[0]->unit);
        assert_int_equal(c->mapped, kind->flash[0]->mapped);
        assert_int_equal(c->base, kind->flash[0]->base);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_board_is_its_chip),
        cmocka_unit_test(rows_that_name_a_board_fit_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
