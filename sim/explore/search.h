/* SPDX-License-Identifier: Apache-2.0 */
/* sim/explore/search.h - what the ways to search share. */
#ifndef BULKHEAD_EXPLORE_SEARCH_H
#define BULKHEAD_EXPLORE_SEARCH_H

#include "sim/explore/explore.h"
#include "sim/explore/seen.h"

struct search {
    const struct explore_task *task;
    struct explore_result *out;
    struct machine m;
    struct spec spec;
    struct seen seen;
    struct explore_step trace[EXPLORE_TRACE_MAX];
    unsigned n_trace;
    uint64_t first_cuts; /* counted for sharding */
    uint64_t ops,
        ops_all; /* of the scenario without a cut: done, and all of them; 0: not counted */
    double began, told;
    bool stop;
    struct seen ways; /* ways in which laws were broken, where the task goes on */
};

/* The ways: from the factory's state, until done or x->stop. */
void explore_sweep(struct search *x);
void explore_closure(struct search *x);
void explore_random(struct search *x);

/* The cuts to be tried at an operation; 0 ends. The i-th, into *cut (at is left alone). */
bool search_cut(const struct search *x, const struct machine_op *op, unsigned i,
                struct sim_cut *cut);
/* Perform an act, in which a page may go bad (NULL: none does). */
bool search_perform(struct search *x, struct explore_act act, const struct explore_death *death);
/* The power was cut in an act. */
void search_was_cut(struct search *x, struct explore_act act);
/* The act just performed came to its end: judge it. False: a law is broken. */
bool search_judge(struct search *x, struct explore_act act, bool scenario_over);
/* Write down the violation with the present trace, and stop. */
void search_report(struct search *x);
/* The last step of the trace, with the readings of the act that runs or ran. */
void search_note(struct search *x, struct explore_act act, const struct sim_cut *cut);
/* One more state: bounds and progress. */
void search_count(struct search *x);
uint64_t search_key(struct search *x, uint64_t more);

/* wake.c: what is owed after a page went bad or a hand wrote. */
void wake_begin(struct search *x, struct explore_act act); /* before it happens; act runs then */
void wake_death(struct search *x, struct explore_act act, const struct explore_death *death);
uint8_t wake_wanted(const struct search *x); /* images that a boot may put together: bit i */
void wake_hand(struct search *x, struct explore_act act); /* after this act of a hand */
void wake_cut(struct search *x, struct explore_act act);
/* As search_judge(). scenario_over: only boots are left, and the epilogue. */
bool wake_judge(struct search *x, struct explore_act act, bool scenario_over);
/* The next act, where the scenario has this one. */
struct explore_act wake_act(const struct search *x, struct explore_act scenario,
                            bool scenario_over);
bool wake_over(const struct search *x);

#endif
