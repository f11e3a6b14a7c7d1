/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead sim explore: every power cut there can be. */
#define _POSIX_C_SOURCE 200809L
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/product.h"
#include "cli/sim_proof.h"
#include "cli/sim_select.h"

/* Of a proof, unless --seconds says otherwise. */
#define PROOF_SECONDS 120u

struct explore {
    struct cli *cli;
    struct explore_task task;
    unsigned jobs;
    bool found;
    bool titled;
};

static void draw(void *context, const struct explore_progress *p)
{
    const struct explore *e = context;
    double rate = p->seconds > 0 ? (double)p->states / p->seconds : 0;

    fprintf(stderr, "\r%-12s %10" PRIu64 " states  %8.0f/s  %12" PRIu64 " cuts  depth %u  %.0f s",
            e->task.scenario ? e->task.scenario->name : "", p->states, rate, p->cuts, p->depth,
            p->seconds);
    if (p->done > 0.001)
        fprintf(stderr, "  %.0f %%, about %.0f s left", 100 * p->done,
                p->seconds * (1 - p->done) / p->done);
    else if (e->task.max_seconds > 0)
        fprintf(stderr, " of %.0f at most", e->task.max_seconds);
}

static const char *mode_text(enum explore_mode mode)
{
    return mode == EXPLORE_SWEEP ? "sweep" : mode == EXPLORE_CLOSURE ? "closure" : "random";
}

/* What there is to say of a task and its result, with or without a proof around it. */
static cJSON *to_json(const struct explore_task *t, const struct explore_result *r)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "product", t->product->name);
    cJSON_AddStringToObject(json, "mode", mode_text(t->mode));
    cJSON_AddStringToObject(json, "flash", t->flash == EXPLORE_LOOSE ? "loose" : "fixed");
    cJSON_AddStringToObject(json, "scenario", t->scenario ? t->scenario->name : "any");
    cJSON_AddNumberToObject(json, "depth", t->cuts == EXPLORE_ANY ? -1 : t->cuts);
    cJSON_AddNumberToObject(json, "shard", t->shard);
    cJSON_AddNumberToObject(json, "shards", t->n_shards);
    cJSON_AddNumberToObject(json, "states", (double)r->states);
    cJSON_AddNumberToObject(json, "cuts", (double)r->cuts);
    cJSON_AddNumberToObject(json, "boots", (double)r->boots);
    cJSON_AddNumberToObject(json, "deaths", (double)r->deaths);
    cJSON_AddNumberToObject(json, "hands", (double)r->hands);
    cJSON_AddNumberToObject(json, "longest", r->depth);
    cJSON_AddBoolToObject(json, "scaled", t->work_len != 0);
    cJSON_AddBoolToObject(json, "complete", r->complete);
    cJSON_AddNumberToObject(json, "seconds", r->seconds);
    cJSON_AddBoolToObject(json, "violation", r->violation);
    if (r->violation) {
        cJSON *trace = cJSON_CreateArray();

        for (unsigned i = 0; i < r->n_trace; i++) {
            char text[EXPLORE_STEP_TEXT];

            explore_step_write(&r->trace[i], text);
            cJSON_AddItemToArray(trace, cJSON_CreateString(text));
        }
        cJSON_AddStringToObject(json, "law", explore_law_name(r->law));
        cJSON_AddStringToObject(json, "how", r->how);
        cJSON_AddItemToObject(json, "trace", trace);
    }
    return json;
}

static int say_json(const struct explore *e, const struct explore_result *r)
{
    return cli_json_line(e->cli, to_json(&e->task, r));
}

static void say_violation(const struct explore *e, const struct explore_result *r)
{
    char words[200];

    printf("%slaw \"%s\" broken%s: %s\n", cli_paint(e->cli, CLI_RED), explore_law_name(r->law),
           cli_paint(e->cli, CLI_PLAIN), explore_law_text(r->law));
    for (unsigned i = 0; i < r->n_trace; i++) {
        explore_step_say(&r->trace[i], words, sizeof words);
        printf("  %2u. %s\n", i + 1, words);
    }
    printf("  then: %s\nto see every operation of it:\n  ", r->how);
    cli_sim_replay_line(e->cli, stdout, &e->task, r->trace, r->n_trace);
}

