/* SPDX-License-Identifier: Apache-2.0 */
/* Traces by which otadata once lost an application, or got one back. Each was seen from outside;
 * what makes their kind impossible is tested by closure.c. */
#include "sim/select/device.h"

#include "bulkhead/bytes.h"

#include "sim/inner.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define BLANK 0xFFFFFFFFu
#define CELL 32u

static struct device d;

static int close_device(void **state)
{
    (void)state;
    assert_false(d.strayed);
    assert_int_equal(d.chip.misuse.count, 0);
    device_close(&d);
    return 0;
}

static void begin(uint8_t unit, bool rollback)
{
    device_open(&d, unit, rollback, 1);
    device_records(&d, 1, BH_OTA_VALID, BLANK, 0);
    assert_int_equal(device_boot(&d), 0);
}

static struct bh_ota_record record(int copy)
{
    struct bh_ota_record r[2];

    device_read_records(&d, r);
    return r[copy];
}

static bool does(enum device_act act, int target)
{
    d.target = target;
    return device_perform(&d, act) && d.err == BH_OK;
}

static void mark_at(int sector, uint32_t cell, uint8_t kind, uint32_t seq)
{
    uint8_t bytes[CELL];

    memset(bytes, 0xFF, sizeof bytes);
    bh_store32(bytes, 0x4D684200u | kind);
    bh_store32(bytes + 4, seq);
    bh_store32(bytes + 28, bh_crc32(0, bytes, 28));
    sim_flash_fill(&d.chip, OTADATA_OFF + (uint32_t)sector * BH_OTADATA_COPY + cell * CELL, bytes,
                   sizeof bytes);
}

static void erase_all_but(int sector, uint32_t first, uint32_t n)
{
    uint32_t off = OTADATA_OFF + (uint32_t)sector * BH_OTADATA_COPY;
    uint8_t kept[CELL * 8];

    sim_flash_peek(&d.chip, off + first * CELL, kept, n * CELL);
    sim_power_on(&d.power);
    assert_int_equal(bh_flash_erase(d.product.flash, off, BH_OTADATA_COPY), BH_OK);
    sim_flash_fill(&d.chip, off + first * CELL, kept, n * CELL);
}

/* The erase with which the next update begins destroys the marks about the record that runs. */
static void marks_are_erased_one_by_one(void **state)
{
    (void)state;
    for (int ours = 0; ours < 2; ours++)
        for (uint32_t cell = 1; cell < 12; cell++)
            for (int booted = 0; booted < 2; booted++) {
                begin(1, true);
                assert_true(does(ours ? SET_BOOT : ESP_SET_BOOT, 1));
                assert_int_equal(device_boot(&d), 1);
                assert_int_equal(device_boot(&d), 0); /* a trial that failed, of the same number */
                assert_true(does(ours ? SET_BOOT : ESP_SET_BOOT, 1));
                assert_int_equal(device_boot(&d), 1);
                assert_true(does(ours ? CONFIRM : ESP_CONFIRM, 1));
                if (booted)
                    assert_int_equal(device_boot(&d), 1);
                erase_all_but(0, cell, 1);
                for (int i = 0; i < 3; i++)
                    assert_int_equal(device_boot(&d), 1);
                assert_int_equal(record(1).state, BH_OTA_VALID);
                device_close(&d);
            }
    begin(1, true);
}

/* The mirror: of an application that was aborted. */
static void an_aborted_one_gets_no_new_trial(void **state)
{
    (void)state;
    for (uint32_t cell = 1; cell < 12; cell++) {
        begin(1, true);
        assert_true(does(SET_BOOT, 1));
        assert_int_equal(device_boot(&d), 1);
        assert_int_equal(device_boot(&d), 0);
        erase_all_but(0, cell, 1);
        for (int i = 0; i < 3; i++)
            assert_int_not_equal(device_boot(&d), 1);
        device_close(&d);
    }
    begin(1, true);
}

/* Marks of a former version, which said by them what a record cannot. */
static void marks_of_former_versions(void **state)
{
    (void)state;
    begin(1, true);
    device_records(&d, 1, BH_OTA_VALID, 2, BH_OTA_VALID);
    for (uint8_t i = 0; i < 4; i++)
        mark_at(0, 8u + i, i < 2 ? (uint8_t)(i + 1) : (uint8_t)(i + 2), 2); /* B S K T */
    assert_int_equal(device_boot(&d), 1);
    assert_int_equal(record(1).state, BH_OTA_VALID);
}

/* Both records go, the second erase is torn: what was aborted does not come back. */
static void reset_brings_nothing_back(void **state)
{
    static const uint8_t units[] = { 1, 2, 4, 8, 16, 32 };

    (void)state;
    for (unsigned u = 0; u < sizeof units; u++)
        for (int pin = 0; pin < 2; pin++)
            for (uint64_t op = 1;; op++) {
                uint8_t blank[4] = { 0xFF, 0xFF, 0xFF, 0xFF };
                bool ended;

                device_open(&d, units[u], true, 1);
                device_records(&d, 3, BH_OTA_ABORTED, 2, BH_OTA_INVALID);
                assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
                d.inputs.factory_reset = pin;
                d.target = BH_ESP_FACTORY;
                d.power.cut = (struct sim_cut){ .at = op, .when = SIM_CUT_BEFORE };
                ended = device_perform(&d, pin ? BOOT : SET_BOOT);
                d.power.cut.at = 0;
                d.inputs.factory_reset = false;
                if (!ended && d.struck.kind == SIM_ERASE) /* torn in the state */
                    sim_flash_fill(&d.chip, d.struck.off + 24, blank, sizeof blank);
                assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
                device_close(&d);
                if (ended)
                    break;
            }
    begin(1, true);
}

/* Without rollback: the erase of an INVALID record, torn in its state, is no choice. */
static void a_torn_choice_starts_nothing_invalid(void **state)
{
    static const uint8_t units[] = { 1, 2, 4, 8, 16, 32 };

    (void)state;
    for (unsigned u = 0; u < sizeof units; u++)
        for (uint64_t op = 1;; op++) {
            uint8_t blank[4] = { 0xFF, 0xFF, 0xFF, 0xFF };
            bool ended;

            begin(units[u], false);
            device_records(&d, 1, BH_OTA_UNDEFINED, 3, BH_OTA_INVALID);
            assert_int_equal(device_boot(&d), 0);
            d.target = 2;
            d.power.cut = (struct sim_cut){ .at = op, .when = SIM_CUT_BEFORE };
            ended = device_perform(&d, SET_BOOT);
            d.power.cut.at = 0;
            if (!ended && d.struck.kind == SIM_ERASE)
                sim_flash_fill(&d.chip, d.struck.off + 24, blank, sizeof blank);
            assert_int_equal(device_boot(&d), ended ? 2 : 0);
            device_close(&d);
            if (ended)
                break;
        }
    begin(1, false);
}

/* What runs is not what the record says: it cannot confirm or reject that. */
static void another_one_is_not_confirmed(void **state)
{
    const struct sim_fault unreadable = { 0x30000, 0x1000, true, false, false };

    (void)state;
    begin(1, true);
    assert_true(does(SET_BOOT, 1));
    d.chip.faults = &unreadable;
    d.chip.n_faults = 1;
    assert_int_equal(device_boot(&d), 0);
    assert_int_equal(bh_select_confirm(&d.product, 0, &d.work), BH_ERR_STATE);
    assert_int_equal(bh_select_reject(&d.product, 0, &d.inputs, &d.work), BH_ERR_STATE);
    assert_int_equal(bh_select_confirm(&d.product, BH_ESP_FACTORY, &d.work), BH_ERR_STATE);
    d.chip.n_faults = 0;
    assert_int_equal(record(1).state, BH_OTA_NEW);
    assert_int_equal(device_boot(&d), 1);
    assert_int_equal(bh_select_confirm(&d.product, 1, &d.work), BH_OK);
}

