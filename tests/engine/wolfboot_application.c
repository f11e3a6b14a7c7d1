/* SPDX-License-Identifier: Apache-2.0 */
/* What an unmodified application reads in partitions that our bootloader left, and what comes of
 * what it writes there.
 *
 * The application's side is a model of wolfBoot's library, written from its documented rules
 * (trailer, trigger, success, state, version), not from its code. It is held against our bootloader
 * in every state of a device's life, on every form of the trailers. */
#include "bulkhead/bytes.h"
#include "bulkhead/image_wolfboot.h"
#include "bulkhead/mailbox_wolfboot.h"
#include "bulkhead/rules.h"
#include "sim/image.h"
#include "sim/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PAGE 1024u
#define HEADER 256u
#define IMAGE (2 * PAGE - 300u) /* the largest of these tests, in two chunks */
#define NO_STATE (-1)

static const struct bh_image_format *const formats[] = { &bh_image_wolfboot_256, NULL };
static const struct bh_page_run runs[] = { { 64, PAGE } };

/* How application and bootloader were built. */
struct build {
    const char *name;
    bool home, once, outside, shared;
    uint16_t unit;
    uint8_t erased;
    uint32_t skip;
};

static const struct build builds[] = {
    { "plain", false, false, false, false, 4, 0xFF, 0 },
    { "bytes", false, false, false, false, 1, 0xFF, 0 },
    { "inverted", false, false, false, false, 4, 0x00, 0 },
    { "key", false, false, true, false, 4, 0xFF, 44 },
    { "external", false, false, true, false, 1, 0xFF, 0 },
    { "home", true, false, false, false, 4, 0xFF, 0 },
    { "home-external", true, false, true, false, 2, 0xFF, 32 },
    { "once", false, true, false, false, 8, 0xFF, 0 },
    { "once-32", false, true, false, false, 32, 0xFF, 32 },
    { "once-home", true, true, false, false, 16, 0xFF, 0 },
    { "shared", false, false, false, true, 4, 0xFF, 0 },
    { "shared-inverted", false, false, false, true, 1, 0x00, 16 },
};

/* The mailbox takes its data from here: one test at a time. */
static struct bh_wolfboot_trailer trailer;
BH_MAILBOX_WOLFBOOT(mailbox, &trailer, BH_WOLFBOOT_UNIT_MAX_ONCE);
BH_MAILBOX_WOLFBOOT(by_values, &trailer, BH_WOLFBOOT_UNIT_MAX);

struct device {
    struct sim_world w;
    const struct build *build;
    uint32_t len;
    uint8_t image[6][IMAGE];
};

/* --- the application's library ------------------------------------------------------------- */

enum part { BOOT, UPDATE };

static struct sim_flash *chip_of(const struct bh_region *r)
{
    return r->flash->context;
}

/* Where a partition's flags end, counted from the start of the slot that they are in. */
static uint32_t end_flags(const struct device *d, enum part part, const struct bh_region **slot)
{
    const struct bh_pair *pair = &d->w.pairs[0];

    *slot = part == BOOT || d->build->home ? &pair->primary : &pair->secondary;
    return (*slot)->len - d->build->skip - (part == UPDATE && d->build->home ? 8 : 0);
}

static uint8_t byte_at(const struct bh_region *slot, uint32_t off)
{
    uint8_t value;

    sim_flash_peek(chip_of(slot), slot->off + off, &value, 1);
    return value;
}

static bool magic_at(const struct bh_region *slot, uint32_t end)
{
    return byte_at(slot, end - 4) == 'B' && byte_at(slot, end - 3) == 'O' &&
           byte_at(slot, end - 2) == 'O' && byte_at(slot, end - 1) == 'T';
}

/* Of two sectors the one that counts: 0 the last, PAGE the one before. No flags are ever set here,
 * so the state decides. */
static uint32_t fresh(const struct device *d, enum part part)
{
    const struct bh_region *slot;
    uint32_t end = end_flags(d, part, &slot);
    uint8_t a = byte_at(slot, end - 5), b = byte_at(slot, end - PAGE - 5);

    if (!d->build->once || !magic_at(slot, end - PAGE))
        return 0;
    if (!magic_at(slot, end))
        return PAGE;
    return a == slot->flash->erased || (b != slot->flash->erased && b < a) ? PAGE : 0;
}

/* wolfBoot_get_partition_state(): NO_STATE, or the state as FLAGS_INVERT would not have it. */
static int state_of(const struct device *d, enum part part)
{
    const struct bh_region *slot;
    uint32_t end = end_flags(d, part, &slot) - fresh(d, part);
    uint8_t state = byte_at(slot, end - 5);

    return !magic_at(slot, end) ? NO_STATE : d->build->erased ? state : (uint8_t)~state;
}