static void say_found(void *context, const struct explore_task *task,
                      const struct explore_result *r)
{
    struct explore *e = context;

    (void)task;
    if (cli_has(e->cli, "json"))
        say_json(e, r);
    else
        say_violation(e, r);
    fflush(stdout);
}

static int say(struct explore *e, const struct explore_result *r)
{
    if (cli_has(e->cli, "json"))
        return say_json(e, r);
    if (!e->titled)
        printf("%-12s %-16s %10s %12s %12s %8s  %s\n", "product", "scenario", "states", "cuts",
               "boots", "seconds", "");
    e->titled = true;
    printf("%-12s %-16s %10" PRIu64 " %12" PRIu64 " %12" PRIu64 " %8.1f  %s\n",
           e->task.product->name, e->task.scenario ? e->task.scenario->name : "any", r->states,
           r->cuts, r->boots, r->seconds,
           r->violation  ? "LAW BROKEN"
           : r->complete ? "clean"
                         : "clean so far: a bound was reached");
    if (r->violation && !e->task.found)
        say_violation(e, r);
    fflush(stdout);
    return HOST_OK;
}

static int one(struct explore *e)
{
    static struct explore_result r;
    const char *why;
    bool drawn = e->task.progress, ran = explore_run_jobs(&e->task, e->jobs, &r, &why);

    if (drawn)
        fprintf(stderr, "\r\033[K");
    if (!ran)
        return cli_fail(e->cli, HOST_BAD_LAYOUT, host_nowhere(),
                        "See 'bulkhead sim run' for the scenarios.", "%s: %s",
                        e->task.product->name, why);
    e->found = e->found || r.violation;
    return say(e, &r);
}

/* A sweep without --scenario is one of every scenario that fits the product. */
static int all(struct explore *e)
{
    int code = HOST_OK;

    if (e->task.mode != EXPLORE_SWEEP || e->task.scenario)
        return one(e);
    for (unsigned i = 0; !code && i < n_explore_scenarios; i++) {
        e->task.scenario = &explore_scenarios[i];
        if (!explore_scenario_needs(e->task.scenario, e->task.product))
            code = one(e);
    }
    return code;
}

/* --- a proof ------------------------------------------------------------------------------- */

static int row_to_json(const struct proof *p, const struct proof_row *row)
{
    const struct proof_part *part = row->part;
    const struct explore_task task = { .product = p->product,
                                       .mode = part->mode,
                                       .flash = part->flash,
                                       .scenario = row->scenario,
                                       .cuts = part->cuts,
                                       .n_shards = 1,
                                       .work_len =
                                           !part->whole && p->scaled ? p->scaled->work_len : 0 };
    cJSON *json = to_json(&task, &row->result);
    double covered = proof_covered(row);

    cJSON_AddStringToObject(json, "part", part->name);
    if (row->skipped)
        cJSON_AddStringToObject(json, "skipped", row->skipped);
    if (covered >= 0)
        cJSON_AddNumberToObject(json, "covered", covered);
    if (row->replay) {
        row->replay[strcspn(row->replay, "\n")] = 0;
        cJSON_AddStringToObject(json, "replay", row->replay);
    }
    return cli_json_line(p->cli, json);
}

static void say_part(const struct proof *p, const struct proof_row *row)
{
    if (row != p->rows && row[-1].part == row->part)
        return;
    printf("%s%s%s%s\n", cli_paint(p->cli, CLI_BOLD), row->part->title,
           !row->part->whole && p->scaled ? " (scaled down)" : "", cli_paint(p->cli, CLI_PLAIN));
}