/* A fresh eFuse says 0, and is raised; by what was confirmed, and by nothing else. */
static void the_floor_rises_after_a_confirm(void **state)
{
    (void)state;
    device_open(&d, 1, true, 1);
    d.inputs.anti_rollback = true;
    device_install(&d, 0, 2);
    device_install(&d, 1, 3);
    device_damage(&d, BH_ESP_FACTORY);
    assert_int_equal(device_boot(&d), 0); /* a fallback, and nobody confirmed it */
    assert_int_equal(d.boot.raise_floor, 0);
    assert_int_equal(device_boot(&d), 0);
    assert_int_equal(d.boot.raise_floor, 0);
    assert_int_equal(bh_select_confirm(&d.product, 0, &d.work), BH_OK);
    assert_int_equal(record(0).state, BH_OTA_VALID);
    assert_int_equal(device_boot(&d), 0);
    assert_int_equal(d.boot.raise_floor, 2);
    d.inputs.floor = 2;
    assert_true(does(SET_BOOT, 1));
    assert_int_equal(device_boot(&d), 1);
    assert_int_equal(d.boot.raise_floor, 0);
    assert_int_equal(bh_select_confirm(&d.product, 1, &d.work), BH_OK);
    assert_int_equal(device_boot(&d), 1);
    assert_int_equal(d.boot.raise_floor, 3);
    d.inputs.anti_rollback = false; /* then nothing is raised, and no floor holds */
    d.inputs.floor = 9;
    assert_int_equal(device_boot(&d), 1);
    assert_int_equal(d.boot.raise_floor, 0);
}

/* Boots break down, at one place or anywhere. They erase some thirty times at most, and then no
 * more; once the supply is good the trial is over and nothing is written. wear.c does all of it. */
static void a_supply_that_breaks_down(void **state)
{
    static const enum sim_when when[] = { SIM_CUT_AFTER, SIM_CUT_TORN };
    const int boots = 120;

    (void)state;
    for (uint64_t place = 0; place < 60; place++)
        for (int first = 0; first < 2; first++) {
            uint64_t erases, last = 0;
            int old = first ? BH_ESP_FACTORY : 0;

            device_open(&d, 1, true, 1);
            device_records(&d, first ? BLANK : 1, BH_OTA_VALID, BLANK, 0);
            assert_int_equal(device_boot(&d), old);
            assert_true(does(SET_BOOT, 1));
            erases = d.erases;
            for (int i = 0; i < boots; i++) {
                uint64_t draw = place < 20 ? place : sim_mix(place << 32 | (unsigned)i);

                d.power.cut = (struct sim_cut){ .at = 1 + draw % 10,
                                                .when = when[draw / 10 % 2],
                                                .shape = SIM_MIX };
                last = d.erases;
                (void)device_perform(&d, BOOT);
                if (i > boots - 40)
                    assert_int_equal(d.erases, last);
            }
            d.power.cut.at = 0;
            assert_true(d.erases - erases <= 40);
            for (int i = 0; i < 4; i++)
                (void)device_boot(&d);
            assert_true(device_boot(&d) == old || d.boot.reason == BH_REASON_NO_WAY_BACK);
            assert_int_equal(d.power.ops, 0);
            assert_true(does(SET_BOOT, 2));
            assert_int_equal(device_boot(&d), 2);
            device_close(&d);
        }
    begin(1, true);
}

/* set_boot(0), set_boot(1), ota_1 is rejected: what the second choice replaced is not tried. */
static void a_superseded_choice_is_over(void **state)
{
    static const uint8_t units[] = { 1, 2, 4, 8, 16, 32 };

    (void)state;
    for (unsigned u = 0; u < sizeof units; u++)
        for (int rejected = 0; rejected < 2; rejected++) {
            device_open(&d, units[u], true, 1);
            assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
            assert_true(does(SET_BOOT, 0));
            assert_true(does(SET_BOOT, 1));
            assert_int_equal(device_boot(&d), 1);
            if (rejected)
                assert_true(does(REJECT, 1));
            for (int i = 0; i < 3; i++)
                assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
            device_close(&d);
        }
    begin(1, true);
}

/* At the end of the sequence numbers the confirmed record is there at every cut. */
static void numbers_end_without_a_loss(void **state)
{
    (void)state;
    for (unsigned take_back = 0; take_back < 2; take_back++)
        for (uint64_t op = 1;; op++) {
            bool ended;
            int index;

            device_open(&d, 4, true, 1);
            device_records(&d, 0xFFFFFFFD, BH_OTA_VALID, take_back ? 0xFFFFFFFE : BLANK,
                           BH_OTA_NEW);
            device_damage(&d, BH_ESP_FACTORY);
            device_damage(&d, 2);
            if (!take_back)
                device_records(&d, 0xFFFFFFFE, BH_OTA_VALID, BLANK, 0); /* ota_1 */
            d.target = 0;
            d.power.cut = (struct sim_cut){ .at = op, .when = SIM_CUT_AFTER };
            ended = device_perform(&d, SET_BOOT);
            d.power.cut.at = 0;
            index = device_boot(&d);
            if (take_back) /* ota_0 runs; ota_1 was chosen, and is not any more */
                assert_true(ended ? index == 0 : index == 0 || index == 1);
            else
                assert_true(ended ? index == 0 : index == 0 || index == 1);
            if (index != (take_back ? 0 : 1))
                assert_int_equal(device_boot(&d), take_back ? 0 : 1); /* after its trial */
            device_close(&d);
            if (ended)
                break;
        }
    begin(1, true);
}

/* One sector cannot be read: the other record starts, and nothing is concluded. */
static void one_sector_that_cannot_be_read(void **state)
{
    struct sim_fault lost = { OTADATA_OFF, BH_OTADATA_COPY, true, false, false };

    (void)state;
    begin(1, true);
    assert_true(does(SET_BOOT, 1));
    assert_int_equal(device_boot(&d), 1);
    assert_true(does(CONFIRM, 1));
    assert_int_equal(device_boot(&d), 1);
    d.chip.faults = &lost;
    d.chip.n_faults = 1;
    assert_int_equal(device_boot(&d), 1);
    assert_int_equal(d.power.ops, 0);
    assert_int_equal(d.boot.reason, BH_REASON_OTADATA);
    lost.off += BH_OTADATA_COPY; /* a mark in the other one says that its record was confirmed */
    assert_int_equal(device_boot(&d), 1);
    d.chip.n_faults = 0;
    assert_int_equal(device_boot(&d), 1);
    assert_int_equal(record(1).state, BH_OTA_VALID);
}

/* The marks would go into a sector that cannot be read: nothing is written. */
static void no_trial_beside_a_lost_sector(void **state)
{
    const struct sim_fault lost = { OTADATA_OFF, BH_OTADATA_COPY, true, false, false };

    (void)state;
    begin(1, true);
    assert_true(does(SET_BOOT, 1));
    d.chip.faults = &lost;
    d.chip.n_faults = 1;
    assert_int_not_equal(device_boot(&d), 1);
    assert_int_equal(d.power.ops, 0);
    d.chip.n_faults = 0;
    assert_int_equal(record(0).state, BH_OTA_VALID);
    assert_int_equal(device_boot(&d), 1);
    assert_int_equal(device_boot(&d), 0);
}

/* Factory is chosen: at each cut the choice is as it was, or gone, and never the other record's. */
static void factory_is_chosen_in_order(void **state)
{
    (void)state;
    for (unsigned top = 0; top < 2; top++)
        for (uint64_t op = 1;; op++) {
            bool ended;
            int index;

            device_open(&d, 4, true, 1);
            device_records(&d, top ? 1 : 5, BH_OTA_VALID, 2, BH_OTA_VALID);
            assert_int_equal(device_boot(&d), 1); /* of either record that counts */
            d.target = BH_ESP_FACTORY;
            d.power.cut = (struct sim_cut){ .at = op, .when = SIM_CUT_AFTER };
            ended = device_perform(&d, SET_BOOT);
            d.power.cut.at = 0;
            index = device_boot(&d);
            assert_true(index == BH_ESP_FACTORY || (!ended && index == 1));
            device_close(&d);
            if (ended)
                break;
        }
    begin(1, true);
}

