/* SPDX-License-Identifier: Apache-2.0 */
/* The machinery of tests/board/glitch.c finds what is there to be found: every kind of fault, in a
 * program of eight instructions. What the bootloader withstands is found by campaign.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bulkhead/bytes.h"
#include "glitch.h"
#include "sim/board/inner.h"
#include "sim/board/kinds.h"
#include "stand.h"

#define CODE 0x08000000u
#define SLOT_OFF 0x20000u

/* Jumps to the slot if r0 is 0, which it is after reset. */
static const uint16_t program[] = {
    0x8000, 0x2000, 0x0009, 0x0800,                 /* stack, start */
    0x2001,                                         /*  8: movs r0, #1 */
    0x4904,                                         /*  a: ldr r1, =slot | 1 */
    0x4A04,                                         /*  c: ldr r2, =USART2_SR */
    0x2800,                                         /*  e: cmp r0, #0 */
    0xBF08,                                         /* 10: it eq */
    0x4708,                                         /* 12: bxeq r1 */
    0x6813,                                         /* 14: ldr r3, [r2] */
    0xE7FD,                                         /* 16: b 14 */
    0x0001, 0x0000, 0x0001, 0x0802, 0x4400, 0x4000, /* 18: 1, slot | 1, USART2_SR */
};

static struct board board;

/* All faults of one kind in the program. first: what it does instead of its first instruction. */
static void attack(struct glitch *g, enum glitch_kind kind, uint16_t first)
{
    static struct glitch_campaign c;
    uint8_t bytes[sizeof program];

    c = (struct glitch_campaign){
        .slot_off = SLOT_OFF,
        .code_len = sizeof program,
        .entry = CODE + SLOT_OFF,
        .image_addr = CODE + SLOT_OFF,
        .image_len = 0x100,
        .kinds = 1u << kind,
        .all = 2,
        .busy = 1000,
        .sparse = 1,
    };
    for (size_t i = 0; i < sizeof bytes; i += 2)
        bh_store16(bytes + i, program[i / 2]);
    bh_store16(bytes + 8, first);
    assert_int_equal(board_open(&board, &board_stm32f407, NULL), 0);
    sim_flash_fill(&board.chip[0], 0, bytes, sizeof bytes);
    glitch_open(g, &board, &c);
    glitch_run(g);
    glitch_close(g);
    board_close(&board);
}

/* Is this fault among those that started the slot? */
static bool found(const struct glitch *g, uint32_t addr, uint32_t detail)
{
    for (uint32_t i = 0; i < g->n_bad; i++)
        if (g->bad[i].end == GLITCH_STARTED && g->bad[i].first == CODE + addr &&
            g->bad[i].detail == detail)
            return true;
    return false;
}

/* One kind, and its faults that start the slot: all of them, or (more) some. */
struct expected {
    enum glitch_kind kind;
    uint16_t first;
    bool more;
    struct {
        uint32_t addr, detail;
    } faults[12];
};

static const struct expected every_kind[] = {
    { GLITCH_SKIP, 0x2001, false, { { 0x08, 0 }, { 0x10, 0 } } },
    { GLITCH_SKIP_2, 0x2001, false, { { 0x0E, 0 } } }, /* compare and it */
    { GLITCH_SKIP_3, 0x2001, false, { { 0x0C, 0 } } },
    { GLITCH_SKIP_4, 0x2001, false, { { 0 } } }, /* r1 is not loaded */
    { GLITCH_CONDITION, 0x2001, false, { { 0x10, 0 } } },
    { GLITCH_REGISTER, 0x2001, false, { { 0x0A, 0 }, { 0x0C, 0 }, { 0x0E, 0 } } },
    { GLITCH_LOAD, 0x2001, false, { { 0 } } },
    { GLITCH_LOAD, 0x4803, false, { { 0x08, 0 } } }, /* ldr r0, =1 gets 0 */
    { GLITCH_WORD,
      0x2001,
      true,
      {
          { 0x08, 0 },  /* movs r0, #0 */
          { 0x08, 8 },  /* movs r1, #1 */
          { 0x08, 11 }, /* cmp r0, #1 */
          { 0x08, 13 }, /* movs r1, r0 */
          { 0x0E, 0 },  /* cmp r0, #1 */
          { 0x0E, 10 }, /* cmp r4, #0 */
          { 0x0E, 11 }, /* movs r0, #0 */
          { 0x10, 3 },  /* nop */
          { 0x10, 4 },  /* it ne */
          { 0x10, 15 }, /* subs r7, #8 */
          { 0x16, 0 },  /* b 12 */
      } },
    { GLITCH_PC, 0x2001, true, { { 0x10, 1 }, { 0x16, 2 } } },
};

static void every_kind_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof every_kind / sizeof every_kind[0]; i++) {
        const struct expected *e = &every_kind[i];
        struct glitch g;
        uint64_t n = 0;

        attack(&g, e->kind, e->first);
        for (; e->faults[n].addr; n++)
            if (!found(&g, e->faults[n].addr, e->faults[n].detail))
                fail_msg("%s at 0x%x, %u, does not start the slot", glitch_kind_text(e->kind),
                         (unsigned)e->faults[n].addr, (unsigned)e->faults[n].detail);
        if (e->more ? glitch_ended(&g, GLITCH_STARTED) < n : glitch_ended(&g, GLITCH_STARTED) != n)
            fail_msg("%s starts the slot %u times, not %u", glitch_kind_text(e->kind),
                     (unsigned)glitch_ended(&g, GLITCH_STARTED), (unsigned)n);
    }
}