int proof_say(const struct proof *p, const struct proof_row *row)
{
    const struct explore_result *r = &row->result;
    double covered = proof_covered(row);

    if (cli_has(p->cli, "json"))
        return row_to_json(p, row);
    say_part(p, row);
    if (row->skipped) {
        printf("  not looked at: %s\n", row->skipped);
        return HOST_OK;
    }
    printf("  %-16s %10" PRIu64 " states %12" PRIu64 " cuts %8.1f s  %s%s%s",
           row->scenario ? row->scenario->name : "any", r->states, r->cuts, r->seconds,
           cli_paint(p->cli, r->violation  ? CLI_RED
                             : r->complete ? CLI_GREEN
                                           : CLI_YELLOW),
           proof_verdict(row), cli_paint(p->cli, CLI_PLAIN));
    if (!r->violation && !r->complete && covered >= 0)
        printf(": %.0f %% of the cuts, then its time was over", 100 * covered);
    else if (!r->violation && !r->complete)
        printf(": its time was over");
    putchar('\n');
    if (r->violation)
        printf("    law \"%s\": %s\n    %s", explore_law_name(r->law), r->how, row->replay);
    fflush(stdout);
    return HOST_OK;
}

static void say_sum(const struct proof *p)
{
    if (cli_has(p->cli, "json"))
        return;
    printf("%s%s%s: %" PRIu64 " power cuts, %" PRIu64 " boots, %.0f s%s\n",
           cli_paint(p->cli, p->violation  ? CLI_RED
                             : p->complete ? CLI_GREEN
                                           : CLI_YELLOW),
           p->violation ? "A law was broken" : "No law was broken", cli_paint(p->cli, CLI_PLAIN),
           p->cuts, p->boots, p->took,
           p->complete ? ""
                       : "; parts were stopped by their time (--seconds 0: until all is done)");
}

/* An option that asks for a part of what can be explored, if one was given; or NULL. */
static const char *part_asked(const struct cli *cli)
{
    static const char *const parts[] = { "scenario", "depth",  "torn",   "deaths",
                                         "hands",    "sparse", "all",    "shard",
                                         "lenient",  "lives",  "states", "scaled" };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (cli_has(cli, parts[i]))
            return parts[i];
    return NULL;
}

/* A layout without any of them is proven. */
static bool wants_proof(const struct cli *cli)
{
    const char *mode = cli_value(cli, "mode");

    if (mode)
        return strcmp(mode, "proof") == 0;
    return !part_asked(cli) && (cli_names_layout(cli->operands[0]) || cli_has(cli, "report"));
}

/* A proof is all of it, and a report is of a proof. */
static int check_proof(struct cli *cli)
{
    const char *part = part_asked(cli);

    if (wants_proof(cli) && part)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Leave it out, or --mode proof.",
                        "--%s asks for a part, and a proof is all that is claimed", part);
    if (!wants_proof(cli) && cli_has(cli, "report"))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Leave out --report, or the other.",
                        "--report is of a whole proof, and --%s asks for a part of it",
                        part ? part : "mode");
    return HOST_OK;
}

static int prove(struct explore *e)
{
    const char *folder = cli_value(e->cli, "report");
    struct proof proof = { .cli = e->cli,
                           .product = e->task.product,
                           .jobs = e->jobs,
                           .seconds =
                               cli_has(e->cli, "seconds") ? e->task.max_seconds : PROOF_SECONDS,
                           .max_cuts = e->task.max_cuts,
                           .seed = e->task.seed };
    int code = folder ? proof_report_possible(&proof, folder) : HOST_OK;

    if (!code)
        code = proof_run(&proof);
    if (!code)
        say_sum(&proof);
    if (!code && folder)
        code = proof_report(&proof, folder);
    e->found = proof.violation;
    proof_free(&proof);
    return code;
}

/* --- options ------------------------------------------------------------------------------- */

static int read_depth(struct cli *cli, uint8_t *cuts)
{
    uint32_t n = EXPLORE_ANY;

    if (strcmp(cli_value(cli, "depth"), "any") != 0 && cli_u32(cli, "depth", &n))
        return HOST_BAD_INPUT;
    if (n > EXPLORE_ANY)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Use 1 to 254, or any.",
                        "%u cuts are too many", n);
    *cuts = (uint8_t)n;
    return HOST_OK;
}

static int read_shard(struct cli *cli, struct explore_task *task)
{
    const char *text = cli_value(cli, "shard");
    unsigned i = 1, n = 1;
    char rest;

    if (text && (sscanf(text, "%u/%u%c", &i, &n, &rest) != 2 || i == 0 || n == 0 || i > n))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                        "Write it as 1/4, 2/4, 3/4 and 4/4 for four parts.",
                        "option --shard: '%s' is not a part of a whole", text);
    task->shard = i - 1;
    task->n_shards = n;
    return HOST_OK;
}

