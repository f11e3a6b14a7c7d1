/* SPDX-License-Identifier: Apache-2.0 */
/* wolfBoot's mailbox, byte by byte: what each state means, what is written for each end of an act,
 * and what a torn or foreign trailer comes to. The offsets are those of docs/formats, counted here
 * from a partition's end. */
#include "faulty.h"
#include "device.h"

#include "bulkhead/bytes.h"
#include "bulkhead/mailbox_wolfboot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PAGE 1024u
#define NONE BH_WOLFBOOT_STATELESS

static const struct bh_page_run runs[] = { { 32, PAGE } };
static const uint8_t magic[4] = { 'B', 'O', 'O', 'T' };

/* Two pairs; slots of three pages with a trailer's sector in the last one or two, or of one page
 * that the image and the trailer share. */
struct slots {
    struct sim_flash in, out;
    struct bh_pair pairs[2];
    struct bh_wolfboot_trailer t;
    bool shared;
};

enum form { OWN, HOME, ONCE, HOME_ONCE, SHARED, SHARED_HOME, FORMS };

static void begin_as(struct slots *s, enum form form, uint16_t unit, uint8_t erased, uint32_t skip)
{
    bool shared = form >= SHARED;
    uint32_t pages = shared ? 1 : 3;
    struct bh_flash geometry = {
        .runs = runs, .n_runs = 1, .erased = erased, .size = 32 * PAGE, .unit = unit, .mapped = true
    };
    struct sim_traits traits = { .name = "slots",
                                 .again = shared ? SIM_AGAIN_CLEAR : SIM_AGAIN_NEVER };

    memset(s, 0, sizeof *s);
    assert_int_equal(sim_flash_open(&s->in, &geometry, &traits), 0);
    assert_int_equal(sim_flash_open(&s->out, &geometry, &traits), 0);
    s->shared = shared;
    s->t = (struct bh_wolfboot_trailer){ .sector = PAGE,
                                         .skip = skip,
                                         .home = form == HOME || form == HOME_ONCE ||
                                                 form == SHARED_HOME,
                                         .inverted = erased == 0,
                                         .write_once = form == ONCE || form == HOME_ONCE };
    for (uint32_t p = 0; p < 2; p++) {
        s->pairs[p].chunk = PAGE;
        s->pairs[p].primary = (struct bh_region){ &s->in.flash, (1 + 4 * p) * PAGE, pages * PAGE };
        s->pairs[p].secondary =
            (struct bh_region){ &s->out.flash, (2 + 5 * p) * PAGE, pages * PAGE };
    }
}

static void begin(struct slots *s, enum form form)
{
    begin_as(s, form, form == ONCE || form == HOME_ONCE ? 16 : 4, 0xFF, 0);
}

static void end(struct slots *s)
{
    assert_int_equal(s->in.misuse.count + s->out.misuse.count, 0);
    sim_flash_close(&s->in);
    sim_flash_close(&s->out);
}

/* The last byte of a trailer, and its slot. */
static uint32_t trailer_end(const struct slots *s, uint32_t p, bool update,
                            const struct bh_region **slot)
{
    bool home = update && s->t.home;

    *slot = update && !home ? &s->pairs[p].secondary : &s->pairs[p].primary;
    return (*slot)->len - s->t.skip - (home ? 8 : 0);
}

/* A trailer as a stranger left it, in the first or the second of two sectors. */
static void leave_in(const struct slots *s, uint32_t p, bool update, uint32_t back, uint8_t state)
{
    const struct bh_region *slot;
    uint32_t at = trailer_end(s, p, update, &slot) - back;

    sim_flash_fill(device_chip(slot), slot->off + at - 4, magic, 4);
    device_poke(slot, at - 5, s->t.inverted ? (uint8_t)~state : state);
}

static void leave(const struct slots *s, uint32_t p, bool update, uint8_t state)
{
    leave_in(s, p, update, 0, state);
}

/* Flags of a stranger's: k = 0 is the one next to the state. */
static void flag(const struct slots *s, uint32_t p, uint32_t back, uint32_t k, uint8_t value)
{
    const struct bh_region *slot;
    uint32_t at = trailer_end(s, p, true, &slot) - back;

    device_poke(slot, at - 6 - k, s->t.inverted ? (uint8_t)~value : value);
}

