/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead boot status: what the journal says, what waits, and what is in each slot. Writes
 * nothing. */
#include <cjson/cJSON.h>

#include "cli/boot_select.h"
#include "cli/device.h"
#include "cli/image.h"
#include "cli/product.h"
#include "cli/wolfboot.h"
#include "bulkhead/bytes.h"
#include "host/form.h"

/* The places an image can be in. */
static const struct {
    const char *name;
    struct bh_view (*view)(const struct bh_pair *pair);
} places[] = {
    { "primary", bh_pair_primary },
    { "staged", bh_pair_staged },
    { "backup", bh_pair_backup },
};
#define N_PLACES (sizeof places / sizeof places[0])

static void look(struct cli_device *d, size_t place, const struct bh_app_status *status,
                 struct bh_verified *out)
{
    const struct bh_pair *pair = &d->world.pairs[0];
    struct bh_view view = places[place].view(pair);

    (void)bh_verify(&d->world.product.policy, &view, pair->image_max, status->truth.pair[0].floor,
                    &d->world.work, out);
}

/* What is there instead of an image, if it is something that is known; or NULL. */
static const char *instead(struct cli_device *d, size_t place)
{
    struct bh_view view = places[place].view(&d->world.pairs[0]);
    uint8_t bytes[512];

    if (bh_view_read(&view, 0, bytes, sizeof bytes) || bh_all(bytes, 0xFF, sizeof bytes))
        return NULL;
    return host_form_known(bytes, sizeof bytes);
}

static const char *request_text(enum bh_request request)
{
    return request == BH_REQUEST_TEST        ? "test"
           : request == BH_REQUEST_PERMANENT ? "permanent"
                                             : "none";
}

static void say(struct cli_device *d, const struct bh_app_status *s)
{
    if (!s->journal_found)
        puts("journal   none: this device has not booted yet, or both journal pages are lost");
    else
        printf("journal   %s, last update: %s, rollback floor %u\n", cli_state_text(s->truth.state),
               cli_outcome_text(s->truth.outcome), s->truth.pair[0].floor);
    if (s->journal_found && s->truth.reason != BH_REASON_NONE &&
        s->truth.reason != BH_REASON_JOURNAL_NEW) /* which was said at the boot that began it */
        printf("because   %s\n", bh_reason_text((enum bh_reason)s->truth.reason));
    printf("request   %s\n", request_text(s->request));
    for (size_t i = 0; i < N_PLACES; i++) {
        struct bh_verified v;
        char version[32];

        look(d, i, s, &v);
        if (v.format)
            cli_image_version_text(&v, version);
        if (v.reason == BH_REASON_NONE)
            printf("%-9s version %s, %u bytes, verifies\n", places[i].name, version, v.image.len);
        else if (v.format)
            printf("%-9s version %s, %u bytes: %s\n", places[i].name, version, v.image.len,
                   bh_reason_text(v.reason));
        else if (v.reason == BH_REASON_NO_IMAGE && instead(d, i))
            printf("%-9s %s. %s\n", places[i].name, bh_reason_text(v.reason), instead(d, i));
        else
            printf("%-9s %s\n", places[i].name, bh_reason_text(v.reason));
    }
}

static int say_json(struct cli *cli, struct cli_device *d, const struct bh_app_status *s)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddBoolToObject(json, "journal_found", s->journal_found);
    cJSON_AddStringToObject(json, "state", cli_state_text(s->truth.state));
    cJSON_AddStringToObject(json, "outcome", cli_outcome_text(s->truth.outcome));
    cJSON_AddItemToObject(json, "journal_reason", cli_json_reason(s->truth.reason));
    cJSON_AddNumberToObject(json, "boots_left", s->truth.boots_left);
    cJSON_AddNumberToObject(json, "step", s->truth.step);
    cJSON_AddNumberToObject(json, "floor", s->truth.pair[0].floor);
    cJSON_AddStringToObject(json, "request", request_text(s->request));
    cJSON_AddBoolToObject(json, "confirmed", s->confirmed);
    for (size_t i = 0; i < N_PLACES; i++) {
        cJSON *place = cJSON_AddObjectToObject(json, places[i].name);
        struct bh_verified v;

        look(d, i, s, &v);
        cJSON_AddBoolToObject(place, "good", v.reason == BH_REASON_NONE);
        cJSON_AddItemToObject(place, "reason", cli_json_reason(v.reason));
        if (v.format) {
            cli_json_version(place, "version", &v.image.version);
            cJSON_AddNumberToObject(place, "bytes", v.image.len);
        }
    }
    return cli_json(cli, json);
}

static int run(struct cli *cli)
{
    struct bh_app_status status;
    struct cli_device d;
    int code;

    if (!cli_product_or_select(cli, cli->operands[0]))
        return cli->error.code;
    if (cli_select(cli))
        return cli_boot_select_status(cli);
    code = cli_boot_no_select_inputs(cli);
    if (!code)
        code = cli_device_open(cli, &d, SIM_FILE_READ);
    if (code)
        return code;
    cli_warn_published_keys(cli, &d.product.policy);
    d.world.err = bh_app_status(&d.world.product, &d.world.work, &status);
    if (d.world.err)
        code = cli_device_result(cli, &d, true, "status");
    else if (cli_has(cli, "json"))
        code = say_json(cli, &d, &status);
    else {
        say(&d, &status);
        cli_wolfboot_trailers(cli, &d);
    }
    cli_device_close(&d);
    return code;
}

const struct cli_command cmd_boot_status = {
    .noun = "boot",
    .verb = "status",
    .summary = "Show journal, request and images of the device",
    .description =
        "Where otadata chooses (plan: select): the table, both records, the starts left "
        "of a trial, each application, and what the next boot would start, and why; "
        "tried on a copy.\n\nWarns where a key of the product is one that this project publishes.",
    .operands = (const struct cli_operand[]){ CLI_DEVICE_OPERAND, { 0 } },
    .options =
        (const struct cli_option[]){
            CLI_DEVICE_FLASH, CLI_DEVICE_KEY, CLI_BOOT_SELECT_INPUTS, CLI_JSON, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead boot status nrf52840 --flash chip.bin --flash nor.bin",
              "Both its flashes" },
            { 0 } },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT) | CLI_EXITS(HOST_DEVICE),
    .run = run,
};
