/* SPDX-License-Identifier: Apache-2.0 */
/* What the application's functions answer, and what they did when they say so: an error, or the
 * effect. Beside binding.c, which has the requests; here are confirms, chips that do not answer,
 * boards that say "later", and what both sides must read alike. */
#include "products.h"

#include "bulkhead/bytes.h"
#include "sim/image.h"
#include "sim/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define VERSIONS 4u

struct life {
    struct sim_world w;
    uint8_t *image[BH_PAIRS_MAX][VERSIONS];
    uint32_t len[BH_PAIRS_MAX];
};

static void begin(struct life *l, const struct bh_product *product)
{
    if (sim_world_open(&l->w, product, NULL))
        fail_msg("%s: %s", product->name, l->w.why);
    for (uint8_t p = 0; p < product->n_pairs; p++) {
        l->len[p] = product->pairs[p].image_max - 7;
        for (uint8_t v = 1; v < VERSIONS; v++) {
            l->image[p][v] = malloc(l->len[p]);
            sim_image_make(l->image[p][v], l->len[p], v, v);
        }
        sim_world_install(&l->w, p, l->image[p][1], l->len[p]);
    }
    assert_true(sim_world_boot(&l->w));
}

static void end(struct life *l)
{
    for (uint8_t p = 0; p < l->w.product.n_pairs; p++)
        for (uint8_t v = 1; v < VERSIONS; v++)
            free(l->image[p][v]);
    assert_null(sim_world_misuse(&l->w));
    sim_world_close(&l->w);
}

static uint8_t all(const struct life *l)
{
    return (uint8_t)((1u << l->w.product.n_pairs) - 1u);
}

static void stage_all(struct life *l, uint8_t version)
{
    for (uint8_t p = 0; p < l->w.product.n_pairs; p++) {
        assert_true(sim_world_stage(&l->w, p, l->image[p][version], l->len[p]));
        assert_int_equal(l->w.err, BH_OK);
    }
}

static void ask(struct life *l, enum bh_request how)
{
    assert_true(sim_world_request(&l->w, all(l), how));
    assert_int_equal(l->w.err, BH_OK);
}

static struct bh_record record(struct life *l)
{
    struct bh_journal j;

    assert_int_equal(bh_product_journal(&l->w.product, &l->w.work, &j), BH_OK);
    return j.truth;
}

static struct bh_app_status status(struct life *l)
{
    struct bh_app_status s;

    assert_int_equal(bh_app_status(&l->w.product, &l->w.work, &s), BH_OK);
    return s;
}

static void boots(struct life *l, uint8_t version, enum bh_state state, enum bh_outcome outcome)
{
    assert_true(sim_world_boot(&l->w));
    assert_int_equal(l->w.boot.action, BH_BOOT_START);
    assert_true(sim_world_runs(&l->w, 0, l->image[0][version], l->len[0]));
    assert_int_equal(record(l).state, state);
    assert_int_equal(record(l).outcome, outcome);
}

static struct sim_flash *outside(struct life *l)
{
    return l->w.pairs[0].secondary.flash->context;
}

/* --- a confirm ----------------------------------------------------------------------------- */

/* A trial whose way back was lost: the image is kept, unconfirmed. */
static void keep(struct life *l)
{
    begin(l, engine_products[0]);
    stage_all(l, 2);
    ask(l, BH_REQUEST_TEST);
    boots(l, 2, BH_STATE_TRIAL, BH_OUTCOME_NONE);
    outside(l)->health = SIM_DEAD;
    for (int i = 0; i < 3; i++)
        boots(l, 2, BH_STATE_TRIAL, BH_OUTCOME_NONE);
    boots(l, 2, BH_STATE_IDLE, BH_OUTCOME_KEPT);
    outside(l)->health = SIM_WELL;
    assert_false(status(l).confirmed);
    assert_int_equal(record(l).pair[0].floor, 1);
}

static void a_kept_image_can_be_confirmed(void **state)
{
    struct life l;

    (void)state;
    keep(&l);
    assert_int_equal(bh_app_confirm(&l.w.product, &l.w.work), BH_OK);
    assert_true(status(&l).confirmed);
    boots(&l, 2, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED);
    assert_int_equal(record(&l).pair[0].floor, 2);
    assert_int_equal(record(&l).pair[0].version[0], 2u << 24);
    end(&l);
}

