/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that must arrive: what a copy, a comparison or a staging does with a byte that is not what
 * was written, at every place; and that no page is erased which need not be. */
#include "faulty.h"
#include "device.h"

#include "products.h"
#include "bulkhead/bytes.h"
#include "bulkhead/stream.h"
#include "bulkhead/update.h"
#include "sim/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PAGE 256u

static const struct bh_page_run runs[] = { { 16, PAGE } };

/* The destination is the second half of the chip, the source the first. */
struct chip {
    struct sim_flash sim;
    struct bh_region src, dst;
    uint8_t buffer[BH_WORK_MIN];
    struct bh_work work;
};

static void begin(struct chip *c, uint16_t unit, uint8_t erased)
{
    struct bh_flash geometry = {
        .runs = runs, .n_runs = 1, .unit = unit, .erased = erased, .size = 16 * PAGE
    };
    struct sim_traits strict = { .name = "chip" };
    uint8_t content[8 * PAGE];

    assert_int_equal(sim_flash_open(&c->sim, &geometry, &strict), 0);
    c->sim.flash.ops = &faulty_wrong;
    wrong_at = UINT32_MAX;
    for (unsigned i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)(i * 7 + i / 251);
    sim_flash_fill(&c->sim, 0, content, sizeof content);
    c->src = (struct bh_region){ &c->sim.flash, 0, 3 * PAGE };
    c->dst = (struct bh_region){ &c->sim.flash, 8 * PAGE, 3 * PAGE };
    c->work = (struct bh_work){ c->buffer, sizeof c->buffer };
}

static void end(struct chip *c)
{
    assert_int_equal(c->sim.misuse.count, 0);
    sim_flash_close(&c->sim);
}

/* --- copies -------------------------------------------------------------------------------- */

static void a_byte_that_was_not_written_is_seen(void **state)
{
    static const uint32_t lens[] = { 1, 255, 256, 257, 511, 515, 767 };

    (void)state;
    for (unsigned i = 0; i < 7; i++) {
        struct chip c;

        begin(&c, 4, 0xFF);
        for (uint32_t at = 0; at < lens[i]; at++) {
            wrong_at = c.dst.off + at;
            assert_int_equal(bh_region_erase(&c.dst, 0, c.dst.len), BH_OK);
            assert_int_equal(bh_region_copy(&c.dst, &c.src, lens[i], &c.work), BH_ERR_COMPARE);
        }
        wrong_at = UINT32_MAX;
        assert_int_equal(bh_region_erase(&c.dst, 0, c.dst.len), BH_OK);
        assert_int_equal(bh_region_copy(&c.dst, &c.src, lens[i], &c.work), BH_OK);
        end(&c);
    }
}

/* Every byte of the destination counts: those of the image, and those that must be blank after
 * it. */
static void a_comparison_sees_every_byte(void **state)
{
    static const uint32_t lens[] = { 0, 1, 256, 500, 768 };

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        for (int zero = 0; zero < 2; zero++) {
            struct chip c;

            begin(&c, 8, zero ? 0x00 : 0xFF);
            assert_int_equal(bh_region_copy(&c.dst, &c.src, lens[i], &c.work), BH_OK);
            assert_int_equal(bh_region_compare(&c.dst, &c.src, lens[i], &c.work), BH_OK);
            for (uint32_t at = 0; at < c.dst.len; at++) {
                uint8_t was = device_peek(&c.dst, at);

                device_poke(&c.dst, at, was ^ 0x80);
                assert_int_equal(bh_region_compare(&c.dst, &c.src, lens[i], &c.work),
                                 BH_ERR_COMPARE);
                device_poke(&c.dst, at, was);
            }
            assert_int_equal(bh_region_compare(&c.dst, &c.src, lens[i], &c.work), BH_OK);
            end(&c);
        }
}

/* Erased pieces of a source are not programmed, and memory for less than two units is refused. */
static void a_copy_writes_what_it_must(void **state)
{
    uint8_t blank[2 * PAGE];
    struct chip c;

    (void)state;
    begin(&c, 4, 0xFF);
    memset(blank, 0xFF, sizeof blank);
    sim_flash_fill(&c.sim, 0, blank, sizeof blank);
    assert_int_equal(bh_region_copy(&c.dst, &c.src, 3 * PAGE, &c.work), BH_OK);
    assert_int_equal(c.sim.counts.programmed_bytes, PAGE);
    c.work.len = 7;
    assert_int_equal(bh_region_copy(&c.dst, &c.src, PAGE, &c.work), BH_ERR_PRODUCT);
    assert_int_equal(bh_region_compare(&c.dst, &c.src, PAGE, &c.work), BH_ERR_PRODUCT);
    c.work.len = 8;
    assert_int_equal(bh_region_compare(&c.dst, &c.src, 3 * PAGE, &c.work), BH_OK);
    end(&c);
}

