/* SPDX-License-Identifier: Apache-2.0 */
/* Several processes, each with its part of the first cuts. A part writes to its pipe how far it is,
 * and in the end its result. */
#define _POSIX_C_SOURCE 200809L
#include "explore.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/inner.h"

#define JOBS_MAX 64u

struct message {
    bool last;
    struct explore_progress now;
    struct explore_result result; /* of the last one */
};

struct job {
    pid_t pid;
    int pipe; /* -1: done */
    struct message heard;
};

static bool put(int fd, const void *data, size_t len)
{
    const char *p = data;

    while (len) {
        ssize_t n = write(fd, p, len);

        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

static bool get(int fd, void *data, size_t len)
{
    char *p = data;

    while (len) {
        ssize_t n = read(fd, p, len);

        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

static void report(void *context, const struct explore_progress *now)
{
    struct message m = { .last = false, .now = *now };

    put(*(int *)context, &m, sizeof m);
}

static _Noreturn void work(const struct explore_task *task, unsigned part, unsigned parts, int fd)
{
    struct explore_task mine = *task;
    static struct message m;
    const char *why;

    mine.shard = task->shard + task->n_shards * part;
    mine.n_shards = task->n_shards * parts;
    mine.progress = report;
    mine.context = &fd;
    m.last = explore_run(&mine, &m.result, &why);
    _exit(m.last && put(fd, &m, sizeof m) ? 0 : 1);
}

static bool start(struct job *job, const struct explore_task *task, unsigned part, unsigned parts)
{
    int ends[2];

    if (pipe(ends))
        return false;
    job->pid = fork();
    if (job->pid == 0) {
        close(ends[0]);
        work(task, part, parts, ends[1]);
    }
    close(ends[1]);
    job->pipe = ends[0];
    return job->pid > 0;
}

static void show(const struct explore_task *task, const struct job *job, unsigned jobs)
{
    struct explore_progress sum = { 0, 0, 0, 0 };

    for (unsigned i = 0; i < jobs; i++) {
        sum.states += job[i].heard.now.states;
        sum.cuts += job[i].heard.now.cuts;
        if (job[i].heard.now.depth > sum.depth)
            sum.depth = job[i].heard.now.depth;
        if (job[i].heard.now.seconds > sum.seconds)
            sum.seconds = job[i].heard.now.seconds;
    }
    if (task->progress)
        task->progress(task->context, &sum);
}

static void listen(const struct explore_task *task, struct job *job, unsigned jobs)
{
    unsigned left = jobs;

    while (left) {
        struct pollfd ready[JOBS_MAX];

        for (unsigned i = 0; i < jobs; i++)
            ready[i] = (struct pollfd){ .fd = job[i].pipe, .events = POLLIN };
        if (poll(ready, jobs, -1) < 0)
            continue;
        for (unsigned i = 0; i < jobs; i++) {
            if (job[i].pipe < 0 || !ready[i].revents)
                continue;
            if (get(job[i].pipe, &job[i].heard, sizeof job[i].heard) && !job[i].heard.last)
                continue;
            close(job[i].pipe);
            job[i].pipe = -1;
            left--;
        }
        show(task, job, jobs);
    }
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
    struct job *job;
    bool well = true;

    if (jobs <= 1)
        return explore_run(task, out, why);
    if (jobs > JOBS_MAX)
        jobs = JOBS_MAX;
    memset(out, 0, sizeof *out);
    out->complete = true;
    *why = "a process of the explorer could not be started, or died";
    job = sim_grow(NULL, jobs, sizeof *job);
    memset(job, 0, jobs * sizeof *job);
    for (unsigned i = 0; i < jobs; i++)
        well = start(&job[i], task, i, jobs) && well;
    listen(task, job, jobs);
    for (unsigned i = 0; i < jobs; i++) {
        int status = 1;

        well = waitpid(job[i].pid, &status, 0) == job[i].pid && status == 0 && well;
        add(out, &job[i].heard.result);
    }
    free(job);
    return well;
}
