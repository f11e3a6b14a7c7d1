/* SPDX-License-Identifier: Apache-2.0 */
/* What a cut inside an operation leaves, in every shape, and how it fades. */
#include "chips.h"

#include <stdlib.h>

#define BOOTS 200u

/* --- shapes ------------------------------------------------------------------------------ */

/* Is every bit of is either that of before or that of meant? */
static bool between(const uint8_t *is, const uint8_t *before, const uint8_t *meant, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        if ((is[i] ^ before[i]) & ~(before[i] ^ meant[i]))
            return false;
    return true;
}

/* A page in the middle of a chip, its surroundings and itself full of data but for len bytes. */
struct scene {
    struct sim_power power;
    struct sim_flash s;
    uint8_t before[8192];
    uint8_t meant[8192];
    struct act act;
};

static void set(struct scene *x, const struct bh_flash *geometry, enum sim_kind kind)
{
    struct bh_page page;

    memset(x, 0, sizeof *x);
    x->power.seed = 42;
    open_chip(&x->s, geometry, &x->power);
    assert_int_equal(bh_flash_page(geometry, geometry->size / 2, &page), 0);
    pattern(x->before, geometry->size, 1);
    if (kind == SIM_PROGRAM)
        memset(x->before + page.off, geometry->erased, page.len);
    sim_flash_fill(&x->s, 0, x->before, geometry->size);
    memcpy(x->meant, x->before, geometry->size);
    if (kind == SIM_PROGRAM)
        pattern(x->meant + page.off, page.len, 2);
    else
        memset(x->meant + page.off, geometry->erased, page.len);
    x->act = (struct act){ &x->s.flash, kind, page.off, page.len, x->meant + page.off, 0 };
    x->s.traits.burst = geometry->size; /* all in one pulse, as an erase is */
}

static void a_stable_tear_is_exactly_its_shape(void **state)
{
    static const enum sim_kind both[] = { SIM_PROGRAM, SIM_ERASE };

    (void)state;
    for (unsigned i = 0; i < COUNT(chips) * 2 * SIM_FAULT * 12; i++) {
        const struct bh_flash *geometry = &chips[i % COUNT(chips)];
        enum sim_kind kind = both[i / COUNT(chips) % 2];
        enum sim_shape shape = (enum sim_shape)(i / COUNT(chips) / 2 % SIM_FAULT);
        uint32_t seed = i / COUNT(chips) / 2 / SIM_FAULT;
        struct scene *x = malloc(sizeof *x);
        uint8_t is[8192];
        uint32_t off, len, unit = geometry->unit, n, as_meant = 0, as_before = 0;

        set(x, geometry, kind);
        off = x->act.off;
        len = x->act.len;
        n = len / unit;
        cut_act(&x->power, &x->act,
                (struct sim_cut){ .when = SIM_CUT_TORN, .shape = shape, .seed = seed });
        sim_power_on(&x->power);
        assert_int_equal(bh_flash_read(&x->s.flash, 0, is, geometry->size), 0);
        assert_memory_equal(is, x->before, off);
        assert_memory_equal(is + off + len, x->before + off + len, geometry->size - off - len);
        if (shape != SIM_GARBAGE)
            assert_true(between(is, x->before, x->meant, geometry->size));
        for (uint32_t at = off; at < off + len; at += unit) {
            as_meant += memcmp(is + at, x->meant + at, unit) == 0;
            as_before += memcmp(is + at, x->before + at, unit) == 0;
        }
        switch (shape) {
        case SIM_BEFORE: assert_int_equal(as_before, n); break;
        case SIM_MEANT: assert_int_equal(as_meant, n); break;
        case SIM_BEFORE_BUT_ONE:
            assert_int_equal(as_before, n - 1);
            assert_int_equal(as_meant, 1);
            assert_memory_equal(is + off + seed % n * unit, x->meant + off + seed % n * unit, unit);
            break;
        case SIM_MEANT_BUT_ONE:
            assert_int_equal(as_meant, n - 1);
            assert_int_equal(as_before, 1);
            assert_memory_equal(is + off + seed % n * unit, x->before + off + seed % n * unit,
                                unit);
            break;
        case SIM_PREFIX:
            assert_int_equal(as_meant, seed % (n + 1));
            assert_int_equal(as_before, n - seed % (n + 1));
            assert_memory_equal(is + off, x->meant + off, seed % (n + 1) * unit);
            break;
        case SIM_SUFFIX:
            assert_int_equal(as_meant, seed % (n + 1));
            assert_int_equal(as_before, n - seed % (n + 1));
            assert_memory_equal(is + off, x->before + off, (n - seed % (n + 1)) * unit);
            break;
        case SIM_BLANK:
            for (uint32_t at = off; at < off + len; at++)
                assert_int_equal(is[at], geometry->erased);
            break;
        case SIM_MIX:
        case SIM_GARBAGE: assert_true(as_before < n && as_meant < n); break;
        case SIM_FAULT:
        case SIM_SHAPES: fail(); break;
        }
        assert_int_equal(x->s.n_tears, 0);
        sim_flash_close(&x->s);
        free(x);
    }
}

