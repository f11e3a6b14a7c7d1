/* SPDX-License-Identifier: Apache-2.0 */
/* A device changes its bootloader from wolfBoot to ours, in every state that wolfBoot can leave:
 * each of the five states of its trailers, and its swap stopped after any operation.
 *
 * wolfBoot's side is a model, written from its documented rules (states, sector flags, the steps of
 * its swap and of its last step), not from its code. It moves real images on simulated flash. Then
 * our bootloader is started: it starts a whole image or nothing, and where it starts nothing it has
 * written nothing, so that wolfBoot can come back and finish. docs/from-wolfboot.md has the
 * table. */
#include "bulkhead/bytes.h"
#include "bulkhead/image_wolfboot.h"
#include "bulkhead/mailbox_wolfboot.h"
#include "sim/image.h"
#include "sim/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PAGE 1024u
#define CHUNKS 4u /* of an image, and one sector more for the trailer */
#define SLOT ((CHUNKS + 1) * PAGE)
#define OLD_LEN 3900u
#define NEW_LEN 3600u
#define NEVER UINT32_MAX

enum flag { NEW = 0xF, SWAPPING = 0x7, BACKUP = 0x3, UPDATED = 0x0 };

static const struct bh_image_format *const formats[] = { &bh_image_wolfboot_256, NULL };
static const struct bh_page_run runs[] = { { 64, PAGE } };
static struct bh_wolfboot_trailer trailer;
BH_MAILBOX_WOLFBOOT(mailbox, &trailer, BH_WOLFBOOT_UNIT_MAX);

struct device {
    struct sim_world w;
    const struct bh_region *boot, *update, *swap;
    uint32_t ops, stop; /* of wolfBoot: done, and how many may be */
    bool stopped;
    uint8_t image[3][CHUNKS * PAGE]; /* 1 old, 2 new */
};

static void open_device(struct device *d, bool home)
{
    static struct bh_flash chip;
    static struct bh_pair pair;
    const struct sim_traits traits = { .again = SIM_AGAIN_CLEAR }; /* flags, half a byte each */
    struct bh_product product = {
        .name = "wolf",
        .layout = 1,
        .pairs = &pair,
        .n_pairs = 1,
        .trial_boots = 1,
        .bootloader = { &chip, 0, 8 * PAGE },
        .journal = { { &chip, 8 * PAGE, 4 * PAGE }, { &chip, 12 * PAGE, 4 * PAGE } },
        .plan = &bh_plan_swap,
        .mailbox = &mailbox,
        .adopt = bh_adopt_kept,
        .policy = { .formats = formats,
                    .hash = &sim_quick_hash,
                    .allow_unsigned = true,
                    .only_newer = true },
    };

    chip = (struct bh_flash){
        .runs = runs, .n_runs = 1, .size = 64 * PAGE, .erased = 0xFF, .unit = 1, .mapped = true
    };
    trailer = (struct bh_wolfboot_trailer){ .sector = PAGE, .home = home };
    pair = (struct bh_pair){ .name = "app",
                             .primary = { &chip, 16 * PAGE, SLOT },
                             .secondary = { &chip, 24 * PAGE, SLOT },
                             .spare = { &chip, 32 * PAGE, PAGE },
                             .chunk = PAGE,
                             .image_max = CHUNKS * PAGE };
    if (sim_world_open(&d->w, &product, &traits))
        fail_msg("%s", d->w.why);
    d->boot = &d->w.pairs[0].primary;
    d->update = &d->w.pairs[0].secondary;
    d->swap = &d->w.pairs[0].spare;
    d->ops = 0;
    d->stop = NEVER;
    d->stopped = false;
    memset(d->image, 0xFF, sizeof d->image);
    sim_image_make_as(d->image[1], OLD_LEN, &(struct sim_image){ 1, 0, 1, false, 0, 256 });
    sim_image_make_as(d->image[2], NEW_LEN, &(struct sim_image){ 2, 0, 2, false, 0, 256 });
}

static void close_device(struct device *d)
{
    assert_null(sim_world_misuse(&d->w));
    sim_world_close(&d->w);
}

/* --- wolfBoot ------------------------------------------------------------------------------ */

/* One operation of wolfBoot's more; false: the power was cut before it. */
static bool on(struct device *d)
{
    d->stopped = d->stopped || d->ops == d->stop;
    d->ops += !d->stopped;
    return !d->stopped;
}

static void erase(struct device *d, const struct bh_region *r, uint32_t off)
{
    if (on(d))
        assert_int_equal(bh_region_erase(r, off, PAGE), BH_OK);
}

