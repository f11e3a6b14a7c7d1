/* SPDX-License-Identifier: Apache-2.0 */
/* What ESP-IDF's tools let pass and a device then trips over. Each rule has a name, under which it
 * can be waived; docs/compatibility-esp-idf.md lists them. */
#include "lint.h"

#include <ctype.h>
#include <string.h>

#define ESP_SECURE_CERT 0x3F /* the one type below 0x40 that people write: of esp_secure_cert_mgr */
#define APP_MAPPABLE 0x1000000 /* the flash cache of most chips reaches 16 MiB */

/* ---- a row by itself ---- */

static void lint_name(struct esp_problems *p, const struct esp_row *row)
{
    if (!row->name[0])
        esp_at(row, ESP_NAME,
               esp_advise(p, "label-empty", "Give it a name: code finds it by that.",
                          "partition has no name"));
    for (const char *c = row->name; *c; c++)
        if (iscntrl((unsigned char)*c)) {
            esp_at(row, ESP_NAME,
                   esp_advise(p, "label-control", NULL, "name has a control character in it"));
            break;
        }
    if (strlen(row->name) == BH_LABEL_MAX)
        esp_at(
            row, ESP_NAME,
            esp_advise(p, "label-full", "Make it shorter by a letter.",
                       "the 16 bytes of '%s' leave no room for an end: code that takes the label "
                       "in the table for a C string reads on",
                       row->name));
    if (strchr(row->name, ','))
        esp_at(row, ESP_NAME,
               esp_advise(p, "label-comma", "CSV has no way to write it.",
                          "name '%s' has a comma in it", row->name));
}

bool esp_is_secure_cert(const struct esp_row *row)
{
    return row->type == ESP_SECURE_CERT && strcmp(row->name, "esp_secure_cert") == 0;
}

static void lint_type(struct esp_problems *p, const struct esp_names *names,
                      const struct esp_row *row)
{
    if (row->type == 0xFF)
        esp_at(row, ESP_TYPE,
               esp_advise(p, "type-any", "Application types are 0x40 to 0xfe.",
                          "type 0xff means 'any' in a search: '%s' cannot be found", row->name));
    else if (row->type >= 4 && row->type < 0x40 && !esp_is_secure_cert(row))
        esp_at(row, ESP_TYPE,
               esp_advise(p, "type-reserved", "Application types are 0x40 to 0xfe.",
                          "type %s of '%s' is reserved for ESP-IDF",
                          esp_hex((char[24]){ 0 }, row->type), row->name));
    else if (row->type < 4 && !esp_subtype_name(names, row->type, row->subtype))
        esp_at(row, ESP_SUBTYPE,
               esp_advise(p, "subtype-unknown", "Name it with --extra-subtype if it is yours.",
                          "subtype %s of '%s' is none that ESP-IDF knows for %s",
                          esp_hex((char[24]){ 0 }, row->subtype), row->name,
                          esp_type_name(row->type)));
}

static void lint_size(struct esp_problems *p, const struct esp_row *row)
{
    if (row->len == 0)
        esp_at(row, ESP_SIZE,
               esp_advise(p, "size-zero", NULL, "partition '%s' has no size", row->name));
    else if (esp_is(row, BH_TYPE_DATA, BH_DATA_NVS_KEYS) && row->len < 0x1000)
        esp_at(row, ESP_SIZE,
               esp_advise(p, "nvs-keys-small", "4K is needed.", "'%s' is too small for NVS keys",
                          row->name));
    else if (row->len % 0x1000)
        esp_at(row, ESP_SIZE,
               esp_advise(p, "size-unaligned", "Make it a multiple of 4K.",
                          "the last %lld bytes of '%s' cannot be erased",
                          (long long)(row->len % 0x1000), row->name));
    if (row->type == BH_TYPE_APP && row->off + row->len > APP_MAPPABLE)
        esp_at(row, ESP_OFFSET,
               esp_advise(p, "app-high", NULL,
                          "'%s' reaches beyond 16 MiB, where most chips cannot run code",
                          row->name));
}

static void lint_flags(struct esp_problems *p, const struct esp_row *row)
{
    if (row->encrypted && esp_is(row, BH_TYPE_DATA, BH_DATA_NVS))
        esp_at(row, ESP_FLAGS,
               esp_advise(p, "nvs-encrypted",
                          "Take the flag away: NVS encrypts by itself, with a partition nvs_keys.",
                          "NVS refuses '%s' where flash encryption is on "
                          "(ESP_ERR_NVS_WRONG_ENCRYPTION)",
                          row->name));
    if (row->readonly && row->type != BH_TYPE_DATA)
        esp_at(row, ESP_FLAGS,
               esp_advise(p, "readonly-app", NULL,
                          "'%s' is read-only: updates of it will be refused", row->name));
}

/* ---- rows among each other ---- */

static const struct esp_row *nth(const struct esp_table *t, int64_t type, int64_t subtype, size_t n)
{
    for (size_t i = 0; i < t->n; i++)
        if (!t->rows[i].broken && esp_is(&t->rows[i], type, subtype) && n-- == 0)
            return &t->rows[i];
    return NULL;
}