static void says(const struct slots *s, uint32_t p, uint32_t boot, uint32_t update)
{
    struct bh_wolfboot_says is;

    assert_int_equal(bh_wolfboot_look(&s->t, &s->pairs[p], &is), BH_OK);
    assert_int_equal(is.boot, boot);
    assert_int_equal(is.update, update);
}

static struct bh_wish wishes(const struct slots *s)
{
    struct bh_wish wish;

    assert_int_equal(bh_wolfboot_read(&s->t, s->pairs, 2, &wish), BH_OK);
    assert_int_equal(wish.permanent, 0);
    return wish;
}

/* The last bytes of a slot, and nothing else of it: state NONE is no trailer. */
static void only(const struct slots *s, const struct bh_region *slot, uint32_t state,
                 uint32_t above)
{
    uint8_t want[3 * PAGE], have[3 * PAGE];
    uint32_t at = slot->len - s->t.skip;

    memset(want, slot->flash->erased, sizeof want);
    for (int i = 0; i < 2; i++, at -= 8, state = above) {
        if (state == NONE)
            continue;
        memcpy(want + at - 4, magic, 4);
        want[at - 5] = (uint8_t)(s->t.inverted ? ~state : state);
    }
    sim_flash_peek(device_chip(slot), slot->off, have, slot->len);
    assert_memory_equal(have, want, slot->len);
}

/* --- reading ------------------------------------------------------------------------------- */

static void a_magic_is_all_of_it(void **state)
{
    (void)state;
    for (enum form form = 0; form < FORMS; form++) {
        struct slots s;

        begin(&s, form);
        for (uint32_t p = 0; p < 2; p++) {
            const struct bh_region *first, *second;
            uint32_t boot = trailer_end(&s, p, false, &first),
                     update = trailer_end(&s, p, true, &second), bit = 1u << p;

            assert_int_equal(wishes(&s).unclear & bit, s.shared ? 0 : bit);
            leave(&s, p, false, BH_WOLFBOOT_SUCCESS);
            leave(&s, p, true, BH_WOLFBOOT_UPDATING);
            assert_int_equal(wishes(&s).test & bit, bit);
            assert_int_equal(wishes(&s).confirmed & bit, bit);
            for (uint32_t i = 1; i <= 4; i++) {
                uint8_t b = device_peek(first, boot - i), u = device_peek(second, update - i);

                device_poke(first, boot - i, b ^ 0x10);
                assert_int_equal(wishes(&s).confirmed & bit, 0);
                assert_int_equal(wishes(&s).unclear & bit, s.shared ? 0 : bit);
                assert_int_equal(wishes(&s).test & bit, bit);
                device_poke(first, boot - i, b);
                device_poke(second, update - i, u ^ 1);
                assert_int_equal(wishes(&s).confirmed & bit, bit);
                assert_int_equal(wishes(&s).test & bit, 0);
                device_poke(second, update - i, u);
            }
        }
        end(&s);
    }
}

/* Every value that a state can have, of both partitions. */
static void a_state_is_one_value(void **state)
{
    (void)state;
    for (int erased = 0; erased < 2; erased++)
        for (enum form form = 0; form < 2; form++) {
            struct slots s;

            begin_as(&s, form, 4, erased ? 0xFF : 0x00, form ? 48 : 0);
            for (unsigned value = 0; value < 256; value++) {
                uint32_t is = value;
                bool final;
                struct bh_wish wish;

                if (!erased && (value == 0x30 || value == 0x40))
                    is = value ^ 0x70; /* FINAL_FLAGS is 0xBF, not 0xCF */
                final = is == 0x30;
                leave(&s, 0, false, (uint8_t)value);
                leave(&s, 1, true, (uint8_t)value);
                wish = wishes(&s);
                assert_int_equal(wish.test, value == 0x70 ? 2 : 0);
                assert_int_equal(wish.interrupted, final ? 2 : 0);
                assert_int_equal(wish.confirmed, value == 0x00);
                assert_int_equal(wish.on_trial, value == 0x10);
                assert_int_equal(wish.unclear, (value != 0x00 && value != 0x10) | (final ? 0 : 2));
                says(&s, 0, is, NONE);
            }
            end(&s);
        }
}