static int read_options(struct explore *e)
{
    struct cli *cli = e->cli;
    struct explore_task *t = &e->task;
    const char *mode = cli_value(cli, "mode") ? cli_value(cli, "mode") : "sweep";
    uint32_t seed = 1, lives = 1000, states = 0, seconds = 0, jobs = 1, deaths = 0, hands = 0;
    uint32_t cuts = 0;
    int code = cli_sim_scenario(cli, cli_value(cli, "scenario"), &t->scenario);

    if (code || read_depth(cli, &t->cuts) || read_shard(cli, t) || cli_u32(cli, "seed", &seed) ||
        cli_u32(cli, "lives", &lives) || cli_u32(cli, "states", &states) ||
        cli_u32(cli, "seconds", &seconds) || cli_u32(cli, "jobs", &jobs) ||
        cli_u32(cli, "deaths", &deaths) || cli_u32(cli, "hands", &hands) ||
        cli_u32(cli, "cuts", &cuts))
        return HOST_BAD_INPUT;
    if (deaths > 1 || hands > 4)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Use --deaths 0 or 1, --hands 0 to 4.",
                        "%u pages gone bad and %u hands are too many for one life", deaths, hands);
    t->mode = strcmp(mode, "closure") == 0  ? EXPLORE_CLOSURE
              : strcmp(mode, "random") == 0 ? EXPLORE_RANDOM
                                            : EXPLORE_SWEEP;
    t->flash = strcmp(cli_value(cli, "torn"), "loose") == 0 ? EXPLORE_LOOSE : EXPLORE_FIXED;
    t->seed = seed;
    t->deaths = (uint8_t)deaths;
    t->hands = (uint8_t)hands;
    t->sparse = cli_has(cli, "sparse");
    if (cli_has(cli, "all")) {
        t->found = say_found;
        t->found_context = e;
    }
    t->lenient = cli_has(cli, "lenient");
    t->lives = lives;
    t->max_states = states;
    t->max_cuts = cuts;
    t->max_seconds = seconds;
    e->jobs = jobs ? jobs : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    if (!cli->quiet && !cli_has(cli, "json") && isatty(STDERR_FILENO)) {
        t->progress = draw;
        t->context = e;
    }
    if (t->found && (t->mode != EXPLORE_SWEEP || e->jobs > 1))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Leave out --all, --mode and --jobs.",
                        "--all is for sweeps by one process");
    if (t->scenario && t->mode != EXPLORE_SWEEP)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Leave out --scenario or --mode.",
                        "a scenario is for sweeps; in a %s the application does what it likes",
                        mode);
    if (t->scenario && explore_scenario_needs(t->scenario, t->product))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Take another product or scenario.",
                        "scenario '%s' needs %s", t->scenario->name,
                        explore_scenario_needs(t->scenario, t->product));
    return HOST_OK;
}

static int run(struct cli *cli)
{
    struct explore e = { .cli = cli };
    int code;

    e.task.product = cli_sim_product_or_select(cli, cli->operands[0]);
    if (!e.task.product)
        return cli->error.code;
    if (cli_select(cli))
        return cli_sim_select(cli);
    code = cli_has(cli, "scaled") ? cli_sim_scale(cli, &e.task) : HOST_OK;
    if (!code)
        code = read_options(&e);
    if (!code)
        code = check_proof(cli);
    if (!code)
        code = wants_proof(cli) ? prove(&e) : all(&e);
    return code ? code : e.found ? HOST_FAILED : HOST_OK;
}

