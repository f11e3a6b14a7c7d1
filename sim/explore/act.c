/* SPDX-License-Identifier: Apache-2.0 */
/* Acts as words and back: the language of a trace. */
#include "act.h"

#include "bulkhead/pair.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *words;
} kinds[ACT_KINDS] = {
    [ACT_END] = { "end", "end" },
    [ACT_BOOT] = { "boot", "the device boots" },
    [ACT_STAGE] = { "stage", "the application stages version %u" },
    [ACT_STAGE_BAD] = { "stagebad", "the application stages version %u, one byte of it changed" },
    [ACT_TEST] = { "test", "the application asks for a trial" },
    [ACT_PERMANENT] = { "permanent", "the application asks for an update for good" },
    [ACT_CONFIRM] = { "confirm", "the application confirms" },
    [ACT_DEAD] = { "dead", "the other chip dies" },
    [ACT_ABSENT] = { "absent", "the other chip comes off" },
    [ACT_BABBLE] = { "babble", "the other chip answers noise" },
    [ACT_WELL] = { "well", "the other chip is well again" },
    [ACT_FOREIGN] = { "foreign", "the journal is filled with foreign bytes" },
    [ACT_HALF] = { "half", "the journal is half erased" },
    [ACT_PRIMARY] = { "primary", "somebody programs image %u into primary" },
    [ACT_STAGED] = { "staged", "somebody writes image %u where images are staged" },
    [ACT_BACKUP] = { "backup", "somebody writes image %u where the backup is" },
    [ACT_FORGE] = { "forge", "somebody appends impossible record %u to the journal" },
};

static const char *const parts[EXPLORE_PARTS] = {
    [EXPLORE_WHOLE] = "whole",
    [EXPLORE_FIRST] = "first",
    [EXPLORE_LAST] = "last",
    [EXPLORE_PART_HALF] = "half",
};

static const char *const decays[SIM_DECAYS] = {
    [SIM_SOUND] = "sound",           [SIM_WORN] = "worn",   [SIM_SPOILT] = "spoilt",
    [SIM_UNREADABLE] = "unreadable", [SIM_FADED] = "faded", [SIM_GONE] = "gone",
};

uint8_t explore_version_of(uint8_t image)
{
    static const uint8_t versions[EXPLORE_IMAGES] = { 0, 1, 2, 3, 2, 0 };

    return versions[image];
}

/* SIM_CUT_TORN by the name of its shape. */
static const char *const shapes[SIM_SHAPES] = {
    [SIM_BEFORE] = "none",          [SIM_MEANT] = "all",   [SIM_PREFIX] = "prefix",
    [SIM_SUFFIX] = "suffix",        [SIM_MIX] = "mix",     [SIM_BEFORE_BUT_ONE] = "one",
    [SIM_MEANT_BUT_ONE] = "butone", [SIM_BLANK] = "blank", [SIM_GARBAGE] = "garbage",
    [SIM_FAULT] = "fault",
};

bool explore_act_of_application(struct explore_act act)
{
    return act.kind >= ACT_STAGE && act.kind <= ACT_CONFIRM;
}

bool explore_act_of_hand(struct explore_act act)
{
    return act.kind >= ACT_PRIMARY;
}

static bool has_version(uint8_t kind)
{
    return kind == ACT_STAGE || kind == ACT_STAGE_BAD || kind >= ACT_PRIMARY;
}

static bool has_part(uint8_t kind)
{
    return kind >= ACT_PRIMARY && kind <= ACT_BACKUP;
}

static bool has_pair(uint8_t kind)
{
    return (kind >= ACT_STAGE && kind <= ACT_PERMANENT) || has_part(kind);
}

/* --- write --------------------------------------------------------------------------------- */

static int write_death(const struct explore_death *d, char *text, size_t size)
{
    if (d->decay == SIM_SOUND)
        return 0;
    return snprintf(text, size, "!%" PRIu64 ":%u.%" PRIu32 ":%s", d->at, d->chip, d->off,
                    decays[d->decay]);
}

static int write_cut(const struct sim_cut *cut, char *text, size_t size)
{
    const char *form = cut->when == SIM_CUT_BEFORE  ? "before"
                       : cut->when == SIM_CUT_AFTER ? "after"
                       : cut->unstable              ? "loose"
                                                    : shapes[cut->shape];

    if (cut->at == 0)
        return 0;
    if (cut->when != SIM_CUT_TORN || (cut->seed == 0 && cut->pulse == 0))
        return snprintf(text, size, "@%" PRIu64 ":%s", cut->at, form);
    return snprintf(text, size, "@%" PRIu64 ":%s:%" PRIu64 ":%" PRIu32, cut->at, form, cut->seed,
                    cut->pulse);
}