/* What a flash driver does with a few bytes: the units they are in, with what is there. */
static void write(const struct bh_region *slot, uint32_t off, const uint8_t *data, uint32_t len)
{
    uint32_t unit = slot->flash->unit, from = off / unit * unit;
    uint8_t bytes[64];
    uint32_t n = bh_round_up(off + len, unit) - from;

    sim_flash_peek(chip_of(slot), slot->off + from, bytes, n);
    memcpy(bytes + (off - from), data, len);
    assert_int_equal(bh_region_program(slot, from, bytes, n), BH_OK);
}

/* The same where a unit is written once: the sector that does not count is erased and written
 * whole, then the other one is erased. */
static void rewrite(const struct device *d, enum part part, uint32_t back, const uint8_t *data,
                    uint32_t len)
{
    const struct bh_region *slot;
    uint32_t end = end_flags(d, part, &slot), now = fresh(d, part);
    uint32_t from = slot->len - PAGE - now, to = slot->len - PAGE - (PAGE - now);
    uint8_t sector[PAGE];

    sim_flash_peek(chip_of(slot), slot->off + from, sector, PAGE);
    memcpy(sector + (end - back - (slot->len - PAGE)), data, len);
    assert_int_equal(bh_region_erase(slot, to, PAGE), BH_OK);
    assert_int_equal(bh_region_program(slot, to, sector, PAGE), BH_OK);
    assert_int_equal(bh_region_erase(slot, from, PAGE), BH_OK);
}

static void put(const struct device *d, enum part part, uint32_t back, const uint8_t *data,
                uint32_t len)
{
    const struct bh_region *slot;
    uint32_t end = end_flags(d, part, &slot);

    if (d->build->once)
        rewrite(d, part, back, data, len);
    else
        write(slot, end - back, data, len);
}

static void set_state(const struct device *d, enum part part, uint8_t state)
{
    const struct bh_region *slot;
    uint32_t end = end_flags(d, part, &slot);
    uint8_t value = d->build->erased ? state : (uint8_t)~state;

    if (!magic_at(slot, end - fresh(d, part)))
        put(d, part, 4, (const uint8_t *)"BOOT", 4);
    if (byte_at(slot, end - fresh(d, part) - 5) != value)
        put(d, part, 5, &value, 1);
}

/* wolfBoot_update_trigger(): the last sector is erased first, image bytes in it or not. */
static void trigger(const struct device *d)
{
    const struct bh_region *slot;

    end_flags(d, UPDATE, &slot);
    if (!d->build->once)
        assert_int_equal(bh_region_erase(slot, slot->len - PAGE, PAGE), BH_OK);
    set_state(d, UPDATE, BH_WOLFBOOT_UPDATING);
}

static void success(const struct device *d)
{
    set_state(d, BOOT, BH_WOLFBOOT_SUCCESS);
}

/* wolfBoot_get_image_version(): the highest byte, where these tests have their number; 0: no valid
 * header. */
static unsigned version_of(const struct device *d, enum part part)
{
    const struct bh_pair *pair = &d->w.pairs[0];
    const struct bh_region *slot = part == BOOT ? &pair->primary : &pair->secondary;
    uint8_t header[16];

    sim_flash_peek(chip_of(slot), slot->off, header, sizeof header);
    return bh_load32(header) == BH_WOLFBOOT_MAGIC ? header[15] : 0;
}

/* wolfBoot_erase_partition(), then the image as it comes. */
static void upload(const struct device *d, unsigned v)
{
    const struct bh_region *slot = &d->w.pairs[0].secondary;
    uint32_t unit = slot->flash->unit;

    assert_int_equal(bh_region_erase(slot, 0, slot->len), BH_OK);
    assert_int_equal(bh_region_program(slot, 0, d->image[v], d->len / unit * unit), BH_OK);
}

/* --- devices ------------------------------------------------------------------------------- */

