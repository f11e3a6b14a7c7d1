/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead boot explain: what a code of the bootloader means, what it comes from, what to do. */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/journal.h"
#include "cli/boot_line.h"
#include "cli/cli.h"
#include "cli/values.h"
#include "host/reasons.h"

/* 45, 0x2d, and 2d as the bootloader prints it, if it has a letter in it. */
static bool number(const char *text, uint32_t *out)
{
    bool hex = strspn(text, "0123456789abcdefABCDEF") == strlen(text) && strlen(text) == 2;

    if (hex && strpbrk(text, "abcdefABCDEF")) {
        *out = (uint32_t)strtoul(text, NULL, 16);
        return true;
    }
    return cli_parse_u32(text, out);
}

static int find(struct cli *cli, const char *text, const struct host_reason **out)
{
    static const char hint[] = "'bulkhead boot explain --all' lists them.";
    uint32_t code;

    *out = number(text, &code) ? host_reason(code) : host_reason_named(text);
    if (*out)
        return HOST_OK;
    if (number(text, &code))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), hint,
                        "no reason of this version has the number %u (0x%02x)", code, code);
    const char *near = host_near(text, cli_reason_name, NULL);
    return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), hint, "no reason is called '%s'%s%s%s",
                    text, near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* ---- for people ---- */

static void say_reason(const struct host_reason *r)
{
    printf("0x%02x (%u) %s: %s\n\n%s\n\nWhat to do: %s\n", r->reason, r->reason, r->name,
           bh_reason_text(r->reason), r->cause, r->remedy);
}

static void say_line(const struct cli_boot_line *line)
{
    char text[CLI_BOOT_LINE_TEXT];

    cli_boot_line_text(line, text);
    puts(text);
    if (line->reason && host_reason(line->reason)) {
        putchar('\n');
        say_reason(host_reason(line->reason));
    }
}

/* ---- the page ---- */

static void page_codes(const char *head, const char *(*text)(uint32_t))
{
    printf("\n| code | %s |\n|---|---|\n", head);
    for (uint32_t i = 0; strcmp(text(i), "unknown") != 0; i++)
        printf("| `%02x` | %s |\n", i, text(i));
}

static void page(void)
{
    puts(
        "# Why: the codes of the bootloader\n\n"
        "<!-- Made by 'bulkhead boot explain --all'; a test compares. The texts are in\n"
        "     src/base/error_text.c and host/reasons.c. -->\n\n"
        "Every refusal has a reason. The bootloader keeps the last one in the journal, prints it on\n"
        "its console, and the tool shows it. `bulkhead boot explain CODE` prints one of these\n"
        "sections: CODE is a number (`45`, `0x2d`), a name (`nothing-bootable`), or the whole line of\n"
        "the console (`'B 00 2d 01 00'`).\n\n"
        "## The line on the console\n\n"
        "`B 00 2d 01 00`: action (`01` started, `00` recovery), reason, state of the journal, and how\n"
        "the last update ended, in hexadecimal. `bulkhead board run` says it in words below the line.\n\n"
        "Where otadata chooses the line is `S 01 00 00 00`: action, reason, the application (`ff` factory,\n"
        "`fe` test, otherwise the number of `ota_N`), and the reason for which the first application that\n"
        "was looked at and is bad was refused (`00`: none was).");
    page_codes("state of the journal", host_state_text);
    page_codes("how the last update ended", host_outcome_text);
    puts("\n## Reasons");
    for (const struct host_reason *r = host_reasons; r->name; r++)
        printf("\n### `0x%02x` %s\n\n%u, `%s`. %s\n\n**What to do.** %s\n", r->reason,
               bh_reason_text(r->reason), r->reason, r->name, r->cause, r->remedy);
}

/* ---- for programs ---- */

static cJSON *json_reason(const struct host_reason *r)
{
    cJSON *json = cli_json_reason(r->reason);

    cJSON_AddStringToObject(json, "cause", r->cause);
    cJSON_AddStringToObject(json, "remedy", r->remedy);
    return json;
}

static int say_json(struct cli *cli, const struct host_reason *only,
                    const struct cli_boot_line *line)
{
    cJSON *json = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(json, "reasons");

    for (const struct host_reason *r = host_reasons; r->name; r++)
        if (!only || r == only)
            cJSON_AddItemToArray(list, json_reason(r));
    if (line)
        cJSON_AddItemToObject(json, "line", cli_boot_line_json(line));
    return cli_json(cli, json);
}

static int run(struct cli *cli)
{
    const char *what = cli->n_operands ? cli->operands[0] : NULL;
    const struct host_reason *reason = NULL;
    struct cli_boot_line line;
    bool json = cli_has(cli, "json");

    if (cli_has(cli, "all") == (what != NULL))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Give one CODE, or --all.",
                        what ? "CODE and --all exclude each other" : "CODE is missing");
    if (!what) {
        if (json)
            return say_json(cli, NULL, NULL);
        page();
        return HOST_OK;
    }
    if (cli_boot_line_read(what, &line)) {
        if (json)
            return say_json(cli, host_reason(line.reason), &line);
        say_line(&line);
        return HOST_OK;
    }
    int code = find(cli, what, &reason);
    if (!code && json)
        return say_json(cli, reason, NULL);
    if (!code)
        say_reason(reason);
    return code;
}

const struct cli_command cmd_boot_explain = {
    .noun = "boot",
    .verb = "explain",
    .summary = "Explain a code of the bootloader: what it means, what to do",
    .description =
        "The bootloader prints one short line, 'B 00 2d 01 00': action, reason, state and "
        "outcome in hexadecimal; where otadata chooses, 'S 01 00 00 00': action, reason, application "
        "and why another one was refused. CODE is that line in quotes, or a reason alone: by number "
        "(45, 0x2d) or by name (nothing-bootable).",
    .operands =
        (const struct cli_operand[]){ { "CODE", "Number, name, or the whole line", true, false },
                                      { 0 } },
    .options =
        (const struct cli_option[]){
            { "all", 'a', NULL, "Everything, as the page docs/reasons.md", NULL, false, false },
            CLI_JSON,
            { 0 } },
    .examples = (const struct cli_example[]){ { "bulkhead boot explain 'B 00 2d 01 00'",
                                                "What did the console say?" },
                                              { "bulkhead boot explain floor", "One reason" },
                                              { 0 } },
    .run = run,
};
