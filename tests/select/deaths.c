/* SPDX-License-Identifier: Apache-2.0 */
/* A sector of otadata goes bad for good, at any operation of a life, in any way, alone or with one
 * cut: it can no longer be written, holds garbage, or cannot be read. What holds then:
 *   - something starts at every boot;
 *   - what is confirmed is not lost, as long as its record can be read;
 *   - one that was rejected or not confirmed does not come back;
 *   - one that is not confirmed gets no more than its starts;
 *   - after a while no boot tries an erase, and whatever else it tries, it ends.
 * An application's act may fail: then it is open whether it counts. */
#include "sim/select/device.h"

#include "sim/inner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define NOTHING 0xFFFFFFFFu
#define APPS 4u        /* factory, ota_0 to ota_2: index + 1 */
#define AFTERWARDS 44u /* boots after a life, unless one has tried nothing */
#define QUIET 8u       /* the last of them do not erase */

/* Small letters: as ESP-IDF's application does it. f: factory is chosen. */
static const char *const lives[] = {
    "bSbCbSbCb", "bSbbbSbCb",  "bSbRbSbCb", "bSSbCb",    "bsbcbsbcb",
    "bsbbbsbcb", "bsbrbesbcb", "bSbCbsbcb", "bsbcbSbCb", "bSbCbfbSbCb",
};

static const struct {
    int confirmed;
    uint32_t seq[2], state[2];
} beginnings[] = {
    { 0, { 1, NOTHING }, { BH_OTA_VALID, 0 } },
    { 0, { 1, 2 }, { BH_OTA_VALID, BH_OTA_ABORTED } },
    { BH_ESP_FACTORY, { NOTHING, NOTHING }, { 0 } },
};

struct death {
    struct device d;
    const char *life;
    unsigned beginning;
    uint8_t unit, trial_boots;
    const char *at;  /* act of the life */
    unsigned boot;   /* after it */
    uint64_t cut_at; /* operation of the life; 0: none */
    struct sim_cut cut;
    bool died, was_cut;
    bool orphan; /* the record of what is confirmed is gone */
    int running;
    /* What may be true, a bit for each application. */
    unsigned confirmed, pending, given_up;
    unsigned starts[APPS];
};

static unsigned bit(int index)
{
    return index == BH_ESP_NONE ? 0 : 1u << (index + 1);
}

static void blame(const struct death *t, const char *wrong)
{
    struct bh_ota_record r[2];

    device_read_records(&t->d, r);
    print_message("life \"%s\", beginning %u, unit %u, %u starts; in \"%s\", boot %u after it\n",
                  t->life, t->beginning, t->unit, t->trial_boots, t->at, t->boot);
    print_message("sector 0x%x is %s after operation %u; cut in %u: %s %s\n", t->d.dies_off,
                  sim_decay_text(t->d.dies_how), (unsigned)t->d.dies_after, (unsigned)t->cut_at,
                  sim_when_text(t->cut.when), sim_shape_text(t->cut.shape));
    print_message("records: %u state %x, %u state %x; ota_%d starts; confirmed %x, pending %x, "
                  "given up %x\n",
                  (unsigned)r[0].seq, (unsigned)r[0].state, (unsigned)r[1].seq,
                  (unsigned)r[1].state, t->running, t->confirmed, t->pending, t->given_up);
    fail_msg("%s", wrong);
}

/* The record of what is confirmed went with its sector: an older one or factory may take its
 * place. */
static void look_at_the_dead(struct death *t)
{
    struct bh_ota_record r[2];
    unsigned other = t->d.dies_off == OTADATA_OFF;

    if (t->died || !t->d.dies_after || t->d.ops < t->d.dies_after)
        return;
    t->died = true;
    if (t->d.dies_how == SIM_WORN)
        return;
    device_read_records(&t->d, r);
    t->orphan = !bh_ota_whole(&r[other]) || r[other].state != BH_OTA_VALID ||
                bit((int)bh_ota_slot(&r[other], 3)) != t->confirmed;
}

