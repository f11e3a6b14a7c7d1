/* SPDX-License-Identifier: Apache-2.0 */
/* A weak supply (`brown_out: 2700`): an update is postponed, nothing is erased or written for
 * it, what is installed starts, and the update goes on when the supply is good again; at
 * whatever erase it falls. */
#include <stdio.h>
#include <string.h>

#include "sim/board/kinds.h"
#include "stand.h"

static struct stand stand;

static void open_with_update(struct stand *s)
{
    stand_open(s, &board_stm32h743, "careful");
    stand_stage(s, &s->image[2]);
    stand_boot(s);
    stand_expect(s, "app 1.0.0");
    stand_type(s, "t\n");
    stand_expect(s, "ok\n");
}

/* Boot after boot with too little: the version that is installed, and flash as it was. */
static void postponed(void **state)
{
    struct stand *s = &stand;
    uint64_t erases, programs;

    (void)state;
    open_with_update(s);
    s->board.supply_mv = 2699;
    stand_boot(s);
    stand_expect(s, "app 1.0.0");
    erases = s->board.chip[0].counts.erases;
    programs = s->board.chip[0].counts.programs;
    for (int boot = 0; boot < 5; boot++) {
        stand_boot(s);
        stand_expect(s, "app 1.0.0");
        stand_expect_primary(s, &s->image[1]);
    }
    assert_int_equal(s->board.chip[0].counts.erases, erases);
    assert_int_equal(s->board.chip[0].counts.programs, programs);
    s->board.supply_mv = 2700;
    stand_boot(s);
    stand_expect(s, "B 01 00 04 00");
    stand_expect(s, "app 2.0.0");
    stand_expect_primary(s, &s->image[2]);
    s->board.supply_mv = 2000; /* nor is it taken back now, although nobody confirmed */
    stand_boot(s);
    erases = s->board.chip[0].counts.erases;
    stand_boot(s);
    assert_int_equal(s->board.chip[0].counts.erases, erases);
    s->board.supply_mv = 3300;
    stand_boot(s);
    stand_expect(s, "app 1.0.0");
    stand_expect_primary(s, &s->image[1]);
    stand_expect_no_misuse(s);
    stand_close(s);
}

static uint32_t erases_left;

/* The supply falls once so many pages were erased. */
static void weaken(void *context, const struct sim_event *event)
{
    (void)context;
    if (event->kind == SIM_ERASE && erases_left && --erases_left == 0)
        stand.board.supply_mv = 2500;
}

/* In the middle of it: whatever the bootloader does, it erases nothing more, and with a good
 * supply it comes to its end. */
static void falls_on_the_way(void **state)
{
    struct stand *s = &stand;

    (void)state;
    for (uint32_t after = 1;; after++) {
        uint64_t erases;

        open_with_update(s);
        erases = s->board.chip[0].counts.erases;
        erases_left = after;
        s->board.chip[0].traits.watch = weaken;
        stand_boot(s);
        assert_in_range(after, 1, 20);
        if (erases_left || strstr(s->board.said, "B 01 00 04 00")) { /* it was over before */
            assert_in_range(after, 3, 20); /* at least the spare and primary were on the way */
            stand_close(s);
            break;
        }
        assert_int_equal(s->board.chip[0].counts.erases - erases, after);
        stand_boot(s);
        assert_int_equal(s->board.chip[0].counts.erases - erases, after);
        s->board.supply_mv = 0;
        stand_boot(s);
        stand_expect(s, "B 01 00 04 00");
        stand_expect(s, "app 2.0.0");
        stand_expect_primary(s, &s->image[2]);
        stand_expect_no_misuse(s);
        stand_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postponed),
        cmocka_unit_test(falls_on_the_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
