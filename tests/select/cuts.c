/* SPDX-License-Identifier: Apache-2.0 */
/* Power cuts in every act of a life with otadata: before, inside (in each form of damage) and after
 * every flash operation, by the bootloader and by the application; and a second cut in the boot
 * that follows. Whatever is hit, an application that verifies starts; one that was confirmed is
 * never left; one that was not is, after its trial; and the device comes to rest. */
#include "sim/select/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define NOTHING 0xFFFFFFFFu /* a blank record */
#define SEEDS 100
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

struct scenario {
    const char *name;
    unsigned n;
    enum device_act acts[6];
    unsigned settled; /* from this act on the new application is confirmed; n: never */
};

static const struct scenario scenarios[] = {
    { "trial, confirmed", 4, { SET_BOOT, BOOT, CONFIRM, BOOT }, 3 },
    { "trial, not confirmed", 6, { SET_BOOT, BOOT, BOOT, BOOT, BOOT, BOOT }, 6 },
    { "trial, rejected", 4, { SET_BOOT, BOOT, REJECT, BOOT }, 4 },
    { "ESP-IDF application, confirmed", 4, { ESP_SET_BOOT, BOOT, ESP_CONFIRM, BOOT }, 3 },
    { "ESP-IDF application, not confirmed", 4, { ESP_SET_BOOT, BOOT, BOOT, BOOT }, 4 },
    { "ESP-IDF application, rejected", 4, { ESP_SET_BOOT, BOOT, ESP_REJECT, BOOT }, 4 },
};

/* Where a life begins: what runs, what is to be tried, and the records. */
static const struct start {
    int old, new;
    uint32_t seq0, state0, seq1, state1;
} starts[] = {
    { 0, 1, 1, BH_OTA_VALID, NOTHING, 0 },        { BH_ESP_FACTORY, 0, NOTHING, 0, NOTHING, 0 },
    { 1, 0, 3, BH_OTA_ABORTED, 2, BH_OTA_VALID }, /* copy 0: ABORTED, of a higher number */
    { 2, 1, 2, BH_OTA_VALID, 3, BH_OTA_VALID },   { 0, 2, 4, BH_OTA_UNDEFINED, 2, BH_OTA_INVALID },
};

static const struct sim_cut forms[] = {
    { .when = SIM_CUT_BEFORE },
    { .when = SIM_CUT_AFTER },
    { .when = SIM_CUT_TORN, .shape = SIM_MEANT },
    { .when = SIM_CUT_TORN, .shape = SIM_PREFIX, .seed = 1 },
    { .when = SIM_CUT_TORN, .shape = SIM_PREFIX, .seed = 7 },
    { .when = SIM_CUT_TORN, .shape = SIM_SUFFIX, .seed = 1 },
    { .when = SIM_CUT_TORN, .shape = SIM_MIX, .seed = 1 },
    { .when = SIM_CUT_TORN, .shape = SIM_MIX, .seed = 2 },
    { .when = SIM_CUT_TORN, .shape = SIM_BEFORE_BUT_ONE, .seed = 6 }, /* unit 4: the state */
    { .when = SIM_CUT_TORN, .shape = SIM_BEFORE_BUT_ONE, .seed = 7 },
    { .when = SIM_CUT_TORN, .shape = SIM_BEFORE_BUT_ONE, .seed = 24 }, /* unit 1: of the state */
    { .when = SIM_CUT_TORN, .shape = SIM_MEANT_BUT_ONE, .seed = 6 },
    { .when = SIM_CUT_TORN, .shape = SIM_MEANT_BUT_ONE, .seed = 24 },
    { .when = SIM_CUT_TORN, .shape = SIM_BLANK },
    { .when = SIM_CUT_TORN, .shape = SIM_GARBAGE, .seed = 4 },
};

struct life {
    struct device d;
    const struct scenario *s;
    int old, new;
    int restless; /* boots to watch, where damage that changes may call for a write at any
                   * of them */
    unsigned cuts;
    char story[256];
};

static bool is_mine(const struct life *l, int index)
{
    return index == l->old || index == l->new;
}

/* Is this application on trial, as it sees it itself? */
static bool on_trial(const struct life *l, int index)
{
    struct bh_ota_record r[2];
    int active;

    device_read_records(&l->d, r);
    active = bh_ota_active(r);
    return active >= 0 && r[active].state == BH_OTA_PENDING_VERIFY &&
           (int)bh_ota_slot(&r[active], 3) == index;
}

static bool confirms(const struct life *l)
{
    return l->s->settled < l->s->n;
}

/* An ESP-IDF application's own write was torn so that a record is whole but for its state, which is
 * blank. That reads as a choice made by an application without rollback, which needs no trial. */