/* Over a few seeds a mixture sets each bit now and leaves it then: no bit is spared. */
static void a_mixture_reaches_every_bit_both_ways(void **state)
{
    static const enum sim_kind both[] = { SIM_PROGRAM, SIM_ERASE };

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct scene *x = malloc(sizeof *x);
        uint8_t done[1024] = { 0 }, left[1024] = { 0 };

        for (uint32_t seed = 0; seed < 60; seed++) {
            uint8_t is[1024];

            set(x, &chips[2], both[k]);
            cut_act(&x->power, &x->act,
                    (struct sim_cut){ .when = SIM_CUT_TORN, .shape = SIM_MIX, .seed = seed });
            sim_flash_peek(&x->s, x->act.off, is, 1024);
            for (uint32_t i = 0; i < 1024; i++) {
                uint8_t before = x->before[x->act.off + i], meant = x->meant[x->act.off + i];

                done[i] |= (uint8_t) ~(is[i] ^ meant) & (before ^ meant);
                left[i] |= (uint8_t) ~(is[i] ^ before) & (before ^ meant);
                if (seed == 59)
                    assert_int_equal(done[i] & left[i], before ^ meant);
            }
            sim_flash_close(&x->s);
        }
        free(x);
    }
}

static void cuts_before_and_after_are_clean(void **state)
{
    static const enum sim_kind both[] = { SIM_PROGRAM, SIM_ERASE };

    (void)state;
    for (unsigned i = 0; i < COUNT(chips) * 4; i++) {
        const struct bh_flash *geometry = &chips[i / 4];
        enum sim_when when = i & 1 ? SIM_CUT_AFTER : SIM_CUT_BEFORE;
        struct scene *x = malloc(sizeof *x);
        uint8_t is[8192];

        set(x, geometry, both[i / 2 % 2]);
        cut_act(&x->power, &x->act, (struct sim_cut){ .when = when });
        sim_power_on(&x->power);
        assert_int_equal(bh_flash_read(&x->s.flash, 0, is, geometry->size), 0);
        assert_memory_equal(is, when == SIM_CUT_AFTER ? x->meant : x->before, geometry->size);
        assert_int_equal(x->s.n_tears, 0);
        sim_flash_close(&x->s);
        free(x);
    }
}

