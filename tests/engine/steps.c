/* SPDX-License-Identifier: Apache-2.0 */
/* The loop that moves images, operation by operation: what it erases and what it leaves, what it
 * does about an operation that fails once, and where it goes on. */
#include "faulty.h"
#include "device.h"

#include "products.h"
#include "bulkhead/bytes.h"
#include "bulkhead/update.h"
#include "sim/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* --- operations counted, and failing at will ----------------------------------------------- */

static struct {
    const struct bh_flash *flash; /* where they are counted and fail */
    struct bh_region within;
    uint64_t calls, at, times; /* calls at to at + times - 1 fail */
    uint32_t erases;           /* that touched the region */
} watch;

static bool fails(const struct bh_flash *f)
{
    if (f != watch.flash)
        return false;
    watch.calls++;
    return watch.calls >= watch.at && watch.calls < watch.at + watch.times;
}

static int watched_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    return fails(f) ? BH_ERR_IO : sim_flash_ops.program(f, off, buf, len);
}

static int watched_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    if (f == watch.flash && off - watch.within.off < watch.within.len)
        watch.erases++;
    return fails(f) ? BH_ERR_IO : sim_flash_ops.erase(f, off, len);
}

static const struct bh_flash_ops watched = { .read = read_as_ever,
                                             .program = watched_program,
                                             .erase = watched_erase };

static void look_at(const struct bh_region *r)
{
    memset(&watch, 0, sizeof watch);
    watch.flash = r->flash;
    watch.within = *r;
    device_chip(r)->flash.ops = &watched;
}

static void install(struct device *d, uint8_t version)
{
    device_stage(d, 0, version);
    device_request(d, 1, BH_REQUEST_PERMANENT, BH_OK);
}

/* --- what is right already is left alone --------------------------------------------------- */

static void equal_chunks_are_not_erased(void **state)
{
    (void)state;
    for (uint32_t other = 0; other < 8; other++) {
        const struct bh_product *over = engine_products[4];
        uint32_t chunk = over->pairs[0].chunk;
        struct device d;

        device_open(&d, over, NULL);
        memcpy(d.image[0][2], d.image[0][1], d.len[0]);
        if (other < 7) { /* this chunk is another; the last byte that is not the digest's */
            uint32_t at = other * chunk + chunk - 100;
            struct bh_hash h;

            d.image[0][2][at] ^= 1;
            bh_hash_init(&h, &sim_quick_hash);
            bh_hash_update(&h, d.image[0][2], d.len[0] - 40);
            bh_hash_final(&h, d.image[0][2] + d.len[0] - 32);
        }
        look_at(&d.w.pairs[0].primary);
        install(&d, 2);
        assert_true(sim_world_boot(&d.w));
        assert_true(sim_world_runs(&d.w, 0, d.image[0][2], d.len[0]));
        /* the first step after a reset always writes; the digest is in the last chunk */
        assert_int_equal(watch.erases, other == 7 ? 1 : other == 0 || other == 6 ? 2 : 3);
        device_close(&d);
    }
}

/* Chunks that neither image reaches are not moved; those that only one reaches are, once. */
static void only_what_images_take_is_moved(void **state)
{
    static const uint32_t chunks[][2] = {
        { 1, 1 }, { 1, 3 }, { 3, 1 }, { 2, 2 }, { 3, 5 }, { 5, 5 }
    };

    (void)state;
    for (unsigned i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
        const struct bh_product *offset = engine_products[1];
        uint32_t chunk = offset->pairs[0].chunk, old = chunks[i][0], new = chunks[i][1];
        uint32_t most = old > new ? old : new;
        struct device d;

        device_open(&d, offset, NULL);
        sim_image_make(d.image[0][3], old * chunk - 3, 3, 0);
        assert_true(sim_world_stage(&d.w, 0, d.image[0][3], old * chunk - 3));
        device_request(&d, 1, BH_REQUEST_PERMANENT, BH_OK);
        assert_true(sim_world_boot(&d.w));
        assert_true(sim_world_runs(&d.w, 0, d.image[0][3], old * chunk - 3));
        sim_image_make(d.image[0][4], new *chunk - 9, 4, 0);
        assert_true(sim_world_stage(&d.w, 0, d.image[0][4], new *chunk - 9));
        device_request(&d, 1, BH_REQUEST_PERMANENT, BH_OK);
        look_at(&d.w.pairs[0].primary);
        assert_true(sim_world_boot(&d.w));
        assert_true(sim_world_runs(&d.w, 0, d.image[0][4], new *chunk - 9));
        assert_int_equal(watch.erases, most + 1); /* and the trailer's page */
        device_close(&d);
    }
}