static void open_device(struct device *d, const struct build *build)
{
    static struct bh_flash inside, outside;
    static struct bh_pair pair;
    uint32_t chunks = build->shared ? 1 : 2, own = build->shared ? 0 : build->once ? 2 : 1;
    struct sim_traits traits = { .again = SIM_AGAIN_CLEAR }; /* the library's single bytes */
    struct bh_product product = {
        .name = "wolf",
        .layout = 1,
        .pairs = &pair,
        .n_pairs = 1,
        .trial_boots = 1,
        .plan = &bh_plan_swap,
        .mailbox = &mailbox,
        .policy = { .formats = formats,
                    .hash = &sim_quick_hash,
                    .allow_unsigned = true,
                    .only_newer = true },
    };

    trailer = (struct bh_wolfboot_trailer){ .sector = PAGE,
                                            .skip = build->skip,
                                            .home = build->home,
                                            .inverted = build->erased == 0,
                                            .write_once = build->once };
    inside = (struct bh_flash){ .runs = runs,
                                .n_runs = 1,
                                .size = 64 * PAGE,
                                .erased = build->erased,
                                .unit = build->unit,
                                .mapped = true };
    outside = inside;
    outside.mapped = false;
    product.bootloader = (struct bh_region){ &inside, 0, 8 * PAGE };
    product.journal[0] = (struct bh_region){ &inside, 8 * PAGE, 4 * PAGE };
    product.journal[1] = (struct bh_region){ &inside, 12 * PAGE, 4 * PAGE };
    pair = (struct bh_pair){ .name = "app",
                             .primary = { &inside, 16 * PAGE, (chunks + own) * PAGE },
                             .secondary = { build->outside ? &outside : &inside, 24 * PAGE,
                                            (chunks + own) * PAGE },
                             .spare = { &inside, 32 * PAGE, PAGE },
                             .chunk = PAGE,
                             .image_max = chunks * PAGE };
    if (build->shared)
        pair.image_max -= bh_wolfboot_room(&trailer, &pair, &pair.primary);
    d->build = build;
    d->len = (build->shared ? PAGE - 200 : IMAGE) / 32 * 32;
    if (sim_world_open(&d->w, &product, &traits))
        fail_msg("%s: %s", build->name, d->w.why);
    for (uint8_t v = 1; v < 6; v++) {
        struct sim_image as = { .major = v, .seed = v, .wolfboot = HEADER };

        sim_image_make_as(d->image[v], d->len, &as);
    }
    sim_world_install(&d->w, 0, d->image[1], d->len);
}

static void close_device(struct device *d)
{
    assert_null(sim_world_misuse(&d->w));
    sim_world_close(&d->w);
}

static void boots(struct device *d, unsigned version)
{
    assert_true(sim_world_boot(&d->w));
    assert_int_equal(d->w.boot.action, BH_BOOT_START);
    assert_int_equal(d->w.boot.verified.image.version.major, version);
    assert_int_equal(version_of(d, BOOT), version);
}

static void reads(const struct device *d, int boot, int update)
{
    assert_int_equal(state_of(d, BOOT), boot);
    assert_int_equal(state_of(d, UPDATE), update);
}

/* On a page that the trailer and the image share, the library's trigger erases the image. There
 * applications call ours. */
static void ask(struct device *d)
{
    if (d->build->shared)
        assert_true(sim_world_request(&d->w, 1, BH_REQUEST_TEST) && !d->w.err);
    else
        trigger(d);
}

static void rests(struct device *d, unsigned version)
{
    boots(d, version);
    assert_int_equal(d->w.power.ops, 0);
}

/* --- a life -------------------------------------------------------------------------------- */

static void live(struct device *d)
{
    bool home = d->build->home;

    boots(d, 1);
    reads(d, NO_STATE, NO_STATE);
    success(d); /* as many applications do at each start */
    reads(d, BH_WOLFBOOT_SUCCESS, NO_STATE);
    rests(d, 1);
    upload(d, 2);
    assert_int_equal(version_of(d, UPDATE), 2);
    ask(d);
    assert_int_equal(state_of(d, UPDATE), BH_WOLFBOOT_UPDATING);
    boots(d, 2); /* on trial */
    reads(d, BH_WOLFBOOT_TESTING, NO_STATE);
    boots(d, 1); /* nobody confirmed */
    reads(d, BH_WOLFBOOT_SUCCESS, NO_STATE);
    assert_int_equal(version_of(d, UPDATE), 2);
    rests(d, 1);
    ask(d); /* the image that was reverted, again */
    boots(d, 2);
    success(d);
    reads(d, BH_WOLFBOOT_SUCCESS, NO_STATE);
    boots(d, 2);
    assert_int_equal(d->w.boot.journal.truth.outcome, BH_OUTCOME_CONFIRMED);
    rests(d, 2);
    reads(d, BH_WOLFBOOT_SUCCESS, NO_STATE);
    upload(d, 3);
    ask(d);
    boots(d, 3);
    success(d); /* confirmed, and the next one asked for, between two boots */
    if (!d->build->shared) {
        upload(d, 4);
        ask(d);
        boots(d, 4);
        reads(d, BH_WOLFBOOT_TESTING, NO_STATE);
        success(d);
    }
    boots(d, d->build->shared ? 3 : 4);
    upload(d, 2); /* older: refused, told once, and taken away */
    ask(d);
    boots(d, d->build->shared ? 3 : 4);
    assert_int_equal(d->w.boot.journal.truth.reason, BH_REASON_DOWNGRADE);
    reads(d, home ? NO_STATE : BH_WOLFBOOT_SUCCESS, NO_STATE); /* FLAGS_HOME: erased by trigger */
    rests(d, d->build->shared ? 3 : 4);
    ask(d); /* and again, without another upload */
    boots(d, d->build->shared ? 3 : 4);
    assert_int_equal(d->w.boot.journal.truth.reason, BH_REASON_DOWNGRADE);
}

