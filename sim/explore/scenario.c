/* SPDX-License-Identifier: Apache-2.0 */
/* The scenarios: lists of acts that a device lives through. */
#include "explore.h"
#include "sim/image.h"

#include <string.h>

/* clang-format off */
#define BOOT { .kind = ACT_BOOT }
#define STAGE(v) { .kind = ACT_STAGE, .version = v }
#define BAD(v) { .kind = ACT_STAGE_BAD, .version = v }
#define TEST { .kind = ACT_TEST }
#define FOR_GOOD { .kind = ACT_PERMANENT }
#define CONFIRM { .kind = ACT_CONFIRM }
#define DEAD { .kind = ACT_DEAD }
#define ABSENT { .kind = ACT_ABSENT }
#define BABBLE { .kind = ACT_BABBLE }
#define WELL { .kind = ACT_WELL }
#define FOREIGN { .kind = ACT_FOREIGN }
#define HALF { .kind = ACT_HALF }

const struct explore_scenario explore_scenarios[] = {
    { "confirm", "update on trial, confirmed", false, false,
      { STAGE(2), TEST, BOOT, CONFIRM, BOOT } },
    { "revert", "update on trial, never confirmed", false, false, { STAGE(2), TEST, BOOT, BOOT } },
    { "permanent", "update for good", false, false, { STAGE(2), FOR_GOOD, BOOT, BOOT } },
    { "again", "reverted, then staged and asked for again, and confirmed", false, false,
      { STAGE(2), TEST, BOOT, BOOT, STAGE(3), TEST, BOOT, CONFIRM, BOOT } },
    { "retry", "reverted, then asked for again without being staged again", false, false,
      { STAGE(2), TEST, BOOT, BOOT, TEST, BOOT, CONFIRM, BOOT } },
    { "second", "two updates in a row", false, true,
      { STAGE(2), TEST, BOOT, CONFIRM, BOOT, STAGE(3), TEST, BOOT, CONFIRM, BOOT } },
    { "at-once", "confirmed, and the next update asked for in the same power-up", false, true,
      { STAGE(2), TEST, BOOT, CONFIRM, STAGE(3), TEST, BOOT, CONFIRM, BOOT } },
    { "restage", "another image is staged while a request waits", false, false,
      { STAGE(2), TEST, STAGE(3), TEST, BOOT, CONFIRM, BOOT } },
    { "invalid", "the staged image is damaged", false, false, { BAD(2), TEST, BOOT, BOOT } },
    { "downgrade", "an older image is staged after an update", false, false,
      { STAGE(2), TEST, BOOT, CONFIRM, BOOT, STAGE(1), TEST, BOOT, BOOT } },
    { "floor", "an image with a lower security counter is staged after an update", false, true,
      { STAGE(2), TEST, BOOT, CONFIRM, BOOT, STAGE(1), TEST, BOOT, BOOT } },
    { "counter", "a trial with a higher security counter is reverted", false, true,
      { STAGE(2), TEST, BOOT, BOOT, BOOT } },
    { "journal-foreign", "the journal is lost to foreign bytes", false, false,
      { FOREIGN, BOOT, STAGE(2), TEST, BOOT, CONFIRM, BOOT } },
    { "journal-half", "the journal is half erased", false, false,
      { HALF, BOOT, STAGE(2), TEST, BOOT, BOOT } },
    { "dead", "the other chip dies with a request waiting", true, false,
      { STAGE(2), TEST, DEAD, BOOT, BOOT, WELL, BOOT } },
    { "absent", "the other chip comes off", true, false,
      { STAGE(2), TEST, ABSENT, BOOT, BOOT, WELL, BOOT } },
    { "babble", "the other chip answers noise", true, false,
      { STAGE(2), TEST, BABBLE, BOOT, BOOT, WELL, BOOT } },
};
/* clang-format on */
const unsigned n_explore_scenarios = sizeof explore_scenarios / sizeof explore_scenarios[0];

const struct explore_scenario *explore_scenario_named(const char *name)
{
    for (unsigned i = 0; i < n_explore_scenarios; i++)
        if (strcmp(explore_scenarios[i].name, name) == 0)
            return &explore_scenarios[i];
    return NULL;
}

const char *explore_scenario_needs(const struct explore_scenario *s,
                                   const struct bh_product *product)
{
    if (s->counters && sim_image_wolfboot(&product->policy))
        return "images with a security counter, and wolfBoot's have none";
    if (s->other_chip && product->pairs[0].secondary.flash == product->pairs[0].primary.flash)
        return "a secondary slot on another chip, as nrf52840 and mail2 have it";
    return NULL;
}
