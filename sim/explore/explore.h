/* SPDX-License-Identifier: Apache-2.0 */
/* sim/explore/explore.h - every power cut there can be.
 *
 *     struct explore_task task = { .product = p, .mode = EXPLORE_SWEEP, .cuts = 1,
 *                                  .scenario = &explore_scenarios[0], .n_shards = 1 };
 *     struct explore_result r;
 *     if (explore_run(&task, &r, &why)) ... r.violation says whether a law was broken, and how
 *
 * Three ways to look for a broken law:
 *   SWEEP    a scenario, cut everywhere, and again everywhere in what follows, up to `cuts` times;
 *   CLOSURE  an application that may do anything it is allowed to: all states there are, with any
 *            number of cuts (cuts = EXPLORE_ANY) or up to `cuts`;
 *   RANDOM   long lives drawn from a seed, with nothing taken for equal.
 * In each, what a cut leaves reads the same until erased (FIXED), or as an adversary likes
 * at every boot (LOOSE). */
#ifndef BULKHEAD_EXPLORE_H
#define BULKHEAD_EXPLORE_H

#include "sim/explore/machine.h"

#define EXPLORE_ANY 0xFFu
#define EXPLORE_TRACE_MAX 160u
#define EXPLORE_ACTS_MAX 16u

struct explore_scenario {
    const char *name;
    const char *what;
    bool other_chip; /* only where secondary is on a chip of its own */
    bool counters;   /* images carry a security counter */
    struct explore_act act[EXPLORE_ACTS_MAX];
};
extern const struct explore_scenario explore_scenarios[];
extern const unsigned n_explore_scenarios;
const struct explore_scenario *explore_scenario_named(const char *name);
/* Why this product cannot play it, as the end of "scenario X needs ..."; NULL: it can. */
const char *explore_scenario_needs(const struct explore_scenario *s,
                                   const struct bh_product *product);

enum explore_mode { EXPLORE_SWEEP, EXPLORE_CLOSURE, EXPLORE_RANDOM };

/* Closures tell chunks by symbols, of which there are few. */
bool explore_can_close(const struct bh_product *product);

struct explore_progress {
    uint64_t states, cuts;
    unsigned depth;
    double seconds;
    double done; /* 0 to 1: how far a sweep of cuts is through the scenario; negative: not known */
};

struct explore_result;
struct explore_task {
    const struct bh_product *product;
    enum explore_mode mode;
    enum explore_flash flash;
    const struct explore_scenario *scenario; /* SWEEP */
    uint8_t cuts;
    uint8_t deaths; /* SWEEP: pages that go bad in one life, 0 or 1; and times that a hand writes */
    uint8_t hands;
    bool sparse;   /* SWEEP: fewer forms of cuts and fewer moments of deaths, for a selection */
    bool lenient;  /* do not stop where the journal is only in danger: find what it takes to lose */
    uint64_t seed; /* RANDOM: of the first life, then counted up */
    uint64_t lives;
    unsigned shard,
        n_shards;        /* of the first cuts, or of the lives, those with number % n = shard */
    uint64_t max_states; /* 0: no bound */
    uint64_t max_cuts;   /* the same */
    double max_seconds;
    uint32_t work_len; /* bytes lent to the core; 0: SIM_WORK_LEN */
    void (*progress)(void *context, const struct explore_progress *now); /* or NULL */
    void *context;
    /* Not NULL: go on after a broken law, and tell of each that is broken in another way. */
    void (*found)(void *context, const struct explore_task *task, const struct explore_result *r);
    void *found_context;
};

struct explore_result {
    uint64_t states; /* different ones that were lived on from */
    uint64_t cuts;  /* power cuts, each followed by a recovery, or found to lead to a known state */
    uint64_t boots; /* begun */
    uint64_t deaths, hands; /* pages gone bad; writings by hand; each followed to its end */
    unsigned depth;         /* longest trace */
    bool complete;          /* no bound was hit */
    double seconds;
    bool violation;
    enum explore_law law;
    char how[400];
    struct explore_step trace[EXPLORE_TRACE_MAX]; /* from the factory to the broken law */
    unsigned n_trace;
};

/* False: *why says what is wrong with the product. */
bool explore_run(const struct explore_task *task, struct explore_result *out, const char **why);

/* The same by several processes at once, each with a part of the first cuts. Results are put
 * together: sums, and the shortest trace that broke a law. */
bool explore_run_jobs(const struct explore_task *task, unsigned jobs, struct explore_result *out,
                      const char **why);

/* Who looks on while a trace is lived through; each may be NULL. */
struct explore_audience {
    void *context;
    void (*begin)(void *context, const struct explore_step *step);
    void (*event)(void *context, const struct sim_event *event);
    void (*end)(void *context, struct machine *m, const struct explore_step *step);
};
/* Live through a trace. Its cuts and readings are as it says. The result has the first law that
 * broke. */
bool explore_replay(const struct explore_task *task, const struct explore_step *trace, unsigned n,
                    const struct explore_audience *audience, struct explore_result *out,
                    const char **why);

#endif
