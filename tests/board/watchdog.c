/* SPDX-License-Identifier: Apache-2.0 */
/* The watchdog, on the binaries of products that have one. Erases take as long as the data
 * sheets say at worst, and the watchdog's clock is the fastest it may be. No bootloader is reset by
 * it through a whole update and a revert, and from one feed to the next there are at most 100 ms at
 * the clock that the processor has. A board that is not fed in time is reset. The time-outs are
 * those of the layouts: on stm32f407 and nrf52840 near the least that the layout's check lets pass,
 * elsewhere 4 s, since the sample application does not feed a watchdog. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/board/kinds.h"
#include "stand.h"

#define FED_US 100000u

static struct stand stand;

/* Start the primary slot's application, having been fed at least every 100 ms on the way. */
static void boot_fed(struct stand *s, const char *bootloader)
{
    struct board *b = &s->board;
    uint32_t longest;

    b->watchdog.longest_us = 0;
    board_hush(b);
    if (b->resets || b->instructions)
        board_type(b, "r\n");
    else
        board_power_on(b);
    assert_int_equal(board_run(b), BOARD_WAITS);
    stand_expect(s, "app ");
    longest = (uint32_t)b->watchdog.longest_us;
    printf("%s %s: %u us from one feed to the next\n", s->board.kind->name, bootloader, longest);
    assert_int_equal(b->watchdog.bites, 0);
    assert_true(b->watchdog.period_us > 0);
    assert_in_range(longest, 1, FED_US);
}

/* Nothing pending, an update on trial, its revert. */
static void update_and_revert(const struct board_kind *kind, const char *bootloader)
{
    struct stand *s = &stand;

    stand_open(s, kind, bootloader);
    s->board.slow = true;
    stand_stage(s, &s->image[2]);
    boot_fed(s, bootloader);
    stand_type(s, "t\n");
    stand_expect(s, "ok\n");
    boot_fed(s, bootloader);
    stand_expect(s, "app 2.0.0");
    boot_fed(s, bootloader);
    stand_expect(s, "app 1.0.0");
    stand_expect_primary(s, &s->image[1]);
    stand_expect_no_misuse(s);
    stand_close(s);
}

/* The other algorithms: nothing pending. */
static void at_rest(const struct board_kind *kind, const char *bootloader)
{
    stand_open(&stand, kind, bootloader);
    boot_fed(&stand, bootloader);
    stand_close(&stand);
}

static const char *const others[] = { "ship-lms", "ship-rsa2048", "ship-ed25519" };

static void algorithms(void **state)
{
    const struct board_kind *kind = *state;

    if (!kind->lsi_khz) /* it has no watchdog */
        return;
    update_and_revert(kind, "ship");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (stand_has(kind, others[i]) && (kind != &board_nrf51 || i == 0))
            at_rest(kind, others[i]);
}

static void through_spim(void **state)
{
    (void)state;
    update_and_revert(&board_nrf52840, "ship-spim");
}

/* A trial needs a watchdog: an application that hangs would stay for ever. */
static void an_application_that_hangs_is_taken_back(void **state)
{
    struct stand *s = &stand;

    (void)state;
    stand_open(s, &board_stm32f407, "ship");
    stand_stage(s, &s->image[2]);
    stand_boot(s);
    stand_type(s, "t\n");
    stand_type(s, "r\n");
    stand_expect(s, "app 2.0.0");
    stand_type(s, "h\n");
    assert_int_equal(s->board.watchdog.bites, 1);
    stand_expect(s, "app 1.0.0");
    stand_close(s);
}

/* The same board whose watchdog has less time than its erases take: it is reset, and no update
 * comes to its end. So the tests above would notice. */
static void a_watchdog_that_is_too_short_bites(void **state)
{
    static struct board_kind quick;
    struct stand *s = &stand;

    (void)state;
    stand_open(s, &board_stm32f407, "ship");
    stand_stage(s, &s->image[2]);
    stand_boot(s);
    stand_type(s, "t\n");
    quick = *s->board.kind;
    quick.lsi_khz = 60; /* its clock runs faster than the data sheet allows */
    s->board.kind = &quick;
    s->board.slow = true;
    board_hush(&s->board);
    board_type(&s->board, "r\n");
    s->board.limit = s->board.instructions + 150000000u;
    assert_int_not_equal(board_run(&s->board), BOARD_WAITS);
    assert_in_range(s->board.watchdog.bites, 1, UINT32_MAX);
    stand_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(through_spim),
        cmocka_unit_test(an_application_that_hangs_is_taken_back),
        cmocka_unit_test(a_watchdog_that_is_too_short_bites),
    };

    return stand_run("ship", algorithms, tests, sizeof tests / sizeof tests[0]);
}