/* A bound draws about so many, the same ones each time. */
static void a_bound_draws(void **state)
{
    static struct glitch_campaign c;
    uint8_t bytes[sizeof program];
    uint64_t faults[2];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i += 2)
        bh_store16(bytes + i, program[i / 2]);
    for (int run = 0; run < 2; run++) {
        struct glitch g;

        c = (struct glitch_campaign){
            .slot_off = SLOT_OFF,
            .code_len = sizeof program,
            .kinds = 1u << GLITCH_REGISTER,
            .all = 2,
            .busy = 1000,
            .sparse = 1,
            .bound = 500,
            .seed = 3,
        };
        assert_int_equal(board_open(&board, &board_stm32f407, NULL), 0);
        sim_flash_fill(&board.chip[0], 0, bytes, sizeof bytes);
        glitch_open(&g, &board, &c);
        glitch_run(&g);
        faults[run] = g.faults[GLITCH_REGISTER];
        assert_int_equal(g.possible[GLITCH_REGISTER], 480 * 9);
        assert_in_range(faults[run], 400, 600);
        glitch_close(&g);
        board_close(&board);
    }
    assert_int_equal(faults[0], faults[1]);
}

/* Until it starts the application, the bootloader may run nothing but itself; the application may
 * run what lies in RAM, and finds the MPU as reset leaves it. */
static uint32_t hunted;
static bool at_hunted(void *context, uint32_t addr)
{
    (void)context;
    return addr - CODE >= hunted;
}

static void nothing_but_the_bootloader_runs(void **state)
{
    enum { MPU_CTRL = 0xD94, MPU_RNR = 0xD98, MPU_RASR = 0xDA0 };
    static struct stand stand;
    struct board *b = &stand.board;
    const uint32_t ram = 0x20000100;

    (void)state;
    stand_open(&stand, &board_stm32f407, "boot");
    hunted = 0x20000; /* the primary slot */
    b->watch = at_hunted;
    board_power_on(b);
    assert_false(b->guarded);
    assert_int_equal(board_run(b), BOARD_MARK);
    assert_int_equal(b->faults, 0);
    assert_false(b->guarded);
    assert_int_equal(b->runs, 0x100000);
    assert_int_equal(board_scs_read(b, MPU_CTRL), 0);
    for (uint32_t region = 0; region < 8; region++) {
        board_scs_write(b, MPU_RNR, region);
        assert_int_equal(board_scs_read(b, MPU_RASR), 0);
    }

    /* it is guarded from the first instructions on: one that is changed may jump to what a register
     * points to, and while data and bss are made ready that is RAM */
    b->limit = 20;
    b->watch = NULL;
    board_power_on(b);
    assert_int_equal(board_run(b), BOARD_LIMIT);
    assert_true(b->guarded);

    /* what is in RAM faults, and the board is reset */
    b->limit = 200000;
    board_power_on(b);
    assert_int_equal(board_run(b), BOARD_LIMIT);
    assert_true(b->guarded);
    assert_int_equal(b->runs, 0x8000);

    /* it cannot program its own pages, by whatever mistake, but the next one and RAM */
    assert_false(board_may_write(b, CODE));
    assert_false(board_may_write(b, CODE + 0x7FFF));
    assert_true(board_may_write(b, CODE + 0x8000));
    assert_true(board_may_write(b, ram));
    b->limit = 0;
    b->ram[ram & 0xFFF] = 0xFE; /* b . */
    b->ram[(ram & 0xFFF) + 1] = 0xE7;
    board_set_register(b, b->kind->cpu->pc, ram | 1u);
    b->watch = at_hunted; /* RAM, too, is from there on */
    assert_int_equal(board_run(b), BOARD_MARK);
    assert_int_equal(b->faults, 1);
    assert_int_equal(b->resets, 1);

    /* so does what is in the slot, whether it is the application or not */
    b->limit = 200000;
    b->watch = NULL;
    board_power_on(b);
    assert_int_equal(board_run(b), BOARD_LIMIT);
    b->limit = 0;
    board_set_register(b, b->kind->cpu->pc, CODE + SLOT_OFF + 0x201u);
    b->watch = at_hunted;
    assert_int_equal(board_run(b), BOARD_MARK);
    assert_int_equal(b->faults, 1);
    assert_int_equal(b->resets, 1);

    /* and the application is not */
    board_set_register(b, b->kind->cpu->pc, ram | 1u);
    b->faults = 0;
    hunted = ram - CODE;
    assert_int_equal(board_run(b), BOARD_MARK);
    assert_int_equal(b->faults, 0);
    stand_close(&stand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_found),
        cmocka_unit_test(a_bound_draws),
        cmocka_unit_test(nothing_but_the_bootloader_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