/* Pulses before the torn one are complete, pulses after it did not begin. */
static void one_pulse_is_torn(void **state)
{
    static const struct {
        uint32_t burst, off, len, pulse, from, to;
    } cases[] = {
        { 4, 8, 16, 0, 8, 12 },         { 4, 8, 16, 3, 20, 24 },
        { 4, 8, 16, 5, 12, 16 },        { 256, 0, 512, 0, 0, 256 },
        { 256, 0, 512, 1, 256, 512 },   { 256, 200, 100, 0, 200, 256 },
        { 256, 200, 100, 1, 256, 300 }, { 256, 8, 4, 7, 8, 12 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim_power power = { .seed = 1 };
        struct sim_traits traits = { .power = &power, .burst = cases[i].burst };
        struct sim_flash s;
        uint8_t data[512], is[1024];
        struct act a = { &s.flash, SIM_PROGRAM, cases[i].off, cases[i].len, data, 0 };

        assert_int_equal(sim_flash_open(&s, &chips[2], &traits), 0);
        pattern(data, sizeof data, 1);
        cut_act(
            &power, &a,
            (struct sim_cut){ .when = SIM_CUT_TORN, .shape = SIM_BLANK, .pulse = cases[i].pulse });
        sim_flash_peek(&s, 0, is, sizeof is);
        for (uint32_t at = 0; at < sizeof is; at++) {
            bool written = at >= a.off && at < cases[i].from;

            assert_int_equal(is[at], written ? data[at - a.off] : 0xFF);
        }
        cut_act(&power, &(struct act){ &s.flash, SIM_ERASE, 0, 1024, NULL, 0 },
                (struct sim_cut){ .when = SIM_CUT_AFTER });
        cut_act(
            &power, &a,
            (struct sim_cut){ .when = SIM_CUT_TORN, .shape = SIM_MEANT, .pulse = cases[i].pulse });
        sim_flash_peek(&s, 0, is, sizeof is);
        for (uint32_t at = 0; at < sizeof is; at++) {
            bool written = at >= a.off && at < cases[i].to;

            assert_int_equal(is[at], written ? data[at - a.off] : 0xFF);
        }
        sim_flash_close(&s);
    }
}

/* A stable tear that left nothing to be seen left nothing: the unit may be programmed. */
static void a_stable_blank_tear_is_forgotten(void **state)
{
    struct scene *x = malloc(sizeof *x);

    (void)state;
    set(x, &chips[4], SIM_PROGRAM);
    cut_act(&x->power, &x->act, (struct sim_cut){ .when = SIM_CUT_TORN, .shape = SIM_BEFORE });
    assert_true(sim_power_run(&x->power, act, &x->act));
    assert_int_equal(x->act.err, 0);
    assert_int_equal(x->s.misuse.count, 0);
    assert_int_equal(x->s.counts.spoiled, 0);
    sim_flash_close(&x->s);
    free(x);
}

/* But one that left a bit did, and the unit is not to be programmed again. */
static void a_stable_tear_that_shows_is_not_to_be_programmed(void **state)
{
    struct scene *x = malloc(sizeof *x);

    (void)state;
    set(x, &chips[4], SIM_PROGRAM);
    cut_act(&x->power, &x->act, (struct sim_cut){ .when = SIM_CUT_TORN, .shape = SIM_MIX });
    assert_true(sim_power_run(&x->power, act, &x->act));
    assert_int_equal(x->act.err, BH_ERR_IO);
    assert_int_equal(x->s.misuse.count, 1);
    sim_flash_close(&x->s);
    free(x);
}

/* --- unstable ---------------------------------------------------------------------------- */

static const struct sim_cut unstable = { .when = SIM_CUT_TORN,
                                         .shape = SIM_MEANT,
                                         .unstable = true };

static void an_unstable_tear_is_constant_in_a_boot_and_differs_across(void **state)
{
    static const enum sim_kind both[] = { SIM_PROGRAM, SIM_ERASE };

    (void)state;
    for (unsigned i = 0; i < COUNT(chips) * 2; i++) {
        const struct bh_flash *geometry = &chips[i / 2];
        struct scene *x = malloc(sizeof *x);
        uint8_t first[8192], is[8192];
        unsigned as_before = 0, as_meant = 0, other = 0;

        set(x, geometry, both[i % 2]);
        cut_act(&x->power, &x->act, unstable);
        for (unsigned boot = 0; boot < BOOTS; boot++) {
            sim_power_on(&x->power);
            assert_int_equal(bh_flash_read(&x->s.flash, 0, first, geometry->size), 0);
            for (uint32_t off = 0, n; off < geometry->size; off += n) {
                n = 1 + (off * 7 + boot) % 61;
                n = n < geometry->size - off ? n : geometry->size - off;
                assert_int_equal(bh_flash_read(&x->s.flash, off, is + off, n), 0);
            }
            assert_memory_equal(is, first, geometry->size);
            sim_flash_peek(&x->s, 0, is, geometry->size);
            assert_memory_equal(is, first, geometry->size);
            if (memcmp(is, x->before, geometry->size) == 0)
                as_before++;
            else if (memcmp(is, x->meant, geometry->size) == 0)
                as_meant++;
            else
                other++;
        }
        assert_true(as_before && as_meant && other);
        sim_flash_close(&x->s);
        free(x);
    }
}

/* Erased completely, it is as good as new. */
static void a_complete_erase_heals(void **state)
{
    (void)state;
    for (size_t c = 0; c < COUNT(chips); c++) {
        struct scene *x = malloc(sizeof *x);
        uint8_t is[8192];

        set(x, &chips[c], SIM_ERASE);
        cut_act(&x->power, &x->act, unstable);
        assert_true(sim_power_run(&x->power, act, &x->act));
        assert_int_equal(x->s.n_tears, 0);
        for (unsigned boot = 0; boot < BOOTS; boot++) {
            sim_power_on(&x->power);
            assert_int_equal(bh_flash_read(&x->s.flash, 0, is, chips[c].size), 0);
            assert_memory_equal(is, x->meant, chips[c].size);
        }
        assert_int_equal(sim_flash_wear(&x->s, x->act.off), 2);
        sim_flash_close(&x->s);
        free(x);
    }
}

/* A chooser that answers as the test says, and counts. */
struct chooser {
    struct sim_reading answer;
    unsigned asked;
    struct sim_tear last;
};

static struct sim_reading choose(void *context, const struct sim_flash *flash,
                                 const struct sim_tear *tear)
{
    struct chooser *c = context;

    (void)flash;
    c->asked++;
    c->last = *tear;
    return c->answer;
}

static void the_chooser_is_asked_once_a_boot_and_only_if_it_matters(void **state)
{
    struct scene *x = malloc(sizeof *x);
    struct chooser c = { .answer = { SIM_BEFORE, 0 } };
    uint8_t byte, is[2048];

    (void)state;
    set(x, &chips[4], SIM_PROGRAM);
    x->power.choose = choose;
    x->power.choose_context = &c;
    cut_act(&x->power, &x->act, unstable);
    assert_int_equal(c.asked, 0);

    sim_power_on(&x->power);
    assert_int_equal(bh_flash_read(&x->s.flash, x->act.off - 1, &byte, 1), 0);
    assert_int_equal(bh_flash_read(&x->s.flash, x->act.off + x->act.len, &byte, 1), 0);
    assert_int_equal(c.asked, 0);

    for (unsigned boot = 1; boot < 4; boot++) {
        for (unsigned look = 0; look < 3; look++) {
            assert_int_equal(bh_flash_read(&x->s.flash, x->act.off, is, x->act.len), 0);
            assert_memory_equal(
                is, (c.answer.shape == SIM_MEANT ? x->meant : x->before) + x->act.off, x->act.len);
        }
        assert_int_equal(c.asked, boot);
        c.answer.shape = boot & 1 ? SIM_MEANT : SIM_BEFORE;
        sim_power_on(&x->power);
    }
    assert_int_equal(c.last.off, x->act.off);
    assert_int_equal(c.last.len, x->act.len);
    assert_int_equal(c.last.kind, SIM_PROGRAM);
    assert_false(c.last.spoiled);
    sim_flash_close(&x->s);
    free(x);
}

static void the_seed_decides_and_nothing_else(void **state)
{
    uint8_t is[3][32][1024];

    (void)state;
    for (unsigned run = 0; run < 3; run++) {
        struct scene *x = malloc(sizeof *x);

        set(x, &chips[2], SIM_PROGRAM);
        x->power.seed = run == 2 ? 8 : 7;
        cut_act(&x->power, &x->act, unstable);
        for (unsigned boot = 0; boot < 32; boot++) {
            sim_power_on(&x->power);
            assert_int_equal(bh_flash_read(&x->s.flash, x->act.off, is[run][boot], 1024), 0);
        }
        sim_flash_close(&x->s);
        free(x);
    }
    assert_memory_equal(is[0], is[1], sizeof is[0]);
    assert_memory_not_equal(is[0], is[2], sizeof is[0]);
}

/* --- ECC --------------------------------------------------------------------------------- */

static void a_fault_is_an_error_for_every_read_that_touches_it(void **state)
{
    static const bool fixed[] = { true, false };

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct sim_power power = { .seed = 5 };
        struct sim_flash s;
        uint8_t data[32], is[64];
        struct act a = { &s.flash, SIM_PROGRAM, 64, 32, data, 0 };
        unsigned errors = 0;

        open_chip(&s, &chips[6], &power);
        s.traits.ecc = true;
        pattern(data, sizeof data, 1);
        cut_act(
            &power, &a,
            (struct sim_cut){ .when = SIM_CUT_TORN, .shape = SIM_FAULT, .unstable = !fixed[i] });
        for (unsigned boot = 0; boot < BOOTS; boot++) {
            int err;

            sim_power_on(&power);
            err = bh_flash_read(&s.flash, 64, is, 32);
            errors += err == BH_ERR_IO;
            assert_int_equal(bh_flash_read(&s.flash, 95, is, 1), err);
            assert_int_equal(bh_flash_read(&s.flash, 40, is, 25), err);
            assert_int_equal(bh_flash_read(&s.flash, 0, is, 64), 0);
            assert_int_equal(bh_flash_read(&s.flash, 96, is, 64), 0);
            if (err)
                assert_int_equal(bh_flash_program(&s.flash, 64, data, 32), BH_ERR_IO);
        }
        assert_true(fixed[i] ? errors == BOOTS : errors > 0 && errors < BOOTS);
        assert_int_equal(bh_flash_erase(&s.flash, 0, 1024), 0);
        assert_int_equal(bh_flash_read(&s.flash, 64, is, 32), 0);
        sim_flash_close(&s);
    }
}

