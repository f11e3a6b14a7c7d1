/* SPDX-License-Identifier: Apache-2.0 */
/* Eight ways in which wolfBoot fails, each as a scenario that ends well here. The list, with how
 * often the original fails, is in docs/from-wolfboot.md; the numbers here are its. */
#include "bulkhead/bytes.h"
#include "bulkhead/image_wolfboot.h"
#include "bulkhead/mailbox_wolfboot.h"
#include "sim/image.h"
#include "sim/world.h"
#include "tests/samples/samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PAGE 1024u
#define CHUNKS 4u
#define LEN 3900u
#define ENDS 12u /* boots in which a device comes to rest */

static const struct bh_image_format *const formats[] = { &bh_image_wolfboot_256, NULL };
static const struct bh_page_run runs[] = { { 64, PAGE } };
static const struct bh_wolfboot_trailer trailer = { .sector = PAGE, .skip = 44 };
BH_MAILBOX_WOLFBOOT(mailbox, &trailer, BH_WOLFBOOT_UNIT_MAX);

static struct sim_world w;
static uint8_t image[4][LEN];

/* Erases and programs of a page, as they come. */
static struct {
    uint64_t op[512];
    struct bh_region where[512];
    bool erase[512];
    unsigned n;
} seen;

static void watch(void *context, const struct sim_event *e)
{
    (void)context;
    if (e->kind == SIM_READ || seen.n == 512)
        return;
    seen.op[seen.n] = e->op;
    seen.erase[seen.n] = e->kind == SIM_ERASE;
    seen.where[seen.n++] = (struct bh_region){ &e->flash[0].flash, e->off, e->len };
}

static void open_device(void)
{
    static struct bh_flash chip;
    static struct bh_pair pair;
    const struct sim_traits traits = { .again = SIM_AGAIN_CLEAR, .watch = watch };
    struct bh_product product = {
        .name = "wolf",
        .layout = 1,
        .pairs = &pair,
        .n_pairs = 1,
        .trial_boots = 1,
        .bootloader = { &chip, 0, 8 * PAGE },
        .journal = { { &chip, 8 * PAGE, 4 * PAGE }, { &chip, 12 * PAGE, 4 * PAGE } },
        .plan = &bh_plan_swap,
        .mailbox = &mailbox,
        .adopt = bh_adopt_kept,
        .rescue = &bh_rescue,
        .policy = { .formats = formats,
                    .hash = &sim_quick_hash,
                    .allow_unsigned = true,
                    .only_newer = true },
    };

    chip = (struct bh_flash){
        .runs = runs, .n_runs = 1, .size = 64 * PAGE, .erased = 0xFF, .unit = 4, .mapped = true
    };
    pair = (struct bh_pair){ .name = "app",
                             .primary = { &chip, 16 * PAGE, (CHUNKS + 1) * PAGE },
                             .secondary = { &chip, 24 * PAGE, (CHUNKS + 1) * PAGE },
                             .spare = { &chip, 32 * PAGE, PAGE },
                             .chunk = PAGE,
                             .image_max = CHUNKS * PAGE };
    seen.n = 0;
    if (sim_world_open(&w, &product, &traits))
        fail_msg("%s", w.why);
    for (uint8_t v = 1; v < 4; v++)
        sim_image_make_as(image[v], LEN,
                          &(struct sim_image){ .major = v, .seed = v, .wolfboot = 256 });
    sim_world_install(&w, 0, image[1], LEN);
}

static void close_device(void)
{
    sim_world_close(&w);
}

/* Whole, and erased after it. */
static unsigned version(void)
{
    for (uint8_t v = 1; v < 4; v++)
        if (sim_world_runs(&w, 0, image[v], LEN))
            return v;
    return 0;
}

static unsigned boots(void)
{
    seen.n = 0;
    assert_true(sim_world_boot(&w));
    if (w.boot.action != BH_BOOT_START)
        return 0;
    assert_int_equal(version(), w.boot.verified.image.version.major);
    return version();
}

/* A boot in which the power goes, or that comes to its end. */
static bool boot_cut(struct sim_cut cut)
{
    w.power.cut = cut;
    return sim_world_boot(&w);
}

static void stage(uint8_t v)
{
    assert_true(sim_world_stage(&w, 0, image[v], LEN) && !w.err);
}

static void ask(void)
{
    assert_true(sim_world_request(&w, 1, BH_REQUEST_TEST) && !w.err);
}

/* What wolfBoot's library would say of BOOT. */
static uint32_t state_of_boot(void)
{
    struct bh_wolfboot_says says;

    assert_int_equal(bh_wolfboot_look(&trailer, w.pairs, &says), BH_OK);
    return says.boot;
}

