/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead sim replay: a trace, step by step. */
#include <string.h>

#include "cli/sim.h"

static bool loose(const struct explore_step *step)
{
    return step->n_readings || step->cut.unstable;
}

static int run(struct cli *cli)
{
    static struct explore_step step[EXPLORE_TRACE_MAX];
    struct explore_task task = { .mode = EXPLORE_CLOSURE, .n_shards = 1 };
    unsigned n = 0;
    int code;

    code = cli_sim_take(cli, &task);
    if (code)
        return code;
    code = cli_sim_scenario(cli, cli_value(cli, "scenario"), &task.scenario);
    if (code)
        return code;
    if (task.scenario)
        task.mode = EXPLORE_SWEEP;
    if (strcmp(cli_value(cli, "torn"), "loose") == 0)
        task.flash = EXPLORE_LOOSE;
    for (const char **text = cli->operands + 1; *text; text++) {
        const char *wrong = n < EXPLORE_TRACE_MAX
                                ? explore_step_read(*text, strlen(*text), &step[n++])
                                : "is one step too many";

        if (wrong)
            return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                            "See 'bulkhead sim replay --help'.", "step %u, '%s': %s", n, *text,
                            wrong);
        if (loose(&step[n - 1]))
            task.flash = EXPLORE_LOOSE;
    }
    return cli_sim_play(cli, &task, step, n);
}

const struct cli_command cmd_sim_replay = {
    .noun = "sim",
    .verb = "replay",
    .summary = "Live through a trace, and show each boot and each flash operation",
    .description =
        "A trace begins at the factory: version 1 runs, the journal is new. Its steps are boot, "
        "stageN, stagebadN, test, permanent, confirm, dead, absent, babble, well, foreign, half; and "
        "what a hand does: primaryN, stagedN, backupN write image N there (1 to 3 have that version, "
        "4 is another one of version 2, 5 has version 0), with .first, .last or .half only a part of "
        "it; forgeN appends an impossible record to the journal. stage2.1, test.0, primary3.1 are of "
        "one pair alone.\n\n"
        "After a step, !OPERATION:CHIP.OFFSET:DECAY makes a page go bad as that operation begins "
        "(0: before the step): worn, spoilt, unreadable, faded, gone. [..] says how torn flash reads in it, and @OPERATION:FORM where the power "
        "is cut and what that leaves: before, after, loose, none, all, prefix, suffix, mix, one, "
        "butone, blank, garbage, fault, with :SEED:PULSE where it matters.\n\n"
        "'bulkhead sim explore' prints such a command for every law it finds broken. Exit code 1 "
        "means that a law is broken.",
    .operands =
        (const struct cli_operand[]){
            CLI_SIM_PRODUCT,
            { "STEP", "Steps of the trace", false, true },
            { 0 },
        },
    .options =
        (const struct cli_option[]){
            CLI_SIM_SCENARIO("Images and rules of this scenario: security counters, no downgrade"),
            { "torn", 0, "fixed|loose",
              "Torn flash reads the same until erased, or as the trace "
              "says at every boot; without it, what the trace needs",
              "fixed", false, false },
            { "dump", 0, "FILE", "Write the flash at the end; give it once for each device", NULL,
              true, false },
            CLI_SIM_SCALED,
            CLI_FORCE,
            CLI_JSON,
            { 0 },
        },
    .examples =
        (const struct cli_example[]){
            { "bulkhead sim replay tiny2 stage2 test boot@12:mix boot confirm boot",
              "An update that is cut in its twelfth flash operation" },
            { "bulkhead sim replay tiny2 stage2 test boot!12:0.6144:worn boot boot",
              "The page at 0x1800 of chip 0 can no longer be written from operation 12 on" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .says = CLI_SAYS(
        [HOST_FAILED] =
            "a law is broken, or something could not be done: a file, memory or permission"),
    .run = run,
};
