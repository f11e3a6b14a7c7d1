/* SPDX-License-Identifier: Apache-2.0 */
/* Several processes, each with its part of the first cuts. A part tells how far it is, and in the
 * end its result. */
#include "explore.h"

#include <stdlib.h>
#include <string.h>

#include "host/system.h"
#include "sim/inner.h"

struct message {
    bool last;
    struct explore_progress now;
    struct explore_result result; /* of the last one */
};

struct jobs {
    const struct explore_task *task;
    unsigned n;
    struct message *heard; /* of each part, what it said last */
};

static void report(void *context, const struct explore_progress *now)
{
    struct message m = { .last = false, .now = *now };

    host_part_say(*(int *)context, &m, sizeof m);
}

static bool work(void *context, unsigned part, int say)
{
    const struct jobs *jobs = context;
    struct explore_task mine = *jobs->task;
    static struct message m;
    const char *why;

    mine.shard = jobs->task->shard + jobs->task->n_shards * part;
    mine.n_shards = jobs->task->n_shards * jobs->n;
    mine.progress = report;
    mine.context = &say;
    m.last = explore_run(&mine, &m.result, &why);
    return m.last && host_part_say(say, &m, sizeof m);
}

static void show(const struct jobs *jobs)
{
    struct explore_progress sum = { .done = 1 };

    for (unsigned i = 0; i < jobs->n; i++) {
        const struct explore_progress *now = &jobs->heard[i].now;

        sum.states += now->states;
        sum.cuts += now->cuts;
        if (now->depth > sum.depth)
            sum.depth = now->depth;
        if (now->seconds > sum.seconds)
            sum.seconds = now->seconds;
        if (now->done < sum.done) /* the slowest; negative: one of them does not know */
            sum.done = now->done;
    }
    if (jobs->task->progress)
        jobs->task->progress(jobs->task->context, &sum);
}

static void hear(void *context, unsigned part, const void *message)
{
    struct jobs *jobs = context;

    memcpy(&jobs->heard[part], message, sizeof *jobs->heard);
    show(jobs);
}

static void add(struct explore_result *sum, const struct explore_result *r)
{
    bool shorter = r->violation && (!sum->violation || r->n_trace < sum->n_trace);

    sum->states += r->states;
    sum->cuts += r->cuts;
    sum->boots += r->boots;
    sum->deaths += r->deaths;
    sum->hands += r->hands;
    sum->complete = sum->complete && r->complete;
    if (r->depth > sum->depth)
        sum->depth = r->depth;
    if (r->seconds > sum->seconds)
        sum->seconds = r->seconds;
    if (!shorter)
        return;
    sum->violation = true;
    sum->law = r->law;
    memcpy(sum->how, r->how, sizeof sum->how);
    memcpy(sum->trace, r->trace, sizeof sum->trace);
    sum->n_trace = r->n_trace;
}

bool explore_run_jobs(const struct explore_task *task, unsigned jobs, struct explore_result *out,
                      const char **why)
{
    struct jobs all = { .task = task, .n = jobs > HOST_PARTS_MAX ? HOST_PARTS_MAX : jobs };
    struct host_parts parts = { work, hear, &all, sizeof *all.heard };
    bool well;

    if (jobs <= 1)
        return explore_run(task, out, why);
    memset(out, 0, sizeof *out);
    out->complete = true;
    *why = "a process of the explorer could not be started, or died";
    all.heard = sim_grow(NULL, all.n, sizeof *all.heard);
    memset(all.heard, 0, all.n * sizeof *all.heard);
    well = host_parts_run(&parts, all.n);
    for (unsigned i = 0; i < all.n; i++)
        add(out, &all.heard[i].result);
    free(all.heard);
    return well;
}
