/* SPDX-License-Identifier: Apache-2.0 */
/* Several images: each pair has its own request, floor and trailer, and none is taken for
 * another's. Pair 1 is looked at throughout: a mistake that is made with "the first pair" shows
 * there. */
#include "device.h"

#include "products.h"
#include "bulkhead/image_espressif.h"
#include "sim/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* Two images: one product asks in MCUboot's mailbox, the other in the journal. */
static struct bh_product product;
static struct bh_pair pairs[2];

static void with_mailbox(struct device *d)
{
    device_twins(&product, pairs);
    device_open(d, &product, NULL);
}

static struct bh_wish wishes(struct device *d)
{
    struct bh_wish wish;

    assert_int_equal(bh_mailbox_mcuboot.read(d->w.pairs, 2, &wish), BH_OK);
    return wish;
}

/* A floor of one pair above or below the other's. */
static void each_pair_has_its_floor(void **state)
{
    static const uint32_t counters[2][2] = { { 10, 0 }, { 0, 10 } };

    (void)state;
    for (int high = 0; high < 2; high++) {
        uint8_t low = !high;
        struct device d;
        char runs[] = "11";

        device_open(&d, engine_products[3], counters[high]);
        device_boots(&d, "11", BH_STATE_IDLE, BH_OUTCOME_NONE, BH_REASON_JOURNAL_NEW);
        assert_int_equal(d.w.boot.journal.truth.pair[high].floor, 11);
        assert_int_equal(d.w.boot.journal.truth.pair[low].floor, 1);
        /* below its own floor, above the other's */
        sim_image_make(d.image[high][2], d.len[high], 2, 5);
        device_stage(&d, (uint8_t)high, 2);
        device_request(&d, (uint8_t)(1u << high), BH_REQUEST_PERMANENT, BH_OK);
        device_boots(&d, "11", BH_STATE_IDLE, BH_OUTCOME_REFUSED, BH_REASON_FLOOR);
        /* above its own, below the other's */
        device_stage(&d, low, 2);
        device_request(&d, (uint8_t)(1u << low), BH_REQUEST_PERMANENT, BH_OK);
        runs[low] = '2';
        device_boots(&d, runs, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
        device_close(&d);
    }
}

/* What was asked last holds, and nothing of what was asked before. */
static void the_last_request_holds(void **state)
{
    struct device d;

    (void)state;
    device_open(&d, engine_products[3], NULL);
    device_stage(&d, 0, 2);
    device_stage(&d, 1, 2);
    device_request(&d, 1, BH_REQUEST_TEST, BH_OK);
    device_request(&d, 2, BH_REQUEST_PERMANENT, BH_OK);
    device_boots(&d, "12", BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
    device_close(&d);
}

static void a_request_is_made_for_its_pair(void **state)
{
    (void)state;
    for (uint8_t p = 0; p < 2; p++)
        for (int kind = BH_REQUEST_TEST; kind <= BH_REQUEST_PERMANENT; kind++) {
            struct bh_wish wish;
            struct device d;

            with_mailbox(&d);
            device_stage(&d, 0, 2);
            device_stage(&d, 1, 2);
            device_request(&d, (uint8_t)(1u << !p), BH_REQUEST_TEST, BH_OK);
            device_request(&d, (uint8_t)(1u << p), (enum bh_request)kind, BH_OK);
            wish = wishes(&d);
            assert_int_equal(wish.test, kind == BH_REQUEST_TEST ? 1u << p : 0);
            assert_int_equal(wish.permanent, kind == BH_REQUEST_TEST ? 0 : 1u << p);
            device_boots(
                &d, p ? "12" : "21", kind == BH_REQUEST_TEST ? BH_STATE_TRIAL : BH_STATE_IDLE,
                kind == BH_REQUEST_TEST ? BH_OUTCOME_NONE : BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
            device_close(&d);
        }
}

/* Staging one again takes back its own request, and no other. */
static void staging_withdraws_its_own_request(void **state)
{
    (void)state;
    for (uint8_t p = 0; p < 2; p++) {
        struct device d;

        with_mailbox(&d);
        device_stage(&d, 0, 2);
        device_stage(&d, 1, 2);
        for (uint32_t i = 0; i < 2; i++)
            assert_int_equal(bh_mailbox_mcuboot.ask(d.w.pairs, i, BH_REQUEST_TEST), BH_OK);
        assert_int_equal(wishes(&d).test, 3);
        device_stage(&d, p, 3);
        assert_int_equal(wishes(&d).test, 3 & ~(1u << p));
        device_boots(&d, p ? "21" : "12", BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
        device_close(&d);
    }
}

static void cancelling_withdraws_all(void **state)
{
    struct device d;

    (void)state;
    with_mailbox(&d);
    device_stage(&d, 0, 2);
    device_stage(&d, 1, 2);
    assert_int_equal(bh_app_cancel(&d.w.product, &d.w.work), BH_ERR_ABSENT);
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(bh_mailbox_mcuboot.ask(d.w.pairs, i, BH_REQUEST_TEST), BH_OK);
    assert_int_equal(bh_app_cancel(&d.w.product, &d.w.work), BH_OK);
    assert_int_equal(wishes(&d).test | wishes(&d).permanent, 0);
    device_boots(&d, "11", BH_STATE_IDLE, BH_OUTCOME_CANCELLED, BH_REASON_CANCELLED);
    device_close(&d);
}

/* Requests of several pairs are all seen, each with its kind; those for good come first. */
static void every_pairs_wish_is_seen(void **state)
{
    (void)state;
    for (uint32_t good = 0; good < 4; good++) {
        struct bh_wish wish;
        struct device d;

        with_mailbox(&d);
        device_stage(&d, 0, 2);
        device_stage(&d, 1, 2);
        for (uint32_t p = 0; p < 2; p++)
            assert_int_equal(
                bh_mailbox_mcuboot.ask(d.w.pairs, p,
                                       good >> p & 1 ? BH_REQUEST_PERMANENT : BH_REQUEST_TEST),
                BH_OK);
        wish = wishes(&d);
        assert_int_equal(wish.permanent, good);
        assert_int_equal(wish.test, 3 & ~good);
        assert_int_equal(wish.confirmed, 0);
        assert_true(sim_world_boot(&d.w));
        assert_int_equal(device_version(&d, 0), 2);
        assert_int_equal(device_version(&d, 1), 2);
        /* and those on trial go back, alone */
        assert_true(sim_world_boot(&d.w));
        assert_int_equal(device_version(&d, 0), good & 1 ? 2 : 1);
        assert_int_equal(device_version(&d, 1), good & 2 ? 2 : 1);
        device_close(&d);
    }
}

/* How a set ended is told in the trailer of each of its pairs. */
static void every_pairs_trailer_is_settled(void **state)
{
    struct device d;

    (void)state;
    with_mailbox(&d);
    device_stage(&d, 0, 2);
    device_stage(&d, 1, 2);
    device_request(&d, 3, BH_REQUEST_TEST, BH_OK);
    device_boots(&d, "22", BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
    assert_int_equal(wishes(&d).confirmed, 0);
    for (uint32_t p = 0; p < 2; p++) {
        const struct bh_region *slot = &d.w.pairs[p].primary;

        assert_int_equal(device_peek(slot, slot->len - 32 - 3 * 32), 2 | p << 4); /* a trial */
        /* an unmodified application of pair p confirms */
        assert_int_equal(bh_mailbox_mcuboot.confirm(d.w.pairs, 2, 1u << p), BH_OK);
        assert_int_equal(wishes(&d).confirmed, p ? 3 : 1);
    }
    device_boots(&d, "22", BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
    device_close(&d);
}

/* One that does not confirm takes the set back. */
static void half_a_confirm_is_none(void **state)
{
    (void)state;
    for (uint32_t p = 0; p < 2; p++) {
        struct device d;

        with_mailbox(&d);
        device_stage(&d, 0, 2);
        device_stage(&d, 1, 2);
        device_request(&d, 3, BH_REQUEST_TEST, BH_OK);
        device_boots(&d, "22", BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
        assert_int_equal(bh_mailbox_mcuboot.confirm(d.w.pairs, 2, 1u << p), BH_OK);
        device_boots(&d, "11", BH_STATE_IDLE, BH_OUTCOME_REVERTED, BH_REASON_NOT_CONFIRMED);
        assert_int_equal(wishes(&d).confirmed, 3);
        device_close(&d);
    }
}

/* Only MCUboot's format can say what an image needs. */
static void other_formats_need_nothing(void **state)
{
    struct bh_verified verified = { .format = &bh_image_espressif };
    struct bh_view views[2];
    struct device d;

    (void)state;
    with_mailbox(&d);
    for (uint32_t p = 0; p < 2; p++) {
        views[p] = bh_pair_primary(&d.w.pairs[p]);
        assert_int_equal(bh_dependencies(&d.w.product.policy, d.w.pairs, 2, views, p, &verified),
                         BH_REASON_NONE);
    }
    device_close(&d);
}

/* As many pairs as there may be: each by itself, and any number of them together. */
static void four_pairs(void **state)
{
    struct bh_pair four[BH_PAIRS_MAX];

    (void)state;
    product = *engine_products[3];
    product.pairs = four;
    product.n_pairs = BH_PAIRS_MAX;
    for (uint32_t p = 0; p < BH_PAIRS_MAX; p++) {
        four[p] = engine_products[3]->pairs[0];
        four[p].primary.off = 0x10000 + p * 0x8000;
        four[p].primary.len = 0x1000;
        four[p].secondary.off = 0x11000 + p * 0x8000;
        four[p].secondary.len = 0x2000;
        four[p].spare.off = 0x11000 + p * 0x8000;
        four[p].image_max = 0x1000;
    }
    for (uint8_t which = 1; which < 16; which++) {
        char runs[] = "1111";
        struct device d;

        device_open(&d, &product, NULL);
        for (uint8_t p = 0; p < BH_PAIRS_MAX; p++)
            device_stage(&d, p, 2);
        for (uint8_t p = 0; p < BH_PAIRS_MAX; p++)
            if (which >> p & 1)
                runs[p] = '2';
        device_request(&d, 15, BH_REQUEST_TEST, BH_OK);
        device_request(&d, which, BH_REQUEST_TEST, BH_OK);
        device_boots(&d, runs, BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
        for (uint8_t p = 0; p < BH_PAIRS_MAX; p++)
            assert_int_equal(d.w.boot.journal.truth.pair[p].size_new,
                             which >> p & 1 ? d.len[p] : 0);
        device_boots(&d, "1111", BH_STATE_IDLE, BH_OUTCOME_REVERTED, BH_REASON_NOT_CONFIRMED);
        device_request(&d, 16, BH_REQUEST_TEST, BH_ERR_RANGE);
        device_close(&d);
    }
}

/* What the application is told of all this. */
static void the_status_is_of_all_pairs(void **state)
{
    struct bh_app_status status;
    struct device d;

    (void)state;
    with_mailbox(&d);
    device_stage(&d, 0, 2);
    device_stage(&d, 1, 2);
    assert_int_equal(bh_app_status(&d.w.product, &d.w.work, &status), BH_OK);
    assert_true(status.journal_found && status.confirmed);
    assert_int_equal(status.request, BH_REQUEST_NONE);
    device_request(&d, 2, BH_REQUEST_PERMANENT, BH_OK);
    assert_int_equal(bh_app_status(&d.w.product, &d.w.work, &status), BH_OK);
    assert_int_equal(status.request, BH_REQUEST_PERMANENT);
    device_request(&d, 3, BH_REQUEST_TEST, BH_OK);
    assert_int_equal(bh_app_status(&d.w.product, &d.w.work, &status), BH_OK);
    assert_int_equal(status.request, BH_REQUEST_TEST);
    assert_true(status.confirmed);
    device_boots(&d, "22", BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
    assert_int_equal(bh_app_status(&d.w.product, &d.w.work, &status), BH_OK);
    assert_false(status.confirmed);
    assert_int_equal(status.truth.state, BH_STATE_TRIAL);
    assert_int_equal(bh_mailbox_mcuboot.confirm(d.w.pairs, 2, 1), BH_OK);
    assert_int_equal(bh_app_status(&d.w.product, &d.w.work, &status), BH_OK);
    assert_false(status.confirmed);
    assert_int_equal(bh_app_confirm(&d.w.product, &d.w.work), BH_OK);
    assert_int_equal(wishes(&d).confirmed, 3);
    assert_int_equal(bh_app_status(&d.w.product, &d.w.work, &status), BH_OK);
    assert_true(status.confirmed);
    device_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_pair_has_its_floor),
        cmocka_unit_test(the_last_request_holds),
        cmocka_unit_test(a_request_is_made_for_its_pair),
        cmocka_unit_test(staging_withdraws_its_own_request),
        cmocka_unit_test(cancelling_withdraws_all),
        cmocka_unit_test(every_pairs_wish_is_seen),
        cmocka_unit_test(every_pairs_trailer_is_settled),
        cmocka_unit_test(half_a_confirm_is_none),
        cmocka_unit_test(other_formats_need_nothing),
        cmocka_unit_test(four_pairs),
        cmocka_unit_test(the_status_is_of_all_pairs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
