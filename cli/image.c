/* SPDX-License-Identifier: Apache-2.0 */
/* Read versions, numbers and dependencies as a person types them, for the image commands. */
#include "cli/image.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/image_espressif.h"
#include "host/ihex.h"

const struct bh_image_format *const cli_image_formats[] = { &bh_image_mcuboot_any,
                                                            &bh_image_espressif, NULL };

/* A decimal number up to most, without leading zeros. NULL if there is none. */
static const char *take_number(const char *text, unsigned long most, unsigned long *out)
{
    char *end;

    if (!isdigit((unsigned char)*text) || (*text == '0' && isdigit((unsigned char)text[1])))
        return NULL;
    *out = strtoul(text, &end, 10);
    return end - text <= 10 && *out <= most ? end : NULL;
}

bool cli_version(const char *text, struct bh_version *out)
{
    static const unsigned long most[] = { UINT8_MAX, UINT8_MAX, UINT16_MAX, UINT32_MAX };
    static const char before[] = { 0, '.', '.', '+' };
    unsigned long part[4] = { 0 };

    for (unsigned i = 0; i < 4; i++) {
        if (i && !*text)
            break;
        if (i && *text++ != before[i])
            return false;
        text = take_number(text, most[i], &part[i]);
        if (!text)
            return false;
    }
    *out = (struct bh_version){ (uint8_t)part[0], (uint8_t)part[1], (uint16_t)part[2],
                                (uint32_t)part[3] };
    return *text == 0;
}

void cli_json_version(struct cJSON *json, const char *name, const struct bh_version *v)
{
    char text[32];

    snprintf(text, sizeof text, "%u.%u.%u+%u", v->major, v->minor, v->revision, v->build);
    cJSON_AddStringToObject(json, name, text);
}

int cli_read_image(struct cli *cli, const char *path, struct host_bytes *out)
{
    struct host_ihex hex;

    if (host_read_file(path, out, &cli->error))
        return cli_error(cli);
    if (out->len == 0) {
        host_bytes_free(out);
        return cli_fail(cli, HOST_BAD_INPUT, host_in(path), "Is it the right file?",
                        "file is empty");
    }
    if (!host_ihex_name(path))
        return HOST_OK;
    int code = host_ihex_parse(path, out, &hex, &cli->error);
    host_bytes_free(out);
    if (code)
        return cli_error(cli);
    *out = hex.bytes;
    return HOST_OK;
}

int cli_spare_keys(struct cli *cli, const char *output)
{
    for (size_t i = 0; i < cli_count(cli, "key"); i++)
        if (host_same_file(output, cli_nth(cli, "key", i)[0]))
            return cli_fail(cli, HOST_BAD_INPUT, host_in(output), "Choose another output file.",
                            "the image would replace the key");
    return cli_spare_inputs(cli, output);
}

static int read_bytes(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    memcpy(buf, (const uint8_t *)f->context + off, len);
    return BH_OK;
}

static int refuse_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    (void)f, (void)off, (void)buf, (void)len;
    return BH_ERR_IO;
}

static int refuse_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    (void)f, (void)off, (void)len;
    return BH_ERR_IO;
}

void cli_view(const struct host_bytes *bytes, struct cli_view *v)
{
    static const struct bh_flash_ops ops = { .read = read_bytes,
                                             .program = refuse_program,
                                             .erase = refuse_erase };

    v->flash = (struct bh_flash){
        .ops = &ops, .context = bytes->data, .unit = 1, .erased = 0xFF, .size = (uint32_t)bytes->len
    };
    v->region = (struct bh_region){ &v->flash, 0, v->flash.size };
    v->view = bh_view_of(&v->region);
}