const struct cli_command cmd_sim_explore = {
    .noun = "sim",
    .verb = "explore",
    .summary = "Cut the power at every operation, and check the device's promises",
    .description =
        "Runs the bootloader's own code on simulated flash, and cuts the power before, "
        "inside and after every flash operation of every act of the application and of "
        "every boot, and again in what follows. With --deaths and --hands pages go bad "
        "as well, and somebody writes into flash between two boots. What is checked is "
        "in docs/testing.md.\n\nA layout file gets a proof of all that is claimed. A "
        "large product is explored thoroughly in a smaller form, by a rule that "
        "docs/testing.md states, and in its own size with every single cut of an "
        "update and of its revert; if there is not time for all, the cuts are spread "
        "over them.\n\nWhere otadata chooses (plan 'select'), every life of otadata with up to two "
        "power cuts is gone through: by an application that uses Bulkhead's functions, "
        "by one of ESP-IDF's, and by both in turns. docs/select.md says what is "
        "promised. --seconds, --report and --json are for it, too.\n\nExit code 1 means "
        "that a law was broken. The shortest trace found is printed, with the command that "
        "found is printed, with the command that replays it.",
    .operands = (const struct cli_operand[]){ CLI_SIM_PRODUCT, { 0 } },
    .options =
        (const struct cli_option[]){
            { "mode", 'm', "proof|sweep|closure|random",
              "All that is claimed of a product; a scenario cut everywhere; all states that any "
              "application can reach (small products only); long random lives. Without it, proof "
              "for a layout file, and otherwise sweep",
              NULL, false, false },
            { "report", 0, "FOLDER",
              "Proof only: write report.html, a page to hand to an assessor, and junit.xml", NULL,
              false, false },
            CLI_SIM_SCENARIO("Sweep only this one; 'bulkhead sim run' lists them"),
            { "depth", 0, "CUTS", "Most power cuts in one life, 0 to 254, or any (closure only)",
              "1", false, false },
            { "torn", 0, "fixed|loose",
              "What a cut leaves is arbitrary but reads the same "
              "until erased, or reads differently at every boot, as an adversary likes",
              "fixed", false, false },
            { "deaths", 0, "N",
              "Sweep only: pages that go bad in one life, at any operation, 0 or 1", "0", false,
              false },
            { "hands", 0, "N",
              "Sweep only: times that somebody writes images or records into flash "
              "before a boot",
              "0", false, false },
            { "sparse", 0, NULL,
              "Sweep only: a few forms of cuts, and fewer moments at which a page "
              "goes bad",
              NULL, false, false },
            CLI_SIM_SCALED,
            { "all", 'a', NULL,
              "Sweep only: go on after a broken law, and show one life for each way in "
              "which a law is broken",
              NULL, false, false },
            { "lenient", 0, NULL,
              "Go on where only the journal is in danger (law last-word), to find "
              "out how many cuts it takes to lose something",
              NULL, false, false },
            { "seed", 0, "N", "Of the first random life; the next has the next", "1", false,
              false },
            { "lives", 0, "N", "Random lives", "1000", false, false },
            { "shard", 0, "I/N",
              "Do only part I of N: every Nth of the first cuts, or of the lives", NULL, false,
              false },
            { "jobs", 'j', "N", "Processes at once; 0: one for each core", "1", false, false },
            { "states", 0, "N", "Stop after so many states; 0: never", "0", false, false },
            { "cuts", 0, "N",
              "Stop after so many power cuts; 0: never. Of a proof: in each scenario of the product "
              "as it is",
              "0", false, false },
            { "seconds", 0, "N",
              "Stop after so many seconds; 0: never. Of a proof: about so many for all of it, "
              "without the option 120",
              NULL, false, false },
            CLI_JSON,
            { 0 },
        },
    .examples =
        (const struct cli_example[]){
            { "bulkhead sim explore lamp.layout.yml --report report --jobs 0",
              "All that is claimed of a product, as a page to hand on" },
            { "bulkhead sim explore stm32f407 --jobs 0", "Every single cut in every scenario" },
            { "bulkhead sim explore tiny1 --mode closure --depth any",
              "All states of a small product, with any number of cuts" },
            { "bulkhead sim explore tiny1 --mode closure --torn loose --depth 2",
              "The same against torn flash that reads differently at every boot" },
            { "bulkhead sim explore save2 --deaths 1 --depth 0 --all",
              "Every page that may go bad, at every operation, without a cut" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .says = CLI_SAYS(
        [HOST_FAILED] =
            "a law is broken, or something could not be done: a file, memory or permission"),
    .run = run,
};