static void without_ecc_nothing_faults(void **state)
{
    struct scene *x = malloc(sizeof *x);
    uint8_t is[1024];

    (void)state;
    set(x, &chips[2], SIM_ERASE);
    cut_act(&x->power, &x->act, unstable);
    for (unsigned boot = 0; boot < 5 * BOOTS; boot++) {
        sim_power_on(&x->power);
        assert_int_equal(bh_flash_read(&x->s.flash, x->act.off, is, 1024), 0);
    }
    sim_flash_close(&x->s);
    free(x);
}

/* --- over and over ----------------------------------------------------------------------- */

/* chips[2]: unit 4. Programs a word, returns the error. */
static int program_word(struct sim_flash *s, uint32_t off, uint32_t word)
{
    return bh_flash_program(&s->flash, off, &word, 4);
}

static uint32_t word_at(struct sim_flash *s, uint32_t off)
{
    uint32_t word;

    assert_int_equal(bh_flash_read(&s->flash, off, &word, 4), 0);
    return word;
}

/* The next boot, in which everything torn reads so. */
static void boot_reading(struct sim_power *power, struct chooser *c, enum sim_shape shape)
{
    c->answer = (struct sim_reading){ shape, 0 };
    sim_power_on(power);
}

struct words {
    struct sim_power power;
    struct sim_flash s;
    struct chooser c;
};

