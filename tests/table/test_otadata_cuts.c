/* SPDX-License-Identifier: Apache-2.0 */
/* Every change of otadata, cut in every operation, torn in every shape, stable or not: over the
 * boots that follow, what counts is what counted before, or what is to count, or, where a state is
 * taken back, the other record; and never in a state that nobody wrote. */
#include "bulkhead/otadata.h"
#include "sim/flash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define BOOTS 6
#define SEEDS 6

enum change { SELECT_0, SELECT_1, SELECT_2, CONFIRM, INVALIDATE, ABORT, ERASE, CHANGES };

static const struct bh_page_run run = { 2, BH_OTADATA_COPY };
static const struct bh_flash geometry = {
    .runs = &run, .n_runs = 1, .unit = 1, .erased = 0xFF, .size = BH_OTADATA_LEN
};

struct device {
    struct sim_power power;
    struct sim_flash chip;
    struct bh_ota_record first[2]; /* before the change */
    enum change change;
    uint32_t slots;
};

static struct bh_ota_record record(uint32_t seq, uint32_t state)
{
    struct bh_ota_record r = { .seq = seq, .state = state, .crc = bh_ota_crc(seq) };

    memset(r.note, 0xFF, sizeof r.note);
    if (seq == 0xFFFFFFFF)
        memset(&r, 0xFF, sizeof r);
    return r;
}

static int open_otadata(struct device *d, struct bh_otadata *o)
{
    struct bh_region r = { &d->chip.flash, 0, BH_OTADATA_LEN };

    return bh_otadata_open(o, &r, d->slots);
}

static void change(void *context)
{
    struct device *d = context;
    struct bh_otadata o;
    int err = open_otadata(d, &o);

    assert_int_equal(err, BH_OK);
    switch (d->change) {
    case CONFIRM: err = bh_otadata_confirm(&o); break;
    case INVALIDATE: err = bh_otadata_state(&o, BH_OTA_INVALID); break;
    case ABORT: err = bh_otadata_state(&o, BH_OTA_ABORTED); break;
    case ERASE: err = bh_otadata_erase(&o); break;
    default: err = bh_otadata_select(&o, (uint32_t)d->change, BH_OTA_NEW); break;
    }
    assert_true(err == BH_OK || err == BH_ERR_ABSENT);
}

/* A choice: slot and state; slot -1: none. */
struct choice {
    int slot;
    uint32_t state;
};

static struct choice look(struct device *d)
{
    struct bh_otadata o;

    sim_power_on(&d->power);
    assert_int_equal(open_otadata(d, &o), BH_OK);
    if (o.active < 0)
        return (struct choice){ -1, 0 };
    return (struct choice){ (int)bh_ota_slot(&o.records[o.active], d->slots),
                            o.records[o.active].state };
}

static struct choice choice_of(const struct device *d, int copy)
{
    if (copy < 0 || !bh_ota_usable(&d->first[copy]))
        return (struct choice){ -1, 0 };
    return (struct choice){ (int)bh_ota_slot(&d->first[copy], d->slots), d->first[copy].state };
}

static void set_up(struct device *d, uint64_t seed)
{
    uint8_t bytes[BH_OTADATA_RECORD];

    memset(&d->power, 0, sizeof d->power);
    d->power.seed = seed;
    assert_int_equal(
        sim_flash_open(
            &d->chip, &geometry,
            &(struct sim_traits){ .power = &d->power, .burst = 256, .again = SIM_AGAIN_CLEAR }),
        BH_OK);
    for (uint32_t i = 0; i < 2; i++) {
        bh_ota_record_encode(&d->first[i], bytes);
        if (d->first[i].seq != 0xFFFFFFFF)
            sim_flash_fill(&d->chip, i * BH_OTADATA_COPY, bytes, sizeof bytes);
    }
}

static bool same(struct choice a, struct choice b)
{
    return a.slot == b.slot && (a.slot < 0 || a.state == b.state);
}

/* What the choice may be while a change is under way. */
static void check(const struct device *d, struct choice now, struct choice before,
                  struct choice after, const struct sim_cut *cut)
{
    int active = bh_ota_active(d->first);
    bool taken_back = d->change >= CONFIRM;
    bool good = same(now, before) || same(now, after) ||
                (taken_back && active >= 0 && same(now, choice_of(d, !active)));

    if (!good)
        printf("change %d, slots %u, states %u/%u: cut at %u %s, seed %u: slot %d state 0x%x\n",
               (int)d->change, (unsigned)d->slots, (unsigned)d->first[0].state,
               (unsigned)d->first[1].state, (unsigned)cut->at, sim_shape_text(cut->shape),
               (unsigned)cut->seed, now.slot, (unsigned)now.state);
    assert_true(good);
}

/* One cut: then boots that look, then the change again, which must come to its end. */
static bool cut_once(struct device *d, struct sim_cut cut, struct choice before,
                     struct choice after)
{
    set_up(d, cut.seed + 1);
    d->power.cut = cut;
    bool ended = sim_power_run(&d->power, change, d);
    for (int boot = 0; !ended && boot < BOOTS; boot++) {
        check(d, look(d), before, after, &cut);
        sim_power_off(&d->power);
    }
    if (!ended && d->change <= SELECT_2) {
        assert_true(sim_power_run(&d->power, change, d));
        /* A record that only looked complete may have been taken for it: see the format's page. */
        check(d, look(d), cut.unstable ? before : after, after, &cut);
    }
    assert_int_equal(d->chip.misuse.count, 0);
    sim_flash_close(&d->chip);
    return ended;
}

static void sweep(struct device *d)
{
    struct choice before, after;

    set_up(d, 1);
    before = look(d);
    assert_true(sim_power_run(&d->power, change, d));
    after = look(d);
    sim_flash_close(&d->chip);
    for (uint64_t at = 1;; at++) {
        bool ended = true;

        for (unsigned n = 0; n < SIM_FAULT * SEEDS * 2; n++)
            ended = cut_once(d,
                             (struct sim_cut){ .at = at,
                                               .when = SIM_CUT_TORN,
                                               .shape = (enum sim_shape)(n / 2 / SEEDS),
                                               .seed = n / 2 % SEEDS + 24 * (n / 2 % 2),
                                               .unstable = n % 2 },
                             before, after);
        if (ended)
            break;
        cut_once(d, (struct sim_cut){ .at = at, .when = SIM_CUT_AFTER }, before, after);
    }
}

static void test_every_cut(void **state)
{
    static const uint32_t states[] = { BH_OTA_NEW, BH_OTA_PENDING_VERIFY, BH_OTA_VALID,
                                       BH_OTA_ABORTED, BH_OTA_UNDEFINED };
    static const uint32_t seqs[][2] = { { 4, 5 }, { 7, 6 }, { 4, 0xFFFFFFFF }, { 0xFFFFFFFE, 7 } };

    (void)state;
    for (int what = 0; what < CHANGES; what++)
        for (int i = 0; i < 25; i++)
            for (int k = 0; k < 4; k++) {
                struct device d = { .change = (enum change)what, .slots = 3 };

                d.first[0] = record(seqs[k][0], states[i / 5]);
                d.first[1] = record(seqs[k][1], states[i % 5]);
                sweep(&d);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_cut) };

    return cmocka_run_group_tests_name("otadata_cuts", tests, NULL, NULL);
}