/* What is done with another image meanwhile confirms nothing. */
static void a_kept_image_stays_unconfirmed(void **state)
{
    struct life l;

    (void)state;
    keep(&l);
    stage_all(&l, 3);
    ask(&l, BH_REQUEST_TEST);
    assert_int_equal(bh_app_cancel(&l.w.product, &l.w.work), BH_OK);
    assert_false(status(&l).confirmed);
    boots(&l, 2, BH_STATE_IDLE, BH_OUTCOME_KEPT);
    assert_int_equal(record(&l).pair[0].floor, 1);
    assert_int_equal(record(&l).reason, BH_REASON_CANCELLED);

    l.image[0][3][200] ^= 1;
    stage_all(&l, 3);
    ask(&l, BH_REQUEST_TEST);
    for (int i = 0; i < 2; i++) {
        boots(&l, 2, BH_STATE_IDLE, BH_OUTCOME_KEPT);
        assert_int_equal(record(&l).reason, BH_REASON_DIGEST);
        assert_int_equal(record(&l).pair[0].floor, 1);
        assert_false(status(&l).confirmed);
    }
    assert_int_equal(l.w.power.ops, 0); /* the request was taken away */
    end(&l);
}

/* The journal is on the other chip, which does not answer when the application confirms: that is no
 * success, and what was not recorded is reverted. */
static void a_confirm_without_a_journal_is_an_error(void **state)
{
    static const enum sim_health sick[] = { SIM_DEAD, SIM_ABSENT };
    struct bh_product product = *engine_products[0];

    (void)state;
    product.journal[0] = (struct bh_region){ product.pairs[0].secondary.flash, 0x20000, 0x1000 };
    product.journal[1] = (struct bh_region){ product.pairs[0].secondary.flash, 0x21000, 0x1000 };
    for (unsigned i = 0; i < sizeof sick / sizeof sick[0]; i++) {
        struct life l;

        begin(&l, &product);
        stage_all(&l, 2);
        ask(&l, BH_REQUEST_TEST);
        boots(&l, 2, BH_STATE_TRIAL, BH_OUTCOME_NONE);
        outside(&l)->health = sick[i];
        assert_int_equal(bh_app_confirm(&l.w.product, &l.w.work),
                         sick[i] == SIM_DEAD ? BH_ERR_IO : BH_ERR_ABSENT);
        outside(&l)->health = SIM_WELL;
        assert_false(status(&l).confirmed);
        assert_int_equal(bh_app_confirm(&l.w.product, &l.w.work), BH_OK);
        boots(&l, 2, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED);
        end(&l);
    }
}

/* --- both sides read a record alike ---------------------------------------------------------- */

static void state_it(struct life *l, const struct bh_record *rec)
{
    struct bh_journal j;

    assert_int_equal(bh_product_journal(&l->w.product, &l->w.work, &j), BH_OK);
    assert_int_equal(bh_journal_state(&j, rec), BH_OK);
}

/* The twins, with MCUboot's mailbox: each slot one page longer, for its trailer. */
static void begin_twins(struct life *l)
{
    static struct bh_pair pairs[2];
    struct bh_product product = *engine_products[3];

    memcpy(pairs, product.pairs, sizeof pairs);
    for (uint32_t p = 0; p < 2; p++) {
        pairs[p].primary.off = 0x10000u * (p + 1);
        pairs[p].secondary.off = pairs[p].primary.off + 0x4000;
        pairs[p].primary.len = pairs[p].secondary.len = 0x4000;
        pairs[p].staged_off = 0x1000;
        pairs[p].spare = bh_region_part(&pairs[p].secondary, 0, 0x1000);
        pairs[p].image_max = 0x2000;
    }
    product.pairs = pairs;
    product.mailbox = &bh_mailbox_mcuboot;
    begin(l, &product);
}

