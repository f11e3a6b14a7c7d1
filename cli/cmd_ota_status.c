/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead ota status: which application would start, and why. */
#include "cli/ota.h"

#include "bulkhead/hash.h"
#include "bulkhead/image_espressif.h"
#include "bulkhead/verify.h"

#include <cjson/cJSON.h>
#include <string.h>

/* Does an image in a region verify as far as this can be told without keys? */
static bool verifies(const struct bh_view *view, uint32_t limit, struct bh_image *image)
{
    static uint8_t memory[4096];
    static const struct bh_image_format *const formats[] = { &bh_image_espressif, NULL };
    struct bh_policy policy = { .formats = formats, .hash = &bh_sha256 };
    struct bh_work work = { memory, sizeof memory };
    struct bh_verified v;

    if (bh_image_espressif.decode(view, limit, image) != BH_REASON_NONE ||
        bh_espressif_checksum(view, limit, &work) != 0)
        return false;
    return image->hash_id == 0 || bh_verify(&policy, view, limit, 0, &work, &v) == BH_VERDICT_GOOD;
}

static struct bh_esp_app look(const struct cli_part *p, const struct esp_row *row)
{
    struct bh_esp_app app = { .present = row && row->len > 0 };
    struct bh_image image;

    if (!app.present || row->off < 0 || row->off > p->target.flash.size ||
        row->len > (int64_t)p->target.flash.size - row->off)
        return app;
    struct bh_region region = { &p->target.flash, (uint32_t)row->off, (uint32_t)row->len };
    struct bh_view view = bh_view_of(&region);
    app.good = verifies(&view, region.len, &image);
    app.secure_version = app.good ? image.counter : 0;
    return app;
}

/* The last row of its kind counts, as in the bootloader. */
static const struct esp_row *last(const struct esp_table *t, int64_t type, int64_t subtype)
{
    const struct esp_row *found = NULL, *row;

    for (size_t i = 0; (row = esp_by_type(t, type, subtype, i)) != NULL; i++)
        found = row;
    return found;
}

void cli_ota_facts(const struct cli_part *p, struct bh_esp_facts *facts)
{
    const struct esp_row *otadata = last(&p->table, BH_TYPE_DATA, BH_DATA_OTA);
    uint8_t bytes[BH_OTADATA_RECORD];

    memset(facts, 0, sizeof *facts);
    memset(facts->records, 0xFF, sizeof facts->records);
    facts->otadata = otadata && otadata->len >= BH_OTADATA_LEN;
    for (uint32_t i = 0; facts->otadata && i < 2; i++)
        if (bh_flash_read(&p->target.flash, (uint32_t)otadata->off + i * BH_OTADATA_COPY, bytes,
                          sizeof bytes) == BH_OK)
            bh_ota_record_decode(bytes, &facts->records[i]);
    facts->factory = look(p, last(&p->table, BH_TYPE_APP, BH_APP_FACTORY));
    facts->test = look(p, last(&p->table, BH_TYPE_APP, BH_APP_TEST));
    for (size_t i = 0; i < p->table.n; i++)
        facts->app_count = (uint8_t)(facts->app_count + (p->table.rows[i].type == BH_TYPE_APP &&
                                                         p->table.rows[i].subtype >> 4 == 1));
    for (unsigned i = 0; i < BH_OTA_SLOTS_MAX; i++)
        facts->ota[i] = look(p, last(&p->table, BH_TYPE_APP, BH_APP_OTA + i));
}

void cli_ota_index_text(int index, char out[16])
{
    if (index >= 0)
        snprintf(out, 16, "ota_%d", index);
    else
        snprintf(out, 16, "%s",
                 index == BH_ESP_FACTORY ? "factory"
                 : index == BH_ESP_TEST  ? "test"
                                         : "nothing");
}

const char *cli_ota_state_text(uint32_t state)
{
    static const char *const names[] = { "new", "pending verify", "valid", "invalid", "aborted" };

    if (state == BH_OTA_UNDEFINED)
        return "undefined";
    return state < 5 ? names[state] : "of no meaning";
}

static void event_text(const struct bh_esp_choice *c, unsigned i, char out[128])
{
    static const char *const texts[] = {
        [BH_ESP_NO_OTADATA] = "no otadata partition: factory first",
        [BH_ESP_PENDING_ABORTED] = "copy %d was started before and not confirmed: aborted",
        [BH_ESP_RECORDS_UNUSABLE] = "no record counts",
        [BH_ESP_DEFAULT_FACTORY] = "so the factory application is first",
        [BH_ESP_DEFAULT_OTA_0] = "no factory application, so ota_0 is first",
        [BH_ESP_RECORD_CHOSEN] = "copy %d counts",
        [BH_ESP_RECORD_TOO_OLD] = "copy %d means an application older than the eFuse allows",
        [BH_ESP_NEW_PENDING] =
            "copy %d: first start of a new application; unless it confirms, the last",
        [BH_ESP_PIN_RESET] = "factory-reset pin: otadata is erased",
        [BH_ESP_PIN_TEST] = "test pin: the test application or none",
        [BH_ESP_TRY] = "try %s",
        [BH_ESP_BAD_IMAGE] = "%s does not verify",
        [BH_ESP_TOO_OLD] = "%s is older than the eFuse allows",
        [BH_ESP_ABSENT] = "there is no %s",
        [BH_ESP_FALL_BACK_TEST] = "the test application is what is left",
        [BH_ESP_FRESH_RECORD] = "first start ever: copy 0 is written for it",
        [BH_ESP_STARTED] = "%s starts",
        [BH_ESP_NOTHING] = "nothing can be started: the chip resets, again and again",
    };
    const char *text = texts[c->events[i].event], *mark = strchr(text, '%');
    char name[16];

    cli_ota_index_text(c->events[i].arg, name);
    if (mark && mark[1] == 'd')
        snprintf(name, sizeof name, "%d", c->events[i].arg);
    snprintf(out, 128, "%.*s%s%s", mark ? (int)(mark - text) : 128, text, mark ? name : "",
             mark ? mark + 2 : "");
}

