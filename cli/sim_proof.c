/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a proof, and the time that each gets: what one does not use, the later ones have. */
#define _POSIX_C_SOURCE 200809L
#include "cli/sim_proof.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim/inner.h"

#define PASSES 32u /* of a whole product that is large; a power of two */
#define LIVES 1000u

#define ANY EXPLORE_ANY
const struct proof_part proof_parts[] = {
    { "cuts", "Every single power cut, in every scenario", "--depth 1", EXPLORE_SWEEP,
      EXPLORE_FIXED, 1, 0, 0, false, false, false, NULL, 30 },
    { "pairs", "Every pair of power cuts, in every scenario", "--depth 2", EXPLORE_SWEEP,
      EXPLORE_FIXED, 2, 0, 0, false, false, false, NULL, 20 },
    { "unstable", "Every power cut, where torn flash reads differently at every boot",
      "--depth 1 --torn loose", EXPLORE_SWEEP, EXPLORE_LOOSE, 1, 0, 0, false, false, false, NULL,
      16 },
    { "any", "Any number of power cuts, and an application that does what it likes",
      "--mode closure --depth any", EXPLORE_CLOSURE, EXPLORE_FIXED, ANY, 0, 0, false, false, false,
      NULL, 12 },
    { "lives", "Long random lives with up to 254 power cuts", "--mode random --depth 254",
      EXPLORE_RANDOM, EXPLORE_FIXED, 254, 0, 0, false, false, false, NULL, 4 },
    { "pages", "Every page that goes bad for good, at every operation", "--depth 0 --deaths 1",
      EXPLORE_SWEEP, EXPLORE_FIXED, 0, 1, 0, false, false, true, NULL, 16 },
    { "hands", "Every image and impossible record that somebody writes, and every power cut",
      "--depth 1 --hands 1 --sparse", EXPLORE_SWEEP, EXPLORE_FIXED, 1, 0, 1, true, false, true,
      " confirm revert permanent ", 10 },
    { "whole-update", "The product as it is: every single power cut of an update", "--depth 1",
      EXPLORE_SWEEP, EXPLORE_FIXED, 1, 0, 0, false, true, false, " confirm ", 30 },
    { "whole-revert", "The product as it is: every single power cut of an update and its revert",
      "--depth 1", EXPLORE_SWEEP, EXPLORE_FIXED, 1, 0, 0, false, true, false, " revert ", 30 },
    { "whole-lives", "The product as it is: long random lives with up to 254 power cuts",
      "--mode random --depth 254", EXPLORE_RANDOM, EXPLORE_FIXED, 254, 0, 0, false, true, false,
      NULL, 6 },
};
const unsigned n_proof_parts = sizeof proof_parts / sizeof proof_parts[0];

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- the rows ------------------------------------------------------------------------------ */

static struct proof_row *add(struct proof *p, const struct proof_part *part,
                             const struct explore_scenario *scenario)
{
    struct proof_row *row = &p->rows[p->n];

    if (p->n == PROOF_ROWS_MAX)
        sim_die("a proof with more rows than there is room for");
    p->n++;
    row->part = part;
    row->scenario = scenario;
    row->passes = 1;
    return row;
}

static bool listed(const char *list, const char *name)
{
    char word[64];

    snprintf(word, sizeof word, " %s ", name);
    return !list || strstr(list, word);
}

static const struct bh_product *product_of(const struct proof *p, const struct proof_part *part)
{
    return !part->whole && p->scaled ? &p->scaled->product : p->product;
}

static const char *why_not(const struct proof *p, const struct proof_part *part)
{
    if (part->rescue && !p->product->rescue)
        return "the product has no rescue part (rescue: yes), of which alone this is claimed";
    if (part->whole && !p->scaled && !p->not_scaled)
        return "the product is small: the parts above are of the product as it is";
    if (!part->whole && p->not_scaled)
        return p->not_scaled;
    if (part->mode == EXPLORE_CLOSURE && !explore_can_close(product_of(p, part)))
        return "its slots have too many chunks of different pages to close all states";
    return NULL;
}

