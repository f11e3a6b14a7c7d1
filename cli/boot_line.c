/* SPDX-License-Identifier: Apache-2.0 */
/* Read the bootloader's line, number by number, and put each into words. */
#include "cli/boot_line.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/journal.h"
#include "bulkhead/otadata.h"
#include "cli/cli.h"
#include "host/reasons.h"

/* " 2d": the next of the numbers. False: there is none, or something else. */
static bool next(const char **at, uint8_t *out)
{
    const char *p = *at;

    if (*p++ != ' ' || !isxdigit((unsigned char)p[0]) || !isxdigit((unsigned char)p[1]) ||
        isalnum((unsigned char)p[2]))
        return false;
    *out = (uint8_t)strtoul((char[]){ p[0], p[1], 0 }, NULL, 16);
    *at = p + 2;
    return true;
}

/* A later bootloader may print more numbers than are known here. */
bool cli_boot_line_read(const char *text, struct cli_boot_line *out)
{
    uint8_t numbers[4] = { 0 }, more;
    bool choice;
    int n = 0;

    while (isspace((unsigned char)*text))
        text++;
    choice = *text == 'S';
    if (*text != 'B' && !choice)
        return false;
    text++;
    while (n < 4 && next(&text, &numbers[n]))
        n++;
    while (next(&text, &more))
        ;
    while (isspace((unsigned char)*text))
        text++;
    *out = (struct cli_boot_line){ .started = numbers[0] == 1, .reason = numbers[1] };
    if (choice) {
        out->has_choice = n == 4;
        out->index = (int8_t)numbers[2];
        out->refused = numbers[3];
    } else {
        out->has_journal = n == 4;
        out->state = numbers[2];
        out->outcome = numbers[3];
    }
    return *text == 0 && n >= 2 && numbers[0] <= 1;
}

/* "ota_1", "factory", "test" */
static void application(int index, char text[16])
{
    if (index >= 0)
        snprintf(text, 16, "ota_%d", index);
    else
        snprintf(text, 16, "%s",
                 index == BH_ESP_FACTORY ? "factory"
                 : index == BH_ESP_TEST  ? "test"
                                         : "nothing");
}

void cli_boot_line_text(const struct cli_boot_line *line, char text[CLI_BOOT_LINE_TEXT])
{
    int n = snprintf(text, CLI_BOOT_LINE_TEXT, "%s", line->started ? "started" : "recovery");
    char name[16];

    application(line->index, name);
    if (line->has_choice && line->started)
        n += snprintf(text + n, CLI_BOOT_LINE_TEXT - (unsigned)n, " %s", name);
    if (line->reason)
        n += snprintf(text + n, CLI_BOOT_LINE_TEXT - (unsigned)n, ": %s (0x%02x)",
                      bh_reason_text((enum bh_reason)line->reason), line->reason);
    if (line->has_choice && line->refused)
        snprintf(text + n, CLI_BOOT_LINE_TEXT - (unsigned)n, "; refused before: %s (0x%02x)",
                 bh_reason_text((enum bh_reason)line->refused), line->refused);
    if (!line->has_journal)
        return;
    n += snprintf(text + n, CLI_BOOT_LINE_TEXT - (unsigned)n, "; journal %s",
                  host_state_text(line->state));
    if (line->outcome)
        snprintf(text + n, CLI_BOOT_LINE_TEXT - (unsigned)n, ", last update %s",
                 host_outcome_text(line->outcome));
}

cJSON *cli_boot_line_json(const struct cli_boot_line *line)
{
    cJSON *json = cJSON_CreateObject();
    char name[16];

    cJSON_AddStringToObject(json, "action", line->started ? "start" : "recover");
    cJSON_AddItemToObject(json, "reason", cli_json_reason(line->reason));
    if (line->has_choice) {
        application(line->index, name);
        cJSON_AddStringToObject(json, "application", name);
        cJSON_AddItemToObject(json, "refused", cli_json_reason(line->refused));
    }
    if (line->has_journal) {
        cJSON_AddStringToObject(json, "state", host_state_text(line->state));
        cJSON_AddStringToObject(json, "outcome", host_outcome_text(line->outcome));
    }
    return json;
}