static void open_words(struct words *w, enum sim_again again)
{
    memset(w, 0, sizeof *w);
    w->power = (struct sim_power){ .choose = choose, .choose_context = &w->c };
    assert_int_equal(sim_flash_open(&w->s, &chips[2],
                                    &(struct sim_traits){ .power = &w->power, .again = again }),
                     0);
}

static void tear_word(struct words *w, uint32_t off, uint32_t word)
{
    cut_act(&w->power, &(struct act){ &w->s.flash, SIM_PROGRAM, off, 4, &word, 0 }, unstable);
}

static void what_is_programmed_over_a_torn_unit_that_looked_blank_is_spoiled(void **state)
{
    struct words w;
    bool back[SIM_FAULT];

    (void)state;
    open_words(&w, SIM_AGAIN_NEVER);
    tear_word(&w, 8, 0x11223344);
    boot_reading(&w.power, &w.c, SIM_BEFORE);
    assert_int_equal(program_word(&w.s, 8, 0xAABBCCDD), 0);
    assert_int_equal(w.s.counts.spoiled, 1);
    assert_int_equal(w.s.misuse.count, 0);
    assert_int_equal(word_at(&w.s, 8), 0xAABBCCDD); /* in this boot it holds */
    for (enum sim_shape shape = SIM_BEFORE; shape < SIM_FAULT; shape++) {
        boot_reading(&w.power, &w.c, shape);
        back[shape] = word_at(&w.s, 8) == 0xAABBCCDD;
        assert_true(w.c.last.spoiled);
    }
    assert_false(back[SIM_BEFORE] || back[SIM_BLANK] || back[SIM_MIX] || back[SIM_GARBAGE]);
    assert_true(back[SIM_MEANT]);

    /* The same bits once more complete nothing: what lies below is still torn. */
    boot_reading(&w.power, &w.c, SIM_BLANK);
    assert_int_equal(program_word(&w.s, 8, 0xAABBCCDD), 0);
    boot_reading(&w.power, &w.c, SIM_BLANK);
    assert_int_equal(word_at(&w.s, 8), 0xFFFFFFFF);
    sim_flash_close(&w.s);
}

