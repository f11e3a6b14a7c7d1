/* SPDX-License-Identifier: Apache-2.0 */
/* What of a flash a bootloader of ESP-IDF's chooses by, and how it tells of its choice. */
#include "cli/ota.h"

#include "bulkhead/bytes.h"
#include "bulkhead/hash.h"
#include "bulkhead/image_espressif.h"
#include "bulkhead/verify.h"
#include "host/lint_flash.h"

#include <stdarg.h>
#include <string.h>

/* Does an image in a region verify as far as this can be told without keys? */
static bool verifies(const struct bh_view *view, uint32_t limit, struct bh_image *image)
{
    static uint8_t memory[4096];
    static const struct bh_image_format *const formats[] = { &bh_image_espressif, NULL };
    struct bh_policy policy = { .formats = formats, .hash = &bh_sha256, .allow_unsigned = true };
    struct bh_work work = { memory, sizeof memory };
    struct bh_verified v;

    if (bh_image_espressif.decode(view, limit, image) != BH_REASON_NONE ||
        bh_espressif_checksum(view, limit, &work) != 0)
        return false;
    return image->hash_id == 0 || bh_verify(&policy, view, limit, 0, &work, &v) == BH_VERDICT_GOOD;
}

static struct bh_esp_app look(struct cli_part *p, const struct esp_row *row)
{
    struct bh_esp_app app = { .present = row && row->len > 0 };
    uint8_t descriptor[8];
    struct bh_image image;

    if (!app.present || row->off < 0 || row->off > p->target.flash.size ||
        row->len > (int64_t)p->target.flash.size - row->off)
        return app;
    host_target_read_ahead(&p->target, (uint32_t)(row->off + row->len));
    struct bh_region region = { &p->target.flash, (uint32_t)row->off, (uint32_t)row->len };
    struct bh_view view = bh_view_of(&region);
    app.good = verifies(&view, region.len, &image);
    app.bare = bh_view_read(&view, BH_ESPRESSIF_APP_OFF, descriptor, sizeof descriptor) != BH_OK ||
               bh_load32(descriptor) != BH_ESPRESSIF_APP_MAGIC;
    if (!app.bare)
        app.secure_version = bh_load32(descriptor + BH_ESPRESSIF_APP_OFF_SECURE_VERSION);
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

void cli_ota_facts(struct cli_part *p, struct bh_esp_facts *facts)
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

static void event_text(const struct bh_esp_choice *c, unsigned i, char out[CLI_OTA_LINE])
{
    static const char *const texts[] = {
        [BH_ESP_NO_OTADATA] = "no otadata partition: factory first",
        [BH_ESP_PENDING_ABORTED] = "copy %d was started before and not confirmed: aborted",
        [BH_ESP_RECORDS_UNUSABLE] = "no record counts",
        [BH_ESP_DEFAULT_FACTORY] = "so the factory application is first",
        [BH_ESP_DEFAULT_OTA_0] = "no factory application, so ota_0 is first",
        [BH_ESP_RECORD_CHOSEN] = "copy %d counts",
        [BH_ESP_RECORD_TOO_OLD] = "copy %d means an application older than the eFuse allows",
        [BH_ESP_RAISED] =
            "copy %d is valid: the eFuse is raised to its application's secure version",
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
    snprintf(out, CLI_OTA_LINE, "%.*s%s%s", mark ? (int)(mark - text) : CLI_OTA_LINE, text,
             mark ? name : "", mark ? mark + 2 : "");
}

void cli_ota_say(struct cli_ota_story *s, const char *format, ...)
{
    va_list args;

    if (s->n_lines == CLI_OTA_LINES)
        return;
    va_start(args, format);
    vsnprintf(s->lines[s->n_lines++], CLI_OTA_LINE, format, args);
    va_end(args);
}

/* The bootloader's own check of the table. It takes the flash to be as large as its header says. */
static bool table_will_do(struct cli_part *p, struct cli_ota_story *s)
{
    struct bh_flash chip = p->target.flash;
    struct bh_table_fault fault = { .why = BH_TABLE_GOOD };
    struct bh_table table;
    int64_t told;

    host_target_read_ahead(&p->target, (uint32_t)p->options.table_off);
    told = host_flash_size_told(&p->options, &p->target.flash);
    chip.size = told ? (uint32_t)told : chip.size;
    if (bh_table_open(&table, &chip, (uint32_t)p->options.table_off, BH_TABLE_ESPRESSIF, &fault) ==
        BH_OK)
        return true;
    if (fault.why == BH_TABLE_SIZE && told)
        cli_ota_say(s,
                    "partition %u of the table reaches beyond the %lld MB that the bootloader's "
                    "header says the flash has",
                    (unsigned)fault.row, (long long)(told >> 20));
    else
        cli_ota_say(s, "row %u of the partition table: %s", (unsigned)fault.row,
                    bh_table_why_text(fault.why));
    cli_ota_say(s, "the whole table is refused: the chip resets, again and again");
    s->index = BH_ESP_NONE;
    return false;
}

void cli_ota_play_esp_idf(struct cli_part *p, const struct bh_esp_facts *facts,
                          struct cli_ota_story *s)
{
    struct bh_esp_choice choice;
    char text[CLI_OTA_LINE];

    if (!table_will_do(p, s))
        return;
    bh_esp_choose(facts, &choice);
    s->index = choice.index;
    for (unsigned i = 0; i < choice.n_events; i++) {
        event_text(&choice, i, text);
        cli_ota_say(s, "%s", text);
    }
}
