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
    double began, told;
    bool stop;
};

/* The ways: from the factory's state, until done or x->stop. */
void explore_sweep(struct search *x);
void explore_closure(struct search *x);
void explore_random(struct search *x);

/* The cuts to be tried at an operation; 0 ends. The i-th, into *cut (at is left alone). */
bool search_cut(const struct search *x, const struct machine_op *op, unsigned i,
                struct sim_cut *cut);
/* The act just performed came to its end: judge it. False: a law is broken. */
bool search_judge(struct search *x, struct explore_act act);
/* Write down the violation with the present trace, and stop. */
void search_report(struct search *x);
/* The last step of the trace, with the readings of the act that runs or ran. */
void search_note(struct search *x, struct explore_act act, const struct sim_cut *cut);
/* One more state: bounds and progress. */
void search_count(struct search *x);
uint64_t search_key(struct search *x, uint64_t more);

#endif
