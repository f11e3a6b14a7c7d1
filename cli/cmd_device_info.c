/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead device info: what a device's server tells of itself. */
#include <cjson/cJSON.h>
#include <string.h>

#include "cli/remote.h"

#define BOOTLOADER_INFO 8u /* a command of the group OS: Zephyr's os_mgmt.h */

/* The bootloader's name, if the server knows the question. */
static void ask_bootloader(struct smp_client *c, char name[32])
{
    struct host_error ignored = { 0 };
    struct bh_cbor_item value;
    struct bh_cbor in;

    name[0] = 0;
    if (smp_ask(c, BH_SMP_READ, BH_SMP_OS, BOOTLOADER_INFO, NULL, &ignored) ||
        !smp_find(c, "bootloader", &value, &in) || value.kind != BH_CBOR_TEXT || value.value > 31)
        return;
    memcpy(name, value.bytes, value.value);
    name[value.value] = 0;
    for (char *at = name; *at; at++) /* a device's text goes to a terminal */
        if ((unsigned char)*at < ' ' || (unsigned char)*at > '~')
            *at = '?';
}

static int run(struct cli *cli)
{
    struct smp_client c;
    unsigned long long before;
    unsigned took = 0;
    char name[32];
    int code = cli_remote_open(cli, &c);
    bool echo = false;

    if (!code) {
        struct host_error ignored = { 0 };
        struct smp_payload p;

        smp_map(&p, 1);
        bh_cbor_text(&p.out, "d");
        bh_cbor_text(&p.out, "bulkhead");
        before = host_line_ms();
        echo = !smp_ask(&c, BH_SMP_WRITE, BH_SMP_OS, BH_SMP_OS_ECHO, &p, &ignored);
        took = (unsigned)(host_line_ms() - before);
        ask_bootloader(&c, name);
    }
    if (!code && cli_has(cli, "json")) {
        cJSON *json = cJSON_CreateObject();

        cJSON_AddNumberToObject(json, "message_max", c.message_max);
        cJSON_AddBoolToObject(json, "echo", echo);
        cJSON_AddNumberToObject(json, "round_trip_ms", took);
        cJSON_AddStringToObject(json, "bootloader", name);
        code = cli_json(cli, json);
    } else if (!code) {
        printf("messages    of up to %u bytes\n", c.message_max);
        printf("round trip  %u ms%s\n", took, echo ? "" : " (it has no echo)");
        printf("bootloader  %s\n", *name ? name : "not told");
    }
    smp_close(&c);
    return code;
}

const struct cli_command cmd_device_info = {
    .noun = "device",
    .verb = "info",
    .summary = "Ask a device's SMP server what it can take",
    .options = (const struct cli_option[]){ CLI_REMOTE_OPTIONS, CLI_JSON, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead device info --port /dev/ttyACM0", "Is anybody there?" }, { 0 } },
    .exits = CLI_EXITS(HOST_DEVICE),
    .run = run,
};
