/* SPDX-License-Identifier: Apache-2.0 */
/* Whose image is it? What somebody writes into the slots while an act is under way, and what an
 * application asks for, takes back and confirms. */
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

#define VERSIONS 5u /* 1 to 4; 1 is the factory's */

struct life {
    struct sim_world w;
    uint8_t *image[BH_PAIRS_MAX][VERSIONS];
    uint32_t len[BH_PAIRS_MAX];
};

static void begin(struct life *l, const struct bh_product *product, const struct bh_rescue *rescue,
                  uint8_t factory)
{
    struct bh_product with = *product;

    with.rescue = rescue;
    if (sim_world_open(&l->w, &with, NULL))
        fail_msg("%s: %s", product->name, l->w.why);
    for (uint8_t p = 0; p < product->n_pairs; p++) {
        l->len[p] = product->pairs[p].image_max - 7;
        for (uint8_t v = 1; v < VERSIONS; v++) {
            l->image[p][v] = malloc(l->len[p]);
            sim_image_make(l->image[p][v], l->len[p], v, 0);
        }
        sim_world_install(&l->w, p, l->image[p][factory], l->len[p]);
    }
    assert_true(sim_world_boot(&l->w));
}

static void end(struct life *l)
{
    for (uint8_t p = 0; p < l->w.product.n_pairs; p++)
        for (uint8_t v = 1; v < VERSIONS; v++)
            free(l->image[p][v]);
    sim_world_close(&l->w);
}

static void put(struct life *l, const struct bh_region *at, uint32_t off, uint8_t p,
                uint8_t version)
{
    sim_flash_fill(at->flash->context, at->off + off, l->image[p][version], l->len[p]);
}

/* Where an update staged it, by whoever holds the chip. */
static void forge_staged(struct life *l, uint8_t version)
{
    put(l, &l->w.pairs[0].secondary, l->w.pairs[0].staged_off, 0, version);
}

static void stage(struct life *l, uint8_t p, uint8_t version)
{
    assert_true(sim_world_stage(&l->w, p, l->image[p][version], l->len[p]));
    assert_int_equal(l->w.err, BH_OK);
}

static void stage_all(struct life *l, uint8_t version)
{
    for (uint8_t p = 0; p < l->w.product.n_pairs; p++)
        stage(l, p, version);
}

static void request(struct life *l, uint8_t pairs, enum bh_request how, int expect)
{
    assert_true(sim_world_request(&l->w, pairs, how));
    assert_int_equal(l->w.err, expect);
}

static void runs(struct life *l, uint8_t version, enum bh_state state, enum bh_outcome outcome,
                 enum bh_reason reason)
{
    const struct bh_record *truth = &l->w.boot.journal.truth;

    assert_true(sim_world_boot(&l->w));
    if (l->w.boot.action != BH_BOOT_START)
        fail_msg("%s: not started: %s", l->w.product.name, bh_reason_text(l->w.boot.reason));
    for (uint8_t p = 0; p < l->w.product.n_pairs; p++)
        assert_true(sim_world_runs(&l->w, p, l->image[p][version], l->len[p]));
    assert_int_equal(truth->state, state);
    assert_int_equal(truth->outcome, outcome);
    assert_int_equal(truth->reason, reason);
}

/* Begin an update, and cut the power before its op-th operation. Returns the steps that are done,
 * or -1: no update was stated, or it came to its end. */
static int begin_update(struct life *l, uint8_t version, uint64_t op)
{
    struct bh_journal j;

    stage(l, 0, version);
    request(l, 1, BH_REQUEST_TEST, BH_OK);
    l->w.power.cut = (struct sim_cut){ .at = op, .when = SIM_CUT_BEFORE };
    (void)sim_world_boot(&l->w);
    l->w.power.cut.at = 0;
    l->w.power.dark = false; /* to look */
    assert_int_equal(bh_product_journal(&l->w.product, &l->w.work, &j), BH_OK);
    return j.truth.state == BH_STATE_UPDATING ? (int)j.truth.step : -1;
}

static const struct bh_product *one(void)
{
    return engine_products[1]; /* one chip, MCUboot's mailbox, offset layout */
}

/* --- somebody writes primary --------------------------------------------------------------- */