static void put(struct device *d, const struct bh_region *r, uint32_t off, const void *bytes,
                uint32_t len)
{
    if (on(d))
        assert_int_equal(bh_region_program(r, off, bytes, len), BH_OK);
}

/* Erase, then copy in two halves. */
static void copy(struct device *d, const struct bh_region *to, uint32_t to_off,
                 const struct bh_region *from, uint32_t from_off)
{
    uint8_t bytes[PAGE];

    sim_flash_peek(from->flash->context, from->off + from_off, bytes, PAGE);
    erase(d, to, to_off);
    put(d, to, to_off, bytes, PAGE / 2);
    put(d, to, to_off + PAGE / 2, bytes + PAGE / 2, PAGE / 2);
}

static uint32_t flags_end(const struct device *d, bool update, const struct bh_region **slot)
{
    *slot = update && !trailer.home ? d->update : d->boot;
    return (*slot)->len - (update && trailer.home ? 8 : 0);
}

static uint8_t peek(const struct bh_region *r, uint32_t off)
{
    uint8_t byte;

    sim_flash_peek(r->flash->context, r->off + off, &byte, 1);
    return byte;
}

static bool has_magic(const struct device *d, bool update)
{
    const struct bh_region *slot;
    uint32_t end = flags_end(d, update, &slot);

    return peek(slot, end - 4) == 'B' && peek(slot, end - 1) == 'T';
}

static int state_of(const struct device *d, bool update)
{
    const struct bh_region *slot;
    uint32_t end = flags_end(d, update, &slot);

    return has_magic(d, update) ? peek(slot, end - 5) : -1;
}

static void set_state(struct device *d, bool update, uint8_t state)
{
    const struct bh_region *slot;
    uint32_t end = flags_end(d, update, &slot);

    if (!has_magic(d, update))
        put(d, slot, end - 4, "BOOT", 4);
    put(d, slot, end - 5, &state, 1);
}

static enum flag flag_of(const struct device *d, uint32_t sector)
{
    const struct bh_region *slot;
    uint32_t at = flags_end(d, true, &slot) - 6 - sector / 2;
    uint8_t both = peek(slot, at);

    return (enum flag)(sector % 2 ? both >> 4 : both & 0x0F);
}

static void set_flag(struct device *d, uint32_t sector, enum flag flag)
{
    const struct bh_region *slot;
    uint32_t at = flags_end(d, true, &slot) - 6 - sector / 2;
    uint8_t both = peek(slot, at);

    both = sector % 2 ? (uint8_t)((both & 0x0F) | flag << 4) : (uint8_t)((both & 0xF0) | flag);
    put(d, slot, at, &both, 1);
}

/* Sector by sector through SWAP, from where the flags tell. */
static void swap_sectors(struct device *d)
{
    for (uint32_t i = 0; i < CHUNKS; i++) {
        if (flag_of(d, i) == NEW) {
            copy(d, d->swap, 0, d->update, i * PAGE);
            set_flag(d, i, SWAPPING);
        }
        if (flag_of(d, i) == SWAPPING) {
            copy(d, d->update, i * PAGE, d->boot, i * PAGE);
            set_flag(d, i, BACKUP);
        }
        if (flag_of(d, i) == BACKUP) {
            copy(d, d->boot, i * PAGE, d->swap, 0);
            set_flag(d, i, UPDATED);
        }
    }
}

/* The last step: BOOT's staging sector goes through SWAP while its trailer is made. */
static void last_step(struct device *d)
{
    uint32_t staging = (CHUNKS - 1) * PAGE, end = CHUNKS * PAGE;

    if (state_of(d, true) != BH_WOLFBOOT_FINAL_FLAGS) {
        copy(d, d->swap, 0, d->boot, staging);
        set_state(d, true, BH_WOLFBOOT_FINAL_FLAGS);
    }
    if (!trailer.home)
        erase(d, d->boot, end);
    copy(d, d->boot, staging, d->swap, 0);
    if (trailer.home)
        erase(d, d->boot, end);
    set_state(d, false, BH_WOLFBOOT_TESTING);
    if (!trailer.home)
        erase(d, d->update, end);
}

/* What wolfBoot does when it is started, as far as the power lasts. */
static void wolfboot(struct device *d)
{
    if (state_of(d, true) == BH_WOLFBOOT_UPDATING) {
        swap_sectors(d);
        last_step(d);
    } else if (state_of(d, true) == BH_WOLFBOOT_FINAL_FLAGS) {
        last_step(d);
    }
}

