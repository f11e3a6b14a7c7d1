/* SPDX-License-Identifier: Apache-2.0 */
/* cli/sim.h - what the sim commands share. */
#ifndef CLI_SIM_H
#define CLI_SIM_H

#include "cli/cli.h"
#include "sim/explore/explore.h"

#define CLI_SIM_PRODUCT                                                                            \
    {                                                                                              \
        "LAYOUT",                                                                                  \
            "Layout file, a sample's name, or one of the explorer's small products: tiny1, "       \
            "mail2, ...",                                                                          \
            false, false                                                                           \
    }
#define CLI_SIM_SCENARIO(text)                                                                     \
    {                                                                                              \
        "scenario", 0, "NAME", text, NULL, false, false                                            \
    }

#define CLI_SIM_SCALED                                                                             \
    {                                                                                              \
        "scaled", 0, NULL, "Take the product scaled down, as docs/testing.md says", NULL, false,   \
            false                                                                                  \
    }

/* By name or layout file. NULL: cli->error.code says why, and the error is shown. */
const struct bh_product *cli_sim_product(struct cli *cli, const char *name);
/* The same, and a layout in which otadata chooses, too: what it has is cli_select(). */
const struct bh_product *cli_sim_product_or_select(struct cli *cli, const char *name);
/* The product of the operand, scaled down if --scaled is given, into the task. HOST_OK, or the
 * error is shown. */
int cli_sim_take(struct cli *cli, struct explore_task *task);
/* The same product scaled down. It is there until the program ends. */
int cli_sim_scale(struct cli *cli, struct explore_task *task);
/* The scenario given with --scenario; NULL and HOST_OK: none was. */
int cli_sim_scenario(struct cli *cli, const char *name, const struct explore_scenario **out);

/* Live through a trace and show it: each boot, each flash operation, each law. */
int cli_sim_play(struct cli *cli, const struct explore_task *task, const struct explore_step *trace,
                 unsigned n);

/* The command that replays a violation, in one line on out. */
void cli_sim_replay_line(const struct cli *cli, FILE *out, const struct explore_task *task,
                         const struct explore_step *trace, unsigned n);

#endif
