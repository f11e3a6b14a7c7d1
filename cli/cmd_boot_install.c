/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead boot install: the programmer at the factory. Writes image files, so it checks the image
 * first: a device leaves the factory able to start. */
#include <unistd.h>

#include "cli/boot_select.h"
#include "cli/device.h"
#include "cli/image.h"
#include "cli/product.h"
#include "host/form.h"

/* Would the product start it? */
static int check_image(struct cli *cli, const struct cli_device *d, const struct host_bytes *image)
{
    const struct bh_pair *pair = &d->product.pairs[0];
    static uint8_t memory[CLI_VERIFY_MEMORY];
    struct bh_work work = { memory, sizeof memory };
    struct bh_verified verified;
    struct cli_view view;
    char hint[512];

    if (image->len > pair->image_max)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(cli->operands[1]),
                        "Make it smaller, or the slot larger.",
                        "image of %zu bytes is larger than the %u bytes the slot can take",
                        image->len, pair->image_max);
    cli_view(image, &view);
    if (cli_has(cli, "any-image") || bh_verify(&d->product.policy, &view.view, (uint32_t)image->len,
                                               0, &work, &verified) == BH_VERDICT_GOOD)
        return HOST_OK;
    if (verified.reason == BH_REASON_TOO_BIG)
        return cli_fail(cli, HOST_VERIFY, host_at(cli->operands[1], image->len),
                        "Was it cut short? Copy it again.",
                        "the file ends before the image in it does");
    snprintf(hint, sizeof hint,
             "Sign it for the product ('bulkhead image sign --layout %s ...'), name the key with "
             "--key, or install it all the same with --any-image.",
             cli->operands[0]);
    if (verified.reason == BH_REASON_NO_IMAGE)
        snprintf(hint, sizeof hint, "%s --any-image installs it all the same.",
                 host_form_hint(image->data, image->len));
    return cli_fail(cli, HOST_VERIFY, host_in(cli->operands[1]), hint,
                    "%s would refuse this image: %s", d->product.name,
                    bh_reason_text(verified.reason));
}

/* A device that is there is not replaced by accident. is_new: which files are not there yet. */
static int check_files(struct cli *cli, bool is_new[SIM_CHIPS_MAX])
{
    for (size_t i = 0; i < cli_count(cli, "flash"); i++) {
        const char *path = cli_nth(cli, "flash", i)[0];

        is_new[i] = access(path, F_OK) != 0;
        if (!cli_has(cli, "force") && !is_new[i])
            return cli_fail(cli, HOST_BAD_INPUT, host_in(path),
                            "Use --force to erase it and begin again, or 'bulkhead boot stage' to "
                            "update the device.",
                            "there is a device already");
    }
    return HOST_OK;
}

/* All files of the device, or none: what was made before one failed is taken away again. */
static int make_files(struct cli *cli, struct cli_device *d)
{
    bool is_new[SIM_CHIPS_MAX] = { false };
    int code = check_files(cli, is_new);

    if (code) {
        cli_device_close(d);
        return code;
    }
    code = cli_device_attach(cli, d, SIM_FILE_CREATE);
    for (size_t i = 0; code && i < cli_count(cli, "flash"); i++)
        if (is_new[i] && !d->dry)
            unlink(cli_nth(cli, "flash", i)[0]);
    return code;
}

static int run(struct cli *cli)
{
    struct host_bytes image;
    struct cli_device d;
    int code;

    if (!cli_product_or_select(cli, cli->operands[0]))
        return cli->error.code;
    if (cli_select(cli))
        return cli_boot_select_install(cli);
    if (cli_read_image(cli, cli->operands[1], &image))
        return cli->error.code;
    code = cli_device_find(cli, &d);
    if (code)
        goto free_image;
    code = check_image(cli, &d, &image);
    if (code)
        cli_device_close(&d);
    else
        code = make_files(cli, &d);
    if (code)
        goto free_image;
    for (uint8_t i = 0; i < d.world.n_chips; i++)
        sim_flash_blank(&d.world.chip[i]);
    sim_world_install(&d.world, 0, image.data, (uint32_t)image.len);
    cli_note(cli, "%s: %serased all flash and put %s into the primary slot", d.product.name,
             d.dry ? "would have " : "", cli->operands[1]);
    cli_device_close(&d);
free_image:
    host_bytes_free(&image);
    return code;
}

const struct cli_command cmd_boot_install = {
    .noun = "boot",
    .verb = "install",
    .summary = "Make a new device: erased flash with an image in the primary slot",
    .description = "Creates the flash image files and puts the image where a factory would: into "
                   "the primary slot; where otadata chooses (plan: select) beside the layout's "
                   "partition table, into factory, or else ota_0.",
    .operands = (const struct cli_operand[]){ CLI_DEVICE_OPERAND,
                                              { "IMAGE", "Signed image", false, false },
                                              { 0 } },
    .options = (const struct cli_option[]){ CLI_DEVICE_FLASH,
                                            CLI_DEVICE_KEY,
                                            { "force", 0, NULL,
                                              "Erase a device that is there and "
                                              "begin again",
                                              NULL, false, false },
                                            { "any-image", 0, NULL,
                                              "Install an image that the "
                                              "product would refuse",
                                              NULL, false, false },
                                            CLI_DRY_RUN,
                                            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead boot install stm32f407 v1.signed.bin --flash device.bin", "A new device" },
            { 0 } },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT) | CLI_EXITS(HOST_DEVICE) | CLI_EXITS(HOST_VERIFY),
    .run = run,
};
