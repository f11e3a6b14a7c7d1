/* SPDX-License-Identifier: Apache-2.0 */
/* cli/boot_select.h - a boot of a product in which otadata chooses, on a flash image file. */
#ifndef CLI_BOOT_SELECT_H
#define CLI_BOOT_SELECT_H

#include "cli/cli.h"

/* "boot run" of the layout that was loaded last, whose plan is select. */
int cli_boot_select(struct cli *cli);

#endif