static void booted(struct death *t)
{
    int i = t->d.boot.action == BH_BOOT_START && t->d.boot.verdict == BH_VERDICT_GOOD
                ? t->d.boot.index
                : BH_ESP_NONE;

    t->running = i;
    if (i == BH_ESP_NONE)
        blame(t, "nothing starts");
    if (t->pending & bit(i) && t->starts[i + 1] < t->trial_boots) {
        t->starts[i + 1]++;
    } else if (!(t->confirmed & bit(i)) && (!t->orphan || (t->given_up | t->pending) & bit(i))) {
        blame(t, t->given_up & bit(i)  ? "one that was given up is back"
                 : t->pending & bit(i) ? "an unconfirmed one has too many starts"
                                       : "what is confirmed is lost");
    } else {
        t->confirmed = bit(i);
        for (unsigned a = 0; a < APPS; a++)
            if (t->pending >> a & 1 && t->starts[a]) {
                t->given_up |= 1u << a & ~t->confirmed;
                t->pending &= ~(1u << a);
            }
    }
}

/* An act of the application, which returned err, or was cut. */
static void acted(struct death *t, enum device_act act, bool ended)
{
    bool theirs = act >= ESP_SET_BOOT && act <= ESP_BEGIN; /* of the record it can read */
    bool sure = ended && t->d.err == BH_OK && !(theirs && t->died);
    unsigned target = bit(t->d.target), runs = bit(t->running);

    if (!t->died && ended && t->d.err)
        blame(t, "an application's act failed");
    if (theirs && t->died) /* it erases or rejects what is left of the confirmed one */
        t->orphan = true;
    switch (act) {
    case SET_BOOT:
    case ESP_SET_BOOT:
        if (sure)
            t->pending = 0;
        if (t->d.target == BH_ESP_FACTORY || t->confirmed & target)
            t->confirmed = sure ? target : t->confirmed | target;
        else
            t->pending |= target;
        if (act == ESP_SET_BOOT && !sure) /* as docs/select.md says of ESP-IDF's own write */
            t->confirmed |= target;
        t->starts[t->d.target + 1] = 0;
        t->given_up &= ~target;
        break;
    case CONFIRM:
    case ESP_CONFIRM:
        t->confirmed = sure ? runs : t->confirmed | runs;
        t->pending &= sure ? 0 : ~0u;
        break;
    case REJECT:
    case ESP_REJECT:
        t->pending &= sure ? 0 : ~0u;
        t->given_up |= sure ? runs : 0;
        break;
    case ESP_BEGIN:
    case BOOT: break;
    }
}

static bool apt(const struct death *t, enum device_act act)
{
    bool on_trial = (t->pending & bit(t->running)) != 0;

    if (act == BOOT || t->running == BH_ESP_NONE)
        return act == BOOT;
    if (act == CONFIRM || act == REJECT || act == ESP_CONFIRM || act == ESP_REJECT)
        return on_trial;
    return !on_trial;
}

static void one_act(struct death *t, enum device_act act)
{
    bool ended;

    if (!apt(t, act))
        return;
    t->d.power.cut = t->cut;
    t->d.power.cut.at = t->cut_at > t->d.ops && !t->was_cut ? t->cut_at - t->d.ops : 0;
    ended = device_perform(&t->d, act);
    t->d.power.cut.at = 0;
    look_at_the_dead(t);
    if (ended && act == BOOT)
        booted(t);
    else if (act != BOOT)
        acted(t, act, ended);
    if (!ended) {
        t->was_cut = true;
        t->running = BH_ESP_NONE;
    }
}

static enum device_act act_of(char letter)
{
    switch (letter) {
    case 'S':
    case 'f': return SET_BOOT;
    case 'C': return CONFIRM;
    case 'R': return REJECT;
    case 's': return ESP_SET_BOOT;
    case 'c': return ESP_CONFIRM;
    case 'r': return ESP_REJECT;
    case 'e': return ESP_BEGIN;
    default: return BOOT;
    }
}