/* A swap of wolfBoot's that was begun is told by the flag of the first sector. */
static void the_first_flag_tells_of_a_swap(void **state)
{
    static const uint8_t flags[] = { 0xF, 0x7, 0x3, 0x0 };

    (void)state;
    for (int erased = 0; erased < 2; erased++)
        for (unsigned first = 0; first < 4; first++)
            for (unsigned second = 0; second < 4; second++) {
                struct slots s;
                struct bh_wish wish;

                begin_as(&s, OWN, 4, erased ? 0xFF : 0x00, 0);
                leave(&s, 1, true, BH_WOLFBOOT_UPDATING);
                leave(&s, 1, false, BH_WOLFBOOT_SUCCESS);
                flag(&s, 1, 0, 0, (uint8_t)(flags[first] | flags[second] << 4));
                wish = wishes(&s);
                assert_int_equal(wish.test, 2);
                assert_int_equal(wish.interrupted, first ? 2 : 0);
                assert_int_equal(wish.confirmed, first ? 0 : 2);
                end(&s);
            }
}

/* Of two sectors one is valid. Reading it erases nothing. */
static void two_sectors_in_turn(void **state)
{
    static const struct {
        int a, b;             /* state in the last sector, and in the one before; -1: no magic */
        uint8_t fa[2], fb[2]; /* flags */
        uint32_t is;
    } rows[] = {
        { -1, -1, { 0xFF, 0xFF }, { 0xFF, 0xFF }, NONE },
        { 0x70, -1, { 0xFF, 0xFF }, { 0xFF, 0xFF }, 0x70 },
        { -1, 0x70, { 0xFF, 0xFF }, { 0xFF, 0xFF }, 0x70 },
        { 0x70, 0x10, { 0xFF, 0xFF }, { 0xFF, 0xFF }, 0x10 },
        { 0x10, 0x70, { 0xFF, 0xFF }, { 0xFF, 0xFF }, 0x10 },
        { 0x70, 0xFF, { 0xFF, 0xFF }, { 0xFF, 0xFF }, 0x70 }, /* one is at NEW: not erased wins */
        { 0xFF, 0x70, { 0xFF, 0xFF }, { 0xFF, 0xFF }, 0x70 },
        { 0x70, 0x10, { 0xF7, 0xFF }, { 0xFF, 0xFF }, 0x70 }, /* its flags go further down */
        { 0x10, 0x70, { 0xFF, 0xFF }, { 0xF7, 0xFF }, 0x70 },
        { 0x70, 0x10, { 0xF7, 0xFF }, { 0xF3, 0xFF }, 0x10 }, /* its last flag is further on */
        { 0x10, 0x70, { 0x00, 0xF7 }, { 0x00, 0xF3 }, 0x70 },
        { 0x10, 0x70, { 0x00, 0xF0 }, { 0x00, 0xF3 }, 0x10 },
    };

    (void)state;
    for (int erased = 0; erased < 2; erased++)
        for (enum form form = ONCE; form <= HOME_ONCE; form++)
            for (unsigned r = 0; r < sizeof rows / sizeof rows[0]; r++) {
                struct slots s;

                begin_as(&s, form, 16, erased ? 0xFF : 0x00, 0);
                for (uint32_t k = 0; k < 2; k++) {
                    flag(&s, 1, 0, k, rows[r].fa[k]);
                    flag(&s, 1, PAGE, k, rows[r].fb[k]);
                }
                if (rows[r].a >= 0)
                    leave_in(&s, 1, true, 0, (uint8_t)rows[r].a);
                if (rows[r].b >= 0)
                    leave_in(&s, 1, true, PAGE, (uint8_t)rows[r].b);
                says(&s, 1, NONE, rows[r].is);
                says(&s, 0, NONE, NONE);
                assert_int_equal(s.in.counts.erases + s.out.counts.erases, 0);
                assert_int_equal(s.in.counts.programs + s.out.counts.programs, 0);
                end(&s);
            }
}

/* Flash that the CPU does not map has no pair of sectors, whatever the build. */
static void other_chips_have_one_sector(void **state)
{
    struct slots s;

    (void)state;
    begin(&s, ONCE);
    s.out.flash.mapped = false;
    leave_in(&s, 0, true, PAGE, 0x70);
    says(&s, 0, NONE, NONE);
    assert_int_equal(bh_wolfboot_room(&s.t, &s.pairs[0], &s.pairs[0].secondary), PAGE);
    assert_int_equal(bh_wolfboot_room(&s.t, &s.pairs[0], &s.pairs[0].primary), 2 * PAGE);
    end(&s);
}

