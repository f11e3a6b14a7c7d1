/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a device without power cuts, on every kind of product: what is started, what the
 * journal says of it, and what it cost in erases and bytes. */
#include "products.h"

#include "bulkhead/bytes.h"
#include "sim/image.h"
#include "sim/world.h"
#include "tests/samples/samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* A product, with an old and a new image for each pair that fill most of it. */
struct life {
    struct sim_world w;
    uint8_t *old[BH_PAIRS_MAX], *new[BH_PAIRS_MAX];
    uint32_t old_len[BH_PAIRS_MAX], new_len[BH_PAIRS_MAX];
    uint8_t all; /* bit i: pair i */
};

static void begin(struct life *l, const struct bh_product *product)
{
    if (sim_world_open(&l->w, product, NULL))
        fail_msg("%s: %s", product->name, l->w.why);
    l->all = (uint8_t)((1u << product->n_pairs) - 1);
    for (uint8_t p = 0; p < product->n_pairs; p++) {
        uint32_t max = product->pairs[p].image_max;

        l->old_len[p] = max * 9 / 10;
        l->new_len[p] = max - 1;
        l->old[p] = malloc(l->old_len[p]);
        l->new[p] = malloc(l->new_len[p]);
        sim_image_make(l->old[p], l->old_len[p], 1, 5);
        sim_image_make(l->new[p], l->new_len[p], 2, 6);
        sim_world_install(&l->w, p, l->old[p], l->old_len[p]);
    }
}

static void end(struct life *l)
{
    const char *misuse = sim_world_misuse(&l->w);

    if (misuse)
        fail_msg("%s: %s", l->w.product.name, misuse);
    for (uint8_t p = 0; p < l->w.product.n_pairs; p++) {
        free(l->old[p]);
        free(l->new[p]);
    }
    sim_world_close(&l->w);
}

static void stage_and_request(struct life *l, enum bh_request request)
{
    for (uint8_t p = 0; p < l->w.product.n_pairs; p++) {
        assert_true(sim_world_stage(&l->w, p, l->new[p], l->new_len[p]));
        assert_int_equal(l->w.err, BH_OK);
    }
    assert_true(sim_world_request(&l->w, l->all, request));
    assert_int_equal(l->w.err, BH_OK);
}

static void expect_start(struct life *l, bool new_image, enum bh_state state,
                         enum bh_outcome outcome, enum bh_reason reason)
{
    assert_true(sim_world_boot(&l->w));
    if (l->w.boot.action != BH_BOOT_START)
        fail_msg("%s: not started: %s", l->w.product.name, bh_reason_text(l->w.boot.reason));
    assert_int_equal(l->w.boot.verified.verdict, BH_VERDICT_GOOD);
    for (uint8_t p = 0; p < l->w.product.n_pairs; p++)
        assert_true(sim_world_runs(&l->w, p, new_image ? l->new[p] : l->old[p],
                                   new_image ? l->new_len[p] : l->old_len[p]));
    assert_int_equal(l->w.boot.journal.truth.state, state);
    assert_int_equal(l->w.boot.journal.truth.outcome, outcome);
    assert_int_equal(l->w.boot.journal.truth.reason, reason);
}

static void first_boot(struct life *l)
{
    expect_start(l, false, BH_STATE_IDLE, BH_OUTCOME_NONE, BH_REASON_JOURNAL_NEW);
}

static void live(const struct bh_product *product, void (*test)(struct life *l))
{
    struct life l;

    begin(&l, product);
    test(&l);
    end(&l);
}

/* The products of this folder; and of the samples those with pages of one size, with two chips, and
 * with large pages, with images that cost less to check. */
static void for_each(void (*test)(struct life *l))
{
    static const char *const names[] = { "stm32f407", "nrf52840", "nrf51" };

    for (unsigned i = 0; i < n_engine_products; i++)
        live(engine_products[i], test);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct sample s;
        struct bh_product quick;

        sample_open(&s, names[i]);
        quick = s.built.product;
        quick.policy = sim_quick_policy(&quick.policy);
        live(&quick, test);
        sample_close(&s);
    }
}