/* The chosen one was verified, then all others, which do not: it is verified again before it is
 * started. */
static void what_starts_was_verified_last(void **state)
{
    const struct sim_fault dead = { OTADATA_OFF, BH_OTADATA_LEN, false, true, true };

    (void)state;
    begin(1, true);
    assert_true(does(SET_BOOT, 1));
    for (int i = BH_ESP_FACTORY; i < 3; i++)
        if (i != 1)
            device_damage(&d, i);
    d.chip.faults = &dead;
    d.chip.n_faults = 1;
    assert_int_equal(device_boot(&d), 1);
    assert_int_equal(d.boot.verdict, BH_VERDICT_GOOD);
    assert_int_equal(d.boot.start.off, 0x30000);
    d.chip.n_faults = 0;
}

/* Nobody else is above the floor: then there is nowhere to go. */
static void no_reject_to_below_the_floor(void **state)
{
    (void)state;
    begin(1, true);
    device_install(&d, 1, 3);
    assert_true(does(SET_BOOT, 1));
    assert_int_equal(device_boot(&d), 1);
    d.inputs.anti_rollback = true;
    d.inputs.floor = 2;
    assert_int_equal(bh_select_reject(&d.product, 1, &d.inputs, &d.work), BH_ERR_REFUSED);
    device_install(&d, 2, 2);
    assert_int_equal(bh_select_reject(&d.product, 1, &d.inputs, &d.work), BH_OK);
}

/* ---- what goes where something was torn ---- */

static struct sim_reading reading;

static struct sim_reading as_told(void *context, const struct sim_flash *flash,
                                  const struct sim_tear *tear)
{
    (void)context;
    (void)flash;
    (void)tear;
    return reading;
}

/* An operation whose damage reads as `reads` from now on, until that is changed. */
static void tear(enum device_act act, uint64_t op, struct sim_reading reads)
{
    reading = reads;
    d.power.choose = as_told;
    d.power.cut =
        (struct sim_cut){ .at = op, .when = SIM_CUT_TORN, .shape = SIM_MEANT, .unstable = true };
    assert_false(device_perform(&d, act));
    d.power.cut.at = 0;
}

/* A record that was given up goes, and its erase leaves all but state, note and cells. */
static void what_is_replaced_stays_over(void **state)
{
    static const uint8_t units[] = { 1, 2, 4, 8, 16, 32 };

    (void)state;
    for (unsigned u = 0; u < sizeof units; u++)
        for (uint64_t op = 1;; op++) {
            uint8_t before[CELL], blank[24];
            bool ended;

            begin(units[u], true);
            assert_true(does(SET_BOOT, 1));
            assert_int_equal(device_boot(&d), 1);
            assert_int_equal(device_boot(&d), 0);
            sim_flash_peek(&d.chip, OTADATA_OFF + BH_OTADATA_COPY, before, sizeof before);
            d.target = 2;
            d.power.cut = (struct sim_cut){ .at = op, .when = SIM_CUT_AFTER };
            ended = device_perform(&d, SET_BOOT);
            d.power.cut.at = 0;
            if (!ended && d.struck.kind == SIM_ERASE && units[u] > 1) {
                memset(before + 4, 0xFF, sizeof blank);
                sim_flash_fill(&d.chip, d.struck.off, before, sizeof before);
            }
            if (device_boot(&d) == 1)
                fail_msg("unit %u, operation %u", units[u], (unsigned)op);
            device_close(&d);
            if (ended)
                break;
        }
    begin(1, true);
}

/* A choice is taken back, and its erase leaves it as one that was confirmed. */
static void what_is_taken_back_is_not_confirmed(void **state)
{
    static const uint8_t units[] = { 1, 2, 4, 8, 16, 32 };

    (void)state;
    for (unsigned u = 0; u < sizeof units; u++)
        for (uint64_t op = 1;; op++) {
            uint8_t before[CELL];
            bool ended;

            begin(units[u], true);
            assert_true(does(SET_BOOT, 1));
            sim_flash_peek(&d.chip, OTADATA_OFF + BH_OTADATA_COPY, before, sizeof before);
            before[24] = BH_OTA_VALID;
            d.target = 2;
            d.power.cut = (struct sim_cut){ .at = op, .when = SIM_CUT_AFTER };
            ended = device_perform(&d, SET_BOOT);
            d.power.cut.at = 0;
            if (!ended && d.struck.kind == SIM_ERASE && units[u] > 1)
                sim_flash_fill(&d.chip, d.struck.off, before, sizeof before);
            for (int i = 0; i < 3; i++)
                (void)device_boot(&d);
            if (device_boot(&d) != 0)
                fail_msg("unit %u, operation %u", units[u], (unsigned)op);
            device_close(&d);
            if (ended)
                break;
        }
    begin(1, true);
}

/* The sector of the other record was torn while it was erased: its record is gone, and the marks of
 * an earlier trial are not. What is written there could fade. */
static void nothing_goes_into_a_torn_sector(void **state)
{
    const struct sim_reading but_the_record = { SIM_PREFIX, CELL - 1 };
    uint8_t blank[BH_OTADATA_COPY];

    (void)state;
    for (int marked = 0; marked < 2; marked++) {
        begin(1, true);
        device_records(&d, 1, BH_OTA_VALID, 2, BH_OTA_VALID);
        if (marked) {
            mark_at(0, 6, BH_MARK_BEGIN, 2);
            mark_at(0, 7, BH_MARK_STARTED, 2);
        }
        assert_int_equal(device_boot(&d), 1);
        tear(ESP_BEGIN, 1, but_the_record);
        memset(blank, 0xFF, sizeof blank); /* no vouch is left of it; chosen again, or on trial */
        sim_flash_fill(&d.chip, OTADATA_OFF + BH_OTADATA_COPY, blank, sizeof blank);
        device_records(&d, BLANK, 0, 2, marked ? BH_OTA_NEW : BH_OTA_PENDING_VERIFY);
        assert_int_equal(device_boot(&d), marked ? 1 : BH_ESP_FACTORY);
        assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
        assert_int_equal(d.chip.counts.spoiled, 0);
        device_close(&d);
    }
    begin(1, true);
}

/* STARTED was torn and looks blank. The application is damaged since: OVER goes elsewhere. */
static void a_torn_mark_is_left_alone(void **state)
{
    (void)state;
    begin(1, true);
    d.product.trial_boots = 3;
    assert_true(does(SET_BOOT, 1));
    assert_int_equal(device_boot(&d), 1);
    tear(BOOT, 1, (struct sim_reading){ SIM_BLANK, 0 });
    sim_power_on(&d.power);
    device_damage(&d, 1);
    assert_int_equal(device_boot(&d), 0);
    assert_int_equal(record(1).state, BH_OTA_INVALID);
    assert_int_equal(d.chip.counts.spoiled, 0);
    device_install(&d, 1, 0);
    reading = (struct sim_reading){ SIM_MEANT, 0 };
    assert_int_equal(device_boot(&d), 0);
}

/* The sector of what runs can no longer be written: only a mark in the other one says that it was
 * confirmed. It does not go for an update, which fails instead. */
