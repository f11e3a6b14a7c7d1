/* SPDX-License-Identifier: Apache-2.0 */
/* cli/boot_select.h - the boot commands of a product in which otadata chooses (plan: select), on a
 * flash image file. Each is about the layout that was loaded last. */
#ifndef CLI_BOOT_SELECT_H
#define CLI_BOOT_SELECT_H

#include "bulkhead/select.h"
#include "cli/cli.h"
#include "sim/flash.h"

int cli_boot_select(struct cli *cli);         /* "boot run" */
int cli_boot_select_status(struct cli *cli);  /* "boot status" */
int cli_boot_select_install(struct cli *cli); /* "boot install" */
int cli_boot_select_stage(struct cli *cli);   /* "boot stage" */

/* What only the board knows, at a boot: options of "boot run" and "boot status". */
#define CLI_BOOT_SELECT_INPUTS                                                                     \
    { "secure-version",                                                                            \
      0,                                                                                           \
      "N",                                                                                         \
      "Plan 'select' with anti_rollback: what the board's fuses say",                              \
      NULL,                                                                                        \
      false,                                                                                       \
      false },                                                                                     \
        { "factory-reset-pin",                                                                     \
          0,                                                                                       \
          NULL,                                                                                    \
          "Plan 'select': the factory-reset pin is held",                                          \
          NULL,                                                                                    \
          false,                                                                                   \
          false },                                                                                 \
    {                                                                                              \
        "test-pin", 0, NULL, "Plan 'select': the test pin is held", NULL, false, false             \
    }
/* Their values. */
int cli_boot_select_inputs(struct cli *cli, struct bh_select_inputs *out);
/* Refuses them where there are slot pairs. */
int cli_boot_no_select_inputs(struct cli *cli);

/* The product on a simulated flash. */
struct cli_select_device {
    struct bh_select product; /* on the simulated flash */
    struct sim_flash chip;
    struct sim_power power;
    struct bh_work work;
    bool dry; /* what is done is forgotten */
    uint8_t memory[4096];
};

/* NULL: the error was shown. */
struct cli_select_device *cli_select_open(struct cli *cli, enum sim_file how);
void cli_select_close(struct cli_select_device *d);

#endif
