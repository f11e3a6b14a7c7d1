/* SPDX-License-Identifier: Apache-2.0 */
/* otadata: numbers of ESP-IDF, every power cut in every change, and the bootloader's choice. */
#include "bulkhead/bytes.h"
#include "bulkhead/otadata.h"
#include "host/table/otadata_choice.h"
#include "ram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

static uint8_t bytes[BH_OTADATA_LEN];
static struct ram ram;

static struct bh_region whole(void)
{
    return (struct bh_region){ &ram.flash, 0, BH_OTADATA_LEN };
}

static struct bh_ota_record record(uint32_t seq, uint32_t state)
{
    struct bh_ota_record r = { .seq = seq, .state = state, .crc = bh_ota_crc(seq) };

    memset(r.note, 0xFF, sizeof r.note);
    return r;
}

static struct bh_ota_record blank(void)
{
    struct bh_ota_record r;

    memset(&r, 0xFF, sizeof r);
    return r;
}

static void put(struct bh_ota_record first, struct bh_ota_record second)
{
    memset(bytes, 0xFF, sizeof bytes);
    ram_init(&ram, bytes, sizeof bytes);
    bh_ota_record_encode(&first, bytes);
    bh_ota_record_encode(&second, bytes + BH_OTADATA_COPY);
}

/* What zlib.crc32(seq, 0xFFFFFFFF) gives. */
static void test_crc(void **state)
{
    static const uint32_t crc[] = { 0xFFFFFFFF, 0x4743989A, 0x55F63774, 0xED4A5011,
                                    0x709D68A8, 0xC8210FCD, 0xDA94A023 };

    (void)state;
    for (uint32_t i = 0; i < 7; i++)
        assert_int_equal(bh_ota_crc(i), crc[i]);
    assert_int_equal(bh_ota_crc(0xFFFFFFFE), 0x99F8B879);
}

