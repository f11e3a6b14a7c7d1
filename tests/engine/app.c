/* SPDX-License-Identifier: Apache-2.0 */
/* The application's functions: what they refuse, and that an answer of 0 means that it was done,
 * whichever write fails on the way. */
#include "faulty.h"
#include "device.h"

#include "products.h"
#include "sim/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static struct bh_product product;
static struct bh_pair pairs[2];

/* Two images: with MCUboot's mailbox, or with requests in the journal. */
static void begin(struct device *d, bool mailbox)
{
    if (mailbox)
        device_twins(&product, pairs);
    else
        product = *engine_products[3];
    device_open(d, &product, NULL);
    device_chip(&d->w.pairs[0].primary)->flash.ops = &faulty_failing;
    failure.at = failure.calls = 0;
}

static void fail_at(uint64_t n)
{
    failure.at = n;
    failure.calls = 0;
}

/* --- what is refused ----------------------------------------------------------------------- */

static void requests_that_make_no_sense(void **state)
{
    (void)state;
    for (int mailbox = 0; mailbox < 2; mailbox++) {
        struct device d;

        begin(&d, mailbox);
        d.w.power.ops = 0;
        device_request(&d, 0, BH_REQUEST_TEST, BH_ERR_RANGE);
        device_request(&d, 4, BH_REQUEST_TEST, BH_ERR_RANGE);
        device_request(&d, 7, BH_REQUEST_TEST, BH_ERR_RANGE);
        device_request(&d, 3, BH_REQUEST_NONE, BH_ERR_RANGE);
        /* nothing is staged, or not for all */
        for (uint8_t p = 1; p < 4; p++)
            device_request(&d, p, BH_REQUEST_TEST, BH_ERR_ABSENT);
        assert_int_equal(bh_app_cancel(&d.w.product, &d.w.work), BH_ERR_ABSENT);
        assert_int_equal(failure.calls, 0);
        device_stage(&d, 1, 2);
        device_request(&d, 3, BH_REQUEST_TEST, BH_ERR_ABSENT);
        device_request(&d, 1, BH_REQUEST_TEST, BH_ERR_ABSENT);
        device_boots(&d, "11", BH_STATE_IDLE, BH_OUTCOME_NONE, BH_REASON_JOURNAL_NEW);
        device_request(&d, 2, BH_REQUEST_TEST, BH_OK);
        device_boots(&d, "12", BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
        /* and during a trial all but the confirm */
        fail_at(0);
        device_request(&d, 2, BH_REQUEST_TEST, BH_ERR_STATE);
        assert_int_equal(bh_app_cancel(&d.w.product, &d.w.work), BH_ERR_STATE);
        assert_true(sim_world_stage(&d.w, 0, d.image[0][2], d.len[0]));
        assert_int_equal(d.w.err, BH_ERR_STATE);
        assert_int_equal(failure.calls, 0);
        device_close(&d);
    }
}

/* A product whose constants contradict each other: an error, and a status that tells nothing. */
static void contradictions(void **state)
{
    struct bh_app_status status;
    struct bh_stage s;
    struct device d;

    (void)state;
    begin(&d, true);
    d.w.product.journal[1].len -= 32;
    memset(&status, 0x55, sizeof status);
    assert_int_equal(bh_app_status(&d.w.product, &d.w.work, &status), BH_ERR_PRODUCT);
    assert_false(status.journal_found || status.confirmed);
    assert_int_equal(status.request, BH_REQUEST_NONE);
    assert_int_equal(status.truth.state, BH_STATE_NONE);
    assert_int_equal(bh_app_request(&d.w.product, &d.w.work, 1, BH_REQUEST_TEST), BH_ERR_PRODUCT);
    assert_int_equal(bh_app_cancel(&d.w.product, &d.w.work), BH_ERR_PRODUCT);
    assert_int_equal(bh_app_confirm(&d.w.product, &d.w.work), BH_ERR_PRODUCT);
    assert_int_equal(bh_stage_begin(&s, &d.w.product, 0, 100, &d.w.work), BH_ERR_PRODUCT);
    assert_int_equal(bh_stage_end(&s), BH_ERR_STATE);
    assert_int_equal(failure.calls, 0);
    device_close(&d);
}

/* The journal of another layout in the middle of an act is not ours to write. */
static void a_locked_journal_is_left_alone(void **state)
{
    struct bh_app_status status;
    struct device d;

    (void)state;
    begin(&d, false);
    device_stage(&d, 0, 2);
    device_request(&d, 1, BH_REQUEST_TEST, BH_OK);
    device_boots(&d, "21", BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
    d.w.product.layout++;
    fail_at(0);
    device_request(&d, 1, BH_REQUEST_TEST, BH_ERR_STATE);
    assert_int_equal(bh_app_confirm(&d.w.product, &d.w.work), BH_ERR_STATE);
    assert_int_equal(bh_app_cancel(&d.w.product, &d.w.work), BH_ERR_STATE);
    assert_int_equal(bh_app_status(&d.w.product, &d.w.work, &status), BH_OK);
    assert_int_equal(status.journal, BH_REASON_LAYOUT_IN_USE);
    assert_false(status.confirmed);
    assert_int_equal(failure.calls, 0);
    device_close(&d);
}

/* What can be read of the mailbox is told, with the error of what cannot. */
static void a_status_with_an_error(void **state)
{
    struct sim_fault fault = { 0, 1, true, false, false };
    struct bh_app_status status;
    struct device d;

    (void)state;
    begin(&d, true);
    device_stage(&d, 0, 2);
    device_stage(&d, 1, 2);
    device_request(&d, 2, BH_REQUEST_TEST, BH_OK);
    fault.off = d.w.pairs[0].secondary.off + d.w.pairs[0].secondary.len - 1;
    device_chip(&d.w.pairs[0].secondary)->faults = &fault;
    device_chip(&d.w.pairs[0].secondary)->n_faults = 1;
    assert_int_equal(bh_app_status(&d.w.product, &d.w.work, &status), BH_ERR_IO);
    assert_int_equal(status.request, BH_REQUEST_TEST);
    assert_true(status.journal_found);
    device_chip(&d.w.pairs[0].secondary)->n_faults = 0;
    device_close(&d);
}

/* --- an answer of 0 means that it was done ------------------------------------------------- */

enum act { STAGE, REQUEST_ONE, REQUEST_SET, CANCEL, CONFIRM, ACTS };

static void prepare(struct device *d, enum act act)
{
    if (act == STAGE) {
        /* a request that staging must take back */
        device_stage(d, 0, 2);
        device_request(d, 1, BH_REQUEST_TEST, BH_OK);
        return;
    }
    device_stage(d, 0, 2);
    device_stage(d, 1, 2);
    if (act == CANCEL || act == REQUEST_SET) /* what was asked before must not hold any more */
        device_request(d, 2, BH_REQUEST_PERMANENT, BH_OK);
    if (act == REQUEST_ONE || act == CONFIRM)
        device_request(d, 3, BH_REQUEST_TEST, BH_OK);
    if (act == CONFIRM)
        device_boots(d, "22", BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
}

static int perform(struct device *d, enum act act)
{
    struct bh_stage s;
    int err;

    switch (act) {
    case STAGE:
        err = bh_stage_begin(&s, &d->w.product, 0, 100, &d->w.work);
        if (!err)
            err = bh_stage_write(&s, d->image[0][3], 100);
        return err ? err : bh_stage_end(&s);
    case REQUEST_ONE: return bh_app_request(&d->w.product, &d->w.work, 2, BH_REQUEST_PERMANENT);
    case REQUEST_SET: return bh_app_request(&d->w.product, &d->w.work, 3, BH_REQUEST_PERMANENT);
    case CANCEL: return bh_app_cancel(&d->w.product, &d->w.work);
    default: return bh_app_confirm(&d->w.product, &d->w.work);
    }
}

/* What runs in the end, if it was done. */
static const char *const done[ACTS] = { "11", "12", "22", "11", "22" };

static void live_on(struct device *d, char runs[3])
{
    for (int i = 0; i < 3; i++) {
        assert_true(sim_world_boot(&d->w));
        assert_int_equal(d->w.boot.action, BH_BOOT_START);
    }
    assert_int_equal(d->w.boot.journal.truth.state, BH_STATE_IDLE);
    for (uint8_t p = 0; p < 2; p++)
        runs[p] = (char)('0' + device_version(d, p));
}

static void zero_means_done(void **state)
{
    unsigned errors = 0, survived = 0;

    (void)state;
    for (int mailbox = 0; mailbox < 2; mailbox++)
        for (enum act act = STAGE; act < ACTS; act++) {
            uint64_t writes = 1;

            for (uint64_t n = 0; n <= writes; n++) {
                char runs[] = "??";
                struct device d;
                int err;

                begin(&d, mailbox);
                prepare(&d, act);
                fail_at(n);
                err = perform(&d, act);
                if (n == 0) {
                    assert_int_equal(err, BH_OK);
                    writes = failure.calls;
                }
                failure.at = 0;
                *(err ? &errors : &survived) += 1;
                live_on(&d, runs);
                if (!err && strcmp(runs, done[act]) != 0)
                    fail_msg("mailbox %d, act %d, write %u of %u failed, and the answer is 0: %s "
                             "runs instead of %s",
                             mailbox, act, (unsigned)n, (unsigned)writes, runs, done[act]);
                device_close(&d);
            }
            assert_true(writes >= 2);
        }
    assert_true(errors > 10 && survived > 10);
}

/* A confirm after the trial ended says so again, and writes nothing; without a trial there is
 * nothing to confirm, and that is no error. */
static void confirms_again(void **state)
{
    (void)state;
    for (int mailbox = 0; mailbox < 2; mailbox++) {
        struct device d;

        begin(&d, mailbox);
        assert_int_equal(bh_app_confirm(&d.w.product, &d.w.work), BH_OK);
        assert_int_equal(failure.calls, 0);
        device_stage(&d, 0, 2);
        device_stage(&d, 1, 2);
        device_request(&d, 3, BH_REQUEST_TEST, BH_OK);
        device_boots(&d, "22", BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
        assert_int_equal(bh_app_confirm(&d.w.product, &d.w.work), BH_OK);
        fail_at(0);
        assert_int_equal(bh_app_confirm(&d.w.product, &d.w.work), BH_OK);
        assert_int_equal(failure.calls, 0);
        device_boots(&d, "22", BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
        device_close(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_that_make_no_sense),
        cmocka_unit_test(contradictions),
        cmocka_unit_test(a_locked_journal_is_left_alone),
        cmocka_unit_test(a_status_with_an_error),
        cmocka_unit_test(zero_means_done),
        cmocka_unit_test(confirms_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