/* A rescue left one pair of a set alone: somebody's image is in it. Nobody confirms that one. */
static void what_a_rescue_left_alone_is_not_confirmed(void **state)
{
    struct bh_record rec;
    struct bh_wish wish;
    struct life l;

    (void)state;
    begin_twins(&l);
    rec = record(&l);
    rec.state = BH_STATE_IDLE;
    rec.outcome = BH_OUTCOME_CONFIRMED;
    rec.left_alone = 2;
    for (unsigned p = 0; p < 2; p++)
        rec.pair[p].size_old = rec.pair[p].size_new = l.len[p];
    state_it(&l, &rec);
    assert_int_equal(bh_app_confirm(&l.w.product, &l.w.work), BH_OK);
    assert_int_equal(l.w.product.mailbox->read(l.w.pairs, 2, &wish), BH_OK);
    assert_int_equal(wish.confirmed, 1);

    /* and of a trial only what is in it must be confirmed */
    rec.state = BH_STATE_TRIAL;
    rec.outcome = BH_OUTCOME_NONE;
    state_it(&l, &rec);
    assert_true(status(&l).confirmed);
    rec.left_alone = 0;
    state_it(&l, &rec);
    assert_false(status(&l).confirmed);
    end(&l);
}

/* Each function that would write, and nothing that could be written: no operation, one answer. */
static void nothing_may_be_done(struct life *l, int expect)
{
    struct bh_stage s;
    uint64_t ops = l->w.power.ops;

    assert_int_equal(bh_stage_begin(&s, &l->w.product, 0, 256, &l->w.work), expect);
    assert_int_equal(bh_stage_write(&s, l->image[0][2], 256), BH_ERR_STATE);
    assert_int_equal(bh_stage_end(&s), BH_ERR_STATE);
    assert_int_equal(bh_app_request(&l->w.product, &l->w.work, 1, BH_REQUEST_TEST), expect);
    assert_int_equal(bh_app_cancel(&l->w.product, &l->w.work), expect);
    assert_int_equal(bh_app_confirm(&l->w.product, &l->w.work), expect);
    assert_int_equal(l->w.power.ops, ops);
}

/* Pairs that are not there, none at all, no kind of request. */
static void arguments_that_make_no_sense(void **state)
{
    (void)state;
    for (unsigned i = 0; i < n_engine_products; i++) {
        struct bh_stage s;
        struct life l;
        uint64_t ops;

        begin(&l, engine_products[i]);
        stage_all(&l, 2);
        ops = l.w.power.ops;
        for (unsigned pairs = 0; pairs < 256; pairs += pairs < 4 ? 1 : 12)
            if (pairs == 0 || pairs > all(&l))
                assert_int_equal(
                    bh_app_request(&l.w.product, &l.w.work, (uint8_t)pairs, BH_REQUEST_TEST),
                    BH_ERR_RANGE);
        assert_int_equal(bh_app_request(&l.w.product, &l.w.work, 1, BH_REQUEST_NONE), BH_ERR_RANGE);
        assert_int_equal(bh_stage_begin(&s, &l.w.product, l.w.product.n_pairs, 256, &l.w.work),
                         BH_ERR_RANGE);
        assert_int_equal(l.w.power.ops, ops);
        boots(&l, 1, BH_STATE_IDLE, BH_OUTCOME_NONE);
        end(&l);
    }
}

/* In the middle of an act the slots are the bootloader's; a journal of another is nobody's. */
static void states_in_which_nothing_may_be_done(void **state)
{
    static const enum bh_state busy[] = { BH_STATE_UPDATING, BH_STATE_REVERTING, BH_STATE_TRIAL };
    static const uint8_t former[4] = { 'B', 'K', 'J', 0x10 };
    struct life l;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct bh_record rec;

        begin(&l, engine_products[1]);
        rec = record(&l);
        rec.state = busy[i];
        rec.pair[0].size_old = rec.pair[0].size_new = l.len[0];
        rec.step = 2;
        state_it(&l, &rec);
        l.w.product.layout += busy[i] == BH_STATE_TRIAL; /* a trial of another layout */
        nothing_may_be_done(&l, BH_ERR_STATE);
        end(&l);
    }
    begin(&l, engine_products[1]);
    for (int half = 0; half < 2; half++) {
        const struct bh_region *page = &l.w.product.journal[half];
        uint8_t bytes[2048];

        memset(bytes, page->flash->erased, sizeof bytes);
        memcpy(bytes, former, sizeof former);
        sim_flash_fill(page->flash->context, page->off, bytes, sizeof bytes);
    }
    nothing_may_be_done(&l, BH_ERR_STATE);
    end(&l);
}

