/* SPDX-License-Identifier: Apache-2.0 */
/* The power is cut while the bootloader's binary updates and reverts and while the application
 * confirms: before, inside and after flash operations, and at any instruction. After each cut an
 * image that verifies starts, it is what the journal says it is, and stays only if confirmed.
 *
 *     BOARD_CUTS=200 BOARD_SEED=7 test_board_cuts
 *     BOARD_CUTS=all test_board_cuts
 *     BOARD_CUTS=100 BOARD=rp2040 test_board_cuts       one board
 *
 * Every erase, every journal entry and the borders of every copy are candidates; so many of them
 * are drawn for each board and phase from the seed (for some half as many), or all are cut in
 * all three ways. */
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

#define CUTS_DEFAULT 8u
#define CANDIDATES_MAX 4096u

static struct stand stand;
static uint64_t seed, first_seed = 1;
static uint32_t n_cuts = CUTS_DEFAULT; /* 0: all */
static bool asked;                     /* by BOARD_CUTS */

/* A power-on that is cut: the boot, or what is typed after it. */
struct phase {
    const char *name;
    const char *typed[3]; /* NULL ends; the cuts are within these, if there are any */
};

static const struct phase update = { "update", { NULL } };
static const struct phase revert = { "revert", { NULL } };
static const struct phase confirm = { "confirm", { "c\n", "r\n", NULL } };

/* Where the program is when a phase begins with typing. */
static struct board_state waiting;

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

/* The candidate's op in that way, the damage drawn. */
static struct sim_cut cut_at(uint64_t op, enum sim_when when)
{
    static const enum sim_shape shapes[] = { SIM_BEFORE,        SIM_MEANT, SIM_PREFIX,
                                             SIM_SUFFIX,        SIM_MIX,   SIM_BEFORE_BUT_ONE,
                                             SIM_MEANT_BUT_ONE, SIM_FAULT };
    uint32_t n = sizeof shapes / sizeof shapes[0] - !stand.kind.torn; /* the last one: by ECC */

    return (struct sim_cut){
        .at = op,
        .when = when,
        .shape = shapes[draw(n)],
        .seed = draw(1u << 30),
        .pulse = draw(64),
        .unstable = draw(2),
    };
}

static void each_chip(void (*act)(struct sim_flash *chip))
{
    for (uint8_t i = 0; i < stand.board.n_chips; i++)
        act(&stand.board.chip[i]);
}

static void snapshot(struct sim_flash *chip)
{
    assert_int_equal(sim_flash_snapshot(chip), 1);
}

static void restore(struct sim_flash *chip)
{
    sim_flash_restore(chip, 1);
}

static void look(struct sim_flash *chip)
{
    chip->traits.watch = watch;
}

static void look_away(struct sim_flash *chip)
{
    chip->traits.watch = NULL;
}

/* Go to where the phase begins: the flash as it was, the power just on or the program waiting.
 * exact: instructions are counted, and one may be cut at. */
static void begin(const struct phase *phase, bool exact)
{
    each_chip(restore);
    stand.board.swift = !exact;
    board_hush(&stand.board);
    board_power_on(&stand.board);
    if (phase->typed[0])
        board_load(&stand.board, &waiting);
}

/* The boot, or what is typed, until the cut. */
static enum board_end carry_on(const struct phase *phase)
{
    enum board_end end = phase->typed[0] ? BOARD_WAITS : board_run(&stand.board);

    for (const char *const *line = phase->typed; *line && end == BOARD_WAITS; line++) {
        board_type(&stand.board, *line);
        end = board_run(&stand.board);
    }
    return end;
}

/* Do it whole, to learn what there is to cut. Returns the instructions it takes. */
static uint64_t learn(const struct phase *phase)
{
    memset(&seen, 0, sizeof seen);
    each_chip(look);
    begin(phase, true);
    assert_int_equal(carry_on(phase), BOARD_WAITS);
    note(seen.last);
    each_chip(look_away);
    stand.board.swift = true;
    assert_true(seen.n > 1);
    return stand.board.instructions;
}

/* Power on after a cut. What starts is what the journal says, byte for byte. */
enum started { ON_TRIAL, TAKEN_BACK, TO_STAY };

static enum started start(const char *what)
{
    static const struct {
        const char *boot, *app;
        int image;
    } known[] = {
        [ON_TRIAL] = { "B 01 00 04 00", "app 2.0.0", 2 },
        [TAKEN_BACK] = { "B 01 00 01 02", "app 1.0.0", 1 },
        [TO_STAY] = { "B 01 00 01 01", "app 2.0.0", 2 },
    };
    const char *said = stand_boot(&stand);

    for (enum started s = ON_TRIAL; s <= TO_STAY; s++)
        if (strstr(said, known[s].boot) && strstr(said, known[s].app)) {
            stand_expect_primary(&stand, &stand.image[known[s].image]);
            stand_expect_no_misuse(&stand);
            return s;
        }
    fail_msg("%s, %s: not on trial, not taken back, not confirmed:\n%s", stand.board.kind->name,
             what, said);
    return TO_STAY;
}