/* --- an operation that fails --------------------------------------------------------------- */

/* One failure of any operation is not the end of an update: the step is done again. */
static void a_step_is_tried_twice(void **state)
{
    uint64_t calls = 1;

    (void)state;
    for (uint64_t at = 0; at <= calls; at++) {
        const struct bh_product *nrf = engine_products[0]; /* the secondary slot on another chip */
        struct device d;

        device_open(&d, nrf, NULL);
        install(&d, 2);
        look_at(&d.w.pairs[0].secondary);
        watch.at = at;
        watch.times = at ? 1 : 0;
        assert_true(sim_world_boot(&d.w));
        if (at == 0)
            calls = watch.calls - 1; /* the last erases the request: not a step */
        assert_int_equal(device_version(&d, 0), 2);
        assert_int_equal(d.w.boot.journal.truth.outcome, BH_OUTCOME_CONFIRMED);
        assert_int_equal(d.w.boot.journal.truth.reason, BH_REASON_NONE);
        assert_int_equal(d.w.boot.journal.truth.fault, 0);
        device_close(&d);
    }
    assert_true(calls > 20);
}

/* A read of the destination that is wrong once, after the copy: the page is erased and written
 * again, and not taken for right because it reads right now. */
static uint32_t wrong_reads, reads;

static int read_wrongly(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    int err = sim_flash_ops.read(f, off, buf, len);

    if (f == watch.flash && off - watch.within.off < watch.within.len && ++reads == wrong_reads)
        ((uint8_t *)buf)[0] ^= 1;
    return err;
}

static void what_read_wrongly_is_written_again(void **state)
{
    static const struct bh_flash_ops wrong = { .read = read_wrongly,
                                               .program = watched_program,
                                               .erase = watched_erase };
    unsigned again = 0;

    (void)state;
    for (wrong_reads = 1; wrong_reads < 12; wrong_reads++) {
        struct bh_record rec = { .state = BH_STATE_UPDATING, .step = 1 };
        struct bh_setback back = { 0 };
        struct bh_region page;
        struct bh_journal j;
        struct device d;

        device_open(&d, engine_products[0], NULL);
        device_stage(&d, 0, 2);
        rec.pair[0].size_old = rec.pair[0].size_new = d.len[0];
        assert_int_equal(bh_product_journal(&d.w.product, &d.w.work, &j), BH_OK);
        assert_int_equal(bh_journal_turn(&j, &rec, 0), BH_OK);
        page = bh_pair_p(&d.w.pairs[0], 0);
        look_at(&page);
        device_chip(&page)->flash.ops = &wrong;
        reads = 0;
        assert_int_equal(bh_update_run(&d.w.product, &j, &d.w.work, &back), BH_OK);
        assert_in_range(watch.erases, 1, 2);
        again += watch.erases == 2;
        assert_true(sim_world_runs(&d.w, 0, d.image[0][2], d.len[0]));
        device_close(&d);
    }
    assert_true(again >= 2);
}

