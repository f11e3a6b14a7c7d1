/* SPDX-License-Identifier: Apache-2.0 */
/* What an unmodified application reads in slots that our bootloader left, and what comes of what it
 * writes there.
 *
 * The application's side is a model of MCUboot's public library, written from its documented tables
 * (swap type, request, confirm), not from its code, in two versions: before 2.2 the row for a trial
 * demands that the secondary trailer's magic is blank; from 2.2 on it does not. It is held against
 * our bootloader in every state of a device's life, on every offset layout and alignment. */
#include "bulkhead/bytes.h"
#include "bulkhead/rules.h"
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
#define CHUNKS 4u
#define IMAGE (CHUNKS * PAGE)

static const struct bh_image_format *const formats[] = { &bh_image_mcuboot, NULL };
static const struct bh_page_run runs[] = { { 64, PAGE } };

/* --- the application's library ------------------------------------------------------------- */

enum library { BEFORE_2_2, FROM_2_2, LIBRARIES };
enum field { UNSET, SET, BAD };
enum type { NONE = 1, TEST = 2, PERMANENT = 3, REVERT = 4 };

struct trailer {
    enum field magic, image_ok, copy_done;
};

static const uint8_t magic8[16] = { 0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
                                    0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80 };
static const uint8_t magic_rest[14] = { 0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b, 0x8d,
                                        0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a };

/* A device with its slots: what the application's flash map would give it. */
struct device {
    struct sim_world w;
    uint32_t align;
    uint8_t magic[16];
};

static struct sim_flash *chip_of(const struct bh_region *r)
{
    return r->flash->context;
}

static enum field flag_at(const struct device *d, const struct bh_region *slot, uint32_t n)
{
    uint32_t block = bh_round_up(16, d->align);
    uint8_t value;

    sim_flash_peek(chip_of(slot), slot->off + slot->len - block - n * d->align, &value, 1);
    return value == 1 ? SET : value == slot->flash->erased ? UNSET : BAD;
}

static struct trailer look(const struct device *d, const struct bh_region *slot)
{
    struct trailer t;
    uint8_t magic[16];

    sim_flash_peek(chip_of(slot), slot->off + slot->len - 16, magic, sizeof magic);
    t.magic = memcmp(magic, d->magic, 16) == 0                   ? SET
              : bh_all(magic, slot->flash->erased, sizeof magic) ? UNSET
                                                                 : BAD;
    t.image_ok = flag_at(d, slot, 1);
    t.copy_done = flag_at(d, slot, 2);
    return t;
}

/* The documented table, the first row that matches. */
static enum type swap_type(const struct device *d, enum library library)
{
    const struct bh_pair *pair = &d->w.pairs[0];
    struct trailer p = look(d, &pair->primary), s = look(d, &pair->secondary);

    if (s.magic == SET && s.image_ok == UNSET)
        return TEST;
    if (s.magic == SET && s.image_ok == SET)
        return PERMANENT;
    if (p.magic == SET && p.image_ok == UNSET && p.copy_done == SET &&
        (library == FROM_2_2 || s.magic == UNSET))
        return REVERT;
    return NONE;
}

static void program(const struct bh_region *slot, uint32_t back, const uint8_t *data, uint32_t len)
{
    uint8_t unit[64];

    memset(unit, slot->flash->erased, sizeof unit);
    memcpy(unit, data, len);
    assert_int_equal(
        bh_region_program(slot, slot->len - back, unit, bh_round_up(len, slot->flash->unit)),
        BH_OK);
}

/* boot_request_upgrade(): magic first. Returns what the library would. */
static int request(struct device *d, bool permanent)
{
    const struct bh_region *slot = &d->w.pairs[0].secondary;
    struct trailer s = look(d, slot);
    uint32_t block = bh_round_up(16, d->align);
    uint8_t bytes[64], set = 1, info = permanent ? PERMANENT : TEST;

    if (s.magic == SET)
        return 0;
    if (s.magic == BAD)
        return 3;
    memset(bytes, slot->flash->erased, sizeof bytes);
    memcpy(bytes + block - 16, d->magic, 16);
    program(slot, block, bytes, block);
    if (permanent)
        program(slot, block + d->align, &set, 1);
    program(slot, block + 3 * d->align, &info, 1);
    return 0;
}

/* boot_set_confirmed(). */
static int confirm(struct device *d)
{
    const struct bh_region *slot = &d->w.pairs[0].primary;
    struct trailer p = look(d, slot);
    uint8_t set = 1;

    if (p.magic == UNSET || (p.magic == SET && p.image_ok == SET))
        return 0;
    if (p.magic == BAD)
        return 4;
    program(slot, bh_round_up(16, d->align) + d->align, &set, 1);
    return 0;
}

/* mcumgr's idea of a confirmed image: image_ok, or no trailer at all. */
static bool confirmed(const struct device *d)
{
    struct trailer p = look(d, &d->w.pairs[0].primary);

    return p.image_ok == SET || p.magic == UNSET;
}

