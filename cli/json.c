/* SPDX-License-Identifier: Apache-2.0 */
/* JSON on standard output. */
#include "cli/cli.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "host/reasons.h"

/* Bytes of the UTF-8 character at text; 0: there is none. */
static size_t character(const unsigned char *text)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t len = text[0] < 0x80         ? 1
                 : text[0] >> 5 == 0x06 ? 2
                 : text[0] >> 4 == 0x0E ? 3
                 : text[0] >> 3 == 0x1E ? 4
                                        : 0;
    uint32_t point = len > 1 ? text[0] & (0x7Fu >> len) : text[0];

    for (size_t i = 1; i < len; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (text[i] & 0x3F);
    }
    if (len && (point < least[len] || point >> 11 == 0xD800 >> 11 || point > 0x10FFFF))
        return 0;
    return len;
}

/* File names are bytes, JSON is UTF-8: what is no character becomes U+FFFD. */
static void put_text(const char *text)
{
    for (size_t n; *text; text += n ? n : 1) {
        n = character((const unsigned char *)text);
        if (n)
            fwrite(text, 1, n, stdout);
        else
            fputs("\\ufffd", stdout);
    }
    putchar('\n');
}

cJSON *cli_json_reason(uint32_t number)
{
    const struct host_reason *known = host_reason(number);
    cJSON *json = cJSON_CreateObject();

    cJSON_AddNumberToObject(json, "code", number);
    cJSON_AddStringToObject(json, "name", known ? known->name : "unknown");
    cJSON_AddStringToObject(json, "text", bh_reason_text((enum bh_reason)number));
    return json;
}

static int print(struct cli *cli, struct cJSON *json, char *text)
{
    cJSON_Delete(json);
    if (!text)
        return cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    put_text(text);
    free(text);
    return HOST_OK;
}

int cli_json(struct cli *cli, struct cJSON *json)
{
    return print(cli, json, json ? cJSON_Print(json) : NULL);
}

int cli_json_line(struct cli *cli, struct cJSON *json)
{
    int code = print(cli, json, json ? cJSON_PrintUnformatted(json) : NULL);

    fflush(stdout);
    return code;
}