/* A device that has installed version 2 on trial. */
static void begin_trial(void)
{
    open_device();
    assert_int_equal(boots(), 1);
    stage(2);
    ask();
    assert_int_equal(boots(), 2);
    assert_int_equal(state_of_boot(), BH_WOLFBOOT_TESTING);
}

/* --- the eight ----------------------------------------------------------------------------- */

/* 1. One sector per partition: there the request erases the new image, and the last erase begins
 * two sectors too low, which erases SWAP, UPDATE, BOOT and the bootloader. Here an update takes two
 * erases of 128 KB, a revert two, and nothing but slots, scratch and journal is touched. */
static void one_sector_per_partition(void **state)
{
    const struct sim_traits traits = { .watch = watch };
    struct bh_product product;
    struct sample sample;
    unsigned large = 0;

    (void)state;
    sample_open(&sample, "stm32f407_wolfboot");
    product = sample.built.product;
    product.policy = sim_quick_policy(&product.policy);
    assert_int_equal(sim_world_open(&w, &product, &traits), 0);
    for (uint8_t v = 1; v < 4; v++)
        sim_image_make_as(image[v], LEN,
                          &(struct sim_image){ .major = v, .seed = v, .wolfboot = 256 });
    sim_world_install(&w, 0, image[1], LEN);
    assert_int_equal(boots(), 1);
    stage(2);
    ask();
    assert_int_equal(boots(), 2);
    for (int revert = 0; revert < 2; revert++) {
        for (unsigned i = 0; i < seen.n; i++) {
            assert_true(seen.where[i].off >= 0x8000); /* bootloader */
            assert_true(seen.where[i].off < 0x10000 || seen.where[i].off >= 0x20000); /* data */
            assert_true(seen.where[i].off < 0x80000);
            large += seen.erase[i] && seen.where[i].off >= 0x20000;
        }
        assert_int_equal(large, revert ? 4 : 2);
        if (!revert)
            assert_int_equal(boots(), 1);
    }
    assert_null(sim_world_misuse(&w));
    sim_world_close(&w);
    sample_close(&sample);
}

/* 2. The last erase of a swap, that of UPDATE's trailer, is torn: there random sectors are swapped
 * again, and up to all devices are lost. Here the journal knows that all steps are done. */
