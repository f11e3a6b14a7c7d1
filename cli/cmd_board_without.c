/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead board run and prove, in a tool that was built without Unicorn. */
#include "cli/cli.h"
#include "cli/device.h"
#include "cli/values.h"

const char *cli_board_name(size_t i, const void *context)
{
    (void)i, (void)context;
    return NULL;
}

static int run(struct cli *cli)
{
    return cli_fail(cli, HOST_FAILED, host_nowhere(),
                    "Install libunicorn-dev and build the tool again, or use one of its packages.",
                    "this tool was built without the board emulator");
}

const struct cli_command cmd_board_prove = {
    .noun = "board",
    .verb = "prove",
    .summary = "Prove a bootloader's binary on an emulated board (not in this build)",
    .operands = (const struct cli_operand[]){ { "LAYOUT", "Layout file", true, true }, { 0 } },
    .hidden = true,
    .run = run,
};

const struct cli_command cmd_board_run = {
    .noun = "board",
    .verb = "run",
    .summary = "Run a bootloader's binary on an emulated board (not in this build)",
    .operands = (const struct cli_operand[]){ { "LAYOUT", "Layout file", true, true }, { 0 } },
    .options = cli_board_options,
    .hidden = true,
    .run = run,
};