/* Two in a row name the page: the cell that was written. */
static void twice_is_a_fault(void **state)
{
    const struct bh_product *nrf = engine_products[0];
    struct bh_record rec = { .state = BH_STATE_UPDATING };

    (void)state;
    for (uint32_t i = 0; i < 7; i++)
        for (int primary = 0; primary < 2; primary++) {
            struct bh_setback back = { 0 };
            struct bh_region page;
            struct bh_journal j;
            struct device d;

            device_open(&d, nrf, NULL);
            device_stage(&d, 0, 2);
            rec.pair[0].size_old = rec.pair[0].size_new = d.len[0];
            assert_int_equal(bh_product_journal(&d.w.product, &d.w.work, &j), BH_OK);
            assert_int_equal(bh_journal_turn(&j, &rec, 0), BH_OK);
            page = primary ? bh_pair_p(&d.w.pairs[0], i) : bh_pair_l(&d.w.pairs[0], i);
            sim_flash_decay(device_chip(&page), page.off, SIM_WORN);
            look_at(&page);
            assert_int_equal(bh_update_run(&d.w.product, &j, &d.w.work, &back), BH_ERR_IO);
            assert_int_equal(j.truth.step, 2 * i + (uint32_t)primary);
            assert_int_equal(back.fault,
                             bh_fault(primary ? BH_FAULT_PRIMARY : BH_FAULT_BACKUP, true, 0, i));
            assert_true(back.worn);
            assert_int_equal(watch.erases, 2); /* two attempts, no more */
            device_close(&d);
        }
}

/* A chip that does not answer is not worn by being asked, and costs the journal nothing. */
static void a_dead_chip_is_not_worn(void **state)
{
    const struct bh_product *nrf = engine_products[0];
    struct bh_record rec = { .state = BH_STATE_UPDATING };

    (void)state;
    for (uint16_t step = 0; step < 6; step++) {
        struct bh_setback back = { 0 };
        struct bh_region there;
        struct bh_journal j;
        struct device d;
        uint32_t was;

        device_open(&d, nrf, NULL);
        device_stage(&d, 0, 2);
        rec.pair[0].size_old = rec.pair[0].size_new = d.len[0];
        rec.step = step;
        assert_int_equal(bh_product_journal(&d.w.product, &d.w.work, &j), BH_OK);
        assert_int_equal(bh_journal_turn(&j, &rec, 0), BH_OK);
        assert_int_equal(bh_product_journal(&d.w.product, &d.w.work, &j), BH_OK);
        was = j.next;
        device_chip(&d.w.pairs[0].secondary)->health = SIM_DEAD;
        there = d.w.pairs[0].primary;
        look_at(&there);
        assert_int_equal(bh_update_run(&d.w.product, &j, &d.w.work, &back), BH_ERR_IO);
        assert_int_equal(j.truth.step, step);
        assert_int_equal(watch.erases, 0);
        assert_false(back.worn);
        assert_int_equal(j.next, was); /* nothing was stated, be it source or destination */
        assert_int_equal(bh_fault_kind(back.fault), BH_FAULT_BACKUP);
        assert_int_equal(bh_fault_index(back.fault), step / 2 + step % 2);
        device_close(&d);
    }
}

/* A slot of which only one page is sound. */
static struct bh_region slot, sound;

static bool gone(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    return f == slot.flash && off < slot.off + slot.len && off + len > slot.off &&
           !(off >= sound.off && off + len <= sound.off + sound.len);
}

static int gone_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    return gone(f, off, len) ? BH_ERR_IO : sim_flash_ops.read(f, off, buf, len);
}

static int gone_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    return gone(f, off, len) ? BH_ERR_IO : sim_flash_ops.program(f, off, buf, len);
}

static int gone_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    return gone(f, off, len) ? BH_ERR_IO : sim_flash_ops.erase(f, off, len);
}

/* From now on. left: the number of the page that is sound; 9: none. */
static void let_go(struct device *d, uint32_t left)
{
    static const struct bh_flash_ops holes = { .read = gone_read,
                                               .program = gone_program,
                                               .erase = gone_erase };

    slot = d->w.pairs[0].secondary;
    sound = (struct bh_region){ slot.flash, slot.off + left * 4096, left < 9 ? 4096 : 0 };
    device_chip(&slot)->flash.ops = &holes;
}

/* However many pages of a slot can neither be read nor written: as long as one chunk of it can be
 * read the chip answers, the attempts are counted, and a boot comes that writes nothing. */