/* The factory's image in BOOT, and another one in UPDATE, asked for. */
static void ask(struct device *d)
{
    sim_flash_fill(d->boot->flash->context, d->boot->off, d->image[1], CHUNKS * PAGE);
    sim_flash_fill(d->update->flash->context, d->update->off, d->image[2], CHUNKS * PAGE);
    set_state(d, false, BH_WOLFBOOT_SUCCESS);
    set_state(d, true, BH_WOLFBOOT_UPDATING);
    d->ops = 0;
}

/* --- then ours ----------------------------------------------------------------------------- */

/* The version that is whole in BOOT. */
static unsigned version_in(struct device *d)
{
    return sim_world_runs(&d->w, 0, d->image[1], OLD_LEN)   ? 1
           : sim_world_runs(&d->w, 0, d->image[2], NEW_LEN) ? 2
                                                            : 0;
}

/* Starts a whole image: its version; 0: nothing, and then nothing was written. */
static unsigned boot(struct device *d)
{
    const struct bh_boot *b = &d->w.boot;

    assert_true(sim_world_boot(&d->w));
    if (b->action != BH_BOOT_START) {
        assert_int_equal(b->action, BH_BOOT_RECOVER);
        assert_int_equal(d->w.power.ops, 0);
        return 0;
    }
    assert_int_equal(version_in(d), b->verified.image.version.major);
    return version_in(d);
}

/* One stop of the swap, and all that may come of it. Returns the version that started at once. */
static unsigned take_over(bool home, uint32_t stop, bool *complete)
{
    const struct bh_record *truth;
    struct bh_wish wish;
    struct device d;
    unsigned started, whole;

    open_device(&d, home);
    truth = &d.w.boot.journal.truth;
    ask(&d);
    d.stop = stop;
    wolfboot(&d);
    *complete = !d.stopped;
    whole = version_in(&d);
    assert_int_equal(bh_wolfboot_read(&trailer, d.w.pairs, 1, &wish), BH_OK);
    started = boot(&d);
    if (!started) { /* half of each: refused with the reason, and left as it is */
        assert_int_equal(whole, 0);
        assert_int_equal(d.w.boot.reason, BH_REASON_FOREIGN_SWAP);
        d.stop = NEVER; /* wolfBoot comes back, and finishes */
        d.stopped = false;
        wolfboot(&d);
        assert_int_equal(version_in(&d), 2);
        assert_int_equal(boot(&d), 2);
    } else if (wish.interrupted && started == whole) {
        assert_int_equal(truth->outcome == BH_OUTCOME_KEPT || truth->outcome == BH_OUTCOME_REFUSED,
                         1);
    }
    /* whatever it was, the device is at home here: it can be updated, and it keeps what runs */
    assert_int_not_equal(boot(&d), 0);
    close_device(&d);
    return started;
}

static void a_swap_stopped_anywhere(void **state)
{
    (void)state;
    for (int home = 0; home < 2; home++) {
        unsigned counts[3] = { 0 };
        bool complete = false;

        for (uint32_t stop = 0; !complete; stop++)
            counts[take_over(home, stop, &complete)]++;
        assert_true(counts[0] > 30); /* in the middle */
        assert_true(counts[1] > 1);  /* BOOT is not touched yet, and UPDATE is broken */
        assert_true(counts[2] > 5);  /* before the first flag, and at the end */
    }
}

