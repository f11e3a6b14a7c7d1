/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead device erase: erase a slot in which an image is staged. */
#include <cjson/cJSON.h>

#include "cli/remote.h"

static int run(struct cli *cli)
{
    struct smp_payload p;
    struct smp_client c;
    uint32_t slot = 0;
    int code;

    if (cli_u32(cli, "slot", &slot))
        return cli->error.code;
    code = cli_remote_open(cli, &c);
    smp_map(&p, 1);
    bh_cbor_number(&p.out, "slot", slot);
    if (c.wait_ms < SMP_ERASE_MS)
        c.wait_ms = SMP_ERASE_MS;
    if (!code)
        code = cli_remote_ask(cli, &c, BH_SMP_WRITE, BH_SMP_IMAGE, BH_SMP_IMAGE_ERASE, &p);
    smp_close(&c);
    if (!code && cli_has(cli, "json")) {
        cJSON *json = cJSON_CreateObject();

        cJSON_AddNumberToObject(json, "slot", slot);
        code = cli_json(cli, json);
    } else if (!code) {
        cli_note(cli, "erased slot %u", slot);
    }
    return code;
}

const struct cli_command cmd_device_erase = {
    .noun = "device",
    .verb = "erase",
    .summary = "Erase the slot in which a device stages images",
    .options =
        (const struct cli_option[]){
            CLI_REMOTE_OPTIONS,
            { "slot", 0, "N", "Which slot; two for each image, the first is that which runs", "1",
              false, false },
            CLI_JSON,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead device erase --port /dev/ttyACM0", "Nothing is staged any more" }, { 0 } },
    .exits = CLI_EXITS(HOST_DEVICE),
    .run = run,
};