static void confirms(struct life *l)
{
    first_boot(l);
    stage_and_request(l, BH_REQUEST_TEST);
    if (!l->w.product.plan->reverts) {
        expect_start(l, true, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
        return;
    }
    expect_start(l, true, BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
    assert_int_equal(l->w.boot.journal.truth.pair[0].floor, 5);
    assert_true(sim_world_confirm(&l->w));
    assert_int_equal(l->w.err, BH_OK);
    expect_start(l, true, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
    assert_int_equal(l->w.boot.journal.truth.pair[0].floor, 6);
    expect_start(l, true, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
}

static void reverts(struct life *l)
{
    if (!l->w.product.plan->reverts)
        return;
    first_boot(l);
    stage_and_request(l, BH_REQUEST_TEST);
    for (int i = 0; i < l->w.product.trial_boots; i++)
        expect_start(l, true, BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
    expect_start(l, false, BH_STATE_IDLE, BH_OUTCOME_REVERTED, BH_REASON_NOT_CONFIRMED);
    expect_start(l, false, BH_STATE_IDLE, BH_OUTCOME_REVERTED, BH_REASON_NOT_CONFIRMED);
}

static void installs_for_good(struct life *l)
{
    first_boot(l);
    stage_and_request(l, BH_REQUEST_PERMANENT);
    expect_start(l, true, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
}

/* Again and again, so that the journal turns its pages. */
static void lives_long(struct life *l)
{
    first_boot(l);
    for (int i = 0; i < 12 && l->w.product.plan->reverts; i++) {
        stage_and_request(l, BH_REQUEST_TEST);
        for (int b = 0; b < l->w.product.trial_boots; b++)
            expect_start(l, true, BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
        expect_start(l, false, BH_STATE_IDLE, BH_OUTCOME_REVERTED, BH_REASON_NOT_CONFIRMED);
    }
}

static void refuses(struct life *l)
{
    first_boot(l);
    l->new[0][100] ^= 1;
    stage_and_request(l, BH_REQUEST_TEST);
    l->new[0][100] ^= 1;
    expect_start(l, false, BH_STATE_IDLE, BH_OUTCOME_REFUSED, BH_REASON_DIGEST);
    /* a boot with nothing to do writes nothing */
    expect_start(l, false, BH_STATE_IDLE, BH_OUTCOME_REFUSED, BH_REASON_DIGEST);
    assert_int_equal(l->w.power.ops, 0);
}

static void refuses_downgrade(struct life *l)
{
    installs_for_good(l);
    for (uint8_t p = 0; p < l->w.product.n_pairs; p++) {
        assert_true(sim_world_stage(&l->w, p, l->old[p], l->old_len[p]));
        assert_int_equal(l->w.err, BH_OK);
    }
    assert_true(sim_world_request(&l->w, l->all, BH_REQUEST_TEST));
    expect_start(l, true, BH_STATE_IDLE, BH_OUTCOME_REFUSED, BH_REASON_FLOOR);
}

/* A page of primary goes bad after a confirmed update: the old image is still in the backup, but
 * below the floor, so only what is staged or nothing can help. */
static void restores_from_staged(struct life *l)
{
    uint8_t zero[64] = { 0 };

    first_boot(l);
    assert_true(sim_world_stage(&l->w, 0, l->new[0], l->new_len[0]));
    sim_flash_fill(l->w.pairs[0].primary.flash->context, l->w.pairs[0].primary.off + 256, zero,
                   sizeof zero);
    assert_true(sim_world_boot(&l->w));
    assert_int_equal(l->w.boot.action, BH_BOOT_START);
    assert_true(sim_world_runs(&l->w, 0, l->new[0], l->new_len[0]));
    assert_int_equal(l->w.boot.journal.truth.outcome, BH_OUTCOME_RESTORED);
    assert_int_equal(l->w.boot.journal.truth.reason, BH_REASON_PRIMARY_BAD);
}

/* The backup a swap leaves is used when the confirmed image goes bad, if the floor allows it. */
static void restores_from_backup(struct life *l)
{
    uint8_t zero[64] = { 0 };

    if (!l->w.product.plan->reverts)
        return;
    for (uint8_t p = 0; p < l->w.product.n_pairs; p++) {
        sim_image_make(l->old[p], l->old_len[p], 1, 0);
        sim_image_make(l->new[p], l->new_len[p], 2, 0);
        sim_world_install(&l->w, p, l->old[p], l->old_len[p]);
    }
    installs_for_good(l);
    sim_flash_fill(l->w.pairs[0].primary.flash->context, l->w.pairs[0].primary.off + 256, zero,
                   sizeof zero);
    assert_true(sim_world_boot(&l->w));
    assert_int_equal(l->w.boot.action, BH_BOOT_START);
    assert_int_equal(l->w.boot.journal.truth.outcome, BH_OUTCOME_RESTORED);
    /* N = 1 with a scratch: the new image is still staged, but the backup comes first */
    for (uint8_t p = 0; p < l->w.product.n_pairs; p++)
        assert_true(sim_world_runs(&l->w, p, l->old[p], l->old_len[p]));
}

static void starts_with_dead_secondary(struct life *l)
{
    struct sim_flash *outside = l->w.pairs[0].secondary.flash->context;

    if (l->w.pairs[0].secondary.flash == l->w.pairs[0].primary.flash)
        return;
    first_boot(l);
    for (enum sim_health h = SIM_DEAD; h <= SIM_BABBLE; h++) {
        outside->health = h;
        expect_start(l, false, BH_STATE_IDLE, BH_OUTCOME_NONE, BH_REASON_JOURNAL_NEW);
    }
}

/* A trial is over, and the chip with the old image does not answer for three boots: the new one
 * goes on. False: there is one chip only. */
static bool waits_for_the_way_back(struct life *l)
{
    struct sim_flash *outside = l->w.pairs[0].secondary.flash->context;

    if (l->w.pairs[0].secondary.flash == l->w.pairs[0].primary.flash)
        return false;
    first_boot(l);
    stage_and_request(l, BH_REQUEST_TEST);
    for (int i = 0; i < l->w.product.trial_boots; i++)
        expect_start(l, true, BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
    for (enum sim_health h = SIM_DEAD; h <= SIM_BABBLE; h++) {
        outside->health = h;
        expect_start(l, true, BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NO_WAY_BACK);
        assert_int_equal(l->w.boot.reason, BH_REASON_NO_WAY_BACK);
    }
    return true;
}

/* The chip is back. */
static void reverts_when_the_way_back_is_there(struct life *l)
{
    if (!waits_for_the_way_back(l))
        return;
    ((struct sim_flash *)l->w.pairs[0].secondary.flash->context)->health = SIM_WELL;
    expect_start(l, false, BH_STATE_IDLE, BH_OUTCOME_REVERTED, BH_REASON_NOT_CONFIRMED);
}

/* It is not: the new image stays, unconfirmed; floor and last confirmed version too. Nothing is
 * written from then on, and when the chip is back the application can stage again. */
static void keeps_what_cannot_be_reverted(struct life *l)
{
    uint32_t was[2];

    if (!waits_for_the_way_back(l))
        return;
    memcpy(was, l->w.boot.journal.truth.pair[0].version, sizeof was);
    assert_int_equal(was[0], 1u << 24);
    expect_start(l, true, BH_STATE_IDLE, BH_OUTCOME_KEPT, BH_REASON_NO_WAY_BACK);
    expect_start(l, true, BH_STATE_IDLE, BH_OUTCOME_KEPT, BH_REASON_NO_WAY_BACK);
    assert_int_equal(l->w.power.ops, 0);
    assert_int_equal(l->w.boot.journal.truth.pair[0].floor, 5);
    assert_memory_equal(l->w.boot.journal.truth.pair[0].version, was, sizeof was);
    ((struct sim_flash *)l->w.pairs[0].secondary.flash->context)->health = SIM_WELL;
    stage_and_request(l, BH_REQUEST_TEST);
}

static void recovers_nothing(struct life *l)
{
    sim_flash_blank(l->w.pairs[0].primary.flash->context);
    assert_true(sim_world_boot(&l->w));
    assert_int_equal(l->w.boot.action, BH_BOOT_RECOVER);
    assert_int_equal(l->w.boot.reason, BH_REASON_NOTHING_BOOTABLE);
    assert_int_equal(l->w.boot.primary, BH_REASON_NO_IMAGE);
    assert_int_equal(l->w.power.ops, 0);
}

static void application_is_held_back(struct life *l)
{
    if (!l->w.product.plan->reverts)
        return;
    first_boot(l);
    assert_true(sim_world_stage(&l->w, 0, l->new[0], l->w.pairs[0].image_max + 1));
    assert_int_equal(l->w.err, BH_ERR_TOO_BIG);
    assert_int_equal(l->w.power.ops, 0);
    stage_and_request(l, BH_REQUEST_TEST);
    expect_start(l, true, BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
    assert_true(sim_world_stage(&l->w, 0, l->old[0], l->old_len[0]));
    assert_int_equal(l->w.err, BH_ERR_STATE);
    assert_true(sim_world_request(&l->w, l->all, BH_REQUEST_TEST));
    assert_int_equal(l->w.err, BH_ERR_STATE);
    assert_int_equal(l->w.power.ops, 0);
}

#define EACH(test)                                                                                 \
    static void test##_everywhere(void **state)                                                    \
    {                                                                                              \
        (void)state;                                                                               \
        for_each(test);                                                                            \
    }
EACH(confirms)
EACH(reverts)
EACH(installs_for_good)
EACH(lives_long)
EACH(refuses)
EACH(refuses_downgrade)
EACH(restores_from_staged)
EACH(restores_from_backup)
EACH(starts_with_dead_secondary)
EACH(reverts_when_the_way_back_is_there)
EACH(keeps_what_cannot_be_reverted)
EACH(recovers_nothing)
EACH(application_is_held_back)

/* Erases and bytes of an update and a revert, against the figures of DESIGN.md. */
static void costs(struct life *l)
{
    const struct bh_product *product = &l->w.product;
    uint64_t erases = 0, bytes = 0, image = 0, chunks = 0;
    struct bh_page journal;
    uint64_t allowed;

    if (!product->plan->reverts)
        return;
    first_boot(l);
    for (int way = 0; way < 2; way++) {
        if (way == 0)
            stage_and_request(l, BH_REQUEST_TEST);
        else
            for (int i = 1; i < product->trial_boots; i++)
                assert_true(sim_world_boot(&l->w));
        for (uint8_t i = 0; i < l->w.n_chips; i++) {
            memset(&l->w.chip[i].counts, 0, sizeof l->w.chip[i].counts);
        }
        assert_true(sim_world_boot(&l->w));
        erases = bytes = image = chunks = allowed = 0;
        for (uint8_t i = 0; i < l->w.n_chips; i++) {
            erases += l->w.chip[i].counts.erases;
            bytes += l->w.chip[i].counts.programmed_bytes;
        }
        for (uint8_t p = 0; p < product->n_pairs; p++) {
            const struct bh_pair *pair = &product->pairs[p];
            uint32_t n = bh_round_up(l->new_len[p], pair->chunk) / pair->chunk;
            struct bh_page inside, outside;

            assert_int_equal(bh_flash_page(pair->primary.flash, pair->primary.off, &inside), 0);
            assert_int_equal(bh_flash_page(pair->secondary.flash, pair->secondary.off, &outside),
                             0);
            allowed += n * (pair->chunk / inside.len + pair->chunk / outside.len);
            allowed += product->mailbox ? 1 : 0;
            image += l->new_len[p] + l->old_len[p];
        }
        assert_int_equal(
            bh_flash_page(product->journal[0].flash, product->journal[0].off, &journal), 0);
        allowed += product->journal[0].len / journal.len;
        if (product->mailbox && product->pairs[0].staged_off)
            allowed++; /* the request's page lies outside the spare: one more */
        if (erases > allowed)
            fail_msg("%s: %d erases, %d allowed", product->name, (int)erases, (int)allowed);
        assert_true(bytes <= image + 4096);
    }
}
EACH(costs)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(confirms_everywhere),
        cmocka_unit_test(reverts_everywhere),
        cmocka_unit_test(installs_for_good_everywhere),
        cmocka_unit_test(lives_long_everywhere),
        cmocka_unit_test(refuses_everywhere),
        cmocka_unit_test(refuses_downgrade_everywhere),
        cmocka_unit_test(restores_from_staged_everywhere),
        cmocka_unit_test(restores_from_backup_everywhere),
        cmocka_unit_test(starts_with_dead_secondary_everywhere),
        cmocka_unit_test(reverts_when_the_way_back_is_there_everywhere),
        cmocka_unit_test(keeps_what_cannot_be_reverted_everywhere),
        cmocka_unit_test(recovers_nothing_everywhere),
        cmocka_unit_test(application_is_held_back_everywhere),
        cmocka_unit_test(costs_everywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
