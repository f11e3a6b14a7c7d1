/* SPDX-License-Identifier: Apache-2.0 */
/* Pages that die: at every operation of an update and of a revert, each page of the slots, in each
 * way. Whatever happens, an image that can be whole is started, the act comes to an end that is
 * told, and soon nothing is written any more for its sake. */
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

/* How a page dies. */
enum death {
    NO_WRITE, /* erase and program fail, the content stays */
    RUINED,   /* the same, and the content becomes garbage */
    NO_READ,  /* reads fail for good */
    ECC,      /* reads fail until the page is erased */
    DEATHS
};
static const char *const names[] = { "no write", "ruined", "no read", "ecc" };

/* One page of one chip, and when it dies: at the n-th erase or program of the product's life. */
static struct {
    const struct bh_flash *flash;
    uint32_t off, len;
    enum death how;
    uint64_t at, ops;
    bool dead;
} grave;

static bool hits(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    return grave.dead && f == grave.flash && off < grave.off + grave.len && grave.off < off + len;
}

static void count(void)
{
    if (!grave.flash || ++grave.ops != grave.at)
        return;
    grave.dead = true;
    if (grave.how == RUINED) {
        uint8_t garbage[64];

        for (uint32_t i = 0; i < sizeof garbage; i++)
            garbage[i] = (uint8_t)(i * 37 + 5);
        for (uint32_t i = 0; i < grave.len; i += sizeof garbage)
            sim_flash_fill(grave.flash->context, grave.off + i, garbage, sizeof garbage);
    }
}

static int dead_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    return grave.how >= NO_READ && hits(f, off, len) ? BH_ERR_IO
                                                     : sim_flash_ops.read(f, off, buf, len);
}

static int dead_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    count();
    return grave.how < NO_READ && hits(f, off, len) ? BH_ERR_IO
                                                    : sim_flash_ops.program(f, off, buf, len);
}

static int dead_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    count();
    if (hits(f, off, len)) {
        if (grave.how < NO_READ)
            return BH_ERR_IO;
        if (grave.how == ECC)
            grave.dead = false;
    }
    return sim_flash_ops.erase(f, off, len);
}

static const struct bh_flash_ops deadly = { .read = dead_read,
                                            .program = dead_program,
                                            .erase = dead_erase };

struct life {
    struct sim_world w;
    uint8_t *image[2][BH_PAIRS_MAX]; /* old, new */
    uint32_t len[2][BH_PAIRS_MAX];
};

static void begin(struct life *l, const struct bh_product *product, const struct bh_rescue *rescue)
{
    struct bh_product with = *product;

    memset(&grave, 0, sizeof grave);
    with.rescue = rescue;
    if (sim_world_open(&l->w, &with, NULL))
        fail_msg("%s: %s", product->name, l->w.why);
    for (unsigned i = 0; i < l->w.n_chips; i++)
        l->w.chip[i].flash.ops = &deadly;
    for (uint8_t p = 0; p < product->n_pairs; p++) {
        for (unsigned v = 0; v < 2; v++) {
            uint32_t max = product->pairs[p].image_max;

            l->len[v][p] = v ? max - max / 4 : max - 5;
            l->image[v][p] = malloc(l->len[v][p]);
            sim_image_make(l->image[v][p], l->len[v][p], (uint8_t)(v + 1), 0);
        }
        sim_world_install(&l->w, p, l->image[0][p], l->len[0][p]);
    }
    assert_true(sim_world_boot(&l->w));
}

static void end(struct life *l)
{
    for (uint8_t p = 0; p < l->w.product.n_pairs; p++) {
        free(l->image[0][p]);
        free(l->image[1][p]);
    }
    sim_world_close(&l->w);
}

static void ask(struct life *l)
{
    for (uint8_t p = 0; p < l->w.product.n_pairs; p++) {
        assert_true(sim_world_stage(&l->w, p, l->image[1][p], l->len[1][p]));
        assert_int_equal(l->w.err, BH_OK);
    }
    assert_true(
        sim_world_request(&l->w, (uint8_t)((1u << l->w.product.n_pairs) - 1), BH_REQUEST_TEST));
    assert_int_equal(l->w.err, BH_OK);
}

/* Which image starts? 0 old, 1 new, 2: nothing, 3: something else. Images only; what lies behind
 * them may be what a page that died did not let go. */
static unsigned boot(struct life *l)
{
    uint8_t is[0x10000];

    assert_true(sim_world_boot(&l->w));
    if (l->w.boot.action != BH_BOOT_START)
        return 2;
    for (unsigned v = 0; v < 2; v++) {
        bool all = true;

        for (uint8_t p = 0; p < l->w.product.n_pairs; p++) {
            const struct bh_region *slot = &l->w.pairs[p].primary;

            sim_flash_peek(slot->flash->context, slot->off, is, l->len[v][p]);
            all = all && !memcmp(is, l->image[v][p], l->len[v][p]);
        }
        if (all)
            return v;
    }
    return 3;
}

