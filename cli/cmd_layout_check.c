/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead layout check: everything that is wrong with a layout, at once. */
#include <cjson/cJSON.h>
#include <string.h>

#include "cli/layout.h"

static bool is_waived(const struct cli *cli, const struct layout_finding *f)
{
    for (size_t i = 0; i < cli_count(cli, "waive"); i++)
        if (f->severity != LAYOUT_ERROR && strcmp(cli_nth(cli, "waive", i)[0], f->rule) == 0)
            return true;
    return false;
}

static void add_mark(cJSON *json, const struct layout_mark *m)
{
    if (!m->file)
        return;
    cJSON_AddStringToObject(json, "file", m->file);
    cJSON_AddNumberToObject(json, "line", m->line);
    cJSON_AddNumberToObject(json, "column", m->column);
}

static void add_name(cJSON *json, const char *key, const struct layout *l, int partition)
{
    if (partition >= 0)
        cJSON_AddStringToObject(json, key, l->partitions[partition].name);
}

static cJSON *finding_json(const struct layout *l, const struct layout_finding *f)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "severity", layout_severity_name(f->severity));
    cJSON_AddStringToObject(json, "rule", f->rule);
    add_mark(json, &f->at);
    if (f->other.file)
        add_mark(cJSON_AddObjectToObject(json, "other"), &f->other);
    if (f->device >= 0)
        cJSON_AddStringToObject(json, "device", l->devices[f->device].name);
    add_name(json, "partition", l, f->partition);
    add_name(json, "partition2", l, f->partition2);
    cJSON_AddStringToObject(json, "text", f->text);
    if (f->remedy)
        cJSON_AddStringToObject(json, "remedy", f->remedy);
    if (f->consequence)
        cJSON_AddStringToObject(json, "consequence", f->consequence);
    return json;
}

static int print(struct cli *cli, const struct layout *l)
{
    cJSON *json = cli_has(cli, "json") ? cJSON_CreateObject() : NULL;
    cJSON *list = json ? cJSON_AddArrayToObject(json, "findings") : NULL;
    size_t errors = l->n_errors, warnings = l->n_warnings, said = 0;
    int code;

    for (size_t i = 0; i < l->n_findings; i++) {
        const struct layout_finding *f = &l->findings[i];

        if (is_waived(cli, f)) {
            warnings -= f->severity == LAYOUT_WARNING;
            continue;
        }
        said++;
        if (json)
            cJSON_AddItemToArray(list, finding_json(l, f));
        else
            cli_layout_finding(cli, stdout, f);
    }
    code = errors || (warnings && cli_has(cli, "strict")) ? HOST_BAD_LAYOUT : HOST_OK;
    if (json) {
        cJSON_AddNumberToObject(json, "errors", (double)errors);
        cJSON_AddNumberToObject(json, "warnings", (double)warnings);
        int printed = cli_json(cli, json);
        return printed ? printed : code;
    }
    if (code == HOST_OK) {
        printf("%s%s: ok%s, identity %08x\n", said ? "\n" : "", l->path,
               warnings ? ", with warnings" : "", layout_identity(l));
        cli_layout_table(cli, l);
    } else {
        cli_note(cli, "%zu error%s, %zu warning%s", errors, errors == 1 ? "" : "s", warnings,
                 warnings == 1 ? "" : "s");
    }
    return code;
}

/* Another engine's rules, or those that the file is for. Our own were looked at already, and what
 * they found would be found twice. */
static void check_engine(const struct cli *cli, struct layout *l,
                         const struct world_signing *signing)
{
    const char *name = cli_value(cli, "engine");
    enum world_engine engine = world_engine_default(l);

    if (name)
        world_engine_of(name, &engine);
    if (engine != WORLD_BULKHEAD || (!l->boot.given && l->n_errors == 0))
        world_check(l, engine, signing);
}

static const char *nth_word(size_t i, const void *context)
{
    (void)context;
    return world_signing_word(i);
}

