/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a device, on the very binaries that a chip would run: installed, updated over the
 * console, not confirmed and so reverted, updated and confirmed, offered a tampered image, damaged,
 * ruined. The lines are the sample application's; those that begin with B, the bootloader's:
 * action, reason, state and outcome as they are numbered in the headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/board/kinds.h"
#include "stand.h"

#define STARTED_IDLE "B 01 00 01"
#define STARTED_TRIAL "B 01 00 04 00"
#define STARTED_CONFIRMED "B 01 00 01 01"
#define STARTED_REVERTED "B 01 00 01 02"
#define STARTED_REFUSED "B 01 00 01 03"
#define STARTED_RESTORED "B 01 00 01 04"
#define RECOVERY "B 00 2d"
#define VERSION_1 "app 1.0.0 on "
#define VERSION_2 "app 2.0.0 on "

static struct stand stand;

static void expect_version(struct stand *s, int major)
{
    stand_expect(s, major == 1 ? VERSION_1 : VERSION_2);
    stand_expect_primary(s, &s->image[major]);
    /* the application was started where it is linked: after its header */
    if (s->board.kind->cpu->vtor)
        assert_int_equal(s->board.started, s->board.kind->flash[0]->base +
                                               s->board.kind->product->pairs[0].primary.off +
                                               stand_header(s->model));
}

/* Request what is staged, on trial, and start it. */
static void try_staged(struct stand *s)
{
    stand_type(s, "t\n");
    stand_expect(s, "ok\n");
    stand_type(s, "r\n");
    stand_expect(s, STARTED_TRIAL);
    expect_version(s, 2);
}

static void first_start(struct stand *s)
{
    stand_boot(s);
    stand_expect(s, STARTED_IDLE);
    expect_version(s, 1);
    stand_type(s, "s\n");
    stand_expect(s, "journal 00000001 state 00000001");
}

static void not_confirmed_is_reverted(struct stand *s)
{
    stand_load(s, &s->image[2]);
    try_staged(s);
    stand_type(s, "s\n");
    stand_expect(s, "state 00000004");
    stand_expect(s, "confirmed 00000000");
    stand_type(s, "r\n");
    stand_expect(s, STARTED_REVERTED);
    expect_version(s, 1);
    stand_type(s, "s\n");
    stand_expect(s, "outcome 00000002 reason 00000028");
}

/* The revert left the new image staged. */
static void a_crash_is_reverted(struct stand *s)
{
    try_staged(s);
    stand_type(s, "x\n");
    assert_int_equal(s->board.faults, 1);
    stand_expect(s, STARTED_REVERTED);
    expect_version(s, 1);
}

static void confirmed_is_kept(struct stand *s)
{
    try_staged(s);
    stand_type(s, "c\n");
    stand_expect(s, "ok\n");
    stand_type(s, "r\n");
    stand_expect(s, STARTED_CONFIRMED);
    expect_version(s, 2);
    stand_boot(s);
    expect_version(s, 2);
}

/* One bit of the backup, now the staged image's first page and more, is not what was signed. */
static void tampered_is_refused(struct stand *s)
{
    struct host_bytes *image = &s->image[2];

    image->data[image->len / 2] ^= 0x10;
    stand_load(s, image);
    image->data[image->len / 2] ^= 0x10;
    stand_type(s, "t\n");
    stand_type(s, "r\n");
    stand_expect(s, STARTED_REFUSED);
    expect_version(s, 2);
    stand_type(s, "s\n");
    stand_expect(s, "outcome 00000003 reason 00000007");
}

static void spoil_primary(struct stand *s)
{
    static const uint8_t zero[16] = { 0 };

    sim_flash_fill(&s->board.chip[0], s->board.kind->product->pairs[0].primary.off + 0x1000, zero,
                   sizeof zero);
}

/* Primary no longer verifies. The backup's first chunk is still there after another image was
 * staged: where an image has no more chunks than that, it is the backup that is restored;
 * otherwise the staged image is all there is. */
static void damage_is_repaired(struct stand *s)
{
    const struct bh_pair *pair = &s->board.kind->product->pairs[0];
    bool whole = s->image[2].len <= pair->chunk;

    stand_load(s, &s->image[2]);
    spoil_primary(s);
    stand_boot(s);
    stand_expect(s, STARTED_RESTORED);
    expect_version(s, whole ? 1 : 2);
}

