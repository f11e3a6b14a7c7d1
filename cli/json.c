/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: results on standard output, and with --json what else is said on standard error. */
#include "cli/cli.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

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
static void put_text(FILE *out, const char *text)
{
    for (size_t n; *text; text += n ? n : 1) {
        n = character((const unsigned char *)text);
        if (n)
            fwrite(text, 1, n, out);
        else
            fputs("\\ufffd", out);
    }
    putc('\n', out);
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

/* In front of everything else, so that a person sees it too. */
static void put_schema(const struct cli *cli, cJSON *json)
{
    const struct cli_command *c = cli->command;
    cJSON *holder = cJSON_CreateObject();
    char name[80];

    snprintf(name, sizeof name, "%s%s%s-%u", c->noun, c->verb ? "-" : "", c->verb ? c->verb : "",
             c->json_version ? c->json_version : 1);
    cJSON_AddStringToObject(holder, "schema", name);
    cJSON *item = cJSON_DetachItemFromObject(holder, "schema"); /* keeps its name */
    if (item && !cJSON_InsertItemInArray(json, 0, item))
        cJSON_Delete(item);
    cJSON_Delete(holder);
}

void cli_json_message(const char *kind, const struct host_error *e)
{
    cJSON *json = cJSON_CreateObject();
    char text[sizeof e->text];
    size_t where = e->message_at, end = e->hint_at ? e->hint_at : strlen(e->text);

    cJSON_AddStringToObject(json, "schema", "message-1");
    cJSON_AddStringToObject(json, "kind", kind);
    if (e->code)
        cJSON_AddNumberToObject(json, "code", e->code);
    if (where > 2) {
        snprintf(text, sizeof text, "%.*s", (int)(where - 2), e->text); /* without ": " */
        cJSON_AddStringToObject(json, "where", text);
    }
    while (end > where && e->text[end - 1] == ' ')
        end--;
    snprintf(text, sizeof text, "%.*s", (int)(end - where), e->text + where);
    cJSON_AddStringToObject(json, "message", text);
    if (e->hint_at)
        cJSON_AddStringToObject(json, "hint", e->text + e->hint_at);
    char *line = cJSON_PrintUnformatted(json);
    cJSON_Delete(json);
    fflush(stdout);
    if (line)
        put_text(stderr, line);
    free(line);
}

static int print(struct cli *cli, struct cJSON *json, char *text)
{
    cJSON_Delete(json);
    if (!text)
        return cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    put_text(stdout, text);
    free(text);
    return HOST_OK;
}

int cli_json(struct cli *cli, struct cJSON *json)
{
    if (json)
        put_schema(cli, json);
    return print(cli, json, json ? cJSON_Print(json) : NULL);
}

int cli_json_line(struct cli *cli, struct cJSON *json)
{
    if (json)
        put_schema(cli, json);
    int code = print(cli, json, json ? cJSON_PrintUnformatted(json) : NULL);

    fflush(stdout);
    return code;
}
