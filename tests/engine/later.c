/* SPDX-License-Identifier: Apache-2.0 */
/* A board that postpones: at every operation of an update, a trial and a revert the driver's hook
 * says "not now", once or until the boot is over. Nothing is lost by that, no page is held to be
 * bad, and the boots that follow carry the act on to where it would have come without. */
#include "products.h"

#include "sim/image.h"
#include "sim/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* From the n-th program or erase of a boot on, that one or all are postponed; 0: none. */
static struct {
    uint32_t from, ops, refused;
    bool once, reads;
} board;

static int not_now(const struct bh_flash *f, enum bh_flash_op op, uint32_t len)
{
    (void)f;
    (void)len;
    if (op == BH_FLASH_READ)
        return board.reads ? BH_ERR_LATER : BH_OK;
    board.ops++;
    if (!board.from || board.ops < board.from || (board.once && board.ops > board.from))
        return BH_OK;
    board.refused++;
    return BH_ERR_LATER;
}

static int sim_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    return sim_flash_ops.read(f, off, buf, len);
}

static int sim_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    return sim_flash_ops.program(f, off, buf, len);
}

static int sim_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    return sim_flash_ops.erase(f, off, len);
}

static const struct bh_flash_ops hooked = {
    .read = sim_read, .program = sim_program, .erase = sim_erase, .before = not_now
};

struct life {
    struct sim_world w;
    uint8_t *image[2][BH_PAIRS_MAX]; /* old, new */
    uint32_t len[2][BH_PAIRS_MAX];
};

static uint8_t all(const struct life *l)
{
    return (uint8_t)((1u << l->w.product.n_pairs) - 1);
}

static void begin(struct life *l, const struct bh_product *product, enum bh_request request,
                  const struct bh_rescue *rescue)
{
    struct bh_product with = *product;

    with.rescue = rescue;
    memset(&board, 0, sizeof board);
    if (sim_world_open(&l->w, &with, NULL))
        fail_msg("%s: %s", product->name, l->w.why);
    for (unsigned i = 0; i < l->w.n_chips; i++)
        l->w.chip[i].flash.ops = &hooked;
    for (uint8_t p = 0; p < product->n_pairs; p++) {
        uint32_t max = product->pairs[p].image_max;

        for (unsigned v = 0; v < 2; v++) {
            l->len[v][p] = v ? max - max / 4 : max - 5;
            l->image[v][p] = malloc(l->len[v][p]);
            sim_image_make(l->image[v][p], l->len[v][p], (uint8_t)(v + 1), 0);
        }
        sim_world_install(&l->w, p, l->image[0][p], l->len[0][p]);
    }
    assert_true(sim_world_boot(&l->w));
    for (uint8_t p = 0; p < product->n_pairs; p++) {
        assert_true(sim_world_stage(&l->w, p, l->image[1][p], l->len[1][p]));
        assert_int_equal(l->w.err, BH_OK);
    }
    assert_true(sim_world_request(&l->w, all(l), request));
    assert_int_equal(l->w.err, BH_OK);
}

static void end(struct life *l)
{
    for (uint8_t p = 0; p < l->w.product.n_pairs; p++) {
        free(l->image[0][p]);
        free(l->image[1][p]);
    }
    sim_world_close(&l->w);
}

static bool runs(struct life *l, unsigned v)
{
    bool yes = l->w.boot.action == BH_BOOT_START;

    for (uint8_t p = 0; p < l->w.product.n_pairs; p++)
        yes = yes && sim_world_runs(&l->w, p, l->image[v][p], l->len[v][p]);
    return yes;
}

/* The same, whatever is behind it: an act that was postponed may still have to erase that. */
static bool starts(struct life *l, unsigned v)
{
    static uint8_t is[0x10000];
    bool yes = true;

    for (uint8_t p = 0; p < l->w.product.n_pairs; p++) {
        const struct bh_region *slot = &l->w.pairs[p].primary;

        sim_flash_peek(slot->flash->context, slot->off, is, l->len[v][p]);
        yes = yes && memcmp(is, l->image[v][p], l->len[v][p]) == 0;
    }
    return yes;
}

