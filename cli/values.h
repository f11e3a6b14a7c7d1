/* SPDX-License-Identifier: Apache-2.0 */
/* cli/values.h - names on a command line: what a LAYOUT, a CHIP, a CODE can be. */
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include "cli/cli.h"

/* One name after the other, NULL ends; as host_near() takes them. */
typedef const char *cli_next_name(size_t i, const void *context);

/* Those of an operand or option value that a command's table calls so; NULL: they are
 * not listed. */
cli_next_name *cli_values_named(const struct cli_command *command, const char *name);

cli_next_name cli_product_name;      /* sample products */
cli_next_name cli_sim_product_name;  /* and those of the explorer */
cli_next_name cli_sim_scenario_name; /* of the explorer */
cli_next_name cli_board_name;        /* emulated boards; none in a tool without them */
cli_next_name cli_reason_name;
cli_next_name cli_chip_name;

#endif
