/* SPDX-License-Identifier: Apache-2.0 */
/* A supply that breaks down in every boot: it erases a few times, and then no more. From each of
 * some beginnings
 *   - every boot is cut at the same place, in the same way;
 *   - or each anywhere, in any way, by chance;
 *   - or in all ways there are, until no state is new: a circle in which anything is erased would
 *     be wear without end.
 * Once the supply is good again, an application's next choice gets its trial. */
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
#define STATES (1u << 16)
#define ERASES_MAX 60u /* that cut boots may cost in a row */
#define DEPTH 400u     /* cut boots in a row */
#define LIFE 160u      /* the same where they are not all followed */
#define QUIET 60u      /* of these so many without an erase, at the end */
#define LIVES 30u      /* by chance, for each beginning and unit */

/* What is cut before an operation is what was cut after the one before it. The second is for erases
 * only where all ways are followed. */
static const struct sim_cut cuts[] = {
    { .when = SIM_CUT_AFTER },
    { .when = SIM_CUT_TORN, .shape = SIM_MIX, .seed = 2 },
    { .when = SIM_CUT_TORN, .shape = SIM_PREFIX, .seed = 7 },
    { .when = SIM_CUT_TORN, .shape = SIM_BEFORE },
    { .when = SIM_CUT_BEFORE },
};

/* What the device was like when the supply became bad. */
struct beginning {
    const char *name;
    uint8_t trial_boots;
    uint32_t seq[2], state[2];
    enum device_act acts[6]; /* BOOT ends them, but for the first two */
    unsigned n_acts;
    bool no_factory, no_rollback;
    bool wide;   /* too many states to follow them all */
    int damaged; /* an application that does not verify, or BH_ESP_NONE */
};

#define NONE_BAD .damaged = BH_ESP_NONE

static const struct beginning beginnings[] = {
    { "a choice, over one that is confirmed",
      1,
      { 1, NOTHING },
      { BH_OTA_VALID, 0 },
      { BOOT, SET_BOOT },
      2,
      NONE_BAD },
    { "the first choice of all", 1, { NOTHING, NOTHING }, { 0 }, { BOOT, SET_BOOT }, 2, NONE_BAD },
    { "the same by ESP-IDF", 1, { NOTHING, NOTHING }, { 0 }, { BOOT, ESP_SET_BOOT }, 2, NONE_BAD },
    { "a trial of three starts",
      3,
      { 1, NOTHING },
      { BH_OTA_VALID, 0 },
      { BOOT, SET_BOOT, BOOT },
      3,
      NONE_BAD },
    { "a trial that is over",
      1,
      { 1, NOTHING },
      { BH_OTA_VALID, 0 },
      { BOOT, SET_BOOT, BOOT },
      3,
      NONE_BAD },
    { "a confirm by ESP-IDF",
      1,
      { 1, NOTHING },
      { BH_OTA_VALID, 0 },
      { BOOT, ESP_SET_BOOT, BOOT, ESP_CONFIRM },
      4,
      NONE_BAD },
    { "a choice that does not verify",
      1,
      { 1, 2 },
      { BH_OTA_VALID, BH_OTA_VALID },
      { 0 },
      0,
      .wide = true,
      .damaged = 1 },
    { "no record and no factory",
      1,
      { NOTHING, NOTHING },
      { 0 },
      { 0 },
      0,
      .no_factory = true,
      NONE_BAD },
    { "without rollback, a choice that does not verify",
      1,
      { 1, 2 },
      { BH_OTA_UNDEFINED, BH_OTA_UNDEFINED },
      { 0 },
      0,
      .no_rollback = true,
      .damaged = 1 },
    { "two choices, one after the other",
      1,
      { 1, 2 },
      { BH_OTA_NEW, BH_OTA_NEW },
      { 0 },
      0,
      .wide = true,
      NONE_BAD },
};

struct seen {
    uint64_t hash;
    uint16_t erases; /* that can come from here on */
    bool open;       /* the path that is followed comes from here */
};

struct supply {
    struct device d;
    const struct beginning *how;
    uint8_t unit;
    struct seen *seen;
    unsigned long states, boots;
    unsigned depth;
    struct device_strike path[DEPTH]; /* operations that were cut */
};

static void blame(const struct supply *s, const char *wrong)
{
    for (unsigned i = 0; i < s->depth; i++)
        print_message("  cut in operation %u, %s of 0x%x\n", (unsigned)s->path[i].op,
                      s->path[i].kind == SIM_ERASE ? "erase" : "program", (unsigned)s->path[i].off);
    fail_msg("%s, unit %u, after %u boots that were cut: %s", s->how->name, s->unit, s->depth,
             wrong);
}

static struct seen *look_up(struct supply *s, uint64_t hash)
{
    size_t at = hash & (STATES - 1);

    while (s->seen[at].hash && s->seen[at].hash != hash)
        at = (at + 1) & (STATES - 1);
    return &s->seen[at];
}

static unsigned follow(struct supply *s);

/* One boot, cut so, and the erases it cost. False: it has no such operation. */
static bool boot_cut(struct supply *s, uint64_t op, const struct sim_cut *cut, unsigned *erases)
{
    uint64_t before = s->d.chip.counts.erases;
    bool ended;

    s->d.power.cut = *cut;
    s->d.power.cut.at = op;
    ended = device_perform(&s->d, BOOT);
    s->d.power.cut.at = 0;
    s->boots++;
    *erases = (unsigned)(s->d.chip.counts.erases - before);
    if (!ended && s->d.struck.kind == SIM_ERASE && cut->when == SIM_CUT_BEFORE && *erases)
        --*erases; /* counted, and did not begin */
    return !ended;
}

