/* SPDX-License-Identifier: Apache-2.0 */
/* Life without power cuts: trials, fallbacks, pins, gaps, floors, flash that fails, and
 * applications that are ESP-IDF's own. */
#include "sim/select/device.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define BLANK 0xFFFFFFFFu

static struct device d;

static void begin(bool rollback, uint8_t trial_boots)
{
    device_open(&d, 1, rollback, trial_boots);
    device_records(&d, 1, BH_OTA_VALID, BLANK, 0);
}

static int close_device(void **state)
{
    (void)state;
    assert_false(d.strayed);
    assert_int_equal(d.chip.misuse.count, 0);
    device_close(&d);
    return 0;
}

static struct bh_ota_record record(int copy)
{
    struct bh_ota_record r[2];

    device_read_records(&d, r);
    return r[copy];
}

static int set_boot(int index, enum bh_reason *why)
{
    return bh_select_set_boot(&d.product, index, &d.inputs, &d.work, why);
}

static int choose(int index)
{
    enum bh_reason why;

    return set_boot(index, &why);
}

/* Of what runs since the last boot. */
static int confirm(void)
{
    return bh_select_confirm(&d.product, d.boot.index, &d.work);
}

static int reject(void)
{
    return bh_select_reject(&d.product, d.boot.index, &d.inputs, &d.work);
}

/* What esp_ota_get_state_partition() would tell each one. */
static void states_are_what_esp_idf_shows(void **state)
{
    (void)state;
    begin(true, 1);
    assert_int_equal(choose(1), BH_OK);
    assert_int_equal(record(1).state, BH_OTA_NEW);
    assert_int_equal(device_boot(&d), 1);
    assert_int_equal(record(1).state, BH_OTA_PENDING_VERIFY);
    assert_int_equal(choose(2), BH_ERR_STATE);
    assert_int_equal(device_boot(&d), 0);
    assert_int_equal(d.boot.reason, BH_REASON_NOT_CONFIRMED);
    assert_int_equal(record(1).state, BH_OTA_ABORTED); /* esp_ota_get_last_invalid_partition() */
    assert_int_equal(record(1).seq, 2);
    assert_int_equal(device_boot(&d), 0);
    assert_int_equal(d.boot.reason, BH_REASON_NONE);
    assert_int_equal(choose(1), BH_OK);
    assert_int_equal(device_boot(&d), 1);
    assert_int_equal(confirm(), BH_OK);
    assert_int_equal(record(1).state, BH_OTA_VALID);
    assert_int_equal(confirm(), BH_OK);
    assert_int_equal(device_boot(&d), 1);
    assert_int_equal(d.power.ops, 0);
}

static void a_trial_of_three_starts(void **state)
{
    (void)state;
    begin(true, 3);
    assert_int_equal(choose(2), BH_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(device_boot(&d), 2);
    assert_int_equal(device_boot(&d), 0);
}

static void an_application_of_esp_idf_lives_on(void **state)
{
    (void)state;
    begin(true, 1);
    d.target = 1;
    for (int round = 0; round < 20; round++) {
        assert_true(device_perform(&d, ESP_SET_BOOT));
        assert_int_equal(device_boot(&d), d.target);
        assert_true(device_perform(&d, round % 3 ? ESP_CONFIRM : ESP_REJECT));
        assert_int_equal(d.err, BH_OK);
        if (round % 3)
            d.target = (d.target + 1 + round % 2) % 3;
        else
            assert_int_not_equal(device_boot(&d), d.target);
    }
}

/* The same sequence number, new again: a rejected slot that was written anew gets its trial. */
static void a_rejected_slot_gets_another_chance(void **state)
{
    (void)state;
    begin(true, 1);
    d.target = 1;
    for (int i = 0; i < 3; i++) {
        assert_true(device_perform(&d, ESP_SET_BOOT));
        assert_int_equal(record(1).seq, 2);
        assert_int_equal(device_boot(&d), 1);
        assert_int_equal(device_boot(&d), 0);
    }
}

/* 200 trials that fail: the marks move to the other sector before they fill theirs. */
static void marks_never_run_out(void **state)
{
    (void)state;
    begin(true, 1);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(choose(1 + i % 2), BH_OK);
        assert_int_equal(device_boot(&d), 1 + i % 2);
        assert_int_equal(device_boot(&d), 0);
        assert_int_not_equal(d.boot.reason, BH_REASON_OTADATA_FULL);
    }
}