static void primary_replaced_in_mid_update(void **state)
{
    unsigned replaced = 0;

    (void)state;
    for (uint64_t op = 8; op < 90; op += 3) {
        struct life l;

        begin(&l, one(), NULL, 1);
        if (begin_update(&l, 2, op) >= 0) {
            put(&l, &l.w.pairs[0].primary, 0, 0, 3);
            runs(&l, 3, BH_STATE_IDLE, BH_OUTCOME_REPLACED, BH_REASON_REPLACED);
            runs(&l, 3, BH_STATE_IDLE, BH_OUTCOME_REPLACED, BH_REASON_REPLACED);
            assert_int_equal(l.w.power.ops, 0);
            assert_int_equal(l.w.boot.journal.truth.pair[0].version[0], 3u << 24);
            replaced++;
        }
        end(&l);
    }
    assert_true(replaced > 5);
}

static void primary_replaced_in_a_trial(void **state)
{
    struct life l;

    (void)state;
    begin(&l, one(), NULL, 1);
    stage(&l, 0, 2);
    request(&l, 1, BH_REQUEST_TEST, BH_OK);
    runs(&l, 2, BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
    put(&l, &l.w.pairs[0].primary, 0, 0, 3);
    runs(&l, 3, BH_STATE_IDLE, BH_OUTCOME_REPLACED, BH_REASON_REPLACED);
    end(&l);
}

static void old_image_put_back_in_a_trial(void **state)
{
    struct life l;

    (void)state;
    begin(&l, one(), NULL, 1);
    stage(&l, 0, 2);
    request(&l, 1, BH_REQUEST_TEST, BH_OK);
    runs(&l, 2, BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
    put(&l, &l.w.pairs[0].primary, 0, 0, 1);
    l.w.chip[0].counts.erases = 0;
    runs(&l, 1, BH_STATE_IDLE, BH_OUTCOME_REVERTED, BH_REASON_NOT_CONFIRMED);
    assert_in_range(l.w.chip[0].counts.erases, 0, 3); /* the mailbox's pages: nothing is copied */
    end(&l);
}

/* --- somebody writes the other side  ------------------------------------------------------- */

/* An older image behind a stated update: it may be copied, it is not started. */
static void staged_rewritten_after_the_update_began(void **state)
{
    unsigned begun = 0;

    (void)state;
    for (int rescue = 0; rescue < 2; rescue++)
        for (uint64_t op = 8; op < 90; op++) {
            struct life l;
            int steps;

            begin(&l, one(), rescue ? &bh_rescue : NULL, 3);
            steps = begin_update(&l, 4, op);
            if (steps >= 0) {
                forge_staged(&l, 2);
                for (int i = 0; i < 4; i++) {
                    assert_true(sim_world_boot(&l.w));
                    assert_false(l.w.boot.action == BH_BOOT_START &&
                                 sim_world_runs(&l.w, 0, l.image[0][2], l.len[0]));
                }
                if (steps < 2) /* later the forger has written over the old image, too */
                    runs(&l, 3, BH_STATE_IDLE, BH_OUTCOME_REVERTED, BH_REASON_STAGED_CHANGED);
                begun += steps < 2;
            }
            end(&l);
        }
    assert_true(begun > 5);
}

static void staged_rewritten_with_a_newer_image(void **state)
{
    struct life l;

    (void)state;
    for (uint64_t op = 20;; op++) {
        int steps;

        begin(&l, one(), NULL, 1);
        steps = begin_update(&l, 2, op);
        if (steps == 0)
            forge_staged(&l, 4);
        if (steps == 0)
            runs(&l, 1, BH_STATE_IDLE, BH_OUTCOME_REVERTED, BH_REASON_STAGED_CHANGED);
        end(&l);
        if (steps == 0)
            break;
        assert_true(op < 90);
    }
}

/* A backup that is not the old image is no way back. */
static void backup_rewritten_in_a_trial(void **state)
{
    struct life l;

    (void)state;
    begin(&l, one(), NULL, 3);
    stage(&l, 0, 4);
    request(&l, 1, BH_REQUEST_TEST, BH_OK);
    for (int i = 0; i < l.w.product.trial_boots; i++)
        runs(&l, 4, BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
    put(&l, &l.w.pairs[0].secondary, 0, 0, 2);
    for (int i = 0; i < 3; i++)
        runs(&l, 4, BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NO_WAY_BACK);
    runs(&l, 4, BH_STATE_IDLE, BH_OUTCOME_KEPT, BH_REASON_NO_WAY_BACK);
    end(&l);
}

/* The version that primary tells of itself counts if it is an image, and only then. */
static void only_an_image_has_a_version(void **state)
{
    static const struct {
        uint8_t factory, written, staged;
        bool spoilt;
        enum bh_reason refusal;
    } cases[] = {
        { 1, 4, 2, true, BH_REASON_NONE },       { 3, 1, 2, true, BH_REASON_DOWNGRADE },
        { 1, 4, 2, false, BH_REASON_DOWNGRADE }, { 3, 1, 2, false, BH_REASON_NONE },
        { 3, 3, 2, true, BH_REASON_DOWNGRADE },  { 3, 3, 4, true, BH_REASON_NONE },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct bh_record *truth;
        struct life l;

        begin(&l, one(), NULL, cases[i].factory);
        stage(&l, 0, cases[i].staged);
        request(&l, 1, BH_REQUEST_TEST, BH_OK);
        put(&l, &l.w.pairs[0].primary, 0, 0, cases[i].written);
        if (cases[i].spoilt) {
            uint8_t byte = (uint8_t)~l.image[0][cases[i].written][300];

            sim_flash_fill(l.w.pairs[0].primary.flash->context, l.w.pairs[0].primary.off + 300,
                           &byte, 1);
        }
        assert_true(sim_world_boot(&l.w));
        truth = &l.w.boot.journal.truth;
        if (cases[i].refusal) {
            assert_int_equal(truth->state, BH_STATE_IDLE);
            assert_int_equal(truth->outcome, BH_OUTCOME_REFUSED);
            assert_int_equal(truth->reason, cases[i].refusal);
            assert_int_equal(l.w.boot.action, cases[i].spoilt ? BH_BOOT_RECOVER : BH_BOOT_START);
        } else {
            assert_int_equal(truth->state, BH_STATE_TRIAL);
            assert_int_equal(l.w.boot.action, BH_BOOT_START);
            assert_true(sim_world_runs(&l.w, 0, l.image[0][cases[i].staged], l.len[0]));
        }
        end(&l);
    }
}

/* A primary that rots is not replaced by an older image that nobody asked for. */
static void older_image_is_no_restore(void **state)
{
    uint8_t zero[64] = { 0 };

    (void)state;
    for (int rescue = 0; rescue < 2; rescue++)
        for (uint8_t version = 2; version <= 4; version++) {
            struct life l;

            begin(&l, one(), rescue ? &bh_rescue : NULL, 3);
            forge_staged(&l, version);
            sim_flash_fill(l.w.pairs[0].primary.flash->context, l.w.pairs[0].primary.off + 300,
                           zero, sizeof zero);
            if (version > 2) {
                runs(&l, version, BH_STATE_IDLE, BH_OUTCOME_RESTORED, BH_REASON_PRIMARY_BAD);
            } else {
                assert_true(sim_world_boot(&l.w));
                assert_int_equal(l.w.boot.action, BH_BOOT_RECOVER);
                assert_int_equal(l.w.power.ops, 0);
            }
            end(&l);
        }
}

/* --- the journal is lost, and primary is half of each  ------------------------------------- */

static void journal_lost_in_mid_update(void **state)
{
    unsigned found = 0;

    (void)state;
    for (uint64_t op = 20; op < 90; op++) {
        struct life l;

        begin(&l, one(), &bh_rescue, 1);
        if (begin_update(&l, 2, op) < 0) {
            end(&l);
            continue;
        }
        for (int half = 0; half < 2; half++) {
            const struct bh_region *page = &l.w.product.journal[half];
            uint8_t blank[2048];

            memset(blank, page->flash->erased, sizeof blank);
            sim_flash_fill(page->flash->context, page->off, blank, sizeof blank);
        }
        assert_true(sim_world_boot(&l.w));
        assert_int_equal(l.w.boot.action, BH_BOOT_START);
        found += l.w.boot.journal.truth.outcome == BH_OUTCOME_RESTORED;
        assert_true(sim_world_runs(&l.w, 0, l.image[0][1], l.len[0]) ||
                    sim_world_runs(&l.w, 0, l.image[0][2], l.len[0]));
        end(&l);
    }
    assert_true(found > 10);
}

/* --- another layout, a former format  ------------------------------------------------------ */

static void another_layout(void **state)
{
    struct life l;

    (void)state;
    begin(&l, one(), NULL, 1);
    l.w.product.layout++;
    runs(&l, 1, BH_STATE_IDLE, BH_OUTCOME_NONE, BH_REASON_LAYOUT_CHANGED);
    assert_int_equal(l.w.boot.journal.truth.pair[0].version[0], 1u << 24);
    assert_in_range(begin_update(&l, 2, 50), 1, 9);
    l.w.product.layout++;
    assert_true(sim_world_boot(&l.w));
    assert_int_equal(l.w.boot.action, BH_BOOT_RECOVER);
    assert_int_equal(l.w.boot.reason, BH_REASON_LAYOUT_IN_USE);
    assert_int_equal(l.w.power.ops, 0);
    request(&l, 1, BH_REQUEST_TEST, BH_ERR_STATE);
    l.w.product.layout--; /* its owner comes back */
    runs(&l, 2, BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
    end(&l);
}

static void former_format(void **state)
{
    static const uint8_t tag[4] = { 'B', 'K', 'J', 0x10 };
    struct life l;

    (void)state;
    begin(&l, one(), NULL, 1);
    for (int half = 0; half < 2; half++) {
        const struct bh_region *page = &l.w.product.journal[half];
        uint8_t blank[2048];

        memset(blank, page->flash->erased, sizeof blank);
        memcpy(blank, tag, sizeof tag);
        sim_flash_fill(page->flash->context, page->off, blank, sizeof blank);
    }
    assert_true(sim_world_boot(&l.w));
    assert_int_equal(l.w.boot.action, BH_BOOT_START);
    assert_int_equal(l.w.boot.reason, BH_REASON_JOURNAL_FORMER);
    assert_int_equal(l.w.power.ops, 0);
    end(&l);
}

/* --- what the application asks for  -------------------------------------------------------- */

static void nothing_is_done_for_nothing(struct life *l)
{
    struct bh_stage first, second;
    uint64_t ops;

    assert_true(sim_world_stage(&l->w, 0, l->image[0][2], 0));
    assert_int_equal(l->w.err, BH_ERR_RANGE);
    assert_int_equal(l->w.power.ops, 0);
    request(l, 1, BH_REQUEST_TEST, BH_ERR_ABSENT);
    assert_int_equal(l->w.power.ops, 0);
    assert_int_equal(bh_app_cancel(&l->w.product, &l->w.work), BH_ERR_ABSENT);
    ops = l->w.power.ops;
    assert_int_equal(bh_app_confirm(&l->w.product, &l->w.work), BH_OK);
    assert_int_equal(l->w.power.ops, ops);
    /* two open stagings of one pair: the first is told */
    assert_int_equal(bh_stage_begin(&first, &l->w.product, 0, 256, &l->w.work), BH_OK);
    assert_int_equal(bh_stage_begin(&second, &l->w.product, 0, 512, &l->w.work), BH_OK);
    assert_int_equal(bh_stage_write(&second, l->image[0][2], 512), BH_OK);
    assert_int_equal(bh_stage_end(&second), BH_OK);
    first.left = 0;
    assert_int_equal(bh_stage_end(&first), BH_ERR_STATE);
    assert_int_equal(bh_stage_end(&second), BH_ERR_STATE); /* and not twice */
}

static void what_was_asked_last_holds(struct life *l)
{
    uint8_t all = (uint8_t)((1u << l->w.product.n_pairs) - 1);
    struct bh_app_status status;

    stage_all(l, 2);
    request(l, all, BH_REQUEST_TEST, BH_OK);
    request(l, all, BH_REQUEST_PERMANENT, BH_OK);
    assert_int_equal(bh_app_status(&l->w.product, &l->w.work, &status), BH_OK);
    assert_int_equal(status.request, BH_REQUEST_PERMANENT);
    request(l, all, BH_REQUEST_TEST, BH_OK);
    runs(l, 2, l->w.product.plan->reverts ? BH_STATE_TRIAL : BH_STATE_IDLE,
         l->w.product.plan->reverts ? BH_OUTCOME_NONE : BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
}

static void cancelled(struct life *l)
{
    uint8_t all = (uint8_t)((1u << l->w.product.n_pairs) - 1);

    stage_all(l, 2);
    request(l, all, BH_REQUEST_PERMANENT, BH_OK);
    assert_int_equal(bh_app_cancel(&l->w.product, &l->w.work), BH_OK);
    runs(l, 1, BH_STATE_IDLE, BH_OUTCOME_CANCELLED, BH_REASON_CANCELLED);
    assert_int_equal(bh_app_cancel(&l->w.product, &l->w.work), BH_ERR_ABSENT);
    request(l, all, BH_REQUEST_PERMANENT, BH_OK);
    runs(l, 2, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
}

/* The confirm is in the journal, whatever the other chip does. */
static void confirmed_with_a_dead_chip(struct life *l)
{
    struct sim_flash *outside = l->w.pairs[0].secondary.flash->context;
    uint8_t all = (uint8_t)((1u << l->w.product.n_pairs) - 1);

    if (!l->w.product.plan->reverts || l->w.pairs[0].secondary.flash == l->w.pairs[0].primary.flash)
        return;
    stage_all(l, 2);
    request(l, all, BH_REQUEST_TEST, BH_OK);
    runs(l, 2, BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
    outside->health = SIM_DEAD;
    assert_int_equal(bh_app_confirm(&l->w.product, &l->w.work), BH_OK);
    runs(l, 2, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
    outside->health = SIM_WELL;
    runs(l, 2, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
}

static void on_every_product(void (*test)(struct life *l))
{
    for (unsigned i = 0; i < n_engine_products; i++) {
        struct life l;

        begin(&l, engine_products[i], NULL, 1);
        test(&l);
        end(&l);
    }
}

static void applications(void **state)
{
    (void)state;
    on_every_product(nothing_is_done_for_nothing);
    on_every_product(what_was_asked_last_holds);
    on_every_product(cancelled);
    on_every_product(confirmed_with_a_dead_chip);
}

/* An update begins in a page of the journal that is erased for it, and staging states anew that
 * nothing is asked for, even if the journal says so already. */
static void statements_of_their_own(void **state)
{
    struct bh_journal before, after;
    struct bh_stage s;
    struct life l;

    (void)state;
    begin(&l, engine_products[3], NULL, 1);
    assert_int_equal(bh_product_journal(&l.w.product, &l.w.work, &before), BH_OK);
    assert_true(before.settled);
    assert_int_equal(bh_stage_begin(&s, &l.w.product, 0, 100, &l.w.work), BH_OK);
    assert_int_equal(bh_product_journal(&l.w.product, &l.w.work, &after), BH_OK);
    assert_int_equal(after.last_seq, before.last_seq + 1);
    stage_all(&l, 2);
    request(&l, 3, BH_REQUEST_TEST, BH_OK);
    runs(&l, 2, BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
    assert_int_equal(l.w.boot.journal.page, !before.page);
    end(&l);
}

/* --- sets  --------------------------------------------------------------------------------- */

/* The twins, with MCUboot's mailbox: each slot one page longer, for its trailer. */
static void twins(struct bh_product *product, struct bh_pair pairs[2])
{
    *product = *engine_products[3];
    memcpy(pairs, product->pairs, 2 * sizeof *pairs);
    for (int p = 0; p < 2; p++) {
        pairs[p].primary.off = 0x10000u * (uint32_t)(p + 1);
        pairs[p].secondary.off = pairs[p].primary.off + 0x4000;
        pairs[p].primary.len = 0x4000;
        pairs[p].secondary.len = 0x4000;
        pairs[p].staged_off = 0x1000;
        pairs[p].spare = bh_region_part(&pairs[p].secondary, 0, 0x1000);
        pairs[p].image_max = 0x2000;
    }
    product->pairs = pairs;
    product->mailbox = &bh_mailbox_mcuboot;
}

static uint8_t version_in(struct life *l, uint8_t p)
{
    for (uint8_t v = 1; v < VERSIONS; v++)
        if (sim_world_runs(&l->w, p, l->image[p][v], l->len[p]))
            return v;
    return 0;
}

/* A request of both that is cut anywhere, and staging one again: never one of them alone. */
static void a_set_is_a_set(void **state)
{
    struct bh_product product;
    struct bh_pair pairs[2];
    bool hit = true;
    unsigned none = 0, both = 0;

    (void)state;
    twins(&product, pairs);
    for (uint64_t op = 1; hit; op++) {
        struct life l;

        begin(&l, &product, NULL, 1);
        stage_all(&l, 2);
        l.w.power.cut = (struct sim_cut){ .at = op, .when = SIM_CUT_BEFORE };
        hit = !sim_world_request(&l.w, 3, BH_REQUEST_TEST);
        l.w.power.cut.at = 0;
        assert_true(sim_world_boot(&l.w));
        assert_int_equal(version_in(&l, 0), version_in(&l, 1));
        *(version_in(&l, 0) == 1 ? &none : &both) += 1;
        end(&l);
    }
    assert_true(none > 3 && both >= 1);
}

static void a_set_is_withdrawn_whole(void **state)
{
    struct bh_product product;
    struct bh_pair pairs[2];
    struct life l;
    struct bh_stage s;

    (void)state;
    twins(&product, pairs);
    begin(&l, &product, NULL, 1);
    stage_all(&l, 2);
    request(&l, 3, BH_REQUEST_TEST, BH_OK);
    assert_int_equal(bh_stage_begin(&s, &l.w.product, 0, 100, &l.w.work), BH_OK);
    runs(&l, 1, BH_STATE_IDLE, BH_OUTCOME_NONE, BH_REASON_JOURNAL_NEW);
    end(&l);
}

/* What an unmodified application writes: one for good, one on trial. */
static void kinds_are_not_mixed(void **state)
{
    struct bh_product product;
    struct bh_pair pairs[2];
    struct life l;

    (void)state;
    twins(&product, pairs);
    begin(&l, &product, NULL, 1);
    stage_all(&l, 2);
    for (uint32_t p = 0; p < 2; p++)
        assert_int_equal(
            bh_mailbox_mcuboot.ask(l.w.pairs, p, p ? BH_REQUEST_PERMANENT : BH_REQUEST_TEST),
            BH_OK);
    runs(&l, 2, BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
    assert_true(sim_world_boot(&l.w));
    assert_int_equal(version_in(&l, 0), 1);
    assert_int_equal(version_in(&l, 1), 2);
    end(&l);
}

/* The image of pair p in this version, which needs pair `on` in version `need`. */
static void make_needy(struct life *l, uint8_t p, uint8_t version, uint8_t on, uint8_t need)
{
    uint8_t *at = l->image[p][version];
    uint32_t protected_len = 4 + 4 + 12, digest_area = 4 + 4 + 32;
    uint32_t end = l->len[p] - digest_area;
    struct bh_hash h;

    bh_store16(at + 10, (uint16_t)protected_len);
    bh_store32(at + 12, end - protected_len - 32);
    memset(at + end - protected_len, 0, protected_len);
    bh_store16(at + end - protected_len, 0x6908);
    bh_store16(at + end - protected_len + 2, (uint16_t)protected_len);
    bh_store16(at + end - protected_len + 4, 0x40);
    bh_store16(at + end - protected_len + 6, 12);
    at[end - protected_len + 8] = on;
    at[end - protected_len + 12] = need;
    bh_hash_init(&h, &sim_quick_hash);
    bh_hash_update(&h, at, end);
    bh_hash_final(&h, at + end + 8);
}

static void dependencies(void **state)
{
    static const struct {
        uint8_t of, version, on, need; /* which image needs what */
        uint8_t pairs;                 /* what is asked for, in version 2 */
        bool refused;
    } rows[] = {
        { 0, 2, 1, 2, 1, true },  /* new 0 needs new 1, which is not asked for */
        { 0, 2, 1, 2, 3, false }, /* the same, and it is */
        { 0, 2, 1, 1, 1, false }, /* the installed one will do: exactly this version */
        { 1, 2, 0, 3, 3, true },  /* the second one's needs count, too */
        { 1, 1, 0, 2, 2, false }, /* what is replaced needs nothing any more */
        { 1, 1, 0, 1, 1, false }, /* an installed image's needs, met by the new one */
        { 1, 1, 0, 3, 1, true },  /* an installed image's needs, not met */
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct life l;

        begin(&l, engine_products[3], NULL, 1);
        make_needy(&l, rows[i].of, rows[i].version, rows[i].on, rows[i].need);
        if (rows[i].version == 1)
            put(&l, &l.w.pairs[rows[i].of].primary, 0, rows[i].of, 1);
        stage_all(&l, 2);
        request(&l, rows[i].pairs, BH_REQUEST_PERMANENT, BH_OK);
        assert_true(sim_world_boot(&l.w));
        if (rows[i].refused != (l.w.boot.journal.truth.outcome == BH_OUTCOME_REFUSED))
            fail_msg("row %u: outcome %u, reason %u", i, l.w.boot.journal.truth.outcome,
                     l.w.boot.journal.truth.reason);
        if (rows[i].refused)
            assert_int_equal(l.w.boot.journal.truth.reason, BH_REASON_DEPENDENCY);
        for (uint8_t p = 0; p < 2; p++)
            assert_int_equal(version_in(&l, p), !rows[i].refused && rows[i].pairs >> p & 1 ? 2 : 1);
        end(&l);
    }
}

/* A pair that was never provisioned does not keep the other from starting, if the product
 * says so. */
static void optional_pairs(void **state)
{
    (void)state;
    for (int optional = 0; optional < 2; optional++) {
        struct bh_product product = *engine_products[3];
        struct bh_pair pairs[2];
        struct life l;

        memcpy(pairs, product.pairs, sizeof pairs);
        pairs[1].optional = optional;
        product.pairs = pairs;
        begin(&l, &product, NULL, 1);
        for (uint32_t off = 0; off < pairs[1].primary.len; off += 4096) {
            uint8_t blank[4096];

            memset(blank, 0xFF, sizeof blank);
            sim_flash_fill(l.w.pairs[1].primary.flash->context, pairs[1].primary.off + off, blank,
                           sizeof blank);
        }
        assert_true(sim_world_boot(&l.w));
        assert_int_equal(l.w.boot.action, optional ? BH_BOOT_START : BH_BOOT_RECOVER);
        assert_int_equal(version_in(&l, 0), 1);
        /* its first image is for good, and does not touch the other */
        if (optional) {
            stage(&l, 1, 2);
            request(&l, 2, BH_REQUEST_TEST, BH_OK);
            assert_true(sim_world_boot(&l.w));
            assert_int_equal(l.w.boot.journal.truth.outcome, BH_OUTCOME_CONFIRMED);
            assert_int_equal(version_in(&l, 1), 2);
        }
        end(&l);
    }
}

/* --- what a product leaves out  ------------------------------------------------------------ */

static void incomplete_products(void **state)
{
    struct bh_key key = { 0 };
    struct life l;

    (void)state;
    begin(&l, one(), NULL, 1);
    for (int i = 0; i < 8; i++) {
        struct bh_product p = l.w.product;
        struct bh_boot boot;

        switch (i) {
        case 0: p.plan = NULL; break;
        case 1: p.policy = (struct bh_policy){ 0 }; break;
        case 2: p.pairs = NULL; break;
        case 3: p.n_pairs = 0; break;
        case 4: p.n_pairs = 5; break;
        case 5: p.policy.allow_unsigned = false; break;
        case 6: p.policy.n_keys = 1; break; /* and no keys */
        default:
            p.policy.keys = &key;
            p.policy.allow_unsigned = false;
            break;
        }
        l.w.power.ops = 0;
        bh_boot_run(&p, &l.w.work, &boot);
        assert_int_equal(boot.action, BH_BOOT_RECOVER);
        assert_int_equal(boot.reason, BH_REASON_PRODUCT);
        assert_int_equal(l.w.power.ops, 0);
    }
    end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(primary_replaced_in_mid_update),
        cmocka_unit_test(primary_replaced_in_a_trial),
        cmocka_unit_test(old_image_put_back_in_a_trial),
        cmocka_unit_test(staged_rewritten_after_the_update_began),
        cmocka_unit_test(staged_rewritten_with_a_newer_image),
        cmocka_unit_test(backup_rewritten_in_a_trial),
        cmocka_unit_test(only_an_image_has_a_version),
        cmocka_unit_test(older_image_is_no_restore),
        cmocka_unit_test(journal_lost_in_mid_update),
        cmocka_unit_test(another_layout),
        cmocka_unit_test(former_format),
        cmocka_unit_test(applications),
        cmocka_unit_test(statements_of_their_own),
        cmocka_unit_test(a_set_is_a_set),
        cmocka_unit_test(a_set_is_withdrawn_whole),
        cmocka_unit_test(kinds_are_not_mixed),
        cmocka_unit_test(dependencies),
        cmocka_unit_test(optional_pairs),
        cmocka_unit_test(incomplete_products),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