static int facts_of(struct cli *cli, const struct cli_part *p, struct bh_esp_facts *facts)
{
    cli_ota_facts(p, facts);
    facts->rollback = cli_has(cli, "rollback");
    facts->anti_rollback = cli_has(cli, "secure-version");
    facts->factory_reset = cli_has(cli, "factory-reset-pin");
    facts->test_pin = cli_has(cli, "test-pin");
    return cli_u32(cli, "secure-version", &facts->efuse_version);
}

static const char *judgement(const struct bh_ota_record *r)
{
    if (r->seq == 0xFFFFFFFF)
        return "blank";
    if (!bh_ota_whole(r))
        return "checksum is wrong";
    return bh_ota_usable(r) ? "counts" : "does not count";
}

static void print(const struct cli *cli, const struct bh_esp_facts *f,
                  const struct bh_esp_choice *c)
{
    char text[128];

    for (int i = 0; f->otadata && i < 2; i++) {
        const struct bh_ota_record *r = &f->records[i];

        printf("copy %d  ", i);
        if (r->seq != 0xFFFFFFFF && f->app_count)
            printf("seq %u, ota_%u, %s, ", (unsigned)r->seq, (unsigned)bh_ota_slot(r, f->app_count),
                   cli_ota_state_text(r->state));
        puts(judgement(r));
    }
    for (unsigned i = 0; i < c->n_events; i++) {
        event_text(c, i, text);
        printf("  %s%s%s\n", i + 1 == c->n_events ? cli_paint(cli, CLI_BOLD) : "", text,
               i + 1 == c->n_events ? cli_paint(cli, CLI_PLAIN) : "");
    }
}

static int print_json(struct cli *cli, const struct bh_esp_facts *f, const struct bh_esp_choice *c)
{
    cJSON *json = cJSON_CreateObject(), *records = cJSON_AddArrayToObject(json, "records");
    cJSON *why = cJSON_AddArrayToObject(json, "why");
    char text[128], name[16];

    for (int i = 0; f->otadata && i < 2; i++) {
        const struct bh_ota_record *r = &f->records[i];
        cJSON *one = cJSON_CreateObject();

        cJSON_AddNumberToObject(one, "seq", r->seq);
        cJSON_AddNumberToObject(one, "state_number", r->state);
        cJSON_AddStringToObject(one, "state", cli_ota_state_text(r->state));
        cJSON_AddBoolToObject(one, "whole", bh_ota_whole(r));
        cJSON_AddBoolToObject(one, "counts", bh_ota_usable(r));
        if (f->app_count)
            cJSON_AddNumberToObject(one, "slot", bh_ota_slot(r, f->app_count));
        cJSON_AddItemToArray(records, one);
    }
    for (unsigned i = 0; i < c->n_events; i++) {
        event_text(c, i, text);
        cJSON_AddItemToArray(why, cJSON_CreateString(text));
    }
    cli_ota_index_text(c->index, name);
    cJSON_AddItemToObject(json, "starts",
                          c->index == BH_ESP_NONE ? cJSON_CreateNull() : cJSON_CreateString(name));
    return cli_json(cli, json);
}

static int run(struct cli *cli)
{
    struct cli_part p;
    struct bh_esp_facts facts;
    struct bh_esp_choice choice;
    int code = cli_part_open(cli, &p);

    if (code)
        return code;
    code = facts_of(cli, &p, &facts);
    if (!code) {
        bh_esp_choose(&facts, &choice);
        if (cli_has(cli, "json"))
            code = print_json(cli, &facts, &choice);
        else
            print(cli, &facts, &choice);
    }
    if (!code && choice.index == BH_ESP_NONE)
        code = HOST_VERIFY;
    cli_part_close(&p);
    return code;
}

const struct cli_command cmd_ota_status = {
    .noun = "ota",
    .verb = "status",
    .summary = "Say which application would start, and why",
    .description =
        "Plays ESP-IDF's bootloader: otadata, its states, factory, test and OTA applications, and "
        "what it falls back to when one does not verify. Signatures are not looked at; checksum "
        "and digest are. Exit code 5 if nothing would start.",
    .options =
        (const struct cli_option[]){
            { "rollback", 0, NULL, "The bootloader is built with rollback", NULL, false, false },
            { "secure-version", 0, "N", "It is built with anti-rollback, and this is in the eFuse",
              NULL, false, false },
            { "factory-reset-pin", 0, NULL, "The factory-reset pin is held", NULL, false, false },
            { "test-pin", 0, NULL, "The test pin is held", NULL, false, false },
            CLI_PART_OPTIONS,
            CLI_JSON,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead ota status --port file:flash.bin --rollback", "before it is tried" },
            { 0 } },
    .exits = CLI_EXITS(HOST_VERIFY),
    .run = run,
};
