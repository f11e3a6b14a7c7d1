/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead boot install: the programmer at the factory. Writes image files, so it checks the image
 * first: a device leaves the factory able to start. */
#include <cjson/cJSON.h>

#include "cli/device.h"
#include "cli/image.h"

/* Would the product start it? */
static int check(struct cli *cli, struct cli_device *d, const struct host_bytes *image)
{
    const struct bh_pair *pair = &d->world.pairs[0];
    struct bh_verified verified;
    struct cli_view view;

    if (image->len > pair->image_max)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(cli->operands[1]),
                        "Make it smaller, or the slot larger.",
                        "image of %zu bytes is larger than the %u bytes the slot can take",
                        image->len, pair->image_max);
    cli_view(image, &view);
    if (cli_has(cli, "force") ||
        bh_verify(&d->world.product.policy, &view.view, pair->image_max, 0, &d->world.work, &verified) ==
            BH_VERDICT_GOOD)
        return HOST_OK;
    return cli_fail(cli, HOST_VERIFY, host_in(cli->operands[1]),
                    "Sign it with a key of the product ('bulkhead image sign'), name the key with "
                    "--key, or install it all the same with --force.",
                    "%s would refuse this image: %s", d->product.name,
                    bh_reason_text(verified.reason));
}

static int run(struct cli *cli)
{
    struct host_bytes image;
    struct cli_device d;
    int code;

    if (cli_read_image(cli, cli->operands[1], &image))
        return cli->error.code;
    code = cli_device_open(cli, &d, SIM_FILE_CREATE);
    if (code)
        goto free_image;
    code = check(cli, &d, &image);
    if (!code) {
        for (uint8_t i = 0; i < d.world.n_chips; i++)
            sim_flash_blank(&d.world.chip[i]);
        sim_world_install(&d.world, 0, image.data, (uint32_t)image.len);
        cli_note(cli, "%s: all flash erased, %s is in the primary slot", d.product.name,
                 cli->operands[1]);
    }
    cli_device_close(&d);
free_image:
    host_bytes_free(&image);
    return code;
}

const struct cli_command cmd_boot_install = {
    .noun = "boot",
    .verb = "install",
    .summary = "Make a new device: erased flash with an image in the primary slot",
    .description = "Creates the flash image files, or erases the ones that are there, and puts the "
                   "image where a factory would.",
    .operands = (const struct cli_operand[]){ CLI_DEVICE_OPERAND,
                                              { "IMAGE", "Signed image", false, false },
                                              { 0 } },
    .options = (const struct cli_option[]){ CLI_DEVICE_FLASH,
                                            CLI_DEVICE_KEY,
                                            { "force", 0, NULL, "Install an image that the product "
                                              "would refuse", NULL, false, false },
                                            { 0 } },
    .examples = (const struct cli_example[]){
        { "bulkhead boot install stm32f407 v1.signed.bin --flash device.bin", "A new device" },
        { 0 } },
    .exits = CLI_EXITS(HOST_VERIFY) | CLI_EXITS(HOST_DEVICE),
    .run = run,
};