/* A trailer that cannot be read wishes nothing, and is an error; the others are read. */
static void what_cannot_be_read_wishes_nothing(void **state)
{
    (void)state;
    for (enum form form = OWN; form <= ONCE; form += ONCE - OWN)
        for (int update = 0; update < 2; update++)
            for (uint32_t back = 1; back <= 5; back++) {
                struct sim_fault fault = { 0, 1, true, false, false };
                const struct bh_region *slot;
                struct bh_wish wish;
                struct slots s;

                begin(&s, form);
                for (uint32_t p = 0; p < 2; p++) {
                    leave(&s, p, false, BH_WOLFBOOT_SUCCESS);
                    leave(&s, p, true, BH_WOLFBOOT_UPDATING);
                }
                fault.off = trailer_end(&s, 1, update, &slot) - back + slot->off;
                device_chip(slot)->faults = &fault;
                device_chip(slot)->n_faults = 1;
                assert_int_equal(bh_wolfboot_read(&s.t, s.pairs, 2, &wish), BH_ERR_IO);
                assert_int_equal(wish.test, update ? 1 : 3);
                assert_int_equal(wish.confirmed, update ? 3 : 1);
                assert_int_equal(wish.unclear | wish.on_trial, 0);
                device_chip(slot)->n_faults = 0;
                end(&s);
            }
}

/* --- writing ------------------------------------------------------------------------------- */

static void asks_in_every_form(void **state)
{
    static const uint16_t units[] = { 1, 2, 4, 16, 32 };

    (void)state;
    for (enum form form = 0; form < FORMS; form++)
        for (unsigned u = 0; u < 5; u++)
            for (int erased = 0; erased < 2; erased++) {
                bool once = form == ONCE || form == HOME_ONCE;
                bool home = form == HOME || form == HOME_ONCE || form == SHARED_HOME;
                struct slots s;

                if (!once && units[u] > BH_WOLFBOOT_UNIT_MAX)
                    continue;
                begin_as(&s, form, units[u], erased ? 0xFF : 0x00, 32);
                if (home)
                    assert_int_equal(bh_wolfboot_confirm(&s.t, s.pairs, 2, 2), BH_OK);
                assert_int_equal(bh_wolfboot_ask(&s.t, s.pairs, 1, BH_REQUEST_PERMANENT),
                                 BH_ERR_ABSENT);
                for (int again = 0; again < 2; again++) {
                    assert_int_equal(bh_wolfboot_ask(&s.t, s.pairs, 1, BH_REQUEST_TEST), BH_OK);
                    says(&s, 1, home ? BH_WOLFBOOT_SUCCESS : NONE, BH_WOLFBOOT_UPDATING);
                    if (home) /* what BOOT says is as it was */
                        only(&s, &s.pairs[1].primary, BH_WOLFBOOT_SUCCESS, BH_WOLFBOOT_UPDATING);
                    else
                        only(&s, &s.pairs[1].secondary, BH_WOLFBOOT_UPDATING, NONE);
                    assert_int_equal(wishes(&s).test, 2);
                }
                only(&s, &s.pairs[0].secondary, NONE, NONE);
                only(&s, &s.pairs[0].primary, NONE, NONE);
                if (s.shared)
                    assert_int_equal(s.in.counts.erases + s.out.counts.erases, 0);
                end(&s);
            }
}