static void a_confirm_outlives_its_sector(void **state)
{
    enum bh_reason why;

    (void)state;
    begin(1, true);
    assert_true(does(SET_BOOT, 1));
    assert_int_equal(device_boot(&d), 1);
    sim_flash_decay(&d.chip, OTADATA_OFF + BH_OTADATA_COPY, SIM_WORN);
    assert_int_not_equal(bh_select_confirm(&d.product, 1, &d.work), BH_OK);
    assert_int_equal(device_boot(&d), 1);
    assert_int_not_equal(bh_select_set_boot(&d.product, 0, &d.inputs, &d.work, &why), BH_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(device_boot(&d), 1);
}

/* ---- the product, and its otadata ---- */

static void a_product_is_checked(void **state)
{
    struct bh_select p;
    struct bh_work small = { d.work.buf, BH_WORK_MIN - 1 };
    const struct bh_key key = { .algo = &bh_p256 };

    (void)state;
    begin(1, true);
    small.buf = d.work.buf;
    p = d.product;
    assert_int_equal(bh_select_check(&p, &d.work), BH_OK);
    assert_int_equal(bh_select_check(&p, &small), BH_ERR_PRODUCT);
    p.trial_boots = BH_SELECT_TRIAL_MAX;
    assert_int_equal(bh_select_check(&p, &d.work), BH_OK);
    p.trial_boots++;
    assert_int_equal(bh_select_check(&p, &d.work), BH_ERR_PRODUCT);
    p.trial_boots = 0;
    assert_int_equal(bh_select_check(&p, &d.work), BH_ERR_PRODUCT);
    p.rollback = false;
    assert_int_equal(bh_select_check(&p, &d.work), BH_OK);
    p.flash = NULL;
    assert_int_equal(bh_select_check(&p, &d.work), BH_ERR_PRODUCT);
    p = d.product;
    p.chip = NULL;
    assert_int_equal(bh_select_check(&p, &d.work), BH_ERR_PRODUCT);
    p = d.product;
    p.table_off = DEVICE_SIZE - 1;
    assert_int_equal(bh_select_check(&p, &d.work), BH_ERR_PRODUCT);
    p = d.product;
    p.policy.formats = NULL;
    assert_int_equal(bh_select_check(&p, &d.work), BH_ERR_PRODUCT);
    p = d.product;
    p.policy.hash = NULL;
    assert_int_equal(bh_select_check(&p, &d.work), BH_ERR_PRODUCT);
    p = d.product;
    p.policy.allow_unsigned = false; /* and no key */
    assert_int_equal(bh_select_check(&p, &d.work), BH_ERR_PRODUCT);
    p.policy.keys = &key;
    p.policy.n_keys = 1;
    assert_int_equal(bh_select_check(&p, &d.work), BH_OK);
    p.policy.allow_unsigned = true; /* then what is the key for? */
    assert_int_equal(bh_select_check(&p, &d.work), BH_ERR_PRODUCT);
    d.product.trial_boots = 9;
    assert_int_equal(device_boot(&d), BH_ESP_NONE);
    assert_int_equal(d.boot.reason, BH_REASON_PRODUCT);
    assert_int_equal(bh_select_confirm(&d.product, 0, &d.work), BH_ERR_PRODUCT);
}

/* otadata of one sector, of three, and slots without length. */
static void rows_that_are_none(void **state)
{
    static const uint32_t lengths[] = { 0x1000, 0x3000 };

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        const struct bh_partition rows[] = {
            { BH_TYPE_DATA, BH_DATA_OTA, OTADATA_OFF, lengths[i], 0, "otadata" },
            { BH_TYPE_APP, BH_APP_FACTORY, 0x10000, 0x10000, 0, "factory" },
            { BH_TYPE_APP, BH_APP_OTA, 0x20000, 0x10000, 0, "ota_0" },
            { .len = 0 },
        };

        device_open_table(&d, 1, rows);
        device_install(&d, BH_ESP_FACTORY, 0);
        device_install(&d, 0, 0);
        device_records(&d, 1, BH_OTA_VALID, BLANK, 0);
        assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
        assert_int_equal(d.boot.reason, BH_REASON_OTADATA);
        assert_int_equal(d.power.ops, 0);
        device_close(&d);
    }
    begin(1, true);
    sim_flash_fill(&d.chip, BH_TABLE_OFF + 3 * BH_TABLE_ROW + 8, "\0\0\0\0", 4); /* ota_1 */
    device_records(&d, 2, BH_OTA_VALID, 1, BH_OTA_VALID);
    assert_int_equal(device_boot(&d), 0); /* of one slot */
    assert_int_equal(bh_select_confirm(&d.product, 1, &d.work), BH_ERR_STATE);
    assert_false(does(SET_BOOT, 2));
    assert_int_equal(d.err, BH_ERR_ABSENT);
}

/* ---- images, signed or not, that are not for this chip ---- */

static uint32_t slot_off(int index)
{
    return 0x20000u + 0x10000u * (uint32_t)index;
}

/* Bytes of the image in ota_1 become others, and checksum and digest are right again. */
static void change_image(uint32_t off, const void *bytes, uint32_t len, bool sum)
{
    uint8_t image[BH_ESPRESSIF_HEADER_LEN + 8 + 256 + 16 + 32], x = BH_ESPRESSIF_CHECKSUM_SEED;
    uint32_t end = ((BH_ESPRESSIF_HEADER_LEN + 8 + 256) | 15u) + 1;
    struct bh_hash h;

    device_install(&d, 1, 0);
    sim_flash_peek(&d.chip, slot_off(1), image, sizeof image);
    memcpy(image + off, bytes, len);
    for (uint32_t i = 0; i < 256; i++)
        x ^= image[BH_ESPRESSIF_APP_OFF + i];
    if (sum)
        image[end - 1] = x;
    bh_hash_init(&h, &bh_sha256);
    bh_hash_update(&h, image, end);
    bh_hash_final(&h, image + end);
    sim_flash_fill(&d.chip, slot_off(1), image, end + 32);
}

static void images_for_another_chip(void **state)
{
    static const struct {
        uint32_t off;
        uint8_t bytes[4];
        uint32_t len;
        bool sum;
        enum bh_reason why;
    } rows[] = {
        { BH_ESPRESSIF_OFF_CHIP, { 5, 0 }, 2, true, BH_REASON_NONE },
        { BH_ESPRESSIF_OFF_CHIP, { 9, 0 }, 2, true, BH_REASON_CHIP },
        { BH_ESPRESSIF_OFF_CHIP, { 5, 1 }, 2, true, BH_REASON_CHIP },
        { BH_ESPRESSIF_OFF_MIN_REV, { 3, 0 }, 2, true, BH_REASON_NONE }, /* revision is v0.3 */
        { BH_ESPRESSIF_OFF_MIN_REV, { 4, 0 }, 2, true, BH_REASON_CHIP_REVISION },
        { BH_ESPRESSIF_OFF_MAX_REV, { 3, 0 }, 2, true, BH_REASON_NONE },
        { BH_ESPRESSIF_OFF_MAX_REV, { 2, 0 }, 2, true, BH_REASON_CHIP_REVISION },
        { BH_ESPRESSIF_OFF_MAX_REV, { 0xFF, 0xFF }, 2, true, BH_REASON_NONE },
        { BH_ESPRESSIF_OFF_HASH, { 2 }, 1, true, BH_REASON_NO_DIGEST },
        { BH_ESPRESSIF_APP_OFF + 250, { 1 }, 1, false, BH_REASON_CHECKSUM },
        { 24, { 0x20, 0, 0, 0x40 }, 4, true, BH_REASON_WRONG_SLOT }, /* the ROM */
        { 24, { 0x24, 0, 0, 0x3C }, 4, true, BH_REASON_WRONG_SLOT }, /* cannot be mapped so */
        { 24, { 0x20, 0, 1, 0x3C }, 4, true, BH_REASON_NONE },
        { 24, { 0x04, 0xFF, 0xCD, 0x3F }, 4, true, BH_REASON_WRONG_SLOT }, /* RAM, and beyond */
        { 24, { 0x00, 0xFF, 0xCD, 0x3F }, 4, true, BH_REASON_NONE },
        { 24, { 0xFC, 0xFF, 0xC7, 0x3F }, 4, true, BH_REASON_WRONG_SLOT },
        { 24, { 0x00, 0, 0, 0 }, 4, true, BH_REASON_NONE }, /* padding */
    };
    enum bh_reason why;

    (void)state;
    begin(1, true);
    d.inputs.revision = 3;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int err;

        change_image(rows[i].off, rows[i].bytes, rows[i].len, rows[i].sum);
        err = bh_select_set_boot(&d.product, 1, &d.inputs, &d.work, &why);
        if (why != rows[i].why || err != (why ? BH_ERR_REFUSED : BH_OK))
            fail_msg("row %u: reason %d, error %d", i, (int)why, err);
        device_records(&d, 1, BH_OTA_VALID, 2, BH_OTA_VALID);
        assert_int_equal(device_boot(&d), why ? 0 : 1);
        device_close(&d);
        begin(1, true);
        d.inputs.revision = 3;
    }
    d.product.chip = &bh_espressif_any; /* then the checksum is what is left */
    change_image(BH_ESPRESSIF_OFF_CHIP, "\x09", 1, true);
    assert_int_equal(bh_select_set_boot(&d.product, 1, &d.inputs, &d.work, &why), BH_OK);
    change_image(BH_ESPRESSIF_APP_OFF + 250, "\x01", 1, false);
    assert_int_equal(bh_select_set_boot(&d.product, 1, &d.inputs, &d.work, &why), BH_ERR_REFUSED);
    assert_int_equal(why, BH_REASON_CHECKSUM);
}