/* A set is asked for, which is a statement in the journal, and then one of its pairs alone, which is
 * in the mailbox: what was asked last holds. */
static void one_pair_after_the_set(void **state)
{
    (void)state;
    for (uint8_t p = 0; p < 2; p++) {
        struct life l;

        begin_twins(&l);
        stage_all(&l, 2);
        ask(&l, BH_REQUEST_TEST);
        assert_true(sim_world_request(&l.w, (uint8_t)(1u << p), BH_REQUEST_PERMANENT));
        assert_int_equal(l.w.err, BH_OK);
        for (int boot = 0; boot < 3; boot++) {
            boots(&l, p == 0 ? 2 : 1, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED);
            assert_true(sim_world_runs(&l.w, 1, l.image[1][p == 1 ? 2 : 1], l.len[1]));
        }
        end(&l);
    }
}

/* What is asked for: the mailbox before the journal, for good before on trial. */
static void what_is_asked_for(void **state)
{
    static const struct {
        struct bh_wish wish;
        enum bh_state state;
        bool permanent;
        enum bh_request request;
        uint32_t pairs;
    } rows[] = {
        { { 0 }, BH_STATE_IDLE, true, BH_REQUEST_NONE, 0 },
        { { .test = 2 }, BH_STATE_IDLE, true, BH_REQUEST_TEST, 2 },
        { { .test = 2, .permanent = 1 }, BH_STATE_IDLE, false, BH_REQUEST_PERMANENT, 1 },
        { { 0 }, BH_STATE_REQUESTED, false, BH_REQUEST_TEST, 3 },
        { { 0 }, BH_STATE_REQUESTED, true, BH_REQUEST_PERMANENT, 3 },
        { { .test = 1 }, BH_STATE_REQUESTED, true, BH_REQUEST_TEST, 1 },
        { { 0 }, BH_STATE_UPDATING, true, BH_REQUEST_NONE, 0 },
        { { .confirmed = 3, .on_trial = 3 }, BH_STATE_TRIAL, true, BH_REQUEST_NONE, 0 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bh_record rec = { .state = rows[i].state, .permanent = rows[i].permanent };
        uint32_t pairs = 99;

        rec.pair[0].size_new = rec.pair[1].size_new = 5;
        assert_int_equal(bh_product_asked(engine_products[3], &rec, &rows[i].wish, &pairs),
                         rows[i].request);
        assert_int_equal(pairs, rows[i].pairs);
    }
}

/* --- chips that do not answer, boards that say "later" --------------------------------------- */

/* The other chip cannot be read: whether something is staged there is not known. Nothing is
 * recorded, and what was recorded before stays. */
static void a_request_to_a_dead_chip(void **state)
{
    static const unsigned products[] = { 0, 2 }; /* MCUboot's mailbox, and our own */

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct life l;

        begin(&l, engine_products[products[i]]);
        stage_all(&l, 2);
        outside(&l)->health = SIM_DEAD;
        assert_true(sim_world_request(&l.w, all(&l), BH_REQUEST_TEST));
        assert_int_equal(l.w.err, BH_ERR_IO);
        assert_int_equal(l.w.power.ops, 0);
        outside(&l)->health = SIM_WELL;
        boots(&l, 1, BH_STATE_IDLE, BH_OUTCOME_NONE);
        ask(&l, BH_REQUEST_TEST);
        boots(&l, 2, BH_STATE_TRIAL, BH_OUTCOME_NONE);
        end(&l);
    }
}

/* The board's driver answers the n-th erase or program from now on, and every later one, with
 * "later". */
static uint64_t patience;

static int later_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    if (patience == 0)
        return BH_ERR_LATER;
    patience--;
    return sim_flash_ops.program(f, off, buf, len);
}

static int later_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    if (patience == 0)
        return BH_ERR_LATER;
    patience--;
    return sim_flash_ops.erase(f, off, len);
}

