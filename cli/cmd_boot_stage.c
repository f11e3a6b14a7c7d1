/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead boot stage: what an application does with an image it received. */
#include <cjson/cJSON.h>

#include "cli/boot_select.h"
#include "cli/device.h"
#include "cli/image.h"
#include "cli/product.h"

static int result(struct cli *cli, struct cli_device *d, const struct host_bytes *image, bool ended)
{
    char work[80];
    int code;

    if (d->world.err == BH_ERR_TOO_BIG)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(cli->operands[1]),
                        "Make it smaller, or the slot larger.",
                        "image of %zu bytes is larger than the %u bytes the slot can take",
                        image->len, d->world.pairs[0].image_max);
    code = cli_device_result(cli, d, ended, "stage");
    if (code)
        return code;
    if (cli_has(cli, "json")) {
        cJSON *json = cJSON_CreateObject();

        cJSON_AddNumberToObject(json, "bytes", (double)image->len);
        cli_device_json(cli, json, d, ended);
        return cli_json(cli, json);
    }
    cli_device_work(d, work);
    if (ended)
        printf("%sstaged %zu bytes in the secondary slot; %s\n", d->dry ? "would have " : "",
               image->len, work);
    return HOST_OK;
}

static int run(struct cli *cli)
{
    struct host_bytes image;
    struct cli_device d;
    int code;

    if (!cli_product_or_select(cli, cli->operands[0]))
        return cli->error.code;
    if (cli_select(cli))
        return cli_boot_select_stage(cli);
    if (cli_read_image(cli, cli->operands[1], &image))
        return cli->error.code;
    code = cli_device_open_to_act(cli, &d);
    if (!code) {
        bool ended = sim_world_stage(&d.world, 0, image.data, (uint32_t)image.len);

        code = result(cli, &d, &image, ended);
        cli_device_close(&d);
    }
    host_bytes_free(&image);
    return code;
}

const struct cli_command cmd_boot_stage = {
    .noun = "boot",
    .verb = "stage",
    .summary = "As the application: write an image to the secondary slot",
    .description = "Only the size is checked: the bootloader verifies what it is asked to "
                   "install. Refused while an update, a trial or a revert needs the slot.\n\n"
                   "Where otadata chooses (plan: select) it goes to the slot after the one that "
                   "the next boot would start, as ESP-IDF's applications do it; 'bulkhead ota "
                   "switch' chooses it.",
    .operands = (const struct cli_operand[]){ CLI_DEVICE_OPERAND,
                                              { "IMAGE", "Image to stage", false, false },
                                              { 0 } },
    .options =
        (const struct cli_option[]){
            CLI_DEVICE_FLASH, CLI_DEVICE_KEY, CLI_DEVICE_CUT, CLI_DRY_RUN, CLI_JSON, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead boot stage stm32f407 v2.signed.bin --flash device.bin", "Stage version 2" },
            { 0 } },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT) | CLI_EXITS(HOST_DEVICE),
    .run = run,
};