static void settles_each_way(void **state)
{
    static const enum bh_settled hows[] = { BH_SETTLED_TRIAL, BH_SETTLED_PERMANENT,
                                            BH_SETTLED_REVERTED };

    (void)state;
    for (enum form form = 0; form < FORMS; form++)
        for (unsigned r = 0; r < 3; r++)
            for (uint32_t which = 1; which < 4; which++) {
                uint32_t state_of = r ? BH_WOLFBOOT_SUCCESS : BH_WOLFBOOT_TESTING;
                struct slots s;

                begin(&s, form);
                for (uint32_t p = 0; p < 2; p++)
                    assert_int_equal(bh_wolfboot_ask(&s.t, s.pairs, p, BH_REQUEST_TEST), BH_OK);
                if (!s.shared) /* an earlier confirm; a shared page was erased with the image */
                    for (uint32_t p = 0; p < 2; p++)
                        assert_int_equal(bh_wolfboot_confirm(&s.t, s.pairs, 2, 1u << p), BH_OK);
                s.in.counts.erases = s.out.counts.erases = 0;
                for (int again = 0; again < 2; again++) /* as after a reset */
                    assert_int_equal(bh_wolfboot_settle(&s.t, s.pairs, 2, which, hows[r]), BH_OK);
                for (uint32_t p = 0; p < 2; p++)
                    if (which >> p & 1)
                        says(&s, p, state_of, NONE);
                    else
                        says(&s, p, s.shared ? NONE : BH_WOLFBOOT_SUCCESS, BH_WOLFBOOT_UPDATING);
                if (s.shared)
                    assert_int_equal(s.in.counts.erases + s.out.counts.erases, 0);
                else
                    only(&s, &s.pairs[which >> 1].primary, state_of, NONE);
                end(&s);
            }
}

/* A confirm after a trial, by wolfBoot's library (one byte, in place) or by ours. */
static void a_trial_is_confirmed(void **state)
{
    (void)state;
    for (enum form form = 0; form < FORMS; form++)
        for (int erased = 0; erased < 2; erased++) {
            struct slots s;

            begin_as(&s, form, 4, erased ? 0xFF : 0x00, 0);
            assert_int_equal(bh_wolfboot_settle(&s.t, s.pairs, 2, 3, BH_SETTLED_TRIAL), BH_OK);
            assert_int_equal(wishes(&s).on_trial, 3);
            leave(&s, 0, false, BH_WOLFBOOT_SUCCESS);
            assert_int_equal(wishes(&s).confirmed, 1);
            assert_int_equal(bh_wolfboot_confirm(&s.t, s.pairs, 2, 3), BH_OK);
            assert_int_equal(wishes(&s).confirmed, 3);
            only(&s, &s.pairs[1].primary, BH_WOLFBOOT_SUCCESS, NONE);
            assert_int_equal(s.out.counts.programs, 0);
            s.in.counts.programs = 0;
            assert_int_equal(bh_wolfboot_confirm(&s.t, s.pairs, 2, 3), BH_OK);
            assert_int_equal(s.in.counts.programs, 0); /* what is set stays */
            end(&s);
        }
}

static void clears_what_is_named(void **state)
{
    (void)state;
    for (enum form form = 0; form < FORMS; form++)
        for (uint32_t which = 0; which < 4; which++) {
            struct slots s;

            begin(&s, form);
            assert_int_equal(bh_wolfboot_confirm(&s.t, s.pairs, 2, 3), BH_OK);
            for (uint32_t p = 0; p < 2; p++)
                assert_int_equal(bh_wolfboot_ask(&s.t, s.pairs, p, BH_REQUEST_TEST), BH_OK);
            assert_int_equal(bh_wolfboot_clear(&s.t, s.pairs, 2, which), BH_OK);
            assert_int_equal(wishes(&s).test, 3 & ~which);
            assert_int_equal(wishes(&s).confirmed, 3);
            end(&s);
        }
}

/* In a page that is shared with an image a request that was taken away has left no place. */
static void a_shared_place_is_used_once(void **state)
{
    (void)state;
    for (enum form form = SHARED; form < FORMS; form++)
        for (int erased = 0; erased < 2; erased++) {
            struct slots s;

            begin_as(&s, form, 4, erased ? 0xFF : 0x00, 0);
            assert_int_equal(bh_wolfboot_clear(&s.t, s.pairs, 2, 3), BH_OK);
            assert_int_equal(s.in.counts.programs + s.out.counts.programs, 0);
            assert_int_equal(bh_wolfboot_ask(&s.t, s.pairs, 0, BH_REQUEST_TEST), BH_OK);
            assert_int_equal(bh_wolfboot_clear(&s.t, s.pairs, 2, 1), BH_OK);
            says(&s, 0, NONE, NONE);
            assert_int_equal(bh_wolfboot_ask(&s.t, s.pairs, 0, BH_REQUEST_TEST), BH_ERR_ABSENT);
            says(&s, 0, NONE, NONE);
            /* a state that is further on than what is to be said, as a torn write may leave it:
             * it must not be read as a confirm */
            leave(&s, 1, false, BH_WOLFBOOT_SUCCESS);
            assert_int_equal(wishes(&s).confirmed, 2);
            assert_int_equal(bh_wolfboot_settle(&s.t, s.pairs, 2, 2, BH_SETTLED_TRIAL), BH_OK);
            says(&s, 1, NONE, NONE);
            assert_int_equal(wishes(&s).confirmed | wishes(&s).unclear, 0);
            assert_int_equal(bh_wolfboot_confirm(&s.t, s.pairs, 2, 2), BH_OK);
            assert_int_equal(wishes(&s).confirmed, 0);
            end(&s);
        }
}

