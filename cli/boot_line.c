/* SPDX-License-Identifier: Apache-2.0 */
/* Read the bootloader's line, number by number, and put each into words. */
#include "cli/boot_line.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/journal.h"
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
    int n = 0;

    while (isspace((unsigned char)*text))
        text++;
    if (*text++ != 'B')
        return false;
    while (n < 4 && next(&text, &numbers[n]))
        n++;
    while (next(&text, &more))
        ;
    while (isspace((unsigned char)*text))
        text++;
    *out = (struct cli_boot_line){ numbers[0] == 1, numbers[1], numbers[2], numbers[3], n == 4 };
    return *text == 0 && n >= 2 && numbers[0] <= 1;
}

void cli_boot_line_text(const struct cli_boot_line *line, char text[CLI_BOOT_LINE_TEXT])
{
    int n = snprintf(text, CLI_BOOT_LINE_TEXT, "%s", line->started ? "started" : "recovery");

    if (line->reason)
        n += snprintf(text + n, CLI_BOOT_LINE_TEXT - (unsigned)n, ": %s (0x%02x)",
                      bh_reason_text((enum bh_reason)line->reason), line->reason);
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

    cJSON_AddStringToObject(json, "action", line->started ? "start" : "recover");
    cJSON_AddItemToObject(json, "reason", cli_json_reason(line->reason));
    if (line->has_journal) {
        cJSON_AddStringToObject(json, "state", host_state_text(line->state));
        cJSON_AddStringToObject(json, "outcome", host_outcome_text(line->outcome));
    }
    return json;
}