/* The five states, at rest. */
static void every_state_at_rest(void **state)
{
    static const struct {
        int boot, update;        /* -1: no magic */
        unsigned starts, then;   /* versions, at once and without a confirm at the next boot */
        enum bh_outcome outcome; /* as the first boot leaves it, where it is IDLE */
        bool testing;
    } rows[] = {
        { -1, -1, 1, 1, BH_OUTCOME_NONE, false },
        { BH_WOLFBOOT_NEW, -1, 1, 1, BH_OUTCOME_NONE, false },
        { BH_WOLFBOOT_SUCCESS, -1, 1, 1, BH_OUTCOME_NONE, false },
        { BH_WOLFBOOT_SUCCESS, BH_WOLFBOOT_NEW, 1, 1, BH_OUTCOME_NONE, false },
        { BH_WOLFBOOT_SUCCESS, BH_WOLFBOOT_SUCCESS, 1, 1, BH_OUTCOME_NONE, false },
        /* asked for: installed on trial, and reverted when nobody confirms */
        { BH_WOLFBOOT_SUCCESS, BH_WOLFBOOT_UPDATING, 2, 1, BH_OUTCOME_NONE, true },
        { -1, BH_WOLFBOOT_UPDATING, 2, 1, BH_OUTCOME_NONE, true },
        /* on trial there: kept here, until the application confirms or asks for another */
        { BH_WOLFBOOT_TESTING, -1, 1, 1, BH_OUTCOME_KEPT, true },
        { BH_WOLFBOOT_SUCCESS, BH_WOLFBOOT_FINAL_FLAGS, 1, 1, BH_OUTCOME_KEPT, false },
    };

    (void)state;
    for (int home = 0; home < 2; home++)
        for (unsigned r = 0; r < sizeof rows / sizeof rows[0]; r++) {
            struct device d;

            open_device(&d, home);
            sim_flash_fill(d.boot->flash->context, d.boot->off, d.image[1], CHUNKS * PAGE);
            sim_flash_fill(d.update->flash->context, d.update->off, d.image[2], CHUNKS * PAGE);
            if (rows[r].boot >= 0)
                set_state(&d, false, (uint8_t)rows[r].boot);
            if (rows[r].update >= 0)
                set_state(&d, true, (uint8_t)rows[r].update);
            assert_int_equal(boot(&d), rows[r].starts);
            if (rows[r].starts == 1)
                assert_int_equal(d.w.boot.journal.truth.outcome, rows[r].outcome);
            assert_int_equal(state_of(&d, false) == BH_WOLFBOOT_TESTING, rows[r].testing);
            assert_int_equal(boot(&d), rows[r].then);
            close_device(&d);
        }
}

/* An image that was on trial under wolfBoot is kept; its confirm counts when it comes. */
static void a_confirm_after_the_change(void **state)
{
    struct device d;
    bool home = false;

    (void)state;
    open_device(&d, home);
    ask(&d);
    wolfboot(&d);
    assert_int_equal(state_of(&d, false), BH_WOLFBOOT_TESTING);
    assert_int_equal(boot(&d), 2);
    assert_int_equal(d.w.boot.journal.truth.outcome, BH_OUTCOME_KEPT);
    assert_int_equal(boot(&d), 2);
    assert_int_equal(d.w.power.ops, 0);
    set_state(&d, false, BH_WOLFBOOT_SUCCESS); /* wolfBoot_success() */
    assert_int_equal(boot(&d), 2);
    assert_int_equal(d.w.boot.journal.truth.outcome, BH_OUTCOME_CONFIRMED);
    close_device(&d);
}

/* An image on trial that does not verify is replaced by the old one, which wolfBoot left in
 * UPDATE. */
static void a_bad_image_after_the_change(void **state)
{
    const uint8_t zero[8] = { 0 };
    struct device d;

    (void)state;
    open_device(&d, false);
    ask(&d);
    wolfboot(&d);
    sim_flash_fill(d.boot->flash->context, d.boot->off + 1000, zero, sizeof zero);
    assert_int_equal(boot(&d), 1);
    close_device(&d);
}

/* Whatever bytes the trailers are: a whole image starts at each boot, and the device comes to
 * rest. */
static void any_bytes_for_trailers(void **state)
{
    static const uint8_t likely[] = { 0xFF, 0x70, 0x30, 0x10, 0x00, 'B', 'O', 'T' };
    uint32_t noise = 7;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        const struct bh_region *ends[2];
        struct device d;

        open_device(&d, round % 2);
        sim_flash_fill(d.boot->flash->context, d.boot->off, d.image[1], CHUNKS * PAGE);
        sim_flash_fill(d.update->flash->context, d.update->off, d.image[2], CHUNKS * PAGE);
        ends[0] = d.boot;
        ends[1] = d.update;
        for (int part = 0; part < 2; part++) {
            uint8_t bytes[24];

            for (unsigned i = 0; i < sizeof bytes; i++) {
                noise = noise * 1664525u + 1013904223u;
                bytes[i] = noise >> 30 ? likely[noise >> 24 & 7] : (uint8_t)(noise >> 16);
            }
            if (round % 4 < 3) /* most have a magic */
                memcpy(bytes + 20, "BOOT", 4);
            if (round % 3 == 0)
                memcpy(bytes + 12, "BOOT", 4);
            sim_flash_fill(ends[part]->flash->context, ends[part]->off + SLOT - 24, bytes,
                           sizeof bytes);
        }
        for (int i = 0; i < 6; i++)
            assert_int_not_equal(boot(&d), 0);
        assert_int_equal(d.w.power.ops, 0);
        close_device(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_swap_stopped_anywhere),
        cmocka_unit_test(every_state_at_rest),
        cmocka_unit_test(a_confirm_after_the_change),
        cmocka_unit_test(a_bad_image_after_the_change),
        cmocka_unit_test(any_bytes_for_trailers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