static void a_fallback_is_recorded(void **state)
{
    (void)state;
    begin(false, 1);
    device_records(&d, 1, BH_OTA_UNDEFINED, 2, BH_OTA_UNDEFINED);
    device_damage(&d, 1);
    assert_int_equal(device_boot(&d), 0);
    assert_int_equal(d.boot.reason, BH_REASON_FELL_BACK);
    assert_int_equal(d.boot.refused, BH_REASON_DIGEST);
    assert_int_equal(record(1).state, BH_OTA_INVALID);
    device_damage(&d, 0);
    assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
    assert_int_equal(record(0).state, BH_OTA_INVALID);
    device_damage(&d, BH_ESP_FACTORY);
    assert_int_equal(device_boot(&d), 2);
    assert_int_equal(bh_ota_slot(&(struct bh_ota_record){ .seq = record(0).seq }, 3), 2);
    assert_int_equal(device_boot(&d), 2);
    assert_int_equal(d.power.ops, 0);
    device_damage(&d, 2);
    assert_int_equal(device_boot(&d), BH_ESP_NONE);
    assert_int_equal(d.boot.reason, BH_REASON_NOTHING_BOOTABLE);
    device_install(&d, BH_ESP_TEST, 0);
    assert_int_equal(device_boot(&d), BH_ESP_TEST);
}

static void the_only_application_goes_on(void **state)
{
    (void)state;
    begin(true, 1);
    device_damage(&d, BH_ESP_FACTORY);
    device_damage(&d, 0);
    device_damage(&d, 1);
    device_records(&d, BLANK, 0, 3, BH_OTA_NEW);
    assert_int_equal(device_boot(&d), 2);
    assert_int_equal(device_boot(&d), 2);
    assert_int_equal(d.boot.reason, BH_REASON_NO_WAY_BACK);
    assert_int_equal(record(1).state, BH_OTA_PENDING_VERIFY); /* so it can still confirm itself */
    assert_int_equal(reject(), BH_ERR_REFUSED);
    assert_int_equal(confirm(), BH_OK);
    assert_int_equal(device_boot(&d), 2);
    assert_int_equal(d.boot.reason, BH_REASON_NONE);
}

static void pins(void **state)
{
    (void)state;
    begin(true, 1);
    d.inputs.test_pin = true;
    assert_int_equal(device_boot(&d), BH_ESP_NONE);
    device_install(&d, BH_ESP_TEST, 0);
    assert_int_equal(device_boot(&d), BH_ESP_TEST);
    assert_int_equal(d.power.ops, 0);
    d.inputs.factory_reset = true; /* which goes before */
    assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
    assert_int_equal(record(0).seq, BLANK);
    d.inputs = (struct bh_select_inputs){ 0 };
    assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
}

static void floors(void **state)
{
    enum bh_reason why;

    (void)state;
    begin(true, 1);
    d.inputs.anti_rollback = true;
    d.inputs.floor = 2;
    device_install(&d, 0, 2);
    device_install(&d, 1, 3);
    assert_int_equal(device_boot(&d), 0);
    assert_int_equal(d.boot.raise_floor, 0);
    assert_int_equal(set_boot(2, &why), BH_ERR_REFUSED);
    assert_int_equal(why, BH_REASON_FLOOR);
    assert_int_equal(choose(1), BH_OK);
    assert_int_equal(device_boot(&d), 1);
    assert_int_equal(d.boot.raise_floor, 0); /* not on trial */
    assert_int_equal(confirm(), BH_OK);
    assert_int_equal(device_boot(&d), 1);
    assert_int_equal(d.boot.raise_floor, 3);
    d.inputs.floor = 3;
    device_damage(&d, 1);
    assert_int_equal(device_boot(&d), BH_ESP_NONE); /* all others are below it */
    assert_int_equal(d.boot.refused, BH_REASON_DIGEST);
}

/* ota_0 and ota_2: applications count one slot, ESP-IDF's bootloader two. */
static void a_gap_in_the_slots(void **state)
{
    static const struct bh_partition rows[] = {
        { BH_TYPE_DATA, BH_DATA_OTA, OTADATA_OFF, BH_OTADATA_LEN, 0, "otadata" },
        { BH_TYPE_APP, BH_APP_OTA, 0x20000, 0x10000, 0, "ota_0" },
        { BH_TYPE_APP, BH_APP_OTA + 2, 0x40000, 0x10000, 0, "ota_2" },
        { .len = 0 },
    };

    (void)state;
    device_open_table(&d, 4, rows);
    device_install(&d, 0, 0);
    device_install(&d, 2, 0);
    device_records(&d, 4, BH_OTA_VALID, BLANK, 0);
    assert_int_equal(device_boot(&d), 0);
    assert_int_equal(choose(2), BH_ERR_ABSENT);
    device_damage(&d, 0);
    assert_int_equal(device_boot(&d), 2); /* no record can name it, but it is there */
    assert_int_equal(device_boot(&d), 2);
    assert_int_equal(d.power.ops, 0);
}