static void nothing_starts(void **state)
{
    (void)state;
    begin(1, true);
    assert_true(does(SET_BOOT, 1));
    for (int i = BH_ESP_TEST; i < 3; i++)
        device_damage(&d, i);
    memset(&d.boot, 0x55, sizeof d.boot);
    assert_true(device_perform(&d, BOOT));
    assert_int_equal(d.boot.action, BH_BOOT_RECOVER);
    assert_int_equal(d.boot.index, BH_ESP_NONE);
    assert_int_equal(d.boot.reason, BH_REASON_NOTHING_BOOTABLE);
    assert_int_equal(d.boot.refused, BH_REASON_DIGEST);
    assert_int_equal(d.boot.raise_floor, 0);
    assert_int_not_equal(d.boot.verdict, BH_VERDICT_GOOD);
    assert_int_equal(d.power.ops, 0);
    assert_int_equal(record(1).state, BH_OTA_NEW); /* nothing is concluded from it */
}

/* The record beside the choice was given up, and has marks about the choice: they do not bring it
 * back once factory was chosen. */
static void factory_is_chosen_for_good(void **state)
{
    static const uint8_t units[] = { 1, 2, 4, 8, 16, 32 };

    (void)state;
    for (unsigned u = 0; u < sizeof units; u++)
        for (unsigned way = 0; way < 6; way++) {
            device_open(&d, units[u], true, 1);
            device_records(&d, 3, BH_OTA_ABORTED, BLANK, 0);
            assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
            assert_true(does(SET_BOOT, 1)); /* NEW, on trial, confirmed */
            if (way / 2 > 0)
                assert_int_equal(device_boot(&d), 1);
            if (way / 2 > 1)
                assert_true(does(CONFIRM, 1));
            d.inputs.factory_reset = way % 2;
            if (way % 2 || way / 2 == 1) /* an application on trial cannot choose */
                (void)device_boot(&d);
            else
                assert_true(does(SET_BOOT, BH_ESP_FACTORY));
            d.inputs.factory_reset = false;
            for (int i = 0; i < 3; i++)
                assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
            assert_int_equal(d.power.ops, 0);
            device_close(&d);
        }
    begin(1, true);
}

/* Factory is chosen over choices that were never tried, and an erase of theirs is torn in the
 * state: it leaves none that needs no trial. */
static void a_torn_way_back_leaves_no_choice(void **state)
{
    static const uint8_t units[] = { 1, 2, 4, 8, 16, 32 };

    (void)state;
    for (unsigned u = 0; u < sizeof units; u++)
        for (unsigned two = 0; two < 2; two++)
            for (uint64_t op = 1;; op++) {
                uint8_t before[2][CELL];
                bool ended;

                device_open(&d, units[u], true, 1);
                assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
                assert_true(does(SET_BOOT, 0));
                if (two)
                    assert_true(does(SET_BOOT, 1));
                for (uint32_t i = 0; i < 2; i++) {
                    sim_flash_peek(&d.chip, OTADATA_OFF + i * BH_OTADATA_COPY, before[i], CELL);
                    memset(before[i] + 24, 0xFF, 4);
                }
                d.target = BH_ESP_FACTORY;
                d.power.cut = (struct sim_cut){ .at = op, .when = SIM_CUT_AFTER };
                ended = device_perform(&d, SET_BOOT);
                d.power.cut.at = 0;
                if (!ended && d.struck.kind == SIM_ERASE && units[u] > 1)
                    sim_flash_fill(&d.chip, d.struck.off, before[d.struck.off > OTADATA_OFF], CELL);
                for (int i = 0; i < 4; i++)
                    (void)device_boot(&d);
                if (device_boot(&d) != BH_ESP_FACTORY)
                    fail_msg("unit %u, two %u, operation %u", units[u], two, (unsigned)op);
                device_close(&d);
                if (ended)
                    break;
            }
    begin(1, true);
}

/* An application that is absent was not refused. */
static void what_is_absent_is_not_refused(void **state)
{
    const struct bh_partition rows[] = {
        { BH_TYPE_DATA, BH_DATA_OTA, OTADATA_OFF, BH_OTADATA_LEN, 0, "otadata" },
        { BH_TYPE_APP, BH_APP_OTA, 0x20000, 0x10000, 0, "ota_0" },
        { BH_TYPE_APP, BH_APP_OTA + 1, 0x30000, 0x10000, 0, "ota_1" },
        { .len = 0 },
    };

    (void)state;
    device_open_table(&d, 1, rows);
    device_install(&d, 0, 0);
    assert_int_equal(device_boot(&d), 0);
    assert_int_equal(d.boot.refused, BH_REASON_NONE);
    device_records(&d, 2, BH_OTA_VALID, BLANK, 0);
    assert_int_equal(device_boot(&d), 0);
    assert_int_equal(d.boot.refused, BH_REASON_NO_IMAGE); /* ota_1 is there, and empty */
}

/* A trial goes on when its marks are read again, in the boot in which factory was chosen by pin. */
static void marks_are_read_anew(void **state)
{
    (void)state;
    begin(1, true);
    d.product.trial_boots = 3;
    assert_true(does(SET_BOOT, 1));
    assert_int_equal(device_boot(&d), 1);
    d.inputs.factory_reset = true;
    d.erases = 0;
    assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
    assert_int_equal(d.erases, 2);
    assert_int_equal(record(0).seq, BLANK);
    assert_int_equal(record(1).seq, BLANK);
    d.inputs.factory_reset = false;
    assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
    assert_int_equal(d.power.ops, 0);
}

static void flash_that_erases_to_zeros(void **state)
{
    (void)state;
    begin(1, true);
    d.chip.flash.erased = 0x00;
    assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
    assert_int_equal(d.boot.reason, BH_REASON_OTADATA);
    d.chip.flash.erased = 0xFF;
}

static void vouch_at(int sector, uint32_t seq, uint32_t state)
{
    uint8_t bytes[CELL];

    memset(bytes, 0xFF, sizeof bytes);
    bh_store32(bytes, 0x4D684200u | BH_MARK_VOUCH);
    bh_store32(bytes + 4, seq);
    bh_store32(bytes + 8, state);
    bh_store32(bytes + 28, bh_crc32(0, bytes, 28));
    sim_flash_fill(&d.chip, OTADATA_OFF + (uint32_t)sector * BH_OTADATA_COPY + 5 * CELL, bytes,
                   sizeof bytes);
}

/* Of the sector that was to be erased only the record is left. */
static void leave_the_record(void)
{
    uint8_t sector[BH_OTADATA_COPY];

    memset(sector, 0xFF, sizeof sector);
    sim_flash_peek(&d.chip, d.struck.off, sector, CELL);
    sim_flash_fill(&d.chip, d.struck.off, sector, sizeof sector);
}

/* An application that was given up reads as confirmed after an erase that was torn, and only its
 * vouch tells. Factory is chosen: no cut brings it back, not even if the vouch alone is erased. */