static void a_life_in_every_build(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof builds / sizeof builds[0]; i++) {
        struct device d;

        open_device(&d, &builds[i]);
        assert_int_equal(bh_product_check(&d.w.product, 8, NULL, NULL), 0);
        live(&d);
        close_device(&d);
    }
}

/* Our own application's side leaves what the library reads, and the other way round. */
static void both_libraries_on_one_device(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof builds / sizeof builds[0]; i++) {
        struct device d;

        open_device(&d, &builds[i]);
        boots(&d, 1);
        assert_true(sim_world_stage(&d.w, 0, d.image[2], d.len) && !d.w.err);
        assert_true(sim_world_request(&d.w, 1, BH_REQUEST_TEST) && !d.w.err);
        assert_int_equal(state_of(&d, UPDATE), BH_WOLFBOOT_UPDATING);
        boots(&d, 2);
        reads(&d, BH_WOLFBOOT_TESTING, NO_STATE);
        assert_true(sim_world_confirm(&d.w) && !d.w.err);
        reads(&d, BH_WOLFBOOT_SUCCESS, NO_STATE);
        boots(&d, 2);
        rests(&d, 2);
        /* for good: the trailer has no word for it, the journal has */
        assert_true(sim_world_stage(&d.w, 0, d.image[3], d.len) && !d.w.err);
        assert_true(sim_world_request(&d.w, 1, BH_REQUEST_PERMANENT) && !d.w.err);
        assert_int_equal(state_of(&d, UPDATE), NO_STATE);
        boots(&d, 3);
        reads(&d, BH_WOLFBOOT_SUCCESS, NO_STATE);
        boots(&d, 3);
        close_device(&d);
    }
}

/* The one-page layout, and an application that was not changed: wolfBoot's trigger erases the image
 * that it asks for. What runs goes on to run, and nothing else comes of it. */
static void the_trigger_that_erases_its_image(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof builds / sizeof builds[0]; i++) {
        struct device d;

        if (!builds[i].shared)
            continue;
        open_device(&d, &builds[i]);
        boots(&d, 1);
        upload(&d, 2);
        trigger(&d);
        assert_int_equal(version_of(&d, UPDATE), 0);
        boots(&d, 1);
        assert_int_equal(d.w.boot.journal.truth.outcome, BH_OUTCOME_REFUSED);
        assert_int_equal(d.w.boot.journal.truth.reason, BH_REASON_NO_IMAGE);
        rests(&d, 1);
        close_device(&d);
    }
}

/* --- what a product must be ---------------------------------------------------------------- */

static void hear(void *context, const struct bh_finding *f)
{
    *(struct bh_finding *)context = *f;
}

/* Without NVM_FLASH_WRITEONCE values are programmed one by one: then no unit may hold two of them.
 * An image may use all of a shared page but the trailer's bytes. */
static void what_the_check_refuses(void **state)
{
    struct bh_finding heard = { 0 };
    struct bh_pair *pair;
    struct device d;

    (void)state;
    open_device(&d, &builds[7]); /* a unit of 8, sector by sector */
    d.w.product.mailbox = &by_values;
    assert_int_equal(bh_product_check(&d.w.product, 8, hear, &heard), 2);
    assert_int_equal(heard.rule, BH_RULE_MAILBOX_UNIT);
    assert_int_equal(heard.need, 4);
    close_device(&d);
    open_device(&d, &builds[10]); /* one page that is shared */
    pair = &d.w.pairs[0];
    assert_int_equal(pair->image_max, PAGE - 8);
    pair->image_max++;
    assert_int_equal(bh_product_check(&d.w.product, 8, hear, &heard), 2);
    assert_int_equal(heard.rule, BH_RULE_TRAILER_ROOM);
    assert_int_equal(heard.have, PAGE - 8);
    pair->image_max--;
    trailer.write_once = true; /* two sectors of a slot that has one */
    assert_int_equal(bh_product_check(&d.w.product, 8, hear, &heard), 2);
    assert_int_equal(heard.rule, BH_RULE_TRAILER_ROOM);
    close_device(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_life_in_every_build),
        cmocka_unit_test(both_libraries_on_one_device),
        cmocka_unit_test(the_trigger_that_erases_its_image),
        cmocka_unit_test(what_the_check_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