/* Nothing verifies any more: nothing is started. */
static void ruin_ends_in_recovery(struct stand *s)
{
    const struct bh_pair *pair = &s->board.kind->product->pairs[0];
    static const uint8_t zero[16] = { 0 };
    uint32_t off;
    uint8_t chip = stand_staged(s, &off);

    spoil_primary(s);
    sim_flash_fill(&s->board.chip[chip], off, zero, sizeof zero);
    sim_flash_fill(&s->board.chip[chip], pair->spare.off, zero, sizeof zero);
    stand_boot(s);
    stand_expect(s, RECOVERY);
    assert_null(strstr(s->board.said, "app"));
    if (s->board.started) /* by a second stage, which is what begins the bootloader */
        assert_in_range(s->board.started, s->kind.flash[0]->base,
                        s->kind.flash[0]->base + s->kind.product->bootloader.len - 1);
}

#define LONG 200000u /* an image that takes too long to come over the console */

/* A board's whole life. Where nothing is run from flash, images are copied to RAM. */
static void live(const struct board_kind *kind, const char *bootloader)
{
    struct stand *s = &stand;

    stand_open(s, kind, bootloader);
    if (s->image[2].len < LONG) {
        first_start(s);
        not_confirmed_is_reverted(s);
    } else {
        stand_stage(s, &s->image[2]);
        first_start(s);
    }
    a_crash_is_reverted(s);
    confirmed_is_kept(s);
    if (s->image[2].len < LONG) {
        tampered_is_refused(s);
        damage_is_repaired(s);
    }
    ruin_ends_in_recovery(s);
    stand_expect_no_misuse(s);
    stand_close(s);
}

static void life(void **state)
{
    live(*state, "boot");
}

static void life_with_ml_dsa_44(void **state)
{
    (void)state;
    live(&board_stm32f407, "boot-mldsa44");
}

/* The other chip is dead, missing or mad: a good primary image starts. */
static void bad_chips_harm_nobody(struct stand *s)
{
    static const enum sim_health ills[] = { SIM_DEAD, SIM_ABSENT, SIM_BABBLE };

    for (size_t i = 0; i < sizeof ills / sizeof ills[0]; i++) {
        s->board.chip[1].health = ills[i];
        stand_boot(s);
        expect_version(s, 1);
    }
}

static void bad_chip_behind_qspi(void **state)
{
    (void)state;
    stand_open(&stand, &board_nrf52840, "boot");
    bad_chips_harm_nobody(&stand);
    stand_close(&stand);
}

/* The generic SPI-NOR driver in the bootloader, the QSPI peripheral in the application. */
static void life_through_spim(void **state)
{
    (void)state;
    stand_open(&stand, &board_nrf52840, "boot-spim");
    first_start(&stand);
    not_confirmed_is_reverted(&stand);
    stand_expect_no_misuse(&stand);
    bad_chips_harm_nobody(&stand);
    stand_close(&stand);
}

/* Some of the modes of spi_nor.c. Whatever mode the application left the external chip in, as
 * only a reset of the processor does: the update that waits there is installed. */
static void left_over_modes(const char *bootloader)
{
    static const struct board_nor modes[] = {
        { .qpi = true, .busy = 1, .busy_until = 200000 },
        { .qpi = true, .continuous = 4 },
        { .asleep = true },
    };
    struct stand *s = &stand;

    stand_open(s, &board_nrf52840, bootloader);
    stand_stage(s, &s->image[2]);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct board_nor *nor = &s->board.nor;

        stand_boot(s); /* and what was on trial is taken back */
        if (!strstr(s->board.said, VERSION_1))
            stand_boot(s);
        expect_version(s, 1);
        stand_type(s, "t\n");
        board_hush(&s->board);
        board_power_on(&s->board);
        nor->continuous = modes[i].continuous;
        nor->qpi = modes[i].qpi;
        nor->asleep = modes[i].asleep;
        nor->busy = modes[i].busy;
        nor->busy_until = modes[i].busy_until;
        nor->write_enabled = modes[i].write_enabled;
        assert_int_equal(board_run(&s->board), BOARD_WAITS);
        if (!strstr(s->board.said, STARTED_TRIAL))
            fail_msg("%s, mode %zu: %s", bootloader, i, s->board.said);
        expect_version(s, 2);
    }
    stand_expect_no_misuse(s);
    stand_close(s);
}

static void any_mode_through_qspi(void **state)
{
    (void)state;
    left_over_modes("boot");
}

static void any_mode_through_spim(void **state)
{
    (void)state;
    left_over_modes("boot-spim");
}

/* An image found in a free region of the flash, installed for good: no trial, nothing
 * to confirm. */
