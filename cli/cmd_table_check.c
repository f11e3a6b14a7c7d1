/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead table check: every problem of a table at once. */
#include "cli/image.h"
#include "cli/table.h"
#include "host/lint_flash.h"

#include <cjson/cJSON.h>
#include <string.h>

static bool is_waived(const struct cli *cli, const struct esp_problem *p)
{
    for (size_t i = 0; i < cli_count(cli, "waive"); i++)
        if (p->severity == ESP_WARNING && strcmp(cli_nth(cli, "waive", i)[0], p->rule) == 0)
            return true;
    return false;
}

static cJSON *problem_json(const struct esp_problem *p, const struct esp_table *t)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "rule", p->rule);
    cJSON_AddStringToObject(json, "severity", p->severity == ESP_ERROR ? "error" : "warning");
    if (p->line)
        cJSON_AddNumberToObject(json, "line", p->line);
    if (p->line || t->binary)
        cJSON_AddNumberToObject(json, t->binary ? "offset" : "column", p->column);
    cJSON_AddStringToObject(json, "text", p->text);
    if (p->hint)
        cJSON_AddStringToObject(json, "hint", p->hint);
    return json;
}

static int print(struct cli *cli, const struct cli_table *t)
{
    const struct esp_problems *p = &t->table.problems;
    cJSON *json = cli_has(cli, "json") ? cJSON_CreateObject() : NULL;
    cJSON *list = json ? cJSON_AddArrayToObject(json, "problems") : NULL;
    size_t warnings = 0;

    for (size_t i = 0; i < p->n; i++) {
        if (is_waived(cli, &p->list[i]))
            continue;
        warnings += p->list[i].severity == ESP_WARNING;
        if (json)
            cJSON_AddItemToArray(list, problem_json(&p->list[i], &t->table));
        else
            cli_table_problem(cli, stdout, t->path, &p->list[i], &t->table);
    }
    if (json) {
        cJSON_AddNumberToObject(json, "errors", (double)p->errors);
        cJSON_AddNumberToObject(json, "warnings", (double)warnings);
        cli_json(cli, json);
    } else if (p->errors + warnings) {
        cli_note(cli, "%zu error%s, %zu warning%s", p->errors, p->errors == 1 ? "" : "s", warnings,
                 warnings == 1 ? "" : "s");
    } else {
        cli_note(cli, "%s: %zu partitions, nothing is wrong", t->path, t->table.n);
    }
    return p->errors || (warnings && cli_has(cli, "strict")) ? HOST_BAD_LAYOUT : HOST_OK;
}

static int run(struct cli *cli)
{
    uint8_t binary[BH_TABLE_LEN];
    struct cli_view view;
    struct cli_table t;
    int code = cli_table_open(cli, &t, cli->operands[0], true);

    if (code)
        return code;
    t.options.anti_rollback = cli_has(cli, "anti-rollback");
    t.options.old_bootloader = cli_has(cli, "old-bootloader");
    /* Of rows that cannot be read nothing more can be said, nor of their places. */
    if (t.table.problems.errors == 0) {
        esp_verify(&t.table, &t.options);
        esp_lint(&t.table, &t.options);
        if (t.flash) {
            cli_view(&t.bytes, &view);
            host_lint_flash(&t.table, &t.options, &view.flash);
        }
    }
    if (t.table.problems.errors == 0)
        esp_to_binary(&t.table, &t.options, binary);
    code = print(cli, &t);
    cli_table_close(&t);
    return code;
}

const struct cli_command cmd_table_check = {
    .noun = "table",
    .verb = "check",
    .summary = "Find everything that is wrong with a table",
    .description = "Prints all problems at once, with line and column. An error is something that "
                   "ESP-IDF refuses, or that no device can use; a warning is something that it "
                   "lets pass and that fails on a device. Each has a name in brackets, and a "
                   "warning can be waived by it.",
    .operands = (const struct cli_operand[]){ CLI_TABLE_OPERAND, { 0 } },
    .options =
        (const struct cli_option[]){
            CLI_TABLE_OPTIONS,
            CLI_TABLE_FLASH_SIZE,
            { "anti-rollback", 0, NULL, "The bootloader is built with anti-rollback", NULL, false,
              false },
            { "old-bootloader", 0, NULL, "The bootloader is from before ESP-IDF v3.1", NULL, false,
              false },
            { "waive", 'w', "RULE", "Do not show these warnings", NULL, true, false },
            { "strict", 0, NULL, "Warnings count as errors", NULL, false, false },
            CLI_JSON,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead table check --flash-size 4M partitions.csv", "before it is built in" },
            { "bulkhead table check --strict --waive ota-single partitions.csv", "in CI" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .says = CLI_SAYS(
        [HOST_BAD_LAYOUT] =
            "partitions contradict each other or the device; with --strict: there are warnings"),
    .run = run,
};
