/* SPDX-License-Identifier: Apache-2.0 */
/* The lists from which completion, checks and suggestions take the values of an operand. */
#include "cli/values.h"

#include <string.h>

#include "host/chips/chips.h"
#include "host/reasons.h"

const char *cli_reason_name(size_t i, const void *context)
{
    (void)context;
    return host_reasons[i].name;
}

const char *cli_chip_name(size_t i, const void *context)
{
    (void)context;
    return chip_at(i) ? chip_at(i)->name : NULL;
}

cli_next_name *cli_values_named(const struct cli_command *c, const char *name)
{
    bool sim = strcmp(c->noun, "sim") == 0;

    if (strcmp(name, "LAYOUT") == 0)
        return sim                             ? cli_sim_product_name
               : strcmp(c->noun, "board") == 0 ? cli_board_name
                                               : cli_product_name;
    if (strcmp(name, "CHIP") == 0)
        return cli_chip_name;
    if (strcmp(name, "CODE") == 0)
        return cli_reason_name;
    return sim && strcmp(name, "NAME") == 0 ? cli_sim_scenario_name : NULL;
}