static void add_part(struct proof *p, const struct proof_part *part)
{
    const char *why = why_not(p, part);

    if (why || part->mode != EXPLORE_SWEEP) {
        add(p, part, NULL)->skipped = why;
        return;
    }
    for (unsigned i = 0; i < n_explore_scenarios; i++)
        if (listed(part->scenarios, explore_scenarios[i].name) &&
            !explore_scenario_needs(&explore_scenarios[i], p->product)) {
            struct proof_row *row = add(p, part, &explore_scenarios[i]);

            if (part->whole && explore_is_large(p->product))
                row->passes = PASSES;
        }
}

/* --- running ------------------------------------------------------------------------------- */

struct run {
    struct proof *p;
    struct proof_row *row;
    double began;
};

static void put_time(char text[32], double seconds)
{
    unsigned s = (unsigned)(seconds + 0.5);

    if (s < 60)
        snprintf(text, 32, "%u s", s);
    else
        snprintf(text, 32, "%u:%02u min", s / 60, s % 60);
}

/* How far the row is, counted over its passes, and how long the rest takes: never longer than it is
 * given. */
static void draw(void *context, const struct explore_progress *now_at)
{
    const struct run *run = context;
    const struct proof_row *row = run->row;
    double spent = now() - run->began;
    double done = now_at->done < 0 ? -1 : (row->passes_done + now_at->done) / row->passes;
    double left = done > 0.001 ? spent * (1 - done) / done : -1;
    char text[32];

    if (row->budget > 0 && (left < 0 || left > row->budget - spent))
        left = row->budget > spent ? row->budget - spent : 0;
    fprintf(stderr, "\r\033[K[%u/%u] %-12s %-15s %10" PRIu64 " cuts",
            (unsigned)(row - run->p->rows) + 1, run->p->n, row->part->name,
            row->scenario ? row->scenario->name : "any", row->result.cuts + now_at->cuts);
    if (done >= 0)
        fprintf(stderr, "  %3.0f %%", 100 * done);
    if (left >= 0) {
        put_time(text, left);
        fprintf(stderr, "  about %s left", text);
    }
}

static void add_result(struct explore_result *sum, const struct explore_result *r)
{
    uint64_t states = sum->states, cuts = sum->cuts, boots = sum->boots;
    uint64_t deaths = sum->deaths, hands = sum->hands;
    double seconds = sum->seconds;
    unsigned depth = sum->depth;
    bool complete = sum->complete;

    if (r->violation && !sum->violation)
        *sum = *r;
    sum->states = states + r->states;
    sum->cuts = cuts + r->cuts;
    sum->boots = boots + r->boots;
    sum->deaths = deaths + r->deaths;
    sum->hands = hands + r->hands;
    sum->seconds = seconds + r->seconds;
    sum->depth = r->depth > depth ? r->depth : depth;
    sum->complete = complete && r->complete;
}

static struct explore_task task_of(const struct run *run)
{
    const struct proof *p = run->p;
    const struct proof_part *part = run->row->part;
    struct explore_task task = { .product = product_of(p, part),
                                 .mode = part->mode,
                                 .flash = part->flash,
                                 .scenario = run->row->scenario,
                                 .cuts = part->cuts,
                                 .deaths = part->deaths,
                                 .hands = part->hands,
                                 .sparse = part->sparse,
                                 .seed = p->seed,
                                 .lives = LIVES,
                                 .n_shards = run->row->passes };

    if (!part->whole && p->scaled)
        task.work_len = p->scaled->work_len;
    if (!p->cli->quiet && !cli_has(p->cli, "json") && isatty(STDERR_FILENO)) {
        task.progress = draw;
        task.context = (void *)run;
    }
    return task;
}

static void keep_replay(struct proof *p, struct proof_row *row, const struct explore_task *task)
{
    size_t size;
    FILE *out = open_memstream(&row->replay, &size);

    if (!out)
        sim_die("out of memory");
    cli_sim_replay_line(p->cli, out, task, row->result.trace, row->result.n_trace);
    fclose(out);
}

/* The i-th of n passes, in an order that spreads what a bound skips: the bits of i the other
 * way round. */
