/* SPDX-License-Identifier: Apache-2.0 */
/* MCUboot's mailbox, byte by byte: what each field means, what is written for each end of an act,
 * and what a torn or foreign trailer comes to. The offsets are those of docs/formats, counted here
 * from the slot's end. */
#include "faulty.h"
#include "device.h"

#include "bulkhead/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PAGE 1024u

static const struct bh_mailbox *const box = &bh_mailbox_mcuboot;
static const struct bh_page_run runs[] = { { 32, PAGE } };
static const uint8_t magic8[16] = { 0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
                                    0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80 };
static const uint8_t magic_rest[14] = { 0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b, 0x8d,
                                        0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a };

/* Two pairs of slots of three pages; primaries on one chip, secondaries on the other. */
struct slots {
    struct sim_flash in, out;
    struct bh_pair pairs[2];
    uint32_t align;
    uint8_t magic[16];
};

static void begin(struct slots *s, uint16_t unit_in, uint16_t unit_out, uint8_t erased)
{
    struct bh_flash geometry = { .runs = runs, .n_runs = 1, .erased = erased, .size = 32 * PAGE };
    struct sim_traits strict = { .name = "slots" };

    geometry.unit = unit_in;
    assert_int_equal(sim_flash_open(&s->in, &geometry, &strict), 0);
    geometry.unit = unit_out;
    assert_int_equal(sim_flash_open(&s->out, &geometry, &strict), 0);
    memset(s->pairs, 0, sizeof s->pairs);
    for (uint32_t p = 0; p < 2; p++) {
        s->pairs[p].primary = (struct bh_region){ &s->in.flash, (1 + 4 * p) * PAGE, 3 * PAGE };
        s->pairs[p].secondary = (struct bh_region){ &s->out.flash, (2 + 5 * p) * PAGE, 3 * PAGE };
    }
    s->align = unit_in > unit_out ? unit_in : unit_out;
    s->align = s->align > 8 ? s->align : 8;
    memcpy(s->magic, magic8, 16);
    if (s->align > 8) {
        bh_store16(s->magic, (uint16_t)s->align);
        memcpy(s->magic + 2, magic_rest, sizeof magic_rest);
    }
}

static void end(struct slots *s)
{
    assert_int_equal(s->in.misuse.count + s->out.misuse.count, 0);
    sim_flash_close(&s->in);
    sim_flash_close(&s->out);
}

/* Where the n-th flag is: 1 image_ok, 2 copy_done, 3 swap_info. */
static uint32_t flag(const struct slots *s, const struct bh_region *slot, uint32_t n)
{
    return slot->len - bh_round_up(16, s->align) - n * s->align;
}

static void write_magic(const struct slots *s, const struct bh_region *slot)
{
    sim_flash_fill(device_chip(slot), slot->off + slot->len - 16, s->magic, 16);
}

static struct bh_wish wishes(const struct slots *s)
{
    struct bh_wish wish;

    assert_int_equal(box->read(s->pairs, 2, &wish), BH_OK);
    return wish;
}

static void expect(const struct slots *s, uint32_t test, uint32_t permanent, uint32_t confirmed)
{
    struct bh_wish wish = wishes(s);

    assert_int_equal(wish.test, test);
    assert_int_equal(wish.permanent, permanent);
    assert_int_equal(wish.confirmed, confirmed);
}

/* Everything in the slot but its trailer is as it was: erased, in these tests. */
static void only_these(const struct slots *s, const struct bh_region *slot, unsigned info,
                       unsigned copy_done, unsigned image_ok, bool magic)
{
    const unsigned fields[] = { image_ok, copy_done, info };
    uint8_t want[3 * PAGE], have[3 * PAGE];

    memset(want, slot->flash->erased, sizeof want);
    for (uint32_t i = 0; i < 3; i++)
        if (fields[i])
            want[flag(s, slot, i + 1)] = (uint8_t)fields[i];
    if (magic)
        memcpy(want + slot->len - 16, s->magic, 16);
    sim_flash_peek(device_chip(slot), slot->off, have, sizeof have);
    assert_memory_equal(have, want, sizeof want);
}

/* --- reading ------------------------------------------------------------------------------- */