static void factory_is_chosen_over_what_reads_as_confirmed(void **state)
{
    static const uint8_t units[] = { 1, 4, 16, 32 };

    (void)state;
    for (unsigned u = 0; u < sizeof units; u++)
        for (uint32_t over = BH_OTA_INVALID; over <= BH_OTA_ABORTED; over++)
            for (uint64_t op = 1;; op++) {
                bool ended;

                device_open(&d, units[u], true, 1);
                device_records(&d, 1, BH_OTA_VALID, 2, BH_OTA_VALID);
                vouch_at(1, 2, over);
                d.target = BH_ESP_FACTORY;
                d.power.cut = (struct sim_cut){ .at = op, .when = SIM_CUT_BEFORE };
                ended = device_perform(&d, SET_BOOT);
                d.power.cut.at = 0;
                if (ended)
                    assert_int_equal(d.err, BH_OK);
                else if (d.struck.kind == SIM_ERASE)
                    leave_the_record();
                for (int i = 0; i < 3; i++)
                    assert_int_not_equal(device_boot(&d), 1);
                if (ended)
                    assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
                device_close(&d);
                if (ended)
                    break;
            }
    begin(1, true);
}

/* What otadata chooses already is not chosen again, however many erases its boots were cut in:
 * confirmed stays confirmed. */
static void a_choice_that_stands_is_not_made_again(void **state)
{
    (void)state;
    for (unsigned cell = 0; cell < 3; cell++) {
        begin(1, true);
        if (cell < 2) /* a cell of the tally: cells 121 to 127 */
            mark_at(0, 121 + cell, 7, 0);
        assert_true(does(SET_BOOT, 0));
        assert_int_equal(d.power.ops, 0);
        assert_int_equal(record(0).state, BH_OTA_VALID);
        assert_int_equal(device_boot(&d), 0);
        device_close(&d);
    }
    begin(1, true);
}

/* ---- what is in the cells ---- */

/* Does a sector say this about a record? */
static bool said(int sector, uint32_t kind, uint32_t seq)
{
    uint8_t cell[CELL];

    for (uint32_t at = 1; at < 121; at++) {
        sim_flash_peek(&d.chip, OTADATA_OFF + (uint32_t)sector * BH_OTADATA_COPY + at * CELL, cell,
                       CELL);
        if (bh_load32(cell) == (0x4D684200u | kind) && bh_load32(cell + 4) == seq &&
            bh_load32(cell + 28) == bh_crc32(0, cell, 28))
            return true;
    }
    return false;
}

/* What was given up is said to be over before another record takes its place; what stands, or was
 * only chosen, is not. */
static void only_what_was_given_up_is_said_to_be_over(void **state)
{
    static const uint8_t units[] = { 1, 2, 4, 8, 16, 32 };
    static const struct {
        uint32_t state;
        bool over;
    } rows[] = {
        { BH_OTA_ABORTED, true },
        { BH_OTA_INVALID, true },
        { BH_OTA_VALID, false },
        { BH_OTA_UNDEFINED, false },
    };

    (void)state;
    for (unsigned u = 0; u < sizeof units; u++)
        for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            device_open(&d, units[u], true, 1);
            device_records(&d, 4, BH_OTA_VALID, 2, rows[i].state);
            assert_true(does(SET_BOOT, 2)); /* over record 1, which nobody vouches for */
            assert_int_equal(record(1).seq, 6);
            assert_int_equal(said(0, BH_MARK_OVER, 2), rows[i].over);
            assert_int_equal(device_boot(&d), 2);
            device_close(&d);
        }
    begin(1, true);
}

/* A mark about an earlier record is none about this one. */
static void a_vouch_comes_after_over(void **state)
{
    (void)state;
    device_open(&d, 1, true, 1);
    device_records(&d, 1, BH_OTA_VALID, 5, BH_OTA_ABORTED);
    mark_at(0, 4, BH_MARK_OVER, 2);
    assert_int_equal(device_boot(&d), 0);
    assert_true(said(0, BH_MARK_OVER, 5));
    assert_true(said(1, BH_MARK_VOUCH, 5));
}

/* Former versions wrote that a mark is settled: then it is none. */
static void a_settled_mark_is_none(void **state)
{
    (void)state;
    for (int settled = 0; settled < 2; settled++) {
        device_open(&d, 1, true, 1);
        device_records(&d, 1, BH_OTA_VALID, 2, BH_OTA_UNDEFINED);
        mark_at(0, 2, BH_MARK_STARTED, 2);
        if (settled)
            mark_at(0, 3, 5, 2);
        assert_int_equal(device_boot(&d), settled ? 1 : 0);
        device_close(&d);
    }
    begin(1, true);
}

/* A confirm that only a mark tells, in a sector without room for another one: the record says it
 * all the same. Without that mark it is no confirm. */
static void a_confirm_without_room_is_kept(void **state)
{
    (void)state;
    for (int kept = 0; kept < 2; kept++) {
        device_open(&d, 1, true, 1);
        device_records(&d, 1, BH_OTA_VALID, 2, BH_OTA_PENDING_VERIFY);
        mark_at(0, 118, kept ? BH_MARK_KEPT : BH_MARK_OVER, 2);
        assert_int_equal(device_boot(&d), kept ? 1 : 0);
        if (kept)
            assert_int_equal(record(1).state, BH_OTA_VALID);
        assert_int_equal(device_boot(&d), kept ? 1 : 0);
        device_close(&d);
    }
    begin(1, true);
}

/* Each kind of cell has its own column, in any life: what was torn in one is never programmed with
 * another. */
static void check_columns(void)
{
    static const uint8_t columns[] = { 9, 0, 1, 3, 2, 9, 4 };
    uint8_t cell[CELL];

    for (uint32_t sector = 0; sector < 2; sector++)
        for (uint32_t at = 1; at < 121; at++) {
            uint32_t kind;

            sim_flash_peek(&d.chip, OTADATA_OFF + sector * BH_OTADATA_COPY + at * CELL, cell, CELL);
            if (bh_all(cell, 0xFF, CELL))
                continue;
            kind = bh_load32(cell) & 0xFFu;
            assert_int_equal(bh_load32(cell), 0x4D684200u | kind);
            assert_in_range(kind, BH_MARK_BEGIN, BH_MARK_VOUCH);
            assert_int_equal((at - 1) % 5, columns[kind]);
            d.target |= 1 << (8 + kind);
        }
}

static void each_kind_has_its_column(void **state)
{
    static const uint8_t units[] = { 1, 8, 32 };
    static const enum device_act life[] = {
        SET_BOOT, BOOT, CONFIRM, BOOT, SET_BOOT, BOOT, BOOT, SET_BOOT, BOOT, REJECT, BOOT, SET_BOOT,
    };

    (void)state;
    for (unsigned u = 0; u < sizeof units; u++) {
        int kinds = 0, target = 1;

        begin(units[u], true);
        for (unsigned i = 0; i < sizeof life / sizeof life[0]; i++) {
            target = life[i] == SET_BOOT ? (d.boot.index + 1) % 3 : target;
            assert_true(does(life[i], target));
            check_columns();
            kinds |= d.target >> 8;
        }
        assert_int_equal(kinds & (1 << BH_MARK_STARTED), 1 << BH_MARK_STARTED);
        assert_int_equal(kinds & (1 << BH_MARK_KEPT), 1 << BH_MARK_KEPT);
        assert_int_equal(kinds & (1 << BH_MARK_OVER), 1 << BH_MARK_OVER);
        assert_int_equal(kinds & (1 << BH_MARK_VOUCH), 1 << BH_MARK_VOUCH);
        device_close(&d);
    }
    begin(1, true);
}

/* Cells are 32 bytes: on flash that programs more at once there can be none. */
static void larger_units_have_no_otadata(void **state)
{
    (void)state;
    device_open(&d, 64, true, 1);
    device_records(&d, 1, BH_OTA_VALID, BLANK, 0);
    assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
    assert_int_equal(d.boot.reason, BH_REASON_OTADATA);
    assert_int_equal(d.power.ops, 0);
}

/* A trial that is over in a sector without room for a mark: its record is rewritten all the
 * same. */
