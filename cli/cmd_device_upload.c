/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead device upload: send an image, with its progress. */
#include <cjson/cJSON.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "cli/remote.h"

#define MCUBOOT_MAGIC 0x96F3B83Du

static void told(void *context, uint32_t done)
{
    cli_progress_update(context, done);
}

/* What comes after the upload, if it is wished. */
static int afterwards(struct cli *cli, struct smp_client *c)
{
    int code = HOST_OK;

    if (cli_has(cli, "test") || cli_has(cli, "confirm")) {
        struct smp_payload p;

        smp_map(&p, 1);
        bh_cbor_flag(&p.out, "confirm", cli_has(cli, "confirm"));
        code = cli_remote_ask(cli, c, BH_SMP_WRITE, BH_SMP_IMAGE, BH_SMP_IMAGE_STATE, &p);
    }
    if (!code && cli_has(cli, "reset"))
        code = cli_remote_ask(cli, c, BH_SMP_WRITE, BH_SMP_OS, BH_SMP_OS_RESET, NULL);
    return code;
}

static int send(struct cli *cli, const struct host_bytes *image, int number)
{
    struct cli_progress progress;
    unsigned long long before;
    struct smp_client c;
    int code = cli_remote_open(cli, &c);
    double seconds = 0;

    if (!code) {
        unsigned first = c.wait_ms > SMP_ERASE_MS ? c.wait_ms : SMP_ERASE_MS;

        before = host_line_ms();
        cli_progress_begin(cli, &progress, "upload", image->len);
        progress.bytes = true;
        code = smp_upload(&c, image->data, (uint32_t)image->len, number, first, told, &progress,
                          &cli->error);
        cli_progress_end(&progress);
        seconds = (double)(host_line_ms() - before) / 1000;
        code = code ? cli_error(cli) : afterwards(cli, &c);
    }
    if (!code && cli_has(cli, "json")) {
        cJSON *json = cJSON_CreateObject();

        cJSON_AddNumberToObject(json, "bytes", (double)image->len);
        cJSON_AddNumberToObject(json, "seconds", seconds);
        cJSON_AddBoolToObject(json, "reset", cli_has(cli, "reset"));
        code = cli_json(cli, json);
    } else if (!code) {
        cli_note(cli, "uploaded %zu bytes in %.1f s%s", image->len, seconds,
                 cli_has(cli, "reset") ? "; the device resets" : "");
    }
    smp_close(&c);
    return code;
}

static int run(struct cli *cli)
{
    struct host_bytes image;
    uint32_t number = UINT32_MAX;
    int code;

    if (cli_u32(cli, "image", &number))
        return cli->error.code;
    if (cli_has(cli, "test") && cli_has(cli, "confirm"))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Give one of them.",
                        "--test is on trial, and --confirm for good");
    if (host_read_file(cli->operands[0], &image, &cli->error))
        return cli_error(cli);
    if (image.len < 32 || image.len > UINT32_MAX / 2 ||
        (!cli_has(cli, "force") && bh_load32(image.data) != MCUBOOT_MAGIC))
        code = cli_fail(cli, HOST_BAD_INPUT, host_in(cli->operands[0]),
                        "Sign it first: 'bulkhead image sign'. --force sends it all the same.",
                        "this is no image in MCUboot's format");
    else
        code = send(cli, &image, number == UINT32_MAX ? -1 : (int)number);
    host_bytes_free(&image);
    return code;
}

const struct cli_command cmd_device_upload = {
    .noun = "device",
    .verb = "upload",
    .summary = "Send an image to a device",
    .description =
        "To this bootloader in recovery, to MCUboot's, or to an application with an SMP server. An "
        "upload that broke off goes on where it was, if the server remembers it.\n\n"
        "This bootloader installs what was uploaded at its next start: on trial if there is an "
        "image to go back to, otherwise for good. Servers of applications are told what to do by "
        "--test or --confirm.",
    .operands = (const struct cli_operand[]){ { "IMAGE", "Signed image", false, false }, { 0 } },
    .options =
        (const struct cli_option[]){
            CLI_REMOTE_OPTIONS,
            { "image", 0, "N", "Number of the image, of a device with several", NULL, false,
              false },
            { "test", 0, NULL, "Then ask for it on trial", NULL, false, false },
            { "confirm", 0, NULL, "Then ask for it for good", NULL, false, false },
            { "reset", 0, NULL, "Then reset the device", NULL, false, false },
            { "force", 0, NULL, "Send it though it is no image in MCUboot's format", NULL, false,
              false },
            CLI_JSON,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead device upload app.signed.bin --port /dev/ttyACM0 --reset",
              "Bring a device in recovery back" },
            { 0 } },
    .exits = CLI_EXITS(HOST_DEVICE) | CLI_EXITS(HOST_VERIFY),
    .run = run,
};
