/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead device confirm: ask a device to keep an image for good. */
#include "cli/remote.h"

static int run(struct cli *cli)
{
    return cli_remote_set_state(cli, true);
}

const struct cli_command cmd_device_confirm = {
    .noun = "device",
    .verb = "confirm",
    .summary = "Ask a device to keep an image for good",
    .description =
        "The image is named by its hash, as 'device list' shows it. Without one it is the "
        "image that was uploaded last, or what else the server makes of it.",
    .operands =
        (const struct cli_operand[]){ { "HASH", "Hash of the image, in hexadecimal", true, false },
                                      { 0 } },
    .options = (const struct cli_option[]){ CLI_REMOTE_OPTIONS, CLI_JSON, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead device confirm --port /dev/ttyACM0", "For good, without a trial" }, { 0 } },
    .exits = CLI_EXITS(HOST_DEVICE),
    .run = run,
};