static bool without_trial(const struct life *l, unsigned at)
{
    struct bh_ota_record r[2];
    int active;

    device_read_records(&l->d, r);
    active = bh_ota_active(r);
    return at == 0 && l->s->acts[0] == ESP_SET_BOOT && active >= 0 &&
           r[active].state == BH_OTA_UNDEFINED;
}

/* After one cut, or two, in acts[at]: live on as an application would. NULL, or what is wrong. */
static const char *aftermath(struct life *l, unsigned at)
{
    enum device_act confirm = l->s->acts[0] == SET_BOOT ? CONFIRM : ESP_CONFIRM;
    bool known =
        at > 0 || l->s->acts[0] == SET_BOOT; /* a torn choice of ESP-IDF's may come and go */
    int index = device_boot(&l->d), last;

    if (!is_mine(l, index))
        return "the boot after the cut starts neither the old nor the new application";
    if (at >= l->s->settled && index != l->new)
        return "a confirmed application was left";
    if (at > 2 && !confirms(l) && l->d.product.trial_boots == 1 && index != l->old)
        return "an application that is over was started once more";
    if (index == l->new &&on_trial(l, index) && confirms(l)) {
        if (!device_perform(&l->d, confirm) || l->d.err)
            return "cannot confirm";
        if (device_boot(&l->d) != l->new)
            return "confirmed after the cut, and yet not kept";
        known = true;
    } else if (index == l->new && !confirms(l) && !without_trial(l, at)) {
        for (int i = 0; i < l->d.product.trial_boots; i++)
            index = device_boot(&l->d);
        if (index != l->old)
            return "not confirmed, and yet not left";
    }
    last = device_boot(&l->d);
    if (known && index == l->new &&confirms(l) && last != l->new)
        return "confirmed, started and left";
    for (int i = 0; i < l->restless; i++) {
        last = device_boot(&l->d);
        if (!is_mine(l, last) || (known && index == l->new &&confirms(l) && last != l->new))
            return "confirmed, started for a while, and left";
    }
    if (!l->restless && (device_boot(&l->d) != last || l->d.power.ops))
        return "does not come to rest";
    if (l->d.strayed)
        return "wrote outside of otadata";
    if (l->d.chip.counts.spoiled)
        return "programmed what may be torn and only looks blank";
    return l->d.chip.misuse.count ? l->d.chip.misuse.first : NULL;
}

static void blame(const struct life *l, const char *wrong)
{
    struct bh_ota_record r[2];

    device_read_records(&l->d, r);
    fail_msg("%s: %s\n  records: %u state %x, %u state %x; starts %d", l->story, wrong,
             (unsigned)r[0].seq, (unsigned)r[0].state, (unsigned)r[1].seq, (unsigned)r[1].state,
             l->d.boot.index);
}

static size_t tell(struct life *l, size_t at, unsigned act, uint64_t op, const struct sim_cut *f)
{
    int n = snprintf(l->story + at, sizeof l->story - at, ", act %u, operation %u, %s %s (%u)%s",
                     act, (unsigned)op, sim_when_text(f->when), sim_shape_text(f->shape),
                     (unsigned)f->seed, f->unstable ? " unstable" : "");

    return at + (n > 0 ? (size_t)n : 0);
}

static bool cut_in(struct life *l, enum device_act act, uint64_t op, const struct sim_cut *form)
{
    bool ended;

    l->d.power.cut = *form;
    l->d.power.cut.at = op;
    ended = device_perform(&l->d, act);
    l->d.power.cut.at = 0;
    return !ended;
}

static void judge(struct life *l, unsigned at)
{
    const char *wrong = aftermath(l, at);

    l->cuts++;
    if (wrong)
        blame(l, wrong);
}

/* A second cut, in the boot that follows the first. */
static void again(struct life *l, unsigned at, size_t told)
{
    uint32_t here = sim_flash_snapshot(&l->d.chip);
    bool hit = true;

    for (uint64_t op = 1; hit; op++)
        for (unsigned f = 0; f < COUNT(forms); f++) {
            sim_flash_restore(&l->d.chip, here);
            hit = cut_in(l, BOOT, op, &forms[f]);
            if (!hit)
                break;
            tell(l, told, 99, op, &forms[f]);
            judge(l, at);
        }
}

static void sweep(struct life *l, size_t told, bool pairs)
{
    for (unsigned at = 0; at < l->s->n; at++) {
        uint32_t here = sim_flash_snapshot(&l->d.chip);
        struct bh_select_boot boot = l->d.boot;
        bool hit = true;

        for (uint64_t op = 1; hit; op++)
            for (unsigned f = 0; f < COUNT(forms); f++) {
                size_t more = tell(l, told, at, op, &forms[f]);

                sim_flash_restore(&l->d.chip, here);
                l->d.boot = boot;
                hit = cut_in(l, l->s->acts[at], op, &forms[f]);
                if (!hit)
                    break;
                if (pairs)
                    again(l, at, more);
                else
                    judge(l, at);
            }
        sim_flash_restore(&l->d.chip, here);
        l->d.boot = boot;
        assert_true(device_perform(&l->d, l->s->acts[at]));
        assert_int_equal(l->d.err, BH_OK);
    }
}