static void test_next_seq(void **state)
{
    static const uint32_t cases[][4] = {
        /* from, slot, n, expected */
        { 1, 1, 2, 2 },
        { 2, 0, 2, 3 },
        { 2, 0, 3, 4 },
        { 2, 1, 3, 2 },
        { 2, 2, 3, 3 },
        { 1, 0, 1, 1 },
        { 0xFFFFFFFE, 1, 2, 0xFFFFFFFE },
        { 0xFFFFFFFE, 0, 2, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(bh_ota_next_seq(cases[i][0], cases[i][1], cases[i][2]), cases[i][3]);
}

static void test_active(void **state)
{
    struct bh_ota_record torn = record(9, BH_OTA_VALID);
    struct {
        struct bh_ota_record a, b;
        int active;
    } cases[] = {
        { blank(), blank(), -1 },
        { record(1, BH_OTA_UNDEFINED), blank(), 0 },
        { record(1, BH_OTA_VALID), record(2, BH_OTA_VALID), 1 },
        { record(2, BH_OTA_VALID), record(2, BH_OTA_VALID), 0 },
        { record(1, BH_OTA_VALID), record(2, BH_OTA_ABORTED), 0 },
        { record(1, BH_OTA_INVALID), record(2, BH_OTA_ABORTED), -1 },
        { record(5, 77), record(2, BH_OTA_VALID), 0 },
        { record(1, BH_OTA_VALID), torn, 0 },
        { record(0, BH_OTA_UNDEFINED), blank(), 0 },
    };

    (void)state;
    cases[7].b.crc ^= 1;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bh_ota_record pair[2] = { cases[i].a, cases[i].b };

        assert_int_equal(bh_ota_active(pair), cases[i].active);
    }
}

/* The slot that would be started, -1 for none. */
static int slot_now(uint32_t n)
{
    struct bh_region r = whole();
    struct bh_otadata o;

    assert_int_equal(bh_otadata_open(&o, &r, n), BH_OK);
    return o.active < 0 ? -1 : (int)bh_ota_slot(&o.records[o.active], n);
}

static int change(int what, uint32_t n)
{
    struct bh_region r = whole();
    struct bh_otadata o;

    if (bh_otadata_open(&o, &r, n))
        return -1;
    switch (what) {
    case 0:
    case 1:
    case 2: return bh_otadata_select(&o, (uint32_t)what, BH_OTA_NEW);
    case 3: return bh_otadata_confirm(&o);
    case 4: return bh_otadata_state(&o, BH_OTA_INVALID);
    case 5: return bh_otadata_state(&o, BH_OTA_ABORTED);
    default: return bh_otadata_erase(&o);
    }
}

/* Slot after change `what` without a cut; the choice may only be that, or the one before, or, for
 * what is taken back, the other record's. */
static void sweep(struct bh_ota_record a, struct bh_ota_record b, int what, uint32_t n)
{
    int before, after, cut;

    put(a, b);
    before = slot_now(n);
    (void)!change(what, n);
    after = slot_now(n);
    for (cut = 0;; cut++) {
        int err, now;

        put(a, b);
        ram.cut = cut;
        err = change(what, n);
        if (!ram.dead)
            break;
        assert_int_not_equal(err, BH_OK);
        now = slot_now(n);
        if (now != before && now != after) {
            struct bh_ota_record pair[2] = { a, b }, other = pair[bh_ota_active(pair) == 0];

            assert_true(bh_ota_usable(&other));
            assert_int_equal(now, bh_ota_slot(&other, n));
        }
        /* Doing it again comes to the same end. */
        ram.cut = -1;
        ram.dead = false;
        (void)!change(what, n);
        if (what < 3 || what > 5)
            assert_int_equal(slot_now(n), after);
    }
    assert_true(cut < 12);
}

static void test_every_cut(void **state)
{
    static const uint32_t states[] = { BH_OTA_NEW,     BH_OTA_PENDING_VERIFY, BH_OTA_VALID,
                                       BH_OTA_INVALID, BH_OTA_ABORTED,        BH_OTA_UNDEFINED };

    (void)state;
    for (int what = 0; what < 7; what++)
        for (int i = 0; i < 36; i++)
            for (uint32_t n = 3; n <= 4; n++) {
                sweep(record(4, states[i / 6]), record(5, states[i % 6]), what, n);
                sweep(record(7, states[i / 6]), record(6, states[i % 6]), what, n);
                sweep(record(4, states[i / 6]), blank(), what, n);
                sweep(blank(), record(0xFFFFFFFE, states[i % 6]), what, n);
            }
}

/* A usable choice never becomes none on the way, except by erasing or by taking back the only
 * one. */
static void test_never_without_a_record(void **state)
{
    (void)state;
    for (int cut = 0; cut < 8; cut++) {
        put(record(4, BH_OTA_VALID), record(3, BH_OTA_VALID));
        ram.cut = cut;
        (void)!change(1, 2);
        assert_int_not_equal(slot_now(2), -1);
        put(record(4, BH_OTA_NEW), blank());
        ram.cut = cut;
        (void)!change(3, 2);
        assert_int_equal(slot_now(2), 1);
    }
}

static void test_confirm_leaves_no_stale_state(void **state)
{
    struct bh_region r;
    struct bh_otadata o;

    (void)state;
    put(record(4, BH_OTA_PENDING_VERIFY), record(3, BH_OTA_ABORTED));
    assert_int_equal(change(3, 2), BH_OK);
    r = whole();
    assert_int_equal(bh_otadata_open(&o, &r, 2), BH_OK);
    assert_int_equal(o.active, 1);
    assert_int_equal(o.records[1].seq, 6);
    assert_int_equal(o.records[1].state, BH_OTA_VALID);
    assert_true(bh_all(bytes, 0xFF, BH_OTADATA_COPY));
}

static void test_select_same_writes_nothing(void **state)
{
    (void)state;
    put(record(4, BH_OTA_NEW), record(3, BH_OTA_VALID));
    assert_int_equal(change(1, 2), BH_OK);
    assert_int_equal(ram.erases + ram.programs, 0);
    assert_int_equal(change(2, 2), BH_ERR_RANGE);
    assert_int_equal(ram.erases + ram.programs, 0);
}

/* Sequence numbers that have come to their end begin again. */
static void test_wrap(void **state)
{
    (void)state;
    put(record(0xFFFFFFFD, BH_OTA_VALID), record(0xFFFFFFFE, BH_OTA_VALID));
    assert_int_equal(slot_now(2), 1);
    assert_int_equal(change(0, 2), BH_OK);
    assert_int_equal(slot_now(2), 0);
    assert_int_equal(bh_load32(bytes), 2); /* the one before, with its slot's first number */
    assert_int_equal(bh_load32(bytes + BH_OTADATA_COPY), 3);
}

/* An erase torn so that only the state of an ABORTED record is gone must not revive it. */
static void test_torn_erase_revives_nothing(void **state)
{
    (void)state;
    put(record(4, BH_OTA_VALID), record(5, BH_OTA_ABORTED));
    ram.cut = 1;
    ram.lost = true;
    assert_int_equal(change(0, 2), BH_ERR_IO);
    assert_int_equal(bytes[BH_OTADATA_COPY], 5);   /* the erase has not begun... */
    memset(bytes + BH_OTADATA_COPY + 24, 0xFF, 4); /* ... but for the state */
    assert_int_equal(slot_now(2), 1);
}

/* Erasing both: at each cut the choice is as it was, or gone, and never the other record's. */
static void test_erase_in_order(void **state)
{
    (void)state;
    for (int top = 0; top < 2; top++)
        for (int cut = 0; cut < 4; cut++) {
            int slot;

            put(record(top ? 4 : 6, BH_OTA_VALID), record(5, BH_OTA_VALID));
            ram.cut = cut;
            assert_int_equal(change(6, 2), BH_ERR_IO);
            ram.dead = false;
            ram.cut = -1;
            slot = slot_now(2);
            if (slot != (top ? 0 : 1) && slot != -1)
                fail_msg("cut %d: slot %d", cut, slot);
        }
}

/* ---- the choice ---- */

static struct bh_esp_facts two_good_slots(struct bh_ota_record a, struct bh_ota_record b)
{
    struct bh_esp_facts f = { .otadata = true, .records = { a, b }, .app_count = 2 };

    f.ota[0] = f.ota[1] = f.factory = (struct bh_esp_app){ true, true, 1, false };
    return f;
}

static int chosen(const struct bh_esp_facts *f)
{
    struct bh_esp_choice c;

    bh_esp_choose(f, &c);
    return c.index;
}

static void test_choice_by_record(void **state)
{
    struct bh_esp_facts f = two_good_slots(record(1, BH_OTA_VALID), record(2, BH_OTA_VALID));

    (void)state;
    assert_int_equal(chosen(&f), 1);
    f.otadata = false;
    assert_int_equal(chosen(&f), BH_ESP_FACTORY);
    f.otadata = true;
    f.ota[1].good = false; /* down to ota_0 */
    assert_int_equal(chosen(&f), 0);
    f.ota[0].good = false;
    assert_int_equal(chosen(&f), BH_ESP_FACTORY);
    f.factory.present = false;
    assert_int_equal(chosen(&f), BH_ESP_NONE);
    f.test = (struct bh_esp_app){ true, true, 0, false };
    assert_int_equal(chosen(&f), BH_ESP_TEST);
}

static void test_choice_tries_upwards_last(void **state)
{
    struct bh_esp_facts f = two_good_slots(record(1, BH_OTA_VALID), blank());

    (void)state;
    f.ota[0].good = false;
    assert_int_equal(chosen(&f), BH_ESP_FACTORY);
    f.factory.good = false;
    assert_int_equal(chosen(&f), 1);
}

static void test_choice_without_records(void **state)
{
    struct bh_esp_facts f = two_good_slots(blank(), blank());
    struct bh_esp_choice c;

    (void)state;
    assert_int_equal(chosen(&f), BH_ESP_FACTORY);
    f.factory.present = false;
    bh_esp_choose(&f, &c);
    assert_int_equal(c.index, 0);
    assert_int_equal(c.records[0].seq, 1); /* first start ever: noted */
    assert_int_equal(c.records[0].state, BH_OTA_VALID);
    assert_true(bh_ota_usable(&c.records[0]));
    f.records[0] = record(3, BH_OTA_ABORTED); /* whole: not the first start */
    bh_esp_choose(&f, &c);
    assert_int_equal(c.index, 0);
    assert_int_equal(c.records[0].seq, 3);
}

static void test_choice_rollback(void **state)
{
    struct bh_esp_facts f = two_good_slots(record(1, BH_OTA_VALID), record(2, BH_OTA_NEW));
    struct bh_esp_choice c;

    (void)state;
    f.rollback = true;
    bh_esp_choose(&f, &c);
    assert_int_equal(c.index, 1);
    assert_int_equal(c.records[1].state, BH_OTA_PENDING_VERIFY);
    memcpy(f.records, c.records, sizeof f.records);
    bh_esp_choose(&f, &c); /* started again without a confirm */
    assert_int_equal(c.index, 0);
    assert_int_equal(c.records[1].state, BH_OTA_ABORTED);
    f.rollback = false;
    f.records[1].state = BH_OTA_NEW;
    bh_esp_choose(&f, &c);
    assert_int_equal(c.records[1].state, BH_OTA_NEW);
}

static void test_choice_anti_rollback(void **state)
{
    struct bh_esp_facts f = two_good_slots(record(1, BH_OTA_VALID), record(2, BH_OTA_VALID));

    (void)state;
    f.anti_rollback = true;
    f.efuse_version = 2;
    f.ota[0].secure_version = 2;
    f.factory.present = false;
    assert_int_equal(chosen(&f), 0);
    f.efuse_version = 1; /* record 1 is VALID: raised by what its application says, unverified */
    f.ota[1].secure_version = 5;
    f.ota[1].good = false;
    assert_int_equal(chosen(&f), BH_ESP_NONE);
    f.records[1].state = BH_OTA_UNDEFINED; /* and by no other state */
    assert_int_equal(chosen(&f), 0);
    f.ota[0].bare = true; /* no descriptor: as too old */
    assert_int_equal(chosen(&f), BH_ESP_NONE);
    f.app_count = 0; /* ESP-IDF divides by it */
    f.ota[0].present = f.ota[1].present = false;
    assert_int_equal(chosen(&f), BH_ESP_NONE);
}

static void test_choice_pins(void **state)
{
    struct bh_esp_facts f = two_good_slots(record(1, BH_OTA_VALID), record(2, BH_OTA_VALID));

    (void)state;
    f.factory_reset = true;
    assert_int_equal(chosen(&f), BH_ESP_FACTORY);
    f.factory_reset = false;
    f.test_pin = true;
    assert_int_equal(chosen(&f), BH_ESP_NONE);
    f.test = (struct bh_esp_app){ true, true, 0, false };
    assert_int_equal(chosen(&f), BH_ESP_TEST);
}

/* Where nothing could be opened, nothing is active. */
static void test_nothing_is_active_without_slots(void **state)
{
    struct bh_region region = whole();
    struct bh_otadata o;

    (void)state;
    put(record(1, BH_OTA_VALID), blank());
    assert_int_equal(bh_otadata_open(&o, &region, 0), BH_ERR_RANGE);
    assert_int_equal(o.active, -1);
    region.len--;
    assert_int_equal(bh_otadata_open(&o, &region, 2), BH_ERR_RANGE);
    assert_int_equal(o.active, -1);
}

/* What says no stays where it is, under its number; any other state goes to the other sector first,
 * if there is no record there. */
static void test_no_is_said_in_place(void **state)
{
    static const uint32_t states[] = { BH_OTA_INVALID, BH_OTA_ABORTED, BH_OTA_VALID };
    struct bh_region region = whole();
    struct bh_ota_record r[2];
    struct bh_otadata o;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        bool no = states[i] != BH_OTA_VALID;

        put(record(1, BH_OTA_PENDING_VERIFY), blank());
        assert_int_equal(bh_otadata_open(&o, &region, 2), BH_OK);
        assert_int_equal(bh_otadata_state(&o, states[i]), BH_OK);
        bh_ota_record_decode(bytes, &r[0]);
        bh_ota_record_decode(bytes + BH_OTADATA_COPY, &r[1]);
        assert_int_equal(bh_ota_whole(&r[0]), no);
        assert_int_equal(bh_ota_whole(&r[1]), !no);
        assert_int_equal(r[!no].seq, no ? 1 : 3);
        assert_int_equal(r[!no].state, states[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crc),
        cmocka_unit_test(test_next_seq),
        cmocka_unit_test(test_active),
        cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_never_without_a_record),
        cmocka_unit_test(test_confirm_leaves_no_stale_state),
        cmocka_unit_test(test_select_same_writes_nothing),
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_torn_erase_revives_nothing),
        cmocka_unit_test(test_erase_in_order),
        cmocka_unit_test(test_choice_by_record),
        cmocka_unit_test(test_choice_tries_upwards_last),
        cmocka_unit_test(test_choice_without_records),
        cmocka_unit_test(test_choice_rollback),
        cmocka_unit_test(test_choice_anti_rollback),
        cmocka_unit_test(test_choice_pins),
        cmocka_unit_test(test_nothing_is_active_without_slots),
        cmocka_unit_test(test_no_is_said_in_place),
    };

    return cmocka_run_group_tests_name("otadata", tests, NULL, NULL);
}