/* --- streams ------------------------------------------------------------------------------- */

static void a_streamed_byte_is_read_back(void **state)
{
    uint8_t data[2 * PAGE - 3];
    struct chip c;

    (void)state;
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 5 + 1);
    begin(&c, 8, 0xFF);
    for (uint32_t at = 0; at <= sizeof data; at++) {
        struct bh_stream s;
        int err;

        wrong_at = at < sizeof data ? c.dst.off + at : UINT32_MAX;
        assert_int_equal(bh_stream_open(&s, &c.dst, &c.work), BH_OK);
        err = bh_stream_write(&s, data, 5);
        if (!err)
            err = bh_stream_write(&s, data + 5, sizeof data - 5);
        if (!err)
            err = bh_stream_close(&s);
        assert_int_equal(err, at < sizeof data ? BH_ERR_COMPARE : BH_OK);
    }
    end(&c);
}

/* After a write that failed nothing goes anywhere: neither the next piece nor what is held. */
static void a_stream_ends_with_its_first_error(void **state)
{
    uint8_t data[PAGE];
    struct bh_stream s;
    struct chip c;
    uint64_t programs;

    (void)state;
    memset(data, 0x35, sizeof data);
    begin(&c, 8, 0xFF);
    wrong_at = c.dst.off + 20;
    assert_int_equal(bh_stream_open(&s, &c.dst, &c.work), BH_OK);
    assert_int_equal(bh_stream_write(&s, data, 19), BH_OK);
    assert_int_equal(bh_stream_write(&s, data, 16), BH_ERR_COMPARE);
    wrong_at = UINT32_MAX;
    programs = c.sim.counts.programs;
    assert_int_equal(bh_stream_write(&s, data, 16), BH_ERR_COMPARE);
    assert_int_equal(bh_stream_write(&s, data, 3), BH_ERR_COMPARE);
    assert_int_equal(bh_stream_close(&s), BH_ERR_COMPARE);
    assert_int_equal(c.sim.counts.programs, programs);
    end(&c);
}

/* In pieces of any size the same bytes arrive, and only pages that they lie in are erased. */
static void a_stream_erases_its_own_pages(void **state)
{
    static const uint32_t lens[] = { 1, 8,        PAGE - 1, PAGE,     PAGE + 1,
                                     5, 2 * PAGE, 13,       3 * PAGE, PAGE + 3 };
    static const uint32_t pieces[] = { 1, 3, 8, 13, 256, 1000 };

    (void)state;
    for (unsigned i = 0; i < sizeof lens / sizeof lens[0]; i++)
        for (unsigned k = 0; k < sizeof pieces / sizeof pieces[0]; k++) {
            uint8_t data[3 * PAGE], back[3 * PAGE];
            struct bh_stream s;
            struct chip c;

            begin(&c, 8, i % 2 ? 0xFF : 0x00);
            for (unsigned n = 0; n < sizeof data; n++)
                data[n] = (uint8_t)(n * 11 + 3);
            for (unsigned p = 0; p < 3; p++)
                device_poke(&c.dst, p * PAGE + 9, 0x12);
            assert_int_equal(bh_stream_open(&s, &c.dst, &c.work), BH_OK);
            for (uint32_t off = 0; off < lens[i]; off += pieces[k])
                assert_int_equal(bh_stream_write(&s, data + off, bh_min(pieces[k], lens[i] - off)),
                                 BH_OK);
            assert_int_equal(bh_stream_close(&s), BH_OK);
            assert_int_equal(bh_stream_close(&s), BH_OK); /* nothing is left to write */
            assert_int_equal(bh_region_read(&c.dst, 0, back, sizeof back), BH_OK);
            assert_memory_equal(back, data, lens[i]);
            assert_int_equal(c.sim.counts.erases, (lens[i] + PAGE - 1) / PAGE);
            for (unsigned p = 0; p < 3; p++)
                if (p * PAGE >= lens[i])
                    assert_int_equal(back[p * PAGE + 9], 0x12);
            for (uint32_t n = lens[i]; n < bh_round_up(lens[i], 8); n++)
                assert_int_equal(back[n], i % 2 ? 0xFF : 0x00);
            end(&c);
        }
}