static void run_sweeps(bool pairs, uint8_t unit, uint8_t trial_boots)
{
    for (unsigned i = 0; i < COUNT(scenarios); i++)
        for (unsigned k = 0; k < COUNT(starts); k++) {
            struct life l = { .s = &scenarios[i], .old = starts[k].old, .new = starts[k].new };
            size_t told;

            device_open(&l.d, unit, true, trial_boots);
            device_records(&l.d, starts[k].seq0, starts[k].state0, starts[k].seq1,
                           starts[k].state1);
            l.d.target = l.new;
            assert_int_equal(device_boot(&l.d), l.old);
            told = (size_t)snprintf(l.story, sizeof l.story, "unit %u, %u boots, start %u, %s",
                                    unit, trial_boots, k, l.s->name);
            sweep(&l, told, pairs);
            assert_true(l.cuts > 100);
            if (pairs || k == 0)
                print_message("%.*s: %u cuts\n", (int)told, l.story, l.cuts);
            device_close(&l.d);
        }
}

static void every_single_cut(void **state)
{
    (void)state;
    run_sweeps(false, 4, 1);
    run_sweeps(false, 4, 3);
    run_sweeps(false, 1, 1);
}

/* Damage that reads differently at every boot, as chance has it. */
static void damage_that_changes(void **state)
{
    unsigned cuts = 0;

    (void)state;
    for (unsigned i = 0; i < COUNT(scenarios); i++)
        for (unsigned k = 0; k < 2; k++)
            for (uint64_t seed = 1; seed <= SEEDS; seed++) {
                struct life l = {
                    .s = &scenarios[i], .old = starts[k].old, .new = starts[k].new, .restless = 6
                };
                struct sim_cut form = { .when = SIM_CUT_TORN, .unstable = true };

                device_open(&l.d, 4, true, 1);
                device_records(&l.d, starts[k].seq0, starts[k].state0, starts[k].seq1,
                               starts[k].state1);
                l.d.target = l.new;
                assert_int_equal(device_boot(&l.d), l.old);
                for (unsigned at = 0; at < l.s->n; at++) {
                    uint32_t here = sim_flash_snapshot(&l.d.chip);
                    struct bh_select_boot boot = l.d.boot;

                    for (uint64_t op = 1;; op++) {
                        sim_flash_restore(&l.d.chip, here);
                        l.d.boot = boot;
                        l.d.power.seed = form.seed = seed;
                        tell(
                            &l,
                            (size_t)snprintf(l.story, sizeof l.story, "start %u, %s", k, l.s->name),
                            at, op, &form);
                        if (!cut_in(&l, l.s->acts[at], op, &form))
                            break;
                        judge(&l, at);
                        cuts++;
                    }
                    sim_flash_restore(&l.d.chip, here);
                    l.d.boot = boot;
                    assert_true(device_perform(&l.d, l.s->acts[at]));
                }
                device_close(&l.d);
            }
    print_message("%u cuts\n", cuts);
}

/* Until the mark that says so is begun, the new application was not started: a cut before costs it
 * nothing. */
static void a_trial_that_did_not_start_is_not_spent(void **state)
{
    (void)state;
    for (unsigned k = 0; k < COUNT(starts); k++) {
        struct life l = { .s = &scenarios[0], .old = starts[k].old, .new = starts[k].new };
        uint32_t here;
        uint64_t ops;

        device_open(&l.d, 4, true, 1);
        device_records(&l.d, starts[k].seq0, starts[k].state0, starts[k].seq1, starts[k].state1);
        l.d.target = l.new;
        assert_int_equal(device_boot(&l.d), l.old);
        assert_true(device_perform(&l.d, SET_BOOT));
        here = sim_flash_snapshot(&l.d.chip);
        assert_int_equal(device_boot(&l.d), l.new);
        ops = l.d.power.ops;
        assert_true(ops >= 5);
        for (uint64_t op = 1; op < ops; op++)
            for (unsigned f = 0; f < COUNT(forms); f++) {
                sim_flash_restore(&l.d.chip, here);
                assert_true(cut_in(&l, BOOT, op, &forms[f]));
                tell(&l, (size_t)snprintf(l.story, sizeof l.story, "start %u", k), 1, op,
                     &forms[f]);
                if (device_boot(&l.d) != l.new)
                    blame(&l, "the new application lost its trial");
            }
        device_close(&l.d);
    }
}

static void every_pair_of_cuts(void **state)
{
    (void)state;
    run_sweeps(true, 4, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_single_cut),
        cmocka_unit_test(damage_that_changes),
        cmocka_unit_test(a_trial_that_did_not_start_is_not_spent),
        cmocka_unit_test(every_pair_of_cuts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