/* The version that a list of images shows for a slot; 0: no readable image. */
static unsigned listed(const struct bh_region *slot, uint32_t off)
{
    uint8_t header[32];

    sim_flash_peek(chip_of(slot), slot->off + off, header, sizeof header);
    return bh_load32(header) == 0x96F3B83Du ? header[20] : 0;
}

/* An upload over the secondary slot: erased whole, then written where images are staged. */
static void upload(struct device *d, const uint8_t *image, uint32_t len)
{
    const struct bh_pair *pair = &d->w.pairs[0];
    uint32_t unit = pair->secondary.flash->unit;

    assert_int_equal(bh_region_erase(&pair->secondary, 0, pair->secondary.len), BH_OK);
    assert_int_equal(
        bh_region_program(&pair->secondary, pair->staged_off, image, len / unit * unit), BH_OK);
}

/* --- devices ------------------------------------------------------------------------------- */

static uint8_t image[4][IMAGE];

static void open_device(struct device *d, uint32_t unit_in, uint32_t unit_out, uint8_t erased)
{
    static struct bh_flash inside, outside;
    static struct bh_pair pair;
    struct bh_product product = {
        .name = "zephyr",
        .layout = 1,
        .pairs = &pair,
        .n_pairs = 1,
        .trial_boots = 1,
        .plan = &bh_plan_swap,
        .mailbox = &bh_mailbox_mcuboot,
        .adopt = bh_adopt,
        .policy = { .formats = formats, .hash = &sim_quick_hash, .allow_unsigned = true },
    };

    inside = (struct bh_flash){
        .runs = runs, .n_runs = 1, .size = 64 * PAGE, .erased = erased, .unit = (uint16_t)unit_in
    };
    outside = inside;
    outside.unit = (uint16_t)unit_out;
    product.bootloader = (struct bh_region){ &inside, 0, 8 * PAGE };
    product.journal[0] = (struct bh_region){ &inside, 8 * PAGE, 4 * PAGE };
    product.journal[1] = (struct bh_region){ &inside, 12 * PAGE, 4 * PAGE };
    pair = (struct bh_pair){ .name = "app",
                             .primary = { &inside, 16 * PAGE, IMAGE + PAGE },
                             .secondary = { &outside, 0, PAGE + IMAGE + PAGE },
                             .spare = { &outside, 0, PAGE },
                             .staged_off = PAGE,
                             .chunk = PAGE,
                             .image_max = IMAGE };
    if (sim_world_open(&d->w, &product, NULL))
        fail_msg("%s", d->w.why);
    d->align = unit_in > unit_out ? unit_in : unit_out;
    d->align = d->align > 8 ? d->align : 8;
    memcpy(d->magic, magic8, 16);
    if (d->align > 8) {
        bh_store16(d->magic, (uint16_t)d->align);
        memcpy(d->magic + 2, magic_rest, sizeof magic_rest);
    }
    for (uint8_t v = 1; v < 4; v++)
        sim_image_make(image[v], IMAGE - 64 * v, v, 0);
    sim_world_install(&d->w, 0, image[1], IMAGE - 64);
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
}

/* Both versions of the library must read this. */
static void reads(const struct device *d, enum type type, bool is_confirmed)
{
    for (enum library library = 0; library < LIBRARIES; library++)
        assert_int_equal(swap_type(d, library), type);
    assert_int_equal(confirmed(d), is_confirmed);
}

/* --- a life -------------------------------------------------------------------------------- */

static void live(uint32_t unit_in, uint32_t unit_out, uint8_t erased)
{
    const struct bh_region *second;
    struct device d;

    open_device(&d, unit_in, unit_out, erased);
    second = &d.w.pairs[0].secondary;
    boots(&d, 1);
    reads(&d, NONE, true);
    upload(&d, image[2], IMAGE - 128);
    assert_int_equal(listed(second, PAGE), 2);
    assert_int_equal(request(&d, false), 0);
    reads(&d, TEST, true);
    boots(&d, 2); /* on trial */
    reads(&d, REVERT, false);
    assert_int_equal(listed(second, 0), 1); /* the way back is a readable image of slot 1 */
    boots(&d, 1);                           /* nobody confirmed */
    reads(&d, NONE, true);
    assert_int_equal(listed(second, PAGE), 2);
    assert_int_equal(request(&d, false),
                     0); /* the image that was reverted may be asked for again */
    boots(&d, 2);
    assert_int_equal(confirm(&d), 0);
    reads(&d, NONE, true);
    boots(&d, 2);
    reads(&d, NONE, true);
    boots(&d, 2);
    upload(&d, image[3], IMAGE - 192);
    assert_int_equal(request(&d, true), 0);
    reads(&d, PERMANENT, true);
    boots(&d, 3); /* for good at once */
    reads(&d, NONE, true);
    boots(&d, 3);
    close_device(&d);
}