static void pages_gone_at_once_end(void **state)
{
    (void)state;
    for (uint32_t left = 0; left < 9; left++) /* the only page of the slot that is sound */
        for (uint32_t at = 8; at < 64; at += 3) {
            struct device d;
            int boots = 0;

            device_open(&d, engine_products[0], NULL);
            install(&d, 2);
            d.w.power.cut = (struct sim_cut){ .at = at, .when = SIM_CUT_BEFORE };
            (void)sim_world_boot(&d.w);
            d.w.power.cut = (struct sim_cut){ .at = 0 };
            let_go(&d, left);
            do {
                look_at(&d.w.pairs[0].primary); /* and the journal, on the same chip */
                (void)sim_world_boot(&d.w);
            } while (watch.calls && ++boots < 12);
            assert_in_range(boots, 0, 11);
            device_close(&d);
        }
}

/* The step itself: what failed is the destination, and it counts. */
static void a_chip_is_asked_elsewhere(void **state)
{
    struct bh_record rec = { .state = BH_STATE_UPDATING, .step = 4 };

    (void)state;
    for (uint32_t left = 0; left <= 9; left++) { /* 9: none is sound, and nobody can tell */
        struct bh_setback back = { 0 };
        struct bh_region page;
        struct bh_journal j;
        struct device d;
        uint32_t was;

        if (left == 2)
            continue;
        device_open(&d, engine_products[0], NULL);
        device_stage(&d, 0, 2);
        rec.pair[0].size_old = rec.pair[0].size_new = d.len[0];
        assert_int_equal(bh_product_journal(&d.w.product, &d.w.work, &j), BH_OK);
        assert_int_equal(bh_journal_turn(&j, &rec, 0), BH_OK);
        assert_int_equal(bh_product_journal(&d.w.product, &d.w.work, &j), BH_OK);
        was = j.next;
        let_go(&d, left);
        page = bh_pair_l(&d.w.pairs[0], 2);
        assert_int_equal(page.off, slot.off + 2 * 4096);
        assert_int_equal(bh_update_run(&d.w.product, &j, &d.w.work, &back), BH_ERR_IO);
        assert_int_equal(back.fault, bh_fault(BH_FAULT_BACKUP, true, 0, 2));
        assert_int_equal(back.worn, left < 9);
        assert_int_equal(j.next == was, left == 9);
        device_close(&d);
    }
}

/* A torn page with ECC cannot be read until it is erased. If it is all of its slot, nothing else
 * tells whether the chip answers, and it is written. */
static void the_only_page_of_a_slot_is_written(void **state)
{
    struct bh_record rec = { .state = BH_STATE_REVERTING, .step = 2 };
    const struct bh_product *ratio = engine_products[2];
    struct bh_setback back = { 0 };
    struct bh_product product = *ratio;
    struct bh_pair pair = ratio->pairs[0];
    struct bh_journal j;
    struct device d;

    (void)state;
    product.pairs = &pair;
    pair.primary.len = pair.secondary.len = pair.image_max = pair.chunk;
    device_open(&d, &product, NULL);
    rec.pair[0].size_old = rec.pair[0].size_new = d.len[0];
    assert_true(d.len[0] <= pair.chunk);
    assert_int_equal(bh_product_journal(&d.w.product, &d.w.work, &j), BH_OK);
    assert_int_equal(bh_journal_turn(&j, &rec, 0), BH_OK);
    assert_int_equal(bh_product_journal(&d.w.product, &d.w.work, &j), BH_OK);
    sim_flash_decay(device_chip(&d.w.pairs[0].secondary), d.w.pairs[0].secondary.off, SIM_FADED);
    assert_int_equal(bh_update_run(&d.w.product, &j, &d.w.work, &back), BH_OK);
    assert_int_equal(j.truth.step, 0);
    device_close(&d);
}

/* The board postpones: nothing failed, nothing is named, and the step is not tried again now. */
static int postponed;

static int before(const struct bh_flash *f, enum bh_flash_op op, uint32_t len)
{
    (void)f, (void)len;
    if (op == BH_FLASH_READ)
        return BH_OK;
    return postponed-- > 0 ? BH_OK : BH_ERR_LATER;
}