static const struct bh_flash_ops late = { .read = NULL,
                                          .program = later_program,
                                          .erase = later_erase };
static struct bh_flash_ops late_ops;

static void be_late(struct life *l, bool is)
{
    late_ops = late;
    late_ops.read = sim_flash_ops.read;
    late_ops.blank = sim_flash_ops.blank;
    for (unsigned i = 0; i < l->w.n_chips; i++)
        l->w.chip[i].flash.ops = is ? &late_ops : &sim_flash_ops;
}

enum function { BEGIN, WRITE, REQUEST, CANCEL, CONFIRM, FUNCTIONS };

/* Call it when it is due, in a board that has so much patience. Returns its error. */
static int call(struct life *l, enum function f, uint64_t after)
{
    struct bh_stage s;
    int err = BH_OK;

    switch (f) {
    case REQUEST: stage_all(l, 2); break;
    case CANCEL:
        stage_all(l, 2);
        ask(l, BH_REQUEST_TEST);
        break;
    case CONFIRM:
        stage_all(l, 2);
        ask(l, BH_REQUEST_TEST);
        boots(l, 2, BH_STATE_TRIAL, BH_OUTCOME_NONE);
        break;
    case WRITE: assert_int_equal(bh_stage_begin(&s, &l->w.product, 0, l->len[0], &l->w.work), 0);
    default: break;
    }
    be_late(l, true);
    patience = after;
    switch (f) {
    case BEGIN: err = bh_stage_begin(&s, &l->w.product, 0, l->len[0], &l->w.work); break;
    case WRITE:
        err = bh_stage_write(&s, l->image[0][2], l->len[0]);
        if (err) { /* what failed cannot be made whole */
            patience = UINT64_MAX;
            assert_int_equal(bh_stage_write(&s, l->image[0][2], 0), BH_ERR_STATE);
            assert_int_equal(bh_stage_end(&s), BH_ERR_STATE);
        } else {
            err = bh_stage_end(&s);
        }
        break;
    case REQUEST:
        err = bh_app_request(&l->w.product, &l->w.work, all(l), BH_REQUEST_PERMANENT);
        break;
    case CANCEL: err = bh_app_cancel(&l->w.product, &l->w.work); break;
    default: err = bh_app_confirm(&l->w.product, &l->w.work); break;
    }
    be_late(l, false);
    return err;
}

/* Until it comes to its end: every answer before is "later", never 0; after it the same call works,
 * and the device does what that call says. */
static void later_is_an_answer(void **state)
{
    (void)state;
    for (unsigned i = 0; i < n_engine_products; i++)
        for (enum function f = BEGIN; f < FUNCTIONS; f++) {
            const struct bh_product *product = engine_products[i];
            unsigned n = 0;
            int err;

            if (f == CONFIRM && !product->plan->reverts)
                continue;
            do {
                struct life l;

                begin(&l, product);
                err = call(&l, f, n);
                if (err && err != BH_ERR_LATER)
                    fail_msg("%s, function %d, after %u operations: %d", product->name, (int)f, n,
                             err);
                if (f == CONFIRM) {
                    assert_int_equal(bh_app_confirm(&l.w.product, &l.w.work), BH_OK);
                    boots(&l, 2, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED);
                    assert_true(status(&l).confirmed);
                } else {
                    stage_all(&l, 3);
                    ask(&l, BH_REQUEST_PERMANENT);
                    boots(&l, 3, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED);
                }
                end(&l);
                n++;
            } while (err && n < 2000);
            assert_int_equal(err, BH_OK);
            assert_true(n > 1);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_image_can_be_confirmed),
        cmocka_unit_test(a_kept_image_stays_unconfirmed),
        cmocka_unit_test(a_confirm_without_a_journal_is_an_error),
        cmocka_unit_test(what_a_rescue_left_alone_is_not_confirmed),
        cmocka_unit_test(states_in_which_nothing_may_be_done),
        cmocka_unit_test(what_is_asked_for),
        cmocka_unit_test(arguments_that_make_no_sense),
        cmocka_unit_test(one_pair_after_the_set),
        cmocka_unit_test(a_request_to_a_dead_chip),
        cmocka_unit_test(later_is_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
