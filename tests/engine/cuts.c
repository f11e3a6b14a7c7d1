/* SPDX-License-Identifier: Apache-2.0 */
/* Every single power cut, in every act of a device's life: before, inside (in each form of damage)
 * and after each flash operation, by the application and by the bootloader. Whatever is hit, the
 * next boot starts a whole image, and the device comes to rest where it should.
 *
 * Repeated cuts, and cuts whose damage reads differently at every boot, are the explorer's. */
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
#include <cmocka.h>

/* More chunks only repeat what these do. */
#define CHUNKS_MAX 7u

enum act { STAGE, REQUEST, BOOT, CONFIRM, END };

struct scenario {
    const char *name;
    enum act acts[8];
};

static const struct scenario scenarios[] = {
    { "update and confirm", { STAGE, REQUEST, BOOT, CONFIRM, BOOT, END } },
    { "update and revert", { STAGE, REQUEST, BOOT, BOOT, BOOT, BOOT, END } },
};

struct life {
    struct sim_world w;
    uint8_t *old[BH_PAIRS_MAX], *new[BH_PAIRS_MAX];
    uint32_t old_len[BH_PAIRS_MAX], new_len[BH_PAIRS_MAX];
};

static void begin(struct life *l, const struct bh_product *product)
{
    if (sim_world_open(&l->w, product, NULL))
        fail_msg("%s: %s", product->name, l->w.why);
    for (uint8_t p = 0; p < product->n_pairs; p++) {
        uint32_t max = bh_min(product->pairs[p].image_max, CHUNKS_MAX * product->pairs[p].chunk);

        l->old_len[p] = max;
        l->new_len[p] = max - max / 3;
        l->old[p] = malloc(l->old_len[p]);
        l->new[p] = malloc(l->new_len[p]);
        sim_image_make(l->old[p], l->old_len[p], 1, 0);
        sim_image_make(l->new[p], l->new_len[p], 2, 0);
        sim_world_install(&l->w, p, l->old[p], l->old_len[p]);
    }
    assert_true(sim_world_boot(&l->w));
}

static void end(struct life *l)
{
    for (uint8_t p = 0; p < l->w.product.n_pairs; p++) {
        free(l->old[p]);
        free(l->new[p]);
    }
    sim_world_close(&l->w);
}

static uint32_t snapshot(struct life *l)
{
    uint32_t n = 0;

    for (uint8_t i = 0; i < l->w.n_chips; i++)
        n = sim_flash_snapshot(&l->w.chip[i]);
    return n;
}

static void restore(struct life *l, uint32_t n)
{
    for (uint8_t i = 0; i < l->w.n_chips; i++)
        sim_flash_restore(&l->w.chip[i], n);
}

static bool perform(struct life *l, enum act act)
{
    bool ended = true;

    switch (act) {
    case STAGE:
        for (uint8_t p = 0; ended && p < l->w.product.n_pairs; p++)
            ended = sim_world_stage(&l->w, p, l->new[p], l->new_len[p]);
        return ended;
    case REQUEST:
        return sim_world_request(&l->w, (uint8_t)((1u << l->w.product.n_pairs) - 1),
                                 BH_REQUEST_TEST);
    case CONFIRM: return sim_world_confirm(&l->w);
    case BOOT: return sim_world_boot(&l->w);
    default: return true;
    }
}

/* Which image runs, in every pair? 1 old, 2 new, 0 neither: a brick. */
static int runs(struct life *l)
{
    bool old = true, new = true;

    if (l->w.boot.action != BH_BOOT_START)
        return 0;
    for (uint8_t p = 0; p < l->w.product.n_pairs; p++) {
        old = old && sim_world_runs(&l->w, p, l->old[p], l->old_len[p]);
        new = new &&sim_world_runs(&l->w, p, l->new[p], l->new_len[p]);
    }
    return old ? 1 : new ? 2 : 0;
}

