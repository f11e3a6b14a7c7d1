/* SPDX-License-Identifier: Apache-2.0 */
/* What an application finds (`hand_over: reset`, `clock: fast`): every register that the
 * bootloader wrote is as after reset, but for a stated list; the processor too. The boards'
 * models read back what registers hold, and know which peripherals have a clock, what a baud
 * rate is made of, and how many wait states a clock needs. */
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

static struct stand stand;

/* What stays, and why. Watchdogs run on: that is their purpose. */
static const struct {
    uint32_t addr;
    const char *why;
} stays[] = {
    { 0xE000ED08, "VTOR: the application's vectors" },
    { 0x40003004, "IWDG_PR" },
    { 0x40003008, "IWDG_RLR" },
    { 0x58004804, "IWDG1_PR" },
    { 0x58004808, "IWDG1_RLR" },
    { 0x40010504, "WDT.CRV" },
    { 0x40010508, "WDT.RREN" },
    { 0x4001050C, "WDT.CONFIG" },
    { 0x50018504, "WDT_S.CRV" },
    { 0x50018508, "WDT_S.RREN" },
    { 0x5001850C, "WDT_S.CONFIG" },
    { 0x4001E800, "ACL[0].ADDR: it can be written once" },
    { 0x4001E804, "ACL[0].SIZE" },
    { 0x4001E808, "ACL[0].PERM" },
    { 0x50003600, "SPU.FLASHREGION[0].PERM: it is locked" },
    { 0x40010008, "PSM.WDSEL: what the RP2040's watchdog resets" },
    { 0x40058000, "WATCHDOG.CTRL" },
    { 0x40058004, "WATCHDOG.LOAD" },
    { 0x4005802C, "WATCHDOG.TICK" },
    { 0x40024000, "XOSC.CTRL: off, for which the datasheet has another value than after reset" },
    { 0x18000000, "SSI.CTRLR0: flash is read through it" },
    { 0x18000008, "SSI.SSIENR" },
    { 0x18000014, "SSI.BAUDR" },
    { 0x180000F4, "SSI.SPI_CTRLR0" },
    { 0x40029634, "QSPI.CINSTRCONF: to write it would be an instruction" },
};

static bool may_stay(uint32_t addr)
{
    for (size_t i = 0; i < sizeof stays / sizeof stays[0]; i++)
        if (stays[i].addr == addr)
            return true;
    return false;
}

/* The application's first instruction. The bootloader has said its line by then: before that it
 * may be at the same place itself, where a mask ROM has put it. */
static bool at_application(void *context, uint32_t addr)
{
    const struct stand *s = context;
    const struct bh_region *primary = &s->kind.product->pairs[0].primary;
    uint32_t from = s->kind.load_addr ? s->kind.load_addr : primary->flash->base + primary->off;
    uint32_t len = s->kind.load_addr ? 0xE0000 : primary->len;

    return s->board.n_said && addr - from < len;
}

/* Run to there; registers that differ from those of a board that was just switched on. */
static uint32_t differences(struct stand *s, bool say)
{
    static struct board fresh;
    uint32_t n = 0;

    s->board.watch = at_application;
    s->board.watch_context = s;
    board_power_on(&s->board);
    assert_int_equal(board_run(&s->board), BOARD_MARK);
    stand_expect(s, "B 01");
    assert_in_range(s->board.n_touched, 0, BOARD_TOUCHED_MAX - 1);
    if (board_open(&fresh, &s->kind, NULL))
        fail_msg("%s", fresh.why);
    sim_flash_fill(&fresh.chip[0], 0, s->image[1].data, 0x1000); /* something to start from */
    board_power_on(&fresh);
    for (uint32_t i = 0; i < s->board.n_touched; i++) {
        uint32_t addr = s->board.touched[i], is, was;

        assert_true(board_register(&s->board, addr, &is) && board_register(&fresh, addr, &was));
        if (is == was || may_stay(addr))
            continue;
        if (say)
            fprintf(stderr, "%s: register 0x%08x is 0x%08x, after reset it was 0x%08x\n",
                    s->kind.name, addr, is, was);
        n++;
    }
    assert_int_equal(s->board.time.khz, fresh.time.khz);
    assert_false(s->board.guarded);
    board_close(&fresh);
    return n;
}

static void as_after_reset(const struct board_kind *kind, const char *bootloader)
{
    struct stand *s = &stand;

    stand_open(s, kind, bootloader);
    assert_int_equal(differences(s, true), 0);
    if (kind != &board_virt) /* which needs no set-up */
        assert_in_range(s->board.n_touched, 4, BOARD_TOUCHED_MAX);
    s->board.watch = NULL; /* and the application runs */
    assert_int_equal(board_run(&s->board), BOARD_WAITS);
    stand_expect(s, "app 1.0.0 on ");
    stand_expect_no_misuse(s);
    stand_close(s);
}

static void each_board(void **state)
{
    as_after_reset(*state, "ship");
}

static void nrf52840_spim(void **state)
{
    (void)state;
    as_after_reset(&board_nrf52840, "ship-spim");
}

/* The plain bootloader leaves the console on: the test would see a register that stays. */
static void the_plain_one_differs(void **state)
{
    (void)state;
    stand_open(&stand, &board_stm32f407, "boot");
    assert_in_range(differences(&stand, false), 3, 20);
    stand_close(&stand);
}

/* It works at 168 MHz meanwhile. */
static bool fast_by_now(void *context, uint32_t addr)
{
    struct board *b = context;

    (void)addr;
    return b->time.khz == 168000;
}

static void the_clock_is_raised(void **state)
{
    struct stand *s = &stand;

    (void)state;
    stand_open(s, &board_stm32f407, "ship");
    s->board.watch = fast_by_now;
    s->board.watch_context = &s->board;
    board_power_on(&s->board);
    assert_int_equal(board_run(&s->board), BOARD_MARK);
    assert_in_range(s->board.instructions, 1, 5000); /* before anything that takes long */
    stand_close(s);
}

/* A vector table at 0x100: signed with a header that this processor cannot use. It is refused
 * where it is staged, and nothing is moved. */
static void vectors_out_of_place_are_refused(void **state)
{
    struct stand *s = &stand;
    struct host_key key = stand_key("ship");
    struct host_bytes image;

    (void)state;
    stand_open(s, &board_stm32f407, "ship");
    image = stand_image(&s->kind, 2, &key, 0x100);
    stand_stage(s, &image);
    stand_boot(s);
    stand_type(s, "t\n");
    stand_type(s, "r\n");
    stand_expect(s, "B 01 00 01 03"); /* started, idle, refused */
    stand_expect(s, "app 1.0.0");
    stand_type(s, "s\n");
    stand_expect(s, "outcome 00000003 reason 0000000f");
    host_bytes_free(&image);
    stand_key_free(&key);
    stand_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nrf52840_spim),
        cmocka_unit_test(the_plain_one_differs),
        cmocka_unit_test(the_clock_is_raised),
        cmocka_unit_test(vectors_out_of_place_are_refused),
    };

    return stand_run("ship", each_board, tests, sizeof tests / sizeof tests[0]);
}
