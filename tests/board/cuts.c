/* SPDX-License-Identifier: Apache-2.0 */
/* The power is cut while the bootloader's binary updates and reverts: before, inside and after flash
 * operations, and at any instruction. After each cut an image that verifies starts, it is what the
 * journal says it is, and an image that nobody confirmed does not stay.
 *
 *     BOARD_CUTS=200 BOARD_SEED=7 test_board_cuts
 *
 * Every erase, every journal entry and the borders of every copy are candidates, three ways each;
 * so many of them are drawn for each board and phase from the seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stand.h"

#define CUTS_DEFAULT 8u
#define CANDIDATES_MAX 4096u

static struct stand stand;
static uint64_t seed, first_seed = 1;
static uint32_t n_cuts = CUTS_DEFAULT;

/* A phase's operations that are worth a cut. */
static struct {
    uint64_t op[CANDIDATES_MAX];
    uint32_t n;
    /* the last program: a copy goes on where it ended */
    const struct sim_flash *flash;
    uint32_t end;
    uint64_t last;
} seen;

static uint32_t draw(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 16) % below;
}

static void note(uint64_t op)
{
    if (op && seen.n < CANDIDATES_MAX && (seen.n == 0 || seen.op[seen.n - 1] < op))
        seen.op[seen.n++] = op;
}

static bool in_journal(const struct sim_event *event)
{
    const struct bh_region *journal = stand.board.kind->product->journal;

    return event->flash == &stand.board.chip[0] && event->off >= journal[0].off &&
           event->off < journal[1].off + journal[1].len;
}

static void watch(void *context, const struct sim_event *event)
{
    bool goes_on = event->kind == SIM_PROGRAM && event->flash == seen.flash &&
                   event->off == seen.end && !in_journal(event);

    (void)context;
    if (event->kind == SIM_READ)
        return;
    if (!goes_on) {
        note(seen.last);
        note(event->op);
    }
    seen.last = event->op;
    seen.flash = event->flash;
    seen.end = event->off + event->len;
}

static struct sim_cut draw_cut(void)
{
    static const enum sim_shape shapes[] = { SIM_BEFORE, SIM_MEANT, SIM_PREFIX, SIM_SUFFIX, SIM_MIX,
                                             SIM_BEFORE_BUT_ONE, SIM_MEANT_BUT_ONE };

    return (struct sim_cut){
        .at = seen.op[draw(seen.n)],
        .when = (enum sim_when)draw(3),
        .shape = shapes[draw(sizeof shapes / sizeof shapes[0])],
        .seed = draw(1u << 30),
        .pulse = draw(64),
        .unstable = draw(2),
    };
}

static void snapshot(void)
{
    for (uint8_t i = 0; i < stand.board.n_chips; i++)
        assert_int_equal(sim_flash_snapshot(&stand.board.chip[i]), 1);
}

static void restore(void)
{
    for (uint8_t i = 0; i < stand.board.n_chips; i++)
        sim_flash_restore(&stand.board.chip[i], 1);
}

/* Power on after a cut. What starts is what the journal says, byte for byte. */
static bool starts_the_new_one(const char *what)
{
    const char *said = stand_boot(&stand);
    bool trial = strstr(said, "B 01 00 04 00") && strstr(said, "app 2.0.0");
    bool reverted = strstr(said, "B 01 00 01 02") && strstr(said, "app 1.0.0");

    if (!trial && !reverted)
        fail_msg("%s, %s: neither on trial nor reverted:\n%s", stand.board.kind->name, what, said);
    stand_expect_primary(&stand, &stand.image[trial ? 2 : 1]);
    stand_expect_no_misuse(&stand);
    return trial;
}

/* The state before a boot is snapshot 1. Run it whole, to learn its operations and length; then
 * again and again, cut somewhere. */
static void cut_everywhere(const char *phase)
{
    struct board *b = &stand.board;
    uint64_t instructions;
    char what[160];

    snapshot();
    memset(&seen, 0, sizeof seen);
    for (uint8_t i = 0; i < b->n_chips; i++)
        b->chip[i].traits.watch = watch;
    stand_boot(&stand);
    note(seen.last);
    instructions = b->instructions;
    for (uint8_t i = 0; i < b->n_chips; i++)
        b->chip[i].traits.watch = NULL;
    assert_true(seen.n > 10);
    for (uint32_t i = 0; i < n_cuts; i++) {
        struct sim_cut cut = draw_cut();
        bool by_instruction = i % 4 == 3, new_one;

        restore();
        board_hush(b);
        board_power_on(b);
        if (by_instruction)
            b->cut_at = 1 + ((uint64_t)draw(1u << 30) << 16 | draw(1u << 16)) % instructions;
        else
            b->power.cut = cut;
        if (by_instruction)
            snprintf(what, sizeof what, "%s, cut before instruction %llu", phase,
                     (unsigned long long)b->cut_at);
        else
            snprintf(what, sizeof what, "%s, cut %s operation %llu (%s, seed %llu%s)", phase,
                     sim_when_text(cut.when), (unsigned long long)cut.at,
                     sim_shape_text(cut.shape), (unsigned long long)cut.seed,
                     cut.unstable ? ", unstable" : "");
        if (board_run(b) != BOARD_CUT)
            fail_msg("%s, %s: there was no cut", b->kind->name, what);
        new_one = starts_the_new_one(what);
        if (i % 4 == 0 && new_one && starts_the_new_one("the boot after the trial"))
            fail_msg("%s, %s: not confirmed, but still there", b->kind->name, what);
    }
    for (uint8_t i = 0; i < b->n_chips; i++)
        sim_flash_restore(&b->chip[i], 1);
    for (uint8_t i = 0; i < b->n_chips; i++)
        sim_flash_forget(&b->chip[i]);
}

static void cuts(const struct board_kind *kind)
{
    seed = first_seed;
    print_message("BOARD_CUTS=%u BOARD_SEED=%llu\n", n_cuts, (unsigned long long)seed);
    stand_open(&stand, kind, "boot");
    stand_stage(&stand, &stand.image[2]);
    stand_boot(&stand);
    stand_type(&stand, "t\n");
    cut_everywhere("update");
    stand_boot(&stand);
    stand_expect(&stand, "app 2.0.0");
    cut_everywhere("revert");
    stand_close(&stand);
}

static void cuts_on_stm32f407(void **state)
{
    (void)state;
    cuts(&board_stm32f407);
}

static void cuts_on_nrf52840(void **state)
{
    (void)state;
    cuts(&board_nrf52840);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_on_stm32f407),
        cmocka_unit_test(cuts_on_nrf52840),
    };

    if (getenv("BOARD_SEED"))
        first_seed = strtoull(getenv("BOARD_SEED"), NULL, 0) | 1u;
    if (getenv("BOARD_CUTS"))
        n_cuts = (uint32_t)strtoul(getenv("BOARD_CUTS"), NULL, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