static unsigned pass(unsigned i, unsigned n)
{
    unsigned at = 0;

    for (unsigned bit = 1; bit < n; bit *= 2)
        at = 2 * at + !!(i & bit);
    return at;
}

static int run_passes(struct run *run)
{
    static struct explore_result r;
    struct proof_row *row = run->row;
    struct explore_task task = task_of(run);
    const char *why;

    row->result.complete = true;
    for (unsigned i = 0; i < row->passes && !row->result.violation; i++) {
        double left = row->budget - (now() - run->began);

        if (row->budget > 0 && left < 0.05) {
            row->result.complete = false;
            break;
        }
        task.shard = pass(i, row->passes);
        task.max_seconds = row->budget > 0 ? left : 0;
        if (run->p->max_cuts && row->part->whole)
            task.max_cuts = run->p->max_cuts / row->passes + 1;
        if (!explore_run_jobs(&task, run->p->jobs, &r, &why))
            return cli_fail(run->p->cli, HOST_BAD_LAYOUT, host_nowhere(), NULL, "%s: %s",
                            task.product->name, why);
        add_result(&row->result, &r);
        row->passes_done += r.complete;
    }
    if (row->result.violation)
        keep_replay(run->p, row, &task);
    return HOST_OK;
}

static void count(struct proof *p, const struct proof_row *row)
{
    const struct explore_result *r = &row->result;

    p->states += r->states;
    p->cuts += r->cuts;
    p->boots += r->boots;
    p->deaths += r->deaths;
    p->hands += r->hands;
    p->violation = p->violation || r->violation;
    p->complete = p->complete && (row->skipped || r->complete);
}

static double rest_weight(const struct proof *p, unsigned from)
{
    double sum = 0;

    for (unsigned i = from; i < p->n; i++) {
        const struct proof_part *part = p->rows[i].part;
        unsigned same = 0;

        for (unsigned k = 0; k < p->n; k++)
            same += p->rows[k].part == part;
        sum += p->rows[i].skipped ? 0 : (double)part->weight / same;
    }
    return sum;
}

static int run_row(struct proof *p, unsigned i, double began)
{
    struct run run = { p, &p->rows[i], now() };
    double mine = rest_weight(p, i) - rest_weight(p, i + 1), left = p->seconds - (now() - began);
    int code;

    if (run.row->skipped)
        return HOST_OK;
    if (p->seconds > 0)
        run.row->budget = left > 0 ? left * mine / rest_weight(p, i) : 0.05;
    code = run_passes(&run);
    if (!p->cli->quiet && !cli_has(p->cli, "json") && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    return code;
}

int proof_run(struct proof *p)
{
    double began = now();
    int code = HOST_OK;

    p->rows = sim_grow(NULL, PROOF_ROWS_MAX, sizeof *p->rows);
    memset(p->rows, 0, PROOF_ROWS_MAX * sizeof *p->rows);
    p->complete = true;
    if (explore_is_large(p->product))
        p->scaled = explore_scale(p->product, &explore_scale_usual, &p->not_scaled);
    for (unsigned i = 0; i < n_proof_parts; i++)
        add_part(p, &proof_parts[i]);
    for (unsigned i = 0; i < p->n && !code; i++) {
        code = run_row(p, i, began);
        if (!code) {
            count(p, &p->rows[i]);
            code = proof_say(p, &p->rows[i]);
        }
    }
    p->took = now() - began;
    return code;
}

void proof_free(struct proof *p)
{
    for (unsigned i = 0; i < p->n; i++)
        free(p->rows[i].replay);
    free(p->rows);
    explore_scale_free(p->scaled);
}

const char *proof_verdict(const struct proof_row *row)
{
    if (row->skipped)
        return "not looked at";
    return row->result.violation ? "LAW BROKEN" : row->result.complete ? "clean" : "clean so far";
}

double proof_covered(const struct proof_row *row)
{
    if (row->skipped)
        return 0;
    if (row->result.complete)
        return 1;
    return row->passes > 1 ? (double)row->passes_done / row->passes : -1;
}
