/* SPDX-License-Identifier: Apache-2.0 */
/* sim/select/closure.h - every life of a device with otadata, up to a number of acts and of power
 * cuts: all that is done to the flash is done in all orders, by Bulkhead's application side and by
 * ESP-IDF's, cut before, inside and after every operation, torn in every form, stable or reading
 * anew at each boot.
 *
 *     const struct closure how = { .name = "in turns", .unit = 1, .trial_boots = 1, .slots = 3,
 *                                  .factory = true, .ours = true, .theirs = true,
 *                                  .acts = 7, .cuts = 2 };
 *     struct closure_result r;
 *
 *     closure_explore(&how, &r);
 *     if (r.broken) ... r.how says what was done, and what started */
#ifndef BULKHEAD_SIM_SELECT_CLOSURE_H
#define BULKHEAD_SIM_SELECT_CLOSURE_H

#include <stdbool.h>
#include <stdint.h>

#define CLOSURE_ACTS_MAX 16u
#define CLOSURE_HOW_LEN 4096u

/* What is explored. The choice depends on these alone of a product with rollback: where the
 * applications are, and how long, changes nothing. */
struct closure {
    const char *name;
    uint8_t unit;        /* bytes; 1: they may be programmed again, as NOR flash's */
    uint8_t trial_boots; /* 1 to BH_SELECT_TRIAL_MAX */
    uint8_t slots;       /* 2 to DEVICE_SLOTS_MAX */
    bool factory;        /* there is a factory application */
    bool ours, theirs;   /* applications: by bulkhead/select.h, and as ESP-IDF's; at least one */
    bool unstable;       /* a torn unit reads differently at each boot, in six ways */
    unsigned acts;       /* of a life, 1 to CLOSURE_ACTS_MAX */
    unsigned cuts;       /* at most so many of them are cut */
    double max_seconds;  /* 0: no bound */
};

struct closure_result {
    uint64_t acts, cuts; /* that were done, and how many of them were cut */
    uint64_t boots;      /* of the acts */
    uint64_t states;     /* different ones that were lived on from */
    uint64_t compared;   /* cuts that were made in two ways, with one result */
    double seconds;
    bool complete;             /* false: stopped by its time, or as something is broken */
    bool broken;               /* what started, or what was done, is explained by no case */
    char how[CLOSURE_HOW_LEN]; /* then: the life, line by line */
};

void closure_explore(const struct closure *how, struct closure_result *out);

#endif
