/* SPDX-License-Identifier: Apache-2.0 */
/* A device at the other end of a line, for the commands of 'bulkhead device'. */
#include "cli/remote.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "cli/hex.h"

int cli_remote_open(struct cli *cli, struct smp_client *c)
{
    uint32_t baud = 0, wait = 0;

    memset(c, 0, sizeof *c);
    c->line.fd = c->line.other = -1;
    if (cli_u32(cli, "baud", &baud) || cli_u32(cli, "timeout", &wait))
        return cli->error.code;
    if (smp_open(c, cli_value(cli, "port"), baud, &cli->error))
        return cli_error(cli);
    c->wait_ms = wait;
    return HOST_OK;
}

int cli_remote_ask(struct cli *cli, struct smp_client *c, enum bh_smp_op op, uint16_t group,
                   uint8_t command, const struct smp_payload *p)
{
    return smp_ask(c, op, group, command, p, &cli->error) ? cli_error(cli) : HOST_OK;
}

/* Its flags, in the order in which a server gives them. */
static const char *flag(const struct smp_image *image, size_t i)
{
    switch (i) {
    case 0: return image->bootable ? "bootable" : "";
    case 1: return image->confirmed ? "confirmed" : "";
    case 2: return image->active ? "active" : "";
    case 3: return image->pending ? "pending" : "";
    case 4: return image->permanent ? "permanent" : "";
    default: return NULL;
    }
}

static void say(struct cli *cli, const struct smp_client *c)
{
    struct smp_image images[SMP_IMAGES_MAX];
    size_t n = smp_images(c, images);

    if (!n)
        puts("no images");
    for (size_t i = 0; i < n; i++) {
        char hash[129] = "";

        cli_hex(images[i].hash, images[i].hash_len, hash);
        printf("%simage %u slot %u%s  version %s", cli_paint(cli, CLI_BOLD), images[i].image,
               images[i].slot, cli_paint(cli, CLI_PLAIN), images[i].version);
        for (size_t k = 0; flag(&images[i], k); k++)
            printf("%s%s", *flag(&images[i], k) ? "  " : "", flag(&images[i], k));
        printf("\n  hash %s\n", *hash ? hash : "not told");
    }
}

static cJSON *images_json(const struct smp_client *c)
{
    struct smp_image images[SMP_IMAGES_MAX];
    size_t n = smp_images(c, images);
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < n; i++) {
        cJSON *json = cJSON_CreateObject(), *flags;
        char hash[129] = "";

        cli_hex(images[i].hash, images[i].hash_len, hash);
        cJSON_AddNumberToObject(json, "image", images[i].image);
        cJSON_AddNumberToObject(json, "slot", images[i].slot);
        cJSON_AddStringToObject(json, "version", images[i].version);
        cJSON_AddStringToObject(json, "hash", hash);
        flags = cJSON_AddArrayToObject(json, "flags");
        for (size_t k = 0; flag(&images[i], k); k++)
            if (*flag(&images[i], k))
                cJSON_AddItemToArray(flags, cJSON_CreateString(flag(&images[i], k)));
        cJSON_AddItemToArray(list, json);
    }
    return list;
}

int cli_remote_show(struct cli *cli, const struct smp_client *c)
{
    cJSON *json;

    if (!cli_has(cli, "json")) {
        say(cli, c);
        return HOST_OK;
    }
    json = cJSON_CreateObject();
    cJSON_AddItemToObject(json, "images", images_json(c));
    return cli_json(cli, json);
}

int cli_remote_set_state(struct cli *cli, bool confirm)
{
    struct smp_payload p;
    struct smp_client c;
    uint8_t hash[64];
    size_t len = 0;
    int code;

    if (cli->n_operands && (!cli_from_hex(cli->operands[0], hash, sizeof hash, &len) || !len))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "'bulkhead device list' shows it.",
                        "'%s' is no hash of an image", cli->operands[0]);
    smp_map(&p, len ? 2 : 1);
    if (len)
        smp_put_bytes(&p, "hash", hash, (uint32_t)len);
    bh_cbor_flag(&p.out, "confirm", confirm);
    code = cli_remote_open(cli, &c);
    if (!code)
        code = cli_remote_ask(cli, &c, BH_SMP_WRITE, BH_SMP_IMAGE, BH_SMP_IMAGE_STATE, &p);
    if (!code)
        code = cli_remote_show(cli, &c);
    smp_close(&c);
    return code;
}