void explore_step_write(const struct explore_step *step, char *text)
{
    int n = snprintf(text, EXPLORE_STEP_TEXT, "%s", kinds[step->act.kind].name);

    if (has_version(step->act.kind))
        n += snprintf(text + n, EXPLORE_STEP_TEXT - (size_t)n, "%u", step->act.version);
    if (step->act.part)
        n += snprintf(text + n, EXPLORE_STEP_TEXT - (size_t)n, ".%s", parts[step->act.part]);
    if (step->act.pair)
        n += snprintf(text + n, EXPLORE_STEP_TEXT - (size_t)n, ".%u", step->act.pair - 1u);
    for (unsigned i = 0; i < step->n_readings; i++)
        n += snprintf(text + n, EXPLORE_STEP_TEXT - (size_t)n, "%c%u", i ? ',' : '[',
                      step->reading[i]);
    if (step->n_readings)
        n += snprintf(text + n, EXPLORE_STEP_TEXT - (size_t)n, "]");
    n += write_death(&step->death, text + n, EXPLORE_STEP_TEXT - (size_t)n);
    write_cut(&step->cut, text + n, EXPLORE_STEP_TEXT - (size_t)n);
}

void explore_step_say(const struct explore_step *step, char *text, size_t size)
{
    const struct sim_cut *cut = &step->cut;
    char act[200];
    int n = snprintf(act, sizeof act, kinds[step->act.kind].words, step->act.version);

    if (step->act.part)
        n += snprintf(act + n, sizeof act - (size_t)n, ", only %s of it",
                      step->act.part == EXPLORE_FIRST  ? "the first chunk"
                      : step->act.part == EXPLORE_LAST ? "what follows the first chunk"
                                                       : "the first half");
    if (step->act.pair)
        n += snprintf(act + n, sizeof act - (size_t)n, ", pair %u", step->act.pair - 1u);
    if (step->death.decay && step->death.at)
        n += snprintf(act + n, sizeof act - (size_t)n, "; before operation %" PRIu64,
                      step->death.at);
    if (step->death.decay)
        snprintf(act + n, sizeof act - (size_t)n, "%s the page at 0x%x of chip %u %s",
                 step->death.at ? "" : "; before that", step->death.off, step->death.chip,
                 sim_decay_text((enum sim_decay)step->death.decay));
    if (cut->at == 0)
        snprintf(text, size, "%s", act);
    else if (cut->when != SIM_CUT_TORN)
        snprintf(text, size, "%s; power is cut %s operation %" PRIu64, act,
                 sim_when_text(cut->when), cut->at);
    else
        snprintf(text, size, "%s; power is cut inside operation %" PRIu64 ", which leaves it %s",
                 act, cut->at, cut->unstable ? "unstable" : sim_shape_text(cut->shape));
}

/* --- read ---------------------------------------------------------------------------------- */

/* A number at *p; *p goes after it. */
static bool number(const char **p, const char *end, uint64_t *out)
{
    char *after;

    if (*p == end || **p < '0' || **p > '9')
        return false;
    *out = strtoull(*p, &after, 10);
    *p = after;
    return after <= end;
}

static bool word(const char **p, const char *end, char *out, size_t size)
{
    size_t n = 0;

    while (*p < end && **p >= 'a' && **p <= 'z' && n + 1 < size)
        out[n++] = *(*p)++;
    out[n] = 0;
    return n > 0;
}

static bool read_form(const char *form, struct sim_cut *cut)
{
    cut->when = SIM_CUT_TORN;
    if (strcmp(form, "before") == 0) {
        cut->when = SIM_CUT_BEFORE;
        return true;
    }
    if (strcmp(form, "after") == 0) {
        cut->when = SIM_CUT_AFTER;
        return true;
    }
    if (strcmp(form, "loose") == 0) {
        cut->unstable = true;
        cut->shape = SIM_MEANT;
        return true;
    }
    for (unsigned s = 0; s < SIM_SHAPES; s++)
        if (strcmp(form, shapes[s]) == 0) {
            cut->shape = (enum sim_shape)s;
            return true;
        }
    return false;
}

