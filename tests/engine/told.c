/* SPDX-License-Identifier: Apache-2.0 */
/* What a boot tells of itself: why an image was reverted, that a restore failed and on which page,
 * that an image is for another address; and that what a glitch hides in one reading of the journal
 * is seen in the next. */
#include "faulty.h"
#include "device.h"

#include "products.h"
#include "bulkhead/bytes.h"
#include "sim/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct bh_product *offset(void)
{
    return engine_products[1]; /* one chip, MCUboot's mailbox, three trial boots, no rescue */
}

static void begin_trial(struct device *d, const struct bh_product *product)
{
    device_open(d, product, NULL);
    device_stage(d, 0, 2);
    device_request(d, 1, BH_REQUEST_TEST, BH_OK);
    device_boots(d, "2", BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
}

/* --- why it was reverted ------------------------------------------------------------------- */

static void nobody_confirmed(void **state)
{
    struct device d;

    (void)state;
    begin_trial(&d, offset());
    for (int left = 1; left >= 0; left--) {
        device_boots(&d, "2", BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
        assert_int_equal(d.w.boot.journal.truth.boots_left, left);
    }
    device_boots(&d, "1", BH_STATE_IDLE, BH_OUTCOME_REVERTED, BH_REASON_NOT_CONFIRMED);
    device_close(&d);
}

static void the_new_image_went_bad(void **state)
{
    struct device d;

    (void)state;
    begin_trial(&d, offset());
    device_poke(&d.w.pairs[0].primary, 300, (uint8_t)~d.image[0][2][300]);
    device_boots(&d, "1", BH_STATE_IDLE, BH_OUTCOME_REVERTED, BH_REASON_PRIMARY_BAD);
    device_close(&d);
}

/* The staged image was exchanged after the update began: what was installed is not what was
 * verified. */
static void the_staged_image_was_exchanged(void **state)
{
    struct device d;

    (void)state;
    device_open(&d, offset(), NULL);
    device_stage(&d, 0, 2);
    device_request(&d, 1, BH_REQUEST_TEST, BH_OK);
    d.w.power.cut = (struct sim_cut){ .at = 30, .when = SIM_CUT_BEFORE };
    assert_false(sim_world_boot(&d.w));
    d.w.power.cut.at = 0;
    device_poke(&d.w.pairs[0].secondary, d.w.pairs[0].staged_off + d.len[0] - 60,
                (uint8_t)~d.image[0][2][d.len[0] - 60]);
    device_boots(&d, "1", BH_STATE_IDLE, BH_OUTCOME_REVERTED, BH_REASON_STAGED_CHANGED);
    device_close(&d);
}

/* Nothing to go back to: what is asked for on trial is there for good, and that is told. */
static void a_first_install_is_for_good(void **state)
{
    struct device d;

    (void)state;
    device_open(&d, offset(), NULL);
    for (uint32_t i = 0; i < d.w.pairs[0].primary.len; i++)
        device_poke(&d.w.pairs[0].primary, i, 0xFF);
    device_stage(&d, 0, 2);
    device_request(&d, 1, BH_REQUEST_TEST, BH_OK);
    for (int i = 0; i < 5; i++)
        device_boots(&d, "2", BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
    assert_int_equal(d.w.power.ops, 0);
    device_close(&d);
}

/* --- versions that must be higher ----------------------------------------------------------- */

/* wolfBoot's rule: a staged image needs a higher version. Other products take an equal one. */
static void an_equal_version_where_it_must_be_newer(void **state)
{
    (void)state;
    for (int strict = 0; strict < 2; strict++)
        for (uint8_t version = 1; version < 3; version++) {
            bool refused = strict && version == 1;
            struct device d;

            device_open(&d, offset(), NULL);
            d.w.product.policy.only_newer = strict;
            device_stage(&d, 0, version);
            device_request(&d, 1, BH_REQUEST_TEST, BH_OK);
            device_boots(&d, version == 1 ? "1" : "2", refused ? BH_STATE_IDLE : BH_STATE_TRIAL,
                         refused ? BH_OUTCOME_REFUSED : BH_OUTCOME_NONE,
                         refused ? BH_REASON_DOWNGRADE : BH_REASON_NONE);
            device_close(&d);
        }
}

/* What is in primary counts, not what was confirmed last: 2 is put over 3, so that 3 is newer. */
static void newer_than_what_is_in_primary(void **state)
{
    (void)state;
    for (uint8_t version = 2; version < 4; version++) {
        struct device d;

        device_open(&d, offset(), NULL);
        d.w.product.policy.only_newer = true;
        device_stage(&d, 0, 3);
        device_request(&d, 1, BH_REQUEST_PERMANENT, BH_OK);
        device_boots(&d, "3", BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
        sim_world_install(&d.w, 0, d.image[0][2], d.len[0]);
        device_boots(&d, "2", BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
        device_stage(&d, 0, version);
        device_request(&d, 1, BH_REQUEST_TEST, BH_OK);
        if (version == 2)
            device_boots(&d, "2", BH_STATE_IDLE, BH_OUTCOME_REFUSED, BH_REASON_DOWNGRADE);
        else
            device_boots(&d, "3", BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
        device_close(&d);
    }
}

/* --- a restore that fails ------------------------------------------------------------------ */

static void a_failed_restore_is_told(void **state)
{
    static const enum sim_decay illnesses[] = { SIM_WORN, SIM_SPOILT };

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        const struct bh_record *truth;
        const struct bh_region *primary;
        struct device d;

        begin_trial(&d, offset());
        assert_true(sim_world_confirm(&d.w));
        device_boots(&d, "2", BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
        truth = &d.w.boot.journal.truth;
        primary = &d.w.pairs[0].primary;
        d.w.product.policy.allow_downgrade = true;
        device_poke(primary, 2 * 2048 + 300, 0x11);
        sim_flash_decay(device_chip(primary), primary->off + 2 * 2048, illnesses[i]);
        assert_true(sim_world_boot(&d.w));
        assert_int_equal(d.w.boot.action, BH_BOOT_RECOVER);
        assert_int_equal(truth->outcome, BH_OUTCOME_CONFIRMED); /* as it was: nothing is restored */
        assert_int_equal(truth->reason, BH_REASON_PRIMARY_PAGE);
        assert_int_equal(truth->fault, bh_fault(BH_FAULT_PRIMARY, true, 0, 2));
        /* and it is not tried again */
        assert_true(sim_world_boot(&d.w));
        assert_int_equal(d.w.boot.action, BH_BOOT_RECOVER);
        assert_int_equal(d.w.power.ops, 0);
        device_close(&d);
    }
}

static void a_restore_is_told(void **state)
{
    struct device d;

    (void)state;
    begin_trial(&d, offset());
    assert_true(sim_world_confirm(&d.w));
    device_boots(&d, "2", BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
    d.w.product.policy.allow_downgrade = true;
    device_poke(&d.w.pairs[0].primary, 2 * 2048 + 300, 0x11);
    device_boots(&d, "1", BH_STATE_IDLE, BH_OUTCOME_RESTORED, BH_REASON_PRIMARY_BAD);
    device_boots(&d, "1", BH_STATE_IDLE, BH_OUTCOME_RESTORED, BH_REASON_PRIMARY_BAD);
    assert_int_equal(d.w.power.ops, 0);
    device_close(&d);
}

/* A page that failed elsewhere does not keep primary from being restored. */
static void another_fault_does_not_forbid_a_restore(void **state)
{
    const struct bh_region *primary;
    struct device d;

    (void)state;
    device_open(&d, offset(), NULL);
    primary = &d.w.pairs[0].primary;
    device_stage(&d, 0, 2);
    device_request(&d, 1, BH_REQUEST_PERMANENT, BH_OK);
    sim_flash_decay(device_chip(primary), primary->off + primary->len - 1, SIM_WORN);
    device_boots(&d, "2", BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_MAILBOX_PAGE);
    assert_int_equal(d.w.boot.journal.truth.fault, bh_fault(BH_FAULT_CONFIRM, true, 0, 0));
    device_poke(primary, 2 * 2048 + 300, 0x11);
    device_boots(&d, "1", BH_STATE_IDLE, BH_OUTCOME_RESTORED, BH_REASON_PRIMARY_BAD);
    device_close(&d);
}

/* --- a page of the mailbox that is worn ---------------------------------------------------- */

/* Of the pair that is asked for. Where a confirm could not be written there is no trial; where a
 * request cannot be taken away it is not carried out again. The other pair is as it was. */
static void a_worn_page_of_the_mailbox_is_named(void **state)
{
    static const struct {
        enum bh_request request;
        enum bh_fault_kind kind;
        bool good;          /* the staged image */
        uint8_t then, last; /* the version that runs, after one boot and in the end */
        enum bh_outcome outcome;
        enum bh_reason reason;
    } rows[] = {
        { BH_REQUEST_TEST, BH_FAULT_CONFIRM, true, 1, 1, BH_OUTCOME_REVERTED,
          BH_REASON_MAILBOX_PAGE },
        { BH_REQUEST_PERMANENT, BH_FAULT_CONFIRM, true, 2, 2, BH_OUTCOME_CONFIRMED,
          BH_REASON_MAILBOX_PAGE },
        { BH_REQUEST_TEST, BH_FAULT_REQUEST, true, 2, 1, BH_OUTCOME_REVERTED,
          BH_REASON_MAILBOX_PAGE },
        { BH_REQUEST_PERMANENT, BH_FAULT_REQUEST, true, 2, 2, BH_OUTCOME_CONFIRMED,
          BH_REASON_MAILBOX_PAGE },
        { BH_REQUEST_TEST, BH_FAULT_REQUEST, false, 1, 1, BH_OUTCOME_REFUSED, BH_REASON_DIGEST },
        { BH_REQUEST_PERMANENT, BH_FAULT_REQUEST, false, 1, 1, BH_OUTCOME_REFUSED,
          BH_REASON_DIGEST },
    };
    static struct bh_product product;
    static struct bh_pair pairs[2];

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (uint8_t q = 0; q < 2; q++) {
            const struct bh_record *truth;
            const struct bh_region *slot;
            struct device d;

            device_twins(&product, pairs);
            device_open(&d, &product, NULL);
            truth = &d.w.boot.journal.truth;
            if (!rows[i].good)
                d.image[q][2][300] ^= 1;
            device_stage(&d, q, 2);
            device_request(&d, (uint8_t)(1u << q), rows[i].request, BH_OK);
            slot =
                rows[i].kind == BH_FAULT_CONFIRM ? &d.w.pairs[q].primary : &d.w.pairs[q].secondary;
            sim_flash_decay(device_chip(slot), slot->off + slot->len - 1, SIM_WORN);
            assert_true(sim_world_boot(&d.w));
            assert_int_equal(device_version(&d, q), rows[i].then);
            assert_int_equal(d.w.boot.reason, BH_REASON_MAILBOX_PAGE);
            assert_int_equal(truth->fault, bh_fault(rows[i].kind, true, q, 0));
            for (int n = 0; n < 3; n++)
                assert_true(sim_world_boot(&d.w));
            assert_int_equal(d.w.power.ops, 0);
            assert_int_equal(d.w.boot.action, BH_BOOT_START);
            assert_int_equal(device_version(&d, q), rows[i].last);
            assert_int_equal(device_version(&d, !q), 1);
            assert_int_equal(truth->state, BH_STATE_IDLE);
            assert_int_equal(truth->outcome, rows[i].outcome);
            assert_int_equal(truth->reason, rows[i].reason);
            assert_int_equal(truth->fault, bh_fault(rows[i].kind, true, q, 0));
            device_close(&d);
        }
}

/* Primary holds no image, one is asked for on trial, and the one that ran before is restored first.
 * The record names the image that was restored, not the one that is tried afterwards. */
static void a_restore_before_a_trial_is_told_by_itself(void **state)
{
    static struct bh_product product;
    static struct bh_pair pairs[2];
    uint32_t name[BH_NAME_WORDS];
    bool seen = false;

    (void)state;
    device_twins(&product, pairs);
    product.rescue = &bh_rescue;
    product.n_pairs = 1;
    pairs[0].image_max = pairs[0].chunk; /* then the backup stays when another one is staged */
    for (uint64_t at = 1; !seen; at++) {
        struct bh_journal j;
        struct device d;

        device_open(&d, &product, NULL);
        device_stage(&d, 0, 2);
        device_request(&d, 1, BH_REQUEST_PERMANENT, BH_OK);
        device_boots(&d, "2", BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
        memcpy(name, d.w.boot.journal.truth.pair[0].name_new, sizeof name);
        device_stage(&d, 0, 3);
        device_request(&d, 1, BH_REQUEST_TEST, BH_OK);
        device_poke(&d.w.pairs[0].primary, 0, 0);
        d.w.power.cut = (struct sim_cut){ .at = at, .when = SIM_CUT_AFTER };
        assert_false(sim_world_boot(&d.w)); /* or it went by unseen */
        sim_power_on(&d.w.power);
        assert_int_equal(bh_product_journal(&d.w.product, &d.w.work, &j), BH_OK);
        seen = j.truth.state == BH_STATE_RESCUING;
        if (seen)
            assert_memory_equal(j.truth.pair[0].name_new, name, sizeof name);
        device_close(&d);
    }
}

/* --- the journal of another layout ---------------------------------------------------------- */

/* At rest it is begun again: floors, versions and names hold, and nothing else of it does. */
static void another_layout_tells_of_no_act(void **state)
{
    static const uint32_t counters[] = { 10 };
    struct bh_journal j;
    struct device d;

    (void)state;
    device_open(&d, offset(), counters);
    device_stage(&d, 0, 2);
    device_request(&d, 1, BH_REQUEST_PERMANENT, BH_OK);
    sim_flash_decay(device_chip(&d.w.pairs[0].primary),
                    d.w.pairs[0].primary.off + d.w.pairs[0].primary.len - 1, SIM_WORN);
    for (int i = 0; i < 2; i++)
        device_boots(&d, "2", BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_MAILBOX_PAGE);
    d.w.product.layout ^= 0x100;
    assert_int_equal(bh_product_journal(&d.w.product, &d.w.work, &j), BH_OK);
    assert_false(j.found || j.settled || j.locked);
    assert_int_equal(j.why, BH_REASON_LAYOUT_CHANGED);
    assert_int_equal(j.truth.state, BH_STATE_NONE);
    assert_int_equal(j.truth.outcome | j.truth.reason | j.truth.fault, 0);
    assert_int_equal(j.truth.pair[0].size_old | j.truth.pair[0].size_new, 0);
    assert_int_equal(j.truth.pair[0].floor, 12);
    assert_int_equal(j.truth.pair[0].version[0], 2u << 24);
    device_boots(&d, "2", BH_STATE_IDLE, BH_OUTCOME_NONE, BH_REASON_LAYOUT_CHANGED);
    assert_int_equal(d.w.boot.journal.truth.layout, d.w.product.layout);
    assert_int_equal(d.w.boot.journal.truth.fault, 0);
    device_close(&d);
}

/* Nor of anything else that cannot be true here, such as a pair that this layout has not: the
 * record that begins the journal again would not be possible, and each boot would begin it
 * again. */
static void another_layout_is_left_once(void **state)
{
    struct bh_record was = { .state = BH_STATE_IDLE,
                             .outcome = BH_OUTCOME_GIVEN_UP,
                             .reason = BH_REASON_PRIMARY_PAGE,
                             .boots_left = 200,
                             .step = 60000,
                             .permanent = 1,
                             .to_new = 1,
                             .final = 1,
                             .left_alone = 2,
                             .fault = bh_fault(BH_FAULT_JOURNAL, true, 3, 999) };
    struct bh_journal j;
    struct device d;

    (void)state;
    device_open(&d, offset(), NULL);
    {
        const struct bh_journal_use use = { d.w.product.journal, &d.w.work, d.w.product.layout ^ 1,
                                            1 };

        sim_power_on(&d.w.power);
        assert_int_equal(bh_journal_open(&j, &use, NULL), BH_OK);
        assert_int_equal(bh_journal_state(&j, &was), BH_OK);
    }
    device_boots(&d, "1", BH_STATE_IDLE, BH_OUTCOME_NONE, BH_REASON_LAYOUT_CHANGED);
    assert_int_equal(d.w.boot.journal.truth.left_alone, 0);
    device_boots(&d, "1", BH_STATE_IDLE, BH_OUTCOME_NONE, BH_REASON_LAYOUT_CHANGED);
    assert_int_equal(d.w.power.ops, 0);
    assert_int_equal(d.w.boot.reason, BH_REASON_NONE);
    device_close(&d);
}

/* --- where an image may run ---------------------------------------------------------------- */

/* The image as imgtool's --rom-fixed makes it: it runs at this address alone. */
static void fix(struct device *d, uint8_t version, uint32_t addr)
{
    uint8_t *at = d->image[0][version];
    uint32_t end = d->len[0] - 4 - 4 - 32;
    struct bh_hash h;

    bh_store32(at + 4, addr);
    bh_store32(at + 16, bh_load32(at + 16) | 0x100);
    bh_hash_init(&h, &sim_quick_hash);
    bh_hash_update(&h, at, end);
    bh_hash_final(&h, at + end + 8);
}

static void an_image_for_another_address_is_refused(void **state)
{
    static const int32_t off[] = { -1, 0, 1, 0x10000 };

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t here;
        struct device d;

        device_open(&d, offset(), NULL);
        here = d.w.pairs[0].primary.flash->base + d.w.pairs[0].primary.off;
        fix(&d, 2, here + (uint32_t)off[i]);
        device_stage(&d, 0, 2);
        device_request(&d, 1, BH_REQUEST_PERMANENT, BH_OK);
        if (off[i])
            device_boots(&d, "1", BH_STATE_IDLE, BH_OUTCOME_REFUSED, BH_REASON_WRONG_SLOT);
        else
            device_boots(&d, "2", BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
        /* nor is one that a programmer put there */
        fix(&d, 3, here + (uint32_t)off[i]);
        sim_world_install(&d.w, 0, d.image[0][3], d.len[0]);
        assert_true(sim_world_boot(&d.w));
        assert_int_equal(device_version(&d, 0) == 3 && d.w.boot.action == BH_BOOT_START, !off[i]);
        device_close(&d);
    }
}

/* --- whose device it is for ---------------------------------------------------------------- */

#define VENDOR 0x74
#define CLASS 0x75

static const uint8_t ours[BH_UUID_LEN] = { 9, 8, 7, 6, 5, 4, 3, 2, 1, 10, 11, 12, 13, 14, 15, 16 };
static const uint8_t other[BH_UUID_LEN] = { 9, 8, 7, 6, 5, 4, 3, 2, 1, 10, 11, 12, 13, 14, 15, 17 };

static uint16_t entry(uint8_t *at, uint8_t type, const uint8_t *data, uint16_t len)
{
    bh_store16(at, type);
    bh_store16(at + 2, len);
    memcpy(at + 4, data, len);
    return (uint16_t)(4 + len);
}

/* What a product demands, what an image has, and whether it is for this product. */
static void an_image_of_another_product_is_refused(void **state)
{
    static const struct {
        bool want_vendor, want_class;
        const uint8_t *vendor, *class;
        uint16_t len;
        bool good;
    } rows[] = {
        { false, false, NULL, NULL, 16, true },  { false, false, other, other, 16, true },
        { true, false, ours, NULL, 16, true },   { true, false, NULL, ours, 16, false },
        { true, false, other, ours, 16, false }, { true, false, ours, other, 16, true },
        { true, false, ours, NULL, 15, false },  { false, true, NULL, ours, 16, true },
        { false, true, ours, NULL, 16, false },  { false, true, ours, other, 16, false },
        { false, true, NULL, ours, 15, false },  { true, true, ours, ours, 16, true },
        { true, true, ours, other, 16, false },  { true, true, other, ours, 16, false },
        { true, true, NULL, NULL, 16, false },   { true, true, ours, NULL, 16, false },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t entries[40];
        uint16_t len = 0;
        struct device d;

        device_open(&d, offset(), NULL);
        if (rows[i].class) /* the order does not matter */
            len = entry(entries, CLASS, rows[i].class, rows[i].len);
        if (rows[i].vendor)
            len = (uint16_t)(len + entry(entries + len, VENDOR, rows[i].vendor, rows[i].len));
        if (len)
            device_protect(&d, 0, 2, entries, len);
        d.w.product.policy.ids = bh_ids_mcuboot;
        d.w.pairs[0].vendor_id = rows[i].want_vendor ? ours : NULL;
        d.w.pairs[0].class_id = rows[i].want_class ? ours : NULL;
        device_stage(&d, 0, 2);
        device_request(&d, 1, BH_REQUEST_PERMANENT, BH_OK);
        assert_true(sim_world_boot(&d.w));
        if (device_version(&d, 0) != (rows[i].good ? 2 : 1))
            fail_msg("row %u: %s", i, bh_reason_text(d.w.boot.journal.truth.reason));
        if (!rows[i].good)
            assert_int_equal(d.w.boot.journal.truth.reason, BH_REASON_PRODUCT_ID);
        device_close(&d);
    }
}

/* --- a product that something is missing of ------------------------------------------------ */

/* Each by itself: nothing is started, nothing is written, and the reason is told. */
static void an_incomplete_product_starts_nothing(void **state)
{
    struct bh_key key = { 0 };

    (void)state;
    for (int i = 0; i <= 10; i++) {
        struct bh_product product;
        struct bh_policy *policy = &product.policy;
        struct bh_boot boot;
        struct device d;

        device_open(&d, offset(), NULL);
        product = d.w.product;
        switch (i) {
        case 0: break;
        case 1: product.pairs = NULL; break;
        case 2: product.n_pairs = 0; break;
        case 3: product.n_pairs = BH_PAIRS_MAX + 1; break;
        case 4: product.plan = NULL; break;
        case 5: policy->formats = NULL; break;
        case 6: policy->hash = NULL; break;
        case 7: policy->allow_unsigned = false; break;
        case 8: policy->n_keys = 1; break;
        case 9:
            policy->allow_unsigned = false;
            policy->keys = &key;
            break;
        default:
            policy->allow_unsigned = false;
            policy->n_keys = 1;
            break;
        }
        d.w.power.ops = 0;
        bh_boot_run(&product, &d.w.work, &boot);
        assert_int_equal(boot.action, i == 0 ? BH_BOOT_START : BH_BOOT_RECOVER);
        assert_int_equal(boot.reason, i == 0 ? BH_REASON_NONE : BH_REASON_PRODUCT);
        assert_int_equal(d.w.power.ops, 0);
        device_close(&d);
    }
}

/* --- the journal is read twice ------------------------------------------------------------- */

/* A glitch: a range reads as blank in the first so many reads of it after power-on. */
static struct {
    uint32_t off, len, reads;
} glitch;

static int read_with_a_glitch(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    int err = sim_flash_ops.read(f, off, buf, len);

    if (!err && glitch.reads && off < glitch.off + glitch.len && glitch.off < off + len) {
        glitch.reads--;
        memset(buf, f->erased, len);
    }
    return err;
}

static const struct bh_flash_ops glitchy = { .read = read_with_a_glitch,
                                             .program = program_as_ever,
                                             .erase = erase_as_ever };

/* The application confirms, and asks for an image with a lower counter before the next boot, which
 * raises the floor: it raises it before it looks at the request. */
static void a_floor_is_raised_before_the_next_request(void **state)
{
    static const uint32_t counters[] = { 10 };

    (void)state;
    for (uint8_t how = BH_REQUEST_TEST; how <= BH_REQUEST_PERMANENT; how++) {
        struct device d;

        device_open(&d, offset(), counters);
        d.w.product.policy.allow_downgrade = true;
        device_stage(&d, 0, 2);
        device_request(&d, 1, BH_REQUEST_TEST, BH_OK);
        device_boots(&d, "2", BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
        assert_true(sim_world_confirm(&d.w));
        device_stage(&d, 0, 1);
        device_request(&d, 1, (enum bh_request)how, BH_OK);
        device_boots(&d, "2", BH_STATE_IDLE, BH_OUTCOME_REFUSED, BH_REASON_FLOOR);
        assert_int_equal(d.w.boot.journal.truth.pair[0].floor, 12);
        device_close(&d);
    }
}

/* The floor is in the last statement. Hidden in one reading, an older image would pass. */
static void what_one_reading_hides_another_shows(void **state)
{
    static const uint32_t counters[] = { 10 };
    const struct bh_journal *j;
    struct bh_journal once;
    struct device d;
    uint32_t reads;

    (void)state;
    device_open(&d, offset(), counters);
    device_boots(&d, "1", BH_STATE_IDLE, BH_OUTCOME_NONE, BH_REASON_JOURNAL_NEW);
    device_stage(&d, 0, 2);
    device_request(&d, 1, BH_REQUEST_PERMANENT, BH_OK);
    device_boots(&d, "2", BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
    device_boots(&d, "2", BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
    j = &d.w.boot.journal;
    assert_int_equal(j->truth.pair[0].floor, 12);
    /* version 1 with counter 11 is programmed over it: below the floor */
    sim_world_install(&d.w, 0, d.image[0][1], d.len[0]);
    device_chip(&d.w.pairs[0].primary)->flash.ops = &glitchy;
    glitch.off = d.w.product.journal[j->page].off;
    glitch.len = d.w.product.journal[j->page].len;
    /* so many reads hide the page from one reading, and tell of an older floor */
    glitch.reads = 1000;
    assert_int_equal(bh_product_journal(&d.w.product, &d.w.work, &once), BH_OK);
    reads = 1000 - glitch.reads;
    assert_true(reads > 0 && once.truth.pair[0].floor < 12);
    for (int hidden = 0; hidden < 2; hidden++) {
        glitch.reads = hidden ? reads : 0;
        assert_true(sim_world_boot(&d.w));
        assert_int_equal(d.w.boot.action, BH_BOOT_RECOVER);
        assert_int_equal(d.w.boot.primary, BH_REASON_FLOOR);
        assert_int_equal(d.w.boot.read, BH_BOOT_READ);
        assert_int_equal(d.w.boot.journal.truth.pair[0].floor, 12);
        assert_int_equal(glitch.reads, 0);
    }
    device_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_confirmed),
        cmocka_unit_test(the_new_image_went_bad),
        cmocka_unit_test(the_staged_image_was_exchanged),
        cmocka_unit_test(a_first_install_is_for_good),
        cmocka_unit_test(an_equal_version_where_it_must_be_newer),
        cmocka_unit_test(newer_than_what_is_in_primary),
        cmocka_unit_test(a_failed_restore_is_told),
        cmocka_unit_test(a_restore_is_told),
        cmocka_unit_test(another_fault_does_not_forbid_a_restore),
        cmocka_unit_test(a_worn_page_of_the_mailbox_is_named),
        cmocka_unit_test(a_restore_before_a_trial_is_told_by_itself),
        cmocka_unit_test(another_layout_tells_of_no_act),
        cmocka_unit_test(another_layout_is_left_once),
        cmocka_unit_test(a_floor_is_raised_before_the_next_request),
        cmocka_unit_test(an_image_for_another_address_is_refused),
        cmocka_unit_test(an_image_of_another_product_is_refused),
        cmocka_unit_test(an_incomplete_product_starts_nothing),
        cmocka_unit_test(what_one_reading_hides_another_shows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