static void a_trial_ends_without_room(void **state)
{
    (void)state;
    device_open(&d, 1, true, 1);
    device_records(&d, 1, BH_OTA_VALID, 2, BH_OTA_PENDING_VERIFY);
    mark_at(0, 117, BH_MARK_STARTED, 2);
    mark_at(0, 120, BH_MARK_OVER, 9); /* the last cell */
    assert_int_equal(device_boot(&d), 0);
    assert_int_equal(d.boot.reason, BH_REASON_NOT_CONFIRMED);
    assert_true(record(1).state == BH_OTA_ABORTED || record(1).seq != 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(device_boot(&d), 0);
    assert_int_equal(d.power.ops, 0);
}

/* What is torn is erased, too, where factory is chosen: it might read as a choice later. */
static void factory_clears_what_is_torn(void **state)
{
    static const uint8_t units[] = { 1, 4, 16 };

    (void)state;
    for (unsigned u = 0; u < sizeof units; u++) {
        device_open(&d, units[u], true, 1);
        device_records(&d, 1, BH_OTA_VALID, 2, BH_OTA_NEW);
        sim_flash_fill(&d.chip, OTADATA_OFF + BH_OTADATA_COPY + 28, "torn", 4);
        assert_true(does(SET_BOOT, BH_ESP_FACTORY));
        assert_int_equal(record(0).seq, BLANK);
        assert_int_equal(record(1).seq, BLANK);
        device_close(&d);
    }
    begin(1, true);
}

/* A record that is no final state has nothing in its note, as ESP-IDF's own. */
static void a_choice_has_no_note(void **state)
{
    struct bh_ota_record r;

    (void)state;
    begin(1, true);
    assert_true(does(SET_BOOT, 1));
    r = record(1);
    assert_int_equal(r.state, BH_OTA_NEW);
    assert_true(bh_all(r.note, 0xFF, sizeof r.note));
    assert_int_equal(bh_ota_noted(&r), BH_OTA_UNDEFINED);
}

/* Each sector is pages of its own: neither half of a larger page, at its end or at its
 * beginning. */
static void sectors_are_pages_of_their_own(void **state)
{
    static const struct {
        struct bh_page_run runs[3];
        bool fits;
    } rows[] = {
        { { { 9, 0x1000 }, { 2, 0x1000 }, { DEVICE_SIZE / 0x1000 - 11, 0x1000 } }, true },
        { { { 8, 0x1000 }, { 1, 0x2000 }, { DEVICE_SIZE / 0x1000 - 10, 0x1000 } }, false },
        { { { 10, 0x1000 }, { 1, 0x2000 }, { DEVICE_SIZE / 0x1000 - 12, 0x1000 } }, false },
        { { { 9, 0x1000 }, { 1, 0x2000 }, { DEVICE_SIZE / 0x1000 - 11, 0x1000 } }, false },
        { { { 18, 0x800 }, { 2, 0x800 }, { DEVICE_SIZE / 0x800 - 20, 0x800 } }, true },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bh_select_status s;
        struct bh_flash flash;

        begin(1, true);
        flash = d.chip.flash;
        flash.runs = rows[i].runs;
        flash.n_runs = 3;
        d.product.flash = &flash;
        assert_int_equal(bh_select_status(&d.product, &d.work, &s), BH_OK);
        assert_int_equal(s.facts.otadata, rows[i].fits);
        device_close(&d);
    }
    begin(1, true);
}

/* What an application can show: both records, the one that counts, and starts that are left. */
static void status_is_what_the_next_boot_goes_by(void **state)
{
    struct bh_select_status s;

    (void)state;
    device_open(&d, 1, true, 3);
    device_records(&d, BLANK, 0, 2, BH_OTA_VALID);
    assert_int_equal(bh_select_status(&d.product, &d.work, &s), BH_OK);
    assert_true(s.facts.otadata);
    assert_int_equal(s.facts.n_slots, 3);
    assert_int_equal(s.top, 1);
    assert_int_equal(s.index[0], BH_ESP_NONE);
    assert_int_equal(s.index[1], 1);
    assert_int_equal(s.stands[1], BH_STANDS_SOUND);
    assert_int_equal(s.starts_left, 0);
    assert_int_equal(device_boot(&d), 1);
    assert_true(does(SET_BOOT, 2));
    for (unsigned left = 3; left-- > 0;) {
        assert_int_equal(bh_select_status(&d.product, &d.work, &s), BH_OK);
        assert_int_equal(s.top, 0);
        assert_int_equal(s.index[0], 2);
        assert_int_equal(s.starts_left, left + 1);
        assert_int_equal(s.stands[0], left == 2 ? BH_STANDS_NEW : BH_STANDS_TRIAL);
        assert_int_equal(s.stands[1], BH_STANDS);
        assert_int_equal(device_boot(&d), 2);
    }
    assert_int_equal(bh_select_status(&d.product, &d.work, &s), BH_OK);
    assert_int_equal(s.stands[0], BH_STANDS_END);
    assert_int_equal(s.starts_left, 0);
    d.product.rollback = false; /* then there is no trial */
    assert_int_equal(bh_select_status(&d.product, &d.work, &s), BH_OK);
    assert_int_equal(s.starts_left, 0);
    d.product.trial_boots = BH_SELECT_TRIAL_MAX + 1;
    assert_int_equal(bh_select_status(&d.product, &d.work, &s), BH_ERR_PRODUCT);
    assert_int_equal(s.top, -1);
    d.product.trial_boots = 1;
    sim_flash_fill(&d.chip, BH_TABLE_OFF, "x", 1);
    assert_int_equal(bh_select_status(&d.product, &d.work, &s), BH_ERR_REFUSED);
    assert_int_equal(s.index[1], BH_ESP_NONE);
}

/* ---- what is written, to the byte, and what is not ---- */

/* The tally, as docs/select.md has it: an erase that no mark announces is counted first, in the
 * other sector; a full one is no erase, also where the record beside it is torn. */
static void the_tally_is_a_cell_of_its_own(void **state)
{
    uint8_t cell[CELL], expected[CELL];

    (void)state;
    begin(1, true);
    sim_flash_fill(&d.chip, OTADATA_OFF + BH_OTADATA_COPY, "torn", 4);
    assert_int_equal(device_boot(&d), 0);
    memset(expected, 0xFF, sizeof expected);
    bh_store32(expected, 0x4D684207);
    bh_store32(expected + 4, 0);
    bh_store32(expected + 28, bh_crc32(0, expected, 28));
    sim_flash_peek(&d.chip, OTADATA_OFF + 121 * CELL, cell, CELL);
    assert_memory_equal(cell, expected, CELL);
    sim_flash_peek(&d.chip, OTADATA_OFF + 122 * CELL, cell, CELL);
    assert_true(bh_all(cell, 0xFF, CELL));
    sim_flash_peek(&d.chip, OTADATA_OFF + BH_OTADATA_COPY, cell, CELL);
    assert_true(bh_all(cell, 0xFF, CELL));
    for (uint32_t i = 0; i < 7; i++)
        mark_at(1, 121 + i, 7, 0);
    sim_flash_fill(&d.chip, OTADATA_OFF + BH_OTADATA_COPY, "torn", 4);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(device_boot(&d), 0);
        sim_flash_peek(&d.chip, OTADATA_OFF + BH_OTADATA_COPY, cell, CELL);
        assert_memory_equal(cell, "torn", 4);
    }
}

/* No record has the number of blank flash: a cell about it says nothing, although its check is
 * right. */
static void a_cell_about_no_record_says_nothing(void **state)
{
    struct bh_select_status s;

    (void)state;
    for (uint8_t kind = BH_MARK_BEGIN; kind <= BH_MARK_VOUCH; kind++) {
        begin(1, true);
        mark_at(0, 1, kind, BLANK);
        assert_int_equal(bh_select_status(&d.product, &d.work, &s), BH_OK);
        assert_int_equal(s.facts.marks[1].kind, BH_MARK_NONE);
        assert_false(s.facts.vouches[1].is);
        assert_int_equal(s.stands[1], BH_STANDS_NOT);
        assert_int_equal(device_boot(&d), 0);
        device_close(&d);
    }
    begin(1, true);
}

