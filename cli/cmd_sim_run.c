/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead sim run: a scenario without cuts, step by step. */
#include "cli/sim.h"

static int list(void)
{
    for (unsigned i = 0; i < n_explore_scenarios; i++)
        printf("%-16s %s\n", explore_scenarios[i].name, explore_scenarios[i].what);
    return HOST_OK;
}

static int run(struct cli *cli)
{
    struct explore_task task = { .mode = EXPLORE_SWEEP, .n_shards = 1 };
    struct explore_step step[EXPLORE_ACTS_MAX] = { 0 };
    unsigned n = 0;
    int code;

    code = cli_sim_take(cli, &task);
    if (code)
        return code;
    if (cli->n_operands < 2)
        return list();
    code = cli_sim_scenario(cli, cli->operands[1], &task.scenario);
    if (code)
        return code;
    if (explore_scenario_needs(task.scenario, task.product))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Take another product or scenario.",
                        "scenario '%s' needs %s", task.scenario->name,
                        explore_scenario_needs(task.scenario, task.product));
    while (n < EXPLORE_ACTS_MAX && task.scenario->act[n].kind != ACT_END) {
        step[n].act = task.scenario->act[n];
        n++;
    }
    return cli_sim_play(cli, &task, step, n);
}

const struct cli_command cmd_sim_run = {
    .noun = "sim",
    .verb = "run",
    .summary = "Live through a scenario without a power cut, and show each flash operation",
    .description = "Without SCENARIO, the scenarios are listed.",
    .operands =
        (const struct cli_operand[]){
            CLI_SIM_PRODUCT,
            { "SCENARIO", "What happens: confirm, revert, permanent, ...", true, false },
            { 0 },
        },
    .options =
        (const struct cli_option[]){
            { "dump", 0, "FILE", "Write the flash at the end; give it once for each device", NULL,
              true, false },
            CLI_SIM_SCALED,
            CLI_FORCE,
            CLI_JSON,
            { 0 },
        },
    .examples =
        (const struct cli_example[]){
            { "bulkhead sim run tiny2 revert", "An update that is never confirmed" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .says = CLI_SAYS(
        [HOST_FAILED] =
            "a law is broken, or something could not be done: a file, memory or permission"),
    .run = run,
};
