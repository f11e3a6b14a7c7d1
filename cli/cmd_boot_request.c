/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead boot request: the application asks for the staged image. */
#include <cjson/cJSON.h>
#include <string.h>

#include "cli/device.h"

static int run(struct cli *cli)
{
    bool permanent = strcmp(cli->operands[1], "permanent") == 0;
    struct cli_device d;
    bool ended;
    int code;

    code = cli_device_open_to_act(cli, &d);
    if (code)
        return code;
    ended = sim_world_request(&d.world, 1, permanent ? BH_REQUEST_PERMANENT : BH_REQUEST_TEST);
    code = cli_device_result(cli, &d, ended, "request");
    if (!code && cli_has(cli, "json")) {
        cJSON *json = cJSON_CreateObject();

        cJSON_AddStringToObject(json, "request", cli->operands[1]);
        cli_device_json(cli, json, &d, ended);
        code = cli_json(cli, json);
    } else if (!code && ended) {
        printf("%srequested: the next boot installs the staged image %s, if it verifies\n",
               d.dry ? "would have " : "", permanent ? "for good" : "on trial");
    }
    cli_device_close(&d);
    return code;
}

const struct cli_command cmd_boot_request = {
    .noun = "boot",
    .verb = "request",
    .summary = "As the application: ask for the staged image at the next boot",
    .operands =
        (const struct cli_operand[]){
            CLI_DEVICE_OPERAND,
            { "test|permanent", "On trial, reverted unless confirmed; or for good", false, false },
            { 0 } },
    .options =
        (const struct cli_option[]){
            CLI_DEVICE_FLASH, CLI_DEVICE_KEY, CLI_DEVICE_CUT, CLI_DRY_RUN, CLI_JSON, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead boot request stm32f407 test --flash device.bin", "Try the staged image" },
            { 0 } },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT) | CLI_EXITS(HOST_DEVICE),
    .run = run,
};