/* After a cut in acts[at]: boot, and live on as an application would. What runs in the end? */
static const char *aftermath(struct life *l, const struct scenario *s, unsigned at)
{
    bool confirming = s->acts[3] == CONFIRM;
    enum act hit = s->acts[at];
    int image;

    if (!sim_world_boot(&l->w) || !(image = runs(l)))
        return "the boot after the cut starts nothing whole";
    if (hit == STAGE && image != 1)
        return "an image was installed that nobody asked for";
    if (hit == CONFIRM && image == 1 && l->w.boot.journal.truth.outcome != BH_OUTCOME_REVERTED)
        return "old image without the journal saying reverted";
    if (confirming && at > 3 && image != 2)
        return "a confirmed image was reverted";
    if (image == 2 && l->w.boot.journal.truth.state == BH_STATE_TRIAL) {
        if (confirming) {
            if (!sim_world_confirm(&l->w) || l->w.err)
                return "cannot confirm";
            if (!sim_world_boot(&l->w) || runs(l) != 2)
                return "confirmed after the cut, and yet not kept";
        } else {
            for (int i = 0; i < l->w.product.trial_boots; i++)
                if (!sim_world_boot(&l->w))
                    return "a boot does not end";
            if (runs(l) != 1)
                return "not confirmed, and yet not reverted";
        }
    }
    /* at rest: the same image again, and no more writing */
    image = runs(l);
    if (!sim_world_boot(&l->w) || runs(l) != image || l->w.power.ops)
        return "does not come to rest";
    return sim_world_misuse(&l->w);
}

/* Forms of damage that a cut inside an operation can leave; seeds make several of some. */
static const struct sim_cut forms[] = {
    { .when = SIM_CUT_BEFORE },
    { .when = SIM_CUT_AFTER },
    { .when = SIM_CUT_TORN, .shape = SIM_BEFORE },
    { .when = SIM_CUT_TORN, .shape = SIM_MEANT },
    { .when = SIM_CUT_TORN, .shape = SIM_PREFIX, .seed = 1 },
    { .when = SIM_CUT_TORN, .shape = SIM_SUFFIX, .seed = 1 },
    { .when = SIM_CUT_TORN, .shape = SIM_MIX, .seed = 1 },
    { .when = SIM_CUT_TORN, .shape = SIM_MIX, .seed = 2 },
    { .when = SIM_CUT_TORN, .shape = SIM_BEFORE_BUT_ONE, .seed = 3 },
    { .when = SIM_CUT_TORN, .shape = SIM_MEANT_BUT_ONE, .seed = 3 },
    { .when = SIM_CUT_TORN, .shape = SIM_BLANK },
    { .when = SIM_CUT_TORN, .shape = SIM_GARBAGE, .seed = 4 },
};

static unsigned sweep(struct life *l, const struct scenario *s)
{
    uint32_t start = snapshot(l);
    unsigned cuts = 0;

    for (unsigned at = 0; s->acts[at] != END; at++) {
        uint32_t here = snapshot(l);
        bool hit = true;

        for (uint64_t op = 1; hit; op++)
            for (unsigned f = 0; f < sizeof forms / sizeof forms[0]; f++) {
                const char *wrong;

                restore(l, here);
                l->w.power.cut = forms[f];
                l->w.power.cut.at = op;
                l->w.power.cut.pulse = (uint32_t)op;
                hit = !perform(l, s->acts[at]);
                l->w.power.cut.at = 0;
                if (!hit)
                    break;
                cuts++;
                wrong = aftermath(l, s, at);
                if (wrong)
                    fail_msg("%s, %s: act %u, operation %u, %s %s: %s", l->w.product.name, s->name,
                             at, (unsigned)op, sim_when_text(forms[f].when),
                             sim_shape_text(forms[f].shape), wrong);
            }
        restore(l, here);
        assert_true(perform(l, s->acts[at]));
        assert_int_equal(l->w.err, BH_OK);
    }
    restore(l, start);
    return cuts;
}

static void live_through(const struct bh_product *product)
{
    for (unsigned s = 0; s < sizeof scenarios / sizeof scenarios[0]; s++) {
        struct life l;
        unsigned cuts;

        if (!product->plan->reverts)
            continue;
        begin(&l, product);
        cuts = sweep(&l, &scenarios[s]);
        print_message("%s, %s: %u cuts\n", product->name, scenarios[s].name, cuts);
        assert_true(cuts > 200);
        end(&l);
    }
}

static void on_every_kind_of_product(void **state)
{
    (void)state;
    for (unsigned i = 0; i < n_engine_products; i++)
        live_through(engine_products[i]);
}

/* Of pages of one size, of two chips, of large pages; as they are, but for the digest. */
static void on_samples(void **state)
{
    static const char *const names[] = { "stm32f407", "nrf52840", "nrf51" };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct sample s;
        struct bh_product quick;

        sample_open(&s, names[i]);
        quick = s.built.product;
        quick.policy = sim_quick_policy(&quick.policy);
        live_through(&quick);
        sample_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_every_kind_of_product),
        cmocka_unit_test(on_samples),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
