/* SPDX-License-Identifier: Apache-2.0 */
/* Keywords for types and subtypes, in the order in which ESP-IDF lists them. */
#define _GNU_SOURCE
#include "table.h"
#include "text.h"
#include "host/grow.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct keyword {
    const char *name;
    uint8_t value;
};

static const struct keyword types[] = {
    { "bootloader", BH_TYPE_BOOTLOADER },
    { "partition_table", BH_TYPE_TABLE },
    { "app", BH_TYPE_APP },
    { "data", BH_TYPE_DATA },
    { 0 },
};

static const struct keyword app[] = {
    { "factory", 0x00 }, { "test", 0x20 },   { "ota_0", 0x10 },
    { "ota_1", 0x11 },   { "ota_2", 0x12 },  { "ota_3", 0x13 },
    { "ota_4", 0x14 },   { "ota_5", 0x15 },  { "ota_6", 0x16 },
    { "ota_7", 0x17 },   { "ota_8", 0x18 },  { "ota_9", 0x19 },
    { "ota_10", 0x1A },  { "ota_11", 0x1B }, { "ota_12", 0x1C },
    { "ota_13", 0x1D },  { "ota_14", 0x1E }, { "ota_15", 0x1F },
    { "tee_0", 0x30 },   { "tee_1", 0x31 },  { 0 },
};

static const struct keyword data[] = {
    { "ota", 0x00 },
    { "phy", 0x01 },
    { "nvs", 0x02 },
    { "coredump", 0x03 },
    { "nvs_keys", 0x04 },
    { "efuse", 0x05 },
    { "undefined", 0x06 },
    { "esphttpd", 0x80 },
    { "fat", 0x81 },
    { "spiffs", 0x82 },
    { "littlefs", 0x83 },
    { "tee_ota", 0x90 },
    { 0 },
};

static const struct keyword bootloader[] = {
    { "primary", 0 }, { "ota", 1 }, { "recovery", 2 }, { 0 }
};
static const struct keyword table[] = { { "primary", 0 }, { "ota", 1 }, { 0 } };

static const struct keyword *const subtypes[] = {
    [BH_TYPE_APP] = app,
    [BH_TYPE_DATA] = data,
    [BH_TYPE_BOOTLOADER] = bootloader,
    [BH_TYPE_TABLE] = table,
};

const char *esp_keyword(const struct esp_names *names, int64_t type, size_t i, int64_t *value)
{
    const struct keyword *k = type < 0 ? types : type < 4 ? subtypes[type] : NULL;

    for (; k && k->name; k++)
        if (i-- == 0) {
            *value = k->value;
            return k->name;
        }
    for (size_t x = 0; type >= 0 && names && x < names->n_extra; x++)
        if (names->extra[x].type == type && i-- == 0) {
            *value = names->extra[x].value;
            return names->extra[x].name;
        }
    return NULL;
}

static const char *name_of(const struct esp_names *names, int64_t type, int64_t value)
{
    const char *name;
    int64_t v;

    for (size_t i = 0; (name = esp_keyword(names, type, i, &v)) != NULL; i++)
        if (v == value)
            return name;
    return NULL;
}

const char *esp_type_name(int64_t type)
{
    return name_of(NULL, -1, type);
}

const char *esp_subtype_name(const struct esp_names *names, int64_t type, int64_t subtype)
{
    return type < 0 ? NULL : name_of(names, type, subtype);
}

static bool value_of(const struct esp_names *names, int64_t type, const char *name, int64_t *value)
{
    const char *keyword;

    for (size_t i = 0; (keyword = esp_keyword(names, type, i, value)) != NULL; i++)
        if (strcmp(keyword, name) == 0)
            return true;
    return false;
}

bool esp_type_of(const char *name, int64_t *value)
{
    return value_of(NULL, -1, name, value);
}

bool esp_subtype_of(const struct esp_names *names, int64_t type, const char *name, int64_t *value)
{
    return type >= 0 && value_of(names, type, name, value);
}

/* The n-th of the comma-separated fields, stripped. */
static char *field(const char *triple, int n)
{
    const char *end;

    for (; n > 0; n--) {
        const char *comma = strchr(triple, ',');

        if (!comma)
            return NULL;
        triple = comma + 1;
    }
    end = strchrnul(triple, ',');
    struct slice s = text_strip((struct slice){ triple, (size_t)(end - triple) });
    return esp_format("%.*s", (int)s.len, s.at);
}

/* Python's int(text, 16). */
static bool hexadecimal(const char *text, int64_t *out)
{
    bool prefixed = strncasecmp(text, "0x", 2) == 0;
    char *whole = esp_format("0x%s", prefixed ? text + 2 : text);
    bool ok = esp_int(whole, strlen(whole), out);

    free(whole);
    return ok;
}

static bool add(struct esp_names *names, const char *type, const char *name, const char *value,
                struct esp_problems *problems)
{
    int64_t t, v;

    if (!esp_type_of(type, &t)) {
        esp_problem(problems, "extra-subtype",
                    "Error parsing custom subtypes: Invalid partition type");
        return false;
    }
    if (!hexadecimal(value, &v) || v < 0 || v > 0xFE) {
        esp_refuse(problems, "extra-subtype", NULL,
                   "Error parsing custom subtypes: '%s' is no number from 0 to 0xfe", value);
        return false;
    }
    if (esp_subtype_name(names, t, v)) {
        esp_refuse(problems, "extra-subtype", NULL,
                   "Error parsing custom subtypes: %s,%s: value 0x%x already means '%s'", type,
                   name, (unsigned)v, esp_subtype_name(names, t, v));
        return false;
    }
    size_t room = names->n_extra;
    names->extra = host_grow(names->extra, names->n_extra, &room, sizeof *names->extra);
    names->extra[names->n_extra++] =
        (struct esp_extra_subtype){ (uint8_t)t, v, esp_format("%s", name) };
    return true;
}

bool esp_names_add(struct esp_names *names, const char *triple, struct esp_problems *problems)
{
    char *f[3] = { field(triple, 0), field(triple, 1), field(triple, 2) };
    bool ok = false;

    if (f[2])
        ok = add(names, f[0], f[1], f[2], problems);
    else
        esp_refuse(problems, "extra-subtype", NULL,
                   "Error parsing custom subtypes: '%s' is not TYPE,NAME,VALUE", triple);
    for (int i = 0; i < 3; i++)
        free(f[i]);
    return ok;
}

void esp_names_free(struct esp_names *names)
{
    for (size_t i = 0; i < names->n_extra; i++)
        free(names->extra[i].name);
    free(names->extra);
    *names = (struct esp_names){ 0 };
}