/* From the state before the phase: up to the cut, and what comes after. */
static void one_cut(const struct phase *phase, const struct sim_cut *cut, uint64_t instruction,
                    bool follow)
{
    struct board *b = &stand.board;
    enum started started;
    char what[160];

    if (instruction)
        snprintf(what, sizeof what, "%s, cut before instruction %llu", phase->name,
                 (unsigned long long)instruction);
    else
        snprintf(what, sizeof what, "%s, cut %s operation %llu (%s, seed %llu%s)", phase->name,
                 sim_when_text(cut->when), (unsigned long long)cut->at, sim_shape_text(cut->shape),
                 (unsigned long long)cut->seed, cut->unstable ? ", unstable" : "");
    begin(phase, instruction != 0);
    b->cut_at = instruction;
    if (!instruction)
        b->power.cut = *cut;
    if (carry_on(phase) != BOARD_CUT)
        fail_msg("%s, %s: there was no cut", b->kind->name, what);
    b->swift = true;
    started = start(what);
    if (started == TO_STAY && phase != &confirm)
        fail_msg("%s, %s: nobody confirmed it", b->kind->name, what);
    if (follow && start("the boot after that") != (started == ON_TRIAL ? TAKEN_BACK : started))
        fail_msg("%s, %s: the next start is another one", b->kind->name, what);
}

/* The state before is snapshot 1; it is restored at the end. */
static void cut_everywhere(const struct phase *phase, uint32_t n)
{
    uint64_t instructions;

    if (phase->typed[0]) {
        stand_boot(&stand);
        board_save(&stand.board, &waiting);
    }
    each_chip(snapshot);
    instructions = learn(phase);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t any = (uint64_t)draw(1u << 30) << 16 | draw(1u << 16);
        struct sim_cut cut = cut_at(seen.op[draw(seen.n)], (enum sim_when)draw(3));

        one_cut(phase, &cut, i % 4 == 3 ? 1 + any % instructions : 0, i % 4 == 0);
    }
    for (uint32_t i = 0; n == 0 && i < seen.n * 3; i++) {
        struct sim_cut cut = cut_at(seen.op[i / 3], (enum sim_when)(i % 3));

        one_cut(phase, &cut, 0, false);
    }
    print_message("%s %s: %u cuts\n", stand.board.kind->name, phase->name, n ? n : seen.n * 3);
    each_chip(restore);
    each_chip(sim_flash_forget);
}

/* How many in each phase, of the n that are drawn: where a boot takes long or a board is like
 * another one, fewer, and a selection of boards unless BOARD_CUTS says otherwise. */
static uint32_t share(const struct board_kind *kind)
{
    static const struct {
        const struct board_kind *kind;
        uint32_t divisor; /* 0: only if asked */
    } shares[] = {
        { &board_stm32f407, 1 }, { &board_nrf52840, 1 },  { &board_sifive_u, 2 },
        { &board_nrf51, 0 },     { &board_virt, 0 },      { &board_stm32l476, 0 },
        { &board_rp2040, 0 },    { &board_stm32g0b1, 0 },
    };

    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
        if (shares[i].kind == kind)
            return shares[i].divisor ? (n_cuts + shares[i].divisor - 1) / shares[i].divisor
                                     : (asked ? n_cuts : 0);
    return (n_cuts + 1) / 2;
}

static void cuts_of(const struct board_kind *kind, const char *product, uint32_t n)
{
    if (n == 0 && n_cuts) {
        print_message("%s: only with BOARD_CUTS\n", product);
        return;
    }
    seed = first_seed;
    print_message("%s: BOARD_CUTS=%u BOARD_SEED=%llu\n", product, n_cuts, (unsigned long long)seed);
    stand_open_as(&stand, kind, product, "boot");
    stand_stage(&stand, &stand.image[2]);
    stand_boot(&stand);
    stand_type(&stand, "t\n");
    cut_everywhere(&update, n);
    cut_everywhere(&confirm, n);
    cut_everywhere(&revert, n);
    free(waiting.ram);
    waiting.ram = NULL;
    stand_close(&stand);
}

static void cuts(void **state)
{
    const struct board_kind *kind = *state;

    cuts_of(kind, kind->name, share(kind));
}

/* The sample with wolfBoot's images and trailers. */
static void cuts_with_wolfboot(void **state)
{
    (void)state;
    cuts_of(&board_stm32f407, "stm32f407_wolfboot", (n_cuts + 1) / 2);
}

int main(void)
{
    static const struct CMUnitTest more[] = { cmocka_unit_test(cuts_with_wolfboot) };
    const char *wanted = getenv("BOARD_CUTS");

    if (getenv("BOARD_SEED"))
        first_seed = strtoull(getenv("BOARD_SEED"), NULL, 0) | 1u;
    asked = wanted != NULL;
    if (wanted)
        n_cuts = strcmp(wanted, "all") ? (uint32_t)strtoul(wanted, NULL, 0) : 0;
    return stand_run("boot", cuts, more, sizeof more / sizeof more[0]);
}