static void a_torn_unit_that_does_not_look_blank_is_not_to_be_programmed(void **state)
{
    struct words w;

    (void)state;
    open_words(&w, SIM_AGAIN_NEVER);
    tear_word(&w, 8, 0x11223344);
    boot_reading(&w.power, &w.c, SIM_MEANT);
    assert_int_equal(program_word(&w.s, 8, 0x11223344), BH_ERR_IO);
    assert_int_equal(w.s.misuse.count, 1);
    assert_int_equal(word_at(&w.s, 8), 0x11223344);
    sim_flash_close(&w.s);
}

static void the_same_bits_complete_what_was_torn(void **state)
{
    static const enum sim_shape shapes[] = { SIM_BEFORE, SIM_MEANT };

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct words w;

        open_words(&w, SIM_AGAIN_SAME);
        tear_word(&w, 8, 0x11223344);
        boot_reading(&w.power, &w.c, shapes[i]);
        assert_int_equal(program_word(&w.s, 8, 0x11223344), 0);
        assert_int_equal(w.s.n_tears, 0);
        assert_int_equal(w.s.counts.spoiled, 0);
        boot_reading(&w.power, &w.c, SIM_BEFORE);
        assert_int_equal(word_at(&w.s, 8), 0x11223344);
        sim_flash_close(&w.s);
    }
}

static void a_page_torn_while_erased_is_not_to_be_trusted(void **state)
{
    struct words w;

    (void)state;
    open_words(&w, SIM_AGAIN_NEVER);
    assert_int_equal(program_word(&w.s, 0, 0x01234567), 0);
    cut_act(&w.power, &(struct act){ &w.s.flash, SIM_ERASE, 0, 1024, NULL, 0 }, unstable);
    boot_reading(&w.power, &w.c, SIM_MEANT);
    assert_int_equal(word_at(&w.s, 0), 0xFFFFFFFF); /* looks erased */
    assert_int_equal(program_word(&w.s, 0, 0x89ABCDEF), 0);
    assert_int_equal(program_word(&w.s, 4, 0x89ABCDEF), 0);
    assert_int_equal(word_at(&w.s, 0), 0x89ABCDEF);
    boot_reading(&w.power, &w.c, SIM_BEFORE);
    assert_int_equal(word_at(&w.s, 0), 0x01234567); /* the former contents come back */
    assert_int_equal(word_at(&w.s, 4), 0xFFFFFFFF);
    boot_reading(&w.power, &w.c, SIM_BLANK);
    assert_int_equal(word_at(&w.s, 0), 0xFFFFFFFF);
    assert_int_equal(bh_flash_erase(&w.s.flash, 0, 1024), 0);
    boot_reading(&w.power, &w.c, SIM_BEFORE);
    assert_int_equal(word_at(&w.s, 0), 0xFFFFFFFF);
    assert_int_equal(w.s.n_tears, 0);
    sim_flash_close(&w.s);
}

/* A torn entry that no boot could read may return when its page's erase is torn too. */
static void a_torn_erase_may_bring_back_a_torn_program(void **state)
{
    struct words w;

    (void)state;
    open_words(&w, SIM_AGAIN_NEVER);
    tear_word(&w, 0, 0x11223344);
    boot_reading(&w.power, &w.c, SIM_BEFORE);
    assert_int_equal(word_at(&w.s, 0), 0xFFFFFFFF);
    cut_act(&w.power, &(struct act){ &w.s.flash, SIM_ERASE, 0, 1024, NULL, 0 }, unstable);
    boot_reading(&w.power, &w.c, SIM_BEFORE);
    assert_int_equal(word_at(&w.s, 0), 0x11223344);
    boot_reading(&w.power, &w.c, SIM_MEANT);
    assert_int_equal(word_at(&w.s, 0), 0xFFFFFFFF);
    sim_flash_close(&w.s);
}

/* A stable cut does not make firm what an earlier one left loose. */
static void loose_stays_loose(void **state)
{
    static const struct sim_cut firm = { .when = SIM_CUT_TORN, .shape = SIM_MEANT };
    struct words w;

    (void)state;
    open_words(&w, SIM_AGAIN_NEVER);
    tear_word(&w, 0, 0x11223344);
    cut_act(&w.power, &(struct act){ &w.s.flash, SIM_ERASE, 0, 1024, NULL, 0 }, firm);
    boot_reading(&w.power, &w.c, SIM_BEFORE);
    assert_int_equal(word_at(&w.s, 0), 0x11223344);
    assert_int_equal(word_at(&w.s, 4), 0xFFFFFFFF);
    sim_flash_close(&w.s);
}