static void a_magic_is_all_of_it(void **state)
{
    struct slots s;

    (void)state;
    for (uint16_t unit = 4; unit <= 32; unit *= 2) {
        begin(&s, unit, 4, 0xFF);
        for (uint32_t p = 0; p < 2; p++) {
            struct bh_region *first = &s.pairs[p].primary, *second = &s.pairs[p].secondary;

            device_poke(first, flag(&s, first, 1), 1);
            expect(&s, p ? 1 : 0, 0, p ? 1 : 0); /* a flag without a magic confirms nothing */
            write_magic(&s, first);
            write_magic(&s, second);
            expect(&s, p ? 3 : 1, 0, p ? 3 : 1);
            for (uint32_t i = 1; i <= 16; i++) {
                uint8_t right = device_peek(second, second->len - i);

                device_poke(second, second->len - i, right ^ 0x10);
                expect(&s, p ? 1 : 0, 0, p ? 3 : 1);
                device_poke(second, second->len - i, right);
                device_poke(first, first->len - i, right ^ 1);
                expect(&s, p ? 3 : 1, 0, p ? 1 : 0);
                device_poke(first, first->len - i, right);
            }
        }
        end(&s);
    }
}

/* Set, erased, or neither: then it asks for nothing, and confirms nothing. */
static void image_ok_is_one_value(void **state)
{
    struct slots s;

    (void)state;
    begin(&s, 4, 4, 0xFF);
    for (uint32_t p = 0; p < 2; p++) {
        write_magic(&s, &s.pairs[p].primary);
        write_magic(&s, &s.pairs[p].secondary);
    }
    for (unsigned value = 0; value < 256; value++) {
        device_poke(&s.pairs[1].primary, flag(&s, &s.pairs[1].primary, 1), (uint8_t)value);
        device_poke(&s.pairs[0].secondary, flag(&s, &s.pairs[0].secondary, 1), (uint8_t)value);
        expect(&s, value == 0xFF ? 3 : 2, value == 1 ? 1 : 0, value == 1 ? 2 : 0);
    }
    end(&s);
}

/* A trailer that cannot be read wishes nothing, and is an error; the others are read all the
 * same. */
static void what_cannot_be_read_wishes_nothing(void **state)
{
    (void)state;
    for (int field = 0; field < 2; field++)
        for (uint32_t p = 0; p < 2; p++) {
            struct sim_fault fault = { 0, 1, true, false, false };
            struct bh_region *first, *second;
            struct bh_wish wish;
            struct slots s;

            begin(&s, 4, 8, 0xFF);
            first = &s.pairs[p].primary;
            second = &s.pairs[p].secondary;
            for (uint32_t i = 0; i < 2; i++) {
                write_magic(&s, &s.pairs[i].primary);
                write_magic(&s, &s.pairs[i].secondary);
                device_poke(&s.pairs[i].primary, flag(&s, &s.pairs[i].primary, 1), 1);
            }
            s.out.faults = &fault;
            s.out.n_faults = 1;
            fault.off = second->off + (field ? flag(&s, second, 1) : second->len - 1);
            assert_int_equal(box->read(s.pairs, 2, &wish), BH_ERR_IO);
            assert_int_equal(wish.test, 3 & ~(1u << p));
            assert_int_equal(wish.confirmed, 3);
            s.out.n_faults = 0;
            s.in.faults = &fault;
            s.in.n_faults = 1;
            fault.off = first->off + (field ? flag(&s, first, 1) : first->len - 1);
            assert_int_equal(box->read(s.pairs, 2, &wish), BH_ERR_IO);
            assert_int_equal(wish.test, 3);
            assert_int_equal(wish.confirmed, 3 & ~(1u << p));
            end(&s);
        }
}

/* --- writing ------------------------------------------------------------------------------- */

static void asks_in_every_alignment(void **state)
{
    static const uint16_t units[] = { 1, 2, 4, 8, 16, 32 };

    (void)state;
    for (unsigned i = 0; i < 6; i++)
        for (unsigned o = 0; o < 6; o++)
            for (int good = 0; good < 2; good++) {
                struct slots s;

                begin(&s, units[i], units[o], o % 2 ? 0x00 : 0xFF);
                assert_int_equal(
                    box->ask(s.pairs, 1, good ? BH_REQUEST_PERMANENT : BH_REQUEST_TEST), BH_OK);
                only_these(&s, &s.pairs[1].secondary, good ? 0x13 : 0x12, 0, (unsigned)good, true);
                only_these(&s, &s.pairs[0].secondary, 0, 0, 0, false);
                expect(&s, good ? 0 : 2, good ? 2 : 0, 0);
                assert_int_equal(s.out.counts.erases, 0);
                /* of another kind: from a blank page */
                assert_int_equal(
                    box->ask(s.pairs, 1, good ? BH_REQUEST_TEST : BH_REQUEST_PERMANENT), BH_OK);
                expect(&s, good ? 2 : 0, good ? 0 : 2, 0);
                assert_int_equal(s.out.counts.erases, 1);
                end(&s);
            }
}