static void a_stream_ends_at_its_region(void **state)
{
    uint8_t data[3 * PAGE] = { 1 };
    struct bh_stream s;
    struct chip c;

    (void)state;
    begin(&c, 8, 0xFF);
    assert_int_equal(bh_stream_open(&s, &c.dst, &c.work), BH_OK);
    assert_int_equal(bh_stream_write(&s, data, 3), BH_OK);
    assert_int_equal(bh_stream_write(&s, data, sizeof data - 2), BH_ERR_RANGE);
    assert_int_equal(bh_stream_write(&s, data, sizeof data - 3), BH_OK);
    assert_int_equal(bh_stream_write(&s, data, 1), BH_ERR_RANGE);
    assert_int_equal(bh_stream_close(&s), BH_OK);
    /* memory for one unit, and for one to read back into */
    c.work.len = 15;
    assert_int_equal(bh_stream_open(&s, &c.dst, &c.work), BH_ERR_PRODUCT);
    c.work.len = 16;
    assert_int_equal(bh_stream_open(&s, &c.dst, &c.work), BH_OK);
    assert_int_equal(bh_stream_write(&s, data, sizeof data), BH_OK);
    end(&c);
}

static void a_stream_tells_of_errors(void **state)
{
    struct sim_fault fault = { 9 * PAGE, 1, false, false, false };
    uint8_t data[2 * PAGE] = { 1 };
    struct bh_stream s;
    struct chip c;

    (void)state;
    begin(&c, 8, 0xFF);
    c.sim.faults = &fault;
    c.sim.n_faults = 1;
    for (int kind = 0; kind < 3; kind++) {
        fault.read = kind == 0;
        fault.program = kind == 1;
        fault.erase = kind == 2;
        assert_int_equal(bh_stream_open(&s, &c.dst, &c.work), BH_OK);
        assert_int_equal(bh_stream_write(&s, data, PAGE), BH_OK);
        assert_int_equal(bh_stream_write(&s, data, PAGE), BH_ERR_IO);
    }
    end(&c);
}

/* --- staging ------------------------------------------------------------------------------- */

static void staging_takes_what_was_announced(void **state)
{
    struct bh_stage s;
    struct device d;

    (void)state;
    device_open(&d, engine_products[1], NULL);
    assert_int_equal(bh_stage_begin(&s, &d.w.product, 0, 100, &d.w.work), BH_OK);
    assert_int_equal(bh_stage_write(&s, d.image[0][2], 60), BH_OK);
    assert_int_equal(bh_stage_write(&s, d.image[0][2] + 60, 41), BH_ERR_TOO_BIG);
    assert_int_equal(bh_stage_write(&s, d.image[0][2] + 60, 40), BH_OK);
    assert_int_equal(bh_stage_write(&s, d.image[0][2], 1), BH_ERR_TOO_BIG);
    assert_int_equal(bh_stage_write(&s, d.image[0][2], 0), BH_OK);
    assert_int_equal(bh_stage_end(&s), BH_OK);
    assert_int_equal(bh_stage_end(&s), BH_ERR_STATE); /* it is over */
    assert_int_equal(bh_stage_write(&s, d.image[0][2], 1), BH_ERR_STATE);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(device_peek(&d.w.pairs[0].secondary, d.w.pairs[0].staged_off + i),
                         d.image[0][2][i]);
    device_close(&d);
}

static void staging_ends_with_all_bytes(void **state)
{
    struct bh_stage s;
    struct device d;

    (void)state;
    device_open(&d, engine_products[1], NULL);
    for (uint32_t given = 0; given < 100; given += 33) {
        assert_int_equal(bh_stage_begin(&s, &d.w.product, 0, 100, &d.w.work), BH_OK);
        assert_int_equal(bh_stage_write(&s, d.image[0][2], given), BH_OK);
        assert_int_equal(bh_stage_end(&s), BH_ERR_STATE);
        assert_int_equal(bh_stage_write(&s, d.image[0][2], 100 - given), BH_ERR_STATE);
    }
    device_close(&d);
}

