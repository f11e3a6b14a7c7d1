/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead device test: ask a device to try an image at its next start. */
#include "cli/remote.h"

static int run(struct cli *cli)
{
    return cli_remote_set_state(cli, false);
}

const struct cli_command cmd_device_test = {
    .noun = "device",
    .verb = "test",
    .summary = "Ask a device to try an image at its next start",
    .description =
        "The image is named by its hash, as 'device list' shows it. Without one it is the "
        "image that was uploaded last, or what else the server makes of it.",
    .operands =
        (const struct cli_operand[]){ { "HASH", "Hash of the image, in hexadecimal", true, false },
                                      { 0 } },
    .options = (const struct cli_option[]){ CLI_REMOTE_OPTIONS, CLI_JSON, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead device test --port /dev/ttyACM0",
              "On trial: an image that does not confirm itself is reverted" },
            { 0 } },
    .exits = CLI_EXITS(HOST_DEVICE),
    .run = run,
};