/* What is after the trailer, and before it, stays in a page that is shared. */
static void a_shared_page_keeps_the_rest(void **state)
{
    (void)state;
    for (enum form form = SHARED; form < FORMS; form++) {
        uint8_t bytes[PAGE], have[PAGE];
        const struct bh_region *slot;
        struct slots s;
        uint32_t len;

        begin_as(&s, form, 4, 0xFF, 44);
        slot = &s.pairs[0].primary;
        len = bh_wolfboot_room(&s.t, &s.pairs[0], slot);
        assert_int_equal(len, form == SHARED_HOME ? 60 : 52);
        for (uint32_t i = 0; i < PAGE; i++)
            bytes[i] = i < PAGE - len || i >= PAGE - 44 ? (uint8_t)(i * 7) : 0xFF;
        sim_flash_fill(&s.in, slot->off, bytes, PAGE);
        assert_int_equal(bh_wolfboot_settle(&s.t, s.pairs, 2, 1, BH_SETTLED_TRIAL), BH_OK);
        assert_int_equal(bh_wolfboot_confirm(&s.t, s.pairs, 2, 1), BH_OK);
        memcpy(bytes + PAGE - 44 - 4, magic, 4);
        bytes[PAGE - 44 - 5] = BH_WOLFBOOT_SUCCESS;
        sim_flash_peek(&s.in, slot->off, have, PAGE);
        assert_memory_equal(have, bytes, PAGE);
        end(&s);
    }
}

/* The pages of the trailer: the last sector or two; of FLAGS_HOME none in UPDATE. */
static void the_trailer_is_whole_sectors(void **state)
{
    static const struct {
        enum form form;
        uint32_t sector, boot, update;
    } rows[] = {
        { OWN, PAGE, PAGE, PAGE },        { OWN, 2 * PAGE, 2 * PAGE, 2 * PAGE },
        { OWN, PAGE / 4, PAGE, PAGE },    { OWN, 5 * PAGE, 3 * PAGE, 3 * PAGE },
        { HOME, PAGE, PAGE, 0 },          { ONCE, PAGE, 2 * PAGE, 2 * PAGE },
        { HOME_ONCE, PAGE, 2 * PAGE, 0 }, { SHARED, PAGE, 8, 8 },
        { SHARED_HOME, PAGE, 16, 0 },
    };

    (void)state;
    for (unsigned r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct slots s;

        begin(&s, rows[r].form);
        s.t.sector = rows[r].sector;
        assert_int_equal(bh_wolfboot_room(&s.t, &s.pairs[1], &s.pairs[1].primary), rows[r].boot);
        assert_int_equal(bh_wolfboot_room(&s.t, &s.pairs[1], &s.pairs[1].secondary),
                         rows[r].update);
        end(&s);
    }
}

/* NVM_FLASH_WRITEONCE, and UPDATE on another chip, in one page with the image: in place, since
 * there is no pair of sectors there. */
static void another_chip_in_a_shared_page(void **state)
{
    struct slots s;

    (void)state;
    begin(&s, SHARED);
    s.t.write_once = true;
    s.out.flash.mapped = false;
    assert_int_equal(bh_wolfboot_room(&s.t, &s.pairs[0], &s.pairs[0].secondary), 8);
    assert_int_equal(bh_wolfboot_ask(&s.t, s.pairs, 0, BH_REQUEST_TEST), BH_OK);
    only(&s, &s.pairs[0].secondary, BH_WOLFBOOT_UPDATING, NONE);
    assert_int_equal(s.out.counts.erases, 0);
    end(&s);
}

/* --- errors -------------------------------------------------------------------------------- */

