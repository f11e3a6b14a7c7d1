/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead ota status: which application would start, and why. Not a second opinion: it boots a
 * copy of the flash with the bootloader's own code. */
#include "cli/ota.h"

#include "bulkhead/hash.h"
#include "bulkhead/image_espressif.h"
#include "bulkhead/select.h"

#include <cjson/cJSON.h>
#include <string.h>

/* What is asked for, and what comes of it. */
struct status {
    struct cli_part part;
    struct bh_esp_facts facts; /* as found */
    uint32_t trial_boots;
    struct cli_ota_story bulkhead, esp_idf;
};

static int read_options(struct cli *cli, struct status *s)
{
    struct bh_esp_facts *f = &s->facts;

    f->rollback = cli_has(cli, "rollback");
    f->anti_rollback = cli_has(cli, "secure-version");
    f->factory_reset = cli_has(cli, "factory-reset-pin");
    f->test_pin = cli_has(cli, "test-pin");
    if (cli_u32(cli, "secure-version", &f->efuse_version) ||
        cli_u32(cli, "trial-boots", &s->trial_boots))
        return HOST_BAD_INPUT;
    if (s->trial_boots < 1 || s->trial_boots > BH_SELECT_TRIAL_MAX)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "1 to 8.",
                        "--trial-boots %u is out of range", s->trial_boots);
    return HOST_OK;
}

/* A table from a file takes the place of the one in the copy of the flash. */
static int put_table(struct cli *cli, struct cli_part *p)
{
    int64_t off = p->options.table_off, size = (int64_t)p->target.bytes.len;
    uint8_t binary[BH_TABLE_LEN];

    if (!cli_value(cli, "table"))
        return HOST_OK;
    if (off < 0 || off > size - BH_TABLE_SECTOR)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Check --offset.",
                        "the table's offset is beyond the flash");
    if (!esp_to_binary(&p->table, &p->options, binary)) {
        esp_first_error(&p->table.problems, cli_value(cli, "table"), &cli->error);
        return cli_error(cli);
    }
    host_target_pretend(&p->target, (uint32_t)off, binary, sizeof binary);
    return HOST_OK;
}

/* ---- the bootloader of bulkhead/select.h ---- */

static const struct {
    enum bh_select_act act;
    const char *text;
} acts[] = {
    { BH_SELECT_VOUCH, "a record that is final is vouched for" },
    { BH_SELECT_RESET, "factory-reset pin: otadata is erased" },
    { BH_SELECT_CLEAR, "a torn record is erased" },
    { BH_SELECT_END_TRIAL, "a record that is over is marked and written so: aborted" },
    { BH_SELECT_RETIRE, "the record of an application that does not verify becomes invalid" },
    { BH_SELECT_RECORD, "what starts gets a record of its own" },
    { BH_SELECT_KEEP, "a confirm is noted for good" },
    { BH_SELECT_BEGIN_TRIAL, "first start of a new application: its trial begins" },
    { BH_SELECT_COUNT_START, "one more start of the trial" },
};

static void tell(const struct bh_select_boot *boot, struct cli_ota_story *s)
{
    char name[16];

    s->index = boot->action == BH_BOOT_START ? boot->index : BH_ESP_NONE;
    cli_ota_index_text(s->index, name);
    if (boot->refused != BH_REASON_NONE)
        cli_ota_say(s, "an application is refused: %s", bh_reason_text(boot->refused));
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        if (boot->trace >> acts[i].act & 1u)
            cli_ota_say(s, "%s", acts[i].text);
    if (boot->reason != BH_REASON_NONE)
        cli_ota_say(s, "%s", bh_reason_text(boot->reason));
    if (boot->raise_floor)
        cli_ota_say(s, "the secure version in the eFuse becomes %u", (unsigned)boot->raise_floor);
    if (s->index == BH_ESP_NONE)
        cli_ota_say(s, "nothing can be started: recovery");
    else
        cli_ota_say(s, "%s starts", name);
}

/* Writes to the copy of the flash. */
static void play_bulkhead(struct status *s)
{
    static const struct bh_image_format *const formats[] = { &bh_image_espressif, NULL };
    static uint8_t memory[4096];
    const struct bh_select product = {
        .flash = &s->part.target.flash,
        .table_off = (uint32_t)s->part.options.table_off,
        .rules = BH_TABLE_ESPRESSIF,
        .rollback = s->facts.rollback,
        .trial_boots = (uint8_t)s->trial_boots,
        .policy = { .formats = formats, .hash = &bh_sha256, .allow_unsigned = true },
        .chip = &bh_espressif_any,
    };
    const struct bh_select_inputs inputs = { .factory_reset = s->facts.factory_reset,
                                             .test_pin = s->facts.test_pin,
                                             .anti_rollback = s->facts.anti_rollback,
                                             .floor = s->facts.efuse_version };
    struct bh_work work = { memory, sizeof memory };
    struct bh_select_boot boot;

    bh_select_run(&product, &inputs, &work, &boot);
    tell(&boot, &s->bulkhead);
}

/* ---- what is shown ---- */

static const char *judgement(const struct bh_ota_record *r)
{
    if (r->seq == 0xFFFFFFFF)
        return "blank";
    if (!bh_ota_whole(r))
        return "checksum is wrong";
    return bh_ota_usable(r) ? "counts" : "does not count";
}