static void lives_with_every_alignment(void **state)
{
    static const uint8_t units[] = { 1, 4, 8, 16, 32 };

    (void)state;
    for (unsigned in = 0; in < sizeof units; in++)
        for (unsigned out = 0; out < sizeof units; out++) {
            live(units[in], units[out], 0xFF);
            live(units[in], units[out], 0x00);
        }
}

/* A confirm is idempotent, and before a trial it changes nothing. */
static void a_confirm_that_nobody_waits_for(void **state)
{
    struct device d;

    (void)state;
    open_device(&d, 4, 1, 0xFF);
    boots(&d, 1);
    assert_int_equal(confirm(&d), 0);
    boots(&d, 1);
    assert_int_equal(d.w.power.ops, 0);
    close_device(&d);
}

/* A refused image: its request is taken away, and a new one can be uploaded and asked for. */
static void a_refused_image_does_not_block(void **state)
{
    uint8_t spoilt[IMAGE];
    struct device d;

    (void)state;
    open_device(&d, 4, 1, 0xFF);
    boots(&d, 1);
    memcpy(spoilt, image[2], sizeof spoilt);
    spoilt[200] ^= 1;
    upload(&d, spoilt, IMAGE - 128);
    assert_int_equal(request(&d, false), 0);
    boots(&d, 1);
    reads(&d, NONE, true);
    upload(&d, image[2], IMAGE - 128);
    assert_int_equal(request(&d, false), 0);
    boots(&d, 2);
    close_device(&d);
}

/* During a trial another image is uploaded over the way back and asked for: it is tried, and the
 * running one is the way back. */
static void another_image_during_a_trial(void **state)
{
    struct device d;

    (void)state;
    open_device(&d, 4, 1, 0xFF);
    boots(&d, 1);
    upload(&d, image[2], IMAGE - 128);
    assert_int_equal(request(&d, false), 0);
    boots(&d, 2);
    upload(&d, image[3], IMAGE - 192);
    assert_int_equal(request(&d, false), 0);
    boots(&d, 3);
    reads(&d, REVERT, false);
    assert_int_equal(listed(&d.w.pairs[0].secondary, 0), 2);
    boots(&d, 2); /* nobody confirmed the third */
    reads(&d, NONE, true);
    boots(&d, 2);
    close_device(&d);
}

/* One that does not verify leaves the trial as it is. */
static void a_bad_image_during_a_trial(void **state)
{
    uint8_t spoilt[IMAGE];
    struct device d;

    (void)state;
    open_device(&d, 4, 1, 0xFF);
    boots(&d, 1);
    upload(&d, image[2], IMAGE - 128);
    assert_int_equal(request(&d, false), 0);
    boots(&d, 2);
    memcpy(spoilt, image[3], sizeof spoilt);
    spoilt[200] ^= 1;
    upload(&d, spoilt, IMAGE - 192);
    assert_int_equal(request(&d, false), 0);
    for (int i = 0; i < 8; i++)
        boots(&d, 2); /* there is no way back: it stays in the end */
    assert_int_equal(d.w.boot.journal.truth.state, BH_STATE_IDLE);
    assert_int_equal(d.w.boot.journal.truth.outcome, BH_OUTCOME_KEPT);
    reads(&d, REVERT, false); /* kept is not confirmed; the application still can */
    assert_int_equal(confirm(&d), 0);
    reads(&d, NONE, true);
    boots(&d, 2);
    close_device(&d);
}

/* The spare on the trailer's page keeps applications with a library before 2.2 from ever
 * confirming: the rule refuses that layout. */
static void note_rule(void *context, const struct bh_finding *finding)
{
    *(enum bh_rule *)context = finding->rule;
}

static void the_spare_on_the_trailer_is_refused(void **state)
{
    enum bh_rule rule = BH_RULE_NONE;
    struct bh_product product;
    struct bh_pair pair;
    struct device d;

    (void)state;
    open_device(&d, 4, 4, 0xFF);
    product = d.w.product;
    pair = product.pairs[0];
    pair.staged_off = 0;
    pair.spare.off = pair.secondary.off + pair.secondary.len - PAGE;
    product.pairs = &pair;
    assert_int_equal(bh_product_check(&product, 1, note_rule, &rule), 1);
    assert_int_equal(rule, BH_RULE_TRAILER_SPARE);
    pair.spare.off -= PAGE; /* the page before it will do */
    assert_int_equal(bh_product_check(&product, 1, note_rule, &rule), 0);
    close_device(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lives_with_every_alignment),
        cmocka_unit_test(a_confirm_that_nobody_waits_for),
        cmocka_unit_test(a_refused_image_does_not_block),
        cmocka_unit_test(another_image_during_a_trial),
        cmocka_unit_test(a_bad_image_during_a_trial),
        cmocka_unit_test(the_spare_on_the_trailer_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