static void lint_twins(struct esp_table *t)
{
    const char *name;
    int64_t subtype;

    for (size_t i = 0; (name = esp_keyword(NULL, BH_TYPE_APP, i, &subtype)) != NULL; i++) {
        const struct esp_row *second = nth(t, BH_TYPE_APP, subtype, 1);

        if (second)
            esp_at(second, ESP_SUBTYPE,
                   esp_advise(&t->problems, "app-twice", "The bootloader sees only the last one.",
                              "a second partition is '%s'", name));
    }
}

struct slots {
    unsigned count, holes; /* holes: below the highest slot */
    const struct esp_row *first, *unequal, *after_gap;
};

static struct slots ota_slots(const struct esp_table *t)
{
    struct slots s = { 0 };
    unsigned gap = 0;

    for (int64_t i = 0; i < 16; i++) {
        const struct esp_row *row = nth(t, BH_TYPE_APP, BH_APP_OTA + i, 0);

        gap += row == NULL;
        if (!row)
            continue;
        s.count++;
        s.first = s.first ? s.first : row;
        s.after_gap = gap && !s.after_gap ? row : s.after_gap;
        s.unequal = row->len != s.first->len && !s.unequal ? row : s.unequal;
    }
    return s;
}

static void lint_ota(struct esp_table *t)
{
    const struct esp_row *otadata = nth(t, BH_TYPE_DATA, BH_DATA_OTA, 0);
    const struct esp_row *factory = nth(t, BH_TYPE_APP, BH_APP_FACTORY, 0);
    struct slots s = ota_slots(t);
    struct esp_problems *p = &t->problems;

    if (s.after_gap)
        esp_at(
            s.after_gap, ESP_SUBTYPE,
            esp_advise(p, "ota-gap", "Number OTA slots from ota_0 without gaps.",
                       "'%s' comes after a gap: bootloader and application count slots differently",
                       s.after_gap->name));
    if (!otadata && s.count + (factory != NULL) > 1)
        esp_at(s.first, ESP_SUBTYPE,
               esp_advise(p, "otadata-missing", "Add: otadata,data,ota,,0x2000",
                          "OTA slots, but no otadata: '%s' is started every time, and an update in "
                          "another slot never",
                          factory ? factory->name : s.first->name));
    if (!s.count && otadata)
        esp_at(otadata, ESP_SUBTYPE,
               esp_advise(p, "ota-missing", NULL, "'%s', but no OTA slots", otadata->name));
    if (s.count == 1 && otadata && !factory)
        esp_at(
            s.first, ESP_SUBTYPE,
            esp_advise(p, "ota-single",
                       "Add a second OTA slot, or a factory application. Or call it factory, and "
                       "leave otadata out.",
                       "'%s' is the only application: it cannot update itself, and otadata "
                       "serves nothing",
                       s.first->name));
    if (s.unequal)
        esp_at(s.unequal, ESP_SIZE,
               esp_advise(p, "ota-unequal", "Give all OTA slots one size.",
                          "'%s' and '%s' differ in size: an update may fit one and not the other",
                          s.first->name, s.unequal->name));
    if (!s.count && !factory && !nth(t, BH_TYPE_APP, BH_APP_TEST, 0))
        esp_advise(p, "no-app", NULL, "no partition for an application");
}

static void lint_anti_rollback(struct esp_table *t, const struct esp_options *o)
{
    for (size_t i = 0; i < t->n && o->anti_rollback; i++) {
        const struct esp_row *row = &t->rows[i];

        if (!row->broken &&
            (esp_is(row, BH_TYPE_APP, BH_APP_FACTORY) || esp_is(row, BH_TYPE_APP, BH_APP_TEST)))
            esp_at(row, ESP_SUBTYPE,
                   esp_advise(&t->problems, "anti-rollback",
                              "Take it out; two OTA slots are what ESP-IDF supports then.",
                              "'%s' is never updated: once the eFuse is raised above its version "
                              "it cannot start any more",
                              row->name));
    }
}

/* A bootloader that does not know the row takes it for one without a magic number. */
static void lint_md5(struct esp_table *t, const struct esp_options *o)
{
    if (o->old_bootloader && (t->binary ? t->had_md5 : o->md5))
        esp_advise(
            &t->problems, "md5-unknown",
            "Say --no-md5, and CONFIG_PARTITION_TABLE_MD5=n in ESP-IDF.",
            "a bootloader from before ESP-IDF v3.1 does not know the MD5 row, and refuses the "
            "whole table");
}

bool esp_lint(struct esp_table *t, const struct esp_options *o)
{
    size_t before = t->problems.errors;

    for (size_t i = 0; i < t->n; i++) {
        const struct esp_row *row = &t->rows[i];

        if (row->broken)
            continue;
        lint_name(&t->problems, row);
        lint_type(&t->problems, &o->names, row);
        lint_size(&t->problems, row);
        lint_flags(&t->problems, row);
    }
    lint_twins(t);
    lint_ota(t);
    lint_anti_rollback(t, o);
    lint_md5(t, o);
    esp_lint_place(t, o);
    return t->problems.errors == before;
}