/* A byte that a torn erase left in any field is erased before a request is written. */
static void a_request_needs_blank_fields(void **state)
{
    (void)state;
    for (uint32_t back = 1; back <= 40; back++) {
        struct slots s;
        struct bh_region *slot;

        begin(&s, 8, 8, 0xFF);
        slot = &s.pairs[1].secondary;
        device_poke(slot, slot->len - back, 1);
        assert_int_equal(box->ask(s.pairs, 1, BH_REQUEST_TEST), BH_OK);
        only_these(&s, slot, 0x12, 0, 0, true);
        assert_int_equal(s.out.counts.erases, 1);
        end(&s);
    }
}

static void settles_each_way(void **state)
{
    static const struct {
        enum bh_settled how;
        unsigned type, image_ok;
    } rows[] = { { BH_SETTLED_TRIAL, 2, 0 },
                 { BH_SETTLED_PERMANENT, 3, 1 },
                 { BH_SETTLED_REVERTED, 4, 1 } };
    static const uint16_t units[] = { 4, 8, 16, 32 };

    (void)state;
    for (unsigned u = 0; u < 4; u++)
        for (unsigned r = 0; r < 3; r++)
            for (uint32_t which = 1; which < 4; which++) {
                struct slots s;

                begin(&s, units[u], 4, 0xFF);
                for (uint32_t p = 0; p < 2; p++) {
                    assert_int_equal(box->ask(s.pairs, p, BH_REQUEST_PERMANENT), BH_OK);
                    device_poke(&s.pairs[p].primary, s.pairs[p].primary.len - 1, 0x55);
                }
                assert_int_equal(box->settle(s.pairs, 2, which, rows[r].how), BH_OK);
                for (uint32_t p = 0; p < 2; p++)
                    if (which >> p & 1) {
                        only_these(&s, &s.pairs[p].primary, rows[r].type | p << 4, 1,
                                   rows[r].image_ok, true);
                        only_these(&s, &s.pairs[p].secondary, 0, 0, 0, false);
                    } else {
                        assert_int_equal(device_peek(&s.pairs[p].primary, 3 * PAGE - 1), 0x55);
                        only_these(&s, &s.pairs[p].secondary, 3 | p << 4, 0, 1, true);
                    }
                end(&s);
            }
}

static void clears_what_is_named(void **state)
{
    (void)state;
    for (uint32_t which = 0; which < 4; which++) {
        struct slots s;

        begin(&s, 8, 8, 0x00);
        for (uint32_t p = 0; p < 2; p++)
            assert_int_equal(box->ask(s.pairs, p, BH_REQUEST_TEST), BH_OK);
        assert_int_equal(box->clear(s.pairs, 2, which), BH_OK);
        expect(&s, 3 & ~which, 0, 0);
        assert_int_equal(s.out.counts.erases, (which & 1) + (which >> 1));
        end(&s);
    }
}

/* A confirm fills the one blank flag; what is set stays; what a cut left half-written is made
 * anew. */
static void confirms_what_is_there(void **state)
{
    static const struct {
        int image_ok; /* -1: blank */
        bool magic;
        uint32_t erases, programs;
        unsigned info;
    } rows[] = { { -1, true, 0, 1, 0 },
                 { 1, true, 0, 0, 0 },
                 { 3, true, 1, 4, 3 },
                 { 1, false, 1, 4, 3 },
                 { -1, false, 1, 4, 3 } };

    (void)state;
    for (unsigned r = 0; r < sizeof rows / sizeof rows[0]; r++)
        for (uint32_t p = 0; p < 2; p++) {
            struct bh_region *slot;
            struct slots s;

            begin(&s, 8, 8, 0xFF);
            slot = &s.pairs[p].primary;
            if (rows[r].magic)
                write_magic(&s, slot);
            if (rows[r].image_ok >= 0)
                device_poke(slot, flag(&s, slot, 1), (uint8_t)rows[r].image_ok);
            assert_int_equal(box->confirm(s.pairs, 2, 1u << p), BH_OK);
            expect(&s, 0, 0, 1u << p);
            assert_int_equal(s.in.counts.erases, rows[r].erases);
            assert_int_equal(s.in.counts.programs, rows[r].programs);
            only_these(&s, slot, rows[r].info ? rows[r].info | p << 4 : 0, rows[r].info ? 1 : 0, 1,
                       true);
            only_these(&s, &s.pairs[!p].primary, 0, 0, 0, false);
            end(&s);
        }
}