static void staged_from_flash_for_good(void **state)
{
    struct stand *s = &stand;
    char line[32];

    (void)state;
    stand_open(s, &board_stm32f407, "boot");
    sim_flash_fill(&s->board.chip[0], 0x80000, s->image[2].data, (uint32_t)s->image[2].len);
    stand_boot(s);
    snprintf(line, sizeof line, "f 80000 %x\n", (unsigned)s->image[2].len);
    stand_type(s, line);
    stand_expect(s, "ok\n");
    stand_type(s, "p\n");
    stand_type(s, "r\n");
    stand_expect(s, STARTED_CONFIRMED);
    expect_version(s, 2);
    stand_expect_no_misuse(s);
    stand_close(s);
}

/* A byte of a partition of wolfBoot's, counted from its end. */
static uint8_t from_end(const struct stand *s, const struct bh_region *slot, uint32_t back)
{
    uint8_t byte;

    sim_flash_peek(&s->board.chip[0], slot->off + slot->len - back, &byte, 1);
    return byte;
}

/* What wolfBoot's library would read: a state, or -1. */
static int wolfboot_state(const struct stand *s, const struct bh_region *slot)
{
    static const char magic[] = "TOOB";

    for (uint32_t back = 1; back <= 4; back++)
        if (from_end(s, slot, back) != (uint8_t)magic[back - 1])
            return -1;
    return from_end(s, slot, 5);
}

static void expect_states(const struct stand *s, int boot, int update)
{
    const struct bh_pair *pair = &s->board.kind->product->pairs[0];

    assert_int_equal(wolfboot_state(s, &pair->primary), boot);
    assert_int_equal(wolfboot_state(s, &pair->secondary), update);
}

/* The sample product in wolfBoot's form: images signed as by its tool, one page per slot, the
 * trailers in the pages of the images, an application at slot + 0x100. */
static void life_with_wolfboot(const char *bootloader)
{
    struct stand *s = &stand;

    stand_open_as(s, &board_stm32f407, "stm32f407_wolfboot", bootloader);
    stand_boot(s);
    stand_expect(s, STARTED_IDLE);
    stand_expect(s, "app 1.0.0 on stm32f407_wolfboot");
    assert_int_equal(s->board.started, 0x08020100);
    expect_states(s, -1, -1);
    stand_load(s, &s->image[2]);
    stand_type(s, "t\n");
    expect_states(s, -1, 0x70);
    stand_type(s, "r\n"); /* on trial, then reverted */
    stand_expect(s, STARTED_TRIAL);
    stand_expect(s, VERSION_2);
    expect_states(s, 0x10, -1);
    stand_type(s, "r\n");
    stand_expect(s, STARTED_REVERTED);
    stand_expect(s, VERSION_1);
    expect_states(s, 0x00, -1);
    stand_type(s, "t\n"); /* the revert left it staged */
    stand_type(s, "r\n");
    stand_expect(s, STARTED_TRIAL);
    stand_type(s, "c\n");
    stand_expect(s, "ok\n");
    expect_states(s, 0x00, -1);
    stand_type(s, "r\n");
    stand_expect(s, STARTED_CONFIRMED);
    stand_expect(s, VERSION_2);
    stand_load(s, &s->image[1]); /* older */
    stand_type(s, "t\n");
    stand_type(s, "r\n");
    stand_expect(s, STARTED_REFUSED);
    stand_expect(s, VERSION_2);
    stand_expect_primary(s, &s->image[2]);
    expect_states(s, 0x00, -1);
    stand_expect_no_misuse(s);
    stand_close(s);
}

static void life_with_wolfboot_and_p256(void **state)
{
    (void)state;
    life_with_wolfboot("boot");
}

static void life_with_wolfboot_and_ed25519(void **state)
{
    (void)state;
    life_with_wolfboot("boot-ed25519");
}

/* The same seed, the same run, to the instruction. */
static void runs_are_repeatable(void **state)
{
    struct stand *s = &stand;
    uint64_t first;

    (void)state;
    stand_open(s, &board_stm32f407, "boot");
    stand_boot(s); /* begins the journal */
    stand_boot(s);
    first = s->board.instructions;
    stand_boot(s);
    assert_int_equal(s->board.instructions, first);
    stand_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_chip_behind_qspi),
        cmocka_unit_test(life_through_spim),
        cmocka_unit_test(any_mode_through_qspi),
        cmocka_unit_test(any_mode_through_spim),
        cmocka_unit_test(staged_from_flash_for_good),
        cmocka_unit_test(runs_are_repeatable),
        cmocka_unit_test(life_with_ml_dsa_44),
        cmocka_unit_test(life_with_wolfboot_and_p256),
        cmocka_unit_test(life_with_wolfboot_and_ed25519),
    };

    return stand_run("boot", life, tests, sizeof tests / sizeof tests[0]);
}