/* A primary page that died with what the image does not need in it, or that cannot be read, is the
 * one thing that may keep every image from starting. */
static bool excused(const struct life *l)
{
    if (!l->w.product.plan->reverts) /* no way back, and what is staged may be what died */
        return true;
    for (uint8_t p = 0; p < l->w.product.n_pairs; p++)
        if (grave.flash == l->w.pairs[p].primary.flash &&
            grave.off - l->w.pairs[p].primary.off < l->w.pairs[p].primary.len)
            return true;
    return false;
}

/* Live on after a death. */
static const char *aftermath(struct life *l, bool rescue)
{
    unsigned last = 2;

    for (int i = 0; i < 12; i++) {
        last = boot(l);
        if (last == 3)
            return "something else was started";
    }
    if (l->w.power.ops)
        return "twelve boots, and still writing";
    if (last == 2)
        return excused(l) || !rescue ? l->w.boot.reason ? NULL : "no reason was told"
                                     : "nothing starts, though every chunk is somewhere";
    if (l->w.boot.journal.truth.state != BH_STATE_IDLE)
        return "an image starts, and the act has no end";
    if (!sim_world_stage(&l->w, 0, l->image[1][0], l->len[1][0]) || l->w.err == BH_ERR_STATE)
        return "the application cannot stage again";
    return NULL;
}

static uint32_t mark(struct life *l)
{
    uint32_t m = 0;

    for (unsigned i = 0; i < l->w.n_chips; i++)
        m = sim_flash_snapshot(&l->w.chip[i]);
    return m;
}

static void back(struct life *l, uint32_t m)
{
    for (unsigned i = 0; i < l->w.n_chips; i++)
        sim_flash_restore(&l->w.chip[i], m);
}

/* One death, at every step of the two boots that move images. */
static unsigned kill(struct life *l, const struct bh_region *chunk, bool rescue)
{
    struct bh_page page;
    unsigned deaths = 0;
    uint32_t start = mark(l);

    assert_int_equal(bh_flash_page(chunk->flash, chunk->off, &page), 0);
    for (int h = 0; h < DEATHS; h++)
        for (uint64_t at = 1;; at += at < 6 ? 1 : 5) {
            const char *wrong;
            bool moved = true;

            back(l, start);
            memset(&grave, 0, sizeof grave);
            grave.flash = chunk->flash;
            grave.off = page.off;
            grave.len = page.len;
            grave.how = (enum death)h;
            grave.at = at;
            for (int i = 0; i < l->w.product.trial_boots + 1 && !grave.dead && grave.ops < at; i++)
                moved = sim_world_boot(&l->w);
            if (!moved || grave.ops < at)
                break;
            deaths++;
            wrong = aftermath(l, rescue);
            if (wrong)
                fail_msg("%s, %s rescue: page 0x%x of %s, %s at operation %u: %s (state %u outcome "
                         "%u reason %u fault 0x%x)",
                         l->w.product.name, rescue ? "with" : "without", page.off,
                         chunk->flash == l->w.pairs[0].primary.flash ? "the first chip"
                                                                     : "the other",
                         names[h], (unsigned)at, wrong, l->w.boot.journal.truth.state,
                         l->w.boot.journal.truth.outcome, l->w.boot.journal.truth.reason,
                         l->w.boot.journal.truth.fault);
        }
    back(l, start);
    memset(&grave, 0, sizeof grave);
    return deaths;
}

static void every_page(const struct bh_product *product, const struct bh_rescue *rescue)
{
    struct life l;
    unsigned deaths = 0;

    begin(&l, product, rescue);
    ask(&l);
    for (uint8_t p = 0; p < product->n_pairs; p++) {
        const struct bh_pair *pair = &l.w.pairs[p];
        uint32_t n = bh_round_up(pair->image_max, pair->chunk) / pair->chunk;

        for (uint32_t i = 0; i <= n; i++) {
            struct bh_region at = i < n ? bh_pair_p(pair, i) : bh_pair_l(pair, n);

            if (i < n)
                deaths += kill(&l, &at, rescue != NULL);
            at = bh_pair_l(pair, i);
            if (at.flash)
                deaths += kill(&l, &at, rescue != NULL);
        }
    }
    print_message("%s, %s rescue: %u deaths\n", product->name, rescue ? "with" : "without", deaths);
    assert_true(deaths > 100);
    end(&l);
}

static void with_a_rescue(void **state)
{
    (void)state;
    for (unsigned i = 0; i < n_engine_products; i++)
        every_page(engine_products[i], &bh_rescue);
}

static void without(void **state)
{
    (void)state;
    for (unsigned i = 0; i < n_engine_products; i++)
        every_page(engine_products[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_a_rescue),
        cmocka_unit_test(without),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
