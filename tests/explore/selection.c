/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the explorer's campaign that every test run has time for. Linked with the engine as
 * it is, nothing may be found ("selection"); linked with a planted mistake, something must ("mutant
 * WHY"): it says by which law, and after how many states. */
#include "sim/explore/explore.h"
#include "sim/explore/products.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One task; scenario NULL: every one that fits. */
struct pick {
    const char *product;
    enum explore_mode mode;
    enum explore_flash flash;
    uint8_t cuts;
    const char *scenario;
    uint64_t bound; /* states, or lives */
    uint8_t deaths, hands;
    bool sparse;
};

#define DIES(product, scenario)                                                                    \
    {                                                                                              \
        product, EXPLORE_SWEEP, EXPLORE_FIXED, 0, scenario, 0, 1, 0, false                         \
    }
#define BY_HAND(product, scenario, cuts, hands)                                                    \
    {                                                                                              \
        product, EXPLORE_SWEEP, EXPLORE_FIXED, cuts, scenario, 0, 0, hands, true                   \
    }
#define CUT(product, flash, cuts, scenario)                                                        \
    {                                                                                              \
        product, EXPLORE_SWEEP, flash, cuts, scenario, 0, 0, 0, false                              \
    }
#define LIVES(product, flash, cuts, lives)                                                         \
    {                                                                                              \
        product, EXPLORE_RANDOM, flash, cuts, NULL, lives, 0, 0, false                             \
    }
#define CLOSED(product, flash, cuts, states)                                                       \
    {                                                                                              \
        product, EXPLORE_CLOSURE, flash, cuts, NULL, states, 0, 0, false                           \
    }

static const struct pick picks[] = {
    CUT("tiny2", EXPLORE_FIXED, 1, NULL),
    CUT("mail2", EXPLORE_FIXED, 1, NULL),
    CUT("option", EXPLORE_FIXED, 1, "second"),
    DIES("save1", "revert"),
    DIES("save2", "revert"),
    DIES("save2", "confirm"),
    DIES("savemail2", "revert"),
    DIES("savemail3", "confirm"),
    DIES("savetwin", "permanent"),
    DIES("savemailtwin", "confirm"),
    DIES("saveover", "permanent"),
    DIES("tiny2", "permanent"),
    DIES("mail2", "permanent"),
    DIES("over", "confirm"),
    DIES("tiny2", "revert"),
    DIES("tiny2", "journal-foreign"),
    DIES("saveblind", "revert"),
    DIES("option", "revert"),
    DIES("savetwin", "restage"),
    DIES("save2", "downgrade"),
    DIES("save2", "floor"),
    BY_HAND("tiny1", "second", 1, 1),
    BY_HAND("save1", "second", 1, 1),
    BY_HAND("save2", "revert", 1, 1),
    BY_HAND("savemail2", "revert", 1, 1),
    BY_HAND("savetwin", "revert", 1, 1),
    BY_HAND("tiny2", "confirm", 1, 1),
    BY_HAND("over", "permanent", 1, 1),
    BY_HAND("save2", "revert", 0, 2),
    BY_HAND("save1", "retry", 0, 2),
    BY_HAND("savetwin", "counter", 0, 2),
    DIES("blind", "revert"),
    CUT("mail3", EXPLORE_FIXED, 1, NULL),
    CUT("twin", EXPLORE_FIXED, 1, NULL),
    CUT("small1", EXPLORE_FIXED, 1, NULL),
    CUT("small1", EXPLORE_LOOSE, 1, "confirm"),
    CUT("small1", EXPLORE_LOOSE, 1, "revert"),
    CUT("mail4", EXPLORE_FIXED, 1, NULL),
    CUT("offset", EXPLORE_FIXED, 1, NULL),
    CUT("over", EXPLORE_FIXED, 1, NULL),
    CUT("unit1", EXPLORE_FIXED, 1, "confirm"),
    CUT("unit8", EXPLORE_FIXED, 1, "revert"),
    CUT("unit16", EXPLORE_FIXED, 1, "again"),
    CUT("tiny3", EXPLORE_FIXED, 2, "revert"),
    CUT("tiny1", EXPLORE_LOOSE, 1, NULL),
    CUT("mail1", EXPLORE_LOOSE, 1, NULL),
    CUT("tiny1", EXPLORE_LOOSE, 2, "confirm"),
    CUT("tiny1", EXPLORE_LOOSE, 2, "revert"),
    CLOSED("tiny1", EXPLORE_FIXED, EXPLORE_ANY, 8000),
    CLOSED("mail1", EXPLORE_FIXED, EXPLORE_ANY, 4000),
    CLOSED("tiny1", EXPLORE_LOOSE, 2, 16000),
    LIVES("mail3", EXPLORE_FIXED, 6, 2000),
    LIVES("small2", EXPLORE_FIXED, 6, 1000),
    LIVES("tiny1", EXPLORE_LOOSE, 2, 4000),
    CUT("unit128", EXPLORE_FIXED, 1, "confirm"),
    CUT("unit512", EXPLORE_FIXED, 1, "revert"),
    CUT("blind", EXPLORE_FIXED, 1, "again"),
    CUT("mailtwin", EXPLORE_FIXED, 1, NULL),
    CUT("needmailtwin", EXPLORE_FIXED, 1, "restage"),
    CUT("wolf1", EXPLORE_FIXED, 1, NULL),
    CUT("wolf1", EXPLORE_LOOSE, 1, "revert"),
    CUT("wolf2", EXPLORE_FIXED, 1, "confirm"),
    CUT("wolf3", EXPLORE_LOOSE, 1, "revert"),
    CUT("wolfhome", EXPLORE_FIXED, 1, "again"),
    CUT("wolfout", EXPLORE_FIXED, 1, "confirm"),
    CUT("save2", EXPLORE_FIXED, 1, NULL),
    CUT("savemail2", EXPLORE_FIXED, 1, "revert"),
};

/* Lives that only a larger campaign would find: the other chip comes off in mid-update, and what
 * larger campaigns did find. */
static const struct {
    const char *product, *trace;
} traces[] = {
    { "tiny1", "stage2 test@1:loose boot[1] permanent[1]@2:loose boot[1,1] stage2[1,1] boot[0,0]" },
    { "tiny1", "stage2 test boot@1:loose boot[0]@1:loose boot[1,1]@6:loose boot[1,1] boot[0]" },
    /* a page of primary whose mark was cut goes bad: another image cannot be had over it */
    { "saveover",
      "stage2 test boot@23:before boot!4:0.5888:worn confirm boot boot stage3 test boot" },
    /* a mixture of bits, on a part whose blank pages cannot be read, in a page that goes bad */
    { "saveblind", "stage2 test boot@31:mix:4:0 boot!11:0.3072:worn boot boot boot boot boot boot "
                   "boot boot boot boot boot boot boot" },
    /* before the first step's erase */
    { "mail2", "stage2 test boot@19:before dead boot well boot" },
    { "mail2", "stage2 test boot@19:before absent boot well boot" },
};

struct sum {
    uint64_t states, cuts, boots;
};

static void add(struct sum *sum, const struct explore_result *r)
{
    sum->states += r->states;
    sum->cuts += r->cuts;
    sum->boots += r->boots;
}

static bool tell(const char *product, const struct explore_result *r, const struct sum *sum)
{
    char text[EXPLORE_STEP_TEXT];

    printf("%s: law \"%s\" broken after %" PRIu64 " states, %" PRIu64 " cuts: %s\n", product,
           explore_law_name(r->law), sum->states, sum->cuts, r->how);
    printf("bulkhead sim replay %s", product);
    for (unsigned i = 0; i < r->n_trace; i++) {
        explore_step_write(&r->trace[i], text);
        printf(" '%s'", text);
    }
    printf("\n");
    return true;
}

static bool run(struct explore_task *task, struct sum *sum)
{
    static struct explore_result r;
    const char *why;

    if (!explore_run(task, &r, &why)) {
        printf("%s: %s\n", task->product->name, why);
        return true;
    }
    add(sum, &r);
    return r.violation && tell(task->product->name, &r, sum);
}

/* True: something was found. */
static bool find(const struct pick *pick, struct sum *sum)
{
    struct explore_task task = { .product = explore_product_named(pick->product),
                                 .mode = pick->mode,
                                 .flash = pick->flash,
                                 .cuts = pick->cuts,
                                 .seed = 1,
                                 .lives = pick->bound,
                                 .max_states = pick->mode == EXPLORE_CLOSURE ? pick->bound : 0,
                                 .deaths = pick->deaths,
                                 .hands = pick->hands,
                                 .sparse = pick->sparse,
                                 .n_shards = 1 };

    if (pick->mode != EXPLORE_SWEEP)
        return run(&task, sum);
    for (unsigned i = 0; i < n_explore_scenarios; i++) {
        task.scenario = &explore_scenarios[i];
        if (pick->scenario && strcmp(pick->scenario, task.scenario->name) != 0)
            continue;
        if (!explore_scenario_needs(task.scenario, task.product) && run(&task, sum))
            return true;
    }
    return false;
}

static bool find_in_trace(const char *product, const char *trace, struct sum *sum)
{
    struct explore_task task = { .product = explore_product_named(product),
                                 .mode = EXPLORE_RANDOM,
                                 .flash = strchr(trace, '[') ? EXPLORE_LOOSE : EXPLORE_FIXED,
                                 .n_shards = 1 };
    static struct explore_step step[EXPLORE_TRACE_MAX];
    static struct explore_result r;
    const char *why, *end;
    unsigned n = 0;

    for (; *trace; trace = *end ? end + 1 : end) {
        end = strchr(trace, ' ') ? strchr(trace, ' ') : trace + strlen(trace);
        why = explore_step_read(trace, (size_t)(end - trace), &step[n++]);
        if (why) {
            printf("%s: %s\n", trace, why);
            return true;
        }
    }
    if (!explore_replay(&task, step, n, NULL, &r, &why)) {
        printf("%s: %s\n", product, why);
        return true;
    }
    add(sum, &r);
    return r.violation && tell(product, &r, sum);
}

/* sparing: a third of it, for builds that are slow. soonest: what there is of this product comes
 * first, and is not done twice. */
static bool find_any(struct sum *sum, bool sparing, const char *soonest)
{
    for (int pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < sizeof traces / sizeof traces[0]; i++)
            if ((strcmp(traces[i].product, soonest) == 0) == (pass == 0) &&
                find_in_trace(traces[i].product, traces[i].trace, sum))
                return true;
        for (unsigned i = 0; i < sizeof picks / sizeof picks[0]; i++)
            if ((strcmp(picks[i].product, soonest) == 0) == (pass == 0) && !(sparing && i % 3) &&
                find(&picks[i], sum))
                return true;
    }
    return false;
}

/* selection [sparing]             nothing may be found
 * selection mutant WHY [PRODUCT]  something must be, perhaps on this product */
int main(int argc, char **argv)
{
    bool planted = argc > 1 && strcmp(argv[1], "mutant") == 0;
    struct sum sum = { 0, 0, 0 };
    bool found;

    if (planted && argc > 2)
        printf("planted: %s\n", argv[2]);
    found = find_any(&sum, argc > 1 && strcmp(argv[1], "sparing") == 0,
                     planted && argc > 3 ? argv[3] : "");
    if (!found)
        printf("nothing found in %" PRIu64 " states, %" PRIu64 " cuts, %" PRIu64 " boots\n",
               sum.states, sum.cuts, sum.boots);
    return found == planted ? EXIT_SUCCESS : EXIT_FAILURE;
}