static void staging_begins_with_what_fits(void **state)
{
    struct bh_stage s;
    struct device d;
    uint32_t max;

    (void)state;
    device_open(&d, engine_products[1], NULL);
    max = d.w.pairs[0].image_max;
    d.w.power.ops = 0;
    assert_int_equal(bh_stage_begin(&s, &d.w.product, 1, 100, &d.w.work), BH_ERR_RANGE);
    assert_int_equal(bh_stage_begin(&s, &d.w.product, 0, 0, &d.w.work), BH_ERR_RANGE);
    assert_int_equal(bh_stage_begin(&s, &d.w.product, 0, max + 1, &d.w.work), BH_ERR_TOO_BIG);
    assert_int_equal(bh_stage_write(&s, d.image[0][2], 1), BH_ERR_STATE);
    assert_int_equal(bh_stage_end(&s), BH_ERR_STATE);
    assert_int_equal(d.w.power.ops, 0);
    assert_int_equal(bh_stage_begin(&s, &d.w.product, 0, max, &d.w.work), BH_OK);
    device_close(&d);
}

/* Of two stagings the later one counts. */
static void an_earlier_staging_cannot_end(void **state)
{
    struct bh_stage first, second;
    struct device d;

    (void)state;
    device_open(&d, engine_products[3], NULL);
    assert_int_equal(bh_stage_begin(&first, &d.w.product, 0, 10, &d.w.work), BH_OK);
    assert_int_equal(bh_stage_write(&first, d.image[0][2], 10), BH_OK);
    assert_int_equal(bh_stage_begin(&second, &d.w.product, 1, 10, &d.w.work), BH_OK);
    assert_int_equal(bh_stage_end(&first), BH_ERR_STATE);
    assert_int_equal(bh_stage_write(&second, d.image[1][2], 10), BH_OK);
    assert_int_equal(bh_stage_end(&second), BH_OK);
    device_close(&d);
}

/* --- steps --------------------------------------------------------------------------------- */

/* In the middle of a swap a source cannot be read: its destination keeps what it holds, and the
 * page told is the source's. */
static void a_dead_source_costs_no_erase(void **state)
{
    struct sim_fault fault = { 0, 1, true, false, false };
    struct device d;

    (void)state;
    for (uint32_t i = 1; i < 4; i++) {
        struct bh_region source, destination;
        struct bh_journal j;
        struct bh_setback back = { 0 };
        struct bh_record rec = { .state = BH_STATE_UPDATING };
        uint8_t was[2048], is[2048];

        device_open(&d, engine_products[1], NULL);
        device_stage(&d, 0, 2);
        rec.pair[0].size_old = rec.pair[0].size_new = d.len[0];
        assert_int_equal(bh_product_journal(&d.w.product, &d.w.work, &j), BH_OK);
        assert_int_equal(bh_journal_turn(&j, &rec, 0), BH_OK);
        source = bh_pair_l(&d.w.pairs[0], i + 1);
        destination = bh_pair_p(&d.w.pairs[0], i);
        sim_flash_peek(device_chip(&destination), destination.off, was, sizeof was);
        fault.off = source.off;
        device_chip(&source)->faults = &fault;
        device_chip(&source)->n_faults = 1;
        assert_int_equal(bh_update_run(&d.w.product, &j, &d.w.work, &back), BH_ERR_IO);
        assert_int_equal(j.truth.step, 2 * i + 1);
        sim_flash_peek(device_chip(&destination), destination.off, is, sizeof is);
        assert_memory_equal(is, was, sizeof was);
        assert_int_equal(back.fault, bh_fault(BH_FAULT_BACKUP, false, 0, i + 1));
        device_chip(&source)->n_faults = 0;
        device_close(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_byte_that_was_not_written_is_seen),
        cmocka_unit_test(a_comparison_sees_every_byte),
        cmocka_unit_test(a_copy_writes_what_it_must),
        cmocka_unit_test(a_streamed_byte_is_read_back),
        cmocka_unit_test(a_stream_ends_with_its_first_error),
        cmocka_unit_test(a_stream_erases_its_own_pages),
        cmocka_unit_test(a_stream_ends_at_its_region),
        cmocka_unit_test(a_stream_tells_of_errors),
        cmocka_unit_test(staging_takes_what_was_announced),
        cmocka_unit_test(staging_ends_with_all_bytes),
        cmocka_unit_test(staging_begins_with_what_fits),
        cmocka_unit_test(an_earlier_staging_cannot_end),
        cmocka_unit_test(a_dead_source_costs_no_erase),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