static void the_last_erase_is_torn(void **state)
{
    static const enum sim_shape shapes[] = { SIM_MIX,    SIM_PREFIX,
                                             SIM_SUFFIX, SIM_BEFORE_BUT_ONE,
                                             SIM_BLANK,  SIM_MEANT_BUT_ONE,
                                             SIM_GARBAGE };
    uint32_t at = 0;

    (void)state;
    begin_trial();
    for (unsigned i = 0; i < seen.n; i++)
        if (seen.erase[i] && seen.where[i].off == (24 + CHUNKS) * PAGE)
            at = (uint32_t)seen.op[i];
    assert_int_not_equal(at, 0);
    close_device();
    for (unsigned s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (uint64_t seed = 0; seed < 60; seed++) {
            open_device();
            assert_int_equal(boots(), 1);
            stage(2);
            ask();
            assert_false(boot_cut((struct sim_cut){ .at = at,
                                                    .when = SIM_CUT_TORN,
                                                    .shape = shapes[s],
                                                    .seed = seed,
                                                    .unstable = seed % 2 }));
            assert_int_equal(boots(), 2);
            for (unsigned i = 0; i < seen.n; i++) /* the last chunk at most is done again */
                assert_false(seen.erase[i] && seen.where[i].off >= 16 * PAGE &&
                             seen.where[i].off < (16 + CHUNKS - 1) * PAGE);
            assert_int_equal(state_of_boot(), BH_WOLFBOOT_TESTING);
            assert_int_equal(boots(), 1); /* nobody confirms */
            assert_null(sim_world_misuse(&w));
            close_device();
        }
}

/* 3 and 4. A roll-back is cut anywhere: there the device may stay on the bad image, and in most
 * places BOOT stays TESTING, so that the bad image is installed again at the next boot. */
static void a_roll_back_is_cut_anywhere(void **state)
{
    bool ended = false;

    (void)state;
    for (uint64_t at = 1; !ended; at++)
        for (int torn = 0; !ended && torn < 2; torn++) {
            begin_trial();
            ended = boot_cut((struct sim_cut){ .at = at,
                                               .when = torn ? SIM_CUT_TORN : SIM_CUT_BEFORE,
                                               .shape = SIM_MIX,
                                               .seed = at });
            w.power.cut.at = 0;
            for (int i = 0; i < 3; i++) /* old, and old again: the bad one does not come back */
                assert_int_equal(boots(), 1);
            assert_int_equal(w.power.ops, 0);
            assert_int_equal(w.boot.journal.truth.outcome, BH_OUTCOME_REVERTED);
            assert_int_equal(state_of_boot(), BH_WOLFBOOT_SUCCESS);
            close_device();
        }
}

/* 5. There, with two partitions to start from, a higher version starts although nobody asked for
 * it, and one that nobody confirms stays. */
static void what_nobody_asked_for(void **state)
{
    (void)state;
    open_device();
    assert_int_equal(boots(), 1);
    stage(3);
    for (unsigned i = 0; i < ENDS; i++)
        assert_int_equal(boots(), 1);
    ask();
    assert_int_equal(boots(), 3);
    for (unsigned i = 0; i < ENDS; i++)
        assert_int_equal(boots(), 1);
    close_device();
}

/* 6. The image was signed with another header than the bootloader was built for: there nothing
 * starts, without a message. Here it is refused with a reason, and the old one starts. */
static void another_header(void **state)
{
    uint8_t other[LEN];

    (void)state;
    for (uint32_t header = 512; header <= 2048; header *= 2) {
        open_device();
        assert_int_equal(boots(), 1);
        sim_image_make_as(other, LEN,
                          &(struct sim_image){ .major = 2, .seed = 2, .wolfboot = header });
        assert_true(sim_world_stage(&w, 0, other, LEN) && !w.err);
        ask();
        assert_int_equal(boots(), 1);
        assert_int_equal(w.boot.journal.truth.outcome, BH_OUTCOME_REFUSED);
        assert_int_not_equal(w.boot.journal.truth.reason, BH_REASON_NONE);
        close_device();
    }
}

/* 7. There an emergency takes any image in UPDATE, however old. Here, besides the version that was
 * confirmed last, only the very image that ran before it, which the journal knows by its digest. */
static void an_older_image_in_an_emergency(void **state)
{
    const uint8_t zero[8] = { 0 };

    (void)state;
    for (uint8_t v = 1; v < 4; v++) {
        open_device();
        assert_int_equal(boots(), 1);
        for (uint8_t next = 2; next < 4; next++) {
            stage(next);
            ask();
            assert_int_equal(boots(), next);
            assert_true(sim_world_confirm(&w) && !w.err);
            assert_int_equal(boots(), next);
        }
        stage(v);
        sim_flash_fill(w.pairs[0].primary.flash->context, w.pairs[0].primary.off + 1000, zero,
                       sizeof zero);
        assert_int_equal(boots(), v < 2 ? 0 : v);
        close_device();
    }
}

/* 8. There an image in UPDATE is encrypted without authentication, and the key is in clear after
 * BOOT's trailer. Encrypted images are not taken here: one bit that was changed, or bytes that are
 * no image, are refused; and whatever the key's place holds, the trailer is what it was. */
static void encrypted_without_authentication(void **state)
{
    uint8_t other[LEN], key[44];

    (void)state;
    for (unsigned round = 0; round < 64; round++) {
        open_device();
        assert_int_equal(boots(), 1);
        memcpy(other, image[2], LEN);
        for (uint32_t i = 0; round % 2 && i < LEN; i++)
            other[i] ^= (uint8_t)(i * 37 + round); /* a stream of some kind */
        other[256 + round * 50] ^= 1;
        assert_true(sim_world_stage(&w, 0, other, LEN) && !w.err);
        memset(key, (int)round * 3, sizeof key);
        memcpy(key + 40, "BOOT", 4);
        sim_flash_fill(w.pairs[0].primary.flash->context,
                       w.pairs[0].primary.off + w.pairs[0].primary.len - 44, key, sizeof key);
        (void)sim_world_request(&w, 1, BH_REQUEST_TEST); /* ABSENT where there is no header */
        assert_int_equal(w.err, round % 2 ? BH_ERR_ABSENT : BH_OK);
        assert_int_equal(boots(), 1);
        if (round % 2 == 0)
            assert_int_equal(w.boot.journal.truth.reason, BH_REASON_DIGEST);
        assert_int_equal(state_of_boot(), BH_WOLFBOOT_STATELESS);
        close_device();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_sector_per_partition),
        cmocka_unit_test(the_last_erase_is_torn),
        cmocka_unit_test(a_roll_back_is_cut_anywhere),
        cmocka_unit_test(what_nobody_asked_for),
        cmocka_unit_test(another_header),
        cmocka_unit_test(an_older_image_in_an_emergency),
        cmocka_unit_test(encrypted_without_authentication),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