/* Two tears are chosen for separately. */
static struct sim_reading choose_by_place(void *context, const struct sim_flash *flash,
                                          const struct sim_tear *tear)
{
    (void)flash;
    return (struct sim_reading){ tear->off == *(uint32_t *)context ? SIM_MEANT : SIM_BEFORE, 0 };
}

static void each_tear_reads_as_it_likes(void **state)
{
    struct words w;
    uint32_t shown = 4;

    (void)state;
    open_words(&w, SIM_AGAIN_NEVER);
    tear_word(&w, 0, 0x11111111);
    tear_word(&w, 4, 0x22222222);
    assert_int_equal(w.s.n_tears, 2);
    w.power.choose = choose_by_place;
    w.power.choose_context = &shown;
    sim_power_on(&w.power);
    assert_int_equal(word_at(&w.s, 0), 0xFFFFFFFF);
    assert_int_equal(word_at(&w.s, 4), 0x22222222);
    shown = 0;
    sim_power_on(&w.power);
    assert_int_equal(word_at(&w.s, 0), 0x11111111);
    assert_int_equal(word_at(&w.s, 4), 0xFFFFFFFF);
    sim_flash_close(&w.s);
}

/* More tears than the list holds: the others are firm, and nothing is lost or overrun. */
static void too_many_tears_are_firm(void **state)
{
    static const struct bh_page_run runs[] = { { 16, 4096 } };
    const struct bh_flash large = {
        .runs = runs, .n_runs = 1, .unit = 1, .erased = 0xFF, .size = 1u << 16
    };
    struct chooser c = { .answer = { SIM_BEFORE, 0 } };
    struct sim_power power = { .choose = choose, .choose_context = &c };
    uint32_t most = 0x7FFF;
    struct sim_flash s;
    uint8_t is[4];

    (void)state;
    open_chip(&s, &large, &power);
    for (uint32_t off = 0; off < most + 4; off++)
        cut_act(&power, &(struct act){ &s.flash, SIM_PROGRAM, off, 1, "\0", 0 }, unstable);
    assert_int_equal(s.n_tears, most);
    sim_power_on(&power);
    assert_int_equal(bh_flash_read(&s.flash, most - 1, is, 4), 0);
    assert_memory_equal(is, "\xFF\0\0\0", 4);
    assert_int_equal(bh_flash_program(&s.flash, 5, "\1", 1), 0); /* stays in its tear */
    assert_int_equal(s.n_tears, most);
    sim_flash_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stable_tear_is_exactly_its_shape),
        cmocka_unit_test(a_mixture_reaches_every_bit_both_ways),
        cmocka_unit_test(cuts_before_and_after_are_clean),
        cmocka_unit_test(one_pulse_is_torn),
        cmocka_unit_test(a_stable_blank_tear_is_forgotten),
        cmocka_unit_test(a_stable_tear_that_shows_is_not_to_be_programmed),
        cmocka_unit_test(an_unstable_tear_is_constant_in_a_boot_and_differs_across),
        cmocka_unit_test(a_complete_erase_heals),
        cmocka_unit_test(the_chooser_is_asked_once_a_boot_and_only_if_it_matters),
        cmocka_unit_test(the_seed_decides_and_nothing_else),
        cmocka_unit_test(a_fault_is_an_error_for_every_read_that_touches_it),
        cmocka_unit_test(without_ecc_nothing_faults),
        cmocka_unit_test(what_is_programmed_over_a_torn_unit_that_looked_blank_is_spoiled),
        cmocka_unit_test(a_torn_unit_that_does_not_look_blank_is_not_to_be_programmed),
        cmocka_unit_test(the_same_bits_complete_what_was_torn),
        cmocka_unit_test(a_page_torn_while_erased_is_not_to_be_trusted),
        cmocka_unit_test(a_torn_erase_may_bring_back_a_torn_program),
        cmocka_unit_test(loose_stays_loose),
        cmocka_unit_test(each_tear_reads_as_it_likes),
        cmocka_unit_test(too_many_tears_are_firm),
    };

    return cmocka_run_group_tests_name("sim tear", tests, NULL, NULL);
}