/* The same, what it and all that can follow erases at most. False: it has no such
 * operation. */
static bool follow_cut(struct supply *s, uint64_t op, const struct sim_cut *cut, unsigned *most)
{
    unsigned n;

    if (!boot_cut(s, op, cut, &n))
        return false;
    s->path[s->depth - 1] = s->d.struck;
    if (cut->when == SIM_CUT_TORN && s->d.struck.kind != SIM_ERASE)
        return true;
    if (look_up(s, sim_flash_hash(&s->d.chip) | 1)->open && n)
        blame(s, "it erases in a circle");
    n += follow(s);
    *most = n > *most ? n : *most;
    return true;
}

/* Every way in which the boots from here on can be cut; the erases they cost at most. */
static unsigned follow(struct supply *s)
{
    uint64_t hash = sim_flash_hash(&s->d.chip) | 1;
    struct seen *here = look_up(s, hash);
    struct sim_power power = s->d.power;
    uint32_t snapshot;
    unsigned most = 0;
    bool more = true;

    if (here->hash)
        return here->erases;
    here->hash = hash;
    here->open = true;
    if (++s->states > STATES / 2 || ++s->depth == DEPTH)
        blame(s, "there is no end of states");
    snapshot = sim_flash_snapshot(&s->d.chip);
    for (uint64_t op = 1; more; op++)
        for (unsigned c = 0; c < 2 && more; c++) {
            more = follow_cut(s, op, &cuts[c], &most);
            sim_flash_restore(&s->d.chip, snapshot);
            s->d.power = power;
        }
    s->depth--;
    here->erases = (uint16_t)most;
    here->open = false;
    return most;
}

static void begin(struct supply *s)
{
    const struct beginning *b = s->how;

    device_open(&s->d, s->unit, !b->no_rollback, b->trial_boots);
    device_records(&s->d, b->seq[0], b->state[0], b->seq[1], b->state[1]);
    if (b->no_factory)
        device_damage(&s->d, BH_ESP_FACTORY);
    if (b->damaged != BH_ESP_NONE)
        device_damage(&s->d, b->damaged);
    s->d.target = 1;
    for (unsigned i = 0; i < b->n_acts; i++) {
        assert_true(device_perform(&s->d, b->acts[i]));
        assert_int_equal(s->d.err, BH_OK);
    }
}

static void end(struct supply *s)
{
    assert_int_equal(s->d.chip.misuse.count, 0);
    assert_false(s->d.strayed);
    device_close(&s->d);
}

static void all_ways(struct supply *s)
{
    unsigned most;

    s->seen = calloc(STATES, sizeof *s->seen);
    if (!s->seen)
        abort();
    begin(s);
    most = follow(s);
    print_message("%s, unit %u: %lu states, %lu boots, %u erases at most\n", s->how->name, s->unit,
                  s->states, s->boots, most);
    if (most > ERASES_MAX)
        blame(s, "it erases too often");
    free(s->seen);
    end(s);
}

/* The supply is good again: it comes to rest, and a choice is tried. */
static void recovers(struct supply *s)
{
    int before = BH_ESP_NONE;

    for (unsigned i = 0; i < BH_SELECT_TRIAL_MAX + 3; i++)
        before = device_boot(&s->d);
    if (before == BH_ESP_NONE)
        blame(s, "nothing starts any more");
    if (s->d.power.ops)
        blame(s, "it does not come to rest");
    s->d.target = before == 2 ? 0 : 2;
    assert_true(device_perform(&s->d, SET_BOOT));
    assert_int_equal(s->d.err, BH_OK);
    if (device_boot(&s->d) != s->d.target)
        blame(s, "a choice is not tried");
}

/* A life of boots that are all cut: at the same place if it is told one, else by chance. */
static void one_life(struct supply *s, uint64_t op, const struct sim_cut *cut, uint64_t seed)
{
    unsigned all = 0, n, most = 0;

    begin(s);
    for (s->depth = 0; s->depth < LIFE; s->depth++) {
        uint64_t draw = sim_mix(seed + s->depth);

        boot_cut(s, op ? op : 1 + draw % 9, cut ? cut : &cuts[(draw >> 8) % COUNT(cuts)], &n);
        s->path[s->depth] = s->d.struck;
        all += n;
        most = n > most ? n : most;
        if (n && s->depth >= LIFE - QUIET)
            blame(s, "it erases on and on");
    }
    if (all > ERASES_MAX || most > 8)
        blame(s, "it erases too often");
    recovers(s);
    end(s);
}

static void no_wear_without_end(void **state)
{
    static const uint8_t units[] = { 1, 8, 32, 2, 4, 16 };
    unsigned n = getenv("BULKHEAD_DEEP") ? COUNT(units) : 2;

    (void)state;
    for (unsigned u = 0; u < n; u++)
        for (unsigned b = 0; b < COUNT(beginnings); b++) {
            struct supply s = { .how = &beginnings[b], .unit = units[u] };

            for (uint64_t op = 1; op < 10; op++)
                for (unsigned c = 0; c < COUNT(cuts) - 1; c++)
                    one_life(&s, op, &cuts[c], 0);
            for (uint64_t seed = 1; seed <= LIVES; seed++)
                one_life(&s, 0, NULL, seed << 32);
            s.depth = 0;
            if (!s.how->wide)
                all_ways(&s);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(no_wear_without_end) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
