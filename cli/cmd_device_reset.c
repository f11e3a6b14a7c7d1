/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead device reset: have a device start again. */
#include <cjson/cJSON.h>

#include "cli/remote.h"

static int run(struct cli *cli)
{
    struct smp_client c;
    int code = cli_remote_open(cli, &c);

    if (!code)
        code = cli_remote_ask(cli, &c, BH_SMP_WRITE, BH_SMP_OS, BH_SMP_OS_RESET, NULL);
    smp_close(&c);
    if (!code && cli_has(cli, "json"))
        code = cli_json(cli, cJSON_CreateObject());
    else if (!code)
        cli_note(cli, "the device resets");
    return code;
}

const struct cli_command cmd_device_reset = {
    .noun = "device",
    .verb = "reset",
    .summary = "Reset a device: it installs what it was asked for, and starts",
    .options = (const struct cli_option[]){ CLI_REMOTE_OPTIONS, CLI_JSON, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead device reset --port /dev/ttyACM0", "Out of recovery" }, { 0 } },
    .exits = CLI_EXITS(HOST_DEVICE),
    .run = run,
};