/* A confirm of what is confirmed writes nothing, with rollback and without. */
static void a_confirm_is_written_once(void **state)
{
    (void)state;
    begin(1, true);
    assert_true(does(SET_BOOT, 1));
    assert_int_equal(device_boot(&d), 1);
    assert_true(does(CONFIRM, 0));
    assert_true(d.power.ops > 0);
    assert_true(does(CONFIRM, 0));
    assert_int_equal(d.power.ops, 0);
    device_close(&d);
    device_open(&d, 1, false, 1);
    device_records(&d, 1, BH_OTA_UNDEFINED, BLANK, 0);
    assert_int_equal(device_boot(&d), 0);
    assert_true(does(CONFIRM, 0));
    assert_int_equal(d.power.ops, 0);
}

/* What ESP-IDF's code has rejected in its trial is said to be over in the other sector, too,
 * which until then only says that it was started. */
static void what_was_rejected_is_said_to_be_over(void **state)
{
    (void)state;
    begin(1, true);
    assert_true(does(SET_BOOT, 1));
    assert_int_equal(device_boot(&d), 1);
    assert_true(said(0, BH_MARK_STARTED, 2));
    assert_true(does(ESP_REJECT, 0));
    assert_false(said(0, BH_MARK_OVER, 2));
    assert_int_equal(device_boot(&d), 0);
    assert_true(said(0, BH_MARK_OVER, 2));
    assert_true(said(1, BH_MARK_VOUCH, 2));
}

/* That a sector cannot be read is told, whichever it is, also if no record counts. */
static void a_sector_that_cannot_be_read_is_told(void **state)
{
    struct sim_fault lost = { OTADATA_OFF, BH_OTADATA_COPY, true, false, false };

    (void)state;
    device_open(&d, 1, true, 1);
    assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
    assert_int_equal(d.boot.reason, BH_REASON_NONE);
    d.chip.faults = &lost;
    d.chip.n_faults = 1;
    for (int sector = 0; sector < 2; sector++) {
        lost.off = OTADATA_OFF + (uint32_t)sector * BH_OTADATA_COPY;
        assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
        assert_int_equal(d.boot.reason, BH_REASON_OTADATA);
        assert_int_equal(d.power.ops, 0);
    }
    d.chip.n_faults = 0;
}

/* A confirm that only a mark tells is settled with the next choice, under its own number. */
static void a_confirm_is_settled_under_its_number(void **state)
{
    (void)state;
    device_open(&d, 1, true, 1);
    device_records(&d, 4, BH_OTA_VALID, 5, BH_OTA_PENDING_VERIFY);
    mark_at(0, 3, BH_MARK_KEPT, 5);
    assert_true(does(SET_BOOT, 2));
    assert_int_equal(record(1).seq, 5);
    assert_int_equal(record(1).state, BH_OTA_VALID);
    assert_int_equal(record(0).seq, 6);
    assert_int_equal(device_boot(&d), 2);
    assert_int_equal(device_boot(&d), 1);
}

/* What is no slot and not factory cannot be chosen. */
static void only_slots_and_factory_are_chosen(void **state)
{
    static const int none[] = { BH_ESP_TEST, BH_ESP_NONE, 3, 16 };

    (void)state;
    begin(1, true);
    for (unsigned i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_false(does(SET_BOOT, none[i]));
        assert_int_equal(d.err, BH_ERR_ABSENT);
        assert_int_equal(d.power.ops, 0);
    }
}

/* A boot tells what it did. */
static void a_boot_tells_what_it_did(void **state)
{
    (void)state;
    begin(1, true);
    assert_int_equal(device_boot(&d), 0);
    assert_int_equal(d.boot.trace, 1u << BH_SELECT_CHECK | 1u << BH_SELECT_START);
    assert_true(does(SET_BOOT, 1));
    assert_int_equal(device_boot(&d), 1);
    assert_int_equal(d.boot.trace,
                     1u << BH_SELECT_CHECK | 1u << BH_SELECT_BEGIN_TRIAL | 1u << BH_SELECT_START);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(marks_are_erased_one_by_one, close_device),
        cmocka_unit_test_teardown(an_aborted_one_gets_no_new_trial, close_device),
        cmocka_unit_test_teardown(marks_of_former_versions, close_device),
        cmocka_unit_test_teardown(reset_brings_nothing_back, close_device),
        cmocka_unit_test_teardown(a_torn_choice_starts_nothing_invalid, close_device),
        cmocka_unit_test_teardown(another_one_is_not_confirmed, close_device),
        cmocka_unit_test_teardown(the_floor_rises_after_a_confirm, close_device),
        cmocka_unit_test_teardown(a_supply_that_breaks_down, close_device),
        cmocka_unit_test_teardown(a_superseded_choice_is_over, close_device),
        cmocka_unit_test_teardown(numbers_end_without_a_loss, close_device),
        cmocka_unit_test_teardown(one_sector_that_cannot_be_read, close_device),
        cmocka_unit_test_teardown(no_trial_beside_a_lost_sector, close_device),
        cmocka_unit_test_teardown(factory_is_chosen_in_order, close_device),
        cmocka_unit_test_teardown(what_starts_was_verified_last, close_device),
        cmocka_unit_test_teardown(no_reject_to_below_the_floor, close_device),
        cmocka_unit_test_teardown(what_is_replaced_stays_over, close_device),
        cmocka_unit_test_teardown(what_is_taken_back_is_not_confirmed, close_device),
        cmocka_unit_test_teardown(nothing_goes_into_a_torn_sector, close_device),
        cmocka_unit_test_teardown(a_torn_mark_is_left_alone, close_device),
        cmocka_unit_test_teardown(a_confirm_outlives_its_sector, close_device),
        cmocka_unit_test_teardown(a_product_is_checked, close_device),
        cmocka_unit_test_teardown(rows_that_are_none, close_device),
        cmocka_unit_test_teardown(images_for_another_chip, close_device),
        cmocka_unit_test_teardown(nothing_starts, close_device),
        cmocka_unit_test_teardown(factory_is_chosen_for_good, close_device),
        cmocka_unit_test_teardown(a_torn_way_back_leaves_no_choice, close_device),
        cmocka_unit_test_teardown(what_is_absent_is_not_refused, close_device),
        cmocka_unit_test_teardown(marks_are_read_anew, close_device),
        cmocka_unit_test_teardown(flash_that_erases_to_zeros, close_device),
        cmocka_unit_test_teardown(factory_is_chosen_over_what_reads_as_confirmed, close_device),
        cmocka_unit_test_teardown(a_choice_that_stands_is_not_made_again, close_device),
        cmocka_unit_test_teardown(only_what_was_given_up_is_said_to_be_over, close_device),
        cmocka_unit_test_teardown(a_vouch_comes_after_over, close_device),
        cmocka_unit_test_teardown(a_settled_mark_is_none, close_device),
        cmocka_unit_test_teardown(a_confirm_without_room_is_kept, close_device),
        cmocka_unit_test_teardown(each_kind_has_its_column, close_device),
        cmocka_unit_test_teardown(larger_units_have_no_otadata, close_device),
        cmocka_unit_test_teardown(status_is_what_the_next_boot_goes_by, close_device),
        cmocka_unit_test_teardown(a_trial_ends_without_room, close_device),
        cmocka_unit_test_teardown(factory_clears_what_is_torn, close_device),
        cmocka_unit_test_teardown(a_choice_has_no_note, close_device),
        cmocka_unit_test_teardown(sectors_are_pages_of_their_own, close_device),
        cmocka_unit_test_teardown(the_tally_is_a_cell_of_its_own, close_device),
        cmocka_unit_test_teardown(a_cell_about_no_record_says_nothing, close_device),
        cmocka_unit_test_teardown(a_confirm_is_written_once, close_device),
        cmocka_unit_test_teardown(what_was_rejected_is_said_to_be_over, close_device),
        cmocka_unit_test_teardown(a_sector_that_cannot_be_read_is_told, close_device),
        cmocka_unit_test_teardown(a_confirm_is_settled_under_its_number, close_device),
        cmocka_unit_test_teardown(only_slots_and_factory_are_chosen, close_device),
        cmocka_unit_test_teardown(a_boot_tells_what_it_did, close_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