/* Returns the number of operations of the life. */
static uint64_t live(struct death *t, const char *life)
{
    uint64_t ops;

    t->life = life;
    t->died = t->was_cut = t->orphan = false;
    t->running = BH_ESP_NONE;
    t->confirmed = bit(beginnings[t->beginning].confirmed);
    t->pending = t->given_up = 0;
    for (t->at = life; *t->at; t->at++) {
        t->d.target = *t->at == 'f' ? BH_ESP_FACTORY : t->running == 0 ? 1 : 0;
        one_act(t, act_of(*t->at));
    }
    ops = t->d.ops;
    for (t->boot = 1; t->boot <= AFTERWARDS; t->boot++) {
        uint64_t erases = t->d.erases;

        one_act(t, BOOT);
        if (t->boot > AFTERWARDS - QUIET && t->d.erases != erases)
            blame(t, "it erases on and on");
        if (t->d.erases - erases > 8)
            blame(t, "more than eight erases in a boot");
        if (t->d.power.ops == 0)
            break;
    }
    t->boot = 0;
    assert_false(t->d.strayed);
    return ops;
}

static void prepare(struct death *t, uint32_t sector, enum sim_decay how, uint64_t after)
{
    t->d.ops = t->d.erases = 0;
    t->d.dies_off = OTADATA_OFF + sector * BH_OTADATA_COPY;
    t->d.dies_how = how;
    t->d.dies_after = after;
}

/* Every operation after which a sector can die, in each way; and some cuts, or all of them. */
static unsigned long every_death(struct death *t, const char *life, bool deep)
{
    static const struct sim_cut cuts[] = {
        { .when = SIM_CUT_AFTER },
        { .when = SIM_CUT_TORN, .shape = SIM_MIX, .seed = 2 },
        { .when = SIM_CUT_TORN, .shape = SIM_PREFIX, .seed = 7 },
    };
    uint32_t fresh = sim_flash_snapshot(&t->d.chip);
    struct sim_power power = t->d.power;
    unsigned long n = 0;
    uint64_t ops;

    prepare(t, 0, SIM_SOUND, 0);
    t->cut_at = 0;
    ops = live(t, life);
    for (uint32_t sector = 0; sector < 2; sector++)
        for (enum sim_decay how = SIM_WORN; how < SIM_DECAYS; how++)
            for (uint64_t after = 1; after <= ops; after++) {
                uint64_t step = deep ? 1 : 29, at = deep ? 0 : sim_mix(n) % step;

                for (; at <= 3 * ops; at += at ? step : 1 + sim_mix(n + after) % step, n++) {
                    sim_flash_restore(&t->d.chip, fresh);
                    t->d.power = power;
                    prepare(t, sector, how, after);
                    t->cut_at = (at + 2) / 3;
                    t->cut = cuts[at % 3];
                    live(t, life);
                }
            }
    sim_flash_forget(&t->d.chip);
    return n;
}

static void a_sector_dies(void **state)
{
    static const struct {
        uint8_t unit, trial_boots;
    } kinds[] = { { 1, 1 }, { 8, 2 }, { 1, 2 }, { 32, 1 } };
    bool deep = getenv("BULKHEAD_DEEP") != NULL;
    unsigned long n = 0;

    (void)state;
    for (unsigned k = 0; k < (deep ? COUNT(kinds) : 2); k++)
        for (unsigned b = 0; b < COUNT(beginnings); b++)
            for (unsigned l = 0; l < COUNT(lives); l++) {
                struct death t = { .beginning = b,
                                   .unit = kinds[k].unit,
                                   .trial_boots = kinds[k].trial_boots };

                device_open(&t.d, kinds[k].unit, true, kinds[k].trial_boots);
                device_records(&t.d, beginnings[b].seq[0], beginnings[b].state[0],
                               beginnings[b].seq[1], beginnings[b].state[1]);
                n += every_death(&t, lives[l], deep);
                device_close(&t.d);
            }
    print_message("%lu lives with a sector that dies\n", n);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_sector_dies) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