static const char *read_cut(const char **p, const char *end, struct sim_cut *cut)
{
    uint64_t seed = 0, pulse = 0;
    char form[16];

    if (!number(p, end, &cut->at) || cut->at == 0)
        return "after @ comes the number of an operation, from 1";
    if (*p == end || *(*p)++ != ':' || !word(p, end, form, sizeof form) || !read_form(form, cut))
        return "after the operation comes : and before, after, loose, none, all, prefix, suffix, "
               "mix, one, butone, blank, garbage or fault";
    if (*p < end && **p == ':') {
        ++*p;
        if (!number(p, end, &seed) || *p == end || *(*p)++ != ':' || !number(p, end, &pulse))
            return "after a form comes nothing, or :SEED:PULSE";
    }
    cut->seed = seed;
    cut->pulse = (uint32_t)pulse;
    return NULL;
}

static const char *read_readings(const char **p, const char *end, struct explore_step *step)
{
    uint64_t v;

    do {
        ++*p;
        if (!number(p, end, &v) || v > UINT8_MAX || step->n_readings == EXPLORE_READINGS_MAX)
            return "readings are numbers separated by commas";
        step->reading[step->n_readings++] = (uint8_t)v;
    } while (*p < end && **p == ',');
    if (*p == end || *(*p)++ != ']')
        return "readings end with ]";
    return NULL;
}

static const char *read_death(const char **p, const char *end, struct explore_death *death)
{
    uint64_t chip, off;
    char name[16];

    if (!number(p, end, &death->at) || *p == end || *(*p)++ != ':' || !number(p, end, &chip) ||
        chip > 3 || *p == end || *(*p)++ != '.' || !number(p, end, &off) || off > UINT32_MAX ||
        *p == end || *(*p)++ != ':' || !word(p, end, name, sizeof name))
        return "after ! comes OPERATION:CHIP.OFFSET:DECAY; operation 0 is before the act";
    death->chip = (uint8_t)chip;
    death->off = (uint32_t)off;
    for (uint8_t d = SIM_WORN; d < SIM_DECAYS; d++)
        if (strcmp(name, decays[d]) == 0)
            death->decay = d;
    return death->decay ? NULL : "a page is worn, spoilt, unreadable, faded or gone";
}

/* .first, .last, .half; .0 to .3 */
static const char *read_suffixes(const char **p, const char *end, struct explore_act *act)
{
    while (*p < end && **p == '.') {
        uint64_t pair;
        char name[16];

        ++*p;
        if (has_pair(act->kind) && number(p, end, &pair) && pair < BH_PAIRS_MAX) {
            act->pair = (uint8_t)(1 + pair);
            continue;
        }
        if (!has_part(act->kind) || !word(p, end, name, sizeof name))
            return "after . comes a pair, or for a hand first, last or half";
        for (uint8_t i = 1; i < EXPLORE_PARTS; i++)
            if (strcmp(name, parts[i]) == 0)
                act->part = i;
        if (!act->part)
            return "a part is first, last or half";
    }
    return NULL;
}

const char *explore_step_read(const char *text, size_t len, struct explore_step *step)
{
    const char *p = text, *end = text + len, *wrong = NULL;
    char name[16];
    uint64_t version = 0;

    memset(step, 0, sizeof *step);
    word(&p, end, name, sizeof name);
    for (uint8_t k = ACT_BOOT; k < ACT_KINDS; k++)
        if (strcmp(name, kinds[k].name) == 0)
            step->act.kind = k;
    if (step->act.kind == ACT_END)
        return "is no act: boot, stageN, stagebadN, test, permanent, confirm, dead, absent, "
               "babble, well, foreign, half, primaryN, stagedN, backupN or forgeN";
    if (has_version(step->act.kind)) {
        uint64_t last = step->act.kind == ACT_FORGE ? EXPLORE_FORGERIES : EXPLORE_IMAGES - 1;

        if (!number(&p, end, &version) || version == 0 || version > last)
            return "after stage, primary, staged and backup comes an image, 1 to 5, and after "
                   "forge what is wrong, 1 to 8";
        step->act.version = (uint8_t)version;
    }
    wrong = read_suffixes(&p, end, &step->act);
    if (wrong)
        return wrong;
    if (p < end && *p == '[')
        wrong = read_readings(&p, end, step);
    if (!wrong && p < end && *p == '!') {
        p++;
        wrong = read_death(&p, end, &step->death);
    }
    if (!wrong && p < end && *p == '@') {
        p++;
        wrong = read_cut(&p, end, &step->cut);
    }
    if (!wrong && p != end)
        wrong = "has something after it that is no [readings], no !operation:place:decay and "
                "no @operation:form";
    return wrong;
}
