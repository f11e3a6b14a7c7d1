/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead device list: the images in a device's slots. */
#include <cjson/cJSON.h>

#include "cli/remote.h"

static int run(struct cli *cli)
{
    struct smp_client c;
    int code = cli_remote_open(cli, &c);

    if (!code)
        code = cli_remote_ask(cli, &c, BH_SMP_READ, BH_SMP_IMAGE, BH_SMP_IMAGE_STATE, NULL);
    if (!code)
        code = cli_remote_show(cli, &c);
    smp_close(&c);
    return code;
}

const struct cli_command cmd_device_list = {
    .noun = "device",
    .verb = "list",
    .summary = "List the images in a device's slots",
    .description = "Of a device whose bootloader is in recovery, or whose application has an SMP "
                   "server. Slot 0 is the primary one.",
    .options = (const struct cli_option[]){ CLI_REMOTE_OPTIONS, CLI_JSON, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead device list --port /dev/ttyACM0", "Versions, hashes and states" }, { 0 } },
    .exits = CLI_EXITS(HOST_DEVICE),
    .run = run,
};
