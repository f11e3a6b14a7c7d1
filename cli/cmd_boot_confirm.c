/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead boot confirm: the application keeps the image it is. */
#include <cjson/cJSON.h>

#include "cli/device.h"

static int run(struct cli *cli)
{
    struct cli_device d;
    bool ended;
    int code;

    code = cli_device_open_to_act(cli, &d);
    if (code)
        return code;
    ended = sim_world_confirm(&d.world);
    code = cli_device_result(cli, &d, ended, "confirm");
    if (!code && cli_has(cli, "json")) {
        cJSON *json = cJSON_CreateObject();

        cli_device_json(cli, json, &d, ended);
        code = cli_json(cli, json);
    } else if (!code && ended) {
        if (d.world.power.ops)
            printf("%sconfirmed: the running image stays\n", d.dry ? "would have " : "");
        else
            puts("nothing to confirm: no trial is going on, or it is confirmed already");
    }
    cli_device_close(&d);
    return code;
}

const struct cli_command cmd_boot_confirm = {
    .noun = "boot",
    .verb = "confirm",
    .summary = "As the application: keep the running image",
    .operands = (const struct cli_operand[]){ CLI_DEVICE_OPERAND, { 0 } },
    .options =
        (const struct cli_option[]){
            CLI_DEVICE_FLASH, CLI_DEVICE_KEY, CLI_DEVICE_CUT, CLI_DRY_RUN, CLI_JSON, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead boot confirm stm32f407 --flash device.bin", "Keep version 2" }, { 0 } },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT) | CLI_EXITS(HOST_DEVICE),
    .run = run,
};