/* The pages that hold the trailer: one, or two where a page border cuts it. */
static void the_trailer_is_whole_pages(void **state)
{
    static const struct bh_page_run small[] = { { 128, 64 } };
    struct slots s;

    (void)state;
    begin(&s, 8, 8, 0xFF);
    assert_int_equal(box->trailer(&s.pairs[1], &s.pairs[1].primary), PAGE);
    end(&s);
    begin(&s, 32, 8, 0xFF);
    s.in.flash.runs = small;
    assert_int_equal(box->trailer(&s.pairs[1], &s.pairs[1].primary), 128);
    s.pairs[1].primary.off = 200 * PAGE; /* beyond its device: all of it */
    assert_int_equal(box->trailer(&s.pairs[1], &s.pairs[1].primary), 3 * PAGE);
    end(&s);
}

/* --- errors -------------------------------------------------------------------------------- */

/* What an act of the mailbox does, with a trailer that must be erased first. */
static int act(struct slots *s, int which)
{
    switch (which) {
    case 0: return box->settle(s->pairs, 2, 3, BH_SETTLED_TRIAL);
    case 1: return box->settle(s->pairs, 2, 3, BH_SETTLED_REVERTED);
    case 2: return box->clear(s->pairs, 2, 3);
    case 3: return box->ask(s->pairs, 1, BH_REQUEST_PERMANENT);
    default: return box->confirm(s->pairs, 2, 3);
    }
}

/* An error is told, and nothing is written after it. */
static void an_error_anywhere_is_told(void **state)
{
    static const uint64_t writes[] = { 10, 12, 2, 4, 10 };

    (void)state;
    for (int which = 0; which < 5; which++)
        for (uint64_t at = 0; at <= writes[which]; at++) {
            struct slots s;

            begin(&s, 8, 8, 0xFF);
            for (uint32_t p = 0; p < 2; p++) {
                device_poke(&s.pairs[p].primary, 3 * PAGE - 1, 0x55);
                device_poke(&s.pairs[p].secondary, 3 * PAGE - 1, 0x55);
            }
            s.in.flash.ops = s.out.flash.ops = &faulty_failing;
            failure.at = at;
            failure.calls = 0;
            assert_int_equal(act(&s, which), at ? BH_ERR_IO : BH_OK);
            assert_int_equal(failure.calls, at ? at : writes[which]);
            end(&s);
        }
}

/* A confirm that cannot look writes nothing, and one whose trailer cannot be read is an error. */
static void a_trailer_that_cannot_be_read_is_not_confirmed(void **state)
{
    struct sim_fault fault = { 0, 1, true, false, false };
    struct slots s;

    (void)state;
    begin(&s, 8, 8, 0xFF);
    write_magic(&s, &s.pairs[0].primary);
    fault.off = s.pairs[0].primary.off + flag(&s, &s.pairs[0].primary, 1);
    s.in.faults = &fault;
    s.in.n_faults = 1;
    assert_int_equal(box->confirm(s.pairs, 2, 1), BH_ERR_IO);
    assert_int_equal(s.in.counts.programs + s.in.counts.erases, 0);
    fault.off = s.pairs[1].secondary.off + flag(&s, &s.pairs[1].secondary, 2);
    s.out.faults = &fault;
    s.out.n_faults = 1;
    assert_int_equal(box->ask(s.pairs, 1, BH_REQUEST_TEST), BH_ERR_IO);
    assert_int_equal(s.out.counts.programs + s.out.counts.erases, 0);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_magic_is_all_of_it),
        cmocka_unit_test(image_ok_is_one_value),
        cmocka_unit_test(what_cannot_be_read_wishes_nothing),
        cmocka_unit_test(asks_in_every_alignment),
        cmocka_unit_test(a_request_needs_blank_fields),
        cmocka_unit_test(settles_each_way),
        cmocka_unit_test(clears_what_is_named),
        cmocka_unit_test(confirms_what_is_there),
        cmocka_unit_test(the_trailer_is_whole_pages),
        cmocka_unit_test(an_error_anywhere_is_told),
        cmocka_unit_test(a_trailer_that_cannot_be_read_is_not_confirmed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