static void print(const struct cli *cli, const struct status *s, const struct cli_ota_story *story)
{
    uint32_t n = esp_ota_slots(&s->part.table);
    char other[16];

    for (int i = 0; s->facts.otadata && i < 2; i++) {
        const struct bh_ota_record *r = &s->facts.records[i];

        printf("copy %d  ", i);
        if (r->seq != 0xFFFFFFFF && n)
            printf("seq %u, ota_%u, %s, ", (unsigned)r->seq, (unsigned)bh_ota_slot(r, n),
                   cli_ota_state_text(r->state));
        puts(judgement(r));
    }
    for (unsigned i = 0; i < story->n_lines; i++) {
        bool last = i + 1 == story->n_lines;

        printf("  %s%s%s\n", last ? cli_paint(cli, CLI_BOLD) : "", story->lines[i],
               last ? cli_paint(cli, CLI_PLAIN) : "");
    }
    cli_ota_index_text(s->esp_idf.index, other);
    if (s->esp_idf.index != story->index)
        printf("ESP-IDF's own bootloader would start %s: --esp-idf says why\n", other);
}

static cJSON *index_json(int index)
{
    char name[16];

    cli_ota_index_text(index, name);
    return index == BH_ESP_NONE ? cJSON_CreateNull() : cJSON_CreateString(name);
}

static int print_json(struct cli *cli, const struct status *s, const struct cli_ota_story *story)
{
    cJSON *json = cJSON_CreateObject(), *records = cJSON_AddArrayToObject(json, "records"), *why;
    uint32_t n = esp_ota_slots(&s->part.table);

    for (int i = 0; s->facts.otadata && i < 2; i++) {
        const struct bh_ota_record *r = &s->facts.records[i];
        cJSON *one = cJSON_CreateObject();

        cJSON_AddNumberToObject(one, "seq", r->seq);
        cJSON_AddNumberToObject(one, "state_number", r->state);
        cJSON_AddStringToObject(one, "state", cli_ota_state_text(r->state));
        cJSON_AddBoolToObject(one, "whole", bh_ota_whole(r));
        cJSON_AddBoolToObject(one, "counts", bh_ota_usable(r));
        if (n && r->seq != 0xFFFFFFFF)
            cJSON_AddNumberToObject(one, "slot", bh_ota_slot(r, n));
        cJSON_AddItemToArray(records, one);
    }
    why = cJSON_AddArrayToObject(json, "why");
    for (unsigned i = 0; i < story->n_lines; i++)
        cJSON_AddItemToArray(why, cJSON_CreateString(story->lines[i]));
    cJSON_AddItemToObject(json, "starts", index_json(story->index));
    cJSON_AddItemToObject(json, "esp_idf_starts", index_json(s->esp_idf.index));
    return cli_json(cli, json);
}

static int run(struct cli *cli)
{
    struct status s = { .trial_boots = 1 };
    const struct cli_ota_story *story = cli_has(cli, "esp-idf") ? &s.esp_idf : &s.bulkhead;
    int code = cli_part_open(cli, &s.part, HOST_TARGET_READ);

    if (code)
        return code;
    cli_ota_facts(&s.part, &s.facts);
    code = read_options(cli, &s);
    if (!code)
        code = put_table(cli, &s.part);
    if (!code) {
        cli_ota_play_esp_idf(&s.part, &s.facts, &s.esp_idf);
        play_bulkhead(&s);
        if (cli_has(cli, "json"))
            code = print_json(cli, &s, story);
        else
            print(cli, &s, story);
    }
    if (!code && story->index == BH_ESP_NONE)
        code = HOST_VERIFY;
    cli_part_close(&s.part);
    return code;
}

const struct cli_command cmd_ota_status = {
    .noun = "ota",
    .verb = "status",
    .summary = "Say which application would start, and why",
    .description = "Boots a copy of the flash with the code of Bulkhead's bootloader for such "
                   "tables, and prints what it does and starts; the file stays as it is. "
                   "Structure and digest are checked, signatures are not. Exit code 5 if nothing "
                   "would start.\n\nWith --esp-idf it follows ESP-IDF's own bootloader step by "
                   "step, with its check of the table against the flash size in its header. The "
                   "output always tells if the two would start different applications.",
    .options =
        (const struct cli_option[]){
            { "esp-idf", 0, NULL, "What ESP-IDF's own bootloader does", NULL, false, false },
            { "rollback", 0, NULL, "The bootloader is built with rollback", NULL, false, false },
            { "trial-boots", 0, "N", "Starts that a new application has to confirm itself in", "1",
              false, false },
            { "secure-version", 0, "N", "It is built with anti-rollback, and this is in the eFuse",
              NULL, false, false },
            { "factory-reset-pin", 0, NULL, "The factory-reset pin is held", NULL, false, false },
            { "test-pin", 0, NULL, "The test pin is held", NULL, false, false },
            CLI_PART_OPTIONS,
            CLI_JSON,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead ota status --flash flash.bin --rollback", "before it is tried" },
            { "bulkhead ota status --flash flash.bin --esp-idf", "with ESP-IDF's bootloader" },
            { 0 } },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT) | CLI_EXITS(HOST_DEVICE),
    .says = CLI_SAYS([HOST_VERIFY] = "no application would start; the reason was shown"),
    .run = run,
};
