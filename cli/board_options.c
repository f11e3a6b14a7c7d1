/* SPDX-License-Identifier: Apache-2.0 */
/* The options of "bulkhead board run", also in a tool that cannot run it: what is said there is
 * why, and not that an option is unknown. */
#include "cli/device.h"

const struct cli_option cli_board_options[] = {
    CLI_DEVICE_FLASH,
    { "bootloader", 'b', "FILE", "First put this at the start of the internal flash", NULL, false,
      false },
    { "primary", 0, "FILE", "First put this image into the primary slot", NULL, false, false },
    { "staged", 0, "FILE", "First put this image where one is staged", NULL, false, false },
    { "put", 0, "FILE@PLACE",
      "First put this into a partition of the layout, or at an offset of the internal flash (of the "
      "other one: FILE@1:OFFSET), for bootloaders with another layout than the sample's",
      NULL, true, false },
    { "console", 0, "WHERE",
      "Have the console elsewhere, until an interrupt ends it: pty, pty:LINK or socket:PATH", NULL,
      false, false },
    { "low", 0, "PIN", "Hold this pin low, as the port numbers pins", NULL, true, false },
    { "instructions", 0, "N",
      "End after N instructions; without a terminal the default is 4000000000 since the "
      "program last asked for input",
      NULL, false, false },
    { "check", 0, NULL,
      "The program is a flash check (bulkhead_flash_check): exit with 4 if it does not pass", NULL,
      false, false },
    CLI_DEVICE_CUT,
    { "cut-instruction", 0, "N", "Cut the power before instruction N, counted from 1", NULL, false,
      false },
    CLI_JSON,
    { 0 }
};