/* --signed and --payload. HOST_OK, or the error is shown. */
static int take_signing(struct cli *cli, struct world_signing *s)
{
    uint32_t payload = 0;

    *s = (struct world_signing){ .algorithm = WORLD_P256 };
    for (size_t i = 0; i < cli_count(cli, "signed"); i++) {
        const char *word = cli_nth(cli, "signed", i)[0], *near;

        if (world_signing_add(s, word))
            continue;
        near = host_near(word, nth_word, NULL);
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                        "'bulkhead layout check --help' lists them.",
                        near ? "--signed: unknown word '%s': did you mean '%s'?"
                             : "--signed: unknown word '%s'",
                        word, near);
    }
    if (cli_u32(cli, "payload", &payload))
        return HOST_BAD_INPUT;
    s->payload = payload;
    return HOST_OK;
}

static int run(struct cli *cli)
{
    const char *name = cli_value(cli, "engine");
    enum world_engine engine;
    struct world_signing signing;
    struct layout l;
    int code;

    if (name && !world_engine_of(name, &engine))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                        "'bulkhead layout check --help' lists them.",
                        "--engine: unknown engine '%s'", name);
    code = take_signing(cli, &signing);
    if (code)
        return code;
    code = cli_layout_load(cli, &l, cli->operands[0], false);
    if ((code == HOST_OK || code == HOST_BAD_LAYOUT) && l.solved)
        check_engine(cli, &l, &signing);
    if (code == HOST_OK || code == HOST_BAD_LAYOUT)
        code = print(cli, &l);
    layout_free(&l);
    return code;
}

const struct cli_command cmd_layout_check = {
    .noun = "layout",
    .verb = "check",
    .summary = "Find everything that is wrong with a layout",
    .description = "Prints all findings at once, each with file, line and column, what to do, and "
                   "what would happen on the device. Without an error it prints the table of "
                   "devices and partitions. The bootloader's own rules are checked too. Each "
                   "finding has a name in brackets, and a warning can be waived by it.\n\n"
                   "A file of another tool is read too, see 'layout show'. --engine checks the "
                   "rules of another bootloader; each finding has the text that it, the linker or "
                   "the device would have shown.",
    .operands = (const struct cli_operand[]){ CLI_LAYOUT_OPERAND, { 0 } },
    .options =
        (const struct cli_option[]){
            CLI_LAYOUT_BOOTLOADER,
            { "waive", 'w', "RULE", "Do not show these warnings and notes", NULL, true, false },
            { "strict", 0, NULL, "Warnings count as errors", NULL, false, false },
            { "engine", 0, "ENGINE",
              "Whose rules: bulkhead, mcuboot-offset, mcuboot-move, mcuboot-scratch, mcuboot-overwrite, "
              "wolfboot, esp-idf, embassy; without it, the file's own",
              NULL, false, false },
            { "signed", 0, "WORD",
              "How images are signed, for the largest payload: p256, ed25519, ed25519-pure, rsa-2048, "
              "rsa-3072, unsigned; and each that is there: whole-key (not its hash), dependency (once for "
              "each), counter, boot-record, uuid",
              NULL, true, false },
            { "payload", 0, "BYTES", "Of the largest application before it is signed: must it fit?",
              NULL, false, false },
            CLI_WORLD_OPTIONS,
            CLI_JSON,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead layout check lamp.layout.yml", "before anything is built from it" },
            { "bulkhead layout check --strict --bootloader boot.bin lamp.layout.yml", "in CI" },
            { "bulkhead layout check --engine mcuboot-move pm_static.yml",
              "what another tool passed over" },
            { "bulkhead layout check --signed rsa-3072 --signed counter --payload 412000 pm_static.yml",
              "does that application fit?" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .says = CLI_SAYS(
        [HOST_BAD_LAYOUT] =
            "partitions contradict each other or the device; with --strict: there are warnings"),
    .run = run,
};