static void later_is_no_failure(void **state)
{
    static const struct bh_flash_ops hesitant = {
        .read = read_as_ever, .program = watched_program, .erase = watched_erase, .before = before
    };

    (void)state;
    for (int n = 0; n < 60; n++) {
        struct device d;

        device_open(&d, engine_products[1], NULL);
        install(&d, 2);
        memset(&watch, 0, sizeof watch);
        device_chip(&d.w.pairs[0].primary)->flash.ops = &hesitant;
        postponed = n;
        assert_true(sim_world_boot(&d.w));
        if (d.w.boot.action == BH_BOOT_RECOVER)
            assert_int_equal(d.w.boot.reason, BH_REASON_LATER);
        else
            assert_in_range(d.w.boot.verified.image.version.major, 1, 2);
        postponed = 1000000;
        device_boots(&d, "2", BH_STATE_IDLE, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);
        assert_int_equal(d.w.boot.journal.truth.fault, 0);
        device_close(&d);
    }
}

/* --- putting chunks back ------------------------------------------------------------------- */

/* Chunks from to to, from the backup or the staged place; what lies behind the image is erased. */
static void refills_what_it_is_told(void **state)
{
    (void)state;
    for (uint32_t first = 0; first < 2; first++)
        for (uint32_t from = 0; from < 5; from++)
            for (uint32_t to = from; to <= 5; to++) {
                struct bh_setback back = { 0 };
                struct bh_refill r = { 0, from, to, first, 3 * 2048 + 100, 0 };
                uint8_t was[5 * 2048], is[5 * 2048], want[2048];
                const struct bh_pair *pair;
                struct device d;

                device_open(&d, engine_products[1], NULL);
                pair = &d.w.pairs[0];
                for (uint32_t i = 0; i < 6 * 2048; i++) /* the cells, L[0] to L[5] */
                    device_poke(&pair->secondary, i, (uint8_t)(i / 2048 * 31 + i % 251 + 1));
                sim_flash_peek(device_chip(&pair->primary), pair->primary.off, was, sizeof was);
                look_at(&pair->primary);
                assert_int_equal(bh_update_refill(&d.w.product, &r, &d.w.work, &back), BH_OK);
                assert_int_equal(back.fault, 0);
                assert_int_equal(watch.erases, to - from);
                sim_flash_peek(device_chip(&pair->primary), pair->primary.off, is, sizeof is);
                for (uint32_t i = 0; i < 5; i++) {
                    uint32_t cell = (i + first) * 2048;
                    uint32_t n = i < 3 ? 2048 : i == 3 ? 100 : 0;

                    memset(want, 0xFF, sizeof want);
                    for (uint32_t k = 0; k < n; k++)
                        want[k] = device_peek(&pair->secondary, cell + k);
                    assert_memory_equal(is + i * 2048, i >= from && i < to ? want : was + i * 2048,
                                        2048);
                }
                device_close(&d);
            }
}

/* A page that failed in writing is left alone if it is right already. */
static void a_worn_page_that_is_right_is_left(void **state)
{
    (void)state;
    for (uint32_t worn = 0; worn < 3; worn++) {
        struct bh_setback back = { 0 };
        struct bh_refill r = { 0, 0, 3, 1, 3 * 2048, bh_fault(BH_FAULT_PRIMARY, true, 0, worn) };
        struct device d;

        device_open(&d, engine_products[1], NULL);
        device_stage(&d, 0, 1); /* the same image as in primary */
        look_at(&d.w.pairs[0].primary);
        assert_int_equal(bh_update_refill(&d.w.product, &r, &d.w.work, &back), BH_OK);
        assert_int_equal(watch.erases, 2);
        device_close(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_chunks_are_not_erased),
        cmocka_unit_test(only_what_images_take_is_moved),
        cmocka_unit_test(a_step_is_tried_twice),
        cmocka_unit_test(what_read_wrongly_is_written_again),
        cmocka_unit_test(twice_is_a_fault),
        cmocka_unit_test(a_dead_chip_is_not_worn),
        cmocka_unit_test(pages_gone_at_once_end),
        cmocka_unit_test(a_chip_is_asked_elsewhere),
        cmocka_unit_test(the_only_page_of_a_slot_is_written),
        cmocka_unit_test(later_is_no_failure),
        cmocka_unit_test(refills_what_it_is_told),
        cmocka_unit_test(a_worn_page_that_is_right_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