/* One boot, postponed or not. False: the operation to be postponed is never reached. What is
 * started is one of the two images, whole; nothing is told of a page. */
static bool boot(struct life *l, uint32_t from, bool once)
{
    board.from = from;
    board.once = once;
    board.ops = board.refused = 0;
    assert_true(sim_world_boot(&l->w));
    board.from = 0;
    assert_int_equal(l->w.boot.journal.truth.fault, BH_FAULT_NONE);
    assert_int_equal(l->w.boot.journal.dead, BH_FAULT_NONE);
    assert_null(sim_world_misuse(&l->w));
    if (l->w.boot.action == BH_BOOT_START)
        assert_true(starts(l, 0) || starts(l, 1));
    if (!board.refused)
        return false;
    assert_int_equal(board.refused, 1); /* after one refusal nothing is tried any more */
    assert_true(l->w.boot.reason == BH_REASON_LATER || l->w.boot.action == BH_BOOT_START);
    return true;
}

/* The same life, postponed in its n-th boot at operation k. When it is carried on it ends as ever.
 * False: there is no such operation. */
static bool life(const struct bh_product *product, const struct bh_rescue *rescue,
                 enum bh_request request, bool confirms, unsigned n, uint32_t k, bool once)
{
    bool trial = request == BH_REQUEST_TEST && product->plan->reverts, reached;
    unsigned left = trial ? product->trial_boots : 0u;
    struct life l;

    begin(&l, product, request, rescue);
    if (n == 0) {
        reached = boot(&l, k, once);
        if (reached)
            boot(&l, 0, false);
        assert_true(runs(&l, 1));
        assert_int_equal(l.w.boot.journal.truth.state, trial ? BH_STATE_TRIAL : BH_STATE_IDLE);
        end(&l);
        return reached;
    }
    boot(&l, 0, false);
    if (confirms) {
        assert_true(sim_world_confirm(&l.w));
        assert_int_equal(l.w.err, BH_OK);
        left = 1;
    }
    while (left-- > 1)
        boot(&l, 0, false);
    reached = boot(&l, k, once);
    if (reached)
        boot(&l, 0, false);
    assert_int_equal(l.w.boot.journal.truth.state, BH_STATE_IDLE);
    assert_true(runs(&l, confirms || !trial ? 1 : 0));
    if (trial)
        assert_int_equal(l.w.boot.journal.truth.outcome,
                         confirms ? BH_OUTCOME_CONFIRMED : BH_OUTCOME_REVERTED);
    end(&l);
    return reached;
}

static void sweep(const struct bh_product *product, const struct bh_rescue *rescue,
                  enum bh_request request, bool confirms, unsigned n)
{
    bool once = true, for_good = true;
    uint32_t k;

    for (k = 0; once && for_good;) { /* both, for each operation */
        k++;
        once = life(product, rescue, request, confirms, n, k, false);
        for_good = life(product, rescue, request, confirms, n, k, true);
    }
    print_message("%s: boot %u, %u operations postponed\n", product->name, n, k - 1);
    if (n == 0)
        assert_true(k > 10);
}

static void nothing_is_lost(void **state)
{
    (void)state;
    for (unsigned i = 0; i < n_engine_products; i++)
        for (unsigned with = 0; with < 2; with++) {
            const struct bh_product *p = engine_products[i];
            const struct bh_rescue *rescue = with ? &bh_rescue : NULL;

            sweep(p, rescue, BH_REQUEST_TEST, false, 0);
            sweep(p, rescue, BH_REQUEST_PERMANENT, false, 0);
            sweep(p, rescue, BH_REQUEST_TEST, false, 1);
            sweep(p, rescue, BH_REQUEST_TEST, true, 1);
        }
}

/* A hook that answers a read with "not now" is not obeyed: what cannot be read is a dead page, and
 * a journal that is not read would be begun anew. */
static void a_read_is_not_postponed(void **state)
{
    struct life l;

    (void)state;
    begin(&l, engine_products[0], BH_REQUEST_TEST, NULL);
    board.reads = true;
    boot(&l, 0, false);
    assert_true(runs(&l, 1));
    assert_int_equal(l.w.boot.journal.truth.state, BH_STATE_TRIAL);
    end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(a_read_is_not_postponed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
