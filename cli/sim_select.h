/* SPDX-License-Identifier: Apache-2.0 */
/* cli/sim_select.h - what is explored of a product in which otadata chooses (plan: select): every
 * life of its otadata with up to two power cuts, by Bulkhead's application side and by
 * ESP-IDF's. */
#ifndef CLI_SIM_SELECT_H
#define CLI_SIM_SELECT_H

#include "cli/cli.h"

/* Of the layout that was loaded last: rows, and with --report the page. HOST_FAILED: something is
 * broken, or the files could not be written. */
int cli_sim_select(struct cli *cli);

#endif