static void no_slots_and_no_otadata(void **state)
{
    static const struct bh_partition rows[] = {
        { BH_TYPE_APP, BH_APP_FACTORY, 0x20000, 0x10000, 0, "factory" },
        { .len = 0 },
    };

    (void)state;
    device_open_table(&d, 4, rows);
    device_install(&d, BH_ESP_FACTORY, 0);
    assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
    assert_int_equal(d.boot.reason, BH_REASON_OTADATA);
    assert_int_equal(choose(0), BH_ERR_ABSENT);
    assert_int_equal(confirm(), BH_ERR_ABSENT);
    sim_flash_fill(&d.chip, BH_TABLE_OFF, "junk", 4);
    assert_int_equal(device_boot(&d), BH_ESP_NONE);
    assert_int_equal(d.boot.reason, BH_REASON_TABLE);
}

/* otadata cannot be written: the confirmed application starts, not the new one. */
static void flash_that_fails(void **state)
{
    const struct sim_fault fault = { OTADATA_OFF, BH_OTADATA_LEN, false, true, true };
    const struct sim_fault unreadable = { 0x30000, 0x1000, true, false, false };

    (void)state;
    begin(true, 1);
    assert_int_equal(choose(1), BH_OK);
    d.chip.faults = &fault;
    d.chip.n_faults = 1;
    assert_int_equal(device_boot(&d), 0);
    d.chip.faults = &unreadable;
    assert_int_equal(device_boot(&d), 0); /* nothing is concluded from a read error */
    assert_int_equal(record(1).state, BH_OTA_NEW);
    d.chip.n_faults = 0;
    assert_int_equal(device_boot(&d), 1);
}

static void numbers_come_to_their_end(void **state)
{
    (void)state;
    begin(true, 1);
    device_records(&d, 0xFFFFFFFE, BH_OTA_VALID, 0xFFFFFFFD, BH_OTA_VALID);
    assert_int_equal(device_boot(&d), 1);
    assert_int_equal(choose(0), BH_OK);
    assert_int_equal(record(1).seq, 2); /* what is confirmed, with its first number */
    assert_int_equal(record(1).state, BH_OTA_VALID);
    assert_int_equal(record(0).seq, 4);
    assert_int_equal(device_boot(&d), 0);
    assert_int_equal(device_boot(&d), 1); /* not confirmed: back */
    assert_int_equal(choose(0), BH_OK);
    assert_int_equal(device_boot(&d), 0);
    assert_int_equal(confirm(), BH_OK);
    assert_int_equal(device_boot(&d), 0);
}

static void a_choice_can_be_taken_back(void **state)
{
    (void)state;
    begin(true, 1);
    assert_int_equal(device_boot(&d), 0);
    assert_int_equal(choose(1), BH_OK);
    assert_int_equal(confirm(), BH_ERR_STATE);
    assert_int_equal(choose(2), BH_OK); /* over the choice, not over the record of what runs */
    assert_int_equal(record(0).seq, 1);
    assert_int_equal(choose(0), BH_OK);
    assert_int_equal(device_boot(&d), 0);
    assert_int_equal(d.power.ops, 0);
    assert_int_equal(choose(BH_ESP_FACTORY), BH_OK);
    assert_int_equal(device_boot(&d), BH_ESP_FACTORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(states_are_what_esp_idf_shows, close_device),
        cmocka_unit_test_teardown(a_trial_of_three_starts, close_device),
        cmocka_unit_test_teardown(an_application_of_esp_idf_lives_on, close_device),
        cmocka_unit_test_teardown(a_rejected_slot_gets_another_chance, close_device),
        cmocka_unit_test_teardown(marks_never_run_out, close_device),
        cmocka_unit_test_teardown(a_fallback_is_recorded, close_device),
        cmocka_unit_test_teardown(the_only_application_goes_on, close_device),
        cmocka_unit_test_teardown(pins, close_device),
        cmocka_unit_test_teardown(floors, close_device),
        cmocka_unit_test_teardown(a_gap_in_the_slots, close_device),
        cmocka_unit_test_teardown(no_slots_and_no_otadata, close_device),
        cmocka_unit_test_teardown(flash_that_fails, close_device),
        cmocka_unit_test_teardown(numbers_come_to_their_end, close_device),
        cmocka_unit_test_teardown(a_choice_can_be_taken_back, close_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