static int act(struct slots *s, int which)
{
    switch (which) {
    case 0: return bh_wolfboot_settle(&s->t, s->pairs, 2, 3, BH_SETTLED_TRIAL);
    case 1: return bh_wolfboot_clear(&s->t, s->pairs, 2, 3);
    case 2: return bh_wolfboot_ask(&s->t, s->pairs, 1, BH_REQUEST_TEST);
    default: return bh_wolfboot_confirm(&s->t, s->pairs, 2, 3);
    }
}

/* An error is told, and nothing is written after it. */
static void an_error_anywhere_is_told(void **state)
{
    static const uint64_t writes[3][4] = { { 6, 2, 2, 4 },   /* OWN */
                                           { 4, 4, 2, 4 },   /* HOME */
                                           { 4, 2, 1, 2 } }; /* SHARED */
    static const enum form forms[] = { OWN, HOME, SHARED };

    (void)state;
    for (int f = 0; f < 3; f++)
        for (int which = 0; which < 4; which++)
            for (uint64_t at = 0; at <= writes[f][which]; at++) {
                struct slots s;
                bool harmless;

                begin(&s, forms[f]);
                for (uint32_t p = 0; p < 2 && which != 2; p++)
                    leave(&s, p, true, BH_WOLFBOOT_UPDATING);
                if (forms[f] == HOME && which == 1)
                    for (uint32_t p = 0; p < 2; p++)
                        leave(&s, p, false, BH_WOLFBOOT_SUCCESS);
                s.in.flash.ops = s.out.flash.ops = &faulty_failing;
                failure.at = at;
                failure.calls = 0;
                /* BOOT's state beside an image: nothing could be taken for a confirm */
                harmless = forms[f] == SHARED && which == 0 && at % 2 == 1;
                assert_int_equal(act(&s, which), at && !harmless ? BH_ERR_IO : BH_OK);
                assert_int_equal(failure.calls, at && !harmless ? at : writes[f][which]);
                end(&s);
            }
}

/* In a page with an image: a confirm that cannot be taken away is an error, or a trial would be
 * confirmed by it. */
static void a_confirm_that_stays_is_an_error(void **state)
{
    struct slots s;

    (void)state;
    begin(&s, SHARED);
    leave(&s, 0, false, BH_WOLFBOOT_SUCCESS);
    s.in.flash.ops = s.out.flash.ops = &faulty_failing;
    failure.at = 1;
    failure.calls = 0;
    assert_int_equal(bh_wolfboot_settle(&s.t, s.pairs, 2, 1, BH_SETTLED_TRIAL), BH_ERR_IO);
    end(&s);
}

/* What cannot be looked at is not written over. */
static void what_cannot_be_read_is_not_written(void **state)
{
    (void)state;
    for (enum form form = HOME; form < FORMS; form++)
        for (int which = 1; which < 4; which++) {
            struct sim_fault fault = { 0, 1, true, false, false };
            const struct bh_region *slot;
            struct slots s;

            if (form != HOME && form != SHARED_HOME && which != 3)
                continue; /* others erase without a look */
            begin(&s, form);
            fault.off = trailer_end(&s, which == 2, false, &slot) + slot->off - 5;
            s.in.faults = &fault;
            s.in.n_faults = 1;
            assert_int_equal(act(&s, which), BH_ERR_IO);
            assert_int_equal(s.in.counts.erases + s.in.counts.programs, 0);
            s.in.n_faults = 0;
            end(&s);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_magic_is_all_of_it),
        cmocka_unit_test(a_state_is_one_value),
        cmocka_unit_test(the_first_flag_tells_of_a_swap),
        cmocka_unit_test(two_sectors_in_turn),
        cmocka_unit_test(other_chips_have_one_sector),
        cmocka_unit_test(what_cannot_be_read_wishes_nothing),
        cmocka_unit_test(asks_in_every_form),
        cmocka_unit_test(settles_each_way),
        cmocka_unit_test(a_trial_is_confirmed),
        cmocka_unit_test(clears_what_is_named),
        cmocka_unit_test(a_shared_place_is_used_once),
        cmocka_unit_test(a_shared_page_keeps_the_rest),
        cmocka_unit_test(the_trailer_is_whole_sectors),
        cmocka_unit_test(another_chip_in_a_shared_page),
        cmocka_unit_test(an_error_anywhere_is_told),
        cmocka_unit_test(a_confirm_that_stays_is_an_error),
        cmocka_unit_test(what_cannot_be_read_is_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
